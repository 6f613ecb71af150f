"""Settings of a CalDAV connection, and how the servers that we know differ."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from string import Formatter
from types import MappingProxyType
from typing import Annotated, Final, Literal, Self, TypeAlias
from urllib.parse import urlsplit

from attrs import frozen
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from workplace_sdk.services.common import PersonRef, checked_zone
from workplace_sdk.services.rooms import Bookability, Feature, Layout
from workplace_sdk.wires.http import HttpSettings

FreeBusy: TypeAlias = Literal["outbox", "report", "events"]


@frozen
class Profile:
    """What a server does.

    Attributes:
        calendar: Where the calendar of ``{login}`` or ``{email}`` is, when the settings do not say.
        outbox: Where free/busy of several people is asked for at once.
        free_busy: How it is told: to the outbox, by a report on each calendar, or not at all, so that events are read.
        invites: The server brings invitations and answers to the calendars of those concerned; else we do.
        answers_for_rooms: Rooms accept and refuse by themselves.
        keyed: ``If-None-Match: *`` is kept to, so that a repeated booking is one booking.
        names_us: Who invites is named in a header, because the account that writes is another one.
        keeps_cancelled: What was cancelled can be kept as that; else it has to be deleted for others to hear of it.
        tells_reasons: Who was invited is told why a meeting is cancelled.
        counts_declined: Free/busy counts what was declined, as long as it is in the calendar.
        keeps_connections: A connection can be used again.
        takes_strangers: Who is not there is taken for somebody else, so that each calendar is looked at first.
    """

    calendar: str
    outbox: str | None = None
    free_busy: FreeBusy = "events"
    invites: bool = False
    answers_for_rooms: bool = False
    keyed: bool = False
    names_us: bool = False
    keeps_cancelled: bool = True
    tells_reasons: bool = False
    counts_declined: bool = False
    keeps_connections: bool = True
    takes_strangers: bool = False


PROFILES: Final[Mapping[str, Profile]] = MappingProxyType(
    {
        "radicale": Profile("/{login}/calendar/", free_busy="report", keyed=True, tells_reasons=True, counts_declined=True),
        "cyrus": Profile(
            "/dav/calendars/user/{login}/Default/", "/dav/calendars/user/{login}/Outbox/", "report", invites=True, keyed=True, names_us=True,
            counts_declined=True,
        ),
        "sogo": Profile(
            "/SOGo/dav/{login}/Calendar/personal/", "/SOGo/dav/{login}/Calendar/personal/", "outbox", invites=True,
            answers_for_rooms=True, keeps_cancelled=False, keeps_connections=False,
            takes_strangers=True,
        ),
        "generic": Profile("/{login}/calendar/", tells_reasons=True, counts_declined=True),
    }
)  # fmt: skip


def _typed(value: object) -> object:
    return PersonRef.parse(value) if isinstance(value, str) else value


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class ResourceSettings(_Strict):
    """Something with a calendar that can be had for a meeting: a ``[[connections.NAME.equipment]]``, a projector.

    Attributes:
        login: Its account, for the path of its calendar and its address.
        email: Its address as a calendar user; *login* at the domain when left out.
        calendar: The path of its calendar, where that is elsewhere.
    """

    login: Annotated[str, Field(min_length=1, max_length=200)]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    email: str | None = None
    calendar: str | None = None
    site: str | None = None


class RoomSettings(ResourceSettings):
    """A ``[[connections.NAME.rooms]]``: what the server does not say about a room.

    Attributes:
        bookability: ``open``, or ``approval`` by *approver*, or ``not_bookable``.
        longest_minutes: Longest booking.
        ahead_days: How far ahead it can be booked.
    """

    building: str | None = None
    floor: str | None = None
    zone: str | None = None
    capacity: Annotated[int, Field(ge=1, le=10_000)] | None = None
    features: frozenset[Feature] = frozenset()
    layouts: Mapping[Layout, int] = Field(default_factory=dict[Layout, int])
    bookability: Literal["open", "approval", "not_bookable"] = "open"
    approver: Annotated[PersonRef | None, BeforeValidator(_typed)] = None
    longest_minutes: Annotated[int, Field(ge=1)] | None = None
    ahead_days: Annotated[int, Field(ge=1)] | None = None

    @field_validator("zone")
    @classmethod
    def _zone(cls, value: str | None) -> str | None:
        return None if value is None else checked_zone(value)

    @model_validator(mode="after")
    def _approved_by_someone(self) -> Self:
        if (self.bookability == "approval") != (self.approver is not None):
            raise ValueError('bookability = "approval" and approver go together')
        return self

    @property
    def kind(self) -> Bookability:
        """Who may book it."""
        return Bookability(self.bookability)

    @property
    def longest(self) -> timedelta | None:
        """Longest booking."""
        return None if self.longest_minutes is None else timedelta(minutes=self.longest_minutes)

    @property
    def ahead(self) -> timedelta | None:
        """How far ahead it can be booked."""
        return None if self.ahead_days is None else timedelta(days=self.ahead_days)


class CaldavSettings(HttpSettings):
    """``[connections.NAME]`` with ``connector = "caldav"``.

    Attributes:
        url: Scheme and host; paths are in *calendar* and *outbox*.
        profile: Which server it is; ``generic`` for one that is none of these.
        domain: Of the addresses of people and rooms: ``{login}@{domain}``.
        calendar: Path of someone's calendar, with ``{login}`` or ``{email}``; the usual one of the profile when left out.
        outbox: Path at which free/busy is asked for by *login*.
        login: The account's own, when ``auth`` does not name it.
        free_busy: ``outbox``, ``report`` or ``events``, where that is other than usual for the server.
        orders_url: Where people order what is not on the calendar server, such as lunch.
        calendar_url: Where people see their calendar, for what is not done here.
    """

    profile: Literal["radicale", "cyrus", "sogo", "generic"]
    domain: Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]+$")]
    calendar: str | None = None
    outbox: str | None = None
    login: str | None = None
    free_busy: FreeBusy | None = None
    rooms: tuple[RoomSettings, ...] = ()
    equipment: tuple[ResourceSettings, ...] = ()
    orders_url: str | None = None
    calendar_url: str | None = None

    @field_validator("url")
    @classmethod
    def _host_only(cls, value: str) -> str:
        if urlsplit(value).path not in ("", "/"):
            raise ValueError("give scheme and host alone: paths are in calendar and outbox")
        return value

    @field_validator("calendar", "outbox")
    @classmethod
    def _path(cls, value: str | None) -> str | None:
        if value is not None:
            names = {name for _, name, _, _ in Formatter().parse(value) if name is not None}
            if not value.startswith("/") or not value.endswith("/") or not names or not names <= {"login", "email"}:
                raise ValueError("give a path such as /calendars/{login}/default/, with {login} or {email}")
        return value

    @model_validator(mode="after")
    def _complete(self) -> Self:
        logins = [one.login.casefold() for one in (*self.rooms, *self.equipment)]
        if len(set(logins)) != len(logins):
            raise ValueError("rooms, equipment: a login is there twice")
        if self.how_free_busy == "outbox" and self.account is None:
            raise ValueError("free/busy is asked for in someone's name: give login")
        if self.how_free_busy == "outbox" and (self.outbox or self.usual.outbox) is None:
            raise ValueError('free_busy = "outbox" needs outbox')
        return self

    @property
    def usual(self) -> Profile:
        """What the server does."""
        return PROFILES[self.profile]

    @property
    def how_free_busy(self) -> FreeBusy:
        """How free/busy is told."""
        return self.free_busy or self.usual.free_busy

    @property
    def account(self) -> str | None:
        """The login of our own account."""
        return self.login or getattr(self.auth, "user", None)
