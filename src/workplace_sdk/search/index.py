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
LETTERS: Final[dict[str, str]] = dict(zip(FIELDS, "nteopa", strict=True))
"""On PostgreSQL a word is kept with the letter of its field before it."""


_KEPT: Final = ("connection", "source_id", "name", "visible", "changed", "generation", "payload")
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
        changed: The source's own mark of when it changed.
        payload: The profile itself, given back with a hit.
    """

    source_id: str
    name: str
    fields: Mapping[str, Sequence[str]]
    payload: bytes
    visible: bool = True
    changed: str | None = None


def upsert(connection: Connection, source: str, people: Iterable[IndexedPerson], *, generation: int = 0) -> int:
    """Add *people* of the connection *source*, or replace those with the same id; how many."""
    count = 0
    iterator = iter(people)
    while batch := list({person.source_id: person for person in islice(iterator, BATCH)}.values()):
        _write(connection, source, batch, generation)
        count += len(batch)
    return count


def _write(connection: Connection, source: str, batch: Sequence[IndexedPerson], generation: int) -> None:
    folded = [_folded(person) for person in batch]
    known = _ids(connection, source, [person.source_id for person in batch])
    postgresql = connection.dialect.name == "postgresql"
    if known and not postgresql:
        connection.exec_driver_sql(f"DELETE FROM people_index_text WHERE rowid IN ({','.join(map(str, known.values()))})")  # noqa: S608 - numbers
    if known:
        connection.execute(people_index.delete().where(people_index.c.id.in_(known.values())))
    rows = [_row(source, person, generation) for person in batch]
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
    _learn(connection, {word for found in folded for field in FIELDS if field != "about" for word in found[field]})


def _row(source: str, person: IndexedPerson, generation: int) -> dict[str, Any]:
    return {
        "connection": source,
        "source_id": person.source_id,
        "name": person.name,
        "visible": person.visible,
        "changed": person.changed,
        "generation": generation,
        "shown": {field: list(texts) for field, texts in person.fields.items()},
        "payload": person.payload,
    }


def _folded(person: IndexedPerson) -> dict[str, list[str]]:
    found = {
        field: [word for text in person.fields.get(field, ()) for word in words(text)] for field in FIELDS if field != "names"
    }
    return {"names": [word for text in person.fields.get("names", ()) for word in name_words(text)], **found}


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
    return _remove(connection, list(_ids(connection, source, list(source_ids)).values()))


def sweep(connection: Connection, source: str, generation: int) -> int:
    """Take out everyone of *source* whom the sync *generation* did not see; how many."""
    query = sa.select(people_index.c.id).where(people_index.c.connection == source, people_index.c.generation != generation)
    return _remove(connection, list(connection.execute(query).scalars()))


def _remove(connection: Connection, ids: Sequence[int]) -> int:
    for start in range(0, len(ids), BATCH):
        part = ids[start : start + BATCH]
        if connection.dialect.name != "postgresql":
            connection.exec_driver_sql(f"DELETE FROM people_index_text WHERE rowid IN ({','.join(map(str, part))})")  # noqa: S608 - numbers
        connection.execute(people_index.delete().where(people_index.c.id.in_(part)))
    return len(ids)


def mark_seen(connection: Connection, source: str, source_ids: Sequence[str], generation: int) -> None:
    """Say that the sync *generation* saw these, without writing them anew."""
    whose = (people_index.c.connection == source) & people_index.c.source_id.in_(source_ids)
    connection.execute(people_index.update().where(whose).values(generation=generation))


@frozen
class SyncState:
    """How far the index of a connection is: *marker* is where the next sync of changes starts."""

    marker: str | None = None
    generation: int = 0
    synced_at: str | None = None


def state(connection: Connection, source: str) -> SyncState:
    """How far the index of *source* is."""
    row = connection.execute(sa.select(index_state).where(index_state.c.connection == source)).one_or_none()
    return SyncState(row.marker, row.generation, row.synced_at) if row else SyncState()


def set_state(connection: Connection, source: str, new: SyncState) -> None:
    """Say how far it is now."""
    connection.execute(index_state.delete().where(index_state.c.connection == source))
    values = {"connection": source, "marker": new.marker, "generation": new.generation, "synced_at": new.synced_at}
    connection.execute(index_state.insert().values(**values))


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
