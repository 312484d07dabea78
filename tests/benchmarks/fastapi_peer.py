"""The peer: the same increment, as FastAPI and SQLAlchemy's async engine are commonly used."""

# FastAPI comes with the extra `benchmark`; where it is not installed, its names are all Any.
# mypy: disable-error-code="import-not-found,misc,untyped-decorator"

import hashlib
import hmac
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import uvicorn
from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

COUNTERS = 64

CREATE = text("CREATE TABLE counters (id TEXT PRIMARY KEY, name TEXT NOT NULL, value INT NOT NULL)")
INSERT = text("INSERT INTO counters (id, name, value) VALUES (:id, :name, 0)")
UPDATE = text("UPDATE counters SET value = value + :by WHERE id = :id RETURNING id, name, value")
TOTAL = text("SELECT sum(value) FROM counters")


class Step(BaseModel):
    """The body of an increment."""

    id: str
    by: int = 1


def counter_id(number: int) -> str:
    """The id of one of the counters that a new database gets."""
    return f"counter-{number:02}"


def make_app(folder: Path, key: str) -> FastAPI:
    """The application over a new database in `folder`, for callers who have `key`."""
    engine = _make_engine(folder)
    digest = hashlib.sha256(key.encode()).digest()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await _fill(engine)
        yield
        await engine.dispose()

    app = FastAPI(lifespan=lifespan)

    async def authenticated(authorization: Annotated[str, Header()]) -> None:
        sent = hashlib.sha256(authorization.removeprefix("Bearer ").encode()).digest()
        if not hmac.compare_digest(sent, digest):
            raise HTTPException(status_code=401)

    @app.post("/increment", dependencies=[Depends(authenticated)])
    async def increment(step: Step) -> dict[str, Any]:
        began = time.perf_counter()
        async with engine.begin() as connection:
            values = {"id": step.id, "by": step.by}
            row = (await connection.execute(UPDATE, values)).mappings().first()
        if row is None:
            raise HTTPException(status_code=404)
        return {
            "status": "success",
            "time": round(time.perf_counter() - began, 6),
            "flags": {"request_id": str(uuid4())},
            "data": dict(row),
        }

    @app.get("/total")
    async def total() -> int:
        async with engine.connect() as connection:
            return int((await connection.execute(TOTAL)).scalar_one())

    return app


def _make_engine(folder: Path) -> AsyncEngine:
    engine = create_async_engine(f"sqlite+aiosqlite:///{folder / 'peer.db'}")

    @event.listens_for(engine.sync_engine, "connect")
    def as_durable_as_the_gateway(connection: Any, _: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.close()

    return engine


async def _fill(engine: AsyncEngine) -> None:
    counters = [
        {"id": counter_id(number), "name": f"Benchmark {number:02}"} for number in range(COUNTERS)
    ]
    async with engine.begin() as connection:
        await connection.execute(CREATE)
        await connection.execute(INSERT, counters)


def main(port: int, folder: Path, key: str) -> None:
    """Serve until terminated."""
    uvicorn.run(
        make_app(folder, key),
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
