"""What was called is counted by action and outcome, in the words of Prometheus."""

import asyncio
from collections.abc import Iterable

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gateway.metrics import BOUNDS, CallMetrics, MetricsPage, Vitals
from gateway.store.sizes import GroupSizes
from tests.gateway.kinds import ON_POSTGRES
from tests.gateway.toys import SLOW, UNLUCKY, Bench
from tests.support.house import House

Samples = dict[tuple[str, ...], float]

NOTHING = Vitals(connections=0, running=0, waiting=0, group_sizes=GroupSizes(512), audit_dropped=0)


def samples(text: str) -> Samples:
    """Every sample by its name and the values of its labels."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def page_of(calls: Iterable[str] | CallMetrics = (), vitals: Vitals = NOTHING) -> Samples:
    counted = calls if isinstance(calls, CallMetrics) else CallMetrics(calls)
    text, _ = MetricsPage(counted, lambda: vitals).write()
    return samples(text.decode())


def told(house: House) -> Samples:
    return page_of(house.gateway.calls)


async def test_calls_are_counted_by_action_and_outcome(toybox: House) -> None:
    for name in ("Ada", "Bea", "lemon", ""):
        await toybox.send("toys/greet", name=name)
    await toybox.send("toys/keep", key=None)
    found = told(toybox)

    assert {
        each[1:]: value for each, value in found.items() if each[0] == "halyard_calls_total"
    } == {
        ("toys/greet", "success"): 2,
        ("toys/greet", "TooSour"): 1,
        ("toys/greet", "parameter-error"): 1,
        ("toys/keep", "AccessDenied"): 1,
    }
    assert found["halyard_refusals_total", "AccessDenied"] == 1
    assert found["halyard_refusals_total", "PermissionDenied"] == 0


async def test_names_that_callers_invent_are_counted_as_one(toybox: House) -> None:
    for number in range(5):
        await toybox.send(f"toys/x{number}")
    found = told(toybox)

    assert found["halyard_calls_total", "other", "UnknownAction"] == 5
    assert not any("x1" in label for each in found for label in each)


async def test_times_are_counted_up_to_each_bound(toybox: House) -> None:
    answers = [await toybox.send("toys/greet") for _ in range(5)]
    found = told(toybox)
    seconds = [answer["time"] for answer in answers]

    for bound in BOUNDS:
        expected = sum(each <= bound for each in seconds)
        assert found["halyard_call_seconds_bucket", "toys/greet", str(bound)] == expected
    assert found["halyard_call_seconds_bucket", "toys/greet", "+Inf"] == 5
    assert found["halyard_call_seconds_count", "toys/greet"] == 5
    assert found["halyard_call_seconds_sum", "toys/greet"] == pytest.approx(sum(seconds), abs=1e-5)


async def test_two_gateways_count_for_themselves(toybox: House) -> None:
    other = CallMetrics(["toys/greet"])
    await toybox.send("toys/greet")

    assert ("halyard_calls_total", "toys/greet", "success") not in page_of(other)


def test_groups_are_counted_by_their_size() -> None:
    sizes = GroupSizes(512)
    for size in (1, 1, 2, 3, 4, 5, 512):
        sizes.saw(size)
    found = page_of(vitals=NOTHING._replace(group_sizes=sizes))

    bounds = ("1", "2", "4", "8", "256", "512", "+Inf")
    assert [found["halyard_group_writes_bucket", bound] for bound in bounds] == [
        2, 3, 5, 6, 6, 7, 7
    ]  # fmt: skip
    assert found["halyard_group_writes_sum",] == 528


def test_what_is_measured_when_somebody_looks_is_told() -> None:
    found = page_of(vitals=Vitals(3, 2, 7, GroupSizes(512), 5))

    assert found["halyard_open_connections",] == 3
    assert found["halyard_running_requests",] == 2
    assert found["halyard_waiting_writes",] == 7
    assert found["halyard_audit_dropped_total",] == 5
    assert found["process_resident_memory_bytes",] > 10_000_000
    assert found["process_cpu_seconds_total",] > 0


async def test_the_database_tells_its_groups_and_who_waits(toybox: House, bench: Bench) -> None:
    database = toybox.gateway.database
    before = database.group_sizes.writes
    slow = asyncio.create_task(toybox.send("toys/tally", name=SLOW))
    await bench.reached()
    others = [asyncio.create_task(toybox.send("toys/tally", name="pear")) for _ in range(8)]
    async with asyncio.timeout(10):
        while database.waiting < 8:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0)
    bench.go_on.set()
    await asyncio.gather(slow, *others)

    assert database.waiting == 0
    assert database.group_sizes.writes - before == 9
    assert database.group_sizes.counts[3] == 1


@ON_POSTGRES
async def test_who_waits_for_a_connection_waits_too(toybox: House, bench: Bench) -> None:
    database = toybox.gateway.database
    calls = [
        asyncio.create_task(toybox.send("toys/keep_slowly", name=f"pear {n}")) for n in range(14)
    ]
    async with asyncio.timeout(10):
        while database.waiting != 4:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0)
    bench.go_on.set()
    answers = await asyncio.gather(*calls)

    assert {each["status"] for each in answers} == {"success"}
    assert database.waiting == 0


async def test_a_call_that_failed_in_its_group_is_counted_by_its_error(toybox: House) -> None:
    await toybox.send("toys/tally", name="pear", by=UNLUCKY)

    assert told(toybox)["halyard_calls_total", "toys/tally", "Unlucky"] == 1
