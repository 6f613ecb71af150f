"""Changing a ticket of Request Tracker, and saying something on it. It answers 200 to a refusal too, so that each is read back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

from workplace_sdk.connectors.rt.drafting import form, missed, sent
from workplace_sdk.connectors.rt.reads import RtReads
from workplace_sdk.connectors.rt.records import Kept, Said, TicketReply
from workplace_sdk.connectors.rt.translation import text_of
from workplace_sdk.kernel.errors import Conflict, InvalidInput, OutcomeUnknown, ProtocolError
from workplace_sdk.kernel.operation import settled
from workplace_sdk.services.common import Comment, PersonRef, Ref
from workplace_sdk.services.incidents import AssetUnknown, TicketClosed, TicketDraft, TicketStatus
from workplace_sdk.services.incidents_mapping import chosen_category, words_for
from workplace_sdk.wires.http import excerpt

if TYPE_CHECKING:
    from workplace_sdk.kernel.effects import Steps
    from workplace_sdk.kernel.keys import Key
    from workplace_sdk.services.common import Upload
    from workplace_sdk.wires.http import Reply

LONGEST_KEY: Final = 200
FINISHED: Final = (TicketStatus.CLOSED, TicketStatus.CANCELLED)
_OURS: Final = {"Status": "status", "Owner": "handler", "Priority": "priority", "Due": "due"}


class RtChanges(RtReads):
    """What the writes have in common."""

    def send(self, path: str, content: Mapping[str, Any], uploads: Sequence[Upload], key: Key | None) -> Steps[Reply]:
        """Post a ticket or a message: as a form when there are files with it."""
        if not uploads:
            return (yield from self.http.post(path, json=content, key=key))
        body, media_type = form(content, uploads)
        headers = {"Content-Type": media_type}
        return (yield from self.http.exchange("POST", path, body=body, headers=headers, key=key))

    def change(self, ticket: TicketReply, wanted: Mapping[str, Any], *, version: str | None = None) -> Steps[TicketReply]:
        """Change a ticket, only while it is at *version* when that is given.

        Returns:
            The ticket as it is then.

        Raises:
            Conflict: It has another version, or none of it was done; with what RT says about it.
            OutcomeUnknown: A part of it was done.
        """
        path = f"/ticket/{ticket.id}"
        reply = yield from self.http.put(path, json=sent(wanted, self.translation), if_match=version)
        after = (yield from self.http.get(path)).model(TicketReply)
        if left := missed(wanted, after):
            text = f"Request Tracker did not change the {', '.join(left)}: {_sentences(reply)}"
            count = len(wanted) + len(wanted.get("CustomFields", ())) - ("CustomFields" in wanted)
            if len(left) < count:
                raise OutcomeUnknown(f"a part of it was done. {text}")
            raise Conflict(text, field=self._field(left[0]), native_code=after.status)
        return after

    def _field(self, name: str) -> str:
        """Our name of a field of RT."""
        return _OURS.get(name) or next((ours for ours, theirs in self.fields.named().items() if theirs == name), name)

    def becomes(self, ticket: TicketReply, *wanted: TicketStatus) -> str:
        """The word for the first of *wanted* that RT has: of several that which it offers as a next step.

        Not every step that a lifecycle allows is offered, so that what is not may be tried.
        """
        words = words_for(self.settings.statuses, *wanted)
        if not words:
            raise InvalidInput(f"none of the statuses in the settings means {wanted[0]}", field="status")
        offered = self.next_steps(ticket)
        return next((word for word in words if word in offered), words[0])

    @staticmethod
    def next_steps(ticket: TicketReply) -> set[str]:
        """Statuses that RT offers as a next step."""
        return {link.to for link in ticket.links if link.ref == "lifecycle"}

    def say(
        self,
        ticket: TicketReply,
        how: Literal["correspond", "comment"],
        text: str,
        *,
        uploads: Sequence[Upload] = (),
        key: Key | None = None,
        status: str | None = None,
    ) -> Steps[Said]:
        """Say something to everyone (``correspond``) or to handlers (``comment``); the ticket has *status* afterwards.

        What is said on a ticket that is finished opens it again, unless RT was set up otherwise: *status* comes after that.
        """
        self.rt.of_messages((yield from self.rt.queue(ticket.queue.id)))
        marks: dict[str, str] = {self.fields.key: key} if key else {}
        if self.fields.author and self.session.caller is not None:
            author = yield from settled(self.key_of(None))
            marks |= {self.fields.author: author} if isinstance(author, str) else {}
        content: dict[str, Any] = {"TxnCustomFields": marks} if marks else {}
        if text:
            content |= {"Content": "0 " if text == "0" else text, "ContentType": "text/plain"}  # "0" is nothing to Perl
        if status:
            content["Status"] = status
        reply = yield from self.send(f"/ticket/{ticket.id}/{how}", content, uploads, key)
        said = yield from self.said(reply.headers.get("location", "").rpartition("/")[2])
        if missing := [name for name, value in marks.items() if said.value(name) != value]:
            raise OutcomeUnknown(f"it was said, and Request Tracker did not keep its {', '.join(missing)}", key=key)
        if status is not None:
            after, _ = yield from self.bare(self.translation.ref("incident", ticket.id))
            if after.status != status:
                raise OutcomeUnknown(f"it was said, and the ticket did not become {status}: it is {after.status}", key=key)
        return said

    def said(self, id_: str) -> Steps[Said]:
        """One thing that happened."""
        if not id_.isdecimal():
            raise ProtocolError("Request Tracker does not say what the message is called")
        return (yield from self.http.get(f"/transaction/{id_}")).model(Said)

    def files_of(self, said: Said) -> Steps[Sequence[Kept]]:
        """The files of a message."""
        return (yield from self.parts([said.id], files=True)).get(said.id, ())

    def comment_of(self, said: Said) -> Steps[Comment]:
        """A message as a comment."""
        texts = yield from self.parts([said.id], files=False)
        files = yield from self.files_of(said)
        people = yield from self.named((said.creator,))
        return Comment(
            ref=self.translation.ref("comment", said.id),
            author=self.author(said, people.get(said.creator.id, said.creator)),
            at=said.created,
            body=text_of(texts.get(said.id, ())),
            attachments=tuple(self.translation.attachment(one) for one in files),
        )

    def handled(self, ref: Ref) -> Steps[tuple[TicketReply, TicketStatus]]:
        """A ticket that is not finished, and how far it is.

        Raises:
            TicketClosed: It is finished.
        """
        ticket, _ = yield from self.bare(ref)
        status = self.translation.status(ticket.status).value
        if status in FINISHED:
            raise TicketClosed(f"it is {ticket.status}", field="ref", native_code=ticket.status)
        return ticket, status

    def subject_of(self, draft: TicketDraft) -> Steps[tuple[str, str | None]]:
        """The queue for a draft, and what of the queue it is about."""
        if draft.category is None:
            return self.settings.queues[0], None
        queue, *subject = chosen_category(draft.category, (yield from self.subjects())).path
        return queue, subject[0] if subject else None

    def tag_of(self, draft: TicketDraft) -> Steps[str | None]:
        """The tag of the thing as it is written on it; ``AssetUnknown`` when the register has none."""
        if draft.asset is None or self.settings.assets is None:
            return draft.asset
        found = yield from self.assets.steps(tag=draft.asset)
        if not found:
            raise AssetUnknown(f"there is no thing with the tag {draft.asset}", field="asset")
        return found[0].tag

    def requestor_of(self, person: PersonRef | None) -> Steps[str]:
        """What RT calls who has the trouble. A user name that it does not know would leave the ticket with nobody."""
        if self.settings.person == "email":
            return (yield from self.key_of(person))
        return (yield from self.user_name(self.person(person), "person"))


def _sentences(reply: Reply) -> str:
    """What RT says of each part of a change, in the language of our account: for people, nothing is decided by it."""
    try:
        told: Any = reply.json()
    except ProtocolError:
        return "it does not say why"
    said = [one for one in told if isinstance(one, str)] if isinstance(told, list) else []  # pyright: ignore[reportUnknownVariableType]
    return excerpt(" ".join(said), reply.hidden) or "it does not say why"
