"""Names of a package whose modules are loaded when a name of theirs is first used.

A program that makes one call should not pay for the models of all the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module


def lazily(
    package: str, modules: Mapping[str, str]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """`__getattr__` and `__dir__` of a package; `modules` has the names of each module as words."""
    homes = {name: module for module, names in modules.items() for name in names.split()}

    def load(name: str) -> object:
        if name not in homes:
            if name in modules:
                return import_module(f"{package}.{name}")
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        # Not kept in the package: completion in notebooks reads its text, until it finds a value.
        value: object = getattr(import_module(f"{package}.{homes[name]}"), name)
        return value

    return load, lambda: sorted([*homes, *modules])
