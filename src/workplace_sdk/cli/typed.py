"""What people type: dates, times, amounts, people, references and files, in the ways in which they usually do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, time, timedelta
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

if TYPE_CHECKING:
    ParamType = click.ParamType[Any]
else:
    ParamType = click.ParamType  # generic for type checkers only, before 8.4

T = TypeVar("T")

_RELATIVE: Final = MappingProxyType(
    {"today": 0, "vandaag": 0, "tomorrow": 1, "morgen": 1, "yesterday": -1, "gisteren": -1, "overmorgen": 2}
)
_MONTHS: Final = (
    "jan", "feb", "mar mrt maa", "apr", "may mei", "jun", "jul", "aug", "sep", "oct okt", "nov", "dec",
)  # fmt: skip
_ISO: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_DAY_FIRST: Final = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
_IN_WORDS: Final = re.compile(r"(\d{1,2})[- ]([a-z]{3,})\.?[- ](\d{4})")
_TIME: Final = re.compile(r"(\d{1,2})(?:[:.uh](\d{2})|[uh])?|(\d{2})(\d{2})")
_CURRENCIES: Final = MappingProxyType({"€": "EUR", "£": "GBP"})


class Relative:
    """A day counted from today in the organisation's time zone, which is known once the settings are read."""

    def __init__(self, days: int) -> None:
        self.days = days

    def counted_from(self, today: date) -> date:
        return today + timedelta(days=self.days)


class _Typed(ParamType):
    """A kind of argument: how it is shown in help, and how what was typed is understood."""

    def __init__(self, name: str) -> None:
        self.name = name

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str | None:
        return (param.name or self.name).upper() if isinstance(param, click.Argument) else self.name.upper()

    def understood(self, text: str) -> Any:
        """The value; ``ValueError`` with a sentence in English and one in Dutch when it is none."""
        raise NotImplementedError

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from workplace_sdk.cli.showing import words

        if not isinstance(value, str):
            return value
        try:
            return self.understood(value.strip())
        except Misunderstood as error:
            self.fail(words(error.en, error.nl), param, ctx)


class Misunderstood(ValueError):
    """What was typed cannot be understood; a sentence about it in both languages."""

    def __init__(self, en: str, nl: str) -> None:
        super().__init__(en)
        self.en, self.nl = en, nl


class _Day(_Typed):
    def understood(self, text: str) -> date | Relative:
        folded = text.casefold()
        if folded in _RELATIVE:
            return Relative(_RELATIVE[folded])
        try:
            if found := _ISO.fullmatch(folded):
                year, month, day = map(int, found.groups())
                return date(year, month, day)
            if found := _DAY_FIRST.fullmatch(folded):
                day, month, year = map(int, found.groups())
                return date(year, month, day)
            if (found := _IN_WORDS.fullmatch(folded)) and (number := _month(found[2])):
                return date(int(found[3]), number, int(found[1]))
        except ValueError:
            raise Misunderstood(f"{text!r} is no day of the calendar", f"{text!r} is geen dag van de kalender") from None
        raise Misunderstood(
            f"{text!r} is no date: write 2026-12-24, 24-12-2026, '24 dec 2026', today or tomorrow",
            f"{text!r} is geen datum: schrijf 2026-12-24, 24-12-2026, '24 dec 2026', vandaag of morgen",
        )


def _month(name: str) -> int | None:
    short = name[:3]
    return next((number for number, names in enumerate(_MONTHS, start=1) if short in names.split()), None)


class _Clock(_Typed):
    def understood(self, text: str) -> time:
        found = _TIME.fullmatch(text.casefold())
        if found:
            hour, minute = found[1] or found[3], found[2] or found[4] or "0"
            if int(hour) < 24 and int(minute) < 60:
                return time(int(hour), int(minute))
        raise Misunderstood(f"{text!r} is no time: write 9:30 or 13:00", f"{text!r} is geen tijd: schrijf 9:30 of 13:00")


class _Number(_Typed):
    def understood(self, text: str) -> Decimal:
        return _decimal(text)


def _decimal(text: str) -> Decimal:
    """A number with a point or a comma before its decimals, and the other one, if any, between thousands."""
    both = "," in text and "." in text
    mark = max(",.", key=text.rfind)
    if both:
        text = text.replace("," if mark == "." else ".", "")
    whole, _, decimals = text.partition(mark)
    if not both and len(decimals) == 3 and whole.strip("-") not in ("", "0"):
        raise Misunderstood(
            f"{text!r} could be thousands or decimals: write 1250 or 1.25",
            f"{text!r} kan duizendtallen of decimalen zijn: schrijf 1250 of 1,25",
        )
    try:
        number = Decimal(text.replace(",", "."))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise Misunderstood(f"{text!r} is no number", f"{text!r} is geen getal")
    return number


class _Sum(_Typed):
    def understood(self, text: str) -> Any:
        from workplace_sdk.services.common import Money

        for sign, code in _CURRENCIES.items():
            text = text.replace(sign, f" {code} ")
        letters = "".join(char for char in text if char.isalpha()).upper()
        rest = "".join(char for char in text if not char.isalpha()).strip()
        if len(letters) != 3 or not letters.isascii():
            raise Misunderstood(
                f"{text.strip()!r} is no amount with its currency: write it in quotes, '12.50 EUR'",
                f"{text.strip()!r} is geen bedrag met munt: schrijf het tussen aanhalingstekens, '12,50 EUR'",
            )
        return Money(amount=_decimal(rest), currency=letters)


class _Person(_Typed):
    def understood(self, text: str) -> Any:
        from workplace_sdk.services.common import PersonRef

        if not text:
            raise Misunderstood(
                "write an e-mail address, login:NAME, nr:NUMBER or a name",
                "schrijf een e-mailadres, login:NAAM, nr:NUMMER of een naam",
            )
        return PersonRef.parse(text)


class RefTo(_Typed):
    """A reference to records of one kind, as the lists show it: ``leave:main/12``."""

    def __init__(self, kind: str) -> None:
        super().__init__("reference")
        self._kind = kind

    def understood(self, text: str) -> Any:
        from workplace_sdk.services.common import Ref

        example = f"{self._kind}:main/12"
        try:
            found = Ref.parse(text)
        except ValueError:
            raise Misunderstood(
                f"{text!r} is no reference such as {example}", f"{text!r} is geen verwijzing zoals {example}"
            ) from None
        if found.kind not in self._kind.split("|"):
            raise Misunderstood(
                f"{text} is not what is asked for here: {example}", f"{text} is niet wat hier gevraagd wordt: {example}"
            )
        return found


class _Key(_Typed):
    def understood(self, text: str) -> Any:
        from workplace_sdk.kernel.keys import Key

        if not text or not text.isprintable() or len(text) > 200:
            raise Misunderstood("a key has 1 to 200 characters", "een sleutel heeft 1 tot 200 tekens")
        return Key(text)


class _File(_Typed):
    def understood(self, text: str) -> Any:
        """The file, read now."""
        from pydantic import ValidationError

        from workplace_sdk.services.common import Upload

        try:
            return Upload.from_path(text)
        except OSError as error:
            raise Misunderstood(
                f"{text!r} cannot be read: {error.strerror}", f"{text!r} kan niet worden gelezen: {error.strerror}"
            ) from None
        except ValidationError:
            raise Misunderstood(
                f"{text!r} has a name that cannot be sent", f"{text!r} heeft een naam die niet kan worden verstuurd"
            ) from None


class _Counted(_Typed):
    def understood(self, text: str) -> tuple[int, str]:
        number, _, name = text.partition(" ")
        if not number.isdecimal() or not int(number) or not name.strip():
            raise Misunderstood(
                f"{text!r} is not a number and a name, such as '8 Lunch'",
                f"{text!r} is geen aantal met een naam, zoals '8 Lunch'",
            )
        return int(number), name.strip()


DAY: Final = _Day("date")
CLOCK: Final = _Clock("time")
NUMBER: Final = _Number("number")
SUM: Final = _Sum("amount")
PERSON: Final = _Person("person")
KEY: Final = _Key("key")
FILE: Final = _File("file")
COUNTED: Final = _Counted("number name")


def settled(values: Mapping[str, Any], today: Any) -> dict[str, Any]:
    """*values* with days that were counted from today as dates; *today* is called only when there are such."""
    return {name: value.counted_from(today()) if isinstance(value, Relative) else value for name, value in values.items()}


def draft(kind: type[T], /, **values: Any) -> T:
    """A draft of *kind*; what does not fit is said with the field's name, before anything is sent."""
    from pydantic import ValidationError

    from workplace_sdk.kernel.errors import InvalidInput

    try:
        return kind(**{name: value for name, value in values.items() if value is not None})
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in problem["loc"])
        raise InvalidInput(problem["msg"].removeprefix("Value error, "), field=place or kind.__name__) from None
