"""A start: what the seconds until the gateway is ready go to, most of all the imports."""

import re
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from statistics import median

from tests.benchmarks.expected import DETAILS
from tests.benchmarks.gateways import gateway
from tests.benchmarks.parts import Part
from tests.benchmarks.serving import SERVER_CPU

SHOWN = 12
"""Packages with a row of their own."""

PYTHON, LIBRARY, OURS = "the interpreter itself", "Python's own library", "Halyard's own modules"
OTHERS, REST = "other packages", "the rest: the database, the registry, the first answer"
_OWN = ("actions", "gateway", "schemas")
_IMPORT = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)")
_PROFILED = {"PYTHONPROFILEIMPORTTIME": "1"}


def measure_start(folder: Path, rounds: int) -> Part:
    """Milliseconds of a start on a data folder that is there already; medians of the rounds."""
    for _ in range(2):  # it makes the database and compiles the modules
        with gateway(folder):
            pass
    found: dict[str, list[float]] = {}
    plain, ready = [], []
    for _ in range(rounds):
        with gateway(folder) as server:
            plain.append(server.seconds_to_ready * 1e3)
        told = _start(folder)
        ready.append(told.pop("ready"))
        for name, taken in told.items():
            found.setdefault(name, []).append(taken)
    middles = {name: median(taken) for name, taken in found.items()}
    imports = sum(taken for name, taken in middles.items() if name not in (PYTHON, REST))
    rows = [(name, f"{taken:,.0f}") for name, taken in _shown(middles)]
    rows.append(("ready", f"{median(ready):,.0f}"))
    told_ = (
        f"{imports:,.0f} of {median(ready):,.0f} ms are imports, each package without those that it"
        f" imports itself. To watch them takes time too: without that, the gateway is ready after"
        f" {median(plain):,.0f} ms."
    )
    raw = {"ready": ready, "unwatched": plain, "milliseconds": found}
    return Part(DETAILS["start"], ("", "ms"), rows, raw, told=told_)


def imported(lines: Iterable[str]) -> dict[str, float]:
    """Milliseconds by package, out of what Python says of its imports."""
    packages: dict[str, float] = {}
    for line in lines:
        said = _IMPORT.match(line)
        if said is not None:
            package = _package(said[2])
            packages[package] = packages.get(package, 0) + int(said[1]) / 1e3
    return packages


def _package(module: str) -> str:
    name = module.partition(".")[0]
    if name in _OWN:
        return OURS
    known = name in sys.stdlib_module_names or name in ("site", "sitecustomize", "encodings")
    return LIBRARY if known else name


def _start(folder: Path) -> dict[str, float]:
    """One start: milliseconds of each part, and `ready`, which is all of them together."""
    began = time.perf_counter()
    nothing = ["taskset", "-c", SERVER_CPU, sys.executable, "-I", "-S", "-c", "pass"]
    subprocess.run(nothing, check=True)
    interpreter = (time.perf_counter() - began) * 1e3
    (folder / "stderr").unlink()
    with gateway(folder, variables=_PROFILED) as server:
        packages = imported(server.complaints.read_text().splitlines())
        ready = server.seconds_to_ready * 1e3
    rest = ready - interpreter - sum(packages.values())
    return {PYTHON: interpreter, **packages, REST: rest, "ready": ready}


def _shown(middles: dict[str, float]) -> list[tuple[str, float]]:
    """The longest first; those of which there are many and short in one row."""
    ordered = sorted(middles.items(), key=lambda each: -each[1])
    named = [each for each in ordered if each[0] not in (PYTHON, REST)]
    few = sum(taken for _, taken in named[SHOWN:])
    ends = [(OTHERS, few)] if few else []
    return [(PYTHON, middles[PYTHON]), *named[:SHOWN], *ends, (REST, middles[REST])]
