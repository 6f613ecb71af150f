"""Keeping the index: people come in by batches, change, and go. Every function runs in the caller's transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from attrs import frozen

from workplace_sdk.search.fold import name_words, near_forms, words
from workplace_sdk.search.schema import FIELDS, index_forms, index_state, index_words, people_index

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

BATCH: Final = 1000
MOST_WORDS: Final = 2000
"""Words of one field of one person that are searched, at most."""
MOST_SHOWN: Final = 10_000
LEARNED: Final = tuple(field for field in FIELDS if field != "about")
"""Fields in which a word is also found when it is typed with one wrong letter."""
LETTERS: Final[dict[str, str]] = dict(zip(FIELDS, "nteopa", strict=True))
"""On PostgreSQL a word is kept with the letter of its field before it."""


_KEPT: Final = ("connection", "source_id", "name", "visible", "mark", "payload")
_INSERT: Final = sa.text(
    f"INSERT INTO people_index ({', '.join((*_KEPT, *FIELDS))}, shown, terms) "  # noqa: S608 - names of ours, values are parameters
    f"VALUES ({', '.join(f':{name}' for name in (*_KEPT, *FIELDS))}, CAST(:shown AS json), array_to_tsvector(CAST(:terms AS text[])))"
)
_INSERT_TEXT: Final = sa.text(
    f"INSERT INTO people_index_text (rowid, {', '.join(FIELDS)}) VALUES (:id, {', '.join(f':{name}' for name in FIELDS)})"  # noqa: S608
)


@frozen
class IndexedPerson:
    """Someone as the index keeps them.

    Attributes:
        source_id: The id in the source that never changes: an entry's UUID, a row's id.
        fields: What is written in the profile, by field (``names``, ``topics``, ``title``, ``organisation``, ``place``, ``about``).
        visible: False for who is disabled or hidden: kept out of every answer.
        mark: Differs when the source has them otherwise; ``None`` when it cannot tell.
        payload: The profile itself, given back with a hit.
    """

    source_id: str
    name: str
    fields: Mapping[str, Sequence[str]]
    payload: bytes
    visible: bool = True
    mark: str | None = None


def upsert(connection: Connection, source: str, people: Iterable[IndexedPerson]) -> int:
    """Add *people* of the connection *source*, or replace those with the same id; how many."""
    count = 0
    iterator = iter(people)
    while batch := list({person.source_id: person for person in islice(iterator, BATCH)}.values()):
        _write(connection, source, batch)
        count += len(batch)
    return count


def _write(connection: Connection, source: str, batch: Sequence[IndexedPerson]) -> None:
    folded = [_folded(person) for person in batch]
    known = _ids(connection, source, [person.source_id for person in batch])
    before = _taken_out(connection, list(known.values()))
    postgresql = connection.dialect.name == "postgresql"
    rows = [_row(source, person) for person in batch]
    if postgresql:
        texts = [{**{field: _padded(words_[field]) for field in FIELDS}, "terms": _lexemes(words_)} for words_ in folded]
        shown = [{**row, "shown": json.dumps(row["shown"], ensure_ascii=False)} for row in rows]
        connection.execute(_INSERT, [{**row, **text} for row, text in zip(shown, texts, strict=True)])
    else:
        connection.execute(people_index.insert(), rows)
        ids = _ids(connection, source, [person.source_id for person in batch])
        numbered: list[dict[str, Any]] = [
            {"id": ids[person.source_id], **{field: _padded(words_[field]) for field in FIELDS}}
            for person, words_ in zip(batch, folded, strict=True)
        ]
        connection.execute(_INSERT_TEXT, numbered)
    now = {word for found in folded for field in LEARNED for word in found[field]}
    _learn(connection, now)
    _unlearn(connection, before - now)


def _row(source: str, person: IndexedPerson) -> dict[str, Any]:
    return {
        "connection": source,
        "source_id": person.source_id,
        "name": person.name.replace("\0", " "),  # PostgreSQL has no text with one
        "visible": person.visible,
        "mark": person.mark,
        "shown": {field: [text.replace("\0", " ")[:MOST_SHOWN] for text in texts] for field, texts in person.fields.items()},
        "payload": person.payload,
    }


def _folded(person: IndexedPerson) -> dict[str, list[str]]:
    """The words of each field; of a text without end only the first."""
    return {
        field: list(islice((word for text in person.fields.get(field, ()) for word in of(text)), MOST_WORDS))
        for field, of in ((field, name_words if field == "names" else words) for field in FIELDS)
    }


def _padded(found: Sequence[str]) -> str:
    return f" {' '.join(dict.fromkeys(found))} "


def _lexemes(found: Mapping[str, Sequence[str]]) -> list[str]:
    return sorted({LETTERS[field] + word for field, texts in found.items() for word in texts})


def _ids(connection: Connection, source: str, source_ids: Sequence[str]) -> dict[str, int]:
    query = sa.select(people_index.c.source_id, people_index.c.id)
    chosen = query.where(people_index.c.connection == source, people_index.c.source_id.in_(source_ids))
    return {row.source_id: row.id for row in connection.execute(chosen)}


def _learn(connection: Connection, found: set[str]) -> None:
    """Remember new words with their near forms, for words typed with one wrong letter."""
    known: set[str] = set()
    ordered = sorted(found)
    for start in range(0, len(ordered), BATCH):
        chosen = sa.select(index_words.c.word).where(index_words.c.word.in_(ordered[start : start + BATCH]))
        known.update(connection.execute(chosen).scalars())
    new = [word for word in ordered if word not in known]
    if not new:
        return
    connection.execute(_ignoring(connection, index_words), [{"word": word} for word in new])
    connection.execute(
        _ignoring(connection, index_forms), [{"form": form, "word": word} for word in new for form in sorted(near_forms(word))]
    )


def _ignoring(connection: Connection, table: sa.Table) -> Any:
    from sqlalchemy.dialects import postgresql, sqlite

    insert = postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)
    return insert.on_conflict_do_nothing()


def remove(connection: Connection, source: str, source_ids: Iterable[str]) -> int:
    """Take people out of the index; how many were in it."""
    count, iterator = 0, iter(source_ids)
    while batch := list(islice(iterator, BATCH)):
        ids = list(_ids(connection, source, batch).values())
        _unlearn(connection, _taken_out(connection, ids))
        count += len(ids)
    return count


def _taken_out(connection: Connection, ids: Sequence[int]) -> set[str]:
    """Take rows out; the words that they had."""
    if not ids:
        return set()
    numbers = f"({','.join(map(str, ids))})"
    texts, key = ("people_index", "id") if connection.dialect.name == "postgresql" else ("people_index_text", "rowid")
    columns = ", ".join(LEARNED)
    rows = connection.exec_driver_sql(f"SELECT {columns} FROM {texts} WHERE {key} IN {numbers}").all()  # noqa: S608 - numbers
    had = {word for row in rows for text in row for word in text.split()}
    if texts != "people_index":
        connection.exec_driver_sql(f"DELETE FROM {texts} WHERE {key} IN {numbers}")  # noqa: S608 - numbers
    connection.execute(people_index.delete().where(people_index.c.id.in_(ids)))
    return had


def _unlearn(connection: Connection, words_: set[str]) -> None:
    """Drop those of *words_* that nobody has any more: a name that was forgotten is not kept here either."""
    if connection.dialect.name == "postgresql":
        test = sa.text("SELECT 1 FROM people_index WHERE terms @@ CAST(:match AS tsquery) LIMIT 1")
        had = {word: " | ".join(f"'{LETTERS[field]}{word}'" for field in LEARNED) for word in words_}
    else:
        test = sa.text("SELECT 1 FROM people_index_text WHERE people_index_text MATCH :match LIMIT 1")
        had = {word: f'{{{" ".join(LEARNED)}}} : "{word}"' for word in words_}
    gone = sorted(word for word, match in had.items() if connection.execute(test, {"match": match}).first() is None)
    if gone:
        forms = [{"form": form, "word": word} for word in gone for form in near_forms(word)]
        connection.execute(sa.text("DELETE FROM people_index_forms WHERE form = :form AND word = :word"), forms)
        connection.execute(sa.text("DELETE FROM people_index_words WHERE word = :word"), [{"word": word} for word in gone])


def marks(connection: Connection, source: str, source_ids: Sequence[str]) -> dict[str, str | None]:
    """The mark of each of these who is in the index."""
    query = sa.select(people_index.c.source_id, people_index.c.mark)
    chosen = query.where(people_index.c.connection == source, people_index.c.source_id.in_(source_ids))
    return {row.source_id: row.mark for row in connection.execute(chosen)}


def one_at_a_time(connection: Connection, source: str) -> None:
    """Wait until nobody else writes people of *source*. (SQLite has one writer anyway.)"""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": f"people_index {source}"})


@frozen
class SyncState:
    """Whether the index of a connection was filled, *synced_at*, and with which *settings*."""

    settings: str | None = None
    synced_at: str | None = None


def state(connection: Connection, source: str) -> SyncState:
    """How far the index of *source* is."""
    row = connection.execute(sa.select(index_state).where(index_state.c.connection == source)).one_or_none()
    return SyncState(row.settings, row.synced_at) if row else SyncState()


def set_state(connection: Connection, source: str, new: SyncState) -> None:
    """Say how far it is now."""
    connection.execute(index_state.delete().where(index_state.c.connection == source))
    connection.execute(index_state.insert().values(connection=source, settings=new.settings, synced_at=new.synced_at))


def settle(connection: Connection) -> None:
    """Have the database look at what is in the index now, after many changes: it then knows which words are common."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("ANALYZE people_index, people_index_forms, people_index_words")


def source_ids(connection: Connection, source: str) -> set[str]:
    """Ids of everyone of *source* in the index."""
    return set(connection.execute(sa.select(people_index.c.source_id).where(people_index.c.connection == source)).scalars())


def count(connection: Connection, source: str | None = None) -> int:
    """How many people are in the index, hidden ones included."""
    query = sa.select(sa.func.count()).select_from(people_index)
    return int(connection.execute(query if source is None else query.where(people_index.c.connection == source)).scalar_one())
