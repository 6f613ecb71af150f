"""The expert directory of the local store, loading an organisation, and forgetting a person; on both databases."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.local.conftest import Office, give_leave
from tests.people import ldif
from workplace_sdk.connectors.local.experts import LocalExperts
from workplace_sdk.connectors.local.forget import forget
from workplace_sdk.connectors.local.incidents import LocalIncidents
from workplace_sdk.connectors.local.leave import LocalLeave
from workplace_sdk.connectors.local.people_import import import_people
from workplace_sdk.connectors.local.schema import people
from workplace_sdk.connectors.local.tables import metadata
from workplace_sdk.kernel.errors import InvalidInput, NotFound
from workplace_sdk.kernel.support import Absent
from workplace_sdk.services.common import Decision, PersonRef, Upload
from workplace_sdk.services.experts import ExpertQuery, Presence, SkillClaim
from workplace_sdk.services.incidents import TicketDraft
from workplace_sdk.services.leave import LeaveDraft


def test_found_by_name_topic_and_typo(office: Office) -> None:
    experts = office.as_("ana", LocalExperts)
    assert [match.expert.name for match in experts.find(ExpertQuery(text="lena kowalska"))] == ["Łena Kowalska"]
    assert [match.expert.name for match in experts.find(ExpertQuery(text="kowalksa"))] == ["Łena Kowalska"]
    office.as_("kees", LocalExperts).update_topics((SkillClaim(name="hydrologie", level=4), SkillClaim(name="Frans")))
    found = experts.find(ExpertQuery(text="hydrologie"))
    assert [(match.expert.name, match.reasons[0].found) for match in found] == [("Kees Jansen", "hydrologie")]
    assert found[0].expert == experts.get(PersonRef(login="kees"))


def test_manager_chain_and_team(office: Office) -> None:
    experts = office.as_("ana", LocalExperts)
    assert [expert.name for expert in experts.chain()] == ["Mia van Dijk", "Bo Directeur"]
    manager = experts.manager()
    assert manager is not None
    assert manager.name == "Mia van Dijk"
    assert experts.manager(PersonRef(login="bo")) is None
    assert [expert.name for expert in experts.team(PersonRef(login="mia"))] == ["Ana Ödegård", "Kees Jansen"]
    assert [expert.name for expert in experts.team()] == ["Ana Ödegård", "Kees Jansen"]
    assert isinstance(experts.members.support, Absent)
    assert [option.channel for option in experts.reach(PersonRef(login="kees"))] == ["email"]


def test_who_left_or_hides_never_shows(office: Office) -> None:
    from workplace_sdk.connectors.local.people_records import index_people

    def leave(connection) -> None:
        connection.execute(people.update().where(people.c.login == "kees").values(active=False))
        connection.execute(people.update().where(people.c.login == "lena").values(visibility="limited"))
        index_people(connection, "main")

    office.write(leave)
    experts = office.as_("ana", LocalExperts)
    for login, name in (("kees", "kees jansen"), ("lena", "lena kowalska")):
        assert experts.find(ExpertQuery(text=name)) == ()
        with pytest.raises(NotFound):
            experts.get(PersonRef(login=login))
    assert "Kees Jansen" not in {expert.name for expert in experts.people()}
    assert office.as_("lena", LocalExperts).get().name == "Łena Kowalska"


def test_absence_is_told_without_a_reason(office: Office) -> None:
    give_leave(office)
    leave = office.as_("kees", LocalLeave).submit(LeaveDraft.between("Annual leave", date(2026, 11, 24), date(2026, 11, 27)))
    experts = office.as_("ana", LocalExperts)
    assert experts.availability((PersonRef(login="kees"),))[0].now is Presence.UNKNOWN
    office.as_("mia", LocalLeave).decide(leave.ref, Decision.APPROVE)
    told = experts.availability((PersonRef(login="kees"),))[0]
    assert told.now is Presence.ABSENT
    assert told.next_free is not None
    assert told.next_free.date() == date(2026, 11, 30)


CSV = """\ufeffEmployee number;Login;Email;Given name;Family name;Manager;Topics;Active
2001;sam;Sam@Example.org;Sam;de Boer;bo;printers|toner;ja
2002;fee;fee@example.org;Fee;Ølsen;sam;;yes
2003;;nomail;X;Y;;;
2004;zoe;zoe@example.org;;;;;
2005;rik;fee@example.org;Rik;Bos;nobody;;
;ana;;Ana;Ödegård-Bos;;;
"""


def test_an_organisation_from_csv_with_a_report(office: Office, tmp_path: Path) -> None:
    source = tmp_path / "staff.csv"
    source.write_text(CSV, "utf-8")
    told: list[tuple[int, int | None]] = []
    report = office.write(lambda c: import_people(c, "main", source, progress=lambda done, total: told.append((done, total))))
    assert (report.added, report.updated) == (2, 2)
    assert [(row.line, row.field) for row in report.refused] == [(4, "email"), (5, "display_name")]
    assert [(row.line, row.field) for row in report.warnings] == [(6, "manager")]
    assert told[-1] == (6, 6)
    experts = office.as_("ana", LocalExperts)
    assert experts.get(PersonRef(login="ana")).family_name == "Ödegård-Bos"
    assert [match.expert.name for match in experts.find(ExpertQuery(text="toner"))] == ["Sam de Boer"]


def test_an_organisation_from_ldif(office: Office, tmp_path: Path) -> None:
    pytest.importorskip("ldif", reason="python-ldap is not installed")
    source = tmp_path / "staff.ldif"
    source.write_text("".join(ldif(300)), "utf-8")
    report = office.write(lambda c: import_people(c, "main", source))
    assert report.added == 300
    assert not report.refused
    assert {row.field for row in report.warnings} == {"manager"}  # a circle; the dangling ones begin at 500
    chain = office.as_("ana", LocalExperts).chain(PersonRef(login="u0000013"))
    assert [expert.person.login for expert in chain] == ["u0000012", "u0000000"]


def test_people_from_vcards(office: Office, tmp_path: Path) -> None:
    source = tmp_path / "staff.vcf"
    source.write_text(
        "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:José Núñez\r\nN:Núñez;José;;;\r\nEMAIL:jose@example.org\r\nTEL;TYPE=CELL:06-1\r\n"
        "ORG:Lab;ICT\r\nTITLE:Beheerder\r\nCATEGORIES:printers,netwerken\r\nEND:VCARD\r\n"
        "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Zonder Sleutel\r\nN:Sleutel;Zonder;;;\r\nEND:VCARD\r\n",
        "utf-8",
    )
    report = office.write(lambda c: import_people(c, "main", source))
    assert (report.added, [row.line for row in report.refused]) == (1, [2])
    expert = office.as_("ana", LocalExperts).get(PersonRef(email="jose@example.org"))
    assert (expert.name, expert.organisation, expert.job_title) == ("José Núñez", ("Lab", "ICT"), "Beheerder")


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"a;b\n1", b"employee_number;wat\n1;2\n", b""])
def test_a_file_that_is_no_organisation_changes_nothing(office: Office, tmp_path: Path, content: bytes) -> None:
    source = tmp_path / "bad.csv"
    source.write_bytes(content)
    before = office.read(lambda c: c.execute(sa.select(sa.func.count()).select_from(people)).scalar())
    with pytest.raises(InvalidInput):
        office.write(lambda c: import_people(c, "main", source))
    assert office.read(lambda c: c.execute(sa.select(sa.func.count()).select_from(people)).scalar()) == before


def test_who_is_forgotten_is_nowhere(office: Office) -> None:
    give_leave(office)
    ana = office.as_("ana", LocalLeave)
    ana.submit(
        LeaveDraft.between(
            "Annual leave", date(2026, 12, 7), reason="Verhuizing", attachments=(Upload(name="x", content=b"Ana"),)
        )
    )
    office.as_("ana", LocalIncidents).report(TicketDraft(what="Mijn laptop", details="Groet, Ana Ödegård"))
    report = office.write(lambda c: forget(c, "main", office.ids["ana"]))
    assert report.rows["leave_requests"] == 1

    def left(connection) -> str:
        return "\n".join(repr(row) for table in metadata.tables.values() for row in connection.execute(sa.select(table)))

    everything = office.read(left)
    for trace in ("Ödegård", "ana@example.org", "1004", "Verhuizing", "'ana'"):
        assert trace not in everything
    assert office.as_("kees", LocalExperts).find(ExpertQuery(text="odegard")) == ()
    office.write(lambda c: forget(c, "main", office.ids["ana"]))
    assert office.as_("kees", LocalExperts).get(PersonRef(login="kees")).name == "Kees Jansen"
