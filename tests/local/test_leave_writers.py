"""Eight processes that want the same last days, and processes killed while they write; on both databases."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import sqlalchemy as sa

from tests.local.conftest import Office, give_leave
from workplace_sdk.connectors.local.leave import LocalLeave
from workplace_sdk.connectors.local.leave_balance import cover
from workplace_sdk.connectors.local.leave_setup import grant
from workplace_sdk.connectors.local.leave_tables import leave_days, leave_events, leave_requests
from workplace_sdk.connectors.local.schema import files, writes
from workplace_sdk.services.leave import LeaveDraft, LeaveStatus

ROOT = Path(__file__).parent.parent.parent
PROCESSES, ROUNDS, KILLS = 8, 4, 5
YEAR = (date(2026, 1, 1), date(2027, 12, 31))
LAST_STEP = {
    "submitted": {"submitted", "amended"},
    "approved": {"approved"},
    "rejected": {"rejected"},
    "returned": {"returned"},
    "withdrawn": {"withdrawn"},
    "cancelled": {"cancelled"},
}


@contextmanager
def writers(url: str, what: str, *who: str) -> Iterator[list[subprocess.Popen[str]]]:
    command = [sys.executable, "-m", "tests.local.leave_writer", url, what]
    pipe = subprocess.PIPE
    running = [subprocess.Popen([*command, one], cwd=ROOT, stdin=pipe, stdout=pipe, text=True) for one in who]
    try:
        for process in running:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        yield running
    finally:
        for process in running:
            process.kill()
            process.communicate()


def answers(running: list[subprocess.Popen[str]]) -> Counter[str]:
    told: Counter[str] = Counter()
    for process in running:
        assert process.stdout is not None
        told[process.stdout.readline().strip()] += 1
    return told


def test_of_eight_who_want_the_last_days_one_gets_them_every_time(office: Office) -> None:
    ids = give_leave(office, days="0")
    tuesdays = [date(2027, 1, 5) + timedelta(days=7 * week) for week in range(PROCESSES * ROUNDS + 1)]
    tuesdays.remove(date(2027, 4, 27))  # King's Day
    with writers(office.url, "race", *["ana"] * PROCESSES) as running:
        for turn in range(ROUNDS):
            office.write(lambda c: grant(c, office.ids["ana"], ids["annual"], Decimal(2), *YEAR, kind="adjusted"))
            at = time.time() + 0.3
            for number, process in enumerate(running):  # everyone other days: only the balance is contended
                assert process.stdin is not None
                process.stdin.write(f"{tuesdays[turn * PROCESSES + number]} {at}\n")
                process.stdin.flush()
            told = answers(running)
            assert told == {"won": 1, "insufficient-balance": PROCESSES - 1}
            (balance,) = [one for one in office.as_("ana", LocalLeave).balances() if one.name == "Annual leave"]
            assert balance.available == 0
    assert len(list(office.as_("ana", LocalLeave).requests())) == ROUNDS


def test_processes_killed_in_the_middle_leave_nothing_half_done(office: Office) -> None:
    ids = give_leave(office, days="400")
    chance = random.Random(11)
    wrote = 0
    for _ in range(KILLS):
        with writers(office.url, "churn", "ana", "ana") as running:
            assert answers(running[:1]) == {"wrote": 1}
            time.sleep(chance.uniform(0, 0.4))
            for process in running:
                process.kill()
        wrote = check(office, ids["annual"], wrote)
    assert wrote >= 3 * KILLS  # each round one of them got around: asked, amended, decided
    leave = office.as_("ana", LocalLeave)
    for request in leave.requests(status=frozenset({LeaveStatus.SUBMITTED, LeaveStatus.RETURNED})):
        leave.withdraw(request.ref)
    assert leave.submit(LeaveDraft.between("Annual leave", date(2026, 10, 5))).total.value == 1


def check(office: Office, annual: int, wrote: int) -> int:
    """What must hold after any number of whole writes. The number of writes."""

    def look(connection) -> int:
        requests = connection.execute(sa.select(leave_requests)).all()
        keys = connection.execute(sa.select(writes)).all()
        events = connection.execute(sa.select(leave_events).order_by(leave_events.c.id)).all()
        assert all(row.record_id is not None for row in keys)
        assert len(keys) == len(events)  # each write told its step, and no step was told without its write
        days: dict[int, list] = {}
        for day in connection.execute(sa.select(leave_days).order_by(leave_days.c.date)):
            days.setdefault(day.request_id, []).append(day)
        kept = connection.execute(sa.select(files.c.record_id).where(files.c.kind == "leave")).scalars()
        assert sorted(kept) == sorted(row.id for row in requests)  # each was asked with one document
        for row in requests:
            its = days[row.id]
            assert (its[0].date, its[-1].date) == (row.first_day, row.last_day)
            steps = [event.step for event in events if event.request_id == row.id]
            assert steps[0] == "submitted"
            assert steps[-1] in LAST_STEP[row.status]
            assert row.revision == 1 + steps.count("amended")
        assert set(days) == {row.id for row in requests}
        leave = office.as_("ana", LocalLeave)
        granted = leave.grants_of(connection, office.ids["ana"], annual)
        used = leave.used_of(connection, office.ids["ana"], annual)
        assert cover(granted, used).short == 0
        assert len({one.date for one in used}) == len(used)  # no day twice
        return len(keys)

    now = office.read(look)
    assert now >= wrote
    return now
