"""Simple values and their texts, both ways. Source: XML Schema 1.0 part 2.

What a value is on our side: text, bool, int, Decimal (decimal), float (float, double), date, time, datetime (aware when the
text has an offset), timedelta (a duration without years and months, else its text), bytes (base64Binary, hexBinary).
"""

from __future__ import annotations

import math
import re
from binascii import Error as BinaryError
from binascii import a2b_base64, b2a_base64, hexlify, unhexlify
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Final

Convert = Callable[[str], Any]

_BOUNDS: Final = {
    "byte": (-(2**7), 2**7 - 1),
    "short": (-(2**15), 2**15 - 1),
    "int": (-(2**31), 2**31 - 1),
    "long": (-(2**63), 2**63 - 1),
    "unsignedByte": (0, 2**8 - 1),
    "unsignedShort": (0, 2**16 - 1),
    "unsignedInt": (0, 2**32 - 1),
    "unsignedLong": (0, 2**64 - 1),
    "nonNegativeInteger": (0, None),
    "positiveInteger": (1, None),
    "nonPositiveInteger": (None, 0),
    "negativeInteger": (None, -1),
    "integer": (None, None),
}
_COLLAPSED: Final = frozenset(
    {"token", "language", "NMTOKEN", "NMTOKENS", "Name", "NCName", "ID", "IDREF", "IDREFS", "ENTITY", "ENTITIES", "anyURI", "QName",
     "gYear", "gYearMonth", "gMonth", "gMonthDay", "gDay"}
)  # fmt: skip
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ZONE: Final = re.compile(r"(?:Z|[+-]\d\d:\d\d)$")


# -- from a text


def _bool(text: str) -> bool:
    word = text.strip()
    if word in ("true", "1"):
        return True
    if word in ("false", "0"):
        return False
    raise ValueError(text)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return date.fromisoformat(_ZONE.sub("", text.strip()))


def _datetime(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        word = text.strip()
        if "T24:00:00" in word:  # the end of a day
            return datetime.fromisoformat(word.replace("T24:00:00", "T00:00:00")) + timedelta(days=1)
        return datetime.fromisoformat(word)


def _time(text: str) -> time:
    return time.fromisoformat(text.strip())


def _duration(text: str) -> timedelta | str:
    """A duration of days and less as ``timedelta``; one with years or months, which have no length, as it is written."""
    from isodate import parse_duration  # comes with zeep

    found = parse_duration(text.strip())
    return found if isinstance(found, timedelta) else text.strip()


def _base64(text: str) -> bytes:
    try:
        return a2b_base64(text)
    except BinaryError as error:
        raise ValueError(str(error)) from None


def _hex(text: str) -> bytes:
    return unhexlify(text.strip())


def _float(text: str) -> float:
    word = text.strip()
    return float(word.replace("INF", "inf")) if "INF" in word else float(word)


def _collapsed(text: str) -> str:
    return " ".join(text.split())


_READERS: Final[dict[str, Convert]] = {
    "boolean": _bool,
    "decimal": Decimal,
    "float": _float,
    "double": _float,
    "date": _date,
    "dateTime": _datetime,
    "time": _time,
    "duration": _duration,
    "base64Binary": _base64,
    "base64": _base64,
    "hexBinary": _hex,
    **dict.fromkeys(_BOUNDS, int),
    **dict.fromkeys(_COLLAPSED, _collapsed),
}


def reader(base: str) -> Convert:
    """What makes a value of the text of a built-in type; it raises ``ValueError`` or ``ArithmeticError``."""
    return _READERS.get(base, str)


BINARY: Final = frozenset({_base64})


# -- to a text


class NotSuitable(ValueError):
    """A value that the type does not take; the message says what it does take."""


def _bool_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    raise NotSuitable("True or False is needed")


def _decimal_text(value: Any) -> str:
    if isinstance(value, float) and not isinstance(value, Decimal):
        raise NotSuitable("a Decimal or an int is needed: a float is not exact")
    if isinstance(value, Decimal) and value.is_finite():
        return f"{value:f}"
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise NotSuitable("a finite Decimal or an int is needed")


def _float_text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, float | int | Decimal):
        raise NotSuitable("a number is needed")
    if isinstance(value, int):
        return str(value)
    number = float(value)
    if math.isfinite(number):
        return str(value)
    return "NaN" if math.isnan(number) else "INF" if number > 0 else "-INF"


def _single_text(value: Any) -> str:
    """As zeep writes xs:float: with a capital E."""
    return _float_text(value).upper() if not isinstance(value, float) or math.isfinite(value) else _float_text(value)


def _date_text(value: Any) -> str:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    raise NotSuitable("a date is needed")


def _datetime_text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    raise NotSuitable("a datetime is needed")


def _time_text(value: Any) -> str:
    if isinstance(value, time):
        return value.isoformat().replace("+00:00", "Z")
    raise NotSuitable("a time is needed")


def _duration_text(value: Any) -> str:
    from isodate import duration_isoformat

    if isinstance(value, timedelta):
        return str(duration_isoformat(value))
    if isinstance(value, str) and value.lstrip("-").startswith("P"):
        return value
    raise NotSuitable("a timedelta is needed, or a text such as P1M")


def _base64_text(value: Any) -> str:
    if isinstance(value, bytes | bytearray):
        return b2a_base64(value, newline=False).decode("ascii")
    raise NotSuitable("bytes are needed")


def _hex_text(value: Any) -> str:
    if isinstance(value, bytes | bytearray):
        return hexlify(value).decode("ascii").upper()
    raise NotSuitable("bytes are needed")


def _string_text(value: Any) -> str:
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise NotSuitable("a text is needed")
    text = f"{value:f}" if isinstance(value, Decimal) else str(value)
    if _FORBIDDEN.search(text):
        raise NotSuitable("it has a character that XML cannot hold")
    return text


def _integer_text(base: str) -> Callable[[Any], str]:
    least, most = _BOUNDS[base]

    def text(value: Any) -> str:
        if isinstance(value, bool) or not isinstance(value, int):
            raise NotSuitable("an int is needed")
        if (least is not None and value < least) or (most is not None and value > most):
            raise NotSuitable(f"it is out of the range of {base}")
        return str(value)

    return text


_WRITERS: Final[dict[str, Callable[[Any], str]]] = {
    "boolean": _bool_text,
    "decimal": _decimal_text,
    "float": _single_text,
    "double": _float_text,
    "date": _date_text,
    "dateTime": _datetime_text,
    "time": _time_text,
    "duration": _duration_text,
    "base64Binary": _base64_text,
    "base64": _base64_text,
    "hexBinary": _hex_text,
    **{base: _integer_text(base) for base in _BOUNDS},
}


def writer(base: str) -> Callable[[Any], str]:
    """What makes the text of a value of a built-in type; it raises ``NotSuitable``."""
    return _WRITERS.get(base, _string_text)


def any_text(value: Any) -> tuple[str, str]:
    """The text of a value whose type no schema says, and the built-in type that it has."""
    for kind, base in _GUESSES:
        if isinstance(value, kind):
            return writer(base)(value), base
    raise NotSuitable("a text, number, date, time, bool or bytes is needed")


_GUESSES: Final[tuple[tuple[type[Any], str], ...]] = (
    (str, "string"),
    (bool, "boolean"),
    (int, "integer"),
    (Decimal, "decimal"),
    (float, "double"),
    (datetime, "dateTime"),
    (date, "date"),
    (time, "time"),
    (timedelta, "duration"),
    (bytes, "base64Binary"),
)


def escaped(text: str) -> str:
    """*text* as the content of an element."""
    if "&" in text or "<" in text or ">" in text or "\r" in text:
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")
    return text


def quoted(text: str) -> str:
    """*text* as the value of an attribute, with its quotes."""
    return '"' + escaped(text).replace('"', "&quot;").replace("\n", "&#10;").replace("\t", "&#9;") + '"'
