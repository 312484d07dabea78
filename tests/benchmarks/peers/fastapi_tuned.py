"""FastAPI, tuned: what one in a hurry for speed makes of the database's part.

No mapped classes and no sessions: statements are text, compiled once; the total of a list comes
with its rows. One connection in the place of a pool: SQLite has one writer.
"""

import sys
from pathlib import Path
from typing import Any

import orjson
from fastapi import APIRouter, HTTPException, Request
from sqlalchemy import Row, text
from sqlalchemy.exc import IntegrityError

from tests.benchmarks.peers import common, database
from tests.benchmarks.peers.fastapi import IdempotencyKey, LoggedRoute, make_app, serve, success
from tests.benchmarks.peers.payloads import Counted, Listed, Page, Step

counters = APIRouter(route_class=LoggedRoute)

INCREMENT, LIST = text(database.INCREMENT), text(database.LIST)
ADD_CHANGE, KEEP, KEPT = map(text, (database.ADD_CHANGE, database.KEEP, database.KEPT))


@counters.post("/counters/increment", response_model=Counted)
async def increment(step: Step, request: Request, key: IdempotencyKey = None) -> Any:
    engine, account = request.app.state.engine, request.state.account
    fingerprint = common.fingerprint(step.model_dump()) if key else ""
    claim = database.claim_values(account, key or "", fingerprint)
    try:
        async with engine.begin() as connection:
            values = database.step_values(step.id, step.by)
            row = (await connection.execute(INCREMENT, values)).first()
            if row is None:
                raise HTTPException(status_code=404)
            change = database.change_values(row, step.by, account)
            await connection.execute(ADD_CHANGE, change)
            data = _counter(row)
            if key is not None:
                answer = orjson.dumps(data).decode()
                await connection.execute(KEEP, {**claim, "data": answer})
    except IntegrityError:
        async with engine.connect() as connection:
            first, answered = (await connection.execute(KEPT, claim)).one()
        if first != fingerprint:
            raise HTTPException(status_code=422) from None
        data = orjson.loads(answered)
        return success(request, data, modification=True, idempotent_replay=True)
    return success(request, data, modification=True)


@counters.post("/counters/list", response_model=Listed)
async def list_counters(page: Page, request: Request) -> Any:
    wanted = database.page_values(page.page, page.per_page)
    async with request.app.state.engine.connect() as connection:
        rows = (await connection.execute(LIST, wanted)).all()
    flags = common.list_flags(page.page, page.per_page, rows[0][-1] if rows else 0)
    return success(request, [_counter(row) for row in rows], **flags)


def _counter(row: Row[Any]) -> dict[str, Any]:
    return dict(zip(common.NewCounter._fields, row, strict=False))


def main(port: int, folder: Path, key: str) -> None:
    """Serve W2 and W3 until terminated."""
    engine = database.make_async_engine(folder, pool_size=1, max_overflow=0)
    serve(make_app(engine, key, counters), port)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[3]), sys.argv[4])
