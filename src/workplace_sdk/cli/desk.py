"""What a command works at: the options that every command has, and the workplace that they open."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import TYPE_CHECKING, Any

import click

from workplace_sdk.cli.typed import KEY, PERSON

if TYPE_CHECKING:
    from workplace_sdk.kernel.errors import NotSupported
    from workplace_sdk.workplace import Workplace


class OutputClosed(Exception):
    """Who read our output stopped reading: ``| head``."""


class Desk:
    """The workplace for the caller, opened when it is first used."""

    def __init__(self, *, settings: str | None, caller: Any, connection: str | None, time_limit: float | None) -> None:
        self._settings = settings
        self._caller = caller
        self._connection = connection
        self._time_limit = time_limit
        self._work: Workplace | None = None

    @property
    def work(self) -> Workplace:
        """The workplace."""
        if self._work is None:
            self._work = self._opened()
        return self._work

    def _opened(self) -> Workplace:
        import os

        from workplace_sdk.cli.showing import prefer
        from workplace_sdk.settings import CALLER_VARIABLE
        from workplace_sdk.workplace import Workplace

        work = Workplace.open(self._settings)
        prefer(work.settings)
        if caller := self._caller or os.environ.get(CALLER_VARIABLE):
            work = work.as_(caller)
        elif work.session.caller is None:
            work = work.as_(f"login:{login()}")
        if self._time_limit is not None:
            work = work.within(self._time_limit)
        return work.only(self._connection) if self._connection else work

    def today(self) -> Any:
        """Today's date in the organisation's time zone."""
        return self.work.session.today()

    def went_out(self, refusal: NotSupported) -> None:
        """Count that someone was sent elsewhere, where the settings ask for it; that this fails does not matter."""
        from workplace_sdk.kernel.errors import WorkplaceError

        if self._work is not None and self._work.settings.count_handoffs:
            try:
                self._work.went_out(refusal)
            except WorkplaceError:
                return

    def close(self) -> None:
        if self._work is not None:
            self._work.close()


def login() -> str:
    """The name under which someone is logged in; ``ConfigError`` when the machine knows none."""
    import getpass

    from workplace_sdk.kernel.errors import ConfigError

    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a container without users
        raise ConfigError("nobody is known to be calling: set caller here, or use --as PERSON", key="caller") from None


def _connections(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Names for shell completion."""
    from workplace_sdk.kernel.errors import WorkplaceError
    from workplace_sdk.settings import Settings

    try:
        return [name for name in Settings.load(ctx.params.get("settings")).connections if name.startswith(incomplete)]
    except WorkplaceError:
        return []


_OPTIONS = (
    click.Option(
        ["--settings"],
        type=click.Path(dir_okay=False),
        metavar="FILE",
        envvar="WORKPLACE_SETTINGS",
        help="Settings file; workplace.toml by default.",
    ),
    click.Option(["--as", "caller"], type=PERSON, help="Who is calling: an e-mail address, login:NAME or nr:NUMBER."),
    click.Option(["--connection"], metavar="NAME", shell_complete=_connections, help="Use one connection only."),
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
        import sys

        from workplace_sdk.cli import showing
        from workplace_sdk.cli.progress import Waiting
        from workplace_sdk.cli.typed import settled

        showing.choose(as_json=ctx.params.pop("as_json"), language=ctx.params.pop("lang"), settings=ctx.params.get("settings"))
        desk = Desk(**{name: ctx.params.pop(name) for name in _OURS})
        ctx.obj = desk
        ctx.color = showing.colour_wanted()
        try:
            with Waiting():
                ctx.params = settled(ctx.params, desk.today)
                answer = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            raise OutputClosed from None
        except Exception as error:
            _count(desk, error)
            raise
        finally:
            desk.close()
        return answer


def _count(desk: Desk, error: Exception) -> None:
    from workplace_sdk.kernel.errors import NotSupported

    if isinstance(error, NotSupported):
        desk.went_out(error)


def desk_command(
    name: str, *, group: click.Group | None = None, **attributes: Any
) -> Callable[[Callable[..., object]], click.Command]:
    """Declare a command (of *group*, or one of its own) whose function takes the ``Desk`` first."""

    def declare(function: Callable[..., object]) -> click.Command:
        def wrapped(**kwargs: Any) -> object:
            return function(click.get_current_context().obj, **kwargs)

        decorate: Callable[[Callable[..., Any]], click.Command] = click.command(name, cls=DeskCommand, **attributes)
        made = decorate(update_wrapper(wrapped, function))
        if group is not None:
            group.add_command(made)
        return made

    return declare


yes_option = click.option("--yes", "-y", is_flag=True, help="Do not ask; for scripts.")
key_option = click.option("--key", type=KEY, help="Key of this write: the same key never does it twice, where the system can.")
for_option = click.option("--for", "who", type=PERSON, help="Someone else, where you may.")
person_option = click.option("--person", "who", type=PERSON, help="Someone else, where you may.")
