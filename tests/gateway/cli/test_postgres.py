"""The commands over a PostgreSQL database."""

from pathlib import Path

from tests.gateway.cli.commands import KEY, halyard, serving


def test_serve_says_what_to_run_on_a_database_without_a_schema(
    tmp_path: Path, address: str
) -> None:
    done = halyard("serve", "--database", address, cwd=tmp_path)

    assert done.returncode == 2
    assert "halyard init" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_init_sets_a_database_up_and_serve_serves_it(tmp_path: Path, address: str) -> None:
    made = halyard("init", "--database", address, cwd=tmp_path)
    again = halyard("init", "--database", address, cwd=tmp_path)
    with serving("--database", address, cwd=tmp_path) as gateway:
        answer = gateway.call("system/whoami", made.stdout.strip())
        code = gateway.stop()

    assert KEY.fullmatch(made.stdout.strip())
    assert again.returncode == 2
    assert KEY.findall(gateway.said) == []
    assert answer["data"]["role"] == "owner"
    assert code == 0
