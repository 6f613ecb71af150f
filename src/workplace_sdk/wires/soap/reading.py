"""Replies into plain values, by the plan: whatever the order, by qualified name, and nothing is lost without being said.

An element with elements in it is a ``dict``, by local name; of a name that may come, or came, more than once the value is a
list. Attributes are under ``@name``, the text of an element that has attributes too under ``#text``, what stands where the schema
allows anything under its own name. ``xsi:nil`` is ``None``.

Reading goes twice at most: fast, counting what was placed, and once more with a record of the places when the numbers do
not agree or a value cannot be read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, TypeAlias

from attrs import frozen
from lxml import etree

from workplace_sdk.kernel.errors import ProtocolError
from workplace_sdk.wires.soap import texts
from workplace_sdk.wires.soap.names import (
    ENCODING,
    ENCODING12,
    INCLUDE,
    NIL,
    SOAP11,
    SOAP12,
    TYPE,
    XMIME,
    XML,
    XSD,
    XSI,
    local,
    space,
)
from workplace_sdk.wires.soap.plan import TEXT_KEY, Plan, Type

_ELEMENTS: Final = etree.XPath("count(descendant::*)")
_ATTRIBUTES: Final = etree.XPath("count(descendant-or-self::*/@*)")
_IGNORED: Final = frozenset({XSI, XMIME, XML, SOAP11, SOAP12, ENCODING, ENCODING12})
"""Attributes of these namespaces say something about the message, not of its contents."""
_TRUE: Final = frozenset({"true", "1"})
Attachments = Mapping[str, bytes]


class Oddity(StrEnum):
    """How a reply differs from what the WSDL promises."""

    UNPLACED = "unplaced"
    """The schema has no place for it: it was read without one, under its own name."""
    NAMESPACE = "namespace"
    """It was placed by its local name: the namespace is another one."""
    REPEATED = "repeated"
    """The schema allows it once: the value is a list."""


@frozen
class Odd:
    """One place where a reply differs: *path* is made of local names."""

    kind: Oddity
    path: str


Fields: TypeAlias = "dict[str, tuple[str, bool, Any, Type, Shape | None]]"


class Shape:
    """A complex type, as reading needs it; made of it when it is first met.

    Attributes:
        fields: By qualified name: key, whether several may come, what makes a value of its text, its type, and for a
            structure its shape.
        looks: Whether its attributes have to be looked at.
    """

    __slots__ = ("attributes", "convert", "derived", "fields", "kind", "looks", "strays")

    def __init__(self, kind: Type) -> None:
        self.kind = kind
        self.fields: Fields | None = None
        self.strays: dict[str, str] = {}
        self.derived = bool(kind.derived) or kind.abstract or kind.plan.encoded

    def made(self) -> Fields:
        """The fields, and the rest with them."""
        kind = self.kind
        self.convert = kind.text.read if kind.text is not None else None
        self.attributes = {one.name: (one.key, kind.plan.type(one.number)) for one in kind.attributes}
        self.looks = bool(self.attributes) or kind.open or self.convert is not None
        shared = {name for name in kind.elements if name.startswith("{")}
        fields: Fields = {}
        for element in kind.elements.values():
            key = element.name if element.name in shared else element.key
            found = kind.plan.type(element.number)
            convert = found.read if found.is_simple and found.read not in texts.BINARY else None
            shape = None if found.is_simple or found.is_array or found.base == "any" else shape_of(found)
            fields.setdefault(element.name, (key, kind.most.get(element.name, 1) != 1, convert, found, shape))
        short = Counter(local(name) for name in fields)
        self.strays = {local(name): name for name in fields if short[local(name)] == 1}
        self.fields = fields
        return fields


def shape_of(kind: Type) -> Shape:
    """The shape of a structure."""
    found: Shape | None = kind.plan.shapes.get(id(kind))
    if found is None:
        found = kind.plan.shapes[id(kind)] = Shape(kind)
    return found


class _Misread(Exception):
    """A value that is not what its type says; the second reading says where."""


class Reading:
    """One reply being read."""

    def __init__(self, plan: Plan, attachments: Attachments) -> None:
        self.plan = plan
        self.attachments = attachments
        self.seen = 0
        self.attributes_seen = 0

    def value(self, node: Any, kind: Type) -> Any:
        """The value of an element of type *kind*."""
        if kind.is_simple:
            return self.simple(node, kind)
        if kind.is_array:
            return self.array(node, kind)
        if kind.base == "any":
            return self.anything(node)
        return self.structure(node, shape_of(kind))

    def structure(self, node: Any, shape: Shape) -> Any:
        size = len(node)
        out: dict[str, Any] = {}
        named = node.get(TYPE) if shape.derived else None
        if named is not None:
            shape = self.actual(node, named, shape, out)
        fields = shape.fields if shape.fields is not None else shape.made()
        self.seen += size
        if shape.looks or named is not None:
            if self.attributes(node, shape, out):
                return None
            if shape.convert is not None:
                out[TEXT_KEY] = self.text(node, shape)
                return out
        elif not size and node.get(NIL) in _TRUE:
            self.attributes_seen += 1
            return None
        self.children(node, fields, shape, out)
        return out

    def children(self, node: Any, fields: Fields, shape: Shape, out: dict[str, Any]) -> None:
        """Read the elements in *node*."""
        get = fields.get
        for child in node:
            field = get(child.tag)
            if field is None:
                self.stray(child, shape, out)
                continue
            key, many, convert, kind, inner = field
            if convert is not None:
                text = child.text
                value = convert(text) if text is not None else self.empty(child, kind)
            elif inner is not None:
                value = self.structure(child, inner)
            else:
                value = self.value(child, kind)
            if key not in out:
                out[key] = [value] if many else value
            elif many:
                out[key].append(value)
            else:
                self.repeated(child, key, value, out)

    def text(self, node: Any, shape: Shape) -> Any:
        """The text of simple content."""
        text = node.text
        return shape.convert(text) if text is not None and shape.convert else self.empty(node, shape.kind.text)

    def attributes(self, node: Any, shape: Shape, out: dict[str, Any]) -> bool:
        """Read the attributes of *node*; whether it is nil."""
        found = node.items()
        self.attributes_seen += len(found)
        nil = False
        for name, text in found:
            known = shape.attributes.get(name)
            if known is not None:
                out[known[0]] = known[1].read(text) if known[1].is_simple else text
            elif name == NIL:
                nil = text in _TRUE and not len(node)
            elif space(name) not in _IGNORED:
                self.odd_attribute(node, name, shape)
                out[f"@{local(name)}"] = text
        return nil

    def actual(self, node: Any, named: str, shape: Shape, out: dict[str, Any]) -> Shape:
        """The type that ``xsi:type`` names, when it is one that may stand here."""
        number = shape.kind.derived.get(_qualified(node, named))
        if number is None:
            return shape
        found = shape_of(self.plan.type(number))
        out["@xsi:type"] = local(found.kind.name or "")
        return found

    def simple(self, node: Any, kind: Type) -> Any:
        if len(node) and kind.read in texts.BINARY:
            return self.included(node)
        text = node.text
        return kind.read(text) if text is not None else self.empty(node, kind)

    def empty(self, node: Any, kind: Type | None) -> Any:
        """What an element without text means."""
        nil = node.get(NIL)
        if nil is not None:
            self.attributes_seen += 1
            if nil in _TRUE:
                return None
        return kind.read("") if kind is not None and kind.keeps_empty else None

    def included(self, node: Any) -> bytes:
        """The attachment that stands outside of the envelope. Source: XOP 1.0."""
        include = node[0]
        href = include.get("href", "")
        if include.tag != INCLUDE or not href.startswith("cid:"):
            raise _Misread
        self.seen += 1
        self.attributes_seen += 1
        from urllib.parse import unquote

        try:
            return self.attachments[unquote(href[4:])]
        except KeyError:
            raise ProtocolError(f"the reply names the attachment {href}, which did not come with it") from None

    def array(self, node: Any, kind: Type) -> Any:
        """An array of SOAP encoding: whatever its items are called."""
        self.attributes_seen += len(node.items())
        if node.get(NIL) in _TRUE:
            return None
        self.seen += len(node)
        return [self.value(child, kind.item) for child in node]

    def anything(self, node: Any) -> Any:
        """A value whose type only ``xsi:type`` may tell."""
        self.seen += len(node)
        found = node.items()
        self.attributes_seen += len(found)
        named = node.get(TYPE)
        if node.get(NIL) in _TRUE:
            return None
        if named is not None and not len(node):
            name = _qualified(node, named)
            if space(name) in (XSD, ENCODING):
                return texts.reader(local(name))(node.text or "")
        out: dict[str, Any] = {f"@{local(name)}": text for name, text in found if space(name) not in _IGNORED}
        if not len(node):
            text = node.text or ""
            return {**out, TEXT_KEY: text} if out else text
        if named is not None and local(named) == "Array":
            return [self.anything(child) for child in node]
        for child in node:
            _put(out, local(child.tag), self.anything(child))
        return out

    def stray(self, child: Any, shape: Shape, out: dict[str, Any]) -> None:
        """An element that the type does not have by that name."""
        name = shape.strays.get(local(child.tag))
        if name is not None and shape.fields is not None:
            key, many, _convert, kind, _inner = shape.fields[name]
            self.odd(Oddity.NAMESPACE, child)
            value = self.value(child, kind)
            if many:
                out.setdefault(key, []).append(value)
            elif key in out:
                self.repeated(child, key, value, out)
            else:
                out[key] = value
            return
        if not shape.kind.has_any:
            self.odd(Oddity.UNPLACED, child)
        _put(out, local(child.tag), self.anything(child))

    def repeated(self, child: Any, key: str, value: Any, out: dict[str, Any]) -> None:
        """An element that came again though the schema allows it once: none is lost."""
        self.odd(Oddity.REPEATED, child)
        _put(out, key, value)

    def odd(self, kind: Oddity, node: Any) -> None:
        """The fast reading only says that there is something to say."""
        raise _Misread

    def odd_attribute(self, node: Any, name: str, shape: Shape) -> None:
        if not shape.kind.open:
            raise _Misread


class _Careful(Reading):
    """The second reading, which writes down what is odd and where."""

    def __init__(self, plan: Plan, attachments: Attachments, top: Any) -> None:
        super().__init__(plan, attachments)
        self.top = top
        self.odds: list[Odd] = []

    def value(self, node: Any, kind: Type) -> Any:
        try:
            return super().value(node, kind)
        except (ValueError, ArithmeticError):
            raise ProtocolError(f"{self.path(node)}: {_shown(node.text)} is no {_kind_name(kind)}") from None
        except _Misread:
            raise ProtocolError(f"{self.path(node)}: it has something in it that is no {_kind_name(kind)}") from None

    def simple(self, node: Any, kind: Type) -> Any:
        if not (len(node) and kind.read in texts.BINARY):
            for child in node:
                self.odd(Oddity.UNPLACED, child)
            self.leaf_attributes(node)
        return super().simple(node, kind)

    def structure(self, node: Any, shape: Shape) -> Any:
        fields = shape.fields if shape.fields is not None else shape.made()
        for child in node:
            field = fields.get(child.tag)
            if field is not None and field[2] is not None:
                self.value(child, field[3])  # says where a text does not fit, and looks at what a text should not have
        if not shape.looks:
            for name in node.attrib:
                if space(name) not in _IGNORED:
                    self.odd_attribute(node, name, shape)
        return super().structure(node, shape)

    def leaf_attributes(self, node: Any) -> None:
        for name in node.attrib:
            if space(name) not in _IGNORED:
                self.odds.append(Odd(Oddity.UNPLACED, f"{self.path(node)}/@{local(name)}"))

    def odd(self, kind: Oddity, node: Any) -> None:
        found = Odd(kind, self.path(node))
        if found not in self.odds:
            self.odds.append(found)

    def odd_attribute(self, node: Any, name: str, shape: Shape) -> None:
        found = Odd(Oddity.UNPLACED, f"{self.path(node)}/@{local(name)}")
        if not shape.kind.open and found not in self.odds:
            self.odds.append(found)

    def path(self, node: Any) -> str:
        names = [local(node.tag)]
        while node is not self.top and node.getparent() is not None:
            node = node.getparent()
            names.append(local(node.tag))
        return "/".join(reversed(names))


@frozen
class Tally:
    """What a whole document holds at most, by counting bytes, and what of it is outside of the element that is read.

    Every element begins with ``<``, and ``</``, ``<!`` and ``<?`` begin none; every attribute and declaration has its ``=``.
    Both may count too much, never too little: when it is just what was read, nothing was left out.
    """

    elements: int
    attributes: int

    @classmethod
    def of(cls, content: bytes, body: Any, root: Any) -> Tally:
        """Of *content*, whose envelope is *root* and whose element that is read stands in *body*."""
        start = content.find(b"?>") + 2 if content.startswith(b"<?xml") else 0
        elements = content.count(b"<") - content.count(b"</") - content.count(b"<!") - content.count(b"<?")
        attributes = content.count(b"=", start)
        outside = [root, *(one for child in root if child is not body for one in child.iter()), body]
        declared = len(body[0].nsmap) if len(body) else 0
        return cls(elements - len(outside), attributes - sum(len(one.attrib) for one in outside) - declared)

    def agrees(self, reading: Reading) -> bool:
        """Whether everything was read."""
        return reading.seen + 1 == self.elements and reading.attributes_seen == self.attributes


def read(
    node: Any, kind: Type, plan: Plan, attachments: Attachments, tally: Tally | None = None
) -> tuple[Any, tuple[Odd, ...]]:
    """The value of *node*, and what in it the schema does not know.

    Raises:
        ProtocolError: A value is not what its type says, or it is nested too deeply.
    """
    try:
        if not plan.encoded:
            fast = Reading(plan, attachments)
            try:
                value = fast.value(node, kind)
            except (_Misread, ValueError, ArithmeticError):
                pass
            else:
                counted = tally is not None and tally.agrees(fast)
                if counted or (fast.seen == _ELEMENTS(node) and fast.attributes_seen == _ATTRIBUTES(node)):
                    return value, ()
        careful = _Careful(plan, attachments, node)
        value = careful.value(node, kind)
    except RecursionError:
        raise ProtocolError("the reply is nested too deeply") from None
    return value, tuple(careful.odds)


def generic(node: Any, attachments: Attachments | None = None) -> Any:
    """The value of an element that no schema describes: texts, and dicts of them."""
    try:
        return Reading(_NO_PLAN, attachments or {}).anything(node)
    except RecursionError:
        raise ProtocolError("the reply is nested too deeply") from None
    except (ValueError, ArithmeticError):
        return node.text


_NO_PLAN: Final[Any] = None


def _put(out: dict[str, Any], key: str, value: Any) -> None:
    if key not in out:
        out[key] = value
    elif isinstance(out[key], _Several):
        out[key].append(value)
    else:
        out[key] = _Several([out[key], value])


class _Several(list[Any]):
    """Values that came under a name of which one was expected."""


def _qualified(node: Any, named: str) -> str:
    """A name in a value, by the prefixes that hold where it stands."""
    prefix, _, name = named.strip().rpartition(":")
    if prefix and prefix == node.prefix:
        return f"{node.tag.rpartition('}')[0]}}}{name}"
    namespace = node.nsmap.get(prefix or None)
    return f"{{{namespace}}}{name}" if namespace else name


def _shown(text: str | None) -> str:
    return repr((text or "")[:40])


def _kind_name(kind: Type) -> str:
    return kind.base or (local(kind.name) if kind.name else "value of its type")
