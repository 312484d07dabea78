"""One way to call: POST /api/v1/<section>/<action>, and nothing else in the path means anything."""

import pytest

from tests.gateway.web.wire import Wire, json_request, request
from tests.support.house import House


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/toys/greet",
        "/api/v1/toys/greet?",
        "/api/v1/toys/greet?name=Bob&x",
        "/api/v1/toys/greet?/../../healthz",
        "/api/v1/toys/%67reet",
        "/api/v1/%74%6F%79%73/greet",
        "/%61pi/v1/toys/greet",
        "http://gateway.example/api/v1/toys/greet",
    ],
)
async def test_an_action_is_found_by_its_path(wire: Wire, path: str) -> None:
    answer = await wire.call(json_request(path, sent={"name": "Ada"}))

    assert answer.status == 200
    assert answer.envelope["data"] == {"name": "Ada"}


@pytest.mark.parametrize("path", ["/api/v1/toys/gret", "/api/v1/toy/greet", "/api/v1/a/b"])
async def test_an_unknown_action_is_an_answer_like_any_other(wire: Wire, path: str) -> None:
    answer = await wire.call(json_request(path))

    assert answer.status == 200
    section, action = path.split("/")[-2:]
    assert answer.envelope["data"]["section"] == section
    assert answer.envelope["data"]["action"] == action


@pytest.mark.parametrize(
    "path",
    [
        "/", "/nowhere", "/api", "/api/v1", "/api/v1/", "/api/v1/toys", "/api/v1/toys/",
        "/api/v1/toys/greet/", "/api/v1/toys/greet/1", "/api/v1//greet", "//api/v1/toys/greet",
        "/api/v2/toys/greet", "/API/v1/toys/greet", "/api/v1/Toys/greet", "/api/v1/toys/Greet",
        "/api/v1/toys/gr-eet", "/api/v1/toys/1greet", "/api/v1/toys/_greet",
        "/api/v1/toys/gre%00et", "/api/v1/toys/../toys/greet", "/api/v1/./toys/greet",
        "/api/v1/toys/gr%65et%2F", "/api/v1/toys/%FF", "/api/v1/toys/%zz",
        "/api/v1/toys/gr%C3%A9et", "/api/v1/toys%2Fgreet", "/api%2Fv1/toys/greet",
        "/api/v1/toys/greet%20", "/api/v1/toys/greet;x=1", "/api/v1/toys/greet%3Fx",
    ],
)  # fmt: skip
async def test_any_other_path_is_nobodys(wire: Wire, path: str) -> None:
    answer = await wire.call(json_request(path))

    assert answer.status == 404
    assert answer.envelope["data"] == {
        "code": "UnknownPath",
        "message": "There is nothing at this path: actions are at /api/v1/<section>/<action>.",
        "retryable": False,
    }


@pytest.mark.parametrize("method", ["GET", "OPTIONS", "PUT"])
async def test_what_is_nobodys_is_so_for_every_method(wire: Wire, method: str) -> None:
    answer = await wire.call(request("/nowhere", method=method))

    assert (answer.status, answer.code) == (404, "UnknownPath")


@pytest.mark.parametrize("path", ["/api/v1/toys/greet", "/api/v1/toys/nothing"])
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "TRACE"])
async def test_an_action_is_called_with_post(wire: Wire, method: str, path: str) -> None:
    answer = await wire.call(request(path, method=method))

    assert answer.status == 405
    assert answer.headers["Allow"] == "POST, OPTIONS"
    assert answer.code == "MethodNotAllowed"


async def test_options_on_the_whole_server_is_nobodys(wire: Wire) -> None:
    answer = await wire.call(request("*", method="OPTIONS"))

    assert (answer.status, answer.code) == (404, "UnknownPath")


async def test_an_answer_to_head_has_no_body(wire: Wire) -> None:
    await wire.send(request(method="HEAD"))
    answer = await wire.answer(to_head=True)
    after = await wire.call(json_request())

    assert answer.status == 405
    assert int(answer.headers["Content-Length"]) > 0
    assert after.code == "success"


async def test_a_path_outside_the_api_is_logged_without_being_repeated(
    house: House, wire: Wire
) -> None:
    await wire.call(request("/secret/of/mine?key=hunter2"))
    await wire.call(json_request("/api/v1/secret/of_mine"))

    assert [line["code"] for line in house.log.lines] == ["UnknownPath", "UnknownAction"]
    assert "secret" not in house.log.text
    assert "hunter2" not in house.log.text
