"""How often people were sent elsewhere, per month, operation and connection; never who."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from attrs import frozen
from sqlalchemy.dialects import postgresql, sqlite

from workplace_sdk.wires.sql import Database, migrate

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.engine import Connection, Engine

    from workplace_sdk.kernel.effects import Steps
    from workplace_sdk.kernel.errors import NotSupported

HEAD: Final = "0001"

metadata: Final = sa.MetaData()
handoffs: Final = sa.Table(
    "handoffs",
    metadata,
    sa.Column("month", sa.Text, primary_key=True),  # 2026-03
    sa.Column("operation", sa.Text, primary_key=True),
    sa.Column("connection", sa.Text, primary_key=True),
    sa.Column("field", sa.Text, primary_key=True),  # empty for a whole operation
    sa.Column("times", sa.Integer, nullable=False),
)


@frozen
class HandoffCount:
    """How often something could not be done here since *since*.

    Attributes:
        operation: ``leave.submit``.
        field: What of it could not be expressed (``half_days``); ``None`` when it could not be done at all.
        since: First day of the first month that is counted.
    """

    operation: str
    connection: str | None
    field: str | None
    times: int
    since: date


class HandoffCounts:
    """Counts in the ``handoffs`` table of the store."""

    def __init__(self, database: Database) -> None:
        self._database = database
        database.prepare(prepare)

    def add(self, refusal: NotSupported, on: date) -> Steps[None]:
        """Count *refusal* in the month of *on*."""
        values = {
            "month": f"{on:%Y-%m}",
            "operation": refusal.operation or "",
            "connection": refusal.connection or "",
            "field": refusal.field or "",
            "times": 1,
        }
        insert = sqlite.insert if self._database.sqlite else postgresql.insert
        statement: Any = insert(handoffs).values(values)
        statement = statement.on_conflict_do_update(
            index_elements=["month", "operation", "connection", "field"], set_={"times": handoffs.c.times + 1}
        )

        def count(connection: Connection) -> None:
            connection.execute(statement)

        yield from self._database.write(count, "counting hand-offs", harmless=True)

    def most(self, since: date | None = None) -> Steps[tuple[HandoffCount, ...]]:
        """The most frequent first, from the month of *since* on."""
        times, first = sa.func.sum(handoffs.c.times).label("times"), sa.func.min(handoffs.c.month).label("first")
        what = (handoffs.c.operation, handoffs.c.connection, handoffs.c.field)
        query = sa.select(*what, times, first).group_by(*what).order_by(times.desc(), *what)
        if since is not None:
            query = query.where(handoffs.c.month >= f"{since:%Y-%m}")
        rows = yield from self._database.read(lambda connection: connection.execute(query).all(), "counting hand-offs")
        return tuple(_count(row) for row in rows)


def _count(row: Any) -> HandoffCount:
    from datetime import date

    return HandoffCount(
        operation=row.operation,
        connection=row.connection or None,
        field=row.field or None,
        times=int(row.times),
        since=date.fromisoformat(f"{row.first}-01"),
    )


def prepare(engine: Engine) -> None:
    """Create the table, or bring it up to date."""
    migrate(engine, scripts="workplace_sdk.usage:migrations", version_table="usage_version", head=HEAD)
