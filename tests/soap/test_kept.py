"""Compiled forms on disk: found by content, safe to load, and enough to make a call without zeep."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from datetime import date
from pathlib import Path

import pytest

from tests.servers.jaxws import SOURCES, LeaveRegister
from tests.soap.conftest import EMPLOYEE
from workplace_sdk.wires.http import Http
from workplace_sdk.wires.soap import compiling
from workplace_sdk.wires.soap.kept import default_folder
from workplace_sdk.wires.soap.soap import Soap


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    folder = tmp_path / "contract"
    folder.mkdir()
    for name in ("leave.wsdl", "types.xsd"):
        shutil.copy(SOURCES / name, folder)
    return folder / "leave.wsdl"


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The operations that were compiled."""
    found: list[str] = []
    original = compiling.Compiler.form

    def form(self: compiling.Compiler, name: str) -> dict[str, object]:
        found.append(name)
        return original(self, name)

    monkeypatch.setattr(compiling.Compiler, "form", form)
    return found


def opened(wsdl: Path, keep: Path, **options: object) -> Soap:
    return Soap(Http("http://127.0.0.1:1"), wsdl, keep=keep, **options)  # type: ignore[arg-type]


def test_an_operation_is_compiled_once(copied: Path, tmp_path: Path, compiled: list[str]) -> None:
    keep = tmp_path / "kept"
    for _ in range(2):
        soap = opened(copied, keep)
        for _ in range(2):
            soap.plan("Echo")
    assert compiled == ["Echo"]
    opened(copied, keep).plan("GetKinds")
    assert compiled == ["Echo", "GetKinds"]
    assert (keep.stat().st_mode & 0o777, len(list(keep.iterdir()))) == (0o700, 2)
    assert all(one.stat().st_mode & 0o077 == 0 for one in keep.iterdir())


def test_what_was_kept_is_the_same(copied: Path, tmp_path: Path) -> None:
    from workplace_sdk.wires.soap.writing import envelope

    fresh, again = (opened(copied, tmp_path / "kept").plan("SubmitRequest") for _ in range(2))
    value = {"Request": {"Employee": "000101", "Kind": "A", "Day": [{"@xsi:type": "WholeDay", "Date": date(2026, 1, 1)}]}}
    assert envelope(fresh, value) == envelope(again, value)


def test_a_change_of_the_wsdl_or_of_an_import_is_noticed(copied: Path, tmp_path: Path, compiled: list[str]) -> None:
    keep, types = tmp_path / "kept", copied.parent / "types.xsd"
    opened(copied, keep).plan("Echo")
    for file in (copied, types):
        file.write_text(file.read_text("utf-8").replace("</", "\n</", 1), "utf-8")
        opened(copied, keep).plan("Echo")
        opened(copied, keep).plan("Echo")
    assert compiled == ["Echo"] * 3
    types.unlink()
    with pytest.raises(Exception, match=r"types\.xsd"):
        opened(copied, keep).plan("Echo")


def test_it_is_found_by_content_wherever_the_wsdl_is(copied: Path, tmp_path: Path, compiled: list[str]) -> None:
    moved = tmp_path / "moved"
    shutil.copytree(copied.parent, moved)
    opened(copied, tmp_path / "kept").plan("Echo")
    opened(moved / "leave.wsdl", tmp_path / "kept").plan("Echo")
    opened(copied, tmp_path / "kept", version="1.2").plan("Echo")
    assert compiled == ["Echo", "Echo"], "another port is another form"


@pytest.mark.parametrize("content", [b"", b"{", b"{}", b'{"info": 7, "sources": {}, "rows": 0}', b"\xff\xfe", b"null", b"[]"])
def test_what_is_spoiled_is_compiled_again(content: bytes, copied: Path, tmp_path: Path, compiled: list[str]) -> None:
    keep = tmp_path / "kept"
    opened(copied, keep).plan("Echo")
    (file,) = keep.iterdir()
    whole = file.read_bytes()
    for spoiled in (content, whole[: len(whole) // 2]):
        file.write_bytes(spoiled)
        assert opened(copied, keep).plan("Echo").operation == "Echo"
    assert compiled == ["Echo"] * 3
    assert file.read_bytes() == whole


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="Windows has other rights")
def test_what_others_could_write_is_not_used(copied: Path, tmp_path: Path, compiled: list[str]) -> None:
    keep = tmp_path / "kept"
    opened(copied, keep).plan("Echo")
    (file,) = keep.iterdir()
    evil = file.read_bytes().replace(b"urn:example:leave/Echo", b"urn:evil")
    file.write_bytes(evil)
    assert opened(copied, keep).plan("Echo").action == "urn:evil", "the test changes what is read"
    file.chmod(0o666)
    assert opened(copied, keep).plan("Echo").action == "urn:example:leave/Echo"
    file.write_bytes(evil)
    file.chmod(0o600)
    keep.chmod(0o777)
    assert opened(copied, keep).plan("Echo").action == "urn:example:leave/Echo"
    keep.chmod(0o700)
    if os.geteuid() == 0:
        os.chown(file, 12345, 12345)
        assert opened(copied, keep).plan("Echo").action == "urn:example:leave/Echo"
        file.unlink(missing_ok=True)
        opened(copied, keep).plan("Echo")
    target = tmp_path / "elsewhere"
    target.write_bytes(evil)
    for one in keep.iterdir():
        one.unlink()
    file.symlink_to(target)
    assert opened(copied, keep).plan("Echo").action == "urn:example:leave/Echo"
    assert "Echo" in compiled


def test_a_folder_that_cannot_be_written_is_no_error(copied: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert opened(copied, tmp_path / "file" / "kept").plan("Echo")
    assert Soap(Http("http://127.0.0.1:1"), copied, keep=None).plan("Echo")


def test_it_is_kept_in_the_users_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, copied: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert default_folder() == tmp_path / "cache/workplace-sdk/soap"
    Soap(Http("http://127.0.0.1:1"), copied).plan("Echo")
    (file,) = default_folder().iterdir()
    head = json.loads(file.read_text("utf-8").splitlines()[0])
    assert head["info"]["operation"] == "Echo"
    assert set(head["sources"]) == {"leave.wsdl", "types.xsd"}


def test_many_threads_compile_once(copied: Path, tmp_path: Path, compiled: list[str]) -> None:
    soap = opened(copied, tmp_path / "kept")
    threads = [threading.Thread(target=soap.plan, args=("Echo",)) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert compiled == ["Echo"]


CALL = """
import sys
from workplace_sdk.kernel.drivers import run
from workplace_sdk.kernel.session import Call, Session
from workplace_sdk.wires.http import Http
from workplace_sdk.wires.soap.soap import Soap
soap = Soap(Http(sys.argv[1]), sys.argv[2], path="/leave")
answer = run(soap.call("GetSchedule", {"Employee": sys.argv[3]}, reads=True), Call(session=Session(), name="t"))
print(answer["Zone"], *(name for name in ("zeep", "requests", "isodate", "pydantic", "signxml", "asyncio") if name in sys.modules))
"""


def test_a_later_process_makes_the_call_without_zeep(register: LeaveRegister, copied: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    command = [sys.executable, "-c", CALL, register.url, str(copied), EMPLOYEE]
    first, second = (subprocess.run(command, env=environment, capture_output=True, text=True, check=False) for _ in range(2))
    assert "zeep" in first.stdout.split(), first.stderr
    assert second.stdout.split() == ["Europe/Amsterdam"], second.stderr


def test_importing_the_package_loads_no_xml() -> None:
    code = "import sys, workplace_sdk; from workplace_sdk import Workplace; print([n for n in ('lxml', 'zeep', 'spnego') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
