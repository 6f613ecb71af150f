"""Running the command as a person and a script do: in this process where that shows the same, in one of its own, on a terminal."""

from __future__ import annotations

import contextlib
import fcntl
import io
import json
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

MAIL = "delinde.example"
PROGRAM = (sys.executable, "-c", "from workplace_sdk.cli import main; main()")


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str

    def answer(self) -> Any:
        """The JSON of a command that succeeded."""
        assert self.returncode == 0, self.stderr
        return json.loads(self.stdout)

    def error(self) -> Any:
        """The JSON of a command that failed."""
        return json.loads(self.stderr)["error"]


def environment(caller: str | None = None, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("WORKPLACE", "NO_COLOR"))}
    who = {"WORKPLACE_CALLER": caller if ":" in caller or "@" in caller else f"{caller}@{MAIL}"} if caller else {}
    return {**kept, "COLUMNS": "200", **who, **more}


def run(folder: Path, *arguments: str, caller: str | None = None, stdin: str = "") -> Done:
    """In this process: not on a terminal."""
    from workplace_sdk.cli.root import run as command

    out, err = io.StringIO(), io.StringIO()
    with (
        mock.patch.dict(os.environ, environment(caller), clear=True),
        contextlib.chdir(folder),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        mock.patch.object(sys, "stdin", io.StringIO(stdin)),
    ):
        try:
            command(list(arguments))
        except SystemExit as end:
            code = end.code
    assert isinstance(code, int)
    return Done(code, out.getvalue(), err.getvalue())


def run_alone(folder: Path, *arguments: str, caller: str | None = None, **more: str) -> Done:
    """In a process of its own."""
    done = subprocess.run(
        [*PROGRAM, *arguments], cwd=folder, env=environment(caller, **more), capture_output=True, text=True, check=False
    )
    return Done(done.returncode, done.stdout, done.stderr)


def on_a_terminal(
    folder: Path,
    *arguments: str,
    caller: str | None = None,
    keys: Sequence[tuple[str, str]] = (),
    columns: int = 200,
    program: Sequence[str] = PROGRAM,
    limit: float = 60,
    **more: str,
) -> tuple[int, str]:
    """On a terminal that is *columns* wide: each of *keys* is typed once its first text is seen. Exit code and all that was shown."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        kept = {name: value for name, value in environment(caller, **more).items() if name != "COLUMNS"}
        os.execvpe(program[0], [*program, *arguments], {**kept, "TERM": "xterm-256color"})
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    seen, end, waiting = "", time.monotonic() + limit, list(keys)
    while time.monotonic() < end:
        ready, _, _ = select.select([terminal], [], [], 0.1)
        if ready:
            try:
                data = os.read(terminal, 65536)
            except OSError:  # the other side has ended
                break
            if not data:
                break
            seen += data.decode("utf-8", "replace")
        if waiting and waiting[0][0] in seen:
            os.write(terminal, waiting.pop(0)[1].encode())
    else:
        os.kill(child, 9)
        os.waitpid(child, 0)
        os.close(terminal)
        raise AssertionError(f"still running after {limit} s; it showed: {seen}")
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), seen.replace("\r\n", "\n")
