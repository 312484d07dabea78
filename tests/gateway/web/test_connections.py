"""Connections: kept open and shared by many calls, closed after what is no HTTP."""

import pytest

from gateway.web.request import Request
from tests.conftest import OpenHouse
from tests.gateway import toys
from tests.gateway.toys import Bench
from tests.gateway.web.wire import (
    GREET,
    LAST_CHUNK,
    HttpAnswer,
    Wire,
    answering,
    chunk,
    chunked_head,
    json_request,
    request,
    said,
    wired,
)
from tests.support.house import House


@pytest.fixture
async def patient(open_house: OpenHouse) -> House:
    """A house that gives bodies longer than a test waits."""
    return await open_house(door="http", sections=(toys.section,), body_timeout=60)


async def test_a_connection_serves_one_call_after_the_other(wire: Wire) -> None:
    answers = [await wire.call(json_request(sent={"name": name})) for name in "abc"]

    assert [answer.envelope["data"]["name"] for answer in answers] == ["a", "b", "c"]
    assert ["Connection" in answer.headers for answer in answers] == [False] * 3


async def test_requests_sent_ahead_are_answered_in_order(wire: Wire) -> None:
    wanted = [
        json_request(sent={"name": "a"}),
        request("/nowhere"),
        json_request(sent={"name": "lemon"}),
        request("/healthz", method="GET"),
        json_request(sent={"name": "e"}),
    ]
    await wire.send(b"".join(wanted))
    answers = [await wire.answer() for _ in wanted]

    assert [answer.status for answer in answers] == [200, 404, 200, 200, 200]
    assert answers[0].envelope["data"] == {"name": "a"}
    assert answers[2].code == "TooSour"
    assert answers[3].body == b'{"alive":true}'
    assert answers[4].envelope["data"] == {"name": "e"}


async def test_a_request_may_come_byte_by_byte(wire: Wire) -> None:
    await wire.send(*(bytes([byte]) for byte in json_request(sent={"name": "Ada"})))

    assert (await wire.answer()).envelope["data"] == {"name": "Ada"}


async def test_one_connection_does_not_wait_for_another(house: House, bench: Bench) -> None:
    async with wired(house) as slow, wired(house) as quick:
        await slow.send(json_request("/api/v1/toys/wait"))
        await bench.reached()
        answer = await quick.call(json_request())
        bench.go_on.set()

        assert answer.code == "success"
        assert (await slow.answer()).code == "success"


async def test_who_asks_for_it_is_closed_after_the_answer(wire: Wire) -> None:
    answer = await wire.call(json_request(Connection="close"))

    assert answer.headers["Connection"] == "close"
    assert await wire.rest() == b""


async def test_http_1_0_is_closed_after_the_answer(wire: Wire) -> None:
    answer = await wire.call(request(version="1.0"))

    assert answer.code == "success"
    assert answer.headers["Connection"] == "close"
    assert await wire.rest() == b""


async def test_http_1_0_is_kept_open_for_who_asks(wire: Wire) -> None:
    answer = await wire.call(request(version="1.0", Connection="keep-alive"))
    again = await wire.call(request(version="1.0"))

    assert answer.headers["Connection"] == "keep-alive"
    assert again.code == "success"


async def test_an_http_1_0_client_is_not_told_to_continue(wire: Wire) -> None:
    head = request(
        version="1.0", Content_Type="application/json", Content_Length="2", Expect="100-continue"
    )
    await wire.send(head, b"{}")

    assert (await wire.answer()).line == "HTTP/1.1 200 OK"


BROKEN = {
    "no request line": b"nonsense\r\n\r\n",
    "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 40 + b"\r\n\r\n",
    "http/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "no colon": b"POST /api/v1/toys/greet HTTP/1.1\r\nHost gateway\r\n\r\n",
    "space before colon": b"POST /api/v1/toys/greet HTTP/1.1\r\nHost : gateway\r\n\r\n",
    "folded header": b"POST /api/v1/toys/greet HTTP/1.1\r\nA: b\r\n c: d\r\n\r\n",
    "null in a header": b"POST /api/v1/toys/greet HTTP/1.1\r\nA: b\x00c\r\n\r\n",
    "bad length": request(Content_Length="two"),
    "negative length": request(Content_Length="-1"),
    "plus length": request(Content_Length="+2"),
    "endless length": request(Content_Length="9" * 40),
    "two lengths": request(X="y").replace(b"X: y", b"Content-Length: 2"),
    "length and chunks": request(Transfer_Encoding="chunked"),
    "bad path": request("http://["),
    "raw bytes in the path": request("/api/v1/toys/gr\xe9et"),
    "long path": request("/" + "a" * 20_000),
    "long header": request(X_Long="a" * 20_000),
    "bad chunk": chunked_head(Content_Type="application/json") + b"zz\r\n{}\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("sent", BROKEN.values(), ids=BROKEN)
async def test_what_is_no_http_is_told_so_and_closed(house: House, wire: Wire, sent: bytes) -> None:
    answer = await wire.call(sent)

    assert answer.line == "HTTP/1.1 400 Bad Request"
    assert answer.headers["Connection"] == "close"
    assert answer.envelope["data"] == {
        "code": "MalformedRequest",
        "message": "The request is not well-formed HTTP.",
        "retryable": False,
    }
    assert await wire.rest() == b""
    (line,) = house.log.lines
    assert (line["code"], line["action"]) == ("MalformedRequest", None)


BROKEN_CHUNKS = {
    "no length": b"zz\r\n",
    "no end": b"2\r\n{}{}\r\n",
    "after a good one": chunk(b"{}") + b"zz\r\n" + LAST_CHUNK,
    "bad trailer": b"0\r\nA b\r\n\r\n",
}


def assert_badly_framed(answer: HttpAnswer) -> None:
    assert answer.line == "HTTP/1.1 400 Bad Request"
    assert answer.headers["Connection"] == "close"
    assert answer.envelope["data"] == {
        "code": "MalformedRequest",
        "message": "The body broke off or is badly framed.",
        "retryable": False,
    }


@pytest.mark.parametrize("sent", BROKEN_CHUNKS.values(), ids=BROKEN_CHUNKS)
async def test_chunks_that_turn_out_broken_end_the_call_and_the_connection(
    patient: House, sent: bytes
) -> None:
    async with wired(patient) as wire:
        head = chunked_head(Content_Type="application/json", Expect="100-continue")
        leave = await wire.call(head)
        answer = await wire.call(sent)
        rest = await wire.rest()

    assert leave.line == "HTTP/1.1 100 Continue"
    assert_badly_framed(answer)
    assert rest == b""
    (line,) = patient.log.lines
    assert (line["code"], line["action"]) == ("MalformedRequest", "toys/greet")


async def test_broken_chunks_of_a_request_sent_ahead_end_that_one_and_no_other(
    patient: House,
) -> None:
    bench: Bench = patient.gateway.pipeline.shared.sections["toys"]
    async with wired(patient) as wire:
        await wire.send(json_request("/api/v1/toys/wait"))
        await bench.reached()
        await wire.send(chunked_head(Content_Type="application/json"))
        async with wired(patient) as other:  # by its answer, the head sent before was read
            await other.call(json_request())
        await wire.send(b"zz\r\n", b"zz\r\n")
        bench.go_on.set()
        answers = [await wire.answer(), await wire.answer()]
        rest = await wire.rest()

    assert answers[0].code == "success"
    assert_badly_framed(answers[1])
    assert rest == b""


async def test_a_connection_may_break_after_good_requests(wire: Wire) -> None:
    good = await wire.call(json_request())
    bad = await wire.call(b"nonsense\r\n\r\n")

    assert (good.code, bad.code) == ("success", "MalformedRequest")
    assert await wire.rest() == b""


@pytest.mark.parametrize("upgrade", ["websocket", "h2c"])
async def test_an_offer_to_speak_otherwise_is_ignored(wire: Wire, upgrade: str) -> None:
    sent = json_request(sent={"name": "Ada"}, Connection="Upgrade", Upgrade=upgrade)
    answer = await wire.call(sent)

    assert answer.envelope["data"] == {"name": "Ada"}


async def test_a_refused_body_is_not_taken_for_the_next_request(wire: Wire) -> None:
    hidden = json_request("/api/v1/toys/things")
    answer = await wire.call(request(GREET, hidden, Content_Type="text/plain"))
    after = await wire.call(json_request(sent={"name": "Ada"}))

    assert answer.code == "UnsupportedMediaType"
    assert after.envelope["data"] == {"name": "Ada"}


async def test_the_time_of_a_call_begins_when_its_head_has_come_not_when_its_turn_does() -> None:
    readings = iter([5.0, 6.0])

    async def answer(asked: Request) -> bytes:
        return f"{asked.arrived} ".encode()

    async with answering(answer, stopwatch=lambda: next(readings)) as far:
        together = await said(far, request("/a") + request("/b"), length=len("5.0 5.0 "))
        later = await said(far, request("/c"))

    assert together + later == b"5.0 5.0 6.0 "
