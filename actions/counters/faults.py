"""What can go wrong with a counter, with the numbers that the CountTogether API gives the same."""

from typing import ClassVar

from gateway import ActionError, errors


class NotFound(errors.NotFound):
    message = "There is no such counter, or this key may not see it."
    number = -1100


class InvalidOperationForCounterType(ActionError):
    message = "{reason}"
    attributes: ClassVar = {"type": "ToDate", "mode": None}
    wording: ClassVar = {
        "reason": "Only an UpDown counter can be incremented; this one is a ToDate counter."
    }
    number = -2040


class ValueOutOfRange(ActionError):
    message = "The value {value} cannot change by that much: it would leave the 64-bit integers."
    attributes: ClassVar = {"value": 9223372036854775807}


class GoalExceeded(ActionError):
    message = "The counter refuses to go past its goal of {goal}; it is at {value}."
    attributes: ClassVar = {"goal": 100, "value": 99}
