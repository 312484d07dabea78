"""The trace that a call belongs to is in its log lines, and at hand for onward calls."""

from typing import Any

import pytest

from gateway import Action, Context, Section
from tests.conftest import OpenHouse
from tests.gateway.test_tracing import GOOD, PARENT, TRACE
from tests.gateway.toy_shapes import Name, NameShape
from tests.gateway.web.wire import Wire, json_request, wired
from tests.support.house import House


class Onward(Action[Name, Name]):
    """Tell what an onward call would send; say a word, and crash where that was asked for."""

    scope = "onward:read"
    takes = NameShape()
    gives = NameShape()

    async def run(self, params: Name, context: Context) -> Name:
        context.log.info("onward")
        if params.name == "crash":
            raise RuntimeError
        return Name(context.traceparent or "none")


SECTION = Section("onward", "Onward calls", actions=(Onward,))


@pytest.fixture
async def house(open_house: OpenHouse) -> House:
    return await open_house(door="http", sections=(SECTION,))


async def told(house: House, wire: Wire, **headers: str) -> Any:
    answer = await wire.call(
        json_request("/api/v1/onward/onward", Authorization=f"Bearer {house.key}", **headers)
    )
    return answer.envelope["data"]


async def test_the_trace_is_in_every_line_of_the_call(house: House, wire: Wire) -> None:
    await told(house, wire, traceparent=GOOD)
    crashing = {"name": "crash"}
    sent = json_request(
        "/api/v1/onward/onward", sent=crashing, Authorization=f"Bearer {house.key}",
        traceparent=GOOD,
    )  # fmt: skip
    await wire.call(sent)

    events = [line["event"] for line in house.log.lines]
    assert events == ["onward", "call", "onward", "call.crashed", "call"]
    assert {(line["trace_id"], line["parent_id"]) for line in house.log.lines} == {(TRACE, PARENT)}


async def test_onward_calls_belong_to_the_same_trace(house: House, wire: Wire) -> None:
    assert await told(house, wire, traceparent=GOOD) == {"name": GOOD}


@pytest.mark.parametrize("sent", [None, "nonsense", GOOD.upper()])
async def test_without_a_valid_header_there_is_no_trace(
    house: House, wire: Wire, sent: str | None
) -> None:
    headers = {} if sent is None else {"traceparent": sent}

    assert await told(house, wire, **headers) == {"name": "none"}
    for line in house.log.lines:
        assert "trace_id" not in line
        assert "parent_id" not in line


async def test_two_headers_name_no_trace(house: House) -> None:
    async with wired(house) as wire:
        sent = json_request(
            "/api/v1/onward/onward", Authorization=f"Bearer {house.key}", traceparent=GOOD
        ).replace(b"\r\n\r\n", f"\r\ntraceparent: {GOOD}\r\n\r\n".encode(), 1)
        answer = await wire.call(sent)

    assert answer.envelope["data"] == {"name": "none"}
