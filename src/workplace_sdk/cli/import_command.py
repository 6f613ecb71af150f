"""``workplace import``: people, rooms and leave from files."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import click

from workplace_sdk.cli.asking import ask, must_answer
from workplace_sdk.cli.desk import Desk, desk_command, yes_option
from workplace_sdk.cli.progress import Progress
from workplace_sdk.cli.showing import say, show, words


@click.group("import")
def command() -> None:
    """Load people, rooms and leave from files into a local connection."""


_INTO = click.option("--into", metavar="CONNECTION", help="Which local connection; the first by default.")
_FILE = click.Path(exists=True, dir_okay=False)


@desk_command("people", group=command)
@click.argument("source", type=_FILE)
@click.option("--format", "kind", type=click.Choice(["csv", "ldif", "vcard"]), help="By the file's name when left out.")
@_INTO
@yes_option
def people(desk: Desk, source: str, kind: str | None, into: str | None, yes: bool) -> int:
    """Add or update people from SOURCE. Exit code 6 when rows were refused."""
    from workplace_sdk.connectors.local.people_import import import_people

    name = into or _local(desk)

    def load(connection: Any, progress: Progress) -> Any:
        return import_people(connection, name, Path(source), format=kind, progress=progress)

    return _load(desk, name, yes, source, load)


@desk_command("rooms", group=command)
@click.argument("source", type=_FILE)
@click.option("--format", "kind", type=click.Choice(["csv", "icalendar"]), help="By the file's name when left out.")
@_INTO
@yes_option
def rooms(desk: Desk, source: str, kind: str | None, into: str | None, yes: bool) -> int:
    """Add or update rooms from SOURCE. Exit code 6 when rows were refused."""
    from workplace_sdk.connectors.local.rooms_import import import_rooms

    name, zone = into or _local(desk), desk.work.settings.time_zone

    def load(connection: Any, progress: Progress) -> Any:
        return import_rooms(connection, Path(source), zone=zone, format=kind, progress=progress)

    return _load(desk, name, yes, source, load)


@desk_command("leave-types", group=command)
@click.argument("source", type=_FILE)
@_INTO
@yes_option
def leave_types(desk: Desk, source: str, into: str | None, yes: bool) -> int:
    """Add or update kinds of leave from SOURCE (CSV). Exit code 6 when rows were refused."""
    from workplace_sdk.connectors.local.leave_import import import_types

    return _load(desk, into or _local(desk), yes, source, partial(import_types, source=Path(source)))


@desk_command("leave-grants", group=command)
@click.argument("source", type=_FILE)
@_INTO
@yes_option
def leave_grants(desk: Desk, source: str, into: str | None, yes: bool) -> int:
    """Give people the leave in SOURCE (CSV: person, type, amount, first, last). Exit code 6 when rows were refused."""
    from workplace_sdk.connectors.local.leave_import import import_grants

    name = into or _local(desk)
    return _load(desk, name, yes, source, partial(import_grants, name=name, source=Path(source)))


@desk_command("schedules", group=command)
@click.argument("source", type=_FILE)
@_INTO
@yes_option
def schedules(desk: Desk, source: str, into: str | None, yes: bool) -> int:
    """Say when people work, from SOURCE (CSV: person, week, first). Exit code 6 when rows were refused."""
    from workplace_sdk.connectors.local.leave_import import import_schedules

    name = into or _local(desk)
    return _load(desk, name, yes, source, partial(import_schedules, name=name, source=Path(source)))


def _local(desk: Desk) -> str:
    names = (name for name, connection in desk.work.settings.connections.items() if connection.connector == "local")
    found = next(names, None)
    if found is None:
        raise click.UsageError(
            words(
                "no connection of the settings is local: nothing can be loaded",
                "geen verbinding is local: er kan niets worden geladen",
            )
        )
    return found


def _load(desk: Desk, name: str, yes: bool, source: str, load: Any) -> int:
    """Try it, say what it would do, ask, load."""
    from workplace_sdk.connectors.local.connector import Local

    if name not in desk.work.connection_names():
        raise click.BadParameter(
            f"{words('there is', 'er is')}: {', '.join(desk.work.connection_names())}", param_hint="--into"
        )
    local = desk.work.connection(name)
    if not isinstance(local, Local):
        text = words(
            f"{name} is not local: nothing can be loaded into it", f"{name} is niet local: daar kan niets in worden geladen"
        )
        raise click.BadParameter(text, param_hint="--into")
    must_answer(yes=yes)
    work = desk.work.within(3600)
    if not yes:
        with Progress(words("Trying", "Proberen")) as progress:
            steps: Any = iter(_trial(local, partial(load, progress=progress)))
            trial: Any = work.administer("import", steps, changes=False)
        _say_refused(trial, source)
        say(
            words(
                f"{source} into {name}: {trial.added} would be added, {trial.updated} updated, {len(trial.refused)} refused.",
                f"{source} in {name}: {trial.added} erbij, {trial.updated} bijgewerkt, {len(trial.refused)} geweigerd.",
            )
        )
        ask(words("Load?", "Laden?"), yes=yes)
    with Progress(words("Loading", "Laden")) as progress:
        block = local.database.write(partial(load, progress=progress), "import")
        report = work.administer("import", iter(block))
    if yes:
        _say_refused(report, source)
    show(
        report,
        {
            words("added", "toegevoegd"): "added",
            words("updated", "bijgewerkt"): "updated",
            words("refused", "geweigerd"): lambda found: str(len(found.refused)),
        },
    )
    return 6 if report.refused else 0


def _trial(local: Any, load: Any) -> Any:
    """Load in a transaction that is undone."""
    from workplace_sdk.kernel.effects import Blocking

    def undone() -> Any:
        with local.database.engine().connect() as connection, connection.begin() as transaction:
            report = load(connection)
            transaction.rollback()
        return report

    return Blocking(undone, what="import", harmless=True)


def _say_refused(report: Any, source: str) -> None:
    for row in (*report.refused, *report.warnings):
        place = ": ".join(part for part in (f"{source}:{row.line}", row.field, row.reason) if part)
        say(place, mark="warning")
