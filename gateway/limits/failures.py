"""Failed authentications: how many an address may have, section 8 of the protocol."""

import ipaddress

from gateway.errors import RateLimited
from gateway.limits.both import take_in_both
from gateway.limits.policy import Bucket, parse_limit
from gateway.limits.shared import SharedWindows
from gateway.limits.windows import Windows

ALLOWED = "20/60"
ADDRESSES_MAX = 10_000
"""How many addresses are remembered, 1 kB each."""

_POLICY = parse_limit(ALLOWED)
_IPV6_HOST_BITS = 64


class Failures:
    """Counts bad keys by the address that they came from; good keys are none of its business.

    `windows` are its own, since nobody knows how many addresses there will be.
    """

    def __init__(self, windows: Windows, shared: SharedWindows | None = None) -> None:
        self._windows = windows
        self._shared = shared

    async def note(self, address: str | None, holder: object = None) -> None:
        """Count a bad key; a call from within the process has no address, and no limit.

        Raises RateLimited, in the name of the key's `holder`, when the address had too many
        already; that one is not counted.
        """
        if address is None or _POLICY is None:
            return
        buckets: list[Bucket] = [(f"failed {_network(address)}", _POLICY)]
        if self._shared is None:
            ruling = self._windows.take(buckets, 1)
        else:
            ruling = await take_in_both(self._windows, self._shared, buckets, 1)
        if ruling.wait:
            refusal = RateLimited(retry_after=ruling.wait)
            refusal.holder = holder
            raise refusal


def _network(address: str) -> str:
    """Whoever has an IPv6 address has the other 2^64 of its network too."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.IPv6Address(int(found) >> _IPV6_HOST_BITS << _IPV6_HOST_BITS))
