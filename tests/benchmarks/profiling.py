"""Where the gateway's time goes, told on its page: `python -m tests.benchmarks.profiling`.

Needs py-spy, which comes with the extra `benchmark`.
"""

import argparse
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from .contest import GATEWAY, open_subject
from .load import run_load
from .machine import ThreadTimes
from .pages import write_pages
from .profiles import PROFILED, Profile, keep_profile
from .results import origin_now
from .rounds import benchmark_folder, say
from .serving import CLIENT_CPU, BenchmarkError
from .shares import shares
from .subjects import OWN_SUBJECTS, Subject

SAMPLES_A_SECOND = 250
WARM_UP = 6
"""Seconds: the use of keys is written after five, for which statements are compiled once."""
PROFILER = str(Path(sys.executable).with_name("py-spy"))


def main() -> None:
    """Profile the gateway and write the page. Exits with 1 where that cannot be done."""
    parser = argparse.ArgumentParser(prog="profiling", description=__doc__)
    parser.add_argument(
        "--only", nargs="+", choices=PROFILED, default=PROFILED, help="which calls (all)"
    )
    parser.add_argument("--seconds", type=int, default=6, help="length of a profile (6)")
    options = parser.parse_args()
    try:
        with benchmark_folder() as folder:
            for name in options.only:
                keep_profile(name, _profile(folder / name, name, options.seconds))
    except BenchmarkError as fault:
        sys.exit(str(fault))
    write_pages()


def _profile(folder: Path, name: str, seconds: int) -> Profile:
    with ExitStack() as stack:
        subject = _open(stack, folder, name)
        run_load(subject, WARM_UP)
        before = ThreadTimes.now(subject.server.process.pid)
        plain = run_load(subject, seconds)
        times = ThreadTimes.now(subject.server.process.pid).since(before)
        found = shares(_sampled(subject, folder / "stacks", seconds), times)
    say(f"{name}: {plain.microseconds:.1f} µs a call", *_told(found))
    kept = {part: round(share, 4) for part, share in found.items() if share}
    return Profile(round(plain.microseconds, 1), kept, origin_now(1, seconds))


def _open(stack: ExitStack, folder: Path, name: str) -> Subject:
    if name in OWN_SUBJECTS:
        return OWN_SUBJECTS[name](stack, folder)
    return open_subject(stack, folder, GATEWAY, name)


def _sampled(subject: Subject, file: Path, seconds: int) -> list[str]:
    """The stacks that py-spy saw under load, natively: Cython's and C's frames are among them."""
    if shutil.which(PROFILER) is None:
        raise BenchmarkError("py-spy is not installed; it comes with the extra `benchmark`.")
    command = [
        *("taskset", "-c", CLIENT_CPU, PROFILER, "record", "--native", "--format", "raw"),
        *("--rate", str(SAMPLES_A_SECOND), "--duration", str(seconds)),
        *("--output", str(file), "--pid", str(subject.server.process.pid)),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as profiler:
        run_load(subject, seconds)
        said, _ = profiler.communicate()
    if profiler.returncode:
        raise BenchmarkError(f"{command} fails:\n{said.decode()}")
    return file.read_text().splitlines()


def _told(found: Mapping[str, float]) -> list[str]:
    return [f"  {share:5.1%} {name}" for name, share in found.items()]


if __name__ == "__main__":
    main()
