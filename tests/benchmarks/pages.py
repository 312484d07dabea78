"""The pages: tables and bars from what is kept, in the marked blocks of the READMEs."""

import re
from collections.abc import Mapping
from pathlib import Path
from statistics import median

from .contest import CONSTANT, GATEWAY, PEER, SERVERS, TUNED
from .levels import LEVELS, OWN, OWN_DOES, TITLES
from .parts import KeptPart, load_parts
from .profiles import load_profiles, profile_report
from .report import NAMES, details_report, parts_report, plain, report, verdicts
from .results import LevelResult, Results, load_results
from .tables import table

BAR = 40
"""Characters of the longest bar."""
CHARTED = ("W1", "W2", "W3")
"""The levels that the README charts."""

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PAGE = Path(__file__).with_name("README.md")


class NoBlock(Exception):
    """A page without the block that is to be written."""


def write_pages() -> None:
    """Write the blocks of both READMEs, from what is kept."""
    for page, blocks in contents().items():
        text = page.read_text()
        for name, content in blocks.items():
            text = with_block(text, name, content)
        page.write_text(text)


def contents() -> dict[Path, dict[str, str]]:
    """Each page's blocks."""
    results, parts = load_results(), load_parts()
    return {
        README: {"speed": summary(results, parts)},
        PAGE: {
            "levels": levels_table(),
            "results": report(results, parts),
            "parts": parts_report(parts),
            "profile": profile_report(load_profiles()),
            "details": details_report(parts),
        },
    }


def with_block(page: str, name: str, content: str) -> str:
    """The page with `content` between the comments that name the block. Raises NoBlock."""
    begin, end = f"<!-- benchmark: {name} -->", "<!-- end -->"
    pattern = re.compile(f"{re.escape(begin)}\n.*?{re.escape(end)}", re.DOTALL)
    if not pattern.search(page):
        raise NoBlock(f"There is no {begin} … {end}.")
    return pattern.sub(lambda _: f"{begin}\n{content}\n{end}", page, count=1)


def summary(results: Results, parts: Mapping[str, KeptPart]) -> str:
    """What the README shows: a table of all levels, and bars of the most telling ones."""
    levels = [name for name in LEVELS if name in results]
    head = ("calls/s", *(f"{name} {LEVELS[name].title}" for name in levels))
    rows = [
        (NAMES[server], *(_rate(results[name], server) for name in levels))
        for server in SERVERS
        if server != CONSTANT and any(server in results[name].servers for name in levels)
    ]
    for base in (CONSTANT, PEER, TUNED):
        ratios = [_ratio(results[name], base) for name in levels]
        if any(ratios):
            rows.append((f"Halyard / {plain(base)}", *ratios))
    charts = [
        f"{name}, {LEVELS[name].title}, calls/s (least to most)\n{bars(results[name])}"
        for name in CHARTED
        if name in results
    ]
    found = verdicts(results, parts)
    reached, doubtful = sum(each.startswith("yes") for each in found), "".join(found).count("?")
    dates = ", ".join(dict.fromkeys(results[name].origin.at for name in levels))
    told = f"Measured on {dates}. Of {len(found)} targets, {reached} are reached ({doubtful} of"
    told += " all in doubt): the page has them all."
    return "\n".join((table(head, rows), "", told, "", "```text", "\n\n".join(charts), "```"))


def levels_table() -> str:
    """A row for each level."""
    rows = [(f"**{level.name}**", level.title, level.does) for level in LEVELS.values()]
    rows.append((f"**{OWN}**", TITLES[OWN], OWN_DOES))
    return "\n".join(
        ("| level | | |", "| --- | --- | --- |", *(f"| {' | '.join(row)} |" for row in rows))
    )


def bars(result: LevelResult) -> str:
    """A bar for each server, the fastest first, its median, and the least and the most.

    The constant handler does no such work and has none.
    """
    found = {name: figures for name, figures in result.servers.items() if name != CONSTANT}
    most = max(figures.rate for figures in found.values())
    width = max(len(plain(name)) for name in found)
    return "\n".join(
        f"{plain(name):{width}}  {_bar(figures.rate / most)} {figures.rate:,.0f}"
        f" ({min(figures.rates):,.0f} to {max(figures.rates):,.0f})"
        for name, figures in sorted(found.items(), key=lambda each: -each[1].rate)
    )


def _rate(result: LevelResult, server: str) -> str:
    figures = result.servers.get(server)
    return "" if figures is None else f"{figures.rate:,.0f}"


def _ratio(result: LevelResult, base: str) -> str:
    values = result.ratios(GATEWAY, base)
    return f"{median(values):.2f}" if values else ""


def _bar(share: float) -> str:
    """At least an eighth of a character, so that the slowest is seen too."""
    eighths = max(round(share * BAR * 8), 1)
    return "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()
