"""Telling every gateway over a database that a key, an account or a workspace has changed."""

from gateway.store.database import Transaction

CHANNEL = "halyard_access"
"""Where the ids of keys, accounts and workspaces are told that look different from now on."""


async def announce(db: Transaction, id: str) -> None:
    """Once this is committed, have every gateway forget what it remembers of `id`."""
    await db.notify(CHANNEL, id)
