"""The shipped API on one page."""

from actions import counters, system
from gateway import Section

SECTIONS: tuple[Section, ...] = (
    counters.section,
    system.section,
)
