"""What is sent to Znuny, looked at before. Pure."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from workplace_sdk.connectors.znuny.translation import spoken
from workplace_sdk.kernel.errors import InvalidInput, NotSupported
from workplace_sdk.services.common import zone_of
from workplace_sdk.services.incidents import MATRIX, TicketDraft, TicketStatus
from workplace_sdk.services.incidents_mapping import word_for, words_for

if TYPE_CHECKING:
    from workplace_sdk.connectors.znuny.records import TicketReply
    from workplace_sdk.connectors.znuny.translation import Translation
    from workplace_sdk.services.common import Upload
    from workplace_sdk.services.incidents import TicketChange

_ITS_OWN: Final = re.compile(r"file-\d+(\.html)?")
"""Names that Znuny gives to the texts of a mail; it hides files that are called so."""
_BEYOND: Final = re.compile("[\U00010000-\U0010ffff]")
KEPT: Final = {
    "Title": "title",
    "Queue": "queue",
    "Type": "type",
    "Service": "service",
    "State": "state",
    "Priority": "priority",
    "Owner": "owner",
    "CustomerUser": "customer",
}
"""Parameters of a change that are seen in the ticket afterwards."""


def fields_of(draft: TicketDraft, translation: Translation) -> dict[str, str]:
    """The dynamic fields of *draft* by name.

    Raises:
        InvalidInput: The settings have no word for something.
    """
    settings, fields = translation.settings, translation.fields
    said: dict[str, str | None] = {
        "asset": draft.asset.strip() if draft.asset else None,
        "place": settings.place.write(draft.place) if draft.place and str(draft.place) else None,
        "since": written(draft.since, translation.zone) if draft.since else None,
        "contact": " ".join(draft.contact.split()) if draft.contact else None,
        "impact": word_for(settings.impacts, draft.impact, "impact") if fields.impact else None,
        "urgency": word_for(settings.urgencies, draft.urgency, "urgency") if fields.urgency else None,
    }
    names = fields.named()
    return {names[meaning]: value for meaning, value in said.items() if value is not None}


def ticket_of(draft: TicketDraft, place: tuple[str, str | None], login: str, translation: Translation) -> dict[str, str]:
    """The ticket that *draft* asks for, in a queue and about a service."""
    settings = translation.settings
    (state, *_) = words_for(settings.statuses, TicketStatus.NEW)
    queue, service = place
    return {
        "Title": " ".join(draft.what.splitlines()).strip(),
        "Queue": queue,
        **({"Type": word_for(settings.kinds, draft.kind, "kind")} if settings.kinds else {}),
        **({"Service": service} if service else {}),
        "State": state,
        "Priority": settings.priorities[MATRIX[draft.impact, draft.urgency]],
        "CustomerUser": login,
    }


def article_of(text: str, subject: str, *, sender: str, internal: bool = False) -> dict[str, str]:
    """A message. Znuny takes none without a text, and takes 0 for none."""
    return {
        "CommunicationChannel": "Internal",
        "IsVisibleForCustomer": "0" if internal else "1",
        "SenderType": sender,
        "Subject": subject,
        "Body": text,
        "ContentType": "text/plain; charset=utf-8",
    }


def listed(fields: Mapping[str, str]) -> dict[str, Any]:
    """Dynamic fields as Znuny takes them: an empty list is refused."""
    made = [{"Name": name, "Value": value} for name, value in fields.items()]
    return {"DynamicField": made} if made else {}


def files_of(uploads: Sequence[Upload]) -> dict[str, Any]:
    """Files as Znuny takes them."""
    made = [
        {"Content": b64encode(one.content).decode(), "ContentType": one.media_type, "Filename": one.name} for one in uploads
    ]
    return {"Attachment": made} if made else {}


def state_of(word: str, translation: Translation) -> dict[str, Any]:
    """A new state. Without a time Znuny leaves a change to a pending state half done; of other states it ignores it."""
    return {"State": word, "PendingTime": {"Diff": str(translation.settings.remind_after * 24 * 60)}}


def changes_of(change: TicketChange, translation: Translation) -> tuple[dict[str, Any], dict[str, str]]:
    """What a handler changes, but for status, handler and what is said: of Znuny's own, and dynamic fields."""
    fields, settings = translation.fields, translation.settings
    if change.due is not None:
        raise NotSupported("Znuny reckons itself until when a ticket has to be solved", field="due")
    if change.parent is not None:
        raise NotSupported("the Generic Interface of Znuny knows no links between tickets", field="parent")
    more_by = written(change.next_update_by, translation.zone) if change.next_update_by else None
    said: dict[str, tuple[str | None, str | None]] = {
        "next_update_by": (fields.next_update_by, more_by),
        "major": (fields.major, None if change.major is None else settings.major if change.major else ""),
    }
    if fields.resolution:
        said["resolution"] = (fields.resolution, change.resolution)
    dynamic: dict[str, str] = {}
    for meaning, (name, value) in said.items():
        if value is None:
            continue
        if name is None:
            raise NotSupported("the settings name no field for it", field=meaning)
        dynamic[name] = value
    return ({"Priority": settings.priorities[change.priority]} if change.priority else {}), dynamic


def written(at: datetime, zone: str) -> str:
    """An instant as a text."""
    return at.astimezone(zone_of(zone)).isoformat(timespec="seconds")


def missed(wanted: Mapping[str, Any], fields: Mapping[str, str], ticket: TicketReply) -> list[str]:
    """What of a change a ticket does not have: names of Znuny's parameters and fields."""
    left = [
        name
        for name, value in wanted.items()
        if name in KEPT and _kept_as(getattr(ticket, KEPT[name]) or "").casefold() != _kept_as(str(value)).casefold()
    ]
    return left + [name for name, value in fields.items() if not _same(ticket.value(name) or "", value)]


def _same(kept: str, wanted: str) -> bool:
    """Whether a field keeps what it was given."""
    if (at := spoken(wanted)) is not None:
        return spoken(kept) == at
    return _kept_as(kept) == _kept_as(wanted)


def _kept_as(text: str) -> str:
    """A text as Znuny keeps it: without blanks around it, and on MySQL and MariaDB without what is beyond the first 65,536 characters."""
    return _BEYOND.sub("\ufffd", text.replace("\r\n", "\n").strip())


def check_uploads(uploads: Sequence[Upload], field: str, most: int) -> None:
    """Refuse what Znuny would not keep, or not take: *most* bytes in a request."""
    for one in uploads:
        if not one.content:
            raise InvalidInput(f"{one.name} is empty: this system keeps no empty files", field=field)
        if _ITS_OWN.fullmatch(one.name):
            raise InvalidInput(f"{one.name}: this system hides files that are called so", field=field)
    if (size := sum(len(one.content) * 4 // 3 for one in uploads)) > most - 50_000:
        raise InvalidInput(f"together they take {size} bytes, and this system takes {most} at a time", field=field)


def check_text(text: str, field: str) -> None:
    """Refuse the one text that Znuny takes for none."""
    if text.strip() == "0":
        raise InvalidInput("this system does not take a text that is only 0", field=field)
