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


class Branch(Schema):
    """A shape that holds itself."""

    name = Text()
    word = Secret()
    below = fields.List(fields.Nested(lambda: Branch))


class Folder(Schema):
    """A shape that holds itself in every way there is, and no secret."""

    name = Text()
    inner = fields.Nested(lambda: Folder)
    named = fields.Dict(values=fields.Nested(lambda: Folder))
    pair = fields.Tuple((Text(), fields.Nested(lambda: Folder)))
    plucked = fields.Pluck(f"{__name__}.Folder", "inner")


class Locker(Schema):
    """Two shapes that hold each other; the secret is in the other one."""

    owner = fields.Nested(lambda: Owner)


class Owner(Schema):
    locker = fields.Nested(lambda: Locker)
    code = Secret()


@pytest.mark.parametrize(
    ("shape", "paths"),
    [
        (Branch(), [("word",), ("below",)]),
        (Folder(), []),
        (Locker(), [("owner", "locker"), ("owner", "code")]),
        (Owner(), [("locker", "owner"), ("code",)]),
        (Branch(exclude=("word",)), [("below", "word"), ("below", "below")]),
        (Branch(only=("name", "below.name")), []),
        (Branch(only=("below.below.below.word",)), [("below", "below", "below", "word")]),
    ],
)  # fmt: skip
def test_secrets_are_found_in_a_shape_that_holds_itself(
    shape: Schema, paths: list[tuple[str, ...]]
) -> None:
    assert list(secret_paths(shape)) == paths


def test_secrets_are_withheld_however_deep_a_shape_holds_itself() -> None:
    leaf = {"name": "c", "word": "s", "below": []}
    data = {"name": "a", "word": "s", "below": [{"name": "b", "word": "s", "below": [leaf]}]}
    told = orjson.dumps(Branch().dump(data))

    kept = withhold(told, secret_paths(Branch()))

    assert orjson.loads(kept) == {"name": "a", "word": None, "below": None}


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
