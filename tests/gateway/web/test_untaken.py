"""Answers that their clients do not take: bounded in all, and whose wait was longest goes first."""

from collections.abc import Callable

from gateway.web.untaken import Untaken

Given = list[str]


def given_up(name: str, to: Given) -> Callable[[], None]:
    """What gives up a connection of this name."""
    return lambda: to.append(name)


def test_what_fits_is_held() -> None:
    gone: Given = []
    untaken = Untaken(most=10)
    untaken.hold(given_up("a", gone), 4)
    untaken.hold(given_up("b", gone), 6)

    assert gone == []


def test_who_has_waited_longest_is_given_up_for_the_next() -> None:
    gone: Given = []
    untaken = Untaken(most=10)
    for name in "abc":
        untaken.hold(given_up(name, gone), 4)
    untaken.hold(given_up("d", gone), 8)

    assert gone == ["a", "b", "c"]


def test_what_was_taken_makes_room_once() -> None:
    gone: Given = []
    untaken = Untaken(most=10)
    taken = given_up("a", gone)
    untaken.hold(taken, 9)
    untaken.release(taken)
    untaken.release(taken)
    untaken.hold(given_up("b", gone), 10)
    before = list(gone)
    untaken.hold(given_up("c", gone), 1)

    assert before == []
    assert gone == ["b"]


def test_one_answer_that_is_too_large_for_all_room_is_given_up_itself() -> None:
    gone: Given = []
    Untaken(most=10).hold(given_up("a", gone), 11)

    assert gone == ["a"]
