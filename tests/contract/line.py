"""The way to one server, on which every answer is checked."""

import contextlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from gateway.access.keys import parse_key
from tests.contract.wire import Answer, ask, check_unmirrored, envelope_in, throw
from tests.faults.process import Server, init, options_of, serving

Headers = Sequence[tuple[bytes, bytes]]

_COUNTERS = {
    "steps": {"type": "UpDown"},
    "since": {"type": "FromDate", "date": "2024-02-29"},
    "until": {"type": "ToDate", "date": "9999-12-31"},
}


MAKING_KEYS = ("keys/create", "keys/rotate", "workspaces/create")
"""The actions whose answers show a key."""

_KEY = re.compile("hal_(?:live|test)_[0-9A-Za-z]{50}")


class Line:
    """The way to one server; each answer is checked, and that the server has nothing to hide."""

    def __init__(self, server: Server, key: str) -> None:
        self._server = server
        self._said = (server.stdout.open(), server.stderr.open())
        self._said[1].read()
        self.key = key
        self._secrets = {_secret(key)}
        """Of every key that an answer has shown."""

    def call(
        self, path: str, body: bytes, *extra: tuple[bytes, bytes], key: str | None = ""
    ) -> dict[str, Any]:
        """The envelope of a request to an action's path; `key` None sends none, "" the first."""
        shown = self.key if key == "" else key
        sent = list(extra)
        if shown is not None:
            sent.append((b"Authorization", f"Bearer {shown}".encode()))
        request = make_request(b"POST", f"/api/v1/{path}".encode(), sent, body)
        answer = self.ask(request)
        assert answer.status == 200
        envelope = self.checked(answer, request)
        self._check_keys(path, envelope, body)
        return envelope

    def call_json(
        self,
        path: str,
        params: Mapping[str, Any],
        *extra: tuple[bytes, bytes],
        key: str | None = "",
    ) -> dict[str, Any]:
        """The same with parameters, which Python's own encoder writes, NaN and all."""
        body = json.dumps(params).encode()
        return self.call(path, body, (b"Content-Type", b"application/json"), *extra, key=key)

    def furnish(self) -> None:
        """Make a counter of each type, unless they are there."""
        for external_id, own in _COUNTERS.items():
            params = {"name": "Daily steps", "external_id": external_id, **own}
            self.call_json("counters/create", params)

    def ask(self, request: bytes) -> Answer:
        """The answer to a whole request, unchecked."""
        try:
            return ask(self._server.port, request)
        finally:
            self.check_calm()

    def throw(self, garbage: bytes) -> list[Answer]:
        """The answers to anything at all."""
        try:
            answers = throw(self._server.port, garbage)
        finally:
            self.check_calm()
        for answer in answers:
            self.checked(answer, garbage)
        return answers

    def checked(self, answer: Answer, request: bytes) -> dict[str, Any]:
        envelope = envelope_in(answer, request)
        assert answer.status != 500
        if b"http-status" not in request.lower():
            check_unmirrored(answer, envelope)
        return envelope

    def check_calm(self) -> None:
        """Nothing that was said since the last time tells of a fault."""
        log, complaints = (stream.read() for stream in self._said)
        assert "crashed" not in log, log
        assert not complaints
        assert not _KEY.search(log), log

    def _check_keys(self, path: str, envelope: dict[str, Any], body: bytes) -> None:
        """No key is in an answer but a new one, at its place in those that make one."""
        data, text = envelope["data"], json.dumps(envelope)
        withheld = envelope["flags"].get("secret_withheld")
        if path in MAKING_KEYS and envelope["status"] == "success" and not withheld:
            assert text.count(data["key"]) == 1
            text = text.replace(data["key"], "")
            self._secrets.add(_secret(data["key"]))
        for secret in self._secrets:
            assert secret not in text or secret.encode() in body, text
        for found in _KEY.findall(text):
            assert parse_key(found) is None or found.encode() in body, text

    def close(self) -> None:
        """Nothing that was said at all tells of a key."""
        for stream in self._said:
            stream.close()
        said = self._server.said()
        assert not any(secret in said for secret in self._secrets)


def _secret(key: str) -> str:
    """The part of a key that nobody but its holder may know."""
    parsed = parse_key(key)
    assert parsed is not None
    return parsed.secret


@contextlib.contextmanager
def open_line(database: Mapping[str, Any], folder: Path) -> Iterator[Line]:
    options = options_of(database)
    key = init(options)
    # Every page may call, so that the answers have CORS headers to get wrong as well.
    with serving(options, folder, cors_origins="*", body_timeout="0.2") as server:
        line = Line(server, key)
        line.furnish()
        yield line
        line.close()


def make_request(method: bytes, path: bytes, sent: Headers, body: bytes = b"") -> bytes:
    length = b"Content-Length: %d" % len(body)
    lines = [b"%b %b HTTP/1.1" % (method, path), b"Host: gateway.example", length]
    lines += [b"%b: %b" % header for header in sent]
    return b"\r\n".join([*lines, b"", body])
