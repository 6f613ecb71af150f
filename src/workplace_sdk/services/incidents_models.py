"""What incidents are made of: places, things, tickets, and the order in which they are handled."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import AwareDatetime, Field, model_validator

from workplace_sdk.services.common import Amount, Attachment, Mapped, Model, PersonRef, Record, Ref, Upload

if TYPE_CHECKING:
    from typing import Self


class Geo(Model):
    """A point on the earth in degrees, north and east above nothing. Source: WGS 84."""

    latitude: Annotated[Amount, Field(ge=-90, le=90)]
    longitude: Annotated[Amount, Field(ge=-180, le=180)]


class Place(Model):
    """Where something is; *text* says it where there are no names for it."""

    site: str | None = None
    building: str | None = None
    floor: str | None = None
    room: str | None = None
    text: Annotated[str, Field(max_length=500)] | None = None
    geo: Geo | None = None

    def __str__(self) -> str:
        return ", ".join(part for part in (self.site, self.building, self.floor, self.room, self.text) if part)


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
    serial: str | None = None
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


_WAITING: Final[Mapping[TicketStatus, WaitingOn]] = MappingProxyType(
    {
        TicketStatus.WAITING_FOR_REQUESTER: WaitingOn.REQUESTER,
        TicketStatus.RESOLVED: WaitingOn.REQUESTER,
        TicketStatus.WAITING_FOR_SUPPLIER: WaitingOn.SUPPLIER,
        TicketStatus.CLOSED: WaitingOn.NOBODY,
        TicketStatus.CANCELLED: WaitingOn.NOBODY,
    }
)


def waiting_on(status: TicketStatus) -> WaitingOn:
    """Who has to do something about a ticket with that status."""
    return _WAITING.get(status, WaitingOn.HELPDESK)


class TicketDraft(Model):
    """What is wrong, where, and how bad.

    Attributes:
        what: One line.
        category: Reference or name of a category.
        asset: Tag on the thing.
        since: Since when; the report's own time when left out.
        contact: How and when to reach the person about it.
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
    since: AwareDatetime | None = None
    contact: Annotated[str, Field(max_length=200)] | None = None
    person: PersonRef | None = None
    me_too: Ref | None = None
    attachments: tuple[Upload, ...] = ()


class Ticket(Record):
    """A ticket as the system keeps it; comments only handlers see are not in it.

    Attributes:
        same_reports: How many reported the same.
        next_update_by: When the requester hears more at the latest.
        due: When it is to be solved.
    """

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
    closed_at: AwareDatetime | None = None
    since: AwareDatetime | None = None
    next_update_by: AwareDatetime | None = None
    due: AwareDatetime | None = None
    contact: str | None = None
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


class Article(Record):
    """Something that was written down because it is asked often; *score* from 0 to 1 says how well it fits.

    Attributes:
        text: What it says, as plain text; ``ref.url`` leads to where it reads better, when there is such a place.
    """

    title: str
    text: str = ""
    category: str | None = None
    score: Amount


class EventKind(StrEnum):
    """What happened to a ticket."""

    REPORTED = "reported"
    COMMENTED = "commented"
    CHANGED = "changed"
    ESCALATED = "escalated"
    ATTACHED = "attached"


class Event(Model):
    """One thing that happened to a ticket.

    Attributes:
        status: What it became.
        internal: Only those who handle tickets see it.
    """

    at: AwareDatetime
    kind: EventKind
    by: PersonRef | None = None
    text: str = ""
    status: TicketStatus | None = None
    internal: bool = False
    attachments: tuple[Attachment, ...] = ()


class TicketChange(Model):
    """What a handler changes; what is left out stays.

    Attributes:
        resolution: What the solution is: needed to say that it is solved.
        major: A large disruption that everyone may know of.
        parent: The ticket that says the same: what solves it solves this one.
        note: For the requester, or with *internal* for handlers only.
    """

    status: TicketStatus | None = None
    handler: PersonRef | None = None
    priority: Priority | None = None
    resolution: Annotated[str, Field(max_length=20_000)] | None = None
    next_update_by: AwareDatetime | None = None
    due: AwareDatetime | None = None
    major: bool | None = None
    parent: Ref | None = None
    note: Annotated[str, Field(max_length=20_000)] | None = None
    internal: bool = False

    @model_validator(mode="after")
    def _known_words(self) -> Self:
        for name, value in (("status", self.status), ("priority", self.priority)):
            if value == "unmapped":
                raise ValueError(f"{name}: unmapped is for a system's word that is not known here, not for asking")
        return self


_AT_WORK: Final = OPEN - {TicketStatus.NEW}
_NEXT: Final[Mapping[TicketStatus, frozenset[TicketStatus]]] = MappingProxyType(
    {
        **dict.fromkeys(OPEN, _AT_WORK | {TicketStatus.RESOLVED, TicketStatus.CANCELLED}),
        TicketStatus.RESOLVED: frozenset({TicketStatus.OPEN, TicketStatus.CLOSED}),
    }
)


def may_follow(before: TicketStatus, after: TicketStatus) -> bool:
    """Whether a ticket that is *before* can become *after*: what is closed or cancelled stays so."""
    return after in _NEXT.get(before, frozenset())


MATRIX: Final[Mapping[tuple[Impact, Urgency], Priority]] = MappingProxyType(
    {
        (impact, urgency): Priority(f"P{max(1, min(5, 5 - high - weight))}")
        for high, impact in enumerate(Impact)
        for weight, urgency in zip((0, 1, 2, 5), Urgency, strict=True)
    }
)
"""Priority by impact and urgency, where the organisation has no table of its own; a danger is always P1."""
