"""Which database a test runs on, where it is not every one."""

import pytest

ON_SQLITE = pytest.mark.parametrize("kind", ["sqlite"])
"""For what touches no rows, and for what is SQLite's own."""

ON_POSTGRES = pytest.mark.parametrize("kind", ["postgresql"])
