"""Who is off, from documentation only: the questions are ours, the answers follow from Frappe HR's published source."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.frappe.changed import replayed
from tests.frappe.gated import workplace_of
from workplace_sdk.kernel.errors import InvalidInput, NotFound, ProtocolError, Unauthorized
from workplace_sdk.services.calendar import Portion
from workplace_sdk.services.common import PersonRef

SINCE, UNTIL = date(2026, 11, 23), date(2026, 12, 24)
LENA = PersonRef(employee_number="HR-EMP-00004")


@pytest.mark.default_cassette("documented/absences")
@pytest.mark.vcr
def test_who_of_the_team_is_off_and_never_why(seen: Callable[..., Any], vcr: Any) -> None:
    found = list(seen("leave", "omar", account="yuki").absences(since=SINCE, until=UNTIL))
    assert [(one.date.isoformat()[5:], one.person.label, str(one.portion)) for one in found] == [
        ("11-23", "Lena Vogt", "full"),  # until that day, half of one of them, which nobody said
        ("12-01", "Omar Haddad", "half"),
        ("12-07", "Lena Vogt", "full"),
        ("12-08", "Lena Vogt", "full"),
        ("12-10", "Lena Vogt", "full"),
        ("12-11", "Lena Vogt", "half"),  # the one of two days that is a half
        ("12-14", "Omar Haddad", "full"),  # two applications for half of a day
        ("12-21", "Omar Haddad", "full"),
        ("12-22", "Omar Haddad", "full"),
        ("12-23", "Omar Haddad", "full"),
        ("12-24", "Omar Haddad", "full"),  # until the 29th: other days were not asked for
    ]
    assert not any(one.tentative for one in found)
    asked = {request.path: dict(request.query) for request, _ in vcr.data if vcr.play_counts[vcr.requests.index(request)]}
    fields = json.loads(asked["/api/resource/Leave%20Application"]["fields"])
    assert not {"leave_type", "description", "*"} & set(fields), "what is not asked for is not told"


@pytest.mark.default_cassette("documented/absences")
@pytest.mark.vcr
def test_only_these_people(seen: Callable[..., Any], vcr: Any) -> None:
    service = seen("leave", "omar", account="yuki")
    one = date(2026, 12, 7)
    found = list(service.absences(since=one, until=one, people=(LENA, LENA)))
    assert [(each.person.employee_number, each.date, each.portion) for each in found] == [("HR-EMP-00004", one, Portion.FULL)]
    before = vcr.play_count
    assert not list(service.absences(since=one, until=one, people=()))
    assert vcr.play_count == before


@pytest.mark.default_cassette("documented/absences")
@pytest.mark.vcr
def test_nobody_is_off_is_an_answer(seen: Callable[..., Any], vcr: Any) -> None:
    day = date(2026, 12, 9)
    found = seen("leave", "omar", account="yuki").absences(since=day, until=day, people=(LENA,))
    assert (list(found), found.answered, vcr.play_count) == ([], ("hr",), 2)


@pytest.mark.default_cassette("documented/absences")
@pytest.mark.vcr
def test_whom_our_account_may_not_see_is_not_told_to_be_there(seen: Callable[..., Any], vcr: Any) -> None:
    """Frappe leaves out rows that an account may not see, and says nothing."""
    hidden = PersonRef(employee_number="HR-EMP-99999")
    with pytest.raises(NotFound, match="HR-EMP-99999") as told:
        seen("leave", "omar", account="yuki").absences(since=SINCE, until=SINCE, people=(LENA, hidden))
    assert told.value.field == "people"
    assert vcr.play_count == 1, "their leave was not asked for"


def test_a_caller_whom_our_account_may_not_see(seen: Callable[..., Any], tmp_path: Path) -> None:
    def other(_: str, row: dict[str, Any]) -> None:
        row["name"] = "HR-EMP-00099"

    with replayed("documented/absences", tmp_path, other), pytest.raises(NotFound, match="HR-EMP-00003"):
        seen("leave", "omar", account="yuki").absences(since=SINCE, until=UNTIL)


@pytest.mark.default_cassette("documented/absences_pages")
@pytest.mark.vcr
def test_more_than_a_page_of_leave(seen: Callable[..., Any]) -> None:
    """Frappe gives 20 rows and does not say that there are more."""
    span = {"since": date(2026, 12, 1), "until": date(2026, 12, 31)}
    found = list(seen("leave", "omar", account="yuki").absences(**span, people=(LENA,)))
    assert [one.date.day for one in found] == list(range(1, 22))


@pytest.mark.parametrize("until", [date(2026, 11, 22), date(2027, 11, 25)])
def test_at_most_a_year(seen: Callable[..., Any], until: date) -> None:
    with pytest.raises(InvalidInput) as told:
        seen("leave", "omar").absences(since=SINCE, until=until)
    assert told.value.field == "until"


@pytest.mark.parametrize("changed", [{"employee": "HR-EMP-00002"}, {"to_date": "2026-11-01"}])
def test_rows_that_cannot_be(seen: Callable[..., Any], tmp_path: Path, changed: dict[str, str]) -> None:
    def change(_: str, row: dict[str, Any]) -> None:
        if row["name"] == "HR-LAP-2026-00004":
            row.update(changed)

    with replayed("documented/absences", tmp_path, change), pytest.raises(ProtocolError, match="HR-LAP-2026-00004"):
        seen("leave", "omar", account="yuki").absences(since=SINCE, until=UNTIL)


@pytest.mark.default_cassette("documented/absences")
@pytest.mark.vcr
def test_a_stranger_is_told_nothing(monkeypatch: pytest.MonkeyPatch, vcr: Any) -> None:
    """Any colleague may know who is off, and Frappe sees our account alone: so we look whether it is a colleague who asks."""
    span = {"since": date(2026, 12, 7), "until": date(2026, 12, 7)}
    with workplace_of("yuki", monkeypatch) as work:
        with pytest.raises(Unauthorized, match=r"stranger@lab\.example"):
            work.as_(PersonRef(email="stranger@lab.example")).leave.absences(**span, people=(LENA,))
        assert vcr.play_count == 1, "only who it is was asked"
        assert len(list(work.leave.absences(**span, people=(LENA,)))) == 1
