"""What our writer writes is what zeep writes, for whatever value: canonically, byte by byte."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from zeep.exceptions import Error as ZeepError

from tests.soap import vendors
from tests.soap.conftest import WSDL
from tests.soap.generated import Impossible, Values, asked
from workplace_sdk.wires.soap.compiling import Compiler
from workplace_sdk.wires.soap.documents import WsdlFiles, load
from workplace_sdk.wires.soap.names import ENCODING, TYPE
from workplace_sdk.wires.soap.plan import Plan
from workplace_sdk.wires.soap.writing import envelope


@cache
def compiled(path: Path) -> Compiler:
    return Compiler(load(WsdlFiles.at(path)))


def canonical(text: str | bytes, *, encoded: bool) -> str:
    """One text for all that mean the same. What says how a message is encoded is left out: zeep does not write it."""
    root = etree.fromstring(text.encode() if isinstance(text, str) else text)
    if encoded:
        for node in root.iter():
            for name in list(node.attrib):
                if name in (TYPE, f"{{{ENCODING}}}arrayType") or name.endswith("}encodingStyle"):
                    del node.attrib[name]
    return ET.canonicalize(etree.tostring(root), rewrite_prefixes=True, qname_aware_attrs={TYPE})


def same(compiler: Compiler, plan: Plan, seed: int, *, full: bool = False) -> bool:
    """Whether both could write it, and what they wrote was the same."""
    operation = compiler.binding.get(plan.operation)
    root, part = asked(compiler, plan.operation)
    if root is None:
        ours, theirs = None, {}
    else:
        try:
            ours, theirs = Values(compiler, seed, full=full).message(root)
        except Impossible:
            return False
    theirs = theirs if part is None else {part: theirs}
    given: tuple[list[Any], dict[str, Any]] = ([], theirs) if isinstance(theirs, dict) else ([theirs], {})
    try:
        written = etree.tostring(operation.create(*given[0], **given[1]).content)
    except (ZeepError, TypeError):
        return False  # zeep cannot write what its own types allow: two operations of Exchange
    if b'="NotSet"' in written:
        return False  # zeep writes its own word for nothing, in ConvertId of Exchange
    mine = envelope(plan, ours)
    assert canonical(mine, encoded=plan.encoded) == canonical(written, encoded=plan.encoded), (plan.operation, seed)
    return True


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(sorted(compiled(WSDL).operations)), st.sampled_from((0, 1)))
def test_our_own_contract(seed: int, operation: str, full: int) -> None:
    compiler = compiled(WSDL)
    form = compiler.form(operation)
    same(compiler, Plan(form, form["types"]), seed, full=bool(full))


COMPARED = {
    "Exchange": 0.9, "Workday Human Resources": 1.0, "Workday Staffing": 1.0, "Workday Absence Management": 1.0, "ServiceNow": 1.0,
    "Mantis": 0.95, "OTOBO": 1.0, "Znuny": 1.0, "AFAS": 1.0, "iTop": 0.5,
}  # fmt: skip
"""The part of the operations, at least, for which a value can be made that zeep writes too."""


@pytest.mark.parametrize("name", COMPARED)
def test_every_operation_of_a_vendor(name: str) -> None:
    compiler = compiled(vendors.wsdl(name))
    compared = 0
    for operation in compiler.operations:
        form = compiler.form(operation)
        plan = Plan(form, form["types"])
        compared += max(same(compiler, plan, seed, full=seed == 2) for seed in range(3))
    assert compared >= COMPARED[name] * len(compiler.operations)
