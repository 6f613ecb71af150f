from typing import Any

class AnyType:
    qname: Any

class AnySimpleType(AnyType):
    _default_qname: Any
    is_global: bool

class ComplexType(AnyType):
    _element: Any
    _array_type: Any
    elements: list[tuple[str, Any]]
    attributes: list[tuple[str, Any]]

class Element:
    qname: Any
    type: Any

class Group:
    child: Any
