"""The settings: one frozen dataclass, from a file, the environment and options."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

PREFIX = "HALYARD_"

LIMIT_FORM = r"off|[1-9][0-9]{0,5}/[1-9][0-9]{0,4}"
"""A rate limit: `calls/seconds`, up to 999,999 calls in 99,999 seconds, or `off`."""

Network = IPv4Network | IPv6Network


class SettingsError(Exception):
    """A setting that cannot be used, told in one sentence."""


@dataclass(frozen=True)
class Settings:
    """Everything that an operator can choose; the README has the same table in prose."""

    host: str = "127.0.0.1"
    port: int = 8080
    """0 takes any free port."""
    data: Path = Path("halyard-data")
    """The folder of the SQLite database."""
    database: str | None = None
    """`postgresql://…`; None is SQLite in `data`."""
    redis: str | None = None
    """`redis://…`: where the rate limits of all processes are counted together."""
    actions: tuple[str, ...] = ()
    """Modules with a user's own sections: each has `section` or `sections`."""
    environment: str = "live"
    """`live` or `test`: part of the keys made here."""
    rate_limit: str = "100/60"
    """What an account may call, as `calls/seconds`, or `off`; an account can have its own."""
    rate_limits: Mapping[str, str] = field(default_factory=dict)
    """The same by action, `section/action`; they apply beside the account's."""
    limit_wait: bool = False
    """Whether two callers of an account wait when room opens within a second."""
    body_limit: int = 1024 * 1024
    """Bytes."""
    body_timeout: float = 10.0
    """Seconds that a body may take to arrive."""
    max_connections: int = 10_000
    """Open connections in all; one more is closed at once."""
    max_running: int = 1_000
    """Calls that run at the same time; one more is answered Overloaded."""
    require_https: bool = False
    """Whether calls over http are sent to https."""
    trusted_proxies: tuple[Network, ...] = ()
    """Whose X-Forwarded-For and X-Forwarded-Proto are believed."""
    cors_origins: tuple[str, ...] = ()
    """Origins whose pages may call, or `*`."""
    mirror_status: bool = False
    """Whether outcomes are mirrored into HTTP status codes unasked."""
    echo_rehearsal: bool = False
    """Whether `system/echo` can rehearse failures."""
    audit_days: int = 400
    """How long a row of the audit trail is kept; what is written keeps its time."""
    metrics_networks: tuple[Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
    """Whose requests `/metrics` answers, as CIDR ranges; none: nobody's."""
    log_level: str = "info"
    log_format: str = "auto"
    """`json`, `pretty`, or `auto`: pretty on a terminal."""
    drain_seconds: float = 20.0
    """How long running calls may take to finish after SIGTERM."""
    sections: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The sections' own settings, by section: `[sections.<name>]` in the file."""


class _Names(fields.List[str]):
    """A list of names; from the environment and the command line, separated by commas."""

    def __init__(self, **options: Any) -> None:
        super().__init__(fields.String(validate=validate.Length(min=1)), **options)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(value, str):
            value = [part.strip() for part in value.split(",") if part.strip()]
        return tuple(super()._deserialize(value, *args, **kwargs))


class _Whole(fields.Integer):
    """A whole number, also as text; a fraction is not rounded."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(value, float):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, *args, **kwargs)


class _Limits(fields.Dict):
    """A limit for each action; as text `section/action=calls/seconds`, separated by commas."""

    def __init__(self, **options: Any) -> None:
        form = validate.Regexp(
            r"[a-z][a-z0-9_]*/[a-z][a-z0-9_]*\Z", error="Must be section/action."
        )
        names = fields.String(validate=form)
        super().__init__(keys=names, values=_limit(), **options)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(value, str):
            parts = [part.partition("=") for part in value.split(",") if part.strip()]
            value = {name.strip(): limit.strip() for name, _, limit in parts}
        return super()._deserialize(value, *args, **kwargs)  # type: ignore[no-untyped-call] # theirs


class _Networks(_Names):
    """Addresses and CIDRs."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        names = super()._deserialize(value, *args, **kwargs)
        try:
            return tuple(map(ip_network, names))
        except ValueError:
            raise ValidationError("Must be addresses or networks such as 10.0.0.0/8.") from None


class _Folder(fields.String):
    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        return Path(super()._deserialize(str(value), *args, **kwargs))


def _said(text: str) -> dict[str, str]:
    """What the command line's help says of a setting."""
    return {"help": text}


def _limit(**options: Any) -> fields.String:
    form = validate.Regexp(
        rf"(?:{LIMIT_FORM})\Z", error="Must be calls/seconds, such as 100/60, or off."
    )
    return fields.String(validate=form, **options)


class _SettingsSchema(Schema):
    class Meta:
        unknown = RAISE

    host = fields.String(
        validate=validate.Length(min=1), metadata=_said("Address to listen on (127.0.0.1).")
    )
    port = _Whole(
        validate=validate.Range(min=0, max=65535),
        metadata=_said("Port to listen on (8080); 0 takes any free one."),
    )
    data = _Folder(metadata=_said("Folder of the SQLite database (./halyard-data)."))
    database = fields.String(
        validate=validate.Regexp(
            r"postgres(ql)?://", error="Must be an address that begins with postgresql://."
        ),
        metadata=_said("postgresql://… instead of SQLite in the data folder."),
    )
    redis = fields.String(
        validate=validate.Regexp(
            r"(redis|valkey)s?://", error="Must be an address that begins with redis://."
        ),
        metadata=_said("redis://…: count the rate limits of all processes together."),
    )
    actions = _Names(metadata=_said("Modules with your own sections, separated by commas."))
    environment = fields.String(
        validate=validate.OneOf(("live", "test")),
        metadata=_said("live or test: part of the keys made here."),
    )
    rate_limit = _limit(metadata=_said("Calls/seconds that an account may make (100/60), or off."))
    rate_limits = _Limits(
        metadata=_said("Limits by action: counters/create=10/60,counters/list=off.")
    )
    limit_wait = fields.Boolean(
        metadata=_said("true: two callers of an account wait when room opens within a second.")
    )
    body_limit = _Whole(
        validate=validate.Range(min=1024, max=2**30),
        metadata=_said("Bytes that a body may have (1048576)."),
    )
    body_timeout = fields.Float(
        validate=validate.Range(min=0, min_inclusive=False),
        metadata=_said("Seconds that a body may take to arrive (10)."),
    )
    max_connections = _Whole(
        validate=validate.Range(min=1), metadata=_said("Open connections in all (10000).")
    )
    max_running = _Whole(
        validate=validate.Range(min=1),
        metadata=_said("Calls that run at the same time (1000); more are answered Overloaded."),
    )
    require_https = fields.Boolean(metadata=_said("true: calls over http are sent to https."))
    trusted_proxies = _Networks(
        metadata=_said("Proxies (addresses or CIDRs) whose X-Forwarded-For and -Proto count.")
    )
    cors_origins = _Names(metadata=_said("Origins whose pages may call, or *."))
    mirror_status = fields.Boolean(
        metadata=_said("true: mirror outcomes into HTTP status codes unasked.")
    )
    echo_rehearsal = fields.Boolean(metadata=_said("true: system/echo can rehearse failures."))
    audit_days = _Whole(
        validate=validate.Range(min=1, max=36_500),
        metadata=_said("Days that the audit trail is kept (400)."),
    )
    metrics_networks = _Networks(
        metadata=_said("Address ranges that may see /metrics (127.0.0.0/8,::1).")
    )
    log_level = fields.String(
        validate=validate.OneOf(("debug", "info", "warning", "error")),
        metadata=_said("debug, info, warning or error."),
    )
    log_format = fields.String(
        validate=validate.OneOf(("auto", "json", "pretty")),
        metadata=_said("json, pretty, or auto: pretty on a terminal."),
    )
    drain_seconds = fields.Float(
        validate=validate.Range(min=0),
        metadata=_said("Seconds that running calls may take after SIGTERM (20)."),
    )
    sections = fields.Dict(keys=fields.String(), values=fields.Dict())


def told_settings() -> dict[str, str]:
    """The settings that can be given one by one, each with a sentence about it."""
    named = _SettingsSchema().fields
    return {name: each.metadata["help"] for name, each in named.items() if name != "sections"}


def load_settings(
    *,
    options: Mapping[str, Any],
    environ: Mapping[str, str],
    config: Path | None = None,
) -> Settings:
    """The settings from a TOML file, HALYARD_<NAME> and options, in rising precedence.

    `config` None means `halyard.toml` where there is one; `options` that are None were not given.
    Raises SettingsError.
    """
    from_file = _read_file(config)
    from_environ = {
        name: environ[PREFIX + name.upper()]
        for name in told_settings()
        if PREFIX + name.upper() in environ
    }
    given = {name: value for name, value in options.items() if value is not None}
    try:
        return Settings(**_SettingsSchema().load(from_file | from_environ | given))
    except ValidationError as error:
        name, problem = next(iter(error.normalized_messages().items()))
        raise SettingsError(f"The setting {name} cannot be used: {_first(problem)}") from None


def _read_file(config: Path | None) -> dict[str, Any]:
    path = config or Path("halyard.toml")
    if config is None and not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as fault:
        raise SettingsError(f"The settings file {path} cannot be read: {fault.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise SettingsError(f"The settings file {path} is not TOML: {fault}.") from None


def _first(problem: Any) -> str:
    while not isinstance(problem, str):
        problem = next(iter(problem.values() if isinstance(problem, dict) else problem))
    return problem
