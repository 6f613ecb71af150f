"""Finding rows that have all of some words: by FTS5 on SQLite, by a GIN index of words on PostgreSQL.

Both stop at a cap, in the order of the rows: a word that half of the people have costs no more than a rare one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from attrs import evolve, frozen

from workplace_sdk.search.index import LETTERS
from workplace_sdk.search.schema import FIELDS

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_COLUMNS: Final = ", ".join(f"t.{name}" for name in FIELDS)


@frozen
class Term:
    """One word to be found: in which fields, as the start of a word too or not, or instead of it words near it."""

    word: str
    fields: tuple[str, ...] = FIELDS
    starts: bool = False
    near: tuple[str, ...] = ()
    itself: bool = True
    fixed: bool = False

    def allowing(self, how: str, fields: Sequence[str]) -> Term:
        """The same word, found exactly or as the start of a word."""
        return evolve(self, fields=tuple(fields), starts=how == "prefix")

    def or_near(self, near: Iterable[str]) -> Term:
        """The same, or one of the words near it."""
        return evolve(self, near=tuple(near))

    def only_near(self, near: tuple[str, ...]) -> Term:
        """Only one of the words near it."""
        return evolve(self, near=near, itself=False)


def looked_up(connection: Connection, terms: Sequence[Term], sources: Sequence[str], cap: int) -> Sequence[Any]:
    """At most *cap* visible rows that have all *terms*, with their searched fields."""
    if not terms:
        return ()
    postgresql = connection.dialect.name == "postgresql"
    match = " & ".join(map(_tsquery, terms)) if postgresql else " AND ".join(map(_fts, terms))
    wanted: dict[str, Any] = {"match": match, "cap": cap}
    among = ""
    if sources:
        among = f"AND p.connection IN ({', '.join(f':source{index}' for index in range(len(sources)))})"
        wanted |= {f"source{index}": source for index, source in enumerate(sources)}
    if postgresql:
        columns = _COLUMNS.replace("t.", "p.")
        statement = (
            f"SELECT p.id, p.name, {columns} FROM people_index p "  # noqa: S608 - names of ours, values are parameters
            f"WHERE p.terms @@ CAST(:match AS tsquery) AND p.visible {among} LIMIT :cap"
        )
    else:
        # CROSS JOIN: the words first. SQLite would else go through everyone of a connection and look for the words of each.
        statement = (
            f"SELECT p.id, p.name, {_COLUMNS} FROM people_index_text t CROSS JOIN people_index p ON p.id = t.rowid "  # noqa: S608 - as above
            f"WHERE people_index_text MATCH :match AND p.visible {among} LIMIT :cap"
        )
    return connection.execute(sa.text(statement), wanted).all()


def _fts(term: Term) -> str:
    """FTS5 query; words are letters and digits only, so quoting is all it needs. Source: sqlite.org/fts5.html section 3."""
    ways = [f'"{word}"' for word in (*([term.word] if term.itself else []), *term.near)]
    if term.starts and term.itself:
        ways.append(f'"{term.word}" *')
    columns = "" if term.fields == FIELDS else f"{{{' '.join(term.fields)}}} : "
    return f"({columns}({' OR '.join(ways)}))"


def _tsquery(term: Term) -> str:
    """PostgreSQL tsquery: each word with the letter of each field before it."""
    ways: list[str] = []
    for name in term.fields:
        letter = LETTERS[name]
        ways += [f"'{letter}{word}'" for word in (*([term.word] if term.itself else []), *term.near)]
        if term.starts and term.itself:
            ways.append(f"'{letter}{term.word}':*")
    return f"({' | '.join(ways)})"
