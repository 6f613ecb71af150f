"""Every error that can reach a caller, from the classes themselves: ``docs/errors.md``, where ``error.documentation`` leads.

    python scripts/errors_page.py            # print the page
    python scripts/errors_page.py --write    # write it

A test keeps it equal to what the classes say.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path

import workplace_sdk
from workplace_sdk.kernel.errors import Acts, WorkplaceError

PAGE = Path(__file__).resolve().parent.parent / "docs" / "errors.md"
HEAD = """\
# Errors

Every error is a `WorkplaceError` and says who can act: `error.acts`. No error of a library that is used underneath reaches you.

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

`error.code` is for programs: it does not change. `error.sentence("en")` and `error.sentence("nl")` are for the employee, `str(error)` is for the log
and in English, `error.details()` is what is known beside it, `error.connection` and `error.operation` say where. `error.documentation` leads to its
place on this page. The command has an [exit code](command.md#for-scripts) for each kind.

This page is made from the classes (`scripts/errors_page.py`).
"""
WHO = {
    Acts.PERSON: "the person",
    Acts.ADMINISTRATOR: "the administrator",
    Acts.DEVELOPER: "a developer",
    Acts.TIME: "time: later it may work",
}


def everything() -> list[type[WorkplaceError]]:
    """The errors of the package that have a code, parents before what is below them; what has none is told as what it is below."""
    for module in pkgutil.walk_packages(workplace_sdk.__path__, "workplace_sdk."):
        if module.name.split(".")[1] in ("kernel", "services") and "migrations" not in module.name:
            importlib.import_module(module.name)
    found: list[type[WorkplaceError]] = []

    def take(kind: type[WorkplaceError]) -> None:
        if kind.__module__.startswith(("workplace_sdk.kernel.", "workplace_sdk.services.")) and kind not in found:
            found.append(kind)
            for below in kind.__subclasses__():
                take(below)

    take(WorkplaceError)
    return [kind for kind in found if "code" in vars(kind)]


def about(kind: type[WorkplaceError]) -> Iterator[str]:
    """The lines about one error."""
    above = next(base for base in kind.__mro__[1:] if "code" in vars(base) or not issubclass(base, WorkplaceError))
    place = kind.__module__.removeprefix("workplace_sdk.")
    yield f"### {kind.code}"
    yield ""
    below = f", below `{above.__name__}`" if issubclass(above, WorkplaceError) else ""
    yield f"`{kind.__name__}`{below}, in `workplace_sdk.{place}`. Who can act: {WHO[kind.acts]}."
    if doc := inspect.getdoc(kind):
        text, _, attributes = doc.partition("Attributes:")
        yield ""
        yield " ".join(text.split()).replace("``", "`")
        if attributes:
            yield ""
            yield from _listed(attributes)
    yield ""
    yield f"> {kind.words.en}"
    yield ">"
    yield f"> *{kind.words.nl}*"
    yield ""


def _listed(attributes: str) -> Iterator[str]:
    """What a docstring says under ``Attributes:``, as a list."""
    for line in inspect.cleandoc(attributes).splitlines():
        if line.strip():
            name, colon, text = line.partition(":")
            text = text.strip().replace("``", "`")
            yield f"- `{name}`: {text}" if colon and not line.startswith(" ") else f"  {line.strip()}"


def page() -> str:
    """The whole page."""
    lines = [HEAD]
    kinds = everything()
    lines.append("## For every service\n")
    for kind in kinds:
        if kind.__module__.startswith("workplace_sdk.kernel."):
            lines += about(kind)
    for service in sorted(
        {kind.__module__.split(".")[2].partition("_")[0] for kind in kinds if ".services." in kind.__module__}
    ):
        lines.append(f"## {service.capitalize()}\n")
        for kind in kinds:
            if kind.__module__.startswith(f"workplace_sdk.services.{service}"):
                lines += about(kind)
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        PAGE.write_text(page(), "utf-8")
    else:
        print(page(), end="")
