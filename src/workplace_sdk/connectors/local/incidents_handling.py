"""Handling tickets in the local store: who works on it, how far it is, what solves it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workplace_sdk.connectors.local.base import Act
from workplace_sdk.connectors.local.incidents_changes import IncidentChanges
from workplace_sdk.connectors.local.incidents_similar import HERE
from workplace_sdk.connectors.local.previewing import agreed
from workplace_sdk.kernel.effects import Steps
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.operation import write
from workplace_sdk.kernel.preview import Preview
from workplace_sdk.kernel.words import Words
from workplace_sdk.services.common import PersonRef, Ref
from workplace_sdk.services.incidents import Incidents, Ticket, TicketChange, TicketStatus
from workplace_sdk.services.refusals import InvalidField, NotPossible

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


class IncidentHandling(IncidentChanges):
    """What those do who solve tickets."""

    @write(Safety.KEYED, support=HERE)
    def handle(self, ref: Ref, change: TicketChange, *, key: Key | None = None) -> Steps[Ticket]:
        return (yield from self.perform(self._to_handle(ref, change), key))

    @handle.previews
    def preview_handle(self, ref: Ref, change: TicketChange, *, key: Key | None = None) -> Steps[Preview]:
        """Which ticket, what changes, and whether it can."""
        told = yield from Incidents.preview_handle(self, ref, change, key=key)
        return agreed(told, (yield from self.attempt(self._to_handle(ref, change), key)))

    @handle.reconciles
    def handled(self, key: Key) -> Steps[Ticket | None]:
        """The ticket that *key* changed."""
        return (yield from self.written(key, "incidents.handle", self.ticket))

    def _to_handle(self, ref: Ref, change: TicketChange) -> Act[Ticket]:
        def record(connection: Connection, row: Any) -> None:
            if not change.model_dump(exclude_none=True, exclude={"internal"}):
                raise InvalidField(Words("say what changes", "geef aan wat er wijzigt"), field="change")
            if ref.version is not None and ref.version != str(row.revision):
                why = Words("it was changed meanwhile: look at it again", "het is intussen gewijzigd: bekijk het opnieuw")
                raise NotPossible(why, field="ref")
            values = self._changed(connection, row, change)
            if change.status is not None and change.status.value != row.status:
                solution = values["resolution"] if change.status is TicketStatus.RESOLVED else ""
                self.becomes(connection, row, change.status, solution, **values)
            elif values:
                self.keep(connection, row, **values)
            if change.priority is not None:
                self.tell(connection, row.id, "changed", f"priority: {change.priority}")
            if change.note:
                self.tell(connection, row.id, "commented", change.note, internal=change.internal)
                self.touch(connection, row.id)
            if change.status is TicketStatus.RESOLVED and row.status != "resolved":
                self.solve_the_same(connection, row.id, values)

        return self.about("handle", ref, record, change, also=("resolved",), above=change.parent)

    def _changed(self, connection: Connection, row: Any, change: TicketChange) -> dict[str, Any]:
        """The columns that a change sets, its status left out."""
        values = change.model_dump(exclude_none=True, include={"resolution", "next_update_by", "due", "major"})
        if change.status is TicketStatus.RESOLVED and row.status != "resolved":
            if not (change.resolution or row.resolution):
                raise InvalidField(Words("say what the solution is", "geef aan wat de oplossing is"), field="resolution")
            values |= {"resolved_at": self.session.now(), "resolution": change.resolution or row.resolution}
        elif change.status in (TicketStatus.CLOSED, TicketStatus.CANCELLED):
            values["closed_at"] = self.session.now()
        if change.priority is not None:
            values["priority"] = change.priority.value
        if change.handler is not None:
            values["handler_id"] = self._handler(connection, change.handler).id
        if change.parent is not None:
            values["parent_id"] = self.above(connection, row, change.parent)
        return values

    def _handler(self, connection: Connection, handler: PersonRef) -> Any:
        row = self.employee(connection, handler, field="handler")
        if not row.active:
            why = Words("{name} does not work here any more", "{name} werkt hier niet meer")
            raise InvalidField(why.filled(name=row.display_name), field="handler")
        return row
