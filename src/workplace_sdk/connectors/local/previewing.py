"""Previews of the local store: our own arithmetic, put right by what the store said when it was asked to do it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from workplace_sdk.kernel.preview import Origin, Preview, PreviewLine, Weight
from workplace_sdk.services.refusals import blocker_line

if TYPE_CHECKING:
    from workplace_sdk.connectors.local.base import Verdict

DONE: Final = PreviewLine(
    code="done",
    en="This was done already: doing it again changes nothing.",
    nl="Dit is al gedaan: opnieuw doen verandert niets.",
    origin=Origin.BACKEND,
)
_ABOUT: Final = frozenset(
    {"meeting", "times", "request", "charged", "sick", "recovered", "waiting", "report", "receipt", "decide", "ticket"}
)
"""Lines that say what it is about."""
_FOR_OTHERS: Final = frozenset({"restricted-room"})
"""Warnings that the store knows to concern others, when it does what was asked."""
TOLD_BY: Final[Mapping[str, str]] = {"insufficient-balance": "balance_after", "overlapping-leave": "overlap"}
"""Lines that tell a refusal, where they are not called as it is."""


def agreed(told: Preview, verdict: Verdict[Any], more: Iterable[PreviewLine] = ()) -> Preview:
    """What was *told*, put right by what became of the write when it was tried."""
    lines, refusal = list(told.lines), verdict.refusal
    if verdict.done:
        lines = [*(line for line in lines if line.code in _ABOUT), DONE]
    elif refusal is None:
        lines = [line for line in lines if line.weight is not Weight.BLOCKER and line.code not in _FOR_OTHERS]
    else:
        names = {refusal.code, TOLD_BY.get(refusal.code)}
        if not any(line.code in names and line.weight is Weight.BLOCKER for line in lines):
            lines = [line for line in lines if line.code not in names]
            lines.append(blocker_line(refusal, origin=Origin.BACKEND))
    return told.model_copy(update={"lines": (*lines, *more)})
