"""Eight processes that want the same room, and processes killed in the middle of booking; on both databases."""

from __future__ import annotations

import multiprocessing
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from tests.local.conftest import Office
from tests.local.rooms_writer import BEAMER, KINDS, WAITING, ZONE, compete, desk, draft_of
from workplace_sdk.connectors.local.rooms_setup import add_item, add_room, add_site
from workplace_sdk.connectors.local.rooms_tables import meeting_times, meetings, order_lines, orders
from workplace_sdk.connectors.local.schema import writes
from workplace_sdk.services.rooms import OrderKind

ROOT = Path(__file__).parent.parent.parent
PROCESSES, TURNS, KILLS = 8, 2, 5


@pytest.fixture
def house(office: Office) -> Office:
    def setup(connection: Any) -> None:
        site = add_site(connection, "Utrecht", ZONE)
        for name in ("Amber", "Basalt"):
            add_room(connection, name, site, capacity=8)
        add_item(connection, "Lunch", OrderKind.CATERING)
        add_item(connection, "Beamer", OrderKind.EQUIPMENT, stock=1)

    office.write(setup)
    return office


def assert_no_room_is_held_twice(office: Office) -> None:
    held = meeting_times.c.state.in_(("confirmed", "requested")) & meeting_times.c.room_id.is_not(None)
    rows = office.read(lambda c: c.execute(sa.select(meeting_times).where(held).order_by(meeting_times.c.start)).all())
    ends: dict[int, Any] = {}
    for row in rows:
        assert row.room_id not in ends or ends[row.room_id] <= row.start
        ends[row.room_id] = row.end


def test_of_eight_processes_exactly_one_gets_the_room_in_every_round(house: Office) -> None:
    context = multiprocessing.get_context("spawn")
    together, answers = context.Barrier(PROCESSES), context.Queue()
    running = [
        context.Process(target=compete, args=(house.url, number, TURNS, together, answers)) for number in range(PROCESSES)
    ]
    for process in running:
        process.start()
    rounds = (len(KINDS) + 2) * TURNS
    told = Counter(answers.get(timeout=200) for _ in range(rounds * PROCESSES))
    for process in running:
        process.join(timeout=60)
        assert process.exitcode == 0
    for kind in KINDS:
        for turn in range(TURNS):
            assert (told[kind, turn, "won"], told[kind, turn, "room-conflict"]) == (1, PROCESSES - 1), (kind, turn, told)
    for turn in range(TURNS):
        lent = (told[BEAMER, turn, "won"], told[BEAMER, turn, "service-not-available-here"])
        assert lent == (1, PROCESSES - 1), (turn, told)
        assert (told[WAITING, turn, "booked"], told[WAITING, turn, "cancelled"]) == (1, 1), (turn, told)
        assert told[WAITING, turn, "waiting"] + told[WAITING, turn, "room-conflict"] == PROCESSES - 2
    assert_no_room_is_held_twice(house)


def test_the_rounds_are_such_that_no_two_can_have_their_way(house: Office) -> None:
    booking = desk(house.url)
    for kind in KINDS[:-1]:
        for number in range(PROCESSES):
            first = booking.book(draft_of(kind, 0, number))
            for other in range(PROCESSES):
                with pytest.raises(Exception, match="taken"):
                    booking.book(draft_of(kind, 0, other))
            booking.cancel(first.ref)
    booking.local.database.close()


def test_a_process_killed_in_the_middle_leaves_nothing_half_done(house: Office) -> None:
    chance = random.Random(11)
    for turn in range(KILLS):
        command = [sys.executable, "-m", "tests.local.rooms_writer", house.url, str(300 * turn)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        assert turn % 2 or process.stdout.readline() == "wrote\n"  # once around, or before anything was
        time.sleep(chance.uniform(0, 0.4))
        process.kill()
        process.communicate()
    house.read(whole)
    assert_no_room_is_held_twice(house)
    booking = desk(house.url)
    assert booking.book(draft_of("two_rooms", 40, 0)).occurrences  # the store goes on
    booking.local.database.close()


def whole(connection: Any) -> None:
    """Every meeting has all its times, rooms and orders, and every key its record."""
    made = set(connection.execute(sa.select(meetings.c.id)).scalars())
    assert made
    rows = connection.execute(sa.select(meeting_times)).all()
    assert Counter(row.meeting_id for row in rows) == dict.fromkeys(made, 6)  # three times in two rooms
    assert {len({row.state for row in rows if row.meeting_id == id_}) for id_ in made} == {1}  # all cancelled, or none
    assert {len({row.start.astimezone(ZoneInfo(ZONE)).hour for row in rows if row.meeting_id == id_}) for id_ in made} == {
        1
    }  # all moved, or none
    ordered = connection.execute(sa.select(orders)).all()
    assert Counter(row.meeting_id for row in ordered) == dict.fromkeys(made, 3)
    lines = Counter(connection.execute(sa.select(order_lines.c.order_id)).scalars())
    assert lines == {row.id: 2 for row in ordered}
    cancelled = {row.meeting_id for row in rows if row.state == "cancelled"}
    assert cancelled == {row.meeting_id for row in ordered if row.state == "cancelled"}
    keys = connection.execute(sa.select(writes)).all()
    assert {row.record_id for row in keys if row.operation == "rooms.book"} == made
