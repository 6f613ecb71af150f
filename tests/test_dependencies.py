"""What a user gets with the package may be used by everyone: no library under the GPL, directly or behind another."""

from __future__ import annotations

import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from packaging.requirements import Requirement

GPL = re.compile(r"(?<!L)(?<!LESSER )\bA?GPL|(?<!LESSER )GENERAL PUBLIC LICENSE", re.IGNORECASE)


def licence(one: Distribution) -> str:
    """What it says about itself. A licence's whole text is cut to its title."""
    told = [one.metadata["License-Expression"], (one.metadata["License"] or "")[:200]]
    told += [name for name in one.metadata.get_all("Classifier") or [] if name.startswith("License ::")]
    return " ".join(part for part in told if part)


def required(name: str, extras: frozenset[str], found: dict[str, str]) -> None:
    """Add to *found* the licence of *name* and of everything it needs here."""
    try:
        one = distribution(name)
    except PackageNotFoundError:
        return  # needed elsewhere, or an extra that could not be built here
    found[name] = licence(one)
    for line in one.requires or []:
        needed = Requirement(line)
        wanted = needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras | {""})
        if wanted and needed.name not in found:
            required(needed.name, frozenset(needed.extras), found)


def test_no_library_is_under_the_gpl() -> None:
    found: dict[str, str] = {}
    required(
        "workplace-sdk",
        frozenset(
            {"ldap", "soap", "soap-signature", "negotiate", "oauth", "httpx2", "smtp", "postgres", "keyring", "conformance"}
        ),
        found,
    )
    assert {"httpx", "pydantic", "sqlalchemy"} <= found.keys()
    assert {name: told for name, told in found.items() if GPL.search(told)} == {}
    assert [name for name, told in found.items() if not told] == []


def test_what_the_gpl_is_called() -> None:
    assert GPL.search("GPL-3.0-only")
    assert GPL.search("AGPL-3.0-or-later")
    assert GPL.search("License :: OSI Approved :: GNU General Public License v3 (GPLv3)")
    assert not GPL.search("LGPL-3.0-only")
    assert not GPL.search("License :: OSI Approved :: GNU Lesser General Public License v3 (LGPLv3)")
