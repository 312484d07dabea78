"""A section that counts what is in memory, for `--actions tests.benchmarks.details.heap`."""

import gc
from collections import Counter
from sys import getsizeof
from typing import Any, NamedTuple

from marshmallow import fields

from gateway import NO_KEY, Action, Context, Section
from schemas.base import Shape
from schemas.fields import Int64, Text


class Nothing(NamedTuple):
    pass


class NothingShape(Shape[Nothing]):
    makes = Nothing


class Heap(NamedTuple):
    counts: dict[str, int]
    sizes: dict[str, int]


class HeapShape(Shape[Heap]):
    makes = Heap

    counts = fields.Dict(keys=Text(), values=Int64(), required=True)
    sizes = fields.Dict(keys=Text(), values=Int64(), required=True)


class Types(Action[Nothing, Heap]):
    """Count all objects, and their bytes, by type."""

    scope = NO_KEY
    takes = NothingShape()
    gives = HeapShape()

    async def run(self, params: Nothing, context: Context) -> Heap:
        return walked()


def walked() -> Heap:
    """All objects that the collector knows, and what they lead to, by type."""
    gc.collect()
    counts: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    seen: set[int] = set()
    left: list[Any] = gc.get_objects()
    seen.update(map(id, (counts, sizes, seen, left)))  # what the walk itself holds is not counted
    while left:
        found = left.pop()
        if id(found) in seen:
            continue
        seen.add(id(found))
        name = f"{type(found).__module__}.{type(found).__qualname__}".removeprefix("builtins.")
        counts[name] += 1
        sizes[name] += getsizeof(found)
        left += gc.get_referents(found)
    return Heap(dict(counts), dict(sizes))


section = Section("heap", "What is in memory", actions=(Types,))
