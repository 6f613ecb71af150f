"""Connectors that are wrong on purpose, each in one way. Run by ``test_mutants.py``, not collected by itself."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.mutant_of_its_own import ForgetsFrom
from workplace_sdk.conformance import LeaveConformance
from workplace_sdk.connectors.local.connector import Local, LocalSettings
from workplace_sdk.connectors.local.leave import LocalLeave
from workplace_sdk.kernel.effects import Blocking, Page
from workplace_sdk.kernel.errors import NotSupported, Rejected
from workplace_sdk.kernel.failures import Safety
from workplace_sdk.kernel.keys import new_key
from workplace_sdk.kernel.listing import Listing
from workplace_sdk.kernel.operation import pages, read, write
from workplace_sdk.kernel.session import Session, utc_now
from workplace_sdk.kernel.support import Native
from workplace_sdk.services.calendar import Portion
from workplace_sdk.services.common import PersonRef

NATIVE = Native(evidence="live")


class Mutant(LeaveConformance):
    kind: type[LocalLeave] = LocalLeave
    damaged = ()

    @pytest.fixture
    def service(self, tmp_path: Path, filled_sqlite: Path) -> Iterator[LocalLeave]:
        shutil.copy(filled_sqlite, tmp_path / "store.db")
        local = Local("main", LocalSettings(url=f"sqlite:///{tmp_path / 'store.db'}"))
        now = datetime.fromisoformat("2026-03-02T08:00:00+00:00")
        yield self.kind(local, Session(caller=PersonRef(login="bram"), now=lambda: now, zone="Europe/Amsterdam"))
        local.database.close()

    @pytest.fixture
    def workday(self) -> date:
        return date(2026, 4, 13)

    @pytest.fixture
    def leave_type(self) -> str:
        return "Vakantie"


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
        return Listing(found[:1]) if asyncio._get_running_loop() else found


class KeepsNoKey(LocalLeave):
    @write(Safety.KEYED, support=NATIVE)
    def submit(self, draft, *, key=None):
        return (yield from super().submit.steps(draft, key=new_key()))


class TellsNoZone(LocalLeave):
    @pages(support=NATIVE)
    def requests(self, person=None, *, status=None, since=None, until=None):
        yield Page([utc_now().replace(tzinfo=None)])


class TakesLessThanItSays(LocalLeave):
    @write(Safety.KEYED, support=Native(evidence="live", limits={"attachment_bytes": 1000}))
    def submit(self, draft, *, key=None):
        if any(upload.size > 900 for upload in draft.attachments):
            raise Rejected("too large")
        return (yield from super().submit.steps(draft, key=key))


class RoundsHalfDays(LocalLeave):
    @write(Safety.KEYED, support=NATIVE)
    def submit(self, draft, *, key=None):
        whole = tuple(day.model_copy(update={"portion": Portion.FULL}) for day in draft.days)
        return (yield from super().submit.steps(draft.model_copy(update={"days": whole}), key=key))


class EscapesTexts(LocalLeave):
    @write(Safety.KEYED, support=NATIVE)
    def submit(self, draft, *, key=None):
        import html

        reason = html.escape(draft.reason) if draft.reason else None
        return (yield from super().submit.steps(draft.model_copy(update={"reason": reason}), key=key))


class FindsWhatIsNotThere(LocalLeave):
    @write(Safety.FINDABLE, support=NATIVE)
    def submit(self, draft, *, key=None):
        return (yield from super().submit.steps(draft, key=key))

    @submit.reconciles
    def found(self, key):
        return (yield from self.requests.steps())
        yield


class SaysBoth(LocalLeave):
    absent = {"types": "there are none"}


class BelievesEverything(LocalLeave):
    @read(support=NATIVE)
    def types(self, person=None):
        yield from Blocking(lambda: b"<types/>", harmless=True)
        return Listing(())


class TestRefusesWhatItDeclares(Mutant):
    kind = RefusesWhatItDeclares


class TestGivesAnotherBack(Mutant):
    kind = GivesAnotherBack


class TestDependsOnTheColour(Mutant):
    kind = DependsOnTheColour


class TestKeepsNoKey(Mutant):
    kind = KeepsNoKey


class TestTellsNoZone(Mutant):
    kind = TellsNoZone


class TestTakesLessThanItSays(Mutant):
    kind = TakesLessThanItSays


class TestRoundsHalfDays(Mutant):
    kind = RoundsHalfDays


class TestEscapesTexts(Mutant):
    kind = EscapesTexts


class TestFindsWhatIsNotThere(Mutant):
    kind = FindsWhatIsNotThere


class TestForgetsFrom(Mutant):
    kind = ForgetsFrom


class TestSaysBoth(Mutant):
    kind = SaysBoth


class TestBelievesEverything(Mutant):
    kind = BelievesEverything
    damaged = LeaveConformance.damaged

    def examples(self, service: Any) -> Any:
        return {"types": {}}


class TestShowsItsSecret(Mutant):
    @pytest.fixture
    def secrets(self, service: LocalLeave) -> tuple[str, ...]:
        service.connection.token = "s3cret-t0ken"  # type: ignore[attr-defined]  # a careless attribute
        return ("s3cret-t0ken",)


class TestTakesATestAway(Mutant):
    test_texts_survive = None  # type: ignore[assignment]  # as an author would

    def test_nothing_is_charged_for_a_free_day(self) -> None:  # type: ignore[override]  # as an author would
        """Nothing."""


class TestIsWell(Mutant):
    @pytest.mark.xfail(reason="known, and being worked on")
    def test_texts_survive(self, service: Any, workday: Any, leave_type: Any) -> None:
        super().test_texts_survive(service, workday, leave_type)
