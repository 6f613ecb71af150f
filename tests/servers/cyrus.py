"""Cyrus IMAP for the tests: calendars with scheduling (RFC 6638), on loopback, thrown away afterwards. Needs root.

    python -m tests.servers.cyrus

prints one line of JSON and serves until it is interrupted.
"""

from __future__ import annotations

import argparse
import hashlib
import imaplib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from attrs import frozen

from tests.servers import calendars, keeping
from tests.servers.calendars import DOMAIN, SERVICE, Account, accounts, ask
from tests.servers.process import Server, free_port, kept, listening, missing_program, program, serve

_HTTPD = "/usr/lib/cyrus/bin/httpd"
_FOLDERS = ("socket", "proc", "db", "log", "msg", "ptclient", "lock", "quota", "user", "sieve")
_SETTINGS = """\
configdirectory: {home}/conf
defaultpartition: default
partition-default: {home}/spool
admins: cyrusadmin
servername: localhost
unixhierarchysep: on
altnamespace: off
virtdomains: off
allowplaintext: yes
sasl_mech_list: PLAIN
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: {home}/sasldb2
httpmodules: caldav
caldav_allowscheduling: on
caldav_create_default: yes
caldav_create_sched: yes
calendar_user_address_set: {domain}
defaultacl: anyone 9
idlemethod: no
"""
_SERVICES = """\
START {{
  recover cmd="ctl_cyrusdb -C {home}/imapd.conf -r"
}}
SERVICES {{
  imap cmd="imapd -C {home}/imapd.conf" listen="127.0.0.1:{imap}" prefork=0
  http cmd="httpd -C {home}/imapd.conf" listen="127.0.0.1:{http}" prefork=2
}}
EVENTS {{
}}
"""
_EVERYTHING = "lrswipkxtecdan789"
"""What the service account may with everyone's calendars, scheduling among it (7 and 8: invite and reply, 9: free/busy).

Not 9 on an inbox: who has it there is told that people are busy with invitations that were withdrawn.
"""


def unavailable() -> str | None:
    """Why Cyrus cannot be started here."""
    if os.geteuid() != 0:
        return "Cyrus is started as root only"
    return missing_program("cyrmaster", _HTTPD, "saslpasswd2")


@frozen
class Seed:
    """What is put into the calendars once; *name* says all that it depends on."""

    name: str
    fill: Callable[[Cyrus], None]


class Cyrus:
    """A running Cyrus with a calendar, an inbox and an outbox for everyone."""

    profile = "cyrus"

    def __init__(self, people: int = 20, rooms: int = 6, *, seed: Seed | None = None) -> None:
        self._accounts = accounts(people, rooms)
        self._seed = seed
        self.home = Path(tempfile.mkdtemp(prefix="workplace-cyrus-"))
        self.port, self._imap = free_port(), free_port()
        source = Path(__file__).read_bytes() + Path(calendars.__file__).read_bytes() + (seed.name if seed else "").encode()
        version = hashlib.sha256(source).hexdigest()[:16]
        name = f"cyrus-filled-{people}-{rooms}" if seed else f"cyrus-{people}-{rooms}"
        keeping.copy_kept(name, version, self._load, self.home, in_memory=True)  # where its own user may look
        self._configure(self.home)
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def version(self) -> str:
        return ask(self, "OPTIONS", "/dav/").headers["server"]

    def calendar(self, login: str) -> str:
        return f"/dav/calendars/user/{login}/Default/"

    @property
    def pid(self) -> int:
        return self._server.pid

    def start(self) -> None:
        """Start it (again), on the same ports with the same data."""
        self._launch(self.home)

    def halt(self) -> None:
        """Stop it, keeping the data."""
        self._server.stop()
        self._swept(self.home)

    def stop(self) -> None:
        """Stop it and remove everything."""
        self.halt()
        shutil.rmtree(self.home, ignore_errors=True)

    def _configure(self, home: Path) -> None:
        (home / "run").mkdir(exist_ok=True)
        (home / "spool").mkdir(exist_ok=True)
        for name in _FOLDERS:
            (home / "conf" / name).mkdir(parents=True, exist_ok=True)
        (home / "imapd.conf").write_text(_SETTINGS.format(home=home, domain=DOMAIN))
        (home / "cyrus.conf").write_text(_SERVICES.format(home=home, imap=self._imap, http=self.port))
        subprocess.run(["chown", "-R", "cyrus:mail", str(home)], check=True)
        home.chmod(0o755)

    def _launch(self, home: Path) -> None:
        master = str(program("cyrmaster"))
        files = ["-C", f"{home}/imapd.conf", "-M", f"{home}/cyrus.conf", "-p", f"{home}/run/pid", "-L", f"{home}/run/log"]
        self._server = Server(kept([master, *files]), home / "log")
        self._server.wait_until(lambda: listening(self.port) and listening(self._imap))

    def _swept(self, home: Path) -> None:
        """What processes left that are gone."""
        time.sleep(0.2)
        for name in ("proc", "socket"):
            shutil.rmtree(home / "conf" / name, ignore_errors=True)
            (home / "conf" / name).mkdir()
            shutil.chown(home / "conf" / name, "cyrus", "mail")

    def _load(self, folder: Path) -> None:
        """Make the accounts and their calendars."""
        everyone = [Account("cyrusadmin", "Admin", "admin-secret"), *self._accounts]
        for one in everyone:
            command = ["saslpasswd2", "-p", "-c", "-f", str(folder / "sasldb2"), "-u", "localhost", one.login]
            subprocess.run(command, input=one.password, text=True, check=True, capture_output=True)
        self._configure(folder)
        self._launch(folder)
        try:
            admin = imaplib.IMAP4("127.0.0.1", self._imap)
            admin.login("cyrusadmin", "admin-secret")
            for one in self._accounts:
                self._provide(admin, one)
            admin.logout()
            if self._seed is not None:
                self._seed.fill(self)
        finally:
            self._server.stop()
            self._swept(folder)

    def _provide(self, admin: imaplib.IMAP4, one: Account) -> None:
        admin.create(f"user/{one.login}")
        made = ask(self, "PROPFIND", f"/dav/calendars/user/{one.login}/", by=one.login, Depth="0")
        assert made.status == 207, (one.login, made)  # makes Default, Inbox and Outbox
        for box in ("", "/Default", "/Inbox", "/Outbox"):
            place = f"user/{one.login}/#calendars{box}"
            if one.kind != "individual" and box != "/Outbox":
                admin.setacl(place, "anyone", "lr78" if box == "/Inbox" else "lr9")
            if one.login != SERVICE:
                admin.setacl(place, SERVICE, _EVERYTHING.rstrip("9") if box == "/Inbox" else _EVERYTHING)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=20)
    options = parser.parse_args()
    if reason := unavailable():
        sys.exit(reason)
    server = Cyrus(options.people)
    told = {"url": server.url, "user": "svc", "password": "svc-secret", "calendar": server.calendar("{login}")}
    serve(json.dumps({**told, "pid": server.pid}), server.stop)


if __name__ == "__main__":
    main()
