"""Why leave cannot be had or given back, and what can be done instead."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from workplace_sdk.kernel.errors import Conflict, Rejected
from workplace_sdk.kernel.words import Words
from workplace_sdk.services.common import DurationAmount, Ref, Unit


def spoken(amount: DurationAmount, language: str) -> str:
    """An amount of time in *language*: ``2.5 days``, ``2,5 dagen``."""
    if not language.lower().startswith("nl"):
        return str(amount)
    one, many = {Unit.DAY: ("dag", "dagen"), Unit.HOUR: ("uur", "uur"), Unit.MINUTE: ("minuut", "minuten")}[amount.unit]
    return f"{amount.value.normalize():f} {one if amount.value == 1 else many}".replace(".", ",")


class InsufficientBalance(Rejected):
    """There is less left than was asked for: *short_by* says how much less, in the leave type's unit.

    Attributes:
        next_accrual_on: From when there will be more, as far as that is known.
    """

    code = "insufficient-balance"
    words = Words(
        "You do not have enough leave left: you are short by {short_by}.",
        "U heeft niet genoeg verlof over: u komt {short_by} tekort.",
    )

    def __init__(
        self,
        message: str = "",
        *,
        short_by: DurationAmount | None = None,
        next_accrual_on: date | None = None,
        **where: Any,
    ) -> None:
        super().__init__(message, field=where.pop("field", "days"), **where)
        self.short_by = short_by
        self.next_accrual_on = next_accrual_on

    def sentence(self, language: str = "en") -> str:
        short = "?" if self.short_by is None else spoken(self.short_by, language)
        return self.words.filled(short_by=short).in_(language)


class OverlappingLeave(Rejected):
    """There is leave on some of these days already: *refs* says which requests."""

    code = "overlapping-leave"
    words = Words(
        "You already asked for leave on some of these days.", "U heeft op een deel van deze dagen al verlof gevraagd."
    )

    def __init__(self, message: str = "", *, refs: tuple[Ref, ...] = (), **where: Any) -> None:
        super().__init__(message, field=where.pop("field", "days"), **where)
        self.refs = refs


class NotAWorkingDay(Rejected):
    """None of the *dates* is a working day: there is nothing to ask leave for."""

    code = "not-a-working-day"
    words = Words(
        "You do not work on these days, so no leave is needed.", "U werkt niet op deze dagen, dus verlof is niet nodig."
    )

    def __init__(self, message: str = "", *, dates: tuple[date, ...] = (), **where: Any) -> None:
        super().__init__(message, field=where.pop("field", "days"), **where)
        self.dates = dates


class NoticeTooShort(Rejected):
    """This kind of leave is asked for *min_days* days before it begins."""

    code = "notice-too-short"
    words = Words("Please ask at least {min_days} days before.", "Vraag dit minstens {min_days} dagen van tevoren aan.")

    def __init__(self, message: str = "", *, min_days: int = 0, **where: Any) -> None:
        super().__init__(message, field=where.pop("field", "days"), **where)
        self.min_days = min_days


class BlackoutPeriod(Rejected):
    """No leave can be taken from *first* to *last*."""

    code = "blackout-period"
    words = Words(
        "No leave can be taken from {first} to {last}.", "Van {first} tot en met {last} kan geen verlof worden opgenomen."
    )

    def __init__(self, message: str = "", *, first: date | None = None, last: date | None = None, **where: Any) -> None:
        super().__init__(message, field=where.pop("field", "days"), **where)
        self.first = first
        self.last = last


class CrossesEntitlementPeriod(Rejected):
    """The days are in two entitlement periods: ask for them in two requests, the second from *split_at*."""

    code = "crosses-entitlement-period"
    words = Words(
        "Please make two requests, the second one from {split_at}.", "Maak twee aanvragen, de tweede vanaf {split_at}."
    )

    def __init__(self, message: str = "", *, split_at: date | None = None, **where: Any) -> None:
        super().__init__(message, field=where.pop("field", "days"), **where)
        self.split_at = split_at


class PayrollLocked(Rejected):
    """Days up to and including *until* are closed for changes."""

    code = "payroll-locked"
    words = Words("Days up to {until} can no longer be changed.", "Dagen tot en met {until} kunnen niet meer worden gewijzigd.")

    def __init__(self, message: str = "", *, until: date | None = None, **where: Any) -> None:
        super().__init__(message, field=where.pop("field", "days"), **where)
        self.until = until


class AttachmentRequired(Rejected):
    """A document has to go with this kind of leave."""

    code = "attachment-required"
    words = Words("Please add a document.", "Voeg een document toe.")


class ReasonRequired(Rejected):
    """A reason has to be given."""

    code = "reason-required"
    words = Words("Please give a reason.", "Geef een reden.")


class IncrementInvalid(Rejected):
    """Amounts go in steps of *step*, in the leave type's unit."""

    code = "increment-invalid"
    words = Words("This leave goes in steps of {step}.", "Dit verlof gaat in stappen van {step}.")

    def __init__(self, message: str = "", *, step: Decimal | None = None, **where: Any) -> None:
        super().__init__(message, field=where.pop("field", "days"), **where)
        self.step = step


class CannotCancelAfterStart(Conflict):
    """The leave has begun, or is over: it is no longer given back."""

    code = "cannot-cancel-after-start"
    words = Words(
        "This leave has begun and can no longer be cancelled.", "Dit verlof is begonnen en kan niet meer worden geannuleerd."
    )


class SickAlready(Conflict):
    """They are reported ill already: *ref* says which case."""

    code = "sick-already"
    words = Words("You are reported ill already.", "U bent al ziek gemeld.")

    def __init__(self, message: str = "", *, ref: Ref | None = None, **where: Any) -> None:
        super().__init__(message, field=where.pop("field", "first_day"), **where)
        self.ref = ref


class NotYourApproval(Conflict):
    """Someone else has to decide about this."""

    code = "not-your-approval"
    words = Words("This is not for you to decide.", "Het is niet aan u om hierover te beslissen.")
