"""Models of rooms and meetings: places, what is looked for, what is booked, what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from pydantic import AwareDatetime, Field, field_validator, model_validator

from workplace_sdk.services.common import Amount, ComponentState, Mapped, Model, Money, PersonRef, Record, Ref, Span, in_utc
from workplace_sdk.services.rooms_times import checked_rrule

if TYPE_CHECKING:
    from typing import Self

MOST_PEOPLE = 10_000
JOINING = r"^(https?|tel|sips?|xmpp|rtsp):\S+$"
"""Links by which people join a meeting; never one that a page would run."""


class Feature(StrEnum):
    """What a room has. ``CATERING``: food may be served in it."""

    PROJECTOR = "projector"
    DISPLAY = "display"
    VIDEO_CONFERENCE = "video_conference"
    AUDIO_CONFERENCE = "audio_conference"
    WHITEBOARD = "whiteboard"
    PHONE = "phone"
    HEARING_LOOP = "hearing_loop"
    STEP_FREE = "step_free"
    HEIGHT_DESK = "height_desk"
    CATERING = "catering"
    DAYLIGHT = "daylight"
    AIR_CONDITIONING = "air_conditioning"
    OTHER = "other"
    UNMAPPED = "unmapped"


class Layout(StrEnum):
    """How the chairs stand."""

    BOARD = "board"
    U_SHAPE = "u_shape"
    CLASSROOM = "classroom"
    THEATRE = "theatre"
    CABARET = "cabaret"
    RECEPTION = "reception"
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
        email: Its address as a calendar resource.
        capacity: People it seats, however the chairs stand.
        layouts: People it seats, by how the chairs stand.
        longest: Longest booking.
        ahead: How far ahead it can be booked.
        check_in: Minutes after the start within which someone has to check in, else it is released.
        approver: Who decides where approval is needed, or may be asked where the room is not for everyone.
    """

    name: str
    email: str | None = None
    site: str | None = None
    building: str | None = None
    floor: str | None = None
    capacity: int | None = None
    features: frozenset[Feature] = frozenset()
    layouts: Mapping[Layout, int] = Field(default_factory=dict[Layout, int])
    zone: str | None = None
    bookability: Bookability = Bookability.UNKNOWN
    longest: timedelta | None = None
    ahead: timedelta | None = None
    check_in: int | None = None
    approver: PersonRef | None = None

    def __str__(self) -> str:
        return self.name

    def seats(self, layout: Layout | None = None) -> int | None:
        """People it seats in *layout*; ``None`` when that is not known."""
        return self.capacity if layout is None else self.layouts.get(layout)


class RoomQuery(Model):
    """A room that fits: for *span* (and the times of *rrule* from there), or for *duration* somewhere in *within*.

    Attributes:
        people: How many it has to seat, when that is more than *attendees*, *optional* and the organizer.
        attendees: Who has to be free, as far as this system knows: with *within*, only such times are offered.
        optional: Who had better be free.
        preferred: Features that make a room better, but need not be there.
        site: Only there.
        near: A site or building, or the person whose site is preferred.
        office_hours: With *within*: only from Monday to Friday from 8:00 to 18:00, on the clocks of its zone.
    """

    span: Span | None = None
    rrule: Annotated[str, Field(max_length=500)] | None = None
    duration: timedelta | None = None
    within: Span | None = None
    people: Annotated[int, Field(ge=1, le=MOST_PEOPLE)] = 1
    attendees: tuple[PersonRef, ...] = ()
    optional: tuple[PersonRef, ...] = ()
    required: frozenset[Feature] = frozenset()
    preferred: frozenset[Feature] = frozenset()
    layout: Layout | None = None
    site: str | None = None
    near: PersonRef | str | None = None
    office_hours: bool = True
    limit: Annotated[int, Field(ge=1, le=200)] = 10

    @field_validator("rrule")
    @classmethod
    def _known_parts(cls, value: str | None) -> str | None:
        return None if value is None else checked_rrule(value)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.duration is None) != (self.within is None):
            raise ValueError("duration and within go together")
        if (self.span is None) == (self.within is None):
            raise ValueError("give span, or duration and within")
        if self.rrule is not None and self.span is None:
            raise ValueError("rrule goes with span")
        if self.duration is not None and not timedelta(minutes=5) <= self.duration <= timedelta(days=7):
            raise ValueError("duration is from 5 minutes to 7 days")
        if self.within is not None and self.within.length > timedelta(days=93):
            raise ValueError("within is at most 93 days")
        return self

    @property
    def seats(self) -> int:
        """How many it has to seat; of who organizes it nothing is known."""
        return self.seats_with(None)

    def seats_with(self, organizer: PersonRef | None) -> int:
        """How many it has to seat: *people*, or who is asked for and *organizer*, who may be one of them."""
        asked = (*self.attendees, *self.optional)
        among = organizer is not None and any(one.same_person(organizer) for one in asked)
        return max(self.people, len(asked) + (not among) if asked else 0)


class Reason(Model):
    """Why a room is offered where it is in the ranking, for people and by *code* for programs."""

    code: str
    en: str
    nl: str

    def text(self, language: str = "en") -> str:
        """The reason in *language*."""
        return self.nl if language.lower().startswith("nl") else self.en

    def __str__(self) -> str:
        return self.en


class RoomOption(Model):
    """A free room at a time.

    Attributes:
        span: Of the first time, when a series was asked for; the room is free at all of them.
        score: From 0 to 1.
        missing: Preferred features it lacks.
        busy: Attendees, optional ones included, who are not free then.
    """

    room: Room
    span: Span
    score: Amount
    reasons: tuple[Reason, ...] = ()
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
    """Someone who comes; a guest who is not of the organisation is named by address or name."""

    person: PersonRef
    role: Role = Role.REQUIRED
    response: Response = Response.NEEDS_ACTION


class OrderKind(StrEnum):
    """What can be ordered for a meeting."""

    CATERING = "catering"
    EQUIPMENT = "equipment"
    LAYOUT = "layout"
    SUPPORT = "support"
    CLEANING = "cleaning"
    PARKING = "parking"
    VISITOR = "visitor"
    OTHER = "other"


class Diet(StrEnum):
    """What people do not eat."""

    VEGETARIAN = "vegetarian"
    VEGAN = "vegan"
    HALAL = "halal"
    KOSHER = "kosher"
    GLUTEN_FREE = "gluten_free"
    LACTOSE_FREE = "lactose_free"
    NUT_FREE = "nut_free"
    OTHER = "other"


class ServiceItem(Record):
    """Something that can be ordered. ``None`` means that there is no such rule, or that the system does not say.

    Attributes:
        price: Of one.
        order_before: How long before the start it is ordered at the latest.
        cancel_before: How long before the start it is cancelled at the latest.
        cancel_fee: Part of the price, from 0 to 1, that a later cancellation costs; without one it cannot be cancelled later.
        stock: How many there are at one time.
    """

    name: str
    kind: OrderKind
    site: str | None = None
    price: Money | None = None
    order_before: timedelta | None = None
    cancel_before: timedelta | None = None
    cancel_fee: Amount | None = None
    stock: int | None = None

    def __str__(self) -> str:
        return self.name

    def order_by(self, start: datetime) -> datetime | None:
        """Until when it can be ordered for a meeting that begins at *start*."""
        return None if self.order_before is None else start - self.order_before


class OrderLine(Model):
    """So many of an item, named by reference or name."""

    item: Ref | str
    quantity: Annotated[int, Field(ge=1, le=MOST_PEOPLE)] = 1


class OrderDraft(Model):
    """What to bring, and for whom; for a series, at every one of its times.

    Attributes:
        diets: How many of the people have which diet; someone may be counted under several.
        deliver_at: When, at the first time; the start of the meeting when left out.
        clear_at: When it is taken away, at the first time; the end of the meeting when left out.
    """

    lines: Annotated[tuple[OrderLine, ...], Field(min_length=1)]
    diets: Mapping[Diet, Annotated[int, Field(ge=1, le=MOST_PEOPLE)]] = Field(default_factory=dict[Diet, int])
    deliver_at: AwareDatetime | None = None
    clear_at: AwareDatetime | None = None
    cost_centre: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    note: Annotated[str, Field(max_length=2000)] | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.deliver_at is not None and self.clear_at is not None and self.clear_at <= self.deliver_at:
            raise ValueError("clear_at must be after deliver_at")
        if max(self.diets.values(), default=0) > max(line.quantity for line in self.lines):
            raise ValueError("diets: more people with a diet than there is ordered for")
        return self


def check_deliveries(orders: Iterable[OrderDraft], span: Span) -> None:
    """``ValueError`` when something is to be delivered or cleared long before or after the meeting, or cleared before it is there."""
    for order in orders:
        for name, at in (("deliver_at", order.deliver_at), ("clear_at", order.clear_at)):
            if at is not None and not span.start - timedelta(hours=12) <= at <= span.end + timedelta(hours=12):
                raise ValueError(f"orders: {name} is more than 12 hours from the meeting")
        if in_utc(order.clear_at or span.end) <= in_utc(order.deliver_at or span.start):
            raise ValueError("orders: it is cleared before it is delivered: give deliver_at and clear_at")


class Explained(Model):
    """Something that says why it is as it is.

    Attributes:
        why: In English, or as someone wrote it.
        why_nl: In Dutch, when it is no text of someone's own.
    """

    why: str | None = None
    why_nl: str | None = None

    def because(self, language: str = "en") -> str | None:
        """Why, in *language* where that is known."""
        return (self.why_nl if language.lower().startswith("nl") else None) or self.why


class OrderState(StrEnum):
    """How far an order is."""

    ORDERED = "ordered"
    ACCEPTED = "accepted"
    PREPARING = "preparing"
    DELIVERED = "delivered"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    CANCEL_REFUSED = "cancel_refused"
    UNMAPPED = "unmapped"


class OrderedLine(Model):
    """A line as it was ordered, with its price then."""

    name: str
    kind: OrderKind
    quantity: int
    price: Money | None = None


class Order(Explained):
    """What was ordered for one time of a meeting; *why* says why it was refused.

    Attributes:
        date: Of that time, on the clocks of its zone.
        cancel_by: Until when it can be cancelled without a fee.
        fee: What its cancellation cost.
    """

    ref: Ref
    date: date
    lines: tuple[OrderedLine, ...]
    diets: Mapping[Diet, int] = Field(default_factory=dict[Diet, int])
    deliver_at: AwareDatetime | None = None
    clear_at: AwareDatetime | None = None
    cost_centre: str | None = None
    note: str | None = None
    state: Mapped[OrderState]
    total: Money | None = None
    cancel_by: AwareDatetime | None = None
    fee: Money | None = None

    def __str__(self) -> str:
        return ", ".join(f"{line.quantity} x {line.name}" for line in self.lines)


class Policy(StrEnum):
    """What to do when a part of a meeting cannot be had.

    ``ROOM_FIRST``: the rooms are had at every time or nothing is booked, and what cannot be ordered is left out.
    ``BEST_EFFORT``: times and orders that cannot be had are left out.
    """

    ALL_OR_NOTHING = "all_or_nothing"
    ROOM_FIRST = "room_first"
    BEST_EFFORT = "best_effort"


class MeetingDraft(Model):
    """A meeting to be booked.

    Attributes:
        span: Of the first time, when it repeats.
        room: Reference, name or address; none for a meeting without a room.
        more_rooms: Rooms to be had beside it.
        features: What the room must have.
        people: How many come, when that is more than the attendees and the organizer.
        rrule: Repetition: FREQ, INTERVAL, COUNT or UNTIL, BYDAY, BYMONTHDAY, BYMONTH, BYSETPOS, WKST. The first time is one of it.
        except_on: Dates on which it does not take place.
        organizer: The caller when left out.
        cost_centre: For orders that name none.
        online: Link by which people join from elsewhere.
        policy: What is left out, and reported, when it cannot be had.

    Source: RFC 5545 3.3.10 for *rrule*, 3.8.5.1 for *except_on*; RFC 7986 5.11 for *online*.
    """

    subject: Annotated[str, Field(min_length=1, max_length=200)]
    span: Span
    room: Ref | str | None = None
    more_rooms: Annotated[tuple[Ref | str, ...], Field(max_length=20)] = ()
    layout: Layout | None = None
    features: frozenset[Feature] = frozenset()
    people: Annotated[int, Field(ge=1, le=MOST_PEOPLE)] | None = None
    attendees: Annotated[tuple[Attendee, ...], Field(max_length=500)] = ()
    orders: Annotated[tuple[OrderDraft, ...], Field(max_length=20)] = ()
    rrule: Annotated[str, Field(max_length=500)] | None = None
    except_on: frozenset[date] = frozenset()
    body: Annotated[str, Field(max_length=20_000)] | None = None
    online: Annotated[str, Field(max_length=2000, pattern=JOINING)] | None = None
    private: bool = False
    organizer: PersonRef | None = None
    cost_centre: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    policy: Policy = Policy.ALL_OR_NOTHING

    @field_validator("rrule")
    @classmethod
    def _known_parts(cls, value: str | None) -> str | None:
        return None if value is None else checked_rrule(value)

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        if self.span.length > timedelta(days=31):
            raise ValueError("span: a meeting lasts at most 31 days")
        if self.more_rooms and self.room is None:
            raise ValueError("more_rooms goes with room")
        if len(set(self.rooms)) != len(self.rooms):
            raise ValueError("more_rooms: the same room is there twice")
        if self.except_on and self.rrule is None:
            raise ValueError("except_on goes with rrule")
        check_deliveries(self.orders, self.span)
        return self

    @property
    def rooms(self) -> tuple[Ref | str, ...]:
        """Every room it asks for."""
        return () if self.room is None else (self.room, *self.more_rooms)

    @property
    def seats(self) -> int:
        """How many come: *people*, or who is invited (informed people do not come) and the organizer."""
        coming = [one for one in self.attendees if one.role is not Role.INFORMED]
        organizer = self.organizer
        among = organizer is not None and any(one.person.same_person(organizer) for one in coming)
        return max(self.people or 0, len(coming) + (not among))


class ReservationState(StrEnum):
    """How far the room of a meeting is."""

    REQUESTED = "requested"
    TENTATIVE = "tentative"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    RELEASED = "released"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


class CheckIn(StrEnum):
    """Whether someone said that the meeting takes place."""

    NOT_NEEDED = "not_needed"
    AWAITING = "awaiting"
    DONE = "done"
    MISSED = "missed"


class RoomReservation(Explained):
    """One room at one time of a meeting; *why* says why it is not had.

    Attributes:
        approver: Who decides, while it is ``REQUESTED``.
        check_in_by: Until when someone has to check in, else it is released.
    """

    room: Ref
    name: str
    state: Mapped[ReservationState]
    approver: PersonRef | None = None
    check_in: CheckIn = CheckIn.NOT_NEEDED
    check_in_by: AwareDatetime | None = None


class Occurrence(Model):
    """One time of a meeting; *conflict* says why this time lacks a room."""

    span: Span
    state: Mapped[ReservationState]
    conflict: str | None = None
    reservations: tuple[RoomReservation, ...] = ()

    @property
    def date(self) -> date:
        """On the clocks of its zone: by this, an operation names one time of a series."""
        return self.span.local_start.date()

    @property
    def check_in(self) -> CheckIn:
        """Of its rooms together: what still has to be done comes first."""
        order = (CheckIn.AWAITING, CheckIn.MISSED, CheckIn.DONE)
        found = {one.check_in for one in self.reservations}
        return next((state for state in order if state in found), CheckIn.NOT_NEEDED)


class Component(Explained):
    """A part of a booking and what became of it."""

    what: str
    state: ComponentState


class Meeting(Record):
    """A meeting as the system recorded it. What is not for the caller to see of a private meeting is left out.

    Attributes:
        rooms: Every room it has or asked for; *room* is the first of them.
        rrule: The repetition as it was booked; *occurrences* are its times as they are.
        series: The series that this was a part of until it was changed.
        uid: In calendars. Source: RFC 5545 3.8.4.7.
    """

    subject: str
    organizer: PersonRef
    uid: str | None = None
    room: Room | None = None
    rooms: tuple[Room, ...] = ()
    layout: Layout | None = None
    occurrences: tuple[Occurrence, ...]
    people: int | None = None
    attendees: tuple[Attendee, ...] = ()
    orders: tuple[Order, ...] = ()
    rrule: str | None = None
    series: Ref | None = None
    body: str | None = None
    online: str | None = None
    private: bool = False
    components: tuple[Component, ...] = ()
    created_at: AwareDatetime | None = None

    @property
    def span(self) -> Span:
        """Of the first time."""
        return self.occurrences[0].span

    @property
    def state(self) -> ComponentState:
        """Of its rooms and orders together: the least settled of these parts."""
        order = (ComponentState.UNKNOWN, ComponentState.PENDING, ComponentState.REJECTED)
        states = {component.state for component in self.components}
        return next((state for state in order if state in states), ComponentState.DONE)

    @property
    def cancelled(self) -> bool:
        """Whether none of its times is left."""
        return all(one.state == ReservationState.CANCELLED for one in self.occurrences)

    @property
    def fee(self) -> tuple[Money, ...]:
        """What cancelled orders cost, per currency."""
        totals: dict[str, Decimal] = {}
        for order in self.orders:
            if order.fee is not None:
                totals[order.fee.currency] = totals.get(order.fee.currency, Decimal(0)) + order.fee.amount
        return tuple(Money(amount=amount, currency=currency) for currency, amount in sorted(totals.items()))


class MeetingChange(Model):
    """What changes; what is left out stays.

    Attributes:
        span: The new time of the first one that is changed; the others move as many days, to the same time of day.
        room: Instead of every room it has; the name of another one, or an empty text for none.
        more_rooms: Rooms to be had beside *room*.
        attendees: Instead of all; who was invited already keeps their answer.
        orders: Instead of what was ordered.
        online: Another link, or an empty text for none.
    """

    span: Span | None = None
    room: Ref | str | None = None
    more_rooms: Annotated[tuple[Ref | str, ...], Field(max_length=20)] = ()
    layout: Layout | None = None
    subject: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    body: Annotated[str, Field(max_length=20_000)] | None = None
    attendees: Annotated[tuple[Attendee, ...], Field(max_length=500)] | None = None
    people: Annotated[int, Field(ge=1, le=MOST_PEOPLE)] | None = None
    orders: Annotated[tuple[OrderDraft, ...], Field(max_length=20)] | None = None
    online: Annotated[str, Field(max_length=2000, pattern=f"^$|{JOINING}")] | None = None
    private: bool | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.changed:
            raise ValueError("say what changes")
        if self.more_rooms and not self.room:
            raise ValueError("more_rooms goes with room")
        return self

    @property
    def changed(self) -> tuple[str, ...]:
        """Names of what changes."""
        return tuple(
            name for name in type(self).model_fields if name in self.model_fields_set and getattr(self, name) is not None
        )


class Scope(StrEnum):
    """Which times of a series."""

    ONE = "one"
    THIS_AND_FOLLOWING = "this_and_following"
    ALL = "all"


class Busy(Model):
    """Someone or some room is not free; what for is not said. *tentative*: it may still change."""

    person: PersonRef | None = None
    room: Ref | None = None
    span: Span
    tentative: bool = False


class OccurrenceConflict(Model):
    """A time at which a room cannot be had, and rooms like it that are free then."""

    room: Room
    span: Span
    alternatives: tuple[Room, ...] = ()


class WaitState(StrEnum):
    """How far someone is who waits for a room."""

    WAITING = "waiting"
    BOOKED = "booked"
    OVER = "over"
    WITHDRAWN = "withdrawn"


class WaitlistEntry(Record):
    """Someone waits for a room that is taken.

    Attributes:
        before: How many wait for some of that time and came earlier.
        meeting: What was booked when the room became free.
    """

    person: PersonRef
    room: Ref
    name: str
    subject: str
    span: Span
    state: Mapped[WaitState]
    before: int = 0
    meeting: Ref | None = None
    created_at: AwareDatetime | None = None
