"""Finding, in the source of a connector, where a body forgot ``yield from``: such a body does not do what it says.

await_nothing = yield self.get.steps(ref)       # gives the generator itself to the driver
found = self.get.steps(ref)                     # is never performed
reply = yield http.get("/x")                    # works by accident, and is typed as Any
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from attrs import frozen

_DECORATORS = frozenset({"read", "write", "pages", "previews", "reconciles"})
_STEPS = frozenset({"Steps", "PageSteps"})


@frozen
class Forgotten:
    """A line of a body that does not do what it says, and what to write instead."""

    line: int
    function: str
    hint: str


def forgotten(source: str) -> Iterator[Forgotten]:
    """What bodies in *source* forgot, by line."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and _is_body(node):
            yield from _looked_at(node)


def _is_body(function: ast.FunctionDef) -> bool:
    """Whether a driver, or another body, runs this function."""
    for decorator in function.decorator_list:
        named = decorator.func if isinstance(decorator, ast.Call) else decorator
        if getattr(named, "attr", getattr(named, "id", "")) in _DECORATORS:
            return True
    returns = function.returns
    return isinstance(returns, ast.Subscript) and getattr(returns.value, "id", "") in _STEPS


def _looked_at(function: ast.FunctionDef) -> Iterator[Forgotten]:
    nodes = list(_own(function))
    generator = any(isinstance(node, ast.Yield | ast.YieldFrom) for node in nodes)
    for node in nodes:
        if isinstance(node, ast.Yield) and node.value is not None and not _is_page(node.value):
            yield Forgotten(node.lineno, function.name, "write 'yield from' instead of 'yield'")
        if isinstance(node, ast.Expr | ast.Assign | ast.AnnAssign) or (isinstance(node, ast.Return) and generator):
            value = node.value
            typed = getattr(getattr(node, "annotation", None), "value", None)
            if getattr(typed, "id", "") in _STEPS:
                continue  # kept on purpose, and performed later
            if isinstance(value, ast.Call) and getattr(value.func, "attr", "") == "steps":
                yield Forgotten(node.lineno, function.name, "write 'yield from' before .steps(...): it is not performed")


def _own(function: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function without those of functions inside it."""
    for node in ast.iter_child_nodes(function):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            yield node
            yield from _own(node)


def _is_page(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and getattr(value.func, "id", "") == "Page"
