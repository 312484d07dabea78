"""Fingerprints of parameters: equal values have equal ones, in every process, and others others."""

import dataclasses
import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime, time
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import orjson
from marshmallow import missing

_AS_IT_IS = frozenset({str, int, bool, type(None), type(missing)})
_SAYS_NOTHING: Any = object.__repr__


def fingerprint(value: Any) -> str:
    """32 hexadecimal digits for a value of JSON, for value objects and whatever fields make."""
    return hashlib.blake2b(_text(_plain(value)), digest_size=16).hexdigest()


def _text(plain: Any) -> bytes:
    try:
        return orjson.dumps(plain, _absent, orjson.OPT_SORT_KEYS)
    except TypeError:  # an integer beyond 64 bits, which a field may make of a text
        return json.dumps(plain, default=_absent, sort_keys=True).encode()


def _absent(_: Any) -> str:
    return "\0"


# The encoder by itself would write NaN as null, an enum as its value, a moment without its fold,
# and leave out what begins with an underscore; so it gets nothing that it could mistake.
def _plain(value: Any) -> Any:
    """The value in terms of JSON; U+0000 is in no parameter, so it can mark what JSON lacks."""
    kind = value.__class__
    if isinstance(value, tuple):
        # What most calls have: the encoder knows the tuple inside the value object.
        flat = _AS_IT_IS.issuperset(map(type, value))
        return ("\0" + kind.__qualname__, *(value if flat else map(_plain, value)))
    if kind in _AS_IT_IS:
        return value
    if isinstance(value, list):
        return [each if each.__class__ in _AS_IT_IS else _plain(each) for each in value]
    if isinstance(value, Mapping):
        return {_key(name): _plain(each) for name, each in value.items()}
    if kind is float and math.isfinite(value):
        return value + 0.0  # 0.0 and -0.0 are equal
    return _of_other(value)


def _of_other(value: Any) -> Any:
    if isinstance(value, Enum):
        return [_mark(value), value.name, _plain(value.value)]
    if isinstance(value, AbstractSet):
        return ["\0set", sorted(_text(_plain(each)).decode() for each in value)]
    if isinstance(value, Decimal):
        return ["\0Decimal", _decimal_text(value)]
    if isinstance(value, datetime):
        return ["\0datetime", *_moment(value)]
    if isinstance(value, (date, time, UUID)):
        return [_mark(value), str(value), getattr(value, "fold", 0)]
    return [_mark(value), *_of_object(value)]


def _of_object(value: Any) -> Iterator[Any]:
    if dataclasses.is_dataclass(value):
        for each in dataclasses.fields(value):
            yield _plain(getattr(value, each.name, missing))
        return
    # How an object shows itself may hide a part of it, or tell only where it is in memory; and
    # what it has of its own may be nothing, or not all.
    yield _plain(value.__getstate__())
    if type(value).__repr__ is not _SAYS_NOTHING:
        yield repr(value)


def _mark(value: object) -> str:
    return "\0" + type(value).__qualname__


def _key(name: Any) -> str:
    return name if type(name) is str else f"\0{_text(_plain(name)).decode()}"


def _decimal_text(value: Decimal) -> str:
    """The same for 1.10 and 1.1; no digit is rounded away, and nothing is out of range."""
    digits = len(value.as_tuple().digits)
    exactly = Context(prec=max(digits, 1), Emin=MIN_EMIN, Emax=MAX_EMAX, traps=[])
    return str(value.normalize(exactly) if value else 0)


def _moment(value: datetime) -> tuple[str, int]:
    """The instant; where there is none, without a zone, the reading and which of two it is."""
    if value.utcoffset() is None:
        return value.isoformat(), value.fold
    try:
        return value.astimezone(UTC).isoformat(), 0
    except OverflowError:
        return value.isoformat(), value.fold
