"""Pages, cursors, sorting and filters: what a list action declares, and what one call asked for."""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, NamedTuple, TypeVar

import orjson
from marshmallow import ValidationError, fields, validate

from gateway.codec.encode import Rendered
from gateway.errors import FilterError, ParameterError

R_co = TypeVar("R_co", covariant=True)

PER_PAGE = 30
PER_PAGE_MAX = 100
_INT64_MAX = 2**63 - 1
_DIGEST_BYTES = 12
_CURSOR_MAX = 1024


class Operator(StrEnum):
    EQ = "eq"
    NOT_EQ = "not_eq"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"
    IN = "in"
    NOT_IN = "not_in"
    STARTS_WITH = "starts_with"
    ENDS_WITH = "ends_with"
    CONTAINS = "contains"


_CHOICE = (Operator.EQ, Operator.NOT_EQ, Operator.IN, Operator.NOT_IN)
_ORDER = (Operator.GT, Operator.GTE, Operator.LT, Operator.LTE)
_TEXT = (Operator.STARTS_WITH, Operator.ENDS_WITH, Operator.CONTAINS)
_MANY = (Operator.IN, Operator.NOT_IN)


@dataclass(frozen=True)
class Filter:
    """An attribute that a list can be filtered by: the field its values must fit, its operators.

    The first operator is the one meant when a caller sends the bare value.
    """

    field: fields.Field[Any]
    operators: tuple[Operator, ...]

    @classmethod
    def choice(cls, field: fields.Field[Any]) -> "Filter":
        return cls(field, _CHOICE)

    @classmethod
    def ordered(cls, field: fields.Field[Any]) -> "Filter":
        """For numbers and times."""
        return cls(field, _CHOICE[:2] + _ORDER + _CHOICE[2:])

    @classmethod
    def text(cls, field: fields.Field[Any]) -> "Filter":
        return cls(field, _CHOICE[:2] + _TEXT + _ORDER + _CHOICE[2:])


@dataclass(frozen=True)
class Pages:
    """Declares a list that is read by page number; the first sortable attribute is the default."""

    sortable: tuple[str, ...]
    filters: Mapping[str, Filter]

    def parameters(self) -> dict[str, fields.Field[Any]]:
        return {
            "page": fields.Integer(strict=True, validate=validate.Range(min=1, max=_INT64_MAX)),
            "per_page": _per_page(),
            "sort_by": fields.String(validate=validate.OneOf(self.sortable)),
            "order": fields.String(validate=validate.OneOf(("asc", "desc"))),
            **_filters(self.filters),
        }

    def read(self, sent: Mapping[str, Any], binding: bytes) -> "Listing":
        """What one call asked; pages, unlike cursors, are bound to nothing."""
        return Listing(
            per_page=sent.get("per_page", PER_PAGE),
            page=sent.get("page", 1),
            sort_by=sent.get("sort_by", self.sortable[0]),
            descending=sent.get("order") == "desc",
            terms=_terms(sent, self.filters),
        )


@dataclass(frozen=True)
class Cursors:
    """Declares a list without a natural end, read on from wherever the last call stopped."""

    filters: Mapping[str, Filter] = field(default_factory=dict)

    def parameters(self) -> dict[str, fields.Field[Any]]:
        found: dict[str, fields.Field[Any]] = {
            "cursor": fields.String(validate=validate.Length(min=1, max=_CURSOR_MAX)),
            "per_page": _per_page(),
        }
        return found | _filters(self.filters) if self.filters else found

    def read(self, sent: Mapping[str, Any], binding: bytes) -> "Listing":
        """What one call asked; a cursor is good only with the `binding` that it was made with.

        Raises ParameterError for any other, FilterError for filters that cannot be used.
        """
        cursor = sent.get("cursor")
        return Listing(
            per_page=sent.get("per_page", PER_PAGE),
            terms=_terms(sent, self.filters),
            after=None if cursor is None else _position(cursor, binding),
            binding=binding,
        )


class Term(NamedTuple):
    """One filter of one call; `value` is a list for `in` and `not_in`."""

    attribute: str
    operator: Operator
    value: Any
    sent: Any
    """The value as the caller wrote it."""


class Listing(NamedTuple):
    """What one call asked of a list; `after` is the position that the last page ended with."""

    per_page: int
    page: int = 1
    sort_by: str | None = None
    descending: bool = False
    terms: tuple[Term, ...] = ()
    after: list[Any] | None = None
    binding: bytes = b""

    @property
    def offset(self) -> int:
        # Behind the last record that a database can count there is nothing either.
        return min((self.page - 1) * self.per_page, _INT64_MAX)

    def flags(self) -> dict[str, object]:
        """The flags that are known before the list is read."""
        flags: dict[str, object] = {}
        if self.sort_by is not None:
            flags["sorted"] = {"by": self.sort_by, "order": "desc" if self.descending else "asc"}
        if self.terms:
            flags["filters"] = {
                term.attribute: {"operator": term.operator, "value": term.sent}
                for term in self.terms
            }
        return flags


@dataclass(frozen=True)
class Page(Generic[R_co]):
    """One page of a list, and how many records the whole list has.

    An item may have been rendered before, by `Context.render`.
    """

    items: "Sequence[R_co | Rendered]"
    total: int

    def flag(self, listing: Listing) -> dict[str, object]:
        return {
            "page": listing.page,
            "per_page": listing.per_page,
            "total_pages": -(-self.total // listing.per_page),
            "total_records": self.total,
        }


@dataclass(frozen=True)
class CursorPage(Generic[R_co]):
    """One stretch of a list, and the position (JSON values) to go on from; None at its end."""

    items: Sequence[R_co]
    next_position: list[Any] | None

    def flag(self, listing: Listing) -> dict[str, object]:
        position = self.next_position
        return {
            "per_page": listing.per_page,
            "next_cursor": None if position is None else _cursor(position, listing.binding),
            "has_more": position is not None,
        }


def _filters(filters: Mapping[str, Filter]) -> dict[str, fields.Field[Any]]:
    return {"filters": fields.Dict(keys=fields.String(), metadata=_told(filters))}


def _told(filters: Mapping[str, Filter]) -> dict[str, Any]:
    """What the JSON Schema says of the filters."""
    told = {
        name: {"description": f"Operators, the first by default: {', '.join(each.operators)}."}
        for name, each in filters.items()
    }
    return {"properties": told, "additionalProperties": False}


def _per_page() -> fields.Field[Any]:
    return fields.Integer(strict=True, validate=validate.Range(min=1, max=PER_PAGE_MAX))


def _terms(sent: Mapping[str, Any], filters: Mapping[str, Filter]) -> tuple["Term", ...]:
    wanted: Mapping[str, Any] = sent.get("filters", {})
    return tuple(_term(attribute, each, filters) for attribute, each in wanted.items())


def _term(attribute: str, wanted: object, filters: Mapping[str, Filter]) -> Term:
    declared = filters.get(attribute)
    if declared is None:
        names = ", ".join(filters)
        raise _refusal(attribute, "UnsupportedAttribute", f"Filters go by {names}.")
    operator = declared.operators[0]
    sent = wanted
    if isinstance(wanted, dict):
        if wanted.keys() != {"operator", "value"}:
            form = 'Write it as {"operator": …, "value": …}.'
            raise _refusal(attribute, "InvalidValue", form)
        operator, sent = wanted["operator"], wanted["value"]
        if operator not in declared.operators:
            names = ", ".join(declared.operators)
            raise _refusal(attribute, "InvalidOperator", f"The operator is none of {names}.")
        operator = Operator(operator)
    return Term(attribute, operator, _typed(attribute, operator, sent, declared.field), sent)


def _typed(attribute: str, operator: Operator, sent: object, field: fields.Field[Any]) -> object:
    """The value as the attribute's own type, or FilterError."""
    if operator in _MANY:
        if not isinstance(sent, list):
            raise _refusal(attribute, "ArrayNeeded", f"The operator {operator} takes a list.")
        if len(sent) > PER_PAGE_MAX:
            limit = f"A filter takes at most {PER_PAGE_MAX} values."
            raise _refusal(attribute, "InvalidValue", limit)
    # A part of a text is a text, whatever rules the whole one obeys.
    as_text = fields.String() if operator in _TEXT else field
    try:
        if isinstance(sent, list) and operator in _MANY:
            return [as_text.deserialize(each) for each in sent]
        return as_text.deserialize(sent)
    except ValidationError as error:
        sentence = str(error.messages[0]) if isinstance(error.messages, list) else "Invalid value."
        raise _refusal(attribute, "InvalidValue", sentence) from None


def _refusal(attribute: str, code: str, sentence: str) -> FilterError:
    return FilterError(attribute=attribute, issue_code=code, issue_message=sentence)


def bind(secret: bytes, *parts: object) -> bytes:
    """A key for the cursors of one list, made from the gateway's secret and what they belong to."""
    text = orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(text, key=secret, digest_size=32).digest()


def foreign_cursor() -> ParameterError:
    """The refusal of a cursor that was made elsewhere."""
    sentence = "This cursor does not belong to this list."
    return ParameterError(f"`cursor`: {sentence}", {"cursor": [sentence]})


def _cursor(position: list[Any], binding: bytes) -> str:
    text = orjson.dumps(position)
    return urlsafe_b64encode(_digest(text, binding) + text).decode().rstrip("=")


def _position(cursor: str, binding: bytes) -> list[Any]:
    """The position in a cursor that `_cursor` made with the same binding."""
    try:
        raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except ValueError:
        raise foreign_cursor() from None
    digest, text = raw[:_DIGEST_BYTES], raw[_DIGEST_BYTES:]
    if not hmac.compare_digest(digest, _digest(text, binding)):
        raise foreign_cursor()
    position: list[Any] = orjson.loads(text)
    # Base64 has more than one way to write some bytes; only ours is taken.
    if _cursor(position, binding) != cursor:
        raise foreign_cursor()
    return position


def _digest(text: bytes, binding: bytes) -> bytes:
    return hashlib.blake2b(text, key=binding, digest_size=_DIGEST_BYTES).digest()
