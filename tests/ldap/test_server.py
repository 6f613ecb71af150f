"""Connections, limits, TLS and time: the quirks of a real server that can bite."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.ldap.conftest import do, everything, pages_of, target
from tests.servers.slapd import Slapd
from workplace_sdk.kernel.drivers import run
from workplace_sdk.kernel.errors import ConfigError, NotFound, OutcomeUnknown, Unauthorized, Unavailable
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.session import Call, Session
from workplace_sdk.services.common import PersonRef
from workplace_sdk.services.experts import ExpertQuery
from workplace_sdk.wires.ldap.filters import any_of, contains, equals
from workplace_sdk.wires.ldap.opening import Target
from workplace_sdk.wires.ldap.search import LdapCompare, LdapModify, LdapSearch
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


def test_nobody_there() -> None:
    with pytest.raises(Unavailable):
        do(everything(Server(Target(("ldap://127.0.0.1:1",))), "dc=x"), seconds=1.0)


def test_a_server_that_gives_up_in_time_gives_what_it_found(own_slapd: Slapd) -> None:
    """``person 1`` has a second there; thousands of parts that no index helps with take longer."""
    dn, password = own_slapd.person(1)
    server = Server(target(own_slapd, bind_dn=dn, password=lambda: password))
    slow = any_of(equals("uid", "u0000000"), *(contains("description", f"q{number:02x}") for number in range(60_000)))
    found = do(LdapSearch(server, own_slapd.people_base, slow, ("uid",)), 60)
    assert (found.missing, [entry.first("uid") for entry in found.entries]) == ("time_limit", ["u0000000"])


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


def test_however_many_connections_died_the_next_call_is_answered(own_slapd: Slapd) -> None:
    server = Server(target(own_slapd), most=8)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: do(everything(server, own_slapd.people_base, limit=200)), range(64)))
    for ask in (
        lambda: do(everything(server, own_slapd.people_base, limit=5)),
        lambda: pages_of(server, own_slapd.people_base, 50),
    ):
        assert server.open_connections > 4
        own_slapd.halt()
        own_slapd.start()
        ask()
        assert server.open_connections == 1
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: do(everything(server, own_slapd.people_base, limit=200)), range(64)))


def test_a_change_is_not_sent_twice_when_the_server_was_restarted(own_slapd: Slapd) -> None:
    server = Server(target(own_slapd, "writer"))
    change = LdapModify(server, own_slapd.person(5)[0], (("labSkill", ("bijen",)),))
    assert len(do(everything(server, own_slapd.people_base, limit=5)).entries) == 5
    own_slapd.halt()
    own_slapd.start()
    with pytest.raises(OutcomeUnknown):
        run(iter(change), Call(session=Session(time_limit=5), name="test", safety=Safety.ONCE))
    run(iter(change), Call(session=Session(time_limit=5), name="test", safety=Safety.ONCE))
    (entry,) = do(LdapSearch(server, own_slapd.people_base, equals("labSkill", "bijen"))).entries
    assert entry.all("labSkill") == ("bijen",)


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
