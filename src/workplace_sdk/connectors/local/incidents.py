"""Incidents in the local store: reporting, handling, closing."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from workplace_sdk.connectors.local.base import inserted, locked
from workplace_sdk.connectors.local.incidents_reads import HERE, OPEN_WORDS, IncidentReads
from workplace_sdk.connectors.local.incidents_records import place_columns
from workplace_sdk.connectors.local.incidents_tables import ticket_events, tickets
from workplace_sdk.connectors.local.schema import comments, files
from workplace_sdk.kernel.effects import Steps
from workplace_sdk.kernel.errors import Conflict, InvalidInput, NotFound
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.operation import write
from workplace_sdk.kernel.preview import Preview
from workplace_sdk.kernel.support import Native
from workplace_sdk.search.tickets import telling
from workplace_sdk.services.common import Attachment, Comment, Ref, Upload
from workplace_sdk.services.incidents import (
    Priority,
    ReopenWindowPassed,
    Ticket,
    TicketChange,
    TicketClosed,
    TicketDraft,
    TicketStatus,
    may_follow,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

LARGEST: Final = 10_000_000
WITH_FILES: Final = Native(evidence="live", limits={"attachment_bytes": LARGEST})


class LocalIncidents(IncidentReads):
    """Tickets in our own tables. Writers of one ticket wait for each other."""

    @write(Safety.KEYED, support=Native(evidence="live", limits={"attachment_bytes": LARGEST, "attachments": 20}))
    def report(self, draft: TicketDraft, *, key: Key | None = None) -> Steps[Ticket]:
        def record(connection: Connection) -> int:
            requester = self.employee(connection, draft.person)
            now = self.session.now()
            values = {
                "kind": draft.kind.value,
                "title": draft.what,
                "description": draft.details,
                "folded": " ".join(sorted(telling(f"{draft.what} {draft.details}"))),
                "requester_id": requester.id,
                "reported_by_id": self._caller_id(connection),
                "category_id": self.category_id(connection, draft),
                "asset_id": self.asset_id(connection, draft),
                "impact": draft.impact.value,
                "urgency": draft.urgency.value,
                "priority": self.priority(connection, draft.impact, draft.urgency).value,
                "status": "new",
                "parent_id": self._root(connection, draft.me_too) if draft.me_too else None,
                "since": draft.since,
                "contact": draft.contact,
                "created_at": now,
                "updated_at": now,
                **place_columns(draft.place),
            }
            id_ = inserted(connection, tickets, values)
            self._event(connection, id_, "reported", status=TicketStatus.NEW)
            for upload in draft.attachments:
                self.keep_file(connection, upload, kind="incident", record_id=id_, owner_id=requester.id)
            return id_

        return (yield from self.writing(key, "incidents.report", record, self.ticket))

    @report.previews
    def preview_report(self, draft: TicketDraft, *, key: Key | None = None) -> Steps[Preview]:
        """Its priority as the organisation has it, and tickets that say the same."""
        from workplace_sdk.services.incidents_preview import of_report

        priority = yield from self.reading(lambda connection: self.priority(connection, draft.impact, draft.urgency))
        return (yield from of_report(self, draft, key, priority))

    @report.reconciles
    def reported(self, key: Key) -> Steps[Ticket | None]:
        """The ticket that *key* made."""
        return (yield from self.written(key, "incidents.report", self.ticket))

    def _root(self, connection: Connection, ref: Ref) -> int:
        """The ticket that others are counted with: *ref*, or the one that it is counted with itself; open, and locked."""
        id_ = self.id_of(ref, "incident")
        above = connection.execute(sa.select(tickets.c.parent_id).where(tickets.c.id == id_)).scalar()
        return int(self._open_ticket(connection, above or id_).id)

    @write(Safety.KEYED, support=WITH_FILES)
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
            if row.status == "waiting_for_requester" and author == row.requester_id:
                self._becomes(connection, row, TicketStatus.OPEN)
            self._touch(connection, id_)
            return comment_id

        return (yield from self.writing(key, "incidents.comment", record, self._comment))

    def _comment(self, connection: Connection, id_: int) -> Comment:
        ticket_id = connection.execute(sa.select(comments.c.record_id).where(comments.c.id == id_)).scalar_one()
        wanted = self.ref("comment", id_)
        return next(one for one in self.comments_of(connection, "incident", ticket_id) if one.ref == wanted)

    @comment.reconciles
    def commented(self, key: Key) -> Steps[Comment | None]:
        """The comment that *key* made."""
        return (yield from self.written(key, "incidents.comment", self._comment))

    @write(Safety.KEYED, support=WITH_FILES)
    def attach(self, ref: Ref, upload: Upload, *, key: Key | None = None) -> Steps[Attachment]:
        id_ = self.id_of(ref, "incident")

        def record(connection: Connection) -> int:
            self._open_ticket(connection, id_, also=("resolved",))
            owner = self._caller_id(connection)
            file_id = self.keep_file(connection, upload, kind="incident", record_id=id_, owner_id=owner)
            self._event(connection, id_, "attached", upload.name)
            self._touch(connection, id_)
            return file_id

        return (yield from self.writing(key, "incidents.attach", record, self._file))

    @attach.reconciles
    def attached(self, key: Key) -> Steps[Attachment | None]:
        """The file that *key* added."""
        return (yield from self.written(key, "incidents.attach", self._file))

    def _file(self, connection: Connection, id_: int) -> Attachment:
        columns = [column for column in files.c if column.name != "content"]
        return self.attachment_of(connection.execute(sa.select(*columns).where(files.c.id == id_)).one())

    @write(Safety.KEYED, support=HERE)
    def escalate(self, ref: Ref, reason: str, *, key: Key | None = None) -> Steps[Ticket]:
        if not reason.strip():
            raise InvalidInput("say why it cannot wait", field="reason")

        def change(connection: Connection, row: Any) -> None:
            higher = Priority(f"P{max(1, int(row.priority[1:]) - 1)}")
            self._set(connection, row, priority=higher.value)
            self._event(connection, row.id, "escalated", reason)

        return (yield from self._changing(ref, key, "incidents.escalate", change))

    @escalate.reconciles
    def escalated(self, key: Key) -> Steps[Ticket | None]:
        """The ticket that *key* escalated."""
        return (yield from self.written(key, "incidents.escalate", self.ticket))

    @write(Safety.KEYED, support=HERE)
    def confirm_resolved(self, ref: Ref, *, key: Key | None = None) -> Steps[Ticket]:
        def change(connection: Connection, row: Any) -> None:
            if row.status != "resolved":
                raise Conflict("nobody said yet that it is solved", field="ref", native_code=row.status)
            self._becomes(connection, row, TicketStatus.CLOSED, closed_at=self.session.now())

        return (yield from self._changing(ref, key, "incidents.confirm_resolved", change, also=("resolved",)))

    @confirm_resolved.reconciles
    def confirmed(self, key: Key) -> Steps[Ticket | None]:
        """The ticket that *key* closed."""
        return (yield from self.written(key, "incidents.confirm_resolved", self.ticket))

    @write(Safety.KEYED, support=HERE)
    def reopen(self, ref: Ref, reason: str, *, key: Key | None = None) -> Steps[Ticket]:
        if not reason.strip():
            raise InvalidInput("say what is not solved", field="reason")

        def change(connection: Connection, row: Any) -> None:
            if row.status != "resolved":
                raise Conflict("it is open", field="ref", native_code=row.status)
            if self.has_lapsed(row):
                raise ReopenWindowPassed(field="ref")
            self._becomes(connection, row, TicketStatus.OPEN, reason, resolved_at=None)

        return (yield from self._changing(ref, key, "incidents.reopen", change, also=("resolved",), lapsed=True))

    @reopen.reconciles
    def reopened(self, key: Key) -> Steps[Ticket | None]:
        """The ticket that *key* opened again."""
        return (yield from self.written(key, "incidents.reopen", self.ticket))

    @write(Safety.KEYED, support=HERE)
    def cancel(self, ref: Ref, *, reason: str | None = None, key: Key | None = None) -> Steps[Ticket]:
        def change(connection: Connection, row: Any) -> None:
            self._becomes(connection, row, TicketStatus.CANCELLED, reason or "", closed_at=self.session.now())

        return (yield from self._changing(ref, key, "incidents.cancel", change))

    @cancel.reconciles
    def cancelled(self, key: Key) -> Steps[Ticket | None]:
        """The ticket that *key* took back."""
        return (yield from self.written(key, "incidents.cancel", self.ticket))

    @write(Safety.KEYED, support=HERE)
    def handle(self, ref: Ref, change: TicketChange, *, key: Key | None = None) -> Steps[Ticket]:
        if not change.model_dump(exclude_none=True, exclude={"internal"}):
            raise InvalidInput("say what changes", field="change")

        def record(connection: Connection, row: Any) -> None:
            if ref.version is not None and ref.version != str(row.revision):
                raise Conflict("it was changed meanwhile: look at it again", field="ref")
            values = self._changed(connection, row, change)
            if change.status is not None and change.status.value != row.status:
                self._becomes(connection, row, change.status, **values)
            elif values:
                self._set(connection, row, **values)
            if change.priority is not None:
                self._event(connection, row.id, "changed", f"priority: {change.priority}")
            if change.note:
                self._event(connection, row.id, "commented", change.note, internal=change.internal)
                self._touch(connection, row.id)
            if change.status is TicketStatus.RESOLVED:
                self._solve_the_same(connection, row.id, values)

        return (yield from self._changing(ref, key, "incidents.handle", record, also=("resolved",), above=change.parent))

    @handle.reconciles
    def handled(self, key: Key) -> Steps[Ticket | None]:
        """The ticket that *key* changed."""
        return (yield from self.written(key, "incidents.handle", self.ticket))

    def _changed(self, connection: Connection, row: Any, change: TicketChange) -> dict[str, Any]:
        """The columns that a change sets, its status left out."""
        values = change.model_dump(exclude_none=True, include={"resolution", "next_update_by", "due", "major"})
        if change.status is TicketStatus.RESOLVED:
            if not (change.resolution or row.resolution):
                raise InvalidInput("say what the solution is", field="resolution")
            values |= {"resolved_at": self.session.now(), "resolution": change.resolution or row.resolution}
        elif change.status in (TicketStatus.CLOSED, TicketStatus.CANCELLED):
            values["closed_at"] = self.session.now()
        elif change.status is not None:
            values["resolved_at"] = None
        if change.priority is not None:
            values["priority"] = change.priority.value
        if change.handler is not None:
            values["handler_id"] = self.employee(connection, change.handler, field="handler").id
        if change.parent is not None:
            values["parent_id"] = self._above(connection, row, change.parent)
        return values

    def _above(self, connection: Connection, row: Any, parent: Ref) -> int:
        """The ticket that a ticket is to be counted with: not itself, and of two levels at most."""
        id_ = self.id_of(parent, "incident")
        above = connection.execute(sa.select(tickets.c.parent_id).where(tickets.c.id == id_)).scalar()
        below = connection.execute(sa.select(tickets.c.id).where(tickets.c.parent_id == row.id).limit(1)).scalar()
        if id_ == row.id or above is not None or below is not None:
            raise InvalidInput("a ticket is counted with another one, which is counted with none", field="parent")
        return id_

    def _solve_the_same(self, connection: Connection, id_: int, values: dict[str, Any]) -> None:
        """What solves a ticket solves those that say the same: their requesters are asked too."""
        same = sa.select(tickets).where(tickets.c.parent_id == id_, tickets.c.status.in_(OPEN_WORDS)).order_by(tickets.c.id)
        solved = {name: values[name] for name in ("resolution", "resolved_at")}
        for row in connection.execute(same.with_for_update()).all():
            self._becomes(connection, row, TicketStatus.RESOLVED, **solved)

    def _changing(
        self,
        ref: Ref,
        key: Key | None,
        operation: str,
        change: Callable[[Connection, Any], None],
        *,
        also: tuple[str, ...] = (),
        lapsed: bool = False,
        above: Ref | None = None,
    ) -> Steps[Ticket]:
        """Run *change* on a ticket that is open (or in one of *also*), kept from others meanwhile; *above* is locked before it."""
        id_ = self.id_of(ref, "incident")

        def record(connection: Connection) -> int:
            if above is not None:
                self._open_ticket(connection, self.id_of(above, "incident"))
            change(connection, self._open_ticket(connection, id_, also=also, lapsed=lapsed))
            return id_

        return (yield from self.writing(key, operation, record, self.ticket))

    def _open_ticket(self, connection: Connection, id_: int, *, also: tuple[str, ...] = (), lapsed: bool = False) -> Any:
        row = locked(connection, tickets, id_)
        if row is None:
            raise NotFound(f"there is no ticket {id_}", field="ref")
        if row.status not in (*OPEN_WORDS, *also):
            raise TicketClosed(f"it is {row.status}", field="ref", native_code=row.status)
        if not lapsed and self.has_lapsed(row):
            raise TicketClosed("it was solved some time ago", field="ref", native_code="closed")
        return row

    def _becomes(self, connection: Connection, row: Any, status: TicketStatus, text: str = "", **values: Any) -> None:
        """Have a ticket that status, and tell it."""
        before = TicketStatus(row.status)
        if not may_follow(before, status):
            raise Conflict(f"it is {before} and cannot become {status}", field="status", native_code=row.status)
        self._set(connection, row, status=status.value, **values)
        self._event(connection, row.id, "changed", text, status=status)

    def _set(self, connection: Connection, row: Any, **values: Any) -> None:
        changed = {"updated_at": self.session.now(), "revision": tickets.c.revision + 1, **values}
        connection.execute(tickets.update().where(tickets.c.id == row.id).values(**changed))

    def _touch(self, connection: Connection, id_: int) -> None:
        connection.execute(tickets.update().where(tickets.c.id == id_).values(updated_at=self.session.now()))

    def _event(
        self,
        connection: Connection,
        id_: int,
        kind: str,
        text: str = "",
        *,
        status: TicketStatus | None = None,
        internal: bool = False,
    ) -> None:
        values = {"ticket_id": id_, "at": self.session.now(), "kind": kind, "by_id": self._caller_id(connection), "text": text}
        inserted(connection, ticket_events, {**values, "status": status.value if status else None, "internal": internal})
