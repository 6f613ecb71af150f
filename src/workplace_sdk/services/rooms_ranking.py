"""What is offered when a room is looked for: free times, and how well a room fits, with the reasons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from workplace_sdk.services.common import PersonRef, Span, in_utc
from workplace_sdk.services.rooms_models import Bookability, Feature, Layout, Reason, Room, RoomOption, RoomQuery
from workplace_sdk.services.rooms_times import Interval, office_hours, slots, without
from workplace_sdk.services.vocabulary import word

EACH: Final = 3
"""Times offered for each room, the earliest."""
_SEATS, _PREFERRED, _NEAR, _PEOPLE, _EARLY = (Decimal(part) for part in ("0.4", "0.2", "0.15", "0.15", "0.1"))


def free_times(query: RoomQuery, room: Room, busy: Sequence[Interval], *, now: datetime) -> Iterator[Span]:
    """Times for *query* within what it allows, when a room and everyone who has to come are not *busy*; by time."""
    assert query.within is not None
    assert query.duration is not None
    within = query.within
    wanted = office_hours(within) if query.office_hours else [(in_utc(within.start), in_utc(within.end))]
    until = in_utc(within.end) if room.ahead is None else min(in_utc(within.end), now + room.ahead + query.duration)
    open_ = [(max(start, now), min(end, until)) for start, end in wanted if max(start, now) < min(end, until)]
    tz = within.local_start.tzinfo
    local = [(start.astimezone(tz), end.astimezone(tz)) for start, end in without(open_, busy)]
    return (Span(start=start, end=end, zone=within.zone) for start, end in slots(local, query.duration))


def option(
    query: RoomQuery, room: Room, span: Span, *, seats: int, near: str | None, asked: int, absent: tuple[PersonRef, ...]
) -> RoomOption:
    """The offer of *room* with its score: mostly for seats, then preferences, nearness, who can come, and how soon.

    Args:
        seats: How many people there have to be seats for.
        near: The site or building that is preferred.
        asked: How many people were looked for.
        absent: Who of them is not free then.
    """
    capacity = seats_of(room, query.layout) or 1
    missing = query.preferred - room.features
    here = near is not None and near.casefold() in {(room.site or "").casefold(), (room.building or "").casefold()}
    score = _SEATS * min(Decimal(1), Decimal(seats) / capacity)
    score += _PREFERRED * (1 if not query.preferred else Decimal(len(query.preferred - missing)) / len(query.preferred))
    score += _NEAR * (1 if here or near is None else 0)
    score += _PEOPLE * (1 if not asked else 1 - Decimal(len(absent)) / asked)
    score += _EARLY * _soon(query, span)
    if room.bookability is Bookability.APPROVAL:
        score *= Decimal("0.9")
    reasons = _reasons(room, capacity, sorted(query.preferred & room.features), near=here, everyone=bool(asked) and not absent)
    return RoomOption(room=room, span=span, score=round(score, 4), reasons=reasons, missing=missing, busy=absent)


def seats_of(room: Room, layout: Layout | None) -> int | None:
    """How many people *room* seats in *layout*; ``None`` when that is not known."""
    return room.seats(layout) if layout in room.layouts else room.capacity


def _soon(query: RoomQuery, span: Span) -> Decimal:
    """1 at the start of the time searched, 0 at its end."""
    if query.within is None:
        return Decimal(1)
    minute = timedelta(minutes=1)
    later = in_utc(span.start) - in_utc(query.within.start)
    return 1 - Decimal(later // minute) / max(1, query.within.length // minute)


def _reasons(room: Room, capacity: int, preferred: Sequence[Feature], *, near: bool, everyone: bool) -> tuple[Reason, ...]:
    found = [Reason(code="seats", en=f"seats {capacity}", nl=f"{capacity} plaatsen")]
    found += [
        Reason(code=f"has_{feature}", en=f"has {word(feature)}", nl=f"heeft {word(feature, 'nl')}") for feature in preferred
    ]
    if near:
        found.append(Reason(code="near", en=f"at {room.building or room.site}", nl=f"in {room.building or room.site}"))
    if everyone:
        found.append(Reason(code="everyone_free", en="everyone is free", nl="iedereen is vrij"))
    if room.bookability is Bookability.APPROVAL:
        found.append(Reason(code="approval", en="needs approval", nl="moet worden goedgekeurd"))
    if room.bookability is Bookability.RESTRICTED:
        found.append(Reason(code="restricted", en="not for everyone, but for you", nl="niet voor iedereen, wel voor u"))
    return tuple(found)
