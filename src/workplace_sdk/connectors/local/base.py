"""What every local service needs: its transaction, the person it is about, writing once per key, files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import sqlalchemy as sa
from attrs import frozen
from sqlalchemy.dialects import sqlite

from workplace_sdk.connectors.local.fingerprint import fingerprint
from workplace_sdk.connectors.local.schema import files, people, writes
from workplace_sdk.kernel.errors import NotFound, Rejected
from workplace_sdk.kernel.operation import Service
from workplace_sdk.kernel.words import Words
from workplace_sdk.services.common import Attachment, PersonRef, Ref, Upload
from workplace_sdk.services.files import refuse_types
from workplace_sdk.services.refusals import InvalidField, NotPossible

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Row

    from workplace_sdk.connectors.local.connector import Local
    from workplace_sdk.kernel.effects import Steps
    from workplace_sdk.kernel.keys import Key
    from workplace_sdk.kernel.session import Session

T = TypeVar("T")
SEVERAL = Words(
    "{name} could be several people: give a number, login or e-mail address",
    "{name} kan meer dan een persoon zijn: geef een nummer, inlognaam of e-mailadres",
)
USED_FOR = Words("this key was used for {operation} already", "deze sleutel is al gebruikt voor {operation}")
USED = Words("this key was used for something else already", "deze sleutel is al voor iets anders gebruikt")


@frozen
class Act(Generic[T]):
    """A write of the store.

    Attributes:
        operation: Its full name, such as ``rooms.book``.
        record: Does it in a transaction; the id of what was written.
        then: What it answers, of that id.
        asked: The arguments that make it this write and no other.
    """

    operation: str
    record: Callable[[Connection], int]
    then: Callable[[Connection, int], T]
    asked: tuple[object, ...]


@frozen
class Verdict(Generic[T]):
    """What became of a write that was tried and taken back.

    Attributes:
        result: What it would return; ``None`` when it would be refused.
        refusal: Why it would be.
        done: It was done already, with this key.
    """

    result: T | None = None
    refusal: Rejected | None = None
    done: bool = False


class LocalService(Service):
    """Base of the five local services: ``yield from self.reading(fn)`` and ``self.writing(key, fn)``, with ``fn(connection)``."""

    def __init__(self, connection: Local, session: Session) -> None:
        super().__init__(connection, session)
        self.local = connection

    def reading(self, fn: Callable[[Connection], T]) -> Steps[T]:
        """Run *fn* in a transaction that changes nothing."""
        return (yield from self.local.database.read(fn, what=self.service))

    def writing(
        self,
        key: Key | None,
        operation: str,
        fn: Callable[[Connection], int],
        then: Callable[[Connection, int], T],
        *,
        asked: Sequence[object] | None = None,
    ) -> Steps[T]:
        """Run *fn* once per *key* in one transaction and answer with *then* of the id it returned.

        A repeat with the same key does not run *fn* again: it answers with what the first one recorded, unless it asks
        for something else than that did.

        Args:
            asked: The arguments of the call, as far as they make it another one.
        """
        assert key is not None, "the driver makes a key for every write"
        digest = None if asked is None else fingerprint(*asked)

        def once(connection: Connection) -> T:
            values = {"key": key, "operation": operation, "at": self.session.now(), "fingerprint": digest}
            if connection.execute(_claim(connection, values)).scalar() is not None:
                record_id = fn(connection)
                connection.execute(writes.update().where(writes.c.key == key).values(record_id=record_id))
                return then(connection, record_id)
            known = _recorded(connection, key, operation, digest)
            assert known is not None
            return then(connection, known)

        return (yield from self.local.database.write(once, what=operation, key=key))

    def perform(self, act: Act[T], key: Key | None) -> Steps[T]:
        """Do *act* once per *key*."""
        return (yield from self.writing(key, act.operation, act.record, act.then, asked=act.asked))

    def attempt(self, act: Act[T], key: Key | None) -> Steps[Verdict[T]]:
        """What ``perform`` would do, for previews: it is done, looked at, and taken back."""

        def once(connection: Connection) -> Verdict[T]:
            try:
                known = _recorded(connection, key, act.operation, fingerprint(*act.asked))
                record_id = act.record(connection) if known is None else known
                return Verdict(act.then(connection, record_id), done=known is not None)
            except Rejected as refusal:
                return Verdict(refusal=refusal)
            finally:
                connection.rollback()

        return (yield from self.local.database.write(once, what=f"{act.operation}.preview", harmless=True))

    def done_before(self, connection: Connection, key: Key | None, operation: str, asked: Sequence[object]) -> bool:
        """For previews that do not try: whether the write with *key* was done already; ``Conflict`` when that was another one."""
        return _recorded(connection, key, operation, fingerprint(*asked)) is not None

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
            raise self._several(wanted.label, field)
        return rows[0]

    @staticmethod
    def _several(name: str, field: str) -> Rejected:
        return InvalidField(SEVERAL.filled(name=name), field=field)

    def employees(
        self, connection: Connection, persons: Sequence[PersonRef], *, field: str = "person"
    ) -> list[Row[Any] | None]:
        """The rows of *persons*, in that order, ``None`` for who is unknown; ``Rejected`` when someone could be several people."""
        wanted: dict[str, list[Any]] = defaultdict(list)
        named = [_named(person, self.connection_name) for person in persons]
        for column, value in named:
            wanted[column].append(value)
        found: dict[tuple[str, Any], Row[Any]] = {}
        for column, values in wanted.items():
            for some in chunks(values):
                for row in connection.execute(
                    sa.select(people, COMPARED[column].label("named")).where(COMPARED[column].in_(some))
                ):
                    if (column, row.named) in found:
                        raise self._several(row.display_name, field)
                    found[column, row.named] = row
        return [found.get(one) for one in named]

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
        found: dict[int | None, PersonRef] = {}
        for some in chunks(sorted(id_ for id_ in ids if id_ is not None)):
            rows = connection.execute(sa.select(people).where(people.c.id.in_(some)))
            found.update({row.id: self.person_ref(row) for row in rows})
        return found

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
    column, value = _named(person, name)
    return connection.execute(sa.select(people).where(COMPARED[column] == value).limit(2)).all()


def inserted(connection: Connection, table: sa.Table, values: dict[str, Any]) -> int:
    """Insert one row; its id."""
    return int(connection.execute(table.insert().values(**values).returning(table.c.id)).scalar_one())


def locked(connection: Connection, table: sa.Table, id_: int) -> Row[Any] | None:
    """A row, kept from other writers until the transaction ends (on SQLite the whole database is, from its start)."""
    return connection.execute(sa.select(table).where(table.c.id == id_).with_for_update()).one_or_none()


def _recorded(connection: Connection, key: Key | None, operation: str, digest: str | None) -> int | None:
    """The id of what the write with *key* recorded, ``None`` when there was none; ``Conflict`` when it was for something else."""
    row = connection.execute(sa.select(writes).where(writes.c.key == key)).one_or_none()
    if row is None:
        return None
    if row.operation != operation:
        raise NotPossible(USED_FOR.filled(operation=row.operation), field="key")
    if row.fingerprint is not None and digest is not None and row.fingerprint != digest:
        raise NotPossible(USED, field="key")
    return int(row.record_id)


def _claim(connection: Connection, values: dict[str, Any]) -> Any:
    """Insert the key unless it is there; a second writer with the same key waits for the first to end."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(writes).values(**values).on_conflict_do_nothing().returning(writes.c.key)
    return sqlite.insert(writes).values(**values).on_conflict_do_nothing().returning(writes.c.key)


COMPARED = {
    "id": people.c.id,
    "employee_number": people.c.employee_number,
    "login": people.c.login,
    "email": people.c.email,
    "dn": sa.func.lower(people.c.dn),
    "display_name": sa.func.lower(people.c.display_name),
}
"""What people are looked up by; logins and addresses are stored folded."""


def _named(person: PersonRef, connection_name: str) -> tuple[str, Any]:
    """By which of ``COMPARED``, and which value: the best that is known of *person*."""
    ref = person.ref
    if ref is not None and ref.connection == connection_name and ref.kind == "person" and ref.id.isdecimal():
        return "id", int(ref.id)
    for name, value in person.keys().items():
        return name, value
    return "display_name", (person.display_name or "").lower()


def chunks(values: Sequence[T], size: int = 1000) -> Iterator[Sequence[T]]:
    """*values* in parts that a database takes in one statement."""
    for start in range(0, len(values), size):
        yield values[start : start + size]
