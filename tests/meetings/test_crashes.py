"""A process killed in the middle of planning: what it left is found, and brought to an end by another one."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.meetings import office
from tests.meetings.office import noon
from tests.servers.certificates import Certificates
from tests.servers.mail import MailServer
from workplace_sdk.kernel.errors import Conflict, OutcomeUnknown
from workplace_sdk.services.common import Ref
from workplace_sdk.services.meetings import MeetingPlan
from workplace_sdk.services.rooms import OrderDraft, OrderLine
from workplace_sdk.workplace import Workplace

FACILITY = {"lunch": {"items": ["Lunch"], "connection": "facility"}}
TIMES = 6


def held(work: Workplace, connection: str) -> set[str]:
    """What is booked on a system, by what it is called."""
    found = work.only(connection).rooms.mine(since=office.NOW.date(), until=date(2028, 12, 31))
    return {one.subject for one in found if not one.cancelled}


@pytest.fixture
def settings(post: MailServer, certificates: Certificates, furnished_url: str, tmp_path: Path) -> dict[str, Any]:
    return office.tables(tmp_path, furnished_url, post.port, certificates.ca, **FACILITY)


def test_killed_anywhere_nothing_is_left_behind(settings: dict[str, Any]) -> None:
    broken = 0
    for turn in range(TIMES):
        command = [sys.executable, "-m", "tests.meetings.planner", json.dumps(settings), str(100 * turn)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            while process.stdout.readline().strip() != "wrote":
                assert process.poll() is None
            time.sleep(random.uniform(0.05, 0.6))
            process.kill()
        work = office.opened(settings).within(120)
        for left in work.meetings.unfinished():
            broken += 1
            assert work.meetings.resume(left.ref).settled
        assert list(work.meetings.unfinished()) == []
        assert held(work, "main") == held(work, "facility")  # a room has its lunch, a lunch its room
        work.close()
    assert broken, "no process was killed in the middle of a plan: try more often"


def test_killed_while_the_mail_server_had_the_order(settings: dict[str, Any], post: MailServer) -> None:
    settings["meetings"]["orders"] = {"lunch": {"items": ["Lunch"], "connection": "post", "to": "slow@example.org"}}
    post.slow = 30
    command = [sys.executable, "-m", "tests.meetings.planner", json.dumps(settings), "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        while not post.taken:
            assert process.poll() is None
            time.sleep(0.05)
        process.kill()
    work = office.opened(settings)
    (left,) = work.meetings.unfinished()
    with pytest.raises(OutcomeUnknown, match="ask them"):
        work.meetings.resume(left.ref)
    assert len(post.taken) == 1
    post.slow = 0
    gone = work.meetings.cancel(left.ref)
    assert gone.cancelled
    assert held(work, "main") == set()
    assert [one[2]["Subject"].partition(":")[0] for one in post.taken] == ["Bestelling", "Vervallen"]
    work.close()


def test_nobody_else_goes_on_while_someone_is_at_it(settings: dict[str, Any], post: MailServer) -> None:
    settings["meetings"]["orders"] = {"lunch": {"items": ["Lunch"], "connection": "post", "to": "slow@example.org"}}
    post.slow = 3
    work, other = office.opened(settings), office.opened(settings)
    import threading

    lunch = OrderDraft(lines=(OrderLine(item="Lunch", quantity=3),))
    plan = MeetingPlan(subject="x", span=noon(), room="Beuk", orders=(lunch,))
    made: list[Any] = []
    thread = threading.Thread(target=lambda: made.append(work.meetings.plan(plan)))
    thread.start()
    while not post.taken:
        time.sleep(0.05)
    (under_way,) = other.meetings.unfinished()
    for call in (other.meetings.resume, other.meetings.cancel):
        with pytest.raises(Conflict, match="someone is at it"):
            call(under_way.ref)
    thread.join()
    assert made[0].settled
    assert len(post.taken) == 1
    other.meetings.cancel(Ref(connection="meetings", kind="plan", id=made[0].key))
    work.close()
    other.close()
