"""Ranges of IP addresses that calls may come from."""

from collections.abc import Iterable
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Ranges = tuple[IPv4Network | IPv6Network, ...]


def parse_ranges(texts: Iterable[str]) -> Ranges:
    """Ranges that were checked when they came in: single addresses, or CIDR without host bits."""
    return tuple(ip_network(text) for text in texts)


def lies_in(address: str, ranges: Ranges) -> bool:
    """Whether the address is in one of the ranges; what is no address is in none."""
    parsed = _parse(address)
    return parsed is not None and any(parsed in each for each in ranges)


def _parse(address: str) -> IPv4Address | IPv6Address | None:
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    # A socket that serves both kinds shows IPv4 callers as mapped.
    return getattr(parsed, "ipv4_mapped", None) or parsed
