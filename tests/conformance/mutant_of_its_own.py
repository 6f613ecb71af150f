"""A connector whose source is wrong; in a file of its own, for its whole file is looked at."""

from __future__ import annotations

from workplace_sdk.connectors.local.leave import LocalLeave
from workplace_sdk.kernel.operation import read
from workplace_sdk.kernel.support import Native


class ForgetsFrom(LocalLeave):
    @read(support=Native(evidence="live"))
    def types(self, person=None):
        return (yield self.reading(lambda connection: ()))
