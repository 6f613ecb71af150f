"""From what is asked to what will be done: who comes, which room at what time, and who brings what. Nothing is booked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from attrs import frozen

from workplace_sdk.kernel.errors import InvalidInput, NotFound, Rejected
from workplace_sdk.kernel.support import Native
from workplace_sdk.meetings.journal import Part, Plan, what_of
from workplace_sdk.meetings.ways import names_of
from workplace_sdk.meetings.ways_mail import addresses
from workplace_sdk.services.common import PersonRef, Ref
from workplace_sdk.services.experts import ExpertDirectory, ExpertQuery
from workplace_sdk.services.meetings_models import MeetingPlan, PartKind
from workplace_sdk.services.rooms import (
    FeatureMissing,
    OrderDraft,
    OrderLine,
    RoomBooking,
    RoomConflict,
    RoomOption,
    RoomQuery,
    ServiceNotAvailableHere,
)
from workplace_sdk.services.rooms_models import Attendee, Feature, OrderKind, Reason, Role, Room, ServiceItem
from workplace_sdk.services.rooms_times import occurrences

if TYPE_CHECKING:
    from datetime import datetime

    from workplace_sdk.identity.map import IdentityMap
    from workplace_sdk.kernel.effects import Steps
    from workplace_sdk.meetings.ways import Way
    from workplace_sdk.services.common import Span

ROOMS: Final = "rooms"
INVITE: Final = "invite"
_CALLED: Final[Mapping[Feature, tuple[str, ...]]] = MappingProxyType(
    {
        Feature.PROJECTOR: ("projector", "beamer"),
        Feature.DISPLAY: ("display", "screen", "scherm"),
        Feature.VIDEO_CONFERENCE: ("video",),
        Feature.AUDIO_CONFERENCE: ("audio", "conference phone"),
        Feature.WHITEBOARD: ("whiteboard", "flip"),
        Feature.PHONE: ("phone", "telefoon"),
        Feature.HEARING_LOOP: ("hearing loop", "ringleiding"),
    }
)
"""What items are called that stand in for what a room does not have."""


@frozen
class Sources:
    """Where the parts come from.

    Attributes:
        brings: Way by the item's name in lower case.
        items: Those items, as the settings write them.
        ways: Way by its name in the settings.
        invites: Whether attendees are invited by mail.
    """

    rooms: RoomBooking
    experts: ExpertDirectory
    identities: IdentityMap
    brings: Mapping[str, str]
    items: tuple[str, ...]
    ways: Mapping[str, Way]
    invites: bool


@frozen
class Resolved:
    """A plan with its parts, what is wrong with it, and why this room."""

    plan: Plan
    problems: tuple[tuple[Part, Rejected], ...]
    reasons: tuple[Reason, ...] = ()


def resolved(sources: Sources, asked: MeetingPlan, caller: PersonRef, key: str, now: datetime) -> Steps[Resolved]:
    """What doing *asked* comes to.

    Raises:
        InvalidInput: A name fits nobody, or several people.
        RoomConflict: No room is free that fits.
        FeatureMissing: No room has what must be there, and it cannot be ordered.
        ServiceNotAvailableHere: Nobody brings what is ordered.
    """
    organizer = yield from sources.identities.complete(asked.organizer or caller)
    attendees: list[Attendee] = []
    for one in asked.attendees:
        person = yield from _known(sources, one.person)
        attendees.append(one.model_copy(update={"person": person}))
    asked = asked.model_copy(update={"organizer": organizer, "attendees": tuple(attendees)})
    menu: Sequence[ServiceItem] = (
        (yield from sources.rooms.menu.steps()) if isinstance(sources.rooms.menu.support, Native) else ()
    )
    room, span, missing, reasons = yield from _place(sources, asked, menu)
    asked = asked.model_copy(update={"span": span, "duration": None, "within": None})
    spans = occurrences(span, asked.rrule, asked.except_on)
    lines = tuple(OrderLine(item=_stand_in(sources, one, menu) or one.value) for one in sorted(missing))
    orders = (*asked.orders, *((OrderDraft(lines=lines),) if lines else ()))
    parts = _parts(sources, asked, room, orders, menu, key)
    plan = Plan(key=key, plan=asked, organizer=organizer, spans=spans, room=room, parts=parts, created_at=now)
    if sources.invites and addresses(plan):
        connection = sources.ways[INVITE].connection
        what = f"{len(addresses(plan))} x invitation"
        plan.parts.append(Part(kind=PartKind.INVITATION, way=INVITE, what=what, connection=connection, key=f"{key}-invite"))
    problems: list[tuple[Part, Rejected]] = []
    for part in plan.parts:
        for order in part.orders:
            found = yield from sources.ways[part.way].problems(order, spans, now)
            problems += [(part, one) for one in found]
    return Resolved(plan, tuple(problems), tuple(reasons))


def _known(sources: Sources, person: PersonRef) -> Steps[PersonRef]:
    """*person* with the keys that the directory knows; someone who is named only is looked up."""
    if person.keys() or person.ref is not None or person.display_name is None:
        return (yield from sources.identities.complete(person))
    if not isinstance(sources.experts.find.support, Native):
        return person
    found = yield from sources.experts.find.steps(ExpertQuery(text=person.display_name, limit=10))
    wanted = person.display_name.casefold()
    same = [match.expert for match in found if match.expert.name.casefold() == wanted] or [match.expert for match in found]
    if len(same) == 1:
        return same[0].person
    names = ", ".join(f"{one.name} ({one.person.email or one.person.login})" for one in same[:5]) or "nobody"
    raise InvalidInput(f"{person.display_name!r} may be: {names}; name the address", field="attendees")


def _place(
    sources: Sources, asked: MeetingPlan, menu: Sequence[ServiceItem]
) -> Steps[tuple[Room | None, Span, frozenset[Feature], Sequence[Reason]]]:
    """Room and time, and what has to be ordered because the room does not have it."""
    if asked.without_room:
        assert asked.span is not None, "the model says so"
        return None, asked.span, asked.equipment, ()
    named = (yield from _named(sources.rooms, asked.room)) if asked.room is not None else None
    if named is not None and asked.span is not None:
        return named, asked.span, asked.equipment - named.features, ()
    if not isinstance(sources.rooms.find.support, Native):
        raise InvalidInput("name a room and a time: this system does not look for them", field="room")
    options = yield from sources.rooms.find.steps(_query(asked))
    options_here = [one for one in options if named is None or one.room.ref == named.ref]
    if not options_here:
        raise RoomConflict("no room is free that fits" if named is None else f"{named.name} is not free")
    for option in _best(options_here, asked.equipment):
        missing = asked.equipment - option.room.features
        if all(_stand_in(sources, one, menu) for one in missing):
            return option.room, option.span, missing, option.reasons
    lacking = min((asked.equipment - option.room.features for option in options_here), key=len)
    raise FeatureMissing(
        "no free room has it, and it cannot be ordered", missing=[one.value for one in lacking], field="equipment"
    )


def _best(options: Sequence[RoomOption], equipment: frozenset[Feature]) -> Iterator[RoomOption]:
    """Rooms that have what is needed come before those for which it is ordered; else as they were."""
    yield from sorted(options, key=lambda one: len(equipment - one.room.features))


def _query(asked: MeetingPlan) -> RoomQuery:
    coming = [one for one in asked.attendees if one.role is not Role.INFORMED]
    return RoomQuery(
        span=asked.span,
        rrule=asked.rrule,
        duration=asked.duration,
        within=asked.within,
        people=asked.seats,
        attendees=tuple(one.person for one in coming if one.role is not Role.OPTIONAL),
        optional=tuple(one.person for one in coming if one.role is Role.OPTIONAL),
        required=asked.features,
        preferred=asked.equipment,
        layout=asked.layout,
        site=asked.site,
        near=asked.near,
        limit=50,
    )


def _named(rooms: RoomBooking, wanted: Ref | str) -> Steps[Room]:
    label = wanted.strip() if isinstance(wanted, str) else str(wanted)
    if not isinstance(rooms.rooms.support, Native):
        ref = wanted if isinstance(wanted, Ref) else Ref(connection=rooms.connection_name, kind="room", id=label)
        return Room(ref=ref, name=label)
    for room in (yield from rooms.rooms.steps()):
        if room.ref == wanted or label.casefold() in (room.name.casefold(), (room.email or "").casefold()):
            return room
    raise NotFound(f"there is no room {label}", field="room")


def _stand_in(sources: Sources, feature: Feature, menu: Sequence[ServiceItem]) -> str | None:
    """The item that can be ordered where the room lacks *feature*."""
    names = [*sources.items, *(item.name for item in menu if item.kind is OrderKind.EQUIPMENT)]
    words = _CALLED.get(feature, (feature.value.replace("_", " "),))
    return next((name for name in names if any(word in name.casefold() for word in words)), None)


def _orders_here(sources: Sources) -> bool:
    support = sources.rooms.book.support
    return isinstance(support, Native) and "orders" not in support.without


def _parts(
    sources: Sources,
    asked: MeetingPlan,
    room: Room | None,
    orders: Sequence[OrderDraft],
    menu: Sequence[ServiceItem],
    key: str,
) -> list[Part]:
    """The room with what its system brings, then a part for each order of each other who brings something."""
    here: list[OrderDraft] = []
    others: list[Part] = []
    for order in orders:
        for name, own in _shared_out(sources, order, menu).items():
            if name == ROOMS:
                here.append(own)
                continue
            others.append(
                Part(
                    kind=PartKind.ORDER,
                    way=name,
                    what=what_of(own),
                    connection=sources.ways[name].connection,
                    key=f"{key}-order{len(others) + 1}",
                    orders=(own,),
                )
            )
    booking = Part(
        kind=PartKind.ROOM,
        way=ROOMS,
        what=room.name if room else asked.subject,
        connection=sources.ways[ROOMS].connection,
        key=f"{key}-room",
        orders=tuple(here),
    )
    return [booking, *others]


def _shared_out(sources: Sources, order: OrderDraft, menu: Sequence[ServiceItem]) -> dict[str, OrderDraft]:
    """*order*, by who brings which of its lines."""
    groups: dict[str, list[OrderLine]] = {}
    for asked in order.lines:
        line = _line(sources, asked, menu)
        groups.setdefault(sources.brings.get(names_of(line), ROOMS), []).append(line)
    fed = max(groups, key=lambda name: max(line.quantity for line in groups[name]))  # who eats is counted where most is brought
    return {
        name: order.model_copy(update={"lines": tuple(lines), "diets": order.diets if name == fed else {}})
        for name, lines in groups.items()
    }


def _line(sources: Sources, line: OrderLine, menu: Sequence[ServiceItem]) -> OrderLine:
    """*line*, for an item that someone brings; ``lunch`` is enough where there is one kind of lunch."""
    here = menu if _orders_here(sources) else ()
    if names_of(line) in sources.brings or any(
        item.ref == line.item or item.name.casefold() == names_of(line) for item in here
    ):
        return line
    names = sorted({*sources.items, *(item.name for item in here)})
    found = [name for name in names if names_of(line) in name.casefold()]
    if isinstance(line.item, str) and len(found) == 1:
        return line.model_copy(update={"item": found[0]})
    raise ServiceNotAvailableHere(f"{line.item}; there is: {', '.join(found or names) or 'nothing'}", field="orders")
