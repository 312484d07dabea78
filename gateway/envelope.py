"""The one shape of every answer: status, time, flags, data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

import orjson

from gateway.errors import ActionError, ParameterError


class Status(StrEnum):
    SUCCESS = "success"
    PARAMETER_ERROR = "parameter-error"
    ERROR = "error"


@dataclass(frozen=True)
class Envelope:
    """One answer, encoded.

    `flags` and `data` come as JSON bytes, so that what was shown inside the write's transaction
    is, to the byte, what is sent. `seconds` is the time from the end of the request's headers.
    """

    status: Status
    seconds: float
    flags: Mapping[str, object]
    data_json: bytes
    code: str | None = None
    mirrored: int = 200
    http_status: int = 200
    headers: tuple[tuple[str, str], ...] = field(default=())
    """HTTP headers that belong to this outcome, such as Deprecation or Retry-After."""

    @cached_property
    def body(self) -> bytes:
        """The envelope as JSON, its four keys in order."""
        return b'{"status":"%b","time":%.6f,"flags":%b,"data":%b}' % (
            self.status.encode(),
            self.seconds,
            orjson.dumps(self.flags),
            self.data_json,
        )

    @property
    def data(self) -> Any:
        """The `data` as whoever parses the answer sees it."""
        return orjson.loads(self.data_json)

    @property
    def gateway_status(self) -> str:
        """The outcome in one header value, for proxies, logs and probes."""
        return f"error;code={self.code}" if self.code else str(self.status)


Headers = tuple[tuple[str, str], ...]


def of_success(
    data_json: bytes, *, flags: Mapping[str, object], seconds: float, headers: Headers = ()
) -> Envelope:
    return Envelope(Status.SUCCESS, seconds, flags, data_json, headers=headers)


def of_parameter_error(
    error: ParameterError,
    *,
    flags: Mapping[str, object],
    seconds: float,
    headers: Headers = (),
) -> Envelope:
    data = orjson.dumps({"message": error.message, "errors": error.errors})
    return Envelope(Status.PARAMETER_ERROR, seconds, flags, data, mirrored=422, headers=headers)


def of_error(
    error: ActionError,
    *,
    flags: Mapping[str, object],
    seconds: float,
    headers: Headers = (),
) -> Envelope:
    return Envelope(
        Status.ERROR,
        seconds,
        flags,
        orjson.dumps(error.data()),
        code=error.code(),
        mirrored=error.mirrored,
        http_status=error.http_status,
        headers=headers + error.headers,
    )
