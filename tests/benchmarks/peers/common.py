"""What no framework has a way of its own for, and all peers share: caller, limit, log, counters."""

import hashlib
import math
import re
import time
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, NamedTuple

import orjson
import structlog
import uuid_utils

PONG = {
    "status": "success",
    "time": 0.000004,
    "flags": {"request_id": "00000000000"},
    "data": {"pong": True},
}
"""What W0 answers: 90 bytes, compactly written."""

ACCOUNT = "01a20173-7fd3-7053-af01-b2aec0e988cd"
WORKSPACE = "01a20173-7fd3-7053-af01-b2aec0e988cc"
"""Whose all counters are."""
LIMIT, WINDOW = 999_999, 1
"""Calls in seconds: more than anybody gets through, so that nobody is refused."""

CONSTANT_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Gateway-Status": "success",
}
"""What the gateway sends with every success."""

UUID_PATTERN = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
STEP_MAX = 10**12
PAGE_MAX = 100
COUNTERS = 64
"""How many there are to increment."""
LISTED = 200
"""How many there are to list."""

_REQUEST_ID = re.compile(r"[A-Za-z0-9_.:-]{1,128}")
_BEARER = "Bearer "


class NewCounter(NamedTuple):
    """A counter as every server has it at first, fields in the order of the answer."""

    id: str
    external_id: str | None
    name: str
    type: str
    value: int
    mode: str
    goal: int | None
    overflow: str
    version: int
    created_at: datetime
    updated_at: datetime


def new_counters(count: int) -> list[NewCounter]:
    """The first `count` counters; their ids are the same everywhere."""
    at = now()
    return [
        NewCounter(
            counter_id(number), None, f"Benchmark {number:02}", "UpDown", 0,
            "UpAndDown", None, "allow", 1, at, at,
        )
        for number in range(1, count + 1)
    ]  # fmt: skip


def counter_id(number: int) -> str:
    return f"01a20173-0000-7000-8000-{number:012x}"


def now() -> datetime:
    return datetime.now(UTC)


class Keys:
    """Whose a key is; only its digest is kept."""

    def __init__(self, key: str) -> None:
        self._accounts = {hashlib.sha256(key.encode()).digest(): ACCOUNT}

    def account(self, key: str) -> str | None:
        return self._accounts.get(hashlib.sha256(key.encode()).digest())

    def account_of_header(self, authorization: str | None) -> str | None:
        """The same, from the header `Authorization`."""
        if authorization is None or not authorization.startswith(_BEARER):
            return None
        return self.account(authorization.removeprefix(_BEARER))


class Limit:
    """A moving window for each account, as one writes it in a dict."""

    def __init__(self, calls: int = LIMIT, seconds: int = WINDOW) -> None:
        self._calls, self._seconds = calls, seconds
        self._windows: dict[str, deque[float]] = {}

    def take(self, account: str) -> dict[str, str] | None:
        """The headers of the answer: the constant ones, and what is left; None when nothing is."""
        at = time.monotonic()
        window = self._windows.get(account)
        if window is None:
            window = self._windows[account] = deque()
        while window and window[0] <= at - self._seconds:
            window.popleft()
        if len(window) >= self._calls:
            return None
        window.append(at)
        return {
            **CONSTANT_HEADERS,
            "RateLimit-Limit": str(self._calls),
            "RateLimit-Remaining": str(self._calls - len(window)),
            "RateLimit-Reset": str(math.ceil(window[0] + self._seconds - at)),
            "RateLimit-Policy": f"{self._calls};w={self._seconds}",
        }


def request_id_of(sent: str | None) -> str:
    """The header `X-Request-Id` as it was sent, if it can be one, or a new id."""
    if sent is not None and _REQUEST_ID.fullmatch(sent):
        return sent
    return str(uuid_utils.uuid7())


def list_flags(page: int, per_page: int, total: int) -> dict[str, Any]:
    """What the flags of a list tell beside its request's id."""
    return {
        "sorted": {"by": "created_at", "order": "asc"},
        "paginated": {
            "page": page,
            "per_page": per_page,
            "total_pages": -(-total // per_page),
            "total_records": total,
        },
    }


def make_log() -> Any:
    """A logger as structlog's documentation sets it up for speed: bytes, orjson, made once."""
    structlog.configure(
        cache_logger_on_first_use=True,
        wrapper_class=structlog.make_filtering_bound_logger(20),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            structlog.processors.JSONRenderer(serializer=orjson.dumps),
        ],
        logger_factory=structlog.BytesLoggerFactory(),
    )
    return structlog.get_logger()


def log_call(
    log: Any,
    *,
    request_id: str,
    action: str,
    account: str | None,
    status: int,
    began: float,
    size: int,
) -> None:
    """Write the line of a call that began at `began` and is answered with `size` bytes."""
    log.info(
        "call",
        request_id=request_id,
        action=action,
        account=account,
        status=status,
        code=None if status == HTTPStatus.OK else HTTPStatus(status).phrase,
        ms=round((time.perf_counter() - began) * 1000, 3),
        bytes=size,
    )


def fingerprint(parameters: Mapping[str, Any]) -> str:
    """Equal for equal parameters, whatever their order."""
    text = orjson.dumps(parameters, option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(text, digest_size=16).hexdigest()
