"""BlackSheep on uvicorn: msgspec structs through a binder of its own, middlewares, aiosqlite."""

# BlackSheep's requests take attributes of one's own, of which their types do not tell.
# mypy: disable-error-code="attr-defined"

import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import uvicorn
from blacksheep import Application, Content, Request, Response
from blacksheep.exceptions import BadRequest, HTTPException, NotFound, Unauthorized
from blacksheep.server.bindings import Binder, BoundValue

from tests.benchmarks.peers import common, database
from tests.benchmarks.peers.rows import KeyReused, Replay, Rows
from tests.benchmarks.peers.structs import Counter, Envelope, Page, Step, counter_of

log = common.make_log()

T = TypeVar("T")
Handler = Callable[[Request], Awaitable[Response]]


class TooManyRequests(HTTPException):
    def __init__(self) -> None:
        super().__init__(429, "Too many requests")


class FromStruct(BoundValue[T]):
    """A body of JSON as a struct."""


class StructBinder(Binder):
    """Decodes and checks the body in one step, by the struct that the handler names."""

    handle = FromStruct

    async def get_value(self, request: Request) -> Any:
        try:
            return msgspec.json.decode(await request.read() or b"{}", type=self.expected_type)
        except msgspec.MsgspecError as fault:
            raise BadRequest(str(fault)) from fault


class Admission:
    """A middleware that names the request, authenticates, limits, and writes a line of log."""

    def __init__(self, key: str) -> None:
        self._keys, self._limit = common.Keys(key), common.Limit()

    async def __call__(self, request: Request, handler: Handler) -> Response:
        began = time.perf_counter()
        request_id = common.request_id_of(_header(request, b"X-Request-Id"))
        account, status, size = None, 500, 0
        try:
            account = self._keys.account_of_header(_header(request, b"Authorization"))
            if account is None:
                raise Unauthorized
            told = self._limit.take(account)
            if told is None:
                raise TooManyRequests
            request.began, request.request_id, request.account = began, request_id, account
            response = await handler(request)
            status, size = response.status, response.content.length if response.content else 0
        except HTTPException as refusal:
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
        response.headers.add(b"X-Request-Id", request_id.encode())
        for name, value in told.items():
            response.headers.add(name.encode(), value.encode())
        return response


def _header(request: Request, name: bytes) -> str | None:
    value = request.get_first_header(name)
    return None if value is None else value.decode()


def make_ping_app() -> Application:
    """W0."""
    app = Application()

    @app.router.post("/system/ping")
    async def ping() -> Response:
        return _json(common.PONG)

    return app


def make_app(folder: Path, key: str) -> Application:
    """W1 to W3."""
    app = Application()
    app.middlewares.append(Admission(key))
    rows = Rows()

    @app.on_start
    async def open_database(_: Application) -> None:
        await rows.open(folder)

    @app.on_stop
    async def close_database(_: Application) -> None:
        await rows.close()

    _add_memory(app)
    _add_counters(app, rows)
    return app


def _add_memory(app: Application) -> None:
    """W1: counters in memory."""
    counters = {each.id: Counter(*each) for each in common.new_counters(common.COUNTERS)}

    @app.router.post("/memory/increment")
    async def increment_in_memory(step: FromStruct[Step], request: Request) -> Response:
        counter = counters.get(step.value.id)
        if counter is None:
            raise NotFound
        counter.value += step.value.by
        counter.version += 1
        counter.updated_at = common.now()
        return _success(request, counter, modification=True)


def _add_counters(app: Application, rows: Rows) -> None:
    """W2 and W3: counters in the database."""

    @app.router.post("/counters/increment")
    async def increment(step: FromStruct[Step], request: Request) -> Response:
        sent, account = step.value, request.account
        key = _header(request, b"Idempotency-Key")
        try:
            if key is None:
                row = await rows.increment(account, sent.id, sent.by)
            else:
                fingerprint = common.fingerprint({"id": sent.id, "by": sent.by})
                claim = database.claim_values(account, key, fingerprint)
                row = await rows.increment_once(claim, _shown, sent.id, sent.by)
        except Replay as kept:
            counter = msgspec.json.decode(kept.data, type=Counter)
            return _success(request, counter, modification=True, idempotent_replay=True)
        except KeyReused:
            raise HTTPException(422, "Another call had this key") from None
        if row is None:
            raise NotFound
        return _success(request, counter_of(row), modification=True)

    @app.router.post("/counters/list")
    async def list_counters(wanted: FromStruct[Page], request: Request) -> Response:
        page, per_page = wanted.value.page, wanted.value.per_page
        found = await rows.page(page, per_page)
        flags = common.list_flags(page, per_page, found[0][-1] if found else 0)
        return _success(request, [counter_of(row) for row in found], **flags)


def _shown(row: tuple[Any, ...]) -> str:
    return msgspec.json.encode(counter_of(row)).decode()


def _success(request: Request, data: Any, **flags: Any) -> Response:
    flags["request_id"] = request.request_id
    seconds = round(time.perf_counter() - request.began, 6)
    return _json(Envelope("success", seconds, flags, data))


def _json(value: Any) -> Response:
    return Response(200, content=Content(b"application/json", msgspec.json.encode(value)))


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
