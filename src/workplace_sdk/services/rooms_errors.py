"""Why a room or a service cannot be had, and what can be done instead."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from workplace_sdk.kernel.errors import Conflict, InvalidInput, Rejected
from workplace_sdk.kernel.words import Words
from workplace_sdk.services.refusals import Told

if TYPE_CHECKING:
    from workplace_sdk.services.common import Money, PersonRef, Span
    from workplace_sdk.services.rooms_models import OccurrenceConflict, Room


class RoomConflict(Rejected):
    """A room is not free.

    Attributes:
        alternatives: Rooms that seat as many, have the same features and are free at every time asked for.
        times: The times at which it is taken.
        conflicts: Each of these times, with the room that is taken and rooms like it that are free then.
    """

    code = "room-conflict"
    words = Words("The room is not free then.", "De zaal is dan niet vrij.")

    def __init__(
        self,
        message: str = "",
        *,
        alternatives: tuple[Room, ...] = (),
        times: tuple[Span, ...] = (),
        conflicts: tuple[OccurrenceConflict, ...] = (),
        **where: Any,
    ) -> None:
        super().__init__(message, field=where.pop("field", "room"), **where)
        self.alternatives = alternatives
        self.times = times or tuple(one.span for one in conflicts)
        self.conflicts = conflicts

    def sentence(self, language: str = "en") -> str:
        parts = [super().sentence(language)]
        if len(self.times) > 1:
            days = ", ".join(f"{span.local_start:%Y-%m-%d}" for span in self.times[:5]) + (
                " ..." if len(self.times) > 5 else ""
            )
            parts.append(Words("Taken on: {days}.", "Bezet op: {days}.").filled(days=days).in_(language))
        if self.alternatives:
            names = ", ".join(room.name for room in self.alternatives)
            parts.append(Words("Free: {names}.", "Wel vrij: {names}.").filled(names=names).in_(language))
        return " ".join(parts)


class CapacityTooSmall(Rejected):
    """More people come than the room seats."""

    code = "capacity-too-small"
    words = Words(
        "The room seats {capacity}, and {people} come.", "In de zaal kunnen {capacity} mensen, en er komen er {people}."
    )

    def __init__(self, message: str = "", *, capacity: int = 0, people: int = 0, **where: Any) -> None:
        super().__init__(message, field=where.pop("field", "people"), **where)
        self.capacity = capacity
        self.people = people


class FeatureMissing(Rejected):
    """The room does not have what was asked for: *missing* names it."""

    code = "feature-missing"
    words = Words("The room does not have: {names}.", "De zaal heeft geen: {names}.")

    def __init__(self, message: str = "", *, missing: Iterable[str] = (), **where: Any) -> None:
        super().__init__(message, field=where.pop("field", "features"), **where)
        self.missing = tuple(sorted(missing))

    def sentence(self, language: str = "en") -> str:
        from workplace_sdk.services.rooms_models import Feature, Layout
        from workplace_sdk.services.vocabulary import word

        features = {feature.value for feature in Feature}
        names = [word(Feature(name) if name in features else Layout(name), language) for name in self.missing]
        return self.words.filled(names=", ".join(names)).in_(language)


class OutsideBookingWindow(Rejected):
    """The room cannot be booked so far ahead, or in the past."""

    code = "outside-booking-window"
    words = Words("The room can be booked from now until {until}.", "De zaal kan worden geboekt van nu tot {until}.")

    def __init__(self, message: str = "", *, until: date | None = None, **where: Any) -> None:
        super().__init__(message, field=where.pop("field", "span"), **where)
        self.until = until

    def sentence(self, language: str = "en") -> str:
        if self.until is None:
            return Words("That time is over.", "Dat tijdstip is voorbij.").in_(language)
        return super().sentence(language)


class TooLong(Rejected):
    """The room cannot be booked for so long."""

    code = "too-long"
    words = Words("The room can be booked for at most {longest}.", "De zaal kan voor hoogstens {longest} worden geboekt.")

    def __init__(self, message: str = "", *, longest: timedelta | None = None, **where: Any) -> None:
        super().__init__(message, field=where.pop("field", "span"), **where)
        self.longest = longest

    def sentence(self, language: str = "en") -> str:
        return self.words.filled(longest=spoken(self.longest, language)).in_(language)


class NotBookable(Rejected):
    """The room cannot be booked by anyone."""

    code = "not-bookable"
    words = Words("This room cannot be booked.", "Deze zaal kan niet worden geboekt.")


class RestrictedRoom(Rejected):
    """The room is not for everyone; *request_to* can be asked."""

    code = "restricted-room"
    words = Words("This room is not for everyone to book.", "Deze zaal kan niet door iedereen worden geboekt.")

    def __init__(self, message: str = "", *, request_to: PersonRef | None = None, **where: Any) -> None:
        super().__init__(message, field=where.pop("field", "room"), **where)
        self.request_to = request_to

    def sentence(self, language: str = "en") -> str:
        text = super().sentence(language)
        if self.request_to is None:
            return text
        return f"{text} {Words('You can ask {whom}.', 'U kunt het vragen aan {whom}.').filled(whom=self.request_to.label).in_(language)}"


class RecurrenceNotSupported(Told, InvalidInput):
    """This repetition cannot be booked: *part* of the rule is what it fails on."""

    code = "recurrence-not-supported"
    words = Words("A meeting cannot repeat like this: {message}", "Een vergadering kan niet zo worden herhaald: {message}")

    def __init__(self, why: Words | str = "", *, part: str = "", **where: Any) -> None:
        super().__init__(why, field=where.pop("field", "rrule"), **where)
        self.part = part


class SeriesTooLong(InvalidInput):
    """A series has at most *max* times."""

    code = "series-too-long"
    words = Words("A series has at most {max} times.", "Een reeks heeft hoogstens {max} keren.")

    def __init__(self, message: str = "", *, max: int = 0, **where: Any) -> None:
        super().__init__(message or f"a series has at most {max} times", field=where.pop("field", "rrule"), **where)
        self.max = max


class CutoffPassed(Rejected):
    """It is too late for *what*: it had to be done by *at*."""

    code = "cutoff-passed"
    words = Words("It is too late for {what}: that had to be before {at}.", "Het is te laat voor {what}: dat moest voor {at}.")

    def __init__(self, message: str = "", *, what: str = "", at: datetime | None = None, **where: Any) -> None:
        super().__init__(message, field=where.pop("field", "orders"), **where)
        self.what = what
        self.at = at

    def sentence(self, language: str = "en") -> str:
        return self.words.filled(what=self.what, at=f"{self.at:%Y-%m-%d %H:%M}" if self.at else "?").in_(language)


class ServiceNotAvailableHere(Told):
    """This cannot be ordered there, or not so many."""

    code = "service-not-available-here"
    words = Words("This cannot be had there: {message}", "Dit is daar niet te krijgen: {message}")


class CancelFeeApplies(Rejected):
    """What was ordered can still be cancelled, for *fee*. Say so by ``accept_fee``."""

    code = "cancel-fee-applies"
    words = Words("Cancelling what was ordered now costs {fee}.", "Nu annuleren van wat besteld is kost {fee}.")

    def __init__(self, message: str = "", *, fee: Money | None = None, **where: Any) -> None:
        super().__init__(message, field=where.pop("field", "accept_fee"), **where)
        self.fee = fee


class CheckInTooEarly(Conflict):
    """Checking in is possible from a quarter of an hour before the start."""

    code = "check-in-too-early"
    words = Words("You can check in from 15 minutes before the start.", "Inchecken kan vanaf 15 minuten voor het begin.")


class RoomReleased(Conflict):
    """Nobody checked in in time, and someone else has the room now."""

    code = "room-released"
    words = Words(
        "Nobody checked in in time, and the room was given to others.",
        "Er is niet op tijd ingecheckt, en de zaal is aan anderen gegeven.",
    )


def spoken(length: timedelta | None, language: str = "en") -> str:
    """A length of time as people say it: ``2 days``, ``4 hours``, ``1:30 hours``, ``45 minutes``."""
    minutes = int((length or timedelta()).total_seconds()) // 60
    dutch = language.lower().startswith("nl")
    if minutes and minutes % (24 * 60) == 0:
        days = minutes // (24 * 60)
        return f"{days} {('dag' if days == 1 else 'dagen') if dutch else ('day' if days == 1 else 'days')}"
    if minutes >= 60:
        hours = f"{minutes // 60}" if minutes % 60 == 0 else f"{minutes // 60}:{minutes % 60:02d}"
        return f"{hours} {'uur' if dutch else 'hour' if hours == '1' else 'hours'}"
    return f"{minutes} {('minuut' if minutes == 1 else 'minuten') if dutch else ('minute' if minutes == 1 else 'minutes')}"
