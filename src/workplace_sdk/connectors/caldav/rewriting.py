"""A change worked into the events of a meeting. Pure: no connection is used here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import frozen

from workplace_sdk.connectors.caldav.house import Bookable
from workplace_sdk.connectors.caldav.writing import put, rule_for, set_online, set_people, set_rule, set_span, set_text, zoned
from workplace_sdk.kernel.keys import Key
from workplace_sdk.services.common import Span
from workplace_sdk.services.rooms import MeetingChange
from workplace_sdk.services.rooms_times import moved
from workplace_sdk.wires.caldav.objects import Happening, Series, instant


@frozen
class Change:
    """What becomes of some times of a meeting."""

    left: Sequence[Happening]
    chosen: Sequence[Happening]
    old: Sequence[Span]
    new: Sequence[Span]
    resources: Sequence[Bookable]
    people: Sequence[Any]
    values: MeetingChange
    seats: int
    key: Key

    @property
    def whole(self) -> bool:
        """Whether it is every time that is left."""
        return len(self.chosen) == len(self.left)

    @property
    def days(self) -> int:
        """By how many days they move."""
        return (self.new[0].local_start.date() - self.old[0].local_start.date()).days


def set_values(event: Any, values: MeetingChange) -> None:
    """The texts and figures that change."""
    if values.subject is not None:
        set_text(event, "SUMMARY", values.subject, field="subject")
    if values.body is not None:
        set_text(event, "DESCRIPTION", values.body, field="body")
    if values.online is not None:
        set_online(event, values.online)
    if values.private is not None:
        put(event, "CLASS", "PRIVATE" if values.private else "PUBLIC")
    if values.people is not None:
        set_people(event, values.people)


def move(events: Sequence[Any], series: Series, change: Change, zone: str) -> None:
    """Move the event of a series, and those of single times of it, as *change* moves them.

    Args:
        zone: Of what has none.
    """
    own, old, new = series.zone(zone), change.old[0], change.new[0]
    length = old.end - old.start
    ruled = sorted({one.at or one.start for one in change.left if not one.changed or one.at is not None})
    spans = [moved(Span(start=at, end=at + length, zone=own), old, new) for at in ruled]
    if series.repeats:
        rule, left_out = rule_for(series.rrule, spans, days=change.days)
        set_rule(events[0], rule, new.zone, left_out)
    set_span(events[0], spans[0])
    was = {one.at: one for one in change.left if one.changed}
    for event in events[1:]:
        at = instant(event["RECURRENCE-ID"].dt, own)
        put(event, "RECURRENCE-ID", zoned(moved(Span(start=at, end=at + length, zone=own), old, new).start, new.zone))
        if (one := was.get(at)) is not None:
            set_span(event, moved(Span(start=one.start, end=one.end, zone=own), old, new))
