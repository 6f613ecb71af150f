"""Changing a ticket of Znuny, and saying something on it. What it answers does not say what was done, so that each is read back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from workplace_sdk.connectors.znuny.drafting import KEPT, article_of, files_of, listed, missed, state_of
from workplace_sdk.connectors.znuny.reads import ZnunyReads
from workplace_sdk.connectors.znuny.records import Article, TicketReply, Written
from workplace_sdk.kernel.errors import Conflict, InvalidInput, OutcomeUnknown
from workplace_sdk.kernel.operation import settled
from workplace_sdk.services.common import Ref
from workplace_sdk.services.incidents import TicketClosed, TicketDraft, TicketStatus
from workplace_sdk.services.incidents_mapping import chosen_category, words_for

if TYPE_CHECKING:
    from workplace_sdk.kernel.effects import Steps
    from workplace_sdk.services.common import Upload

FINISHED: Final = (TicketStatus.CLOSED, TicketStatus.CANCELLED)
_OURS: Final = {"State": "status", "Owner": "handler", "Priority": "priority"}


class ZnunyChanges(ZnunyReads):
    """What the writes have in common."""

    def update(
        self,
        ticket: TicketReply,
        wanted: Mapping[str, Any],
        *,
        fields: Mapping[str, str] | None = None,
        text: str = "",
        internal: bool = False,
        uploads: Sequence[Upload] = (),
    ) -> Steps[tuple[TicketReply, Article | None]]:
        """Change a ticket and say something on it, in one request.

        Returns:
            The ticket as it is then, and the message.

        Raises:
            Conflict: Someone else's change came between, or Znuny did none of it.
            OutcomeUnknown: A part of it was done.
        """
        fields = dict(fields or {})
        asked: dict[str, Any] = {"TicketID": ticket.id, **({"Ticket": dict(wanted)} if wanted else {})}
        marks: dict[str, str] = {}
        if text or uploads:
            said = text or ", ".join(one.name for one in uploads)
            asked["Article"] = article_of(said, ticket.title or "-", sender=self._sender(ticket), internal=internal)
            marks = yield from self.marks()
        asked |= {**listed({**fields, **marks}), **files_of(uploads)}
        made = yield from self.calls.call("TicketUpdate", asked, Written)
        after = yield from self.whole(self.translation.ref("incident", ticket.id))
        left = missed(wanted, fields, after)
        message = after.article(made.article) if made.article else None
        if "Article" in asked and (message is None or len(message.files) != len(uploads)):
            left.append("message" if message is None else "files")
        if left:
            count = sum(name in KEPT for name in wanted) + len(fields) + ("Article" in asked)
            self._not_done(left, count, after)
        return after, message

    def _not_done(self, left: Sequence[str], count: int, after: TicketReply) -> None:
        text = f"Znuny did not keep the {', '.join(left)}, or someone else changed it in the same moment"
        if len(left) < count:
            raise OutcomeUnknown(f"a part of it was done: {text}")
        names = {theirs: ours for ours, theirs in self.fields.named().items()}
        raise Conflict(text, field=_OURS.get(left[0]) or names.get(left[0], left[0]), native_code=after.state)

    def marks(self) -> Steps[dict[str, str]]:
        """The field of a message that says who says it."""
        if self.fields.author is None or self.session.caller is None:
            return {}
        author = yield from settled(self.login_of(None))
        return {self.fields.author: author} if isinstance(author, str) else {}

    def _sender(self, ticket: TicketReply) -> str:
        """Whom Znuny takes a message to be from: customers have their tickets looked at."""
        caller = self.session.caller
        return "customer" if caller is not None and self.translation.requester(ticket).same_person(caller) else "agent"

    def step(self, *wanted: TicketStatus) -> dict[str, Any]:
        """The state that means the first of *wanted* that has one."""
        words = words_for(self.settings.statuses, *wanted)
        if not words:
            raise InvalidInput(f"none of the states in the settings means {wanted[0]}", field="status")
        return state_of(words[0], self.translation)

    def handled(self, ref: Ref) -> Steps[tuple[TicketReply, TicketStatus]]:
        """A ticket that is not finished, and how far it is.

        Raises:
            TicketClosed: It is finished.
        """
        ticket = yield from self.whole(ref)
        status = self.translation.status(ticket.state).value
        if status in FINISHED:
            raise TicketClosed(f"it is {ticket.state}", field="ref", native_code=ticket.state)
        return ticket, status

    def place_of(self, draft: TicketDraft) -> tuple[str, str | None]:
        """The queue for a draft, and the service that it is about."""
        if draft.category is None:
            return self.settings.queues[0], None
        known = self.translation.categories()
        chosen = chosen_category(draft.category, [one for one, _, _ in known])
        return next((queue, service) for one, queue, service in known if one is chosen)
