"""Starting a server of the tests, waiting for it, and ending it: only ever the process that was started here."""

from __future__ import annotations

import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path

_SYSTEM = ":/usr/sbin:/usr/local/sbin:/sbin"
_PORTS = range(15000, 32768)  # below what the kernel hands out to clients, who would take the port of a stopped server


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    for port in random.SystemRandom().sample(_PORTS, 200):
        with socket.socket() as sock:
            try:
                sock.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port on 127.0.0.1")


def program(name: str) -> str | None:
    """Where a program is, also where only root looks."""
    return shutil.which(name, path=os.environ.get("PATH", "") + _SYSTEM)


def missing_program(*names: str) -> str | None:
    """Why a server cannot be started: the first program that is not installed."""
    for name in names:
        if program(name) is None and not Path(name).exists():
            return f"{name} is not installed"
    return None


@cache
def _ends_with_parent() -> tuple[str, ...]:
    """What to put before a command so that it ends when the tests do, even when they are killed. (Linux.)"""
    setpriv = program("setpriv")
    if setpriv is None:
        return ()
    command = (setpriv, "--pdeathsig", "TERM")
    return command if subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0 else ()


_KEPT = """\
"$@" & child=$!
trap '%s; wait $child' TERM
wait $child
"""
_ENDED = {
    "TERM": "kill $child; (sleep 3; kill -KILL -$$) & late=$!; wait $child; kill $late",
    "KILL": "kill -KILL $(cat /proc/$child/task/$child/children) $child",
}


def kept(command: Sequence[str], how: str = "TERM") -> list[str]:
    """A command for a server that becomes another user, and would then outlive whoever started it: a shell ends it.

    *how* KILL: it and its workers, at once. TERM: politely first; one that has not ended after three seconds (Cyrus' master may
    spin instead, with all signals blocked) is killed with its workers.
    """
    return ["sh", "-c", _KEPT % _ENDED[how], "sh", *command]


class Server:
    """A child process in a session of its own, with its output in a file."""

    def __init__(
        self, command: Sequence[str], log: Path, *, user: str | None = None, environment: Mapping[str, str] | None = None
    ) -> None:
        self.log = log
        account = pwd.getpwnam(user) if user else None
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [*_ends_with_parent(), *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd=log.parent,
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=[] if account else None,
                env={**os.environ, **(environment or {})},
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait_until(self, ready: Callable[[], bool], seconds: float = 30.0) -> None:
        """Wait until *ready* holds; the end of the log is in the error when it never does."""
        end = time.monotonic() + seconds
        while not ready():
            if self._process.poll() is not None or time.monotonic() > end:
                tail = self.log.read_text(errors="replace")[-2000:]
                self.stop()
                raise RuntimeError(f"{self._process.args!r} did not come up:\n{tail}")
            time.sleep(0.02)

    def stop(self, how: signal.Signals = signal.SIGTERM, seconds: float = 10.0) -> None:
        """End it, politely first."""
        if self._process.poll() is None:
            self._process.send_signal(how)
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()


def listening(port: int, address: str = "127.0.0.1") -> bool:
    """Whether someone listens on the port."""
    with socket.socket() as sock:
        sock.settimeout(1)
        return sock.connect_ex((address, port)) == 0


def serve(told: str, stop: Callable[[], None]) -> None:
    """Say where a server is that someone started by hand; keep it until they interrupt it, or end this process."""
    try:
        for ending in (signal.SIGTERM, signal.SIGINT):  # a shell's background commands ignore the second
            signal.signal(ending, signal.default_int_handler)
        print(told, flush=True)  # from here on they may
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        stop()
