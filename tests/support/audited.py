"""The audit trail as tests read it."""

from typing import Any

from sqlalchemy import select

from gateway.access.audit import rows
from gateway.access.audit.rows import AuditRow
from gateway.access.tables import workspaces
from gateway.listing import Listing
from gateway.store.statements import Statement
from tests.support.house import House

_OPERATORS = Statement(select(workspaces.c.id).where(workspaces.c.is_operator == 1))

Record = dict[str, Any]


async def trail(
    house: House, *, key: str = "", founding: bool = False, **wanted: Any
) -> list[Record]:
    """The newest records, what waits to be written included.

    With `founding` also the three that a workspace begins with.
    """
    await house.gateway.audit.write_failures()
    answer = await house.send("audit/list", key=key or house.key, **wanted)
    assert answer["status"] == "success", answer
    found: list[Record] = answer["data"]
    return [each for each in found if founding or not _is_founding(each)]


async def told(house: House, **wanted: Any) -> list[tuple[str, str, int]]:
    """Action, outcome and count of the newest records."""
    return [
        (each["action"], each["outcome"], each["count"]) for each in await trail(house, **wanted)
    ]


async def operators(house: House) -> str:
    """The id of the operator's workspace."""
    row = await house.gateway.database.reader.first(_OPERATORS)
    assert row is not None
    return str(row[0])


async def kept(house: House) -> list[AuditRow]:
    """The newest rows of the operator's workspace that are committed, but for its founding."""
    listing = Listing(per_page=100)
    database = house.gateway.database
    found, _ = await rows.stretch(database.reader, listing, workspace_id=await operators(house))
    return [each for each in found if not _is_founding(each._asdict())]


def _is_founding(record: Record) -> bool:
    return record["action"] == "workspaces/create" and record["account_id"] is None
