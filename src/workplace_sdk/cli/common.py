"""Options that every command has, and what they open."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import update_wrapper
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

import click

if TYPE_CHECKING:
    from workplace_sdk.kernel.preview import Preview
    from workplace_sdk.workplace import Workplace

P = ParamSpec("P")


class Desk:
    """What a command works at: the workplace for the caller, and how it shows things."""

    def __init__(self, *, settings: str | None, caller: str | None, connection: str | None, time_limit: float | None) -> None:
        self._settings = settings
        self._caller = caller
        self._connection = connection
        self._time_limit = time_limit
        self._work: Workplace | None = None

    @property
    def work(self) -> Workplace:
        """The workplace, opened now."""
        if self._work is None:
            self._work = self._opened()
        return self._work

    def _opened(self) -> Workplace:
        import os

        from workplace_sdk.cli.showing import prefer_language
        from workplace_sdk.settings import CALLER_VARIABLE
        from workplace_sdk.workplace import Workplace

        work = Workplace.open(self._settings)
        prefer_language(work.settings.language)
        if caller := self._caller or os.environ.get(CALLER_VARIABLE):
            work = work.as_(caller)
        elif work.session.caller is None:
            import getpass

            work = work.as_(f"login:{getpass.getuser()}")
        if self._time_limit is not None:
            work = work.within(self._time_limit)
        return work.only(self._connection) if self._connection else work

    def close(self) -> None:
        if self._work is not None:
            self._work.close()


_OPTIONS = (
    click.Option(["--settings"], metavar="FILE", envvar="WORKPLACE_SETTINGS", help="Settings file; workplace.toml by default."),
    click.Option(["--as", "caller"], metavar="PERSON", help="Who is calling: an e-mail address, login:NAME or nr:NUMBER."),
    click.Option(["--connection"], metavar="NAME", help="Use one connection only."),
    click.Option(["--time-limit"], type=click.FloatRange(min=0.1), metavar="SECONDS", help="Seconds a call may take."),
    click.Option(["--json", "as_json"], is_flag=True, help="JSON on standard output, errors as JSON on standard error."),
    click.Option(["--lang"], type=click.Choice(["en", "nl"]), help="Language of sentences; the settings' by default."),
)
_OURS = ("settings", "caller", "connection", "time_limit")


class DeskCommand(click.Command):
    """A command with the options that every command has; its function gets the ``Desk`` first."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params = [*self.params, *_OPTIONS]

    def invoke(self, ctx: click.Context) -> Any:
        from workplace_sdk.cli import showing

        showing.choose(as_json=ctx.params.pop("as_json"), language=ctx.params.pop("lang"), settings=ctx.params.get("settings"))
        desk = Desk(**{name: ctx.params.pop(name) for name in _OURS})
        ctx.obj = desk
        try:
            return super().invoke(ctx)
        finally:
            desk.close()


def desk_command(
    name: str, *, group: click.Group | None = None, **attributes: Any
) -> Callable[[Callable[Concatenate[Desk, P], object]], click.Command]:
    """Declare a command (of *group*, or one of its own) whose function takes the ``Desk`` first."""

    def declare(function: Callable[Concatenate[Desk, P], object]) -> click.Command:
        def wrapped(*args: P.args, **kwargs: P.kwargs) -> object:
            return function(click.get_current_context().obj, *args, **kwargs)

        decorate: Callable[[Callable[..., Any]], click.Command] = click.command(name, cls=DeskCommand, **attributes)
        made = decorate(update_wrapper(wrapped, function))
        if group is not None:
            group.add_command(made)
        return made

    return declare


def ref(text: str, kind: str) -> Any:
    """A reference as typed: ``leave:main/12``."""
    from workplace_sdk.services.common import Ref

    try:
        found = Ref.parse(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    if found.kind != kind:
        raise click.BadParameter(f"{text} is no reference to a {kind}")
    return found


def person(text: str | None) -> Any:
    """A person as typed; ``None`` stays the caller."""
    from workplace_sdk.services.common import PersonRef

    return None if text is None else PersonRef.parse(text)


def draft(kind: Any, /, **values: Any) -> Any:
    """A draft of *kind*; what does not fit is said with the field's name, before anything is sent."""
    from pydantic import ValidationError

    from workplace_sdk.kernel.errors import InvalidInput

    try:
        return kind(**{name: value for name, value in values.items() if value is not None})
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in problem["loc"])
        raise InvalidInput(problem["msg"].removeprefix("Value error, "), field=place or None) from None


def upload(path: str) -> Any:
    """The file at *path*, to be sent along."""
    from workplace_sdk.services.common import Upload

    return Upload.from_path(path)


DATE = click.DateTime(formats=["%Y-%m-%d"])
FILE = click.Path(exists=True, dir_okay=False)
yes_option = click.option("--yes", "-y", is_flag=True, help="Do not ask; for scripts.")
key_option = click.option(
    "--key", metavar="KEY", help="Key of this write: the same key never does it twice, where the system can."
)


def agreed(operation: Any, *args: Any, yes: bool, key: str | None = None, **kwargs: Any) -> Any:
    """Show what a write would do, ask, do it; the answer of the operation.

    Raises:
        Declined: The person said no; nothing was sent.
        Rejected: The preview says that it will be refused; nothing was sent.
    """
    from workplace_sdk.cli.failing import Declined
    from workplace_sdk.cli.showing import chosen_language, say, wants_json
    from workplace_sdk.kernel.errors import NotSupported, Rejected
    from workplace_sdk.kernel.keys import Key, new_key
    from workplace_sdk.kernel.support import Native

    write_key = Key(key) if key else new_key()
    preview: Preview | None = None
    if isinstance(operation.support, Native):
        try:
            preview = operation.preview(*args, key=write_key, **kwargs)
        except NotSupported:
            preview = None
    if preview is not None:
        for line in preview.lines:
            say(line.text(chosen_language()), mark=line.weight.value)
        if preview.blockers:
            raise Rejected(preview.blockers[0].text(chosen_language()), native_code=preview.blockers[0].code)
    if not yes and isinstance(operation.support, Native):
        question = "Doorgaan?" if chosen_language() == "nl" else "Go on?"
        if wants_json() or not sys.stdin.isatty():
            raise click.UsageError("nobody can answer here: give --yes to go on without asking")
        if not click.confirm(question, err=True):
            raise Declined
    return operation(*args, key=write_key, **kwargs)
