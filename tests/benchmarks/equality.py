"""Equality: nothing is measured that does not answer what the others answer, in meaning."""

import json
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

import orjson

from .levels import Level
from .serving import BenchmarkError, Reply
from .subjects import Subject

STEPS = (1, 5, 1)
COUNTER = {
    "id": str,
    "external_id": type(None),
    "name": str,
    "type": "UpDown",
    "value": int,
    "mode": "UpAndDown",
    "goal": type(None),
    "overflow": "allow",
    "version": int,
    "created_at": datetime,
    "updated_at": datetime,
}
"""The fields of a counter in their order, each with its type or its value."""
LIMIT_HEADERS = {"ratelimit-limit": "999999", "ratelimit-policy": "999999;w=1"}
CONSTANT_HEADERS = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "gateway-status": "success",
}
COUNTED_HEADERS = ("ratelimit-remaining", "ratelimit-reset")
REFUSED_STEPS: tuple[Mapping[str, Any], ...] = (
    {"by": 0},
    {"by": 10**12 + 1},
    {"by": 1.5},
    {"by": None},
    {"bye": 1},
    {"id": "not an id"},
    {"id": "01a20173-ffff-7000-8000-000000000000"},
)
"""Each makes a good body one that is to be refused.

A number in quotes is not among them: Litestar takes it, and has no setting against that.
"""
LOG_FIELDS = {
    *("request_id", "action", "account", "status", "code", "ms", "bytes", "event", "level", "at"),
}
LOG_PATIENCE = 2.0
"""Seconds until a line must be in the log."""


class Difference(Exception):
    """What a server answers that it should not."""


def require_equal(name: str, subject: Subject, level: Level) -> None:
    """Raise BenchmarkError unless the subject does what its level asks of every server."""
    try:
        if level.kind == "ping":
            _check_ping(subject)
        elif level.kind == "list":
            _check_list(subject)
        else:
            _check_increments(subject)
            _check_refusals(subject)
        if level.keyed:
            _check_replays(subject)
    except Difference as difference:
        raise BenchmarkError(f"{name} on {level.name} is not as the others: {difference}") from None


def _check_ping(subject: Subject) -> None:
    reply = subject.server.ask(subject.path, "{}", {})
    envelope = _envelope(reply)
    _require(envelope["data"] == {"pong": True}, f"its data is {envelope['data']}")


def _check_list(subject: Subject) -> None:
    envelope = _succeed(subject, json.loads(subject.bodies[0]))
    counters, flags = envelope["data"], envelope["flags"]
    for counter in counters:
        _check_counter(counter)
    _require(len({counter["id"] for counter in counters}) == 50, "it does not list 50 counters")
    paginated = {"page": 1, "per_page": 50, "total_pages": 4, "total_records": 200}
    _require(flags.get("paginated") == paginated, f"its pages are {flags.get('paginated')}")
    _require(flags.get("sorted") == {"by": "created_at", "order": "asc"}, "it tells no order")
    next_page = _succeed(subject, {"per_page": 50, "page": 2})["data"]
    both = {counter["id"] for counter in (*counters, *next_page)}
    _require(len(both) == 100, "its pages overlap")
    for wrong in ({"per_page": 101}, {"per_page": 0.5}, {"page": 0}, {"pages": 1}):
        _refuse(subject, wrong)


def _check_increments(subject: Subject) -> None:
    counter = {"value": 0, "version": 1, "updated_at": ""}
    body = json.loads(subject.bodies[0])
    for by in STEPS:
        envelope = _succeed(subject, {**body, "by": by})
        _require(envelope["flags"].get("modification") is True, "it does not tell that it modified")
        after = envelope["data"]
        _check_counter(after)
        _require(after["id"] == body["id"], "it answers with another counter")
        moved = (after["value"] - counter["value"], after["version"] - counter["version"])
        _require(moved == (by, 1), f"by {by} moved value and version by {moved}")
        _require(after["updated_at"] > counter["updated_at"], "updated_at stands still")
        counter = after
    default = _succeed(subject, {"id": body["id"]})["data"]
    _require(default["value"] == sum(STEPS) + 1, "`by` is not 1 where it is not sent")
    other = _succeed(subject, json.loads(subject.bodies[1]))["data"]
    _require(other["value"] == 1, "one counter's steps move another")


def _check_refusals(subject: Subject) -> None:
    body = json.loads(subject.bodies[2])
    for change in REFUSED_STEPS:
        _refuse(subject, {**body, **change})
    _refuse(subject, {})
    for authorization in ("Bearer hal_live_wrong", "Bearer", ""):
        _refuse(subject, body, {"Authorization": authorization})
    value = _succeed(subject, body)["data"]["value"]
    _require(value == 1, f"calls that were refused moved a counter to {value}")


def _check_replays(subject: Subject) -> None:
    body, key = json.loads(subject.bodies[3]), {"Idempotency-Key": f"equality-{uuid4()}"}
    first = _succeed(subject, body, key)
    again = _succeed(subject, body, key)
    _require(
        _with_moments(again["data"]) == _with_moments(first["data"]),
        "the same key gets another answer",
    )
    _require("idempotent_replay" not in first["flags"], "a first answer tells of a replay")
    _require(again["flags"].get("idempotent_replay") is True, "a replay is not told")
    _refuse(subject, {**body, "by": 2}, key)
    other = _succeed(subject, body, {"Idempotency-Key": f"equality-{uuid4()}"})
    _require(other["data"]["value"] == 2, "a key that was used counts again, or a new one does not")


def _succeed(
    subject: Subject, params: Mapping[str, Any], headers: Mapping[str, str] = {}
) -> dict[str, Any]:
    """The envelope of a call that must succeed, with all that belongs to it."""
    request_id = f"equality-{uuid4()}"
    reply = subject.server.ask(
        subject.path,
        json.dumps(params),
        {"Authorization": f"Bearer {subject.key}", "X-Request-Id": request_id, **headers},
    )
    envelope = _envelope(reply)
    _require(reply.headers.get("x-request-id") == request_id, "it keeps no X-Request-Id")
    _require(envelope["flags"]["request_id"] == request_id, "its flags have another request_id")
    for name, value in (LIMIT_HEADERS | CONSTANT_HEADERS).items():
        _require(reply.headers.get(name) == value, f"its {name} is {reply.headers.get(name)}")
    for name in COUNTED_HEADERS:
        _require(reply.headers.get(name, "").isdigit(), f"its {name} is {reply.headers.get(name)}")
    _check_log(subject, request_id)
    return envelope


def _refuse(subject: Subject, params: Mapping[str, Any], headers: Mapping[str, str] = {}) -> None:
    authorization = {"Authorization": f"Bearer {subject.key}"}
    reply = subject.server.ask(subject.path, json.dumps(params), {**authorization, **headers})
    refused = 400 <= reply.status < 500 or (
        reply.status == 200 and reply.body["status"] in ("error", "parameter-error")
    )
    _require(refused, f"{params} with {dict(headers)} is answered {reply.status} {reply.body}")


def _envelope(reply: Reply) -> dict[str, Any]:
    envelope = reply.body
    _require(reply.status == 200, f"it answers {reply.status} {reply.body}")
    kind = reply.headers.get("content-type", "").partition(";")[0]
    _require(kind == "application/json", f"its content type is {kind}")
    _require(list(envelope) == ["status", "time", "flags", "data"], f"it answers {envelope}")
    _require(envelope["status"] == "success", f"it answers {envelope}")
    _require(type(envelope["time"]) in (int, float), f"its time is {envelope['time']}")
    _require("request_id" in envelope["flags"], "its flags have no request_id")
    found: dict[str, Any] = envelope
    return found


def _check_counter(counter: Mapping[str, Any]) -> None:
    _require(list(counter) == list(COUNTER), f"a counter's fields are {list(counter)}")
    for name, wanted in COUNTER.items():
        found = _moment(counter[name]) if wanted is datetime else counter[name]
        fits = type(found) is wanted if isinstance(wanted, type) else found == wanted
        _require(fits, f"a counter's {name} is {counter[name]!r}")


def _with_moments(counter: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _moment(value) if COUNTER[name] is datetime else value
        for name, value in counter.items()
    }


def _moment(text: str) -> datetime | None:
    """A moment in whichever way of writing it; None where it has no zone."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is not None else None


def _check_log(subject: Subject, request_id: str) -> None:
    limit = time.monotonic() + LOG_PATIENCE
    while not (lines := list(_lines_of(subject, request_id))) and time.monotonic() < limit:
        time.sleep(0.005)  # the server is another process, and writes the line after its answer
    _require(len(lines) == 1, f"a call has {len(lines)} lines in its log")
    (line,) = lines
    missing = LOG_FIELDS - line.keys()
    _require(not missing, f"its log does not tell {', '.join(sorted(missing))}")
    _require(line["code"] is None, f"the log has the code {line['code']} for a success")
    _require(line["bytes"] > 0, "the log has no bytes for an answer")


def _lines_of(subject: Subject, request_id: str) -> Iterator[dict[str, Any]]:
    wanted = request_id.encode()
    for line in subject.server.output.read_bytes().splitlines():
        if wanted in line:
            yield orjson.loads(line)


def _require(holds: bool, difference: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not holds:
        raise Difference(difference)
