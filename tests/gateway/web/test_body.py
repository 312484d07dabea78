"""A body is one JSON object, as it is or in a form; what is neither is refused."""

from typing import Any
from urllib.parse import quote, quote_plus, urlencode

import pytest

from tests.gateway.web.wire import GREET, Wire, json_request, request

FORM = "application/x-www-form-urlencoded"
ADA = b'{"name":"Ada"}'


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        'Application/JSON ; Charset="utf-8"',
        "application/json; charset=utf8",
        "application/json; profile=x; charset=utf-8",
        "application/json;",
    ],
)
async def test_json_is_utf_8(wire: Wire, content_type: str) -> None:
    answer = await wire.call(request(GREET, '{"name":"Zoë"}'.encode(), Content_Type=content_type))

    assert answer.envelope["data"] == {"name": "Zoë"}


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "text/json",
        "application/vnd.api+json",
        "application/json; charset=latin-1",
        "application/json; charset=utf-16",
        "application/x-www-form-urlencoded; charset=latin-1",
        "multipart/form-data; boundary=x",
        "application/octet-stream",
        "json",
        "",
        "application/json, text/plain",
    ],
)
async def test_any_other_content_type_is_refused(wire: Wire, content_type: str) -> None:
    answer = await wire.call(request(GREET, ADA, Content_Type=content_type))

    assert answer.status == 200
    assert answer.envelope["data"] == {
        "code": "UnsupportedMediaType",
        "message": "Send the parameters as application/json in UTF-8, or as "
        "application/x-www-form-urlencoded with the JSON in the field params.",
        "retryable": False,
    }


async def test_a_body_needs_a_content_type(wire: Wire) -> None:
    assert (await wire.call(request(GREET, ADA))).code == "UnsupportedMediaType"


@pytest.mark.parametrize("content_type", [None, "application/json", FORM, "text/plain", "x"])
async def test_no_body_is_no_parameters_whatever_its_content_type(
    wire: Wire, content_type: str | None
) -> None:
    headers = {} if content_type is None else {"Content_Type": content_type}
    answer = await wire.call(request("/api/v1/toys/greet", **headers))

    assert answer.envelope["data"] == {"name": "you"}


async def test_a_request_without_a_length_has_no_body(wire: Wire) -> None:
    sent = request().replace(b"Content-Length: 0\r\n", b"")

    assert (await wire.call(sent)).envelope["data"] == {"name": "you"}


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "identity", "zstd", ""])
@pytest.mark.parametrize("body", [b"", ADA, b"\x1f\x8b\x08"])
async def test_an_encoded_body_is_refused(wire: Wire, encoding: str, body: bytes) -> None:
    sent = request(GREET, body, Content_Type="application/json", Content_Encoding=encoding)
    answer = await wire.call(sent)

    assert answer.envelope["data"]["code"] == "UnsupportedMediaType"
    assert answer.envelope["data"]["message"] == "Send the body as it is, without Content-Encoding."


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"null", b'{"name":NaN}', b'{"name":"\xff"}', b" ", b"\xef\xbb\xbf{}"]
)
async def test_a_body_that_is_not_strict_json_is_malformed(wire: Wire, body: bytes) -> None:
    answer = await wire.call(request(GREET, body, Content_Type="application/json"))

    assert answer.status == 200
    assert answer.code == "MalformedRequest"


@pytest.mark.parametrize(
    ("form", "data"),
    [
        (urlencode({"params": '{"name":"Zoë & co"}'}), {"name": "Zoë & co"}),
        ("params=" + quote('{"name":"a b"}'), {"name": "a b"}),
        ("params=" + quote_plus('{"name":"a b"}'), {"name": "a b"}),
        ('params={"name":"a+b"}', {"name": "a b"}),
        ('params={"name":"a%2Bb"}', {"name": "a+b"}),
        (urlencode({"other": "x", "params": '{"name":"Ada"}', "": "y"}), {"name": "Ada"}),
        (urlencode([("params", "{}"), ("params", '{"name":"Bob"}')]), {"name": "Bob"}),
        ("params=", {"name": "you"}),
        ("params", {"name": "you"}),
        ("other=1", {"name": "you"}),
        ("&&&", {"name": "you"}),
        ("%70arams=%7B%7D", {"name": "you"}),
    ],
)
async def test_a_form_holds_the_same_object(wire: Wire, form: str, data: dict[str, Any]) -> None:
    answer = await wire.call(request(GREET, form.encode(), Content_Type=FORM))

    assert answer.envelope["data"] == data


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf8"'])
async def test_a_form_may_name_its_charset(wire: Wire, charset: str) -> None:
    body = urlencode({"params": '{"name":"Zoë"}'}).encode()
    answer = await wire.call(request(GREET, body, Content_Type=f"{FORM}; charset={charset}"))

    assert answer.envelope["data"] == {"name": "Zoë"}


@pytest.mark.parametrize(
    ("form", "message"),
    [
        (b"params=%FF", "The form is not well encoded."),
        (b"params=%C3", "The form is not well encoded."),
        (b"params=\xc3\xab", "The form is not well encoded."),
        (b"%FF=1&params={}", "The form is not well encoded."),
        (b"params=%zz", "The body is not strict JSON: reading stopped at line 1, column 1."),
        (b"params={", "The body is not strict JSON: reading stopped at line 1, column 2."),
        (b"params=[]", "The body must be one JSON object."),
        (b"params=%00", "The body is not strict JSON: reading stopped at line 1, column 1."),
    ],
)
async def test_a_bad_form_is_malformed(wire: Wire, form: bytes, message: str) -> None:
    answer = await wire.call(request(GREET, form, Content_Type=FORM))

    assert answer.envelope["data"] == {
        "code": "MalformedRequest",
        "message": message,
        "retryable": False,
    }


async def test_parameters_are_not_read_from_the_query(wire: Wire) -> None:
    answer = await wire.call(json_request("/api/v1/toys/greet?name=Bob&params={}"))

    assert answer.envelope["data"] == {"name": "you"}
