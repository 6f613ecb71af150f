"""Which tickets may say the same, and how surely."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from workplace_sdk.search.tickets import MOST, Known, alike, as_similar, telling
from workplace_sdk.services.common import Ref
from workplace_sdk.services.incidents import Place, TicketDraft, TicketStatus


def known(number: int, title: str, **others: Any) -> Known:
    ref = Ref(connection="c", kind="incident", id=str(number))
    return Known(ref, str(number), title, TicketStatus.OPEN, telling(title), **others)


def test_words_that_tell_something() -> None:
    assert telling("De printer op Zaal É is stuk, niet de kopieerder!") == {"printer", "zaal", "stuk", "kopieerder"}
    assert telling("a the 1") == frozenset()


def test_words_places_and_things_count() -> None:
    draft = TicketDraft(what="Printer jams", details="third floor", place=Place(site="HQ", room="3B"))
    same_room = known(1, "The printer on the third floor jams", place=Place(site="hq", room="3b"))
    (found,) = alike(draft, [same_room, known(2, "Coffee is cold")])
    assert (found.number, found.score) == ("1", Decimal("0.70"))
    assert found.reasons == ("same room", "same place", "same words")
    thing = alike(TicketDraft(what="Else"), [known(3, "Beamer", same_thing=True, same_subject=True)])
    assert (thing[0].score, thing[0].reasons) == (Decimal("0.60"), ("same thing", "same subject"))


def test_a_place_alone_says_nothing() -> None:
    place = Place(site="HQ", room="3B")
    assert alike(TicketDraft(what="Chair broken", place=place), [known(1, "Window", place=place, same_subject=True)]) == []
    assert alike(TicketDraft(what="..."), [known(1, "Window")]) == []


def test_major_ones_first_then_the_surest_then_the_newest() -> None:
    draft = TicketDraft(what="mail down")
    tickets = [known(9, "mail down"), known(8, "down: mail"), known(7, "mail"), known(1, "the mail is down", major=True)]
    assert [one.number for one in alike(draft, tickets)] == ["1", "9", "8"]
    assert len(alike(draft, [known(number, "mail down") for number in range(50)])) == MOST


def test_as_it_is_told() -> None:
    told = as_similar(known(4, "Mail", major=True), Decimal(1), ("major",))
    assert (told.number, told.title, told.status, told.major, told.score) == ("4", "Mail", TicketStatus.OPEN, True, Decimal(1))
