"""The index of a real OpenLDAP, on both databases: it follows what happens in the directory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from tests.ldap.conftest import do
from tests.people import people
from tests.servers.slapd import Slapd
from workplace_sdk.connectors.ldap.experts import LdapExperts
from workplace_sdk.kernel.errors import ConfigError, NotFound, Unauthorized, Unavailable
from workplace_sdk.search.schema import index_forms, index_words, people_index
from workplace_sdk.services.common import PersonRef
from workplace_sdk.services.experts import ExpertQuery, SkillClaim
from workplace_sdk.wires.sql import Database

ACTIVE = 195
"""Of the 200 people of the directory; the others are not there any more, and not kept."""


@pytest.fixture
def store(database_url: str) -> Iterator[Database]:
    made = Database(database_url)
    yield made
    made.close()


Make = Callable[..., LdapExperts]


@pytest.fixture
def experts(directory: Make, own_slapd: Slapd, store: Database) -> Make:
    def make(account: str = "writer", **others: Any) -> LdapExperts:
        kept = {"index": True, "surroundings": {"store": store}, "page_size": 50, **others}
        return directory(account, server=own_slapd, **kept)

    return make


def synced(experts: LdapExperts, **others: Any) -> tuple[bool, int, int, int]:
    report = do(experts.ldap.sync(**others), 60)
    return report.full, report.written, report.removed, report.total


def found(experts: LdapExperts, text: str) -> list[str | None]:
    return [match.expert.person.login for match in experts.find(ExpertQuery(text=text, limit=100))]


def dn_of(server: Slapd, number: int) -> str:
    return server.person(number)[0]


def test_everyone_then_only_what_changed(own_slapd: Slapd, experts: Make) -> None:
    index = experts()
    assert found(index, "u0000005") == ["u0000005"]  # not filled yet: the directory is asked
    told: list[int] = []
    assert synced(index, progress=lambda done, _total: told.append(done)) == (True, ACTIVE, 0, ACTIVE)
    assert told == [50, 100, 150, 195]
    assert synced(index) == (False, 0, 0, ACTIVE)

    person = index.get(PersonRef(login="u0000012"))
    typed = person.name.split()[-1]
    assert "u0000012" in found(index, typed[:-1] + "x")
    own_slapd.remove(dn_of(own_slapd, 20))
    index.update_topics((SkillClaim(name="bijen houden"),), person=person.person)
    assert synced(index) == (False, 1, 1, ACTIVE - 1)
    assert found(index, "beijn houden") == ["u0000012"]
    assert "u0000020" not in found(index, "u0000020")
    assert synced(index, full=True) == (True, ACTIVE - 1, 0, ACTIVE - 1)


def test_who_is_disabled_is_not_kept_and_comes_back_when_they_do(own_slapd: Slapd, experts: Make, store: Database) -> None:
    index = experts()
    synced(index)
    with store.engine().connect() as connection:
        names = set(connection.execute(sa.select(people_index.c.name)).scalars())
    assert names == {person.name.strip() for person in people(200) if person.active}
    own_slapd.replace(dn_of(own_slapd, 21), labActive="FALSE")
    assert synced(index) == (False, 0, 1, ACTIVE - 1)
    assert "u0000021" not in found(index, "u0000021")
    own_slapd.replace(dn_of(own_slapd, 21), labActive="TRUE")
    own_slapd.replace(dn_of(own_slapd, 11), labActive="TRUE")  # was not there from the start
    assert synced(index) == (False, 2, 0, ACTIVE + 1)
    assert found(index, "u0000011") == ["u0000011"]


def test_renames_and_moves(own_slapd: Slapd, experts: Make) -> None:
    index = experts()
    synced(index)
    base = own_slapd.people_base
    with own_slapd.administrator() as admin:
        admin.rename_s(dn_of(own_slapd, 30), "cn=Nieuwe Naam", delold=0)  # the same person by another DN
        admin.rename_s(dn_of(own_slapd, 31), "uid=u0000031", f"ou=rooms,{own_slapd.suffix}")  # out of what is looked at
    assert synced(index) == (False, 1, 1, ACTIVE - 1)
    (match,) = index.find(ExpertQuery(text="u0000030"))
    assert match.expert.person.dn == f"cn=Nieuwe Naam,{base}"
    assert index.get(match.expert.person).person.login == "u0000030"
    assert "u0000031" not in found(index, "u0000031")
    with own_slapd.administrator() as admin:
        admin.rename_s(f"uid=u0000031,ou=rooms,{own_slapd.suffix}", "uid=u0000031", base)
    assert synced(index) == (False, 1, 0, ACTIVE)
    assert found(index, "u0000031") == ["u0000031"]


def test_a_branch_is_renamed_and_moved_with_everyone_in_it(own_slapd: Slapd, experts: Make) -> None:
    """The people's own entries do not change by that: only their DNs."""
    index = experts()
    base, rooms = own_slapd.people_base, f"ou=rooms,{own_slapd.suffix}"
    with own_slapd.administrator() as admin:
        admin.add_s(f"ou=team,{base}", [("objectClass", [b"organizationalUnit"]), ("ou", [b"team"])])
        for uid in (b"bij1", b"bij2"):
            entry = {"objectClass": [b"inetOrgPerson"], "uid": [uid], "cn": [b"Bijenkorf"], "sn": [b"Bijenkorf"]}
            admin.add_s(f"uid={uid.decode()},ou=team,{base}", list(entry.items()))
    assert synced(index)[1:] == (ACTIVE + 2, 0, ACTIVE + 2)
    for name, above, came in (
        ("ou=ploeg", base, (2, 0, ACTIVE + 2)),
        ("ou=ploeg", rooms, (0, 2, ACTIVE)),
        ("ou=team", base, (2, 0, ACTIVE + 2)),
    ):
        with own_slapd.administrator() as admin:
            (old, _) = admin.search_s(own_slapd.suffix, 2, "(|(ou=team)(ou=ploeg))", ["1.1"])[0]
            admin.rename_s(old, name, above)
        assert synced(index) == (False, *came)
        dns = {match.expert.person.dn for match in index.find(ExpertQuery(text="bijenkorf"))}
        assert dns == ({f"uid=bij1,{name},{above}", f"uid=bij2,{name},{above}"} if above == base else set())


def test_a_part_of_the_directory_never_empties_the_index(own_slapd: Slapd, experts: Make) -> None:
    assert synced(experts())[3] == ACTIVE
    for others in ({}, {"full": True}):
        with pytest.raises(Unauthorized, match="only a part") as error:
            synced(experts("limited", page_size=20), **others)
        assert "cn=limited" in str(error.value.identity)
    with pytest.raises(Unauthorized):
        synced(experts("nopaging"))
    assert found(experts(), "u0000199") == ["u0000199"]
    assert synced(experts()) == (False, 0, 0, ACTIVE)


def test_a_base_that_is_not_there_never_empties_the_index(own_slapd: Slapd, experts: Make) -> None:
    synced(experts())
    with pytest.raises(ConfigError) as error:
        synced(experts(base=f"ou=nobody,{own_slapd.suffix}"))
    assert error.value.key == "base"
    assert found(experts(), "u0000199") == ["u0000199"]


def test_a_server_that_goes_down_during_a_sync_leaves_the_index_usable(own_slapd: Slapd, experts: Make) -> None:
    index = experts()
    synced(index)
    own_slapd.replace(dn_of(own_slapd, 7), title="Imker")
    own_slapd.remove(dn_of(own_slapd, 20))

    def halted(done: int, _total: int | None) -> None:
        if done == 50:
            own_slapd.halt()

    for others in ({"full": True}, {}):
        with pytest.raises(Unavailable):
            do(index.ldap.sync(halted, **others), 5)
        assert found(index, "u0000020") == ["u0000020"]  # nobody is taken out before everyone was seen
        own_slapd.start()
    written, removed, total = synced(index)[1:]
    assert (written <= 1, removed, total) == (True, 1, ACTIVE - 1)
    assert "u0000007" in found(index, "imker")


def test_other_settings_are_another_index(experts: Make) -> None:
    assert synced(experts())[0]
    bees = experts(attributes={"topics": "departmentNumber"})
    assert synced(bees) == (True, ACTIVE, 0, ACTIVE)
    assert synced(bees) == (False, 0, 0, ACTIVE)
    narrower = experts(attributes={"topics": "departmentNumber"}, disabled={"labActive": "FALSE", "l": "Utrecht"})
    full, _, removed, total = synced(narrower)
    assert (full, removed + total) == (True, ACTIVE)
    assert removed > 0


def test_who_is_forgotten_by_any_key_is_not_in_the_index(experts: Make, store: Database) -> None:
    index = experts()
    synced(index)
    for key in ("login", "email", "employee_number", "dn"):
        person = index.get(PersonRef(login="u0000112")).person  # ПΨωμάς: a name that nobody else has
        only = PersonRef.model_validate({key: getattr(person, key)})
        assert do(index.ldap.forget(only)) == {"people_index": 1}
        assert do(index.ldap.forget(only)) == {"people_index": 0}
        assert "u0000112" not in found(index, "u0000112")
        with store.engine().connect() as connection:
            for table in (index_words, index_forms):
                assert connection.execute(sa.select(table).where(table.c.word == "u0000112")).first() is None
        assert synced(index) == (False, 1, 0, ACTIVE)  # the directory still has them
        assert do(index.ldap.forget(PersonRef(ref=person.ref))) == {"people_index": 1}
        assert synced(index) == (False, 1, 0, ACTIVE)
    assert do(index.ldap.forget(PersonRef(login="u000011"))) == {"people_index": 0}  # a part of a key is no key


def test_one_connection_is_enough(experts: Make) -> None:
    index = experts(connections=1)
    assert synced(index) == (True, ACTIVE, 0, ACTIVE)
    index.update_topics((SkillClaim(name="bijen"),), person=PersonRef(login="u0000005"))
    assert synced(index) == (False, 1, 0, ACTIVE)


def test_a_directory_that_gives_no_ids_or_no_marks(own_slapd: Slapd, experts: Make) -> None:
    nameless = experts(attributes={"topics": "labSkill", "id": "nosuch"})
    assert synced(nameless) == (True, ACTIVE, 0, ACTIVE)
    own_slapd.replace(dn_of(own_slapd, 7), title="Imker")
    own_slapd.remove(dn_of(own_slapd, 20))
    assert synced(nameless) == (False, 1, 1, ACTIVE - 1)
    (match,) = nameless.find(ExpertQuery(text="imker"))
    assert nameless.get(PersonRef(ref=match.expert.person.ref)).person.login == "u0000007"
    unmarked = experts(attributes={"topics": "labSkill", "version": "nosuch", "changed": "nosuch"})
    assert synced(unmarked) == (True, ACTIVE - 1, ACTIVE - 1, ACTIVE - 1)  # by other ids than before
    assert synced(unmarked) == (False, ACTIVE - 1, 0, ACTIVE - 1)  # everyone may have changed


def test_awkward_names_are_in_it_and_found(experts: Make) -> None:
    index = experts()
    synced(index)
    for number, typed in ((103, "angstrom asa"), (104, "lukasiewicz zdzblo"), (105, "nguyen thi minh khai"), (106, "ipek isil"),
                          (107, "ψωμασ γιωργοσ"), (108, "王小明"), (116, "zoe eenhoorn"), (117, "zoë decomposed"), (119, "gross ludwig"),
                          (121, "robert drop table students"), (124, "uid"), (127, "dubbel kees")):  # fmt: skip
        assert f"u{number:07d}" in found(index, typed), typed
    with pytest.raises(NotFound):
        index.get(PersonRef(login="*"))
