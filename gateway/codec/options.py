"""Fields of the parameters that the engine itself reads."""

from collections.abc import Iterable
from typing import Any

from marshmallow import fields, validate


class StrictBoolean(fields.Boolean):
    """`true` or `false`, and nothing that merely looks like it."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value

    @staticmethod
    def from_json(value: Any) -> bool:
        if type(value) is not bool:
            raise ValueError
        return value


class Expansions(fields.List[Any]):
    """A list of expansions' names; true stands for all of them, false for none."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)
        self._known = frozenset(self.names)
        super().__init__(
            fields.String(validate=validate.OneOf(self.names)),
            metadata={"type": ["array", "boolean"]},
        )

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> list[Any]:
        if isinstance(value, bool):
            return list(self.names) if value else []
        return super()._deserialize(value, *args, **kwargs)

    def from_json(self, value: Any) -> list[Any]:
        if type(value) is bool:
            return list(self.names) if value else []
        if type(value) is not list or not self._known.issuperset(value):
            raise ValueError
        return value
