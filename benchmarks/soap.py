"""The SOAP wire against zeep and lxml by hand, over real HTTP, in one run; and whole cold processes.

    python benchmarks/soap.py [--rounds 7] [--calls 20] [--json]

A server in a process of its own answers with what it has ready: a list of one request, or of a thousand. Every client makes the
same values of it: numbers, decimals, dates, instants. Client CPU per call, interleaved round by round, medians, ratios within
the run. "lxml" is written by hand with findtext, as one does; "lxml, one pass" goes through the children once.

Cold: a new process imports, makes one call, and ends; ours with the compiled form of an earlier run. The WSDL is that of
Workday (3 MB) where WORKPLACE_SPECS, or ../shared/specs, has it.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

WSDL = ROOT / "tests/servers/soap/leave.wsdl"
L, T = "urn:example:leave", "urn:example:leave:types"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
ITEM = (
    "<Request><t:Number>{n}</t:Number><t:Employee>000101</t:Employee><t:Kind code='ANNUAL' unit='HOURS'>Annual leave</t:Kind>"
    "<t:Status>REQUESTED</t:Status><t:ChargedDay><t:Day xsi:type='t:WholeDay'><t:Date>2026-03-0{d}</t:Date></t:Day>"
    "<t:Charged>8.00</t:Charged></t:ChargedDay><t:Remark>To the sea &amp; back, number {n}</t:Remark>"
    "<t:SubmittedAt>2026-02-0{d}T09:30:00Z</t:SubmittedAt></Request>"
)


def reply(count: int) -> bytes:
    items = "".join(ITEM.format(n=number, d=number % 9 + 1) for number in range(count))
    body = f"<ListRequestsResponse xmlns='{L}' xmlns:t='{T}'><Total>{count}</Total>{items}</ListRequestsResponse>"
    head = f"<e:Envelope xmlns:e='{SOAP}' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'><e:Body>"
    return f"{head}{body}</e:Body></e:Envelope>".encode()


WORKERS = "".join(
    f"<wd:Worker><wd:Worker_Data><wd:Worker_ID>{number}</wd:Worker_ID><wd:User_ID>user{number}</wd:User_ID></wd:Worker_Data></wd:Worker>"
    for number in range(3)
)
WORKDAY = (
    f"<e:Envelope xmlns:e='{SOAP}'><e:Body><wd:Get_Workers_Response xmlns:wd='urn:com.workday/bsvc' wd:version='v26.1'>"
    "<wd:Response_Results><wd:Total_Results>3</wd:Total_Results><wd:Total_Pages>1</wd:Total_Pages></wd:Response_Results>"
    f"<wd:Response_Data>{WORKERS}</wd:Response_Data></wd:Get_Workers_Response></e:Body></e:Envelope>"
)


class Answers(BaseHTTPRequestHandler):
    """Answers by the path."""

    protocol_version = "HTTP/1.1"
    ready: ClassVar = {"/1": reply(1), "/1000": reply(1000), "/workers": WORKDAY.encode()}

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = self.ready[self.path]
        self.send_response(200)
        self.send_header("Content-Type", "text/xml; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments) -> None:
        return


# -- the clients


class Ours:
    def __init__(self, url: str, path: str) -> None:
        from workplace_sdk.kernel.drivers import run
        from workplace_sdk.kernel.session import Call, Session
        from workplace_sdk.wires.http import Http
        from workplace_sdk.wires.soap.soap import Soap

        self.soap = Soap(Http(url), WSDL, path=path)
        self.run, self.call, self.session = run, Call, Session()

    def __call__(self) -> list:
        steps = self.soap.call("ListRequests", {"Employee": "000101", "Limit": 1000}, reads=True)
        rows = self.run(steps, self.call(session=self.session, name="list"))["Request"]
        return [
            (
                row["Number"],
                row["Status"],
                row["SubmittedAt"],
                row["ChargedDay"][0]["Charged"],
                row["ChargedDay"][0]["Day"]["Date"],
            )
            for row in rows
        ]


class Zeep:
    def __init__(self, url: str, path: str) -> None:
        import zeep
        from zeep.transports import Transport

        class Local(Transport):
            def load(self, url):
                shipped = ROOT / "src/workplace_sdk/wires/soap/schemas"
                known = {"http://www.w3.org/2005/05/xmlmime": "xmlmime.xsd", "https://www.w3.org/2001/xml.xsd": "xml.xsd"}
                return (shipped / known[url]).read_bytes() if url in known else super().load(url)

        self.client = zeep.Client(str(WSDL), transport=Local())
        self.service = self.client.create_service(f"{{{L}}}Leave11", f"{url}{path}")

    def __call__(self) -> list:
        rows = self.service.ListRequests(Employee="000101", Offset=0, Limit=1000)["Request"]
        return [
            (
                row["Number"],
                row["Status"],
                row["SubmittedAt"],
                row["ChargedDay"][0]["Charged"],
                row["ChargedDay"][0]["Day"]["Date"],
            )
            for row in rows
        ]


class ByHand:
    """lxml and httpx, as one writes it: an element tree of the request, findtext for each field of the reply."""

    def __init__(self, url: str, path: str) -> None:
        import httpx
        from lxml import etree

        self.etree, self.client, self.url = etree, httpx.Client(), f"{url}{path}"

    def request(self) -> bytes:
        etree = self.etree
        envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"e": SOAP, "m": L})
        asked = etree.SubElement(etree.SubElement(envelope, f"{{{SOAP}}}Body"), f"{{{L}}}ListRequests")
        for name, value in (("Employee", "000101"), ("Offset", "0"), ("Limit", "1000")):
            etree.SubElement(asked, f"{{{L}}}{name}").text = value
        return etree.tostring(envelope, xml_declaration=True, encoding="utf-8")

    def __call__(self) -> list:
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{L}/ListRequests"'}
        answered = self.client.post(self.url, content=self.request(), headers=headers)
        answered.raise_for_status()
        root = self.etree.fromstring(answered.content)
        if root.find(f"{{{SOAP}}}Body/{{{SOAP}}}Fault") is not None:
            raise RuntimeError("a fault")
        rows = self.rows(root[0][0])
        return [
            (
                row["Number"],
                row["Status"],
                row["SubmittedAt"],
                row["ChargedDay"][0]["Charged"],
                row["ChargedDay"][0]["Day"]["Date"],
            )
            for row in rows
        ]

    def rows(self, answer) -> list[dict]:
        t = f"{{{T}}}"
        found = []
        for node in answer.iterfind(f"{{{L}}}Request"):
            kind = node.find(f"{t}Kind")
            found.append({
                "Number": int(node.findtext(f"{t}Number")),
                "Employee": node.findtext(f"{t}Employee"),
                "Kind": {"@code": kind.get("code"), "@unit": kind.get("unit"), "#text": kind.text},
                "Status": node.findtext(f"{t}Status"),
                "ChargedDay": [
                    {
                        "Day": {"Date": date.fromisoformat(day.findtext(f"{t}Day/{t}Date"))},
                        "Charged": Decimal(day.findtext(f"{t}Charged")),
                    }
                    for day in node.iterfind(f"{t}ChargedDay")
                ],
                "Remark": node.findtext(f"{t}Remark"),
                "SubmittedAt": datetime.fromisoformat(node.findtext(f"{t}SubmittedAt")),
            })  # fmt: skip
        return found


class OnePass(ByHand):
    """The same, going through the children once: the least that lxml can do it with."""

    def rows(self, answer) -> list[dict]:
        request, t = f"{{{L}}}Request", f"{{{T}}}"
        number, kind, day, at = f"{t}Number", f"{t}Kind", f"{t}ChargedDay", f"{t}SubmittedAt"
        texts = {f"{t}{name}": name for name in ("Employee", "Status", "Remark")}
        found = []
        for node in answer:
            if node.tag != request:
                continue
            row: dict = {"ChargedDay": []}
            for child in node:
                tag = child.tag
                if tag in texts:
                    row[texts[tag]] = child.text
                elif tag == number:
                    row["Number"] = int(child.text)
                elif tag == kind:
                    row["Kind"] = {"@code": child.get("code"), "@unit": child.get("unit"), "#text": child.text}
                elif tag == day:
                    inner, charged = child
                    row["ChargedDay"].append(
                        {"Day": {"Date": date.fromisoformat(inner[0].text)}, "Charged": Decimal(charged.text)}
                    )
                elif tag == at:
                    row["SubmittedAt"] = datetime.fromisoformat(child.text)
            found.append(row)
        return found


CLIENTS = {"ours": Ours, "zeep": Zeep, "lxml": ByHand, "lxml, one pass": OnePass}


def warm(url: str, options) -> dict[str, dict[str, float]]:
    result = {}
    for size in (1, 1000):
        clients = {name: kind(url, f"/{size}") for name, kind in CLIENTS.items()}
        answers = {name: [tuple(map(str, row)) for row in client()] for name, client in clients.items()}
        assert all(rows == answers["ours"] for rows in answers.values()), "the clients read different values"
        times: dict[str, list[float]] = {name: [] for name in clients}
        for number in range(options.rounds + 1):
            for name, client in clients.items():
                calls = options.calls * (20 if size == 1 else 1)
                calls = max(1, calls // 10) if name == "zeep" else calls
                begun = time.process_time()
                for _ in range(calls):
                    client()
                if number:
                    times[name].append((time.process_time() - begun) * 1000 / calls)
        result[f"{size} item(s)"] = {name: statistics.median(values) for name, values in times.items()}
    return result


# -- whole processes

VALUE = """{"Response_Filter": {"As_Of_Effective_Date": date(2026, 3, 2), "Page": 1, "Count": 3}}"""
READ = """
data = answer["Response_Data"]["Worker"]
assert [(one["Worker_Data"]["Worker_ID"], one["Worker_Data"]["User_ID"]) for one in data] == [(str(n), f"user{n}") for n in range(3)]
"""
COLD = {
    "ours": f"""
import sys
from datetime import date
from workplace_sdk.kernel.drivers import run
from workplace_sdk.kernel.session import Call, Session
from workplace_sdk.wires.http import Http
from workplace_sdk.wires.soap.soap import Soap
soap = Soap(Http(sys.argv[1]), sys.argv[2], path="/workers")
answer = run(soap.call("Get_Workers", {VALUE}, reads=True), Call(session=Session(), name="t"))
{READ}
assert "zeep" not in sys.modules or sys.argv[3:]
""",
    "zeep": f"""
import sys
from datetime import date
import zeep
client = zeep.Client(sys.argv[2])
service = client.create_service(next(iter(client.wsdl.bindings)), sys.argv[1] + "/workers")
answer = service.Get_Workers(**{VALUE})
{READ}
""",
    "lxml": f"""
import sys
from datetime import date
import httpx
from lxml import etree
W, SOAP = "{{urn:com.workday/bsvc}}", "{{http://schemas.xmlsoap.org/soap/envelope/}}"
envelope = etree.Element(SOAP + "Envelope", nsmap={{"e": SOAP[1:-1], "wd": W[1:-1]}})
asked = etree.SubElement(etree.SubElement(envelope, SOAP + "Body"), W + "Get_Workers_Request")
kept = etree.SubElement(asked, W + "Response_Filter")
for name, value in (("As_Of_Effective_Date", "2026-03-02"), ("Page", "1"), ("Count", "3")):
    etree.SubElement(kept, W + name).text = value
client = httpx.Client()
headers = {{"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}}
reply = client.post(sys.argv[1] + "/workers", content=etree.tostring(envelope, encoding="utf-8"), headers=headers)
reply.raise_for_status()
root = etree.fromstring(reply.content)
if root.find(SOAP + "Body/" + SOAP + "Fault") is not None:
    raise RuntimeError("a fault")
answer = {{"Response_Data": {{"Worker": [
    {{"Worker_Data": {{"Worker_ID": one.findtext(W + "Worker_ID"), "User_ID": one.findtext(W + "User_ID")}}}}
    for one in root.iter(W + "Worker_Data")
]}}}}
{READ}
""",
}


def specs() -> Path | None:
    folder = Path(os.environ.get("WORKPLACE_SPECS") or ROOT / "../shared/specs")
    found = folder / "workday/soap/Human_Resources.wsdl"
    return found if found.exists() else None


def cpu(command: list[str], environment: dict[str, str]) -> float:
    """CPU milliseconds of one process."""
    process = subprocess.Popen(command, stderr=subprocess.PIPE, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    assert process.stderr is not None
    errors = process.stderr.read().decode()
    process.stderr.close()
    if status:
        sys.exit(errors)
    return (usage.ru_utime + usage.ru_stime) * 1000


def cold(url: str, options) -> dict[str, float]:
    """CPU of whole processes, by client; empty without Workday's WSDL."""
    wsdl = specs()
    if wsdl is None:
        return {}
    with tempfile.TemporaryDirectory() as cache:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment["XDG_CACHE_HOME"] = cache
        commands = {name: [sys.executable, "-c", code, url, str(wsdl)] for name, code in COLD.items()}
        times: dict[str, list[float]] = {"ours, compiling": [cpu([*commands["ours"], "first"], environment)]}
        times |= {name: [] for name in commands}
        for number in range(options.rounds + 1):
            for name, command in commands.items():
                used = cpu(command, environment)
                if number:
                    times[name].append(used)
    return {name: statistics.median(values) for name, values in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--calls", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        ThreadingHTTPServer(("127.0.0.1", options.serve), Answers).serve_forever()
    from tests.servers.process import free_port, listening

    port = free_port()
    server = subprocess.Popen([sys.executable, __file__, "--serve", str(port)])
    try:
        while not listening(port):
            time.sleep(0.05)
        url = f"http://127.0.0.1:{port}"
        result = {**warm(url, options), "cold process": cold(url, options)}
    finally:
        server.terminate()
        server.wait()
    if options.json:
        print(json.dumps({"cpu_ms": result}))
        return
    goals = {"1 item(s)": "goal 1.6", "1000 item(s)": "goal 1.5", "cold process": "goal 1.5"}
    for kind, clients in result.items():
        for name, value in clients.items():
            told = f"{value / clients['lxml']:6.2f} of lxml" + (f" ({goals[kind]})" if name == "ours" else "")
            print(f"{kind:<14} {name:<16} {value:9.3f} ms CPU {told}")
    if not result["cold process"]:
        print("cold process   not run: WORKPLACE_SPECS has no workday/soap/Human_Resources.wsdl")


if __name__ == "__main__":
    main()
