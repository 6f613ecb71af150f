"""What is wrong with a connector is found, by the test that is about it, in words that say what to do."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from workplace_sdk import conformance

ROOT = Path(__file__).parent.parent.parent
HERE = "tests/conformance/mutants.py"
CAUGHT = {
    # leave, and what holds for every service
    "RefusesWhatItDeclares": ("test_what_is_declared_works[schedule]", "do not declare it"),
    "GivesAnotherBack": ("test_what_is_asked_for_is_found_again", "get() gives what submit() returned"),
    "DependsOnTheColour": ("test_what_is_declared_works_when_awaited[types]", "the blocking call gave"),
    "WritesAnotherWayInALoop": ("test_what_is_declared_works_when_awaited[submit]", "submitted_by is"),
    "KeepsNoKey": ("test_a_repeat_with_the_same_key", "the same key never asks twice"),
    "TellsNoKey": ("test_what_is_declared_works[submit]", "the answer carries the key"),
    "FindsNothing": ("test_what_is_declared_works[submit]", "does not find what was just done with that key"),
    "FindsWhatIsNotThere": ("test_a_findable_write_can_be_found", "for a key that nobody used"),
    "TellsNoZone": ("test_what_is_declared_works[requests]", "has no time zone"),
    "Garbles": ("test_what_is_declared_works[types]", "is garbled"),
    "NamesAnotherConnection": ("test_what_is_declared_works[types]", "make references with self.connection_name"),
    "TakesLessThanItSays": ("test_limits_at_their_edge[submit]", "too large"),
    "DropsTheSubstitute": ("test_features_are_kept_or_refused[submit-substitute]", "takes substitute and loses it"),
    "DoesNotRefuse": ("test_features_are_kept_or_refused[submit-substitute]", "cannot express substitute"),
    "RoundsHalfDays": ("test_half_days_are_kept_or_refused", "do not round it away"),
    "EscapesTexts": ("test_texts_survive", "look at the encoding, and at HTML"),
    "ChargesForWeekends": ("test_nothing_is_charged_for_a_free_day", "a weekend costs nothing"),
    "DoesNotSayWhatIsNotThere": ("test_what_is_not_there", "raise NotFound; it raised Unavailable"),
    "ForgetsFrom": ("test_bodies_yield_from", "write 'yield from' instead of 'yield'"),
    "SaysBoth": ("test_declarations_do_not_contradict_each_other", "say one of the two"),
    "KeepsBack": ("test_nothing_is_overridden_and_kept_back", "remove one, or give a reason"),
    "HasNoWayOut": ("test_what_is_absent_is_refused_and_nothing_is_sent", "a hand-off that gives no link"),
    "BelievesEverything": ("test_damaged_replies_end_in_our_own_errors[types]", "raise ProtocolError"),
    "BelievesThatItWasDone": ("test_damaged_replies_end_in_our_own_errors[withdraw]", "POST /withdraw, answered with"),
    "TellsDamageAsBusy": ("test_damaged_replies_end_in_our_own_errors[types]", "made it raise Unavailable"),
    "ShowsItsSecretInAnExchange": (
        "test_damaged_replies_end_in_our_own_errors[types]",
        "give wires a callable, not the secret",
    ),
    "ShowsItsSecret": ("test_no_secret_appears", "give wires a callable, not the secret"),
    "TakesATestAway": ("test_no_inherited_test_was_taken_away", "was deleted"),
    # colleagues
    "LosesLetters": ("test_names_survive", "a name came back changed"),
    "GivesTheCallerForAddresses": ("test_someone_is_the_same_by_every_key", "get() by email"),
    "ShowsWhoLeft": ("test_who_is_hidden_never_shows", "left or is disabled"),
    "SaysNoReason": ("test_found_by_topic_with_a_reason", "a match says why"),
    "WantsTheOrder": ("test_words_in_any_order", "is not found as"),
    "ManagesThemselves": ("test_the_chain_goes_up_and_ends", "nobody is their own manager"),
    # rooms
    "EscapesSubjects": ("test_booked_found_and_cancelled", "the subject came back changed"),
    "MovesWhatIsTaken": ("test_a_taken_room_is_a_conflict", "the room is taken for half of that time"),
    "PreviewsBlindly": ("test_the_preview_of_a_taken_room_says_so", "the preview of a room that is taken says nothing of it"),
    "OffersWhatIsTaken": ("test_a_taken_room_is_not_offered", "a room that is taken is offered"),
    "BooksTwice": ("test_a_repeat_with_the_same_key", "the same key never books twice"),
    "CountsNobody": ("test_more_people_than_seats", "look at its capacity"),
    "LosesGuests": ("test_features_are_kept_or_refused[book-guests]", "takes guests and loses it"),
    "TakesAnyRoom": ("test_what_is_not_there", "a room that is not there"),
    # expenses
    "FindsACent": ("test_not_a_cent_is_lost", "amounts are decimal from end to end"),
    "HasPartsOfACent": ("test_what_is_declared_works[requests]", "has parts of a cent"),
    "TurnsFilesAround": ("test_receipts_come_back_as_they_were", "the bytes as they were sent"),
    "ClaimsTwice": ("test_a_repeat_with_the_same_key", "the same key never claims twice"),
    "HidesWhatIsNotThere": ("test_what_is_not_there", "nothing was raised"),
    # incidents
    "ReportsTwice": ("test_a_repeat_with_the_same_key", "the same key never reports twice"),
    "EscapesTitles": ("test_texts_survive", "the title came back changed"),
    "FindsAnyTicket": ("test_what_is_not_there", "get() of a ticket that is not there"),
}
ALSO = {"ShowsWhoLeft": "test_nobody_is_not_found"}
"""A second test that finds the same."""
RIGHT = {
    "IsWell": "LeaveConformance",
    "KnowsColleagues": "ExpertsConformance",
    "KnowsRooms": "RoomsConformance",
    "KnowsMoney": "ExpensesConformance",
    "KnowsTickets": "IncidentsConformance",
}
"""Connectors with which nothing is wrong: what finds fault with a mutant finds none with them."""


def service_of(name: str) -> str:
    """The class of tests that a mutant inherits."""
    from tests.conformance import mutants

    kind = getattr(mutants, f"Test{name}")
    return next(
        base.__name__ for base in kind.__mro__ if base.__module__ == f"workplace_sdk.conformance.{kind.interface.service}"
    )


@pytest.fixture(scope="module")
def told() -> str:
    found = [*((mutant, name) for mutant, (name, _) in CAUGHT.items()), *ALSO.items()]
    found = [
        (mutant, one) for mutant, name in found for one in (name.replace("_when_awaited", ""), name)
    ]  # the two are compared
    chosen = [f"{HERE}::Test{mutant}::{name}" for mutant, name in found]
    right = {service: name for name, service in RIGHT.items()}
    chosen += [f"{HERE}::Test{right[service_of(mutant)]}::{name}" for mutant, name in found]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rf", *dict.fromkeys(chosen)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout[-3000:] + done.stderr[-2000:]
    return done.stdout


@pytest.mark.parametrize("mutant", CAUGHT)
def test_a_wrong_connector_is_caught(told: str, mutant: str) -> None:
    name, words = CAUGHT[mutant]
    failed = set(re.findall(rf"^FAILED \S+::Test{mutant}::(\S+)", told, re.MULTILINE))
    assert failed == {name, *({ALSO[mutant]} if mutant in ALSO else ())}
    _, *reports = re.split(r"^_+ (Test\S+) _+$", told, flags=re.MULTILINE)
    report = dict(zip(reports[::2], reports[1::2], strict=True))[f"Test{mutant}.{name}"]
    assert words in report.partition("= short test summary")[0]


def test_a_right_connector_is_let_be_and_a_known_fault_that_is_marked_too(told: str) -> None:
    assert not re.search(rf"^(FAILED|ERROR) \S+::Test({'|'.join(RIGHT)})::", told, re.MULTILINE)
    assert "1 xpassed" in told


@pytest.mark.parametrize("name", conformance.__all__)
def test_every_test_finds_something(name: str) -> None:
    """A test that no mutant fails could be one that cannot fail."""
    kind = getattr(conformance, name)
    finds = {(service_of(mutant), one.partition("[")[0]) for mutant, (one, _) in CAUGHT.items()}
    finds |= {(service_of(mutant), one) for mutant, one in ALSO.items()}
    common = {one for one in vars(conformance.LeaveConformance.__mro__[1]) if one.startswith("test_")}
    own = {one for one in dir(kind) if one.startswith("test_")} - common
    assert {one for one in own if (name, one) not in finds} == set()
    assert {one for one in common if not any(one == found for _, found in finds)} == set()


@pytest.mark.parametrize("name", conformance.__all__)
def test_everything_that_can_be_declared_can_be_tried(name: str) -> None:
    """An operation, a limit or a feature that is new in an interface comes with how it is tried."""
    kind = getattr(conformance, name)
    operations = kind.interface.operations()
    limits = {(one, measure) for one, operation in operations.items() for measure in operation.measures}
    features = {(one, feature) for one, operation in operations.items() for feature in operation.features}
    never = {("add_line", "lines"), ("update_line", "lines")}  # one line is one line
    never |= {("add_line", "several_currencies"), ("update_line", "several_currencies")}
    assert limits - set(kind.edges) - never == set()
    assert features - set(kind.uses) - never == set()
    required = {
        one for one, operation in operations.items() if set(operation.parameters.names) - set(operation.parameters.defaults)
    }
    assert {one for one in required if not hasattr(kind, f"try_{one}") and one not in EXAMPLES[name]} == set()


EXAMPLES = {
    "LeaveConformance": {"absences", "holidays"},
    "ExpertsConformance": {"find", "reach"},
    "RoomsConformance": {"find", "busy"},
    "ExpensesConformance": set(),
    "IncidentsConformance": set(),
}
"""Operations that cannot be called without arguments, and that ``examples()`` has arguments for."""
