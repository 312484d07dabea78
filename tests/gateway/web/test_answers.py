"""The headers of an answer: exactly those that the protocol names, and none that tells more."""

import re
from email.utils import parsedate_to_datetime

import pytest

from tests.gateway.web.wire import GREET, HttpAnswer, Wire, json_request, request
from tests.support.house import House

ALWAYS = [
    "Content-Type", "Cache-Control", "X-Content-Type-Options", "Gateway-Status", "X-Request-Id",
    "Date", "Content-Length",
]  # fmt: skip
KEEP = "/api/v1/toys/keep"


def said(answer: HttpAnswer) -> dict[str, str]:
    """The headers, without those that differ each time."""
    varies = ("Date", "Content-Length", "X-Request-Id")
    return {name: value for name, value in answer.headers.items() if name not in varies}


@pytest.mark.parametrize(
    ("sent", "gateway_status", "more"),
    [
        (json_request(), "success", {}),
        (json_request(sent={"name": ""}), "parameter-error", {}),
        (json_request(sent={"name": "lemon"}), "error;code=TooSour", {}),
        (json_request("/api/v1/toys/nothing"), "error;code=UnknownAction", {}),
        (json_request(KEEP), "error;code=AccessDenied", {"WWW-Authenticate": "Bearer"}),
        (
            json_request(KEEP, Authorization="Bearer x"),
            "error;code=InvalidAPIKey",
            {"WWW-Authenticate": "Bearer"},
        ),
        (request("/nowhere"), "error;code=UnknownPath", {}),
        (
            request(method="PUT"),
            "error;code=MethodNotAllowed",
            {"Allow": "POST, OPTIONS"},
        ),
        (request(GREET, b"x", Content_Type="text/plain"), "error;code=UnsupportedMediaType", {}),
        (b"nonsense\r\n\r\n", "error;code=MalformedRequest", {"Connection": "close"}),
        (
            json_request("/api/v1/toys/old_greet"),
            "success",
            {"Deprecation": "@1772323200", "Sunset": "Thu, 30 Sep 2027 00:00:00 GMT"},
        ),
    ],
)
async def test_every_envelope_has_these_headers_and_no_others(
    wire: Wire, sent: bytes, gateway_status: str, more: dict[str, str]
) -> None:
    answer = await wire.call(sent)

    assert said(answer) == {
        "Content-Type": "application/json; charset=utf-8",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Gateway-Status": gateway_status,
        **more,
    }
    assert set(answer.headers) == {*ALWAYS, *more}


async def test_an_answer_has_its_length_and_its_date(wire: Wire) -> None:
    answer = await wire.call(json_request(sent={"name": "Zoë €"}))

    assert int(answer.headers["Content-Length"]) == len(answer.body)
    assert "Zoë €".encode() in answer.body
    assert parsedate_to_datetime(answer.headers["Date"]).utcoffset() is not None
    assert answer.headers["Date"].endswith(" GMT")


@pytest.mark.parametrize("request_id", ["a", "A-Z_0.9:x", "9" * 128, "01890a5d-ac96-774b"])
async def test_a_request_id_that_fits_is_kept(wire: Wire, request_id: str) -> None:
    answer = await wire.call(json_request(X_Request_Id=request_id))

    assert answer.headers["X-Request-Id"] == request_id
    assert answer.envelope["flags"]["request_id"] == request_id


UUIDV7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


@pytest.mark.parametrize("request_id", ["", "a b", "ä", "a/b", "9" * 129, "a\tb", '"a"', "a,b"])
async def test_a_request_id_that_does_not_is_replaced(wire: Wire, request_id: str) -> None:
    answer = await wire.call(json_request(X_Request_Id=request_id))

    assert UUIDV7.fullmatch(answer.headers["X-Request-Id"])
    assert answer.envelope["flags"]["request_id"] == answer.headers["X-Request-Id"]


async def test_without_a_request_id_each_call_gets_its_own(wire: Wire) -> None:
    one, other = await wire.call(json_request()), await wire.call(json_request())

    assert UUIDV7.fullmatch(one.headers["X-Request-Id"])
    assert one.headers["X-Request-Id"] < other.headers["X-Request-Id"]


@pytest.mark.parametrize(
    "sent", [request("/nowhere", X_Request_Id="mine"), request(method="GET", X_Request_Id="mine")]
)
async def test_a_refusal_keeps_the_request_id_too(wire: Wire, sent: bytes) -> None:
    answer = await wire.call(sent)

    assert answer.headers["X-Request-Id"] == "mine"


async def test_the_library_of_a_client_understands_it(house: House) -> None:
    assert house.session is not None
    url = f"{house.url}/api/v1/toys/greet"
    async with house.session.post(url, json={"name": "Ada"}) as response:
        envelope = await response.json()

    assert response.status == 200
    assert response.reason == "OK"
    assert response.charset == "utf-8"
    assert envelope["data"] == {"name": "Ada"}
    assert "Server" not in response.headers
