"""Changing and cancelling meetings, all of a series or a part of it, and answering invitations.

A part that is changed becomes an event of its own, related to its series, and leaves it: events that change single times of
another (RECURRENCE-ID) are read, but not made, because servers do not tell the rooms about what changes beside them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from workplace_sdk.connectors.caldav.base import Kept
from workplace_sdk.connectors.caldav.booking import Plan, uid_of
from workplace_sdk.connectors.caldav.cancelling import CaldavCancelling
from workplace_sdk.connectors.caldav.house import Bookable
from workplace_sdk.connectors.caldav.parts import apart, shortened
from workplace_sdk.connectors.caldav.rewriting import Change, move, set_values
from workplace_sdk.connectors.caldav.translation import all_invited
from workplace_sdk.connectors.caldav.writing import (
    address_line,
    copied,
    person_line,
    put,
    raised,
    resource_line,
    set_invited,
    stamp,
    written,
)
from workplace_sdk.kernel.errors import OutcomeUnknown, Rejected
from workplace_sdk.kernel.keys import Key, new_key
from workplace_sdk.kernel.operation import settled
from workplace_sdk.services.common import Ref
from workplace_sdk.services.rooms import MeetingChange, Scope
from workplace_sdk.services.rooms_rules import over, room_problems
from workplace_sdk.services.rooms_times import moved
from workplace_sdk.wires.caldav.server import Refused

if TYPE_CHECKING:
    from workplace_sdk.kernel.effects import Steps


class CaldavChanging(CaldavCancelling):
    """What ``change`` does."""

    def changed(self, kept: Kept, values: MeetingChange, scope: Scope, occurrence: date | None, key: Key | None) -> Steps[Ref]:
        """Change the times that *scope* says; the reference of the meeting they belong to now."""
        left, chosen = self.chosen(kept, scope, occurrence)
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
        change = Change(left, chosen, old, new, [*rooms, *lent], people, values, seats, key or new_key())
        if change.whole:
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
        yield from self.deliver(events, plan.name)
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
        set_values(event, change.values)
        rest = shortened(kept.series, change.left, change.chosen, self.session.zone, self.session.now(), str(change.key))
        had = self.resources_of(kept)
        keeps = any(one in had for one in change.resources)
        in_the_way = keeps and any(new.overlaps(old) for new in change.new for old in change.old)
        besides = frozenset({kept.series.uid})
        plan = Plan(
            kept.holder, uid, [event], change.people, change.resources, change.new, self.organizer(kept), change.key, change.seats, besides=besides
        )  # fmt: skip
        taken = yield from self.taken_by_others(change.resources, change.new, {kept.series.uid})
        if taken:
            raise (yield from self.refused(plan, taken))
        if not in_the_way:
            yield from self.place(plan)
            yield from self.leave(kept, rest)
            return self.ref_of(kept.holder, uid)
        yield from self.leave(kept, rest)
        try:
            yield from self.place(plan)
        except Rejected as refused:
            yield from self._put_back(kept, refused)
            raise
        return self.ref_of(kept.holder, uid)

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
        yield from self.spread(kept, events)

    def _rewritten(self, kept: Kept, change: Change) -> list[Any]:
        """The events of a meeting with a change worked in."""
        events = [copied(one) for one in (kept.series.main, *kept.series.others)]
        for event in events:
            raised(event)
            stamp(event, self.session.now(), str(change.key))
            set_values(event, change.values)
            rooms = [resource_line(one, self._answer_now(kept, change, one)) for one in change.resources]
            set_invited(event, [*change.people, *rooms], change.resources)
        if change.values.span is not None:
            move(events, kept.series, change, self.session.zone)
        return events

    def _answer_now(self, kept: Kept, change: Change, one: Bookable) -> str:
        """The answer of a room so far, which it has to give anew for other times."""
        before = next((some.answer for some in all_invited(kept.series.main) if some.address == one.address), None)
        if before is not None and change.values.span is None:
            return before
        if not self.profile.invites:
            return "ACCEPTED" if self.accepts(one, self.organizer(kept)) else "NEEDS-ACTION"
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
            kept.holder, kept.series.uid, events, change.people, change.resources, change.new, self.organizer(kept), change.key, change.seats,
            file=kept.resource.name,
        )  # fmt: skip
