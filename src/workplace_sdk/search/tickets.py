"""Whether a ticket says the same as a draft: scored here, the same for every system."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from attrs import frozen

from workplace_sdk.search.fold import words
from workplace_sdk.services.common import Ref
from workplace_sdk.services.incidents import Place, Similar, TicketDraft, TicketStatus

MOST: Final = 10
_LEAST: Final = Decimal("0.25")
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
        words: What ``telling`` finds in it.
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


def alike(draft: TicketDraft, known: Iterable[Known]) -> list[Similar]:
    """Those of *known* (the newest first) that may say the same as *draft*: major ones first, then by score."""
    typed = telling(f"{draft.what} {draft.details}")
    found = [similar for one in known if (similar := _compared(draft.place or Place(), typed, one)) is not None]
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


def _compared(place: Place, typed: frozenset[str], known: Known) -> Similar | None:
    """*known* with its score; ``None`` when it has too little in common."""
    common = Decimal(len(typed & known.words)) / len(typed) if typed else Decimal(0)
    where = known.place or Place()
    reasons = [
        ("same thing", Decimal("0.5") * known.same_thing),
        ("same room", Decimal("0.2") * _same(place.room, where.room)),
        ("same place", Decimal("0.1") * _same(place.site, where.site)),
        ("same subject", Decimal("0.1") * known.same_subject),
        ("same words", Decimal("0.4") * common),
    ]
    score = min(Decimal(1), sum((weight for _, weight in reasons), Decimal(0)))
    if score < _LEAST or not (common or known.same_thing):
        return None
    return as_similar(known, score.quantize(Decimal("0.01")), tuple(text for text, weight in reasons if weight))


def _same(one: str | None, other: str | None) -> bool:
    return bool(one and other and one.casefold() == other.casefold())
