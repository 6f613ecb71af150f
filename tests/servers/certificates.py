"""Throwaway certificates: a CA with good, expired and wrong-name servers and a client below it, and a CA nobody trusts."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path


class Certificates:
    """Files below *folder*: ``ca.pem``, ``stranger.pem`` and NAME.pem with NAME.key for good, localhost, wrong, expired and client."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._authority("ca", "Throwaway CA")
        self._authority("stranger", "Stranger CA")
        names = f"DNS:localhost,DNS:{socket.gethostname()},IP:127.0.0.1"
        self._server("good", names, ("-days", "30"))
        self._server("localhost", "DNS:localhost", ("-days", "30"))
        self._server("wrong", "DNS:elsewhere.example", ("-days", "30"))
        self._server("client", "DNS:workplace.example", ("-days", "30"), use="clientAuth")
        self._server("expired", names, ("-not_before", "20200101000000Z", "-not_after", "20200102000000Z"))

    @property
    def ca(self) -> Path:
        return self.folder / "ca.pem"

    def client(self, name: str) -> None:
        """NAME.pem, signed by itself, with NAME.key: to sign with (RSA, which everything can verify)."""
        self._openssl(
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out",
            f"{name}.pem",
        )  # fmt: skip

    def _authority(self, name: str, subject: str) -> None:
        self._openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", f"/CN={subject}",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-keyout", f"{name}.key", "-out", f"{name}.pem",
        )  # fmt: skip

    def _server(self, name: str, names: str, dates: tuple[str, ...], *, use: str = "serverAuth") -> None:
        self._openssl(
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}", "-keyout", f"{name}.key",
            "-out", f"{name}.csr",
        )  # fmt: skip
        (self.folder / f"{name}.ext").write_text(f"subjectAltName={names}\nextendedKeyUsage={use}\n")
        signed = (
            "x509",
            "-req",
            "-in",
            f"{name}.csr",
            "-CA",
            "ca.pem",
            "-CAkey",
            "ca.key",
            "-CAcreateserial",
            "-extfile",
            f"{name}.ext",
        )
        if dates[0] == "-days":
            self._openssl(*signed, *dates, "-out", f"{name}.pem")
            return
        (self.folder / "index.txt").touch()
        (self.folder / "ca.cnf").write_text(
            "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nnew_certs_dir=.\nserial=ca.srl\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n"
        )
        dated = ("-startdate", dates[1], "-enddate", dates[3])
        self._openssl(
            "ca", "-batch", "-config", "ca.cnf", "-in", f"{name}.csr", "-cert", "ca.pem", "-keyfile", "ca.key", *dated,
            "-extfile", f"{name}.ext", "-notext", "-out", f"{name}.pem",
        )  # fmt: skip

    def _openssl(self, *arguments: str) -> None:
        done = subprocess.run(["openssl", *arguments], cwd=self.folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"openssl {' '.join(arguments)}: {done.stderr}")
