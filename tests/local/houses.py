"""A house with rooms of every kind, and what is booked in it."""

from __future__ import annotations

from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

from workplace_sdk.connectors.local.rooms_setup import add_item, add_room, add_site
from workplace_sdk.services.common import Money, PersonRef, Span
from workplace_sdk.services.rooms import (
    Attendee,
    Diet,
    Feature,
    Layout,
    MeetingDraft,
    OrderDraft,
    OrderKind,
    OrderLine,
    Role,
)

ZONE = "Europe/Amsterdam"
THURSDAY = date(2026, 12, 3)
WEEK = timedelta(days=7)
WEEKLY = "FREQ=WEEKLY;COUNT=4"
LUNCH = OrderDraft(lines=(OrderLine(item="Lunch", quantity=4),), diets={Diet.VEGAN: 1})


def at(day: date, start: int, end: int, zone: str = ZONE) -> Span:
    return Span.local(day, time(start), time(end), zone)


def draft(day: date = THURSDAY, start: int = 12, end: int = 14, **others) -> MeetingDraft:
    return MeetingDraft(**{"subject": "Overleg", "span": at(day, start, end), "room": "Amber", **others})


def invited(*logins: str, role: Role = Role.REQUIRED) -> tuple[Attendee, ...]:
    return tuple(Attendee(person=PersonRef(login=login), role=role) for login in logins)


def furnish(connection: Any, ids: dict[str, int]) -> None:
    """Rooms that are open, that lapse, that need approval, that are not for everyone, that nobody can book, elsewhere."""
    utrecht, gent = add_site(connection, "Utrecht", ZONE), add_site(connection, "Gent", "Europe/Brussels")
    beamer = {Feature.PROJECTOR, Feature.STEP_FREE}
    add_room(connection, "Amber", utrecht, capacity=8, features=beamer, building="Hoofdgebouw", email="amber@example.org")
    add_room(connection, "Basalt", utrecht, capacity=12, features=beamer, layouts={Layout.THEATRE: 30, Layout.BOARD: 10})
    add_room(connection, "Coral", utrecht, capacity=8, features={Feature.WHITEBOARD}, check_in_minutes=10)
    bo = ids["bo"]
    add_room(connection, "Diamant", utrecht, capacity=20, features=beamer, bookability="approval", approver_id=bo)
    add_room(connection, "Erts", utrecht, capacity=6, bookability="restricted", approver_id=bo, bookers=[ids["mia"]])
    add_room(connection, "Fluor", utrecht, capacity=6, bookability="not_bookable")
    add_room(connection, "Granaat", gent, capacity=8, features=beamer, longest_minutes=120)
    hours = {"order_before_minutes": 24 * 60, "cancel_before_minutes": 12 * 60}
    lunch = {"site_id": utrecht, "price": Money.of("9.50", "EUR"), "cancel_fee": Decimal("0.5"), **hours}
    add_item(connection, "Lunch", OrderKind.CATERING, **lunch)
    add_item(connection, "Beamer", OrderKind.EQUIPMENT, stock=2)
