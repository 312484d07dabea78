"""Alive and ready: two pages for whoever runs the gateway."""

from gateway.limits.limiter import Limiter
from gateway.store.database import Database, DatabaseError
from gateway.web.answers import Answers
from gateway.web.request import Request

_HEADERS = (
    ("Content-Type", "application/json; charset=utf-8"),
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
)


class Health:
    def __init__(self, database: Database, answers: Answers, limiter: Limiter) -> None:
        self._database = database
        self._limiter = limiter
        self._answers = answers

    async def alive(self, request: Request) -> bytes:
        """200 as long as the process answers at all."""
        return self._answers.plain(request, b'{"alive":true}', headers=_HEADERS)

    async def ready(self, request: Request) -> bytes:
        """200 when the database can be written, else 503.

        Without Redis calls go on, so that is told and no reason for a 503.
        """
        try:
            await self._database.check()
        except DatabaseError:
            body = b'{"ready":false,"database":"cannot be written"}'
            return self._answers.plain(request, body, status=503, headers=_HEADERS)
        body = b'{"ready":true}'
        if self._limiter.is_alone:
            body = b'{"ready":true,"redis":"away: this process counts its rate limits alone"}'
        return self._answers.plain(request, body, headers=_HEADERS)
