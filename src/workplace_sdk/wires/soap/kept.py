"""Compiled forms on disk, so that a command does not read a large WSDL each time it is started.

A form is text: a line of JSON about the operation, then a line for each of its types. Nothing of it is ever run. It is found by
the content of the WSDL, of this library's compiler, and of what was asked for, and it is good while the imported files
are unchanged too. A folder or file that others could have written is neither used nor touched.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import stat
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from workplace_sdk.wires.soap.plan import Plan

_log = logging.getLogger("workplace_sdk")
_COMPILER: Final = ("compiling.py", "documents.py", "facts.py", "plan.py", "kept.py")
_LARGEST: Final = 50_000_000


def default_folder() -> Path:
    """Below the user's cache folder."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "workplace-sdk" / "soap"


@cache
def _compiler() -> bytes:
    """What tells this compiler from an earlier one: its own text."""
    digest = hashlib.sha256()
    for name in _COMPILER:
        digest.update(Path(__file__).with_name(name).read_bytes())
    return digest.digest()


def key_of(content: bytes, *asked: str | None) -> str:
    """The name of a form."""
    digest = hashlib.sha256(_compiler())
    for one in asked:
        digest.update(b"\0" + (one or "").encode())
    digest.update(content)
    return digest.hexdigest()


class Kept:
    """A folder of compiled forms; made when first written to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, key: str) -> tuple[Plan, Mapping[str, str]] | None:
        """A form, and the digests of the files it was made of; ``None`` when there is none that can be trusted."""
        path = self.folder / f"{key}.form"
        try:
            if not self._ours(self.folder.lstat(), stat.S_ISDIR):
                return None
            handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        except OSError:
            return None
        with open(handle, "rb") as file:  # noqa: PTH123 - a handle
            about = os.fstat(handle)
            if not self._ours(about, stat.S_ISREG) or about.st_size > _LARGEST:
                return None
            content = file.read()
        try:
            head, *rows = content.decode().split("\n")
            told = json.loads(head)
            if told["rows"] != len(rows):
                return None
            return Plan(told["info"], rows), told["sources"]
        except (ValueError, LookupError, TypeError, UnicodeDecodeError):
            return None

    def put(self, key: str, form: Mapping[str, Any], sources: Mapping[str, str]) -> None:
        """Keep a form; when that cannot be done, it is compiled again next time."""
        info = {name: value for name, value in form.items() if name != "types"}
        rows = [json.dumps(row, separators=(",", ":")) for row in form["types"]]
        head = json.dumps({"info": info, "sources": dict(sources), "rows": len(rows)}, separators=(",", ":"))
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self._ours(self.folder.lstat(), stat.S_ISDIR):
                _log.warning("%s can be written by others: no compiled WSDL is kept there", self.folder)
                return
            handle, name = tempfile.mkstemp(dir=self.folder, suffix=".part")
            try:
                with open(handle, "wb") as file:  # noqa: PTH123 - a handle
                    file.write("\n".join((head, *rows)).encode())
                Path(name).replace(self.folder / f"{key}.form")
            except OSError:
                with contextlib.suppress(OSError):
                    Path(name).unlink()
                raise
        except OSError as error:
            _log.info("a compiled WSDL could not be kept: %s", error)

    @staticmethod
    def _ours(about: os.stat_result, kind: Any) -> bool:
        """Whether it is what it should be, belongs to us, and nobody else may write it."""
        if not kind(about.st_mode):
            return False
        if not hasattr(os, "geteuid"):
            return True  # Windows: the profile's own folder
        return about.st_uid == os.geteuid() and not about.st_mode & 0o022
