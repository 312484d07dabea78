"""Settings from a file, the environment and options; each bad one is named in a sentence."""

from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from gateway.settings import Settings, SettingsError, load_settings

FILE = """\
host = "0.0.0.0"
port = 9000
actions = ["toys", "games"]
mirror_status = true
drain_seconds = 1.5

[rate_limits]
"counters/create" = "10/60"

[sections.toys]
size = 7
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "settings.toml"
    path.write_text(FILE, encoding="utf-8")
    return path


def written(folder: Path, text: str | bytes) -> Path:
    """A settings file that holds the text."""
    path = folder / "settings.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def refusal(**given: Any) -> str:
    """The sentence with which the settings are refused."""
    with pytest.raises(SettingsError) as refused:
        load_settings(**{"options": {}, "environ": {}, **given})
    return str(refused.value)


def test_nothing_needs_to_be_set(tmp_path: Path) -> None:
    settings = load_settings(options={}, environ={}, config=written(tmp_path, ""))

    assert settings == Settings()
    assert (settings.host, settings.port) == ("127.0.0.1", 8080)
    assert (settings.data, settings.database) == (Path("halyard-data"), None)
    assert (settings.body_limit, settings.body_timeout) == (1024 * 1024, 10)
    assert (settings.drain_seconds, settings.environment) == (20, "live")
    assert (settings.log_level, settings.log_format) == ("info", "auto")
    assert (settings.cors_origins, settings.actions) == ((), ())
    assert (settings.mirror_status, settings.echo_rehearsal) == (False, False)
    assert (settings.redis, settings.rate_limit, settings.rate_limits) == (None, "100/60", {})
    assert (settings.limit_wait, settings.require_https) == (False, False)
    assert (settings.max_connections, settings.max_running) == (10_000, 1_000)
    assert settings.trusted_proxies == ()


def test_a_file_sets_them(config: Path) -> None:
    settings = load_settings(options={}, environ={}, config=config)

    assert (settings.host, settings.port) == ("0.0.0.0", 9000)  # noqa: S104 - nobody listens
    assert settings.actions == ("toys", "games")
    assert settings.mirror_status is True
    assert settings.drain_seconds == 1.5
    assert settings.rate_limits == {"counters/create": "10/60"}
    assert settings.sections == {"toys": {"size": 7}}


def test_the_environment_is_stronger_than_the_file(config: Path) -> None:
    environ = {"HALYARD_PORT": "9100", "HALYARD_ACTIONS": "one, two,,", "PORT": "1"}
    settings = load_settings(options={}, environ=environ, config=config)

    assert settings.port == 9100
    assert settings.actions == ("one", "two")
    assert settings.host == "0.0.0.0"  # noqa: S104 - nobody listens


def test_an_option_is_stronger_than_both(config: Path) -> None:
    environ = {"HALYARD_PORT": "9100", "HALYARD_HOST": "::1"}
    settings = load_settings(options={"port": "9200", "host": None}, environ=environ, config=config)

    assert (settings.port, settings.host) == (9200, "::1")


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("host", "localhost", "localhost"),
        ("port", "0", 0),
        ("port", "65535", 65535),
        ("data", "/var/lib/halyard", Path("/var/lib/halyard")),
        ("database", "postgresql://u@h/db", "postgresql://u@h/db"),
        ("database", "postgres://u@h/db", "postgres://u@h/db"),
        ("redis", "redis://h", "redis://h"),
        ("redis", "rediss://u:p@h:6380/1", "rediss://u:p@h:6380/1"),
        ("redis", "valkey://h", "valkey://h"),
        ("rate_limit", "1000/3600", "1000/3600"),
        ("rate_limit", "off", "off"),
        ("rate_limits", "counters/list=10/60, counters/get = off,",
         {"counters/list": "10/60", "counters/get": "off"}),
        ("rate_limits", "", {}),
        ("limit_wait", "true", True),
        ("max_connections", "1", 1),
        ("max_running", "5000", 5000),
        ("require_https", "true", True),
        ("trusted_proxies", "10.0.0.0/8, ::1,192.0.2.1",
         (ip_network("10.0.0.0/8"), ip_network("::1/128"), ip_network("192.0.2.1/32"))),
        ("actions", "toys", ("toys",)),
        ("environment", "test", "test"),
        ("body_limit", "1024", 1024),
        ("body_timeout", "0.5", 0.5),
        ("cors_origins", "https://a.example,https://b.example",
         ("https://a.example", "https://b.example")),
        ("mirror_status", "true", True),
        ("mirror_status", "0", False),
        ("echo_rehearsal", "on", True),
        ("audit_days", "30", 30),
        ("metrics_networks", "10.0.0.0/8", (ip_network("10.0.0.0/8"),)),
        ("metrics_networks", "", ()),
        ("log_level", "debug", "debug"),
        ("log_format", "pretty", "pretty"),
        ("drain_seconds", "0", 0.0),
    ],
)  # fmt: skip
def test_each_setting_can_be_given_as_text(name: str, text: str, value: object) -> None:
    from_environ = load_settings(options={}, environ={f"HALYARD_{name.upper()}": text})
    from_options = load_settings(options={name: text}, environ={})

    assert getattr(from_environ, name) == value
    assert from_environ == from_options


LIMIT = "Must be calls/seconds, such as 100/60, or off."
NETWORK = "Must be addresses or networks such as 10.0.0.0/8."
BETWEEN = "Must be greater than or equal to"


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("host", "", "Shorter than minimum length 1."),
        ("host", 5, "Not a valid string."),
        ("port", "http", "Not a valid integer."),
        ("port", "65536", f"{BETWEEN} 0 and less than or equal to 65535."),
        ("port", -1, f"{BETWEEN} 0 and less than or equal to 65535."),
        ("port", True, "Not a valid integer."),
        ("port", 80.5, "Not a valid integer."),
        ("database", "mysql://h", "Must be an address that begins with postgresql://."),
        ("database", "", "Must be an address that begins with postgresql://."),
        ("redis", "http://h", "Must be an address that begins with redis://."),
        ("rate_limit", "100", LIMIT),
        ("rate_limit", "0/60", LIMIT),
        ("rate_limit", "100/60\n", LIMIT),
        ("rate_limit", 100, "Not a valid string."),
        ("rate_limits", "counters/list", LIMIT),
        ("rate_limits", {"counters/list": "often"}, LIMIT),
        ("rate_limits", {"list": "1/60"}, "Must be section/action."),
        ("rate_limits", 5, "Not a valid mapping type."),
        ("max_connections", "0", f"{BETWEEN} 1."),
        ("max_running", "0", f"{BETWEEN} 1."),
        ("trusted_proxies", "proxy.example", NETWORK),
        ("trusted_proxies", "10.0.0.1/8", NETWORK),
        ("actions", 1, "Not a valid list."),
        ("actions", ["toys", 1], "Not a valid string."),
        ("environment", "prod", "Must be one of: live, test."),
        ("body_limit", "1023", f"{BETWEEN} 1024 and less than or equal to 1073741824."),
        ("body_limit", "1MiB", "Not a valid integer."),
        ("body_timeout", "0", "Must be greater than 0."),
        ("body_timeout", "nan", "Special numeric values (nan or infinity) are not permitted."),
        ("cors_origins", {"a": 1}, "Not a valid list."),
        ("mirror_status", "maybe", "Not a valid boolean."),
        ("echo_rehearsal", 2, "Not a valid boolean."),
        ("audit_days", "0", f"{BETWEEN} 1 and less than or equal to 36500."),
        ("audit_days", 1.5, "Not a valid integer."),
        ("metrics_networks", "10.0.0.1/8", NETWORK),
        ("metrics_networks", ["::1", "home"], NETWORK),
        ("log_level", "INFO", "Must be one of: debug, info, warning, error."),
        ("log_format", "xml", "Must be one of: auto, json, pretty."),
        ("drain_seconds", "-1", f"{BETWEEN} 0."),
        ("sections", [], "Not a valid mapping type."),
        ("sections", {"toys": 1}, "Not a valid mapping type."),
        ("prot", 80, "Unknown field."),
    ],
)
def test_a_bad_setting_is_named_in_a_sentence(name: str, value: object, problem: str) -> None:
    assert refusal(options={name: value}) == f"The setting {name} cannot be used: {problem}"


def test_an_unknown_name_in_the_file_is_named(tmp_path: Path) -> None:
    config = written(tmp_path, "prot = 80")

    assert refusal(config=config) == "The setting prot cannot be used: Unknown field."


def test_a_bad_variable_is_named_as_the_setting_that_it_is() -> None:
    sentence = refusal(environ={"HALYARD_PORT": "eighty"})

    assert sentence == "The setting port cannot be used: Not a valid integer."


@pytest.mark.parametrize("text", ["port = ", "= 1", "port 1", "[sections", b'host = "\xff"'])
def test_a_file_that_is_not_toml_is_refused(tmp_path: Path, text: str | bytes) -> None:
    config = written(tmp_path, text)

    assert refusal(config=config).startswith(f"The settings file {config} is not TOML: ")


def test_a_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    config = tmp_path / "nowhere.toml"

    assert refusal(config=config) == (
        f"The settings file {config} cannot be read: No such file or directory."
    )


def test_settings_cannot_be_changed_afterwards() -> None:
    with pytest.raises(AttributeError):
        Settings().port = 1  # type: ignore[misc] # the point
