"""A user's own sections, from files beside which the command is run."""

import json
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


def test_what_a_library_says_is_in_the_gateways_own_log(folder: Path) -> None:
    (folder / "mine.py").write_text(
        (folder / "mine.py")
        .read_text()
        .replace("return settings", 'logging.getLogger("tides").error("low")\n    return settings')
        .replace("from typing", "import logging\nfrom typing", 1)
    )
    with (
        (folder / "log").open("w") as log,
        serving(cwd=folder, actions="mine", stdout=log.fileno()) as gateway,
    ):
        gateway.stop()

    (line,) = map(json.loads, (folder / "log").read_text().splitlines())
    assert (line["event"], line["logger"], line["said"]) == ("library.spoke", "tides", "low")
