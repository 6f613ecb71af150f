"""Leave in the local store: asking for it and deciding about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from workplace_sdk.connectors.local.base import Act
from workplace_sdk.connectors.local.leave_changing import LeaveChanges
from workplace_sdk.connectors.local.leave_preview import LeavePreviews
from workplace_sdk.connectors.local.leave_reads import HERE
from workplace_sdk.connectors.local.previewing import agreed
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.operation import write
from workplace_sdk.kernel.support import Native
from workplace_sdk.services.leave import LeaveRequest, LeaveService, LeaveStatus
from workplace_sdk.services.leave_preview import BEGUN

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Connection

    from workplace_sdk.kernel.effects import Steps
    from workplace_sdk.kernel.keys import Key
    from workplace_sdk.kernel.preview import Preview
    from workplace_sdk.services.common import Attachment, Decision, Ref, Upload
    from workplace_sdk.services.leave import LeaveDraft

LARGEST: Final = 10_000_000
WITH_FILES: Final = Native(evidence="live", limits={"attachment_bytes": LARGEST})


class LocalLeave(LeaveChanges, LeavePreviews):
    """Leave on our own tables. Writers of one person's leave wait for each other, so no balance is overdrawn.

    A preview tells what it comes to, and then does it and takes it back: what stands in the way of the write stands in the
    preview, as far as nobody else comes between.
    """

    @write(Safety.KEYED, support=WITH_FILES)
    def submit(self, draft: LeaveDraft, *, key: Key | None = None) -> Steps[LeaveRequest]:
        return (yield from self.perform(self._to_submit(draft), key))

    @submit.previews
    def preview_submit(self, draft: LeaveDraft, *, key: Key | None = None) -> Steps[Preview]:
        """What the request would cost, and every reason why it would be refused."""
        told = yield from self.previewed("leave.submit", draft, key)
        return agreed(told, (yield from self.attempt(self._to_submit(draft), key)))

    @submit.reconciles
    def submission_arrived(self, key: Key) -> Steps[LeaveRequest | None]:
        """The request that *key* made."""
        return (yield from self.written(key, "leave.submit", self.request))

    def _to_submit(self, draft: LeaveDraft) -> Act[LeaveRequest]:
        return Act("leave.submit", lambda connection: self.submitted(connection, draft), self.request, (draft,))

    @write(Safety.KEYED, support=WITH_FILES)
    def amend(self, ref: Ref, draft: LeaveDraft, *, key: Key | None = None) -> Steps[LeaveRequest]:
        return (yield from self.perform(self._to_amend(ref, draft), key))

    @amend.previews
    def preview_amend(self, ref: Ref, draft: LeaveDraft, *, key: Key | None = None) -> Steps[Preview]:
        """As for ``submit``, the request that is replaced left out."""
        told = yield from self.previewed("leave.amend", draft, key, replacing=self.id_of(ref, "leave"))
        return agreed(told, (yield from self.attempt(self._to_amend(ref, draft), key)))

    @amend.reconciles
    def amendment_arrived(self, key: Key) -> Steps[LeaveRequest | None]:
        """The request that *key* amended."""
        return (yield from self.written(key, "leave.amend", self.request))

    def _to_amend(self, ref: Ref, draft: LeaveDraft) -> Act[LeaveRequest]:
        return self._about(ref, "leave.amend", lambda connection, id_: self.amended(connection, id_, ref, draft), draft)

    @write(Safety.KEYED, support=HERE)
    def withdraw(self, ref: Ref, *, reason: str | None = None, key: Key | None = None) -> Steps[LeaveRequest]:
        return (yield from self.perform(self._to_withdraw(ref, reason), key))

    @withdraw.previews
    def preview_withdraw(self, ref: Ref, *, reason: str | None = None, key: Key | None = None) -> Steps[Preview]:
        """As it will be checked when it is withdrawn."""
        told = yield from LeaveService.preview_withdraw(self, ref, reason=reason, key=key)
        return agreed(told, (yield from self.attempt(self._to_withdraw(ref, reason), key)))

    @withdraw.reconciles
    def withdrawal_arrived(self, key: Key) -> Steps[LeaveRequest | None]:
        """The request that *key* withdrew."""
        return (yield from self.written(key, "leave.withdraw", self.request))

    def _to_withdraw(self, ref: Ref, reason: str | None) -> Act[LeaveRequest]:
        return self._about(ref, "leave.withdraw", lambda connection, id_: self.withdrawn(connection, id_, reason), reason)

    @write(Safety.KEYED, support=HERE)
    def cancel(self, ref: Ref, *, reason: str | None = None, key: Key | None = None) -> Steps[LeaveRequest]:
        return (yield from self.perform(self._to_cancel(ref, reason), key))

    @cancel.previews
    def preview_cancel(self, ref: Ref, *, reason: str | None = None, key: Key | None = None) -> Steps[Preview]:
        """As it will be checked when it is cancelled, and whether the approver has to agree."""
        told = yield from LeaveService.preview_cancel(self, ref, reason=reason, key=key)
        verdict = yield from self.attempt(self._to_cancel(ref, reason), key)
        asking = verdict.result is not None and verdict.result.status == LeaveStatus.CANCEL_REQUESTED
        lines = tuple(line for line in told.lines if line.code != BEGUN.code)
        more = [BEGUN] if asking and not verdict.done else []
        return agreed(told.model_copy(update={"lines": lines}), verdict, more)

    @cancel.reconciles
    def cancellation_arrived(self, key: Key) -> Steps[LeaveRequest | None]:
        """The request that *key* cancelled."""
        return (yield from self.written(key, "leave.cancel", self.request))

    def _to_cancel(self, ref: Ref, reason: str | None) -> Act[LeaveRequest]:
        return self._about(ref, "leave.cancel", lambda connection, id_: self.given_back(connection, id_, reason), reason)

    @write(Safety.KEYED, support=HERE)
    def decide(
        self, ref: Ref, decision: Decision, *, comment: str | None = None, key: Key | None = None
    ) -> Steps[LeaveRequest]:
        return (yield from self.perform(self._to_decide(ref, decision, comment), key))

    @decide.previews
    def preview_decide(
        self, ref: Ref, decision: Decision, *, comment: str | None = None, key: Key | None = None
    ) -> Steps[Preview]:
        """What they have left besides it, who of their team is off then, and whether it can be decided so."""
        told = yield from self.previewed_decision(self.id_of(ref, "leave"), decision, key)
        return agreed(told, (yield from self.attempt(self._to_decide(ref, decision, comment), key)))

    @decide.reconciles
    def decision_arrived(self, key: Key) -> Steps[LeaveRequest | None]:
        """The request that *key* decided about."""
        return (yield from self.written(key, "leave.decide", self.request))

    def _to_decide(self, ref: Ref, decision: Decision, comment: str | None) -> Act[LeaveRequest]:
        def record(connection: Connection, id_: int) -> int:
            return self.decided_about(connection, id_, ref, decision, comment)

        return self._about(ref, "leave.decide", record, decision, comment)

    @write(Safety.KEYED, support=WITH_FILES)
    def attach(self, ref: Ref, upload: Upload, *, key: Key | None = None) -> Steps[Attachment]:
        return (yield from self.perform(self._to_attach(ref, upload), key))

    @attach.previews
    def preview_attach(self, ref: Ref, upload: Upload, *, key: Key | None = None) -> Steps[Preview]:
        """As it will be checked when it is kept."""
        told = yield from LeaveService.preview_attach(self, ref, upload, key=key)
        return agreed(told, (yield from self.attempt(self._to_attach(ref, upload), key)))

    @attach.reconciles
    def attachment_arrived(self, key: Key) -> Steps[Attachment | None]:
        """The document that *key* added."""
        return (yield from self.written(key, "leave.attach", self.file))

    def _to_attach(self, ref: Ref, upload: Upload) -> Act[Attachment]:
        id_ = self.id_of(ref, "leave")
        return Act("leave.attach", lambda connection: self.enclosed(connection, id_, upload), self.file, (ref, upload))

    def _about(self, ref: Ref, operation: str, record: Callable[[Connection, int], int], *asked: Any) -> Act[LeaveRequest]:
        """A write about a request that is there."""
        id_ = self.id_of(ref, "leave")
        return Act(operation, lambda connection: record(connection, id_), self.request, (ref, *asked))
