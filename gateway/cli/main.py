"""The commands: serve, init, migrate."""

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Collection, Coroutine
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from gateway.cli.host import Factory, Host
from gateway.cli.serve import serve
from gateway.logs import StdlibHandler, make_log
from gateway.registry import RegistrationError
from gateway.settings import Settings, SettingsError, load_settings, told_settings
from gateway.store.database import DatabaseError

T = TypeVar("T")
Command = Callable[..., Any]

UNUSABLE = 2
"""The exit code when settings, folder, database or port cannot be used."""


def make_cli(factory: Factory) -> click.Group:
    """The command line over whatever gateways `factory` makes."""

    @click.group()
    @click.version_option(package_name="halyard")
    def halyard() -> None:
        """Halyard: an RPC-style action gateway."""

    @halyard.command("serve")
    @_options(told_settings())
    def _serve(config: Path | None, **options: Any) -> None:
        """Serve the API over HTTP. An empty data folder is set up first, and its key shown once."""
        settings, host = _prepare(factory, config, options)
        _run(serve(host, settings))

    @halyard.command("init")
    @_options(_OF_A_DATABASE)
    def _init(config: Path | None, **options: Any) -> None:
        """Set up an empty database, and print its first key alone on stdout."""
        _, host = _prepare(factory, config, options)
        key = _run(_found(host))
        if key is None:
            _fail("This database is set up already; its first key was shown when that was done.")
        click.echo(key)

    @halyard.command("migrate")
    @_options(_OF_A_DATABASE)
    def _migrate(config: Path | None, **options: Any) -> None:
        """Bring the database's schema to where this program expects it."""
        _, host = _prepare(factory, config, options)
        changed = _run(host.migrate())
        click.echo(f"Migrated: {', '.join(changed)}." if changed else "Nothing to migrate.")

    return halyard


_OF_A_DATABASE = ("actions", "data", "database")


def _options(names: Collection[str]) -> Callable[[Command], Command]:
    """An option for each of these settings, and one for the file that holds them."""

    def add(command: Command) -> Command:
        for name in sorted(names, reverse=True):
            flag = f"--{name.replace('_', '-')}"
            command = click.option(flag, name, help=told_settings()[name])(command)
        file = click.Path(path_type=Path)
        return click.option("--config", type=file, help="Settings file (halyard.toml).")(command)

    return add


def _prepare(
    factory: Factory, config: Path | None, options: dict[str, Any]
) -> tuple[Settings, Host]:
    try:
        settings = load_settings(options=options, environ=os.environ, config=config)
        log = make_log(settings, sys.stdout)
        # What libraries say goes where everything goes, and by the same rules.
        logging.getLogger().addHandler(StdlibHandler(log))
        return settings, factory(settings, log)
    except (SettingsError, RegistrationError) as fault:
        _fail(str(fault))


async def _found(host: Host) -> str | None:
    await host.migrate()
    await host.open()
    try:
        key = await host.found()
    finally:
        await host.close()
    return None if key is None else key.text


def _run(work: Coroutine[Any, Any, T]) -> T:
    try:
        return _runner()(work)
    except (DatabaseError, SettingsError, RegistrationError) as fault:
        _fail(str(fault))


def _runner() -> Callable[[Coroutine[Any, Any, T]], T]:
    """Uvloop where there is one: the same work in three quarters of the time."""
    try:
        import uvloop  # not on every platform
    except ImportError:
        return asyncio.run
    return uvloop.run


def _fail(sentence: str) -> NoReturn:
    click.echo(sentence, err=True)
    sys.exit(UNUSABLE)
