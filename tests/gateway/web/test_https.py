"""Behind proxies: whose word counts, who called, and whether it was over https."""

import pytest

from gateway.call import Call
from gateway.envelope import Envelope
from tests.conftest import OpenHouse
from tests.gateway import toys
from tests.gateway.web.wire import GREET, HttpAnswer, json_request, request, wired
from tests.support.house import House

PEER = "127.0.0.1/32"


class Callers:
    """Watches who calls."""

    def __init__(self) -> None:
        self.addresses: list[str | None] = []

    def saw(self, call: Call, envelope: Envelope) -> None:
        self.addresses.append(call.address)


async def opened(open_house: OpenHouse, *proxies: str, **settings: object) -> House:
    """The toys behind HTTP; the settings are read as an operator writes them."""
    from gateway.settings import load_settings

    options = {"trusted_proxies": ",".join(proxies), **settings}
    read = load_settings(options=options, environ={})
    return await open_house(
        door="http",
        sections=(toys.section,),
        trusted_proxies=read.trusted_proxies,
        require_https=read.require_https,
    )


async def called(house: House, sent: bytes) -> HttpAnswer:
    async with wired(house) as wire:
        return await wire.call(sent)


async def address(house: House, *forwarded_for: str) -> str | None:
    """Who called, as the gateway has it; a header for each of `forwarded_for`."""
    callers = Callers()
    house.gateway.pipeline.watching._observers = (callers,)  # noqa: SLF001 - to watch from within
    lines = b"".join(f"X-Forwarded-For: {each}\r\n".encode() for each in forwarded_for)
    await called(house, json_request().replace(b"Host: ", lines + b"Host: "))
    return callers.addresses[0]


async def test_nobody_is_believed_who_is_not_trusted(open_house: OpenHouse) -> None:
    assert await address(await opened(open_house), "192.0.2.1") == "127.0.0.1"
    assert await address(await opened(open_house, "10.0.0.0/8"), "192.0.2.1") == "127.0.0.1"


@pytest.mark.parametrize(
    ("said", "caller"),
    [
        ([], "127.0.0.1"),
        (["192.0.2.1"], "192.0.2.1"),
        (["198.51.100.9, 192.0.2.1"], "192.0.2.1"),
        (["198.51.100.9", "192.0.2.1"], "192.0.2.1"),
        (["192.0.2.1, 10.1.2.3"], "192.0.2.1"),
        (["198.51.100.9, 192.0.2.1, 10.1.2.3,10.4.5.6"], "192.0.2.1"),
        (["10.1.2.3, 10.4.5.6"], "10.1.2.3"),
        (["192.0.2.1:5678"], "192.0.2.1"),
        (["2001:db8::1"], "2001:db8::1"),
        (["[2001:db8::1]:5678"], "2001:db8::1"),
        (["::ffff:192.0.2.1"], "192.0.2.1"),
        (["192.0.2.1, ::ffff:10.1.2.3"], "192.0.2.1"),
        (["192.0.2.1, unknown"], "127.0.0.1"),
        (["192.0.2.1, nonsense, 10.1.2.3"], "10.1.2.3"),
        (["192.0.2.1, "], "127.0.0.1"),
    ],
)
async def test_the_caller_is_the_last_one_that_no_trusted_proxy_has(
    open_house: OpenHouse, said: list[str], caller: str
) -> None:
    house = await opened(open_house, PEER, "10.0.0.0/8")

    assert await address(house, *said) == caller


async def test_bad_keys_are_counted_by_the_address_that_a_proxy_tells(
    open_house: OpenHouse,
) -> None:
    house = await opened(open_house, PEER)

    def bad(caller: str) -> bytes:
        key = {"Authorization": "Bearer bad", "X_Forwarded_For": f"203.0.113.7, {caller}"}
        return json_request("/api/v1/toys/keep", **key)

    async with wired(house) as wire:
        codes = [(await wire.call(bad("192.0.2.1"))).code for _ in range(21)]
        other = (await wire.call(bad("192.0.2.2"))).code

    assert codes == ["InvalidAPIKey"] * 20 + ["RateLimited"]
    assert other == "InvalidAPIKey"


async def test_calls_over_http_are_sent_to_https(open_house: OpenHouse) -> None:
    house = await opened(open_house, require_https="true")
    answer = await called(house, json_request(f"{GREET}?x=1", sent={"name": "Ada"}))

    assert answer.line == "HTTP/1.1 308 Permanent Redirect"
    assert answer.headers["Location"] == f"https://gateway{GREET}"
    assert answer.headers["Gateway-Status"] == "error;code=HttpsRequired"
    assert answer.envelope["data"] == {
        "code": "HttpsRequired",
        "message": f"Calls are answered over https only: https://gateway{GREET}",
        "retryable": False,
    }


@pytest.mark.parametrize(
    ("host", "there"),
    [
        ("api.example.com", "api.example.com"),
        ("api.example.com:8080", "api.example.com"),
        ("[2001:db8::1]:8080", "[2001:db8::1]"),
        ("evil.example/a?b", "127.0.0.1"),
        ("user@evil.example", "127.0.0.1"),
        ("", "127.0.0.1"),
    ],
)
async def test_https_is_on_the_same_host_if_it_is_one(
    open_house: OpenHouse, host: str, there: str
) -> None:
    house = await opened(open_house, require_https="true")
    sent = request().replace(b"Host: gateway", f"Host: {host}".encode())

    assert (await called(house, sent)).headers["Location"] == f"https://{there}{GREET}"


@pytest.mark.parametrize(
    ("proxies", "proto", "outcome"),
    [
        ([PEER], "https", "success"),
        ([PEER], "HTTPS", "success"),
        ([PEER], "http, https", "success"),
        ([PEER], "https, http", "HttpsRequired"),
        ([PEER], "http", "HttpsRequired"),
        ([PEER], "", "HttpsRequired"),
        (["10.0.0.0/8"], "https", "HttpsRequired"),
        ([], "https", "HttpsRequired"),
    ],
)
async def test_only_a_trusted_proxy_can_tell_of_https(
    open_house: OpenHouse, proxies: list[str], proto: str, outcome: str
) -> None:
    house = await opened(open_house, *proxies, require_https="true")

    assert (await called(house, json_request(X_Forwarded_Proto=proto))).code == outcome


@pytest.mark.parametrize(
    ("sent", "outcome"),
    [
        (request("/nowhere"), "UnknownPath"),
        (request(method="GET"), "MethodNotAllowed"),
        (request("/api/v1/toys/nothing", Content_Type="text/plain"), "HttpsRequired"),
        (request(X_Timeout_Ms="never"), "HttpsRequired"),
    ],
)
async def test_https_is_checked_after_path_and_method(
    open_house: OpenHouse, sent: bytes, outcome: str
) -> None:
    house = await opened(open_house, require_https="true")

    assert (await called(house, sent)).code == outcome


async def test_probes_may_use_http(open_house: OpenHouse) -> None:
    house = await opened(open_house, require_https="true")

    assert (await called(house, request("/readyz", method="GET"))).status == 200
