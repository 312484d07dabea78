"""A group of calls that one batch action serves: what the calls share, stage and answer."""

from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Generic, TypeVar

from gateway.access.identity import Identity
from gateway.codec.encode import encode
from gateway.codec.show import Show
from gateway.context import PERMITTED_ACTIONS, Options, Surroundings
from gateway.errors import ActionError
from gateway.store.database import Transaction
from gateway.store.idempotency import Claim, Name

P = TypeVar("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class BatchContext:
    """What a group of calls shares."""

    shared: Surroundings
    db: Transaction
    now: datetime

    def new_id(self) -> str:
        """A new UUIDv7, in lower case."""
        return self.shared.new_id()

    def permitted(self, call: "BatchCall[Any, Any]", section: str, subject: Any) -> Sequence[str]:
        """As `Context.permitted`, for one call of the group."""
        if PERMITTED_ACTIONS not in call.options.expand:
            return ()
        return self.shared.catalogue.permitted(call.caller, section, subject, self.now)


class BatchCall(Generic[P, R]):
    """One call of a group: its parameters, its caller, and what it staged.

    `name` is that of its idempotency key, None when it has none.
    """

    __slots__ = (
        "_batch", "_changes", "_data_json", "_failure", "_flags_before", "_show", "_states",
        "caller", "claim", "flags", "name", "options", "params",
    )  # fmt: skip

    def __init__(
        self,
        params: P,
        caller: Identity,
        options: Options,
        flags: dict[str, object],
        show: Show,
        *,
        name: Name | None,
    ) -> None:
        self.params = params
        self.caller = caller
        self.options = options
        self.flags = flags
        self.name = name
        self.claim: Claim | None = None
        """The claim to `name`, made once the call is served."""
        self._show = show
        self._data_json: bytes | None = None
        self._failure: Exception | None = None
        self._flags_before: dict[str, object] | None = None

    def join(self, batch: "Batch[P, R]") -> None:
        """Begin, or begin again, as a part of `batch`."""
        self._batch = batch
        self._drop()
        self._states: list[tuple[Hashable, object]] = []
        self._changes: list[Any] = []

    def answering(self) -> AbstractContextManager[object, bool]:
        """Apply this call: what it staged is kept when the block ends, dropped when it raises."""
        return self

    # A generator would cost a microsecond more, for each call of a hot write.
    def __enter__(self) -> None:
        pass

    def __exit__(
        self, _: type[BaseException] | None, failure: BaseException | None, __: TracebackType | None
    ) -> bool:
        if failure is None:
            self._batch.keep(self._states, self._changes)
        elif isinstance(failure, Exception):  # whatever it is, it is this call's alone
            self._data_json, self._failure = None, failure
            return True
        return False

    def change(self, key: Hashable, state: object, change: Any) -> None:
        """Stage that the object `key` is now `state`, and the change to save with it."""
        self._states.append((key, state))
        self._changes.append(change)

    def answer(self, result: R) -> None:
        """Stage the answer; it is put into JSON now, so that what cannot be shown fails here."""
        self._data_json = encode(self._show(result))

    def flag(self, name: str, value: object = True) -> None:
        """Set a flag of this call's answer. Raises TypeError when `value` is no JSON value."""
        encode(value)
        self._remember_flags()
        self.flags[name] = value

    def settle(self, answer: Callable[[dict[str, object]], bytes]) -> None:
        """Answer with data that was shown before, whatever came of trying; `answer` adds flags.

        An ActionError that it raises is what the call fails with.
        """
        self._drop()
        self._remember_flags()
        try:
            self._data_json = answer(self.flags)
        except ActionError as refusal:
            self._failure = refusal

    def _remember_flags(self) -> None:
        if self._flags_before is None:
            self._flags_before = {**self.flags}

    def _drop(self) -> None:
        """Forget what came of trying."""
        self._data_json = self._failure = None
        if self._flags_before is not None:
            self.flags.clear()
            self.flags.update(self._flags_before)

    @property
    def data_json(self) -> bytes | None:
        """The answer's data, so far; None when the call failed."""
        return self._data_json

    def finish(self) -> None:
        """End the part in the batch. Raises TypeError when there is no answer and no refusal."""
        # Each keeps the other: left to the collector, the calls of 25,000 objects lie about, and
        # finding them stops everything for 36 ms (p99 of increments: 35 ms instead of 16).
        del self._batch
        if self._data_json is None and self._failure is None:
            raise TypeError("run_many left a call without an answer")

    def outcome(self) -> bytes:
        """The answer's data, once committed; raises what the call failed with."""
        if self._failure is not None:
            raise self._failure
        assert self._data_json is not None  # noqa: S101 - finish saw to it
        return self._data_json


class Batch(Generic[P, R]):
    """The calls of a group in their order, and where their changes have led so far."""

    def __init__(self, calls: Collection[BatchCall[P, R]]) -> None:
        self._calls = calls
        self._states: dict[Hashable, Any] = {}
        self.changes: list[Any] = []
        """Every kept change, in order."""
        for call in calls:
            call.join(self)

    def __iter__(self) -> Iterator[BatchCall[P, R]]:
        return iter(self._calls)

    def state(self, key: Hashable, loaded: Any) -> Any:
        """The object `key` as the calls so far have left it; `loaded` when none changed it."""
        return self._states.get(key, loaded)

    def keep(self, states: list[tuple[Hashable, object]], changes: list[Any]) -> None:
        """Take over what a call staged."""
        self._states.update(states)
        self.changes.extend(changes)
