"""Whether a ticket says the same as a draft: scored here, the same for every system."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from attrs import frozen

from workplace_sdk.search.fold import words
from workplace_sdk.services.common import Ref
from workplace_sdk.services.incidents import Place, Similar, Ticket, TicketDraft, TicketStatus

MOST: Final = 10
LEAST: Final = Decimal("0.25")
_COMMON: Final = frozenset(
    {"de", "het", "een", "en", "is", "in", "op", "van", "niet", "the", "a", "an", "and", "of", "not", "on", "to", "it"}
)


def telling(text: str) -> frozenset[str]:
    """The folded words of *text* that say something."""
    return frozenset(word for word in words(text) if len(word) > 1 and word not in _COMMON)


@frozen
class Known:
    """What is known of an open ticket that may say the same.

    Attributes:
        words: What ``telling`` finds in all of it.
        same_thing: It is about the thing that the draft names.
        same_subject: It has the category of the draft.
    """

    ticket: Ref
    number: str
    title: str
    status: TicketStatus
    words: frozenset[str]
    major: bool = False
    place: Place | None = None
    same_thing: bool = False
    same_subject: bool = False

    @classmethod
    def of(cls, ticket: Ticket, draft: TicketDraft | None = None) -> Known:
        """What the title of *ticket* and its fields say, beside *draft*."""
        asset, category = (draft.asset, draft.category) if draft else (None, None)
        return cls(
            ticket=ticket.ref,
            number=ticket.number,
            title=ticket.title,
            status=ticket.status.value,
            words=telling(ticket.title),
            major=ticket.major,
            place=ticket.place,
            same_thing=_same(asset, ticket.asset),
            same_subject=isinstance(category, str) and category.casefold() == (ticket.category or "").casefold(),
        )


@frozen
class Typed:
    """The telling words of a text that is compared: of its title, and of all of it."""

    title: frozenset[str]
    everything: frozenset[str]

    @classmethod
    def of(cls, title: str, details: str = "") -> Typed:
        """Of what someone typed."""
        return cls(telling(title), telling(f"{title} {details}"))

    def in_common(self, title: str, text: Iterable[str]) -> Decimal:
        """How much a text has in common with it, from 0 to 1.

        What counts is the largest share: of its title or of all of it in the words *text*, or of the other's *title* in all of it.
        """
        other, there = telling(title), frozenset(text)
        shares = [_share(self.title, there), _share(self.everything, there)]
        if len(other) > 1:
            shares.append(_share(other, self.everything))
        return max(shares)


def alike(draft: TicketDraft, known: Iterable[Known], *, place: Place | None = None) -> list[Similar]:
    """Those of *known* (the newest first) that may say the same as *draft*: major ones first, then by score.

    *place* is where the thing of the draft is, for a draft that says no place itself.
    """
    typed, where = Typed.of(draft.what, draft.details or ""), draft.place or place or Place()
    found = [similar for one in known if (similar := _compared(where, typed, one)) is not None]
    return sorted(found, key=lambda one: (not one.major, -one.score))[:MOST]


def as_similar(known: Known, score: Decimal, reasons: tuple[str, ...]) -> Similar:
    """*known* as it is told."""
    return Similar(
        ticket=known.ticket,
        number=known.number,
        title=known.title,
        status=known.status,
        major=known.major,
        score=score,
        reasons=reasons,
    )


def _compared(place: Place, typed: Typed, known: Known) -> Similar | None:
    """*known* with its score; ``None`` when it has too little in common."""
    common = typed.in_common(known.title, known.words)
    where = known.place or Place()
    reasons = [
        ("same thing", Decimal("0.5") * known.same_thing),
        ("same room", Decimal("0.2") * _same(place.room, where.room)),
        ("same place", Decimal("0.1") * _same(place.site, where.site)),
        ("same subject", Decimal("0.1") * known.same_subject),
        ("same words", Decimal("0.4") * common),
    ]
    score = min(Decimal(1), sum((weight for _, weight in reasons), Decimal(0)))
    if score < LEAST or not (common or known.same_thing):
        return None
    return as_similar(known, score.quantize(Decimal("0.01")), tuple(text for text, weight in reasons if weight))


def _share(typed: frozenset[str], text: frozenset[str]) -> Decimal:
    return Decimal(len(typed & text)) / len(typed) if typed else Decimal(0)


def _same(one: str | None, other: str | None) -> bool:
    return bool(one and other and one.casefold() == other.casefold())
