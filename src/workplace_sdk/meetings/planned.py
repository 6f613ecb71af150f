"""Planned meetings, done: one part after the other, each written down before and after, and given back from the last to the first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from workplace_sdk.kernel.errors import (
    Conflict,
    NotFound,
    NotSupported,
    OutcomeUnknown,
    Rejected,
    WorkplaceError,
)
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.listing import Listing
from workplace_sdk.kernel.operation import read, settled, write
from workplace_sdk.kernel.support import Native
from workplace_sdk.meetings.journal import Journal, Part, Plan, Step, holder
from workplace_sdk.meetings.resolving import ROOMS, Sources, resolved
from workplace_sdk.meetings.ways import Had, Way
from workplace_sdk.services.common import Money, PersonRef, Ref
from workplace_sdk.services.meetings import Meetings, PartNotHad
from workplace_sdk.services.meetings_models import MeetingPlan, PartKind, PlannedMeeting
from workplace_sdk.services.rooms_models import Policy

if TYPE_CHECKING:
    from datetime import datetime

    from workplace_sdk.kernel.effects import Steps
    from workplace_sdk.kernel.preview import Preview

MARGIN: Final = timedelta(seconds=30)
"""How much longer than its time limit a run may hold a plan: what it began may still come to an end."""


class PlannedMeetings(Meetings):
    """Over the connections that the settings name; with a journal in the store."""

    sources: Sources
    journal: Journal

    @write(Safety.KEYED, support=Native(evidence="live"))
    def plan(self, plan: MeetingPlan, *, key: Key | None = None) -> Steps[PlannedMeeting]:
        assert key is not None, "a write has a key"
        if (known := (yield from self._kept(key))) is not None:
            return self._told(known)
        found = yield from resolved(self.sources, plan, self.person(None), key, self.session.now())
        record, name = found.plan, holder()
        for part, problem in found.problems:
            if plan.policy is Policy.ALL_OR_NOTHING:
                raise problem
            if part.kind is PartKind.ORDER:  # the room's own system leaves out what it cannot bring
                part.step, part.why = Step.REFUSED, problem.message or problem.sentence()
        if (earlier := (yield from self.journal.begin(record, name, self._until()))) is not None:
            return self._told(earlier)
        return (yield from self._forward(record, name))

    @plan.reconciles
    def find_plan(self, key: Key) -> Steps[PlannedMeeting | None]:
        """What became of the plan with *key*."""
        known = yield from self._kept(key)
        return None if known is None else known.shown()

    @plan.previews
    def preview_plan(self, plan: MeetingPlan, *, key: Key | None = None) -> Steps[Preview]:
        from workplace_sdk.meetings.previewing import of_plan

        assert key is not None, "a preview has a key"
        return (yield from of_plan(self, plan, key))

    @read(support=Native(evidence="live"))
    def get(self, ref: Ref) -> Steps[PlannedMeeting]:
        return (yield from self.journal.load(ref.id)).shown()

    @read(support=Native(evidence="live"))
    def unfinished(self, person: PersonRef | None = None) -> Steps[Listing[PlannedMeeting]]:
        wanted = yield from self.sources.identities.complete(self.person(person))
        plans = yield from self.journal.unfinished()
        return Listing(plan.shown() for plan in plans if plan.organizer.same_person(wanted))

    @write(Safety.KEYED, support=Native(evidence="live"))
    def resume(self, ref: Ref, *, again: bool = False, key: Key | None = None) -> Steps[PlannedMeeting]:
        name = holder()
        record = yield from self.journal.take(ref.id, name, self.session.now(), self._until())
        if record.settled:
            yield from self.journal.save(record, name, None)
            raise Conflict("nothing is left to do for it", field="ref")
        if record.giving_up:
            return (yield from self._back(record, name, record.refusal or "given up", None))
        for part in record.parts:
            if part.step in (Step.BEGUN, Step.LOST):
                yield from self._looked_for(record, part, name, again=again)
        return (yield from self._forward(record, name))

    @write(Safety.KEYED, support=Native(evidence="live"))
    def cancel(
        self, ref: Ref, *, reason: str | None = None, accept_fee: Money | None = None, key: Key | None = None
    ) -> Steps[PlannedMeeting]:
        name = holder()
        record = yield from self.journal.take(ref.id, name, self.session.now(), self._until())
        if record.giving_up and record.settled:
            yield from self.journal.save(record, name, None)
            raise Conflict("it is cancelled already", field="ref")
        for part in record.parts:
            if part.step is Step.DONE:
                refusal = yield from self._way(part).undo_problem(record, part, accept_fee)
                if refusal is not None:
                    yield from self.journal.save(record, name, None)
                    raise refusal
        record.giving_up, record.refusal = True, None
        yield from self.journal.save(record, name, self._until())
        return (yield from self._back(record, name, reason or "cancelled", accept_fee))

    def _forward(self, record: Plan, name: str) -> Steps[PlannedMeeting]:
        """Do what is left; when a part cannot be had, give the rest back, or go on without it as the plan says."""
        for part in record.parts:
            if part.step is Step.TODO:
                refusal = yield from self._done(record, part, name)
            else:
                refusal = None
            if refusal is not None and (part.kind is PartKind.ROOM or record.plan.policy is Policy.ALL_OR_NOTHING):
                record.giving_up, record.refusal = True, refusal.message or refusal.sentence()
                yield from self.journal.save(record, name, self._until())
                yield from self._back(record, name, record.refusal, None)
                if isinstance(refusal, Rejected):
                    raise refusal
                raise PartNotHad(f"{part.what}: {record.refusal}", what=part.what) from refusal
            if part.step is Step.LOST:
                yield from self.journal.save(record, name, None)
                raise self._unknown(record, part)
        yield from self.journal.save(record, name, None)
        return record.shown()

    def _done(self, record: Plan, part: Part, name: str) -> Steps[WorkplaceError | None]:
        """Ask for *part*; why it cannot be had, when it cannot."""
        part.step = Step.BEGUN
        yield from self.journal.save(record, name, self._until())
        answer = yield from settled(self._way(part).do(record, part))
        if isinstance(answer, OutcomeUnknown):
            yield from self._looked_for(record, part, name, again=False)
            return None
        if isinstance(answer, WorkplaceError):
            part.step, part.why = Step.REFUSED, answer.message or answer.sentence()
            yield from self.journal.save(record, name, self._until())
            return answer
        yield from self._had(record, part, answer, name)
        return None

    def _had(self, record: Plan, part: Part, had: Had, name: str) -> Steps[None]:
        part.step, part.ref, part.pending, part.why = Step.DONE, had.ref, had.pending, had.why
        if part.way == ROOMS and part.kind is PartKind.ROOM:
            record.meeting = had.meeting
        yield from self.journal.save(record, name, self._until())

    def _looked_for(self, record: Plan, part: Part, name: str, *, again: bool) -> Steps[None]:
        """Find out what became of a part that may have been done; do it again where that does no harm, or *again* is said."""
        way = self._way(part)
        found = yield from settled(way.find(record, part))
        if isinstance(found, Had):
            yield from self._had(record, part, found, name)
        elif again or (found is None and way.safety is Safety.KEYED):
            part.step = Step.TODO
            refusal = None if again else (yield from self._once_more(record, part, name))
            part.why = part.why if refusal is None else refusal.message
        else:
            part.step = Step.LOST
            part.why = found.message if isinstance(found, WorkplaceError) else "it is not there (yet)"
            yield from self.journal.save(record, name, self._until())

    def _once_more(self, record: Plan, part: Part, name: str) -> Steps[WorkplaceError | None]:
        answer = yield from settled(self._way(part).do(record, part))
        if isinstance(answer, Had):
            yield from self._had(record, part, answer, name)
            return None
        part.step = Step.LOST if isinstance(answer, OutcomeUnknown) else Step.REFUSED
        yield from self.journal.save(record, name, self._until())
        return answer

    def _back(self, record: Plan, name: str, reason: str, accept_fee: Money | None) -> Steps[PlannedMeeting]:
        """Give back what was had, the last part first; what cannot be given back does not keep the others from it."""
        for part in reversed(record.parts):
            if part.step is Step.TODO:
                part.step = Step.REFUSED
            elif part.step in (Step.DONE, Step.UNDOING, Step.BEGUN, Step.LOST):
                yield from self._undone(record, part, name, reason, accept_fee)
        yield from self.journal.save(record, name, None)
        if left := [part for part in record.parts if part.step is Step.UNDOING]:
            told = "; ".join(f"{part.what}: {part.why}" for part in left)
            raise OutcomeUnknown(f"not everything could be given back: {told}", key=Key(record.key))
        return record.shown()

    def _undone(self, record: Plan, part: Part, name: str, reason: str, accept_fee: Money | None) -> Steps[None]:
        way = self._way(part)
        if part.step in (Step.BEGUN, Step.LOST):
            found = yield from settled(way.find(record, part))
            if found is None:
                part.step, part.why = Step.REFUSED, "it was not there"
                return
            part.ref = found.ref if isinstance(found, Had) else part.ref
            if not isinstance(found, Had | NotSupported):
                part.step, part.why = Step.UNDOING, found.message
                return
        part.step = Step.UNDOING
        yield from self.journal.save(record, name, self._until())
        answer = yield from settled(way.undo(record, part, reason, accept_fee))
        if answer is None or isinstance(answer, NotFound | Conflict):  # it is gone already
            part.step, part.why = Step.UNDONE, None
        else:
            part.why = answer.message or answer.sentence()
        yield from self.journal.save(record, name, self._until())

    def _way(self, part: Part) -> Way:
        ways: Mapping[str, Way] = self.sources.ways
        if part.way not in ways:
            raise NotFound(f"nobody brings {part.what} any more: the settings do not name {part.way}", field="ref")
        return ways[part.way]

    def _kept(self, key: str) -> Steps[Plan | None]:
        try:
            return (yield from self.journal.load(key))
        except NotFound:
            return None

    def _told(self, record: Plan) -> PlannedMeeting:
        """What a repeat with the same key is told: the same as the first time."""
        if record.giving_up and record.settled:
            raise Rejected(record.refusal or "it was cancelled")
        if not record.settled:
            lost = next((part for part in record.parts if part.step is not Step.DONE), record.parts[0])
            raise self._unknown(record, lost)
        return record.shown()

    def _unknown(self, record: Plan, part: Part) -> OutcomeUnknown:
        return OutcomeUnknown(f"it is not known what became of {part.what}: {part.why or part.step}", key=Key(record.key))

    def _until(self) -> datetime:
        return self.session.now() + timedelta(seconds=self.session.time_limit) + MARGIN
