"""Znuny's answers, as far as they are read. Ids come as text here and as numbers there, lists of one as that one, what is empty as nothing."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, NaiveDatetime

from workplace_sdk.wires.soap.models import Many


def _something(value: Any) -> Any:
    first: Any = value[0] if isinstance(value, list | tuple) and value else value  # pyright: ignore[reportUnknownVariableType]
    return None if first in ("", [], ()) else first  # pyright: ignore[reportUnknownVariableType]


Text = Annotated[str | None, BeforeValidator(_something)]
"""A text; ``None`` when there is none. Of several values the first."""


class _Reply(BaseModel):
    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True, defer_build=True)


class FieldValue(_Reply):
    """A dynamic field of a ticket or an article."""

    name: str = Field(alias="Name")
    value_: Text = Field(alias="Value", default=None)


class _WithFields(_Reply):
    fields: Many[FieldValue] = Field(alias="DynamicField", default=())

    def value(self, name: str | None) -> str | None:
        """What the field *name* holds."""
        return next((one.value_ for one in self.fields if one.name == name), None)


class File(_Reply):
    """A file of an article; ``content`` in base64, when it was asked for."""

    id: str = Field(alias="FileID")
    name: str = Field(alias="Filename")
    type: str = Field(alias="ContentType")
    size: Text = Field(alias="FilesizeRaw", default=None)
    content: Text = Field(alias="Content", default=None)


class Article(_WithFields):
    """A message on a ticket."""

    id: str = Field(alias="ArticleID")
    number: Text = Field(alias="ArticleNumber", default=None)
    sender: Text = Field(alias="SenderType", default=None)
    visible: Text = Field(alias="IsVisibleForCustomer", default=None)
    from_: Text = Field(alias="From", default=None)
    subject: Text = Field(alias="Subject", default=None)
    body: Text = Field(alias="Body", default=None)
    media_type: Text = Field(alias="MimeType", default=None)
    created: NaiveDatetime = Field(alias="CreateTime")
    incoming: Text = Field(alias="IncomingTime", default=None)
    files: Many[File] = Field(alias="Attachment", default=())

    @property
    def internal(self) -> bool:
        """Only those who handle tickets see it."""
        return self.visible != "1"


class TicketReply(_WithFields):
    """A ticket."""

    id: str = Field(alias="TicketID")
    number: str = Field(alias="TicketNumber")
    title: Text = Field(alias="Title", default=None)
    queue: str = Field(alias="Queue")
    service: Text = Field(alias="Service", default=None)
    type: Text = Field(alias="Type", default=None)
    state: str = Field(alias="State")
    priority: str = Field(alias="Priority")
    owner: Text = Field(alias="Owner", default=None)
    lock: Text = Field(alias="Lock", default=None)
    customer: Text = Field(alias="CustomerUserID", default=None)
    created: NaiveDatetime = Field(alias="Created")
    changed: NaiveDatetime = Field(alias="Changed")
    closed: Annotated[NaiveDatetime | None, BeforeValidator(_something)] = Field(alias="Closed", default=None)
    articles: Many[Article] = Field(alias="Article", default=())

    @property
    def version(self) -> str:
        """What changes with the ticket: Znuny counts no versions, and its times are whole seconds."""
        return "/".join((str(self.changed), self.state, self.owner or "", self.priority, self.queue))

    def article(self, id_: str) -> Article | None:
        """The message with that number."""
        return next((one for one in self.articles if one.id == id_), None)


class Tickets(_Reply):
    """``TicketGet``."""

    tickets: Many[TicketReply] = Field(alias="Ticket")


class Found(_Reply):
    """``TicketSearch``; nothing at all when none was found."""

    model_config = ConfigDict(extra="forbid")
    ids: Many[str] = Field(alias="TicketID", default=())


class Written(_Reply):
    """``TicketCreate`` and ``TicketUpdate``."""

    id: str = Field(alias="TicketID")
    article: Text = Field(alias="ArticleID", default=None)


class Entry(_Reply):
    """A line of a ticket's history: what it says is between ``%%``."""

    article: str = Field(alias="ArticleID")
    created: NaiveDatetime = Field(alias="CreateTime")
    type: str = Field(alias="HistoryType")
    text: Text = Field(alias="Name", default=None)

    @property
    def parts(self) -> list[str]:
        """What it says."""
        return (self.text or "").removeprefix("%%").split("%%")


class History(_Reply):
    """The history of one ticket."""

    entries: Many[Entry] = Field(alias="History")


class Histories(_Reply):
    """``TicketHistoryGet``."""

    tickets: Many[History] = Field(alias="TicketHistory")
