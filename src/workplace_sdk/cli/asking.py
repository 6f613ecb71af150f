"""Before a write: what it would do, and whether to go on."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from workplace_sdk.cli.progress import silence
from workplace_sdk.cli.showing import chosen_language, say, tell, wants_json, words

if TYPE_CHECKING:
    from workplace_sdk.kernel.preview import Preview

_YES = frozenset({"y", "yes", "j", "ja"})
_NO = frozenset({"n", "no", "nee", ""})


class Declined(Exception):
    """The person was asked, and said no."""


class Blocked(Exception):
    """The preview says that it would be refused: nothing was sent."""

    def __init__(self, preview: Preview) -> None:
        super().__init__()
        self.preview = preview


def agreed(operation: Any, *args: Any, yes: bool, key: Any = None, **kwargs: Any) -> Any:
    """Show what a write would do, ask, do it; the answer of the operation.

    Raises:
        Declined: The person said no; nothing was sent.
        Blocked: The preview says that it will be refused; nothing was sent.
        OutcomeUnknown: It may have been done; also when it was interrupted.
    """
    from workplace_sdk.kernel.errors import OutcomeUnknown
    from workplace_sdk.kernel.keys import new_key
    from workplace_sdk.kernel.support import Native

    write_key = key or new_key()
    name = None
    if isinstance(operation.support, Native):  # what is not there is refused below, with the way out
        name = _show_preview(operation, args, {**kwargs, "key": write_key})
        ask(words("Go on?", "Doorgaan?"), yes=yes)
    try:
        return operation(*args, key=write_key, **kwargs)
    except KeyboardInterrupt:
        raise OutcomeUnknown("it was interrupted", key=write_key, operation=name) from None


def _show_preview(operation: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str | None:
    """The name of the operation, as the preview gives it; ``None`` when there is no preview."""
    from workplace_sdk.kernel.errors import NotSupported

    try:
        preview: Preview = operation.preview(*args, **kwargs)
    except NotSupported:
        say(words("What this does cannot be shown beforehand.", "Wat dit doet, is vooraf niet te zeggen."), mark="warning")
        return None
    for line in preview.lines:
        say(line.text(chosen_language()), mark=line.weight.value)
    if preview.blockers:
        raise Blocked(preview)
    return preview.operation


def must_answer(*, yes: bool) -> None:
    """``UsageError`` when somebody has to be asked and nobody can answer."""
    if not yes and (wants_json() or not sys.stdin.isatty()):
        raise click.UsageError(
            words(
                "nobody can answer here: give --yes to go on without asking",
                "niemand kan hier antwoorden: geef --yes om zonder vragen door te gaan",
            )
        )


def ask(question: str, *, yes: bool) -> None:
    """Go on when *yes* or when the person says so; ``Declined`` when not, ``UsageError`` when nobody can answer."""
    must_answer(yes=yes)
    choice = words("y/N", "j/N")
    while not yes:
        tell(f"{question} [{choice}] ", nl=False)
        with silence():
            line = sys.stdin.readline()
        answer = line.strip().casefold()
        if answer in _YES:
            return
        if answer in _NO:
            if not line:  # the end of the input leaves the cursor where it is
                tell("")
            raise Declined
