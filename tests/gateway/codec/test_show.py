"""A compiled shape shows what marshmallow's own dump would, and only what was asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest
from marshmallow import Schema, fields, post_dump, pre_dump

from gateway.codec.show import compile_show
from schemas.base import ABSENT, Absent, Shape
from schemas.fields import Int64, Text


class Leaf(NamedTuple):
    colour: str | None
    size: int


class LeafShape(Shape[Leaf]):
    makes = Leaf

    colour = Text()
    size = Int64()


@dataclass(frozen=True)
class Tree:
    name: str
    leaf: Leaf | None = None
    leaves: list[Leaf | None] | None = None
    rings: list[int] | None = None
    height: float | Absent = ABSENT
    notes: Mapping[str, str] | Absent | None = ABSENT


class TreeShape(Shape[Tree]):
    makes = Tree

    name = Text()
    leaf = fields.Nested(LeafShape)
    leaves = fields.List(fields.Nested(LeafShape))
    rings = fields.List(Int64())
    height = fields.Float()
    notes = fields.Dict(keys=Text(), values=Text())


class ManyShape(Shape[Tree]):
    makes = Tree

    leaves = fields.Nested(LeafShape(many=True))


class RenamedShape(TreeShape):
    name = Text(data_key="Full name", attribute="name")


class DefaultShape(TreeShape):
    height = fields.Float(dump_default=1.5)


class ComputedShape(TreeShape):
    length = fields.Function(lambda tree: len(tree.name))
    leaf_size = Int64(attribute="leaf.size")
    kind = fields.Constant("tree")


class ExactShape(TreeShape):
    rings = fields.List(fields.Integer(as_string=True))


class NarrowNestShape(TreeShape):
    leaf = fields.Nested(LeafShape, only=("size",))
    leaves = fields.List(fields.Nested(LeafShape(exclude=("size",))))


class PluckedShape(TreeShape):
    leaf = fields.Pluck(LeafShape, "colour")


class HookedShape(TreeShape):
    @post_dump
    def _shout(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {name.upper(): value for name, value in data.items()}


class PreparedShape(TreeShape):
    @pre_dump
    def _grow(self, tree: Tree, **_: Any) -> Tree:
        return Tree("big " + tree.name, tree.leaf)


class HookedLeafShape(LeafShape):
    @post_dump
    def _double(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {**data, "size": data["size"] * 2}


class HookedInsideShape(TreeShape):
    leaf = fields.Nested(HookedLeafShape)
    leaves = fields.List(fields.Nested(HookedLeafShape))


class PlainSchema(Schema):
    """A shape that makes nothing of its own."""

    name = fields.String()
    height = fields.Float()


SHAPES = [
    TreeShape, ManyShape, RenamedShape, DefaultShape, ComputedShape, ExactShape, NarrowNestShape,
    PluckedShape, HookedShape, PreparedShape, HookedInsideShape, PlainSchema,
]  # fmt: skip

TREES = [
    Tree("oak", Leaf("green", 3)),
    Tree("ash", Leaf(None, -(2**63)), [], []),
    Tree("elm", Leaf("red", 0), [Leaf("red", 1), Leaf(None, 2)], [1, 2, 2**63 - 1], 2.5, {}),
    Tree("", Leaf("", 1), [Leaf("x", 1)], [0], -0.0, {"a": "b", "€": ""}),
    Tree("fir", Leaf("blue", 1), None, None, 1e300, None),
]


@pytest.mark.parametrize("tree", TREES, ids=lambda tree: tree.name)
@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_shown_is_what_marshmallow_dumps(shape: type[Schema], tree: Tree) -> None:
    assert compile_show(shape())(tree) == shape().dump(tree)


@pytest.mark.parametrize("shape", [TreeShape, HookedInsideShape])
def test_nothing_in_the_place_of_something_nested_is_null(shape: type[Shape[Tree]]) -> None:
    tree = Tree("oak", None, [None, Leaf("red", 1)])
    shown = compile_show(shape())(tree)

    assert shown["leaf"] is None
    assert shown["leaves"][0] is None


def test_an_absent_attribute_is_left_out_and_null_is_not() -> None:
    show = compile_show(TreeShape())

    assert list(show(Tree("oak"))) == ["name", "leaf", "leaves", "rings"]
    assert show(Tree("oak", notes=None))["notes"] is None


def test_attributes_come_in_the_order_of_the_shape() -> None:
    shown = compile_show(TreeShape())(Tree("oak", height=1.0, notes={}))

    assert list(shown) == ["name", "leaf", "leaves", "rings", "height", "notes"]


class GardenShape(TreeShape):
    extended = ("rings",)
    expansions = ("leaf", "leaves")


class HookedGardenShape(GardenShape):
    @post_dump
    def _as_it_is(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return data


@pytest.mark.parametrize(
    ("full", "expand", "names"),
    [
        (False, (), ["name"]),
        (True, (), ["name", "rings"]),
        (False, ("leaf",), ["name", "leaf"]),
        (True, ("leaf", "leaves"), ["name", "leaf", "leaves", "rings"]),
    ],
)
@pytest.mark.parametrize("shape", [GardenShape, HookedGardenShape])
def test_more_is_shown_when_it_is_asked_for(
    shape: type[Shape[Tree]],
    full: bool,  # noqa: FBT001 - a table's column
    expand: tuple[str, ...],
    names: list[str],
) -> None:
    show = compile_show(shape(), full=full, expand=expand)

    assert list(show(Tree("oak"))) == names


@pytest.mark.parametrize("shape", [TreeShape, HookedShape, ComputedShape])
@pytest.mark.parametrize("narrowed", [{"only": ("name", "leaf")}, {"exclude": ("rings",)}])
def test_a_narrowed_shape_stays_narrow(
    shape: type[Shape[Tree]], narrowed: dict[str, tuple[str, ...]]
) -> None:
    tree = Tree("oak", Leaf("green", 3), rings=[1])
    narrow: Any = shape

    assert compile_show(narrow(**narrowed))(tree) == narrow(**narrowed).dump(tree)


def test_fields_that_only_come_in_are_not_shown() -> None:
    class LoadedShape(TreeShape):
        rings = fields.List(Int64(), load_only=True)

    assert "rings" not in compile_show(LoadedShape())(Tree("oak", rings=[1]))
