"""The meetings of a workplace: which connection brings what, by its settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workplace_sdk.kernel.connector import Connector
from workplace_sdk.kernel.errors import ConfigError
from workplace_sdk.meetings.journal import CONNECTION, Journal
from workplace_sdk.meetings.planned import PlannedMeetings
from workplace_sdk.meetings.resolving import INVITE, ROOMS, Sources
from workplace_sdk.meetings.ways import ByIncidents, ByRooms, TheRoom, Way
from workplace_sdk.meetings.ways_mail import ByInvitation, ByMail
from workplace_sdk.services.meetings import Meetings
from workplace_sdk.wires.smtp import Smtp

if TYPE_CHECKING:
    from workplace_sdk.settings import OrderSettings
    from workplace_sdk.workplace import Workplace


class _Journalless(Meetings):
    absent = dict.fromkeys(Meetings.operations(), "a planned meeting is written down in a store: set [store] url")


def opened(work: Workplace) -> Meetings:
    """Meetings for the caller of *work*."""
    if not work.has_store:
        return _Journalless(Connector(CONNECTION, None), work.session)
    meetings = PlannedMeetings(Connector(CONNECTION, None), work.session)
    meetings.journal = Journal(work.store)
    meetings.sources = _sources(work)
    return meetings


def _sources(work: Workplace) -> Sources:
    settings = work.settings.meetings
    rooms = work.rooms if settings.rooms is None else work.only(settings.rooms).rooms
    ways: dict[str, Way] = {ROOMS: TheRoom(rooms)}
    brings: dict[str, str] = {}
    for name, order in settings.orders.items():
        ways[name] = _way(work, name, order)
        brings |= {item.casefold(): name for item in order.items}
    if settings.invite is not None:
        smtp = _smtp(work, settings.invite, "invite")
        ways[INVITE] = ByInvitation(settings.invite, smtp, work.session, work.settings.language)
    items = tuple(item for order in settings.orders.values() for item in order.items)
    return Sources(rooms, work.experts, work.identities, brings, items, ways, invites=settings.invite is not None)


def _way(work: Workplace, name: str, settings: OrderSettings) -> Way:
    """How the connection that brings something is asked, by what it offers."""
    connector = work.connection(settings.connection)
    if isinstance(getattr(connector, "smtp", None), Smtp):
        smtp = _smtp(work, settings.connection, f"orders.{name}")
        return ByMail(settings.connection, smtp, settings, work.session, work.settings.language)
    if connector.service_class("rooms") is not None and settings.category is None:
        return ByRooms(work.only(settings.connection).rooms)
    if connector.service_class("incidents") is not None:
        return ByIncidents(work.only(settings.connection).incidents, settings)
    raise ConfigError(
        f"{settings.connection} sends no mail and offers neither rooms nor incidents",
        table=f"meetings.orders.{name}",
        key="connection",
    )


def _smtp(work: Workplace, name: str, key: str) -> Smtp:
    smtp: Any = getattr(work.connection(name), "smtp", None)
    if not isinstance(smtp, Smtp):
        raise ConfigError(f"{name} is no mail server", table="meetings", key=key)
    return smtp
