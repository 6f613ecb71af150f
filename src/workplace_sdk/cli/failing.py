"""Errors as sentences and exit codes."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from workplace_sdk.kernel.errors import WorkplaceError


class Declined(Exception):
    """The person was asked, and said no."""


def exit_code_of(error: Exception) -> int:
    """Say on standard error what went wrong, and give the exit code for it."""
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, click.Abort | Declined):
        _say_plainly("Nothing was sent.", "Er is niets verstuurd.", code="declined")
        return 11
    if isinstance(error, click.ClickException):
        error.show()
        return error.exit_code
    if isinstance(error, BrokenPipeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    from workplace_sdk.kernel.errors import WorkplaceError

    if isinstance(error, WorkplaceError):
        _say(error)
        return _code(error)
    raise error


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
    return next((code for kind, code in codes if isinstance(error, kind)), 1)


def _say(error: WorkplaceError) -> None:
    from workplace_sdk.cli.showing import chosen_language, wants_json
    from workplace_sdk.kernel.errors import OutcomeUnknown

    if wants_json():
        from workplace_sdk.cli.showing import jsonable

        said: dict[str, Any] = {"code": error.code, "acts": error.acts, "sentence": error.sentence(chosen_language())}
        click.echo(json.dumps({"error": said | jsonable(dict(error.details()))}, ensure_ascii=False), err=True)
        return
    sentence = error.sentence(chosen_language())
    click.echo(click.style(sentence, fg="red"), err=True)
    if str(error) not in sentence:
        click.echo(f"  {error}", err=True)
    if isinstance(error, OutcomeUnknown) and error.key and error.operation:
        click.echo(f"  workplace reconcile {error.operation} {error.key}", err=True)


def _say_plainly(en: str, nl: str, *, code: str) -> None:
    from workplace_sdk.cli.showing import chosen_language, wants_json

    sentence = nl if chosen_language() == "nl" else en
    click.echo(json.dumps({"error": {"code": code, "sentence": sentence}}) if wants_json() else sentence, err=True)
