"""Random values for the messages of a WSDL, each for our writer and, the same, as zeep wants it."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from zeep import xsd
from zeep.xsd.elements.indicators import Choice, Group, OrderIndicator
from zeep.xsd.types import builtins
from zeep.xsd.types.collection import ListType, UnionType

from workplace_sdk.wires.soap.compiling import Compiler


class Impossible(Exception):
    """zeep cannot write such a value: a required element of a substitution group, an array of SOAP encoding, endless recursion."""


def asked(compiler: Compiler, operation: str, way: str = "input") -> tuple[Any, str | None]:
    """The element of a message that stands in the body, and the name of its part where zeep wants that: it takes all parts for bodies."""
    message = getattr(compiler.binding.get(operation), way)
    body = message.body if message is not None else None
    parts = compiler.said[compiler.binding.name.localname, operation].parts.get(way, frozenset())
    if body is not None and message._is_body_wrapped and len(parts) == 1:
        (part,) = parts
        return next(one for one in body.type._element if one.attr_name == part), part
    return body, None


class Values:
    """Makes values for one compiler's types. *full*: everything optional is there."""

    def __init__(self, compiler: Compiler, seed: int, *, full: bool = False, deepest: int = 6) -> None:
        self.facts = compiler.facts
        self.schema = compiler.wsdl.types
        self.derived = self.facts.derived()
        self.random = random.Random(seed)
        self.full = full
        self.deepest = deepest
        self.budget = 400
        """Elements of one message, about at most."""

    def message(self, element: Any) -> tuple[Any, Any]:
        """The value of a message's root element: ours, zeep's."""
        return self.of(element.type, 0)

    def of(self, kind: Any, depth: int) -> tuple[Any, Any]:
        if isinstance(kind, xsd.ComplexType):
            return self.structure(kind, depth)
        return self.simple(kind)

    # -- structures

    def structure(self, kind: Any, depth: int) -> tuple[Any, Any]:
        ours, theirs = self.chosen(kind, depth)
        return ours or {}, theirs

    def chosen(self, kind: Any, depth: int) -> tuple[Any, Any]:
        if depth > self.deepest:
            raise Impossible("too deep")
        if kind._array_type is not None and getattr(kind._array_type, "array_type", None) is not None:
            raise Impossible("an array")
        name = kind.qname.text if kind.qname is not None and kind.is_global else None
        others = [one for one in self.derived.get(name or "", ()) if one not in self.facts.abstract_types]
        if name in self.facts.abstract_types and not others:
            raise Impossible("abstract")
        chosen = name in self.facts.abstract_types or (others and self.random.random() < 0.3)
        if not chosen:
            return self.plain(kind, depth)
        actual = self.schema.get_type(self.random.choice(others))
        ours, theirs = self.plain(actual, depth)
        return [("@xsi:type", actual.qname.localname), *ours], actual(**theirs)

    def plain(self, kind: Any, depth: int) -> tuple[list[tuple[str, Any]], dict[str, Any]]:
        content = kind._element
        ours: list[tuple[str, Any]] = []
        theirs: dict[str, Any] = {}
        if isinstance(content, xsd.Element) and not isinstance(content.type, xsd.AnySimpleType):
            content = None
        if content is None and not kind.attributes:
            raise Impossible("zeep leaves out an element that can hold nothing")
        if isinstance(content, xsd.Element):
            text = self.simple(content.type)
            ours.append(("#text", text[0]))
            theirs[kind.elements_nested[0][0]] = text[1]
        elif content is not None:
            if content.accepts_multiple:
                theirs["_value_1"] = self.repeated(content, depth, ours)
            else:
                self.particle(content, depth, ours, theirs)
        gone = self.facts.without(kind.qname.text if kind.qname is not None else None)
        for given, attribute in kind.attributes:
            if attribute.qname is not None and attribute.qname.text not in gone and (attribute.required or self.wanted(0.5)):
                text = self.simple(attribute.type)
                ours.append((f"@{attribute.name}", text[0]))
                theirs[given] = text[1]
        return ours, theirs

    def particle(self, one: Any, depth: int, ours: list[tuple[str, Any]], theirs: dict[str, Any]) -> None:
        """One group, once."""
        if isinstance(one, Group):
            self.particle(one.child, depth, ours, theirs)
            return
        parts = list(one.elements_nested)
        if isinstance(one, Choice):
            self.random.shuffle(parts)
            for name, part in parts:
                mine: list[tuple[str, Any]] = []
                yours: dict[str, Any] = {}
                try:
                    self.part(part, name, depth, mine, yours, needed=True)
                except Impossible:
                    continue
                if mine and all(value is not None for _, value in mine):
                    ours += mine
                    theirs.update(yours)
                    return
            raise Impossible("no alternative")
        for name, part in parts:
            self.part(part, name, depth, ours, theirs)

    def part(
        self,
        part: Any,
        name: str | None,
        depth: int,
        ours: list[tuple[str, Any]],
        theirs: dict[str, Any],
        *,
        needed: bool = False,
    ) -> None:
        if isinstance(part, xsd.Element):
            if not (needed or part.min_occurs) and not self.wanted(0.4):
                return
            self.element(part, name or part.attr_name, depth, ours, theirs, optional=not (needed or part.min_occurs))
            return
        if not isinstance(part, OrderIndicator | Group):
            if part.min_occurs:
                raise Impossible("anything")
            return
        if not (needed or part.min_occurs) and not self.wanted(0.4):
            return
        mine: list[tuple[str, Any]] = []
        yours: dict[str, Any] = {}
        try:
            if part.accepts_multiple:
                yours[str(name)] = self.repeated(part, depth, mine)
            else:
                self.particle(part, depth, mine, yours)
        except Impossible:
            if needed or part.min_occurs:
                raise
            return
        if set(yours) & set(theirs):
            raise Impossible("zeep has one name for two groups")
        ours += mine
        theirs.update(yours)

    def repeated(self, part: Any, depth: int, ours: list[tuple[str, Any]]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for _ in range(max(int(part.min_occurs), self.count(part.max_occurs))):
            theirs: dict[str, Any] = {}
            mine: list[tuple[str, Any]] = []
            self.particle(part, depth, mine, theirs)
            if isinstance(part, Choice) and len(mine) != 1:
                raise Impossible("a repeated choice of sequences: zeep chooses by numbers, we by order")
            ours += mine
            found.append(theirs)
        return found

    def element(
        self,
        element: Any,
        name: str,
        depth: int,
        ours: list[tuple[str, Any]],
        theirs: dict[str, Any],
        *,
        optional: bool = False,
    ) -> None:
        if element.qname.text in self.facts.substitutes or element.qname.text in self.facts.abstract_elements:
            if optional:
                return
            raise Impossible("a substitution group")
        try:
            if element.accepts_multiple:
                pairs = [
                    self.of(element.type, depth + 1) for _ in range(max(element.min_occurs, self.count(element.max_occurs)))
                ]
                ours += [(element.attr_name, [mine]) for mine, _ in pairs]
                theirs[name] = [yours for _, yours in pairs]
            else:
                mine, theirs[name] = self.of(element.type, depth + 1)
                ours.append((element.attr_name, mine))
        except Impossible:
            theirs.pop(name, None)
            if not optional:
                raise
        self.budget -= 1

    def wanted(self, chance: float) -> bool:
        return self.budget > 0 and (self.full or self.random.random() < chance)

    def count(self, most: Any) -> int:
        return self.random.randint(1, 2) if most == "unbounded" or most > 1 else 1

    # -- texts

    def simple(self, kind: Any) -> tuple[Any, Any]:
        if isinstance(kind, ListType):
            pairs = [self.simple(kind.item_type) for _ in range(2)]
            if isinstance(pairs[0][0], str):  # a list is told apart by its spaces
                pairs = [(mine.replace(" ", "_"), theirs.replace(" ", "_")) for mine, theirs in pairs]
            return [one for one, _ in pairs], [one for _, one in pairs]
        if isinstance(kind, UnionType):
            return "5", "5"
        if getattr(kind, "qname", None) is not None and kind.qname.localname == "GuidType":
            return (_GUID, _GUID)
        words = self.facts.words.get(kind.qname.text) if getattr(kind, "qname", None) is not None else None
        if words:
            word = self.random.choice(words)
            return word, word
        for base, make in _SAMPLES:
            if isinstance(kind, base):
                found = make(self.random)
                return found if isinstance(found, tuple) else (found, found)
        return "text", "text"


_GUID = "01234567-89ab-cdef-0123-456789abcdef"


def _text(chance: random.Random) -> str:
    return "".join(chance.choice("aZ9é€\U0001f984 &<>\"'_-") for _ in range(chance.randint(1, 8))) + "x"


def _duration(chance: random.Random) -> timedelta:
    return timedelta(days=chance.randint(1, 9), minutes=chance.randint(1, 50))


_SAMPLES: list[tuple[type, Any]] = [
    (builtins.Boolean, lambda chance: True),
    (builtins.Byte, lambda chance: chance.randint(1, 127)),
    (builtins.UnsignedByte, lambda chance: chance.randint(1, 255)),
    (builtins.NonPositiveInteger, lambda chance: -chance.randint(1, 9)),
    (builtins.Integer, lambda chance: chance.randint(1, 1000)),
    (builtins.Decimal, lambda chance: Decimal(chance.randint(1, 99999)) / 100),
    (builtins.Float, lambda chance: chance.randint(1, 99) + 0.5),
    (builtins.Double, lambda chance: chance.randint(1, 99) / 7),
    (builtins.DateTime, lambda chance: datetime(2026, chance.randint(1, 12), 3, 4, 5, 6, chance.choice((0, 250000)), UTC)),
    (builtins.Date, lambda chance: date(2026, chance.randint(1, 12), chance.randint(1, 28))),
    (builtins.Time, lambda chance: time(chance.randint(0, 23), 1, 2)),
    (builtins.Duration, _duration),
    (builtins.Base64Binary, lambda chance: chance.randbytes(chance.randint(1, 50))),
    (builtins.HexBinary, lambda chance: (b"\xab\x01", "AB01")),
    (builtins.gYearMonth, lambda chance: ("2026-03", (2026, 3, None))),
    (builtins.gYear, lambda chance: ("2026", (2026, None))),
    (builtins.gMonthDay, lambda chance: ("--03-09", (3, 9, None))),
    (builtins.gDay, lambda chance: ("---09", (9, None))),
    (builtins.gMonth, lambda chance: ("--9", (9, None))),
    (builtins.Token, lambda chance: f"t{chance.randint(1, 99)}"),
    (builtins.String, _text),
    (builtins.AnyURI, lambda chance: "https://example.org/?a=b&c=d"),
    (builtins.QName, lambda chance: "name"),
]
