"""One calendar server: events with their versions, what is in a calendar, who is busy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, unquote, urlsplit

from attrs import field, frozen

from workplace_sdk.kernel.errors import Conflict, NotFound, ProtocolError, Rejected, WorkplaceError
from workplace_sdk.wires.caldav.freebusy import STAMP, Period, busy_periods, request
from workplace_sdk.wires.caldav.xml import C, D, Found, document, element, escape, multistatus, parsed

if TYPE_CHECKING:
    from workplace_sdk.kernel.effects import Steps
    from workplace_sdk.kernel.keys import Key
    from workplace_sdk.wires.http import Http, Reply

_XML: Final = {"Content-Type": "application/xml; charset=utf-8"}
_ICALENDAR: Final = {"Content-Type": "text/calendar; charset=utf-8"}
_REDIRECTS: Final = (301, 302, 307, 308)


class Moved(ProtocolError):
    """What was asked for is at another address of this host, for our account; nothing was done."""

    def __init__(self, location: str) -> None:
        super().__init__("the server sends us from one address to another and on")
        self.location = location


class Refused(Conflict):
    """The server did not do it because of what it knows: *conditions* are its own names for why, *text* its words."""

    def __init__(self, message: str, *, conditions: frozenset[str] = frozenset(), text: str = "", **where: Any) -> None:
        super().__init__(message, **where)
        self.conditions = conditions
        self.text = text


def refusal(reply: Reply) -> WorkplaceError | None:
    """How calendar servers say no. Source: RFC 4791 1.3, RFC 6638 3.2.4, RFC 4918 16."""
    if reply.status in _REDIRECTS and (location := reply.headers.get("location")):
        return Moved(location)
    if reply.status not in (403, 409) or b"error" not in reply.body[:2000]:
        return None
    try:
        root = parsed(reply)
    except ProtocolError:
        return None  # a page for people
    names = frozenset(one.tag.rpartition("}")[2] for one in root)
    if "need-privileges" in names or root.tag.rpartition("}")[2] != "error":
        return None
    text = " ".join("".join(root.itertext()).split())[:500]
    if reply.status == 409:
        return Refused(f"HTTP 409: {text or ', '.join(sorted(names))}", conditions=names, text=text)
    return Rejected(f"HTTP 403: {', '.join(sorted(names)) or text}", native_code=",".join(sorted(names)) or "403")


@frozen
class Resource:
    """An event as the server keeps it.

    Attributes:
        etag: Its version; some servers use one again after a deletion.
    """

    name: str
    etag: str | None
    data: str = field(repr=False)


class CalDav:
    """Calendars of one server, each named by its path. Safe to use from many threads.

    Calendars that the server has elsewhere for our account are remembered; whatever is asked, it is asked at most twice.
    """

    def __init__(self, http: Http) -> None:
        self.http = http
        self._moved: dict[str, str] = {}

    def get(self, calendar: str, name: str) -> Steps[Resource | None]:
        """The event of that name; ``None`` when there is none."""
        try:
            reply = yield from self._asked("GET", calendar, name)
        except NotFound:
            return None
        return Resource(name, reply.etag, _calendar_text(reply))

    def put(
        self,
        calendar: str,
        name: str,
        data: bytes,
        *,
        if_match: str | None = None,
        new: bool = False,
        key: Key | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Steps[bool]:
        """Keep *data* as the event of that name; False when it was to be *new* and something is there.

        Raises:
            Refused: The server says why not: the room is taken, or the UID is there under another name.
            Conflict: It was changed meanwhile.
        """
        sent = {**_ICALENDAR, **(headers or {})}
        reply = yield from self._asked(
            "PUT", calendar, name, body=data, headers=sent, if_match=if_match, if_none_match="*" if new else None,
            accept=(412,) if new else (), key=key,
        )  # fmt: skip
        return reply.status != 412

    def delete(
        self, calendar: str, name: str, *, if_match: str | None = None, headers: Mapping[str, str] | None = None
    ) -> Steps[None]:
        """Remove the event of that name; that it is gone already is fine."""
        yield from self._asked("DELETE", calendar, name, if_match=if_match, headers=headers, accept=(404, 410))

    def events(
        self, calendar: str, *, start: datetime | None = None, end: datetime | None = None, where: tuple[str, str] | None = None
    ) -> Steps[list[Resource]]:
        """Events with a time from *start* to *end*, or *where* a property has a text; some servers give more than was asked for. Source: RFC 4791 7.8."""
        inside: list[str] = []
        if start is not None or end is not None:
            bounds = {
                name: at.astimezone(UTC).strftime(STAMP) for name, at in (("start", start), ("end", end)) if at is not None
            }
            inside.append(element("C:time-range", **bounds))
        if where is not None:
            match = element("C:text-match", escape(where[1]), collation="i;octet")
            inside.append(element("C:prop-filter", match, name=where[0]))
        wanted = element("D:prop", element("D:getetag"), element("C:calendar-data"))
        events = element("C:comp-filter", *inside, name="VEVENT")
        body = document("C:calendar-query", wanted, element("C:filter", element("C:comp-filter", events, name="VCALENDAR")))
        reply = yield from self._asked("REPORT", calendar, "", body=body, headers={**_XML, "Depth": "1"})
        return [
            Resource(one.href.rstrip("/").rpartition("/")[2], one.text(f"{D}getetag"), data)
            for one in multistatus(reply)
            if (data := one.text(f"{C}calendar-data")) is not None
        ]

    def busy(self, calendar: str, start: datetime, end: datetime) -> Steps[list[Period]]:
        """When the owner of a calendar is busy, by that calendar. Source: RFC 4791 7.10."""
        span = element("C:time-range", start=start.astimezone(UTC).strftime(STAMP), end=end.astimezone(UTC).strftime(STAMP))
        body = document("C:free-busy-query", span)
        reply = yield from self._asked("REPORT", calendar, "", body=body, headers={**_XML, "Depth": "1"})
        return busy_periods(_calendar_text(reply))

    def busy_together(
        self, outbox: str, organizer: str, addresses: Sequence[str], start: datetime, end: datetime, *, uid: str, now: datetime
    ) -> Steps[dict[str, list[Period] | str]]:
        """When each of *addresses* is busy, in one exchange; or the server's word for why it does not know. Source: RFC 6638 5."""
        body = request(uid, organizer, addresses, start, end, now)
        headers = {
            **_ICALENDAR,
            "Originator": f"mailto:{organizer}",
            "Recipient": ", ".join(f"mailto:{one}" for one in addresses),
        }
        reply = yield from self._asked("POST", outbox, "", body=body, headers=headers, reads=True)
        root = parsed(reply)
        if root.tag != f"{C}schedule-response":
            raise ProtocolError("the reply tells nothing about free/busy", excerpt=reply.excerpt)
        found: dict[str, list[Period] | str] = {}
        for one in root.iterfind(f"{C}response"):
            recipient = one.find(f"{C}recipient")
            address = "" if recipient is None else "".join(recipient.itertext()).strip()
            status, data = (one.findtext(f"{C}request-status") or "").strip(), one.findtext(f"{C}calendar-data")
            told = busy_periods(data) if status.startswith("2.") and data else (status or "no answer")
            found[address.lower().removeprefix("mailto:")] = told
        return found

    def properties(self, path: str, *names: str, depth: str = "0") -> Steps[list[Found]]:
        """Properties of a resource, and with depth 1 of what is in it; names as ``D:displayname``."""
        body = document("D:propfind", element("D:prop", *(element(name) for name in names)))
        reply = yield from self._asked("PROPFIND", path, "", body=body, headers={**_XML, "Depth": depth})
        return multistatus(reply)

    def answers(self, calendar: str) -> Steps[bool]:
        """Whether there is a calendar at that path, and it is not one that the server has for everyone who is not there."""
        found = yield from self.properties(calendar, "D:resourcetype")
        place = urlsplit(self._moved.get(calendar, calendar)).path
        return any(
            unquote(urlsplit(one.href).path) == unquote(place)
            and one.properties.get(f"{D}resourcetype") is not None
            and one.properties[f"{D}resourcetype"].find(f"{C}calendar") is not None
            for one in found
        )

    def abilities(self, path: str) -> Steps[frozenset[str]]:
        """What a resource says that it can. Source: RFC 4918 10.1."""
        reply = yield from self._asked("OPTIONS", path, "")
        return frozenset(part.strip() for part in reply.headers.get("dav", "").split(",") if part.strip())

    def _asked(self, method: str, calendar: str, name: str, **others: Any) -> Steps[Reply]:
        where = self._moved.get(calendar, calendar)
        quoted = quote(name, safe="@")
        try:
            return (yield from self.http.exchange(method, where + quoted, **others))
        except Moved as moved:
            location = self.http.resolve(moved.location, base=self.http.resolve(where))
            if not location.endswith(quoted) and not location.endswith(name):
                raise
            place = location[: len(location) - len(quoted if location.endswith(quoted) else name)]
            self._moved[calendar] = place
            return (yield from self.http.exchange(method, place + quoted, **others))


def _calendar_text(reply: Reply) -> str:
    """What is iCalendar in UTF-8 is read as that, whatever charset the header names. Source: RFC 5545 3.1.4 and 6."""
    if reply.body.lstrip(b"\xef\xbb\xbf \r\n")[:15].upper() == b"BEGIN:VCALENDAR":
        return reply.body.decode("utf-8-sig", "replace")
    return reply.text
