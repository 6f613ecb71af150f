"""What a leave request would mean: this library's own arithmetic, joined with what the system tells."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from workplace_sdk.kernel.errors import WorkplaceError
from workplace_sdk.kernel.operation import settled
from workplace_sdk.kernel.paging import gather
from workplace_sdk.kernel.preview import Origin, Preview, PreviewLine, Weight
from workplace_sdk.kernel.support import Native
from workplace_sdk.kernel.words import Words
from workplace_sdk.services.calendar import Holiday, HoursDoNotFit, WorkSchedule
from workplace_sdk.services.common import Decision, DurationAmount, PersonRef, Ref
from workplace_sdk.services.leave import (
    LeaveBalance,
    LeaveDay,
    LeaveDraft,
    LeaveRequest,
    LeaveService,
    LeaveStatus,
    LeaveType,
    SickReport,
)
from workplace_sdk.services.leave_lines import (
    approval_line,
    balance_line,
    besides_line,
    charged_days,
    chosen_type,
    colleagues_lines,
    cost_lines,
    overlap_line,
    state_refusal,
    told,
)
from workplace_sdk.services.leave_rules import type_problems
from workplace_sdk.services.refusals import InvalidField, blocker_line

if TYPE_CHECKING:
    from workplace_sdk.kernel.effects import Steps
    from workplace_sdk.kernel.keys import Key

OPEN: Final = frozenset(
    {
        LeaveStatus.SUBMITTED,
        LeaveStatus.APPROVED,
        LeaveStatus.CANCEL_REQUESTED,
        LeaveStatus.PARTLY_APPROVED,
        LeaveStatus.TAKEN,
    }
)
"""Requests whose days are spoken for."""
UNDECIDED: Final = frozenset({LeaveStatus.DRAFT, LeaveStatus.SUBMITTED, LeaveStatus.RETURNED, LeaveStatus.UNMAPPED})
APPROVED: Final = frozenset({LeaveStatus.APPROVED, LeaveStatus.PARTLY_APPROVED, LeaveStatus.UNMAPPED})
WAITING: Final = frozenset({LeaveStatus.SUBMITTED, LeaveStatus.CANCEL_REQUESTED, LeaveStatus.UNMAPPED})
"""What a request has to be to be changed or taken back, given back, decided about; what is not known may be any."""


def previewed(
    service: LeaveService, operation: str, draft: LeaveDraft, key: Key | None, *, replacing: LeaveRequest | None = None
) -> Steps[Preview]:
    """The lines of a preview, as far as the system offers what they are made of."""
    person: PersonRef = replacing.employee if replacing else service.person(draft.person)
    kind = chosen_type((yield from service.types.steps(person)), draft.leave_type)
    lines = state_lines(replacing, UNDECIDED) if replacing else []
    schedules = yield from _schedules(service, person, draft)
    if schedules:
        holidays = yield from _holidays(service, person, draft)
        try:
            days = charged_days(draft.days, kind, lambda day: _holding(schedules, day), holidays)
        except HoursDoNotFit as error:
            blocker = blocker_line(InvalidField(error.words, field="days"))
            return Preview(operation=operation, key=str(key), lines=(*lines, blocker))
        lines += cost_lines(kind, days, holidays)
        lines += yield from _after(service, person, kind, days, replacing)
        lines += yield from _overlaps(service, person, days, replacing)
        enclosed = replacing is not None and bool(replacing.attachments)
        problems = type_problems(kind, draft, days, today=service.session.today(), enclosed=enclosed)
        lines += [blocker_line(problem) for problem in problems]
    lines += yield from _colleagues_off(service, person, draft.first_day, draft.last_day)
    if kind.requires_approval is False:
        lines.append(approval_line(kind, None))
    return Preview(operation=operation, key=str(key), lines=tuple(lines))


def state_lines(request: LeaveRequest, wanted: Collection[LeaveStatus]) -> list[PreviewLine]:
    """That *request* is in none of the states *wanted*."""
    if request.status.value in wanted:
        return []
    return [blocker_line(state_refusal(request.status.value))]


def _schedules(service: LeaveService, person: PersonRef, draft: LeaveDraft) -> Steps[list[WorkSchedule]]:
    """The schedules that hold on the days of *draft*, one after the other; none where the system does not tell them."""
    if not isinstance(service.schedule.support, Native):
        return []
    found = [(yield from service.schedule.steps(person, on=draft.first_day))]
    while (until := found[-1].valid_until) is not None and until < draft.last_day:
        following: WorkSchedule = yield from service.schedule.steps(person, on=until + timedelta(days=1))
        if following.valid_until is not None and following.valid_until <= until:
            break
        found.append(following)
    return found


def _holding(schedules: Sequence[WorkSchedule], day: date) -> WorkSchedule:
    return next((one for one in schedules if one.valid_until is None or day <= one.valid_until), schedules[-1])


def _holidays(service: LeaveService, person: PersonRef, draft: LeaveDraft) -> Steps[dict[date, Holiday]]:
    found: dict[date, Holiday] = {}
    if isinstance(service.holidays.support, Native):
        for year in range(draft.first_day.year, draft.last_day.year + 1):
            for holiday in (yield from service.holidays.steps(person, year=year)):
                found[holiday.date] = holiday
    return found


def _after(
    service: LeaveService, person: PersonRef, kind: LeaveType, days: Sequence[LeaveDay], replacing: LeaveRequest | None
) -> Steps[list[PreviewLine]]:
    """The balance after it, by entitlement period: as of the first and of the last day, when these are in different ones."""
    costing = [day for day in days if day.charged.value]
    if not costing or not isinstance(service.balances.support, Native):
        return []
    found: list[tuple[LeaveBalance, list[LeaveDay]]] = []
    for at in (costing[0].date, costing[-1].date):
        listing = yield from service.balances.steps(person, on=at)
        balance = next((one for one in listing if one.leave_type == kind.ref), None)
        if balance is None or balance.available is None or any(balance.period == other.period for other, _ in found):
            continue
        found.append((balance, [day for day in costing if _within(day.date, balance.period)]))
    lines: list[PreviewLine] = []
    for balance, its in found:
        assert balance.available is not None
        back = _given_back(kind, balance, replacing)
        left = balance.available + back - sum((day.charged.value for day in its), Decimal(0))
        lines.append(
            balance_line(
                DurationAmount(value=left, unit=kind.unit),
                short=left < 0 and not kind.allow_negative,
                period=balance.period if len(found) > 1 else None,
                origin=Origin(balance.origin.value),
            )
        )
    return lines


def _within(day: date, period: tuple[date, date] | None) -> bool:
    return period is None or period[0] <= day <= period[1]


def _given_back(kind: LeaveType, balance: LeaveBalance, replacing: LeaveRequest | None) -> Decimal:
    """What the request that is replaced costs now, in the balance's period."""
    if replacing is None or replacing.leave_type != kind.ref or replacing.status.value not in OPEN:
        return Decimal(0)
    return sum((day.charged.value for day in replacing.days if _within(day.date, balance.period)), Decimal(0))


def _overlaps(
    service: LeaveService, person: PersonRef, days: Sequence[LeaveDay], replacing: LeaveRequest | None
) -> Steps[list[PreviewLine]]:
    wanted = {day.date for day in days if day.charged.value}
    if not wanted or not isinstance(service.requests.support, Native):
        return []
    asked = yield from gather(service.requests.steps(person, status=OPEN, since=min(wanted), until=max(wanted)))
    others = [other for other in asked if replacing is None or other.ref != replacing.ref]
    return [overlap_line(other) for other in others if wanted & {day.date for day in other.days if day.charged.value}]


def _colleagues_off(service: LeaveService, person: PersonRef, first: date, last: date) -> Steps[list[PreviewLine]]:
    """Who of the team is off then; never why."""
    if not isinstance(service.absences.support, Native) or last - first > timedelta(days=365):
        return []
    found = yield from settled(service.absences.steps(since=first, until=last))
    if isinstance(found, WorkplaceError):
        return []
    return colleagues_lines([absence.person for absence in found if not absence.person.same_person(person)])


def withdrawing(key: Key | None, request: LeaveRequest) -> Preview:
    """Which request goes."""
    preview = told("leave.withdraw", key, request, Words("Withdraw: {what}", "Intrekken: {what}"))
    return preview.model_copy(update={"lines": (*preview.lines, *state_lines(request, UNDECIDED))})


def given_back(service: LeaveService, key: Key | None, request: LeaveRequest) -> Preview:
    """Which leave is given back; once it has begun, the approver has to agree."""
    preview = told("leave.cancel", key, request, Words("Give back: {what}", "Teruggeven: {what}"))
    lines = [*preview.lines, *state_lines(request, APPROVED)]
    if request.first_day <= service.session.today() and len(lines) == 1:
        lines.append(BEGUN)
    return preview.model_copy(update={"lines": tuple(lines)})


WHICH: Final = Words("approve, reject or return", "keur goed, wijs af of stuur terug")
BEGUN: Final = PreviewLine(
    code="begun",
    en="It has begun: the approver has to agree, and all of its days come back.",
    nl="Het is al begonnen: de goedkeurder moet akkoord gaan, en alle dagen ervan komen terug.",
    weight=Weight.WARNING,
)


def deciding(service: LeaveService, ref: Ref, decision: Decision, key: Key | None) -> Steps[Preview]:
    """Whose request, what they have left when it is granted, and who else is off then."""
    request = yield from service.get.steps(ref)
    preview = decided(request, decision, key)
    lines = state_lines(request, WAITING)
    if request.status != LeaveStatus.CANCEL_REQUESTED and isinstance(service.balances.support, Native):
        balances = yield from service.balances.steps(request.employee, on=request.last_day)
        left = next((one for one in balances if one.leave_type == request.leave_type), None)
        if left is not None:
            lines += besides_line(left)
    lines += yield from _colleagues_off(service, request.employee, request.first_day, request.last_day)
    return preview.model_copy(update={"lines": (*preview.lines, *lines)})


def decided(request: LeaveRequest, decision: Decision, key: Key | None) -> Preview:
    """Whose request is decided about, and how."""
    words = {
        Decision.APPROVE: Words("Approve: {what}", "Goedkeuren: {what}"),
        Decision.REJECT: Words("Reject: {what}", "Afwijzen: {what}"),
        Decision.RETURN: Words("Return: {what}", "Terugsturen: {what}"),
    }
    if decision not in words:
        raise InvalidField(WHICH, field="decision")
    said = words[decision]
    if request.status == LeaveStatus.CANCEL_REQUESTED:
        said = Words(f"Cancellation of leave. {said.en}", f"Annulering van verlof. {said.nl}")
    return told("leave.decide", key, request, said)


def reporting_sick(service: LeaveService, report: SickReport, key: Key | None) -> Steps[Preview]:
    """Who is reported ill from when; and a warning about leave that falls in it."""
    person: PersonRef = service.person(report.person)
    first: date = report.first_day or service.session.today()
    line = PreviewLine(
        code="sick",
        en=f"{person.label} is reported ill from {first}.",
        nl=f"{person.label} wordt ziek gemeld vanaf {first}.",
        facts={"first_day": str(first)},
    )
    lines = [line]
    if isinstance(service.requests.support, Native):
        found = yield from gather(
            service.requests.steps(person, status=OPEN, since=first, until=report.expected_until or first)
        )
        for other in found:
            what = f"{other.first_day} - {other.last_day}"
            lines.append(
                PreviewLine(
                    code="leave_meanwhile",
                    en=f"There is leave then ({what}): ask whether those days are given back.",
                    nl=f"Er is dan verlof ({what}): vraag of die dagen worden teruggegeven.",
                    weight=Weight.WARNING,
                    facts={"ref": str(other.ref)},
                )
            )
    return Preview(operation="leave.report_sick", key=str(key), lines=tuple(lines))


def reporting_recovered(service: LeaveService, ref: Ref, back_on: date | None, key: Key | None) -> Steps[Preview]:
    """Who is back at work, and when."""
    case = yield from service.sick_case.steps(ref)
    day: date = back_on or service.session.today()
    line = PreviewLine(
        code="recovered",
        en=f"{case.employee.label}, ill since {case.first_day}, is back at work on {day}.",
        nl=f"{case.employee.label}, ziek sinds {case.first_day}, is op {day} weer aan het werk.",
        facts={"ref": str(case.ref), "back_on": str(day)},
    )
    return Preview(operation="leave.report_recovered", key=str(key), lines=(line,))
