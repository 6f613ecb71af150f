"""A PostgreSQL server for the tests, on loopback, thrown away afterwards.

    python -m tests.servers.postgres

prints one line of JSON with the URL of an empty database, and serves until it is interrupted. It asks for no password,
but of the user that ``with_password`` makes: what is in it is made up, and settings may not hold passwords.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from tests.servers.process import Server, free_port, listening, serve

_numbers = count(1)
ASKED = "asked"
"""The user who has to give a password."""


def server_programs() -> Path | None:
    """Where PostgreSQL's own programs are; ``None`` when they are not here."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name.split(".")[0]))
    if found:
        return found[-1]
    which = shutil.which("initdb")
    return Path(which).parent if which else None


def unavailable() -> str | None:
    """Why PostgreSQL cannot be started here."""
    if server_programs() is None:
        return "PostgreSQL's server programs are not installed"
    try:
        import psycopg  # noqa: F401
    except ImportError:
        return "psycopg is not installed"
    return None


class Postgres:
    """A running server; ``database()`` gives the URL of a new, empty database."""

    def __init__(self) -> None:
        programs = server_programs()
        assert programs is not None
        self._user = "postgres" if os.geteuid() == 0 else None
        self._home = Path(tempfile.mkdtemp(prefix="workplace-pg-"))
        if self._user:
            shutil.chown(self._home, self._user)
        self.port = free_port()
        data = self._home / "data"
        initdb = [
            str(programs / "initdb"),
            "-D",
            str(data),
            "-U",
            "postgres",
            "-A",
            "trust",
            "--no-sync",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
        ]
        subprocess.run(initdb, check=True, capture_output=True, user=self._user, cwd=self._home)
        rules = data / "pg_hba.conf"
        rules.write_text(f"host all {ASKED} 127.0.0.1/32 scram-sha-256\n{rules.read_text()}")
        options = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "off",
            "full_page_writes": "off",
            "synchronous_commit": "off",
            "max_connections": 200,
            "shared_buffers": "256MB",
        }
        arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        self._command = [str(programs / "postgres"), "-D", str(data), *arguments]
        self.start()

    def start(self) -> None:
        """Start it (again), on the same port with the same data."""
        self._server = Server(self._command, self._home / "log", user=self._user)
        self._server.wait_until(self._answers)

    @property
    def pid(self) -> int:
        return self._server.pid

    def _answers(self) -> bool:
        import psycopg

        if not listening(self.port):
            return False
        try:
            psycopg.connect(host="127.0.0.1", port=self.port, user="postgres", dbname="postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def database(self, like: str | None = None) -> str:
        """The SQLAlchemy URL of a new database, empty or a copy of the one of the URL *like*, which nobody uses now."""
        import psycopg

        name = f"workplace_{os.getpid()}_{next(_numbers)}"
        with psycopg.connect(
            host="127.0.0.1", port=self.port, user="postgres", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(f"CREATE DATABASE {name}" + (f" TEMPLATE {like.rpartition('/')[2]}" if like else ""))
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{name}"

    @contextmanager
    def lent(self, like: str | None = None) -> Iterator[str]:
        """``database()`` for as long as it is needed: thousands of them take gigabytes, and minutes to remove at the end."""
        import psycopg

        url = self.database(like)
        yield url
        with psycopg.connect(
            host="127.0.0.1", port=self.port, user="postgres", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {url.rpartition('/')[2]} WITH (FORCE)")

    def with_password(self, url: str, password: str) -> str:
        """The database of *url* for a user of its own, who has to give *password*; the URL is without it."""
        import psycopg

        name = url.rpartition("/")[2]
        with psycopg.connect(
            host="127.0.0.1", port=self.port, user="postgres", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(f"DROP ROLE IF EXISTS {ASKED}")
            connection.execute(f"CREATE ROLE {ASKED} LOGIN PASSWORD '{password}'")
            connection.execute(f"ALTER DATABASE {name} OWNER TO {ASKED}")
        return url.replace("postgres@", f"{ASKED}@")

    def halt(self) -> None:
        """Stop it, keeping the data."""
        self._server.stop(signal.SIGINT)

    def stop(self) -> None:
        """Stop it and remove everything."""
        self.halt()
        shutil.rmtree(self._home, ignore_errors=True)


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    if reason := unavailable():
        sys.exit(reason)
    server = Postgres()
    serve(json.dumps({"url": server.database(), "pid": server.pid}), server.stop)


if __name__ == "__main__":
    main()
