"""Words that all services share: references, people, money, amounts of time, files, decisions."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Generic, Self, TypeVar
from urllib.parse import quote, unquote

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    field_validator,
    model_serializer,
    model_validator,
)

if TYPE_CHECKING:
    from workplace_sdk.kernel.access import Arguments
    from workplace_sdk.kernel.effects import Steps

E = TypeVar("E", bound=StrEnum)


class Model(BaseModel):
    """Frozen, keyword-only, no unknown fields, built when first used."""

    model_config = ConfigDict(frozen=True, defer_build=True, extra="forbid", arbitrary_types_allowed=False)


class Ref(Model):
    """Where a record lives: connection, kind and the system's own id. ``str()`` of it round-trips through ``parse``."""

    connection: str
    kind: str
    id: str
    url: str | None = None
    version: str | None = None

    def __str__(self) -> str:
        return f"{self.kind}:{quote(self.connection, safe='')}/{quote(self.id, safe='')}"

    @classmethod
    def parse(cls, text: str) -> Ref:
        """The reference that ``str()`` wrote; ``ValueError`` for anything else."""
        kind, colon, rest = text.partition(":")
        connection, slash, id_ = rest.partition("/")
        if not (kind and colon and connection and slash and id_):
            raise ValueError(f"{text!r} is not a reference such as leave:main/12")
        return cls(connection=unquote(connection), kind=kind, id=unquote(id_))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ref) and (self.connection, self.kind, self.id) == (other.connection, other.kind, other.id)

    def __hash__(self) -> int:
        return hash((self.connection, self.kind, self.id))


class Record(Model):
    """Something a system keeps. The vendor's own record stays out of equality, hash and repr.

    Attributes:
        key: The key it was written with, as far as the system keeps it.
        fetched_at: When it was read.
    """

    ref: Ref
    key: str | None = None
    fetched_at: AwareDatetime | None = Field(default=None, repr=False)

    _raw: Any = PrivateAttr(default=None)

    @property
    def raw(self) -> Any:
        """The vendor's own record, as far as the connector keeps it; its shape is no promise of ours."""
        return self._raw

    def with_raw(self, raw: Any) -> Self:
        """This record, carrying *raw*."""
        self._raw = raw
        return self

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        assert isinstance(other, Record)
        return _compared(self) == _compared(other)

    def __hash__(self) -> int:
        return hash((type(self), self.ref))


def _compared(record: Record) -> dict[str, Any]:
    return {name: value for name, value in record.__dict__.items() if name != "fetched_at"}


STRONG_KEYS: Final = ("employee_number", "login", "email", "dn")
"""Keys of a person that each name one person in the organisation."""


class PersonRef(Model):
    """A person, by whatever is known: compare two with ``same_person``.

    Attributes:
        login: Account name or user principal name.
        dn: Distinguished name in the directory, as the directory wrote it.
        group: True for a function or group that acts as one (a mailbox, an approver group).
    """

    ref: Ref | None = None
    display_name: str | None = None
    email: str | None = None
    login: str | None = None
    employee_number: str | None = None
    dn: str | None = None
    group: bool = False

    @model_validator(mode="after")
    def _names_someone(self) -> Self:
        if not any((self.ref, self.display_name, *self.keys().values())):
            raise ValueError("a person needs at least one of ref, display_name, email, login, employee_number, dn")
        return self

    @classmethod
    def parse(cls, text: str) -> PersonRef:
        """A person as typed: ``ana@example.org``, ``login:ana``, ``nr:1042``, ``dn:uid=ana,...``, ``service:nightly`` or else a name."""
        kind, colon, rest = text.strip().partition(":")
        if colon and kind == "service" and rest.strip():
            return cls(login=text.strip(), group=True)
        named = {"login": "login", "nr": "employee_number", "email": "email", "dn": "dn", "name": "display_name"}
        if colon and kind in named and rest.strip():
            return cls.model_validate({named[kind]: rest.strip()})
        if "@" in text and " " not in text.strip():
            return cls(email=text.strip())
        return cls(display_name=text.strip())

    def keys(self) -> dict[str, str]:
        """The strong keys that are known, folded for comparison."""
        values = {name: getattr(self, name) for name in STRONG_KEYS}
        return {name: value.casefold() if name != "employee_number" else value for name, value in values.items() if value}

    def same_person(self, other: PersonRef) -> bool | None:
        """Whether both are the same person; ``None`` when no key of one is known of the other."""
        if self.ref is not None and self.ref == other.ref:
            return True
        mine, theirs = self.keys(), other.keys()
        common = [name for name in STRONG_KEYS if name in mine and name in theirs]
        if not common:
            return None
        return any(mine[name] == theirs[name] for name in common)

    @property
    def label(self) -> str:
        """What to show: the name, or the best key."""
        return self.display_name or self.email or self.login or self.employee_number or self.dn or str(self.ref)

    def __str__(self) -> str:
        return self.label


MINOR_UNITS: Final[dict[str, int]] = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV"), 0),
    **dict.fromkeys(("XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}
"""Digits after the decimal separator where they are not two. Source: ISO 4217 list one."""


def _no_float(value: object) -> object:
    if isinstance(value, float):
        raise ValueError("amounts are decimal: give a string or a Decimal, never a float")  # noqa: TRY004 - pydantic wants ValueError
    return value


def _plain(value: Decimal) -> Decimal:
    if not value.is_finite():
        raise ValueError("must be a finite number")
    return value


Amount = Annotated[Decimal, BeforeValidator(_no_float), AfterValidator(_plain)]
"""A decimal number that people are paid or charged by; a float is refused."""


class Money(Model):
    """An amount in a currency (ISO 4217). Adds and compares within one currency only."""

    amount: Amount
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]

    @classmethod
    def of(cls, amount: str | int | Decimal, currency: str) -> Money:
        """``Money.of("12.50", "EUR")``."""
        return cls(amount=Decimal(amount), currency=currency)

    @classmethod
    def parse(cls, text: str) -> Money:
        """``12.50 EUR`` or ``EUR 12.50``; ``ValueError`` for anything else."""
        parts = text.split()
        if len(parts) == 2:
            number, currency = parts if parts[1].isalpha() else parts[::-1]
            try:
                return cls(amount=Decimal(number), currency=currency.upper())
            except InvalidOperation:
                pass
        raise ValueError(f"{text!r} is not an amount such as '12.50 EUR'")

    @property
    def digits(self) -> int:
        """Digits after the decimal separator in this currency."""
        return MINOR_UNITS.get(self.currency, 2)

    def rounded(self, rounding: str = ROUND_HALF_UP) -> Money:
        """To whole minor units, halves up unless another *rounding* of ``decimal`` is given."""
        return Money(amount=self.amount.quantize(Decimal(1).scaleb(-self.digits), rounding=rounding), currency=self.currency)

    def _same(self, other: Money) -> Decimal:
        if self.currency != other.currency:
            raise ValueError(f"cannot combine {self.currency} with {other.currency} without a rate")
        return other.amount

    def __add__(self, other: Money) -> Money:
        return Money(amount=self.amount + self._same(other), currency=self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(amount=self.amount - self._same(other), currency=self.currency)

    def __mul__(self, factor: Decimal | int) -> Money:
        return Money(amount=self.amount * factor, currency=self.currency)

    __rmul__ = __mul__

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other)

    def __gt__(self, other: Money) -> bool:
        return self.amount > self._same(other)

    def __ge__(self, other: Money) -> bool:
        return self.amount >= self._same(other)

    def __bool__(self) -> bool:
        return bool(self.amount)

    def __str__(self) -> str:
        return f"{self.rounded().amount} {self.currency}"


class Mapped(Model, Generic[E]):
    """A word of ours beside the vendor's own: ``value`` is ``UNMAPPED`` where we know no word for *source*."""

    value: E
    source: str | None = None

    def __str__(self) -> str:
        return self.source if str(self.value) == "unmapped" and self.source else str(self.value)

    def __eq__(self, other: object) -> bool:
        return self.value == (other.value if isinstance(other, Mapped) else other)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]

    def __hash__(self) -> int:
        return hash(self.value)


class Unit(StrEnum):
    """Units of an amount of time."""

    DAY = "day"
    HOUR = "hour"
    MINUTE = "minute"


class DurationAmount(Model):
    """So many days, hours or minutes. Days and hours are converted by a work schedule only."""

    value: Amount
    unit: Unit

    def __add__(self, other: DurationAmount) -> DurationAmount:
        if self.unit is not other.unit:
            raise ValueError(f"cannot add {other.unit}s to {self.unit}s without a work schedule")
        return DurationAmount(value=self.value + other.value, unit=self.unit)

    def __str__(self) -> str:
        text = f"{self.value.normalize():f}"
        return f"{text} {self.unit}{'' if self.value == 1 else 's'}"


class Span(Model):
    """From *start* up to, and not including, *end*: aware instants, and the IANA name of the zone people think in.

    The zone survives JSON by its name: pydantic keeps only the offset of an instant.
    """

    start: AwareDatetime
    end: AwareDatetime
    zone: str

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        return checked_zone(value)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if in_utc(self.end) <= in_utc(self.start):
            raise ValueError("end must be after start")
        return self

    @classmethod
    def local(cls, day: date, start: time, end: time, zone: str) -> Span:
        """On *day* between two wall-clock times in *zone*; an *end* not after *start* is on the next day."""
        tz = zone_of(zone)
        last = day if end > start else day + timedelta(days=1)
        return cls(start=datetime.combine(day, start, tz), end=datetime.combine(last, end, tz), zone=zone)

    @property
    def local_start(self) -> datetime:
        """The start on the clocks of the zone."""
        return self.start.astimezone(zone_of(self.zone))

    @property
    def local_end(self) -> datetime:
        """The end on the clocks of the zone."""
        return self.end.astimezone(zone_of(self.zone))

    @property
    def length(self) -> timedelta:
        """How long it lasts, whatever the clocks do meanwhile."""
        return in_utc(self.end) - in_utc(self.start)

    def seen_from(self, zone: str) -> Span:
        """The same time, for someone whose clocks show that of *zone*."""
        return self.model_copy(update={"zone": checked_zone(zone)})

    def overlaps(self, other: Span) -> bool:
        """Whether some instant is in both."""
        return in_utc(self.start) < in_utc(other.end) and in_utc(other.start) < in_utc(self.end)


def in_utc(at: datetime) -> datetime:
    """The same instant in UTC: Python compares and subtracts times of one zone by their clocks, also when these are put back."""
    return at if at.tzinfo is UTC else at.astimezone(UTC)


def zone_of(name: str) -> Any:
    """The ``ZoneInfo`` of an IANA name."""
    from zoneinfo import ZoneInfo

    return ZoneInfo(name)


def checked_zone(name: str) -> str:
    """*name*, when it is an IANA time zone; ``ValueError`` else."""
    try:
        zone_of(name)
    except (KeyError, OSError, ValueError):
        raise ValueError(f"{name!r} is no IANA time zone such as Europe/Amsterdam") from None
    return name


class Attachment(Model):
    """A file that a system keeps. Its bytes are fetched by the service's ``attachment`` operation."""

    ref: Ref
    name: str
    media_type: str = "application/octet-stream"
    size: int | None = None
    sha256: str | None = None
    created_at: AwareDatetime | None = None


class Upload(Model):
    """A file to send along: its bytes, or the path they are read from.

    Attributes:
        name: File name as others will see it; no directories in it.
    """

    name: Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[^/\\\x00-\x1f]+$")]
    content: Annotated[bytes, Field(repr=False)]
    media_type: str = "application/octet-stream"

    @classmethod
    def from_path(cls, path: str | Path, *, media_type: str | None = None) -> Upload:
        """The file at *path*, read now; ``OSError`` when it cannot be."""
        import mimetypes

        file = Path(path)
        guessed = media_type or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        return cls(name=file.name, content=file.read_bytes(), media_type=guessed)

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.content)

    @property
    def sha256(self) -> str:
        """Of the bytes, in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()

    @model_serializer
    def _without_content(self) -> dict[str, Any]:
        return {"name": self.name, "media_type": self.media_type, "size": self.size, "sha256": self.sha256}


class Decision(StrEnum):
    """What an approver decides."""

    APPROVE = "approve"
    REJECT = "reject"
    RETURN = "return"


class StepState(StrEnum):
    """How far one approver is."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    RETURNED = "returned"
    SKIPPED = "skipped"
    DELEGATED = "delegated"


class ApprovalStep(Model):
    """One approver's part: *order* counts from 1; who really decided is in *decided_by*."""

    approver: PersonRef
    state: StepState = StepState.PENDING
    order: int = 1
    decided_by: PersonRef | None = None
    decided_at: AwareDatetime | None = None
    comment: str | None = None


class Comment(Model):
    """What someone said about a record."""

    ref: Ref
    author: PersonRef
    at: AwareDatetime
    body: str
    attachments: tuple[Attachment, ...] = ()


class ComponentState(StrEnum):
    """How far a part of a whole is: a room, a lunch, an attendee."""

    DONE = "done"
    PENDING = "pending"
    UNKNOWN = "unknown"
    REJECTED = "rejected"


def days_between(first: date, last: date) -> Iterator[date]:
    """Every date from *first* up to and including *last*."""
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


def named(parameter: str, attribute: str | None = None) -> Callable[[Any, Arguments], Steps[Any]]:
    """For ``Access``: the call is about the person in *parameter*, or in its *attribute*."""

    def subject(_: Any, arguments: Arguments) -> Steps[Any]:
        value = arguments[parameter]
        return getattr(value, attribute) if attribute else value
        yield

    return subject


def owner(
    attribute: str = "employee", *, operation: str = "get", parameter: str = "ref"
) -> Callable[[Any, Arguments], Steps[Any]]:
    """For ``Access``: the call is about the person in *attribute* of the record that *parameter* refers to."""

    def subject(service: Any, arguments: Arguments) -> Steps[Any]:
        steps: Steps[Any] = getattr(service, operation).steps(arguments[parameter])
        return getattr((yield from steps), attribute)

    return subject
