"""Incidents: reporting what is broken or asked for, following it, and saying that it is solved."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any, Final

from pydantic import AwareDatetime, Field

from workplace_sdk.kernel.access import Access, Arguments, Relation
from workplace_sdk.kernel.effects import Page, PageSteps, Steps
from workplace_sdk.kernel.errors import Conflict, Rejected
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.listing import Listing
from workplace_sdk.kernel.operation import Service, pages, read, write
from workplace_sdk.kernel.preview import Origin, Preview, PreviewLine, Weight
from workplace_sdk.kernel.support import Native
from workplace_sdk.kernel.words import Words
from workplace_sdk.services.common import (
    Amount,
    Attachment,
    Comment,
    Mapped,
    Model,
    PersonRef,
    Record,
    Ref,
    Upload,
    named,
    owner,
)


class Place(Model):
    """Where something is."""

    site: str | None = None
    building: str | None = None
    floor: str | None = None
    room: str | None = None

    def __str__(self) -> str:
        return ", ".join(part for part in (self.site, self.building, self.floor, self.room) if part)


class Category(Record):
    """What a ticket is about; *path* from general to particular."""

    path: tuple[str, ...]

    def __str__(self) -> str:
        return " / ".join(self.path)


class AssetKind(StrEnum):
    """Kinds of things that break."""

    PRINTER = "printer"
    LAPTOP = "laptop"
    DESKTOP = "desktop"
    PHONE = "phone"
    DISPLAY = "display"
    PROJECTOR = "projector"
    NETWORK = "network"
    LIGHT = "light"
    CLIMATE = "climate"
    FURNITURE = "furniture"
    DOOR = "door"
    VEHICLE = "vehicle"
    SOFTWARE = "software"
    OTHER = "other"
    UNMAPPED = "unmapped"


class Asset(Record):
    """A thing the organisation knows: *tag* is what is written on it."""

    tag: str
    name: str
    kind: Mapped[AssetKind]
    place: Place | None = None
    owner: PersonRef | None = None

    def __str__(self) -> str:
        return f"{self.tag} {self.name}"


class TicketKind(StrEnum):
    """What kind of message it is."""

    INCIDENT = "incident"
    REQUEST = "request"
    QUESTION = "question"
    COMPLAINT = "complaint"


class Impact(StrEnum):
    """Whom it hinders."""

    ME = "me"
    SEVERAL = "several"
    DEPARTMENT = "department"
    SITE = "site"
    ORGANISATION = "organisation"


class Urgency(StrEnum):
    """How bad it is."""

    CAN_WAIT = "can_wait"
    HINDERED = "hindered"
    BLOCKED = "blocked"
    SAFETY = "safety"


class Priority(StrEnum):
    """In which order tickets are handled: P1 first."""

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"
    P5 = "P5"
    UNMAPPED = "unmapped"


class TicketStatus(StrEnum):
    """How far a ticket is."""

    NEW = "new"
    OPEN = "open"
    IN_PROGRESS = "in_progress"
    WAITING_FOR_REQUESTER = "waiting_for_requester"
    WAITING_FOR_SUPPLIER = "waiting_for_supplier"
    ON_HOLD = "on_hold"
    RESOLVED = "resolved"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    UNMAPPED = "unmapped"


OPEN: Final = frozenset(TicketStatus) - {
    TicketStatus.RESOLVED,
    TicketStatus.CLOSED,
    TicketStatus.CANCELLED,
    TicketStatus.UNMAPPED,
}
"""Tickets on which someone still has to do something."""


class WaitingOn(StrEnum):
    """Who has to do something next."""

    REQUESTER = "requester"
    HELPDESK = "helpdesk"
    SUPPLIER = "supplier"
    NOBODY = "nobody"


class TicketDraft(Model):
    """What is wrong, where, and how bad.

    Attributes:
        what: One line.
        category: Reference or name of a category.
        asset: Tag on the thing.
        person: Who has the trouble; the caller when left out.
        me_too: The ticket that says the same: this one is counted with it.
    """

    what: Annotated[str, Field(min_length=3, max_length=200)]
    details: Annotated[str, Field(max_length=20_000)] = ""
    kind: TicketKind = TicketKind.INCIDENT
    category: Ref | str | None = None
    asset: str | None = None
    place: Place | None = None
    impact: Impact = Impact.ME
    urgency: Urgency = Urgency.HINDERED
    person: PersonRef | None = None
    me_too: Ref | None = None
    attachments: tuple[Upload, ...] = ()


class Ticket(Record):
    """A ticket as the system keeps it; comments only handlers see are not in it."""

    number: str
    kind: TicketKind
    title: str
    description: str = ""
    requester: PersonRef
    reported_by: PersonRef | None = None
    category: str | None = None
    asset: str | None = None
    place: Place | None = None
    impact: Impact | None = None
    urgency: Urgency | None = None
    priority: Mapped[Priority]
    status: Mapped[TicketStatus]
    waiting_on: WaitingOn | None = None
    handler: PersonRef | None = None
    major: bool = False
    parent: Ref | None = None
    same_reports: int | None = None
    resolution: str | None = None
    created_at: AwareDatetime | None = None
    updated_at: AwareDatetime | None = None
    resolved_at: AwareDatetime | None = None
    next_update_by: AwareDatetime | None = None
    attachments: tuple[Attachment, ...] = ()


class Similar(Model):
    """A ticket that may say the same, and why; *score* from 0 to 1."""

    ticket: Ref
    number: str
    title: str
    status: TicketStatus
    major: bool = False
    score: Amount
    reasons: tuple[str, ...] = ()


class EventKind(StrEnum):
    """What happened to a ticket."""

    REPORTED = "reported"
    COMMENTED = "commented"
    CHANGED = "changed"
    ESCALATED = "escalated"


class Event(Model):
    """One thing that happened to a ticket."""

    at: AwareDatetime
    kind: EventKind
    by: PersonRef | None = None
    text: str = ""
    attachments: tuple[Attachment, ...] = ()


class TicketChange(Model):
    """What a handler changes; what is left out stays.

    Attributes:
        note: For the requester, or with *internal* for handlers only.
    """

    status: TicketStatus | None = None
    handler: PersonRef | None = None
    priority: Priority | None = None
    resolution: Annotated[str, Field(max_length=20_000)] | None = None
    next_update_by: AwareDatetime | None = None
    major: bool | None = None
    parent: Ref | None = None
    note: Annotated[str, Field(max_length=20_000)] | None = None
    internal: bool = False


MATRIX: Final[Mapping[tuple[Impact, Urgency], Priority]] = MappingProxyType(
    {
        (impact, urgency): Priority(f"P{max(1, min(5, 5 - high - weight))}")
        for high, impact in enumerate(Impact)
        for weight, urgency in zip((0, 1, 2, 5), Urgency, strict=True)
    }
)
"""Priority by impact and urgency, where the organisation has no table of its own; a danger is always P1."""

_MINE = frozenset({Relation.SELF})
_REF = Access("incidents.report", _MINE, owner("requester"))
_READ_REF = Access("incidents.read", _MINE, owner("requester"))
_HANDLE = Access("incidents.handle", frozenset[Relation]())
_ANYONE = Access("incidents.look")


def _draft(arguments: Arguments) -> TicketDraft:
    draft: TicketDraft = arguments["draft"]
    return draft


class Incidents(Service, service="incidents"):
    """Tickets of the helpdesk and of facilities, as employees see them."""

    @read(access=_ANYONE)
    def categories(self) -> Steps[Listing[Category]]:
        """What a ticket can be about."""
        raise self.unsupported("categories")
        yield

    @read(access=_ANYONE)
    def assets(
        self, *, person: PersonRef | None = None, place: Place | None = None, tag: str | None = None
    ) -> Steps[Listing[Asset]]:
        """Things of *person*, at *place*, or with *tag*; with none of these the caller's own."""
        raise self.unsupported("assets")
        yield

    @read(access=_ANYONE)
    def similar(self, draft: TicketDraft) -> Steps[Listing[Similar]]:
        """Open tickets that may say the same, known major ones first, then by score."""
        raise self.unsupported("similar")
        yield

    @write(
        Safety.ONCE,
        access=Access("incidents.report", _MINE, named("draft", "person")),
        features={
            "details": lambda a: bool(_draft(a).details),
            "category": lambda a: _draft(a).category is not None,
            "asset": lambda a: _draft(a).asset is not None,
            "place": lambda a: _draft(a).place is not None,
            "me_too": lambda a: _draft(a).me_too is not None,
            "attachments": lambda a: bool(_draft(a).attachments),
        },
        measures={
            "title_length": lambda a: len(_draft(a).what),
            "attachment_bytes": lambda a: max((upload.size for upload in _draft(a).attachments), default=0),
            "attachments": lambda a: len(_draft(a).attachments),
        },
    )
    def report(self, draft: TicketDraft, *, key: Key | None = None) -> Steps[Ticket]:
        """Report *draft*.

        Returns:
            The ticket, with its number and priority.

        Raises:
            NotFound: There is no such category, asset or ticket: *field* says which.
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

    @write(
        Safety.ONCE,
        access=_REF,
        measures={"attachment_bytes": lambda a: max((upload.size for upload in a["uploads"]), default=0)},
    )
    def comment(self, ref: Ref, body: str, *, uploads: tuple[Upload, ...] = (), key: Key | None = None) -> Steps[Comment]:
        """Say something, with photos or documents. A ticket that waited for the requester goes on."""
        raise self.unsupported("comment")
        yield

    @read(access=Access("incidents.read", _MINE, owner("requester", parameter="ticket")))
    def attachment(self, ticket: Ref, ref: Ref) -> Steps[bytes]:
        """The bytes of the attachment *ref* of *ticket* or of a comment on it."""
        raise self.unsupported("attachment")
        yield

    @write(Safety.ONCE, access=_REF)
    def escalate(self, ref: Ref, reason: str, *, key: Key | None = None) -> Steps[Ticket]:
        """Say that it cannot wait as it does: one priority higher, with the reason."""
        raise self.unsupported("escalate")
        yield

    @write(Safety.ONCE, access=_REF)
    def confirm_resolved(self, ref: Ref, *, key: Key | None = None) -> Steps[Ticket]:
        """Say that the solution works: the ticket is closed."""
        raise self.unsupported("confirm_resolved")
        yield

    @write(Safety.ONCE, access=_REF)
    def reopen(self, ref: Ref, reason: str, *, key: Key | None = None) -> Steps[Ticket]:
        """Say that it is not solved after all.

        Raises:
            ReopenWindowPassed: It was solved too long ago: report it anew.
        """
        raise self.unsupported("reopen")
        yield

    @write(Safety.ONCE, access=_REF)
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
        """For who handles tickets: change status, handler, priority, or say something."""
        raise self.unsupported("handle")
        yield

    @report.previews
    def preview_report(self, draft: TicketDraft, *, key: Key | None = None) -> Steps[Preview]:
        """Its priority, and tickets that say the same."""
        priority = MATRIX[draft.impact, draft.urgency]
        lines = [
            PreviewLine(
                code="report",
                en=f"Report: {draft.what} ({priority}).",
                nl=f"Melden: {draft.what} ({priority}).",
                facts={"priority": priority.value},
            )
        ]
        if isinstance(self.similar.support, Native):
            for other in (yield from self.similar.steps(draft))[:3]:
                text = f"{other.number} {other.title}"
                lines.append(
                    PreviewLine(
                        code="similar",
                        en=f"Perhaps the same: {text}.",
                        nl=f"Misschien hetzelfde: {text}.",
                        origin=Origin.BACKEND,
                        weight=Weight.WARNING,
                        facts={"ref": str(other.ticket), "score": str(other.score)},
                    )
                )
        return Preview(operation="incidents.report", key=str(key), lines=tuple(lines))

    @comment.previews
    def preview_comment(
        self, ref: Ref, body: str, *, uploads: tuple[Upload, ...] = (), key: Key | None = None
    ) -> Steps[Preview]:
        """On which ticket."""
        return (yield from self._told("comment", ref, key, Words("Comment on {what}", "Reactie op {what}")))

    @escalate.previews
    def preview_escalate(self, ref: Ref, reason: str, *, key: Key | None = None) -> Steps[Preview]:
        """Which ticket."""
        return (yield from self._told("escalate", ref, key, Words("Escalate {what}", "Opschalen: {what}")))

    @confirm_resolved.previews
    def preview_confirm_resolved(self, ref: Ref, *, key: Key | None = None) -> Steps[Preview]:
        """Which ticket."""
        return (
            yield from self._told(
                "confirm_resolved", ref, key, Words("Close as solved: {what}", "Sluiten als opgelost: {what}")
            )
        )

    @reopen.previews
    def preview_reopen(self, ref: Ref, reason: str, *, key: Key | None = None) -> Steps[Preview]:
        """Which ticket."""
        return (yield from self._told("reopen", ref, key, Words("Open again: {what}", "Opnieuw openen: {what}")))

    @cancel.previews
    def preview_cancel(self, ref: Ref, *, reason: str | None = None, key: Key | None = None) -> Steps[Preview]:
        """Which ticket."""
        return (yield from self._told("cancel", ref, key, Words("Cancel {what}", "Annuleren: {what}")))

    @handle.previews
    def preview_handle(self, ref: Ref, change: TicketChange, *, key: Key | None = None) -> Steps[Preview]:
        """Which ticket, and what changes."""
        changed = ", ".join(
            f"{name}: {value}" for name, value in change.model_dump(exclude_none=True, exclude={"internal"}).items()
        )
        return (
            yield from self._told("handle", ref, key, Words(f"Change {{what}}: {changed}", f"Wijzigen van {{what}}: {changed}"))
        )

    def _told(self, operation: str, ref: Ref, key: Key | None, words: Words) -> Steps[Preview]:
        ticket = yield from self.get.steps(ref)
        text = words.filled(what=f"{ticket.number} {ticket.title} ({ticket.status})")
        line = PreviewLine(code="ticket", en=text.en, nl=text.nl, facts={"ref": str(ref)})
        return Preview(operation=f"incidents.{operation}", key=str(key), lines=(line,))


class CategoryRequired(Rejected):
    """Say what it is about: one of *options*."""

    code = "category-required"
    words = Words("Please choose what it is about.", "Kies waar het over gaat.")

    def __init__(self, message: str = "", *, options: tuple[str, ...] = (), **where: Any) -> None:
        super().__init__(message, field=where.pop("field", "category"), **where)
        self.options = options


class DuplicateTicket(Rejected):
    """The same was reported already: *candidates* says where."""

    code = "duplicate-ticket"
    words = Words("This was reported already.", "Dit is al gemeld.")

    def __init__(self, message: str = "", *, candidates: tuple[Ref, ...] = (), **where: Any) -> None:
        super().__init__(message, **where)
        self.candidates = candidates


class TicketClosed(Conflict):
    """The ticket is finished: nothing can be added to it."""

    code = "ticket-closed"
    words = Words("This ticket is finished. Please report it anew.", "Deze melding is afgerond. Maak een nieuwe melding.")


class ReopenWindowPassed(Conflict):
    """It was solved too long ago to be opened again."""

    code = "reopen-window-passed"
    words = Words(
        "This was solved too long ago to be opened again. Please report it anew.",
        "Dit is te lang geleden opgelost om opnieuw te openen. Maak een nieuwe melding.",
    )
