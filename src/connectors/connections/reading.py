"""From the text of a connections file to its tables; all mistakes are told at once."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_origin

import attrs
import cattrs
from cattrs.errors import (
    AttributeValidationNote,
    ClassValidationError,
    ForbiddenExtraKeysError,
    IterableValidationError,
    IterableValidationNote,
)
from cattrs.gen import make_dict_structure_fn, override
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from ..domain.mapping import MappingRefused, Rule, load_rules
from ..errors import ConfigError, ConnectorsError
from ..integrations.getresponse_dynamics.settings import Settings
from .tables import File, Secret


def read(path: Path) -> File:
    """The tables of a file, with the secrets it names.

    Raises:
        ConfigError: no such file, or mistakes in it.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(
            f"there is no file {path.absolute()}: write it, or name another with --config"
        ) from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:  # not UTF-8, or not TOML
        raise ConfigError(f"{path} is no TOML: {error}") from None
    try:
        tables: File = _converter(path.absolute().parent).structure(data, File)
    except (ClassValidationError, _Wrong) as error:
        raise _refused(path, list(_mistakes(error, ""))) from None
    return tables


# --- mistakes --------------------------------------------------------------------------------


class _Wrong(ValueError):
    """A value that cannot be right; the text says what would be, and never shows a secret."""


def _refused(path: Path, mistakes: Sequence[str]) -> ConfigError:
    if len(mistakes) == 1:
        return ConfigError(f"{path}: {mistakes[0]}")
    return ConfigError("\n  ".join([f"{path} has {len(mistakes)} mistakes:", *mistakes]))


def _mistakes(error: BaseException, path: str) -> Iterator[str]:
    """The mistakes in what cattrs raised, each with its place."""
    match error:
        case ClassValidationError() | IterableValidationError():
            noted, others = error.group_exceptions()
            for inner, note in noted:
                if isinstance(note, AttributeValidationNote):
                    yield from _mistakes(inner, f"{path}.{note.name}".lstrip("."))
                else:
                    yield from _mistakes(inner, f"{path}[{note.index}]")
            for inner in others:
                yield from _mistakes(inner, path)
        case ForbiddenExtraKeysError():
            names = [a.name for a in attrs.fields(error.cl or File)]
            for key in sorted(error.extra_fields):
                yield f"{path}.{key}: {_no_such(key, names)}".lstrip(".")
        case KeyError():
            yield f"{path}: is missing"
        case MappingRefused():
            # Of one rule by itself, or of all of them together.
            text = str(error)
            where = path if path.endswith("]") else f"{path}.mapping"
            yield where + text.removeprefix("rules[0]" if path.endswith("]") else "rules")
        case _Wrong() | ConnectorsError():
            yield f"{path}: {error}"
        case _:
            raise error


def _no_such(key: str, names: Collection[str]) -> str:
    near = difflib.get_close_matches(key, list(names), n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(sorted(names))}"
    return f"there is no such key; {hint}"


# --- values ----------------------------------------------------------------------------------


def _converter(folder: Path) -> cattrs.Converter:
    """Reads the values of a file in this folder."""
    converter = cattrs.Converter(forbid_extra_keys=True, detailed_validation=True)
    converter.register_structure_hook(str, lambda value, _: _text(value))
    converter.register_structure_hook(bool, lambda value, _: _boolean(value))
    converter.register_structure_hook(int, lambda value, _: _whole(value))
    converter.register_structure_hook(float, lambda value, _: _number(value))
    converter.register_structure_hook(timedelta, lambda value, _: _duration(value))
    converter.register_structure_hook(Path, lambda value, _: _path(_text(value), folder))
    converter.register_structure_hook(Secret, lambda value, _: _secret(value, folder))
    converter.register_structure_hook(str | Secret, lambda value, _: _store_url(value, folder))
    converter.register_structure_hook(Rule, lambda value, _: load_rules([value])[0])

    def read_table(cls: type[Any]) -> Callable[[Any, Any], Any]:
        if cls is Settings:  # pauses are plain seconds there, and read better with their unit
            fill = make_dict_structure_fn(cls, converter, confirm=override(struct_hook=_pauses))
        else:
            fill = make_dict_structure_fn(cls, converter)

        def read(value: Any, kind: Any) -> Any:
            if not isinstance(value, Mapping):
                raise _Wrong("must be a table of keys and values")
            return fill(value, kind)

        return read

    def read_list(value: Any, kind: Any) -> tuple[Any, ...]:
        kinds = get_args(kind)
        if not isinstance(value, list):
            raise _Wrong("must be a list, in square brackets")
        if kinds[-1] is Ellipsis:
            kinds = (kinds[0],) * len(value)
        if len(kinds) != len(value):
            raise _Wrong(f"must have {len(kinds)} values, got {len(value)}")
        return _each(value, kinds, converter.structure)

    converter.register_structure_hook_factory(
        lambda kind: attrs.has(kind) and kind not in (Rule, Secret), read_table
    )
    converter.register_structure_hook_func(_is_tuple, read_list)
    converter.register_structure_hook_func(_is_enum, _member)
    return converter


def _each(
    values: Sequence[Any], kinds: Sequence[Any], read: Callable[[Any, Any], Any]
) -> tuple[Any, ...]:
    """Every value of a list; the mistakes of all are told."""
    done, wrong = [], []
    for index, (value, kind) in enumerate(zip(values, kinds, strict=True)):
        try:
            done.append(read(value, kind))
        except Exception as error:
            error.add_note(IterableValidationNote(f"at {index}", index, kind))
            wrong.append(error)
    if wrong:
        raise IterableValidationError("in a list", wrong, tuple)
    return tuple(done)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _Wrong(f"must be text in quotes, got {_shown(value)}")
    return value


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise _Wrong(f"must be true or false, got {_shown(value)}")
    return value


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _Wrong(f"must be a whole number, got {_shown(value)}")
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Wrong(f"must be a number, got {_shown(value)}")
    return float(value)


_UNITS = {"d": 86_400, "h": 3600, "min": 60, "m": 60, "s": 1}
_PIECE = r"(\d+(?:\.\d+)?)\s*(d|h|min|m|s)"


def _duration(value: object) -> timedelta:
    """Seconds, or text such as "90s", "2h", "1d 12h"."""
    seconds: float | None = None
    if isinstance(value, int | float) and not isinstance(value, bool):
        seconds = float(value)
    elif isinstance(value, str) and re.fullmatch(rf"\s*(?:{_PIECE}\s*)+", value):
        seconds = sum(float(n) * _UNITS[unit] for n, unit in re.findall(_PIECE, value))
    try:
        return timedelta(seconds=seconds if seconds is not None else float("nan"))
    except (ValueError, OverflowError):
        raise _Wrong(
            f'must be seconds, or a duration such as "90s", "30m", "2h" or "1d", got {_shown(value)}'
        ) from None


def _pauses(value: object, _: object) -> tuple[float, ...]:
    if not isinstance(value, list):
        raise _Wrong('must be a list of durations, such as ["5s", "15s"]')
    return _each(value, [float] * len(value), lambda pause, _: _duration(pause).total_seconds())


def _shown(value: object) -> str:
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "a list"
    return repr(value)


def _is_tuple(kind: object) -> bool:
    origin: object = get_origin(kind)
    return origin is tuple


def _is_enum(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, Enum)


def _member(value: object, kind: type[Enum]) -> Enum:
    try:
        return kind(value)
    except ValueError:
        names = ", ".join(repr(member.value) for member in kind)
        raise _Wrong(f"must be one of {names}, got {_shown(value)}") from None


# --- secrets ---------------------------------------------------------------------------------

_ELSEWHERE = 'write { env = "NAME_OF_A_VARIABLE" } or { file = "a/path" }'


def _secret(value: object, folder: Path) -> Secret:
    """Read a secret from where the file says it is."""
    if not isinstance(value, Mapping):
        raise _Wrong(f"a secret does not stand in this file; {_ELSEWHERE}")
    for key in value:
        if key not in ("env", "file"):
            raise _Wrong(f"{key}: {_no_such(key, ('env', 'file'))}")
    if len(value) != 1:
        raise _Wrong(f"must have either env or file; {_ELSEWHERE}")
    ((how, name),) = value.items()
    if not isinstance(name, str) or not name:
        raise _Wrong(f"{how} must be a name, as text in quotes")
    if how == "env":
        found, source = os.environ.get(name), f"environment variable {name}"
        if found is None:
            raise _Wrong(f"{source} is not set")
        found = found.rstrip("\r\n")
    else:
        file = _path(name, folder)
        found, source = _secret_file(file), f"file {file}"
    if not found.strip():
        raise _Wrong(f"{source} is empty")
    if "\n" in found or "\r" in found:
        raise _Wrong(f"{source} has several lines; a secret is one")
    if found != found.strip():
        raise _Wrong(f"{source} begins or ends with a blank")
    return Secret(found, source)


def _path(text: str, folder: Path) -> Path:
    """A path as the file has it: relative ones count from its folder."""
    if "\0" in text:
        raise _Wrong("is no path: it holds a null character")
    try:
        return folder / Path(text).expanduser()
    except RuntimeError:
        raise _Wrong(f"{text!r}: there is no such home folder") from None


def _secret_file(file: Path) -> str:
    try:
        mode = file.stat().st_mode
        # Editors on Windows begin a file with a mark, and most end it with a line.
        text = file.read_text(encoding="utf-8-sig").rstrip("\r\n")
    except FileNotFoundError:
        raise _Wrong(f"there is no file {file}") from None
    except OSError as error:
        raise _Wrong(f"file {file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise _Wrong(f"file {file} is no text in UTF-8") from None
    if os.name == "posix" and mode & 0o007:
        raise _Wrong(f"every user of this machine may read {file}: chmod 600 {file}")
    return text


def _store_url(value: object, folder: Path) -> str | Secret:
    """The store's URL; a database file counts from the folder of the connections file."""
    if isinstance(value, Mapping):
        secret = _secret(value, folder)
        return Secret(_placed(secret.value, folder), secret.source)
    text = _text(value)
    try:
        has_password = make_url(text).password is not None
    except (ArgumentError, ValueError):
        raise _Wrong('must be the URL of a database, such as "sqlite:///sync.db"') from None
    if has_password:
        raise _Wrong(f"holds a password, and a secret does not stand in this file; {_ELSEWHERE}")
    return _placed(text, folder)


def _placed(text: str, folder: Path) -> str:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise _Wrong('must be the URL of a database, such as "sqlite:///sync.db"') from None
    file = url.database
    if url.get_backend_name() != "sqlite" or not file or file.startswith((":memory:", "file:")):
        return text
    return url.set(database=str(folder / file)).render_as_string(hide_password=False)
