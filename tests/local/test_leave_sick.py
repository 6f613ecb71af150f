"""Being ill: from when until when, who may know, and nothing of what it is; on both databases."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.local.conftest import Office, give_leave
from workplace_sdk.connectors.local.experts import LocalExperts
from workplace_sdk.connectors.local.forget import forget
from workplace_sdk.connectors.local.leave import LocalLeave
from workplace_sdk.connectors.local.leave_setup import close_days
from workplace_sdk.kernel.errors import Conflict, InvalidInput, NotFound
from workplace_sdk.kernel.keys import Key
from workplace_sdk.services.calendar import Portion
from workplace_sdk.services.common import PersonRef
from workplace_sdk.services.experts import Presence
from workplace_sdk.services.leave import LeaveDraft, PayrollLocked, SickAlready, SickCase, SickReport

TODAY = date(2026, 11, 24)  # a Tuesday


def test_ill_and_recovered(office: Office) -> None:
    ana = office.as_("ana", LocalLeave)
    key = Key("wp-sick-1")
    report = SickReport(expected_until=date(2026, 11, 26), reachable_at="+31 6 1234")
    case = ana.report_sick(report, key=key)
    assert (case.first_day, case.over, case.key) == (TODAY, False, key)
    assert ana.report_sick(report, key=key) == case
    assert ana.report_sick.reconcile(key) == case
    with pytest.raises(SickAlready) as error:
        ana.report_sick(SickReport())
    assert error.value.ref == case.ref
    office.now += timedelta(days=2)
    well = ana.report_recovered(case.ref)
    assert (well.back_on, well.over) == (date(2026, 11, 26), True)
    with pytest.raises(Conflict):
        ana.report_recovered(case.ref)
    with pytest.raises(SickAlready):  # the 25th was a day of illness already
        ana.report_sick(SickReport(first_day=date(2026, 11, 25)))
    again = ana.report_sick(SickReport(first_day=date(2026, 11, 26), portion=Portion.PM))
    assert [one.ref for one in ana.sick_cases()] == [again.ref, case.ref]
    assert [one.ref for one in ana.sick_cases(since=date(2026, 11, 26))] == [again.ref]


def test_what_makes_no_sense_is_refused(office: Office) -> None:
    ana = office.as_("ana", LocalLeave)
    with pytest.raises(InvalidInput, match="not before"):
        ana.report_sick(SickReport(first_day=TODAY + timedelta(days=1)))
    with pytest.raises(InvalidInput, match="before the first day"):
        ana.report_sick(SickReport(expected_until=TODAY - timedelta(days=1)))
    with pytest.raises(ValueError, match="afternoon"):
        SickReport(portion=Portion.AM)
    case = ana.report_sick(SickReport())
    with pytest.raises(InvalidInput, match="began on"):
        ana.report_recovered(case.ref, back_on=TODAY - timedelta(days=1))
    with pytest.raises(NotFound):
        ana.report_recovered(case.ref.model_copy(update={"id": "999"}))
    office.write(lambda c: close_days(c, "locked", date(2026, 10, 1), date(2026, 10, 31), "payroll"))
    with pytest.raises(PayrollLocked):
        office.as_("kees", LocalLeave).report_sick(SickReport(first_day=date(2026, 10, 30)))


def test_colleagues_see_that_someone_is_off_and_no_more(office: Office) -> None:
    give_leave(office)
    ana, kees = office.as_("ana", LocalLeave), office.as_("kees", LocalLeave)
    ana.submit(LeaveDraft.between("Annual leave", date(2026, 11, 25)))
    ana.report_sick(SickReport(portion=Portion.PM, expected_until=date(2026, 12, 1), handover="the report of Tuesday"))
    found = kees.absences(since=date(2026, 11, 23), until=date(2026, 12, 4))
    assert [(one.date.day, one.portion.value, one.tentative) for one in found] == [
        (24, "pm", False),
        (25, "full", True),  # of both, once
        (26, "full", True),
        (27, "full", True),
        (30, "full", True),
        (1, "full", True),
    ]
    assert "report" not in str(found)
    warned = office.as_("ana", LocalLeave).report_sick.preview(SickReport(expected_until=date(2026, 12, 1)))
    assert [line.code for line in warned.warnings] == ["leave_meanwhile"]


def test_who_is_ill_is_absent_in_the_directory(office: Office) -> None:
    office.as_("ana", LocalLeave).report_sick(SickReport())
    (told,) = office.as_("kees", LocalExperts).availability((PersonRef(login="ana"),))
    assert told.now is Presence.ABSENT
    assert told.until is not None
    assert told.until.date() == TODAY + timedelta(days=1)  # nobody knows better


def test_a_manager_reports_for_someone_and_previews_say_what_happens(office: Office) -> None:
    mia = office.as_("mia", LocalLeave)
    report = SickReport(person=PersonRef(login="ana"))
    assert "2026-11-24" in mia.report_sick.preview(report).lines[0].nl
    case = mia.report_sick(report)
    assert (case.employee.login, case.reported_by and case.reported_by.login) == ("ana", "mia")
    assert "Ana Ödegård" in mia.report_recovered.preview(case.ref).lines[0].nl
    assert [one.ref for one in mia.sick_cases(PersonRef(login="ana"))] == [case.ref]
    office.write(lambda c: forget(c, "main", office.ids["ana"]))
    with pytest.raises(NotFound):
        mia.sick_case(case.ref)


def test_there_is_no_place_for_what_it_is() -> None:
    words = {"reason", "cause", "diagnosis", "illness", "note", "comment"}
    assert not words & (set(SickReport.model_fields) | set(SickCase.model_fields))
