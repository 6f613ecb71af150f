"""Errors of the command: an exit code that means something, a sentence for a person, JSON for a script."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command import MAIL, run
from workplace_sdk.cli import asking
from workplace_sdk.cli.root import EXIT_CODES
from workplace_sdk.kernel import errors
from workplace_sdk.kernel.keys import Key
from workplace_sdk.workplace import Workplace

WITHDRAW = ("leave", "withdraw", "leave:main/1", "--yes")
RAISED = [
    (errors.ConfigError("x", file="f", key="k"), 3),
    (errors.NotSupported("x"), 4),
    (errors.Unauthorized("x"), 5),
    (errors.Rejected("x"), 6),
    (errors.NotFound("x"), 7),
    (errors.Conflict("x"), 6),
    (errors.Unavailable("x", retry_after=3), 8),
    (errors.OutcomeUnknown("x", key=Key("k1"), operation="leave.submit"), 9),
    (errors.ProtocolError("x", excerpt="<html>"), 10),
    (ValueError("x"), 1),
    (KeyboardInterrupt(), 130),
    (asking.Declined(), 11),
]


@pytest.mark.parametrize(("error", "code"), RAISED, ids=lambda value: type(value).__name__)
def test_every_error_has_its_exit_code(home: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int) -> None:
    def fail(*_: object, **__: object) -> Iterator[object]:
        raise error

    monkeypatch.setattr(Workplace, "inbox", property(lambda _: fail))
    plain, told = run(home, "inbox"), run(home, "inbox", "--json")
    assert (plain.returncode, told.returncode) == (code, code)
    assert plain.stdout == told.stdout == ""
    said = told.error()
    assert said["sentence"]
    if isinstance(error, errors.WorkplaceError):
        assert said["code"] == error.code
        assert said["documentation"].endswith(error.code)
        assert error.sentence("en") in plain.stderr
        assert error.sentence("nl") in run(home, "inbox", "--lang", "nl").stderr
    if isinstance(error, errors.OutcomeUnknown):
        assert "workplace reconcile leave.submit k1" in plain.stderr
    if isinstance(error, ValueError):
        assert "Traceback" in plain.stderr
        assert "report it" in plain.stderr


def test_the_page_and_the_help_tell_the_same_exit_codes() -> None:
    page = (Path(__file__).parents[2] / "docs" / "command.md").read_text("utf-8")
    of_page = dict(re.findall(r"^\| (\d+) \| (.*) \|$", page, re.MULTILINE))
    of_help = {code: text.strip() for code, text in re.findall(r"^ +(\d+)  (.*)$", EXIT_CODES, re.MULTILINE)}
    assert of_page == of_help
    assert {str(code) for _, code in RAISED} | {"0", "2"} == set(of_help)


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("leave", "nonsense"),
        ("leave", "balances", "--on", "2026-13-01"),
        ("leave", "balances", "--nonsense"),
        ("leave", "request"),
        ("leave", "withdraw", "expense:main/1"),
        ("leave", "balances", "--time-limit", "0"),
        ("leave", "balances", "--as", ""),
        ("leave", "request", "today", "--from", "9:00", "--type", "Vakantie"),
        ("leave", "request", "today", "tomorrow", "--hours", "1", "--type", "Vakantie"),
        ("experts", "find"),
        ("rooms", "find", "today", "9:00"),
        ("rooms", "busy", "today"),
        ("rooms", "book", "X", "today", "9:00", "10:00", "--diet", "2 vegan"),
        ("rooms", "book", "X", "today", "9:00", "10:00", "--order", "2 Lunch", "--diet", "2 sushi"),
        ("expenses", "claim", "12.50", "maaltijd"),
        ("expenses", "claim", "12.50 EUR", "maaltijd", "--receipt", "nowhere.jpg"),
        ("expenses", "claim", "1 EUR", "maaltijd", "--save", "--to", "expense:main/1"),
        ("support", "nonsense"),
        ("reconcile", "leave.balances", "key"),
        ("reconcile", "nonsense", "key"),
        ("sync", "main"),
        ("sync", "nowhere"),
        ("forget", "login:sanne"),
        ("import", "people", "nowhere.csv"),
    ],
    ids=" ".join,
)
def test_wrong_use(home: Path, arguments: tuple[str, ...]) -> None:
    done = run(home, *arguments)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert "Traceback" not in done.stderr
    told = run(home, *arguments, "--json")
    assert (told.returncode, told.error()["code"]) == (2, "usage")


def test_what_is_not_there_or_not_for_you(home: Path, tmp_path: Path) -> None:
    assert run(tmp_path, "leave", "balances").returncode == 3
    assert run(home, "leave", "balances", "--settings", "nowhere.toml").returncode == 3
    assert run(home, *WITHDRAW, caller="sanne").returncode == 7
    assert run(home, "leave", "balances", "--person", "nr:4001", caller="sanne").returncode == 5
    assert run(home, "leave", "balances", caller="login:nobody").returncode in {5, 7}
    assert run(home, "leave", "balances", "--connection", "nowhere", caller="sanne").returncode == 6


def test_kinds_that_have_to_be_named(home: Path) -> None:
    done = run(home, "leave", "request", "tomorrow", "--yes", "--lang", "nl", caller="sanne")
    assert done.returncode == 6
    assert "zeg met --type welk verlof: Vakantie" in done.stderr


def test_a_secret_that_is_written_down_or_missing(home: Path) -> None:
    settings = (home / "workplace.toml").read_text()
    ldap = '[connections.directory]\nconnector = "ldap"\nuri = "ldap://127.0.0.1:9"\nbase = "dc=x"\nbind_dn = "cn=x"\n'
    (home / "workplace.toml").write_text(settings + ldap + 'password = "hunter2"\n')
    literal = run(home, "check")
    assert literal.returncode == 3
    assert "[connections.directory], key 'password'" in literal.stderr
    assert 'password = { env = "NAME" }' in literal.stderr
    assert "hunter2" not in literal.stderr
    (home / "workplace.toml").write_text(settings + ldap + 'password = { env = "NOT_SET" }\n')
    missing = run(home, "check")
    assert missing.returncode == 3
    assert "NOT_SET is missing or empty" in missing.stdout
    (home / "workplace.toml").write_text(settings + ldap.replace('bind_dn = "cn=x"\n', ""))
    down = run(home, "check", "--time-limit", "2", "--json")
    assert down.returncode == 8
    rows = {row["connection"]: row for row in json.loads(down.stdout)["connections"]}
    assert (rows["main"]["well"], rows["directory"]["well"], rows["directory"]["code"]) == (True, False, "unavailable")
    partly = run(home, "experts", "find", "printers", "--time-limit", "2", "--lang", "nl", caller="sanne")
    assert partly.returncode == 0
    assert "Bram Hoekstra" in partly.stdout
    assert "! directory: niet alles, het gaf geen antwoord" in partly.stderr


def test_a_service_that_its_connection_does_not_offer(home: Path) -> None:
    settings = (home / "workplace.toml").read_text()
    directory = '[connections.directory]\nconnector = "ldap"\nuri = "ldap://127.0.0.1:9"\nbase = "dc=x"\n'
    (home / "workplace.toml").write_text(settings + directory + '[services]\nleave = "directory"\n')
    done = run(home, "check", "--time-limit", "1")
    assert done.returncode == 3
    assert "does not offer leave" in done.stdout
    assert run(home, "leave", "balances", caller="sanne").returncode == 3


def test_what_other_systems_say_cannot_drive_a_terminal(home: Path) -> None:
    name = f"login,display_name\nevil,Ev\x1b[31mil\x07\nevil2,\x1b]0;title\x07x{MAIL}\n"
    (home / "people.csv").write_text(name)
    run(home, "import", "people", "people.csv", "--yes")
    shown = run(home, "experts", "show", "login:evil", caller="sanne")
    refused = run(home, "leave", "balances", "--person", "a\x1b[31mb", caller="sanne")
    assert "\x1b" not in shown.stdout + shown.stderr + refused.stdout + refused.stderr
