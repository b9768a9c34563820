"""The metadata part of the API: definitions read by address, `$select`, `$filter` and `$expand`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ..kernel import Answer
from . import metadata
from .call import Call
from .errors import Refused, Unknown, bad_syntax, no_segment
from .keys import split_segment
from .metadata import Json
from .query import split_outside
from .schema import Column, Schema

SETS = ("EntityDefinitions", "RelationshipDefinitions", "GlobalOptionSetDefinitions")
_OPTIONS = ("$select", "$filter", "$expand")
_PREFIX = "Microsoft.Dynamics.CRM."
_EQUAL = re.compile(
    r"\s*([\w/]+)\s+eq\s+(?:[\w.]*'((?:[^']|'')*)'|(true|false)|(-?\d+)|([0-9a-fA-F-]{36}))\s*"
)
_KEY = re.compile(r"(\w+)\s*=\s*(?:'([^']*)'|([0-9a-fA-F-]{36}))")
_SAFE = ("LogicalName", "MetadataId")
_BASES = {
    "EnumAttributeMetadata": ("Picklist", "State", "Status"),
}
_PARTS = ("Attributes", "Keys", "OneToManyRelationships", "ManyToOneRelationships")
_ALL_PARTS = (*_PARTS, "ManyToManyRelationships")


def answer(call: Call, segments: list[str]) -> Answer:
    """Anything below the three metadata sets; they can only be read here."""
    name, key = split_segment(segments[0])
    call.operation = name
    if call.method != "GET":
        raise Unknown(f"{call.method} {call.path}")
    for option, _ in call.pairs:
        if option not in _OPTIONS and not option.startswith("@"):
            raise bad_syntax(f"The query parameter {option} is not supported")
    call.operation = f"{name}.{'list' if key is None else 'get'}"
    if name == "EntityDefinitions":
        return _tables(call, key, segments[1:])
    rest = segments[1:]
    cast = rest.pop(0)[len(_PREFIX) :] if rest and rest[0].startswith(_PREFIX) else ""
    if rest:
        raise Unknown(f"GET {call.path}")
    if name == "RelationshipDefinitions":
        return _shown(call, name, key, list(metadata.relationships(call.state)), cast)
    if key is not None and key.startswith("Name") and call.number < (9, 0):
        # Below v9.0 a choice has no key but its MetadataId.
        raise bad_syntax(f"The key '{key}' is not valid for resource '{name}'.")
    rows = [metadata.choice(call.state, n) for n in call.state.choices]
    return _shown(call, name, key, rows, cast)


def _shown(call: Call, name: str, key: str | None, rows: list[Json], cast: str) -> Answer:
    """A flat set of definitions, or one of them."""
    if cast:
        kinds = {r["@odata.type"].removeprefix(f"#{_PREFIX}") for r in rows} | {
            "OneToManyRelationshipMetadata",
            "ManyToManyRelationshipMetadata",
            "OptionSetMetadata",
        }
        if cast not in kinds:
            raise no_segment(_PREFIX + cast)
        rows = [r for r in rows if r["@odata.type"] == f"#{_PREFIX}{cast}"]
    if call.option("$expand") is not None:
        raise Unknown(f"$expand on {name}")
    where = f"{call.api}$metadata#{name}" + (f"/{_PREFIX}{cast}" if cast else "")
    found = [_pick(r, call.option("$select")) for r in _found(call, key, rows)]
    return _answered(call, where, key, found)


def _found(call: Call, key: str | None, rows: list[Json]) -> list[Json]:
    if key is None:
        return _filtered(rows, call.option("$filter"))
    match = _KEY.fullmatch(key.strip())
    column, value = ("MetadataId", key.strip().lower())
    if match is not None:
        column, value = match.group(1), match.group(2) or match.group(3)
    found = [r for r in rows if r.get(column) == value]
    if not found:
        raise Refused(404, "0x80060888", f"Could not find an entity with name or id in '{key}'.")
    return found[:1]


def _answered(call: Call, where: str, key: str | None, found: list[Json]) -> Answer:
    if key is None:
        return call.answer(200, {"@odata.context": where, "value": found})
    return call.answer(200, {"@odata.context": f"{where}/$entity", **found[0]})


def _filtered(rows: list[Json], text: str | None, safe: tuple[str, ...] = ()) -> list[Json]:
    """Equalities joined by `and`; anything else is too much for this part of the API."""
    for part in re.split(r"\s+and\s+", text) if text is not None else ():
        match = _EQUAL.fullmatch(part)
        if match is None or (safe and match.group(1) not in safe):
            raise Refused(501, "0x80060888", f"The filter '{text}' is not supported here.")
        name, word, flag, number, guid = match.groups()
        value: Any = word.replace("''", "'") if word is not None else None
        if flag is not None:
            value = flag == "true"
        elif number is not None:
            value = int(number)
        elif guid is not None:
            value = guid.lower()
        step, _, inner = name.partition("/")
        if rows and step not in rows[0]:
            raise bad_syntax(f"Could not find a property named '{step}' on the metadata type.")
        rows = [r for r in rows if _value(r, step, inner) == value]
    return rows


def _value(row: Json, step: str, inner: str) -> Any:
    held = row.get(step)
    return held.get(inner) if inner and isinstance(held, dict) else held


def _pick(row: Json, select: str | None, *always: str) -> Json:
    if not select:
        return row
    names = [n.strip() for n in select.split(",")]
    for name in names:
        if name not in row:
            raise bad_syntax(f"Could not find a property named '{name}' on the metadata type.")
    keep = {*names, "MetadataId", *always}
    return {k: v for k, v in row.items() if k in keep or k[0] == "@"}


# --- tables ---------------------------------------------------------------------------------


def _tables(call: Call, key: str | None, rest: list[str]) -> Answer:
    by_name = {t.schema.name: t.schema for t in call.state.store.tables.values()}
    rows = [metadata.table(call.state, s) for s in by_name.values()]
    if key is None:
        if rest:
            raise Unknown(f"GET {call.path}")
        found = _filtered(rows, call.option("$filter"), _SAFE)
    else:
        found = _found(call, key, rows)
    where = f"{call.api}$metadata#EntityDefinitions"
    if rest:
        return _below(call, by_name[found[0]["LogicalName"]], rest)
    select, expand = call.option("$select"), call.option("$expand")
    shown = []
    for row in found:
        item = _pick(row, select)
        if expand:
            item = item | _expanded(call, by_name[row["LogicalName"]], expand)
        shown.append(item)
    return _answered(call, where, key, shown)


def _expanded(call: Call, schema: Schema, text: str) -> Json:
    found: Json = {}
    for part in split_outside(text, ","):
        name, options = _nested(part)
        if name not in _ALL_PARTS:
            raise bad_syntax(f"Could not find a property named '{name}' on EntityMetadata.")
        if "$expand" in options:
            raise Unknown(f"EntityDefinitions $expand={name}($expand=…)")
        rows = _filtered(_part(call, schema, name, ""), options.get("$filter"))
        found[name] = [_pick(r, options.get("$select")) for r in rows]
    return found


def _nested(text: str) -> tuple[str, dict[str, str]]:
    """`Name($select=…;$filter=…)` taken apart."""
    name, mark, rest = text.strip().partition("(")
    options: dict[str, str] = {}
    for part in split_outside(rest.removesuffix(")"), ";") if mark else ():
        option, _, value = part.strip().partition("=")
        if option not in ("$select", "$filter", "$expand"):
            raise bad_syntax(f"The query parameter {option} is not supported")
        options[option] = value
    return name, options


def _below(call: Call, schema: Schema, rest: list[str]) -> Answer:
    """Columns, keys and relationships of one table."""
    name, key = split_segment(rest[0])
    call.operation = f"EntityDefinitions.{name}"
    if name not in _ALL_PARTS:
        raise Unknown(f"GET {call.path}")
    cast = ""
    if len(rest) > 1:
        if name != "Attributes" or not rest[1].startswith(_PREFIX) or len(rest) > 2:
            raise Unknown(f"GET {call.path}")
        cast = rest[1][len(_PREFIX) :]
        if cast not in _casts():
            raise no_segment(rest[1])
    where = f"{call.api}$metadata#EntityDefinitions('{schema.name}')/{name}"
    if cast:
        where += f"/{_PREFIX}{cast}"
    found = []
    for row in _found(call, key, _part(call, schema, name, cast)):
        item = _pick(row, call.option("$select"))
        found.append(item | _options_of(call, schema, row, cast))
    return _answered(call, where, key, found)


def _casts() -> set[str]:
    known = {f"{kind}AttributeMetadata" for kind in metadata.TYPES.values()}
    return known | {
        f"{k}AttributeMetadata" for k in ("State", "Status", "Enum", "UniqueIdentifier")
    }


def _part(call: Call, schema: Schema, name: str, cast: str) -> list[Json]:
    """One part of a table's definition; a cast leaves and completes the columns of its type."""
    if name == "Attributes":
        return list(_attributes(schema, cast))
    if name == "Keys":
        return [metadata.key(schema, k) for k in schema.keys]
    side = {"OneToManyRelationships": "ReferencedEntity"}.get(name, "ReferencingEntity")
    rows = []
    for row in metadata.relationships(call.state):
        both = row["RelationshipType"] == "ManyToManyRelationship"
        if both != (name == "ManyToManyRelationships"):
            continue
        ends = (row["Entity1LogicalName"], row["Entity2LogicalName"]) if both else (row[side],)
        if schema.name in ends:
            rows.append(row)
    return rows


def _attributes(schema: Schema, cast: str) -> Iterable[Json]:
    for column in schema.columns.values():
        row = metadata.attribute(schema, column)
        if not cast:
            yield row
        elif _is(column, cast):
            yield row | metadata.specific(column)


def _is(column: Column, cast: str) -> bool:
    bases = _BASES.get(cast)
    if bases is not None:
        return metadata.attribute_type(column) in bases
    return metadata.attribute_class(column) == cast


def _options_of(call: Call, schema: Schema, row: Json, cast: str) -> Json:
    """`$expand=OptionSet,GlobalOptionSet`, which only types with options have."""
    text = call.option("$expand")
    if text is None:
        return {}
    found: Json = {}
    column = schema.columns[row["LogicalName"]]
    for part in split_outside(text, ","):
        name, options = _nested(part)
        held = metadata.option_set(call.state, schema, column) if cast else None
        if name not in ("OptionSet", "GlobalOptionSet") or held is None:
            kind = cast or "AttributeMetadata"
            raise bad_syntax(f"Could not find a property named '{name}' on type '{_PREFIX}{kind}'.")
        if name == "GlobalOptionSet" and not held["IsGlobal"]:
            found[name] = None
            continue
        found[name] = _pick(held, options.get("$select"))
    return found
