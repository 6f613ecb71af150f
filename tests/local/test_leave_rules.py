"""What a leave type, a period or a calendar does not allow; on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from tests.local.agreeing import agreeing
from tests.local.conftest import NOW, Office, give_leave
from workplace_sdk.connectors.local import Local, LocalSettings
from workplace_sdk.connectors.local.leave import LocalLeave
from workplace_sdk.connectors.local.leave_setup import accrue, add_type, close_days, grant, set_schedule
from workplace_sdk.connectors.local.leave_tables import work_schedules
from workplace_sdk.connectors.local.schema import people
from workplace_sdk.kernel.errors import ConfigError, Conflict, InvalidInput, NotFound
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.preview import Origin
from workplace_sdk.services.calendar import Portion
from workplace_sdk.services.common import Decision, PersonRef, StepState, Unit, Upload
from workplace_sdk.services.leave import (
    AttachmentRequired,
    BlackoutPeriod,
    CannotCancelAfterStart,
    CrossesEntitlementPeriod,
    DayOff,
    IncrementInvalid,
    InsufficientBalance,
    LeaveCategory,
    LeaveDraft,
    LeaveStatus,
    NotAWorkingDay,
    NoticeTooShort,
    OverlappingLeave,
    PayrollLocked,
    ReasonRequired,
)

MONDAY, FRIDAY = date(2026, 12, 7), date(2026, 12, 11)
PAPER = Upload(name="brief.pdf", content=b"%PDF-")


def a_type(office: Office, name: str, **rules) -> int:
    return office.write(lambda c: add_type(c, name, **({"unlimited": True} | rules)))


def ask(name: str, first: date = MONDAY, last: date | None = None, **others) -> LeaveDraft:
    return LeaveDraft.between(name, first, last, **others)


def balance(leave: LocalLeave, name: str = "Annual leave", on: date | None = None):
    return next(one for one in leave.balances(on=on) if one.name == name)


def test_rules_of_the_type(office: Office) -> None:
    a_type(office, "Reasoned", requires_reason=True)
    a_type(office, "Documented", attachments="always")
    a_type(office, "Long", attachments="after_days", attachment_after=3)
    a_type(office, "Plain", attachments="never")
    a_type(office, "Early", min_notice=14)
    a_type(office, "Whole", half_days=False, hours=False)
    a_type(office, "Short", max_days=3)
    leave = office.as_("ana", LocalLeave)
    with pytest.raises(ReasonRequired):
        leave.submit(ask("Reasoned", reason="  "))
    with pytest.raises(AttachmentRequired):
        leave.submit(ask("Documented"))
    with pytest.raises(AttachmentRequired):
        leave.submit(ask("Long", MONDAY, MONDAY + timedelta(days=3)))
    leave.submit(ask("Long", MONDAY, MONDAY + timedelta(days=2)))
    with pytest.raises(InvalidInput, match="no documents"):
        leave.submit(ask("Plain", FRIDAY, attachments=(PAPER,)))
    with pytest.raises(NoticeTooShort) as notice:
        leave.submit(ask("Early", date(2026, 12, 4)))
    assert notice.value.min_days == 14
    leave.submit(ask("Early", date(2026, 12, 8) + timedelta(days=3)))
    for part in (DayOff(date=MONDAY, portion=Portion.AM), DayOff(date=MONDAY, portion=Portion.HOURS, hours=Decimal(2))):
        with pytest.raises(InvalidInput, match="not taken in"):
            leave.submit(LeaveDraft(leave_type="Whole", days=(part,)))
    with pytest.raises(InvalidInput, match="at most 3 days"):
        leave.submit(ask("Short", date(2026, 12, 14), date(2026, 12, 17)))


def test_steps_bind_parts_of_days_and_not_whole_ones(office: Office) -> None:
    hours = a_type(office, "Hours", unit=Unit.HOUR, increment=Decimal("0.5"))
    assert hours
    odd = [Decimal("7.6")] * 5 + [Decimal(0)] * 2
    office.write(lambda c: set_schedule(c, office.ids["ana"], odd, first=date(2026, 1, 1)))
    leave = office.as_("ana", LocalLeave)
    assert leave.submit(ask("Hours")).total.value == Decimal("7.6")
    with pytest.raises(IncrementInvalid) as error:
        leave.submit(LeaveDraft.for_hours("Hours", FRIDAY, "1.25"))
    assert error.value.step == Decimal("0.5")
    assert leave.submit(LeaveDraft.for_hours("Hours", FRIDAY, "1.5", start=time(9))).total.value == Decimal("1.5")
    with pytest.raises(OverlappingLeave):
        leave.submit(LeaveDraft.for_hours("Hours", FRIDAY, 1, start=time(10)))
    leave.submit(LeaveDraft.for_hours("Hours", FRIDAY, 1, start=time(10, 30)))
    assert leave.submit(ask("Hours", date(2026, 12, 14), first_portion=Portion.AM)).total.value == Decimal("3.8")
    a_type(office, "Days", increment=Decimal(1))
    with pytest.raises(IncrementInvalid):
        leave.submit(ask("Days", date(2026, 12, 15), first_portion=Portion.AM))


def test_nobody_can_be_off_then_but_for_what_is_a_right(office: Office) -> None:
    a_type(office, "Annual leave")
    a_type(office, "Bereavement", category=LeaveCategory.BEREAVEMENT)
    office.write(lambda c: close_days(c, "blackout", MONDAY, FRIDAY, "year end closing"))
    leave = office.as_("ana", LocalLeave)
    with pytest.raises(BlackoutPeriod) as error:
        leave.submit(ask("Annual leave", FRIDAY, FRIDAY + timedelta(days=3)))
    assert (error.value.first, error.value.last) == (MONDAY, FRIDAY)
    assert leave.submit(ask("Bereavement", FRIDAY)).total.value == 1


def test_half_a_day_off_for_everyone(office: Office) -> None:
    give_leave(office)
    office.write(lambda c: close_days(c, "company", date(2026, 12, 24), date(2026, 12, 24), "Kerst", portion=Portion.PM))
    leave = office.as_("ana", LocalLeave)
    assert leave.submit(ask("Annual leave", date(2026, 12, 23), date(2026, 12, 25))).total.value == Decimal("1.5")
    with pytest.raises(NotAWorkingDay):
        leave.submit(ask("Hours off", date(2026, 12, 24), first_portion=Portion.PM))


def test_a_schedule_that_changes_and_a_roster(office: Office) -> None:
    give_leave(office)
    full = [Decimal(8)] * 5 + [Decimal(0)] * 2
    part = [Decimal(9), Decimal(9), Decimal(0), Decimal(0), Decimal(0), Decimal(0), Decimal(0)]
    saturday = date(2026, 12, 12)

    def setup(connection) -> None:
        set_schedule(connection, office.ids["ana"], full, first=date(2026, 1, 1), exceptions={saturday: Decimal(6)})
        set_schedule(connection, office.ids["ana"], part, first=date(2026, 12, 14), last=date(2026, 12, 20))

    office.write(setup)
    leave = office.as_("ana", LocalLeave)
    now = leave.schedule(on=MONDAY)
    assert (now.valid_from, now.valid_until) == (date(2026, 1, 1), date(2026, 12, 13))
    later = leave.schedule(on=date(2026, 12, 21))
    assert (later.valid_from, later.valid_until) == (date(2026, 12, 21), None)
    request = leave.submit(ask("Hours off", FRIDAY, date(2026, 12, 15)))
    assert [str(day.charged.value) for day in request.days] == ["8", "6", "0", "9", "9"]
    preview = leave.submit.preview(ask("Hours off", date(2026, 12, 18), date(2026, 12, 21)))
    line = preview.line("charged")
    assert line is not None
    assert line.facts["amount"] == "8"


def test_nothing_is_assumed_about_when_people_work(office: Office) -> None:
    give_leave(office)
    office.write(lambda c: c.execute(work_schedules.delete()))
    leave = office.as_("ana", LocalLeave)
    with pytest.raises(ConfigError) as error:
        leave.submit(ask("Annual leave"))
    assert error.value.key == "week"
    settled = Local("main", LocalSettings(url=office.url, week="7 7 7 7"))
    try:
        asked = LocalLeave(settled, office.session("ana")).submit(ask("Hours off", MONDAY, FRIDAY))
        assert asked.total.value == 28
    finally:
        settled.database.close()
    with pytest.raises(ValueError, match="no list of hours"):
        LocalSettings(url=office.url, week="eight")


def test_before_and_after_the_employment_nothing_is_charged(office: Office) -> None:
    give_leave(office)
    ends = people.update().where(people.c.login == "ana").values(left_on=date(2026, 12, 8))
    office.write(lambda c: c.execute(ends))
    leave = office.as_("ana", LocalLeave)
    request = leave.submit(ask("Annual leave", MONDAY, FRIDAY))
    assert [day.why_zero for day in request.days] == [None, None, *["not_employed"] * 3]
    with pytest.raises(NotAWorkingDay):
        leave.submit(ask("Annual leave", date(2026, 12, 14)))


def test_a_day_on_which_the_employee_is_in_another_zone(office: Office) -> None:
    a_type(office, "Early", min_notice=1)
    office.write(lambda c: c.execute(people.update().where(people.c.login == "ana").values(zone="Pacific/Auckland")))
    office.now = datetime(2026, 12, 7, 18, tzinfo=UTC)  # the 8th in Auckland already
    with pytest.raises(NoticeTooShort):
        office.as_("ana", LocalLeave).submit(ask("Early", date(2026, 12, 8)))
    office.as_("kees", LocalLeave).submit(ask("Early", date(2026, 12, 8)))


def test_leave_built_up_by_the_month(office: Office) -> None:
    annual = office.write(lambda c: add_type(c, "Annual leave"))
    year = (date(2026, 1, 1), date(2026, 12, 31))
    ids = office.write(lambda c: accrue(c, office.ids["ana"], annual, Decimal(2), *year))
    assert len(ids) == 12
    leave = office.as_("ana", LocalLeave)
    assert (balance(leave).accrued, balance(leave).available) == (20, 20)  # ten months by 24 November
    assert balance(leave, on=date(2026, 3, 1)).available == 4
    with pytest.raises(InsufficientBalance) as error:
        leave.submit(ask("Annual leave", date(2026, 3, 2), date(2026, 3, 6)))
    assert error.value.short_by is not None
    assert (error.value.short_by.value, error.value.next_accrual_on) == (1, date(2026, 4, 1))
    assert error.value.sentence("nl").endswith("1 dag tekort.")
    with pytest.raises(InvalidInput):
        office.write(lambda c: accrue(c, office.ids["ana"], annual, Decimal(2), date(2026, 1, 15), year[1]))


def test_over_new_year_where_both_years_are_granted_each_pays_its_days(office: Office) -> None:
    ids = give_leave(office, days="3")
    leave = office.as_("ana", LocalLeave)
    december, january = date(2026, 12, 28), date(2027, 1, 8)
    with pytest.raises(CrossesEntitlementPeriod):
        leave.submit(ask("Annual leave", december, january))
    following = (date(2027, 1, 1), date(2027, 12, 31))
    office.write(lambda c: grant(c, office.ids["ana"], ids["annual"], Decimal(10), *following))
    with pytest.raises(InsufficientBalance) as error:  # 28 to 31 December are four days, and three are left
        leave.submit(ask("Annual leave", december, january))
    assert error.value.short_by is not None
    assert error.value.short_by.value == 1
    draft = ask("Annual leave", december + timedelta(days=1), january)
    lines = [line for line in leave.submit.preview(draft).lines if line.code == "balance_after"]
    assert [line.facts["amount"] for line in lines] == ["0", "5"]
    assert "2027-01-01" in lines[1].en
    assert leave.submit(draft).total.value == 8  # New Year's Day costs nothing
    assert balance(leave, on=date(2026, 12, 31)).available == 0
    assert balance(leave, on=date(2027, 1, 31)).available == 5


def test_a_correction_cannot_be_asked_for(office: Office) -> None:
    ids = give_leave(office, days="5")
    year = (date(2026, 1, 1), date(2026, 12, 31))
    office.write(lambda c: grant(c, office.ids["ana"], ids["annual"], Decimal(-3), *year, kind="adjusted"))
    leave = office.as_("ana", LocalLeave)
    assert (balance(leave).adjusted, balance(leave).available) == (-3, 2)
    with pytest.raises(InsufficientBalance):
        leave.submit(ask("Annual leave", MONDAY, date(2026, 12, 9)))
    with pytest.raises(InvalidInput):
        office.write(lambda c: grant(c, office.ids["ana"], ids["annual"], Decimal(-3), *year))


def test_the_preview_and_the_request_agree(office: Office) -> None:
    """What is carried over and lapses in the middle of the leave is counted day by day in both."""
    ids = give_leave(office, days="2")
    lapses = (date(2026, 1, 1), date(2026, 12, 8))
    office.write(lambda c: grant(c, office.ids["ana"], ids["annual"], Decimal(3), *lapses, kind="carried_over"))
    leave = office.as_("ana", LocalLeave)
    draft = ask("Annual leave", MONDAY, date(2026, 12, 10))
    preview = leave.submit.preview(draft)
    assert preview.blockers == ()
    assert {line.origin for line in preview.lines} == {Origin.BACKEND}
    assert "Mia van Dijk" in next(line.nl for line in preview.lines if line.code == "approval")
    left = preview.line("balance_after")
    assert left is not None
    leave.submit(draft)
    assert left.facts["amount"] == f"{balance(leave, on=date(2026, 12, 10)).available:f}" == "0"


def test_every_reason_to_refuse_is_in_the_preview(office: Office) -> None:
    give_leave(office, days="1")
    a_type(office, "Strict", requires_reason=True, attachments="always", min_notice=60, unlimited=False)
    office.write(lambda c: close_days(c, "locked", MONDAY, MONDAY, "payroll"))
    leave = office.as_("ana", LocalLeave)
    codes = {line.code for line in leave.submit.preview(ask("Strict", MONDAY, FRIDAY)).blockers}
    assert codes == {"reason-required", "attachment-required", "notice-too-short", "payroll-locked", "balance_after"}
    (weekend,) = leave.submit.preview(ask("Annual leave", date(2026, 12, 12), date(2026, 12, 13))).blockers
    assert weekend.code == "not-a-working-day"
    assert "geen" in weekend.nl or "niet" in weekend.nl


def test_amending_keeps_the_documents_and_the_person(office: Office) -> None:
    a_type(office, "Documented", attachments="always")
    ana, mia = office.as_("ana", LocalLeave), office.as_("mia", LocalLeave)
    request = ana.submit(ask("Documented", attachments=(PAPER,)))
    with pytest.raises(InvalidInput, match="stays with the person"):
        mia.amend(request.ref, ask("Documented", person=PersonRef(login="kees")))
    preview = ana.amend.preview(request.ref, ask("Documented", FRIDAY))
    assert preview.blockers == ()
    amended = ana.amend(request.ref, ask("Documented", FRIDAY))
    assert [one.name for one in amended.attachments] == ["brief.pdf"]
    assert [event.step.value.value for event in amended.timeline] == ["submitted", "amended"]
    with pytest.raises(Conflict, match="changed meanwhile"):
        ana.amend(request.ref, ask("Documented", MONDAY))


def test_the_timeline_says_who_did_what_and_why(office: Office) -> None:
    give_leave(office)
    ana, mia = office.as_("ana", LocalLeave), office.as_("mia", LocalLeave)
    request = ana.submit(ask("Annual leave", date(2026, 11, 23), date(2026, 11, 27)))
    assert [(step.approver.login, step.state) for step in request.approvals] == [("mia", StepState.PENDING)]
    mia.decide(request.ref, Decision.APPROVE, comment="Fijne week")
    begun = ana.cancel.preview(request.ref)
    assert [line.code for line in begun.warnings] == ["begun"]
    ana.cancel(request.ref, reason="toch gewerkt")
    with pytest.raises(InvalidInput, match="approved or rejected"):
        mia.decide(request.ref, Decision.RETURN, comment="hm")
    refused = mia.decide(request.ref, Decision.REJECT, comment="Je was er niet")
    assert refused.status == LeaveStatus.APPROVED
    told = [(event.step.value.value, event.by.login, event.comment) for event in refused.timeline if event.by]
    assert told == [
        ("submitted", "ana", None),
        ("approved", "mia", "Fijne week"),
        ("cancel_requested", "ana", "toch gewerkt"),
        ("cancel_rejected", "mia", "Je was er niet"),
    ]
    assert [step.state.value for step in refused.approvals] == ["approved", "rejected"]


def test_what_is_over_or_paid_is_not_given_back(office: Office) -> None:
    give_leave(office)
    ana, mia = office.as_("ana", LocalLeave), office.as_("mia", LocalLeave)
    november = ana.submit(ask("Annual leave", date(2026, 11, 16), date(2026, 11, 20)))
    waiting = ana.submit(ask("Annual leave", date(2026, 11, 23)))
    december = ana.submit(ask("Annual leave", MONDAY))
    for one in (november, december):
        mia.decide(one.ref, Decision.APPROVE)
    assert ana.get(november.ref).status == LeaveStatus.TAKEN
    with pytest.raises(CannotCancelAfterStart):
        ana.cancel(november.ref)
    office.write(lambda c: close_days(c, "locked", date(2026, 11, 1), FRIDAY, "payroll"))
    with pytest.raises(PayrollLocked):
        ana.cancel(december.ref)
    with pytest.raises(PayrollLocked):
        mia.decide(waiting.ref, Decision.APPROVE)
    assert mia.decide(waiting.ref, Decision.REJECT, comment="te laat").status == LeaveStatus.REJECTED


def test_an_unlimited_type_counts_the_year(office: Office) -> None:
    give_leave(office)
    leave = office.as_("ana", LocalLeave)
    for day in (date(2025, 12, 8), date(2026, 11, 10), MONDAY):
        leave.submit(ask("Sick", day))
    told = balance(leave, "Sick")
    assert (told.unlimited, told.available, told.entitled) == (True, None, None)
    assert (told.taken, told.planned, told.period) == (1, 1, (date(2026, 1, 1), date(2026, 12, 31)))


def test_for_someone_else_and_with_a_substitute(office: Office) -> None:
    give_leave(office)
    mia = office.as_("mia", LocalLeave)
    draft = ask("Annual leave", person=PersonRef(login="ana"), substitute=PersonRef(login="kees"), reason="verhuizing")
    request = mia.submit(draft)
    assert (request.employee.login, request.submitted_by and request.submitted_by.login) == ("ana", "mia")
    assert (request.substitute and request.substitute.login, request.reason) == ("kees", "verhuizing")
    told = mia.decide.preview(request.ref, Decision.APPROVE)
    assert "Ana Ödegård has 24 days left besides it." in [line.en for line in told.lines]
    assert request.created_at == NOW


def test_a_reason_of_the_list_and_a_note_beside_it(office: Office) -> None:
    a_type(office, "Special", reasons=["Verhuizing", "Huwelijk"], requires_reason=True)
    leave = office.as_("ana", LocalLeave)
    assert next(one for one in leave.types() if one.name == "Special").reasons == ("Verhuizing", "Huwelijk")
    for reason, kind in ((None, ReasonRequired), ("zomaar", InvalidInput)):
        with pytest.raises(kind) as error:
            agreeing(leave.submit, ask("Special", reason=reason))
    assert error.value.sentence("nl") == "Controleer reason: een van: Verhuizing, Huwelijk"
    _, made = agreeing(leave.submit, ask("Special", reason="verhuizing", note="Nieuwe sleutels om 9 uur"))
    assert (made.reason, made.note) == ("verhuizing", "Nieuwe sleutels om 9 uur")
    amended = leave.amend(made.ref, ask("Special", reason="Huwelijk"))
    assert (amended.reason, amended.note) == ("Huwelijk", None)


def test_who_stands_in_is_somebody_else_who_is_there(office: Office) -> None:
    give_leave(office)
    office.as_("kees", LocalLeave).submit(ask("Annual leave", FRIDAY, date(2026, 12, 14)))
    ana = office.as_("ana", LocalLeave)
    told, _ = agreeing(ana.submit, ask("Annual leave", MONDAY, date(2026, 12, 14), substitute=PersonRef(login="kees")))
    line = told.line("substitute_off")
    assert line is not None
    assert line.nl == "Kees Jansen, die vervangt, is vrij op 2026-12-11 en nog 1 keer."
    with pytest.raises(InvalidInput) as error:
        agreeing(ana.submit, ask("Annual leave", date(2026, 12, 21), substitute=PersonRef(display_name="Ana Ödegård")))
    assert "niemand vervangt zichzelf" in error.value.sentence("nl")
    with pytest.raises(NotFound) as missing:
        agreeing(ana.submit, ask("Annual leave", date(2026, 12, 21), substitute=PersonRef(login="niemand")))
    assert missing.value.field == "substitute"


def test_documents_go_with_what_is_still_open(office: Office) -> None:
    a_type(office, "Plain", attachments="never")
    a_type(office, "Long")
    leave = office.as_("ana", LocalLeave)
    plain, long = leave.submit(ask("Plain")), leave.submit(ask("Long", FRIDAY))
    with pytest.raises(InvalidInput, match="no documents are kept"):
        agreeing(leave.attach, plain.ref, PAPER)
    assert agreeing(leave.attach, long.ref, PAPER)[1].name == "brief.pdf"
    leave.withdraw(long.ref)
    with pytest.raises(Conflict) as error:
        agreeing(leave.attach, long.ref, PAPER)
    assert error.value.sentence("nl") == "Dit kan niet meer: het is ingetrokken"
    for operation, arguments in ((leave.withdraw, ()), (leave.cancel, ()), (leave.amend, (ask("Long", FRIDAY),))):
        with pytest.raises(Conflict, match="withdrawn"):
            agreeing(operation, long.ref, *arguments)


def test_leave_is_over_on_the_clocks_of_who_takes_it(office: Office) -> None:
    give_leave(office)
    office.write(lambda c: c.execute(people.update().where(people.c.login == "ana").values(zone="Pacific/Auckland")))
    ana, mia = office.as_("ana", LocalLeave), office.as_("mia", LocalLeave)
    request = ana.submit(ask("Annual leave", MONDAY))
    mia.decide(request.ref, Decision.APPROVE)
    office.now = datetime(2026, 12, 7, 10, 59, tzinfo=UTC)  # a minute before midnight in Auckland
    assert office.as_("mia", LocalLeave).get(request.ref).status == LeaveStatus.APPROVED
    office.now = datetime(2026, 12, 7, 11, 0, tzinfo=UTC)
    assert office.as_("mia", LocalLeave).get(request.ref).status == LeaveStatus.TAKEN
    with pytest.raises(CannotCancelAfterStart):
        agreeing(office.as_("ana", LocalLeave).cancel, request.ref)


def test_hours_within_half_a_day_off_cost_nothing(office: Office) -> None:
    give_leave(office)
    office.write(lambda c: close_days(c, "company", date(2026, 12, 24), date(2026, 12, 24), "Kerst", portion=Portion.PM))
    leave = office.as_("ana", LocalLeave)
    with pytest.raises(NotAWorkingDay):
        agreeing(leave.submit, LeaveDraft.for_hours("Hours off", date(2026, 12, 24), 2, start=time(13)))
    with pytest.raises(InvalidInput) as error:
        agreeing(leave.submit, LeaveDraft.for_hours("Hours off", date(2026, 12, 24), 5, start=time(8)))
    assert error.value.sentence("nl") == "Controleer days: 2026-12-24: die dag heeft 4 uur werk"
    assert agreeing(leave.submit, LeaveDraft.for_hours("Hours off", date(2026, 12, 24), 4, start=time(8)))[1].total.value == 4


def test_two_halves_off_for_everyone_are_a_day(office: Office) -> None:
    give_leave(office)
    day = date(2026, 12, 29)
    for portion in (Portion.AM, Portion.PM):
        office.write(lambda c, portion=portion: close_days(c, "company", day, day, f"dicht ({portion})", portion=portion))
    (holiday,) = [one for one in office.as_("ana", LocalLeave).holidays(year=2026) if one.date == day]
    assert holiday.portion is Portion.FULL
    with pytest.raises(NotAWorkingDay):
        agreeing(office.as_("ana", LocalLeave).submit, ask("Annual leave", day))


def test_public_holidays_are_those_of_where_one_works(office: Office) -> None:
    give_leave(office)
    office.write(lambda c: c.execute(people.update().where(people.c.login == "lena").values(region="IS")))
    lena, ana = office.as_("lena", LocalLeave), office.as_("ana", LocalLeave)
    halves = {one.date: one.portion for one in lena.holidays(year=2026) if one.portion is not Portion.FULL}
    assert halves == {date(2026, 12, 24): Portion.PM, date(2026, 12, 31): Portion.PM}
    assert lena.submit(ask("Annual leave", date(2026, 12, 24))).total.value == Decimal("0.5")
    assert ana.submit(ask("Annual leave", date(2026, 12, 24))).total.value == 1


def test_who_decides_sees_who_of_the_employees_team_is_off(office: Office) -> None:
    give_leave(office)
    office.as_("kees", LocalLeave).submit(ask("Annual leave"))
    office.as_("tom", LocalLeave).submit(ask("Annual leave"))  # of another team
    request = office.as_("ana", LocalLeave).submit(ask("Annual leave"))
    told, _ = agreeing(office.as_("bo", LocalLeave).decide, request.ref, Decision.APPROVE)
    line = told.line("colleagues_off")
    assert line is not None
    assert line.nl == "Dan ook vrij: Kees Jansen."


def test_the_same_key_is_for_the_same_request(office: Office) -> None:
    give_leave(office)
    ana, mia = office.as_("ana", LocalLeave), office.as_("mia", LocalLeave)
    draft = ask("Annual leave", attachments=(PAPER,))
    made = ana.submit(draft, key=Key("k"))
    assert ana.submit(draft, key=Key("k")) == made
    told = ana.submit.preview(draft, key=Key("k"))
    assert [line.code for line in told.lines] == ["charged", "done"]
    for other in (ask("Annual leave", FRIDAY), draft.model_copy(update={"attachments": (Upload(name="a", content=b""),)})):
        with pytest.raises(Conflict, match="something else"):
            ana.submit(other, key=Key("k"))
    mia.decide(made.ref, Decision.RETURN, comment="korter?", key=Key("d"))
    with pytest.raises(Conflict, match="something else"):
        mia.decide(made.ref, Decision.APPROVE, key=Key("d"))
    assert mia.decide(made.ref, Decision.RETURN, comment="korter?", key=Key("d")).status == LeaveStatus.RETURNED


def test_what_is_decided_may_be_a_word(office: Office) -> None:
    give_leave(office)
    request = office.as_("ana", LocalLeave).submit(ask("Annual leave"))
    mia = office.as_("mia", LocalLeave)
    with pytest.raises(InvalidInput) as error:
        agreeing(mia.decide, request.ref, "yes")
    assert error.value.field == "decision"
    assert mia.decide(request.ref, "approve").status == LeaveStatus.APPROVED
