"""Subjects: what is called, on which server, and how many calls that server did."""

import json
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from .gateways import create_counters, gateway, limited_gateway, logged, post
from .peers.common import COUNTERS, LISTED
from .serving import Server, free_port, serving

LISTED_AT_ONCE = 50


@dataclass(frozen=True)
class Account:
    """How a server's own records tell the calls that it got."""

    records: tuple[int, ...]
    """How many calls were done, by each of them."""
    refused: Counter[str]
    """By the code of the answer."""

    @property
    def done(self) -> int:
        """As many as every record tells."""
        return min(self.records)

    def since(self, before: "Account") -> "Account":
        pairs = zip(self.records, before.records, strict=True)
        return Account(tuple(now - then for now, then in pairs), self.refused - before.refused)


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
    scattered: bool = False
    """Whether these keys come in no order."""
    account: Callable[[], Account] | None = None
    """What its server says of every call since the start; None where it keeps no record."""


def open_constant(stack: ExitStack, folder: Path) -> Subject:
    """An aiohttp handler that does nothing: what everything else is measured by."""
    server = stack.enter_context(_constant(folder))
    return Subject(server, "/constant", ["{}"])


def open_ping(stack: ExitStack, folder: Path) -> Subject:
    """The gateway's shortest way: no key, no database."""
    server = stack.enter_context(gateway(folder))
    return Subject(
        server, "/api/v1/system/ping", ["{}"], account=account_by_log(server, "system/ping")
    )


def open_whoami(stack: ExitStack, folder: Path) -> Subject:
    """A call with authentication and a rate limit, and nothing to do."""
    server, key = limited_gateway(stack, folder)
    account = account_by_log(server, "system/whoami")
    return Subject(server, "/api/v1/system/whoami", ["{}"], key, account=account)


def open_get(stack: ExitStack, folder: Path) -> Subject:
    """The gateway's shortest read of the database, with authentication and a rate limit."""
    server, key = limited_gateway(stack, folder)
    bodies = [json.dumps({"id": id_}) for id_ in create_counters(server, key, COUNTERS)]
    account = account_by_log(server, "counters/get")
    return Subject(server, "/api/v1/counters/get", bodies, key, account=account)


def open_full(stack: ExitStack, folder: Path) -> Subject:
    """A list of 50 whole counters, which the gateway reads and dumps anew for every call."""
    server, key = limited_gateway(stack, folder)
    create_counters(server, key, LISTED)
    bodies = [json.dumps({"per_page": LISTED_AT_ONCE, "_full": True})]
    account = account_by_log(server, "counters/list")
    return Subject(server, "/api/v1/counters/list", bodies, key, account=account)


def open_increment(stack: ExitStack, folder: Path) -> Subject:
    """The gateway's hot write: key, limit, validation, a durable commit before the answer."""
    server, key = limited_gateway(stack, folder)
    return _increments(server, key)


def open_keyed(stack: ExitStack, folder: Path) -> Subject:
    """Increments, each with an idempotency key."""
    return replace(open_increment(stack, folder), keyed=True)


def own_openers() -> Mapping[str, "Opener"]:
    """What opens the gateway's own actions: `keyed` on the gateway of `increment`, if that is open.

    Two gateways that do not differ may differ by more than a key costs.
    """
    opened: list[Subject] = []

    def open_plain(stack: ExitStack, folder: Path) -> Subject:
        opened.append(open_increment(stack, folder))
        return opened[0]

    def open_beside(stack: ExitStack, folder: Path) -> Subject:
        if not opened or opened[0].key is None:
            return open_keyed(stack, folder)
        return replace(_increments(opened[0].server, opened[0].key), keyed=True)

    return {**OWN_SUBJECTS, "increment": open_plain, "keyed": open_beside}


def _increments(server: Server, key: str) -> Subject:
    """Increments of counters that nobody else counts with."""
    ids = create_counters(server, key, COUNTERS)

    def account() -> Account:
        refused = account_by_log(server, "counters/increment")().refused
        found = (post(server, "counters/get", {"id": id_}, key) for id_ in ids)
        return Account((sum(counter["value"] for counter in found),), refused)

    bodies = [json.dumps({"id": id_}) for id_ in ids]
    return Subject(server, "/api/v1/counters/increment", bodies, key, account=account)


Opener = Callable[[ExitStack, Path], Subject]
"""Starts what is measured, in a folder of its own. Raises NotServed."""

OWN_SUBJECTS: Mapping[str, Opener] = {
    "constant": open_constant,
    "whoami": open_whoami,
    "get": open_get,
    "full": open_full,
    "increment": open_increment,
    "keyed": open_keyed,
}
"""The gateway's own actions, by what results call them."""


def account_by_log(server: Server, action: str) -> Callable[[], Account]:
    """What the gateway's log says of an action's calls."""

    def account() -> Account:
        codes = logged(server, action)
        return Account((codes.pop("success", 0),), codes)

    return account


def _constant(folder: Path) -> AbstractContextManager[Server]:
    port = free_port()
    script = Path(__file__).with_name("constant.py")
    return serving([sys.executable, str(script), str(port)], port=port, folder=folder)
