"""Rows of incidents as models."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from attrs import frozen

from workplace_sdk.connectors.local.incidents_registers import IncidentRegisters, place_of
from workplace_sdk.connectors.local.incidents_tables import assets, ticket_categories, ticket_events, tickets
from workplace_sdk.connectors.local.schema import comments, files, writes
from workplace_sdk.kernel.errors import NotFound
from workplace_sdk.services.common import Attachment, Comment, Mapped, PersonRef
from workplace_sdk.services.incidents import (
    OPEN,
    Event,
    EventKind,
    Impact,
    Priority,
    Ticket,
    TicketKind,
    TicketStatus,
    Urgency,
    waiting_on,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Row

ERASED: Final = PersonRef(display_name="(erased)")
OPEN_WORDS: Final = tuple(sorted(status.value for status in OPEN))


@frozen
class _Found:
    """What belongs to some tickets, by their ids."""

    names: Mapping[int | None, PersonRef]
    categories: Mapping[int | None, Any]
    things: Mapping[int | None, Any]
    same: Mapping[int, int]
    attachments: Mapping[int, Sequence[Attachment]]
    keys: Mapping[int, str]


class IncidentRecords(IncidentRegisters):
    """Reading of incidents, shared by the operations."""

    @property
    def reopen_within(self) -> timedelta:
        """How long a solved ticket can be opened again; afterwards it counts as closed."""
        return timedelta(days=self.local.settings.reopen_within_days)

    def lapsed(self) -> Any:
        """Holds for tickets that were solved so long ago that they count as closed: nothing runs to close them."""
        return (tickets.c.status == "resolved") & (tickets.c.resolved_at < self.session.now() - self.reopen_within)

    def has_lapsed(self, row: Any) -> bool:
        """Whether the ticket of a row was solved so long ago that it counts as closed."""
        return bool(row.status == "resolved" and row.resolved_at < self.session.now() - self.reopen_within)

    def tickets_of(self, connection: Connection, rows: Sequence[Row[Any]]) -> tuple[Ticket, ...]:
        """Tickets with their people, category, asset and attachments, in the order of *rows*."""
        if not rows:
            return ()
        found = self._found(connection, rows)
        return tuple(self._ticket(row, found) for row in rows)

    def _found(self, connection: Connection, rows: Sequence[Row[Any]]) -> _Found:
        ids = [row.id for row in rows]
        people = {row.requester_id for row in rows} | {row.reported_by_id for row in rows} | {row.handler_id for row in rows}
        same = sa.select(tickets.c.parent_id, sa.func.count().label("reports")).where(tickets.c.parent_id.in_(ids))
        keys = sa.select(writes.c.key, writes.c.record_id).where(
            writes.c.operation == "incidents.report", writes.c.record_id.in_(ids)
        )
        return _Found(
            names=self.people_by_id(connection, people),
            categories=_by_id(connection, ticket_categories, {row.category_id for row in rows}),
            things=_by_id(connection, assets, {row.asset_id for row in rows}),
            same={row.parent_id: row.reports for row in connection.execute(same.group_by(tickets.c.parent_id))},
            attachments=self._attachments(connection, "incident", ids),
            keys={row.record_id: row.key for row in connection.execute(keys)},
        )

    def _attachments(self, connection: Connection, kind: str, ids: Sequence[int]) -> Mapping[int, Sequence[Attachment]]:
        columns = [column for column in files.c if column.name != "content"]
        chosen = sa.select(*columns).where(files.c.kind == kind, files.c.record_id.in_(ids)).order_by(files.c.id)
        found: defaultdict[int, list[Attachment]] = defaultdict(list)
        for row in connection.execute(chosen):
            found[row.record_id].append(self.attachment_of(row))
        return found

    def _ticket(self, row: Any, found: _Found) -> Ticket:
        lapsed = self.has_lapsed(row)
        status = TicketStatus.CLOSED if lapsed else TicketStatus(row.status)
        return Ticket(
            ref=self.ref("incident", row.id).model_copy(update={"version": str(row.revision)}),
            key=found.keys.get(row.id),
            fetched_at=self.session.now(),
            number=f"I{row.id:05d}",
            kind=TicketKind(row.kind),
            title=row.title,
            description=row.description,
            requester=found.names.get(row.requester_id, ERASED),
            reported_by=found.names.get(row.reported_by_id),
            category=found.categories[row.category_id].path if row.category_id else None,
            asset=found.things[row.asset_id].tag if row.asset_id in found.things else None,
            place=place_of(row),
            impact=Impact(row.impact),
            urgency=Urgency(row.urgency),
            priority=Mapped(value=Priority(row.priority)),
            status=Mapped(value=status),
            waiting_on=waiting_on(status),
            handler=found.names.get(row.handler_id),
            major=row.major,
            parent=self.ref("incident", row.parent_id) if row.parent_id else None,
            same_reports=found.same.get(row.id, 0),
            resolution=row.resolution,
            created_at=row.created_at,
            updated_at=row.updated_at,
            resolved_at=row.resolved_at,
            closed_at=row.resolved_at + self.reopen_within if lapsed else row.closed_at,
            since=row.since,
            next_update_by=row.next_update_by,
            due=row.due,
            contact=row.contact,
            attachments=tuple(found.attachments.get(row.id, ())),
        )

    def ticket(self, connection: Connection, id_: int) -> Ticket:
        """One ticket; ``NotFound`` when there is none."""
        rows = connection.execute(sa.select(tickets).where(tickets.c.id == id_)).all()
        if not rows:
            raise self.no_ticket(id_)
        return self.tickets_of(connection, rows)[0]

    def no_ticket(self, id_: int) -> NotFound:
        """That there is no ticket with that id."""
        return NotFound(f"there is no {self.ref('incident', id_)}", field="ref")

    def events_of(self, connection: Connection, id_: int, *, internal: bool = False) -> tuple[Event, ...]:
        """What happened to a ticket, as its requester may see it; with *internal* as its handlers may."""
        chosen = sa.select(ticket_events).where(ticket_events.c.ticket_id == id_).order_by(ticket_events.c.id)
        if not internal:
            chosen = chosen.where(~ticket_events.c.internal)
        rows = connection.execute(chosen).all()
        names = self.people_by_id(connection, {row.by_id for row in rows})
        events = [
            Event(
                at=row.at,
                kind=EventKind(row.kind),
                by=names.get(row.by_id),
                text=row.text,
                status=TicketStatus(row.status) if row.status else None,
                internal=row.internal,
            )
            for row in rows
        ]
        events += [
            Event(at=one.at, kind=EventKind.COMMENTED, by=one.author, text=one.body, attachments=one.attachments)
            for one in self.comments_of(connection, (comments.c.kind == "incident") & (comments.c.record_id == id_))
        ]
        return tuple(sorted(events, key=lambda event: event.at))

    def comments_of(self, connection: Connection, chosen: sa.ColumnElement[bool]) -> tuple[Comment, ...]:
        """The comments that are *chosen*, oldest first."""
        rows = connection.execute(sa.select(comments).where(chosen).order_by(comments.c.id)).all()
        authors = self.people_by_id(connection, {row.author_id for row in rows})
        attachments = self._attachments(connection, "comment", [row.id for row in rows])
        return tuple(
            Comment(
                ref=self.ref("comment", row.id),
                author=authors.get(row.author_id, ERASED),
                at=row.at,
                body=row.body,
                attachments=tuple(attachments.get(row.id, ())),
            )
            for row in rows
        )


def _by_id(connection: Connection, table: sa.Table, ids: set[int | None]) -> dict[int | None, Any]:
    wanted = {id_ for id_ in ids if id_ is not None}
    return {row.id: row for row in connection.execute(sa.select(table).where(table.c.id.in_(wanted)))} if wanted else {}
