"""A user's own sections, from files beside which the command is run."""

from pathlib import Path

from tests.gateway.cli.commands import serving


def test_a_section_of_ones_own_is_served_beside_the_shipped_ones(folder: Path) -> None:
    (folder / "halyard.toml").write_text('actions = ["mine"]\n[sections.mine]\nsize = 7\n')
    with serving(cwd=folder) as gateway:
        own = gateway.call("mine/get_size")
        shipped = gateway.call("system/ping")

    assert own["data"] == {"size": 7}
    assert shipped["data"] == {"pong": True}


def test_it_can_have_tables_and_migrations_of_its_own(folder: Path) -> None:
    with serving(cwd=folder, actions="mine, marks") as gateway:
        left = gateway.call("marks/leave", gateway.key)
        counted = gateway.call("marks/count", gateway.key)
        refused = gateway.call("marks/leave")

    assert left["flags"]["creation"] is True
    assert counted["data"] == {"size": 1}
    assert refused["data"]["code"] == "AccessDenied"
    assert (folder / "halyard-data").is_dir()
