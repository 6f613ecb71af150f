"""The conformance tests on recordings of Frappe HR 15, as far as these reach; what they do not reach is skipped with its reason.

The tests of the kit ask for what they like, and a recording answers what was asked once: where it has the same thing with other
days, amounts or people, an operation is tried with those.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pytest

from tests.frappe.conftest import VAT, seen, vcr_cassette_dir  # noqa: F401 - fixtures
from tests.recordings import CONFIG
from workplace_sdk.conformance import ExpensesConformance, ExpertsConformance, LeaveConformance
from workplace_sdk.conformance.checks import refusing
from workplace_sdk.conformance.trial import Trial
from workplace_sdk.kernel.errors import Rejected
from workplace_sdk.services.common import Decision, Money, PersonRef, Ref, Upload
from workplace_sdk.services.expenses import ExpenseReport, ExpenseStatus, LineDraft, ReportDraft
from workplace_sdk.services.experts import ExpertQuery
from workplace_sdk.services.leave import LeaveStatus

ONCE = ("decide", "cancel")
"""Operations in whose recordings the same question is answered differently later."""


def part_of(request: pytest.FixtureRequest) -> str:
    """What a test is about: its operation or feature, else its name."""
    parameters = getattr(getattr(request.node, "callspec", None), "params", {})
    about = parameters.get("operation") or parameters.get("feature") or request.node.originalname
    return "-".join(about) if isinstance(about, tuple) else str(about)


@pytest.fixture
def vcr_config(request: pytest.FixtureRequest) -> dict[str, Any]:
    return {**CONFIG, "allow_playback_repeats": part_of(request) not in ONCE}


def leave(name: str) -> Ref:
    return Ref(connection="hr", kind="leave", id=f"HR-LAP-2026-{name}")


@pytest.mark.vcr
class TestFrappeLeave(LeaveConformance):
    @pytest.fixture
    def default_cassette_name(self, request: pytest.FixtureRequest) -> str:
        names = {
            "balances": "balances",
            "cancel": "cancelled",
            "decide": "decided",
            "inbox": "inbox",
            "requests": "requests",
            "submit-any_half": "half",
            "test_nothing_is_charged_for_a_free_day": "refused",
        }
        part = part_of(request)
        return "documented/absences" if part == "absences" else f"leave/{names.get(part, 'asked')}"

    @pytest.fixture
    def service(self, seen: Callable[..., Any], request: pytest.FixtureRequest) -> Any:  # noqa: F811
        account = "yuki" if part_of(request) == "absences" else "omar"
        return seen("leave", "omar", account=account)

    @pytest.fixture
    def approver(self, seen: Callable[..., Any]) -> Any:  # noqa: F811
        return seen("leave", "maria")

    @pytest.fixture
    def leave_type(self) -> str:
        return "Annual Leave"

    @pytest.fixture
    def substitute(self) -> PersonRef:
        return PersonRef(employee_number="HR-EMP-00004")

    @pytest.fixture
    def workday(self, request: pytest.FixtureRequest) -> date:
        part = part_of(request)
        if part in ("submit-reason", "test_texts_survive"):
            pytest.skip("the only reason in the recordings is 'Ski': no difficult text was sent")
        days = {"submit-any_half": date(2026, 12, 1), "test_nothing_is_charged_for_a_free_day": date(2026, 11, 30)}
        return days.get(part, date(2026, 12, 14))

    @pytest.fixture
    def secrets(self) -> tuple[str, ...]:
        return ("omar:scrubbed", "maria:scrubbed", "yuki:scrubbed")

    def examples(self, service: Any) -> Mapping[str, Mapping[str, Any]]:
        absences = super().examples(service)["absences"]
        return {"types": {}, "balances": {}, "requests": {}, "absences": absences}

    def try_inbox(self, trial: Trial) -> Any:
        found = trial.do("inbox", by=trial.other("approver"))
        assert [one.ref for one in found] == [leave("00001"), leave("00002")], "what waits for the approver is in inbox()"
        return found

    def try_decide(self, trial: Trial) -> Any:
        """Lena's request for two days, which Maria looked at before."""
        approver = trial.other("approver")
        done = trial.do("decide", leave("00004"), Decision.APPROVE, by=approver)
        assert done.status == LeaveStatus.APPROVED
        with refusing(Rejected, "nobody decides about the same request twice"):
            trial.do("decide", done.ref, Decision.REJECT, by=approver)
        return done

    def try_cancel(self, trial: Trial) -> Any:
        """The six days that Omar had."""
        gone = trial.do("cancel", leave("00001"))
        assert gone.status == LeaveStatus.CANCELLED
        return gone


@pytest.mark.vcr
class TestFrappeExpenses(ExpensesConformance):
    @pytest.fixture
    def default_cassette_name(self, request: pytest.FixtureRequest) -> str:
        names = {
            "attachment": "claimed",
            "categories": "categories",
            "decide": "approved",
            "get": "no_receipts",
            "requests": "partly",
            "submit": "no_receipts",
        }
        documented = {"inbox": "inbox", "submit-taxes": "conformance"}
        part = part_of(request)
        return f"documented/{documented[part]}" if part in documented else f"expenses/{names.get(part, 'everything')}"

    @pytest.fixture
    def service(self, seen: Callable[..., Any]) -> Any:  # noqa: F811
        return seen("expenses", "omar", claims=VAT)

    @pytest.fixture
    def approver(self, seen: Callable[..., Any]) -> Any:  # noqa: F811
        return seen("expenses", "maria")

    @pytest.fixture
    def category(self, request: pytest.FixtureRequest) -> str:
        asking = ("submit-allocations", "submit-receipts", "test_not_a_cent_is_lost", "test_receipts_come_back_as_they_were")
        if part_of(request) in asking:
            pytest.skip("the recordings have no claim of 12.34, which is what this test claims")
        return "Hotel"

    @pytest.fixture
    def day(self, request: pytest.FixtureRequest) -> date:
        if part_of(request) == "test_what_is_not_there":
            pytest.skip("the recordings have no claim in a category that is not there")
        return date(2026, 11, 20)

    @pytest.fixture
    def mileage(self) -> str:
        return "Mileage"

    @pytest.fixture
    def per_diem(self) -> str:
        return "Travel"

    @pytest.fixture
    def card_transaction(self) -> Ref:
        return Ref(connection="hr", kind="card_transaction", id="1")

    @pytest.fixture
    def cost_centre(self) -> str:
        return "Main - LAB"

    @pytest.fixture
    def secrets(self) -> tuple[str, ...]:
        return ("omar:scrubbed", "maria:scrubbed")

    def examples(self, service: Any) -> Mapping[str, Mapping[str, Any]]:
        return {"categories": {}, "requests": {}}

    def try_inbox(self, trial: Trial) -> Any:
        found = trial.do("inbox", by=trial.other("approver"))
        assert [one.ref.id for one in found] == ["HR-EXP-2026-00001"], "what waits for the approver is in inbox()"
        return found

    @staticmethod
    def _claimed(trial: Trial, *receipts: Upload) -> ExpenseReport:
        """A night in a hotel."""
        money = Money.of("118.50", trial["currency"])
        line = LineDraft(date=trial["day"], category=trial["category"], amount=money, receipts=receipts)
        made: ExpenseReport = trial.do("submit", ReportDraft(title="1 night", lines=(line,)))
        return made

    def try_submit(self, trial: Trial) -> Any:
        made = self._claimed(trial)
        assert made.status == ExpenseStatus.SUBMITTED
        assert (str(made.totals.claimed), made.title) == ("118.50 EUR", "1 night")
        return made

    def try_get(self, trial: Trial) -> Any:
        made = self._claimed(trial)
        found = trial.do("get", made.ref)
        assert found == made, "get() gives what submit() returned"
        return found

    def try_attachment(self, trial: Trial) -> Any:
        one = Upload(name="receipt.pdf", content=b"%PDF-1.4 lab\n%%EOF", media_type="application/pdf")
        made = self._claimed(trial, one)
        content = trial.do("attachment", made.ref, made.lines[0].receipts[0].ref)
        assert content == one.content, "attachment() gives the bytes as they were sent"
        return content

    def try_decide(self, trial: Trial) -> Any:
        """What Omar claimed before; what waits for Maria is seen in Frappe."""
        approver = trial.other("approver")
        claim = Ref(connection="hr", kind="expense", id="HR-EXP-2026-00001")
        done = trial.do("decide", claim, Decision.APPROVE, by=approver)
        assert (done.status, done.totals.approved) == (ExpenseStatus.APPROVED, done.totals.claimed)
        with refusing(Rejected, "nobody decides about the same claim twice"):
            trial.do("decide", done.ref, Decision.APPROVE, by=approver)
        return done


@pytest.mark.vcr
class TestFrappeExperts(ExpertsConformance):
    @pytest.fixture
    def default_cassette_name(self, request: pytest.FixtureRequest) -> str:
        names = {
            "find": "by_skill",
            "get": "get",
            "manager": "manager",
            "reach": "get",
            "test_someone_is_the_same_by_every_key": "get",
        }
        return f"experts/{names.get(part_of(request), 'everything')}"

    @pytest.fixture
    def service(self, seen: Callable[..., Any], request: pytest.FixtureRequest) -> Any:  # noqa: F811
        account = "yuki" if part_of(request) == "manager" else "administrator"
        return seen("experts", "omar", account=account)

    @pytest.fixture
    def known(self, request: pytest.FixtureRequest) -> PersonRef:
        if part_of(request) == "test_words_in_any_order":
            pytest.skip("the recordings have no search for two words")
        return PersonRef(employee_number="HR-EMP-00003")

    @pytest.fixture
    def named(self) -> tuple[PersonRef, str]:
        return pytest.skip("nobody in the recordings has a name with letters beyond ASCII")

    @pytest.fixture
    def hidden(self) -> PersonRef:
        return pytest.skip("nobody in the recordings has left")

    @pytest.fixture
    def topic(self) -> str:
        return pytest.skip("the recordings do not say whether somebody's name has a topic in it")

    @pytest.fixture
    def secrets(self) -> tuple[str, ...]:
        return ("administrator:scrubbed", "yuki:scrubbed")

    def examples(self, service: Any) -> Mapping[str, Mapping[str, Any]]:
        return {
            "find": {"query": ExpertQuery(topics=("Python",))},
            "get": {},
            "reach": {"person": service.session.caller},
        }

    def try_chain(self, trial: Trial) -> Any:
        return pytest.skip("chain cannot be tried: the recordings do not show the employee at the top")
