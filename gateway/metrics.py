"""What `/metrics` tells: calls, times, groups and connections, in the words of Prometheus.

A call costs a dictionary and a list their increments, a third of what the client library's own
counters cost; the library writes the page, and is imported when somebody asks for it.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from typing import Any, NamedTuple

from gateway.envelope import Envelope
from gateway.store.sizes import GroupSizes

OTHER = "other"
"""Stands for whatever was called that is no action: callers do not choose what is counted."""

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds up to which calls are counted together."""

REFUSALS = frozenset({
    "AccessDenied", "InvalidAPIKey", "PermissionDenied", "WorkspaceSuspended", "RateLimited",
    "Overloaded",
})  # fmt: skip


class Vitals(NamedTuple):
    """What is measured when somebody looks."""

    connections: int
    running: int
    waiting: int
    group_sizes: GroupSizes
    audit_dropped: int


class _Tally:
    """The calls of one action."""

    __slots__ = ("buckets", "outcomes", "seconds")

    def __init__(self) -> None:
        self.outcomes: dict[str, int] = {}
        self.buckets = [0] * (len(BOUNDS) + 1)
        self.seconds = 0.0


class CallMetrics:
    """Watches the pipeline and counts its calls; `actions` are the paths that there are."""

    def __init__(self, actions: Iterable[str]) -> None:
        self.tallies = {path: _Tally() for path in (*actions, OTHER)}

    def saw(self, call: Any, envelope: Envelope) -> None:
        """`call` is a `gateway.call.Call` that was answered."""
        registered = call.registered
        tally = self.tallies[OTHER if registered is None else registered.path]
        outcome = envelope.code or envelope.status
        outcomes, seconds = tally.outcomes, envelope.seconds
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
        tally.seconds += seconds
        tally.buckets[bisect_left(BOUNDS, seconds)] += 1


class MetricsPage:
    """Writes the page; `look` measures what is not counted call by call."""

    def __init__(self, calls: CallMetrics, look: Callable[[], Vitals]) -> None:
        self._calls = calls
        self._look = look
        self._registry: Any = None

    def write(self) -> tuple[bytes, str]:
        """The page, and its content type."""
        from prometheus_client import CollectorRegistry, ProcessCollector, exposition

        if self._registry is None:
            self._registry = CollectorRegistry()
            self._registry.register(self)
            ProcessCollector(registry=self._registry)
        return exposition.generate_latest(self._registry), exposition.CONTENT_TYPE_LATEST

    def collect(self) -> Iterator[Any]:
        """What the client library asks for when it writes the page."""
        yield from self._of_calls()
        yield from _of_vitals(self._look())

    def _of_calls(self) -> Iterator[Any]:
        from prometheus_client import core

        calls = core.CounterMetricFamily(
            "halyard_calls", "Calls by action and outcome.", labels=("action", "outcome")
        )
        refusals = core.CounterMetricFamily(
            "halyard_refusals", "Calls that were turned away, by error.", labels=("code",)
        )
        times = core.HistogramMetricFamily(
            "halyard_call_seconds", "Time of calls by action.", labels=("action",)
        )
        refused = dict.fromkeys(sorted(REFUSALS), 0)
        for path, tally in self._calls.tallies.items():
            if not tally.outcomes:
                continue
            times.add_metric((path,), _buckets(BOUNDS, tally.buckets), tally.seconds)
            for outcome, count in sorted(tally.outcomes.items()):
                calls.add_metric((path, outcome), count)
                if outcome in refused:
                    refused[outcome] += count
        for code, count in refused.items():
            refusals.add_metric((code,), count)
        yield from (calls, times, refusals)


def _of_vitals(vitals: Vitals) -> Iterator[Any]:
    from prometheus_client import core

    sizes = vitals.group_sizes
    bounds = [2**place for place in range(len(sizes.counts))]
    yield core.HistogramMetricFamily(
        "halyard_group_writes",
        "Writes that shared a commit.",
        buckets=_buckets(bounds, [*sizes.counts, 0]),
        sum_value=sizes.writes,
    )
    for name, text, value in (
        ("halyard_waiting_writes", "Writes that wait for their turn.", vitals.waiting),
        ("halyard_running_requests", "Requests that are being answered.", vitals.running),
        ("halyard_open_connections", "Connections that are open.", vitals.connections),
    ):
        yield core.GaugeMetricFamily(name, text, value=value)
    yield core.CounterMetricFamily(
        "halyard_audit_dropped",
        "Rows that the audit trail lacks, since too many waited to be written.",
        value=vitals.audit_dropped,
    )


def _buckets(bounds: Iterable[float], counts: list[int]) -> list[tuple[str, int]]:
    """Each bound with how many are at most that; the last, +Inf, has them all."""
    names = [*(str(bound) for bound in bounds), "+Inf"]
    return list(zip(names, accumulate(counts), strict=True))
