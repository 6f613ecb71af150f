"""The words of the services' enumerations as employees read them: ``word(request.status, "nl")`` is ``ingediend``."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_DAY: Final = {"full": "hele dag", "am": "ochtend", "pm": "middag", "half": "halve dag", "hours": "uren"}
_UNMAPPED: Final = {"unmapped": "anders"}
DUTCH: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "Portion": _DAY,
        "HolidayKind": {"public": "feestdag", "company": "organisatie gesloten"},
        "Unit": {"day": "dag", "hour": "uur", "minute": "minuut"},
        "Decision": {"approve": "goedkeuren", "reject": "afwijzen", "return": "terugsturen"},
        "StepState": {
            "pending": "wacht op besluit", "approved": "goedgekeurd", "rejected": "afgewezen", "returned": "teruggestuurd",
            "skipped": "overgeslagen", "delegated": "overgedragen",
        },
        "ComponentState": {"done": "geregeld", "pending": "in behandeling", "unknown": "onbekend", "rejected": "afgewezen"},
        "LeaveCategory": {
            "annual": "vakantie", "sick": "ziek", "parental": "ouderschapsverlof", "maternity": "zwangerschapsverlof",
            "partner": "partnerverlof", "carer": "zorgverlof", "bereavement": "rouwverlof", "special": "bijzonder verlof",
            "unpaid": "onbetaald verlof", "compensatory": "tijd voor tijd", "study": "studieverlof",
            "civic_duty": "burgerplicht", "volunteer": "vrijwilligersverlof", "sabbatical": "sabbatical",
            "holiday_swap": "ruildag", "other": "overig", **_UNMAPPED,
        },
        "LeaveStatus": {
            "draft": "concept", "submitted": "ingediend", "approved": "goedgekeurd", "partly_approved": "deels goedgekeurd",
            "rejected": "afgewezen", "returned": "teruggestuurd", "withdrawn": "ingetrokken",
            "cancel_requested": "annulering gevraagd", "cancelled": "geannuleerd", "taken": "opgenomen", **_UNMAPPED,
        },
        "LeaveStep": {
            "submitted": "ingediend", "amended": "gewijzigd", "withdrawn": "ingetrokken", "approved": "goedgekeurd",
            "rejected": "afgewezen", "returned": "teruggestuurd", "cancel_requested": "annulering gevraagd",
            "cancel_rejected": "annulering afgewezen", "cancelled": "geannuleerd",
        },
        "Pay": {"paid": "betaald", "partly": "deels betaald", "unpaid": "onbetaald"},
        "AttachmentRule": {
            "never": "nooit", "optional": "mag", "after_days": "na een aantal dagen", "always": "altijd",
        },
        "BalanceOrigin": {"backend": "volgens het systeem", "derived": "berekend"},
        "Visibility": {"everyone": "iedereen", "internal": "intern", "limited": "beperkt"},
        "ClaimOrigin": {
            "self": "zelf opgegeven", "manager": "leidinggevende", "hr": "HR", "certificate": "certificaat",
            "inferred": "afgeleid", "directory": "adresboek",
        },
        "Channel": {
            "email": "e-mail", "phone": "telefoon", "mobile": "mobiel", "sms": "sms", "chat": "chat", "desk": "werkplek",
            "ticket_queue": "meldpunt", "meeting": "afspraak",
        },
        "LanguageLevel": {
            "A1": "A1", "A2": "A2", "B1": "B1", "B2": "B2", "C1": "C1", "C2": "C2", "native": "moedertaal",
        },
        "ReasonKind": {
            "topic": "onderwerp", "responsibility": "taak", "name": "naam", "title": "functie", "organisation": "afdeling",
            "place": "plaats", "about": "over", "language": "taal",
        },
        "Presence": {
            "free": "vrij", "busy": "bezet", "in_meeting": "in gesprek", "off_work": "werkt nu niet", "absent": "afwezig",
            "unknown": "onbekend",
        },
        "Bookability": {
            "open": "vrij te boeken", "approval": "na goedkeuring", "restricted": "niet voor iedereen",
            "not_bookable": "niet te boeken", "unknown": "onbekend",
        },
        "CheckIn": {"not_needed": "niet nodig", "awaiting": "nog te doen", "done": "gedaan", "missed": "gemist"},
        "Diet": {
            "vegetarian": "vegetarisch", "vegan": "veganistisch", "halal": "halal", "kosher": "koosjer",
            "gluten_free": "glutenvrij", "lactose_free": "lactosevrij", "nut_free": "zonder noten", "other": "anders",
        },
        "Feature": {
            "projector": "projector", "display": "scherm", "video_conference": "videovergaderen",
            "audio_conference": "telefonisch vergaderen", "whiteboard": "whiteboard", "phone": "telefoon",
            "hearing_loop": "ringleiding", "step_free": "drempelvrij", "height_desk": "zit-statafel", "catering": "catering",
            "daylight": "daglicht", "air_conditioning": "airconditioning", "other": "overig", **_UNMAPPED,
        },
        "Layout": {
            "board": "aan een tafel", "u_shape": "U-vorm", "classroom": "schoolopstelling", "theatre": "theateropstelling",
            "cabaret": "cabaretopstelling", "reception": "ontvangst", "other": "anders", **_UNMAPPED,
        },
        "PartKind": {"room": "zaal", "order": "bestelling", "invitation": "uitnodiging"},
        "OrderKind": {
            "catering": "catering", "equipment": "apparatuur", "layout": "opstelling", "support": "ondersteuning",
            "cleaning": "schoonmaak", "parking": "parkeren", "visitor": "bezoek", "other": "overig",
        },
        "OrderState": {
            "ordered": "besteld", "accepted": "aangenomen", "preparing": "in voorbereiding", "delivered": "geleverd",
            "rejected": "afgewezen", "cancelled": "geannuleerd", "cancel_refused": "annulering geweigerd", **_UNMAPPED,
        },
        "Policy": {"all_or_nothing": "alles of niets", "room_first": "in elk geval de zaal", "best_effort": "zoveel als lukt"},
        "ReservationState": {
            "requested": "aangevraagd", "tentative": "onder voorbehoud", "confirmed": "bevestigd", "declined": "geweigerd",
            "released": "vrijgegeven", "cancelled": "geannuleerd", "unknown": "onbekend",
        },
        "Response": {
            "needs_action": "nog geen antwoord", "accepted": "komt", "tentative": "misschien", "declined": "komt niet",
        },
        "Role": {"chair": "voorzitter", "required": "verwacht", "optional": "mag erbij zijn", "informed": "ter informatie"},
        "WaitState": {"waiting": "wacht", "booked": "geboekt", "over": "voorbij", "withdrawn": "gestopt"},
        "Scope": {"one": "deze ene", "this_and_following": "deze en de volgende", "all": "alle"},
        "DistanceUnit": {"km": "km", "mi": "mijl"},
        "ExpenseStatus": {
            "draft": "concept", "submitted": "ingediend", "in_review": "in behandeling", "approved": "goedgekeurd",
            "partly_approved": "deels goedgekeurd", "returned": "teruggestuurd", "rejected": "afgewezen",
            "withdrawn": "ingetrokken", "cancelled": "geannuleerd", "payment_scheduled": "wordt betaald", "paid": "betaald",
            "reversed": "teruggeboekt", **_UNMAPPED,
        },
        "ExpenseStep": {
            "saved": "bewaard", "changed": "gewijzigd", "submitted": "ingediend", "amended": "gewijzigd",
            "approved": "goedgekeurd", "rejected": "afgewezen", "returned": "teruggestuurd", "recalled": "teruggehaald",
            "withdrawn": "ingetrokken", "cancelled": "geannuleerd", "payment_scheduled": "wordt betaald", "paid": "betaald", "reversed": "teruggeboekt",
            "commented": "reactie", **_UNMAPPED,
        },
        "LimitPer": {"unit": "per stuk", "day": "per dag", "person": "per persoon"},
        "LineKind": {"purchase": "uitgave", "mileage": "kilometers", "per_diem": "dagvergoeding", "allowance": "toelage"},
        "PaidWith": {
            "own_money": "eigen geld", "company_card": "bedrijfspas", "advance": "voorschot", "direct_billed": "op rekening",
        },
        "ReceiptState": {
            "attached": "bijgevoegd", "missing": "ontbreekt", "not_required": "niet nodig", "declared_lost": "verloren",
        },
        "Vehicle": {
            "car": "auto", "electric_car": "elektrische auto", "motorbike": "motor", "bicycle": "fiets", "other": "anders",
        },
        "AssetKind": {
            "printer": "printer", "laptop": "laptop", "desktop": "computer", "phone": "telefoon", "display": "scherm",
            "projector": "projector", "network": "netwerk", "light": "verlichting", "climate": "klimaat",
            "furniture": "meubilair", "door": "deur", "vehicle": "voertuig", "software": "software", "other": "overig",
            **_UNMAPPED,
        },
        "EventKind": {
            "reported": "gemeld", "commented": "reactie", "changed": "gewijzigd", "escalated": "opgeschaald",
            "attached": "bestand erbij",
        },
        "Impact": {
            "me": "alleen ik", "several": "een paar mensen", "department": "de afdeling", "site": "de locatie",
            "organisation": "de hele organisatie",
        },
        "Priority": {"P1": "P1", "P2": "P2", "P3": "P3", "P4": "P4", "P5": "P5", **_UNMAPPED},
        "TicketKind": {"incident": "storing", "request": "verzoek", "question": "vraag", "complaint": "klacht"},
        "TicketStatus": {
            "new": "nieuw", "open": "open", "in_progress": "in behandeling", "waiting_for_requester": "wacht op de melder",
            "waiting_for_supplier": "wacht op de leverancier", "on_hold": "aangehouden", "resolved": "opgelost",
            "closed": "gesloten", "cancelled": "geannuleerd", **_UNMAPPED,
        },
        "Urgency": {
            "can_wait": "kan wachten", "hindered": "hinderlijk", "blocked": "ik kan niet verder", "safety": "onveilig",
        },
        "WaitingOn": {"requester": "melder", "helpdesk": "helpdesk", "supplier": "leverancier", "nobody": "niemand"},
    }
)  # fmt: skip
"""Dutch by name of the enumeration and value. In English the value itself is the word, with spaces."""


def word(value: Any, language: str = "en") -> str:
    """*value* (a member of an enumeration, or a ``Mapped`` one) as employees read it; the vendor's own word where we know none."""
    if hasattr(value, "source") and hasattr(value, "value"):
        if str(value.value) == "unmapped" and value.source:
            return str(value.source)
        value = value.value
    assert isinstance(value, StrEnum)
    if language.lower().startswith("nl"):
        return DUTCH[type(value).__name__][value.value]
    return value.value.replace("_", " ")
