"""Starting a server of the tests, waiting for it, and ending it: only ever the process that was started here."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def missing_program(*names: str) -> str | None:
    """Why a server cannot be started: the first program that is not installed."""
    for name in names:
        if (
            shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin") is None
            and not Path(name).exists()
        ):
            return f"{name} is not installed"
    return None


class Server:
    """A child process in a session of its own, with its output in a file."""

    def __init__(
        self, command: Sequence[str], log: Path, *, user: str | None = None, environment: Mapping[str, str] | None = None
    ) -> None:
        self.log = log
        account = pwd.getpwnam(user) if user else None
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
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


def listening(port: int) -> bool:
    """Whether someone listens on the port."""
    with socket.socket() as sock:
        sock.settimeout(1)
        return sock.connect_ex(("127.0.0.1", port)) == 0
