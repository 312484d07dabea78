"""Load: one run of wrk against one subject, and what came of it."""

import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from .machine import Usage
from .serving import CLIENT_CPU, HOST
from .subjects import Subject

CONNECTIONS = 64
PATIENCE = 30
"""Seconds until wrk counts an answer as lost: a slow answer is a slow answer, and no error."""

SCRIPT = Path(__file__).with_name("load.lua")


@dataclass(frozen=True)
class Run:
    """What one run of wrk brought."""

    answered: int
    seconds: float
    p50_ms: float
    p99_ms: float
    not_2xx: int
    socket_errors: int
    usage: Usage

    @property
    def rate(self) -> float:
        """Answers in a second."""
        return self.answered / self.seconds

    @property
    def microseconds(self) -> float:
        """Processor time of the server for each answer."""
        return self.usage.server / max(self.answered, 1) * 1e6

    @property
    def disturbance(self) -> float:
        """How many processors other work kept busy meanwhile."""
        return max(self.usage.others / self.usage.elapsed, 0)


def run_load(subject: Subject, seconds: int, *, connections: int = CONNECTIONS) -> Run:
    """Keep every connection busy for `seconds`, then wait until the server rests."""
    with tempfile.NamedTemporaryFile("w", prefix="bodies-") as bodies:
        bodies.writelines(f"{body}\n" for body in subject.bodies)
        bodies.flush()
        before = subject.server.usage()
        told = subprocess.run(
            _command(subject, seconds, bodies.name, connections),
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        usage = subject.server.usage().since(before)
    subject.server.settle()
    return Run(**json.loads(told.splitlines()[-1]), usage=usage)


def _command(subject: Subject, seconds: int, bodies: str, connections: int) -> list[str]:
    headers = ["-H", "Content-Type: application/json"]
    if subject.key is not None:
        headers += ["-H", f"Authorization: Bearer {subject.key}"]
    return [
        *("taskset", "-c", CLIENT_CPU, "wrk", "--threads", "1"),
        *("--connections", str(connections), "--duration", f"{seconds}s"),
        *("--timeout", f"{PATIENCE}s", "--script", str(SCRIPT), *headers),
        *(f"http://{HOST}:{subject.server.port}{subject.path}", "--", bodies),
        *([f"{uuid4()}-"] if subject.keyed else []),
        *(["scattered"] if subject.scattered else []),
    ]
