"""Libraries that explain networks, imported without the large packages that only other parts of theirs need."""

from __future__ import annotations

import contextlib
import importlib.abc
import importlib.machinery
import sys
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any


def nothing(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    return type(name, (Nothing,), {})


class WithAnyName(type):
    def __getattr__(cls, name: str) -> Any:
        return nothing(name)


class Nothing(metaclass=WithAnyName):
    """In place of a class or a decorator: nothing is of its type, and it gives functions back as they are."""

    def __new__(cls, *arguments: Any, **_: Any) -> Any:
        return arguments[0] if arguments and callable(arguments[0]) else super().__new__(cls)

    def __call__(self, function: Any) -> Any:
        return function


class NothingInIt(ModuleType):
    def __getattr__(self, name: str) -> Any:
        return nothing(name)


class Absent(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds packages that are not there, and nothing in them."""

    def __init__(self, packages: Sequence[str]) -> None:
        self.packages = packages

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        is_one = name.partition(".")[0] in self.packages
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if is_one else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return NothingInIt(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing to run."""


@contextlib.contextmanager
def absent(*packages: str) -> Iterator[None]:
    """Let imports of packages give nothing, as long as this lasts; what was imported meanwhile keeps it."""
    finder, before = Absent(packages), set(sys.modules)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in set(sys.modules) - before:
            if name.partition(".")[0] in packages:
                del sys.modules[name]


with absent("cloudpickle", "numba", "pandas", "sklearn"):
    from shap import DeepExplainer
with absent("cv2", "einops", "matplotlib", "skimage", "sklearn", "tensorflow_probability"):
    from xplique import attributions

__all__ = ["DeepExplainer", "attributions"]
