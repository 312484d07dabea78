"""JSON out: one encoder for results, flags and logs."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from gateway.codec.encode import encode


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [None, True, 1.5, "ä"]}, '{"b":1,"a":[null,true,1.5,"ä"]}'),
        (datetime(2026, 11, 21, 20, 34, 39, 4117, UTC), '"2026-11-21T20:34:39.004117Z"'),
        (date(2026, 11, 21), '"2026-11-21"'),
        (
            UUID("01890a5d-ac96-774b-bcce-b302099a8057"),
            '"01890a5d-ac96-774b-bcce-b302099a8057"',
        ),
        (2**64 - 1, "18446744073709551615"),
        (-(2**63), "-9223372036854775808"),
        ((1, 2), "[1,2]"),
    ],
)
def test_a_value_is_written_as_json(value: Any, text: str) -> None:
    assert encode(value).decode() == text


@pytest.mark.parametrize(
    "value", [object(), {1, 2}, Decimal(1), 2**64, -(2**63) - 1, b"bytes", {1: "a"}, "\ud800", 1j]
)
def test_what_json_cannot_carry_is_a_type_error(value: Any) -> None:
    with pytest.raises(TypeError):
        encode({"value": value})
