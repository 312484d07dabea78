"""One call, whichever door it came through."""

from collections.abc import Awaitable
from typing import Any, Protocol

import orjson

from gateway.access.identity import Identity
from gateway.errors import ActionError, PayloadTooLarge


class Body(Protocol):
    """The parameters of a call before they were read: JSON text behind some door."""

    def refuse_early(self, limit: int) -> None:
        """Refuse by what is known before reading: content type, encoding, declared length.

        Raises UnsupportedMediaType or PayloadTooLarge.
        """

    def read(self, limit: int) -> bytes | Awaitable[bytes]:
        """The JSON text, at once where all of it is here; empty stands for no parameters.

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

    def read(self, limit: int) -> bytes:
        return self._text


class Call:
    """A request for one action, as every door hands it to the pipeline, and how far it came.

    `key` is the API key as it was presented, or None. `started` is the reading of the pipeline's
    stopwatch (seconds) at the end of the request's headers; `deadline` the event loop's time at
    which the caller stops waiting, if the caller named one. `address` is the caller's IP address;
    None for a call from within the process. `idempotency_key` is as it was sent. `traceparent` is
    the trace that the call belongs to, as `gateway.tracing.read_traceparent` gives it.
    """

    # Made for each call, and so without the factories that a dataclass would call.
    __slots__ = (
        "action", "address", "body", "caller", "deadline", "error", "flags", "headers",
        "idempotency_key", "key", "object_id", "registered", "request_id", "section", "started",
        "traceparent", "unchanged", "workspace_id",
    )  # fmt: skip

    def __init__(  # noqa: PLR0917 - its doors name them; the one for HTTP has not the time
        self,
        section: str,
        action: str,
        body: Body,
        request_id: str,
        started: float,
        key: str | None = None,
        deadline: float | None = None,
        address: str | None = None,
        idempotency_key: str | None = None,
        traceparent: str | None = None,
    ) -> None:
        self.section = section
        self.action = action
        self.body = body
        self.request_id = request_id
        self.started = started
        self.key = key
        self.deadline = deadline
        self.address = address
        self.idempotency_key = idempotency_key
        self.traceparent = traceparent
        self.flags: dict[str, object] = {"request_id": request_id}
        """The flags of the answer to come, and its HTTP headers."""
        self.headers: list[tuple[str, str]] = []
        self.registered: Any = None
        """The action's entry in the registry, a `gateway.registry.Registered`, once it is found.

        A door may know it, and set it before the call is answered.
        """
        self.caller: Identity | None = None
        self.error: ActionError | None = None
        """What the call was refused for, or failed with."""
        self.object_id: str | None = None
        """The object that the action named for the audit trail, and the workspace to keep that in.
        """
        self.workspace_id: str | None = None
        self.unchanged = False
        """Whether a write found everything as it was to be, so that its answer has no flag."""
