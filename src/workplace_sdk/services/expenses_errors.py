"""Why expenses are refused, and what can be done about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from workplace_sdk.kernel.errors import Conflict, Rejected
from workplace_sdk.kernel.words import Words

if TYPE_CHECKING:
    from datetime import date

    from workplace_sdk.services.common import Money, Ref


class _OfLine(Rejected):
    """Something about one line; *line* counts from 1. What a system does not tell is ``None``."""

    plain: ClassVar[Words] = Words("", "")
    """The sentence when not everything in ``words`` is known."""

    def __init__(self, message: str = "", *, line: int | None = None, **where: Any) -> None:
        super().__init__(message, field=where.pop("field", "lines"), **where)
        self.line = line

    def sentence(self, language: str = "en") -> str:
        text = super().sentence(language)
        return self.plain.in_(language) if "{" in text else text


class ReceiptRequired(_OfLine):
    """A line needs a receipt, because it is over *over*."""

    code = "receipt-required"
    words = Words("Please add a receipt to line {line}.", "Voeg een bon toe aan regel {line}.")
    plain = Words("Please add a receipt.", "Voeg een bon toe.")

    def __init__(self, message: str = "", *, over: Money | None = None, **where: Any) -> None:
        super().__init__(message, **where)
        self.over = over


class LimitExceeded(_OfLine):
    """A line is over its category's limit: *amount* of at most *limit*."""

    code = "limit-exceeded"
    words = Words(
        "Line {line} is over the limit: {amount} of at most {limit}.",
        "Regel {line} is boven de grens: {amount} van ten hoogste {limit}.",
    )
    plain = Words("This is over the limit.", "Dit is boven de grens.")

    def __init__(self, message: str = "", *, limit: Money | None = None, amount: Money | None = None, **where: Any) -> None:
        super().__init__(message, **where)
        self.limit = limit
        self.amount = amount


class AttendeesRequired(_OfLine):
    """A line has to say who were there."""

    code = "attendees-required"
    words = Words("Please say who were there in line {line}.", "Geef bij regel {line} aan wie erbij waren.")
    plain = Words("Please say who were there.", "Geef aan wie erbij waren.")


class RateUnavailable(_OfLine):
    """There is no rate for *what* (a currency, a vehicle, a country) on *on*."""

    code = "rate-unavailable"
    words = Words(
        "There is no rate for {what} on {on} (line {line}).", "Er is geen koers of tarief voor {what} op {on} (regel {line})."
    )
    plain = Words("There is no rate for this.", "Er is geen koers of tarief hiervoor.")

    def __init__(self, message: str = "", *, what: str | None = None, on: date | None = None, **where: Any) -> None:
        super().__init__(message or ", ".join(str(known) for known in (what, on) if known), **where)
        self.what = what
        self.on = on


class PeriodClosed(_OfLine):
    """A line's date *on* is too long ago, or has not come yet: what can be claimed is from *first* to *last*."""

    code = "period-closed"
    words = Words(
        "Line {line}: {on} cannot be claimed, only what was from {first} to {last}.",
        "Regel {line}: {on} kan niet worden gedeclareerd, alleen wat van {first} tot en met {last} was.",
    )
    plain = Words("This date cannot be claimed.", "Deze datum kan niet worden gedeclareerd.")

    def __init__(
        self,
        message: str = "",
        *,
        on: date | None = None,
        first: date | None = None,
        last: date | None = None,
        **where: Any,
    ) -> None:
        super().__init__(message, **where)
        self.on = on
        self.first = first
        self.last = last


class CategoryNotAllowed(_OfLine):
    """A line's category cannot be claimed for its date."""

    code = "category-not-allowed"
    words = Words("Line {line}: {category} cannot be claimed for {on}.", "Regel {line}: {category} kan niet voor {on}.")
    plain = Words("This category cannot be claimed.", "Deze soort kan niet worden gedeclareerd.")

    def __init__(self, message: str = "", *, category: str | None = None, on: date | None = None, **where: Any) -> None:
        super().__init__(message, **where)
        self.category = category
        self.on = on


class NothingToClaim(_OfLine):
    """A line pays nothing: the trip was too short, or every meal was provided."""

    code = "nothing-to-claim"
    words = Words("Line {line} pays nothing.", "Regel {line} levert niets op.")
    plain = Words("This pays nothing.", "Dit levert niets op.")


class TaxMismatch(_OfLine):
    """The VAT of a line is not what its rate makes of the net amount."""

    code = "tax-mismatch"
    words = Words("The VAT of line {line} does not fit its rate.", "De btw van regel {line} past niet bij het percentage.")
    plain = Words("The VAT does not fit its rate.", "De btw past niet bij het percentage.")


class DuplicateExpense(_OfLine):
    """The same was claimed before, or its receipt used: *candidates* says where; or it is twice in one report: *as_line* says where."""

    code = "duplicate-expense"
    words = Words("Line {line} was claimed before.", "Regel {line} is al eerder gedeclareerd.")
    plain = Words("This was claimed before.", "Dit is al eerder gedeclareerd.")
    here: ClassVar[Words] = Words(
        "Line {line} says the same as line {as_line}.", "Regel {line} zegt hetzelfde als regel {as_line}."
    )

    def __init__(
        self, message: str = "", *, candidates: tuple[Ref, ...] = (), as_line: int | None = None, **where: Any
    ) -> None:
        super().__init__(message, **where)
        self.candidates = candidates
        self.as_line = as_line

    def sentence(self, language: str = "en") -> str:
        if self.as_line is None:
            return super().sentence(language)
        return self.here.filled(line=self.line, as_line=self.as_line).in_(language)


class ReceiptUsedElsewhere(_OfLine):
    """Somebody else claimed with the same file as the receipt of a line: one bill for several people, or a mistake."""

    code = "receipt-used-elsewhere"
    words = Words(
        "Somebody else claimed with the same receipt as that of line {line}.",
        "Iemand anders declareerde met dezelfde bon als die van regel {line}.",
    )
    plain = Words("Somebody else claimed with the same receipt.", "Iemand anders declareerde met dezelfde bon.")


class CardMismatch(_OfLine):
    """A line is not what the card's statement says: *amount*, and there it is *expected*."""

    code = "card-mismatch"
    words = Words(
        "Line {line} is {amount}, and the card's statement says {expected}.",
        "Regel {line} is {amount}, en het overzicht van de kaart zegt {expected}.",
    )
    plain = Words("This is not what the card's statement says.", "Dit is niet wat het overzicht van de kaart zegt.")

    def __init__(self, message: str = "", *, amount: Money | None = None, expected: Money | None = None, **where: Any) -> None:
        super().__init__(message, **where)
        self.amount = amount
        self.expected = expected


class CurrencyNotAllowed(Rejected):
    """It is not paid back in *currency*, only in *allowed*."""

    code = "currency-not-allowed"
    words = Words("This is paid back in {allowed}.", "Dit wordt terugbetaald in {allowed}.")

    def __init__(self, message: str = "", *, currency: str | None = None, allowed: str = "", **where: Any) -> None:
        super().__init__(message, field=where.pop("field", "currency"), **where)
        self.currency = currency
        self.allowed = allowed


class AlreadyDecided(Conflict):
    """Somebody decided about it already."""

    code = "already-decided"
    words = Words("Somebody decided about this already.", "Hierover is al beslist.")


class AlreadySubmitted(Conflict):
    """The report was claimed already: amend it, or take it back."""

    code = "already-submitted"
    words = Words(
        "This was claimed already. You can still amend it, or take it back.",
        "Dit is al ingediend. U kunt het nog wijzigen of intrekken.",
    )
