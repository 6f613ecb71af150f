"""Znuny 6.5 for the tests: a service desk behind SOAP and REST on loopback, thrown away afterwards.

    python -m tests.servers.znuny               # prints one line of JSON, and serves until it is interrupted
    python -m tests.servers.znuny --install     # fetches the package, for the tests to find

It is Debian's ``otrs2``, of the non-free component, which a machine need not have: it is fetched by an apt configuration of
our own from the mirror that the machine uses, unpacked and not installed. Its PostgreSQL listens on a socket only. (On MySQL
and MariaDB Znuny replaces every character outside of the first 65,536 by a question mark.)
"""

from __future__ import annotations

import argparse
import hashlib
import inspect
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tests.servers import keeping
from tests.servers.postgres import server_programs
from tests.servers.process import Server, free_port, listening, missing_program, program, serve

SEED = Path(__file__).with_name("znuny_seed.pl")
SERVICES = Path(__file__).parents[2] / "docs" / "connectors"
NAMESPACE = "http://www.otrs.org/TicketConnector/"
ZONE = "Europe/Amsterdam"
_MODULES = (
    "Plack::Runner", "CGI::Emulate::PSGI", "CGI::PSGI", "DBD::Pg", "Template", "SOAP::Lite", "YAML::XS", "DateTime", "Moo",
    "Net::LDAP", "Crypt::Eksblowfish::Bcrypt", "Mail::IMAPClient", "XML::LibXML::Simple", "XML::Simple", "Hash::Merge", "JSON::XS", "Module::Refresh", "Crypt::PasswdMD5", "IO::Interactive", "YAML",
    "Pod::Strip", "REST::Client", "Math::Random::Secure", "Email::Valid",
)  # fmt: skip
_CONFIG = """\
package Kernel::Config;
use strict;
use warnings;
use utf8;
sub Load {{
    my $Self = shift;
    $Self->{{Home}} = '{home}/otrs';
    $Self->{{Database}} = 'znuny';
    $Self->{{DatabaseUser}} = 'postgres';
    $Self->{{DatabasePw}} = ''; # it asks for none
    $Self->{{DatabaseDSN}} = 'DBI:Pg:dbname=znuny;host={home}/run;';
    $Self->{{FQDN}} = '127.0.0.1';
    $Self->{{HttpType}} = 'http';
    $Self->{{SecureMode}} = 1;
    $Self->{{OTRSTimeZone}} = $Self->{{UserDefaultTimeZone}} = '{zone}';
    $Self->{{'Ticket::Type'}} = $Self->{{'Ticket::Service'}} = 1;
    $Self->{{SendmailModule}} = 'Kernel::System::Email::DoNotSendEmail'; # nothing leaves the machine
    $Self->{{CheckMXRecord}} = 0;
    $Self->{{'CloudServices::Disabled'}} = 1;
    $Self->{{'Package::RepositoryList'}} = {{}};
    $Self->{{PackageVerify}} = 0;
    $Self->{{LogModule}} = 'Kernel::System::Log::File';
    $Self->{{'LogModule::LogFile'}} = '{home}/znuny.log';
    return 1;
}}
use Kernel::Config::Defaults;
use parent qw(Kernel::Config::Defaults);
1;
"""
_APP = """\
use strict;
use warnings;
use Plack::Util;
my $app = Plack::Util::load_psgi('{home}/otrs/bin/cgi-bin/app.psgi');
for my $name (qw(Config System::Ticket System::User GenericInterface::Provider GenericInterface::Transport::HTTP::SOAP GenericInterface::Transport::HTTP::REST
    GenericInterface::Operation::Session::SessionCreate), map {{ "GenericInterface::Operation::Ticket::Ticket$_" }} qw(Create Update Get Search HistoryGet)) {{
    my $file = "Kernel::$name" =~ s{{::}}{{/}}gr; # before the workers are there: else the first call of each takes a second
    require "$file.pm";
}}
no warnings qw(redefine once);
*Module::Refresh::refresh = *Module::Refresh::refresh_module_if_modified = sub {{ return }}; # looks at all of Znuny's files, for each call
*Kernel::System::User::_UserCacheClear = sub {{ return }}; # forgets 200 entries three times, for each login: for each call
my ($made, $config) = Kernel::Config->can('new');
*Kernel::Config::new = sub {{                    # 7,000 settings, for each call
    my $class = shift;
    return $made->($class, @_) if @_;
    return bless {{ %{{ $config //= $made->($class) }} }}, $class;
}};
$app;
"""


# -- the package


def _archive() -> Path:
    return keeping.folder() / "debian-otrs2"


def package() -> Path | None:
    """The package that was fetched; ``None`` when none was."""
    return max(_archive().glob("otrs2_*.deb"), default=None)


def fetched() -> str | None:
    """Fetch the package, unless it is there; why that cannot be."""
    if package() is not None:
        return None
    if reason := missing_program("apt-get"):
        return reason
    where = ("Created-By: Packages", "Origin: Debian", "Release: bookworm", "Component: main")
    asked = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)", *where], capture_output=True, text=True, check=False
    )
    if asked.returncode or not asked.stdout.split():
        return "apt knows no mirror of Debian 12 to fetch otrs2 from"
    with tempfile.TemporaryDirectory(prefix="workplace-apt-") as place:
        folder = Path(place)
        for name in ("lists/partial", "archives/partial"):
            (folder / name).mkdir(parents=True)
        source = f"deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] {asked.stdout.split()[0]} bookworm non-free\n"
        (folder / "sources.list").write_text(source)
        options = {
            "Dir::Etc::SourceList": folder / "sources.list", "Dir::Etc::SourceParts": "-", "Dir::State::Lists": folder / "lists",
            "Dir::Cache::Archives": folder / "archives", "Dir::Cache::pkgcache": "", "Dir::Cache::srcpkgcache": "", "APT::Sandbox::User": "root",
        }  # fmt: skip
        apt = ["apt-get", "-qq", *(word for name, value in options.items() for word in ("-o", f"{name}={value}"))]
        for command in ("update", "download otrs2"):
            done = subprocess.run([*apt, *command.split()], capture_output=True, text=True, check=False, cwd=folder)
            if done.returncode:
                return f"otrs2 could not be fetched: {' '.join(done.stderr.split())[-200:]}"
        _archive().mkdir(exist_ok=True)
        for one in folder.glob("otrs2_*.deb"):
            shutil.move(one, _archive() / one.name)
    return None if package() is not None else "otrs2 was not fetched"


@cache
def unavailable() -> str | None:
    """Why Znuny cannot be started here."""
    if reason := missing_program("perl", "starman", "dpkg"):
        return reason
    if server_programs() is None:
        return "PostgreSQL's server programs are not installed"
    every = [f"-M{name}" for name in _MODULES]
    if (done := subprocess.run(["perl", *every, "-e", "1"], capture_output=True, text=True, check=False)).returncode:
        return f"a Perl module is not installed: {' '.join(done.stderr.split())[:100]}"
    return fetched()


def version() -> str:
    """Of the package that was fetched."""
    found = package()
    return found.name.split("_")[1].partition("-")[0] if found else "unknown"


# -- the server


class Znuny:
    """A running Znuny; accounts and rights are those of ``znuny_seed.pl``."""

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="workplace-znuny-"))
        sources = [SEED.read_text(), *(one.read_text() for one in _services()), _CONFIG, str(package()), ZONE]
        sources += [inspect.getsource(one) for one in (_load, _unpacked, _database)]
        kept = hashlib.sha256("".join(sources).encode()).hexdigest()[:16]
        keeping.copy_kept("znuny", kept, _load, self.home, in_memory=True, sparse=False)
        seeded = json.loads((self.home / "seed.json").read_text())
        self.password: str = seeded["password"]
        self.agents: dict[str, int] = seeded["agents"]
        self.many: int = seeded["many"]
        self.port = free_port()
        _configure(self.home)
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/otrs"

    @property
    def pid(self) -> int:
        return self._server.pid

    def start(self) -> None:
        """Start it (again), on the same port with the same data."""
        self._database = _database(self.home)
        (self.home / "app.psgi").write_text(_APP.format(home=self.home))
        options = ["--listen", f"127.0.0.1:{self.port}", "--workers", "3", "--preload-app"]
        command = ["starman", *options, str(self.home / "app.psgi")]
        self._server = Server(command, self.home / "log", environment=_environment(self.home))
        self._server.wait_until(lambda: listening(self.port), seconds=60)
        if (told := self.ask("TicketSearch", {"SessionID": "none"}))[0] != 200:
            self.halt()
            raise RuntimeError(f"Znuny answers, and not well: {told} {(self.home / 'log').read_text()[-2000:]}")

    def ask(self, operation: str, content: Any = None, *, account: str | None = None) -> tuple[int, Any]:
        """What it answers over REST to a request of our own: status, and JSON (or text)."""
        login = {"UserLogin": account, "Password": self.password} if account else {}
        return _answer(
            f"{self.url}/nph-genericinterface.pl/Webservice/WorkplaceREST/{operation}",
            json.dumps({**login, **(content or {})}).encode(),
            {"Content-Type": "application/json"},
        )

    def say(self, body: str, *, action: str | None, path: str = "WorkplaceSOAP") -> tuple[int, str]:
        """What it answers to a SOAP envelope of our own with *body*: status and text."""
        envelope = f'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>{body}</e:Body></e:Envelope>'
        headers = {"Content-Type": "text/xml; charset=utf-8", **({"SOAPAction": action} if action is not None else {})}
        status, told = _answer(f"{self.url}/nph-genericinterface.pl/Webservice/{path}", envelope.encode(), headers)
        return status, told

    def sql(self, statement: str) -> list[list[str]]:
        """Rows of its database."""
        return [line.split("\t") for line in _sql(self.home, statement).splitlines()]

    def halt(self) -> None:
        """Stop it, keeping the data."""
        self._server.stop()
        self._database.stop(signal.SIGINT)

    def stop(self) -> None:
        """Stop it and remove everything."""
        self.halt()
        shutil.rmtree(self.home, ignore_errors=True)


def _answer(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, Any]:
    try:
        with urlopen(Request(url, body, headers), timeout=60) as reply:
            status, answer = reply.status, reply.read()
    except HTTPError as error:
        status, answer = error.code, error.read()
    try:
        return status, json.loads(answer)
    except ValueError:
        return status, answer.decode(errors="replace")


def _services() -> list[Path]:
    return sorted(SERVICES.glob("Workplace*.yml"))


def _environment(home: Path) -> dict[str, str]:
    return {"PERL5LIB": f"{home}/otrs:{home}/otrs/Custom", "LANG": "C.UTF-8"}


def _configure(home: Path) -> None:
    (home / "otrs" / "Kernel" / "Config.pm").write_text(_CONFIG.format(home=home, zone=ZONE))


def _database(home: Path) -> Server:
    """PostgreSQL, without what makes it survive a failing machine: that is most of its time."""
    options = {"listen_addresses": "", "unix_socket_directories": f"{home}/run", "fsync": "off", "full_page_writes": "off"}
    options |= {"synchronous_commit": "off", "shared_buffers": "64MB", "autovacuum": "off", "max_wal_size": "32MB"}
    arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    (home / "run").mkdir(exist_ok=True)
    (home / "db.log").touch()
    _given_away(home, "run", "db.log")
    server = Server([_postgres("postgres"), "-D", f"{home}/db", *arguments], home / "db.log", user=_owner())
    server.wait_until(
        lambda: subprocess.run([*_psql(home, "postgres"), "-c", "select 1"], capture_output=True, check=False).returncode == 0
    )
    return server


def _postgres(name: str) -> str:
    programs = server_programs()
    assert programs is not None, "looked at before"
    return str(programs / name)


def _owner() -> str | None:
    """PostgreSQL does not run as root."""
    return "postgres" if os.geteuid() == 0 else None


def _given_away(home: Path, *names: str) -> None:
    home.chmod(0o711)
    for name in names if (owner := _owner()) else ():
        shutil.chown(home / name, owner, owner)


def _psql(home: Path, database: str) -> list[str]:
    return [
        _postgres("psql"),
        "-X",
        "-q",
        "-A",
        "-t",
        "-F",
        "\t",
        "-v",
        "ON_ERROR_STOP=1",
        "-h",
        f"{home}/run",
        "-U",
        "postgres",
        database,
    ]


def _sql(home: Path, statements: str, database: str = "znuny") -> str:
    done = subprocess.run(_psql(home, database), input=statements, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{statements[:100]}: {done.stderr[-1000:]}")
    return done.stdout


def _unpacked(folder: Path) -> None:
    """One tree of plain folders out of what the package spreads over the file system."""
    _run(folder, "dpkg", "-x", str(package()), str(folder / "deb"))
    home, parts = folder / "otrs", folder / "deb"
    shutil.move(parts / "usr" / "share" / "otrs", home)
    (home / "var").unlink()
    shutil.move(parts / "var" / "lib" / "otrs", home / "var")
    for link in [one for one in home.rglob("*") if one.is_symlink()]:
        link.unlink()
    shutil.move(home / "var" / "Config" / "Files", home / "Kernel" / "Config" / "Files")
    for name in ("Custom", "Kernel/Config/Backups", "var/tmp", "var/log", "var/sessions", "var/article", "var/spool"):
        (home / name).mkdir(parents=True, exist_ok=True)
    for name in ("httpd", "fonts"):  # what only pages need
        shutil.rmtree(home / "var" / name, ignore_errors=True)
    shutil.rmtree(parts)


def _load(folder: Path) -> None:
    """Unpack it, create the database, and what it begins with."""
    _unpacked(folder)
    _configure(folder)
    (folder / "db").mkdir()
    _given_away(folder, "db")
    initdb = [
        _postgres("initdb"),
        "-D",
        f"{folder}/db",
        "-U",
        "postgres",
        "-A",
        "trust",
        "--no-sync",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
        "--wal-segsize=1",
    ]
    subprocess.run(initdb, check=True, capture_output=True, user=_owner(), cwd=folder)
    database = _database(folder)
    try:
        _sql(folder, "CREATE DATABASE znuny", database="postgres")
        scripts = folder / "otrs" / "scripts" / "database"
        parts = ("schema", "initial_insert", "schema-post")
        _sql(
            folder, "BEGIN;" + "\n".join((scripts / f"{name}.postgresql.sql").read_text("utf-8") for name in parts) + "COMMIT;"
        )
        _run(folder, "perl", f"{folder}/otrs/bin/otrs.Console.pl", "Maint::Config::Rebuild", "--allow-root")
        told = _run(folder, "perl", str(SEED), *map(str, _services()))
        (folder / "seed.json").write_text(told.splitlines()[-1])
    finally:
        database.stop(signal.SIGINT)
    shutil.rmtree(folder / "otrs" / "scripts")
    shutil.rmtree(folder / "otrs" / "var" / "tmp")
    (folder / "otrs" / "var" / "tmp").mkdir()


def _run(folder: Path, *command: str) -> str:
    environment = {**os.environ, **_environment(folder)}
    done = subprocess.run(
        [str(program(command[0])), *command[1:]], capture_output=True, text=True, check=False, env=environment, cwd=folder
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[:3])}: {done.stdout[-1000:]} {done.stderr[-3000:]}")
    return done.stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--install", action="store_true", help="fetch the package, and be done")
    options = parser.parse_args()
    if options.install:
        sys.exit(fetched())
    if reason := unavailable():
        sys.exit(reason)
    started = time.monotonic()
    server = Znuny()
    told = {"url": server.url, "agents": server.agents, "password": server.password, "version": version(), "pid": server.pid}
    serve(json.dumps({**told, "seconds": round(time.monotonic() - started, 1)}), server.stop)


if __name__ == "__main__":
    main()
