"""The recordings themselves: nothing secret is in them, each exchange says where it is from, and a question of another is not answered."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from vcr import VCR
from vcr.request import Request

from tests.frappe.conftest import HERE, NUMBERS
from tests.recordings import CONFIG, configure, same_body, same_identity, same_query
from workplace_sdk.kernel.drivers import run
from workplace_sdk.kernel.errors import ProtocolError
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.session import Call, Session
from workplace_sdk.wires.http import Bearer, Http

CASSETTES = sorted(HERE.rglob("*.yaml"))
SECRET = {
    "an API key": r"\b[0-9a-f]{15}\b",
    "a session": r"sid=(?!Guest)",
    "a password": r"pwd|passw|Lab-2026",
    "a token": r"(?i)\b(?:bearer|basic|oauth)\s+(?!scrubbed)\S",
    "a CSRF token": r"(?i)csrf",
    "a person's address": r"@(?!lab\.example)[\w-]+\.\w",
    "a path of somebody's machine": r"/home/|/Users/|/root/",
}


def exchanges(path: Path) -> list[dict[str, Any]]:
    content: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return list(content["interactions"])


def strings(value: Any) -> Iterator[str]:
    """All texts in a cassette, as they are sent and answered."""
    if isinstance(value, dict):
        value = [*value.keys(), *value.values()]
    if isinstance(value, list):
        for one in value:
            yield from strings(one)
    elif value is not None:
        yield str(value)


def test_there_are_recordings() -> None:
    assert len(CASSETTES) > 25


@pytest.mark.parametrize("path", CASSETTES, ids=lambda path: path.relative_to(HERE).as_posix())
def test_nothing_secret_is_in_a_recording(path: Path) -> None:
    """In requests nor in replies; a session of a guest is none."""
    everything = "\n".join([*strings(exchanges(path)), path.read_text("utf-8")])
    assert {what: found[0] for what, pattern in SECRET.items() if (found := re.search(pattern, everything))} == {}
    logins = {one for each in exchanges(path) for one in each["request"]["headers"].get("Authorization", [])}
    assert logins <= {f"token {name}:scrubbed" for name in (*NUMBERS, "administrator", "nobody")}


@pytest.mark.parametrize(
    "text",
    [
        "token f00dfeed1234567:7654321deafbeef",
        "sid=9d900420aa9233244d51b7b2",
        "usr=omar%40lab.example&pwd=hunter2",
        "Bearer eyJhbGciOi",
        "someone@example.org",
    ],
)
def test_the_search_finds_what_is_secret(text: str) -> None:
    assert [what for what, pattern in SECRET.items() if re.search(pattern, text)]


@pytest.mark.parametrize("path", CASSETTES, ids=lambda path: path.relative_to(HERE).as_posix())
def test_each_exchange_says_where_it_is_from(path: Path) -> None:
    before = re.findall(r"((?:^# .*\n)+)- request:", path.read_text("utf-8"), re.MULTILINE)
    assert len(before) == len(exchanges(path))
    known = r"frappe(-2)?\.md, \"|follows from the exchange above"
    if path.parent.name == "documented":
        known += "|Documented: "
    assert not [text for text in before if not re.search(known, text)]


def _asked(body: str = '{"a": 1, "b": 2}', query: str = "filters=%7B%22a%22%3A+1%7D", **headers: str) -> Request:
    sent = {"Content-Type": "application/json", **headers}
    return Request("PUT", f"http://127.0.0.1:8311/api/resource/X?{query}", body, sent)


@pytest.mark.parametrize(
    ("matcher", "same", "other"),
    [
        (same_body, _asked('{"b":2,"a":1}'), _asked('{"a": 1, "b": 3}')),
        (same_query, _asked(query="filters=%7B%22a%22:1%7D"), _asked(query="filters=%7B%22a%22:2%7D")),
        (same_identity, _asked(), _asked(Authorization="token omar:scrubbed")),
        (same_identity, _asked(), _asked(Cookie="sid=Guest")),
    ],
)
def test_what_is_asked_differently_is_another_question(matcher: Callable[..., None], same: Request, other: Request) -> None:
    matcher(_asked(), same)
    with pytest.raises(AssertionError):
        matcher(_asked(), other)


def test_a_form_is_compared_by_its_parts() -> None:
    from workplace_sdk.wires.http import FilePart, multipart

    def sent(content: bytes, boundary: str) -> Request:
        body, kind = multipart({"doctype": "X"}, [FilePart("file", "a.pdf", content)])
        old = kind.partition("boundary=")[2]
        return Request(
            "POST", "http://x/", body.replace(old.encode(), boundary.encode()), {"Content-Type": kind.replace(old, boundary)}
        )

    same_body(sent(b"1", "one"), sent(b"1", "other"))
    with pytest.raises(AssertionError):
        same_body(sent(b"1", "one"), sent(b"2", "one"))


class Telling(BaseHTTPRequestHandler):
    """Answers with secrets: in a cookie, and in what it says."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = b'{"message": {"api_secret": "7716b6692701619", "name": "key", "nested": [{"Access_Token": "eyJh\\"bGci"}]}}'
        self.send_response(200)
        self.send_header("Set-Cookie", "sid=9d900420aa9233244d51b7b2; Path=/")
        self.send_header("Set-Cookie", "user_id=Guest; Path=/")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


def test_what_is_recorded_anew_is_scrubbed_on_both_sides(tmp_path: Path) -> None:
    """From a real exchange: a login in a header, in a query, in JSON and in a form, and a session in the reply."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Telling)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    http = Http(f"http://127.0.0.1:{server.server_address[1]}", credentials=Bearer(lambda: "f67834aef74bffe:hush", "token"))
    call = Call(session=Session(), name="t", safety=Safety.ONCE)
    recorder = VCR(cassette_library_dir=str(tmp_path))
    configure(recorder)
    form = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": "sid=hush"}
    with recorder.use_cassette("new.yaml", **{**CONFIG, "record_mode": "all"}):
        reply = run(iter(http.post("/login", json={"usr": "omar", "pwd": "hush", "deep": {"token": "hush"}})), call)
        run(iter(http.exchange("POST", "/login", query={"api_key": "hush"}, body=b"usr=omar&pwd=hush", headers=form)), call)
    http.close()
    server.shutdown()
    server.server_close()
    assert b"7716b6692701619" in reply.body, "who asks gets what was answered"
    text = (tmp_path / "new.yaml").read_text("utf-8")
    assert not [one for one in ("hush", "7716b", "9d9004", "eyJh", "bGci", "f67834") if one in text]
    assert "omar" in text
    assert "user_id=Guest" in text


@pytest.mark.default_cassette("leave/half")
@pytest.mark.vcr
def test_what_was_not_recorded_is_not_answered(seen: Callable[..., Any]) -> None:
    with pytest.raises(ProtocolError, match="CannotOverwriteExistingCassette"):
        seen("leave", "omar").types()
    with pytest.raises(ProtocolError, match="CannotOverwriteExistingCassette"):
        seen("leave", "lena").balances()
