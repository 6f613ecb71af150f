from typing import Any

class ListType:
    item_type: Any

class UnionType: ...
