"""Values that mean something to some parameter, or nearly do."""

from collections.abc import Mapping
from typing import Any

from schemas.counters import MODES, OVERFLOWS, TYPES

_ID = "019a2d3e-4f50-7a61-8b72-9c83ad94be05"

VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 5, 99, 100, 101, 0.5, -0.0, 1e308, "", " ", "0", "true"),
    *(2**31, 2**53 + 1, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**64 - 1, 2**64, 10**40),
    *("steps", "Daily steps", "x" * 41, "\0", "\ud800", "\u202e\u0301\N{WAVING BLACK FLAG}", _ID),
    *("Z" * 300, "../../etc/passwd", "America", "localtime", "posixrules", "history", "upDown"),
    *("2026-02-30", "2026-11-21T24:00:00Z", "2016-12-31T23:59:60Z", "\u0662\u0660\u0662\u0666"),
    *("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "counters/nothing", float("nan")),
    *(["history", "history"], [[]], [None], [_ID, "steps"], {}, [], {"a": "b"}, {"": ""}),
)

_NUMBERS = (0, 1, -1, 12500, 2**53 + 1, 2**63 - 1, -(2**63))

_MOMENTS = (
    *("2026-11-21T20:34:39Z", "2026-11-21t20:34:39.123456789+14:00", "1969-12-31T23:59:59.999999Z"),
    *("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"),
)

FITTING: Mapping[str, tuple[Any, ...]] = {
    "id": (_ID, "0123456789Az"),
    "account_id": (_ID,),
    "role": ("viewer", "editor", "admin", "owner"),
    "scopes": ([], ["counters:read"], ["counters:read", "keys:admin"], ["nothing:read"], None),
    "rate_limit": ("off", "1/1", "9999999/99999", None),
    "rate_limits": ({}, {"counters/list": "1/1"}, {"no/such": "off"}, None),
    "allowed_ips": (["0.0.0.0/0", "::/0"], ["::1"], ["10.0.0.1/8"], [], None),
    "expires_at": ("9999-12-31T23:59:59.999999Z", "1969-12-31T23:59:59Z"),
    "overlap_seconds": (0, 1, 30 * 86_400),
    "revoked": (True, False),
    "suspended": (True, False),
    "key": (f"hal_live_{'0' * 50}", "", "x" * 500, "\0"),
    "external_id": (
        "steps",
        "since",
        "until",
        "\N{WAVING BLACK FLAG}" * 128,
        "x",
        "\x7f\x01",
        "\0",
    ),
    "name": (
        "Daily steps",
        "x" * 40,
        "  in the middle  ",
        "in the\0middle",
        "\u202e\u0301\u200d\ufeff%_\\",
    ),
    "type": TYPES,
    "mode": MODES,
    "overflow": OVERFLOWS,
    "value": _NUMBERS,
    "goal": (*_NUMBERS, None),
    "by": (1, 2, 10**12),
    "date": ("2026-11-21", "0001-01-01", "9999-12-31", "2024-02-29"),
    "milestones": ([7, 10], [3652058, 1, 1], [], None),
    "description": ("", "x" * 2000, "\0", None),
    "metadata": ({}, {"a": "b"}, {str(number): "x" * 500 for number in range(20)}, None),
    "expected_version": (1, 2, 2**63 - 1),
    "timezone": ("UTC", "Asia/Kathmandu", "Pacific/Kiritimati", "Etc/GMT+12", "Europe/Berlin"),
    "moment": _MOMENTS,
    "created_at": _MOMENTS,
    "updated_at": _MOMENTS,
    "page": (1, 2, 10**12),
    "per_page": (1, 100),
    "sort_by": ("created_at", "name", "value", "updated_at"),
    "order": ("asc", "desc"),
    "cursor": ("AAAA", "x" * 1024, "=", "-_-_"),
    "_full": (True, False),
    "_expansions": (True, False, ["history"], []),
    "_rehearse": ({"error": "NotFound"}, {"sleep_ms": 1, "crash": True}, {}),
    "action": ("system/ping", "counters/list", "counters/lst"),
}
"""By parameter, values that it takes, the odd ones above all."""
