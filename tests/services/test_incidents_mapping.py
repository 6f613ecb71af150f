"""Words, places and categories of a helpdesk system."""

from __future__ import annotations

import pytest

from workplace_sdk.kernel.errors import InvalidInput, NotFound
from workplace_sdk.kernel.support import Native
from workplace_sdk.services.common import Ref
from workplace_sdk.services.incidents import Category, CategoryRequired, Impact, Place, Priority, TicketStatus
from workplace_sdk.services.incidents_mapping import (
    PlaceWords,
    TicketFields,
    chosen_category,
    higher,
    mapped,
    meaning_of,
    paired,
    without,
    word_for,
    words_for,
)

OPTIONS = ("HQ / 0 / Reception", "HQ / 2 / 2.14", "Annex / 2 / 2.14")
STATUSES = {"new": TicketStatus.NEW, "Solved": TicketStatus.RESOLVED, "done": TicketStatus.RESOLVED}


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (Place(site="HQ", floor="2", room="2.14"), "HQ / 2 / 2.14"),
        (Place(room="reception"), "HQ / 0 / Reception"),
        (Place(site="annex", room="2.14"), "Annex / 2 / 2.14"),
        (Place(text="hq / 0 / reception"), "HQ / 0 / Reception"),
    ],
)
def test_a_place_is_one_of_those_that_there_are(place: Place, text: str) -> None:
    assert PlaceWords().write(place, OPTIONS) == text


@pytest.mark.parametrize(
    "place",
    [
        Place(room="2.14"),
        Place(room="9"),
        Place(site="HQ"),
        Place(building="B"),
        Place(text="HQ"),
        Place(text="x", room="2.14"),
    ],
)
def test_a_place_that_could_be_none_or_several_is_refused(place: Place) -> None:
    with pytest.raises(InvalidInput) as error:
        PlaceWords().write(place, OPTIONS)
    assert error.value.field == "place"


def test_a_place_survives_where_any_text_is_taken() -> None:
    words = PlaceWords(parts=("building", "room"), separator="-")
    assert words.write(Place(building="B", room="3")) == "B-3"
    assert words.read("B-3") == Place(building="B", room="3")
    assert words.write(Place(room="3")) == "3"
    assert words.read("3") == Place(text="3")
    assert words.read("a-b-c") == Place(text="a-b-c")
    assert words.read("-3") == Place(text="-3")
    assert words.write(Place(text="behind the stairs")) == "behind the stairs"


def test_words_both_ways() -> None:
    assert mapped(STATUSES, "solved", TicketStatus.UNMAPPED).value is TicketStatus.RESOLVED
    assert mapped(STATUSES, "odd", TicketStatus.UNMAPPED).source == "odd"
    assert words_for(STATUSES, TicketStatus.NEW, TicketStatus.RESOLVED) == ("new", "Solved", "done")
    assert words_for(STATUSES, TicketStatus.CLOSED) == ()
    impacts = {Impact.ME: "One", Impact.SITE: "Many"}
    assert word_for(impacts, Impact.SITE, "impact") == "Many"
    assert meaning_of(impacts, "many") is Impact.SITE
    assert meaning_of(impacts, None) is None
    assert meaning_of(impacts, "few") is None
    with pytest.raises(InvalidInput, match="it has: me, site") as error:
        word_for(impacts, Impact.SEVERAL, "impact")
    assert error.value.field == "impact"


def test_fields_and_their_words_go_together() -> None:
    paired(TicketFields(impact="Impact"), impact=("impacts", {Impact.ME: "x"}))
    for fields, words in ((TicketFields(impact="Impact"), {}), (TicketFields(), {Impact.ME: "x"})):
        with pytest.raises(ValueError, match=r"fields\.impact and impacts go together"):
            paired(fields, impact=("impacts", words))
    assert TicketFields(asset="A").named() == {"key": "Workplace key", "asset": "A"}


def test_one_priority_higher() -> None:
    assert [higher(one) for one in (Priority.P5, Priority.P2, Priority.P1)] == [Priority.P4, Priority.P1, Priority.P1]
    assert higher(Priority.UNMAPPED) is Priority.P4


def test_support_is_narrowed() -> None:
    narrowed = without(Native(without=frozenset({"geo"}), limits={"attachments": 2}), {"asset"}, attachment_bytes=5)
    assert narrowed.without == {"geo", "asset"}
    assert narrowed.limits == {"attachments": 2, "attachment_bytes": 5}


def test_a_category_by_reference_path_or_part() -> None:
    def category(*path: str) -> Category:
        return Category(ref=Ref(connection="c", kind="category", id="/".join(path)), path=path)

    known = [category("ICT"), category("ICT", "Mail"), category("ICT", "Other"), category("Building", "Other")]
    assert chosen_category("ict", known) == known[0]
    assert chosen_category("ICT / mail", known) == known[1]
    assert chosen_category("mail", known) == known[1]
    assert chosen_category(known[3].ref, known) == known[3]
    with pytest.raises(CategoryRequired) as several:
        chosen_category("other", known)
    assert several.value.options == ("ICT / Other", "Building / Other")
    for unknown in ("coffee", Ref(connection="c", kind="category", id="x")):
        with pytest.raises(NotFound) as error:
            chosen_category(unknown, known)
        assert error.value.field == "category"
