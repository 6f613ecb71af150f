"""Pages and referrals: what comes in parts, or is elsewhere."""

from __future__ import annotations

import socket
import time

import pytest

from tests.ldap.conftest import do, everything, pages_of, target
from tests.servers.slapd import Slapd
from workplace_sdk.kernel.drivers import run_pages
from workplace_sdk.kernel.errors import Rejected, Unauthorized, Unavailable
from workplace_sdk.kernel.session import Call, Session
from workplace_sdk.wires.ldap.filters import equals
from workplace_sdk.wires.ldap.paging import LdapPage, _Course, paged
from workplace_sdk.wires.ldap.referrals import Referral, server_of
from workplace_sdk.wires.ldap.search import LdapCompare, LdapModify, LdapSearch
from workplace_sdk.wires.ldap.server import Server

NOBODY = "ldap://127.0.0.1:1"


def opened(search: LdapSearch, size: int = 50):
    return run_pages(paged(search, size=size), Call(session=Session(time_limit=5), name="test"))


@pytest.mark.parametrize(
    ("account", "size", "came"),
    [
        ("reader", 300, (2000, [])),
        ("reader", 501, (2000, [])),  # more than the server gives at a time
        ("reader", 5000, (2000, [])),
        ("export", 20_000, (2000, [])),
        ("limited", 20, (100, ["size_limit"])),  # a hundred in all
        ("limited", 15, (100, ["size_limit"])),  # in the middle of a page
        ("limited", 7, (100, ["size_limit"])),
    ],
)
def test_limits_of_paging(slapd: Slapd, account: str, size: int, came: tuple[int, list[str]]) -> None:
    server = Server(target(slapd, account))
    assert pages_of(server, slapd.people_base, size) == came
    assert server.open_connections <= 1


def test_who_may_not_page_is_named(slapd: Slapd) -> None:
    with pytest.raises(Unauthorized, match="pagedResults control not allowed") as error:
        pages_of(Server(target(slapd, "nopaging")), slapd.people_base, 20)
    assert error.value.identity == slapd.account("nopaging")[0]


def test_leaving_a_paged_search_early_ends_it(slapd: Slapd) -> None:
    server = Server(target(slapd))
    for _ in range(20):
        pages = opened(everything(server, slapd.people_base))
        next(pages)
        pages.close()
    assert server.open_connections == 0
    assert len(do(everything(server, slapd.people_base, limit=5)).entries) == 5


def test_paged_searches_side_by_side_do_not_end_one_another(slapd: Slapd) -> None:
    """OpenLDAP has one of them on a connection: the second kills the first."""
    server = Server(target(slapd))
    several = [opened(everything(server, slapd.people_base), size) for size in (30, 70, 110)]
    seen: list[set[str]] = [set(), set(), set()]
    for _ in range(400):
        for pages, uids in zip(several, seen, strict=True):
            uids.add(next(pages).dn)
        assert len(do(everything(server, slapd.people_base, limit=3)).entries) == 3
    for pages, uids in zip(several, seen, strict=True):
        uids.update(entry.dn for entry in pages)
        assert len(uids) == 2000
    assert server.open_connections == 4


def test_a_server_that_is_restarted_between_pages_is_said_and_nothing_is_left_out_unseen(own_slapd: Slapd) -> None:
    server = Server(target(own_slapd))
    pages = opened(everything(server, own_slapd.people_base), 30)
    for _ in range(40):
        next(pages)
    own_slapd.halt()
    own_slapd.start()
    with pytest.raises(Unavailable, match="from the first page"):
        list(pages)
    assert server.open_connections == 0
    assert pages_of(server, own_slapd.people_base, 30) == (200, [])


def test_a_server_that_falls_silent_between_pages_costs_the_time_limit(own_slapd: Slapd) -> None:
    server = Server(target(own_slapd))
    pages = opened(everything(server, own_slapd.people_base), 30)
    for _ in range(30):
        next(pages)
    with own_slapd.silent():
        start = time.monotonic()
        with pytest.raises(Unavailable, match="from the first page"):
            next(pages)
        assert time.monotonic() - start < 10
    assert server.open_connections == 0


@pytest.mark.parametrize("cookie", [b"12345678", b"x", b"\xff" * 8])
def test_a_cookie_that_is_worth_nothing_any_more_is_said(slapd: Slapd, cookie: bytes) -> None:
    server = Server(target(slapd))
    with pytest.raises(Unavailable, match="from the first page"):
        do(LdapPage(everything(server, slapd.people_base), _Course(server), 20, cookie))
    assert server.open_connections == 0


# -- referrals


def partners(server: Slapd) -> str:
    return f"ou=partners,{server.suffix}"


def test_referrals_are_told_and_not_followed(slapd: Slapd) -> None:
    server = Server(target(slapd))
    found = do(LdapSearch(server, slapd.suffix, equals("uid", "u0000005")))
    assert [entry.dn for entry in found.entries] == [slapd.person(5)[0]]
    assert found.referrals == (f"{NOBODY}/{partners(slapd)}??sub",)
    assert [gap.why for gap in found.gaps("directory")] == ["referral"]
    pages = opened(everything(server, slapd.suffix), 500)
    assert sum(1 for _ in pages) == 2000
    assert [gap.message for gap in pages.gaps] == [f"{NOBODY}/{partners(slapd)}??sub"]


def test_a_base_that_is_elsewhere_is_told_as_a_referral(slapd: Slapd) -> None:
    server = Server(target(slapd))
    for base in (partners(slapd), f"uid=x,{partners(slapd)}"):
        for others in ({"limit": 5}, {}, {"scope": "base"}):
            found = do(everything(server, base, **others))
            assert (len(found.entries), len(found.referrals)) == (0, 1)
            assert found.referrals[0].startswith(f"{NOBODY}/{base}")
        assert pages_of(server, base, 20) == (0, ["referral"])
    elsewhere = f"uid=x,{partners(slapd)}"
    for effect in (LdapCompare(server, elsewhere, "uid", "x"), LdapModify(server, elsewhere, (("labSkill", ("x",)),))):
        with pytest.raises(Rejected, match="another server"):
            do(effect)


def test_a_server_to_which_we_are_referred_hears_nothing_of_us(own_slapd: Slapd) -> None:
    """Libldap would go there as nobody, and wait for ever."""
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        elsewhere.settimeout(0.5)
        refer(own_slapd, f"ldap://127.0.0.1:{elsewhere.getsockname()[1]}/{partners(own_slapd)}")
        server = Server(target(own_slapd))
        start = time.monotonic()
        assert len(do(LdapSearch(server, own_slapd.suffix, equals("uid", "u0000005"))).referrals) == 1
        assert pages_of(server, own_slapd.suffix, 100) == (200, ["referral"])
        assert time.monotonic() - start < 10
        with pytest.raises(TimeoutError):
            elsewhere.accept()


def test_a_referral_is_followed_where_that_is_allowed_as_who_we_are(own_slapd: Slapd, slapd: Slapd) -> None:
    refer(own_slapd, f"{slapd.uri}/{slapd.people_base}??sub")
    allowed = frozenset({str(server_of(slapd.uri))})
    server = Server(target(own_slapd, referrals=allowed))
    for limit in (0, 5):
        found = do(LdapSearch(server, own_slapd.suffix, equals("uid", "u0000999"), limit=limit))
        assert ([entry.dn for entry in found.entries], found.referrals) == ([slapd.person(999)[0]], ())
    assert pages_of(server, own_slapd.suffix, 500) == (2200, [])
    everyone = do(everything(server, own_slapd.suffix))
    assert (len(everyone.entries), everyone.missing) == (200 + 500, "size_limit")
    assert server.other(*allowed).target.identity == slapd.account("reader")[0]
    server.close()
    assert server.open_connections == server.other(*allowed).open_connections == 0


def test_the_url_of_a_referral_says_how_it_is_searched_there(own_slapd: Slapd, slapd: Slapd) -> None:
    server = Server(target(own_slapd, referrals=frozenset({str(server_of(slapd.uri))})))
    refer(own_slapd, f"{slapd.uri}/{slapd.person(7)[0]}??base")
    assert [entry.dn for entry in do(everything(server, own_slapd.suffix)).entries][200:] == [slapd.person(7)[0]]
    refer(own_slapd, f"{slapd.uri}/{slapd.people_base}??sub?(uid=u0000008)")
    found = do(LdapSearch(server, own_slapd.suffix, equals("uid", "u0001000")))
    assert [entry.dn for entry in found.entries] == [slapd.person(8)[0]]


def test_referrals_in_a_circle_end(own_slapd: Slapd, slapd: Slapd) -> None:
    refer(own_slapd, f"{own_slapd.uri}/{own_slapd.suffix}")
    server = Server(target(own_slapd, referrals=frozenset({str(server_of(own_slapd.uri))})))
    assert len(do(everything(server, own_slapd.suffix)).entries) == 200
    assert pages_of(server, own_slapd.suffix, 100) == (200, [])


def test_an_allowed_server_that_is_down_is_said(slapd: Slapd) -> None:
    server = Server(target(slapd, referrals=frozenset({NOBODY})))
    with pytest.raises(Unavailable):
        do(LdapSearch(server, slapd.suffix, equals("uid", "u0000005")), seconds=2)
    with pytest.raises(Unavailable):
        pages_of(server, slapd.suffix, 500)


@pytest.mark.parametrize(
    ("uri", "parts"),
    [
        ("ldap://Host.example/dc=x??sub", ("ldap://host.example", "dc=x", "sub", None)),
        ("LDAPS://h:636/dc=x", ("ldaps://h", "dc=x", None, None)),
        ("ldap://h:389", ("ldap://h", None, None, None)),
        ("ldap://[::1]:1389/cn=a%20b%3fc,dc=x?cn?one?(cn=%2a)", ("ldap://[::1]:1389", "cn=a b?c,dc=x", "one", "(cn=*)")),
        ("ldap:///dc=x", None),
        ("http://h/dc=x", None),
        ("ldap://h:port/dc=x", None),
    ],
)
def test_urls_of_referrals(uri: str, parts: tuple | None) -> None:
    found = Referral.parse(uri)
    assert (found and (found.server, found.base, found.scope, found.filter)) == parts


def refer(server: Slapd, uri: str) -> None:
    server.replace(partners(server), ref=uri)
