"""What is left to marshmallow is told at start-up, with its reason, and works all the same."""

from typing import Any, NamedTuple

import pytest
from marshmallow import Schema, fields, post_dump, pre_dump

from gateway import Action, Context, Section
from gateway.codec.show import compile_show, why_interpreted
from gateway.registry import Registry
from schemas.base import Shape
from schemas.fields import Text
from tests.conftest import OpenHouse


class Word(NamedTuple):
    text: Any


class Loud(Text):
    """A field that says nothing of its compiled form."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        return str(super()._deserialize(value, *args, **kwargs)).upper()


class LoudShape(Shape[Word]):
    makes = Word

    text = Loud(1, 5, required=True)


class QuotedShape(Shape[Word]):
    makes = Word

    text = Text()

    @pre_dump
    def _quote(self, word: Word, **_: Any) -> Word:
        return Word(f"»{word.text}«")


class Say(Action[Word, Word]):
    """Say a word."""

    scope = "words:read"
    takes = LoudShape()
    gives = QuotedShape()
    example = {"text": "a"}

    async def run(self, params: Word, context: Context) -> Word:
        return params


SECTION = Section("words", "Words", (Say,))
REASONS = [
    "words/say: LoudShape.text is a Loud, which has no from_json of its own.",
    "words/say: QuotedShape has a hook before the dump, or for many objects at once.",
]


def test_the_registry_knows_the_reasons() -> None:
    assert Registry((SECTION,)).interpreted == REASONS


async def test_start_up_logs_which_and_why(open_house: OpenHouse) -> None:
    house = await open_house(sections=(SECTION,))

    told = [line["reason"] for line in house.log.lines if line["event"] == "shape.interpreted"]
    assert told == REASONS


async def test_marshmallow_does_the_work(open_house: OpenHouse) -> None:
    house = await open_house(sections=(SECTION,))

    assert await house.data("words/say", text="hello") == {"text": "»HELLO«"}
    refused = await house.send("words/say", text="longer")
    assert refused["data"]["errors"] == {"text": ["Length must be between 1 and 5."]}


class Twice(Text):
    def _serialize(self, value: Any, attr: str | None, obj: Any, **_: Any) -> str:
        return f"{attr}: {value}{value} of {obj.text}"


class ShoutedShape(Shape[Word]):
    makes = Word

    text = Twice()

    @post_dump
    def _shout(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {name: each.upper() for name, each in data.items()}

    @post_dump(pass_original=True)
    def _tell(self, data: dict[str, Any], original: Word, **_: Any) -> dict[str, Any]:
        return {**data, "was": original.text}


def test_fields_of_ones_own_and_hooks_behind_them_are_part_of_the_compiled_form() -> None:
    assert list(why_interpreted(ShoutedShape())) == []
    assert compile_show(ShoutedShape())(Word("a")) == {"text": "TEXT: AA OF A", "was": "a"}
    assert ShoutedShape().dump(Word("a")) == {"text": "TEXT: AA OF A", "was": "a"}


class Branch(NamedTuple):
    name: str
    trees: list["Branch"]


class BranchShape(Shape[Branch]):
    makes = Branch

    name = Text()
    trees = fields.List(fields.Nested("BranchShape"))


def test_a_shape_that_holds_itself_is_left_to_marshmallow() -> None:
    oak = Branch("oak", [Branch("ash", [])])

    assert list(why_interpreted(BranchShape())) == ["BranchShape holds itself."]
    assert compile_show(BranchShape())(oak) == BranchShape().dump(oak)


class WordsShape(Shape[Branch]):
    makes = Branch

    trees = fields.List(fields.Nested(QuotedShape))
    name = fields.Pluck(QuotedShape, "text")


def test_what_is_nested_has_reasons_too() -> None:
    assert list(why_interpreted(WordsShape())) == [
        "QuotedShape has a hook before the dump, or for many objects at once.",
        "WordsShape.name nests in a way of its own.",
    ]


class Count(fields.Decimal):
    """A number that is read with care, and shown as its digits."""

    def __init__(self) -> None:
        super().__init__(as_string=True)


WALKED: list[tuple[fields.Field[Any], Any, list[str]]] = [
    (Count(), 1, []),
    (fields.List(Text()), ["a"], []),
    (fields.Tuple((Text(),)), ("a",), ["is a Tuple, which has no to_json of its own"]),
    (
        fields.Tuple((fields.Nested(QuotedShape),)),
        (Word("a"),),
        ["is a Tuple, which has no to_json of its own"],
    ),
    (
        fields.List(fields.Tuple((fields.Nested(QuotedShape),))),
        [(Word("a"),)],
        ["is a Tuple, which has no to_json of its own"],
    ),
    (fields.List(Count()), [1], ["holds a Count, which has no to_json of its own"]),
    (fields.Dict(values=Count()), {"a": 1}, ["holds a Count, which has no to_json of its own"]),
    (
        fields.Dict(keys=fields.UUID(), values=fields.List(fields.DateTime())),
        {},
        [
            "holds a UUID, which has no to_json of its own",
            "holds a DateTime, which has no to_json of its own",
        ],
    ),
    (fields.List(fields.Pluck(QuotedShape, "text")), [Word("a")], ["nests in a way of its own"]),
]


@pytest.mark.parametrize(("field", "value", "reasons"), WALKED)
def test_what_marshmallow_walks_through_is_told(
    field: fields.Field[Any], value: Any, reasons: list[str]
) -> None:
    shape: Schema = type("OneShape", (Schema,), {"makes": Word, "text": field})()

    assert list(why_interpreted(shape)) == [f"OneShape.text {reason}." for reason in reasons]
    assert compile_show(shape)(Word(value)) == shape.dump(Word(value))


class WrappedShape(Shape[Word]):
    makes = Word

    text = Text()

    @post_dump(pass_collection=True)
    def _wrap(self, data: Any, *, many: bool, **_: Any) -> Any:
        return {"items": data} if many else data


class ToldShape(Shape[Word]):
    makes = Word

    text = Text()

    @post_dump
    def _tell(self, data: dict[str, Any], *, many: bool, **_: Any) -> dict[str, Any]:
        return {**data, "many": many}


@pytest.mark.parametrize("inner", [WrappedShape, ToldShape])
@pytest.mark.parametrize("word", [Word("a"), {"text": "a"}])
@pytest.mark.parametrize("many", [True, False])
def test_hooks_see_whether_there_are_many(inner: type[Schema], word: Any, many: bool) -> None:  # noqa: FBT001 - what is tested
    nest = fields.Nested(inner, many=many)
    shape: Schema = type("NestShape", (Schema,), {"makes": Word, "text": nest})()
    value = Word([word]) if many else Word(word)

    assert compile_show(shape)(value) == shape.dump(value)


class NoWord(Schema):
    text = fields.String()


class Absent(Shape[Word]):
    makes = Word

    colour = Text()


class Keyed(dict[str, str]):
    text: str


class KeyedShape(Shape[Keyed]):
    makes = Keyed

    text = Text()


class Computed(Shape[Word]):
    makes = Word

    text = fields.Constant("a")


class Own(Shape[Word]):
    makes = Word

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        return "own"

    text = Text()


INTERPRETED: dict[str, Schema] = {
    "NoWord does not name the class that it makes.": NoWord(),
    "Absent.colour is no attribute of Word.": Absent(),
    "KeyedShape makes an object that is read by keys.": KeyedShape(),
    "Computed.text is computed, or has a default.": Computed(),
    "Own dumps in a way of its own.": Own(),
}


@pytest.mark.parametrize("reason", INTERPRETED)
def test_what_is_not_understood_is_told_and_shown_by_marshmallow(reason: str) -> None:
    shape = INTERPRETED[reason]
    value = Keyed(text="c") if isinstance(shape, KeyedShape) else Word("b")

    assert list(why_interpreted(shape)) == [reason]
    assert compile_show(shape)(value) == shape.dump(value)
