"""A Samba Active Directory domain controller for the tests, behind a proxy with Active Directory's limits.

    python -m tests.servers.samba --people 1600

prints one line of JSON with addresses and accounts, and serves until it is interrupted. Samba's ports cannot be
chosen (389, 636, 3268, 3269, 88), so it needs root and a loopback address of its own; the proxy's ports are free ones.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests import people
from tests.servers import keeping, samba_people
from tests.servers.certificates import Certificates
from tests.servers.process import Server, free_port, listening, missing_program, program, serve

DEBIAN_PYTHON = "/usr/bin/python3"
# Run by Debian's Python, where Samba's library is; with -I, or it would find this file instead.
SEED = Path(__file__).with_name("samba_seed.py")
REALM = "AD.LAB.EXAMPLE"
ADDRESSES = tuple(f"127.0.0.{last}" for last in range(1, 10))

_CONFIG = """\
[global]
  netbios name = DC1
  realm = AD.LAB.EXAMPLE
  workgroup = LAB
  server role = active directory domain controller
  server services = ldap, kdc, cldap
  dcerpc endpoint servers =
  interfaces = {address}/8
  bind interfaces only = yes
  private dir = {home}/private
  state directory = {home}/state
  cache directory = {home}/cache
  lock directory = {home}/lock
  pid directory = {home}/run
  binddns dir = {home}/bind-dns
  ncalrpc dir = {home}/run/ncalrpc
  ntp signd socket directory = {home}/run/ntp
  winbindd socket directory = {home}/run/winbindd
  log file = {home}/log/samba.log
  ldap server require strong auth = yes
  tls enabled = yes
  tls keyfile = {certificates}/good.key
  tls certfile = {certificates}/good.pem
  tls cafile = {certificates}/ca.pem
[sysvol]
  path = {home}/state/sysvol
[netlogon]
  path = {home}/state/sysvol/ad.lab.example/scripts
"""
_KERBEROS = """\
[libdefaults]
  default_realm = AD.LAB.EXAMPLE
  dns_lookup_kdc = false
  dns_lookup_realm = false
  rdns = false
  dns_canonicalize_hostname = false
[realms]
  AD.LAB.EXAMPLE = {{
    kdc = {address}:88
  }}
"""
_FOLDERS = ("etc", "run/ncalrpc", "log", "cache", "lock", "state", "private", "bind-dns")


def unavailable() -> str | None:
    """Why Samba cannot be started here."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "Samba's ports need root on Linux"
    try:
        import ldap  # noqa: F401
    except ImportError:
        return "python-ldap is not installed"
    if missing := missing_program("samba", "samba-tool", "openssl", "/usr/share/samba/setup/provision.ldif", DEBIAN_PYTHON):
        return missing
    library = subprocess.run([DEBIAN_PYTHON, "-I", "-c", "import samba.samdb"], capture_output=True, check=False)
    if library.returncode:
        return "Samba's Python library is not installed"
    return None if _free_address() else "port 389 is taken on every loopback address"


def _free_address() -> str | None:
    """A loopback address where nobody serves LDAP or Kerberos."""
    for address in ADDRESSES:
        if not any(listening(port, address) for port in (88, 389, 636)):
            return address
    return None


class Samba:
    """A running domain with *count* people, and the proxy before it."""

    def __init__(self, count: int = 1600, *, max_page: int = 1000, max_values: int = 1500) -> None:
        address = _free_address()
        if address is None:
            raise RuntimeError("port 389 is taken on every loopback address")
        self.count, self.address = count, address
        self.home = Path(tempfile.mkdtemp(prefix="workplace-samba-"))
        self.certificates = Certificates(self.home)
        os.chmod(self.home / "good.key", 0o600)  # noqa: PTH101 (Samba refuses a key that others may read)
        self.port, self.tls_port = free_port(), free_port()
        self._limits = (max_page, max_values)
        self._domain = self.home / "domain"
        self._copy_domain()
        self.krb5_config = self.home / "krb5.conf"
        self.krb5_config.write_text(_KERBEROS.format(address=address))
        self.start()

    @property
    def uri(self) -> str:
        """Through the proxy; StartTLS is offered and asked for."""
        return f"ldap://127.0.0.1:{self.port}"

    @property
    def uri_tls(self) -> str:
        """Through the proxy."""
        return f"ldaps://127.0.0.1:{self.tls_port}"

    @property
    def uri_direct(self) -> str:
        """Without the proxy: for Kerberos, which signs for itself. Without the proxy's limits too."""
        return f"ldap://{self.address}"

    @property
    def base(self) -> str:
        return samba_people.BASE

    @property
    def people_base(self) -> str:
        return samba_people.STAFF

    @property
    def group_base(self) -> str:
        return samba_people.GROUPS

    def account(self, name: str) -> tuple[str, str]:
        """User principal name and password of ``reader`` or ``writer``."""
        return f"svc-{name}@ad.lab.example", samba_people.SERVICE_PASSWORD

    def person(self, number: int) -> tuple[str, str]:
        """User principal name and password of person *number*, one of the first ten."""
        return f"u{number:07d}@ad.lab.example", samba_people.PASSWORD

    def start(self) -> None:
        """Start it (again), on the same address with the same data."""
        command = [str(program("samba")), "-F", "--no-process-group", "-M", "single", "-s", str(self._domain / "etc/smb.conf")]
        self._server = Server(command, self.home / "log", environment={"KRB5_CONFIG": str(self.krb5_config)})
        self._server.wait_until(lambda: all(listening(port, self.address) for port in (88, 389, 636)))
        max_page, max_values = self._limits
        options = {
            "address": self.address,
            "plain": self.port,
            "tls": self.tls_port,
            "ca": self.certificates.ca,
            "certificate": self.home / "good.pem",
            "key": self.home / "good.key",
            "max-page": max_page,
            "max-values": max_values,
        }
        proxy = [sys.executable, "-I", str(Path(__file__).with_name("ad_limits_proxy.py"))]
        self._proxy = Server([*proxy, *(f"--{name}={value}" for name, value in options.items())], self.home / "proxy.log")
        self._proxy.wait_until(lambda: listening(self.port) and listening(self.tls_port))

    def without_kerberos(self) -> str | None:
        """Why nobody here can get a ticket, or use it."""
        if not any(Path("/usr/lib").glob("*/sasl2/libgssapiv2.so*")):
            return "SASL's GSSAPI mechanism is not installed"
        return missing_program("kinit", "ldapsearch")

    @property
    def pids(self) -> tuple[int, int]:
        """Of the domain controller and of the proxy."""
        return self._server.pid, self._proxy.pid

    def halt(self) -> None:
        """Stop it, keeping the data."""
        self._proxy.stop()
        self._server.stop()

    def stop(self) -> None:
        """Stop it and remove everything."""
        self.halt()
        shutil.rmtree(self.home, ignore_errors=True)

    def _copy_domain(self) -> None:
        """A domain takes a quarter of a minute to make; a copy of it takes none."""
        files = (Path(people.__file__), Path(samba_people.__file__), SEED)
        sources = b"".join(file.read_bytes() for file in files)
        samba = subprocess.run([str(program("samba")), "--version"], capture_output=True, check=True).stdout
        version = hashlib.sha256(sources + samba + _CONFIG.encode()).hexdigest()[:16]
        self._domain.mkdir()
        keeping.copy_kept(f"samba-{self.count}", version, self._provision, self._domain, in_memory=True)
        self._configure(self._domain)

    def _configure(self, domain: Path) -> None:
        for folder in _FOLDERS:
            (domain / folder).mkdir(parents=True, exist_ok=True)
        config = _CONFIG.format(home=domain, address=self.address, certificates=self.home)
        (domain / "etc/smb.conf").write_text(config)

    def _provision(self, folder: Path) -> None:
        made = folder / "made"  # samba-tool wants to make its folder
        command = [
            str(program("samba-tool")), "domain", "provision", f"--realm={REALM}", "--domain=LAB", "--server-role=dc",
            "--dns-backend=NONE", "--adminpass=Passw0rd!lab", f"--targetdir={made}", "--host-name=dc1", "--host-ip=127.0.0.1",
        ]  # fmt: skip
        _run(command)
        shutil.rmtree(made / "etc")
        for part in made.iterdir():
            part.rename(folder / part.name)
        made.rmdir()
        self._configure(folder)
        seed = json.dumps(samba_people.seed(self.count, ("localhost", *ADDRESSES)))
        _run([DEBIAN_PYTHON, "-I", str(SEED), str(folder / "etc/smb.conf")], seed)


def _run(command: list[str], given: str | None = None) -> None:
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {(done.stdout + done.stderr)[-2000:]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=1600)
    options = parser.parse_args()
    if reason := unavailable():
        sys.exit(reason)
    server = Samba(options.people)
    reader, password = server.account("reader")
    told = {"uri": server.uri, "uri_tls": server.uri_tls, "ca": str(server.certificates.ca), "base": server.people_base}
    account = {"bind_dn": reader, "password": password, "krb5_config": str(server.krb5_config)}
    serve(json.dumps({**told, **account, "pid": server.pids[0]}), server.stop)


if __name__ == "__main__":
    main()
