"""Setting up leave: types, grants, schedules, closed days. Used by the demo, imports and tests, in a writing block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from workplace_sdk.connectors.local.base import inserted
from workplace_sdk.connectors.local.leave_tables import closed_days, leave_grants, leave_types, work_schedules
from workplace_sdk.kernel.errors import InvalidInput
from workplace_sdk.services.calendar import Portion
from workplace_sdk.services.common import Unit
from workplace_sdk.services.leave import LeaveCategory

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


def add_type(
    connection: Connection,
    name: str,
    *,
    category: LeaveCategory = LeaveCategory.ANNUAL,
    unit: Unit = Unit.DAY,
    **rules: Any,
) -> int:
    """Add a leave type; *rules* are columns of ``leave_types``. Its id.

    Raises:
        InvalidInput: *unit* is not days or hours.
    """
    if unit is Unit.MINUTE:
        raise InvalidInput("leave is counted in days or in hours", field="unit")
    return inserted(connection, leave_types, {"name": name, "category": category.value, "unit": unit.value, **rules})


def grant(
    connection: Connection,
    person_id: int,
    type_id: int,
    amount: Decimal,
    first: date,
    last: date,
    *,
    kind: Literal["entitled", "carried_over", "accrued", "adjusted"] = "entitled",
    usable_from: date | None = None,
    usable_until: date | None = None,
) -> int:
    """Give someone leave, in the type's unit, for the period from *first* to *last*, both included.

    What is usable after its period counts as carried over then; nothing has to be moved at new year. Dutch statutory leave
    of 2026 is ``usable_until=date(2027, 6, 30)``, leave beyond the statutory ``usable_until=date(2031, 12, 31)``.

    Args:
        amount: Below zero only for a correction (``adjusted``).
        usable_from: First day that may draw on it; *first* when left out.
        usable_until: Last day that may; *last* when left out.

    Raises:
        InvalidInput: The dates are not in order, or the amount is below zero.

    Source: Dutch Civil Code 7:640a (statutory leave lapses six months after its year) and 7:642 (five years).
    """
    start, end = usable_from or first, usable_until or last
    if last < first or end < start:
        raise InvalidInput("the last day is before the first", field="last")
    if amount < 0 and kind != "adjusted":
        raise InvalidInput("only a correction is below zero", field="amount")
    values = {"person_id": person_id, "type_id": type_id, "amount": amount, "first": first, "last": last, "kind": kind}
    return inserted(connection, leave_grants, {**values, "usable_from": usable_from, "usable_until": usable_until})


def accrue(
    connection: Connection,
    person_id: int,
    type_id: int,
    per_month: Decimal,
    first: date,
    last: date,
    *,
    usable_until: date | None = None,
) -> tuple[int, ...]:
    """Let someone build up *per_month* for every month from *first* to *last*, usable from the first of the next month on.

    Returns:
        The ids of the grants, one per month.

    Raises:
        InvalidInput: The period does not begin and end with a month.
    """
    from datetime import timedelta

    if first.day != 1 or (last + timedelta(days=1)).day != 1 or last < first:
        raise InvalidInput("leave is built up over whole months", field="first")
    ids: list[int] = []
    month = first
    while month <= last:
        month = (month.replace(day=28) + timedelta(days=4)).replace(day=1)
        until = max(usable_until or last, month)
        ids.append(
            grant(connection, person_id, type_id, per_month, first, last, kind="accrued", usable_from=month, usable_until=until)
        )
    return tuple(ids)


def set_schedule(
    connection: Connection,
    person_id: int | None,
    hours: Sequence[Decimal],
    *,
    first: date,
    last: date | None = None,
    exceptions: Mapping[date, Decimal] | None = None,
    fte: Decimal | None = None,
) -> int:
    """Say when someone (``None``: everyone without a schedule of their own) works from *first* on, up to and including *last*.

    A later one takes over from its first day. Its id.

    Args:
        hours: Seven numbers, Monday first.
        exceptions: Hours on single dates (a roster), instead of the weekday's.

    Raises:
        InvalidInput: Not seven numbers from 0 to 24, or *last* is before *first*.
    """
    if len(hours) != 7 or any(not 0 <= value <= 24 for value in (*hours, *(exceptions or {}).values())):
        raise InvalidInput("a week has seven numbers of hours, from 0 to 24 each", field="hours")
    if last is not None and last < first:
        raise InvalidInput("the last day is before the first", field="last")
    values = {
        "person_id": person_id,
        "first": first,
        "last": last,
        "hours": [str(value) for value in hours],
        "exceptions": {day.isoformat(): str(value) for day, value in (exceptions or {}).items()},
        "fte": fte,
    }
    return inserted(connection, work_schedules, values)


def close_days(
    connection: Connection,
    kind: Literal["company", "blackout", "locked"],
    first: date,
    last: date,
    name: str,
    *,
    portion: Portion = Portion.FULL,
) -> int:
    """Close days: everyone is off (``company``, perhaps a half day), nobody can be (``blackout``), or payroll is done (``locked``)."""
    values = {"kind": kind, "first": first, "last": last, "name": name, "portion": portion.value}
    return inserted(connection, closed_days, values)
