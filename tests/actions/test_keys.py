"""API keys: made, listed, rotated and revoked; found ones are reported."""

from datetime import timedelta
from typing import Any

import pytest

from actions.bootstrap import new_id
from gateway.access.keys import make_key, parse_key
from gateway.call import Call, JsonBody
from tests.actions.given import NOT_FOUND, OWNERS_ONLY, Admit, account_of, flags, no_rows, refusal
from tests.support.audited import trail
from tests.support.house import NOON, Answer, House

Key = dict[str, Any]


async def works(house: House, key: str) -> bool:
    answer = await house.send("system/whoami", key=key)
    assert answer["status"] == "success" or answer["data"]["code"] == "InvalidAPIKey"
    return bool(answer["status"] == "success")


async def new_key(house: House, **wanted: Any) -> Key:
    """A key of a new viewer."""
    account = await house.data("accounts/create", name="Dashboard", role="viewer")
    made: Key = await house.data("keys/create", account_id=account["id"], name="First", **wanted)
    return made


async def listed(house: House, id: str) -> Key:
    found = await house.data("keys/list")
    (key,) = [each for each in found if each["id"] == id]
    return dict(key)


def without_key(made: Key) -> Key:
    return {name: value for name, value in made.items() if name != "key"}


async def test_a_key_is_shown_in_the_answer_that_makes_it(house: House) -> None:
    account = await house.data("accounts/create", name="Dashboard", role="viewer")

    answer = await house.send(
        "keys/create",
        account_id=account["id"],
        name=" Autumn ",
        expires_at="2026-12-24T18:00:00+01:00",
        scopes=["system:read"],
        allowed_ips=["127.0.0.1", "::1"],
    )

    assert flags(answer) == {"creation": True}
    made = answer["data"]
    key = parse_key(made["key"])
    assert key is not None
    assert list(without_key(made).items()) == [
        ("id", key.id),
        ("account_id", account["id"]),
        ("name", "Autumn"),
        ("last_four", key.secret[-4:]),
        ("scopes", ["system:read"]),
        ("allowed_ips", ["127.0.0.1", "::1"]),
        ("created_at", made["created_at"]),
        ("last_used_at", None),
        ("expires_at", "2026-12-24T17:00:00.000000Z"),
        ("revoked_at", None),
        ("replaced_by", None),
    ]
    assert await listed(house, made["id"]) == without_key(made)
    assert await works(house, made["key"])
    assert key.secret not in house.log.text


@no_rows
@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"name": ""}, "name"),
        ({"account_id": "x"}, "account_id"),
        ({"expires_at": "2026-11-21T11:00:00Z"}, "expires_at"),
        ({"expires_at": None}, "expires_at"),
        ({"expires_at": "2026-12-24"}, "expires_at"),
        ({"scopes": ["counters:write"]}, "scopes"),
        ({"scopes": ["counters:reed"]}, "scopes"),
        ({"allowed_ips": ["::ffff:10.0.0.1"]}, "allowed_ips"),
        ({"key": "mine"}, "key"),
    ],
)
async def test_what_does_not_fit_is_refused_by_name(
    house: House, params: dict[str, Any], field: str
) -> None:
    account = await house.data("accounts/create", name="Dashboard", role="viewer")
    wanted = {"account_id": account["id"], "name": "First", **params}

    answer = await house.post("keys/create", house.key, wanted)

    assert answer["status"] == "parameter-error"
    assert list(answer["data"]["errors"]) == [field]
    assert len(await house.data("keys/list")) == 1


async def test_a_key_is_good_until_it_expires(house: House) -> None:
    made = await new_key(house, expires_at="2026-11-21T13:00:00Z")
    before = await works(house, made["key"])
    house.clock.now = NOON + timedelta(hours=1)
    house.gateway.pipeline.shared.forget(made["id"])  # half a second later

    assert before
    assert not await works(house, made["key"])


async def test_keys_are_listed_for_one_account_or_all(house: House) -> None:
    first, second = await new_key(house), await new_key(house)
    await house.data("keys/revoke", id=second["id"])

    everything = await house.send("keys/list", sort_by="name")
    of_first = await house.send("keys/list", account_id=first["account_id"])
    revoked = await house.send("keys/list", filters={"revoked": True})
    good = await house.send("keys/list", filters={"revoked": {"operator": "in", "value": [False]}})
    nobodys = await house.send("keys/list", account_id=new_id())

    assert [each["name"] for each in everything["data"]] == ["First", "First", "First key"]
    assert of_first["data"] == [without_key(first)]
    assert of_first["flags"]["paginated"]["total_records"] == 1
    assert [each["id"] for each in revoked["data"]] == [second["id"]]
    assert len(good["data"]) == 2
    assert nobodys["data"] == NOT_FOUND


async def test_a_rotated_key_makes_room_at_once(house: House) -> None:
    old = await new_key(house, scopes=["system:read"], allowed_ips=["127.0.0.1"])
    before = await works(house, old["key"])

    answer = await house.send("keys/rotate", id=old["id"])

    new = answer["data"]
    assert flags(answer) == {"creation": True, "modification": True}
    assert (before, await works(house, old["key"]), await works(house, new["key"])) == (
        True,
        False,
        True,
    )
    assert new["id"] != old["id"]
    same = ("account_id", "name", "scopes", "allowed_ips", "expires_at")
    assert {name: new[name] for name in same} == {name: old[name] for name in same}
    assert new["replaces"] == without_key(old) | {
        "expires_at": new["created_at"],
        "revoked_at": new["created_at"],
        "replaced_by": new["id"],
    }
    assert await listed(house, old["id"]) == new["replaces"]


async def test_during_the_overlap_both_are_good(house: House) -> None:
    old = await new_key(house)

    new = await house.data("keys/rotate", id=old["id"], overlap_seconds=3600)
    both = [await works(house, each["key"]) for each in (old, new)]
    house.clock.now += timedelta(hours=1)
    house.gateway.pipeline.shared.forget(old["id"])  # half a second later

    assert both == [True, True]
    assert not await works(house, old["key"])
    assert await works(house, new["key"])


async def test_an_overlap_never_lengthens_a_life(house: House) -> None:
    old = await new_key(house, expires_at="2026-11-21T13:00:00Z")
    house.clock.now = NOON + timedelta(minutes=30)

    new = await house.data("keys/rotate", id=old["id"], overlap_seconds=86_400)

    assert new["replaces"]["expires_at"] == old["expires_at"]
    # The successor lives as long as the old one was made to live: nearly an hour.
    assert new["created_at"][:16] == "2026-11-21T12:30"
    assert "2026-11-21T13:29" < new["expires_at"] <= "2026-11-21T13:30"


async def test_what_is_over_or_rotated_is_not_rotated(house: House) -> None:
    revoked, rotated, expired = [await new_key(house) for _ in range(3)]
    await house.data("keys/revoke", id=revoked["id"])
    new = await house.data("keys/rotate", id=rotated["id"], overlap_seconds=60)
    await house.data("keys/rotate", id=expired["id"])

    answers = [
        await house.send("keys/rotate", id=each["id"]) for each in (revoked, expired, rotated)
    ]

    over = ("Conflict", "The key is revoked or has expired: create another one.")
    assert [refusal(each) for each in answers] == [
        over,
        over,
        ("Conflict", f"The key was rotated already; {new['id']} took its place."),
    ]
    assert await works(house, rotated["key"])


@no_rows
@pytest.mark.parametrize("seconds", [-1, 30 * 86_400 + 1, 1.5, "60", None])
async def test_an_overlap_is_at_most_thirty_days(house: House, seconds: object) -> None:
    answer = await house.send("keys/rotate", id="0123456789Az", overlap_seconds=seconds)

    assert list(answer["data"]["errors"]) == ["overlap_seconds"]


async def test_the_successor_of_a_key_for_all_time_lives_for_all_time(house: House) -> None:
    made = await new_key(house, expires_at="9999-12-31T23:59:59.999999Z")
    before = await works(house, made["key"])

    new = await house.data("keys/rotate", id=made["id"])

    assert before
    assert made["expires_at"] == new["expires_at"] == "9999-12-31T23:59:59.000000Z"
    assert await works(house, new["key"])


async def test_the_trail_names_the_key_that_was_rotated_and_the_one_that_was_not(
    house: House, admit: Admit
) -> None:
    made = await new_key(house)
    new = await house.data("keys/rotate", id=made["id"])
    (owners,) = await house.data("keys/list", account_id=await account_of(house, ""))
    await house.send("keys/revoke", key=await admit(role="admin"), id=owners["id"])

    refused, *rotated = (await trail(house))[:3]
    assert (refused["object_id"], refused["outcome"]) == (owners["id"], "PermissionDenied")
    assert {each["object_id"] for each in rotated} == {made["id"], new["id"]}
    assert {each["action"] for each in rotated} == {"keys/rotate"}


async def test_the_trail_tells_of_a_key_from_its_making_to_its_end(house: House) -> None:
    made = await new_key(house)
    kept = await house.data("keys/create", account_id=made["account_id"], name="Second")
    new = await house.data("keys/rotate", id=made["id"])
    await house.data("accounts/delete", id=made["account_id"])

    async def told(id: str) -> list[str]:
        return [each["action"] for each in await trail(house, filters={"object_id": id})]

    assert await told(made["id"]) == ["accounts/delete", "keys/rotate", "keys/create"]
    assert await told(new["id"]) == ["accounts/delete", "keys/rotate"]
    assert await told(kept["id"]) == ["accounts/delete", "keys/create"]
    assert await told(made["account_id"]) == ["accounts/delete", "accounts/create"]


async def test_a_revoked_key_is_refused_at_once_and_stays_revoked(house: House) -> None:
    made = await new_key(house)
    before = await works(house, made["key"])

    first = await house.send("keys/revoke", id=made["id"])
    second = await house.send("keys/revoke", id=made["id"])

    assert before
    assert not await works(house, made["key"])
    assert flags(first) == {"modification": True}
    assert first["data"] == without_key(made) | {"revoked_at": first["data"]["revoked_at"]}
    assert first["data"]["revoked_at"] is not None
    assert second["data"] == first["data"]
    assert flags(second) == {}


async def test_a_found_key_is_reported_by_whoever_has_it(house: House) -> None:
    made = await new_key(house)
    before = await works(house, made["key"])

    good = await house.post("keys/report_leak", None, {"key": f" {made['key']}\n"})

    assert before
    assert good["status"] == "success"
    assert flags(good) == {"modification": True}
    assert not await works(house, made["key"])
    assert (await listed(house, made["id"]))["revoked_at"] is not None


async def test_a_report_is_answered_alike_whatever_was_reported(house: House) -> None:
    made, revoked = await new_key(house), await new_key(house)
    await house.data("keys/revoke", id=revoked["id"])
    stranger = make_key("live")
    wrong_secret = stranger._replace(id=made["id"])
    reported = [made["key"], revoked["key"], stranger.text, wrong_secret.text, "nonsense", "", "\t"]

    answers = [await house.post("keys/report_leak", None, {"key": each}) for each in reported]

    assert _alike(answers)
    assert answers[0]["data"] == {"received": True}


async def test_a_report_with_another_secret_revokes_nothing(house: House) -> None:
    made = await new_key(house)
    forged = make_key("live")._replace(id=made["id"])

    await house.post("keys/report_leak", None, {"key": forged.text})

    assert await works(house, made["key"])
    assert await listed(house, made["id"]) == without_key(made)


async def test_a_report_of_what_is_revoked_already_leaves_no_row(house: House) -> None:
    made = await new_key(house)
    for _ in range(3):
        await house.post("keys/report_leak", None, {"key": made["key"]})

    reports = [each for each in await trail(house) if each["action"] == "keys/report_leak"]
    assert [each["object_id"] for each in reports] == [made["id"]]


async def test_a_report_is_in_no_log(house: House) -> None:
    made = await new_key(house)

    await house.post("keys/report_leak", None, {"key": made["key"]})
    await house.post("keys/report_leak", None, {"key": [made["key"]]})

    assert made["key"] not in house.log.text
    assert made["key"][21:53] not in house.log.text


async def test_a_key_is_not_shown_again_to_whoever_asks_again(house: House) -> None:
    account = await house.data("accounts/create", name="Dashboard", role="viewer")
    pipeline = house.gateway.pipeline

    async def create() -> Answer:
        body = JsonBody.of(account_id=account["id"], name="First")
        call = Call(
            "keys", "create", body, "r", pipeline.stopwatch(), house.key, idempotency_key="once"
        )
        return (await pipeline.answer(call)).parsed()

    first, again = await create(), await create()

    assert await works(house, first["data"]["key"])
    assert again["data"] == first["data"] | {"key": None}
    assert flags(again) == {"creation": True, "idempotent_replay": True, "secret_withheld": True}


async def test_an_answer_that_comes_again_has_the_flags_that_it_had(house: House) -> None:
    made, pipeline = await new_key(house), house.gateway.pipeline

    async def told(path: str, once: str, **params: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        calls = [
            Call(
                "keys", path, JsonBody.of(**params), "r", pipeline.stopwatch(), house.key,
                idempotency_key=once,
            )
            for _ in range(2)
        ]  # fmt: skip
        first, again = [flags((await pipeline.answer(each)).parsed()) for each in calls]
        assert again.pop("idempotent_replay")
        return first, again

    of_rotation = await told("rotate", "1", id=made["id"], overlap_seconds=60)
    of_revocation = await told("revoke", "2", id=made["id"])
    of_the_second = await told("revoke", "3", id=made["id"])

    both = {"creation": True, "modification": True}
    assert of_rotation == (both, both | {"secret_withheld": True})
    assert of_revocation == ({"modification": True}, {"modification": True})
    assert of_the_second == ({}, {})


async def test_only_owners_touch_the_keys_of_owners(house: House, admit: Admit) -> None:
    admin = await admit(role="admin")
    owner = await account_of(house, "")
    (key,) = await house.data("keys/list", account_id=owner)

    answers = [
        await house.send("keys/create", key=admin, account_id=owner, name="Mine"),
        await house.send("keys/rotate", key=admin, id=key["id"]),
        await house.send("keys/revoke", key=admin, id=key["id"]),
    ]

    assert [refusal(each) for each in answers] == [("PermissionDenied", OWNERS_ONLY)] * 3
    assert await works(house, house.key)


async def test_nobody_makes_a_key_that_can_do_more_than_their_own(
    house: House, admit: Admit
) -> None:
    narrowed = await admit(role="admin", key_scopes=["keys:admin", "counters:read"])
    editor = await house.data("accounts/create", name="Editor", role="editor")
    wide = await house.data("keys/create", account_id=editor["id"], name="Wide")

    answers = [
        await house.send("keys/create", key=narrowed, account_id=editor["id"], name="Mine"),
        await house.send("keys/rotate", key=narrowed, id=wide["id"]),
        await house.send(
            "keys/create",
            key=narrowed,
            account_id=editor["id"],
            name="Mine",
            scopes=["counters:write"],
        ),
    ]
    narrow = await house.data(
        "keys/create",
        key=narrowed,
        account_id=editor["id"],
        name="Mine",
        scopes=["counters:read"],
    )
    rotated = await house.data("keys/rotate", key=narrowed, id=narrow["id"])

    assert {refusal(each)[0] for each in answers} == {"PermissionDenied"}
    assert rotated["scopes"] == ["counters:read"]
    assert await works(house, wide["key"]) is True


async def test_a_key_may_rotate_itself(house: House) -> None:
    (own,) = await house.data("keys/list")

    new = await house.data("keys/rotate", id=own["id"])

    assert not await works(house, house.key)
    assert await works(house, new["key"])


@pytest.mark.parametrize("path", ["keys/create", "keys/rotate"])
async def test_no_key_is_shown_of_an_account_that_may_call_more(
    house: House, admit: Admit, path: str
) -> None:
    account = await house.data(
        "accounts/create", name="Dashboard", role="viewer", rate_limit="200/60"
    )
    made = await house.data("keys/create", account_id=account["id"], name="First")
    held = await admit(role="admin", rate_limit="100/60")
    wanted = {
        "keys/create": {"account_id": account["id"], "name": "Second"},
        "keys/rotate": {"id": made["id"]},
    }
    answer = await house.send(path, key=held, **wanted[path])

    assert answer["data"]["code"] == "PermissionDenied"
    assert answer["data"]["message"] == (
        "This account cannot grant a limit of 200/60: its own is 100/60."
    )


async def test_an_address_may_report_20_leaks_a_minute(house: House) -> None:
    codes = []
    for _ in range(21):
        call = Call(
            "keys", "report_leak", JsonBody.of(key="hal_live_rubbish"), "call",
            started=0.0, address="192.0.2.9",
        )  # fmt: skip
        codes.append((await house.gateway.pipeline.answer(call)).code)

    assert codes == [None] * 20 + ["RateLimited"]


async def test_permitted_actions_end_with_the_key(house: House, admit: Admit) -> None:
    made = await new_key(house)
    viewer = await admit(role="viewer")

    async def permitted(path: str, **params: Any) -> Any:
        shown = await house.data(path, _expansions=["permitted_actions"], **params)
        (found,) = shown if isinstance(shown, list) else [shown]
        return found["permitted_actions"]

    account = made["account_id"]
    assert await permitted("keys/list", account_id=account) == [
        "keys/rotate",
        "keys/revoke",
        "keys/usage",
    ]
    assert await permitted("keys/list", key=viewer, account_id=account) == ["keys/usage"]
    assert await permitted("keys/revoke", id=made["id"]) == ["keys/usage"]


async def test_a_rotation_tells_what_is_permitted_of_both_keys(house: House) -> None:
    made = await new_key(house)
    new = await house.data("keys/rotate", id=made["id"], overlap_seconds=60, _expansions=True)

    assert new["permitted_actions"] == ["keys/rotate", "keys/revoke", "keys/usage"]
    assert new["replaces"]["permitted_actions"] == ["keys/revoke", "keys/usage"]


def _alike(answers: list[Answer]) -> bool:
    told = [(each["status"], flags(each), each["data"], list(each)) for each in answers]
    return all(each == told[0] for each in told)
