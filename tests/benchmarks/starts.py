"""Starts: how long until the gateway is ready, and how much memory it holds then."""

from dataclasses import dataclass
from pathlib import Path

from .gateways import gateway, post


@dataclass(frozen=True)
class Start:
    """What one start of the gateway took."""

    seconds: float
    megabytes: float


def measure_starts(folder: Path, times: int) -> dict[str, list[Start]]:
    """Start on a fresh data folder and again on the same one, `times` over."""
    _start(folder / "uncounted")  # it compiles the modules, which an installation did already
    starts: dict[str, list[Start]] = {"fresh": [], "existing": []}
    for number in range(times):
        for found in starts.values():
            found.append(_start(folder / str(number)))
    return starts


def _start(folder: Path) -> Start:
    with gateway(folder) as server:
        post(server, "system/ping", {})
        return Start(server.seconds_to_ready, server.resident_megabytes())
