"""Rooms and meetings: a room that fits, the people, lunch and a projector, as one booking."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import AwareDatetime, Field, field_validator, model_validator

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
    ComponentState,
    Decision,
    Mapped,
    Model,
    Money,
    PersonRef,
    Record,
    Ref,
    Span,
    named,
    owner,
)

if TYPE_CHECKING:
    from typing import Self


class Feature(StrEnum):
    """What a room has."""

    PROJECTOR = "projector"
    DISPLAY = "display"
    VIDEO_CONFERENCE = "video_conference"
    WHITEBOARD = "whiteboard"
    PHONE = "phone"
    HEARING_LOOP = "hearing_loop"
    STEP_FREE = "step_free"
    CATERING = "catering"
    DAYLIGHT = "daylight"
    AIR_CONDITIONING = "air_conditioning"
    OTHER = "other"
    UNMAPPED = "unmapped"


class Bookability(StrEnum):
    """Who may book a room."""

    OPEN = "open"
    APPROVAL = "approval"
    RESTRICTED = "restricted"
    NOT_BOOKABLE = "not_bookable"
    UNKNOWN = "unknown"


class Site(Record):
    """A place with rooms."""

    name: str
    zone: str
    address: str | None = None

    def __str__(self) -> str:
        return self.name


class Room(Record):
    """A room. ``None`` means that the system does not say.

    Attributes:
        longest: Longest booking.
        ahead: How far ahead it can be booked.
        check_in: Minutes after the start within which someone has to check in, else it is released.
    """

    name: str
    site: str | None = None
    building: str | None = None
    floor: str | None = None
    capacity: int | None = None
    features: frozenset[Feature] = frozenset()
    zone: str | None = None
    bookability: Bookability = Bookability.UNKNOWN
    longest: timedelta | None = None
    ahead: timedelta | None = None
    check_in: int | None = None

    def __str__(self) -> str:
        return self.name


class RoomQuery(Model):
    """A room that fits: for *span*, or for *duration* somewhere in *within*.

    Attributes:
        people: How many it has to seat.
        attendees: Who has to be free too, as far as this system knows.
        preferred: Features that make a room better, but need not be there.
    """

    span: Span | None = None
    duration: timedelta | None = None
    within: Span | None = None
    people: Annotated[int, Field(ge=1, le=10_000)] = 1
    attendees: tuple[PersonRef, ...] = ()
    required: frozenset[Feature] = frozenset()
    preferred: frozenset[Feature] = frozenset()
    site: str | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 10

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.span is None) == (self.duration is None or self.within is None):
            raise ValueError("give span, or duration and within")
        if self.duration is not None and not timedelta(minutes=5) <= self.duration <= timedelta(days=7):
            raise ValueError("duration is from 5 minutes to 7 days")
        return self


class RoomOption(Model):
    """A free room at a time. *score* from 0 to 1; *missing* are preferred features it lacks; *busy* are attendees who are not free."""

    room: Room
    span: Span
    score: Amount
    reasons: tuple[str, ...] = ()
    missing: frozenset[Feature] = frozenset()
    busy: tuple[PersonRef, ...] = ()


class Role(StrEnum):
    """What an attendee is in a meeting. Source: RFC 5545 3.2.16."""

    CHAIR = "chair"
    REQUIRED = "required"
    OPTIONAL = "optional"
    INFORMED = "informed"


class Response(StrEnum):
    """What an attendee answered. Source: RFC 5545 3.2.12."""

    NEEDS_ACTION = "needs_action"
    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    DECLINED = "declined"


class Attendee(Model):
    """Someone who comes."""

    person: PersonRef
    role: Role = Role.REQUIRED
    response: Response = Response.NEEDS_ACTION


class OrderKind(StrEnum):
    """What can be ordered for a meeting."""

    CATERING = "catering"
    EQUIPMENT = "equipment"
    LAYOUT = "layout"
    SUPPORT = "support"


class Diet(StrEnum):
    """What people do not eat."""

    VEGETARIAN = "vegetarian"
    VEGAN = "vegan"
    HALAL = "halal"
    KOSHER = "kosher"
    GLUTEN_FREE = "gluten_free"
    LACTOSE_FREE = "lactose_free"
    NUT_FREE = "nut_free"


class ServiceItem(Record):
    """Something that can be ordered; *order_before* is how long before the start at the latest."""

    name: str
    kind: OrderKind
    site: str | None = None
    price: Money | None = None
    order_before: timedelta | None = None
    cancel_before: timedelta | None = None
    stock: int | None = None

    def __str__(self) -> str:
        return self.name


class OrderLine(Model):
    """So many of an item, named by reference or name."""

    item: Ref | str
    quantity: Annotated[int, Field(ge=1, le=10_000)] = 1


class OrderDraft(Model):
    """What to bring, and for whom.

    Attributes:
        diets: How many of the people have which diet.
        deliver_at: When; the start of the meeting when left out.
    """

    lines: Annotated[tuple[OrderLine, ...], Field(min_length=1)]
    diets: Mapping[Diet, int] = Field(default_factory=dict[Diet, int])
    deliver_at: AwareDatetime | None = None
    cost_centre: str | None = None
    note: Annotated[str, Field(max_length=2000)] | None = None


class OrderedLine(Model):
    """A line as it was ordered, with its price then."""

    name: str
    kind: OrderKind
    quantity: int
    price: Money | None = None


class Order(Model):
    """What was ordered for a meeting."""

    ref: Ref
    lines: tuple[OrderedLine, ...]
    diets: Mapping[Diet, int] = Field(default_factory=dict[Diet, int])
    deliver_at: AwareDatetime | None = None
    cost_centre: str | None = None
    note: str | None = None
    state: ComponentState = ComponentState.DONE
    total: Money | None = None


class Policy(StrEnum):
    """What to do when a part of a meeting cannot be had."""

    ALL_OR_NOTHING = "all_or_nothing"
    BEST_EFFORT = "best_effort"


class MeetingDraft(Model):
    """A meeting to be booked.

    Attributes:
        span: Of the first time, when it repeats.
        room: Reference or name; none for a meeting without a room.
        people: How many come, when that is more than the attendees and the organizer.
        rrule: Repetition: FREQ, INTERVAL, COUNT or UNTIL, BYDAY, BYMONTHDAY, BYMONTH, BYSETPOS, WKST.
        organizer: The caller when left out.
        policy: With best effort, times and orders that cannot be had are left out and reported.

    Source: RFC 5545 3.3.10 for *rrule*.
    """

    subject: Annotated[str, Field(min_length=1, max_length=200)]
    span: Span
    room: Ref | str | None = None
    people: Annotated[int, Field(ge=1, le=10_000)] | None = None
    attendees: tuple[Attendee, ...] = ()
    orders: tuple[OrderDraft, ...] = ()
    rrule: Annotated[str, Field(max_length=500)] | None = None
    body: Annotated[str, Field(max_length=20_000)] | None = None
    private: bool = False
    organizer: PersonRef | None = None
    policy: Policy = Policy.ALL_OR_NOTHING

    @field_validator("rrule")
    @classmethod
    def _known_parts(cls, value: str | None) -> str | None:
        return None if value is None else checked_rrule(value)


RRULE_PARTS: Final = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "WKST"})
MOST_OCCURRENCES: Final = 366


def checked_rrule(text: str) -> str:
    """*text*, when it is a rule of the parts that are known, with an end; ``ValueError`` else."""
    rule = text.strip().removeprefix("RRULE:").upper()
    parts = _parts(rule)
    if unknown := sorted(set(parts) - RRULE_PARTS):
        raise ValueError(f"rrule: {', '.join(unknown)} is not supported")
    if parts.get("FREQ") not in ("DAILY", "WEEKLY", "MONTHLY", "YEARLY"):
        raise ValueError("rrule: FREQ is DAILY, WEEKLY, MONTHLY or YEARLY")
    if ("COUNT" in parts) == ("UNTIL" in parts):
        raise ValueError("rrule: give COUNT or UNTIL, so that it ends")
    return rule


def _parts(rule: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in rule.split(";"):
        name, _, value = part.partition("=")
        if name:
            found[name] = value
    return found


def occurrences(span: Span, rrule: str | None) -> tuple[Span, ...]:
    """The times of a meeting: the same wall-clock time in the span's zone, summer or winter.

    Raises:
        ValueError: More than ``MOST_OCCURRENCES`` times, or a rule that cannot be read.
    """
    if rrule is None:
        return (span,)
    from dateutil.rrule import rrulestr

    start = span.local_start.replace(tzinfo=None)
    rule = _naive_until(checked_rrule(rrule), span)
    starts: list[datetime] = []
    try:
        times: Any = rrulestr(rule, dtstart=start)
        for at in times:
            starts.append(at)
            if len(starts) > MOST_OCCURRENCES:
                raise ValueError(f"a series has at most {MOST_OCCURRENCES} times")
    except (ValueError, TypeError) as error:
        raise ValueError(f"rrule: {error}") from None
    length = span.end - span.start
    tz = span.local_start.tzinfo
    spans: list[Span] = []
    for at in starts:
        begin = at.replace(tzinfo=tz)
        end = (at + (span.local_end.replace(tzinfo=None) - start)).replace(tzinfo=tz)
        spans.append(Span(start=begin, end=end if end > begin else begin + length, zone=span.zone))
    return tuple(spans)


def _naive_until(rule: str, span: Span) -> str:
    """UNTIL on the wall clock of the meeting's zone: the times are generated on it."""
    from dateutil.parser import isoparse

    parts = _parts(rule)
    if "UNTIL" in parts:
        until = isoparse(parts["UNTIL"])
        if until.tzinfo is not None:
            until = until.astimezone(span.local_start.tzinfo).replace(tzinfo=None)
        elif len(parts["UNTIL"]) == 8:
            until = until.replace(hour=23, minute=59, second=59)
        parts["UNTIL"] = until.strftime("%Y%m%dT%H%M%S")
    return ";".join(f"{name}={value}" for name, value in parts.items())


class ReservationState(StrEnum):
    """How far the room of a meeting is."""

    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    RELEASED = "released"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


class Occurrence(Model):
    """One time of a meeting; *conflict* says why this time has no room."""

    span: Span
    state: Mapped[ReservationState]
    conflict: str | None = None


class Component(Model):
    """A part of a booking and what became of it."""

    what: str
    state: ComponentState
    why: str | None = None


class Meeting(Record):
    """A meeting as the system recorded it."""

    subject: str
    organizer: PersonRef
    room: Room | None = None
    occurrences: tuple[Occurrence, ...]
    people: int | None = None
    attendees: tuple[Attendee, ...] = ()
    orders: tuple[Order, ...] = ()
    rrule: str | None = None
    body: str | None = None
    private: bool = False
    components: tuple[Component, ...] = ()
    created_at: AwareDatetime | None = None

    @property
    def span(self) -> Span:
        """Of the first time."""
        return self.occurrences[0].span

    @property
    def state(self) -> ComponentState:
        """Of the whole: the least settled of its parts."""
        order = (ComponentState.UNKNOWN, ComponentState.PENDING, ComponentState.REJECTED)
        states = {component.state for component in self.components}
        return next((state for state in order if state in states), ComponentState.DONE)


class MeetingChange(Model):
    """What changes; what is left out stays. A new *span* is of the (first) time that is changed."""

    span: Span | None = None
    room: Ref | str | None = None
    subject: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    body: str | None = None
    attendees: tuple[Attendee, ...] | None = None
    people: int | None = None


class Scope(StrEnum):
    """Which times of a series."""

    ONE = "one"
    THIS_AND_FOLLOWING = "this_and_following"
    ALL = "all"


class Busy(Model):
    """Someone or some room is not free; what for is not said."""

    person: PersonRef | None = None
    room: Ref | None = None
    span: Span


_ANYONE = Access("rooms.look")
_MINE = Access("rooms.book", frozenset({Relation.SELF}), owner("organizer"))
_READ = Access("rooms.read", frozenset({Relation.SELF, Relation.MANAGER}), named("person"))


def _draft(arguments: Arguments) -> MeetingDraft:
    draft: MeetingDraft = arguments["draft"]
    return draft


class RoomBooking(Service, service="rooms"):
    """Finding and booking rooms, with what belongs to a meeting."""

    @read(access=_ANYONE)
    def sites(self) -> Steps[Listing[Site]]:
        """Places with rooms, by name."""
        raise self.unsupported("sites")
        yield

    @read(access=_ANYONE)
    def rooms(
        self, *, site: str | None = None, people: int = 1, features: frozenset[Feature] = frozenset()
    ) -> Steps[Listing[Room]]:
        """Rooms at *site* that seat *people* and have *features*, the smallest first."""
        raise self.unsupported("rooms")
        yield

    @read(access=_ANYONE, features={"attendees": lambda a: bool(a["query"].attendees)})
    def find(self, query: RoomQuery) -> Steps[Listing[RoomOption]]:
        """Free rooms that fit *query*, the best first: little more than the seats needed, preferred features, early times."""
        raise self.unsupported("find")
        yield

    @read(access=_ANYONE)
    def busy(self, span: Span, *, people: tuple[PersonRef, ...] = (), rooms: tuple[Ref, ...] = ()) -> Steps[Listing[Busy]]:
        """When *people* and *rooms* are not free within *span*, by time; never what for."""
        raise self.unsupported("busy")
        yield

    @read(access=_ANYONE)
    def menu(self, site: str | None = None) -> Steps[Listing[ServiceItem]]:
        """What can be ordered at *site*, by kind and name."""
        raise self.unsupported("menu")
        yield

    @write(
        Safety.ONCE,
        access=Access("rooms.book", frozenset({Relation.SELF}), named("draft", "organizer")),
        features={
            "attendees": lambda a: bool(_draft(a).attendees),
            "orders": lambda a: bool(_draft(a).orders),
            "recurrence": lambda a: _draft(a).rrule is not None,
            "body": lambda a: _draft(a).body is not None,
            "private": lambda a: _draft(a).private,
            "best_effort": lambda a: _draft(a).policy is Policy.BEST_EFFORT,
        },
        measures={"attendees": lambda a: len(_draft(a).attendees), "orders": lambda a: len(_draft(a).orders)},
    )
    def book(self, draft: MeetingDraft, *, key: Key | None = None) -> Steps[Meeting]:
        """Book *draft*.

        Returns:
            The meeting, with what became of each part in ``components``.

        Raises:
            RoomConflict: The room is not free; *alternatives* are rooms that fit and are.
            CapacityTooSmall: More people come than it seats.
            CutoffPassed: It is too late to order something.
            OutcomeUnknown: It may have been booked; ask ``book.reconcile(key)``.
        """
        raise self.unsupported("book")
        yield

    @read(access=Access("rooms.read", frozenset({Relation.SELF, Relation.MANAGER}), owner("organizer")))
    def get(self, ref: Ref) -> Steps[Meeting]:
        """One meeting."""
        raise self.unsupported("get")
        yield

    @pages(access=_READ)
    def mine(
        self, person: PersonRef | None = None, *, since: date | None = None, until: date | None = None
    ) -> PageSteps[Meeting]:
        """Meetings that *person* organizes or attends, with a time from *since* (today when left out) to *until*; by time."""
        raise self.unsupported("mine")
        yield Page(())

    @write(Safety.ONCE, access=_MINE)
    def change(
        self,
        ref: Ref,
        change: MeetingChange,
        *,
        scope: Scope = Scope.ALL,
        occurrence: date | None = None,
        key: Key | None = None,
    ) -> Steps[Meeting]:
        """Change a meeting, or from a series the times that *scope* says, counted from the one on *occurrence*.

        Changing a part of a series makes a meeting of its own of that part, which is returned.

        Raises:
            RoomConflict: As for ``book``; nothing was changed.
        """
        raise self.unsupported("change")
        yield

    @write(Safety.ONCE, access=_MINE)
    def cancel(
        self,
        ref: Ref,
        *,
        scope: Scope = Scope.ALL,
        occurrence: date | None = None,
        reason: str | None = None,
        key: Key | None = None,
    ) -> Steps[Meeting]:
        """Cancel a meeting, or the times that *scope* says; what was ordered is cancelled with it where it is not too late."""
        raise self.unsupported("cancel")
        yield

    @write(Safety.ONCE, access=Access("rooms.respond"))
    def respond(self, ref: Ref, response: Response, *, key: Key | None = None) -> Steps[Meeting]:
        """Answer an invitation of the caller.

        Raises:
            NotFound: The caller is not invited.
        """
        raise self.unsupported("respond")
        yield

    @write(Safety.ONCE, access=_MINE)
    def check_in(self, ref: Ref, *, key: Key | None = None) -> Steps[Meeting]:
        """Say that the meeting takes place, so that its room is not released."""
        raise self.unsupported("check_in")
        yield

    @pages(access=Access("rooms.decide", frozenset({Relation.SELF}), named("person")))
    def inbox(self, person: PersonRef | None = None) -> PageSteps[Meeting]:
        """Meetings whose room waits for the approval of *person*, the oldest first."""
        raise self.unsupported("inbox")
        yield Page(())

    @write(Safety.ONCE, access=Access("rooms.decide"))
    def decide(self, ref: Ref, decision: Decision, *, comment: str | None = None, key: Key | None = None) -> Steps[Meeting]:
        """Let a meeting have a room that needs approval, or not. Only for who approves that room.

        Raises:
            Conflict: Someone decided already, or somebody else approves that room.
        """
        raise self.unsupported("decide")
        yield

    @book.previews
    def preview_book(self, draft: MeetingDraft, *, key: Key | None = None) -> Steps[Preview]:
        """Times, seats, what is ordered and what it costs, who is not free."""
        lines = [*_times(draft)]
        lines += yield from self._attendees_busy(draft)
        return Preview(operation="rooms.book", key=str(key), lines=tuple(lines))

    def _attendees_busy(self, draft: MeetingDraft) -> Steps[list[PreviewLine]]:
        if not draft.attendees or not isinstance(self.busy.support, Native):
            return []
        taken = yield from self.busy.steps(draft.span, people=tuple(attendee.person for attendee in draft.attendees))
        names = sorted({one.person.label for one in taken if one.person})
        if not names:
            return []
        who = ", ".join(names)
        line = PreviewLine(
            code="busy", en=f"Not free then: {who}.", nl=f"Dan niet vrij: {who}.", weight=Weight.WARNING, origin=Origin.BACKEND
        )
        return [line]

    @change.previews
    def preview_change(
        self,
        ref: Ref,
        change: MeetingChange,
        *,
        scope: Scope = Scope.ALL,
        occurrence: date | None = None,
        key: Key | None = None,
    ) -> Steps[Preview]:
        """Which meeting, and what changes."""
        changed = ", ".join(change.model_dump(exclude_none=True))
        return (
            yield from self._told("change", ref, key, Words(f"Change {changed} of {{what}}", f"Wijzig {changed} van {{what}}"))
        )

    @cancel.previews
    def preview_cancel(
        self,
        ref: Ref,
        *,
        scope: Scope = Scope.ALL,
        occurrence: date | None = None,
        reason: str | None = None,
        key: Key | None = None,
    ) -> Steps[Preview]:
        """Which meeting."""
        return (yield from self._told("cancel", ref, key, Words("Cancel {what}", "Annuleren: {what}")))

    @respond.previews
    def preview_respond(self, ref: Ref, response: Response, *, key: Key | None = None) -> Steps[Preview]:
        """Which meeting."""
        return (
            yield from self._told(
                "respond", ref, key, Words(f"Answer {response} to {{what}}", f"Antwoord {response} op {{what}}")
            )
        )

    @check_in.previews
    def preview_check_in(self, ref: Ref, *, key: Key | None = None) -> Steps[Preview]:
        """Which meeting."""
        return (yield from self._told("check_in", ref, key, Words("Check in for {what}", "Inchecken voor {what}")))

    @decide.previews
    def preview_decide(
        self, ref: Ref, decision: Decision, *, comment: str | None = None, key: Key | None = None
    ) -> Steps[Preview]:
        """Which meeting."""
        return (yield from self._told("decide", ref, key, Words(f"{decision}: {{what}}", f"{decision}: {{what}}")))

    def _told(self, operation: str, ref: Ref, key: Key | None, words: Words) -> Steps[Preview]:
        meeting = yield from self.get.steps(ref)
        when = meeting.span.local_start.strftime("%Y-%m-%d %H:%M")
        text = words.filled(what=f"{meeting.subject}, {when}, {meeting.room or '-'}, {len(meeting.attendees)} invited")
        line = PreviewLine(code="meeting", en=text.en, nl=text.nl, facts={"ref": str(ref)})
        return Preview(operation=f"rooms.{operation}", key=str(key), lines=(line,))


def _times(draft: MeetingDraft) -> list[PreviewLine]:
    when = f"{draft.span.local_start:%Y-%m-%d %H:%M}-{draft.span.local_end:%H:%M}"
    room = draft.room if isinstance(draft.room, str) else "" if draft.room is None else draft.room.id
    lines = [PreviewLine(code="meeting", en=f"{draft.subject}: {when} {room}", nl=f"{draft.subject}: {when} {room}")]
    if draft.rrule:
        count = len(occurrences(draft.span, draft.rrule))
        lines.append(
            PreviewLine(code="times", en=f"It takes place {count} times.", nl=f"Het is {count} keer.", facts={"times": count})
        )
    return lines


class RoomConflict(Rejected):
    """The room is not free: *alternatives* are free rooms that fit; *times* are the times at which it is taken."""

    code = "room-conflict"
    words = Words("The room is not free then.", "De zaal is dan niet vrij.")

    def __init__(
        self, message: str = "", *, alternatives: tuple[Room, ...] = (), times: tuple[Span, ...] = (), **where: Any
    ) -> None:
        super().__init__(message, field=where.pop("field", "room"), **where)
        self.alternatives = alternatives
        self.times = times

    def sentence(self, language: str = "en") -> str:
        text = super().sentence(language)
        if not self.alternatives:
            return text
        names = ", ".join(room.name for room in self.alternatives)
        return f"{text} {Words('Free: {names}.', 'Wel vrij: {names}.').filled(names=names).in_(language)}"


class CapacityTooSmall(Rejected):
    """More people come than the room seats."""

    code = "capacity-too-small"
    words = Words(
        "The room seats {capacity}, and {people} come.", "In de zaal kunnen {capacity} mensen, en er komen er {people}."
    )

    def __init__(self, message: str = "", *, capacity: int = 0, people: int = 0, **where: Any) -> None:
        super().__init__(message, field=where.pop("field", "people"), **where)
        self.capacity = capacity
        self.people = people


class OutsideBookingWindow(Rejected):
    """The room cannot be booked so far ahead, or in the past."""

    code = "outside-booking-window"
    words = Words("The room can be booked from now until {until}.", "De zaal kan worden geboekt van nu tot {until}.")

    def __init__(self, message: str = "", *, until: date | None = None, **where: Any) -> None:
        super().__init__(message, field=where.pop("field", "span"), **where)
        self.until = until


class TooLong(Rejected):
    """The room cannot be booked for so long."""

    code = "too-long"
    words = Words("The room can be booked for at most {longest}.", "De zaal kan voor hoogstens {longest} worden geboekt.")

    def __init__(self, message: str = "", *, longest: timedelta | None = None, **where: Any) -> None:
        super().__init__(message, field=where.pop("field", "span"), **where)
        self.longest = longest


class RestrictedRoom(Rejected):
    """The room is not for everyone."""

    code = "restricted-room"
    words = Words("This room is not for everyone to book.", "Deze zaal kan niet door iedereen worden geboekt.")


class CutoffPassed(Rejected):
    """It is too late: it had to be done by *at*."""

    code = "cutoff-passed"
    words = Words("It is too late for {what}: that had to be before {at}.", "Het is te laat voor {what}: dat moest voor {at}.")

    def __init__(self, message: str = "", *, what: str = "", at: datetime | None = None, **where: Any) -> None:
        super().__init__(message, field=where.pop("field", "orders"), **where)
        self.what = what
        self.at = at


class ServiceNotAvailableHere(Rejected):
    """This cannot be ordered there, or not so many."""

    code = "service-not-available-here"
    words = Words("This cannot be had there: {message}", "Dit is daar niet te krijgen: {message}")


class CheckInTooEarly(Conflict):
    """Checking in is possible from a quarter of an hour before the start."""

    code = "check-in-too-early"
    words = Words("You can check in from 15 minutes before the start.", "Inchecken kan vanaf 15 minuten voor het begin.")
