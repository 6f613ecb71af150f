"""From a WSDL, as zeep reads it, to the form that the rest works with: one operation with the types that it uses.

A form is plain data that JSON can hold:

    operation: name, action, version ("1.1" or "1.2"), style, encoded, namespace, address,
    input and output: {"root": an element or None, "parts": bool, "headers": [elements]},
    faults: {qualified name: number of its type}, types: [types, by number]

    element   ["e", name, key, type, least, most, nillable, default]     most -1: any number
    particles ["s" | "c" | "a", least, most, [parts]] for sequence, choice, all;  ["*", least, most] for any
    attribute [name, key, type, required, default]
    type      {"simple": base, "words": [...]}  {"list": type}  {"union": true}  {"any": true}
              {"name", "content", "text", "attributes", "open", "abstract", "derived": {name: type}}
              {"name", "items": type, "item": name} for an array of SOAP encoding
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, Final

from attrs import field, frozen
from zeep import settings as zeep_settings
from zeep import wsdl as zeep_wsdl
from zeep import xsd
from zeep.exceptions import Error as ZeepError
from zeep.wsdl.bindings.soap import Soap12Binding, SoapBinding
from zeep.xsd.elements.indicators import OrderIndicator
from zeep.xsd.types.collection import ListType, UnionType

from workplace_sdk.kernel.errors import ConfigError
from workplace_sdk.wires.soap.documents import SCHEMAS, SHIPPED, Documents
from workplace_sdk.wires.soap.facts import Facts, gather
from workplace_sdk.wires.soap.names import WSDL, XSD, local

FORMAT: Final = 1


class _Shelf:
    """What zeep asks for its documents: those that were read, and nothing else."""

    def __init__(self, texts: dict[str, bytes]) -> None:
        self._texts = texts

    def load(self, url: str) -> bytes:
        if url in self._texts:
            return self._texts[url]
        if url in SHIPPED:  # zeep asks for SOAP encoding by its namespace, also where no import names it
            return (SCHEMAS / SHIPPED[url]).read_bytes()
        raise ConfigError(f"the WSDL needs {url}, which is not here and is never fetched", key="wsdl")


class Compiler:
    """A WSDL, read by zeep, and the forms of its operations."""

    def __init__(self, documents: Documents, *, port: str | None = None, version: str | None = None) -> None:
        settings = zeep_settings.Settings(strict=True, forbid_dtd=True, forbid_entities=True, forbid_external=True)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # zeep warns about operations that it leaves out; naming one says that
                self.wsdl: Any = zeep_wsdl.Document("/0", _Shelf(dict(documents.texts)), settings=settings)
        except ConfigError:
            raise
        except (ZeepError, LookupError, ValueError, TypeError, AttributeError, NotImplementedError, AssertionError) as error:
            raise ConfigError(f"the WSDL cannot be read: {type(error).__name__}: {error}", key="wsdl") from error
        self.facts = gather(documents.roots)
        self.said = _said(documents)
        self.binding, self.address = _chosen(self.wsdl, port, version)

    @property
    def operations(self) -> tuple[str, ...]:
        """The names of the operations."""
        return tuple(self.binding.all())

    def form(self, name: str) -> dict[str, Any]:
        """The form of one operation; ``ConfigError`` when there is none of that name."""
        if name not in self.binding.all():
            raise ConfigError(f"the WSDL has no operation {name!r}; it has {', '.join(sorted(self.operations))}", key="wsdl")
        operation: Any = self.binding.get(name)
        types = _Types(self.wsdl.types, self.facts)
        said = self.said.get((self.binding.name.localname, name), _Said())
        faults: dict[str, int] = {}
        declared: dict[str, Any] = operation.abstract.fault_messages or {}
        for fault in declared.values():
            for part in fault.parts.values():
                if part.element is not None:
                    faults[part.element.qname.text] = types.number(part.element.type)
        info = {
            "format": FORMAT,
            "operation": name,
            "action": operation.soapaction or "",
            "version": "1.2" if isinstance(self.binding, Soap12Binding) else "1.1",
            "style": operation.style,
            "encoded": said.encoded,
            "address": self.address,
            "input": _message(operation.input, said.parts.get("input", frozenset()), types),
            "output": _message(operation.output, said.parts.get("output", frozenset()), types),
            "faults": faults,
        }
        return {**info, "types": types.all()}


def _chosen(wsdl: Any, port: str | None, version: str | None) -> tuple[Any, str]:
    """The binding that is used, and the address that the WSDL has for it."""
    found = [
        (one.name, one.binding, one.binding_options.get("address") or "")
        for service in wsdl.services.values()
        for one in service.ports.values()
    ]
    found = found or [(binding.name.localname, binding, "") for binding in wsdl.bindings.values()]
    soap = [one for one in found if isinstance(one[1], SoapBinding) and port in (None, one[0])]
    same = [one for one in soap if isinstance(one[1], Soap12Binding) is (version == "1.2")] if version else soap
    for _, binding, address in (*same, *soap):  # one of the other version tells the operations as well
        return binding, address
    names = ", ".join(name for name, *_ in found)
    raise ConfigError(f"the WSDL has no SOAP port{f' {port}' if port else ''}; it has {names or 'none'}", key="wsdl")


@frozen
class _Said:
    """What a binding says of the bodies of an operation, and zeep does not keep."""

    encoded: bool = False
    parts: Mapping[str, frozenset[str]] = field(factory=dict[str, frozenset[str]])


def _said(documents: Documents) -> dict[tuple[str, str], _Said]:
    """By binding and operation: whether they are written with SOAP encoding, and which parts of the message are in them."""
    found = dict[tuple[str, str], _Said]()
    for root in documents.roots.values():
        for binding in root.iter(f"{{{WSDL}}}binding"):
            for operation in binding.findall(f"{{{WSDL}}}operation"):
                bodies = {
                    way: next((one for one in operation.findall(f"{{{WSDL}}}{way}/*") if local(one.tag) == "body"), None)
                    for way in ("input", "output")
                }
                parts = {way: frozenset((one.get("parts") or "").split()) for way, one in bodies.items() if one is not None}
                asked = bodies["input"]
                encoded = asked is not None and asked.get("use") == "encoded"
                found[binding.get("name"), operation.get("name")] = _Said(encoded, parts)
    return found


def _message(message: Any, parts: frozenset[str], types: _Types) -> dict[str, Any]:
    body: Any = getattr(message, "body", None)
    header: Any = getattr(message, "header", None)
    headers = [types.element(one) for one in (header.type._element or ())] if header is not None else []  # noqa: SLF001 - zeep has no other way
    wrapped = bool(getattr(message, "_is_body_wrapped", False))
    if wrapped and parts:
        inner = [one for one in body.type._element if one.attr_name in parts]  # noqa: SLF001
        if len(inner) == 1:
            body, wrapped = inner[0], False
    return {"root": None if body is None else types.element(body), "parts": wrapped, "headers": headers}


class _Types:
    """The types that an operation uses, numbered as they are met."""

    def __init__(self, schema: Any, facts: Facts) -> None:
        self.schema = schema
        self.facts = facts
        self.derived = facts.derived()
        self._numbers: dict[int, int] = {}
        self._met: list[Any] = []  # kept, so that no other gets the same id()

    def number(self, kind: Any) -> int:
        if id(kind) not in self._numbers:
            self._numbers[id(kind)] = len(self._met)
            self._met.append(kind)
        return self._numbers[id(kind)]

    def all(self) -> list[dict[str, Any]]:
        """Each type; describing one may meet others."""
        described: list[dict[str, Any]] = []
        while len(described) < len(self._met):
            described.append(self._described(self._met[len(described)]))
        return described

    def element(self, element: Any) -> list[Any]:
        most = -1 if element.max_occurs == "unbounded" else int(element.max_occurs)
        kind = self.number(element.type if element.type is not None else xsd.AnyType())
        return [
            "e", element.qname.text, element.attr_name, kind, int(element.min_occurs), most, bool(element.nillable), element.default,
        ]  # fmt: skip

    def _described(self, kind: Any) -> dict[str, Any]:
        name = kind.qname.text if getattr(kind, "qname", None) is not None else None
        if isinstance(kind, xsd.ComplexType):
            return self._complex(kind, name)
        if isinstance(kind, ListType):
            item = kind.item_type
            return {"list": self.number(item)} if hasattr(item, "xmlvalue") else {"simple": "string"}
        if isinstance(kind, UnionType):
            return {"union": True}
        if isinstance(kind, xsd.AnySimpleType):
            base = type(kind)._default_qname.localname  # noqa: SLF001 - zeep has no other way
            found: dict[str, Any] = {"simple": base}
            words = self.facts.words.get(name or "") if kind.is_global or name in self.facts.words else None
            if name and not name.startswith(f"{{{XSD}}}"):
                found["name"] = name
            if words and _is_named(self.schema, kind):
                found["words"] = words
            return found
        return {"any": True}

    def _complex(self, kind: Any, name: str | None) -> dict[str, Any]:
        array = kind._array_type  # noqa: SLF001 - zeep has no other way
        if array is not None and getattr(array, "array_type", None) is not None:
            inner = [one for _, one in kind.elements] if kind._element is not None else []  # noqa: SLF001
            item = next((one.qname.text for one in inner if isinstance(one, xsd.Element)), "item")
            return {"name": name, "items": self.number(array.array_type), "item": item}
        content: Any = kind._element  # noqa: SLF001
        text: int | None = None
        if isinstance(
            content, xsd.Element
        ):  # what zeep makes of simple content, and of a type that adds nothing to an empty one
            text = self.number(content.type) if isinstance(content.type, xsd.AnySimpleType) else None
            content = None
        found: dict[str, Any] = {
            "name": name,
            "content": None if content is None else self._particle(content),
            "text": text,
            "attributes": [],
            "open": False,
            "abstract": name in self.facts.abstract_types,
            "derived": {},
        }
        gone = self.facts.without(name)
        for _, attribute in kind.attributes:
            if attribute.qname is None:
                found["open"] = True
            elif attribute.qname.text not in gone:
                required = bool(getattr(attribute, "required", False))
                row = [attribute.qname.text, f"@{attribute.name}", self.number(attribute.type), required, attribute.default]
                found["attributes"].append(row)
        for other in self.derived.get(name, ()) if name and kind.is_global else ():
            found["derived"][other] = self.number(self.schema.get_type(other))
        return found

    def _particle(self, one: Any) -> list[Any]:
        most = -1 if one.max_occurs == "unbounded" else int(one.max_occurs)
        least = int(one.min_occurs)
        if isinstance(one, xsd.Group):
            return ["s", least, most, [self._particle(one.child)]]
        if isinstance(one, OrderIndicator):
            kind = {"Choice": "c", "All": "a"}.get(type(one).__name__, "s")
            return [kind, least, most, [self._particle(part) for part in list[Any](one)]]
        if isinstance(one, xsd.Element):
            return self._substituted(one, least, most)
        return ["*", least, most]

    def _substituted(self, element: Any, least: int, most: int) -> list[Any]:
        """An element, or the choice of those that may stand in its place."""
        own = self.element(element)
        others = self._substitutes(element.qname.text)
        if not others:
            return own
        members = [] if element.qname.text in self.facts.abstract_elements else [element.qname.text]
        parts: list[list[Any]] = []
        for name in [*members, *others]:
            row = self.element(self.schema.get_element(name))
            row[4:6] = [0, 1]
            parts.append(row)
        return ["c", least, most, parts]

    def _substitutes(self, head: str) -> list[str]:
        found: list[str] = []
        for name in self.facts.substitutes.get(head, ()):
            found += [] if name in self.facts.abstract_elements else [name]
            found += self._substitutes(name)
        return found


def _is_named(schema: Any, kind: Any) -> bool:
    """Whether *kind* is the global type of its name, and not one without a name in an element that happens to be called so."""
    return schema.get_type(kind.qname, fail_silently=True) is kind
