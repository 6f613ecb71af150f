"""``workplace import``: people, rooms and leave from files."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import click

from workplace_sdk.cli.common import FILE, Desk, desk_command
from workplace_sdk.cli.showing import Progress, say, show, words


@click.group("import")
def command() -> None:
    """Load people, rooms and leave from files into a local connection."""


_INTO = click.option("--into", metavar="CONNECTION", help="Which local connection; the first by default.")
_YES = click.option("--yes", "-y", is_flag=True, help="Do not ask; for scripts.")


@desk_command("people", group=command)
@click.argument("source", type=FILE)
@click.option("--format", "kind", type=click.Choice(["csv", "ldif", "vcard"]), help="By the file's name when left out.")
@_INTO
@_YES
def people(desk: Desk, source: str, kind: str | None, into: str | None, yes: bool) -> int:
    """Add or update people from SOURCE. Exit code 6 when rows were refused."""
    from workplace_sdk.connectors.local.people_import import import_people

    name = into or _local(desk)

    def load(connection: Any, progress: Progress) -> Any:
        return import_people(connection, name, Path(source), format=kind, progress=progress)

    return _load(desk, name, yes, source, load)


@desk_command("rooms", group=command)
@click.argument("source", type=FILE)
@click.option("--format", "kind", type=click.Choice(["csv", "icalendar"]), help="By the file's name when left out.")
@_INTO
@_YES
def rooms(desk: Desk, source: str, kind: str | None, into: str | None, yes: bool) -> int:
    """Add or update rooms from SOURCE. Exit code 6 when rows were refused."""
    from workplace_sdk.connectors.local.rooms_import import import_rooms

    name, zone = into or _local(desk), desk.work.settings.time_zone

    def load(connection: Any, progress: Progress) -> Any:
        return import_rooms(connection, Path(source), zone=zone, format=kind, progress=progress)

    return _load(desk, name, yes, source, load)


@desk_command("leave-types", group=command)
@click.argument("source", type=FILE)
@_INTO
@_YES
def leave_types(desk: Desk, source: str, into: str | None, yes: bool) -> int:
    """Add or update kinds of leave from SOURCE (CSV). Exit code 6 when rows were refused."""
    from workplace_sdk.connectors.local.leave_import import import_types

    return _load(desk, into or _local(desk), yes, source, partial(import_types, source=Path(source)))


@desk_command("leave-grants", group=command)
@click.argument("source", type=FILE)
@_INTO
@_YES
def leave_grants(desk: Desk, source: str, into: str | None, yes: bool) -> int:
    """Give people the leave in SOURCE (CSV: person, type, amount, first, last). Exit code 6 when rows were refused."""
    from workplace_sdk.connectors.local.leave_import import import_grants

    name = into or _local(desk)
    return _load(desk, name, yes, source, partial(import_grants, name=name, source=Path(source)))


@desk_command("schedules", group=command)
@click.argument("source", type=FILE)
@_INTO
@_YES
def schedules(desk: Desk, source: str, into: str | None, yes: bool) -> int:
    """Say when people work, from SOURCE (CSV: person, week, first). Exit code 6 when rows were refused."""
    from workplace_sdk.connectors.local.leave_import import import_schedules

    name = into or _local(desk)
    return _load(desk, name, yes, source, partial(import_schedules, name=name, source=Path(source)))


def _local(desk: Desk) -> str:
    for name, connection in desk.work.settings.connections.items():
        if connection.connector == "local":
            return name
    raise click.UsageError("no connection of the settings is local: nothing can be loaded")


def _load(desk: Desk, name: str, yes: bool, source: str, load: Any) -> int:
    from workplace_sdk.connectors.local.connector import Local
    from workplace_sdk.kernel.errors import Unauthorized

    if not desk.work.may("import"):
        raise Unauthorized(
            "loading is for who has the right import, in a [roles] table of the settings", identity=desk.work.me.label
        )
    if not yes:
        from workplace_sdk.cli.failing import Declined

        if not click.confirm(words(f"Load {source} into {name}?", f"{source} laden in {name}?"), err=True):
            raise Declined
    local = desk.work.connection(name)
    if not isinstance(local, Local):
        raise click.UsageError(f"{name} is not local: nothing can be loaded into it")
    with Progress(words("Loading", "Laden")) as progress:
        block = local.database.write(partial(load, progress=progress), "import")
        report = desk.work.within(3600).run(iter(block), "import")
    for row in (*report.refused, *report.warnings):
        say(f"{source}:{row.line}: {row.field or ''}: {row.reason}", mark="warning")
    show(
        report,
        {
            words("added", "toegevoegd"): "added",
            words("updated", "bijgewerkt"): "updated",
            words("refused", "geweigerd"): "refused",
        },
    )
    return 6 if report.refused else 0
