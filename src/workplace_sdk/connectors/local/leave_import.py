"""Loading leave types, what people are granted, and work schedules from CSV."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import sqlalchemy as sa

from workplace_sdk.connectors.local.base import matching
from workplace_sdk.connectors.local.importing import ImportReport, Progress, csv_rows, loaded, quiet
from workplace_sdk.connectors.local.leave_setup import add_type, grant, set_schedule
from workplace_sdk.connectors.local.leave_tables import leave_grants, leave_types, work_schedules
from workplace_sdk.kernel.errors import InvalidInput
from workplace_sdk.services.calendar import parse_week
from workplace_sdk.services.common import PersonRef, Unit
from workplace_sdk.services.leave import AttachmentRule, LeaveCategory, Pay

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

Row = Mapping[str, str]
FLAGS: Final = (
    "half_days",
    "hours",
    "requires_approval",
    "requires_reason",
    "allow_negative",
    "unlimited",
    "charges_holidays",
    "confidential",
    "active",
)
NUMBERS: Final = ("min_notice", "attachment_after", "max_days")
TYPE_COLUMNS: Final = ("name", "category", "unit", "increment", "attachments", "paid", "reasons", *FLAGS, *NUMBERS)
GRANT_COLUMNS: Final = ("person", "type", "amount", "first", "last", "kind", "usable_from", "usable_until")
SCHEDULE_COLUMNS: Final = ("person", "week", "first", "last", "fte")
KINDS: Final = ("entitled", "carried_over", "accrued", "adjusted")


def import_types(connection: Connection, source: Path, *, progress: Progress = quiet) -> ImportReport:
    """Add the leave types of a CSV file, or update those with the same name.

    Columns: ``TYPE_COLUMNS``; flags are yes or no, ``reasons`` are separated by ``;`` or ``|``. What is left empty is as ``leave_types`` has it by default, or stays.

    Raises:
        InvalidInput: The file as a whole cannot be read; a row that cannot be is in the report.
    """
    return loaded(connection, source, list(csv_rows(source, TYPE_COLUMNS)), lambda row: _type(connection, row), progress)


def import_grants(connection: Connection, name: str, source: Path, *, progress: Progress = quiet) -> ImportReport:
    """Add what the people of the connection *name* are granted, or update the amount granted for the same dates.

    Columns: ``GRANT_COLUMNS``. *person* is a number, login or e-mail address as ``PersonRef.parse`` reads it; amounts are in the
    type's unit; ``first`` and ``last`` are the entitlement period, ``usable_from`` and ``usable_until`` when it may be used.

    Raises:
        InvalidInput: The file as a whole cannot be read; a row that cannot be is in the report.
    """
    return loaded(
        connection, source, list(csv_rows(source, GRANT_COLUMNS)), lambda row: _grant(connection, name, row), progress
    )


def import_schedules(connection: Connection, name: str, source: Path, *, progress: Progress = quiet) -> ImportReport:
    """Add when people work, or change it from the same first day on.

    Columns: ``SCHEDULE_COLUMNS``. ``week`` is hours from Monday (``8 8 8 8 4``); an empty *person* is everyone without a
    schedule of their own.

    Raises:
        InvalidInput: The file as a whole cannot be read; a row that cannot be is in the report.
    """
    rows = list(csv_rows(source, SCHEDULE_COLUMNS))
    return loaded(connection, source, rows, lambda row: _schedule(connection, name, row), progress)


def _type(connection: Connection, row: Row) -> bool:
    name = _needed(row, "name")
    values: dict[str, Any] = {flag: _flag(row[flag], flag) for flag in FLAGS if row.get(flag)}
    values |= {column: _number(row[column], column) for column in NUMBERS if row.get(column)}
    words: dict[str, type[StrEnum]] = {"category": LeaveCategory, "unit": Unit, "attachments": AttachmentRule, "paid": Pay}
    values |= {column: _word(row[column], kind, column) for column, kind in words.items() if row.get(column)}
    if row.get("reasons"):
        values["reasons"] = [part.strip() for part in re.split(r"[;|]", row["reasons"]) if part.strip()]
    if row.get("increment"):
        values["increment"] = _amount(row["increment"], "increment")
    known = connection.execute(sa.select(leave_types).where(sa.func.lower(leave_types.c.name) == name.lower())).one_or_none()
    if known is None:
        category = LeaveCategory(values.pop("category", LeaveCategory.ANNUAL))
        add_type(connection, name, category=category, unit=Unit(values.pop("unit", Unit.DAY)), **values)
        return True
    if values.get("unit", known.unit) != known.unit:
        raise InvalidInput(f"{name} is counted in {known.unit}s already", field="unit")
    if values:
        connection.execute(leave_types.update().where(leave_types.c.id == known.id).values(**values))
    return False


def _grant(connection: Connection, name: str, row: Row) -> bool:
    person_id = _person(connection, name, _needed(row, "person"))
    wanted = _needed(row, "type")
    type_id = connection.execute(
        sa.select(leave_types.c.id).where(sa.func.lower(leave_types.c.name) == wanted.lower())
    ).scalar()
    if type_id is None:
        raise InvalidInput(f"there is no leave type {wanted}", field="type")
    amount = _amount(_needed(row, "amount"), "amount")
    first, last = _date(_needed(row, "first"), "first"), _date(_needed(row, "last"), "last")
    kind = row.get("kind") or "entitled"
    if kind not in KINDS:
        raise InvalidInput(f"{kind} is none of {', '.join(KINDS)}", field="kind")
    usable_from, usable_until = (_date(row[name], name) if row.get(name) else None for name in ("usable_from", "usable_until"))
    same = sa.select(leave_grants.c.id).where(
        leave_grants.c.person_id == person_id,
        leave_grants.c.type_id == type_id,
        leave_grants.c.kind == kind,
        leave_grants.c.first == first,
        leave_grants.c.last == last,
        leave_grants.c.usable_from.is_not_distinct_from(usable_from),
        leave_grants.c.usable_until.is_not_distinct_from(usable_until),
    )
    known = connection.execute(same).scalars().all()
    if not known:
        dates = {"usable_from": usable_from, "usable_until": usable_until}
        grant(connection, person_id, type_id, amount, first, last, kind=cast("Any", kind), **dates)
        return True
    if len(known) > 1:
        raise InvalidInput("several grants have these dates: change them by code", field="first")
    if amount < 0 and kind != "adjusted":
        raise InvalidInput("only a correction is below zero", field="amount")
    connection.execute(leave_grants.update().where(leave_grants.c.id == known[0]).values(amount=amount))
    return False


def _schedule(connection: Connection, name: str, row: Row) -> bool:
    person_id = _person(connection, name, row["person"]) if row.get("person") else None
    try:
        week = parse_week(_needed(row, "week"))
    except ValueError as error:
        raise InvalidInput(str(error), field="week") from None
    first = _date(_needed(row, "first"), "first")
    last = _date(row["last"], "last") if row.get("last") else None
    fte = _amount(row["fte"], "fte") if row.get("fte") else None
    same = (work_schedules.c.person_id.is_not_distinct_from(person_id)) & (work_schedules.c.first == first)
    gone = connection.execute(work_schedules.delete().where(same)).rowcount
    set_schedule(connection, person_id, week, first=first, last=last, fte=fte)
    return not gone


def _person(connection: Connection, name: str, text: str) -> int:
    if text.isdecimal():
        text = f"nr:{text}"
    found = matching(connection, PersonRef.parse(text), name)
    if len(found) != 1:
        raise InvalidInput(f"{text} is {'several people' if found else 'nobody here'}", field="person")
    return int(found[0].id)


def _needed(row: Row, column: str) -> str:
    if not row.get(column):
        raise InvalidInput(f"{column} is needed", field=column)
    return row[column]


def _date(text: str, column: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"{text!r} is no date such as 2026-12-31", field=column) from None


def _amount(text: str, column: str) -> Decimal:
    try:
        amount = Decimal(text.replace(",", "."))
    except InvalidOperation:
        raise InvalidInput(f"{text!r} is no number such as 7.5", field=column) from None
    if not amount.is_finite():
        raise InvalidInput(f"{text!r} is no number such as 7.5", field=column)
    return amount


def _number(text: str, column: str) -> int:
    if not text.isdecimal():
        raise InvalidInput(f"{text!r} is no whole number", field=column)
    return int(text)


def _flag(text: str, column: str) -> bool:
    told = {"yes": True, "true": True, "1": True, "ja": True, "no": False, "false": False, "0": False, "nee": False}
    if text.casefold() not in told:
        raise InvalidInput(f"{text!r} is neither yes nor no", field=column)
    return told[text.casefold()]


def _word(text: str, kind: type[StrEnum], column: str) -> str:
    try:
        return kind(text.casefold()).value
    except ValueError:
        raise InvalidInput(f"{text!r} is none of {', '.join(kind)}", field=column) from None
