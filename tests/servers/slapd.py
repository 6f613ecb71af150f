"""OpenLDAP for the tests: a seeded directory on loopback, thrown away afterwards.

    python -m tests.servers.slapd --people 100000

prints one line of JSON with addresses and accounts, and serves until it is interrupted.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests import people
from tests.servers.certificates import Certificates
from tests.servers.process import Server, free_port, listening, missing_program

SLAPD = "/usr/sbin/slapd"
SUFFIX = "dc=lab,dc=example"

_SCHEMA = """\
attributetype ( 1.3.6.1.4.1.4203.666.77.1.1 NAME 'labSkill' EQUALITY caseIgnoreMatch ORDERING caseIgnoreOrderingMatch
  SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.4203.666.77.1.2 NAME 'labWorkDays' EQUALITY integerMatch ORDERING integerOrderingMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.4203.666.77.1.3 NAME 'labActive' EQUALITY booleanMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.7 SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.4203.666.77.1.4 NAME 'labHired' EQUALITY generalizedTimeMatch ORDERING generalizedTimeOrderingMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.24 SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.4203.666.77.1.5 NAME 'labRemark' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15{1024} )
objectclass ( 1.3.6.1.4.1.4203.666.77.2.1 NAME 'labPerson' SUP top AUXILIARY
  MAY ( labSkill $ labWorkDays $ labActive $ labHired $ labRemark ) )
"""

_CONFIG = """\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include {home}/lab.schema
pidfile {home}/pid
argsfile {home}/args
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
threads 8
disallow bind_anon
TLSCertificateFile {home}/{certificate}.pem
TLSCertificateKeyFile {home}/{certificate}.key
TLSCACertificateFile {home}/ca.pem
TLSVerifyClient never
{extra}
sizelimit size.soft=500 size.hard=1000 size.unchecked=unlimited
timelimit time.soft=30 time.hard=60
database mdb
suffix "{suffix}"
rootdn "cn=admin,{suffix}"
rootpw admin-secret
directory {data}
maxsize 34359738368
envflags nosync nometasync
index objectClass eq
index uid,mail eq,pres,sub
index cn,sn,givenName,displayName eq,sub
index description,labSkill,title eq,sub
index employeeNumber,departmentNumber,ou,l eq
index manager,member,memberOf eq
index labActive eq
index entryCSN,entryUUID,modifyTimestamp eq
limits dn.exact="cn=reader,ou=system,{suffix}" size.soft=500 size.hard=1000 size.pr=500 size.prtotal=unlimited time=60
limits dn.exact="cn=writer,ou=system,{suffix}" size.soft=500 size.hard=1000 size.pr=500 size.prtotal=unlimited time=60
limits dn.exact="cn=limited,ou=system,{suffix}" size=50 size.pr=20 size.prtotal=100 time=5
limits dn.exact="cn=nopaging,ou=system,{suffix}" size=50 size.prtotal=disabled time=5
limits dn.exact="cn=export,ou=system,{suffix}" size=unlimited size.pr=unlimited time=unlimited
access to attrs=userPassword by self =w by anonymous auth by * none
access to dn.subtree="ou=system,{suffix}" by self read by anonymous auth by * none
access to dn.subtree="ou=people,{suffix}" attrs=labRemark,mobile by self write by dn.exact="cn=writer,ou=system,{suffix}" write by * none
access to dn.subtree="ou=people,{suffix}" by dn.exact="cn=writer,ou=system,{suffix}" write by self write by users read by * none
access to * by dn.exact="cn=writer,ou=system,{suffix}" write by users read by * none
overlay memberof
memberof-refint true
memberof-dangling ignore
"""


def unavailable() -> str | None:
    """Why OpenLDAP cannot be started here."""
    try:
        import ldap  # noqa: F401
    except ImportError:
        return "python-ldap is not installed"
    return missing_program(SLAPD, "slapadd", "openssl")


class Slapd:
    """A running slapd with *count* people."""

    def __init__(self, count: int = 2000, *, require_tls: bool = False, certificate: str = "good") -> None:
        self.count = count
        self.suffix = SUFFIX
        self.home = Path(tempfile.mkdtemp(prefix="workplace-slapd-"))
        self.certificates = Certificates(self.home)
        self.port, self.tls_port = free_port(), free_port()
        (self.home / "lab.schema").write_text(_SCHEMA)
        extra = "security simple_bind=128" if require_tls else ""
        data = self.home / "data"
        data.mkdir()
        settings = {"home": self.home, "suffix": SUFFIX, "data": data, "extra": extra, "certificate": certificate}
        self._config = self.home / "slapd.conf"
        self._config.write_text(_CONFIG.format(**settings))
        self._fill(data)
        self.start()

    @property
    def uri(self) -> str:
        return f"ldap://127.0.0.1:{self.port}"

    @property
    def uri_tls(self) -> str:
        return f"ldaps://127.0.0.1:{self.tls_port}"

    @property
    def people_base(self) -> str:
        return f"ou=people,{SUFFIX}"

    def account(self, name: str) -> tuple[str, str]:
        """DN and password of ``reader``, ``writer``, ``limited``, ``nopaging``, ``export`` or ``admin``."""
        return (f"cn=admin,{SUFFIX}" if name == "admin" else f"cn={name},ou=system,{SUFFIX}", f"{name}-secret")

    def person(self, number: int) -> tuple[str, str]:
        """DN and password of person *number*."""
        return (f"uid=u{number:07d},{self.people_base}", "welkom01")

    def start(self) -> None:
        """Start it (again), on the same ports with the same data."""
        addresses = f"{self.uri} {self.uri_tls}"
        self._server = Server([SLAPD, "-f", str(self._config), "-h", addresses, "-d", "0"], self.home / "log")
        self._server.wait_until(lambda: listening(self.port) and listening(self.tls_port))

    @property
    def pid(self) -> int:
        return self._server.pid

    def remove(self, dn: str) -> None:
        """Delete an entry, as an administrator of the directory would."""
        import ldap

        connection = ldap.initialize(self.uri)
        connection.simple_bind_s(*self.account("admin"))
        connection.delete_s(dn)
        connection.unbind_s()

    def halt(self) -> None:
        """Stop it, keeping the data."""
        self._server.stop()

    def stop(self) -> None:
        """Stop it and remove everything."""
        self.halt()
        shutil.rmtree(self.home, ignore_errors=True)

    def _fill(self, data: Path) -> None:
        """Load the people, or copy what an earlier run of the same generator loaded: 100,000 people take a minute."""
        version = hashlib.sha256(Path(people.__file__).read_bytes() + (_SCHEMA + _CONFIG).encode()).hexdigest()[:16]
        kept = Path(tempfile.gettempdir()) / f"workplace-slapd-{os.geteuid()}-{self.count}-{version}.mdb"
        if not kept.exists():
            loaded = self._loaded()
            part = kept.with_suffix(f".{os.getpid()}")
            subprocess.run(["cp", "--sparse=always", str(loaded / "data.mdb"), str(part)], check=True)
            part.replace(kept)
            shutil.rmtree(loaded)
        subprocess.run(["cp", "--sparse=always", str(kept), str(data / "data.mdb")], check=True)

    def _loaded(self) -> Path:
        """Load in memory where there is some: on disk, the index pages are written over and over."""
        memory = Path("/dev/shm")
        folder = Path(
            tempfile.mkdtemp(prefix="workplace-slapadd-", dir=memory if memory.is_dir() and self.count > 20_000 else None)
        )
        config = folder / "slapd.conf"
        config.write_text(self._config.read_text().replace(f"directory {self.home / 'data'}", f"directory {folder}"))
        command = ["slapadd", "-q", "-f", str(config), "-b", SUFFIX]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        ) as loading:
            assert loading.stdin is not None
            assert loading.stderr is not None
            for entry in people.ldif(self.count):
                loading.stdin.write(entry)
            loading.stdin.close()
            errors = loading.stderr.read()
        if loading.returncode:
            raise RuntimeError(f"slapadd: {errors[-2000:]}")
        return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=2000)
    options = parser.parse_args()
    if reason := unavailable():
        sys.exit(reason)
    server = Slapd(options.people)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    reader, password = server.account("reader")
    told = {"uri": server.uri, "uri_tls": server.uri_tls, "ca": str(server.certificates.ca), "base": server.people_base}
    print(json.dumps({**told, "bind_dn": reader, "password": password, "pid": server.pid}), flush=True)
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        server.stop()


if __name__ == "__main__":
    main()
