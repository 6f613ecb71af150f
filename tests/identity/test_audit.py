"""The audit log: every write and every refusal, append-only on both databases, and erased with the person."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from workplace_sdk import NotSupported, PersonRef, Settings, Unauthorized, Workplace
from workplace_sdk.connectors.local.connector import Local, LocalSettings
from workplace_sdk.connectors.local.people_records import add_person
from workplace_sdk.identity.audit import KEPT, StoredAudit
from workplace_sdk.services.experts import SkillClaim
from workplace_sdk.services.leave import LeaveDraft
from workplace_sdk.testing import Sample

APRIL = date(2026, 4, 20)
TOPICS = (SkillClaim(name="printers"),)


@pytest.fixture
def work(database_url: str) -> Iterator[Workplace]:
    """One person in a store; *ana* may do what is for roles only."""
    roles = {"admin": {"people": ["login:ana"], "rights": ["audit.*", "people.forget", "import"]}}
    content = {
        "caller": "login:ana",
        "store": {"url": database_url},
        "connections": {"main": {"connector": "local"}},
        "roles": roles,
    }
    with Workplace(Settings.checked(content)) as made:
        with made.store.engine().begin():
            pass
        local = made.connection("main")
        assert isinstance(local, Local)
        with local.database.engine().begin() as connection:
            add_person(connection, "main", "Ana", login="ana", email="ana@x.example", employee_number="7")
            add_person(connection, "main", "Bo", login="bo", email="bo@x.example", employee_number="8")
        yield made


def test_writes_and_refusals_are_written_down(workplace_sample: Sample) -> None:
    sample = workplace_sample
    request = sample.person("sanne").leave.submit(LeaveDraft.between("Vakantie", APRIL))
    with pytest.raises(Unauthorized):
        sample.person("joao").leave.withdraw(request.ref)
    sample.person("sanne").leave.balances()
    told = [(row.operation, row.outcome, row.caller, row.subject, row.key) for row in sample.work.audited()]
    assert told[0][:4] == ("leave.withdraw", "refused", "email:joao@delinde.example", "employee_number:4003")
    assert told[1] == ("leave.submit", "done", "email:sanne@delinde.example", "email:sanne@delinde.example", request.key)
    assert told[2][1] == "intended"
    assert len(told) == 3, "reads are not written down"
    assert [row.outcome for row in sample.work.audited(key=request.key)] == ["done", "intended"]
    assert {row.connection for row in sample.work.audited(key=request.key)} == {"main"}


def test_what_is_done_by_no_operation_is_written_down_too(work: Workplace) -> None:
    def nothing() -> Iterator[object]:
        return 3
        yield

    assert work.administer("import", nothing()) == 3  # type: ignore[arg-type]
    with pytest.raises(Unauthorized):
        work.as_("login:bo").administer("import", nothing())  # type: ignore[arg-type]
    assert [(row.operation, row.outcome) for row in work.audited()] == [
        ("import", "refused"),
        ("import", "done"),
        ("import", "intended"),
    ]


def test_the_log_cannot_be_changed(work: Workplace) -> None:
    work.experts.update_topics(TOPICS)
    before = work.audited()
    assert [row.outcome for row in before] == ["done", "intended"]
    for statement in (
        "UPDATE audit_log SET outcome = 'refused'",
        "UPDATE audit_log SET at = '2020-01-01T00:00:00.000000Z'",
        "UPDATE audit_log SET key = NULL",
        "UPDATE audit_log SET caller = 'login:bo'",
        "UPDATE audit_log SET subject = NULL",
        "UPDATE audit_log SET acts_as = 'person'",
        "UPDATE audit_log SET caller = NULL",
        "DELETE FROM audit_log",
        *(() if work.store.sqlite else ("TRUNCATE audit_log",)),
    ):
        with pytest.raises(DBAPIError, match="append-only"), work.store.engine().begin() as connection:
            connection.exec_driver_sql(statement)
    assert work.audited() == before


def test_only_old_rows_can_be_removed(database_url: str) -> None:
    now = [datetime.now(UTC) - KEPT - timedelta(days=3)]
    content = {
        "caller": "login:ana",
        "store": {"url": database_url},
        "connections": {"main": {"connector": "local"}},
        "roles": {"admin": {"people": ["login:ana"], "rights": ["audit.*"]}},
    }
    with Workplace(Settings.checked(content), now=lambda: now[0]) as work:
        local = work.connection("main")
        assert isinstance(local, Local)
        with local.database.engine().begin() as connection:
            add_person(connection, "main", "Ana", login="ana")
        work.experts.update_topics(TOPICS)
        now[0] = datetime.now(UTC)
        work.experts.update_topics((SkillClaim(name="lamps"),))
        tomorrow = (now[0] + timedelta(days=1)).date()
        preview = work.prune_audit.preview(tomorrow)
        assert preview.line("rows") is not None
        assert preview.line("rows").facts == {"rows": 2}  # type: ignore[union-attr]
        assert work.prune_audit(tomorrow) == 2
        assert [row.operation for row in work.audited()] == ["workplace.prune_audit"] * 2 + ["experts.update_topics"] * 2
        with pytest.raises(Unauthorized):
            work.as_("login:bo").prune_audit(tomorrow)


def test_the_log_is_for_who_was_granted_it(work: Workplace) -> None:
    with pytest.raises(Unauthorized):
        work.as_("login:bo").audited()
    assert [(row.operation, row.outcome, row.caller) for row in work.audited()] == [
        ("workplace.audited", "refused", "login:bo")
    ]


def test_an_erased_person_is_erased_from_the_log(work: Workplace) -> None:
    bo = PersonRef(login="bo")
    for name in ("login:bo", "bo@x.example", "nr:8", "BO@X.example", "Bo"):
        with pytest.raises(Unauthorized):
            work.as_(name).audited()
    work.as_("login:bo").experts.update_topics(TOPICS)
    preview = work.forget.preview(bo)
    assert "Bo (8, bo, bo@x.example)" in preview.lines[0].en
    done = work.forget(bo)
    assert done.rows["store"] == {"audit_log": 7}
    rows = work.audited()
    assert {row.caller for row in rows if row.operation != "workplace.forget"} == {f"erased:{done.pseudonym}"}
    last = [row for row in rows if row.operation == "workplace.forget"]
    assert [(row.outcome, row.caller, row.subject) for row in last] == [
        ("done", "login:ana", f"erased:{done.pseudonym}"),
        ("intended", "login:ana", f"erased:{done.pseudonym}"),
    ]
    again = work.forget(bo)
    assert not again.anything
    with pytest.raises(Unauthorized):
        work.as_("login:bo").forget(PersonRef(login="ana"))


def test_without_a_store_calls_are_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    local = Local("main", LocalSettings(url=f"sqlite:///{tmp_path / 'x.db'}"))
    with local.database.engine().begin() as connection:
        add_person(connection, "main", "Ana", login="ana")
    work = Workplace(
        Settings.checked({"caller": "login:ana", "roles": {"a": {"people": ["login:ana"], "rights": ["audit.*"]}}}),
        connectors={"main": local},
    )
    assert not isinstance(work.session.audit, StoredAudit)
    with caplog.at_level(logging.INFO, "workplace_sdk.audit"):
        work.experts.update_topics(TOPICS, key="k1")  # type: ignore[arg-type]
    assert [record.getMessage().split()[0] for record in caplog.records] == ["intended", "done"]
    assert "printers" not in caplog.text
    with pytest.raises(NotSupported, match="logger"):
        work.audited()
    work.close()
    local.close()
