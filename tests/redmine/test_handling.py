"""Changing tickets in a running Redmine, which ignores what is not allowed and says 204."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tests.redmine.conftest import whatever_its_version
from tests.servers.redmine import Redmine as Server
from workplace_sdk.connectors.redmine.incidents import RedmineIncidents
from workplace_sdk.kernel.errors import Conflict, InvalidInput, NotFound, NotSupported, OutcomeUnknown, Rejected
from workplace_sdk.kernel.support import Absent
from workplace_sdk.services.common import PersonRef, Ref, Upload
from workplace_sdk.services.incidents import Priority, TicketChange, TicketClosed, TicketDraft, TicketKind, TicketStatus

Desk = Callable[..., RedmineIncidents]
FATIMA = PersonRef(login="fac.agent")
SOLVED = TicketChange(status=TicketStatus.RESOLVED, resolution="New lamp")


def test_what_a_role_may_not_do_is_noticed_and_nothing_is_said(desk: Desk) -> None:
    """A fresh Redmine lets reporters see the step, and ignores it when they take it."""
    vera = desk("v.visitor")
    ticket = vera.report(TicketDraft(what="By a visitor"))
    with pytest.raises(Conflict, match="did not change the status") as error:
        vera.cancel(ticket.ref, reason="not needed")
    assert error.value.field == "status"
    with pytest.raises(Conflict, match="did not change the priority") as priority:
        vera.escalate(ticket.ref, "nobody can work")
    assert priority.value.field == "priority"
    found = vera.get(ticket.ref)
    assert (found.status.value, found.priority) == (TicketStatus.NEW, ticket.priority)
    assert [event.text for event in vera.timeline(ticket.ref) if event.text] == []
    assert vera.comment(ticket.ref, "this she may").body == "this she may"


def test_steps_are_asked_for_first(desk: Desk) -> None:
    anna, fatima = desk("a.devries"), desk("fac.agent")
    ticket = anna.report(TicketDraft(what="A request", kind=TicketKind.REQUEST))  # whose workflow is the one of a fresh Redmine
    fatima.handle(whatever_its_version(ticket.ref), SOLVED)
    with pytest.raises(Conflict, match=r"gives a\.devries these steps: (Feedback, Closed|Closed, Feedback)") as error:
        anna.reopen(ticket.ref, "not solved")
    assert (error.value.field, error.value.native_code) == ("status", "Resolved")
    gone = anna.report(TicketDraft(what="Another request", kind=TicketKind.REQUEST))
    assert anna.cancel(gone.ref, reason="found it").status.source == "Closed"  # there is no step to Rejected
    assert "found it" in [event.text for event in anna.timeline(gone.ref)]


def test_everything_that_a_handler_changes_is_kept(desk: Desk) -> None:
    fatima = desk("fac.agent")
    ticket = desk("a.devries").report(TicketDraft(what="All of it"))
    due = datetime(2026, 12, 2, 0, 0, tzinfo=ZoneInfo("Europe/Amsterdam"))
    more = datetime(2026, 7, 24, 6, 0, tzinfo=UTC)
    change = TicketChange(
        status=TicketStatus.IN_PROGRESS,
        handler=FATIMA,
        priority=Priority.P2,
        due=due,
        next_update_by=more,
        major=True,
        note="We are on it",
    )
    after = fatima.handle(whatever_its_version(ticket.ref), change)
    assert after.status == TicketStatus.IN_PROGRESS
    assert after.handler is not None
    assert after.handler.same_person(FATIMA)
    assert (after.priority.value, after.due, after.next_update_by, after.major) == (Priority.P2, due, more, True)
    assert "We are on it" in [event.text for event in fatima.timeline(ticket.ref)]
    assert "priority: P2" in [event.text for event in fatima.timeline(ticket.ref)]
    by_ref = fatima.handle(whatever_its_version(ticket.ref), TicketChange(handler=after.handler))
    assert by_ref.handler == after.handler
    with pytest.raises(InvalidInput, match="2026-12-02T00:00:00") as day:
        fatima.handle(whatever_its_version(ticket.ref), TicketChange(due=datetime(2026, 12, 1, 15, 30, tzinfo=UTC)))
    assert day.value.field == "due"
    with pytest.raises(NotFound) as nobody:
        fatima.handle(whatever_its_version(ticket.ref), TicketChange(handler=PersonRef(login="nobody.knows")))
    assert nobody.value.field == "handler"


def test_a_refusal_about_the_one_thing_that_was_sent(desk: Desk) -> None:
    fatima = desk("fac.agent")
    ticket = desk("a.devries").report(TicketDraft(what="For a stranger"))
    with pytest.raises(Rejected) as error:  # "Assignee is invalid", in whatever language
        fatima.handle(whatever_its_version(ticket.ref), TicketChange(handler=PersonRef(login="s.tranger")))
    assert (error.value.field, error.value.native_code) == ("handler", "422")
    assert fatima.get(ticket.ref).handler is None


def test_a_change_of_which_a_part_is_ignored_is_told_as_such(desk: Desk, redmine: Server) -> None:
    fatima = desk("fac.agent")
    ticket = desk("a.devries").report(TicketDraft(what="Half"))
    fatima.categories()
    known = fatima.redmine.known.get("catalogue")
    assert known is not None
    from attrs import evolve

    gone = known.fields | {"next_update_by": known.fields["next_update_by"].model_copy(update={"id": 99_999})}
    fatima.redmine.known.keep("catalogue", evolve(known, fields=gone))  # as if it had been removed meanwhile
    change = TicketChange(priority=Priority.P1, next_update_by=datetime(2026, 12, 1, tzinfo=UTC))
    with pytest.raises(OutcomeUnknown, match="a part of it was done"):
        fatima.handle(whatever_its_version(ticket.ref), change)
    assert redmine.ask("GET", f"issues/{ticket.number}.json")[2]["issue"]["priority"]["name"] == "Immediate"


def test_who_looked_at_an_older_version_is_told(desk: Desk) -> None:
    import time

    fatima = desk("fac.agent")
    ticket = desk("a.devries").report(TicketDraft(what="For one of us"))
    seen = fatima.get(ticket.ref).ref
    time.sleep(1.1)  # Redmine counts in seconds
    fatima.handle(seen, TicketChange(note="I had a look"))
    with pytest.raises(Conflict, match="changed meanwhile"):
        fatima.handle(seen, TicketChange(handler=FATIMA))
    assert fatima.get(ticket.ref).handler is None


def test_redmine_itself_arbitrates_nothing(desk: Desk, redmine: Server) -> None:
    """Why versions are compared here: it does not mind If-Match, and its interface gives no lock_version."""
    ticket = desk("a.devries").report(TicketDraft(what="No arbiter"))
    path = f"issues/{ticket.number}.json"
    _, headers, _ = redmine.ask("GET", path)
    assert headers["ETag"]
    assert redmine.ask("PUT", path, {"issue": {"subject": "Changed"}}, If_Match='"stale"')[0] == 204
    assert redmine.ask("GET", path)[2]["issue"]["subject"] == "Changed"


def test_confirmed_reopened_taken_back(desk: Desk) -> None:
    anna, fatima = desk("a.devries"), desk("fac.agent")
    ticket = anna.report(TicketDraft(what="Round trip"))
    for too_soon in (lambda: anna.confirm_resolved(ticket.ref), lambda: anna.reopen(ticket.ref, "it is open")):
        with pytest.raises(Conflict):
            too_soon()
    fatima.handle(whatever_its_version(ticket.ref), SOLVED)
    with pytest.raises(Conflict):
        anna.cancel(ticket.ref)
    again = anna.reopen(ticket.ref, "it still flickers")
    assert again.status == TicketStatus.IN_PROGRESS
    assert "it still flickers" in [event.text for event in anna.timeline(ticket.ref)]
    fatima.handle(whatever_its_version(ticket.ref), SOLVED)
    closed = anna.confirm_resolved(ticket.ref)
    assert (closed.status.value, closed.status.source) == (TicketStatus.CLOSED, "Closed")
    assert closed.closed_at is not None
    for finished in (
        lambda: anna.confirm_resolved(ticket.ref),
        lambda: anna.reopen(ticket.ref, "no"),
        lambda: anna.escalate(ticket.ref, "no"),
        lambda: fatima.handle(whatever_its_version(ticket.ref), TicketChange(note="no")),
    ):
        with pytest.raises(TicketClosed):
            finished()
    gone = anna.report(TicketDraft(what="Not needed"))
    assert anna.cancel(gone.ref, reason="I found it").status == TicketStatus.CANCELLED
    with pytest.raises(Conflict):
        fatima.handle(anna.report(TicketDraft(what="Skips")).ref, TicketChange(status=TicketStatus.CLOSED))
    with pytest.raises(InvalidInput) as error:
        fatima.handle(anna.report(TicketDraft(what="Unsaid")).ref, TicketChange(status=TicketStatus.RESOLVED))
    assert error.value.field == "resolution"
    without = desk("a.devries", statuses={"New": "new", "In Progress": "in_progress", "Resolved": "resolved"})
    assert isinstance(without.confirm_resolved.support, Absent)


def test_a_solution_is_said_where_no_field_is_for_it(desk: Desk) -> None:
    fatima = desk("fac.agent", fields={"key": "Workplace key"}, impacts={})
    ticket = desk("a.devries").report(TicketDraft(what="Said"))
    solved = fatima.handle(
        whatever_its_version(ticket.ref), TicketChange(status=TicketStatus.RESOLVED, resolution="New lamp", note="Look up")
    )
    assert solved.status == TicketStatus.RESOLVED
    assert "New lamp\n\nLook up" in [event.text for event in fatima.timeline(ticket.ref)]
    with pytest.raises(NotSupported) as error:
        fatima.handle(whatever_its_version(ticket.ref), TicketChange(major=True))
    assert error.value.field == "major"


def test_what_says_the_same_is_closed_with_it(desk: Desk) -> None:
    anna, fatima = desk("a.devries"), desk("fac.agent")
    first, same = anna.report(TicketDraft(what="Lift stuck")), anna.report(TicketDraft(what="Lift is stuck"))
    counted = fatima.handle(whatever_its_version(same.ref), TicketChange(parent=first.ref))
    assert counted.parent == first.ref
    assert fatima.get(first.ref).same_reports == 1
    fatima.handle(whatever_its_version(first.ref), SOLVED)
    anna.confirm_resolved(first.ref)
    assert anna.get(same.ref).status == TicketStatus.CLOSED
    with pytest.raises(Rejected) as error:
        fatima.handle(
            anna.report(TicketDraft(what="With itself")).ref,
            TicketChange(parent=Ref(connection="helpdesk", kind="incident", id="999999")),
        )
    assert error.value.field == "parent"


def test_escalating_is_one_higher_each_time_until_the_highest(desk: Desk) -> None:
    anna = desk("a.devries")
    ticket = anna.report(TicketDraft(what="Slow"))
    after = anna.escalate(ticket.ref, "nobody can work")
    assert int(after.priority.value[1:]) == int(ticket.priority.value[1:]) - 1
    for _ in range(4):
        after = anna.escalate(ticket.ref, "still")
    assert after.priority == Priority.P1
    assert "nobody can work" in [event.text for event in anna.timeline(ticket.ref)]
    for blank in (
        lambda: anna.escalate(ticket.ref, " "),
        lambda: anna.reopen(ticket.ref, ""),
        lambda: anna.comment(ticket.ref, " "),
    ):
        with pytest.raises(InvalidInput):
            blank()


def test_a_file_larger_than_redmine_takes_says_so(desk: Desk) -> None:
    anna = desk("a.devries", largest_upload=6_000_000)  # more than this Redmine is set to
    ticket = anna.report(TicketDraft(what="Large"))
    with pytest.raises(Rejected, match=r"x\.bin") as error:
        anna.attach(ticket.ref, Upload(name="x.bin", content=bytes(5_242_881)))
    assert (error.value.field, error.value.native_code) == ("attachments", "422")
    assert anna.get(ticket.ref).attachments == ()
