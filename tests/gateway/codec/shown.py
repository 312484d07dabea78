"""What each shipped shape may have to show."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from schemas.accounts import Account, AccountShape
from schemas.audit import AuditRecord, AuditRecordShape
from schemas.base import ABSENT, Shape
from schemas.counters import (
    TYPES,
    Change,
    ChangeShape,
    Counter,
    CounterShape,
    Milestone,
    MilestoneShape,
    PastValue,
    PastValueShape,
)
from schemas.keys import (
    DayUse,
    Key,
    KeyShape,
    KeyUsage,
    KeyUsageShape,
    MadeKey,
    MadeKeyShape,
    RotatedKey,
    RotatedKeyShape,
    Thanks,
    ThanksShape,
)
from schemas.system import (
    Caller,
    CallerShape,
    Described,
    DescribedShape,
    Description,
    DescriptionShape,
    Echo,
    EchoedShape,
    Pong,
    PongShape,
)
from schemas.workspaces import MadeWorkspace, MadeWorkspaceShape, Owner, Workspace, WorkspaceShape

INT64 = st.integers(-(2**63), 2**63 - 1)
TEXT = st.text(max_size=8)
MAYBE_TEXT = st.none() | TEXT
TEXTS = st.lists(TEXT, max_size=3)
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=14)), timezone(-timedelta(minutes=150))])
YEAR_2 = datetime(2, 1, 1, tzinfo=UTC)
SECONDS = st.integers(0, 9997 * 365 * 86_400)
MOMENT = st.builds(
    lambda zone, seconds, micros: (
        YEAR_2 + timedelta(seconds=seconds, microseconds=micros)
    ).astimezone(zone),
    ZONES,
    SECONDS,
    st.just(0) | st.integers(0, 999_999),
)
JSON = st.recursive(
    st.none() | st.booleans() | INT64 | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
FACTS = st.dictionaries(TEXT, JSON, max_size=3)

CHANGE = st.builds(
    Change,
    version=INT64,
    action=TEXT,
    before=st.none() | INT64 | st.dates(),
    after=INT64 | st.dates(),
    by_account=TEXT,
    at=MOMENT,
)
MILESTONE = st.builds(Milestone, days=INT64, date=st.dates(), reached=st.booleans())
ABSENCE = st.just(ABSENT)
COUNTER = st.builds(
    Counter,
    id=TEXT,
    external_id=MAYBE_TEXT,
    name=TEXT,
    type=st.sampled_from(TYPES),
    value=INT64,
    mode=ABSENCE | TEXT,
    goal=ABSENCE | st.none() | INT64,
    overflow=ABSENCE | TEXT,
    date=ABSENCE | st.dates(),
    milestones=ABSENCE | st.lists(MILESTONE, max_size=3),
    version=INT64,
    created_at=MOMENT,
    updated_at=MOMENT,
    created_by=TEXT,
    description=MAYBE_TEXT,
    metadata=st.dictionaries(TEXT, TEXT, max_size=3),
    history=ABSENCE | st.lists(CHANGE, max_size=3),
    permitted_actions=TEXTS | TEXTS.map(tuple),
)
PAST_VALUE = st.builds(
    PastValue,
    id=TEXT,
    external_id=MAYBE_TEXT,
    type=st.sampled_from(TYPES),
    value=INT64,
    version=INT64,
    moment=MOMENT,
)
CALLER = st.builds(
    Caller,
    account_id=TEXT,
    account_name=TEXT,
    role=TEXT,
    scopes=st.none() | st.lists(TEXT, max_size=3),
    workspace_id=TEXT,
    workspace_name=TEXT,
    timezone=TEXT,
    key_id=TEXT,
    now=MOMENT,
)
DESCRIPTION = st.builds(
    Description,
    action=TEXT,
    summary=TEXT,
    scope=MAYBE_TEXT,
    effect=TEXT,
    params=FACTS,
    result=FACTS,
    errors=st.lists(FACTS, max_size=2),
    example=FACTS,
    deprecated=st.none() | FACTS,
)
ACCOUNT = st.builds(
    Account,
    id=TEXT,
    name=TEXT,
    role=TEXT,
    scopes=st.none() | TEXTS,
    rate_limit=MAYBE_TEXT,
    rate_limits=st.none() | st.dictionaries(TEXT, TEXT, max_size=3),
    allowed_ips=st.none() | TEXTS,
    created_at=MOMENT,
    updated_at=MOMENT,
    last_used_at=st.none() | MOMENT,
    permitted_actions=TEXTS,
)
KEY_FACTS: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(("id", "account_id", "name", "last_four"), TEXT),
    **dict.fromkeys(("scopes", "allowed_ips"), st.none() | TEXTS),
    **dict.fromkeys(("last_used_at", "expires_at", "revoked_at"), st.none() | MOMENT),
    "created_at": MOMENT,
    "replaced_by": MAYBE_TEXT,
    "permitted_actions": TEXTS,
}
KEY = st.builds(Key, **KEY_FACTS)
DAY_USE = st.builds(DayUse, st.dates(), TEXT, INT64, INT64, INT64)
KEY_USAGE = st.builds(KeyUsage, TEXT, st.dates(), st.dates(), st.lists(DAY_USE, max_size=3))
AUDIT_RECORD = st.builds(
    AuditRecord,
    **dict.fromkeys(("id", "action", "request_id", "outcome"), TEXT),
    **dict.fromkeys(("account_id", "key_id", "object_id", "address"), MAYBE_TEXT),
    **dict.fromkeys(("at", "keep_until"), MOMENT),
    count=INT64,
)
WORKSPACE_FACTS: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(("id", "name", "timezone"), TEXT),
    "created_at": MOMENT,
    "suspended_at": st.none() | MOMENT,
    "permitted_actions": TEXTS,
}
MADE_WORKSPACE = st.builds(
    MadeWorkspace,
    **WORKSPACE_FACTS,
    account=st.builds(Owner, TEXT, TEXT, TEXT, MAYBE_TEXT),
    key=TEXT,
)

SHOWN: list[tuple[Shape[Any], st.SearchStrategy[Any]]] = [
    (CounterShape(), COUNTER),
    (ChangeShape(), CHANGE),
    (MilestoneShape(), MILESTONE),
    (PastValueShape(), PAST_VALUE),
    (CallerShape(), CALLER),
    (DescriptionShape(), DESCRIPTION),
    (DescribedShape(), st.builds(Described, st.lists(DESCRIPTION, max_size=2))),
    (PongShape(), st.builds(Pong, st.booleans())),
    (AccountShape(), ACCOUNT),
    (KeyShape(), KEY),
    (MadeKeyShape(), st.builds(MadeKey, **KEY_FACTS, key=TEXT)),
    (RotatedKeyShape(), st.builds(RotatedKey, **KEY_FACTS, key=TEXT, replaces=KEY)),
    (KeyUsageShape(), KEY_USAGE),
    (ThanksShape(), st.builds(Thanks, st.booleans())),
    (AuditRecordShape(), AUDIT_RECORD),
    (WorkspaceShape(), st.builds(Workspace, **WORKSPACE_FACTS)),
    (MadeWorkspaceShape(), MADE_WORKSPACE),
    (EchoedShape(), st.builds(Echo, FACTS)),
]
