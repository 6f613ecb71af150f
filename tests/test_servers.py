"""The servers of the tests start, restart, keep to their limits, and leave nothing behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests.servers import calendars, cyrus, keeping, postgres, radicale, redmine, rt, samba, slapd, sogo, znuny
from tests.servers.certificates import Certificates
from tests.servers.process import Server, free_port, listening, program

ROOT = Path(__file__).parent.parent


class Directory(Protocol):
    """What slapd and Samba have in common."""

    @property
    def uri(self) -> str: ...
    @property
    def uri_tls(self) -> str: ...
    @property
    def people_base(self) -> str: ...
    @property
    def certificates(self) -> Certificates: ...
    def account(self, name: str) -> tuple[str, str]: ...


def connected(
    server: Directory, account: str | tuple[str, str] = "reader", *, uri: str | None = None, tls: bool = False
) -> Any:
    import ldap

    connection = ldap.initialize(uri or server.uri)
    connection.set_option(ldap.OPT_REFERRALS, 0)
    connection.set_option(ldap.OPT_NETWORK_TIMEOUT, 10)
    connection.set_option(ldap.OPT_TIMEOUT, 30)
    connection.set_option(ldap.OPT_X_TLS_CACERTFILE, str(server.certificates.ca))
    connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
    if tls:
        connection.start_tls_s()
    name, password = server.account(account) if isinstance(account, str) else account
    connection.simple_bind_s(name, password)
    return connection


def entries(connection: Any, base: str, *, controls: Any = None, filter_: str = "(objectClass=person)", limit: int = 0) -> Any:
    """How many came, the error that ended it, and the control that came with the end."""
    import ldap

    number = connection.search_ext(base, ldap.SCOPE_SUBTREE, filter_, ["cn"], serverctrls=controls, sizelimit=limit)
    count = 0
    while True:
        try:
            kind, data, _, back = connection.result3(number, all=0)
        except ldap.LDAPError as error:
            return count, type(error), None
        if kind == ldap.RES_SEARCH_RESULT:
            return count, None, back[0] if back else None
        count += sum(1 for dn, _ in data if dn is not None)


def pages(connection: Any, base: str, size: int) -> tuple[list[int], type[Exception] | None]:
    """The sizes of the pages that came, and the error that ended them."""
    from ldap.controls import SimplePagedResultsControl

    control = SimplePagedResultsControl(criticality=True, size=size, cookie="")
    sizes: list[int] = []
    while True:
        count, error, back = entries(connection, base, controls=[control])
        sizes += [count] if count else []
        if error is not None or not back.cookie:
            return sizes, error
        control.cookie = back.cookie


def gone(pid: int) -> bool:
    """Whether no such process runs; one that nobody has collected yet does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state in "ZX"


def soon(holds: Callable[[], bool], seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


# -- OpenLDAP


@pytest.fixture
def small_slapd() -> Iterator[slapd.Slapd]:
    if reason := slapd.unavailable():
        pytest.skip(reason)
    server = slapd.Slapd(20)
    yield server
    server.stop()


def test_slapd_returns_as_many_as_it_says(slapd: slapd.Slapd) -> None:
    import ldap

    base = slapd.people_base
    too_many = ldap.SIZELIMIT_EXCEEDED
    assert entries(connected(slapd, "reader"), base)[:2] == (500, too_many)
    assert entries(connected(slapd, "reader"), base, limit=1000)[:2] == (1000, too_many)
    assert entries(connected(slapd, "limited"), base)[:2] == (50, too_many)
    assert entries(connected(slapd, "export"), base)[:2] == (2000, None)


def test_slapd_pages_as_it_says(slapd: slapd.Slapd) -> None:
    import ldap

    base = slapd.people_base
    assert pages(connected(slapd, "reader"), base, 500) == ([500] * 4, None)
    assert pages(connected(slapd, "reader"), base, 501) == ([], ldap.ADMINLIMIT_EXCEEDED)
    assert pages(connected(slapd, "limited"), base, 20) == ([20] * 5, ldap.SIZELIMIT_EXCEEDED)
    assert pages(connected(slapd, "nopaging"), base, 20) == ([], ldap.ADMINLIMIT_EXCEEDED)


def test_slapd_knows_no_strangers_and_refers_to_the_partners(slapd: slapd.Slapd) -> None:
    import ldap

    with pytest.raises(ldap.INAPPROPRIATE_AUTH):
        connected(slapd, ("", ""))
    with pytest.raises(ldap.INVALID_CREDENTIALS):
        connected(slapd, (slapd.account("reader")[0], "wrong"))
    found = connected(slapd).search_s(slapd.suffix, ldap.SCOPE_ONELEVEL)
    assert [(dn, data) for dn, data in found if dn is None] == [
        (None, [f"ldap://127.0.0.1:1/ou=partners,{slapd.suffix}??base"])
    ]


def test_slapd_restarts_where_it_was(small_slapd: slapd.Slapd) -> None:
    import ldap

    before = (small_slapd.uri, small_slapd.uri_tls)
    dn, password = small_slapd.person(5)
    connected(small_slapd, (dn, password)).modify_s(dn, [(ldap.MOD_REPLACE, "labRemark", [b"here"])])
    small_slapd.halt()
    assert not listening(small_slapd.port)
    small_slapd.start()
    assert (small_slapd.uri, small_slapd.uri_tls) == before
    kept = connected(small_slapd, (dn, password)).search_s(dn, ldap.SCOPE_BASE, attrlist=["labRemark"])
    assert kept == [(dn, {"labRemark": [b"here"]})]


def test_slapd_stops_without_a_trace() -> None:
    if reason := slapd.unavailable():
        pytest.skip(reason)
    server = slapd.Slapd(20, index="light")
    pid, home = server.pid, server.home
    assert listening(server.port)
    assert listening(server.tls_port)
    server.stop()
    assert gone(pid)
    assert not listening(server.port)
    assert not listening(server.tls_port)
    assert not home.exists()


@pytest.mark.parametrize(
    ("certificate", "ca", "reason"),
    [
        ("good", "ca", None),
        ("good", "stranger", "signed certificate in certificate chain"),
        ("wrong", "ca", "IP address mismatch"),
        ("expired", "ca", "certificate has expired"),
    ],
)
def test_certificates_are_what_they_are_called(certificate: str, ca: str, reason: str | None) -> None:
    if missing := slapd.unavailable():
        pytest.skip(missing)
    server = slapd.Slapd(20, certificate=certificate)
    try:
        context = ssl.create_default_context(cafile=str(server.home / f"{ca}.pem"))
        with socket.create_connection(("127.0.0.1", server.tls_port), timeout=10) as sock:
            try:
                context.wrap_socket(sock, server_hostname="127.0.0.1").close()
            except ssl.SSLCertVerificationError as error:
                assert reason is not None, error
                assert reason in error.verify_message
            else:
                assert reason is None
    finally:
        server.stop()


# -- PostgreSQL


def test_postgres_restarts_where_it_was_and_stops_without_a_trace() -> None:
    if reason := postgres.unavailable():
        pytest.skip(reason)
    import psycopg

    server = postgres.Postgres()
    try:
        first, second = (url.replace("+psycopg", "") for url in (server.database(), server.database()))
        with psycopg.connect(first) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        with psycopg.connect(second) as connection:
            assert connection.execute("SELECT to_regclass('kept')").fetchone() == (None,)
        server.halt()
        assert not listening(server.port)
        server.start()
        with psycopg.connect(first) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
            listens = connection.execute(
                "SELECT current_setting('listen_addresses'), current_setting('unix_socket_directories')"
            )
            assert listens.fetchone() == ("127.0.0.1", "")
    finally:
        pid = server.pid
        server.stop()
    assert gone(pid)
    assert not listening(server.port)


# -- Samba


def test_samba_has_the_limits_of_active_directory(samba: samba.Samba) -> None:
    import ldap

    connection = connected(samba, uri=samba.uri_tls)
    assert entries(connection, samba.people_base)[:2] == (1000, ldap.SIZELIMIT_EXCEEDED)
    assert entries(connection, samba.people_base, limit=10)[:2] == (10, ldap.SIZELIMIT_EXCEEDED)
    assert pages(connection, samba.people_base, 5000) == ([1000, 600], None)
    group = f"CN=everyone-flat,{samba.group_base}"

    def members(attribute: str) -> dict[str, int]:
        found = connection.search_s(group, ldap.SCOPE_BASE, attrlist=[attribute])[0][1]
        return {name: len(values) for name, values in found.items()}

    assert members("member") == {"member": 0, "member;range=0-1499": 1500}
    assert members("member;range=1500-*") == {"member;range=1500-*": 100}


def test_samba_wants_tls_or_a_signature(samba: samba.Samba) -> None:
    import ldap

    for uri in (samba.uri, samba.uri_direct):
        with pytest.raises(ldap.STRONG_AUTH_REQUIRED):
            connected(samba, uri=uri)
    assert entries(connected(samba, tls=True), samba.people_base, filter_="(sAMAccountName=u0000005)")[:2] == (1, None)
    assert connected(samba, samba.person(5), tls=True) is not None


def test_samba_gives_tickets(samba: samba.Samba, tmp_path: Path) -> None:
    if missing := samba.without_kerberos():
        pytest.skip(missing)
    surroundings = {**os.environ, "KRB5_CONFIG": str(samba.krb5_config), "KRB5CCNAME": f"FILE:{tmp_path / 'tickets'}"}
    name, password = samba.account("reader")
    subprocess.run(
        ["kinit", name.partition("@")[0]], input=f"{password}\n", text=True, env=surroundings, check=True, capture_output=True
    )
    search = ["ldapsearch", "-N", "-Q", "-Y", "GSSAPI", "-H", samba.uri_direct, "-LLL", "-b", samba.people_base]
    found = subprocess.run([*search, "(sAMAccountName=u0000005)", "mail"], env=surroundings, check=True, capture_output=True)
    assert b"mail: u0000005@lab.example" in found.stdout


@pytest.mark.slow
def test_samba_restarts_where_it_was_and_stops_without_a_trace() -> None:
    import ldap

    if reason := samba.unavailable():
        pytest.skip(reason)
    server = samba.Samba(20, max_page=7)
    try:
        connection = connected(server, "writer", uri=server.uri_tls)
        dn = connection.search_s(server.people_base, ldap.SCOPE_SUBTREE, "(sAMAccountName=u0000005)")[0][0]
        connection.modify_s(dn, [(ldap.MOD_REPLACE, "info", [b"here"])])
        with pytest.raises(ldap.INSUFFICIENT_ACCESS):
            connected(server, uri=server.uri_tls).modify_s(dn, [(ldap.MOD_REPLACE, "info", [b"there"])])
        server.halt()
        server.start()
        again = connected(server, uri=server.uri_tls)
        assert again.search_s(dn, ldap.SCOPE_BASE, attrlist=["info"]) == [(dn, {"info": [b"here"]})]
        assert pages(again, server.people_base, 5000) == ([7, 7, 6], None)
    finally:
        pids = server.pids
        server.stop()
    assert all(gone(pid) for pid in pids)
    assert not server.home.exists()


# -- calendars


@pytest.mark.parametrize("kind", [radicale.Radicale, cyrus.Cyrus, sogo.Sogo])
def test_a_calendar_server_restarts_where_it_was_and_stops_without_a_trace(kind: Any) -> None:
    if reason := sys.modules[kind.__module__].unavailable():
        pytest.skip(reason)
    server = kind(2, 1)
    try:
        text = calendars.event("kept", "DTSTART:20270301T080000Z", "DTEND:20270301T090000Z", "SUMMARY:kept")
        assert calendars.put(server, "u0000001", "kept.ics", text).status == 201
        stranger = calendars.put(server, "u0000001", "not.ics", text, by="u0000002").status
        assert stranger in (301, 401, 403, 404), "nobody writes in the calendar of somebody else"
        server.halt()
        assert soon(lambda: not listening(server.port))
        server.start()
        kept = calendars.ask(server, "GET", f"{server.calendar('u0000001')}kept.ics", by="u0000001")
        assert (kept.status, "SUMMARY:kept" in kept.text) == (200, True)
    finally:
        pid, home = server.pid, server.home
        server.stop()
    assert gone(pid)
    assert soon(lambda: not listening(server.port))
    assert not home.exists()


# -- Request Tracker and Redmine


def test_request_tracker_restarts_where_it_was_and_stops_without_a_trace() -> None:
    if reason := rt.unavailable():
        pytest.skip(reason)
    server = rt.Rt()
    try:
        status, _, made = server.ask("POST", "ticket", {"Queue": "Facilities", "Subject": "Before", "Requestor": "a.devries"})
        assert status == 201
        assert server.ask("GET", f"ticket/{made['id']}", account="m.ozturk")[0] == 403
        server.halt()
        assert not listening(server.port)
        server.start()
        assert server.ask("GET", f"ticket/{made['id']}", account="a.devries")[2]["Subject"] == "Before"
    finally:
        pid = server.pid
        server.stop()
    assert gone(pid)
    assert soon(lambda: not listening(server.port))
    assert not server.home.exists()


def test_redmine_restarts_where_it_was_and_stops_without_a_trace() -> None:
    if reason := redmine.unavailable():
        pytest.skip(reason)
    server = redmine.Redmine()
    try:
        issue = {"project_id": "ict", "tracker_id": 1, "subject": "Before"}
        status, _, made = server.ask("POST", "issues.json", {"issue": issue}, account="a.devries")
        assert status == 201
        path = f"issues/{made['issue']['id']}.json"
        assert server.ask("GET", path, account="j.smit")[0] == 403
        server.halt()
        assert not listening(server.port)
        server.start()
        assert server.ask("GET", path, account="a.devries")[2]["issue"]["subject"] == "Before"
    finally:
        pid = server.pid
        server.stop()
    assert gone(pid)
    assert not server.home.exists()


def test_znuny_restarts_where_it_was_and_stops_without_a_trace() -> None:
    if reason := znuny.unavailable():
        pytest.skip(reason)
    server = znuny.Znuny()
    try:
        ticket = {
            "Title": "Before",
            "Queue": "ICT",
            "Type": "Request",
            "State": "new",
            "Priority": "3 normal",
            "CustomerUser": "j.smit",
        }
        text = {"Subject": "s", "Body": "b", "ContentType": "text/plain; charset=utf-8"}
        status, made = server.ask("TicketCreate", {"Ticket": ticket, "Article": text}, account="svc-workplace")
        assert status == 200
        asked = {"TicketID": made["TicketID"]}
        assert server.ask("TicketGet", asked, account="fac.agent")[1]["Error"]["ErrorCode"] == "TicketGet.AccessDenied"
        server.halt()
        assert not listening(server.port)
        server.start()
        assert server.ask("TicketGet", asked, account="ict.agent")[1]["Ticket"][0]["Title"] == "Before"
    finally:
        pid = server.pid
        server.stop()
    assert gone(pid)
    assert not server.home.exists()


# -- all of them


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A folder for temporary files of a command, where PostgreSQL's own user may look."""
    folder = Path(tempfile.mkdtemp(prefix="workplace-by-hand-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)  # a server of killed tests may be removing what is in it


@pytest.mark.parametrize("module", [slapd, postgres, radicale, cyrus, sogo, pytest.param(samba, marks=pytest.mark.slow)])
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_server_started_by_hand_ends_with_its_command(module: Any, ending: signal.Signals, temporary: Path) -> None:
    _ends_with_its_command(module, ending, temporary)


@pytest.mark.parametrize("module", [rt, redmine, znuny])
def test_a_ticket_server_ends_when_its_tests_are_killed(module: Any, temporary: Path) -> None:
    _ends_with_its_command(module, signal.SIGKILL, temporary)


def _ends_with_its_command(module: Any, ending: signal.Signals, temporary: Path) -> None:
    if reason := module.unavailable():
        pytest.skip(reason)
    if ending is signal.SIGKILL and program("setpriv") is None:
        pytest.skip("setpriv is not installed: a server outlives tests that are killed")
    command = [sys.executable, "-m", module.__name__, *(["--people", "20"] if module in (slapd, samba) else [])]
    surroundings = {**os.environ, "TMPDIR": str(temporary)}
    with subprocess.Popen(command, cwd=ROOT, env=surroundings, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        told = json.loads(running.stdout.readline())
        assert not gone(told["pid"])
        running.send_signal(ending)
    assert soon(lambda: gone(told["pid"]))
    assert ending is signal.SIGKILL or not list(temporary.iterdir())


def test_a_server_that_does_not_come_up_shows_its_log(tmp_path: Path) -> None:
    server = Server(["sh", "-c", "echo no such luck; exit 3"], tmp_path / "log")
    with pytest.raises(RuntimeError, match="no such luck"):
        server.wait_until(lambda: False)
    assert gone(server.pid)


def test_free_ports_are_free_and_stay_clear_of_what_clients_get() -> None:
    first_of_clients = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    for _ in range(20):
        port = free_port()
        assert not listening(port)
        assert port < first_of_clients


def test_what_took_long_is_loaded_once_per_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    loaded: list[str] = []

    def load(folder: Path) -> None:
        loaded.append("x" * (len(loaded) + 1))
        (folder / "data").write_text(loaded[-1])

    def copied(version: str) -> str:
        to = tmp_path / f"copy{len(list(tmp_path.iterdir()))}"
        to.mkdir()
        keeping.copy_kept("people", version, load, to)
        return (to / "data").read_text()

    assert [copied("a"), copied("a"), copied("b")] == ["x", "x", "xx"]
    kept = keeping.folder()
    assert kept.stat().st_mode & 0o077 == 0
    assert sorted(path.name for path in kept.iterdir()) == ["people-b", "people.lock"]


def test_what_failed_to_load_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def load(folder: Path) -> None:
        (folder / "data").write_text("half")
        raise RuntimeError("slapadd: no")

    with pytest.raises(RuntimeError, match="slapadd: no"):
        keeping.copy_kept("people", "a", load, tmp_path / "copy")
    assert [path.name for path in keeping.folder().iterdir()] == ["people.lock"]
