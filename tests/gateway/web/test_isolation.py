"""Calls of one connection share nothing, whoever they come from: not even a ContextVar."""

import asyncio
from contextvars import ContextVar

import pytest

from gateway.web.isolation import isolated
from gateway.web.request import Request
from tests.gateway.web.wire import answering, request, said

who: ContextVar[str] = ContextVar("who", default="nobody")


async def become(name: str) -> str:
    """Set who one is, wait, and tell both who one was and is."""
    before = who.get()
    who.set(name)
    await asyncio.sleep(0)
    return f"{before}, then {who.get()}"


async def test_what_one_call_sets_the_next_does_not_see() -> None:
    first = await isolated(become("Ada"))
    second = await isolated(become("Grace"))

    assert (first, second) == ("nobody, then Ada", "nobody, then Grace")
    assert who.get() == "nobody"


async def test_what_was_set_before_is_seen() -> None:
    who.set("the connection")

    assert await isolated(become("Ada")) == "the connection, then Ada"


async def test_a_failure_passes_through() -> None:
    async def fail() -> None:
        await asyncio.sleep(0)
        raise LookupError("lost")

    with pytest.raises(LookupError, match="lost"):
        await isolated(fail())


async def test_cancelling_reaches_the_work_which_may_finish_first() -> None:
    done: list[str] = []

    async def work() -> str:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.sleep(0)
            done.append(who.get())
        return "finished"

    async def call() -> str:
        return await isolated(work())

    task = asyncio.create_task(call())
    await asyncio.sleep(0)
    task.cancel()

    assert await task == "finished"
    assert done == ["nobody"]


async def test_a_timeout_inside_ends_the_work() -> None:
    async def wait() -> str:
        try:
            async with asyncio.timeout(0.001):
                await asyncio.Event().wait()
        except TimeoutError:
            return "timed out"
        return "went on"

    assert await isolated(wait()) == "timed out"


async def test_the_calls_of_a_connection_do_not_see_each_other() -> None:
    async def answer(asked: Request) -> bytes:
        return (await become(asked.raw_path)).encode()

    async with answering(answer) as far:
        answers = [await said(far, request(path)) for path in ("/ada", "/grace")]

    assert answers == [b"nobody, then /ada", b"nobody, then /grace"]
