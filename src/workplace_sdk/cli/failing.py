"""Errors as sentences and exit codes."""

from __future__ import annotations

import json
import os
import sys
import traceback
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from workplace_sdk.cli.asking import Blocked
    from workplace_sdk.kernel.errors import WorkplaceError

USAGE, DECLINED, INTERRUPTED, BUG = 2, 11, 130, 1


def exit_code_of(error: BaseException, arguments: list[str]) -> int:
    """Say on standard error what went wrong, and give the exit code for it."""
    from workplace_sdk.cli.asking import Blocked, Declined
    from workplace_sdk.cli.desk import OutputClosed

    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, OutputClosed | BrokenPipeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    if isinstance(error, Declined):
        _say_plainly("declined", "Nothing was sent.", "Er is niets verstuurd.")
        return DECLINED
    if isinstance(error, KeyboardInterrupt) or (
        isinstance(error, click.Abort) and isinstance(error.__cause__, KeyboardInterrupt)
    ):
        _say_plainly("interrupted", "Interrupted.", "Afgebroken.")
        return INTERRUPTED
    if isinstance(error, click.ClickException):
        return _say_usage(error, arguments)
    if isinstance(error, Blocked):
        return _say_blocked(error)
    from workplace_sdk.kernel.errors import WorkplaceError

    if isinstance(error, WorkplaceError):
        _say(error)
        return _code(error)
    _say_bug(error)
    return BUG


def _code(error: WorkplaceError) -> int:
    from workplace_sdk.kernel import errors

    codes = (
        (errors.ConfigError, 3),
        (errors.NotSupported, 4),
        (errors.Unauthorized, 5),
        (errors.NotFound, 7),
        (errors.Rejected, 6),
        (errors.Unavailable, 8),
        (errors.OutcomeUnknown, 9),
        (errors.ProtocolError, 10),
    )
    return next((code for kind, code in codes if isinstance(error, kind)), BUG)


def _say(error: WorkplaceError) -> None:
    from workplace_sdk.cli.showing import chosen_language, jsonable, tell, wants_json
    from workplace_sdk.kernel.errors import OutcomeUnknown

    sentence = error.sentence(chosen_language())
    if wants_json():
        said = {"code": error.code, "acts": error.acts, "sentence": sentence, "documentation": error.documentation}
        _put_error(said | jsonable(dict(error.details())))
        return
    tell(sentence, colour="red")
    if str(error) not in sentence:
        tell(f"  {error}")
    if isinstance(error, OutcomeUnknown) and error.key and error.operation:
        tell(f"  workplace reconcile {error.operation} {error.key}")


def _say_blocked(blocked: Blocked) -> int:
    """The lines that say why were shown with the preview."""
    from workplace_sdk.cli.showing import chosen_language, jsonable, tell, wants_json, words

    first = blocked.preview.blockers[0]
    code = first.code.replace("_", "-")
    if wants_json():
        _put_error(
            {
                "code": code,
                "acts": "person",
                "sentence": first.text(chosen_language()),
                "operation": blocked.preview.operation,
                "lines": [jsonable(line) for line in blocked.preview.lines],
            }
        )
    else:
        tell(
            words("This would be refused, so nothing was sent.", "Dit zou worden geweigerd; er is niets verstuurd."),
            colour="red",
        )
    return 7 if code == "not-found" else 6


def _say_usage(error: click.ClickException, arguments: list[str]) -> int:
    """What was typed cannot be understood; as JSON when that was asked for, even if the rest of it is unknown."""
    from workplace_sdk.cli.showing import wants_json

    if wants_json() or "--json" in arguments:
        _put_error({"code": "usage", "acts": "person", "sentence": error.format_message()})
    else:
        error.show()
    return error.exit_code


def _say_bug(error: BaseException) -> None:
    from workplace_sdk.cli.showing import wants_json, words

    sentence = words(f"This is an error of ours, please report it: {error}", f"Dit is een fout van ons, meld die: {error}")
    where = "".join(traceback.format_exception(error))
    if wants_json():
        _put_error({"code": "bug", "acts": "developer", "sentence": sentence, "traceback": where})
    else:
        click.echo(f"{where}{sentence}", err=True)


def _say_plainly(code: str, en: str, nl: str) -> None:
    from workplace_sdk.cli.showing import tell, wants_json, words

    if wants_json():
        _put_error({"code": code, "sentence": words(en, nl)})
    else:
        tell(words(en, nl))


def _put_error(said: dict[str, Any]) -> None:
    from workplace_sdk.cli.progress import hush

    hush()
    click.echo(json.dumps({"error": said}, ensure_ascii=False), err=True)
