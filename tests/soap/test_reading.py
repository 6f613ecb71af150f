"""Replies in the shapes that real services have (Znuny, node-soap, .asmx, JAX-WS), and in those that attackers have.

The shapes are those of exchanges with running servers; the texts are our own.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.soap.conftest import perform
from workplace_sdk.kernel.errors import (
    OutcomeUnknown,
    ProtocolError,
    Rejected,
    Unauthorized,
    Unavailable,
    WorkplaceError,
)
from workplace_sdk.kernel.failures import Failure, Kind, Retrying, Safety
from workplace_sdk.wires.http import Http
from workplace_sdk.wires.soap.answer import Answer
from workplace_sdk.wires.soap.faults import told
from workplace_sdk.wires.soap.reading import Oddity
from workplace_sdk.wires.soap.soap import Soap

WSDL = Path(__file__).with_name("contract.wsdl")
NS = "urn:example:tickets"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
ENVELOPE12 = "http://www.w3.org/2003/05/soap-envelope"
XSI = "http://www.w3.org/2001/XMLSchema-instance"


class Canned(BaseHTTPRequestHandler):
    """Answers what is in line, and says what came."""

    protocol_version = "HTTP/1.1"
    line: queue.Queue[tuple[int, str, bytes]]
    seen: list[tuple[dict[str, str], bytes]]

    def do_POST(self) -> None:
        self.seen.append((dict(self.headers), self.rfile.read(int(self.headers.get("Content-Length", 0)))))
        status, kind, body = self.line.get_nowait()
        self.send_response(status)
        if kind:
            self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments) -> None:
        return


class Line:
    """What the service answers next, and how it is called."""

    def __init__(self, url: str, handler: type[Canned], keep: Path) -> None:
        self.url, self.handler, self.keep = url, handler, keep

    def __call__(
        self,
        body: str | bytes,
        *,
        status: int = 200,
        kind: str = "text/xml; charset=utf-8",
        operation: str = "TicketGet",
        value: Any = None,
        safety: Safety = Safety.READ,
        times: int = 1,
        **options: Any,
    ) -> Answer:
        for _ in range(times):
            self.handler.line.put((status, kind, body.encode() if isinstance(body, str) else body))
        soap = Soap(Http(self.url), WSDL, keep=self.keep, **options)
        value = value or ({"TicketID": 1} if operation == "TicketGet" else {"Title": "t"})
        steps = soap.call(operation, value, reads=safety is Safety.READ)
        return perform(steps, http=soap.http, safety=safety, retrying=Retrying(attempts=1 if times == 1 else times, base=0.01))


@pytest.fixture
def answered(kept_forms: Path) -> Iterator[Line]:
    handler = type("Handler", (Canned,), {"line": queue.Queue(), "seen": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Line(f"http://127.0.0.1:{server.server_address[1]}", handler, kept_forms)
    server.shutdown()
    server.server_close()


def soap(body: str, *, namespace: str = ENVELOPE, head: str = "") -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="{namespace}" xmlns:xsi="{XSI}">{head}<s:Body>{body}</s:Body></s:Envelope>'


def tickets(inner: str, name: str = "TicketGetResponse") -> str:
    return soap(f'<{name} xmlns="{NS}">{inner}</{name}>')


# -- as Znuny answers


def test_elements_in_the_order_of_the_alphabet(answered: Line) -> None:
    answer = answered(tickets("<Ticket><Age>244</Age><Open>1</Open><Title>says hi</Title></Ticket>"))
    assert answer.value == {"Ticket": [{"Age": 244, "Open": True, "Title": "says hi"}]}
    assert answer.odd == ()


def test_an_error_that_the_wsdl_does_not_know_is_read_all_the_same(answered: Line) -> None:
    body = tickets("<Error><ErrorCode>TicketGet.AccessDenied</ErrorCode><ErrorMessage>no</ErrorMessage></Error>")
    answer = answered(body)
    assert answer.value == {"Error": {"ErrorCode": "TicketGet.AccessDenied", "ErrorMessage": "no"}}
    assert answer.unplaced == ("TicketGetResponse/Error",)
    assert answer.get("Error.ErrorCode") == "TicketGet.AccessDenied"
    with pytest.raises(ProtocolError, match="no place for TicketGetResponse/Error"):
        answered(body, strict=True)


def refusal(answer: Answer) -> WorkplaceError | None:
    code = answer.get("Error.ErrorCode")
    if code is None:
        return None
    return Unauthorized("bad login") if code.endswith("AuthFail") else Rejected("refused", native_code=code)


@pytest.mark.parametrize(
    ("code", "error"), [("TicketCreate.AuthFail", Unauthorized), ("TicketCreate.InvalidParameter", Rejected)]
)
def test_a_refusal_with_http_200_says_that_nothing_was_done(code: str, error: type[WorkplaceError], answered: Line) -> None:
    body = tickets(f"<Error><ErrorCode>{code}</ErrorCode></Error>", "TicketCreateResponse")
    with pytest.raises(error):  # and not OutcomeUnknown, though it is a write
        answered(body, operation="TicketCreate", safety=Safety.ONCE, refusal=refusal)


def test_a_refusal_may_say_that_it_is_busy(answered: Line) -> None:
    def busy(answer: Answer) -> Failure | None:
        return Failure(Kind.BUSY, Unavailable("busy"), retry_after=0.01) if answer.get("Error") else None

    answered.handler.line.put((200, "text/xml", tickets("<Error><ErrorCode>Busy</ErrorCode></Error>").encode()))
    answered.handler.line.put((200, "text/xml", tickets("<Ticket><Title>t</Title><Age>1</Age></Ticket>").encode()))
    client = Soap(Http(answered.url), WSDL, keep=answered.keep, refusal=busy)
    assert perform(client.call("TicketGet", {"TicketID": 1}, reads=True), http=client.http).many("Ticket")


def test_none_one_and_many(answered: Line) -> None:
    none = answered(soap(f'<TicketSearchResponse xmlns="{NS}" xsi:nil="true"/>'), operation="TicketSearch")
    assert (none.value, none.many("TicketID")) == (None, ())
    empty = answered(tickets("", "TicketSearchResponse"), operation="TicketSearch")
    assert (empty.value, empty.many("TicketID")) == ({}, ())
    one = answered(tickets("<TicketID>7</TicketID>", "TicketSearchResponse"), operation="TicketSearch")
    assert (one["TicketID"], one.many("TicketID"), one.odd) == (7, (7,), ())
    three = tickets("<TicketID>7</TicketID><TicketID>8</TicketID><TicketID>9</TicketID>", "TicketSearchResponse")
    many = answered(three, operation="TicketSearch")
    assert many.many("TicketID") == (7, 8, 9), "none is lost, though the WSDL allows one"
    assert {(odd.kind, odd.path) for odd in many.odd} == {(Oddity.REPEATED, "TicketSearchResponse/TicketID")}


def test_empty_elements(answered: Line) -> None:
    answer = answered(tickets("<Ticket><Title/><Age>1</Age><SLA/><Photo/></Ticket>"))
    assert answer.value["Ticket"] == [{"Title": "", "Age": 1, "SLA": None, "Photo": b""}]


def test_another_namespace_is_said(answered: Line) -> None:
    answer = answered(
        soap(f'<n:TicketGetResponse xmlns:n="{NS}"><Ticket><Title>t</Title><Age>1</Age></Ticket></n:TicketGetResponse>')
    )
    assert answer.value == {"Ticket": [{"Title": "t", "Age": 1}]}
    assert {odd.kind for odd in answer.odd} == {Oddity.NAMESPACE}


def test_a_fault_that_is_in_no_soap_namespace(answered: Line) -> None:
    body = soap(f'<Fault xmlns="{NS}"><faultcode>Server</faultcode><faultstring>Got no OperationType!</faultstring></Fault>')
    for safety, error in ((Safety.READ, Unavailable), (Safety.ONCE, OutcomeUnknown)):
        with pytest.raises(error, match="Got no OperationType!"):
            answered(body, status=500, kind="text/plain; charset=UTF-8", operation="TicketCreate", safety=safety)


def test_a_fault_with_http_200(answered: Line) -> None:
    body = soap("<s:Fault><faultcode>s:Client</faultcode><faultstring>no</faultstring></s:Fault>")
    with pytest.raises(ProtocolError, match="refused as Client: no"):
        answered(body, operation="TicketCreate", safety=Safety.ONCE)


def test_the_answer_in_the_other_version(answered: Line) -> None:
    body = soap(
        f'<TicketGetResponse xmlns="{NS}"><Ticket><Title>t</Title><Age>1</Age></Ticket></TicketGetResponse>',
        namespace=ENVELOPE12,
    )
    assert answered(body, kind="application/soap+xml; charset=UTF-8")["Ticket"]


def test_the_soap_action_is_what_the_service_wants(answered: Line) -> None:
    body = tickets("")
    answered(body)
    answered(body, action=lambda operation, _said: f"{NS}#{operation}")
    answered(body, version="1.2", action=lambda operation, _said: f"{NS}#{operation}")
    sent = [headers for headers, _ in answered.handler.seen]
    assert [headers.get("Soapaction", headers.get("SOAPAction")) for headers in sent] == [
        f'"{NS}/TicketGet"',
        f'"{NS}#TicketGet"',
        None,
    ]
    assert sent[2]["Content-Type"] == f'application/soap+xml; charset=utf-8; action="{NS}#TicketGet"'


def test_a_login_in_the_body_stands_where_the_schema_wants_it(answered: Line) -> None:
    login = {"UserLogin": "svc", "Password": "s&cret"}
    answered(tickets("", "TicketCreateResponse"), operation="TicketCreate", login=lambda: login)
    _, sent = answered.handler.seen[-1]
    names = [part.split(b">")[0] for part in sent.split(b"<n0:")[2:]]
    assert names == [b"UserLogin", b"Password", b"Title"]
    assert b"s&amp;cret" in sent


def test_what_a_service_echoes_of_a_secret_is_not_shown(answered: Line) -> None:
    body = soap("<s:Fault><faultcode>s:Server</faultcode><faultstring>bad password hunter2 for svc</faultstring></s:Fault>")
    for status, text in ((500, body), (200, "hunter2 is no XML")):
        with pytest.raises(WorkplaceError) as refused:
            answered(text, status=status, operation="TicketCreate", login=lambda: {"Password": "hunter2"})
        assert "hunter2" not in f"{refused.value} {vars(refused.value)}"


# -- as others answer


def test_a_fault_of_soap_1_2_in_an_envelope_of_1_1(answered: Line) -> None:
    body = soap(
        "<s:Fault><s:Code><s:Value>SOAP-ENV:Client</s:Value><s:Subcode><s:Value>AuthenticationFailure</s:Value></s:Subcode></s:Code>"
        "<s:Reason><s:Text>Invalid username or password</s:Text></s:Reason></s:Fault>"
    )
    for status in (401, 500, 200):
        with pytest.raises(Unauthorized):
            answered(body, status=status, operation="TicketCreate", safety=Safety.ONCE)


def test_an_old_fault_in_an_envelope_of_1_2(answered: Line) -> None:
    body = soap("<s:Fault><faultcode>s:Client</faultcode><faultstring>no</faultstring></s:Fault>", namespace=ENVELOPE12)
    with pytest.raises(ProtocolError, match="refused as Client"):
        answered(body, status=400)


ASMX = (
    "System.Web.Services.Protocols.SoapException: The request was refused: OVERLAP\n"
    "   at Hr.Leave.Submit(NewRequest r) in c:\\build\\Leave.asmx.cs:line 42\n   --- End of inner exception stack trace ---"
)


@pytest.mark.parametrize(
    "text",
    [
        ASMX,
        "Server was unable to process request. ---> Object reference not set to an instance of an object.\n   at Hr.Db.Open()",
        "java.lang.IllegalStateException: no connection at com.example.Db.open(Db.java:17) at com.example.Leave.submit(Leave.java:4)",
        "SQL: connection lost Stack trace: #0 /var/www/html/db.php(12): open()",
        "Traceback (most recent call last): File x",
    ],
)
def test_stack_traces_are_shown_to_nobody(text: str, answered: Line) -> None:
    shown = told(text)
    for inside in ("at Hr", "at com", "line 42", ".php", "Db.java", "--->", "Traceback", "Exception"):
        assert inside not in shown
    body = soap(f"<s:Fault><faultcode>s:Server</faultcode><faultstring><![CDATA[{text}]]></faultstring><detail/></s:Fault>")
    with pytest.raises(Unavailable) as failed:
        answered(body, status=500)
    assert shown in failed.value.message
    for inside in ("at Hr", "at com", "line 42", ".php", "Db.java"):
        assert inside not in f"{failed.value} {vars(failed.value)}"


def test_what_is_told_is_the_first_line() -> None:
    assert told(ASMX) == "The request was refused: OVERLAP"
    assert told("Ticket 12 is at the supplier (Delft)") == "Ticket 12 is at the supplier (Delft)"
    assert told("") == ""


def test_a_detail_of_the_insides_is_no_detail(answered: Line) -> None:
    trace = '<e:exception xmlns:e="http://jax-ws.dev.java.net/" class="java.lang.X" note="n"><message>m</message></e:exception>'
    seen: list[str | None] = []

    def meaning(fault: Any) -> Rejected:
        seen.append(fault.detail)
        return Rejected("known")

    body = soap(f"<s:Fault><faultcode>s:Server</faultcode><faultstring>x</faultstring><detail>{trace}</detail></s:Fault>")
    with pytest.raises(Unavailable):
        answered(body, status=500, meanings={"{http://jax-ws.dev.java.net/}exception": meaning})
    inner = soap(
        f"<s:Fault><faultcode>s:Server</faultcode><faultstring>x</faultstring><detail>{trace}"
        f'<Refused xmlns="{NS}"><Code>7</Code></Refused></detail></s:Fault>'
    )
    with pytest.raises(Rejected, match="known"):
        answered(inner, status=500, operation="TicketCreate", meanings={f"{{{NS}}}Refused": meaning})
    assert seen == [f"{{{NS}}}Refused"]


def test_the_name_of_the_detail_decides_not_its_prefix_nor_its_text(answered: Line) -> None:
    def code(fault: Any) -> Rejected:
        return Rejected("r", native_code=str(fault.value["Code"]))

    for prefix in ("a", "b"):
        inner = f'<{prefix}:Refused xmlns:{prefix}="{NS}"><{prefix}:Code>7</{prefix}:Code></{prefix}:Refused>'
        body = soap(
            f"<s:Fault><faultcode>s:Server</faultcode><faultstring>whatever</faultstring><detail>{inner}</detail></s:Fault>"
        )
        with pytest.raises(Rejected) as refused:
            answered(body, status=500, operation="TicketCreate", meanings={f"{{{NS}}}Refused": code})
        assert refused.value.native_code == "7"
    elsewhere = soap(
        "<s:Fault><faultcode>s:Server</faultcode><faultstring>f</faultstring><detail><Refused xmlns='urn:other'><Code>7</Code></Refused></detail></s:Fault>"
    )
    with pytest.raises(Unavailable):
        answered(elsewhere, status=500, operation="TicketCreate", meanings={f"{{{NS}}}Refused": code})


@pytest.mark.parametrize(
    ("code", "safety", "attempts"),
    [("Client", Safety.READ, 1), ("Server", Safety.READ, 3), ("Server", Safety.ONCE, 1), ("MustUnderstand", Safety.READ, 1)],
)
def test_what_is_tried_again(code: str, safety: Safety, attempts: int, answered: Line) -> None:
    body = soap(f"<s:Fault><faultcode>s:{code}</faultcode><faultstring>no</faultstring></s:Fault>")
    with pytest.raises(WorkplaceError):
        answered(body, status=500, operation="TicketCreate", safety=safety, times=3)
    assert len(answered.handler.seen) == attempts


def test_statuses_without_a_fault(answered: Line) -> None:
    for status, error in (
        (500, Unavailable),
        (502, Unavailable),
        (401, Unauthorized),
        (403, Unauthorized),
        (400, ProtocolError),
        (415, ProtocolError),
    ):
        with pytest.raises(error):
            answered("<html>no</html>", status=status, kind="text/html")
    with pytest.raises(Unavailable) as busy:
        answered("", status=503, kind="")
    assert busy.value.retry_after is None


def test_values_that_do_not_fit_are_told_with_their_place(answered: Line) -> None:
    for inner, place in (
        ("<Ticket><Title>t</Title><Age>old</Age></Ticket>", "TicketGetResponse/Ticket/Age: 'old' is no int"),
        ("<Ticket><Changed>31/12/2026</Changed></Ticket>", "Ticket/Changed: '31/12/2026' is no dateTime"),
        ("<Ticket><Photo>!!!a</Photo></Ticket>", "Ticket/Photo"),
        ("<Ticket><Open>maybe</Open></Ticket>", "Ticket/Open"),
        ("<Ticket><Photo><Other/></Photo></Ticket>", "Ticket/Photo"),
    ):
        with pytest.raises(ProtocolError, match=place):
            answered(tickets(inner))


def test_what_stands_in_a_text_is_not_lost_silently(answered: Line) -> None:
    answer = answered(tickets('<Ticket other="1"><Title>t<b>old</b></Title><Age unit="s">1</Age></Ticket>'))
    assert answer.unplaced == ("TicketGetResponse/Ticket/Title/b", "TicketGetResponse/Ticket/Age/@unit", "TicketGetResponse/Ticket/@other") or set(answer.unplaced) == {"TicketGetResponse/Ticket/Title/b", "TicketGetResponse/Ticket/Age/@unit", "TicketGetResponse/Ticket/@other"}  # fmt: skip


@pytest.mark.parametrize(
    "inner", ["<!-- 1 < 2 & <a/> -->", "<?php <a/> ?>", "<Title><![CDATA[<a/><b x='1'>]]></Title>", "<Title>a = b</Title>"]
)
def test_counting_is_not_misled(inner: str, answered: Line) -> None:
    answer = answered(tickets(f"<Ticket>{inner}<Age>1</Age></Ticket>"))
    assert answer.odd == ()
    spoiled = answered(tickets(f"<Ticket>{inner}<Age>1<Inner/></Age></Ticket>"))
    assert spoiled.unplaced == ("TicketGetResponse/Ticket/Age/Inner",)


def test_times_as_services_write_them(answered: Line) -> None:
    for text, iso in (
        ("2026-11-23T06:58:50Z", "2026-11-23T06:58:50+00:00"),
        ("2026-11-23T06:58:50.1234567+01:00", "2026-11-23T06:58:50.123456+01:00"),
        ("2026-11-23T06:58:50", "2026-11-23T06:58:50"),
        ("2026-11-23 06:58:50", "2026-11-23T06:58:50"),
        (" 2026-11-23T06:58:50Z\n", "2026-11-23T06:58:50+00:00"),
        ("2026-11-23T24:00:00", "2026-11-24T00:00:00"),
    ):
        read = answered(tickets(f"<Ticket><Changed>{text}</Changed></Ticket>"))["Ticket"][0]["Changed"]
        assert read == datetime.fromisoformat(iso)


def test_other_encodings(answered: Line) -> None:
    text = tickets("<Ticket><Title>Zoë</Title><Age>1</Age></Ticket>")
    assert answered(text.replace("UTF-8", "ISO-8859-1").encode("latin-1"))["Ticket"][0]["Title"] == "Zoë"
    assert answered(text.replace("UTF-8", "UTF-16").encode("utf-16"))["Ticket"][0]["Title"] == "Zoë"
    fault = soap("<s:Fault><faultcode>s:Client</faultcode><faultstring>ë</faultstring></s:Fault>").replace("UTF-8", "UTF-16")
    with pytest.raises(ProtocolError, match="refused as Client: ë"):
        answered(fault.encode("utf-16"))


def test_references_between_elements_are_refused(answered: Line) -> None:
    from tests.servers.php_soap import SOURCES

    body = soap(
        '<o:listResponse xmlns:o="urn:example:old"><return href="#id0"/></o:listResponse><multiRef id="id0"><item><title>t</title></item></multiRef>'
    )
    answered.handler.line.put((200, "text/xml", body.encode()))
    client = Soap(Http(answered.url), SOURCES / "old.wsdl", keep=answered.keep)
    with pytest.raises(ProtocolError, match="refers from element to element"):
        perform(client.call("list", {"login": {"user": "u", "password": "p"}, "ids": []}, reads=True), http=client.http)


# -- parts


def parts(root: str, *others: tuple[str, str, bytes], boundary: str = "b") -> tuple[str, bytes]:
    head = f'Content-Type: application/xop+xml; type="text/xml"\r\nContent-ID: <root@x>\r\n\r\n{root}'
    chunks = [f"--{boundary}\r\n{head}".encode()]
    for cid, encoding, content in others:
        chunks.append(
            f"--{boundary}\r\nContent-ID: <{cid}>\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode() + content
        )
    kind = f'multipart/related; start="<root@x>"; type="application/xop+xml"; boundary="{boundary}"; start-info="text/xml"'
    return kind, b"\r\n".join(chunks) + f"\r\n--{boundary}--\r\n".encode()


def photo(href: str) -> str:
    return tickets(
        f'<Ticket><Title>t</Title><Age>1</Age><Photo><x:Include xmlns:x="http://www.w3.org/2004/08/xop/include" href="{href}"/></Photo></Ticket>'
    )


def test_an_attachment_beside_the_envelope(answered: Line) -> None:
    content = b"\r\n--almost\r\n\x00\xff"
    kind, body = parts(photo("cid:photo%201@x"), ("photo 1@x", "binary", content))
    answer = answered(body, kind=kind, strict=True)
    assert answer["Ticket"][0]["Photo"] == content
    assert answer.odd == ()
    kind, body = parts(photo("cid:p@x"), ("p@x", "base64", b"AAEC"))
    assert answered(body, kind=kind)["Ticket"][0]["Photo"] == b"\x00\x01\x02"


def test_parts_that_are_not_as_they_should_be(answered: Line) -> None:
    kind, body = parts(photo("cid:elsewhere@x"), ("p@x", "binary", b"1"))
    with pytest.raises(ProtocolError, match="did not come with it"):
        answered(body, kind=kind)
    kind, body = parts(photo("file:///etc/passwd"))
    with pytest.raises(ProtocolError):
        answered(body, kind=kind)
    kind, body = parts(photo("cid:p@x"), ("p@x", "binary", b"1"))
    for spoiled, why in ((body[: len(body) // 2], "cut off"), (b"nonsense", "cut off"), (b"--b--\r\n", "has none")):
        with pytest.raises(ProtocolError, match=why):
            answered(spoiled, kind=kind)
    with pytest.raises(ProtocolError, match="no boundary"):
        answered(body, kind="multipart/related")


# -- as attackers answer


LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]>"
)


@pytest.mark.parametrize(
    "body",
    [
        LAUGHS + tickets("<Ticket><Title>&j;</Title></Ticket>").split("?>", 1)[1],
        LAUGHS + tickets('<Ticket a="&j;"><Title>t</Title></Ticket>').split("?>", 1)[1],
        '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
        + tickets("<Ticket><Title>&f;</Title></Ticket>").split("?>", 1)[1],
        '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/evil.dtd">' + tickets("<Ticket><Title>t</Title></Ticket>").split("?>", 1)[1],
        '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:9/evil.dtd"> %p;]>' + tickets("").split("?>", 1)[1],
        tickets("<Ticket>" * 3000 + "</Ticket>" * 3000),
        tickets("<Ticket><Title>" + "<a>" * 200_000),
        "<" * 100_000,
        "",
        "<html>503</html>",
        "7",
        '{"error": null}',
        soap(""),
        f'<s:Envelope xmlns:s="{ENVELOPE}"/>',
        soap(f'<Other xmlns="{NS}"/>'),
        "<Envelope><Body/></Envelope>",
    ],
    ids=range(16),
)
def test_what_is_no_answer_is_a_protocol_error(body: str, answered: Line) -> None:
    with pytest.raises(ProtocolError) as strange:
        answered(body)
    assert "root:" not in f"{strange.value} {vars(strange.value)}"
    assert len(strange.value.excerpt or "") <= 500


def test_deep_as_the_schema_allows_is_read_or_refused(answered: Line) -> None:
    def nested(depth: int) -> str:
        return tickets("<Ticket><Title>t</Title><Age>1</Age>" + "<Ticket>" * depth + "</Ticket>" * depth + "</Ticket>")

    assert answered(nested(100))["Ticket"]
    with pytest.raises(ProtocolError):
        answered(nested(5000))


def test_a_huge_text_is_read_within_the_limit_of_the_wire(answered: Line) -> None:
    text = "x" * 12_000_000
    assert answered(tickets(f"<Ticket><Title>{text}</Title><Age>1</Age></Ticket>"))["Ticket"][0]["Title"] == text
    doctype = "<!DOCTYPE x>" + tickets(f"<Ticket><Title>{text}</Title><Age>1</Age></Ticket>").split("?>", 1)[1]
    with pytest.raises(ProtocolError, match="DTD"):
        answered(doctype)


def test_a_reply_that_is_too_large_ends(answered: Line) -> None:
    answered.handler.line.put(
        (200, "text/xml", tickets(f"<Ticket><Title>{'x' * 100_000}</Title><Age>1</Age></Ticket>").encode())
    )
    client = Soap(Http(answered.url, largest=50_000), WSDL, keep=answered.keep)
    with pytest.raises(ProtocolError, match="larger"):
        perform(client.call("TicketGet", {"TicketID": 1}, reads=True), http=client.http, retrying=Retrying(attempts=1))


def test_a_header_of_the_reply(answered: Line) -> None:
    head = '<s:Header><x:Session xmlns:x="urn:x"><x:Id>42</x:Id></x:Session></s:Header>'
    answer = answered(soap(f'<TicketGetResponse xmlns="{NS}"/>', head=head))
    assert answer.headers == {"Session": {"Id": "42"}}


def test_an_answer_without_what_is_asked_of_it(answered: Line) -> None:
    answer = answered(tickets("<Ticket><Title>t</Title></Ticket>"))
    with pytest.raises(ProtocolError, match="the answer to TicketGet has no Nonsense"):
        answer["Nonsense"]
    assert answer.get("Ticket.Title", "default") == "default"
