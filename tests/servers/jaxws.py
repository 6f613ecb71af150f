"""A SOAP service that nobody here wrote the SOAP of: the JAX-WS reference implementation and Apache WSS4J, from Debian.

    python -m tests.servers.jaxws

prints one line of JSON with addresses and accounts, and serves the leave register until it is interrupted. ``Canned`` serves any
document/literal WSDL with answers from files. Both validate every message by the schema, and are compiled once per version.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.servers import keeping
from tests.servers.certificates import Certificates
from tests.servers.process import Server, free_port, listening, missing_program, program, serve

SOURCES = Path(__file__).with_name("soap")
JARS = Path("/usr/share/java")
_NEEDED = (
    "jaxws-ri-runtime", "jaxws-rt", "jaxws-tools", "jaxws-api", "jaxb-api", "jaxb-core", "jaxb-runtime", "jaxb-xjc", "jaxb-impl",
    "saaj-impl", "javax.activation", "wss4j", "xmlsec", "mimepull", "stax-ex", "streambuffer",
)  # fmt: skip
_OPTIONAL = (
    "wscompile", "jws-api", "javax.xml.soap-api", "metro-policy", "gmbal", "glassfish-management-api", "glassfish-pfl-basic",
    "glassfish-pfl-dynamic", "glassfish-pfl-tf", "glassfish-pfl-asm", "istack-commons-runtime", "istack-commons-tools", "xsom",
    "rngom", "dtd-parser", "codemodel", "txw2", "geronimo-annotation-1.3-spec", "asm", "xml-resolver", "FastInfoset",
    "woodstox-core", "stax2-api", "relaxngDatatype", "msv-core", "xercesImpl", "commons-logging", "slf4j-api", "slf4j-nop",
)  # fmt: skip
_JAVA = (
    "-Xmx384m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC",
    "-Dsun.net.httpserver.nodelay=true",  # else each call waits for Nagle's algorithm
    "-Dorg.apache.xml.security.ignoreLineBreaks=true",
)  # fmt: skip
USER, PASSWORD = "svc-connector", "s&cret <word>"


def unavailable() -> str | None:
    """Why it cannot be started here."""
    if missing := missing_program("java", "javac", "openssl"):
        return missing
    absent = [name for name in _NEEDED if not (JARS / f"{name}.jar").exists()]
    return f"JAX-WS is not installed: {', '.join(absent)}.jar" if absent else None


def _class_path() -> list[str]:
    return [str(path) for name in (*_NEEDED, *_OPTIONAL) if (path := JARS / f"{name}.jar").exists()]


def _contract(folder: Path) -> None:
    """The contract with its imports as Java wants them: named by files."""
    for name in ("leave.wsdl", "types.xsd", "xmlmime.xsd", "xml.xsd", "bindings.xml"):
        text = (SOURCES / name).read_text("utf-8")
        text = text.replace('schemaLocation="http://www.w3.org/2005/05/xmlmime"', 'schemaLocation="xmlmime.xsd"')
        text = text.replace(
            '<xs:import namespace="http://www.w3.org/XML/1998/namespace"/>',
            '<xs:import namespace="http://www.w3.org/XML/1998/namespace" schemaLocation="xml.xsd"/>',
        )
        (folder / name).write_text(text, "utf-8")


def _compile(folder: Path) -> None:
    """Classes of the contract by wsimport, and ours."""
    contract, made, classes = folder / "contract", folder / "made", folder / "classes"
    for one in (contract, made, classes):
        one.mkdir()
    _contract(contract)
    path = ":".join(_class_path())
    _done(
        "java", "-cp", path, "com.sun.tools.ws.WsImport", "-quiet", "-extension", "-Xnocompile", "-p", "example.leave", "-d", str(made),
        "-b", str(contract / "bindings.xml"), "-wsdllocation", "leave.wsdl", str(contract / "leave.wsdl"),
    )  # fmt: skip
    files = [str(one) for one in (*made.rglob("*.java"), *SOURCES.glob("*.java"))]
    _done("javac", "-nowarn", "-Xlint:none", "-cp", path, "-d", str(classes), *files)
    shutil.rmtree(made)


def _done(*command: str) -> None:
    done = subprocess.run([str(program(command[0])), *command[1:]], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stdout[-2000:]}{done.stderr[-2000:]}")


class _Java:
    """One process."""

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="workplace-jaxws-"))
        self.port = free_port()
        version = hashlib.sha256(b"".join(one.read_bytes() for one in sorted(SOURCES.iterdir())) + Path(__file__).read_bytes())
        self.compiled = self.home / "compiled"
        self.compiled.mkdir()
        keeping.copy_kept("jaxws", version.hexdigest()[:16], _compile, self.compiled)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        return self._server.pid

    def _start(self, main: str, *arguments: str) -> None:
        path = ":".join([str(self.compiled / "classes"), *_class_path()])
        log = self.home / "log"
        command = [str(program("java")), *_JAVA, "-cp", path, main, str(self.port), *arguments]
        self._server = Server(command, log)
        self._server.wait_until(lambda: "ready" in log.read_text(errors="replace") and listening(self.port), 90)

    def log(self) -> str:
        """What it wrote."""
        return (self.home / "log").read_text(errors="replace")

    def stop(self) -> None:
        """Stop it and remove everything."""
        self._server.stop()
        shutil.rmtree(self.home, ignore_errors=True)


class LeaveRegister(_Java):
    """The leave register; its accounts, and the certificate that it trusts with its key."""

    user, password = USER, PASSWORD

    def __init__(self) -> None:
        super().__init__()
        certificates = Certificates(self.home)
        self.certificate, self.key = self.home / "client.pem", self.home / "client.key"
        certificates.client("client")
        certificates.client("unknown")
        self.unknown_certificate, self.unknown_key = self.home / "unknown.pem", self.home / "unknown.key"
        contract = self.compiled / "contract"
        self._start("example.LeaveServer", str(contract), USER, PASSWORD, str(self.certificate))


class Canned(_Java):
    """Any WSDL, with answers by the local name of what asks: ``answers["GetBalance"] = "<GetBalanceResponse .../>"``."""

    def __init__(self, wsdl: Path, service: tuple[str, str, str]) -> None:
        super().__init__()
        self.answers = self.home / "answers"
        self.answers.mkdir()
        self._start("example.CannedServer", str(wsdl), str(self.answers), *service)

    def answer(self, name: str, xml: str) -> None:
        """What is answered to *name* from now on."""
        (self.answers / f"{name}.xml").write_text(xml, "utf-8")

    def seen(self, name: str) -> str:
        """The last request for *name* that was valid."""
        return (self.answers / f"{name}.seen").read_text("utf-8")


def main() -> None:
    if reason := unavailable():
        sys.exit(reason)
    server = LeaveRegister()
    serve(json.dumps({"url": server.url, "user": USER, "password": PASSWORD, "pid": server.pid}), server.stop)


if __name__ == "__main__":
    main()
