"""One call, whichever door it came through."""

from dataclasses import dataclass
from typing import Protocol

import orjson

from gateway.errors import PayloadTooLarge


class Body(Protocol):
    """The parameters of a call before they were read: JSON text behind some door."""

    def refuse_early(self, limit: int) -> None:
        """Refuse by what is known before reading: content type, encoding, declared length.

        Raises UnsupportedMediaType or PayloadTooLarge.
        """

    async def read(self, limit: int) -> bytes:
        """The JSON text; empty stands for no parameters.

        Raises PayloadTooLarge, RequestTimeout or MalformedRequest.
        """


class JsonBody:
    """Parameters that are at hand already: for direct calls and tests."""

    def __init__(self, text: bytes) -> None:
        self._text = text

    @classmethod
    def of(cls, **params: object) -> "JsonBody":
        return cls(orjson.dumps(params))

    def refuse_early(self, limit: int) -> None:
        if len(self._text) > limit:
            raise PayloadTooLarge(limit=limit)

    async def read(self, limit: int) -> bytes:
        return self._text


@dataclass(slots=True)
class Call:
    """A request for one action, as every door hands it to the pipeline.

    `key` is the API key as it was presented, or None. `started` is the reading of the pipeline's
    stopwatch (seconds) at the end of the request's headers; `deadline` the event loop's time at
    which the caller stops waiting, if the caller named one. `address` is the caller's IP address;
    None for a call from within the process. `idempotency_key` is as it was sent.
    """

    section: str
    action: str
    body: Body
    request_id: str
    started: float
    key: str | None = None
    deadline: float | None = None
    address: str | None = None
    idempotency_key: str | None = None
