"""A copy of the local store while it is in use."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from workplace_sdk.connectors.local.importing import Progress, quiet
from workplace_sdk.kernel.errors import ConfigError, InvalidInput, ProtocolError

if TYPE_CHECKING:
    from workplace_sdk.wires.sql import Database


def back_up(database: Database, target: Path, progress: Progress = quiet) -> int:
    """Copy the database to the file *target*, which must not be there yet, and check the copy. Its size in bytes.

    Writers are not kept waiting; the copy is of one moment, and for its owner only. What fails leaves no file.

    Raises:
        ConfigError: The store is PostgreSQL: its own ``pg_dump`` does this.
        InvalidInput: *target* is there already, or cannot be written.
    """
    if not database.sqlite:
        shown = database.url.render_as_string(hide_password=True).replace("+psycopg", "")
        raise ConfigError(
            f"a PostgreSQL store is copied by its own tool: pg_dump --format=custom --file={target} '{shown}'", key="url"
        )
    if database.url.database in (None, "", ":memory:"):
        raise ConfigError("a store in memory cannot be copied", key="url")
    database.engine()  # brings the tables up to date first
    try:
        target.touch(mode=0o600, exist_ok=False)  # it holds everyone's data
    except FileExistsError:
        raise InvalidInput(f"{target} is there already", field="target") from None
    except OSError as error:
        raise InvalidInput(f"{target} cannot be written: {error.strerror}", field="target") from None
    try:
        _copy(str(database.url.database), target, progress)
    except BaseException:
        target.unlink()
        raise
    return target.stat().st_size


def _copy(store: str, target: Path, progress: Progress) -> None:
    with closing(sqlite3.connect(store, isolation_level=None)) as source, closing(sqlite3.connect(target)) as copy:
        # A reading transaction keeps to one moment: else the copy would begin anew at every write, and never end.
        source.execute("BEGIN")
        source.execute("SELECT 1 FROM sqlite_master").fetchone()
        source.backup(copy, pages=1000, progress=lambda _status, left, total: progress(total - left, total))
        verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
    if verdict != "ok":
        raise ProtocolError(f"the copy is damaged: {verdict}")
