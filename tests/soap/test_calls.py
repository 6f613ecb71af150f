"""Calls of the SOAP wire on the JAX-WS reference implementation, which validates every message by the schema."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel, Field

from tests.servers import ntlm
from tests.servers.jaxws import LeaveRegister
from tests.soap.conftest import EMPLOYEE, WSDL, perform
from workplace_sdk.kernel.errors import (
    ConfigError,
    InvalidInput,
    NotFound,
    OutcomeUnknown,
    ProtocolError,
    Rejected,
    Unauthorized,
    Unavailable,
)
from workplace_sdk.kernel.failures import Retrying, Safety
from workplace_sdk.kernel.keys import new_key
from workplace_sdk.wires.http import Basic, Bearer, Http
from workplace_sdk.wires.http.negotiate import Negotiate
from workplace_sdk.wires.soap.faults import Fault
from workplace_sdk.wires.soap.models import Many
from workplace_sdk.wires.soap.security import Security, Signature, Timestamp, UsernameToken
from workplace_sdk.wires.soap.soap import Soap

NS = "{urn:example:leave}"
_employees = itertools.count(200_000)


@pytest.fixture
def employee() -> str:
    """Someone who has asked for nothing yet."""
    return str(next(_employees))


def asked(employee: str, **others: Any) -> dict[str, Any]:
    value = {"Employee": employee, "Kind": "ANNUAL", "From": date(2026, 3, 2), "Until": date(2026, 3, 3)}
    return {"Request": {**value, **others}}


# -- values


def test_attributes_texts_numbers_and_dates(opened, do) -> None:
    answer = do(opened(), "GetBalances", {"Employee": EMPLOYEE, "On": date(2027, 5, 1)}, reads=True)
    assert answer.value == {
        "Balance": [
            {
                "@code": "ANNUAL", "@year": 2027, "Entitled": Decimal(200), "Taken": Decimal(0), "Remaining": Decimal(200),
                "ExpiresOn": date(2028, 7, 1),
            }
        ]
    }  # fmt: skip
    assert answer.odd == ()


def test_a_list_in_a_text(opened, do) -> None:
    assert do(opened(), "GetSchedule", {"Employee": EMPLOYEE})["Week"] == [Decimal(8)] * 5 + [Decimal(0)] * 2


def test_a_header_that_the_wsdl_declares(opened, do) -> None:
    answer = do(opened(), "GetKinds", {"Employee": EMPLOYEE}, headers={"Language": "nl"})
    assert answer["Kind"][0] == {"@code": "ANNUAL", "@unit": "HOURS", "@lang": "en", "#text": "Vakantie"}


def test_an_answer_as_a_model(opened, do) -> None:
    class Kind(BaseModel):
        code: str = Field(alias="@code")
        name: str = Field(alias="#text")

    class Kinds(BaseModel):
        kinds: Many[Kind] = Field((), alias="Kind")

    answer = do(opened(), "GetKinds", {"Employee": EMPLOYEE}, headers={"Language": "en"})
    assert [kind.name for kind in answer.read(Kinds).kinds] == ["Annual leave", "Special leave"]
    with pytest.raises(ProtocolError, match="does not fit Kind"):
        answer.read(Kind)


EVERYTHING: dict[str, Any] = {
    "Text": "Zoë & <b> ]]> \t\n\r '\" \U0001f984", "Token": "a b", "Flag": False, "Long": -(2**63), "Big": 10**40,
    "Decimal": Decimal("-0.10"), "Double": 1.5e-300, "Date": date(2026, 2, 28), "Time": time(23, 59, 58),
    "Instant": datetime(2026, 3, 29, 1, 30, 0, 250000, tzinfo=UTC), "Duration": timedelta(days=1, hours=2, seconds=3),
    "Binary": bytes(range(256)), "Hex": b"\x00\xff", "Address": "https://example.org/?a=b&c=d", "Week": [Decimal("8.00"), Decimal(0)],
    "HoursOrWord": "unlimited", "Unit": "DAYS", "Year": "2026",
    "Kind": {"@code": "X", "@unit": "HOURS", "@halfDays": False, "@lang": "nl", "#text": "Naam"}, "Number": [1, 2, 3],
    "Day": [{"@xsi:type": "HalfDay", "Date": date(2026, 1, 1), "Part": "MORNING"}, {"@xsi:type": "WholeDay", "Date": date(2026, 1, 2)}],
    "Tree": {"@name": "a", "Branch": [{"@name": "b", "Branch": [{"@name": "c"}]}, {"@name": "d"}]}, "@note": 'with "quotes"\nand lines',
}  # fmt: skip


@pytest.mark.parametrize("path", ["/leave", "/leave12"])
def test_everything_comes_back_as_it_was_sent(path: str, opened, do) -> None:
    soap = opened(path, version="1.2" if path == "/leave12" else None)
    back = do(soap, "Echo", {"Everything": EVERYTHING})["Everything"]
    # attributes normalise their white space, and JAXB has no place for a type's default
    assert back == {**EVERYTHING, "@note": 'with "quotes"\nand lines'}


def test_values_of_a_repeated_choice_keep_their_order(opened, do) -> None:
    pairs = [("Left", "a"), ("Right", 1), ("Left", "b"), ("Right", 2)]
    back = do(opened(), "Echo", {"Everything": pairs})["Everything"]
    assert back == {"Left": ["a", "b"], "Right": [1, 2]}


def test_nothing_nil_and_empty_are_three_things(opened, do) -> None:
    from workplace_sdk.wires.soap.writing import NIL

    assert do(opened(), "Echo", {"Everything": {"Text": None}})["Everything"] == {}
    assert do(opened(), "Echo", {"Everything": {"Text": ""}})["Everything"] == {"Text": ""}
    back = do(opened(), "Echo", {"Everything": {"Text": NIL}})["Everything"]
    assert back.get("Text", "") is None or back == {}  # JAXB itself makes one of nil and absent
    assert do(opened(), "Echo", {"Everything": {}})["Everything"] == {}


def test_what_the_schema_leaves_open(opened, do) -> None:
    fragment = '<x:Extra xmlns:x="urn:x" a="1"><x:In>t</x:In></x:Extra>'
    back = do(opened(), "Echo", {"Everything": {"Anything": "text", "#any": fragment, "@{urn:x}own": "v"}})["Everything"]
    assert back == {"Anything": "text", "Extra": {"@a": "1", "In": "t"}, "@own": "v"}


# -- writes


def test_a_write_and_its_repeat(opened, do, employee: str) -> None:
    key, soap = new_key(), opened()
    value = asked(employee, **{"@reference": str(key)}, Remark="naar zee")
    first = do(soap, "SubmitRequest", value, safety=Safety.KEYED, key=key)["Request"]
    assert [(day["Day"]["Date"].day, day["Charged"]) for day in first["ChargedDay"]] == [(2, Decimal(8)), (3, Decimal(8))]
    assert first["Remark"] == "naar zee"
    assert first["SubmittedAt"].tzinfo is not None
    assert do(soap, "SubmitRequest", value, safety=Safety.KEYED, key=key)["Request"] == first
    assert do(soap, "ListRequests", {"Employee": employee, "Limit": 10})["Total"] == 1


def test_derived_types(opened, do, employee: str) -> None:
    days = [{"@xsi:type": "HalfDay", "Date": date(2026, 4, 1), "Part": "AFTERNOON"}, {"@xsi:type": "SomeHours", "Date": date(2026, 4, 2), "Hours": Decimal("1.50")}]  # fmt: skip
    request = {"Employee": employee, "Kind": "ANNUAL", "Day": days}
    made = do(opened(), "SubmitRequest", {"Request": request}, safety=Safety.ONCE)["Request"]
    assert [one["Day"] for one in made["ChargedDay"]] == days


# -- faults


def overlap(fault: Fault) -> Rejected:
    return Rejected(f"overlaps {fault.value['Field'][0]['Path']}", native_code=fault.value["Code"], field="days")


@pytest.mark.parametrize("path", ["/leave", "/leave12"])
def test_faults_are_told_by_the_name_of_their_detail(path: str, opened, do, employee: str) -> None:
    options = {"version": "1.2"} if path == "/leave12" else {}
    soap = opened(path, meanings={f"{NS}Refused": overlap, f"{NS}NotFound": lambda _: NotFound("none", field="ref")}, **options)
    do(soap, "SubmitRequest", asked(employee), safety=Safety.ONCE)
    with pytest.raises(Rejected, match="overlaps") as refused:
        do(soap, "SubmitRequest", asked(employee), safety=Safety.ONCE)
    assert (refused.value.native_code, refused.value.field) == ("OVERLAP", "days")
    with pytest.raises(NotFound):
        do(soap, "GetRequest", {"Number": 5})


def test_a_fault_that_the_wsdl_declares_is_a_refusal_by_itself(opened, do) -> None:
    with pytest.raises(Rejected) as refused:
        do(opened(), "Fail", {"How": "refused"}, safety=Safety.ONCE)
    assert refused.value.native_code == "Refused"
    assert "LeaveServer.java" not in str(refused.value), "a stack trace is shown to nobody"
    assert refused.value.message == "refused: BECAUSE"


def test_a_service_that_fails_may_have_done_it(opened, do) -> None:
    with pytest.raises(Unavailable) as failed:
        do(opened(), "Fail", {"How": "crash"}, retrying=Retrying(attempts=1))
    assert "\tat " not in str(vars(failed.value))
    with pytest.raises(OutcomeUnknown):
        do(opened(), "Fail", {"How": "crash"}, safety=Safety.ONCE)


def test_what_the_schema_forbids_is_not_tried_again(opened, do, register: LeaveRegister) -> None:
    with pytest.raises(ProtocolError, match="refused as Client"):
        do(opened(), "GetBalances", {"Employee": "none"}, reads=True)


def test_input_that_does_not_fit_is_not_sent(opened, do, employee: str) -> None:
    soap = opened(path="/nothing-is-there")
    cases: list[tuple[dict[str, Any], str, str]] = [
        (asked(employee, Employee=None), "Request.Employee", "needed"),
        (asked(employee, From="2026-03-02"), "Request.From", "date"),
        (asked(employee, From=datetime(2026, 3, 2, tzinfo=UTC)), "Request.From", "date"),
        (asked(employee, Nonsense=1), "Request.Nonsense", "no place"),
        (asked(employee, Day=[{"@xsi:type": "WholeDay", "Date": date(2026, 3, 2)}]), "Request.", "no place"),
        ({"Request": {"Employee": employee, "Kind": "ANNUAL"}}, "Request", "one of Day, From, Until"),
        ({"Request": {"Employee": employee, "Kind": "ANNUAL", "From": date(2026, 3, 2)}}, "Request.Until", "needed"),
        ({"Request": {"Employee": employee, "Kind": "A", "Day": [{"Date": date(2026, 3, 2)}]}}, "Request.Day[0]", "@xsi:type"),
        ({"Request": {"Employee": employee, "Kind": "A", "Day": [{"@xsi:type": "X"}]}}, "Request.Day[0]", "no type X"),
        (asked(employee, Remark="a\x00b"), "Request.Remark", "character"),
        ({"Request": "text"}, "Request", "mapping"),
        ({}, "Request", "needed"),
        (asked(employee, **{"#any": "<a"}), "Request.#any", "no XML"),
    ]  # fmt: skip
    for value, where, why in cases:
        with pytest.raises(InvalidInput, match=why) as refused:
            do(soap, "SubmitRequest", value, safety=Safety.ONCE)
        assert (refused.value.field or "").startswith(where), value
    numbers = [
        ("Long", 2**63),
        ("Number", [1, 2, 3, 4]),
        ("Decimal", 1.5),
        ("Decimal", Decimal("NaN")),
        ("Flag", 1),
        ("Unit", "WEEKS"),
    ]
    for name, given in numbers:
        with pytest.raises(InvalidInput) as refused:
            do(soap, "Echo", {"Everything": {name: given}})
        assert (refused.value.field or "").startswith(f"Everything.{name}")


def test_an_operation_that_is_not_there(opened, do) -> None:
    with pytest.raises(ConfigError, match="no operation 'Nonsense'"):
        do(opened(), "Nonsense", {})


def test_an_address_that_is_not_there(opened, do) -> None:
    with pytest.raises(ConfigError, match="no service at this address"):
        do(opened("/elsewhere"), "GetBalances", {"Employee": EMPLOYEE})


def test_a_version_that_the_service_does_not_speak(opened, do) -> None:
    with pytest.raises(ProtocolError, match="HTTP 415"):
        do(opened("/leave", version="1.2"), "GetBalances", {"Employee": EMPLOYEE})


def test_no_answer_in_time(opened, do) -> None:
    with pytest.raises(Unavailable):
        do(opened(), "Fail", {"How": "slow"}, time_limit=0.5, reads=True)
    with pytest.raises(OutcomeUnknown):
        do(opened(), "Fail", {"How": "slow"}, time_limit=0.5, safety=Safety.ONCE)


# -- content outside of the envelope


@pytest.mark.parametrize(("path", "mtom"), [("/leave", False), ("/leave-mtom", True), ("/leave-mtom", False), ("/leave", True)])
@pytest.mark.parametrize("size", [0, 1023, 1024, 300_000])
def test_files_survive_in_and_out(path, mtom, size, opened, do, employee) -> None:
    soap, content = opened(path, mtom=mtom), (b"\r\n--part \x00\xff" * (size // 10 + 1))[:size]
    number = do(soap, "SubmitRequest", asked(employee), safety=Safety.ONCE)["Request"]["Number"]
    document = {"FileName": "é.pdf", "Content": content, "@mediaType": "application/pdf"}
    kept = do(soap, "AttachDocument", {"Number": number, "Document": document}, safety=Safety.ONCE)["Document"]
    assert (kept["Size"], kept["Digest"]) == (size, hashlib.sha256(content).digest())
    back = do(soap, "GetDocument", {"Number": kept["Number"]})
    assert back["Document"] == document
    assert back.odd == ()


# -- who we are


def user(register: LeaveRegister, password: str | None = None, *, digest: bool = False) -> Security:
    return Security((Timestamp(), UsernameToken(register.user, lambda: password or register.password, digest=digest)))


@pytest.mark.parametrize("digest", [False, True])
def test_a_user_and_a_password(digest, opened, do, register: LeaveRegister) -> None:
    assert do(opened("/leave-user", security=user(register, digest=digest)), "GetSchedule", {"Employee": EMPLOYEE})["Zone"]
    with pytest.raises(Unauthorized):
        do(opened("/leave-user", security=user(register, "wrong", digest=digest)), "GetSchedule", {"Employee": EMPLOYEE})


def test_a_write_with_a_wrong_password_was_not_done(opened, do, register: LeaveRegister, employee: str) -> None:
    with pytest.raises(Unauthorized):
        do(opened("/leave-user", security=user(register, "wrong")), "SubmitRequest", asked(employee), safety=Safety.ONCE)
    with pytest.raises(Unauthorized):
        do(opened("/leave-user"), "SubmitRequest", asked(employee), safety=Safety.ONCE)


def test_a_signature_of_a_certificate(opened, do, register: LeaveRegister) -> None:
    signed = Security((Timestamp(), Signature(register.key, register.certificate)))
    assert do(opened("/leave-signed", security=signed), "GetSchedule", {"Employee": EMPLOYEE})["Zone"]
    strange = Security((Timestamp(), Signature(register.unknown_key, register.unknown_certificate)))
    with pytest.raises(Unauthorized):
        do(opened("/leave-signed", security=strange), "GetSchedule", {"Employee": EMPLOYEE})
    without_time = Security((Signature(register.key, register.certificate),))
    with pytest.raises(Unauthorized):
        do(opened("/leave-signed", security=without_time), "GetSchedule", {"Employee": EMPLOYEE})


def test_a_signature_and_content_beside_the_envelope_exclude_each_other(opened, register: LeaveRegister) -> None:
    with pytest.raises(ConfigError, match="no mtom with a certificate"):
        opened(mtom=True, security=Security((Signature(register.key, register.certificate),)))
    for wrong in (
        Signature("/none.pem", register.certificate),
        Signature(register.key, "/none.pem"),
        Signature(register.certificate, register.key),
    ):
        soap = opened("/leave-signed", security=Security((wrong,)))
        with pytest.raises(ConfigError, match="cannot be read"):
            perform(soap.call("GetSchedule", {"Employee": EMPLOYEE}), http=soap.http)


def test_a_signature_over_a_text_that_wants_escaping(opened, do, register: LeaveRegister, employee: str) -> None:
    signed = Security((Timestamp(), Signature(register.key, register.certificate)))
    value = asked(employee, Remark="é & <b> \r\n \U0001f984")
    made = do(opened("/leave-signed", security=signed), "SubmitRequest", value, safety=Safety.ONCE)
    assert made["Request"]["Remark"] == "é & <b> \r\n \U0001f984"


def test_secrets_are_nowhere_but_on_the_wire(register: LeaveRegister, opened) -> None:
    soap = opened("/leave-user", security=user(register), login=lambda: {"Employee": "secret"})
    exchange = soap.exchange(soap.plan("GetSchedule"), {"Employee": EMPLOYEE})
    shown = repr(exchange) + repr(soap) + repr(soap.security) + repr(exchange.exchange.body) + str(vars(soap.security.tokens[1]) if hasattr(soap.security.tokens[1], "__dict__") else "")  # fmt: skip
    assert register.password not in shown
    assert "secret" not in shown


def test_a_login_in_the_body_is_put_there_at_each_attempt(opened, do) -> None:
    logins: list[int] = []

    def login() -> dict[str, Any]:
        logins.append(1)
        return {"Everything": {"Token": "secret"}}

    back = do(opened(login=login), "Echo", {"Everything": {"Text": "said"}})
    assert back["Everything"] == {"Text": "said", "Token": "secret"}
    assert logins == [1]


# -- keeping the WSDL


def test_the_whole_wsdl_is_kept_once_and_used_from_then_on(register: LeaveRegister, tmp_path, do) -> None:
    from workplace_sdk.wires.soap.saving import save

    http = Http(register.url)
    file = perform(save(http, "/leave?wsdl", tmp_path / "leave"))
    assert {one.name for one in file.parent.iterdir()} >= {"service.wsdl", "import-1.xsd"}
    soap = Soap(http, file, path="/leave", keep=None)
    assert set(soap.operations()) == set(Soap(http, WSDL, keep=None).operations())
    assert do(soap, "GetSchedule", {"Employee": EMPLOYEE})["Zone"] == "Europe/Amsterdam"


# -- logins of HTTP, in front of the same service


@pytest.fixture
def windows(register: LeaveRegister) -> Iterator[ntlm.WindowsLogin]:
    """The register behind a Windows login."""
    if reason := ntlm.unavailable():
        pytest.skip(reason)
    server = ntlm.WindowsLogin(backend=register.port)
    yield server
    server.stop()


@pytest.mark.parametrize("scheme", ["NTLM", "Negotiate"])
def test_behind_a_windows_login(scheme: Any, windows: ntlm.WindowsLogin, kept_forms, do, employee: str) -> None:
    def opened_by(password: str) -> Soap:
        login = Negotiate(f"{ntlm.DOMAIN}\\{ntlm.USER}", lambda: password, scheme)
        return Soap(Http(windows.url, credentials=login), WSDL, path="/leave", keep=kept_forms)

    soap = opened_by(ntlm.PASSWORD)
    assert do(soap, "SubmitRequest", asked(employee), safety=Safety.ONCE)["Request"]["Employee"] == employee
    with pytest.raises(Rejected):  # a fault, through all of it
        do(soap, "SubmitRequest", asked(employee), safety=Safety.ONCE)
    with pytest.raises(Unauthorized):
        do(opened_by("wrong"), "SubmitRequest", asked(employee), safety=Safety.ONCE)


@pytest.mark.parametrize("credentials", [Basic("svc", lambda: "s&cret"), Bearer(lambda: "s&cret")])
def test_basic_and_bearer(credentials: Any, register: LeaveRegister, kept_forms, do) -> None:
    soap = Soap(Http(register.url, credentials=credentials), WSDL, path="/leave", keep=kept_forms)
    assert do(soap, "GetSchedule", {"Employee": EMPLOYEE})["Zone"]
    assert "s&cret" not in repr(soap.exchange(soap.plan("GetSchedule"), {"Employee": EMPLOYEE}))
