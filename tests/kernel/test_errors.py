"""Every error that can reach a caller: who can act, in two languages, with its place on the page, across processes."""

from __future__ import annotations

import inspect
import pickle
import re
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from scripts import errors_page

from workplace_sdk.kernel.errors import DOCUMENTATION, Acts, NotSupported, OutcomeUnknown, ProtocolError, WorkplaceError
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.support import Link
from workplace_sdk.kernel.words import LANGUAGES, Words
from workplace_sdk.services.common import Money

KINDS = errors_page.everything()
VALUES: dict[str, Any] = {
    "int": 3,
    "float": 3.0,
    "str": "what",
    "object": 3,
    "date": date(2026, 3, 2),
    "datetime": datetime(2026, 3, 2, 9, tzinfo=UTC),
    "timedelta": timedelta(hours=3),
    "Decimal": Decimal("0.5"),
    "Money": Money.of("12.50", "EUR"),
    "Key": Key("k"),
    "Link": Link("there", "https://x.example"),
}
"""A value for each type that the details of an error have; what is a collection is left as it is by itself."""


def made(kind: type[WorkplaceError]) -> WorkplaceError:
    """One of *kind* with every detail that it can have."""
    details: dict[str, Any] = {}
    for base in kind.__mro__:
        if "__init__" in vars(base) and issubclass(base, WorkplaceError):
            for name, parameter in inspect.signature(base).parameters.items():
                value = VALUES.get(str(parameter.annotation).removesuffix(" | None"))
                if parameter.kind is parameter.KEYWORD_ONLY and value is not None:
                    details.setdefault(name, value)
    return kind("because", **details)


def test_there_are_as_many_as_there_are_meant_to_be() -> None:
    assert len(KINDS) > 50
    assert {kind.__name__ for kind in KINDS} >= {"WorkplaceError", "InsufficientBalance", "RoomConflict", "TicketClosed"}
    codes = [kind.code for kind in KINDS]
    assert sorted(set(codes)) == sorted(codes), "a code belongs to one error"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_an_error_is_whole(kind: type[WorkplaceError]) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", kind.code)
    assert kind.acts in Acts
    assert inspect.getdoc(kind) != inspect.getdoc(kind.__mro__[1]), "say what the caller can do"
    assert isinstance(kind.words, Words)
    assert re.findall(r"{\w+}", kind.words.en) or kind.words.en != kind.words.nl
    assert set(re.findall(r"{(\w+)", kind.words.en)) == set(re.findall(r"{(\w+)", kind.words.nl))
    error = made(kind)
    english, dutch = (error.sentence(language) for language in LANGUAGES)
    assert english != dutch
    for sentence in (english, dutch):
        assert sentence.strip()
        assert "None" not in sentence
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.details(), again.sentence("nl")) == (kind, str(error), error.details(), dutch)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_what_a_sentence_needs_is_known_to_the_error(kind: type[WorkplaceError]) -> None:
    known = set(made(kind).details())
    for sentence in (made(kind).sentence(language) for language in LANGUAGES):
        assert not re.findall(r"{\w+}", sentence), f"filled with {sorted(known)}"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
@pytest.mark.parametrize("message", ["", "because"])
def test_a_sentence_without_details_is_one_too(kind: type[WorkplaceError], message: str) -> None:
    english, dutch = (kind(message).sentence(language) for language in LANGUAGES)
    assert english != dutch
    for sentence in (english, dutch):
        assert "{" not in sentence
        assert "None" not in sentence
        assert not sentence.rstrip().endswith(":")


def test_the_page_is_what_the_classes_say(tmp_path: Path) -> None:
    assert errors_page.PAGE.read_text("utf-8") == errors_page.page(), "run scripts/errors_page.py --write"
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-d", str(tmp_path)]
    subprocess.run(command, cwd=errors_page.PAGE.parent.parent, check=True)
    places = set(re.findall(r'id="([^"]+)"', (tmp_path / "errors" / "index.html").read_text("utf-8")))
    for kind in KINDS:
        page, _, place = kind("x").documentation.partition("#")
        assert page + "#" == DOCUMENTATION
        assert place in places, f"{kind.__name__} has no place on the page"


def test_what_a_log_line_says() -> None:
    assert str(OutcomeUnknown("lost", connection="hr", operation="leave.submit")) == "lost [leave.submit on hr]"
    assert str(OutcomeUnknown()) == OutcomeUnknown.words.en
    assert len(str(ProtocolError("x", excerpt="y" * 10_000).excerpt)) == 500
    there = NotSupported("no", handoff=Link("there", "https://x.example/new"))
    assert there.sentence("nl-NL").endswith("U kunt het hier doen: https://x.example/new")
    assert there.sentence("fr") == there.sentence("en")
