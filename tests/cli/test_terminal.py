"""The command on a terminal: questions, colours, narrow screens, interruptions, a bar after a second of work."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.command import PROGRAM, environment, on_a_terminal, run, run_alone

SLOW = """
import pathlib, sys, time
from workplace_sdk.connectors.local import {module}
real = {module}.{name}
def slow(*args, **kwargs):
    pathlib.Path("slow").touch()
    time.sleep({seconds})
    return real(*args, **kwargs)
{module}.{name} = slow
sys.argv[0] = "workplace"
from workplace_sdk.cli import main
main()
"""
"""The command, with one function of the store that takes its time."""


SICK = ("leave", "sick")


def test_a_write_shows_what_it_does_and_asks(home: Path) -> None:
    code, seen = on_a_terminal(home, *SICK, "--lang", "nl", caller="joao", keys=[("[j/N]", "n\n")])
    assert code == 11
    assert "wordt ziek gemeld vanaf" in seen
    assert "Er is niets verstuurd." in seen
    code, seen = on_a_terminal(home, *SICK, caller="joao", keys=[("[y/N]", "\x04")])
    assert (code, "Nothing was sent." in seen) == (11, True)
    assert "None." in run(home, "leave", "sick-list", caller="joao").stdout
    code, seen = on_a_terminal(home, *SICK, "--lang", "nl", caller="joao", keys=[("[j/N]", "what?\n"), ("[j/N] what?", "ja\n")])
    assert code == 0, seen
    assert seen.count("[j/N]") == 2
    assert "sick:main/1" in seen


def test_nobody_is_asked_where_nobody_can_answer(home: Path) -> None:
    piped = run_alone(home, *SICK, caller="joao")
    assert (piped.returncode, piped.stdout) == (2, "")
    assert "give --yes" in piped.stderr
    code, seen = on_a_terminal(home, *SICK, "--json", caller="joao")
    assert (code, '"code": "usage"' in seen) == (2, True)
    assert "None." in run(home, "leave", "sick-list", caller="joao").stdout


def test_interrupted_at_the_question(home: Path) -> None:
    code, seen = on_a_terminal(home, *SICK, "--lang", "nl", caller="joao", keys=[("[j/N]", "\x03")])
    assert (code, "Afgebroken." in seen) == (130, True)
    assert "Traceback" not in seen
    assert "None." in run(home, "leave", "sick-list", caller="joao").stdout


def left(seen: str) -> str:
    """What is left on the terminal, without colours and the bar that was there."""
    lines = [line.rpartition("\x1b[K")[2].lstrip("\r") for line in seen.splitlines(keepends=True)]
    return re.sub(r"\x1b\[\d*m", "", "".join(line for line in lines if not line.startswith("Working")))


def slowly(module: str, name: str, seconds: float) -> tuple[str, ...]:
    return (sys.executable, "-c", SLOW.format(module=module, name=name, seconds=seconds))


def begun(home: Path) -> None:
    """Wait until a slow command is where it is slow."""
    for _ in range(600):
        if (home / "slow").exists():
            return
        time.sleep(0.1)
    pytest.fail("it never got there")


def test_interrupted_while_it_is_done_the_outcome_is_unknown(home: Path) -> None:
    """The store is told to take its time; what became of the write is not guessed, and how to find out is said."""
    command = slowly("base", "_claim", 20)
    process = subprocess.Popen(
        [*command, *SICK, "--yes", "--key", "k42"],
        cwd=home,
        env=environment("joao"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert "reported ill from" in process.stderr.readline()
    begun(home)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 9, told
    assert "workplace reconcile leave.report_sick k42" in told
    assert "Traceback" not in told
    assert run(home, "reconcile", "leave.report_sick", "k42", caller="joao").returncode == 7


def test_interrupted_while_it_reads(home: Path) -> None:
    process = subprocess.Popen(
        [*slowly("base", "matching", 20), "experts", "show"],
        cwd=home,
        env=environment("joao"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    begun(home)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert (process.returncode, told.strip()) == (130, "Interrupted.")


def test_colours_are_for_terminals_that_want_them(home: Path) -> None:
    code, seen = on_a_terminal(home, "leave", "types", caller="sanne")
    assert (code, "\x1b[1mleave" in seen) == (0, True)
    _, plain = on_a_terminal(home, "leave", "types", caller="sanne", NO_COLOR="1")
    assert "\x1b[1m" not in plain
    assert "\x1b" not in run_alone(home, "leave", "types", caller="sanne").stdout


def test_a_narrow_terminal_gets_a_block_per_row(home: Path) -> None:
    _, wide = on_a_terminal(home, "experts", "team", caller="sanne", columns=120)
    _, narrow = on_a_terminal(home, "experts", "team", caller="sanne", columns=40)
    rows = left(narrow).splitlines()
    assert max(len(row) for row in rows) <= 40
    assert [row for row in rows if row.startswith("name")] == [
        "name    João Gonçalves",
        "name    Sanne de Boer",
        "name    Łukasz Wiśniewski",
    ]
    assert len(left(wide).splitlines()) == 4
    assert len(run_alone(home, "experts", "team", caller="sanne", COLUMNS="40").stdout.splitlines()) == 4, "plain when piped"


def test_a_reader_that_stops_is_no_error(home: Path) -> None:
    command = f"{' '.join(repr(part) for part in PROGRAM)} support --json | head -c 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command], cwd=home, env=environment("sanne"), capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("{0\n", "")


def test_a_bar_moves_after_a_second_of_work(home: Path) -> None:
    code, seen = on_a_terminal(home, "experts", "show", "--lang", "nl", caller="sanne", program=slowly("base", "matching", 2.5))
    assert code == 0
    assert re.search(r"\rBezig  \[ *### *\]", seen)
    assert seen.rindex("\x1b[K") < seen.index("Sanne de Boer"), "gone before the answer comes"
    quiet = subprocess.run(
        [*slowly("base", "matching", 2.5), "experts", "show"],
        cwd=home,
        env=environment("sanne"),
        capture_output=True,
        text=True,
        check=True,
    )
    assert quiet.stderr == "", "not where nobody looks"


def test_a_bar_that_knows_how_far_it_is(home: Path) -> None:
    lines = ["login,display_name,email", *(f"p{n},Person {n},p{n}@x.example" for n in range(40))]
    (home / "people.csv").write_text("\n".join(lines))
    slow = slowly("people_import", "checked", 0.1)
    code, seen = on_a_terminal(home, "import", "people", "people.csv", program=slow, keys=[("[y/N]", "y\n")])
    assert code == 0, seen
    assert re.search(r"Trying +\[[# -]+\] +\d+/40", seen)
    assert re.search(r"Loading +\[[# -]+\] +\d+/40", seen)
    assert "40 would be added, 0 updated, 0 refused" in seen
    assert "40" in run(home, "experts", "find", "person", "--limit", "200", "--json").stdout


@pytest.mark.parametrize(("answer", "code", "people"), [("n", 11, 10), ("y", 0, 11)])
def test_loading_is_tried_before_it_is_asked(home: Path, answer: str, code: int, people: int) -> None:
    (home / "people.csv").write_text("login,display_name\nnew,Nieuwe Collega\n")
    got, seen = on_a_terminal(home, "import", "people", "people.csv", keys=[("[y/N]", f"{answer}\n")])
    assert got == code, seen
    assert "1 would be added, 0 updated, 0 refused" in seen
    assert f"sqlite, {people} people" in run(home, "check").stdout


def test_the_answer_is_not_lost_with_the_terminal(home: Path) -> None:
    """Every letter of a name has its own width."""
    (home / "people.csv").write_text("login,display_name,manager\nli,李小龙,mehmet\nnfd,Zoe\u0308 X,mehmet\n")
    assert run(home, "import", "people", "people.csv", "--yes").returncode == 0
    rows = run(home, "experts", "team", caller="sanne").stdout.splitlines()
    table = {row.split("  ")[0]: row for row in rows}
    assert "李小龙" in table
    assert table["李小龙"].index("-") == table["Sanne de Boer"].index("Verpleegkundige") - 3, "three wide letters"
