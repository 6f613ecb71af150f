"""Several connections behind one service: they answer as one, and say which did not."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from workplace_sdk import InvalidInput, NotFound, PersonRef, Settings, Unavailable, Workplace
from workplace_sdk.connectors.local.connector import Local, LocalSettings
from workplace_sdk.connectors.local.leave_setup import add_type, grant, set_schedule
from workplace_sdk.connectors.local.people_records import add_person
from workplace_sdk.kernel.listing import Missing
from workplace_sdk.services.common import Ref
from workplace_sdk.services.experts import ExpertQuery
from workplace_sdk.services.leave import LeaveDraft

NAMES = ("one", "two", "three")
ANA = PersonRef(login="ana")


class House:
    """Three ``local`` connections behind every service, in the order of ``NAMES``; each knows Ana, Piet and one of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.connections = {name: Local(name, LocalSettings(url=f"sqlite:///{folder / f'{name}.db'}")) for name in NAMES}
        content = {"caller": "login:ana", "store": {"url": f"sqlite:///{folder / 'store.db'}"}}
        self.work = Workplace(Settings.checked(content), connectors=self.connections)

    def fill(self) -> None:
        for name, local in self.connections.items():
            with local.database.engine().begin() as connection:
                add_person(connection, name, f"Own {name.capitalize()}", login=f"own{name}", topics=[{"name": "printers"}])
                add_person(connection, name, "Piet Beiden", login="piet", topics=[{"name": "printers"}])
                ana = add_person(connection, name, "Ana", login="ana")
                grant(connection, ana, add_type(connection, "Vakantie"), Decimal(200), date(2026, 1, 1), date(2026, 12, 31))
                set_schedule(connection, None, [Decimal(8)] * 5 + [Decimal(0)] * 2, first=date(2000, 1, 1))

    def close(self) -> None:
        self.work.close()
        for local in self.connections.values():
            local.close()

    def take_down(self, *names: str) -> None:
        """Let connections lose their database for good."""
        for name in names:
            database = self.connections[name].database
            database.close()
            database.url = database.url.set(database=str(self.folder))  # a folder cannot be opened


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The three databases, to be copied."""
    folder = tmp_path_factory.mktemp("filled")
    made = House(folder)
    made.fill()
    made.work.store.engine()
    made.close()
    return folder


@pytest.fixture
def house(filled: Path, tmp_path: Path) -> Iterator[House]:
    made = House(Path(shutil.copytree(filled, tmp_path, dirs_exist_ok=True)))
    yield made
    made.close()


def test_reads_ask_all_and_say_who_answered(house: House) -> None:
    found = house.work.experts.find(ExpertQuery(text="printers"))
    assert [match.expert.name for match in found] == ["Own One", "Own Three", "Own Two", "Piet Beiden"]
    assert found.answered == NAMES
    assert house.work.experts.get(PersonRef(login="owntwo")).ref.connection == "two"
    assert house.work.experts.get(PersonRef(login="piet")).ref.connection == "one", "the first by priority"
    with pytest.raises(NotFound):
        house.work.experts.get(PersonRef(login="nobody"))


def test_one_that_is_down_leaves_a_gap(house: House) -> None:
    house.take_down("two")
    work = house.work.within(2)
    partly = work.experts.find(ExpertQuery(text="printers"))
    assert [match.expert.name for match in partly] == ["Own One", "Own Three", "Piet Beiden"]
    assert [(gap.connection, gap.why) for gap in partly.gaps] == [("two", Missing.NO_ANSWER)]
    requests = work.leave.requests()
    assert list(requests) == []
    assert [(gap.connection, gap.why) for gap in requests.gaps] == [("two", Missing.NO_ANSWER)]
    assert work.experts.get(PersonRef(login="ownthree")).name == "Own Three", "another one knows"
    with pytest.raises(Unavailable):
        work.experts.get(PersonRef(login="nobody"))  # the one that is down might know


def test_when_none_answers_that_is_an_error(house: House) -> None:
    house.take_down(*NAMES)
    work = house.work.within(1)
    for ask in (
        lambda: work.experts.find(ExpertQuery(text="printers")),
        lambda: work.experts.get(ANA),
    ):
        with pytest.raises(Unavailable):
            ask()


def test_someone_unknown_on_one_connection_is_no_gap(house: House) -> None:
    work = house.work.as_("login:owntwo")
    requests = work.leave.requests()
    assert list(requests) == []
    assert requests.gaps == ()
    with pytest.raises(NotFound):
        list(house.work.as_("login:nobody").leave.requests())


def test_writes_go_to_one_and_records_are_changed_where_they_live(house: House) -> None:
    made = house.work.leave.submit(LeaveDraft.between("Vakantie", date(2026, 4, 20)))
    assert made.ref.connection == "one"
    there = house.work.only("two").leave.submit(LeaveDraft.between("Vakantie", date(2026, 4, 21)))
    assert {request.ref.connection for request in house.work.leave.requests()} == {"one", "two"}
    key = house.work.leave.withdraw.preview(there.ref).key
    withdrawn = house.work.leave.withdraw(there.ref, key=key)  # type: ignore[arg-type]
    assert (withdrawn.ref, str(withdrawn.status)) == (there.ref, "withdrawn")
    assert house.work.leave.get(made.ref).status == "submitted"
    found = house.work.leave.withdraw.reconcile(key)  # type: ignore[arg-type]
    assert found is not None
    assert found.ref == there.ref, "the key is looked for where the change was made"
    with pytest.raises(NotFound):
        house.work.leave.get(Ref(connection="four", kind="leave", id="1"))


def test_one_connection_only(house: House) -> None:
    assert house.work.only("three").experts.find(ExpertQuery(text="own"))[0].expert.name == "Own Three"
    with pytest.raises(InvalidInput):
        house.work.only("four")


def test_reads_and_writes_of_the_settings(house: House, tmp_path: Path) -> None:
    tables = {name: {"connector": "local", "url": f"sqlite:///{tmp_path / f'{name}.db'}"} for name in NAMES}
    content = {"caller": "login:ana", "connections": tables, "services": {"leave": {"read": ["two", "one"], "write": "one"}}}
    with Workplace(Settings.checked(content)) as work:
        assert work.leave.submit(LeaveDraft.between("Vakantie", date(2026, 4, 20))).ref.connection == "one"
        assert {entry.connection for entry in work.support() if entry.service == "leave"} == {"one", "two"}
        assert work.experts.find(ExpertQuery(text="printers")).answered == NAMES
