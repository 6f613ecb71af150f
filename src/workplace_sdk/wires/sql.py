"""SQL through SQLAlchemy Core: an engine per database, one transaction per effect, and migrations.

A ``SqlBlock`` is a function of a connection, run in one transaction: committed when it returns, rolled back when it
raises. On SQLite a writing block takes the write lock at its start, so two writers queue instead of colliding.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa
from attrs import field, frozen
from sqlalchemy import event
from sqlalchemy import exc as sa_exc

from workplace_sdk.kernel.effects import Action
from workplace_sdk.kernel.errors import ConfigError, OutcomeUnknown, ProtocolError, Unavailable
from workplace_sdk.kernel.failures import Attempt, Failure, Kind
from workplace_sdk.kernel.threads import after_fork

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine

    from workplace_sdk.kernel.keys import Key

T = TypeVar("T")

_WRITES = "workplace_writes"
# PostgreSQL: serialization failure, deadlock, lock not available, cancelled by timeout, and servers that are starting or stopping.
_NOT_NOW = frozenset({"40001", "40P01", "55P03", "57014", "57P01", "57P02", "57P03", "53300"})


class Database:
    """One database, opened when first used; safe to use from many threads and after a fork.

    Args:
        password: Gives the password of the user in *url*, asked for each time the database is opened.
    """

    def __init__(self, url: str, *, password: Callable[[], str] | None = None, pool_size: int = 8) -> None:
        try:
            self.url = sa.make_url(url)
        except sa_exc.ArgumentError:
            raise ConfigError("not a database URL such as sqlite:///workplace.db or postgresql+psycopg://host/name") from None
        self._password = password
        self._pool_size = pool_size
        self._lock = threading.RLock()
        self._engine: Engine | None = None
        self._preparations: list[Callable[[Engine], None]] = []
        self._prepared = 0
        after_fork(self)

    @property
    def sqlite(self) -> bool:
        """Whether this is SQLite."""
        return self.url.get_backend_name() == "sqlite"

    def prepare(self, preparation: Callable[[Engine], None]) -> None:
        """Have *preparation* (create or upgrade the tables of a room) run once before the first use."""
        with self._lock:
            self._preparations.append(preparation)

    def read(self, fn: Callable[[Connection], T], what: str = "a query") -> SqlBlock[T]:
        """Run *fn* in a transaction that changes nothing."""
        return SqlBlock(self, fn, what, True, None)

    def write(
        self, fn: Callable[[Connection], T], what: str = "a change", *, key: Key | None = None, harmless: bool = False
    ) -> SqlBlock[T]:
        """Run *fn* in a writing transaction; *key* says that *fn* itself recognises a repeat by the operation's key."""
        return SqlBlock(self, fn, what, harmless, key, writes=True)

    def engine(self) -> Engine:
        """The engine, made and prepared."""
        with self._lock:
            if self._engine is None:
                self._engine = self._made()
                self._prepared = 0
            while self._prepared < len(self._preparations):
                self._preparations[self._prepared](self._engine)
                self._prepared += 1
            return self._engine

    def _made(self) -> Engine:
        memory = self.sqlite and self.url.database in (None, "", ":memory:")
        if self.sqlite and not memory and self.url.database:
            folder = Path(self.url.database).parent
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise ConfigError(f"the folder {folder} cannot be made: {error.strerror}", key="url") from error
        options: dict[str, Any] = {"pool_pre_ping": not self.sqlite}
        if memory:
            options |= {"poolclass": sa.pool.StaticPool, "connect_args": {"check_same_thread": False}}
        else:
            options |= {"pool_size": self._pool_size, "max_overflow": 0, "pool_timeout": 30}
        url = self.url.set(password=self._password()) if self._password else self.url
        engine = sa.create_engine(url, **options)
        if self.sqlite:
            event.listen(engine, "connect", _sqlite_connected)
            event.listen(engine, "begin", _sqlite_begin)
        return engine

    def close(self) -> None:
        """Close every pooled connection; the database may be used again."""
        with self._lock:
            engine, self._engine, self._prepared = self._engine, None, 0
        if engine is not None:
            engine.dispose()

    def forked(self) -> None:
        self._lock = threading.RLock()
        if self._engine is not None:
            self._engine.dispose(close=False)


@frozen
class SqlBlock(Action[T]):
    """A function of a connection, run in one transaction."""

    database: Database = field(eq=False, repr=False)
    fn: Callable[[Connection], T]
    what_: str
    harmless_: bool
    key_: Key | None
    writes: bool = False

    @property
    def what(self) -> str:
        return self.what_

    @property
    def harmless(self) -> bool:
        return self.harmless_

    @property
    def key(self) -> Key | None:
        return self.key_

    def perform(self, attempt: Attempt) -> T:
        committing = False
        try:
            connection = self.database.engine().connect()
        except (sa_exc.DBAPIError, sa_exc.TimeoutError) as error:
            raise Failure(Kind.NOT_SENT, Unavailable(f"{self.what}: {_short(error)}")) from error
        except sa_exc.NoSuchModuleError as error:
            raise ConfigError(f"no driver for this database: {error}", key="url") from error
        except ModuleNotFoundError as error:
            extra = " (pip install 'workplace-sdk[postgres]')" if error.name == "psycopg" else ""
            raise ConfigError(f"the driver of this database is not installed: {error.name}{extra}", key="url") from error
        try:
            with connection:
                connection = connection.execution_options(**{_WRITES: self.writes})
                if self.database.sqlite:
                    _wait_at_most(connection, attempt.remaining())
                with connection.begin() as transaction:
                    _limit(connection, attempt, sqlite=self.database.sqlite)
                    try:
                        answer = self.fn(connection)
                    finally:
                        _unlimit(connection, sqlite=self.database.sqlite)
                    committing = True
                    if transaction.is_active:
                        transaction.commit()
                    return answer
        except sa_exc.DBAPIError as error:
            raise _failure(self.what, error, lost=committing and error.connection_invalidated) from error


def _failure(what: str, error: sa_exc.DBAPIError, *, lost: bool) -> Failure:
    text = f"{what}: {_short(error)}"
    if lost:
        return Failure(Kind.LOST, OutcomeUnknown(text))
    state = str(getattr(error.orig, "sqlstate", "") or "")
    message = str(error.orig)
    locked = "locked" in message or "busy" in message or message == "interrupted"
    if error.connection_invalidated or state in _NOT_NOW or state[:2] == "08" or locked:
        return Failure(Kind.BUSY, Unavailable(text))  # the transaction was rolled back: nothing was done
    return Failure(Kind.REFUSED, ProtocolError(text))


def _short(error: Exception) -> str:
    """The driver's own first line: no statement, no parameters (they hold people's data)."""
    first = str(getattr(error, "orig", None) or error).strip().splitlines() or [type(error).__name__]
    return first[0][:200]


def _limit(connection: Connection, attempt: Attempt, *, sqlite: bool) -> None:
    """No statement outlives the attempt."""
    milliseconds = max(1, int(attempt.remaining() * 1000))
    if not sqlite:
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {milliseconds}")
        return
    driver: Any = connection.connection.driver_connection
    driver.set_progress_handler(lambda: int(attempt.abandoned or time.monotonic() > attempt.deadline), 10_000)


def _wait_at_most(connection: Connection, seconds: float) -> None:
    """For the write lock, which BEGIN asks for."""
    driver: Any = connection.connection.driver_connection
    driver.execute(f"PRAGMA busy_timeout = {max(1, int(seconds * 1000))}")


def _unlimit(connection: Connection, *, sqlite: bool) -> None:
    if sqlite and not connection.invalidated:
        driver: Any = connection.connection.driver_connection
        driver.set_progress_handler(None, 0)


def _sqlite_connected(driver: Any, _: object) -> None:
    driver.isolation_level = None  # SQLAlchemy's BEGIN is the only one
    for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=FULL"):
        driver.execute(f"PRAGMA {pragma}")
    driver.create_function("lower", 1, _lower, deterministic=True)


def _lower(text: Any) -> Any:
    """``lower()`` as PostgreSQL has it: SQLite's own knows no letters beyond A to Z."""
    return text.lower() if isinstance(text, str) else text


def _sqlite_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def migrate(engine: Engine, *, scripts: str, version_table: str, head: str) -> None:
    """Bring the tables of a room to revision *head*; the migration library is loaded only when there is something to do.

    Args:
        scripts: Alembic script location, ``package:directory``.
        version_table: Where the room keeps its revision.

    Raises:
        ConfigError: The tables are of a revision that is not known here.
    """
    with engine.connect().execution_options(**{_WRITES: False}) as connection:
        if _revision(connection, version_table) == head:
            return
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", scripts)
    config.set_main_option("path_separator", "os")
    with engine.connect() as connection, connection.begin():
        if engine.dialect.name == "postgresql":  # one process upgrades, the others wait for it
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('workplace_sdk.migrate'))")
        if _revision(connection, version_table) == head:
            return
        config.attributes.update(connection=connection, version_table=version_table)
        try:
            command.upgrade(config, head)
        except CommandError as error:
            raise ConfigError(f"these tables are of a newer version of this library: {error}", key="url") from error


def _revision(connection: Connection, version_table: str) -> str | None:
    if not sa.inspect(connection).has_table(version_table):
        return None
    return connection.execute(sa.text(f"SELECT version_num FROM {version_table}")).scalar()  # noqa: S608 - a name of ours


def run_migrations() -> None:
    """What the ``env.py`` of a room's migrations does: run them on the connection that ``migrate`` opened."""
    from alembic import context

    attributes = context.config.attributes
    context.configure(
        connection=attributes["connection"],
        version_table=attributes["version_table"],
        target_metadata=attributes.get("metadata"),
    )
    with context.begin_transaction():
        context.run_migrations()
