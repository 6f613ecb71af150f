"""What a leave request would mean: this library's own arithmetic, joined with what the system tells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from workplace_sdk.kernel.errors import NotFound, Rejected, WorkplaceError
from workplace_sdk.kernel.operation import settled
from workplace_sdk.kernel.paging import gather
from workplace_sdk.kernel.preview import Origin, Preview, PreviewLine, Weight
from workplace_sdk.kernel.support import Native
from workplace_sdk.kernel.words import Words
from workplace_sdk.services.calendar import HOLIDAY, NON_WORKING, NOT_EMPLOYED, Holiday, Portion, WorkSchedule, charge
from workplace_sdk.services.common import Decision, DurationAmount, PersonRef, Ref
from workplace_sdk.services.leave import (
    AttachmentRule,
    DayOff,
    LeaveBalance,
    LeaveDay,
    LeaveDraft,
    LeaveRequest,
    LeaveService,
    LeaveStatus,
    LeaveType,
    SickReport,
    spoken,
)

if TYPE_CHECKING:
    from pydantic import JsonValue

    from workplace_sdk.kernel.effects import Steps
    from workplace_sdk.kernel.keys import Key

OPEN = frozenset(
    {
        LeaveStatus.SUBMITTED,
        LeaveStatus.APPROVED,
        LeaveStatus.CANCEL_REQUESTED,
        LeaveStatus.PARTLY_APPROVED,
        LeaveStatus.TAKEN,
    }
)
"""Requests whose days are spoken for."""
SHOWN = 5
"""Names and days that a line shows before it only counts."""


def charged_days(
    days: Iterable[DayOff],
    kind: LeaveType,
    schedule_on: Callable[[date], WorkSchedule | None],
    holidays: Mapping[date, Holiday],
) -> tuple[LeaveDay, ...]:
    """*days* by date with what each costs, by the schedule that holds on it; ``ValueError`` for more hours than a day has."""
    charged: list[LeaveDay] = []
    for day in sorted(days, key=lambda one: one.date):
        try:
            cost = charge(
                day.date,
                day.portion,
                unit=kind.unit,
                schedule=schedule_on(day.date),
                holidays=holidays,
                hours=day.hours,
                charges_holidays=bool(kind.charges_holidays),
            )
        except ValueError as error:
            raise ValueError(f"{day.date}: {error}") from None
        charged.append(
            LeaveDay(
                date=day.date,
                portion=day.portion,
                hours=day.hours,
                start=day.start,
                charged=cost.amount,
                why_zero=cost.why_zero,
            )
        )
    return tuple(charged)


def chosen_type(types: Sequence[LeaveType], wanted: Ref | str) -> LeaveType:
    """The type that a draft names, by reference or by name; ``NotFound`` says which there are."""
    for one in types:
        names = (one.name.casefold(), one.ref.id.casefold(), str(one.ref).casefold())
        if one.ref == wanted or (isinstance(wanted, str) and wanted.casefold() in names):
            return one
    known = ", ".join(one.name for one in types) or "none"
    raise NotFound(f"there is no leave type {wanted}; there is: {known}", field="leave_type")


def previewed(
    service: LeaveService, operation: str, draft: LeaveDraft, key: Key | None, *, replacing: LeaveRequest | None = None
) -> Steps[Preview]:
    """The lines of a preview, as far as the system offers what they are made of."""
    person: PersonRef = replacing.employee if replacing else service.person(draft.person)
    kind = chosen_type((yield from service.types.steps(person)), draft.leave_type)
    schedules = yield from _schedules(service, person, draft)
    holidays = yield from _holidays(service, person, draft)
    try:
        days = charged_days(draft.days, kind, lambda day: _holding(schedules, day), holidays)
    except ValueError as error:
        blocker = PreviewLine(code="hours", en=str(error), nl=str(error), weight=Weight.BLOCKER)
        return Preview(operation=operation, key=str(key), lines=(blocker,))
    lines = cost_lines(kind, days, holidays)
    lines += yield from _after(service, person, kind, days, replacing)
    lines += yield from _overlaps(service, person, days, replacing)
    lines += yield from _colleagues_off(service, person, draft.first_day, draft.last_day)
    lines += _rules(service, kind, draft, replacing)
    return Preview(operation=operation, key=str(key), lines=tuple(lines))


def _schedules(service: LeaveService, person: PersonRef, draft: LeaveDraft) -> Steps[list[WorkSchedule]]:
    """The schedules that hold on the days of *draft*, one after the other."""
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


def cost_lines(
    kind: LeaveType,
    days: Sequence[LeaveDay],
    holidays: Mapping[date, Holiday],
    *,
    dutch: Mapping[date, str] | None = None,
    origin: Origin = Origin.DERIVED,
) -> list[PreviewLine]:
    """What the days cost together (each of them in the line's facts), and which of them cost nothing.

    Args:
        dutch: Dutch names of the holidays, where they are known.
    """
    total = sum((day.charged.value for day in days), Decimal(0))
    amount = DurationAmount(value=total, unit=kind.unit)
    first, last = days[0].date, days[-1].date
    lines = [
        PreviewLine(
            code="charged",
            en=f"{kind.name} {_when(first, last, 'to')} costs {amount}.",
            nl=f"{kind.name} {_when(first, last, 'tot en met')} kost {spoken(amount, 'nl')}.",
            origin=origin,
            weight=Weight.INFO if total else Weight.BLOCKER,
            facts={"amount": f"{total:f}", "unit": kind.unit.value, "days": [_day_facts(day) for day in days]},
        )
    ]
    for day in days:
        if day.date in holidays and (day.why_zero == HOLIDAY or holidays[day.date].portion is not Portion.FULL):
            en, nl = holidays[day.date].name, (dutch or {}).get(day.date, holidays[day.date].name)
            half = holidays[day.date].portion is not Portion.FULL
            lines.append(
                PreviewLine(
                    code="holiday",
                    en=f"{day.date}, {en}: {'half a day is free' if half else 'costs nothing'}.",
                    nl=f"{day.date}, {nl}: {'een halve dag is vrij' if half else 'kost niets'}.",
                    origin=origin,
                    facts={"date": str(day.date), "name": en},
                )
            )
    why = Counter(day.why_zero for day in days)
    lines += _free(NON_WORKING, why[NON_WORKING], "no working days", "geen werkdagen", origin)
    lines += _free(NOT_EMPLOYED, why[NOT_EMPLOYED], "outside the employment", "buiten het dienstverband", origin)
    return lines


def _free(code: str, count: int, en: str, nl: str, origin: Origin) -> list[PreviewLine]:
    """How many days are not counted, and why."""
    if not count:
        return []
    return [
        PreviewLine(
            code=code,
            en=f"Not counted, {en}: {count}.",
            nl=f"Niet meegeteld, {nl}: {count}.",
            origin=origin,
            facts={"days": count},
        )
    ]


def _day_facts(day: LeaveDay) -> JsonValue:
    return {
        "date": str(day.date),
        "portion": day.portion.value,
        "charged": f"{day.charged.value:f}",
        "why_zero": day.why_zero,
    }


def _when(first: date, last: date, to: str) -> str:
    return str(first) if first == last else f"{first} {to} {last}"


def balance_line(
    left: DurationAmount, *, short: bool = False, period: tuple[date, date] | None = None, origin: Origin
) -> PreviewLine:
    """What is left afterwards; *period* is named when the request is in more than one."""
    lack = DurationAmount(value=abs(left.value), unit=left.unit)
    of_en = f" of {period[0]} - {period[1]}" if period else ""
    of_nl = f" van {period[0]} - {period[1]}" if period else ""
    return PreviewLine(
        code="balance_after",
        en=f"There is not enough{of_en}: short by {lack}." if short else f"After this {left}{of_en} are left.",
        nl=f"Er is niet genoeg{of_nl}: {spoken(lack, 'nl')} te kort."
        if short
        else f"Daarna is er {spoken(left, 'nl')}{of_nl} over.",
        origin=origin,
        weight=Weight.BLOCKER if short else Weight.INFO,
        facts={"amount": f"{left.value:f}", "unit": left.unit.value},
    )


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


def overlap_line(other: LeaveRequest, *, origin: Origin = Origin.DERIVED, weight: Weight = Weight.WARNING) -> PreviewLine:
    """There is a request for some of these days already."""
    text = f"{other.type_name} {other.first_day} - {other.last_day} ({other.status})"
    return PreviewLine(
        code="overlap",
        en=f"There is leave then already: {text}.",
        nl=f"Er is dan al verlof: {text}.",
        origin=origin,
        weight=weight,
        facts={"ref": str(other.ref)},
    )


def _colleagues_off(service: LeaveService, person: PersonRef, first: date, last: date) -> Steps[list[PreviewLine]]:
    """Who of the team is off then; never why."""
    if not isinstance(service.absences.support, Native) or last - first > timedelta(days=365):
        return []
    found = yield from settled(service.absences.steps(since=first, until=last))
    if isinstance(found, WorkplaceError):
        return []
    return colleagues_lines([absence.person for absence in found if not absence.person.same_person(person)])


def colleagues_lines(people: Iterable[PersonRef], *, origin: Origin = Origin.DERIVED) -> list[PreviewLine]:
    """How many colleagues are off then, and who."""
    names = sorted({one.label for one in people})
    if not names:
        return []
    more = len(names) - SHOWN
    who = ", ".join(names[:SHOWN])
    return [
        PreviewLine(
            code="colleagues_off",
            en=f"Also off then: {who}{f' and {more} more' if more > 0 else ''}.",
            nl=f"Dan ook vrij: {who}{f' en nog {more}' if more > 0 else ''}.",
            origin=origin,
            facts={"people": len(names)},
        )
    ]


def approval_line(kind: LeaveType, approver: PersonRef | None, *, origin: Origin = Origin.DERIVED) -> PreviewLine:
    """Who decides about it."""
    if kind.requires_approval is False:
        return PreviewLine(
            code="approval", en="Nobody has to approve this.", nl="Niemand hoeft dit goed te keuren.", origin=origin
        )
    if approver is None:
        return PreviewLine(
            code="approval",
            en="There is no manager to approve this: someone with that role has to.",
            nl="Er is geen leidinggevende die dit kan goedkeuren: dat moet iemand met die rol doen.",
            origin=origin,
            weight=Weight.WARNING,
        )
    return PreviewLine(
        code="approval",
        en=f"{approver.label} decides about it.",
        nl=f"{approver.label} beslist erover.",
        origin=origin,
        facts={"approver": approver.label},
    )


def blocker_line(error: Rejected, *, origin: Origin) -> PreviewLine:
    """Why it will be refused."""
    return PreviewLine(code=error.code, en=error.sentence("en"), nl=error.sentence("nl"), origin=origin, weight=Weight.BLOCKER)


def _rules(service: LeaveService, kind: LeaveType, draft: LeaveDraft, replacing: LeaveRequest | None) -> list[PreviewLine]:
    lines: list[PreviewLine] = []
    if kind.requires_reason and not draft.reason:
        lines.append(
            PreviewLine(code="reason", en="A reason has to be given.", nl="Er moet een reden bij.", weight=Weight.BLOCKER)
        )
    enclosed = draft.attachments or (replacing and replacing.attachments)
    if kind.attachments is AttachmentRule.ALWAYS and not enclosed:
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
        lines.append(approval_line(kind, None))
    return lines


def told(operation: str, key: Key | None, request: LeaveRequest, words: Words) -> Preview:
    """Which request it is about, put into *words* with a place for ``{what}``."""
    when_en, when_nl = (_when(request.first_day, request.last_day, to) for to in ("to", "tot en met"))
    line = PreviewLine(
        code="request",
        en=words.filled(what=f"{request.employee.label}, {request.type_name}, {when_en}, {request.total}").en,
        nl=words.filled(what=f"{request.employee.label}, {request.type_name}, {when_nl}, {spoken(request.total, 'nl')}").nl,
        facts={"ref": str(request.ref), "total": f"{request.total.value:f}", "unit": request.total.unit.value},
    )
    return Preview(operation=operation, key=str(key), lines=(line,))


def given_back(service: LeaveService, key: Key | None, request: LeaveRequest) -> Preview:
    """Which leave is given back; once it has begun, the approver has to agree."""
    preview = told("leave.cancel", key, request, Words("Give back: {what}", "Teruggeven: {what}"))
    if request.first_day > service.session.today():
        return preview
    line = PreviewLine(
        code="begun",
        en="It has begun: the approver has to agree, and days that you did not work come back too.",
        nl="Het is al begonnen: de goedkeurder moet akkoord gaan, en dagen die u niet werkte komen ook terug.",
        weight=Weight.WARNING,
    )
    return preview.model_copy(update={"lines": (*preview.lines, line)})


def deciding(service: LeaveService, ref: Ref, decision: Decision, key: Key | None) -> Steps[Preview]:
    """Whose request, what they have left when it is granted, and who else is off then."""
    request = yield from service.get.steps(ref)
    said = {
        Decision.APPROVE: Words("Approve: {what}", "Goedkeuren: {what}"),
        Decision.REJECT: Words("Reject: {what}", "Afwijzen: {what}"),
        Decision.RETURN: Words("Return: {what}", "Terugsturen: {what}"),
    }[decision]
    lines: list[PreviewLine] = []
    if request.status == LeaveStatus.CANCEL_REQUESTED:
        said = Words(f"Cancellation of leave. {said.en}", f"Annulering van verlof. {said.nl}")
    elif isinstance(service.balances.support, Native):
        balances = yield from service.balances.steps(request.employee, on=request.last_day)
        left = next((one for one in balances if one.leave_type == request.leave_type), None)
        if left is not None and left.available is not None:
            amount = DurationAmount(value=left.available, unit=left.unit)
            lines.append(
                PreviewLine(
                    code="balance_after",
                    en=f"{request.employee.label} has {amount} left besides it.",
                    nl=f"{request.employee.label} heeft daarnaast nog {spoken(amount, 'nl')}.",
                    origin=Origin(left.origin.value),
                    facts={"amount": f"{amount.value:f}", "unit": amount.unit.value},
                )
            )
    lines += yield from _colleagues_off(service, request.employee, request.first_day, request.last_day)
    preview = told("leave.decide", key, request, said)
    return preview.model_copy(update={"lines": (*preview.lines, *lines)})


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
