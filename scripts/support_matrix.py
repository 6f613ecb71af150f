"""What each connector of the package offers, from its classes: ``docs/support.md`` and the table in the README.

    python scripts/support_matrix.py            # print the page
    python scripts/support_matrix.py --write    # write both

A test keeps them equal to what the classes say.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

from workplace_sdk.kernel.operation import Service
from workplace_sdk.kernel.support import Absent, HandOff, Native, Support
from workplace_sdk.settings import SERVICES
from workplace_sdk.workplace import ENTRY_POINTS, interface_of

ROOT = Path(__file__).resolve().parent.parent
PAGE, README = ROOT / "docs" / "support.md", ROOT / "README.md"
BEGIN, END = "<!-- made by scripts/support_matrix.py -->\n", "<!-- end -->\n"
HEAD = """\
# Support

What each connector offers, made from the classes themselves (`scripts/support_matrix.py`). `workplace support` shows the same for
your own settings, which may narrow it.

**live**: its tests run against the real server. **recorded**: against exchanges recorded once from a real server. **transcribed**: against
exchanges written down from a real server. **contract**: against the vendor's published interface. **documented**: by the vendor's
documentation alone. *link*: not done here; the refusal carries a link to the system's own screen. A dash: refused before anything is sent.
"""


def connectors() -> dict[str, dict[str, type[Service]]]:
    """Service classes by connector and service."""
    found: dict[str, dict[str, type[Service]]] = {}
    for point in sorted(entry_points(group=ENTRY_POINTS), key=lambda point: (point.name != "local", point.name)):
        if point.dist is not None and point.dist.name == "workplace-sdk":
            kind = point.load()
            services = {name: kind.service_class(name) for name in SERVICES}
            if offered := {name: service for name, service in services.items() if service is not None}:
                found[point.name] = offered
    return found


def cell(support: Support) -> str:
    if isinstance(support, Native):
        more = [f"without {', '.join(sorted(support.without))}"] if support.without else []
        more += [f"{name} at most {most}" for name, most in support.limits.items()]
        more += [support.note] if support.note else []
        return support.evidence + (f" ({'; '.join(more)})" if more else "")
    if isinstance(support, HandOff):
        return f"*link*: {support.label}"
    assert isinstance(support, Absent)
    return "-"


def page() -> Iterator[str]:
    """The lines of ``docs/support.md``."""
    yield HEAD
    offered = connectors()
    for service in SERVICES:
        interface = interface_of(service)
        having = {name: services[service] for name, services in offered.items() if service in services}
        yield f"## {interface.__name__}\n"
        yield f"| operation | what | {' | '.join(having)} |"
        yield f"|---|---|{'---|' * len(having)}"
        for name, operation in interface.operations().items():
            what = (operation.__doc__ or "").strip().splitlines()[0].rstrip(":").replace("|", "\\|").replace("``", "`")
            cells = " | ".join(cell(kind.declared_support(name)) for kind in having.values())
            yield f"| `{name}` | {what} | {cells} |"
        reasons = [
            f"- `{name}` on {connector}: {support.reason}."
            for connector, kind in having.items()
            for name in interface.operations()
            if isinstance(support := kind.declared_support(name), Absent)
        ]
        yield ""
        if reasons:
            yield "\n".join(reasons)
            yield ""


def summary() -> Iterator[str]:
    """The lines of the README's table."""
    offered = connectors()
    yield f"| | {' | '.join(offered)} |"
    yield f"|---|{'---|' * len(offered)}"
    for service in SERVICES:
        yield f"| {service.capitalize()} | {' | '.join(_short(services.get(service)) for services in offered.values())} |"


MOST_NAMED = 3
"""Operations that are not there, by name: with more of them the page has the names."""


def _short(kind: type[Service] | None) -> str:
    if kind is None:
        return "-"
    supports = {name: kind.declared_support(name) for name in kind.operations()}
    evidence = sorted({support.evidence for support in supports.values() if isinstance(support, Native)})
    missing = sorted(name for name, support in supports.items() if not isinstance(support, Native))
    told = ", ".join(evidence)
    if len(missing) > MOST_NAMED:
        return f"{told}: {len(supports) - len(missing)} of {len(supports)} operations"
    return told + (f"; not: {', '.join(f'`{name}`' for name in missing)}" if missing else "")


def written_readme() -> str:
    """The README with its table made anew."""
    text = README.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{chr(10).join(summary())}\n{END}{after}"


def written_page() -> str:
    """The page as it should be."""
    return "\n".join(page()).rstrip() + "\n"


def main() -> None:
    if "--write" in sys.argv[1:]:
        README.write_text(written_readme(), "utf-8")
        PAGE.write_text(written_page(), "utf-8")
    else:
        print(written_page(), end="")


if __name__ == "__main__":
    main()
