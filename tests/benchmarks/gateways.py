"""The gateway under measurement: set up, started as its users start it, and asked."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import orjson

from .serving import BenchmarkError, NotServed, Server, environment, free_port, serving

WIDE_LIMIT = "999999/1"
HALYARD = str(Path(sys.executable).with_name("halyard"))
DATABASE = Path("data", "halyard.db")
"""Where it is in the gateway's folder."""


def gateway(
    folder: Path, *options: str, variables: Mapping[str, str] = {}
) -> AbstractContextManager[Server]:
    """The gateway as a user starts it, with its database in `folder`."""
    port = free_port()
    command = [HALYARD, "serve", "--data", _data(folder), "--port", str(port), *options]
    return serving(command, port=port, folder=folder, ready="/readyz", variables=variables)


def limited_gateway(stack: ExitStack, folder: Path, *options: str) -> tuple[Server, str]:
    """A gateway, and the key of an account whose limit nobody reaches."""
    owner = init(folder)
    server = stack.enter_context(gateway(folder, *options))
    params = {"name": "Benchmark", "role": "editor", "rate_limit": WIDE_LIMIT}
    account = post(server, "accounts/create", params, owner)
    made = post(server, "keys/create", {"account_id": account["id"], "name": "Load"}, owner)
    return server, made["key"]


def init(folder: Path, *options: str) -> str:
    """Set up the gateway's database, as `gateway` finds it, and return its first key."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [HALYARD, "init", "--data", _data(folder), *options]
    done = subprocess.run(
        command, cwd=folder, env=environment(), check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise BenchmarkError(f"{command} fails:\n{done.stderr}")
    return done.stdout.strip()


def post(server: Server, action: str, params: dict[str, Any], key: str | None = None) -> Any:
    """Call the gateway once, and return the data of its answer, which must be a success."""
    status, envelope = server.post(f"/api/v1/{action}", json.dumps(params), key)
    if envelope["status"] == "error" and envelope["data"]["code"] == "UnknownAction":
        raise NotServed(f"there is no action {action} yet")
    require_success(action, status, envelope)
    return envelope["data"]


def require_success(called: str, status: int, envelope: Any) -> None:
    """Raise BenchmarkError unless this is the answer that is meant to be measured."""
    if (status, envelope["status"]) != (200, "success"):
        raise BenchmarkError(f"{called} is answered {status} {json.dumps(envelope)}")


def create_counters(server: Server, key: str, count: int) -> list[str]:
    """The ids of so many new counters."""
    names = (f"Benchmark {number:02}" for number in range(1, count + 1))
    return [
        post(server, "counters/create", {"name": name, "type": "UpDown"}, key)["id"]
        for name in names
    ]


def logged(server: Server, action: str) -> Counter[str]:
    """Count an action's lines in the gateway's log: HTTP answers 200 to refused calls too."""
    codes: Counter[str] = Counter()
    with server.output.open("rb") as lines:
        for line in lines:
            told = orjson.loads(line)
            if told.get("action") == action:
                codes[told["code"] or told["status"]] += 1
    return codes


def _data(folder: Path) -> str:
    return str(folder / "data")
