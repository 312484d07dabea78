"""`halyard serve`: from settings to a gateway that listens, until it is told to stop."""

import asyncio
import contextlib
import gc
import signal

import click

from gateway.access.keys import Key
from gateway.cli.host import Host
from gateway.settings import Settings, SettingsError

COLLECTED_AT = 25_000
"""Objects that must have come to be, and stayed, before the collector looks for cycles."""


async def serve(host: Host, settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, then drain.

    Raises DatabaseError when the database cannot be used, SettingsError when the address cannot.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        await _start(host, settings)
        await stop.wait()
    finally:
        await host.close()


async def _start(host: Host, settings: Settings) -> None:
    # On SQLite the program owns the file; a server may be shared with programs of another version.
    if settings.database is None:
        await host.migrate()
    await host.open()
    try:
        port = await host.listen()
    except OSError as fault:
        raise SettingsError(
            f"Cannot listen on {settings.host}, port {settings.port}: {_reason(fault)}."
        ) from None
    # What is here now stays; the collector need not look through it again and again.
    gc.collect()
    gc.freeze()
    # By default it runs for every 700 objects, which is every turn with 64 calls under way: 5 to
    # 8 % of their time, for the few cycles that errors leave.
    gc.set_threshold(COLLECTED_AT)
    address = f"http://{settings.host}:{port}"
    key = await host.found() if settings.database is None else None
    with contextlib.suppress(OSError):  # nobody may be reading
        click.echo(_welcome(address, key), err=True)


def _reason(fault: OSError) -> str:
    text = (fault.strerror or str(fault)).lower()
    return "the port is in use" if "in use" in text else text


def _welcome(address: str, key: Key | None) -> str:
    lines = [f"Halyard listens on {address}"]
    if key is not None:
        url = f"{address}/api/v1/system/whoami"
        lines += [
            "",
            "Your first key, shown this once:",
            f"  {key.text}",
            "Try it:",
            f"  curl -s -X POST -H 'Authorization: Bearer {key.text}' {url}",
        ]
    return "\n".join(lines)
