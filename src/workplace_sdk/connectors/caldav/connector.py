"""The ``caldav`` connector: how the server is reached, and whether it is what the settings call it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from workplace_sdk.connectors.caldav.house import House
from workplace_sdk.connectors.caldav.settings import CaldavSettings
from workplace_sdk.kernel.connector import Connector
from workplace_sdk.kernel.errors import ConfigError, NotFound, Rejected
from workplace_sdk.wires.caldav.server import CalDav, refusal

if TYPE_CHECKING:
    from workplace_sdk.kernel.effects import Steps

_PROBE: Final = "workplace-probe.ics"
_PROBED: Final = b"""\
BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//workplace-sdk//NL\r
BEGIN:VEVENT\r
UID:workplace-probe\r
DTSTAMP:19700101T000000Z\r
DTSTART:19700101T000000Z\r
DTEND:19700101T000100Z\r
TRANSP:TRANSPARENT\r
SUMMARY:probe\r
END:VEVENT\r
END:VCALENDAR\r
"""


class Caldav(Connector):
    """Rooms and meetings in the calendars of one server, by an account that may write in them."""

    settings_type = CaldavSettings
    services = {"rooms": "workplace_sdk.connectors.caldav.rooms:CaldavRooms"}  # noqa: RUF012 - a ClassVar in the base
    settings: CaldavSettings

    def __init__(self, name: str, settings: CaldavSettings, surroundings: Mapping[str, Any] | None = None) -> None:
        super().__init__(name, settings, surroundings)
        headers = {} if settings.usual.keeps_connections else {"Connection": "close"}
        self.http = settings.http(self.surroundings.get("directory"), headers=headers, refusal=refusal)
        self.dav = CalDav(self.http)
        self.house = House(name, settings)
        self.met: set[str] = set()
        """Calendars that were looked at and are what they are called."""

    def ping(self) -> Steps[str]:
        """Look into the calendars of the rooms, and whether the server does what its profile says.

        Where the profile says that a repeated booking is one, that is tried with an event of 1970 in the account's own
        calendar, which is removed again.
        """
        settings = self.settings
        for one in (*self.house.rooms, *self.house.equipment):
            if not (yield from self.has(one.calendar)):
                raise ConfigError(f"{one.name} has no calendar at {one.calendar}", key="rooms")
        if settings.account is None:
            return f"{settings.url} ({settings.profile}), {len(self.house.rooms)} rooms"
        own = self.house.member(settings.account)
        can = yield from self.dav.abilities(own.calendar)
        if settings.profile == "sogo" and "calendar-auto-schedule" not in can:
            raise ConfigError("this server sends no invitations: is it SOGo?", key="profile")
        if settings.profile == "radicale" and "calendar-auto-schedule" in can:
            raise ConfigError("this server sends invitations itself: it is not Radicale", key="profile")
        proved = ""
        if settings.usual.keyed:
            yield from self._prove_keys(own.calendar)
            proved = ", a repeated booking is one"
        return f"{settings.url} ({settings.profile}) as {settings.account}, {len(self.house.rooms)} rooms{proved}"

    def has(self, calendar: str) -> Steps[bool]:
        """Whether there is a calendar at that path; what was there once is not asked about again."""
        if calendar not in self.met:
            try:
                if not (yield from self.dav.answers(calendar)):
                    return False
            except (NotFound, Rejected):
                return False
            self.met.add(calendar)
        return True

    def _prove_keys(self, calendar: str) -> Steps[None]:
        try:
            yield from self.dav.delete(calendar, _PROBE)
            yield from self.dav.put(calendar, _PROBE, _PROBED, new=True)
            again = yield from self.dav.put(calendar, _PROBE, _PROBED, new=True)
            yield from self.dav.delete(calendar, _PROBE)
        except NotFound:
            raise ConfigError(f"the account has no calendar at {calendar}", key="login") from None
        if again:
            raise ConfigError(
                "this server overwrites what is there, whatever If-None-Match says: name another profile", key="profile"
            )

    def close(self) -> None:
        self.http.close()

    async def aclose(self) -> None:
        await self.http.aclose()
