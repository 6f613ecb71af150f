"""Radicale for the tests: calendars without scheduling, on loopback, thrown away afterwards.

    python -m tests.servers.radicale

prints one line of JSON and serves until it is interrupted. Radicale is under the GPL: it is no dependency of ours, but a
program that is installed from PyPI into a folder of its own, kept between runs.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import shutil
import subprocess
import sys
import tempfile
import venv
from functools import cache
from pathlib import Path

from tests.servers import keeping
from tests.servers.calendars import Account, accounts
from tests.servers.process import Server, free_port, listening, serve

VERSION = "3.9.0"

_CONFIG = """\
[server]
hosts = 127.0.0.1:{port}
max_connections = 64
max_content_length = 20000000
[auth]
type = htpasswd
htpasswd_filename = {home}/htpasswd
htpasswd_encryption = plain
delay = 0
[rights]
type = from_file
file = {home}/rights
[storage]
filesystem_folder = {home}/data
[web]
type = none
[logging]
level = warning
"""
_RIGHTS = """\
[root]
user: .+
collection:
permissions: R
[service]
user: svc
collection: .+
permissions: RrWw
[own]
user: .+
collection: {user}(/.*)?
permissions: RrWw
[rooms are seen by everyone]
user: .+
collection: (zaal|beamer)-[0-9]+(/.*)?
permissions: Rr
"""


@cache
def _program() -> Path | str:
    """Radicale, installed when it is not yet; or why it is not there."""
    home = keeping.folder() / f"radicale-{VERSION}"
    python = home / "bin" / "python"
    with (keeping.folder() / "radicale.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "complete").exists():
            shutil.rmtree(home, ignore_errors=True)
            venv.create(home, with_pip=True)
            command = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "-q", f"radicale=={VERSION}"]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                return f"Radicale {VERSION} could not be installed: {(done.stderr.strip().splitlines() or ['?'])[-1]}"
            (home / "complete").touch()
    return python


def unavailable() -> str | None:
    """Why Radicale cannot be started here."""
    program = _program()
    return program if isinstance(program, str) else None


class Radicale:
    """A running Radicale with a calendar for everyone."""

    profile = "radicale"
    version = VERSION

    def __init__(self, people: int = 20, rooms: int = 6) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="workplace-radicale-"))
        self.port = free_port()
        known = accounts(people, rooms)
        (self.home / "config").write_text(_CONFIG.format(port=self.port, home=self.home))
        (self.home / "rights").write_text(_RIGHTS)
        (self.home / "htpasswd").write_text("".join(f"{one.login}:{one.password}\n" for one in known))
        for one in known:
            self._calendar_for(one)
        self.start()

    def _calendar_for(self, one: Account) -> None:
        folder = self.home / "data" / "collection-root" / one.login / "agenda"
        folder.mkdir(parents=True)
        (folder.parent / ".Radicale.props").write_text("{}")
        properties = {"tag": "VCALENDAR", "D:displayname": one.name}
        (folder / ".Radicale.props").write_text(json.dumps(properties))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def calendar(self, login: str) -> str:
        return f"/{login}/agenda/"

    @property
    def pid(self) -> int:
        return self._server.pid

    def start(self) -> None:
        """Start it (again), on the same port with the same data."""
        program = _program()
        assert isinstance(program, Path), program
        command = [str(program), "-m", "radicale", "--config", str(self.home / "config")]
        self._server = Server(command, self.home / "log")
        self._server.wait_until(lambda: listening(self.port))

    def halt(self) -> None:
        """Stop it, keeping the data."""
        self._server.stop()

    def stop(self) -> None:
        """Stop it and remove everything."""
        self.halt()
        shutil.rmtree(self.home, ignore_errors=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=20)
    options = parser.parse_args()
    if reason := unavailable():
        sys.exit(reason)
    server = Radicale(options.people)
    told = {"url": server.url, "user": "svc", "password": "svc-secret", "calendar": server.calendar("{login}")}
    serve(json.dumps({**told, "pid": server.pid}), server.stop)


if __name__ == "__main__":
    main()
