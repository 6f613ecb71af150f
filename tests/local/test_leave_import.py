"""Loading leave types, grants and schedules from CSV; on both databases."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.local.conftest import Office
from workplace_sdk.connectors.local.importing import ImportReport
from workplace_sdk.connectors.local.leave import LocalLeave
from workplace_sdk.connectors.local.leave_import import import_grants, import_schedules, import_types
from workplace_sdk.kernel.errors import InvalidInput
from workplace_sdk.services.common import Unit
from workplace_sdk.services.leave import LeaveDraft

TYPES = """name;category;unit;increment;unlimited;confidential;min_notice
Verlof;annual;hour;0,25;nee;;
Ziek;sick;;;ja;ja;
Vroeg;annual;day;;;;14
Fout;vacation;;;;;
;annual;;;;;
"""
GRANTS = """person,type,amount,first,last,kind,usable_until
ana@example.org,verlof,144,2026-01-01,2026-12-31,,2027-06-30
1004,Verlof,"36,5",2026-01-01,2026-12-31,,2031-12-31
login:kees,Verlof,144,2026-01-01,2026-12-31,,
login:nobody,Verlof,144,2026-01-01,2026-12-31,,
login:kees,Onbekend,144,2026-01-01,2026-12-31,,
login:kees,Verlof,many,2026-01-01,2026-12-31,,
login:kees,Verlof,144,2026-12-31,2026-01-01,,
login:kees,Verlof,-3,2026-01-01,2026-12-31,adjusted,
login:kees,Verlof,8,1-1-2026,2026-12-31,,
"""
SCHEDULES = """person,week,first,last,fte
,7.6 7.6 7.6 7.6 7.6,2026-01-01,,
login:ana,9 0 4.5 9,2026-06-01,,0.6
login:ana,nine,2026-06-01,,
"""


def load(office: Office, tmp_path: Path, text: str, fn) -> ImportReport:
    source = tmp_path / "some.csv"
    source.write_text(text, "utf-8")
    return office.write(lambda c: fn(c, source))


def test_leave_of_an_organisation_from_files(office: Office, tmp_path: Path) -> None:
    types = load(office, tmp_path, TYPES, import_types)
    assert (types.added, types.updated) == (3, 0)
    assert [(row.line, row.field) for row in types.refused] == [(5, "category"), (6, "name")]
    grants = load(office, tmp_path, GRANTS, lambda c, source: import_grants(c, "main", source))
    assert grants.added == 4
    refused = [(row.line, row.field) for row in grants.refused]
    assert refused == [(5, "person"), (6, "type"), (7, "amount"), (8, "last"), (10, "first")]
    schedules = load(office, tmp_path, SCHEDULES, lambda c, source: import_schedules(c, "main", source))
    assert (schedules.added, [row.field for row in schedules.refused]) == (2, ["week"])

    leave = office.as_("ana", LocalLeave)
    assert [(kind.name, kind.unit, kind.confidential) for kind in leave.types()] == [
        ("Verlof", Unit.HOUR, False),
        ("Ziek", Unit.DAY, True),
        ("Vroeg", Unit.DAY, False),
    ]
    (balance,) = leave.balances()
    assert str(balance.available) == "180.5"
    assert [expiry.on.year for expiry in balance.expiring] == [2027, 2031]
    assert leave.submit(LeaveDraft.between("verlof", date(2026, 12, 7), date(2026, 12, 9))).total.value == 13.5
    assert office.as_("kees", LocalLeave).balances()[0].available == 141


def test_loading_again_updates_and_adds_nothing(office: Office, tmp_path: Path) -> None:
    for added in (3, 0):
        assert load(office, tmp_path, TYPES, import_types).added == added
    for added in (4, 0):
        assert load(office, tmp_path, GRANTS, lambda c, source: import_grants(c, "main", source)).added == added
    more = GRANTS.replace(",144,", ",150,")
    assert load(office, tmp_path, more, lambda c, source: import_grants(c, "main", source)).updated == 4
    for added in (2, 0):
        assert load(office, tmp_path, SCHEDULES, lambda c, source: import_schedules(c, "main", source)).added == added
    assert office.as_("kees", LocalLeave).balances()[0].available == 147


def test_a_refused_row_changes_nothing(office: Office, tmp_path: Path) -> None:
    before = office.as_("ana", LocalLeave).schedule()
    wrong = "week,first,last\n30 8,2000-01-01,\n9 9,2000-01-01,1999-01-01\n"
    report = load(office, tmp_path, wrong, lambda c, source: import_schedules(c, "main", source))
    assert [row.field for row in report.refused] == ["hours", "last"]
    assert office.as_("ana", LocalLeave).schedule() == before


def test_files_that_are_none(office: Office, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="unknown columns: colour"):
        load(office, tmp_path, "name,colour\nx,y\n", import_types)
    with pytest.raises(InvalidInput, match="no file"):
        office.write(lambda c: import_types(c, tmp_path / "none.csv"))
    load(office, tmp_path, TYPES, import_types)
    changed = load(office, tmp_path, "name,unit\nVerlof,day\n", import_types)
    assert [row.field for row in changed.refused] == ["unit"]
