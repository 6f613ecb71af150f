"""Slot search in calendars against reading the same free/busy bytes, on a real Cyrus, in one run.

    python benchmarks/calendars.py [--people 20] [--rooms 50] [--events 50000] [--rounds 7] [--json]

A room and a time for all people within two weeks. The bare client sends the same requests, eight at a time as ours, and reads
the replies; or reads them and gives them to ``icalendar``. Interleaved round by round; medians of time on the clock and of
client CPU, and ratios within the run. The events are spread over a working year, as many in every calendar.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import json
import os
import random
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import httpx
from tests.servers.calendars import DOMAIN, SERVICE, event, password_of
from tests.servers.cyrus import Cyrus, Seed

from workplace_sdk.connectors.caldav import Caldav, CaldavSettings
from workplace_sdk.connectors.caldav.rooms import CaldavRooms
from workplace_sdk.kernel.session import Session
from workplace_sdk.services.common import PersonRef, Span
from workplace_sdk.services.rooms import RoomQuery

MONDAY = date(2027, 3, 1)
ZONE = "Europe/Amsterdam"
WEEKS = 52
REPORT = (
    '<?xml version="1.0" encoding="utf-8"?><C:free-busy-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">'
    '<C:time-range start="20270301T070000Z" end="20270312T170000Z"/></C:free-busy-query>'
)


def logins(people: int, rooms: int) -> list[str]:
    return [f"u{number:07d}" for number in range(1, people + 1)] + [f"zaal-{number:02d}" for number in range(1, rooms + 1)]


def filled(people: int, rooms: int, events: int) -> Seed:
    """*events* meetings of half an hour to two hours in working hours."""

    def fill(server: Cyrus) -> None:
        everyone = logins(people, rooms)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda pair: _fill(server, *pair, events // len(everyone)), enumerate(everyone)))

    return Seed(f"{people} people, {rooms} rooms, {events} events", fill)


def _fill(server: Cyrus, number: int, login: str, count: int) -> None:
    chance = random.Random(number)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    basic = base64.b64encode(f"{login}:{password_of(login)}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}", "Content-Type": "text/calendar; charset=utf-8"}
    for index in range(count):
        day = MONDAY + timedelta(weeks=chance.randrange(WEEKS), days=chance.randrange(5))
        begin = datetime.combine(day, datetime.min.time(), UTC) + timedelta(minutes=30 * chance.randrange(14, 33))
        end = begin + timedelta(minutes=30 * chance.randrange(1, 5))
        uid = f"seed-{login}-{index}"
        text = event(uid, f"DTSTART:{begin:%Y%m%dT%H%M%SZ}", f"DTEND:{end:%Y%m%dT%H%M%SZ}", f"SUMMARY:Overleg {index}")
        connection.request("PUT", f"{server.calendar(login)}{uid}.ics", text.encode(), headers)
        reply = connection.getresponse()
        reply.read()
        assert reply.status == 201, (login, reply.status)
    connection.close()


class Ours:
    def __init__(self, server: Cyrus, people: int, rooms: int) -> None:
        os.environ["CALENDAR_PASSWORD"] = password_of(SERVICE)
        settings = {
            "url": server.url,
            "profile": "cyrus",
            "domain": DOMAIN,
            "auth": {"kind": "basic", "user": SERVICE, "password": {"env": "CALENDAR_PASSWORD"}},
            "rooms": [{"login": login, "name": login, "capacity": 24} for login in logins(0, rooms)],
        }
        now = datetime(2027, 3, 1, 6, tzinfo=UTC)
        session = Session(caller=PersonRef(login="u0000001"), now=lambda: now, zone=ZONE, time_limit=120)
        self.service = CaldavRooms(Caldav("calendar", CaldavSettings.model_validate(settings)), session)
        within = Span(start=datetime(2027, 3, 1, 7, tzinfo=UTC), end=datetime(2027, 3, 12, 17, tzinfo=UTC), zone=ZONE)
        attendees = tuple(PersonRef(login=login) for login in logins(people, 0))
        self.query = RoomQuery(duration=timedelta(minutes=30), within=within, attendees=attendees, limit=200)

    def run(self) -> int:
        found = self.service.find(self.query)
        assert found.complete
        return len(found)


class Bare:
    def __init__(self, server: Cyrus, people: int, rooms: int, *, parsed: bool) -> None:
        login = (SERVICE, password_of(SERVICE))
        self.client = httpx.Client(auth=login, limits=httpx.Limits(max_connections=8), timeout=120)
        self.urls = [f"{server.url}/dav/calendars/user/{SERVICE}/{login}.Default/" for login in logins(people, rooms)]
        self.pool = ThreadPoolExecutor(8)
        self.parsed = parsed

    def run(self) -> int:
        return sum(self.pool.map(self._one, self.urls))

    def _one(self, url: str) -> int:
        reply = self.client.request("REPORT", url, content=REPORT, headers={"Depth": "1", "Content-Type": "application/xml"})
        assert reply.status_code == 200, reply.status_code
        if self.parsed:
            from icalendar import Calendar

            return len(Calendar.from_ical(reply.content).walk("VFREEBUSY"))
        return len(reply.content)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--rooms", type=int, default=50)
    parser.add_argument("--events", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    server = Cyrus(options.people, options.rooms, seed=filled(options.people, options.rooms, options.events))
    try:
        result = measure(server, options)
    finally:
        server.stop()
    if options.json:
        print(json.dumps(result))
        return
    bare = result["read"]
    for name, kept in result.items():
        clock, cpu = kept["clock"] / bare["clock"], kept["cpu"] / bare["cpu"]
        print(
            f"{name:<22} {kept['clock']:8.1f} ms on the clock ({clock:4.2f} of read) {kept['cpu']:8.1f} ms CPU ({cpu:4.2f} of read)"
        )
    print(f"{result['read']['answer']:,.0f} bytes read; {result['slot search']['answer']:.0f} options found")


def measure(server: Cyrus, options) -> dict[str, dict[str, float]]:
    clients = {
        "read": Bare(server, options.people, options.rooms, parsed=False),
        "read with icalendar": Bare(server, options.people, options.rooms, parsed=True),
        "slot search": Ours(server, options.people, options.rooms),
    }
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in clients}
    answers: dict[str, int] = {}
    for number in range(options.rounds + 1):
        for name, client in clients.items():
            cpu, clock = time.process_time(), time.perf_counter()
            answers[name] = client.run()
            if number:
                times[name].append(((time.perf_counter() - clock) * 1000, (time.process_time() - cpu) * 1000))
    return {
        name: {
            "clock": statistics.median(clock for clock, _ in kept),
            "cpu": statistics.median(cpu for _, cpu in kept),
            "answer": answers[name],
        }
        for name, kept in times.items()
    }


if __name__ == "__main__":
    main()
