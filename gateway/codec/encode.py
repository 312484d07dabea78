"""JSON out: results, flags and logs, all through one encoder."""

from typing import Any

import orjson

Rendered = orjson.Fragment
"""JSON that was encoded before; the encoder copies it to where it stands."""


def encode(value: Any) -> bytes:
    """`value` as JSON; times in UTC become RFC 3339 with `Z`, UUIDs and dates their text.

    Raises TypeError for anything that JSON cannot carry, integers beyond 64 bits included.
    """
    return orjson.dumps(value, option=orjson.OPT_UTC_Z)
