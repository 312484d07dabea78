"""Responses written as bytes: one head, one body, one write.

aiohttp's own Response with five headers costs 1.4 microseconds to make and more to serialise, a
head from a template 0.3.
"""

from collections.abc import Callable, Iterable
from email.utils import formatdate
from http import HTTPStatus

from gateway.envelope import Envelope
from gateway.web.request import Request

Headers = Iterable[tuple[str, object]]


class Answers:
    """Makes answers; `clock` gives the time in seconds since the epoch, for the Date header.

    An answer that ends its connection says so to the client, and in `request.keep_alive`.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._heads: dict[tuple[int, str, str | None], bytes] = {}
        """The heads of this second's envelopes, by status and outcome."""
        self._second = 0
        self._date = ""
        self._closing = False

    def close_connections(self) -> None:
        """Have every answer from now on say that its connection ends: the gateway goes down."""
        self._closing = True

    def envelope(
        self,
        request: Request,
        envelope: Envelope,
        *,
        status: int,
        headers: Headers,
        close: bool = False,
    ) -> bytes:
        """An envelope with the headers that every envelope has, and `headers`.

        `close` ends the connection after it.
        """
        second = int(self._clock())
        if second != self._second:
            self._turn(second)
        head = self._heads.get((status, envelope.status, envelope.code))
        if head is None:
            head = self._heads[status, envelope.status, envelope.code] = _head(
                status,
                (
                    ("Content-Type", "application/json; charset=utf-8"),
                    ("Cache-Control", "no-store"),
                    ("X-Content-Type-Options", "nosniff"),
                    ("Gateway-Status", envelope.gateway_status),
                    ("Date", self._date),
                ),
            )
        more = f"X-Request-Id: {envelope.flags['request_id']}\r\n"
        if headers:
            more += _lines(headers)
        return self._finish(request, head, more, envelope.body, close=close)

    def empty(self, request: Request, *, headers: Headers) -> bytes:
        """204, which has neither a body nor a length."""
        request.keep_alive = request.keep_alive and request.content.is_eof()
        return b"%b\r\n" % _head(HTTPStatus.NO_CONTENT, (*headers, self._dated()))

    def plain(
        self, request: Request, body: bytes, *, status: int = 200, headers: Headers = ()
    ) -> bytes:
        """A page of the gateway's own."""
        return self._finish(request, _head(status, (*headers, self._dated())), "", body)

    def _finish(
        self,
        request: Request,
        head: bytes,
        more: str,
        body: bytes,
        *,
        close: bool = False,
    ) -> bytes:
        # A body that was not read to its end stands between this answer and the next request.
        if close or self._closing or not (request.keep_alive and request.content.is_eof()):
            request.keep_alive = False
            more += "Connection: close\r\n"
        elif request.is_http_1_0:
            more += "Connection: keep-alive\r\n"
        content = b"" if request.method == "HEAD" else body
        return b"%b%bContent-Length: %d\r\n\r\n%b" % (head, more.encode(), len(body), content)

    def _turn(self, second: int) -> None:
        """Begin another second: its heads have another date."""
        self._second, self._date = second, formatdate(second, usegmt=True)
        self._heads.clear()

    def _dated(self) -> tuple[str, str]:
        self._turn(int(self._clock()))
        return ("Date", self._date)


def _head(status: int, headers: Headers) -> bytes:
    return f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n{_lines(headers)}".encode()


def _lines(headers: Headers) -> str:
    return "".join([f"{name}: {value}\r\n" for name, value in headers])
