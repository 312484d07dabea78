"""A field's validators as statements in a compiled load's source."""

from collections.abc import Iterator
from typing import Any

from marshmallow import fields, validate

_LITERAL_BITS = 64
"""The longest whole number that stands in the source; a caller's has no more."""
_LONGEST = 2**63 - 1
"""Nothing in Python is longer."""


def checks_of(
    field: fields.Field[Any], scope: dict[str, Any], name: str, refuse: str
) -> Iterator[str]:
    """The field's validators for the value `v`; the frequent ones without a call.

    `name` begins the names of the others in `scope`, `refuse` is the statement for what fails.
    """
    for number, validator in enumerate(field.validators):
        bounds = _bounds(validator)
        if bounds is None:
            scope[f"{name}_{number}"] = validator
            yield f"{name}_{number}(v)"
        else:
            yield f"if not {bounds}: {refuse}"


def _bounds(validator: Any) -> str | None:
    """What must hold of `v`: two whole numbers, between which it or its length lies.

    None where it is something else that must hold, and the validator itself is to be asked.
    """
    kind = type(validator)
    if kind is validate.Length and validator.equal is None:
        measured = "len(v)"
        bounds = (validator.min or 0, _LONGEST if validator.max is None else validator.max)
    elif kind is validate.Range and validator.min_inclusive and validator.max_inclusive:
        measured, bounds = "v", (validator.min, validator.max)
    else:
        return None
    if any(type(each) is not int or each.bit_length() > _LITERAL_BITS for each in bounds):
        return None
    return f"{bounds[0]} <= {measured} <= {bounds[1]}"
