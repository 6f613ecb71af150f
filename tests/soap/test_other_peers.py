"""The SOAP wire on node-soap, which is careless, and on PHP's SoapServer, which speaks rpc/encoded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.servers import node_soap, php_soap
from tests.soap.conftest import EMPLOYEE, WSDL
from workplace_sdk.kernel.errors import NotFound, OutcomeUnknown, ProtocolError, Unauthorized, Unavailable
from workplace_sdk.kernel.failures import Retrying, Safety
from workplace_sdk.wires.http import Http
from workplace_sdk.wires.soap.names import SOAP11
from workplace_sdk.wires.soap.reading import Oddity
from workplace_sdk.wires.soap.security import Security, UsernameToken
from workplace_sdk.wires.soap.soap import Soap


@pytest.fixture(scope="module")
def node() -> Iterator[node_soap.NodeSoap]:
    if reason := node_soap.unavailable():
        pytest.skip(reason)
    server = node_soap.NodeSoap()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def php() -> Iterator[php_soap.PhpSoap]:
    if reason := php_soap.unavailable():
        pytest.skip(reason)
    server = php_soap.PhpSoap()
    yield server
    server.stop()


# -- node-soap


def on_node(node: node_soap.NodeSoap, kept_forms: Path, path: str = "/leave", **options: Any) -> Soap:
    return Soap(Http(node.url), WSDL, path=path, keep=kept_forms, **options)


def test_node_answers_in_the_wrong_namespace_and_is_understood(node: node_soap.NodeSoap, kept_forms: Path, do) -> None:
    answer = do(on_node(node, kept_forms), "GetBalances", {"Employee": EMPLOYEE})
    balance = {
        "@code": "ANNUAL",
        "@year": 2026,
        "Entitled": Decimal(200),
        "Taken": Decimal("8.5"),
        "Remaining": Decimal("191.50"),
    }
    assert answer.value == {"Balance": [balance]}
    assert {odd.kind for odd in answer.odd} <= {Oddity.NAMESPACE}


def test_node_echoes(node: node_soap.NodeSoap, kept_forms: Path, do) -> None:
    value = {"Text": "Zoë & <b>", "Flag": True, "Date": date(2026, 3, 2), "Number": [1, 2]}
    assert do(on_node(node, kept_forms), "Echo", {"Everything": value})["Everything"] == value


def test_faults_of_node(node: node_soap.NodeSoap, kept_forms: Path, do) -> None:
    soap = on_node(node, kept_forms, meanings={"{urn:example:leave}NotFound": lambda fault: NotFound(fault.value["Id"])})
    with pytest.raises(NotFound, match="900000"):
        do(soap, "GetBalances", {"Employee": "900000"})
    with pytest.raises(Unavailable):
        do(soap, "Fail", {"How": "crash"}, retrying=Retrying(attempts=1))
    with pytest.raises(OutcomeUnknown) as unknown:
        do(soap, "Fail", {"How": "crash"}, safety=Safety.ONCE)
    assert "serve.js" not in str(vars(unknown.value))


@pytest.mark.parametrize("digest", [False, True])
def test_logins_of_node(digest, node: node_soap.NodeSoap, kept_forms: Path, do) -> None:
    def secured(password: str) -> Soap:
        security = Security((UsernameToken(node.user, lambda: password, digest=digest),), must_understand=False)
        return on_node(node, kept_forms, "/leave-user", security=security)

    assert do(secured(node.password), "GetKinds", {"Employee": EMPLOYEE})["Kind"][0]["#text"] == "Annual leave & more"
    for soap in (secured("wrong"), on_node(node, kept_forms, "/leave-user")):  # its fault has the shape of 1.2, and HTTP 401
        with pytest.raises(Unauthorized):
            do(soap, "GetKinds", {"Employee": EMPLOYEE}, safety=Safety.ONCE)


# -- PHP


def on_php(php: php_soap.PhpSoap, kept_forms: Path, **options: Any) -> Soap:
    options.setdefault("login", lambda: {"login": php.login})
    return Soap(Http(php.url), php_soap.SOURCES / "old.wsdl", keep=kept_forms, strict=True, **options)


def test_php_takes_and_gives_structures_and_arrays(php: php_soap.PhpSoap, kept_forms: Path, do) -> None:
    soap = on_php(php, kept_forms)
    opened = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    first = do(
        soap,
        "add",
        {"ticket": {"title": "Zoë & <b>", "urgent": True, "opened": opened, "tags": ["a", "b"]}},
        safety=Safety.ONCE,
    )
    second = do(soap, "add", {"ticket": {"title": "second"}}, safety=Safety.ONCE)
    found = do(soap, "list", {"ids": [str(first["return"]), str(second["return"]), "999"]})
    assert found.many("return") == (
        {"id": first["return"], "title": "Zoë & <b>", "opened": opened, "urgent": True, "tags": ["a", "b"]},
        {"id": second["return"], "title": "second"},
    )
    assert found.odd == ()
    assert do(soap, "list", {"ids": []}).many("return") == ()
    assert do(soap, "list", {"ids": [str(second["return"])]}).many("return") == ({"id": second["return"], "title": "second"},)


def test_faults_of_php(php: php_soap.PhpSoap, kept_forms: Path, do) -> None:
    wrong = on_php(php, kept_forms, login=lambda: {"login": {**php.login, "password": "wrong"}})
    with pytest.raises(ProtocolError, match="refused as Client: Access Denied"):
        do(wrong, "list", {"ids": []})
    known = on_php(
        php,
        kept_forms,
        login=lambda: {"login": {**php.login, "password": "wrong"}},
        meanings={f"{{{SOAP11}}}Client": lambda _: Unauthorized("login")},
    )
    with pytest.raises(Unauthorized):
        do(known, "list", {"ids": []}, safety=Safety.ONCE)
    named = on_php(php, kept_forms, meanings={"{urn:example:old}NoTitle": lambda _: NotFound("a title")})
    with pytest.raises(NotFound):
        do(named, "add", {"ticket": {"title": ""}}, safety=Safety.ONCE)
