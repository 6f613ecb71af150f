"""Connectors that are wrong on purpose, each in one way. Run by ``test_mutants.py``, not collected by itself.

A class is named after what is wrong; the tests that find it, and the words that they find it with, are in ``test_mutants.py``.
"""

from __future__ import annotations

import asyncio
import html
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import pytest

from tests.conformance.mutant_of_its_own import ForgetsFrom
from workplace_sdk.conformance import (
    ExpensesConformance,
    ExpertsConformance,
    IncidentsConformance,
    LeaveConformance,
    RoomsConformance,
)
from workplace_sdk.connectors.local.connector import Local, LocalSettings
from workplace_sdk.connectors.local.expenses import LocalExpenses
from workplace_sdk.connectors.local.experts import LocalExperts
from workplace_sdk.connectors.local.incidents import LocalIncidents
from workplace_sdk.connectors.local.leave import LocalLeave
from workplace_sdk.connectors.local.rooms import LocalRooms
from workplace_sdk.kernel.effects import Blocking, Page
from workplace_sdk.kernel.errors import NotFound, NotSupported, ProtocolError, Rejected, Unavailable
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import new_key
from workplace_sdk.kernel.listing import Listing
from workplace_sdk.kernel.operation import Service, pages, read, write
from workplace_sdk.kernel.session import Session, utc_now
from workplace_sdk.kernel.support import Absent, HandOff, Native
from workplace_sdk.services.calendar import Portion
from workplace_sdk.services.common import Money, PersonRef, Span
from workplace_sdk.services.leave import LeaveDraft, LeaveRequest, LeaveStatus

NATIVE = Native(evidence="live")
TOKEN = "s3cret-t0ken"


class Mutant:
    """The sample organisation in a file, seen by Bram."""

    kind: type[Service]
    damaged: ClassVar[tuple[Any, ...]] = ()

    @pytest.fixture
    def service(self, tmp_path: Path, filled_sqlite: Path) -> Iterator[Service]:
        shutil.copy(filled_sqlite, tmp_path / "store.db")
        local = Local("main", LocalSettings(url=f"sqlite:///{tmp_path / 'store.db'}"))
        now = datetime(2026, 3, 2, 8, tzinfo=UTC)
        yield self.kind(local, Session(caller=PersonRef(login="bram"), now=lambda: now, zone="Europe/Amsterdam"))
        local.database.close()


def in_a_loop() -> bool:
    return asyncio._get_running_loop() is not None


# -- leave, and what holds for every service


class LeaveMutant(Mutant, LeaveConformance):
    kind = LocalLeave
    damaged = ()

    @pytest.fixture
    def workday(self) -> date:
        return date(2026, 4, 13)

    @pytest.fixture
    def leave_type(self) -> str:
        return "Vakantie"

    @pytest.fixture
    def substitute(self) -> PersonRef:
        return PersonRef(login="wouter")


class RefusesWhatItDeclares(LocalLeave):
    @read(support=NATIVE)
    def schedule(self, person=None, *, on=None):
        raise NotSupported("not in this version")
        yield


class GivesAnotherBack(LocalLeave):
    @read(support=NATIVE)
    def get(self, ref):
        made = yield from super().get.steps(ref)
        return made.model_copy(update={"reason": "something else"})


class DependsOnTheColour(LocalLeave):
    @read(support=NATIVE)
    def types(self, person=None):
        found = yield from super().types.steps(person)
        return Listing(found[:1]) if in_a_loop() else found


class WritesAnotherWayInALoop(LocalLeave):
    @write(Safety.ONCE, support=NATIVE)
    def submit(self, draft, *, key=None):
        made = yield from super().submit.steps(draft, key=key)
        return (
            made.model_copy(
                update={"submitted_by": None, "status": made.status.model_copy(update={"value": LeaveStatus.APPROVED})}
            )
            if in_a_loop()
            else made
        )


class KeepsNoKey(LocalLeave):
    @write(Safety.KEYED, support=NATIVE)
    def submit(self, draft, *, key=None):
        made = yield from super().submit.steps(draft, key=new_key())
        return made.model_copy(update={"key": key})


class TellsNoKey(LocalLeave):
    @write(Safety.KEYED, support=NATIVE)
    def submit(self, draft, *, key=None):
        made = yield from super().submit.steps(draft, key=key)
        return made.model_copy(update={"key": None})


class FindsNothing(LocalLeave):
    @write(Safety.FINDABLE, support=NATIVE)
    def submit(self, draft, *, key=None):
        return (yield from super().submit.steps(draft, key=key))

    @submit.reconciles
    def found(self, key):
        return None
        yield


class FindsWhatIsNotThere(LocalLeave):
    @write(Safety.FINDABLE, support=NATIVE)
    def submit(self, draft, *, key=None):
        return (yield from super().submit.steps(draft, key=key))

    @submit.reconciles
    def found(self, key):
        return "whatever comes"
        yield


class TellsNoZone(LocalLeave):
    @pages(support=NATIVE)
    def requests(self, person=None, *, status=None, since=None, until=None):
        yield Page([utc_now().replace(tzinfo=None)])


class Garbles(LocalLeave):
    @read(support=NATIVE)
    def types(self, person=None):
        found = yield from super().types.steps(person)
        return Listing(one.model_copy(update={"name": "Calamité".encode().decode("latin-1")}) for one in found)


class NamesAnotherConnection(LocalLeave):
    @read(support=NATIVE)
    def types(self, person=None):
        found = yield from super().types.steps(person)
        return Listing(one.model_copy(update={"ref": one.ref.model_copy(update={"connection": "x"})}) for one in found)


class TakesLessThanItSays(LocalLeave):
    @write(Safety.KEYED, support=Native(evidence="live", limits={"attachment_bytes": 1000}))
    def submit(self, draft, *, key=None):
        if any(upload.size > 900 for upload in draft.attachments):
            raise Rejected("too large")
        return (yield from super().submit.steps(draft, key=key))


class DropsTheSubstitute(LocalLeave):
    @write(Safety.KEYED, support=NATIVE)
    def submit(self, draft, *, key=None):
        return (yield from super().submit.steps(draft.model_copy(update={"substitute": None}), key=key))


class DoesNotRefuse(LocalLeave):
    @write(Safety.KEYED, support=Native(evidence="live", without={"substitute"}), features={"substitute": lambda a: False})
    def submit(self, draft, *, key=None):
        return (yield from super().submit.steps(draft, key=key))


class RoundsHalfDays(LocalLeave):
    @write(Safety.KEYED, support=NATIVE)
    def submit(self, draft, *, key=None):
        whole = tuple(day.model_copy(update={"portion": Portion.FULL}) for day in draft.days)
        return (yield from super().submit.steps(draft.model_copy(update={"days": whole}), key=key))


class EscapesTexts(LocalLeave):
    @write(Safety.KEYED, support=NATIVE)
    def submit(self, draft, *, key=None):
        reason = html.escape(draft.reason) if draft.reason else None
        return (yield from super().submit.steps(draft.model_copy(update={"reason": reason}), key=key))


class ChargesForWeekends(LocalLeave):
    @write(Safety.KEYED, support=NATIVE)
    def submit(self, draft, *, key=None):
        try:
            return (yield from super().submit.steps(draft, key=key))
        except Rejected:
            return (yield from super().submit.steps(LeaveDraft.between("Vakantie", date(2026, 5, 11)), key=key))


class DoesNotSayWhatIsNotThere(LocalLeave):
    @read(support=NATIVE)
    def get(self, ref):
        try:
            return (yield from super().get.steps(ref))
        except NotFound:
            raise Unavailable("something went wrong") from None


class SaysBoth(LocalLeave):
    absent = {"types": "there are none"}


class KeepsBack(LocalLeave):
    def support_of(self, name):
        return Absent("") if name == "types" else super().support_of(name)


class HasNoWayOut(LocalLeave):
    handoffs = {"types": HandOff("Types", "https://hr.example/types")}

    def support_of(self, name):
        return self.handoffs.get(name) or super().support_of(name)

    def link(self, name, arguments):
        return None


class BelievesEverything(LocalLeave):
    @read(support=NATIVE)
    def types(self, person=None):
        yield from Blocking(lambda: b"<types/>", harmless=True)
        return Listing(())


class BelievesThatItWasDone(LocalLeave):
    @write(Safety.ONCE, support=NATIVE)
    def withdraw(self, ref, *, reason=None, key=None):
        gone = yield from super().withdraw.steps(ref, reason=reason, key=key)
        if not isinstance(gone, LeaveRequest):
            raise ProtocolError("that is no request")
        yield from Blocking(lambda: {"withdrawn": True}, what="POST /withdraw")
        return gone


class TellsDamageAsBusy(LocalLeave):
    @read(support=NATIVE)
    def types(self, person=None):
        told = yield from Blocking(lambda: b"<types/>", harmless=True)
        if told != b"<types/>":
            raise Unavailable("try again")
        return Listing(())


class ShowsItsSecretInAnExchange(LocalLeave):
    @read(support=NATIVE)
    def types(self, person=None):
        told = yield from Blocking(lambda: b"<types/>", what=f"GET /types?token={TOKEN}", harmless=True)
        return Listing(()) if told == b"<types/>" else {}["not that"]


class TestRefusesWhatItDeclares(LeaveMutant):
    kind = RefusesWhatItDeclares


class TestGivesAnotherBack(LeaveMutant):
    kind = GivesAnotherBack


class TestDependsOnTheColour(LeaveMutant):
    kind = DependsOnTheColour


class TestWritesAnotherWayInALoop(LeaveMutant):
    kind = WritesAnotherWayInALoop


class TestKeepsNoKey(LeaveMutant):
    kind = KeepsNoKey


class TestTellsNoKey(LeaveMutant):
    kind = TellsNoKey


class TestFindsNothing(LeaveMutant):
    kind = FindsNothing


class TestFindsWhatIsNotThere(LeaveMutant):
    kind = FindsWhatIsNotThere


class TestTellsNoZone(LeaveMutant):
    kind = TellsNoZone


class TestGarbles(LeaveMutant):
    kind = Garbles


class TestNamesAnotherConnection(LeaveMutant):
    kind = NamesAnotherConnection


class TestTakesLessThanItSays(LeaveMutant):
    kind = TakesLessThanItSays


class TestDropsTheSubstitute(LeaveMutant):
    kind = DropsTheSubstitute


class TestDoesNotRefuse(LeaveMutant):
    kind = DoesNotRefuse


class TestRoundsHalfDays(LeaveMutant):
    kind = RoundsHalfDays


class TestEscapesTexts(LeaveMutant):
    kind = EscapesTexts


class TestChargesForWeekends(LeaveMutant):
    kind = ChargesForWeekends


class TestDoesNotSayWhatIsNotThere(LeaveMutant):
    kind = DoesNotSayWhatIsNotThere


class TestForgetsFrom(LeaveMutant):
    kind = ForgetsFrom


class TestSaysBoth(LeaveMutant):
    kind = SaysBoth


class TestKeepsBack(LeaveMutant):
    kind = KeepsBack


class TestHasNoWayOut(LeaveMutant):
    kind = HasNoWayOut


class TestBelievesEverything(LeaveMutant):
    kind = BelievesEverything
    damaged = LeaveConformance.damaged


class TestBelievesThatItWasDone(LeaveMutant):
    kind = BelievesThatItWasDone
    damaged = LeaveConformance.damaged


class TestTellsDamageAsBusy(LeaveMutant):
    kind = TellsDamageAsBusy
    damaged = LeaveConformance.damaged


class TestShowsItsSecretInAnExchange(LeaveMutant):
    kind = ShowsItsSecretInAnExchange
    damaged = LeaveConformance.damaged

    @pytest.fixture
    def secrets(self) -> tuple[str, ...]:
        return (TOKEN,)


class TestShowsItsSecret(LeaveMutant):
    @pytest.fixture
    def secrets(self, service: LocalLeave) -> tuple[str, ...]:
        service.connection.token = TOKEN  # type: ignore[attr-defined]  # a careless attribute
        return (TOKEN,)


class TestTakesATestAway(LeaveMutant):
    test_texts_survive = None  # type: ignore[assignment]  # as an author would

    def test_nothing_is_charged_for_a_free_day(self) -> None:  # type: ignore[override]  # as an author would
        """Nothing."""


class TestIsWell(LeaveMutant):
    @pytest.mark.xfail(reason="known, and being worked on")
    def test_texts_survive(self, service: Any, workday: Any, leave_type: Any) -> None:
        super().test_texts_survive(service, workday, leave_type)


# -- colleagues


class ExpertsMutant(Mutant, ExpertsConformance):
    kind = LocalExperts
    damaged = ()

    @pytest.fixture
    def known(self) -> PersonRef:
        return PersonRef(login="lukasz")

    @pytest.fixture
    def named(self) -> tuple[PersonRef, str]:
        return PersonRef(login="lukasz"), "Łukasz Wiśniewski"

    @pytest.fixture
    def hidden(self) -> PersonRef:
        return PersonRef(login="weg")

    @pytest.fixture
    def topic(self) -> str:
        return "tilhulp"


class LosesLetters(LocalExperts):
    @read(support=NATIVE)
    def get(self, person=None):
        found = yield from super().get.steps(person)
        plain = found.person.model_copy(update={"display_name": "Lukasz Wisniewski"})
        return found.model_copy(update={"person": plain})


class GivesTheCallerForAddresses(LocalExperts):
    @read(support=NATIVE)
    def get(self, person=None):
        return (yield from super().get.steps(None if person and person.email else person))


class ShowsWhoLeft(LocalExperts):
    @read(support=NATIVE)
    def get(self, person=None):
        try:
            return (yield from super().get.steps(person))
        except NotFound:
            return (yield from super().get.steps(None))


class SaysNoReason(LocalExperts):
    @read(support=NATIVE)
    def find(self, query):
        found = yield from super().find.steps(query)
        return Listing(match.model_copy(update={"reasons": ()}) for match in found)


class WantsTheOrder(LocalExperts):
    @read(support=NATIVE)
    def find(self, query):
        found = yield from super().find.steps(query)
        return Listing(match for match in found if query.text.casefold() in match.expert.name.casefold())


class ManagesThemselves(LocalExperts):
    @read(support=NATIVE)
    def chain(self, person=None):
        return Listing([(yield from super().get.steps(person)), *(yield from super().chain.steps(person))])


class TestLosesLetters(ExpertsMutant):
    kind = LosesLetters


class TestGivesTheCallerForAddresses(ExpertsMutant):
    kind = GivesTheCallerForAddresses


class TestShowsWhoLeft(ExpertsMutant):
    kind = ShowsWhoLeft


class TestSaysNoReason(ExpertsMutant):
    kind = SaysNoReason


class TestWantsTheOrder(ExpertsMutant):
    kind = WantsTheOrder


class TestManagesThemselves(ExpertsMutant):
    kind = ManagesThemselves


class TestKnowsColleagues(ExpertsMutant):
    """Nothing is wrong with this one."""


# -- rooms


class RoomsMutant(Mutant, RoomsConformance):
    kind = LocalRooms
    damaged = ()

    @pytest.fixture
    def room(self) -> str:
        return "Beuk"

    @pytest.fixture
    def free(self) -> Span:
        return Span.local(date(2026, 3, 12), time(10), time(11), "Europe/Amsterdam")


def moved(span: Span) -> Span:
    day = timedelta(days=7)
    return Span(start=span.start + day, end=span.end + day, zone=span.zone)


class EscapesSubjects(LocalRooms):
    @write(Safety.KEYED, support=NATIVE)
    def book(self, draft, *, key=None):
        subject = html.escape(draft.subject)
        return (yield from super().book.steps(draft.model_copy(update={"subject": subject}), key=key))


class MovesWhatIsTaken(LocalRooms):
    @write(Safety.KEYED, support=NATIVE)
    def book(self, draft, *, key=None):
        try:
            return (yield from super().book.steps(draft, key=key))
        except Rejected:
            return (yield from super().book.steps(draft.model_copy(update={"span": moved(draft.span)}), key=key))


class OffersWhatIsTaken(LocalRooms):
    @read(support=NATIVE)
    def find(self, query):
        return (yield from super().find.steps(query.model_copy(update={"span": moved(query.span)})))


class BooksTwice(LocalRooms):
    @write(Safety.KEYED, support=NATIVE)
    def book(self, draft, *, key=None):
        with suppress(Rejected):
            return (yield from super().book.steps(draft, key=new_key()))
        return (yield from super().book.steps(draft.model_copy(update={"span": moved(draft.span)}), key=new_key()))


class CountsNobody(LocalRooms):
    @write(Safety.KEYED, support=NATIVE)
    def book(self, draft, *, key=None):
        return (yield from super().book.steps(draft.model_copy(update={"people": None}), key=key))


class LosesGuests(LocalRooms):
    @write(Safety.KEYED, support=NATIVE)
    def book(self, draft, *, key=None):
        return (yield from super().book.steps(draft.model_copy(update={"attendees": ()}), key=key))


class TakesAnyRoom(LocalRooms):
    @write(Safety.KEYED, support=NATIVE)
    def book(self, draft, *, key=None):
        with suppress(NotFound):
            return (yield from super().book.steps(draft, key=key))
        return (yield from super().book.steps(draft.model_copy(update={"room": "Beuk"}), key=key))


class PreviewsBlindly(LocalRooms):
    @write(Safety.KEYED, support=NATIVE)
    def book(self, draft, *, key=None):
        return (yield from super().book.steps(draft, key=key))

    @book.previews
    def _book_preview(self, draft, *, key=None):
        told = yield from super().book.preview.steps(draft, key=key)
        return told.model_copy(update={"lines": ()})


class TestPreviewsBlindly(RoomsMutant):
    kind = PreviewsBlindly


class TestEscapesSubjects(RoomsMutant):
    kind = EscapesSubjects


class TestMovesWhatIsTaken(RoomsMutant):
    kind = MovesWhatIsTaken


class TestOffersWhatIsTaken(RoomsMutant):
    kind = OffersWhatIsTaken


class TestBooksTwice(RoomsMutant):
    kind = BooksTwice


class TestCountsNobody(RoomsMutant):
    kind = CountsNobody


class TestLosesGuests(RoomsMutant):
    kind = LosesGuests


class TestTakesAnyRoom(RoomsMutant):
    kind = TakesAnyRoom


class TestKnowsRooms(RoomsMutant):
    """Nothing is wrong with this one."""


# -- expenses


class ExpensesMutant(Mutant, ExpensesConformance):
    kind = LocalExpenses
    damaged = ()

    @pytest.fixture
    def category(self) -> str:
        return "ov"

    @pytest.fixture
    def day(self) -> date:
        return date(2026, 2, 27)


def dearer(draft: Any) -> Any:
    cent = Money.of("0.01", "EUR")
    lines = tuple(one.model_copy(update={"amount": one.amount + cent}) for one in draft.lines)
    return draft.model_copy(update={"lines": lines})


class FindsACent(LocalExpenses):
    @write(Safety.KEYED, support=NATIVE)
    def submit(self, draft, *, key=None):
        return (yield from super().submit.steps(dearer(draft), key=key))


class HasPartsOfACent(LocalExpenses):
    @pages(support=NATIVE)
    def requests(self, person=None, *, status=None, since=None, until=None):
        yield Page([Money(amount=Decimal("1.005"), currency="EUR")])


class TurnsFilesAround(LocalExpenses):
    @read(support=NATIVE)
    def attachment(self, report, ref):
        content = yield from super().attachment.steps(report, ref)
        return content[::-1]


class ClaimsTwice(LocalExpenses):
    claimed = 0

    @write(Safety.KEYED, support=NATIVE)
    def submit(self, draft, *, key=None):
        for _ in range(self.claimed):
            draft = dearer(draft)
        self.claimed += 1
        return (yield from super().submit.steps(draft, key=new_key()))


class HidesWhatIsNotThere(LocalExpenses):
    @read(support=NATIVE)
    def get(self, ref):
        try:
            return (yield from super().get.steps(ref))
        except NotFound:
            return None


class TestFindsACent(ExpensesMutant):
    kind = FindsACent


class TestHasPartsOfACent(ExpensesMutant):
    kind = HasPartsOfACent


class TestTurnsFilesAround(ExpensesMutant):
    kind = TurnsFilesAround


class TestClaimsTwice(ExpensesMutant):
    kind = ClaimsTwice


class TestHidesWhatIsNotThere(ExpensesMutant):
    kind = HidesWhatIsNotThere


class TestKnowsMoney(ExpensesMutant):
    """Nothing is wrong with this one."""


# -- incidents


class IncidentsMutant(Mutant, IncidentsConformance):
    kind = LocalIncidents
    damaged = ()


class ReportsTwice(LocalIncidents):
    @write(Safety.KEYED, support=NATIVE)
    def report(self, draft, *, key=None):
        return (yield from super().report.steps(draft, key=new_key()))


class EscapesTitles(LocalIncidents):
    @write(Safety.KEYED, support=NATIVE)
    def report(self, draft, *, key=None):
        return (yield from super().report.steps(draft.model_copy(update={"what": html.escape(draft.what)}), key=key))


class FindsAnyTicket(LocalIncidents):
    @read(support=NATIVE)
    def get(self, ref):
        try:
            return (yield from super().get.steps(ref))
        except NotFound:
            return None


class TestReportsTwice(IncidentsMutant):
    kind = ReportsTwice


class TestEscapesTitles(IncidentsMutant):
    kind = EscapesTitles


class TestFindsAnyTicket(IncidentsMutant):
    kind = FindsAnyTicket


class TestKnowsTickets(IncidentsMutant):
    """Nothing is wrong with this one."""
