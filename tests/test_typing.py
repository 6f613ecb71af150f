"""What type checkers and editors make of an operation."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

import pytest

ROOT = Path(__file__).parent.parent
FILE = ROOT / "tests" / "typing" / "operations.py"
WANTED = {number for number, line in enumerate(FILE.read_text().splitlines(), start=1) if line.endswith("# error")}


def test_mypy_finds_these_errors_and_no_others() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--hide-error-context", str(FILE)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = {int(number) for number in re.findall(r"operations\.py:(\d+): error", done.stdout)}
    assert found == WANTED, done.stdout + done.stderr


def test_pyright_finds_these_errors_and_no_others() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, str(FILE)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    report = json.loads(done.stdout)
    found = {one["range"]["start"]["line"] + 1 for one in report["generalDiagnostics"] if one["severity"] == "error"}
    assert found == WANTED, report["generalDiagnostics"]


class Editor:
    """The least an editor says to pyright's language server."""

    def __init__(self) -> None:
        command = [sys.executable, "-c", "import pyright.langserver as server; server.main('--stdio')"]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self.number = 0

    def say(self, method: str, params: dict[str, Any], *, ask: bool = False) -> Any:
        message: dict[str, Any] = {"jsonrpc": "2.0", "method": method, "params": params}
        if ask:
            self.number += 1
            message["id"] = self.number
        body = json.dumps(message).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()
        while ask:
            heard = self.hear()
            if heard.get("id") == self.number and "method" not in heard:
                return heard.get("result")
            if "id" in heard:  # the server asks for settings: it gets none
                answer = json.dumps({"jsonrpc": "2.0", "id": heard["id"], "result": [None]}).encode()
                self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(answer), answer))
                self.process.stdin.flush()
        return None

    def hear(self) -> dict[str, Any]:
        stream: IO[bytes] | None = self.process.stdout
        assert stream is not None
        length = 0
        while line := stream.readline().strip():
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        return json.loads(stream.read(length))

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(10)
        for stream in (self.process.stdin, self.process.stdout):
            assert stream is not None
            stream.close()


@pytest.mark.timeout(180)
def test_an_editor_shows_what_an_operation_does() -> None:
    editor = Editor()
    try:
        root = ROOT.as_uri()
        editor.say(
            "initialize",
            {"processId": None, "rootUri": root, "capabilities": {}, "workspaceFolders": [{"uri": root, "name": "x"}]},
            ask=True,
        )
        editor.say("initialized", {})
        text = FILE.read_text()
        editor.say(
            "textDocument/didOpen", {"textDocument": {"uri": FILE.as_uri(), "languageId": "python", "version": 1, "text": text}}
        )
        line = next(number for number, one in enumerate(text.splitlines()) if "work.leave.balances(ana, on" in one)
        at = {"line": line, "character": text.splitlines()[line].index("balances") + 2}
        shown = editor.say("textDocument/hover", {"textDocument": {"uri": FILE.as_uri()}, "position": at}, ask=True)
    finally:
        editor.close()
    assert shown is not None
    assert "may still take, per leave type" in json.dumps(shown)
