"""Sanic on its own server: msgspec structs by sanic-ext, a blueprint's middleware, the ORM."""

import asyncio
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
from sanic import Blueprint, HTTPResponse, Request, Sanic, json
from sanic.exceptions import NotFound, SanicException, Unauthorized
from sanic_ext import validate
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import async_sessionmaker

from tests.benchmarks.peers import common, database
from tests.benchmarks.peers.models import Answer, change_of, increment_of, page_of, total
from tests.benchmarks.peers.structs import Counter, Envelope, Page, Step, counter_shown

log = common.make_log()
bp = Blueprint("actions")


class TooManyRequests(SanicException):
    status_code = 429


@bp.on_request
async def admit(request: Request) -> None:
    """Name the request, authenticate and limit."""
    ctx, app = request.ctx, request.app.ctx
    ctx.began = time.perf_counter()
    ctx.request_id = common.request_id_of(request.headers.get("x-request-id"))
    ctx.limit = {}
    ctx.account = app.keys.account_of_header(request.headers.get("authorization"))
    if ctx.account is None:
        raise Unauthorized
    ctx.limit = app.limit.take(ctx.account)
    if ctx.limit is None:
        ctx.limit = {}
        raise TooManyRequests


@bp.on_response
async def finish(request: Request, response: HTTPResponse) -> None:
    """Tell what is left of the limit, and write a line of log."""
    ctx = request.ctx
    response.headers["X-Request-Id"] = ctx.request_id
    response.headers.update(ctx.limit)
    common.log_call(
        log,
        request_id=ctx.request_id,
        action=request.path,
        account=ctx.account,
        status=response.status,
        began=ctx.began,
        size=len(response.body or b""),
    )


@bp.post("/memory/increment")
@validate(json=Step)
async def increment_in_memory(request: Request, body: Step) -> HTTPResponse:
    counter = request.app.ctx.counters.get(body.id)
    if counter is None:
        raise NotFound
    counter.value += body.by
    counter.version += 1
    counter.updated_at = common.now()
    return _success(request, counter, modification=True)


@bp.post("/counters/increment")
@validate(json=Step)
async def increment(request: Request, body: Step) -> HTTPResponse:
    # Sanic cancels a handler whose client has gone; a session that is cancelled while aiosqlite
    # works for it leaves its transaction open, and nobody else can write any more.
    counter, flags = await asyncio.shield(_increment(request, body))
    return _success(request, counter, modification=True, **flags)


async def _increment(request: Request, step: Step) -> tuple[Counter, dict[str, bool]]:
    account, key = request.ctx.account, request.headers.get("idempotency-key")
    async with request.app.ctx.sessions() as session:
        found = (await session.scalars(increment_of(step.id, step.by))).one_or_none()
        if found is None:
            raise NotFound
        session.add(change_of(found, step.by, account))
        counter = counter_shown(found)
        if key is None:
            await session.commit()
            return counter, {}
        fingerprint = common.fingerprint({"id": step.id, "by": step.by})
        kept = msgspec.json.encode(counter).decode()
        session.add(Answer(account=account, key=key, fingerprint=fingerprint, data=kept))
        try:
            await session.commit()
        except IntegrityError:
            await session.rollback()
        else:
            return counter, {}
        answer = await session.get_one(Answer, (account, key))
    if answer.fingerprint != fingerprint:
        raise SanicException("another call had this key", status_code=422)
    return msgspec.json.decode(answer.data, type=Counter), {"idempotent_replay": True}


@bp.post("/counters/list")
@validate(json=Page)
async def list_counters(request: Request, body: Page) -> HTTPResponse:
    async with request.app.ctx.sessions() as session:
        found = (await session.scalars(page_of(body.page, body.per_page))).all()
        count = await session.scalar(total())
    flags = common.list_flags(body.page, body.per_page, count or 0)
    return _success(request, [counter_shown(each) for each in found], **flags)


def _success(request: Request, data: Any, **flags: Any) -> HTTPResponse:
    seconds = round(time.perf_counter() - request.ctx.began, 6)
    flags["request_id"] = request.ctx.request_id
    return json(Envelope("success", seconds, flags, data))


def _make_plain_app() -> Sanic[Any, Any]:
    app = Sanic(
        "peer",
        dumps=msgspec.json.encode,
        loads=msgspec.json.decode,
        configure_logging=False,
    )
    app.config.AUTO_EXTEND = False  # its decorator is used; pages and CORS are not
    return app


def make_ping_app() -> Sanic[Any, Any]:
    """W0."""
    app = _make_plain_app()

    @app.post("/system/ping")
    async def ping(_: Request) -> HTTPResponse:
        return json(common.PONG)

    return app


def make_app(folder: Path, key: str) -> Sanic[Any, Any]:
    """W1 to W3."""
    app = _make_plain_app()
    app.ctx.keys, app.ctx.limit = common.Keys(key), common.Limit()
    app.ctx.counters = {each.id: Counter(*each) for each in common.new_counters(common.COUNTERS)}

    @app.before_server_start
    async def open_database(app: Sanic[Any, Any]) -> None:
        app.ctx.engine = database.make_async_engine(folder)
        app.ctx.sessions = async_sessionmaker(app.ctx.engine, expire_on_commit=False)

    @app.after_server_stop
    async def close_database(app: Sanic[Any, Any]) -> None:
        await app.ctx.engine.dispose()

    app.blueprint(bp)
    return app


def main(port: int, level: str, folder: Path, key: str) -> None:
    """Serve until terminated."""
    app = make_ping_app() if level == "W0" else make_app(folder, key)
    app.run(host="127.0.0.1", port=port, single_process=True, access_log=False, motd=False)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), sys.argv[4])
