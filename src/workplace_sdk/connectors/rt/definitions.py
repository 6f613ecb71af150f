"""What a queue's fields take. RT leaves out what it does not take, and says that all is well: so it is looked at before."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from attrs import frozen
from pydantic import BaseModel, ConfigDict, Field

OF_TICKETS: Final = "RT::Queue-RT::Ticket"
OF_MESSAGES: Final = "RT::Queue-RT::Ticket-RT::Transaction"


class _Reply(BaseModel):
    """Part of an answer of RT; ids come as text and as numbers."""

    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True, defer_build=True)


class QueueReply(_Reply):
    """``GET /queue/NAME``."""

    id: str
    name: str = Field(alias="Name")
    lifecycle: str = Field(alias="Lifecycle")


class FieldReply(_Reply):
    """An entry of ``GET /queue/ID/customfields``."""

    id: str
    name: str = Field(alias="Name")
    type: str = Field(alias="Type")
    of: str = Field(alias="LookupType")
    most: int = Field(alias="MaxValues")
    pattern: str = Field(alias="Pattern")


class FieldReplies(_Reply):
    """``GET /queue/ID/customfields``."""

    items: tuple[FieldReply, ...]


class ValuesReply(_Reply):
    """``GET /customfield/ID`` of one that offers values."""

    values: tuple[str, ...] = Field(alias="Values", default=())
    type: str = Field(alias="Type")


@frozen
class FieldDefinition:
    """One custom field.

    Attributes:
        options: The values it takes; ``None`` when they are not given.
    """

    id: str
    name: str
    type: str
    pattern: str = ""
    options: tuple[str, ...] | None = None

    @property
    def mandatory(self) -> bool:
        """Whether it must have a value: RT says so by a pattern that nothing does not fit."""
        return not self._fits("")

    def problem(self, value: str) -> str | None:
        """Why RT would leave *value* out; ``None`` when it takes it, as far as can be told."""
        if self.options is not None and value not in self.options:
            return f"{value} is none of: {', '.join(self.options[:20])}"
        if not self._fits(value):
            return f"{value} is not written as it should be: {self._hint()}"
        return None

    def _fits(self, value: str) -> bool:
        try:
            return not self.pattern or re.search(self.pattern, value) is not None
        except re.error:  # Perl's expressions can say more; RT is asked then
            return True

    def _hint(self) -> str:
        """The remark that a pattern begins with, which RT shows people too."""
        remark = re.match(r"\(\?#([^)]*)\)", self.pattern)
        return remark[1] if remark else self.pattern


@frozen
class QueueDefinition:
    """A queue with its fields by name, of tickets and of messages."""

    id: str
    name: str
    fields: Mapping[str, FieldDefinition]
    of_messages: frozenset[str]


def queue_definition(queue: QueueReply, fields: FieldReplies, options: Mapping[str, tuple[str, ...]]) -> QueueDefinition:
    """What was said of a queue; *options* by the id of a field."""
    made = {
        one.name: FieldDefinition(one.id, one.name, one.type, one.pattern, options.get(one.id))
        for one in fields.items
        if one.of == OF_TICKETS
    }
    return QueueDefinition(queue.id, queue.name, made, frozenset(one.name for one in fields.items if one.of == OF_MESSAGES))
