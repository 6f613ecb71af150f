"""How far a ticket is, as it is told to people."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from workplace_sdk.kernel.words import Words
from workplace_sdk.services.incidents_models import TicketStatus

if TYPE_CHECKING:
    from workplace_sdk.services.common import Mapped

STATUS: Final[Mapping[TicketStatus, Words]] = MappingProxyType(
    {
        TicketStatus.NEW: Words("new", "nieuw"),
        TicketStatus.OPEN: Words("open", "open"),
        TicketStatus.IN_PROGRESS: Words("in progress", "in behandeling"),
        TicketStatus.WAITING_FOR_REQUESTER: Words("waiting for the requester", "wachtend op de melder"),
        TicketStatus.WAITING_FOR_SUPPLIER: Words("waiting for the supplier", "wachtend op de leverancier"),
        TicketStatus.ON_HOLD: Words("on hold", "aangehouden"),
        TicketStatus.RESOLVED: Words("solved", "opgelost"),
        TicketStatus.CLOSED: Words("closed", "gesloten"),
        TicketStatus.CANCELLED: Words("cancelled", "geannuleerd"),
        TicketStatus.UNMAPPED: Words("unknown", "onbekend"),
    }
)
CANNOT_BECOME: Final = Words("it is {before} and cannot become {after}", "het is {before} en kan niet {after} worden")


def status_words(status: Mapped[TicketStatus]) -> Words:
    """How far a ticket is; the system's own word where we know none."""
    if status.value is TicketStatus.UNMAPPED and status.source:
        return Words(status.source, status.source)
    return STATUS[status.value]
