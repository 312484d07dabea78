"""The contest: each level on each server, with the same counters, limit and bodies."""

import json
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from .accounts import Kept, accounted, logged_by_peer
from .gateways import DATABASE, create_counters, limited_gateway, logged
from .levels import LEVELS, OWN, Level
from .peers.common import COUNTERS, LISTED, counter_id
from .serving import NotServed, Server, free_port, serving
from .subjects import LISTED_AT_ONCE, Opener, Subject, open_constant, own_openers

KEY = "a key of which only the digest is kept"
MEMORY = "tests.benchmarks.memory"

_PARTS = {
    "fastapi": ("fastapi", "uvicorn", "httptools"),
    "fastapi_tuned": ("fastapi", "uvicorn", "httptools"),
    "blacksheep": ("blacksheep", "msgspec", "uvicorn", "httptools"),
    "aiohttp": ("aiohttp",),
    "litestar": ("litestar", "msgspec", "uvicorn", "httptools"),
    "sanic": ("sanic", "sanic_ext", "msgspec"),
    "flask_smorest": ("flask_smorest", "gunicorn"),
}
"""What each peer needs, by its module in `peers`; those with targets are run beside the gateway."""

GATEWAY, CONSTANT = "gateway", "constant"
PEER, TUNED = "fastapi", "fastapi_tuned"
"""The peer that every level is compared with, and the same with another way to the database."""
SERVERS = (CONSTANT, GATEWAY, *_PARTS)


def openers(level: str) -> Mapping[str, Opener]:
    """What is measured in the same rounds, by name."""
    if level == OWN:
        return own_openers()
    return {
        server: partial(open_subject, server=server, level=level)
        for server in SERVERS
        if server != TUNED or LEVELS[level].path.startswith("counters/")
    }


def open_subject(stack: ExitStack, folder: Path, server: str, level: str) -> Subject:
    """A level of a server, started on a database of its own. Raises NotServed."""
    if server == CONSTANT:
        return open_constant(stack, folder)
    if server == GATEWAY:
        return open_gateway(stack, folder, level)
    return open_peer(stack, folder, server, level)


def open_gateway(stack: ExitStack, folder: Path, level_name: str) -> Subject:
    """The gateway, on a level."""
    level = LEVELS[level_name]
    server, key = limited_gateway(stack, folder, "--actions", MEMORY)
    ids = [counter_id(number) for number in range(1, COUNTERS + 1)]
    if level.path.startswith("counters/"):
        ids = create_counters(server, key, LISTED if level.kind == "list" else COUNTERS)
    subject = _subject(server, f"/api/v1/{level.path}", level, ids, key)
    kept = Kept(
        folder / DATABASE,
        "SELECT sum(number) FROM counters",
        "SELECT count(*) FROM counter_changes WHERE action = 'increment'",
        "SELECT count(*) FROM idempotency_records",
    )
    return accounted(subject, level, partial(logged, server, level.path), kept)


def open_peer(stack: ExitStack, folder: Path, peer: str, level_name: str) -> Subject:
    """One of the peers, on a level. Raises NotServed where it is not installed."""
    missing = [name for name in _PARTS[peer] if find_spec(name) is None]
    if missing:
        raise NotServed(f"not installed: {', '.join(missing)}; they are the extra `benchmark`")
    from .peers.database import FILE, make_database

    level = LEVELS[level_name]
    folder.mkdir(parents=True, exist_ok=True)
    make_database(folder, LISTED if level.kind == "list" else COUNTERS)
    port = free_port()
    command = [
        *(sys.executable, "-m", f"tests.benchmarks.peers.{peer}"),
        *(str(port), level.name, str(folder), KEY),
    ]
    server = stack.enter_context(serving(command, port=port, folder=folder))
    ids = [counter_id(number) for number in range(1, COUNTERS + 1)]
    subject = _subject(server, f"/{level.path}", level, ids, KEY)
    if level.kind == "ping":
        return subject
    kept = Kept(
        folder / FILE,
        "SELECT sum(value) FROM counters",
        "SELECT count(*) FROM changes WHERE action = 'increment'",
        "SELECT count(*) FROM answers",
    )
    return accounted(subject, level, partial(logged_by_peer, server, f"/{level.path}"), kept)


def _subject(server: Server, path: str, level: Level, ids: list[str], key: str) -> Subject:
    if level.kind == "ping":
        return Subject(server, path, ["{}"])
    if level.kind == "list":
        return Subject(server, path, [json.dumps({"per_page": LISTED_AT_ONCE})], key)
    bodies = [json.dumps({"id": id_, "by": 1}) for id_ in ids]
    return Subject(server, path, bodies, key, keyed=level.keyed)
