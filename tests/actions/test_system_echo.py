"""system/echo: parameters come back as they went, and failures can be rehearsed."""

import pytest

from schemas.system import REHEARSED
from tests.actions.given import no_rows
from tests.conftest import OpenHouse
from tests.support.house import House, Send

pytestmark = no_rows

OFF = {
    "code": "RehearsalOff",
    "message": "Rehearsals are switched off here; the setting echo_rehearsal turns them on.",
    "retryable": False,
}


@pytest.fixture
async def stage(open_house: OpenHouse, door: str) -> House:
    """A gateway where failures can be rehearsed."""
    return await open_house(door=door, echo_rehearsal=True)


async def test_echo_returns_its_parameters_in_their_order_without_a_key(send: Send) -> None:
    sent = {
        "z": {"b": [1, 1.5, None, True, "ключ\n"], "a": {}},
        "a": 2**63 - 1,
        "b": -(2**63),
        "page": "a word like any other",
    }

    answer = await send("system/echo", key=None, **sent)

    assert answer["status"] == "success"
    assert list(answer["data"].items()) == list(sent.items())
    assert list(answer["data"]["z"]) == ["b", "a"]


async def test_echo_of_nothing_is_empty(send: Send) -> None:
    answer = await send("system/echo", key=None)

    assert answer["data"] == {}


async def test_echo_refuses_what_no_action_takes(send: Send) -> None:
    answer = await send("system/echo", key=None, words=["fine", "not\0fine"])

    assert answer["data"] == {
        "message": "`words.1`: The character U+0000 is not allowed.",
        "errors": {"words": {"1": ["The character U+0000 is not allowed."]}},
    }


@pytest.mark.parametrize("rehearsal", [{}, {"crash": True}, {"error": "NotFound"}])
async def test_rehearsals_are_off_unless_the_operator_turns_them_on(
    send: Send, rehearsal: dict[str, object]
) -> None:
    answer = await send("system/echo", key=None, _rehearse=rehearsal)

    assert answer["data"] == OFF


async def test_a_rehearsal_of_nothing_returns_the_other_parameters(stage: House) -> None:
    answer = await stage.send("system/echo", key=None, a=1, _rehearse={}, b=2)

    assert answer["status"] == "success"
    assert answer["data"] == {"a": 1, "b": 2}


async def test_a_rehearsed_sleep_takes_its_time(stage: House) -> None:
    answer = await stage.send("system/echo", key=None, a=1, _rehearse={"sleep_ms": 40})

    assert answer["data"] == {"a": 1}
    assert answer["time"] > 0.03


async def test_every_rehearsed_error_looks_like_the_real_one(stage: House) -> None:
    answers = {
        code: await stage.send("system/echo", key=None, _rehearse={"error": code})
        for code in REHEARSED
    }

    assert {answer["status"] for answer in answers.values()} == {"error"}
    told = {
        code: (answer["data"]["code"], answer["data"]["retryable"])
        for code, answer in answers.items()
    }
    assert told == {
        "AccessDenied": ("AccessDenied", False),
        "Conflict": ("Conflict", False),
        "DeadlineExceeded": ("DeadlineExceeded", True),
        "InternalServerError": ("InternalServerError", True),
        "InvalidAPIKey": ("InvalidAPIKey", False),
        "NotFound": ("NotFound", False),
        "Overloaded": ("Overloaded", True),
        "PermissionDenied": ("PermissionDenied", False),
        "WorkspaceSuspended": ("WorkspaceSuspended", False),
    }
    assert answers["PermissionDenied"]["data"]["scope"] == "counters:write"


async def test_a_rehearsed_crash_shows_nothing_of_its_cause(stage: House) -> None:
    answer = await stage.send("system/echo", key=None, _rehearse={"crash": True})

    assert answer["status"] == "error"
    assert answer["data"] == {
        "code": "InternalServerError",
        "message": "Something went wrong on our side; the request id finds it in our logs.",
        "retryable": True,
    }


async def test_a_rehearsal_is_checked_like_every_parameter(stage: House) -> None:
    wrong: dict[str, object] = {
        "error": {"error": "Oops"},
        "sleep_ms": {"sleep_ms": 10_001},
        "crash": {"crash": 1},
        "crahs": {"crahs": True},
    }

    answers = {
        field: await stage.send("system/echo", key=None, _rehearse=each)
        for field, each in wrong.items()
    }
    null = await stage.send("system/echo", key=None, _rehearse=None)

    assert {answer["status"] for answer in answers.values()} == {"parameter-error"}
    assert {
        field: list(answer["data"]["errors"]["_rehearse"]) for field, answer in answers.items()
    } == {field: [field] for field in wrong}
    assert null["data"]["errors"] == {"_rehearse": ["Field may not be null."]}
