"""Litestar on uvicorn: msgspec structs in and out, guards, lifecycle hooks, SQLAlchemy."""

import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
import uvicorn
from litestar import Litestar, Request, Response, Router, post
from litestar.connection import ASGIConnection
from litestar.datastructures import MutableScopeHeaders, State
from litestar.exceptions import (
    HTTPException,
    NotAuthorizedException,
    NotFoundException,
    TooManyRequestsException,
)
from litestar.handlers import BaseRouteHandler
from litestar.types import Message, Scope
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from tests.benchmarks.peers import common, database
from tests.benchmarks.peers.structs import Counter, Envelope, Page, Step, counter_of

log = common.make_log()

INCREMENT, LIST = text(database.INCREMENT), text(database.LIST)
ADD_CHANGE, KEEP, KEPT = map(text, (database.ADD_CHANGE, database.KEEP, database.KEPT))

AnyRequest: TypeAlias = Request[Any, Any, State]


@post("/system/ping", status_code=200)
async def ping() -> dict[str, Any]:
    return common.PONG


@post("/memory/increment", status_code=200)
async def increment_in_memory(data: Step, request: AnyRequest, state: State) -> Response[Envelope]:
    counter = state.counters.get(data.id)
    if counter is None:
        raise NotFoundException
    counter.value += data.by
    counter.version += 1
    counter.updated_at = common.now()
    return _success(request, counter, modification=True)


@post("/counters/increment", status_code=200)
async def increment(data: Step, request: AnyRequest, state: State) -> Response[Envelope]:
    values = database.step_values(data.id, data.by)
    account, key = request.state.account, request.headers.get("idempotency-key")
    fingerprint = common.fingerprint({"id": data.id, "by": data.by}) if key else ""
    claim = database.claim_values(account, key or "", fingerprint)
    try:
        async with state.engine.begin() as connection:
            row = (await connection.execute(INCREMENT, values)).first()
            if row is None:
                raise NotFoundException
            change = database.change_values(row, data.by, account)
            await connection.execute(ADD_CHANGE, change)
            counter = counter_of(row)
            if key is not None:
                kept = msgspec.json.encode(counter).decode()
                await connection.execute(KEEP, claim | {"data": kept})
    except IntegrityError:
        async with state.engine.connect() as connection:
            first, answered = (await connection.execute(KEPT, claim)).one()
        if first != fingerprint:
            raise HTTPException(status_code=422) from None
        counter = msgspec.json.decode(answered, type=Counter)
        return _success(request, counter, modification=True, idempotent_replay=True)
    return _success(request, counter, modification=True)


@post("/counters/list", status_code=200)
async def list_counters(data: Page, request: AnyRequest, state: State) -> Response[Envelope]:
    wanted = database.page_values(data.page, data.per_page)
    async with state.engine.connect() as connection:
        rows = (await connection.execute(LIST, wanted)).all()
    flags = common.list_flags(data.page, data.per_page, rows[0][-1] if rows else 0)
    return _success(request, [counter_of(row) for row in rows], **flags)


def _success(request: AnyRequest, data: Any, **flags: Any) -> Response[Envelope]:
    state = request.state
    seconds = round(time.perf_counter() - state.began, 6)
    flags["request_id"] = state.request_id
    return Response(
        Envelope("success", seconds, flags, data),
        headers={"X-Request-Id": state.request_id, **state.limit},
    )


def _admission(key: str) -> Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], None]:
    """A guard that names the request, authenticates and limits."""
    keys, limit = common.Keys(key), common.Limit()

    def admit(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        state, headers = connection.state, connection.headers
        state.began = time.perf_counter()
        state.request_id = common.request_id_of(headers.get("x-request-id"))
        state.account = keys.account_of_header(headers.get("authorization"))
        if state.account is None:
            raise NotAuthorizedException
        state.limit = limit.take(state.account)
        if state.limit is None:
            raise TooManyRequestsException

    return admit


async def _log_call(message: Message, scope: Scope) -> None:
    """A hook that writes the line of a call when its answer is about to be sent."""
    state = scope["state"]
    if message["type"] == "http.response.start" and "began" in state:
        common.log_call(
            log,
            request_id=state["request_id"],
            action=scope["path"],
            account=state["account"],
            status=message["status"],
            began=state["began"],
            size=int(MutableScopeHeaders.from_message(message)["content-length"]),
        )


def make_ping_app() -> Litestar:
    """W0."""
    return Litestar([ping], openapi_config=None)


def make_app(folder: Path, key: str) -> Litestar:
    """W1 to W3."""

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        app.state.engine = database.make_async_engine(folder)
        app.state.counters = {
            each.id: Counter(*each) for each in common.new_counters(common.COUNTERS)
        }
        yield
        await app.state.engine.dispose()

    router = Router(
        "/",
        route_handlers=[increment_in_memory, increment, list_counters],
        guards=[_admission(key)],
    )
    return Litestar([router], lifespan=[lifespan], before_send=[_log_call], openapi_config=None)


def main(port: int, level: str, folder: Path, key: str) -> None:
    """Serve until terminated."""
    uvicorn.run(
        make_ping_app() if level == "W0" else make_app(folder, key),
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
        proxy_headers=False,
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), sys.argv[4])
