"""A copy of the local store while it is in use."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from workplace_sdk.connectors.local.importing import Progress
from workplace_sdk.kernel.errors import ConfigError, InvalidInput, ProtocolError

if TYPE_CHECKING:
    from workplace_sdk.wires.sql import Database


def back_up(database: Database, target: Path, progress: Progress = lambda _done, _total: None) -> int:
    """Copy the database to the file *target*, which must not be there yet, and check the copy. Its size in bytes.

    Writers are not kept waiting; the copy is of one moment.

    Raises:
        ConfigError: The store is PostgreSQL: its own ``pg_dump`` does this.
        InvalidInput: *target* is there already.
    """
    if not database.sqlite:
        shown = database.url.render_as_string(hide_password=True).replace("+psycopg", "")
        raise ConfigError(
            f"a PostgreSQL store is copied by its own tool: pg_dump --format=custom --file={target} '{shown}'", key="url"
        )
    if target.exists():
        raise InvalidInput(f"{target} is there already", field="target")
    database.engine()  # brings the tables up to date first
    with closing(sqlite3.connect(str(database.url.database))) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy, pages=1000, progress=lambda _status, left, total: progress(total - left, total))
        verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
    if verdict != "ok":
        target.unlink()
        raise ProtocolError(f"the copy is damaged: {verdict}")
    return target.stat().st_size
