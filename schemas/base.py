"""Shape: a marshmallow schema that refuses what it does not know and makes a frozen value."""

from collections.abc import Mapping
from typing import Any, ClassVar, Generic, TypeGuard, TypeVar, final

from marshmallow import RAISE, Schema, missing, post_load
from marshmallow.constants import _Missing as Absent

T = TypeVar("T")
V = TypeVar("V")

ABSENT = missing
"""Stands in a value object for a parameter that was not sent, or an attribute an object lacks."""

__all__ = ["ABSENT", "Absent", "Shape", "sent"]


def sent(value: "V | Absent") -> TypeGuard[V]:
    """Whether a parameter was sent; null counts as sent."""
    return value is not ABSENT


class Shape(Schema, Generic[T]):
    """The shape of one value object, which `makes` names: a NamedTuple or a frozen dataclass.

    Parameters that were not sent and have no `load_default` are left to the value object's own
    defaults. Attributes named in `extended` are shown when a caller asks with `_full`, those in
    `expansions` when one asks for them with `_expansions`.
    """

    makes: ClassVar[type[Any]]
    maker: ClassVar[str] = "_make"
    """The hook that gives what was loaded to `makes` and does nothing else."""
    extended: ClassVar[tuple[str, ...]] = ()
    expansions: ClassVar[tuple[str, ...]] = ()

    class Meta:
        unknown = RAISE

    @final
    def read(self, params: Mapping[str, Any]) -> T:
        """The value object. Raises marshmallow's ValidationError, which names every problem."""
        value: T = self.load(params)
        return value

    def show(self, value: T) -> dict[str, Any]:
        """What `value` looks like from outside, by marshmallow's own dump."""
        shown: dict[str, Any] = self.dump(value)
        return shown

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Any:
        return self.makes(**data)
