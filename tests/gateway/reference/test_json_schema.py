"""Shapes as JSON Schema: what an action takes and gives, whole and in one piece."""

from typing import Any

import pytest

from gateway.reference.json_schema import params_schema, result_schema
from gateway.registry import Registered, Registry
from tests.gateway import toys

REGISTRY = Registry([toys.section])


def registered(name: str) -> Registered:
    found = REGISTRY.find("toys", name)
    assert found is not None
    return found


def test_parameters_are_an_object_that_takes_nothing_else() -> None:
    schema = params_schema(registered("tally"))

    assert schema["type"] == "object"
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["name"]
    assert schema["properties"]["name"]["type"] == "string"
    assert schema["properties"]["name"]["maxLength"] == 40
    assert schema["properties"]["by"]["type"] == "integer"
    assert schema["properties"]["by"]["maximum"] == 2**63 - 1


@pytest.mark.parametrize(
    ("name", "names"),
    [
        (
            "things",
            {"name", "page", "per_page", "sort_by", "order", "filters", "_full", "_expansions"},
        ),
        ("past", {"name", "cursor", "per_page", "_full", "_expansions"}),
        ("keep", {"name", "_full", "_expansions"}),
        ("greet", {"name"}),
    ],
)
def test_what_the_gateway_itself_reads_is_among_them(name: str, names: set[str]) -> None:
    assert set(params_schema(registered(name))["properties"]) == names


def test_bounds_and_choices_are_told() -> None:
    properties = params_schema(registered("things"))["properties"]

    assert (properties["page"]["minimum"], properties["per_page"]["maximum"]) == (1, 100)
    assert properties["sort_by"]["enum"] == ["name", "made_at"]
    assert properties["order"]["enum"] == ["asc", "desc"]


def test_the_result_of_a_list_is_an_array_of_what_it_gives() -> None:
    one, many = result_schema(registered("keep")), result_schema(registered("things"))

    assert set(one["properties"]) == {"id", "name", "made_at", "mirrored"}
    assert many == {"type": "array", "items": one}


@pytest.mark.parametrize("each", list(REGISTRY), ids=lambda each: each.name)
def test_a_schema_stands_by_itself(each: Registered) -> None:
    def references(schema: Any) -> bool:
        parts = schema.values() if isinstance(schema, dict) else schema
        return "$ref" in schema or any(
            references(part) for part in parts if isinstance(part, dict | list)
        )

    assert not references(params_schema(each))
    assert not references(result_schema(each))
