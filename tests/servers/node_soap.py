"""node-soap (npm) as a SOAP service: what a careless server answers.

    python -m tests.servers.node_soap --install

puts the pinned version into the user's cache folder, for the tests to find. Without Node and npm its tests are not run.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.servers import keeping
from tests.servers.process import Server, free_port, listening, missing_program, program

VERSION = "1.13.0"
SOURCES = Path(__file__).with_name("soap")
USER, PASSWORD = "svc-connector", "s&cret <word>"


def modules() -> Path:
    """Where the packages are."""
    return keeping.folder() / f"node-soap-{VERSION}" / "node_modules"


def unavailable() -> str | None:
    """Why it cannot be started here."""
    if missing := missing_program("node"):
        return missing
    return None if (modules() / "soap").exists() else "node-soap is not installed: python -m tests.servers.node_soap --install"


def install() -> None:
    """Install the pinned version, once."""
    if unavailable() is None:
        return
    if missing := missing_program("node", "npm"):
        sys.exit(f"{missing}: the tests of node-soap are not run")
    folder = modules().parent
    folder.mkdir(parents=True, exist_ok=True)
    command = [
        str(program("npm")),
        "install",
        "--no-audit",
        "--no-fund",
        "--no-package-lock",
        "--prefix",
        str(folder),
        f"soap@{VERSION}",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"npm: {done.stderr[-1000:]}")


class NodeSoap:
    """A running service: ``/leave``, and ``/leave-user`` with a UsernameToken."""

    user, password = USER, PASSWORD

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="workplace-node-soap-"))
        self.port = free_port()
        for name in ("types.xsd", "xmlmime.xsd", "xml.xsd"):
            (self.home / name).write_text(_local((SOURCES / name).read_text("utf-8")), "utf-8")
        wsdl = self.home / "leave.wsdl"
        wsdl.write_text((SOURCES / "leave.wsdl").read_text("utf-8"), "utf-8")
        command = [str(program("node")), str(SOURCES / "serve.js"), str(self.port), str(wsdl), str(modules()), USER, PASSWORD]
        log = self.home / "log"
        self._server = Server(command, log)
        self._server.wait_until(lambda: log.read_text().count("ready") == 2 and listening(self.port))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        """Stop it and remove everything."""
        import shutil

        self._server.stop()
        shutil.rmtree(self.home, ignore_errors=True)


def _local(text: str) -> str:
    """Imports name files: node-soap would fetch them."""
    text = text.replace('schemaLocation="http://www.w3.org/2005/05/xmlmime"', 'schemaLocation="xmlmime.xsd"')
    return text.replace(
        'namespace="http://www.w3.org/XML/1998/namespace"/>',
        'namespace="http://www.w3.org/XML/1998/namespace" schemaLocation="xml.xsd"/>',
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--install", action="store_true", required=True)
    parser.parse_args()
    install()


if __name__ == "__main__":
    main()
