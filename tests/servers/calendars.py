"""What the calendar servers of the tests have in common: who there is, and how they are spoken to by hand."""

from __future__ import annotations

import base64
import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from attrs import frozen

DOMAIN = "lab.example"
SERVICE = "svc"


@frozen
class Account:
    """Someone who can log in: a person, a room, a device that can be lent, or the account of the connector."""

    login: str
    name: str
    password: str
    kind: str = "individual"


def accounts(people: int, rooms: int) -> list[Account]:
    """The service account, people from ``u0000001``, rooms from ``zaal-01``, and the projector ``beamer-01``."""
    found = [Account(SERVICE, "Service", "svc-secret")]
    found += [Account(f"u{number:07d}", f"Medewerker {number} (ICT), é", "welkom01") for number in range(1, people + 1)]
    found += [Account(f"zaal-{number:02d}", f"Zaal {number}", "zaal-secret", "location") for number in range(1, rooms + 1)]
    return [*found, Account("beamer-01", "Beamer", "beamer-secret", "thing")]


@frozen
class Answer:
    """What a server said to an exchange made by hand."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


class CalendarServer(Protocol):
    """A running server with the accounts of ``accounts``."""

    profile: str
    port: int

    @property
    def url(self) -> str: ...
    @property
    def version(self) -> str: ...
    def calendar(self, login: str) -> str:
        """The path of the calendar in which invitations of *login* arrive."""
        ...

    def halt(self) -> None: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...


def password_of(login: str) -> str:
    """Everyone of a kind has the same."""
    return next(one.password for one in accounts(1, 1) if one.login.rstrip("0123456789") == login.rstrip("0123456789"))


def ask(
    server: CalendarServer, method: str, path: str, *, by: str = SERVICE, body: bytes | str = b"", **headers: str
) -> Answer:
    """One exchange, without any library of ours; names of headers with ``_`` for ``-``."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    login = base64.b64encode(f"{by}:{password_of(by)}".encode()).decode()
    sent = {"Authorization": f"Basic {login}", **{name.replace("_", "-"): value for name, value in headers.items()}}
    connection.request(method, path, body.encode() if isinstance(body, str) else body, sent)
    reply = connection.getresponse()
    answer = Answer(reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read())
    connection.close()
    return answer


def put(server: CalendarServer, login: str, name: str, text: str, *, by: str | None = None, **headers: str) -> Answer:
    """Put *text* in the calendar of *login*."""
    path = f"{server.calendar(login)}{name}"
    return ask(server, "PUT", path, by=by or login, body=text, Content_Type="text/calendar; charset=utf-8", **headers)


def calendar(*lines: str) -> str:
    """An iCalendar object of these lines, folded nowhere."""
    return "\r\n".join(("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Lab//tests//NL", *lines, "END:VCALENDAR", ""))


def event(uid: str, *lines: str) -> str:
    """An iCalendar object with one event."""
    return calendar("BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20260501T080000Z", *lines, "END:VEVENT")


@contextmanager
def stopped_afterwards(server: CalendarServer) -> Iterator[CalendarServer]:
    try:
        yield server
    finally:
        server.stop()
