"""Meetings as events. Pure: no connection is used here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import deepcopy
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from workplace_sdk.connectors.caldav.translation import ANSWERS, KEY, LAST, PEOPLE, ROLES
from workplace_sdk.kernel.errors import InvalidInput
from workplace_sdk.services.common import Span, zone_of
from workplace_sdk.services.rooms import Attendee, RecurrenceNotSupported, Response, occurrences
from workplace_sdk.services.rooms_times import until_of
from workplace_sdk.wires.caldav.objects import several
from workplace_sdk.wires.caldav.zones import described

if TYPE_CHECKING:
    from workplace_sdk.connectors.caldav.house import Bookable

PRODID: Final = "-//workplace-sdk//NL"


def new_event(uid: str, key: str, span: Span, subject: str, now: datetime) -> Any:
    """An event of one time."""
    from icalendar import Event

    event: Any = Event()
    event.add("uid", uid)
    event.add("created", moment(now))
    event.add("sequence", 0)
    event.add("transp", "OPAQUE")
    event.add("status", "CONFIRMED")
    put(event, KEY, key)
    stamp(event, now, key)
    set_span(event, span)
    set_text(event, "SUMMARY", subject, field="subject")
    return event


def stamp(event: Any, now: datetime, key: str | None) -> None:
    """When it was written, and by which write."""
    for name in ("DTSTAMP", "LAST-MODIFIED"):
        put(event, name, moment(now))
    if key is not None:
        put(event, LAST, key)


def moment(at: datetime) -> datetime:
    """As iCalendar has it: in whole seconds, so that who reads it back compares what was written."""
    return at.astimezone(UTC).replace(microsecond=0)


def put(event: Any, name: str, value: Any) -> None:
    """Set a property, instead of what it was; ``None`` takes it away."""
    event.pop(name, None)
    if value is not None:
        event.add(name, value)


def raised(event: Any) -> None:
    """A later version of it, for those invited. Source: RFC 5545 3.8.7.4."""
    try:
        number = int(event.get("SEQUENCE", 0))
    except (TypeError, ValueError):
        number = 0
    put(event, "SEQUENCE", number + 1)


def set_text(event: Any, name: str, value: str | None, *, field: str) -> None:
    """Set a text; ``InvalidInput`` for characters that no calendar takes."""
    text = None if value is None else value.replace("\r\n", "\n")
    if text is not None and any((ord(char) < 32 and char not in "\n\t") or ord(char) == 127 for char in text):
        raise InvalidInput("there are control characters in it", field=field)
    put(event, name, text or None)


def zoned(at: datetime, zone: str) -> datetime:
    """On the clocks of *zone*, as it is written in an event."""
    return at.astimezone(UTC if zone == "UTC" else zone_of(zone))


def set_span(event: Any, span: Span) -> None:
    """Set when it is; a DURATION gives way."""
    event.pop("DURATION", None)
    put(event, "DTSTART", zoned(span.start, span.zone))
    put(event, "DTEND", zoned(span.end, span.zone))


def set_rule(event: Any, rule: str | None, zone: str, left_out: Iterable[datetime] = ()) -> None:
    """Set how it repeats, and the times that do not take place."""
    from icalendar import vRecur

    event.pop("RRULE", None)
    event.pop("RDATE", None)
    event.pop("EXDATE", None)
    if rule is not None:
        parts = dict(part.split("=", 1) for part in rule.split(";") if part)
        if "UNTIL" in parts:  # in UTC when the start has a zone: RFC 5545 3.3.10
            until = until_of(parts["UNTIL"], zone).replace(tzinfo=zone_of(zone)).astimezone(UTC)
            parts["UNTIL"] = until.strftime("%Y%m%dT%H%M%SZ")
        event.add("rrule", vRecur.from_ical(";".join(f"{name}={value}" for name, value in parts.items())))
    for at in sorted(left_out):
        event.add("exdate", zoned(at, zone))


def address_line(address: str, name: str | None, **params: str) -> Any:
    """A calendar user."""
    from icalendar import vCalAddress

    line: Any = vCalAddress(f"mailto:{address}")
    if name:
        line.params["CN"] = "".join(char for char in name if ord(char) >= 32 and char not in '"\x7f')
    line.params.update({key.replace("_", "-"): value for key, value in params.items()})
    return line


def person_line(attendee: Attendee, address: str) -> Any:
    """Someone invited."""
    return address_line(
        address, attendee.person.display_name, CUTYPE="INDIVIDUAL", ROLE=ROLES[attendee.role], PARTSTAT=ANSWERS[attendee.response],
        RSVP="TRUE" if attendee.response is Response.NEEDS_ACTION else "FALSE",
    )  # fmt: skip


def resource_line(one: Bookable, answer: str = "NEEDS-ACTION") -> Any:
    """A room or a device. It takes part: a server that books rooms passes by those that do not."""
    return address_line(one.address, one.name, CUTYPE=one.cutype, ROLE="REQ-PARTICIPANT", PARTSTAT=answer, RSVP="TRUE")


def set_invited(event: Any, lines: Sequence[Any], rooms: Sequence[Bookable]) -> None:
    """Set everyone and everything that comes, and where it is."""
    event.pop("ATTENDEE", None)
    for line in lines:
        event.add("attendee", line, encode=0)
    names = ", ".join(one.name for one in rooms if one.room is not None)
    put(event, "LOCATION", names or None)


def answered(event: Any, address: str, answer: str) -> bool:
    """Write the answer of someone on an event; False when they are not on it."""
    found = False
    for line in several(event.get("ATTENDEE")):
        if str(line).casefold().removeprefix("mailto:") == address:
            line.params["PARTSTAT"] = answer
            line.params.pop("RSVP", None)
            found = True
    return found


def set_people(event: Any, people: int | None) -> None:
    """Set how many come."""
    put(event, PEOPLE, None if people is None else str(people))


def set_online(event: Any, link: str | None) -> None:
    """Set the link by which people join from elsewhere; an empty one takes it away. Source: RFC 7986 5.11."""
    from icalendar import vUri

    put(event, "CONFERENCE", None)
    if link:
        event.add("CONFERENCE", vUri(link, params={"VALUE": "URI"}))


def written(events: Sequence[Any]) -> bytes:
    """The calendar object of some events of one UID, with the zones that they name."""
    from icalendar import Calendar

    whole: Any = Calendar()
    whole.add("version", "2.0")
    whole.add("prodid", PRODID)
    for zone in sorted({zone for event in events for zone in _zones(event)}):
        if (known := described(zone)) is not None:
            whole.add_component(known)
    for event in events:
        whole.add_component(event)
    text: bytes = whole.to_ical()
    return text


def _zones(event: Any) -> Iterable[str]:
    for name in ("DTSTART", "DTEND", "RECURRENCE-ID", "EXDATE", "RDATE"):
        for value in several(event.get(name)):
            if zone := value.params.get("TZID"):
                yield str(zone)


def copied(event: Any) -> Any:
    """An event to be changed, the original kept."""
    return deepcopy(event)


def rule_for(rule: str | None, wanted: Sequence[Span], *, days: int = 0) -> tuple[str | None, list[datetime]]:
    """How *wanted*, times of a series by *rule* moved by *days*, repeat, and the times that must be left out of that.

    Raises:
        RecurrenceNotSupported: They do not: a single time was moved by hand, or the move goes across a week or a month.
    """
    if len(wanted) == 1:
        return None, []
    if rule is None:
        raise RecurrenceNotSupported("its times follow no rule: change them one by one", part="RDATE")
    first, last = wanted[0], wanted[-1]
    endless = not {"COUNT", "UNTIL"} & _parts(rule).keys()
    parts = _parts(until(rule, last.start))
    for candidate in (parts, _shifted(parts, days)):
        try:
            given = {one.start for one in occurrences(first, _joined(candidate))}
        except RecurrenceNotSupported:
            continue
        if {one.start for one in wanted} <= given:
            if endless:
                candidate.pop("UNTIL")
            return _joined(candidate), sorted(given - {one.start for one in wanted})
    raise RecurrenceNotSupported("its times do not repeat by a rule any more: change them one by one", part="BYDAY")


def until(rule: str, last: datetime) -> str:
    """The rule with an end: *last* is the last time that it may give."""
    parts = _parts(rule)
    parts.pop("COUNT", None)
    return _joined({**parts, "UNTIL": last.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")})


def _parts(rule: str) -> dict[str, str]:
    return {name: value for name, _, value in (part.partition("=") for part in rule.upper().split(";") if part)}


def _joined(parts: dict[str, str]) -> str:
    return ";".join(f"{name}={value}" for name, value in parts.items())


_DAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def _shifted(parts: dict[str, str], days: int) -> dict[str, str]:
    """The same rule on weekdays that are so many *days* later."""
    names = parts.get("BYDAY", "").split(",")
    if not all(name in _DAYS for name in names):
        return parts
    return {**parts, "BYDAY": ",".join(_DAYS[(_DAYS.index(name) + days) % 7] for name in names)}
