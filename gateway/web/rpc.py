"""From an HTTP request to a Call, and from its Envelope to the answer."""

import asyncio
import base64
import binascii
import re
from collections.abc import Iterator
from http import HTTPStatus

from aiohttp import hdrs
from multidict import CIMultiDictProxy, istr

from gateway.call import Body, Call, JsonBody
from gateway.envelope import Envelope
from gateway.errors import (
    ActionError,
    HttpsRequired,
    InternalServerError,
    MalformedRequest,
    MethodNotAllowed,
    Overloaded,
    UnknownPath,
)
from gateway.pipeline import Pipeline
from gateway.tracing import read_traceparent
from gateway.web.answers import Answers
from gateway.web.body import Arriving, HttpBody
from gateway.web.cors import Cors
from gateway.web.proxies import Proxies
from gateway.web.request import Request

_ACTION = re.compile(r"/api/v1/([a-z][a-z0-9_]*)/([a-z][a-z0-9_]*)")
_HOST = re.compile(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]*)?")
_REQUEST_ID = re.compile(r"[A-Za-z0-9_.:-]{1,128}")
_TIMEOUT = re.compile(r"[0-9]{1,5}")
_TIMEOUT_MAX = 60_000
# Names that are folded once are found faster in a request's headers.
_X_REQUEST_ID = istr("X-Request-Id")
_X_TIMEOUT_MS = istr("X-Timeout-Ms")
_IDEMPOTENCY_KEY = istr("Idempotency-Key")
_PREFER = istr("Prefer")
_TRACEPARENT = istr("traceparent")
_PREFERENCE = "http-status"
_NOTHING = JsonBody(b"")
_MALFORMED = MalformedRequest.code()


class Rpc:
    """Answers the requests on actions' paths, and refuses those on paths that are nobody's."""

    def __init__(self, pipeline: Pipeline, answers: Answers) -> None:
        self._pipeline = pipeline
        self._answers = answers
        self._settings = pipeline.shared.settings
        self._cors = Cors(self._settings.cors_origins)
        proxies = Proxies(self._settings.trusted_proxies)
        # What nobody set up costs nothing.
        self._proxies = proxies if self._settings.trusted_proxies else None
        self._is_https = proxies.is_https if self._settings.require_https else None
        self._registered = {f"/api/v1/{each.path}": each for each in pipeline.registry}
        """The actions, by their paths in the form that nearly all callers use."""
        self._arriving = Arriving(self._settings.body_limit)
        self._draining = False

    def drain(self) -> None:
        """Turn every call away from now on: the gateway goes down."""
        self._draining = True
        self._answers.close_connections()

    def is_draining(self) -> bool:
        return self._draining

    async def handle(self, request: Request) -> bytes:
        """Answer one request on any path that is not a page."""
        registered = self._registered.get(request.raw_path)
        names = _names(request) if registered is None else (registered.section, registered.name)
        call = self._call(request, names or ("", ""))
        if names is None:
            return self._refuse(request, call, UnknownPath())
        if request.method == "OPTIONS":
            headers = self._cors.preflight(request.headers.get(hdrs.ORIGIN))
            return self._answers.empty(request, headers=headers)
        if request.method != "POST":
            return self._refuse(request, call, MethodNotAllowed())
        if self._is_https is not None and not self._is_https(request):
            return self._refuse(request, call, HttpsRequired(location=self._https_url(request)))
        timeout = request.headers.get(_X_TIMEOUT_MS)
        try:
            if timeout is not None:
                call.deadline = _deadline(timeout)
            if self._draining:
                raise Overloaded
        except ActionError as error:
            return self._refuse(request, call, error)
        call.registered = registered
        try:
            envelope = await self._pipeline.answer(call)
        except asyncio.CancelledError:
            if not self.is_draining():
                raise
            envelope = self._pipeline.refuse(call, Overloaded())
        return self._answer(request, envelope)

    def broken(self, request: Request, status: int) -> bytes:
        """The answer to a request that is not HTTP (status 400), or that broke our own code."""
        error: ActionError = InternalServerError()
        if status == 400:  # noqa: PLR2004 - the HTTP number says it best
            error = MalformedRequest(problem="The request is not well-formed HTTP.")
        call = self._call(request, ("", ""))
        envelope = self._pipeline.refuse(call, error)._replace(http_status=status)
        return self._answer(request, envelope, close=True)

    def _call(self, request: Request, names: tuple[str, str]) -> Call:
        headers = request.headers
        request_id = headers.get(_X_REQUEST_ID)
        if request_id is None or not _REQUEST_ID.fullmatch(request_id):
            request_id = self._pipeline.shared.new_id()
        section, action = names
        body: Body = _NOTHING
        if section:
            body = HttpBody(request, self._settings.body_timeout, self._arriving)
        authorization, proxies = headers.get(hdrs.AUTHORIZATION), self._proxies
        # By position, which spares each call a dictionary of the names.
        return Call(
            section,
            action,
            body,
            request_id,
            request.arrived,
            None if authorization is None else _presented_key(authorization),
            None,
            request.remote if proxies is None else proxies.address(request),
            headers.get(_IDEMPOTENCY_KEY),
            _trace(headers) if _TRACEPARENT in headers else None,
        )

    def _https_url(self, request: Request) -> str:
        """The same address over https, on its usual port."""
        host = _HOST.fullmatch(request.headers.get(hdrs.HOST, ""))
        return f"https://{host[1] if host else self._settings.host}{request.message.url.raw_path}"

    def _refuse(self, request: Request, call: Call, error: ActionError) -> bytes:
        return self._answer(request, self._pipeline.refuse(call, error))

    def _answer(self, request: Request, envelope: Envelope, *, close: bool = False) -> bytes:
        headers = envelope.headers
        if self._cors.origins:
            headers += self._cors.allow(request.headers.get(hdrs.ORIGIN))
        status = envelope.http_status
        if envelope.code == _MALFORMED and request.is_broken:
            status = HTTPStatus.BAD_REQUEST
        if _PREFER in request.headers and _PREFERENCE in _preferences(
            ",".join(request.headers.getall(_PREFER))
        ):
            headers += (("Preference-Applied", _PREFERENCE),)
            status = envelope.mirrored
        elif self._settings.mirror_status:
            status = envelope.mirrored
        return self._answers.envelope(
            request, envelope, status=status, headers=headers, close=close
        )


def _names(request: Request) -> tuple[str, str] | None:
    """Section and action of a path of the API's form, or None; a query string means nothing."""
    if "%2f" in request.raw_path.lower():
        return None  # a slash in a name is none between names
    match = _ACTION.fullmatch(request.path)
    return (match[1], match[2]) if match else None


def _presented_key(authorization: str) -> str | None:
    """The key in `Bearer <key>`, or in `Basic` as the password; None when there is neither."""
    if authorization.startswith("Bearer "):  # as nearly all have it
        return authorization[7:].strip()
    scheme, _, credentials = authorization.partition(" ")
    scheme = scheme.lower()
    if scheme == "bearer":
        return credentials.strip()
    if scheme == "basic":
        try:
            decoded = base64.b64decode(credentials.strip(), validate=True)
        except (binascii.Error, ValueError):
            return ""
        return decoded.decode("latin-1").partition(":")[2]
    return None


def _trace(headers: CIMultiDictProxy[str]) -> str | None:
    """The trace that the call belongs to; two headers name none."""
    sent = headers.getall(_TRACEPARENT)
    return read_traceparent(sent[0]) if len(sent) == 1 else None


def _deadline(timeout: str) -> float:
    """The loop's time at which the caller stops waiting; X-Timeout-Ms counts milliseconds."""
    if not _TIMEOUT.fullmatch(timeout) or not 1 <= int(timeout) <= _TIMEOUT_MAX:
        raise MalformedRequest(problem=f"X-Timeout-Ms is a whole number from 1 to {_TIMEOUT_MAX}.")
    return asyncio.get_running_loop().time() + int(timeout) / 1000


def _preferences(prefer: str) -> Iterator[str]:
    """The names in a Prefer header, RFC 7240."""
    return (part.partition(";")[0].strip().lower() for part in prefer.split(","))
