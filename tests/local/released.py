"""A store as 0.1's first tables had it (revision 0002), filled with a little of everything; and opening one from a process of its own.

python -m tests.local.released URL      opens the store, which brings its tables up to date, and says so
"""

from __future__ import annotations

import sys
from typing import Any

import sqlalchemy as sa

from workplace_sdk.wires.sql import Database, migrate

SCRIPTS, VERSIONS = "workplace_sdk.connectors.local:migrations", "local_version"
_AT = "2026-11-24T09:00:00.000000Z"
_ROWS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("people", {"id": 1, "login": "mia", "email": "mia@example.org", "display_name": "Mia van Dijk", "visibility": "everyone"}),
    ("people", {"id": 2, "login": "ana", "display_name": "Ana Ödegård", "manager_id": 1, "visibility": "everyone"}),
    ("leave_types", {"id": 1, "name": "Annual leave", "category": "annual", "unit": "day"}),
    (
        "leave_grants",
        {"person_id": 2, "type_id": 1, "kind": "entitled", "amount": "25", "first": "2026-01-01", "last": "2026-12-31"},
    ),
    ("work_schedules", {"person_id": None, "first": "2000-01-01", "hours": '["8","8","8","8","8","0","0"]', "exceptions": "{}"}),
    (
        "leave_requests",
        {
            "id": 1, "person_id": 2, "type_id": 1, "status": "submitted", "first_day": "2026-12-07", "last_day": "2026-12-07",
            "reason": "verhuizing", "created_at": _AT, "updated_at": _AT,
        },
    ),
    ("leave_days", {"request_id": 1, "date": "2026-12-07", "portion": "full", "charged": "1"}),
    ("leave_events", {"request_id": 1, "person_id": 2, "step": "submitted", "at": _AT}),
    ("writes", {"key": "asked", "operation": "leave.submit", "record_id": 1, "at": _AT}),
    ("sites", {"id": 1, "name": "Utrecht", "zone": "Europe/Amsterdam"}),
    ("rooms", {"id": 1, "name": "Amber", "site_id": 1, "capacity": 8, "features": '["projector"]', "check_in_minutes": 10}),
    ("menu_items", {"id": 1, "name": "Lunch", "kind": "catering", "price": "9.50", "currency": "EUR"}),
    (
        "meetings",
        {
            "id": 1, "uid": "booked", "subject": "Overleg", "organizer_id": 2, "zone": "Europe/Amsterdam", "created_at": _AT,
        },
    ),
    (
        "meeting_times",
        {
            "meeting_id": 1, "room_id": 1, "start": "2026-12-03T11:00:00.000000Z", "end": "2026-12-03T13:00:00.000000Z",
            "state": "declined", "conflict": "the room is taken",
        },
    ),
    (
        "orders",
        {
            "id": 1, "meeting_id": 1, "diets": "{}", "deliver_at": "2026-12-03T11:00:00.000000Z",
            "clear_at": "2026-12-03T13:00:00.000000Z", "state": "rejected", "why": "It is too late.",
        },
    ),
    ("order_lines", {"order_id": 1, "item_id": 1, "quantity": 4, "price": "9.50", "currency": "EUR"}),
    ("writes", {"key": "booked", "operation": "rooms.book", "record_id": 1, "at": _AT}),
)  # fmt: skip


def as_released(url: str, revision: str = "0002") -> None:
    """Make the tables of *revision* in an empty database, and fill them."""
    database = Database(url)
    engine = database.engine()
    migrate(engine, scripts=SCRIPTS, version_table=VERSIONS, head=revision)
    tables = sa.MetaData()
    with engine.begin() as connection:
        tables.reflect(connection)
        for name, row in _ROWS:
            table = tables.tables[name]
            names = ", ".join(f'"{column}"' for column in row)
            typed = engine.dialect.name == "postgresql"  # where a text is no date
            values = ", ".join(f"CAST(:{column} AS {table.c[column].type})" if typed else f":{column}" for column in row)
            connection.execute(sa.text(f"INSERT INTO {name} ({names}) VALUES ({values})"), row)
        if engine.dialect.name == "postgresql":
            for name in {name for name, row in _ROWS if "id" in row}:
                connection.exec_driver_sql(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), 100)")
    database.close()


if __name__ == "__main__":
    from workplace_sdk.connectors.local import Local, LocalSettings

    Local("main", LocalSettings(url=sys.argv[1])).database.engine()
    print("open")
