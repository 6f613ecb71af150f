"""Loading people: rows that are refused leave nothing, and what could not be used later is not taken; on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.local.conftest import Office
from workplace_sdk.connectors.local import Local, LocalSettings
from workplace_sdk.connectors.local.leave import LocalLeave
from workplace_sdk.connectors.local.people_import import import_people
from workplace_sdk.kernel.errors import ConfigError
from workplace_sdk.services.common import PersonRef

PEOPLE = """login,display_name,zone,region,started_on,active
nina,Nina Jansen,Europe/Amsterdam,NL,2026-01-01,ja
omar,Omar, Amsterdam,Europe/Amsterdam,NL,2026-01-01,ja
puk,Puk,Mars/Olympus,NL,,
qin,Qin,,XX,,
rik,Rik,,NL-ZZ,,
ana,Ana Ödegård,,,,
sam,Sam,,DE-BY,,misschien
tess,Tess,,DE-BY,,
"""


def test_rows_that_are_refused_say_why_and_the_others_are_there(office: Office, tmp_path: Path) -> None:
    source = tmp_path / "people.csv"
    source.write_text(PEOPLE, "utf-8")
    told: list[tuple[int, int | None]] = []
    report = office.write(lambda c: import_people(c, "main", source, progress=lambda done, total: told.append((done, total))))
    assert (report.added, report.updated) == (2, 1)
    assert [(row.line, row.field) for row in report.refused] == [
        (3, None),
        (4, "zone"),
        (5, "region"),
        (6, "region"),
        (8, "active"),
    ]
    assert told == [(number, 8) for number in range(1, 9)]
    desk = office.as_("nina", LocalLeave)
    assert len(desk.holidays(PersonRef(login="tess"), year=2026)) > len(desk.holidays(year=2026))


def test_a_region_in_the_settings_that_nobody_knows(office: Office) -> None:
    wrong = Local("main", LocalSettings(url=office.url, region="XX"))
    with pytest.raises(ConfigError) as error:
        LocalLeave(wrong, office.session("ana")).holidays(year=2026)
    assert (error.value.table, error.value.key) == ("connections.main", "region")
    wrong.database.close()
