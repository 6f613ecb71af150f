"""Redmine 5 for the tests: two projects of a service desk on loopback, thrown away afterwards.

    python -m tests.servers.redmine

prints one line of JSON with the address and API keys, and serves until it is interrupted.
"""

from __future__ import annotations

import argparse
import hashlib
import inspect
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from tests.servers import keeping
from tests.servers.process import Server, free_port, listening, missing_program, serve

HOME = Path("/usr/share/redmine")
SEED = Path(__file__).with_name("redmine_seed.rb")
_DATABASE = "production:\n  adapter: sqlite3\n  database: {home}/redmine.sqlite\n  timeout: 20000\n  encoding: utf8\n"
_CONFIGURATION = "default:\n  attachments_storage_path: {home}/files\n  email_delivery:\n    delivery_method: :test\n"
_GEMS = "eval_gemfile '{source}/Gemfile'\ngem 'sqlite3', '~> 1.4.0'\ngem 'puma'\n"


def unavailable() -> str | None:
    """Why Redmine cannot be started here."""
    if not (HOME / "config.ru").exists():
        return "Redmine 5 is not installed"
    return missing_program("bundle", "puma")


def version() -> str:
    """Of the package that is installed."""
    asked = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", "redmine"], capture_output=True, check=False)
    return asked.stdout.decode() or "unknown"


class Redmine:
    """A running Redmine; accounts and rights are those of ``redmine_seed.rb``."""

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="workplace-redmine-"))
        made = SEED.read_text() + inspect.getsource(_load) + version()
        keeping.copy_kept("redmine", hashlib.sha256(made.encode()).hexdigest()[:16], _load, self.home, in_memory=True)
        _configure(self.home)
        seeded = json.loads((self.home / "seed.json").read_text())
        self.keys: dict[str, str] = seeded["keys"]
        self.users: dict[str, int] = seeded["users"]
        self.fields: dict[str, int] = seeded["fields"]
        self.port = free_port()
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        return self._server.pid

    def start(self) -> None:
        """Start it (again), on the same port with the same data. One thread: SQLite lets one write at a time."""
        options = ["-e", "production", "-t", "1:1", "-b", f"tcp://127.0.0.1:{self.port}", str(HOME / "config.ru")]
        self._server = Server(["bundle", "exec", "puma", *options], self.home / "log.txt", environment=_environment(self.home))
        self._server.wait_until(self._answers, seconds=120)

    def _answers(self) -> bool:
        if not listening(self.port):
            return False
        try:
            return self.ask("GET", "users/current.json", account="svc-workplace")[0] == 200
        except (URLError, OSError):
            return False

    def ask(
        self, method: str, path: str, content: Any = None, *, account: str = "svc-workplace", **headers: str
    ) -> tuple[int, Any, Any]:
        """What it answers to a request of our own: status, headers, JSON (``None`` when there is none)."""
        body = None if content is None else content if isinstance(content, bytes) else json.dumps(content).encode()
        given = {"X-Redmine-API-Key": self.keys[account], "Content-Type": "application/json"}
        sent = {**given, **{name.replace("_", "-"): value for name, value in headers.items()}}
        try:
            with urlopen(Request(f"{self.url}/{path}", body, sent, method=method), timeout=60) as reply:
                status, told, answer = reply.status, reply.headers, reply.read()
        except HTTPError as error:
            status, told, answer = error.code, error.headers, error.read()
        try:
            return status, told, json.loads(answer) if answer else None
        except ValueError:
            return status, told, answer

    def halt(self) -> None:
        """Stop it, keeping the data."""
        self._server.stop()

    def stop(self) -> None:
        """Stop it and remove everything."""
        self.halt()
        shutil.rmtree(self.home, ignore_errors=True)


def _environment(home: Path) -> dict[str, str]:
    return {
        "REDMINE_INSTANCE": os.path.relpath(home, HOME / "instances"),  # it need not be where the others are
        "RAILS_ENV": "production",
        "BUNDLE_GEMFILE": str(home / "Gemfile"),
        "BUNDLER_VERSION": "2.3.15",  # Debian's own: that of its later ruby does not take Debian's gems
        "HOME": str(home),
        "SCHEMA": "/dev/null",
        "LANG": "C.UTF-8",
    }


def _configure(home: Path) -> None:
    for name in ("config", "files", "log", "tmp/cache", "public/plugin_assets"):
        (home / name).mkdir(parents=True, exist_ok=True)
    (home / "config" / "database.yml").write_text(_DATABASE.format(home=home))
    (home / "config" / "configuration.yml").write_text(_CONFIGURATION.format(home=home))
    (home / "config" / "secret_key.txt").write_text("0" * 64)
    (home / "Gemfile").write_text(_GEMS.format(source=HOME))


def _load(folder: Path) -> None:
    """Create the database, and what it begins with."""
    _configure(folder)
    _run(folder, "bundle", "exec", "rake", "db:migrate")
    told = _run(folder, "bundle", "exec", "ruby", "bin/rails", "runner", str(SEED))
    (folder / "seed.json").write_text(told.splitlines()[-1])
    for name in ("tmp", "log"):
        shutil.rmtree(folder / name)


def _run(folder: Path, *command: str) -> str:
    environment = {**os.environ, **_environment(folder)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=HOME)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[:4])}: {done.stdout[-1000:]} {done.stderr[:3000]}")
    return done.stdout


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    if reason := unavailable():
        sys.exit(reason)
    server = Redmine()
    serve(
        json.dumps(
            {
                "url": server.url,
                "keys": server.keys,
                "fields": server.fields,
                "users": server.users,
                "version": version(),
                "pid": server.pid,
            }
        ),
        server.stop,
    )


if __name__ == "__main__":
    main()
