"""A request as this gateway reads it: what aiohttp's parser found, and where it came from."""

from typing import Protocol

from aiohttp import StreamReader
from aiohttp.http import RawRequestMessage
from aiohttp.streams import EMPTY_PAYLOAD

_SMALL = 64 * 1024
"""Bytes of which a connection would wait for no taking to read on."""


class Connection(Protocol):
    """What a request may want of the connection that it came on."""

    remote: str
    """The address at the other end; "" when it is not known."""
    is_https: bool

    def send(self, text: bytes) -> None:
        """Send something ahead of the answer."""

    def cancel(self) -> None:
        """Cancel the handling of the request that runs."""


class Request:
    """One request; its body, `content`, may still be on its way.

    `raw_path` is the path as it was sent, with its query; `arrived` the stopwatch's reading when
    its head had come.
    """

    __slots__ = (
        "arrived", "connection", "content", "headers", "keep_alive", "message", "method",
        "raw_path",
    )  # fmt: skip

    def __init__(
        self,
        message: RawRequestMessage,
        content: StreamReader,
        connection: Connection,
        arrived: float,
    ) -> None:
        self.message = message
        self.content = content
        self.connection = connection
        self.arrived = arrived
        self.method = message.method
        self.raw_path = message.path
        self.headers = message.headers
        self.keep_alive = not message.should_close

    def take(self) -> bytes:
        """The body, all of which is here; it can be had once.

        Raises what aiohttp raises for one that broke off.
        """
        content = self.content
        if content is EMPTY_PAYLOAD:
            return b""
        # The reader's own door sees first whether to read on: 1.4 % of a ping's instructions.
        chunks = content._buffer  # noqa: SLF001
        if len(chunks) == 1 and len(chunks[0]) < _SMALL and content.exception() is None:
            return chunks.popleft()
        return content.read_nowait()

    @property
    def is_broken(self) -> bool:
        """Whether the body broke off or is badly framed: no request can follow it."""
        return self.content.exception() is not None

    @property
    def is_http_1_0(self) -> bool:
        return self.message.version < (1, 1)

    @property
    def path(self) -> str:
        """The path with its percent signs decoded, and without the query."""
        return self.message.url.path

    @property
    def remote(self) -> str:
        return self.connection.remote
