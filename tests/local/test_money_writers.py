"""Eight processes that want the same receipt, decision or ticket, and processes killed while they write; on both databases."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.local.conftest import Office
from workplace_sdk.connectors.local.expenses import LocalExpenses
from workplace_sdk.connectors.local.expenses_setup import add_card_transaction, add_category
from workplace_sdk.connectors.local.expenses_tables import expense_events, expense_lines, expense_reports
from workplace_sdk.connectors.local.incidents import LocalIncidents
from workplace_sdk.connectors.local.schema import files, writes
from workplace_sdk.services.common import Decision, Money, Upload
from workplace_sdk.services.expenses import ExpenseReport, ExpenseStatus, LineDraft, ReportDraft
from workplace_sdk.services.incidents import TicketDraft

ROOT = Path(__file__).parent.parent.parent
PROCESSES, ROUNDS, KILLS = 8, 2, 4
DAY = date(2026, 11, 20)
LAST_STEP = {
    "submitted": {"submitted", "amended"},
    "approved": {"approved"},
    "paid": {"paid"},
    "rejected": {"rejected"},
    "returned": {"returned"},
    "withdrawn": {"withdrawn"},
}


@pytest.fixture
def desk(office: Office) -> Office:
    office.write(lambda connection: add_category(connection, "travel", "Travel"))
    return office


@contextmanager
def writers(url: str, what: str, *who: str) -> Iterator[list[subprocess.Popen[str]]]:
    command = [sys.executable, "-m", "tests.local.money_writer", url, what]
    pipe = subprocess.PIPE
    running = [
        subprocess.Popen([*command, one, str(number + 1)], cwd=ROOT, stdin=pipe, stdout=pipe, text=True)
        for number, one in enumerate(who)
    ]
    try:
        for process in running:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        yield running
    finally:
        for process in running:
            process.kill()
            process.communicate()


def told(running: list[subprocess.Popen[str]], line: str) -> Counter[str]:
    """What all of them say when they get the same line at once."""
    at = time.time() + 0.3
    for process in running:
        assert process.stdin is not None
        process.stdin.write(f"{line} {at}\n")
        process.stdin.flush()
    answers: Counter[str] = Counter()
    for process in running:
        assert process.stdout is not None
        answers[process.stdout.readline().strip()] += 1
    return answers


def claimed(office: Office, number: int) -> ExpenseReport:
    line = LineDraft(date=DAY, category="travel", amount=Money.of(str(1000 + number), "EUR"))
    return office.as_("ana", LocalExpenses).submit(ReportDraft(title="Reis", lines=(line,)))


def test_of_eight_who_claim_one_receipt_one_does_every_time(desk: Office) -> None:
    ana = desk.as_("ana", LocalExpenses)
    with writers(desk.url, "race", *["ana"] * PROCESSES) as running:
        for turn in range(ROUNDS):
            kept = ana.upload_receipt(Upload(name="bon.jpg", content=f"inbox {turn}".encode()))
            for line, lost in (
                (f"receipt {kept.ref}", {"not-found"}),
                (f"file bytes-{turn}", {"duplicate-expense"}),
                (f"card {card(desk, turn)}", {"duplicate-expense"}),
            ):
                answers = told(running, line)
                assert answers["won"] == 1, answers
                assert set(answers) == {"won", *lost}
            for report in ana.requests(
                status=frozenset({ExpenseStatus.SUBMITTED})
            ):  # so that the amounts are nobody's double in the next round
                ana.withdraw(report.ref)


def card(office: Office, turn: int) -> str:
    id_ = office.write(lambda c: add_card_transaction(c, office.ids["ana"], DAY, Money.of("60", "EUR"), reference=str(turn)))
    return f"card_transaction:main/{id_}"


def test_of_eight_who_decide_or_take_one_does_every_time(desk: Office) -> None:
    ana = desk.as_("ana", LocalIncidents)
    with writers(desk.url, "race", *["mia", "bo"] * (PROCESSES // 2)) as running:
        for turn in range(ROUNDS):
            assert told(running, f"approve {claimed(desk, turn).ref}") == {"won": 1, "already-decided": PROCESSES - 1}
            ticket = ana.report(TicketDraft(what=f"Melding {turn}"))
            assert told(running, f"take {ticket.ref}") == {"won": 1, "conflict": PROCESSES - 1}
    events = desk.read(lambda c: c.execute(sa.select(expense_events).where(expense_events.c.step == "approved")).all())
    assert len(events) == ROUNDS


def test_processes_killed_in_the_middle_leave_nothing_half_done(desk: Office) -> None:
    chance = random.Random(7)
    wrote = 0
    for _ in range(KILLS):
        with writers(desk.url, "churn", "ana", "ana") as running:
            assert running[0].stdout is not None
            assert running[0].stdout.readline() == "wrote\n"
            time.sleep(chance.uniform(0, 0.4))
            for process in running:
                process.kill()
        wrote = check(desk, wrote)
    assert wrote >= 3 * KILLS
    made = claimed(desk, 1)
    assert desk.as_("mia", LocalExpenses).decide(made.ref, Decision.APPROVE).totals.payable == Money.of("1001", "EUR")


def check(office: Office, wrote: int) -> int:
    """What must hold after any number of whole writes. The number of writes."""

    def look(connection) -> int:
        reports = connection.execute(sa.select(expense_reports)).all()
        keys = connection.execute(sa.select(writes)).all()
        events = connection.execute(sa.select(expense_events).order_by(expense_events.c.id)).all()
        lines = connection.execute(sa.select(expense_lines)).all()
        kept = connection.execute(sa.select(files.c.kind, files.c.record_id)).all()
        assert all(row.record_id is not None for row in keys)
        uploads = [row for row in keys if row.operation == "expenses.upload_receipt"]
        assert len(kept) == len(uploads)  # each file was uploaded once, and none was lost
        assert len(keys) - len(uploads) == len(events)  # each write told its step, and no step was told without its write
        assert {row.record_id for row in kept if row.kind == "expense_line"} <= {line.id for line in lines}
        assert all((row.record_id is None) == (row.kind == "receipt") for row in kept)
        for report in reports:
            steps = [event.step for event in events if event.report_id == report.id]
            its = [line for line in lines if line.report_id == report.id]
            assert steps[0] == "submitted"
            assert steps[-1] in LAST_STEP[report.status]
            assert len(its) == (2 if "amended" in steps else 3)
            assert report.revision == 1 + steps.count("amended")
            assert all((line.approved is not None) == (report.status in ("approved", "paid")) for line in its)
            assert (report.paid_on is not None) == (report.status == "paid")
        return len(keys)

    read: Callable[..., int] = office.read
    now = read(look)
    assert now >= wrote
    return now
