"""Every right and who has it without a role, from the services' interfaces: the table in ``docs/identity.md``.

    python scripts/rights_table.py            # print the table
    python scripts/rights_table.py --write    # write it into the page

A test keeps it equal to what the classes say.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from workplace_sdk.kernel.operation import Service
from workplace_sdk.settings import SERVICES
from workplace_sdk.workplace import interface_of

PAGE = Path(__file__).resolve().parent.parent / "docs" / "identity.md"
BEGIN, END = "<!-- made by scripts/rights_table.py -->\n", "<!-- end -->\n"
BY_COMMAND = {"import": "`workplace import`", "experts.sync": "`workplace sync`"}
"""Rights that no operation declares: ``Workplace.administer`` checks them."""


def interfaces() -> list[type[Service]]:
    """The five services, and what spans them."""
    spanning = import_module("workplace_sdk.spanning").Spanning
    meetings = import_module("workplace_sdk.services.meetings").Meetings
    return [*(interface_of(name) for name in SERVICES), meetings, spanning]


def rights() -> dict[str, dict[str, set[str]]]:
    """Operations by right and by who may without a role."""
    found: dict[str, dict[str, set[str]]] = {}
    for interface in interfaces():
        for name, operation in interface.operations().items():
            assert operation.access is not None, f"{interface.__name__}.{name} says not who may"
            who = ", ".join(sorted(relation.value for relation in operation.access.relations)) or "roles only"
            shown = f"{interface.service}.{name}" if interface.service != "workplace" else f"work.{name}"
            found.setdefault(operation.access.right, {}).setdefault(who, set()).add(f"`{shown}`")
    for right, what in BY_COMMAND.items():
        found.setdefault(right, {}).setdefault("roles only", set()).add(what)
    return found


def table() -> Iterator[str]:
    """The lines of the table."""
    yield "| right | without a role | for |"
    yield "|---|---|---|"
    names = {"anyone": "anyone", "self": "oneself", "manager": "who is above", "roles only": "nobody"}
    for right, uses in sorted(rights().items()):
        for who, operations in sorted(uses.items()):
            shown = (
                ", ".join(names[one] for one in sorted(who.split(", "), reverse=True)) if who in names or "," in who else who
            )
            yield f"| `{right}` | {shown} | {', '.join(sorted(operations))} |"


def written_page() -> str:
    """The page with its table made anew."""
    text = PAGE.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{chr(10).join(table())}\n{END}{after}"


def main() -> None:
    if "--write" in sys.argv[1:]:
        PAGE.write_text(written_page(), "utf-8")
    else:
        print("\n".join(table()))


if __name__ == "__main__":
    main()
