"""`halyard accounts` and `halyard keys`: for the operator of the database, who needs no key."""

from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import click

from gateway.access.operating import ACCOUNT_COLUMNS, KEY_COLUMNS, NewAccount, Operator
from gateway.access.roles import Role
from gateway.cli.host import Factory
from gateway.cli.running import OF_A_DATABASE, prepare, run, setting_options
from gateway.settings import Settings

T = TypeVar("T")

OF_NEW_KEYS = (*OF_A_DATABASE, "environment")


def accounts_group(factory: Factory) -> click.Group:
    """The commands that make, list and delete accounts."""

    @click.group("accounts")
    def accounts() -> None:
        """Service accounts of a database, for whoever operates it."""

    _add_create_account(accounts, factory)

    @accounts.command("list")
    @setting_options(OF_A_DATABASE)
    def _list(config: Path | None, **options: Any) -> None:
        """List every account of every workspace, one on a line."""

        async def listed(operator: Operator, _: Settings) -> list[list[str]]:
            return await operator.list_accounts()

        _print_table(ACCOUNT_COLUMNS, _with_database(factory, config, options, listed))

    @accounts.command("delete")
    @click.argument("id", type=click.UUID)
    @setting_options(OF_A_DATABASE)
    def _delete(config: Path | None, *, id: UUID, **options: Any) -> None:
        """Delete an account with its keys."""

        async def delete(operator: Operator, _: Settings) -> None:
            await operator.delete_account(str(id))

        _with_database(factory, config, options, delete)

    return accounts


def keys_group(factory: Factory) -> click.Group:
    """The commands that make, list and revoke keys."""

    @click.group("keys")
    def keys() -> None:
        """API keys of a database, for whoever operates it."""

    _add_create_key(keys, factory)

    @keys.command("list")
    @setting_options(OF_A_DATABASE)
    def _list(config: Path | None, **options: Any) -> None:
        """List every key of every account, one on a line; the keys themselves are not kept."""

        async def listed(operator: Operator, _: Settings) -> list[list[str]]:
            return await operator.list_keys()

        _print_table(KEY_COLUMNS, _with_database(factory, config, options, listed))

    @keys.command("revoke")
    @click.argument("id")
    @setting_options(OF_A_DATABASE)
    def _revoke(config: Path | None, *, id: str, **options: Any) -> None:
        """Revoke a key by its id, the first 12 characters after `hal_live_`."""

        async def revoke(operator: Operator, _: Settings) -> None:
            await operator.revoke_key(id)

        _with_database(factory, config, options, revoke)

    return keys


def _add_create_account(accounts: click.Group, factory: Factory) -> None:
    @accounts.command("create")
    @click.option("--name", required=True, help="What people call it, 1 to 80 characters.")
    @click.option("--role", required=True, type=click.Choice([each.value for each in Role]))
    @click.option("--scopes", help="Scopes that narrow the role, separated by commas.")
    @click.option("--rate-limit", help="calls/seconds, or off.")
    @click.option("--workspace", type=click.UUID, help="Its workspace (the operator's).")
    @setting_options(OF_A_DATABASE)
    def _create(
        config: Path | None,
        *,
        name: str,
        role: str,
        scopes: str | None,
        rate_limit: str | None,
        workspace: UUID | None,
        **options: Any,
    ) -> None:
        """Make an account, and print its id alone on stdout."""
        listed = None if scopes is None else [each.strip() for each in scopes.split(",")]
        wanted = NewAccount(name, Role(role), listed, rate_limit, _text(workspace))

        async def create(operator: Operator, _: Settings) -> str:
            return await operator.create_account(wanted)

        click.echo(_with_database(factory, config, options, create))


def _add_create_key(keys: click.Group, factory: Factory) -> None:
    @keys.command("create")
    @click.option("--account", type=click.UUID, help="Whose key (the operator's first owner's).")
    @click.option("--name", default="Made by the operator", help="1 to 80 characters.")
    @setting_options(OF_NEW_KEYS)
    def _create(config: Path | None, *, account: UUID | None, name: str, **options: Any) -> None:
        """Make a key, and print it alone on stdout."""

        async def create(operator: Operator, settings: Settings) -> str:
            key = await operator.create_key(
                account_id=_text(account), name=name, environment=settings.environment
            )
            return key.text

        click.echo(_with_database(factory, config, options, create))


def _with_database(
    factory: Factory,
    config: Path | None,
    options: dict[str, Any],
    work: Callable[[Operator, Settings], Awaitable[T]],
) -> T:
    """What the work over the database comes to; the sections are not started for it."""
    settings, host = prepare(factory, config, options)

    async def opened() -> T:
        await host.open_database()
        try:
            operator = Operator(
                host.database, now=host.now, new_id=host.new_id, audit_days=settings.audit_days
            )
            return await work(operator, settings)
        finally:
            await host.close()

    return run(opened())


def _text(id: UUID | None) -> str | None:
    return None if id is None else str(id)


def _print_table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    for row in (columns, *rows):
        click.echo("\t".join(map(_printable, row)))


def _printable(text: str) -> str:
    """A name may hold anything; a terminal is not to obey it."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)
