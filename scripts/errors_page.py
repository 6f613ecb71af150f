"""Every error with its code, from its class: ``docs/errors.md``.

    python scripts/errors_page.py            # print the page
    python scripts/errors_page.py --write    # write it

A test keeps it equal to what the classes say.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from workplace_sdk.kernel.errors import Acts, WorkplaceError
from workplace_sdk.settings import SERVICES

PAGE = Path(__file__).resolve().parent.parent / "docs" / "errors.md"
HEAD = """\
# Errors

Every error says who can act. Only these cross the surface of the library: no error of httpx, of a directory or of a database.

```python
from workplace_sdk import NotSupported, OutcomeUnknown, Rejected, Unavailable


def submitted(leave, draft):
    try:
        return leave.submit(draft)
    except Rejected as error:  # tell the person; nothing was recorded
        return error.sentence("nl")
    except NotSupported as error:  # it can be done there; nothing was sent
        return error.handoff
    except OutcomeUnknown as error:  # look before repeating
        return leave.submit.reconcile(error.key)
    except Unavailable as error:  # later
        return error.retry_after
```

`error.code` is stable, `error.sentence("en")` and `error.sentence("nl")` are for the employee, `str(error)` is for the log and in English,
`error.details()` is what is known beside it, `error.documentation` leads here. `error.connection` and `error.operation` say where.

| who acts | what it means | exit code of the command |
|---|---|---|
"""
ACTS = {
    Acts.PERSON: "the employee: ask something else, do it elsewhere, or look whether it was done",
    Acts.ADMINISTRATOR: "the administrator: the settings, a password or a right",
    Acts.TIME: "nobody: try again later",
    Acts.DEVELOPER: "a developer: please report it",
}
CODES = {Acts.PERSON: "4, 6, 7 or 9", Acts.ADMINISTRATOR: "3 or 5", Acts.TIME: "8", Acts.DEVELOPER: "10"}
ROOMS = (*SERVICES, "meetings")
ROOTS = ("kernel.errors", *(f"services.{name}" for name in ROOMS))


def errors() -> list[type[WorkplaceError]]:
    """Every error with a code of its own: the kernel's, then each service's, in the order in which they are written."""
    for name in ROOTS:
        import_module(f"workplace_sdk.{name}")
    found = sorted(_below(WorkplaceError), key=lambda kind: (_room(kind), inspect.getsourcelines(kind)[1]))
    return [kind for kind in found if "code" in vars(kind)]


def _below(kind: type[WorkplaceError]) -> set[type[WorkplaceError]]:
    direct = {one for one in kind.__subclasses__() if one.__module__.startswith("workplace_sdk.")}
    return direct.union(*(_below(one) for one in direct)) if direct else direct


def _room(kind: type[WorkplaceError]) -> int:
    names = ("kernel", *ROOMS)
    return next((index for index, name in enumerate(names) if name in kind.__module__), len(names))


def page() -> Iterator[str]:
    """The lines of the page."""
    rows = "".join(f"| {name} | {told} | {CODES[name]} |\n" for name, told in ACTS.items())
    yield HEAD + rows
    titles, seen = (
        ("Of the library", "Leave", "Colleagues", "Rooms", "Expenses", "Incidents", "Meetings over several systems"),
        -1,
    )
    for kind in errors():
        if (room := _room(kind)) != seen:
            seen = room
            yield f"## {titles[room]}\n"
        yield from _entry(kind)


def _entry(kind: type[WorkplaceError]) -> Iterator[str]:
    """One error: its heading is its code, so that a link can lead to it."""
    text = inspect.cleandoc(kind.__doc__ or "")
    said, _, attributes = text.partition("\nAttributes:\n")
    parents = [base.__name__ for base in kind.__mro__[1:] if base.__name__ not in {"Exception", "BaseException", "object"}]
    yield f"### {kind.code}\n"
    yield f"`{kind.__name__}` ({', a '.join(name for name in parents[:1] if not name.startswith('_')) or 'Rejected'}); who acts: {kind.acts}.\n"
    yield " ".join(said.split()).replace("``", "`") + "\n"
    if attributes:
        yield "\n".join(f"- `{name.strip()}`: {' '.join(told.split())}" for name, told in _attributes(attributes)) + "\n"
    yield f"> {kind.words.en}\n>\n> *{kind.words.nl}*\n"


def _attributes(text: str) -> Iterator[tuple[str, str]]:
    lines: list[str] = []
    for line in inspect.cleandoc(text).splitlines():
        if line and not line.startswith(" "):
            lines.append(line)
        elif lines and line.strip():
            lines[-1] += f" {line.strip()}"
    for line in lines:
        name, _, told = line.partition(":")
        yield name, told.replace("``", "`")


def written_page() -> str:
    """The page as it should be."""
    return "\n".join(page()).rstrip() + "\n"


def main() -> None:
    if "--write" in sys.argv[1:]:
        PAGE.write_text(written_page(), "utf-8")
    else:
        print(written_page(), end="")


if __name__ == "__main__":
    main()
