"""Sections and the registry: what can be called, and under which name."""

import difflib
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields

from gateway.access.identity import Identity
from gateway.access.roles import Reserved, is_scope
from gateway.action import (
    NO_KEY,
    Action,
    BatchAction,
    Declared,
    Deprecation,
    Effect,
    ListAction,
)
from gateway.codec.load import Load, compile_load, refuse_all
from gateway.codec.options import Expansions, StrictBoolean
from gateway.codec.plain import NotCompiled
from gateway.codec.secrets import secret_paths
from gateway.codec.show import Show, compile_show, why_interpreted
from gateway.codec.showable import Unshowable
from gateway.errors import ActionError, FilterError, UnknownAction
from gateway.limits.policy import parse_limit
from gateway.listing import Cursors, Pages
from gateway.settings import SettingsError
from gateway.store.migrate import Migrations

AnyAction = Action[Any, Any] | ListAction[Any, Any] | BatchAction[Any, Any]

Run = Callable[[Any, Any], Awaitable[Any]]
"""From parameters and context to what the action gives."""

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_SUGGESTIONS = 3


class RegistrationError(Exception):
    """A section or an action that cannot be served, told in one sentence at start-up."""


@dataclass(frozen=True)
class Section:
    """Actions that belong together, under one name.

    `settings` is a marshmallow schema for the section's own table in the settings; what it loads
    goes to `on_start`, whose result (a client, a pool) is the actions' `context.started` and goes
    to `on_stop` at the end.
    """

    name: str
    summary: str
    actions: tuple[type[AnyAction], ...]
    migrations: Migrations | None = None
    settings: type[Schema] | None = None
    on_start: Callable[[Mapping[str, Any]], Awaitable[Any]] | None = None
    on_stop: Callable[[Any], Awaitable[None]] | None = None

    def read_settings(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """The section's own settings, checked. Raises SettingsError."""
        if self.settings is None:
            return given
        try:
            loaded: Mapping[str, Any] = self.settings().load(given)
        except ValidationError as error:
            raise SettingsError(
                f"The settings of the section {self.name} cannot be used: {error.messages}."
            ) from None
        return loaded


@dataclass(frozen=True, slots=True)
class Registered:
    """An action in its place, with everything that a call needs worked out beforehand.

    What calls ask of the action's class stands here again: with a thousand actions, each object
    that a call touches is one that the processor has to fetch anew, and a class is many.
    """

    path: str
    """`section/action`."""
    section: str
    name: str
    action: AnyAction
    summary: str
    scope: str
    needs_key: bool
    reserved: Reserved | None
    deprecated: Deprecation | None
    body_limit: int | None
    writes: bool
    flag: str | None
    """The flag of a successful answer: creation, modification, deletion, or none."""
    is_audited: bool
    """Whether a success leaves a row in the audit trail, in the write's own transaction."""
    listing: Pages | Cursors | None
    run: Run | None
    """The action's own `run`; a BatchAction, which serves many calls at once, has none."""
    takes: Schema
    gives: Schema
    raises: tuple[type[ActionError], ...]
    options: Schema | None
    """The parameters that the engine itself reads: pages, filters, `_full`, `_expansions`."""
    load: Load
    """`takes`, compiled."""
    load_options: Load
    show_plain: Show
    """`gives`, compiled, as a caller sees it who asks for nothing more."""
    secrets: tuple[tuple[str, ...], ...]
    """Where in an answer's data there is what nobody is told twice: fields that are `secret`."""
    _shows: dict[tuple[bool, frozenset[str]], Show] = field(default_factory=dict)

    @property
    def works_on(self) -> str | None:
        """The section whose objects the action works on, if it works on any."""
        return self.action.works_on or (self.section if "id" in self.takes.fields else None)

    def permits(self, identity: Identity) -> bool:
        """Whether scope and reservation let the identity call the action."""
        if not self.needs_key:
            return True
        return identity.may(self.scope) and (
            self.reserved is None or identity.is_among(self.reserved)
        )

    @property
    def expansions(self) -> tuple[str, ...]:
        return tuple(getattr(self.gives, "expansions", ()))

    @property
    def extended(self) -> tuple[str, ...]:
        return tuple(getattr(self.gives, "extended", ()))

    def show(self, *, full: bool, expand: frozenset[str]) -> Show:
        """The compiled shape, with what the caller asked to see of it."""
        if not full and not expand:
            return self.show_plain
        show = self._shows.get((full, expand))
        if show is None:
            show = compile_show(self.gives, full=full, expand=expand)
            self._shows[full, expand] = show
        return show


class Registry:
    """Every action of a gateway. Raises RegistrationError for what cannot be served."""

    def __init__(self, sections: Iterable[Section]) -> None:
        self.sections = tuple(sections)
        self.interpreted: list[str] = []
        """Why each shape that could not be compiled is left to marshmallow, in a sentence."""
        self._by_path: dict[str, Registered] = {}
        names: set[str] = set()
        for section in self.sections:
            _require(_NAME.fullmatch(section.name), f"{section.name!r} cannot name a section")
            _require(section.name not in names, f"there are two sections named {section.name}")
            names.add(section.name)
            for kind in section.actions:
                registered = _register(section, kind, self.interpreted)
                path = registered.path
                _require(path not in self._by_path, f"there are two actions named {path}")
                self._by_path[path] = registered

    @property
    def migrations(self) -> list[Migrations]:
        """The sections' own migrations, each once, in the order of the sections."""
        found = [each.migrations for each in self.sections if each.migrations is not None]
        return list({each.branch: each for each in found}.values())

    def __iter__(self) -> Iterator[Registered]:
        return iter(self._by_path.values())

    def find(self, section: str, action: str) -> Registered | None:
        return self._by_path.get(f"{section}/{action}")

    def unknown(
        self, section: str, action: str, *, among: Iterable[str] | None = None
    ) -> UnknownAction:
        """The error for a name that is not here, with up to three near ones (of those `among`)."""
        paths = self._by_path if among is None else among
        near = difflib.get_close_matches(
            f"{section}/{action}"[:100], paths, n=_SUGGESTIONS, cutoff=0.6
        )
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        return UnknownAction(section=section, action=action, did_you_mean=near, hint=hint)


def _register(section: Section, kind: type[AnyAction], interpreted: list[str]) -> Registered:
    name = kind.name or re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()
    where = f"{section.name}/{name}"
    _require(_NAME.fullmatch(name), f"{where}: {name!r} cannot name an action")
    _require_sound(kind, where)
    takes, gives = getattr(kind, "takes", None), getattr(kind, "gives", None)
    if not isinstance(takes, Schema) or not isinstance(gives, Schema):
        raise RegistrationError(f"{where}: takes and gives are marshmallow schemas")
    raises = kind.raises + ((FilterError,) if _filters(kind) else ())
    options = _options(kind, gives)
    clash = set(takes.fields) & set(options.fields if options else ())
    _require(not clash, f"{where}: the gateway itself reads {', '.join(sorted(clash))}")
    load, load_options = (_compiled(each, where, interpreted) for each in (takes, options))
    show_plain = _shown(gives, where)
    summary = (kind.__doc__ or "").strip().partition("\n")[0]
    action = kind()
    registered = Registered(
        where, section.name, name, action, summary, kind.scope, kind.scope != NO_KEY, kind.reserved,
        kind.deprecated, kind.body_limit, kind.effect is not Effect.READS, kind.effect.value,
        kind.audited or kind.effect is Effect.DELETES, kind.listing,
        None if isinstance(action, BatchAction) else action.run, takes, gives, raises, options,
        load, load_options, show_plain, tuple(secret_paths(gives)),
    )  # fmt: skip
    interpreted += [f"{where}: {reason}" for reason in why_interpreted(gives)]
    return registered


def _require_sound(kind: type[AnyAction], where: str) -> None:
    """Raise RegistrationError unless what the action declares goes together."""
    _require(
        (kind.__doc__ or "").strip() and kind.__doc__ not in _BASE_DOCSTRINGS,
        f"{where} has no docstring",
    )
    _require(kind.scope, f"{where} declares no scope (NO_KEY is one)")
    _require(
        kind.scope == NO_KEY or is_scope(kind.scope), f"{where}: {kind.scope!r} is not a scope"
    )
    _require(issubclass(kind, ListAction) == (kind.listing is not None), f"{where}: a ListAction, "
             "and nothing else, declares listing")  # fmt: skip
    writes = kind.effect is not Effect.READS
    _require(writes or not issubclass(kind, BatchAction), f"{where}: a BatchAction writes")
    _require(writes or not kind.audited, f"{where}: only a write is audited")
    if kind.audited or kind.effect is Effect.DELETES:
        _require(issubclass(kind, Action), f"{where}: what is audited, as deletions are, "
                 "is an Action")  # fmt: skip
    _require_usable_limit(kind, where)
    keyless = kind.scope == NO_KEY
    # Who calls is part of what a batch action serves; a plain write can do without.
    _require(not (keyless and issubclass(kind, BatchAction)), f"{where}: a BatchAction needs a "
             "scope")  # fmt: skip
    _require(not (keyless and kind.reserved), f"{where}: what needs no key is reserved to nobody")


def _compiled(shape: Schema | None, where: str, interpreted: list[str]) -> Load:
    if shape is None:
        return refuse_all
    try:
        return compile_load(shape)
    except NotCompiled as reason:
        interpreted.append(f"{where}: {reason}")
        return refuse_all


def _shown(gives: Schema, where: str) -> Show:
    """The compiled shape as it is seen unasked; all of it has a JSON form. Raises as below."""
    expansions = tuple(getattr(gives, "expansions", ()))
    try:
        everything = compile_show(gives, full=True, expand=expansions)
        hides = expansions or getattr(gives, "extended", ())
        return compile_show(gives) if hides else everything
    except Unshowable as fault:
        raise RegistrationError(f"{where}: {fault}") from None


def _require_usable_limit(kind: type[AnyAction], where: str) -> None:
    limited = kind.limit is not None or kind.cost != 1
    _require(not limited or kind.scope != NO_KEY, f"{where}: who needs no key has no rate limit")
    _require(kind.cost >= 0, f"{where}: a call cannot cost less than nothing")
    if kind.limit is None:
        return
    try:
        policy = parse_limit(kind.limit)
    except ValueError as fault:
        raise RegistrationError(f"{where}: {fault}") from None
    _require(policy is None or kind.cost <= policy.calls, f"{where}: its limit allows no call")


_BASE_DOCSTRINGS = {base.__doc__ for base in (Action, BatchAction, Declared, ListAction)}


def _filters(kind: type[AnyAction]) -> bool:
    return bool(getattr(kind.listing, "filters", None))


def _options(kind: type[AnyAction], gives: Schema) -> Schema | None:
    found: dict[str, fields.Field[Any]] = {}
    if kind.listing is not None:
        found |= kind.listing.parameters()
    if getattr(gives, "extended", ()):
        found["_full"] = StrictBoolean()
    if expansions := getattr(gives, "expansions", ()):
        found["_expansions"] = Expansions(expansions)
    if not found:
        return None
    return Schema.from_dict(found, name=f"{kind.__name__}Options")(unknown=RAISE)


def _require(condition: object, sentence: str) -> None:
    if not condition:
        raise RegistrationError(sentence)
