"""Changing and cancelling meetings, all of a series or a part of it, and answering invitations.

A part that is changed becomes an event of its own, related to its series, and leaves it: events that change single times of
another (RECURRENCE-ID) are read, but not made, because servers do not tell the rooms about what changes beside them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from attrs import frozen

from workplace_sdk.connectors.caldav.base import Kept
from workplace_sdk.connectors.caldav.booking import CaldavBooking, Plan, uid_of
from workplace_sdk.connectors.caldav.house import Bookable, Member
from workplace_sdk.connectors.caldav.parts import apart, shortened
from workplace_sdk.connectors.caldav.translation import ANSWERS, WAS_INVITED, all_invited, organizer_of
from workplace_sdk.connectors.caldav.writing import (
    address_line,
    copied,
    person_line,
    put,
    raised,
    resource_line,
    rule_for,
    set_invited,
    set_people,
    set_rule,
    set_span,
    set_text,
    stamp,
    written,
    zoned,
)
from workplace_sdk.kernel.errors import Conflict, InvalidInput, NotFound, OutcomeUnknown, Rejected
from workplace_sdk.kernel.keys import Key, new_key
from workplace_sdk.kernel.operation import settled
from workplace_sdk.services.common import PersonRef, Ref, Span
from workplace_sdk.services.rooms import MeetingChange, Response, Scope
from workplace_sdk.services.rooms_rules import over, room_problems
from workplace_sdk.services.rooms_times import moved
from workplace_sdk.wires.caldav.objects import Happening, instant, several
from workplace_sdk.wires.caldav.server import Refused, Resource

if TYPE_CHECKING:
    from workplace_sdk.kernel.effects import Steps


@frozen
class Change:
    """What becomes of some times of a meeting."""

    chosen: Sequence[Happening]
    old: Sequence[Span]
    new: Sequence[Span]
    resources: Sequence[Bookable]
    people: Sequence[Any]
    values: MeetingChange
    seats: int
    key: Key

    @property
    def days(self) -> int:
        """By how many days they move."""
        return (self.new[0].local_start.date() - self.old[0].local_start.date()).days


class CaldavChanging(CaldavBooking):
    """What ``change``, ``cancel`` and ``respond`` do."""

    def changed(self, kept: Kept, values: MeetingChange, scope: Scope, occurrence: date | None, key: Key | None) -> Steps[Ref]:
        """Change the times that *scope* says; the reference of the meeting they belong to now."""
        left, chosen = self._chosen(kept, scope, occurrence)
        zone = kept.series.zone(self.session.zone)
        old = [self.reader.span(one, zone) for one in chosen]
        new = [moved(span, old[0], values.span) for span in old] if values.span is not None else old
        for problem in over(
            [after for before, after in zip(old, new, strict=True) if before.start != after.start], self.session.now()
        ):
            raise problem
        had = self.resources_of(kept)
        rooms = (
            [one for one in had if one.room] if values.room is None else self.house.chosen((values.room, *values.more_rooms))
        )
        lent = [one for one in had if one.item] if values.orders is None else self.house.lent(values.orders)
        people = yield from self._people(kept, values)
        coming = sum(str(line.params.get("ROLE")) != "NON-PARTICIPANT" for line in people)
        number = str(kept.series.main.get("X-WORKPLACE-PEOPLE") or "")
        seats = max(values.people or (int(number) if number.isdecimal() else 0), coming + 1)
        for problem in room_problems([one.room for one in rooms if one.room], new, people=seats, now=self.session.now()):
            raise problem
        change = Change(chosen, old, new, [*rooms, *lent], people, values, seats, key or new_key())
        if len(chosen) == len(left):
            yield from self._whole(kept, change)
            return self.ref_of(kept.holder, kept.series.uid)
        return (yield from self._part(kept, change))

    def _whole(self, kept: Kept, change: Change) -> Steps[None]:
        """Change the event itself; what it was is put back when a room cannot be had."""
        had = self.resources_of(kept)
        fresh = change.resources if change.values.span is not None else [one for one in change.resources if one not in had]
        plan = self._plan(kept, change, self._rewritten(kept, change))
        taken = yield from self.taken_by_others(fresh, change.new, {kept.series.uid})
        if taken:
            raise (yield from self.refused(plan, taken))
        try:
            yield from self.write(kept.holder, kept.resource.name, written(plan.events), if_match=kept.resource.etag)
        except Refused as refused:
            raise (yield from self.as_conflict(plan, refused)) from None
        yield from self._told(kept, plan, fresh, had)

    def _told(self, kept: Kept, plan: Plan, fresh: Sequence[Bookable], had: Sequence[Bookable]) -> Steps[None]:
        """Make sure of the rooms of a changed event, and tell everyone."""
        if not self.profile.invites:
            for one in fresh:
                yield from self.write(one, plan.name, written(plan.events))
        for one in fresh:
            own, lost = yield from self.won(one, plan)
            if lost:
                yield from self._restored(kept, plan, fresh, had)
                raise (yield from self.refused(plan, {one: lost}))
            if (
                self.profile.invites
                and not self.profile.answers_for_rooms
                and own is not None
                and self.accepts(one, plan.organizer)
            ):
                yield from self.answer(one, own, "ACCEPTED")
        if not self.profile.invites:
            yield from self._copies(kept, plan, had)

    def _copies(self, kept: Kept, plan: Plan, had: Sequence[Bookable]) -> Steps[None]:
        """Bring a changed event to everyone, on a server that does not; take it from who does not come any more."""
        events = plan.events
        for event in events:
            lines = [line for line in several(event.get("ATTENDEE")) if not self._is_resource(line)]
            yield from (
                self.deliver(event, plan.name, lines) if len(events) == 1 else self._deliver_all(events, plan.name, lines)
            )
        yield from self.write(plan.holder, plan.name, written(events))
        for resource in plan.resources:
            yield from self.write(resource, plan.name, written(events))
        staying = {str(line).casefold().removeprefix("mailto:") for line in plan.people} | {
            one.address for one in plan.resources
        }
        for one in all_invited(kept.series.main):
            member = self.house.by_mail(one.address)
            if one.address not in staying and member is not None:
                yield from settled(self.remove(member, plan.name))

    def _deliver_all(self, events: Sequence[Any], name: str, lines: Sequence[Any]) -> Steps[None]:
        for line in lines:
            member = self.house.by_mail(str(line).casefold().removeprefix("mailto:"))
            if member is not None:
                yield from settled(self.write(member, name, written(events)))

    def _restored(self, kept: Kept, plan: Plan, fresh: Sequence[Bookable], had: Sequence[Bookable]) -> Steps[None]:
        """Put an event back as it was."""
        events = [copied(one) for one in (kept.series.main, *kept.series.others)]
        for event in events:
            put(event, "SEQUENCE", None)
            event.add("sequence", int(plan.events[0].get("SEQUENCE", 0)) + 1)
        yield from self.write(kept.holder, kept.resource.name, written(events))
        if not self.profile.invites:
            for one in fresh:
                if one in had:
                    yield from self.write(one, plan.name, written(events))
                else:
                    yield from self.remove(one, plan.name)

    def _part(self, kept: Kept, change: Change) -> Steps[Ref]:
        """Make a meeting of its own of some times, and take them out of the series.

        First the new one, so that nothing has changed when its room cannot be had; unless it would be in its own way.
        """
        uid = uid_of(str(change.key))
        event = apart(kept.series.main, uid, change.new, change.days, self.session.now(), str(change.key))
        self._valued(event, change)
        rest = shortened(kept.series, change.chosen, self.session.zone, self.session.now(), str(change.key))
        had = self.resources_of(kept)
        keeps = any(one in had for one in change.resources)
        in_the_way = keeps and any(new.overlaps(old) for new in change.new for old in change.old)
        besides = frozenset({kept.series.uid})
        plan = Plan(
            kept.holder, uid, [event], change.people, change.resources, change.new, self._organizer(kept), change.key, change.seats, besides=besides
        )  # fmt: skip
        taken = yield from self.taken_by_others(change.resources, change.new, {kept.series.uid})
        if taken:
            raise (yield from self.refused(plan, taken))
        if not in_the_way:
            yield from self.place(plan)
            yield from self._left(kept, rest)
            return self.ref_of(kept.holder, uid)
        yield from self._left(kept, rest)
        try:
            yield from self.place(plan)
        except Rejected as refused:
            yield from self._put_back(kept, refused)
            raise
        return self.ref_of(kept.holder, uid)

    def _left(self, kept: Kept, rest: Sequence[Any]) -> Steps[None]:
        """What is left of a series when a part went away."""
        yield from self.write(kept.holder, kept.resource.name, written(rest), if_match=kept.resource.etag)
        yield from self._spread(kept, rest)

    def _spread(self, kept: Kept, events: Sequence[Any]) -> Steps[None]:
        """Bring an event as it is now to everyone who has it, on a server that does not."""
        if self.profile.invites:
            return
        for one in all_invited(kept.series.main):
            member = self.house.by_mail(one.address)
            if member is not None:
                yield from settled(self.write(member, kept.resource.name, written(events)))

    def _put_back(self, kept: Kept, refused: Rejected) -> Steps[None]:
        """Give a series its times back when the part that took them cannot be had; somebody may have been quicker."""
        events = [copied(one) for one in (kept.series.main, *kept.series.others)]
        for event in events:
            raised(event)
            raised(event)
        done = yield from settled(self.write(kept.holder, kept.resource.name, written(events)))
        if not isinstance(done, bool):
            text = f"the times were taken out of the series, could not be had elsewhere ({refused.message}), nor put back"
            raise OutcomeUnknown(text) from None
        yield from self._spread(kept, events)

    def cancelled(self, kept: Kept, scope: Scope, occurrence: date | None, reason: str | None, key: Key | None) -> Steps[None]:
        """Cancel the times that *scope* says; those invited are told."""
        left, chosen = self._chosen(kept, scope, occurrence)
        if len(chosen) < len(left):
            rest = shortened(kept.series, chosen, self.session.zone, self.session.now(), str(key))
            if reason is not None:
                set_text(rest[0], "COMMENT", reason, field="reason")
            yield from self._left(kept, rest)
            return
        events = [copied(one) for one in (kept.series.main, *kept.series.others)]
        for event in events:
            raised(event)
            stamp(event, self.session.now(), str(key))
            put(event, "STATUS", "CANCELLED")
            put(event, "TRANSP", "TRANSPARENT")
            set_text(event, "COMMENT", reason, field="reason")
        if self.profile.keeps_cancelled:
            yield from self.write(kept.holder, kept.resource.name, written(events), if_match=kept.resource.etag)
            yield from self._spread(kept, events)
            for one in self.resources_of(kept):
                yield from settled(self.remove(one, kept.resource.name))
            return
        yield from self.dav.delete(kept.holder.calendar, kept.resource.name, if_match=kept.resource.etag)
        for event in events:
            for line in several(event.get("ATTENDEE")):
                event.add(WAS_INVITED, line, encode=0)
            event.pop("ATTENDEE", None)
        yield from settled(self.write(kept.holder, kept.resource.name, written(events)))  # it is cancelled, recorded or not

    def responded(self, kept: Kept, me: Member, response: Response, key: Key | None) -> Steps[None]:
        """Write someone's answer in their own calendar; and with who invites, where the server does not carry it there.

        What was declined leaves a calendar whose free/busy would still count it, and comes back when they think better of it.
        """
        found = yield from self.found(me, kept.series.uid)
        own = found[0] if found is not None else Resource(f"{kept.series.uid}.ics", None, kept.resource.data)
        if not self.profile.invites:
            yield from self.answer(
                Member(kept.holder.login, me.address, kept.holder.calendar), kept.resource, ANSWERS[response], key=key
            )
        yield from self.answer(me, own, ANSWERS[response], key=key)
        if response is Response.DECLINED and self.profile.counts_declined:
            yield from self.remove(me, own.name)

    def _chosen(self, kept: Kept, scope: Scope, occurrence: date | None) -> tuple[list[Happening], list[Happening]]:
        """The times that are left of a meeting, and those of them that *scope* says and that are not over."""
        left = [one for one in self.reader.times(kept.series) if not one.cancelled]
        if not left:
            raise Conflict("it was cancelled", field="ref")
        chosen = left
        if scope is not Scope.ALL and (occurrence is not None or len(left) > 1):
            if occurrence is None:
                raise InvalidInput("say which time of the series", field="occurrence")
            zone = kept.series.zone(self.session.zone)
            dates = [self.reader.span(one, zone).local_start.date() for one in left]
            if occurrence not in dates:
                raise NotFound(f"there is no time on {occurrence}", field="occurrence")
            index = dates.index(occurrence)
            chosen = left[index : index + 1] if scope is Scope.ONE else left[index:]
        now = self.session.now()
        ahead = [one for one in chosen if one.end > now]
        if not ahead:
            raise Conflict("it is over", field="ref")
        return left, ahead

    def _rewritten(self, kept: Kept, change: Change) -> list[Any]:
        """The events of a meeting with a change worked in."""
        series, now = kept.series, self.session.now()
        events = [copied(one) for one in (series.main, *series.others)]
        for event in events:
            raised(event)
            stamp(event, now, str(change.key))
            self._valued(event, change)
            rooms = [resource_line(one, self._answer_now(kept, change, one)) for one in change.resources]
            set_invited(event, [*change.people, *rooms], change.resources)
        if change.values.span is not None:
            self._moved(kept, change, events)
        return events

    def _moved(self, kept: Kept, change: Change, events: Sequence[Any]) -> None:
        series, zone = kept.series, change.new[0].zone
        old, new = change.old[0], change.new[0]
        by_rule = [one for one in self.reader.times(series) if not one.changed or one.at is not None]
        own = series.zone(self.session.zone)
        spans = [
            Span(start=one.at or one.start, end=(one.at or one.start) + (old.end - old.start), zone=own) for one in by_rule
        ]
        spans = sorted(
            {moved(span, old, new).start: moved(span, old, new) for span in spans}.values(), key=lambda span: span.start
        )
        if series.repeats:
            rule, left_out = rule_for(series.rrule, spans, days=change.days)
            set_rule(events[0], rule, zone, left_out)
        set_span(events[0], spans[0])
        for event in events[1:]:
            at = Span(
                start=instant(event["RECURRENCE-ID"].dt, own),
                end=instant(event["RECURRENCE-ID"].dt, own) + (old.end - old.start),
                zone=own,
            )
            was = next((one for one in change.chosen if one.component.get("RECURRENCE-ID") == event["RECURRENCE-ID"]), None)
            put(event, "RECURRENCE-ID", zoned(moved(at, old, new).start, zone))
            if was is not None:
                set_span(event, moved(self.reader.span(was, own), old, new))

    def _valued(self, event: Any, change: Change) -> None:
        """The texts and figures that change."""
        values = change.values
        if values.subject is not None:
            set_text(event, "SUMMARY", values.subject, field="subject")
        if values.body is not None:
            set_text(event, "DESCRIPTION", values.body, field="body")
        if values.private is not None:
            put(event, "CLASS", "PRIVATE" if values.private else "PUBLIC")
        if values.people is not None:
            set_people(event, values.people)

    def _answer_now(self, kept: Kept, change: Change, one: Bookable) -> str:
        """The answer of a room so far, which it has to give anew for other times."""
        before = next((some.answer for some in all_invited(kept.series.main) if some.address == one.address), None)
        if before is not None and change.values.span is None:
            return before
        if not self.profile.invites:
            return "ACCEPTED" if self.accepts(one, self._organizer(kept)) else "NEEDS-ACTION"
        return "NEEDS-ACTION"

    def _people(self, kept: Kept, values: MeetingChange) -> Steps[list[Any]]:
        """A line for each of those invited; for other times everyone answers anew."""
        before = {one.address: one for one in all_invited(kept.series.main) if one.address not in self.house.by_address}
        lines: list[Any] = []
        if values.attendees is None:
            for one in before.values():
                answer = "NEEDS-ACTION" if values.span is not None else one.answer
                lines.append(address_line(one.address, one.name, CUTYPE=one.kind, ROLE=one.role, PARTSTAT=answer, RSVP="TRUE"))
            return lines
        for attendee in values.attendees:
            address = yield from self.house.address(attendee.person, self.session)
            line = person_line(attendee, address)
            if (known := before.get(address)) is not None and values.span is None:
                line.params["PARTSTAT"] = known.answer
            if address != kept.holder.address:
                lines.append(line)
        return lines

    def _plan(self, kept: Kept, change: Change, events: Sequence[Any]) -> Plan:
        return Plan(
            kept.holder, kept.series.uid, events, change.people, change.resources, change.new, self._organizer(kept), change.key, change.seats,
            file=kept.resource.name,
        )  # fmt: skip

    def _organizer(self, kept: Kept) -> PersonRef:
        found = organizer_of(kept.series.main)
        return self.reader.person(found) if found is not None else self.reader.owner(kept.holder)

    def invite_by(self, event: Any, holder: Member, organizer: PersonRef) -> None:
        """Say who invites."""
        event.add("organizer", address_line(holder.address, organizer.display_name), encode=0)

    def ref_of(self, holder: Member, uid: str) -> Ref:
        """The reference of a meeting in someone's calendar."""
        return Ref(connection=self.connection_name, kind="meeting", id=f"{holder.login}/{uid}")
