"""Servers and options of the whole test suite."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import recordings
from tests.faults import table as faults
from tests.servers import postgres, redmine, rt, samba, slapd, znuny
from tests.servers.certificates import Certificates
from tests.servers.process import missing_program
from tests.side_by_side import first_the_longest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="also run what takes long, and what needs Samba")


def pytest_configure(config: pytest.Config) -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a shell leaves it to what runs in its background
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from tests.side_by_side import Scheduling

    return Scheduling(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        first_the_longest(items)
    for item in items:
        if "samba" in getattr(item, "fixturenames", ()):
            item.add_marker("slow")
        if "slow" in item.keywords and not config.getoption("--slow"):
            item.add_marker(pytest.mark.skip(reason="slow: run with --slow"))


@pytest.hookimpl(optionalhook=True)
def pytest_recording_configure(config: pytest.Config, vcr: Any) -> None:
    recordings.configure(vcr)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Every test that did not run, with its reason: nothing is skipped unseen."""
    by_reason: dict[str, list[str]] = {}
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        by_reason.setdefault(reason.removeprefix("Skipped: "), []).append(report.nodeid)
    terminalreporter.section("not run")
    for reason, tests in sorted(by_reason.items()):
        terminalreporter.write_line(f"{len(tests)} because: {reason}")
        for test in sorted(tests):
            terminalreporter.write_line(f"    {test}")
    if not by_reason:
        terminalreporter.write_line("everything was run")
    stats = terminalreporter.stats
    if table := list(faults.lines(report for outcome in ("passed", "failed") for report in stats.get(outcome, []))):
        terminalreporter.section("faults between a connector and its server: tried, survived")
        for line in table:
            terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Postgres]:
    if reason := postgres.unavailable():
        pytest.skip(reason)
    server = postgres.Postgres()
    yield server
    server.stop()


@pytest.fixture(scope="session", name="slapd")
def slapd_server() -> Iterator[slapd.Slapd]:
    """OpenLDAP with 2,000 people. Tests that change or stop it start one of their own."""
    if reason := slapd.unavailable():
        pytest.skip(reason)
    server = slapd.Slapd(2000)
    yield server
    server.stop()


@pytest.fixture(scope="session", name="samba")
def samba_server() -> Iterator[samba.Samba]:
    """Active Directory with 1,600 people; what uses it is slow by that."""
    if reason := samba.unavailable():
        pytest.skip(reason)
    server = samba.Samba(1600)
    yield server
    server.stop()


@pytest.fixture(scope="session", name="rt")
def rt_server() -> Iterator[rt.Rt]:
    """Request Tracker with two queues, equipment and 130 tickets."""
    if reason := rt.unavailable():
        pytest.skip(reason)
    server = rt.Rt()
    yield server
    server.stop()


@pytest.fixture(scope="session", name="redmine")
def redmine_server() -> Iterator[redmine.Redmine]:
    """Redmine with two projects and 130 tickets."""
    if reason := redmine.unavailable():
        pytest.skip(reason)
    server = redmine.Redmine()
    yield server
    server.stop()


@pytest.fixture(scope="session", name="znuny")
def znuny_server() -> Iterator[znuny.Znuny]:
    """Znuny with four queues and 135 tickets, and its web services for SOAP and REST."""
    if reason := znuny.unavailable():
        pytest.skip(reason)
    server = znuny.Znuny()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Throwaway certificates; not to be changed."""
    if reason := missing_program("openssl"):
        pytest.skip(reason)
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def postgres_url(postgres_server: postgres.Postgres) -> Iterator[str]:
    """An empty database on PostgreSQL."""
    with postgres_server.lent() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url
