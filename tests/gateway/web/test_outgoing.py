"""Answers on their way out: together, in order, and none is lost when its connection is closed."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from gateway.web.connection import Connection
from gateway.web.outgoing import AT_ONCE, Outgoing
from gateway.web.request import Request
from tests.gateway.web.wire import answering, request, said


class Line(asyncio.Protocol):
    """One end of a connection, as `Outgoing` sees it."""

    transport: asyncio.Transport | None = None


@asynccontextmanager
async def line() -> AsyncIterator[tuple[Line, socket.socket]]:
    """Both ends; what is written to the one can be read from the other at once."""
    near, far = socket.socketpair()
    far.settimeout(0)
    made = Line()
    made.transport, _ = await asyncio.get_running_loop().create_connection(lambda: made, sock=near)
    with far:
        yield made, far
    if made.transport is not None:
        made.transport.close()


def received(far: socket.socket) -> bytes:
    """What has come by now."""
    try:
        return far.recv(65_536)
    except BlockingIOError:
        return b""


async def test_answers_of_a_turn_leave_at_its_end_in_their_order() -> None:
    outgoing = Outgoing(asyncio.get_running_loop())
    async with line() as (ours, far):
        outgoing.add(ours, b"first ")
        outgoing.add(ours, b"second")
        before = received(far)
        await asyncio.sleep(0)

        assert before == b""
        assert received(far) == b"first second"


async def test_many_answers_do_not_wait_for_the_end_of_the_turn() -> None:
    outgoing = Outgoing(asyncio.get_running_loop())
    async with line() as (ours, far):
        for _ in range(AT_ONCE + 1):
            outgoing.add(ours, b"x")
        before = received(far)
        await asyncio.sleep(0)

        assert before == b"x" * AT_ONCE
        assert received(far) == b"x"


async def test_who_is_gone_keeps_no_other_from_its_answer() -> None:
    outgoing = Outgoing(asyncio.get_running_loop())
    async with line() as (gone, _), line() as (closing, __), line() as (ours, far):
        for each in (gone, closing, ours):
            outgoing.add(each, b"hello")
        lost, gone.transport = gone.transport, None
        assert closing.transport is not None
        closing.transport.close()
        outgoing.send()
        gone.transport = lost

        assert received(far) == b"hello"


async def test_a_connection_that_is_closed_in_the_turn_of_its_answer_still_sends_it() -> None:
    async def answer(asked: Request) -> bytes:
        connection = cast("Connection", asked.connection)
        asyncio.get_running_loop().call_soon(connection.force_close)  # before the turn's end
        return b"the answer"

    async with answering(answer) as far:
        assert await said(far, request()) == b"the answer"
