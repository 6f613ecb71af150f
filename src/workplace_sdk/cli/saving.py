"""Saving a file that a system keeps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from workplace_sdk.cli.showing import show, words

to_option = click.option(
    "--to",
    type=click.Path(),
    metavar="PATH",
    help="Where; the file's own name here by default. Never over a file that is there.",
)


def save(kept: Sequence[Any], name: str, to: str | None, fetch: Callable[[Any], bytes]) -> None:
    """Save the one of the *kept* attachments that is called *name* (or has that reference), as *fetch* of its reference gives it."""
    from workplace_sdk.kernel.errors import NotFound

    found = next((one for one in kept if name in {one.name, str(one.ref)}), None)
    if found is None:
        raise NotFound(f"there is no {name}; there is: {', '.join(one.name for one in kept) or '-'}", field="name")
    own = Path(found.name).name
    path = Path(to) if to else Path(own)
    _write(path / own if path.is_dir() else path, fetch(found.ref))


def _write(path: Path, content: bytes) -> None:
    try:
        with path.open("xb") as stream:
            stream.write(content)
    except FileExistsError:
        raise click.UsageError(words(f"{path} is there already", f"{path} bestaat al")) from None
    except OSError as error:
        raise click.UsageError(
            words(f"{path} cannot be written: {error.strerror}", f"{path} kan niet worden geschreven: {error.strerror}")
        ) from None
    show({"file": str(path), "bytes": len(content)}, {words("file", "bestand"): "file", "bytes": "bytes"})
