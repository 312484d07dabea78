"""Made-up results, for tests of what is made of them."""

from tests.benchmarks.contest import SERVERS, openers
from tests.benchmarks.levels import LEVELS
from tests.benchmarks.results import Figures, LevelResult, Origin

ROUNDS = 3
ORIGIN = Origin("2026-11-22", "c0ffee0", ROUNDS, 4, {"python": "3.11.7", "fastapi": "0.165.0"})


def figures(rate: float, *, p99_ms: float = 10.0, others: float = 0.01) -> Figures:
    """Three rounds around a rate."""
    return Figures(
        rates=[rate * 0.9, rate, rate * 1.1],
        p50_ms=[p99_ms / 2] * ROUNDS,
        p99_ms=[p99_ms] * ROUNDS,
        microseconds=[1e6 / rate] * ROUNDS,
        disturbance=[others] * ROUNDS,
    )


def level_of(rates: dict[str, float], **options: float) -> LevelResult:
    """One level's result from each server's rate."""
    servers = {name: figures(rate, **options) for name, rate in rates.items()}
    return LevelResult(ORIGIN, servers)


def all_levels() -> dict[str, LevelResult]:
    """Every level, on which every server is half as fast as the one before it."""
    rates = {name: 40_000 / 2**place for place, name in enumerate(SERVERS)}
    return {level: level_of({name: rates[name] for name in openers(level)}) for level in LEVELS}
