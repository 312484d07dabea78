"""The suite's results: a number for each round, kept as JSON; every page comes from them."""

import json
import platform
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

from .rounds import QUIET, Measured

FOLDER = Path(__file__).with_name("results")
FILE = "measured.json"
OURS = (
    *("aiohttp", "aiosqlite", "asyncpg", "marshmallow", "multidict", "orjson", "redis"),
    *("sqlalchemy", "structlog", "uvloop"),
)
"""The distributions that the gateway's speed depends on."""
DISTRIBUTIONS = (
    *("aiohttp", "aiosqlite", "blacksheep", "fastapi", "flask", "flask-smorest", "greenlet"),
    *("gunicorn", "httptools", "litestar", "marshmallow", "msgspec", "multidict", "orjson"),
    *("pydantic", "pydantic-core", "sanic", "sanic-ext", "sqlalchemy", "starlette", "structlog"),
    *("uvicorn", "uvloop", "webargs", "werkzeug"),
)
_CODE = ("gateway", "actions", "schemas")


@dataclass(frozen=True)
class Origin:
    """Where figures come from, so that old ones are known for what they are."""

    at: str
    """The date."""
    commit: str
    """The gateway's; with `+` where its code was changed since, empty where git knows nothing."""
    rounds: int
    seconds: int
    """The length of a round; 0 where it has none."""
    versions: Mapping[str, str]

    def __str__(self) -> str:
        code = f", Halyard at {self.commit}" if self.commit else ""
        length = f" of {self.seconds} s" if self.seconds else ""
        return f"{self.at}{code}: {self.rounds} rounds{length}"


def origin_now(rounds: int, seconds: int, distributions: Iterable[str] = OURS) -> Origin:
    """The origin of what is measured now."""
    at = datetime.now(UTC).date().isoformat()
    return Origin(at, _commit(), rounds, seconds, installed_versions(distributions))


@dataclass(frozen=True)
class Figures:
    """One server on one level: a number for each round, in their order."""

    rates: Sequence[float]
    """Answers in a second."""
    p50_ms: Sequence[float]
    p99_ms: Sequence[float]
    microseconds: Sequence[float]
    """The server's processor time for each answer."""
    disturbance: Sequence[float]
    """How many processors other work kept busy meanwhile."""

    @property
    def rate(self) -> float:
        return median(self.rates)

    @property
    def is_doubtful(self) -> bool:
        return max(self.disturbance) > QUIET


@dataclass(frozen=True)
class LevelResult:
    """All servers on one level, measured in the same rounds."""

    origin: Origin
    servers: Mapping[str, Figures]

    def ratios(self, name: str, base: str) -> list[float]:
        """A ratio for each round, since the machine is not the same from round to round."""
        if not {name, base} <= self.servers.keys():
            return []
        pairs = zip(self.servers[name].rates, self.servers[base].rates, strict=True)
        return [rate / other for rate, other in pairs if other]

    def ratios_by_cpu(self, name: str, base: str) -> list[float]:
        """What the ratios would be if each server had its processor for itself all the time."""
        if not {name, base} <= self.servers.keys():
            return []
        ours, others = self.servers[name].microseconds, self.servers[base].microseconds
        return [other / taken for taken, other in zip(ours, others, strict=True) if taken]

    def is_doubtful(self, *names: str) -> bool:
        """Whether other work was done beside one of these servers."""
        return any(self.servers[name].is_doubtful for name in names if name in self.servers)


Results = Mapping[str, LevelResult]
"""By level."""


def level_result(measured: Mapping[str, Measured], origin: Origin) -> LevelResult:
    """What was measured, as it is kept."""
    return LevelResult(
        origin,
        {
            name: Figures(
                rates=_column(found, "rate", 1),
                p50_ms=_column(found, "p50_ms", 2),
                p99_ms=_column(found, "p99_ms", 2),
                microseconds=_column(found, "microseconds", 2),
                disturbance=_column(found, "disturbance", 3),
            )
            for name, found in measured.items()
        },
    )


def load_results(folder: Path = FOLDER) -> dict[str, LevelResult]:
    """What is kept in `folder`; nothing where nothing was measured yet."""
    file = folder / FILE
    if not file.exists():
        return {}
    return {name: _read_level(told) for name, told in json.loads(file.read_text()).items()}


def keep_results(results: Results, folder: Path = FOLDER) -> None:
    """Keep them in `folder`, in the place of those that are there."""
    folder.mkdir(exist_ok=True)
    told = {name: asdict(result) for name, result in results.items()}
    (folder / FILE).write_text(json.dumps(told, indent=1) + "\n")


def installed_versions(distributions: Iterable[str] = DISTRIBUTIONS) -> dict[str, str]:
    """The versions of what was measured, Python's first."""
    found = {"python": platform.python_version()}
    for name in distributions:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _column(found: Measured, name: str, digits: int) -> list[float]:
    return [round(getattr(run, name), digits) for run in found.rounds]


def _commit() -> str:
    def git(*words: str) -> subprocess.CompletedProcess[str]:
        here = Path(__file__).parent
        return subprocess.run(
            ["git", *words], cwd=here, check=False, capture_output=True, text=True
        )

    top = git("rev-parse", "--show-toplevel").stdout.strip()
    if not top:
        return ""
    code = [str(Path(top, name)) for name in _CODE]
    changed = git("diff", "--quiet", "HEAD", "--", *code).returncode != 0
    return git("rev-parse", "--short", "HEAD").stdout.strip() + "+" * changed


def _read_level(told: Mapping[str, Any]) -> LevelResult:
    servers = {name: Figures(**figures) for name, figures in told["servers"].items()}
    return LevelResult(Origin(**told["origin"]), servers)
