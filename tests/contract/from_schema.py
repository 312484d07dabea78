"""Parameters made from an action's own JSON Schema: such as fit, such as nearly do, and others."""

from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.contract.json_schema import Schema
from tests.contract.strategies import json_values
from tests.contract.values import FITTING, VALUES

ITEMS_MAX = 3
TEXT_MAX = 40
"""More of either only takes time."""

_FORMATS: Mapping[str, SearchStrategy[str]] = {
    "uuid": st.uuids().map(str),
    "date": st.dates().map(str),
    "date-time": st.datetimes().map(lambda moment: f"{moment.isoformat()}Z"),
}

_NOTHING_LESS: SearchStrategy[Any] = st.sampled_from(VALUES) | json_values


def params_from(schema: Schema, example: Mapping[str, Any]) -> SearchStrategy[Any]:
    """Parameters for an action with this schema and example, most of which fit it."""
    valid = fitting(schema)
    plain = st.builds(_plain, st.just(example), valid, st.data())
    near = st.builds(_spoilt, plain, st.data())
    names = st.sampled_from(sorted(schema["properties"]) or ["nothing"])
    wild = st.dictionaries(names | st.text(max_size=9), _NOTHING_LESS, max_size=4)
    return st.one_of(st.just({**example}), plain, plain, valid, near, wild)


def fitting(schema: Schema) -> SearchStrategy[Any]:
    """Values that the schema takes; of a schema that says nothing, any."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "type" not in schema:
        return _NOTHING_LESS
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return st.one_of(*(_OF_TYPES[each](schema) for each in types))


def _text(schema: Schema) -> SearchStrategy[str]:
    if "format" in schema:
        return _FORMATS[schema["format"]]
    if "pattern" in schema:
        return st.from_regex(str(schema["pattern"]))
    shortest = schema.get("minLength", 0)
    longest = max(shortest, min(schema.get("maxLength", TEXT_MAX), TEXT_MAX))
    return st.text(min_size=shortest, max_size=longest)


def _integer(schema: Schema) -> SearchStrategy[int]:
    return st.integers(schema.get("minimum"), schema.get("maximum"))


def _array(schema: Schema) -> SearchStrategy[list[Any]]:
    shortest = schema.get("minItems", 0)
    items = fitting(schema.get("items", {}))
    return st.lists(items, min_size=shortest, max_size=max(shortest, ITEMS_MAX))


def _object(schema: Schema) -> SearchStrategy[dict[str, Any]]:
    required = set(schema.get("required", ()))
    known = {name: _named(name, each) for name, each in schema.get("properties", {}).items()}
    told = st.fixed_dictionaries(
        {name: known[name] for name in known if name in required},
        optional={name: known[name] for name in known if name not in required},
    )
    others = schema.get("additionalProperties", True)
    if others is False:
        return told
    more = st.dictionaries(
        st.text(max_size=9), fitting({} if others is True else others), max_size=ITEMS_MAX
    )
    return st.builds(lambda first, then: {**first, **then}, more, told)


def _named(name: str, schema: Schema) -> SearchStrategy[Any]:
    """What fits the parameter by its schema, or is known to be odd under its name."""
    by_schema = fitting(schema)
    return by_schema | st.sampled_from(FITTING[name]) if name in FITTING else by_schema


_OF_TYPES: Mapping[str, Callable[[Schema], SearchStrategy[Any]]] = {
    "null": lambda _: st.none(),
    "boolean": lambda _: st.booleans(),
    "string": _text,
    "integer": _integer,
    "array": _array,
    "object": _object,
}


def _plain(
    example: Mapping[str, Any], params: Mapping[str, Any], data: st.DataObject
) -> dict[str, Any]:
    """The example with up to two of the parameters: of many, one would be refused nearly always."""
    names = st.lists(st.sampled_from(sorted(params) or ["nothing"]), max_size=2)
    return {**example, **{name: params[name] for name in data.draw(names) if name in params}}


def _spoilt(params: dict[str, Any], data: st.DataObject) -> dict[str, Any]:
    """The parameters with one thing wrong, if they have any."""
    name = data.draw(st.sampled_from([*sorted(params), "nothing"]))
    ways = [_NOTHING_LESS]
    if name in params:
        value = params[name]
        ways += [st.just(each) for each in (str(value), [value], {name: value}, None)]
        if isinstance(value, str):
            ways += [st.just(each) for each in (value * 50, f"{value}\n", f"\0{value}")]
        if data.draw(st.booleans()):
            return {each: params[each] for each in params if each != name}
    return {**params, name: data.draw(st.one_of(*ways))}
