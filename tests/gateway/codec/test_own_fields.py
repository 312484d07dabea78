"""Fields built on ours are compiled as ours only where they still do the same."""

from datetime import UTC, date, datetime
from typing import Any, NamedTuple

import pytest
from marshmallow import Schema, fields

from gateway.codec.load import REFUSED, compile_load
from gateway.codec.plain import NotCompiled
from gateway.codec.show import compile_show
from schemas.fields import Day, Int64, Moment


class EvenInt64(Int64):
    def _validated(self, value: Any) -> int:
        if value % 2:
            raise self.make_error("invalid", input=value)
        return super()._validated(value)


class Doubled(Int64):
    def _format_num(self, value: Any) -> int:
        return super()._format_num(value) * 2


class Counted(Int64):
    num_type = float  # type: ignore[assignment]


class Doubling:
    def _format_num(self, value: Any) -> int:
        return int(value) * 2


class Mixed(Doubling, Int64):
    """What lies beside Int64 changes it just as well."""


class Spelled(fields.Field[str]):
    """Its subclasses may spell as they like, and its compiled form cannot know."""

    def _spell(self, value: Any) -> str:
        return str(value)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        return self._spell(value)

    @staticmethod
    def from_json(value: Any) -> str:
        return str(value)


class Shouted(Spelled):
    def _spell(self, value: Any) -> str:
        return super()._spell(value).upper()


@pytest.mark.parametrize("kind", [EvenInt64, Doubled, Counted, Mixed, Shouted])
def test_a_field_that_loads_in_another_way_is_left_to_marshmallow(
    kind: type[fields.Field[Any]],
) -> None:
    with pytest.raises(NotCompiled, match=f"size is a {kind.__name__}, which has no from_json"):
        compile_load(Schema.from_dict({"size": kind()})())


class OwnlyShown(Int64):
    """What it changes of Int64 has nothing to do with loading."""

    default_error_messages = {"invalid": "Not a number of ours."}

    def __init__(self) -> None:
        super().__init__(0, 5)

    def _serialize(self, value: Any, *_: Any, **__: Any) -> str:
        return f"{value} pieces"


def test_a_field_built_on_ours_that_loads_as_ours_is_compiled() -> None:
    load = compile_load(Schema.from_dict({"size": OwnlyShown()})())

    assert load({"size": 5}) == {"size": 5}
    assert load({"size": 6}) is REFUSED


class Held(NamedTuple):
    it: Any


class Rounded(Moment):
    def _serialize(self, value: Any, *_: Any, **__: Any) -> str:
        return str(super()._serialize(value))[:10]


class Local(Day):
    """It says in words of its own what a date is, and `to_json` is the parent's."""

    def _serialize(self, value: Any, *_: Any, **__: Any) -> str:
        return f"{value:%d.%m.%Y}"


class Priced(fields.Integer):
    def _serialize(self, value: Any, *_: Any, **__: Any) -> str:
        return self._to_string(value)

    def to_json(self, value: Any) -> str:
        return str(value)


class Dear(Priced):
    def _to_string(self, value: Any) -> str:
        return f"{value} €"


class Pieces(Int64):
    def _format_num(self, value: Any) -> int:
        return super()._format_num(value) * 12


class OnlyLoads(Moment):
    """What it changes of Moment has nothing to do with showing."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> datetime:
        return datetime(int(value), 1, 1, tzinfo=UTC)


MOMENT = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)


@pytest.mark.parametrize("inside", [lambda it: it, fields.List])
@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        (Rounded(), MOMENT, "2026-01-02"),
        (Local(), date(2026, 1, 2), "02.01.2026"),
        (Priced(), 5, "5"),
        (Dear(), 5, "5 €"),
        (Pieces(), 2, 24),
        (OnlyLoads(), MOMENT, MOMENT),
    ],
)
def test_a_field_that_shows_in_another_way_does_so(
    field: fields.Field[Any], value: Any, text: Any, inside: Any
) -> None:
    held = value if inside(field) is field else [value]
    shape: Schema = type("S", (Schema,), {"makes": Held, "it": inside(field)})()

    assert compile_show(shape)(Held(held)) == {"it": text if held is value else [text]}
