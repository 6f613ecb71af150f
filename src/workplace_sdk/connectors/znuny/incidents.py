"""Incidents in Znuny: reporting, answering, handling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from workplace_sdk.connectors.znuny.changes import ZnunyChanges
from workplace_sdk.connectors.znuny.drafting import (
    article_of,
    changes_of,
    check_text,
    check_uploads,
    fields_of,
    files_of,
    listed,
    missed,
    ticket_of,
)
from workplace_sdk.connectors.znuny.records import Article, TicketReply, Written
from workplace_sdk.kernel.effects import Steps
from workplace_sdk.kernel.errors import ConfigError, Conflict, InvalidInput, OutcomeUnknown, ProtocolError
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.operation import write
from workplace_sdk.kernel.support import HandOff, Native, Support
from workplace_sdk.services.common import Attachment, Comment, Ref, Upload
from workplace_sdk.services.incidents import Ticket, TicketChange, TicketDraft, TicketStatus, may_follow
from workplace_sdk.services.incidents_mapping import higher, without

LARGEST: Final = 10_000_000
WITH_FILES: Final = Native(evidence="live", limits={"attachment_bytes": LARGEST})
HERE: Final = Native(evidence="live")
LONGEST_KEY: Final = 200
_TICKET: Final = HandOff("Open it in Znuny", "{base}/customer.pl?Action=CustomerTicketZoom;TicketID={id}", ("id",))
_DESK: Final = HandOff("Open it in Znuny", "{base}/index.pl?Action=AgentTicketZoom;TicketID={id}", ("id",))
_FORM: Final = "{base}/customer.pl?Action=CustomerTicketMessage;Subject={what};Body={details}"
OPENED: Final = (TicketStatus.OPEN, TicketStatus.IN_PROGRESS)


class ZnunyIncidents(ZnunyChanges):
    """Tickets in the queues of a connection. Znuny sees our account, and the person as customer."""

    handoffs = {  # noqa: RUF012 - a ClassVar in the base
        "report": HandOff("Report it in Znuny", _FORM, ("what", "details")),
        **dict.fromkeys(("comment", "attach", "cancel", "reopen", "confirm_resolved", "escalate"), _TICKET),
        **dict.fromkeys(("handle", "history"), _DESK),
    }

    def link_values(self) -> Mapping[str, object]:
        return {"base": self.settings.url.rstrip("/")}

    def support_of(self, name: str) -> Support:
        support = super().support_of(name)
        if isinstance(support, Native) and "attachment_bytes" in support.limits:
            missing = {"asset", "place", "since", "contact"} - set(self.fields.named()) if name == "report" else set[str]()
            missing |= {"kind"} if name == "report" and not self.settings.kinds else set()
            return without(support, missing, attachment_bytes=self.settings.largest_upload)
        return support

    @write(
        Safety.FINDABLE,
        support=Native(evidence="live", without=frozenset({"geo", "me_too"}), limits={"attachment_bytes": LARGEST}),
    )
    def report(self, draft: TicketDraft, *, key: Key | None = None) -> Steps[Ticket]:
        check_uploads(draft.attachments, "attachments", self.settings.largest_request)
        check_text(draft.details, "details")
        if key is not None and len(key) > LONGEST_KEY:
            raise InvalidInput(f"it is longer than {LONGEST_KEY} characters", field="key")
        login = yield from self.login_of(draft.person)
        wanted = ticket_of(draft, self.place_of(draft), login, self.translation)
        fields = fields_of(draft, self.translation) | ({self.fields.key: key} if key else {})
        title = wanted["Title"]
        asked: dict[str, Any] = {
            "Ticket": wanted,
            "Article": article_of(draft.details.strip() or title, title, sender="customer"),
            **listed({**fields, **(yield from self.marks())}),
            **files_of(draft.attachments),
        }
        made = yield from self.calls.call("TicketCreate", asked, Written, key=key)
        ticket = yield from self.whole(self.translation.ref("incident", made.id))
        left = missed(wanted, fields, ticket)
        if len([file for article in ticket.articles for file in article.files]) != len(draft.attachments):
            left.append("attachments")
        if left:
            raise OutcomeUnknown(f"it is ticket {ticket.number}, and Znuny left out: {', '.join(left)}", key=key)
        return self.translation.ticket(ticket, self.session.now())

    @report.reconciles
    def reported(self, key: Key) -> Steps[Ticket | None]:
        """The ticket with *key*; of several the first. That Znuny knows the field is proved before: else it would find every ticket."""
        ids = yield from self.search({"DynamicField": {"Name": self.fields.key, "Equals": key}}, most=100)
        found = yield from self.tickets(sorted(ids, key=int))
        for one in found:
            if one.value(self.fields.key) == key:
                return (yield from self.read(self.translation.ref("incident", one.id)))
        if any((one.value(self.fields.key) or "").casefold() != key.casefold() for one in found):
            self.znuny.proofs.clear()
            why = f"a search by the dynamic field {self.fields.key!r} finds tickets that do not have the key"
            raise ConfigError(why, table=f"connections.{self.connection_name}.fields", key="key")
        return None

    @write(Safety.ONCE, support=WITH_FILES)
    def comment(self, ref: Ref, body: str, *, uploads: tuple[Upload, ...] = (), key: Key | None = None) -> Steps[Comment]:
        if not body.strip() and not uploads:
            raise InvalidInput("say something, or add a file", field="body")
        check_text(body, "body")
        check_uploads(uploads, "uploads", self.settings.largest_request)
        ticket, status = yield from self.handled(ref)
        further = self._goes_on(ticket, status)
        after, message = yield from self.update(ticket, further, text=body.strip("\n") if body.strip() else "", uploads=uploads)
        said = self.translation.said(_there(message), self.translation.requester(after))
        return Comment(
            ref=self.translation.ref("comment", _there(message).id),
            author=said.by or self.translation.requester(after),
            at=said.at,
            body=said.text,
            attachments=said.attachments,
        )

    def _goes_on(self, ticket: TicketReply, status: TicketStatus) -> dict[str, Any]:
        """The step of a ticket that waited for the requester, once they answer."""
        caller = self.session.caller
        if status is not TicketStatus.WAITING_FOR_REQUESTER or caller is None:
            return {}
        return self.step(*OPENED) if self.translation.requester(ticket).same_person(caller) else {}

    @write(Safety.ONCE, support=WITH_FILES)
    def attach(self, ref: Ref, upload: Upload, *, key: Key | None = None) -> Steps[Attachment]:
        check_uploads((upload,), "upload", self.settings.largest_request)
        ticket, _ = yield from self.handled(ref)
        _, message = yield from self.update(ticket, {}, uploads=(upload,))
        return self.translation.attachment(_there(message), _there(message).files[0])

    @write(Safety.ONCE, support=HERE)
    def escalate(self, ref: Ref, reason: str, *, key: Key | None = None) -> Steps[Ticket]:
        if not reason.strip():
            raise InvalidInput("say why it cannot wait", field="reason")
        check_text(reason, "reason")
        ticket, _ = yield from self.handled(ref)
        before = self.translation.priority(ticket.priority).value
        raised = {"Priority": self.settings.priorities[higher(before)]} if higher(before) is not before else {}
        return (yield from self._changed(ticket, raised, reason))

    def _changed(self, ticket: TicketReply, wanted: Mapping[str, Any], text: str = "") -> Steps[Ticket]:
        after, _ = yield from self.update(ticket, wanted, text=text)
        return self.translation.ticket(after, self.session.now())

    @write(Safety.ONCE, support=HERE)
    def confirm_resolved(self, ref: Ref, *, key: Key | None = None) -> Steps[Ticket]:
        ticket = yield from self._solved_one(ref, "nobody said yet that it is solved")
        return (yield from self._changed(ticket, self.step(TicketStatus.CLOSED)))

    def _solved_one(self, ref: Ref, else_: str) -> Steps[TicketReply]:
        """A ticket that its handler says is solved."""
        ticket, status = yield from self.handled(ref)
        if status is not TicketStatus.RESOLVED:
            raise Conflict(else_, field="ref", native_code=ticket.state)
        return ticket

    @write(Safety.ONCE, support=HERE)
    def reopen(self, ref: Ref, reason: str, *, key: Key | None = None) -> Steps[Ticket]:
        if not reason.strip():
            raise InvalidInput("say what is not solved", field="reason")
        check_text(reason, "reason")
        ticket = yield from self._solved_one(ref, "it is open")
        return (yield from self._changed(ticket, self.step(*OPENED), reason))

    @write(Safety.ONCE, support=HERE)
    def cancel(self, ref: Ref, *, reason: str | None = None, key: Key | None = None) -> Steps[Ticket]:
        check_text(reason or "", "reason")
        ticket, status = yield from self.handled(ref)
        if status is TicketStatus.RESOLVED:
            raise Conflict("it was solved: confirm it, or open it again", field="ref", native_code=ticket.state)
        return (
            yield from self._changed(ticket, self.step(TicketStatus.CANCELLED, TicketStatus.CLOSED), (reason or "").strip())
        )

    @write(Safety.ONCE, support=HERE)
    def handle(self, ref: Ref, change: TicketChange, *, key: Key | None = None) -> Steps[Ticket]:
        if not change.model_dump(exclude_none=True, exclude={"internal"}):
            raise InvalidInput("say what changes", field="change")
        check_text(change.note or "", "note")
        wanted, fields = changes_of(change, self.translation)
        ticket, before = yield from self.handled(ref)
        if ref.version is not None and ref.version != ticket.version:
            raise Conflict("it was changed meanwhile: look at it again", field="ref")
        wanted |= self._new_state(ticket, before, change)
        if change.handler is not None:
            wanted |= {"Owner": (yield from self.login_of(change.handler, "handler")), "Lock": "lock"}
        text = "\n\n".join(self._told_everyone(change))
        if wanted or fields or text:
            ticket, _ = yield from self.update(ticket, wanted, fields=fields, text=text)
        if change.note and change.internal:
            ticket, _ = yield from self.update(ticket, {}, text=change.note, internal=True)
        return self.translation.ticket(ticket, self.session.now())

    def _told_everyone(self, change: TicketChange) -> list[str]:
        """What is said to the requester: the solution, where no field is for it, and the note."""
        solution = change.resolution if change.resolution and not self.fields.resolution else None
        return [text for text in (solution, None if change.internal else change.note) if text]

    def _new_state(self, ticket: TicketReply, before: TicketStatus, change: TicketChange) -> dict[str, Any]:
        """The state that a change sets; nothing when it stays."""
        after = change.status
        if after is None or after is before:
            return {}
        if before is not TicketStatus.UNMAPPED and not may_follow(before, after):
            raise Conflict(f"it is {before} and cannot become {after}", field="status", native_code=ticket.state)
        if after is TicketStatus.RESOLVED and not (change.resolution or ticket.value(self.fields.resolution)):
            raise InvalidInput("say what the solution is", field="resolution")
        return self.step(after)


def _there(message: Article | None) -> Article:
    if message is None:
        raise ProtocolError("Znuny does not give the message that it kept")
    return message
