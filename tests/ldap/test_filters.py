"""Whatever is typed is data: filters and DNs with hostile input never match more than they should."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.people import people
from workplace_sdk.kernel.drivers import run
from workplace_sdk.kernel.errors import InvalidInput, NotFound
from workplace_sdk.kernel.session import Call, Session
from workplace_sdk.services.common import PersonRef
from workplace_sdk.services.experts import ExpertQuery
from workplace_sdk.wires.ldap.entries import below, dn_key, is_dn
from workplace_sdk.wires.ldap.filters import all_of, attribute_name, contains, equals, starts_with
from workplace_sdk.wires.ldap.search import LdapSearch

NAMES = {person.name for person in people(2000)}
HOSTILE = st.sampled_from(
    [
        "*)(uid=*",
        "*",
        ")(uid=*))(|(uid=*",
        "\x00",
        "a\x00b",
        " lead",
        "trail ",
        "Müller",
        "a,b",
        "\\2a",
        "\\",
        "(",
        ")",
        "&",
        "|(cn=*)",
        "é*",
        "#",
    ]
)
TEXT = (
    st.text(min_size=1, max_size=30).filter(lambda text: text.strip())
    | HOSTILE
    | st.builds(lambda a, b: a + b, HOSTILE, st.text(max_size=5))
)


def search(experts, wanted) -> list[list[str]]:
    """The names of each entry found, those in other languages (``cn;lang-nl``) included: the server compares all of them."""
    effect = LdapSearch(experts.ldap.server, experts.settings.base, wanted, ("cn",))
    found = run(iter(effect), Call(session=Session(time_limit=time.monotonic()), name="test"))
    return [[value.decode() for values in entry.values.values() for value in values] for entry in found.entries]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=TEXT)
def test_equality_matches_that_value_only(directory, value: str) -> None:
    experts = directory("export")
    for names in search(experts, equals("cn", value)):
        assert any(_prepared(name) == _prepared(value) for name in names)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=TEXT)
def test_parts_match_those_parts_only(directory, value: str) -> None:
    experts = directory("export")
    for names in search(experts, all_of(equals("objectClass", "inetOrgPerson"), contains("cn", value))):
        assert any(_prepared(value) in _prepared(name) for name in names)
    for names in search(experts, starts_with("cn", value)):
        assert any(_prepared(name).startswith(_prepared(value)) for name in names)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TEXT)
def test_finding_never_breaks_out(directory, text: str) -> None:
    experts = directory()
    try:
        found = experts.find(ExpertQuery(text=text))
    except InvalidInput:
        return
    for match in found:
        assert len(match.reasons) >= 1
        assert match.expert.person.login not in ("reader", "admin")


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TEXT)
def test_getting_by_any_key_finds_that_person_or_nobody(directory, text: str) -> None:
    experts = directory()
    for key in ("login", "email", "dn", "display_name"):
        try:
            found = experts.get(PersonRef.model_validate({key: text}))
        except (NotFound, InvalidInput):
            continue
        assert found.name in NAMES


def test_attribute_names_are_checked() -> None:
    for bad in ("", "cn)(uid=*", "a b", "*", "1", "cn;", "ü"):
        if bad == "1":
            assert attribute_name(bad) == "1"
            continue
        with pytest.raises(ValueError, match="attribute"):
            equals(bad, "x")
    with pytest.raises(ValueError, match="empty"):
        starts_with("cn", "")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("uid=ana,ou=people,dc=x", "UID=Ana, OU=people,DC=x"),
        ("cn=Jansen\\, Piet,dc=x", "cn=Jansen\\2C Piet,dc=x"),
        ("cn=a+sn=b,dc=x", "sn=b+cn=a,dc=x"),
        ("cn=Zo\u00eb,dc=x", "cn=Zoe\u0308,dc=x"),
        ("cn=Zo\\C3\\AB,dc=x", "cn=ZOË,dc=x"),
        ("cn=van  den   Berg,dc=x", "cn=van den berg,dc=x"),
        ("cn=\\20Leading,dc=x", "cn=leading,dc=x"),
    ],
)
def test_names_are_compared_as_names(one: str, other: str) -> None:
    assert dn_key(one) == dn_key(other) is not None
    assert below(one, "DC=X")
    assert below(one, other)


def test_what_is_another_name_or_none() -> None:
    assert dn_key("cn=a,dc=x") != dn_key("cn=b,dc=x")
    for text in ("no dn", "\ud800=x", "uid=\ud800", "=", "uid=a,ou=b;extra"):
        assert dn_key(text) is None
        assert not is_dn(text)
        assert not below(text, "dc=x")
    assert not is_dn("")
    assert not below("dc=x", "ou=people,dc=x")
    assert not below("uid=a,ou=morepeople,dc=x", "ou=people,dc=x")
    assert not below("uid=a,ou=people,dc=y", "ou=people,dc=x")


def _prepared(text: str) -> str:
    """As the server compares. Source: RFC 4518: case, composition, runs of spaces, invisible characters."""
    import unicodedata

    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    kept = "".join(
        " " if char.isspace() else char for char in folded if unicodedata.category(char) not in ("Cf", "Cc") or char.isspace()
    )
    return " ".join(kept.split())
