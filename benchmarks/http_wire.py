"""What an operation costs over the bare HTTP client, and what the libraries cost that people use today for the same job.

    python benchmarks/http_wire.py [--rounds 9] [--json]

CPU of this process (the server is another one), every candidate in turn in each round, medians, and ratios within the run.
The libraries that are compared with are not ours to depend on: pip install jira caldav exchangelib. Those that are not
installed are named and left out.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import httpx
from typing_extensions import TypedDict

from workplace_sdk.kernel.connector import Connector
from workplace_sdk.kernel.drivers import arun
from workplace_sdk.kernel.effects import Page, PageSteps, Steps
from workplace_sdk.kernel.operation import pages, read
from workplace_sdk.kernel.session import Call, Session
from workplace_sdk.services.common import Mapped, PersonRef, Ref
from workplace_sdk.services.incidents import Incidents, Priority, Ticket, TicketKind, TicketStatus
from workplace_sdk.wires.http import Http

ITEMS = 1000
SERVER = '''
import json, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

def issue(n):
    day = f"2026-{n % 12 + 1:02d}-{n % 28 + 1:02d}"
    return {"id": str(n), "key": f"ICT-{n}", "self": f"http://127.0.0.1/rest/api/2/issue/{n}", "fields": {
        "summary": f"The printer on floor {n % 9} jams", "description": "It has done so since this morning. " * 4,
        "created": f"{day}T09:12:44.000+0100", "updated": f"{day}T10:02:01.000+0100",
        "status": {"id": "3", "name": "In Progress"}, "priority": {"id": "3", "name": "P3"},
        "reporter": {"name": f"u{n}", "displayName": f"Jan Jansen {n}", "emailAddress": f"u{n}@example.org"}}}

def event(n):
    day, hour = n % 28 + 1, n % 10 + 8
    return f"""<d:response><d:href>/cal/{n}.ics</d:href><d:propstat><d:prop><d:getetag>"{n}"</d:getetag><c:calendar-data>BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//x//EN
BEGIN:VEVENT
UID:{n}@example.org
DTSTAMP:20261101T080000Z
DTSTART:202611{day:02d}T{hour:02d}0000Z
DTEND:202611{day:02d}T{hour:02d}3000Z
SUMMARY:Meeting {n}
LOCATION:Room {n % 50}
END:VEVENT
END:VCALENDAR
</c:calendar-data></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"""

def item(n):
    day = n % 28 + 1
    return f"""<t:CalendarItem><t:ItemId Id="i{n}" ChangeKey="c"/><t:Subject>Meeting {n}</t:Subject><t:Start>2026-11-{day:02d}T09:00:00Z</t:Start>
<t:End>2026-11-{day:02d}T10:00:00Z</t:End><t:LegacyFreeBusyStatus>Busy</t:LegacyFreeBusyStatus><t:Location>Room {n % 50}</t:Location></t:CalendarItem>"""

count = int(sys.argv[1])
issues = [issue(n) for n in range(count)]
answers = {
    "small": json.dumps(issues[0]).encode(),
    "page": json.dumps({"issues": issues, "startAt": 0, "maxResults": count, "total": count, "isLast": True}).encode(),
}
dav = ('<d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">' + "".join(map(event, range(count))) + "</d:multistatus>").encode()

class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *_): pass
    def say(self, body, kind, status=200):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_GET(self):
        if "serverInfo" in self.path:
            return self.say(b'{"versionNumbers": [9, 0, 0], "version": "9.0.0", "buildNumber": 1, "deploymentType": "Server"}', "application/json")
        if "/field" in self.path:
            return self.say(b"[]", "application/json")
        self.say(answers["page" if "page" in self.path or "search" in self.path else "small"], "application/json")
    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.say(answers["page"], "application/json")
    def do_REPORT(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.say(dav, "application/xml; charset=utf-8", 207)

server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
server.socket.setsockopt(6, 1, 1)
print(server.server_address[1], flush=True)
server.serve_forever()
'''


class Word(TypedDict):
    id: str
    name: str


class Who(TypedDict):
    name: str
    displayName: str
    emailAddress: str


class Fields(TypedDict):
    summary: str
    description: str
    created: datetime
    updated: datetime
    status: Word
    priority: Word
    reporter: Who


class Issue(TypedDict):
    id: str
    key: str
    fields: Fields


class Found(TypedDict):
    issues: list[Issue]
    total: int


class BenchIncidents(Incidents):
    """An incident system over REST, as a connector's author would write it."""

    @read
    def get(self, ref: Ref) -> Steps[Ticket]:
        reply = yield from self.connection.http.get(f"/issue/{ref.id}")
        return self.ticket(reply.model(Issue))

    @pages
    def requests(self, person: PersonRef | None = None, *, open: bool = True) -> PageSteps[Ticket]:
        reply = yield from self.connection.http.get("/page")
        yield Page([self.ticket(issue) for issue in reply.model(Found)["issues"]])

    def ticket(self, issue: Issue) -> Ticket:
        fields = issue["fields"]
        return Ticket(
            ref=Ref(connection=self.connection_name, kind="ticket", id=issue["id"]),
            fetched_at=None,
            number=issue["key"],
            kind=TicketKind.INCIDENT,
            title=fields["summary"],
            description=fields["description"],
            requester=PersonRef(
                login=fields["reporter"]["name"],
                display_name=fields["reporter"]["displayName"],
                email=fields["reporter"]["emailAddress"],
            ),
            priority=Mapped(value=Priority.P3, source=fields["priority"]["name"]),
            status=Mapped(value=TicketStatus.IN_PROGRESS, source=fields["status"]["name"]),
            created_at=fields["created"],
            updated_at=fields["updated"],
        )


class Bench(Connector):
    def __init__(self, url: str) -> None:
        super().__init__("bench", None)
        self.http = Http(url)


def timed(do: Callable[[], Any], times: int) -> float:
    """CPU milliseconds of this process for one."""
    start = time.process_time()
    for _ in range(times):
        do()
    return (time.process_time() - start) / times * 1000


def candidates(url: str) -> tuple[dict[str, tuple[Callable[[], Any], int]], dict[str, tuple[str, str]]]:
    client = httpx.Client(base_url=url, trust_env=False)
    http = Http(url)
    service = BenchIncidents(Bench(url), Session(caller=PersonRef(login="ana")))
    ref = Ref(connection="bench", kind="ticket", id="1")

    def bare_small() -> Any:
        return client.get("/issue/1").json()

    def bare_page() -> Any:
        return client.get("/page").json()["issues"]

    def ours_models() -> Any:
        from workplace_sdk.kernel.drivers import run

        return run(iter(http.get("/page")), Call(session=service.session, name="t")).model(Found)

    found: dict[str, tuple[Callable[[], Any], int]] = {
        "bare httpx, small": (bare_small, 200),
        "operation, small": (lambda: service.get(ref), 200),
        "bare httpx, 1,000 items": (bare_page, 8),
        "wire, 1,000 items validated": (ours_models, 8),
        "operation, 1,000 tickets": (lambda: list(service.requests()), 8),
    }
    ratios = {
        "operation / bare, small (goal 1.25)": ("operation, small", "bare httpx, small"),
        "validated / bare, 1,000 items (goal 1.6)": ("wire, 1,000 items validated", "bare httpx, 1,000 items"),
        "operation's own models / bare, 1,000 tickets": ("operation, 1,000 tickets", "bare httpx, 1,000 items"),
    }
    for name, make in {"jira": _jira, "caldav": _caldav}.items():
        try:
            do, bare = make(url, client)
        except ImportError:
            print(f"{name} is not installed: left out", file=sys.stderr)
            continue
        found[f"{name}, 1,000 items"] = (do, 2)
        if bare is not None:
            found[f"bare for {name}"] = (bare, 8)
        ratios[f"{name} / bare, 1,000 items"] = (
            f"{name}, 1,000 items",
            f"bare for {name}" if bare else "bare httpx, 1,000 items",
        )
    return found, ratios


def _jira(url: str, _client: httpx.Client) -> tuple[Callable[[], Any], None]:
    import jira

    made = jira.JIRA(url, options={"check_update": False}, get_server_info=False)

    def do() -> Any:
        return [
            (one.key, one.fields.summary, one.fields.description, one.fields.created, one.fields.updated, one.fields.status.name,
             one.fields.priority.name, one.fields.reporter.name, one.fields.reporter.displayName, one.fields.reporter.emailAddress)
            for one in made.search_issues("project = ICT", maxResults=ITEMS)
        ]  # fmt: skip

    return do, None


def _caldav(url: str, client: httpx.Client) -> tuple[Callable[[], Any], Callable[[], Any]]:
    from lxml import etree

    import caldav

    calendar = caldav.Calendar(client=caldav.DAVClient(url), url=f"{url}/cal/")

    def do() -> Any:
        found = calendar.search(event=True, start=datetime(2026, 11, 1), end=datetime(2026, 12, 1), expand=False)  # noqa: DTZ001
        return [one.icalendar_component["SUMMARY"] for one in found]

    def bare() -> Any:
        tree = etree.fromstring(client.request("REPORT", "/cal/", content=b"<x/>").content)
        return [one.text.partition("SUMMARY:")[2].partition("\n")[0] for one in tree.iter("{*}calendar-data")]

    return do, bare


async def concurrent(url: str, library: str, calls: int = 800, width: int = 100) -> dict[str, float]:
    """CPU milliseconds a call with 100 tasks at once: ours, bounded, against the bare client."""
    from workplace_sdk.wires.http.clients import Reach

    http = Http(url, reach=Reach(library=library))  # type: ignore[arg-type]
    session = Session(time_limit=120)
    module: Any = __import__(library)
    async with module.AsyncClient(base_url=url, trust_env=False) as client:

        async def ours() -> None:
            await arun(iter(http.get("/issue/1")), Call(session=session, name="t"))

        async def bare() -> None:
            await client.get("/issue/1", timeout=120)

        used: dict[str, float] = {}
        for name, one in (("ours", ours), ("bare", bare)):

            async def worker(one: Callable[[], Any] = one) -> None:
                for _ in range(calls // width):
                    await one()

            await one()
            start = time.process_time()
            await asyncio.gather(*(worker() for _ in range(width)))
            used[f"{library}, 100 at once, {name}"] = (time.process_time() - start) / calls * 1000
    await http.aclose()
    return used


def measured(url: str, rounds: int) -> tuple[dict[str, float], dict[str, float]]:
    found, ratios = candidates(url)
    times: dict[str, list[float]] = {name: [] for name in found}
    for number in range(rounds + 1):
        for name, (do, count) in found.items():
            used = timed(do, count)
            if number:  # the first round warms up
                times[name].append(used)
    for _ in range(3):
        for library in ("httpx", "httpx2"):
            try:
                told = asyncio.run(concurrent(url, library))
            except ImportError:
                continue
            for name, used in told.items():
                times.setdefault(name, []).append(used)
    for library in ("httpx", "httpx2"):
        if f"{library}, 100 at once, ours" in times:
            ratios[f"{library} with 100 tasks, ours / bare"] = (
                f"{library}, 100 at once, ours",
                f"{library}, 100 at once, bare",
            )
    medians: Mapping[str, float] = {name: statistics.median(values) for name, values in times.items()}
    return dict(medians), {name: medians[one] / medians[other] for name, (one, other) in ratios.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    logging.disable(logging.INFO)
    with subprocess.Popen([sys.executable, "-c", SERVER, str(ITEMS)], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            medians, ratios = measured(f"http://127.0.0.1:{int(server.stdout.readline())}", options.rounds)
        finally:
            server.terminate()
    if options.json:
        print(json.dumps({"cpu_ms": medians, "ratios": ratios}))
        return
    for name, value in medians.items():
        print(f"{value:10.3f} ms  {name}")
    for name, value in ratios.items():
        print(f"{value:10.2f} x   {name}")


if __name__ == "__main__":
    main()
