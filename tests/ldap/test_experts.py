"""The expert directory on a real OpenLDAP."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from pydantic import ValidationError

from tests.ldap.conftest import settings_of
from tests.people import SPECIALS, people, special_names
from tests.servers import slapd as slapd_server
from tests.servers.slapd import Slapd
from workplace_sdk.connectors.ldap.finding import candidates_filter
from workplace_sdk.kernel.drivers import run
from workplace_sdk.kernel.errors import ConfigError, InvalidInput, NotFound, Unauthorized
from workplace_sdk.kernel.listing import Missing
from workplace_sdk.kernel.session import Call
from workplace_sdk.kernel.support import Absent
from workplace_sdk.services.common import PersonRef
from workplace_sdk.services.experts import ExpertQuery, SkillClaim

EVERYONE = list(people(2000))
ACTIVE = {person.attributes["uid"][0] for person in EVERYONE if person.active}


def who(number: int) -> PersonRef:
    return PersonRef(login=f"u{number:07d}")


def test_by_topic_with_reasons(directory) -> None:
    found = directory().find(ExpertQuery(text="hydrologie", limit=200))
    expected = {
        person.attributes["uid"][0] for person in EVERYONE if person.active and "hydrologie" in person.attributes["labSkill"]
    }
    assert expected <= {match.expert.person.login for match in found}
    assert found[0].reasons[0].kind == "topic"
    assert found[0].score == 1
    assert [match.score for match in found] == sorted((match.score for match in found), reverse=True)


def test_words_in_any_order_and_starts_of_words(directory) -> None:
    experts = directory()
    one = next(
        person for person in EVERYONE if (person.active and person.name == "Tjitske Postma") or person.name.startswith("Wiebe ")
    )
    given, family = one.attributes["givenName"][0], one.attributes["sn"][0].split()[-1]
    for text in (f"{given} {family}", f"{family} {given}", f"{family[:4]} {given[:3]}", f"{family.upper()} {given.lower()}"):
        assert one.name in {match.expert.name for match in experts.find(ExpertQuery(text=text, limit=50))}, text
    skill = one.attributes["labSkill"][0]
    assert one.name in {match.expert.name for match in experts.find(ExpertQuery(text=f"{skill} {given}", limit=200))}


def logins(experts) -> set[str]:
    return {expert.person.login for expert in experts}


def test_who_is_disabled_shows_in_no_operation(directory, own_slapd) -> None:
    """Person 12 leads a team of twelve, reports to 0, and is in the department ``dept-0000``."""
    experts = directory("writer", server=own_slapd)
    before = experts.get(who(12))
    assert "u0000012" in logins(experts.members("dept-0000"))
    responsibility = before.responsibilities[0]
    assert "u0000012" in logins(experts.who_is(responsibility))
    own_slapd.replace(str(before.person.dn), labActive="FALSE")

    keys = [
        PersonRef(dn=before.person.dn),
        PersonRef(ref=before.person.ref),
        before.person,
        PersonRef(display_name=before.name),
    ]
    keys += [PersonRef.model_validate({key: getattr(before.person, key)}) for key in ("login", "email", "employee_number")]
    for key in keys:
        for operation in (experts.get, experts.manager, experts.chain, experts.team, experts.reach):
            with pytest.raises(NotFound):
                operation(key)
        with pytest.raises(NotFound):
            experts.update_topics((), person=key)
    assert experts.manager(who(13)) is None
    assert experts.chain(who(13)) == ()
    team = experts.team(who(13))  # those who share the manager who is gone
    assert {"u0000013", "u0000014"} <= logins(team)
    listings = (
        team,
        experts.team(who(0)),
        experts.members("dept-0000"),
        experts.members("div-000"),
        experts.who_is(responsibility),
    )
    for listing in (*listings, list(experts.people())):
        assert len(listing) > 0
        assert "u0000012" not in logins(listing)
    for text in (before.name, "u0000012", before.topics[0].name):
        assert "u0000012" not in logins(match.expert for match in experts.find(ExpertQuery(text=text, limit=200)))
    assert logins(experts.people(since=before.changed_at)) <= ACTIVE - {"u0000012"}


def test_who_is_outside_the_base_is_nobody(directory, own_slapd) -> None:
    """As when they moved to a branch that is not looked at: former staff, service accounts."""
    outside = f"ou=rooms,{own_slapd.suffix}"
    experts = directory("writer", server=own_slapd)
    before = experts.get(who(24))
    with own_slapd.administrator() as admin:
        admin.rename_s(str(before.person.dn), "uid=u0000024", outside)
    for key in (before.person, PersonRef(dn=f"uid=u0000024,{outside}"), PersonRef(dn=before.person.dn), who(24)):
        with pytest.raises(NotFound):
            experts.get(key)
    own_slapd.replace(own_slapd.person(25)[0], manager=f"uid=u0000024,{outside}")
    assert experts.manager(who(25)) is None
    assert "u0000024" not in logins(experts.members("dept-0000"))
    assert "u0000024" in logins(directory("writer", server=own_slapd, base=own_slapd.suffix).members("dept-0000"))


def test_an_older_dn_still_finds_who_was_renamed(directory, own_slapd) -> None:
    experts = directory("writer", server=own_slapd)
    before = experts.get(who(26)).person
    with own_slapd.administrator() as admin:
        admin.rename_s(str(before.dn), "cn=Nieuwe Naam", delold=0)
        admin.rename_s(own_slapd.person(27)[0], "uid=u0000026", delold=0)  # who now has the DN that 26 had
    assert experts.get(before).person.employee_number == before.employee_number  # by the id that the directory gave them
    assert experts.get(PersonRef(dn=before.dn)).person.employee_number == "100027"
    gone = PersonRef(dn="uid=gone,ou=people,dc=lab,dc=example", employee_number="100026")
    assert experts.get(gone).person.dn == f"cn=Nieuwe Naam,{own_slapd.people_base}"


def test_what_a_profile_holds(directory) -> None:
    person = EVERYONE[3]
    expert = directory().get(who(3))
    have = person.attributes
    assert expert.name == person.name
    assert expert.person.email == have["mail"][0]
    assert {option.address for option in expert.reach if option.channel == "email"} == set(have["mail"])
    assert [claim.name for claim in expert.topics] == have["labSkill"]
    assert (expert.job_title, expert.site, expert.room) == (have["title"][0], have["l"][0], have["roomNumber"][0])
    assert expert.manager is not None
    assert expert.changed_at is not None
    assert directory().get(expert.person) == expert
    assert directory().get(PersonRef(ref=expert.person.ref)) == expert


def test_the_awkward_are_found_by_dn_and_by_name(directory) -> None:
    experts = directory()
    for number, (name, note) in special_names(2000).items():
        if f"u{number:07d}" not in ACTIVE:
            continue
        by_dn = experts.get(PersonRef(dn=EVERYONE[number].dn))
        assert by_dn.person.login == f"u{number:07d}", note
        by_name = experts.get(PersonRef(display_name=name))
        assert by_name.person.login == f"u{number:07d}", note
    assert len(special_names(2000)) == len(SPECIALS) == 30


def test_the_chain_ends_at_the_top_in_a_circle_and_at_who_left(directory) -> None:
    experts = directory()
    chain = [expert.person.login for expert in experts.chain(who(1100))]
    assert chain[-1] == "u0000000"
    assert [expert.person.login for expert in experts.chain(who(140))] == ["u0000141"]
    assert experts.chain(who(500)) == ()
    assert experts.manager(who(500)) is None
    spelled = experts.manager(who(250))
    assert spelled is not None  # UID=..., OU=... names the same entry
    with pytest.raises(NotFound):
        experts.manager(PersonRef(login="nobody"))


def test_a_circle_is_one_however_it_is_spelled(directory) -> None:
    experts = directory()
    for dn in ("UID=U0000140, OU=People,DC=Lab,DC=Example", "uid=u0000140,ou=people,dc=lab,dc=example"):
        assert [expert.person.login for expert in experts.chain(PersonRef(dn=dn))] == ["u0000141"]
    by_number = PersonRef(employee_number="100140")
    assert [expert.person.login for expert in experts.chain(by_number)] == ["u0000141"]


def test_who_is_their_own_manager_has_none_above(directory, own_slapd) -> None:
    own_slapd.replace(own_slapd.person(5)[0], manager=own_slapd.person(5)[0].upper())
    assert directory(server=own_slapd).chain(who(5)) == ()


def test_teams_and_nested_groups(directory) -> None:
    experts = directory("export")
    team = experts.team(who(12))
    assert {"u0000013", "u0000014"} <= logins(team)
    assert logins(experts.team(who(13))) == logins(team)
    department = experts.members("dept-0001")
    assert logins(department) == {f"u{number:07d}" for number in range(96, 192)} & ACTIVE
    division = experts.members("div-001")
    assert logins(division) == {f"u{number:07d}" for number in range(960, 1920)} & ACTIVE
    assert division.complete
    assert logins(experts.members(f"CN=Div-001, ou=groups,{division[0].person.dn.partition('ou=people,')[2]}")) == logins(
        division
    )


@pytest.fixture
def grouped() -> Iterator[Slapd]:
    """A server with 2,000 people, to add groups to."""
    if reason := slapd_server.unavailable():
        pytest.skip(reason)
    server = Slapd(2000)
    yield server
    server.stop()


def add_group(server: Slapd, name: str, members: list[str], kind: str = "groupOfNames") -> str:
    dn = f"cn={name},ou=groups,{server.suffix}"
    held = "member" if kind == "groupOfNames" else "uniqueMember"
    entry = [("objectClass", [kind.encode()]), ("cn", [name.encode()]), (held, [one.encode() for one in members])]
    with server.administrator() as admin:
        admin.add_s(dn, entry)
    return dn


def test_large_groups_circles_and_members_who_are_not_there(directory, grouped: Slapd) -> None:
    experts = directory("reader", server=grouped)  # who may have 500 entries at a time
    everyone = [person.dn for person in EVERYONE]
    flat = add_group(grouped, "flat", everyone)
    assert logins(experts.members("flat")) == ACTIVE
    divisions = [f"cn=div-{number:03d},ou=groups,{grouped.suffix}" for number in range(3)]
    nested = add_group(grouped, "nested", divisions)
    found = experts.members("nested")
    assert (logins(found), len(found), found.complete) == (ACTIVE, len(ACTIVE), True)

    outer = f"cn=outer,ou=groups,{grouped.suffix}"
    nobody = [
        f"uid=nobody,{grouped.people_base}",
        grouped.suffix,
        f"ou=partners,{grouped.suffix}",
        "cn=elsewhere,dc=other",
        outer,
    ]
    inner = add_group(grouped, "inner", [*nobody, everyone[100], everyone[11]])
    unique = add_group(
        grouped, "unique", [f"{everyone[5]}#'0101'B", everyone[117].upper(), inner.title()], "groupOfUniqueNames"
    )
    add_group(grouped, "outer", [unique, inner, outer, everyone[5].replace("uid=", "UID=").replace(",", ", ")])
    assert logins(experts.members("outer")) == {"u0000005", "u0000100", "u0000117"}
    assert len(experts.members("outer")) == 3
    few = directory("limited", server=grouped)  # who may have 50 entries at a time: the rest is asked for one by one
    assert logins(few.members("dept-0001")) == {f"u{number:07d}" for number in range(96, 192)} & ACTIVE
    narrow = directory("reader", server=grouped, disabled={"labActive": "FALSE", "l": "Utrecht"})
    assert {expert.site for expert in narrow.members(flat)} == {expert.site for expert in experts.members(nested)} - {"Utrecht"}


@pytest.mark.parametrize(
    "group",
    [
        "no-such-group", "", "*", "dept-*", "dept-0001)(cn=*", "a\x00b", "a\ud800b", "foo=bar", "cn=", "=", "cn=x\ud800,dc=lab",
        "uid=u0000005,ou=people,dc=lab,dc=example", "ou=groups,dc=lab,dc=example", "dc=lab,dc=example", "cn=reader,ou=system,dc=lab,dc=example",
        "cn=dept-0001,ou=groups,dc=elsewhere", "cn=x,ou=partners,dc=lab,dc=example", "cn=dept-0001,ou=groups,dc=lab,dc=example;",
    ],
)  # fmt: skip
def test_what_is_no_group_has_no_members(directory, group: str) -> None:
    with pytest.raises((NotFound, InvalidInput)):
        directory().members(group)


def test_names_in_another_composition_of_the_same_letters(directory) -> None:
    experts = directory()
    for typed in ("Zo\u00eb Decomposed", "Zoe\u0308 Decomposed", "zo\u00eb decomposed"):
        assert experts.get(PersonRef(display_name=typed)).person.login == "u0000117"
        assert "u0000117" in logins(match.expert for match in experts.find(ExpertQuery(text=typed)))
    for composed in ("\u00c5ngstr\u00f6m", "A\u030angstro\u0308m"):
        assert "u0000103" in logins(match.expert for match in experts.find(ExpertQuery(text=composed)))
    dn = f"cn=Zo\u00eb Decomposed,{EVERYONE[0].dn.partition(',')[2]}"
    assert experts.get(PersonRef(dn=dn)).person.login == "u0000117"


def test_addresses_find_one_person_and_their_domain_nobody(directory) -> None:
    experts = directory()
    address = EVERYONE[40].attributes["mail"][0]
    assert [match.expert.person.login for match in experts.find(ExpertQuery(text=address))][:1] == ["u0000040"]
    assert experts.find(ExpertQuery(text="lab.example", limit=200)) == ()


@pytest.mark.parametrize("topic", ["", " ", "     ", "***", "\u200b\u200b\u200b\u200b"])
def test_a_topic_without_a_word_is_refused(directory, topic: str) -> None:
    with pytest.raises(InvalidInput) as error:
        directory().find(ExpertQuery(topics=(topic,)))
    assert error.value.field == "topics"


def test_spaces_make_a_short_topic_no_longer(directory) -> None:
    """Four characters of which the server keeps three would have it read everyone."""
    settings = directory().settings
    assert "=*a b*" not in candidates_filter(settings, ExpertQuery(topics=("a    b",)))
    assert "(labSkill=a b)" in candidates_filter(settings, ExpertQuery(topics=("a    b",)))
    assert "=*c d e*" in candidates_filter(settings, ExpertQuery(topics=("c  d\u00a0e",)))


def test_a_limit_gives_what_came_and_says_so(directory) -> None:
    found = directory("limited").find(ExpertQuery(text="deskundig", limit=200))
    assert len(found) > 30
    assert [gap.why for gap in found.gaps] == [Missing.SIZE_LIMIT]
    assert not found.complete


def test_who_is_responsible_and_what_is_not_configured(directory) -> None:
    found = directory("export").who_is("stagiair", site="Utrecht")
    assert {expert.person.login for expert in found} == {
        person.attributes["uid"][0]
        for person in EVERYONE
        if person.active and person.attributes["employeeType"] == ["stagiair"] and person.attributes["l"] == ["Utrecht"]
    }
    bare = directory(attributes={})
    assert isinstance(bare.who_is.support, Absent)
    assert isinstance(bare.update_topics.support, Absent)
    assert isinstance(bare.availability.support, Absent)


def test_topics_are_changed_by_who_may(directory, own_slapd) -> None:
    experts = directory("writer", server=own_slapd)
    changed = experts.update_topics((SkillClaim(name="bijen houden"), SkillClaim(name="printers")), person=who(7))
    assert [claim.name for claim in changed.topics] == ["bijen houden", "printers"]
    assert [match.expert.person.login for match in experts.find(ExpertQuery(text="bijen"))] == ["u0000007"]
    with pytest.raises(Unauthorized) as error:
        directory("reader", server=own_slapd).update_topics((), person=who(7))
    assert "cn=reader" in str(error.value.identity)


def test_topics_that_a_directory_would_not_keep_as_they_are(directory, own_slapd) -> None:
    experts = directory("writer", server=own_slapd)
    for name in ("one\ntwo", "one\rtwo"):
        with pytest.raises(InvalidInput) as error:
            experts.update_topics((SkillClaim(name=name),), person=who(7))
        assert error.value.field == "topics"
    changed = experts.update_topics(
        (SkillClaim(name="Bijen"), SkillClaim(name="imker"), SkillClaim(name="bijen")), person=who(7)
    )
    assert [claim.name for claim in changed.topics] == ["Bijen", "imker"]


def test_everyone_page_by_page(directory) -> None:
    logins = [expert.person.login for expert in directory(page_size=100).people()]
    assert set(logins) == ACTIVE
    assert len(logins) == len(ACTIVE)
    assert list(directory().people(since=directory().session.now())) == []


def test_a_search_without_a_word_is_refused(directory) -> None:
    with pytest.raises(InvalidInput) as error:
        directory().find(ExpertQuery(text="()*"))
    assert error.value.field == "text"


def test_both_colours_agree(directory) -> None:
    experts = directory()

    async def asked() -> tuple:
        found = await experts.find.aio(ExpertQuery(text="privacy"))
        return found, [expert async for expert in experts.people.aio()]

    found, everyone = asyncio.run(asked())
    assert found == experts.find(ExpertQuery(text="privacy"))
    assert {expert.person.login for expert in everyone} == ACTIVE


def ping(experts) -> str:
    return run(experts.ldap.ping(), Call(session=experts.session, name="ping"))


@pytest.mark.parametrize(
    ("others", "key"),
    [
        ({"base": "ou=nobody,dc=lab,dc=example"}, "base"),
        ({"base": "dc=elsewhere"}, "base"),
        ({"base": "ou=groups,dc=lab,dc=example"}, "disabled"),
        ({"disabled": {"nosuch": "FALSE"}}, "disabled"),  # OpenLDAP: whoever is not known not to have it does not fit
        ({"disabled": {}, "people": "nosuch"}, "people"),
    ],
)
def test_settings_by_which_nobody_is_seen_are_named(directory, slapd, others: dict, key: str) -> None:
    assert ping(directory()) == f"{slapd.uri} as {slapd.account('reader')[0]}"
    with pytest.raises(ConfigError) as error:
        ping(directory(**others))
    assert (error.value.table, error.value.key) == ("connections.directory", key)


def test_a_base_that_is_not_there_is_not_a_person_who_is_not_there(directory) -> None:
    experts = directory(base="ou=nobody,dc=lab,dc=example")
    calls = (lambda: experts.find(ExpertQuery(text="jansen")), lambda: experts.get(who(5)), lambda: list(experts.people()))
    for call in (*calls, lambda: experts.who_is("stagiair")):
        with pytest.raises(ConfigError) as error:
            call()
        assert error.value.key == "base"


@pytest.mark.parametrize(
    ("others", "key"),
    [
        ({"uri": "ldap://"}, "uri"), ({"uri": "http://127.0.0.1"}, "uri"), ({"uri": ()}, "uri"), ({"uri": ["ldaps://a", "ldap://b:x"]}, "uri"),
        ({"referrals": ["elsewhere"]}, "referrals"), ({"disabled": {"no such": "x"}}, "disabled"), ({"attributes": {"topics": "a)(b"}}, "attributes"),
        ({"attributes": {"nosuch": "x"}}, "attributes"), ({"page_size": 0}, "page_size"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_are_named(slapd, monkeypatch, others: dict, key: str) -> None:
    with pytest.raises(ValidationError) as error:
        settings_of(slapd, monkeypatch, **others)
    assert error.value.errors()[0]["loc"][0] == key


@pytest.mark.parametrize("key", ["base", "group_base"])
def test_a_base_that_is_no_dn_is_named(directory, key: str) -> None:
    with pytest.raises(ConfigError) as error:
        directory(**{key: "nonsense"})
    assert (error.value.table, error.value.key) == ("connections.directory", key)
