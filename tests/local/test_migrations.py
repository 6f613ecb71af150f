"""The tables that migrations make are the tables that the code uses; on both databases."""

from __future__ import annotations

import subprocess
import sys

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from tests.local.conftest import Office
from workplace_sdk.connectors.local.tables import metadata

OTHERS = ("people_index", "local_version", "audit_")


def test_migrations_lead_to_the_tables_of_the_code(office: Office) -> None:
    def ours(_object, name, kind, *_others) -> bool:
        return not (kind == "table" and name.startswith(OTHERS))

    with office.local.database.engine().connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": ours, "compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_opening_again_migrates_nothing(office: Office) -> None:
    office.local.database.close()
    code = (
        "import sys; from workplace_sdk.connectors.local import Local, LocalSettings; "
        f"Local('main', LocalSettings(url={office.url!r})).database.engine(); sys.exit('alembic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
