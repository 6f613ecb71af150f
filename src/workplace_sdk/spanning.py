"""What spans services: one inbox, everything one asked for, the audit log, erasing a person, what people go out for.

work.inbox()                      # await work.inbox.aio()
work.of(item.ref).decide(item.ref, Decision.APPROVE)
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen

from workplace_sdk.identity.audit import KEPT, AuditEntry, StoredAudit
from workplace_sdk.kernel.access import Access, Relation
from workplace_sdk.kernel.connector import Connector
from workplace_sdk.kernel.effects import All, Page
from workplace_sdk.kernel.errors import ConfigError, InvalidInput, NotFound, NotSupported, WorkplaceError
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.listing import Gap, Listing, Missing
from workplace_sdk.kernel.operation import Service, read, settled, write
from workplace_sdk.kernel.paging import for_each_page
from workplace_sdk.kernel.preview import Preview, PreviewLine, Weight
from workplace_sdk.kernel.support import Native, Support
from workplace_sdk.services.common import PersonRef, Ref, named
from workplace_sdk.usage.counting import HandoffCount, HandoffCounts

if TYPE_CHECKING:
    from workplace_sdk.kernel.effects import PageSteps, Steps
    from workplace_sdk.workplace import Workplace

_GRANTED_ONLY: Final = frozenset[Relation]()
_REQUESTS: Final = {"leave": "requests", "rooms": "mine", "expenses": "requests", "incidents": "requests"}
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


@frozen
class Item:
    """Something of any service, in one line: it waits for the caller, or was asked for by the caller.

    Attributes:
        who: Whose it is, as shown to people.
        what: A title, a kind of leave with its days.
        status: Our word for it, such as ``submitted``; ``None`` when the service has none.
        since: When it was asked, as far as the system says.
    """

    ref: Ref
    service: str
    who: str
    what: str
    status: str | None
    since: datetime | None


@frozen
class Forgotten:
    """What was erased: rows by connection and table, and the pseudonym that stands for the person in the audit log."""

    pseudonym: str
    rows: Mapping[str, Mapping[str, int]]

    @property
    def anything(self) -> bool:
        """Whether something was kept about the person at all."""
        return any(number for tables in self.rows.values() for number in tables.values())


class Spanning(Service, service="workplace"):
    """Operations that belong to no single service; every workplace has them."""

    def __init__(self, work: Workplace) -> None:
        super().__init__(Connector("workplace", None), work.session)
        self._work = work

    def support_of(self, name: str) -> Support:
        return Native(evidence="live")

    @read(access=Access("workplace.inbox"))
    def inbox(self) -> Steps[Listing[Item]]:
        """What waits for the caller, what waits longest first; *gaps* names the services that did not answer."""
        found = yield from self._over_services(dict.fromkeys(_REQUESTS, "inbox"), None)
        now = self.session.now()
        return Listing(sorted(found, key=lambda item: item.since or now), gaps=found.gaps, answered=found.answered)

    @read(access=Access("workplace.requests"))
    def requests(self, *, most: int = 20) -> Steps[Listing[Item]]:
        """What the caller asked for, booked, claimed and reported, the newest first: at most *most* of each service."""
        if most < 1:
            raise InvalidInput("ask for one at least", field="most")
        found = yield from self._over_services(_REQUESTS, most)
        newest = sorted(found, key=lambda item: item.since or _LONG_AGO, reverse=True)
        return Listing(newest, gaps=found.gaps, answered=found.answered)

    @read(access=Access("audit.read", _GRANTED_ONLY))
    def audited(
        self, *, person: PersonRef | None = None, key: str | None = None, most: int = 1000
    ) -> Steps[tuple[AuditEntry, ...]]:
        """The audit log of the store, the newest first, at most *most*: of a person as caller or subject, or of one key.

        Raises:
            NotSupported: There is no store: calls are written to the logger ``workplace_sdk.audit``.
        """
        return (yield from self._audit().entries(person=person, key=key, most=most))

    @write(Safety.KEYED, access=Access("audit.prune", _GRANTED_ONLY))
    def prune_audit(self, before: date, *, key: Key | None = None) -> Steps[int]:
        """Remove what the audit log says of the time before *before* (UTC); how many rows. Those of the last 365 days stay."""
        midnight = datetime(before.year, before.month, before.day, tzinfo=UTC)
        return (yield from self._audit().prune(midnight))

    @prune_audit.previews
    def _prune_preview(self, before: date, *, key: Key | None = None) -> Steps[Preview]:
        """How many rows would go."""
        midnight = datetime(before.year, before.month, before.day, tzinfo=UTC)
        rows = yield from self._audit().older(midnight)
        line = PreviewLine(
            code="rows",
            en=f"{rows} rows of the audit log from before {before} are removed; those of the last {KEPT.days} days stay.",
            nl=f"{rows} regels van het logboek van voor {before} worden verwijderd; die van de laatste {KEPT.days} dagen blijven.",
            facts={"rows": rows},
        )
        return Preview(operation="workplace.prune_audit", key=str(key), lines=(line,))

    @write(Safety.KEYED, access=Access("people.forget", _GRANTED_ONLY, named("person")))
    def forget(self, person: PersonRef, *, key: Key | None = None) -> Steps[Forgotten]:
        """Erase *person* from every connection that keeps people, from memory and from the audit log.

        Data in the organisation's own systems is not touched. Doing it again changes nothing more.
        """
        known = yield from self._known_as(person)
        rows: dict[str, dict[str, int]] = {}
        for name in self._work.connection_names():
            erased = yield from self._work.connection(name).forget(known[0])
            rows[name] = dict(erased)
        for one in known:
            self._work.identities.forget(one)
        pseudonym, store = secrets.token_hex(4), dict[str, int]()
        if self._work.has_store:
            from workplace_sdk.meetings.journal import Journal

            if plans := (yield from Journal(self._work.store).forget(known[0])):
                store["meeting_plans"] = plans
        if isinstance(self.session.audit, StoredAudit):
            store["audit_log"] = yield from self.session.audit.erase(known, pseudonym, key=key)
        rows["store"] = store
        return Forgotten(pseudonym, {name: tables for name, tables in rows.items() if tables})

    @forget.previews
    def _forget_preview(self, person: PersonRef, *, key: Key | None = None) -> Steps[Preview]:
        """Who it is, as far as a directory shows them, and where everything about them goes."""
        known = yield from self._known_as(person)
        lines: list[PreviewLine] = []
        if known[0] is person:
            lines.append(
                PreviewLine(
                    code="not_shown",
                    en=f"{person.label} is in no directory (any more): only what is kept under this key is erased.",
                    nl=f"{person.label} staat in geen adresboek (meer): alleen wat onder deze sleutel wordt bewaard, wordt gewist.",
                    weight=Weight.WARNING,
                )
            )
        keys = ", ".join(sorted({value for one in known for value in one.keys().values()}))
        where = ", ".join(self._work.connection_names())
        label = known[0].label + (f" ({keys})" if keys else "")
        lines += [
            PreviewLine(
                code="person",
                en=f"{label}: everything about them is erased from {where} and from the audit log.",
                nl=f"{label}: alles hierover wordt gewist uit {where} en uit het logboek.",
                facts={"keys": keys},
            ),
            PreviewLine(
                code="final",
                en="This cannot be undone. Data in the organisation's own systems is not touched.",
                nl="Dit kan niet ongedaan worden gemaakt. Gegevens in de systemen van de organisatie zelf blijven staan.",
                weight=Weight.WARNING,
            ),
        ]
        return Preview(operation="workplace.forget", key=str(key), lines=tuple(lines))

    @read(access=Access("workplace.usage"))
    def usage(self, *, since: date | None = None) -> Steps[tuple[HandoffCount, ...]]:
        """What could not be done here and how often, the most frequent first; from the month of *since* on."""
        return (yield from self._counts().most(since))

    @read(access=Access("workplace.usage"))
    def went_out(self, refusal: NotSupported) -> Steps[None]:
        """Count that someone was sent elsewhere by *refusal*; nothing unless ``count_handoffs`` is set."""
        if self._work.settings.count_handoffs:
            yield from self._counts().add(refusal, self.session.today())

    def _counts(self) -> HandoffCounts:
        counts = self._work.handoff_counts()
        if counts is None:
            file = self._work.settings.file
            raise ConfigError(
                "hand-offs are not counted: set count_handoffs = true, and a [store]",
                file=str(file) if file else None,
                key="count_handoffs",
            )
        return counts

    def _audit(self) -> StoredAudit:
        if not isinstance(self.session.audit, StoredAudit):
            raise NotSupported("there is no store: calls are written to the logger 'workplace_sdk.audit'")
        return self.session.audit

    def _known_as(self, person: PersonRef) -> Steps[list[PersonRef]]:
        """*person* with every key that is known, then as each connection knows them."""
        complete = yield from self._work.identities.complete(person)
        found = [complete]
        for name in self._work.connection_names():
            experts = self._work.only(name).experts
            if isinstance(experts.get.support, Native):
                try:
                    found.append((yield from experts.get.steps(complete)).person)
                except NotFound:
                    continue
        return found

    def _over_services(self, operations: Mapping[str, str], most: int | None) -> Steps[Listing[Item]]:
        asked = {
            name: getattr(self._work.service(name), operation)
            for name, operation in operations.items()
            if self._work.offers(name, operation)
        }
        parts = [settled(_items(name, operation.steps(), most)) for name, operation in asked.items()]
        answers = yield from All(*parts)
        items, gaps, answered = list[Item](), list[Gap](), list[str]()
        for name, answer in zip(asked, answers, strict=True):
            if isinstance(answer, NotFound):
                continue  # the caller is unknown there: nothing of theirs can be there
            if isinstance(answer, WorkplaceError):
                gaps.append(Gap(name, Missing.NO_ANSWER, str(answer), answer))
                continue
            items += answer
            gaps += answer.gaps
            answered.append(name)
        return Listing(items, gaps=gaps, answered=answered)


def _items(service: str, pages: PageSteps[Any], most: int | None) -> Steps[Listing[Item]]:
    items, gaps = list[Item](), list[Gap]()

    def keep(page: Page[Any]) -> Steps[bool]:
        items.extend(item_of(service, record) for record in page.items)
        gaps.extend(page.gaps)
        return most is not None and len(items) >= most
        yield

    yield from for_each_page(pages, keep)
    return Listing(items[:most], gaps=gaps)


def item_of(service: str, record: Any) -> Item:
    """A record of any service, in one line."""
    who = _first(record, "employee", "requester", "organizer")
    what = _first(record, "title", "subject", "type_name") or ""
    days = f"{record.first_day} - {record.last_day}" if hasattr(record, "first_day") else ""
    status = getattr(getattr(record, "status", None), "value", None) or getattr(record, "state", None)
    return Item(
        ref=record.ref,
        service=service,
        who=who.label if who else "",
        what=" ".join(part for part in (what, days) if part),
        status="cancelled" if getattr(record, "cancelled", False) else str(status) if status else None,
        since=_first(record, "submitted_at", "created_at"),
    )


def _first(record: Any, *names: str) -> Any:
    return next((value for name in names if (value := getattr(record, name, None))), None)
