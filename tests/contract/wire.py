"""Raw bytes to a server, and its answers read as strictly as the protocol describes them."""

import builtins
import contextlib
import json
import re
import socket
from typing import Any, NamedTuple, NoReturn

from tests.faults.process import HOST

LIMIT = 10.0
"""Seconds until a server counts as hung."""
QUIET = 0.03
"""Seconds to wait for a word more before the rest of a request is given up."""

_STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([1-5]\d\d) [\x20-\x7e]*")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+): ([\x20-\x7e]*)")
_TIME = re.compile(rb'\{"status":"[a-z-]+","time":\d+\.\d{6},"flags":\{')
_EXCEPTIONS = b"|".join(
    name.encode()
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException)
)
_PYTHON = re.compile(
    rb"\b(%b)\b|Traceback|File \"|\.py\b|line \d+, in |<class |object at 0x|\.__|surrogate"
    rb"|aiohttp|marshmallow|orjson|sqlite|sqlalchemy|asyncpg|asyncio|uvloop" % _EXCEPTIONS
)
_CODES = {400: "MalformedRequest", 404: "UnknownPath", 405: "MethodNotAllowed"}
"""What the HTTP statuses other than 200 stand for, when nobody asked for mirroring."""


class Answer(NamedTuple):
    """One HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes


def ask(port: int, request: bytes) -> Answer:
    """The one answer to a whole request."""
    with socket.create_connection((HOST, port), LIMIT) as connection:
        _send(connection, request)
        received = b""
        is_head = request.startswith(b"HEAD ")
        while not (found := _answers(received, is_head=is_head))[0]:
            received += _received(connection) or _fail(f"No whole answer: {received!r}")
    answers, rest = found
    assert not rest
    assert len(answers) == 1
    return answers[0]


def throw(port: int, garbage: bytes) -> list[Answer]:
    """The answers to anything at all, until the server closes or has nothing to say."""
    with socket.create_connection((HOST, port), LIMIT) as connection:
        _send(connection, garbage)
        received = b""
        with contextlib.suppress(TimeoutError):
            connection.settimeout(QUIET)
            while more := _received(connection):
                received += more
        # Whatever was missing does not come any more.
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_WR)
        connection.settimeout(LIMIT)
        while more := _received(connection):
            received += more
    answers, rest = _answers(received, is_head=False)
    assert not rest, received
    return answers


def envelope_in(answer: Answer, request: bytes) -> dict[str, Any]:
    """The envelope, once everything that section 2 of the protocol says of it holds."""
    envelope: dict[str, Any] = json.loads(answer.body, parse_constant=_fail)
    assert list(envelope) == ["status", "time", "flags", "data"]
    assert envelope["status"] in ("success", "parameter-error", "error")
    assert _TIME.match(answer.body)
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-request-id"] == envelope["flags"]["request_id"]
    assert answer.headers["gateway-status"] == _gateway_status(envelope)
    assert "server" not in answer.headers
    _refuse_python(answer.body, request)
    return envelope


def check_unmirrored(answer: Answer, envelope: dict[str, Any]) -> None:
    """The HTTP status is 200, or one of the exceptions of section 3 with its own code."""
    assert answer.status == 200 or envelope["data"]["code"] == _CODES[answer.status]
    assert ("allow" in answer.headers) == (answer.status == 405)


def _refuse_python(body: bytes, request: bytes) -> None:
    """No word of Python is in the answer that the caller did not send."""
    for match in _PYTHON.finditer(body):
        assert match[0] in request, body


def _gateway_status(envelope: dict[str, Any]) -> str:
    if envelope["status"] == "error":
        return f"error;code={envelope['data']['code']}"
    return str(envelope["status"])


def _answers(received: bytes, *, is_head: bool) -> tuple[list[Answer], bytes]:
    """The whole answers in what was received, interim ones left out, and the rest."""
    found: list[Answer] = []
    while True:
        head, end, rest = received.partition(b"\r\n\r\n")
        if not end:
            return found, received
        status, headers = _head(head)
        # Of a request that cannot be read, nobody knows that it was a HEAD.
        is_bare = status in (100, 204) or (is_head and status != 400)
        assert status != 204 or "content-length" not in headers
        length = 0 if is_bare else int(headers["content-length"])
        if len(rest) < length:
            return found, received
        received = rest[length:]
        if status != 100:
            found.append(Answer(status, headers, rest[:length]))


def _head(head: bytes) -> tuple[int, dict[str, str]]:
    first, *lines = head.split(b"\r\n")
    match = _STATUS_LINE.fullmatch(first)
    assert match, first
    headers: dict[str, str] = {}
    for line in lines:
        pair = _HEADER.fullmatch(line)
        assert pair, line
        name = pair[1].decode().lower()
        assert name not in headers, line
        headers[name] = pair[2].decode()
    return int(match[1]), headers


def _send(connection: socket.socket, request: bytes) -> None:
    # A server may answer and close before it has read everything.
    with contextlib.suppress(ConnectionError):
        connection.sendall(request)


def _received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65536)
    except ConnectionError:
        return b""


def _fail(reason: str) -> NoReturn:
    raise AssertionError(reason)
