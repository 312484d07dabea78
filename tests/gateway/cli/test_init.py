"""`halyard init` and `halyard migrate`: a database is set up once, its schema kept up to date."""

import sqlite3
from contextlib import closing
from pathlib import Path

from gateway.access.keys import parse_key
from tests.gateway.cli.commands import halyard


def test_init_prints_the_key_alone_and_only_once(tmp_path: Path) -> None:
    first = halyard("init", "--data", "kept", cwd=tmp_path)
    second = halyard("init", "--data", "kept", cwd=tmp_path)
    with closing(sqlite3.connect(tmp_path / "kept" / "halyard.db")) as database:
        kept = database.execute("SELECT id, secret_hash FROM keys").fetchall()
    key = parse_key(first.stdout.removesuffix("\n"))

    assert (first.returncode, first.stderr) == (0, "")
    assert key is not None
    assert kept == [(key.id, key.secret_hash)]
    assert (second.returncode, second.stdout) == (2, "")
    assert second.stderr == (
        "This database is set up already; its first key was shown when that was done.\n"
    )


def test_migrate_tells_what_it_changed(folder: Path) -> None:
    shipped = halyard("migrate", cwd=folder)
    more = halyard("migrate", "--actions", "marks", cwd=folder)

    assert (shipped.returncode, shipped.stdout) == (0, "Migrated: gateway, halyard.\n")
    assert (more.returncode, more.stdout) == (0, "Migrated: marks.\n")
