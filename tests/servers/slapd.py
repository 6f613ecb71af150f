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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from tests import people
from tests.servers import keeping
from tests.servers.certificates import Certificates
from tests.servers.process import Server, free_port, listening, missing_program, program, serve

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
{indexes}
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
_INDEXES = {
    "full": """\
index uid,mail eq,pres,sub
index cn,sn,givenName,displayName eq,sub
index description,labSkill,title eq,sub""",
    "light": """\
index uid,mail eq,pres,subinitial
index cn,sn,givenName,displayName eq,subinitial""",
}


def unavailable() -> str | None:
    """Why OpenLDAP cannot be started here."""
    try:
        import ldap  # noqa: F401
    except ImportError:
        return "python-ldap is not installed"
    return missing_program(SLAPD, "slapadd", "openssl", "/etc/ldap/schema/inetorgperson.schema")


class Slapd:
    """A running slapd with *count* people.

    *index* "light" has only those for names that begin with something: what is *in* a name is then looked for everywhere.
    """

    def __init__(
        self,
        count: int = 2000,
        *,
        require_tls: bool = False,
        certificate: str = "good",
        index: Literal["full", "light"] = "full",
    ) -> None:
        self.count = count
        self.suffix = SUFFIX
        self.home = Path(tempfile.mkdtemp(prefix="workplace-slapd-"))
        self.certificates = Certificates(self.home)
        self.port, self.tls_port = free_port(), free_port()
        (self.home / "lab.schema").write_text(_SCHEMA)
        extra = "security simple_bind=128\n" if require_tls else ""
        who = f"gidNumber={os.getgid()}\\\\+uidNumber={os.getuid()},cn=peercred,cn=external,cn=auth"
        extra += f'authz-regexp "{who}" "cn=export,ou=system,{SUFFIX}"'
        data = self.home / "data"
        data.mkdir()
        self._index = index
        settings = {"home": self.home, "suffix": SUFFIX, "data": data, "extra": extra, "certificate": certificate}
        self._config = self.home / "slapd.conf"
        hurried = f'limits dn.exact="{self.person(1)[0]}" size=unlimited time=1\n'
        self._config.write_text(_CONFIG.format(**settings, indexes=_INDEXES[index]).replace("limits ", hurried + "limits ", 1))
        self._fill(data)
        self.start()

    @property
    def uri(self) -> str:
        return f"ldap://127.0.0.1:{self.port}"

    @property
    def uri_tls(self) -> str:
        return f"ldaps://127.0.0.1:{self.tls_port}"

    @property
    def uri_local(self) -> str:
        """A socket of this machine: with SASL's EXTERNAL whoever runs the tests is ``export`` there."""
        return f"ldapi://{quote(str(self.home / 'socket'), safe='')}"

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
        addresses = f"{self.uri} {self.uri_tls} {self.uri_local}"
        self._server = Server([SLAPD, "-f", str(self._config), "-h", addresses, "-d", "0"], self.home / "log")
        self._server.wait_until(lambda: listening(self.port) and listening(self.tls_port))

    @property
    def pid(self) -> int:
        return self._server.pid

    @contextmanager
    def administrator(self) -> Iterator[Any]:
        """A connection of python-ldap that may change everything, and sees referrals as entries."""
        from ldap.controls.simple import ManageDSAITControl

        import ldap

        connection = ldap.initialize(self.uri)
        connection.set_option(ldap.OPT_SERVER_CONTROLS, [ManageDSAITControl()])
        connection.simple_bind_s(*self.account("admin"))
        yield connection
        connection.unbind_s()

    def remove(self, dn: str) -> None:
        """Delete an entry."""
        with self.administrator() as connection:
            connection.delete_s(dn)

    def replace(self, dn: str, **values: str | bytes) -> None:
        """Give attributes of an entry one value each."""
        from ldap import MOD_REPLACE

        with self.administrator() as connection:
            changes = [
                (MOD_REPLACE, name, [value if isinstance(value, bytes) else value.encode()]) for name, value in values.items()
            ]
            connection.modify_s(dn, changes)

    @contextmanager
    def silent(self) -> Iterator[None]:
        """The server accepts connections, and does nothing."""
        os.kill(self.pid, signal.SIGSTOP)
        while " T " not in Path(f"/proc/{self.pid}/stat").read_text():
            time.sleep(0.01)
        try:
            yield
        finally:
            os.kill(self.pid, signal.SIGCONT)

    def halt(self) -> None:
        """Stop it, keeping the data."""
        self._server.stop()

    def stop(self) -> None:
        """Stop it and remove everything."""
        self.halt()
        shutil.rmtree(self.home, ignore_errors=True)

    def _fill(self, data: Path) -> None:
        """Load the people, or copy what an earlier run of the same generator loaded: 100,000 people take a minute."""
        source = Path(people.__file__).read_bytes() + (_SCHEMA + _CONFIG + _INDEXES[self._index]).encode()
        version = hashlib.sha256(source).hexdigest()[:16]
        name = f"slapd-{self._index}-{self.count}"
        keeping.copy_kept(name, version, self._load, data, in_memory=self.count > 20_000)

    def _load(self, folder: Path) -> None:
        config = folder / "slapd.conf"
        config.write_text(self._config.read_text().replace(f"directory {self.home / 'data'}", f"directory {folder}"))
        entries = folder / "people.ldif"
        with entries.open("w") as file:
            file.writelines(people.ldif(self.count))
        command = [str(program("slapadd")), "-q", "-f", str(config), "-b", SUFFIX, "-l", str(entries)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"slapadd: {done.stderr[-2000:]}")
        entries.unlink()
        config.unlink()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=2000)
    parser.add_argument("--index", choices=("full", "light"), default="full")
    options = parser.parse_args()
    if reason := unavailable():
        sys.exit(reason)
    server = Slapd(options.people, index=options.index)
    reader, password = server.account("reader")
    told = {"uri": server.uri, "uri_tls": server.uri_tls, "ca": str(server.certificates.ca), "base": server.people_base}
    serve(json.dumps({**told, "bind_dn": reader, "password": password, "pid": server.pid}), server.stop)


if __name__ == "__main__":
    main()
