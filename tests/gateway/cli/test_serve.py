"""`halyard serve`: first start, later starts, sections of one's own, and a stop that drains."""

import json
import signal
import urllib.request
from pathlib import Path
from typing import Any

from tests.gateway.cli.running import KEY, serving

GREETINGS = '''
from typing import NamedTuple
from gateway import NO_KEY, Action, Section
from schemas.base import Shape
from schemas.fields import Text

class Greeting(NamedTuple):
    text: str = "world"

class GreetingShape(Shape[Greeting]):
    makes = Greeting
    text = Text(1, 40)

class Greet(Action[Greeting, Greeting]):
    """Greet whoever is named."""

    scope = NO_KEY
    takes = GreetingShape()
    gives = GreetingShape()

    async def run(self, params, context):
        return Greeting(f"{context.started}, {params.text}!")

async def start(settings):
    return settings.get("word", "Hello")

async def stop(started):
    print(f"stopped with {started}")

section = Section("greetings", "Kind words", (Greet,), on_start=start, on_stop=stop)
'''


def _call(url: str, path: str, key: str | None = None, **params: Any) -> Any:
    headers = {"Content-Type": "application/json"}
    if key is not None:
        headers["Authorization"] = f"Bearer {key}"
    request = urllib.request.Request(  # noqa: S310 - our own gateway
        f"{url}/api/v1/{path}", data=json.dumps(params).encode(), headers=headers
    )
    with urllib.request.urlopen(request) as response:  # noqa: S310
        return json.load(response)


def test_a_first_start_shows_one_key_that_works(tmp_path: Path) -> None:
    with serving(cwd=tmp_path) as gateway:
        (key,) = set(KEY.findall(gateway.err))
        answer = _call(gateway.url, "system/whoami", key)

    assert f"curl -s -X POST -H 'Authorization: Bearer {key}' {gateway.url}/" in gateway.err
    assert answer["data"]["role"] == "owner"
    assert key not in (tmp_path / "log").read_text()


def test_a_later_start_shows_no_key_and_has_what_was_written(tmp_path: Path) -> None:
    with serving(cwd=tmp_path) as gateway:
        key = KEY.findall(gateway.err)[0]
        made = _call(gateway.url, "counters/create", key, name="Steps", type="UpDown")

    with serving(cwd=tmp_path) as gateway:
        answer = _call(gateway.url, "counters/get", key, id=made["data"]["id"])

    assert KEY.findall(gateway.err) == []
    assert answer["data"] == made["data"]


def test_keys_of_a_test_environment_say_so(tmp_path: Path) -> None:
    with serving("--environment", "test", cwd=tmp_path) as gateway:
        assert KEY.findall(gateway.err)[0].startswith("hal_test_")


def test_sections_of_ones_own_are_served_with_their_own_settings(tmp_path: Path) -> None:
    (tmp_path / "greetings.py").write_text(GREETINGS)
    (tmp_path / "halyard.toml").write_text(
        'actions = ["greetings"]\n[sections.greetings]\nword = "Ahoy"\n'
    )

    with serving(cwd=tmp_path) as gateway:
        answer = _call(gateway.url, "greetings/greet", text="Ada")
        code = gateway.stop()

    assert answer["data"] == {"text": "Ahoy, Ada!"}
    assert code == 0
    assert "stopped with Ahoy" in (tmp_path / "log").read_text()


def test_sigterm_and_sigint_end_it_with_exit_code_0(tmp_path: Path) -> None:
    codes = []
    for number in (signal.SIGTERM, signal.SIGINT):
        with serving(cwd=tmp_path) as gateway:
            codes.append(gateway.stop(number))

    assert codes == [0, 0]


def test_the_log_is_one_json_line_a_call_when_nobody_watches(tmp_path: Path) -> None:
    with serving(cwd=tmp_path) as gateway:
        _call(gateway.url, "system/ping")

    (line,) = (tmp_path / "log").read_text().splitlines()
    assert json.loads(line)["action"] == "system/ping"
