"""The command tree: every group is imported only when it is used."""

from __future__ import annotations

import sys
from importlib import import_module
from types import MappingProxyType
from typing import Any, Final, cast

import click

COMMANDS: Final = MappingProxyType(
    {
        "leave": "Book leave, see balances, decide about requests.",
        "experts": "Find colleagues who can help.",
        "meeting": "Plan a meeting with all that belongs to it, over several systems.",
        "rooms": "Find and book rooms, answer invitations.",
        "expenses": "Claim expenses, mileage and receipts.",
        "incidents": "Report what is broken and follow it.",
        "inbox": "Everything that waits for you.",
        "decide": "Approve, reject or return something of the inbox.",
        "mine": "Everything you asked for, booked, claimed and reported.",
        "support": "What this workplace can do, per connection.",
        "check": "Check the settings and ask every connection whether it answers.",
        "init": "Write a settings file that works.",
        "import": "Load people, rooms and leave from files.",
        "sync": "Bring the people index up to date with the directory.",
        "reconcile": "Find out whether a write with a known key arrived.",
        "usage": "What people were sent elsewhere for.",
        "audit": "Who did what for whom.",
        "prune": "Remove old rows of the audit log.",
        "forget": "Erase what is kept about a person.",
        "backup": "Copy the store while it is in use.",
        "demo": "Walk through a realistic organisation.",
    }
)

EXIT_CODES: Final = """\b
Exit codes:
   0  done
   1  an error of ours: please report it
   2  wrong use of the command
   3  the settings are wrong
   4  not supported here; the message says where it can be done
   5  not allowed
   6  refused by the system or its rules; nothing was recorded
   7  not found
   8  not available now, try again later
   9  it is not known whether it was done; look before repeating
  10  the system answered something we do not understand
  11  you answered no; nothing was sent
 130  interrupted"""


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports one when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"workplace_sdk.cli.{cmd_name}_command")
        return cast("click.Command", module.command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"workplace {version('workplace-sdk')}")
        ctx.exit()


@click.group(
    name="workplace",
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EXIT_CODES,
)
@click.option(
    "--version", is_flag=True, callback=_version, expose_value=False, is_eager=True, help="Show the version and exit."
)
def workplace() -> None:
    """The small things of every working day: leave, colleagues, rooms, expenses, incidents.

    Every command takes --json for scripts, --lang en|nl, --settings FILE and --as PERSON.
    Every write first shows what it will do and asks; --yes answers for you.
    Shell completion: eval "$(_WORKPLACE_COMPLETE=bash_source workplace)" (also zsh_source, fish_source).
    """


def run(arguments: list[str] | None = None) -> None:
    """Run the command and leave with its exit code."""
    from workplace_sdk.cli.failing import exit_code_of

    given = sys.argv[1:] if arguments is None else arguments
    try:
        result: Any = workplace.main(args=given, prog_name="workplace", standalone_mode=False)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the one place where errors become exit codes
        sys.exit(exit_code_of(error, given))
    sys.exit(result if isinstance(result, int) else 0)
