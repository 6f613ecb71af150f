"""The code in the documentation runs, page by page, in the sample organisation."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from workplace_sdk import Workplace
from workplace_sdk.connectors.local.leave_setup import add_type, grant
from workplace_sdk.settings import Settings
from workplace_sdk.testing import Sample, sample_workplace

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
ELSEWHERE = {
    "docs/plugins/connector.md",
    "docs/plugins/rest.md",
    "docs/plugins/soap.md",
}  # packages of their own: see below, tests/redmine/test_example.py and tests/soap/test_example.py


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page.read_text("utf-8"), re.DOTALL)


def named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.fixture
def sample(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sample]:
    """What ``Workplace.open()`` finds while a page runs: the sample, as Sanne sees it."""
    with sample_workplace() as made:
        with made.local.database.engine().begin() as connection:
            annual = add_type(connection, "Annual leave")
            for person in range(1, 11):
                grant(connection, person, annual, Decimal(200), date(2026, 1, 1), date(2026, 12, 31))
        monkeypatch.setattr(Workplace, "open", classmethod(lambda *_: made.person("sanne")))
        yield made


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python") and named(page) not in ELSEWHERE], ids=named)
def test_a_page_runs(page: Path, sample: Sample) -> None:
    names: dict[str, object] = {}
    for block in blocks(page, "python"):
        exec(compile(block, str(page), "exec"), names)
    for name, value in names.items():
        if name.startswith("test_"):
            value(sample)  # type: ignore[operator]  # a test that the page shows


@pytest.mark.parametrize(
    ("page", "text"),
    [(page, text) for page in PAGES if named(page) not in ELSEWHERE for text in blocks(page, "toml") if "[connections" in text],
    ids=lambda value: named(value) if isinstance(value, Path) else "",
)
def test_settings_on_a_page_are_right(page: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each connection's own table too: by the connector that it names."""
    from workplace_sdk.workplace import connector_class

    settings = Settings.checked(tomllib.loads(text))
    assert settings.connections
    for connection in settings.connections.values():
        connector_class(connection.connector).settings_type.model_validate(connection.own)


def test_the_connector_of_the_page_passes(tmp_path: Path) -> None:
    module, its_tests = blocks(ROOT / "docs/plugins/connector.md", "python")
    (tmp_path / "phonebook.py").write_text(module, "utf-8")
    (tmp_path / "test_phonebook.py").write_text(its_tests, "utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", "-c", "pytest.ini", "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
    assert " skipped" not in done.stdout


def test_every_page_is_in_the_table_of_contents() -> None:
    contents = (ROOT / "mkdocs.yml").read_text("utf-8")
    assert [name for page in PAGES[1:] if (name := page.relative_to(ROOT / "docs").as_posix()) not in contents] == []


def test_the_support_tables_are_what_the_classes_say() -> None:
    from scripts import support_matrix

    hint = "run scripts/support_matrix.py --write"
    assert support_matrix.PAGE.read_text("utf-8") == support_matrix.written_page(), hint
    assert support_matrix.README.read_text("utf-8") == support_matrix.written_readme(), hint


def test_the_rights_are_what_the_classes_say() -> None:
    from scripts import rights_table

    assert rights_table.PAGE.read_text("utf-8") == rights_table.written_page(), "run scripts/rights_table.py --write"


def test_every_key_of_the_settings_is_on_its_page() -> None:
    from workplace_sdk import settings
    from workplace_sdk.workplace import ENTRY_POINTS, connector_class

    page = (ROOT / "docs/settings.md").read_text("utf-8")
    for model in (
        settings.StoreSettings,
        settings.ConnectionSettings,
        settings.MeetingsSettings,
        settings.RoleSettings,
        settings.DelegationSettings,
        settings.Settings,
    ):
        missing = [
            name
            for name in model.model_fields
            if f"`{name}`" not in page and f"[{name}]" not in page and f"[{name}.NAME]" not in page
        ]
        assert [name for name in missing if name not in {"file", "delegations"}] == [], model.__name__
    for point in entry_points(group=ENTRY_POINTS):
        if point.dist is None or point.dist.name != "workplace-sdk":
            continue
        pages = [ROOT / "docs/connectors" / f"{point.name}.md", ROOT / "docs/http.md", ROOT / "docs/services/meetings.md"]
        text = "".join(one.read_text("utf-8") for one in pages if one.exists())
        own = connector_class(point.name).settings_type.model_fields
        assert [name for name in own if not re.search(rf"\b{name}\b", text)] == [], point.name
