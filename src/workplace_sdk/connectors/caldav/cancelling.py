"""Cancelling meetings, all of a series or a part of it, and answering invitations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from workplace_sdk.connectors.caldav.base import Kept, cancelled_name
from workplace_sdk.connectors.caldav.booking import CaldavBooking
from workplace_sdk.connectors.caldav.house import Member
from workplace_sdk.connectors.caldav.parts import shortened
from workplace_sdk.connectors.caldav.translation import ANSWERS, WAS_INVITED
from workplace_sdk.connectors.caldav.writing import copied, put, raised, set_text, stamp, written
from workplace_sdk.kernel.errors import Conflict, InvalidInput, NotFound
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.operation import settled
from workplace_sdk.services.rooms import Response, Scope
from workplace_sdk.wires.caldav.objects import Happening, several
from workplace_sdk.wires.caldav.server import Resource

if TYPE_CHECKING:
    from workplace_sdk.kernel.effects import Steps


class CaldavCancelling(CaldavBooking):
    """What ``cancel`` and ``respond`` do."""

    def cancelled(self, kept: Kept, scope: Scope, occurrence: date | None, reason: str | None, key: Key | None) -> Steps[None]:
        """Cancel the times that *scope* says; those invited are told."""
        left, chosen = self.chosen(kept, scope, occurrence)
        if len(chosen) < len(left):
            rest = shortened(kept.series, left, chosen, self.session.zone, self.session.now(), str(key))
            if reason is not None:
                set_text(rest[0], "COMMENT", reason, field="reason")
            yield from self.leave(kept, rest)
            return
        events = [copied(one) for one in (kept.series.main, *kept.series.others)]
        for event in events:
            raised(event)
            stamp(event, self.session.now(), str(key))
            put(event, "STATUS", "CANCELLED")
            put(event, "TRANSP", "TRANSPARENT")
            set_text(event, "COMMENT", reason, field="reason")
        if self.profile.keeps_cancelled:
            yield from self.write(kept.holder, kept.resource.name, written(events), if_match=kept.resource.etag)
            yield from self.spread(kept, events)
            for one in self.resources_of(kept):
                yield from settled(self.remove(one, kept.resource.name))
            return
        yield from self.dav.delete(kept.holder.calendar, kept.resource.name, if_match=kept.resource.etag)
        for event in events:
            for line in several(event.get("ATTENDEE")):
                event.add(WAS_INVITED, line, encode=0)
            event.pop("ATTENDEE", None)
        name = cancelled_name(kept.series.uid)
        yield from settled(self.write(kept.holder, name, written(events)))  # it is cancelled, recorded or not

    def leave(self, kept: Kept, rest: Sequence[Any]) -> Steps[None]:
        """What is left of a series when a part went away."""
        yield from self.write(kept.holder, kept.resource.name, written(rest), if_match=kept.resource.etag)
        yield from self.spread(kept, rest)

    def responded(self, kept: Kept, me: Member, response: Response, key: Key | None) -> Steps[None]:
        """Write someone's answer in their own calendar; and with who invites, where the server does not carry it there.

        What was declined leaves a calendar whose free/busy would still count it, and comes back when they think better of it.
        """
        found = yield from self.found(me, kept.series.uid)
        own = found[0] if found is not None else Resource(f"{kept.series.uid}.ics", None, kept.resource.data)
        if not self.profile.invites:
            yield from self.answer(
                Member(kept.holder.login, me.address, kept.holder.calendar), kept.resource, ANSWERS[response], key=key
            )
        yield from self.answer(me, own, ANSWERS[response], key=key)
        if response is Response.DECLINED and self.profile.counts_declined:
            yield from self.remove(me, own.name)

    def chosen(self, kept: Kept, scope: Scope, occurrence: date | None) -> tuple[list[Happening], list[Happening]]:
        """The times that are left of a meeting, and those of them that *scope* says and that are not over."""
        left = [one for one in self.reader.times(kept.series) if not one.cancelled]
        if not left:
            raise Conflict("it was cancelled", field="ref")
        chosen = left
        if scope is not Scope.ALL and (occurrence is not None or len(left) > 1):
            if occurrence is None:
                raise InvalidInput("say which time of the series", field="occurrence")
            zone = kept.series.zone(self.session.zone)
            dates = [self.reader.span(one, zone).local_start.date() for one in left]
            if occurrence not in dates:
                raise NotFound(f"there is no time on {occurrence}", field="occurrence")
            index = dates.index(occurrence)
            chosen = left[index : index + 1] if scope is Scope.ONE else left[index:]
        now = self.session.now()
        ahead = [one for one in chosen if one.end > now]
        if not ahead:
            raise Conflict("it is over", field="ref")
        return left, ahead
