"""Changing tickets of the local store: locks, the order of states, tickets that are counted with another."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from workplace_sdk.connectors.local.base import Act, inserted, locked
from workplace_sdk.connectors.local.incidents_reads import IncidentReads
from workplace_sdk.connectors.local.incidents_records import OPEN_WORDS
from workplace_sdk.connectors.local.incidents_tables import ticket_events, tickets
from workplace_sdk.kernel.errors import NotFound
from workplace_sdk.kernel.words import Words
from workplace_sdk.services.common import Ref
from workplace_sdk.services.incidents import OPEN, Ticket, TicketClosed, TicketKind, TicketStatus, may_follow
from workplace_sdk.services.incidents_words import CANNOT_BECOME, STATUS
from workplace_sdk.services.refusals import InvalidField, NotPossible

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


_TWO_LEVELS: Final = Words(
    "a ticket is counted with another one, which is counted with none",
    "een melding hoort bij een andere, die zelf bij geen hoort",
)


class IncidentChanges(IncidentReads):
    """What the writes have in common. A ticket that others are counted with is locked before them."""

    def about(
        self,
        operation: str,
        ref: Ref,
        change: Callable[[Connection, Any], None],
        *asked: object,
        also: tuple[str, ...] = (),
        lapsed: bool = False,
        above: Ref | None = None,
    ) -> Act[Ticket]:
        """A write that changes a ticket that is open (or in one of *also*), kept from others meanwhile; *above* is locked before it."""
        id_ = self.id_of(ref, "incident")

        def record(connection: Connection) -> int:
            if above is not None:
                self.open_ticket(connection, self.id_of(above, "incident"))
            change(connection, self.open_ticket(connection, id_, also=also, lapsed=lapsed))
            return id_

        return Act(f"incidents.{operation}", record, self.ticket, (ref, *asked))

    def open_ticket(self, connection: Connection, id_: int, *, also: tuple[str, ...] = (), lapsed: bool = False) -> Any:
        """The row of a ticket that is open, locked."""
        row = locked(connection, tickets, id_)
        if row is None:
            raise self.no_ticket(id_)
        if row.status not in (*OPEN_WORDS, *also):
            raise TicketClosed(f"it is {row.status}", field="ref", native_code=row.status)
        if not lapsed and self.has_lapsed(row):
            raise TicketClosed("it was solved some time ago", field="ref", native_code="closed")
        return row

    def becomes(self, connection: Connection, row: Any, status: TicketStatus, text: str = "", **values: Any) -> None:
        """Have a ticket that status, and tell it."""
        before = TicketStatus(row.status)
        if not may_follow(before, status):
            names = {"before": STATUS[before], "after": STATUS[status]}
            en, nl = ({name: word.in_(language) for name, word in names.items()} for language in ("en", "nl"))
            why = Words(CANNOT_BECOME.filled(**en).en, CANNOT_BECOME.filled(**nl).nl)
            raise NotPossible(why, field="status", native_code=row.status)
        if before is TicketStatus.RESOLVED and status in OPEN:
            lasting = {"resolution": None, "parent_id": self._parent_still_open(connection, row)}
            values = {**lasting, **values, "resolved_at": None}
        self.keep(connection, row, status=status.value, **values)
        self.tell(connection, row.id, "changed", text, status=status)
        if status is TicketStatus.CANCELLED:
            self._stand_in(connection, row.id)

    def keep(self, connection: Connection, row: Any, **values: Any) -> None:
        """Change columns of a ticket; its revision grows."""
        changed = {"updated_at": self.session.now(), "revision": tickets.c.revision + 1, **values}
        connection.execute(tickets.update().where(tickets.c.id == row.id).values(**changed))

    def touch(self, connection: Connection, id_: int) -> None:
        """Something was added to a ticket."""
        connection.execute(tickets.update().where(tickets.c.id == id_).values(updated_at=self.session.now()))

    def tell(
        self,
        connection: Connection,
        id_: int,
        kind: str,
        text: str = "",
        *,
        status: TicketStatus | None = None,
        internal: bool = False,
    ) -> None:
        """Write down what happened to a ticket."""
        values = {"ticket_id": id_, "at": self.session.now(), "kind": kind, "by_id": self._caller_id(connection), "text": text}
        inserted(connection, ticket_events, {**values, "status": status.value if status else None, "internal": internal})

    def root(self, connection: Connection, ref: Ref) -> int:
        """The ticket that a report is counted with: *ref*, or the one that this is counted with itself; open, and locked.

        Raises:
            NotFound: There is none that the caller may know of.
        """
        id_ = self.id_of(ref, "incident")
        asked = connection.execute(sa.select(tickets).where(tickets.c.id == id_)).one_or_none()
        if asked is None or not self._may_know(connection, asked):
            raise NotFound(f"there is no {ref}", field="me_too")
        row = self.open_ticket(connection, asked.parent_id or id_)
        if row.parent_id is not None:  # it was given one meanwhile
            row = self.open_ticket(connection, row.parent_id)
        return int(row.id)

    def _may_know(self, connection: Connection, row: Any) -> bool:
        """Whether the caller may know that a ticket is there: as ``similar`` tells it."""
        return bool(row.kind == TicketKind.INCIDENT.value or row.major or row.requester_id == self._caller_id(connection))

    def above(self, connection: Connection, row: Any, parent: Ref) -> int:
        """The ticket that a ticket is to be counted with: not itself, and of two levels at most."""
        id_ = self.id_of(parent, "incident")
        above = connection.execute(sa.select(tickets.c.parent_id).where(tickets.c.id == id_)).scalar()
        below = connection.execute(sa.select(tickets.c.id).where(tickets.c.parent_id == row.id).limit(1)).scalar()
        if id_ == row.id or above is not None or below is not None:
            raise InvalidField(_TWO_LEVELS, field="parent")
        return id_

    def solve_the_same(self, connection: Connection, id_: int, values: dict[str, Any]) -> None:
        """What solves a ticket solves those that say the same: their requesters are asked too."""
        solved = {name: values[name] for name in ("resolution", "resolved_at")}
        for row in connection.execute(_open_below(id_).with_for_update()).all():
            self.becomes(connection, row, TicketStatus.RESOLVED, solved["resolution"], **solved)

    def _stand_in(self, connection: Connection, id_: int) -> None:
        """When a ticket is cancelled, the oldest of those that were counted with it stands for the others."""
        left = connection.execute(_open_below(id_).with_for_update()).all()
        for row in left:
            self.keep(connection, row, parent_id=None if row is left[0] else left[0].id)

    @staticmethod
    def _parent_still_open(connection: Connection, row: Any) -> int | None:
        """The ticket that one is counted with, when that is open: what is opened again after it was solved stands for itself."""
        chosen = sa.select(tickets.c.id).where(tickets.c.id == row.parent_id, tickets.c.status.in_(OPEN_WORDS))
        return connection.execute(chosen).scalar()


def _open_below(id_: int) -> sa.Select[Any]:
    return sa.select(tickets).where(tickets.c.parent_id == id_, tickets.c.status.in_(OPEN_WORDS)).order_by(tickets.c.id)
