"""What the operations on calendars share: finding and reading one event, and who is busy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from workplace_sdk.connectors.caldav.house import Bookable, Member
from workplace_sdk.connectors.caldav.translation import Reader, all_invited, hidden
from workplace_sdk.kernel.effects import All
from workplace_sdk.kernel.errors import NotFound, Rejected, Unauthorized, WorkplaceError
from workplace_sdk.kernel.keys import new_key
from workplace_sdk.kernel.operation import settled
from workplace_sdk.services.common import PersonRef, Ref, Span
from workplace_sdk.services.rooms import MOST_OCCURRENCES, Meeting, RoomBooking
from workplace_sdk.wires.caldav.freebusy import Period, within
from workplace_sdk.wires.caldav.objects import Patience, Series, Unreadable, happenings, read_series, word
from workplace_sdk.wires.caldav.server import CalDav, Resource

if TYPE_CHECKING:
    from attrs import frozen

    from workplace_sdk.connectors.caldav.connector import Caldav
    from workplace_sdk.connectors.caldav.house import House
    from workplace_sdk.connectors.caldav.settings import CaldavSettings
    from workplace_sdk.kernel.effects import Steps
    from workplace_sdk.kernel.session import Session
else:
    from attrs import frozen

AT_ONCE: Final = 100
"""People asked about in one exchange, at most."""


@frozen
class Kept:
    """An event as it is in the calendar of who invites."""

    holder: Member
    resource: Resource
    series: Series


class CaldavBase(RoomBooking):
    """Reading, for all operations."""

    def __init__(self, connection: Caldav, session: Session) -> None:
        super().__init__(connection, session)
        self.caldav = connection
        self.dav: CalDav = connection.dav
        self.house: House = connection.house
        self.settings: CaldavSettings = connection.settings
        self.profile = connection.settings.usual

    @property
    def reader(self) -> Reader:
        """Reads events, now."""
        return Reader(self.house, self.session.now(), self.session.zone)

    def home(self, person: PersonRef, *, of: str = "person") -> Steps[Member]:
        """Where *person* has a calendar; ``NotFound`` when they have none."""
        member = yield from self.house.find(person, self.session, of=of)
        if self.profile.takes_strangers and not (yield from self.caldav.has(member.calendar)):
            raise NotFound(f"{person.label} has no calendar here", field=of)
        return member

    def kept(self, ref: Ref) -> Steps[Kept]:
        """The event of a reference; ``NotFound`` when there is none."""
        login, slash, uid = ref.id.partition("/")
        if ref.kind != "meeting" or not slash or not login or not uid:
            raise NotFound(f"there is no meeting {ref}", field="ref")
        holder = self.house.member(login)
        found = yield from self.found(holder, uid)
        if found is None:
            raise NotFound(f"there is no meeting {ref}", field="ref")
        return Kept(holder, *found)

    def found(self, holder: Member, uid: str, *, ours: bool = False) -> Steps[tuple[Resource, Series] | None]:
        """The event with a UID in someone's calendar, under the name that we give it, or, unless it is *ours*, any other."""
        for name in (f"{uid}.ics", *(() if self.profile.keeps_cancelled else (cancelled_name(uid),))):
            resource = yield from self.dav.get(holder.calendar, name)
            if resource is not None and (series := read_series(resource.data)).uid == uid:
                return resource, series
        if ours:
            return None
        for one in (yield from self.dav.events(holder.calendar, where=("UID", uid))):
            if uid[:40] in one.data.replace("\r", "").replace("\n ", ""):  # some servers give every event they have
                other = read_series(one.data)
                if other.uid == uid:
                    return one, other
        return None

    def seen(self, kept: Kept) -> Meeting:
        """The meeting, as the caller may see it."""
        return self.shown(self.reader.meeting(kept.series, kept.holder, kept.resource.etag))

    def shown(self, meeting: Meeting) -> Meeting:
        """Of a private meeting of others no more than when and where it is."""
        caller = self.session.caller
        if not meeting.private or caller is None:
            return meeting
        people = (meeting.organizer, *(one.person for one in meeting.attendees))
        return meeting if any(caller.same_person(one) for one in people) else hidden(meeting)

    def engaged(self, members: Sequence[Member], start: datetime, end: datetime) -> Steps[dict[str, list[Period] | str]]:
        """When each of *members* is busy from *start* to *end*, by address; or the server's word for why it does not say."""
        if self.settings.how_free_busy == "outbox":
            return (yield from self._by_outbox(members, start, end))
        ask = self._by_report if self.settings.how_free_busy == "report" else self._by_events
        answers = yield from All(*(settled(ask(one, start, end)) for one in members))
        found: dict[str, list[Period] | str] = {}
        for one, answer in zip(members, answers, strict=True):
            if isinstance(answer, WorkplaceError) and not isinstance(answer, NotFound | Unauthorized | Rejected):
                raise answer
            found[one.address] = answer.message if isinstance(answer, WorkplaceError) else within(answer, start, end)
        return found

    def _by_outbox(self, members: Sequence[Member], start: datetime, end: datetime) -> Steps[dict[str, list[Period] | str]]:
        account = self.settings.account
        assert account is not None, "the settings were checked"
        found: dict[str, list[Period] | str] = {}
        for first in range(0, len(members), AT_ONCE):
            addresses = [one.address for one in members[first : first + AT_ONCE]]
            told = yield from self.dav.busy_together(
                self.house.outbox(account),
                self.house.member(account).address,
                addresses,
                start,
                end,
                uid=new_key(),
                now=self.session.now(),
            )
            for address in addresses:
                answer = told.get(address, "the server did not say")
                found[address] = answer if isinstance(answer, str) else within(answer, start, end)
        return found

    def _by_report(self, member: Member, start: datetime, end: datetime) -> Steps[list[Period]]:
        return (yield from self.dav.busy(member.calendar, start, end))

    def _by_events(self, member: Member, start: datetime, end: datetime) -> Steps[list[Period]]:
        patience = Patience()
        found: list[Period] = []
        for resource in (yield from self.dav.events(member.calendar, start=start, end=end)):
            found += [
                one.period for one in holding(read_series(resource.data), member, start, end, self.session.zone, patience)
            ]
        return found

    def holds(self, one: Bookable, spans: Sequence[Span]) -> Steps[list[Holding]]:
        """What has a room or device at some of *spans*, by its own calendar; ``Unreadable`` when that cannot be told."""
        start, end = min(span.start for span in spans), max(span.end for span in spans)
        patience = Patience()
        found: list[Holding] = []
        for resource in (yield from self.dav.events(one.calendar, start=start, end=end)):
            series = read_series(resource.data)
            found += [
                held
                for held in holding(series, one, start, end, self.session.zone, patience, resource)
                if any(held.period.start < span.end and span.start < held.period.end for span in spans)
            ]
        return found


def cancelled_name(uid: str) -> str:
    """Under which a meeting is kept that had to be deleted: a version of what was there before is none of this."""
    return f"{uid}-cancelled.ics"


@frozen
class Holding:
    """An event that has something at some time, as its own calendar has it."""

    period: Period
    series: Series
    resource: Resource | None = None


def holding(
    series: Series,
    member: Member,
    start: datetime,
    end: datetime,
    zone: str,
    patience: Patience,
    resource: Resource | None = None,
) -> Iterator[Holding]:
    """The times at which an event takes *member*: not what is cancelled, marked as free, or declined."""
    times, more = happenings(series, zone, after=start, before=end, most=MOST_OCCURRENCES, patience=patience)
    if more:
        raise Unreadable(f"it takes place more than {MOST_OCCURRENCES} times")
    for one in times:
        answer = next((who.answer for who in all_invited(one.component) if who.address == member.address), "ACCEPTED")
        free = one.cancelled or word(one.component, "TRANSP") == "TRANSPARENT" or answer == "DECLINED"
        if not free and one.start < one.end:
            tentative = answer in ("NEEDS-ACTION", "TENTATIVE") or word(one.component, "STATUS") == "TENTATIVE"
            yield Holding(Period(one.start, one.end, tentative), series, resource)
