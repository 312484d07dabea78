"""The report: every target and whether it is reached, and every number behind that."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import median

from .contest import CONSTANT, GATEWAY, PEER, SERVERS, TUNED
from .expected import DETAILS, EXPECTED, missing
from .levels import OWN, TITLES
from .parts import HELD_HEAD, Held, KeptPart
from .results import Figures, LevelResult, Origin, Results
from .subjects import OWN_SUBJECTS
from .tables import Target, short, table

NAMES = {
    CONSTANT: "constant handler",
    GATEWAY: "**Halyard**",
    "aiohttp": "bare aiohttp",
    PEER: "FastAPI",
    TUNED: "FastAPI, tuned",
    "litestar": "Litestar",
    "sanic": "Sanic",
    "blacksheep": "BlackSheep",
    "flask_smorest": "flask-smorest",
}
"""How what is measured is called; the gateway's own actions are called what they are."""

RATIO_TARGETS = (
    ("W0", GATEWAY, CONSTANT, 0.75),
    ("W0", GATEWAY, PEER, 2.0),
    ("W1", GATEWAY, CONSTANT, 0.60),
    ("W1", GATEWAY, PEER, 3.0),
    ("W1", GATEWAY, "blacksheep", 1.0),
    ("W2", GATEWAY, CONSTANT, 0.25),
    ("W2", GATEWAY, PEER, 2.5),
    ("W3", GATEWAY, CONSTANT, 0.28),
    ("W3", GATEWAY, PEER, 22.0),
    ("W3-keyed", GATEWAY, CONSTANT, 0.22),
    ("W3-keyed", GATEWAY, PEER, 18.0),
    (OWN, "whoami", CONSTANT, 0.50),
    (OWN, "get", CONSTANT, 0.35),
    (OWN, "keyed", "increment", 0.85),
)
P99_TARGETS = (("W3", 25.0),)
"""Milliseconds, with 64 connections."""
PART_TARGETS = {
    "limits": Target(15, at_least=False),
    "actions": Target(1.05, at_least=False),
    "counters": Target(1.5, at_least=False),
    "memory": Target(10, at_least=False),
    "starts": Target(1.5, at_least=False),
}
"""The first target of each part that has any, for as long as the part was not measured."""


def report(results: Results, parts: Mapping[str, KeptPart]) -> str:
    """The targets, and a table for each level."""
    sections = ["### Targets", "", targets_table(results, parts)]
    origins: dict[str, Origin] = {}
    for name, title in TITLES.items():
        if name in results:
            origins[name] = results[name].origin
            sections += ["", f"### {name}: {title}", "", *level_report(name, results[name])]
    return "\n".join([*sections, "", *_versions(origins)])


def parts_report(parts: Mapping[str, KeptPart]) -> str:
    """A section for each part, also for those that were not measured."""
    shown = {name: each for name, each in parts.items() if name not in DETAILS}
    titles = {name: title for name, (title, _) in EXPECTED.items()}
    return "\n".join(_sections({**titles, **_titles(shown)}, shown))


def details_report(parts: Mapping[str, KeptPart]) -> str:
    """The same of what tells where that goes which is no processor time of a call."""
    shown = {name: each for name, each in parts.items() if name in DETAILS}
    return "\n".join(_sections({**DETAILS, **_titles(shown)}, shown))


def targets_table(results: Results, parts: Mapping[str, KeptPart]) -> str:
    """A row for each target, whether it was measured or not."""
    return table(HELD_HEAD, [each.row() for each in _all_held(results, parts)])


def verdicts(results: Results, parts: Mapping[str, KeptPart]) -> list[str]:
    """What the targets' last column says."""
    return [each.verdict for each in _all_held(results, parts)]


def level_targets(results: Results, levels: Iterable[str] = tuple(TITLES)) -> Iterator[Held]:
    """The levels' targets: the gateway's ratio to another server, or a time of its own."""
    for level, name, base, bound in RATIO_TARGETS:
        if level in levels:
            yield _ratio_held(results.get(level), level, name, base, bound)
    for level, bound in P99_TARGETS:
        if level in levels:
            found = results.get(level)
            figures = found.servers.get(GATEWAY) if found else None
            values = figures.p99_ms if figures else ()
            doubtful = found is not None and found.is_doubtful(GATEWAY)
            target = Target(bound, at_least=False)
            yield Held(f"{level}, p99 in ms", values, target, doubtful=doubtful)


def level_report(level: str, result: LevelResult) -> Iterator[str]:
    """A level's table, and where its figures come from."""
    order = OWN_SUBJECTS if level == OWN else SERVERS
    peers = [name for name in (PEER, TUNED) if name in result.servers]
    rows = [
        _level_row(result, server, figures, peers)
        for server in order
        if (figures := result.servers.get(server)) is not None
    ]
    head = ("", "calls/s", "range", "/ constant", "by CPU", *(f"/ {plain(peer)}" for peer in peers))
    yield table((*head, "p50 ms", "p99 ms", "CPU, µs"), rows)
    yield ""
    yield f"{result.origin}, 64 connections."


def plain(name: str) -> str:
    """A name without Markdown."""
    return NAMES.get(name, name).strip("*")


def _all_held(results: Results, parts: Mapping[str, KeptPart]) -> Iterator[Held]:
    yield from level_targets(results)
    for name, target in PART_TARGETS.items():
        if name in parts:
            yield from parts[name].part.held
        else:
            yield Held(name, (), target)


def _ratio_held(result: LevelResult | None, level: str, name: str, base: str, bound: float) -> Held:
    target = Target(bound, at_least=True)
    measure = f"{plain(name) if level == OWN else level} / {plain(base)}"
    if result is None:
        return Held(measure, (), target)
    return Held(
        measure,
        result.ratios(name, base),
        target,
        by_cpu=result.ratios_by_cpu(name, base),
        doubtful=result.is_doubtful(name, base),
    )


def _level_row(
    result: LevelResult, server: str, figures: Figures, peers: Sequence[str]
) -> tuple[str, ...]:
    return (
        NAMES.get(server, server) + " (disturbed)" * figures.is_doubtful,
        f"{figures.rate:,.0f}",
        f"{min(figures.rates):,.0f} to {max(figures.rates):,.0f}",
        _middle(result.ratios(server, CONSTANT)),
        _middle(result.ratios_by_cpu(server, CONSTANT)),
        *(_middle(result.ratios(server, peer)) for peer in peers),
        f"{median(figures.p50_ms):,.1f}",
        f"{median(figures.p99_ms):,.1f}",
        f"{median(figures.microseconds):,.0f}",
    )


def _titles(parts: Mapping[str, KeptPart]) -> dict[str, str]:
    return {name: kept.part.title for name, kept in parts.items()}


def _sections(titles: Mapping[str, str], parts: Mapping[str, KeptPart]) -> Iterator[str]:
    for name, title in titles.items():
        kept = parts.get(name)
        yield from (f"### {title}", "")
        if kept is not None:
            yield from (kept.part.tables(), "")
        left = "; ".join(missing(name, None if kept is None else kept.part))
        if kept is None or left:
            yield from (f"Not measured: {left}." if left else "Not measured.", "")
        if kept is not None:
            yield from (f"{kept.origin}.", "")
    yield from _versions({name: each.origin for name, each in parts.items()})


def _middle(values: Sequence[float]) -> str:
    return short(median(values)) if values else ""


def _versions(origins: Mapping[str, Origin]) -> Iterator[str]:
    """What was installed: once, where it was the same for all."""
    told: dict[str, list[str]] = {}
    for name, origin in origins.items():
        versions = ", ".join(f"{each} {version}" for each, version in origin.versions.items())
        told.setdefault(versions, []).append(name)
    for versions, names in told.items():
        of = f" for {', '.join(names)}" if len(told) > 1 else ""
        yield f"Versions{of}: {versions}."
