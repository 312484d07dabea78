"""structlog: one JSON line for each call, pretty on a terminal; never a key, never a parameter."""

import asyncio
import contextlib
import logging
import sqlite3
import sys
import time
import traceback
from collections.abc import Callable, MutableMapping
from datetime import UTC, datetime
from typing import Any, Protocol, TextIO

import orjson
import structlog

from gateway.envelope import Envelope
from gateway.settings import Settings
from gateway.tracing import trace_facts

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}

Event = MutableMapping[str, Any]


CallFacts = tuple[str, str | None, str | None, str, str | None, float, int, str | None]
"""What `_CALL_FACTS` names, and the trace that the call belongs to."""


class Log(structlog.typing.FilteringBoundLogger, Protocol):
    """structlog's logger, with a straight way for the line that each call writes."""

    def call(self, facts: "CallFacts") -> None:
        """Write a call's line, soon."""

    def flush(self) -> None:
        """Write the lines now that were to be written soon."""


def make_log(settings: Settings, stream: TextIO) -> Log:
    """A logger that writes to `stream` as the settings say."""
    if settings.log_format == "pretty" or (settings.log_format == "auto" and stream.isatty()):
        processors: list[Any] = [
            _spread,
            _tell_exception,
            structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False),
            structlog.processors.add_log_level,
            structlog.dev.ConsoleRenderer(colors=stream.isatty()),
        ]
        printer: Any = _Terminal(stream)
        call: Callable[..., None] = _call_as_any_event
    else:
        lines, printer = _JsonLines(), _LineWriter(stream)
        processors = [lines]
        call = _straight_call(lines, printer)
    level = _LEVELS[settings.log_level]
    if level > _LEVELS["info"]:
        call = _untold_call
    # structlog's own class for the level, and two methods more.
    own = {"call": call, "flush": lambda _: printer.flush()}
    kind = type("Log", (structlog.make_filtering_bound_logger(level),), own)
    log: Log = structlog.wrap_logger(printer, processors=processors, wrapper_class=kind).bind()
    return log


def _call_as_any_event(log: Any, facts: CallFacts) -> None:
    log.info("call", line=facts)


def _untold_call(_: Any, facts: CallFacts) -> None:
    """The level leaves calls out."""


def _straight_call(lines: "_JsonLines", printer: "_LineWriter") -> Callable[..., None]:
    """Past the processors, which have nothing to add to a call's line."""

    def call(_: Any, facts: CallFacts) -> None:
        printer.msg(lines.call_line(facts))

    return call


class CallLog:
    """Watches the pipeline and writes one line for each call."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def saw(self, call: Any, envelope: Envelope) -> None:
        """`call` is a `gateway.call.Call` that was answered."""
        registered, caller = call.registered, call.caller
        self._log.call((
            call.request_id,
            # A name that is no action's is what the caller typed, and stays out of the log.
            registered.path if registered is not None else None,
            caller.account_id if caller is not None else None,
            envelope.status,
            envelope.code,
            envelope.seconds * 1000,
            len(envelope.body),
            call.traceparent,
        ))  # fmt: skip


_CALL_FACTS = ("request_id", "action", "account", "status", "code", "ms", "bytes")
"""The names that the facts of a call have in its line; the trace that it belongs to comes last."""


class StdlibHandler(logging.Handler):
    """Brings what libraries say through `logging` into the same log."""

    def __init__(self, log: Log) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        # Libraries may have levels of their own; the log has the usual ones.
        # What fills its words in, and what asyncio adds line by line, may quote a caller.
        said = str(record.msg).partition("\n")[0]
        level = max(each for each in (*_LEVELS.values(), 50) if each <= record.levelno)
        self._log.log(
            level, "library.spoke", logger=record.name, said=said,
            exc_info=record.exc_info,
        )  # fmt: skip


class _Terminal(structlog.PrintLogger):
    """Prints each line at once, for whoever looks on."""

    def flush(self) -> None:
        """Nothing waits."""


class _LineWriter:
    """Writes the lines of one turn of the event loop together, and what is wrong at once.

    A write for each line is a tenth of a ping's time; with 64 callers a turn has dozens of lines.
    """

    def __init__(self, stream: TextIO) -> None:
        self._text = stream  # kept, since it closes what is under it when it goes
        self._stream = stream.buffer
        self._lines: list[bytes] = []

    def msg(self, line: bytes) -> None:
        self._lines.append(line)
        if len(self._lines) == 1:
            try:
                asyncio.get_running_loop().call_soon(self.flush)
            except RuntimeError:  # no loop runs, so nobody waits
                self._write()

    def msg_now(self, line: bytes) -> None:
        self._lines.append(line)
        self._write()

    def flush(self) -> None:
        if self._lines:
            self._write()

    def _write(self) -> None:
        text = b"".join(self._lines)
        self._lines.clear()
        with contextlib.suppress(OSError):  # nobody reads the log; the calls go on
            self._stream.write(text)
            self._stream.flush()

    debug = info = log = msg
    warning = error = critical = exception = msg_now


_TRACEBACK = "Traceback (most recent call last):\n"


def _tell_exception(_: Any, __: str, event: Event) -> Event:
    """Where an exception came from, and its kind: its words may quote a parameter or a key."""
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    elif isinstance(error, tuple):
        error = error[1]
    parts: list[str] = []
    while isinstance(error, BaseException):
        frames = "".join(traceback.format_tb(error.__traceback__))
        parts.append(f"{_TRACEBACK}{frames}{type(error).__name__}{_safe_words(error)}")
        error = error.__cause__ or error.__context__
    if parts:
        event["exception"] = "\n\nafter which:\n\n".join(reversed(parts))
    return event


def _safe_words(error: BaseException) -> str:
    """What an exception says, as far as it cannot hold what a caller sent."""
    if isinstance(error, (OSError, sqlite3.Error)):
        return f": {error}"
    state = getattr(error, "sqlstate", None)
    if state is not None:  # PostgreSQL's own words quote values
        constraint = getattr(error, "constraint_name", None)
        return f": {state}" + (f" ({constraint})" if constraint else "")
    return ""


def _spread(_: Any, __: str, event: Event) -> Event:
    """A call's facts one by one, for those who print events."""
    if "line" in event:
        *facts, traceparent = event.pop("line")
        event.update(zip(_CALL_FACTS, facts, strict=True))
        event["ms"] = round(event["ms"], 3)
        event.update(trace_facts(traceparent))
    return event


class _JsonLines:
    """All that a JSON line needs in one step: each processor more costs each call."""

    def __init__(self) -> None:
        self._second = 0
        self._until_second = ""

    def __call__(self, _: Any, level: str, event: Event) -> bytes:
        if "exc_info" in event:
            event = _tell_exception(_, level, event)
        event["level"] = level
        event["at"] = self._now()
        return orjson.dumps(event, default=repr, option=orjson.OPT_APPEND_NEWLINE)

    def call_line(self, facts: CallFacts) -> bytes:
        """The line of a call."""
        # None of these can hold a quote or a control character, so the line needs no encoder:
        # half of what the general way costs every call.
        request_id, action, account, status, code, ms, size, traceparent = facts
        trace = ""
        if traceparent is not None:
            told = trace_facts(traceparent)
            trace = f'"trace_id":"{told["trace_id"]}","parent_id":"{told["parent_id"]}",'
        return (
            f'{{"request_id":"{request_id}","action":{_quoted(action)},'
            f'"account":{_quoted(account)},"status":"{status}","code":{_quoted(code)},'
            f'"ms":{ms:.3f},"bytes":{size},{trace}"event":"call","level":"info","at":"{self._now()}"}}\n'
        ).encode()

    def _now(self) -> str:
        """RFC 3339 in UTC; all but the microseconds is made once a second."""
        second, microsecond = divmod(time.time_ns() // 1000, 1_000_000)
        if second != self._second:
            moment = datetime.fromtimestamp(second, UTC)
            self._second, self._until_second = second, moment.strftime("%Y-%m-%dT%H:%M:%S.")
        return f"{self._until_second}{microsecond:06d}Z"


def _quoted(text: str | None) -> str:
    return "null" if text is None else f'"{text}"'
