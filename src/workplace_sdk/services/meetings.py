"""Meetings: a room, people, lunch and a projector from as many systems as it takes, as one thing to ask for."""

from __future__ import annotations

from typing import Any

from workplace_sdk.kernel.access import Access, Relation
from workplace_sdk.kernel.effects import Steps
from workplace_sdk.kernel.errors import Rejected
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.listing import Listing
from workplace_sdk.kernel.operation import Service, read, write
from workplace_sdk.kernel.preview import Preview
from workplace_sdk.kernel.words import Words
from workplace_sdk.services.common import Money, PersonRef, Ref, named, owner
from workplace_sdk.services.meetings_models import MeetingPlan, PartKind, PlannedMeeting, PlanPart

__all__ = ["MeetingPlan", "Meetings", "PartKind", "PartNotHad", "PlanPart", "PlannedMeeting"]


class PartNotHad(Rejected):
    """A part of the meeting cannot be had now; nothing of it was kept. The error of that part is the cause."""

    code = "part-not-had"
    words = Words("{what} cannot be had now; nothing was kept.", "{what} lukt nu niet; er is niets vastgelegd.")

    def __init__(self, message: str = "", *, what: str = "", **where: Any) -> None:
        super().__init__(message, **where)
        self.what = what


_SELF = frozenset({Relation.SELF})
_MINE = Access("meetings.plan", _SELF, owner("organizer"))


class Meetings(Service, service="meetings"):
    """What spans several systems: each part is booked where it is had, and given back when the whole cannot be had.

    What is done and what is left is written down in the store before and after each part, so that a crash leaves nothing
    behind that nobody knows of.
    """

    @write(Safety.ONCE, access=Access("meetings.plan", _SELF, named("plan", "organizer")))
    def plan(self, plan: MeetingPlan, *, key: Key | None = None) -> Steps[PlannedMeeting]:
        """Book *plan*: the room with its attendees first, then each order, then the invitations.

        Returns:
            The meeting with what became of each part. With all or nothing every part is ``DONE``, or ``PENDING`` where
            someone has yet to approve.

        Raises:
            RoomConflict: The room is taken, or none is free that fits; nothing is kept.
            FeatureMissing: No room has what is asked for, and it cannot be ordered.
            CutoffPassed: It is too late to order something; nothing was booked.
            ServiceNotAvailableHere: Nobody is known who brings what is ordered; nothing was booked.
            InvalidInput: An attendee's name fits nobody or several people; nothing was booked.
            PartNotHad: A part's system does not answer, or does not let us; nothing is kept.
            OutcomeUnknown: It is not known what became of a part, or a part could not be given back: ``resume`` goes on.
        """
        raise self.unsupported("plan")
        yield

    @read(access=Access("meetings.plan", _SELF, owner("organizer")))
    def get(self, ref: Ref) -> Steps[PlannedMeeting]:
        """What became of a planned meeting.

        Raises:
            NotFound: There is none, or it is long over.
        """
        raise self.unsupported("get")
        yield

    @read(access=Access("meetings.plan", _SELF, named("person")))
    def unfinished(self, person: PersonRef | None = None) -> Steps[Listing[PlannedMeeting]]:
        """Planned meetings of *person* that something is left to do for, or to find out about; the oldest first."""
        raise self.unsupported("unfinished")
        yield

    @write(Safety.ONCE, access=_MINE)
    def resume(self, ref: Ref, *, again: bool = False, key: Key | None = None) -> Steps[PlannedMeeting]:
        """Go on with a meeting that was broken off: look for what may have been done, do what is left, or give back the rest.

        Args:
            again: A part that may have been done and cannot be found is done again; else it is left as it is.

        Raises:
            Conflict: Someone is at it now, or it is settled.
            OutcomeUnknown: It still is not known what became of a part.
        """
        raise self.unsupported("resume")
        yield

    @write(Safety.ONCE, access=_MINE)
    def cancel(
        self, ref: Ref, *, reason: str | None = None, accept_fee: Money | None = None, key: Key | None = None
    ) -> Steps[PlannedMeeting]:
        """Give up a planned meeting: every part is cancelled where it was booked, the last one first.

        Args:
            accept_fee: What is agreed to be paid at most for what was ordered.

        Raises:
            CancelFeeApplies: With the fee to accept; nothing was cancelled.
            CutoffPassed: What was ordered cannot be cancelled any more; nothing was.
            Conflict: Someone is at it now, or it is cancelled.
            OutcomeUnknown: A part could not be cancelled: ``resume`` goes on.
        """
        raise self.unsupported("cancel")
        yield

    @plan.previews
    def preview_plan(self, plan: MeetingPlan, *, key: Key | None = None) -> Steps[Preview]:
        """Which room and why, who is not free, who brings what until when it can be ordered, and what it costs."""
        raise self.unsupported("plan")
        yield
