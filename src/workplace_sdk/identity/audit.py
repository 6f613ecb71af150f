"""The audit log in the store: who, for whom, what, key, outcome. Append-only; no reasons, nothing of the contents.

The database itself refuses to change or remove a row, but for two things: replacing a person who must be
forgotten by ``erased:...``, and removing rows older than ``KEPT``.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from attrs import frozen

from workplace_sdk.wires.sql import Database, migrate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection, Engine

    from workplace_sdk.kernel.connector import Connector
    from workplace_sdk.kernel.effects import Steps
    from workplace_sdk.kernel.errors import WorkplaceError
    from workplace_sdk.kernel.keys import Key
    from workplace_sdk.kernel.session import Call, Outcome
    from workplace_sdk.services.common import PersonRef

KEPT: Final = timedelta(days=365)
"""How long a row can not be removed."""
HEAD: Final = "0002"

metadata: Final = sa.MetaData()
audit_log: Final = sa.Table(
    "audit_log",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", sa.Text, nullable=False, index=True),  # UTC, ISO 8601 with microseconds
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("operation", sa.Text, nullable=False),
    sa.Column("caller", sa.Text),
    sa.Column("subject", sa.Text),
    sa.Column("connection", sa.Text),
    sa.Column("acts_as", sa.Text),
    sa.Column("key", sa.Text, index=True),
    sa.Column("error", sa.Text),
)


@frozen
class AuditEntry:
    """One row: *outcome* is ``intended`` before a write, then ``done``, ``rejected``, ``failed`` or ``unknown``; ``refused``
    when the caller was not allowed.
    """

    at: datetime
    outcome: str
    operation: str
    caller: str | None
    subject: str | None
    connection: str | None
    acts_as: str | None
    key: str | None
    error: str | None


class StoredAudit:
    """Appends to the ``audit_log`` table of the store."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._erasing: dict[str, str] = {}
        database.prepare(prepare)

    def record(self, call: Call, outcome: Outcome, error: WorkplaceError | None = None) -> Steps[None]:
        """Append one row about *call*."""
        connection = _place(call)
        values = {
            "at": _text(call.session.now()),
            "outcome": outcome.value,
            "operation": call.name,
            "caller": name_of(call.session.caller),
            "subject": self._erasing.pop(call.key or "", None) or name_of(call.subject),
            "connection": connection.name if connection else call.connection,
            "acts_as": connection.acts_as if connection else None,
            "key": call.key,
            "error": error.code if error else None,
        }

        def append(connection: Connection) -> None:
            connection.execute(audit_log.insert().values(**values))

        yield from self._database.write(append, "the audit log", harmless=True)

    def entries(
        self, *, person: PersonRef | None = None, key: str | None = None, most: int = 1000
    ) -> Steps[tuple[AuditEntry, ...]]:
        """The newest rows first, at most *most*: of a person as caller or subject, or of one key."""
        query = sa.select(audit_log).order_by(audit_log.c.id.desc()).limit(most)
        if person is not None:
            names = _names(person)
            query = query.where(audit_log.c.caller.in_(names) | audit_log.c.subject.in_(names))
        if key is not None:
            query = query.where(audit_log.c.key == key)
        rows = yield from self._database.read(lambda connection: connection.execute(query).all(), "the audit log")
        return tuple(_entry(row) for row in rows)

    def erase(self, people: Sequence[PersonRef], pseudonym: str, *, key: Key | None = None) -> Steps[int]:
        """Replace *people*, who are one person, by ``erased:PSEUDONYM`` in every row; how many rows.

        The call with *key*, which erases them, is written down with the pseudonym too, and its rows are not counted.
        """
        names = sorted({name for person in people for name in _names(person)})
        erased = f"erased:{pseudonym}"
        theirs = audit_log.c.caller.in_(names) | audit_log.c.subject.in_(names)
        others = sa.select(sa.func.count()).where(theirs, audit_log.c.key.is_distinct_from(key))

        def replace(connection: Connection) -> int:
            changed = connection.execute(others).scalar_one()
            for column in (audit_log.c.caller, audit_log.c.subject):
                connection.execute(audit_log.update().where(column.in_(names)).values({column: erased}))
            return changed

        changed = yield from self._database.write(replace, "the audit log", harmless=True)
        if key:
            self._erasing[key] = erased
        return changed

    def older(self, before: datetime) -> Steps[int]:
        """How many rows are older than *before* and may be removed."""
        query = sa.select(sa.func.count()).select_from(audit_log).where(_removable(before))
        return (yield from self._database.read(lambda connection: connection.execute(query).scalar_one(), "the audit log"))

    def prune(self, before: datetime) -> Steps[int]:
        """Remove rows older than *before*; how many. Rows younger than ``KEPT`` stay."""
        query = audit_log.delete().where(_removable(before))
        return (
            yield from self._database.write(
                lambda connection: connection.execute(query).rowcount, "the audit log", harmless=True
            )
        )


def _removable(before: datetime) -> sa.ColumnElement[bool]:
    """Rows from before *before* that the database lets go: by the clock of this machine, as there."""
    from datetime import UTC, datetime, timedelta

    youngest = datetime.now(UTC) - KEPT - timedelta(minutes=1)
    return audit_log.c.at < _text(min(before, youngest))


def _place(call: Call) -> Connector | None:
    """Where the call goes: of several connections behind one service the one that is written to, or where the record lives."""
    service: Any = call.service
    at_home = getattr(service, "home_of", None)  # what answers for several connections has one
    if at_home is not None:
        service = at_home(call.arguments)
    return service.connection if service is not None else None


def name_of(person: PersonRef | None) -> str | None:
    """How a person is written in the log: by one strong key, else by reference or name."""
    return None if person is None else _names(person)[0]


def _names(person: PersonRef) -> list[str]:
    keys = [f"{name}:{value}" for name, value in person.keys().items()]
    ref = [str(person.ref)] if person.ref else []
    name = [f"name:{person.display_name}"] if person.display_name else []
    return keys + ref + name


def _text(at: datetime) -> str:
    from datetime import UTC

    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _entry(row: Any) -> AuditEntry:
    from datetime import datetime

    values = {column.name: getattr(row, column.name) for column in audit_log.c if column.name not in ("id", "at")}
    return AuditEntry(at=datetime.fromisoformat(row.at), **values)


def prepare(engine: Engine) -> None:
    """Create the table and what protects it, or bring them up to date."""
    migrate(engine, scripts="workplace_sdk.identity:migrations", version_table="audit_version", head=HEAD)
