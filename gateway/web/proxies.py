"""Who really called, and how: what proxies say of it, as far as they are trusted."""

import ipaddress
from collections.abc import Collection

from aiohttp import hdrs

from gateway.settings import Network
from gateway.web.request import Request

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_PEERS_MAX = 10_000


class Proxies:
    """Believes `X-Forwarded-For` and `X-Forwarded-Proto`, and only from proxies in `trusted`.

    RFC 7239's `Forwarded` is not read: a proxy that sets one of the two lets the caller's own copy
    of the other pass.
    """

    def __init__(self, trusted: Collection[Network]) -> None:
        self._trusted = tuple(trusted)
        self._peers: dict[str, bool] = {}

    def address(self, request: Request) -> str:
        """The caller's IP address: the last one that no trusted proxy has."""
        peer = request.remote
        if not self._trusts_peer(peer):
            return peer
        nearest = peer
        said = ",".join(request.headers.getall(hdrs.X_FORWARDED_FOR, []))
        for part in reversed(said.split(",")):
            address = _parsed(part)
            if address is None:
                break  # whoever wrote this cannot be told; the last known stands
            nearest = str(address)
            if not self._trusts(address):
                break
        return nearest

    def is_https(self, request: Request) -> bool:
        """Whether the caller came over https, as the nearest proxy says."""
        if not self._trusts_peer(request.remote):
            return request.connection.is_https
        said = request.headers.getall(hdrs.X_FORWARDED_PROTO, [])
        return bool(said) and said[-1].rpartition(",")[2].strip().lower() == "https"

    def _trusts_peer(self, peer: str) -> bool:
        if not peer or not self._trusted:
            return False
        known = self._peers.get(peer)
        if known is None:
            address = _parsed(peer)
            known = address is not None and self._trusts(address)
            if len(self._peers) >= _PEERS_MAX:
                self._peers.clear()
            self._peers[peer] = known
        return known

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)


def _parsed(text: str) -> Address | None:
    """The address in `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1` or `[2001:db8::1]:80`, or None."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return address if mapped is None else mapped
