"""Reading incidents from the local store: what there is, what says the same, what waits for whom."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from workplace_sdk.connectors.local.incidents_records import IncidentRecords, place_of
from workplace_sdk.connectors.local.incidents_tables import assets, ticket_categories, ticket_priorities, tickets
from workplace_sdk.connectors.local.schema import comments, files
from workplace_sdk.kernel.effects import Page, PageSteps, Steps
from workplace_sdk.kernel.errors import NotFound
from workplace_sdk.kernel.listing import Listing
from workplace_sdk.kernel.operation import pages, read
from workplace_sdk.kernel.support import Native
from workplace_sdk.search.tickets import Known, alike, as_similar
from workplace_sdk.services.common import PersonRef, Ref
from workplace_sdk.services.incidents import (
    MATRIX,
    OPEN,
    Asset,
    AssetUnknown,
    Category,
    Event,
    Impact,
    Incidents,
    Place,
    Priority,
    Similar,
    Ticket,
    TicketDraft,
    TicketKind,
    TicketStatus,
    Urgency,
)
from workplace_sdk.services.incidents_mapping import chosen_category

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

HERE: Final = Native(evidence="live")
OPEN_WORDS: Final = tuple(status.value for status in OPEN)
LOOKED_AT: Final = 1000
"""Open tickets that are compared, the newest first."""


class IncidentReads(IncidentRecords, Incidents):
    """What is there."""

    @read(support=HERE)
    def categories(self) -> Steps[Listing[Category]]:
        def query(connection: Connection) -> Listing[Category]:
            rows = connection.execute(sa.select(ticket_categories).order_by(ticket_categories.c.path)).all()
            return Listing((self._category(row) for row in rows), answered=(self.connection_name,))

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
            rows = connection.execute(chosen.limit(1000)).all()
            names = self.people_by_id(connection, {row.owner_id for row in rows})
            return Listing((self.asset_of(row, names) for row in rows), answered=(self.connection_name,))

        return (yield from self.reading(query))

    @read(support=HERE)
    def similar(self, draft: TicketDraft) -> Steps[Listing[Similar]]:
        def query(connection: Connection) -> Listing[Similar]:
            category_id, asset_id = self.category_id(connection, draft), self.asset_id(connection, draft)
            return Listing(self._similar(connection, draft, category_id, asset_id), answered=(self.connection_name,))

        return (yield from self.reading(query))

    def _similar(
        self, connection: Connection, draft: TicketDraft, category_id: int | None, asset_id: int | None
    ) -> list[Similar]:
        """Open tickets that have something in common with *draft*. Complaints and questions are their writers' own."""
        table = tickets.c
        open_to_all = (table.kind == TicketKind.INCIDENT.value) | table.major
        seen = open_to_all | (table.requester_id == self._caller_id(connection))
        chosen = sa.select(tickets).where(table.status.in_(OPEN_WORDS), table.parent_id.is_(None), seen)
        rows = connection.execute(chosen.order_by(table.id.desc()).limit(LOOKED_AT))
        return alike(draft, (self._known(row, category_id, asset_id) for row in rows))

    def _known(self, row: Any, category_id: int | None = None, asset_id: int | None = None) -> Known:
        return Known(
            ticket=self.ref("incident", row.id),
            number=f"I{row.id:05d}",
            title=row.title,
            status=TicketStatus(row.status),
            words=frozenset(row.folded.split()),
            major=row.major,
            place=place_of(row),
            same_thing=bool(asset_id and row.asset_id == asset_id),
            same_subject=bool(category_id and row.category_id == category_id),
        )

    @pages(support=HERE)
    def requests(self, person: PersonRef | None = None, *, open: bool = True) -> PageSteps[Ticket]:
        def mine(connection: Connection) -> Any:
            whose = tickets.c.requester_id == self.employee(connection, person).id
            return whose & tickets.c.status.in_((*OPEN_WORDS, "resolved")) & ~self.lapsed() if open else whose

        return (yield from self._paged(mine, tickets.c.id.desc()))

    @pages(support=HERE)
    def inbox(self, person: PersonRef | None = None) -> PageSteps[Ticket]:
        def waiting(connection: Connection) -> Any:
            me = self.employee(connection, person).id
            asked = (tickets.c.requester_id == me) & tickets.c.status.in_(("waiting_for_requester", "resolved"))
            handled = (tickets.c.handler_id == me) & tickets.c.status.in_(("new", "open", "in_progress"))
            return (asked & ~self.lapsed()) | handled

        return (yield from self._paged(waiting, tickets.c.id))

    @pages(support=HERE)
    def queue(self, *, status: frozenset[TicketStatus] = OPEN) -> PageSteps[Ticket]:
        def chosen(_: Connection) -> Any:
            asked = tickets.c.status.in_([one.value for one in status])
            if TicketStatus.RESOLVED in status and TicketStatus.CLOSED not in status:
                return asked & ~self.lapsed()
            return asked | self.lapsed() if TicketStatus.CLOSED in status else asked

        return (yield from self._paged(chosen, tickets.c.priority, tickets.c.id))

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
            self.ticket(connection, id_)
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

    @read(support=HERE)
    def disruptions(self, *, site: str | None = None) -> Steps[Listing[Similar]]:
        def query(connection: Connection) -> Listing[Similar]:
            chosen = sa.select(tickets).where(tickets.c.major, tickets.c.status.in_(OPEN_WORDS)).order_by(tickets.c.id.desc())
            if site is not None:
                chosen = chosen.where(tickets.c.site.is_(None) | (sa.func.lower(tickets.c.site) == site.lower()))
            rows = connection.execute(chosen.limit(100)).all()
            return Listing(
                (as_similar(self._known(row), Decimal(1), ("major",)) for row in rows), answered=(self.connection_name,)
            )

        return (yield from self.reading(query))

    def category_id(self, connection: Connection, draft: TicketDraft) -> int | None:
        """The category that a draft names."""
        if draft.category is None:
            return None
        rows = connection.execute(sa.select(ticket_categories).order_by(ticket_categories.c.path)).all()
        return self.id_of(chosen_category(draft.category, [self._category(row) for row in rows]).ref, "category")

    def _category(self, row: Any) -> Category:
        return Category(ref=self.ref("category", row.id), path=tuple(row.path.split(" / ")))

    def asset_id(self, connection: Connection, draft: TicketDraft) -> int | None:
        """The thing with the tag that a draft names."""
        if draft.asset is None:
            return None
        found = connection.execute(sa.select(assets.c.id).where(sa.func.lower(assets.c.tag) == draft.asset.lower())).scalar()
        if found is None:
            raise AssetUnknown(f"there is no thing with the tag {draft.asset}", field="asset")
        return int(found)

    def priority(self, connection: Connection, impact: Impact, urgency: Urgency) -> Priority:
        """As the organisation has it; by ``MATRIX`` where it says nothing."""
        table = ticket_priorities.c
        chosen = sa.select(table.priority).where(table.impact == impact.value, table.urgency == urgency.value)
        found = connection.execute(chosen).scalar()
        return MATRIX[impact, urgency] if found is None else Priority(found)

    def _paged(self, chosen: Callable[[Connection], Any], *order: Any) -> PageSteps[Ticket]:
        size, start = 100, 0
        while True:

            def query(connection: Connection, start: int = start) -> tuple[Ticket, ...]:
                asked = sa.select(tickets).where(chosen(connection)).order_by(*order).limit(size).offset(start)
                return self.tickets_of(connection, connection.execute(asked).all())

            found = yield from self.reading(query)
            yield Page(found)
            if len(found) < size:
                return
            start += size
