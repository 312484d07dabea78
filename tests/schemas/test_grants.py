"""Fields of what accounts and keys are let do."""

import re
from typing import Any

import pytest
from marshmallow import ValidationError

from gateway.settings import LIMIT_FORM
from schemas.grants import AddressRanges, KeyId, RateLimit, RateLimits, Scopes

NO_RANGE = "Not an IP address, nor a range such as 192.0.2.0/24."
MAPPED = "Write IPv4 addresses as such."


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("192.0.2.7/32", "192.0.2.7"),
        ("192.0.2.0/24", "192.0.2.0/24"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("2001:0DB8:0:0::1", "2001:db8::1"),
        ("2001:db8::/32", "2001:db8::/32"),
        ("::/0", "::/0"),
    ],
)
def test_a_range_is_kept_in_its_shortest_form(sent: str, kept: str) -> None:
    assert AddressRanges().deserialize([sent]) == [kept]


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ("192.0.2.7/24", "Has bits set beyond its prefix; the range is 192.0.2.0/24."),
        ("2001:db8::1/32", "Has bits set beyond its prefix; the range is 2001:db8::/32."),
        ("192.0.2.0/33", NO_RANGE),
        ("192.0.2.0/255.255.255.0", NO_RANGE),
        ("192.0.2", NO_RANGE),
        ("192.0.02.1", NO_RANGE),
        ("192.0.2.1\n", NO_RANGE),
        (" 192.0.2.1", NO_RANGE),
        ("fe80::1%eth0", NO_RANGE),
        ("example.org", NO_RANGE),
        ("", NO_RANGE),
        ("/8", NO_RANGE),
        ("::ffff:192.0.2.1", MAPPED),
        ("::ffff:192.0.2.0/120", MAPPED),
        (3221225985, "Not a valid string."),
        (None, "Field may not be null."),
    ],
)
def test_anything_else_is_refused_with_a_sentence(sent: Any, sentence: str) -> None:
    with pytest.raises(ValidationError) as refused:
        AddressRanges().deserialize([sent])

    assert refused.value.messages == {0: [sentence]}


@pytest.mark.parametrize("sent", [[], ["192.0.2.7"] * 101])
def test_ranges_are_one_to_a_hundred(sent: list[str]) -> None:
    with pytest.raises(ValidationError):
        AddressRanges().deserialize(sent)


@pytest.mark.parametrize("sent", ["off", "1/1", "100/60", "999999/99999"])
def test_a_limit_is_off_or_calls_in_seconds(sent: str) -> None:
    assert RateLimit().deserialize(sent) == sent
    assert re.fullmatch(LIMIT_FORM, sent), "the settings take the same"


@pytest.mark.parametrize(
    "sent", ["", "OFF", "0/1", "1/0", "01/1", "1", "1/", "-1/1", "1.5/1", "1/1\n", "1000000/1"]
)
def test_any_other_limit_is_refused(sent: str) -> None:
    with pytest.raises(ValidationError):
        RateLimit().deserialize(sent)


def test_limits_go_by_action() -> None:
    limits = RateLimits()

    assert limits.deserialize({"counters/list": "off"}) == {"counters/list": "off"}
    refused: list[Any] = [{"counters": "off"}, {"counters/list": None}, {"counters/list": "x"}, []]
    for wrong in refused:
        with pytest.raises(ValidationError):
            limits.deserialize(wrong)


def test_scopes_come_sorted_and_once() -> None:
    assert Scopes().deserialize(["b:read", "a:admin", "b:read"]) == ["a:admin", "b:read"]
    assert Scopes().deserialize([]) == []


@pytest.mark.parametrize("sent", ["a", "a:fly", "A:read", "a:read\n", "*:read", 1, None])
def test_any_other_scope_is_refused(sent: object) -> None:
    with pytest.raises(ValidationError):
        Scopes().deserialize([sent])


@pytest.mark.parametrize("sent", ["", "x" * 11, "x" * 13, "x" * 11 + "-", "x" * 12 + "\n"])
def test_a_keys_id_has_twelve_characters(sent: str) -> None:
    with pytest.raises(ValidationError):
        KeyId().deserialize(sent)
