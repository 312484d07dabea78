"""What the toys take and give."""

from datetime import datetime
from typing import NamedTuple

from marshmallow import fields

from schemas import fields as shared
from schemas.base import ABSENT, Absent, Shape


class Name(NamedTuple):
    name: str = "you"


class NameShape(Shape[Name]):
    makes = Name

    name = shared.Text(1, 40)


class Thing(NamedTuple):
    id: str
    name: str
    made_at: datetime
    mirrored: str | Absent = ABSENT


class ThingShape(Shape[Thing]):
    makes = Thing
    extended = ("made_at",)
    expansions = ("mirrored",)

    id = shared.Id(required=True)
    name = shared.Text(required=True)
    made_at = shared.Moment()
    mirrored = shared.Text()


class Coin(NamedTuple):
    id: str
    token: str


class Token(shared.Text):
    """A text that is told once."""

    secret = True


class CoinShape(Shape[Coin]):
    makes = Coin

    id = shared.Id(required=True)
    token = Token(data_key="the_token", required=True)


class Riddle(NamedTuple):
    answer: object


class RiddleShape(Shape[Riddle]):
    makes = Riddle

    answer = fields.Raw(required=True)


class Step(NamedTuple):
    name: str
    by: int = 1


class StepShape(Shape[Step]):
    makes = Step

    name = shared.Text(1, 40, required=True)
    by = shared.Int64()


class Total(NamedTuple):
    name: str
    total: int


class TotalShape(Shape[Total]):
    makes = Total

    name = shared.Text(required=True)
    total = shared.Int64(required=True)
