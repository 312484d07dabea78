"""Whether an address lies in a range."""

import pytest

from gateway.access.addresses import lies_in, parse_ranges

RANGES = parse_ranges(["10.0.0.0/8", "192.0.2.7", "2001:db8::/32", "::1"])


@pytest.mark.parametrize(
    "address",
    ["10.0.0.0", "10.255.255.255", "192.0.2.7", "2001:db8::5", "::1", "::ffff:10.1.2.3"],
)
def test_inside(address: str) -> None:
    assert lies_in(address, RANGES)


@pytest.mark.parametrize(
    "address",
    ["11.0.0.0", "192.0.2.8", "2001:db9::", "::2", "::ffff:11.0.0.1", "", "unix:", "10.0.0.0/8"],
)
def test_outside(address: str) -> None:
    assert not lies_in(address, RANGES)


def test_no_address_is_in_no_range() -> None:
    assert not lies_in("10.0.0.1", ())
