"""Asking about more people, rooms or meetings takes no more queries; on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event

from tests.local.conftest import Office
from tests.local.houses import THURSDAY, at, draft
from workplace_sdk.connectors.local.base import inserted
from workplace_sdk.connectors.local.leave import LocalLeave
from workplace_sdk.connectors.local.leave_setup import add_type, set_schedule
from workplace_sdk.connectors.local.rooms import LocalRooms
from workplace_sdk.connectors.local.rooms_setup import add_room
from workplace_sdk.connectors.local.schema import people
from workplace_sdk.services.common import PersonRef
from workplace_sdk.services.leave import LeaveDraft, SickReport
from workplace_sdk.services.rooms import Attendee, RoomQuery

MANY = 12


@contextmanager
def counted(office: Office) -> Iterator[list[str]]:
    """Statements that are sent meanwhile."""
    sent: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    engine = office.local.database.engine()
    event.listen(engine, "before_cursor_execute", listen)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", listen)


@pytest.fixture
def crowd(house: Office) -> Office:
    """Twelve more people who report to Mia, each on leave, ill, and with a meeting in a room that Bo approves."""

    def hire(connection: Any) -> None:
        add_type(connection, "Free", unlimited=True)
        for number in range(MANY):
            login = f"p{number}"
            values = {"login": login, "display_name": f"Person {number}", "manager_id": house.ids["mia"]}
            house.ids[login] = inserted(connection, people, values)
            set_schedule(connection, house.ids[login], [Decimal(8)] * 5 + [Decimal(0)] * 2, first=date(2026, 1, 1))
            bo = house.ids["bo"]
            add_room(connection, f"Zaal {number}", 1, capacity=20, bookability="approval", approver_id=bo)
            add_room(connection, f"Kamer {number}", 1, capacity=9, bookability="restricted", approver_id=bo)

    house.write(hire)
    for number in range(MANY):
        login = f"p{number}"
        leave = house.as_(login, LocalLeave)
        leave.submit(LeaveDraft.between("Free", THURSDAY))
        leave.report_sick(SickReport())
        invited = tuple(Attendee(person=PersonRef(login=f"p{other}")) for other in range(number))
        house.as_(login, LocalRooms).book(draft(room=f"Zaal {number}", attendees=invited))
    return house


def who(count: int) -> tuple[PersonRef, ...]:
    return tuple(PersonRef(login=f"p{number}") for number in range(count))


@pytest.mark.parametrize(
    "ask",
    [
        lambda office, count: office.as_("ana", LocalRooms).busy(at(THURSDAY, 8, 18), people=who(count)),
        lambda office, count: office.as_("ana", LocalLeave).absences(since=THURSDAY, until=THURSDAY, people=who(count)),
        lambda office, count: office.as_("ana", LocalRooms).find(RoomQuery(span=at(THURSDAY, 15, 16), attendees=who(count))),
        lambda office, count: office.as_("bo", LocalRooms).find(
            RoomQuery(duration=timedelta(hours=1), within=at(THURSDAY, 8, 18), people=1 + count % 2, limit=200)
        ),
        lambda office, count: office.as_("ana", LocalRooms).book.preview(
            draft(start=15, end=16, room="Diamant", attendees=tuple(Attendee(person=one) for one in who(count)))
        ),
    ],
    ids=["busy", "absences", "find with people", "find among rooms", "preview"],
)
def test_more_people_take_no_more_queries(crowd: Office, ask: Callable[[Office, int], Any]) -> None:
    ask(crowd, 1)
    sent: dict[int, int] = {}
    for count in (2, MANY):
        with counted(crowd) as statements:
            assert ask(crowd, count) is not None
        sent[count] = len(statements)
    assert sent[MANY] <= sent[2], sent


def test_lists_take_a_few_queries_whatever_is_in_them(crowd: Office) -> None:
    bo, mia = crowd.as_("bo", LocalRooms), crowd.as_("mia", LocalLeave)
    for listing, most in ((bo.inbox, 12), (mia.inbox, 12), (crowd.as_("p0", LocalRooms).mine, 14)):
        with counted(crowd) as statements:
            assert len(list(listing())) >= MANY - 1
        assert len(statements) <= most, statements
    with counted(crowd) as statements:
        found = bo.find(RoomQuery(span=at(THURSDAY, 15, 16), limit=200))
    assert sum(option.room.name.startswith("Kamer") for option in found) == MANY  # bo approves them
    assert len(statements) <= 8, statements
