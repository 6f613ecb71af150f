"""Incidents in the local store: reporting, adding to what was reported, saying that it is solved."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from workplace_sdk.connectors.local.base import Act, inserted
from workplace_sdk.connectors.local.incidents_handling import IncidentHandling
from workplace_sdk.connectors.local.incidents_registers import place_columns
from workplace_sdk.connectors.local.incidents_similar import HERE
from workplace_sdk.connectors.local.incidents_tables import tickets
from workplace_sdk.connectors.local.previewing import agreed
from workplace_sdk.connectors.local.schema import comments, files
from workplace_sdk.kernel.effects import Steps
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.operation import write
from workplace_sdk.kernel.preview import Preview
from workplace_sdk.kernel.support import Native
from workplace_sdk.kernel.words import Words
from workplace_sdk.search.tickets import telling
from workplace_sdk.services.common import Attachment, Comment, Ref, Upload
from workplace_sdk.services.incidents import Incidents, Priority, ReopenWindowPassed, Ticket, TicketDraft, TicketStatus
from workplace_sdk.services.refusals import InvalidField, NotPossible

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

LARGEST: Final = 10_000_000
MOST_FILES: Final = 20
LONGEST: Final = 20_000
WITH_FILE: Final = Native(evidence="live", limits={"attachment_bytes": LARGEST})
WITH_FILES: Final = Native(evidence="live", limits={"attachment_bytes": LARGEST, "attachments": MOST_FILES})
SAYING: Final = Native(evidence="live", limits={"attachment_bytes": LARGEST, "attachments": MOST_FILES, "text_length": LONGEST})
WITH_REASON: Final = Native(evidence="live", limits={"text_length": LONGEST})


class LocalIncidents(IncidentHandling):
    """Tickets in our own tables. Writers of one ticket wait for each other.

    A preview tells what it comes to, and then does it and takes it back: what stands in the way of the write stands in the
    preview, as far as nobody else comes between.
    """

    @write(Safety.KEYED, support=WITH_FILES)
    def report(self, draft: TicketDraft, *, key: Key | None = None) -> Steps[Ticket]:
        return (yield from self.perform(self._to_report(draft), key))

    @report.previews
    def preview_report(self, draft: TicketDraft, *, key: Key | None = None) -> Steps[Preview]:
        """Its priority as the organisation has it, tickets that say the same, articles that may help."""
        from workplace_sdk.services.incidents_preview import of_report

        priority = yield from self.reading(lambda connection: self.priority(connection, draft.impact, draft.urgency))
        told = yield from of_report(self, draft, key, priority)
        return agreed(told, (yield from self.attempt(self._to_report(draft), key)))

    @report.reconciles
    def reported(self, key: Key) -> Steps[Ticket | None]:
        """The ticket that *key* made."""
        return (yield from self.written(key, "incidents.report", self.ticket))

    def _to_report(self, draft: TicketDraft) -> Act[Ticket]:
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

        return Act("incidents.report", record, self.ticket, (draft,))

    @write(Safety.KEYED, support=SAYING)
    def comment(self, ref: Ref, body: str, *, uploads: tuple[Upload, ...] = (), key: Key | None = None) -> Steps[Comment]:
        return (yield from self.perform(self._to_comment(ref, body, uploads), key))

    @comment.previews
    def preview_comment(
        self, ref: Ref, body: str, *, uploads: tuple[Upload, ...] = (), key: Key | None = None
    ) -> Steps[Preview]:
        """On which ticket."""
        told = yield from Incidents.preview_comment(self, ref, body, uploads=uploads, key=key)
        return agreed(told, (yield from self.attempt(self._to_comment(ref, body, uploads), key)))

    @comment.reconciles
    def commented(self, key: Key) -> Steps[Comment | None]:
        """The comment that *key* made."""
        return (yield from self.written(key, "incidents.comment", self._comment))

    def _to_comment(self, ref: Ref, body: str, uploads: tuple[Upload, ...]) -> Act[Comment]:
        id_ = self.id_of(ref, "incident")

        def record(connection: Connection) -> int:
            row = self.open_ticket(connection, id_, also=("resolved",))
            if not body.strip() and not uploads:
                raise InvalidField(Words("say something, or add a file", "zeg iets, of voeg een bestand toe"), field="body")
            author = self._caller_id(connection)
            said = {"kind": "incident", "record_id": id_, "author_id": author, "at": self.session.now(), "body": body}
            comment_id = inserted(connection, comments, said)
            for upload in uploads:
                self.keep_file(connection, upload, kind="comment", record_id=comment_id, owner_id=author)
            if row.status == "waiting_for_requester" and author == row.requester_id:
                self.becomes(connection, row, TicketStatus.OPEN)
            self.touch(connection, id_)
            return comment_id

        return Act("incidents.comment", record, self._comment, (ref, body, uploads))

    def _comment(self, connection: Connection, id_: int) -> Comment:
        return self.comments_of(connection, comments.c.id == id_)[0]

    @write(Safety.KEYED, support=WITH_FILE)
    def attach(self, ref: Ref, upload: Upload, *, key: Key | None = None) -> Steps[Attachment]:
        return (yield from self.perform(self._to_attach(ref, upload), key))

    @attach.previews
    def preview_attach(self, ref: Ref, upload: Upload, *, key: Key | None = None) -> Steps[Preview]:
        """To which ticket, which file, and whether it is taken."""
        told = yield from Incidents.preview_attach(self, ref, upload, key=key)
        return agreed(told, (yield from self.attempt(self._to_attach(ref, upload), key)))

    @attach.reconciles
    def attached(self, key: Key) -> Steps[Attachment | None]:
        """The file that *key* added."""
        return (yield from self.written(key, "incidents.attach", self._file))

    def _to_attach(self, ref: Ref, upload: Upload) -> Act[Attachment]:
        id_ = self.id_of(ref, "incident")

        def record(connection: Connection) -> int:
            self.open_ticket(connection, id_, also=("resolved",))
            owner = self._caller_id(connection)
            file_id = self.keep_file(connection, upload, kind="incident", record_id=id_, owner_id=owner)
            self.tell(connection, id_, "attached", upload.name)
            self.touch(connection, id_)
            return file_id

        return Act("incidents.attach", record, self._file, (ref, upload))

    def _file(self, connection: Connection, id_: int) -> Attachment:
        columns = [column for column in files.c if column.name != "content"]
        return self.attachment_of(connection.execute(sa.select(*columns).where(files.c.id == id_)).one())

    @write(Safety.KEYED, support=WITH_REASON)
    def escalate(self, ref: Ref, reason: str, *, key: Key | None = None) -> Steps[Ticket]:
        return (yield from self.perform(self._to_escalate(ref, reason), key))

    @escalate.previews
    def preview_escalate(self, ref: Ref, reason: str, *, key: Key | None = None) -> Steps[Preview]:
        """Which ticket."""
        told = yield from Incidents.preview_escalate(self, ref, reason, key=key)
        return agreed(told, (yield from self.attempt(self._to_escalate(ref, reason), key)))

    @escalate.reconciles
    def escalated(self, key: Key) -> Steps[Ticket | None]:
        """The ticket that *key* escalated."""
        return (yield from self.written(key, "incidents.escalate", self.ticket))

    def _to_escalate(self, ref: Ref, reason: str) -> Act[Ticket]:
        def change(connection: Connection, row: Any) -> None:
            if not reason.strip():
                raise InvalidField(Words("say why it cannot wait", "geef aan waarom het niet kan wachten"), field="reason")
            higher = Priority(f"P{max(1, int(row.priority[1:]) - 1)}")
            self.keep(connection, row, priority=higher.value)
            self.tell(connection, row.id, "escalated", reason)

        return self.about("escalate", ref, change, reason)

    @write(Safety.KEYED, support=HERE)
    def confirm_resolved(self, ref: Ref, *, key: Key | None = None) -> Steps[Ticket]:
        return (yield from self.perform(self._to_confirm(ref), key))

    @confirm_resolved.previews
    def preview_confirm_resolved(self, ref: Ref, *, key: Key | None = None) -> Steps[Preview]:
        """Which ticket, and what the solution was."""
        told = yield from Incidents.preview_confirm_resolved(self, ref, key=key)
        return agreed(told, (yield from self.attempt(self._to_confirm(ref), key)))

    @confirm_resolved.reconciles
    def confirmed(self, key: Key) -> Steps[Ticket | None]:
        """The ticket that *key* closed."""
        return (yield from self.written(key, "incidents.confirm_resolved", self.ticket))

    def _to_confirm(self, ref: Ref) -> Act[Ticket]:
        def change(connection: Connection, row: Any) -> None:
            if row.status != "resolved":
                why = Words("nobody said yet that it is solved", "niemand zei nog dat het is opgelost")
                raise NotPossible(why, field="ref", native_code=row.status)
            self.becomes(connection, row, TicketStatus.CLOSED, closed_at=self.session.now())

        return self.about("confirm_resolved", ref, change, also=("resolved",))

    @write(Safety.KEYED, support=WITH_REASON)
    def reopen(self, ref: Ref, reason: str, *, key: Key | None = None) -> Steps[Ticket]:
        return (yield from self.perform(self._to_reopen(ref, reason), key))

    @reopen.previews
    def preview_reopen(self, ref: Ref, reason: str, *, key: Key | None = None) -> Steps[Preview]:
        """Which ticket, and whether it still can be."""
        told = yield from Incidents.preview_reopen(self, ref, reason, key=key)
        return agreed(told, (yield from self.attempt(self._to_reopen(ref, reason), key)))

    @reopen.reconciles
    def reopened(self, key: Key) -> Steps[Ticket | None]:
        """The ticket that *key* opened again."""
        return (yield from self.written(key, "incidents.reopen", self.ticket))

    def _to_reopen(self, ref: Ref, reason: str) -> Act[Ticket]:
        def change(connection: Connection, row: Any) -> None:
            if not reason.strip():
                raise InvalidField(Words("say what is not solved", "geef aan wat niet is opgelost"), field="reason")
            if row.status != "resolved":
                raise NotPossible(Words("it is open", "het is open"), field="ref", native_code=row.status)
            if self.has_lapsed(row):
                raise ReopenWindowPassed(field="ref")
            self.becomes(connection, row, TicketStatus.OPEN, reason)

        return self.about("reopen", ref, change, reason, also=("resolved",), lapsed=True)

    @write(Safety.KEYED, support=WITH_REASON)
    def cancel(self, ref: Ref, *, reason: str | None = None, key: Key | None = None) -> Steps[Ticket]:
        return (yield from self.perform(self._to_cancel(ref, reason), key))

    @cancel.previews
    def preview_cancel(self, ref: Ref, *, reason: str | None = None, key: Key | None = None) -> Steps[Preview]:
        """Which ticket."""
        told = yield from Incidents.preview_cancel(self, ref, reason=reason, key=key)
        return agreed(told, (yield from self.attempt(self._to_cancel(ref, reason), key)))

    @cancel.reconciles
    def cancelled(self, key: Key) -> Steps[Ticket | None]:
        """The ticket that *key* took back."""
        return (yield from self.written(key, "incidents.cancel", self.ticket))

    def _to_cancel(self, ref: Ref, reason: str | None) -> Act[Ticket]:
        def change(connection: Connection, row: Any) -> None:
            self.becomes(connection, row, TicketStatus.CANCELLED, reason or "", closed_at=self.session.now())

        return self.about("cancel", ref, change, reason)
