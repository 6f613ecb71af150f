"""The command as a person and a script use it: the five services, from asking to deciding."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from tests.cli.command import run

YEAR = datetime.now(UTC).year + 1
WEDNESDAY = next(day for day in (date(YEAR, 6, 10) + timedelta(days=n) for n in range(7)) if day.weekday() == 2)
"""Of next year, when the sample has leave and there are no public holidays in the Netherlands. Sanne works nine hours."""


def test_check_and_support(home: Path) -> None:
    done = run(home, "check")
    assert done.returncode == 0, done.stderr
    assert "sqlite, 10 people" in done.stdout
    rows = {row["operation"]: row for row in run(home, "support", "--json", "--lang", "nl").answer()["items"]}
    assert rows["leave.submit"]["support"] == "native", "the same in every language"
    assert rows["leave.submit"]["limits"] == {"attachment_bytes": "10000000"}
    assert (rows["experts.members"]["support"], bool(rows["experts.members"]["reason"])) == ("absent", True)
    assert "hier" in run(home, "support", "leave", "--lang", "nl").stdout


def test_leave_from_request_to_decision(home: Path) -> None:
    asked = ("leave", "request", f"{WEDNESDAY}", f"{WEDNESDAY + timedelta(days=2):%d-%m-%Y}", "--type", "Vakantie")
    request = run(home, *asked, "--yes", "--json", caller="sanne").answer()
    assert request["status"]["value"] == "submitted"
    assert [day["charged"]["value"] for day in request["days"]] == ["9", "0", "9"]
    ref = request["ref"]["text"]
    assert ref == f"leave:main/{request['ref']['id']}"
    again = run(home, *asked, "--yes", "--json", caller="sanne")
    assert (again.returncode, again.error()["code"]) == (6, "overlap")
    assert [line["weight"] for line in again.error()["lines"]].count("blocker") == 1
    (waiting,) = run(home, "inbox", "--json", caller="mehmet").answer()["items"]
    assert (waiting["who"], waiting["ref"]["text"], waiting["status"]) == ("Sanne de Boer", ref, "submitted")
    refused = run(home, "leave", "decide", ref, "approve", "--yes", "--lang", "nl", caller="joao")
    assert refused.returncode == 5
    assert "U mag dit niet doen." in refused.stderr
    decided = run(home, "decide", ref, "approve", "--yes", "--lang", "nl", caller="mehmet")
    assert decided.returncode == 0, decided.stderr
    assert "goedgekeurd" in decided.stdout
    assert run(home, "inbox", caller="mehmet").stdout == "Nothing waits for you.\n"
    (mine,) = run(home, "mine", "--json", caller="sanne").answer()["items"]
    assert (mine["ref"]["text"], mine["status"]) == (ref, "approved")
    found = run(home, "reconcile", "leave.submit", request["key"], "--json", caller="sanne").answer()
    assert found["ref"] == request["ref"]
    lost = run(home, "reconcile", "leave.submit", "nothing", "--json", caller="sanne")
    assert (lost.returncode, lost.stdout) == (7, "null\n")
    balances = run(home, "leave", "balances", "--on", f"31-12-{YEAR}", "--lang", "nl", caller="sanne").stdout.splitlines()
    assert balances[0].startswith("verlof")
    assert balances[1].split()[:3] == ["Vakantie", "162", "uur"]
    cancelled = run(home, "leave", "cancel", ref, "--reason", "Toch niet", "--yes", caller="sanne")
    assert "cancelled" in cancelled.stdout


def test_leave_is_amended_and_has_documents(home: Path) -> None:
    asked = (
        "leave",
        "request",
        str(WEDNESDAY),
        "--type",
        "Vakantie",
        "--hours",
        "1,5",
        "--from",
        "9:00",
        "--attach",
        "bon.jpg",
    )
    request = run(home, *asked, "--yes", "--json", caller="sanne").answer()
    assert request["days"][0]["start"] == "09:00:00"
    assert request["days"][0]["charged"]["value"] == "1.5"
    ref = request["ref"]["text"]
    half = run(home, "leave", "amend", ref, str(WEDNESDAY), "--first-half", "half", "--yes", "--json", caller="sanne").answer()
    assert (half["days"][0]["portion"], half["days"][0]["charged"]["value"]) == ("half", "4.5")
    amended = run(home, "leave", "amend", ref, str(WEDNESDAY), "--first-half", "am", "--yes", "--json", caller="sanne").answer()
    assert (amended["ref"]["text"], amended["days"][0]["charged"]["value"]) == (ref, "4.5")
    assert run(home, "leave", "attach", ref, "bon.jpg", "--yes", caller="sanne").returncode == 0
    saved = run(home, "leave", "file", ref, "bon.jpg", "--to", "saved.jpg", "--json", caller="mehmet").answer()
    assert saved == {"file": "saved.jpg", "bytes": 9}
    assert (home / "saved.jpg").read_bytes() == b"\xff\xd8receipt"
    assert run(home, "leave", "file", ref, "bon.jpg", "--to", "saved.jpg", caller="mehmet").returncode == 2
    assert run(home, "leave", "file", ref, "other.jpg", caller="mehmet").returncode == 7
    shown = run(home, "leave", "show", ref, "--lang", "nl", caller="sanne").stdout
    for told in ("4,5 uur", "ochtend", "ingediend", "gewijzigd", "Sanne de Boer", "bon.jpg, bon.jpg"):
        assert told in shown
    assert "withdrawn" in run(home, "leave", "withdraw", ref, "--yes", caller="sanne").stdout


def test_illness_and_the_team(home: Path) -> None:
    assert "9, 0, 9, 0, 9" in run(home, "leave", "schedule", caller="sanne").stdout
    case = run(home, "leave", "sick", "--yes", "--json", caller="joao").answer()
    assert run(home, "leave", "sick", "--yes", caller="joao").returncode == 6
    off = run(home, "leave", "absences", "today", "tomorrow", "--person", "joao@delinde.example", "--json", caller="sanne")
    assert {row["person"]["display_name"] for row in off.answer()["items"]} <= {"João Gonçalves"}
    assert run(home, "leave", "recovered", case["ref"]["text"], "--yes", caller="sanne").returncode == 5
    well = run(home, "leave", "recovered", "--yes", "--json", caller="joao").answer()
    assert well["back_on"] == case["first_day"]
    assert run(home, "leave", "recovered", "--yes", caller="joao").returncode == 7
    assert case["ref"]["text"] in run(home, "leave", "sick-list", caller="joao").stdout
    assert "Koningsdag" in run(home, "leave", "holidays", str(YEAR), "--lang", "nl", caller="sanne").stdout
    assert "King's Day" in run(home, "leave", "holidays", str(YEAR), caller="sanne").stdout


def test_leave_is_set_up_by_files(home: Path) -> None:
    (home / "types.csv").write_text("name,unit,unlimited\nStudie,hour,yes\nFout,week,\n", "utf-8")
    year = f"{YEAR}-01-01,{YEAR}-12-31"
    (home / "grants.csv").write_text(f"person,type,amount,first,last\nlogin:bram,Studie,8,{year}\n", "utf-8")
    (home / "weeks.csv").write_text(f"person,week,first\nlogin:bram,9 9 9 9,{YEAR}-01-01\n", "utf-8")
    refused = run(home, "import", "leave-types", "types.csv", "--yes")
    assert refused.returncode == 6
    assert "types.csv:3: unit" in refused.stderr
    assert run(home, "import", "leave-grants", "grants.csv", "--yes").returncode == 0
    assert run(home, "import", "schedules", "weeks.csv", "--yes").returncode == 0
    assert run(home, "import", "schedules", "weeks.csv", "--yes", caller="bram").returncode == 5
    assert "Studie" in run(home, "leave", "types", caller="bram").stdout


def test_colleagues(home: Path) -> None:
    found = run(home, "experts", "find", "pritners", "--json", caller="sanne").answer()
    assert (found["items"][0]["expert"]["person"]["display_name"], found["complete"]) == ("Bram Hoekstra", True)
    shown = run(home, "experts", "show", "João Gonçalves", "--lang", "nl", caller="sanne").stdout
    assert "dementie, Portugees" in shown
    assert "joao@delinde.example, +31" in shown
    told = run(home, "experts", "topics", "wondzorg", "Arabisch", "--yes", "--lang", "nl", caller="sanne")
    assert "Erbij: Arabisch" in told.stderr
    assert "wondzorg, Arabisch" in told.stdout
    assert "telefoon" in run(home, "experts", "reach", "joao@delinde.example", "--lang", "nl", caller="sanne").stdout
    assert run(home, "experts", "availability", "joao@delinde.example", caller="sanne").returncode == 0
    assert "Mehmet" in run(home, "experts", "chain", caller="sanne").stdout
    assert "Łukasz Wiśniewski" in run(home, "experts", "team", caller="sanne").stdout
    assert "Wouter Groß" in run(home, "experts", "who-is", "BHV", caller="sanne").stdout
    members = run(home, "experts", "members", "x", caller="sanne")
    assert (members.returncode, "groups" in members.stderr) == (4, True)


def test_a_meeting_with_lunch(home: Path) -> None:
    book = ("rooms", "book", "Overleg", str(WEDNESDAY), "12u", "13.30", "--room", "Beuk", "--people", "8")
    lunch = ("--order", "8 Lunch", "--diet", "2 vegetarian", "--attendee", "sanne@delinde.example")
    meeting = run(home, *book, *lunch, "--yes", "--json", caller="mehmet").answer()
    assert [one["state"] for one in meeting["components"]] == ["done", "done"]
    ref = meeting["ref"]["text"]
    taken = run(home, *book, "--yes", caller="joao")
    assert taken.returncode == 6
    assert "Eik" in taken.stderr
    busy = run(home, "rooms", "busy", str(WEDNESDAY), "sanne@delinde.example", "--room", "beuk", "--json", caller="joao")
    assert len(busy.answer()["items"]) == 2
    moved = run(home, "rooms", "change", ref, "--from", "12:30", "--until", "14:00", "--yes", caller="mehmet")
    assert f"{WEDNESDAY} 12:30" in moved.stdout, moved.stderr
    answered = run(home, "rooms", "respond", ref, "accepted", "--yes", "--lang", "nl", caller="sanne")
    assert "Sanne de Boer  komt" in answered.stdout
    assert f"{WEDNESDAY} 12:30" in run(home, "rooms", "mine", caller="sanne").stdout
    free = run(home, "rooms", "find", str(WEDNESDAY), "12:00", "14:00", "--people", "8", "--lang", "nl", caller="joao").stdout
    assert "Beuk" not in free
    assert "drempelvrij" in free
    cancelled = run(home, "rooms", "cancel", ref, "--yes", "--lang", "nl", caller="mehmet")
    assert "geannuleerd" in cancelled.stdout
    assert "Lunch catering 9.75 EUR 1 day" in " ".join(run(home, "rooms", "menu", caller="sanne").stdout.split())
    assert "Zwolle" in run(home, "rooms", "sites", caller="sanne").stdout
    assert "Wilg" in run(home, "rooms", "list", "--with", "whiteboard", caller="sanne").stdout
    assert run(home, "rooms", "list", "--with", "sauna", caller="sanne").returncode == 2


def test_a_series_and_a_room_that_someone_approves(home: Path) -> None:
    series = ("rooms", "book", "Weekstart", str(WEDNESDAY), "9:00", "10:00", "--room", "Eik", "--repeat", "FREQ=WEEKLY;COUNT=3")
    meeting = run(home, *series, "--yes", "--json", caller="mehmet").answer()
    ref, second = meeting["ref"]["text"], str(WEDNESDAY + timedelta(days=7))
    released = run(home, "rooms", "release", ref, "--on", second, "--yes", "--lang", "nl", caller="mehmet")
    assert "vrijgegeven" in released.stdout
    less = run(home, "rooms", "cancel", ref, "--on", second, "--following", "--yes", caller="mehmet").stdout
    assert less.count("cancelled") == 2
    assert run(home, "rooms", "cancel", ref, "--following", caller="mehmet").returncode == 2
    asked = ("rooms", "book", "Bestuur", str(WEDNESDAY), "9:00", "10:00", "--room", "Bestuurskamer")
    wanted = run(home, *asked, "--yes", "--json", caller="mehmet").answer()
    (waiting,) = run(home, "inbox", "--json", caller="ingrid").answer()["items"]
    assert waiting["ref"] == wanted["ref"]
    assert run(home, "decide", wanted["ref"]["text"], "approve", "--yes", caller="ingrid").returncode == 0
    assert "done" in run(home, "rooms", "show", wanted["ref"]["text"], caller="mehmet").stdout


def test_a_claim_with_its_receipt(home: Path) -> None:
    claim = ("expenses", "claim", "€ 12,50", "maaltijd", "Lunch")
    report = run(home, *claim, "--receipt", "bon.jpg", "--yes", "--json", caller="sanne").answer()
    assert report["totals"]["payable"] == {"amount": "12.50", "currency": "EUR"}
    ref = report["ref"]["text"]
    missing = run(home, "expenses", "claim", "22.50 EUR", "maaltijd", "Diner", "--yes", "--json", caller="sanne")
    assert (missing.returncode, missing.error()["code"]) == (6, "receipt-required")
    less = run(home, "expenses", "decide", ref, "approve", "--line", "1 10", "--yes", "--lang", "nl", caller="mehmet")
    assert "deels goedgekeurd" in less.stdout
    assert run(home, "expenses", "decide", ref, "approve", "--line", "9 10", "--yes", caller="mehmet").returncode == 2
    assert run(home, "expenses", "comment", ref, "Dank", "--yes", caller="sanne").returncode == 0
    assert run(home, "expenses", "pay", ref, "today", "--yes", caller="sanne").returncode == 5
    assert "paid" in run(home, "expenses", "pay", ref, "today", "--yes", caller="aisha").stdout
    assert run(home, "expenses", "file", ref, "bon.jpg", "--to", "again.jpg", caller="mehmet").returncode == 0
    shown = run(home, "expenses", "show", ref, "--lang", "nl", caller="sanne").stdout
    for told in ("12.50 EUR", "10.00 EUR", "bon.jpg", "betaald", "reactie", "Dank"):
        assert told in shown
    assert "paid" in run(home, "expenses", "list", caller="sanne").stdout
    assert run(home, "expenses", "reverse", ref, "Verkeerd", "--yes", caller="aisha").returncode == 0


def test_a_report_is_put_together_bit_by_bit(home: Path) -> None:
    receipt = run(home, "expenses", "upload", "bon.jpg", "--yes", "--json", caller="sanne").answer()["ref"]["text"]
    assert receipt in run(home, "expenses", "receipts", caller="sanne").stdout
    assert run(home, "expenses", "receipt", receipt, "--to", "mine.jpg", caller="sanne").returncode == 0
    saved = ("expenses", "claim", "11 EUR", "maaltijd", "Soep", "--uploaded", receipt, "--save", "--title", "Cursus")
    ref = run(home, *saved, "--yes", "--json", caller="sanne").answer()["ref"]["text"]
    assert run(home, "expenses", "claim", "5 EUR", "ov", "Bus", "--to", ref, "--yes", caller="sanne").returncode == 0
    journey = ("expenses", "kilometres", "42,5", "Utrecht", "Zwolle", "--round-trip", "--to", ref, "--yes", "--json")
    assert len(run(home, *journey, caller="sanne").answer()["lines"]) == 3
    assert run(home, "expenses", "remove-line", ref, "2", "--yes", caller="sanne").returncode == 0
    assert run(home, "expenses", "remove-line", ref, "9", "--yes", caller="sanne").returncode == 7
    sent = run(home, "expenses", "submit", ref, "--yes", "--json", caller="sanne").answer()
    assert (sent["status"]["value"], sent["totals"]["claimed"]["amount"]) == ("submitted", "34.80")
    assert run(home, "expenses", "withdraw", ref, "--yes", caller="sanne").returncode == 0
    other = run(home, "expenses", "upload", "bon.jpg", "--yes", "--json", caller="sanne").answer()["ref"]["text"]
    assert run(home, "expenses", "discard", other, "--yes", caller="sanne").returncode == 0
    assert "fiets" in run(home, "expenses", "rates", "--lang", "nl", caller="sanne").stdout
    assert "Maaltijden" in run(home, "expenses", "categories", caller="sanne").stdout
    assert run(home, "expenses", "per-diems", "--country", "de", caller="sanne").stdout == "No rate is known.\n"
    trip = ("expenses", "trip", "Berlin", "today", "7:00", "tomorrow", "19:30", "--country", "DE", "--category", "km", "--yes")
    assert run(home, *trip, caller="sanne").returncode == 6


def test_what_is_broken(home: Path) -> None:
    broken = ("incidents", "report", "Printer print strepen", "--asset", "PR-3B", "--site", "Zwolle", "--photo", "bon.jpg")
    ticket = run(home, *broken, "--yes", "--json", caller="sanne").answer()
    assert ticket["attachments"][0]["name"] == "bon.jpg"
    ref = ticket["ref"]["text"]
    known = run(
        home, "incidents", "similar", "strepen uit de printer", "--site", "Zwolle", "--lang", "nl", caller="joao"
    ).stdout
    assert ref in known
    assert run(home, "incidents", "comment", ref, "Nog steeds", "--photo", "bon.jpg", "--yes", caller="sanne").returncode == 0
    assert run(home, "incidents", "attach", ref, "bon.jpg", "--yes", caller="sanne").returncode == 0
    assert run(home, "incidents", "escalate", ref, "Visite", "--yes", caller="sanne").returncode == 0
    assert ref in run(home, "incidents", "queue", caller="bram").stdout
    assert run(home, "incidents", "queue", caller="sanne").returncode == 5
    done = ("incidents", "handle", ref, "--status", "resolved", "--resolution", "Trommel", "--note", "Duur", "--internal")
    assert "opgelost" in run(home, *done, "--yes", "--lang", "nl", caller="bram").stdout
    assert "Trommel" in run(home, "incidents", "show", ref, caller="sanne").stdout
    assert "Duur" not in run(home, "incidents", "history", ref, caller="sanne").stdout
    assert "Duur" in run(home, "incidents", "history", ref, "--internal", caller="bram").stdout
    assert run(home, "incidents", "reopen", ref, "Weer", "--yes", caller="sanne").returncode == 0
    assert run(home, *done, "--yes", caller="bram").returncode == 0
    assert "closed" in run(home, "incidents", "confirm", ref, "--yes", caller="sanne").stdout
    assert ref in run(home, "incidents", "list", "--all", caller="sanne").stdout
    assert run(home, "incidents", "file", ref, "bon.jpg", "--to", "photo.jpg", caller="sanne").returncode == 0
    assert "LT-0417" in run(home, "incidents", "assets", caller="sanne").stdout
    assert "ICT / Printers" in run(home, "incidents", "categories", caller="sanne").stdout
    assert run(home, "incidents", "disruptions", caller="sanne").stdout == "No known disruptions.\n"
    other = run(home, "incidents", "report", "Lamp stuk", "--yes", "--json", caller="sanne").answer()["ref"]["text"]
    assert "cancelled" in run(home, "incidents", "cancel", other, "--yes", caller="sanne").stdout


def test_loading_forgetting_backing_up(home: Path) -> None:
    (home / "people.csv").write_text("login,display_name,email,manager\nnew,Nieuwe Collega,new@delinde.example,ingrid\n,,x,\n")
    loaded = run(home, "import", "people", "people.csv", "--yes", "--json")
    assert loaded.returncode == 6
    report = json.loads(loaded.stdout)
    assert (report["added"], report["refused"][0]["line"]) == (1, 3)
    assert run(home, "import", "people", "people.csv", "--yes", caller="sanne").returncode == 5
    assert run(home, "import", "people", "people.csv", "--into", "nope", "--yes").returncode == 2
    assert run(home, "experts", "find", "nieuwe", "--json").answer()["items"]
    assert run(home, "backup", "copy.db", "--json").answer()["bytes"] > 10_000
    assert run(home, "backup", "copy.db").returncode == 6
    assert run(home, "backup", "nowhere/copy.db").returncode == 2
    assert run(home, "forget", "login:new", "--yes", caller="sanne").returncode == 5
    told = run(home, "forget", "login:new", "--yes")
    assert told.returncode == 0
    assert "Nieuwe Collega (new, new@delinde.example)" in told.stderr
    assert "people" in told.stdout
    assert not run(home, "experts", "find", "nieuwe", "--json").answer()["items"]
    assert run(home, "forget", "login:new", "--yes").returncode == 7, "nothing is kept any more"
    log = run(home, "audit", "--json").answer()["items"]
    operations = [(row["operation"], row["outcome"]) for row in log]
    for written in (
        ("import", "done"),
        ("import", "refused"),
        ("workplace.forget.preview", "refused"),
        ("workplace.forget", "done"),
    ):
        assert written in operations
    assert "new@" not in str(log)
    pruned = run(home, "prune", f"{YEAR}-01-01", "--yes", "--json", caller="noor").answer()
    assert pruned == {"removed": 0}
    assert run(home, "audit", caller="sanne").returncode == 5
