"""When someone is busy: VFREEBUSY, asked for and read.

A reply of a server is a property in one form, hundreds of times; ``icalendar`` takes some 60 times as long for it as reading
the bytes does. So lines that are exactly of that form are read by one expression, and a reply with any other line is given to
``icalendar`` as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from attrs import frozen

from workplace_sdk.kernel.errors import ProtocolError

STAMP: Final = "%Y%m%dT%H%M%SZ"
_OBJECT: Final = re.compile(
    r"\A\s*BEGIN:VCALENDAR\r?\n.*^BEGIN:VFREEBUSY\r?\n(.*)^END:VFREEBUSY\r?\n.*^END:VCALENDAR\s*\Z", re.DOTALL | re.MULTILINE
)
_LINE: Final = re.compile(r"^FREEBUSY(?:;FBTYPE=([A-Z-]+))?:((?:\d{8}T\d{6}Z/\d{8}T\d{6}Z,?)+)\r?$", re.MULTILINE)
_ANY: Final = re.compile(r"^(?:FREEBUSY|[ \t])", re.MULTILINE | re.IGNORECASE)


@frozen
class Period:
    """Busy from *start* up to *end*; *tentative*: it may still change."""

    start: datetime
    end: datetime
    tentative: bool = False


def busy_periods(text: str) -> list[Period]:
    """The busy periods of a VFREEBUSY, as they come; ``ProtocolError`` when it is none."""
    found = _OBJECT.match(text)
    if found is None:
        return _by_library(text)
    inside = found.group(1)
    lines = _LINE.findall(inside)
    if len(lines) != sum(1 for _ in _ANY.finditer(inside)):
        return _by_library(text)
    instant = datetime.fromisoformat
    try:
        return [
            Period(instant(period[:16]), instant(period[17:]), kind == "BUSY-TENTATIVE")
            for kind, periods in lines
            if kind != "FREE"
            for period in periods.rstrip(",").split(",")
        ]
    except ValueError:
        raise ProtocolError("free/busy with a time that there is not") from None


def _by_library(text: str) -> list[Period]:
    from workplace_sdk.wires.caldav.objects import read_calendar, several

    some = read_calendar(text).walk("VFREEBUSY")
    if not some:
        raise ProtocolError("the reply has no free/busy")
    found: list[Period] = []
    for period in (one for part in some for values in several(part.get("FREEBUSY")) for one in several(values)):
        kind = str(getattr(period, "params", {}).get("FBTYPE", "BUSY")).upper()
        if kind != "FREE":
            found.append(Period(_instant(period.start), _instant(period.end), kind == "BUSY-TENTATIVE"))
    return found


def _instant(value: Any) -> datetime:
    if not isinstance(value, datetime):
        raise ProtocolError("free/busy with a date for a time")
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def request(uid: str, organizer: str, attendees: Sequence[str], start: datetime, end: datetime, now: datetime) -> bytes:
    """The question, for an outbox: when *attendees* (mail addresses) are busy. Source: RFC 6638 5."""
    from icalendar import Calendar, FreeBusy, vCalAddress

    asked: Any = FreeBusy()
    asked.add("uid", uid)
    asked.add("dtstamp", now.astimezone(UTC))
    asked.add("dtstart", start.astimezone(UTC))
    asked.add("dtend", end.astimezone(UTC))
    asked["ORGANIZER"] = vCalAddress(f"mailto:{organizer}")
    for address in attendees:
        asked.add("attendee", vCalAddress(f"mailto:{address}"))
    whole: Any = Calendar()
    whole.add("version", "2.0")
    whole.add("prodid", "-//workplace-sdk//NL")
    whole.add("method", "REQUEST")
    whole.add_component(asked)
    written: bytes = whole.to_ical()
    return written


def within(periods: Iterable[Period], start: datetime, end: datetime) -> list[Period]:
    """The part of *periods* from *start* to *end*, by time."""
    cut = (Period(max(one.start, start), min(one.end, end), one.tentative) for one in periods)
    return sorted((one for one in cut if one.start < one.end), key=lambda one: (one.start, one.end))
