"""What `system/describe` tells: a registry's actions, each as one dictionary."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from gateway.access.identity import Identity
from gateway.access.own_limits import Limits
from gateway.action import NO_KEY, Asking
from gateway.errors import ActionError
from gateway.registry import Registered, Registry
from gateway.settings import Settings


class RegistryCatalogue:
    """Describes a registry's actions; each is worked out when it is first asked for."""

    def __init__(self, registry: Registry, settings: Settings) -> None:
        self._registry = registry
        declared = {each.path: each.action.limit for each in registry if each.action.limit}
        self._limits = Limits(settings.rate_limit, {**declared, **settings.rate_limits})
        self._described: dict[str, dict[str, Any]] = {}
        self._scopes = frozenset(each.action.scope for each in registry) - {NO_KEY}
        self._paths = frozenset(each.path for each in registry)
        self._on: dict[str, list[Registered]] = {}
        for each in registry:
            if each.works_on is not None:
                self._on.setdefault(each.works_on, []).append(each)

    def describe(self, identity: Identity, action: str | None) -> list[dict[str, Any]]:
        """The actions that the identity may use, or the one named `section/action`.

        Raises UnknownAction, also for an action that the identity may not use.
        """
        usable = [each for each in self._registry if each.permits(identity)]
        if action is None:
            return [self._facts(each) for each in usable]
        section, _, name = action.partition("/")
        found = self._registry.find(section, name)
        if found is None or found not in usable:
            raise self._registry.unknown(section, name, among=[each.path for each in usable])
        return [self._facts(found)]

    def permitted(self, identity: Identity, section: str, subject: Any, now: datetime) -> list[str]:
        """What the identity may do to `subject`, a row of the section, in the registry's order."""
        asking = Asking(identity, now, self._limits)
        return [
            each.path
            for each in self._on.get(section, ())
            if each.permits(identity) and each.action.suits(subject, asking)
        ]

    @property
    def scopes(self) -> frozenset[str]:
        """Every scope that some action declares."""
        return self._scopes

    @property
    def paths(self) -> frozenset[str]:
        """Every action, as `section/action`."""
        return self._paths

    @property
    def limits(self) -> Limits:
        """The limits of accounts that have none of their own."""
        return self._limits

    def _facts(self, registered: Registered) -> dict[str, Any]:
        facts = self._described.get(registered.path)
        if facts is None:
            facts = self._described[registered.path] = _facts(registered)
        return facts


def _facts(registered: Registered) -> dict[str, Any]:
    from gateway.reference.json_schema import (  # apispec is for those who ask
        params_schema,
        result_schema,
    )

    action = registered.action
    deprecated = action.deprecated
    return {
        "action": registered.path,
        "summary": registered.summary,
        "scope": None if action.scope == NO_KEY else action.scope,
        "effect": action.effect.name.lower(),
        "params": params_schema(registered),
        "result": result_schema(registered),
        "errors": list(_errors(registered.raises)),
        "example": dict(action.example),
        "deprecated": None
        if deprecated is None
        else {
            "since": deprecated.since.isoformat(),
            "sunset": deprecated.sunset.isoformat(),
            "use": deprecated.use,
        },
    }


def _errors(raises: Iterable[type[ActionError]]) -> Iterable[dict[str, Any]]:
    for error in raises:
        described: dict[str, Any] = {
            "code": error.code(),
            "message": error.example().sentence,
            "retryable": error.retryable,
            "attributes": list(error.attributes),
        }
        if error.number is not None:
            described["number"] = error.number
        yield described
