"""The subjects: what is called, on which server, and how many of the calls that server did."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from .serving import BenchmarkError, NotServed, Server, free_port, serving

COUNTERS = 64
LISTED_COUNTERS = 200
LISTED_AT_ONCE = 50
PAGE = 100
WIDE_LIMIT = "999999/1"

HERE = Path(__file__).parent
HALYARD = str(Path(sys.executable).with_name("halyard"))


@dataclass(frozen=True)
class Account:
    """How a server's own records tell the calls that it got."""

    done: int
    refused: Counter[str]
    """By the code of the answer."""


@dataclass(frozen=True)
class Subject:
    """One thing to call again and again."""

    server: Server
    path: str
    bodies: Sequence[str]
    """Sent in turn."""
    key: str | None = None
    keyed: bool = False
    """Whether each call has an idempotency key of its own."""
    account: Callable[[], Account] | None = None
    """What its server says of every call since the start; None where it keeps no record."""


def open_constant(stack: ExitStack, folder: Path) -> Subject:
    """An aiohttp handler that does nothing: what everything else is measured by."""
    server = stack.enter_context(_python("constant.py", folder))
    return Subject(server, "/constant", ["{}"])


def open_fastapi(stack: ExitStack, folder: Path) -> Subject:
    """An increment as FastAPI and SQLAlchemy's async engine do it, with a commit each."""
    missing = [name for name in ("fastapi", "uvicorn", "httptools") if find_spec(name) is None]
    if missing:
        raise NotServed(f"not installed: {', '.join(missing)}; they are the extra `benchmark`")
    key = "a key of which only the digest is kept"
    server = stack.enter_context(_python("fastapi_peer.py", folder, str(folder), key))
    bodies = [json.dumps({"id": f"counter-{number:02}"}) for number in range(COUNTERS)]
    return Subject(
        server,
        "/increment",
        bodies,
        key,
        account=lambda: Account(int(server.get("/total")[1]), Counter()),
    )


def open_ping(stack: ExitStack, folder: Path) -> Subject:
    """The gateway's shortest way: no key, no database."""
    server = stack.enter_context(gateway(folder))
    return Subject(
        server, "/api/v1/system/ping", ["{}"], account=lambda: _logged(server, "system/ping")
    )


def open_whoami(stack: ExitStack, folder: Path) -> Subject:
    """A call with authentication and a rate limit, and nothing to do."""
    server, key = _limited(stack, folder)
    return Subject(
        server,
        "/api/v1/system/whoami",
        ["{}"],
        key,
        account=lambda: _logged(server, "system/whoami"),
    )


def open_get(stack: ExitStack, folder: Path) -> Subject:
    """The gateway's shortest read of the database, with authentication and a rate limit."""
    server, key = _limited(stack, folder)
    bodies = [json.dumps({"id": id_}) for id_ in _create_counters(server, key, COUNTERS)]
    return Subject(
        server, "/api/v1/counters/get", bodies, key, account=lambda: _logged(server, "counters/get")
    )


def open_keyed(stack: ExitStack, folder: Path) -> Subject:
    """Increments, each with an idempotency key."""
    return replace(open_increment(stack, folder), keyed=True)


def open_increment(stack: ExitStack, folder: Path) -> Subject:
    """The gateway's hot write: key, validation, a durable commit before the answer."""
    key = init(folder)
    server = stack.enter_context(gateway(folder))
    ids = _create_counters(server, key, COUNTERS)

    def account() -> Account:
        logged = _logged(server, "counters/increment")
        counters = post(server, "counters/list", {"per_page": PAGE}, key)
        return Account(sum(counter["value"] for counter in counters), logged.refused)

    bodies = [json.dumps({"id": id_}) for id_ in ids]
    return Subject(server, "/api/v1/counters/increment", bodies, key, account=account)


def open_list(stack: ExitStack, folder: Path) -> Subject:
    """The gateway's common read: a page of objects."""
    key = init(folder)
    server = stack.enter_context(gateway(folder))
    _create_counters(server, key, LISTED_COUNTERS)
    params = {"per_page": LISTED_AT_ONCE}
    page = post(server, "counters/list", params, key)
    if len(page) != LISTED_AT_ONCE:
        raise BenchmarkError(f"A page of {LISTED_AT_ONCE} counters has {len(page)}.")
    return Subject(
        server,
        "/api/v1/counters/list",
        [json.dumps(params)],
        key,
        account=lambda: _logged(server, "counters/list"),
    )


OPENERS: dict[str, Callable[[ExitStack, Path], Subject]] = {
    "constant": open_constant,
    "fastapi": open_fastapi,
    "ping": open_ping,
    "whoami": open_whoami,
    "get": open_get,
    "increment": open_increment,
    "keyed": open_keyed,
    "list": open_list,
}


def gateway(folder: Path) -> AbstractContextManager[Server]:
    """The gateway as a user starts it, with its database in `folder`."""
    port = free_port()
    command = [HALYARD, "serve", "--data", _data(folder), "--port", str(port)]
    return serving(command, port=port, folder=folder, ready="/readyz")


def init(folder: Path) -> str:
    """Set up the gateway's database in `folder`, and return its first key."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [HALYARD, "init", "--data", _data(folder)]
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
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


def _limited(stack: ExitStack, folder: Path) -> tuple[Server, str]:
    """A gateway, and the key of an account whose limit nobody reaches."""
    owner = init(folder)
    server = stack.enter_context(gateway(folder))
    params = {"name": "Benchmark", "role": "editor", "rate_limit": WIDE_LIMIT}
    account = post(server, "accounts/create", params, owner)
    made = post(server, "keys/create", {"account_id": account["id"], "name": "Load"}, owner)
    return server, made["key"]


def _create_counters(server: Server, key: str, count: int) -> list[str]:
    names = (f"Benchmark {number:02}" for number in range(1, count + 1))
    return [
        post(server, "counters/create", {"name": name, "type": "UpDown"}, key)["id"]
        for name in names
    ]


def _logged(server: Server, action: str) -> Account:
    """Count an action's lines in the gateway's log: HTTP answers 200 to refused calls too."""
    codes: Counter[str] = Counter()
    with server.output.open("rb") as lines:
        for line in lines:
            logged = json.loads(line)
            if logged.get("action") == action:
                codes[logged["code"] or logged["status"]] += 1
    return Account(codes.pop("success", 0), codes)


def _python(script: str, folder: Path, *arguments: str) -> AbstractContextManager[Server]:
    port = free_port()
    command = [sys.executable, str(HERE / script), str(port), *arguments]
    return serving(command, port=port, folder=folder)


def _data(folder: Path) -> str:
    return str(folder / "data")
