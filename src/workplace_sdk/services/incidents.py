"""Incidents: reporting what is broken or asked for, following it, and saying that it is solved."""

from __future__ import annotations

from typing import Final

from workplace_sdk.kernel.access import Access, Arguments, Relation
from workplace_sdk.kernel.effects import Page, PageSteps, Steps
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.listing import Listing
from workplace_sdk.kernel.operation import Feature, Measure, Service, pages, read, write
from workplace_sdk.kernel.preview import Preview
from workplace_sdk.services.common import Attachment, Comment, PersonRef, Ref, Upload, named, owner
from workplace_sdk.services.incidents_errors import (
    AssetUnknown,
    CategoryRequired,
    DuplicateTicket,
    ReopenWindowPassed,
    TicketClosed,
)
from workplace_sdk.services.incidents_models import (
    MATRIX,
    OPEN,
    Article,
    Asset,
    AssetKind,
    Category,
    Event,
    EventKind,
    Geo,
    Impact,
    Place,
    Priority,
    Similar,
    Ticket,
    TicketChange,
    TicketDraft,
    TicketKind,
    TicketStatus,
    Urgency,
    WaitingOn,
    may_follow,
    waiting_on,
)

__all__ = [
    "MATRIX",
    "OPEN",
    "Article",
    "Asset",
    "AssetKind",
    "AssetUnknown",
    "Category",
    "CategoryRequired",
    "DuplicateTicket",
    "Event",
    "EventKind",
    "Geo",
    "Impact",
    "Incidents",
    "Place",
    "Priority",
    "ReopenWindowPassed",
    "Similar",
    "Ticket",
    "TicketChange",
    "TicketClosed",
    "TicketDraft",
    "TicketKind",
    "TicketStatus",
    "Urgency",
    "WaitingOn",
    "may_follow",
    "waiting_on",
]

_MINE = frozenset({Relation.SELF})
_REF = Access("incidents.report", _MINE, owner("requester"), conceals="ref")
_READ_REF = Access("incidents.read", _MINE, owner("requester"), conceals="ref")
_HANDLE = Access("incidents.handle", frozenset[Relation]())
_ANYONE = Access("incidents.look")
_THINGS = Access("incidents.assets", frozenset({Relation.SELF, Relation.MANAGER}), named("person"))


def _draft(arguments: Arguments) -> TicketDraft:
    draft: TicketDraft = arguments["draft"]
    return draft


_FEATURES: Final[dict[str, Feature]] = {
    "details": lambda a: bool(_draft(a).details),
    "kind": lambda a: _draft(a).kind is not TicketKind.INCIDENT,
    "category": lambda a: _draft(a).category is not None,
    "asset": lambda a: _draft(a).asset is not None,
    "place": lambda a: _draft(a).place is not None,
    "geo": lambda a: (place := _draft(a).place) is not None and place.geo is not None,
    "since": lambda a: _draft(a).since is not None,
    "contact": lambda a: _draft(a).contact is not None,
    "me_too": lambda a: _draft(a).me_too is not None,
    "attachments": lambda a: bool(_draft(a).attachments),
}
_REASON: Final[dict[str, Measure]] = {"text_length": lambda a: len(a["reason"] or "")}
_MEASURES: Final[dict[str, Measure]] = {
    "title_length": lambda a: len(_draft(a).what),
    "attachment_bytes": lambda a: max((upload.size for upload in _draft(a).attachments), default=0),
    "attachments": lambda a: len(_draft(a).attachments),
}


class Incidents(Service, service="incidents"):
    """Tickets of the helpdesk and of facilities, as employees see them."""

    @read(access=_ANYONE)
    def categories(self) -> Steps[Listing[Category]]:
        """What a ticket can be about."""
        raise self.unsupported("categories")
        yield

    @read(access=_THINGS)
    def assets(
        self, *, person: PersonRef | None = None, place: Place | None = None, tag: str | None = None
    ) -> Steps[Listing[Asset]]:
        """Things of *person*, at *place*, or with *tag*; with none of these the caller's own."""
        raise self.unsupported("assets")
        yield

    @read(access=_ANYONE)
    def similar(self, draft: TicketDraft) -> Steps[Listing[Similar]]:
        """Open tickets that may say the same, known major ones first, then by score. What others ask or complain of is not told."""
        raise self.unsupported("similar")
        yield

    @read(access=_ANYONE)
    def known_problems(self, *, place: Place | None = None, asset: str | None = None) -> Steps[Listing[Similar]]:
        """What is reported and not solved yet at *place*, or of the thing with the tag *asset*; known major ones first, then the newest.

        What others ask or complain of is not told.

        Raises:
            InvalidInput: Neither was given, or *place* names no site, building, floor or room.
            AssetUnknown: There is no thing with that tag.
        """
        raise self.unsupported("known_problems")
        yield

    @read(access=_ANYONE)
    def advice(self, draft: TicketDraft) -> Steps[Listing[Article]]:
        """Articles that may help, so that *draft* need not be reported; the best first."""
        raise self.unsupported("advice")
        yield

    @write(
        Safety.ONCE,
        access=Access("incidents.report", _MINE, named("draft", "person")),
        features=_FEATURES,
        measures=_MEASURES,
    )
    def report(self, draft: TicketDraft, *, key: Key | None = None) -> Steps[Ticket]:
        """Report *draft*.

        Returns:
            The ticket, with its number and priority.

        Raises:
            CategoryRequired: The category is missing, or too general: *options* are those it could be.
            AssetUnknown: There is no thing with that tag.
            DuplicateTicket: The system wants no second ticket about it: *candidates*.
            NotFound: There is no such category or ticket: *field* says which.
            OutcomeUnknown: It may have been reported; ask ``report.reconcile(key)``.
        """
        raise self.unsupported("report")
        yield

    @pages(access=Access("incidents.read", _MINE, named("person")))
    def requests(self, person: PersonRef | None = None, *, open: bool = True) -> PageSteps[Ticket]:
        """Tickets of *person*, the newest first; with *open* false the finished ones too."""
        raise self.unsupported("requests")
        yield Page(())

    @pages(access=Access("incidents.read", _MINE, named("person")))
    def inbox(self, person: PersonRef | None = None) -> PageSteps[Ticket]:
        """Tickets that wait for *person*: questions to answer, solutions to confirm, and what they handle; the oldest first."""
        raise self.unsupported("inbox")
        yield Page(())

    @pages(access=_HANDLE)
    def queue(self, *, status: frozenset[TicketStatus] = OPEN) -> PageSteps[Ticket]:
        """Every ticket with that status, by priority and age: for who handles them."""
        raise self.unsupported("queue")
        yield Page(())

    @read(access=_READ_REF)
    def get(self, ref: Ref) -> Steps[Ticket]:
        """One ticket."""
        raise self.unsupported("get")
        yield

    @read(access=_READ_REF)
    def timeline(self, ref: Ref) -> Steps[Listing[Event]]:
        """What happened to a ticket, the oldest first, as its requester may see it."""
        raise self.unsupported("timeline")
        yield

    @read(access=_HANDLE)
    def history(self, ref: Ref) -> Steps[Listing[Event]]:
        """What happened to a ticket, the oldest first, internal notes too: for who handles them."""
        raise self.unsupported("history")
        yield

    @write(
        Safety.ONCE,
        access=_REF,
        measures={
            "attachment_bytes": lambda a: max((upload.size for upload in a["uploads"]), default=0),
            "attachments": lambda a: len(a["uploads"]),
            "text_length": lambda a: len(a["body"]),
        },
    )
    def comment(self, ref: Ref, body: str, *, uploads: tuple[Upload, ...] = (), key: Key | None = None) -> Steps[Comment]:
        """Say something, with photos or documents. A ticket that waited for the requester goes on."""
        raise self.unsupported("comment")
        yield

    @write(Safety.ONCE, access=_REF, measures={"attachment_bytes": lambda a: a["upload"].size})
    def attach(self, ref: Ref, upload: Upload, *, key: Key | None = None) -> Steps[Attachment]:
        """Add a photo or a document."""
        raise self.unsupported("attach")
        yield

    @read(access=Access("incidents.read", _MINE, owner("requester", parameter="ticket"), conceals="ticket"))
    def attachment(self, ticket: Ref, ref: Ref) -> Steps[bytes]:
        """The bytes of the attachment *ref* of *ticket* or of a comment on it."""
        raise self.unsupported("attachment")
        yield

    @write(Safety.ONCE, access=_REF, measures=_REASON)
    def escalate(self, ref: Ref, reason: str, *, key: Key | None = None) -> Steps[Ticket]:
        """Say that it cannot wait as it does: one priority higher, with the reason."""
        raise self.unsupported("escalate")
        yield

    @write(Safety.ONCE, access=_REF)
    def confirm_resolved(self, ref: Ref, *, key: Key | None = None) -> Steps[Ticket]:
        """Say that the solution works: the ticket is closed.

        Raises:
            Conflict: Nobody said that it is solved, or it was opened again.
        """
        raise self.unsupported("confirm_resolved")
        yield

    @write(Safety.ONCE, access=_REF, measures=_REASON)
    def reopen(self, ref: Ref, reason: str, *, key: Key | None = None) -> Steps[Ticket]:
        """Say that it is not solved after all.

        Raises:
            TicketClosed: It was confirmed to be solved: report it anew.
            ReopenWindowPassed: It was solved too long ago: report it anew.
        """
        raise self.unsupported("reopen")
        yield

    @write(Safety.ONCE, access=_REF, measures=_REASON)
    def cancel(self, ref: Ref, *, reason: str | None = None, key: Key | None = None) -> Steps[Ticket]:
        """Take back a ticket that is not needed any more."""
        raise self.unsupported("cancel")
        yield

    @read(access=_ANYONE)
    def disruptions(self, *, site: str | None = None) -> Steps[Listing[Similar]]:
        """Known major incidents, at *site* when given."""
        raise self.unsupported("disruptions")
        yield

    @write(Safety.ONCE, access=_HANDLE)
    def handle(self, ref: Ref, change: TicketChange, *, key: Key | None = None) -> Steps[Ticket]:
        """For who handles tickets: change status, handler, priority, or say something.

        Args:
            ref: With the version that was looked at (as in ``ticket.ref``), a ticket that was changed since stays as it is: of
                two who take it, one gets it.

        Raises:
            Conflict: It was changed since it was looked at, or cannot become what is asked.
            TicketClosed: It is finished.
        """
        raise self.unsupported("handle")
        yield

    @report.previews
    def preview_report(self, draft: TicketDraft, *, key: Key | None = None) -> Steps[Preview]:
        """Its priority, and tickets that say the same."""
        from workplace_sdk.services.incidents_preview import of_report

        return (yield from of_report(self, draft, key, MATRIX[draft.impact, draft.urgency]))

    @comment.previews
    def preview_comment(
        self, ref: Ref, body: str, *, uploads: tuple[Upload, ...] = (), key: Key | None = None
    ) -> Steps[Preview]:
        """On which ticket."""
        from workplace_sdk.services.incidents_preview import of_ticket

        return (yield from of_ticket(self, "comment", ref, key))

    @attach.previews
    def preview_attach(self, ref: Ref, upload: Upload, *, key: Key | None = None) -> Steps[Preview]:
        """To which ticket, and which file."""
        from workplace_sdk.services.incidents_preview import of_ticket

        return (yield from of_ticket(self, "attach", ref, key, file=f"{upload.name}, {upload.size} bytes"))

    @escalate.previews
    def preview_escalate(self, ref: Ref, reason: str, *, key: Key | None = None) -> Steps[Preview]:
        """Which ticket."""
        from workplace_sdk.services.incidents_preview import of_ticket

        return (yield from of_ticket(self, "escalate", ref, key))

    @confirm_resolved.previews
    def preview_confirm_resolved(self, ref: Ref, *, key: Key | None = None) -> Steps[Preview]:
        """Which ticket, and what the solution was."""
        from workplace_sdk.services.incidents_preview import of_ticket

        return (yield from of_ticket(self, "confirm_resolved", ref, key))

    @reopen.previews
    def preview_reopen(self, ref: Ref, reason: str, *, key: Key | None = None) -> Steps[Preview]:
        """Which ticket."""
        from workplace_sdk.services.incidents_preview import of_ticket

        return (yield from of_ticket(self, "reopen", ref, key))

    @cancel.previews
    def preview_cancel(self, ref: Ref, *, reason: str | None = None, key: Key | None = None) -> Steps[Preview]:
        """Which ticket."""
        from workplace_sdk.services.incidents_preview import of_ticket

        return (yield from of_ticket(self, "cancel", ref, key))

    @handle.previews
    def preview_handle(self, ref: Ref, change: TicketChange, *, key: Key | None = None) -> Steps[Preview]:
        """Which ticket, and what changes."""
        from workplace_sdk.services.incidents_preview import of_change

        return (yield from of_change(self, ref, change, key))
