"""Bodies: parameters of 100 bytes to 1 MB, as one text and as an object of short texts."""

import json
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from tests.benchmarks.gateways import gateway, post
from tests.benchmarks.parts import LOAD_HEAD, Part, load_cells, raw_run
from tests.benchmarks.scale.rounds import Effort, Load, run_rounds
from tests.benchmarks.serving import Server
from tests.benchmarks.subjects import Subject

TITLE = "Bodies: parameters as one text, and as an object of short texts"
SIZES = (100, 1_000, 10_000, 100_000, 1_000_000)
"""Bytes of a body."""
ROWS = tuple(f"{kind}, {size:,}" for kind in ("text", "object") for size in SIZES)

_MODULE = '''"""Actions that take much and answer little."""

from typing import NamedTuple

from marshmallow import fields

from gateway import NO_KEY, Action, Context, Section
from schemas.base import Shape
from schemas.fields import Int64, Text


class Prose(NamedTuple):
    text: str


class ProseShape(Shape[Prose]):
    makes = Prose

    text = Text(required=True)


class Labels(NamedTuple):
    labels: dict[str, str]


class LabelsShape(Shape[Labels]):
    makes = Labels

    labels = fields.Dict(keys=Text(), values=Text(), required=True)


class Size(NamedTuple):
    size: int


class SizeShape(Shape[Size]):
    makes = Size

    size = Int64(required=True)


class Text_(Action[Prose, Size]):
    """Tell how long a text is."""

    name = "text"
    scope = NO_KEY
    takes = ProseShape()
    gives = SizeShape()

    async def run(self, params: Prose, context: Context) -> Size:
        return Size(len(params.text))


class Object(Action[Labels, Size]):
    """Tell how many labels there are."""

    scope = NO_KEY
    takes = LabelsShape()
    gives = SizeShape()

    async def run(self, params: Labels, context: Context) -> Size:
        return Size(len(params.labels))


section = Section("bodies", "Sizes of what is sent", actions=(Text_, Object))
'''
_PROSE = "Weigh anchor, hoist the halyards and steer by the stars; "
_LABEL = '"label-00000":"thirty-two bytes of a short text"'


def measure_bodies(folder: Path, effort: Effort) -> Part:
    """Rate, processor time and bytes a second by the size of a body."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bodies.py").write_text(_MODULE)
    with ExitStack() as stack:
        server = stack.enter_context(gateway(folder, "--actions", "bodies"))
        loads = {
            f"{kind}, {size:,}": Load(_subject(server, kind, body(size)))
            for kind, body in (("text", _text_body), ("object", _object_body))
            for size in SIZES
        }
        found = run_rounds(loads, effort)
    sizes = {name: len(load.subject.bodies[0].encode()) for name, load in loads.items()}
    rows = [
        (name, *load_cells(runs), f"{median(run.rate for run in runs) * sizes[name] / 1e6:,.1f}")
        for name, runs in found.items()
    ]
    raw = {
        name: {"bytes": sizes[name], "runs": [raw_run(run) for run in runs]}
        for name, runs in found.items()
    }
    return Part(
        TITLE,
        ("parameters, bytes", *LOAD_HEAD, "MB/s"),
        rows,
        raw,
    )


def _subject(server: Server, kind: str, body: str) -> Subject:
    post(server, f"bodies/{kind}", json.loads(body))
    return Subject(server, f"/api/v1/bodies/{kind}", [body])


def _text_body(size: int) -> str:
    room = size - len('{"text":""}')
    return '{"text":"' + (_PROSE * (room // len(_PROSE) + 1))[:room] + '"}'


def _object_body(size: int) -> str:
    """As many labels as fit, of which no two are alike."""
    count = (size - len('{"labels":{}}') + 1) // (len(_LABEL) + 1)
    labels = ",".join(_LABEL.replace("00000", f"{number:05}") for number in range(count))
    return f'{{"labels":{{{labels}}}}}'
