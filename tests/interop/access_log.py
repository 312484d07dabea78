"""Plays a web server's log against a gateway: one counter for each path, one call for each line.

    python tests/interop/access_log.py LOG --url http://127.0.0.1:8080 --key KEY

LOG is a file in the common or combined log format. This needs nothing but aiohttp.
"""

import argparse
import asyncio
import hashlib
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import aiohttp

AT_ONCE = 64
SHOWN = 10
PAGE = 100
TOLD_EVERY = 1000
NO_PATH = b"-"
"""The path of a line that has none: what cannot be parsed is counted too."""

NAME_LEAST, NAME_MOST = 5, 40

# Two words, a name, the time in brackets, and the request: in it, quotes are escaped.
_LINE = re.compile(rb'\S+ \S+ .+? \[[^\]]*\] "((?:[^"\\]|\\.)*)"')


class CallFailed(Exception):
    """A call that was not answered with success."""

    def __init__(self, action: str, envelope: dict[str, Any]) -> None:
        super().__init__(f"{action}: {envelope['data']['message']}")
        self.code = envelope["data"].get("code")


class Gateway:
    """Calls actions over HTTP."""

    def __init__(self, session: aiohttp.ClientSession, url: str, key: str) -> None:
        self._session = session
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {key}"}

    async def call(self, action: str, **params: Any) -> dict[str, Any]:
        """The envelope of a call that succeeded. Raises CallFailed."""
        address = f"{self._url}/api/v1/{action}"
        async with self._session.post(address, json=params, headers=self._headers) as response:
            envelope: dict[str, Any] = await response.json()
        if envelope["status"] != "success":
            raise CallFailed(action, envelope)
        return envelope


class Player:
    """Counts paths on a gateway, and makes each path's counter when it first sees it."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._made: set[bytes] = set()
        self.played = 0

    async def play(self, paths: Iterable[bytes], tell: Callable[[int], None]) -> None:
        """Count every path; `tell` hears now and then how many are done."""
        left = iter(paths)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(AT_ONCE):
                    group.create_task(self._play(left, tell))
        except ExceptionGroup as failures:
            # They fail together, and one sentence is enough.
            raise failures.exceptions[0] from None

    async def _play(self, left: Iterator[bytes], tell: Callable[[int], None]) -> None:
        for path in left:
            if path not in self._made:
                await self._make(path)
            await self._gateway.call("counters/increment", external_id=reference_of(path))
            self.played += 1
            if self.played % TOLD_EVERY == 0:
                tell(self.played)

    async def _make(self, path: bytes) -> None:
        reference = reference_of(path)
        try:
            await self._gateway.call(
                "counters/create", name=name_of(path), type="UpDown", external_id=reference
            )
        except CallFailed as failure:
            # Somebody else saw the path at the same time, or played this log before.
            if failure.code != "Conflict":
                raise
        self._made.add(path)


def read_paths(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The path of each line's request."""
    return map(path_of, lines)


def path_of(line: bytes) -> bytes:
    """The second word of the request in a log line; NO_PATH where there is none."""
    match = _LINE.match(line)
    words = match[1].split() if match else []
    return words[1] if len(words) > 1 else NO_PATH


def reference_of(path: bytes) -> str:
    """The path's counter's `external_id`: a path may be longer than one can be."""
    return hashlib.sha256(path).hexdigest()


def name_of(path: bytes) -> str:
    """The path's beginning as a counter's name: 5 to 40 characters, none of them U+0000."""
    text = path.decode("utf-8", "replace").replace("\0", "\N{SYMBOL FOR NULL}")
    return text[:NAME_MOST].strip().ljust(NAME_LEAST, ".")


async def most_requested(gateway: Gateway, references: set[str], most: int) -> list[dict[str, Any]]:
    """The counters with the highest values, of those that were played."""
    found: list[dict[str, Any]] = []
    page = 1
    while len(found) < most:
        answer = await gateway.call(
            "counters/list", sort_by="value", order="desc", page=page, per_page=PAGE
        )
        found += [each for each in answer["data"] if each["external_id"] in references]
        page += 1
        if page > answer["flags"]["paginated"]["total_pages"]:
            break
    return found[:most]


async def demonstrate(log: Path, url: str, key: str) -> None:
    """Play the log, then print the paths that were requested most, as the gateway has them."""
    with log.open("rb") as lines:
        paths = list(read_paths(lines))
    by_reference = {reference_of(path): path for path in paths}
    _say(f"{len(paths)} requests for {len(by_reference)} paths, {AT_ONCE} calls at a time")
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=AT_ONCE)) as session:
        gateway = Gateway(session, url, key)
        player = Player(gateway)
        await player.play(paths, lambda done: _say(f"{done} played"))
        _say(f"All {player.played} are played. The most requested paths:")
        for counter in await most_requested(gateway, set(by_reference), SHOWN):
            path = by_reference[counter["external_id"]].decode("utf-8", "backslashreplace")
            _say(f"{counter['value']:>8}  {path}")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Run the demonstration; returns the exit code."""
    parser = argparse.ArgumentParser(description="Play a web server's log against a gateway.")
    parser.add_argument("log", type=Path, help="an access log in the combined format")
    parser.add_argument("--url", default="http://127.0.0.1:8080", help="where the gateway listens")
    parser.add_argument("--key", required=True, help="an API key that may write counters")
    given = parser.parse_args()
    try:
        asyncio.run(demonstrate(given.log, given.url, given.key))
    except (CallFailed, aiohttp.ClientError, OSError) as failure:
        sys.stderr.write(f"{failure}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
