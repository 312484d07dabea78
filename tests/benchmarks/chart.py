"""The chart: a picture of every level, for those who do not read tables."""

from pathlib import Path

from .contest import CONSTANT, GATEWAY
from .levels import LEVELS
from .pages import TITLES
from .results import Results

COLUMNS = 3
OURS, OTHERS = "#0b6e99", "#b9c4cb"


def write_chart(results: Results, file: Path) -> None:
    """Write a PNG. Needs matplotlib, which comes with the extra `benchmark`."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    levels = [name for name in LEVELS if name in results]
    rows = -(-len(levels) // COLUMNS)
    figure = Figure(figsize=(5 * COLUMNS, 2.8 * rows), layout="constrained")
    for place, name in enumerate(levels, start=1):
        axes = figure.add_subplot(rows, COLUMNS, place)
        servers = sorted(
            ((key, each) for key, each in results[name].servers.items() if key != CONSTANT),
            key=lambda found: found[1].rate,
        )
        rates = [each.rate for _, each in servers]
        spread = [
            [each.rate - min(each.rates) for _, each in servers],
            [max(each.rates) - each.rate for _, each in servers],
        ]
        colours = [OURS if key == GATEWAY else OTHERS for key, _ in servers]
        titles = [TITLES[key].strip("*") for key, _ in servers]
        drawn = axes.barh(titles, rates, xerr=spread, color=colours, ecolor="#555555")
        axes.bar_label(drawn, labels=[f" {rate:,.0f}" for rate in rates], padding=3)
        axes.set_title(f"{name}: {LEVELS[name].title}, calls/s", loc="left")
        axes.set_xlim(0, max(max(each.rates) for _, each in servers) * 1.2)
        axes.spines[["top", "right"]].set_visible(False)
        axes.xaxis.set_major_formatter("{x:,.0f}")
    FigureCanvasAgg(figure)
    figure.savefig(file, dpi=100)
