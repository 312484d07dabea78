"""Group commit: whatever queued up while one commit ran goes into the next."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import pytest

from gateway.store.database import QueueFullError
from gateway.store.groups import GROUP_MAX, Commit, Entry, GroupQueue, at_once
from gateway.store.sizes import GroupSizes
from tests.gateway.store.shelf import begun, outcomes


class Commits:
    """A queue whose commits wait until the test lets them go on."""

    def __init__(self) -> None:
        self.groups: list[list[object]] = []
        self.going = asyncio.Event()
        self.open = asyncio.Event()
        self.open.set()
        self.fault: type[BaseException] | None = None
        self.sizes = GroupSizes(GROUP_MAX)
        self.queue = GroupQueue(at_once(self.commit), self.sizes)
        self._entries: list[Entry] = []

    async def commit(self, group: list[Entry]) -> None:
        self.groups.append([entry.call for entry in group])
        self.going.set()
        await self.open.wait()
        if self.fault is not None:
            raise self.fault("the disk is full")
        for entry in group:
            entry.outcome = ValueError("odd") if entry.call == "odd" else f"{entry.call} is kept"

    async def put(self, call: object) -> object:
        entry = Entry(call=call)
        self._entries.append(entry)
        return await self.queue.put(entry)

    def let_go(self) -> None:
        """Settle whoever was forgotten, so that a failing test ends."""
        for entry in self._entries:
            entry.settle()


@pytest.fixture
async def commits() -> Commits:
    return Commits()


async def test_one_caller_is_a_group_of_one(commits: Commits) -> None:
    assert [await commits.put("a"), await commits.put("b")] == ["a is kept", "b is kept"]
    assert commits.groups == [["a"], ["b"]]


async def test_those_who_come_meanwhile_are_one_group(commits: Commits) -> None:
    commits.open.clear()
    first = await begun(commits.put("a"))
    await commits.going.wait()
    others = await begun(*(commits.put(name) for name in "bcd"))
    commits.open.set()

    assert await outcomes([*first, *others]) == [f"{name} is kept" for name in "abcd"]
    assert commits.groups == [["a"], ["b", "c", "d"]]


async def test_a_group_has_its_limit(commits: Commits) -> None:
    tasks = await begun(*(commits.put(n) for n in range(GROUP_MAX + 2)))
    await outcomes(tasks)

    assert [len(group) for group in commits.groups] == [GROUP_MAX, 2]
    assert [n for group in commits.groups for n in group] == list(range(GROUP_MAX + 2))


async def test_an_outcome_that_is_an_exception_is_raised(commits: Commits) -> None:
    tasks = await begun(commits.put("a"), commits.put("odd"), commits.put("c"))

    assert await outcomes(tasks) == ["a is kept", ValueError, "c is kept"]


async def test_a_commit_that_fails_fails_for_all_and_the_next_is_tried(commits: Commits) -> None:
    commits.fault = OSError
    failed = await outcomes(await begun(commits.put("a"), commits.put("b")))
    commits.fault = None

    assert failed == [OSError, OSError]
    assert await commits.put("c") == "c is kept"


@contextmanager
def no_longer_than(seconds: float) -> Iterator[None]:
    """Break a loop that has stopped to turn, which no timeout of its own can."""

    def ring(*_: object) -> None:
        raise TimeoutError("the event loop hangs")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


async def test_a_commit_that_is_cancelled_is_so_for_all(commits: Commits) -> None:
    commits.fault = asyncio.CancelledError
    tasks = await begun(commits.put("a"), commits.put("b"))
    with no_longer_than(2):
        found = await outcomes(tasks)
    commits.fault = None

    assert found == [asyncio.CancelledError] * 2
    assert await commits.put("c") == "c is kept"


async def test_draining_waits_for_everything_that_was_put(commits: Commits) -> None:
    commits.open.clear()
    first = await begun(commits.put("a"))
    await commits.going.wait()
    second = await begun(commits.put("b"))
    draining = asyncio.create_task(commits.queue.drain())
    commits.open.set()
    await draining

    assert [task.done() for task in (*first, *second)] == [True, True]


async def test_draining_an_idle_queue_returns_at_once(commits: Commits) -> None:
    await commits.queue.drain()

    assert commits.groups == []


async def test_who_leaves_before_joining_is_not_in_the_group(commits: Commits) -> None:
    commits.open.clear()
    first = await begun(commits.put("a"))
    await commits.going.wait()
    leaver, stayer = await begun(commits.put("b"), commits.put("c"))
    leaver.cancel()
    commits.open.set()

    assert await outcomes([*first, leaver, stayer]) == [
        "a is kept",
        asyncio.CancelledError,
        "c is kept",
    ]
    assert commits.groups == [["a"], ["c"]]


Turn = Callable[["Commits", "asyncio.Task[object]"], None]


def _leave_then_end(commits: Commits, leaver: "asyncio.Task[object]") -> None:
    leaver.cancel()
    commits.open.set()


def _end_then_leave(commits: Commits, leaver: "asyncio.Task[object]") -> None:
    commits.open.set()
    leaver.cancel()


@pytest.mark.parametrize("outcome", ["a is kept", OSError])
@pytest.mark.parametrize("turn", [_leave_then_end, _end_then_leave])
async def test_who_leaves_in_the_moment_in_which_the_commit_ends_gets_its_outcome(
    commits: Commits, turn: Turn, outcome: object
) -> None:
    commits.open.clear()
    commits.fault = OSError if outcome is OSError else None
    (leaver,) = await begun(commits.put("a"))
    await commits.going.wait()
    turn(commits, leaver)
    ended, _ = await asyncio.wait([leaver], timeout=5)
    commits.let_go()
    found = await outcomes([leaver])

    assert ended == {leaver}
    assert found == [outcome]


async def test_a_group_of_leavers_only_is_no_commit(commits: Commits) -> None:
    leavers = await begun(commits.put("a"), commits.put("b"))
    for leaver in leavers:
        leaver.cancel()

    assert await outcomes(leavers) == [asyncio.CancelledError] * 2
    assert await commits.put("c") == "c is kept"
    assert commits.groups == [["c"]]


class Turnstile:
    """Commits that have to wait until the test opens it, or that break with its fault."""

    def __init__(self, commits: Commits) -> None:
        self._commits = commits
        self.reached = asyncio.Event()
        self.open = asyncio.Event()
        self.fault: OSError | None = None
        self.held = 0
        self.queue = GroupQueue(self._ready, commits.sizes)

    @asynccontextmanager
    async def _ready(self) -> AsyncIterator[Commit]:
        self.reached.set()
        await self.open.wait()
        if self.fault is not None:
            raise self.fault
        self.held += 1
        try:
            yield self._commits.commit
        finally:
            self.held -= 1

    async def put_before(self, *names: str) -> "list[asyncio.Task[object]]":
        """Put these while nothing can be committed yet."""
        tasks = await begun(*(self.queue.put(Entry(call=name)) for name in names))
        await self.reached.wait()
        return tasks


async def test_who_comes_or_leaves_before_all_is_ready_is_in_the_group_or_not(
    commits: Commits,
) -> None:
    turnstile = Turnstile(commits)
    first = await turnstile.put_before("a", "b")
    others = await turnstile.put_before("c")
    first[0].cancel()
    left = await outcomes(first[:1])  # it is not held up
    turnstile.open.set()

    assert left == [asyncio.CancelledError]
    assert await outcomes([*first[1:], *others]) == ["b is kept", "c is kept"]
    assert commits.groups == [["b", "c"]]
    assert turnstile.held == 0


async def test_when_all_leave_nothing_is_committed_or_held(commits: Commits) -> None:
    turnstile = Turnstile(commits)
    (leaver,) = await turnstile.put_before("a")
    leaver.cancel()
    await outcomes([leaver])
    turnstile.open.set()
    await turnstile.queue.drain()

    assert commits.groups == []
    assert commits.sizes.writes == 0
    assert turnstile.held == 0


async def test_what_can_never_be_ready_fails_for_all_who_wait(commits: Commits) -> None:
    turnstile = Turnstile(commits)
    turnstile.fault = ConnectionRefusedError("nobody there")
    tasks = await turnstile.put_before("a", "b")
    turnstile.open.set()
    failed = await outcomes(tasks)
    turnstile.fault = None

    assert failed == [ConnectionRefusedError] * 2
    assert await turnstile.queue.put(Entry(call="c")) == "c is kept"


async def test_more_than_may_wait_is_not_taken_on(commits: Commits) -> None:
    commits.queue = GroupQueue(at_once(commits.commit), GroupSizes(9), bound=3)
    commits.open.clear()
    running = await begun(commits.put("a"))
    await commits.going.wait()
    waiting = await begun(*(commits.put(name) for name in "bcd"))
    with pytest.raises(QueueFullError):
        await commits.put("e")
    commits.open.set()

    assert await outcomes(running + waiting) == [f"{name} is kept" for name in "abcd"]
    assert await commits.put("f") == "f is kept"
