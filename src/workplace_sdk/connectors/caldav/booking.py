"""Bringing a meeting into calendars, so that no room is had twice.

No server that we know keeps two writers apart: each may be told that the room is free, and write. So what is written is at
first a claim of the rooms alone. Then the calendars of the rooms are read back: whoever sees nobody else there has the room,
because who came later must see them. Of those who see each other the first by (CREATED, UID) waits until the others are
gone; the others withdraw. Only then people are invited. Clocks that differ cost waiting time, never a room booked twice.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from attrs import evolve, frozen

from workplace_sdk.connectors.caldav.base import Holding
from workplace_sdk.connectors.caldav.delivering import CaldavDelivery
from workplace_sdk.connectors.caldav.house import Bookable, Member
from workplace_sdk.connectors.caldav.translation import KEY
from workplace_sdk.connectors.caldav.writing import copied, put, resource_line, set_invited, written
from workplace_sdk.kernel.effects import Pause
from workplace_sdk.kernel.errors import ConfigError, Conflict, NotFound, Rejected
from workplace_sdk.services.common import Span
from workplace_sdk.services.rooms import Feature, RoomConflict
from workplace_sdk.wires.caldav.server import Refused, Resource

if TYPE_CHECKING:
    from workplace_sdk.kernel.effects import Steps
    from workplace_sdk.kernel.keys import Key
    from workplace_sdk.services.common import PersonRef

CLAIM: Final = "X-WORKPLACE-CLAIM"
"""On an event of which only the rooms were asked yet."""
FRESH: Final = timedelta(seconds=60)
TURNS: Final = 40
PAUSE: Final = 0.25
_UID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,79}")


@frozen
class Plan:
    """A meeting to be brought into calendars.

    Attributes:
        events: As it will be, without who and what comes to it; beside the event, what was changed about single times of it.
        people: A line for each of those invited.
        features: What its rooms must have, for rooms instead of them.
        besides: UIDs of events that give way to it.
        file: Its name in the calendars, where another program gave it one.
    """

    holder: Member
    uid: str
    events: Sequence[Any]
    people: Sequence[Any]
    resources: Sequence[Bookable]
    spans: Sequence[Span]
    organizer: PersonRef
    key: Key | None = None
    seats: int = 1
    features: frozenset[Feature] = frozenset()
    besides: frozenset[str] = frozenset()
    file: str | None = None

    @property
    def name(self) -> str:
        """Of the event in every calendar that has it."""
        return self.file or f"{self.uid}.ics"

    @property
    def order(self) -> tuple[datetime, str]:
        """Who goes first among those who claim a room at once."""
        return _created(self.events[0]), self.uid

    def claim(self) -> Any:
        """The event with its rooms alone."""
        event = copied(self.events[0])
        set_invited(event, [resource_line(one) for one in self.resources], self.resources)
        put(event, CLAIM, "1")
        return event


def uid_of(key: str) -> str:
    """The UID of the meeting that a key makes: the key itself, unless it has letters that paths and headers have no room for."""
    return key if _UID.fullmatch(key) else f"wp{hashlib.sha256(key.encode()).hexdigest()[:40]}"


class CaldavBooking(CaldavDelivery):
    """What new and changed meetings share."""

    def place(self, plan: Plan) -> Steps[None]:
        """Bring a new meeting into the calendars; one that the key has brought there is left as it is."""
        taken = yield from self.taken(plan.resources, plan.spans)
        there = None
        if taken or not self.profile.keyed:
            there = yield from self.found(plan.holder, plan.uid, ours=True)
        if there is None:
            if taken and (sure := (yield from self.taken_by_others(list(taken), plan.spans, {plan.uid, *plan.besides}))):
                raise (yield from self.refused(plan, sure))
            claim = plan.claim()
            new = yield from self.claimed(plan, written([claim]))
            there = None if new else (yield from self.found(plan.holder, plan.uid, ours=True))
        if there is not None:
            if str(there[1].main.get(KEY)) != str(plan.key):
                raise Conflict("there is another meeting with this UID", field="key")
            if there[1].main.get(CLAIM) is None:
                return
            plan = evolve(plan, events=[_as_created(plan.events[0], there[1].main)])
        yield from self.settle(plan)

    def claimed(self, plan: Plan, data: bytes) -> Steps[bool]:
        """Write the claim; False when it is there already."""
        try:
            return (yield from self.write(plan.holder, plan.name, data, new=self.profile.keyed, key=plan.key))
        except Refused as refused:
            raise (yield from self.as_conflict(plan, refused)) from None

    def as_conflict(self, plan: Plan, refused: Refused) -> Steps[Rejected]:
        """What the server's refusal means."""
        if '"reject"' not in refused.text:
            return refused
        taken = yield from self.taken(plan.resources, plan.spans)
        return (yield from self.refused(plan, taken)) if taken else RoomConflict(refused.text)

    def refused(self, plan: Plan, taken: Mapping[Bookable, Sequence[Span]]) -> Steps[RoomConflict]:
        """The error, with what is free instead."""
        return (yield from self.conflict(taken, plan.spans, people=plan.seats, features=plan.features))

    def taken(self, resources: Sequence[Bookable], spans: Sequence[Span]) -> Steps[dict[Bookable, list[Span]]]:
        """Which of *resources* are busy at which of *spans*, whoever has them."""
        if not resources:
            return {}
        start, end = min(span.start for span in spans), max(span.end for span in spans)
        told = yield from self.engaged(resources, start, end)
        found: dict[Bookable, list[Span]] = {}
        for one in resources:
            answer = told[one.address]
            if isinstance(answer, str):
                raise ConfigError(f"it cannot be told whether {one.name} is free: {answer}", key="rooms")
            clash = [span for span in spans if any(busy.start < span.end and span.start < busy.end for busy in answer)]
            if clash:
                found[one] = clash
        return found

    def taken_by_others(
        self, resources: Sequence[Bookable], spans: Sequence[Span], own: AbstractSet[str]
    ) -> Steps[dict[Bookable, list[Span]]]:
        """Which of *resources* other events than those with the UIDs *own* have, at which of *spans*."""
        found: dict[Bookable, list[Span]] = {}
        for one in resources:
            held = [some.period for some in (yield from self.holds(one, spans)) if some.series.uid not in own]
            if held:
                found[one] = [span for span in spans if any(busy.start < span.end and span.start < busy.end for busy in held)]
        return found

    def settle(self, plan: Plan) -> Steps[None]:
        """Make sure of the rooms, or withdraw; then invite everyone."""
        own: dict[Bookable, Resource | None] = {}
        final = self._final(plan)
        if not self.profile.invites:
            for one in plan.resources:
                yield from self.write(one, plan.name, written([final]))
        for one in plan.resources:
            own[one], lost = yield from self.won(one, plan)
            if lost:
                yield from self.withdraw(plan)
                raise (yield from self.refused(plan, {one: lost}))
        yield from self.confirm(plan, own)

    def won(self, one: Bookable, plan: Plan) -> Steps[tuple[Resource | None, list[Span]]]:
        """Our event as *one* has it when nobody else has it then; or the times at which somebody does."""
        own: Resource | None = None
        others: list[Holding] = []
        for turn in range(TURNS):
            held = yield from self.holds(one, plan.spans)
            own = next((some.resource for some in held if some.series.uid == plan.uid), None)
            others = [some for some in held if some.series.uid not in (plan.uid, *plan.besides)]
            if not others:
                return own, []
            first = all(self._claiming(some) and plan.order < (_created(some.series.main), some.series.uid) for some in others)
            if not first or turn == TURNS - 1:
                break
            yield from Pause(PAUSE)
        lost = [
            span for span in plan.spans if any(some.period.start < span.end and span.start < some.period.end for some in others)
        ]
        return own, lost

    def _claiming(self, other: Holding) -> bool:
        """Whether another one may still withdraw."""
        main = other.series.main
        return main.get(KEY) is not None and self.session.now() - _created(main) < FRESH

    def withdraw(self, plan: Plan) -> Steps[None]:
        """Take a claim back: nobody but the rooms has heard of it."""
        yield from self.remove(plan.holder, plan.name)
        if not self.profile.answers_for_rooms:
            for one in plan.resources:
                yield from self.remove(one, plan.name)

    def confirm(self, plan: Plan, own: Mapping[Bookable, Resource | None]) -> Steps[None]:
        """Let the rooms accept, and invite people."""
        if not self.profile.invites:
            final = self._final(plan)
            yield from self.deliver([final], plan.name)
            yield from self.write(plan.holder, plan.name, written([final]))
            return
        if not self.profile.answers_for_rooms:
            for one, resource in own.items():
                if resource is not None and self.accepts(one, plan.organizer):
                    yield from self.answer(one, resource, "ACCEPTED")
        found = yield from self.found(plan.holder, plan.uid, ours=True)
        if found is None:
            raise NotFound("the meeting was removed while it was booked", field="ref")
        resource, series = found
        events = [copied(one) for one in (series.main, *series.others)]
        for event in events:
            for line in plan.people:
                event.add("attendee", line, encode=0)
            put(event, CLAIM, None)
        yield from self.write(plan.holder, resource.name, written(events), if_match=resource.etag)

    def _final(self, plan: Plan) -> Any:
        """The event with everyone on it, rooms that accept by themselves having done so."""
        event = copied(plan.events[0])
        rooms = [
            resource_line(one, "ACCEPTED" if self.accepts(one, plan.organizer) else "NEEDS-ACTION") for one in plan.resources
        ]
        set_invited(event, [*plan.people, *rooms], plan.resources)
        return event


def _created(event: Any) -> datetime:
    value = getattr(event.get("CREATED"), "dt", None)
    return value if isinstance(value, datetime) and value.tzinfo is not None else datetime(1970, 1, 1, tzinfo=UTC)


def _as_created(event: Any, before: Any) -> Any:
    """The event with the moment at which it was claimed first."""
    again = copied(event)
    put(again, "CREATED", _created(before))
    return again
