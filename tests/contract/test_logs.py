"""No key, parameter or secret is in any log line, whatever is called and however it ends."""

import asyncio
import base64
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from gateway import Action, ActionError, Context, Section
from schemas.base import Shape
from schemas.fields import Text
from tests.conftest import OpenHouse
from tests.contract.line import make_request
from tests.contract.wire import throw
from tests.faults.process import ROOT, Server, serving

MARK = "marker7f3a"
"""Part of everything that a caller sends and a log must not hold, in whatever case."""

JSON = (b"Content-Type", b"application/json")
FORM = (b"Content-Type", b"application/x-www-form-urlencoded")

ECHOES: tuple[Mapping[str, Any], ...] = (
    {MARK: MARK},
    {"text": MARK, "_rehearse": {"crash": True}},
    {"text": MARK, "_rehearse": {"error": "Conflict"}},
    {"text": MARK, "_rehearse": {"error": MARK}},
    {"text": MARK, "_rehearse": {MARK: True}},
)

CALLS: tuple[tuple[str, Mapping[str, Any]], ...] = (
    *(("system/echo", params) for params in ECHOES),
    ("counters/create", {"name": MARK, "type": "UpDown", "external_id": MARK}),
    ("counters/create", {"name": MARK, "type": "UpDown", "external_id": MARK}),
    ("counters/create", {"name": MARK, "type": MARK, MARK: MARK, "metadata": {MARK: 1}}),
    ("counters/increment", {"external_id": MARK, "by": 250}),
    ("counters/increment", {"external_id": MARK, "by": MARK}),
    ("counters/set", {"external_id": MARK, "value": -(2**63)}),
    ("counters/decrement", {"external_id": MARK}),
    ("counters/get", {"external_id": f"no {MARK}"}),
    ("counters/list", {"filters": {"name": {"operator": "contains", "value": MARK}}}),
    ("counters/list", {"filters": {MARK: MARK}, "sort_by": MARK}),
    ("counters/history", {"external_id": MARK, "cursor": MARK}),
    ("counters/at", {"external_id": MARK, "moment": MARK, "timezone": MARK}),
    ("system/describe", {"action": f"counters/{MARK}"}),
    ("counters/delete", {"external_id": MARK}),
    ("accounts/create", {"name": MARK, "role": "viewer"}),
    ("accounts/create", {"name": MARK, "role": MARK, "scopes": [MARK], "allowed_ips": [MARK]}),
    ("keys/create", {"account_id": MARK, "name": MARK}),
    ("keys/report_leak", {"key": f"hal_live_{MARK * 5}"}),
    ("workspaces/create", {"name": MARK}),
    ("workspaces/update", {"name": MARK}),
    (f"counters/{MARK}", {}),
    (f"{MARK}/{MARK}", {MARK: MARK}),
)


def requests(key: str) -> Iterator[bytes]:
    """Requests with the mark in every place that a request has."""
    good = (b"Authorization", f"Bearer {key}".encode())
    mark, echo = MARK.encode(), b"/api/v1/system/echo"
    for path, params in CALLS:
        body = json.dumps(params).encode()
        yield make_request(b"POST", f"/api/v1/{path}".encode(), (good, JSON), body)
    for target in (b"/%b" % mark, b"/api/v1/system/ping?%b=%b" % (mark, mark), b"/%%%b" % mark):
        yield make_request(b"POST", target, [good])
        yield make_request(b"GET", target, [good])
    for body in (b'{"%b": ' % mark, b'"%b"' % mark, b'{"%b": "\\u0000"}' % mark, b"\xff" + mark):
        yield make_request(b"POST", echo, (good, JSON), body)
        yield make_request(b"POST", echo, (good, FORM), b"params=" + body)
    for authorization in _authorizations(key):
        yield make_request(b"POST", b"/api/v1/system/whoami", [(b"Authorization", authorization)])
    for name in (
        b"Idempotency-Key",
        b"X-Timeout-Ms",
        b"Origin",
        b"Cookie",
        b"traceparent",
        b"Prefer",
    ):
        yield make_request(b"POST", b"/api/v1/system/whoami", [good, (name, mark)])
    for name in (
        b"X-Request-Id",
        b"Content-Type",
        b"Content-Encoding",
        b"Expect",
        b"Upgrade",
        mark,
    ):
        yield make_request(b"POST", echo, [good, (name, b"(%b)" % mark)], b"{}")
    yield from (b"%b\r\n\r\n" % mark, b"POST /%b HTTP/1.1\r\n%b\r\n\r\n" % (mark, mark))
    yield make_request(b"POST", echo, [good, (b"Content-Length", mark)], mark)
    yield make_request(b"POST", echo, [good, (b"Transfer-Encoding", b"chunked")], mark)


def _authorizations(key: str) -> Iterator[bytes]:
    swapped = key[:-1] + ("0" if key[-1] != "0" else "1")
    for secret in (MARK, key, swapped, f"hal_live_{MARK}", key + MARK):
        yield f"Bearer {secret}".encode()
        yield f"Basic {base64.b64encode(f'{MARK}:{secret}'.encode()).decode()}".encode()
    yield f"{MARK} {key}".encode()
    yield f"Basic {MARK}!".encode()


def assert_silent_on(key: str, log: str) -> None:
    """Neither the mark nor any part of the key that is worth anything is in the log."""
    secret = key[len("hal_live_") + 12 : -6]
    encoded = base64.b64encode(f"{MARK}:".encode()).decode()[:12]
    for word in (MARK, secret, secret[:8], secret[-8:], encoded):
        assert word.lower() not in log.lower()


async def test_no_call_leaves_more_in_the_log_than_who_called_what(open_house: OpenHouse) -> None:
    house = await open_house(door="http", echo_rehearsal=True, log_level="debug")
    port = int(house.url.rpartition(":")[2])

    for request in requests(house.key):
        await asyncio.to_thread(throw, port, request)

    codes = {line.get("code") for line in house.log.lines if line["event"] == "call"}
    assert codes >= {None, "MalformedRequest", "InvalidAPIKey", "UnknownAction", "UnknownPath"}
    assert "call.crashed" in {line["event"] for line in house.log.lines}
    assert_silent_on(house.key, house.log.text)


@pytest.mark.parametrize("log_format", ["json", "pretty"])
def test_the_first_key_is_shown_once_and_a_process_says_nothing_else(
    tmp_path: Path, log_format: str
) -> None:
    settings = {"echo_rehearsal": "true", "log_level": "debug", "log_format": log_format}
    with serving(["--data", str(tmp_path / "data")], tmp_path, **settings) as server:
        key = _shown_key(server)
        for request in requests(key):
            throw(server.port, request)
    log, said = server.stdout.read_text(), server.stderr.read_text()

    assert said.count(key) == 2
    assert "call.crashed" in log
    assert_silent_on(key, log + said.replace(key, ""))


def test_the_databases_password_is_not_told_when_it_cannot_be_reached() -> None:
    address = f"postgresql://halyard:{MARK}@127.0.0.1:1/halyard"
    command = [sys.executable, "-m", "actions", "serve", "--port", "0", "--database", address]

    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True)

    assert done.returncode == 2
    assert MARK.encode() not in done.stdout + done.stderr


class Words(NamedTuple):
    text: str


class WordsShape(Shape[Words]):
    makes = Words

    text = Text(required=True)


class NeverDeclared(ActionError):
    message = "{text} is an error."
    wording = {"text": "This"}


class Crash(Action[Words, Words]):
    """Crash with the parameter in the exception's own text."""

    scope = "crashes:read"
    takes = gives = WordsShape()

    async def run(self, params: Words, context: Context) -> Words:
        return Words(str(int(params.text)))


class Undeclared(Action[Words, Words]):
    """Raise an error that is not declared, with the parameter in its sentence."""

    scope = "crashes:read"
    takes = gives = WordsShape()

    async def run(self, params: Words, context: Context) -> Words:
        raise NeverDeclared(text=params.text)


CRASHES = Section("crashes", "What goes wrong", actions=(Crash, Undeclared))


@pytest.mark.parametrize("path", ["crashes/crash", "crashes/undeclared"])
async def test_a_crash_is_logged_without_the_parameters_that_its_exception_quotes(
    open_house: OpenHouse, path: str
) -> None:
    house = await open_house(sections=(CRASHES,))

    answer = await house.send(path, text=MARK)

    assert answer["data"]["code"] == "InternalServerError"
    assert "call.crashed" in house.log.text
    assert_silent_on(house.key, house.log.text)


def _shown_key(server: Server) -> str:
    """The key that the first start shows."""
    lines = server.stderr.read_text().splitlines()
    return next(line.strip() for line in lines if line.startswith("  hal_live_"))
