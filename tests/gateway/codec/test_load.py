"""Which shapes are compiled, and why the others are left to marshmallow."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from marshmallow import (
    Schema,
    ValidationError,
    fields,
    missing,
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


def test_a_default_that_comes_out_as_missing_is_left_out() -> None:
    shape = Schema.from_dict({"found": fields.Raw(load_default=lambda: missing)})()

    assert compile_load(shape)({}) == shape.load({}) == {}


class Vanishing(fields.Field[Any]):
    def _deserialize(self, *_: Any, **__: Any) -> Any:
        return missing

    @staticmethod
    def from_json(_: Any) -> Any:
        return missing


def test_a_field_that_makes_nothing_of_its_value_is_left_out() -> None:
    shape = Schema.from_dict({"found": Vanishing()})()

    assert compile_load(shape)({"found": 1}) == shape.load({"found": 1}) == {}


class Told(Schema):
    """Its hooks tell what they were told."""

    size = fields.Integer()

    @validates_schema
    def _of_many(self, data: dict[str, Any], *, many: bool, **_: Any) -> None:
        data["validated"] = many

    @post_load
    def _tell(self, data: dict[str, Any], **options: Any) -> dict[str, Any]:
        return {**data, **options}


@pytest.mark.parametrize("many", [True, False])
def test_hooks_are_told_whether_there_are_many(many: bool) -> None:  # noqa: FBT001 - what is tested
    shape = Schema.from_dict({"told": fields.Nested(Told, many=many)})()
    sent = {"told": [{"size": 1}] if many else {"size": 1}}

    made = compile_load(shape)(sent)
    one = {"size": 1, "validated": many, "many": many, "partial": None, "unknown": "raise"}
    assert made == shape.load(sent) == {"told": [one] if many else one}


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


class Unchecked(fields.String):
    @property
    def _validate_all(self) -> Callable[[Any], None]:
        return lambda _: None


class Elsewhere(fields.Nested):
    @property
    def schema(self) -> Schema:
        return Prepared()


class OwnFieldValidators(Schema):
    def _invoke_field_validators(self, **_: Any) -> None: ...


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
    "GeneratedSchema.size is a Even, which has no from_json of its own.": Schema.from_dict(
        {"size": Even()}
    )(),
    "GeneratedSchema.size has steps of its own.": Schema.from_dict({"size": Unchecked()})(),
    "GeneratedSchema.size nests in a way of its own.": Schema.from_dict(
        {"size": Elsewhere(Paired)}
    )(),
    "OwnFieldValidators loads in a way of its own.": OwnFieldValidators(),
    "Prepared has a hook that runs before its fields are whole.": Prepared(),
    "Validated has a hook that runs before its fields are whole.": Validated(),
    "Many has a hook for many objects at once.": Many(),
    "Own loads in a way of its own.": Own(),
    "Schema was made with options of its own.": Schema(partial=True),
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
    "GeneratedSchema.name has steps of its own.": Schema.from_dict(
        {"name": fields.String(post_load=str.lower)}
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
