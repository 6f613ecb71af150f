"""What planning a meeting would do, for people: the room and why, the booking's own preview, and who brings what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workplace_sdk.kernel.errors import Rejected, WorkplaceError
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.operation import settled
from workplace_sdk.kernel.preview import Preview, PreviewLine, Weight
from workplace_sdk.meetings.journal import Part, Plan
from workplace_sdk.meetings.resolving import INVITE, ROOMS, Resolved, resolved
from workplace_sdk.meetings.ways import TheRoom
from workplace_sdk.services.meetings_models import MeetingPlan
from workplace_sdk.services.rooms_models import Policy

if TYPE_CHECKING:
    from workplace_sdk.kernel.effects import Steps
    from workplace_sdk.meetings.planned import PlannedMeetings


def of_plan(service: PlannedMeetings, asked: MeetingPlan, key: Key) -> Steps[Preview]:
    """What ``plan`` would do; a problem that it would raise is a blocker."""
    found = yield from settled(resolved(service.sources, asked, service.person(None), key, service.session.now()))
    if isinstance(found, WorkplaceError):
        if not isinstance(found, Rejected):
            raise found
        return Preview(operation="meetings.plan", key=key, lines=(_problem(found, Weight.BLOCKER),))
    lines = [*_chosen(found), *(yield from _booking(service, found.plan))]
    known = {line.code for line in lines if line.weight is not Weight.INFO}
    for part in found.plan.parts[1:]:
        line = yield from _brought(service, part)
        lines.append(line)
    weight = Weight.WARNING if asked.policy is Policy.BEST_EFFORT else Weight.BLOCKER
    lines += [_problem(one, weight) for part, one in found.problems if part.way != ROOMS or one.code not in known]
    return Preview(operation="meetings.plan", key=key, lines=tuple(lines))


def _chosen(found: Resolved) -> list[PreviewLine]:
    room = found.plan.room
    if room is None:
        return []
    en, nl = "; ".join(one.en for one in found.reasons), "; ".join(one.nl for one in found.reasons)
    return [
        PreviewLine(
            code="chosen-room",
            en=f"Room: {room.name}{f' ({en})' if en else ''}.",
            nl=f"Zaal: {room.name}{f' ({nl})' if nl else ''}.",
            facts={"room": room.name, "connection": room.ref.connection},
        )
    ]


def _booking(service: PlannedMeetings, plan: Plan) -> Steps[tuple[PreviewLine, ...]]:
    """What the rooms' system says of the booking."""
    way = service.sources.ways[ROOMS]
    assert isinstance(way, TheRoom), "the room's own way"
    booking = plan.parts[0]
    preview = yield from service.sources.rooms.book.preview.steps(way.draft(plan, booking), key=Key(booking.key))
    return preview.lines


def _brought(service: PlannedMeetings, part: Part) -> Steps[PreviewLine]:
    """Who brings a part, and what it costs."""
    way = service.sources.ways[part.way]
    if part.way == INVITE:
        en, nl = f"{part.what} by mail ({way.connection}).", f"{part.what_in('nl')} per mail ({way.connection})."
        return PreviewLine(code="invitations", en=en, nl=nl, facts={"connection": way.connection})
    (order,) = part.orders
    price = yield from way.price(order)
    cost = f": {price}" if price is not None else ""
    return PreviewLine(
        code="order",
        en=f"{part.what}{cost}, from {part.way} ({way.connection}).",
        nl=f"{part.what_in('nl')}{cost}, van {part.way} ({way.connection}).",
        facts={
            "way": part.way,
            "connection": way.connection,
            "amount": str(price.amount) if price is not None else None,
            "currency": price.currency if price is not None else None,
        },
    )


def _problem(error: Rejected, weight: Weight) -> PreviewLine:
    facts = {"field": error.field, "message": error.message or None}
    return PreviewLine(code=error.code, en=error.sentence("en"), nl=error.sentence("nl"), weight=weight, facts=facts)
