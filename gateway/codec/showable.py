"""Which fields have a JSON form at all, and what they are made of."""

from typing import Any

from marshmallow import fields


class Unshowable(Exception):
    """A shape that cannot be put into JSON, found when its action is registered."""


def refuse_unshowable(field: fields.Field[Any], where: str, above: tuple[type, ...] = ()) -> None:
    """Raise Unshowable when the field, or one inside it, has no JSON form; `where` is its name."""
    for part in parts_of(field):
        refuse_unshowable(part, where, above)
    if isinstance(field, fields.Nested) and type(field.schema) not in above:
        for each in field.schema.dump_fields.values():
            refuse_unshowable(each, where, (*above, type(field.schema)))
    if is_silent(field) and not isinstance(field, (fields.Boolean, fields.Raw)):
        raise Unshowable(f"{where}: {type(field).__name__} does not say how it is put into JSON")
    by_number = type(field)._serialize is fields.Number._serialize  # noqa: SLF001
    if isinstance(field, fields.Decimal) and by_number and not field.as_string:
        raise Unshowable(f"{where}: a Decimal is exact in JSON only with as_string=True")


def is_silent(field: fields.Field[Any]) -> bool:
    """Whether the field gives every value as it is."""
    return type(field)._serialize is fields.Field._serialize  # noqa: SLF001


def parts_of(field: fields.Field[Any]) -> list[fields.Field[Any]]:
    """The fields that a field is made of."""
    if isinstance(field, fields.List):
        return [field.inner]
    if isinstance(field, fields.Mapping):
        return [each for each in (field.key_field, field.value_field) if each is not None]
    if isinstance(field, fields.Tuple):
        return field.tuple_fields
    return [field.field] if isinstance(field, fields.Enum) else []
