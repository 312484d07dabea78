"""From JSON text to what the action takes: each problem by the name of its field, in a sentence."""

from typing import Any, NamedTuple

import orjson
import pytest
from marshmallow import ValidationError, fields, validates_schema

from gateway import NO_KEY, Action, Section
from gateway.codec.strict import parse_object
from gateway.errors import MalformedRequest, ParameterError
from gateway.registry import Registered, Registry
from gateway.stages.validate import validate
from schemas.base import Shape
from schemas.fields import Int64, Tags, Text
from tests.gateway import toys
from tests.gateway.calls import answer_of
from tests.gateway.kinds import ON_SQLITE
from tests.gateway.toy_shapes import Name, NameShape
from tests.support.house import House

NUL = "The character U+0000 is not allowed."
PARAMETER_ERRORS: list[tuple[dict[str, Any], str, dict[str, Any]]] = [
    (
        {},
        "`title` is required but is missing",
        {"title": ["Missing data for required field."]},
    ),
    ({"title": 5}, "`title`: Not a valid string.", {"title": ["Not a valid string."]}),
    ({"title": None}, "`title`: Field may not be null.", {"title": ["Field may not be null."]}),
    (
        {"title": "a", "titel": "b"},
        "`titel` is not a parameter of press/print; did you mean `title`?",
        {"titel": ["Unknown field."]},
    ),
    (
        {"title": "a", "zzz": 1},
        "`zzz` is not a parameter of press/print",
        {"zzz": ["Unknown field."]},
    ),
    (
        {"title": "a", "_ful": True},
        "`_ful` is not a parameter of press/print; did you mean `_full`?",
        {"_ful": ["Unknown field."]},
    ),
    (
        {"title": "a", "pages": [{"number": 1}, {"number": "2"}, {"nummer": 3}]},
        "`pages.1.number`: Not a valid integer.",
        {
            "pages": {
                "1": {"number": ["Not a valid integer."]},
                "2": {
                    "number": ["Missing data for required field."],
                    "nummer": ["Unknown field."],
                },
            }
        },
    ),
    (
        {"title": "a", "pages": [{}]},
        "`pages.0.number` is required but is missing",
        {"pages": {"0": {"number": ["Missing data for required field."]}}},
    ),
    (
        {"title": "a", "pages": [{"number": 1, "x": 1}]},
        "`pages.0.x` is not a parameter of press/print",
        {"pages": {"0": {"x": ["Unknown field."]}}},
    ),
    ({"title": "the end"}, "It must not end.", {"_schema": ["It must not end."]}),
    (
        {"title": "a", "_full": "yes", "pages": 1},
        "`_full`: Not a valid boolean.",
        {"_full": ["Not a valid boolean."], "pages": ["Not a valid list."]},
    ),
]

NULS: list[tuple[str, str, dict[str, Any]]] = [
    (r'{"title":"a\u0000b"}', "title", {"title": [NUL]}),
    (r'{"title":"\u0000"}', "title", {"title": [NUL]}),
    (r'{"title":"a","\u0000":1}', "␀", {"␀": [NUL]}),
    (r'{"ti\u0000tle":"a"}', "ti␀tle", {"ti␀tle": [NUL]}),
    (
        r'{"pages":[{"number":1},{"note":"\u0000"}]}',
        "pages.1.note",
        {"pages": {"1": {"note": [NUL]}}},
    ),
    (
        r'{"tags":{"a":"\u0000","b":"c","d\u0000":"e"}}',
        "tags.a",
        {"tags": {"a": [NUL], "d␀": [NUL]}},
    ),
    (r'{"unknown":{"deep":[[["\u0000"]]]}}', "unknown.deep.0.0.0", {
        "unknown": {"deep": {"0": {"0": {"0": [NUL]}}}}
    }),
    (r'{"_full":"\u0000"}', "_full", {"_full": [NUL]}),
]  # fmt: skip


class Sheet(NamedTuple):
    number: int
    note: str = ""


class SheetShape(Shape[Sheet]):
    makes = Sheet

    number = Int64(required=True)
    note = Text()


class Print(NamedTuple):
    title: str
    pages: list[Sheet] | None = None
    tags: dict[str, str] | None = None


class PrintShape(Shape[Print]):
    makes = Print

    title = Text(1, 40, required=True)
    pages = fields.List(fields.Nested(SheetShape))
    tags = Tags(5, 10, 10)

    @validates_schema
    def _never_ends(self, data: dict[str, Any], **_: Any) -> None:
        if data["title"] == "the end":
            raise ValidationError("It must not end.")


class LongNameShape(NameShape):
    extended = ("name",)


class PrintAction(Action[Print, Name]):
    """Print something."""

    name = "print"
    scope = NO_KEY
    takes = PrintShape()
    gives = LongNameShape()


@pytest.fixture(scope="module")
def printing() -> Registered:
    (registered,) = Registry([Section("press", "Press", (PrintAction,))])
    return registered


def refusal(text: bytes, registered: Registered) -> ParameterError:
    with pytest.raises(ParameterError) as refused:
        validate_(text, registered)
    return refused.value


def validate_(text: bytes, registered: Registered) -> tuple[Any, Any]:
    return validate(parse_object(text), text, registered, None, cursor_secret=b"")


def test_parameters_become_the_value_that_the_action_takes(printing: Registered) -> None:
    text = b'{"title":"Fleet","pages":[{"number":1,"note":"blank"}],"_full":true}'
    params, options = validate_(text, printing)

    assert params == Print("Fleet", [Sheet(1, "blank")])
    assert options.full is True


def test_without_options_only_parameters_are_read() -> None:
    greet = Registry([toys.section]).find("toys", "greet")
    assert greet is not None
    params, options = validate_(b'{"name":"Ada"}', greet)

    assert params == Name("Ada")
    assert (options.full, options.expand, options.listing) == (False, frozenset(), None)


@pytest.mark.parametrize(("sent", "message", "errors"), PARAMETER_ERRORS)
def test_each_problem_is_named_and_the_first_is_a_sentence(
    printing: Registered, sent: dict[str, Any], message: str, errors: dict[str, Any]
) -> None:
    refused = refusal(orjson.dumps(sent), printing)

    assert refused.message == message
    assert refused.errors == errors


@pytest.mark.parametrize(("text", "field", "errors"), NULS)
def test_the_null_character_is_refused_wherever_it_is(
    printing: Registered, text: str, field: str, errors: dict[str, Any]
) -> None:
    refused = refusal(text.encode(), printing)

    assert refused.message == f"`{field}`: {NUL}"
    assert refused.errors == errors


@pytest.mark.parametrize(
    "text",
    [
        r'{"a\u0000":1,"a␀":{"b":"\u0000"}}',
        r'{"a␀":{"b":"\u0000"},"a\u0000":1}',
        r'{"a\u0000":{"b\u0000":{"c\u0000":"\u0000"}}}',
        r'{"a":"\u0000","b":["\u0000",{"\u0000":["\u0000"]}]}',
        r'{"a":{"\u0000":"\u0000","␀":"\u0000"}}',
    ],
)
def test_the_null_character_is_refused_however_it_is_mixed(printing: Registered, text: str) -> None:
    refused = refusal(text.encode(), printing)

    assert refused.message.startswith("`a")
    assert refused.message.endswith(f"`: {NUL}")


def test_a_written_out_escape_is_no_null_character(printing: Registered) -> None:
    params, _ = validate_(rb'{"title":"a\\u0000b"}', printing)

    assert params.title == r"a\u0000b"


@pytest.mark.parametrize("text", [b"[]", b"{", b'{"title":NaN}', b'{"title":18446744073709551616}'])
def test_what_is_no_strict_json_is_malformed(printing: Registered, text: bytes) -> None:
    with pytest.raises(MalformedRequest):
        validate_(text, printing)


@ON_SQLITE
async def test_a_parameter_error_is_an_envelope_of_its_own_kind(toybox: House) -> None:
    answer = await answer_of(toybox, "toys/tally", text=b"{}")

    assert answer["status"] == "parameter-error"
    assert answer["data"] == {
        "message": "`name` is required but is missing",
        "errors": {"name": ["Missing data for required field."]},
    }
