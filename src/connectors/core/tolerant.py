"""The tolerant way from JSON to models, for what the fast one in `wire` refuses: "" is None, numbers
and booleans may come as text, and what cannot be read is told by its path and kind, never by its value.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Protocol, Union, get_args, get_origin

import attrs
import cattrs
import msgspec
from cattrs.gen import make_dict_structure_fn, override

Names = Mapping[type, Mapping[str, str]]


class Shape(Protocol):
    """How a type is read that the wire holds in a form of its own."""

    def fast(
        self, typed: Callable[[Any], tuple[Any, Callable[..., Any]]]
    ) -> tuple[Any, Callable[[Any], Any]]:
        """What msgspec reads, and what makes the value of that; `typed` says both of any type. Where
        an attribute of a type is not on the wire, its maker takes that second."""

    def slow(self, value: Any, structure: Callable[[Any, Any], Any]) -> Any:
        """The value of parsed JSON; `structure` reads a part of it as a type."""


def camel(name: str) -> str:
    """`created_on` → `createdOn`."""
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def wire_name(cls: type, attribute: str, names: Names) -> str:
    """What an attribute of a class is called on the wire."""
    table = names.get(cls, {})
    return table[attribute] if attribute in table else camel(attribute)


def union_of(hint: Any) -> tuple[Any, ...]:
    """The members of a union; none where it is none."""
    if get_origin(hint) in (Union, types.UnionType):
        return get_args(hint)
    return ()


_TRUE, _FALSE = {"true", "1", "yes"}, {"false", "0", "no"}


def _text(value: Any, _: Any) -> str:
    if isinstance(value, str):
        # Half a surrogate pair is no text: no database and no service would take it.
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return str(value)
    raise _Misfit(f"expected text, got {_shown(value)}")


def _scalar(kind: type, more: Callable[[Any], Any], name: str) -> Callable[[Any, Any], Any]:
    """Reads what the fast reader would, in its way; then what `more` can make of it."""

    def structure(value: Any, _: Any) -> Any:
        try:
            return msgspec.convert(value, kind, strict=False)
        except msgspec.ValidationError:
            pass
        if not isinstance(value, bool | None):
            try:
                return more(value)
            except (TypeError, ValueError, ArithmeticError):
                pass
        raise _Misfit(f"expected {name}, got {_shown(value)}")

    return structure


def _boolean(value: Any) -> bool:
    text = str(value).lower()
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    raise ValueError


def _whole(value: Any) -> int:
    text = str(value)
    if text.lstrip("+-").isdecimal():
        return int(text)
    number = float(text)
    if number != int(number):
        raise ValueError
    return int(number)


def _with_floats(value: Any) -> Any:
    """Plain JSON as others read it: fractions as floats."""
    if isinstance(value, dict):
        return {k: _with_floats(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_with_floats(v) for v in value]
    return float(value) if isinstance(value, Decimal) else value


def _is(origin: object) -> Callable[[Any], bool]:
    return lambda hint: get_origin(hint) is origin


class _Misfit(TypeError):
    """What does not fit and why, in words that never hold the value."""


def why_not(error: BaseException, _: type | None) -> str:
    if isinstance(error, _Misfit):
        return str(error)
    return "missing" if isinstance(error, KeyError) else "not what is documented"


def _shown(value: Any) -> str:
    """The kind of a value, never the value: it may be somebody's address."""
    if value is None:
        return "null"
    return "float" if isinstance(value, Decimal) else type(value).__name__


def in_utc(text: str) -> datetime:
    """A time, in UTC where it names no zone. What is finer than a microsecond is cut off: rounded up,
    it could be another day."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


_ZONED: Any = Annotated[datetime, msgspec.Meta(tz=True)]
_zoned = _scalar(_ZONED, in_utc, "a date-time")


def _loose_time(value: Any, kind: Any) -> Any:
    try:
        return in_utc(value)
    except (TypeError, ValueError):
        return _zoned(value, kind)


def tolerant_converter(names: Names, shapes: Mapping[Any, Shape], loose: bool) -> cattrs.Converter:
    converter = cattrs.Converter()
    converter.register_structure_hook(str, _text)
    hooks: list[tuple[type, Callable[[Any], Any], str]] = [
        (bool, _boolean, "true or false"),
        (int, _whole, "a whole number"),
        (float, lambda v: float(str(v)), "a number"),
        (Decimal, lambda v: Decimal(str(v)), "a number"),
        (datetime, datetime.fromisoformat, "a date-time"),
        (date, date.fromisoformat, "a date"),
    ]
    if loose:
        converter.register_structure_hook(datetime, _loose_time)
        hooks = [hook for hook in hooks if hook[0] is not datetime]
    for kind, more, name in hooks:
        converter.register_structure_hook(kind, _scalar(kind, more, name))

    def mapping(value: Any, _: Any) -> Any:
        if isinstance(value, dict) or value == []:  # PHP's empty map is an empty list
            return _with_floats(dict(value))
        raise _Misfit(f"expected an object, got {_shown(value)}")

    converter.register_structure_hook_func(_is(Mapping), mapping)

    def tuple_hook(hint: Any) -> Callable[[Any, Any], Any]:
        rows: Any = types.GenericAlias(list, get_args(hint)[:1])

        def structure(value: Any, _: Any) -> Any:
            if loose and value is None:
                return ()
            if isinstance(value, list) or value == {}:
                return tuple(converter.structure(value, rows))
            raise _Misfit(f"expected a list, got {_shown(value)}")

        return structure

    converter.register_structure_hook_factory(_is(tuple), tuple_hook)

    def union_hook(hint: Any) -> Callable[[Any, Any], Any]:
        members = union_of(hint)
        enum = next((m for m in members if isinstance(m, type) and issubclass(m, Enum)), None)
        rest = [m for m in members if m is not type(None) and m is not enum]

        def structure(value: Any, _: Any) -> Any:
            void = value is None or (
                isinstance(value, str)
                and (value.lower() in ("", "null") if str not in rest else loose and not value)
            )
            if void and type(None) in members:
                return None
            if rest:
                value = converter.structure(value, rest[0])
            return value if enum is None else enum._value2member_map_.get(value, value)

        return structure

    converter.register_structure_hook_factory(lambda t: bool(union_of(t)), union_hook)

    def model_hook(cls: type) -> Callable[[Any, Any], Any]:
        renames = {}
        for a in attrs.fields(cls):
            called = wire_name(cls, a.name, names)
            renames[a.name] = override(rename=called) if called else override(omit=True)
        structure: Any = make_dict_structure_fn(cls, converter, **renames)  # type: ignore[arg-type]

        def checked(value: Any, kind: Any) -> Any:
            if not isinstance(value, dict):
                raise _Misfit(f"expected an object, got {_shown(value)}")
            return structure(value, kind)

        return checked

    converter.register_structure_hook_factory(attrs.has, model_hook)

    def shape_hook(hint: Any) -> Callable[[Any, Any], Any]:
        return lambda value, _: shapes[hint].slow(value, converter.structure)

    converter.register_structure_hook_factory(shapes.__contains__, shape_hook)
    return converter
