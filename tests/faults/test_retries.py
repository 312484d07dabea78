"""Every write is done once: clients that try again and race, servers that are killed meanwhile."""

import asyncio
import contextlib
import json
import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from pathlib import Path
from random import Random
from typing import Any

import aiohttp

from tests.faults.ledger import Ledger, prove_integrity, prove_sums
from tests.faults.orders import Desk, Place, kill_now_and_then, send, until
from tests.faults.process import Server, init, options_of
from tests.faults.trades import Clerks, Keepers, Steppers
from tests.faults.windows import Passed, most_in_a_window
from tests.support.redis import has_redis, redis_server

SECONDS = float(os.environ.get("HALYARD_TEST_FAULT_SECONDS", "15"))
KILLS = 5
PLACES = {"sqlite": 1, "postgresql": 2}
COUNTERS = [f"shared-{number}" for number in range(8)]
WORKERS = 8
"""Of each trade."""

CALLS, WINDOW = 50, 2
"""The limit of one account, by calls and seconds."""
HAMMERS = 6

SENT_AGAIN = 200
"""Orders that are placed once more after everything."""

_MAY_WAIT = {"IdempotencyKeyInUse", "Overloaded"}
AUDITED = (
    *("accounts/create", "accounts/delete", "counters/delete"),
    *("keys/create", "keys/rotate", "keys/revoke"),
)


@dataclass
class Crowd:
    """Everybody who calls, and those who have a limit."""

    desk: Desk
    steppers: Steppers
    keepers: Keepers
    clerks: Clerks
    passed: dict[int, list[Passed]] = field(default_factory=dict)
    """By the server's process: what it let through of the account with the limit."""
    limited: int = 0


def test_whatever_is_killed_every_order_is_done_once_and_no_limit_is_passed(
    kind: str, database: dict[str, Any], tmp_path: Path
) -> None:
    options = options_of(database)
    ledger = Ledger(init(options), COUNTERS)
    with contextlib.ExitStack() as stack:
        settings = {}
        if PLACES[kind] > 1 and has_redis():
            settings["redis"] = stack.enter_context(redis_server(tmp_path / "redis"))
        places = [
            stack.enter_context(Place(options, tmp_path / f"place-{number}", settings))
            for number in range(PLACES[kind])
        ]
        ledger.make(places[0].server)
        crowd = asyncio.run(_load(places, ledger.key))

        _prove_calm(places, crowd)
        _prove_counters(places[0].server, ledger, crowd, database)
        _prove_accounts(places[-1].server, ledger, crowd)
        _prove_limit(places, crowd, together=bool(settings))


async def _load(places: Sequence[Place], key: str) -> Crowd:
    random = Random(f"retries {len(places)}")  # noqa: S311 - repeatable
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(30)) as session:
        desk = Desk(session, places, key, random)
        crowd = Crowd(
            desk, Steppers(desk, random, COUNTERS), Keepers(desk, random), Clerks(desk, random)
        )
        limited = await _limited_account(crowd)
        trades = (crowd.steppers.step, crowd.keepers.keep_one, crowd.clerks.hire_one)

        async def hammer() -> None:
            await _hammer(session, random.choice(places).server, limited, crowd)

        async with asyncio.TaskGroup() as group:
            _ = group.create_task(kill_now_and_then(places, random, kills=KILLS, seconds=SECONDS))
            for work in [*trades * WORKERS, *[hammer] * HAMMERS]:
                _ = group.create_task(until(SECONDS, work, random))
        for order in random.sample(desk.done, min(SENT_AGAIN, len(desk.done))):
            await desk.place_again(order)
        for good, account in random.sample(crowd.clerks.good, min(20, len(crowd.clerks.good))):
            answer = await send(session, places[0].server, "system/whoami", {}, good)
            assert answer is not None
            assert answer["data"]["account_id"] == account
    return crowd


async def _limited_account(crowd: Crowd) -> str:
    """The key of an account with a limit, told by an answer that was not lost."""
    limit, name = f"{CALLS}/{WINDOW}", "Limited"
    account = await crowd.clerks.order(
        "accounts/create", name=name, role="viewer", rate_limit=limit
    )
    crowd.clerks.accounts[account["id"]] = name
    told: str | None = None
    while told is None:
        key = await crowd.clerks.order("keys/create", account_id=account["id"], name=name)
        crowd.clerks.keys[key["id"]] = False
        told = key["key"]
    return told


async def _hammer(session: aiohttp.ClientSession, server: Server, key: str, crowd: Crowd) -> None:
    sent = time.time()
    answer = await send(session, server, "system/whoami", {}, key)
    if answer is None:
        return
    if answer["status"] == "success":
        passed = crowd.passed.setdefault(server.process.pid, [])
        passed.append(Passed(sent, time.time()))
    else:
        assert answer["data"]["code"] == "RateLimited", answer
        crowd.limited += 1


def _prove_calm(places: Sequence[Place], crowd: Crowd) -> None:
    """The load was one, and no server has a fault of its own to tell of."""
    desk = crowd.desk
    assert sum(len(place.lives) for place in places) >= len(places) + KILLS
    assert desk.unanswered > KILLS
    assert desk.replayed > SENT_AGAIN
    assert desk.recovered > 0
    assert desk.refusals.keys() <= _MAY_WAIT, desk.refusals
    assert not crowd.steppers.outcome.refused
    for place in places:
        for server in place.lives:
            assert not server.faults()


def _prove_counters(server: Server, ledger: Ledger, crowd: Crowd, database: dict[str, Any]) -> None:
    """Each acknowledged change is there once, and nothing else is."""
    steppers, keepers = crowd.steppers, crowd.keepers
    ledger.prove(server, steppers.outcome, unanswered=0)
    found = {each["external_id"]: each for each in ledger.read(server, "counters/list")}
    assert {name: found[name]["value"] for name in COUNTERS} == steppers.sums
    own = {
        name: {fact: each[fact] for fact in ("name", "value", "version")}
        for name, each in found.items()
        if name not in COUNTERS
    }
    assert own == keepers.kept
    for name, history in keepers.histories.items():
        changes = ledger.read(server, "counters/history", external_id=name)
        assert [(each["action"], each["to"]) for each in reversed(changes)] == history
    prove_sums(database, [*COUNTERS, *keepers.kept])
    prove_integrity(database)


def _prove_accounts(server: Server, ledger: Ledger, crowd: Crowd) -> None:
    """Each acknowledged account and key is there once, and the trail tells of each order once."""
    clerks, desk = crowd.clerks, crowd.desk
    first, *accounts = ledger.read(server, "accounts/list")
    _, *keys = ledger.read(server, "keys/list")
    assert first["role"] == "owner"
    assert sorted((each["id"], each["name"]) for each in accounts) == sorted(
        clerks.accounts.items()
    )
    assert sorted((each["id"], each["revoked_at"] is not None) for each in keys) == sorted(
        clerks.keys.items()
    )
    trail = ledger.read(server, "audit/list")
    # An order that changed several objects has a row for each.
    orders = {
        (each["request_id"], each["action"]) for each in trail if each["outcome"] == "success"
    }
    told = Counter(action for _, action in orders)
    assert {path: told[path] for path in AUDITED} == {path: desk.count(path) for path in AUDITED}


def _prove_limit(places: Sequence[Place], crowd: Crowd, *, together: bool) -> None:
    """No window held more than the limit: of all servers with Redis, of each one's life without."""
    lives = list(crowd.passed.values())
    for passed in lives:
        assert most_in_a_window(passed, WINDOW) <= CALLS
    if together:
        apart = list(chain(*(_apart(server) for place in places for server in place.lives)))
        counted = [
            each
            for each in chain(*lives)
            if not any(begin <= each.answered and each.sent <= end for begin, end in apart)
        ]
        assert most_in_a_window(counted, WINDOW) <= CALLS
        assert len(counted) > sum(map(len, lives)) / 2
    # It was the limit that held them back, and not how slow the machine is.
    assert most_in_a_window(list(chain(*lives)), WINDOW) > CALLS * 0.8
    assert crowd.limited > CALLS


def _apart(server: Server) -> Iterator[tuple[float, float]]:
    """From when to when, by its log, a server was without its Redis, and counted alone."""
    begin = None
    for line in server.stdout.read_text().splitlines():
        if '"redis.lost"' in line:
            begin = _moment(line)
        elif '"redis.back"' in line and begin is not None:
            yield begin, _moment(line)
            begin = None
    if begin is not None:
        yield begin, float("inf")


def _moment(line: str) -> float:
    return datetime.fromisoformat(json.loads(line)["at"]).timestamp()
