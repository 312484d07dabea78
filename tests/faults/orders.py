"""Orders: writes with an Idempotency-Key, sent to gateways that come and go until one answers."""

import asyncio
import contextlib
import json
import uuid
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any, NamedTuple, Self

import aiohttp

from tests.faults.process import Server, serving

PATIENCE = 60.0
"""Seconds in which an order is done, whatever is killed meanwhile."""
PAUSE = 0.02
"""Seconds before the next try."""
HASTY = 0.1
"""The share of tries that are given up within HASTE seconds."""
HASTE = 0.02

Envelope = dict[str, Any]


class Place:
    """Where a gateway serves, is killed, and another takes over; `lives` has them all."""

    def __init__(self, options: Sequence[str], folder: Path, settings: Mapping[str, str]) -> None:
        self.lives: list[Server] = []
        self._options = options
        self._folder = folder
        self._settings = settings
        self._stack = contextlib.ExitStack()

    @property
    def server(self) -> Server:
        """The one that serves, or was the last to do so."""
        return self.lives[-1]

    def start(self) -> None:
        folder = self._folder / f"life-{len(self.lives)}"
        server = serving(self._options, folder, **self._settings)
        self.lives.append(self._stack.enter_context(server))

    def kill(self) -> None:
        self.server.kill()
        self.server.wait()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *fault: object) -> None:
        self._stack.close()


class Order(NamedTuple):
    """A write that is to be done once."""

    path: str
    params: Mapping[str, Any]
    once: str


class Desk:
    """Has orders done at any of the places, and holds all answers to one against each other."""

    def __init__(
        self, session: aiohttp.ClientSession, places: Sequence[Place], key: str, random: Random
    ) -> None:
        self.done: list[Order] = []
        self.refusals: Counter[str] = Counter()
        """By code, the answers after which an order was sent again."""
        self.unanswered = 0
        self.replayed = 0
        self.recovered = 0
        """Orders that were done by a try whose answer was lost."""
        self._session = session
        self._places = places
        self._key = key
        self._random = random
        self._answers: dict[str, list[Envelope]] = defaultdict(list)

    async def place(self, path: str, *, twins: bool = False, **params: Any) -> Envelope:
        """What a new order came to; `twins` are sent to two places at the same moment."""
        order = Order(path, params, uuid.uuid4().hex)
        envelope = await self._answered(order, twins=twins)
        self.done.append(order)
        self.recovered += _is_replay(envelope)
        return envelope

    async def place_again(self, order: Order) -> None:
        """An order that was done is not done again, and its answer stays what it was."""
        before = self.replayed
        await self._answered(order, twins=False)
        assert self.replayed == before + 1, order

    def count(self, path: str) -> int:
        """How many orders for the action were done."""
        return sum(order.path == path for order in self.done)

    async def _answered(self, order: Order, *, twins: bool) -> Envelope:
        first = self._random.choice(self._places)
        both = [first, next((each for each in self._places if each is not first), first)]
        async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
            tries = [
                group.create_task(self._until_answered(order, place))
                for place in (both if twins else [first])
            ]
        told = [each.result() for each in tries]
        self.replayed += sum(map(_is_replay, told))
        answers = self._answers[order.once]
        answers += told
        agree(answers, order)
        return min(answers, key=_is_replay)

    async def _until_answered(self, order: Order, place: Place) -> Envelope:
        while True:
            is_hasty = self._random.random() < HASTY
            envelope = await send(
                self._session,
                place.server,
                order.path,
                order.params,
                self._key,
                once=order.once,
                patience=self._random.uniform(0, HASTE) if is_hasty else None,
            )
            if envelope is None:
                self.unanswered += 1
            elif envelope["status"] == "error" and envelope["data"]["retryable"]:
                self.refusals[envelope["data"]["code"]] += 1
            else:
                return envelope
            await asyncio.sleep(PAUSE)
            place = self._random.choice(self._places)


def agree(answers: Sequence[Envelope], order: Order) -> None:
    """The order was done once, and whoever asked was told the same, but for what is shown once."""
    assert sum(not _is_replay(each) for each in answers) <= 1, (order, answers)
    for each in answers:
        assert each["status"] == "success", (order, each)
        if _is_replay(each) and "key" in each["data"]:
            assert each["flags"]["secret_withheld"] is True
            assert each["data"]["key"] is None
    told = [{**each["data"], "key": None} for each in answers]
    assert all(each == told[0] for each in told), (order, answers)


def _is_replay(envelope: Envelope) -> bool:
    return envelope["flags"].get("idempotent_replay") is True


async def send(
    session: aiohttp.ClientSession,
    server: Server,
    path: str,
    params: Mapping[str, Any],
    key: str,
    *,
    once: str | None = None,
    patience: float | None = None,
) -> Envelope | None:
    """The envelope of a call, or None where server or `patience` was gone before the answer."""
    headers = {"Authorization": f"Bearer {key}"}
    if once is not None:
        headers["Idempotency-Key"] = once
    url = f"{server.url}/api/v1/{path}"
    try:
        async with (
            asyncio.timeout(patience),
            session.post(url, json=params, headers=headers) as response,
        ):
            envelope: Envelope = json.loads(await response.read())
            return envelope
    except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError):
        return None
    except TimeoutError:
        if patience is None:
            raise
        return None


async def kill_now_and_then(
    places: Sequence[Place], random: Random, *, kills: int, seconds: float
) -> None:
    """Kill one place or all of them, at so many random moments of the time, and start anew."""
    loop = asyncio.get_running_loop()
    begin = loop.time()
    for moment in sorted(random.uniform(0.05, 0.9) * seconds for _ in range(kills)):
        await asyncio.sleep(begin + moment - loop.time())
        struck = random.choice([*([each] for each in places), places])
        for each in struck:
            each.kill()
        await asyncio.gather(*(asyncio.to_thread(each.start) for each in struck))


async def until(seconds: float, work: Callable[[], Awaitable[None]], random: Random) -> None:
    """Do the work again and again, with a little rest, until the time is over."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while loop.time() < end:
        await work()
        await asyncio.sleep(random.uniform(0, PAUSE))
