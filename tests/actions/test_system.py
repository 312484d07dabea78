"""The system section, through every door."""

import pytest

from tests.support.house import House, Send


async def test_ping_needs_no_key(send: Send) -> None:
    answer = await send("system/ping", key=None)

    assert list(answer) == ["status", "time", "flags", "data"]
    assert answer["status"] == "success"
    assert answer["data"] == {"pong": True}


async def test_ping_ignores_any_key_sent(send: Send) -> None:
    answer = await send("system/ping", key="not a key")

    assert answer["status"] == "success"


async def test_whoami_tells_account_and_workspace(send: Send) -> None:
    answer = await send("system/whoami")

    assert answer["data"]["role"] == "owner"
    assert answer["data"]["scopes"] is None
    assert answer["data"]["timezone"] == "UTC"


@pytest.mark.parametrize("key", ["", "hal_live_nonsense", "hal_live_" + "0" * 50])
async def test_a_bad_key_is_refused_without_a_reason(house: House, key: str) -> None:
    answer = await house.send("system/whoami", key=key or "x")

    assert answer["data"]["code"] == "InvalidAPIKey"
    assert answer["data"]["message"] == "The API key is not valid."
