"""The spine's report: what was measured, what was aimed at, and whether it is reached."""

from collections.abc import Mapping, Sequence
from statistics import median

from .rounds import QUIET, Measured, most_disturbed
from .starts import Start
from .tables import Target, short, table

RATIO_TARGETS = (
    ("ping", "constant", Target(0.60, at_least=True)),
    ("increment", "constant", Target(0.18, at_least=True)),
    ("increment", "fastapi", Target(15, at_least=True)),
    ("whoami", "constant", Target(0.50, at_least=True)),
    ("get", "constant", Target(0.35, at_least=True)),
    ("keyed", "increment", Target(0.85, at_least=True)),
    ("list", "constant", Target(0.15, at_least=True)),
)
SECONDS_TARGET = Target(1.5, at_least=False)
MEGABYTES_TARGET = Target(90, at_least=False)


def rates_table(subjects: Mapping[str, Measured]) -> str:
    """A row for each subject.

    `CPU` is the server's processor time for each answer; `others` is the most that work which is
    not measured took in a round, 100 % being one processor.
    """
    head = (
        "subject",
        "req/s",
        "range",
        "/ constant",
        "p99 ms",
        "CPU, µs",
        "non-2xx",
        "lost",
        "refused",
        "others",
    )
    return table(head, [_rates_row(subjects, name) for name in subjects])


def targets_table(subjects: Mapping[str, Measured], starts: Mapping[str, Sequence[Start]]) -> str:
    """A row for each target."""
    rows = [
        _target_row(
            f"{name} / {base}",
            _ratios(subjects, name, base),
            target,
            doubtful=most_disturbed(subjects, name, base) > QUIET,
        )
        for name, base, target in RATIO_TARGETS
    ]
    for kind, found in starts.items():
        seconds = [start.seconds for start in found]
        rows.append(_target_row(f"start to ready, {kind} folder, s", seconds, SECONDS_TARGET))
    for kind, found in starts.items():
        memory = [start.megabytes for start in found]
        rows.append(_target_row(f"idle memory, {kind} folder, MB", memory, MEGABYTES_TARGET))
    return table(("measure", "median", "range", "target", "reached"), rows)


def _rates_row(subjects: Mapping[str, Measured], name: str) -> tuple[str, ...]:
    runs, account = subjects[name].rounds, subjects[name].account
    rates = [run.rate for run in runs]
    to_constant = _ratios(subjects, name, "constant")
    return (
        name,
        f"{median(rates):,.0f}",
        f"{min(rates):,.0f} to {max(rates):,.0f}",
        f"{median(to_constant):.3f}" if to_constant else "",
        f"{median(run.p99_ms for run in runs):,.1f}",
        f"{median(run.microseconds for run in runs):,.0f}",
        str(sum(run.not_2xx for run in runs)),
        str(sum(run.socket_errors for run in runs)),
        "" if account is None else str(account.refused.total()),
        f"{most_disturbed(subjects, name):.0%}",
    )


def _ratios(subjects: Mapping[str, Measured], name: str, base: str) -> list[float]:
    """A ratio for each round, since the machine is not the same from round to round."""
    if not {name, base} <= subjects.keys():
        return []
    pairs = zip(subjects[name].rounds, subjects[base].rounds, strict=True)
    return [run.rate / other.rate for run, other in pairs if other.answered]


def _target_row(
    measure: str, values: Sequence[float], target: Target, *, doubtful: bool = False
) -> tuple[str, ...]:
    if not values:
        return (measure, "", "", str(target), "not measured")
    middle = median(values)
    spread = f"{short(min(values))} to {short(max(values))}"
    reached = "yes" if target.reached_by(middle) else "NO"
    return (measure, short(middle), spread, str(target), reached + "?" * doubtful)
