"""Incidents in the local store."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from workplace_sdk.connectors.local.base import inserted, locked
from workplace_sdk.connectors.local.incidents_records import IncidentRecords, telling
from workplace_sdk.connectors.local.incidents_tables import assets, ticket_categories, ticket_events, tickets
from workplace_sdk.connectors.local.schema import comments, files
from workplace_sdk.kernel.effects import Page, PageSteps, Steps
from workplace_sdk.kernel.errors import Conflict, InvalidInput, NotFound
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.listing import Listing
from workplace_sdk.kernel.operation import pages, read, write
from workplace_sdk.kernel.support import Native
from workplace_sdk.services.common import Comment, PersonRef, Ref, Upload
from workplace_sdk.services.incidents import (
    MATRIX,
    OPEN,
    Asset,
    Category,
    Event,
    Incidents,
    Place,
    Priority,
    ReopenWindowPassed,
    Similar,
    Ticket,
    TicketChange,
    TicketClosed,
    TicketDraft,
    TicketStatus,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

HERE: Final = Native(evidence="live")
REOPEN_WITHIN: Final = timedelta(days=30)
_OPEN: Final = tuple(status.value for status in OPEN)


class LocalIncidents(IncidentRecords, Incidents):
    """Tickets in our own tables."""

    @read(support=HERE)
    def categories(self) -> Steps[Listing[Category]]:
        def query(connection: Connection) -> Listing[Category]:
            rows = connection.execute(sa.select(ticket_categories).order_by(ticket_categories.c.path)).all()
            found = (Category(ref=self.ref("category", row.id), path=tuple(row.path.split(" / "))) for row in rows)
            return Listing(found, answered=(self.connection_name,))

        return (yield from self.reading(query))

    @read(support=HERE)
    def assets(
        self, *, person: PersonRef | None = None, place: Place | None = None, tag: str | None = None
    ) -> Steps[Listing[Asset]]:
        def query(connection: Connection) -> Listing[Asset]:
            chosen = sa.select(assets).order_by(assets.c.tag)
            if tag is not None:
                chosen = chosen.where(sa.func.lower(assets.c.tag) == tag.lower())
            for name, value in (place or Place()).model_dump(exclude_none=True).items():
                chosen = chosen.where(sa.func.lower(assets.c[name]) == value.lower())
            if person is not None or (place is None and tag is None):
                chosen = chosen.where(assets.c.owner_id == self.employee(connection, person).id)
            rows = connection.execute(chosen.limit(1000)).all()
            names = self.people_by_id(connection, {row.owner_id for row in rows})
            return Listing((self.asset_of(row, names) for row in rows), answered=(self.connection_name,))

        return (yield from self.reading(query))

    @read(support=HERE)
    def similar(self, draft: TicketDraft) -> Steps[Listing[Similar]]:
        def query(connection: Connection) -> Listing[Similar]:
            category_id, asset_id = self._category(connection, draft), self._asset(connection, draft)
            return Listing(self.similar_to(connection, draft, category_id, asset_id), answered=(self.connection_name,))

        return (yield from self.reading(query))

    @write(Safety.KEYED, support=Native(evidence="live", limits={"attachment_bytes": 10_000_000, "attachments": 20}))
    def report(self, draft: TicketDraft, *, key: Key | None = None) -> Steps[Ticket]:
        def record(connection: Connection) -> int:
            requester = self.employee(connection, draft.person)
            parent = self.id_of(draft.me_too, "incident") if draft.me_too else None
            if parent is not None:
                self._open_ticket(connection, parent)
            now = self.session.now()
            values = {
                "kind": draft.kind.value,
                "title": draft.what,
                "description": draft.details,
                "folded": " ".join(sorted(telling(f"{draft.what} {draft.details}"))),
                "requester_id": requester.id,
                "reported_by_id": self._caller_id(connection),
                "category_id": self._category(connection, draft),
                "asset_id": self._asset(connection, draft),
                "impact": draft.impact.value,
                "urgency": draft.urgency.value,
                "priority": MATRIX[draft.impact, draft.urgency].value,
                "status": "new",
                "parent_id": parent,
                "created_at": now,
                "updated_at": now,
                **(draft.place or Place()).model_dump(),
            }
            id_ = inserted(connection, tickets, values)
            self._event(connection, id_, "reported", "")
            for upload in draft.attachments:
                self.keep_file(connection, upload, kind="incident", record_id=id_, owner_id=requester.id)
            return id_

        return (yield from self.writing(key, "incidents.report", record, self.ticket))

    @report.reconciles
    def reported(self, key: Key) -> Steps[Ticket | None]:
        """The ticket that *key* made."""
        return (yield from self.written(key, "incidents.report", self.ticket))

    @pages(support=HERE)
    def requests(self, person: PersonRef | None = None, *, open: bool = True) -> PageSteps[Ticket]:
        def mine(connection: Connection) -> Any:
            whose = tickets.c.requester_id == self.employee(connection, person).id
            return whose & tickets.c.status.in_((*_OPEN, "resolved")) if open else whose

        return (yield from self._paged(mine, newest=True))

    @pages(support=HERE)
    def inbox(self, person: PersonRef | None = None) -> PageSteps[Ticket]:
        def waiting(connection: Connection) -> Any:
            me = self.employee(connection, person).id
            asked = (tickets.c.requester_id == me) & tickets.c.status.in_(("waiting_for_requester", "resolved"))
            return asked | ((tickets.c.handler_id == me) & tickets.c.status.in_(("new", "open", "in_progress")))

        return (yield from self._paged(waiting))

    @pages(support=HERE)
    def queue(self, *, status: frozenset[TicketStatus] = OPEN) -> PageSteps[Ticket]:
        return (yield from self._paged(lambda _: tickets.c.status.in_([one.value for one in status]), by_priority=True))

    @read(support=HERE)
    def get(self, ref: Ref) -> Steps[Ticket]:
        return (yield from self.reading(lambda connection: self.ticket(connection, self.id_of(ref, "incident"))))

    @read(support=HERE)
    def timeline(self, ref: Ref) -> Steps[Listing[Event]]:
        id_ = self.id_of(ref, "incident")
        return (
            yield from self.reading(lambda c: Listing(self.events_of(c, self._there(c, id_)), answered=(self.connection_name,)))
        )

    @write(Safety.KEYED, support=Native(evidence="live", limits={"attachment_bytes": 10_000_000}))
    def comment(self, ref: Ref, body: str, *, uploads: tuple[Upload, ...] = (), key: Key | None = None) -> Steps[Comment]:
        id_ = self.id_of(ref, "incident")
        if not body.strip() and not uploads:
            raise InvalidInput("say something, or add a file", field="body")

        def record(connection: Connection) -> int:
            row = self._open_ticket(connection, id_, also=("resolved",))
            author = self._caller_id(connection)
            comment_id = self.keep_comment(connection, kind="incident", record_id=id_, author_id=author, body=body)
            for upload in uploads:
                self.keep_file(connection, upload, kind="comment", record_id=comment_id, owner_id=author)
            goes_on = row.status == "waiting_for_requester" and author == row.requester_id
            self._set(connection, id_, **({"status": "open"} if goes_on else {}))
            return comment_id

        def told(connection: Connection, comment_id: int) -> Comment:
            return next(
                one for one in self.comments_of(connection, "incident", id_) if one.ref == self.ref("comment", comment_id)
            )

        return (yield from self.writing(key, "incidents.comment", record, told))

    @read(support=HERE)
    def attachment(self, ticket: Ref, ref: Ref) -> Steps[bytes]:
        ticket_id = self.id_of(ticket, "incident")
        on_comment = sa.select(comments.c.id).where(comments.c.kind == "incident", comments.c.record_id == ticket_id)
        direct = (files.c.kind == "incident") & (files.c.record_id == ticket_id)
        indirect = (files.c.kind == "comment") & files.c.record_id.in_(on_comment)

        def query(connection: Connection) -> bytes:
            chosen = sa.select(files.c.content).where(files.c.id == self.id_of(ref, "file"), direct | indirect)
            content = connection.execute(chosen).scalar()
            if content is None:
                raise NotFound(f"there is no file {ref} with {ticket}", field="ref")
            return bytes(content)

        return (yield from self.reading(query))

    @write(Safety.KEYED, support=HERE)
    def escalate(self, ref: Ref, reason: str, *, key: Key | None = None) -> Steps[Ticket]:
        if not reason.strip():
            raise InvalidInput("say why it cannot wait", field="reason")

        def change(connection: Connection, row: Any) -> None:
            higher = Priority(f"P{max(1, int(row.priority[1:]) - 1)}")
            self._set(connection, row.id, priority=higher.value)
            self._event(connection, row.id, "escalated", reason)

        return (yield from self._changing(ref, key, "incidents.escalate", change))

    @write(Safety.KEYED, support=HERE)
    def confirm_resolved(self, ref: Ref, *, key: Key | None = None) -> Steps[Ticket]:
        def change(connection: Connection, row: Any) -> None:
            if row.status != "resolved":
                raise Conflict("nobody said yet that it is solved", field="ref", native_code=row.status)
            self._set(connection, row.id, status="closed")
            self._event(connection, row.id, "changed", "closed")

        return (yield from self._changing(ref, key, "incidents.confirm_resolved", change, also=("resolved",)))

    @write(Safety.KEYED, support=HERE)
    def reopen(self, ref: Ref, reason: str, *, key: Key | None = None) -> Steps[Ticket]:
        def change(connection: Connection, row: Any) -> None:
            if row.status not in ("resolved", "closed"):
                raise Conflict("it is open", field="ref", native_code=row.status)
            if row.resolved_at is None or self.session.now() - row.resolved_at > REOPEN_WITHIN:
                raise ReopenWindowPassed(field="ref")
            self._set(connection, row.id, status="open", resolved_at=None)
            self._event(connection, row.id, "changed", f"open: {reason}")

        return (yield from self._changing(ref, key, "incidents.reopen", change, also=("resolved", "closed")))

    @write(Safety.KEYED, support=HERE)
    def cancel(self, ref: Ref, *, reason: str | None = None, key: Key | None = None) -> Steps[Ticket]:
        def change(connection: Connection, row: Any) -> None:
            self._set(connection, row.id, status="cancelled")
            self._event(connection, row.id, "changed", f"cancelled: {reason}" if reason else "cancelled")

        return (yield from self._changing(ref, key, "incidents.cancel", change))

    @read(support=HERE)
    def disruptions(self, *, site: str | None = None) -> Steps[Listing[Similar]]:
        def query(connection: Connection) -> Listing[Similar]:
            chosen = sa.select(tickets).where(tickets.c.major, tickets.c.status.in_(_OPEN)).order_by(tickets.c.id.desc())
            if site is not None:
                chosen = chosen.where(tickets.c.site.is_(None) | (sa.func.lower(tickets.c.site) == site.lower()))
            rows = connection.execute(chosen.limit(100)).all()
            return Listing((self.similar_of(row, Decimal(1), ("major",)) for row in rows), answered=(self.connection_name,))

        return (yield from self.reading(query))

    @write(Safety.KEYED, support=HERE)
    def handle(self, ref: Ref, change: TicketChange, *, key: Key | None = None) -> Steps[Ticket]:
        def record(connection: Connection, row: Any) -> None:
            values: dict[str, Any] = change.model_dump(exclude_none=True, include={"resolution", "next_update_by", "major"})
            if change.status is TicketStatus.RESOLVED:
                if not (change.resolution or row.resolution):
                    raise InvalidInput("say what the solution is", field="resolution")
                values["resolved_at"] = self.session.now()
            if change.status is not None:
                values["status"] = change.status.value
            if change.priority is not None:
                values["priority"] = change.priority.value
            if change.handler is not None:
                values["handler_id"] = self.employee(connection, change.handler, field="handler").id
            if change.parent is not None:
                values["parent_id"] = self.id_of(change.parent, "incident")
            self._set(connection, row.id, **values)
            said = ", ".join(f"{name}: {value}" for name, value in values.items() if name in ("status", "priority"))
            if said:
                self._event(connection, row.id, "changed", said)
            if change.note:
                self._event(connection, row.id, "commented", change.note, internal=change.internal)

        return (yield from self._changing(ref, key, "incidents.handle", record, also=("resolved",)))

    def _changing(
        self,
        ref: Ref,
        key: Key | None,
        operation: str,
        change: Callable[[Connection, Any], None],
        *,
        also: tuple[str, ...] = (),
    ) -> Steps[Ticket]:
        """Run *change* on a ticket that is open (or in one of *also*), kept from others meanwhile."""
        id_ = self.id_of(ref, "incident")

        def record(connection: Connection) -> int:
            change(connection, self._open_ticket(connection, id_, also=also))
            return id_

        return (yield from self.writing(key, operation, record, self.ticket))

    def _open_ticket(self, connection: Connection, id_: int, *, also: tuple[str, ...] = ()) -> Any:
        row = locked(connection, tickets, id_)
        if row is None:
            raise NotFound(f"there is no ticket {id_}", field="ref")
        if row.status not in (*_OPEN, *also):
            raise TicketClosed(f"it is {row.status}", field="ref", native_code=row.status)
        return row

    def _there(self, connection: Connection, id_: int) -> int:
        self.ticket(connection, id_)
        return id_

    def _set(self, connection: Connection, id_: int, **values: Any) -> None:
        connection.execute(tickets.update().where(tickets.c.id == id_).values(updated_at=self.session.now(), **values))

    def _event(self, connection: Connection, id_: int, kind: str, text: str, *, internal: bool = False) -> None:
        values = {"ticket_id": id_, "at": self.session.now(), "kind": kind, "by_id": self._caller_id(connection), "text": text}
        inserted(connection, ticket_events, {**values, "internal": internal})

    def _category(self, connection: Connection, draft: TicketDraft) -> int | None:
        if draft.category is None:
            return None
        rows = connection.execute(sa.select(ticket_categories)).all()
        for row in rows:
            wanted = draft.category
            if wanted == self.ref("category", row.id) or (
                isinstance(wanted, str) and wanted.casefold() in (row.path.casefold(), row.path.casefold().split(" / ")[-1])
            ):
                return int(row.id)
        known = ", ".join(row.path for row in rows) or "none"
        raise NotFound(f"there is no category {draft.category}; there is: {known}", field="category")

    def _asset(self, connection: Connection, draft: TicketDraft) -> int | None:
        if draft.asset is None:
            return None
        found = connection.execute(sa.select(assets.c.id).where(sa.func.lower(assets.c.tag) == draft.asset.lower())).scalar()
        if found is None:
            raise NotFound(f"there is no thing with the tag {draft.asset}", field="asset")
        return int(found)

    def _paged(
        self, chosen: Callable[[Connection], Any], *, newest: bool = False, by_priority: bool = False
    ) -> PageSteps[Ticket]:
        size, start = 100, 0
        order = (tickets.c.priority, tickets.c.id) if by_priority else (tickets.c.id.desc(),) if newest else (tickets.c.id,)
        while True:

            def query(connection: Connection, start: int = start) -> tuple[Ticket, ...]:
                rows = connection.execute(
                    sa.select(tickets).where(chosen(connection)).order_by(*order).limit(size).offset(start)
                ).all()
                return self.tickets_of(connection, rows)

            found = yield from self.reading(query)
            yield Page(found)
            if len(found) < size:
                return
            start += size
