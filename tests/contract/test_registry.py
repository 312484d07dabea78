"""What must hold for every action that is shipped, present and future."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import orjson
import pytest
from marshmallow import ValidationError

from actions.catalogue import SECTIONS
from gateway import NO_KEY, ActionError
from gateway.access.roles import is_scope
from gateway.reference.json_schema import params_schema, result_schema
from gateway.registry import Registered, Registry
from tests.conftest import OpenHouse
from tests.contract.examples import runnable
from tests.contract.json_schema import misfits, unsound
from tests.faults.process import ROOT
from tests.support.house import House

REGISTRY = Registry(SECTIONS)
ACTIONS = {registered.path: registered for registered in REGISTRY}
ERRORS = [(path, error) for path, each in ACTIONS.items() for error in each.raises]

LINE = 100
"""Characters in which a summary must fit."""

NEEDED = {"counters": ("counters/create",)}
"""By section, the actions whose examples must have run before the others' can."""

CASES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "every expansion": ("counters/get", {"external_id": "x", "_expansions": True}),
    "an expansion": ("counters/get", {"external_id": "x", "_expansions": ["history"]}),
    "no such expansion": ("counters/get", {"external_id": "x", "_expansions": ["nothing"]}),
    "full": ("counters/get", {"external_id": "x", "_full": True}),
    "nearly true": ("counters/get", {"external_id": "x", "_full": 1}),
    "a long reference": ("counters/get", {"external_id": "x" * 129}),
    "a large step": ("counters/increment", {"external_id": "x", "by": 10**12 + 1}),
    "half a step": ("counters/increment", {"external_id": "x", "by": 1.5}),
    "not a parameter": ("counters/increment", {"external_id": "x", "to": 1}),
    "no goal any more": ("counters/update", {"external_id": "x", "goal": None}),
    "no name any more": ("counters/update", {"external_id": "x", "name": None}),
    "no type": ("counters/create", {"name": "Daily steps"}),
    "20 tags": (
        "counters/update",
        {"external_id": "x", "metadata": dict.fromkeys("abcdefghijklmnopqrst", "")},
    ),
    "21 tags": (
        "counters/update",
        {"external_id": "x", "metadata": dict.fromkeys("abcdefghijklmnopqrstu", "")},
    ),
    "a long page": ("counters/list", {"per_page": 101}),
    "a filter": ("counters/list", {"filters": {"value": {"operator": "gte", "value": 5}}}),
    "an action": ("system/describe", {"action": "system/ping"}),
    "more than an action": ("system/describe", {"action": "somewhere/system/ping"}),
}
"""An action, and parameters that it takes or refuses."""

every_action = pytest.mark.parametrize("registered", ACTIONS.values(), ids=ACTIONS.keys())
every_error = pytest.mark.parametrize(
    "error",
    [error for _, error in ERRORS],
    ids=[f"{path}-{error.code()}" for path, error in ERRORS],
)


@every_action
def test_a_summary_is_one_sentence_on_one_line(registered: Registered) -> None:
    assert re.fullmatch(r"[A-Z][^\n]+\.", registered.summary)
    assert len(registered.summary) <= LINE


@every_action
def test_an_action_declares_a_scope_of_its_own_section_or_none(registered: Registered) -> None:
    scope = registered.action.scope

    assert scope == NO_KEY or is_scope(scope)
    assert scope == NO_KEY or scope.startswith(f"{registered.section}:")


@every_action
def test_an_example_fits_the_actions_own_schema(registered: Registered) -> None:
    assert _fits(registered.action.example, registered)


@every_action
async def test_an_example_runs(registered: Registered, open_house: OpenHouse) -> None:
    house = await open_house()

    answer = await _run_example(house, registered)

    assert answer["status"] == "success"


@every_action
async def test_what_is_described_is_what_is_taken_and_given(
    registered: Registered, open_house: OpenHouse
) -> None:
    house = await open_house()
    described = await _described(house, registered.path)
    answer = await _run_example(house, registered)

    assert described["params"] == params_schema(registered)
    assert described["result"] == result_schema(registered)
    assert described["example"] == registered.action.example
    assert list(misfits(described["example"], described["params"])) == []
    assert list(misfits(answer["data"], described["result"])) == []


@every_action
def test_schemas_say_nothing_that_means_nothing(registered: Registered) -> None:
    assert list(unsound(params_schema(registered))) == []
    assert list(unsound(result_schema(registered))) == []


@every_action
def test_the_readmes_table_has_a_line_on_it(registered: Registered) -> None:
    readme = (ROOT / "README.md").read_text()

    assert re.search(rf"^\| `{registered.path}` \| \S.* \|$", readme, re.MULTILINE)


@every_action
def test_error_codes_are_told_apart(registered: Registered) -> None:
    codes = [error.code() for error in registered.raises]

    assert len(set(codes)) == len(codes)


@every_error
def test_an_error_formats_with_its_examples(error: type[ActionError]) -> None:
    data = orjson.loads(orjson.dumps(error.example().data()))

    assert re.fullmatch(r"([A-Z]+[a-z]+)+", data["code"])
    assert data["code"] == error.__name__
    assert re.fullmatch(r"[A-Z`][^\n{}]+[.?]", data["message"])
    assert list(data)[:3] == ["code", "message", "retryable"]
    assert error.attributes.keys() <= data.keys()


@every_error
def test_an_errors_http_status_is_one_that_tells_of_an_error(error: type[ActionError]) -> None:
    assert 400 <= error.mirrored < 600
    assert error.http_status in {200, 500, 503}


async def test_describe_lists_every_action_once(open_house: OpenHouse) -> None:
    house = await open_house()

    described = (await house.data("system/describe"))["actions"]

    assert [each["action"] for each in described] == list(ACTIONS)
    for each in described:
        registered = ACTIONS[each["action"]]
        assert each["summary"] == registered.summary
        assert [error["code"] for error in each["errors"]] == [
            error.code() for error in registered.raises
        ]


@pytest.mark.parametrize("case", CASES)
def test_the_schema_and_the_gateway_agree_on_what_fits(case: str) -> None:
    path, params = CASES[case]
    registered = ACTIONS[path]

    fits_schema = not any(misfits(params, params_schema(registered)))

    assert fits_schema == _fits(params, registered)


def _fits(params: Mapping[str, Any], registered: Registered) -> bool:
    """Whether the action's own shape and the engine's beside it take the parameters."""
    shape: Any = registered.takes
    engines = registered.options.fields if registered.options else {}
    try:
        shape.read({name: value for name, value in params.items() if name not in engines})
        if registered.options:
            registered.options.load({name: params[name] for name in engines if name in params})
    except ValidationError:
        return False
    return True


async def _described(house: House, path: str) -> dict[str, Any]:
    (described,) = (await house.data("system/describe", action=path))["actions"]
    found: dict[str, Any] = described
    return found


async def _run_example(house: House, registered: Registered) -> dict[str, Any]:
    """Run the example of an action, after those that it builds upon, late on the same day."""
    for path in NEEDED.get(registered.section, ()):
        if path != registered.path:
            await house.data(path, **ACTIONS[path].action.example)
    house.clock.now += timedelta(hours=10)
    return await house.post(registered.path, house.key, await runnable(house, registered))
