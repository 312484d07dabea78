"""Service accounts: who may act in the workspace, and what they may do."""

from typing import Any, ClassVar

from gateway import (
    Action,
    Conflict,
    Context,
    Effect,
    Filter,
    ListAction,
    NotFound,
    Page,
    Pages,
    Section,
)
from gateway.access import accounts as kept
from gateway.access import grants
from gateway.access.accounts import Account as Row
from gateway.access.faults import PermissionDenied
from gateway.access.identity import Identity
from gateway.access.roles import Role
from gateway.action import Asking
from gateway.errors import ParameterError
from schemas.accounts import (
    ROLES,
    Account,
    AccountList,
    AccountListShape,
    AccountReference,
    AccountReferenceShape,
    AccountShape,
    AccountUpdate,
    AccountUpdateShape,
    NewAccount,
    NewAccountShape,
)
from schemas.fields import Choice, Moment, Text

ADMIN = "accounts:admin"
_EXAMPLE_ID = "01a2003c-06ab-73ba-9d3a-9beed55b7919"


class Create(Action[NewAccount, Account]):
    """Make a service account; `keys/create` makes its keys."""

    scope = ADMIN
    takes = NewAccountShape()
    gives = AccountShape()
    raises = (PermissionDenied,)
    effect = Effect.CREATES
    audited = True
    example: ClassVar = {"name": "Dashboard", "role": "viewer", "scopes": ["counters:read"]}

    async def run(self, params: NewAccount, context: Context) -> Account:
        row = Row(
            id=context.new_id(),
            workspace_id=context.identity.workspace_id,
            created_at=context.now,
            updated_at=context.now,
            **params._asdict(),
        )
        _refuse_powers(row, context)
        _refuse_limits(row, context)
        await kept.add(context.db, row)
        return _shown(row, context)


class List(ListAction[AccountList, Account]):
    """List the workspace's accounts."""

    scope = "accounts:read"
    takes = AccountListShape()
    gives = AccountShape()
    listing = Pages(
        sortable=("created_at", "name", "role", "updated_at", "last_used_at"),
        filters={
            "name": Filter.text(Text()),
            "role": Filter.choice(Choice(ROLES)),
            "created_at": Filter.ordered(Moment()),
            "updated_at": Filter.ordered(Moment()),
            "last_used_at": Filter.ordered(Moment()),
        },
    )
    example: ClassVar = {"sort_by": "name", "filters": {"role": "owner"}}

    async def run(self, params: AccountList, context: Context) -> Page[Account]:
        found, total = await kept.page(context.db, context.listing, context.identity.workspace_id)
        return Page([_shown(each, context) for each in found], total)


class Get(Action[AccountReference, Account]):
    """Show one account."""

    scope = "accounts:read"
    takes = AccountReferenceShape()
    gives = AccountShape()
    raises = (NotFound,)
    example: ClassVar = {"id": _EXAMPLE_ID}

    async def run(self, params: AccountReference, context: Context) -> Account:
        row = await kept.find(context.db, context.identity.workspace_id, params.id)
        return _shown(row, context)


class Update(Action[AccountUpdate, Account]):
    """Change what is sent of an account, and nothing else; null clears what is optional."""

    scope = ADMIN
    takes = AccountUpdateShape()
    gives = AccountShape()
    raises = (NotFound, Conflict, PermissionDenied)
    effect = Effect.MODIFIES
    audited = True
    example: ClassVar = {"id": _EXAMPLE_ID, "rate_limit": "600/60"}

    def suits(self, subject: Row, asking: Asking) -> bool:
        return grants.may_touch(asking.caller, Role(subject.role))

    async def run(self, params: AccountUpdate, context: Context) -> Account:
        changes = params.changes()
        if {"role", "scopes"} & changes.keys():
            await kept.lock_owners(context.db, context.identity.workspace_id)
        row = await _locked(params.id, context)
        # Clocks go backwards now and then; an account does not.
        changed = row._replace(**changes, updated_at=max(context.now, row.updated_at))
        if {"role", "scopes"} & changes.keys():
            _refuse_powers(changed, context)
        if {"rate_limit", "rate_limits"} & changes.keys():
            _refuse_limits(changed, context)
        await kept.replace(context.db, row, changed)
        context.after_commit(lambda: context.shared.forget(row.id))
        return _shown(changed, context, caller=_from_now_on(context.identity, changed))


class Delete(Action[AccountReference, Account]):
    """Delete an account with its keys for good, and answer with its last state."""

    scope = ADMIN
    takes = AccountReferenceShape()
    gives = AccountShape()
    raises = (NotFound, Conflict, PermissionDenied)
    effect = Effect.DELETES
    audited = True
    example: ClassVar = {"id": _EXAMPLE_ID}

    def suits(self, subject: Row, asking: Asking) -> bool:
        is_theirs = grants.may_touch(asking.caller, Role(subject.role))
        return is_theirs and not subject.is_last_owner

    async def run(self, params: AccountReference, context: Context) -> Account:
        await kept.lock_owners(context.db, context.identity.workspace_id)
        row = await _locked(params.id, context)
        context.audit_beside(*await kept.remove(context.db, row))
        context.after_commit(lambda: context.shared.forget(row.id))
        return _view(row)


async def _locked(id: str, context: Context) -> Row:
    """The account, if the caller may change it."""
    row = await kept.lock(context.db, context.identity.workspace_id, id)
    context.audit(row.id)  # also when it is refused
    grants.refuse_touching(context.identity, Role(row.role), scope=ADMIN)
    return row


def _refuse_powers(row: Row, context: Context) -> None:
    """Raise unless role and scopes go together, and are the caller's to give."""
    role = Role(row.role)
    whole_role = grants.narrowed(role)
    whose = f"The role {role}"
    grants.refuse_idle(row.scopes, whole_role, whose=whose, known=context.catalogue.scopes)
    wanted = grants.narrowed(role, row.scopes)
    grants.refuse_granting(context.identity, wanted, scope=ADMIN)


def _refuse_limits(row: Row, context: Context) -> None:
    """Raise unless the limits are of actions that exist, and the caller's to give."""
    for path in row.rate_limits or ():
        if path not in context.catalogue.paths:
            sentence = f"There is no action {path}."
            raise ParameterError(f"`rate_limits`: {sentence}", {"rate_limits": [sentence]})
    grants.refuse_limits(
        context.identity, row.rate_limit, row.rate_limits,
        everybodys=context.catalogue.limits, scope=ADMIN,
    )  # fmt: skip


def _from_now_on(caller: Identity, changed: Row) -> Identity:
    """The caller, who may have changed their own account."""
    if changed.id != caller.account_id:
        return caller
    scopes = grants.narrowed(Role(changed.role), changed.scopes, caller.scopes).scopes
    return caller._replace(
        role=Role(changed.role),
        scopes=None if scopes is None else frozenset(scopes),
        rate_limit=changed.rate_limit,
        rate_limits=changed.rate_limits,
    )


def _shown(row: Row, context: Context, *, caller: Identity | None = None) -> Account:
    return _view(row, permitted_actions=context.permitted("accounts", row, caller=caller))


def _view(row: Row, **more: Any) -> Account:
    """The account as its callers see it."""
    facts = row._asdict()
    del facts["workspace_id"], facts["has_other_owner"]
    return Account(**facts, **more)


section = Section(
    "accounts",
    "Service accounts: who may act in the workspace",
    actions=(Create, List, Get, Update, Delete),
)
