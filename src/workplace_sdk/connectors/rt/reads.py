"""What there is in Request Tracker: categories, things, tickets and what happened to them."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from workplace_sdk.connectors.rt.base import LARGEST_PAGE, MESSAGES, MOST_URGENT, NEWEST, OLDEST, RtBase, Whole
from workplace_sdk.connectors.rt.queries import (
    ACTIVE,
    ASSET_FIELDS,
    EXPANDED,
    HELD,
    TICKET_FIELDS,
    all_of,
    any_of,
    contains,
    custom,
    equals,
    one_of,
    page,
)
from workplace_sdk.connectors.rt.records import AssetReply, Content, Named, Said, Some, TicketReply
from workplace_sdk.connectors.rt.translation import text_of
from workplace_sdk.kernel.effects import PageSteps, Steps
from workplace_sdk.kernel.errors import NotFound, ProtocolError
from workplace_sdk.kernel.listing import Gap, Listing, Missing
from workplace_sdk.kernel.operation import pages, read
from workplace_sdk.kernel.paging import gather
from workplace_sdk.kernel.support import Absent, Native, Support
from workplace_sdk.search.tickets import Known, alike, as_similar, telling
from workplace_sdk.services.common import PersonRef, Ref
from workplace_sdk.services.incidents import (
    OPEN,
    Asset,
    Category,
    Event,
    Place,
    Similar,
    Ticket,
    TicketDraft,
    TicketKind,
    TicketStatus,
)
from workplace_sdk.services.incidents_mapping import words_for

HERE: Final = Native(evidence="live")
MOST_WORDS: Final = 12
"""Words that are looked for; the longest say most."""
AT_WORK: Final = frozenset({TicketStatus.NEW, TicketStatus.OPEN, TicketStatus.IN_PROGRESS})


class RtReads(RtBase):
    """What is there."""

    def support_of(self, name: str) -> Support:
        if name == "assets" and self.settings.assets is None:
            return Absent("the settings name no register of things (assets)")
        if name == "disruptions" and self.fields.major is None:
            return Absent("the settings name no field for large disruptions (fields.major)")
        if name == "confirm_resolved" and TicketStatus.CLOSED not in self.settings.statuses.values():
            return Absent("none of the statuses in the settings means closed")
        return super().support_of(name)

    @read(support=HERE)
    def categories(self) -> Steps[Listing[Category]]:
        return Listing((yield from self.subjects()), answered=(self.connection_name,))

    def subjects(self) -> Steps[list[Category]]:
        """Queues, and what they divide tickets into."""
        found: list[Category] = []
        for name in self.settings.queues:
            field = (yield from self.rt.queue(name)).fields.get(self.fields.category or "")
            options = (field.options or ()) if field else ()
            found += self.translation.categories(name, options, mandatory=field is not None and field.mandatory)
        return found

    @read(support=HERE)
    def assets(
        self, *, person: PersonRef | None = None, place: Place | None = None, tag: str | None = None
    ) -> Steps[Listing[Asset]]:
        register = self.settings.assets
        assert register is not None, "refused before when there is no register"
        parts = [one_of("Catalog", register.catalogs)]
        where = place if place and str(place) else None
        if tag is not None:
            parts.append(contains("Name", tag))  # what is equal is compared here: RT minds the case
        if person is not None or (where is None and tag is None):
            key = yield from self.key_of(person)
            parts.append(equals(f"HeldBy.{self._column}", key))
        query = (("query", all_of(*parts)), ("orderby", "Name"), *HELD.items())
        replies = yield from gather(self.paged("/assets", ASSET_FIELDS, Some[AssetReply], *query))
        found = [self.translation.asset(one) for one in replies if tag is None or one.tag.casefold() == tag.casefold()]
        return Listing((one for one in found if where is None or _within(one.place, where)), answered=(self.connection_name,))

    @property
    def _column(self) -> str:
        return "EmailAddress" if self.settings.person == "email" else "Name"

    @read(support=HERE)
    def similar(self, draft: TicketDraft) -> Steps[Listing[Similar]]:
        typed = sorted(telling(f"{draft.what} {draft.details}"), key=len, reverse=True)
        raw = [word for word in f"{draft.what} {draft.details}".split() if telling(word)]
        parts = [contains("Subject", word.strip(".,;:!?()\"'")) for word in sorted(raw, key=len, reverse=True)[:MOST_WORDS]]
        if self.fields.asset and draft.asset:
            parts.append(equals(custom(self.fields.asset), draft.asset))
        if not typed or not parts:
            return Listing((), answered=(self.connection_name,))
        replies, gaps = yield from self._newest(any_of(*parts))
        known = [self._known(one, draft) for one in replies if self._may_be_told(one)]
        return Listing(alike(draft, known), gaps=gaps, answered=(self.connection_name,))

    def _newest(self, condition: str) -> Steps[tuple[Sequence[TicketReply], tuple[Gap, ...]]]:
        """The newest tickets that are not finished and for which *condition* holds, and whether there are more."""
        query = (("query", all_of(self.translation.in_queues(), ACTIVE, condition)), *EXPANDED.items(), *NEWEST)
        wanted = (*page(LARGEST_PAGE, 1, TICKET_FIELDS).items(), *query)
        some = (yield from self.http.exchange("GET", "/tickets", query=wanted)).model(Some[TicketReply])
        more = len(some.items) == LARGEST_PAGE and some.total != LARGEST_PAGE
        return some.items, (Gap(self.connection_name, Missing.CAPPED),) if more else ()

    def _may_be_told(self, ticket: TicketReply) -> bool:
        """Incidents are for everyone; what others ask or complain of is theirs."""
        if self.translation.kind(ticket) is TicketKind.INCIDENT or self.translation.is_major(ticket):
            return True
        caller: PersonRef | None = self.session.caller
        return caller is not None and bool(self.translation.requester(ticket).same_person(caller))

    def _known(self, reply: TicketReply, draft: TicketDraft | None = None) -> Known:
        return Known.of(self.translation.ticket(reply, self.session.now()), draft)

    @read(support=HERE)
    def disruptions(self, *, site: str | None = None) -> Steps[Listing[Similar]]:
        assert self.fields.major is not None, "refused before when there is no field for it"
        replies, gaps = yield from self._newest(equals(custom(self.fields.major), self.settings.major))
        known = [self._known(one) for one in replies]
        shown = [one for one in known if site is None or one.place is None or _is(one.place.site, site)]
        told = (as_similar(one, Decimal(1), ("major",)) for one in shown)
        return Listing(told, gaps=gaps, answered=(self.connection_name,))

    @pages(support=HERE)
    def requests(self, person: PersonRef | None = None, *, open: bool = True) -> PageSteps[Ticket]:
        mine = equals(f"Requestor.{self._column}", (yield from self.key_of(person)))
        solved = self._solved()
        parts = [any_of(ACTIVE, one_of("Status", solved)) if solved else ACTIVE] if open else []
        yield from self.tickets(mine, *parts)

    def _solved(self) -> tuple[str, ...]:
        """Statuses that wait for the requester to confirm; none where nobody confirms."""
        confirms = TicketStatus.CLOSED in self.settings.statuses.values()
        return words_for(self.settings.statuses, TicketStatus.RESOLVED) if confirms else ()

    @pages(support=HERE)
    def inbox(self, person: PersonRef | None = None) -> PageSteps[Ticket]:
        key = yield from self.key_of(person)
        statuses = self.settings.statuses
        asked = (*words_for(statuses, TicketStatus.WAITING_FOR_REQUESTER), *self._solved())
        working = [native for native, ours in statuses.items() if ours in AT_WORK]
        mine = all_of(equals(f"Owner.{self._column}", key), one_of("Status", working))
        parts = [mine, all_of(equals(f"Requestor.{self._column}", key), one_of("Status", asked))] if asked else [mine]
        yield from self.tickets(any_of(*parts), order=OLDEST)

    @pages(support=HERE)
    def queue(self, *, status: frozenset[TicketStatus] = OPEN) -> PageSteps[Ticket]:
        words = [native for native, ours in self.settings.statuses.items() if ours in status]
        if words:
            yield from self.tickets(one_of("Status", words), order=MOST_URGENT)

    @read(support=HERE)
    def get(self, ref: Ref) -> Steps[Ticket]:
        return (yield from self.read(ref))

    @read(support=HERE)
    def timeline(self, ref: Ref) -> Steps[Listing[Event]]:
        return (yield from self._events(ref, internal=False))

    @read(support=HERE)
    def history(self, ref: Ref) -> Steps[Listing[Event]]:
        return (yield from self._events(ref, internal=True))

    def _events(self, ref: Ref, *, internal: bool) -> Steps[Listing[Event]]:
        whole = yield from self.whole(ref)
        shown = [one for one in whole.said if internal or one.type != "Comment"]
        texts = yield from self.parts([one.id for one in shown if one.type in MESSAGES], files=False)
        people = yield from self.named(one.creator for one in shown)
        events: list[Event] = []
        for one in shown:
            author = self.author(one, people.get(one.creator.id, one.creator))
            event = self.translation.event(one, author, text_of(texts.get(one.id, ())), whole.files.get(one.id, ()))
            events += [event] if event else []
        return Listing(events, answered=(self.connection_name,))

    def author(self, said: Said, creator: Named) -> PersonRef:
        """Who said it: whom the message names, else the account it came from."""
        name = said.value(self.fields.author)
        return PersonRef.model_validate({self.settings.person: name}) if name else self.translation.person(creator)

    @read(support=HERE)
    def attachment(self, ticket: Ref, ref: Ref) -> Steps[bytes]:
        id_ = self.id_of(ref, "file")
        whole: Whole = yield from self.whole(ticket)
        if id_ not in [file.id for file in whole.open_files()]:
            raise NotFound(f"there is no file {ref} with {ticket}", field="ref")
        reply = yield from self.http.get(f"/attachment/{id_}")
        try:
            return b64decode(reply.model(Content).content or "")
        except ValueError:
            raise ProtocolError("the file is not encoded as it should be", excerpt=reply.excerpt) from None


def _within(place: Place | None, wanted: Place) -> bool:
    """Whether *place* is what *wanted* says of it."""
    if place is None:
        return False
    said = wanted.model_dump(include={"site", "building", "floor", "room", "text"}, exclude_none=True)
    return all(_is(getattr(place, part), value) for part, value in said.items())


def _is(one: str | None, other: str) -> bool:
    return one is not None and one.casefold() == other.casefold()
