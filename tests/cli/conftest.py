"""Folders with settings and an organisation."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.command import run


@pytest.fixture(scope="session")
def sample_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As ``workplace init --sample`` makes it; to be copied."""
    folder = tmp_path_factory.mktemp("sample")
    done = run(folder, "init", "--sample")
    assert done.returncode == 0, done.stderr
    (folder / "bon.jpg").write_bytes(b"\xff\xd8receipt")
    return folder


@pytest.fixture
def home(sample_home: Path, tmp_path: Path) -> Path:
    """A copy for one test."""
    return Path(shutil.copytree(sample_home, tmp_path / "home"))
