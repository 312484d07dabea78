"""The commands: serve, init, migrate, accounts, keys."""

from pathlib import Path
from typing import Any

import click

from gateway.cli.access import accounts_group, keys_group
from gateway.cli.host import Factory, Host
from gateway.cli.running import OF_A_DATABASE, fail, prepare, run, setting_options
from gateway.cli.serve import serve
from gateway.settings import told_settings


def make_cli(factory: Factory) -> click.Group:
    """The command line over whatever gateways `factory` makes."""

    @click.group()
    @click.version_option(package_name="halyard")
    def halyard() -> None:
        """Halyard: an RPC-style action gateway."""

    @halyard.command("serve")
    @setting_options(told_settings())
    def _serve(config: Path | None, **options: Any) -> None:
        """Serve the API over HTTP. An empty data folder is set up first, and its key shown once."""
        settings, host = prepare(factory, config, options)
        run(serve(host, settings))

    @halyard.command("init")
    @setting_options(OF_A_DATABASE)
    def _init(config: Path | None, **options: Any) -> None:
        """Set up an empty database, and print its first key alone on stdout."""
        _, host = prepare(factory, config, options)
        key = run(_found(host))
        if key is None:
            fail("This database is set up already; its first key was shown when that was done.")
        click.echo(key)

    @halyard.command("migrate")
    @setting_options(OF_A_DATABASE)
    def _migrate(config: Path | None, **options: Any) -> None:
        """Bring the database's schema to where this program expects it."""
        _, host = prepare(factory, config, options)
        changed = run(host.migrate())
        click.echo(f"Migrated: {', '.join(changed)}." if changed else "Nothing to migrate.")

    halyard.add_command(accounts_group(factory))
    halyard.add_command(keys_group(factory))
    return halyard


async def _found(host: Host) -> str | None:
    await host.migrate()
    await host.open()
    try:
        key = await host.found()
    finally:
        await host.close()
    return None if key is None else key.text
