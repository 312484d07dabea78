"""The shipped API on one page."""

from actions import audit, counters, key_usage, system
from gateway import Section

SECTIONS: tuple[Section, ...] = (
    counters.section,
    key_usage.section,
    audit.section,
    system.section,
)
