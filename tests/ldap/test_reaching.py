"""Reaching a server: addresses, certificates, and servers that fall silent wherever they can."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.ldap.conftest import do, everything, target
from tests.servers import slapd as slapd_server
from tests.servers.relay import Relay
from tests.servers.slapd import Slapd
from workplace_sdk.kernel.errors import ConfigError, Unauthorized, Unavailable
from workplace_sdk.wires.ldap.opening import Target
from workplace_sdk.wires.ldap.server import Server


@pytest.fixture(scope="module")
def secured() -> Iterator[Slapd]:
    """A server of this module, to be stopped now and then."""
    if reason := slapd_server.unavailable():
        pytest.skip(reason)
    server = Slapd(200)
    yield server
    server.stop()


WAYS = ("ldap", "start_tls", "ldaps")
"""In the clear, by StartTLS, by TLS from the start."""
Reach = Callable[..., Server]


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def reach(way: str) -> Iterator[Reach]:
    """Makes a pool of connections to a server in that way, or to another port before it."""
    made: list[Server] = []

    def to(server: Slapd, port: int | None = None, **others) -> Server:
        if way == "ldaps":
            reached = {"uris": (f"ldaps://127.0.0.1:{port or server.tls_port}",)}
        else:
            reached = {"uris": (f"ldap://127.0.0.1:{port or server.port}",), "start_tls": way == "start_tls"}
        if way != "ldap":
            reached["ca_file"] = str(server.certificates.ca)
        made.append(Server(target(server, **{**reached, **others})))
        return made[-1]

    yield to
    for server in made:
        server.close()


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """On the clock, and nearly idle meanwhile."""
    start, used = time.monotonic(), time.process_time()
    yield
    assert time.monotonic() - start < seconds
    assert time.process_time() - used < seconds / 2


def count(server: Server, base: str) -> int:
    return len(do(everything(server, base, limit=5)).entries)


def test_a_server_that_accepts_and_never_answers_costs_the_time_limit(secured: Slapd, reach: Reach) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        server = reach(secured, nobody.getsockname()[1])
        with within(5), pytest.raises(Unavailable):
            do(everything(server, secured.people_base), 1.0)
        assert server.open_connections == 0


def test_a_stopped_server_costs_the_time_limit_and_is_well_again(secured: Slapd, reach: Reach) -> None:
    pooled, fresh = reach(secured), reach(secured)
    assert count(pooled, secured.people_base) == 5
    with secured.silent():
        for server in (pooled, fresh):
            with within(5), pytest.raises(Unavailable):
                do(everything(server, secured.people_base), 1.0)
            assert server.open_connections == 0
    for server in (pooled, fresh):
        assert count(server, secured.people_base) == 5


@pytest.fixture
def relay(secured: Slapd, way: str) -> Iterator[Relay]:
    """Before the server, to fall silent in the middle of what it says."""
    made = Relay(secured.tls_port if way == "ldaps" else secured.port)
    yield made
    made.close()


@pytest.mark.parametrize("passed", [0, 1, 3, 200, 1000, 6000])
def test_a_server_that_falls_silent_in_the_middle_of_an_answer_costs_the_time_limit(
    secured: Slapd, reach: Reach, relay: Relay, passed: int
) -> None:
    server = reach(secured, relay.port)
    assert count(server, secured.people_base) == 5
    relay.most = passed
    with within(5), pytest.raises(Unavailable):
        do(everything(server, secured.suffix), 1.0)
    assert server.open_connections == 0


@pytest.mark.parametrize(
    ("way", "passed"),
    [("ldap", 1), ("ldap", 9), *(("start_tls", passed) for passed in (1, 13, 14, 15, 20, 200, 900))],
    # not "ldaps": there libldap opens the socket itself, and waits for the rest of half a record as long as it takes
)
def test_a_server_that_falls_silent_before_we_are_known_costs_the_time_limit(
    secured: Slapd, reach: Reach, relay: Relay, passed: int
) -> None:
    relay.most = passed
    server = reach(secured, relay.port)
    with within(5), pytest.raises(Unavailable):
        do(everything(server, secured.people_base), 1.0)
    assert server.open_connections == 0


def test_the_next_address_is_tried_when_one_is_down_or_silent(secured: Slapd) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        silent = f"127.0.0.1:{nobody.getsockname()[1]}"
        ca_file = str(secured.certificates.ca)
        for first in ("ldap://127.0.0.1:1", f"ldap://{silent}", "ldaps://127.0.0.1:1", f"ldaps://{silent}"):
            server = Server(target(secured, uris=(first, secured.uri_tls), ca_file=ca_file))
            with within(4):
                assert len(do(everything(server, secured.people_base, limit=5), 4.0).entries) == 5
            assert server.open_connections == 1
            server.close()


def test_a_wrong_password_is_not_tried_at_the_next_address(secured: Slapd) -> None:
    server = Server(target(secured, uris=(secured.uri, "ldap://127.0.0.1:1"), password=lambda: "wrong"))
    with pytest.raises(Unauthorized):
        do(everything(server, secured.people_base))


@pytest.mark.parametrize("way", ["start_tls", "ldaps"])
def test_tls_is_used_and_verified(secured: Slapd, reach: Reach) -> None:
    assert count(reach(secured), secured.people_base) == 5
    for ca_file, word in ((str(secured.certificates.folder / "stranger.pem"), "certificate"), (None, "certificate")):
        with within(5), pytest.raises(ConfigError, match=word) as error:
            do(everything(reach(secured, ca_file=ca_file), secured.people_base))
        assert error.value.key == "ca_file"


@pytest.mark.parametrize("way", ["start_tls", "ldaps"])
def test_a_file_without_certificates_is_named(secured: Slapd, reach: Reach, tmp_path) -> None:
    (tmp_path / "empty.pem").write_text("nothing")
    for name in ("empty.pem", "missing.pem"):
        server = reach(secured, ca_file=str(tmp_path / name))
        with pytest.raises(ConfigError, match=name if name == "missing.pem" else "certificates") as error:
            do(everything(server, secured.people_base))
        assert error.value.key == "ca_file"


@pytest.mark.parametrize(
    ("certificate", "host", "word"),
    [
        ("wrong", "127.0.0.1", "not valid for"),
        ("expired", "127.0.0.1", "expired"),
        ("localhost", "localhost", "this machine's own name"),
    ],
)
def test_a_certificate_for_someone_else_or_of_last_year_is_refused(certificate: str, host: str, word: str) -> None:
    if reason := slapd_server.unavailable():
        pytest.skip(reason)
    server = Slapd(20, certificate=certificate)
    try:
        ca_file = str(server.certificates.ca)
        ways = (
            {"uris": (f"ldaps://{host}:{server.tls_port}",)},
            {"uris": (f"ldap://{host}:{server.port}",), "start_tls": True},
        )
        for way in ways:
            pool = Server(target(server, ca_file=ca_file, **way))
            with within(5), pytest.raises(ConfigError, match=word) as error:
                do(everything(pool, server.people_base))
            assert error.value.key == "uri"
            assert pool.open_connections == 0
    finally:
        server.stop()


def test_a_server_that_wants_tls_says_so() -> None:
    if reason := slapd_server.unavailable():
        pytest.skip(reason)
    server = Slapd(20, require_tls=True)
    try:
        with pytest.raises(ConfigError) as error:
            do(everything(Server(target(server)), server.people_base))
        assert "start_tls" in str(error.value)
        started = Server(target(server, start_tls=True, ca_file=str(server.certificates.ca)))
        assert count(started, server.people_base) == 5
    finally:
        server.stop()


def test_who_we_are_by_the_socket_of_this_machine(secured: Slapd) -> None:
    server = Server(Target((secured.uri_local,), sasl="EXTERNAL"))
    found = do(everything(server, secured.people_base))
    assert (len(found.entries), found.missing) == (200, None)  # as "export", who has no limits
    assert server.target.identity == "EXTERNAL"
    with secured.silent(), within(5), pytest.raises(Unavailable):
        do(everything(Server(Target((secured.uri_local,), sasl="EXTERNAL")), secured.people_base), 1.0)


def test_external_without_anything_external_is_refused(secured: Slapd) -> None:
    ca_file = str(secured.certificates.ca)
    for way in ({"uris": (secured.uri,)}, {"uris": (secured.uri,), "start_tls": True}, {"uris": (secured.uri_tls,)}):
        with within(5), pytest.raises(Unauthorized) as error:
            do(everything(Server(Target(sasl="EXTERNAL", ca_file=ca_file, **way)), secured.people_base))
        assert error.value.identity == "EXTERNAL"


@pytest.mark.parametrize("uri", ["ldap://127.0.0.1:port", "ldap://[::1", "ldaps://a b"])
def test_an_address_that_is_none_is_named(uri: str) -> None:
    server = Server(Target((uri,)))
    for _ in range(20):  # more often than there may be connections
        with pytest.raises(ConfigError) as error:
            do(everything(server, "dc=x"))
        assert error.value.key == "uri"


def test_a_child_opens_its_own_connections(secured: Slapd, reach: Reach) -> None:
    server = reach(secured)
    assert count(server, secured.people_base) == 5
    child = os.fork()
    if child == 0:
        try:
            ok = count(server, secured.people_base) == 5
            server.close()
        except BaseException:  # noqa: BLE001 - the child only has its exit code
            ok = False
        import gc

        gc.collect()
        os._exit(0 if ok else 1)
    assert os.waitpid(child, 0)[1] == 0
    before = server.open_connections
    assert count(server, secured.people_base) == 5
    assert server.open_connections == before == 1
