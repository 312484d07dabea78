"""Nobody grants more than they hold, and only owners touch what is an owner's.

Each rule raises PermissionDenied with the scope of the action and a sentence.
"""

from collections.abc import Collection, Container, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from gateway.access.faults import PermissionDenied
from gateway.access.identity import Identity
from gateway.access.own_limits import Limits
from gateway.access.roles import Role, covers, is_within
from gateway.errors import ParameterError
from gateway.store.types import moment_text


class Grant(NamedTuple):
    """What an account or a key would be able to do: all that the role covers of the scopes."""

    role: Role
    scopes: Collection[str] | None

    def covers(self, scope: str) -> bool:
        return covers(self.role, scope) and (self.scopes is None or scope in self.scopes)


def narrowed(role: Role, *lists: Collection[str] | None) -> Grant:
    """What the role may do within every one of the lists; None narrows nothing."""
    given = [frozenset(each) for each in lists if each is not None]
    return Grant(role, frozenset.intersection(*given) if given else None)


def may_touch(caller: Identity, role: Role) -> bool:
    """Whether the caller may change an account of the role, and its keys."""
    return role is not Role.OWNER or caller.role is Role.OWNER


def may_grant(caller: Identity, wanted: Grant) -> bool:
    return _missing(caller, wanted) is None


def may_grant_limits(
    caller: Identity,
    rate_limit: str | None,
    rate_limits: Mapping[str, str] | None,
    *,
    everybodys: Limits,
) -> bool:
    """Whether these limits allow no more than the caller's; `everybodys` are for who has none."""
    return _excess(caller, rate_limit, rate_limits, everybodys) is None


def may_last_until(caller: Identity, expires_at: datetime | None) -> bool:
    """Whether the caller may make a key that lives until then; None is for ever."""
    own = caller.key_expires_at
    return own is None or (expires_at is not None and expires_at <= own)


def refuse_touching(caller: Identity, role: Role, *, scope: str) -> None:
    """Raise unless the caller may change an account of the role, and its keys."""
    if not may_touch(caller, role):
        problem = "Only an owner may do this to an owner's account and its keys."
        raise PermissionDenied(scope=scope, problem=problem)


def refuse_granting(caller: Identity, wanted: Grant, *, scope: str) -> None:
    """Raise when the grant goes beyond what the caller's own key may do."""
    problem = _missing(caller, wanted)
    if problem is not None:
        raise PermissionDenied(scope=scope, problem=problem)


def refuse_outliving(caller: Identity, expires_at: datetime | None, *, scope: str) -> None:
    """Raise when a key that lives until then would outlive the caller's own."""
    own = caller.key_expires_at
    if own is not None and not may_last_until(caller, expires_at):
        problem = f"This key cannot make one that outlives it: it expires at {moment_text(own)}."
        raise PermissionDenied(scope=scope, problem=problem)


def refuse_idle(
    scopes: Iterable[str] | None, within: Grant, *, whose: str, known: Container[str]
) -> None:
    """Raise ParameterError for a list with a scope that would never let anybody do anything.

    `within` is what the list narrows, `whose` says it in words; `known` is every scope that an
    action declares.
    """
    for each in scopes or ():
        sentence = ""
        if each not in known:
            sentence = f"No action has the scope {each}."
        elif not within.covers(each):
            sentence = f"{whose} does not have {each}, and a list of scopes only narrows."
        if sentence:
            raise ParameterError(f"`scopes`: {sentence}", {"scopes": [sentence]})


def refuse_limits(
    caller: Identity,
    rate_limit: str | None,
    rate_limits: Mapping[str, str] | None,
    *,
    everybodys: Limits,
    scope: str,
) -> None:
    """Raise when these limits allow more than the caller's; `everybodys` are for who has none."""
    if excess := _excess(caller, rate_limit, rate_limits, everybodys):
        problem = f"This account cannot grant a limit of {excess[0]}: its own is {excess[1]}."
        raise PermissionDenied(scope=scope, problem=problem)


def _excess(
    caller: Identity,
    rate_limit: str | None,
    rate_limits: Mapping[str, str] | None,
    everybodys: Limits,
) -> tuple[str, str] | None:
    wanted = everybodys.of_account(rate_limit, rate_limits)
    return wanted.excess(everybodys.of_account(caller.rate_limit, caller.rate_limits))


def _missing(caller: Identity, wanted: Grant) -> str | None:
    """The sentence for what the caller lacks of the grant; None when that is nothing."""
    if not is_within(wanted.role, caller.role):
        return f"This key cannot grant the role {wanted.role}: its own is {caller.role}."
    if caller.scopes is None:
        return None
    if wanted.scopes is None:
        return "This key is narrowed to a list of scopes, and can grant nothing beyond that list."
    lacking = [each for each in sorted(wanted.scopes) if covers(wanted.role, each)]
    lacking = [each for each in lacking if not caller.may(each)]
    return (
        f"This key cannot grant the scope {lacking[0]}: it does not have it." if lacking else None
    )
