"""A large organisation, always the same: people with awkward names and traps, as values and as LDIF.

Person i is ``uid=u%07d,ou=people,SUFFIX``, except the SPECIALS (from index 100 on, when there are 200 or more), whose
RDN is their awkward name. Teams of 12, departments of 8 teams, divisions of 10 departments; the first of each leads it.
Among them: a circle of two managers (140, 141), managers who left (i % 997 == 500), a manager's DN spelled otherwise
(i % 501 == 250), inactive people (i % 40 == 11). Every password is ``welkom01``.
"""

from __future__ import annotations

import base64
import hashlib
import random
from collections.abc import Iterator
from typing import Any

from attrs import frozen

FIRST = [
    "Piet",
    "Jan",
    "Kees",
    "Marieke",
    "Sanne",
    "Fleur",
    "Daan",
    "Sem",
    "Lotte",
    "Noor",
    "Thijs",
    "Bram",
    "Anouk",
    "Femke",
    "Joost",
    "Ruben",
    "Maud",
    "Wouter",
    "Jeroen",
    "Ingrid",
    "Hendrik",
    "Cornelis",
    "Willemijn",
    "Aleida",
    "Sjoerd",
    "Froukje",
    "Wiebe",
    "Tjitske",
    "Mohammed",
    "Fatima",
    "Youssef",
    "Aïcha",
    "Samira",
    "Emre",
    "Ayşe",
    "Çağlar",
    "Gülşen",
    "Zoë",
    "Chloé",
    "Anaïs",
    "René",
    "Renée",
    "François",
    "Noël",
    "José",
    "María",
    "Íñigo",
    "João",
    "Conceição",
    "Søren",
    "Åsa",
    "Bjørn",
    "Jürgen",
    "Günther",
    "Käthe",
    "Łukasz",
    "Małgorzata",
    "Wojciech",
    "Jiří",
    "Božena",
    "Željko",
    "Šárka",
    "Ivana",
    "Dmitri",
    "Olga",
    "Rajesh",
    "Priya",
    "Wei",
    "Mei",
    "Hiroshi",
    "Yuki",
    "Thị",
    "Đức",
    "Linh",
    "Kwame",
    "Ngozi",
    "Chidi",
    "Winston",
    "Shanice",
    "Jean-Paul",
    "Anne-Marie",
    "D'Angelo",
    "Sinéad",
    "Siobhán",
]
LAST = """Jansen;de Vries;van den Berg;van Dijk;Bakker;Janssen;Visser;Smit;Meijer;de Boer;Mulder;de Groot;Bos;Vos;Peters;Hendriks
van Leeuwen;Dekker;Brouwer;de Wit;Dijkstra;Smits;de Graaf;van der Meer;van der Linden;Kok;Jacobs;de Haan;Vermeulen;van den Heuvel
van 't Hof;in 't Veld;Op den Kamp;van der Hoeven-de Groot;Ten Brink;Hoekstra;Wiersma;Postma;Sjögren;Müller;Weiß;Schröder;Groß
Lefèvre;Bélanger;García Márquez;Núñez;Gonçalves;Magalhães;Sørensen;Ødegård;Åkerström;Kowalski;Wałęsa;Dvořák;Novák;Šimunović
Yılmaz;Öztürk;Çelik;Şahin;El Amrani;Ben Haddou;El-Khatib;O'Brien;O'Connor;MacDonald;Singh;Patel;Nguyễn;Trần;Li;Wang;Tanaka
Okonkwo;Mensah;Abubakar;Rodrigues;Pengel;Wijdenbosch;Kartosen""".replace("\n", ";").split(";")
TITLES = """Beleidsmedewerker;Senior beleidsadviseur;Systeembeheerder;Software-engineer;Projectleider;HR-adviseur;Jurist;Controller
Communicatieadviseur;Data-analist;Informatiebeveiliger (CISO);Docent;Onderzoeker;Facilitair medewerker;Directiesecretaresse
Inkoper;Archivaris;Adviseur R&D;Functioneel beheerder;Vergunningverlener;Medewerker klantcontact;Teamleider""".replace(
    "\n", ";"
).split(";")
SKILLS = """printers;ldap;openldap;active directory;python;rust;postgresql;kubernetes;netwerken;cybersecurity;AVG;privacy;aanbestedingsrecht
arbeidsrecht;Omgevingswet;stikstof;geo-informatie;GIS;statistiek;machine learning;datawarehouse;SAP;TOPdesk;Exchange;VoIP;C++;C#
.NET;R&D;projectmanagement;PRINCE2;scrum;agile coaching;Frans;Duits;Turks;Arabisch;gebarentaal;EHBO;BHV;verzuimbegeleiding
pensioenen;salarisadministratie;subsidies;begroting;IFRS;audit;communicatie;persvoorlichting;webredactie;toegankelijkheid
archivering;bibliotheek;onderwijs;toetsing;didactiek;microscopie;moleculaire biologie;hydrologie;verkeerskunde;bouwfysica
asbest;brandveiligheid;facilitair;catering;wagenpark;reiskosten;inkoop;contractbeheer;vergunningen;handhaving;jeugdzorg
WMO;schuldhulpverlening;burgerzaken;verkiezingen;crisisbeheersing;integriteit;ethiek;duurzaamheid;warmtepompen;zonne-energie
circulaire economie;stedenbouw;monumentenzorg;landschapsarchitectuur;groenbeheer;riolering;drinkwater;dijkbewaking""".replace(
    "\n", ";"
).split(";")
SITES = ["Utrecht", "Den Haag", "'s-Hertogenbosch", "Groningen", "Maastricht", "Súdwest-Fryslân", "Brussel/Bruxelles", "Köln"]
DIVS = [
    "ICT",
    "P&O",
    "Financiën",
    "Juridische Zaken",
    "Communicatie, Pers & Web",
    "Onderzoek",
    "Onderwijs",
    "Facilitair",
    "Ruimte",
    "Sociaal Domein",
]
LANGS = ["nl", "nl", "nl", "nl-NL", "en", "en-GB;q=0.8, nl", "de", "fr", "tr", "fy"]
TYPES = ["vast", "vast", "vast", "tijdelijk", "extern", "stagiair", "gepensioneerd"]
SPECIALS = [
    ("Jansen, Piet (ICT)*", "comma, parentheses, asterisk"),
    ("O'Neil \\ Backslash", "backslash"),
    ('Müller-Lüdenscheidt, "Hans"', "quotes"),
    ("Ångström, Åsa", "diacritics"),
    ("Łukasiewicz, Źdźbło", "no ascii fold for Ł"),
    ("Nguyễn, Thị Minh Khai", "stacked diacritics"),
    ("İpek, Işıl", "turkish dotted/dotless i"),
    ("Ψωμάς, Γιώργος", "greek, final sigma"),
    ("王小明", "han, no space"),
    ("الهاشمي، فاطمة", "arabic, right to left"),
    ("#Hash lead", "leading hash"),
    (" Leading space", "leading space"),
    ("Trailing space ", "trailing space"),
    ("Semi;colon = equals", "semicolon and equals"),
    ("Plus+Sign <angle>", "plus and angles"),
    ("Slash/Forward", "slash"),
    ("Zoë 🦄 Eenhoorn", "astral plane"),
    ("Zoe\u0308 Decomposed", "NFD"),
    ("IJsbrand d'Hooge-van 't Hof", "apostrophes"),
    ("Groß, Ludwig", "sharp s"),
    ("Zero\u200bWidth Joiner", "zero width space"),
    ("Robert'); DROP TABLE Students;--", "sql"),
    ("<script>alert(1)</script>", "html"),
    ("${jndi:ldap://127.0.0.1/a}", "template"),
    (")(uid=*))(|(uid=*", "filter injection"),
    ("*", "a lone asterisk"),
    ("A" * 200 + " Lang", "very long"),
    ("Dubbel, Kees", "multi-valued RDN"),
    ("%2e%2e%2fadmin", "percent encoded"),
    ("=cmd|' /C calc'!A0", "csv formula"),
]


TEAM, DEPARTMENT, DIVISION = 12, 12 * 8, 12 * 8 * 10


@frozen
class Person:
    """One person, with what the directory would hold."""

    number: int
    dn: str
    attributes: dict[str, list[str]]

    @property
    def name(self) -> str:
        return self.attributes["cn"][0]

    @property
    def active(self) -> bool:
        return self.attributes["labActive"] == ["TRUE"]


def escaped(value: str) -> str:
    """An attribute value in a DN. Source: RFC 4514 section 2.4."""
    out = "".join("\\" + char if char in ',+"\\<>;=' else char for char in value)
    if out[:1] in ("#", " "):
        out = "\\" + out
    return out[:-1] + "\\ " if value.endswith(" ") and len(value) > 1 else out


def special_names(count: int) -> dict[int, tuple[str, str]]:
    """The awkward ones by number, with what is awkward about them."""
    return {100 + index: pair for index, pair in enumerate(SPECIALS)} if count >= 200 else {}


def people(count: int, suffix: str = "dc=lab,dc=example") -> Iterator[Person]:
    """The first *count* people. (A larger organisation begins with the same people.)"""
    base = f"ou=people,{suffix}"
    special = special_names(count)
    chance = random.Random(20240501)
    for i in range(count):
        yield Person(i, _dn(i, special, base), _attributes(i, count, special, base, chance))


def _dn(i: int, special: dict[int, tuple[str, str]], base: str) -> str:
    if i not in special:
        return f"uid=u{i:07d},{base}"
    name, note = special[i]
    both = f"+employeeNumber={100000 + i}" if note == "multi-valued RDN" else ""
    return f"cn={escaped(name)}{both},{base}"


def _boss(i: int, count: int) -> int | None:
    if i == 0:
        return None
    if count >= 200 and i in (140, 141):
        return 281 - i
    if i % DIVISION == 0:
        return 0
    if i % DEPARTMENT == 0:
        return i - i % DIVISION
    return i - i % DEPARTMENT if i % TEAM == 0 else i - i % TEAM


def _manager(i: int, count: int, special: dict[int, tuple[str, str]], base: str) -> str | None:
    boss = _boss(i, count)
    if boss is None:
        return None
    if i % 997 == 500:
        return f"uid=u{9000000 + i},{base}"
    dn = _dn(boss, special, base)
    return dn.replace("uid=", "UID=").replace(",ou=", ", OU=") if i % 501 == 250 else dn


def _attributes(
    i: int, count: int, special: dict[int, tuple[str, str]], base: str, chance: random.Random
) -> dict[str, list[str]]:
    choice, below = chance.choice, chance.randrange
    division = DIVS[(i // DIVISION) % len(DIVS)]
    if i in special:
        name, note = special[i]
        given, family = "", name.strip() or "x"
    else:
        given, family, note = choice(FIRST), choice(LAST), ""
        name = f"{given} {family}"
    plain = "".join(char for char in family.lower() if "a" <= char <= "z") or "x"
    skills = chance.sample(SKILLS, below(1, 6))
    found: dict[str, list[str]] = {
        "uid": [f"u{i:07d}"],
        "cn": [name],
        "sn": [family],
        "givenName": [given] if given else [],
        "displayName": [f"{family}, {given} ({division})" if given else name],
        "mail": [f"{plain[:20]}.{i}@lab.example"] + ([f"alias-{i}@lab.example"] if i % 25 == 3 else []),
        "telephoneNumber": [f"+31 30 {below(200, 999)} {below(0, 100):02d} {below(0, 100):02d}"] if i % 10 != 7 else [],
        "mobile": [f"06-{below(10000000, 99999999)}"] if i % 3 == 0 else [],
        "roomNumber": [f"{choice('ABCD')}{below(1, 9)}.{below(1, 60):02d}"],
        "departmentNumber": [f"{division.split()[0].strip(',')}-{i // DEPARTMENT:04d}"],
        "ou": [division],
        "l": [choice(SITES)],
        "title": [choice(TITLES)],
        "employeeNumber": [str(100000 + i)],
        "employeeType": [choice(TYPES)],
        "preferredLanguage": [choice(LANGS)],
        "description": [f"Deskundig in {', '.join(skills)}. Werkt bij {division} aan {choice(SKILLS)} en {choice(SKILLS)}."],
        "labSkill": skills,
        "labWorkDays": [str(below(1, 128))],
        "labActive": ["FALSE" if i % 40 == 11 else "TRUE"],
        "labHired": [f"{below(1985, 2025)}{below(1, 13):02d}{below(1, 29):02d}000000Z"],
        "labRemark": ([note] if note else []) + (["regel een\nregel twee\n"] if i % 50 == 9 else []),
        "cn;lang-nl": [f"{name} (nl)"] if i % 50 == 9 else [],
    }
    if manager := _manager(i, count, special, base):
        found["manager"] = [manager]
    return found


def ldif(count: int, suffix: str = "dc=lab,dc=example") -> Iterator[str]:
    """The whole directory, for ``slapadd``: containers, service accounts, rooms, a referral, people, groups."""
    yield _entry(
        suffix, objectClass=["dcObject", "organization"], dc=[suffix.split(",", maxsplit=1)[0].split("=")[1]], o=["Lab Example"]
    )
    for unit in ("people", "groups", "system", "rooms"):
        yield _entry(f"ou={unit},{suffix}", objectClass=["organizationalUnit"], ou=[unit])
    for account in ("reader", "writer", "limited", "export", "nopaging"):
        password = hashed(f"{account}-secret")
        classes = ["organizationalRole", "simpleSecurityObject"]
        yield _entry(f"cn={account},ou=system,{suffix}", objectClass=classes, cn=[account], userPassword=[password])
    referral = [f"ldap://127.0.0.1:1/ou=partners,{suffix}"]
    yield _entry(f"ou=partners,{suffix}", objectClass=["referral", "extensibleObject"], ou=["partners"], ref=referral)
    password = hashed("welkom01")
    groups = f"ou=groups,{suffix}"
    members: list[str] = []
    departments: list[str] = []
    for person in people(count, suffix):
        i = person.number
        group = f"cn=dept-{i // DEPARTMENT:04d},{groups}"
        yield _entry(
            person.dn,
            objectClass=["inetOrgPerson", "labPerson"],
            **person.attributes,
            memberOf=[group],
            userPassword=[password],
        )
        members.append(person.dn)
        if i % DEPARTMENT == DEPARTMENT - 1 or i == count - 1:
            name = f"dept-{i // DEPARTMENT:04d}"
            above = [f"cn=div-{i // DIVISION:03d},{groups}"]
            yield _entry(group, objectClass=["groupOfNames"], cn=[name], memberOf=above, member=members)
            departments.append(group)
            members = []
        if i % DIVISION == DIVISION - 1 or i == count - 1:
            name = f"div-{i // DIVISION:03d}"
            yield _entry(f"cn={name},{groups}", objectClass=["groupOfNames"], cn=[name], member=departments)
            departments = []


def hashed(password: str) -> str:
    """As slapd keeps it; the salt is fixed so that the directory is always the same."""
    salt = b"labsalt!"
    return "{SSHA}" + base64.b64encode(hashlib.sha1(password.encode() + salt).digest() + salt).decode()


def _entry(dn: str, **attributes: Any) -> str:
    lines = [_line("dn", dn)]
    lines += [_line(name, value) for name, values in attributes.items() for value in values]
    return "".join(lines) + "\n"


def _line(name: str, value: str) -> str:
    if value and value.isascii() and value.isprintable() and value[0] not in " :<" and not value.endswith(" "):
        return f"{name}: {value}\n"
    return f"{name}:: {base64.b64encode(value.encode()).decode()}\n"
