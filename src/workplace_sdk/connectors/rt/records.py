"""RT's answers, as far as they are read. Ids come as text here and as numbers there; a date that is not set is in 1970."""

from __future__ import annotations

from typing import Annotated, Any, Generic, TypeVar

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

R = TypeVar("R")


def _set(value: Any) -> Any:
    return None if isinstance(value, str) and value.startswith("1970-01-01T00:00:00") else value


Instant = Annotated[AwareDatetime | None, BeforeValidator(_set)]
"""An instant; ``None`` when RT has none."""


class _Reply(BaseModel):
    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True, defer_build=True)


class Named(_Reply):
    """A reference to a user (whose id is the user name), a queue or a ticket, with what was asked for of it."""

    id: str
    name: str = Field(alias="Name", default="")
    real_name: str = Field(alias="RealName", default="")
    email: str = Field(alias="EmailAddress", default="")


class UserReply(_Reply):
    """``GET /user/NAME``: the parts that every account may see."""

    name: str = Field(alias="Name", default="")
    real_name: str = Field(alias="RealName", default="")
    email: str = Field(alias="EmailAddress", default="")
    links: tuple[dict[str, Any], ...] = Field(alias="_hyperlinks")


class FieldValue(_Reply):
    """A custom field of a record."""

    name: str
    values: tuple[Any, ...]


class LinkReply(_Reply):
    """What can be done with a record; ``to`` is the status of a transition."""

    ref: str
    to: str = ""


class _WithFields(_Reply):
    fields: tuple[FieldValue, ...] = Field(alias="CustomFields", default=())

    def value(self, name: str | None) -> str | None:
        """What the field *name* holds; of several values the first."""
        for field in self.fields:
            if field.name == name and field.values:
                return str(field.values[0])
        return None


class TicketReply(_WithFields):
    """A ticket, from a search or by itself."""

    id: str
    subject: str = Field(alias="Subject")
    status: str = Field(alias="Status")
    queue: Named = Field(alias="Queue")
    requestors: tuple[Named, ...] = Field(alias="Requestor")
    owner: Named = Field(alias="Owner")
    creator: Named = Field(alias="Creator")
    priority: int = Field(alias="Priority")
    created: Instant = Field(alias="Created")
    updated: Instant = Field(alias="LastUpdated")
    resolved: Instant = Field(alias="Resolved")
    due: Instant = Field(alias="Due")
    links: tuple[LinkReply, ...] = Field(alias="_hyperlinks", default=())


class AssetReply(_WithFields):
    """A thing of the register."""

    id: str
    tag: str = Field(alias="Name")
    description: str = Field(alias="Description")
    holders: tuple[Named, ...] = Field(alias="HeldBy")


class Said(_WithFields):
    """A transaction: what happened to a ticket."""

    id: str
    type: str = Field(alias="Type")
    field: str | None = Field(alias="Field", default=None)
    new: str | None = Field(alias="NewValue", default=None)
    created: AwareDatetime = Field(alias="Created")
    creator: Named = Field(alias="Creator")
    ticket: str | None = Field(alias="ObjectId", default=None)
    about: Named | None = Field(alias="Object", default=None)


class Kept(_Reply):
    """A part of a message: its text (without a file name), or a file."""

    id: str
    said_in: str = Field(alias="TransactionId")
    name: str | None = Field(alias="Filename", default=None)
    type: str = Field(alias="ContentType")
    size: int = Field(alias="ContentLength", default=0)
    content: str | None = Field(alias="Content", default=None)


class Content(_Reply):
    """``GET /attachment/ID``: the bytes, in base64."""

    transaction: Named = Field(alias="TransactionId")
    name: str | None = Field(alias="Filename", default=None)
    content: str | None = Field(alias="Content", default=None)


class Created(_Reply):
    """What a new record is called."""

    id: str


class Some(_Reply, Generic[R]):
    """A page; ``total`` is ``None`` where rows that our account may not see are left out of it, so that more may follow a short page."""

    items: tuple[R, ...]
    total: int | None
