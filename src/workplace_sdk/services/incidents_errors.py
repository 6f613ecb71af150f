"""Why a ticket or a change of it is refused, and what can be done about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workplace_sdk.kernel.errors import Conflict, NotFound, Rejected
from workplace_sdk.kernel.words import Words

if TYPE_CHECKING:
    from workplace_sdk.services.common import Ref


class CategoryRequired(Rejected):
    """Say what it is about: one of *options*."""

    code = "category-required"
    words = Words("Please choose what it is about.", "Kies waar het over gaat.")

    def __init__(self, message: str = "", *, options: tuple[str, ...] = (), **where: Any) -> None:
        super().__init__(message, field=where.pop("field", "category"), **where)
        self.options = options


class AssetUnknown(NotFound):
    """There is no thing with that tag."""

    code = "asset-unknown"
    words = Words("There is no thing with this tag. Please check it.", "Er is niets met dit nummer. Controleer het.")


class DuplicateTicket(Rejected):
    """The same was reported already: *candidates* says where."""

    code = "duplicate-ticket"
    words = Words("This was reported already.", "Dit is al gemeld.")

    def __init__(self, message: str = "", *, candidates: tuple[Ref, ...] = (), **where: Any) -> None:
        super().__init__(message, **where)
        self.candidates = candidates


class TicketClosed(Conflict):
    """The ticket is finished: nothing can be added to it."""

    code = "ticket-closed"
    words = Words("This ticket is finished. Please report it anew.", "Deze melding is afgerond. Maak een nieuwe melding.")


class ReopenWindowPassed(Conflict):
    """It was solved too long ago to be opened again."""

    code = "reopen-window-passed"
    words = Words(
        "This was solved too long ago to be opened again. Please report it anew.",
        "Dit is te lang geleden opgelost om opnieuw te openen. Maak een nieuwe melding.",
    )
