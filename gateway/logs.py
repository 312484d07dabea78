"""structlog: one JSON line for each call, pretty on a terminal; never a key, never a parameter."""

import logging
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any, TextIO

import orjson
import structlog

from gateway.envelope import Envelope
from gateway.settings import Settings

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}

Log = structlog.typing.FilteringBoundLogger
Event = MutableMapping[str, Any]


def make_log(settings: Settings, stream: TextIO) -> Log:
    """A logger that writes to `stream` as the settings say."""
    wrapper = structlog.make_filtering_bound_logger(_LEVELS[settings.log_level])
    if settings.log_format == "pretty" or (settings.log_format == "auto" and stream.isatty()):
        processors: list[Any] = [
            structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False),
            structlog.processors.add_log_level,
            structlog.dev.ConsoleRenderer(colors=stream.isatty()),
        ]
        printer: Any = structlog.PrintLogger(stream)
    else:
        processors = [_render]
        printer = _LineWriter(stream)
    log: Log = structlog.wrap_logger(printer, processors=processors, wrapper_class=wrapper).bind()
    return log


class CallLog:
    """Watches the pipeline and writes one line for each call."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def saw(self, trail: Any, envelope: Envelope) -> None:
        """`trail` is the pipeline's; see `gateway.pipeline.Trail`."""
        registered, caller = trail.registered, trail.caller
        self._log.info(
            "call",
            request_id=trail.call.request_id,
            # A name that is no action's is whatever the caller typed, and stays out of the log.
            action=registered.path if registered is not None else None,
            account=caller.account_id if caller is not None else None,
            status=envelope.status,
            code=envelope.code,
            ms=round(envelope.seconds * 1000, 3),
            bytes=len(envelope.body),
        )


class StdlibHandler(logging.Handler):
    """Brings what libraries say through `logging` into the same log."""

    def __init__(self, log: Log) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        self._log.log(
            record.levelno, "library.spoke", logger=record.name, said=record.getMessage(),
            exc_info=record.exc_info,
        )  # fmt: skip


class _LineWriter:
    """Writes each line at once: what was logged before a crash is there after it."""

    def __init__(self, stream: TextIO) -> None:
        self._text = stream  # kept, since it closes what is under it when it goes
        self._stream = stream.buffer

    def msg(self, line: bytes) -> None:
        self._stream.write(line)
        self._stream.flush()

    debug = info = warning = error = critical = exception = log = msg


def _render(_: Any, level: str, event: Event) -> bytes:
    """All that a JSON line needs in one step: each processor more costs each call."""
    if "exc_info" in event:
        event = structlog.processors.format_exc_info(_, level, event)
    event["level"] = level
    event["at"] = datetime.now(UTC)
    return orjson.dumps(event, default=repr, option=_LINE)


_LINE = orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z
