"""What is sent to Request Tracker, looked at before: it leaves out what it does not take and answers that all is well. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from workplace_sdk.connectors.rt.translation import instant, utc_time
from workplace_sdk.kernel.errors import ConfigError, InvalidInput, NotSupported
from workplace_sdk.services.incidents import MATRIX, CategoryRequired
from workplace_sdk.services.incidents_mapping import word_for
from workplace_sdk.wires.http import FilePart, multipart

if TYPE_CHECKING:
    from workplace_sdk.connectors.rt.definitions import QueueDefinition
    from workplace_sdk.connectors.rt.records import TicketReply
    from workplace_sdk.connectors.rt.translation import Translation
    from workplace_sdk.services.common import Upload
    from workplace_sdk.services.incidents import TicketChange, TicketDraft

Value: TypeAlias = str | datetime
LONGEST_SUBJECT: Final = 200
"""Bytes; RT cuts the rest off."""
_ITS_OWN: Final = ("text/plain", "text/html")
"""Types whose files RT writes anew in UTF-8."""


def values_of(draft: TicketDraft, subject: str | None, queue: QueueDefinition, translation: Translation) -> dict[str, Value]:
    """The custom fields of *draft* by name, each as *queue* takes it.

    Raises:
        InvalidInput: The queue has no such field, or would not take the value; ``CategoryRequired`` when its subject is missing.
    """
    settings, fields = translation.settings, translation.fields
    where = queue.fields.get(fields.place or "")
    said: dict[str, Value | None] = {
        "category": subject,
        "kind": word_for(settings.kinds, draft.kind, "kind") if fields.kind else None,
        "asset": draft.asset.strip() if draft.asset else None,
        "place": settings.place.write(draft.place, where.options if where else None)
        if draft.place and str(draft.place)
        else None,
        "since": draft.since,
        "contact": " ".join(draft.contact.split()) if draft.contact else None,
    }
    if fields.impact in queue.fields:
        said["impact"] = word_for(settings.impacts, draft.impact, "impact")
    if fields.urgency in queue.fields:
        said["urgency"] = word_for(settings.urgencies, draft.urgency, "urgency")
    return _checked(said, queue, fields.named())


def _checked(said: Mapping[str, Value | None], queue: QueueDefinition, names: Mapping[str, str]) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for meaning, value in said.items():
        if value is None:
            continue
        there = queue.fields.get(names[meaning])
        if there is None:
            raise InvalidInput(f"the queue {queue.name} has no field for it", field=meaning)
        if isinstance(value, str) and (problem := there.problem(value)) is not None:
            raise InvalidInput(problem, field=meaning)
        values[there.name] = value
    meanings = {name: meaning for meaning, name in names.items()}
    for field in queue.fields.values():
        if not field.mandatory or field.name in values or meanings.get(field.name) == "key":
            continue
        missing = meanings.get(field.name)
        if missing == "category":
            options = tuple(f"{queue.name} / {option}" for option in field.options or ())
            raise CategoryRequired(f"say what of {queue.name} it is about", options=options)
        if missing is None:
            raise ConfigError(f"the queue {queue.name} wants {field.name!r}, which the settings do not name", key="fields")
        raise InvalidInput(f"the queue {queue.name} wants it", field=missing)
    return values


def ticket_of(
    draft: TicketDraft, queue: QueueDefinition, values: Mapping[str, Value], requestor: str, translation: Translation
) -> dict[str, Any]:
    """The ticket that *draft* asks for, as ``sent`` sends it. Its requestor is named always: without one even its writer may not see it."""
    subject = " ".join(draft.what.splitlines())
    if len(subject.encode()) > LONGEST_SUBJECT:
        raise InvalidInput(f"it is longer than the {LONGEST_SUBJECT} bytes that this system keeps", field="what")
    return {
        "Queue": queue.id,
        "Subject": subject,
        "Requestor": requestor,
        "Content": draft.details,
        "ContentType": "text/plain",
        "Priority": translation.settings.priorities[MATRIX[draft.impact, draft.urgency]],
        "CustomFields": dict(values),
    }


def changes_of(change: TicketChange, translation: Translation) -> dict[str, Any]:
    """What a handler changes, but for status, handler and what is said, as ``sent`` sends it."""
    fields, settings = translation.fields, translation.settings
    said: dict[str, tuple[str | None, Any]] = {
        "next_update_by": (fields.next_update_by, change.next_update_by),
        "major": (fields.major, None if change.major is None else settings.major if change.major else ""),
    }
    if fields.resolution:
        said["resolution"] = (fields.resolution, change.resolution)
    custom: dict[str, Any] = {}
    for meaning, (name, value) in said.items():
        if value is None:
            continue
        if name is None:
            raise NotSupported("the settings name no field for it", field=meaning)
        custom[name] = value
    own = {"Priority": settings.priorities[change.priority] if change.priority else None, "Due": change.due}
    return {name: value for name, value in {**own, "CustomFields": custom}.items() if value not in (None, {})}


def sent(wanted: Mapping[str, Any], translation: Translation) -> dict[str, Any]:
    """*wanted* as RT takes it. Its own times are in UTC, those of custom fields on its clock; written as it answers them they are lost."""
    custom: Mapping[str, Value] = wanted.get("CustomFields", {})
    plain = {name: utc_time(value) if isinstance(value, datetime) else value for name, value in wanted.items()}
    own = {
        name: translation.own_time(value) if isinstance(value, datetime) else value or None for name, value in custom.items()
    }
    return {**plain, **({"CustomFields": own} if own else {})}


def missed(wanted: Mapping[str, Any], ticket: TicketReply) -> list[str]:
    """What of *wanted* a ticket does not have: names of RT's fields."""
    own: dict[str, Any] = {
        "Subject": ticket.subject,
        "Status": ticket.status,
        "Owner": ticket.owner.id,
        "Priority": ticket.priority,
        "Due": ticket.due,
    }
    found = [name for name, value in wanted.items() if name in own and not _same(own[name], value)]
    custom: Mapping[str, Value] = wanted.get("CustomFields", {})
    return found + [
        name
        for name, value in custom.items()
        if not _same(instant(ticket.value(name)) if isinstance(value, datetime) else ticket.value(name) or "", value)
    ]


def _same(kept: Any, wanted: Any) -> bool:
    if isinstance(kept, datetime) and isinstance(wanted, datetime):
        return kept == wanted.replace(microsecond=0)
    return bool(kept == wanted)


def form(content: Mapping[str, Any], uploads: Sequence[Upload]) -> tuple[bytes, str]:
    """A message or a ticket with its files, and the content type. (In JSON, names that are not ASCII are lost.)"""
    files = [FilePart("Attachments", one.name, one.content, _type_of(one)) for one in uploads]
    return multipart({"JSON": json.dumps(content, ensure_ascii=False)}, files)


def check_uploads(uploads: Sequence[Upload], field: str) -> None:
    """Refuse what RT would not keep as it is."""
    for one in uploads:
        if not one.content:
            raise InvalidInput(f"{one.name} is empty: this system keeps no empty files", field=field)
        if '"' in one.name:
            raise InvalidInput(f"{one.name}: this system takes no file names with a quotation mark", field=field)


def _type_of(upload: Upload) -> str:
    """The media type, unless RT would write the file anew because of it."""
    if upload.media_type.partition(";")[0].strip().lower() in _ITS_OWN:
        try:
            upload.content.decode("utf-8")
        except UnicodeDecodeError:
            return "application/octet-stream"
    return upload.media_type
