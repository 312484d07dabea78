"""Strict JSON in: what the protocol's section 1 allows, and not a byte more."""

import json
from collections.abc import Iterator
from typing import Any

import orjson

from gateway.errors import MalformedRequest

DEPTH = 64
"""How deep objects and lists may nest, the parameters themselves included."""

_LONG_DIGITS = 19
_LONG_INTEGER = b"0" * _LONG_DIGITS
# Every digit becomes a 0, so that a run of them is found as fast as any text: a regular expression
# takes 10 nanoseconds a byte, sixteen times as long.
_DIGITS_ALIKE = bytes.maketrans(b"123456789", b"000000000")
_UINT64_MAX = 2**64 - 1
_INT64_MIN = -(2**63)


def parse_object(text: bytes) -> dict[str, Any]:
    """The JSON object in `text`; empty text is an empty object.

    Raises MalformedRequest with one sentence: for anything that is not one JSON object in UTF-8,
    for NaN, Infinity and lone surrogates, nesting deeper than 64, and integers beyond 64 bits.
    """
    if not text:
        return {}
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise MalformedRequest(
            problem=f"The body is not strict JSON: reading stopped at line {error.lineno}, "
            f"column {error.colno}."
        ) from None
    if type(value) is not dict:
        raise MalformedRequest(problem="The body must be one JSON object.")
    # Both checks below walk the whole text, so they run only where a cheap look cannot rule
    # the fault out.
    if len(text) < _LONG_DIGITS:
        return value
    if (
        len(text) > 2 * DEPTH
        and text.count(b"{") + text.count(b"[") > DEPTH
        and _depth(value) > DEPTH
    ):
        raise MalformedRequest(problem=f"The body nests deeper than {DEPTH} levels.")
    if _LONG_INTEGER in text.translate(_DIGITS_ALIKE):
        _refuse_wide_integers(text)
    return value


def paths_with_nul(value: object, text: bytes) -> list[tuple[str, ...]]:
    """Where in the parsed `value` a string holds U+0000, in order; usually nowhere.

    `text` is what the value was parsed from: without an escape there, nothing is searched.
    """
    if b"\\u0000" not in text:
        return []
    return list(_nul_paths(value, ()))


def _nul_paths(value: object, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if isinstance(value, str):
        if "\0" in value:
            yield path
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _nul_paths(item, (*path, str(index)))
    elif isinstance(value, dict):
        for name, item in value.items():
            if "\0" in name:
                yield (*path, name.replace("\0", "\N{SYMBOL FOR NULL}"))
            yield from _nul_paths(item, (*path, name))


def _depth(value: object) -> int:
    """How deep `value` nests, counted level by level: recursion would follow the sender's will."""
    level: list[Any] = [value]
    depth = 0
    while level := [each for each in level if isinstance(each, (dict, list))]:
        depth += 1
        level = [
            item for each in level for item in (each.values() if isinstance(each, dict) else each)
        ]
    return depth


def _refuse_wide_integers(text: bytes) -> None:
    """Orjson reads an integer beyond 64 bits as a float; the literals tell."""

    def narrow(literal: str) -> int:
        if len(literal) > 20 or not _INT64_MIN <= int(literal) <= _UINT64_MAX:  # noqa: PLR2004
            # 20 is the length of the longest 64-bit literal; longer ones need no arithmetic.
            raise MalformedRequest(problem="The body holds an integer that does not fit 64 bits.")
        return 0

    json.loads(text, parse_int=narrow)
