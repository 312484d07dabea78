"""Workspaces: the caller's own, and for the operator's owners all of them."""

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
from gateway.access import grants
from gateway.access import workspaces as kept
from gateway.access.faults import PermissionDenied
from gateway.access.roles import Reserved
from gateway.access.workspaces import Workspace as Row
from gateway.action import Asking
from schemas.fields import Flag, Moment, Text
from schemas.workspaces import (
    MadeWorkspace,
    MadeWorkspaceShape,
    NewWorkspace,
    NewWorkspaceShape,
    Nothing,
    NothingShape,
    Owner,
    Workspace,
    WorkspaceReference,
    WorkspaceReferenceShape,
    WorkspaceShape,
    WorkspaceUpdate,
    WorkspaceUpdateShape,
)

ADMIN = "workspaces:admin"
_EXAMPLE_ID = "01a2003c-06ab-73ba-9d3a-9beed55b7919"


class Get(Action[Nothing, Workspace]):
    """Show the caller's own workspace."""

    scope = "workspaces:read"
    takes = NothingShape()
    gives = WorkspaceShape()
    works_on = "workspaces"

    def suits(self, subject: Row, asking: Asking) -> bool:
        return subject.id == asking.caller.workspace_id

    async def run(self, params: Nothing, context: Context) -> Workspace:
        row = await kept.find(context.db, context.identity.workspace_id)
        return _shown(row, context)


class Update(Action[WorkspaceUpdate, Workspace]):
    """Change what is sent of the caller's own workspace, and nothing else; for its owners."""

    scope = ADMIN
    reserved = Reserved.OWNERS
    takes = WorkspaceUpdateShape()
    gives = WorkspaceShape()
    effect = Effect.MODIFIES
    works_on = "workspaces"
    audited = True
    example: ClassVar = {"name": "Main", "timezone": "Europe/Berlin"}

    def suits(self, subject: Row, asking: Asking) -> bool:
        return subject.id == asking.caller.workspace_id

    async def run(self, params: WorkspaceUpdate, context: Context) -> Workspace:
        row = await kept.lock(context.db, context.identity.workspace_id)
        changed = row._replace(**params.changes())
        await kept.replace(context.db, changed)
        context.after_commit(lambda: context.shared.forget(row.id))
        return _shown(changed, context)


class Create(Action[NewWorkspace, MadeWorkspace]):
    """Make a workspace with an owner and a first key, which is shown once; for the operator."""

    scope = ADMIN
    reserved = Reserved.OPERATORS
    takes = NewWorkspaceShape()
    gives = MadeWorkspaceShape()
    raises = (PermissionDenied,)
    effect = Effect.CREATES
    audited = True
    example: ClassVar = {"name": "Next door", "timezone": "Asia/Tokyo"}

    async def run(self, params: NewWorkspace, context: Context) -> MadeWorkspace:
        if params.rate_limit is not None:
            grants.refuse_limits(
                context.identity, params.rate_limit, None,
                everybodys=context.catalogue.limits, scope=ADMIN,
            )  # fmt: skip
        founded = await kept.found(
            context.db,
            name=params.name,
            timezone=params.timezone,
            environment=context.settings.environment,
            now=context.now,
            new_id=context.new_id,
            rate_limit=params.rate_limit,
        )
        context.audit_beside(*founded.ids, workspace_id=founded.workspace.id)
        owner = founded.owner
        return MadeWorkspace(
            **_facts(founded.workspace, context),
            account=Owner(owner.id, owner.name, owner.role, owner.rate_limit),
            key=founded.key.text,
        )


class List(ListAction[Nothing, Workspace]):
    """List every workspace of this gateway; for the operator."""

    scope = "workspaces:read"
    reserved = Reserved.OPERATORS
    takes = NothingShape()
    gives = WorkspaceShape()
    listing = Pages(
        sortable=("created_at", "name", "timezone"),
        filters={
            "name": Filter.text(Text()),
            "timezone": Filter.text(Text()),
            "suspended": Filter.choice(Flag()),
            "created_at": Filter.ordered(Moment()),
        },
    )
    example: ClassVar = {"sort_by": "name", "filters": {"suspended": False}}

    async def run(self, params: Nothing, context: Context) -> Page[Workspace]:
        found, total = await kept.page(context.db, context.listing)
        return Page([_shown(each, context) for each in found], total)


class Suspend(Action[WorkspaceReference, Workspace]):
    """Have every key of a workspace refused until it is resumed; for the operator."""

    scope = ADMIN
    reserved = Reserved.OPERATORS
    takes = WorkspaceReferenceShape()
    gives = WorkspaceShape()
    raises = (NotFound, Conflict)
    effect = Effect.MODIFIES
    audited = True
    example: ClassVar = {"id": _EXAMPLE_ID}

    def suits(self, subject: Row, asking: Asking) -> bool:
        return not subject.is_operator and subject.suspended_at is None

    async def run(self, params: WorkspaceReference, context: Context) -> Workspace:
        before = await kept.lock(context.db, params.id)
        row = await kept.suspend(context.db, before, now=context.now)
        return _done(before, row, context)


class Resume(Action[WorkspaceReference, Workspace]):
    """Let a suspended workspace work again; for the operator."""

    scope = ADMIN
    reserved = Reserved.OPERATORS
    takes = WorkspaceReferenceShape()
    gives = WorkspaceShape()
    raises = (NotFound,)
    effect = Effect.MODIFIES
    audited = True
    example: ClassVar = {"id": _EXAMPLE_ID}

    def suits(self, subject: Row, asking: Asking) -> bool:
        return subject.suspended_at is not None

    async def run(self, params: WorkspaceReference, context: Context) -> Workspace:
        before = await kept.lock(context.db, params.id)
        row = await kept.resume(context.db, before)
        return _done(before, row, context)


def _done(before: Row, row: Row, context: Context) -> Workspace:
    """What was done to a workspace is told in its own trail too, beside the operator's."""
    if row == before:
        context.unchanged()
    if row.id != context.identity.workspace_id:
        context.audit_beside(row.id, workspace_id=row.id)
    context.after_commit(lambda: context.shared.forget(row.id))
    return _shown(row, context)


def _shown(row: Row, context: Context) -> Workspace:
    return Workspace(**_facts(row, context))


def _facts(row: Row, context: Context) -> dict[str, Any]:
    """The attributes of the workspace as its callers see it."""
    facts = row._asdict()
    del facts["is_operator"]
    return {**facts, "permitted_actions": context.permitted("workspaces", row)}


section = Section(
    "workspaces",
    "Workspaces: the caller's own, and for the operator all of them",
    actions=(Get, Update, Create, List, Suspend, Resume),
)
