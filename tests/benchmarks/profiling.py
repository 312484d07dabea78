"""Where the gateway's time goes, told on its page: `python -m tests.benchmarks.profiling`.

Needs py-spy, which comes with the extra `benchmark`.
"""

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from .contest import GATEWAY, open_subject
from .levels import LEVELS
from .load import run_load
from .pages import PAGE, with_block
from .results import FOLDER
from .rounds import WARM_UP, benchmark_folder, say
from .serving import CLIENT_CPU, BenchmarkError
from .shares import NAMES, shares
from .subjects import Subject
from .tables import table

FILE = "profile.json"
SAMPLES_A_SECOND = 250
PROFILER = str(Path(sys.executable).with_name("py-spy"))


@dataclass(frozen=True)
class Profile:
    """What one level's calls cost the gateway, and which parts."""

    microseconds: float
    """Processor time a call, measured without the profiler."""
    shares: Mapping[str, float]


def main() -> None:
    """Profile the gateway and write the page. Exits with 1 where that cannot be done."""
    parser = argparse.ArgumentParser(prog="profiling", description=__doc__)
    levels = list(LEVELS)
    parser.add_argument("--levels", nargs="+", choices=levels, default=levels, help="which (all)")
    parser.add_argument("--seconds", type=int, default=8, help="length of a profile (8)")
    options = parser.parse_args()
    try:
        with benchmark_folder() as folder:
            for level in options.levels:
                keep_profile(level, _profile(folder / level, level, options.seconds))
    except BenchmarkError as fault:
        sys.exit(str(fault))
    PAGE.write_text(with_block(PAGE.read_text(), "profile", profile_table(load_profiles())))


def profile_table(profiles: Mapping[str, Profile]) -> str:
    """A row for each part: microseconds a call, and the share of the whole."""
    levels = [name for name in LEVELS if name in profiles]
    rows = [(part, *(_cell(profiles[name], part) for name in levels)) for part in NAMES]
    whole = ("a call, µs", *(f"{profiles[name].microseconds:.1f}" for name in levels))
    return table(("", *levels), [*rows, whole])


def load_profiles(folder: Path = FOLDER) -> dict[str, Profile]:
    """What is kept in `folder`, by level."""
    file = folder / FILE
    if not file.exists():
        return {}
    return {name: Profile(**told) for name, told in json.loads(file.read_text()).items()}


def keep_profile(level: str, profile: Profile, folder: Path = FOLDER) -> None:
    """Keep it in `folder`, in the place of the level's last one."""
    folder.mkdir(exist_ok=True)
    kept = {name: asdict(each) for name, each in {**load_profiles(folder), level: profile}.items()}
    (folder / FILE).write_text(json.dumps(kept, indent=1) + "\n")


def _profile(folder: Path, level: str, seconds: int) -> Profile:
    with ExitStack() as stack:
        subject = open_subject(stack, folder, GATEWAY, level)
        run_load(subject, WARM_UP)
        plain = run_load(subject, seconds)
        found = shares(_sampled(subject, folder / "stacks", seconds))
    say(f"{level}: {plain.microseconds:.1f} µs a call", *_told(found))
    return Profile(round(plain.microseconds, 1), {name: round(found[name], 4) for name in found})


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


def _cell(profile: Profile, part: str) -> str:
    share = profile.shares[part]
    return f"{share * profile.microseconds:.1f} ({share:.0%})"


if __name__ == "__main__":
    main()
