"""A small organisation in the local store: a director, two managers, some staff."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.local.houses import furnish
from tests.servers.postgres import Postgres
from workplace_sdk.connectors.local import Local, LocalSettings
from workplace_sdk.connectors.local.base import inserted
from workplace_sdk.connectors.local.leave_setup import set_schedule
from workplace_sdk.connectors.local.people_records import index_people
from workplace_sdk.connectors.local.schema import people
from workplace_sdk.kernel.drivers import run
from workplace_sdk.kernel.session import Call, Session
from workplace_sdk.services.common import PersonRef

S = TypeVar("S")
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
STAFF = (
    # login, name, manager
    ("bo", "Bo Directeur", None),
    ("mia", "Mia van Dijk", "bo"),
    ("tom", "Tom de Vries", "bo"),
    ("ana", "Ana Ödegård", "mia"),
    ("kees", "Kees Jansen", "mia"),
    ("lena", "Łena Kowalska", "tom"),
)


class Office:
    """The store with its people; ``as_("ana", LocalLeave)`` is a service for a caller, without a gate."""

    def __init__(self, url: str, ids: Mapping[str, int] | None = None) -> None:
        self.url = url
        self.local = Local("main", LocalSettings(url=url))
        self.now = NOW
        self.ids = dict(ids or {})

    def write(self, fn: Callable[[Any], S]) -> S:
        """Run *fn* in a writing transaction."""
        return run(iter(self.local.database.write(fn)), Call(session=Session(), name="test"))

    def read(self, fn: Callable[[Any], S]) -> S:
        """Run *fn* in a reading transaction."""
        return run(iter(self.local.database.read(fn)), Call(session=Session(), name="test"))

    def as_(self, login: str, service: Callable[[Local, Session], S]) -> S:
        """A service for a caller."""
        return service(self.local, self.session(login))

    def session(self, login: str) -> Session:
        """Calls made by someone, at the office's time."""
        return Session(caller=PersonRef(login=login), now=lambda: self.now, zone="Europe/Amsterdam")

    def hire(self, connection: Any) -> None:
        for number, (login, name, manager) in enumerate(STAFF, start=1):
            given, _, family = name.partition(" ")
            values = {
                "employee_number": str(1000 + number),
                "login": login,
                "email": f"{login}@example.org",
                "display_name": name,
                "given_name": given,
                "family_name": family,
                "manager_id": self.ids.get(manager or ""),
                "changed_at": NOW,
            }
            self.ids[login] = inserted(connection, people, values)
        set_schedule(connection, None, [Decimal(8)] * 5 + [Decimal(0)] * 2, first=date(2000, 1, 1))
        index_people(connection, "main")


def hired(url: str) -> Office:
    """A new office with its people, closed: to be copied."""
    made = Office(url)
    made.write(made.hire)
    made.local.database.close()
    return made


@pytest.fixture(scope="session")
def hired_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return hired(f"sqlite:///{tmp_path_factory.mktemp('hired')}/store.db")


@pytest.fixture(scope="session")
def hired_postgresql(postgres_server: Postgres) -> Office:
    return hired(postgres_server.database())


@pytest.fixture(params=["sqlite", "postgresql"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    like: Office = request.getfixturevalue(f"hired_{request.param}")
    with ExitStack() as lent:
        if request.param == "sqlite":
            url = f"sqlite:///{shutil.copy(like.url.removeprefix('sqlite:///'), tmp_path / 'store.db')}"
        else:
            url = lent.enter_context(request.getfixturevalue("postgres_server").lent(like.url))
        made = Office(url, like.ids)
        yield made
        made.local.database.close()


@pytest.fixture
def house(office: Office) -> Office:
    """The office with its rooms, see ``houses``."""
    office.write(lambda connection: furnish(connection, office.ids))
    return office


def give_leave(office: Office, *, days: str = "25", login: str | None = None) -> dict[str, int]:
    """Leave types, and days of annual leave in 2026 for everyone (or for *login*). Their ids by name."""
    from workplace_sdk.connectors.local.leave_setup import add_type, grant
    from workplace_sdk.services.common import Unit
    from workplace_sdk.services.leave import LeaveCategory

    def setup(connection: Any) -> dict[str, int]:
        annual = add_type(connection, "Annual leave")
        hours = add_type(connection, "Hours off", unit=Unit.HOUR, category=LeaveCategory.COMPENSATORY)
        sick = add_type(
            connection, "Sick", category=LeaveCategory.SICK, unlimited=True, requires_approval=False, confidential=True
        )
        for name, id_ in office.ids.items():
            if login in (None, name):
                grant(connection, id_, annual, Decimal(days), date(2026, 1, 1), date(2026, 12, 31))
                grant(connection, id_, hours, Decimal(40), date(2026, 1, 1), date(2026, 12, 31))
        return {"annual": annual, "hours": hours, "sick": sick}

    return office.write(setup)
