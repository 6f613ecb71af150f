"""Changing tickets in a running Znuny, which has no lifecycle, no versions, and says little of what it did."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.servers.znuny import Znuny as Server
from tests.znuny.conftest import PLAIN, SETTINGS, Desk, whatever_its_version
from workplace_sdk.kernel.errors import Conflict, InvalidInput, NotFound, NotSupported, OutcomeUnknown, Unauthorized
from workplace_sdk.kernel.support import Absent
from workplace_sdk.services.common import PersonRef, Ref, Upload
from workplace_sdk.services.incidents import Priority, TicketChange, TicketClosed, TicketDraft, TicketStatus

FATIMA = PersonRef(login="fac.agent")


def test_everything_that_a_handler_changes_is_kept(desk: Desk) -> None:
    flavour = "rest"
    fatima = desk("fac.agent", flavour)
    ticket = desk("a.devries", flavour).report(TicketDraft(what="All of it"))
    more = datetime(2026, 7, 24, 6, 0, tzinfo=UTC)
    change = TicketChange(
        status=TicketStatus.OPEN, handler=FATIMA, priority=Priority.P2, next_update_by=more, major=True, note="We are on it"
    )
    after = fatima.handle(whatever_its_version(ticket.ref), change)
    assert after.status == TicketStatus.OPEN
    assert after.handler is not None
    assert after.handler.same_person(FATIMA)
    assert (after.priority.value, after.next_update_by, after.major) == (Priority.P2, more, True)
    events = fatima.timeline(ticket.ref)
    assert "We are on it" in [event.text for event in events]
    assert "priority: P2" in [event.text for event in events]
    noted = fatima.handle(after.ref, TicketChange(note="between us", internal=True))
    assert "between us" in [event.text for event in fatima.history(ticket.ref) if event.internal]
    assert "between us" not in [event.text for event in fatima.timeline(ticket.ref)]
    solved = fatima.handle(noted.ref, TicketChange(status=TicketStatus.RESOLVED, resolution="New lamp\nand a switch"))
    assert (solved.status.source, solved.resolution) == ("closed successful", "New lamp\nand a switch")
    assert solved.handler is not None  # Znuny unlocks what is closed
    for field, refused in (("parent", TicketChange(parent=ticket.ref)), ("due", TicketChange(due=more))):
        with pytest.raises(NotSupported) as error:
            fatima.handle(whatever_its_version(ticket.ref), refused)
        assert error.value.field == field
    with pytest.raises(NotSupported) as missing:
        desk("fac.agent", flavour, **PLAIN).handle(whatever_its_version(ticket.ref), TicketChange(next_update_by=more))
    assert missing.value.field == "next_update_by"


def test_a_handler_whom_znuny_does_not_know(desk: Desk) -> None:
    flavour = "soap"
    ticket = desk("a.devries", flavour).report(TicketDraft(what="For nobody"))
    fatima = desk("fac.agent", flavour)
    change = TicketChange(priority=Priority.P1, handler=PersonRef(login="nobody.knows"))
    with pytest.raises(NotFound) as error:
        fatima.handle(whatever_its_version(ticket.ref), change)
    assert error.value.field == "handler"
    assert fatima.get(ticket.ref).priority == ticket.priority


def test_of_two_who_looked_one_has_to_look_again(desk: Desk) -> None:
    ticket = desk("a.devries").report(TicketDraft(what="For one of us"))
    fatima = desk("fac.agent")
    seen = fatima.get(ticket.ref).ref
    fatima.handle(seen, TicketChange(handler=FATIMA))
    for change in (TicketChange(handler=PersonRef(login="ict.agent")), TicketChange(note="also what is only said")):
        with pytest.raises(Conflict, match="changed meanwhile"):
            fatima.handle(seen, change)
    handler = fatima.get(ticket.ref).handler
    assert handler is not None
    assert handler.same_person(FATIMA)


def test_a_change_that_someone_undoes_in_the_same_moment_is_noticed(
    desk: Desk, znuny: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    fatima = desk("fac.agent")
    ticket = desk("a.devries").report(TicketDraft(what="Tug of war"))
    whole = type(fatima).whole
    looked: list[Ref] = []

    def late(self: object, ref: Ref) -> object:
        looked.append(ref)
        if len(looked) % 2 == 0:  # between the change and reading it back
            znuny.ask("TicketUpdate", {"TicketID": ref.id, "Ticket": {"Owner": "ict.agent"}}, account="svc-workplace")
        return whole(fatima, ref)

    monkeypatch.setattr(type(fatima), "whole", late)
    with pytest.raises(Conflict) as error:
        fatima.handle(whatever_its_version(ticket.ref), TicketChange(handler=FATIMA))
    assert error.value.field == "handler"
    with pytest.raises(OutcomeUnknown, match="a part of it was done: Znuny did not keep the Owner"):
        fatima.handle(whatever_its_version(ticket.ref), TicketChange(handler=FATIMA, priority=Priority.P1))


def test_confirmed_reopened_taken_back(desk: Desk) -> None:
    flavour = "soap"
    anna, fatima = desk("a.devries", flavour), desk("fac.agent", flavour)
    solved = TicketChange(status=TicketStatus.RESOLVED, resolution="done")
    ticket = anna.report(TicketDraft(what="Round trip"))
    for refused in (lambda: anna.confirm_resolved(ticket.ref), lambda: anna.reopen(ticket.ref, "it is open")):
        with pytest.raises(Conflict):
            refused()
    fatima.handle(whatever_its_version(ticket.ref), solved)
    with pytest.raises(Conflict):
        anna.cancel(ticket.ref)
    again = anna.reopen(ticket.ref, "it still flickers")
    assert again.status == TicketStatus.OPEN
    assert "it still flickers" in [event.text for event in anna.timeline(ticket.ref)]
    fatima.handle(whatever_its_version(ticket.ref), solved)
    closed = anna.confirm_resolved(ticket.ref)
    assert (closed.status.value, closed.status.source) == (TicketStatus.CLOSED, "closed and confirmed")
    assert closed.closed_at is not None
    for finished in (
        lambda: anna.confirm_resolved(ticket.ref),
        lambda: anna.reopen(ticket.ref, "no"),
        lambda: anna.escalate(ticket.ref, "no"),
        lambda: anna.comment(ticket.ref, "no"),
        lambda: anna.attach(ticket.ref, Upload(name="x", content=b"x")),
        lambda: fatima.handle(whatever_its_version(ticket.ref), TicketChange(note="no")),
    ):
        with pytest.raises(TicketClosed):
            finished()
    gone = anna.report(TicketDraft(what="Not needed"))
    assert anna.cancel(gone.ref, reason="I found it").status.source == "closed unsuccessful"
    assert "I found it" in [event.text for event in fatima.timeline(gone.ref)]


def test_where_nothing_means_closed_nobody_confirms(desk: Desk, znuny: Server) -> None:
    states = {name: meaning for name, meaning in SETTINGS["statuses"].items() if meaning != "closed"}
    anna, fatima = desk("a.devries", statuses=states), desk("fac.agent", statuses=states)
    ticket = anna.report(TicketDraft(what="As Znuny is at first"))
    assert isinstance(anna.confirm_resolved.support, Absent)
    with pytest.raises(NotSupported):
        anna.confirm_resolved(ticket.ref)
    link = anna.confirm_resolved.handoff(ticket.ref)
    assert link is not None
    assert link.url == f"{znuny.url}/customer.pl?Action=CustomerTicketZoom;TicketID={ticket.ref.id}"
    fatima.handle(whatever_its_version(ticket.ref), TicketChange(status=TicketStatus.RESOLVED, resolution="done"))
    assert ticket.ref not in [one.ref for one in anna.requests()]
    assert ticket.ref in [one.ref for one in anna.requests(open=False)]
    assert anna.reopen(ticket.ref, "not at all").status == TicketStatus.OPEN


def test_escalating_is_one_higher_each_time_until_the_highest(desk: Desk) -> None:
    anna = desk("a.devries")
    ticket = anna.report(TicketDraft(what="Slow"))
    assert ticket.priority == Priority.P4
    assert anna.escalate(ticket.ref, "nobody can work").priority == Priority.P3
    for _ in range(3):
        after = anna.escalate(ticket.ref, "still")
    assert after.priority == Priority.P1
    texts = [event.text for event in anna.timeline(ticket.ref)]
    assert {"nobody can work", "priority: P1"} <= set(texts)


def test_what_says_nothing_is_refused(desk: Desk) -> None:
    anna, fatima = desk("a.devries"), desk("fac.agent")
    ticket = anna.report(TicketDraft(what="Silence"))
    for field, blank in (
        ("reason", lambda: anna.escalate(ticket.ref, " ")),
        ("reason", lambda: anna.escalate(ticket.ref, "0")),
        ("reason", lambda: anna.reopen(ticket.ref, "")),
        ("reason", lambda: anna.cancel(ticket.ref, reason="0")),
        ("body", lambda: anna.comment(ticket.ref, " ")),
        ("body", lambda: anna.comment(ticket.ref, " 0\n")),
        ("upload", lambda: anna.attach(ticket.ref, Upload(name="x", content=b""))),
        ("change", lambda: fatima.handle(ticket.ref, TicketChange())),
        ("resolution", lambda: fatima.handle(ticket.ref, TicketChange(status=TicketStatus.RESOLVED))),
        ("status", lambda: fatima.handle(ticket.ref, TicketChange(status=TicketStatus.ON_HOLD))),
    ):
        with pytest.raises(InvalidInput) as error:
            blank()
        assert error.value.field == field
    assert [event.text for event in anna.timeline(ticket.ref)] == [""]


def test_what_our_account_may_not_do(desk: Desk) -> None:
    flavour = "rest"
    ticket = desk("a.devries", flavour).report(TicketDraft(what="Rights"))
    narrow = desk("fac.agent", flavour, user="svc-narrow", fields={"key": "WorkplaceKey"}, impacts={})
    with pytest.raises(Unauthorized, match="priority"):
        narrow.handle(whatever_its_version(ticket.ref), TicketChange(priority=Priority.P1))
    assert narrow.comment(ticket.ref, "this it may").body == "this it may"
    with pytest.raises(Unauthorized):
        narrow.report(TicketDraft(what="In a queue that it only reads", category="ICT"))
    hidden = desk("a.devries", flavour).report(TicketDraft(what="Elsewhere", category="ICT"))
    blind = desk("fac.agent", flavour, user="fac.agent")
    for ref in (
        hidden.ref,
        Ref(connection="helpdesk", kind="incident", id="999999"),
        Ref(connection="helpdesk", kind="incident", id=f"{ticket.ref.id},{hidden.ref.id}"),
        Ref(connection="other", kind="incident", id=ticket.ref.id),
        Ref(connection="helpdesk", kind="asset", id="1"),
    ):
        with pytest.raises(NotFound):
            blind.get(ref)
