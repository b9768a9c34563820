"""Bytes to models and back.

A model is a frozen attrs class with Python names and no knowledge of any wire. A `Reader` knows
the wire names. It reads fast (msgspec, into private structs, then one generated function per
model), and when the fast way refuses a body, reads the same bytes again tolerantly (cattrs): `""`
becomes None, numbers and booleans may come as text, unknown enum values stay strings. What that
refuses too is a `DecodeError` that names the paths.
"""

from __future__ import annotations

import itertools
import json
import re
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from enum import Enum
from functools import cached_property
from typing import (
    Any,
    Final,
    Generic,
    Literal,
    TypeVar,
    get_args,
    get_origin,
)

import attrs
import cattrs
import msgspec

from ..errors import DecodeError
from .tolerant import Names as Names
from .tolerant import Shape as Shape
from .tolerant import camel as camel
from .tolerant import in_utc, tolerant_converter, union_of, why_not, wire_name

M = TypeVar("M")

_REFUSED = (msgspec.MsgspecError, ValueError, RecursionError)
"""What the fast way raises for a body that it cannot read."""


class Unset(Enum):
    """The type of `UNSET`: "leave this field alone", where None means "clear it"."""

    UNSET = "unset"

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final[Literal[Unset.UNSET]] = Unset.UNSET


def dumps(value: object) -> bytes:
    """Compact JSON, UTF-8."""
    return msgspec.json.encode(value)


@attrs.frozen
class _Rules:
    """All that a reader knows beside its model."""

    names: Names
    shapes: Mapping[Any, Shape]
    loose: bool
    done: dict[type, _Fast] = attrs.field(factory=dict)


class Reader(Generic[M]):
    """Reads one model from JSON.

    Args:
        model: a frozen attrs class.
        names: per class (the model and those nested in it), attribute → wire name; what is not
            listed is camelCase of the attribute. One whose name is "" is not on the wire: it keeps
            its default, or what the shape around it tells.
        shapes: per type, how it is read where it is no object of such attributes.
        loose: whether null and "" mean nothing for lists and texts too, and a time without a zone
            is UTC.
    """

    def __init__(
        self,
        model: type[M],
        names: Names | None = None,
        *,
        shapes: Mapping[Any, Shape] | None = None,
        loose: bool = False,
    ) -> None:
        self._model = model
        self._rules = _Rules(names or {}, shapes or {}, loose)

    def one(self, body: bytes) -> M:
        """Read one object.

        Raises:
            DecodeError: with the paths of what did not fit.
        """
        try:
            made: M = self._fast.fill(self._one_decoder.decode(body))
        except _REFUSED:
            if self._rules.loose and (blanked := _blanked(body)) != body:
                return self.one(blanked)
            return self._tolerant(parse(body, exact=True), "$")
        return made

    def many(self, body: bytes) -> tuple[M, ...]:
        """Read a bare array."""
        try:
            return tuple(map(self._fast.fill, self._many_decoder.decode(body)))
        except _REFUSED:
            rows = _raw_list(body)
            return tuple(self._row(row, f"$[{i}]") for i, row in enumerate(rows))

    def value(self, body: bytes) -> tuple[tuple[M, ...], dict[str, Any], tuple[str, ...]]:
        """Read an OData collection: its rows, its annotations, the ids it reports as deleted."""
        try:
            envelope = self._value_decoder.decode(body)
        except _REFUSED:
            return self._value_by_row(body)
        return tuple(map(self._fast.fill, envelope.value)), _notes(envelope), ()

    def _value_by_row(self, body: bytes) -> tuple[tuple[M, ...], dict[str, Any], tuple[str, ...]]:
        try:
            envelope = _raw_envelope.decode(body)
        except _REFUSED:
            parse(body)  # says what is wrong where it is no JSON at all
            raise DecodeError("expected an object with a list `value`") from None
        items: list[M] = []
        removed: list[str] = []
        for index, row in enumerate(envelope.value):
            gone = _deleted(row)
            if gone is None:
                items.append(self._row(row, f"$.value[{index}]"))
            else:
                removed.append(gone)
        return tuple(items), _notes(envelope), tuple(removed)

    def _row(self, raw: msgspec.Raw, path: str) -> M:
        """One row of a list that the fast reader refused: the others in it may well be plain."""
        try:
            made: M = self._fast.fill(self._one_decoder.decode(raw))
        except _REFUSED:
            return self._tolerant(parse(bytes(raw), exact=True), path)
        return made

    def from_object(self, value: object) -> M:
        """Read from already parsed JSON."""
        return self._tolerant(value, "$")

    def _tolerant(self, value: object, path: str) -> M:
        try:
            return self._converter.structure(value, self._model)
        except Exception as error:
            # cattrs raises groups of whatever the hooks raised; the texts name the paths.
            texts = cattrs.transform_error(error, path=path, format_exception=why_not)
            paths = [f"{where}: {why}" for why, _, where in (t.rpartition(" @ ") for t in texts)]
            raise DecodeError("; ".join(paths[:3]), paths=paths) from None

    @cached_property
    def _fast(self) -> _Fast:
        if self._model in self._rules.shapes:
            return _Fast(*_typed(self._model, self._rules))
        return _build(self._model, self._rules)

    @cached_property
    def _one_decoder(self) -> msgspec.json.Decoder[Any]:
        return msgspec.json.Decoder(self._fast.struct, strict=False)

    @cached_property
    def _many_decoder(self) -> msgspec.json.Decoder[Any]:
        return msgspec.json.Decoder(list[self._fast.struct], strict=False)  # type: ignore[name-defined]

    @cached_property
    def _value_decoder(self) -> msgspec.json.Decoder[Any]:
        return msgspec.json.Decoder(_envelope(self._fast.struct), strict=False)

    @cached_property
    def _converter(self) -> cattrs.Converter:
        rules = self._rules
        return tolerant_converter(rules.names, rules.shapes, rules.loose)


LONGEST_PAUSE = 86_400.0
"""Seconds; a longer pause is no pause but a date in some other form."""


def seconds_asked(text: str | None, now: datetime | None = None) -> float | None:
    """The pause of a `Retry-After` or its kin: seconds, text that begins with them ("432 seconds"),
    or an HTTP date, counted from `now`, the server's own clock."""
    trimmed = (text or "").strip()
    if match := re.match(r"\d+", trimmed):
        seconds = float(match[0])
        return seconds if seconds <= LONGEST_PAUSE else None
    try:
        until = parsedate_to_datetime(trimmed)
    except ValueError:
        return None
    return max(0.0, (until - now).total_seconds()) if now and until.tzinfo else None


def parse(body: bytes, *, exact: bool = False) -> Any:
    """JSON, or a `DecodeError`; a page's begin is shown, data that was cut off is not.

    `exact` reads fractions as `Decimal`, so that money keeps its cents.
    """
    try:
        return json.loads(body, parse_float=Decimal if exact else None)
    except (ValueError, ArithmeticError, RecursionError):
        # Masked before it is cut: half an address could not be told from a word.
        start = masked(body.lstrip()[:200].decode("utf-8", "replace"))[:40]
        begins = f"; it begins {start!r}" if start.startswith("<") else ""
        raise DecodeError(f"the answer is not JSON{begins}", garbled=True) from None


def by_position(model: type[M]) -> Callable[..., M]:
    """A constructor that takes all attributes in their order and writes them into their slots; the
    last ones may be left out where their defaults are plain values.

    For what is made a thousand times: it costs a fraction of the class's own. The model must do no
    more than hold its values.
    """
    every = attrs.fields(model)  # type: ignore[arg-type]
    names = [attribute.name for attribute in every]
    scope: dict[str, Any] = {}
    exec(_making(f"make({', '.join(names)})", model, {name: name for name in names}, scope), scope)
    make: Any = scope["make"]
    plain = itertools.takewhile(_has_plain_default, reversed(every))
    make.__defaults__ = tuple(attribute.default for attribute in plain)[::-1]
    return typing.cast(Callable[..., M], make)


def _making(head: str, model: type, values: Mapping[str, str], scope: dict[str, Any]) -> str:
    """Python text of a function that makes an object of a model and writes its slots one by one."""
    scope["model"], scope["unlocked"] = model, _unlocked(model)
    lines = [f" made.{name} = {value}" for name, value in values.items()]
    ends = [" made.__class__ = model", " return made"]
    return "\n".join([f"def {head}:", " made = unlocked()", *lines, *ends])


def _unlocked(model: type) -> type:
    """A twin of a frozen class: its objects can be written to, and then be made the frozen ones.

    As it adds nothing to the class, Python changes the one into the other almost for nothing.
    """
    plain = ("__init__", "__setattr__", "__delattr__")
    return type(
        model.__name__, (model,), {"__slots__": (), **{n: getattr(object, n) for n in plain}}
    )


def _has_plain_default(attribute: Any) -> bool:
    default = attribute.default
    return default is not attrs.NOTHING and not isinstance(default, attrs.Factory)  # type: ignore[arg-type]


def _blanked(body: bytes) -> bytes:
    """A body with null for every empty text that is a member's value.

    In JSON, `:""` is nothing else: within a text a quote would be escaped.
    """
    return body.replace(b':""', b":null").replace(b': ""', b": null")


# --- lists and OData collections ---------------------------------------------------------------


def _envelope(row: Any) -> Any:
    """The struct of an OData collection of such rows."""
    rename = {
        "next": "@odata.nextLink",
        "delta": "@odata.deltaLink",
        "count": "@odata.count",
        "cookie": "@Microsoft.Dynamics.CRM.fetchxmlpagingcookie",
    }
    text = (str | None, None)
    fields: list[Any] = [
        ("value", list[row]),
        ("next", *text),
        ("delta", *text),
        ("count", int | None, None),
        ("cookie", *text),
    ]
    return msgspec.defstruct("Envelope", fields, rename=rename, gc=False)


def _notes(envelope: Any) -> dict[str, Any]:
    return {
        "@odata.nextLink": envelope.next,
        "@odata.deltaLink": envelope.delta,
        "@odata.count": envelope.count,
        "cookie": envelope.cookie,
    }


_raw_envelope: msgspec.json.Decoder[Any] = msgspec.json.Decoder(
    _envelope(msgspec.Raw), strict=False
)
_raw_rows = msgspec.json.Decoder(list[msgspec.Raw])


def _raw_list(body: bytes) -> list[msgspec.Raw]:
    try:
        return _raw_rows.decode(body)
    except _REFUSED:
        raise DecodeError(f"expected a list, got {type(parse(body)).__name__}") from None


class _Deletion(msgspec.Struct):
    id: str
    reason: Literal["deleted"]


_deletion = msgspec.json.Decoder(_Deletion)


def _deleted(row: msgspec.Raw) -> str | None:
    """The id of a row that a delta reports as deleted; None where it is a row."""
    if b'"deleted"' not in memoryview(row).tobytes():
        return None
    try:
        return _deletion.decode(row).id
    except msgspec.MsgspecError:
        return None


# --- the fast reader -------------------------------------------------------------------------


@attrs.frozen
class _Fast:
    struct: Any
    fill: Callable[..., Any]


_TOLD = "told"
"""The argument of `fill` for what is not on the wire."""


def _build(model: type, rules: _Rules) -> _Fast:
    """A private struct for `model`, and the function that fills the model from it."""
    if model in rules.done:
        return rules.done[model]
    hints = typing.get_type_hints(model)
    scope: dict[str, Any] = {}
    fields: list[Any] = []
    values: dict[str, str] = {}
    rename: dict[str, str] = {}
    for index, attribute in enumerate(attrs.fields(model)):
        name = attribute.name
        called = wire_name(model, name, rules.names)
        if not called:
            values[name] = _TOLD
            continue
        kind, expression = _fast_type(hints[name], f"s.{name}", index, scope, rules)
        rename[name] = called
        if attribute.default is attrs.NOTHING:
            fields.append((name, kind))
        elif isinstance(attribute.default, attrs.Factory):  # type: ignore[arg-type]
            fields.append((name, kind, msgspec.field(default_factory=attribute.default.factory)))
        else:
            default = attribute.default
            fields.append((name, kind, default.value if isinstance(default, Enum) else default))
        values[name] = expression
    # The structs hold no cycles; the collector would walk through them for nothing.
    struct = msgspec.defstruct(model.__name__, _required_first(fields), rename=rename, gc=False)
    exec(_filling(model, values, scope), scope)
    rules.done[model] = _Fast(struct, scope["fill"])
    return rules.done[model]


def _filling(model: type, values: Mapping[str, str], scope: dict[str, Any]) -> str:
    """Python text of `fill(s)`: one function per model, as a loop over the fields would cost more
    than reading the JSON.

    Where the constructor does more than to take over what it is given, it is called.
    """
    head = "fill(s)"
    if _TOLD in values.values():
        scope["default"] = next(a.default for a in attrs.fields(model) if values[a.name] == _TOLD)
        head = f"fill(s, {_TOLD}=default)"
    slots = [getattr(model, name, None) for name in values]
    doing_more = ("__attrs_pre_init__", "__attrs_init__", "__attrs_post_init__")
    plain = not any(hasattr(model, name) for name in (*doing_more, "_attrs_cached_hash"))
    for attribute in attrs.fields(model):
        plain = plain and attribute.init and not (attribute.converter or attribute.validator)
    if plain and all(isinstance(slot, types.MemberDescriptorType) for slot in slots):
        return _making(head, model, values, scope)
    scope["model"] = model
    inits = {a.name: a for a in attrs.fields(model)}
    arguments = (f"{inits[n].alias}={value}" for n, value in values.items())
    return f"def {head}: return model({', '.join(arguments)})"


def _required_first(fields: list[Any]) -> list[Any]:
    return sorted(fields, key=lambda f: len(f) > 2)


def _fast_type(
    hint: Any, source: str, index: int, scope: dict[str, Any], rules: _Rules
) -> tuple[Any, str]:
    """The struct's type for `hint`, and the expression that turns its value into the model's."""
    if hint in rules.shapes:
        kind, scope[f"h{index}"] = rules.shapes[hint].fast(lambda part: _typed(part, rules))
        return kind, f"h{index}({source})"
    members = union_of(hint)
    if members:
        optional = type(None) in members
        enum = next((m for m in members if isinstance(m, type) and issubclass(m, Enum)), None)
        if enum is not None:
            scope[f"e{index}"] = enum._value2member_map_.get
            kind = str | None if optional else str
            other = "v or None" if optional and rules.loose else "v"
            return kind, f"e{index}((v := {source}), {other})"
        rest = [m for m in members if m is not type(None)]
        if len(rest) == 1 and optional:
            kind, inner = _fast_type(rest[0], "v", index, scope, rules)
            if inner != "v":
                return kind | None, f"None if (v := {source}) is None else {inner}"
            return kind | None, f"{source} or None" if kind is str and rules.loose else source
        return hint, source
    origin = get_origin(hint)
    if origin is tuple:
        kind, inner = _fast_type(get_args(hint)[0], "x", index, scope, rules)
        made = f"tuple({source})" if inner == "x" else f"tuple([{inner} for x in {source}])"
        if rules.loose:
            return list[kind] | None, f"{made} if {source} else ()"  # type: ignore[valid-type]
        return list[kind], made  # type: ignore[valid-type]
    if isinstance(hint, type) and attrs.has(hint):
        nested = _build(hint, rules)
        scope[f"f{index}"] = nested.fill
        return nested.struct, f"f{index}({source})"
    if origin is Mapping:
        return dict[str, Any], source
    if hint is datetime and rules.loose:
        # One call less for each time, and there are dozens in a message.
        scope["iso"], scope["in_utc"] = datetime.fromisoformat, in_utc
        return str, f"(t if (t := iso({source})).tzinfo else in_utc({source}))"
    supertype = getattr(hint, "__supertype__", None)
    return (supertype or hint), source


def _typed(hint: Any, rules: _Rules) -> tuple[Any, Callable[..., Any]]:
    """The struct's type for `hint`, and the function that makes the model's value of it."""
    if hint not in rules.shapes and attrs.has(hint):
        nested = _build(hint, rules)
        return nested.struct, nested.fill
    scope: dict[str, Any] = {}
    kind, expression = _fast_type(hint, "s", 0, scope, rules)
    exec(f"def made(s): return {expression}", scope)
    return kind, scope["made"]


def header_int(headers: Mapping[str, str], name: str) -> int | None:
    """An integer header, or None when it is absent or something else."""
    text = headers.get(name, "")
    return int(text) if text.isdecimal() else None


def first(values: Sequence[str | None]) -> str:
    """The first text that says something."""
    return next((v for v in values if v), "")


def masked(text: str) -> str:
    """`text` with every e-mail address replaced: error messages hold none."""
    # No local part is longer; without that bound a long text would take for ever.
    return re.sub(r"[^\s@'\"<>][^\s@\"<>]{0,63}@[^\s@'\"<>]+", "<address>", text)
