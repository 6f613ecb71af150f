"""What a planned meeting is made of: parts from several systems, each with what became of it."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from pydantic import AwareDatetime, Field, field_validator, model_validator

from workplace_sdk.kernel.words import Words
from workplace_sdk.services.common import ComponentState, Model, PersonRef, Record, Ref, Span
from workplace_sdk.services.rooms_models import (
    MOST_PEOPLE,
    Attendee,
    Feature,
    Layout,
    Meeting,
    OrderDraft,
    Policy,
    Role,
    check_deliveries,
)
from workplace_sdk.services.rooms_times import checked_rrule

if TYPE_CHECKING:
    from typing import Self


class MeetingPlan(Model):
    """A meeting with all that belongs to it, wherever each part comes from.

    Attributes:
        span: When; or *duration* somewhere *within*, at the first time that everyone and a room are free.
        room: Reference, name or address of the one that is wanted; the best free one is taken when left out.
        without_room: No room is needed: people meet elsewhere, or online.
        attendees: Those who are named by name only are looked up in the directory.
        features: What the room must have.
        equipment: What must be there: the room has it, or it is ordered.
        orders: Lunch and the like; each line goes to whom the settings name for it, else to the room's own system.
        policy: All or nothing: what is had already is given back when another part cannot be had. Best effort: parts that
            cannot be had are left out and reported; without its room there is no meeting.
    """

    subject: Annotated[str, Field(min_length=1, max_length=200)]
    span: Span | None = None
    duration: timedelta | None = None
    within: Span | None = None
    rrule: Annotated[str, Field(max_length=500)] | None = None
    except_on: frozenset[date] = frozenset()
    room: Ref | str | None = None
    without_room: bool = False
    site: str | None = None
    near: PersonRef | str | None = None
    layout: Layout | None = None
    features: frozenset[Feature] = frozenset()
    equipment: frozenset[Feature] = frozenset()
    people: Annotated[int, Field(ge=1, le=MOST_PEOPLE)] | None = None
    attendees: Annotated[tuple[Attendee, ...], Field(max_length=500)] = ()
    orders: Annotated[tuple[OrderDraft, ...], Field(max_length=20)] = ()
    organizer: PersonRef | None = None
    cost_centre: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    body: Annotated[str, Field(max_length=20_000)] | None = None
    private: bool = False
    policy: Policy = Policy.ALL_OR_NOTHING

    @field_validator("rrule")
    @classmethod
    def _known_parts(cls, value: str | None) -> str | None:
        return None if value is None else checked_rrule(value)

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        if (self.duration is None) != (self.within is None):
            raise ValueError("duration and within go together")
        if (self.span is None) == (self.within is None):
            raise ValueError("give span, or duration and within")
        if self.rrule is not None and self.span is None:
            raise ValueError("rrule goes with span")
        if self.without_room and (self.room is not None or self.features or self.layout is not None):
            raise ValueError("without_room: room, features and layout are those of a room")
        if self.without_room and self.span is None:
            raise ValueError("without_room goes with span: times are looked for where rooms are")
        if self.span is not None:
            check_deliveries(self.orders, self.span)
        elif any(order.deliver_at or order.clear_at for order in self.orders):
            raise ValueError("orders: deliver_at and clear_at go with span")
        return self

    @property
    def seats(self) -> int:
        """How many come: *people*, or who is invited (informed people do not come) and the organizer."""
        coming = [one for one in self.attendees if one.role is not Role.INFORMED]
        organizer = self.organizer
        among = organizer is not None and any(one.person.same_person(organizer) for one in coming)
        return max(self.people or 0, len(coming) + (not among))


class PartKind(StrEnum):
    """What a part of a planned meeting is."""

    ROOM = "room"
    ORDER = "order"
    INVITATION = "invitation"


class PlanPart(Model):
    """A part, where it comes from, and what became of it.

    Attributes:
        connection: Where it comes from.
        key: With which it can be looked for there.
        ref: What it is there.
        why: Why it was refused, or why it is not known what became of it.
        undone: It was had, and given back.
    """

    kind: PartKind
    what: str
    what_nl: str = ""
    connection: str
    key: str
    state: ComponentState
    ref: Ref | None = None
    why: str | None = None
    undone: bool = False

    def text(self, language: str = "en") -> str:
        """What became of it, as a sentence in *language*."""
        words = _UNDONE if self.undone else _BECAME[self.state]
        why = f": {self.why}" if self.why else ""
        what = Words(self.what, self.what_nl or self.what)
        return f"{what.in_(language)}: {words.in_(language)}{why}"


_UNDONE = Words("given back", "teruggegeven")
_BECAME = {
    ComponentState.DONE: Words("done", "geregeld"),
    ComponentState.PENDING: Words("still to be confirmed", "nog niet bevestigd"),
    ComponentState.UNKNOWN: Words("not known", "niet bekend"),
    ComponentState.REJECTED: Words("not had", "niet gelukt"),
}


class PlannedMeeting(Record):
    """A meeting as it was planned, and what became of each part.

    Attributes:
        spans: Its times, the first one first.
        room: Name of the room.
        meeting: The booking, as the room's system had it when it was made.
        settled: Nothing is left to be done or found out; else ``resume`` goes on.
        cancelled: It was given up, and all of it given back.
    """

    subject: str
    organizer: PersonRef
    spans: tuple[Span, ...]
    room: str | None = None
    meeting: Meeting | None = None
    parts: tuple[PlanPart, ...] = ()
    settled: bool = True
    cancelled: bool = False
    created_at: AwareDatetime | None = None

    @property
    def state(self) -> ComponentState:
        """Of all parts: the least settled one's."""
        order = (ComponentState.UNKNOWN, ComponentState.PENDING, ComponentState.REJECTED)
        states = {part.state for part in self.parts}
        return next((state for state in order if state in states), ComponentState.DONE)

    def report(self, language: str = "en") -> tuple[str, ...]:
        """What became of it, line by line, in *language*."""
        first = self.spans[0]
        when = f"{first.local_start:%Y-%m-%d %H:%M}-{first.local_end:%H:%M}"
        more = f" (+{len(self.spans) - 1})" if len(self.spans) > 1 else ""
        lines = [f"{self.subject}, {when}{more}, {self.room or '-'}", *(part.text(language) for part in self.parts)]
        if not self.settled:
            lines.append(
                Words(
                    "This is not finished: 'workplace meeting resume {key}' goes on.",
                    "Dit is nog niet klaar: 'workplace meeting resume {key}' gaat verder.",
                )
                .filled(key=self.ref.id)
                .in_(language)
            )
        return tuple(lines)
