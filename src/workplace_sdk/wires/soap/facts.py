"""What schemas say that zeep does not keep: enumerations, derivations, substitutions, what is abstract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import field, frozen

from workplace_sdk.wires.soap.names import XSD

_SCHEMA = f"{{{XSD}}}schema"
_DERIVED = (f"{{{XSD}}}extension", f"{{{XSD}}}restriction")


@frozen
class Facts:
    """By qualified name.

    Attributes:
        words: The enumerated values of a simple type.
        bases: What a complex type is derived from.
        substitutes: The elements that may stand in the place of one.
        prohibited: The attributes that a derivation took away from a complex type.
        abstract: Elements and types that never appear themselves.
    """

    words: dict[str, list[str]] = field(factory=dict[str, list[str]])
    bases: dict[str, str] = field(factory=dict[str, str])
    substitutes: dict[str, list[str]] = field(factory=dict[str, list[str]])
    prohibited: dict[str, set[str]] = field(factory=dict[str, set[str]])
    abstract_types: set[str] = field(factory=set[str])
    abstract_elements: set[str] = field(factory=set[str])

    def derived(self) -> dict[str, list[str]]:
        """The complex types derived from each, directly or not."""
        found: dict[str, list[str]] = {}
        for name in self.bases:
            above, seen = self.bases.get(name), {name}
            while above is not None and above not in seen:
                found.setdefault(above, []).append(name)
                seen.add(above)
                above = self.bases.get(above)
        return found

    def without(self, name: str | None) -> set[str]:
        """The attributes that a type, or one above it, took away."""
        found, seen = set[str](), set[str]()
        while name is not None and name not in seen:
            seen.add(name)
            found |= self.prohibited.get(name, set())
            name = self.bases.get(name)
        return found


def gather(roots: Mapping[str, Any]) -> Facts:
    """Look through all schemas of a WSDL."""
    facts, inherited = Facts(), dict[str, str]()
    for root in roots.values():
        for schema in root.iter(_SCHEMA):
            _look(schema, facts, inherited)
    for name in inherited:  # a restriction that names no values has those of its base
        above, seen = inherited[name], {name}
        while above in inherited and above not in facts.words and above not in seen:
            seen.add(above)
            above = inherited[above]
        if above in facts.words:
            facts.words[name] = facts.words[above]
    return facts


def _look(schema: Any, facts: Facts, inherited: dict[str, str]) -> None:
    for node in _named(schema, "simpleType"):
        name = _own(node, schema)
        restriction = node.find(f"{{{XSD}}}restriction")
        if restriction is None:
            continue
        words = [one.get("value") for one in restriction.findall(f"{{{XSD}}}enumeration")]
        if words:
            facts.words[name] = words
        elif restriction.get("base"):
            inherited[name] = _resolved(node, restriction.get("base"))
    for node in _named(schema, "complexType"):
        name = _own(node, schema)
        if node.get("abstract") in ("true", "1"):
            facts.abstract_types.add(name)
        for content in node.findall(f"{{{XSD}}}complexContent") + node.findall(f"{{{XSD}}}simpleContent"):
            for derivation in content:
                if derivation.tag in _DERIVED and derivation.get("base"):
                    facts.bases[name] = _resolved(node, derivation.get("base"))
                    gone = [
                        one.get("name") for one in derivation.findall(f"{{{XSD}}}attribute") if one.get("use") == "prohibited"
                    ]
                    facts.prohibited[name] = {one for one in gone if one}
    for node in _named(schema, "element"):
        if node.get("abstract") in ("true", "1"):
            facts.abstract_elements.add(_own(node, schema))
        for head in (node.get("substitutionGroup") or "").split():
            facts.substitutes.setdefault(_resolved(node, head), []).append(_own(node, schema))


def _named(schema: Any, kind: str) -> Iterator[Any]:
    return iter([node for node in schema.findall(f"{{{XSD}}}{kind}") if node.get("name")])


def _own(node: Any, schema: Any) -> str:
    target = schema.get("targetNamespace")
    return f"{{{target}}}{node.get('name')}" if target else node.get("name")


def _resolved(node: Any, name: str) -> str:
    prefix, _, rest = name.strip().rpartition(":")
    namespace = node.nsmap.get(prefix or None)
    return f"{{{namespace}}}{rest}" if namespace else rest
