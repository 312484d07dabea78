"""What every command needs: options for settings, a gateway made from them, a way to fail."""

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Collection, Coroutine
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from gateway.cli.host import Factory, Host
from gateway.errors import ActionError
from gateway.logs import StdlibHandler, make_log
from gateway.registry import RegistrationError
from gateway.settings import Settings, SettingsError, load_settings, told_settings
from gateway.store.database import DatabaseError

T = TypeVar("T")
Command = Callable[..., Any]

UNUSABLE = 2
"""The exit code when settings, folder, database or port cannot be used, or a wish not be met."""

OF_A_DATABASE = ("actions", "data", "database")


def setting_options(names: Collection[str]) -> Callable[[Command], Command]:
    """An option for each of these settings, and one for the file that holds them."""

    def add(command: Command) -> Command:
        for name in sorted(names, reverse=True):
            flag = f"--{name.replace('_', '-')}"
            command = click.option(flag, name, help=told_settings()[name])(command)
        file = click.Path(path_type=Path)
        return click.option("--config", type=file, help="Settings file (halyard.toml).")(command)

    return add


def prepare(
    factory: Factory, config: Path | None, options: dict[str, Any]
) -> tuple[Settings, Host]:
    """The settings, and a gateway that is made of them and not opened yet."""
    try:
        settings = load_settings(options=options, environ=os.environ, config=config)
        log = make_log(settings, sys.stdout)
        # What libraries say goes where everything goes, and by the same rules.
        logging.getLogger().addHandler(StdlibHandler(log))
        return settings, factory(settings, log)
    except (SettingsError, RegistrationError) as fault:
        fail(str(fault))


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run the work of a command to its end, or fail with a sentence."""
    try:
        return _runner()(work)
    except (ActionError, DatabaseError, SettingsError, RegistrationError) as fault:
        fail(str(fault))


def fail(sentence: str) -> NoReturn:
    click.echo(sentence, err=True)
    sys.exit(UNUSABLE)


def _runner() -> Callable[[Coroutine[Any, Any, T]], T]:
    """Uvloop where there is one: the same work in three quarters of the time."""
    try:
        import uvloop  # not on every platform
    except ImportError:
        return asyncio.run
    return uvloop.run
