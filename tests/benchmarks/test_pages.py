"""The pages say what was measured, and nothing else."""

from pathlib import Path

import pytest

from tests.benchmarks import chart, pages, profiles, report
from tests.benchmarks.expected import EXPECTED
from tests.benchmarks.made import ORIGIN, all_levels, figures, level_of
from tests.benchmarks.parts import Held, Part, keep_part, load_parts
from tests.benchmarks.results import LevelResult, keep_results, load_results
from tests.benchmarks.scale.__main__ import PARTS
from tests.benchmarks.tables import Target

PAGE = "# Speed\n\n<!-- benchmark: speed -->\nold\n<!-- end -->\n\nand more\n"


def test_a_ratio_is_the_median_of_the_rounds_ratios() -> None:
    ours, base = figures(100), figures(1)
    ours, base = (
        type(ours)(**{**vars(each), "rates": rates})
        for each, rates in ((ours, [10, 30, 20]), (base, [10, 10, 10]))
    )
    result = LevelResult(ORIGIN, {"gateway": ours, "fastapi": base})

    assert result.ratios("gateway", "fastapi") == [1, 3, 2]
    (row,) = [row for row in _targets({"W0": result}) if row[0] == "W0 / FastAPI"]
    assert row[1:3] == ("2.000", "1.000 to 3.000")


@pytest.mark.parametrize(
    ("rate", "told"), [(220, "yes"), (219, "NO")], ids=["reached", "just missed"]
)
def test_a_target_is_told_as_reached_or_not(rate: float, told: str) -> None:
    result = level_of({"constant": 1_000, "gateway": rate, "fastapi": 10})

    (row,) = [row for row in _targets({"W3": result}) if row[0] == "W3 / FastAPI"]
    assert row[-1] == told


def test_a_target_that_not_every_round_reaches_is_in_doubt() -> None:
    divided = Held("a ratio", [0.4, 0.6, 0.7], Target(0.5, at_least=True))

    assert divided.verdict == "yes?"
    assert Held("a time", [26.0, 30.0, 24.0], Target(25, at_least=False)).verdict == "NO?"


def test_what_was_disturbed_or_not_measured_is_told() -> None:
    disturbed = level_of({"constant": 1_000, "gateway": 900}, others=0.3)

    found = report.verdicts({"W0": disturbed}, {})
    assert found[0] == "yes?"
    assert set(found[1:]) == {"not measured"}
    assert "(disturbed)" in report.report({"W0": disturbed}, {})


def test_a_latency_over_its_bound_is_a_target_missed() -> None:
    slow = level_of({"constant": 1_000, "gateway": 900}, p99_ms=25.0)

    (row,) = [row for row in _targets({"W3": slow}) if "p99" in row[0]]
    assert row[-1] == "NO"


def test_a_ratio_stands_beside_what_it_is_by_processor_time() -> None:
    fast = level_of({"constant": 1_000, "gateway": 500})

    (row,) = [row for row in _targets({"W0": fast}) if row[0] == "W0 / constant handler"]
    assert row[1] == row[3] == "0.500"


def test_bars_are_as_long_as_the_rates_and_leave_the_constant_out() -> None:
    shown = pages.bars(level_of({"constant": 9_000, "gateway": 100, "fastapi": 400, "sanic": 1}))

    fastest, ours, slowest = shown.splitlines()
    assert fastest == f"FastAPI  {'█' * 40} 400 (360 to 440)"
    assert ours == f"Halyard  {'█' * 10} 100 (90 to 110)"
    assert slowest == "Sanic    ▏ 1 (1 to 1)"


def test_the_summary_has_a_row_for_each_server_and_the_ratios() -> None:
    rows = pages.summary(all_levels(), {}).splitlines()

    assert rows[2].startswith("| **Halyard** ")
    assert rows[2].count("20,000") == 5
    assert next(row for row in rows if row.startswith("| Halyard / FastAPI")).count("2.00") == 5


def test_the_tuned_peer_stands_beside_the_documented_one_where_it_was_measured() -> None:
    levels = all_levels()
    summary = pages.summary(levels, {}).splitlines()
    (ratios,) = [row for row in summary if row.startswith("| Halyard / FastAPI, tuned")]
    heads = {name: next(iter(report.level_report(name, levels[name]))) for name in levels}

    assert ratios.count("4.00") == 3
    told = [name for name, head in heads.items() if "| / FastAPI | / FastAPI, tuned |" in head]
    assert told == ["W2", "W3", "W3-keyed"]


def test_the_charts_legend_has_the_ratios_to_each_base() -> None:
    shown = chart.legend(all_levels(), ["W1", "W3"]).splitlines()

    assert "    W1: 0.50 · to FastAPI 2.0" in shown
    assert "    W3: 0.50 · to FastAPI 2.0 · to FastAPI, tuned 4.0" in shown


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


def test_a_part_is_kept_as_it_is_and_shows_its_origin(tmp_path: Path) -> None:
    held = Held("memory, kB", [8.5, 9.0], Target(10, at_least=False), [9.0])
    part = Part("Memory", ["connections", "MB"], [["1,000", "80"]], {"runs": [1, 2]}, [held])

    keep_part("memory", part, ORIGIN, tmp_path)
    kept = load_parts(tmp_path)

    assert kept["memory"].part == part
    assert kept["memory"].origin == ORIGIN
    shown = report.parts_report(kept)
    assert "2026-11-22, Halyard at c0ffee0: 3 rounds of 4 s." in shown
    assert "Versions: python 3.11.7, fastapi 0.165.0." in shown


def test_parts_and_rows_that_were_not_measured_are_told_as_such(tmp_path: Path) -> None:
    rows = [[f"{action}, 1,000", "4,260"] for action in ("get", "increment", "list")]
    keep_part("counters", Part("Counters", ["action", "calls/s"], rows, {}), ORIGIN, tmp_path)

    shown = report.parts_report(load_parts(tmp_path))
    assert "Not measured: ping, 1; ping, 2; ping, 8;" in shown
    assert "Not measured: text, 100; text, 1,000; text, 10,000;" in shown
    assert "Not measured: get, 100,000; get, 1,000,000; get, 10,000,000; increment, 100," in shown
    assert set(PARTS) <= set(EXPECTED)


def test_a_profile_tells_what_a_call_takes_beyond_the_constant_handler() -> None:
    kept = {
        "constant": profiles.Profile(30, {"HTTP parser": 0.5, "kernel: sockets": 0.5}, ORIGIN),
        "W0": profiles.Profile(50, {"HTTP parser": 0.3, "codec": 0.3, "log": 0.4}, ORIGIN),
    }

    shown = profiles.profile_report(kept)
    assert "**W0** takes 20.0 µs a call more than the constant handler" in shown
    assert "Most of it: log 20.0, codec 15.0." in shown
    assert "Not measured: **W1**, **W2**," in shown


def test_a_profile_among_many_is_told_beside_the_one_among_few() -> None:
    kept = {
        "10 actions": profiles.Profile(30, {"pipeline": 1.0}, ORIGIN),
        "1,000 actions": profiles.Profile(50, {"pipeline": 0.6, "codec": 0.4}, ORIGIN),
    }

    shown = profiles.profile_report(kept)
    assert "**1,000 actions** takes 20.0 µs a call more than 10 actions. Most of it: codec" in shown


def test_the_readmes_show_what_is_kept() -> None:
    for page, blocks in pages.contents().items():
        text = page.read_text(encoding="utf-8")
        for name, content in blocks.items():
            assert pages.with_block(text, name, content) == text


def _targets(results: dict[str, LevelResult]) -> list[tuple[str, ...]]:
    return [held.row() for held in report.level_targets(results)]
