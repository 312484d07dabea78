"""`halyard accounts` and `halyard keys`: the way back in for whoever operates the database."""

from pathlib import Path

import pytest

from gateway.access.keys import parse_key
from tests.gateway.cli.commands import KEY, halyard, serving

NOBODY = "01a2003c-06ab-73ba-9d3a-9beed55b7919"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    """The options of a database that was just set up."""
    options = ["--data", "kept"]
    if request.param == "postgresql":
        options = ["--database", request.getfixturevalue("address")]
    assert halyard("init", *options, cwd=tmp_path).returncode == 0
    return options


def rows(text: str) -> list[list[str]]:
    return [line.split("\t") for line in text.splitlines()]


def test_a_new_key_of_the_owner_is_printed_alone_and_works(
    tmp_path: Path, database: list[str]
) -> None:
    made = halyard("keys", "create", *database, cwd=tmp_path)
    with serving(*database, cwd=tmp_path) as gateway:
        caller = gateway.call("system/whoami", made.stdout.strip())
        revoked = halyard("keys", "revoke", caller["data"]["key_id"], *database, cwd=tmp_path)
        after = gateway.call("system/whoami", made.stdout.strip())
    listed = halyard("keys", "list", *database, cwd=tmp_path)

    assert (made.returncode, made.stderr) == (0, "")
    assert KEY.fullmatch(made.stdout.removesuffix("\n"))
    assert (caller["data"]["role"], caller["data"]["account_name"]) == ("owner", "Owner")
    assert (revoked.returncode, revoked.stdout) == (0, "")
    # The command took longer than the half second for which a gateway remembers.
    assert after["data"]["code"] == "InvalidAPIKey"
    assert KEY.search(listed.stdout) is None
    header, *keys = rows(listed.stdout)
    assert header == ["id", "account", "state", "last four", "created", "expires", "name"]
    assert [(key[2], key[5], key[6]) for key in keys] == [
        ("good", "never", "First key"),
        ("revoked", "never", "Made by the operator"),
    ]


def test_accounts_are_made_listed_and_deleted(tmp_path: Path, database: list[str]) -> None:
    wanted = ["--name", " Dash\tboard ", "--role", "viewer", "--scopes", "system:read"]
    made = halyard("accounts", "create", *wanted, *database, cwd=tmp_path)
    id = made.stdout.strip()
    key = halyard("keys", "create", "--account", id, *database, cwd=tmp_path)
    listed = halyard("accounts", "list", *database, cwd=tmp_path)
    deleted = halyard("accounts", "delete", id, *database, cwd=tmp_path)
    left = halyard("accounts", "list", *database, cwd=tmp_path)
    keys = halyard("keys", "list", *database, cwd=tmp_path)

    made_key = parse_key(key.stdout.strip())
    assert made_key is not None
    facts = {row[0]: (row[2], row[3], row[5]) for row in rows(listed.stdout)[1:]}
    # A tab in a name is not one in the table.
    assert facts[id] == ("viewer", "system:read", "Dash\N{REPLACEMENT CHARACTER}board")
    assert (deleted.returncode, deleted.stdout) == (0, "")
    assert id not in left.stdout
    assert made_key.id not in keys.stdout


def test_what_the_operator_does_is_in_the_audit_trail(tmp_path: Path, database: list[str]) -> None:
    wanted = ["--name", "Dashboard", "--role", "viewer"]
    id = halyard("accounts", "create", *wanted, *database, cwd=tmp_path).stdout.strip()
    made = halyard("keys", "create", "--account", id, *database, cwd=tmp_path).stdout.strip()
    key = parse_key(made)
    assert key is not None
    halyard("keys", "revoke", key.id, *database, cwd=tmp_path)
    halyard("accounts", "delete", id, *database, cwd=tmp_path)
    own = halyard("keys", "create", *database, cwd=tmp_path).stdout.strip()
    with serving(*database, cwd=tmp_path) as gateway:
        trail = gateway.call("audit/list", own)["data"]
        first_workspace = gateway.call("workspaces/get", own)["data"]["id"]

    own_key = parse_key(own)
    assert own_key is not None
    told = [(each["action"], each["object_id"]) for each in reversed(trail)]
    assert [action for action, _ in told[:3]] == ["workspaces/create"] * 3
    assert first_workspace in {object_id for _, object_id in told[:3]}
    assert told[3:6] == [
        ("accounts/create", id),
        ("keys/create", key.id),
        ("keys/revoke", key.id),
    ]
    # With the account went its key.
    assert set(told[6:8]) == {("accounts/delete", id), ("accounts/delete", key.id)}
    assert told[8:] == [("keys/create", own_key.id)]
    nobody = {(each["account_id"], each["key_id"], each["address"]) for each in trail}
    assert nobody == {(None, None, None)}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["keys", "revoke", "nothing"], "There is no key with this id."),
        (["keys", "revoke", "\udcff"], "There is no key with this id."),
        (["keys", "create", "--name", "\udcff"], "A name has 1 to 80 characters."),
        (["keys", "create", "--account", NOBODY], f"There is no account {NOBODY}."),
        (["keys", "create", "--name", " "], "A name has 1 to 80 characters."),
        (["accounts", "delete", NOBODY], f"There is no account {NOBODY}."),
        (
            ["accounts", "create", "--name", "A", "--role", "viewer", "--scopes", "a:write"],
            "'a:write' is not a scope that the role viewer has.",
        ),
        (
            ["accounts", "create", "--name", "A", "--role", "viewer", "--rate-limit", "9"],
            'The rate limit is "off", or calls/seconds such as "100/60".',
        ),
        (
            ["accounts", "create", "--name", "A", "--role", "viewer", "--workspace", NOBODY],
            f"There is no workspace {NOBODY}.",
        ),
    ],
)
def test_what_cannot_be_done_is_told_in_one_sentence(
    tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    halyard("init", cwd=tmp_path)

    done = halyard(*arguments, cwd=tmp_path)

    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"{sentence}\n")


def test_the_last_owner_stays(tmp_path: Path, database: list[str]) -> None:
    ((_, *_), (id, *_)) = rows(halyard("accounts", "list", *database, cwd=tmp_path).stdout)

    done = halyard("accounts", "delete", id, *database, cwd=tmp_path)

    assert done.returncode == 2
    assert done.stderr == "A workspace keeps one owner with every scope, and this is the last.\n"


def test_a_database_that_is_none_yet_is_told_so(tmp_path: Path) -> None:
    nowhere = halyard("keys", "create", "--data", "nowhere", cwd=tmp_path)
    halyard("migrate", "--data", "empty", cwd=tmp_path)
    empty = halyard("keys", "create", "--data", "empty", cwd=tmp_path)

    assert (nowhere.returncode, empty.returncode) == (2, 2)
    assert len(nowhere.stderr.splitlines()) == 1
    assert empty.stderr == (
        "This database has no owner yet: run `halyard init` or `halyard serve` first.\n"
    )


def test_the_environment_is_part_of_the_key(tmp_path: Path) -> None:
    halyard("init", cwd=tmp_path)

    made = halyard("keys", "create", "--environment", "test", cwd=tmp_path)

    assert made.stdout.startswith("hal_test_")
