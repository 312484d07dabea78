"""What Hypothesis sends: bytes, JSON, parameters, headers, paths, and requests that are none."""

import json
from collections.abc import Mapping
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from actions.catalogue import SECTIONS
from gateway.listing import Filter, Operator
from gateway.registry import Registered, Registry
from tests.contract.values import FITTING, VALUES

ACTIONS = list(Registry(SECTIONS))

_MEDIA_TYPES = (
    *("application/json", "application/json; charset=utf-8", "application/x-www-form-urlencoded"),
    *("application/json; charset=latin-1", "text/plain", "multipart/form-data; boundary=x", ""),
    *('APPLICATION/JSON;CHARSET="UTF-8"', "application/json;;=;charset", "*/*", "application/"),
)

_HEADER_NAMES = (
    *("Authorization", "Content-Type", "Content-Encoding", "Idempotency-Key", "X-Request-Id"),
    *("X-Timeout-Ms", "traceparent", "Origin", "Accept", "Accept-Encoding", "Cookie", "Expect"),
    *("Upgrade", "Connection", "User-Agent", "X-Forwarded-For", "Forwarded", "Range", "TE"),
    *("Sec-WebSocket-Key", "Sec-WebSocket-Version", "Access-Control-Request-Method", "X-Any"),
)

_HEADER_VALUES = (
    *(
        "",
        "0",
        "1",
        "250",
        "60000",
        "60001",
        "-1",
        "99999999999",
        "null",
        "*",
        "a" * 128,
        "a" * 300,
    ),
    *(
        "Bearer",
        "Bearer ",
        "Bearer x y",
        "bearer hal_live_nonsense",
        "Basic",
        "Basic !",
        "Basic Og==",
    ),
    *("Basic //79/A==", "Digest a=b", "gzip", "identity", "br, gzip", "100-continue", "websocket"),
    *("close", "keep-alive", "Upgrade", "keep-alive, Upgrade", "http://page.example", "h2c"),
    *("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", *_MEDIA_TYPES),
)

_METHODS = (
    "POST",
    "GET",
    "HEAD",
    "OPTIONS",
    "PUT",
    "PATCH",
    "DELETE",
    "TRACE",
    "PROPFIND",
    "POSTER",
)

_PATHS = (
    *("/", "/api/v1/", "/api/v1/counters", "/api/v1/counters/", "/api/v1/counters/list/1", "*"),
    *("/api/v1/counters/list?page=2", "/api/v1/counters/list#x", "/api/v1//list", "//", "/%"),
    *("/api/v1/Counters/list", "/api/v1/counters/list%0a", "/api/v1/%63ounters/list", "/healthz/"),
    *("/api/v2/counters/list", "/api/v1/counters/../system/ping", "http://[::1/", "http://a:b/"),
    *("/api/v1/system/ping", "/api/v1/counters/list", "/api/v1/no/such"),
    *("http://host.example/api/v1/system/ping", "/api/v1/counters/lïst", "/\\x", "?", "#", ":"),
)

json_values = st.recursive(
    st.one_of(st.sampled_from(VALUES), st.integers(), st.floats(), st.text(max_size=50)),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=12,
)

json_texts = json_values.map(lambda value: json.dumps(value).encode())

media_types = st.sampled_from(_MEDIA_TYPES)

_header_bytes = st.lists(
    st.integers(0x20, 0xFF).filter(lambda byte: byte != 0x7F), max_size=60
).map(bytes)

headers = st.lists(
    st.tuples(
        st.sampled_from(_HEADER_NAMES).map(str.encode),
        st.one_of(
            st.sampled_from(_HEADER_VALUES).map(str.encode),
            _header_bytes,
            _header_bytes.map(lambda value: b"Bearer " + value),
        ),
    ),
    max_size=6,
)

methods = st.sampled_from(_METHODS)

_path_bytes = st.lists(st.integers(0x21, 0xFF).filter(lambda byte: byte != 0x7F), max_size=40).map(
    bytes
)

paths = st.one_of(
    st.sampled_from(_PATHS).map(str.encode),
    _path_bytes.map(lambda path: b"/" + path),
    _path_bytes.map(lambda path: b"/api/v1/" + path),
    st.from_regex(rb"\A/api/v1/[a-z_0-9]{1,200}/[a-z_0-9]{1,200}\Z"),
)

edits = st.lists(
    st.tuples(st.integers(0, 400), st.integers(0, 12), st.binary(max_size=8)),
    min_size=1,
    max_size=6,
)
"""Where in a request how many bytes are replaced, and by which."""


def actions() -> SearchStrategy[Registered]:
    return st.sampled_from(ACTIONS)


@st.composite
def calls(draw: st.DrawFn) -> tuple[str, Mapping[str, Any]]:
    """An action and parameters for it: its example, or nothing, with a few parameters drawn."""
    registered = draw(actions())
    names = [*registered.takes.fields, *(registered.options.fields if registered.options else ())]
    example = registered.action.example
    params = dict(draw(st.sampled_from([example, example, {}])))
    for name in draw(st.lists(st.sampled_from(names or ["nothing"]), max_size=3, unique=True)):
        if name == "filters":
            params[name] = draw(_filters(registered) | json_values)
        else:
            params[name] = draw(_values_of(name))
    return registered.path, params


def _values_of(name: str) -> SearchStrategy[Any]:
    """Mostly values that fit the parameter."""
    fitting = st.sampled_from(FITTING.get(name, VALUES))
    return st.one_of(fitting, fitting, fitting, fitting, json_values)


def _filters(registered: Registered) -> SearchStrategy[Any]:
    filters: Mapping[str, Filter] = getattr(registered.action.listing, "filters", {})
    terms = {name: _terms(name, each) for name, each in filters.items()}
    return st.fixed_dictionaries({}, optional={**terms, "nothing": json_values})


def _terms(name: str, declared: Filter) -> SearchStrategy[Any]:
    values = _values_of(name)
    operators = st.sampled_from(declared.operators) | st.sampled_from(Operator) | json_values
    wanted = values | st.lists(values, max_size=3)
    return values | st.fixed_dictionaries({"operator": operators, "value": wanted})


def edited(request: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    """The request after the edits."""
    for start, length, new in changes:
        request = request[:start] + new + request[start + length :]
    return request


def fixed(examples: int) -> settings:
    """The same examples in each run, however slow the machine is."""
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        # A server that hangs would be made to hang for minutes by the search for less.
        phases=(Phase.explicit, Phase.generate),
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
