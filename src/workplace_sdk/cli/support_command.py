"""``workplace support``: what each connection offers, before any I/O."""

from __future__ import annotations

from typing import Any

import click

from workplace_sdk.cli.desk import Desk, desk_command
from workplace_sdk.cli.showing import show, wants_json, words
from workplace_sdk.kernel.support import HandOff, Native


@desk_command("support")
@click.argument("service", required=False, type=click.Choice(["leave", "experts", "rooms", "expenses", "incidents"]))
def command(desk: Desk, service: str | None) -> None:
    """What this workplace can do, per connection: done here, by a link, or not at all."""
    entries = [entry for entry in desk.work.support() if service in (None, entry.service)]
    if wants_json():
        show([_row(entry) for entry in entries])
        return
    show(
        entries,
        {
            words("operation", "handeling"): lambda entry: f"{entry.service}.{entry.operation}",
            words("connection", "verbinding"): "connection",
            words("support", "ondersteuning"): lambda entry: words(*_KINDS[_kind(entry.support)]),
            words("evidence", "bewijs"): lambda entry: getattr(entry.support, "evidence", ""),
            "": lambda entry: _note(entry.support),
        },
        empty=("No connection offers this.", "Geen verbinding biedt dit."),
    )


_KINDS = {"native": ("here", "hier"), "handoff": ("by link", "via link"), "absent": ("no", "nee")}


def _kind(support: Any) -> str:
    return "native" if isinstance(support, Native) else "handoff" if isinstance(support, HandOff) else "absent"


def _row(entry: Any) -> dict[str, Any]:
    """The same in every language."""
    support = entry.support
    return {
        "operation": f"{entry.service}.{entry.operation}",
        "connection": entry.connection,
        "support": _kind(support),
        "evidence": getattr(support, "evidence", None),
        "without": sorted(getattr(support, "without", ())),
        "limits": {name: str(most) for name, most in getattr(support, "limits", {}).items()},
        "note": getattr(support, "note", None) or None,
        "label": getattr(support, "label", None),
        "reason": getattr(support, "reason", None),
    }


def _note(support: Any) -> str:
    if isinstance(support, Native):
        without = words("without", "zonder") + f" {', '.join(sorted(support.without))}" if support.without else ""
        limits = ", ".join(f"{name} {words('at most', 'hoogstens')} {most}" for name, most in support.limits.items())
        return "; ".join(part for part in (without, limits, support.note) if part)
    return str(getattr(support, "label", None) or getattr(support, "reason", ""))
