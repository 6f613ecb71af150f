"""Erasing a person from the local store.

What was about the person goes: profile, leave, receipts, comments' and tickets' names. What the law has the
organisation keep (amounts of expenses, that a ticket was there) stays, without the person. The row of the person stays
as an empty shell, so that what is kept still counts as somebody's.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from attrs import frozen

from workplace_sdk.connectors.local.schema import files, people
from workplace_sdk.connectors.local.tables import metadata
from workplace_sdk.search.index import remove

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_GONE = ("leave_requests", "leave_grants", "work_schedules", "sick_cases", "room_waits")
"""Tables whose rows about a person are removed; their own details go with them."""
_FREE_TEXT = {
    "tickets": ("title", "description", "folded", "resolution", "contact", "place_text", "geo"),
    "ticket_events": ("text",),
    "expense_events": ("comment",),
    "comments": ("body",),
    "meetings": ("subject", "body", "online"),
}
"""Texts a person wrote, which may say who they are."""


@frozen
class ForgetReport:
    """What was erased: rows by table, and the pseudonym that stands for the person from now on."""

    pseudonym: str
    rows: dict[str, int]


def forget(connection: Connection, name: str, person_id: int) -> ForgetReport:
    """Erase the person with that id from every table of the store, in the caller's transaction. Doing it again changes nothing more."""
    pseudonym = secrets.token_hex(4)
    done: dict[str, int] = {}
    mine = files.c.owner_id == person_id
    done["files"] = connection.execute(files.delete().where(mine)).rowcount
    for table_name in _GONE:
        if table_name in metadata.tables:
            table = metadata.tables[table_name]
            if table_name == "leave_requests":
                ids = sa.select(table.c.id).where(table.c.person_id == person_id)
                done["files"] += connection.execute(
                    files.delete().where(files.c.kind == "leave", files.c.record_id.in_(ids))
                ).rowcount
            done[table_name] = connection.execute(table.delete().where(table.c.person_id == person_id)).rowcount
    for table_name, columns in _FREE_TEXT.items():
        if table_name in metadata.tables:
            done[table_name] = _blanked(connection, metadata.tables[table_name], columns, person_id)
    _meetings(connection, person_id)
    done["expense_lines"] = _expenses(connection, person_id)
    done["people"] = connection.execute(people.update().where(people.c.id == person_id).values(**_shell(pseudonym))).rowcount
    done["people"] += connection.execute(
        people.update().where(people.c.manager_id == person_id).values(manager_id=None)
    ).rowcount
    done["people_index"] = remove(connection, name, [str(person_id)])
    return ForgetReport(pseudonym, {table: rows for table, rows in done.items() if rows})


def _meetings(connection: Connection, person_id: int) -> None:
    """That rooms were booked and lunch ordered stays; what was written with it goes (a cancellation says why)."""
    meetings, times, orders = (metadata.tables[name] for name in ("meetings", "meeting_times", "orders"))
    mine = sa.select(meetings.c.id).where(meetings.c.organizer_id == person_id)
    connection.execute(times.update().where(times.c.meeting_id.in_(mine)).values(conflict=None))
    connection.execute(orders.update().where(orders.c.meeting_id.in_(mine)).values(note=None))


def _expenses(connection: Connection, person_id: int) -> int:
    """Amounts, dates and VAT stay, as the law has it; what says who and where goes."""
    reports, lines = metadata.tables["expense_reports"], metadata.tables["expense_lines"]
    mine = sa.select(reports.c.id).where(reports.c.person_id == person_id)
    connection.execute(reports.update().where(reports.c.person_id == person_id).values(title="(erased)", purpose=""))
    gone = ("distance", "trip", "days", "place", "draft", "violations")
    empty: dict[str, Any] = {"description": "", "merchant": None, "remark": None, "attendees": []}
    empty |= {name: sa.null() for name in gone}
    cards = metadata.tables["card_transactions"]
    connection.execute(cards.update().where(cards.c.person_id == person_id).values(merchant=None, card=None))
    return connection.execute(lines.update().where(lines.c.report_id.in_(mine)).values(**empty)).rowcount


def _blanked(connection: Connection, table: sa.Table, columns: tuple[str, ...], person_id: int) -> int:
    """Blank texts of rows that the person wrote."""
    whose = {
        "tickets": "requester_id",
        "ticket_events": "by_id",
        "expense_events": "person_id",
        "comments": "author_id",
        "meetings": "organizer_id",
    }[table.name]
    values = {name: "(erased)" if not table.c[name].nullable else None for name in columns}
    written = table.c[whose] == person_id
    if table.name == "ticket_events":  # how their own tickets were solved, too
        tickets = metadata.tables["tickets"]
        written |= table.c.ticket_id.in_(sa.select(tickets.c.id).where(tickets.c.requester_id == person_id))
    return connection.execute(table.update().where(written).values(**values)).rowcount


def _shell(pseudonym: str) -> dict[str, Any]:
    kept = {"id", "display_name", "visibility", "active", "changed_at"}
    empty = {column.name: None for column in people.c if column.name not in kept}
    return {**empty, "display_name": f"(erased {pseudonym})", "visibility": "limited", "active": False}
