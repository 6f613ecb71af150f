"""A write right after its preview, and that the two agree."""

from __future__ import annotations

from typing import Any

from workplace_sdk.connectors.local.previewing import TOLD_BY
from workplace_sdk.kernel.errors import Rejected
from workplace_sdk.kernel.keys import Key
from workplace_sdk.kernel.preview import Preview


def agreeing(operation: Any, *args: Any, **kwargs: Any) -> tuple[Preview, Any]:
    """Preview and do it: refused for a reason that the preview tells, or done as the preview has nothing against it.

    Raises:
        Rejected: It was refused, as the preview said.
    """
    try:
        told: Preview = operation.preview(*args, **kwargs)
    except Rejected as foretold:
        try:
            done = operation(*args, **kwargs)
        except Rejected as refused:
            assert refused.code == foretold.code, (operation.operation.name, foretold, refused)
            raise
        raise AssertionError(f"{operation.operation.name}: the preview said {foretold!r}, and it was done: {done!r}") from None
    codes = {line.code for line in told.blockers}
    try:
        done = operation(*args, **{**kwargs, "key": Key(told.key)})
    except Rejected as refused:
        assert {refused.code, TOLD_BY.get(refused.code)} & codes, (operation.operation.name, refused, told.lines)
        raise
    assert not codes, (operation.operation.name, told.blockers, done)
    return told, done
