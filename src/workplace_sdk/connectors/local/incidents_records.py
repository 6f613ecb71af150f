"""Rows of incidents as models."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workplace_sdk.connectors.local.base import LocalService
from workplace_sdk.connectors.local.incidents_tables import assets, ticket_categories, ticket_events, tickets
from workplace_sdk.kernel.errors import NotFound
from workplace_sdk.search.fold import words
from workplace_sdk.services.common import Mapped, PersonRef
from workplace_sdk.services.incidents import (
    OPEN,
    Asset,
    AssetKind,
    Event,
    EventKind,
    Impact,
    Place,
    Priority,
    Similar,
    Ticket,
    TicketDraft,
    TicketKind,
    TicketStatus,
    Urgency,
    WaitingOn,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Row

ERASED = PersonRef(display_name="(erased)")
_COMMON = frozenset(
    {"de", "het", "een", "en", "is", "in", "op", "van", "niet", "the", "a", "an", "and", "of", "not", "on", "to", "it"}
)


class IncidentRecords(LocalService):
    """Reading of incidents, shared by the operations."""

    def tickets_of(self, connection: Connection, rows: Sequence[Row[Any]]) -> tuple[Ticket, ...]:
        """Tickets with their people, category, asset and attachments, in the order of *rows*."""
        ids = {row.requester_id for row in rows} | {row.reported_by_id for row in rows} | {row.handler_id for row in rows}
        names = self.people_by_id(connection, ids)
        categories = _by_id(connection, ticket_categories, {row.category_id for row in rows})
        things = _by_id(connection, assets, {row.asset_id for row in rows})
        return tuple(self._ticket(connection, row, names, categories, things) for row in rows)

    def _ticket(
        self, connection: Connection, row: Any, names: dict[int | None, PersonRef], categories: Any, things: Any
    ) -> Ticket:
        status = TicketStatus(row.status)
        same = connection.execute(
            sa.select(sa.func.count()).select_from(tickets).where(tickets.c.parent_id == row.id)
        ).scalar_one()
        return Ticket(
            ref=self.ref("incident", row.id),
            key=self.key_of(connection, "incidents.report", row.id),
            fetched_at=self.session.now(),
            number=f"I{row.id:05d}",
            kind=TicketKind(row.kind),
            title=row.title,
            description=row.description,
            requester=names.get(row.requester_id, ERASED),
            reported_by=names.get(row.reported_by_id),
            category=categories[row.category_id].path if row.category_id else None,
            asset=things[row.asset_id].tag if row.asset_id in things else None,
            place=place_of(row),
            impact=Impact(row.impact),
            urgency=Urgency(row.urgency),
            priority=Mapped(value=Priority(row.priority)),
            status=Mapped(value=status),
            waiting_on=_waiting_on(status),
            handler=names.get(row.handler_id),
            major=row.major,
            parent=self.ref("incident", row.parent_id) if row.parent_id else None,
            same_reports=same,
            resolution=row.resolution,
            created_at=row.created_at,
            updated_at=row.updated_at,
            resolved_at=row.resolved_at,
            next_update_by=row.next_update_by,
            attachments=self.files_of(connection, "incident", row.id),
        )

    def ticket(self, connection: Connection, id_: int) -> Ticket:
        """One ticket; ``NotFound`` when there is none."""
        rows = connection.execute(sa.select(tickets).where(tickets.c.id == id_)).all()
        if not rows:
            raise NotFound(f"there is no ticket {id_}", field="ref")
        return self.tickets_of(connection, rows)[0]

    def asset_of(self, row: Any, names: dict[int | None, PersonRef]) -> Asset:
        """The asset of a row."""
        return Asset(
            ref=self.ref("asset", row.id),
            tag=row.tag,
            name=row.name,
            kind=Mapped(value=AssetKind(row.kind)),
            place=place_of(row),
            owner=names.get(row.owner_id),
        )

    def events_of(self, connection: Connection, id_: int) -> tuple[Event, ...]:
        """What happened to a ticket, as its requester may see it."""
        chosen = (
            sa.select(ticket_events)
            .where(ticket_events.c.ticket_id == id_, ~ticket_events.c.internal)
            .order_by(ticket_events.c.id)
        )
        rows = connection.execute(chosen).all()
        names = self.people_by_id(connection, {row.by_id for row in rows})
        events = [Event(at=row.at, kind=EventKind(row.kind), by=names.get(row.by_id), text=row.text) for row in rows]
        events += [
            Event(at=one.at, kind=EventKind.COMMENTED, by=one.author, text=one.body, attachments=one.attachments)
            for one in self.comments_of(connection, "incident", id_)
        ]
        return tuple(sorted(events, key=lambda event: event.at))

    def similar_to(
        self, connection: Connection, draft: TicketDraft, category_id: int | None, asset_id: int | None
    ) -> list[Similar]:
        """Open tickets that have something in common with *draft*, the newest thousand looked at."""
        chosen = sa.select(tickets).where(tickets.c.status.in_([status.value for status in OPEN])).order_by(tickets.c.id.desc())
        typed = telling(f"{draft.what} {draft.details}")
        found = [
            similar
            for row in connection.execute(chosen.limit(1000))
            if (similar := self._compared(row, draft, typed, category_id, asset_id)) is not None
        ]
        return sorted(found, key=lambda one: (not one.major, -one.score, one.number))[:10]

    def _compared(
        self, row: Any, draft: TicketDraft, typed: set[str], category_id: int | None, asset_id: int | None
    ) -> Similar | None:
        place = draft.place or Place()
        have = set(row.folded.split())
        common = len(typed & have) / len(typed) if typed else 0.0
        reasons = [
            ("same thing", 0.5 * bool(asset_id and row.asset_id == asset_id)),
            ("same room", 0.2 * bool(place.room and row.room and place.room.casefold() == row.room.casefold())),
            ("same place", 0.1 * bool(place.site and row.site and place.site.casefold() == row.site.casefold())),
            ("same subject", 0.1 * bool(category_id and row.category_id == category_id)),
            ("same words", 0.4 * common),
        ]
        score = min(1.0, sum(weight for _, weight in reasons))
        if score < 0.25 or not (common or reasons[0][1]):
            return None
        why = tuple(text for text, weight in reasons if weight)
        return self.similar_of(row, Decimal(str(round(score, 2))), why)

    def similar_of(self, row: Any, score: Decimal, reasons: tuple[str, ...]) -> Similar:
        """A row as something similar."""
        return Similar(
            ticket=self.ref("incident", row.id),
            number=f"I{row.id:05d}",
            title=row.title,
            status=TicketStatus(row.status),
            major=row.major,
            score=score,
            reasons=reasons,
        )


def telling(text: str) -> set[str]:
    """The folded words of *text* that say something."""
    return {word for word in words(text) if len(word) > 1 and word not in _COMMON}


def place_of(row: Any) -> Place | None:
    """The place in a row; ``None`` when nothing of it is known."""
    place = Place(site=row.site, building=row.building, floor=row.floor, room=row.room)
    return place if str(place) else None


def _waiting_on(status: TicketStatus) -> WaitingOn:
    waiting = {
        TicketStatus.WAITING_FOR_REQUESTER: WaitingOn.REQUESTER,
        TicketStatus.RESOLVED: WaitingOn.REQUESTER,
        TicketStatus.WAITING_FOR_SUPPLIER: WaitingOn.SUPPLIER,
        TicketStatus.CLOSED: WaitingOn.NOBODY,
        TicketStatus.CANCELLED: WaitingOn.NOBODY,
    }
    return waiting.get(status, WaitingOn.HELPDESK)


def _by_id(connection: Connection, table: sa.Table, ids: set[int | None]) -> dict[int | None, Any]:
    wanted = {id_ for id_ in ids if id_ is not None}
    return {row.id: row for row in connection.execute(sa.select(table).where(table.c.id.in_(wanted)))} if wanted else {}
