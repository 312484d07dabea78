"""moonrope-client 1.0.5 in Python: the same bytes out, the same decisions on what comes back."""

import contextlib
import http.client
import json
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode, urlsplit


class ClientError(Exception):
    """What it raises on any HTTP status but 200."""


@dataclass(frozen=True)
class Response:
    """Anything that is not one of the other kinds."""

    client: "MoonropeClient"
    path: str
    params: dict[str, Any]
    envelope: dict[str, Any]

    @property
    def status(self) -> str:
        return str(self.envelope["status"])

    @property
    def time(self) -> float:
        return float(self.envelope["time"])

    @property
    def flags(self) -> dict[str, Any]:
        flags: dict[str, Any] = self.envelope["flags"]
        return flags

    @property
    def data(self) -> Any:
        return self.envelope["data"]


class Success(Response):
    @property
    def creation(self) -> object:
        return self.flags.get("creation")

    @property
    def modification(self) -> object:
        return self.flags.get("modification")

    @property
    def deletion(self) -> object:
        return self.flags.get("deletion")


class PaginatedCollection(Success):
    @property
    def page(self) -> int:
        return int(self.flags["paginated"]["page"])

    @property
    def per_page(self) -> int:
        return int(self.flags["paginated"]["per_page"])

    @property
    def total_pages(self) -> int:
        return int(self.flags["paginated"]["total_pages"])

    @property
    def total_records(self) -> int:
        return int(self.flags["paginated"]["total_records"])

    def next_page(self) -> Response:
        return self.client.request(self.path, **{**self.params, "page": self.page + 1})


class ParameterError(Response):
    @property
    def message(self) -> str:
        return str(self.data["message"])


@dataclass(frozen=True)
class MoonropeClient:
    """A connection: `authorization` is one of the headers that its user gives it."""

    url: str
    authorization: str

    def authorized(self, authorization: str) -> "MoonropeClient":
        return replace(self, authorization=authorization)

    def request(self, path: str, **params: Any) -> Response:
        """Call `section/action`. Raises ClientError."""
        envelope = json.loads(self._raw_request(path, params))
        return _kind(envelope)(self, path, params, envelope)

    def _raw_request(self, path: str, params: dict[str, Any]) -> bytes:
        address = urlsplit(self.url)
        connection = http.client.HTTPConnection(address.netloc, timeout=10)
        with contextlib.closing(connection):
            form = urlencode({"params": json.dumps(params)})
            connection.request("POST", f"/api/v1/{path}", form, self._headers())
            answer = connection.getresponse()
            text = answer.read()
        if answer.status != http.client.OK:
            raise ClientError(answer.status)
        return text

    def _headers(self) -> dict[str, str]:
        """Those that Ruby's Net::HTTP sends by itself, and the user's."""
        return {
            "Accept": "*/*",
            "Accept-Encoding": "gzip;q=1.0,deflate;q=0.6,identity;q=0.3",
            "Connection": "close",
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": "Ruby, Moonrope Ruby Library/1.0.5",
            "Authorization": self.authorization,
        }


def _kind(envelope: dict[str, Any]) -> type[Response]:
    if envelope["status"] == "success":
        is_page = envelope["flags"].get("paginated") and isinstance(envelope["data"], list)
        return PaginatedCollection if is_page else Success
    return ParameterError if envelope["status"] == "parameter-error" else Response
