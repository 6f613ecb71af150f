"""A compiled operation, ready to be used: its types are made from the form as they are first needed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final

from attrs import frozen

from workplace_sdk.wires.soap import texts
from workplace_sdk.wires.soap.names import local

ANY_KEY: Final = "#any"
TEXT_KEY: Final = "#text"


@frozen
class Element:
    """An element where it may stand. *most* is -1 for any number."""

    name: str
    key: str
    number: int
    least: int
    most: int
    nillable: bool
    default: str | None


@frozen
class Particle:
    """Elements in sequence (``s``), a choice of them (``c``), all of them in any order (``a``), or anything (``*``)."""

    kind: str
    least: int
    most: int
    parts: tuple[Element | Particle, ...]
    keys: frozenset[str]


@frozen
class Attribute:
    """An attribute of a type. *key* is its name after ``@``."""

    name: str
    key: str
    number: int
    required: bool
    default: str | None


class Type:
    """One type of a plan.

    Attributes:
        base: Of a simple type, the built-in one that it is made of; ``union`` or ``any`` for those.
        words: The values that an enumeration has.
        item: Of a list or an array, the type of what is in it.
        content: What may be in a complex type.
        text: Of simple content, the type of the text.
    """

    def __init__(self, plan: Plan, row: Mapping[str, Any]) -> None:
        self.plan = plan
        self.name: str | None = row.get("name")
        self.words: frozenset[str] | None = frozenset(row["words"]) if "words" in row else None
        self.base: str | None = row.get("simple") or ("union" if "union" in row else "any" if "any" in row else None)
        self.is_list = "list" in row
        self.is_array = "items" in row
        self.item_number: int = row.get("list", row.get("items", 0))
        self.item_name: str = row.get("item", "item")
        self._text = row.get("text")
        self._content = row.get("content")
        self._attributes = row.get("attributes", ())
        self.open = bool(row.get("open"))
        self.abstract = bool(row.get("abstract"))
        self.derived: Mapping[str, int] = row.get("derived") or {}

    @property
    def is_simple(self) -> bool:
        """Whether it is a text, and neither anything nor a structure."""
        return self.is_list or (self.base is not None and self.base != "any")

    @cached_property
    def item(self) -> Type:
        return self.plan.type(self.item_number)

    @cached_property
    def text(self) -> Type | None:
        return None if self._text is None else self.plan.type(self._text)

    @cached_property
    def content(self) -> Particle | None:
        found = None if self._content is None else _part(self._content)
        if isinstance(found, Element):
            return Particle("s", 1, 1, (found,), frozenset({found.key}))
        return found

    @cached_property
    def attributes(self) -> tuple[Attribute, ...]:
        return tuple(Attribute(*row) for row in self._attributes)

    @cached_property
    def elements(self) -> Mapping[str, Element]:
        """The elements that may be in it, by key. Of two that share one, both are found by their qualified name."""
        found: dict[str, Element] = {}
        shared: dict[str, Element] = {}
        for element in _elements(self.content):
            other = found.get(element.key)
            if other is not None and other.name != element.name:
                shared[element.name], shared[other.name] = element, other
            found.setdefault(element.key, element)
        return {**found, **shared}

    @cached_property
    def most(self) -> Mapping[str, int]:
        """How often each element may be there, by qualified name; -1 for any number."""
        return _most(self.content)

    @cached_property
    def has_any(self) -> bool:
        """Whether elements of any name may be in it."""
        return _has_any(self.content)

    @cached_property
    def read(self) -> texts.Convert:
        """What makes a value of the text of a simple type."""
        if self.is_list:
            one = self.item.read
            return lambda text: [one(word) for word in text.split()]
        return texts.reader(self.base or "string")

    @cached_property
    def keeps_empty(self) -> bool:
        """Whether no text at all is a value: of a text it is, of a number it is not."""
        return self.read is str or self.base in ("union", "token", "anySimpleType", "base64Binary") or self.is_list


class Plan:
    """One operation, from its form."""

    def __init__(self, info: Mapping[str, Any], rows: list[Any]) -> None:
        self.operation: str = info["operation"]
        self.action: str = info["action"]
        self.version: str = info["version"]
        self.rpc: bool = info["style"] == "rpc"
        self.encoded: bool = info["encoded"]
        self.address: str = info["address"]
        self.faults: Mapping[str, int] = info["faults"]
        self.input = Message(info["input"])
        self.output = Message(info["output"])
        self._rows = rows
        self._types: dict[int, Type] = {}
        self.shapes: dict[int, Any] = {}
        """What reading has made of the types."""

    def type(self, number: int) -> Type:
        """Type *number*."""
        found = self._types.get(number)
        if found is None:
            row = self._rows[number]
            found = self._types.setdefault(number, Type(self, json.loads(row) if isinstance(row, str) else row))
        return found


class Message:
    """What is sent, or what is answered."""

    def __init__(self, info: Mapping[str, Any]) -> None:
        root = info["root"]
        self.root: Element | None = None if root is None else _element(root)
        self.parts: bool = info["parts"]
        self.headers: tuple[Element, ...] = tuple(_element(row) for row in info["headers"])

    def header(self, name: str) -> Element | None:
        """The header of that name: its own, or that of its part of the message."""
        for one in self.headers:
            if name in (one.name, local(one.name), one.key):
                return one
        return None


def _element(row: Any) -> Element:
    return Element(*row[1:])


def _part(row: Any) -> Element | Particle:
    kind = row[0]
    if kind == "e":
        return _element(row)
    if kind == "*":
        return Particle("*", row[1], row[2], (), frozenset({ANY_KEY}))
    parts = tuple(_part(one) for one in row[3])
    keys = frozenset[str]().union(*(one.keys if isinstance(one, Particle) else {one.key, one.name} for one in parts))
    return Particle(kind, row[1], row[2], parts, keys)


def _elements(part: Element | Particle | None) -> list[Element]:
    if part is None:
        return []
    if isinstance(part, Element):
        return [part]
    return [element for one in part.parts for element in _elements(one)]


def _most(part: Element | Particle | None) -> dict[str, int]:
    if part is None:
        return {}
    if isinstance(part, Element):
        return {part.name: part.most}
    found: dict[str, int] = {}
    for one in part.parts:
        for name, most in _most(one).items():
            before = found.get(name, 0)
            together = -1 if -1 in (before, most) else max(before, most) if part.kind == "c" else before + most
            found[name] = together
    return {name: -1 if -1 in (most, part.most) and most else most * part.most for name, most in found.items()}


def _has_any(part: Element | Particle | None) -> bool:
    return isinstance(part, Particle) and (part.kind == "*" or any(_has_any(one) for one in part.parts))
