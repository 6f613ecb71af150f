"""What is known already: open tickets that say the same, what is wrong with a thing or at a place, articles that may help."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from workplace_sdk.connectors.local.incidents_records import OPEN_WORDS, IncidentRecords
from workplace_sdk.connectors.local.incidents_registers import place_of
from workplace_sdk.connectors.local.incidents_tables import articles, assets, ticket_categories, tickets
from workplace_sdk.kernel.effects import Steps
from workplace_sdk.kernel.errors import InvalidInput
from workplace_sdk.kernel.listing import Gap, Listing, Missing
from workplace_sdk.kernel.operation import read
from workplace_sdk.kernel.support import Native
from workplace_sdk.search.tickets import LEAST, Known, Typed, alike, as_similar
from workplace_sdk.services.incidents import Article, Incidents, Place, Similar, TicketDraft, TicketKind, TicketStatus

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

HERE: Final = Native(evidence="live")
LOOKED_AT: Final = 300
"""Open tickets that are compared: those that have most words in common, the newest of them."""
LISTED: Final = 100
MOST_ARTICLES: Final = 3
MOST_WORDS: Final = 40
"""Words that are looked for, those of the title first."""
_PARTS: Final = ("site", "building", "floor", "room")


class IncidentSimilar(IncidentRecords, Incidents):
    """Reading of what others reported. Complaints, questions and requests are their writers' own, unless they are major."""

    @read(support=HERE)
    def similar(self, draft: TicketDraft) -> Steps[Listing[Similar]]:
        def query(connection: Connection) -> Listing[Similar]:
            thing = self.thing(connection, draft.asset)
            category_id = self.category_id(connection, draft.category)
            rows = self._candidates(connection, draft, thing and thing.id)
            known = [self._known(row, category_id, thing and thing.id) for row in rows]
            return self._listed(alike(draft, known, place=thing and place_of(thing)))

        return (yield from self.reading(query))

    def _candidates(self, connection: Connection, draft: TicketDraft, asset_id: int | None) -> Sequence[Any]:
        """Open tickets about the same thing, or with a word in common with *draft*: those with most of them, the newest of them."""
        common = _in_common(tickets.c.folded, Typed.of(draft.what, draft.details or ""))
        if asset_id is not None:
            common += sa.case((tickets.c.asset_id == asset_id, MOST_WORDS), else_=0)
        hits = common.label("hits")
        chosen = self._open(connection).add_columns(hits).where(tickets.c.parent_id.is_(None), common > 0)
        return connection.execute(chosen.order_by(hits.desc(), tickets.c.id.desc()).limit(LOOKED_AT)).all()

    def _known(self, row: Any, category_id: int | None = None, asset_id: int | None = None) -> Known:
        return Known(
            ticket=self.ref("incident", row.id),
            number=f"I{row.id:05d}",
            title=row.title,
            status=TicketStatus(row.status),
            words=frozenset(row.folded.split()),
            major=row.major,
            place=Place.model_validate(_where(row)),
            same_thing=asset_id is not None and row.asset_id == asset_id,
            same_subject=category_id is not None and row.category_id == category_id,
        )

    @read(support=HERE)
    def known_problems(self, *, place: Place | None = None, asset: str | None = None) -> Steps[Listing[Similar]]:
        where = {name: value for name in _PARTS if (value := getattr(place, name, None))}
        if asset is None and not where:
            raise InvalidInput("say which thing, or which site, building, floor or room", field="place")

        def query(connection: Connection) -> Listing[Similar]:
            thing = self.thing(connection, asset)
            about = sa.false() if thing is None else tickets.c.asset_id == thing.id
            if where:
                about |= _at(tickets, where) | (_nowhere(tickets) & _at(assets, where)) | (tickets.c.major & _covers(where))
            order = (tickets.c.major.desc(), tickets.c.id.desc())
            rows = connection.execute(self._open(connection).where(about).order_by(*order).limit(LISTED)).all()
            ids = {row.id for row in rows}
            found = [
                self._as_similar(row, "same thing" if thing is not None and row.asset_id == thing.id else "same place")
                for row in rows
                if row.parent_id not in ids  # what it is counted with is there
            ]
            return self._listed(found, complete=len(rows) < LISTED)

        return (yield from self.reading(query))

    @read(support=HERE)
    def disruptions(self, *, site: str | None = None) -> Steps[Listing[Similar]]:
        def query(connection: Connection) -> Listing[Similar]:
            chosen = self._open(connection).where(tickets.c.major).order_by(tickets.c.id.desc())
            if site is not None:
                chosen = chosen.where(tickets.c.site.is_(None) | (sa.func.lower(tickets.c.site) == site.lower()))
            rows = connection.execute(chosen.limit(LISTED)).all()
            return self._listed([self._as_similar(row, "major") for row in rows], complete=len(rows) < LISTED)

        return (yield from self.reading(query))

    @read(support=HERE)
    def advice(self, draft: TicketDraft) -> Steps[Listing[Article]]:
        typed = Typed.of(draft.what, draft.details or "")

        def query(connection: Connection) -> Listing[Article]:
            chosen = sa.select(articles, ticket_categories.c.path).outerjoin(
                ticket_categories, ticket_categories.c.id == articles.c.category_id
            )
            category_id = self.category_id(connection, draft.category)
            rows = connection.execute(chosen.where(_in_common(articles.c.folded, typed) > 0)).all()
            scored = [(_fits(row, typed, category_id), row) for row in rows]
            best = sorted((one for one in scored if one[0] >= LEAST), key=lambda one: (-one[0], one[1].title, one[1].id))
            return self._listed([self._article(row, score) for score, row in best[:MOST_ARTICLES]])

        return (yield from self.reading(query))

    def _article(self, row: Any, score: Decimal) -> Article:
        ref = self.ref("article", row.id).model_copy(update={"url": row.url})
        return Article(ref=ref, fetched_at=self.session.now(), title=row.title, text=row.text, category=row.path, score=score)

    def _open(self, connection: Connection) -> sa.Select[Any]:
        """Open tickets that the caller may know of, with the place of their thing."""
        table = tickets.c
        caller = self._caller_id(connection)
        seen = (table.kind == TicketKind.INCIDENT.value) | table.major
        if caller is not None:
            seen |= table.requester_id == caller
        names = ("id", "title", "status", "major", "parent_id", "asset_id", "category_id", "folded", *_PARTS)
        places = [assets.c[name].label(f"asset_{name}") for name in _PARTS]
        chosen = sa.select(*(table[name] for name in names), *places).outerjoin(assets, assets.c.id == table.asset_id)
        return chosen.where(table.status.in_(OPEN_WORDS), seen)

    def _listed(self, items: Iterable[Any], *, complete: bool = True) -> Listing[Any]:
        name = self.connection_name
        gaps = () if complete else (Gap(name, Missing.CAPPED, "so many fit that only a part was looked at"),)
        return Listing(items, gaps=gaps, answered=(name,))

    def _as_similar(self, row: Any, *reasons: str) -> Similar:
        return as_similar(self._known(row), Decimal(1), reasons)


def _fits(row: Any, typed: Typed, category_id: int | None) -> Decimal:
    same_subject = category_id is not None and category_id == row.category_id
    common = typed.in_common(row.title, row.folded.split())
    return (Decimal("0.8") * common + Decimal("0.2") * same_subject).quantize(Decimal("0.01"))


def _in_common(folded: sa.ColumnElement[str], typed: Typed) -> sa.ColumnElement[int]:
    """How many of the words are in *folded*, as they are or within longer ones. Words are letters and digits only."""
    looked_for = list(dict.fromkeys((*sorted(typed.title), *sorted(typed.everything))))[:MOST_WORDS]
    found = [sa.case((folded.contains(word), 1), else_=0) for word in looked_for]
    return sum(found, sa.literal(0))


def _at(table: sa.Table, where: Mapping[str, str]) -> sa.ColumnElement[bool]:
    """Holds for rows that say they are in each of *where*."""
    return sa.and_(*(sa.func.lower(table.c[name]) == value.lower() for name, value in where.items()))


def _covers(where: Mapping[str, str]) -> sa.ColumnElement[bool]:
    """Holds for tickets whose place, as far as they have one, is not another than *where*."""
    return sa.and_(
        *(tickets.c[name].is_(None) | (sa.func.lower(tickets.c[name]) == value.lower()) for name, value in where.items())
    )


def _nowhere(table: sa.Table) -> sa.ColumnElement[bool]:
    return sa.and_(*(table.c[name].is_(None) for name in _PARTS))


def _where(row: Any) -> Mapping[str, str | None]:
    """Where a ticket is: its own place, else that of its thing."""
    own: Sequence[str | None] = [getattr(row, name) for name in _PARTS]
    if not any(own):
        own = [getattr(row, f"asset_{name}") for name in _PARTS]
    return dict(zip(_PARTS, own, strict=True))
