"""Fields: which values they take, which they refuse, and what they show."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError, fields

from schemas.fields import Choice, Day, Flag, Id, Int64, Moment, Tags, Text, Zone

ID = "01a2003c-06ab-73ba-9d3a-9beed55b7919"


def refusal(field: fields.Field[Any], value: object) -> Any:
    with pytest.raises(ValidationError) as caught:
        field.deserialize(value)
    return caught.value.messages


@pytest.mark.parametrize(
    "text", ["abc", "abcde", "日本語", "👣👣👣", "e\N{COMBINING ACUTE ACCENT}x", "   ", " a "]
)
def test_a_text_is_counted_in_code_points(text: str) -> None:
    assert Text(3, 5).deserialize(text) == text


@pytest.mark.parametrize("text", ["", "ab", "abcdef", "👣👣", "\N{FAMILY}" * 6])
def test_a_text_too_short_or_too_long_is_refused(text: str) -> None:
    assert refusal(Text(3, 5), text) == ["Length must be between 3 and 5."]


@pytest.mark.parametrize("value", [5, 1.5, True, ["abc"], {"a": "b"}])
def test_a_text_is_not_made_from_anything_else(value: object) -> None:
    assert refusal(Text(), value) == ["Not a valid string."]


def test_a_text_without_bounds_takes_any_length() -> None:
    assert Text().deserialize("") == ""
    assert Text().deserialize("x" * 100_000) == "x" * 100_000


@settings(deadline=None)
@given(st.text())
def test_trimming_takes_white_space_off_both_ends_and_nothing_else(text: str) -> None:
    trimmed = Text(trim=True).deserialize(f"\t \N{IDEOGRAPHIC SPACE}|{text}|\N{NO-BREAK SPACE}\n")

    assert trimmed == f"|{text}|"


def test_a_text_is_counted_after_trimming() -> None:
    assert Text(3, 5, trim=True).deserialize("  abc         ") == "abc"
    assert refusal(Text(3, 5, trim=True), "  ab  ") == ["Length must be between 3 and 5."]


def test_a_text_that_may_be_null_may_be_null_trimmed_or_not() -> None:
    assert Text(3, allow_none=True).deserialize(None) is None
    assert Text(3, trim=True, allow_none=True).deserialize(None) is None


@pytest.mark.parametrize(
    "field", [Text(), Id(), Int64(), Flag(), Choice(["a"]), Moment(), Day(), Zone(), Tags(1, 1, 1)]
)
def test_null_is_refused_unless_a_field_allows_it(field: fields.Field[Any]) -> None:
    assert refusal(field, None) == ["Field may not be null."]


def test_an_id_is_taken_as_it_is() -> None:
    assert Id().deserialize(ID) == ID


@pytest.mark.parametrize(
    "text",
    [
        "",
        "steps",
        ID.upper(),
        ID.replace("-", ""),
        f" {ID}",
        f"{ID}\n",
        f"{{{ID}}}",
        f"urn:uuid:{ID}",
        ID[:-1],
        f"{ID}0",
        ID.replace("0", "\N{ARABIC-INDIC DIGIT ZERO}"),
        ID.replace("c", "g"),
    ],
)
def test_anything_but_a_uuid_in_lower_case_is_no_id(text: str) -> None:
    assert refusal(Id(), text) == ["Not a valid id."]


@pytest.mark.parametrize("value", [0, -1, 2**53 + 1, 2**63 - 1, -(2**63)])
def test_an_integer_has_64_bits(value: int) -> None:
    assert Int64().deserialize(value) == value


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 2**64, 10**30])
def test_an_integer_beyond_64_bits_is_refused(value: int) -> None:
    sentence = f"Must be greater than or equal to {-(2**63)} and less than or equal to {2**63 - 1}."
    assert refusal(Int64(), value) == [sentence]


@pytest.mark.parametrize("value", [1.0, 1.5, "1", True, False, [1], {}, float("nan")])
def test_an_integer_is_not_made_from_anything_else(value: object) -> None:
    assert refusal(Int64(), value) == ["Not a valid integer."]


@settings(deadline=None)
@given(st.integers(-20, 20))
def test_an_integer_lies_within_its_bounds(value: int) -> None:
    field = Int64(-3, 12)

    if -3 <= value <= 12:
        assert field.deserialize(value) == value
    else:
        assert refusal(field, value) == [
            "Must be greater than or equal to -3 and less than or equal to 12."
        ]


@pytest.mark.parametrize("value", [True, False])
def test_a_flag_is_true_or_false(value: bool) -> None:  # noqa: FBT001 - it is what is tested
    assert Flag().deserialize(value) is value


@pytest.mark.parametrize("value", [1, 0, "true", "false", "on", "", 1.0, []])
def test_what_merely_looks_like_a_flag_is_refused(value: object) -> None:
    assert refusal(Flag(), value) == ["Not a valid boolean."]


def test_a_choice_is_one_of_its_names_in_their_very_case() -> None:
    field = Choice(("OnlyUp", "OnlyDown"))

    assert field.deserialize("OnlyUp") == "OnlyUp"
    for wrong in ("onlyup", "OnlyUp ", ""):
        assert refusal(field, wrong) == ["Must be one of: OnlyUp, OnlyDown."]


def test_tags_are_kept_in_their_order() -> None:
    tags = Tags(3, 2, 4).deserialize({"zz": "", "a": "日本語だ"})

    assert list(tags.items()) == [("zz", ""), ("a", "日本語だ")]


def test_there_may_be_no_tags() -> None:
    assert Tags(3, 2, 4).deserialize({}) == {}


@pytest.mark.parametrize(
    ("tags", "problems"),
    [
        ([], ["Not a valid mapping type."]),
        ("a=b", ["Not a valid mapping type."]),
        ({"a": "", "b": "", "c": "", "d": ""}, ["Longer than maximum length 3."]),
        ({"": "x"}, {"": {"key": ["Length must be between 1 and 2."]}}),
        ({"abc": "x"}, {"abc": {"key": ["Length must be between 1 and 2."]}}),
        ({"a": "abcde"}, {"a": {"value": ["Length must be between 0 and 4."]}}),
        ({"a": 1}, {"a": {"value": ["Not a valid string."]}}),
        ({"a": None}, {"a": {"value": ["Field may not be null."]}}),
        ({"a": {"b": "c"}}, {"a": {"value": ["Not a valid string."]}}),
    ],
)
def test_tags_are_short_strings_by_short_strings(tags: object, problems: object) -> None:
    assert refusal(Tags(3, 2, 4), tags) == problems
