"""What can go wrong, as classes that each state their sentence."""

import math
from collections.abc import Mapping
from typing import ClassVar


class ActionError(Exception):
    """A failure that an action declares: its class's name is the `code` that callers see.

    A subclass sets `message`, a template over its values. `attributes` maps each name that the
    answer's `data` shows to an example of it; `wording` does so for values that only the sentence
    uses. Both must be given by keyword when the error is raised, and nothing else may be.
    """

    message: ClassVar[str]
    attributes: ClassVar[Mapping[str, object]] = {}
    wording: ClassVar[Mapping[str, object]] = {}
    number: ClassVar[int | None] = None
    """A number that an older API gives the same fault; part of `data` where there is one."""
    retryable: ClassVar[bool] = False
    """Whether the same call can succeed later."""
    mirrored: ClassVar[int] = 422
    """The HTTP status for callers who ask for `Prefer: http-status`."""
    http_status: ClassVar[int] = 200
    """The HTTP status for everybody else."""
    headers: ClassVar[tuple[tuple[str, str], ...]] = ()
    """HTTP headers that go with every error of this class."""

    def __init__(self, **values: object) -> None:
        if values.keys() != self.attributes.keys() | self.wording.keys():
            expected = ", ".join([*self.attributes, *self.wording]) or "no values"
            raise TypeError(f"{type(self).__name__} takes {expected}")
        self.sentence = self.message.format(**values)
        self.values = {name: values[name] for name in self.attributes}
        super().__init__(self.sentence)

    @classmethod
    def code(cls) -> str:
        """The name that callers see; it never changes."""
        return cls.__name__

    @classmethod
    def example(cls) -> "ActionError":
        """The error as it would be with the example values that its class declares."""
        return cls(**cls.attributes, **cls.wording)

    def all_headers(self) -> tuple[tuple[str, str], ...]:
        """HTTP headers that go with this very error."""
        return self.headers

    def data(self) -> dict[str, object]:
        """The envelope's `data` for this error."""
        data: dict[str, object] = {
            "code": self.code(),
            "message": self.sentence,
            "retryable": self.retryable,
        }
        if self.number is not None:
            data["number"] = self.number
        return data | self.values


class ParameterError(Exception):
    """The parameters did not fit the action's schema; nothing ran.

    `errors` holds a list of sentences for each field, nested as the parameters are, with list
    items under their index as a string; `message` is the first problem as one sentence.
    """

    def __init__(self, message: str, errors: Mapping[str, object]) -> None:
        super().__init__(message)
        self.message = message
        self.errors = errors


class MalformedRequest(ActionError):
    message = "{problem}"
    wording: ClassVar = {"problem": "The body is not strict JSON (line 1, column 9)."}
    mirrored = 400


class UnsupportedMediaType(ActionError):
    message = "{problem}"
    wording: ClassVar = {"problem": "Send the parameters as application/json."}
    mirrored = 415


class PayloadTooLarge(ActionError):
    message = "The body is larger than the {limit} bytes that this action accepts."
    attributes: ClassVar = {"limit": 1048576}
    mirrored = 413


class RequestTimeout(ActionError):
    message = "The body did not arrive in time."
    retryable = True
    mirrored = 408


class UnknownAction(ActionError):
    message = "There is no action {section}/{action}.{hint}"
    attributes: ClassVar = {
        "section": "counters",
        "action": "incremnt",
        "did_you_mean": ["counters/increment"],
    }
    wording: ClassVar = {"hint": " Did you mean counters/increment?"}
    mirrored = 404


class AccessDenied(ActionError):
    message = "This action needs an API key: send it as Authorization: Bearer <key>."
    mirrored = 401
    headers = (("WWW-Authenticate", "Bearer"),)


class InvalidAPIKey(ActionError):
    message = "The API key is not valid."
    holder: object = None
    """Whose key it is, when it is somebody's: for the audit, and for nobody else."""
    mirrored = 401
    headers = (("WWW-Authenticate", "Bearer"),)


class PermissionDenied(ActionError):
    message = "This key does not have the scope {scope}."
    attributes: ClassVar = {"scope": "counters:write"}
    mirrored = 403


class WorkspaceSuspended(ActionError):
    message = "The workspace is suspended."
    holder: object = None
    """Whose key it is: for the audit, and for nobody else."""
    mirrored = 403


class NotFound(ActionError):
    message = "It does not exist, or this key may not see it."
    mirrored = 404


class Conflict(ActionError):
    message = "{problem}"
    wording: ClassVar = {"problem": "The reference is taken."}
    mirrored = 409


class FilterError(ActionError):
    message = "The filter on `{attribute}` cannot be used: {issue_message}"
    attributes: ClassVar = {
        "attribute": "value",
        "issue_code": "InvalidOperator",
        "issue_message": "The operator is none of eq, not_eq, gt, gte, lt, lte, in, not_in.",
    }


class IdempotencyKeyReused(ActionError):
    message = "This Idempotency-Key was sent with other parameters before."
    mirrored = 422


class IdempotencyKeyInUse(ActionError):
    message = "The first call with this Idempotency-Key is still running; try again in a moment."
    retryable = True
    mirrored = 409


class RateLimited(ActionError):
    message = "Too many calls; there is room again in {retry_after} seconds."
    attributes: ClassVar = {"retry_after": 20.517}
    holder: object = None
    """Whose key it is, when a bad key of somebody's is refused: for the audit, and nobody else."""
    retryable = True
    mirrored = 429

    def __init__(self, *, retry_after: float) -> None:
        super().__init__(retry_after=retry_after)
        self._seconds = max(1, math.ceil(retry_after))

    def all_headers(self) -> tuple[tuple[str, str], ...]:
        return (("Retry-After", str(self._seconds)),)


class DeadlineExceeded(ActionError):
    message = "The deadline passed before the call could finish; nothing was written."
    retryable = True
    mirrored = 504


class Overloaded(ActionError):
    message = "The gateway is going down or has too much to do; try again in a moment."
    retryable = True
    mirrored = 503
    http_status = 503
    headers = (("Retry-After", "1"),)


class InternalServerError(ActionError):
    message = "Something went wrong on our side; the request id finds it in our logs."
    retryable = True
    mirrored = 500
    http_status = 500


class UnknownPath(ActionError):
    message = "There is nothing at this path: actions are at /api/v1/<section>/<action>."
    mirrored = 404
    http_status = 404


class MethodNotAllowed(ActionError):
    message = "Actions are called with POST."
    mirrored = 405
    http_status = 405
    headers = (("Allow", "POST, OPTIONS"),)


class HttpsRequired(ActionError):
    message = "Calls are answered over https only: {location}"
    wording: ClassVar = {"location": "https://api.example.com/api/v1/system/ping"}
    mirrored = 308
    http_status = 308

    def __init__(self, *, location: str) -> None:
        super().__init__(location=location)
        self._location = location

    def all_headers(self) -> tuple[tuple[str, str], ...]:
        return (("Location", self._location),)
