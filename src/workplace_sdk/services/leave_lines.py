"""What days cost, and lines of previews of leave: cost, balance, overlaps, colleagues, approval, in English and Dutch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from workplace_sdk.kernel.errors import NotFound
from workplace_sdk.kernel.preview import Origin, Preview, PreviewLine, Weight
from workplace_sdk.kernel.words import Words
from workplace_sdk.services.calendar import (
    HOLIDAY,
    NON_WORKING,
    NOT_EMPLOYED,
    Holiday,
    HoursDoNotFit,
    Portion,
    WorkSchedule,
    charge,
)
from workplace_sdk.services.common import DurationAmount, PersonRef, Ref
from workplace_sdk.services.leave_errors import spoken
from workplace_sdk.services.leave_models import DayOff, LeaveBalance, LeaveDay, LeaveRequest, LeaveStatus, LeaveType
from workplace_sdk.services.refusals import NotPossible
from workplace_sdk.services.vocabulary import word

if TYPE_CHECKING:
    from pydantic import JsonValue

    from workplace_sdk.kernel.keys import Key

SHOWN: Final = 5
"""Names and days that a line shows before it only counts."""


def charged_days(
    days: Iterable[DayOff],
    kind: LeaveType,
    schedule_on: Callable[[date], WorkSchedule | None],
    holidays: Mapping[date, Holiday],
) -> tuple[LeaveDay, ...]:
    """*days* by date with what each costs, by the schedule that holds on it; ``HoursDoNotFit`` for more hours than a day has."""
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
                start=day.start,
                charges_holidays=bool(kind.charges_holidays),
            )
        except HoursDoNotFit as error:
            words = error.words
            raise HoursDoNotFit(Words(f"{day.date}: {words.en}", f"{day.date}: {words.nl}")) from None
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


def overlap_line(other: LeaveRequest, *, origin: Origin = Origin.DERIVED, weight: Weight = Weight.WARNING) -> PreviewLine:
    """There is a request for some of these days already."""
    text = f"{other.type_name} {other.first_day} - {other.last_day}"
    return PreviewLine(
        code="overlap",
        en=f"There is leave then already: {text} ({word(other.status)}).",
        nl=f"Er is dan al verlof: {text} ({word(other.status, 'nl')}).",
        origin=origin,
        weight=weight,
        facts={"ref": str(other.ref)},
    )


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


def besides_line(left: LeaveBalance) -> list[PreviewLine]:
    """What someone has left besides a request that is being decided about."""
    if left.available is None:
        return []
    amount = DurationAmount(value=left.available, unit=left.unit)
    return [
        PreviewLine(
            code="balance_after",
            en=f"{left.employee.label} has {amount} left besides it.",
            nl=f"{left.employee.label} heeft daarnaast nog {spoken(amount, 'nl')}.",
            origin=Origin(left.origin.value),
            facts={"amount": f"{amount.value:f}", "unit": amount.unit.value},
        )
    ]


def state_refusal(status: LeaveStatus) -> NotPossible:
    """It is in a state that does not allow this."""
    return NotPossible(Words(f"it is {word(status)}", f"het is {word(status, 'nl')}"), field="ref", native_code=status.value)
