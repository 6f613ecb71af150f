"""How a host is reached: certificates of both sides, proxies, places, and what its settings say."""

from __future__ import annotations

import asyncio
import base64
import ssl
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tests.servers.certificates import Certificates
from tests.servers.process import Server, free_port, listening
from workplace_sdk.kernel.drivers import arun, run
from workplace_sdk.kernel.errors import ConfigError, Conflict, ProtocolError, Rejected, Unavailable
from workplace_sdk.kernel.failures import Retrying, Safety
from workplace_sdk.kernel.session import Call, Session
from workplace_sdk.wires.http import FilePart, Http, HttpSettings, Reply, multipart


class Echo(BaseHTTPRequestHandler):
    """Says what came, slowly when asked, and how many came at once."""

    protocol_version = "HTTP/1.1"
    seen: list[tuple[str, str, dict[str, str], bytes]] = []
    now = most = 0
    lock = threading.Lock()
    gate = threading.Event()

    def log_message(self, *_arguments) -> None:
        return

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with Echo.lock:
            Echo.seen.append((self.command, self.path, dict(self.headers), body))
            Echo.now += 1
            Echo.most = max(Echo.most, Echo.now)
        if self.path.startswith("/gate"):
            Echo.gate.wait(20)
        with Echo.lock:
            Echo.now -= 1
        status, said = 200, b"hello"
        if self.headers.get("If-None-Match") == '"1"':
            status, said = 304, b""
        if self.headers.get("If-Match") == '"old"':
            status = 412
        if self.path.startswith("/echo"):
            status, said = 400, repr(dict(self.headers)).encode() + body
        if self.path.startswith("/no"):
            status, said = 200, b'{"error": "' + self.path[4:].encode() + b'"}'
        self.send_response(status)
        self.send_header("ETag", '"1"')
        self.send_header("Link", '</next?page=2>; rel="next", <https://elsewhere.example/>; rel=last')
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 - the library's names


class Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address) -> None:
        """A client that is turned away is what some tests are about."""


def serve(context: ssl.SSLContext | None = None) -> Quiet:
    server = Quiet(("127.0.0.1", 0), Echo)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture
def address() -> Iterator[str]:
    Echo.seen.clear()
    Echo.most = Echo.now = 0
    Echo.gate.clear()
    server = serve()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    Echo.gate.set()
    server.shutdown()
    server.server_close()


@pytest.fixture(params=["httpx", "httpx2"])
def library(request: pytest.FixtureRequest) -> str:
    return request.param


def call(seconds: float = 10, **others: Any) -> Call:
    return Call(session=Session(time_limit=seconds, retrying=Retrying(attempts=2, base=0.01)), name="t", **others)


def done(http: Http, exchange, *, safety: Safety = Safety.READ, seconds: float = 10) -> Reply:
    """In both colours, which have to agree."""

    async def main() -> Any:
        try:
            return await arun(iter(exchange), call(seconds, safety=safety))
        finally:
            await http.aclose()

    kept: list[Any] = []
    for go in (lambda: run(iter(exchange), call(seconds, safety=safety)), lambda: asyncio.run(main())):
        try:
            kept.append(go())
        except Exception as error:  # noqa: BLE001 - compared below
            kept.append(error)
    http.close()
    assert type(kept[0]) is type(kept[1]), kept
    if isinstance(kept[0], Exception):
        raise kept[0]
    return kept[1]


def test_our_own_certificate(certificates: Certificates, library: str) -> None:
    folder = certificates.folder
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "good.pem", folder / "good.key")
    context.load_verify_locations(certificates.ca)
    context.verify_mode = ssl.CERT_REQUIRED
    server = serve(context)
    settings = {"url": f"https://127.0.0.1:{server.server_address[1]}", "ca_file": "ca.pem", "library": library}
    ours = {"client_certificate": "client.pem", "client_key": "client.key"}
    http = HttpSettings.model_validate(settings | ours).http(folder)
    assert done(http, http.get("/")).status == 200
    without = HttpSettings.model_validate(settings).http(folder)
    with pytest.raises((ConfigError, Unavailable)) as refused:  # what the server says may be lost when it hangs up
        run(iter(without.get("/")), call())
    assert getattr(refused.value, "key", "client_certificate") == "client_certificate"
    missing = HttpSettings.model_validate(settings | {"client_certificate": "nothing.pem"}).http(folder)
    with pytest.raises(ConfigError) as refused:
        done(missing, missing.get("/"))
    assert refused.value.key == "client_certificate"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("name", "key"), [("wrong", "url"), ("expired", "ca_file")])
def test_the_error_says_what_is_wrong_with_a_certificate(certificates: Certificates, library: str, name: str, key: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.folder / f"{name}.pem", certificates.folder / f"{name}.key")
    server = serve(context)
    url = f"https://127.0.0.1:{server.server_address[1]}"
    http = HttpSettings.model_validate({"url": url, "ca_file": certificates.ca, "library": library}).http()
    with pytest.raises(ConfigError) as refused:
        done(http, http.post("/"), safety=Safety.ONCE)
    assert refused.value.key == key
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A real proxy, with a password."""
    pytest.importorskip("proxy", reason="proxy.py is not installed")
    port, folder = free_port(), tmp_path_factory.mktemp("proxy")
    options = [
        "--hostname",
        "127.0.0.1",
        "--port",
        str(port),
        "--basic-auth",
        "us:pr0xy",
        "--num-workers",
        "1",
        "--num-acceptors",
        "1",
    ]
    server = Server([sys.executable, "-m", "proxy", *options], folder / "log", environment={"HOME": str(folder)})
    server.wait_until(lambda: listening(port))
    yield port
    server.stop()


@pytest.mark.parametrize("tls", [False, True])
def test_through_a_proxy(proxy: int, certificates: Certificates, library: str, monkeypatch, *, tls: bool) -> None:
    context = None
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates.folder / "good.pem", certificates.folder / "good.key")
    server = serve(context)
    monkeypatch.setenv("PROXY_PASSWORD", "pr0xy")
    url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_address[1]}"
    plain = {"url": url, "ca_file": certificates.ca, "library": library, "proxy": f"http://127.0.0.1:{proxy}"}
    known = plain | {"proxy_user": "us", "proxy_password": {"env": "PROXY_PASSWORD"}}
    http = HttpSettings.model_validate(known).http()
    Echo.seen.clear()
    assert done(http, http.get("/through")).body == b"hello"
    assert [one[1] for one in Echo.seen] == ["/through"] * 2
    stranger = HttpSettings.model_validate(plain).http()
    with pytest.raises((Rejected, Unavailable), match=r"407|proxy"):
        done(stranger, stranger.post("/through"), safety=Safety.ONCE)
    assert len(Echo.seen) == 2
    assert "pr0xy" not in f"{http!r}{vars(http)!r}{http.clients.reach!r}"
    server.shutdown()
    server.server_close()


def test_no_more_than_so_many_at_once_whoever_asks(address: str, library: str) -> None:
    first = HttpSettings.model_validate({"url": address, "connections": 3, "library": library}).http()
    second = HttpSettings.model_validate({"url": f"{address}/below", "connections": 9, "library": library}).http()
    threads = [threading.Thread(target=lambda: run(iter(first.get("/gate")), call())) for _ in range(4)]
    for thread in threads:
        thread.start()

    async def main() -> None:
        tasks = [asyncio.create_task(arun(iter(second.get("/gate")), call())) for _ in range(6)]
        for _ in range(200):
            await asyncio.sleep(0.01)
            if Echo.now == 3:
                break
        await asyncio.sleep(0.2)
        assert Echo.most == 3
        assert first.clients.slots.taken == 3
        tasks[-1].cancel()  # who leaves the queue takes no place
        Echo.gate.set()
        done = await asyncio.gather(*tasks, return_exceptions=True)
        assert [isinstance(one, Reply) for one in done] == [True] * 5 + [False]
        await second.aclose()

    asyncio.run(main())
    for thread in threads:
        thread.join()
    assert Echo.most == 3
    assert first.clients.slots.taken == 0
    first.close()


def test_who_waits_for_a_place_too_long_has_sent_nothing(address: str, library: str) -> None:
    http = HttpSettings.model_validate({"url": address, "connections": 1, "library": library}).http()
    thread = threading.Thread(target=lambda: run(iter(http.get("/gate")), call()))
    thread.start()
    while not Echo.seen:
        thread.join(0.01)
    with pytest.raises(Unavailable, match="no connection was free"):
        run(iter(http.post("/x")), call(0.3, safety=Safety.ONCE))
    Echo.gate.set()
    thread.join()
    assert len(Echo.seen) == 1
    assert run(iter(http.get("/x")), call()).status == 200
    http.close()


def test_versions(address: str, library: str) -> None:
    http = HttpSettings.model_validate({"url": address, "library": library}).http()
    reply = done(http, http.get("/"))
    assert reply.etag == '"1"'
    assert reply.links == {"next": "/next?page=2", "last": "https://elsewhere.example/"}
    again = done(http, http.get("/", if_none_match=reply.etag))
    assert again.not_modified
    with pytest.raises(Conflict):
        done(http, http.put("/", json={}, if_match='"old"'), safety=Safety.ONCE)


def test_addresses_of_other_hosts_are_not_followed(address: str) -> None:
    http = Http(f"{address}/api")
    assert http.resolve("/next?page=2") == f"{address}/next?page=2"
    assert http.resolve("users/1") == f"{address}/api/users/1"
    for bad in ("https://elsewhere.example/", "//elsewhere.example/x", address.replace("http:", "https:")):
        with pytest.raises(ProtocolError, match="another host"):
            http.resolve(bad)


def test_how_a_system_says_no(address: str, library: str) -> None:
    def refusal(reply: Reply):
        if not reply.body.startswith(b'{"error"'):
            return None
        kinds = {"busy": Unavailable("later"), "odd": ProtocolError("what?"), "no": Rejected("it may not be", field="days")}
        return kinds[reply.json()["error"]]

    http = HttpSettings.model_validate({"url": address, "library": library}).http(refusal=refusal)
    for word, kind, times in (("no", Rejected, 2), ("busy", Unavailable, 4)):
        Echo.seen.clear()
        with pytest.raises(kind):
            done(http, http.get(f"/no/{word}"))
        assert len(Echo.seen) == times  # who is busy is asked again, in each colour
    assert done(http, http.get("/")).body == b"hello"


def test_what_the_other_side_echoes_is_not_shown(address: str, library: str, monkeypatch) -> None:
    monkeypatch.setenv("TOKEN", "s3cr3t")
    for auth in (
        {"kind": "bearer", "token": {"env": "TOKEN"}},
        {"kind": "basic", "user": "ana", "password": {"env": "TOKEN"}},
        {"kind": "header", "name": "X-Key", "value": {"env": "TOKEN"}},
    ):
        http = HttpSettings.model_validate({"url": address, "library": library, "auth": auth}).http()
        reply = done(http, http.exchange("POST", "/echo", body=b"x", accept=(400,)))
        encoded = base64.b64encode(b"ana:s3cr3t").decode()
        assert "s3cr3t" in reply.text or encoded in reply.text
        assert "s3cr3t" not in reply.excerpt
        assert encoded not in reply.excerpt
        assert "s3cr3t" not in f"{reply!r} {http.credentials!r}"
    http = Http(address)
    reply = done(
        http, http.exchange("POST", "/echo", body=b"who", accept=(400,), finish=lambda out: out.with_body(b"pw-9", "pw-9"))
    )
    assert "pw-9" in reply.text
    assert "pw-9" not in reply.excerpt


def test_forms_with_files_are_the_same_each_time(address: str) -> None:
    files = (FilePart("file", "bon é.jpg", bytes(range(256)), "image/jpeg"),)
    body, content_type = multipart({"name": "Øre"}, files)
    assert (body, content_type) == multipart({"name": "Øre"}, files)
    assert multipart({"name": "x"}, files)[1] != content_type
    http = Http(address)
    done(http, http.exchange("POST", "/", body=body, headers={"Content-Type": content_type}), safety=Safety.ONCE)
    import email
    import email.policy

    raw = f"Content-Type: {Echo.seen[-1][2]['Content-Type']}\r\n\r\n".encode() + Echo.seen[-1][3]
    parts = list(email.message_from_bytes(raw, policy=email.policy.HTTP).iter_parts())
    assert [part.get_param("name", header="content-disposition") for part in parts] == ["name", "file"]
    assert parts[0].get_payload(decode=True) == "Øre".encode()
    assert parts[1].get_payload(decode=True) == bytes(range(256))
    assert parts[1].get_content_type() == "image/jpeg"


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ({"auth": {"kind": "basic", "user": "a", "password": "hunter2"}}, "not written in this file"),
        ({"client_key": "x.key"}, "client_key needs client_certificate"),
        ({"proxy": "http://a:b@proxy"}, "not written in an address"),
        ({"proxy": "proxy:3128"}, "give http://host:port"),
        ({"proxy": "http://proxy", "proxy_user": "a"}, "go together"),
        ({"connections": 0}, "greater than"),
        ({"library": "requests"}, "httpx"),
        ({"verify": False}, "Extra inputs"),
    ],
)
def test_settings_that_cannot_be(table: dict[str, Any], text: str) -> None:
    with pytest.raises(ValidationError, match=text):
        HttpSettings.model_validate({"url": "https://x.example", **table})


def test_a_library_that_is_not_there(monkeypatch, address: str) -> None:
    monkeypatch.setitem(sys.modules, "httpx2", None)
    with pytest.raises(ConfigError, match="pip install"):
        HttpSettings.model_validate({"url": address, "library": "httpx2"}).http()


def test_a_request_that_cannot_be_written_is_not_sent(address: str, library: str, tmp_path: Path) -> None:
    http = HttpSettings.model_validate({"url": address, "library": library}).http()
    with pytest.raises(ProtocolError, match="cannot be written"):
        done(http, http.exchange("POST", "/", headers={"X": "Łuk\n"}), safety=Safety.ONCE)
    assert Echo.seen == []
