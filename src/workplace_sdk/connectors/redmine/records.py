"""Redmine's answers, as far as they are read: what else is in one about a person (their API key) is not."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict


class _Reply(BaseModel):
    model_config = ConfigDict(frozen=True, defer_build=True)


class Named(_Reply):
    """A reference; a status also says whether it is a last one."""

    id: int
    name: str = ""
    is_closed: bool | None = None


class FieldValue(_Reply):
    """A custom field of an issue; its value is not there when nobody ever gave one."""

    id: int
    name: str
    value: Any = None


class File(_Reply):
    """A file of an issue."""

    id: int
    filename: str
    filesize: int
    content_type: str | None = None
    created_on: AwareDatetime


class Detail(_Reply):
    """One change in a journal: of an attribute (``attr``), a custom field (``cf``), an ``attachment``."""

    property: str
    name: str
    new_value: Any = None


class Journal(_Reply):
    """Something that was done or said at once."""

    id: int
    user: Named | None = None
    notes: str | None = None
    created_on: AwareDatetime
    private_notes: bool = False
    details: tuple[Detail, ...] = ()


class Relation(_Reply):
    """Two issues that belong together; ``issue_id`` is the one that, say, ``duplicates`` the other."""

    issue_id: int
    issue_to_id: int
    relation_type: str


class Issue(_Reply):
    """An issue. What is asked for with ``include`` is ``None`` in answers that were not asked for it."""

    id: int
    project: Named
    tracker: Named
    status: Named
    priority: Named
    author: Named
    assigned_to: Named | None = None
    category: Named | None = None
    subject: str
    description: str | None = None
    due_date: date | None = None
    custom_fields: tuple[FieldValue, ...] = ()
    created_on: AwareDatetime
    updated_on: AwareDatetime
    closed_on: AwareDatetime | None = None
    attachments: tuple[File, ...] = ()
    journals: tuple[Journal, ...] = ()
    relations: tuple[Relation, ...] = ()
    allowed_statuses: tuple[Named, ...] = ()

    def value(self, id_: int | None) -> str | None:
        """What the field with that number holds; of several values the first."""
        for field in self.custom_fields:
            if field.id == id_:
                values = field.value if isinstance(field.value, list) else [field.value]  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
                return next((str(one) for one in values if one not in (None, "")), None)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        return None


class IssueReply(_Reply):
    issue: Issue


class IssuesReply(_Reply):
    issues: tuple[Issue, ...]
    total_count: int


class User(_Reply):
    """A person: the parts that we use, and no other."""

    id: int
    login: str = ""
    firstname: str = ""
    lastname: str = ""
    mail: str = ""

    @property
    def name(self) -> str:
        """As people write it."""
        return f"{self.firstname} {self.lastname}".strip()


class UserReply(_Reply):
    user: User


class UsersReply(_Reply):
    users: tuple[User, ...]


class Value(_Reply):
    value: str


class Definition(_Reply):
    """A custom field as an administrator sees it."""

    id: int
    name: str
    customized_type: str = ""
    field_format: str = ""
    regexp: str | None = None
    max_length: int | None = None
    is_required: bool = False
    is_filter: bool = True
    possible_values: tuple[Value, ...] = ()
    trackers: tuple[Named, ...] = ()


class DefinitionsReply(_Reply):
    custom_fields: tuple[Definition, ...]


class Project(_Reply):
    id: int
    name: str
    identifier: str
    trackers: tuple[Named, ...]
    issue_categories: tuple[Named, ...]


class ProjectReply(_Reply):
    project: Project


class TrackersReply(_Reply):
    trackers: tuple[Named, ...]


class StatusesReply(_Reply):
    issue_statuses: tuple[Named, ...]


class PrioritiesReply(_Reply):
    issue_priorities: tuple[Named, ...]


class Upload(_Reply):
    id: int
    token: str


class UploadReply(_Reply):
    upload: Upload


class Hit(_Reply):
    id: int
    type: str


class HitsReply(_Reply):
    results: tuple[Hit, ...]
