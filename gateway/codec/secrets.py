"""Secrets in answers: where a shape has them, and the answer without them."""

from collections.abc import Iterable, Iterator
from typing import Any

import orjson
from marshmallow import Schema, fields

Path = tuple[str, ...]

Mark = tuple[Any, ...]


def secret_paths(shape: Schema, *, above: tuple[Mark, ...] = ()) -> Iterator[Path]:
    """The way to each field of the shape that says `secret = True`, by the names of the wire.

    Where the secrets in a field have no names that are known beforehand, or lie as deep as the
    data goes since the shape holds itself, it leads to the field. `above` is what is around it.
    """
    above = (*above, _mark(shape))
    for name, field in shape.dump_fields.items():
        key = field.data_key if field.data_key is not None else name
        inner: Any = field
        while isinstance(inner, fields.List):
            inner = inner.inner
        nests = isinstance(inner, fields.Nested) and not isinstance(inner, fields.Pluck)
        if nests and _mark(inner.schema) not in above:
            yield from ((key, *rest) for rest in secret_paths(inner.schema, above=above))
        elif _holds_secret(inner, set()):
            yield (key,)


def _mark(shape: Schema) -> Mark:
    """What two schemas have in common that show the same: each nesting makes its own schema."""
    return type(shape), frozenset(
        (name, *(_names(getattr(field, each, None)) for each in ("only", "exclude")))
        for name, field in shape.dump_fields.items()
    )


def _names(given: Iterable[str] | None) -> frozenset[str] | None:
    return None if given is None else frozenset(given)


def _holds_secret(field: Any, seen: set[Mark]) -> bool:
    """Whether there is a secret in the field, but for the shapes that were `seen` already."""
    parts: Iterable[Any]
    if isinstance(field, fields.List):
        parts = [field.inner]
    elif isinstance(field, fields.Mapping):
        parts = [field.key_field, field.value_field]
    elif isinstance(field, fields.Tuple):
        parts = field.tuple_fields
    elif isinstance(field, fields.Pluck):
        parts = [field.schema.fields[field.field_name]]
    elif isinstance(field, fields.Nested):
        mark = _mark(field.schema)
        parts = () if mark in seen else field.schema.dump_fields.values()
        seen.add(mark)
    else:
        return getattr(field, "secret", False)
    return any(_holds_secret(each, seen) for each in parts)


def withhold(data_json: bytes, paths: Iterable[Path]) -> bytes:
    """The answer's data with null where the secrets are, in a form that may be stored."""
    data = orjson.loads(data_json)
    for path in paths:
        _blank(data, path)
    return orjson.dumps(data)


def _blank(holder: Any, path: Path) -> None:
    """Blank what is at the end of the path, in every item of each list on the way."""
    if isinstance(holder, list):
        for each in holder:
            _blank(each, path)
    elif isinstance(holder, dict) and path[0] in holder:
        if len(path) == 1:
            holder[path[0]] = None
        else:
            _blank(holder[path[0]], path[1:])
