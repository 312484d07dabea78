"""Shape: unknown names are refused, frozen values come out, absence is not null."""

from typing import Any, NamedTuple

import pytest
from marshmallow import ValidationError, fields

from schemas.base import ABSENT, Absent, Shape, sent
from schemas.fields import Int64, Text


class Pet(NamedTuple):
    name: str
    age: int = 1
    colour: str | Absent | None = ABSENT


class PetShape(Shape[Pet]):
    makes = Pet
    extended = ("colour",)

    name = Text(1, required=True)
    age = Int64(0)
    colour = Text(allow_none=True)


class HomeShape(Shape[dict[str, Any]]):
    makes = dict

    pets = fields.List(fields.Nested(PetShape))


def refusal(shape: Shape[Any], params: dict[str, Any]) -> dict[str, Any]:
    with pytest.raises(ValidationError) as caught:
        shape.read(params)
    problems: dict[str, Any] = caught.value.normalized_messages()
    return problems


def test_a_shape_makes_the_value_that_it_names() -> None:
    assert PetShape().read({"name": "Rex", "age": 3, "colour": "red"}) == Pet("Rex", 3, "red")


def test_what_is_not_sent_is_left_to_the_value_itself() -> None:
    assert PetShape().read({"name": "Rex"}) == Pet("Rex", 1, ABSENT)


def test_null_is_sent_and_absence_is_not() -> None:
    cleared, silent = (
        PetShape().read({"name": "Rex", "colour": None}),
        PetShape().read({"name": "Rex"}),
    )

    assert (sent(cleared.colour), sent(silent.colour)) == (True, False)


@pytest.mark.parametrize("value", [None, 0, "", False, []])
def test_an_empty_value_counts_as_sent(value: object) -> None:
    assert sent(value)


def test_a_value_cannot_be_changed() -> None:
    pet = PetShape().read({"name": "Rex"})

    with pytest.raises(AttributeError):
        pet.name = "Max"  # type: ignore[misc] # the point of the test


def test_unknown_names_are_refused_one_by_one() -> None:
    assert refusal(PetShape(), {"name": "Rex", "agee": 3, "Name": "x"}) == {
        "agee": ["Unknown field."],
        "Name": ["Unknown field."],
    }


def test_every_problem_is_named_at_once() -> None:
    assert refusal(PetShape(), {"age": "3", "colour": 5}) == {
        "name": ["Missing data for required field."],
        "age": ["Not a valid integer."],
        "colour": ["Not a valid string."],
    }


def test_problems_are_nested_as_the_parameters_are() -> None:
    assert refusal(HomeShape(), {"pets": [{"name": "Rex"}, {"name": "", "legs": 4}]}) == {
        "pets": {1: {"name": ["Shorter than minimum length 1."], "legs": ["Unknown field."]}}
    }


def test_a_shape_shows_its_value_in_the_order_of_its_fields() -> None:
    assert list(PetShape().show(Pet("Rex", 3, None)).items()) == [
        ("name", "Rex"),
        ("age", 3),
        ("colour", None),
    ]


def test_an_attribute_that_a_value_lacks_is_not_shown() -> None:
    assert PetShape().show(Pet("Rex")) == {"name": "Rex", "age": 1}
