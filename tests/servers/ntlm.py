"""A web server that wants a Windows login, with Samba's ``ntlm_auth`` deciding: it knows one user, and no domain.

Connections are logged in, as Windows does it; requests that are may be handed on to another server.
"""

from __future__ import annotations

import http.client
import json
import shutil
import subprocess
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.servers.process import missing_program, program

USER, PASSWORD, DOMAIN = "svc", "s&cret w\u00f6rd", "LAB"


def unavailable() -> str | None:
    """Why it cannot be started here."""
    return missing_program("ntlm_auth")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    home: Path
    backend: int | None
    seen: list[tuple[str, int, bytes]]

    def setup(self) -> None:
        super().setup()
        self.user: str | None = None
        self.helper: subprocess.Popen[str] | None = None

    def finish(self) -> None:
        self._forget()
        super().finish()

    def _forget(self) -> None:
        if self.helper is not None:
            self.helper.kill()
            self.helper.communicate()
            self.helper = None

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        self.seen.append((scheme, len(body), self.client_address[1].to_bytes(4, "big")))
        if scheme in ("NTLM", "Negotiate") and token:
            self.user = None
            answer = self._decided(scheme, token)
            if answer is not None:
                self._send(401, b"", {"WWW-Authenticate": answer})
                return
        if self.user is None:
            self._send(401, b"no", {"WWW-Authenticate": "Negotiate, NTLM"})
            return
        if self.backend is not None:
            self._hand_on(body)
            return
        told = {"user": self.user, "body": body.decode()}
        self._send(200, json.dumps(told).encode(), {"Content-Type": "application/json"})

    do_GET = do_POST  # noqa: N815 - the library's name

    def _decided(self, scheme: str, token: str) -> str | None:
        """What to answer with 401; ``None`` when the user is known."""
        first = self.helper is None
        if self.helper is None:
            kind = "squid-2.5-ntlmssp" if scheme == "NTLM" else "gss-spnego"
            self.helper = subprocess.Popen(
                [str(program("ntlm_auth")), f"--helper-protocol={kind}", f"--username={USER}", f"--password={PASSWORD}",
                 f"--domain={DOMAIN}", f"--configfile={self.home / 'smb.conf'}"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            )  # fmt: skip
        assert self.helper.stdin is not None
        assert self.helper.stdout is not None
        self.helper.stdin.write(f"{'YR' if first else 'KK'} {token}\n")
        self.helper.stdin.flush()
        verdict, *words = self.helper.stdout.readline().split()
        if verdict == "TT":
            return f"{scheme} {words[0]}"
        self._forget()
        if verdict == "AF":
            self.user = words[-1]
            return None
        return scheme

    def _hand_on(self, body: bytes) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.backend, timeout=30)
        kept = {name: value for name, value in self.headers.items() if name.lower() in ("content-type", "soapaction", "accept")}
        connection.request("POST", self.path, body, kept)
        answer = connection.getresponse()
        self._send(answer.status, answer.read(), {"Content-Type": answer.headers.get("Content-Type", "")})
        connection.close()

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: Any) -> None:
        return


class WindowsLogin:
    """A running server. *seen*: of each request the scheme, the bytes of the body, and which connection it was."""

    def __init__(self, backend: int | None = None) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="workplace-ntlm-"))
        places = "".join(f"{name} directory = {self.home}\n" for name in ("private dir = x\nlock", "state", "cache", "pid"))
        text = f"[global]\nworkgroup = {DOMAIN}\nnetbios name = LABSRV\n{places.replace('private dir = x', f'private dir = {self.home}')}"
        (self.home / "smb.conf").write_text(text)
        self.seen: list[tuple[str, int, bytes]] = []
        handler = type("Handler", (_Handler,), {"home": self.home, "backend": backend, "seen": self.seen})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def stop(self) -> None:
        """Stop it and remove everything."""
        self._server.shutdown()
        self._server.server_close()
        shutil.rmtree(self.home, ignore_errors=True)
