"""Bare aiohttp on uvloop, as one writes it by hand: a middleware, plain marshmallow, aiosqlite."""

import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import orjson
import uvloop
from aiohttp import web
from marshmallow import Schema, ValidationError

from tests.benchmarks.peers import common, database
from tests.benchmarks.peers.rows import KeyReused, Replay, Rows
from tests.benchmarks.peers.shapes import CounterSchema, PageSchema, StepSchema, counter_of

log = common.make_log()

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

KEYS = web.AppKey("keys", common.Keys)
LIMIT = web.AppKey("limit", common.Limit)
COUNTERS = web.AppKey("counters", dict[str, dict[str, Any]])
ROWS = web.AppKey("rows", Rows)

routes = web.RouteTableDef()


STEP, PAGE = StepSchema(), PageSchema()
COUNTER, COUNTERS_ = CounterSchema(), CounterSchema(many=True)


@web.middleware
async def admit(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Name the request, authenticate, limit, and write a line of log."""
    began = time.perf_counter()
    request_id = common.request_id_of(request.headers.get("X-Request-Id"))
    account, status, size = None, 500, 0
    try:
        account = request.app[KEYS].account_of_header(request.headers.get("Authorization"))
        if account is None:
            raise web.HTTPUnauthorized
        told = request.app[LIMIT].take(account)
        if told is None:
            raise web.HTTPTooManyRequests
        request["began"], request["request_id"], request["account"] = began, request_id, account
        response = await handler(request)
        status, size = response.status, response.content_length or 0
    except web.HTTPException as refusal:
        status = refusal.status
        raise
    finally:
        common.log_call(
            log,
            request_id=request_id,
            action=request.path,
            account=account,
            status=status,
            began=began,
            size=size,
        )
    response.headers["X-Request-Id"] = request_id
    response.headers.update(told)
    return response


@routes.post("/memory/increment")
async def increment_in_memory(request: web.Request) -> web.Response:
    step = await _parameters(request, STEP)
    counter = request.app[COUNTERS].get(step["id"])
    if counter is None:
        raise web.HTTPNotFound
    counter["value"] += step["by"]
    counter["version"] += 1
    counter["updated_at"] = common.now()
    return _success(request, COUNTER.dump(counter), modification=True)


@routes.post("/counters/increment")
async def increment(request: web.Request) -> web.Response:
    step = await _parameters(request, STEP)
    rows, account = request.app[ROWS], request["account"]
    key = request.headers.get("Idempotency-Key")
    try:
        if key is None:
            row = await rows.increment(account, **step)
        else:
            claim = database.claim_values(account, key, common.fingerprint(step))
            row = await rows.increment_once(claim, _shown, **step)
    except Replay as kept:
        data = orjson.loads(kept.data)
        return _success(request, data, modification=True, idempotent_replay=True)
    except KeyReused:
        raise web.HTTPUnprocessableEntity from None
    if row is None:
        raise web.HTTPNotFound
    return _success(request, COUNTER.dump(counter_of(row)), modification=True)


@routes.post("/counters/list")
async def list_counters(request: web.Request) -> web.Response:
    wanted = await _parameters(request, PAGE)
    found = await request.app[ROWS].page(**wanted)
    flags = common.list_flags(**wanted, total=found[0][-1] if found else 0)
    return _success(request, COUNTERS_.dump([counter_of(row) for row in found]), **flags)


def _shown(row: tuple[Any, ...]) -> str:
    return orjson.dumps(COUNTER.dump(counter_of(row))).decode()


async def _parameters(request: web.Request, schema: Schema) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = schema.load(orjson.loads(await request.read()))
    except (orjson.JSONDecodeError, ValidationError) as fault:
        raise web.HTTPUnprocessableEntity(text=str(fault)) from None
    return loaded


def _success(request: web.Request, data: Any, **flags: Any) -> web.Response:
    envelope = {
        "status": "success",
        "time": round(time.perf_counter() - request["began"], 6),
        "flags": {"request_id": request["request_id"], **flags},
        "data": data,
    }
    return web.Response(body=orjson.dumps(envelope), content_type="application/json")


async def ping(_: web.Request) -> web.Response:
    """W0."""
    return web.Response(body=orjson.dumps(common.PONG), content_type="application/json")


def make_ping_app() -> web.Application:
    app = web.Application()
    app.router.add_post("/system/ping", ping)
    return app


def make_app(folder: Path, key: str) -> web.Application:
    """W1 to W3."""

    async def keep_database(app: web.Application) -> AsyncIterator[None]:
        app[ROWS] = await Rows().open(folder)
        yield
        await app[ROWS].close()

    app = web.Application(middlewares=[admit])
    app[KEYS], app[LIMIT] = common.Keys(key), common.Limit()
    app[COUNTERS] = {each.id: each._asdict() for each in common.new_counters(common.COUNTERS)}
    app.cleanup_ctx.append(keep_database)
    app.add_routes(routes)
    return app


def main(port: int, level: str, folder: Path, key: str) -> None:
    """Serve until terminated."""
    web.run_app(
        make_ping_app() if level == "W0" else make_app(folder, key),
        host="127.0.0.1",
        port=port,
        loop=uvloop.new_event_loop(),
        access_log=None,
        print=None,
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), sys.argv[4])
