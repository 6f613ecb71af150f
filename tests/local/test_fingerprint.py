"""The same arguments have the same fingerprint, however they are written; other ones another."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.local.houses import THURSDAY, draft
from workplace_sdk.connectors.local.fingerprint import fingerprint
from workplace_sdk.services.common import Money, Ref, Span, Upload, zone_of
from workplace_sdk.services.rooms import Feature, MeetingDraft

AMSTERDAM = zone_of("Europe/Amsterdam")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Decimal("1.50"), Decimal("1.5")),
        (datetime(2026, 12, 3, 12, tzinfo=AMSTERDAM), datetime(2026, 12, 3, 11, tzinfo=UTC)),
        (
            Ref(connection="main", kind="room", id="1", version="1"),
            Ref(connection="main", kind="room", id="1", url="https://x"),
        ),
        (frozenset({Feature.PROJECTOR, Feature.PHONE}), frozenset({Feature.PHONE, Feature.PROJECTOR})),
        ({"b": 1, "a": 2}, {"a": 2, "b": 1}),
        (Money.of("2.0", "EUR"), Money.of("2", "EUR")),
    ],
)
def test_written_otherwise_it_is_the_same(one: Any, other: Any) -> None:
    assert fingerprint(one) == fingerprint(other)


@given(
    st.lists(st.text() | st.integers() | st.none() | st.booleans(), max_size=4), st.lists(st.text() | st.integers(), max_size=4)
)
def test_lists_are_the_same_when_they_are_equal(one: list[Any], other: list[Any]) -> None:
    assert (fingerprint(one) == fingerprint(other)) == (repr(one) == repr(other))
    assert fingerprint(*one) == fingerprint(*one)


def test_every_field_of_a_draft_counts() -> None:
    whole = draft(features=frozenset({Feature.PHONE}), attendees=(), private=True, body="x", cost_centre="1")
    known = {fingerprint(whole)}
    for name, value in {
        "subject": "y", "span": Span(start=whole.span.start, end=whole.span.end, zone="UTC"), "room": "B", "people": 3,
        "features": frozenset[Feature](), "body": "z", "private": False, "cost_centre": "2", "rrule": "FREQ=DAILY;COUNT=2",
    }.items():  # fmt: skip
        known.add(fingerprint(whole.model_copy(update={name: value})))
    assert len(known) == 10
    assert fingerprint(MeetingDraft.model_validate_json(whole.model_dump_json())) in known  # as it went to a page and back
    assert fingerprint(Upload(name="a", content=b"1")) != fingerprint(Upload(name="a", content=b"2"))
    assert fingerprint(whole, THURSDAY) != fingerprint(whole)
