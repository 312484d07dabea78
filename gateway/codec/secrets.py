"""Secrets in answers: where a shape has them, and the answer without them."""

from collections.abc import Iterable, Iterator
from typing import Any

import orjson
from marshmallow import Schema, fields

Path = tuple[str, ...]


def secret_paths(shape: Schema) -> Iterator[Path]:
    """The way to each field of the shape that says `secret = True`, by the names of the wire.

    Where the secrets in a field have no names that are known beforehand, it leads to the field.
    """
    for name, field in shape.dump_fields.items():
        key = field.data_key if field.data_key is not None else name
        inner = field
        while isinstance(inner, fields.List):
            inner = inner.inner
        if isinstance(inner, fields.Nested) and not isinstance(inner, fields.Pluck):
            yield from ((key, *rest) for rest in secret_paths(inner.schema))
        elif _holds_secret(inner):
            yield (key,)


def _holds_secret(field: Any) -> bool:
    if isinstance(field, fields.List):
        return _holds_secret(field.inner)
    if isinstance(field, fields.Mapping):
        return _holds_secret(field.key_field) or _holds_secret(field.value_field)
    if isinstance(field, fields.Tuple):
        return any(map(_holds_secret, field.tuple_fields))
    if isinstance(field, fields.Pluck):
        return _holds_secret(field.schema.fields[field.field_name])
    if isinstance(field, fields.Nested):
        return any(True for _ in secret_paths(field.schema))
    return getattr(field, "secret", False)


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
