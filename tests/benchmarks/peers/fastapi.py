"""FastAPI on uvicorn: pydantic models in and out, dependencies, a route class, SQLAlchemy's ORM."""

import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import orjson
import uvicorn
from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from tests.benchmarks.peers import common, database
from tests.benchmarks.peers.models import Answer, change_of, increment_of, page_of, total
from tests.benchmarks.peers.payloads import Counted, CounterPublic, Listed, Page, Ponged, Step

log = common.make_log()


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


memory = APIRouter(route_class=LoggedRoute)
counters = APIRouter(route_class=LoggedRoute)


async def open_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.app.state.sessions() as session:
        yield session


Session = Annotated[AsyncSession, Depends(open_session)]
IdempotencyKey = Annotated[str | None, Header(alias="Idempotency-Key")]


@memory.post("/memory/increment", response_model=Counted)
async def increment_in_memory(step: Step, request: Request) -> Any:
    counter = request.app.state.counters.get(step.id)
    if counter is None:
        raise HTTPException(status_code=404)
    counter.value += step.by
    counter.version += 1
    counter.updated_at = common.now()
    return success(request, counter, modification=True)


@counters.post("/counters/increment", response_model=Counted)
async def increment(
    step: Step, request: Request, session: Session, key: IdempotencyKey = None
) -> Any:
    account = request.state.account
    counter = (await session.scalars(increment_of(step.id, step.by))).one_or_none()
    if counter is None:
        raise HTTPException(status_code=404)
    session.add(change_of(counter, step.by, account))
    if key is None:
        await session.commit()
        return success(request, counter, modification=True)
    fingerprint = common.fingerprint(step.model_dump())
    data = CounterPublic.model_validate(counter).model_dump_json()
    session.add(Answer(account=account, key=key, fingerprint=fingerprint, data=data))
    try:
        await session.commit()
    except IntegrityError:
        await session.rollback()
    else:
        return success(request, counter, modification=True)
    answer = await session.get_one(Answer, (account, key))
    if answer.fingerprint != fingerprint:
        raise HTTPException(status_code=422)
    return success(request, orjson.loads(answer.data), modification=True, idempotent_replay=True)


@counters.post("/counters/list", response_model=Listed)
async def list_counters(page: Page, request: Request, session: Session) -> Any:
    found = (await session.scalars(page_of(page.page, page.per_page))).all()
    count = await session.scalar(total())
    return success(request, found, **common.list_flags(page.page, page.per_page, count or 0))


def success(request: Request, data: Any, **flags: Any) -> dict[str, Any]:
    return {
        "status": "success",
        "time": round(time.perf_counter() - request.state.began, 6),
        "flags": {"request_id": request.state.request_id, **flags},
        "data": data,
    }


def admission(key: str) -> Callable[..., Awaitable[None]]:
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


def make_ping_app() -> FastAPI:
    """W0."""
    app = FastAPI()

    @app.post("/system/ping", response_model=Ponged)
    async def ping() -> Any:
        return common.PONG

    return app


def make_app(engine: AsyncEngine, key: str, *routers: APIRouter) -> FastAPI:
    """W1 to W3."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.engine = engine
        app.state.sessions = async_sessionmaker(engine, expire_on_commit=False)
        app.state.counters = {
            each.id: CounterPublic.model_validate(each)
            for each in common.new_counters(common.COUNTERS)
        }
        yield
        await engine.dispose()

    app = FastAPI(lifespan=lifespan)
    for router in routers:
        app.include_router(router, dependencies=[Depends(admission(key))])
    return app


def serve(app: FastAPI, port: int) -> None:
    """Serve until terminated."""
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
        proxy_headers=False,
    )


def main(port: int, level: str, folder: Path, key: str) -> None:
    engine = database.make_async_engine(folder)
    serve(make_ping_app() if level == "W0" else make_app(engine, key, memory, counters), port)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), sys.argv[4])
