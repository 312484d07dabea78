"""system/describe: every action that the caller may use, as data."""

from typing import Any

from tests.actions.given import Admit, no_rows
from tests.support.house import House, Send

pytestmark = no_rows

OPEN_TO_ALL = ["system/ping", "system/echo", "keys/report_leak"]
READS = [
    *("counters/list", "counters/get", "counters/history", "counters/at"),
    *("accounts/list", "accounts/get", "keys/list", "keys/usage", "workspaces/get"),
]
WRITES = [
    f"counters/{each}" for each in ("create", "update", "increment", "decrement", "set", "delete")
]
OF_OWNERS = [
    *("accounts/create", "accounts/update", "accounts/delete"),
    *("keys/create", "keys/rotate", "keys/revoke"),
    *("workspaces/update", "workspaces/create", "workspaces/suspend", "workspaces/resume"),
]


async def described(house: House, key: str = "", **params: Any) -> dict[str, dict[str, Any]]:
    found = await house.data("system/describe", key=key, **params)
    assert list(found) == ["actions"]
    return {each["action"]: each for each in found["actions"]}


async def test_describe_tells_everything_about_one_action(house: House) -> None:
    found = await described(house, action="counters/increment")

    told = found["counters/increment"]
    assert list(told) == [
        *("action", "summary", "scope", "effect", "params", "result", "errors", "example"),
        "deprecated",
    ]
    assert told["summary"] == "Add to an up/down counter and answer with its new state."
    assert (told["scope"], told["effect"]) == ("counters:write", "modifies")
    assert told["example"] == {"external_id": "steps", "by": 250}
    assert told["deprecated"] is None


async def test_parameters_are_told_as_json_schema(house: House) -> None:
    found = await described(house, action="counters/increment")

    told = found["counters/increment"]["params"]
    properties = told["properties"]
    assert (told["type"], told["additionalProperties"]) == ("object", False)
    assert list(properties) == ["id", "external_id", "by", "_full", "_expansions"]
    assert properties["by"] == {"type": "integer", "minimum": 1, "maximum": 10**12}
    assert properties["external_id"] == {"type": "string", "minLength": 1, "maxLength": 128}
    assert properties["_expansions"]["items"] == {
        "type": "string",
        "enum": ["history", "permitted_actions"],
    }


async def test_the_engines_own_parameters_of_a_list_are_told_too(house: House) -> None:
    pages = (await described(house, action="counters/list"))["counters/list"]
    cursors = (await described(house, action="counters/history"))["counters/history"]

    assert list(pages["params"]["properties"]) == [
        *("timezone", "page", "per_page", "sort_by", "order", "filters", "_full", "_expansions"),
    ]
    assert {"cursor", "per_page"} <= set(cursors["params"]["properties"])
    assert pages["result"]["type"] == cursors["result"]["type"] == "array"
    assert "FilterError" in [error["code"] for error in pages["errors"]]


async def test_results_name_what_is_always_there(house: House) -> None:
    found = await described(house, action="counters/get")

    result = found["counters/get"]["result"]
    assert set(result["required"]) == {
        *("id", "external_id", "name", "type", "value", "version", "created_at", "updated_at"),
    }
    assert {"mode", "goal", "overflow", "date", "milestones"} < set(result["properties"])


async def test_errors_are_told_with_their_attributes_and_numbers(house: House) -> None:
    found = await described(house, action="counters/decrement")

    errors = found["counters/decrement"]["errors"]
    assert {error["code"]: (error["attributes"], error.get("number")) for error in errors} == {
        "NotFound": ([], -1100),
        "InvalidOperationForCounterType": (["type", "mode"], -2040),
        "ValueOutOfRange": (["value"], None),
        "GoalExceeded": (["goal", "value"], None),
    }
    assert errors[1]["message"] == (
        "Only an UpDown counter can be incremented; this one is a ToDate counter."
    )
    assert {error["retryable"] for error in errors} == {False}


async def test_describe_tells_every_action_that_the_caller_may_use(
    house: House, admit: Admit
) -> None:
    system = [*OPEN_TO_ALL, "system/whoami", "system/describe"]
    keys = {
        "owner": "",
        "editor": await admit(role="editor"),
        "viewer": await admit(role="viewer"),
        "narrowed": await admit(role="owner", key_scopes=["system:read"]),
    }

    found = {who: set(await described(house, key)) for who, key in keys.items()}

    assert found == {
        "owner": {*system, *READS, *WRITES, *OF_OWNERS, "workspaces/list", "audit/list"},
        "editor": {*system, *READS, *WRITES},
        "viewer": {*system, *READS},
        "narrowed": set(system),
    }


async def test_every_described_action_is_whole(house: House) -> None:
    found = await described(house)

    effects = {path: each["effect"] for path, each in found.items()}
    assert {path for path, effect in effects.items() if effect != "reads"} == {
        *WRITES,
        *OF_OWNERS,
        "keys/report_leak",
    }
    assert (effects["counters/create"], effects["counters/delete"]) == ("creates", "deletes")
    assert {path for path, each in found.items() if each["scope"] is None} == set(OPEN_TO_ALL)
    assert all(each["summary"].endswith(".") for each in found.values())
    assert {each["params"]["type"] for each in found.values()} == {"object"}


async def test_an_action_that_does_not_exist_is_unknown(send: Send) -> None:
    answer = await send("system/describe", action="counters/incremnt")

    assert answer["data"]["code"] == "UnknownAction"
    assert (answer["data"]["section"], answer["data"]["action"]) == ("counters", "incremnt")
    assert answer["data"]["did_you_mean"][0] == "counters/increment"


async def test_an_action_that_the_caller_may_not_use_is_unknown(house: House, admit: Admit) -> None:
    viewer = await admit(role="viewer")

    answer = await house.send("system/describe", key=viewer, action="counters/delete")

    assert answer["data"]["code"] == "UnknownAction"


async def test_the_action_is_named_with_its_section(send: Send) -> None:
    wrong = ["increment", "counters/", "/increment", "Counters/increment", "a/b/c", "a/b\n", ""]

    answers = {each: await send("system/describe", action=each) for each in wrong}

    errors = {"action": ["Must be of the form section/action."]}
    assert {each: answer["data"]["errors"] for each, answer in answers.items()} == dict.fromkeys(
        wrong, errors
    )
