"""Windows logins against Samba's ``ntlm_auth``, in both colours."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.servers import ntlm
from workplace_sdk.kernel.drivers import arun, run
from workplace_sdk.kernel.effects import All
from workplace_sdk.kernel.errors import Unauthorized
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.session import Call, Session
from workplace_sdk.wires.http import Http
from workplace_sdk.wires.http.negotiate import Negotiate

USER = f"{ntlm.DOMAIN}\\{ntlm.USER}"


@pytest.fixture
def server() -> Iterator[ntlm.WindowsLogin]:
    if reason := ntlm.unavailable():
        pytest.skip(reason)
    made = ntlm.WindowsLogin()
    yield made
    made.stop()


def opened(server: ntlm.WindowsLogin, scheme: Any, password: str = ntlm.PASSWORD, **options: Any) -> Http:
    return Http(server.url, credentials=Negotiate(USER, lambda: password, scheme), **options)


@pytest.fixture(params=["sync", "async"])
def do(request: pytest.FixtureRequest) -> Callable[..., Any]:
    def perform(http: Http, effect: Any, safety: Safety = Safety.READ) -> Any:
        call = Call(session=Session(time_limit=20), name="t", safety=safety)
        if request.param == "sync":
            try:
                return run(iter(effect), call)
            finally:
                http.close()

        async def main() -> Any:
            try:
                return await arun(iter(effect), call)
            finally:
                await http.aclose()

        return asyncio.run(main())

    return perform


@pytest.mark.parametrize("scheme", ["NTLM", "Negotiate"])
def test_a_login(scheme: str, server: ntlm.WindowsLogin, do) -> None:
    http = opened(server, scheme)
    assert do(http, http.get("/")).json() == {"user": f"{ntlm.DOMAIN}\\{ntlm.USER}", "body": ""}
    assert {scheme for scheme, *_ in server.seen} == {scheme}


@pytest.mark.parametrize("scheme", ["NTLM", "Negotiate"])
def test_a_body_goes_once_when_the_server_is_ready_for_it(scheme: str, server: ntlm.WindowsLogin, do) -> None:
    http = opened(server, scheme)
    body = "x" * 100_000
    answer = do(http, http.exchange("POST", "/", body=body.encode()), Safety.ONCE)
    assert answer.json()["body"] == body
    assert [size for _, size, _ in server.seen] == [0, 100_000]
    assert len({connection for *_, connection in server.seen}) == 1, "a login is for a connection"


@pytest.mark.parametrize("scheme", ["NTLM", "Negotiate"])
def test_a_wrong_password(scheme: str, server: ntlm.WindowsLogin, do) -> None:
    http = opened(server, scheme, "wrong")
    with pytest.raises(Unauthorized) as refused:
        do(http, http.exchange("POST", "/", body=b"{}"), Safety.ONCE)
    assert "wrong" not in str(vars(refused.value))


def test_a_scheme_that_the_server_does_not_offer_to(server: ntlm.WindowsLogin, do) -> None:
    http = Http(server.url)
    with pytest.raises(Unauthorized):
        do(http, http.get("/"))


def test_many_at_once_keep_their_logins_apart(server: ntlm.WindowsLogin, do) -> None:
    http = opened(server, "NTLM", connections=8)
    answers = do(http, All(*(http.exchange("POST", "/", body=str(number).encode(), reads=True) for number in range(12))))
    assert [answer.json()["body"] for answer in answers] == [str(number) for number in range(12)]


def test_threads_keep_their_logins_apart(server: ntlm.WindowsLogin) -> None:
    http, found = opened(server, "NTLM"), list[str]()

    def one(number: int) -> None:
        call = Call(session=Session(time_limit=20), name="t")
        found.append(run(iter(http.exchange("POST", "/", body=str(number).encode(), reads=True)), call).json()["body"])

    threads = [threading.Thread(target=one, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    http.close()
    assert sorted(found) == [str(number) for number in range(8)]


def test_one_that_gives_up_lets_the_next(server: ntlm.WindowsLogin) -> None:
    http = opened(server, "NTLM")

    async def main() -> Any:
        call = Call(session=Session(time_limit=20), name="t")
        waiting = [asyncio.ensure_future(arun(iter(http.get("/")), call)) for _ in range(4)]
        await asyncio.sleep(0)
        for one in waiting[:3]:
            one.cancel()
        try:
            return (await waiting[3]).json()
        finally:
            await asyncio.gather(*waiting, return_exceptions=True)
            await http.aclose()

    assert asyncio.run(main())["user"]


def test_secrets_are_not_shown(server: ntlm.WindowsLogin) -> None:
    http = opened(server, "NTLM")
    assert ntlm.PASSWORD not in repr(http.credentials) + repr(vars(http)) + repr(http.get("/"))


def test_a_server_that_does_not_ask(do) -> None:
    """What comes before the server knows us is no answer: nothing is taken for done."""
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    class Open(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Open)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    http = Http(f"http://127.0.0.1:{server.server_address[1]}", credentials=Negotiate(USER, lambda: "x", "NTLM"))
    try:
        with pytest.raises(Unauthorized, match="wants no NTLM here"):
            do(http, http.exchange("POST", "/", body=b"{}"), Safety.ONCE)
    finally:
        server.shutdown()
        server.server_close()
