"""Alive and ready: two pages for whoever runs the gateway."""

from aiohttp import web

from gateway.store.database import Database, DatabaseError
from gateway.web.answers import Answer, Answers

_HEADERS = (
    ("Content-Type", "application/json; charset=utf-8"),
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
)


class Health:
    def __init__(self, database: Database, answers: Answers) -> None:
        self._database = database
        self._answers = answers

    async def alive(self, request: web.BaseRequest) -> Answer:
        """200 as long as the process answers at all."""
        return self._answers.plain(request, b'{"alive":true}', headers=_HEADERS)

    async def ready(self, request: web.BaseRequest) -> Answer:
        """200 when the database can be written, else 503."""
        try:
            await self._database.check()
        except DatabaseError:
            body = b'{"ready":false,"database":"cannot be written"}'
            return self._answers.plain(request, body, status=503, headers=_HEADERS)
        return self._answers.plain(request, b'{"ready":true}', headers=_HEADERS)
