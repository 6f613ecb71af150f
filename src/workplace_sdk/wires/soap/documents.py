"""A WSDL with all that it imports, read once, from files only: beside it, named in a catalogue, or shipped with this library."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from attrs import field, frozen

from workplace_sdk.kernel.errors import ConfigError
from workplace_sdk.wires.soap.names import ENCODING, WSDL, XMIME, XML, XSD

if TYPE_CHECKING:
    from collections.abc import Callable

SHIPPED: Final = {ENCODING: "soap-encoding.xsd", XML: "xml.xsd", XMIME: "xmlmime.xsd"}
"""Standard schemas that WSDLs refer to by namespace or by an address on the web."""
SCHEMAS: Final = Path(__file__).with_name("schemas")
_IMPORTS: Final = {
    f"{{{WSDL}}}import": "location",
    f"{{{XSD}}}import": "schemaLocation",
    f"{{{XSD}}}include": "schemaLocation",
    f"{{{XSD}}}redefine": "schemaLocation",
}
_MOST: Final = 500
"""Files of one WSDL, at most."""


@frozen
class WsdlFiles:
    """Where a WSDL and what it imports may be read from.

    Attributes:
        root: The WSDL.
        folder: Nothing outside of it is read.
        catalogue: Files for addresses and namespaces that the WSDL imports from elsewhere.
    """

    root: Path
    folder: Path
    catalogue: Mapping[str, Path] = field(factory=dict[str, Path])

    @classmethod
    def at(
        cls, wsdl: Path | str, folder: Path | str | None = None, catalogue: Mapping[str, Path | str] | None = None
    ) -> WsdlFiles:
        """*wsdl* and what is in its folder, or in *folder* above it."""
        root = Path(wsdl).resolve()
        catalogued = {name: Path(path).resolve() for name, path in (catalogue or {}).items()}
        return cls(root, Path(folder).resolve() if folder else root.parent, catalogued)

    def content(self, path: Path) -> bytes:
        """The bytes of a file; ``ConfigError`` when there is none."""
        try:
            return path.read_bytes()
        except OSError as error:
            raise ConfigError(f"{path}: {error.strerror or error}", key="wsdl") from None

    def named(self, path: Path) -> str:
        """*path* as it is written down in a compiled form."""
        return path.relative_to(self.folder).as_posix() if path.is_relative_to(self.folder) else str(path)

    def unchanged(self, sources: Mapping[str, str], root: bytes) -> bool:
        """Whether the files that a form was compiled from still have the same content. *root* is that of the WSDL."""
        for name, digest in sources.items():
            path = self.folder / name
            try:
                content = root if path == self.root else path.read_bytes()
            except OSError:
                return False
            if digest_of(content) != digest:
                return False
        return True


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@frozen
class Documents:
    """What was read: for the compiler, every document under a name of ours with its imports naming those.

    Attributes:
        texts: By name; ``/0`` is the WSDL.
        roots: The same, parsed.
        sources: The digest of each file, by its path in the folder.
    """

    texts: Mapping[str, bytes]
    roots: Mapping[str, Any]
    sources: Mapping[str, str]


def load(files: WsdlFiles) -> Documents:
    """Read the WSDL and everything that it imports.

    Raises:
        ConfigError: A file is missing, is no XML, has a DTD, or imports something that is not here.
    """
    return _Loading(files).done()


class _Loading:
    def __init__(self, files: WsdlFiles) -> None:
        self.files = files
        self.names: dict[Path, str] = {}
        self.roots: dict[str, Any] = {}
        self.sources: dict[str, str] = {}
        self.waiting: list[Path] = []

    def done(self) -> Documents:
        from lxml import etree

        tostring: Callable[..., bytes] = etree.tostring
        self._name(self.files.root)
        while self.waiting:
            self._read(self.waiting.pop(0))
        return Documents({name: tostring(root) for name, root in self.roots.items()}, self.roots, self.sources)

    def _name(self, path: Path) -> str:
        if path not in self.names:
            if len(self.names) >= _MOST:
                raise ConfigError(f"{self.files.root} imports more than {_MOST} files", key="wsdl")
            self.names[path] = f"/{len(self.names)}"
            self.waiting.append(path)
        return self.names[path]

    def _read(self, path: Path) -> None:
        from workplace_sdk.wires.soap.xml import BadXml, parsed

        content = self.files.content(path)
        try:
            root = parsed(content)
        except BadXml as error:
            raise ConfigError(f"{path}: {error}", key="wsdl") from None
        if not path.is_relative_to(SCHEMAS):
            self.sources[self.files.named(path)] = digest_of(content)
        for schema in root.iter(f"{{{XSD}}}schema"):
            _import_encoding(schema)
        for node in imports(root):
            found = self._found(node, path)
            if found is not None:
                node.set(_IMPORTS[node.tag], self._name(found))
        self.roots[self.names[path]] = root

    def _found(self, node: Any, path: Path) -> Path | None:
        """The file that an import means; ``None`` for one that names no place, such as another schema of the same WSDL."""
        location: str | None = node.get(_IMPORTS[node.tag])
        namespace: str | None = node.get("namespace")
        for name in (location, namespace):
            if name is not None and name in self.files.catalogue:
                return self.files.catalogue[name]
        elsewhere = location is not None and urlsplit(location).scheme not in ("", "file")
        if namespace in SHIPPED and (elsewhere or location is None):
            return SCHEMAS / SHIPPED[namespace]
        if location is None:
            return None
        if elsewhere:
            raise ConfigError(
                f"{path}: imports {location}, which is not here and is never fetched: name a copy in catalogue, "
                "or keep the whole set with save()",
                key="wsdl",
            )
        target = (path.parent / urlsplit(location).path).resolve()
        allowed = target.is_relative_to(self.files.folder) or path.is_relative_to(SCHEMAS)
        if not allowed and target not in self.files.catalogue.values():
            raise ConfigError(f"{path}: imports {location}, which is outside of {self.files.folder}", key="wsdl")
        return target


def _import_encoding(schema: Any) -> None:
    """Name the import of SOAP encoding where it is used without one, as many WSDLs do."""
    named = any(node.get("namespace") == ENCODING for node in schema.findall(f"{{{XSD}}}import"))
    if ENCODING in schema.nsmap.values() and not named:
        schema.insert(0, schema.makeelement(f"{{{XSD}}}import", {"namespace": ENCODING}))


def imports(root: Any) -> Iterator[Any]:
    """The elements of a document that import another."""
    return iter([node for node in root.iter(*_IMPORTS) if node.get("namespace") != XSD])


def location_of(node: Any) -> str | None:
    """Where an import says that the other document is."""
    location: str | None = node.get(_IMPORTS[node.tag])
    return location


def relocate(node: Any, location: str) -> None:
    """Have an import name another place."""
    node.set(_IMPORTS[node.tag], location)
