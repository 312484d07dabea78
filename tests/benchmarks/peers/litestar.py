"""Litestar on uvicorn: msgspec structs in and out, guards, lifecycle hooks, SQLAlchemy's ORM."""

import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
import uvicorn
from litestar import Litestar, Request, Response, Router, post
from litestar.connection import ASGIConnection
from litestar.datastructures import MutableScopeHeaders, State
from litestar.di import NamedDependency, Provide
from litestar.exceptions import (
    HTTPException,
    NotAuthorizedException,
    NotFoundException,
    TooManyRequestsException,
)
from litestar.handlers import BaseRouteHandler
from litestar.types import Message, Scope
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from tests.benchmarks.peers import common, database
from tests.benchmarks.peers.models import Answer, change_of, increment_of, page_of, total
from tests.benchmarks.peers.structs import Counter, Envelope, Page, Step, counter_shown

log = common.make_log()

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
async def increment(
    data: Step, request: AnyRequest, session: NamedDependency[AsyncSession]
) -> Response[Envelope]:
    account, key = request.state.account, request.headers.get("idempotency-key")
    found = (await session.scalars(increment_of(data.id, data.by))).one_or_none()
    if found is None:
        raise NotFoundException
    session.add(change_of(found, data.by, account))
    counter = counter_shown(found)
    if key is None:
        await session.commit()
        return _success(request, counter, modification=True)
    fingerprint = common.fingerprint({"id": data.id, "by": data.by})
    kept = msgspec.json.encode(counter).decode()
    session.add(Answer(account=account, key=key, fingerprint=fingerprint, data=kept))
    try:
        await session.commit()
    except IntegrityError:
        await session.rollback()
    else:
        return _success(request, counter, modification=True)
    answer = await session.get_one(Answer, (account, key))
    if answer.fingerprint != fingerprint:
        raise HTTPException(status_code=422)
    counter = msgspec.json.decode(answer.data, type=Counter)
    return _success(request, counter, modification=True, idempotent_replay=True)


@post("/counters/list", status_code=200)
async def list_counters(
    data: Page, request: AnyRequest, session: NamedDependency[AsyncSession]
) -> Response[Envelope]:
    found = (await session.scalars(page_of(data.page, data.per_page))).all()
    count = await session.scalar(total())
    flags = common.list_flags(data.page, data.per_page, count or 0)
    return _success(request, [counter_shown(each) for each in found], **flags)


async def open_session(state: State) -> AsyncGenerator[AsyncSession, None]:
    async with state.sessions() as session:
        yield session


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
        engine = database.make_async_engine(folder)
        app.state.sessions = async_sessionmaker(engine, expire_on_commit=False)
        app.state.counters = {
            each.id: Counter(*each) for each in common.new_counters(common.COUNTERS)
        }
        yield
        await engine.dispose()

    router = Router(
        "/",
        route_handlers=[increment_in_memory, increment, list_counters],
        guards=[_admission(key)],
        dependencies={"session": Provide(open_session)},
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
