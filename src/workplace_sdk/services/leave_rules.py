"""Rules of leave types, as errors: a request raises the first, a preview shows them all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from workplace_sdk.kernel.errors import Rejected
from workplace_sdk.kernel.words import Words
from workplace_sdk.services.calendar import Portion
from workplace_sdk.services.common import Unit
from workplace_sdk.services.leave_errors import AttachmentRequired, IncrementInvalid, NoticeTooShort, ReasonRequired
from workplace_sdk.services.leave_models import AttachmentRule, LeaveDay, LeaveDraft, LeaveType
from workplace_sdk.services.refusals import InvalidField

HALVES: Final = frozenset({Portion.AM, Portion.PM, Portion.HALF})
NO_HALVES: Final = Words("{name} is not taken in half days", "{name} wordt niet in halve dagen opgenomen")
NO_HOURS: Final = Words("{name} is not taken in hours", "{name} wordt niet in uren opgenomen")
SO_LONG: Final = Words(
    "{name} is asked for at most {days} days at once", "{name} wordt voor hoogstens {days} dagen ineens gevraagd"
)
NO_DOCUMENTS: Final = Words("no documents are kept with {name}", "bij {name} worden geen documenten bewaard")
A_YEAR: Final = Words("until is from since on, at most a year later", "until ligt na since, hoogstens een jaar later")
WHICH_REASON: Final = Words("one of: {reasons}", "een van: {reasons}")


def type_problems(
    kind: LeaveType, draft: LeaveDraft, days: Sequence[LeaveDay], *, today: date, enclosed: bool = False
) -> Iterator[Rejected]:
    """Why the rules of *kind* do not allow *draft*, as far as they are known.

    Args:
        days: The days of the draft by date, with what they cost.
        today: On the clocks of the employee.
        enclosed: There are documents with the request already.
    """
    yield from _parts(kind, days)
    yield from _words(kind, draft)
    yield from _documents(kind, draft, enclosed=enclosed)
    first = next((day.date for day in days if day.charged.value), days[0].date)
    if kind.min_notice is not None and (first - today).days < kind.min_notice:
        yield NoticeTooShort(min_days=kind.min_notice)


def _parts(kind: LeaveType, days: Sequence[LeaveDay]) -> Iterator[Rejected]:
    if kind.half_days is False and any(day.portion in HALVES for day in days):
        yield InvalidField(NO_HALVES.filled(name=kind.name), field="days")
    if kind.hours is False and any(day.portion is Portion.HOURS for day in days):
        yield InvalidField(NO_HOURS.filled(name=kind.name), field="days")
    whole = {Portion.FULL} if kind.unit is Unit.DAY else {Portion.FULL, *HALVES}  # half an odd day is odd
    parts = [day.charged.value for day in days if day.portion not in whole]
    if kind.increment and any(part % kind.increment for part in parts):
        yield IncrementInvalid(step=kind.increment)
    length = (days[-1].date - days[0].date).days + 1
    if kind.max_days is not None and length > kind.max_days:
        yield InvalidField(SO_LONG.filled(name=kind.name, days=kind.max_days), field="days")


def _words(kind: LeaveType, draft: LeaveDraft) -> Iterator[Rejected]:
    given = (draft.reason or "").strip()
    if kind.requires_reason and not given:
        yield ReasonRequired(field="reason")
    if given and kind.reasons and given.casefold() not in {reason.casefold() for reason in kind.reasons}:
        yield InvalidField(WHICH_REASON.filled(reasons=", ".join(kind.reasons)), field="reason")


def _documents(kind: LeaveType, draft: LeaveDraft, *, enclosed: bool) -> Iterator[Rejected]:
    if kind.attachments is AttachmentRule.NEVER and draft.attachments:
        yield InvalidField(NO_DOCUMENTS.filled(name=kind.name), field="attachments")
    long = (draft.last_day - draft.first_day).days + 1 > (kind.attachment_after or 0)
    wanted = kind.attachments is AttachmentRule.ALWAYS or (kind.attachments is AttachmentRule.AFTER_DAYS and long)
    if wanted and not draft.attachments and not enclosed:
        yield AttachmentRequired(field="attachments")
