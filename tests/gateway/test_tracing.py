"""W3C Trace Context, level 1."""

import pytest

from gateway.tracing import read_traceparent, trace_facts

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
GOOD = f"00-{TRACE}-{PARENT}-01"


@pytest.mark.parametrize("flags", ["00", "01", "03", "ff"])
def test_a_trace_is_taken_as_it_is(flags: str) -> None:
    sent = f"00-{TRACE}-{PARENT}-{flags}"

    assert read_traceparent(sent) == sent


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "x",
        GOOD.upper(),
        f" {GOOD}",
        f"{GOOD} ",
        f"{GOOD}\n",
        f"{GOOD}-",
        f"{GOOD}-more",
        f"ff-{TRACE}-{PARENT}-01",
        f"0-{TRACE}-{PARENT}-01",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE[1:]}-{PARENT}-01",
        f"00-{TRACE}-{PARENT}-1",
        f"00-{TRACE}-{PARENT}",
        f"00-{'٣' * 32}-{PARENT}-01",
        f"cc-{TRACE}-{PARENT}-01.more",
        GOOD.replace("-", "_"),
    ],
)
def test_what_is_not_valid_is_ignored(sent: str) -> None:
    assert read_traceparent(sent) is None


@pytest.mark.parametrize(
    ("sent", "flags"),
    [
        (f"01-{TRACE}-{PARENT}-01", "01"),
        (f"cc-{TRACE}-{PARENT}-ff-what-the-future-brings", "01"),
        (f"fe-{TRACE}-{PARENT}-02", "00"),
    ],
)
def test_of_a_later_version_what_is_known_is_read(sent: str, flags: str) -> None:
    assert read_traceparent(sent) == f"00-{TRACE}-{PARENT}-{flags}"


def test_a_log_line_tells_the_trace_and_its_parent() -> None:
    assert trace_facts(GOOD) == {"trace_id": TRACE, "parent_id": PARENT}
    assert trace_facts(None) == {}
