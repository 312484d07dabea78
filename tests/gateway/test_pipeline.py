"""The way of one call: four keys for every outcome, flags for what happened on the way."""

from typing import Any

import pytest

from tests.conftest import OpenHouse
from tests.gateway import toys
from tests.gateway.calls import answer_of, envelope_of, names_kept
from tests.gateway.kinds import ON_SQLITE
from tests.support.house import House
from tests.support.people import key_of

OUTCOMES = [
    ("toys/greet", {"name": "Ada"}, "success", None),
    ("toys/keep", {"name": "pear"}, "success", None),
    ("toys/tally", {"name": "apples"}, "success", None),
    ("toys/things", {}, "success", None),
    ("toys/greet", {"name": ""}, "parameter-error", None),
    ("toys/greet", {"nom": "Ada"}, "parameter-error", None),
    ("toys/things", {"page": 0}, "parameter-error", None),
    ("toys/greet", {"name": "lemon"}, "error", "TooSour"),
    ("toys/tally", {"name": "apples", "by": 13}, "error", "Unlucky"),
    ("toys/things", {"filters": {"weight": 1}}, "error", "FilterError"),
    ("toys/gret", {}, "error", "UnknownAction"),
    ("toy/greet", {}, "error", "UnknownAction"),
    ("toys/keep_and_crash", {"name": "pear"}, "error", "InternalServerError"),
    ("toys/tally", {"name": "silent"}, "error", "InternalServerError"),
]


@ON_SQLITE
@pytest.mark.parametrize(("path", "params", "status", "code"), OUTCOMES)
async def test_every_outcome_is_an_envelope_of_four_keys_in_order(
    house: House, path: str, params: dict[str, Any], status: str, code: str | None
) -> None:
    answer = await house.send(path, **params)

    assert list(answer) == ["status", "time", "flags", "data"]
    assert answer["status"] == status
    assert answer["time"] >= 0
    assert "request_id" in answer["flags"]
    assert (answer["data"]["code"] if status == "error" else None) == code


@pytest.mark.parametrize(
    ("path", "params", "flag"),
    [
        ("toys/keep", {"name": "pear"}, "creation"),
        ("toys/tally", {"name": "apples"}, "modification"),
    ],
)
async def test_a_write_says_what_it_did(
    house: House, path: str, params: dict[str, Any], flag: str
) -> None:
    answer = await house.send(path, **params)

    assert list(answer["flags"].items())[1:] == [(flag, True)]


@ON_SQLITE
@pytest.mark.parametrize("path", ["toys/keep_and_refuse", "toys/keep_and_crash"])
async def test_a_write_that_failed_says_nothing_of_the_sort(house: House, path: str) -> None:
    answer = await house.send(path, name="pear")

    assert list(answer["flags"]) == ["request_id"]


@ON_SQLITE
async def test_a_read_has_no_flag_but_its_request_id(house: House) -> None:
    answer = await house.send("toys/greet", name="Ada")

    assert list(answer["flags"]) == ["request_id"]


@ON_SQLITE
async def test_the_request_id_is_the_callers(toybox: House) -> None:
    answer = await answer_of(toybox, "toys/greet", request_id="the-callers-own")

    assert answer["flags"] == {"request_id": "the-callers-own"}


async def test_a_list_is_a_bare_array_with_its_page_and_order_flagged(house: House) -> None:
    await house.send("toys/keep", name="pear")
    answer = await house.send("toys/things", filters={"name": {"operator": "gt", "value": "a"}})

    assert [each["name"] for each in answer["data"]] == ["pear"]
    assert {**answer["flags"], "request_id": ""} == {
        "request_id": "",
        "sorted": {"by": "name", "order": "asc"},
        "filters": {"name": {"operator": "gt", "value": "a"}},
        "paginated": {"page": 1, "per_page": 30, "total_pages": 1, "total_records": 1},
    }


@ON_SQLITE
@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ({}, ["id", "name"]),
        ({"_full": False, "_expansions": False}, ["id", "name"]),
        ({"_full": True}, ["id", "name", "made_at"]),
        ({"_expansions": ["mirrored"]}, ["id", "name", "mirrored"]),
        ({"_expansions": []}, ["id", "name"]),
        ({"_full": True, "_expansions": True}, ["id", "name", "made_at", "mirrored"]),
    ],
)
async def test_extended_attributes_and_expansions_are_shown_on_request(
    house: House, asked: dict[str, Any], shown: list[str]
) -> None:
    answer = await house.send("toys/keep", name="pear", **asked)
    listed = await house.send("toys/things", **asked)

    assert list(answer["data"]) == shown
    assert list(listed["data"][0]) == shown


@ON_SQLITE
async def test_what_one_call_asked_to_see_is_forgotten_after_it(house: House) -> None:
    await house.send("toys/keep", name="pear", _full=True, _expansions=True)
    answer = await house.send("toys/keep", name="plum")

    assert list(answer["data"]) == ["id", "name"]


@ON_SQLITE
@pytest.mark.parametrize("name", ["Ada", "lemon", ""])
async def test_a_deprecated_action_says_so_in_flag_and_headers(toybox: House, name: str) -> None:
    envelope = await envelope_of(toybox, "toys/old_greet", name=name)

    assert envelope.flags["deprecated"] == {
        "since": "2026-03-01",
        "sunset": "2027-09-30",
        "use": "toys/greet",
    }
    assert envelope.headers == (
        ("Deprecation", "@1772323200"),
        ("Sunset", "Thu, 30 Sep 2027 00:00:00 GMT"),
    )


@ON_SQLITE
async def test_an_action_that_stays_has_no_such_headers(toybox: House) -> None:
    envelope = await envelope_of(toybox, "toys/greet")

    assert envelope.headers == ()


@ON_SQLITE
@pytest.mark.parametrize(("length", "data"), [(32, {"name": "a" * 21}), (33, None)])
async def test_an_action_may_limit_its_body(
    toybox: House, length: int, data: dict[str, str] | None
) -> None:
    text = b'{"name":"%b"}' % (b"a" * (length - len('{"name":""}')))
    answer = await answer_of(toybox, "toys/brief", text=text)

    assert answer["data"] == data or answer["data"]["limit"] == 32


@ON_SQLITE
async def test_the_gateways_own_limit_is_a_setting(open_house: OpenHouse, door: str) -> None:
    house = await open_house(door=door, sections=(toys.section,), body_limit=1024)
    answer = await house.send("toys/greet", name="a" * 1024)

    assert answer["data"]["code"] == "PayloadTooLarge"
    assert answer["data"]["limit"] == 1024


@ON_SQLITE
async def test_a_call_without_a_key_is_turned_away(house: House) -> None:
    answer = await house.send("toys/keep", key=None, name="pear")

    assert answer["data"]["code"] == "AccessDenied"
    assert answer["data"]["retryable"] is False


async def test_a_call_beyond_its_role_is_turned_away_and_changes_nothing(house: House) -> None:
    viewer = await key_of(house, role="viewer")
    answer = await house.send("toys/keep", key=viewer, name="pear")

    assert answer["data"]["code"] == "PermissionDenied"
    assert answer["data"]["scope"] == "toys:write"
    assert await names_kept(house) == []


@ON_SQLITE
async def test_an_action_without_a_key_ignores_any_that_is_sent(house: House) -> None:
    answer = await house.send("toys/greet", key="hal_live_nonsense", name="Ada")

    assert answer["status"] == "success"


@ON_SQLITE
async def test_an_action_without_parameters_takes_an_empty_body(toybox: House) -> None:
    answer = await answer_of(toybox, "toys/greet", text=b"")

    assert answer["data"] == {"name": "you"}
