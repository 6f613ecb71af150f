"""RT's records as ours. Pure: no connection is used here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from workplace_sdk.connectors.rt.queries import equals
from workplace_sdk.services.common import Attachment, Mapped, PersonRef, Ref, zone_of
from workplace_sdk.services.incidents import (
    Asset,
    AssetKind,
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
    from workplace_sdk.connectors.rt.records import AssetReply, Kept, Named, Said, TicketReply
    from workplace_sdk.connectors.rt.settings import RtSettings

NOBODY: Final = "Nobody"
"""The owner of what nobody handles."""


class Translation:
    """The records of one connection, by its settings; *caller* is who asks."""

    def __init__(self, settings: RtSettings, connection: str, zone: str, caller: PersonRef | None) -> None:
        self.settings = settings
        self.connection = connection
        self.zone = zone
        self.caller = caller
        self.fields = settings.fields

    def ref(self, kind: str, id_: str, *, version: str | None = None) -> Ref:
        """Where a record is; a ticket and an asset with their pages."""
        pages = {"incident": "Ticket", "asset": "Asset"}
        base = self.settings.url.rstrip("/")
        url = f"{base}/{pages[kind]}/Display.html?id={id_}" if kind in pages else None
        return Ref(connection=self.connection, kind=kind, id=id_, url=url, version=version)

    def person(self, user: Named) -> PersonRef:
        """A user, by the key that the settings say is ours."""
        value = user.email if self.settings.person == "email" else user.id
        keys = {self.settings.person: value} if value else {}
        return PersonRef.model_validate(
            {"ref": self.ref("person", user.id), "display_name": user.real_name or user.name or user.id, **keys}
        )

    def requester(self, ticket: TicketReply) -> PersonRef:
        """Of several requestors the one who asks, else the first; who wrote it when there are none."""
        people = [self.person(one) for one in ticket.requestors]
        for one in people:
            if self.caller is not None and one.same_person(self.caller):
                return one
        return people[0] if people else self.person(ticket.creator)

    def categories(self, queue: str, options: Sequence[str], *, mandatory: bool) -> list[Category]:
        """What a ticket in a queue can be about: the queue as such, unless more has to be said, and each of its subjects."""
        paths: list[tuple[str, ...]] = [] if mandatory else [(queue,)]
        paths += [(queue, option) for option in options]
        return [Category(ref=self.ref("category", "/".join(path)), path=path) for path in paths]

    def priority(self, number: int) -> Mapped[Priority]:
        """The highest priority whose number is reached."""
        reached = (one for one, least in self.settings.priorities.items() if number >= least)
        return Mapped(value=min(reached, default=Priority.P5), source=str(number))

    def kind(self, ticket: TicketReply) -> TicketKind:
        """Without a field for it every ticket is an incident; with one, what says nothing is not for everyone to see."""
        if self.fields.kind is None:
            return TicketKind.INCIDENT
        return meaning_of(self.settings.kinds, ticket.value(self.fields.kind)) or TicketKind.REQUEST

    def status(self, word: str) -> Mapped[TicketStatus]:
        """What a status means."""
        return mapped(self.settings.statuses, word, TicketStatus.UNMAPPED)

    def is_major(self, ticket: TicketReply) -> bool:
        """Whether everyone may know of it."""
        return self.fields.major is not None and ticket.value(self.fields.major) == self.settings.major

    def ticket(
        self,
        reply: TicketReply,
        now: datetime,
        *,
        version: str | None = None,
        description: str = "",
        files: Iterable[Kept] = (),
    ) -> Ticket:
        """A ticket; its text and files are known of one that was read by itself."""
        status, fields, settings = self.status(reply.status), self.fields, self.settings
        subject, where = reply.value(fields.category), reply.value(fields.place)
        finished = status.value in (TicketStatus.RESOLVED, TicketStatus.CLOSED)
        return Ticket(
            ref=self.ref("incident", reply.id, version=version),
            key=reply.value(fields.key),
            fetched_at=now,
            number=reply.id,
            kind=self.kind(reply),
            title=reply.subject,
            description=description,
            requester=self.requester(reply),
            reported_by=self.person(reply.creator),
            category=" / ".join(part for part in (reply.queue.name or reply.queue.id, subject) if part),
            asset=reply.value(fields.asset) or None,
            place=settings.place.read(where) if where else None,
            impact=meaning_of(settings.impacts, reply.value(fields.impact)),
            urgency=meaning_of(settings.urgencies, reply.value(fields.urgency)),
            priority=self.priority(reply.priority),
            status=status,
            waiting_on=None if status.value is TicketStatus.UNMAPPED else waiting_on(status.value),
            handler=None if reply.owner.id == NOBODY else self.person(reply.owner),
            major=self.is_major(reply),
            resolution=reply.value(fields.resolution) or None,
            created_at=reply.created,
            updated_at=reply.updated,
            resolved_at=reply.resolved if finished else None,
            since=instant(reply.value(fields.since)),
            next_update_by=instant(reply.value(fields.next_update_by)),
            due=reply.due,
            contact=reply.value(fields.contact) or None,
            attachments=tuple(self.attachment(one) for one in files),
        ).with_raw(reply)

    def attachment(self, kept: Kept) -> Attachment:
        """A file."""
        return Attachment(ref=self.ref("file", kept.id), name=kept.name or "", media_type=kept.type, size=kept.size)

    def asset(self, reply: AssetReply) -> Asset:
        """A thing of the register."""
        register = self.settings.assets
        assert register is not None, "without a register there are no assets"
        kind, where = reply.value(register.kind), reply.value(register.place)
        return Asset(
            ref=self.ref("asset", reply.id),
            tag=reply.tag,
            name=reply.description or reply.tag,
            kind=mapped(register.kinds, kind or "", AssetKind.UNMAPPED),
            serial=reply.value(register.serial),
            place=self.settings.place.read(where) if where else None,
            owner=self.person(reply.holders[0]) if reply.holders else None,
        )

    def event(self, said: Said, author: PersonRef, text: str, files: Sequence[Kept]) -> Event | None:
        """What happened; ``None`` for what tells people nothing."""
        attachments = tuple(self.attachment(one) for one in files)
        if said.type == "Create":
            return Event(at=said.created, kind=EventKind.REPORTED, by=author, attachments=attachments)
        if said.type in ("Correspond", "Comment"):
            kind = EventKind.COMMENTED if text or not attachments else EventKind.ATTACHED
            internal = said.type == "Comment"
            return Event(at=said.created, kind=kind, by=author, text=text, internal=internal, attachments=attachments)
        if said.type == "Status" and said.new:
            return Event(at=said.created, kind=EventKind.CHANGED, by=author, status=self.status(said.new).value)
        if said.type == "Set" and said.field == "Priority" and said.new:
            number = int(said.new) if said.new.isdecimal() else 0
            return Event(at=said.created, kind=EventKind.CHANGED, by=author, text=f"priority: {self.priority(number)}")
        return None

    def own_time(self, value: datetime) -> str:
        """An instant as custom fields of RT take it: on the clock of its own zone."""
        return value.astimezone(zone_of(self.zone)).strftime("%Y-%m-%d %H:%M:%S")

    def in_queues(self) -> str:
        """Holds for tickets of this connection."""
        return f"({' OR '.join(equals('Queue', queue) for queue in self.settings.queues)})"


def utc_time(value: datetime) -> str:
    """An instant as RT's own fields take it. (Written as it answers, with a T and a Z, it is lost.)"""
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def instant(text: str | None) -> datetime | None:
    """The instant that a custom field holds; ``None`` when it holds none."""
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return found if found and found.tzinfo else None


def text_of(parts: Sequence[Kept]) -> str:
    """What a message says: its plain text, else what its HTML shows."""
    plain = [part.content or "" for part in parts if part.type == "text/plain"]
    shown = [plain_text(part.content or "") for part in parts if part.type == "text/html"]
    return next((text for text in (*plain, *shown) if text), "")


def by_message(parts: Iterable[Kept]) -> Mapping[str, list[Kept]]:
    """Parts by the message that they are in, in order."""
    found: dict[str, list[Kept]] = {}
    for part in parts:
        found.setdefault(part.said_in, []).append(part)
    return found
