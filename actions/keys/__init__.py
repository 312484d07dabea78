"""API keys of the workspace's accounts: their lives, and what they are used for."""

from actions.keys.lifecycle import Create, List, ReportLeak, Revoke, Rotate
from actions.keys.usage import Usage
from gateway import Section

section = Section(
    "keys",
    "API keys of the workspace's accounts",
    actions=(Create, List, Rotate, Revoke, Usage, ReportLeak),
)
