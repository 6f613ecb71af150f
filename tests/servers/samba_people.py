r"""The large organisation as Active Directory holds it: what ``samba_seed.py`` adds to a new domain.

Nearly every DN has an escaped comma (``CN=Jansen\, Piet``), as is usual there. Inactive people (i % 40 == 11) are
disabled and live in an OU of their own; the first ten can log on. ``everyone-flat`` has everyone as a direct member,
``everyone-nested`` the same people through ``division`` and the departments.
"""

from __future__ import annotations

import random
from typing import Any

from tests.people import DEPARTMENT, DIVISION, DIVS, FIRST, LAST, SITES, SKILLS, TEAM, TITLES, escaped, special_names

BASE = "DC=ad,DC=lab,DC=example"
STAFF, GROUPS, SERVICE, ROOMS = (f"OU={name},{BASE}" for name in ("Staff", "Groups", "Service", "Rooms"))
SERVICE_PASSWORD = "Svc-Passw0rd!lab"
PASSWORD = "Welkom01!lab"
ENABLED, DISABLED = 512, 514
NO_PASSWORD_NEEDED, NEVER_EXPIRES = 32, 65536

Entry = dict[str, Any]


def seed(count: int, addresses: tuple[str, ...]) -> dict[str, Any]:
    """All of it. *addresses* are names by which Kerberos knows the domain controller."""
    staff = people(count)
    added = [*_frame(), *staff, *_groups([entry["dn"] for entry in staff]), *_rooms()]
    spn = [f"ldap/{address}" for address in addresses]
    return {"add": added, "spn": spn, "writer": f"CN=svc-writer,{SERVICE}", "staff": STAFF}


def people(count: int) -> list[Entry]:
    chance = random.Random(20240501)
    special = {number: name for number, (name, _) in special_names(count).items() if len(name) <= 64}  # AD's limit for cn
    entries: list[Entry] = []
    used: set[str] = set()
    for i in range(count):
        given, family = chance.choice(FIRST), chance.choice(LAST)
        name = special.get(i) or f"{family}, {given}"
        if name.casefold() in used:
            name = f"{name} ({i})"
        used.add(name.casefold())
        dn = f"CN={escaped(name)},{'OU=Disabled,' if i % 40 == 11 else ''}{STAFF}"
        entry = {"dn": dn, **_attributes(i, given, family, chance)}
        if i:
            entry["manager"] = entries[_boss(i)]["dn"]
        entries.append(entry)
    return entries


def _boss(i: int) -> int:
    if i % DEPARTMENT == 0:
        return 0
    return i - i % DEPARTMENT if i % TEAM == 0 else i - i % TEAM


def _attributes(i: int, given: str, family: str, chance: random.Random) -> Entry:
    choice, below = chance.choice, chance.randrange
    login = f"u{i:07d}"
    skills = chance.sample(SKILLS, below(1, 6))
    entry: Entry = {
        "objectClass": "user",
        "sAMAccountName": login,
        "userPrincipalName": f"{login}@ad.lab.example",
        "givenName": given,
        "sn": family,
        "displayName": f"{given} {family}",
        "mail": f"{login}@lab.example",
        "department": f"{DIVS[(i // DIVISION) % len(DIVS)]} afd. {i // DEPARTMENT}",
        "company": "Lab Example",
        "title": choice(TITLES),
        "telephoneNumber": f"+31 30 {below(200, 999)} {below(100):02d} {below(100):02d}",
        "physicalDeliveryOfficeName": f"{choice('ABCD')}{below(1, 9)}.{below(1, 60):02d}",
        "l": choice(SITES),
        "employeeID": str(100000 + i),
        "description": f"Deskundig in {', '.join(skills)}",
        "info": "\r\n".join(skills),
        "userAccountControl": str((DISABLED if i % 40 == 11 else ENABLED) | NO_PASSWORD_NEEDED),
    }
    if i % 5 == 0:
        entry["otherTelephone"] = [str(below(1000, 9999)) for _ in range(2)]
        entry["otherTelephone"] = sorted(set(entry["otherTelephone"]))
    if i < 10:
        entry |= {"userAccountControl": str(ENABLED | NEVER_EXPIRES), "password": PASSWORD}
    return entry


def _frame() -> list[Entry]:
    units: list[Entry] = [
        {"dn": dn, "objectClass": "organizationalUnit"} for dn in (STAFF, GROUPS, SERVICE, ROOMS, f"OU=Disabled,{STAFF}")
    ]
    accounts: list[Entry] = [
        {
            "dn": f"CN={name},{SERVICE}",
            "objectClass": "user",
            "sAMAccountName": name,
            "userPrincipalName": f"{name}@ad.lab.example",
            "userAccountControl": str(ENABLED | NEVER_EXPIRES),
            "password": SERVICE_PASSWORD,
        }
        for name in ("svc-reader", "svc-writer")
    ]
    return units + accounts


def _groups(staff: list[str]) -> list[Entry]:
    departments = [
        _group(f"dept-{at // DEPARTMENT:04d}", staff[at : at + DEPARTMENT]) for at in range(0, len(staff), DEPARTMENT)
    ]
    division = _group("division", [entry["dn"] for entry in departments])
    return [*departments, division, _group("everyone-nested", [division["dn"]]), _group("everyone-flat", staff)]


def _group(name: str, members: list[str]) -> Entry:
    return {"dn": f"CN={name},{GROUPS}", "objectClass": "group", "sAMAccountName": name, "member": members}


def _rooms() -> list[Entry]:
    return [
        {
            "dn": f"CN=zaal-{number:02d},{ROOMS}",
            "objectClass": "user",
            "sAMAccountName": f"zaal-{number:02d}",
            "displayName": f"Vergaderzaal {number}",
            "mail": f"zaal-{number:02d}@lab.example",
            "userAccountControl": str(DISABLED | NO_PASSWORD_NEEDED),
        }
        for number in range(1, 13)
    ]
