"""Reading LDIF, through python-ldap's own reader; addresses of other files in it are not fetched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from workplace_sdk.kernel.errors import ConfigError, InvalidInput
from workplace_sdk.wires.ldap.entries import Entry

if TYPE_CHECKING:
    from pathlib import Path


def read_ldif(path: Path) -> Iterator[Entry]:
    """Entries of the file, in order.

    Raises:
        InvalidInput: It is no LDIF.
        ConfigError: python-ldap is not installed.
    """
    try:
        import ldif
    except ImportError:
        raise ConfigError("reading LDIF needs the extra: pip install 'workplace-sdk[ldap]'") from None

    with path.open("rb") as stream:
        reader: Any = ldif.LDIFRecordList(stream)
        try:
            reader.parse_entry_records()
        except ValueError as error:
            raise InvalidInput(f"{path.name} is no LDIF: {error}", field="source") from error
    for dn, values in reader.all_records:
        yield Entry(dn, values)
