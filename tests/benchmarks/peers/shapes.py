"""What the peers that use marshmallow take and answer: bare aiohttp and flask-smorest."""

from datetime import datetime
from typing import Any

from marshmallow import RAISE, Schema, fields, validate

from tests.benchmarks.peers import common


class StepSchema(Schema):
    class Meta:
        unknown = RAISE

    id = fields.String(required=True, validate=validate.Regexp(common.UUID_PATTERN))
    by = fields.Integer(
        strict=True, load_default=1, validate=validate.Range(min=1, max=common.STEP_MAX)
    )


class PageSchema(Schema):
    class Meta:
        unknown = RAISE

    page = fields.Integer(strict=True, load_default=1, validate=validate.Range(min=1))
    per_page = fields.Integer(
        strict=True, load_default=30, validate=validate.Range(min=1, max=common.PAGE_MAX)
    )


class CounterSchema(Schema):
    id = fields.String()
    external_id = fields.String()
    name = fields.String()
    type = fields.String()
    value = fields.Integer()
    mode = fields.String()
    goal = fields.Integer()
    overflow = fields.String()
    version = fields.Integer()
    created_at = fields.AwareDateTime()
    updated_at = fields.AwareDateTime()


def counter_of(row: tuple[Any, ...]) -> dict[str, Any]:
    """A counter from a row of the database, which has its moments as text."""
    return with_moments(dict(zip(common.NewCounter._fields, row, strict=False)))


def with_moments(counter: dict[str, Any]) -> dict[str, Any]:
    """The counter with moments in the place of their text."""
    for name in ("created_at", "updated_at"):
        counter[name] = datetime.fromisoformat(counter[name])
    return counter
