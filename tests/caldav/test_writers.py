"""Several processes that want the same room at the same moment: no server keeps them apart, and yet one gets it."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from datetime import time, timedelta
from itertools import pairwise
from typing import Any

from attrs import frozen

from tests.caldav.conftest import ZONE, Desk
from tests.caldav.writer import FIRST, compete
from tests.servers.calendars import CalendarServer, ask, calendar, put
from workplace_sdk.services.common import Span

PROCESSES, TURNS = 4, 3


@frozen
class Address:
    """What a process needs to know of a server that another one runs."""

    profile: str
    url: str
    port: int
    path: str

    def calendar(self, login: str) -> str:
        return self.path.format(login=login)


def test_of_several_processes_one_gets_the_room_in_every_turn(server: CalendarServer, desk: Desk) -> None:
    context = multiprocessing.get_context("spawn")
    together, answers = context.Barrier(PROCESSES), context.Queue()
    address = Address(server.profile, server.url, server.port, server.calendar("{login}"))
    running = [context.Process(target=compete, args=(address, number, TURNS, together, answers)) for number in range(PROCESSES)]
    for process in running:
        process.start()
    told = Counter(answers.get(timeout=250) for _ in range(PROCESSES * TURNS))
    for process in running:
        process.join(timeout=60)
        assert process.exitcode == 0
    for turn in range(TURNS):
        assert (told[turn, "won"], told[turn, "room-conflict"]) == (1, PROCESSES - 1), (turn, told)
    assert_once(desk)


def assert_once(desk: Desk) -> None:
    """The room is nowhere had twice, and nobody has in their calendar what they did not get."""
    whole = Span.local(FIRST, time(0), time(23), ZONE)
    whole = whole.model_copy(update={"end": whole.start + timedelta(days=40)})
    service = desk.person(1)
    room = desk.caldav.house.named("Zaal 1")
    held = sorted(
        ((one.period, one.series.uid) for one in run_steps(service, service.holds(room, [whole]))), key=lambda one: one[0].start
    )
    for (before, _), (after, _) in pairwise(held):
        assert before.end <= after.start
    uids = {uid for _, uid in held}
    for number in range(1, PROCESSES + 1):
        for meeting in desk.person(number).mine(since=FIRST, until=FIRST + timedelta(days=40)):
            assert meeting.uid in uids, "what was withdrawn is in nobody's calendar"


def run_steps(service: Any, steps: Any) -> Any:
    from workplace_sdk.kernel.drivers import run
    from workplace_sdk.kernel.session import Call

    return run(steps, Call(session=service.session, name="test"))


def test_sogo_alone_gives_a_room_to_several_at_once() -> None:
    """Why rooms are read back there too: SOGo refuses who comes later, not who comes at the same moment."""
    from concurrent.futures import ThreadPoolExecutor

    from tests.caldav.conftest import started

    server = started("sogo")
    try:
        most = 0
        for turn in range(8):
            day = f"202710{turn + 10}"

            def book(number: int, day: str = day) -> int:
                login, uid = f"u{number:07d}", f"alone-{day}-{number}"
                text = calendar(
                    "BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20260501T080000Z", f"DTSTART:{day}T080000Z", f"DTEND:{day}T090000Z", "SUMMARY:x",
                    f"ORGANIZER:mailto:{login}@lab.example", "ATTENDEE;CUTYPE=ROOM;PARTSTAT=NEEDS-ACTION:mailto:zaal-02@lab.example", "END:VEVENT",
                )  # fmt: skip
                return put(server, login, f"{uid}.ics", text).status

            with ThreadPoolExecutor(8) as pool:
                statuses = list(pool.map(book, range(1, 9)))
            assert set(statuses) <= {201, 409}
            most = max(most, statuses.count(201))
            later = ask(
                server,
                "PUT",
                f"{server.calendar('u0000009')}later-{day}.ics",
                by="u0000009",
                body=_later(day),
                Content_Type="text/calendar",
            )
            assert later.status == 409
        assert most > 1, "SOGo has learned to keep writers apart: say so in the docs"
    finally:
        server.stop()


def _later(day: str) -> str:
    return calendar(
        "BEGIN:VEVENT", f"UID:later-{day}", "DTSTAMP:20260501T080000Z", f"DTSTART:{day}T083000Z", f"DTEND:{day}T093000Z", "SUMMARY:x",
        "ORGANIZER:mailto:u0000009@lab.example", "ATTENDEE;CUTYPE=ROOM;PARTSTAT=NEEDS-ACTION:mailto:zaal-02@lab.example", "END:VEVENT",
    )  # fmt: skip
