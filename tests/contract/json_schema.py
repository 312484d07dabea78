"""As much of JSON Schema, draft 2020-12, as schemas of actions need: are they sound, what fits."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "string": lambda value: isinstance(value, str),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}

_NUMBERS = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
_ANYWHERE = {"type", "enum", "const", "anyOf", "oneOf", "title", "description", "default"}
_KEYWORDS = {
    "string": {"minLength", "maxLength", "pattern", "format"},
    "integer": _NUMBERS,
    "number": _NUMBERS,
    "array": {"items", "minItems", "maxItems", "uniqueItems"},
    "object": {
        "properties", "required", "additionalProperties", "propertyNames", "minProperties",
        "maxProperties",
    },
}  # fmt: skip
"""Where a keyword means something; elsewhere it would be ignored, whatever it was meant to say."""

_PYTHON_ONLY = re.compile(r"\\[AZz]|\(\?[PimsxLau<]")
"""Parts of a pattern that are Python's and not ECMA-262's."""

_MEASURES: Mapping[str, Callable[[Any, Any], bool]] = {
    "minLength": lambda value, limit: len(value) >= limit,
    "maxLength": lambda value, limit: len(value) <= limit,
    "minItems": lambda value, limit: len(value) >= limit,
    "maxItems": lambda value, limit: len(value) <= limit,
    "minProperties": lambda value, limit: len(value) >= limit,
    "maxProperties": lambda value, limit: len(value) <= limit,
    "minimum": lambda value, limit: bool(value >= limit),
    "maximum": lambda value, limit: bool(value <= limit),
    "pattern": lambda value, limit: re.search(limit, value) is not None,
}


def unsound(schema: Schema, where: str = "") -> Iterator[str]:
    """A sentence for everything in the schema that means nothing, or cannot be met."""
    types = _types(schema)
    if strange := types - _TYPES.keys():
        yield f"{where}: the types {strange} do not exist"
    known = _ANYWHERE.union(*(_KEYWORDS.get(each, set()) for each in types or _TYPES))
    if idle := schema.keys() - known:
        yield f"{where}: {sorted(idle)} mean nothing for {sorted(types)}"
    if missing := set(schema.get("required", ())) - schema.get("properties", {}).keys():
        yield f"{where}: {sorted(missing)} are required and not described"
    if "enum" in schema and len(set(map(repr, schema["enum"]))) != (len(schema["enum"]) or -1):
        yield f"{where}: the enumeration is empty or says something twice"
    if _PYTHON_ONLY.search(schema.get("pattern", "")):
        yield f"{where}: {schema['pattern']} is a pattern for Python only"
    for name, inner in _inner(schema):
        yield from unsound(inner, f"{where}/{name}")


def misfits(value: Any, schema: Schema, where: str = "") -> Iterator[str]:
    """A sentence for everything in which the value is not what the schema says."""
    types = _types(schema)
    fitting = {name for name in types if _TYPES[name](value)}
    if types and not fitting:
        yield f"{where}: {value!r} is none of {sorted(types)}"
        return
    if value not in schema.get("enum", [value]):
        yield f"{where}: {value!r} is not in the enumeration"
    choices = schema.get("anyOf", schema.get("oneOf"))
    if choices is not None and all(any(misfits(value, each)) for each in choices):
        yield f"{where}: {value!r} fits no choice"
    measured = set().union(*(_KEYWORDS.get(each, set()) for each in fitting))
    for name in measured & schema.keys() & _MEASURES.keys():
        if not _MEASURES[name](value, schema[name]):
            yield f"{where}: {value!r} breaks {name} {schema[name]}"
    yield from _misfits_inside(value, schema, where)


def _misfits_inside(value: Any, schema: Schema, where: str) -> Iterator[str]:
    if isinstance(value, list) and "items" in schema:
        for place, item in enumerate(value):
            yield from misfits(item, schema["items"], f"{where}/{place}")
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        others = schema.get("additionalProperties", True)
        for name in set(schema.get("required", ())) - value.keys():
            yield f"{where}: {name} is missing"
        for name, item in value.items():
            inner = properties.get(name, others)
            if inner is False:
                yield f"{where}: {name} is not described"
            elif inner is not True:
                yield from misfits(item, inner, f"{where}/{name}")


def _types(schema: Schema) -> set[str]:
    types = schema.get("type", [])
    return {types} if isinstance(types, str) else set(types)


def _inner(schema: Schema) -> Iterator[tuple[str, Schema]]:
    yield from schema.get("properties", {}).items()
    for name in ("items", "additionalProperties", "propertyNames"):
        if not isinstance(schema.get(name, False), bool):
            yield name, schema[name]
    for name in ("anyOf", "oneOf"):
        yield from ((name, each) for each in schema.get(name, ()))
