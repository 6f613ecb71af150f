"""What is ordered for meetings: where it is meanwhile, when it is too late, and what moves along; on both databases."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.local.agreeing import agreeing
from tests.local.conftest import Office
from tests.local.houses import LUNCH, THURSDAY, WEEK, at, draft
from workplace_sdk.connectors.local.rooms import LocalRooms
from workplace_sdk.kernel.errors import InvalidInput
from workplace_sdk.services.common import ComponentState, Money
from workplace_sdk.services.rooms import (
    CancelFeeApplies,
    CutoffPassed,
    MeetingChange,
    OrderDraft,
    OrderLine,
    OrderState,
    Policy,
    RoomConflict,
    ServiceNotAvailableHere,
)

BEAMERS = OrderDraft(lines=(OrderLine(item="Beamer", quantity=2),))


def test_a_beamer_is_away_from_its_delivery_until_it_is_cleared(house: Office) -> None:
    booking = house.as_("ana", LocalRooms)
    early = BEAMERS.model_copy(update={"deliver_at": at(THURSDAY, 11, 12).start, "clear_at": at(THURSDAY, 16, 17).start})
    booking.book(draft(start=13, end=14, orders=(early,)))
    for start, end in ((11, 13), (14, 16), (9, 18)):
        with pytest.raises(ServiceNotAvailableHere, match="0 left"):
            agreeing(booking.book, draft(start=start, end=end, room="Basalt", orders=(BEAMERS,)))
    booking.book(draft(start=10, end=11, room="Basalt", orders=(BEAMERS,)))
    late = BEAMERS.model_copy(update={"deliver_at": at(THURSDAY, 16, 17).start})
    booking.book(draft(start=15, end=18, room="Basalt", orders=(late,)))


def test_what_is_cleared_before_it_is_there_is_no_order(house: Office) -> None:
    booking = house.as_("ana", LocalRooms)
    meeting = booking.book(draft())
    after = BEAMERS.model_copy(update={"deliver_at": at(THURSDAY, 15, 16).start})
    with pytest.raises(ValueError, match="before it is delivered"):
        draft(orders=(after,))
    with pytest.raises(InvalidInput) as error:
        agreeing(booking.change, meeting.ref, MeetingChange(orders=(after,)))
    assert "ophalen na het brengen" in error.value.sentence("nl")


def test_another_room_or_a_longer_meeting_needs_no_new_lunch(house: Office) -> None:
    booking = house.as_("ana", LocalRooms)
    meeting = booking.book(draft(orders=(LUNCH, BEAMERS)))
    house.now = at(THURSDAY, 9, 10).start  # too late to order lunch, or to cancel it for nothing
    booking = house.as_("ana", LocalRooms)
    _, moved = agreeing(booking.change, meeting.ref, MeetingChange(room="Basalt"))
    assert [(order.state, order.fee) for order in moved.orders] == [(OrderState.ORDERED, None)] * 2
    with pytest.raises(ServiceNotAvailableHere):
        agreeing(booking.change, meeting.ref, MeetingChange(room="Granaat"), accept_fee=Money.of("100", "EUR"))
    _, longer = agreeing(booking.change, meeting.ref, MeetingChange(span=at(THURSDAY, 12, 16)))
    assert {f"{order.clear_at:%H:%M}" for order in longer.orders} == {"16:00"}
    with pytest.raises(ServiceNotAvailableHere, match="0 left"):  # the beamers are away for longer too
        booking.book(draft(start=15, end=16, orders=(BEAMERS,)))
    with pytest.raises(CancelFeeApplies):  # another time is another lunch
        agreeing(booking.change, meeting.ref, MeetingChange(span=at(THURSDAY, 13, 16)))
    with pytest.raises(CutoffPassed):
        agreeing(booking.change, meeting.ref, MeetingChange(span=at(THURSDAY, 13, 16)), accept_fee=Money.of("19", "EUR"))


def test_without_a_room_only_what_is_had_everywhere(house: Office) -> None:
    booking = house.as_("ana", LocalRooms)
    with pytest.raises(ServiceNotAvailableHere, match="there is: Beamer"):
        agreeing(booking.book, draft(room=None, orders=(LUNCH,)))
    assert agreeing(booking.book, draft(room=None, orders=(BEAMERS,)))[1].orders[0].state == OrderState.ORDERED


def test_the_room_first_and_lunch_if_it_can_be_had(house: Office) -> None:
    booking = house.as_("ana", LocalRooms)
    today = date(2026, 11, 24)
    asked = draft(today, 15, 16, orders=(LUNCH,), policy=Policy.ROOM_FIRST, rrule="FREQ=DAILY;COUNT=3")
    told, made = agreeing(booking.book, asked)
    assert [order.state.value for order in made.orders] == [OrderState.REJECTED, OrderState.ORDERED, OrderState.ORDERED]
    line = told.line("left_out")
    assert line is not None
    assert line.facts == {"parts": 1}
    assert "Het is te laat voor Lunch" in line.nl
    refused = next(one for one in made.components if one.state is ComponentState.REJECTED)
    assert str(refused.because("nl")).startswith("Het is te laat voor Lunch: dat moest voor")
    assert str(refused.because()).startswith("It is too late for Lunch")
    house.as_("kees", LocalRooms).book(draft(today + timedelta(days=9), 15, 16))
    with pytest.raises(RoomConflict):  # the room at every time, or nothing
        agreeing(booking.book, draft(today + timedelta(days=2), 15, 16, policy=Policy.ROOM_FIRST, rrule="FREQ=WEEKLY;COUNT=2"))


def test_a_fee_stands_in_the_way_until_it_is_accepted(house: Office) -> None:
    booking = house.as_("ana", LocalRooms)
    meeting = booking.book(draft(orders=(LUNCH,)))
    house.now = at(THURSDAY, 9, 10).start
    booking = house.as_("ana", LocalRooms)
    with pytest.raises(CancelFeeApplies):
        agreeing(booking.cancel, meeting.ref)
    with pytest.raises(CancelFeeApplies):
        agreeing(booking.cancel, meeting.ref, accept_fee=Money.of("18.99", "EUR"))
    told, gone = agreeing(booking.cancel, meeting.ref, accept_fee=Money.of("19", "EUR"))
    assert [line.facts["amount"] for line in told.warnings] == ["19.00"]
    assert gone.fee == (Money.of("19.00", "EUR"),)


def test_diets_are_told_in_dutch(house: Office) -> None:
    told = house.as_("ana", LocalRooms).book.preview(draft(THURSDAY + WEEK, orders=(LUNCH,)))
    line = told.line("order")
    assert line is not None
    assert ("1 vegan" in line.en, "1 veganistisch" in line.nl) == (True, True)
