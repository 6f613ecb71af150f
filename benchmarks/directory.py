"""The LDAP wire against bare python-ldap and ldap3, on a real OpenLDAP, in one run.

    python benchmarks/directory.py [--people 100000] [--rounds 7] [--json]

Client CPU per operation, interleaved round by round, medians, and ratios within the run; for ours the time on the clock
too, which is set by the hits: compare two sizes of directory. Every client asks for the same attributes with the same
filters, keeps the entries it gets before a size limit, and uses one bound connection.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ldap.controls.libldap import SimplePagedResultsControl
from tests.people import LAST, SKILLS
from tests.servers.slapd import Slapd

import ldap
from workplace_sdk.kernel.drivers import run, run_pages
from workplace_sdk.kernel.session import Call, Session
from workplace_sdk.wires.ldap.filters import contains, equals
from workplace_sdk.wires.ldap.opening import Target
from workplace_sdk.wires.ldap.paging import paged
from workplace_sdk.wires.ldap.search import LdapSearch
from workplace_sdk.wires.ldap.server import Server

NAMES = ["uid", "cn", "sn", "givenName", "displayName", "mail", "title", "ou", "l", "telephoneNumber", "manager", "labSkill"]
SESSION = Session(time_limit=300)


class Ours:
    def __init__(self, slapd: Slapd) -> None:
        dn, password = slapd.account("export")
        self.server, self.base = Server(Target((slapd.uri,), bind_dn=dn, password=lambda: password)), slapd.people_base

    def search(self, wanted: str, limit: int) -> int:
        effect = LdapSearch(self.server, self.base, wanted, tuple(NAMES), "sub", limit)
        return len(run(iter(effect), Call(session=SESSION, name="search")).entries)

    def export(self) -> int:
        search = LdapSearch(self.server, self.base, equals("objectClass", "inetOrgPerson"), tuple(NAMES))
        return sum(1 for _ in run_pages(paged(search, size=1000), Call(session=SESSION, name="export")))


class Bare:
    def __init__(self, slapd: Slapd) -> None:
        self.connection, self.base = ldap.initialize(slapd.uri), slapd.people_base
        self.connection.simple_bind_s(*slapd.account("export"))

    def search(self, wanted: str, limit: int) -> int:
        number = self.connection.search_ext(self.base, ldap.SCOPE_SUBTREE, wanted, NAMES, timeout=30, sizelimit=limit)
        if not limit:
            return len(self.connection.result4(number, 1, 30)[1])
        entries = []
        try:
            while True:
                kind, data, *_ = self.connection.result4(number, 0, 30)
                entries += data
                if kind == ldap.RES_SEARCH_RESULT:
                    return len(entries)
        except ldap.SIZELIMIT_EXCEEDED:
            return len(entries)

    def export(self) -> int:
        control, count = SimplePagedResultsControl(True, 1000, b""), 0
        while True:
            number = self.connection.search_ext(
                self.base, ldap.SCOPE_SUBTREE, "(objectClass=inetOrgPerson)", NAMES, serverctrls=[control]
            )
            _, data, _, controls, *_ = self.connection.result4(number, 1, 300)
            for _dn, _values, *_ in data:
                count += 1
            control.cookie = controls[0].cookie
            if not control.cookie:
                return count


class Ldap3:
    def __init__(self, slapd: Slapd) -> None:
        import warnings

        warnings.simplefilter("ignore")
        import ldap3

        self.ldap3, self.base = ldap3, slapd.people_base
        self.connection = ldap3.Connection(
            ldap3.Server(slapd.uri, get_info=ldap3.NONE), *slapd.account("export"), auto_bind=True
        )

    def search(self, wanted: str, limit: int) -> int:
        self.connection.search(self.base, wanted, attributes=NAMES, size_limit=limit)
        return len(self.connection.response)

    def export(self) -> int:
        pages = self.connection.extend.standard.paged_search(
            self.base, "(objectClass=inetOrgPerson)", attributes=NAMES, paged_size=1000
        )
        return sum(1 for _ in pages)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    slapd = Slapd(options.people)
    try:
        result, clock = measure(slapd, options)
    finally:
        slapd.stop()
    if options.json:
        print(json.dumps({"cpu_ms": result, "clock_ms": clock}))
        return
    for kind, clients in result.items():
        bare = clients["python-ldap"]
        for client, value in clients.items():
            print(f"{kind:<28} {client:<12} {value:9.4f} ms CPU   {value / bare:5.2f} of python-ldap")
    for kind, value in clock.items():
        print(f"{kind:<28} on the clock {value:9.4f} ms among {options.people:,}")


def measure(slapd: Slapd, options) -> tuple[dict, dict]:
    clients = {"ours": Ours(slapd), "python-ldap": Bare(slapd), "ldap3": Ldap3(slapd)}
    chance = random.Random(3)
    one = [equals("uid", f"u{chance.randrange(200, options.people):07d}") for _ in range(200)]
    some = [contains("cn", chance.choice(LAST)[:6]) for _ in range(40)]
    topic = [contains("labSkill", chance.choice([skill for skill in SKILLS if len(skill) > 4])) for _ in range(40)]
    kinds = {"search, one hit": (one, 0), "search, first 25": (some, 25), "search by topic, first 25": (topic, 25)}
    times: dict[str, dict[str, list[float]]] = {kind: {name: [] for name in clients} for kind in (*kinds, "paged, per entry")}
    clock: dict[str, list[float]] = {kind: [] for kind in kinds}
    for number in range(options.rounds + 1):
        for kind, (filters, limit) in kinds.items():
            for name, client in clients.items():
                start, begun = time.process_time(), time.perf_counter()
                for wanted in filters:
                    client.search(wanted, limit)
                used = (time.process_time() - start) * 1000 / len(filters)
                if number:
                    times[kind][name].append(used)
                    if name == "ours":
                        clock[kind].append((time.perf_counter() - begun) * 1000 / len(filters))
        for name, client in clients.items():
            if name == "ldap3" and (number > 2 or options.people > 200_000):
                continue  # minutes each
            start = time.process_time()
            count = client.export()
            if number:
                times["paged, per entry"][name].append((time.process_time() - start) * 1000 / count)
    medians = {kind: {name: statistics.median(values) for name, values in by.items() if values} for kind, by in times.items()}
    return medians, {kind: statistics.median(values) for kind, values in clock.items()}


if __name__ == "__main__":
    main()
