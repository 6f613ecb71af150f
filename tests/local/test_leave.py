"""Leave in the local store, on both databases."""

from __future__ import annotations

import asyncio
from datetime import date, time
from decimal import Decimal

import pytest

from tests.local.conftest import Office, give_leave
from workplace_sdk.connectors.local.leave import LocalLeave
from workplace_sdk.connectors.local.leave_setup import close_days, grant, set_schedule
from workplace_sdk.kernel.errors import Conflict, InvalidInput, NotFound
from workplace_sdk.kernel.keys import Key
from workplace_sdk.services.calendar import Portion
from workplace_sdk.services.common import Decision, PersonRef, Unit, Upload
from workplace_sdk.services.leave import (
    CrossesEntitlementPeriod,
    DayOff,
    InsufficientBalance,
    LeaveDraft,
    LeaveStatus,
    NotAWorkingDay,
    NotYourApproval,
    OverlappingLeave,
    PayrollLocked,
    ReasonRequired,
)

MONDAY, FRIDAY = date(2026, 12, 7), date(2026, 12, 11)


def annual(first: date, last: date | None = None, **others) -> LeaveDraft:
    return LeaveDraft.between("Annual leave", first, last, **others)


def test_a_week_costs_its_working_days_and_a_holiday_costs_nothing(office: Office) -> None:
    give_leave(office)
    leave = office.as_("ana", LocalLeave)
    request = leave.submit(annual(date(2026, 12, 21), date(2026, 12, 27)))
    assert request.total.value == 4  # Friday 25 December is a holiday, and so is Saturday 26
    assert request.total.unit is Unit.DAY
    assert {day.date: day.why_zero for day in request.days if day.why_zero} == {
        date(2026, 12, 25): "holiday",
        date(2026, 12, 26): "non_working",
        date(2026, 12, 27): "non_working",
    }
    assert request.status == LeaveStatus.SUBMITTED
    balance = next(one for one in leave.balances() if one.name == "Annual leave")
    assert (balance.entitled, balance.pending, balance.available) == (25, 4, 21)


def test_part_days_and_hours_follow_the_persons_own_schedule(office: Office) -> None:
    give_leave(office)
    part_time = [Decimal(value) for value in ("9", "0", "4.5", "9", "0", "0", "0")]
    office.write(lambda c: set_schedule(c, office.ids["ana"], part_time, first=date(2026, 1, 1), fte=Decimal("0.6")))
    leave = office.as_("ana", LocalLeave)
    hours = leave.submit(LeaveDraft.between("Hours off", MONDAY, date(2026, 12, 9)))
    assert [str(day.charged.value.normalize()) for day in hours.days] == ["9", "0", "4.5"]  # no day is eight hours
    half = leave.submit(annual(date(2026, 12, 14), first_portion=Portion.AM))
    assert half.total.value == Decimal("0.5")
    two_hours = DayOff(date=date(2026, 12, 16), portion=Portion.HOURS, hours=Decimal(2), start=time(9))
    assert leave.submit(LeaveDraft(leave_type="Hours off", days=(two_hours,))).total.value == 2
    too_many = DayOff(date=date(2026, 12, 23), portion=Portion.HOURS, hours=Decimal(8), start=time(9))
    with pytest.raises(InvalidInput, match=r"4\.5 hours"):
        leave.submit(LeaveDraft(leave_type="Hours off", days=(too_many,)))


def test_a_free_day_needs_no_leave(office: Office) -> None:
    give_leave(office)
    with pytest.raises(NotAWorkingDay) as error:
        office.as_("ana", LocalLeave).submit(annual(date(2026, 12, 26), date(2026, 12, 27)))
    assert error.value.dates == (date(2026, 12, 26), date(2026, 12, 27))
    assert list(office.as_("ana", LocalLeave).requests()) == []


def test_what_is_not_there_cannot_be_taken(office: Office) -> None:
    give_leave(office, days="3")
    with pytest.raises(InsufficientBalance) as error:
        office.as_("ana", LocalLeave).submit(annual(MONDAY, FRIDAY))
    assert error.value.short_by is not None
    assert error.value.short_by.value == 2
    assert "2 dagen" in error.value.sentence("nl") or "2 day" in error.value.sentence("nl")


def test_carried_over_leave_expires(office: Office) -> None:
    ids = give_leave(office, days="2")
    office.write(
        lambda c: grant(
            c, office.ids["ana"], ids["annual"], Decimal(3), date(2026, 1, 1), date(2026, 12, 8), kind="carried_over"
        )
    )
    leave = office.as_("ana", LocalLeave)
    before = next(one for one in leave.balances(on=date(2026, 12, 1)) if one.name == "Annual leave")
    assert (before.carried_over, before.available) == (3, 5)
    lost = [(expiry.amount, expiry.on) for expiry in before.expiring]
    assert lost == [(3, date(2026, 12, 8)), (2, date(2026, 12, 31))]
    with pytest.raises(InsufficientBalance):  # after the 8th only the two days of this year count
        leave.submit(annual(date(2026, 12, 9), date(2026, 12, 11)))
    leave.submit(annual(MONDAY, date(2026, 12, 10)))  # two carried over, two of this year
    after = next(one for one in leave.balances(on=date(2026, 12, 31)) if one.name == "Annual leave")
    assert (after.carried_over, after.available) == (2, 0)  # the third was lost


def test_over_new_year_is_two_requests(office: Office) -> None:
    give_leave(office)
    with pytest.raises(CrossesEntitlementPeriod) as error:
        office.as_("ana", LocalLeave).submit(annual(date(2026, 12, 30), date(2027, 1, 6)))
    assert error.value.split_at == date(2027, 1, 1)


def test_overlaps_are_refused_and_two_halves_are_no_overlap(office: Office) -> None:
    give_leave(office)
    leave = office.as_("ana", LocalLeave)
    morning = leave.submit(annual(MONDAY, first_portion=Portion.AM))
    leave.submit(annual(MONDAY, first_portion=Portion.PM))
    with pytest.raises(OverlappingLeave) as error:
        leave.submit(annual(MONDAY, FRIDAY))
    assert morning.ref in error.value.refs
    leave.withdraw(morning.ref)
    with pytest.raises(OverlappingLeave):
        leave.submit(annual(MONDAY, FRIDAY))


def test_the_same_key_asks_once(office: Office) -> None:
    give_leave(office)
    leave = office.as_("ana", LocalLeave)
    key = Key("wp-test-1")
    assert leave.submit.reconcile(key) is None
    first = leave.submit(annual(MONDAY), key=key)
    assert leave.submit(annual(MONDAY), key=key).ref == first.ref
    assert first.key == key
    assert leave.submit.reconcile(key) == first
    assert len(list(leave.requests())) == 1
    with pytest.raises(Conflict):
        leave.withdraw(first.ref, key=key)


def test_the_manager_decides_and_nobody_about_their_own(office: Office) -> None:
    give_leave(office)
    ana, mia = office.as_("ana", LocalLeave), office.as_("mia", LocalLeave)
    request = ana.submit(annual(MONDAY, FRIDAY))
    assert [one.ref for one in mia.inbox()] == [request.ref]
    assert list(office.as_("tom", LocalLeave).inbox()) == []
    with pytest.raises(NotYourApproval):
        ana.decide(request.ref, Decision.APPROVE)
    with pytest.raises(ReasonRequired):
        mia.decide(request.ref, Decision.REJECT)
    approved = mia.decide(request.ref, Decision.APPROVE, comment="Veel plezier")
    assert approved.status == LeaveStatus.APPROVED
    assert [(step.decided_by.login, step.comment) for step in approved.approvals if step.decided_by] == [
        ("mia", "Veel plezier")
    ]
    with pytest.raises(Conflict):
        mia.decide(request.ref, Decision.REJECT, comment="toch niet")
    assert list(mia.inbox()) == []


def test_returned_amended_approved_cancelled(office: Office) -> None:
    give_leave(office)
    ana, mia = office.as_("ana", LocalLeave), office.as_("mia", LocalLeave)
    request = ana.submit(annual(MONDAY, FRIDAY))
    assert mia.decide(request.ref, Decision.RETURN, comment="Kan het een dag korter?").status == LeaveStatus.RETURNED
    amended = ana.amend(request.ref, annual(MONDAY, date(2026, 12, 10)))
    assert (amended.status.value, amended.total.value) == (LeaveStatus.SUBMITTED, 4)
    with pytest.raises(Conflict, match="changed meanwhile"):  # what mia looked at is not what is asked now
        mia.decide(request.ref, Decision.APPROVE)
    mia.decide(amended.ref, Decision.APPROVE)
    with pytest.raises(Conflict):
        ana.withdraw(request.ref)
    assert ana.cancel(request.ref).status == LeaveStatus.CANCELLED
    balance = next(one for one in ana.balances() if one.name == "Annual leave")
    assert balance.available == 25


def test_leave_that_has_begun_is_given_back_with_consent(office: Office) -> None:
    give_leave(office)
    ana, mia = office.as_("ana", LocalLeave), office.as_("mia", LocalLeave)
    request = ana.submit(annual(date(2026, 11, 23), date(2026, 11, 27)))
    mia.decide(request.ref, Decision.APPROVE)
    assert ana.cancel(request.ref).status == LeaveStatus.CANCEL_REQUESTED
    assert mia.decide(request.ref, Decision.APPROVE).status == LeaveStatus.CANCELLED


def test_who_is_off_is_told_and_why_is_not(office: Office) -> None:
    give_leave(office)
    office.as_("ana", LocalLeave).submit(annual(MONDAY))
    office.as_("kees", LocalLeave).submit(LeaveDraft.between("Sick", MONDAY, MONDAY))
    office.as_("lena", LocalLeave).submit(annual(MONDAY))
    found = office.as_("kees", LocalLeave).absences(since=MONDAY, until=FRIDAY)
    assert [(absence.person.login, absence.tentative) for absence in found] == [("ana", True), ("kees", False)]
    assert set(type(found[0]).model_fields) == {"person", "date", "portion", "hours", "start", "tentative"}
    assert "sick" not in str([absence.model_dump() for absence in found]).lower()


def test_closed_days(office: Office) -> None:
    give_leave(office)
    office.write(lambda c: close_days(c, "locked", date(2026, 12, 1), date(2026, 12, 9), "payroll"))
    office.write(lambda c: close_days(c, "company", date(2026, 12, 24), date(2026, 12, 24), "Kerstavond"))
    leave = office.as_("ana", LocalLeave)
    with pytest.raises(PayrollLocked) as error:
        leave.submit(annual(MONDAY, FRIDAY))
    assert error.value.until == date(2026, 12, 9)
    assert [one.name for one in leave.holidays(year=2026) if one.date == date(2026, 12, 24)] == ["Kerstavond"]
    assert leave.submit(annual(date(2026, 12, 23), date(2026, 12, 24))).total.value == 1


def test_the_preview_says_what_would_happen(office: Office) -> None:
    give_leave(office, days="5")
    office.as_("kees", LocalLeave).submit(annual(date(2026, 12, 22)))
    leave = office.as_("ana", LocalLeave)
    preview = leave.submit.preview(annual(date(2026, 12, 21), date(2026, 12, 25)))
    assert preview.blockers == ()
    codes = {line.code: line for line in preview.lines}
    assert codes["charged"].facts["amount"] == "4"
    assert codes["holiday"].facts["date"] == "2026-12-25"
    assert codes["balance_after"].facts["amount"] == "1"
    assert "kost 4 dagen" in codes["charged"].nl
    assert "Kees Jansen" in codes["colleagues_off"].en
    made = leave.submit(annual(date(2026, 12, 21), date(2026, 12, 25)), key=Key(preview.key))
    assert made.key == preview.key
    again = leave.submit.preview(annual(date(2026, 12, 21), date(2026, 12, 30)))
    assert {line.code for line in again.blockers} == {"overlap", "balance_after"}


def test_documents_come_back_as_they_were(office: Office) -> None:
    give_leave(office)
    leave = office.as_("ana", LocalLeave)
    content = bytes(range(256)) * 40
    request = leave.submit(annual(MONDAY, attachments=(Upload(name="brief.pdf", content=content),)))
    assert leave.attachment(request.ref, request.attachments[0].ref) == content
    added = leave.attach(request.ref, Upload(name="é.txt", content=b"x", media_type="text/plain"))
    assert [one.name for one in leave.get(request.ref).attachments] == ["brief.pdf", "é.txt"]
    other = leave.submit(annual(FRIDAY))
    with pytest.raises(NotFound):
        leave.attachment(other.ref, added.ref)
    with pytest.raises(InvalidInput):
        leave.attach(request.ref, Upload(name="groot", content=b"x" * 10_000_001))


def test_both_colours_agree(office: Office) -> None:
    give_leave(office)
    leave = office.as_("ana", LocalLeave)

    async def asked() -> tuple:
        request = await leave.submit.aio(annual(MONDAY))
        balances = await leave.balances.aio()
        return request, balances, [one async for one in leave.requests.aio()]

    request, balances, listed = asyncio.run(asked())
    assert request == leave.get(request.ref)
    assert balances == leave.balances()
    assert listed == list(leave.requests())


def test_requests_come_page_by_page(office: Office) -> None:
    ids = give_leave(office)
    office.write(lambda c: grant(c, office.ids["ana"], ids["annual"], Decimal(2000), date(2020, 1, 1), date(2025, 12, 31)))
    leave = office.as_("ana", LocalLeave)
    day = date(2020, 1, 1)
    wanted = []
    while len(wanted) < 130:
        day = day.fromordinal(day.toordinal() + 1)
        if day.weekday() < 5 and not any(one.date == day for one in leave.holidays(year=day.year)):
            leave.submit(annual(day))
            wanted.append(day)
    assert [one.first_day for one in leave.requests()] == sorted(wanted, reverse=True)
    assert len(list(leave.requests(since=date(2020, 2, 1), until=date(2020, 2, 29)))) == sum(one.month == 2 for one in wanted)


def test_who_is_unknown_is_not_found(office: Office) -> None:
    give_leave(office)
    with pytest.raises(NotFound):
        office.as_("ana", LocalLeave).balances(PersonRef(email="nobody@example.org"))
