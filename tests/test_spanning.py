"""What spans services: one inbox, everything one asked for, forgetting in every place, what people go out for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from workplace_sdk import (
    ConfigError,
    InvalidInput,
    NotFound,
    NotSupported,
    PersonRef,
    Ref,
    Settings,
    Unauthorized,
    Unavailable,
    Upload,
    Workplace,
)
from workplace_sdk.connectors.local.connector import Local
from workplace_sdk.kernel.support import HandOff
from workplace_sdk.services.common import Decision, Money, Span
from workplace_sdk.services.expenses import Distance, LineDraft, ReportDraft
from workplace_sdk.services.experts import ExpertQuery, SkillClaim
from workplace_sdk.services.incidents import Place, TicketChange, TicketDraft, TicketStatus
from workplace_sdk.services.leave import LeaveDraft, SickReport
from workplace_sdk.services.rooms import Attendee, MeetingDraft
from workplace_sdk.testing import Fault, Sample

APRIL = date(2026, 4, 20)
NOON = Span.local(date(2026, 3, 10), time(12), time(13), "Europe/Amsterdam")


@pytest.fixture
def sample(workplace_sample: Sample) -> Sample:
    return workplace_sample


def asked_everywhere(sample: Sample) -> tuple[Ref, ...]:
    """Sanne asks for leave, Lukasz claims, Mehmet wants the board's room, Sanne reports a lamp: a minute between each."""
    sanne, lukasz = sample.person("sanne"), sample.person("lukasz")
    leave = sanne.leave.submit(LeaveDraft.between("Vakantie", APRIL)).ref
    sample.clock.move(minutes=1)
    lines = (LineDraft(date=date(2026, 2, 20), category="maaltijd", amount=Money.of("9", "EUR")),)
    claim = lukasz.expenses.submit(ReportDraft(title="Soep", lines=lines)).ref
    sample.clock.move(minutes=1)
    meeting = sanne.rooms.book(MeetingDraft(subject="Bestuur", span=NOON, room="Bestuurskamer")).ref
    sample.clock.move(minutes=1)
    ticket = sanne.incidents.report(TicketDraft(what="Lamp stuk")).ref
    return leave, claim, meeting, ticket


def test_one_inbox_what_waits_longest_first(sample: Sample) -> None:
    leave, claim, meeting, _ = asked_everywhere(sample)
    waiting = sample.person("mehmet").inbox()
    assert [(one.ref, one.service, one.who, one.status) for one in waiting] == [
        (leave, "leave", "Sanne de Boer", "submitted"),
        (claim, "expenses", "Łukasz Wiśniewski", "submitted"),
    ]
    assert waiting.answered == ("leave", "rooms", "expenses", "incidents")
    assert [one.ref for one in sample.person("ingrid").inbox()] == [meeting]
    assert asyncio.run(sample.person("mehmet").inbox.aio()) == waiting


def test_deciding_from_the_inbox(sample: Sample) -> None:
    asked_everywhere(sample)
    for login in ("mehmet", "ingrid"):
        work = sample.person(login)
        for item in work.inbox():
            service: Any = work.of(item.ref)
            service.decide(item.ref, Decision.APPROVE)
        assert work.inbox() == ()
    with pytest.raises(NotFound):
        sample.work.of(Ref(connection="main", kind="shoe", id="1"))


def test_everything_one_asked_for_the_newest_first(sample: Sample) -> None:
    leave, _, meeting, ticket = asked_everywhere(sample)
    mine = sample.person("sanne").requests()
    assert [(one.ref, one.service) for one in mine] == [(ticket, "incidents"), (meeting, "rooms"), (leave, "leave")]
    assert [one.status for one in mine] == ["new", "pending", "submitted"]
    sample.person("sanne").rooms.cancel(meeting)
    assert [one.status for one in sample.person("sanne").requests()] == ["new", "submitted"]
    assert len(sample.person("sanne").requests(most=1)) == 2, "of each service"
    with pytest.raises(InvalidInput):
        sample.person("sanne").requests(most=0)
    assert sample.person("lukasz").as_("login:nobody-here").requests() == ()


def test_a_service_that_does_not_answer_leaves_a_gap(sample: Sample) -> None:
    asked_everywhere(sample)
    sample.fail("expenses", Fault.DOWN)
    waiting = sample.person("mehmet").within(1).inbox()
    assert [one.service for one in waiting] == ["leave"]
    assert [gap.connection for gap in waiting.gaps] == ["expenses"]
    assert isinstance(waiting.gaps[0].error, Unavailable)


WORDS = ("SENTINEL", "lukasz", "Łukasz", "Wiśniewski", "Lukasz", "4005", "55 0105")


def test_forgetting_reaches_every_place(sample: Sample) -> None:
    """Whatever the person wrote, was and did: nothing of it is in any column of any table afterwards."""
    lukasz, sanne, mehmet, bram = (sample.person(login) for login in ("lukasz", "sanne", "mehmet", "bram"))
    him = PersonRef(login="lukasz")
    photo = Upload(name="SENTINEL.jpg", content=b"SENTINEL bytes")
    lukasz.experts.update_topics((SkillClaim(name="SENTINEL topic"),))
    asked = LeaveDraft.between(
        "Vakantie", APRIL, reason="SENTINEL reason", substitute=PersonRef(login="sanne"), attachments=(photo,)
    )
    mehmet.leave.decide(lukasz.leave.submit(asked).ref, Decision.RETURN, comment="about SENTINEL")
    sanne.leave.submit(LeaveDraft.between("Vakantie", APRIL, substitute=him))
    lukasz.leave.report_sick(SickReport(reachable_at="SENTINEL home", handover="SENTINEL work"))
    lukasz.rooms.book(MeetingDraft(subject="SENTINEL", body="SENTINEL text", span=NOON, room="Beuk"))
    lunch = MeetingDraft(subject="Overleg", span=NOON, room="Eik", attendees=(Attendee(person=him),))
    sanne.rooms.book(lunch)
    lines = (
        LineDraft(
            date=date(2026, 2, 20), category="maaltijd", amount=Money.of("12", "EUR"), description="SENTINEL",
            merchant="SENTINEL shop", attendees=("SENTINEL guest",), receipts=(photo,),
        ),
        LineDraft(date=date(2026, 2, 20), category="km", distance=Distance(origin="SENTINEL", destination="SENTINEL", length=10)),
    )  # fmt: skip
    claim = lukasz.expenses.submit(ReportDraft(title="SENTINEL", purpose="SENTINEL", lines=lines))
    lukasz.expenses.comment(claim.ref, "SENTINEL comment")
    lukasz.expenses.upload_receipt(photo)
    ticket = lukasz.incidents.report(
        TicketDraft(what="SENTINEL", details="SENTINEL", contact="SENTINEL", place=Place(text="SENTINEL"), attachments=(photo,))
    )
    lukasz.incidents.comment(ticket.ref, "SENTINEL", uploads=(photo,))
    lukasz.incidents.escalate(ticket.ref, "SENTINEL")
    solved = TicketChange(status=TicketStatus.RESOLVED, resolution="SENTINEL has it")
    bram.incidents.handle(Ref.parse(str(ticket.ref)), solved)
    assert found_in(sample), "the test would notice"

    done = sample.work.forget(him)
    assert done.rows["main"]["leave_requests"] == 1
    assert done.rows["store"]["audit_log"] > 0
    assert found_in(sample) == []
    with pytest.raises(NotFound):
        sample.work.experts.get(him)
    assert sample.work.experts.find(ExpertQuery(text="lukasz")) == ()
    amounts = sample.person("aisha").expenses.get(claim.ref).totals.claimed
    assert amounts == Money.of("14.80", "EUR"), "what the law has kept stays"


def found_in(sample: Sample) -> list[str]:
    """Columns that hold one of ``WORDS``."""
    engine, found = sample.local.database.engine(), list[str]()
    with engine.connect() as connection:
        for table in sa.inspect(engine).get_table_names():
            if table.startswith("people_index_"):  # what SQLite makes of people_index for itself
                continue
            for row in connection.execute(sa.text(f'SELECT * FROM "{table}"')).mappings():
                for name, value in row.items():
                    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
                    text = text.encode().decode("unicode_escape", "replace") if "\\u" in text else text
                    found += [f"{table}.{name}: {text[:80]}" for word in WORDS if word in text]
    return found


def test_every_table_is_on_the_page_about_what_is_stored(sample: Sample) -> None:
    sample.work.audited()
    page = (Path(__file__).parents[1] / "docs" / "stored.md").read_text("utf-8")
    tables = set(sa.inspect(sample.local.database.engine()).get_table_names())
    missing = {
        table
        for table in tables
        if f"`{table}`" not in page and not table.startswith("people_index_") and not table.endswith("_version")
    }
    assert missing == set()


@pytest.fixture
def counting(tmp_path: Path) -> Iterator[Workplace]:
    """A workplace that counts what people go out for."""
    content = {
        "caller": "login:ana",
        "count_handoffs": True,
        "store": {"url": f"sqlite:///{tmp_path / 'store.db'}"},
        "connections": {"main": {"connector": "local"}},
    }
    now = [datetime(2026, 3, 2, 8, tzinfo=UTC)]
    with Workplace(Settings.checked(content), now=lambda: now[0]) as work:
        yield work


def refusal(operation: str, field: str | None = None, connection: str = "main") -> NotSupported:
    return NotSupported(
        "x", field=field, operation=operation, connection=connection, handoff=HandOff("there", "https://x").link({})
    )


def test_what_people_go_out_for_is_counted(counting: Workplace) -> None:
    for _ in range(3):
        counting.went_out(refusal("leave.submit", "half_days"))
    asyncio.run(counting.went_out.aio(refusal("leave.cancel")))
    counting.went_out(refusal("leave.submit"))
    counting.went_out(refusal("leave.submit"))
    told = [(one.operation, one.connection, one.field, one.times, one.since) for one in counting.usage()]
    assert told == [
        ("leave.submit", "main", "half_days", 3, date(2026, 3, 1)),
        ("leave.submit", "main", None, 2, date(2026, 3, 1)),
        ("leave.cancel", "main", None, 1, date(2026, 3, 1)),
    ]
    assert counting.usage(since=date(2026, 4, 1)) == ()
    with counting.store.engine().connect() as connection:
        columns = connection.execute(sa.text("SELECT * FROM handoffs")).keys()
    assert set(columns) == {"month", "operation", "connection", "field", "times"}, "never who"


def test_nothing_is_counted_unasked(sample: Sample) -> None:
    sample.work.went_out(refusal("leave.submit"))
    assert not sa.inspect(sample.local.database.engine()).has_table("handoffs")
    with pytest.raises(ConfigError) as error:
        sample.work.usage()
    assert error.value.key == "count_handoffs"


def test_counting_on_postgresql(postgres_url: str) -> None:
    content = {"caller": "login:ana", "count_handoffs": True, "store": {"url": postgres_url}}
    with Workplace(Settings.checked(content)) as work:
        for _ in range(2):
            work.went_out(refusal("leave.submit"))
        assert [(one.operation, one.times) for one in work.usage()] == [("leave.submit", 2)]


def test_a_bulk_of_people_is_for_who_was_granted_it(sample: Sample) -> None:
    def steps() -> Iterator[Any]:
        return "loaded"
        yield

    assert isinstance(sample.local, Local)
    assert sample.work.administer("import", steps()) == "loaded"  # type: ignore[arg-type]
    with pytest.raises(Unauthorized):
        sample.person("sanne").administer("import", steps())  # type: ignore[arg-type]
    assert sample.work.audited()[0].outcome == "refused"
