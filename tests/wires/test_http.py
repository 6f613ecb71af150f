"""The http wire against a server that answers well, badly, slowly, or not at all."""

from __future__ import annotations

import asyncio
import json
import os
import queue
import ssl
import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from pydantic import BaseModel

from tests.servers.certificates import Certificates
from workplace_sdk.kernel.drivers import arun, run
from workplace_sdk.kernel.errors import (
    ConfigError,
    Conflict,
    NotFound,
    OutcomeUnknown,
    ProtocolError,
    Rejected,
    Unauthorized,
    Unavailable,
    WorkplaceError,
)
from workplace_sdk.kernel.failures import Retrying, Safety
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.session import Call, Session
from workplace_sdk.wires.http import Basic, Bearer, Http, Reply
from workplace_sdk.wires.http.clients import Library, Reach

LIBRARY: list[Library] = ["httpx"]


@pytest.fixture(autouse=True, params=["httpx", "httpx2"])
def library(request: pytest.FixtureRequest) -> str:
    """Everything here holds for both."""
    LIBRARY[0] = request.param
    return LIBRARY[0]


def opened(url: str, *, credentials=None, headers=None, refusal=None, **reach) -> Http:
    """The system at *url*, spoken to by the library of the test."""
    return Http(url, credentials=credentials, headers=headers, refusal=refusal, reach=Reach(library=LIBRARY[0], **reach))


class Answers(BaseHTTPRequestHandler):
    """Answers as the path says, and remembers what came."""

    protocol_version = "HTTP/1.1"
    seen: list[tuple[str, str, dict[str, str], bytes]] = []
    busy = 0
    told: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def log_message(self, *_arguments) -> None:
        return

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        Answers.seen.append((self.command, self.path, dict(self.headers), body))
        what = self.path.strip("/").partition("?")[0]
        if what.startswith("status/"):
            self._send(int(what[7:]), b"no")
        elif what == "json":
            self._send(
                200, b'{"amount": 12.30, "name": "\xc3\x98"}', {"Content-Type": "application/json", "Set-Cookie": "sid=1"}
            )
        elif what == "html":
            self._send(200, b"<html>Login</html>", {"Content-Type": "text/html"})
        elif what == "latin":
            self._send(200, "Ø".encode("latin-1"), {"Content-Type": "text/plain; charset=iso-8859-1"})
        elif what == "busy":
            Answers.busy -= 1
            self._send(429 if Answers.busy >= 0 else 200, b"{}", {"Retry-After": "0"})
        elif what == "moved":
            self._send(302, b"", {"Location": "/json"})
        elif what == "cut":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
            self.close_connection = True
        elif what == "silent":
            Answers.told.put(b"waiting")
            Answers.told.put(self.rfile.read(1))  # until they leave
            self.close_connection = True
        elif what == "trickle":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            self._trickle(b"x")
        elif what == "slow-headers":
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            self._trickle(b"X-A: a\r\n")
        elif what == "large":
            self._send(200, b"x" * 3_000_000)

    def _trickle(self, part: bytes) -> None:
        for _ in range(300):
            self.wfile.write(part)
            self.wfile.flush()
            time.sleep(0.1)
        self.close_connection = True

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815 - the library's names


class Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address) -> None:
        """A client that leaves early is what some tests are about."""


@pytest.fixture
def server() -> Iterator[str]:
    Answers.seen.clear()
    Answers.told = queue.SimpleQueue()
    made = Quiet(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{made.server_address[1]}"
    made.shutdown()
    made.server_close()


@pytest.fixture(params=["sync", "async"])
def do(request: pytest.FixtureRequest):
    """Performs an exchange in one colour."""

    def perform(http: Http, exchange, *, safety: Safety = Safety.READ, key: Key | None = None, seconds: float = 5.0) -> Reply:
        call = Call(
            session=Session(time_limit=seconds, retrying=Retrying(attempts=3, base=0.01)), name="t", safety=safety, key=key
        )
        if request.param == "sync":
            try:
                return run(iter(exchange), call)
            finally:
                http.close()

        async def main() -> Reply:
            try:
                return await arun(iter(exchange), call)
            finally:
                await http.aclose()

        return asyncio.run(main())

    return perform


class Thing(BaseModel):
    amount: Decimal
    name: str


def test_cookies_are_not_kept_by_a_client_that_stays_open(server: str) -> None:
    """One of a guest would turn the next call into a guest's."""
    http = opened(server)
    call = Call(session=Session(), name="t")

    async def twice() -> None:
        for _ in range(2):
            await arun(iter(http.get("/json")), call)
        await http.aclose()

    for _ in range(2):
        run(iter(http.get("/json")), call)
    asyncio.run(twice())
    assert len(Answers.seen) == 4
    assert not [one for one in Answers.seen if "cookie" in map(str.lower, one[2])]


def test_an_answer_in_every_form(server: str, do) -> None:
    http = opened(server, headers={"X-From": "tests"})
    reply = do(http, http.get("/json", {"q": "a&b"}))
    assert reply.json() == {"amount": Decimal("12.30"), "name": "Ø"}
    assert reply.model(Thing).name == "Ø"
    assert Answers.seen[0][1] == "/json?q=a%26b"
    assert Answers.seen[0][2]["X-From"] == "tests"
    assert do(http, http.get("/latin")).text == "Ø"
    with pytest.raises(ProtocolError) as error:
        do(http, http.get("/html")).json()
    assert error.value.excerpt == "<html>Login</html>"
    with pytest.raises(ProtocolError):
        do(http, http.get("/html")).model(Thing)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Rejected),
        (401, Unauthorized),
        (403, Unauthorized),
        (404, NotFound),
        (409, Conflict),
        (412, Conflict),
        (417, Rejected),
    ],
)
def test_what_a_status_means(server: str, do, status: int, kind: type[WorkplaceError]) -> None:
    http = opened(server)
    with pytest.raises(kind):
        do(http, http.get(f"/status/{status}"))
    assert len(Answers.seen) == 1
    assert do(http, http.exchange("GET", f"/status/{status}", accept=(status,))).status == status


def test_reads_are_tried_again_and_writes_are_not(server: str, do) -> None:
    http = opened(server)
    with pytest.raises(Unavailable):
        do(http, http.get("/status/500"))
    assert len(Answers.seen) == 3
    for status in ("500", "502", "503"):
        Answers.seen.clear()
        with pytest.raises(OutcomeUnknown) as error:
            do(http, http.post(f"/status/{status}", json={"a": "é"}), safety=Safety.ONCE, key=Key("k"))
        assert error.value.key == "k"
        assert len(Answers.seen) == 1
    assert json.loads(Answers.seen[0][3]) == {"a": "é"}
    Answers.seen.clear()
    with pytest.raises(OutcomeUnknown):
        do(http, http.post("/status/500", key=Key("k")), safety=Safety.KEYED, key=Key("k"))
    assert len(Answers.seen) == 3


def test_busy_is_waited_for(server: str, do) -> None:
    http = opened(server)
    Answers.busy = 2
    assert do(http, http.get("/busy")).status == 200
    Answers.busy, before = 2, len(Answers.seen)
    with pytest.raises(Unavailable):
        do(http, http.post("/busy"), safety=Safety.ONCE)
    assert len(Answers.seen) == before + 1


def test_what_is_cut_silent_or_trickles(server: str, do) -> None:
    http = opened(server)
    for path in ("cut", "silent", "trickle"):
        Answers.seen.clear()
        start = time.monotonic()
        with pytest.raises(OutcomeUnknown):
            do(http, http.post(f"/{path}"), safety=Safety.ONCE, seconds=0.7)
        assert time.monotonic() - start < 15  # they would go on for half a minute
        assert len(Answers.seen) == 1
        with pytest.raises(Unavailable):
            do(http, http.get(f"/{path}"), seconds=0.7)


def test_a_blocking_call_ends_at_the_deadline_whatever_trickles(server: str) -> None:
    http = opened(server)
    for path in ("slow-headers", "trickle"):
        start = time.monotonic()
        with pytest.raises(OutcomeUnknown):
            run(iter(http.post(f"/{path}")), Call(session=Session(time_limit=0.7), name="t", safety=Safety.ONCE))
        assert time.monotonic() - start < 5  # they would go on for half a minute
    assert run(iter(http.get("/json")), Call(session=Session(), name="t")).status == 200
    http.close()


def test_a_wait_without_a_thread_ends_at_the_deadline_whatever_trickles(server: str) -> None:
    async def main() -> None:
        http = opened(server)
        for path in ("slow-headers", "trickle"):
            with pytest.raises(OutcomeUnknown):
                await arun(iter(http.post(f"/{path}")), Call(session=Session(time_limit=0.7), name="t", safety=Safety.ONCE))
        assert (await arun(iter(http.get("/json")), Call(session=Session(), name="t"))).status == 200
        await http.aclose()

    start = time.monotonic()
    asyncio.run(main())
    assert time.monotonic() - start < 15


def test_cancelling_closes_the_connection(server: str) -> None:
    async def main() -> None:
        http = opened(server, connections=1)
        call = Call(session=Session(time_limit=60), name="t")
        task = asyncio.create_task(arun(iter(http.get("/silent")), call))
        assert await asyncio.to_thread(Answers.told.get, timeout=30) == b"waiting"
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(Answers.told.get, timeout=30) == b""  # the server sees them leave
        assert (await arun(iter(http.get("/json")), Call(session=Session(), name="t"))).status == 200  # the one place is free
        await http.aclose()

    asyncio.run(main())


def test_a_reply_too_large_and_a_redirect(server: str, do) -> None:
    http = opened(server, largest=1_000_000)
    with pytest.raises(ProtocolError, match="larger"):
        do(http, http.get("/large"))
    with pytest.raises(ProtocolError, match="redirect"):
        do(http, http.get("/moved"))


def test_nobody_there(do) -> None:
    http = opened("http://127.0.0.1:1")
    with pytest.raises(Unavailable):
        do(http, http.post("/x"), safety=Safety.ONCE)
    for bad in ("ftp://x", "nonsense", "http://"):
        with pytest.raises(ConfigError):
            opened(bad)


def test_credentials_are_added_last_and_shown_nowhere(server: str, do) -> None:
    http = opened(server, credentials=Bearer(lambda: "s3cret"))
    exchange = http.get("/status/401")
    with pytest.raises(Unauthorized) as error:
        do(http, exchange)
    assert Answers.seen[0][2]["Authorization"] == "Bearer s3cret"
    assert "s3cret" not in f"{http!r} {exchange!r} {error.value!r} {error.value} {Bearer(lambda: 's3cret')!r}"
    basic = opened(server, credentials=Basic("ana", lambda: "pw"))
    do(basic, basic.get("/json"))
    assert Answers.seen[-1][2]["Authorization"] == "Basic YW5hOnB3"


def test_certificates_are_verified(tmp_path: Path, do) -> None:
    certificates = Certificates(tmp_path)
    for name, good in (("good", True), ("wrong", False), ("expired", False)):
        made = Quiet(("127.0.0.1", 0), Answers)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / f"{name}.pem", tmp_path / f"{name}.key")
        made.socket = context.wrap_socket(made.socket, server_side=True)
        threading.Thread(target=made.serve_forever, daemon=True).start()
        url = f"https://127.0.0.1:{made.server_address[1]}"
        trusting, strange = opened(url, ca_file=str(certificates.ca)), opened(url, ca_file=str(tmp_path / "stranger.pem"))
        if good:
            assert do(trusting, trusting.get("/json")).status == 200
        else:
            with pytest.raises(ConfigError):
                do(trusting, trusting.get("/json"))
        with pytest.raises(ConfigError):
            do(strange, strange.get("/json"))
        made.shutdown()
        made.server_close()


def test_a_child_makes_its_own_client(server: str) -> None:
    http = opened(server)

    def ask() -> int:
        return run(iter(http.get("/json")), Call(session=Session(), name="t")).status

    assert ask() == 200
    child = os.fork()
    if child == 0:
        os._exit(0 if ask() == 200 else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert ask() == 200
    http.close()
