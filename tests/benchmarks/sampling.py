"""Sampling: the stacks that py-spy sees in a process, while it works."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .serving import CLIENT_CPU, BenchmarkError

SAMPLES_A_SECOND = 250
PROFILER = str(Path(sys.executable).with_name("py-spy"))


@contextmanager
def sampling(pid: int, file: Path, seconds: int) -> Iterator[list[str]]:
    """Sample for so many seconds, in which the block runs; its list has the stacks afterwards.

    Each is a line such as `outer;inner 12`. They are native: Cython's and C's frames are among
    them. Raises BenchmarkError where py-spy is missing or must not look.
    """
    if shutil.which(PROFILER) is None:
        raise BenchmarkError("py-spy is not installed; it comes with the extra `benchmark`.")
    command = [
        *("taskset", "-c", CLIENT_CPU, PROFILER, "record", "--native", "--format", "raw"),
        *("--rate", str(SAMPLES_A_SECOND), "--duration", str(seconds)),
        *("--output", str(file), "--pid", str(pid)),
    ]
    stacks: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as profiler:
        yield stacks
        said, _ = profiler.communicate()
    if profiler.returncode:
        raise BenchmarkError(f"{command} fails:\n{said.decode()}")
    stacks += file.read_text().splitlines()
