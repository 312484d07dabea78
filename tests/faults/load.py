"""Many clients that increment counters at once, and keep every answer to the byte."""

import asyncio
import json
import socket
from collections import defaultdict
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple

from tests.faults.process import HOST, Server

CLIENTS = 64
STEP_MAX = 9


class Step(NamedTuple):
    """A change of a counter, by what was asked for and what was answered."""

    before: int
    after: int


@dataclass
class Outcome:
    """What the clients were told until their connections ended."""

    acknowledged: dict[str, dict[int, Step]] = field(default_factory=lambda: defaultdict(dict))
    """By counter: the versions that were answered with success."""
    refused: list[dict[str, Any]] = field(default_factory=list)
    """Every other envelope."""
    torn: list[bytes] = field(default_factory=list)
    """What arrived of answers that were begun and not ended."""

    def count(self) -> int:
        return sum(map(len, self.acknowledged.values()))

    def note(self, counter: str, by: int, envelope: dict[str, Any]) -> None:
        if envelope["status"] != "success":
            self.refused.append(envelope)
            return
        version, value = envelope["data"]["version"], envelope["data"]["value"]
        assert version not in self.acknowledged[counter], "One version was given out twice."
        self.acknowledged[counter][version] = Step(value - by, value)


async def increment_until_the_end(
    server: Server, key: str, counters: list[str], random: Random
) -> Outcome:
    """Let the clients call, each on a connection of its own, until those are refused or closed."""
    outcome = Outcome()
    seeds = [random.random() for _ in range(CLIENTS)]
    async with asyncio.TaskGroup() as group:
        for seed in seeds:
            group.create_task(_client(server.port, key, counters, Random(seed), outcome))  # noqa: S311 - repeatable
    return outcome


async def _client(
    port: int, key: str, counters: list[str], random: Random, outcome: Outcome
) -> None:
    with socket.socket() as connection:
        connection.setblocking(False)  # noqa: FBT003 - the socket's own signature
        try:
            await asyncio.get_running_loop().sock_connect(connection, (HOST, port))
        except ConnectionError:
            return
        while True:
            counter, by = random.choice(counters), random.randint(1, STEP_MAX)
            request = _request(key, external_id=counter, by=by)
            answer = await _exchange(connection, request)
            envelope = _envelope(answer)
            if envelope is None:
                outcome.torn += [answer] if answer else []
                return
            outcome.note(counter, by, envelope)


def _request(key: str, **params: Any) -> bytes:
    body = json.dumps(params).encode()
    head = (
        f"POST /api/v1/counters/increment HTTP/1.1\r\nHost: {HOST}\r\n"
        f"Authorization: Bearer {key}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _exchange(connection: socket.socket, request: bytes) -> bytes:
    """Everything that came back: one whole answer, or less if the connection ended."""
    loop = asyncio.get_running_loop()
    received = b""
    try:
        await loop.sock_sendall(connection, request)
        while _envelope(received) is None:
            more = await loop.sock_recv(connection, 65536)
            if not more:
                break
            received += more
    except ConnectionError:
        pass
    return received


def _envelope(answer: bytes) -> dict[str, Any] | None:
    """The envelope in an answer that is whole, else None."""
    head, end, body = answer.partition(b"\r\n\r\n")
    length = head.lower().partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0]
    if not end or len(body) < int(length):
        return None
    envelope: dict[str, Any] = json.loads(body)
    return envelope
