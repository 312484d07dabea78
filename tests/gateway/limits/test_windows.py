"""Moving windows in memory: exact, whatever comes when, and whatever it costs."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.limits.policy import parse_limit
from gateway.limits.windows import Windows
from tests.gateway.limits.naive import NaiveWindow, bucket, most_in_any_window, policy_of


class Hands:
    """A clock that stands where the test puts it, in seconds."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def windows(hands: Hands) -> Windows:
    return Windows(hands)


POLICIES = st.tuples(st.integers(1, 12), st.integers(1, 4))
# Eighths of a second are exact in floating point, and often come to the very end of a window.
PAUSES = st.integers(0, 12)
ARRIVALS = st.lists(st.tuples(PAUSES, st.integers(0, 5)), max_size=60)
# Most calls cost one, in one window or two; which ones differs, as an account's actions do.
COSTS = st.sampled_from([1, 1, 1, 1, 0, 2, 5])
NEEDED = st.lists(st.integers(0, 2), min_size=1, max_size=2, unique=True)
CALLS = st.lists(st.tuples(PAUSES, COSTS, NEEDED), max_size=60)


@given(st.tuples(POLICIES, POLICIES, POLICIES), CALLS)
def test_no_window_ever_holds_more_than_its_limit_and_nothing_is_refused_without_need(
    limits: tuple[tuple[int, int], ...], calls: list[tuple[int, int, list[int]]]
) -> None:
    hands = Hands()
    windows = Windows(hands)
    buckets = [bucket(str(number), *limit) for number, limit in enumerate(limits)]
    naive = [NaiveWindow(policy) for _, policy in buckets]
    for eighths, cost, needed in calls:
        hands.now += eighths / 8
        asked = [naive[each] for each in needed]
        room = all(each.has_room(cost, hands.now) for each in asked)
        ruling = windows.take([buckets[each] for each in needed], cost)

        assert (ruling.wait == 0.0) == (room or not cost)
        assert list(ruling.lacking) == [
            buckets[each][0]
            for each in needed
            if cost and not naive[each].has_room(cost, hands.now)
        ]
        if room and cost:
            for each in asked:
                each.take(cost, hands.now)
        told = dict(ruling.headers)
        left, resets = min((each.left(hands.now), -each.leaves(hands.now)) for each in asked)
        assert ruling.room == int(told["RateLimit-Remaining"]) == left
        assert int(told["RateLimit-Reset"]) == math.ceil(-resets)
    for each in naive:
        assert most_in_any_window(each.taken, each.policy.seconds) <= each.policy.calls


@given(POLICIES, ARRIVALS, st.integers(1, 5))
def test_who_waits_as_long_as_told_finds_room_and_not_much_earlier(
    limit: tuple[int, int], arrivals: list[tuple[int, int]], cost: int
) -> None:
    hands = Hands()
    windows = Windows(hands)
    buckets = [bucket("account", *limit)]
    for eighths, each in arrivals:
        hands.now += eighths / 8
        windows.take(buckets, each)
    wait = windows.take(buckets, cost, count=False).wait
    if wait:
        hands.now += wait - 0.002
        assert windows.take(buckets, cost, count=False).wait > 0
        hands.now += 0.002
    assert windows.take(buckets, cost).wait == 0.0


def test_a_call_counts_until_the_whole_window_has_passed(windows: Windows, hands: Hands) -> None:
    once = [bucket("account", 1, 60)]
    windows.take(once, 1)
    hands.now += 60
    last = windows.take(once, 1)
    hands.now += 0.001
    after = windows.take(once, 1)

    assert (last.wait, after.wait) == (0.001, 0.0)


def test_the_headers_tell_of_the_limit_what_is_left_and_when_there_is_more(
    windows: Windows, hands: Hands
) -> None:
    buckets = [bucket("account", 100, 60)]
    windows.take(buckets, 40)
    hands.now += 38.5

    assert windows.take(buckets, 3).headers == (
        ("RateLimit-Limit", "100"),
        ("RateLimit-Remaining", "57"),
        ("RateLimit-Reset", "22"),
        ("RateLimit-Policy", "100;w=60"),
    )


def test_of_two_windows_the_headers_tell_of_the_one_with_the_least_room(windows: Windows) -> None:
    account, action = bucket("account", 10, 60), bucket("action", 5, 120)
    both = windows.take([account, action], 1)
    windows.take([account], 6)
    later = windows.take([account, action], 1)

    assert dict(both.headers)["RateLimit-Policy"] == "5;w=120"
    assert dict(both.headers)["RateLimit-Remaining"] == "4"
    assert dict(later.headers)["RateLimit-Policy"] == "10;w=60"
    assert dict(later.headers)["RateLimit-Remaining"] == "2"


def test_where_both_have_as_little_room_the_headers_tell_of_the_one_that_is_full_for_longer(
    windows: Windows,
) -> None:
    account, action = bucket("account", 5, 60), bucket("action", 5, 120)
    told = [dict(windows.take([account, action], 1).headers) for _ in range(6)]

    assert {each["RateLimit-Policy"] for each in told} == {"5;w=120"}
    assert {each["RateLimit-Reset"] for each in told} == {"120"}


def test_what_one_window_refuses_is_not_counted_in_the_other(windows: Windows) -> None:
    account, action = bucket("account", 3, 60), bucket("action", 1, 60)
    outcomes = [windows.take([account, action], 1).wait for _ in range(5)]
    alone = [windows.take([account], 1).wait for _ in range(3)]

    assert [bool(wait) for wait in outcomes] == [False, True, True, True, True]
    assert [bool(wait) for wait in alone] == [False, False, True]


def test_what_costs_more_than_a_window_holds_takes_all_of_it(windows: Windows) -> None:
    small = [bucket("account", 3, 60)]

    assert dict(windows.take(small, 5).headers)["RateLimit-Remaining"] == "0"
    assert windows.take(small, 1).wait > 59


def test_a_limit_that_is_lowered_counts_what_was_taken_before(windows: Windows) -> None:
    windows.take([bucket("account", 10, 60)], 8)
    lowered = windows.take([bucket("account", 5, 60)], 1)

    assert lowered.wait > 59
    assert dict(lowered.headers)["RateLimit-Remaining"] == "0"


def test_windows_that_have_emptied_are_forgotten(windows: Windows, hands: Hands) -> None:
    for number in range(5000):
        hands.now += 0.01
        windows.take([bucket(f"account-{number}", 1, 1)], 1)

    assert len(windows) < 2100


def test_a_window_that_counts_something_is_never_forgotten(windows: Windows, hands: Hands) -> None:
    one = [bucket("account", 2, 60)]
    for _ in range(2):
        windows.take(one, 1)
        hands.now += 50
    for number in range(5000):
        windows.take([bucket(f"account-{number}", 1, 1)], 1)

    assert windows.take(one, 1, count=False).room == 1


def test_windows_are_bounded_where_nobody_knows_how_many_there_will_be(hands: Hands) -> None:
    windows = Windows(hands, most=1000)
    for number in range(10_000):
        windows.take([bucket(f"address-{number}", 20, 60)], 1)

    assert len(windows) <= 2001
    assert windows.take([bucket("address-9999", 20, 60)], 20).wait > 0


@pytest.mark.parametrize(
    "text", ["", "100", "100/", "/60", "0/60", "100/0", "-1/60", "1.5/60", "100/60/2", "Off",
             "1000000/60", "1/100000", " 100/60", "100/60\n", "\u0661/60"],
)  # fmt: skip
def test_a_limit_is_calls_and_seconds_and_nothing_else(text: str) -> None:
    with pytest.raises(ValueError, match=r"calls/seconds, such as 100/60, or off"):
        parse_limit(text)


def test_a_limit_can_be_none() -> None:
    assert parse_limit("off") is None
    assert policy_of(999_999, 99_999).calls == 999_999
