"""The audit trail as tests read it."""

from typing import Any

from tests.support.house import House

Record = dict[str, Any]


async def trail(house: House, *, key: str = "", **wanted: Any) -> list[Record]:
    """The newest records, what waits to be written included."""
    await house.gateway.audit.write_failures()
    answer = await house.send("audit/list", key=key or house.key, **wanted)
    assert answer["status"] == "success", answer
    found: list[Record] = answer["data"]
    return found


async def told(house: House, **wanted: Any) -> list[tuple[str, str, int]]:
    """Action, outcome and count of the newest records."""
    return [
        (each["action"], each["outcome"], each["count"]) for each in await trail(house, **wanted)
    ]
