"""A process that competes for rooms, for ``test_writers``."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from attrs import evolve

from tests.caldav.conftest import ZONE, Desk, settings_of
from workplace_sdk.kernel.errors import WorkplaceError
from workplace_sdk.services.common import Span
from workplace_sdk.services.rooms import MeetingDraft

FIRST = date(2033, 6, 6)
"""When no other test on these servers has anything."""


class _Environment:
    def setenv(self, name: str, value: str) -> None:
        os.environ[name] = value


def draft_of(turn: int, number: int) -> MeetingDraft:
    """What one of the processes wants in a turn: no two can have their way."""
    span = Span.local(FIRST + timedelta(days=turn), time(10), time(11), ZONE)
    if turn % 3 == 1:  # half an hour later than each other, all over the same half hour
        span = Span.local(FIRST + timedelta(days=turn), time(10, 10 * (number % 4)), time(11), ZONE)
    rule = "FREQ=WEEKLY;COUNT=3" if turn % 3 == 2 else None
    return MeetingDraft(subject=f"{turn}-{number}", span=span, room="Zaal 1", rrule=rule)


def compete(server: Any, number: int, turns: int, together: Any, answers: Any) -> None:
    """Book in every turn, at the same moment as the others."""
    desk = Desk(server, settings_of(server, _Environment()))  # type: ignore[arg-type]
    service = desk.person(number + 1, time_limit=60)
    service.session = evolve(service.session, now=lambda: datetime.now(UTC))
    for turn in range(turns):
        together.wait(timeout=120)
        try:
            made = service.book(draft_of(turn, number))
        except WorkplaceError as error:
            answers.put((turn, error.code))
        else:
            answers.put((turn, "won" if {one.state.value.value for one in made.occurrences} == {"confirmed"} else "?"))
    desk.caldav.close()
