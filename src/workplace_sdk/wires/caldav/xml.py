"""XML of WebDAV, read with the standard library's expat: no entities, no document types, no bottomless nesting.

lxml would be faster for large replies; what is large in them is iCalendar, and a package that needs a compiler is not worth it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser
from xml.sax.saxutils import escape, quoteattr

from attrs import field, frozen

from workplace_sdk.kernel.errors import ProtocolError

if TYPE_CHECKING:
    from workplace_sdk.wires.http import Reply

D: Final = "{DAV:}"
C: Final = "{urn:ietf:params:xml:ns:caldav}"
DEEPEST: Final = 64
_NAMESPACES: Final = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"'

__all__ = ["DEEPEST", "C", "D", "Found", "element", "escape", "multistatus", "parsed", "quoteattr"]


class _Refused(Exception):
    """What no calendar server sends, and who wants to harm us does."""


class _Watched:
    """Builds the tree, and watches what it is built of."""

    def __init__(self) -> None:
        self._builder = TreeBuilder()
        self._depth = 0
        self.data = self._builder.data
        self.close = self._builder.close

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise _Refused(f"nested deeper than {DEEPEST}")
        self._builder.start(tag, attributes)

    def end(self, tag: str) -> None:
        self._depth -= 1
        self._builder.end(tag)

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        """Comes before anything that is declared in it."""
        raise _Refused("a document type")


def parsed(reply: Reply) -> Element:
    """The root of a reply's body; ``ProtocolError`` when it is no XML, or XML that is meant to harm."""
    parser = XMLParser(target=_Watched())  # noqa: S314 - what is known to be dangerous is refused there
    try:
        parser.feed(reply.body)
        root: Element = parser.close()
    except _Refused as refused:
        raise ProtocolError(f"the reply is refused: {refused}") from None
    except (ParseError, LookupError, ValueError) as error:
        raise ProtocolError(f"the reply is no XML: {error}", excerpt=reply.excerpt) from None
    return root


@frozen
class Found:
    """One resource of a multistatus, with the properties that it has."""

    href: str
    properties: Mapping[str, Element] = field(repr=False)

    def text(self, tag: str) -> str | None:
        """The text of a property."""
        one = self.properties.get(tag)
        return None if one is None else one.text

    def hrefs(self, tag: str) -> list[str]:
        """The addresses in a property."""
        one = self.properties.get(tag)
        return [] if one is None else [(href.text or "").strip() for href in one.iter(f"{D}href")]


def multistatus(reply: Reply) -> list[Found]:
    """The resources of a 207 reply that are there; ``ProtocolError`` when it is none. Source: RFC 4918 13."""
    root = parsed(reply)
    if root.tag != f"{D}multistatus":
        raise ProtocolError("the reply is no multistatus", excerpt=reply.excerpt)
    return list(_found(root))


def _found(root: Element) -> Iterator[Found]:
    for response in root.iterfind(f"{D}response"):
        href = (response.findtext(f"{D}href") or "").strip()
        properties: dict[str, Element] = {}
        for part in response.iterfind(f"{D}propstat"):
            if " 2" in (part.findtext(f"{D}status") or " 200"):
                properties.update({one.tag: one for holder in part.iterfind(f"{D}prop") for one in holder})
        if href and properties:
            yield Found(href, properties)


def element(name: str, /, *inside: str, **attributes: str) -> str:
    """An element as text: ``D:`` and ``C:`` are declared at the root, by who makes a body of it."""
    given = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    return f"<{name}{given}>{''.join(inside)}</{name}>"


def document(name: str, /, *inside: str, **attributes: Any) -> bytes:
    """The body of a request."""
    given = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    return f'<?xml version="1.0" encoding="utf-8"?><{name} {_NAMESPACES}{given}>{"".join(inside)}</{name}>'.encode()
