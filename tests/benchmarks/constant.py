"""The yardstick: an aiohttp application on uvloop whose one route answers a constant envelope."""

import sys

import uvloop
from aiohttp import web

ENVELOPE = (
    b'{"status":"success","time":0.000004,"flags":{"request_id":"00"},"data":{"pong":true,"":0}}'
)


async def _answer(_: web.Request) -> web.Response:
    return web.Response(body=ENVELOPE, content_type="application/json")


def main(port: int) -> None:
    """Serve until terminated."""
    app = web.Application()
    app.router.add_post("/constant", _answer)
    web.run_app(
        app,
        host="127.0.0.1",
        port=port,
        loop=uvloop.new_event_loop(),
        access_log=None,
        print=None,
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
