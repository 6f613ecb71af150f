"""``workplace init`` writes a file that works, whatever is typed."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tests.cli.command import run
from workplace_sdk import Settings


@pytest.mark.parametrize(
    ("options", "caller"),
    [
        (("--caller", "ana@example.org"), "ana@example.org"),
        (("--caller", "login:ana"), "ana"),
        (("--caller", "nr:12", "--lang", "nl", "--region", "DE-BY", "--time-zone", "Europe/Berlin"), "12"),
        (("--caller", "service:nightly"), "service:nightly"),
        (("--caller", 'login:a "quoted" \\ name'), 'a "quoted" \\ name'),
        (("--caller", "login:łukasz"), "łukasz"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_the_file_works(tmp_path: Path, options: tuple[str, ...], caller: str) -> None:
    done = run(tmp_path, "init", *options, "--json")
    assert done.returncode == 0, done.stderr
    settings = Settings.load(tmp_path / "workplace.toml")
    assert settings.caller is not None
    assert settings.caller.label == caller
    assert settings.language == ("nl" if "nl" in options else "en")
    checked = run(tmp_path, "check")
    assert checked.returncode == 0, checked.stderr
    assert "sqlite, 0 people" in checked.stdout
    assert run(tmp_path, "audit").returncode == 0, "who wrote it is its administrator"


def test_who_is_logged_in_is_the_caller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "mia")
    assert run(tmp_path, "init").returncode == 0
    assert tomllib.loads((tmp_path / "workplace.toml").read_text())["caller"] == "login:mia"


def test_nobody_is_logged_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import getpass

    def unknown() -> str:
        raise OSError("no username set in the environment")

    monkeypatch.setattr(getpass, "getuser", unknown)
    done = run(tmp_path, "init")
    assert done.returncode == 3
    assert "--as" in done.stderr
    (tmp_path / "workplace.toml").write_text('[connections.main]\nconnector = "local"\n')
    assert run(tmp_path, "leave", "balances").returncode == 3


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "workplace.toml").write_text("mine")
    refused = run(tmp_path, "init", "--lang", "nl")
    assert refused.returncode == 2
    assert "--force" in refused.stderr
    assert (tmp_path / "workplace.toml").read_text() == "mine"
    assert run(tmp_path, "init", "--force", "--caller", "login:x").returncode == 0
    assert Settings.load(tmp_path / "workplace.toml").connections


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--region", "XX"), 2),
        (("--region", "NL-XX"), 2),
        (("--time-zone", "Mars"), 3),
        (("--file", "nowhere/workplace.toml"), 2),
        (("--file", "."), 2),
        (("--caller", ""), 2),
        (("--caller", "Łukasz Wiśniewski"), 2),
    ],
)
def test_what_would_not_work_is_not_written(tmp_path: Path, options: tuple[str, ...], code: int) -> None:
    done = run(tmp_path, "init", *options)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_sample_to_try_things_on(sample_home: Path, tmp_path: Path) -> None:
    assert "180" in run(sample_home, "leave", "balances", caller="sanne").stdout
    assert "10 people" in run(sample_home, "check").stdout
    assert run(tmp_path, "init", "--sample").returncode == 0
    (tmp_path / "workplace.toml").unlink()
    again = run(tmp_path, "init", "--sample")
    assert again.returncode == 2, "not into a store that is there"
    assert not (tmp_path / "workplace.toml").exists()
