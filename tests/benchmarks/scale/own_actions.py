"""Own actions in any number: a module as a user writes it, only longer."""

from collections.abc import Iterator
from pathlib import Path

SECTION_SIZE = 25

_HEAD = '''"""Sections of one's own."""

from typing import NamedTuple

from gateway import NO_KEY, Action, Context, Section
from schemas.base import Shape
from schemas.fields import Int64, Text
'''
_ACTION = '''

class Wish{n}(NamedTuple):
    text: str = "world"
    times: int = 1


class Wish{n}Shape(Shape[Wish{n}]):
    makes = Wish{n}

    text = Text(1, 40, trim=True)
    times = Int64(1, 10)


class Greeting{n}(NamedTuple):
    text: str


class Greeting{n}Shape(Shape[Greeting{n}]):
    makes = Greeting{n}

    text = Text(required=True)


class Greet{n}(Action[Wish{n}, Greeting{n}]):
    """Greet whoever is named, in the manner {n}."""

    name = "greet_{n}"
    scope = NO_KEY
    takes = Wish{n}Shape()
    gives = Greeting{n}Shape()

    async def run(self, params: Wish{n}, context: Context) -> Greeting{n}:
        return Greeting{n}("Hello, " + params.text * params.times)
'''


def write_actions(file: Path, count: int) -> list[str]:
    """Write a module with `count` actions into `file`; returns the paths to call them by."""
    names = list(_names(count))
    parts = [_HEAD, *(_ACTION.format(n=number) for number in range(count)), "\n\nsections = (\n"]
    for first in range(0, count, SECTION_SIZE):
        numbers = range(first, min(first + SECTION_SIZE, count))
        classes = "".join(f"Greet{number}, " for number in numbers)
        name = f"greetings_{first // SECTION_SIZE}"
        parts.append(f'    Section("{name}", "Greetings", actions=({classes})),\n')
    file.write_text("".join([*parts, ")\n"]))
    return [f"/api/v1/{name}" for name in names]


def _names(count: int) -> Iterator[str]:
    for number in range(count):
        yield f"greetings_{number // SECTION_SIZE}/greet_{number}"
