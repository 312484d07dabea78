"""Those who place orders: each knows by the answers what must be there in the end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.faults.load import STEP_MAX, Outcome
from tests.faults.orders import Desk

Facts = dict[str, Any]

TWINS = 0.3
"""The share of orders that are placed twice at once."""


@dataclass
class Trade:
    """What is shared by those of one kind."""

    desk: Desk
    random: Random

    async def order(self, path: str, **params: Any) -> Facts:
        """The data of the answer to an order, whose twin may race it."""
        twins = self.random.random() < TWINS
        envelope = await self.desk.place(path, twins=twins, **params)
        data: Facts = envelope["data"]
        return data


@dataclass
class Steppers(Trade):
    """Step counters that all of them share."""

    counters: list[str]
    outcome: Outcome = field(default_factory=Outcome)
    sums: Facts = field(default_factory=dict)

    async def step(self) -> None:
        name, by = self.random.choice(self.counters), self.random.randint(1, STEP_MAX)
        if self.random.random() < 0.3:
            data = await self.order("counters/decrement", external_id=name, by=by)
            by = -by
        else:
            data = await self.order("counters/increment", external_id=name, by=by)
        self.outcome.note(name, by, {"status": "success", "data": data})
        self.sums[name] = self.sums.get(name, 0) + by


@dataclass
class Keepers(Trade):
    """Make counters of their own and change them; delete some, and make those anew."""

    kept: dict[str, Facts] = field(default_factory=dict)
    """By reference, what must be there of each that was not deleted."""
    histories: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    """Of the same, what was done and the value after it."""
    _free: list[str] = field(default_factory=list)
    _named: int = 0

    async def keep_one(self) -> None:
        name = self._free.pop() if self._free else self._new_name()
        made = await self.order(
            "counters/create", name="Daily steps", type="UpDown", external_id=name
        )
        counter, history = _known(made), [("create", 0)]
        assert counter == {"name": "Daily steps", "value": 0, "version": 1}
        for _ in range(self.random.randint(1, 5)):
            counter = await self._change(name, counter)
            history.append((counter.pop("by"), counter["value"]))
        if self.random.random() < 0.5:
            last = await self.order("counters/delete", external_id=name)
            assert _known(last) == counter
            self._free.append(name)
        else:
            self.kept[name], self.histories[name] = counter, history

    async def _change(self, name: str, counter: Facts) -> Facts:
        """The counter after a change that its answer has told as it had to."""
        action = self.random.choice(["set", "update", "increment"])
        value = self.random.randint(0, 10**6)
        ways: dict[str, tuple[Facts, Facts]] = {
            "set": ({"value": value}, {"value": value}),
            "update": ({"name": f"Steps {value}"}, {"name": f"Steps {value}"}),
            "increment": ({"by": 7}, {"value": counter["value"] + 7}),
        }
        sent, changed = ways[action]
        told = _known(await self.order(f"counters/{action}", external_id=name, **sent))
        assert told == {**counter, **changed, "version": counter["version"] + 1}
        return {**told, "by": action}

    def _new_name(self) -> str:
        self._named += 1
        return f"own-{self._named}"


@dataclass
class Clerks(Trade):
    """Make accounts with keys; rotate, revoke and delete some of them."""

    accounts: dict[str, str] = field(default_factory=dict)
    """By id, the names of those that must be there."""
    keys: dict[str, bool] = field(default_factory=dict)
    """By id, whether the key must be revoked."""
    good: list[tuple[str, str]] = field(default_factory=list)
    """Keys that were told and must do, with their accounts."""

    async def hire_one(self) -> None:
        name = f"Hand {len(self.desk.done)}-{self.random.random()}"
        account = await self.order("accounts/create", name=name, role="viewer")
        id = account["id"]
        assert account["name"] == name
        assert id not in self.accounts
        key = await self.order("keys/create", account_id=id, name=name)
        found = {key["id"]: False}
        fate = self.random.choice(["none", "rotate", "revoke", "delete"])
        if fate == "rotate":
            found[key["id"]] = True
            key = await self.order("keys/rotate", id=key["id"])
            found[key["id"]] = False
        elif fate == "revoke":
            await self.order("keys/revoke", id=key["id"])
            found[key["id"]] = True
        elif fate == "delete":
            await self.order("accounts/delete", id=id)
            return
        self.accounts[id] = name
        self.keys.update(found)
        if key["key"] is not None and not found[key["id"]]:
            self.good.append((key["key"], id))


def _known(counter: Mapping[str, Any]) -> Facts:
    return {name: counter[name] for name in ("name", "value", "version")}
