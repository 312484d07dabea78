"""W3C Trace Context, level 1: which trace a call belongs to."""

import re

_TRACEPARENT = re.compile(
    r"(?P<version>[0-9a-f]{2})-(?P<trace>[0-9a-f]{32})-(?P<parent>[0-9a-f]{16})-"
    r"(?P<flags>[0-9a-f]{2})(?P<more>-.*)?"
)
_NO_TRACE = "0" * 32
_NO_PARENT = "0" * 16
_SAMPLED = 1


def read_traceparent(sent: str) -> str | None:
    """The header in the form of version 00, as it is handed on; None when it is not valid.

    Of a later version, only what this one knows is read, as the standard asks.
    """
    match = _TRACEPARENT.fullmatch(sent)
    if match is None:
        return None
    version, trace, parent, flags, more = match.groups()
    if version == "ff" or trace == _NO_TRACE or parent == _NO_PARENT:
        return None
    if version == "00":
        return None if more else sent
    return f"00-{trace}-{parent}-{int(flags, 16) & _SAMPLED:02x}"


def trace_facts(traceparent: str | None) -> dict[str, str]:
    """What a log line says of the trace that its call belongs to."""
    if traceparent is None:
        return {}
    _, trace, parent, _ = traceparent.split("-")
    return {"trace_id": trace, "parent_id": parent}
