"""Changing an issue of Redmine, and saying something on it. It ignores what is not allowed and answers 204: each is read back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workplace_sdk.connectors.redmine.connector import NotValid
from workplace_sdk.connectors.redmine.drafting import OURS, missed, refused
from workplace_sdk.connectors.redmine.reads import RedmineReads
from workplace_sdk.connectors.redmine.records import UploadReply
from workplace_sdk.connectors.redmine.translation import plain
from workplace_sdk.kernel.errors import Conflict, InvalidInput, NotFound, NotSupported, OutcomeUnknown, Rejected
from workplace_sdk.services.incidents import TicketClosed, TicketStatus
from workplace_sdk.services.incidents_mapping import chosen_category, words_for

if TYPE_CHECKING:
    from workplace_sdk.connectors.redmine.base import Desk
    from workplace_sdk.connectors.redmine.records import Issue, Journal, Named
    from workplace_sdk.kernel.effects import Steps
    from workplace_sdk.kernel.keys import Key
    from workplace_sdk.services.common import Ref, Upload
    from workplace_sdk.services.incidents import Category, TicketDraft
    from workplace_sdk.wires.http import Reply

FINISHED = (TicketStatus.CLOSED, TicketStatus.CANCELLED)


class RedmineChanges(RedmineReads):
    """What the writes have in common."""

    def send(self, desk: Desk, method: str, path: str, wanted: Mapping[str, Any], *, key: Key | None = None) -> Steps[Reply]:
        """Send an issue, or a change of one, as the caller; a refusal says which field it is about."""
        try:
            return (yield from self.http.exchange(method, path, json={"issue": wanted}, headers=desk.switch, key=key))
        except NotValid as told:
            raise refused(told, wanted.keys(), desk.translation) from None

    def uploaded(self, desk: Desk, uploads: Sequence[Upload]) -> Steps[list[dict[str, str]]]:
        """Give Redmine the bytes of files; a token of each goes with the issue that it belongs to, and is good for once.

        Bytes that no issue ever names are nowhere to be seen, and thrown away by Redmine: a repeat does no harm.
        """
        tokens: list[dict[str, str]] = []
        for one in uploads:
            query = {"filename": one.name, "content_type": one.media_type}
            headers = {**desk.switch, "Content-Type": "application/octet-stream"}
            exchange = self.http.exchange("POST", "/uploads.json", query=query, body=one.content, headers=headers, reads=True)
            try:
                token = (yield from exchange).model(UploadReply).upload.token
            except NotValid as told:
                raise Rejected(f"{one.name}: {told.message}", field="attachments", native_code=told.native_code) from None
            tokens.append({"token": token, "filename": one.name, "content_type": one.media_type})
        return tokens

    def change(self, desk: Desk, issue: Issue, wanted: Mapping[str, Any]) -> Steps[Issue]:
        """Change an issue.

        Returns:
            The issue as it is then.

        Raises:
            Conflict: None of it was done: it may not be, in its state or by who asks.
            OutcomeUnknown: A part of it was done.
        """
        yield from self.send(desk, "PUT", f"/issues/{issue.id}.json", wanted)
        after = yield from self.issue(desk, desk.translation.ref("incident", issue.id))
        if left := missed(wanted, after):
            names = {str(field.id): meaning for meaning, field in desk.catalogue.fields.items()} | dict(OURS)
            told = ", ".join(names.get(name, name) for name in left)
            text = f"Redmine did not change the {told} of ticket {issue.id}: {desk.me.login} may not, as it is now"
            count = len(wanted) + len(wanted.get("custom_fields", ())) - ("custom_fields" in wanted)
            if len(left) < count:
                raise OutcomeUnknown(f"a part of it was done. {text}")
            raise Conflict(text, field=names.get(left[0], left[0]), native_code=after.status.name)
        return after

    def step(self, desk: Desk, issue: Issue, *wanted: TicketStatus) -> int:
        """The number of the first status that means one of *wanted* and that the workflow lets the caller set.

        Raises:
            Conflict: There is no such step; it says which there are.
        """
        words = words_for(self.settings.statuses, *wanted)
        if not words:
            raise InvalidInput(f"none of the statuses in the settings means {wanted[0]}", field="status")
        allowed: dict[str, Named] = {one.name: one for one in issue.allowed_statuses}
        for word in words:
            if word in allowed and word != issue.status.name:
                return allowed[word].id
        there = ", ".join(name for name in allowed if name != issue.status.name) or "none"
        text = f"from {issue.status.name} the workflow gives {desk.me.login} these steps: {there}"
        raise Conflict(text, field="status", native_code=issue.status.name)

    def say(
        self, desk: Desk, issue: Issue, text: str, *, uploads: Sequence[Upload] = (), internal: bool = False, **change: Any
    ) -> Steps[tuple[Journal, Issue]]:
        """Say something, with files: what Redmine wrote down of it, and the issue as it is then."""
        tokens = yield from self.uploaded(desk, uploads)
        wanted: dict[str, Any] = {**change, **({"uploads": tokens} if tokens else {})}
        if text:
            wanted |= {"notes": text, **({"private_notes": True} if internal else {})}
        yield from self.send(desk, "PUT", f"/issues/{issue.id}.json", wanted)
        after = yield from self.issue(desk, desk.translation.ref("incident", issue.id))
        known = {one.id for one in issue.journals}
        for journal in after.journals:
            same = plain(journal.notes).strip() == plain(text).strip() and journal.private_notes == internal
            mine = journal.id not in known and journal.user is not None and journal.user.id == desk.me.id
            files = [one for one in journal.details if one.property == "attachment"]
            if mine and same and len(files) == len(tokens):
                return journal, after
        raise Conflict(f"Redmine wrote down nothing of it: {desk.me.login} may not say anything here", field="ref")

    def handled(self, desk: Desk, ref: Ref) -> Steps[tuple[Issue, TicketStatus]]:
        """An issue that is not finished, and how far it is.

        Raises:
            TicketClosed: It is finished.
        """
        issue = yield from self.issue(desk, ref)
        status = desk.translation.status(issue.status.name).value
        if status in FINISHED:
            raise TicketClosed(f"it is {issue.status.name}", field="ref", native_code=issue.status.name)
        return issue, status

    def category_of(self, desk: Desk, draft: TicketDraft) -> Category | None:
        """The category that a draft names."""
        if draft.category is None:
            return None
        return chosen_category(draft.category, desk.translation.categories())

    def requester_of(self, desk: Desk, draft: TicketDraft) -> Steps[dict[int, str]]:
        """The field that says who has the trouble, where Redmine sees our account alone.

        Raises:
            NotSupported: It is someone else than who asks, and Redmine writes down who asks.
        """
        login = yield from self.login_of(draft.person)
        if not self.ours_alone:
            if login.casefold() != desk.me.login.casefold():
                raise NotSupported("Redmine writes down that who asks has the trouble", field="person")
            return {}
        field = desk.catalogue.field("requester")
        if field is None:
            raise NotFound("Redmine has no field for who has the trouble", field="person")
        return {field: login}
