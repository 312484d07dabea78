"""What whoever operates the database may do without a key: the way back in for lost ones."""

from collections.abc import Callable
from datetime import datetime
from typing import ClassVar, NamedTuple

from gateway.access import accounts, held_keys
from gateway.access.accounts import Account
from gateway.access.grants import narrowed
from gateway.access.held_keys import HeldKey
from gateway.access.keys import Key
from gateway.access.limits import is_limit
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


async def create_account(
    database: Database, wanted: NewAccount, *, now: datetime, new_id: Callable[[], str]
) -> str:
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
        account = Account(
            new_id(), workspace_id, name, wanted.role.value, scopes, wanted.rate_limit, None, None,
            now, now,
        )  # fmt: skip
        await accounts.add(db, account)
        return account.id

    return await database.write(create)


async def list_accounts(database: Database) -> list[list[str]]:
    """Every account of every workspace, as the texts of its columns."""
    return [
        [
            each.id, each.workspace_id, each.role,
            "all" if each.scopes is None else ",".join(each.scopes),
            moment_text(each.created_at), each.name,
        ]
        for each in await accounts.all_accounts(database.reader)
    ]  # fmt: skip


async def delete_account(database: Database, id: str) -> None:
    """Delete the account with its keys. Raises Unusable, or Conflict for a last owner."""

    async def delete(db: Transaction) -> None:
        account = await _account(db, id)
        await accounts.lock_owners(db, account.workspace_id)
        await accounts.remove(db, await accounts.lock(db, account.workspace_id, id))

    await database.write(delete)


async def create_key(
    database: Database, *, account_id: str | None, name: str, environment: str, now: datetime
) -> Key:
    """A new key of the account, or of the operator's first owner. Raises Unusable."""
    checked_name = _checked_name(name)

    async def create(db: Transaction) -> Key:
        found = await (_first_owner(db) if account_id is None else _account(db, account_id))
        account = await accounts.hold(db, found.workspace_id, found.id)
        key, _ = await held_keys.issue(
            db, account, environment=environment, name=checked_name, now=now
        )
        return key

    return await database.write(create)


async def list_keys(database: Database, *, now: datetime) -> list[list[str]]:
    """Every key of every account, as the texts of its columns."""
    return [
        [
            each.id, each.account_id, _state(each, now), each.last_four,
            moment_text(each.created_at),
            "never" if each.expires_at is None else moment_text(each.expires_at), each.name,
        ]
        for each in await held_keys.all_keys(database.reader)
    ]  # fmt: skip


async def revoke_key(database: Database, id: str, *, now: datetime) -> None:
    """Raises Unusable when there is no such key."""

    async def revoke(db: Transaction) -> None:
        try:
            held = await held_keys.lock_anywhere(db, id if _is_text(id) else "")
        except NotFound:
            raise Unusable(problem="There is no key with this id.") from None
        await held_keys.revoke(db, held, now=now)

    await database.write(revoke)


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
