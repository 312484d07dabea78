"""FastAPI on uvicorn: pydantic models in and out, dependencies, a route class, SQLAlchemy."""

import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import orjson
import uvicorn
from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import Row, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.benchmarks.peers import common, database

log = common.make_log()


class Step(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    id: Annotated[str, StringConstraints(pattern=common.UUID_PATTERN)]
    by: Annotated[int, Field(ge=1, le=common.STEP_MAX)] = 1


class Page(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    page: Annotated[int, Field(ge=1)] = 1
    per_page: Annotated[int, Field(ge=1, le=common.PAGE_MAX)] = 30


class Counter(BaseModel):
    id: str
    external_id: str | None
    name: str
    type: str
    value: int
    mode: str
    goal: int | None
    overflow: str
    version: int
    created_at: datetime
    updated_at: datetime


class Pong(BaseModel):
    pong: bool


class Envelope(BaseModel):
    status: str
    time: float
    flags: dict[str, Any]


class Ponged(Envelope):
    data: Pong


class Counted(Envelope):
    data: Counter


class Listed(Envelope):
    data: list[Counter]


class LoggedRoute(APIRoute):
    """A route that names each request, and writes a line of log for it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_logged(request: Request) -> Response:
            state = request.state
            state.began = time.perf_counter()
            state.request_id = common.request_id_of(request.headers.get("x-request-id"))
            state.account, status, size = None, 500, 0
            try:
                response: Response = await handle(request)
                status, size = response.status_code, len(response.body)
            except HTTPException as refusal:
                status = refusal.status_code
                raise
            except RequestValidationError:
                status = 422
                raise
            finally:
                common.log_call(
                    log,
                    request_id=state.request_id,
                    action=request.scope["path"],
                    account=state.account,
                    status=status,
                    began=state.began,
                    size=size,
                )
            response.headers["X-Request-Id"] = state.request_id
            return response

        return handle_logged


def make_ping_app() -> FastAPI:
    """W0."""
    app = FastAPI()

    @app.post("/system/ping", response_model=Ponged)
    async def ping() -> Any:
        return common.PONG

    return app


def make_app(folder: Path, key: str) -> FastAPI:
    """W1 to W3."""
    engine = database.make_async_engine(folder)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await engine.dispose()

    app = FastAPI(lifespan=lifespan)
    router = APIRouter(route_class=LoggedRoute, dependencies=[Depends(_admission(key))])
    _add_memory(router)
    _add_counters(router, engine)
    app.include_router(router)
    return app


def _admission(key: str) -> Callable[..., Awaitable[None]]:
    """A dependency that authenticates and limits."""
    keys, limit = common.Keys(key), common.Limit()
    bearer = HTTPBearer()

    async def admit(
        request: Request,
        response: Response,
        credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)],
    ) -> None:
        account = keys.account(credentials.credentials)
        if account is None:
            raise HTTPException(status_code=401)
        request.state.account = account
        told = limit.take(account)
        if told is None:
            raise HTTPException(status_code=429)
        response.headers.update(told)

    return admit


def _add_memory(router: APIRouter) -> None:
    """W1: counters in memory."""
    counters = {
        each.id: Counter.model_validate(each._asdict())
        for each in common.new_counters(common.COUNTERS)
    }

    @router.post("/memory/increment", response_model=Counted)
    async def increment(step: Step, request: Request) -> Any:
        counter = counters.get(step.id)
        if counter is None:
            raise HTTPException(status_code=404)
        counter.value += step.by
        counter.version += 1
        counter.updated_at = common.now()
        return _success(request, counter, modification=True)


def _add_counters(router: APIRouter, engine: AsyncEngine) -> None:
    """W2 and W3: counters in the database."""
    increment_, list_ = text(database.INCREMENT), text(database.LIST)
    add_change, keep, kept = map(text, (database.ADD_CHANGE, database.KEEP, database.KEPT))

    @router.post("/counters/increment", response_model=Counted)
    async def increment(
        step: Step, request: Request, idempotency_key: Annotated[str | None, Header()] = None
    ) -> Any:
        account = request.state.account
        values = database.step_values(step.id, step.by)
        fingerprint = common.fingerprint(step.model_dump()) if idempotency_key else ""
        claim = database.claim_values(account, idempotency_key or "", fingerprint)
        try:
            async with engine.begin() as connection:
                row = (await connection.execute(increment_, values)).first()
                if row is None:
                    raise HTTPException(status_code=404)
                await connection.execute(add_change, database.change_values(row, step.by, account))
                data = _counter(row)
                if idempotency_key is not None:
                    answer = orjson.dumps(data).decode()
                    await connection.execute(keep, {**claim, "data": answer})
        except IntegrityError:
            async with engine.connect() as connection:
                first, answered = (await connection.execute(kept, claim)).one()
            if first != fingerprint:
                raise HTTPException(status_code=422) from None
            return _success(
                request, orjson.loads(answered), modification=True, idempotent_replay=True
            )
        return _success(request, data, modification=True)

    @router.post("/counters/list", response_model=Listed)
    async def list_counters(page: Page, request: Request) -> Any:
        wanted = database.page_values(page.page, page.per_page)
        async with engine.connect() as connection:
            rows = (await connection.execute(list_, wanted)).all()
        flags = common.list_flags(page.page, page.per_page, rows[0][-1] if rows else 0)
        return _success(request, [_counter(row) for row in rows], **flags)


def _counter(row: Row[Any]) -> dict[str, Any]:
    return dict(zip(common.NewCounter._fields, row, strict=False))


def _success(request: Request, data: Any, **flags: Any) -> dict[str, Any]:
    return {
        "status": "success",
        "time": round(time.perf_counter() - request.state.began, 6),
        "flags": {"request_id": request.state.request_id, **flags},
        "data": data,
    }


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
