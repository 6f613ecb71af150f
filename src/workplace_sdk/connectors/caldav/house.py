"""Who and what there is: people by login and address, rooms and what can be lent, and where each of them has a calendar."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote

from attrs import field, frozen

from workplace_sdk.kernel.errors import NotFound, NotSupported
from workplace_sdk.kernel.support import Link
from workplace_sdk.services.common import PersonRef, Ref
from workplace_sdk.services.rooms import OrderDraft, OrderKind, Room, ServiceItem, ServiceNotAvailableHere

if TYPE_CHECKING:
    from workplace_sdk.connectors.caldav.settings import CaldavSettings, ResourceSettings, RoomSettings
    from workplace_sdk.kernel.effects import Steps
    from workplace_sdk.kernel.session import Session


@frozen
class Member:
    """Someone with a calendar here."""

    login: str
    address: str
    calendar: str


@frozen
class Bookable(Member):
    """A room, or something that can be lent."""

    name: str = ""
    room: Room | None = field(default=None, repr=False)
    item: ServiceItem | None = field(default=None, repr=False)

    @property
    def cutype(self) -> str:
        """What it is as a calendar user. Source: RFC 5545 3.2.3."""
        return "ROOM" if self.room is not None else "RESOURCE"


class House:
    """What the settings say of people, rooms and equipment."""

    def __init__(self, connection: str, settings: CaldavSettings) -> None:
        self.connection = connection
        self.settings = settings
        self.rooms = tuple(self._room(one) for one in settings.rooms)
        self.equipment = tuple(self._device(one) for one in settings.equipment)
        self.by_address = {one.address: one for one in (*self.rooms, *self.equipment)}

    def member(self, login: str, *, address: str | None = None, calendar: str | None = None) -> Member:
        """Who has this login."""
        where = calendar or self.settings.calendar or self.settings.usual.calendar
        email = (address or f"{login}@{self.settings.domain}").casefold()
        return Member(login, email, where.format(login=quote(login, safe="@"), email=quote(email, safe="@")))

    def outbox(self, login: str) -> str:
        """Where *login* asks about free/busy."""
        where = self.settings.outbox or self.settings.usual.outbox or ""
        return where.format(login=quote(login, safe="@"), email=quote(self.member(login).address, safe="@"))

    def by_mail(self, address: str) -> Member | None:
        """Who has this address; ``None`` for an address of elsewhere."""
        lowered = address.casefold()
        if (known := self.by_address.get(lowered)) is not None:
            return known
        local, at, domain = lowered.rpartition("@")
        return self.member(local) if at and local and domain == self.settings.domain.casefold() else None

    def find(self, person: PersonRef, session: Session, *, of: str = "person") -> Steps[Member]:
        """Where *person* has a calendar; ``NotFound`` when they have none here, naming the field *of*."""
        login = person.login.partition("@")[0] if person.login else None
        if login is None and person.email is not None:
            found = self.by_mail(person.email)
            login = None if found is None else found.login
        if login is None and session.identify is not None:
            login = yield from session.identify(person, "login")
            login = login.partition("@")[0] if login else None
        if not login or "/" in login:
            raise NotFound(f"{person.label} has no calendar here", field=of)
        return self.member(login)

    def address(self, person: PersonRef, session: Session) -> Steps[str]:
        """Where an invitation for *person* goes."""
        if person.email:
            return person.email.casefold()
        return (yield from self.find(person, session, of="attendees")).address

    def named(self, wanted: Ref | str) -> Bookable:
        """The room that a draft names, by reference, name or address."""
        for one in self.rooms:
            assert one.room is not None
            if isinstance(wanted, Ref):
                if wanted == one.room.ref:
                    return one
            elif wanted.strip().casefold() in (one.name.casefold(), one.address, one.login.casefold()):
                return one
        raise NotFound(f"there is no room {wanted}", field="room")

    def chosen(self, wanted: Iterable[Ref | str]) -> list[Bookable]:
        """The rooms that a draft names."""
        return [self.named(one) for one in wanted if one]

    def lent(self, orders: Sequence[OrderDraft]) -> list[Bookable]:
        """The equipment that is ordered.

        Raises:
            NotSupported: It is nothing that has a calendar, such as lunch; with the link to where it is ordered.
            ServiceNotAvailableHere: More than one of it.
        """
        found: list[Bookable] = []
        for line in (line for order in orders for line in order.lines):
            name = line.item.id if isinstance(line.item, Ref) else line.item.strip().casefold()
            known = next((one for one in self.equipment if name in (one.login, one.name.casefold())), None)
            if known is None:
                url = self.settings.orders_url
                handoff = Link("Order it there", url) if url else None
                raise NotSupported(f"{line.item} has no calendar, so it is not ordered here", field="orders", handoff=handoff)
            if line.quantity > 1 or known in found:
                raise ServiceNotAvailableHere(f"{known.name}: there is one", field="orders")
            found.append(known)
        return found

    def _room(self, one: RoomSettings) -> Bookable:
        member = self.member(one.login, address=one.email, calendar=one.calendar)
        room = Room(
            ref=Ref(connection=self.connection, kind="room", id=one.login), name=one.name, email=member.address, site=one.site,
            building=one.building, floor=one.floor, capacity=one.capacity, features=one.features, layouts=one.layouts, zone=one.zone,
            bookability=one.kind, longest=one.longest, ahead=one.ahead, approver=one.approver,
        )  # fmt: skip
        return Bookable(member.login, member.address, member.calendar, one.name, room=room)

    def _device(self, one: ResourceSettings) -> Bookable:
        member = self.member(one.login, address=one.email, calendar=one.calendar)
        ref = Ref(connection=self.connection, kind="item", id=one.login)
        item = ServiceItem(ref=ref, name=one.name, kind=OrderKind.EQUIPMENT, site=one.site, stock=1)
        return Bookable(member.login, member.address, member.calendar, one.name, item=item)
