"""The commands over a PostgreSQL database."""

import asyncio
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateway.cli.running import KEY, halyard, serving
from tests.support.databases import drop_postgres, empty_postgres


@pytest.fixture
def url(server: str) -> Iterator[str]:
    """A database without any schema."""
    name = f"halyard_{uuid.uuid4().hex}"
    yield asyncio.run(empty_postgres(server, name))
    asyncio.run(drop_postgres(server, name))


def test_serve_says_what_to_run_on_a_database_without_a_schema(tmp_path: Path, url: str) -> None:
    done = halyard("serve", "--database", url, cwd=tmp_path)

    assert done.code == 2
    assert "halyard init" in done.err
    assert len(done.err.splitlines()) == 1


def test_init_sets_a_database_up_and_serve_serves_it(tmp_path: Path, url: str) -> None:
    made = halyard("init", "--database", url, cwd=tmp_path)
    again = halyard("init", "--database", url, cwd=tmp_path)
    with serving("--database", url, cwd=tmp_path) as gateway:
        code = gateway.stop()

    assert KEY.fullmatch(made.out.strip())
    assert again.code == 2
    assert KEY.findall(gateway.err) == []
    assert code == 0
