"""What all gateways over one database share and nobody else knows."""

from sqlalchemy import bindparam, select

from gateway.store.database import DatabaseError, Queries
from gateway.store.statements import Statement
from gateway.store.tables import secrets

_SECRET = Statement(select(secrets.c.value).where(secrets.c.name == bindparam("name")))


async def secret_named(db: Queries, name: str) -> bytes:
    """The secret's bytes. Raises DatabaseError when somebody removed it."""
    row = await db.first(_SECRET, name=name)
    if row is None:
        raise DatabaseError(f"The database lacks the secret {name}.")
    return bytes.fromhex(row[0])
