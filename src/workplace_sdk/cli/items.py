"""Records of all services in one table."""

from __future__ import annotations

from typing import Any

from workplace_sdk.cli.showing import Columns, chosen_language, words

_SERVICES = {
    "leave": ("leave", "verlof"),
    "rooms": ("meeting", "vergadering"),
    "expenses": ("expenses", "declaratie"),
    "incidents": ("incident", "melding"),
}
_STATUS = {"leave": "LeaveStatus", "rooms": "ComponentState", "expenses": "ExpenseStatus", "incidents": "TicketStatus"}


def columns() -> Columns:
    """Of an inbox, and of what someone asked for."""
    return {
        words("reference", "verwijzing"): "ref",
        words("about", "over"): lambda item: words(*_SERVICES[item.service]),
        words("who", "wie"): "who",
        words("what", "wat"): "what",
        words("status", "status"): _status,
        words("since", "sinds"): "since",
    }


def _status(item: Any) -> str:
    from workplace_sdk.services.vocabulary import DUTCH

    if item.status is None:
        return "-"
    english: str = item.status.replace("_", " ")
    if chosen_language() != "nl":
        return english
    if item.status == "cancelled":
        return "geannuleerd"
    return DUTCH[_STATUS[item.service]].get(item.status, english)
