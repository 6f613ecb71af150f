"""The tables that migrations make are the tables that the code uses, and a store of an earlier release is opened as it was; on both databases."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from tests.local.conftest import Office
from tests.local.released import as_released
from workplace_sdk.connectors.local.connector import HEAD
from workplace_sdk.connectors.local.leave import LocalLeave
from workplace_sdk.connectors.local.rooms import LocalRooms
from workplace_sdk.connectors.local.tables import metadata
from workplace_sdk.kernel.errors import ConfigError
from workplace_sdk.kernel.keys import Key
from workplace_sdk.services.common import Decision, Money, PersonRef, Ref, Span
from workplace_sdk.services.leave import LeaveDraft, LeaveStatus
from workplace_sdk.services.rooms import MeetingDraft, OrderState, ReservationState

ROOT = Path(__file__).parent.parent.parent
OTHERS = ("people_index", "local_version", "audit_")
OPEN = [sys.executable, "-m", "tests.local.released"]
KILLS = 6


def differences(office: Office) -> list[Any]:
    def ours(_object, name, kind, *_others) -> bool:
        return not (kind == "table" and name.startswith(OTHERS))

    with office.local.database.engine().connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": ours, "compare_type": True})
        return list(compare_metadata(context, metadata))


def revision(office: Office) -> str:
    with office.local.database.engine().connect() as connection:
        return str(connection.exec_driver_sql("SELECT version_num FROM local_version").scalar_one())


def test_migrations_lead_to_the_tables_of_the_code(office: Office) -> None:
    assert differences(office) == []
    assert revision(office) == HEAD


def test_opening_again_migrates_nothing(office: Office) -> None:
    office.local.database.close()
    code = (
        "import sys; from workplace_sdk.connectors.local import Local, LocalSettings; "
        f"Local('main', LocalSettings(url={office.url!r})).database.engine(); sys.exit('alembic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_store_of_the_first_release_is_what_it_was_and_goes_on(database_url: str) -> None:
    as_released(database_url)
    office = Office(database_url)
    assert differences(office) == []
    ana, mia = office.as_("ana", LocalLeave), office.as_("mia", LocalLeave)
    (balance,) = ana.balances(on=date(2026, 12, 31))
    assert (balance.entitled, balance.pending, balance.available) == (25, 1, 24)
    (request,) = mia.inbox()
    assert (request.reason, request.note, request.key) == ("verhuizing", None, "asked")
    # A key from before knows its operation, and not what was asked for: a repeat answers with what is there.
    draft = LeaveDraft.between("Annual leave", date(2026, 12, 7))
    assert ana.submit(draft, key=Key("asked")).ref == request.ref
    assert mia.decide(request.ref, Decision.APPROVE).status == LeaveStatus.APPROVED

    rooms = office.as_("ana", LocalRooms)
    meeting = rooms.get(Ref(connection="main", kind="meeting", id="1"))
    assert [one.because("nl") for one in meeting.components] == ["de zaal is bezet", "It is too late."]
    assert meeting.occurrences[0].state == ReservationState.DECLINED
    assert (meeting.orders[0].state, meeting.orders[0].total) == (OrderState.REJECTED, Money.of("38.00", "EUR"))
    span = Span(start=meeting.span.start, end=meeting.span.end, zone="Europe/Amsterdam")
    made = rooms.book(MeetingDraft(subject="Nieuw", span=span, room="Amber", organizer=PersonRef(login="ana")))
    assert int(made.ref.id) > 1
    assert revision(office) == HEAD
    office.local.database.close()


def test_of_many_that_open_it_one_migrates_and_all_are_let_in(database_url: str) -> None:
    as_released(database_url)
    running = [
        subprocess.Popen([*OPEN, database_url], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for _ in range(6)
    ]
    assert [process.communicate(timeout=120)[0] for process in running] == ["open\n"] * 6
    office = Office(database_url)
    assert differences(office) == []
    office.local.database.close()


def test_killed_while_migrating_it_is_as_before_or_as_after(database_url: str) -> None:
    as_released(database_url)
    chance = random.Random(7)
    for _ in range(KILLS):
        process = subprocess.Popen([*OPEN, database_url], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        time.sleep(chance.uniform(0.3, 1.2))
        process.kill()
        process.communicate()
    office = Office(database_url)
    assert differences(office) == []
    assert [one.entitled for one in office.as_("ana", LocalLeave).balances()] == [25]
    office.local.database.close()


def test_a_store_of_a_later_release_is_left_alone(office: Office) -> None:
    with office.local.database.engine().begin() as connection:
        connection.exec_driver_sql("UPDATE local_version SET version_num = '9999'")
    office.local.database.close()
    with pytest.raises(ConfigError, match="newer version"):
        office.as_("ana", LocalLeave).types()
    office.local.database.close()
