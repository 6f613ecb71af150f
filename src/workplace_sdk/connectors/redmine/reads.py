"""What there is in Redmine: categories, tickets and what happened to them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from workplace_sdk.connectors.redmine.base import Desk, Filter, RedmineBase
from workplace_sdk.connectors.redmine.records import HitsReply, Issue
from workplace_sdk.kernel.effects import Page, PageSteps, Steps
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

HERE: Final = Native(evidence="live")
OPEN_ONES: Final[Filter] = ("status_id", "o", [""])
ALL_OF_THEM: Final[Filter] = ("status_id", "*", [""])
MOST_WORDS: Final = 5
"""Words that Redmine searches for at most."""
LOOKED_AT: Final = 100
AT_WORK: Final = frozenset({TicketStatus.NEW, TicketStatus.OPEN, TicketStatus.IN_PROGRESS})
_WORD: Final = re.compile(r"\w{2,}")


class RedmineReads(RedmineBase):
    """What is there."""

    absent = {"assets": "Redmine keeps no register of things"}  # noqa: RUF012 - a ClassVar in the base

    def support_of(self, name: str) -> Support:
        if name == "disruptions" and self.fields.major is None:
            return Absent("the settings name no field for large disruptions (fields.major)")
        if name == "confirm_resolved" and TicketStatus.CLOSED not in self.settings.statuses.values():
            return Absent("none of the statuses in the settings means closed")
        return super().support_of(name)

    @read(support=HERE)
    def categories(self) -> Steps[Listing[Category]]:
        desk = yield from self.desk()
        return Listing(desk.translation.categories(), answered=(self.connection_name,))

    @read(support=HERE)
    def similar(self, draft: TicketDraft) -> Steps[Listing[Similar]]:
        desk = yield from self.desk()
        typed = sorted(set(_WORD.findall(f"{draft.what} {draft.details}")), key=lambda word: (-len(word), word))
        ids = yield from self._mentioning(desk, [word for word in typed if telling(word)][:MOST_WORDS])
        issues: list[Issue] = []
        if ids:
            issues += (yield from self.some(desk, OPEN_ONES, ("issue_id", "=", [",".join(map(str, ids))]))).issues
        if draft.asset and (field := desk.catalogue.field("asset")):
            about = yield from self.some(desk, OPEN_ONES, (f"cf_{field}", "=", [draft.asset]))
            issues += [one for one in about.issues if one.id not in {known.id for known in issues}]
        seen = [one for one in sorted(issues, key=lambda one: -one.id) if self._may_be_told(desk, one)]
        known = [self._known(desk, one, draft) for one in seen]
        gaps = (Gap(self.connection_name, Missing.CAPPED),) if len(ids) == LOOKED_AT else ()
        return Listing(alike(draft, known), gaps=gaps, answered=(self.connection_name,))

    def _mentioning(self, desk: Desk, words: Sequence[str]) -> Steps[list[int]]:
        """The newest open issues with one of *words* in their title."""
        if not words:
            return []
        query = {"q": " ".join(words), "all_words": "", "titles_only": "1", "open_issues": "1", "issues": "1"}
        reply = yield from self.get_(desk, "/search.json", {**query, "limit": str(LOOKED_AT)})
        return [hit.id for hit in reply.model(HitsReply).results if hit.type.startswith("issue")]

    def _may_be_told(self, desk: Desk, issue: Issue) -> bool:
        """Incidents are for everyone whom Redmine shows them; what others ask or complain of is theirs."""
        if desk.translation.kind(issue) is TicketKind.INCIDENT or desk.translation.is_major(issue):
            return True
        if not self.ours_alone:
            return issue.author.id == desk.me.id
        caller: PersonRef | None = self.session.caller
        key = issue.value(desk.catalogue.field("requester"))
        return caller is not None and key is not None and key == getattr(caller, self.settings.person)

    def _known(self, desk: Desk, issue: Issue, draft: TicketDraft | None = None) -> Known:
        translation, catalogue = desk.translation, desk.catalogue
        where, asset = issue.value(catalogue.field("place")), issue.value(catalogue.field("asset"))
        category = " / ".join(one.name for one in (issue.project, issue.category) if one)
        wanted = draft.category if draft else None
        return Known(
            ticket=translation.ref("incident", issue.id),
            number=str(issue.id),
            title=issue.subject,
            status=translation.status(issue.status.name).value,
            words=telling(issue.subject),
            major=translation.is_major(issue),
            place=self.settings.place.read(where) if where else None,
            same_thing=bool(draft and draft.asset and asset and draft.asset.casefold() == asset.casefold()),
            same_subject=isinstance(wanted, str) and wanted.casefold() == category.casefold(),
        )

    @read(support=HERE)
    def disruptions(self, *, site: str | None = None) -> Steps[Listing[Similar]]:
        desk = yield from self.desk()
        field = desk.catalogue.field("major")
        found = yield from self.some(desk, OPEN_ONES, (f"cf_{field}", "=", [self.settings.major]))
        known = [self._known(desk, one) for one in found.issues if desk.translation.is_major(one)]
        shown = [
            one for one in known if site is None or one.place is None or (one.place.site or "").casefold() == site.casefold()
        ]
        gaps = (Gap(self.connection_name, Missing.CAPPED),) if found.total_count > len(found.issues) else ()
        told = (as_similar(one, Decimal(1), ("major",)) for one in shown)
        return Listing(told, gaps=gaps, answered=(self.connection_name,))

    def whose(self, desk: Desk, person: PersonRef | None) -> Steps[Filter]:
        """Holds for tickets of *person*."""
        if self.ours_alone:
            return f"cf_{desk.catalogue.field('requester')}", "=", [(yield from self.login_of(person))]
        return "author_id", "=", [(yield from self.user_id(desk, person, "person"))]

    @pages(support=HERE)
    def requests(self, person: PersonRef | None = None, *, open: bool = True) -> PageSteps[Ticket]:
        desk = yield from self.desk()
        yield from self.found(desk, (yield from self.whose(desk, person)), OPEN_ONES if open else ALL_OF_THEM)

    @pages(support=HERE)
    def inbox(self, person: PersonRef | None = None) -> PageSteps[Ticket]:
        desk = yield from self.desk()
        waiting = {TicketStatus.WAITING_FOR_REQUESTER}
        if TicketStatus.CLOSED in self.settings.statuses.values():
            waiting.add(TicketStatus.RESOLVED)
        mine: list[Sequence[Filter]] = [((yield from self.whose(desk, person)), self.having(desk, waiting))]
        try:
            handler = yield from self.user_id(desk, person, "person")
        except NotFound:  # who is no user of Redmine handles nothing there
            pass
        else:
            mine.append((("assigned_to_id", "=", [handler]), self.having(desk, AT_WORK)))
        yield from self._merged(desk, mine)

    def having(self, desk: Desk, statuses: set[TicketStatus] | frozenset[TicketStatus]) -> Filter:
        """Holds for tickets with one of *statuses*; none when there is no such status."""
        names = [name for name, ours in self.settings.statuses.items() if ours in statuses]
        return "status_id", "=", [desk.catalogue.statuses[name] for name in names if name in desk.catalogue.statuses] or [0]

    def _merged(self, desk: Desk, searches: Sequence[Sequence[Filter]]) -> PageSteps[Ticket]:
        """What several searches find, the oldest first, each once: Redmine itself cannot search for one thing or another."""
        waiting: list[list[Issue]] = [[] for _ in searches]
        offsets: list[int | None] = [0 for _ in searches]
        told: set[int] = set()
        while True:
            for number, filters in enumerate(searches):
                offset = offsets[number]
                if not waiting[number] and offset is not None:
                    some = yield from self.some(desk, *filters, sort="id:asc", offset=offset)
                    waiting[number] += some.issues
                    reached = offset + len(some.issues)
                    offsets[number] = reached if some.issues and reached < some.total_count else None
            ready: list[Issue] = []
            while any(waiting) and all(one or offset is None for one, offset in zip(waiting, offsets, strict=True)):
                first = min((one for one in waiting if one), key=lambda one: one[0].id)
                issue = first.pop(0)
                ready += [] if issue.id in told else [issue]
                told.add(issue.id)
            yield Page((yield from self.tickets_of(desk, ready)))
            if not any(waiting) and not any(offset is not None for offset in offsets):
                return

    @pages(support=HERE)
    def queue(self, *, status: frozenset[TicketStatus] = OPEN) -> PageSteps[Ticket]:
        desk = yield from self.desk()
        yield from self.found(desk, self.having(desk, status), sort="priority:desc,id:asc")

    @read(support=HERE)
    def get(self, ref: Ref) -> Steps[Ticket]:
        desk = yield from self.desk()
        return (yield from self.read(desk, ref))

    @read(support=HERE)
    def timeline(self, ref: Ref) -> Steps[Listing[Event]]:
        return (yield from self._events(ref, internal=False))

    @read(support=HERE)
    def history(self, ref: Ref) -> Steps[Listing[Event]]:
        return (yield from self._events(ref, internal=True))

    def _events(self, ref: Ref, *, internal: bool) -> Steps[Listing[Event]]:
        desk = yield from self.desk()
        issue = yield from self.issue(desk, ref)
        people = yield from self.people(desk, (issue.author, *(journal.user for journal in issue.journals)))
        later = {detail.name for one in issue.journals for detail in one.details if detail.property == "attachment"}
        with_it = tuple(desk.translation.attachment(one) for one in issue.attachments if str(one.id) not in later)
        events = [Event(at=issue.created_on, kind=EventKind.REPORTED, by=people[issue.author.id], attachments=with_it)]
        for journal in sorted(issue.journals, key=lambda one: one.id):  # a person may have set the newest first
            author = people[journal.user.id] if journal.user else None
            events += desk.translation.events(journal, author, issue.attachments)
        return Listing((one for one in events if internal or not one.internal), answered=(self.connection_name,))

    @read(support=HERE)
    def attachment(self, ticket: Ref, ref: Ref) -> Steps[bytes]:
        desk = yield from self.desk()
        id_ = self.id_of(ref, "file")
        issue = yield from self.issue(desk, ticket)
        file = next((one for one in issue.attachments if str(one.id) == id_), None)
        if file is None:
            raise NotFound(f"there is no file {ref} with {ticket}", field="ref")
        reply = yield from self.get_(desk, f"/attachments/download/{file.id}")
        if len(reply.body) != file.filesize:
            raise ProtocolError(f"the file has {file.filesize} bytes, and {len(reply.body)} came", excerpt=None)
        return reply.body
