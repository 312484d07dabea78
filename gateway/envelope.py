"""The one shape of every answer: status, time, flags, data."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

import orjson

from gateway.errors import ActionError, ParameterError

Headers = tuple[tuple[str, str], ...]


class Status(StrEnum):
    SUCCESS = "success"
    PARAMETER_ERROR = "parameter-error"
    ERROR = "error"


_SUCCESS = Status.SUCCESS.value
_FORM = b'{"status":"%b","time":%.6f,"flags":%b,"data":%b}'


class Envelope(NamedTuple):
    """One answer, encoded: `body` is the JSON that every door sends, its four keys in order."""

    body: bytes
    status: str
    code: str | None
    flags: Mapping[str, object]
    seconds: float
    """The time from the end of the request's headers to the encoding."""
    http_status: int = 200
    mirrored: int = 200
    """The HTTP status for callers who ask for `Prefer: http-status`."""
    headers: Headers = ()
    """HTTP headers that belong to this outcome, such as Deprecation or Retry-After."""

    @property
    def gateway_status(self) -> str:
        """The outcome in one header value, for proxies, logs and probes."""
        return self.status if self.code is None else f"error;code={self.code}"

    def parsed(self) -> dict[str, Any]:
        """The envelope as whoever parses it has it."""
        parsed: dict[str, Any] = orjson.loads(self.body)
        return parsed


def of_success(
    data_json: bytes, flags: Mapping[str, object], seconds: float, headers: Headers = ()
) -> Envelope:
    """`data_json` was encoded inside the write's transaction and is sent to the byte."""
    body = _FORM % (b"success", seconds, orjson.dumps(flags), data_json)
    return Envelope(body, _SUCCESS, None, flags, seconds, 200, 200, headers)


def of_parameter_error(
    error: ParameterError, flags: Mapping[str, object], seconds: float, headers: Headers = ()
) -> Envelope:
    data_json = orjson.dumps({"message": error.message, "errors": error.errors})
    status = Status.PARAMETER_ERROR.value
    body = _FORM % (status.encode(), seconds, orjson.dumps(flags), data_json)
    return Envelope(body, status, None, flags, seconds, mirrored=422, headers=headers)


def of_error(
    error: ActionError, flags: Mapping[str, object], seconds: float, headers: Headers = ()
) -> Envelope:
    return Envelope(
        _FORM % (b"error", seconds, orjson.dumps(flags), orjson.dumps(error.data())),
        Status.ERROR.value,
        error.code(),
        flags,
        seconds,
        http_status=error.http_status,
        mirrored=error.mirrored,
        headers=headers + error.all_headers(),
    )
