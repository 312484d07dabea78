"""Moving windows in Redis or Valkey, exact across all the processes that count there.

Own code, since the moving window of the `limits` library (5.8, redis-py, the server on the same
machine) cost 498 microseconds a call, authentication included, and 964 with a window for the action
too, where this costs 229 and 211, and 44 and 65 with 32 calls at once: the library asks twice for
each window. It also goes by each process's own clock, and cannot take from two windows or none.
Here one script asks for all of a call's windows, by the clock of the server that keeps them; calls
that come while a question is out share the next one.
"""

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from gateway.limits.policy import Bucket, Ruling, rule
from gateway.limits.script import ServerScript
from gateway.logs import Log
from gateway.settings import SettingsError

PATIENCE = 0.25
"""Seconds that one question may take, or what comes of it; then calls go on without."""
RETRY_SECONDS = 0.5
"""How often a server that is away is looked for."""

_GROUP_MAX = 128
_PREFIX = "halyard:limit:"
_MICROSECONDS = 1_000_000

# A window is a list with the time of each unit that was taken, oldest first. All numbers come back
# in one string, since the client would read a list of them one by one, each with an await.
_SCRIPT = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local answer, keys, at = {}, 0, 1
while ARGV[at] do
    local buckets, cost, wait, held = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), 0, {}
    for bucket = 1, buckets do
        local key = KEYS[keys + bucket]
        local calls, span = tonumber(ARGV[at + 2 * bucket]), tonumber(ARGV[at + 2 * bucket + 1])
        local oldest = redis.call('LINDEX', key, 0)
        while oldest and tonumber(oldest) < now - span do
            redis.call('LPOP', key)
            oldest = redis.call('LINDEX', key, 0)
        end
        local used, charge = redis.call('LLEN', key), math.min(cost, calls)
        local over = used + charge - calls
        if charge > 0 and over > 0 then
            local left = tonumber(redis.call('LINDEX', key, over - 1)) + span - now
            wait = math.max(wait, left + 1)
        end
        held[bucket] = {key, charge, span, used, oldest}
    end
    answer[#answer + 1] = wait
    for bucket = 1, buckets do
        local key, charge, span, used, oldest = unpack(held[bucket])
        if wait == 0 and charge > 0 then
            for unit = 1, charge do
                redis.call('RPUSH', key, now)
            end
            redis.call('PEXPIRE', key, math.ceil(span / 1000) + 1000)
            used, oldest = used + charge, oldest or now
        end
        answer[#answer + 1] = used
        answer[#answer + 1] = oldest and tonumber(oldest) + span - now or 0
    end
    keys, at = keys + buckets, at + 2 + 2 * buckets
end
return table.concat(answer, ' ')
"""


class _Question(NamedTuple):
    buckets: Sequence[Bucket]
    cost: int


_Waiting = tuple[_Question, "asyncio.Future[Ruling | None]"]


class SharedWindows:
    """The windows in one server; `is_away` while it does not answer.

    Raises SettingsError when `url` is none that a client could use.
    """

    def __init__(self, url: str, log: Log) -> None:
        try:
            self._script = ServerScript(client_url(url), _SCRIPT, patience=PATIENCE)
        except ValueError:
            # The address may hold a password, so it is not repeated.
            raise SettingsError(
                "The setting redis cannot be used: no connection can be made from it."
            ) from None
        self._log = log
        self._waiting: list[_Waiting] = []
        self._is_asking = False
        self._asking: asyncio.Task[None] | None = None
        self._looking: asyncio.Task[None] | None = None

    @property
    def is_away(self) -> bool:
        return self._looking is not None

    async def open(self) -> None:
        """Look whether the server is there; where it is not, calls go on without it."""
        if fault := await self._fault():
            self._lose(fault)

    async def close(self) -> None:
        for task in (self._asking, self._looking):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        with contextlib.suppress(*_failures()):
            await self._script.close()

    async def take(self, buckets: Sequence[Bucket], cost: int) -> Ruling | None:
        """As `Windows.take`; None when the server does not answer."""
        if self.is_away:
            return None
        question = _Question(buckets, cost)
        if not self._is_asking:
            return await self._ask_alone(question)
        answer: asyncio.Future[Ruling | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, answer))
        return await answer

    async def _ask_alone(self, question: _Question) -> Ruling | None:
        """Ask for one call, without a task: those who come meanwhile have one for their own."""
        self._is_asking = True
        try:
            return (await self._rulings_on([question]))[0]
        except _failures() as fault:
            self._lose(fault)
            _tell_nothing(self._waiting)
            self._waiting = []
            return None
        finally:
            if self._waiting:
                self._asking = asyncio.create_task(self._ask())
            else:
                self._is_asking = False

    async def _ask(self) -> None:
        """Ask for everything that waits, again and again until nothing does."""
        try:
            while self._waiting:
                group, self._waiting = self._waiting[:_GROUP_MAX], self._waiting[_GROUP_MAX:]
                try:
                    rulings = await self._rulings_on([question for question, _ in group])
                    _tell(group, rulings)
                except _failures() as fault:
                    self._lose(fault)
                    group += self._waiting
                    self._waiting = []
                finally:
                    _tell_nothing(group)
        finally:
            _tell_nothing(self._waiting)
            self._waiting, self._asking, self._is_asking = [], None, False

    async def _rulings_on(self, questions: Sequence[_Question]) -> list[Ruling]:
        keys: list[str] = []
        said: list[int] = []
        for buckets, cost in questions:
            said += (len(buckets), cost)
            for name, policy in buckets:
                keys.append(_PREFIX + name)
                said += (policy.calls, policy.seconds * _MICROSECONDS)
        async with asyncio.timeout(PATIENCE):
            answer = await self._script.run(keys, said)
        return list(_rulings(questions, [int(number) for number in answer.split()]))

    def _lose(self, fault: Exception) -> None:
        if self._looking is None:
            reason = type(fault).__name__
            self._log.warning("redis.lost", reason=reason, limits="each process counts alone")
            self._looking = asyncio.create_task(self._look())

    async def _look(self) -> None:
        """Look for the server until it answers."""
        while True:
            await asyncio.sleep(RETRY_SECONDS)
            if await self._fault() is None:
                self._looking = None
                self._log.info("redis.back", limits="all processes count together")
                return

    async def _fault(self) -> Exception | None:
        """What is wrong with the server, if anything."""
        try:
            async with asyncio.timeout(PATIENCE):
                # A write, since a replica or a full server answers pings and counts nothing.
                await self._script.run([_PREFIX], [1, 1, 1, 1])
        except _failures() as fault:
            return fault
        return None


def client_url(url: str) -> str:
    """The address in the client's words, which knows Redis only."""
    return "redis" + url.removeprefix("valkey") if url.startswith("valkey") else url


def _failures() -> tuple[type[Exception], ...]:
    from redis.exceptions import RedisError  # where a client is in use, it is imported already

    return (RedisError, OSError, TimeoutError)


def _rulings(questions: Sequence[_Question], said: Sequence[int]) -> Iterator[Ruling]:
    """What the script's answer means for each question."""
    at = 0
    for buckets, cost in questions:
        wait, end = said[at], at + 1 + 2 * len(buckets)
        levels = [(said[i], said[i + 1] / _MICROSECONDS) for i in range(at + 1, end, 2)]
        # Rounded up to the millisecond: who waits as long as told finds room.
        yield rule(-(-wait // 1000) / 1000, cost, buckets, levels)
        at = end


def _tell(group: Sequence[_Waiting], rulings: Sequence[Ruling]) -> None:
    for (_, answer), ruling in zip(group, rulings, strict=True):
        if not answer.done():
            answer.set_result(ruling)


def _tell_nothing(group: Sequence[_Waiting]) -> None:
    """Whoever was told nothing yet goes on alone."""
    for _, answer in group:
        if not answer.done():
            answer.set_result(None)
