"""Keeping a WSDL with all that it imports, once, when a connection is set up: a call never fetches any."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urljoin

from workplace_sdk.kernel.effects import Blocking, Steps
from workplace_sdk.kernel.errors import ConfigError, ProtocolError
from workplace_sdk.wires.http import Reply
from workplace_sdk.wires.soap.documents import SHIPPED, imports, location_of, relocate
from workplace_sdk.wires.soap.names import WSDL
from workplace_sdk.wires.soap.xml import BadXml, parsed

if TYPE_CHECKING:
    from workplace_sdk.wires.http import Http

_MOST = 100


def save(http: Http, path: str, folder: Path) -> Steps[Path]:
    """Fetch the WSDL at *path* and what it imports from the same host, and write all of it to *folder*.

    Imports then name the copies. Standard schemas are not fetched: this library has its own.

    Returns:
        The file of the WSDL, for ``Soap``.

    Raises:
        ProtocolError: What came is no WSDL, or an import leads to another host.
        ConfigError: The folder cannot be written.
    """
    names = {http.url(path): "service.wsdl"}
    done: dict[str, Any] = {}
    while len(done) < len(names):
        if len(names) > _MOST:
            raise ProtocolError(f"{path}: it imports more than {_MOST} files")
        address = next(one for one in names if one not in done)
        root = yield from _fetched(http, address)
        if not done and root.tag != f"{{{WSDL}}}definitions":
            raise ProtocolError(f"{path}: it is no WSDL")
        for node in imports(root):
            location = location_of(node)
            if location is None or node.get("namespace") in SHIPPED:
                continue
            target = http.url(urljoin(address, location))
            relocate(node, names.setdefault(target, f"import-{len(names)}{'.wsdl' if 'wsdl' in node.tag else '.xsd'}"))
        done[address] = root
    yield from Blocking(partial(_write, folder, {names[one]: root for one, root in done.items()}), what="writing the WSDL")
    return folder / "service.wsdl"


def _fetched(http: Http, address: str) -> Steps[Any]:
    reply = cast("object", (yield from http.get(address, headers={"Accept": "text/xml, application/wsdl+xml, */*"})))
    if not isinstance(reply, Reply):
        raise ProtocolError("fetching the WSDL gave no reply")
    try:
        return parsed(reply.body)
    except BadXml as error:
        raise ProtocolError(f"what is at {address.partition('?')[0]} is no XML: {error}", excerpt=reply.excerpt) from None


def _write(folder: Path, roots: dict[str, Any]) -> None:
    from lxml import etree

    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, root in roots.items():
            (folder / name).write_bytes(etree.tostring(root))
    except OSError as error:
        raise ConfigError(f"{folder}: {error.strerror or error}", key="wsdl") from None
