"""What is written to those who bring something, or who are invited: text for people, and a calendar file for their calendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any

from workplace_sdk.kernel.words import Words
from workplace_sdk.services.rooms_models import Role
from workplace_sdk.services.vocabulary import word
from workplace_sdk.wires.smtp import message_id

if TYPE_CHECKING:
    from workplace_sdk.meetings.journal import Part, Plan
    from workplace_sdk.services.rooms_models import OrderDraft

_ORDER = Words("Please bring to this meeting:", "Graag leveren bij deze vergadering:")
_NO_MORE = Words("This is not needed any more:", "Dit is niet meer nodig:")
_SUBJECT = Words("Order: {what}, {when}", "Bestelling: {what}, {when}")
_CANCELLED = Words("Cancelled: {what}, {when}", "Vervallen: {what}, {when}")
_INVITED = Words("You are invited to: {subject}, {when}", "U bent uitgenodigd voor: {subject}, {when}")
_OFF = Words("Cancelled: {subject}, {when}", "Vervallen: {subject}, {when}")


def order_text(plan: Plan, order: OrderDraft, language: str = "en", *, heading: Words = _ORDER) -> str:
    """What to bring, when, where and for whom."""
    dutch = Words("x", "y").in_(language) == "y"
    lines = [heading.in_(language), ""]
    lines += [f"    {line.quantity} x {line.item if isinstance(line.item, str) else line.item.id}" for line in order.lines]
    lines += [f"    {count} {word(diet, language)}" for diet, count in order.diets.items()]
    lines.append("")
    for span in plan.spans:
        offset = (order.deliver_at or span.start) - plan.spans[0].start if order.deliver_at else timedelta(0)
        brought = (span.start + offset).astimezone(span.local_start.tzinfo)
        lines.append(f"{'Wanneer' if dutch else 'When'}: {brought:%Y-%m-%d %H:%M} ({span.zone})")
    where = ", ".join(part for part in (_where(plan), plan.plan.site) if part)
    lines.append(f"{'Waar' if dutch else 'Where'}: {where or '-'}")
    lines.append(f"{'Voor' if dutch else 'For'}: {plan.organizer.label}, {plan.plan.subject if not plan.plan.private else '-'}")
    centre = order.cost_centre or plan.plan.cost_centre
    if centre:
        lines.append(f"{'Kostenplaats' if dutch else 'Cost centre'}: {centre}")
    if order.note:
        lines += ["", order.note]
    return "\n".join((*lines, ""))


def order_letter(
    plan: Plan, part: Part, *, sender: str, to: str, language: str, now: datetime, cancelled: bool = False
) -> EmailMessage:
    """The order of *part*, or that it is not needed any more, with a calendar file."""
    (order,) = part.orders
    words = _CANCELLED if cancelled else _SUBJECT
    subject = words.filled(what=part.what_in(language), when=_when(plan)).in_(language)
    text = order_text(plan, order, language, heading=_NO_MORE if cancelled else _ORDER)
    message = _letter(part, sender=sender, to=(to,), subject=subject, text=text, cancelled=cancelled)
    content = _calendar(plan, part, sender=sender, summary=part.what_in(language), now=now, cancelled=cancelled, invited=())
    _attach(message, content, "CANCEL" if cancelled else "PUBLISH")
    return message


def invitation(
    plan: Plan, part: Part, *, sender: str, to: tuple[str, ...], language: str, now: datetime, cancelled: bool = False
) -> EmailMessage:
    """The invitation of those at *to*, or that the meeting is off. Source: RFC 6047."""
    words = _OFF if cancelled else _INVITED
    subject = words.filled(subject=plan.plan.subject, when=_when(plan)).in_(language)
    text = "\n".join((subject, _where(plan), "", plan.plan.body or "", ""))
    message = _letter(part, sender=sender, to=to, subject=subject, text=text, cancelled=cancelled)
    content = _calendar(plan, part, sender=sender, summary=plan.plan.subject, now=now, cancelled=cancelled, invited=to)
    _attach(message, content, "CANCEL" if cancelled else "REQUEST")
    return message


def _where(plan: Plan) -> str:
    return plan.room.name if plan.room else ""


def _when(plan: Plan) -> str:
    first, *others = plan.spans
    more = f" (+{len(others)})" if others else ""
    return f"{first.local_start:%Y-%m-%d %H:%M}{more}"


def _letter(part: Part, *, sender: str, to: tuple[str, ...], subject: str, text: str, cancelled: bool) -> EmailMessage:
    message = EmailMessage()
    message["From"] = sender
    message["To"] = ", ".join(to)
    message["Subject"] = " ".join(subject.split())
    message["Message-ID"] = message_id(part.key, sender, "2" if cancelled else "1")
    if cancelled:
        message["In-Reply-To"] = message_id(part.key, sender, "1")
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    return message


def _attach(message: EmailMessage, content: bytes, method: str) -> None:
    message.add_attachment(content, maintype="text", subtype="calendar", filename="meeting.ics", params={"method": method})


def _calendar(
    plan: Plan, part: Part, *, sender: str, summary: str, now: datetime, cancelled: bool, invited: tuple[str, ...]
) -> bytes:
    """Source: RFC 5545; RFC 5546 for METHOD and SEQUENCE."""
    from icalendar import Calendar, Event, vCalAddress, vRecur, vText

    calendar: Any = Calendar()
    calendar.add("prodid", "-//workplace-sdk//meetings//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if cancelled else "REQUEST" if invited else "PUBLISH")
    event: Any = Event()
    first = plan.spans[0]
    event.add("uid", f"{part.key}@{sender.rpartition('@')[2]}")
    event.add("dtstamp", now.astimezone(UTC))
    event.add("dtstart", first.local_start)
    event.add("dtend", first.local_end)
    event.add("summary", summary)
    event.add("location", _where(plan))
    event.add("sequence", 1 if cancelled else 0)
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    event.add("organizer", vCalAddress(f"mailto:{plan.organizer.email or sender}"))
    if plan.plan.rrule:
        event.add("rrule", vRecur.from_ical(plan.plan.rrule))
        for day in sorted(plan.plan.except_on):
            event.add("exdate", first.local_start.replace(year=day.year, month=day.month, day=day.day))
    optional = {one.person.email for one in plan.plan.attendees if one.role in (Role.OPTIONAL, Role.INFORMED)}
    for address in invited:
        attendee = vCalAddress(f"mailto:{address}")
        attendee.params["ROLE"] = vText("OPT-PARTICIPANT" if address in optional else "REQ-PARTICIPANT")
        attendee.params["RSVP"] = vText("TRUE")
        event.add("attendee", attendee, encode=False)
    calendar.add_component(event)
    calendar.add_missing_timezones()
    content: bytes = calendar.to_ical()
    return content
