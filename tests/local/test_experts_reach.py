"""Who speaks which language, who knows enough, who can be reached now and how, who stands in; on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from pydantic import ValidationError

from tests.local.conftest import NOW, Office, give_leave
from tests.local.test_queries import counted
from workplace_sdk.connectors.local.base import inserted
from workplace_sdk.connectors.local.experts import LocalExperts
from workplace_sdk.connectors.local.leave import LocalLeave
from workplace_sdk.connectors.local.leave_setup import set_schedule
from workplace_sdk.connectors.local.people_import import import_people
from workplace_sdk.connectors.local.people_records import index_people, set_reach
from workplace_sdk.connectors.local.rooms import LocalRooms
from workplace_sdk.connectors.local.rooms_setup import add_room, add_site
from workplace_sdk.connectors.local.schema import people
from workplace_sdk.kernel.errors import InvalidInput, NotFound
from workplace_sdk.kernel.listing import Missing
from workplace_sdk.services.common import Decision, PersonRef, Span
from workplace_sdk.services.experts import (
    AllowedHours,
    Channel,
    ClaimOrigin,
    Expert,
    ExpertQuery,
    LanguageLevel,
    Presence,
    ReachOption,
    ReasonKind,
    SkillClaim,
    Visibility,
)
from workplace_sdk.services.leave import LeaveDraft
from workplace_sdk.services.rooms import Attendee, MeetingDraft

ZONE = "Europe/Amsterdam"
KEES = PersonRef(login="kees")


def names(matches) -> list[str]:
    return [match.expert.name for match in matches]


def profile(office: Office, login: str, **values) -> None:
    def change(connection) -> None:
        connection.execute(people.update().where(people.c.login == login).values(**values))
        index_people(connection, "main")

    office.write(change)


def test_who_speaks_a_language_well_enough(office: Office) -> None:
    profile(office, "kees", languages=["nl", "en-GB:B2", "fr:A2"], site="Utrecht")
    profile(office, "lena", languages=["pl:native", "en:C1", "nl-BE"], site="Zwolle")
    profile(office, "tom", languages=["en"], site="Utrecht")
    profile(office, "mia", languages=["en:C2"], visibility="limited")
    ana = office.as_("ana", LocalExperts)

    def speak(*languages: str, level: LanguageLevel | None = None, **others) -> list[str]:
        return names(ana.find(ExpertQuery(languages=languages, language_level=level, **others)))

    assert speak("nl") == ["Kees Jansen", "Łena Kowalska"]
    assert speak("EN") == ["Kees Jansen", "Tom de Vries", "Łena Kowalska"]
    assert speak("en-GB") == ["Kees Jansen"]
    assert speak("nl", "en") == ["Kees Jansen", "Łena Kowalska"]
    assert speak("en", level=LanguageLevel.B2) == ["Kees Jansen", "Łena Kowalska"]  # of Tom it is not known
    assert speak("en", level=LanguageLevel.C1) == ["Łena Kowalska"]
    assert speak("pl", level=LanguageLevel.C2) == ["Łena Kowalska"]
    assert speak("en", site="Utrecht") == ["Kees Jansen", "Tom de Vries"]
    assert speak("en", text="kowalska") == ["Łena Kowalska"]
    assert speak("ar") == []
    (match,) = ana.find(ExpertQuery(languages=("pl",)))
    assert [(reason.kind, reason.found) for reason in match.reasons] == [(ReasonKind.LANGUAGE, "pl")]
    kees = ana.get(KEES)
    assert (kees.languages, kees.language_levels) == (("nl", "en-GB", "fr"), {"en-GB": "B2", "fr": "A2"})
    assert Expert.model_validate_json(kees.model_dump_json()) == kees
    for wrong in ({"languages": ("nl%",)}, {"language_level": LanguageLevel.B1, "text": "x"}, {"topic_level": 3, "text": "x"}):
        with pytest.raises(ValidationError):
            ExpertQuery(**wrong)


def test_languages_from_a_file(office: Office, tmp_path) -> None:
    source = tmp_path / "staff.csv"
    source.write_text("login;display_name;languages\nsam;Sam Bos;nl:native|en:B2|de\n", "utf-8")
    office.write(lambda c: import_people(c, "main", source))
    sam = office.as_("ana", LocalExperts).get(PersonRef(login="sam"))
    assert (sam.languages, sam.language_levels) == (("nl", "en", "de"), {"nl": "native", "en": "B2"})


def test_who_knows_enough_of_it(office: Office) -> None:
    office.as_("kees", LocalExperts).update_topics((SkillClaim(name="Café-inrichting", level=4), SkillClaim(name="excel")))
    office.as_("tom", LocalExperts).update_topics(
        (SkillClaim(name="café-inrichting", level=2), SkillClaim(name="excel", level=5))
    )
    ana = office.as_("ana", LocalExperts)
    assert len(ana.find(ExpertQuery(topics=("cafe inrichting",)))) == 2
    assert names(ana.find(ExpertQuery(topics=("cafe inrichting",), topic_level=3))) == ["Kees Jansen"]
    assert names(ana.find(ExpertQuery(topics=("excel",), topic_level=1))) == ["Tom de Vries"]
    assert ana.find(ExpertQuery(topics=("excel", "cafe"), topic_level=3)) == ()


def test_what_one_says_oneself_is_ones_own_word(office: Office) -> None:
    certificate = SkillClaim(
        name="EHBO", level=3, origin=ClaimOrigin.CERTIFICATE, evidence="Oranje Kruis", confirmed_on=date(2026, 1, 5)
    )
    hr = office.as_("bo", LocalExperts)
    assert hr.update_topics((certificate,), person=KEES).topics == (certificate,)
    kees = office.as_("kees", LocalExperts)
    forged = SkillClaim(name="BIG-registratie", origin=ClaimOrigin.CERTIFICATE)
    told = kees.update_topics((certificate, forged, certificate.model_copy(update={"name": "AED"})))
    assert [(claim.name, claim.origin) for claim in told.topics] == [
        ("EHBO", "certificate"),
        ("BIG-registratie", "self"),
        ("AED", "self"),
    ]
    assert told.topics[0] == certificate
    better = kees.update_topics((certificate.model_copy(update={"level": 5}),))
    assert better.topics[0].origin is ClaimOrigin.SELF  # the certificate did not say so
    twice = (SkillClaim(name="Frans"), SkillClaim(name="frans"))
    with pytest.raises(InvalidInput) as error:
        kees.update_topics(twice)
    assert error.value.field == "topics"
    assert [one.code for one in kees.update_topics.preview(twice).blockers] == ["invalid-input"]


def test_reached_in_the_order_and_at_the_hours_that_were_agreed(office: Office) -> None:
    profile(office, "kees", phone="030 1", mobile="06 1", chat="@kees", room="3B")
    ana = office.as_("ana", LocalExperts)
    assert [way.channel for way in ana.reach(KEES)] == ["chat", "email", "phone", "mobile", "desk"]
    mornings = AllowedHours(start=time(9), end=time(12), zone=ZONE, weekdays=(1, 2, 3, 4))
    night = AllowedHours(start=time(22), end=time(6), zone=ZONE, weekdays=(5,))
    agreed = (
        ReachOption(channel=Channel.MOBILE, address="06 1", rank=2, hours=(mornings, night)),
        ReachOption(channel=Channel.TICKET_QUEUE, address="ict", provider="TOPdesk", rank=1),
    )
    office.write(lambda c: set_reach(c, "main", office.ids["kees"], agreed))
    queue, mobile = ana.reach(KEES)
    assert (queue, mobile) == (agreed[1], agreed[0])
    assert queue.allowed_at(NOW)
    for at, allowed in (
        (datetime(2026, 11, 23, 8, tzinfo=UTC), True),  # Monday, nine in Amsterdam
        (datetime(2026, 11, 23, 7, 59, tzinfo=UTC), False),
        (datetime(2026, 11, 23, 11, tzinfo=UTC), False),
        (datetime(2026, 11, 27, 9, tzinfo=UTC), False),  # Friday morning
        (datetime(2026, 11, 27, 21, tzinfo=UTC), True),  # Friday night
        (datetime(2026, 11, 28, 4, 59, tzinfo=UTC), True),  # and what is left of it
        (datetime(2026, 11, 28, 5, tzinfo=UTC), False),
        (datetime(2026, 7, 20, 7, tzinfo=UTC), True),  # summer time
    ):
        assert mobile.allowed_at(at) == allowed, at
    assert ana.find(ExpertQuery(text="kees"))[0].expert.reach == (agreed[0], agreed[1])
    office.write(lambda c: set_reach(c, "main", office.ids["kees"], None))
    assert len(ana.reach(KEES)) == 5
    with pytest.raises(ValidationError, match="zone"):
        AllowedHours(start=time(9), end=time(12), zone="Mars")


def test_busy_until_the_meetings_are_over(office: Office) -> None:
    def setup(connection) -> None:
        add_room(connection, "Beuk", add_site(connection, "Zwolle", ZONE), capacity=8)

    office.write(setup)
    rooms = office.as_("ana", LocalRooms)

    def meet(start: time, end: time, who: str = "kees") -> None:
        span = Span.local(date(2026, 11, 24), start, end, ZONE)
        draft = MeetingDraft(subject="Over iets", span=span, room="Beuk", attendees=(Attendee(person=PersonRef(login=who)),))
        office.as_(who, LocalRooms).respond(rooms.book(draft).ref, "accepted")

    office.now = NOW - timedelta(hours=2)
    meet(time(9, 30), time(10, 30))
    meet(time(10, 30), time(11))
    meet(time(13), time(14))
    office.now = NOW  # ten in Amsterdam
    experts = office.as_("tom", LocalExperts)
    kees, ana, lena = experts.availability((KEES, PersonRef(login="ana"), PersonRef(login="lena")))
    for one in (kees, ana):
        assert (one.now, one.until) == (Presence.BUSY, NOW + timedelta(hours=1))
        assert one.next_free == one.until
    assert (lena.now, lena.until, lena.zone) == (Presence.UNKNOWN, None, ZONE)  # nobody says that she is not there
    assert "Over iets" not in str(kees)
    office.now = NOW + timedelta(hours=2)
    assert office.as_("tom", LocalExperts).availability((KEES,))[0].now is Presence.UNKNOWN


def test_who_is_away_is_left_out_when_asked(office: Office) -> None:
    give_leave(office)
    for login in ("kees", "lena", "tom"):
        office.as_(login, LocalExperts).update_topics((SkillClaim(name="printers"),))
    leave = office.as_("kees", LocalLeave).submit(LeaveDraft.between("Annual leave", date(2026, 11, 24), date(2026, 11, 27)))
    office.as_("mia", LocalLeave).decide(leave.ref, Decision.APPROVE)
    office.write(
        lambda c: set_schedule(
            c, office.ids["lena"], [Decimal(0), Decimal(0), *[Decimal(8)] * 3, Decimal(0), Decimal(0)], first=date(2026, 1, 1)
        )
    )
    ana = office.as_("ana", LocalExperts)
    assert names(ana.find(ExpertQuery(text="printers"))) == ["Kees Jansen", "Tom de Vries", "Łena Kowalska"]
    assert names(ana.find(ExpertQuery(text="printers", available=True))) == ["Tom de Vries"]
    told = {one.person.login: one for one in ana.availability((KEES, PersonRef(login="lena")))}
    assert told["lena"].now is Presence.OFF_WORK
    assert told["lena"].next_free == datetime(2026, 11, 24, 23, tzinfo=UTC)  # Wednesday, midnight in Amsterdam


def test_who_stands_in(office: Office) -> None:
    give_leave(office)
    profile(office, "kees", backup_id=office.ids["tom"])
    ana = office.as_("ana", LocalExperts)

    def backup() -> str | None:
        (one,) = ana.availability((KEES,))
        return one.backup.login if one.backup else None

    assert backup() == "tom"
    draft = LeaveDraft.between("Annual leave", date(2026, 11, 24), date(2026, 11, 24), substitute=PersonRef(login="lena"))
    leave = office.as_("kees", LocalLeave).submit(draft)
    assert backup() == "tom"  # it is not approved
    office.as_("mia", LocalLeave).decide(leave.ref, Decision.APPROVE)
    assert backup() == "lena"
    profile(office, "lena", active=False)
    assert backup() is None  # who left stands in for nobody


def test_who_left_or_hides_shows_nowhere(office: Office) -> None:
    profile(office, "tom", active=False, responsibilities=["BHV"])
    profile(office, "mia", visibility=Visibility.LIMITED.value, responsibilities=["BHV"])
    profile(office, "kees", responsibilities=["BHV"])
    ana = office.as_("ana", LocalExperts)
    for gone in ("tom", "mia"):
        who = PersonRef(login=gone)
        for call in (
            lambda who=who: ana.get(who),
            lambda who=who: ana.team(who),
            lambda who=who: ana.availability((KEES, who)),
            lambda who=who: ana.reach(who),
            lambda who=who: ana.chain(who),
        ):
            with pytest.raises(NotFound):
                call()
    assert [one.name for one in ana.who_is("bhv")] == ["Kees Jansen"]
    assert ana.get(PersonRef(login="lena")).manager is None
    assert ana.manager() is None
    assert names(ana.find(ExpertQuery(text="lena"))) == ["Łena Kowalska"]
    assert ana.find(ExpertQuery(text="lena"))[0].expert.manager is None  # the index knew her with her manager
    assert {one.name for one in ana.people()} == {"Bo Directeur", "Ana Ödegård", "Kees Jansen", "Łena Kowalska"}
    assert [one.name for one in office.as_("mia", LocalExperts).team()] == ["Ana Ödegård", "Kees Jansen"]


def test_asking_about_many_takes_a_few_queries(office: Office) -> None:
    def hire(connection) -> None:
        for number in range(1200):
            values = {
                "login": f"p{number}",
                "display_name": f"Person {number:04d}",
                "languages": ["nl"],
                "manager_id": office.ids["mia"],
            }
            inserted(connection, people, {**values, "responsibilities": ["BHV"] if number % 100 == 0 else []})
        index_people(connection, "main")

    office.write(hire)
    ana = office.as_("ana", LocalExperts)
    with counted(office) as few:
        ana.availability((PersonRef(login="p1"),))
    with counted(office) as many:
        assert len(ana.availability(tuple(PersonRef(login=f"p{number}") for number in range(200)))) == 200
    assert len(many) == len(few)
    with counted(office) as sent:
        assert len(ana.who_is("BHV")) == 12
    assert len([one for one in sent if one.startswith("SELECT")]) <= 4
    speakers = ana.find(ExpertQuery(languages=("nl",), limit=5))
    assert names(speakers) == [f"Person {number:04d}" for number in range(5)]
    assert [gap.why for gap in speakers.gaps] == [Missing.CAPPED]
