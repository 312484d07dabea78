"""The envelope always holds: whatever arrives, each answer is one, and nothing breaks."""

from collections.abc import Mapping
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from gateway.registry import Registered
from tests.contract.line import Headers, Line, make_request
from tests.contract.strategies import (
    ACTIONS,
    actions,
    calls,
    edited,
    edits,
    fixed,
    headers,
    json_texts,
    media_types,
    methods,
    paths,
)


@given(registered=actions(), body=st.binary(max_size=300) | json_texts, media_type=media_types)
@fixed(250)
def test_any_body_is_answered(
    line: Line, registered: Registered, body: bytes, media_type: str
) -> None:
    line.call(registered.path, body, (b"Content-Type", media_type.encode()))


@given(body=st.binary(max_size=60) | json_texts.map(lambda text: b"params=" + text))
@fixed(150)
def test_any_form_is_answered(line: Line, body: bytes) -> None:
    line.call("system/echo", body, (b"Content-Type", b"application/x-www-form-urlencoded"))


@given(call=calls())
@example(call=("counters/list", {"filters": {"type": {"operator": "in", "value": []}}}))
@example(call=("counters/list", {"filters": {"name": {"operator": "contains", "value": "\0"}}}))
@example(call=("counters/get", {"external_id": "\0"}))
@example(call=("counters/get", {"external_id": "\ud800"}))
@example(call=("counters/set", {"external_id": "steps", "value": 2**64}))
@fixed(600)
def test_any_parameters_are_answered(
    either_line: Line, call: tuple[str, Mapping[str, Any]]
) -> None:
    path, params = call

    answer = either_line.call_json(path, params)
    if (path, answer["status"]) == ("counters/delete", "success"):
        either_line.furnish()


@given(registered=actions(), sent=headers)
@example(registered=ACTIONS[0], sent=[(b"Authorization", b"Bearer \xff")])
@example(registered=ACTIONS[0], sent=[(b"Origin", b"\xff")])
@fixed(350)
def test_any_headers_are_answered(line: Line, registered: Registered, sent: Headers) -> None:
    request = make_request(b"POST", f"/api/v1/{registered.path}".encode(), sent)

    line.checked(line.ask(request), request)


@given(method=methods, path=paths, sent=headers)
@fixed(350)
def test_any_method_and_path_are_answered(
    line: Line, method: str, path: bytes, sent: Headers
) -> None:
    request = make_request(method.encode(), path, sent)

    answer = line.ask(request)
    if method == "HEAD":
        assert answer.status in (400, 404, 405)
        assert answer.headers["gateway-status"].startswith("error;code=")
    elif answer.status == 204:
        assert method == "OPTIONS"
        assert answer.body == b""
    else:
        line.checked(answer, request)


@given(changes=edits)
@fixed(250)
def test_a_request_with_bytes_changed_breaks_nothing(
    line: Line, changes: list[tuple[int, int, bytes]]
) -> None:
    sent = [
        (b"Authorization", f"Bearer {line.key}".encode()),
        (b"Content-Type", b"application/json"),
    ]
    request = make_request(b"POST", b"/api/v1/system/echo", sent, b'{"a": [1, 2.5, null, "b"]}')

    line.throw(edited(request, changes))


@given(garbage=st.binary(min_size=1, max_size=200), ended=st.booleans())
@fixed(150)
def test_garbage_on_the_socket_breaks_nothing(line: Line, garbage: bytes, *, ended: bool) -> None:
    line.throw(garbage + b"\r\n\r\n" if ended else garbage)
