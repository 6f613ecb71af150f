"""Namespaces and qualified names. Source: SOAP 1.1 (W3C Note 2000), SOAP 1.2 (W3C 2007), XML Schema 1.0, XOP 1.0."""

from __future__ import annotations

from typing import Final

SOAP11: Final = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP12: Final = "http://www.w3.org/2003/05/soap-envelope"
ENVELOPES: Final = {SOAP11: "1.1", SOAP12: "1.2"}
ENCODING: Final = "http://schemas.xmlsoap.org/soap/encoding/"
ENCODING12: Final = "http://www.w3.org/2003/05/soap-encoding"
XSD: Final = "http://www.w3.org/2001/XMLSchema"
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
XML: Final = "http://www.w3.org/XML/1998/namespace"
WSDL: Final = "http://schemas.xmlsoap.org/wsdl/"
XOP: Final = "http://www.w3.org/2004/08/xop/include"
XMIME: Final = "http://www.w3.org/2005/05/xmlmime"

NIL: Final = f"{{{XSI}}}nil"
TYPE: Final = f"{{{XSI}}}type"
INCLUDE: Final = f"{{{XOP}}}Include"


def local(name: str) -> str:
    """The local part of ``{namespace}local``."""
    return name.rpartition("}")[2]


def space(name: str) -> str:
    """The namespace of ``{namespace}local``; empty when it has none."""
    return name[1:].partition("}")[0] if name.startswith("{") else ""
