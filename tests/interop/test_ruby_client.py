"""Clients of the protocol from years ago go on working: what moonrope-client 1.0.5 does."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.conftest import OpenHouse
from tests.interop.ruby_client import (
    ClientError,
    MoonropeClient,
    PaginatedCollection,
    ParameterError,
    Response,
    Success,
)
from tests.support.house import House

Request = Callable[..., Awaitable[Response]]


@pytest.fixture
async def house(open_house: OpenHouse) -> House:
    return await open_house(door="http")


@pytest.fixture(params=["bearer", "basic"])
def client(request: pytest.FixtureRequest, house: House) -> MoonropeClient:
    """The client with its `Authorization` header, in both forms that the gateway takes."""
    credentials = base64.b64encode(f"anybody:{house.key}".encode()).decode()
    basic = request.param == "basic"
    return MoonropeClient(house.url, f"Basic {credentials}" if basic else f"Bearer {house.key}")


@pytest.fixture
def request_(client: MoonropeClient) -> Request:
    """One request; the client blocks, so it has a thread of its own."""

    async def call(path: str, **params: Any) -> Response:
        return await asyncio.to_thread(client.request, path, **params)

    return call


@pytest.fixture
async def steps(request_: Request) -> Response:
    """A counter that is there already."""
    return await request_(
        "counters/create", name="Daily Steps", type="UpDown", external_id="steps", value=10
    )


async def test_creating_is_flagged_and_answers_with_the_object(steps: Response) -> None:
    assert isinstance(steps, Success)
    assert (steps.creation, steps.modification, steps.deletion) == (True, None, None)
    assert steps.data["external_id"] == "steps"
    assert steps.data["value"] == 10
    assert steps.time >= 0


async def test_changing_is_flagged_and_answers_with_the_object(
    request_: Request, steps: Response
) -> None:
    incremented = await request_("counters/increment", external_id="steps", by=5)
    updated = await request_("counters/update", external_id="steps", name="Steps a day")

    assert isinstance(incremented, Success)
    assert (incremented.creation, incremented.modification) == (None, True)
    assert incremented.data["value"] == 15
    assert isinstance(updated, Success)
    assert updated.modification is True
    assert updated.data["name"] == "Steps a day"


async def test_deleting_is_flagged_and_answers_with_the_last_state(
    request_: Request, steps: Response
) -> None:
    deleted = await request_("counters/delete", external_id="steps")

    assert isinstance(deleted, Success)
    assert (deleted.modification, deleted.deletion) == (None, True)
    assert deleted.data == steps.data


async def test_a_list_is_a_collection_that_is_read_page_by_page(request_: Request) -> None:
    for number in range(5):
        await request_("counters/create", name=f"Counter {number}", type="UpDown")

    first = await request_("counters/list", per_page=2)

    assert isinstance(first, PaginatedCollection)
    assert (first.page, first.per_page, first.total_pages, first.total_records) == (1, 2, 3, 5)
    second = await asyncio.to_thread(first.next_page)
    assert isinstance(second, PaginatedCollection)
    assert second.page == 2
    assert [each["name"] for each in first.data + second.data] == [
        f"Counter {number}" for number in range(4)
    ]


async def test_text_of_any_script_survives_the_form(request_: Request) -> None:
    name = 'Ä+b & c=%41 "日本" 🏁;x'

    created = await request_("counters/create", name=name, type="UpDown")

    assert created.data["name"] == name


async def test_parameters_that_do_not_fit_are_explained_in_a_message(request_: Request) -> None:
    refused = await request_("counters/create", name="Daily Steps")

    assert isinstance(refused, ParameterError)
    assert refused.message == "`type` is required but is missing"


async def test_an_unknown_action_is_an_error_and_no_http_error(request_: Request) -> None:
    refused = await request_("counters/incremnt", external_id="steps")

    assert type(refused) is Response
    assert refused.status == "error"
    assert refused.data["code"] == "UnknownAction"
    assert "counters/increment" in refused.data["did_you_mean"]


async def test_what_is_not_there_is_an_error_and_no_http_error(request_: Request) -> None:
    refused = await request_("counters/get", external_id="nowhere")

    assert type(refused) is Response
    assert (refused.status, refused.data["code"]) == ("error", "NotFound")


async def test_a_key_that_is_not_good_is_an_error_and_no_http_error(
    client: MoonropeClient,
) -> None:
    scheme = client.authorization.partition(" ")[0]
    credentials = base64.b64encode(b"anybody:hal_live_nonsense").decode()

    refused = await asyncio.to_thread(
        client.authorized(f"{scheme} {credentials}").request, "counters/list"
    )

    assert type(refused) is Response
    assert (refused.status, refused.data["code"]) == ("error", "InvalidAPIKey")


async def test_a_path_outside_the_api_raises(request_: Request) -> None:
    with pytest.raises(ClientError, match="404"):
        await request_("counters/list/all")
