"""SQLite finds many counters by their keys: it never goes through a whole workspace for them."""

from typing import Any

import pytest
from sqlalchemy import create_engine

from actions.store import counter_changes
from actions.store import counters as store
from actions.store.tables import metadata
from gateway.store.statements import Statement, dialect_named


def plan(statement: Statement) -> list[str]:
    """What SQLite says that it will do, step by step."""
    compiled = statement.on(dialect_named("sqlite"))
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    raw: Any = engine.raw_connection()
    try:
        unknown = [None] * len(compiled.names)
        return [step[3] for step in raw.execute("EXPLAIN QUERY PLAN " + compiled.sql, unknown)]
    finally:
        raw.close()
        engine.dispose()


AT_ITS_PLACE = "INTEGER PRIMARY KEY (rowid=?)"
BY_REFERENCE = "INDEX counters_external_id (workspace_id=? AND external_id=?)"


@pytest.mark.parametrize(
    ("statement", "way"),
    [
        ("_BY_IDS", AT_ITS_PLACE),
        ("_LOCK_MANY_BY_ID", AT_ITS_PLACE),
        ("_LOCK_MANY_BY_EXTERNAL_ID", BY_REFERENCE),
    ],
)
def test_many_counters_are_found_by_their_keys(statement: str, way: str) -> None:
    steps = plan(getattr(store, statement))

    assert steps[0].startswith("SCAN json_each")
    assert steps[1] == f"SEARCH counters USING {way}"


@pytest.mark.parametrize("statement", ["_BY_ID", "_LOCK_BY_ID", "_BY_IDS", "_LOCK_MANY_BY_ID"])
def test_the_index_of_ids_comes_after_the_place(statement: str) -> None:
    steps = plan(getattr(store, statement))
    looks = [step for step in steps if step.startswith("SEARCH")]

    assert looks == [
        f"SEARCH counters USING {AT_ITS_PLACE}",
        f"SEARCH there USING {AT_ITS_PLACE}",
        "SEARCH listed USING COVERING INDEX sqlite_autoindex_counters_1 (id=?)",
    ]


@pytest.mark.parametrize("statement", ["_CHANGES", "_CHANGES_BEFORE", "_CHANGE_AT"])
def test_a_history_is_walked_from_change_to_change(statement: str) -> None:
    steps = plan(getattr(counter_changes, statement))

    # As a co-routine, it walks no further than it is asked.
    assert steps[0] == "CO-ROUTINE chain"
    assert steps.count("SEARCH change_log USING INTEGER PRIMARY KEY (rowid=?)") == 2
    assert {step for step in steps if "SCAN" in step} == {"SCAN chain"}
    assert not any("B-TREE" in step for step in steps)
