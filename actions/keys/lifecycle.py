"""Making, listing, rotating and revoking API keys."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, ClassVar

from gateway import (
    NO_KEY,
    Action,
    Conflict,
    Context,
    Effect,
    Filter,
    ListAction,
    NotFound,
    Page,
    Pages,
)
from gateway.access import accounts, grants
from gateway.access import held_keys as kept
from gateway.access.accounts import Account
from gateway.access.faults import PermissionDenied
from gateway.access.held_keys import HeldKey
from gateway.access.roles import Role, is_within
from gateway.action import Asking
from gateway.context import PERMITTED_ACTIONS
from gateway.errors import ParameterError
from schemas.base import ABSENT
from schemas.fields import Flag, Moment, Text
from schemas.keys import (
    Key,
    KeyList,
    KeyListShape,
    KeyReference,
    KeyReferenceShape,
    KeyShape,
    Leak,
    LeakShape,
    MadeKey,
    MadeKeyShape,
    NewKey,
    NewKeyShape,
    RotatedKey,
    RotatedKeyShape,
    Rotation,
    RotationShape,
    Thanks,
    ThanksShape,
)

ADMIN = "keys:admin"
_EXAMPLE_ID = "0123456789Az"
_EXAMPLE_ACCOUNT = "01a2003c-06ab-73ba-9d3a-9beed55b7919"


class Create(Action[NewKey, MadeKey]):
    """Make a key for an account; it is shown in this one answer and nowhere else."""

    scope = ADMIN
    takes = NewKeyShape()
    gives = MadeKeyShape()
    raises = (NotFound, PermissionDenied)
    effect = Effect.CREATES
    works_on = "accounts"
    audited = True
    example: ClassVar = {"account_id": _EXAMPLE_ACCOUNT, "name": "Dashboard, autumn"}

    def suits(self, subject: Account, asking: Asking) -> bool:
        role = Role(subject.role)
        is_theirs = grants.may_touch(asking.caller, role) and is_within(role, asking.caller.role)
        return is_theirs and _may_grant_limits(subject, asking)

    async def run(self, params: NewKey, context: Context) -> MadeKey:
        if params.expires_at is not None and params.expires_at <= context.now:
            sentence = "Must lie in the future."
            raise ParameterError(f"`expires_at`: {sentence}", {"expires_at": [sentence]})
        account = await accounts.hold(context.db, context.identity.workspace_id, params.account_id)
        role = Role(account.role)
        grants.refuse_touching(context.identity, role, scope=ADMIN)
        of_account, known = grants.narrowed(role, account.scopes), context.catalogue.scopes
        grants.refuse_idle(params.scopes, of_account, whose="The account", known=known)
        wanted = grants.narrowed(role, account.scopes, params.scopes)
        grants.refuse_granting(context.identity, wanted, scope=ADMIN)
        _refuse_limits(account, context)
        grants.refuse_outliving(context.identity, params.expires_at, scope=ADMIN)
        key, held = await kept.issue(
            context.db,
            account,
            environment=context.settings.environment,
            name=params.name,
            now=context.now,
            expires_at=params.expires_at,
            scopes=params.scopes,
            allowed_ips=params.allowed_ips,
        )
        return MadeKey(**_facts(held, context), key=key.text)


class List(ListAction[KeyList, Key]):
    """List the keys of one account, or of all in the workspace; no key itself is told."""

    scope = "keys:read"
    takes = KeyListShape()
    gives = KeyShape()
    raises = (NotFound,)
    listing = Pages(
        sortable=("created_at", "name", "last_used_at", "expires_at"),
        filters={
            "name": Filter.text(Text()),
            "revoked": Filter.choice(Flag()),
            "created_at": Filter.ordered(Moment()),
            "last_used_at": Filter.ordered(Moment()),
            "expires_at": Filter.ordered(Moment()),
        },
    )
    works_on = "accounts"
    example: ClassVar = {"filters": {"revoked": False}}

    async def run(self, params: KeyList, context: Context) -> Page[Key]:
        workspace_id = context.identity.workspace_id
        if params.account_id is not None:
            await accounts.find(context.db, workspace_id, params.account_id)
        found, total = await kept.page(
            context.db, context.listing, workspace_id=workspace_id, account_id=params.account_id
        )
        return Page([_shown(each, context) for each in found], total)


class Rotate(Action[Rotation, RotatedKey]):
    """Put a new key in the place of another, which is good for the overlap and no longer.

    The new key has the account, scopes and addresses of the old one, and as long a life; but it
    does not outlive the key that rotates.
    """

    scope = ADMIN
    takes = RotationShape()
    gives = RotatedKeyShape()
    raises = (NotFound, Conflict, PermissionDenied)
    effect = Effect.MODIFIES
    audited = True
    example: ClassVar = {"id": _EXAMPLE_ID, "overlap_seconds": 3600}

    def suits(self, subject: HeldKey, asking: Asking) -> bool:
        is_theirs = grants.may_touch(asking.caller, Role(subject.role))
        is_current = subject.replaced_by is None and not subject.is_over(asking.now)
        may_grant = grants.may_grant(asking.caller, subject.grant)
        may_last = grants.may_last_until(asking.caller, subject.expires_at)
        is_allowed = may_grant and may_last and _may_grant_limits(subject, asking)
        return is_theirs and is_current and is_allowed

    async def run(self, params: Rotation, context: Context) -> RotatedKey:
        held = await _locked(params.id, context, lock=kept.lock_for_heir)
        # Whoever rotates a key is shown its successor, and can do what that can.
        grants.refuse_granting(context.identity, held.grant, scope=ADMIN)
        _refuse_limits(held, context)
        grants.refuse_outliving(context.identity, held.expires_at, scope=ADMIN)
        key, new, old = await kept.rotate(
            context.db,
            held,
            environment=context.settings.environment,
            overlap_seconds=params.overlap_seconds,
            now=context.now,
            latest=context.identity.key_expires_at,
        )
        context.flag("creation")
        context.audit_beside(new.id)
        context.after_commit(lambda: context.shared.forget(old.id))
        replaces = _shown(old, context)
        if not context.expands(PERMITTED_ACTIONS):
            replaces = replace(replaces, permitted_actions=ABSENT)
        return RotatedKey(**_facts(new, context), key=key.text, replaces=replaces)


class Revoke(Action[KeyReference, Key]):
    """Revoke a key at once and for good."""

    scope = ADMIN
    takes = KeyReferenceShape()
    gives = KeyShape()
    raises = (NotFound, PermissionDenied)
    effect = Effect.MODIFIES
    audited = True
    example: ClassVar = {"id": _EXAMPLE_ID}

    def suits(self, subject: HeldKey, asking: Asking) -> bool:
        return subject.revoked_at is None and grants.may_touch(asking.caller, Role(subject.role))

    async def run(self, params: KeyReference, context: Context) -> Key:
        held = await _locked(params.id, context)
        revoked = await kept.revoke(context.db, held, now=context.now)
        if revoked == held:
            context.unchanged()
        context.after_commit(lambda: context.shared.forget(revoked.id))
        return _shown(revoked, context)


class ReportLeak(Action[Leak, Thanks]):
    """Have a key revoked that is where it should not be; holding it is enough.

    The answer is the same whether the key was any good or not.
    """

    scope = NO_KEY
    takes = LeakShape()
    gives = ThanksShape()
    effect = Effect.MODIFIES
    audited = True
    example: ClassVar = {"key": "hal_live_0123456789Azabcdefghijklmnopqrstuvwxyz012345000000"}

    async def run(self, params: Leak, context: Context) -> Thanks:
        leaked = await kept.revoke_leaked(context.db, params.key.strip(), now=context.now)
        if leaked is not None:
            context.audit(leaked.key_id, workspace_id=leaked.workspace_id)
            context.after_commit(lambda: context.shared.forget(leaked.key_id))
        return Thanks(received=True)


async def _locked(
    id: str, context: Context, *, lock: Callable[..., Awaitable[HeldKey]] = kept.lock
) -> HeldKey:
    """The key, if the caller may change it."""
    held = await lock(context.db, context.identity.workspace_id, id)
    context.audit(held.id)  # also when it is refused
    grants.refuse_touching(context.identity, Role(held.role), scope=ADMIN)
    return held


def _may_grant_limits(limited: Account | HeldKey, asking: Asking) -> bool:
    return grants.may_grant_limits(
        asking.caller, limited.rate_limit, limited.rate_limits, everybodys=asking.everybodys
    )


def _refuse_limits(limited: Account | HeldKey, context: Context) -> None:
    """Raise PermissionDenied when the account may call more than who is shown its key."""
    grants.refuse_limits(
        context.identity,
        limited.rate_limit,
        limited.rate_limits,
        everybodys=context.catalogue.limits,
        scope=ADMIN,
    )


def _shown(held: HeldKey, context: Context) -> Key:
    return Key(**_facts(held, context))


def _facts(held: HeldKey, context: Context) -> dict[str, Any]:
    """The attributes of the key as its callers see it."""
    facts = held._asdict()
    for name in ("role", "account_scopes", "rate_limit", "rate_limits"):
        del facts[name]
    return {**facts, "permitted_actions": context.permitted("keys", held)}
