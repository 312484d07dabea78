"""Values to try a shape with, and what must be the same of two results."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import orjson
from hypothesis import strategies as st
from marshmallow import Schema, fields

from gateway.codec.encode import encode
from gateway.errors import FilterError, ParameterError
from gateway.registry import Registered
from gateway.stages.validate import validate
from schemas.fields import Id, Zone

EDGES: st.SearchStrategy[Any] = st.sampled_from(
    [
        None, True, False, 0, 1, -1, 2**63 - 1, -(2**63), 2**63, 2**64 - 1, 1.0, -0.0, 1.5, 1e300,
        "", " ", "a", "1", "true", "steps", " Daily steps ", "x" * 41, "UpDown", "updown",
        "OnlyUp", "allow", "asc", "created_at", "2026-02-28", "2026-02-29", "0000-01-01",
        "2026-11-21T20:34:39Z", "2026-11-21t20:34:39z", "2026-11-21T20:34:60Z",
        "2026-11-21T20:34:39.5+23:59", "0001-01-01T00:00:00+01:00", "2026-11-21T20:34:39",
        "2026-11-21T20:34:39.123456789Z", "Europe/Vienna", "posix/UTC", "/etc/passwd",
        "0193f0f0-0000-7000-8000-000000000000", "0193F0F0-0000-7000-8000-000000000000",
        "10.0.0.0/8", "5/60", "counters:read", "editor", [], [1, 2], [None], ["history"], ["x"],
        ["counters:read"], {}, {"a": "b"}, {"a": None}, {"": "x"}, {"sleep_ms": 1},
        {"error": "Conflict"}, {"counters/get": "5/60"}, [[]], [{}], [{"a": "b"}],
    ]
)  # fmt: skip
ANY: st.SearchStrategy[Any] = st.recursive(
    EDGES | st.integers(-(2**63), 2**64 - 1) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


def typed(value: Any) -> Any:
    """The value with its types, since 1 equals True and 1.0, and noon here noon elsewhere."""
    if isinstance(value, dict):
        return {name: typed(each) for name, each in value.items()}
    if isinstance(value, list):
        return [typed(each) for each in value]
    if isinstance(value, tuple):
        return (type(value), [typed(each) for each in value])
    if isinstance(value, dt.datetime):
        return (dt.datetime, value.isoformat())
    return (type(value), repr(value) if isinstance(value, float) else value)


def written(show: Callable[[Any], Any], value: Any) -> Any:
    """What becomes of the value in JSON, or the kind of failure."""
    try:
        return encode(show(value))
    except Exception as failure:  # noqa: BLE001 - whatever it is, it is to be the same
        return type(failure)


def outcome(registered: Registered, sent: dict[str, Any]) -> Any:
    """What the action would be called with, or the whole answer to who sent this."""
    text = orjson.dumps(sent)
    try:
        params, options = validate(sent, text, registered, None, cursor_secret=b"secret")
    except ParameterError as refusal:
        return refusal.message, refusal.errors
    except FilterError as refusal:
        return refusal.data()
    return typed(params), typed(options)


LIKELY: dict[type[fields.Field[Any]], st.SearchStrategy[Any]] = {
    Id: st.just("0193f0f0-0000-7000-8000-000000000000"),
    Zone: st.just("Europe/Vienna"),
    fields.String: st.sampled_from(["", "a", "aa", "b", " a ", "UpDown", "xyz", "a@b.at"]),
    fields.Integer: st.integers(-1, 10),
    fields.Boolean: st.booleans(),
    fields.DateTime: st.sampled_from(["2026-11-21T20:34:39Z", "2026-11-21T20:34:39.5+23:59"]),
    fields.Date: st.just("2026-02-28"),
    fields.Dict: st.dictionaries(st.sampled_from("ab"), st.sampled_from(["", "a", 1]), max_size=2),
}
"""Values that a field of that kind may well take, the special kinds first."""

Whole = Callable[[Schema], st.SearchStrategy[Any]]
"""What is drawn for a shape as a whole."""


def values_of(
    field: fields.Field[Any] | None, anything: st.SearchStrategy[Any], whole: Whole
) -> st.SearchStrategy[Any]:
    """Anything, and what fits the field: `whole` of nested shapes, and lists and maps of these.

    With `st.nothing()` for anything, most of it is taken.
    """
    if isinstance(field, fields.Nested):
        one = whole(field.schema)
        return anything | (st.lists(one | anything, max_size=2) if field.schema.many else one)
    if isinstance(field, fields.List):
        return anything | st.lists(values_of(field.inner, anything, whole), max_size=2)
    if isinstance(field, fields.Dict) and field.value_field is not None:
        inner = values_of(field.value_field, anything, whole)
        names = st.sampled_from("ab") | st.text(max_size=3)
        return anything | st.dictionaries(names, inner, max_size=2)
    likely = (values for kind, values in LIKELY.items() if isinstance(field, kind))
    return anything | next(likely, ANY)
