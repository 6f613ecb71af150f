"""The vendors' own WSDLs: what is written in their types is read back as it was, and JAX-WS accepts what is sent by them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.servers import jaxws
from tests.soap import vendors
from tests.soap.conftest import perform
from tests.soap.generated import Impossible, Values, asked
from tests.soap.test_against_zeep import compiled
from workplace_sdk.kernel.errors import InvalidInput, ProtocolError, WorkplaceError
from workplace_sdk.kernel.failures import Retrying
from workplace_sdk.wires.http import Http
from workplace_sdk.wires.soap.compiling import Compiler
from workplace_sdk.wires.soap.plan import TEXT_KEY, Plan, Type
from workplace_sdk.wires.soap.reading import Tally, read
from workplace_sdk.wires.soap.soap import Soap
from workplace_sdk.wires.soap.writing import envelope
from workplace_sdk.wires.soap.xml import parsed

# -- what is written is read back


def as_read(kind: Type, value: Any) -> Any:
    """*value* as reading gives it."""
    if kind.is_list:
        return [as_read(kind.item, one) for one in value]
    if kind.base == "any":
        return str(value)
    if kind.is_simple:
        return value
    pairs = list(value.items()) if isinstance(value, dict) else value
    out: dict[str, Any] = {}
    for name, one in pairs:
        if name == "@xsi:type":
            out[name] = one
            kind = kind.plan.type(next(number for full, number in kind.derived.items() if full.endswith(f"}}{one}")))
    out |= {one.key: kind.plan.type(one.number).read(one.default) for one in kind.attributes if one.default is not None}
    out |= {TEXT_KEY: ""} if kind.text is not None else {}
    for name, one in pairs:
        if name != "@xsi:type":
            _placed(out, kind, name, one)
    return out


def _placed(out: dict[str, Any], kind: Type, name: str, value: Any) -> None:
    attribute = next((one for one in kind.attributes if one.key == name), None)
    if attribute is not None:
        out[name] = as_read(kind.plan.type(attribute.number), value)
    elif name == TEXT_KEY and kind.text is not None:
        out[name] = as_read(kind.text, value)
    else:
        element = kind.elements[name]
        inner = kind.plan.type(element.number)
        wrapped = isinstance(value, list) and len(value) == 1 and element.most != 1 and not inner.is_list
        for single in value if wrapped else [value]:
            found = as_read(inner, single)
            if kind.most.get(element.name, 1) == 1:
                out[name] = found
            else:
                out.setdefault(name, []).append(found)


@pytest.mark.parametrize("name", vendors.FILES)
def test_every_answer_of_a_vendor_is_read_as_it_was_written(name: str) -> None:
    compiler = compiled(vendors.wsdl(name))
    tried = 0
    for operation in compiler.operations:
        body, _ = asked(compiler, operation, "output")
        if body is None:
            continue
        form = compiler.form(operation)
        plan = Plan({**form, "input": form["output"]}, form["types"])
        root = plan.output.root
        assert root is not None
        for seed in range(3):
            try:
                ours, _ = Values(compiler, seed, full=seed == 2).message(body)
            except Impossible:
                continue
            content = envelope(plan, ours).encode()
            tree = parsed(content)
            tally = Tally.of(content, tree[0], tree)
            value, odd = read(tree[0][0], plan.type(root.number), plan, {}, tally)
            assert odd == (), (operation, seed)
            assert value == as_read(plan.type(root.number), ours), (operation, seed)
            tried += 1
    assert tried >= len(compiler.operations) // 2


# -- JAX-WS takes what is sent, and its answers are read


SERVED = {
    "Exchange": 0.85, "Workday Human Resources": 0.9, "Workday Absence Management": 0.9, "ServiceNow": 1.0,
}  # fmt: skip
"""The part of the operations, at least, that get an answer of JAX-WS; the rest has values that only a pattern would tell."""
_STRUCTURE = re.compile(r"cvc-complex-type\.(2\.4|2\.3|3\.|4)|cvc-elt|cvc-type\.(2|3\.1)")
"""What Xerces says of a message whose elements are wrong; of a text that is wrong it says other things."""


def _servable(name: str, folder: Path) -> tuple[Path, tuple[str, str, str]]:
    """A copy of the WSDL as Java wants it: with a service, and with nothing to be fetched."""
    source = vendors.wsdl(name)
    file = folder / source.name
    for one in source.parent.glob("*.xsd" if name == "Exchange" else source.name):
        shutil.copy(one, folder)
    text = source.read_text("utf-8")
    namespace = re.search(r'targetNamespace="([^"]+)"', text)
    binding = re.search(r'<(?:[\w]+:)?binding name="([^"]+)"', text)
    assert namespace is not None
    assert binding is not None
    service, port = (
        re.search(r'<(?:\w+:)?service name="([^"]+)"', text),
        re.search(r'<(?:\w+:)?port (?:binding="[^"]*" )?name="([^"]+)"', text),
    )
    if service is None:
        made = f'<x:service xmlns:x="http://schemas.xmlsoap.org/wsdl/" name="Made"><x:port name="Made" xmlns:b="{namespace[1]}" binding="b:{binding[1]}"><y:address xmlns:y="http://schemas.xmlsoap.org/wsdl/soap/" location="http://127.0.0.1:1/"/></x:port></x:service>'
        text = re.sub(r"(</(?:\w+:)?definitions>)", lambda end: made + end[1], text)
    file.write_text(text, "utf-8")
    types = folder / "types.xsd"
    if types.exists():  # it imports the xml namespace without saying where it is
        shutil.copy(jaxws.SOURCES / "xml.xsd", folder)
        said = types.read_text("utf-8")
        said = re.sub(r'(<xs:import namespace="http://www.w3.org/XML/1998/namespace")', r'\1 schemaLocation="xml.xsd"', said)
        said = said.replace(' substitutionGroup="t:Transition"', "")  # Xerces finds it ambiguous, and is right
        types.write_text(said, "utf-8")
    return file, (namespace[1], service[1] if service else "Made", port[1] if port else "Made")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], jaxws.Canned]]:
    """The server of a vendor's WSDL, started when first asked for."""
    if reason := jaxws.unavailable():
        pytest.skip(reason)
    started: dict[str, jaxws.Canned] = {}

    def serve(name: str) -> jaxws.Canned:
        if name not in started:
            file, service = _servable(name, tmp_path_factory.mktemp("served"))
            started[name] = jaxws.Canned(file, service)
        return started[name]

    yield serve
    for server in started.values():
        server.stop()


def _client(name: str, server: jaxws.Canned) -> Soap:
    soap = Soap(Http(server.url), vendors.wsdl(name), path="/service", keep=None, strict=True)
    soap._compiler = (compiled(vendors.wsdl(name)), {}, b"")  # compiled already, by another test
    return soap


def _canned(compiler: Compiler, operation: str, seed: int) -> tuple[str, Any] | None:
    """An answer in the operation's own types, as text and as it has to be read."""
    form = compiler.form(operation)
    plan = Plan({**form, "input": form["output"]}, form["types"])
    body, _ = asked(compiler, operation, "output")
    if body is None:
        return None
    try:
        ours, _ = Values(compiler, seed).message(body)
        text = envelope(plan, ours)
    except (Impossible, InvalidInput):
        return None
    root = plan.output.root
    assert root is not None
    declared = re.search(r"<soap:Envelope([^>]*)>", text)
    assert declared is not None
    inner = text.partition("<soap:Body>")[2].rpartition("</soap:Body>")[0]
    return re.sub(r"^<([\w:]+)", rf"<\1{declared[1]}", inner), as_read(plan.type(root.number), ours)


@pytest.mark.parametrize("name", SERVED)
def test_jax_ws_takes_every_operation_of_a_vendor(name: str, served: Callable[[str], jaxws.Canned]) -> None:
    compiler, server = compiled(vendors.wsdl(name)), served(name)
    soap, answered = _client(name, server), set[str]()
    for operation in compiler.operations:
        root, _ = asked(compiler, operation)
        for seed in range(5):
            canned = _canned(compiler, operation, seed)
            try:
                ours, _ = Values(compiler, seed, full=seed == 4).message(root)
            except Impossible:
                continue
            if canned is None:
                continue
            server.answer(root.qname.localname, canned[0])
            try:
                answer = perform(soap.call(operation, ours, reads=True), retrying=Retrying(attempts=1))
            except WorkplaceError as error:
                said = str(error)
                assert isinstance(error, ProtocolError) or "cvc-" in said, (operation, seed, said)
                assert not _STRUCTURE.search(said), (operation, seed, said)
                continue
            assert answer.value == canned[1], (operation, seed)
            answered.add(operation)
            break
    soap.http.close()
    assert len(answered) >= SERVED[name] * len(compiler.operations), sorted(set(compiler.operations) - answered)


FOUND = """<m:FindItemResponse xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages"
  xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"><m:ResponseMessages>
  <m:FindItemResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>
  <m:RootFolder TotalItemsInView="3" IncludesLastItemInRange="true"><t:Items>
    <t:CalendarItem><t:ItemId Id="1"/><t:Subject>a</t:Subject></t:CalendarItem><t:Message><t:ItemId Id="2"/></t:Message>
    <t:CalendarItem><t:ItemId Id="3"/><t:Start>2026-03-02T09:00:00Z</t:Start></t:CalendarItem>
  </t:Items></m:RootFolder></m:FindItemResponseMessage></m:ResponseMessages></m:FindItemResponse>"""


def test_what_stands_in_the_place_of_another_in_exchange(served: Callable[[str], jaxws.Canned]) -> None:
    """Substitution groups, a header, and items of several kinds side by side."""
    server = served("Exchange")
    server.answer("FindItem", FOUND)
    soap = _client("Exchange", server)
    shape = {"BaseShape": "IdOnly", "AdditionalProperties": [("FieldURI", {"@FieldURI": "item:Subject"}), ("ExtendedFieldURI", {"@PropertyTag": "0x1", "@PropertyType": "String"}), ("FieldURI", {"@FieldURI": "calendar:Start"})]}  # fmt: skip
    restriction = {
        "IsGreaterThan": {
            "FieldURI": {"@FieldURI": "calendar:Start"},
            "FieldURIOrConstant": {"Constant": {"@Value": "2026-03-01T00:00:00Z"}},
        }
    }
    value = {
        "@Traversal": "Shallow", "ItemShape": shape, "Restriction": restriction,
        "CalendarView": {"@StartDate": datetime(2026, 3, 1, tzinfo=UTC), "@EndDate": datetime(2026, 3, 8, tzinfo=UTC)},
        "ParentFolderIds": {"DistinguishedFolderId": {"@Id": "calendar"}},
    }  # fmt: skip
    answer = perform(soap.call("FindItem", value, reads=True, headers={"RequestServerVersion": {"@Version": "Exchange2016"}}))
    items = answer["ResponseMessages"]["FindItemResponseMessage"][0]["RootFolder"]["Items"]
    assert [one["ItemId"]["@Id"] for one in items["CalendarItem"]] == ["1", "3"]
    assert items["Message"] == [{"ItemId": {"@Id": "2"}}]
    sent = re.findall(r"<(?:\w+:)?(FieldURI|ExtendedFieldURI) ", server.seen("FindItem"))
    assert sent[:3] == ["FieldURI", "ExtendedFieldURI", "FieldURI"]
    soap.http.close()
