"""Connections, limits, TLS and time: the quirks of a real server that can bite."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.ldap.conftest import do, everything, target
from tests.servers.slapd import Slapd
from workplace_sdk.kernel.errors import ConfigError, NotFound, Rejected, Unauthorized, Unavailable
from workplace_sdk.kernel.session import Call, Session
from workplace_sdk.services.common import PersonRef
from workplace_sdk.services.experts import ExpertQuery
from workplace_sdk.wires.ldap.filters import equals
from workplace_sdk.wires.ldap.opening import Target
from workplace_sdk.wires.ldap.paging import paged
from workplace_sdk.wires.ldap.search import LdapCompare, LdapSearch
from workplace_sdk.wires.ldap.server import Server

ME = PersonRef(login="u0000005")


def test_who_we_are_is_said_when_it_is_not_enough(slapd: Slapd) -> None:
    wrong = Server(target(slapd, password=lambda: "wrong"))
    with pytest.raises(Unauthorized) as error:
        do(everything(wrong, slapd.people_base))
    assert error.value.identity == slapd.account("reader")[0]
    assert "wrong" not in str(error.value).replace("wrong password", "")
    with pytest.raises(ConfigError):
        do(everything(Server(target(slapd, password=lambda: "")), slapd.people_base))
    with pytest.raises(Unauthorized):
        do(everything(Server(Target((slapd.uri,))), slapd.people_base))


def test_a_secret_is_in_no_repr_or_error(slapd: Slapd, directory) -> None:
    experts = directory()
    password = slapd.account("reader")[1]
    shown = f"{experts.ldap.server.target!r} {experts.settings!r} {everything(experts.ldap.server, 'dc=x')!r}"
    assert password not in shown
    with pytest.raises(Unauthorized) as error:
        do(everything(Server(target(slapd, password=lambda: "s3cret-typo")), slapd.people_base))
    chain: BaseException | None = error.value
    while chain is not None:
        assert "s3cret-typo" not in f"{chain!r} {chain} {chain.__dict__}"
        chain = chain.__cause__


def test_limits_keep_what_came(slapd: Slapd) -> None:
    server = Server(target(slapd))
    found = do(everything(server, slapd.people_base))
    assert (len(found.entries), found.missing) == (500, "size_limit")
    asked = do(everything(server, slapd.people_base, limit=20))
    assert (len(asked.entries), asked.missing) == (20, "size_limit")
    whole = do(LdapSearch(server, slapd.people_base, equals("uid", "u0000005"), limit=20))
    assert (len(whole.entries), whole.missing) == (1, None)
    assert server.open_connections == 1


def pages_of(server: Server, base: str, size: int) -> list[int]:
    from workplace_sdk.kernel.drivers import run_pages

    pages = run_pages(paged(everything(server, base), size=size), Call(session=Session(), name="test"))
    count = sum(1 for _ in pages)
    return [count, *([1] if pages.gaps else [])]


def test_paging_limits(slapd: Slapd) -> None:
    assert pages_of(Server(target(slapd)), slapd.people_base, 300) == [2000]
    assert pages_of(Server(target(slapd)), slapd.people_base, 5000) == [2000]
    assert pages_of(Server(target(slapd, "limited")), slapd.people_base, 20) == [100, 1]
    with pytest.raises(Rejected):
        pages_of(Server(target(slapd, "nopaging")), slapd.people_base, 20)


def test_leaving_a_paged_search_early_ends_it(slapd: Slapd) -> None:
    from workplace_sdk.kernel.drivers import run_pages

    server = Server(target(slapd))
    for _ in range(20):
        pages = run_pages(paged(everything(server, slapd.people_base), size=50), Call(session=Session(), name="test"))
        next(pages)
        pages.close()
    assert server.open_connections == 0
    assert len(do(everything(server, slapd.people_base, limit=5)).entries) == 5


def test_referrals_are_told_and_not_followed(slapd: Slapd) -> None:
    server = Server(target(slapd))
    start = time.monotonic()
    found = do(LdapSearch(server, slapd.suffix, equals("uid", "u0000005")))
    assert time.monotonic() - start < 15  # libldap would try for much longer
    assert [entry.dn for entry in found.entries] == [slapd.person(5)[0]]
    assert found.referrals == (f"ldap://127.0.0.1:1/ou=partners,{slapd.suffix}??sub",)


def test_a_referral_is_followed_where_that_is_allowed(slapd: Slapd) -> None:
    nobody = Server(target(slapd, referrals=frozenset({"ldap://127.0.0.1:1"})))
    with pytest.raises(Unavailable):  # the allowed server is down, and that is said
        do(LdapSearch(nobody, slapd.suffix, equals("uid", "u0000005")), seconds=2)


def test_nobody_there() -> None:
    with pytest.raises(Unavailable):
        do(everything(Server(Target(("ldap://127.0.0.1:1",))), "dc=x"), seconds=1.0)


def test_pooled_connections_survive_a_restart(own_slapd: Slapd) -> None:
    server = Server(target(own_slapd))
    for _ in range(3):
        assert len(do(everything(server, own_slapd.people_base, limit=5)).entries) == 5
        own_slapd.halt()
        own_slapd.start()
    own_slapd.halt()
    with pytest.raises(Unavailable):
        do(everything(server, own_slapd.people_base), seconds=1.0)
    own_slapd.start()
    assert len(do(everything(server, own_slapd.people_base, limit=5)).entries) == 5
    assert server.open_connections == 1


def test_many_threads_share_few_connections(slapd: Slapd) -> None:
    server = Server(target(slapd), most=4)
    with ThreadPoolExecutor(16) as pool:
        numbers = list(range(200))
        searches = [
            pool.submit(do, LdapSearch(server, slapd.people_base, equals("uid", f"u{n:07d}"), ("uid",))) for n in numbers
        ]
        found = [[entry.first("uid") for entry in one.result().entries] for one in searches]
    assert found == [[f"u{number:07d}"] for number in numbers]
    assert server.open_connections <= 4


def test_a_cancelled_call_leaves_no_connection_and_no_thread() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(5)
        server = Server(Target((f"ldap://127.0.0.1:{silent.getsockname()[1]}",), bind_dn="cn=x", password=lambda: "y"))

        async def cancelled() -> None:
            from workplace_sdk.kernel.drivers import arun

            call = Call(session=Session(time_limit=30), name="test")
            task = asyncio.create_task(arun(iter(everything(server, "dc=x")), call))
            await asyncio.sleep(0.3)
            assert server.open_connections == 1
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            call.session.threads.close()

        asyncio.run(cancelled())
        end = time.monotonic() + 30
        while time.monotonic() < end and (
            server.open_connections or any("workplace" in one.name for one in threading.enumerate())
        ):
            time.sleep(0.02)
        assert server.open_connections == 0
        assert not [one.name for one in threading.enumerate() if "workplace" in one.name]


def test_comparing(slapd: Slapd) -> None:
    server = Server(target(slapd))
    dn = slapd.person(5)[0]
    assert do(LdapCompare(server, dn, "uid", "U0000005"))
    assert not do(LdapCompare(server, dn, "uid", "u0000006"))
    with pytest.raises(NotFound):
        do(LdapCompare(server, f"uid=nobody,{slapd.people_base}", "uid", "x"))


def test_a_short_part_is_never_searched_for_unasked(directory, monkeypatch: pytest.MonkeyPatch) -> None:
    from workplace_sdk.connectors.ldap.finding import candidates_filter

    experts = directory()
    for text in ("abc", "a", "ab abcd"):
        wanted = candidates_filter(experts.settings, ExpertQuery(text=text))
        for part in ("=*abc*", "=*a*", "=*ab*", "(roomNumber"):
            assert part not in wanted
    assert "=*abcd*" in wanted


def test_the_index_follows_the_directory(own_slapd: Slapd, directory, database_url: str) -> None:
    from workplace_sdk.services.experts import SkillClaim
    from workplace_sdk.wires.sql import Database

    store = Database(database_url)
    experts = directory("writer", server=own_slapd, index=True, surroundings={"store": store}, page_size=50)
    assert (
        experts.find(ExpertQuery(text="u0000005"))[0].expert.person.login == "u0000005"
    )  # not filled yet: the directory is asked
    told: list[int] = []
    report = do(experts.ldap.sync(lambda done, _total: told.append(done)), 60)
    assert (report.full, report.written, report.removed, report.total) == (True, 200, 0, 200)
    assert told == [50, 100, 150, 200]
    person = experts.get(PersonRef(login="u0000012"))
    typed = person.name.split()[-1]
    assert person.name in {match.expert.name for match in experts.find(ExpertQuery(text=typed[:-1] + "x", limit=100))}
    gone = experts.get(PersonRef(login="u0000020"))
    own_slapd.remove(str(gone.person.dn))
    experts.update_topics((SkillClaim(name="bijen houden"),), person=person.person)
    report = do(experts.ldap.sync(), 60)
    assert (report.full, report.removed, report.total) == (False, 1, 199)
    assert [match.expert.person.login for match in experts.find(ExpertQuery(text="beijn houden"))] == ["u0000012"]
    assert not [match for match in experts.find(ExpertQuery(text="u0000020")) if match.expert.person.login == "u0000020"]
    inactive = "u0000011"
    assert inactive not in {match.expert.person.login for match in experts.find(ExpertQuery(text=inactive, limit=100))}
    store.close()
