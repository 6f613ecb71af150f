"""The command as a person and a script use it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from workplace_sdk.connectors.local.connector import Local, LocalSettings
from workplace_sdk.connectors.local.sample import fill


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with settings and an organisation."""
    folder = tmp_path_factory.mktemp("home")
    done = run(folder, "init", "--caller", "noor@delinde.example")
    assert done.returncode == 0, done.stderr
    local = Local("main", LocalSettings(url=f"sqlite:///{folder / 'workplace.db'}"))
    with local.database.engine().begin() as connection:
        fill(connection, "main", 2027)
    local.database.close()
    (folder / "bon.jpg").write_bytes(b"\xff\xd8receipt")
    return folder


def run(folder: Path, *arguments: str, caller: str | None = None, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WORKPLACE")}
    environment = {**kept, "COLUMNS": "200"}
    if caller:
        environment["WORKPLACE_CALLER"] = f"{caller}@delinde.example"
    command = [sys.executable, "-c", "from workplace_sdk.cli import main; main()", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, input=stdin, check=False)


def answer(done: subprocess.CompletedProcess[str]):
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_check_and_support(home: Path) -> None:
    done = run(home, "check")
    assert done.returncode == 0, done.stderr
    assert "sqlite, 10 people" in done.stdout
    table = answer(run(home, "support", "leave", "--json"))
    assert {
        "operation": "leave.submit",
        "connection": "main",
        "support": "here",
        "evidence": "live",
        "note": "attachment_bytes at most 10000000",
    } in table


def test_leave_from_request_to_decision(home: Path) -> None:
    asked = ("leave", "request", "2027-04-20", "2027-04-22", "--type", "Vakantie")
    nobody = run(home, *asked, caller="sanne")
    assert nobody.returncode == 2
    assert "--yes" in nobody.stderr
    assert "costs 9 hours" in nobody.stderr
    request = answer(run(home, *asked, "--yes", "--json", caller="sanne"))
    assert request["status"]["value"] == "submitted"
    ref = f"leave:main/{request['ref']['id']}"
    assert run(home, *asked, "--yes", caller="sanne").returncode == 6
    inbox = answer(run(home, "inbox", "--json", caller="mehmet"))
    assert [one["who"] for one in inbox] == ["Sanne de Boer"]
    refused = run(home, "leave", "decide", ref, "approve", "--yes", "--lang", "nl", caller="joao")
    assert refused.returncode == 5
    assert "U mag dit niet doen." in refused.stderr
    decided = run(home, "leave", "decide", ref, "approve", "--yes", caller="mehmet")
    assert decided.returncode == 0, decided.stderr
    assert "approved" in decided.stdout
    found = run(home, "reconcile", "leave.submit", request["key"], "--json", caller="sanne")
    assert answer(found)["ref"] == request["ref"]
    assert run(home, "reconcile", "leave.submit", "nothing", caller="sanne").returncode == 7
    balances = run(home, "leave", "balances", "--on", "2027-12-31", "--lang", "nl", caller="sanne")
    assert balances.stdout.splitlines()[0].startswith("verlof")


def test_hours_illness_and_what_happened(home: Path) -> None:
    part = ("leave", "request", "2027-06-02", "--type", "Vakantie", "--hours", "1,5", "--from", "09:00", "--yes", "--json")
    request = answer(run(home, *part, caller="sanne"))
    assert request["days"][0]["start"] == "09:00:00"
    assert request["days"][0]["charged"]["value"] == "1.5"
    both = run(home, *part, "--first-half", "am", caller="sanne")
    assert both.returncode == 6
    ref = f"leave:main/{request['ref']['id']}"
    shown = run(home, "leave", "show", ref, caller="sanne")
    assert "submitted Sanne de Boer" in shown.stdout + shown.stderr
    assert "9, 0, 9, 0, 9" in run(home, "leave", "schedule", caller="sanne").stdout
    case = answer(run(home, "leave", "sick", "--yes", "--json", caller="joao"))
    assert run(home, "leave", "sick", "--yes", caller="joao").returncode == 6
    assert run(home, "leave", "recovered", f"sick:main/{case['ref']['id']}", "--yes", caller="sanne").returncode == 5
    well = answer(run(home, "leave", "recovered", "--yes", "--json", caller="joao"))
    assert well["back_on"] == case["first_day"]
    assert run(home, "leave", "recovered", "--yes", caller="joao").returncode == 7


def test_leave_is_set_up_by_files(home: Path) -> None:
    (home / "types.csv").write_text("name,unit,unlimited\nStudie,hour,yes\nFout,week,\n", "utf-8")
    (home / "grants.csv").write_text("person,type,amount,first,last\nlogin:bram,Studie,8,2027-01-01,2027-12-31\n", "utf-8")
    (home / "weeks.csv").write_text("person,week,first\nlogin:bram,9 9 9 9,2027-01-01\n", "utf-8")
    refused = run(home, "import", "leave-types", "types.csv", "--yes")
    assert refused.returncode == 6
    assert "types.csv:3: unit" in refused.stderr
    assert run(home, "import", "leave-grants", "grants.csv", "--yes").returncode == 0
    assert run(home, "import", "schedules", "weeks.csv", "--yes").returncode == 0
    assert run(home, "import", "schedules", "weeks.csv", "--yes", caller="bram").returncode == 5
    assert "Studie" in run(home, "leave", "types", caller="bram").stdout


def test_the_other_four(home: Path) -> None:
    found = answer(run(home, "experts", "find", "pritners", "--json", caller="sanne"))
    assert found["items"][0]["expert"]["person"]["display_name"] == "Bram Hoekstra"
    book = (
        "rooms",
        "book",
        "Overleg",
        "2027-03-10",
        "12:00",
        "13:30",
        "--room",
        "Beuk",
        "--people",
        "8",
        "--order",
        "8 Lunch",
        "--diet",
        "2 vegetarian",
    )
    meeting = answer(run(home, *book, "--yes", "--json", caller="mehmet"))
    assert [one["state"] for one in meeting["components"]] == ["done", "done"]
    taken = run(home, *book, "--yes", caller="sanne")
    assert taken.returncode == 6
    assert "Eik" in taken.stderr
    claim = run(
        home, "expenses", "claim", "12.50 EUR", "maaltijd", "Lunch", "--receipt", "bon.jpg", "--yes", "--json", caller="sanne"
    )
    assert answer(claim)["totals"]["payable"] == {"amount": "12.50", "currency": "EUR"}
    missing = run(home, "expenses", "claim", "22.50 EUR", "maaltijd", "Diner", "--yes", caller="sanne")
    assert missing.returncode == 6
    report = ("incidents", "report", "Printer print strepen", "--asset", "PR-3B", "--photo", "bon.jpg", "--yes", "--json")
    ticket = answer(run(home, *report, caller="sanne"))
    assert ticket["attachments"][0]["name"] == "bon.jpg"
    shown = run(home, "incidents", "show", f"incident:main/{ticket['ref']['id']}", caller="sanne")
    assert "Printer print strepen" in shown.stdout


def test_errors_for_scripts(home: Path, tmp_path: Path) -> None:
    wrong = run(home, "leave", "balances", "--person", "login:nobody", "--json", caller="sanne")
    assert wrong.returncode in (5, 7)
    assert json.loads(wrong.stderr)["error"]["code"] in ("unauthorized", "not-found")
    assert run(tmp_path, "leave", "balances").returncode == 3
    assert run(home, "leave", "nonsense").returncode == 2
    assert run(home, "leave", "withdraw", "leave:main/999", "--yes", caller="sanne").returncode == 7
    assert run(home, "experts", "find").returncode == 6


def test_loading_forgetting_backing_up(home: Path) -> None:
    (home / "people.csv").write_text("login,display_name,email,manager\nnew,Nieuwe Collega,new@delinde.example,ingrid\n,,x,\n")
    loaded = run(home, "import", "people", "people.csv", "--yes", "--json")
    assert loaded.returncode == 6
    assert json.loads(loaded.stdout)["added"] == 1
    assert run(home, "import", "people", "people.csv", "--yes", caller="sanne").returncode == 5
    assert answer(run(home, "experts", "find", "nieuwe", "--json"))["items"]
    assert answer(run(home, "backup", "copy.db", "--json"))["bytes"] > 10_000
    assert run(home, "forget", "login:new", "--yes", caller="sanne").returncode == 5
    assert run(home, "forget", "login:new", "--yes").returncode == 0
    assert not answer(run(home, "experts", "find", "nieuwe", "--json"))["items"]
    log = answer(run(home, "audit", "--json"))
    assert log


def test_help_and_completion(home: Path) -> None:
    told = run(home, "--help")
    assert told.returncode == 0
    for name in (
        "leave",
        "experts",
        "rooms",
        "expenses",
        "incidents",
        "inbox",
        "support",
        "check",
        "init",
        "import",
        "forget",
        "demo",
    ):
        assert f"  {name}" in told.stdout
        assert run(home, name, "--help").returncode == 0
    script = run(home, "--version")
    assert script.stdout.startswith("workplace ")
    assert "\x1b[" not in run(home, "leave", "types", caller="sanne").stdout
