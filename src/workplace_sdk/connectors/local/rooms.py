"""Rooms and meetings in the local store."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from workplace_sdk.connectors.local.base import Act
from workplace_sdk.connectors.local.previewing import agreed
from workplace_sdk.connectors.local.rooms_attending import RoomAttending
from workplace_sdk.connectors.local.rooms_preview import left_out, zone_lines
from workplace_sdk.connectors.local.rooms_reads import HERE, RoomReads
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.operation import write
from workplace_sdk.services.rooms import Meeting, RoomBooking, Scope, WaitlistEntry

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Connection

    from workplace_sdk.kernel.effects import Steps
    from workplace_sdk.kernel.keys import Key
    from workplace_sdk.kernel.preview import Preview
    from workplace_sdk.services.common import Decision, Money, Ref
    from workplace_sdk.services.rooms import MeetingChange, MeetingDraft, Response


class LocalRooms(RoomAttending, RoomReads):
    """Rooms of our own tables. Writers of one room wait for each other, so no room is booked twice.

    A preview tells what our own arithmetic says, and then does it and takes it back: what stands in the way of the write
    stands in the preview, as far as nobody else comes between.
    """

    @write(Safety.KEYED, support=HERE)
    def book(self, draft: MeetingDraft, *, key: Key | None = None) -> Steps[Meeting]:
        return (yield from self.perform(self._to_book(draft, key), key))

    @book.previews
    def preview_book(self, draft: MeetingDraft, *, key: Key | None = None) -> Steps[Preview]:
        """Also stock, who may, what it would be had without, and what time it is for people elsewhere."""
        told = yield from RoomBooking.preview_book(self, draft, key=key)
        verdict = yield from self.attempt(self._to_book(draft, key), key)
        elsewhere = yield from self.reading(lambda connection: zone_lines(self, connection, draft))
        return agreed(told, verdict, [*left_out(verdict.result), *elsewhere])

    @book.reconciles
    def book_arrived(self, key: Key) -> Steps[Meeting | None]:
        """The meeting that *key* made."""
        return (yield from self.written(key, "rooms.book", self.meeting))

    def _to_book(self, draft: MeetingDraft, key: Key | None) -> Act[Meeting]:
        return Act("rooms.book", lambda connection: self.booked(connection, draft, str(key)), self.meeting, (draft,))

    @write(Safety.KEYED, support=HERE)
    def change(
        self,
        ref: Ref,
        change: MeetingChange,
        *,
        scope: Scope = Scope.ALL,
        occurrence: date | None = None,
        accept_fee: Money | None = None,
        key: Key | None = None,
    ) -> Steps[Meeting]:
        return (yield from self.perform(self._to_change(ref, change, scope, occurrence, accept_fee), key))

    @change.previews
    def preview_change(
        self,
        ref: Ref,
        change: MeetingChange,
        *,
        scope: Scope = Scope.ALL,
        occurrence: date | None = None,
        accept_fee: Money | None = None,
        key: Key | None = None,
    ) -> Steps[Preview]:
        """Also stock and who may."""
        told = yield from RoomBooking.preview_change(
            self, ref, change, scope=scope, occurrence=occurrence, accept_fee=accept_fee, key=key
        )
        return agreed(told, (yield from self.attempt(self._to_change(ref, change, scope, occurrence, accept_fee), key)))

    @change.reconciles
    def change_arrived(self, key: Key) -> Steps[Meeting | None]:
        """The meeting that was changed with *key*."""
        return (yield from self.written(key, "rooms.change", self.meeting))

    def _to_change(
        self, ref: Ref, change: MeetingChange, scope: Scope, occurrence: date | None, accept_fee: Money | None
    ) -> Act[Meeting]:
        def record(connection: Connection, id_: int) -> int:
            return self.changed(connection, id_, change, scope, occurrence, accept_fee)

        return self._about(ref, "rooms.change", record, change, scope, occurrence, accept_fee)

    @write(Safety.KEYED, support=HERE)
    def cancel(
        self,
        ref: Ref,
        *,
        scope: Scope = Scope.ALL,
        occurrence: date | None = None,
        reason: str | None = None,
        accept_fee: Money | None = None,
        key: Key | None = None,
    ) -> Steps[Meeting]:
        return (yield from self.perform(self._to_cancel(ref, scope, occurrence, reason, accept_fee), key))

    @cancel.previews
    def preview_cancel(
        self,
        ref: Ref,
        *,
        scope: Scope = Scope.ALL,
        occurrence: date | None = None,
        reason: str | None = None,
        accept_fee: Money | None = None,
        key: Key | None = None,
    ) -> Steps[Preview]:
        """As it will be checked when it is cancelled."""
        told = yield from RoomBooking.preview_cancel(
            self, ref, scope=scope, occurrence=occurrence, reason=reason, accept_fee=accept_fee, key=key
        )
        return agreed(told, (yield from self.attempt(self._to_cancel(ref, scope, occurrence, reason, accept_fee), key)))

    @cancel.reconciles
    def cancel_arrived(self, key: Key) -> Steps[Meeting | None]:
        """The meeting that was cancelled with *key*."""
        return (yield from self.written(key, "rooms.cancel", self.meeting))

    def _to_cancel(
        self, ref: Ref, scope: Scope, occurrence: date | None, reason: str | None, accept_fee: Money | None
    ) -> Act[Meeting]:
        def record(connection: Connection, id_: int) -> int:
            return self.cancelled(connection, id_, scope, occurrence, reason, accept_fee)

        return self._about(ref, "rooms.cancel", record, scope, occurrence, reason, accept_fee)

    @write(Safety.KEYED, support=HERE)
    def respond(self, ref: Ref, response: Response, *, key: Key | None = None) -> Steps[Meeting]:
        return (yield from self.perform(self._to_respond(ref, response), key))

    @respond.previews
    def preview_respond(self, ref: Ref, response: Response, *, key: Key | None = None) -> Steps[Preview]:
        """As it will be checked when it is answered; who is not invited is told nothing of it."""
        verdict = yield from self.attempt(self._to_respond(ref, response), key)
        if verdict.refusal is not None:
            raise verdict.refusal
        return agreed((yield from RoomBooking.preview_respond(self, ref, response, key=key)), verdict)

    @respond.reconciles
    def response_arrived(self, key: Key) -> Steps[Meeting | None]:
        """The meeting that was answered with *key*."""
        return (yield from self.written(key, "rooms.respond", self.meeting))

    def _to_respond(self, ref: Ref, response: Response) -> Act[Meeting]:
        return self._about(ref, "rooms.respond", lambda connection, id_: self.responded(connection, id_, response), response)

    @write(Safety.KEYED, support=HERE)
    def check_in(self, ref: Ref, *, key: Key | None = None) -> Steps[Meeting]:
        return (yield from self.perform(self._about(ref, "rooms.check_in", self.checked_in), key))

    @check_in.previews
    def preview_check_in(self, ref: Ref, *, key: Key | None = None) -> Steps[Preview]:
        """As it will be checked when someone checks in."""
        told = yield from RoomBooking.preview_check_in(self, ref, key=key)
        return agreed(told, (yield from self.attempt(self._about(ref, "rooms.check_in", self.checked_in), key)))

    @check_in.reconciles
    def check_in_arrived(self, key: Key) -> Steps[Meeting | None]:
        """The meeting that was checked in to with *key*."""
        return (yield from self.written(key, "rooms.check_in", self.meeting))

    @write(Safety.KEYED, support=HERE)
    def release(self, ref: Ref, *, occurrence: date | None = None, key: Key | None = None) -> Steps[Meeting]:
        return (yield from self.perform(self._to_release(ref, occurrence), key))

    @release.previews
    def preview_release(self, ref: Ref, *, occurrence: date | None = None, key: Key | None = None) -> Steps[Preview]:
        """As it will be checked when the room is given back."""
        told = yield from RoomBooking.preview_release(self, ref, occurrence=occurrence, key=key)
        return agreed(told, (yield from self.attempt(self._to_release(ref, occurrence), key)))

    @release.reconciles
    def release_arrived(self, key: Key) -> Steps[Meeting | None]:
        """The meeting whose room was given back with *key*."""
        return (yield from self.written(key, "rooms.release", self.meeting))

    def _to_release(self, ref: Ref, occurrence: date | None) -> Act[Meeting]:
        return self._about(ref, "rooms.release", lambda connection, id_: self.released(connection, id_, occurrence), occurrence)

    @write(Safety.KEYED, support=HERE)
    def decide(self, ref: Ref, decision: Decision, *, comment: str | None = None, key: Key | None = None) -> Steps[Meeting]:
        return (yield from self.perform(self._to_decide(ref, decision, comment), key))

    @decide.previews
    def preview_decide(
        self, ref: Ref, decision: Decision, *, comment: str | None = None, key: Key | None = None
    ) -> Steps[Preview]:
        """As it will be checked when it is decided."""
        told = yield from RoomBooking.preview_decide(self, ref, decision, comment=comment, key=key)
        return agreed(told, (yield from self.attempt(self._to_decide(ref, decision, comment), key)))

    @decide.reconciles
    def decision_arrived(self, key: Key) -> Steps[Meeting | None]:
        """The meeting that was decided about with *key*."""
        return (yield from self.written(key, "rooms.decide", self.meeting))

    def _to_decide(self, ref: Ref, decision: Decision, comment: str | None) -> Act[Meeting]:
        def record(connection: Connection, id_: int) -> int:
            return self.decided(connection, id_, decision, comment)

        return self._about(ref, "rooms.decide", record, decision, comment)

    @write(Safety.KEYED, support=HERE)
    def join_waitlist(self, draft: MeetingDraft, *, key: Key | None = None) -> Steps[WaitlistEntry]:
        return (yield from self.perform(self._to_join(draft), key))

    @join_waitlist.previews
    def preview_join_waitlist(self, draft: MeetingDraft, *, key: Key | None = None) -> Steps[Preview]:
        """As it will be checked when someone begins to wait."""
        told = yield from RoomBooking.preview_join_waitlist(self, draft, key=key)
        return agreed(told, (yield from self.attempt(self._to_join(draft), key)))

    @join_waitlist.reconciles
    def joining_arrived(self, key: Key) -> Steps[WaitlistEntry | None]:
        """The entry that *key* made."""
        return (yield from self.written(key, "rooms.join_waitlist", self.entry))

    def _to_join(self, draft: MeetingDraft) -> Act[WaitlistEntry]:
        return Act("rooms.join_waitlist", lambda connection: self.joined(connection, draft), self.entry, (draft,))

    @write(Safety.KEYED, support=HERE)
    def leave_waitlist(self, ref: Ref, *, key: Key | None = None) -> Steps[WaitlistEntry]:
        return (yield from self.perform(self._to_leave(ref), key))

    @leave_waitlist.previews
    def preview_leave_waitlist(self, ref: Ref, *, key: Key | None = None) -> Steps[Preview]:
        """As it will be checked when someone waits no longer."""
        told = yield from RoomBooking.preview_leave_waitlist(self, ref, key=key)
        return agreed(told, (yield from self.attempt(self._to_leave(ref), key)))

    @leave_waitlist.reconciles
    def leaving_arrived(self, key: Key) -> Steps[WaitlistEntry | None]:
        """The entry that was left with *key*."""
        return (yield from self.written(key, "rooms.leave_waitlist", self.entry))

    def _to_leave(self, ref: Ref) -> Act[WaitlistEntry]:
        id_ = self.id_of(ref, "wait")
        return Act("rooms.leave_waitlist", lambda connection: self.left(connection, id_), self.entry, (ref,))

    def _about(self, ref: Ref, operation: str, record: Callable[[Connection, int], int], *asked: Any) -> Act[Meeting]:
        """A write about a meeting that is there."""
        id_ = self.id_of(ref, "meeting")
        return Act(operation, lambda connection: record(connection, id_), self.meeting, (ref, *asked))
