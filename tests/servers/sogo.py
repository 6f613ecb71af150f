"""SOGo for the tests, with a PostgreSQL and a memcached of its own: rooms that refuse. On loopback, thrown away afterwards.

    python -m tests.servers.sogo

prints one line of JSON and serves until it is interrupted. sogod reads its settings from /etc/sogo only, so it is started
in a mount namespace that has ours there. Needs root.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.servers import postgres
from tests.servers.calendars import DOMAIN, Account, accounts, ask
from tests.servers.process import Server, free_port, kept, listening, missing_program, program, serve

_SOGOD = "/usr/sbin/sogod"
_SETTINGS = """\
{{
  SOGoProfileURL = "{database}/sogo_user_profile";
  OCSFolderInfoURL = "{database}/sogo_folder_info";
  OCSSessionsFolderURL = "{database}/sogo_sessions_folder";
  OCSEMailAlarmsFolderURL = "{database}/sogo_alarms_folder";
  OCSStoreURL = "{database}/sogo_store";
  OCSAclURL = "{database}/sogo_acl";
  OCSCacheFolderURL = "{database}/sogo_cache_folder";
  SOGoLanguage = English;
  SOGoTimeZone = "Europe/Amsterdam";
  SOGoMailDomain = "{domain}";
  SOGoAppointmentSendEMailNotifications = NO;
  SOGoSuperUsernames = (svc);
  SOGoCalendarDefaultRoles = (PublicViewer, ConfidentialDAndTViewer, PrivateDAndTViewer);
  SOGoMemcachedHost = "127.0.0.1:{memcached}";
  WOWorkersCount = 4;
  WOPort = "127.0.0.1:{port}";
  SOGoUserSources = (
    {{ type = sql; id = lab; viewURL = "{database}/sogo_users"; canAuthenticate = YES; isAddressBook = YES; displayName = "Lab";
       userPasswordAlgorithm = plain; KindFieldName = kind; MultipleBookingsFieldName = multiple_bookings; }}
  );
}}
"""
_USERS = """\
CREATE TABLE sogo_users (c_uid varchar(64) PRIMARY KEY, c_name varchar(64) UNIQUE, c_password varchar(128), c_cn varchar(128),
  mail varchar(128), kind varchar(16), multiple_bookings int)
"""


def unavailable() -> str | None:
    """Why SOGo cannot be started here."""
    if os.geteuid() != 0:
        return "SOGo is started as root only"
    if missing := postgres.unavailable() or missing_program(_SOGOD, "memcached", "unshare", "setpriv", "/etc/sogo"):
        return missing
    tried = subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False)
    return "this machine gives no mount namespaces, which SOGo's settings need" if tried.returncode else None


class Sogo:
    """A running SOGo whose rooms take one booking at a time."""

    profile = "sogo"

    def __init__(self, people: int = 20, rooms: int = 6) -> None:
        self._postgres = postgres.Postgres()
        self.home = Path(tempfile.mkdtemp(prefix="workplace-sogo-"))
        self.home.chmod(0o755)
        self.port, self._memcached_port = free_port(), free_port()
        url = self._postgres.database()
        self._fill(url, accounts(people, rooms))
        database = url.replace("postgresql+psycopg://postgres@", "postgresql://postgres:x@")
        (self.home / "etc").mkdir()
        settings = _SETTINGS.format(database=database, domain=DOMAIN, memcached=self._memcached_port, port=self.port)
        (self.home / "etc" / "sogo.conf").write_text(settings)
        (self.home / "user").mkdir()
        for name in ("etc", "user"):
            shutil.chown(self.home / name, "sogo", "sogo")
        self._memcached = Server(
            [str(program("memcached")), "-l", "127.0.0.1", "-p", str(self._memcached_port), "-m", "16", "-u", "nobody"],
            self.home / "memcached.log",
        )
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def version(self) -> str:
        told = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", "sogo"], capture_output=True, text=True, check=False)
        return f"SOGo {told.stdout}"

    def calendar(self, login: str) -> str:
        return f"/SOGo/dav/{login}/Calendar/personal/"

    @property
    def pid(self) -> int:
        return self._server.pid

    def start(self) -> None:
        """Start it (again), on the same port with the same data."""
        inside = (
            f"mount --bind '{self.home}/etc' /etc/sogo && exec setpriv --reuid=sogo --regid=sogo --clear-groups "
            f"env HOME='{self.home}/user' {_SOGOD} -WONoDetach YES -WOPidFile /dev/null -WOLogFile -"
        )
        command = [str(program("unshare")), "-m", "sh", "-c", inside]
        self._server = Server(kept(command, "KILL"), self.home / "log")  # politely it takes ten seconds
        self._server.wait_until(self._answers)

    def _answers(self) -> bool:
        if not listening(self.port):
            return False
        try:
            return ask(self, "PROPFIND", self.calendar("u0000001"), by="u0000001", Depth="0").status == 207
        except OSError:
            return False

    def halt(self) -> None:
        """Stop it, keeping the data: that is in the database."""
        self._server.stop()

    def stop(self) -> None:
        """Stop it and remove everything."""
        self.halt()
        self._memcached.stop()
        self._postgres.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def _fill(self, url: str, known: list[Account]) -> None:
        import psycopg

        rows = [
            (one.login, one.login, one.password, one.name, f"{one.login}@{DOMAIN}", kind, 1 if kind else None)
            for one in known
            for kind in ([None] if one.kind == "individual" else [one.kind])
        ]
        with psycopg.connect(url.replace("+psycopg", "")) as connection:
            connection.execute(_USERS)
            with connection.cursor() as cursor:
                cursor.executemany("INSERT INTO sogo_users VALUES (%s, %s, %s, %s, %s, %s, %s)", rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=20)
    options = parser.parse_args()
    if reason := unavailable():
        sys.exit(reason)
    server = Sogo(options.people)
    told = {"url": server.url, "user": "svc", "password": "svc-secret", "calendar": server.calendar("{login}")}
    serve(json.dumps({**told, "pid": server.pid}), server.stop)


if __name__ == "__main__":
    main()
