"""Znuny's records as ours. Pure: no connection is used here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parseaddr
from typing import TYPE_CHECKING, Final

from workplace_sdk.services.common import Attachment, Mapped, PersonRef, Ref, zone_of
from workplace_sdk.services.incidents import (
    Category,
    Event,
    EventKind,
    Priority,
    Ticket,
    TicketKind,
    TicketStatus,
    waiting_on,
)
from workplace_sdk.services.incidents_mapping import mapped, meaning_of
from workplace_sdk.services.texts import plain_text

if TYPE_CHECKING:
    from workplace_sdk.connectors.znuny.records import Article, Entry, File, TicketReply
    from workplace_sdk.connectors.znuny.settings import ZnunySettings

ADMINISTRATOR: Final = "root@localhost"
"""The owner of what nobody handles, with our own account."""
FINISHED: Final = (TicketStatus.RESOLVED, TicketStatus.CLOSED, TicketStatus.CANCELLED)


class Translation:
    """The records of one connection, by its settings."""

    def __init__(self, settings: ZnunySettings, connection: str, zone: str) -> None:
        self.settings = settings
        self.connection = connection
        self.zone = zone
        self.fields = settings.fields

    def ref(self, kind: str, id_: str, *, version: str | None = None) -> Ref:
        """Where a record is; a ticket with its page for customers."""
        page = "customer.pl?Action=CustomerTicketZoom;TicketID="
        url = f"{self.settings.url.rstrip('/')}/{page}{id_}" if kind == "incident" else None
        return Ref(connection=self.connection, kind=kind, id=id_, url=url, version=version)

    def person(self, login: str, name: str | None = None) -> PersonRef:
        """Who has that login, by the key that the settings say it is."""
        return PersonRef.model_validate({self.settings.person: login, "display_name": name or None})

    def requester(self, ticket: TicketReply) -> PersonRef:
        """Who has the trouble, with the name that their own report carries."""
        if ticket.customer is None:
            return PersonRef(display_name="nobody")
        first = next((one for one in ticket.articles if one.sender == "customer"), None)
        return self.person(ticket.customer, named(first.from_) if first else "")

    def handler(self, ticket: TicketReply) -> PersonRef | None:
        """Who handles it: its owner, once it is locked; what is finished is unlocked and keeps its owner."""
        if ticket.owner in (None, ADMINISTRATOR, self.settings.user):
            return None
        if ticket.lock == "unlock" and self.status(ticket.state).value not in FINISHED:
            return None
        return self.person(ticket.owner or "")

    def categories(self) -> list[tuple[Category, str, str | None]]:
        """What a ticket can be about, with the queue and the service that it is in Znuny."""
        found: list[tuple[Category, str, str | None]] = []
        for queue in self.settings.queues:
            for service in (None, *self.settings.services.get(queue, ())):
                path = self.path(queue, service)
                found.append((Category(ref=self.ref("category", "/".join(path)), path=path), queue, service))
        return found

    @staticmethod
    def path(queue: str, service: str | None) -> tuple[str, ...]:
        """A queue, by its parts, and a service."""
        return (*queue.split("::"), *([service] if service else ()))

    def status(self, word: str) -> Mapped[TicketStatus]:
        """What a state means."""
        return mapped(self.settings.statuses, word, TicketStatus.UNMAPPED)

    def priority(self, word: str) -> Mapped[Priority]:
        """What a priority means."""
        return Mapped(value=meaning_of(self.settings.priorities, word) or Priority.UNMAPPED, source=word)

    def kind(self, ticket: TicketReply) -> TicketKind:
        """By its type; what has another one is not for everyone to see. Without types every ticket is an incident."""
        if not self.settings.kinds:
            return TicketKind.INCIDENT
        return meaning_of(self.settings.kinds, ticket.type) or TicketKind.REQUEST

    def is_major(self, ticket: TicketReply) -> bool:
        """Whether everyone may know of it."""
        return self.fields.major is not None and ticket.value(self.fields.major) == self.settings.major

    def ticket(self, reply: TicketReply, now: datetime) -> Ticket:
        """A ticket; its text and files are known of one that was read by itself."""
        status, fields, settings = self.status(reply.state), self.fields, self.settings
        where, title = reply.value(fields.place), reply.title or ""
        report = self.report(reply)
        closed = self.instant(reply.closed) if reply.closed else None
        return Ticket(
            ref=self.ref("incident", reply.id, version=reply.version),
            key=reply.value(fields.key),
            fetched_at=now,
            number=reply.number,
            kind=self.kind(reply),
            title=title,
            description=self.text(report, title) if report else "",
            requester=self.requester(reply),
            category=" / ".join(self.path(reply.queue, reply.service)),
            asset=reply.value(fields.asset),
            place=settings.place.read(where) if where else None,
            impact=meaning_of(settings.impacts, reply.value(fields.impact)),
            urgency=meaning_of(settings.urgencies, reply.value(fields.urgency)),
            priority=self.priority(reply.priority),
            status=status,
            waiting_on=None if status.value is TicketStatus.UNMAPPED else waiting_on(status.value),
            handler=self.handler(reply),
            major=self.is_major(reply),
            resolution=plain(reply.value(fields.resolution)) or None,
            created_at=self.instant(reply.created),
            updated_at=self.instant(reply.changed),
            resolved_at=closed if status.value is TicketStatus.RESOLVED else None,
            closed_at=closed if status.value is TicketStatus.CLOSED else None,
            since=spoken(reply.value(fields.since)),
            next_update_by=spoken(reply.value(fields.next_update_by)),
            contact=reply.value(fields.contact),
            attachments=tuple(self.attachments(one for one in reply.articles if not one.internal)),
        ).with_raw(reply)

    @staticmethod
    def report(ticket: TicketReply) -> Article | None:
        """The message that the ticket was made with, unless that is for those who handle it."""
        first = ticket.articles[0] if ticket.articles else None
        return first if first and not first.internal and first.number in (None, "1") else None

    @staticmethod
    def text(article: Article, without: str = "") -> str:
        """What a message says; nothing when it only says *without*, as Znuny takes none that says nothing."""
        body = article.body or ""
        text = plain_text(body) if article.media_type == "text/html" else plain(body).strip("\n")
        return "" if text == without.strip() else text

    def attachments(self, articles: Iterable[Article]) -> list[Attachment]:
        """The files of messages."""
        return [self.attachment(article, file) for article in articles for file in article.files]

    def attachment(self, article: Article, file: File) -> Attachment:
        """A file: Znuny counts them by message."""
        size = int(file.size) if file.size and file.size.isdecimal() else None
        return Attachment(
            ref=self.ref("file", f"{article.id}-{file.id}"),
            name=file.name,
            media_type=file.type,
            size=size,
            created_at=self.instant(article.created),
        )

    def author(self, article: Article, requester: PersonRef) -> PersonRef:
        """Who said it: whom the field names, else the requester, or who sent it."""
        if login := article.value(self.fields.author):
            return self.person(login)
        if article.sender == "customer":
            return requester
        return PersonRef(display_name=named(article.from_) or article.from_ or "Znuny")

    def said(self, article: Article, requester: PersonRef) -> Event:
        """A message as something that happened."""
        files = tuple(self.attachments((article,)))
        text = self.text(article, ", ".join(file.name for file in files))
        return Event(
            at=self.instant(article.created),
            kind=EventKind.COMMENTED if text or not files else EventKind.ATTACHED,
            by=self.author(article, requester),
            text=text,
            internal=article.internal,
            attachments=files,
        )

    def changed(self, entry: Entry) -> Event | None:
        """What a line of the history tells people; ``None`` when that is nothing."""
        at, parts = self.instant(entry.created), entry.parts
        if entry.type == "StateUpdate" and len(parts) > 1:
            return Event(at=at, kind=EventKind.CHANGED, status=self.status(parts[1]).value)
        if entry.type == "PriorityUpdate" and len(parts) > 2:
            return Event(at=at, kind=EventKind.CHANGED, text=f"priority: {self.priority(parts[2])}")
        return None

    def instant(self, shown: datetime) -> datetime:
        """The instant at which Znuny's clock showed that. Of the hour that comes twice in autumn the first is meant."""
        return shown.replace(tzinfo=zone_of(self.zone)).astimezone(UTC)


def named(sender: str | None) -> str:
    """The name in a sender with an address; nothing when there is only one of them."""
    return parseaddr(sender)[0] if sender and "<" in sender else ""


def plain(text: str | None) -> str:
    """A text with line ends as they are written here."""
    return (text or "").replace("\r\n", "\n")


def spoken(text: str | None) -> datetime | None:
    """The instant that a field holds, as we write it; ``None`` when it holds none."""
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return found if found and found.tzinfo else None
