"""The ``rt`` connector: how Request Tracker is reached, and what is remembered of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from workplace_sdk.connectors.rt.definitions import (
    FieldReplies,
    QueueDefinition,
    QueueReply,
    ValuesReply,
    queue_definition,
)
from workplace_sdk.connectors.rt.records import Named
from workplace_sdk.connectors.rt.settings import RtSettings
from workplace_sdk.kernel.connector import Connector
from workplace_sdk.kernel.effects import All
from workplace_sdk.kernel.errors import ConfigError, Conflict, ProtocolError, Rejected, Unauthorized, WorkplaceError
from workplace_sdk.kernel.memory import Memory
from workplace_sdk.wires.http import excerpt

if TYPE_CHECKING:
    from workplace_sdk.kernel.effects import Steps
    from workplace_sdk.wires.http import Reply

LIFETIME: Final = 300.0
"""Seconds that queues, fields and people are remembered."""
TIMES: Final = frozenset({"since", "next_update_by"})


class Rt(Connector):
    """Tickets of some queues of one Request Tracker."""

    settings_type = RtSettings
    services = {"incidents": "workplace_sdk.connectors.rt.incidents:RtIncidents"}  # noqa: RUF012 - a ClassVar in the base
    settings: RtSettings

    def __init__(self, name: str, settings: RtSettings, surroundings: Mapping[str, Any] | None = None) -> None:
        super().__init__(name, settings, surroundings)
        self.http = settings.http(self.surroundings.get("directory"), path="/REST/2.0", refusal=refusal)
        self.zone: str = settings.zone or self.surroundings.get("zone") or "UTC"
        self.queues: Memory[QueueDefinition] = Memory(LIFETIME)
        self.queue_names: Memory[str] = Memory(LIFETIME)
        self.people: Memory[Named] = Memory(LIFETIME)

    def queue(self, name: str) -> Steps[QueueDefinition]:
        """A queue with its fields, as remembered or asked for."""
        return (yield from self.queues.recalled(name, lambda: self._queue(name)))

    def _queue(self, name: str) -> Steps[QueueDefinition]:
        from urllib.parse import quote

        try:
            queue = (yield from self.http.get(f"/queue/{quote(name, safe='')}")).model(QueueReply)
        except Unauthorized as refused:
            raise ConfigError(f"there is no queue {name!r}, or our account may not see it", **self._at("queues")) from refused
        what = {"fields": "Name,Type,LookupType,MaxValues,Pattern", "per_page": "100"}
        fields = (yield from self.http.get(f"/queue/{queue.id}/customfields", what)).model(FieldReplies)
        offering = [one for one in fields.items if one.type == "Select"]
        replies = yield from All(*(self.http.get(f"/customfield/{one.id}") for one in offering))
        options = {one.id: reply.model(ValuesReply).values for one, reply in zip(offering, replies, strict=True)}
        return queue_definition(queue, fields, options)

    def of_messages(self, queue: QueueDefinition) -> None:
        """See to it that what is said in *queue* can be found, and says who said it: RT leaves out what it does not know."""
        wanted = {"key": self.settings.fields.key, "author": self.settings.fields.author}
        for meaning, name in wanted.items():
            if name is not None and name not in queue.of_messages:
                why = f"the queue {queue.name} has no custom field {name!r} for ticket transactions"
                raise ConfigError(why, **self._at(meaning, ".fields"))

    def of_tickets(self, queue: QueueDefinition) -> None:
        """See to it that a ticket in *queue* can be found by its key."""
        if self.settings.fields.key not in queue.fields:
            why = f"the queue {queue.name} has no custom field {self.settings.fields.key!r} for tickets"
            raise ConfigError(why, **self._at("key", ".fields"))

    def _used(self, queues: Sequence[QueueDefinition]) -> None:
        """See to it that each field is somewhere, and that those that hold a time can."""
        for meaning, name in self.settings.fields.named().items():
            found = [queue.fields[name] for queue in queues if name in queue.fields]
            if not found and meaning != "author":
                raise ConfigError(f"no queue has a custom field {name!r} for tickets", **self._at(meaning, ".fields"))
            if meaning in TIMES and any(one.type != "DateTime" for one in found):
                raise ConfigError(
                    f"the custom field {name!r} holds no date and time (DateTime)", **self._at(meaning, ".fields")
                )

    def _at(self, key: str, below: str = "") -> dict[str, str]:
        return {"table": f"connections.{self.name}{below}", "key": key}

    def ping(self) -> Steps[str]:
        """Ask for the version, and see to it that every queue has every field that the settings name."""
        reply = yield from self.http.get("/rt")
        told: Any = reply.json()
        version = told.get("Version") if isinstance(told, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        if not isinstance(version, str):
            raise ProtocolError("that is no Request Tracker", excerpt=reply.excerpt)
        self.queues.clear()
        queues: list[QueueDefinition] = []
        for one in self.settings.queues:
            queue = yield from self.queue(one)
            self.of_tickets(queue)
            self.of_messages(queue)
            queues.append(queue)
        self._used(queues)
        return f"Request Tracker {version}, {', '.join(self.settings.queues)}"

    def close(self) -> None:
        self.http.close()

    async def aclose(self) -> None:
        await self.http.aclose()


def refusal(reply: Reply) -> WorkplaceError | None:
    """RT's own sentence with what HTTP says: it is in the language of our account, so nothing is decided by it."""
    kinds: dict[int, type[WorkplaceError]] = {400: Rejected, 401: Unauthorized, 403: Unauthorized, 412: Conflict}
    kind = kinds.get(reply.status)
    if kind is None:
        return None
    if kind is Conflict:
        return Conflict("it was changed meanwhile: look at it again", field="ref", native_code="412")
    text = f"Request Tracker: {_sentence(reply)}"
    return Rejected(text, native_code=str(reply.status)) if kind is Rejected else Unauthorized(text)


def _sentence(reply: Reply) -> str:
    try:
        told: Any = reply.json()
    except ProtocolError:
        return f"HTTP {reply.status}"
    said = told.get("message") if isinstance(told, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return excerpt(said, reply.hidden) if isinstance(said, str) else f"HTTP {reply.status}"
