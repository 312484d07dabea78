"""A request's body as a call's parameters."""

import asyncio
from urllib.parse import parse_qsl

from aiohttp import hdrs, web

from gateway.errors import (
    MalformedRequest,
    PayloadTooLarge,
    RequestTimeout,
    UnsupportedMediaType,
)

_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"
_HTTP_1_1 = (1, 1)


class HttpBody:
    """JSON, or the form that older clients send; read only when a call has come that far.

    `seconds` is how long the body may take to arrive.
    """

    def __init__(self, request: web.BaseRequest, seconds: float) -> None:
        self._request = request
        self._seconds = seconds
        self._media_type: str | None = None

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

    async def read(self, limit: int) -> bytes:
        content = self._request.content
        try:
            text = content.read_nowait() if content.is_eof() else await self._read_in_time(limit)
        except (web.RequestPayloadError, ConnectionError):
            raise MalformedRequest(problem="The body broke off or is badly framed.") from None
        if len(text) > limit:
            raise PayloadTooLarge(limit=limit)
        if text and self._require_media_type() == _FORM:
            return _params_field(text)
        return text

    def _require_media_type(self) -> str:
        if self._media_type is not None:
            return self._media_type
        found = self._media_type = _media_type(self._request.headers.get(hdrs.CONTENT_TYPE))
        if found is None:
            raise UnsupportedMediaType(
                problem=f"Send the parameters as {_JSON} in UTF-8, "
                f"or as {_FORM} with the JSON in the field params."
            )
        return found

    async def _read_in_time(self, limit: int) -> bytes:
        await self._send_continue()
        chunks = bytearray()
        try:
            async with asyncio.timeout(self._seconds):
                async for chunk in self._request.content.iter_any():
                    chunks += chunk
                    if len(chunks) > limit:
                        break
        except TimeoutError:
            raise RequestTimeout from None
        return bytes(chunks)

    async def _send_continue(self) -> None:
        """Tell a client that waits for leave to send its body that it may: RFC 9110, 10.1.1."""
        request = self._request
        if (
            request.version < _HTTP_1_1
            or request.headers.get("Expect", "").lower() != "100-continue"
        ):
            return
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        # The answer itself is still to come, so nothing counts as sent.
        request.writer.output_size = 0


def _media_type(content_type: str | None) -> str | None:
    """One of the two types that we read, or None; a charset must be UTF-8."""
    if content_type == _JSON:
        return _JSON
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
