"""Fields that mean the same everywhere: the values of the protocol's section 1.

A field's `from_json` is its `_deserialize` for compiled shapes: it makes a JSON value into the
field's, and raises ValueError, or whatever Python raises, for what marshmallow is to judge.
"""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import fields, validate

INT64_MIN = -(2**63)
INT64_MAX = 2**63 - 1

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
# What lies beside the zones on some systems: links to one of them, and copies on other clocks.
_NOT_ZONES = frozenset({"localtime", "posix", "posixrules", "right"})
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Text(fields.String):
    """A string of `least` to `most` code points, counted after trimming where `trim` is set."""

    def __init__(
        self, least: int = 0, most: int | None = None, *, trim: bool = False, **options: Any
    ) -> None:
        self._trim = trim
        super().__init__(validate=validate.Length(min=least, max=most), **options)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, *args, **kwargs)
        return text.strip() if self._trim and text is not None else text

    def from_json(self, value: Any) -> str:
        text = _text(value)
        return text.strip() if self._trim else text


class Id(fields.String):
    """A UUID in lower case."""

    default_error_messages = {"invalid_uuid": "Not a valid id."}

    def __init__(self, **options: Any) -> None:
        super().__init__(metadata={"format": "uuid"}, **options)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, *args, **kwargs)
        if not _UUID.fullmatch(text):
            raise self.make_error("invalid_uuid")
        return text

    @staticmethod
    def from_json(value: Any) -> str:
        if not _UUID.fullmatch(value):
            raise ValueError
        return str(value)


class Secret(fields.String):
    """Text that is shown once and never stored: a kept answer has null in its place."""

    secret = True


class Int64(fields.Integer):
    """A whole number of 64 bits, from `least` to `most`; neither floats nor strings become one."""

    def __init__(self, least: int = INT64_MIN, most: int = INT64_MAX, **options: Any) -> None:
        super().__init__(strict=True, validate=validate.Range(least, most), **options)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if type(value) is not int and value is not None:
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, *args, **kwargs)

    @staticmethod
    def from_json(value: Any) -> int:
        if type(value) is not int:
            raise ValueError
        return value


class Flag(fields.Boolean):
    """true or false, and nothing that merely looks like it."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value

    @staticmethod
    def from_json(value: Any) -> bool:
        if type(value) is not bool:
            raise ValueError
        return value


class Choice(fields.String):
    """One of a few names, in their very case."""

    def __init__(self, names: Sequence[str], **options: Any) -> None:
        super().__init__(validate=validate.OneOf(names), **options)


class Moment(fields.AwareDateTime):
    """RFC 3339: on input any offset, at least to seconds; on output UTC, microseconds and `Z`."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return self.from_json(value)
        except (TypeError, ValueError, OverflowError):
            raise self.make_error("invalid", input=value, obj_type="moment") from None

    @staticmethod
    def from_json(value: Any) -> datetime:
        if not _MOMENT.fullmatch(value):
            raise ValueError
        return datetime.fromisoformat(value.upper()).astimezone(UTC)

    def _serialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        return None if value is None else _moment_text(value)

    @staticmethod
    def to_json(value: datetime) -> datetime | str:
        """What the encoder writes as this field.

        By itself it would leave out microseconds of 0, and it knows no subclasses of datetime.
        """
        exact = type(value) is datetime and value.microsecond and value.tzinfo is UTC
        return value if exact else _moment_text(value)


class Day(fields.Date):
    """A date, `YYYY-MM-DD`."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return self.from_json(value)
        except (TypeError, ValueError):
            raise self.make_error("invalid", input=value, obj_type="date") from None

    @staticmethod
    def from_json(value: Any) -> date:
        if not _DAY.fullmatch(value):
            raise ValueError
        return date.fromisoformat(value)

    def _serialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        # whatever `dateformat` a schema has
        return None if value is None else date.isoformat(value)

    @staticmethod
    def to_json(value: date) -> date:
        """What the encoder writes as this field; a datetime, which is a date too, it would not."""
        if type(value) is not date:
            raise ValueError
        return value


class Zone(fields.String):
    """The name of an IANA time zone."""

    default_error_messages = {"unknown_zone": "Not a time zone that we know."}

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        name = super()._deserialize(value, *args, **kwargs)
        try:
            return self.from_json(name)
        except (KeyError, ValueError, OSError):  # unknown names, paths and folders all end here
            raise self.make_error("unknown_zone") from None

    @staticmethod
    def from_json(value: Any) -> str:
        if ZoneInfo(value).key.partition("/")[0] in _NOT_ZONES:
            raise ValueError
        return _text(value)


class Tags(fields.Dict):
    """String to string: at most `most` entries, keys and values of bounded length."""

    def __init__(self, most: int, key_length: int, value_length: int, **options: Any) -> None:
        super().__init__(
            keys=Text(1, key_length),
            values=Text(0, value_length),
            validate=validate.Length(max=most),
            **options,
        )


def _text(value: Any) -> str:
    if type(value) is not str:
        raise ValueError
    return value


def _moment_text(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="microseconds")[:26] + "Z"
