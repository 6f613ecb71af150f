"""Rooms and meetings of a CalDAV connection."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

from workplace_sdk.connectors.caldav.booking import Plan, uid_of
from workplace_sdk.connectors.caldav.changing import CaldavChanging
from workplace_sdk.connectors.caldav.translation import KEY, LAST, all_invited
from workplace_sdk.connectors.caldav.writing import new_event, person_line, set_online, set_people, set_rule, set_text
from workplace_sdk.kernel.effects import Page, PageSteps, Steps
from workplace_sdk.kernel.errors import InvalidInput, NotFound
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.listing import Gap, Missing
from workplace_sdk.kernel.operation import pages, read, write
from workplace_sdk.kernel.support import Native, Support
from workplace_sdk.services.common import Money, PersonRef, Ref, zone_of
from workplace_sdk.services.rooms import Meeting, MeetingChange, MeetingDraft, Response, Scope, occurrences
from workplace_sdk.services.rooms_rules import order_problems, over, room_problems
from workplace_sdk.wires.caldav.objects import Unreadable, read_series

if TYPE_CHECKING:
    from workplace_sdk.connectors.caldav.house import Member

HERE: Final = Native(evidence="live")
BOOK: Final = Native(
    evidence="live", without=("layout", "guests", "cost_centre", "best_effort"), note="orders: equipment that has a calendar"
)
PAGE: Final = timedelta(days=31)
HORIZON: Final = timedelta(days=366)
"""How far ahead ``mine`` looks when it is not told."""


class CaldavRooms(CaldavChanging):
    """Meetings are events in the calendar of who invites."""

    absent = {  # noqa: RUF012 - a ClassVar in the base
        "check_in": "a calendar does not know whether people came",
        "release": "change the meeting to have no room",
        "inbox": "rooms that wait for approval are answered in their own calendars",
        "decide": "rooms that wait for approval are answered in their own calendars",
    }

    def safety_of(self, name: str) -> Safety:
        """A server that overwrites whatever ``If-None-Match`` says does not know a repeat."""
        if name == "book" and not self.profile.keyed:
            return Safety.FINDABLE
        return super().safety_of(name)

    def support_of(self, name: str) -> Support:
        support = super().support_of(name)
        if name == "cancel" and isinstance(support, Native) and not self.profile.tells_reasons:
            return Native(evidence=support.evidence, without=support.without | {"reason"}, note=support.note)
        return support

    def link_values(self) -> Mapping[str, object]:
        return {"calendar_url": self.settings.calendar_url or ""}

    @write(Safety.KEYED, support=BOOK)
    def book(self, draft: MeetingDraft, *, key: Key | None = None) -> Steps[Meeting]:
        organizer: PersonRef = self.person(draft.organizer)
        holder = yield from self.home(organizer, of="organizer")
        rooms, lent = self.house.chosen(draft.rooms), self.house.lent(draft.orders)
        spans = occurrences(draft.span, draft.rrule, draft.except_on)
        now, seats = self.session.now(), draft.model_copy(update={"organizer": organizer}).seats
        models = [one.room for one in rooms if one.room is not None]
        for problem in (
            *over(spans, now),
            *room_problems(models, spans, people=seats, now=now, features=draft.features),
            *(
                one
                for order in draft.orders
                for one in order_problems([one.item for one in lent if one.item], order, draft.span, now=now)
            ),
        ):
            raise problem
        lines: list[Any] = []
        for one in draft.attendees:
            address = yield from self.house.address(one.person, self.session)
            if address != holder.address:
                lines.append(person_line(one, address))
        uid = uid_of(str(key))
        event = new_event(uid, str(key), draft.span, draft.subject, now)
        self.invite_by(event, holder, organizer)
        set_text(event, "DESCRIPTION", draft.body, field="body")
        set_online(event, draft.online)
        if draft.private:
            event.add("class", "PRIVATE")
        set_people(event, draft.people)
        if draft.rrule is not None:
            whole = occurrences(draft.span, draft.rrule)
            set_rule(event, draft.rrule, draft.span.zone, {one.start for one in whole} - {one.start for one in spans})
        plan = Plan(holder, uid, [event], lines, [*rooms, *lent], spans, organizer, key, seats, draft.features)
        yield from self.place(plan)
        return (yield from self.get.steps(self.ref_of(holder, uid)))

    @book.reconciles
    def book_arrived(self, key: Key) -> Steps[Meeting | None]:
        """The meeting that *key* made, in the calendar of the caller, or else in that of a room."""
        uid = uid_of(str(key))
        places: list[Member] = [*self.house.rooms]
        if self.session.caller is not None:
            places.insert(0, (yield from self.home(self.session.caller)))
        for place in places:
            found = yield from self.found(place, uid, ours=True)
            if found is not None and str(found[1].main.get(KEY)) == str(key):
                return (yield from self.get.steps(self.reader.meeting(found[1], place).ref))
        return None

    @read(support=HERE)
    def get(self, ref: Ref) -> Steps[Meeting]:
        return self.seen((yield from self.kept(ref)))

    @pages(support=HERE)
    def mine(
        self, person: PersonRef | None = None, *, since: date | None = None, until: date | None = None
    ) -> PageSteps[Meeting]:
        holder = yield from self.home(self.person(person))
        tz: Any = zone_of(self.session.zone)
        start = datetime.combine(since or self.session.today(), time(0), tz)
        end = datetime.combine(until + timedelta(days=1), time(0), tz) if until else start + HORIZON
        first, at, told = start, start, set[str]()
        while at < end:
            to = min(at + PAGE, end)
            found: list[tuple[datetime, Meeting]] = []
            gaps: list[Gap] = []
            for resource in (yield from self.dav.events(holder.calendar, start=at, end=to)):
                try:
                    meeting = self.reader.meeting(read_series(resource.data), holder, resource.etag)
                except Unreadable as error:
                    if resource.name not in told:
                        gaps.append(
                            Gap(self.connection_name, Missing.NOT_SUPPORTED, f"an event cannot be read: {error.message}", error)
                        )
                        told.add(resource.name)
                    continue
                when = _first(meeting, first, end)
                if (
                    when is not None
                    and at <= max(when, first) < to
                    and str(meeting.ref) not in told
                    and self._comes(meeting, holder)
                ):
                    told.add(str(meeting.ref))
                    found.append((when, self.shown(meeting)))
            found.sort(key=lambda one: (one[0], str(one[1].ref)))
            yield Page([meeting for _, meeting in found], gaps=tuple(gaps))
            at = to

    def _comes(self, meeting: Meeting, holder: Member) -> bool:
        """Whether it is a meeting of theirs that they did not decline."""
        return not any(
            one.response is Response.DECLINED and (one.person.email or "").casefold() == holder.address
            for one in meeting.attendees
        )

    @write(Safety.FINDABLE, support=Native(evidence="live", without=()))
    def change(
        self,
        ref: Ref,
        change: MeetingChange,
        *,
        scope: Scope = Scope.ALL,
        occurrence: date | None = None,
        accept_fee: Money | None = None,
        key: Key | None = None,
    ) -> Steps[Meeting]:
        if change.layout is not None:
            raise InvalidInput("a calendar does not know how the chairs stand", field="layout")
        kept = yield from self.kept(ref)
        return (yield from self.get.steps((yield from self.changed(kept, change, scope, occurrence, key))))

    @change.reconciles
    def change_arrived(self, key: Key) -> Steps[Meeting | None]:
        """The meeting that was changed with *key*."""
        return (yield from self._written(key))

    @write(Safety.FINDABLE, support=HERE)
    def cancel(
        self,
        ref: Ref,
        *,
        scope: Scope = Scope.ALL,
        occurrence: date | None = None,
        reason: str | None = None,
        accept_fee: Money | None = None,
        key: Key | None = None,
    ) -> Steps[Meeting]:
        kept = yield from self.kept(ref)
        yield from self.cancelled(kept, scope, occurrence, reason, key)
        return (yield from self.get.steps(ref))

    @cancel.reconciles
    def cancel_arrived(self, key: Key) -> Steps[Meeting | None]:
        """The meeting that was cancelled with *key*."""
        return (yield from self._written(key))

    @write(Safety.FINDABLE, support=HERE)
    def respond(self, ref: Ref, response: Response, *, key: Key | None = None) -> Steps[Meeting]:
        caller: PersonRef = self.person(None)
        me = yield from self.home(caller)
        kept = yield from self.kept(ref)
        if not any(one.address == me.address for one in all_invited(kept.series.main)):
            raise NotFound(f"you are not invited to {ref}", field="ref")
        yield from self.responded(kept, me, response, key)
        return (yield from self.get.steps(ref))

    @respond.reconciles
    def respond_arrived(self, key: Key) -> Steps[Meeting | None]:
        """The meeting that was answered with *key*."""
        return (yield from self._written(key))

    def _written(self, key: Key) -> Steps[Meeting | None]:
        """The meeting in the caller's calendar whose last write had *key*."""
        if self.session.caller is None:
            return None
        me = yield from self.home(self.session.caller)
        found: Meeting | None = None
        for resource in (yield from self.dav.events(me.calendar, where=(LAST, str(key)))):
            if str(key) not in resource.data.replace("\r", "").replace("\n ", ""):
                continue
            series = read_series(resource.data)
            if str(series.main.get(LAST)) == str(key) and (found is None or series.uid == uid_of(str(key))):
                found = self.shown(self.reader.meeting(series, me, resource.etag))
        return found if found is None else (yield from self.get.steps(found.ref))


def _first(meeting: Meeting, start: datetime, end: datetime) -> datetime | None:
    """When its first time within is that was not cancelled."""
    times = [one.span for one in meeting.occurrences if one.state != "cancelled"]
    return min((one.start for one in times if one.end > start and one.start < end), default=None)
