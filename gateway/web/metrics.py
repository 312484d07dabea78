"""`/metrics`, for the networks that may see it; nobody else learns that it is there."""

from collections.abc import Awaitable, Callable, Collection
from ipaddress import IPv6Address, ip_address

from gateway.metrics import MetricsPage
from gateway.settings import Network
from gateway.web.answers import Answers
from gateway.web.request import Request

_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")
"""What a proxy adds: behind one, the peer's address says nothing of who asks."""


class Metrics:
    """Serves the page to `networks`; to others, what `otherwise` says of an unknown path.

    `count` has the page's counters told of the calls that were just answered.
    """

    def __init__(
        self,
        page: MetricsPage,
        answers: Answers,
        networks: Collection[Network],
        otherwise: Callable[[Request], Awaitable[bytes]],
        *,
        count: Callable[[], None],
    ) -> None:
        self._page = page
        self._answers = answers
        self._networks = networks
        self._otherwise = otherwise
        self._count = count

    async def show(self, request: Request) -> bytes:
        if not self._may_see(request):
            return await self._otherwise(request)
        self._count()
        text, content_type = self._page.write()
        headers = (
            ("Content-Type", content_type),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
        )
        return self._answers.plain(request, text, headers=headers)

    def _may_see(self, request: Request) -> bool:
        if any(name in request.headers for name in _FORWARDED):
            return False
        try:
            address = ip_address(request.remote)
        except ValueError:
            return False
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return any(address in network for network in self._networks)
