"""What tests of the sections begin with, and what they expect of every section."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import pytest

from tests.support.house import Answer, House

Counter = dict[str, Any]
Make = Callable[..., Awaitable[Counter]]
Admit = Callable[..., Awaitable[str]]

no_rows = pytest.mark.parametrize("kind", ["sqlite"])
"""Marks a test whose answer no row of a section decides: one kind of database is enough."""

NO_SUCH_COUNTER = {
    "code": "NotFound",
    "message": "There is no such counter, or this key may not see it.",
    "retryable": False,
    "number": -1100,
}


NOT_FOUND = {
    "code": "NotFound",
    "message": "It does not exist, or this key may not see it.",
    "retryable": False,
}
OWNERS_ONLY = "Only an owner may do this to an owner's account and its keys."


def flags(answer: Answer) -> dict[str, Any]:
    """The answer's flags, but for the id of its request."""
    return {name: value for name, value in answer["flags"].items() if name != "request_id"}


def foreign(type_: str, names: Iterable[str]) -> dict[str, list[str]]:
    """The refusal of fields that a counter of the type does not have."""
    sentence = [f"A counter of type {type_} does not have this."]
    return dict.fromkeys(names, sentence)


async def account_of(house: House, key: str) -> str:
    id: str = (await house.data("system/whoami", key=key))["account_id"]
    return id


def refusal(answer: Answer) -> tuple[str, str]:
    """The code and the sentence of an error."""
    assert answer["status"] == "error", answer
    return answer["data"]["code"], answer["data"]["message"]
