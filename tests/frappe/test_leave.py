"""Leave, and what Frappe lets through that it should not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from tests.frappe.gated import workplace_of
from workplace_sdk.connectors.frappe.leave_words import status_of
from workplace_sdk.connectors.frappe.records import Application
from workplace_sdk.kernel.errors import Conflict, InvalidInput, NotFound, NotSupported, Rejected, Unauthorized
from workplace_sdk.services.calendar import Portion
from workplace_sdk.services.common import Decision, PersonRef, Ref
from workplace_sdk.services.leave import (
    CannotCancelAfterStart,
    DayOff,
    InsufficientBalance,
    LeaveDraft,
    LeaveStatus,
    NotYourApproval,
    OverlappingLeave,
    Pay,
)

ANNUAL = "Annual Leave"


def leave(name: str) -> Ref:
    return Ref(connection="hr", kind="leave", id=f"HR-LAP-2026-{name}")


@pytest.mark.default_cassette("leave/types")
@pytest.mark.vcr
def test_types_are_days_and_some_are_unpaid(seen: Callable[..., Any]) -> None:
    kinds = {one.name: one for one in seen("leave", "omar").types()}
    assert len(kinds) == 8
    assert (kinds["Sick Leave"].category, kinds["Training Leave"].category) == ("sick", "unmapped")
    assert (kinds["Leave Without Pay"].paid, kinds[ANNUAL].paid) == (Pay.UNPAID, None)
    assert (kinds["Casual Leave"].charges_holidays, kinds[ANNUAL].charges_holidays) == (True, False)


@pytest.mark.default_cassette("leave/balances")
@pytest.mark.vcr
def test_balances_as_of_a_date_less_what_waits(seen: Callable[..., Any]) -> None:
    service = seen("leave", "omar")
    today = {one.name: one.available for one in service.balances()}
    assert today == {ANNUAL: 28, "Sick Leave": 10, "Training Leave": 5}
    then = {one.name: one for one in service.balances(on=date(2026, 12, 30))}
    assert (then[ANNUAL].taken, then[ANNUAL].available) == (6, 22)
    assert (then["Sick Leave"].pending, then["Sick Leave"].available) == (1, 9), "Frappe leaves out what waits"


@pytest.mark.default_cassette("leave/ski")
@pytest.mark.vcr
def test_a_preview_says_the_working_days(seen: Callable[..., Any]) -> None:
    service = seen("leave", "omar")
    draft = LeaveDraft.between(ANNUAL, date(2026, 12, 21), date(2026, 12, 29), reason="Ski")
    preview = service.submit.preview(draft)
    assert [line.en for line in preview.lines] == [
        "Annual Leave 2026-12-21 to 2026-12-29 costs 6 days.",
        "After this 22 days are left.",
        "maria@lab.example decides about it.",
    ]
    assert not preview.blockers
    made = service.submit(draft)
    assert (len(made.days), str(made.total), made.reason) == (9, "6 days", "Ski")
    assert made.counted is not None, "which of the nine days are free Frappe does not say"
    assert (made.status, made.status.source) == (LeaveStatus.SUBMITTED, "Open")
    assert made.ref.url == "http://127.0.0.1:8311/app/leave-application/HR-LAP-2026-00001"
    assert [str(step.approver) for step in made.approvals] == ["maria@lab.example"]
    assert made.created_at.isoformat() == "2026-11-23T07:00:48.134193+00:00", "its times are on the clocks of Berlin"


@pytest.mark.default_cassette("leave/half")
@pytest.mark.vcr
def test_half_a_day(seen: Callable[..., Any]) -> None:
    made = seen("leave", "omar").submit(LeaveDraft.between(ANNUAL, date(2026, 12, 1), first_portion=Portion.HALF))
    assert [(day.portion, day.charged.value) for day in made.days] == [(Portion.HALF, Decimal("0.5"))]
    assert (made.total.value, made.counted) == (Decimal("0.5"), None)


def test_which_half_cannot_be_said_and_there_is_one(seen: Callable[..., Any]) -> None:
    service = seen("leave", "omar")
    with pytest.raises(NotSupported, match="half_days"):
        service.submit(LeaveDraft.between(ANNUAL, date(2026, 12, 1), first_portion=Portion.PM))
    halves = tuple(DayOff(date=date(2026, 12, day), portion=Portion.HALF) for day in (1, 2))
    with pytest.raises(NotSupported, match="one half day"):
        service.submit(LeaveDraft(leave_type=ANNUAL, days=halves))


@pytest.mark.default_cassette("leave/requests")
@pytest.mark.vcr
def test_requests_as_the_list_tells_them(seen: Callable[..., Any]) -> None:
    service = seen("leave", "omar")
    found = list(service.requests())
    assert [(one.ref.id[-1], str(one.total), str(one.status.value)) for one in found] == [
        ("1", "6 days", "submitted"),
        ("2", "0.5 days", "submitted"),
    ]
    assert [one.ref.id[-1] for one in found if one.days[0].portion is Portion.HALF] == ["2"]


@pytest.mark.default_cassette("leave/refused")
@pytest.mark.vcr
def test_what_frappe_refuses_is_told_in_our_words(seen: Callable[..., Any]) -> None:
    service = seen("leave", "omar")
    with pytest.raises(OverlappingLeave) as overlap:
        service.submit(LeaveDraft.between(ANNUAL, date(2026, 12, 22), date(2026, 12, 23)))
    assert overlap.value.refs == (leave("00001"),)
    assert overlap.value.message == (
        "Employee HR-EMP-00003 has already applied for Annual Leave between 21.12.2026 and 29.12.2026 : HR-LAP-2026-00001"
    )


@pytest.mark.parametrize(
    ("kind", "leave_type", "first", "last"),
    [
        (InsufficientBalance, "Training Leave", date(2026, 11, 24), date(2026, 12, 10)),
        (NotFound, "Nope", date(2026, 12, 10), date(2026, 12, 10)),
        (Rejected, ANNUAL, date(2026, 12, 5), date(2026, 12, 6)),
    ],
)
@pytest.mark.default_cassette("leave/refused")
@pytest.mark.vcr
def test_refusals(seen: Callable[..., Any], kind: type[Rejected], leave_type: str, first: date, last: date) -> None:
    with pytest.raises(kind) as told:
        seen("leave", "omar").submit(LeaveDraft.between(leave_type, first, last))
    assert type(told.value) is kind
    assert "<" not in told.value.message
    assert "Traceback" not in str(vars(told.value))


@pytest.mark.default_cassette("leave/refused")
@pytest.mark.vcr
def test_for_someone_else_frappe_says_no(seen: Callable[..., Any]) -> None:
    """The gate says so before; this is what an account that may not gets."""
    with pytest.raises(Unauthorized):
        seen("leave", "lena").submit(
            LeaveDraft.between(ANNUAL, date(2026, 12, 10), person=PersonRef(employee_number="HR-EMP-00005"))
        )


@pytest.mark.parametrize(
    ("docstatus", "status", "means"),
    [
        (0, "Open", "submitted"),
        (0, "Approved", "submitted"),
        (0, "Rejected", "submitted"),
        (1, "Approved", "approved"),
        (1, "Rejected", "rejected"),
        (1, "Open", "unmapped"),
        (2, "Cancelled", "cancelled"),
        (2, "Approved", "cancelled"),
    ],
)
def test_approved_without_docstatus_is_not_approved(docstatus: int, status: str, means: str) -> None:
    day = date(2026, 12, 14)
    row = Application(
        name="x", leave_type=ANNUAL, from_date=day, to_date=day, total_leave_days=Decimal(1), status=status, docstatus=docstatus,
        half_day=False,
    )  # fmt: skip
    assert (status_of(row, date(2026, 11, 23)), status_of(row, date(2026, 11, 23)).source) == (means, status)
    assert status_of(row, date(2026, 12, 15)) == ("taken" if means == "approved" else means)


@pytest.mark.default_cassette("leave/status_only")
@pytest.mark.vcr
def test_who_sets_only_the_status_has_approved_nothing(seen: Callable[..., Any]) -> None:
    assert seen("leave", "lena").get(leave("00004")).status == LeaveStatus.SUBMITTED


@pytest.mark.default_cassette("leave/own")
@pytest.mark.vcr
def test_nobody_approves_their_own_though_frappe_lets_them(seen: Callable[..., Any], vcr: Any) -> None:
    with pytest.raises(NotYourApproval):
        seen("leave", "omar").decide(leave("00001"), Decision.APPROVE)
    assert vcr.play_counts == {0: 1}, "nothing was sent: Frappe would have answered 200"


@pytest.mark.default_cassette("leave/twice")
@pytest.mark.vcr
def test_nobody_approves_twice_though_frappe_lets_them(seen: Callable[..., Any], vcr: Any) -> None:
    with pytest.raises(Conflict):
        seen("leave", "maria").decide(leave("00001"), Decision.APPROVE)
    assert vcr.play_counts == {0: 1}, "nothing was sent: Frappe would have answered 200"


@pytest.mark.default_cassette("leave/inbox")
@pytest.mark.vcr
def test_what_waits_is_for_who_approves(seen: Callable[..., Any]) -> None:
    found = list(seen("leave", "maria").inbox())
    assert [one.ref for one in found] == [leave("00001"), leave("00002")]
    assert {one.employee.label for one in found} == {"Omar Haddad"}


@pytest.mark.default_cassette("leave/decided")
@pytest.mark.vcr
def test_what_was_changed_since_it_was_looked_at_is_not_decided(seen: Callable[..., Any], vcr: Any) -> None:
    stale = leave("00004").model_copy(update={"version": "2026-11-23 08:42:09.143494"})
    with pytest.raises(Conflict, match="changed meanwhile"):
        seen("leave", "maria").decide(stale, Decision.APPROVE)
    assert vcr.play_counts == {0: 1}


@pytest.mark.default_cassette("leave/decided")
@pytest.mark.vcr
def test_who_it_does_not_wait_for_does_not_decide(seen: Callable[..., Any], vcr: Any) -> None:
    """Where one account does it all, Frappe would not know."""
    with pytest.raises(NotYourApproval, match="waits for maria"):
        seen("leave", "omar", account="maria").decide(leave("00004"), Decision.APPROVE)
    assert vcr.play_counts == {0: 1}


@pytest.mark.default_cassette("leave/decided")
@pytest.mark.vcr
def test_approved(seen: Callable[..., Any]) -> None:
    done = seen("leave", "maria").decide(leave("00004"), Decision.APPROVE)
    assert (done.status, done.employee.label) == (LeaveStatus.APPROVED, "Lena Vogt")
    assert [(str(event.step), str(event.by)) for event in done.timeline] == [
        ("submitted", "lena@lab.example"),
        ("approved", "maria@lab.example"),
    ]
    assert done.decided_at.isoformat() == "2026-11-23T07:42:09.373358+00:00"


@pytest.mark.default_cassette("leave/rejected")
@pytest.mark.vcr
def test_rejected(seen: Callable[..., Any]) -> None:
    done = seen("leave", "maria").decide(leave("00002"), Decision.REJECT)
    assert (done.status, str(done.approvals[0].state)) == (LeaveStatus.REJECTED, "rejected")


@pytest.mark.default_cassette("leave/cancelled")
@pytest.mark.vcr
def test_given_back_and_not_twice(seen: Callable[..., Any]) -> None:
    service = seen("leave", "omar")
    assert service.cancel(leave("00001")).status == LeaveStatus.CANCELLED
    with pytest.raises(Conflict):
        service.cancel(leave("00001"))


@pytest.mark.default_cassette("leave/cancelled")
@pytest.mark.vcr
def test_what_has_begun_is_not_given_back_by_itself(seen: Callable[..., Any], vcr: Any) -> None:
    service = seen("leave", "omar")
    service.session = evolve(service.session, now=lambda: datetime(2026, 12, 22, 8, tzinfo=UTC))
    with pytest.raises(CannotCancelAfterStart):
        service.cancel(leave("00001"))
    assert vcr.play_counts == {0: 1}


@pytest.mark.default_cassette("leave/asked")
@pytest.mark.vcr
def test_withdrawn_is_deleted(seen: Callable[..., Any]) -> None:
    service = seen("leave", "omar")
    made = service.submit(LeaveDraft.between(ANNUAL, date(2026, 12, 14)))
    gone = service.withdraw(made.ref)
    assert (gone.status, gone.ref) == (LeaveStatus.WITHDRAWN, made.ref)


def test_who_is_not_known_to_frappe(seen: Callable[..., Any]) -> None:
    service = seen("leave", "omar")
    with pytest.raises(InvalidInput) as told:
        service.balances(PersonRef(display_name="Somebody"))
    assert told.value.field == "person"
    with pytest.raises(NotFound):
        service.get(Ref(connection="elsewhere", kind="leave", id="HR-LAP-2026-00001"))


@pytest.mark.default_cassette("leave/refused")
@pytest.mark.vcr
def test_anyone_may_read_anyones_balance_so_we_ask_who_it_is(monkeypatch: pytest.MonkeyPatch, vcr: Any) -> None:
    """Lena asks for what a colleague has: Frappe would tell (the cassette has its answer), and the gate does not ask."""
    with workplace_of("lena", monkeypatch) as work:
        with pytest.raises(Unauthorized):
            work.leave.balances(PersonRef(employee_number="HR-EMP-00005"))
        assert vcr.play_count == 0


@pytest.mark.default_cassette("leave/balances")
@pytest.mark.vcr
def test_ones_own_balance_passes_the_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    with workplace_of("omar", monkeypatch) as work:
        assert {one.name: one.available for one in work.leave.balances()} == {ANNUAL: 28, "Sick Leave": 10, "Training Leave": 5}


@pytest.mark.default_cassette("leave/inbox")
@pytest.mark.vcr
def test_what_waits_is_in_the_one_inbox(monkeypatch: pytest.MonkeyPatch) -> None:
    with workplace_of("maria", monkeypatch) as work:
        found = work.inbox()
        assert [one.ref for one in found if one.ref.connection == "hr"] == [leave("00001"), leave("00002")]
