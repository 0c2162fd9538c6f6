"""Puts off a module that a library imports and our programs hardly ever touch, until somebody touches it."""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any


class _Deferred(ModuleType):
    """Stands in the place of a module; the first thing that anybody wants of it loads the real one."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


def defer(name: str) -> None:
    """Let the next `import name` cost nothing; does nothing where the module is loaded already."""
    parent, _, leaf = name.rpartition(".")
    if name not in sys.modules:
        sys.modules[name] = module = _Deferred(name)
        if parent:
            setattr(importlib.import_module(parent), leaf, module)


@contextmanager
def without(name: str) -> Iterator[None]:
    """Let `import name` fail inside the block, for a library that can do without; not where it is loaded."""
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment] # what makes an import fail
    try:
        yield
    finally:
        del sys.modules[name]
