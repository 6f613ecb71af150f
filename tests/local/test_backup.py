"""A copy of the store while others write, and what comes of it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.local.conftest import Office, give_leave
from tests.local.test_leave_writers import check
from tests.servers import postgres
from workplace_sdk.connectors.local import Local, LocalSettings
from workplace_sdk.connectors.local.backup import back_up
from workplace_sdk.connectors.local.leave import LocalLeave
from workplace_sdk.connectors.local.schema import files
from workplace_sdk.kernel.errors import ConfigError, InvalidInput
from workplace_sdk.wires.sql import Database

ROOT = Path(__file__).parent.parent.parent


@contextmanager
def written_to(office: Office) -> Iterator[subprocess.Popen[str]]:
    """Another process that asks, amends, decides without end; once around at least."""
    command = [sys.executable, "-m", "tests.local.leave_writer", office.url, "churn", "ana"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert [process.stdout.readline() for _ in range(2)] == ["ready\n", "wrote\n"]
        yield process
    finally:
        process.kill()
        process.communicate()


def restored(office: Office, url: str) -> Office:
    """The same office, on another database."""
    other = Office(url)
    other.ids, other.now = office.ids, office.now
    return other


def assert_whole(office: Office, annual: int) -> None:
    assert check(office, annual, 1) >= 4
    assert office.as_("ana", LocalLeave).balances()
    office.local.database.close()


def test_a_copy_is_of_one_moment_whoever_writes_meanwhile(tmp_path: Path) -> None:
    office = Office(f"sqlite:///{tmp_path / 'store.db'}")
    office.write(office.hire)
    ids = give_leave(office, days="400")
    megabytes = {"kind": "receipt", "name": "x", "media_type": "x", "size": 1, "sha256": "x", "created_at": office.now}
    office.write(lambda c: [c.execute(files.insert().values(**megabytes, content=os.urandom(2_000_000))) for _ in range(8)])
    told: list[tuple[int, int | None]] = []
    with written_to(office) as writer:
        size = back_up(office.local.database, tmp_path / "copy.db", lambda done, total: told.append((done, total)))
        assert writer.poll() is None  # it wrote all the while
    assert size == (tmp_path / "copy.db").stat().st_size > 16_000_000
    assert (tmp_path / "copy.db").stat().st_mode & 0o077 == 0  # for its owner only
    assert len(told) > 2
    assert {total for _, total in told} == {told[-1][0]}  # pages of one moment, and all of them
    assert_whole(restored(office, f"sqlite:///{tmp_path / 'copy.db'}"), ids["annual"])
    office.local.database.close()


def test_what_cannot_be_copied_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    office = Office(f"sqlite:///{tmp_path / 'store.db'}")
    office.write(office.hire)
    target = tmp_path / "copy.db"
    target.write_text("mine")
    with pytest.raises(InvalidInput, match="there already"):
        back_up(office.local.database, target)
    assert target.read_text() == "mine"
    with pytest.raises(InvalidInput, match="cannot be written"):
        back_up(office.local.database, tmp_path / "no" / "folder.db")

    def interrupted(_done: int, _total: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        back_up(office.local.database, tmp_path / "half.db", interrupted)
    assert not (tmp_path / "half.db").exists()
    with pytest.raises(ConfigError, match="memory"):
        back_up(Database("sqlite://"), tmp_path / "memory.db")
    office.local.database.close()


def test_pg_dump_copies_a_postgresql_store_while_in_use(postgres_url: str, tmp_path: Path) -> None:
    office = Office(postgres_url)
    office.write(office.hire)
    ids = give_leave(office, days="400")
    target = tmp_path / "store.dump"
    with pytest.raises(ConfigError, match="pg_dump --format=custom") as error:
        back_up(office.local.database, target)
    assert str(target) in error.value.message
    programs = postgres.server_programs()
    assert programs is not None
    dump, restore = (str(programs / name) for name in ("pg_dump", "pg_restore"))
    plain = postgres_url.replace("+psycopg", "")
    with written_to(office) as writer:
        subprocess.run([dump, "--format=custom", f"--file={target}", plain], check=True)
        assert writer.poll() is None
    other = sa.make_url(postgres_url).set(database="restored")
    with office.local.database.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("DROP DATABASE IF EXISTS restored")
        connection.exec_driver_sql("CREATE DATABASE restored")
    url = other.render_as_string(hide_password=False)
    subprocess.run([restore, "--no-owner", f"--dbname={url.replace('+psycopg', '')}", str(target)], check=True)
    assert_whole(restored(office, url), ids["annual"])
    office.local.database.close()


def test_a_copy_is_opened_as_any_store(tmp_path: Path) -> None:
    office = Office(f"sqlite:///{tmp_path / 'store.db'}")
    office.write(office.hire)
    back_up(office.local.database, tmp_path / "copy.db")
    copy = Local("main", LocalSettings(url=f"sqlite:///{tmp_path / 'copy.db'}"))
    with copy.database.engine().connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM people").scalar() == 6
    copy.database.close()
    office.local.database.close()
