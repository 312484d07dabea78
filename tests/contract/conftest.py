"""Gateways as processes of their own, one on each database for all the tests that ask."""

import asyncio
import uuid
from collections.abc import Iterator

import pytest

from tests.contract.line import Line, open_line
from tests.support.databases import drop_postgres, empty_postgres


@pytest.fixture(scope="session")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    folder = tmp_path_factory.mktemp("envelope")
    with open_line({"data": folder / "data"}, folder) as line:
        yield line


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def either_line(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Line]:
    """A gateway on each database."""
    if request.param == "sqlite":
        yield request.getfixturevalue("line")
        return
    address, name = request.getfixturevalue("server"), f"halyard_{uuid.uuid4().hex}"
    database = asyncio.run(empty_postgres(address, name))
    with open_line({"database": database}, tmp_path_factory.mktemp("postgres")) as line:
        yield line
    asyncio.run(drop_postgres(address, name))
