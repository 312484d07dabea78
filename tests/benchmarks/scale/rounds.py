"""Rounds: every load in turn, again and again, and proof that no call was refused."""

import http.client
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from tests.benchmarks.load import CONNECTIONS, Run, run_load
from tests.benchmarks.serving import HOST, BenchmarkError, Server
from tests.benchmarks.subjects import Subject

_CALLS = re.compile(r'halyard_calls_total\{action="[^"]+",outcome="([^"]+)"\} ([0-9.e+]+)')


@dataclass(frozen=True)
class Effort:
    """How often and how long each load is run."""

    rounds: int
    seconds: int


@dataclass(frozen=True)
class Load:
    """A subject, and how many connections are kept busy with it."""

    subject: Subject
    connections: int = CONNECTIONS
    draw: Callable[[], Sequence[str]] | None = None
    """Makes other bodies for each run, where not all that there could be are sent in one."""
    before: Callable[[], None] = lambda: None
    """What is to be done before each run."""


def run_rounds(loads: Mapping[str, Load], effort: Effort) -> dict[str, list[Run]]:
    """The runs of each load, interleaved, so that a machine that slows down slows all.

    Each is run once before, uncounted. Raises BenchmarkError when a call was lost or refused.
    """
    for load in loads.values():
        _run(load, 1)
    found: dict[str, list[Run]] = {name: [] for name in loads}
    for number in range(effort.rounds):
        # Every other round goes backwards, so that no load always has the same one before it.
        names = list(loads)[:: 1 if number % 2 == 0 else -1]
        for name in names:
            found[name].append(_run(loads[name], effort.seconds))
    return found


def _run(load: Load, seconds: int) -> Run:
    subject = load.subject if load.draw is None else replace(load.subject, bodies=load.draw())
    load.before()
    before = _outcomes(subject.server)
    run = run_load(subject, seconds, connections=load.connections)
    if run.not_2xx or run.socket_errors or not run.answered:
        raise BenchmarkError(f"{subject.path}: calls were lost, or not answered with 2xx.")
    came = _outcomes(subject.server) - before
    done = came.pop("success", 0)
    # At the end, each connection may be closed over a call of which nobody hears any more.
    if done < run.answered or came.total() > load.connections:
        raise BenchmarkError(
            f"{subject.path}: {run.answered} calls were answered, {done} done; others: {dict(came)}"
        )
    return run


def _outcomes(server: Server) -> Counter[str]:
    """How many calls came to what, by the server's own count."""
    outcomes: Counter[str] = Counter()
    for outcome, count in _CALLS.findall(metrics(server)):
        outcomes[outcome] += int(float(count))
    return outcomes


def metrics(server: Server) -> str:
    """What the gateway's `/metrics` tell."""
    connection = http.client.HTTPConnection(HOST, server.port, timeout=10)
    with closing(connection):
        connection.request("GET", "/metrics")
        return connection.getresponse().read().decode()
