"""What is known already: open tickets that say the same, what is wrong with a thing or at a place, articles that may help."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from attrs import frozen

from workplace_sdk.connectors.local.incidents_records import OPEN_WORDS, IncidentRecords
from workplace_sdk.connectors.local.incidents_registers import place_of
from workplace_sdk.connectors.local.incidents_tables import articles, assets, ticket_categories, tickets
from workplace_sdk.kernel.effects import Steps
from workplace_sdk.kernel.errors import InvalidInput
from workplace_sdk.kernel.listing import Gap, Listing, Missing
from workplace_sdk.kernel.operation import read
from workplace_sdk.kernel.support import Native
from workplace_sdk.search.fold import words
from workplace_sdk.services.incidents import Article, Incidents, Place, Similar, TicketDraft, TicketKind, TicketStatus

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

HERE: Final = Native(evidence="live")
LOOKED_AT: Final = 300
"""Open tickets that are compared: those that have most words in common, the newest of them."""
LISTED: Final = 100
MOST_SIMILAR: Final = 10
MOST_ARTICLES: Final = 3
MOST_WORDS: Final = 40
"""Words that are looked for, those of the title first."""
LEAST: Final = Decimal("0.25")
_PARTS: Final = ("site", "building", "floor", "room")
_COMMON: Final = frozenset(
    {"de", "het", "een", "en", "is", "in", "op", "van", "niet", "the", "a", "an", "and", "of", "not", "on", "to", "it"}
)


@frozen
class _Asked:
    """What a draft is compared by."""

    title: frozenset[str]
    everything: frozenset[str]
    place: Place
    category_id: int | None
    asset_id: int | None

    def words_in(self, text: set[str], title: set[str]) -> Decimal:
        """How much *text* has in common with the draft, from 0 to 1: of its title, of all of it, or the other's *title* of it."""
        shares = [_share(self.title, text), _share(self.everything, text)]
        if len(title) > 1:
            shares.append(_share(title, self.everything))
        return max(shares)


class IncidentSimilar(IncidentRecords, Incidents):
    """Reading of what others reported. Complaints, questions and requests are their writers' own, unless they are major."""

    @read(support=HERE)
    def similar(self, draft: TicketDraft) -> Steps[Listing[Similar]]:
        def query(connection: Connection) -> Listing[Similar]:
            thing = self.thing(connection, draft.asset)
            asked = _Asked(
                frozenset(telling(draft.what)),
                frozenset(telling(f"{draft.what} {draft.details}")),
                draft.place or (thing and place_of(thing)) or Place(),
                self.category_id(connection, draft.category),
                thing and thing.id,
            )
            return self._similar(connection, asked)

        return (yield from self.reading(query))

    def _similar(self, connection: Connection, asked: _Asked) -> Listing[Similar]:
        """Open tickets that are about the same thing, or have a word in common with what is *asked*."""
        common = _in_common(tickets.c.folded, asked)
        if asked.asset_id is not None:
            common += sa.case((tickets.c.asset_id == asked.asset_id, MOST_WORDS), else_=0)
        hits = common.label("hits")
        chosen = self._open(connection).add_columns(hits).where(tickets.c.parent_id.is_(None), common > 0)
        rows = connection.execute(chosen.order_by(hits.desc(), tickets.c.id.desc()).limit(LOOKED_AT)).all()
        found = [similar for row in rows if (similar := self._compared(row, asked)) is not None]
        return self._listed(sorted(found, key=lambda one: (not one.major, -one.score, one.number))[:MOST_SIMILAR])

    def _compared(self, row: Any, asked: _Asked) -> Similar | None:
        common = asked.words_in(set(row.folded.split()), telling(row.title))
        same_thing = asked.asset_id is not None and row.asset_id == asked.asset_id
        place = _where(row)
        reasons = (
            ("same thing", Decimal("0.5") * same_thing),
            ("same room", Decimal("0.2") * _same(asked.place.room, place["room"])),
            ("same place", Decimal("0.1") * _same(asked.place.site, place["site"])),
            ("same subject", Decimal("0.1") * (asked.category_id is not None and asked.category_id == row.category_id)),
            ("same words", Decimal("0.4") * common),
        )
        score = min(Decimal(1), sum((weight for _, weight in reasons), Decimal(0)))
        if score < LEAST or not (common or same_thing):
            return None
        return self._as_similar(row, tuple(text for text, weight in reasons if weight), score.quantize(Decimal("0.01")))

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
                self._as_similar(row, ("same thing" if thing is not None and row.asset_id == thing.id else "same place",))
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
            return self._listed([self._as_similar(row, ("major",)) for row in rows], complete=len(rows) < LISTED)

        return (yield from self.reading(query))

    @read(support=HERE)
    def advice(self, draft: TicketDraft) -> Steps[Listing[Article]]:
        title, everything = frozenset(telling(draft.what)), frozenset(telling(f"{draft.what} {draft.details}"))

        def query(connection: Connection) -> Listing[Article]:
            chosen = sa.select(articles, ticket_categories.c.path).outerjoin(
                ticket_categories, ticket_categories.c.id == articles.c.category_id
            )
            asked = _Asked(title, everything, Place(), self.category_id(connection, draft.category), None)
            rows = connection.execute(chosen.where(_in_common(articles.c.folded, asked) > 0)).all()
            scored = [(self._fits(row, asked), row) for row in rows]
            best = sorted((one for one in scored if one[0] >= LEAST), key=lambda one: (-one[0], one[1].title, one[1].id))
            return self._listed([self._article(row, score) for score, row in best[:MOST_ARTICLES]])

        return (yield from self.reading(query))

    @staticmethod
    def _fits(row: Any, asked: _Asked) -> Decimal:
        same_subject = asked.category_id is not None and asked.category_id == row.category_id
        common = asked.words_in(set(row.folded.split()), telling(row.title))
        return (Decimal("0.8") * common + Decimal("0.2") * same_subject).quantize(Decimal("0.01"))

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

    def _as_similar(self, row: Any, reasons: tuple[str, ...], score: Decimal = Decimal(1)) -> Similar:
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


def _share(typed: Iterable[str], text: Iterable[str]) -> Decimal:
    """How many of *typed* are in *text*, from 0 to 1."""
    asked = set(typed)
    return Decimal(len(asked & set(text))) / len(asked) if asked else Decimal(0)


def _in_common(folded: sa.ColumnElement[str], asked: _Asked) -> sa.ColumnElement[int]:
    """How many of the words are in *folded*, as they are or within longer ones. Words are letters and digits only."""
    looked_for = list(dict.fromkeys((*sorted(asked.title), *sorted(asked.everything))))[:MOST_WORDS]
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


def _same(one: str | None, other: str | None) -> bool:
    return bool(one and other and one.casefold() == other.casefold())
