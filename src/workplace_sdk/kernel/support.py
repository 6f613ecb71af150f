"""What a connector can do, declared once beside the code that does it, and the way out for the rest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final, TypeAlias
from urllib.parse import quote

from attrs import field, frozen, validators


def _frozenset(values: Iterable[str]) -> frozenset[str]:
    return frozenset(values)


def _mapping(values: Mapping[str, int | Decimal]) -> Mapping[str, int | Decimal]:
    return dict(values)


EVIDENCE: Final = ("live", "recorded", "transcribed", "contract", "documented")
"""How it can be known that something works, the surest first."""


@frozen
class Native:
    """The connector does it.

    Attributes:
        without: Features of the operation this system cannot express: they are refused by name before anything is sent.
        limits: The most that the system takes, per measure of the operation (bytes, characters, a count).
        evidence: How it is known to work: one of ``EVIDENCE``.
        note: One sentence for the support table.
    """

    without: frozenset[str] = field(default=frozenset[str](), converter=_frozenset)
    limits: Mapping[str, int | Decimal] = field(factory=dict[str, "int | Decimal"], converter=_mapping, hash=False)
    evidence: str = field(default="documented", validator=validators.in_(EVIDENCE))
    note: str = ""


@frozen
class HandOff:
    """The system's own screen does it, and a link leads there.

    Attributes:
        label: What the link says.
        url: A template; ``{names}`` are settings of the connection or *carries*. Values are percent-encoded.
        carries: Which values of the call the link takes along.
    """

    label: str
    url: str
    carries: tuple[str, ...] = ()

    def link(self, values: Mapping[str, object]) -> Link:
        """The link with *values* filled in; one that is not known is left empty."""
        from string import Formatter

        names = {name for _, name, _, _ in Formatter().parse(self.url) if name}
        base = {name for name in names if name not in self.carries}
        filled = {name: str(values.get(name) or "") for name in base}
        filled |= {name: quote(str(values.get(name) or ""), safe="") for name in names - base}
        return Link(label=self.label, url=self.url.format_map(filled))


@frozen
class Absent:
    """Neither the connector nor a link does it."""

    reason: str


Support: TypeAlias = Native | HandOff | Absent


@frozen
class Link:
    """Where a person can go on."""

    label: str
    url: str
