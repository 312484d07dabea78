"""The shipped API on one page."""

from actions import accounts, audit, counters, keys, system, workspaces
from gateway import Section

SECTIONS: tuple[Section, ...] = (
    counters.section,
    workspaces.section,
    accounts.section,
    keys.section,
    audit.section,
    system.section,
)
