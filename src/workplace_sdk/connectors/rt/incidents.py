"""Incidents in Request Tracker: reporting, answering, handling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from workplace_sdk.connectors.rt.base import OLDEST
from workplace_sdk.connectors.rt.changes import FINISHED, LONGEST_KEY, RtChanges
from workplace_sdk.connectors.rt.drafting import changes_of, check_uploads, missed, sent, ticket_of, values_of
from workplace_sdk.connectors.rt.queries import HISTORY_FIELDS, custom, equals
from workplace_sdk.connectors.rt.records import Created, Said, Some, TicketReply
from workplace_sdk.kernel.effects import Steps
from workplace_sdk.kernel.errors import Conflict, InvalidInput, NotSupported, OutcomeUnknown
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.operation import write
from workplace_sdk.kernel.paging import gather
from workplace_sdk.kernel.support import HandOff, Native, Support
from workplace_sdk.services.common import Attachment, Comment, Ref, Upload
from workplace_sdk.services.incidents import Ticket, TicketChange, TicketDraft, TicketStatus, may_follow
from workplace_sdk.services.incidents_mapping import higher, without

LARGEST: Final = 10_000_000
WITH_FILES: Final = Native(evidence="live", limits={"attachment_bytes": LARGEST})
HERE: Final = Native(evidence="live")
_TICKET: Final = HandOff("Open it in Request Tracker", "{base}/Ticket/Display.html?id={id}", ("id",))
_FORM: Final = "{base}/SelfService/Create.html?Queue={queue}&Subject={what}&Content={details}"


class RtIncidents(RtChanges):
    """Tickets in the queues of a connection. RT sees our account, and the person as requestor."""

    handoffs = {  # noqa: RUF012 - a ClassVar in the base
        "report": HandOff("Report it in Request Tracker", _FORM, ("what", "details")),
        **dict.fromkeys(("comment", "attach", "cancel", "reopen", "confirm_resolved", "handle"), _TICKET),
    }

    def link_values(self) -> Mapping[str, object]:
        return {"base": self.settings.url.rstrip("/"), "queue": quote(self.settings.queues[0], safe="")}

    def support_of(self, name: str) -> Support:
        support = super().support_of(name)
        if isinstance(support, Native) and "attachment_bytes" in support.limits:
            missing = (
                {"asset", "place", "since", "contact", "kind"} - set(self.fields.named()) if name == "report" else set[str]()
            )
            return without(support, missing, attachment_bytes=self.settings.largest_upload)
        return support

    @write(
        Safety.FINDABLE,
        support=Native(evidence="live", without=frozenset({"geo", "me_too"}), limits={"attachment_bytes": LARGEST}),
    )
    def report(self, draft: TicketDraft, *, key: Key | None = None) -> Steps[Ticket]:
        check_uploads(draft.attachments, "attachments")
        _check_key(key)
        name, subject = yield from self.subject_of(draft)
        queue = yield from self.rt.queue(name)
        self.rt.of_tickets(queue)
        asset = yield from self.tag_of(draft)
        values = values_of(draft.model_copy(update={"asset": asset}), subject, queue, self.translation)
        values |= {self.fields.key: key} if key else {}
        requestor = yield from self.requestor_of(draft.person)
        wanted = ticket_of(draft, queue, values, requestor, self.translation)
        reply = yield from self.send("/ticket", sent(wanted, self.translation), draft.attachments, key)
        whole = yield from self.whole(self.translation.ref("incident", reply.model(Created).id))
        left = missed(wanted, whole.ticket) + ([] if whole.ticket.requestors else ["requestor"])
        if left:
            raise OutcomeUnknown(f"it is ticket {whole.ticket.id}, and Request Tracker left out: {', '.join(left)}", key=key)
        return (yield from self.told(whole))

    @report.reconciles
    def reported(self, key: Key) -> Steps[Ticket | None]:
        """The ticket with *key*; of several the first."""
        holds = equals(custom(self.fields.key), key)
        for one in (yield from gather(self.tickets(holds, order=OLDEST), most=100)):
            if one.key == key:
                return (yield from self.read(one.ref))
        return None

    @write(Safety.FINDABLE, support=WITH_FILES)
    def comment(self, ref: Ref, body: str, *, uploads: tuple[Upload, ...] = (), key: Key | None = None) -> Steps[Comment]:
        if not body.strip() and not uploads:
            raise InvalidInput("say something, or add a file", field="body")
        check_uploads(uploads, "uploads")
        _check_key(key)
        ticket, _ = yield from self.bare(ref)
        text = body if body.strip() else ""
        status = self._goes_on(ticket)
        return (
            yield from self.comment_of(
                (yield from self.say(ticket, "correspond", text, uploads=uploads, key=key, status=status))
            )
        )

    def _goes_on(self, ticket: TicketReply) -> str | None:
        """The status of a ticket that waited for the requester, once they answer."""
        waited = self.translation.status(ticket.status).value is TicketStatus.WAITING_FOR_REQUESTER
        caller = self.session.caller
        if not waited or caller is None or not self.translation.requester(ticket).same_person(caller):
            return None
        return self.becomes(ticket, TicketStatus.OPEN, TicketStatus.IN_PROGRESS)

    @comment.reconciles
    def commented(self, key: Key) -> Steps[Comment | None]:
        """The comment that was said with *key*."""
        said = yield from self._said_with(key)
        return (yield from self.comment_of(said)) if said else None

    def _said_with(self, key: Key) -> Steps[Said | None]:
        """The message with *key*; of several the first."""
        query = ("query", equals(custom(self.fields.key), key))
        found = yield from gather(self.paged("/transactions", HISTORY_FIELDS, Some[Said], query), most=100)
        kept = [one for one in found if one.value(self.fields.key) == key and one.type == "Correspond"]
        return min(kept, key=lambda one: int(one.id), default=None)

    @write(Safety.FINDABLE, support=WITH_FILES)
    def attach(self, ref: Ref, upload: Upload, *, key: Key | None = None) -> Steps[Attachment]:
        check_uploads((upload,), "upload")
        _check_key(key)
        ticket, _ = yield from self.bare(ref)
        said = yield from self.say(ticket, "correspond", "", uploads=(upload,), key=key)
        files = yield from self.files_of(said)
        if not files:
            raise OutcomeUnknown("it was said, and Request Tracker did not keep the file", key=key)
        return self.translation.attachment(files[0])

    @attach.reconciles
    def attached(self, key: Key) -> Steps[Attachment | None]:
        """The file that came with *key*."""
        said = yield from self._said_with(key)
        files = (yield from self.files_of(said)) if said else ()
        return self.translation.attachment(files[0]) if files else None

    @write(Safety.ONCE, support=HERE)
    def escalate(self, ref: Ref, reason: str, *, key: Key | None = None) -> Steps[Ticket]:
        if not reason.strip():
            raise InvalidInput("say why it cannot wait", field="reason")
        ticket, _ = yield from self.handled(ref)
        priority = self.translation.priority(ticket.priority).value
        number = self.settings.priorities[higher(priority)]
        if number > ticket.priority:
            yield from self.change(ticket, {"Priority": number})
        yield from self.say(ticket, "correspond", reason)
        return (yield from self.read(ref))

    @write(Safety.ONCE, support=HERE)
    def confirm_resolved(self, ref: Ref, *, key: Key | None = None) -> Steps[Ticket]:
        ticket, status = yield from self.handled(ref)
        if status is not TicketStatus.RESOLVED:
            raise Conflict("nobody said yet that it is solved", field="ref", native_code=ticket.status)
        yield from self.change(ticket, {"Status": self.becomes(ticket, TicketStatus.CLOSED)})
        return (yield from self.read(ref))

    @write(Safety.ONCE, support=HERE)
    def reopen(self, ref: Ref, reason: str, *, key: Key | None = None) -> Steps[Ticket]:
        if not reason.strip():
            raise InvalidInput("say what is not solved", field="reason")
        ticket, status = yield from self.handled(ref)
        if status is not TicketStatus.RESOLVED:
            raise Conflict("it is open", field="ref", native_code=ticket.status)
        word = self.becomes(ticket, TicketStatus.OPEN, TicketStatus.IN_PROGRESS)
        after = yield from self.change(ticket, {"Status": word})
        yield from self.say(after, "correspond", reason)
        return (yield from self.read(ref))

    @write(Safety.ONCE, support=HERE)
    def cancel(self, ref: Ref, *, reason: str | None = None, key: Key | None = None) -> Steps[Ticket]:
        ticket, status = yield from self.handled(ref)
        if status is TicketStatus.RESOLVED:
            raise Conflict("it was solved: confirm it, or open it again", field="ref", native_code=ticket.status)
        word = self.becomes(ticket, TicketStatus.CANCELLED, TicketStatus.CLOSED)
        after = yield from self.change(ticket, {"Status": word})
        if reason and reason.strip():
            yield from self.say(after, "comment", reason)  # to handlers: what is said to everyone would open it again
        return (yield from self.read(ref))

    @write(Safety.ONCE, support=HERE)
    def handle(self, ref: Ref, change: TicketChange, *, key: Key | None = None) -> Steps[Ticket]:
        if not change.model_dump(exclude_none=True, exclude={"internal"}):
            raise InvalidInput("say what changes", field="change")
        if change.parent is not None:
            raise NotSupported("what solves a ticket in Request Tracker solves no other", field="parent")
        wanted = changes_of(change, self.translation)
        ticket, before = yield from self.handled(ref)
        text = "\n\n".join(self._told_everyone(change))
        word = self._new_status(ticket, before, change)
        if change.handler is not None:
            wanted["Owner"] = yield from self.user_name(change.handler, "handler")
        with_text = word if word and text and change.status not in _GOING_ON else None
        if word and (with_text is None or word not in self.next_steps(ticket)):
            wanted["Status"] = word
        if wanted or ref.version is not None:
            ticket = yield from self.change(ticket, wanted, version=ref.version)
        if text:
            yield from self.say(ticket, "correspond", text, status=with_text)
        if change.note and change.internal:
            yield from self.say(ticket, "comment", change.note)
        return (yield from self.read(ref))

    def _told_everyone(self, change: TicketChange) -> list[str]:
        """What is said to the requester: the solution, where no field is for it, and the note."""
        solution = change.resolution if change.resolution and not self.fields.resolution else None
        return [text for text in (solution, None if change.internal else change.note) if text]

    def _new_status(self, ticket: TicketReply, before: TicketStatus, change: TicketChange) -> str | None:
        """RT's word for the status that a change sets; ``None`` when it stays."""
        after = change.status
        if after is None or after is before:
            return None
        if before is not TicketStatus.UNMAPPED and not may_follow(before, after):
            raise Conflict(f"it is {before} and cannot become {after}", field="status", native_code=ticket.status)
        if after is TicketStatus.RESOLVED and not (change.resolution or ticket.value(self.fields.resolution)):
            raise InvalidInput("say what the solution is", field="resolution")
        return self.becomes(ticket, after)


_GOING_ON: Final = frozenset(TicketStatus) - {TicketStatus.RESOLVED, *FINISHED}


def _check_key(key: Key | None) -> None:
    if key is not None and len(key) > LONGEST_KEY:
        raise InvalidInput(f"it is longer than {LONGEST_KEY} characters", field="key")
