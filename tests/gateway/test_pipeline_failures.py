"""Whatever goes wrong in an action: the envelope holds, nothing is kept, nobody learns why."""

import pytest

from tests.gateway.calls import names_kept
from tests.gateway.toys import SECRET
from tests.support.house import House

TROUBLE = ["keep_and_cancel", "keep_and_crash", "keep_and_surprise", "keep_and_mumble"]


@pytest.mark.parametrize("action", TROUBLE)
async def test_a_fault_of_ours_is_an_internal_server_error(house: House, action: str) -> None:
    answer = await house.send(f"toys/{action}", name="pear")

    assert list(answer) == ["status", "time", "flags", "data"]
    assert answer["status"] == "error"
    assert list(answer["flags"]) == ["request_id"]
    assert answer["data"] == {
        "code": "InternalServerError",
        "message": "Something went wrong on our side; the request id finds it in our logs.",
        "retryable": True,
    }


@pytest.mark.parametrize("action", [*TROUBLE, "keep_and_refuse"])
async def test_what_fails_keeps_nothing(toybox: House, action: str) -> None:
    await toybox.send(f"toys/{action}", name="pear")

    assert await names_kept(toybox) == []
    assert (await toybox.send("toys/keep", name="pear"))["status"] == "success"


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ("keep_and_crash", "RuntimeError"),
        ("keep_and_surprise", "Undeclared"),
        ("keep_and_mumble", "TypeError"),
    ],
)
async def test_a_fault_of_ours_is_logged_with_its_traceback(
    toybox: House, action: str, said: str
) -> None:
    await toybox.send(f"toys/{action}", name="pear")

    crash, call = toybox.log.lines
    assert (crash["event"], crash["level"]) == ("call.crashed", "error")
    assert crash["exception"].startswith("Traceback (most recent call last):")
    assert crash["exception"].rstrip().endswith(said)
    assert SECRET not in toybox.log.text
    assert crash["request_id"] == call["request_id"]


async def test_a_declared_error_says_what_its_class_says(house: House) -> None:
    answer = await house.send("toys/keep_and_refuse", name="lime")

    assert answer["status"] == "error"
    assert answer["data"] == {
        "code": "TooSour",
        "message": "It is too sour: lime.",
        "retryable": False,
        "flavour": "lime",
    }


async def test_a_read_may_refuse_too(house: House) -> None:
    answer = await house.send("toys/greet", name="lemon")

    assert answer["data"]["code"] == "TooSour"


async def test_a_duplicate_is_told_apart_from_a_crash(house: House) -> None:
    await house.send("toys/keep", name="pear")
    answer = await house.send("toys/keep", name="pear")

    assert answer["data"]["code"] == "Conflict"
    assert answer["data"]["message"] == "There is such a thing already."


async def test_a_flag_is_shown_with_the_answer(house: House) -> None:
    answer = await house.send("toys/keep_and_flag", name="pear")

    assert answer["flags"]["toy"] == "pear"


async def test_a_flag_that_cannot_be_shown_is_a_fault_that_keeps_nothing(toybox: House) -> None:
    answer = await toybox.send("toys/keep_and_flag", name="odd")

    assert answer["data"]["code"] == "InternalServerError"
    assert await names_kept(toybox) == []


async def test_an_answer_is_sent_after_the_commit(house: House) -> None:
    await house.send("toys/keep", name="pear")

    assert await names_kept(house) == ["pear"]
