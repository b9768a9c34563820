"""From the text of a connections file to its tables; all mistakes are told at once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

import attrs
import cattrs
from cattrs.errors import (
    AttributeValidationNote,
    ClassValidationError,
    IterableValidationError,
    IterableValidationNote,
)
from cattrs.gen import make_dict_structure_fn, override

from ..domain.automation_data import load_automations
from ..domain.envelopes import USUAL_ACTIONS, Action
from ..domain.field_mapping import ContactRule, load_contact_rules
from ..domain.mapping import Rule, load_rules
from ..domain.places import suggestion
from ..domain.tagging import Tagging
from ..domain.triggers import Automation
from ..errors import ConfigError, DomainError
from ..integrations.getresponse_dynamics.settings import Settings
from .mistakes import Inside, Wrong, mistakes, refused, shown
from .secret import placed_path, private_key, secret, store_url
from .tables import BridgeTable, DocuSignTable, File, KeysTable, PrivateKey, Secret

T = TypeVar("T")


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
    except (ClassValidationError, Wrong) as error:
        raise refused(path, list(mistakes(error, ""))) from None
    return tables


# --- tables ----------------------------------------------------------------------------------

_MADE_ELSEWHERE = (Rule, Secret, PrivateKey, ContactRule, Automation, Tagging)


def _converter(folder: Path) -> cattrs.Converter:
    """Reads the values of a file in this folder."""
    converter = cattrs.Converter(forbid_extra_keys=True, detailed_validation=True)
    hook = converter.register_structure_hook
    hook(str, lambda value, _: _text(value))
    hook(bool, lambda value, _: _boolean(value))
    hook(int, lambda value, _: _whole(value))
    hook(float, lambda value, _: _number(value))
    hook(timedelta, lambda value, _: _duration(value))
    hook(Path, lambda value, _: placed_path(_text(value), folder))
    hook(Secret, lambda value, _: secret(value, folder))
    hook(PrivateKey, lambda value, _: private_key(value, folder))
    hook(str | Secret, lambda value, _: _store_url(value, folder))
    hook(Rule, lambda value, _: _one(load_rules, value, "rules[0]"))
    hook(ContactRule, lambda value, _: _one(load_contact_rules, value, "rules[0]"))
    hook(Automation, lambda value, _: _one(load_automations, value, "automations[0]"))
    hook(Tagging, lambda value, _: _tagging(value))
    hook(KeysTable, lambda value, _: _keys(value, folder))

    def read_table(cls: type[Any]) -> Callable[[Any, Any], Any]:
        if cls is Settings:  # pauses are plain seconds there, and read better with their unit
            fill = make_dict_structure_fn(cls, converter, confirm=override(struct_hook=_pauses))
        else:
            fill = make_dict_structure_fn(cls, converter)

        def read(value: Any, kind: Any) -> Any:
            table = _table(value)
            return fill(_with_preset(table) if cls is BridgeTable else table, kind)

        return read

    def read_list(value: Any, kind: Any) -> tuple[Any, ...]:
        kinds = get_args(kind)
        if not isinstance(value, list):
            raise Wrong("must be a list, in square brackets")
        if kinds[-1] is Ellipsis or get_origin(kind) is not tuple:
            kinds = (kinds[0],) * len(value)
        if len(kinds) != len(value):
            raise Wrong(f"must have {len(kinds)} values, got {len(value)}")
        return _each(value, kinds, converter.structure)

    def read_texts(value: Any, kind: Any) -> dict[str, str]:
        return _by_name(_table(value), _text)

    def read_docusign(value: Any, kind: Any) -> dict[str, DocuSignTable]:
        return _docusign(_table(value), lambda one: converter.structure(one, DocuSignTable))

    converter.register_structure_hook_factory(
        lambda kind: attrs.has(kind) and kind not in _MADE_ELSEWHERE, read_table
    )
    converter.register_structure_hook_func(_is_list, read_list)
    converter.register_structure_hook_func(_is_enum, _member)
    converter.register_structure_hook_func(lambda kind: kind == Mapping[str, str], read_texts)
    converter.register_structure_hook_func(
        lambda kind: kind == Mapping[str, DocuSignTable], read_docusign
    )
    return converter


def _table(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise Wrong("must be a table of keys and values")
    return value


def _docusign(
    table: Mapping[str, object], read: Callable[[object], DocuSignTable]
) -> dict[str, DocuSignTable]:
    """One connection, or several, each in a table of its own name."""
    known = [field.name for field in attrs.fields(DocuSignTable)]
    named = table and all(isinstance(one, Mapping) for one in table.values())
    if not named or any(name in known for name in table):
        return {ALONE: read(table)}
    found = _by_name(table, read)
    served: dict[str, str] = {}
    for name, one in found.items():
        for account in one.members:
            other = served.setdefault((account or "").lower(), name)
            if account and other != name:
                raise Wrong(f"account {account} stands in {other!r} and in {name!r}; keep one")
    return found


ALONE = "main"
"""The name of a DocuSign connection that was given none."""


# --- rules -----------------------------------------------------------------------------------


@contextmanager
def _inside(here: str) -> Iterator[None]:
    """What a rule refuses of itself is a mistake in this place; it names its own one `here`."""
    try:
        yield
    except DomainError as error:
        text = str(error)
        if here:
            raise Inside(text.removeprefix(here)) from None
        inner = re.match(r"\w+(\[\d+\])*[.:]", text)
        raise Inside(f".{text}" if inner else f": {text}") from None


def _one(load: Callable[[Any], Sequence[Any]], value: object, here: str) -> Any:
    with _inside(here):
        return load([value])[0]


def _with_preset(table: Mapping[str, object]) -> Mapping[str, object]:
    """A preset has a tag for each action, so it is made when the actions are known."""
    name = table.get("tagging")
    if not isinstance(name, str):
        return table
    given = table.get("actions", [action.value for action in USUAL_ACTIONS])
    # Of wrong actions their own place tells.
    actions = [a for a in Action if isinstance(given, list) and a.value in given]
    presets = {"english": Tagging.english, "french": Tagging.french}
    return {**table, "tagging": presets[name](actions)} if name in presets else table


def _tagging(value: object) -> Tagging:
    if isinstance(value, Tagging):
        return value
    if isinstance(value, str):
        raise Wrong(f"there is no {value!r}; {suggestion(value, ('english', 'french'))}")
    with _inside(""):
        return Tagging.load(value)


def _keys(value: object, folder: Path) -> KeysTable:
    """HMAC keys: one, a list, or either by account."""

    def some(value: object) -> tuple[Secret, ...]:
        if isinstance(value, list):
            return _each(value, [Secret] * len(value), lambda one, _: secret(one, folder))
        return (secret(value, folder),)

    if isinstance(value, Mapping) and not {"env", "file"} & set(value):
        return _by_name(value, some)
    return some(value)


# --- values ----------------------------------------------------------------------------------


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


def _by_name(table: Mapping[str, Any], read: Callable[[Any], T]) -> dict[str, T]:
    """Every value of a table whose keys are names; the mistakes of all are told."""
    done, wrong = {}, []
    for name, value in table.items():
        try:
            done[name] = read(value)
        except Exception as error:
            error.add_note(AttributeValidationNote(f"at {name}", name, object))
            wrong.append(error)
    if wrong:
        raise ClassValidationError("in a table", wrong, object)
    return done


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Wrong(f"must be text in quotes, got {shown(value)}")
    return value


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise Wrong(f"must be true or false, got {shown(value)}")
    return value


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Wrong(f"must be a whole number, got {shown(value)}")
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Wrong(f"must be a number, got {shown(value)}")
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
        raise Wrong(
            f'must be seconds, or a duration such as "90s", "30m", "2h" or "1d", got {shown(value)}'
        ) from None


def _pauses(value: object, _: object) -> tuple[float, ...]:
    if not isinstance(value, list):
        raise Wrong('must be a list of durations, such as ["5s", "15s"]')
    return _each(value, [float] * len(value), lambda pause, _: _duration(pause).total_seconds())


def _is_list(kind: object) -> bool:
    return get_origin(kind) in (tuple, Collection)


def _store_url(value: object, folder: Path) -> str | Secret:
    return store_url(value if isinstance(value, Mapping) else _text(value), folder)


def _is_enum(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, Enum)


def _member(value: object, kind: type[Enum]) -> Enum:
    try:
        return kind(value)
    except ValueError:
        names = ", ".join(repr(member.value) for member in kind)
        raise Wrong(f"must be one of {names}, got {shown(value)}") from None
