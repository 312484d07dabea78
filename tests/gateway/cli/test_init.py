"""`halyard init` and `halyard migrate`: a database is set up once, its schema kept up to date."""

from pathlib import Path

from tests.gateway.cli.commands import KEY, halyard, serving

ALREADY = "This database is set up already; its first key was shown when that was done.\n"


def test_init_prints_the_key_alone_and_only_once(tmp_path: Path) -> None:
    first = halyard("init", "--data", "kept", cwd=tmp_path)
    second = halyard("init", "--data", "kept", cwd=tmp_path)
    with serving("--data", "kept", cwd=tmp_path) as gateway:
        answer = gateway.call("system/whoami", first.stdout.strip())

    assert (first.returncode, first.stderr) == (0, "")
    assert KEY.fullmatch(first.stdout.removesuffix("\n"))
    assert (second.returncode, second.stdout, second.stderr) == (2, "", ALREADY)
    assert gateway.said == f"Halyard listens on {gateway.url}\n"
    assert answer["data"]["role"] == "owner"


def test_migrate_tells_what_it_changed(folder: Path) -> None:
    first = halyard("migrate", cwd=folder)
    second = halyard("migrate", cwd=folder)
    more = halyard("migrate", "--actions", "marks", cwd=folder)

    assert [each.returncode for each in (first, second, more)] == [0, 0, 0]
    assert first.stdout == "Migrated: gateway, halyard.\n"
    assert second.stdout == "Nothing to migrate.\n"
    assert more.stdout == "Migrated: marks.\n"


def test_the_version_is_told(tmp_path: Path) -> None:
    told = halyard("--version", cwd=tmp_path)

    assert told.returncode == 0
    assert told.stdout.strip().endswith("0.1.0")
