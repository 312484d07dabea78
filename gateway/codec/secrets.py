"""Secrets in answers: where a shape has them, and the answer without them."""

from collections.abc import Iterable, Iterator
from typing import Any

import orjson
from marshmallow import Schema, fields

Path = tuple[str, ...]


def secret_paths(shape: Schema) -> Iterator[Path]:
    """The way to each field of the shape that says `secret = True`, by the names of the wire."""
    for name, field in shape.dump_fields.items():
        key = field.data_key if field.data_key is not None else name
        inner = field.inner if isinstance(field, fields.List) else field
        if getattr(inner, "secret", False):
            yield (key,)
        elif isinstance(inner, fields.Nested):
            yield from ((key, *rest) for rest in secret_paths(inner.schema))


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
