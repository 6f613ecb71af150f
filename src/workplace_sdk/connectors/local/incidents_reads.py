"""Reading incidents from the local store: what there is, and what waits for whom."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import sqlalchemy as sa

from workplace_sdk.connectors.local.incidents_records import OPEN_WORDS
from workplace_sdk.connectors.local.incidents_similar import HERE, IncidentSimilar
from workplace_sdk.connectors.local.incidents_tables import assets, ticket_categories, tickets
from workplace_sdk.connectors.local.schema import comments, files
from workplace_sdk.kernel.effects import Page, PageSteps, Steps
from workplace_sdk.kernel.errors import NotFound
from workplace_sdk.kernel.listing import Gap, Listing, Missing
from workplace_sdk.kernel.operation import pages, read
from workplace_sdk.services.common import PersonRef, Ref
from workplace_sdk.services.incidents import OPEN, Asset, Category, Event, Place, Ticket, TicketStatus

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_Rows: TypeAlias = tuple[Sequence[Any], tuple[Ticket, ...]]
PAGE: Final = 100
MOST_ASSETS: Final = 1000


class IncidentReads(IncidentSimilar):
    """What is there."""

    @read(support=HERE)
    def categories(self) -> Steps[Listing[Category]]:
        def query(connection: Connection) -> Listing[Category]:
            rows = connection.execute(sa.select(ticket_categories).order_by(ticket_categories.c.path)).all()
            return Listing((self.category(row) for row in rows), answered=(self.connection_name,))

        return (yield from self.reading(query))

    @read(support=HERE)
    def assets(
        self, *, person: PersonRef | None = None, place: Place | None = None, tag: str | None = None
    ) -> Steps[Listing[Asset]]:
        where = (place or Place()).model_dump(include={"site", "building", "floor", "room"}, exclude_none=True)

        def query(connection: Connection) -> Listing[Asset]:
            chosen = sa.select(assets).order_by(assets.c.tag)
            if tag is not None:
                chosen = chosen.where(sa.func.lower(assets.c.tag) == tag.lower())
            for name, value in where.items():
                chosen = chosen.where(sa.func.lower(assets.c[name]) == value.lower())
            if person is not None or (not where and tag is None):
                chosen = chosen.where(assets.c.owner_id == self.employee(connection, person).id)
            rows = connection.execute(chosen.limit(MOST_ASSETS + 1)).all()
            names = self.people_by_id(connection, {row.owner_id for row in rows})
            gaps = () if len(rows) <= MOST_ASSETS else (Gap(self.connection_name, Missing.SIZE_LIMIT),)
            found = (self.asset_of(row, names) for row in rows[:MOST_ASSETS])
            return Listing(found, gaps=gaps, answered=(self.connection_name,))

        return (yield from self.reading(query))

    @pages(support=HERE)
    def requests(self, person: PersonRef | None = None, *, open: bool = True) -> PageSteps[Ticket]:
        def mine(connection: Connection) -> Any:
            whose = tickets.c.requester_id == self.employee(connection, person).id
            return whose & tickets.c.status.in_((*OPEN_WORDS, "resolved")) & ~self.lapsed() if open else whose

        return (yield from self._paged(mine, (tickets.c.id.desc(),), lambda last: tickets.c.id < last.id))

    @pages(support=HERE)
    def inbox(self, person: PersonRef | None = None) -> PageSteps[Ticket]:
        def waiting(connection: Connection) -> Any:
            me = self.employee(connection, person).id
            asked = (tickets.c.requester_id == me) & tickets.c.status.in_(("waiting_for_requester", "resolved"))
            handled = (tickets.c.handler_id == me) & tickets.c.status.in_(("new", "open", "in_progress"))
            return (asked & ~self.lapsed()) | handled

        return (yield from self._paged(waiting, (tickets.c.id,), lambda last: tickets.c.id > last.id))

    @pages(support=HERE)
    def queue(self, *, status: frozenset[TicketStatus] = OPEN) -> PageSteps[Ticket]:
        def chosen(_: Connection) -> Any:
            asked = tickets.c.status.in_(sorted(one.value for one in status))
            if TicketStatus.RESOLVED in status and TicketStatus.CLOSED not in status:
                return asked & ~self.lapsed()
            return asked | self.lapsed() if TicketStatus.CLOSED in status else asked

        def after(last: Any) -> Any:
            same = (tickets.c.priority == last.priority) & (tickets.c.id > last.id)
            return (tickets.c.priority > last.priority) | same

        return (yield from self._paged(chosen, (tickets.c.priority, tickets.c.id), after))

    @read(support=HERE)
    def get(self, ref: Ref) -> Steps[Ticket]:
        return (yield from self.reading(lambda connection: self.ticket(connection, self.id_of(ref, "incident"))))

    @read(support=HERE)
    def timeline(self, ref: Ref) -> Steps[Listing[Event]]:
        return (yield from self._told(ref, internal=False))

    @read(support=HERE)
    def history(self, ref: Ref) -> Steps[Listing[Event]]:
        return (yield from self._told(ref, internal=True))

    def _told(self, ref: Ref, *, internal: bool) -> Steps[Listing[Event]]:
        id_ = self.id_of(ref, "incident")

        def query(connection: Connection) -> Listing[Event]:
            if connection.execute(sa.select(tickets.c.id).where(tickets.c.id == id_)).scalar() is None:
                raise self.no_ticket(id_)
            return Listing(self.events_of(connection, id_, internal=internal), answered=(self.connection_name,))

        return (yield from self.reading(query))

    @read(support=HERE)
    def attachment(self, ticket: Ref, ref: Ref) -> Steps[bytes]:
        ticket_id = self.id_of(ticket, "incident")
        on_comment = sa.select(comments.c.id).where(comments.c.kind == "incident", comments.c.record_id == ticket_id)
        direct = (files.c.kind == "incident") & (files.c.record_id == ticket_id)
        indirect = (files.c.kind == "comment") & files.c.record_id.in_(on_comment)

        def query(connection: Connection) -> bytes:
            chosen = sa.select(files.c.content).where(files.c.id == self.id_of(ref, "file"), direct | indirect)
            content = connection.execute(chosen).scalar()
            if content is None:
                raise NotFound(f"there is no file {ref} with {ticket}", field="ref")
            return bytes(content)

        return (yield from self.reading(query))

    def _paged(
        self, chosen: Callable[[Connection], Any], order: tuple[Any, ...], after: Callable[[Any], Any]
    ) -> PageSteps[Ticket]:
        """Page after page: each goes on *after* the last row of the one before, so nothing is left out when others change."""
        last: Any = None
        while True:

            def query(connection: Connection, last: Any = last) -> _Rows:
                ids = sa.select(tickets.c.id).where(chosen(connection)).order_by(*order).limit(PAGE)
                if last is not None:
                    ids = ids.where(after(last))
                rows = connection.execute(sa.select(tickets).where(tickets.c.id.in_(ids)).order_by(*order)).all()
                return rows, self.tickets_of(connection, rows)

            reading: Steps[_Rows] = self.reading(query)
            rows, found = yield from reading
            yield Page(found)
            if len(rows) < PAGE:
                return
            last = rows[-1]
