"""Profiles: which parts of the gateway a call's processor time goes to, kept and told."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from .contest import CONSTANT
from .levels import LEVELS
from .results import FOLDER, Origin
from .shares import NAMES
from .tables import table

FILE = "profile.json"
CALLS = (CONSTANT, *LEVELS, "whoami", "get", "full")
ACTIONS = {"10 actions": 10, "1,000 actions": 1_000}
"""Calls to all of so many actions."""
COUNTERS = {"1,000 counters": 1_000, "10,000,000 counters": 10_000_000}
"""Increments among so many counters."""
PROFILED = (*CALLS, *ACTIONS, *COUNTERS)
BASES = {"1,000 actions": "10 actions", "10,000,000 counters": "1,000 counters"}
"""What each is compared with; all others with the constant handler."""
MOST_TOLD = 5
"""How many parts a figure's sentence names."""


@dataclass(frozen=True)
class Profile:
    """What the calls of one kind cost their server, and which parts."""

    microseconds: float
    """Processor time a call, measured without the profiler."""
    shares: Mapping[str, float]
    origin: Origin

    def of(self, part: str) -> float:
        """A part's microseconds a call."""
        return self.shares.get(part, 0) * self.microseconds


def profile_report(profiles: Mapping[str, Profile]) -> str:
    """A row for each part and a column for each kind of call; then a sentence for each figure."""
    names = [name for name in PROFILED if name in profiles]
    lines = []
    for group in (CALLS, (*ACTIONS, *COUNTERS)):
        found = [name for name in group if name in profiles]
        if found:
            lines += [_table(profiles, found), ""]
    lines += [*_sentences(profiles, names), ""]
    left = [f"**{name}**" for name in PROFILED if name not in profiles]
    if left:
        lines += [f"Not measured: {', '.join(left)}.", ""]
    origins = {str(profiles[name].origin): name for name in names}
    return "\n".join([*lines, *([f"{'; '.join(origins)}."] if origins else [])])


def load_profiles(folder: Path = FOLDER) -> dict[str, Profile]:
    """What is kept in `folder`, by the kind of call."""
    file = folder / FILE
    if not file.exists():
        return {}
    return {
        name: Profile(**{**told, "origin": Origin(**told["origin"])})
        for name, told in json.loads(file.read_text()).items()
    }


def keep_profile(name: str, profile: Profile, folder: Path = FOLDER) -> None:
    """Keep it in `folder`, in the place of the last one of that name."""
    folder.mkdir(exist_ok=True)
    kept = {key: asdict(each) for key, each in {**load_profiles(folder), name: profile}.items()}
    (folder / FILE).write_text(json.dumps(kept, indent=1) + "\n")


def _table(profiles: Mapping[str, Profile], names: list[str]) -> str:
    rows = [
        (part, *(f"{profiles[name].of(part):.1f}" for name in names))
        for part in NAMES
        if any(profiles[name].of(part) >= 0.05 for name in names)
    ]
    whole = ("a call, µs", *(f"{profiles[name].microseconds:.1f}" for name in names))
    return table(("", *names), [*rows, whole])


def _sentences(profiles: Mapping[str, Profile], names: list[str]) -> Iterator[str]:
    for name in names:
        than = BASES.get(name, CONSTANT)
        found, base = profiles[name], profiles.get(than)
        if name == CONSTANT or base is None:
            continue
        more = {part: found.of(part) - base.of(part) for part in NAMES}
        most = sorted(more, key=lambda part: -more[part])[:MOST_TOLD]
        told = ", ".join(f"{part} {more[part]:.1f}" for part in most if more[part] >= 0.05)
        yield (
            f"- **{name}** takes {found.microseconds - base.microseconds:.1f} µs a call more than"
            f" {than if than in BASES.values() else 'the constant handler'}. Most of it: {told}."
        )
