"""Secrets are found in a shape, and blanked in an answer that is to be stored."""

from typing import Any

import orjson
import pytest
from marshmallow import Schema, fields

from actions.catalogue import SECTIONS
from gateway.codec.secrets import secret_paths, withhold
from gateway.registry import Registry
from schemas.fields import Secret, Text


class Inner(Schema):
    name = Text()
    word = Secret(data_key="pass")


class Outer(Schema):
    name = Text()
    key = Secret()
    one = fields.Nested(Inner)
    many = fields.List(fields.Nested(Inner))
    words = fields.List(Secret())
    named = fields.Dict(values=fields.Nested(Inner))
    pairs = fields.List(fields.Tuple((Text(), Secret())))
    deep = fields.List(fields.List(fields.Nested(Inner)))
    plucked = fields.Pluck(Inner, "word")
    plain = fields.Dict(keys=Text(), values=Text())


PATHS = [
    ("key",), ("one", "pass"), ("many", "pass"), ("words",), ("named",), ("pairs",),
    ("deep", "pass"), ("plucked",),
]  # fmt: skip


def test_secrets_are_found_wherever_they_are() -> None:
    assert list(secret_paths(Outer())) == PATHS


@pytest.mark.parametrize(
    ("data", "kept"),
    [
        ({"name": "a", "key": "s"}, {"name": "a", "key": None}),
        ({"one": {"name": "a", "pass": "s"}}, {"one": {"name": "a", "pass": None}}),
        ({"many": [{"pass": "s"}, {"pass": "t"}]}, {"many": [{"pass": None}, {"pass": None}]}),
        ({"words": ["s", "t"]}, {"words": None}),
        (
            {"named": {"a": {"pass": "s"}}, "plain": {"pass": "s"}},
            {"named": None, "plain": {"pass": "s"}},
        ),
        ({"pairs": [["a", "s"]], "plucked": "s"}, {"pairs": None, "plucked": None}),
        ({"deep": [[{"pass": "s"}], []]}, {"deep": [[{"pass": None}], []]}),
        ([{"key": "s"}, {"key": "t"}], [{"key": None}, {"key": None}]),
        ({"one": None, "many": [], "name": "key"}, {"one": None, "many": [], "name": "key"}),
        ({"other": 2**63 - 1}, {"other": 2**63 - 1}),
    ],
)
def test_an_answer_is_stored_without_its_secrets(data: Any, kept: Any) -> None:
    assert orjson.loads(withhold(orjson.dumps(data), PATHS)) == kept


def test_the_registry_knows_which_answers_hold_secrets() -> None:
    found = {each.path: each.secrets for each in Registry(SECTIONS) if each.secrets}

    assert found == {
        "workspaces/create": (("key",),),
        "keys/create": (("key",),),
        "keys/rotate": (("key",),),
    }
