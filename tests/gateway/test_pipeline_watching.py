"""Who watches a call sees all of it and cannot change it; the log has one line for each call."""

import asyncio
import gc
from typing import Any

import orjson
import pytest

from gateway.call import Call
from gateway.envelope import Envelope
from tests.conftest import OpenHouse
from tests.gateway import toys
from tests.gateway.calls import answer_of, call_of, envelope_of, names_kept
from tests.gateway.kinds import ON_SQLITE
from tests.gateway.test_tracing import GOOD, PARENT, TRACE
from tests.gateway.toys import SECRET
from tests.support.house import House, observers_told
from tests.support.watching import watched

KEYS = ["action", "account", "status", "code", "ms", "bytes"]


class Witness:
    """Remembers what it saw."""

    def __init__(self) -> None:
        self.seen: list[tuple[Call, Envelope]] = []

    def saw(self, call: Call, envelope: Envelope) -> None:
        self.seen.append((call, envelope))


class Fainting:
    """Watches, and cannot bear it."""

    def saw(self, call: Call, envelope: Envelope) -> None:
        raise OSError("no space left on the log's disk")


@ON_SQLITE
async def test_an_observer_sees_how_far_the_call_came_and_its_envelope(toybox: House) -> None:
    witness = Witness()
    envelope = await watched(toybox, witness).answer(call_of(toybox, "toys/keep", name="pear"))
    await observers_told()

    ((call, seen),) = witness.seen
    assert seen is envelope
    assert call.request_id == "call"
    assert call.registered is not None
    assert call.registered.path == "toys/keep"
    assert call.caller is not None
    assert call.caller.account_name == "Owner"


@ON_SQLITE
async def test_an_observer_sees_what_was_refused_on_the_way_too(toybox: House) -> None:
    witness = Witness()
    pipeline = watched(toybox, witness)
    await pipeline.answer(call_of(toybox, "toys/nothing"))
    await pipeline.answer(call_of(toybox, "toys/keep", key=None))
    await observers_told()

    codes = [envelope.code for _, envelope in witness.seen]
    assert codes == ["UnknownAction", "AccessDenied"]
    assert [call.caller for call, _ in witness.seen] == [None, None]


async def test_an_observer_that_fails_changes_nothing_for_the_caller(toybox: House) -> None:
    witness = Witness()
    pipeline = watched(toybox, Fainting(), witness)
    call = call_of(toybox, "toys/keep", name="pear", traceparent=GOOD)
    envelope = await pipeline.answer(call)
    await observers_told()

    assert envelope.status == "success"
    assert [seen for _, seen in witness.seen] == [envelope]
    assert await names_kept(toybox) == ["pear"]
    (failure,) = toybox.log.lines
    assert (failure["event"], failure["observer"]) == ("observer.failed", "Fainting")
    assert failure["request_id"] == "call"
    assert (failure["trace_id"], failure["parent_id"]) == (TRACE, PARENT)


@ON_SQLITE
async def test_observers_are_told_of_a_turns_calls_one_observer_after_the_other(
    toybox: House,
) -> None:
    told: list[tuple[str, str]] = []

    class Named:
        def __init__(self, name: str) -> None:
            self.name = name

        def saw(self, call: Call, envelope: Envelope) -> None:
            told.append((self.name, call.request_id))

    pipeline = watched(toybox, Named("first"), Named("second"))
    for number in range(2):
        await pipeline.answer(call_of(toybox, "toys/greet", request_id=f"call {number}"))
    before = list(told)
    await observers_told()

    assert before == []
    calls = ("call 0", "call 1")
    assert told == [(name, call) for name in ("first", "second") for call in calls]


@ON_SQLITE
async def test_a_lone_callers_line_is_written_before_the_answer_leaves(toybox: House) -> None:
    written: list[str] = []
    await toybox.gateway.pipeline.answer(call_of(toybox, "toys/greet"))
    # So does what sends answers: once the turn of the loop has ended.
    asyncio.get_running_loop().call_soon(lambda: written.append(toybox.log.text))
    await observers_told()

    (text,) = written
    assert text.count("\n") == 1


@ON_SQLITE
async def test_an_observer_that_fails_at_one_call_sees_the_next(toybox: House) -> None:
    class Startled(Witness):
        def saw(self, call: Call, envelope: Envelope) -> None:
            super().saw(call, envelope)
            if len(self.seen) == 1:
                raise OSError

    witness = Startled()
    pipeline = watched(toybox, witness)
    for _ in range(2):
        await pipeline.answer(call_of(toybox, "toys/greet"))
    await observers_told()

    assert len(witness.seen) == 2
    assert [line["event"] for line in toybox.log.lines] == ["observer.failed"]


@ON_SQLITE
@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("toys/greet", {"name": "Ada"}),
        ("toys/greet", {"name": ""}),
        ("toys/greet", {"name": "lemon"}),
        ("toys/things", {"per_page": "x", "nmae": 1}),
        ("toys/keep", {"key": None}),
    ],
)
async def test_a_call_leaves_nothing_behind_for_the_collector(
    toybox: House, path: str, said: dict[str, Any]
) -> None:
    gc.collect()
    gc.disable()
    try:
        await answer_of(toybox, path, **said)
        left = [each for each in gc.get_objects() if isinstance(each, Call)]
    finally:
        gc.enable()

    assert left == []


LINES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("toys/greet", {"name": "Ada"}, {"action": "toys/greet", "status": "success"}),
    ("toys/greet", {"name": ""}, {"action": "toys/greet", "status": "parameter-error"}),
    (
        "toys/greet",
        {"name": "lemon"},
        {"action": "toys/greet", "status": "error", "code": "TooSour"},
    ),
    ("toys/gret", {"name": "Ada"}, {"status": "error", "code": "UnknownAction"}),
    (
        "toys/keep",
        {"key": None},
        {"action": "toys/keep", "status": "error", "code": "AccessDenied"},
    ),
]


@ON_SQLITE
@pytest.mark.parametrize(("path", "said", "logged"), LINES)
async def test_each_call_is_one_line_of_facts(
    toybox: House, path: str, said: dict[str, Any], logged: dict[str, Any]
) -> None:
    answer = await answer_of(toybox, path, **said)

    (line,) = toybox.log.lines
    assert set(line) == {"event", "level", "at", "request_id", *KEYS}
    assert (line["event"], line["level"], line["request_id"]) == ("call", "info", "call")
    assert {name: line[name] for name in KEYS[:4]} == {
        **dict.fromkeys(KEYS[:4]),
        **logged,
    }
    assert line["ms"] == pytest.approx(answer["time"] * 1000, abs=0.002)


@ON_SQLITE
async def test_the_line_names_the_account_and_the_size_of_the_answer(toybox: House) -> None:
    witness = Witness()
    call = call_of(toybox, "toys/keep", name="pear")
    await watched(toybox, witness).answer(call)
    await observers_told()
    ((call, _),) = witness.seen
    envelope = await envelope_of(toybox, "toys/keep", name="plum")

    (line,) = toybox.log.lines
    assert call.caller is not None
    assert line["account"] == call.caller.account_id
    assert line["bytes"] == len(envelope.body)


@pytest.mark.parametrize(
    "path", ["toys/keep", "toys/keep_and_refuse", "toys/tally", "toys/zebra", "toys/things"]
)
async def test_no_key_and_no_parameter_is_in_any_line(toybox: House, path: str) -> None:
    await toybox.send(path, name="marmalade", filters={"name": "quince"})
    await toybox.send(path, name="marmalade")
    await toybox.send(path, key=toybox.key[:-1] + "#", name="marmalade")

    text = toybox.log.text
    assert text.count("\n") == 3
    for secret in (toybox.key, toybox.key[9:], "marmalade", "quince", "zebra"):
        assert secret not in text


async def test_a_crash_in_the_database_logs_no_parameter_either(toybox: House) -> None:
    await toybox.send("toys/tally", name="marmalade", by=271828182)

    crash, _ = toybox.log.lines
    assert "toy_tallies_total" in crash["exception"]
    assert "marmalade" not in crash["exception"]
    assert "271828182" not in crash["exception"]


@ON_SQLITE
async def test_lines_below_the_level_of_the_setting_are_not_written(open_house: OpenHouse) -> None:
    house = await open_house(sections=(toys.section,), log_level="error")
    await house.send("toys/greet")
    await house.send("toys/keep_and_crash", name="pear")

    (line,) = house.log.lines
    assert line["event"] == "call.crashed"


@ON_SQLITE
async def test_an_answer_never_holds_what_the_log_has(toybox: House) -> None:
    answer = await toybox.send("toys/keep_and_crash", name="pear")

    assert "RuntimeError" in toybox.log.text
    assert SECRET not in toybox.log.text
    assert SECRET not in orjson.dumps(answer).decode()
    assert "RuntimeError" not in orjson.dumps(answer).decode()
