"""The composition root: settings and sections become a gateway that runs."""

import asyncio
import importlib
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uuid_utils

from actions.catalogue import SECTIONS
from gateway.access.audit.watch import AuditWatch
from gateway.access.authenticator import Authenticator
from gateway.access.founding import found
from gateway.access.keeping import purge
from gateway.access.keys import Key
from gateway.access.schema import MIGRATIONS
from gateway.access.usage.watch import UsageWatch
from gateway.access.withdrawal import CHANNEL
from gateway.context import Surroundings
from gateway.limits.failures import ADDRESSES_MAX, Failures
from gateway.limits.limiter import Limiter
from gateway.limits.policy import parse_limit
from gateway.limits.shared import SharedWindows
from gateway.limits.windows import Windows
from gateway.logs import CallLog, Log, make_log
from gateway.metrics import CallMetrics
from gateway.periodic import Periodic, Work
from gateway.pipeline import Pipeline
from gateway.reference.catalogue import RegistryCatalogue
from gateway.registry import RegistrationError, Registry, Section
from gateway.settings import Settings, SettingsError
from gateway.stages.limit import rules_of
from gateway.store import idempotency
from gateway.store.database import Database, DatabaseError
from gateway.store.migrate import Migrations, migrate, outdated, postgres_url, sqlite_url
from gateway.store.secrets import secret_named
from gateway.watching import Observer
from gateway.web.app import HttpServer

DATABASE_FILE = "halyard.db"


def new_id() -> str:
    """A UUIDv7, in lower case."""
    return str(uuid_utils.uuid7())


def utc_now() -> datetime:
    return datetime.now(UTC)


class Gateway:
    """A gateway from its settings; `open` it, then call it through `pipeline` or `listen`.

    Raises SettingsError or RegistrationError when settings or sections cannot be used.
    """

    def __init__(
        self,
        settings: Settings,
        log: Log,
        *,
        sections: tuple[Section, ...] = SECTIONS,
        now: Callable[[], datetime] = utc_now,
        new_id: Callable[[], str] = new_id,
    ) -> None:
        self.settings = settings
        self.registry = Registry((*sections, *_own_sections(settings.actions)))
        self._rules = rules_of(self.registry, settings.rate_limits)
        self._log = log
        self.now = now
        self.new_id = new_id
        self._closing = AsyncExitStack()

    @property
    def branches(self) -> list[Migrations]:
        """Everybody's migrations, the engine's first."""
        return [MIGRATIONS, *self.registry.migrations]

    async def migrate(self) -> list[str]:
        """Bring the database's schema up to date; returns what changed. Raises DatabaseError."""
        if self.settings.database is None:
            try:
                await asyncio.to_thread(self.settings.data.mkdir, parents=True, exist_ok=True)
            except OSError as fault:
                raise DatabaseError(
                    f"The data folder {self.settings.data} cannot be made: {fault.strerror}."
                ) from None
        return await migrate(self._url(), self.branches)

    async def open(self) -> None:
        """Open the database and start the sections. Raises DatabaseError."""
        await self.open_database()
        try:
            self.pipeline = await self._make_pipeline()
        except BaseException:
            await self.close()
            raise

    async def open_database(self) -> None:
        """Open the database alone. Raises DatabaseError."""
        if behind := await outdated(self._url(), self.branches):
            raise DatabaseError(
                f"The database's schema of {', '.join(behind)} is not this program's: "
                "run `halyard init` on a new database, `halyard migrate` on an older one."
            )
        self.database = await self._open_database()
        self._closing.push_async_callback(self.database.close)

    async def found(self) -> Key | None:
        """The first key of an empty database; None when somebody has one already."""
        return await found(
            self.database,
            environment=self.settings.environment,
            now=self.now,
            new_id=self.new_id,
            audit_days=self.settings.audit_days,
        )

    async def listen(self) -> int:
        """Serve HTTP, and return the port. Raises OSError when the address is not to be had."""
        server = HttpServer(
            self.pipeline,
            self.database,
            calls=self.calls,
            audit_dropped=lambda: self.audit.dropped,
        )
        port = await server.start()
        self._closing.push_async_callback(server.stop)
        return port

    async def close(self) -> None:
        """Let running calls finish, flush the last group, stop the sections, close the database."""
        await self._closing.aclose()

    async def _open_database(self) -> Database:
        # Each driver is imported where it is the one in use.
        if self.settings.database is not None:
            from gateway.store.postgres import PostgresDatabase

            return await PostgresDatabase(self.settings.database).open()
        from gateway.store.sqlite import SqliteDatabase

        return await SqliteDatabase(self._file()).open()

    async def _make_pipeline(self) -> Pipeline:
        for reason in self.registry.interpreted:
            self._log.info("shape.interpreted", reason=reason)
        clock = asyncio.get_running_loop().time
        authenticator = Authenticator(self.database.reader, now=self.now, clock=clock)
        self.database.listen(CHANNEL, authenticator.forget)
        shared = Surroundings(
            settings=self.settings,
            catalogue=RegistryCatalogue(self.registry, self.settings),
            now=self.now,
            new_id=self.new_id,
            log=self._log,
            forget=authenticator.forget,
            cursor_secret=await secret_named(self.database.reader, "cursors"),
            sections={each.name: await self._start(each) for each in self.registry.sections},
        )
        windows = await self._open_shared_windows()
        return Pipeline(
            registry=self.registry,
            database=self.database,
            authenticator=authenticator,
            limiter=Limiter(
                self._rules,
                default=parse_limit(self.settings.rate_limit),
                windows=Windows(clock),
                shared=windows,
                waits=self.settings.limit_wait,
            ),
            failures=Failures(Windows(clock, most=ADDRESSES_MAX), windows),
            shared=shared,
            observers=(CallLog(self._log), *self._watch()),
        )

    async def _open_shared_windows(self) -> SharedWindows | None:
        """The rate limits' windows in Redis, where the settings name one."""
        if self.settings.redis is None:
            return None
        windows = SharedWindows(self.settings.redis, self._log)
        self._closing.push_async_callback(windows.close)
        await windows.open()
        return windows

    def _watch(self) -> tuple[Observer, ...]:
        """Those who watch calls beside the log, with the work that is done beside the calls."""
        database, days = self.database, self.settings.audit_days
        self.calls = CallMetrics(each.path for each in self.registry)
        self.audit = AuditWatch(
            database, now=self.now, new_id=self.new_id, days=days, log=self._log
        )
        self.usage = UsageWatch(database, now=self.now, stopwatch=time.perf_counter)

        async def forget() -> bool:
            return await purge(database, now=self.now, days=days)

        async def forget_answers() -> bool:
            return await idempotency.purge(database, at=self.now())

        self._repeat("audit", self.audit.write, seconds=1)
        self._repeat("audit.failures", self.audit.write_failures, seconds=60)
        self._repeat("usage", self.usage.flush, seconds=5)
        self._repeat("purge", forget, seconds=86_400, at_start=True, at_stop=False)
        self._repeat("idempotency", forget_answers, seconds=60, at_start=True, at_stop=False)
        return self.calls, self.audit, self.usage

    def _repeat(self, name: str, work: Work, **when: Any) -> None:
        """Do the work again and again, from now until the gateway closes."""
        periodic = Periodic(name, work, log=self._log, **when)
        periodic.start()
        self._closing.push_async_callback(periodic.stop)

    async def _start(self, section: Section) -> Any:
        """What the section's `on_start` returns; its `on_stop` will have it back."""
        if section.on_start is None:
            return None
        given = self.settings.sections.get(section.name, {})
        started = await section.on_start(section.read_settings(given))
        if section.on_stop is not None:
            self._closing.push_async_callback(section.on_stop, started)
        return started

    def _file(self) -> Path:
        return self.settings.data / DATABASE_FILE

    def _url(self) -> str:
        database = self.settings.database
        return sqlite_url(self._file()) if database is None else postgres_url(database)


@asynccontextmanager
async def opened(
    settings: Settings, *, sections: tuple[Section, ...] = SECTIONS
) -> AsyncIterator[tuple[Pipeline, Key | None]]:
    """A gateway without a socket, for tests and scripts, and the first key if it was made now."""
    gateway = Gateway(settings, make_log(settings, sys.stderr), sections=sections)
    await gateway.migrate()
    await gateway.open()
    try:
        yield gateway.pipeline, await gateway.found()
    finally:
        await gateway.close()


def _own_sections(modules: tuple[str, ...]) -> tuple[Section, ...]:
    """The sections of a user's own modules: each has `section` or `sections`."""
    found: list[Section] = []
    for name in modules:
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as fault:
            raise SettingsError(f"The actions module {name} is not there: {fault.msg}.") from None
        own: Any = getattr(module, "sections", None) or (getattr(module, "section", None),)
        if not all(isinstance(each, Section) for each in own):
            raise RegistrationError(f"The module {name} has neither `section` nor `sections`")
        found += own
    return tuple(found)
