"""Parsing what others wrote: no DTD, no entities, nothing fetched, nothing too deep."""

from __future__ import annotations

from typing import Any, Final

from lxml import etree

_OPTIONS: Final[dict[str, Any]] = {
    "resolve_entities": False,
    "load_dtd": False,
    "dtd_validation": False,
    "no_network": True,
    "remove_comments": True,
    "remove_pis": True,
}
_CAREFUL: Final = etree.XMLParser(**_OPTIONS)
_LARGE: Final = etree.XMLParser(**_OPTIONS, huge_tree=True)  # the size of a reply is capped by the http wire
_TEXT_LIMIT: Final = 9_000_000
"""Where libxml2 refuses a single text unless told otherwise."""
_HEAD: Final = 10_000


class BadXml(ValueError):
    """It is no XML, or XML that we do not read."""


def parsed(content: bytes) -> Any:
    """The root element of *content*; ``BadXml`` when it is not well-formed, too deep, or has a DTD."""
    parser = _CAREFUL
    if len(content) > _TEXT_LIMIT:
        head = content[:_HEAD]  # where a DTD would be: without one the larger limits are harmless
        if b"\0" in head or b"<!DOCTYPE" in content:
            raise BadXml("a document of this size may have no DTD and has to be UTF-8")
        parser = _LARGE
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise BadXml(error.msg) from None
    except ValueError as error:
        raise BadXml(str(error)) from None
    if root is None:
        raise BadXml("it is empty")
    if root.getroottree().docinfo.internalDTD is not None:
        raise BadXml("it has a DTD, which is not allowed")
    return root
