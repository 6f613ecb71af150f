"""A realistic organisation, always the same: care group De Linde, for the demo and for tests of applications."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from workplace_sdk.connectors.local import expenses_setup, incidents_setup, leave_setup, rooms_setup
from workplace_sdk.connectors.local.people_records import add_person
from workplace_sdk.connectors.local.schema import people
from workplace_sdk.services.common import Money, Unit
from workplace_sdk.services.expenses import LineKind, Vehicle
from workplace_sdk.services.incidents import AssetKind, Place
from workplace_sdk.services.leave import LeaveCategory
from workplace_sdk.services.rooms import Feature, OrderKind

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

ZONE: Final = "Europe/Amsterdam"
_WEEK: Final = (8, 8, 8, 8, 4, 0, 0)
PEOPLE: Final = (
    # login, name, title, unit, manager, site, topics, responsibilities
    ("ingrid", "Ingrid Veenstra", "Directeur", "Bestuur", None, "Zwolle", ("bestuur",), ()),
    (
        "mehmet",
        "Mehmet Öztürk",
        "Teamleider zorg",
        "Zorg / Afdeling 3",
        "ingrid",
        "Zwolle",
        ("roosters", "verpleegkunde"),
        ("BHV",),
    ),
    ("sanne", "Sanne de Boer", "Verpleegkundige", "Zorg / Afdeling 3", "mehmet", "Zwolle", ("wondzorg", "EHBO"), ("BHV",)),
    ("joao", "João Gonçalves", "Verpleegkundige", "Zorg / Afdeling 3", "mehmet", "Zwolle", ("dementie", "Portugees"), ()),
    ("lukasz", "Łukasz Wiśniewski", "Verzorgende", "Zorg / Afdeling 3", "mehmet", "Zwolle", ("Pools", "tilhulp"), ()),
    (
        "femke",
        "Femke van 't Hof",
        "Teamleider bedrijfsvoering",
        "Bedrijfsvoering",
        "ingrid",
        "Deventer",
        ("inkoop", "begroting"),
        (),
    ),
    (
        "bram",
        "Bram Hoekstra",
        "Systeembeheerder",
        "Bedrijfsvoering / ICT",
        "femke",
        "Deventer",
        ("printers", "netwerken", "laptops"),
        ("key user TOPdesk",),
    ),
    (
        "aisha",
        "Aïsha el Amrani",
        "Medewerker financiën",
        "Bedrijfsvoering / Financiën",
        "femke",
        "Deventer",
        ("declaraties", "btw"),
        (),
    ),
    (
        "wouter",
        "Wouter Groß",
        "Facilitair medewerker",
        "Bedrijfsvoering / Facilitair",
        "femke",
        "Zwolle",
        ("zalen", "catering"),
        ("BHV",),
    ),
    (
        "noor",
        "Noor Visser",
        "HR-adviseur",
        "Bedrijfsvoering / HR",
        "femke",
        "Deventer",
        ("verlof", "verzuim", "arbeidsrecht"),
        ("vertrouwenspersoon",),
    ),
)
MAIL: Final = "delinde.example"


def fill(connection: Connection, name: str, year: int) -> dict[str, int]:
    """Fill the empty local connection *name* with the organisation as it is in *year*. Ids of the people by login."""
    ids = _people(connection, name)
    _leave(connection, ids, year)
    _rooms(connection, ids)
    _expenses(connection, year)
    _incidents(connection, ids)
    return ids


def _people(connection: Connection, name: str) -> dict[str, int]:
    ids: dict[str, int] = {}
    for number, (login, shown, title, unit, boss, site, topics, roles) in enumerate(PEOPLE, start=1):
        given, _, family = shown.partition(" ")
        ids[login] = add_person(
            connection, name, shown, employee_number=str(4000 + number), login=login, email=f"{login}@{MAIL}", given_name=given,
            family_name=family, job_title=title, organisation=unit, site=site, phone=f"+31 38 555 01{number:02d}",
            manager_id=ids.get(boss or ""), region="NL", zone=ZONE, responsibilities=list(roles),
            topics=[{"name": topic, "origin": "self"} for topic in topics],
        )  # fmt: skip
    connection.execute(people.update().where(people.c.id == ids["sanne"]).values(backup_id=ids["joao"]))
    return ids


def _leave(connection: Connection, ids: dict[str, int], year: int) -> None:
    annual = leave_setup.add_type(connection, "Vakantie", unit=Unit.HOUR, half_days=True)
    leave_setup.add_type(
        connection, "Ziek", category=LeaveCategory.SICK, unlimited=True, requires_approval=False, confidential=True
    )
    leave_setup.add_type(
        connection, "Zorgverlof", category=LeaveCategory.CARER, unlimited=True, requires_reason=True, confidential=True
    )
    leave_setup.set_schedule(connection, None, [Decimal(hours) for hours in _WEEK], first=date(2000, 1, 1))
    part_time = [Decimal(value) for value in ("9", "0", "9", "0", "9", "0", "0")]
    leave_setup.set_schedule(connection, ids["sanne"], part_time, first=date(2000, 1, 1), fte=Decimal("0.75"))
    for who in ids.values():
        leave_setup.grant(connection, who, annual, Decimal(180), date(year, 1, 1), date(year, 12, 31))
        leave_setup.grant(connection, who, annual, Decimal(16), date(year, 1, 1), date(year, 6, 30), kind="carried_over")
        leave_setup.grant(connection, who, annual, Decimal(180), date(year + 1, 1, 1), date(year + 1, 12, 31))


def _rooms(connection: Connection, ids: dict[str, int]) -> None:
    zwolle, deventer = (rooms_setup.add_site(connection, site, ZONE) for site in ("Zwolle", "Deventer"))
    beamer = {Feature.PROJECTOR, Feature.STEP_FREE, Feature.CATERING}
    rooms_setup.add_room(connection, "Beuk", zwolle, capacity=8, features=beamer, floor="1")
    rooms_setup.add_room(connection, "Eik", zwolle, capacity=14, features=beamer | {Feature.WHITEBOARD}, floor="1")
    rooms_setup.add_room(connection, "Wilg", zwolle, capacity=4, features={Feature.WHITEBOARD}, floor="2", check_in_minutes=15)
    rooms_setup.add_room(
        connection, "Bestuurskamer", zwolle, capacity=20, features=beamer, bookability="approval", approver_id=ids["ingrid"]
    )
    rooms_setup.add_room(connection, "IJssel", deventer, capacity=10, features=beamer)
    day = 24 * 60
    rooms_setup.add_item(
        connection,
        "Lunch",
        OrderKind.CATERING,
        price=Money.of("9.75", "EUR"),
        order_before_minutes=day,
        cancel_before_minutes=day // 2,
    )
    rooms_setup.add_item(
        connection, "Koffie en thee", OrderKind.CATERING, price=Money.of("2.10", "EUR"), order_before_minutes=120
    )
    rooms_setup.add_item(connection, "Projector", OrderKind.EQUIPMENT, stock=2)


def _expenses(connection: Connection, year: int) -> None:
    expenses_setup.add_category(
        connection, "maaltijd", "Maaltijden", receipt_over=Decimal(10), limit_amount=Decimal(75), vat_rate=Decimal(9)
    )
    expenses_setup.add_category(connection, "ov", "Openbaar vervoer", receipt_over=Decimal(50), vat_rate=Decimal(9))
    expenses_setup.add_category(connection, "studie", "Studiekosten", receipt_over=Decimal(0), vat_rate=Decimal(21))
    expenses_setup.add_category(connection, "km", "Kilometres", kind=LineKind.MILEAGE)
    for vehicle, rate in ((Vehicle.CAR, "0.28"), (Vehicle.BICYCLE, "0.23")):
        expenses_setup.add_mileage_rate(connection, vehicle, date(year - 1, 1, 1), Decimal(rate), Decimal("0.23"))
    expenses_setup.set_exchange_rate(connection, "USD", "EUR", date(year, 1, 2), Decimal("0.9137"), "example")


def _incidents(connection: Connection, ids: dict[str, int]) -> None:
    for path in (("ICT", "Printers"), ("ICT", "Laptops"), ("Gebouw", "Verlichting"), ("Gebouw", "Klimaat")):
        incidents_setup.add_category(connection, *path)
    incidents_setup.add_article(
        connection,
        "Wachtwoord vergeten",
        "Kies op het aanmeldscherm voor 'Wachtwoord herstellen' en houd je telefoon bij de hand.",
    )
    third = Place(site="Zwolle", floor="3", room="3B")
    incidents_setup.add_asset(connection, "PR-3B", "Printer gang 3B", AssetKind.PRINTER, place=third)
    incidents_setup.add_asset(connection, "LT-0417", "Laptop Sanne", AssetKind.LAPTOP, owner_id=ids["sanne"])
