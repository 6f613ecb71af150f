"""What calendar servers answer is read safely: XML and iCalendar that are meant to harm, and free/busy in every form."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil.tz import tzical
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.servers.calendars import calendar, event
from workplace_sdk.kernel.errors import ProtocolError
from workplace_sdk.wires.caldav.freebusy import Period, busy_periods
from workplace_sdk.wires.caldav.objects import Patience, Unreadable, happenings, harmless, read_series
from workplace_sdk.wires.caldav.server import Moved, Refused, refusal
from workplace_sdk.wires.caldav.xml import DEEPEST, D, multistatus, parsed
from workplace_sdk.wires.caldav.zones import described
from workplace_sdk.wires.http import Reply

ZONE = "Europe/Amsterdam"
DAY = datetime(2027, 3, 1, tzinfo=UTC)


def reply(body: bytes | str, status: int = 207, **headers: str) -> Reply:
    return Reply(status, headers, body.encode() if isinstance(body, str) else body)


MULTISTATUS = '<D:multistatus xmlns:D="DAV:">{}</D:multistatus>'
RESPONSE = "<D:response><D:href>/a/x.ics</D:href><D:propstat><D:prop><D:getetag>&quot;1&quot;</D:getetag></D:prop><D:status>HTTP/1.1 {} X</D:status></D:propstat></D:response>"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ('<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', "document type"),
        (
            '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]><x>&c;</x>',
            "document type",
        ),
        ('<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>', "document type"),
        ('<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd"><x/>', "document type"),
        ('<?xml version="1.0" encoding="utf-16"?><!DOCTYPE x []><x/>'.encode("utf-16"), "document type"),
        ("<x>" * (DEEPEST + 1) + "</x>" * (DEEPEST + 1), "nested"),
        ("<x>" * 500_000, "nested"),
        ("<x>&undeclared;</x>", "no XML"),
        ("<x><y></x>", "no XML"),
        ('<?xml version="1.0" encoding="no-such"?><x/>', "no XML"),
        (b"<x>\xff\xfe</x>", "no XML"),
        ("", "no XML"),
        ("<html><body>503</body></html>", "multistatus"),
    ],
    ids=range(13),
)
def test_xml_that_harms_is_refused(body: bytes | str, why: str) -> None:
    begun = time.monotonic()
    with pytest.raises(ProtocolError, match=why):
        multistatus(reply(body))
    assert time.monotonic() - begun < 5


def test_a_multistatus_has_what_is_there() -> None:
    found = multistatus(reply(MULTISTATUS.format(RESPONSE.format(200) + RESPONSE.format(404) + "<D:response/>")))
    assert [(one.href, one.text(f"{D}getetag")) for one in found] == [("/a/x.ics", '"1"')]
    assert len(list(parsed(reply(MULTISTATUS.format(RESPONSE.format(200) * 1000))))) == 1000


def test_what_servers_say_no_with() -> None:
    sogo = '<?xml version="1.0"?><D:error xmlns:D="DAV">{&quot;reject&quot;:&quot;Maximum number of simultaneous bookings&quot;}</D:error>'
    told = refusal(reply(sogo, 409))
    assert isinstance(told, Refused)
    assert '"reject"' in told.text
    uid = refusal(reply('<D:error xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><C:no-uid-conflict/></D:error>', 409))
    assert isinstance(uid, Refused)
    assert uid.conditions == {"no-uid-conflict"}
    moved = refusal(reply("", 301, location="/elsewhere/x.ics"))
    assert isinstance(moved, Moved)
    assert moved.location == "/elsewhere/x.ics"
    assert refusal(reply('<D:error xmlns:D="DAV:"><D:need-privileges/></D:error>', 403)) is None, "left to HTTP: not allowed"
    scheduling = refusal(reply('<D:error xmlns:D="DAV:"><D:valid-organizer/></D:error>', 403))
    assert scheduling is not None
    assert scheduling.code == "rejected"
    assert refusal(reply("<html>an error page for people", 403)) is None
    assert refusal(reply(MULTISTATUS.format(""))) is None


# -- free/busy


def freebusy(*lines: str) -> str:
    return calendar("BEGIN:VFREEBUSY", "UID:1", "DTSTAMP:20260501T080000Z", *lines, "END:VFREEBUSY")


def at(hour: int, minute: int = 0) -> datetime:
    return DAY.replace(hour=hour, minute=minute)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((), []),
        (("FREEBUSY:20270301T080000Z/20270301T090000Z",), [Period(at(8), at(9))]),
        (("FREEBUSY;FBTYPE=BUSY-TENTATIVE:20270301T080000Z/20270301T090000Z",), [Period(at(8), at(9), tentative=True)]),
        (("FREEBUSY;FBTYPE=FREE:20270301T080000Z/20270301T090000Z",), []),
        (
            ("FREEBUSY:20270301T080000Z/20270301T090000Z,20270301T100000Z/20270301T110000Z",),
            [Period(at(8), at(9)), Period(at(10), at(11))],
        ),
        (("FREEBUSY:20270301T080000Z/PT1H30M",), [Period(at(8), at(9, 30))]),
        (("FREEBUSY;X-NAME=vergaderzaal;FBTYPE=BUSY:20270301T080000Z/20270301T090000Z",), [Period(at(8), at(9))]),
        (("FREEBUSY:20270301T080000Z/2027030", " 1T090000Z"), [Period(at(8), at(9))]),
        (("freebusy:20270301T080000Z/20270301T090000Z",), [Period(at(8), at(9))]),
        (("FREEBUSY:20270301T080000/20270301T090000",), [Period(at(8), at(9))]),
    ],
    ids=range(10),
)
def test_free_busy_in_every_form(lines: tuple[str, ...], expected: list[Period]) -> None:
    assert busy_periods(freebusy(*lines)) == expected
    assert busy_periods(freebusy(*lines).replace("\r\n", "\n")) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "<html>", "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", freebusy("FREEBUSY:20270301T080000Z/20270301T090000Z")[:-20],
        freebusy("FREEBUSY:20271301T080000Z/20270301T090000Z"), freebusy("FREEBUSY:nonsense"), "null", "\x00",
        freebusy(*("BEGIN:X",) * 3000, *("END:X",) * 3000, "FREEBUSY:20270301T080000Z/PT1H"),
    ],
    ids=range(9),
)  # fmt: skip
def test_free_busy_that_is_none(text: str) -> None:
    try:
        found = busy_periods(text)
    except ProtocolError:
        return
    assert all(isinstance(one.start, datetime) for one in found)
    assert "nonsense" not in text


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 10_000), st.integers(1, 600), st.sampled_from(["", ";FBTYPE=BUSY", ";FBTYPE=BUSY-TENTATIVE"])),
        max_size=30,
    )
)
def test_the_short_way_reads_what_the_library_does(some: list[tuple[int, int, str]]) -> None:
    from workplace_sdk.wires.caldav.freebusy import _by_library

    lines = []
    for minute, length, kind in some:
        begin = DAY + timedelta(minutes=minute)
        lines.append(f"FREEBUSY{kind}:{begin:%Y%m%dT%H%M%SZ}/{begin + timedelta(minutes=length):%Y%m%dT%H%M%SZ}")
    text = freebusy(*lines)
    assert busy_periods(text) == _by_library(text)


# -- events


def times(text: str, **others: Any) -> list[str]:
    found, _ = happenings(read_series(text), ZONE, most=others.pop("most", 50), patience=Patience(), **others)
    return [f"{one.start.astimezone(ZoneInfo(ZONE)):%m-%d %H:%M}" for one in found]


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY", "FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30", "FREQ=HOURLY", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30,31", "FREQ=DAILY;BYSETPOS=2", "FREQ=WEEKLY;BYMONTHDAY=13", "FREQ=DAILY;BYHOUR=1,2,3",
        "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;INTERVAL=99999999", "FREQ=BLA", "INTERVAL=2",
        f"FREQ=YEARLY;BYYEARDAY={','.join(['1'] * 500)}",
    ],
)  # fmt: skip
def test_rules_that_never_end_or_never_begin(rule: str) -> None:
    begun = time.monotonic()
    with pytest.raises(Unreadable):
        harmless(rule)
    with pytest.raises(ProtocolError):
        text = event("x", "DTSTART:19700101T080000Z", f"RRULE:{rule}")
        times(text, after=DAY, before=DAY + timedelta(days=14))
        raise ProtocolError("an unreadable rule is dropped by the library")
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    "rule",
    ["FREQ=WEEKLY;BYDAY=MO;BYSETPOS=2", "FREQ=DAILY;INTERVAL=7;BYDAY=TU", "FREQ=MONTHLY;BYDAY=5MO;BYMONTHDAY=1", "FREQ=DAILY"],
)
def test_rules_with_little_in_them_end_all_the_same(rule: str) -> None:
    begun = time.monotonic()
    try:
        found = times(
            event("x", f"DTSTART;TZID={ZONE}:19700105T080000", f"RRULE:{rule}"), after=DAY, before=DAY + timedelta(days=3)
        )
    except Unreadable as error:
        assert "too long" in error.message
    else:
        assert found in ([], ["03-01 08:00", "03-02 08:00", "03-03 08:00"])
    assert time.monotonic() - begun < 60


def test_many_events_that_take_long_together_are_not_waited_for() -> None:
    patience = Patience(seconds=0.5)
    series = read_series(event("x", "DTSTART:00020101T080000Z", "RRULE:FREQ=DAILY"))
    begun = time.monotonic()
    with pytest.raises(Unreadable, match="too long"):
        for _ in range(1000):
            happenings(series, ZONE, after=DAY, before=DAY + timedelta(days=14), most=50, patience=patience)
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize(
    "text",
    [
        "", "null", "<html>", "\x00", "BEGIN:VCALENDAR", "BEGIN:VCALENDAR\r\nEND:VCALENDAR", event("x")[:-40],
        event("x"), event(""), calendar("BEGIN:VEVENT", "UID:a", "END:VEVENT", "BEGIN:VEVENT", "UID:b", "END:VEVENT"),
        event("x", "DTSTART:99991231T235959Z", "DURATION:P9999999D"), event("x", "DTSTART:nonsense"),
        event("x", "DTSTART:00010101T000000", "DTEND:99991231T235959"),
        calendar(*("BEGIN:VEVENT",) * 5000, *("END:VEVENT",) * 5000),
        event("x", "DTSTART:20270301T080000Z", "SUMMARY:" + "x" * 2_000_000),
        event("x", "DTSTART:20270301T080000Z", "RRULE:FREQ=DAILY", "RRULE:FREQ=WEEKLY"),
        event("x", "DTSTART:20270301T080000Z", "RRULE:FREQ=DAILY;UNTIL=nonsense"), event("x", "DTSTART:20270301T080000Z", "DURATION:long"),
        event("x", "DTSTART:20270301T080000Z", "EXDATE:nonsense"),
    ],
    ids=range(19),
)  # fmt: skip
def test_events_that_are_none(text: str) -> None:
    begun = time.monotonic()
    with pytest.raises(ProtocolError):
        series = read_series(text)
        happenings(series, ZONE, after=DAY, before=DAY + timedelta(days=14), most=50, patience=Patience())
        raise ProtocolError("nothing in it happens then")
    assert time.monotonic() - begun < 10


def test_what_is_broken_beside_when_it_is_is_left_out() -> None:
    text = event("x", "DTSTART:20270301T080000Z", "PRIORITY:high", "CREATED:yesterday", "GEO:nowhere", "SUMMARY:goed")
    series = read_series(text)
    assert (str(series.main["SUMMARY"]), series.main.get("CREATED")) == ("goed", None)
    assert times(text) == ["03-01 09:00"]


def test_a_series_with_exceptions() -> None:
    text = calendar(
        "BEGIN:VEVENT", "UID:x", "DTSTAMP:20260501T080000Z", f"DTSTART;TZID={ZONE}:20270301T100000", f"DTEND;TZID={ZONE}:20270301T110000",
        "RRULE:FREQ=WEEKLY;COUNT=6", f"EXDATE;TZID={ZONE}:20270308T100000", "RDATE:20270310T090000Z", "END:VEVENT",
        "BEGIN:VEVENT", "UID:x", "DTSTAMP:20260501T080000Z", f"RECURRENCE-ID;TZID={ZONE}:20270315T100000", f"DTSTART;TZID={ZONE}:20270316T150000",
        f"DTEND;TZID={ZONE}:20270316T160000", "END:VEVENT",
        "BEGIN:VEVENT", "UID:x", "DTSTAMP:20260501T080000Z", f"RECURRENCE-ID;TZID={ZONE}:20270322T100000", f"DTSTART;TZID={ZONE}:20270322T100000",
        "STATUS:CANCELLED", "END:VEVENT",
    )  # fmt: skip
    assert times(text) == ["03-01 10:00", "03-10 10:00", "03-16 15:00", "03-22 10:00", "03-29 10:00", "04-05 10:00"]
    found, more = happenings(read_series(text), ZONE, most=2, patience=Patience())
    assert (len(found), more) == (2, True)
    cancelled = [one.cancelled for one in happenings(read_series(text), ZONE, most=9, patience=Patience())[0]]
    assert cancelled == [False, False, False, True, False, False]
    assert times(text, after=datetime(2027, 3, 16, 14, 30, tzinfo=UTC), before=datetime(2027, 3, 23, tzinfo=UTC)) == [
        "03-16 15:00",
        "03-22 10:00",
    ]


def test_whole_days_and_times_without_a_zone_are_on_our_clocks() -> None:
    series = read_series(event("x", "DTSTART;VALUE=DATE:20270328", "RRULE:FREQ=DAILY;COUNT=2"))
    found, _ = happenings(series, ZONE, most=9, patience=Patience())
    assert [one.end - one.start for one in found] == [timedelta(hours=23), timedelta(hours=23)] or found[0].end - found[
        0
    ].start == timedelta(hours=23)
    assert times(event("x", "DTSTART:20270329T120000", "DURATION:PT45M")) == ["03-29 12:00"]
    windows = event("x", "DTSTART;TZID=W. Europe Standard Time:20270329T120000", "DURATION:PT45M")
    assert times(windows) == ["03-29 12:00"]


@pytest.mark.parametrize(
    "zone", ["Europe/Amsterdam", "America/New_York", "Asia/Kathmandu", "Pacific/Auckland", "Asia/Jerusalem", "Africa/Cairo"]
)
def test_zones_as_others_read_them(zone: str) -> None:
    """By dateutil, as Radicale and many others do."""
    text = described(zone).to_ical().decode()
    read, known = tzical(StringIO(text)).get(), ZoneInfo(zone)
    assert read is not None
    moment = datetime(2026, 6, 1, 0, 30)  # noqa: DTZ001 - on the clocks of either
    while moment.year < 2034:
        assert moment.replace(tzinfo=read).utcoffset() == moment.replace(tzinfo=known).utcoffset(), moment
        moment += timedelta(hours=13)
    if zone in ("Europe/Amsterdam", "America/New_York", "Pacific/Auckland"):
        assert "RDATE" not in text


def test_no_such_zone() -> None:
    assert described("Nowhere/At_All") is None
