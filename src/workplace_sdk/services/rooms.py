"""Rooms and meetings: a room that fits, the people, lunch and a projector, as one booking."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from workplace_sdk.kernel.access import Access, Arguments, Relation
from workplace_sdk.kernel.effects import Page, PageSteps, Steps
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.listing import Listing
from workplace_sdk.kernel.operation import Feature as Uses
from workplace_sdk.kernel.operation import Measure, Service, pages, read, write
from workplace_sdk.services.common import Decision, Money, PersonRef, Ref, Span, named
from workplace_sdk.services.rooms_errors import (
    CancelFeeApplies,
    CapacityTooSmall,
    CheckInTooEarly,
    CutoffPassed,
    FeatureMissing,
    NotBookable,
    OutsideBookingWindow,
    RecurrenceNotSupported,
    RestrictedRoom,
    RoomConflict,
    RoomReleased,
    SeriesTooLong,
    ServiceNotAvailableHere,
    TooLong,
)
from workplace_sdk.services.rooms_models import (
    Attendee,
    Bookability,
    Busy,
    CheckIn,
    Component,
    Diet,
    Feature,
    Layout,
    Meeting,
    MeetingChange,
    MeetingDraft,
    Occurrence,
    OccurrenceConflict,
    Order,
    OrderDraft,
    OrderedLine,
    OrderKind,
    OrderLine,
    OrderState,
    Policy,
    Reason,
    ReservationState,
    Response,
    Role,
    Room,
    RoomOption,
    RoomQuery,
    RoomReservation,
    Scope,
    ServiceItem,
    Site,
    WaitlistEntry,
    WaitState,
)
from workplace_sdk.services.rooms_times import MOST_OCCURRENCES, checked_rrule, occurrences

if TYPE_CHECKING:
    from workplace_sdk.kernel.preview import Preview

__all__ = [
    "MOST_OCCURRENCES",
    "Attendee",
    "Bookability",
    "Busy",
    "CancelFeeApplies",
    "CapacityTooSmall",
    "CheckIn",
    "CheckInTooEarly",
    "Component",
    "CutoffPassed",
    "Diet",
    "Feature",
    "FeatureMissing",
    "Layout",
    "Meeting",
    "MeetingChange",
    "MeetingDraft",
    "NotBookable",
    "Occurrence",
    "OccurrenceConflict",
    "Order",
    "OrderDraft",
    "OrderKind",
    "OrderLine",
    "OrderState",
    "OrderedLine",
    "OutsideBookingWindow",
    "Policy",
    "Reason",
    "RecurrenceNotSupported",
    "ReservationState",
    "Response",
    "RestrictedRoom",
    "Role",
    "Room",
    "RoomBooking",
    "RoomConflict",
    "RoomOption",
    "RoomQuery",
    "RoomReleased",
    "RoomReservation",
    "Scope",
    "SeriesTooLong",
    "ServiceItem",
    "ServiceNotAvailableHere",
    "Site",
    "TooLong",
    "WaitState",
    "WaitlistEntry",
    "checked_rrule",
    "occurrences",
]


def _draft(arguments: Arguments) -> MeetingDraft:
    draft: MeetingDraft = arguments["draft"]
    return draft


def _meeting(service: RoomBooking, arguments: Arguments) -> Steps[Meeting]:
    return (yield from service.get.steps(arguments["ref"]))


def _participant(service: RoomBooking, arguments: Arguments) -> Steps[PersonRef | None]:
    """The caller when they attend the meeting or decide about its room, else who organizes it."""
    meeting = yield from _meeting(service, arguments)
    caller = service.session.caller
    others = [one.person for one in meeting.attendees]
    others += [one.approver for time in meeting.occurrences for one in time.reservations if one.approver is not None]
    if caller is not None and any(caller.same_person(other) for other in others):
        return None
    return meeting.organizer


def _approver(service: RoomBooking, arguments: Arguments) -> Steps[PersonRef | None]:
    """Who decides about a room of the meeting: the caller, when they are one of several."""
    meeting = yield from _meeting(service, arguments)
    asked = [one.approver for time in meeting.occurrences for one in time.reservations if one.approver is not None]
    caller = service.session.caller
    if not asked or (caller is not None and any(caller.same_person(other) for other in asked)):
        return None
    return asked[0]


def _organizer(service: RoomBooking, arguments: Arguments) -> Steps[PersonRef | None]:
    meeting = yield from _meeting(service, arguments)
    return meeting.organizer


def _waiting(service: RoomBooking, arguments: Arguments) -> Steps[PersonRef]:
    """Who waits."""
    entry: WaitlistEntry = yield from service.waitlist_entry.steps(arguments["ref"])
    return entry.person


_MARGIN = 1.0
"""Seconds of a call's time limit that are kept for its last look."""
_ANYONE = Access("rooms.look")
_SELF = frozenset({Relation.SELF})
_MINE = Access("rooms.book", _SELF, _organizer)
_PRESENT = Access("rooms.check_in", _SELF, _participant)
_READ = Access("rooms.read", frozenset({Relation.SELF, Relation.MANAGER}), named("person"))
_DRAFT_FEATURES: Mapping[str, Uses] = {
    "room": lambda a: _draft(a).room is not None,
    "several_rooms": lambda a: bool(_draft(a).more_rooms),
    "layout": lambda a: _draft(a).layout is not None,
    "attendees": lambda a: bool(_draft(a).attendees),
    "guests": lambda a: any(not one.person.keys() for one in _draft(a).attendees),
    "orders": lambda a: bool(_draft(a).orders),
    "recurrence": lambda a: _draft(a).rrule is not None,
    "exceptions": lambda a: bool(_draft(a).except_on),
    "recurrence_with_orders": lambda a: _draft(a).rrule is not None and bool(_draft(a).orders),
    "body": lambda a: _draft(a).body is not None,
    "online": lambda a: _draft(a).online is not None,
    "private": lambda a: _draft(a).private,
    "cost_centre": lambda a: any(
        centre is not None for centre in (_draft(a).cost_centre, *(one.cost_centre for one in _draft(a).orders))
    ),
    "best_effort": lambda a: _draft(a).policy is Policy.BEST_EFFORT,
    "room_first": lambda a: _draft(a).policy is Policy.ROOM_FIRST,
}
_DRAFT_MEASURES: Mapping[str, Measure] = {
    "attendees": lambda a: len(_draft(a).attendees),
    "orders": lambda a: len(_draft(a).orders),
    "occurrences": lambda a: len(occurrences(_draft(a).span, _draft(a).rrule, _draft(a).except_on)),
    "subject_length": lambda a: len(_draft(a).subject),
    "body_length": lambda a: len(_draft(a).body or ""),
}


class RoomBooking(Service, service="rooms"):
    """Finding and booking rooms, with what belongs to a meeting."""

    @read(access=_ANYONE)
    def sites(self) -> Steps[Listing[Site]]:
        """Places with rooms, by name."""
        raise self.unsupported("sites")
        yield

    @read(
        access=_ANYONE,
        features={
            "features": lambda a: bool(a["features"]),
            "people": lambda a: a["people"] > 1,
            "site": lambda a: a["site"] is not None,
        },
    )
    def rooms(
        self, *, site: str | None = None, people: int = 1, features: frozenset[Feature] = frozenset()
    ) -> Steps[Listing[Room]]:
        """Rooms at *site* that seat *people* (as far as that is known) and have *features*, the smallest first."""
        raise self.unsupported("rooms")
        yield

    @read(
        access=_ANYONE,
        features={
            "attendees": lambda a: bool(a["query"].attendees or a["query"].optional),
            "within": lambda a: a["query"].within is not None,
            "recurrence": lambda a: a["query"].rrule is not None,
            "features": lambda a: bool(a["query"].required),
            "near": lambda a: a["query"].near is not None,
        },
    )
    def find(self, query: RoomQuery) -> Steps[Listing[RoomOption]]:
        """Free rooms that fit *query*, the best first, with the reasons.

        Best is: little more than the seats needed, preferred features, near, early, without approval. With *within*,
        only times at which every attendee is free as far as this system knows; for each room the three earliest.
        """
        raise self.unsupported("find")
        yield

    @read(access=_ANYONE)
    def busy(self, span: Span, *, people: tuple[PersonRef, ...] = (), rooms: tuple[Ref, ...] = ()) -> Steps[Listing[Busy]]:
        """When *people* and *rooms* are not free within *span*, by time; never what for.

        Who is not known to this system is left out, and ``gaps`` says so.
        """
        raise self.unsupported("busy")
        yield

    @read(access=_ANYONE, features={"on": lambda a: a["on"] is not None})
    def menu(self, site: str | None = None, *, on: date | None = None) -> Steps[Listing[ServiceItem]]:
        """What can be ordered at *site*, by kind and name; with *on*, what is not too late to order for that day."""
        raise self.unsupported("menu")
        yield

    @write(
        Safety.ONCE,
        access=Access("rooms.book", _SELF, named("draft", "organizer")),
        features=_DRAFT_FEATURES,
        measures=_DRAFT_MEASURES,
    )
    def book(self, draft: MeetingDraft, *, key: Key | None = None) -> Steps[Meeting]:
        """Book *draft*.

        Returns:
            The meeting, with what became of each part in ``components``. A room that needs approval is ``PENDING``.

        Raises:
            RoomConflict: A room is not free; *conflicts* are the times, each with rooms that are.
            CapacityTooSmall: More people come than it seats.
            FeatureMissing: It does not have what was asked for.
            OutsideBookingWindow: It is too early to book it, or too late.
            TooLong: It cannot be had for so long.
            NotBookable: Nobody can book it.
            RestrictedRoom: Not everyone can; *request_to* can be asked.
            RecurrenceNotSupported: It cannot repeat like this.
            SeriesTooLong: It repeats too often.
            CutoffPassed: It is too late to order something.
            ServiceNotAvailableHere: It cannot be ordered there, or not so many.
            OutcomeUnknown: It may have been booked; ask ``book.reconcile(key)``.
        """
        raise self.unsupported("book")
        yield

    @read(access=Access("rooms.read", _SELF, _participant))
    def get(self, ref: Ref) -> Steps[Meeting]:
        """One meeting, for who takes part in it or decides about its room.

        Raises:
            NotFound: There is none.
        """
        raise self.unsupported("get")
        yield

    @read(access=Access("rooms.read", _SELF, _participant), derived_from=("get",))
    def wait_confirmed(self, ref: Ref, *, timeout: float = 20.0) -> Steps[Meeting]:
        """A meeting once none of its parts is pending (a room that answers later, an approval), or as it is after *timeout*.

        Args:
            timeout: Seconds; never longer than the time limit of the call (``work.within(300)`` gives it more).

        Raises:
            NotFound: There is none.
        """
        import time

        from workplace_sdk.kernel.effects import Pause
        from workplace_sdk.services.common import ComponentState

        until, pause = time.monotonic() + min(timeout, self.session.time_limit - _MARGIN), 0.25
        meeting = yield from self.get.steps(ref)
        while meeting.state is ComponentState.PENDING and (left := until - time.monotonic()) > 0:
            yield from Pause(min(pause, left))
            pause = min(2 * pause, 5.0)
            meeting = yield from self.get.steps(ref)
        return meeting

    @pages(access=_READ)
    def mine(
        self, person: PersonRef | None = None, *, since: date | None = None, until: date | None = None
    ) -> PageSteps[Meeting]:
        """Meetings that *person* organizes or attends, with a time from *since* (today when left out) to *until*; by the first such time.

        Times that were cancelled do not count, nor meetings that *person* declined.
        """
        raise self.unsupported("mine")
        yield Page(())

    @write(
        Safety.ONCE,
        access=_MINE,
        features={
            "span": lambda a: a["change"].span is not None,
            "room": lambda a: a["change"].room is not None,
            "attendees": lambda a: a["change"].attendees is not None,
            "orders": lambda a: a["change"].orders is not None,
            "online": lambda a: a["change"].online is not None,
            "occurrence": lambda a: a["scope"] != Scope.ALL,
        },
    )
    def change(
        self,
        ref: Ref,
        change: MeetingChange,
        *,
        scope: Scope = Scope.ALL,
        occurrence: date | None = None,
        accept_fee: Money | None = None,
        key: Key | None = None,
    ) -> Steps[Meeting]:
        """Change a meeting, or from a series the times that *scope* says, counted from the one on *occurrence*.

        Times that have begun stay as they are. Changing a part of a series makes a meeting of its own of that part,
        which is returned and says of which ``series`` it was.

        Args:
            accept_fee: What is agreed to be paid at most when what was ordered has to be cancelled for it.

        Raises:
            RoomConflict: As for ``book``, as are the others; nothing was changed.
            CancelFeeApplies: With the fee to accept.
            Conflict: It is cancelled or over.
        """
        raise self.unsupported("change")
        yield

    @write(
        Safety.ONCE,
        access=_MINE,
        features={"occurrence": lambda a: a["scope"] != Scope.ALL, "reason": lambda a: a["reason"] is not None},
    )
    def cancel(
        self,
        ref: Ref,
        *,
        scope: Scope = Scope.ALL,
        occurrence: date | None = None,
        reason: str | None = None,
        accept_fee: Money | None = None,
        key: Key | None = None,
    ) -> Steps[Meeting]:
        """Cancel a meeting, or the times that *scope* says, with what was ordered for them. Times that are over stay.

        Args:
            accept_fee: What is agreed to be paid at most.

        Raises:
            CancelFeeApplies: With the fee to accept; nothing was cancelled.
            CutoffPassed: What was ordered cannot be cancelled any more; nothing was.
            Conflict: It is cancelled or over.
        """
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

    @write(Safety.ONCE, access=_PRESENT)
    def check_in(self, ref: Ref, *, key: Key | None = None) -> Steps[Meeting]:
        """Say that the meeting takes place, so that its room is not released. For who takes part in it.

        Raises:
            CheckInTooEarly: It does not begin within a quarter of an hour.
            RoomReleased: Nobody did in time, and someone else has the room.
            Conflict: It is cancelled or over, or its room waits for approval.
        """
        raise self.unsupported("check_in")
        yield

    @write(Safety.ONCE, access=_MINE)
    def release(self, ref: Ref, *, occurrence: date | None = None, key: Key | None = None) -> Steps[Meeting]:
        """Give the rooms of a meeting back: from now on when it has begun, else for the whole of its time.

        Args:
            occurrence: Which time of a series; the one that is under way or comes next when left out.

        Raises:
            Conflict: It has no room, is cancelled, or is over.
        """
        raise self.unsupported("release")
        yield

    @write(
        Safety.ONCE,
        access=Access("rooms.book", _SELF, named("draft", "organizer")),
        features=_DRAFT_FEATURES,
        measures=_DRAFT_MEASURES,
    )
    def join_waitlist(self, draft: MeetingDraft, *, key: Key | None = None) -> Steps[WaitlistEntry]:
        """Have *draft* booked as soon as its room is free, in the order of asking; at once when it is free now.

        Nobody is told when it is: look at ``waitlist`` or ``mine``.

        Args:
            draft: One room, one time, no orders.

        Raises:
            Conflict: The organizer waits for it already.
            CapacityTooSmall: As for ``book``, as is all that would be refused even if the room were free.
        """
        raise self.unsupported("join_waitlist")
        yield

    @read(access=_READ)
    def waitlist(self, person: PersonRef | None = None) -> Steps[Listing[WaitlistEntry]]:
        """What *person* waits for or got by waiting, that is not over yet; by time."""
        raise self.unsupported("waitlist")
        yield

    @read(access=Access("rooms.read", _SELF, _waiting))
    def waitlist_entry(self, ref: Ref) -> Steps[WaitlistEntry]:
        """One entry of the waiting list.

        Raises:
            NotFound: There is none.
        """
        raise self.unsupported("waitlist_entry")
        yield

    @write(Safety.ONCE, access=Access("rooms.book", _SELF, _waiting))
    def leave_waitlist(self, ref: Ref, *, key: Key | None = None) -> Steps[WaitlistEntry]:
        """Wait no longer.

        Raises:
            Conflict: The room was booked already, or nobody waits for it any more.
        """
        raise self.unsupported("leave_waitlist")
        yield

    @pages(access=Access("rooms.decide", _SELF, named("person")))
    def inbox(self, person: PersonRef | None = None) -> PageSteps[Meeting]:
        """Meetings whose room waits for the approval of *person*, the oldest first."""
        raise self.unsupported("inbox")
        yield Page(())

    @write(Safety.ONCE, access=Access("rooms.decide", _SELF, _approver))
    def decide(self, ref: Ref, decision: Decision, *, comment: str | None = None, key: Key | None = None) -> Steps[Meeting]:
        """Let a meeting have the rooms that need the caller's approval, or not, at all times that wait for it.

        Raises:
            Conflict: Nothing waits for the caller's approval (any more).
        """
        raise self.unsupported("decide")
        yield

    @book.previews
    def preview_book(self, draft: MeetingDraft, *, key: Key | None = None) -> Steps[Preview]:
        """Rooms and seats, times and conflicts with what is free instead, who is not free, orders with price and cut-off, approval."""
        from workplace_sdk.services.rooms_preview import of_booking

        return (yield from of_booking(self, draft, key))

    @change.previews
    def preview_change(
        self,
        ref: Ref,
        change: MeetingChange,
        *,
        scope: Scope = Scope.ALL,
        occurrence: date | None = None,
        accept_fee: Money | None = None,
        key: Key | None = None,
    ) -> Steps[Preview]:
        """Which times change and how, conflicts, and what becomes of the orders."""
        from workplace_sdk.services.rooms_preview import of_change

        return (yield from of_change(self, ref, change, scope, occurrence, accept_fee, key))

    @cancel.previews
    def preview_cancel(
        self,
        ref: Ref,
        *,
        scope: Scope = Scope.ALL,
        occurrence: date | None = None,
        reason: str | None = None,
        accept_fee: Money | None = None,
        key: Key | None = None,
    ) -> Steps[Preview]:
        """Which times go, and what cancelling the orders costs."""
        from workplace_sdk.services.rooms_preview import of_cancelling

        return (yield from of_cancelling(self, ref, scope, occurrence, accept_fee, key))

    @respond.previews
    def preview_respond(self, ref: Ref, response: Response, *, key: Key | None = None) -> Steps[Preview]:
        """Which meeting, and whether the caller is free then."""
        from workplace_sdk.services.rooms_preview import of_response

        return (yield from of_response(self, ref, response, key))

    @check_in.previews
    def preview_check_in(self, ref: Ref, *, key: Key | None = None) -> Steps[Preview]:
        """Which meeting."""
        from workplace_sdk.services.rooms_preview import told

        return (yield from told(self, "check_in", ref, key, "Check in for {what}", "Inchecken voor {what}"))

    @release.previews
    def preview_release(self, ref: Ref, *, occurrence: date | None = None, key: Key | None = None) -> Steps[Preview]:
        """Which meeting loses its room."""
        from workplace_sdk.services.rooms_preview import told

        when = f" ({occurrence})" if occurrence else ""
        return (
            yield from told(
                self, "release", ref, key, f"Give back the room of {{what}}{when}", f"De zaal teruggeven van {{what}}{when}"
            )
        )

    @join_waitlist.previews
    def preview_join_waitlist(self, draft: MeetingDraft, *, key: Key | None = None) -> Steps[Preview]:
        """What would be booked, and how many wait before."""
        from workplace_sdk.services.rooms_preview import of_waiting

        return (yield from of_waiting(self, draft, key))

    @leave_waitlist.previews
    def preview_leave_waitlist(self, ref: Ref, *, key: Key | None = None) -> Steps[Preview]:
        """Which room is no longer waited for."""
        from workplace_sdk.services.rooms_preview import of_leaving

        return (yield from of_leaving(self, ref, key))

    @decide.previews
    def preview_decide(
        self, ref: Ref, decision: Decision, *, comment: str | None = None, key: Key | None = None
    ) -> Steps[Preview]:
        """Which meeting, at which times."""
        from workplace_sdk.services.rooms_preview import of_decision

        return (yield from of_decision(self, ref, decision, key))
