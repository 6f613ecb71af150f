"""What only the store can tell before a meeting is booked: what it would be without, and what time it is for others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workplace_sdk.kernel.preview import Origin, PreviewLine, Weight
from workplace_sdk.services.common import ComponentState
from workplace_sdk.services.rooms import Meeting, MeetingDraft
from workplace_sdk.services.rooms_lines import MOST_LINES

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from workplace_sdk.connectors.local.base import LocalService


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
