"""Previews of rooms in the local store: our own arithmetic, and what the store said when it was asked to do it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from workplace_sdk.kernel.preview import Origin, Preview, PreviewLine, Weight
from workplace_sdk.services.common import ComponentState
from workplace_sdk.services.rooms import Meeting, MeetingDraft
from workplace_sdk.services.rooms_lines import MOST_LINES, blocker

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from workplace_sdk.connectors.local.base import LocalService, Verdict

DONE: Final = PreviewLine(
    code="done",
    en="This was done already: doing it again changes nothing.",
    nl="Dit is al gedaan: opnieuw doen verandert niets.",
    origin=Origin.BACKEND,
)
_FOR_OTHERS: Final = frozenset({"restricted-room"})
"""Warnings that the store knows to concern others, when it does what was asked."""


def agreed(told: Preview, verdict: Verdict[Any], more: Iterable[PreviewLine] = ()) -> Preview:
    """What was *told*, put right by what became of the write when it was tried."""
    lines, refusal = list(told.lines), verdict.refusal
    if verdict.done:
        lines = [*(line for line in lines if line.code in ("meeting", "times")), DONE]
    elif refusal is None:
        lines = [line for line in lines if line.weight is not Weight.BLOCKER and line.code not in _FOR_OTHERS]
    elif not any(line.code == refusal.code and line.weight is Weight.BLOCKER for line in lines):
        lines = [line for line in lines if line.code != refusal.code]
        lines.append(blocker(refusal, origin=Origin.BACKEND))
    return told.model_copy(update={"lines": (*lines, *more)})


def left_out(meeting: Meeting | None) -> list[PreviewLine]:
    """What the meeting would be without."""
    parts = [one for one in meeting.components if one.state is ComponentState.REJECTED] if meeting else []
    if not parts:
        return []
    en, nl = ("; ".join(f"{one.what} ({one.because(language)})" for one in parts[:MOST_LINES]) for language in ("en", "nl"))
    more = " ..." if len(parts) > MOST_LINES else ""
    return [
        PreviewLine(
            code="left_out",
            en=f"Left out: {en}{more}",
            nl=f"Gaat niet door: {nl}{more}",
            origin=Origin.BACKEND,
            weight=Weight.WARNING,
            facts={"parts": len(parts)},
        )
    ]


def zone_lines(service: LocalService, connection: Connection, draft: MeetingDraft) -> list[PreviewLine]:
    """What time it is for attendees whose clocks show another."""
    rows = service.employees(connection, [one.person for one in draft.attendees], field="attendees")
    zones: dict[str, list[str]] = {}
    for row in rows:
        if row is not None and row.zone and row.zone != draft.span.zone:
            zones.setdefault(row.zone, []).append(row.display_name)
    lines: list[PreviewLine] = []
    for zone, names in sorted(zones.items()):
        there = draft.span.seen_from(zone)
        if there.local_start.utcoffset() == draft.span.local_start.utcoffset():
            continue
        when = f"{there.local_start:%Y-%m-%d %H:%M}-{there.local_end:%H:%M}"
        who = ", ".join(names[:MOST_LINES]) + (" ..." if len(names) > MOST_LINES else "")
        en, nl = f"For {who} it is {when} ({zone}).", f"Voor {who} is het {when} ({zone})."
        lines.append(PreviewLine(code="elsewhere", en=en, nl=nl, origin=Origin.BACKEND, facts={"zone": zone, "start": when}))
    return lines
