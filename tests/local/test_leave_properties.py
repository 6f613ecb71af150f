"""Whatever is asked, changed, decided and given back: each write does what its preview said, and no day is paid for twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, multiple, rule, run_state_machine_as_test

from tests.local.agreeing import agreeing
from tests.local.conftest import Office
from workplace_sdk.connectors.local.leave import LocalLeave
from workplace_sdk.connectors.local.leave_setup import accrue, add_type, close_days, grant, set_schedule
from workplace_sdk.connectors.local.schema import people
from workplace_sdk.kernel.errors import Rejected
from workplace_sdk.services.calendar import Portion
from workplace_sdk.services.common import Decision, PersonRef, Ref, Unit, Upload
from workplace_sdk.services.leave import DayOff, LeaveDraft, LeaveStatus, SickReport

FIRST = date(2026, 12, 14)
TYPES = ("Annual", "Hours", "Strict", "Free")
OPEN = {LeaveStatus.SUBMITTED, LeaveStatus.APPROVED, LeaveStatus.CANCEL_REQUESTED, LeaveStatus.TAKEN}

days = st.integers(-21, 35).map(lambda number: FIRST + timedelta(days=number))
halves = st.sampled_from((Portion.FULL, Portion.FULL, Portion.AM, Portion.PM))
hours = st.none() | st.tuples(
    st.sampled_from(("0.5", "1", "1.25", "4", "6")).map(Decimal), st.sampled_from((None, time(9), time(13)))
)


def documents(count: int) -> tuple[Upload, ...]:
    return tuple(Upload(name=f"{number}.pdf", content=b"%PDF-") for number in range(count))


@st.composite
def drafts(draw: st.DrawFn) -> LeaveDraft:
    kind, first, length = draw(st.sampled_from((*TYPES, "Annual", "Onbekend"))), draw(days), draw(st.integers(0, 9))
    others = {
        "reason": draw(st.sampled_from((None, "verhuizing", "iets"))),
        "note": draw(st.sampled_from((None, "tot straks"))),
        "substitute": draw(st.sampled_from((None, "kees", "ana", "niemand")).map(lambda one: one and PersonRef(login=one))),
        "attachments": documents(draw(st.integers(0, 1))),
    }
    part = draw(hours)
    if part is not None:
        off = DayOff(date=first, portion=Portion.HOURS, hours=part[0], start=part[1])
        return LeaveDraft(leave_type=kind, days=(off,), **others)
    last = first + timedelta(days=length)
    ends = {"first_portion": draw(halves), "last_portion": draw(halves)} if length else {"first_portion": draw(halves)}
    return LeaveDraft.between(kind, first, last, **ends, **others)


class Leaving(RuleBasedStateMachine):
    """Ana with a roster in another zone, her manager Mia, and time that passes over new year."""

    requests: Bundle[Ref] = Bundle("requests")
    cases: Bundle[Ref] = Bundle("cases")

    @initialize()
    def open(self) -> None:
        self.office = Office("sqlite://")
        self.office.now = datetime(2026, 12, 1, 22, 30, tzinfo=UTC)  # tomorrow already where ana is
        self.office.write(self.office.hire)
        self.office.write(self._set_up)

    def _set_up(self, connection: Any) -> None:
        ana = self.office.ids["ana"]
        year, following = (date(2026, 1, 1), date(2026, 12, 31)), (date(2027, 1, 1), date(2027, 12, 31))
        annual = add_type(connection, "Annual", increment=Decimal("0.25"))
        hour = add_type(connection, "Hours", unit=Unit.HOUR, increment=Decimal("0.5"))
        strict = {"half_days": False, "hours": False, "requires_reason": True, "reasons": ["Verhuizing"], "min_notice": 7}
        add_type(connection, "Strict", unlimited=True, attachments="always", max_days=5, **strict)
        add_type(connection, "Free", unlimited=True, requires_approval=False, attachments="never")
        grant(connection, ana, annual, Decimal(4), *year, usable_until=date(2026, 12, 23))  # lapses in the middle
        grant(connection, ana, annual, Decimal(3), *year, usable_until=date(2027, 6, 30))
        grant(connection, ana, annual, Decimal(-1), *year, kind="adjusted")
        grant(connection, ana, hour, Decimal(20), *year)
        accrue(connection, ana, hour, Decimal(2), *following)
        week = [Decimal(value) for value in ("9", "0", "4.5", "9", "7.6", "0", "0")]
        set_schedule(connection, ana, week, first=date(2026, 1, 1), exceptions={date(2026, 12, 19): Decimal(6)})
        set_schedule(connection, ana, [Decimal(8)] * 3 + [Decimal(0)] * 4, first=date(2027, 1, 4))
        close_days(connection, "company", date(2026, 12, 24), date(2026, 12, 24), "Kerstavond", portion=Portion.PM)
        close_days(connection, "company", date(2026, 12, 31), date(2026, 12, 31), "Oud en nieuw")
        close_days(connection, "blackout", date(2027, 1, 13), date(2027, 1, 14), "Jaarafsluiting")
        close_days(connection, "locked", date(2026, 11, 1), date(2026, 11, 27), "november")
        connection.execute(people.update().where(people.c.id == ana).values(zone="Pacific/Auckland", left_on=date(2027, 1, 15)))

    def teardown(self) -> None:
        self.look()
        self.office.local.database.close()

    @property
    def ana(self) -> LocalLeave:
        return self.office.as_("ana", LocalLeave)

    @property
    def mia(self) -> LocalLeave:
        return self.office.as_("mia", LocalLeave)

    @rule(target=requests, draft=drafts())
    def submit(self, draft: LeaveDraft) -> Any:
        try:
            told, made = agreeing(self.ana.submit, draft)
        except Rejected:
            return multiple()
        self._as_told(told, made)
        return made.ref

    @rule(ref=requests, draft=drafts())
    def amend(self, ref: Ref, draft: LeaveDraft) -> None:
        try:
            told, made = agreeing(self.ana.amend, self.ana.get(ref).ref, draft)
        except Rejected:
            return
        self._as_told(told, made)

    def _as_told(self, told: Any, made: Any) -> None:
        line = told.line("charged")
        assert line.facts["amount"] == f"{made.total.value:f}"
        assert [day["charged"] for day in line.facts["days"]] == [f"{day.charged.value:f}" for day in made.days]
        left = [one.facts["amount"] for one in told.lines if one.code == "balance_after"]
        charged = [day.date for day in made.days if day.charged.value]
        found = [one for one in self.ana.balances(on=charged[-1]) if one.name == made.type_name]
        assert left[-1:] == [f"{one.available:f}" for one in found if one.available is not None]

    @rule(ref=requests, what=st.sampled_from(("withdraw", "cancel")))
    def take_back(self, ref: Ref, what: str) -> None:
        try:
            told, made = agreeing(getattr(self.ana, what), ref, reason="toch niet")
        except Rejected:
            return
        assert ("begun" in {line.code for line in told.lines}) == (made.status == LeaveStatus.CANCEL_REQUESTED)

    @rule(
        ref=requests,
        decision=st.sampled_from(tuple(Decision)),
        comment=st.sampled_from((None, "prima")),
        who=st.sampled_from(("mia", "mia", "ana")),
    )
    def decide(self, ref: Ref, decision: Decision, comment: str | None, who: str) -> None:
        try:
            agreeing(self.office.as_(who, LocalLeave).decide, ref, decision, comment=comment)
        except Rejected:
            return

    @rule(ref=requests)
    def attach(self, ref: Ref) -> None:
        try:
            agreeing(self.ana.attach, ref, documents(1)[0])
        except Rejected:
            return

    @rule(target=cases, first=st.none() | days, until=st.none() | days)
    def be_ill(self, first: date | None, until: date | None) -> Any:
        if first and until and until < first:
            return multiple()
        try:
            return agreeing(
                self.mia.report_sick, SickReport(first_day=first, expected_until=until, person=PersonRef(login="ana"))
            )[1].ref
        except Rejected:
            return multiple()

    @rule(ref=cases, back=st.none() | days)
    def recover(self, ref: Ref, back: date | None) -> None:
        try:
            agreeing(self.ana.report_recovered, ref, back_on=back)
        except Rejected:
            return

    @rule(by=st.sampled_from((1, 3, 10)))
    def wait(self, by: int) -> None:
        self.office.now += timedelta(days=by)

    @rule()
    def look(self) -> None:
        self.no_part_of_a_day_is_asked_for_twice()
        self.nothing_is_taken_that_is_not_there()
        self.who_is_off_is_off_and_nobody_says_why()

    def no_part_of_a_day_is_asked_for_twice(self) -> None:
        parts: Counter[tuple[date, Portion]] = Counter()
        for request in self._open():
            for day in request.days:
                if day.charged.value and day.portion is not Portion.HOURS:
                    both = (Portion.AM, Portion.PM) if day.portion is Portion.FULL else (day.portion,)
                    parts.update((day.date, half) for half in both)
        assert not [part for part, times in parts.items() if times > 1]

    def nothing_is_taken_that_is_not_there(self) -> None:
        for on in (date(2026, 12, 1), date(2026, 12, 23), date(2026, 12, 31), date(2027, 1, 2), date(2027, 6, 30)):
            for one in self.ana.balances(on=on):
                if one.available is not None:
                    assert one.available >= 0, one
                    granted = (one.entitled, one.carried_over, one.accrued, one.adjusted)
                    used = (one.taken, one.planned, one.pending)
                    assert one.available == sum(granted, Decimal(0)) - sum(used, Decimal(0))

    def who_is_off_is_off_and_nobody_says_why(self) -> None:
        told = self.office.as_("kees", LocalLeave).absences(
            since=FIRST, until=FIRST + timedelta(days=35), people=(PersonRef(login="ana"),)
        )
        asked = {day.date for request in self._open() for day in request.days if day.charged.value}
        assert asked & {FIRST + timedelta(days=number) for number in range(36)} <= {one.date for one in told}

    def _open(self) -> Iterator[Any]:
        return (request for request in self.ana.requests() if request.status.value in OPEN)


def test_after_any_sequence_previews_were_right_and_no_balance_is_overdrawn() -> None:
    run_state_machine_as_test(
        Leaving,
        settings=settings(
            max_examples=12,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.explicit, Phase.reuse, Phase.generate),  # shrinking takes longer than a test may
        ),
    )
