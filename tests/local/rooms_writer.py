"""One of several processes that book rooms in the same store: rounds begun together, or one after the other until killed."""

from __future__ import annotations

import itertools
import sys
from datetime import UTC, date, datetime, time, timedelta
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier

from workplace_sdk.connectors.local import Local, LocalSettings
from workplace_sdk.connectors.local.rooms import LocalRooms
from workplace_sdk.kernel.errors import Rejected
from workplace_sdk.kernel.session import Session
from workplace_sdk.services.common import PersonRef, Span
from workplace_sdk.services.rooms import MeetingChange, MeetingDraft, OrderDraft, OrderLine

ZONE = "Europe/Amsterdam"
FIRST = date(2027, 1, 4)
KINDS = ("same", "overlapping", "series", "two_rooms", "moved")
BEAMER, WAITING = "beamer", "waiting"
LOGINS = ("ana", "bo", "mia", "tom", "kees", "lena", "ana", "ana")


def desk(url: str, login: str = "ana") -> LocalRooms:
    now = datetime(2026, 11, 24, 9, tzinfo=UTC)
    session = Session(caller=PersonRef(login=login), now=lambda: now, zone=ZONE, time_limit=120)
    return LocalRooms(Local("main", LocalSettings(url=url)), session)


def draft_of(kind: str, turn: int, number: int) -> MeetingDraft:
    """What process *number* wants in a round: the wishes of any two processes are at odds."""
    day = FIRST + timedelta(days=100 * turn)
    noon = Span.local(day, time(12), time(13), ZONE)
    if kind == "overlapping":
        later = timedelta(minutes=7 * number)
        return MeetingDraft(subject=kind, span=Span(start=noon.start + later, end=noon.end + later, zone=ZONE), room="Amber")
    if kind == "series":  # every few days, each other few; all of them on one day
        step = number + 1
        first = Span.local(day - timedelta(days=step * (number % 3)), time(12), time(13), ZONE)
        return MeetingDraft(subject=kind, span=first, room="Amber", rrule=f"FREQ=DAILY;INTERVAL={step};COUNT=4")
    if kind == "two_rooms":
        one, other = ("Amber", "Basalt") if number % 2 else ("Basalt", "Amber")
        return MeetingDraft(subject=kind, span=noon, room=one, more_rooms=(other,))
    if kind == BEAMER:  # which is there once
        return MeetingDraft(subject=kind, span=noon, orders=(OrderDraft(lines=(OrderLine(item="Beamer"),)),))
    return MeetingDraft(subject=kind, span=noon, room="Amber")


def compete(url: str, number: int, turns: int, together: Barrier, answers: Queue[tuple[str, int, str]]) -> None:
    """Book in every round at the same moment as the others, and tell what came of it."""
    booking = desk(url)
    booking.local.database.engine()
    for kind, turn in itertools.product(KINDS, range(turns)):
        wanted = draft_of(kind, KINDS.index(kind) * turns + turn, number)
        own = None
        if kind == "moved":
            aside = Span.local(wanted.span.local_start.date() + timedelta(days=1 + number), time(12), time(13), ZONE)
            own = booking.book(wanted.model_copy(update={"span": aside})).ref
        together.wait(timeout=120)
        try:
            if own is None:
                booking.book(wanted)
            else:
                booking.change(own, MeetingChange(span=wanted.span))
        except Rejected as error:
            answers.put((kind, turn, error.code))
        else:
            answers.put((kind, turn, "won"))
    for turn in range(turns):
        together.wait(timeout=120)
        try:
            booking.book(draft_of(BEAMER, 60 + turn, number))
        except Rejected as error:
            answers.put((BEAMER, turn, error.code))
        else:
            answers.put((BEAMER, turn, "won"))
        wait_for(desk(url, LOGINS[number]), number, turn, together, answers)
    booking.local.database.close()


def wait_for(booking: LocalRooms, number: int, turn: int, together: Barrier, answers: Queue[tuple[str, int, str]]) -> None:
    """The first one cancels while five begin to wait for the room and two book it."""
    wanted = draft_of(WAITING, 80 + turn, number)
    held = booking.book(wanted).ref if number == 0 else None
    together.wait(timeout=120)
    if held is not None:
        booking.cancel(held)
        told = "cancelled"
    elif number <= 5:
        entry = booking.join_waitlist(wanted)
        together.wait(timeout=120)
        told = booking.waitlist_entry(entry.ref).state.value
    else:
        try:
            booking.book(wanted)
            told = "booked"
        except Rejected as error:
            told = error.code
    if not 0 < number <= 5:
        together.wait(timeout=120)
    answers.put((WAITING, turn, told))
    booking.local.database.close()


def until_killed(url: str, start: int) -> None:
    """Book series in two rooms with lunch, move and cancel some of them, without an end."""
    booking = desk(url)
    booking.local.database.engine()
    lunch = (OrderDraft(lines=(OrderLine(item="Lunch", quantity=3), OrderLine(item="Beamer"))),)
    print("ready", flush=True)
    for number in itertools.count(start):
        noon = Span.local(FIRST + timedelta(days=number), time(12), time(13), ZONE)
        draft = MeetingDraft(
            subject="x", span=noon, room="Amber", more_rooms=("Basalt",), rrule="FREQ=YEARLY;COUNT=3", orders=lunch
        )
        made = booking.book(draft)
        if number % 3 == 1:
            later = Span(start=noon.start + timedelta(hours=2), end=noon.end + timedelta(hours=2), zone=ZONE)
            booking.change(made.ref, MeetingChange(span=later))
        if number % 3 == 2:
            booking.cancel(made.ref)
            print("wrote", flush=True)


if __name__ == "__main__":
    until_killed(sys.argv[1], int(sys.argv[2]))
