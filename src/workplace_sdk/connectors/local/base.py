"""What every local service needs: its transaction, the person it is about, writing once per key, files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from workplace_sdk.connectors.local.schema import files, people, writes
from workplace_sdk.kernel.errors import Conflict, NotFound, Rejected
from workplace_sdk.kernel.operation import Service
from workplace_sdk.services.common import Attachment, PersonRef, Ref, Upload
from workplace_sdk.services.files import refuse_types

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Row

    from workplace_sdk.connectors.local.connector import Local
    from workplace_sdk.kernel.effects import Steps
    from workplace_sdk.kernel.keys import Key
    from workplace_sdk.kernel.session import Session

T = TypeVar("T")


class LocalService(Service):
    """Base of the five local services: ``yield from self.reading(fn)`` and ``self.writing(key, fn)``, with ``fn(connection)``."""

    def __init__(self, connection: Local, session: Session) -> None:
        super().__init__(connection, session)
        self.local = connection

    def reading(self, fn: Callable[[Connection], T]) -> Steps[T]:
        """Run *fn* in a transaction that changes nothing."""
        return (yield from self.local.database.read(fn, what=self.service))

    def writing(
        self, key: Key | None, operation: str, fn: Callable[[Connection], int], then: Callable[[Connection, int], T]
    ) -> Steps[T]:
        """Run *fn* once per *key* in one transaction and answer with *then* of the id it returned.

        A repeat with the same key does not run *fn* again: it answers with what the first one recorded.
        """
        assert key is not None, "the driver makes a key for every write"

        def once(connection: Connection) -> T:
            claimed = connection.execute(_claim(connection, key, operation, self.session.now())).scalar()
            if claimed is not None:
                record_id = fn(connection)
                connection.execute(writes.update().where(writes.c.key == key).values(record_id=record_id))
                return then(connection, record_id)
            row = connection.execute(sa.select(writes).where(writes.c.key == key)).one()
            if row.operation != operation:
                raise Conflict(f"this key was used for {row.operation} already", field="key")
            return then(connection, row.record_id)

        return (yield from self.local.database.write(once, what=operation, key=key))

    def written(self, key: Key, operation: str, then: Callable[[Connection, int], T]) -> Steps[T | None]:
        """For ``reconcile``: *then* of the record that *key* made, ``None`` when it made none."""

        def look(connection: Connection) -> T | None:
            found = sa.select(writes.c.record_id).where(writes.c.key == key, writes.c.operation == operation)
            record_id = connection.execute(found).scalar()
            return None if record_id is None else then(connection, record_id)

        return (yield from self.reading(look))

    def key_of(self, connection: Connection, operation: str, record_id: int) -> str | None:
        """The key that made a record."""
        query = sa.select(writes.c.key).where(writes.c.operation == operation, writes.c.record_id == record_id)
        return connection.execute(query.limit(1)).scalar()

    def ref(self, kind: str, id_: int) -> Ref:
        """Reference to a record of this connection."""
        return Ref(connection=self.connection_name, kind=kind, id=str(id_))

    def id_of(self, ref: Ref, kind: str) -> int:
        """The id in *ref*, when it is a *kind* of this connection; ``NotFound`` else."""
        if ref.connection != self.connection_name or ref.kind != kind or not ref.id.isdecimal() or len(ref.id) > 15:
            raise NotFound(f"{ref} is no {kind} of {self.connection_name}", field="ref")
        return int(ref.id)

    def employee(self, connection: Connection, person: PersonRef | None, *, field: str = "person") -> Row[Any]:
        """The row of *person* (of the caller when ``None``); ``NotFound`` when unknown, ``Rejected`` when ambiguous."""
        wanted: PersonRef = self.person(person)
        rows = matching(connection, wanted, self.connection_name)
        if not rows:
            raise NotFound(f"{wanted.label} is not known here", field=field)
        if len(rows) > 1:
            raise Rejected(f"{wanted.label} could be several people: give a number, login or e-mail address", field=field)
        return rows[0]

    def _caller_id(self, connection: Connection) -> int | None:
        """The caller's id; ``None`` for a service account or someone who is not in this store."""
        if self.session.caller is None or self.session.caller.group:
            return None
        try:
            return int(self.employee(connection, self.session.caller).id)
        except NotFound:
            return None

    def person_ref(self, row: Any) -> PersonRef:
        """The person of a row of ``people``."""
        return PersonRef(
            ref=self.ref("person", row.id),
            display_name=row.display_name,
            email=row.email,
            login=row.login,
            employee_number=row.employee_number,
            dn=row.dn,
        )

    def people_by_id(self, connection: Connection, ids: set[int | None]) -> dict[int | None, PersonRef]:
        """People by id, for filling in records."""
        wanted = {id_ for id_ in ids if id_ is not None}
        rows = connection.execute(sa.select(people).where(people.c.id.in_(wanted))) if wanted else ()
        return {row.id: self.person_ref(row) for row in rows}

    def keep_file(
        self, connection: Connection, upload: Upload, *, kind: str, record_id: int | None, owner_id: int | None
    ) -> int:
        """Keep the bytes of *upload* with a record; its id. ``AttachmentTypeRefused`` when files of its kind are not taken."""
        refuse_types((upload,), self.local.settings.attachment_types)
        values = {
            "kind": kind,
            "record_id": record_id,
            "owner_id": owner_id,
            "name": upload.name,
            "media_type": upload.media_type,
            "size": upload.size,
            "sha256": upload.sha256,
            "content": upload.content,
            "created_at": self.session.now(),
        }
        return inserted(connection, files, values)

    def attachment_of(self, row: Any) -> Attachment:
        """The attachment of a row of ``files``."""
        return Attachment(
            ref=self.ref("file", row.id),
            name=row.name,
            media_type=row.media_type,
            size=row.size,
            sha256=row.sha256,
            created_at=row.created_at,
        )


def matching(connection: Connection, person: PersonRef, name: str) -> Sequence[Row[Any]]:
    """Rows of ``people`` that may be *person*, at most two: by the best key that is known."""
    return connection.execute(sa.select(people).where(_matches(person, name)).limit(2)).all()


def inserted(connection: Connection, table: sa.Table, values: dict[str, Any]) -> int:
    """Insert one row; its id."""
    return int(connection.execute(table.insert().values(**values).returning(table.c.id)).scalar_one())


def locked(connection: Connection, table: sa.Table, id_: int) -> Row[Any] | None:
    """A row, kept from other writers until the transaction ends (on SQLite the whole database is, from its start)."""
    return connection.execute(sa.select(table).where(table.c.id == id_).with_for_update()).one_or_none()


def _claim(connection: Connection, key: Key, operation: str, at: datetime) -> Any:
    """Insert the key unless it is there; a second writer with the same key waits for the first to end."""
    values = {"key": key, "operation": operation, "at": at}
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(writes).values(**values).on_conflict_do_nothing().returning(writes.c.key)
    return sqlite.insert(writes).values(**values).on_conflict_do_nothing().returning(writes.c.key)


def _matches(person: PersonRef, connection_name: str) -> sa.ColumnElement[bool]:
    if (
        person.ref is not None
        and person.ref.connection == connection_name
        and person.ref.kind == "person"
        and person.ref.id.isdecimal()
    ):
        return people.c.id == int(person.ref.id)
    for name, value in person.keys().items():
        column = people.c[name]
        return (sa.func.lower(column) if name == "dn" else column) == value
    return sa.func.lower(people.c.display_name) == (person.display_name or "").lower()
