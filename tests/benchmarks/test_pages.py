"""The pages say what was measured, and nothing else."""

from pathlib import Path

import pytest

from tests.benchmarks import pages, profiling
from tests.benchmarks.made import all_levels, figures, level_of
from tests.benchmarks.results import LevelResult, keep_results, load_results

PAGE = "# Speed\n\n<!-- benchmark: speed -->\nold\n<!-- end -->\n\nand more\n"


def test_a_ratio_is_the_median_of_the_rounds_ratios() -> None:
    ours, base = figures(100), figures(1)
    ours, base = (
        type(ours)(**{**vars(each), "rates": rates})
        for each, rates in ((ours, [10, 30, 20]), (base, [10, 10, 10]))
    )
    result = LevelResult("2026-11-22", 4, {}, {"gateway": ours, "fastapi": base})

    assert result.ratios("gateway", "fastapi") == [1, 3, 2]
    assert "| W0 / FastAPI" in pages.targets_table({"W0": result})
    assert " 2.000 | 1.000 to 3.000 |    ≥ 2 |" in pages.targets_table({"W0": result})


@pytest.mark.parametrize(
    ("rate", "told"), [(220, "yes"), (219, "NO")], ids=["reached", "just missed"]
)
def test_a_target_is_told_as_reached_or_not(rate: float, told: str) -> None:
    result = level_of({"constant": 1_000, "gateway": rate, "fastapi": 10})

    rows = pages.targets_table({"W3": result}).splitlines()
    (row,) = [row for row in rows if "W3 / FastAPI" in row]
    assert row.split("|")[-2].strip() == told


def test_what_was_disturbed_or_not_measured_is_told() -> None:
    disturbed = level_of({"constant": 1_000, "gateway": 900}, others=0.3)

    table = pages.targets_table({"W0": disturbed})
    assert "yes?" in table
    assert table.count("not measured") == 11
    assert "(disturbed)" in pages.report({"W0": disturbed})


def test_a_latency_over_its_bound_is_a_target_missed() -> None:
    slow = level_of({"constant": 1_000, "gateway": 900}, p99_ms=25.0)

    (row,) = [row for row in pages.targets_table({"W3": slow}).splitlines() if "p99" in row]
    assert row.split("|")[-2].strip() == "NO"


def test_bars_are_as_long_as_the_rates_and_leave_the_constant_out() -> None:
    chart = pages.bars(level_of({"constant": 9_000, "gateway": 100, "fastapi": 400, "sanic": 1}))

    fastest, ours, slowest = chart.splitlines()
    assert fastest == f"FastAPI  {'█' * 40} 400"
    assert ours == f"Halyard  {'█' * 10} 100"
    assert slowest == "Sanic    ▏ 1"


def test_the_summary_has_a_row_for_each_server_and_the_ratios() -> None:
    rows = pages.summary(all_levels()).splitlines()

    assert rows[2].startswith("| **Halyard** ")
    assert rows[2].count("20,000") == 5
    assert next(row for row in rows if row.startswith("| Halyard / FastAPI")).count("4.00") == 5


def test_only_the_marked_block_of_a_page_is_written() -> None:
    page = pages.with_block(PAGE, "speed", r"\1 new")

    assert page == PAGE.replace("old", r"\1 new")
    with pytest.raises(pages.NoBlock):
        pages.with_block(PAGE, "results", "new")


def test_results_are_kept_as_they_are(tmp_path: Path) -> None:
    results = all_levels()
    assert load_results(tmp_path) == {}

    keep_results(results, tmp_path)
    assert load_results(tmp_path) == results


def test_the_readmes_show_what_is_kept() -> None:
    results, profiles = load_results(), profiling.load_profiles()

    readme, page = (each.read_text(encoding="utf-8") for each in (pages.README, pages.PAGE))
    assert pages.with_block(readme, "speed", pages.summary(results)) == readme
    assert pages.with_block(page, "levels", pages.levels_table()) == page
    assert pages.with_block(page, "results", pages.report(results)) == page
    assert pages.with_block(page, "profile", profiling.profile_table(profiles)) == page
