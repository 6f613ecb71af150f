"""Setting up leave: types, grants, schedules, closed days. Used by the demo, imports and tests, in a writing block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from workplace_sdk.connectors.local.base import inserted
from workplace_sdk.connectors.local.leave_tables import closed_days, leave_grants, leave_types, work_schedules
from workplace_sdk.services.common import Unit
from workplace_sdk.services.leave import LeaveCategory

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


def add_type(
    connection: Connection, name: str, *, category: LeaveCategory = LeaveCategory.ANNUAL, unit: Unit = Unit.DAY, **rules: Any
) -> int:
    """Add a leave type; *rules* are columns of ``leave_types``. Its id."""
    return inserted(connection, leave_types, {"name": name, "category": category.value, "unit": unit.value, **rules})


def grant(
    connection: Connection,
    person_id: int,
    type_id: int,
    amount: Decimal,
    first: date,
    last: date,
    *,
    kind: Literal["entitled", "carried_over", "adjusted"] = "entitled",
) -> int:
    """Give someone leave, in the type's unit, to be used on days from *first* to *last*, both included."""
    values = {"person_id": person_id, "type_id": type_id, "amount": amount, "first": first, "last": last, "kind": kind}
    return inserted(connection, leave_grants, values)


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
    """Say when someone (``None``: everyone without a schedule of their own) works from *first* on."""
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
    connection: Connection, kind: Literal["company", "blackout", "locked"], first: date, last: date, name: str
) -> int:
    """Close days: everyone is off (``company``), nobody can be off (``blackout``), or payroll is done (``locked``)."""
    return inserted(connection, closed_days, {"kind": kind, "first": first, "last": last, "name": name})
