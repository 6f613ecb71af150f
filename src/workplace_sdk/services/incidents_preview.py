"""What a report, or a change of a ticket, would mean, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from workplace_sdk.kernel.errors import Rejected, WorkplaceError
from workplace_sdk.kernel.operation import settled
from workplace_sdk.kernel.preview import Origin, Preview, PreviewLine, Weight
from workplace_sdk.kernel.support import Native
from workplace_sdk.kernel.words import Words
from workplace_sdk.services.incidents_models import (
    Article,
    Priority,
    Ticket,
    TicketChange,
    TicketDraft,
    TicketStatus,
    may_follow,
)
from workplace_sdk.services.incidents_words import STATUS, status_words

if TYPE_CHECKING:
    from workplace_sdk.kernel.effects import Steps
    from workplace_sdk.kernel.keys import Key
    from workplace_sdk.services.common import Ref
    from workplace_sdk.services.incidents import Incidents

MOST_SIMILAR: Final = 3
MOST_ADVICE: Final = 3
_OF_TICKET: Final = {
    "comment": Words("Comment on {what}", "Reactie op {what}"),
    "attach": Words("Add {file} to {what}", "{file} toevoegen aan {what}"),
    "escalate": Words("Escalate {what}", "Opschalen: {what}"),
    "confirm_resolved": Words("Close as solved: {what}", "Sluiten als opgelost: {what}"),
    "reopen": Words("Open again: {what}", "Opnieuw openen: {what}"),
    "cancel": Words("Cancel {what}", "Annuleren: {what}"),
}
_CHANGED: Final = {
    "status": Words("Status: {value}", "Status: {value}"),
    "handler": Words("Handled by {value}", "Behandelaar: {value}"),
    "priority": Words("Priority: {value}", "Prioriteit: {value}"),
    "resolution": Words("Solution: {value}", "Oplossing: {value}"),
    "next_update_by": Words("More is told by {value}", "Meer bericht uiterlijk {value}"),
    "due": Words("To be solved by {value}", "Op te lossen voor {value}"),
    "major": Words("Large disruption: {value}", "Grote storing: {value}"),
    "parent": Words("The same as {value}", "Hetzelfde als {value}"),
    "note": Words("To the requester: {value}", "Aan de melder: {value}"),
}


def of_report(service: Incidents, draft: TicketDraft, key: Key | None, priority: Priority) -> Steps[Preview]:
    """The priority, tickets that may say the same, articles that may help, and why it would be refused."""
    lines = [
        PreviewLine(
            code="report",
            en=f"Report: {draft.what} ({priority}).",
            nl=f"Melden: {draft.what} ({priority}).",
            facts={"priority": priority.value},
        )
    ]
    if draft.me_too is None and isinstance(service.similar.support, Native):
        found = yield from settled(service.similar.steps(draft))
        if isinstance(found, Rejected):
            lines.append(_blocker(found))
        elif not isinstance(found, WorkplaceError):
            lines += [
                PreviewLine(
                    code="similar",
                    en=f"Perhaps the same: {other.number} {other.title} ({other.ticket}).",
                    nl=f"Misschien hetzelfde: {other.number} {other.title} ({other.ticket}).",
                    origin=Origin.BACKEND,
                    weight=Weight.WARNING,
                    facts={"ref": str(other.ticket), "score": str(other.score)},
                )
                for other in found[:MOST_SIMILAR]
            ]
    if isinstance(service.advice.support, Native):
        told = yield from settled(service.advice.steps(draft))
        lines += [] if isinstance(told, WorkplaceError) else [_helpful(one) for one in told[:MOST_ADVICE]]
    return Preview(operation="incidents.report", key=str(key), lines=tuple(lines))


def of_ticket(service: Incidents, operation: str, ref: Ref, key: Key | None, **details: object) -> Steps[Preview]:
    """Which ticket, and how far it is."""
    ticket = yield from service.get.steps(ref)
    lines = [_about(_OF_TICKET[operation], ticket, **details)]
    if operation == "confirm_resolved" and ticket.resolution:
        text = _CHANGED["resolution"].filled(value=ticket.resolution)
        lines.append(PreviewLine(code="resolution", en=text.en, nl=text.nl, origin=Origin.BACKEND))
    return Preview(operation=f"incidents.{operation}", key=str(key), lines=tuple(lines))


def of_change(service: Incidents, ref: Ref, change: TicketChange, key: Key | None) -> Steps[Preview]:
    """Which ticket, what changes one by one, and whether its status can."""
    ticket = yield from service.get.steps(ref)
    lines = [_about(Words("Change {what}", "Wijzigen: {what}"), ticket)]
    for name, words in _CHANGED.items():
        value = getattr(change, name)
        if value is None:
            continue
        text = words.filled(value=value)
        if name == "status":
            text = Words(words.filled(value=STATUS[value].en).en, words.filled(value=STATUS[value].nl).nl)
        if name == "note" and change.internal:
            text = Words("For handlers only: {value}", "Alleen voor behandelaars: {value}").filled(value=value)
        lines.append(PreviewLine(code=name, en=text.en, nl=text.nl))
    before, after = ticket.status.value, change.status
    if after is not None and before is not after and before is not TicketStatus.UNMAPPED and not may_follow(before, after):
        words = Words("It is {before} and cannot become {after}.", "Het is {before} en kan niet {after} worden.")
        en, nl = ((STATUS[before].in_(one), STATUS[after].in_(one)) for one in ("en", "nl"))
        text = Words(words.filled(before=en[0], after=en[1]).en, words.filled(before=nl[0], after=nl[1]).nl)
        lines.append(PreviewLine(code="status_order", en=text.en, nl=text.nl, weight=Weight.BLOCKER))
    if after is TicketStatus.RESOLVED and ticket.same_reports:
        text = Words("So are {n} that say the same.", "Ook {n} die hetzelfde zeggen.").filled(n=ticket.same_reports)
        lines.append(PreviewLine(code="same_reports", en=text.en, nl=text.nl, facts={"reports": ticket.same_reports}))
    return Preview(operation="incidents.handle", key=str(key), lines=tuple(lines))


def _about(words: Words, ticket: Ticket, **details: object) -> PreviewLine:
    which, status = f"{ticket.number} {ticket.title}", status_words(ticket.status)
    en = words.filled(what=f"{which} ({status.en})", **details).en
    nl = words.filled(what=f"{which} ({status.nl})", **details).nl
    return PreviewLine(code="ticket", en=en, nl=nl, facts={"ref": str(ticket.ref)})


def _helpful(article: Article) -> PreviewLine:
    where = f" ({article.ref.url})" if article.ref.url else ""
    text = Words("Perhaps this helps: {title}{where}.", "Misschien helpt dit: {title}{where}.")
    text = text.filled(title=article.title, where=where)
    facts = {"ref": str(article.ref), "score": str(article.score)}
    return PreviewLine(code="advice", en=text.en, nl=text.nl, origin=Origin.BACKEND, facts=facts)


def _blocker(error: Rejected) -> PreviewLine:
    en, nl = error.sentence("en"), error.sentence("nl")
    return PreviewLine(code=error.code, en=en, nl=nl, origin=Origin.BACKEND, weight=Weight.BLOCKER)
