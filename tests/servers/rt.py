"""Request Tracker 5 for the tests: a helpdesk with two queues and a register of equipment, on loopback, thrown away afterwards.

    python -m tests.servers.rt

prints one line of JSON with the address and accounts, and serves until it is interrupted.
"""

from __future__ import annotations

import argparse
import hashlib
import inspect
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from tests.servers import keeping, rt_seed
from tests.servers.process import Server, free_port, listening, missing_program, program, serve

HOME = Path("/usr/share/request-tracker5")
RT_SERVER = HOME / "libexec" / "rt-server"
_MODULES = ("Plack/Handler/Starlet.pm", "DBD/SQLite.pm")
_SETTINGS = """\
Set($rtname, 'lab.example');
Set($Organization, 'lab.example');
Set($WebDomain, '127.0.0.1');
Set($WebPort, {port});
Set($WebPath, '');
Set($Timezone, 'Europe/Amsterdam');
Set($DatabaseType, 'SQLite');
Set($DatabaseName, '{home}/rt.sqlite');
Set($DatabaseHost, ''); Set($DatabaseUser, ''); Set($DatabasePassword, '');
Set($LogToSyslog, undef); Set($LogToFile, undef); Set($LogToSTDERR, 'warning');
Set($MailCommand, 'testfile');
Set($HTMLFormatter, 'core'); # or each mail starts a browser
Set(@InitialdataFormatHandlers, 'perl', 'RT::Initialdata::JSON');
Set($WebSecureCookies, 0);
Set($BcryptCost, 4); # every request proves its token again
Set(@ReferrerWhitelist, '127.0.0.1:{port}');
$RT::VarPath = '{home}/var'; $RT::MasonDataDir = '{home}/mason'; $RT::MasonSessionDir = '{home}/sessions';
Set(%Lifecycles, facilities => {{
    initial  => ['new'],
    active   => ['open', 'waiting for parts', 'question asked'],
    inactive => ['resolved', 'closed', 'rejected', 'deleted'],
    defaults => {{ on_create => 'new', on_merge => 'resolved' }},
    transitions => {{
        ''                  => ['new', 'open', 'resolved'],
        new                 => ['open', 'question asked', 'resolved', 'rejected', 'deleted'],
        open                => ['waiting for parts', 'question asked', 'resolved', 'rejected', 'deleted'],
        'waiting for parts' => ['open', 'resolved', 'deleted'],
        'question asked'    => ['open', 'resolved', 'rejected', 'deleted'],
        resolved            => ['open', 'closed'],
        closed              => [],
        rejected            => ['open'],
        deleted             => ['open'],
    }},
    rights  => {{ '* -> deleted' => 'DeleteTicket', '* -> *' => 'ModifyTicket' }},
    actions => ['new -> open' => {{ label => 'Open it' }}, 'open -> resolved' => {{ label => 'Resolve', update => 'Respond' }}],
}});
1;
"""


def unavailable() -> str | None:
    """Why Request Tracker cannot be started here."""
    if reason := missing_program("perl", "rt-setup-database-5"):
        return reason
    if not RT_SERVER.exists():
        return "Request Tracker 5 is not installed"
    for module in _MODULES:
        if subprocess.run(["perl", "-e", f"require '{module}'"], capture_output=True, check=False).returncode:
            return f"{module} is not installed"
    return None


def version() -> str:
    """Of the package that is installed."""
    asked = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", "request-tracker5"], capture_output=True, check=False)
    return asked.stdout.decode() or "unknown"


class Rt:
    """A running Request Tracker; accounts and rights are those of ``rt_seed``."""

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="workplace-rt-"))
        made = Path(rt_seed.__file__).read_text() + _SETTINGS + inspect.getsource(_load) + version()
        keeping.copy_kept("rt", hashlib.sha256(made.encode()).hexdigest()[:16], _load, self.home, in_memory=True)
        self.tokens: dict[str, str] = json.loads((self.home / "tokens.json").read_text())
        self.port = free_port()
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        return self._server.pid

    def start(self) -> None:
        """Start it (again), on the same port with the same data."""
        self._server = _started(self.home, self.port, self.tokens)

    def ask(
        self, method: str, path: str, content: Any = None, *, account: str = "root", **headers: str
    ) -> tuple[int, Any, Any]:
        """What it answers to a request of our own: status, headers, JSON (``None`` when there is none)."""
        return asked(self.url, self.tokens[account], method, path, content, **headers)

    def halt(self) -> None:
        """Stop it, keeping the data."""
        self._server.stop()

    def stop(self) -> None:
        """Stop it and remove everything."""
        self.halt()
        shutil.rmtree(self.home, ignore_errors=True)


def asked(url: str, token: str, method: str, path: str, content: Any = None, **headers: str) -> tuple[int, Any, Any]:
    """What a Request Tracker answers to one request."""
    body = None if content is None else content if isinstance(content, bytes) else json.dumps(content).encode()
    given = {"Authorization": f"token {token}", "Content-Type": "application/json"}
    request = Request(
        f"{url}/REST/2.0/{path}", body, {**given, **{k.replace("_", "-"): v for k, v in headers.items()}}, method=method
    )
    from urllib.error import HTTPError

    try:
        with urlopen(request, timeout=60) as reply:
            status, told, answer = reply.status, reply.headers, reply.read()
    except HTTPError as error:
        status, told, answer = error.code, error.headers, error.read()
    return status, told, json.loads(answer) if answer else None


def _environment(home: Path) -> dict[str, str]:
    return {"RT_SITE_CONFIG": str(home / "RT_SiteConfig.pm"), "RT_SITE_CONFIG_DIR": str(home / "site.d"), "LANG": "C.UTF-8"}


def _configure(home: Path, port: int) -> None:
    for name in ("site.d", "mason", "sessions", "var"):
        (home / name).mkdir(exist_ok=True)
    (home / "RT_SiteConfig.pm").write_text(_SETTINGS.format(home=home, port=port))


def _started(home: Path, port: int, tokens: dict[str, str]) -> Server:
    _configure(home, port)
    options = ["--host", "127.0.0.1", "--port", str(port), "--max-workers", "3", "--access-log", "/dev/null"]
    server = Server(["perl", str(RT_SERVER), "--server", "Starlet", *options], home / "log", environment=_environment(home))
    server.wait_until(lambda: listening(port), seconds=60)
    end = time.monotonic() + 60
    while asked(f"http://127.0.0.1:{port}", tokens["root"], "GET", "rt")[0] != 200:
        if time.monotonic() > end:
            server.stop()
            raise RuntimeError(f"Request Tracker answers, and not well:\n{(home / 'log').read_text()[-2000:]}")
        time.sleep(0.1)
    return server


def _load(folder: Path) -> None:
    """Create the database, and what it begins with."""
    _configure(folder, 1)  # nobody listens yet
    (folder / "seed.json").write_text(json.dumps(rt_seed.SEED))
    setup = str(program("rt-setup-database-5"))
    _run(folder, setup, "--action", "init", "--skip-create")
    _run(folder, setup, "--action", "insert", "--datafile", str(folder / "seed.json"))
    perl = ("perl", "-I", str(HOME / "lib"), "-e")
    told = _run(folder, *perl, rt_seed.TOKENS, *rt_seed.ACCOUNTS)
    (folder / "tokens.json").write_text(json.dumps(dict(line.split() for line in told.splitlines())))
    _run(folder, *perl, rt_seed.TICKETS, str(rt_seed.MANY), rt_seed.MANY_OF, *rt_seed.LOCATIONS)


def _run(folder: Path, *command: str) -> str:
    environment = {**os.environ, **_environment(folder)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=folder)
    if done.returncode or "[error]" in done.stderr:
        raise RuntimeError(f"{command[0]}: {done.stdout[-1000:]} {done.stderr[-3000:]}")
    return done.stdout


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    if reason := unavailable():
        sys.exit(reason)
    server = Rt()
    serve(json.dumps({"url": server.url, "tokens": server.tokens, "version": version(), "pid": server.pid}), server.stop)


if __name__ == "__main__":
    main()
