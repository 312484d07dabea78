"""The command `halyard` as a user runs it: a process of its own."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

KEY = re.compile(r"hal_(?:live|test)_[0-9A-Za-z]{50}")
URL = re.compile(r"http://127\.0\.0\.1:\d+")


@dataclass(frozen=True)
class Finished:
    """What a command came to."""

    code: int
    out: str
    err: str


def halyard(*words: str, cwd: Path, **environ: str) -> Finished:
    """Run a command to its end."""
    done = subprocess.run(
        [sys.executable, "-m", "actions", *words],
        cwd=cwd, env=_environ(environ), check=False, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    return Finished(done.returncode, done.stdout, done.stderr)


@dataclass
class Serving:
    """A gateway that serves; `err` is what it said until it listened."""

    process: subprocess.Popen[str]
    url: str
    err: str
    code: int | None = field(default=None)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ask it to stop, and return its exit code."""
        self.process.send_signal(number)
        self.code = self.process.wait(30)
        return self.code


@contextmanager
def serving(*words: str, cwd: Path, **environ: str) -> Iterator[Serving]:
    """Serve on any free port until the block ends."""
    command = [sys.executable, "-m", "actions", "serve", "--port", "0", *words]
    with (
        (cwd / "log").open("w") as log,
        subprocess.Popen(
            command, cwd=cwd, env=_environ(environ), stdout=log, stderr=subprocess.PIPE, text=True
        ) as process,
    ):
        try:
            said = _welcome(process)
            found = URL.search(said)
            assert found is not None, said
            yield Serving(process, found[0], said)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(30)


def _welcome(process: subprocess.Popen[str]) -> str:
    """What is said on listening: one write, so one read has all of it."""
    assert process.stderr is not None
    return os.read(process.stderr.fileno(), 65_536).decode()


def _environ(more: dict[str, str]) -> dict[str, str]:
    root = str(Path(__file__).parents[3])
    return {**os.environ, "PYTHONPATH": root, **more}
