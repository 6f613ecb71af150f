"""``workplace meeting`` as a clerk uses it: a room, lunch from somewhere else, and what to do when it goes wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.command import run
from tests.meetings import office

SETTINGS = """
time_zone = "Europe/Amsterdam"
caller = "noor@delinde.example"
store = { url = "sqlite:///main.db" }
services = { leave = "main", experts = "main", rooms = "main", expenses = "main", incidents = "main" }

[connections.main]
connector = "local"
[connections.facility]
connector = "local"
url = "sqlite:///facility.db"
[connections.post]
connector = "smtp"
host = "127.0.0.1"
port = 1
sender = "workplace@delinde.example"

[meetings.orders.lunch]
items = ["Lunch"]
connection = "facility"
[meetings.orders.cake]
items = ["Cake"]
connection = "post"
to = "baker@example.org"
"""
ASKED = ("meeting", "plan", "Overleg", "2027-12-03", "12:00", "13:30", "--lunch", "8", "--vegetarian", "2", "--projector")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("meeting")
    office.furnish(f"sqlite:///{folder}/main.db", folder)
    (folder / "workplace.toml").write_text(SETTINGS)
    return folder


def test_planned_shown_and_cancelled(home: Path) -> None:
    nobody = run(home, *ASKED)
    assert nobody.returncode == 2
    assert "8 x Lunch (2 vegetarian): 78.00 EUR, from lunch (facility)." in nobody.stderr
    done = run(home, *ASKED, "--yes", "--lang", "nl")
    assert done.returncode == 0, done.stderr
    head, *lines = done.stdout.splitlines()
    assert head == "Overleg, 2027-12-03 12:00-13:30, Beuk"
    assert lines[:2] == ["  Beuk: geregeld", "  8 x Lunch (2 vegetarisch): geregeld"]
    key = lines[-1].split()[-1]
    shown = run(home, "meeting", "show", key, "--json").answer()
    assert [part["connection"] for part in shown["parts"]] == ["main", "facility"]
    assert run(home, "meeting", "show", key, caller="sanne").returncode == 5
    assert run(home, "meeting", "resume", key, "--yes").returncode == 6
    gone = run(home, "meeting", "cancel", key, "--yes")
    assert gone.returncode == 0, gone.stderr
    assert "Beuk: given back" in gone.stdout
    assert run(home, "meeting", "cancel", key, "--yes").returncode == 6


def test_the_first_time_of_a_day(home: Path) -> None:
    planned = run(home, "meeting", "plan", "Kort", "2027-12-06", "--minutes", "30", "--lunch", "3", "--yes", "--json").answer()
    assert planned["room"] == "Wilg"
    assert planned["spans"][0]["start"] == "2027-12-06T08:00:00+01:00"


def test_what_cannot_be_leaves_nothing(home: Path) -> None:
    failed = run(home, *ASKED, "--order", "1 Cake", "--yes")  # nobody answers at the mail server
    assert failed.returncode == 6, failed.stderr
    assert "1 x Cake cannot be had now; nothing was kept." in failed.stderr
    assert run(home, "meeting", "unfinished").stdout == "Nothing is unfinished.\n"
    mine = run(home, "rooms", "mine", "--since", "2027-12-03", "--until", "2027-12-03", "--json").answer()["items"]
    assert [one for one in mine if one["components"] and one["occurrences"][0]["state"]["value"] == "confirmed"] == []
    best = run(home, *ASKED, "--order", "1 Cake", "--best-effort", "--yes")
    assert best.returncode == 0, best.stderr
    assert "1 x Cake: not had" in best.stdout


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--vegetarian", "2"), "go with --lunch"),
        (("--lunch", "3", "--diet", "2 grass"), "vegetarian"),
        (("--order", "Lunch"), "a number and a name"),
        (("--with", "pool"), "none of"),
    ],
)
def test_wrong_use(home: Path, arguments: tuple[str, ...], text: str) -> None:
    done = run(home, "meeting", "plan", "x", "2027-12-03", "12:00", "13:00", *arguments, "--yes")
    assert done.returncode == 2
    assert text in done.stderr


def test_nothing_to_resume(home: Path) -> None:
    assert run(home, "meeting", "resume", "--yes").returncode == 7
