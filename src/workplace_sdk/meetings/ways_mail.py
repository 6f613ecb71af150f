"""By mail: an order to who brings it, and invitations to who comes. A mail cannot be looked for, and is not sent twice by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from workplace_sdk.kernel.errors import ConfigError, NotSupported, Rejected
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.meetings.letters import invitation, order_letter
from workplace_sdk.meetings.ways import Had, priced, too_late, too_late_to_cancel
from workplace_sdk.services.common import Money, Span
from workplace_sdk.services.rooms_models import OrderDraft, Role

if TYPE_CHECKING:
    from email.message import EmailMessage

    from workplace_sdk.kernel.effects import Steps
    from workplace_sdk.kernel.session import Session
    from workplace_sdk.meetings.journal import Part, Plan
    from workplace_sdk.settings import OrderSettings
    from workplace_sdk.wires.smtp import Smtp


class ByMail:
    """Orders by mail. That it was sent is known; that it is brought has yet to be confirmed."""

    safety = Safety.ONCE

    def __init__(self, connection: str, smtp: Smtp, settings: OrderSettings, session: Session, language: str) -> None:
        self.connection = connection
        self._smtp = smtp
        self._settings = settings
        self._session = session
        self._language = language
        if settings.to is None:
            raise ConfigError("an order by mail needs an address", table="meetings.orders", key="to")
        self._to = settings.to

    def problems(self, order: OrderDraft, spans: Sequence[Span], now: datetime) -> Steps[list[Rejected]]:
        return too_late(self._settings, order, spans, now)
        yield

    def price(self, order: OrderDraft) -> Steps[Money | None]:
        return priced(self._settings, order)
        yield

    def do(self, plan: Plan, part: Part) -> Steps[Had]:
        yield from self._smtp.send(self._letter(plan, part), (self._to,))
        return Had(pending=True, why=self._to)

    def find(self, plan: Plan, part: Part) -> Steps[Had | None]:
        raise NotSupported(f"whether {self._to} has the mail cannot be looked up: ask them", connection=self.connection)
        yield

    def undo_problem(self, plan: Plan, part: Part, accept_fee: Money | None) -> Steps[Rejected | None]:
        return too_late_to_cancel(self._settings, plan, self._session.now())
        yield

    def undo(self, plan: Plan, part: Part, reason: str, accept_fee: Money | None) -> Steps[None]:
        if late := too_late_to_cancel(self._settings, plan, self._session.now()):
            raise late
        yield from self._smtp.send(self._letter(plan, part, cancelled=True), (self._to,))

    def _letter(self, plan: Plan, part: Part, *, cancelled: bool = False) -> EmailMessage:
        sender, now = self._smtp.settings.sender, self._session.now()
        return order_letter(plan, part, sender=sender, to=self._to, language=self._language, now=now, cancelled=cancelled)


class ByInvitation:
    """Invitations by mail, where the rooms' system sends none."""

    safety = Safety.ONCE

    def __init__(self, connection: str, smtp: Smtp, session: Session, language: str) -> None:
        self.connection = connection
        self._smtp = smtp
        self._session = session
        self._language = language

    def problems(self, order: OrderDraft, spans: Sequence[Span], now: datetime) -> Steps[list[Rejected]]:
        return []
        yield

    def price(self, order: OrderDraft) -> Steps[Money | None]:
        return None
        yield

    def do(self, plan: Plan, part: Part) -> Steps[Had]:
        sent = yield from self._smtp.send(self._letter(plan, part), addresses(plan))
        why = "; ".join(f"{address}: {reason}" for address, reason in sent.refused.items())
        return Had(why=why or None)

    def find(self, plan: Plan, part: Part) -> Steps[Had | None]:
        raise NotSupported("whether invitations arrived cannot be looked up", connection=self.connection)
        yield

    def undo_problem(self, plan: Plan, part: Part, accept_fee: Money | None) -> Steps[Rejected | None]:
        return None
        yield

    def undo(self, plan: Plan, part: Part, reason: str, accept_fee: Money | None) -> Steps[None]:
        yield from self._smtp.send(self._letter(plan, part, cancelled=True), addresses(plan))

    def _letter(self, plan: Plan, part: Part, *, cancelled: bool = False) -> EmailMessage:
        sender, now, to = self._smtp.settings.sender, self._session.now(), addresses(plan)
        return invitation(plan, part, sender=sender, to=to, language=self._language, now=now, cancelled=cancelled)


def addresses(plan: Plan) -> tuple[str, ...]:
    """Of the attendees, as far as they are known; the organizer knows of it."""
    found = [one.person.email for one in plan.plan.attendees if one.role is not Role.CHAIR]
    return tuple(dict.fromkeys(address for address in found if address and address != plan.organizer.email))
