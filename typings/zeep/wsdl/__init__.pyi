from typing import Any

class Document:
    types: Any
    bindings: dict[str, Any]
    services: dict[str, Any]
    def __init__(self, location: str, transport: Any, *, settings: Any = ...) -> None: ...
