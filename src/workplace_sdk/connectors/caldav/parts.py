"""A series in two: what goes away from it, and what is left. Pure: no connection is used here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from icalendar import vRecur

from workplace_sdk.connectors.caldav.translation import KEY
from workplace_sdk.connectors.caldav.writing import (
    copied,
    moment,
    put,
    raised,
    rule_for,
    set_rule,
    set_span,
    stamp,
    until,
    zoned,
)
from workplace_sdk.services.common import Span
from workplace_sdk.wires.caldav.objects import Happening, Series, instant, several


def apart(main: Any, uid: str, spans: Sequence[Span], days: int, now: datetime, key: str) -> Any:
    """An event of its own for *spans*, times of a series moved by *days*; related to that series. Source: RFC 5545 3.8.4.5."""
    event = copied(main)
    rules = several(main.get("RRULE"))
    rule, left_out = rule_for(rules[0].to_ical().decode().upper() if rules else None, spans, days=days)
    set_rule(event, rule, spans[0].zone, left_out)
    set_span(event, spans[0])
    put(event, "UID", uid)
    put(event, "CREATED", moment(now))
    put(event, "SEQUENCE", None)
    event.add("sequence", 0)
    put(event, KEY, key)
    put(event, "RELATED-TO", str(main.get("UID")))
    stamp(event, now, key)
    return event


def shortened(
    series: Series, left: Sequence[Happening], gone: Sequence[Happening], zone: str, now: datetime, key: str
) -> list[Any]:
    """The events of a series of which *left* are left, without those that are *gone*, and without what was changed about them.

    It ends earlier when all that comes after is gone; else single times are left out.
    """
    own = series.zone(zone)
    starts = {one.at or one.start for one in gone}
    stay = sorted({one.at or one.start for one in left} - starts)
    main = copied(series.main)
    others = [copied(one) for one in series.others if instant(one["RECURRENCE-ID"].dt, own) not in starts]
    if series.rrule is not None and series.main.get("RDATE") is None and stay[-1] < min(starts):
        put(main, "RRULE", vRecur.from_ical(until(series.rrule, stay[-1])))
    else:
        for at in sorted(starts):
            main.add("exdate", zoned(at, own))
    for event in (main, *others):
        raised(event)
        stamp(event, now, key)
    return [main, *others]
