"""What people type is understood in the ways in which they usually type it, and nothing is guessed."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from pathlib import Path

import click
import pytest

from workplace_sdk.cli.showing import choose
from workplace_sdk.cli.typed import CLOCK, COUNTED, DAY, FILE, KEY, NUMBER, PERSON, SUM, Misunderstood, RefTo, Relative
from workplace_sdk.services.common import Money


@pytest.mark.parametrize(
    "text",
    [
        "2026-12-04",
        "4-12-2026",
        "04-12-2026",
        "4/12/2026",
        "04.12.2026",
        "4 dec 2026",
        "4 December 2026",
        "4-dec-2026",
        " 2026-12-4 ",
    ],
)
def test_a_date(text: str) -> None:
    assert DAY.convert(text, None, None) == date(2026, 12, 4)


@pytest.mark.parametrize(
    ("text", "month"), [("1 maart 2026", 3), ("1 mrt 2026", 3), ("1 mei 2026", 5), ("1 okt. 2026", 10), ("1 May 2026", 5)]
)
def test_months_in_both_languages(text: str, month: int) -> None:
    assert DAY.convert(text, None, None) == date(2026, month, 1)


@pytest.mark.parametrize(("text", "days"), [("today", 0), ("Vandaag", 0), ("morgen", 1), ("tomorrow", 1), ("gisteren", -1)])
def test_a_day_counted_from_today(text: str, days: int) -> None:
    found = DAY.convert(text, None, None)
    assert isinstance(found, Relative)
    assert (found.counted_from(date(2026, 3, 1)) - date(2026, 3, 1)).days == days


@pytest.mark.parametrize(
    "text", ["31-02-2026", "12/24/2026", "24-12", "24-12-26", "soon", "", "2026-13-01", "4 foo 2026", "0-1-2026"]
)
def test_no_date(text: str) -> None:
    with pytest.raises(Misunderstood):
        DAY.understood(text)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("9", time(9)),
        ("9:00", time(9)),
        ("09:30", time(9, 30)),
        ("9.30", time(9, 30)),
        ("9u", time(9)),
        ("9u30", time(9, 30)),
        ("1330", time(13, 30)),
        ("0:05", time(0, 5)),
    ],
)
def test_a_time(text: str, at: time) -> None:
    assert CLOCK.convert(text, None, None) == at


@pytest.mark.parametrize("text", ["24:00", "9:60", "noon", "", "9:5", "-1"])
def test_no_time(text: str) -> None:
    with pytest.raises(Misunderstood):
        CLOCK.understood(text)


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("12.50 EUR", "12.50", "EUR"),
        ("12,50 EUR", "12.50", "EUR"),
        ("EUR 12,5", "12.5", "EUR"),
        ("€12,50", "12.50", "EUR"),
        ("12 eur", "12", "EUR"),
        ("1.250,00 EUR", "1250.00", "EUR"),
        ("1,250.00 USD", "1250.00", "USD"),
        ("£ 3", "3", "GBP"),
        ("1250 JPY", "1250", "JPY"),
        ("0.125 KWD", "0.125", "KWD"),
    ],
)
def test_an_amount(text: str, amount: str, currency: str) -> None:
    assert SUM.convert(text, None, None) == Money.of(amount, currency)


@pytest.mark.parametrize(
    "text", ["12.50", "EUR", "", "12.50 EURO", "1.250 EUR", "1,250 EUR", "NaN EUR", "1 2 EUR", "12.50 €€", "Infinity EUR"]
)
def test_no_amount(text: str) -> None:
    with pytest.raises(Misunderstood):
        SUM.understood(text)


def test_numbers() -> None:
    assert NUMBER.convert("1,5", None, None) == Decimal("1.5")
    assert NUMBER.convert("42", None, None) == 42
    for wrong in ("1.500", "x", "", "inf"):
        with pytest.raises(Misunderstood):
            NUMBER.understood(wrong)
    assert COUNTED.convert("8 Lunch voor allen", None, None) == (8, "Lunch voor allen")
    for wrong in ("Lunch", "0 Lunch", "8", "x Lunch"):
        with pytest.raises(Misunderstood):
            COUNTED.understood(wrong)


def test_people_references_and_keys() -> None:
    assert PERSON.convert("login:ana", None, None).login == "ana"
    with pytest.raises(Misunderstood):
        PERSON.understood("")
    leave = RefTo("leave")
    assert str(leave.convert("leave:main/12", None, None)) == "leave:main/12"
    for wrong in ("12", "expense:main/12", "leave:", ""):
        with pytest.raises(Misunderstood):
            leave.understood(wrong)
    assert KEY.convert("abc", None, None) == "abc"
    for wrong in ("", "a\x00b", "x" * 201):
        with pytest.raises(Misunderstood):
            KEY.understood(wrong)


def test_files(tmp_path: Path) -> None:
    (tmp_path / "bon.jpg").write_bytes(b"x")
    assert FILE.convert(str(tmp_path / "bon.jpg"), None, None).media_type == "image/jpeg"
    for wrong in (tmp_path / "nope", tmp_path):
        with pytest.raises(Misunderstood):
            FILE.understood(str(wrong))
    (tmp_path / "a\nb").write_bytes(b"x")
    with pytest.raises(Misunderstood, match="name"):
        FILE.understood(str(tmp_path / "a\nb"))


def test_what_is_misunderstood_is_said_in_the_chosen_language() -> None:
    for language, sentence in (("en", "is no date"), ("nl", "is geen datum")):
        choose(as_json=False, language=language)
        with pytest.raises(click.BadParameter, match=sentence):
            DAY.convert("soon", None, None)
    choose(as_json=False, language=None)
