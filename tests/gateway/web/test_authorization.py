"""The key comes in the Authorization header, as Bearer or as the password of Basic."""

from base64 import b64encode

import pytest

from tests.gateway.web.wire import Wire, json_request
from tests.support.house import House

THINGS = "/api/v1/toys/things"


def basic(text: str) -> str:
    return b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "form",
    ["Bearer {key}", "bearer {key}", "BEARER {key}", "BeArEr   {key}  ", "Basic {password}",
     "basic {password}", "BASIC {named}", "Basic  {named} "],
)  # fmt: skip
async def test_a_key_is_understood_in_each_form(house: House, wire: Wire, form: str) -> None:
    password, named = basic(f":{house.key}"), basic(f"anyone:{house.key}")
    authorization = form.format(key=house.key, password=password, named=named)
    answer = await wire.call(json_request(THINGS, Authorization=authorization))

    assert answer.code == "success"


@pytest.mark.parametrize(
    "authorization",
    [
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Bearer \xff\xfe",
        "Bearer \xed\xa0\x80",
        "Bearer a b",
        "Basic",
        "Basic !!!",
        "Basic Zm9v",
        "Basic " + basic("key"),
        "Basic " + basic("a:b:c"),
        "Basic \xff",
        "Basic /////w==",
        "Bearer " + "x" * 4000,
    ],
)
async def test_a_key_that_is_none_is_invalid(wire: Wire, authorization: str) -> None:
    answer = await wire.call(json_request(THINGS, Authorization=authorization))

    assert answer.status == 200
    assert answer.code == "InvalidAPIKey"


@pytest.mark.parametrize("authorization", ["", "Digest x", "hal_live_x", "\xff", "Token abc"])
async def test_another_scheme_is_no_key(wire: Wire, authorization: str) -> None:
    answer = await wire.call(json_request(THINGS, Authorization=authorization))

    assert answer.code == "AccessDenied"
    assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_a_wrong_key_is_never_repeated(house: House, wire: Wire) -> None:
    wrong = house.key[:-1] + ("a" if house.key[-1] != "a" else "b")
    answer = await wire.call(json_request(THINGS, Authorization=f"Bearer {wrong}"))

    assert answer.code == "InvalidAPIKey"
    assert wrong.encode() not in answer.body
    assert wrong not in house.log.text
