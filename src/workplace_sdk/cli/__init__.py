"""The ``workplace`` command."""

from __future__ import annotations


def main() -> None:
    """Entry point of the ``workplace`` command."""
    import atexit
    import gc

    # A command is short. Looking for garbage while it imports, and among all modules when it ends, costs a quarter of it.
    gc.set_threshold(400_000, 50, 50)
    atexit.register(gc.freeze)
    try:
        from workplace_sdk.cli.root import run

        run()
    except KeyboardInterrupt:  # before there is anything that could say so
        raise SystemExit(130) from None
