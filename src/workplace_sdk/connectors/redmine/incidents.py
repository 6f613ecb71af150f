"""Incidents in Redmine: reporting, answering, handling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from workplace_sdk.connectors.redmine.base import Desk
from workplace_sdk.connectors.redmine.changes import RedmineChanges
from workplace_sdk.connectors.redmine.connector import NotValid
from workplace_sdk.connectors.redmine.drafting import changes_of, custom_fields, fields_of, issue_of, missed, refused
from workplace_sdk.connectors.redmine.reads import ALL_OF_THEM
from workplace_sdk.connectors.redmine.records import Issue, IssueReply, Named
from workplace_sdk.connectors.redmine.translation import DUPLICATES, plain
from workplace_sdk.kernel.effects import Steps
from workplace_sdk.kernel.errors import Conflict, InvalidInput, OutcomeUnknown
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.operation import write
from workplace_sdk.kernel.support import HandOff, Native, Support
from workplace_sdk.services.common import Attachment, Comment, Ref, Upload
from workplace_sdk.services.incidents import Ticket, TicketChange, TicketDraft, TicketKind, TicketStatus, may_follow
from workplace_sdk.services.incidents_mapping import higher, without

LARGEST: Final = 5_242_880
WITH_FILES: Final = Native(evidence="live", limits={"attachment_bytes": LARGEST})
HERE: Final = Native(evidence="live")
LONGEST_KEY: Final = 200
_TICKET: Final = HandOff("Open it in Redmine", "{base}/issues/{id}", ("id",))
_FORM: Final = "{base}/projects/{project}/issues/new?issue%5Bsubject%5D={what}&issue%5Bdescription%5D={details}"
OPENED: Final = (TicketStatus.OPEN, TicketStatus.IN_PROGRESS, TicketStatus.NEW)


class RedmineIncidents(RedmineChanges):
    """Tickets in the projects of a connection, as the person or as our account."""

    handoffs = {  # noqa: RUF012 - a ClassVar in the base
        "report": HandOff("Report it in Redmine", _FORM, ("what", "details")),
        **dict.fromkeys(("comment", "attach", "cancel", "reopen", "confirm_resolved", "escalate", "handle"), _TICKET),
    }

    def link_values(self) -> Mapping[str, object]:
        return {"base": self.settings.url.rstrip("/"), "project": self.settings.projects[0]}

    def support_of(self, name: str) -> Support:
        support = super().support_of(name)
        if isinstance(support, Native) and "attachment_bytes" in support.limits:
            missing = {"asset", "place", "since", "contact"} - set(self.fields.named()) if name == "report" else set[str]()
            if name == "report" and set(self.settings.trackers) == {TicketKind.INCIDENT}:
                missing.add("kind")
            return without(support, missing, attachment_bytes=self.settings.largest_upload)
        return support

    @write(
        Safety.FINDABLE,
        support=Native(evidence="live", without=frozenset({"geo", "me_too"}), limits={"attachment_bytes": LARGEST}),
    )
    def report(self, draft: TicketDraft, *, key: Key | None = None) -> Steps[Ticket]:
        if key is not None and len(key) > LONGEST_KEY:
            raise InvalidInput(f"it is longer than {LONGEST_KEY} characters", field="key")
        desk = yield from self.desk()
        wanted = issue_of(draft, self.category_of(desk, draft), {}, desk.translation)
        fields = fields_of(draft, wanted["tracker_id"], desk.translation) | (yield from self.requester_of(desk, draft))
        if key is not None:
            fields[desk.catalogue.fields["key"].id] = key
        wanted["custom_fields"] = custom_fields(fields)
        tokens = yield from self.uploaded(desk, draft.attachments)
        sent = {**wanted, **({"uploads": tokens} if tokens else {})}
        made = (yield from self.send(desk, "POST", "/issues.json", sent, key=key)).model(IssueReply).issue
        issue = yield from self.issue(desk, desk.translation.ref("incident", made.id))
        left = missed(wanted, issue) + (["attachments"] if len(issue.attachments) != len(tokens) else [])
        left += ["author"] if issue.author.id != desk.me.id else []
        if left:
            raise OutcomeUnknown(f"it is ticket {issue.id}, and Redmine left out: {', '.join(left)}", key=key)
        return (yield from self.tickets_of(desk, (issue,)))[0]

    @report.reconciles
    def reported(self, key: Key) -> Steps[Ticket | None]:
        """The ticket with *key*; of several the first. A search by a field that it does not know finds everything: keys are compared."""
        desk = yield from self.desk()
        field = desk.catalogue.fields["key"].id
        found = yield from self.some(desk, (f"cf_{field}", "=", [key]), ALL_OF_THEM, sort="id:asc")
        for one in found.issues:
            if one.value(field) == key:
                return (yield from self.read(desk, desk.translation.ref("incident", one.id)))
        return None

    @write(Safety.ONCE, support=WITH_FILES)
    def comment(self, ref: Ref, body: str, *, uploads: tuple[Upload, ...] = (), key: Key | None = None) -> Steps[Comment]:
        if not body.strip() and not uploads:
            raise InvalidInput("say something, or add a file", field="body")
        desk = yield from self.desk()
        issue = yield from self.issue(desk, ref)
        further = yield from self._goes_on(desk, issue)
        journal, after = yield from self.say(desk, issue, body if body.strip() else "", uploads=uploads, **further)
        added = {one.name for one in journal.details if one.property == "attachment"}
        return Comment(
            ref=desk.translation.ref("comment", journal.id),
            author=desk.translation.person(Named(id=desk.me.id, name=desk.me.name), desk.me),
            at=journal.created_on,
            body=plain(journal.notes),
            attachments=tuple(desk.translation.attachment(one) for one in after.attachments if str(one.id) in added),
        )

    def _goes_on(self, desk: Desk, issue: Issue) -> Steps[dict[str, Any]]:
        """The step of a ticket that waited for the requester, once they answer; none when the workflow gives them none."""
        if desk.translation.status(issue.status.name).value is not TicketStatus.WAITING_FOR_REQUESTER:
            return {}
        (ticket,) = yield from self.tickets_of(desk, (issue,))
        if self.session.caller is None or not ticket.requester.same_person(self.session.caller):
            return {}
        try:
            return {"status_id": self.step(desk, issue, *OPENED)}
        except Conflict:
            return {}

    @write(Safety.ONCE, support=WITH_FILES)
    def attach(self, ref: Ref, upload: Upload, *, key: Key | None = None) -> Steps[Attachment]:
        desk = yield from self.desk()
        issue = yield from self.issue(desk, ref)
        journal, after = yield from self.say(desk, issue, "", uploads=(upload,))
        added = {one.name for one in journal.details if one.property == "attachment"}
        return next(desk.translation.attachment(one) for one in after.attachments if str(one.id) in added)

    @write(Safety.ONCE, support=HERE)
    def escalate(self, ref: Ref, reason: str, *, key: Key | None = None) -> Steps[Ticket]:
        if not reason.strip():
            raise InvalidInput("say why it cannot wait", field="reason")
        desk = yield from self.desk()
        issue, _ = yield from self.handled(desk, ref)
        before = desk.translation.priority(issue.priority.name).value
        if (after := higher(before)) is not before:
            wanted = desk.catalogue.priorities[self.settings.priorities[after]]
            issue = yield from self.change(desk, issue, {"priority_id": wanted})
        yield from self.say(desk, issue, reason)
        return (yield from self.read(desk, ref))

    @write(Safety.ONCE, support=HERE)
    def confirm_resolved(self, ref: Ref, *, key: Key | None = None) -> Steps[Ticket]:
        desk = yield from self.desk()
        issue = yield from self._solved(desk, ref, "nobody said yet that it is solved")
        yield from self.change(desk, issue, {"status_id": self.step(desk, issue, TicketStatus.CLOSED)})
        return (yield from self.read(desk, ref))

    def _solved(self, desk: Desk, ref: Ref, else_: str) -> Steps[Issue]:
        """An issue that its handler says is solved."""
        issue, status = yield from self.handled(desk, ref)
        if status is not TicketStatus.RESOLVED:
            raise Conflict(else_, field="ref", native_code=issue.status.name)
        return issue

    @write(Safety.ONCE, support=HERE)
    def reopen(self, ref: Ref, reason: str, *, key: Key | None = None) -> Steps[Ticket]:
        if not reason.strip():
            raise InvalidInput("say what is not solved", field="reason")
        desk = yield from self.desk()
        issue = yield from self._solved(desk, ref, "it is open")
        after = yield from self.change(desk, issue, {"status_id": self.step(desk, issue, *OPENED)})
        yield from self.say(desk, after, reason)
        return (yield from self.read(desk, ref))

    @write(Safety.ONCE, support=HERE)
    def cancel(self, ref: Ref, *, reason: str | None = None, key: Key | None = None) -> Steps[Ticket]:
        desk = yield from self.desk()
        issue, status = yield from self.handled(desk, ref)
        if status is TicketStatus.RESOLVED:
            raise Conflict("it was solved: confirm it, or open it again", field="ref", native_code=issue.status.name)
        step = self.step(desk, issue, TicketStatus.CANCELLED, TicketStatus.CLOSED)
        after = yield from self.change(desk, issue, {"status_id": step})
        if reason and reason.strip():
            yield from self.say(desk, after, reason)
        return (yield from self.read(desk, ref))

    @write(Safety.ONCE, support=HERE)
    def handle(self, ref: Ref, change: TicketChange, *, key: Key | None = None) -> Steps[Ticket]:
        if not change.model_dump(exclude_none=True, exclude={"internal"}):
            raise InvalidInput("say what changes", field="change")
        desk = yield from self.desk()
        issue, before = yield from self.handled(desk, ref)
        if ref.version is not None and ref.version != issue.updated_on.isoformat():
            raise Conflict("it was changed meanwhile: look at it again", field="ref")
        wanted = changes_of(change, desk.translation)
        if change.status is not None and change.status is not before:
            if before is not TicketStatus.UNMAPPED and not may_follow(before, change.status):
                raise Conflict(f"it is {before} and cannot become {change.status}", field="status", native_code=before)
            if change.status is TicketStatus.RESOLVED and not (
                change.resolution or issue.value(desk.catalogue.field("resolution"))
            ):
                raise InvalidInput("say what the solution is", field="resolution")
            wanted["status_id"] = self.step(desk, issue, change.status)
        if change.handler is not None:
            wanted["assigned_to_id"] = yield from self.user_id(desk, change.handler, "handler")
        if wanted:
            issue = yield from self.change(desk, issue, wanted)
        if change.parent is not None:
            yield from self._says_the_same(desk, issue, change.parent)
        solution = change.resolution if change.resolution and not self.fields.resolution else None
        text = "\n\n".join(one for one in (solution, None if change.internal else change.note) if one)
        if text:
            _, issue = yield from self.say(desk, issue, text)
        if change.note and change.internal:
            yield from self.say(desk, issue, change.note, internal=True)
        return (yield from self.read(desk, ref))

    def _says_the_same(self, desk: Desk, issue: Issue, parent: Ref) -> Steps[None]:
        """Say that an issue duplicates another: Redmine closes it when that one is closed."""
        relation = {"issue_to_id": self.id_of(parent), "relation_type": DUPLICATES}
        path = f"/issues/{issue.id}/relations.json"
        try:
            yield from self.http.exchange("POST", path, json={"relation": relation}, headers=desk.switch)
        except NotValid as told:
            raise refused(told, ("parent",), desk.translation) from None
