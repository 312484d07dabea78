"""flask-smorest on gunicorn: marshmallow schemas in and out, before and after hooks, the ORM."""

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
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import sessionmaker

from tests.benchmarks.peers import common, database
from tests.benchmarks.peers.models import Answer, change_of, increment_of, page_of, total
from tests.benchmarks.peers.shapes import (
    CounterSchema,
    PageSchema,
    StepSchema,
    with_moments,
)

THREADS = 8

log = common.make_log()
blp = Blueprint("actions", __name__)

COUNTER = CounterSchema()


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
    key = request.headers.get("Idempotency-Key")
    with current_app.config["SESSIONS"]() as session:
        counter = session.scalars(increment_of(**step)).one_or_none()
        if counter is None:
            abort(404)
        session.add(change_of(counter, step["by"], g.account))
        if key is None:
            session.commit()
            return _success(counter, modification=True)
        fingerprint = common.fingerprint(step)
        data = COUNTER.dumps(counter)
        session.add(Answer(account=g.account, key=key, fingerprint=fingerprint, data=data))
        try:
            session.commit()
        except IntegrityError:
            session.rollback()
        else:
            return _success(counter, modification=True)
        answer = session.get_one(Answer, (g.account, key))
    if answer.fingerprint != fingerprint:
        abort(422)
    kept = with_moments(orjson.loads(answer.data))
    return _success(kept, modification=True, idempotent_replay=True)


@blp.route("/counters/list", methods=["POST"])
@blp.arguments(PageSchema)
@blp.response(200, ListedSchema)
def list_counters(wanted: dict[str, Any]) -> dict[str, Any]:
    with current_app.config["SESSIONS"]() as session:
        found = session.scalars(page_of(**wanted)).all()
        count = session.scalar(total())
    return _success(found, **common.list_flags(**wanted, total=count))


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
    app.config["SESSIONS"] = sessionmaker(database.make_sync_engine(folder), expire_on_commit=False)
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
