"""Secrets in answers: where a shape has them, and the answer without them."""

from collections.abc import Iterator, Sequence
from typing import Any

import orjson
from marshmallow import Schema, fields

Path = tuple[str, ...]


def secret_paths(shape: Schema) -> Iterator[Path]:
    """The way to each field of the shape that says `secret = True`, by the names of the wire."""
    for name, field in shape.dump_fields.items():
        key = field.data_key if field.data_key is not None else name
        if getattr(field, "secret", False):
            yield (key,)
        elif isinstance(field, fields.Nested) and not field.schema.many:
            yield from ((key, *rest) for rest in secret_paths(field.schema))


def withhold(data_json: bytes, paths: Sequence[Path]) -> bytes:
    """The answer's data with null where the secrets are, in a form that may be stored."""
    data = orjson.loads(data_json)
    for *way, last in paths:
        holder: Any = data
        for name in way:
            holder = holder.get(name) or {}
        if last in holder:
            holder[last] = None
    return orjson.dumps(data)
