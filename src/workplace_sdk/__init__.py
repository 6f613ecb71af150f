"""The small things hundreds of people do every day, over the systems an organisation already has.

    from workplace_sdk import Workplace

    with Workplace.open() as work:
        print(work.leave.balances())

Names are loaded when first used: ``import workplace_sdk`` costs nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as typing has it, without importing typing
if TYPE_CHECKING:
    from typing import Any

    from workplace_sdk.kernel.errors import (
        ConfigError,
        Conflict,
        InvalidInput,
        NotFound,
        NotSupported,
        OutcomeUnknown,
        ProtocolError,
        Rejected,
        Unauthorized,
        Unavailable,
        WorkplaceError,
    )
    from workplace_sdk.kernel.failures import Safety
    from workplace_sdk.kernel.keys import Key, new_key
    from workplace_sdk.kernel.support import Absent, HandOff, Native
    from workplace_sdk.services.common import Decision, Money, PersonRef, Ref, Span, Upload
    from workplace_sdk.settings import Settings
    from workplace_sdk.workplace import Workplace

__all__ = [
    "Absent",
    "ConfigError",
    "Conflict",
    "Decision",
    "HandOff",
    "InvalidInput",
    "Key",
    "Money",
    "Native",
    "NotFound",
    "NotSupported",
    "OutcomeUnknown",
    "PersonRef",
    "ProtocolError",
    "Ref",
    "Rejected",
    "Safety",
    "Settings",
    "Span",
    "Unauthorized",
    "Unavailable",
    "Upload",
    "Workplace",
    "WorkplaceError",
    "new_key",
]

_HOMES = {
    "kernel.errors": (
        "ConfigError", "Conflict", "InvalidInput", "NotFound", "NotSupported", "OutcomeUnknown", "ProtocolError",
        "Rejected", "Unauthorized", "Unavailable", "WorkplaceError",
    ),
    "kernel.failures": ("Safety",),
    "kernel.keys": ("Key", "new_key"),
    "kernel.support": ("Absent", "HandOff", "Native"),
    "services.common": ("Decision", "Money", "PersonRef", "Ref", "Span", "Upload"),
    "settings": ("Settings",),
    "workplace": ("Workplace",),
}  # fmt: skip
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("workplace-sdk")
    if name in _HOME_OF:
        from importlib import import_module

        value = getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
