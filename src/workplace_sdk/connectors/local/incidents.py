"""Incidents in the local store: reporting, handling, closing."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from workplace_sdk.connectors.local.base import inserted
from workplace_sdk.connectors.local.incidents_changes import IncidentChanges
from workplace_sdk.connectors.local.incidents_registers import place_columns
from workplace_sdk.connectors.local.incidents_similar import HERE, telling
from workplace_sdk.connectors.local.incidents_tables import tickets
from workplace_sdk.connectors.local.schema import comments, files
from workplace_sdk.kernel.effects import Steps
from workplace_sdk.kernel.errors import Conflict, InvalidInput
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.operation import write
from workplace_sdk.kernel.preview import Preview
from workplace_sdk.kernel.support import Native
from workplace_sdk.services.common import Attachment, Comment, PersonRef, Ref, Upload
from workplace_sdk.services.incidents import Priority, ReopenWindowPassed, Ticket, TicketChange, TicketDraft, TicketStatus

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

LARGEST: Final = 10_000_000
MOST_FILES: Final = 20
WITH_FILE: Final = Native(evidence="live", limits={"attachment_bytes": LARGEST})
WITH_FILES: Final = Native(evidence="live", limits={"attachment_bytes": LARGEST, "attachments": MOST_FILES})
SAYING: Final = Native(evidence="live", limits={"attachment_bytes": LARGEST, "attachments": MOST_FILES, "text_length": 20_000})
WITH_REASON: Final = Native(evidence="live", limits={"text_length": 20_000})


class LocalIncidents(IncidentChanges):
    """Tickets in our own tables. Writers of one ticket wait for each other."""

    @write(Safety.KEYED, support=WITH_FILES)
    def report(self, draft: TicketDraft, *, key: Key | None = None) -> Steps[Ticket]:
        def record(connection: Connection) -> int:
            requester, thing = self.employee(connection, draft.person), self.thing(connection, draft.asset)
            now = self.session.now()
            values = {
                "kind": draft.kind.value,
                "title": draft.what,
                "description": draft.details,
                "folded": " ".join(sorted(telling(f"{draft.what} {draft.details}"))),
                "requester_id": requester.id,
                "reported_by_id": self._caller_id(connection),
                "category_id": self.category_id(connection, draft.category),
                "asset_id": thing and thing.id,
                "impact": draft.impact.value,
                "urgency": draft.urgency.value,
                "priority": self.priority(connection, draft.impact, draft.urgency).value,
                "status": "new",
                "parent_id": self.root(connection, draft.me_too) if draft.me_too else None,
                "since": draft.since,
                "contact": draft.contact,
                "created_at": now,
                "updated_at": now,
                **place_columns(draft.place),
            }
            id_ = inserted(connection, tickets, values)
            self.tell(connection, id_, "reported", status=TicketStatus.NEW)
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

    @write(Safety.KEYED, support=SAYING)
    def comment(self, ref: Ref, body: str, *, uploads: tuple[Upload, ...] = (), key: Key | None = None) -> Steps[Comment]:
        id_ = self.id_of(ref, "incident")
        if not body.strip() and not uploads:
            raise InvalidInput("say something, or add a file", field="body")

        def record(connection: Connection) -> int:
            row = self.open_ticket(connection, id_, also=("resolved",))
            author = self._caller_id(connection)
            said = {"kind": "incident", "record_id": id_, "author_id": author, "at": self.session.now(), "body": body}
            comment_id = inserted(connection, comments, said)
            for upload in uploads:
                self.keep_file(connection, upload, kind="comment", record_id=comment_id, owner_id=author)
            if row.status == "waiting_for_requester" and author == row.requester_id:
                self.becomes(connection, row, TicketStatus.OPEN)
            self.touch(connection, id_)
            return comment_id

        return (yield from self.writing(key, "incidents.comment", record, self._comment))

    def _comment(self, connection: Connection, id_: int) -> Comment:
        return self.comments_of(connection, comments.c.id == id_)[0]

    @comment.reconciles
    def commented(self, key: Key) -> Steps[Comment | None]:
        """The comment that *key* made."""
        return (yield from self.written(key, "incidents.comment", self._comment))

    @write(Safety.KEYED, support=WITH_FILE)
    def attach(self, ref: Ref, upload: Upload, *, key: Key | None = None) -> Steps[Attachment]:
        id_ = self.id_of(ref, "incident")

        def record(connection: Connection) -> int:
            self.open_ticket(connection, id_, also=("resolved",))
            owner = self._caller_id(connection)
            file_id = self.keep_file(connection, upload, kind="incident", record_id=id_, owner_id=owner)
            self.tell(connection, id_, "attached", upload.name)
            self.touch(connection, id_)
            return file_id

        return (yield from self.writing(key, "incidents.attach", record, self._file))

    @attach.reconciles
    def attached(self, key: Key) -> Steps[Attachment | None]:
        """The file that *key* added."""
        return (yield from self.written(key, "incidents.attach", self._file))

    def _file(self, connection: Connection, id_: int) -> Attachment:
        columns = [column for column in files.c if column.name != "content"]
        return self.attachment_of(connection.execute(sa.select(*columns).where(files.c.id == id_)).one())

    @write(Safety.KEYED, support=WITH_REASON)
    def escalate(self, ref: Ref, reason: str, *, key: Key | None = None) -> Steps[Ticket]:
        if not reason.strip():
            raise InvalidInput("say why it cannot wait", field="reason")

        def change(connection: Connection, row: Any) -> None:
            higher = Priority(f"P{max(1, int(row.priority[1:]) - 1)}")
            self.keep(connection, row, priority=higher.value)
            self.tell(connection, row.id, "escalated", reason)

        return (yield from self.changing(ref, key, "incidents.escalate", change))

    @escalate.reconciles
    def escalated(self, key: Key) -> Steps[Ticket | None]:
        """The ticket that *key* escalated."""
        return (yield from self.written(key, "incidents.escalate", self.ticket))

    @write(Safety.KEYED, support=HERE)
    def confirm_resolved(self, ref: Ref, *, key: Key | None = None) -> Steps[Ticket]:
        def change(connection: Connection, row: Any) -> None:
            if row.status != "resolved":
                raise Conflict("nobody said yet that it is solved", field="ref", native_code=row.status)
            self.becomes(connection, row, TicketStatus.CLOSED, closed_at=self.session.now())

        return (yield from self.changing(ref, key, "incidents.confirm_resolved", change, also=("resolved",)))

    @confirm_resolved.reconciles
    def confirmed(self, key: Key) -> Steps[Ticket | None]:
        """The ticket that *key* closed."""
        return (yield from self.written(key, "incidents.confirm_resolved", self.ticket))

    @write(Safety.KEYED, support=WITH_REASON)
    def reopen(self, ref: Ref, reason: str, *, key: Key | None = None) -> Steps[Ticket]:
        if not reason.strip():
            raise InvalidInput("say what is not solved", field="reason")

        def change(connection: Connection, row: Any) -> None:
            if row.status != "resolved":
                raise Conflict("it is open", field="ref", native_code=row.status)
            if self.has_lapsed(row):
                raise ReopenWindowPassed(field="ref")
            self.becomes(connection, row, TicketStatus.OPEN, reason)

        return (yield from self.changing(ref, key, "incidents.reopen", change, also=("resolved",), lapsed=True))

    @reopen.reconciles
    def reopened(self, key: Key) -> Steps[Ticket | None]:
        """The ticket that *key* opened again."""
        return (yield from self.written(key, "incidents.reopen", self.ticket))

    @write(Safety.KEYED, support=WITH_REASON)
    def cancel(self, ref: Ref, *, reason: str | None = None, key: Key | None = None) -> Steps[Ticket]:
        def change(connection: Connection, row: Any) -> None:
            self.becomes(connection, row, TicketStatus.CANCELLED, reason or "", closed_at=self.session.now())

        return (yield from self.changing(ref, key, "incidents.cancel", change))

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
                solution = values["resolution"] if change.status is TicketStatus.RESOLVED else ""
                self.becomes(connection, row, change.status, solution, **values)
            elif values:
                self.keep(connection, row, **values)
            if change.priority is not None:
                self.tell(connection, row.id, "changed", f"priority: {change.priority}")
            if change.note:
                self.tell(connection, row.id, "commented", change.note, internal=change.internal)
                self.touch(connection, row.id)
            if change.status is TicketStatus.RESOLVED and row.status != "resolved":
                self.solve_the_same(connection, row.id, values)

        return (yield from self.changing(ref, key, "incidents.handle", record, also=("resolved",), above=change.parent))

    @handle.reconciles
    def handled(self, key: Key) -> Steps[Ticket | None]:
        """The ticket that *key* changed."""
        return (yield from self.written(key, "incidents.handle", self.ticket))

    def _changed(self, connection: Connection, row: Any, change: TicketChange) -> dict[str, Any]:
        """The columns that a change sets, its status left out."""
        values = change.model_dump(exclude_none=True, include={"resolution", "next_update_by", "due", "major"})
        if change.status is TicketStatus.RESOLVED and row.status != "resolved":
            if not (change.resolution or row.resolution):
                raise InvalidInput("say what the solution is", field="resolution")
            values |= {"resolved_at": self.session.now(), "resolution": change.resolution or row.resolution}
        elif change.status in (TicketStatus.CLOSED, TicketStatus.CANCELLED):
            values["closed_at"] = self.session.now()
        if change.priority is not None:
            values["priority"] = change.priority.value
        if change.handler is not None:
            values["handler_id"] = self._handler(connection, change.handler).id
        if change.parent is not None:
            values["parent_id"] = self.above(connection, row, change.parent)
        return values

    def _handler(self, connection: Connection, handler: PersonRef) -> Any:
        row = self.employee(connection, handler, field="handler")
        if not row.active:
            raise InvalidInput(f"{row.display_name} does not work here any more", field="handler")
        return row
