"""The connector of docs/plugins/rest.md: one file, as an author would write it, with its tests, on a running Redmine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.servers.redmine import Redmine as Server

PAGE = Path(__file__).parent.parent.parent / "docs/plugins/rest.md"
MOST_LINES = 250


def test_the_connector_of_the_page_passes(redmine: Server, tmp_path: Path) -> None:
    *pieces, its_tests = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    module = "\n".join(pieces)
    assert module.count("\n") <= MOST_LINES
    (tmp_path / "redmine_people.py").write_text(module, "utf-8")
    (tmp_path / "test_redmine_people.py").write_text(its_tests, "utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", "-c", "pytest.ini", "."]
    environment = {**os.environ, "REDMINE_URL": redmine.url, "REDMINE_KEY": redmine.keys["svc-workplace"]}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-5000:]
    assert " skipped" not in done.stdout, done.stdout[-1000:]
