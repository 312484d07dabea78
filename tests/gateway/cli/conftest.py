"""Folders in which the command is run."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.gateway.cli import mine
from tests.support.databases import drop_postgres, empty_postgres


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two sections of a user's own: `mine`, and `marks` with a table."""
    (tmp_path / "mine.py").write_text(mine.SECTION)
    (tmp_path / "marks.py").write_text(mine.LINGERING)
    (tmp_path / "mark_migrations").mkdir()
    (tmp_path / "mark_migrations" / "0001_marks.py").write_text(mine.MIGRATION)
    return tmp_path


@pytest.fixture
def address(server: str) -> Iterator[str]:
    """The address of an empty PostgreSQL database."""
    name = f"halyard_{uuid4().hex}"
    yield asyncio.run(empty_postgres(server, name))
    asyncio.run(drop_postgres(server, name))
