"""The audit trail, to be read and nothing else."""

from gateway import CursorPage, Cursors, Filter, ListAction, Section
from gateway.access.audit import rows
from gateway.access.audit.rows import AuditRow
from gateway.context import Context
from schemas.audit import AuditList, AuditListShape, AuditRecord, AuditRecordShape
from schemas.fields import Id, Moment, Text


class List(ListAction[AuditList, AuditRecord]):
    """List who did what to which object in the workspace, the newest first."""

    scope = "audit:admin"
    takes = AuditListShape()
    gives = AuditRecordShape()
    listing = Cursors(
        filters={
            "action": Filter.text(Text()),
            "account_id": Filter.choice(Id()),
            "object_id": Filter.choice(Text()),
            "outcome": Filter.choice(Text()),
            "at": Filter.ordered(Moment()),
        }
    )
    example = {"filters": {"outcome": "PermissionDenied"}, "per_page": 10}

    async def run(self, params: AuditList, context: Context) -> CursorPage[AuditRecord]:
        found, position = await rows.stretch(
            context.db, context.listing, workspace_id=context.identity.workspace_id
        )
        return CursorPage([_record(row) for row in found], None if position is None else [position])


def _record(row: AuditRow) -> AuditRecord:
    return AuditRecord(**{name: getattr(row, name) for name in AuditRecord._fields})


section = Section("audit", "Who did what, and what was refused", actions=(List,))
