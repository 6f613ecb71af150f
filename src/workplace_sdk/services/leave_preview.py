"""What a leave request would mean: this library's own arithmetic, joined with what the system tells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from workplace_sdk.kernel.errors import NotFound, WorkplaceError
from workplace_sdk.kernel.operation import settled
from workplace_sdk.kernel.paging import gather
from workplace_sdk.kernel.preview import Origin, Preview, PreviewLine, Weight
from workplace_sdk.kernel.support import Native
from workplace_sdk.services.calendar import HOLIDAY, Holiday, WorkSchedule, charge
from workplace_sdk.services.common import DurationAmount, PersonRef, Ref, Unit
from workplace_sdk.services.leave import (
    LeaveBalance,
    LeaveDay,
    LeaveDraft,
    LeaveRequest,
    LeaveService,
    LeaveStatus,
    LeaveType,
)

if TYPE_CHECKING:
    from workplace_sdk.kernel.effects import Steps
    from workplace_sdk.kernel.keys import Key

OPEN = frozenset(
    {LeaveStatus.SUBMITTED, LeaveStatus.APPROVED, LeaveStatus.CANCEL_REQUESTED, LeaveStatus.PARTLY_APPROVED, LeaveStatus.TAKEN}
)
"""Requests whose days are spoken for."""


def charged_days(
    draft: LeaveDraft, *, unit: Unit, schedule: WorkSchedule, holidays: Mapping[date, Holiday], charges_holidays: bool = False
) -> tuple[LeaveDay, ...]:
    """The days of *draft*, by date, with what each costs by the schedule; ``ValueError`` for more hours than a day has."""
    days: list[LeaveDay] = []
    for day in sorted(draft.days, key=lambda one: one.date):
        cost = charge(
            day.date,
            day.portion,
            unit=unit,
            schedule=schedule,
            holidays=holidays,
            hours=day.hours,
            charges_holidays=charges_holidays,
        )
        given = day.model_dump()
        days.append(LeaveDay(**given, charged=cost.amount, why_zero=cost.why_zero))
    return tuple(days)


def chosen_type(types: tuple[LeaveType, ...], wanted: Ref | str) -> LeaveType:
    """The type that a draft names, by reference or by name; ``NotFound`` says which there are."""
    for one in types:
        if one.ref == wanted or (isinstance(wanted, str) and wanted.casefold() in (one.name.casefold(), one.ref.id.casefold())):
            return one
    known = ", ".join(one.name for one in types) or "none"
    raise NotFound(f"there is no leave type {wanted}; there is: {known}", field="leave_type")


def previewed(
    service: LeaveService, draft: LeaveDraft, key: Key | None, *, replacing: LeaveRequest | None = None
) -> Steps[Preview]:
    """The lines of a preview, as far as the system offers what they are made of."""
    person: PersonRef = service.person(draft.person)
    kind = chosen_type((yield from service.types.steps(person)), draft.leave_type)
    schedule = yield from service.schedule.steps(person, on=draft.first_day)
    holidays = yield from _holidays(service, person, draft)
    try:
        days = charged_days(
            draft, unit=kind.unit, schedule=schedule, holidays=holidays, charges_holidays=bool(kind.charges_holidays)
        )
    except ValueError as error:
        blocker = PreviewLine(code="hours", en=str(error), nl=str(error), weight=Weight.BLOCKER)
        return Preview(operation="leave.submit", key=str(key), lines=(blocker,))
    total = sum((day.charged.value for day in days), Decimal(0))
    lines = [*_cost(kind, days, total, holidays)]
    lines += yield from _after(service, person, kind, total, draft, replacing)
    lines += yield from _overlaps(service, person, draft, replacing)
    lines += yield from colleagues_off(service, person, draft.first_day, draft.last_day)
    lines += _rules(service, kind, draft)
    return Preview(operation="leave.submit", key=str(key), lines=tuple(lines))


def _holidays(service: LeaveService, person: PersonRef, draft: LeaveDraft) -> Steps[dict[date, Holiday]]:
    found: dict[date, Holiday] = {}
    if isinstance(service.holidays.support, Native):
        for year in range(draft.first_day.year, draft.last_day.year + 1):
            for holiday in (yield from service.holidays.steps(person, year=year)):
                found[holiday.date] = holiday
    return found


def _cost(kind: LeaveType, days: tuple[LeaveDay, ...], total: Decimal, holidays: Mapping[date, Holiday]) -> list[PreviewLine]:
    amount = DurationAmount(value=total, unit=kind.unit)
    first, last = days[0].date, days[-1].date
    lines = [
        PreviewLine(
            code="charged",
            en=f"{kind.name} from {first} to {last} costs {amount}.",
            nl=f"{kind.name} van {first} tot en met {last} kost {_dutch(amount)}.",
            weight=Weight.INFO if total else Weight.BLOCKER,
            facts={"amount": str(total), "unit": kind.unit.value},
        )
    ]
    for day in days:
        if day.why_zero == HOLIDAY and day.date in holidays:
            name = holidays[day.date].name
            text = f"{day.date}: {name}"
            lines.append(
                PreviewLine(
                    code="holiday", en=f"{text}, costs nothing.", nl=f"{text}, kost niets.", facts={"date": str(day.date)}
                )
            )
    free = Counter(day.why_zero for day in days)["non_working"]
    if free:
        lines.append(
            PreviewLine(
                code="non_working",
                en=f"{free} of the days are no working days.",
                nl=f"{free} van de dagen zijn geen werkdagen.",
                facts={"days": free},
            )
        )
    return lines


def _after(
    service: LeaveService, person: PersonRef, kind: LeaveType, total: Decimal, draft: LeaveDraft, replacing: LeaveRequest | None
) -> Steps[list[PreviewLine]]:
    if not isinstance(service.balances.support, Native):
        return []
    balances = yield from service.balances.steps(person, on=draft.last_day)
    balance: LeaveBalance | None = next((one for one in balances if one.leave_type == kind.ref), None)
    if balance is None or balance.available is None:
        return []
    back = (
        replacing.total.value
        if replacing is not None and replacing.leave_type == kind.ref and replacing.status in OPEN
        else Decimal(0)
    )
    left = balance.available + back - total
    after = DurationAmount(value=left, unit=kind.unit)
    short = left < 0 and not kind.allow_negative
    return [
        PreviewLine(
            code="balance_after",
            en=f"After this {after} are left." if not short else f"There is not enough: short by {abs(left).normalize():f}.",
            nl=f"Daarna is er {_dutch(after)} over." if not short else f"Er is niet genoeg: {abs(left).normalize():f} te kort.",
            origin=Origin(balance.origin.value),
            weight=Weight.BLOCKER if short else Weight.INFO,
            facts={"amount": str(left), "unit": kind.unit.value},
        )
    ]


def _overlaps(
    service: LeaveService, person: PersonRef, draft: LeaveDraft, replacing: LeaveRequest | None
) -> Steps[list[PreviewLine]]:
    if not isinstance(service.requests.support, Native):
        return []
    asked = yield from gather(service.requests.steps(person, status=OPEN, since=draft.first_day, until=draft.last_day))
    wanted = {day.date for day in draft.days}
    lines: list[PreviewLine] = []
    for other in asked:
        if replacing is not None and other.ref == replacing.ref:
            continue
        common = sorted(wanted & {day.date for day in other.days if day.charged.value})
        if common:
            text = f"{other.type_name} {other.first_day} - {other.last_day} ({other.status})"
            lines.append(
                PreviewLine(
                    code="overlap",
                    en=f"There is leave then already: {text}.",
                    nl=f"Er is dan al verlof: {text}.",
                    weight=Weight.WARNING,
                    facts={"ref": str(other.ref)},
                )
            )
    return lines


def colleagues_off(service: LeaveService, person: PersonRef, first: date, last: date) -> Steps[list[PreviewLine]]:
    """Who of the team is off then; never why."""
    if not isinstance(service.absences.support, Native) or last - first > timedelta(days=365):
        return []
    found = yield from settled(service.absences.steps(since=first, until=last))
    if isinstance(found, WorkplaceError):
        return []
    names = sorted({absence.person.label for absence in found if not absence.person.same_person(person)})
    if not names:
        return []
    who = ", ".join(names[:5]) + (" ..." if len(names) > 5 else "")
    facts = {"people": len(names)}
    return [PreviewLine(code="colleagues_off", en=f"Also off then: {who}.", nl=f"Dan ook vrij: {who}.", facts={**facts})]


def _rules(service: LeaveService, kind: LeaveType, draft: LeaveDraft) -> list[PreviewLine]:
    lines: list[PreviewLine] = []
    if kind.requires_reason and not draft.reason:
        lines.append(
            PreviewLine(code="reason", en="A reason has to be given.", nl="Er moet een reden bij.", weight=Weight.BLOCKER)
        )
    if kind.attachments == "always" and not draft.attachments:
        lines.append(
            PreviewLine(
                code="attachment", en="A document has to be added.", nl="Er moet een document bij.", weight=Weight.BLOCKER
            )
        )
    notice = (draft.first_day - service.session.today()).days
    if kind.min_notice is not None and notice < kind.min_notice:
        lines.append(
            PreviewLine(
                code="notice",
                en=f"This is asked for at least {kind.min_notice} days before.",
                nl=f"Dit wordt minstens {kind.min_notice} dagen van tevoren gevraagd.",
                weight=Weight.BLOCKER,
            )
        )
    if kind.requires_approval is False:
        lines.append(PreviewLine(code="approval", en="Nobody has to approve this.", nl="Niemand hoeft dit goed te keuren."))
    return lines


def _dutch(amount: DurationAmount) -> str:
    one, many = {Unit.DAY: ("dag", "dagen"), Unit.HOUR: ("uur", "uur"), Unit.MINUTE: ("minuut", "minuten")}[amount.unit]
    return f"{amount.value.normalize():f} {one if amount.value == 1 else many}"
