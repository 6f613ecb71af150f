"""``workplace init``: a settings file that works."""

from __future__ import annotations

from pathlib import Path

import click

from workplace_sdk.cli.showing import choose, words
from workplace_sdk.settings import FILE_NAME

_TEMPLATE = """\
# Settings of workplace-sdk. 'workplace check' says whether they are right.
language = "{language}"
time_zone = "{zone}"
# Who calls when nobody else is named: an e-mail address, "login:NAME" or "service:NAME".
caller = "{caller}"

[store]
url = "sqlite:///workplace.db"      # or postgresql+psycopg://user@host/name

[connections.main]
connector = "local"
region = "{region}"                       # whose public holidays are days off
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
people = ["{caller}"]
rights = ["import", "experts.sync", "people.forget", "audit.read", "incidents.handle"]
"""


@click.command("init")
@click.option("--file", "path", type=click.Path(dir_okay=False, path_type=Path), default=FILE_NAME, show_default=True)
@click.option("--caller", help="You: an e-mail address or login:NAME; your login by default.")
@click.option("--region", default="NL", show_default=True, help="Country or subdivision whose public holidays apply.")
@click.option("--time-zone", "zone", default="Europe/Amsterdam", show_default=True)
@click.option("--lang", "language", type=click.Choice(["en", "nl"]), default="en", show_default=True)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def command(path: Path, caller: str | None, region: str, zone: str, language: str, force: bool) -> None:
    """Write a settings file with one local connection."""
    import getpass

    from workplace_sdk.services.common import checked_zone

    choose(as_json=False, language=language, settings=None)
    try:
        checked_zone(zone)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--time-zone") from None
    if path.exists() and not force:
        raise click.UsageError(f"{path} is there already; --force writes over it")
    me = caller or f"login:{getpass.getuser()}"
    path.write_text(_TEMPLATE.format(language=language, zone=zone, caller=me, region=region), "utf-8")
    click.echo(words(f"Written: {path}. Now try: workplace check", f"Geschreven: {path}. Probeer nu: workplace check"))
