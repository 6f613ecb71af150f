"""``workplace support``: what each connection offers, before any I/O."""

from __future__ import annotations

from typing import Any

import click

from workplace_sdk.cli.common import Desk, desk_command
from workplace_sdk.cli.showing import show, wants_json, words
from workplace_sdk.kernel.support import Absent, HandOff, Native


@desk_command("support")
@click.argument("service", required=False, type=click.Choice(["leave", "experts", "rooms", "expenses", "incidents"]))
def command(desk: Desk, service: str | None) -> None:
    """What this workplace can do, per connection: done here, by a link, or not at all."""
    entries = [entry for entry in desk.work.support() if service in (None, entry.service)]
    rows: list[dict[str, Any]] = [
        {"operation": f"{entry.service}.{entry.operation}", "connection": entry.connection, **_told(entry.support)}
        for entry in entries
    ]
    if wants_json():
        show(rows)
        return
    heads = (words("operation", "handeling"), words("connection", "verbinding"), words("support", "ondersteuning"))
    show(
        rows,
        {
            heads[0]: "operation",
            heads[1]: "connection",
            heads[2]: "support",
            words("evidence", "bewijs"): "evidence",
            "": "note",
        },
    )


def _told(support: Any) -> dict[str, Any]:
    if isinstance(support, Native):
        without = f"without {', '.join(sorted(support.without))}" if support.without else ""
        limits = ", ".join(f"{name} at most {most}" for name, most in support.limits.items())
        note = "; ".join(part for part in (without, limits, support.note) if part)
        return {"support": words("here", "hier"), "evidence": support.evidence, "note": note}
    if isinstance(support, HandOff):
        return {"support": words("by link", "via link"), "evidence": "", "note": support.label}
    assert isinstance(support, Absent)
    return {"support": words("no", "nee"), "evidence": "", "note": support.reason}
