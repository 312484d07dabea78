"""A gate on the way to a server: open, shut, or open to silence."""

import asyncio
import contextlib
from urllib.parse import urlsplit


class Gate:
    """Passes bytes on to `address` while it is open; shut, it drops every connection."""

    def __init__(self, address: str) -> None:
        self._target = urlsplit(address)
        self._server: asyncio.Server | None = None
        self._port = 0
        self._writers: set[asyncio.StreamWriter] = set()
        self.is_silent = False
        """Whether connections are taken, and nothing that they say is passed on."""

    @property
    def connections(self) -> int:
        """How many ends of connections there are."""
        return len(self._writers)

    @property
    def address(self) -> str:
        return self._target._replace(netloc=f"127.0.0.1:{self._port}").geturl()

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._pass_on, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def shut(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there = await asyncio.open_connection(
            self._target.hostname, self._target.port
        )
        self._writers |= {writer, there}
        with contextlib.suppress(ConnectionError):
            await asyncio.gather(self._copy(reader, there), self._copy(there_reader, writer))
        self._writers -= {writer, there}
        writer.close()
        there.close()

    async def _copy(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            if not self.is_silent:
                target.write(data)
        target.close()
