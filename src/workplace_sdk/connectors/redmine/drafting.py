"""What is sent to Redmine, looked at before: its refusals are in the language of whoever asks, and it ignores what it does not know. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from workplace_sdk.connectors.redmine.translation import plain
from workplace_sdk.kernel.errors import NotSupported, Rejected
from workplace_sdk.services.common import zone_of
from workplace_sdk.services.incidents import MATRIX
from workplace_sdk.services.incidents_mapping import word_for

if TYPE_CHECKING:
    from workplace_sdk.connectors.redmine.connector import NotValid
    from workplace_sdk.connectors.redmine.records import Issue
    from workplace_sdk.connectors.redmine.translation import Translation
    from workplace_sdk.services.incidents import Category, TicketChange, TicketDraft


def fields_of(draft: TicketDraft, tracker: int, translation: Translation) -> dict[int, str]:
    """The custom fields of *draft* by number.

    Raises:
        InvalidInput: The tracker has no such field, or the field would not take it.
    """
    settings, catalogue = translation.settings, translation.catalogue
    place = catalogue.fields.get("place")
    options = [one.value for one in place.possible_values] if place and place.possible_values else None
    said: dict[str, str | None] = {
        "asset": draft.asset.strip() if draft.asset else None,
        "place": settings.place.write(draft.place, options) if draft.place and str(draft.place) else None,
        "since": written(draft.since, translation.zone) if draft.since else None,
        "contact": " ".join(draft.contact.split()) if draft.contact else None,
    }
    if catalogue.has("impact", tracker):
        said["impact"] = word_for(settings.impacts, draft.impact, "impact")
    if catalogue.has("urgency", tracker):
        said["urgency"] = word_for(settings.urgencies, draft.urgency, "urgency")
    values: dict[int, str] = {}
    for meaning, value in said.items():
        if value is not None:
            catalogue.check(meaning, value, tracker)
            values[catalogue.fields[meaning].id] = value
    return values


def issue_of(
    draft: TicketDraft, category: Category | None, fields: Mapping[int, str], translation: Translation
) -> dict[str, Any]:
    """The issue that *draft* asks for, without its files."""
    catalogue, settings = translation.catalogue, translation.settings
    where = category.ref.id if category else str(catalogue.projects[0].id)
    project, _, subject = where.partition("/")
    priority = settings.priorities[MATRIX[draft.impact, draft.urgency]]
    return {
        "project_id": int(project),
        "tracker_id": catalogue.trackers[word_for(settings.trackers, draft.kind, "kind")],
        "subject": " ".join(draft.what.splitlines()),
        "description": draft.details,
        "priority_id": catalogue.priorities[priority],
        **({"category_id": int(subject)} if subject else {}),
        "custom_fields": custom_fields(fields),
    }


def changes_of(change: TicketChange, translation: Translation) -> dict[str, Any]:
    """What a handler changes, but for status, handler and what is said."""
    settings, catalogue = translation.settings, translation.catalogue
    flag = None if change.major is None else settings.major if change.major else ""
    when = written(change.next_update_by, translation.zone) if change.next_update_by else None
    said = {"next_update_by": when, "major": flag}
    if settings.fields.resolution:
        said["resolution"] = change.resolution
    fields: dict[int, str] = {}
    for meaning, value in said.items():
        if value is None:
            continue
        if (field := catalogue.field(meaning)) is None:
            raise NotSupported("the settings name no field for it", field=meaning)
        fields[field] = value
    changes: dict[str, Any] = {"custom_fields": custom_fields(fields)} if fields else {}
    if change.priority is not None:
        changes["priority_id"] = catalogue.priorities[settings.priorities[change.priority]]
    if change.due is not None:
        changes["due_date"] = translation.day_ending(change.due).isoformat()
    return changes


def custom_fields(fields: Mapping[int, str]) -> list[dict[str, Any]]:
    """Values by number, as Redmine takes them."""
    return [{"id": id_, "value": value} for id_, value in fields.items()]


def written(value: datetime, zone: str) -> str:
    """An instant as a text that people can read too."""
    return value.astimezone(zone_of(zone)).isoformat(timespec="minutes")


def missed(wanted: Mapping[str, Any], issue: Issue) -> list[str]:
    """What of *wanted* an issue does not have: Redmine's names, and numbers of custom fields."""
    own: dict[str, Any] = {
        "project_id": issue.project.id,
        "tracker_id": issue.tracker.id,
        "status_id": issue.status.id,
        "priority_id": issue.priority.id,
        "category_id": issue.category.id if issue.category else None,
        "assigned_to_id": issue.assigned_to.id if issue.assigned_to else None,
        "due_date": issue.due_date.isoformat() if issue.due_date else None,
    }
    found = [name for name, value in wanted.items() if name in own and own[name] != value]
    custom: list[dict[str, Any]] = wanted.get("custom_fields", [])
    return found + [str(one["id"]) for one in custom if plain(issue.value(one["id"])) != plain(one["value"])]


OURS: Mapping[str, str] = {
    "status_id": "status",
    "priority_id": "priority",
    "category_id": "category",
    "assigned_to_id": "handler",
    "due_date": "due",
    "subject": "what",
    "tracker_id": "kind",
    "project_id": "category",
}
"""Our names of Redmine's."""
_CANNOT_BE_WRONG = frozenset({"tracker_id", "project_id", "priority_id", "category_id", "status_id", "subject", "description"})
"""What was taken from Redmine's own lists, or is never empty: it is not what a refusal is about."""


def refused(told: NotValid, sent: Collection[str], translation: Translation) -> Rejected:
    """Which field a refusal is about. Its sentences are in the language of whoever asks: no word of them is read but the
    names of custom fields, which are the organisation's own; another one is about the only other thing that was sent.
    """
    names = {name: meaning for meaning, name in translation.settings.fields.named().items()}
    field = None
    for sentence in told.sentences:
        about = [name for name in names if name in sentence]
        field = field or (names[max(about, key=len)] if about else None)
    others = [name for name in sent if name not in _CANNOT_BE_WRONG and name != "custom_fields"]
    if field is None and len(others) == 1:
        field = OURS.get(others[0], others[0])
    return Rejected(told.message, field=field, native_code=told.native_code)
