"""The ``znuny`` connector: how Znuny is reached, and what is proved of it before anything is searched.

A search by a field that Znuny does not know finds every ticket, and one by a queue or a state that it does not know finds none,
both without a word. So the names of the settings are tried on a ticket that is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from workplace_sdk.connectors.znuny.calling import Calls, RestCalls, SoapCalls
from workplace_sdk.connectors.znuny.records import Found, TicketReply, Tickets
from workplace_sdk.connectors.znuny.settings import ZnunySettings
from workplace_sdk.connectors.znuny.translation import Translation
from workplace_sdk.kernel.connector import Connector
from workplace_sdk.kernel.errors import ConfigError, ProtocolError
from workplace_sdk.kernel.memory import Memory

if TYPE_CHECKING:
    from workplace_sdk.kernel.effects import Steps

LIFETIME: Final = 300.0
"""Seconds that a proof holds."""
EVERYTHING: Final = {
    "DynamicFields": "1",
    "Extended": "1",
    "AllArticles": "1",
    "Attachments": "1",
    "GetAttachmentContents": "0",
}
_OFF_BY: Final = (timedelta(minutes=10), timedelta(hours=27))
"""Between these, a clock shows the time of another zone than ours takes it for."""


class Znuny(Connector):
    """Tickets of some queues of one Znuny, OTOBO or OTRS: as one agent, who says for which customer."""

    settings_type = ZnunySettings
    services = {"incidents": "workplace_sdk.connectors.znuny.incidents:ZnunyIncidents"}  # noqa: RUF012 - a ClassVar in the base
    settings: ZnunySettings

    def __init__(self, name: str, settings: ZnunySettings, surroundings: Mapping[str, Any] | None = None) -> None:
        super().__init__(name, settings, surroundings)
        directory = self.surroundings.get("directory")
        made: Calls = SoapCalls(settings, directory) if settings.flavour == "soap" else RestCalls(settings, directory)
        self.calls = made
        self.zone: str = settings.zone or self.surroundings.get("zone") or "UTC"
        self.proofs: Memory[bool] = Memory(LIFETIME)

    def proved(self) -> Steps[bool]:
        """See to it that Znuny knows every name of the settings; False while there is no ticket to try them on.

        Raises:
            ConfigError: It does not know one.
        """
        if self.proofs.get("names"):
            return True
        ticket = yield from self.sample()
        if ticket is None:
            return False
        self._fields_are_there(ticket)
        yield from self._names_are_known(ticket)
        return self.proofs.keep("names", value=True)

    def sample(self) -> Steps[TicketReply | None]:
        """Some ticket that our account sees, with everything; ``None`` when it sees none."""
        found = yield from self.calls.call("TicketSearch", {"Limit": "1"}, Found, reads=True)
        if not found.ids:
            return None
        asked = {"TicketID": [found.ids[0]], **EVERYTHING}
        reply = yield from self.calls.call("TicketGet", asked, Tickets, reads=True)
        if not reply.tickets:
            raise ProtocolError("Znuny finds a ticket, and does not give it")
        return reply.tickets[0]

    def _fields_are_there(self, ticket: TicketReply) -> None:
        """A ticket is given with every field that is in use, with a value or without."""
        of_articles = {one.name for article in ticket.articles for one in article.fields}
        known = {one.name for one in ticket.fields}
        for meaning, name in self.settings.fields.named().items():
            if meaning == "author":
                if ticket.articles and name not in of_articles:
                    raise ConfigError(f"there is no dynamic field {name!r} of articles", **self._at(meaning, ".fields"))
            elif name not in known:
                raise ConfigError(f"there is no dynamic field {name!r} of tickets", **self._at(meaning, ".fields"))

    def _names_are_known(self, ticket: TicketReply) -> Steps[None]:
        """One name that is not known makes a search find nothing, also when others are known."""
        settings = self.settings
        names = {
            "Queues": ("queues", ticket.queue, settings.queues),
            "States": ("statuses", ticket.state, settings.statuses),
            "Priorities": ("priorities", ticket.priority, settings.priorities.values()),
            "Types": ("kinds", ticket.type, settings.kinds.values()),
        }
        every = {parameter: [own, *said] for parameter, (_, own, said) in names.items() if own and said}
        if (yield from self._finds(ticket, every)):
            return
        for parameter, (key, own, said) in names.items():
            for name in said:
                if own and not (yield from self._finds(ticket, {parameter: [own, name]})):
                    raise ConfigError(f"Znuny knows no {name!r} among its {parameter.lower()}", **self._at(key))

    def _finds(self, ticket: TicketReply, conditions: Mapping[str, list[str]]) -> Steps[bool]:
        wanted = {"TicketNumber": [ticket.number], **conditions}
        return bool((yield from self.calls.call("TicketSearch", wanted, Found, reads=True)).ids)

    def _at(self, key: str, below: str = "") -> dict[str, str]:
        return {"table": f"connections.{self.name}{below}", "key": key}

    def ping(self) -> Steps[str]:
        """Log in, and see to it that Znuny knows every name of the settings and that its clock is in our zone."""
        self.proofs.clear()
        where = f"{', '.join(self.settings.queues)} by {self.settings.flavour.upper()}"
        if not (yield from self.proved()):
            return f"{where}; our account sees no ticket, so that the names in the settings could not be tried"
        ticket = yield from self.sample()
        if ticket is not None:
            self._in_our_zone(ticket)
        return where

    def _in_our_zone(self, ticket: TicketReply) -> None:
        """Znuny tells of a message when it came in seconds since 1970, and when it was kept by its own clock."""
        translation = Translation(self.settings, self.name, self.zone)
        for article in ticket.articles:
            if article.incoming is None or not article.incoming.isdecimal():
                continue
            off = abs(translation.instant(article.created) - datetime.fromtimestamp(int(article.incoming), UTC))
            if _OFF_BY[0] < off < _OFF_BY[1]:
                raise ConfigError(f"Znuny's clock is not that of {self.zone}: it is {off} off", **self._at("zone"))

    def close(self) -> None:
        self.calls.http.close()

    async def aclose(self) -> None:
        await self.calls.http.aclose()
