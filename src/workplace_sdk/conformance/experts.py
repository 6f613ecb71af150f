"""The expert directory, as every connector has to do it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from workplace_sdk.conformance.base import DIFFICULT, ServiceConformance, Use, needs
from workplace_sdk.conformance.checks import refusing
from workplace_sdk.conformance.trial import Trial
from workplace_sdk.kernel.errors import NotFound
from workplace_sdk.kernel.support import Native
from workplace_sdk.services.common import PersonRef
from workplace_sdk.services.experts import ExpertDirectory, ExpertQuery, SkillClaim


class ExpertsConformance(ServiceConformance):
    """Give ``service``, ``known`` (someone with a manager), ``hidden`` (someone who may not show), ``named`` (someone whose name is more
    than ASCII) and ``topic`` (what *known* knows);
    where they are offered ``group`` (one with *known* in it) and ``responsibility`` (one that *known* has).
    """

    interface = ExpertDirectory
    uses = {  # noqa: RUF012 - a ClassVar in the base
        ("find", "site"): Use(lambda _: {"query": ExpertQuery(text="an", site="x")}),
        ("find", "organisation"): Use(lambda _: {"query": ExpertQuery(text="an", organisation="x")}),
        ("find", "topic_level"): Use(lambda _: {"query": ExpertQuery(topics=("an",), topic_level=3)}),
        ("find", "languages"): Use(lambda _: {"query": ExpertQuery(text="an", languages=("nl",))}),
        ("find", "available"): Use(lambda _: {"query": ExpertQuery(text="an", available=True)}),
    }

    @pytest.fixture
    def named(self) -> tuple[PersonRef, str]:
        """Someone whose name has letters that ASCII has not, by one strong key; and the name, exactly."""
        raise NotImplementedError(
            "override the fixture 'named' in your test class: someone whose name has letters beyond ASCII, and that name"
        )

    @pytest.fixture
    def group(self) -> str:
        """A group that *known* is in, by way of another group where there are such."""
        raise NotImplementedError("override the fixture 'group' in your test class: members() is offered")

    @pytest.fixture
    def responsibility(self) -> str:
        """What *known* is there for."""
        raise NotImplementedError("override the fixture 'responsibility' in your test class: who_is() is offered")

    @pytest.fixture
    def known(self) -> PersonRef:
        """Someone who shows and has a manager, by one strong key."""
        raise NotImplementedError("override the fixture 'known' in your test class: someone who shows and has a manager")

    @pytest.fixture
    def hidden(self) -> PersonRef:
        """Someone who left or is disabled, by one strong key."""
        raise NotImplementedError("override the fixture 'hidden' in your test class: someone who is disabled")

    @pytest.fixture
    def topic(self) -> str:
        """A topic that *known* has."""
        raise NotImplementedError("override the fixture 'topic' in your test class: what 'known' knows about")

    def examples(self, service: Any) -> Mapping[str, Mapping[str, Any]]:
        mine: dict[str, dict[str, Any]] = {"get": {}, "manager": {}, "chain": {}, "team": {}}
        return {"find": {"query": ExpertQuery(text="an", limit=5)}, **mine, "reach": {"person": service.session.caller}}

    def try_who_is(self, trial: Trial) -> Any:
        found = trial.do("who_is", trial["responsibility"])
        assert [one for one in found if one.person.same_person(trial["known"])], "who_is() leaves someone out"
        assert not trial.do("who_is", "nobody is there for this")
        return found

    def try_members(self, trial: Trial) -> Any:
        found = trial.do("members", trial["group"])
        assert [one for one in found if one.person.same_person(trial["known"])], "members() leaves someone out"
        with refusing(NotFound, "a group that is not there"):
            trial.do("members", "no-group-has-this-name")
        return found

    def try_availability(self, trial: Trial) -> Any:
        (told,) = trial.do("availability", (trial["known"],))
        assert told.person.same_person(trial["known"]), "availability() tells of someone else"
        return told

    def try_people(self, trial: Trial) -> Any:
        everyone = trial.do("people")
        assert len({one.ref for one in everyone}) == len(everyone), "people() gives someone twice"
        assert [one for one in everyone if one.person.same_person(trial["known"])], "people() leaves someone out"
        return everyone

    def try_update_topics(self, trial: Trial) -> Any:
        topics = (SkillClaim(name="conformance"), SkillClaim(name=DIFFICULT[:60]))
        changed = trial.do("update_topics", topics)
        assert {claim.name for claim in changed.topics} == {claim.name for claim in topics}, "a topic came back changed"
        assert not trial.do("update_topics", ()).topics, "no topics at all are topics too"
        return changed

    def test_names_survive(self, service: ExpertDirectory, named: tuple[PersonRef, str]) -> None:
        needs(service, "get", "find")
        person, name = named
        assert not name.isascii(), f"the fixture 'named' is to give a name with letters beyond ASCII, not {name!r}"
        assert service.get(person).name == name, "a name came back changed: look at the encoding"
        found = service.find(ExpertQuery(text=name, limit=200))
        assert name in {match.expert.name for match in found}, f"{name!r} is not found by that name"

    def test_someone_is_the_same_by_every_key(self, service: ExpertDirectory, known: PersonRef) -> None:
        needs(service, "get")
        expert = service.get(known)
        for name, value in expert.person.keys().items():
            original = getattr(expert.person, name)
            found = service.get(PersonRef.model_validate({name: original}))
            assert found.person.same_person(expert.person), f"get() by {name} = {value!r} finds someone else"
        assert service.get(PersonRef(ref=expert.person.ref)).ref == expert.ref, "get() by the reference finds someone else"

    def test_who_is_hidden_never_shows(self, service: ExpertDirectory, hidden: PersonRef) -> None:
        needs(service, "get", "find")
        with refusing(NotFound, "someone who left or is disabled is not to be seen"):
            service.get(hidden)
        for value in hidden.keys().values():
            found = service.find(ExpertQuery(text=value, limit=200))
            assert not [match for match in found if match.expert.person.same_person(hidden)], "a disabled person is found"
        if isinstance(service.people.support, Native):
            assert not [one for one in service.people() if one.person.same_person(hidden)], "people() gives a disabled person"

    def test_found_by_topic_with_a_reason(self, service: ExpertDirectory, known: PersonRef, topic: str) -> None:
        needs(service, "find")
        found = service.find(ExpertQuery(text=topic, limit=200))
        match = next((one for one in found if one.expert.person.same_person(known)), None)
        assert match is not None, f"{known} knows about {topic!r} and is not found by it"
        assert match.reasons, "a match says why"
        assert [one.score for one in found] == sorted((one.score for one in found), reverse=True), "the best come first"

    def test_words_in_any_order(self, service: ExpertDirectory, known: PersonRef) -> None:
        needs(service, "get", "find")
        name = service.get(known).name
        typed = " ".join(reversed(name.split()))
        found = service.find(ExpertQuery(text=typed, limit=200))
        assert name in {match.expert.name for match in found}, f"{name!r} is not found as {typed!r}"

    def test_the_chain_goes_up_and_ends(self, service: ExpertDirectory, known: PersonRef) -> None:
        needs(service, "chain", "manager", "team")
        chain = service.chain(known)
        assert chain, f"{known} has a manager"
        assert not [one for one in chain if one.person.same_person(known)], "nobody is their own manager"
        manager = service.manager(known)
        assert manager is not None, "chain() names a manager, and manager() none"
        assert manager.ref == chain[0].ref, "the chain begins with the manager"
        assert [one for one in service.team(manager.person) if one.person.same_person(known)], "the manager's team has them"

    def test_nobody_is_not_found(self, service: ExpertDirectory) -> None:
        needs(service, "get")
        for person in (PersonRef(login="nobody-has-this"), PersonRef(email="*"), PersonRef(login="*)(uid=*")):
            with refusing(NotFound, f"nobody is {person.label}: escape what people type, and match the whole of it"):
                service.get(person)
