"""The ``workplace`` command."""

from __future__ import annotations


def main() -> None:
    """Entry point of the ``workplace`` command."""
    import gc

    gc.set_threshold(100_000, 50, 50)  # a command is short: looking for garbage while importing costs a tenth of it
    from workplace_sdk.cli.root import run

    run()
