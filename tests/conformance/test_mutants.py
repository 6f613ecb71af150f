"""What is wrong with a connector is found, by the test that is about it, in words that say what to do."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
CAUGHT = {
    "RefusesWhatItDeclares": ("test_what_is_declared_works[schedule]", "do not declare it"),
    "GivesAnotherBack": ("test_what_is_declared_works[get]", "get() gives what submit() returned"),
    "DependsOnTheColour": ("test_both_colours_give_the_same", "the blocking call gave"),
    "KeepsNoKey": ("test_a_repeat_with_the_same_key", "the same key never asks twice"),
    "TellsNoZone": ("test_what_is_declared_works[requests]", "has no time zone"),
    "TakesLessThanItSays": ("test_limits_at_their_edge[submit]", "too large"),
    "RoundsHalfDays": ("test_half_days_are_kept_or_refused", "do not round it away"),
    "EscapesTexts": ("test_texts_survive", "look at the encoding, and at HTML"),
    "FindsWhatIsNotThere": ("test_a_findable_write_can_be_found", "for a key that nobody used"),
    "ForgetsFrom": ("test_bodies_yield_from", "write 'yield from' instead of 'yield'"),
    "SaysBoth": ("test_declarations_do_not_contradict_each_other", "say one of the two"),
    "BelievesEverything": ("test_damaged_replies_end_in_our_own_errors", "raise ProtocolError"),
    "ShowsItsSecret": ("test_no_secret_appears", "give wires a callable, not the secret"),
    "TakesATestAway": ("test_no_inherited_test_was_taken_away", "was deleted"),
}


@pytest.fixture(scope="module")
def told() -> str:
    here = "tests/conformance/mutants.py"
    chosen = [f"{here}::Test{mutant}::{name}" for mutant, (name, _) in CAUGHT.items()]
    chosen += [f"{here}::Test{mutant}::test_what_is_declared_works[balances]" for mutant in CAUGHT]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rf", *chosen, f"{here}::TestIsWell"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout[-3000:] + done.stderr[-2000:]
    return done.stdout


@pytest.mark.parametrize("mutant", CAUGHT)
def test_a_wrong_connector_is_caught(told: str, mutant: str) -> None:
    name, words = CAUGHT[mutant]
    failed = set(re.findall(rf"^FAILED \S+::Test{mutant}::(\S+)", told, re.MULTILINE))
    assert failed == {name}
    report = told.partition(f"__ Test{mutant}.{name} __")[2].partition("\n____")[0]
    assert words in report


def test_a_right_connector_is_let_be_and_a_known_fault_that_is_marked_too(told: str) -> None:
    assert not re.search(r"^(FAILED|ERROR) \S+::TestIsWell::", told, re.MULTILINE)
    assert "1 xpassed" in told
