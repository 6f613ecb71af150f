"""Tables of the people index. When their version differs they are dropped and made anew, empty: the next sync fills them."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# SQLAlchemy leaves the types of JSON and foreign key columns open.
from __future__ import annotations

from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine

VERSION: Final = 2
FIELDS: Final = ("names", "topics", "title", "organisation", "place", "about")
"""Searched columns, each a text of folded words with a space before and after every word."""

metadata: Final = sa.MetaData()

people_index: Final = sa.Table(
    "people_index",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("connection", sa.Text, nullable=False),
    sa.Column("source_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("visible", sa.Boolean, nullable=False),
    sa.Column("mark", sa.Text),  # what the source had last changed of them when they were read
    sa.Column("shown", sa.JSON, nullable=False),  # what was written, by field, for the reasons
    sa.Column("payload", sa.LargeBinary, nullable=False),
    sa.UniqueConstraint("connection", "source_id"),
)

index_words: Final = sa.Table(
    "people_index_words", metadata, sa.Column("word", sa.Text, primary_key=True), sqlite_with_rowid=False
)

index_forms: Final = sa.Table(
    "people_index_forms",
    metadata,
    sa.Column("form", sa.Text, primary_key=True),
    sa.Column("word", sa.Text, primary_key=True),
    sqlite_with_rowid=False,
)

index_state: Final = sa.Table(
    "people_index_state",
    metadata,
    sa.Column("connection", sa.Text, primary_key=True),
    sa.Column("settings", sa.Text),  # how the source was read
    sa.Column("synced_at", sa.Text),  # of the last finished sync, UTC
)

index_version: Final = sa.Table("people_index_version", metadata, sa.Column("version", sa.Integer, primary_key=True))

_FTS: Final = (
    f"CREATE VIRTUAL TABLE people_index_text USING fts5({', '.join(FIELDS)}, "
    "tokenize=\"unicode61 remove_diacritics 0\", prefix='2 3', detail=column)"
)


def prepare(engine: Engine) -> None:
    """Make the tables, or make them anew when they are of another version."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('workplace_sdk.search'))")
        found = sa.inspect(connection).has_table("people_index_version")
        if found and connection.execute(sa.select(index_version.c.version)).scalar() == VERSION:
            return
        _drop(connection)
        metadata.create_all(connection)
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("ALTER TABLE people_index ADD COLUMN terms tsvector")
            connection.exec_driver_sql(
                "CREATE INDEX ix_people_index_terms ON people_index USING gin (terms) WITH (fastupdate = off)"
            )
            for field in FIELDS:
                connection.exec_driver_sql(f"ALTER TABLE people_index ADD COLUMN {field} text NOT NULL DEFAULT ''")
        else:
            connection.exec_driver_sql(_FTS)
        connection.execute(index_version.insert().values(version=VERSION))


def _drop(connection: Connection) -> None:
    connection.exec_driver_sql("DROP TABLE IF EXISTS people_index_text")
    metadata.drop_all(connection)
