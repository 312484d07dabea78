"""A line of JSON for each event, or something for people to read."""

import asyncio
import io
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import pytest

from gateway.logs import Log, StdlibHandler, make_log
from gateway.settings import Settings
from tests.support.house import Log as Stream


class Terminal(io.TextIOWrapper):
    """A stream that people read."""

    def __init__(self) -> None:
        self.bytes = io.BytesIO()
        super().__init__(self.bytes, write_through=True)

    def isatty(self) -> bool:
        return True

    @property
    def text(self) -> str:
        return self.bytes.getvalue().decode()


@contextmanager
def library_logger(log: Log) -> Iterator[logging.Logger]:
    """A library's logger whose records come into the log."""
    logger, handler = logging.getLogger("some.library"), StdlibHandler(log)
    logger.addHandler(handler)
    yield logger
    logger.removeHandler(handler)


def test_a_line_is_json_with_its_level_and_time() -> None:
    stream = Stream()
    make_log(Settings(log_format="json"), stream).info("thing.kept", name="pear", at_all=None)

    (line,) = stream.lines
    assert {**line, "at": ""} == {
        "event": "thing.kept",
        "name": "pear",
        "at_all": None,
        "level": "info",
        "at": "",
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z", line["at"])


@pytest.mark.parametrize(
    ("level", "written"),
    [
        ("debug", ["debug", "info", "warning", "error"]),
        ("info", ["info", "warning", "error"]),
        ("warning", ["warning", "error"]),
        ("error", ["error"]),
    ],
)
def test_what_is_below_the_level_is_left_out(level: str, written: list[str]) -> None:
    stream = Stream()
    log = make_log(Settings(log_format="json", log_level=level), stream)
    log.debug("one")
    log.info("two")
    log.warning("three")
    log.error("four")

    assert [line["level"] for line in stream.lines] == written


def test_an_exception_is_one_line_with_its_traceback() -> None:
    stream = Stream()
    log = make_log(Settings(log_format="json"), stream)
    try:
        int("pear")
    except ValueError:
        log.exception("thing.lost")

    (line,) = stream.lines
    assert line["level"] == "error"
    assert line["exception"].startswith("Traceback (most recent call last):\n")
    assert line["exception"].endswith("ValueError")
    assert "base 10" not in line["exception"]


def test_a_value_that_json_does_not_know_is_written_as_python_would() -> None:
    stream = Stream()
    make_log(Settings(log_format="json"), stream).info("thing.seen", thing={1, 2}, by=object)

    (line,) = stream.lines
    assert (line["thing"], line["by"]) == ("{1, 2}", "<class 'object'>")


@pytest.mark.parametrize("log_format", ["auto", "pretty"])
def test_on_a_terminal_it_is_pretty(log_format: str) -> None:
    terminal = Terminal()
    make_log(Settings(log_format=log_format), terminal).info("thing.kept", name="pear")

    assert "thing.kept" in terminal.text
    assert "\x1b[" in terminal.text
    assert not terminal.text.startswith("{")


def test_elsewhere_auto_is_json_and_pretty_is_without_colours() -> None:
    auto, pretty = Stream(), Stream()
    make_log(Settings(log_format="auto"), auto).info("thing.kept", name="pear")
    make_log(Settings(log_format="pretty"), pretty).info("thing.kept", name="pear")

    assert auto.lines[0]["name"] == "pear"
    assert "name=pear" in pretty.text
    assert "\x1b[" not in pretty.text


def test_a_pretty_exception_has_its_traceback_too() -> None:
    stream = Stream()
    log = make_log(Settings(log_format="pretty"), stream)
    try:
        int("pear")
    except ValueError:
        log.exception("thing.lost")

    assert "ValueError" in stream.text
    assert "base 10" not in stream.text


def test_what_a_library_says_comes_into_the_same_log() -> None:
    stream = Stream()
    with library_logger(make_log(Settings(log_format="json"), stream)) as logger:
        logger.info("chatter")
        logger.warning("the %s is low", "tide")
        logger.critical("it is gone")

    names = ("level", "event", "logger", "said")
    assert [tuple(line[name] for name in names) for line in stream.lines] == [
        ("warning", "library.spoke", "some.library", "the %s is low"),
        ("critical", "library.spoke", "some.library", "it is gone"),
    ]


def test_a_librarys_exception_comes_with_its_traceback() -> None:
    stream = Stream()
    with library_logger(make_log(Settings(log_format="json"), stream)) as logger:
        try:
            int("pear")
        except ValueError:
            logger.exception("lost it")

    (line,) = stream.lines
    assert line["said"] == "lost it"
    assert line["exception"].startswith("Traceback (most recent call last):\n")


def test_a_librarys_own_levels_are_no_problem() -> None:
    stream = Stream()
    with library_logger(make_log(Settings(log_format="json"), stream)) as logger:
        logger.log(35, "in between")

    assert [line["said"] for line in stream.lines] == ["in between"]


class Writes(io.BytesIO):
    """Bytes that remember how often they were written to."""

    count = 0

    def write(self, text: Any) -> int:
        self.count += 1
        return super().write(text)


async def test_the_lines_of_one_turn_of_the_loop_are_written_together() -> None:
    written = Writes()
    log = make_log(Settings(log_format="json"), io.TextIOWrapper(written, write_through=True))
    for name in ("pear", "plum"):
        log.info("thing.kept", name=name)
    before = written.count
    await asyncio.sleep(0)

    assert (before, written.count) == (0, 1)
    assert [orjson.loads(line)["name"] for line in written.getvalue().splitlines()] == [
        "pear",
        "plum",
    ]


async def test_what_is_wrong_is_written_at_once_with_what_came_before_it() -> None:
    stream = Stream()
    log = make_log(Settings(log_format="json"), stream)
    log.info("thing.kept")
    log.error("thing.lost")

    assert [line["event"] for line in stream.lines] == ["thing.kept", "thing.lost"]


TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.mark.parametrize("log_format", ["json", "pretty"])
@pytest.mark.parametrize(
    ("traceparent", "told"), [(None, 0), (f"00-{TRACE}-00f067aa0ba902b7-01", 1)]
)
def test_a_calls_line_tells_its_trace_where_there_is_one(
    log_format: str, traceparent: str | None, told: int
) -> None:
    stream = Stream()
    line = ("call", "toys/keep", None, "success", None, 1.5, 99, traceparent)
    make_log(Settings(log_format=log_format), stream).call(line)

    assert stream.text.count(TRACE) == told
    assert stream.text.count("parent_id") == told
    assert "traceparent" not in stream.text
