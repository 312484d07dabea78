"""flask-smorest on gunicorn: marshmallow schemas in and out, before and after hooks, SQLAlchemy."""

import sys
import time
from pathlib import Path
from threading import Lock
from typing import Any

import orjson
from flask import Flask, Response, current_app, g, request
from flask.json.provider import JSONProvider
from flask_smorest import Api, Blueprint, abort
from gunicorn.app.base import BaseApplication
from marshmallow import Schema, fields
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import IntegrityError
from werkzeug.exceptions import NotFound

from tests.benchmarks.peers import common, database
from tests.benchmarks.peers.shapes import (
    CounterSchema,
    PageSchema,
    StepSchema,
    counter_of,
    with_moments,
)

THREADS = 8

log = common.make_log()
blp = Blueprint("actions", __name__)

INCREMENT, LIST = text(database.INCREMENT), text(database.LIST)
ADD_CHANGE, KEEP, KEPT = map(text, (database.ADD_CHANGE, database.KEEP, database.KEPT))


class EnvelopeSchema(Schema):
    status = fields.String()
    time = fields.Float()
    flags = fields.Dict()


class CountedSchema(EnvelopeSchema):
    data = fields.Nested(CounterSchema)


class ListedSchema(EnvelopeSchema):
    data = fields.List(fields.Nested(CounterSchema))


class OrjsonProvider(JSONProvider):
    """Another JSON library, as Flask has it plugged in."""

    def dumps(self, obj: Any, **_: Any) -> str:
        return orjson.dumps(obj).decode()

    def loads(self, s: str | bytes, **_: Any) -> Any:
        return orjson.loads(s)


@blp.before_request
def admit() -> None:
    """Name the request, authenticate and limit."""
    g.began = time.perf_counter()
    g.request_id = common.request_id_of(request.headers.get("X-Request-Id"))
    g.limit = {}
    g.account = current_app.config["KEYS"].account_of_header(request.headers.get("Authorization"))
    if g.account is None:
        abort(401)
    with current_app.config["TURN"]:
        told = current_app.config["LIMIT"].take(g.account)
    if told is None:
        abort(429)
    g.limit = told


@blp.after_request
def finish(response: Response) -> Response:
    """Tell what is left of the limit, and write a line of log."""
    response.headers["X-Request-Id"] = g.request_id
    response.headers.update(g.limit)
    common.log_call(
        log,
        request_id=g.request_id,
        action=request.path,
        account=g.account,
        status=response.status_code,
        began=g.began,
        size=response.content_length or 0,
    )
    return response


@blp.route("/memory/increment", methods=["POST"])
@blp.arguments(StepSchema)
@blp.response(200, CountedSchema)
def increment_in_memory(step: dict[str, Any]) -> dict[str, Any]:
    counter = current_app.config["COUNTERS"].get(step["id"])
    if counter is None:
        abort(404)
    with current_app.config["TURN"]:
        counter["value"] += step["by"]
        counter["version"] += 1
        counter["updated_at"] = common.now()
        counter = dict(counter)
    return _success(counter, modification=True)


@blp.route("/counters/increment", methods=["POST"])
@blp.arguments(StepSchema)
@blp.response(200, CountedSchema)
def increment(step: dict[str, Any]) -> dict[str, Any]:
    engine: Engine = current_app.config["ENGINE"]
    values = database.step_values(**step)
    key = request.headers.get("Idempotency-Key")
    fingerprint = common.fingerprint(step) if key else ""
    claim = database.claim_values(g.account, key or "", fingerprint)
    try:
        with engine.begin() as connection:
            row = connection.execute(INCREMENT, values).first()
            if row is None:
                raise NotFound
            change = database.change_values(row, step["by"], g.account)
            connection.execute(ADD_CHANGE, change)
            counter = counter_of(row)
            if key is not None:
                kept = orjson.dumps(counter).decode()
                connection.execute(KEEP, claim | {"data": kept})
    except IntegrityError:
        with engine.connect() as connection:
            first, answered = connection.execute(KEPT, claim).one()
        if first != fingerprint:
            abort(422)
        counter = with_moments(orjson.loads(answered))
        return _success(counter, modification=True, idempotent_replay=True)
    return _success(counter, modification=True)


@blp.route("/counters/list", methods=["POST"])
@blp.arguments(PageSchema)
@blp.response(200, ListedSchema)
def list_counters(wanted: dict[str, Any]) -> dict[str, Any]:
    values = database.page_values(**wanted)
    with current_app.config["ENGINE"].connect() as connection:
        rows = connection.execute(LIST, values).all()
    flags = common.list_flags(**wanted, total=rows[0][-1] if rows else 0)
    return _success([counter_of(row) for row in rows], **flags)


def _success(data: Any, **flags: Any) -> dict[str, Any]:
    return {
        "status": "success",
        "time": round(time.perf_counter() - g.began, 6),
        "flags": {"request_id": g.request_id, **flags},
        "data": data,
    }


def make_ping_app() -> Flask:
    """W0."""
    app = Flask(__name__)
    app.json = OrjsonProvider(app)

    @app.post("/system/ping")
    def ping() -> dict[str, Any]:
        return common.PONG

    return app


def make_app(folder: Path, key: str) -> Flask:
    """W1 to W3."""
    app = Flask(__name__)
    app.json = OrjsonProvider(app)
    app.config.update(API_TITLE="Peer", API_VERSION="1", OPENAPI_VERSION="3.1.0")
    app.config.update(KEYS=common.Keys(key), LIMIT=common.Limit(), TURN=Lock())
    app.config["COUNTERS"] = {
        each.id: each._asdict() for each in common.new_counters(common.COUNTERS)
    }
    app.config["ENGINE"] = engine = create_engine(
        f"sqlite:///{folder / database.FILE}", connect_args={"timeout": database.PATIENCE}
    )
    database.make_durable(engine)
    Api(app).register_blueprint(blp)
    return app


class Server(BaseApplication):
    """gunicorn, with its settings from here instead of from a file."""

    def __init__(self, port: int, level: str, folder: Path, key: str) -> None:
        self._port, self._arguments = port, (level, folder, key)
        super().__init__()

    def load_config(self) -> None:
        settings = {
            "bind": f"127.0.0.1:{self._port}",
            "workers": 1,
            "worker_class": "gthread",
            "threads": THREADS,
            "loglevel": "warning",
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        level, folder, key = self._arguments
        return make_ping_app() if level == "W0" else make_app(folder, key)


def main(port: int, level: str, folder: Path, key: str) -> None:
    """Serve until terminated."""
    Server(port, level, folder, key).run()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), sys.argv[4])
