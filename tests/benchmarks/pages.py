"""The pages: tables and bars from the results, and the marked blocks of the READMEs."""

import re
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from .contest import CONSTANT, GATEWAY, SERVERS
from .levels import LEVELS
from .results import FOLDER, Figures, LevelResult, Results
from .tables import Target, short, table

PEER = "fastapi"
"""The peer that every level is compared with."""
TITLES = {
    CONSTANT: "constant handler",
    GATEWAY: "**Halyard**",
    "aiohttp": "bare aiohttp",
    "fastapi": "FastAPI",
    "litestar": "Litestar",
    "sanic": "Sanic",
    "blacksheep": "BlackSheep",
    "flask_smorest": "flask-smorest",
}
BAR = 40
"""Characters of the longest bar."""
CHARTED = ("W1", "W2", "W3")
"""The levels that the README charts."""

RATIO_TARGETS = (
    ("W0", CONSTANT, 0.75),
    ("W0", PEER, 2.0),
    ("W1", CONSTANT, 0.60),
    ("W1", PEER, 3.0),
    ("W1", "blacksheep", 1.0),
    ("W2", CONSTANT, 0.25),
    ("W2", PEER, 2.5),
    ("W3", CONSTANT, 0.28),
    ("W3", PEER, 22.0),
    ("W3-keyed", CONSTANT, 0.22),
    ("W3-keyed", PEER, 18.0),
)
P99_TARGETS = (("W3", 25.0),)
"""Milliseconds, with 64 connections."""

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PAGE = Path(__file__).with_name("README.md")
TABLE = "table.md"


class NoBlock(Exception):
    """A page without the block that is to be written."""


def write_pages(results: Results) -> None:
    """Write the table, and the blocks of both READMEs."""
    (FOLDER / TABLE).write_text(f"{report(results)}\n")
    for page, name, content in (
        (README, "speed", summary(results)),
        (PAGE, "levels", levels_table()),
        (PAGE, "results", report(results)),
    ):
        page.write_text(with_block(page.read_text(), name, content))


def with_block(page: str, name: str, content: str) -> str:
    """The page with `content` between the comments that name the block. Raises NoBlock."""
    begin, end = f"<!-- benchmark: {name} -->", "<!-- end -->"
    pattern = re.compile(f"{re.escape(begin)}\n.*?{re.escape(end)}", re.DOTALL)
    if not pattern.search(page):
        raise NoBlock(f"There is no {begin} … {end}.")
    return pattern.sub(lambda _: f"{begin}\n{content}\n{end}", page, count=1)


def summary(results: Results) -> str:
    """What the README shows: a table of all levels, and bars of the most telling ones."""
    levels = [name for name in LEVELS if name in results]
    head = ("calls/s", *(f"{name} {LEVELS[name].title}" for name in levels))
    rows = [
        (TITLES[server], *(_rate(results[name], server) for name in levels))
        for server in SERVERS
        if server != CONSTANT and any(server in results[name].servers for name in levels)
    ]
    for base in (CONSTANT, PEER):
        ratios = (_ratio(results[name], base) for name in levels)
        rows.append((f"Halyard / {_plain(base)}", *ratios))
    charts = [
        f"{name}, {LEVELS[name].title}, calls/s\n{bars(results[name])}"
        for name in CHARTED
        if name in results
    ]
    return "\n".join((table(head, rows), "", "```text", "\n\n".join(charts), "```"))


def levels_table() -> str:
    """A row for each level."""
    rows = [(f"**{level.name}**", level.title, level.does) for level in LEVELS.values()]
    return "\n".join(
        ("| level | | |", "| --- | --- | --- |", *(f"| {' | '.join(row)} |" for row in rows))
    )


def bars(result: LevelResult) -> str:
    """A bar for each server, the fastest first; the constant handler does no such work."""
    found = {name: figures for name, figures in result.servers.items() if name != CONSTANT}
    most = max(figures.rate for figures in found.values())
    width = max(len(_plain(name)) for name in found)
    return "\n".join(
        f"{_plain(name):{width}}  {_bar(figures.rate / most)} {figures.rate:,.0f}"
        for name, figures in sorted(found.items(), key=lambda each: -each[1].rate)
    )


def report(results: Results) -> str:
    """Every number: the targets, and a table for each level."""
    parts = ["### Targets", "", targets_table(results)]
    for name, level in LEVELS.items():
        if name in results:
            parts += ["", f"### {name}: {level.title}", "", *_level_report(results[name])]
    return "\n".join(parts)


def targets_table(results: Results) -> str:
    """A row for each target: the gateway's ratio to another server, or a time of its own."""
    rows = []
    for name, base, bound in RATIO_TARGETS:
        result = results.get(name)
        values = result.ratios(GATEWAY, base) if result else []
        doubtful = result is not None and result.is_doubtful(GATEWAY, base)
        rows.append(
            _target_row(f"{name} / {_plain(base)}", values, Target(bound, at_least=True), doubtful)
        )
    for name, bound in P99_TARGETS:
        values = list(results[name].servers[GATEWAY].p99_ms) if name in results else []
        doubtful = name in results and results[name].is_doubtful(GATEWAY)
        rows.append(
            _target_row(f"{name}, p99 in ms", values, Target(bound, at_least=False), doubtful)
        )
    return table(("Halyard", "median", "range", "target", "reached"), rows)


def _level_report(result: LevelResult) -> Iterator[str]:
    head = ("", "calls/s", "range", "/ constant", "/ FastAPI", "p50 ms", "p99 ms", "CPU, µs")
    rows = [
        _level_row(result, server, figures)
        for server in SERVERS
        if (figures := result.servers.get(server)) is not None
    ]
    rounds = len(next(iter(result.servers.values())).rates)
    versions = ", ".join(f"{name} {told}" for name, told in result.versions.items())
    yield table(head, rows)
    yield ""
    yield f"{result.at}: {rounds} rounds of {result.seconds} s, 64 connections; {versions}."


def _level_row(result: LevelResult, server: str, figures: Figures) -> tuple[str, ...]:
    to_constant, to_peer = (result.ratios(server, base) for base in (CONSTANT, PEER))
    return (
        TITLES[server] + " (disturbed)" * figures.is_doubtful,
        f"{figures.rate:,.0f}",
        f"{min(figures.rates):,.0f} to {max(figures.rates):,.0f}",
        short(median(to_constant)) if to_constant else "",
        short(median(to_peer)) if to_peer else "",
        f"{median(figures.p50_ms):,.1f}",
        f"{median(figures.p99_ms):,.1f}",
        f"{median(figures.microseconds):,.0f}",
    )


def _target_row(
    measure: str,
    values: list[float],
    target: Target,
    doubtful: bool,  # noqa: FBT001 - one of a row's cells
) -> tuple[str, ...]:
    if not values:
        return (measure, "", "", str(target), "not measured")
    middle = median(values)
    spread = f"{short(min(values))} to {short(max(values))}"
    reached = "yes" if target.reached_by(middle) else "NO"
    return (measure, short(middle), spread, str(target), reached + "?" * doubtful)


def _rate(result: LevelResult, server: str) -> str:
    figures = result.servers.get(server)
    return "" if figures is None else f"{figures.rate:,.0f}"


def _ratio(result: LevelResult, base: str) -> str:
    values = result.ratios(GATEWAY, base)
    return f"{median(values):.2f}" if values else ""


def _plain(server: str) -> str:
    return TITLES[server].strip("*")


def _bar(share: float) -> str:
    """At least an eighth of a character, so that the slowest is seen too."""
    eighths = max(round(share * BAR * 8), 1)
    return "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()
