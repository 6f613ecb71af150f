"""Eight processes at once, and processes killed in the middle of a write; on both databases."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import sqlalchemy as sa

from tests.local.conftest import Office, give_leave
from workplace_sdk.connectors.local.leave import LocalLeave
from workplace_sdk.connectors.local.leave_tables import leave_days, leave_requests
from workplace_sdk.connectors.local.rooms_setup import add_room, add_site
from workplace_sdk.connectors.local.rooms_tables import meeting_times, meetings
from workplace_sdk.connectors.local.schema import writes

ROOT = Path(__file__).parent.parent.parent
PROCESSES = 8
MONDAY = date(2026, 12, 7)


def start(url: str, what: str, who: str, at: float, day: date) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.local.concurrent", url, what, who, str(at), day.isoformat()]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def outcomes(running: list[subprocess.Popen[str]]) -> Counter[str]:
    told: Counter[str] = Counter()
    for process in running:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        told[out.strip()] += 1
    return told


def with_room(office: Office) -> None:
    office.write(lambda c: add_room(c, "Amber", add_site(c, "Utrecht", "Europe/Amsterdam"), capacity=8))


def test_of_eight_who_want_one_room_one_gets_it(office: Office) -> None:
    with_room(office)
    for turn in range(3):
        at = time.time() + 4
        running = [start(office.url, "room", "ana", at, MONDAY + timedelta(days=turn)) for _ in range(PROCESSES)]
        assert outcomes(running) == {"won": 1, "refused room-conflict": PROCESSES - 1}
    assert office.read(lambda c: c.execute(sa.select(sa.func.count()).select_from(meeting_times)).scalar()) == 3


def test_of_eight_who_want_the_last_day_one_gets_it(office: Office) -> None:
    give_leave(office, days="1")
    for login in ("ana", "kees", "lena"):
        at = time.time() + 4
        running = [start(office.url, f"leave{number % 5}", login, at, MONDAY) for number in range(PROCESSES)]
        told = outcomes(running)
        assert told["won"] == 1
        assert set(told) <= {"won", "refused insufficient-balance", "refused overlapping-leave"}
        balance = next(one for one in office.as_(login, LocalLeave).balances() if one.name == "Annual leave")
        assert balance.available == 0


def test_what_is_killed_in_the_middle_leaves_nothing_half_done(office: Office) -> None:
    with_room(office)
    give_leave(office, days="200")
    chance = random.Random(3)
    for turn in range(8):
        day = MONDAY + timedelta(days=7 * turn)
        at = time.time() + 1.5
        running = [start(office.url, "room", "kees", at, day), start(office.url, "leave0", "ana", at, day)]
        time.sleep(max(0.0, at - time.time()) + chance.uniform(-0.1, 0.12))
        for process in running:
            process.kill()
            process.communicate()

    def check(connection) -> None:
        requests = set(connection.execute(sa.select(leave_requests.c.id)).scalars())
        with_days = set(connection.execute(sa.select(leave_days.c.request_id)).scalars())
        assert requests == with_days
        booked = set(connection.execute(sa.select(meetings.c.id)).scalars())
        assert booked == set(connection.execute(sa.select(meeting_times.c.meeting_id)).scalars())
        keys = connection.execute(sa.select(writes)).all()
        assert all(row.record_id is not None for row in keys)
        assert len(keys) == len(requests) + len(booked)

    office.read(check)
    after = [start(office.url, "room", "mia", time.time(), date(2027, 3, 1))]
    assert outcomes(after) == {"won": 1}
