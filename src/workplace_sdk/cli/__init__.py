"""The ``workplace`` command."""

from __future__ import annotations


def main() -> None:
    """Entry point of the ``workplace`` command."""
    from workplace_sdk.cli.root import run

    run()
