"""What is wrong in a connections file, told with its place and what would be right."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import attrs
from cattrs.errors import (
    AttributeValidationNote,
    ClassValidationError,
    ForbiddenExtraKeysError,
    IterableValidationError,
)

from ..domain.mapping import MappingRefused
from ..domain.triggers import AutomationRefused
from ..errors import ConfigError, ConnectorsError
from .tables import File


class Wrong(ValueError):
    """A value that cannot be right; the text says what would be, and never shows a secret."""


class Inside(Wrong):
    """A value in which something cannot be right; the text begins with the place in it."""


def refused(path: Path, told: Sequence[str]) -> ConfigError:
    """The error that tells the mistakes of a file."""
    if len(told) == 1:
        return ConfigError(f"{path}: {told[0]}")
    return ConfigError("\n  ".join([f"{path} has {len(told)} mistakes:", *told]))


def mistakes(error: BaseException, path: str) -> Iterator[str]:
    """The mistakes in what cattrs raised, each with its place."""
    match error:
        case ClassValidationError() | IterableValidationError():
            noted, others = error.group_exceptions()
            for inner, note in noted:
                if isinstance(note, AttributeValidationNote):
                    yield from mistakes(inner, f"{path}.{note.name}".lstrip("."))
                else:
                    yield from mistakes(inner, f"{path}[{note.index}]")
            for inner in others:
                yield from mistakes(inner, path)
        case ForbiddenExtraKeysError():
            names = [a.name for a in attrs.fields(error.cl or File)]
            for key in sorted(error.extra_fields):
                yield f"{path}.{key}: {no_such(key, names)}".lstrip(".")
        case KeyError():
            yield f"{path}: is missing"
        case Inside():
            yield f"{path}{error}"
        case MappingRefused():  # of all rules together, as below
            yield f"{path}.mapping{str(error).removeprefix('rules')}"
        case AutomationRefused():
            yield f"{path}.{error}"
        case Wrong() | ConnectorsError():
            yield f"{path}: {error}"
        case _:
            raise error


def no_such(key: str, names: Collection[str]) -> str:
    """What to say of a key that is none of these."""
    near = difflib.get_close_matches(key, list(names), n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(sorted(names))}"
    return f"there is no such key; {hint}"


def shown(value: object) -> str:
    """A value as a mistake shows it."""
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "a list"
    return repr(value)
