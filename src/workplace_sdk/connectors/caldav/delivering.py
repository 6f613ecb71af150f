"""Writing in calendars: in whose name, with which answers, and to whom it is brought where the server brings it to nobody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workplace_sdk.connectors.caldav.base import Kept
from workplace_sdk.connectors.caldav.finding import CaldavFinding
from workplace_sdk.connectors.caldav.house import Bookable, Member
from workplace_sdk.connectors.caldav.translation import LAST, all_invited, organizer_of
from workplace_sdk.connectors.caldav.writing import address_line, answered, copied, put, written
from workplace_sdk.kernel.errors import NotFound, Rejected, Unauthorized
from workplace_sdk.kernel.operation import settled
from workplace_sdk.services.common import Ref
from workplace_sdk.services.rooms import Bookability
from workplace_sdk.wires.caldav.objects import read_series, several
from workplace_sdk.wires.caldav.server import Resource

if TYPE_CHECKING:
    from workplace_sdk.kernel.effects import Steps
    from workplace_sdk.kernel.keys import Key
    from workplace_sdk.services.common import PersonRef


class CaldavDelivery(CaldavFinding):
    """Writing, for all operations."""

    def write(
        self, member: Member, name: str, data: bytes, *, new: bool = False, if_match: str | None = None, key: Key | None = None
    ) -> Steps[bool]:
        """Keep an event in the calendar of *member*, in their name."""
        return (
            yield from self.dav.put(
                member.calendar, name, data, new=new, if_match=if_match, key=key, headers=self._named(member)
            )
        )

    def remove(self, member: Member, name: str) -> Steps[None]:
        """Remove an event from the calendar of *member*, without an answer to anyone. Source: RFC 6638 8.1."""
        yield from self.dav.delete(member.calendar, name, headers={**self._named(member), "Schedule-Reply": "F"})

    def _named(self, member: Member) -> dict[str, str]:
        return {"Schedule-Address": member.address} if self.profile.names_us else {}

    def answer(self, member: Member, resource: Resource, answer: str, *, key: Key | None = None) -> Steps[None]:
        """Write the answer of *member* in their own copy; the server tells who invites."""
        series = read_series(resource.data)
        events = [copied(one) for one in (series.main, *series.others)]
        for event in events:
            answered(event, member.address, answer)
            if key is not None:
                put(event, LAST, str(key))
        yield from self.write(member, resource.name, written(events), if_match=resource.etag)

    def deliver(self, events: Sequence[Any], name: str) -> Steps[None]:
        """Bring copies to people; what became of it is written beside each of them. Source: RFC 6638 7.1, 7.3."""
        for line in several(events[0].get("ATTENDEE")):
            address = str(line).casefold().removeprefix("mailto:")
            if address in self.house.by_address:
                continue
            status = yield from self._brought(address, name, events)
            for event in events:
                for one in several(event.get("ATTENDEE")):
                    if str(one).casefold().removeprefix("mailto:") == address:
                        one.params.update({"SCHEDULE-AGENT": "CLIENT", "SCHEDULE-STATUS": status})

    def _brought(self, address: str, name: str, events: Sequence[Any]) -> Steps[str]:
        member = self.house.by_mail(address)
        if member is None:
            return "5.3"  # nobody carries it there
        try:
            yield from self.write(member, name, written(events))
        except (NotFound, Unauthorized, Rejected):
            return "5.1"
        return "1.2"

    def spread(self, kept: Kept, events: Sequence[Any]) -> Steps[None]:
        """Bring an event as it is now to everyone who had it, on a server that does not."""
        if self.profile.invites:
            return
        for one in all_invited(kept.series.main):
            member = self.house.by_mail(one.address)
            if member is not None:
                yield from settled(self.write(member, kept.resource.name, written(events)))

    def accepts(self, one: Bookable, organizer: PersonRef) -> bool:
        """Whether it may be had without anyone's approval."""
        room = one.room
        if room is None or room.bookability is not Bookability.APPROVAL:
            return True
        return room.approver is not None and bool(room.approver.same_person(organizer))

    def resources_of(self, kept: Kept) -> list[Bookable]:
        """Rooms and equipment that a meeting has, as far as they are ours."""
        return [known for one in all_invited(kept.series.main) if (known := self.house.by_address.get(one.address)) is not None]

    def ref_of(self, holder: Member, uid: str) -> Ref:
        """The reference of a meeting in someone's calendar."""
        return Ref(connection=self.connection_name, kind="meeting", id=f"{holder.login}/{uid}")

    def invite_by(self, event: Any, holder: Member, organizer: PersonRef) -> None:
        """Say who invites."""
        event.add("organizer", address_line(holder.address, organizer.display_name), encode=0)

    def organizer(self, kept: Kept) -> PersonRef:
        """Who invites."""
        found = organizer_of(kept.series.main)
        return self.reader.person(found) if found is not None else self.reader.owner(kept.holder)
