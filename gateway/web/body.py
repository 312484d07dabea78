"""A request's body as a call's parameters."""

import asyncio
from collections.abc import Awaitable
from urllib.parse import parse_qsl

from aiohttp import hdrs, web

from gateway.errors import (
    MalformedRequest,
    Overloaded,
    PayloadTooLarge,
    RequestTimeout,
    UnsupportedMediaType,
)
from gateway.web.request import Request

_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"


ARRIVING_MAX = 64 * 1024 * 1024
"""Bytes of bodies in all that have come in part; there is room for at least four whole ones."""


class Arriving:
    """How many bytes of bodies are here of which more is to come, whoever sends them."""

    def __init__(self, body_limit: int) -> None:
        self._most = max(ARRIVING_MAX, 4 * body_limit)
        self._bytes = 0

    def add(self, length: int) -> None:
        """Raise Overloaded when that is more than there may be."""
        self._bytes += length
        if self._bytes > self._most:
            raise Overloaded

    def remove(self, length: int) -> None:
        self._bytes -= length


class HttpBody:
    """JSON, or the form that older clients send; read only when a call has come that far.

    `seconds` is how long the body may take to arrive.
    """

    def __init__(self, request: Request, seconds: float, arriving: Arriving) -> None:
        self._request = request
        self._seconds = seconds
        self._media_type: str | None = None
        self._arriving = arriving

    def refuse_early(self, limit: int) -> None:
        headers = self._request.headers
        if hdrs.CONTENT_ENCODING in headers:
            raise UnsupportedMediaType(problem="Send the body as it is, without Content-Encoding.")
        declared = headers.get(hdrs.CONTENT_LENGTH)
        if declared == "0" or (declared is None and hdrs.CONTENT_TYPE not in headers):
            return  # there is no body, or nobody can tell yet
        self._require_media_type()
        if declared is not None and int(declared) > limit:
            raise PayloadTooLarge(limit=limit)

    def read(self, limit: int) -> bytes | Awaitable[bytes]:
        content = self._request.content
        if not content.is_eof():
            return self._read_later(limit)
        try:
            text = self._request.take()
        except (web.RequestPayloadError, ConnectionError):
            raise _broken_off() from None
        return self._params(text, limit)

    async def _read_later(self, limit: int) -> bytes:
        try:
            text = await self._read_in_time(limit)
        except (web.RequestPayloadError, ConnectionError):
            raise _broken_off() from None
        return self._params(text, limit)

    def _params(self, text: bytes, limit: int) -> bytes:
        if len(text) > limit:
            raise PayloadTooLarge(limit=limit)
        if text and (self._media_type or self._require_media_type()) == _FORM:
            return _params_field(text)
        return text

    def _require_media_type(self) -> str:
        if self._media_type is not None:
            return self._media_type
        sent = self._request.headers.get(hdrs.CONTENT_TYPE)
        found = self._media_type = _JSON if sent == _JSON else _media_type(sent)
        if found is None:
            raise UnsupportedMediaType(
                problem=f"Send the parameters as {_JSON} in UTF-8, "
                f"or as {_FORM} with the JSON in the field params."
            )
        return found

    async def _read_in_time(self, limit: int) -> bytes:
        self._send_continue()
        chunks = bytearray()
        try:
            async with asyncio.timeout(self._seconds):
                async for chunk in self._request.content.iter_any():
                    chunks += chunk
                    self._arriving.add(len(chunk))
                    if len(chunks) > limit:
                        break
        except TimeoutError:
            raise RequestTimeout from None
        finally:
            self._arriving.remove(len(chunks))
        return bytes(chunks)

    def _send_continue(self) -> None:
        """Tell a client that waits for leave to send its body that it may: RFC 9110, 10.1.1."""
        request = self._request
        if (
            not request.is_http_1_0
            and request.headers.get(hdrs.EXPECT, "").lower() == "100-continue"
        ):
            request.connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")


def _broken_off() -> MalformedRequest:
    return MalformedRequest(problem="The body broke off or is badly framed.")


def _media_type(content_type: str | None) -> str | None:
    """One of the two types that we read, or None; a charset must be UTF-8."""
    name, *parameters = (part.strip().lower() for part in (content_type or "").split(";"))
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "charset" and value.strip().strip('"') not in ("utf-8", "utf8"):
            return None
    return name if name in (_JSON, _FORM) else None


def _params_field(text: bytes) -> bytes:
    """The field `params` of a form; without it, no parameters."""
    try:
        fields = parse_qsl(text.decode("ascii"), keep_blank_values=True, errors="strict")
    except ValueError:
        raise MalformedRequest(problem="The form is not well encoded.") from None
    return dict(fields).get("params", "").encode()
