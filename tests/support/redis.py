"""Real Redis for tests: a server of our own where there is one to start, else the one that runs."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

LOCAL_SERVER = "redis://127.0.0.1:6379/15"
START_LIMIT = 10.0
"""Seconds."""


class OwnRedis:
    """A server of our own, in a folder of its own, which may be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.port = _free_port()
        self._folder = folder
        self.start()

    @property
    def address(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
             "--dir", str(self._folder)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        limit = time.monotonic() + START_LIMIT
        while not listens(self.port):
            assert time.monotonic() < limit, "The Redis server does not start."
            time.sleep(0.01)  # another process comes up; nothing of ours waits beside it

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def has_redis() -> bool:
    """Whether `redis_server` has one to give."""
    is_named = "HALYARD_TEST_REDIS" in os.environ
    return is_named or _is_required() or shutil.which("redis-server") is not None or listens(6379)


def _is_required() -> bool:
    """Where the PostgreSQL server is named, as CI does, Redis may not be missing either."""
    return "HALYARD_TEST_POSTGRES" in os.environ


@contextmanager
def own_redis(folder: Path) -> Iterator[OwnRedis]:
    """A server that may be killed; skips the test on a machine that has none to start."""
    if shutil.which("redis-server") is None:
        assert not _is_required(), "There is no redis-server to start."
        pytest.skip("no redis-server to start")  # Redis, unlike PostgreSQL, does not come from pip
    folder.mkdir(parents=True, exist_ok=True)
    server = OwnRedis(folder)
    try:
        yield server
    finally:
        server.kill()


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """The address of a Redis: the one named, one of our own, or the local one."""
    named = os.environ.get("HALYARD_TEST_REDIS")
    if named is None and shutil.which("redis-server") is None and listens(6379):
        named = LOCAL_SERVER
    if named is not None:
        yield named
        return
    with own_redis(folder) as server:
        yield server.address


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
