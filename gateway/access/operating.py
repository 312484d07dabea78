"""What whoever operates the database may do without a key: the way back in for lost ones."""

from collections.abc import Callable
from datetime import datetime
from typing import ClassVar, NamedTuple

from gateway.access import accounts, held_keys
from gateway.access.accounts import Account
from gateway.access.audit import rows as audit
from gateway.access.audit.record import rows_in_nobodys_name
from gateway.access.grants import narrowed
from gateway.access.held_keys import HeldKey
from gateway.access.keys import Key
from gateway.access.own_limits import is_limit
from gateway.access.roles import Role, is_scope
from gateway.errors import ActionError, NotFound
from gateway.store.database import Database, Queries, Transaction
from gateway.store.types import moment_text

ACCOUNT_COLUMNS = ("id", "workspace", "role", "scopes", "created", "name")
KEY_COLUMNS = ("id", "account", "state", "last four", "created", "expires", "name")

NAME_MAX = 80


class Unusable(ActionError):
    """What was asked for cannot be done."""

    message = "{problem}"
    wording: ClassVar = {"problem": "There is no account 01a2003c-06ab-73ba-9d3a-9beed55b7919."}


class NewAccount(NamedTuple):
    """`workspace_id` None means the operator's."""

    name: str
    role: Role
    scopes: list[str] | None
    rate_limit: str | None
    workspace_id: str | None


class Operator:
    """Whoever operates `database`. What they write is in the audit trail, in nobody's name.

    `audit_days` is how long such a row is kept.
    """

    def __init__(
        self,
        database: Database,
        *,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
        audit_days: int,
    ) -> None:
        self._database = database
        self._now = now
        self._new_id = new_id
        self._audit_days = audit_days

    async def create_account(self, wanted: NewAccount) -> str:
        """Make an account, and return its id. Raises Unusable."""
        name = _checked_name(wanted.name)
        for each in wanted.scopes or ():
            if not is_scope(each) or not narrowed(wanted.role).covers(each):
                raise Unusable(problem=f"{each!r} is not a scope that the role {wanted.role} has.")
        if wanted.rate_limit is not None and not is_limit(wanted.rate_limit):
            raise Unusable(problem='The rate limit is "off", or calls/seconds such as "100/60".')

        async def create(db: Transaction) -> str:
            workspace_id = wanted.workspace_id or (await _first_owner(db)).workspace_id
            if not await accounts.lock_owners(db, workspace_id):
                raise Unusable(problem=f"There is no workspace {workspace_id}.")
            scopes = None if wanted.scopes is None else sorted(set(wanted.scopes))
            now = self._now()
            account = Account(
                self._new_id(), workspace_id, name, wanted.role.value, scopes, wanted.rate_limit,
                None, None, now, now,
            )  # fmt: skip
            await accounts.add(db, account)
            await self._audit(db, "accounts/create", account.id, workspace_id=workspace_id)
            return account.id

        return await self._database.write(create)

    async def list_accounts(self) -> list[list[str]]:
        """Every account of every workspace, as the texts of its columns."""
        return [
            [
                each.id, each.workspace_id, each.role,
                "all" if each.scopes is None else ",".join(each.scopes),
                moment_text(each.created_at), each.name,
            ]
            for each in await accounts.all_accounts(self._database.reader)
        ]  # fmt: skip

    async def delete_account(self, id: str) -> None:
        """Delete the account with its keys. Raises Unusable, or Conflict for a last owner."""

        async def delete(db: Transaction) -> None:
            workspace_id = (await _account(db, id)).workspace_id
            await accounts.lock_owners(db, workspace_id)
            keys = await accounts.remove(db, await accounts.lock(db, workspace_id, id))
            await self._audit(db, "accounts/delete", id, *keys, workspace_id=workspace_id)

        await self._database.write(delete)

    async def create_key(self, *, account_id: str | None, name: str, environment: str) -> Key:
        """A new key of the account, or of the operator's first owner. Raises Unusable."""
        checked_name = _checked_name(name)

        async def create(db: Transaction) -> Key:
            found = await (_first_owner(db) if account_id is None else _account(db, account_id))
            account = await accounts.hold(db, found.workspace_id, found.id)
            key, _ = await held_keys.issue(
                db, account, environment=environment, name=checked_name, now=self._now()
            )
            await self._audit(db, "keys/create", key.id, workspace_id=account.workspace_id)
            return key

        return await self._database.write(create)

    async def list_keys(self) -> list[list[str]]:
        """Every key of every account, as the texts of its columns."""
        now = self._now()
        return [
            [
                each.id, each.account_id, _state(each, now), each.last_four,
                moment_text(each.created_at),
                "never" if each.expires_at is None else moment_text(each.expires_at), each.name,
            ]
            for each in await held_keys.all_keys(self._database.reader)
        ]  # fmt: skip

    async def revoke_key(self, id: str) -> None:
        """Raises Unusable when there is no such key."""

        async def revoke(db: Transaction) -> None:
            try:
                held = await held_keys.lock_anywhere(db, id if _is_text(id) else "")
            except NotFound:
                raise Unusable(problem="There is no key with this id.") from None
            await held_keys.revoke(db, held, now=self._now())
            account = await accounts.find_anywhere(db, held.account_id)
            await self._audit(db, "keys/revoke", held.id, workspace_id=account.workspace_id)

        await self._database.write(revoke)

    async def _audit(
        self, db: Transaction, action: str, *object_ids: str, workspace_id: str
    ) -> None:
        """Leave a row about each object, as the action of that name would."""
        done = rows_in_nobodys_name(
            action, object_ids, workspace_id=workspace_id, at=self._now(), new_id=self._new_id,
            days=self._audit_days,
        )  # fmt: skip
        await audit.add(db, done)


def _state(held: HeldKey, now: datetime) -> str:
    if held.revoked_at is not None:
        return "revoked"
    return "expired" if held.is_over(now) else "good"


def _checked_name(name: str) -> str:
    trimmed = name.strip()
    if not 1 <= len(trimmed) <= NAME_MAX or not _is_text(trimmed):
        raise Unusable(problem=f"A name has 1 to {NAME_MAX} characters.")
    return trimmed


def _is_text(text: str) -> bool:
    """Whether databases take it; a command line may hold bytes that are no text."""
    return not any(each == "\0" or "\ud800" <= each <= "\udfff" for each in text)


async def _account(db: Queries, id: str) -> Account:
    try:
        return await accounts.find_anywhere(db, id)
    except NotFound:
        raise Unusable(problem=f"There is no account {id}.") from None


async def _first_owner(db: Queries) -> Account:
    try:
        return await accounts.first_owner(db)
    except NotFound:
        problem = "This database has no owner yet: run `halyard init` or `halyard serve` first."
        raise Unusable(problem=problem) from None
