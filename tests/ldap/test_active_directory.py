"""The connector on a real Active Directory domain (Samba), behind a proxy with the limits that Windows has."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import ldap
from tests.servers import samba_people
from tests.servers.samba import Samba
from tests.servers.samba import unavailable as no_samba
from workplace_sdk.connectors.ldap import Ldap, LdapSettings
from workplace_sdk.connectors.ldap.experts import LdapExperts
from workplace_sdk.kernel.drivers import run
from workplace_sdk.kernel.errors import ConfigError, NotFound, Unauthorized, Unavailable
from workplace_sdk.kernel.listing import Missing
from workplace_sdk.kernel.session import Call, Session
from workplace_sdk.services.common import PersonRef
from workplace_sdk.services.experts import ExpertQuery, SkillClaim
from workplace_sdk.wires.ldap.filters import equals
from workplace_sdk.wires.ldap.search import LdapSearch, whole
from workplace_sdk.wires.sql import Database

COUNT = 1600
EVERYONE = samba_people.people(COUNT)
ACTIVE = [entry for number, entry in enumerate(EVERYONE) if number % 40 != 11]
TOPICS = {"topics": "info"}
Make = Callable[..., LdapExperts]


@pytest.fixture
def domain(samba: Samba, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Makes the expert directory of the domain."""
    opened: list[Ldap] = []

    def make(account: str = "reader", *, server: Samba | None = None, **others: Any) -> LdapExperts:
        where = server or samba
        name, password = where.account(account)
        monkeypatch.setenv("AD_TEST_PASSWORD", password)
        values = {
            "profile": "active-directory",
            "uri": where.uri_tls,
            "ca_file": where.certificates.ca,
            "base": where.people_base,
            "group_base": where.group_base,
            "bind_dn": name,
            "password": {"env": "AD_TEST_PASSWORD"},
            "attributes": TOPICS,
        }
        kept = {name: value for name, value in {**values, **others}.items() if value is not None}
        surroundings = kept.pop("surroundings", None)
        connection = Ldap("domain", LdapSettings.model_validate(kept), surroundings)
        opened.append(connection)
        return LdapExperts(connection, Session(caller=PersonRef(login="u0000005@ad.lab.example"), time_limit=60))

    yield make
    for connection in opened:
        connection.close()


def who(number: int) -> PersonRef:
    return PersonRef(login=f"u{number:07d}@ad.lab.example")


def logins(experts: Any) -> set[str]:
    return {expert.person.login for expert in experts}


def upn(entries: Any) -> set[str]:
    return {entry["userPrincipalName"] for entry in entries}


def test_by_topic_and_by_words_in_any_order(samba: Samba, domain: Make) -> None:
    experts = domain()
    found = experts.find(ExpertQuery(text="hydrologie", limit=200))
    knows = [entry for entry in ACTIVE if "hydrologie" in entry["info"].split("\r\n")]
    assert upn(knows) <= logins(match.expert for match in found)
    assert (found[0].reasons[0].kind, found[0].score) == ("topic", 1)
    one = next(entry for entry in ACTIVE[40:] if " " not in entry["l"] and entry["displayName"].isascii())
    given, family = one["givenName"], one["sn"].split()[-1]
    for text in (f"{given} {family}", f"{family} {given[:3]}", f"{family.upper()} {one['l'].lower()}"):
        assert one["userPrincipalName"] in logins(match.expert for match in experts.find(ExpertQuery(text=text, limit=200))), (
            text
        )


def test_what_a_profile_holds_and_every_key_finds_it(domain: Make) -> None:
    experts, have = domain(), EVERYONE[25]
    expert = experts.get(who(25))
    assert expert.name == have["displayName"]
    assert expert.person.email == have["mail"]
    assert expert.person.employee_number == have["employeeID"]
    assert (expert.job_title, expert.site, expert.room) == (have["title"], have["l"], have["physicalDeliveryOfficeName"])
    assert [claim.name for claim in expert.topics] == have["info"].split("\r\n")
    assert expert.organisation == ("Lab Example", have["department"])
    assert expert.changed_at is not None
    keys = (expert.person, PersonRef(dn=expert.person.dn), PersonRef(ref=expert.person.ref), PersonRef(email=have["mail"]))
    for key in keys:
        assert experts.get(key).ref == expert.ref
    assert len(expert.ref.id) == 36  # objectGUID as people write it


def test_names_with_commas_and_worse_are_found_by_their_dn(domain: Make) -> None:
    experts = domain()
    awkward = [entry for entry in ACTIVE if any(mark in entry["dn"].partition(",OU=")[0] for mark in '\\"#*<;=')][:60]
    assert len(awkward) == 60
    for entry in awkward:
        assert experts.get(PersonRef(dn=entry["dn"])).person.login == entry["userPrincipalName"], entry["dn"]


def test_who_is_disabled_never_shows(domain: Make) -> None:
    experts, gone = domain(), EVERYONE[51]
    for key in (who(51), PersonRef(dn=gone["dn"]), PersonRef(employee_number=gone["employeeID"])):
        with pytest.raises(NotFound):
            experts.get(key)
    found = experts.find(ExpertQuery(text=f"{gone['sn']} {gone['givenName']}", limit=200))
    assert gone["userPrincipalName"] not in logins(match.expert for match in found)
    assert gone["userPrincipalName"] not in logins(experts.team(PersonRef(dn=gone["manager"])))
    with pytest.raises(NotFound):  # a room's account is disabled too
        domain(base=samba_people.BASE).get(PersonRef(email="zaal-01@lab.example"))


def test_managers_and_teams(domain: Make) -> None:
    experts = domain()
    assert [expert.person.login for expert in experts.chain(who(205))] == [who(204).login, who(192).login, who(0).login]
    team = logins(experts.team(who(12)))
    assert {who(13).login, who(14).login} <= team
    assert logins(experts.team(who(13))) == team


def test_groups_inside_groups_are_answered_by_the_server(domain: Make) -> None:
    experts = domain()
    nested = experts.members("everyone-nested")
    assert logins(nested) == upn(ACTIVE)
    assert nested.complete
    assert logins(experts.members("everyone-flat")) == upn(ACTIVE)
    assert logins(experts.members(f"CN=dept-0001,{samba_people.GROUPS}")) == upn(
        entry for entry in EVERYONE[96:192] if entry in ACTIVE
    )
    with pytest.raises(NotFound):
        experts.members("no-such-group")


def test_members_by_their_primary_group(samba: Samba, domain: Make) -> None:
    """Windows keeps everyone's first group elsewhere: ``Domain Users`` has no members of its own."""
    everyone = domain().members(f"CN=Domain Users,CN=Users,{samba.base}")
    assert logins(everyone) == upn(ACTIVE)
    assert everyone.complete


def test_attributes_that_come_in_ranges_are_put_together(samba: Samba, domain: Make) -> None:
    server = domain().ldap.server
    call = Call(session=Session(time_limit=60), name="test")
    search = LdapSearch(server, samba.group_base, equals("cn", "everyone-flat"), ("member",))
    (part,) = run(iter(search), call).entries
    assert len(part.all("member")) == 0  # the plain name has nothing
    entry = run(whole(server, part), call)
    assert len(entry.all("member")) == COUNT
    assert len(set(entry.all("member"))) == COUNT


def test_pages_of_a_thousand_whatever_is_asked_for(domain: Make) -> None:
    for size in (5000, 300):
        everyone = [expert.person.login for expert in domain(page_size=size).people()]
        assert len(everyone) == len(set(everyone)) == len(ACTIVE)
        assert set(everyone) == upn(ACTIVE)


def test_a_search_cut_at_the_servers_limit_says_so(samba: Samba, domain: Make) -> None:
    found = domain(most=1500).find(ExpertQuery(text="deskundig", limit=200))
    assert len(found) == 200
    assert [gap.why for gap in found.gaps] == [Missing.SIZE_LIMIT]
    assert domain(most=50).find(ExpertQuery(text="deskundig", limit=200)).gaps[0].why is Missing.SIZE_LIMIT


def test_referrals_of_the_domain_are_told_and_not_followed(domain: Make) -> None:
    found = domain(base=samba_people.BASE).find(ExpertQuery(text=EVERYONE[40]["mail"], limit=20))
    assert EVERYONE[40]["userPrincipalName"] in logins(match.expert for match in found)
    assert {gap.why for gap in found.gaps} == {Missing.REFERRAL}


def test_without_tls_the_settings_are_named(samba: Samba, domain: Make) -> None:
    with pytest.raises(ConfigError) as error:
        domain(uri=samba.uri, ca_file=None).get(who(5))
    assert error.value.key == "uri"
    assert "start_tls" in str(error.value)
    assert domain(uri=samba.uri, start_tls=True).get(who(5)).person.login == who(5).login


def test_a_wrong_password_names_the_identity_and_not_the_password(domain: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    experts = domain()
    monkeypatch.setenv("AD_TEST_PASSWORD", "not-the-passw0rd")
    with pytest.raises(Unauthorized) as error:
        experts.get(who(5))
    assert "svc-reader" in str(error.value.identity)
    assert "not-the-passw0rd" not in f"{error.value} {error.value!r}"


def test_who_is_not_known_there_is_refused(samba: Samba, domain: Make) -> None:
    name, _ = samba.account("reader")
    for others in ({"bind_dn": name.partition("@")[0]}, {"bind_dn": None, "password": None}):  # without its domain; nobody
        with pytest.raises(Unauthorized):
            domain(**others).get(who(5))


def test_a_ticket_instead_of_a_password(samba: Samba, domain: Make, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    if missing := samba.without_kerberos():
        pytest.skip(missing)
    monkeypatch.setenv("KRB5_CONFIG", str(samba.krb5_config))
    monkeypatch.setenv("KRB5CCNAME", f"FILE:{tmp_path / 'tickets'}")
    name, password = samba.account("reader")
    without = domain(uri=samba.uri_direct, ca_file=None, bind_dn=None, password=None, sasl="GSSAPI")
    with pytest.raises(Unauthorized):
        without.get(who(5))
    subprocess.run(
        ["kinit", name.partition("@")[0]], input=f"{password}\n", text=True, env={**os.environ}, check=True, capture_output=True
    )
    assert without.get(who(5)).person.login == who(5).login


@pytest.mark.slow
def test_topics_change_and_the_index_follows(domain: Make, database_url: str) -> None:
    if reason := no_samba():
        pytest.skip(reason)
    server = Samba(60, max_page=25)
    try:
        store = Database(database_url)
        experts = domain("writer", server=server, index=True, surroundings={"store": store})
        call = lambda: Call(session=Session(time_limit=120), name="sync")  # noqa: E731 - each its own clock
        first = run(experts.ldap.sync(), call())
        assert (first.full, first.total) == (True, 58)  # two are disabled
        gone = samba_people.people(60)[11]
        found = experts.find(ExpertQuery(text=gone["displayName"]))
        assert gone["userPrincipalName"] not in logins(match.expert for match in found)

        with pytest.raises(Unauthorized):
            domain("reader", server=server).update_topics((), person=who(7))
        writer = domain("writer", server=server)
        for names in (("bijen houden",), (), ("bijen houden", "imker")):  # "info" has one value, with a topic on each line
            changed = writer.update_topics(tuple(SkillClaim(name=name) for name in names), person=who(7))
            assert tuple(claim.name for claim in changed.topics) == names
        removed = ldap.initialize(server.uri_tls)
        removed.set_option(ldap.OPT_X_TLS_CACERTFILE, str(server.certificates.ca))
        removed.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
        removed.simple_bind_s(*server.account("writer"))
        removed.delete_s(samba_people.people(60)[20]["dn"])
        removed.unbind_s()

        second = run(experts.ldap.sync(), call())
        assert (second.full, second.written, second.removed, second.total) == (False, 1, 1, 57)
        assert logins(match.expert for match in experts.find(ExpertQuery(text="bijne"))) == {who(7).login}
        store.close()

        everyone = writer.people()
        for _ in range(25):
            next(everyone)
        server.halt()
        server.start()
        with pytest.raises(Unavailable):  # asked again for a page, it would give the next one
            list(everyone)
    finally:
        server.stop()
