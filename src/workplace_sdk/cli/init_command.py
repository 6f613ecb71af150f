"""``workplace init``: a settings file that works."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from workplace_sdk.cli.desk import Desk, desk_command, login
from workplace_sdk.cli.showing import given_language, say, show, words
from workplace_sdk.cli.typed import PERSON
from workplace_sdk.settings import FILE_NAME

_TEMPLATE = """\
# Settings of workplace-sdk. 'workplace check' says whether they are right.
language = {language}
time_zone = {zone}
# Who calls when nobody else is named: an e-mail address, "login:NAME" or "service:NAME".
caller = {caller}

[store]
url = "sqlite:///workplace.db"      # or postgresql+psycopg://user@host/name
# password = {{ env = "STORE_PASSWORD" }} # never the password itself

[connections.main]
connector = "local"
region = {region}                       # whose public holidays are days off
# week = "8 8 8 8 8"                # hours from Monday of who has no work schedule; nothing is assumed

# People from a directory:
# [connections.directory]
# connector = "ldap"
# uri = "ldaps://directory.example.org"
# base = "ou=people,dc=example,dc=org"
# bind_dn = "cn=reader,dc=example,dc=org"
# password = {{ env = "LDAP_PASSWORD" }} # never the password itself
# index = true

# [services]
# experts = ["directory", "main"]

[roles.administrator]
people = [{caller}]
rights = ["import", "experts.sync", "people.forget", "audit.read", "audit.prune", "incidents.handle"]
"""
_SAMPLE_ROLES = """
[roles.hr]
people = ["noor@delinde.example"]
rights = ["leave.*", "import", "people.forget", "audit.read", "audit.prune"]

[roles.finance]
people = ["aisha@delinde.example"]
rights = ["expenses.*"]

[roles.helpdesk]
people = ["bram@delinde.example", "wouter@delinde.example"]
rights = ["incidents.*"]
"""
_SAMPLE_CALLER = "noor@delinde.example"


@desk_command("init")
@click.option("--file", "path", type=click.Path(path_type=Path), default=FILE_NAME, show_default=True, help="Where.")
@click.option("--caller", "you", type=PERSON, help="You: an e-mail address or login:NAME; your login by default.")
@click.option("--region", default="NL", show_default=True, help="Country or subdivision whose public holidays apply.")
@click.option("--time-zone", "zone", default="Europe/Amsterdam", show_default=True, help="Of the organisation.")
@click.option("--sample", is_flag=True, help="Fill the store with the made-up organisation of the demo, to try things on.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def command(_: Desk, path: Path, you: Any, region: str, zone: str, sample: bool, force: bool) -> None:
    """Write a settings file with one local connection."""
    import tomllib

    from workplace_sdk.settings import Settings

    _check_region(region)
    me = _typed(you) if you else _SAMPLE_CALLER if sample else f"login:{login()}"
    values = {"language": given_language() or "en", "zone": zone, "caller": me, "region": region}
    text = _TEMPLATE.format(**{name: json.dumps(value, ensure_ascii=False) for name, value in values.items()})
    text += _SAMPLE_ROLES if sample else ""
    settings = Settings.checked(tomllib.loads(text), file=path.resolve())
    if sample:
        _refuse_store(settings)
    try:
        with path.open("w" if force else "x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise click.UsageError(
            words(f"{path} is there already; --force writes over it", f"{path} bestaat al; --force schrijft eroverheen")
        ) from None
    except OSError as error:
        raise click.UsageError(
            words(f"{path} cannot be written: {error.strerror}", f"{path} kan niet worden geschreven: {error.strerror}")
        ) from None
    if sample:
        _fill(settings)
    show({"file": str(path), "caller": me}, {words("written", "geschreven"): "file", words("you", "u"): "caller"})
    say(words("Now try: workplace check", "Probeer nu: workplace check"))


def _typed(person: Any) -> str:
    """A person as it is written in the settings: by a key, for a name may be several people's."""
    if person.email:
        return str(person.email)
    for name, prefix in (("login", "login:"), ("employee_number", "nr:"), ("dn", "dn:")):
        if value := getattr(person, name):
            return str(value) if person.group else f"{prefix}{value}"
    raise click.BadParameter(
        words(
            "a name may be several people's: give an e-mail address or login:NAME",
            "een naam kan van meer mensen zijn: geef een e-mailadres of login:NAAM",
        ),
        param_hint="--caller",
    )


def _check_region(region: str) -> None:
    from workplace_sdk.services.calendar import public_holidays

    try:
        public_holidays(region, [2026])
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--region") from None


def _refuse_store(settings: Any) -> None:
    """The sample goes into a store that is not there yet."""
    file = Path(settings.database_url(settings.store.url).removeprefix("sqlite:///"))
    if file.exists():
        raise click.UsageError(
            words(f"{file} is there already: the sample wants a new one", f"{file} bestaat al: het voorbeeld wil een nieuwe")
        )


def _fill(settings: Any) -> None:
    from workplace_sdk.connectors.local.sample import fill
    from workplace_sdk.workplace import Workplace

    with Workplace(settings) as work:
        local: Any = work.connection("main")
        with local.database.engine().begin() as connection:
            fill(connection, "main", work.session.today().year)
