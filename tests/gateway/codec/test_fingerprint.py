"""What differs has another fingerprint, whatever it is made of; what is equal has the same."""

import os
import subprocess
import sys
from dataclasses import dataclass, make_dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum, IntFlag, StrEnum
from ipaddress import ip_address
from itertools import combinations
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from gateway.codec.fingerprint import fingerprint
from schemas.base import ABSENT


@dataclass(frozen=True)
class Private:
    a: int
    _b: Any = ABSENT


class Pair(NamedTuple):
    a: Any
    b: Any


class Couple(NamedTuple):
    a: Any
    b: Any


class Colour(StrEnum):
    RED = "red"


class Mood(StrEnum):
    RED = "red"


class Step(Enum):
    LISTED = [1]
    PAIRED = (1,)
    LOST = float("nan")


class Level(IntEnum):
    ONE = 1


class Rights(IntFlag):
    READ = 1
    WRITE = 2


class Plain:
    """A value object that shows nothing of itself."""

    def __init__(self, inside: Any) -> None:
        self._inside = inside


class Veiled(Plain):
    def __repr__(self) -> str:
        return "Veiled(***)"


class Slotted:
    __slots__ = ("_inside",)

    def __init__(self, inside: Any) -> None:
        self._inside = inside


class Noted(str):
    """A text with a note."""

    __slots__ = ("note",)

    note: str


def noted(text: str, note: str) -> Noted:
    made = Noted(text)
    made.note = note
    return made


VIENNA = ZoneInfo("Europe/Vienna")
EAST = timezone(timedelta(hours=5))
NIGHT = datetime(2026, 10, 25, 2, 30)  # noqa: DTZ001 - it comes twice where clocks go back
NAN = float("nan")

DIFFERENT: dict[str, list[Any]] = {
    "attributes with an underscore": [Private(1), Private(1, None), Private(1, 2), Private(1, 3)],
    "classes": [Pair(1, 2), Couple(1, 2), Private(1, 2), [1, 2], make_dataclass("A", ["a"])(1)],
    "places": [Pair(ABSENT, None), Pair(None, ABSENT), Pair(None, None), Pair([1], 2)],
    "nesting": [[[1], 2], [[1, 2]], [1, [2]], [1, 2], [Pair(1, 2)], Pair([1, 2], [])],
    "absence": [ABSENT, None, False, 0, "", "null", "ABSENT", [], {}, set(), b""],
    "kinds of numbers": [1, True, 1.0, "1", Decimal(1), Level.ONE, Rights.READ, b"1", [1]],
    "numbers that JSON lacks": [NAN, float("inf"), -float("inf"), None, "nan", Decimal("NaN")],
    "long integers": [2**63, 2**64, 2**64 + 1, -(2**70), str(2**64)],
    "floats": [0.1, 0.1 + 2**-56, 1e300, 0.0],
    "decimals": [Decimal("1.1"), Decimal("1.10000000000000000000000000000000001"), Decimal(11),
                 Decimal("1E+999999999999"), Decimal("1E+999999999998"), Decimal("Infinity")],
    "enumerations": ["red", Colour.RED, Mood.RED, Step.LISTED, Step.PAIRED, Step.LOST],
    "flags": [Rights.READ, Rights.WRITE, Rights.READ | Rights.WRITE, 3],
    "sets": [{1}, {2}, {1, 2}, [1], {"1"}, {frozenset("a")}, {frozenset("b")}, {(1,)}],
    "keys": [{1: 1}, {"1": 1}, {None: 1}, {True: 1}, {"null": 1}, {(1,): 1}, {1.5: 1}],
    "instants": [datetime(2026, 10, 25, 2, 30, tzinfo=VIENNA), NIGHT, NIGHT.replace(fold=1),
                 datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=VIENNA),
                 datetime(2026, 10, 25, 2, 30, tzinfo=UTC),
                 datetime(2026, 10, 25, 2, 30, tzinfo=timezone(timedelta(seconds=30))),
                 "2026-10-25T02:30:00", date(2026, 10, 25)],
    "edges of time": [datetime.min.replace(tzinfo=EAST), datetime.min.replace(tzinfo=UTC)],
    "times": [time(2, 30), time(2, 30, fold=1), time(2, 30, tzinfo=UTC), "02:30:00"],
    "spans": [timedelta(1), timedelta(hours=1), 86400.0],
    "bytes": [b"a", "a", "b'a'", b"b"],
    "ids and addresses": [UUID(int=1), UUID(int=2), str(UUID(int=1)), ip_address("::1"), "::1"],
    "objects": [Plain(1), Plain(2), Veiled(1), Veiled(2), Slotted(1), Slotted(2)],
    "texts": ["a", noted("a", "x"), noted("b", "x"), noted("a", "y"), "\ud800", "\udfff"],
}  # fmt: skip

EQUAL: dict[str, tuple[Any, Any]] = {
    "value objects": (Pair("a", [1, {"b": None}]), Pair("a", [1, {"b": None}])),
    "dataclasses": (Private(1, _b={2}), Private(1, _b={2})),
    "objects": (Plain([1]), Plain([1])),
    "objects with slots": (Slotted(1), Slotted(1)),
    "dictionaries in another order": ({"a": 1, 2: 2, None: 3}, {None: 3, 2: 2, "a": 1}),
    "sets in another order": ({0, 8}, {8} | {0}),
    "decimals with more digits": (Decimal("1.1"), Decimal("1.100")),
    "decimals of nothing": (Decimal("-0.00"), Decimal(0)),
    "floats of nothing": (-0.0, 0.0),
    "the same instant": (
        datetime(2026, 1, 1, 12, tzinfo=UTC),
        datetime(2026, 1, 1, 17, tzinfo=EAST),
    ),
    "ids": (UUID(int=1), UUID(str(UUID(int=1)))),
}


@pytest.mark.parametrize("values", DIFFERENT.values(), ids=DIFFERENT)
def test_what_differs_is_told_apart(values: list[Any]) -> None:
    for one, other in combinations(values, 2):
        assert fingerprint(one) != fingerprint(other), (one, other)
        assert fingerprint(Pair(one, 1)) != fingerprint(Pair(other, 1)), (one, other)
        assert fingerprint([{"a": one}]) != fingerprint([{"a": other}]), (one, other)


@pytest.mark.parametrize(("one", "other"), EQUAL.values(), ids=EQUAL)
def test_what_is_equal_is_the_same(one: Any, other: Any) -> None:
    assert fingerprint(one) == fingerprint(other)
    assert fingerprint(Pair(1, one)) == fingerprint(Pair(1, other))


SETS = """
from gateway.codec.fingerprint import fingerprint
print(fingerprint([{"a", "b", "c"}, {frozenset("xyz"), frozenset("uvw")}, {"k": {1, "1"}}]))
"""


def test_each_process_has_the_same() -> None:
    told = {
        subprocess.check_output(
            [sys.executable, "-c", SETS], env={**os.environ, "PYTHONHASHSEED": seed}
        )
        for seed in "123"
    }

    assert len(told) == 1
