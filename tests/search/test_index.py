"""The people index, on both databases."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from benchmarks.search import indexed, mistyped
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workplace_sdk.search.fold import fold, words
from workplace_sdk.search.index import IndexedPerson, SyncState, count, marks, remove, set_state, state, upsert
from workplace_sdk.search.query import SearchRequest, SearchResult, search
from workplace_sdk.search.schema import index_forms, index_version, index_words, people_index, prepare
from workplace_sdk.wires.sql import Database


def someone(id_: str, name: str, *topics: str, **others) -> IndexedPerson:
    fields = {"names": [name], "topics": list(topics), **others.pop("fields", {})}
    return IndexedPerson(id_, name, fields, name.encode(), **others)


STAFF = (
    someone("1", "Łukasz Wałęsa", "PostgreSQL", "privacy"),
    someone(
        "2",
        "Ana Ödegård",
        "privacy",
        "arbeidsrecht",
        fields={"title": ["Jurist"], "place": ["Utrecht A1.12"], "organisation": ["HR"]},
    ),
    someone("3", "Piet Jansen", "printers", fields={"about": ["Weet ook iets van privacy."]}),
    someone("4", "Piet Janssen", "netwerken"),
    someone("5", "Weg Gegaan", "privacy", visible=False),
    someone("6", "Anne-Marie O'Brien", "C++"),
)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    made = Database(database_url)
    made.prepare(prepare)
    with made.engine().begin() as connection:
        upsert(connection, "directory", STAFF)
    yield made
    made.close()


def ask(database: Database, text: str = "", **others) -> SearchResult:
    with database.engine().connect() as connection:
        return search(connection, SearchRequest(text=text, **others))


def names(result: SearchResult) -> list[str]:
    return [hit.name for hit in result.hits]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("lukasz walesa", "Łukasz Wałęsa"), ("Walesa, Lukasz", "Łukasz Wałęsa"), ("ŁUKASZ", "Łukasz Wałęsa"), ("odegard", "Ana Ödegård"),
        ("odegrad", "Ana Ödegård"), ("obrien", "Anne-Marie O'Brien"), ("annemarie", "Anne-Marie O'Brien"), ("anne marie", "Anne-Marie O'Brien"),
        ("c++", "Anne-Marie O'Brien"), ("privacy walesa", "Łukasz Wałęsa"), ("postgre", "Łukasz Wałęsa"), ("jurist utrecht", "Ana Ödegård"),
        ("pietjansen", "Piet Jansen"), ("Piet Jan sen", "Piet Jansen"), ("arbeidsrehct", "Ana Ödegård"),
    ],
)  # fmt: skip
def test_who_is_found_first(database: Database, typed: str, first: str) -> None:
    assert names(ask(database, typed))[0] == first


def test_topics_before_the_rest_with_reasons_and_nobody_hidden(database: Database) -> None:
    result = ask(database, "privacy")
    assert names(result) == ["Ana Ödegård", "Łukasz Wałęsa", "Piet Jansen"]
    assert [str(hit.score) for hit in result.hits] == ["1.0", "1.0", "0.3"]
    reason = result.hits[2].reasons[0]
    assert (reason.field, reason.typed, reason.found, reason.how) == ("about", "privacy", "Weet ook iets van privacy.", "exact")
    assert ask(database, "gegaan").hits == ()
    assert result.complete


def test_exact_before_almost(database: Database) -> None:
    assert names(ask(database, "piet janssen")) == ["Piet Janssen", "Piet Jansen"]
    assert [hit.reasons[1].how for hit in ask(database, "piet janssen").hits] == ["exact", "typo"]


def test_conditions_do_not_forgive(database: Database) -> None:
    assert names(ask(database, topics=("privacy",), place="utrecht")) == ["Ana Ödegård"]
    assert names(ask(database, "piet", topics=("printers",))) == ["Piet Jansen"]
    assert names(ask(database, "piet", topics=("printer",))) == []
    assert names(ask(database, organisation="hr")) == ["Ana Ödegård"]
    assert names(ask(database, "privacy", connections=("elsewhere",))) == []


def test_one_word_that_nobody_has_is_given_up(database: Database) -> None:
    hits = ask(database, "privacy hydrologie").hits
    assert {hit.name for hit in hits[:2]} == {"Ana Ödegård", "Łukasz Wałęsa"}
    assert str(hits[0].score) == "0.5"


def test_changes_and_departures(database: Database) -> None:
    with database.engine().begin() as connection:
        assert upsert(connection, "directory", [someone("3", "Piet Jansen", "scanners", mark="2")]) == 1
        upsert(connection, "other", [someone("3", "Iemand Anders", "printers")])
        assert marks(connection, "directory", ["3", "4", "nobody"]) == {"3": "2", "4": None}
        assert remove(connection, "directory", ["1", "nobody"]) == 1
        assert count(connection, "directory") == 5
        set_state(connection, "directory", SyncState("as read", "2026-01-01T00:00:00Z"))
        assert state(connection, "directory").settings == "as read"
        assert state(connection, "other") == SyncState()
    assert names(ask(database, "scanners")) == ["Piet Jansen"]
    assert names(ask(database, "printers")) == ["Iemand Anders"]
    assert names(ask(database, "walesa")) == []


def test_more_leave_than_a_statement_may_name(database: Database) -> None:
    ids = [f"gone-{number}" for number in range(70_000)]
    with database.engine().begin() as connection:
        upsert(connection, "directory", [someone(id_, "Vertrokken Collega") for id_ in ids[:2500]])
        assert remove(connection, "directory", ids) == 2500
    assert names(ask(database, "vertrokken")) == []


def test_words_that_nobody_has_any_more_are_not_kept(database: Database) -> None:
    def kept() -> set[str]:
        with database.engine().connect() as connection:
            forms = connection.execute(sa.select(index_forms.c.word).distinct()).scalars().all()
            words_ = connection.execute(sa.select(index_words.c.word)).scalars().all()
            assert set(forms) == set(words_)
            return set(words_)

    assert {"walesa", "lukasz", "privacy", "postgresql"} <= kept()
    with database.engine().begin() as connection:
        remove(connection, "directory", ["1"])
        upsert(connection, "directory", [someone("3", "Piet Pietersen", "scanners")])
    assert not {"walesa", "lukasz", "postgresql", "printers", "jansen"} & kept()
    assert {"privacy", "piet", "scanners", "janssen"} <= kept()
    assert names(ask(database, "piet jansen")) == ["Piet Janssen"]  # one letter off, and still known


def test_what_a_database_cannot_hold_is_kept_without_it(database: Database) -> None:
    with database.engine().begin() as connection:
        upsert(connection, "directory", [someone("x\ufffd", "Nul\x00 Teken", "nul\x00len", fields={"about": ["a\x00b"]})])
    assert names(ask(database, "teken nul")) == ["Nul  Teken"]


def test_a_text_without_end_is_searched_up_to_a_length(database: Database) -> None:
    endless = " ".join(f"woord{number:07d}" for number in range(200_000))
    with database.engine().begin() as connection:
        upsert(connection, "directory", [someone("7", "Lange Adem", endless, fields={"about": [endless]})])
    assert names(ask(database, "adem woord0000001")) == ["Lange Adem"]
    (hit,) = ask(database, "adem").hits
    assert len(hit.reasons[0].found) <= 200


def test_the_domain_of_an_address_is_about_nobody(database: Database) -> None:
    from workplace_sdk.search.experts import found
    from workplace_sdk.search.experts import indexed as of
    from workplace_sdk.services.common import PersonRef, Ref
    from workplace_sdk.services.experts import Expert, ExpertQuery

    def expert(id_: str, name: str, site: str) -> IndexedPerson:
        address = f"{name.partition(' ')[0].lower()}@gemeente-utrecht.nl"
        person = PersonRef(display_name=name, email=address, login=address)
        where = Ref(connection="towns", kind="expert", id=id_)
        return of(Expert(ref=where, person=person, site=site, responsibilities=("BHV",)))

    with database.engine().begin() as connection:
        upsert(connection, "towns", [expert("1", "Ana Berg", "Utrecht"), expert("2", "Bo Dal", "Zeist")])
        (match,) = found(ExpertQuery(text="utrecht"), "towns")(connection)
        assert (match.expert.name, match.reasons[0].kind) == ("Ana Berg", "place")
        (match,) = found(ExpertQuery(text="bo@gemeente-utrecht.nl"), "towns")(connection)
        assert match.expert.name == "Bo Dal"
        duty = found(ExpertQuery(text="bhv"), "towns")(connection)
        assert [match.reasons[0].kind for match in duty] == ["responsibility"] * 2


def test_a_sync_that_fails_leaves_the_index_as_it_was(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.engine().begin() as connection:
        upsert(connection, "directory", [someone("1", "Andere Naam")])
        remove(connection, "directory", ["2"])
        raise ZeroDivisionError
    assert names(ask(database, "walesa")) == ["Łukasz Wałęsa"]
    assert names(ask(database, "odegard")) == ["Ana Ödegård"]


def test_an_index_of_another_version_is_made_anew(database: Database) -> None:
    with database.engine().begin() as connection:
        connection.execute(index_version.update().values(version=0))
    prepare(database.engine())
    assert ask(database, "piet").hits == ()
    with database.engine().connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(people_index)).scalar() == 0


def test_common_words_are_capped_and_say_so(database: Database) -> None:
    with database.engine().begin() as connection:
        upsert(connection, "directory", [someone(f"x{number}", f"Naam {number:04d}", "fietsen") for number in range(300)])
    result = ask(database, "fietsen", limit=10)
    assert len(result.hits) == 10
    assert not result.complete


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    text=st.text(max_size=60)
    | st.sampled_from(["*)(uid=*", '"', "NEAR(a b)", "a AND", "{names} : x", "^a", "a'b\\", "'':*", "piet'|'a", "\x00piet"])
)
def test_whatever_is_typed_is_data(database: Database, text: str) -> None:
    known = {person.name for person in STAFF if person.visible}
    hits = ask(database, text).hits
    assert {hit.name for hit in hits} <= known
    if not words(text):
        assert hits == ()


def test_names_are_found_without_diacritics_and_with_one_typo(database: Database) -> None:
    everyone = list(indexed(3000))
    with database.engine().begin() as connection:
        upsert(connection, "lab", everyone)
    chance = random.Random(11)
    shown = [person for person in everyone if person.visible and len(words(person.name)) > 1 and len(person.name) < 60]
    with database.engine().connect() as connection:
        for person in chance.sample(shown, 300):
            for typed in (fold(person.name), mistyped(person.name, chance)):
                hits = search(connection, SearchRequest(text=typed, limit=10)).hits
                assert any(hit.name == person.name for hit in hits), (person.name, typed)
