"""A write with an Idempotency-Key runs once, whatever the number of tries."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import select, text

from gateway.context import NO_OPTIONS, Options
from gateway.envelope import Envelope
from gateway.errors import IdempotencyKeyInUse
from gateway.stages.idempotency import Turns, claim_of
from gateway.store import idempotency
from gateway.store.database import Transaction
from gateway.store.idempotency import Claim, Record, claimant_of
from gateway.store.statements import Row, Statement
from gateway.store.tables import idempotency_records
from tests.conftest import OpenHouse
from tests.gateway import toys
from tests.gateway.calls import answer_of, begin, call_of, names_kept, totals_kept
from tests.gateway.kinds import ON_POSTGRES
from tests.gateway.toy_shapes import Name
from tests.gateway.toys import CRASHING, SECRET, UNLUCKY, Bench
from tests.support.house import Answer, House
from tests.support.people import key_of
from tests.support.watching import WatchedTurns, watched

WRITES = ["toys/keep", "toys/tally"]


async def effects(house: House) -> list[Any]:
    """Everything that is kept."""
    return [*await names_kept(house), *(await totals_kept(house)).items()]


def replayed(answer: Answer) -> bool:
    return answer["flags"].get("idempotent_replay") is True


@pytest.mark.parametrize("path", WRITES)
async def test_a_second_try_gets_the_first_answer_and_does_nothing(
    toybox: House, path: str
) -> None:
    first = await answer_of(toybox, path, once="k", name="pear", request_id="one")
    kept = await effects(toybox)
    second = await answer_of(toybox, path, once="k", name="pear", request_id="two")

    assert (second["status"], second["data"]) == (first["status"], first["data"])
    assert second["flags"] == {
        **first["flags"],
        "request_id": "two",
        "idempotent_replay": True,
    }
    assert not replayed(first)
    assert await effects(toybox) == kept


async def test_flags_that_the_action_set_are_in_the_replay_too(toybox: House) -> None:
    await answer_of(toybox, "toys/keep_and_flag", once="k", name="pear")
    again = await answer_of(toybox, "toys/keep_and_flag", once="k", name="pear")

    assert again["flags"]["toy"] == "pear"
    assert again["flags"]["creation"] is True


async def test_parameters_are_compared_after_validation(toybox: House) -> None:
    first = await answer_of(toybox, "toys/tally", once="k", text=b'{"name":"apples"}')
    second = await answer_of(toybox, "toys/tally", once="k", text=b'{ "by":1, "name":"apples" }')

    assert second["data"] == first["data"]
    assert replayed(second)


@pytest.mark.parametrize("path", WRITES)
@pytest.mark.parametrize("other", [{"name": "plum"}, {"name": "pear", "_full": True}])
async def test_other_parameters_are_refused(
    toybox: House, path: str, other: dict[str, Any]
) -> None:
    if path == "toys/tally":
        other = {"name": "pear", "by": 2} if "_full" in other else other
    await answer_of(toybox, path, once="k", name="pear")
    kept = await effects(toybox)
    second = await answer_of(toybox, path, once="k", **other)

    assert second["data"] == {
        "code": "IdempotencyKeyReused",
        "message": "This Idempotency-Key was sent with other parameters before.",
        "retryable": False,
    }
    assert await effects(toybox) == kept


async def test_a_key_belongs_to_one_action_of_one_account(toybox: House) -> None:
    await answer_of(toybox, "toys/tally", once="k", name="pear")
    other_action = await answer_of(toybox, "toys/keep", once="k", name="pear")
    other_account = await answer_of(
        toybox, "toys/tally", key=await key_of(toybox), once="k", name="pear"
    )

    for each in (other_action, other_account):
        assert (each["status"], replayed(each)) == ("success", False)
    assert await totals_kept(toybox) == {"pear": 2}


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("toys/keep_and_refuse", {"name": "lemon"}),
        ("toys/keep_and_crash", {"name": "pear"}),
        ("toys/tally", {"name": "pear", "by": UNLUCKY}),
        ("toys/tally", {"name": "pear", "by": CRASHING}),
    ],
)
async def test_a_failure_is_not_kept_and_the_next_try_runs(
    toybox: House, path: str, params: dict[str, Any]
) -> None:
    first = await answer_of(toybox, path, once="k", **params)
    second = await answer_of(toybox, path, once="k", **params)
    good = await answer_of(toybox, "toys/tally", once="k", name="pear")

    assert first["status"] == second["status"] == "error"
    assert not replayed(second)
    assert good["status"] == "success"


@pytest.mark.parametrize("path", ["toys/keep_and_refuse", "toys/tally"])
async def test_of_a_failure_no_record_is_left(toybox: House, path: str) -> None:
    params = {"name": "lemon"} | ({"by": UNLUCKY} if path == "toys/tally" else {})
    answer = await answer_of(toybox, path, once="k", **params)
    kept = await toybox.gateway.database.reader.all(Statement(select(idempotency_records.c.key)))

    assert answer["status"] == "error"
    assert kept == []


async def test_a_failure_leaves_nothing_of_a_record_that_is_a_day_old(toybox: House) -> None:
    await answer_of(toybox, "toys/tally", once="k", name="pear")
    toybox.clock.now += timedelta(hours=25)
    failed = await answer_of(toybox, "toys/tally", once="k", name="pear", by=UNLUCKY)
    after = await answer_of(toybox, "toys/tally", once="k", name="pear")
    again = await answer_of(toybox, "toys/tally", once="k", name="pear")

    assert failed["status"] == "error"
    assert (after["data"]["total"], replayed(after)) == (2, False)
    assert (again["data"]["total"], replayed(again)) == (2, True)


@pytest.mark.parametrize("path", WRITES)
async def test_of_racing_twins_one_runs_and_all_get_its_answer(toybox: House, path: str) -> None:
    twins = [begin(toybox, path, once="k", name="pear") for _ in range(20)]
    answers = [orjson.loads((await twin).body) for twin in twins]

    assert [answer["data"] for answer in answers] == [answers[0]["data"]] * 20
    assert sorted(map(replayed, answers)) == [False] + [True] * 19
    assert len(await effects(toybox)) == 1


@pytest.mark.parametrize("path", WRITES)
async def test_twins_at_two_gateways_run_once_too(open_house: OpenHouse, path: str) -> None:
    houses = [await open_house(sections=(toys.section,)) for _ in range(2)]
    houses[1].key = houses[0].key
    twins = [begin(house, path, once=f"k{n}", name="pear") for n in range(5) for house in houses]
    answers = [orjson.loads((await twin).body) for twin in twins]

    if path == "toys/tally":
        assert await totals_kept(houses[0]) == {"pear": 5}
        assert sum(map(replayed, answers)) == 5
    else:
        # Things have names of their own, so of five keys one makes the thing.
        made = [answer["data"]["id"] for answer in answers if answer["status"] == "success"]
        assert len(made) == 2
        assert len(set(made)) == 1
        assert await names_kept(houses[0]) == ["pear"]


async def test_a_group_may_hold_used_keys_new_ones_and_none(toybox: House, bench: Bench) -> None:
    await answer_of(toybox, "toys/tally", once="used", name="pear")
    block = begin(toybox, "toys/tally", name=toys.SLOW)
    await bench.reached()
    used = begin(toybox, "toys/tally", once="used", name="pear")
    reused = begin(toybox, "toys/tally", once="new", name="plum", by=2)
    failing = begin(toybox, "toys/tally", once="bad", name="plum", by=UNLUCKY)
    plain = begin(toybox, "toys/tally", name="pear")
    bench.go_on.set()
    await block
    answers = [orjson.loads((await call).body) for call in (used, reused, failing, plain)]
    again = await answer_of(toybox, "toys/tally", once="new", name="plum", by=2)

    assert [answer["data"].get("total") for answer in answers] == [1, 2, None, 2]
    assert answers[2]["data"]["code"] == "Unlucky"
    assert again["data"]["total"] == 2
    assert await totals_kept(toybox) == {toys.SLOW: 1, "pear": 2, "plum": 2}


async def test_what_failed_by_now_gets_the_answer_of_its_time(toybox: House, bench: Bench) -> None:
    first = await answer_of(toybox, "toys/tally", once="k", name="pear")
    bench.forbidden.add("pear")
    again = await answer_of(toybox, "toys/tally", once="k", name="pear")
    other = await answer_of(toybox, "toys/tally", once="k", name="pear", by=2)
    new = await answer_of(toybox, "toys/tally", once="new", name="pear")

    assert (again["data"], replayed(again)) == (first["data"], True)
    assert other["data"]["code"] == "IdempotencyKeyReused"
    assert new["data"]["code"] == "Unlucky"


async def test_a_flag_of_a_try_that_was_undone_is_told_to_nobody(toybox: House) -> None:
    first = await answer_of(toybox, "toys/tally", once="k", name="pear", by=toys.TELLING)
    again = await answer_of(toybox, "toys/tally", once="k", name="pear", by=toys.TELLING)
    told = await answer_of(toybox, "toys/tally", once="new", name="pear", by=toys.TELLING)

    assert again["flags"] == {**first["flags"], "idempotent_replay": True}
    assert told["flags"] == {**first["flags"], "had": toys.TELLING}


async def test_a_used_key_leaves_the_rest_of_its_group_together(
    toybox: House, bench: Bench
) -> None:
    await answer_of(toybox, "toys/tally", once="used", name="pear")
    block = begin(toybox, "toys/tally", name=toys.SLOW)
    await bench.reached()
    calls = [
        begin(toybox, "toys/tally", once=once, name="pear") for once in ("1", "2", "used", "3")
    ]
    bench.go_on.set()
    await block
    answers = [orjson.loads((await call).body) for call in calls]

    assert [answer["data"]["total"] for answer in answers] == [2, 3, 1, 4]
    assert bench.groups[-1] == 3


async def test_what_would_break_by_now_gets_the_answer_of_its_time(toybox: House) -> None:
    first = await answer_of(toybox, "toys/tally", once="k", name="pear", by=600)
    again = await answer_of(toybox, "toys/tally", once="k", name="pear", by=600)

    assert (again["data"], replayed(again)) == (first["data"], True)


@pytest.mark.parametrize("since", [0, 62, 63, 64])
async def test_replays_beside_a_call_that_breaks_their_group_are_answered(
    toybox: House, bench: Bench, since: int
) -> None:
    names = [f"k{number}" for number in range(70)]
    first = {
        name: await answer_of(toybox, "toys/tally", once=name, name="pear", by=1) for name in names
    }
    await answer_of(toybox, "toys/tally", once=names[0], name="pear", by=1)
    for number in range(since):
        await answer_of(toybox, "toys/tally", once=f"new{number}", name="plum", by=1)
    bench.arrived.clear()
    block = begin(toybox, "toys/tally", name=toys.SLOW)
    await bench.reached()
    calls = [begin(toybox, "toys/tally", once=name, name="pear", by=1) for name in names]
    breaking = begin(toybox, "toys/tally", name="pear", by=2000)
    bench.go_on.set()
    await block
    answers = [orjson.loads((await call).body) for call in calls]

    assert [answer["data"] for answer in answers] == [each["data"] for each in first.values()]
    assert all(map(replayed, answers))
    assert orjson.loads((await breaking).body)["data"]["code"] == "InternalServerError"


async def test_replays_in_a_row_are_not_all_tried(toybox: House, bench: Bench) -> None:
    answers = [await answer_of(toybox, "toys/tally", once="k", name="pear") for _ in range(9)]

    assert [answer["data"]["total"] for answer in answers] == [1] * 9
    assert [*map(replayed, answers)] == [False] + [True] * 8
    assert len(bench.groups) <= 2


async def test_the_answer_outlives_the_gateway(open_house: OpenHouse) -> None:
    house = await open_house(sections=(toys.section,))
    first = await answer_of(house, "toys/keep", once="k", name="pear")
    key = house.key
    await house.gateway.close()
    house = await open_house(sections=(toys.section,))
    second = await answer_of(house, "toys/keep", key=key, once="k", name="pear")

    assert second["data"] == first["data"]
    assert replayed(second)


async def test_after_a_day_the_key_is_as_good_as_new(toybox: House) -> None:
    await answer_of(toybox, "toys/tally", once="k", name="pear")
    toybox.clock.now += timedelta(hours=23, minutes=59)
    within = await answer_of(toybox, "toys/tally", once="k", name="pear")
    toybox.clock.now += timedelta(minutes=2)
    after = await answer_of(toybox, "toys/tally", once="k", name="pear", by=2)

    assert replayed(within)
    assert not replayed(after)
    assert after["data"]["total"] == 3


async def test_records_that_answer_no_more_are_deleted(toybox: House) -> None:
    database = toybox.gateway.database
    for name in ("pear", "plum"):
        await answer_of(toybox, "toys/tally", once=name, name=name)
        toybox.clock.now += timedelta(hours=13)
    more = await idempotency.purge(database, at=toybox.clock.now)
    kept = await database.reader.all(Statement(select(idempotency_records.c.key)))

    assert (more, [key for (key,) in kept]) == (False, ["plum"])


async def test_a_key_that_came_anew_is_kept_as_long_as_any(toybox: House) -> None:
    database = toybox.gateway.database
    for name in ("pear", "plum", "pear"):
        await answer_of(toybox, "toys/tally", once=name, name=name)
        toybox.clock.now += timedelta(hours=13)
    more = await idempotency.purge(database, at=toybox.clock.now)
    kept = await database.reader.all(Statement(select(idempotency_records.c.key)))

    assert (more, [key for (key,) in kept]) == (False, ["pear"])


async def test_a_secret_is_told_once_and_never_kept(toybox: House) -> None:
    first = await answer_of(toybox, "toys/mint", once="k", name="pear")
    second = await answer_of(toybox, "toys/mint", once="k", name="pear")

    assert first["data"]["the_token"] == SECRET
    assert "secret_withheld" not in first["flags"]
    assert second["data"] == {**first["data"], "the_token": None}
    assert second["flags"]["secret_withheld"] is True


@pytest.mark.parametrize("once", ["", "a b", "ä", "k" * 256, "tab\t", "\x7f"])
async def test_a_key_that_cannot_be_one_is_malformed(toybox: House, once: str) -> None:
    answer = await answer_of(toybox, "toys/keep", once=once, name="pear")

    assert answer["data"]["code"] == "MalformedRequest"
    assert answer["data"]["message"] == "An Idempotency-Key has 1 to 255 visible ASCII characters."
    assert await names_kept(toybox) == []


@pytest.mark.parametrize("once", ["k", "!" * 255, "~"])
async def test_any_other_key_is_one(toybox: House, once: str) -> None:
    answer = await answer_of(toybox, "toys/keep", once=once, name="pear")

    assert answer["status"] == "success"


@pytest.mark.parametrize("path", ["toys/greet", "toys/things"])
async def test_reads_and_actions_without_a_key_ignore_it(toybox: House, path: str) -> None:
    for name in ("pear", "plum"):
        answer = await answer_of(toybox, path, once="not a key", name=name)
        assert answer["status"] == "success"
        assert not replayed(answer)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "The body is not strict JSON"),
        (b'{"nme":"pear"}', "An Idempotency-Key has 1 to 255"),
    ],
)
async def test_the_key_is_checked_after_the_body_and_before_the_parameters(
    toybox: House, body: bytes, message: str
) -> None:
    answer = await answer_of(toybox, "toys/keep", once="", text=body)

    assert answer["data"]["message"].startswith(message)


@dataclass(frozen=True)
class Private:
    a: int
    _b: int


def test_equal_parameters_have_equal_claims_whatever_they_are_made_of() -> None:
    def claim(params: object) -> Claim:
        return claim_of(("k", "claimant"), params, NO_OPTIONS)

    # These two are iterated in different orders, as equal sets of texts are in two processes.
    assert claim({0, 8}) == claim({8} | {0})
    assert claim(frozenset("a")) != claim(frozenset("b"))
    assert claim({1: "one", 2: "two"}) == claim({2: "two", 1: "one"})
    assert claim(Private(1, _b=2)) == claim(Private(1, _b=2))
    assert claim(Private(1, _b=2)) != claim(Private(1, _b=3))


def test_what_was_asked_of_the_answer_is_part_of_the_claim() -> None:
    asked = [
        NO_OPTIONS,
        Options(full=True),
        Options(expand=frozenset("a")),
        Options(full=True, expand=frozenset("ab")),
        Options(full=True, expand=frozenset("ba")),
    ]

    claims = {claim_of(("k", "claimant"), Name("a"), each) for each in asked}
    assert len(claims) == len(asked) - 1


async def test_a_key_that_is_claimed_anew_is_not_purged(toybox: House) -> None:
    database, now = toybox.gateway.database, toybox.clock.now
    claim = Claim("k", "claimant", "f")
    claimed, go_on = asyncio.Event(), asyncio.Event()

    async def keep(db: Transaction) -> None:
        now = toybox.clock.now
        await idempotency.claim(db, [claim], at=now)
        await idempotency.keep(db, [Record(*claim, "1", "{}")], at=now)

    async def keep_slowly(db: Transaction) -> None:
        await keep(db)
        claimed.set()
        await go_on.wait()

    await database.write(keep)
    toybox.clock.now = now + idempotency.LIFETIME
    anew = asyncio.create_task(database.write(keep_slowly))
    await claimed.wait()
    purging = asyncio.create_task(idempotency.purge(database, at=toybox.clock.now))
    await asyncio.sleep(0.1)  # on PostgreSQL it comes to the row that the other one holds
    go_on.set()
    await asyncio.gather(anew, purging)

    async def claim_again(db: Transaction) -> int:
        return len(await idempotency.claim(db, [claim], at=toybox.clock.now))

    assert await database.write(claim_again) == 1


async def test_a_wait_that_takes_too_long_ends(toybox: House) -> None:
    turns, name = Turns(wait_seconds=0.01), ("k", "claimant")
    assert turns.begin(name) is None
    waiting = turns.begin(name)
    assert waiting is not None
    with pytest.raises(IdempotencyKeyInUse):
        await waiting
    turns.end(name)
    assert turns.begin(name) is None


async def test_a_wait_lasts_until_the_callers_deadline(toybox: House, bench: Bench) -> None:
    first = begin(toybox, "toys/keep_slowly", once="k", name="pear")
    await bench.reached()
    deadline = asyncio.get_running_loop().time() + 0.01
    late = await answer_of(toybox, "toys/keep_slowly", once="k", name="pear", deadline=deadline)
    bench.go_on.set()

    assert late["data"]["code"] == "DeadlineExceeded"
    assert (await first).status == "success"


@dataclass
class TwoGateways:
    """Two gateways, the first of which runs a call that does not end until it is told to."""

    here: House
    there: House
    first: "asyncio.Task[Envelope]"
    account_id: str

    async def finish(self) -> None:
        self.here.gateway.pipeline.shared.sections["toys"].go_on.set()
        assert (await self.first).status == "success"
        assert await names_kept(self.here) == ["pear"]


@pytest.fixture
async def two(open_house: OpenHouse) -> AsyncIterator[TwoGateways]:
    here, there = [await open_house(sections=(toys.section,)) for _ in range(2)]
    there.key = here.key
    call = call_of(here, "toys/keep_slowly", once="k", name="pear")
    first = asyncio.create_task(here.gateway.pipeline.answer(call))
    bench: Bench = here.gateway.pipeline.shared.sections["toys"]
    await bench.reached()
    assert call.caller is not None
    yield TwoGateways(here, there, first, call.caller.account_id)
    bench.go_on.set()


PATIENCE = 5
"""Seconds within which a call is answered; PostgreSQL itself would have it wait for ten."""


async def in_use(answering: "Awaitable[Envelope]") -> bool:
    """Whether the answer comes soon enough, and is that another call has the key."""
    loop = asyncio.get_running_loop()
    until = loop.time() + PATIENCE  # a write that has begun heeds no timeout
    return (await answering).code == "IdempotencyKeyInUse" and loop.time() < until


@ON_POSTGRES
async def test_a_wait_for_another_gateway_lasts_until_the_callers_deadline(
    two: TwoGateways,
) -> None:
    deadline = asyncio.get_running_loop().time() + 0.5
    twin = call_of(two.there, "toys/keep_slowly", once="k", name="pear", deadline=deadline)

    assert await in_use(two.there.gateway.pipeline.answer(twin))
    await two.finish()


@ON_POSTGRES
async def test_the_waits_for_a_twin_here_and_for_one_at_another_gateway_are_one(
    two: TwoGateways,
) -> None:
    turns, name = WatchedTurns(0.5), ("k", claimant_of(two.account_id, "toys/keep_slowly"))
    assert turns.begin(name) is None
    twin = call_of(two.there, "toys/keep_slowly", once="k", name="pear")
    answering = asyncio.create_task(watched(two.there, turns=turns).answer(twin))
    await turns.somebody_waits.wait()
    turns.end(name)

    assert await in_use(answering)
    await two.finish()


@ON_POSTGRES
async def test_only_the_wait_for_the_key_is_shortened(toybox: House) -> None:
    claim = Claim("k", "claimant", "f")

    async def work(db: Transaction) -> Row | None:
        await idempotency.claim(db, [claim], at=toybox.clock.now, patience=0.5)
        return await db.first(Statement(text("SHOW lock_timeout")))

    assert await toybox.gateway.database.write(work) == ("10s",)
