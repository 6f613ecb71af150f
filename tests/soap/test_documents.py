"""A WSDL is read from files only, and safely."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

import pytest

from tests.servers.jaxws import SOURCES
from workplace_sdk.kernel.errors import ConfigError
from workplace_sdk.wires.http import Http
from workplace_sdk.wires.soap.compiling import Compiler
from workplace_sdk.wires.soap.documents import SHIPPED, WsdlFiles, load
from workplace_sdk.wires.soap.soap import Soap

SCHEMA = '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:example:leave:types">{}</xs:schema>'


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The leave register's contract, to be spoiled."""
    folder = tmp_path / "contract"
    folder.mkdir()
    for name in ("leave.wsdl", "types.xsd"):
        shutil.copy(SOURCES / name, folder)
    return folder / "leave.wsdl"


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **_others: object) -> None:
        raise AssertionError(f"something was fetched: {arguments}")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def spoil(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


def test_what_it_imports_is_beside_it_or_shipped(copied: Path) -> None:
    documents = load(WsdlFiles.at(copied))
    assert set(documents.sources) == {"leave.wsdl", "types.xsd"}
    assert len(documents.texts) == 4, "and xml.xsd and xmlmime.xsd, which this library has"
    assert "Echo" in Compiler(documents).operations


@pytest.mark.parametrize("namespace", SHIPPED)
def test_standard_schemas_are_shipped(namespace: str, copied: Path) -> None:
    spoil(copied, "<xs:import ", f'<xs:import namespace="{namespace}" schemaLocation="{namespace}x.xsd"/><xs:import ')
    assert Compiler(load(WsdlFiles.at(copied))).operations


def test_soap_encoding_without_an_import(tmp_path: Path) -> None:
    file = tmp_path / "old.wsdl"
    file.write_text(RPC, "utf-8")
    form = Compiler(load(WsdlFiles.at(file))).form("list")
    assert form["encoded"]
    assert any("items" in row for row in form["types"])


def test_an_import_from_elsewhere_is_refused_and_may_be_named(copied: Path, tmp_path: Path) -> None:
    address = "http://hr.example.org/types.xsd?version=1"
    spoil(copied, 'schemaLocation="types.xsd"', f'schemaLocation="{address}"')
    with pytest.raises(ConfigError, match="is not here and is never fetched") as refused:
        load(WsdlFiles.at(copied))
    assert address in refused.value.message
    elsewhere = tmp_path / "elsewhere.xsd"
    shutil.move(copied.parent / "types.xsd", elsewhere)
    for name in (address, "urn:example:leave:types"):
        assert Compiler(load(WsdlFiles.at(copied, catalogue={name: elsewhere}))).operations


def test_nothing_outside_of_its_folder_is_read(copied: Path, tmp_path: Path) -> None:
    shutil.move(copied.parent / "types.xsd", tmp_path / "types.xsd")
    spoil(copied, 'schemaLocation="types.xsd"', 'schemaLocation="../types.xsd"')
    with pytest.raises(ConfigError, match="outside of"):
        load(WsdlFiles.at(copied))
    assert Compiler(load(WsdlFiles.at(copied, folder=tmp_path))).operations
    spoil(copied, 'schemaLocation="../types.xsd"', 'schemaLocation="file:///etc/passwd"')
    with pytest.raises(ConfigError, match="outside of"):
        load(WsdlFiles.at(copied))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('<!DOCTYPE a [<!ENTITY b "c">]>' + SCHEMA.format(""), "DTD"),
        ('<!DOCTYPE a SYSTEM "http://hr.example.org/a.dtd">' + SCHEMA.format(""), "DTD"),
        ('<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>' + SCHEMA.format("<xs:annotation>&b;</xs:annotation>"), "DTD"),
        ("not XML", "types.xsd"),
        ("", "types.xsd"),
        (SCHEMA.format('<xs:element name="X" type="undeclared:Y"/>'), "cannot be read"),
    ],
    ids=range(6),
)
def test_bad_schemas_say_which_file(text: str, why: str, copied: Path) -> None:
    (copied.parent / "types.xsd").write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=why) as refused:
        Compiler(load(WsdlFiles.at(copied)))
    assert refused.value.key == "wsdl"
    assert "root:" not in str(refused.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.wsdl: No such file"):
        Soap(Http("http://127.0.0.1:1"), tmp_path / "none.wsdl", keep=None).plan("X")
    with pytest.raises(ConfigError, match=r"1\.1 or 1\.2"):
        Soap(Http("http://127.0.0.1:1"), tmp_path / "none.wsdl", version="1.3")


def test_imports_that_go_round_in_a_circle(copied: Path) -> None:
    spoil(copied.parent / "types.xsd", "<xs:import ", '<xs:include schemaLocation="types.xsd"/><xs:import ')
    assert load(WsdlFiles.at(copied)).sources.keys() == {"leave.wsdl", "types.xsd"}


def test_a_port_is_chosen_by_name_or_by_version(copied: Path) -> None:
    documents = load(WsdlFiles.at(copied))
    assert Compiler(documents).form("Echo")["version"] == "1.1"
    assert Compiler(documents, version="1.2").form("Echo")["version"] == "1.2"
    assert Compiler(documents, port="Leave12").form("Echo")["version"] == "1.2"
    with pytest.raises(ConfigError, match="no SOAP port Leave13; it has Leave11, Leave12"):
        Compiler(documents, port="Leave13")


RPC = """<?xml version="1.0" encoding="ISO-8859-1"?>
<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:tns="urn:example:old"
    xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:enc="http://schemas.xmlsoap.org/soap/encoding/" xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/"
    targetNamespace="urn:example:old">
  <types><xsd:schema targetNamespace="urn:example:old">
    <xsd:complexType name="Row"><xsd:all><xsd:element name="id" type="xsd:int"/><xsd:element name="name" type="xsd:string"/></xsd:all></xsd:complexType>
    <xsd:complexType name="Rows"><xsd:complexContent><xsd:restriction base="enc:Array">
      <xsd:attribute ref="enc:arrayType" wsdl:arrayType="tns:Row[]"/></xsd:restriction></xsd:complexContent></xsd:complexType>
  </xsd:schema></types>
  <message name="listRequest"><part name="login" type="xsd:string"/><part name="rows" type="tns:Rows"/></message>
  <message name="listResponse"><part name="return" type="tns:Rows"/><part name="count" type="xsd:int"/></message>
  <portType name="Old"><operation name="list"><input message="tns:listRequest"/><output message="tns:listResponse"/></operation></portType>
  <binding name="Old" type="tns:Old"><soap:binding style="rpc" transport="http://schemas.xmlsoap.org/soap/http"/>
    <operation name="list"><soap:operation soapAction="urn:example:old#list" style="rpc"/>
      <input><soap:body use="encoded" namespace="urn:example:old" encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"/></input>
      <output><soap:body use="encoded" namespace="urn:example:old" encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"/></output>
    </operation></binding>
  <service name="Old"><port name="Old" binding="tns:Old"><soap:address location="http://127.0.0.1:1/"/></port></service>
</definitions>
"""
