"""Redmine's records as ours. Pure: no connection is used here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from workplace_sdk.kernel.errors import InvalidInput
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

if TYPE_CHECKING:
    from workplace_sdk.connectors.redmine.catalogue import Catalogue
    from workplace_sdk.connectors.redmine.records import File, Issue, Journal, Named, User
    from workplace_sdk.connectors.redmine.settings import RedmineSettings

DUPLICATES: Final = "duplicates"
"""What is said of an issue that is closed with the one that it says the same as."""


class Translation:
    """The records of one connection, by its settings and by what Redmine calls things."""

    def __init__(self, settings: RedmineSettings, connection: str, zone: str, catalogue: Catalogue) -> None:
        self.settings = settings
        self.connection = connection
        self.zone = zone
        self.catalogue = catalogue

    def ref(self, kind: str, id_: object, *, version: str | None = None) -> Ref:
        """Where a record is; a ticket with its page."""
        url = f"{self.settings.url.rstrip('/')}/issues/{id_}" if kind == "incident" else None
        return Ref(connection=self.connection, kind=kind, id=str(id_), url=url, version=version)

    def person(self, named: Named, user: User | None) -> PersonRef:
        """A person, by the key that the settings say their login is, when it is known."""
        keys = {self.settings.person: user.login} if user and user.login else {}
        name = named.name or (user.name if user else "") or f"user {named.id}"
        return PersonRef.model_validate({"ref": self.ref("person", named.id), "display_name": name, **keys})

    def requester(self, issue: Issue, author: PersonRef, *, service: bool) -> PersonRef:
        """Who has the trouble: whom the field names where our account writes, else who wrote it."""
        key = issue.value(self.catalogue.field("requester")) if service else None
        return PersonRef.model_validate({self.settings.person: key}) if key else author

    def categories(self) -> list[Category]:
        """Projects, and what they divide tickets into."""
        found: list[Category] = []
        for project in self.catalogue.projects:
            found.append(Category(ref=self.ref("category", project.id), path=(project.name,)))
            found += [
                Category(ref=self.ref("category", f"{project.id}/{one.id}"), path=(project.name, one.name))
                for one in project.issue_categories
            ]
        return found

    def status(self, name: str) -> Mapped[TicketStatus]:
        """What a status means."""
        return mapped(self.settings.statuses, name, TicketStatus.UNMAPPED)

    def priority(self, name: str) -> Mapped[Priority]:
        """What a priority means."""
        return Mapped(value=meaning_of(self.settings.priorities, name) or Priority.UNMAPPED, source=name)

    def kind(self, issue: Issue) -> TicketKind:
        """By its tracker. What has another one is not for everyone to see."""
        return meaning_of(self.settings.trackers, issue.tracker.name) or TicketKind.REQUEST

    def is_major(self, issue: Issue) -> bool:
        """Whether everyone may know of it."""
        return issue.value(self.catalogue.field("major")) == self.settings.major

    def ticket(self, issue: Issue, now: datetime, requester: PersonRef, author: PersonRef, handler: PersonRef | None) -> Ticket:
        """A ticket; its files and what says the same are known of one that was read by itself."""
        status, settings = self.status(issue.status.name), self.settings

        def held(meaning: str) -> str | None:
            return issue.value(self.catalogue.field(meaning))

        where = held("place")
        parent = next((one for one in issue.relations if one.relation_type == DUPLICATES and one.issue_id == issue.id), None)
        same = [one for one in issue.relations if one.relation_type == DUPLICATES and one.issue_to_id == issue.id]
        return Ticket(
            ref=self.ref("incident", issue.id, version=issue.updated_on.isoformat()),
            key=held("key"),
            fetched_at=now,
            number=str(issue.id),
            kind=self.kind(issue),
            title=issue.subject,
            description=plain(issue.description),
            requester=requester,
            reported_by=author,
            category=" / ".join(one.name for one in (issue.project, issue.category) if one),
            asset=held("asset"),
            place=settings.place.read(where) if where else None,
            impact=meaning_of(settings.impacts, held("impact")),
            urgency=meaning_of(settings.urgencies, held("urgency")),
            priority=self.priority(issue.priority.name),
            status=status,
            waiting_on=None if status.value is TicketStatus.UNMAPPED else waiting_on(status.value),
            handler=handler,
            major=self.is_major(issue),
            parent=self.ref("incident", parent.issue_to_id) if parent else None,
            same_reports=len(same),
            resolution=plain(held("resolution")) or None,
            created_at=issue.created_on,
            updated_at=issue.updated_on,
            closed_at=issue.closed_on if issue.status.is_closed else None,
            since=instant(held("since")),
            next_update_by=instant(held("next_update_by")),
            due=self.end_of(issue.due_date) if issue.due_date else None,
            contact=held("contact"),
            attachments=tuple(self.attachment(one) for one in issue.attachments),
        ).with_raw(issue)

    def attachment(self, file: File) -> Attachment:
        """A file."""
        return Attachment(
            ref=self.ref("file", file.id),
            name=file.filename,
            media_type=file.content_type or "application/octet-stream",
            size=file.filesize,
            created_at=file.created_on,
        )

    def events(self, journal: Journal, author: PersonRef | None, files: Iterable[File]) -> list[Event]:
        """What a journal tells: what was said, with its files, and what changed."""
        found: list[Event] = []
        added = {detail.name for detail in journal.details if detail.property == "attachment" and detail.new_value}
        attachments = tuple(self.attachment(one) for one in files if str(one.id) in added)
        internal, text = journal.private_notes, plain(journal.notes)
        if text or attachments:
            kind = EventKind.COMMENTED if text else EventKind.ATTACHED
            found.append(
                Event(at=journal.created_on, kind=kind, by=author, text=text, internal=internal, attachments=attachments)
            )
        for detail in journal.details:
            if detail.property == "attr" and detail.name == "status_id":
                status = self.status(self.catalogue.status_name(detail.new_value)).value
                found.append(Event(at=journal.created_on, kind=EventKind.CHANGED, by=author, status=status))
            if detail.property == "attr" and detail.name == "priority_id":
                priority = self.priority(self.catalogue.priority_name(detail.new_value))
                found.append(Event(at=journal.created_on, kind=EventKind.CHANGED, by=author, text=f"priority: {priority}"))
        return found

    def end_of(self, day: date) -> datetime:
        """The end of a day where the organisation is: Redmine knows no time of day."""
        return datetime.combine(day + timedelta(days=1), time(), zone_of(self.zone))

    def day_ending(self, due: datetime) -> date:
        """The day that ends at *due*.

        Raises:
            InvalidInput: No day ends then.
        """
        local = due.astimezone(zone_of(self.zone))
        if local.time() != time():
            example = self.end_of(local.date()).isoformat()
            raise InvalidInput(f"Redmine keeps days: give midnight at the end of one, such as {example}", field="due")
        return local.date() - timedelta(days=1)


def plain(text: str | None) -> str:
    """A text with line ends as they are written here."""
    return (text or "").replace("\r\n", "\n")


def instant(text: str | None) -> datetime | None:
    """The instant that a field holds; ``None`` when it holds none."""
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return found if found and found.tzinfo else None
