"""The chart: a picture of every level, for those who do not read tables."""

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from .contest import CONSTANT, GATEWAY, PEER, TUNED
from .levels import LEVELS
from .report import plain
from .results import LevelResult, Results

COLUMNS = 3
OURS, OTHERS, INK = "#0b6e99", "#b9c4cb", "#333333"


def write_chart(results: Results, file: Path) -> None:
    """Write a PNG. Needs matplotlib, which comes with the extra `benchmark`."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    levels = [name for name in LEVELS if name in results]
    rows = -(-(len(levels) + 1) // COLUMNS)
    figure = Figure(figsize=(5 * COLUMNS, 3.1 * rows), layout="constrained")
    for place, name in enumerate(levels, start=1):
        _draw(figure.add_subplot(rows, COLUMNS, place), name, results[name])
    room = figure.add_subplot(rows, COLUMNS, len(levels) + 1)
    room.axis("off")
    room.text(0, 0.95, legend(results, levels), va="top", linespacing=1.6, color=INK)
    FigureCanvasAgg(figure)
    figure.savefig(file, dpi=100)


def legend(results: Results, levels: Sequence[str]) -> str:
    """What the bars are, and Halyard's ratios to a handler that does nothing and to FastAPI."""
    dates = ", ".join(dict.fromkeys(results[name].origin.at for name in levels))
    return "\n".join(
        (
            "Bars: the median of the rounds; lines below them: from",
            "the least to the most. One process on one core,",
            f"64 connections, {dates}.",
            *(["?: other work ran beside it."] if _doubtful(results, levels) else []),
            "",
            "Halyard beside a constant aiohttp handler (= 1):",
            *(f"    {name}: {_ratios(results[name])}" for name in levels),
        )
    )


def _ratios(result: LevelResult) -> str:
    told = [f"{median(found):.2f}" for found in [result.ratios(GATEWAY, CONSTANT)] if found]
    for base in (PEER, TUNED):
        found = result.ratios(GATEWAY, base)
        if found:
            told.append(f"to {plain(base)} {median(found):.1f}")
    return " · ".join(told)


def _draw(axes: Any, name: str, result: LevelResult) -> None:
    servers = sorted(
        ((key, each) for key, each in result.servers.items() if key != CONSTANT),
        key=lambda found: found[1].rate,
    )
    for place, (key, each) in enumerate(servers):
        axes.barh(place, each.rate, color=OURS if key == GATEWAY else OTHERS)
        axes.hlines(place - 0.5, min(each.rates), max(each.rates), color=INK, linewidth=2)
        text = f"{each.rate:,.0f}" + "?" * each.is_doubtful
        axes.text(max(each.rates), place, f"  {text}", va="center", color=INK)
    axes.set_yticks(range(len(servers)), [plain(key) for key, _ in servers])
    axes.set_title(
        f"{name}: {LEVELS[name].title}, calls/s", loc="left", fontsize=11, fontweight="bold"
    )
    axes.set_xlim(0, max(max(each.rates) for _, each in servers) * 1.2)
    axes.spines[["top", "right"]].set_visible(False)
    axes.locator_params(axis="x", nbins=5)
    axes.xaxis.set_major_formatter("{x:,.0f}")


def _doubtful(results: Results, levels: Sequence[str]) -> bool:
    return any(each.is_doubtful for name in levels for each in results[name].servers.values())
