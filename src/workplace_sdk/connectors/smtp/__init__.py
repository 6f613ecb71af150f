"""A mail server, for what is sent by mail: orders to a caterer, invitations. It offers no service of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workplace_sdk.kernel.connector import Connector
from workplace_sdk.wires.smtp import Smtp, SmtpSettings

if TYPE_CHECKING:
    from workplace_sdk.kernel.effects import Steps

__all__ = ["Mail", "SmtpSettings"]


class Mail(Connector):
    """One mail server and the address that mail comes from."""

    settings_type = SmtpSettings
    settings: SmtpSettings

    def __init__(self, name: str, settings: SmtpSettings, surroundings: Mapping[str, Any] | None = None) -> None:
        super().__init__(name, settings, surroundings)
        self.smtp = Smtp(settings, self.surroundings.get("directory"))

    def ping(self) -> Steps[str]:
        """Connect and log in."""
        yield from self.smtp.hello()
        return f"{self.settings.host} as {self.settings.user or 'nobody'}, from {self.settings.sender}"
