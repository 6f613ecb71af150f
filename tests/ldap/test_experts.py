"""The expert directory on a real OpenLDAP."""

from __future__ import annotations

import asyncio

import pytest

from tests.people import SPECIALS, people, special_names
from workplace_sdk.kernel.errors import InvalidInput, NotFound
from workplace_sdk.kernel.listing import Missing
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


def test_who_is_not_active_never_shows(directory) -> None:
    experts = directory()
    gone = next(person for person in EVERYONE if not person.active)
    with pytest.raises(NotFound):
        experts.get(PersonRef(login=gone.attributes["uid"][0]))
    with pytest.raises(NotFound):
        experts.get(PersonRef(dn=gone.dn))
    found = experts.find(ExpertQuery(text=gone.attributes["uid"][0]))
    assert found == ()
    boss = PersonRef(dn=gone.attributes["manager"][0])
    assert gone.dn not in {expert.person.dn for expert in experts.team(boss)}


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


def test_teams_and_nested_groups(directory) -> None:
    experts = directory("export")
    team = experts.team(who(12))
    assert {"u0000013", "u0000014"} <= {expert.person.login for expert in team}
    assert {expert.person.login for expert in experts.team(who(13))} == {expert.person.login for expert in team}
    department = experts.members("dept-0001")
    assert {expert.person.login for expert in department} == {f"u{number:07d}" for number in range(96, 192)} & ACTIVE
    division = experts.members("div-001")
    assert {expert.person.login for expert in division} == {f"u{number:07d}" for number in range(960, 1920)} & ACTIVE
    with pytest.raises(NotFound):
        experts.members("no-such-group")


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
    from workplace_sdk.kernel.errors import Unauthorized

    with pytest.raises(Unauthorized) as error:
        directory("reader", server=own_slapd).update_topics((), person=who(7))
    assert "cn=reader" in str(error.value.identity)


def test_everyone_page_by_page(directory) -> None:
    logins = [expert.person.login for expert in directory(page_size=100).people()]
    assert set(logins) == ACTIVE
    assert len(logins) == len(ACTIVE)
    assert list(directory().people(since=directory().session.now())) == []


def test_pages_above_the_servers_limit_get_smaller(directory) -> None:
    assert len(list(directory(page_size=2000).people())) == len(ACTIVE)  # the reader may have 500 at a time


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
