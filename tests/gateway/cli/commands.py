"""The command `halyard`, run as its users run it: in a process and a folder of its own."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).parents[3]
PATIENCE = 30
"""Seconds after which a command that does not end has failed the test."""

KEY = re.compile(r"hal_(?:live|test)_[0-9A-Za-z]{50}")


def environment(**settings: str) -> dict[str, str]:
    """The environment of this process, its settings replaced by these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HALYARD_")}
    named = {f"HALYARD_{name.upper()}": value for name, value in settings.items()}
    return {**kept, "PYTHONPATH": str(ROOT), **named}


def _command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "actions", *map(str, arguments)]


LATE = 124
"""The exit code of a command that had to be ended."""


def halyard(*arguments: object, cwd: Path, **settings: str) -> "subprocess.CompletedProcess[str]":
    """The command, when it has ended; `settings` are told by the environment."""
    command = _command(*arguments)
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=environment(**settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        out, err = process.communicate(timeout=PATIENCE)
        code = process.returncode
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        code = LATE
    return subprocess.CompletedProcess(command, code, out, err)


@dataclass
class Serving:
    """A gateway that serves, and what it said on stderr until then."""

    process: "subprocess.Popen[bytes]"
    said: str

    @property
    def url(self) -> str:
        found = re.search(r"http://\S+", self.said)
        assert found, self.said
        return found[0]

    @property
    def key(self) -> str:
        (key,) = set(KEY.findall(self.said))
        return str(key)

    def call(self, path: str, key: str | None = None, **params: Any) -> dict[str, Any]:
        """The envelope of a call."""
        headers = {"Content-Type": "application/json"}
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        return asked(f"{self.url}/api/v1/{path}", json.dumps(params).encode(), headers)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """The exit code after the signal."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


def asked(url: str, body: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
    """The parsed answer to a POST, whatever its status."""
    request = urllib.request.Request(url, data=body, headers=dict(headers), method="POST")  # noqa: S310 - the gateway's own address
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:  # noqa: S310
            answer: dict[str, Any] = json.load(response)
    except urllib.error.HTTPError as error:
        answer = json.load(error)
    return answer


@contextmanager
def serving(
    *arguments: object, cwd: Path, stdout: int = subprocess.DEVNULL, **settings: str
) -> Iterator[Serving]:
    """A gateway that serves on a free port until the test is done with it."""
    process = subprocess.Popen(
        _command("serve", "--port", 0, *arguments),
        cwd=cwd,
        env=environment(**settings),
        stdout=stdout,
        stderr=subprocess.PIPE,
    )
    try:
        yield Serving(process, _said_at_start(process))
    finally:
        process.kill()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
        process.wait()


def _said_at_start(process: "subprocess.Popen[bytes]") -> str:
    """What a gateway says once it listens, all of it at once."""
    said = heard = read_from(process.stderr)
    while heard and "listens on" not in said:
        heard = read_from(process.stderr)
        said += heard
    return said


def read_from(stream: IO[bytes] | None) -> str:
    """What has come through a pipe by now; waits for something, and is empty at its end."""
    assert stream is not None
    return os.read(stream.fileno(), 65_536).decode()
