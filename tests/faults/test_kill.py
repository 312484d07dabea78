"""No acknowledged write is lost: the real server under load, killed or told to stop."""

import asyncio
from pathlib import Path
from random import Random
from typing import Any

from tests.faults.ledger import Ledger, prove_integrity, prove_sums
from tests.faults.load import Outcome, increment_until_the_end
from tests.faults.process import Server, init, options_of, serving

COUNTERS = [f"counter-{number:02}" for number in range(20)]
KILLS = {"sqlite": 10, "postgresql": 3}
LOAD_SECONDS = (0.2, 1.0)


def test_no_acknowledged_write_is_lost_when_the_server_is_killed(
    kind: str, database: dict[str, Any], tmp_path: Path
) -> None:
    options = options_of(database)
    ledger = Ledger(init(options), COUNTERS)
    random = Random(f"kill {kind}")  # noqa: S311 - repeatable
    outcome = Outcome()
    for number in range(KILLS[kind]):
        with serving(options, tmp_path / f"server-{number}") as server:
            if number == 0:
                ledger.make(server)
            _prove(server, ledger, outcome, database)
            outcome = _load_until(server.kill, server, ledger, random)
            server.wait()
        assert outcome.count()
        assert not outcome.refused

    with serving(options, tmp_path / "last-server") as server:
        _prove(server, ledger, outcome, database)
        assert not server.faults()


def test_a_server_that_is_told_to_stop_keeps_its_word(
    database: dict[str, Any], tmp_path: Path
) -> None:
    options = options_of(database)
    ledger = Ledger(init(options), COUNTERS)
    random = Random("stop")  # noqa: S311 - repeatable
    with serving(options, tmp_path / "server") as server:
        ledger.make(server)
        outcome = _load_until(server.terminate, server, ledger, random)
        exit_code = server.wait()
        assert not server.faults()

    assert exit_code == 0
    assert outcome.count()
    assert outcome.torn == []
    assert {each["data"]["code"] for each in outcome.refused} <= {"Overloaded"}
    with serving(options, tmp_path / "next-server") as server:
        _prove(server, ledger, outcome, database)


def _load_until(end: Any, server: Server, ledger: Ledger, random: Random) -> Outcome:
    """Load the server until, at a random moment, `end` puts an end to it."""

    async def load() -> Outcome:
        asyncio.get_running_loop().call_later(random.uniform(*LOAD_SECONDS), end)
        return await increment_until_the_end(server, ledger.key, COUNTERS, random)

    return asyncio.run(load())


def _prove(server: Server, ledger: Ledger, outcome: Outcome, database: dict[str, Any]) -> None:
    ledger.prove(server, outcome)
    prove_sums(database, COUNTERS)
    prove_integrity(database)
