"""Plain values into an envelope, by the plan, in the order that the schema wants.

A value is a mapping by local name (``{"Request": {"From": date(2026, 3, 2)}}``), or pairs where the order of several names
matters; a list where an element comes more than once. Attributes are under ``@name``, the text of an element that has
attributes too under ``#text``. ``None`` leaves an element out, or makes it nil where it has to be there; ``NIL`` is always nil.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Any, Final, NoReturn, cast

from attrs import define, field

from workplace_sdk.kernel.errors import InvalidInput
from workplace_sdk.wires.soap import texts
from workplace_sdk.wires.soap.names import ENCODING, SOAP11, SOAP12, XML, XOP, XSD, XSI, local
from workplace_sdk.wires.soap.plan import ANY_KEY, TEXT_KEY, Element, Particle, Plan, Type
from workplace_sdk.wires.soap.texts import escaped, quoted


class Nil(Enum):
    """Says of an element that it has no value, where leaving it out would say something else."""

    NIL = "nil"


NIL: Final = Nil.NIL

_DEFAULT: Final = object()
_CHOICE: Final = "@xsi:type"

Attach = Callable[[bytes], str]
"""Takes what is to travel outside of the envelope; gives the content id to refer to it by."""


@define
class _Out:
    """What has been written."""

    plan: Plan
    attach: Attach | None
    attach_from: int = 0
    partial: bool = False
    parts: list[str] = field(factory=list[str])
    prefixes: dict[str, str] = field(factory=dict[str, str])

    def name(self, qualified: str) -> str:
        """*qualified* with a prefix, which is declared at the top."""
        if not qualified.startswith("{"):
            return qualified
        namespace, _, name = qualified[1:].partition("}")
        if namespace == XML:
            return f"xml:{name}"
        prefix = self.prefixes.get(namespace)
        if prefix is None:
            prefix = self.prefixes[namespace] = {XSI: "xsi", XSD: "xsd", ENCODING: "enc", XOP: "xop"}.get(
                namespace, f"n{len(self.prefixes)}"
            )
        return f"{prefix}:{name}"


class _Bag:
    """The values of a structure that are still to be written, in the order in which they were given."""

    def __init__(self, value: Any, kind: Type, path: str) -> None:
        self.queues: dict[str, deque[tuple[int, Any]]] = {}
        pairs = _pairs(value)
        if pairs is None:
            _refuse(path, "a mapping is needed, or pairs of a name and a value")
        number = 0
        for key, given in pairs:
            if key == _CHOICE:
                continue
            for one in _several(given, kind.elements.get(key), kind):
                self.queues.setdefault(key, deque()).append((number, one))
                number += 1

    def first(self, keys: Iterable[str]) -> int | None:
        """The place of the earliest value under one of *keys*."""
        places = [self.queues[key][0][0] for key in keys if key in self.queues]
        return min(places) if places else None

    def has(self, keys: frozenset[str]) -> bool:
        return not keys.isdisjoint(self.queues)

    def take(self, element: Element, most: int) -> list[Any]:
        taken: list[Any] = []
        for key in (element.key, element.name):
            queue = self.queues.get(key)
            while queue and (most < 0 or len(taken) < most):
                taken.append(queue.popleft()[1])
            if queue is not None and not queue:
                del self.queues[key]
        return taken

    def pop(self, key: str) -> Any:
        queue = self.queues.pop(key, None)
        return None if queue is None else queue[0][1]


def _pairs(value: Any) -> list[tuple[str, Any]] | None:
    """A structure as pairs of a name and a value; ``None`` when it is none."""
    if isinstance(value, Mapping):
        return list(cast("Mapping[str, Any]", value).items())
    if not isinstance(value, list | tuple):
        return None
    pairs = cast("list[Any]", value)
    return list(pairs) if all(map(_is_pair, pairs)) else None


def _is_pair(one: Any) -> bool:
    match one:
        case (str(), _):
            return isinstance(one, tuple)
        case _:
            return False


def _several(given: Any, element: Element | None, kind: Type) -> Iterable[Any]:
    """The values of an element that comes more than once; a single one, which may be a list itself."""
    if not isinstance(given, list | tuple):
        return (given,)
    values = cast("list[Any]", given)
    if element is None:
        return values
    found = kind.plan.type(element.number)
    if found.is_list or found.is_array:
        return (
            values if (not values and element.most != 1) or any(isinstance(one, list | tuple) for one in values) else (values,)
        )
    return values if found.is_simple or not values or _pairs(values) is None else (values,)


def envelope(
    plan: Plan,
    value: Any,
    headers: Mapping[str, Any] | None = None,
    *,
    version: str | None = None,
    attach: Attach | None = None,
    attach_from: int = 0,
    partial: bool = False,
) -> str:
    """The envelope that asks for the operation. Content of *attach_from* bytes and more is given to *attach*.

    *partial*: something is still to come, such as a login: what is missing is no error yet.

    Raises:
        InvalidInput: A value is missing, is of the wrong kind, or has no place in the schema; *field* says which.
    """
    out = _Out(plan, attach, attach_from, partial)
    head = _headers(out, headers or {})
    body = _body(out, value)
    namespace = SOAP12 if (version or plan.version) == "1.2" else SOAP11
    declared = "".join(f" xmlns:{prefix}={quoted(name)}" for name, prefix in out.prefixes.items())
    return f'<soap:Envelope xmlns:soap="{namespace}"{declared}>{head}<soap:Body>{body}</soap:Body></soap:Envelope>'


def _headers(out: _Out, headers: Mapping[str, Any]) -> str:
    if not headers:
        return ""
    for name, value in headers.items():
        element = out.plan.input.header(name)
        if element is None:
            _refuse(name, f"{out.plan.operation} has no such header")
        _element(out, element, value, local(element.name))
    written = "".join(out.parts)
    out.parts.clear()
    return f"<soap:Header>{written}</soap:Header>"


def _body(out: _Out, value: Any) -> str:
    root = out.plan.input.root
    if root is None:
        return ""
    kind = out.plan.type(root.number)
    value = {} if value is None and not kind.is_simple else value
    if out.plan.input.parts:
        _content(out, kind, value, "")
    elif out.plan.rpc:
        tag = out.name(root.name)
        style = f' soap:encodingStyle="{ENCODING}"' if out.plan.encoded else ""
        out.parts.append(f"<{tag}{style}>")
        _content(out, kind, value, "")
        out.parts.append(f"</{tag}>")
    else:
        _element(out, root, value, "")
    return "".join(out.parts)


def _element(out: _Out, element: Element, value: Any, path: str) -> None:
    kind = out.plan.type(element.number)
    tag = out.name(element.name)
    if value is NIL or (value is None and element.nillable):
        out.parts.append(f'<{tag} {out.name(f"{{{XSI}}}nil")}="true"/>')
        return
    if value is None:
        _refuse(path, "a value is needed")
    kind, attributes = _actual(out, kind, value, path)
    if kind.is_simple or kind.base == "any":
        _leaf(out, tag, kind, value, path, attributes)
        return
    if kind.is_array:
        _array(out, tag, kind, value, path)
        return
    if kind.text is not None:
        _text_content(out, tag, kind, value, path, attributes)
        return
    mark = len(out.parts)
    out.parts.append("")
    written = _content(out, kind, value, path)
    out.parts[mark] = f"<{tag}{attributes}{written}>"
    out.parts.append(f"</{tag}>")


def _actual(out: _Out, kind: Type, value: Any, path: str) -> tuple[Type, str]:
    """The type that is written, which ``@xsi:type`` may choose, and the attribute that says so."""
    chosen = next((one for name, one in _pairs(value) or () if name == _CHOICE), None)
    if chosen is None:
        if kind.abstract:
            names = ", ".join(sorted(local(name) for name in kind.derived))
            _refuse(path, f"'@xsi:type' has to say which of {names} it is")
        known = kind.name and out.plan.encoded and not kind.is_array
        return kind, _typed(out, _named(kind)) if known else ""
    for name, number in kind.derived.items():
        if chosen in (name, local(name)):
            return out.plan.type(number), _typed(out, name)
    return _refuse(path, f"there is no type {chosen} that may stand here")


def _typed(out: _Out, name: str) -> str:
    """The attribute that says which type an element has."""
    return f" {out.name(f'{{{XSI}}}type')}={quoted(out.name(name))}"


def _named(kind: Type) -> str:
    return kind.name or f"{{{XSD}}}{kind.base or 'anyType'}"


def _leaf(out: _Out, tag: str, kind: Type, value: Any, path: str, attributes: str) -> None:
    if out.plan.encoded and not attributes and kind.base not in (None, "any", "union"):
        attributes = _typed(out, _named(kind))
    if kind.base == "any" and isinstance(value, Mapping | list):
        _refuse(path, "only a text, number, date, time, bool or bytes can be written here")
    if kind.read in texts.BINARY and out.attach is not None and isinstance(value, bytes) and len(value) >= out.attach_from:
        cid = out.attach(value)
        out.parts.append(f"<{tag}{attributes}><{out.name(f'{{{XOP}}}Include')} href={quoted('cid:' + cid)}/></{tag}>")
        return
    text = simple_text(kind, value, path)
    out.parts.append(f"<{tag}{attributes}>{escaped(text)}</{tag}>")


def simple_text(kind: Type, value: Any, path: str) -> str:
    """The text of a simple value; ``InvalidInput`` when it does not fit."""
    try:
        if kind.is_list:
            return " ".join(simple_text(kind.item, one, path) for one in _items(value, path))
        text = texts.any_text(value)[0] if kind.base in ("union", "any", "anySimpleType") else _writer(kind)(value)
    except texts.NotSuitable as error:
        raise InvalidInput(str(error), field=path) from None
    if kind.words is not None and text not in kind.words:
        _refuse(path, f"it has to be one of {', '.join(sorted(kind.words))}")
    return text


def _writer(kind: Type) -> Callable[[Any], str]:
    return texts.writer(kind.base or "string")


def _text_content(out: _Out, tag: str, kind: Type, value: Any, path: str, attributes: str) -> None:
    text_kind = cast("Type", kind.text)
    if _pairs(value) is not None:
        bag = _Bag(value, kind, path)
        attributes += _attributes(out, kind, bag, path)
        value = bag.pop(TEXT_KEY)
        _nothing_left(bag, path)
        value = "" if value is None and text_kind.keeps_empty else value
    else:
        attributes += _attributes(out, kind, _Bag({}, kind, path), path)
    _leaf(out, tag, text_kind, value, path, attributes)


def _items(value: Any, path: str) -> list[Any]:
    if not isinstance(value, list | tuple):
        _refuse(path, "a list is needed")
    return list(cast("list[Any]", value))


def _array(out: _Out, tag: str, kind: Type, value: Any, path: str) -> None:
    items = _items(value, path)
    item = Element(kind.item_name, kind.item_name, kind.item_number, 1, 1, True, None)
    count = quoted(f"{out.name(_named(kind.item))}[{len(items)}]")
    named = _typed(out, f"{{{ENCODING}}}Array")
    out.parts.append(f"<{tag}{named} {out.name(f'{{{ENCODING}}}arrayType')}={count}>")
    for number, one in enumerate(items):
        _element(out, item, one, f"{path}[{number}]")
    out.parts.append(f"</{tag}>")


def _content(out: _Out, kind: Type, value: Any, path: str) -> str:
    """Write what is in a structure; its attributes."""
    bag = _Bag(value, kind, path)
    attributes = _attributes(out, kind, bag, path)
    if kind.content is not None:
        _particle(out, kind.content, bag, path)
    _nothing_left(bag, path)
    return attributes


def _attributes(out: _Out, kind: Type, bag: _Bag, path: str) -> str:
    written = ""
    for attribute in kind.attributes:
        value = bag.pop(attribute.key)
        where = f"{path}.{attribute.key}".lstrip(".")
        if value is None:
            if attribute.default is None:
                if attribute.required and not out.partial:
                    _refuse(where, "a value is needed")
                continue
            text = attribute.default
        else:
            text = simple_text(out.plan.type(attribute.number), value, where)
        written += f" {out.name(attribute.name)}={quoted(text)}"
    if kind.open:
        for key in [key for key in bag.queues if key.startswith("@")]:
            written += f" {out.name(key[1:])}={quoted(str(bag.pop(key)))}"
    return written


def _nothing_left(bag: _Bag, path: str) -> None:
    if bag.queues:
        left = next(iter(bag.queues))
        if bag.queues[left][0][1] is None and len(bag.queues) == 1:
            return
        names = [key for key, queue in bag.queues.items() if any(value is not None for _, value in queue)]
        if names:
            _refuse(f"{path}.{names[0]}".lstrip("."), "the schema has no place for it, or not together with the rest")


def _particle(out: _Out, particle: Particle, bag: _Bag, path: str) -> None:
    """Write a group as often as there are values for it."""
    if particle.kind == "*":
        _anything(out, particle, bag, path)
        return
    count = 0
    while particle.most < 0 or count < particle.most:
        if count >= particle.least and not bag.has(particle.keys):
            return
        size = sum(map(len, bag.queues.values()))
        if particle.kind == "c":
            _choice(out, particle, bag, path)
        else:
            for part in particle.parts:
                _part(out, part, bag, path)
        count += 1
        if size == sum(map(len, bag.queues.values())):
            return


def _part(out: _Out, part: Element | Particle, bag: _Bag, path: str) -> None:
    if isinstance(part, Particle):
        _particle(out, part, bag, path)
        return
    values = [value for value in bag.take(part, part.most) if value is not None or (part.nillable and part.most != 1)]
    where = f"{path}.{part.key}".lstrip(".")
    missing = part.least - len(values)
    if missing > 0 and part.default is not None:
        values += [_DEFAULT] * missing
    elif missing > 0 and part.nillable:
        values += [NIL] * missing
    elif missing > 0 and not out.partial:
        _refuse(where, "a value is needed" if part.least == 1 else f"at least {part.least} are needed")
    for number, value in enumerate(values):
        if value is _DEFAULT:
            out.parts.append(f"<{out.name(part.name)}>{escaped(part.default or '')}</{out.name(part.name)}>")
        else:
            _element(out, part, value, where if part.most == 1 else f"{where}[{number}]")


def _choice(out: _Out, particle: Particle, bag: _Bag, path: str) -> None:
    """Write the alternative that the values are for: in a repeated choice that of the next value, else the one with the most."""
    best: tuple[int, int] | None = None
    chosen: Element | Particle | None = None
    for part in particle.parts:
        keys = part.keys if isinstance(part, Particle) else frozenset({part.key, part.name})
        given = [key for key in keys if _given(bag, key)]
        if not given:
            continue
        first = cast("int", bag.first(given))
        rank = (-first, len(given)) if particle.most != 1 else (len(given), -first)
        if best is None or rank > best:
            best, chosen = rank, part
    if chosen is not None:
        once = particle.most != 1 and isinstance(chosen, Element)
        _part(out, _once(chosen) if once and isinstance(chosen, Element) else chosen, bag, path)
        return
    for key in particle.keys & bag.queues.keys():
        del bag.queues[key]  # only None was given
    if particle.least and not out.partial and not any(_may_be_empty(part) for part in particle.parts):
        names = ", ".join(sorted(key for key in particle.keys if not key.startswith("{")))
        _refuse(path or names, f"one of {names} is needed")


def _given(bag: _Bag, key: str) -> bool:
    return key in bag.queues and any(value is not None for _, value in bag.queues[key])


def _once(element: Element) -> Element:
    return Element(element.name, element.key, element.number, element.least, 1, element.nillable, element.default)


def _may_be_empty(part: Element | Particle) -> bool:
    """Whether a particle is satisfied by nothing. (In a choice every element is compiled as optional.)"""
    if isinstance(part, Element):
        return False
    if part.least == 0:
        return True
    if part.kind == "c":
        return any(_may_be_empty(one) for one in part.parts)
    return all(_may_be_empty(one) if isinstance(one, Particle) else one.least == 0 for one in part.parts)


def _anything(out: _Out, particle: Particle, bag: _Bag, path: str) -> None:
    queue = bag.queues.pop(ANY_KEY, None) or ()
    if particle.most >= 0 and len(queue) > particle.most:
        _refuse(f"{path}.{ANY_KEY}".lstrip("."), f"at most {particle.most} may be given")
    for _, value in queue:
        if value is not None:
            out.parts.append(_fragment(value, path))


def _fragment(value: Any, path: str) -> str:
    """An element as it was given: XML of the author's own."""
    from lxml import etree

    from workplace_sdk.wires.soap.xml import BadXml, parsed

    where = f"{path}.{ANY_KEY}".lstrip(".")
    if not isinstance(value, str):
        _refuse(where, "an element is needed, as text")
    try:
        return str(etree.tostring(parsed(value.encode()), encoding="unicode"))
    except BadXml as error:
        raise InvalidInput(f"it is no XML: {error}", field=where) from None


def _refuse(path: str, reason: str) -> NoReturn:
    raise InvalidInput(reason, field=path or None)
