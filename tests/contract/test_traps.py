"""Requests that were made to break a gateway, each known by name; random ones seldom get there."""

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import pytest
from hypothesis import assume, given

from tests.contract.line import Line
from tests.contract.strategies import edited, edits, fixed

HEAD = b"POST /api/v1/system/echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"

BROKEN = {
    "no host": b"POST /api/v1/system/ping HTTP/1.1\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS": bytes.fromhex("160301020001000001fc0303") + bytes(range(256)) + b"\r\n\r\n",
    "line feeds alone": HEAD.replace(b"\r\n", b"\n") + b"\n",
    "a NUL in a header": HEAD + b"X-Any: a\0b\r\n\r\n",
    "a folded header": HEAD + b"X-Any: a\r\n b\r\n\r\n",
    "a blank before the colon": HEAD + b"X-Any : a\r\n\r\n",
    "a long header": HEAD + b"X-Any: " + b"a" * 70_000 + b"\r\n\r\n",
    "a long path": b"POST /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ",
    "a signed length": HEAD + b"Content-Length: +2\r\n\r\n{}",
    "a negative length": HEAD + b"Content-Length: -2\r\n\r\n{}",
    "a length beyond 64 bits": HEAD + b"Content-Length: 99999999999999999999999\r\n\r\n",
    "length and chunks": HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks that are none": HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    "chunks before the last": HEAD + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "no such address": b"POST http://[::1/ HTTP/1.1\r\nHost: x\r\n\r\n",
    "no such port": b"POST http://x:99999/ HTTP/1.1\r\nHost: x\r\n\r\n",
}

POSITIONS: tuple[Any, ...] = (
    [],
    [None, None],
    {},
    "x",
    1,
    ["x", 1],
    ["2026-11-21T12:00:00Z", None],
)
"""Positions that no list ever gave out."""


@pytest.mark.parametrize("name", BROKEN)
def test_broken_http_is_answered_with_an_envelope_and_the_connection_closes(
    line: Line, name: str
) -> None:
    (answer,) = line.throw(BROKEN[name])

    assert answer.status == 400
    assert answer.headers["connection"] == "close"
    assert json.loads(answer.body)["data"]["code"] == "MalformedRequest"


def test_a_request_behind_a_broken_one_is_not_read(line: Line) -> None:
    good = HEAD + b"Content-Length: 0\r\n\r\n"

    answers = line.throw(BROKEN["a signed length"] + good)

    assert [answer.status for answer in answers] == [400]


@pytest.mark.parametrize("position", POSITIONS, ids=repr)
def test_a_cursor_that_a_caller_makes_is_refused(line: Line, position: Any) -> None:
    """A caller knows everything that a cursor is bound to; that must not suffice to make one."""
    account = line.call_json("system/whoami", {})["data"]["account_id"]
    bound_to = ["counters/history", account, {"external_id": "steps"}]
    binding, text = (
        json.dumps(each, separators=(",", ":")).encode() for each in (bound_to, position)
    )
    digest = hashlib.blake2b(binding + b"\n" + text, digest_size=12).digest()
    cursor = urlsafe_b64encode(digest + text).decode().rstrip("=")

    answer = line.call_json("counters/history", {"external_id": "steps", "cursor": cursor})

    assert answer["status"] == "parameter-error"


@given(changes=edits)
@fixed(200)
def test_a_cursor_with_anything_changed_is_refused(
    line: Line, changes: list[tuple[int, int, bytes]]
) -> None:
    line.furnish()
    line.call_json("counters/set", {"external_id": "steps", "value": 1})
    page = line.call_json("counters/history", {"external_id": "steps", "per_page": 1})
    cursor = page["flags"]["paginated"]["next_cursor"]
    raw = urlsafe_b64decode(cursor + "==")
    changed = edited(raw, [(start % len(raw), length, new) for start, length, new in changes])
    assume(changed != raw)

    sent = urlsafe_b64encode(changed).decode().rstrip("=") or "="
    answer = line.call_json("counters/history", {"external_id": "steps", "cursor": sent})

    assert answer["status"] == "parameter-error"
