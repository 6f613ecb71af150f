"""Where secrets are kept: settings hold references to them, never the secrets themselves."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, model_validator

from workplace_sdk.kernel.errors import ConfigError


class Secret(BaseModel):
    """Where a secret is kept: an environment variable, a file, or the keyring. Read anew at each use, shown never.

    Attributes:
        env: Name of an environment variable.
        file: Path of a file whose first line it is.
        keyring: Service name in the system's keyring; *user* is the entry's user name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    env: str | None = None
    file: Path | None = None
    keyring: str | None = None
    user: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _no_literal(cls, value: object) -> object:
        if isinstance(value, str):
            raise ValueError(  # noqa: TRY004 - pydantic wants ValueError
                'a secret is not written in this file: write { env = "NAME" }, { file = "path" } '
                'or { keyring = "service", user = "name" }'
            )
        return value

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if sum(place is not None for place in (self.env, self.file, self.keyring)) != 1:
            raise ValueError("give one of env, file, keyring")
        if (self.keyring is None) != (self.user is None):
            raise ValueError("keyring and user go together")
        return self

    def reveal(self) -> str:
        """The secret, now; ``ConfigError`` when it is not where it should be."""
        if self.env is not None:
            value = os.environ.get(self.env)
            place = f"environment variable {self.env}"
        elif self.file is not None:
            value = _first_line(self.file)
            place = f"file {self.file}"
        else:
            value = _from_keyring(str(self.keyring), str(self.user))
            place = f"keyring entry {self.keyring} of {self.user}"
        if not value:
            raise ConfigError(f"the secret is not there: {place} is missing or empty")
        return value

    def replace(self, value: str) -> None:
        """Keep *value* there instead, for who reads it next; ``ConfigError`` when that cannot be."""
        if self.file is not None:
            _write(self.file.expanduser(), value)
        elif self.keyring is not None:
            _to_keyring(self.keyring, str(self.user), value)
        else:
            raise ConfigError(f"a secret in the environment ({self.env}) cannot be replaced: keep it in a file or the keyring")


def _first_line(path: Path) -> str | None:
    try:
        lines = path.expanduser().read_text("utf-8").splitlines()
    except OSError:
        return None
    return lines[0] if lines else None


def _write(path: Path, value: str) -> None:
    """Whole or not at all, and for its owner only."""
    import tempfile

    try:
        with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", delete=False, encoding="utf-8") as file:
            file.write(f"{value}\n")
        Path(file.name).replace(path)
    except OSError as error:
        raise ConfigError(f"the secret cannot be written to {path}: {error.strerror}") from error


def _keyring() -> Any:
    try:
        import keyring
    except ImportError:
        raise ConfigError("the keyring needs the extra: pip install 'workplace-sdk[keyring]'") from None
    return keyring


def _from_keyring(service: str, user: str) -> str | None:
    keyring = _keyring()
    try:
        value: str | None = keyring.get_password(service, user)
    except keyring.errors.KeyringError as error:
        raise ConfigError(f"the keyring cannot be read: {error}") from error
    return value


def _to_keyring(service: str, user: str, value: str) -> None:
    keyring = _keyring()
    try:
        keyring.set_password(service, user, value)
    except keyring.errors.KeyringError as error:
        raise ConfigError(f"the keyring cannot be written: {error}") from error
