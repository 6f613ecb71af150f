"""Changing tickets in a running Request Tracker, which says 200 to a refusal too."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from tests.rt.conftest import whatever_its_version
from tests.servers.rt import Rt as Server
from workplace_sdk.connectors.rt.incidents import RtIncidents
from workplace_sdk.kernel.errors import Conflict, InvalidInput, NotFound, NotSupported, OutcomeUnknown, Rejected, WorkplaceError
from workplace_sdk.kernel.support import Absent
from workplace_sdk.services.common import PersonRef, Ref, Upload
from workplace_sdk.services.incidents import Priority, TicketChange, TicketClosed, TicketDraft, TicketStatus

Desk = Callable[..., RtIncidents]
FATIMA = PersonRef(login="fac.agent")


def test_a_step_that_the_lifecycle_refuses_is_noticed(desk: Desk, rt: Server) -> None:
    anna, fatima = desk("a.devries"), desk("fac.agent")
    ticket = anna.report(TicketDraft(what="Waiting for a part"))
    rt.ask("PUT", f"ticket/{ticket.number}", {"Status": "open"})
    waiting = fatima.handle(whatever_its_version(ticket.ref), TicketChange(status=TicketStatus.WAITING_FOR_SUPPLIER))
    assert waiting.status.source == "waiting for parts"
    with pytest.raises(Conflict, match="did not change the Status") as error:
        anna.cancel(ticket.ref)
    assert (error.value.field, error.value.native_code) == ("status", "waiting for parts")
    assert anna.get(ticket.ref).status == TicketStatus.WAITING_FOR_SUPPLIER


def test_a_change_of_which_a_part_is_refused_is_told_as_such(desk: Desk) -> None:
    fatima = desk("fac.agent")
    ticket = desk("a.devries").report(TicketDraft(what="Half"))
    change = TicketChange(priority=Priority.P1, handler=PersonRef(login="ict.agent"))  # who may own nothing there
    with pytest.raises(OutcomeUnknown, match="Request Tracker did not change the Owner"):
        fatima.handle(whatever_its_version(ticket.ref), change)
    found = fatima.get(ticket.ref)
    assert (found.priority.value, found.handler) == (Priority.P1, None)
    with pytest.raises(NotFound) as error:
        fatima.handle(whatever_its_version(ticket.ref), TicketChange(handler=PersonRef(login="nobody.knows")))
    assert error.value.field == "handler"


def test_everything_that_a_handler_changes_is_kept(desk: Desk) -> None:
    fatima = desk("fac.agent")
    ticket = desk("a.devries").report(TicketDraft(what="All of it"))
    due, more = datetime(2026, 12, 1, 15, 30, tzinfo=UTC), datetime(2026, 7, 24, 6, 0, tzinfo=UTC)
    change = TicketChange(
        status=TicketStatus.OPEN,
        handler=FATIMA,
        priority=Priority.P2,
        due=due,
        next_update_by=more,
        major=True,
        note="We are on it",
    )
    after = fatima.handle(whatever_its_version(ticket.ref), change)
    assert after.status == TicketStatus.OPEN
    assert after.handler is not None
    assert after.handler.same_person(FATIMA)
    assert (after.priority.value, after.due, after.next_update_by, after.major) == (Priority.P2, due, more, True)
    assert "We are on it" in [event.text for event in fatima.timeline(ticket.ref)]
    by_mail = desk("fac.agent", person="email")
    again = by_mail.handle(
        whatever_its_version(ticket.ref), TicketChange(handler=PersonRef(email="fac.agent@lab.example"), major=False)
    )
    assert not again.major
    with pytest.raises(NotSupported) as parent:
        fatima.handle(whatever_its_version(ticket.ref), TicketChange(parent=ticket.ref))
    assert parent.value.field == "parent"
    plain = desk("fac.agent", fields={"key": "Workplace key"}, kinds={}, impacts={})
    with pytest.raises(NotSupported) as missing:
        plain.handle(whatever_its_version(ticket.ref), TicketChange(next_update_by=more))
    assert missing.value.field == "next_update_by"


def test_of_two_who_take_it_one_after_the_other_one_gets_it(desk: Desk) -> None:
    ticket = desk("a.devries").report(TicketDraft(what="For one of us"))
    fatima = desk("fac.agent")
    seen = fatima.get(ticket.ref).ref
    fatima.handle(seen, TicketChange(note="I had a look"))
    with pytest.raises(Conflict, match="changed meanwhile"):
        fatima.handle(seen, TicketChange(handler=FATIMA))
    with pytest.raises(Conflict):
        fatima.handle(seen, TicketChange(note="also what is only said"))
    assert fatima.get(ticket.ref).handler is None
    fresh = fatima.get(ticket.ref).ref
    people = [FATIMA, PersonRef(login="svc-workplace")]

    def take(person: PersonRef) -> WorkplaceError | None:
        try:
            desk("fac.agent").handle(fresh, TicketChange(handler=person))
        except WorkplaceError as error:
            return error
        return None

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(take, people))
    handler = fatima.get(ticket.ref).handler
    assert handler is not None
    winners = [person for person, outcome in zip(people, outcomes, strict=True) if outcome is None]
    assert any(handler.same_person(person) for person in winners)  # RT may let in two of the very same moment: the later stays
    assert all(isinstance(outcome, Conflict) for outcome in outcomes if outcome is not None)


def test_a_solution_told_to_the_requester_does_not_open_it_again(desk: Desk) -> None:
    fields = {"key": "Workplace key", "author": "Workplace author"}
    fatima = desk("fac.agent", fields=fields, kinds={}, impacts={})
    anna = desk("a.devries", fields=fields, kinds={}, impacts={})
    from_new, from_open = (anna.report(TicketDraft(what=f"Solved {number}")) for number in range(2))
    fatima.handle(whatever_its_version(from_open.ref), TicketChange(status=TicketStatus.OPEN))
    for ticket in (from_new, from_open):
        solved = fatima.handle(
            whatever_its_version(ticket.ref), TicketChange(status=TicketStatus.RESOLVED, resolution="New lamp", note="Look up")
        )
        assert solved.status == TicketStatus.RESOLVED
        assert "New lamp\n\nLook up" in [event.text for event in anna.timeline(ticket.ref)]
    with pytest.raises(InvalidInput) as error:
        fatima.handle(anna.report(TicketDraft(what="Unsaid")).ref, TicketChange(status=TicketStatus.RESOLVED))
    assert error.value.field == "resolution"


def test_confirmed_reopened_taken_back(desk: Desk) -> None:
    anna, fatima = desk("a.devries"), desk("fac.agent")
    solved = TicketChange(status=TicketStatus.RESOLVED, resolution="done")
    ticket = anna.report(TicketDraft(what="Round trip"))
    with pytest.raises(Conflict):
        anna.confirm_resolved(ticket.ref)
    with pytest.raises(Conflict):
        anna.reopen(ticket.ref, "it is open")
    fatima.handle(whatever_its_version(ticket.ref), solved)
    with pytest.raises(Conflict):
        anna.cancel(ticket.ref)
    again = anna.reopen(ticket.ref, "it still flickers")
    assert again.status == TicketStatus.OPEN
    assert "it still flickers" in [event.text for event in anna.timeline(ticket.ref)]
    fatima.handle(whatever_its_version(ticket.ref), solved)
    closed = anna.confirm_resolved(ticket.ref)
    assert (closed.status.value, closed.status.source) == (TicketStatus.CLOSED, "closed")
    for finished in (
        lambda: anna.confirm_resolved(ticket.ref),
        lambda: anna.reopen(ticket.ref, "no"),
        lambda: anna.escalate(ticket.ref, "no"),
        lambda: fatima.handle(whatever_its_version(ticket.ref), TicketChange(note="no")),
    ):
        with pytest.raises(TicketClosed):
            finished()
    gone = anna.report(TicketDraft(what="Not needed"))
    assert anna.cancel(gone.ref, reason="I found it").status.source == "rejected"
    assert anna.get(gone.ref).status == TicketStatus.CANCELLED  # what is said to handlers does not open it again
    assert "I found it" in [event.text for event in fatima.history(gone.ref) if event.internal]


def test_where_nothing_means_closed_nobody_confirms(desk: Desk, rt: Server) -> None:
    default = {
        "new": "new",
        "open": "open",
        "stalled": "waiting_for_requester",
        "resolved": "resolved",
        "rejected": "cancelled",
    }
    anna = desk("a.devries", statuses=default)
    ticket = anna.report(TicketDraft(what="Default lifecycle", category="ICT / Mail"))
    assert isinstance(anna.confirm_resolved.support, Absent)
    with pytest.raises(NotSupported):
        anna.confirm_resolved(ticket.ref)
    link = anna.confirm_resolved.handoff(ticket.ref)
    assert link is not None
    assert link.url == f"{rt.url}/Ticket/Display.html?id={ticket.number}"
    ivo = desk("ict.agent", statuses=default)
    ivo.handle(whatever_its_version(ticket.ref), TicketChange(status=TicketStatus.RESOLVED, resolution="done"))
    assert ticket.ref not in [one.ref for one in anna.requests()]
    assert ticket.ref in [one.ref for one in anna.requests(open=False)]
    with pytest.raises(Conflict) as error:  # our settings know a word that this queue's lifecycle does not
        desk("a.devries").confirm_resolved(ticket.ref)
    assert error.value.field == "status"


def test_escalating_is_one_higher_each_time_until_the_highest(desk: Desk) -> None:
    anna = desk("a.devries")
    ticket = anna.report(TicketDraft(what="Slow"))
    before = ticket.priority.value
    after = anna.escalate(ticket.ref, "nobody can work")
    assert int(after.priority.value[1:]) == int(before[1:]) - 1
    for _ in range(4):
        after = anna.escalate(ticket.ref, "still")
    assert after.priority == Priority.P1
    assert "nobody can work" in [event.text for event in anna.timeline(ticket.ref)]
    assert "priority: P1" in [event.text for event in anna.timeline(ticket.ref)]
    for blank in (
        lambda: anna.escalate(ticket.ref, " "),
        lambda: anna.reopen(ticket.ref, ""),
        lambda: anna.comment(ticket.ref, " "),
    ):
        with pytest.raises(InvalidInput):
            blank()


def test_what_our_account_may_not_do(desk: Desk) -> None:
    ticket = desk("a.devries").report(TicketDraft(what="Rights"))
    narrow = desk("fac.agent", account="svc-narrow")
    with pytest.raises(Rejected) as error:  # 400, with a sentence in the language of the account
        narrow.handle(whatever_its_version(ticket.ref), TicketChange(note="internal", internal=True))
    assert error.value.native_code == "400"
    with pytest.raises(Conflict):  # 200, and nothing was done
        narrow.handle(whatever_its_version(ticket.ref), TicketChange(status=TicketStatus.OPEN))
    with pytest.raises(InvalidInput):
        narrow.comment(ticket.ref, "x", uploads=(Upload(name="x", content=b""),))
    for ref in (
        Ref(connection="helpdesk", kind="incident", id="../user/1"),
        Ref(connection="other", kind="incident", id=ticket.number),
        Ref(connection="helpdesk", kind="asset", id="1"),
    ):
        with pytest.raises(NotFound):
            narrow.get(ref)


def test_no_word_of_the_settings_is_no_step(desk: Desk) -> None:
    ticket = desk("a.devries").report(TicketDraft(what="Words"))
    fatima = desk("fac.agent", statuses={"new": "new", "open": "open", "resolved": "resolved"})
    with pytest.raises(InvalidInput, match="means on_hold") as error:
        fatima.handle(whatever_its_version(ticket.ref), TicketChange(status=TicketStatus.ON_HOLD))
    assert error.value.field == "status"
    with pytest.raises(InvalidInput):
        fatima.handle(whatever_its_version(ticket.ref), TicketChange())
