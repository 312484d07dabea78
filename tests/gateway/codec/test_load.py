"""Which shapes are compiled, and why the others are left to marshmallow."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import pytest
from marshmallow import (
    Schema,
    ValidationError,
    fields,
    post_load,
    pre_load,
    validates,
    validates_schema,
)

from gateway.codec.load import REFUSED, compile_load
from gateway.codec.plain import NotCompiled
from schemas.fields import Text


class Paired(Schema):
    low = fields.Integer(strict=True, required=True)
    high = fields.Integer(strict=True, load_default=10)

    @validates_schema(pass_original=True)
    def _in_order(self, data: Mapping[str, Any], original: Mapping[str, Any], **_: Any) -> None:
        if data["high"] < original["low"]:
            raise ValidationError("The wrong way round.")

    @post_load
    def _pair(self, data: Mapping[str, Any], **_: Any) -> tuple[int, int]:
        return data["low"], data["high"]


@pytest.mark.parametrize(
    ("sent", "made"),
    [
        ({"low": 1}, (1, 10)),
        ({"low": 1, "high": 2}, (1, 2)),
        ({"low": 3, "high": 2}, REFUSED),
        ({"low": 1, "high": None}, REFUSED),
        ({"low": "1"}, REFUSED),
        ({"low": True}, REFUSED),
        ({"low": 1, "more": 2}, REFUSED),
        ({}, REFUSED),
    ],
)
def test_fields_validators_and_hooks_all_run(sent: dict[str, Any], made: object) -> None:
    assert compile_load(Paired())(sent) == made


def test_a_default_that_is_made_is_made_for_each_call() -> None:
    load = compile_load(Schema.from_dict({"found": fields.Raw(load_default=list)})())
    one, other = load({}), load({})

    assert one == other == {"found": []}
    assert one["found"] is not other["found"]


class Loud(Text):
    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        return str(super()._deserialize(value, *args, **kwargs)).upper()


def test_a_field_that_reads_in_its_own_way_is_not_read_in_its_parents() -> None:
    shape = Schema.from_dict({"name": Loud(1, 40)})()
    with pytest.raises(NotCompiled):
        compile_load(shape)


class Even(fields.Integer):
    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> int:
        return super()._deserialize(value, *args, **kwargs) // 2 * 2


class Prepared(Schema):
    @pre_load
    def _prepare(self, data: Any, **_: Any) -> Any:
        return data


class Validated(Schema):
    size = fields.Integer()

    @validates("size")
    def _fits(self, value: int, **_: Any) -> None: ...


class Many(Schema):
    @post_load(pass_collection=True)
    def _make(self, data: Any, **_: Any) -> Any:
        return data


class Own(Schema):
    def load(self, *args: Any, **kwargs: Any) -> Any:
        return super().load(*args, **kwargs)


class Sorted(fields.Dict):
    mapping_type = OrderedDict


class Lenient(fields.String):
    def _validate_missing(self, value: Any) -> None: ...


def test_a_field_that_judges_null_itself_is_left_to_itself() -> None:
    with pytest.raises(NotCompiled, match="size has steps of its own"):
        compile_load(Schema.from_dict({"size": Lenient()})())


class Anything(fields.Field[Any]):
    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        return [value]

    @staticmethod
    def from_json(value: Any) -> Any:
        return [value]


@pytest.mark.parametrize(
    ("field", "null"),
    [
        (Anything(), None),
        (fields.List(Anything()), [None]),
        (fields.Dict(values=Anything()), {"a": None}),
        (fields.Nested({"a": Anything()}), {"a": None}),
    ],
)
def test_null_is_refused_before_a_field_that_reads_anything(
    field: fields.Field[Any], null: Any
) -> None:
    shape = Schema.from_dict({"it": field})()

    assert compile_load(shape)({"it": null}) is REFUSED
    with pytest.raises(ValidationError, match="Field may not be null"):
        shape.load({"it": null})


class Ring(Schema):
    inside = fields.Nested("Ring")


def test_a_shape_that_holds_itself_is_left_to_marshmallow() -> None:
    with pytest.raises(NotCompiled, match=r"^Ring holds itself\.$"):
        compile_load(Ring())


LEFT = {
    "Prepared has a hook that runs before its fields are whole.": Prepared(),
    "Validated has a hook that runs before its fields are whole.": Validated(),
    "Many has a hook for many objects at once.": Many(),
    "Own loads in a way of its own.": Own(),
    "Schema was made with options of its own.": Schema(partial=True),
    "GeneratedSchema.size is a Even, which has no from_json of its own.": Schema.from_dict(
        {"size": Even()}
    )(),
    "GeneratedSchema.size is a Boolean, which has no from_json of its own.": Schema.from_dict(
        {"size": fields.Boolean(truthy={"yes"}, falsy={"no"})}
    )(),
    "GeneratedSchema.shut is a Boolean, which has no from_json of its own.": Schema.from_dict(
        {"shut": fields.Boolean(truthy={0, 1}, falsy={0})}
    )(),
    "GeneratedSchema.other comes under the name of another field.": Schema.from_dict(
        {
            "size": fields.String(load_only=True),
            "other": fields.Raw(data_key="size", load_only=True),
        }
    )(),
    "GeneratedSchema.size makes a mapping of its own.": Schema.from_dict({"size": Sorted()})(),
    "GeneratedSchema.size goes into an inner object.": Schema.from_dict(
        {"size": fields.String(attribute="box.size")}
    )(),
    "GeneratedSchema.size has steps of its own.": Schema.from_dict(
        {"size": fields.String(post_load=str.lower)}
    )(),
}


def test_a_call_has_one_object() -> None:
    with pytest.raises(NotCompiled, match="takes many objects, and a call has one"):
        compile_load(Schema(many=True))


@pytest.mark.parametrize("reason", LEFT)
def test_what_is_not_understood_is_told(reason: str) -> None:
    nesting = Schema.from_dict({"inner": fields.Nested(LEFT[reason])})()
    for shape in (LEFT[reason], nesting):
        with pytest.raises(NotCompiled) as left:
            compile_load(shape)
        assert str(left.value) == reason
