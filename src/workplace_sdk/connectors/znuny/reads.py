"""What there is in Znuny: categories, tickets and what happened to them."""

from __future__ import annotations

import re
from base64 import b64decode
from decimal import Decimal
from typing import Any, Final

from workplace_sdk.connectors.znuny.base import UNFINISHED, ZnunyBase
from workplace_sdk.connectors.znuny.records import Entry, Histories, TicketReply
from workplace_sdk.kernel.effects import PageSteps, Steps
from workplace_sdk.kernel.errors import NotFound, ProtocolError
from workplace_sdk.kernel.listing import Gap, Listing, Missing
from workplace_sdk.kernel.operation import pages, read
from workplace_sdk.kernel.support import Absent, Native, Support
from workplace_sdk.search.tickets import Known, alike, as_similar, telling
from workplace_sdk.services.common import PersonRef, Ref
from workplace_sdk.services.incidents import (
    OPEN,
    Category,
    Event,
    EventKind,
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
MOST_ALIKE: Final = 50
"""Tickets that are compared, the newest."""
AT_WORK: Final = frozenset({TicketStatus.NEW, TicketStatus.OPEN, TicketStatus.IN_PROGRESS})


class ZnunyReads(ZnunyBase):
    """What is there."""

    def support_of(self, name: str) -> Support:
        if name == "disruptions" and self.fields.major is None:
            return Absent("the settings name no field for large disruptions (fields.major)")
        if name == "confirm_resolved" and not self._confirms:
            return Absent("none of the states in the settings means closed")
        return super().support_of(name)

    @property
    def _confirms(self) -> bool:
        """Whether what is solved waits for the requester to say so."""
        return TicketStatus.CLOSED in self.settings.statuses.values()

    @read(support=HERE)
    def categories(self) -> Steps[Listing[Category]]:
        return Listing((one for one, _, _ in self.translation.categories()), answered=(self.connection_name,))
        yield

    @read(support=HERE)
    def similar(self, draft: TicketDraft) -> Steps[Listing[Similar]]:
        typed = sorted(telling(f"{draft.what} {draft.details}"), key=len, reverse=True)
        raw = sorted(set(_words(f"{draft.what} {draft.details}")), key=len, reverse=True)
        ids: list[str] = []
        if raw:
            ids += yield from self._newest({"Title": [f"*{word}*" for word in raw[:MOST_WORDS]]})
        if self.fields.asset and draft.asset:
            ids += yield from self._newest({"DynamicField": {"Name": self.fields.asset, "Equals": draft.asset}})
        if not typed or not ids:
            return Listing((), answered=(self.connection_name,))
        tickets = yield from self.tickets(sorted(set(ids), key=int, reverse=True)[:MOST_ALIKE])
        known = [self._known(one, draft) for one in tickets if self._may_be_told(one)]
        gaps = (Gap(self.connection_name, Missing.CAPPED),) if len(set(ids)) > MOST_ALIKE else ()
        found = [one for one in known if one.status in OPEN or one.status is TicketStatus.UNMAPPED]
        return Listing(alike(draft, found), gaps=gaps, answered=(self.connection_name,))

    def _newest(self, wanted: dict[str, Any]) -> Steps[list[str]]:
        """The newest tickets that are not finished, one more than are compared."""
        in_queues = {"Queues": list(self.settings.queues), "StateType": list(UNFINISHED)}
        return (yield from self.search({**in_queues, **wanted}, most=MOST_ALIKE + 1))

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
        ids = yield from self._newest({"DynamicField": {"Name": self.fields.major, "Equals": self.settings.major}})
        tickets = yield from self.tickets(ids[:MOST_ALIKE])
        known = [self._known(one) for one in tickets if self.translation.is_major(one)]
        shown = [one for one in known if site is None or one.place is None or _is(one.place.site, site)]
        gaps = (Gap(self.connection_name, Missing.CAPPED),) if len(ids) > MOST_ALIKE else ()
        return Listing((as_similar(one, Decimal(1), ("major",)) for one in shown), gaps=gaps, answered=(self.connection_name,))

    @pages(support=HERE)
    def requests(self, person: PersonRef | None = None, *, open: bool = True) -> PageSteps[Ticket]:
        mine, is_mine = self.of_customer((yield from self.login_of(person)))
        if not open:
            ids = yield from self.search(mine)
        else:
            ids = yield from self.search({**mine, "StateType": list(UNFINISHED)})
            if solved := self._solved():
                ids += yield from self.search({**mine, "States": list(solved)})
        shown = {*OPEN, TicketStatus.UNMAPPED, *([TicketStatus.RESOLVED] if self._confirms else [])}

        def wanted(ticket: TicketReply) -> bool:
            return is_mine(ticket) and (not open or self.translation.status(ticket.state).value in shown)

        yield from self.listed(sorted(set(ids), key=int, reverse=True), wanted)

    def _solved(self) -> tuple[str, ...]:
        """States that wait for the requester to confirm; none where nobody confirms."""
        return words_for(self.settings.statuses, TicketStatus.RESOLVED) if self._confirms else ()

    @pages(support=HERE)
    def inbox(self, person: PersonRef | None = None) -> PageSteps[Ticket]:
        login = yield from self.login_of(person)
        mine, is_mine = self.of_customer(login)
        statuses, ids = self.settings.statuses, list[str]()
        if asked := (*words_for(statuses, TicketStatus.WAITING_FOR_REQUESTER), *self._solved()):
            ids += yield from self.search({**mine, "States": list(asked)})
        number = next((id_ for key, id_ in self.settings.agents.items() if key.casefold() == login.casefold()), None)
        if number is not None:
            working = [native for native, ours in statuses.items() if ours in AT_WORK]
            ids += yield from self.search({"OwnerIDs": [str(number)], "States": working, "Queues": list(self.settings.queues)})

        def wanted(ticket: TicketReply) -> bool:
            if ticket.state.casefold() in {word.casefold() for word in asked}:
                return is_mine(ticket)
            handler = self.translation.handler(ticket)
            return handler is not None and bool(handler.same_person(self.translation.person(login)))

        yield from self.listed(sorted(set(ids), key=int), wanted)

    @pages(support=HERE)
    def queue(self, *, status: frozenset[TicketStatus] = OPEN) -> PageSteps[Ticket]:
        words = [native for native, ours in self.settings.statuses.items() if ours in status]
        if words:
            order = {"SortBy": ["Priority", "Age"], "OrderBy": ["Down", "Up"]}
            yield from self.listed((yield from self.search({"States": words, "Queues": list(self.settings.queues), **order})))

    @read(support=HERE)
    def get(self, ref: Ref) -> Steps[Ticket]:
        return (yield from self.read(ref))

    @read(support=HERE)
    def timeline(self, ref: Ref) -> Steps[Listing[Event]]:
        events = yield from self._events(ref)
        return Listing((one for one in events if not one.internal), answered=(self.connection_name,))

    @read(support=HERE)
    def history(self, ref: Ref) -> Steps[Listing[Event]]:
        return Listing((yield from self._events(ref)), answered=(self.connection_name,))

    def _events(self, ref: Ref) -> Steps[list[Event]]:
        """What happened, in order: messages where the history has them, and its own lines."""
        ticket = yield from self.whole(ref)
        reply = yield from self.calls.call("TicketHistoryGet", {"TicketID": ticket.id}, Histories, reads=True)
        requester, report = self.translation.requester(ticket), self.translation.report(ticket)
        files = tuple(self.translation.attachments((report,))) if report else ()
        at = self.translation.instant(ticket.created)
        events = [Event(at=at, kind=EventKind.REPORTED, by=requester, attachments=files)]
        told = {report.id} if report else set[str]()
        for entry in (line for one in reply.tickets for line in one.entries):
            events += self._event(ticket, entry, told, requester)
        return events

    def _event(self, ticket: TicketReply, entry: Entry, told: set[str], requester: PersonRef) -> list[Event]:
        article = ticket.article(entry.article)
        if article is not None:
            if article.id in told:
                return []
            told.add(article.id)
            return [self.translation.said(article, requester)]
        changed = self.translation.changed(entry)
        return [changed] if changed else []

    @read(support=HERE)
    def attachment(self, ticket: Ref, ref: Ref) -> Steps[bytes]:
        article, _, number = self.id_of(ref, "file").partition("-")
        whole = yield from self.whole(ticket)
        places = [place for place, one in enumerate(whole.articles) if one.id == article and not one.internal]
        if not places or number not in [file.id for file in whole.articles[places[0]].files]:
            raise NotFound(f"there is no file {ref} with {ticket}", field="ref")
        before, after = places[0] + 1, len(whole.articles) - places[0]
        part = {"ArticleOrder": "ASC" if before <= after else "DESC", "ArticleLimit": str(min(before, after))}
        given = yield from self.given({"TicketID": [whole.id], "AllArticles": "1", "Attachments": "1", **part})
        message = given.article(article)
        file = next((one for one in message.files if one.id == number), None) if message else None
        if file is None or file.content is None:
            raise ProtocolError("Znuny names a file, and does not give it")
        try:
            return b64decode(file.content)
        except ValueError:
            raise ProtocolError("the file is not encoded as it should be") from None


def _words(text: str) -> list[str]:
    """The words of *text* that say something, as they were typed: Znuny takes signs for a language of its own."""
    return [word for word in re.findall(r"\w+", text) if len(word) > 1 and telling(word)]


def _is(one: str | None, other: str) -> bool:
    return one is not None and one.casefold() == other.casefold()
