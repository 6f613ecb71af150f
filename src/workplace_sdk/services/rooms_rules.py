"""Rules of rooms and orders, as errors: a booking raises the first, a preview shows them all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from workplace_sdk.kernel.errors import Rejected
from workplace_sdk.kernel.words import Words
from workplace_sdk.services.common import ComponentState, Money, Ref, Span
from workplace_sdk.services.rooms_errors import (
    CapacityTooSmall,
    CutoffPassed,
    FeatureMissing,
    NotBookable,
    OutsideBookingWindow,
    ServiceNotAvailableHere,
    TooLong,
)
from workplace_sdk.services.rooms_models import (
    Bookability,
    Component,
    Feature,
    Layout,
    Occurrence,
    Order,
    OrderDraft,
    OrderedLine,
    OrderState,
    ReservationState,
    Room,
    ServiceItem,
)
from workplace_sdk.services.rooms_ranking import seats_of
from workplace_sdk.services.vocabulary import word

if TYPE_CHECKING:
    from collections.abc import Mapping

NOT_THERE = Words("{wanted}; there is: {known}", "{wanted}; er is: {known}")
SO_MANY = Words("{item}: there are {stock}", "{item}: er zijn er {stock}")


def room_problems(
    rooms: Sequence[Room],
    spans: Sequence[Span],
    *,
    people: int,
    now: datetime,
    features: Iterable[Feature] = (),
    layout: Layout | None = None,
) -> Iterator[Rejected]:
    """Why *rooms* together cannot be had by anyone for *people* at *spans*, whoever else has booked."""
    for room in rooms:
        if room.bookability is Bookability.NOT_BOOKABLE:
            yield NotBookable(f"{room.name} cannot be booked", field="room")
        if room.ahead is not None and any(span.start > now + room.ahead for span in spans):
            yield OutsideBookingWindow(
                f"{room.name} can be booked {room.ahead.days} days ahead", until=(now + room.ahead).date()
            )
        if room.longest is not None and any(span.length > room.longest for span in spans):
            yield TooLong(f"{room.name} can be booked for {room.longest}", longest=room.longest)
        if layout is not None and room.layouts and layout not in room.layouts:
            yield FeatureMissing(f"{room.name} has no {layout}", missing=(layout.value,), field="layout")
    if missing := missing_features(rooms, features):
        yield FeatureMissing(f"missing: {', '.join(sorted(missing))}", missing=[one.value for one in missing])
    seats = [seats_of(room, layout) for room in rooms]
    known = [number for number in seats if number is not None]
    if rooms and len(known) == len(seats) and people > sum(known):
        yield CapacityTooSmall(capacity=sum(known), people=people)


def over(spans: Iterable[Span], now: datetime) -> Iterator[Rejected]:
    """That some of *spans* are over; one that is under way can be booked."""
    if any(span.end <= now for span in spans):
        yield OutsideBookingWindow("that time is over")


def missing_features(rooms: Sequence[Room], features: Iterable[Feature]) -> set[Feature]:
    """Of *features*, what none of *rooms* has; nothing when there is no room."""
    return set(features) - {feature for room in rooms for feature in room.features} if rooms else set()


def chosen_item(menu: Sequence[ServiceItem], wanted: Ref | str) -> ServiceItem:
    """The item that an order names; one of the site comes before one that every site has.

    Raises:
        ServiceNotAvailableHere: With what there is.
    """
    name = wanted.casefold() if isinstance(wanted, str) else None
    found = [item for item in menu if item.ref == wanted or (name is not None and item.name.casefold() == name)]
    if not found:
        known = ", ".join(sorted(item.name for item in menu)) or "-"
        raise ServiceNotAvailableHere(NOT_THERE.filled(wanted=wanted, known=known), field="orders")
    return min(found, key=lambda item: item.site is None)


def order_problems(menu: Sequence[ServiceItem], order: OrderDraft, span: Span, *, now: datetime) -> Iterator[Rejected]:
    """Why *order* cannot be had for a meeting at *span*, stock aside."""
    for line in order.lines:
        try:
            item = chosen_item(menu, line.item)
        except ServiceNotAvailableHere as error:
            yield error
            continue
        if item.stock is not None and line.quantity > item.stock:
            yield ServiceNotAvailableHere(SO_MANY.filled(item=item.name, stock=item.stock), field="orders")
        at = item.order_by(span.start)
        if at is not None and now > at:
            yield CutoffPassed(f"{item.name} is ordered before {at}", what=item.name, at=at.astimezone(span.local_start.tzinfo))


def total(lines: Iterable[OrderedLine]) -> Money | None:
    """The sum; ``None`` when a price is not known or they are in several currencies."""
    asked = list(lines)
    prices = [line.price * line.quantity for line in asked if line.price is not None]
    if len(prices) < len(asked) or len({price.currency for price in prices}) != 1:
        return None
    return sum(prices[1:], start=prices[0])


def per_currency(amounts: Iterable[Money]) -> tuple[Money, ...]:
    """The sums, by currency."""
    sums: dict[str, Money] = {}
    for one in amounts:
        sums[one.currency] = sums[one.currency] + one if one.currency in sums else one
    return tuple(sums[currency] for currency in sorted(sums))


def cancel_fee(lines: Iterable[tuple[OrderedLine, ServiceItem | None]], start: datetime, now: datetime) -> Money | None:
    """What cancelling *lines* of a meeting that begins at *start* costs now; ``None`` for nothing.

    Raises:
        CutoffPassed: Something cannot be cancelled any more.
    """
    fees: list[Money] = []
    for line, item in lines:
        if item is None or item.cancel_before is None or now <= start - item.cancel_before:
            continue
        if item.cancel_fee is None or line.price is None:
            raise CutoffPassed(f"{line.name} cannot be cancelled", what=line.name, at=start - item.cancel_before)
        fees.append((line.price * line.quantity * item.cancel_fee).rounded())
    sums = per_currency(fees)
    return sums[0] if sums and sums[0] else None


def named(menu: Sequence[ServiceItem]) -> Mapping[str, ServiceItem]:
    """Items by name."""
    return {item.name: item for item in menu}


_STATES = {
    ReservationState.CONFIRMED: ComponentState.DONE,
    ReservationState.REQUESTED: ComponentState.PENDING,
    ReservationState.TENTATIVE: ComponentState.PENDING,
    ReservationState.UNKNOWN: ComponentState.UNKNOWN,
}


def components(times: Iterable[Occurrence], made: Sequence[Order]) -> tuple[Component, ...]:
    """Every room at every time and every order, as parts of a whole; what was cancelled is none."""
    found: list[Component] = []
    for time in times:
        for one in time.reservations:
            state: ReservationState = one.state.value
            if state is ReservationState.CANCELLED:
                continue
            said = (one.why, one.why_nl) if one.why or state in _STATES else (word(state), word(state, "nl"))
            what = f"{one.name}, {time.span.local_start:%Y-%m-%d %H:%M}"
            found.append(Component(what=what, state=_STATES.get(state, ComponentState.REJECTED), why=said[0], why_nl=said[1]))
    several = len({order.date for order in made}) > 1
    for order in made:
        if order.state != OrderState.CANCELLED:
            state_ = ComponentState.REJECTED if order.state == OrderState.REJECTED else ComponentState.DONE
            what = f"{order}, {order.date}" if several else str(order)
            found.append(Component(what=what, state=state_, why=order.why, why_nl=order.why_nl))
    return tuple(found)
