"""The workplace: settings, who may do what, several connections, what spans services."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from datetime import date, time, timedelta
from pathlib import Path

import pytest

from workplace_sdk import (
    InvalidInput,
    OutcomeUnknown,
    PersonRef,
    Settings,
    Unauthorized,
    Unavailable,
    Workplace,
)
from workplace_sdk.kernel.connector import Connector
from workplace_sdk.kernel.support import Absent, Native
from workplace_sdk.services.common import ComponentState, Decision, Span
from workplace_sdk.services.leave import LeaveDraft
from workplace_sdk.services.rooms import MeetingDraft
from workplace_sdk.testing import Fault, Sample, sample_workplace

APRIL = date(2026, 4, 20)


@pytest.fixture
def sample(workplace_sample: Sample) -> Sample:
    return workplace_sample


def ask(sample: Sample, login: str, day: date = APRIL):
    return sample.person(login).leave.submit(LeaveDraft.between("Vakantie", day))


def test_oneself_a_manager_above_a_role_and_nobody_else(sample: Sample) -> None:
    request = ask(sample, "sanne")
    sanne = PersonRef(login="sanne")
    for login in ("mehmet", "ingrid", "noor"):
        assert sample.person(login).leave.balances(sanne)
        assert sample.person(login).leave.get(request.ref) == request
    for login in ("joao", "femke", "aisha"):
        with pytest.raises(Unauthorized) as error:
            sample.person(login).leave.balances(sanne)
        assert login in str(error.value.identity)
        with pytest.raises(Unauthorized):
            sample.person(login).leave.get(request.ref)
    with pytest.raises(Unauthorized):
        sample.person("sanne").leave.decide(request.ref, Decision.APPROVE)
    with pytest.raises(Unauthorized):
        sample.person("joao").leave.submit(LeaveDraft.between("Vakantie", APRIL, person=sanne))
    assert sample.person("ingrid").leave.decide(request.ref, Decision.APPROVE).status.value == "approved"


def test_a_delegation_holds_on_its_days(tmp_path: Path) -> None:
    for until, allowed in ((date(2026, 3, 2), True), (date(2026, 3, 1), False)):
        with sample_workplace() as sample:
            content = {
                "store": {"url": f"sqlite:///{tmp_path / f'{allowed}.db'}"},
                "delegations": [
                    {
                        "person": "login:mehmet",
                        "deputy": "login:joao",
                        "rights": ["leave.*"],
                        "since": date(2026, 2, 1),
                        "until": until,
                    }
                ],
            }
            work = Workplace(Settings.checked(content), now=sample.clock, connectors={"main": sample.local})
            request = ask(sample, "sanne")
            if allowed:
                assert work.as_("login:joao").leave.decide(request.ref, Decision.APPROVE).status.value == "approved"
            else:
                with pytest.raises(Unauthorized):
                    work.as_("login:joao").leave.decide(request.ref, Decision.APPROVE)
            work.close()


def test_nobody_calls(sample: Sample, tmp_path: Path) -> None:
    work = Workplace(Settings.checked({"store": {"url": f"sqlite:///{tmp_path / 'x.db'}"}}), connectors={"main": sample.local})
    with pytest.raises(Unauthorized):
        work.leave.balances()
    with pytest.raises(InvalidInput):
        _ = work.me
    work.close()


def test_faults_on_demand(sample: Sample) -> None:
    sanne = sample.person("sanne")
    sample.fail("leave", Fault.DOWN)
    with pytest.raises(Unavailable):
        sanne.within(0.3).leave.types()
    sample.heal()
    sample.fail("leave.submit", Fault.UNANSWERED)
    with pytest.raises(OutcomeUnknown) as error:
        ask(sample, "sanne")
    assert error.value.key is not None
    assert sanne.leave.submit.reconcile(error.value.key) is not None
    assert len(list(sanne.leave.requests())) == 1
    sample.heal()
    sample.fail("leave.submit", Fault.UNANSWERED, times=1)
    ask(sample, "sanne", APRIL + timedelta(days=2))  # the key makes the repeat harmless
    assert len(list(sanne.leave.requests())) == 2
    sample.clock.move(days=60)
    assert {str(one.status) for one in sanne.leave.requests()} == {"submitted"}


def test_a_room_that_declines_later(sample: Sample) -> None:
    rooms = sample.person("sanne").rooms
    noon = Span.local(date(2026, 3, 17), time(12), time(13), "Europe/Amsterdam")
    sample.fail("rooms.book", Fault.DECLINED_LATER, times=1)
    meeting = rooms.book(MeetingDraft(subject="Overleg", span=noon, room="Wilg"))
    assert rooms.get(meeting.ref).state is ComponentState.DONE
    sample.clock.move(minutes=10)
    assert rooms.get(meeting.ref).state is ComponentState.REJECTED
    assert not rooms.busy(noon, rooms=tuple(room.ref for room in rooms.rooms() if room.name == "Wilg"))
    again = rooms.book(MeetingDraft(subject="Overleg", span=noon, room="Wilg"))
    sample.clock.move(minutes=10)
    assert rooms.get(again.ref).state is ComponentState.DONE


@pytest.mark.parametrize(
    ("operation", "fault"), [("leave.sumbit", Fault.DOWN), ("leav", Fault.DOWN), ("leave.submit", Fault.DECLINED_LATER)]
)
def test_a_fault_that_could_not_happen_is_refused(sample: Sample, operation: str, fault: Fault) -> None:
    with pytest.raises(ValueError, match=r"leav|declined"):
        sample.fail(operation, fault)


def test_a_service_that_nothing_offers_says_so(tmp_path: Path) -> None:
    work = Workplace(Settings.checked({"caller": "login:x"}))
    assert isinstance(work.leave.balances.support, Absent)
    assert work.support() == ()
    assert work.check() == ()


def test_the_support_table_is_what_the_classes_say(sample: Sample) -> None:
    entries = {(entry.service, entry.operation): entry.support for entry in sample.work.support()}
    assert isinstance(entries["leave", "submit"], Native)
    assert isinstance(entries["experts", "members"], Absent)
    assert len(entries) > 50
    assert [(result.connection, result.error) for result in sample.work.check()] == [("main", None)]


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")  # from 3.12 on
def test_sixteen_threads_and_a_child(sample: Sample) -> None:
    names: list[str] = []

    def look() -> None:
        names.extend(sample.person("joao").experts.get(PersonRef(login="sanne")).name for _ in range(5))

    threads = [threading.Thread(target=look) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert names == ["Sanne de Boer"] * 80
    child = os.fork()
    if child == 0:
        try:
            ok = ask(sample, "sanne").total.value == 9
        except BaseException:  # noqa: BLE001 - the child only has its exit code
            ok = False
        os._exit(0 if ok else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert len(list(sample.person("sanne").leave.requests())) == 1


HEAVY = (
    "pydantic",
    "sqlalchemy",
    "attrs",
    "httpx",
    "asyncio",
    "alembic",
    "holidays",
    "dateutil",
    "icalendar",
    "ldap",
    "click",
    "vobject",
)


@pytest.mark.parametrize(
    ("code", "banned"),
    [
        ("import workplace_sdk", (*HEAVY, "typing_extensions", "decimal")),
        (
            "from workplace_sdk import Workplace",
            (
                "sqlalchemy",
                "httpx",
                "asyncio",
                "alembic",
                "holidays",
                "dateutil",
                "icalendar",
                "ldap",
                "click",
                "vobject",
                "zeep",
            ),
        ),
        ("import workplace_sdk.cli.root", ("pydantic", "sqlalchemy", "httpx", "asyncio", "holidays", "ldap")),
    ],
)
def test_imports_stay_light(code: str, banned: tuple[str, ...]) -> None:
    script = f"{code}\nimport sys\nprint(*sorted(set({banned!r}) & set(sys.modules)))"
    unmeasured = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=unmeasured)
    assert done.stdout.split() == []


@pytest.mark.parametrize("kind", ["blocking", "async"])
def test_what_is_open_is_given_back(kind: str) -> None:
    closed: list[str] = []

    class Open(Connector):
        def close(self) -> None:
            closed.append("close")

        async def aclose(self) -> None:
            closed.append("aclose")

    work = Workplace(Settings.checked({"caller": "login:x"}), connectors={"main": Open("main", None)})

    async def inside() -> None:
        async with work:
            pass

    if kind == "async":
        asyncio.run(inside())
        assert closed[0] == "aclose"
    else:
        with work:
            pass
        assert closed == ["close"]
