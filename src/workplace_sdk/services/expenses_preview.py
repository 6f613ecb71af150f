"""What a claim, a change or a decision would mean, in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from workplace_sdk.kernel.errors import WorkplaceError
from workplace_sdk.kernel.operation import settled
from workplace_sdk.kernel.preview import Origin, Preview, PreviewLine, Weight
from workplace_sdk.kernel.support import Native
from workplace_sdk.kernel.words import Words
from workplace_sdk.services.common import Decision, Money, Ref, StepState, Upload
from workplace_sdk.services.expenses_drafts import LineDraft, PaidWith, ReportDraft
from workplace_sdk.services.expenses_reports import ExpenseLine, ExpenseReport, ExpenseStatus, LineDecision, Totals, Violation
from workplace_sdk.services.expenses_words import status_words

if TYPE_CHECKING:
    from workplace_sdk.kernel.effects import Steps
    from workplace_sdk.kernel.keys import Key
    from workplace_sdk.services.expenses import Expenses

MOST_LINES: Final = 20
"""Lines that are told one by one."""
_OF_REPORT: Final = {
    "submit_saved": Words("Claim {what}", "Indienen: {what}"),
    "recall": Words("Take back to a draft: {what}", "Terughalen als concept: {what}"),
    "withdraw": Words("Take back {what}", "Intrekken: {what}"),
    "cancel": Words("Give up {what}", "Annuleren: {what}"),
    "comment": Words("Comment on {what}", "Opmerking bij {what}"),
    "pay": Words("Paid on {on}: {what}", "Betaald op {on}: {what}"),
    "reverse": Words("Undo {what}: what was paid is to be given back", "Terugdraaien: {what}; wat betaald is, moet terug"),
    "amend": Words("Replace {what}", "Vervangen: {what}"),
    "add_line": Words("Add to {what}", "Toevoegen aan {what}"),
    "update_line": Words("Change a line of {what}", "Een regel wijzigen van {what}"),
    "remove_line": Words("Remove a line of {what}", "Een regel verwijderen van {what}"),
}
_DECIDED: Final = {
    Decision.APPROVE: Words("Approve {what}", "Goedkeuren: {what}"),
    Decision.REJECT: Words("Reject {what}", "Afwijzen: {what}"),
    Decision.RETURN: Words("Return {what}", "Terugsturen: {what}"),
}


def of_upload(upload: Upload, key: Key | None) -> Preview:
    """Which file is kept."""
    text = f"{upload.name}, {upload.size} bytes"
    line = PreviewLine(code="receipt", en=f"Keep the receipt {text}.", nl=f"Bon bewaren: {text}.")
    return Preview(operation="expenses.upload_receipt", key=str(key), lines=(line,))


def of_discard(service: Expenses, ref: Ref, key: Key | None) -> Steps[Preview]:
    """Which file is thrown away."""
    name = str(ref)
    if isinstance(service.receipts.support, Native):
        name = next((one.file.name for one in (yield from service.receipts.steps()) if one.ref == ref), name)
    line = PreviewLine(code="receipt", en=f"Throw away the receipt {name}.", nl=f"Bon weggooien: {name}.")
    return Preview(operation="expenses.discard_receipt", key=str(key), lines=(line,))


def of_draft(
    service: Expenses, operation: str, draft: ReportDraft, key: Key | None, *, blocking: bool = True
) -> Steps[Preview]:
    """Sums per currency, kilometres, days away, and what the system says of its rules."""
    lines = [sums(draft.title, draft.lines)]
    lines += yield from _rules(service, draft, blocking=blocking)
    return Preview(operation=f"expenses.{operation}", key=str(key), lines=tuple(lines))


def of_amendment(service: Expenses, ref: Ref, draft: ReportDraft, key: Key | None) -> Steps[Preview]:
    """Which report, and what it becomes. Rules are not told: the report itself would count as a double."""
    report = yield from service.get.steps(ref)
    lines = (told("amend", report), sums(draft.title, draft.lines))
    return Preview(operation="expenses.amend", key=str(key), lines=lines)


def of_line(
    service: Expenses, operation: str, ref: Ref, line: Ref | None, draft: LineDraft | None, key: Key | None
) -> Steps[Preview]:
    """Of which report, what the line was and what it becomes."""
    report = yield from service.get.steps(ref)
    lines = [told(operation, report)]
    old = next((one for one in report.lines if one.ref == line), None)
    if old is not None:
        text = f"{old.category}, {old.claimed}{f', {old.description}' if old.description else ''}"
        lines.append(PreviewLine(code="was", en=f"It was: {text}.", nl=f"Het was: {text}.", origin=Origin.BACKEND))
    if draft is not None:
        lines.append(sums(draft.description or str(draft.category), (draft,)))
    return Preview(operation=f"expenses.{operation}", key=str(key), lines=tuple(lines))


def of_report(service: Expenses, operation: str, ref: Ref, key: Key | None, *, on: date | None = None) -> Steps[Preview]:
    """Which report, how much, and how far it is."""
    report = yield from service.get.steps(ref)
    return Preview(operation=f"expenses.{operation}", key=str(key), lines=(told(operation, report, on=on),))


def of_decision(
    service: Expenses, ref: Ref, decision: Decision, lines: tuple[LineDecision, ...], key: Key | None
) -> Steps[Preview]:
    """Which report, how much, what it did not keep, and lines of which less is approved."""
    report = yield from service.get.steps(ref)
    found = [_line_of(_DECIDED[decision], report, code="decide")]
    granted = {one.line: one.amount for one in lines if one.amount is not None}
    for number, line in enumerate(report.lines, start=1):
        found += violations((one.model_copy(update={"line": number}) for one in line.violations), blocking=False)
        if line.ref in granted and decision is Decision.APPROVE:
            amounts = {"amount": granted[line.ref], "claimed": line.claimed, "number": number}
            words = Words(
                "Line {number}: {amount} of {claimed} is approved.", "Regel {number}: {amount} van {claimed} goedgekeurd."
            ).filled(**amounts)
            found.append(PreviewLine(code="less", en=words.en, nl=words.nl, facts={"line": number}))
    return Preview(operation="expenses.decide", key=str(key), lines=tuple(found))


def told(operation: str, report: ExpenseReport, **details: object) -> PreviewLine:
    """Which report an operation is about."""
    return _line_of(_OF_REPORT[operation], report, code="report", **details)


def _line_of(words: Words, report: ExpenseReport, *, code: str, **details: object) -> PreviewLine:
    what, status = f"{report.title}, {report.employee.label}, {report.totals.payable}", status_words(report.status)
    en = words.filled(what=f"{what} ({status.en})", **details).en
    nl = words.filled(what=f"{what} ({status.nl})", **details).nl
    return PreviewLine(code=code, en=en, nl=nl, facts={"payable": str(report.totals.payable.amount)})


def sums(title: str, lines: Sequence[LineDraft]) -> PreviewLine:
    """What is asked for, as far as it is known without rates."""
    amounts: dict[str, Money] = {}
    distances: dict[str, Decimal] = {}
    days = 0
    for line in lines:
        if line.amount is not None:
            currency = line.amount.currency
            amounts[currency] = amounts[currency] + line.amount if currency in amounts else line.amount
        elif line.distance is not None:
            distances[line.distance.unit] = distances.get(line.distance.unit, Decimal(0)) + line.distance.paid
        elif line.trip is not None:
            days += len(line.trip.days)
    parts = [str(amount) for amount in amounts.values()]
    parts += [f"{length.normalize():f} {unit}" for unit, length in distances.items()]
    away = Words(f"{days} day{'s' if days != 1 else ''} away", f"{days} {'dagen' if days != 1 else 'dag'} weg")
    en, nl = (" + ".join([*parts, *([one] if days else [])]) for one in (away.en, away.nl))
    return PreviewLine(code="sum", en=f"{title}: {en}", nl=f"{title}: {nl}", facts={"lines": len(lines)})


def _rules(service: Expenses, draft: ReportDraft, *, blocking: bool) -> Steps[list[PreviewLine]]:
    if not isinstance(service.check.support, Native):
        return []
    found = yield from settled(service.check.steps(draft))
    if isinstance(found, WorkplaceError):
        words = Words("The rules could not be checked.", "De regels konden niet worden gecontroleerd.")
        return [PreviewLine(code="unchecked", en=words.en, nl=words.nl, weight=Weight.WARNING)]
    return violations(found, blocking=blocking)


def violations(found: Iterable[Violation], *, blocking: bool = True) -> list[PreviewLine]:
    """Rules that are not kept; without *blocking* as warnings."""
    return [
        PreviewLine(
            code=one.code,
            en=one.en,
            nl=one.nl,
            origin=Origin.BACKEND,
            weight=Weight.BLOCKER if one.blocking and blocking else Weight.WARNING,
            facts={"line": one.line},
        )
        for one in found
    ]


def worked_out(title: str, lines: Sequence[ExpenseLine], currency: str) -> list[PreviewLine]:
    """What lines come to, one by one, and what the person gets: for systems that work it out before it is claimed."""
    found = [told_line for number, line in enumerate(lines[:MOST_LINES], start=1) for told_line in _line(number, line)]
    totals = Totals.of(lines, currency)
    text = Words("{title}: {claimed}", "{title}: {claimed}").filled(title=title, claimed=totals.claimed)
    if totals.tax:
        vat = Words("of which VAT {tax}", "waarvan btw {tax}").filled(tax=totals.tax)
        text = Words(f"{text.en}, {vat.en}", f"{text.nl}, {vat.nl}")
    facts = {"claimed": str(totals.claimed.amount), "payable": str(totals.payable.amount), "tax": str(totals.tax.amount)}
    found.append(PreviewLine(code="total", en=f"{text.en}.", nl=f"{text.nl}.", facts=facts))
    if totals.payable != totals.claimed:
        owed = totals.payable.amount < 0
        words = (
            Words("You are to give back {amount}.", "U moet {amount} terugbetalen.")
            if owed
            else Words(
                "You get {amount}: the rest was the company's money.", "U krijgt {amount}: de rest was geld van de zaak."
            )
        ).filled(amount=Money(amount=abs(totals.payable.amount), currency=currency))
        found.append(PreviewLine(code="payable", en=words.en, nl=words.nl, weight=Weight.WARNING if owed else Weight.INFO))
    return found


def approver(report: ExpenseReport) -> list[PreviewLine]:
    """Whose decision a claimed report waits for; a warning when it is nobody's."""
    if report.status.value is not ExpenseStatus.SUBMITTED:
        return []
    waiting = [step.approver.label for step in report.approvals if step.state is StepState.PENDING]
    if waiting:
        names = ", ".join(waiting)
        return [PreviewLine(code="approver", en=f"{names} decides about it.", nl=f"{names} beslist erover.")]
    words = Words(
        "Nobody is known who decides about it: tell your administrator.",
        "Er is niemand bekend die erover beslist: geef het door aan uw beheerder.",
    )
    return [PreviewLine(code="approver", en=words.en, nl=words.nl, weight=Weight.WARNING)]


def _line(number: int, line: ExpenseLine) -> list[PreviewLine]:
    """One line, with how it was worked out where that is not plain."""
    how = how_worked_out(line)
    text = Words(f"{number}. {line.category}: {line.claimed}", f"{number}. {line.category}: {line.claimed}")
    if how is not None:
        text = Words(f"{text.en} ({how.en})", f"{text.nl} ({how.nl})")
    found = [PreviewLine(code="line", en=text.en, nl=text.nl, facts={"line": number, "claimed": str(line.claimed.amount)})]
    if line.taxable:
        taxed = Words("{taxable} of it is taxed.", "Daarvan is {taxable} belast.").filled(taxable=line.taxable)
        found.append(PreviewLine(code="taxable", en=taxed.en, nl=taxed.nl, facts={"taxable": str(line.taxable.amount)}))
    return found


def how_worked_out(line: ExpenseLine) -> Words | None:
    """How the claimed amount came to be; ``None`` when it is simply what was paid."""
    if line.rates:
        said = " + ".join(
            f"{part.distance.normalize():f} {part.unit} x {part.rate.amount.normalize():f} {part.rate.currency}"
            for part in line.rates
        )
        return Words(said, said)
    if line.days:
        meals = line.deductions
        less = Words(f", meals -{meals}", f", maaltijden -{meals}") if meals else Words("", "")
        days = len(line.days)
        return Words(f"{days} day{'s' if days != 1 else ''}{less.en}", f"{days} {'dagen' if days != 1 else 'dag'}{less.nl}")
    parts: list[Words] = []
    if line.exchange is not None:
        said = f"{line.original} x {line.exchange.rate.normalize():f}, {line.exchange.source} {line.exchange.on}"
        parts.append(Words(said, said))
    if line.personal:
        parts.append(Words(f"private {line.personal}", f"prive {line.personal}"))
    if line.paid_with is not PaidWith.OWN_MONEY:
        parts.append(Words("the company's money", "geld van de zaak"))
    return Words("; ".join(one.en for one in parts), "; ".join(one.nl for one in parts)) if parts else None
