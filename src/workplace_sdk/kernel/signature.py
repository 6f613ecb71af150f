"""The parameters of a method, read from its code object: what ``inspect.signature`` says, without its cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import Factory, field, frozen

_VAR_POSITIONAL = 0x04
_VAR_KEYWORD = 0x08
_REQUIRED = object()


@frozen
class Parameters:
    """Names, kinds and defaults, without ``self``."""

    positional: tuple[str, ...]
    keyword_only: tuple[str, ...]
    defaults: Mapping[str, Any] = field(hash=False)
    annotations: Mapping[str, str] = field(hash=False)
    names: tuple[str, ...] = field(
        init=False, default=Factory(lambda self: (*self.positional, *self.keyword_only), takes_self=True)
    )

    def default_of(self, name: str) -> Any:
        """The default of *name*; a unique object when it has none."""
        return self.defaults.get(name, _REQUIRED)

    def bind(self, function: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Arguments by name, defaults included; ``TypeError`` for one too many, unknown or missing."""
        if len(args) > len(self.positional):
            raise TypeError(f"{function}() takes {len(self.positional)} positional arguments but {len(args)} were given")
        bound = dict(zip(self.positional, args, strict=False))
        for name, value in kwargs.items():
            if name in bound:
                raise TypeError(f"{function}() got multiple values for argument {name!r}")
            if name not in self.names:
                raise TypeError(f"{function}() got an unexpected keyword argument {name!r}")
            bound[name] = value
        if len(bound) < len(self.names):
            for name in self.names:
                if name not in bound:
                    if name not in self.defaults:
                        raise TypeError(f"{function}() missing required argument: {name!r}")
                    bound[name] = self.defaults[name]
        return bound

    def __str__(self) -> str:
        def one(name: str) -> str:
            text = f"{name}: {self.annotations[name]}" if name in self.annotations else name
            return f"{text} = {self.defaults[name]!r}" if name in self.defaults else text

        parts = [one(name) for name in self.positional]
        if self.keyword_only:
            parts += ["*", *(one(name) for name in self.keyword_only)]
        return f"({', '.join(parts)})"


def parameters_of(function: Callable[..., Any]) -> Parameters:
    """The parameters of a method; ``TypeError`` when it takes ``*args`` or ``**kwargs``."""
    code = function.__code__
    if code.co_flags & (_VAR_POSITIONAL | _VAR_KEYWORD):
        raise TypeError(f"{function.__qualname__}: an operation names its parameters, no *args or **kwargs")
    names = code.co_varnames
    positional = names[1 : code.co_argcount]
    keyword_only = names[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    values = function.__defaults__ or ()
    defaults = dict(zip(positional[len(positional) - len(values) :], values, strict=True)) | (function.__kwdefaults__ or {})
    annotations = {name: _spelled(note) for name, note in function.__annotations__.items()}
    return Parameters(positional, keyword_only, defaults, annotations)


def _spelled(annotation: object) -> str:
    return annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))


def same_signature(one: Parameters, other: Parameters) -> bool:
    """Whether two methods can be called with the same arguments and mean the same by leaving one out.

    Types are left to the type checkers, which compare them better than their spelling does.
    """
    return (
        one.positional == other.positional
        and set(one.keyword_only) == set(other.keyword_only)
        and dict(one.defaults) == dict(other.defaults)
    )
