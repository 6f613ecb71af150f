"""Searching the index: words in any order, starts of words, one wrong letter, best first, with the reasons.

Every typed word has to be found somewhere in a profile, as it is, as the start of a word, or with one letter wrong;
only when nobody has them all is one word given up. A word counts by where it was found and how:

    names, topics 1.0   title 0.7   organisation 0.5   place 0.4   about 0.3
    exact 1.0           start of a word 0.8            one letter wrong 0.6

The score is the mean over the typed words, from 0 to 1, times 0.9 when they were not all found in the same field.
Equal scores are ordered by name, and of people with one name the second comes after all firsts. Of the first ten places
the last three go to names that are one letter off, when there are such: ``Janssen`` also shows a ``Jansen``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from attrs import define, field, frozen

from workplace_sdk.search.fold import local_part, near_forms, one_edit_apart, words
from workplace_sdk.search.lookup import Term, looked_up
from workplace_sdk.search.schema import FIELDS, index_forms, index_words, people_index

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

FIELD_WEIGHTS: Final[Mapping[str, float]] = {
    "names": 1.0,
    "topics": 1.0,
    "title": 0.7,
    "organisation": 0.5,
    "place": 0.4,
    "about": 0.3,
}
HOW_WEIGHTS: Final[Mapping[str, float]] = {"exact": 1.0, "prefix": 0.8, "typo": 0.6}
STRONG: Final = ("names", "topics", "title")
APART: Final = 0.9
MOST_WORDS: Final = 12
NEAR_PLACES: Final = 3
NEAR_EACH: Final = 25
MOST_NEAR: Final = 80


@frozen
class SearchRequest:
    """What is looked for.

    Attributes:
        topics: Every word of these is in the person's topics.
        place: Every word of it is in the place.
        organisation: Every word of it is in the unit.
        connections: Only people of these; of all when empty.
        limit: At most so many hits.
    """

    text: str = ""
    topics: tuple[str, ...] = ()
    place: str | None = None
    organisation: str | None = None
    connections: tuple[str, ...] = ()
    limit: int = 20


@frozen
class HitReason:
    """The typed word, the text of the profile in which it was found, where and how."""

    field: str
    typed: str
    found: str
    how: str
    weight: Decimal


@frozen
class Hit:
    """Someone found."""

    connection: str
    source_id: str
    name: str
    score: Decimal
    reasons: tuple[HitReason, ...]
    payload: bytes


@frozen
class SearchResult:
    """Hits, best first; *complete* is False when a word is so common that only a part of who has it was looked at."""

    hits: tuple[Hit, ...]
    complete: bool = True


@define
class _Found:
    """Candidates by row id, with their score and how each word was found."""

    rows: dict[int, tuple[float, Any, tuple[tuple[Term, str, str], ...]]] = field(factory=dict[int, Any])
    complete: bool = True


def search(connection: Connection, request: SearchRequest) -> SearchResult:
    """Who fits *request*, in the caller's transaction."""
    typed = list(dict.fromkeys(words(local_part(request.text))))[:MOST_WORDS]
    fixed = _fixed(request)
    if not typed and not fixed:
        return SearchResult(())
    if connection.dialect.name == "postgresql":  # for a few rows of many it would rather read the table than the index
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    found = _Found()
    terms = [Term(word) for word in typed]
    for fields, how in ((STRONG, "exact"), (FIELDS, "exact"), (FIELDS, "prefix")):
        if len(found.rows) < request.limit:
            _collect(connection, request, found, [*(term.allowing(how, fields) for term in terms), *fixed])
    if typed and (_by_name_alone(found) or not _exactly(found)):
        _forgive(connection, request, found, terms, fixed)
    if typed and not found.rows:
        _rearrange(connection, request, found, typed, fixed)
    if len(typed) > 1 and not found.rows:
        for left_out in range(len(terms)):
            kept = [term.allowing("prefix", FIELDS) for index, term in enumerate(terms) if index != left_out]
            _collect(connection, request, found, [*kept, *fixed], of=len(terms))
    return SearchResult(tuple(_hits(connection, request, found)), found.complete)


def _fixed(request: SearchRequest) -> list[Term]:
    """Conditions that are not forgiving: each word in its own field."""
    parts = [("topics", text) for text in request.topics]
    parts += [(name, text) for name, text in (("place", request.place), ("organisation", request.organisation)) if text]
    return [Term(word, fields=(name,), fixed=True) for name, text in parts for word in words(text)]


def _collect(
    connection: Connection, request: SearchRequest, found: _Found, terms: Sequence[Term], *, of: int | None = None, cap: int = 0
) -> None:
    """Add whoever has all *terms*; the score is over *of* words when some were given up."""
    most = cap or max(3 * request.limit, 30)
    rows = looked_up(connection, terms, request.connections, most)
    found.complete &= cap > 0 or len(rows) < most
    total = of or sum(not term.fixed for term in terms) or len(terms)
    for row in rows:
        ways = tuple(_best_way(row, term) for term in terms)
        counted = [way for way in ways if not way[0].fixed] or list(ways)
        score = sum(FIELD_WEIGHTS[where] * HOW_WEIGHTS[how] for _, where, how in counted) / total
        if len({where for _, where, _ in counted}) > 1:
            score *= APART
        if row.id not in found.rows or found.rows[row.id][0] < score:
            found.rows[row.id] = (score, row, ways)


def _best_way(row: Any, term: Term) -> tuple[Term, str, str]:
    """Where and how *term* is best found in *row*."""
    best, chosen = -1.0, (term, term.fields[-1], "prefix")
    for name in term.fields:
        text: str = getattr(row, name)
        how = "exact" if f" {term.word} " in text else "prefix" if f" {term.word}" in text else ""
        if not how and any(f" {word} " in text for word in term.near):
            how = "typo"
        if how and (weight := FIELD_WEIGHTS[name] * HOW_WEIGHTS[how]) > best:
            best, chosen = weight, (term, name, how)
    return chosen


def _by_name_alone(found: _Found) -> bool:
    return all(where == "names" for _, _, ways in found.rows.values() for term, where, _ in ways if not term.fixed)


def _exactly(found: _Found) -> bool:
    """Whether somebody has every word as it was typed, and not only somewhere in a text about them."""
    return any(all(how == "exact" and where != "about" for _, where, how in ways) for _, _, ways in found.rows.values())


def _forgive(
    connection: Connection, request: SearchRequest, found: _Found, terms: Sequence[Term], fixed: Sequence[Term]
) -> None:
    """Add who is found with one letter wrong in one word: a few for every word it may have been, so that none hides another.

    A number with one digit wrong is another number, and a login is somebody else's.
    """
    near = _near(connection, [term.word for term in terms if term.word.isalpha() and (len(term.word) > 3 or len(terms) > 1)])
    exact = [term.allowing("exact", FIELDS) for term in terms]
    for index, term in enumerate(exact):
        for word in near.get(term.word, ()):
            wanted = [*exact[:index], term.only_near((word,)), *exact[index + 1 :], *fixed]
            _collect(connection, request, found, wanted, cap=NEAR_EACH)
    if not found.rows and any(near.values()):
        forgiving = [term.allowing("prefix", FIELDS).or_near(near.get(term.word, ())) for term in terms]
        _collect(connection, request, found, [*forgiving, *fixed])


def _near(connection: Connection, typed: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Words of the index one edit away from each typed one."""
    forms = {word: near_forms(word) for word in typed}
    every = sorted(set[str]().union(*forms.values()))
    if not every:
        return {}
    chosen = sa.select(index_forms.c.form, index_forms.c.word).where(index_forms.c.form.in_(every))
    rows = connection.execute(chosen).all()
    return {
        word: tuple(
            sorted({row.word for row in rows if row.form in own and row.word != word and one_edit_apart(word, row.word)})[
                :MOST_NEAR
            ]
        )
        for word, own in forms.items()
    }


def _rearrange(
    connection: Connection, request: SearchRequest, found: _Found, typed: Sequence[str], fixed: Sequence[Term]
) -> None:
    """Try one space more or one less: ``pietjansen``, ``Jan sen``."""
    for index, word in enumerate(typed):
        halves = {(word[:cut], word[cut:]) for cut in range(1, len(word))}
        known = _known(connection, {half for pair in halves for half in pair})
        for one, other in sorted(halves):
            if one in known and other in known:
                parts = [*typed[:index], one, other, *typed[index + 1 :]]
                _collect(connection, request, found, [*(Term(part).allowing("exact", FIELDS) for part in parts), *fixed])
    for index in range(len(typed) - 1):
        joined = [*typed[:index], typed[index] + typed[index + 1], *typed[index + 2 :]]
        near = _near(connection, joined)
        terms = [Term(word).allowing("prefix", FIELDS).or_near(near.get(word, ())) for word in joined]
        _collect(connection, request, found, [*terms, *fixed])


def _known(connection: Connection, candidates: Iterable[str]) -> set[str]:
    chosen = sa.select(index_words.c.word).where(index_words.c.word.in_(sorted(candidates)))
    return set(connection.execute(chosen).scalars())


def _hits(connection: Connection, request: SearchRequest, found: _Found) -> list[Hit]:
    by_name = sorted(found.rows.items(), key=lambda item: (-item[1][0], item[1][1].name, item[0]))
    namesakes: dict[tuple[float, str], int] = {}

    def turn(item: tuple[int, tuple[float, Any, Any]]) -> tuple[float, int]:
        which = (item[1][0], item[1][1].name)
        namesakes[which] = namesakes.get(which, 0) + 1
        return (-item[1][0], namesakes[which])

    chosen = _with_near(sorted(by_name, key=turn), request.limit)
    query = sa.select(people_index).where(people_index.c.id.in_([id_ for id_, _ in chosen]))
    whole = {row.id: row for row in connection.execute(query)}
    return [_hit(whole[id_], score, ways) for id_, (score, _, ways) in chosen if id_ in whole]


def _with_near(ranked: Sequence[Any], limit: int) -> list[Any]:
    """The best, with some of the first ten places for names one letter off when exact ones would take them all."""

    def off(item: Any) -> bool:
        return any(how == "typo" for _, _, how in item[1][2])

    first = min(10, limit)
    near = [item for item in ranked[first - NEAR_PLACES :] if off(item)][:NEAR_PLACES]
    if first <= NEAR_PLACES or not near or any(map(off, ranked[:first])):
        return list(ranked[:limit])
    kept = [item for item in ranked if item not in near]
    at = first - len(near)
    return [*kept[:at], *near, *kept[at:]][:limit]


def _hit(row: Any, score: float, ways: Iterable[tuple[Term, str, str]]) -> Hit:
    reasons = tuple(
        HitReason(
            where,
            term.word,
            _written(row.shown.get(where, ()), term, how),
            how,
            _rounded(FIELD_WEIGHTS[where] * HOW_WEIGHTS[how]),
        )
        for term, where, how in ways
    )
    return Hit(row.connection, row.source_id, row.name, _rounded(min(score, 1.0)), reasons, bytes(row.payload))


def _written(texts: Sequence[str], term: Term, how: str) -> str:
    """The text of the profile in which the word is."""
    fits: Mapping[str, Callable[[str], bool]] = {
        "exact": lambda word: word == term.word,
        "prefix": lambda word: word.startswith(term.word),
        "typo": lambda word: word in term.near,
    }
    for text in texts:
        folded = words(text)
        if any(fits[how](word) for word in (*folded, "".join(folded))):
            return text[:200]
    return texts[0][:200] if texts else ""


def _rounded(value: float) -> Decimal:
    return Decimal(str(round(value, 4)))
