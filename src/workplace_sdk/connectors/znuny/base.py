"""Searching and reading of tickets, shared by the operations."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from workplace_sdk.connectors.znuny.connector import EVERYTHING
from workplace_sdk.connectors.znuny.records import Found, TicketReply, Tickets
from workplace_sdk.connectors.znuny.translation import Translation
from workplace_sdk.kernel.effects import Page, PageSteps, Steps
from workplace_sdk.kernel.errors import InvalidInput, NotFound, ProtocolError
from workplace_sdk.kernel.listing import Gap, Missing
from workplace_sdk.services.common import PersonRef, Ref
from workplace_sdk.services.incidents import Incidents, Ticket

if TYPE_CHECKING:
    from workplace_sdk.connectors.znuny.connector import Znuny
    from workplace_sdk.kernel.session import Session

UNFINISHED: Final = ("new", "open", "pending reminder", "pending auto")
"""Types of states, which every Znuny has: what is not finished."""
_SPECIAL: Final = re.compile(r"[^\w.@-]+")
Wanted = Callable[[TicketReply], bool]


class ZnunyBase(Incidents):
    """What operations on tickets of Znuny have in common."""

    def __init__(self, connection: Znuny, session: Session) -> None:
        super().__init__(connection, session)
        self.znuny = connection
        self.calls = connection.calls
        self.settings = connection.settings
        self.fields = connection.settings.fields
        self.translation = Translation(connection.settings, connection.name, connection.zone)

    # -- people

    def login_of(self, person: PersonRef | None, field: str = "person") -> Steps[str]:
        """The login of *person* (the caller when left out) in Znuny."""
        wanted: PersonRef = self.person(person)
        name = self.settings.person
        value: str | None = getattr(wanted, name)
        if value is None and self.session.identify is not None:
            value = yield from self.session.identify(wanted, name)
        if value is None:
            raise InvalidInput(f"Znuny knows people by {name}, and that of {wanted.label} is not known", field=field)
        return value

    # -- searches

    def search(self, wanted: dict[str, Any], *, most: int | None = None) -> Steps[list[str]]:
        """Numbers of tickets, the newest first (or as *wanted* says): of so many at most. A condition that is empty is none.

        That fields are known is proved before they find too much, that names are when they find nothing.
        """
        if "DynamicField" in wanted:
            yield from self.znuny.proved()
        asked = {"SortBy": "Age", "OrderBy": "Down", "Limit": str(most or self.settings.most), **wanted}
        found = yield from self.calls.call("TicketSearch", asked, Found, reads=True)
        if not found.ids:
            yield from self.znuny.proved()
        return list(found.ids)

    def of_customer(self, login: str) -> tuple[dict[str, Any], Wanted]:
        """A condition for the tickets of a customer, and whether a ticket that it finds is theirs.

        Znuny takes the login for a search of its own language, with wildcards and signs for and, or, not: those are left open.
        """
        return (
            {"CustomerUserLogin": [_SPECIAL.sub("*", login)]},
            lambda ticket: (ticket.customer or "").casefold() == login.casefold(),
        )

    def listed(self, ids: Iterable[str], wanted: Wanted | None = None) -> PageSteps[Ticket]:
        """Tickets in the order of their numbers *ids*, read as they are used; only those that are *wanted*."""
        numbers, size = list(ids), self.settings.page_size
        for start in range(0, len(numbers), size):
            tickets = yield from self.tickets(numbers[start : start + size])
            kept = (one for one in tickets if wanted is None or wanted(one))
            cut = start + size >= len(numbers) >= self.settings.most
            gaps = (Gap(self.connection_name, Missing.CAPPED),) if cut else ()
            yield Page(tuple(self.translation.ticket(one, self.session.now()) for one in kept), gaps)

    def tickets(self, ids: Sequence[str]) -> Steps[list[TicketReply]]:
        """Tickets with their fields. One that is gone meanwhile makes Znuny refuse all: then each is asked for by itself."""
        if not ids:
            return []
        asked = {"TicketID": list(ids), "DynamicFields": "1"}
        try:
            return list((yield from self.calls.call("TicketGet", asked, Tickets, reads=True)).tickets)
        except NotFound:
            found: list[TicketReply] = []
            for one in ids if len(ids) > 1 else ():
                found += yield from self.tickets([one])
            return found

    # -- one ticket

    def id_of(self, ref: Ref, kind: str = "incident") -> str:
        """Znuny's number of a record of this connection."""
        if ref.connection != self.connection_name or ref.kind != kind or not re.fullmatch(r"\d+(-\d+)?", ref.id):
            raise NotFound(f"{ref} is no {kind} of {self.connection_name}", field="ref")
        return ref.id

    def whole(self, ref: Ref) -> Steps[TicketReply]:
        """A ticket with its messages, and the names of their files."""
        return (yield from self.given({"TicketID": [self.id_of(ref)], **EVERYTHING}))

    def given(self, asked: dict[str, Any]) -> Steps[TicketReply]:
        """One ticket."""
        reply = yield from self.calls.call("TicketGet", asked, Tickets, reads=True)
        if len(reply.tickets) != 1:
            raise ProtocolError(f"Znuny gives {len(reply.tickets)} tickets for one")
        return reply.tickets[0]

    def read(self, ref: Ref) -> Steps[Ticket]:
        """A ticket as its requester may see it."""
        return self.translation.ticket((yield from self.whole(ref)), self.session.now())
