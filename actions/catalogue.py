"""The shipped API on one page."""

from actions import system
from gateway import Section

SECTIONS: tuple[Section, ...] = (system.section,)
