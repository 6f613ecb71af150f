"""PHP's SoapServer with an rpc/encoded contract: how old web applications speak SOAP."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from tests.servers.process import Server, free_port, listening, missing_program, program

SOURCES = Path(__file__).with_name("soap")


@cache
def unavailable() -> str | None:
    """Why it cannot be started here."""
    if missing := missing_program("php"):
        return missing
    loaded = subprocess.run([str(program("php")), "-m"], capture_output=True, text=True, check=False).stdout.split()
    return None if "soap" in loaded else "PHP has no SOAP: the package php-soap is not installed"


class PhpSoap:
    """The old help desk, at the root of *url*."""

    login = {"user": "svc", "password": "s&cret"}

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="workplace-php-soap-"))
        self.port = free_port()
        for name in ("old.wsdl", "old.php"):
            shutil.copy(SOURCES / name, self.home)
        self._server = Server(
            [str(program("php")), "-S", f"127.0.0.1:{self.port}", str(self.home / "old.php")], self.home / "log"
        )
        self._server.wait_until(lambda: listening(self.port))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        """Stop it and remove everything."""
        self._server.stop()
        shutil.rmtree(self.home, ignore_errors=True)
