"""Addresses of rows: GUIDs, alternate keys, references in bodies and change sets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

from .call import Call, split_path
from .conditions import parse_value
from .errors import Refused, bad_payload, bad_syntax, no_row, no_segment
from .schema import Schema, read_guid
from .state import api_host
from .tables import Table

_SEGMENT = re.compile(r"(\$?[\w.]+)(?:\((.*)\))?", re.DOTALL)
_PART = re.compile(r"\s*(\w+)\s*=\s*('(?:[^']|'')*'|[^,']+)\s*(?:,|$)")
_FORBIDDEN = frozenset("/<>*%&:\\?+")


@dataclass(slots=True)
class Key:
    """The key in a URL: a GUID, or the values of an alternate key."""

    text: str
    guid: str | None = None
    values: dict[str, Any] | None = None


def split_segment(text: str) -> tuple[str, str | None]:
    """`contacts(…)` as name and key text; the key is None without parentheses."""
    match = _SEGMENT.fullmatch(text)
    if match is None:
        raise no_segment(text)
    return match.group(1), match.group(2)


def active(schema: Schema, key: tuple[str, ...]) -> bool:
    """Whether an alternate key's index is built; until then it is as if it were not defined."""
    return schema.key_status.get(key, "Active") == "Active"


def read_key(table: Table, text: str) -> Key:
    """Read the text between the parentheses."""
    schema = table.schema
    guid = read_guid(text)
    if guid is not None:
        return Key(text, guid)
    # A user is one kind of owner: there the key is called after that.
    primary = "ownerid" if schema.name == "systemuser" else schema.key
    found: dict[str, Any] = {}
    at = 0
    while at < len(text):
        match = _PART.match(text, at)
        if match is None:
            raise bad_syntax()
        name, value = match.groups()
        column = schema.properties.get(name)
        if column is None:
            raise _undefined(schema.name)
        if value.startswith("'"):
            value = value[1:-1].replace("''", "'")
            if _FORBIDDEN & set(value):
                raise bad_syntax(
                    "A potentially dangerous Request.Path value was detected from the client."
                )
            if column.kind not in ("string", "memo", "datetime"):
                raise bad_syntax()
        elif column.kind in ("string", "memo"):
            raise bad_syntax()
        found[column.name] = parse_value(column, value.strip())
        at = match.end()
    if not found:
        raise bad_syntax()
    if set(found) == {primary}:
        return Key(text, found[primary])
    for key in schema.keys:
        if set(key) == set(found) and active(schema, key):
            return Key(text, values={c: found[c] for c in key})
    raise _undefined(schema.name)


def _undefined(name: str) -> Refused:
    return Refused(
        400,
        "0x80060890",
        f"The key in the request URI is not valid for resource 'Microsoft.Dynamics.CRM.{name}'. "
        "Ensure that the names and number of key properties match the declared or alternate key "
        f"properties for the resource 'Microsoft.Dynamics.CRM.{name}'.",
    )


def find(call: Call, table: Table, key: Key) -> str | None:
    """The row's id, or None when there is no such row."""
    if key.guid is not None:
        return key.guid if key.guid in table.rows else None
    assert key.values is not None
    return call.state.store.by_key(table, list(key.values), list(key.values.values()))


def must_find(call: Call, table: Table, key: Key) -> str:
    found = find(call, table, key)
    if found is not None:
        return found
    if key.guid is not None:
        raise no_row(table.schema.name, key.guid)
    raise Refused(
        404,
        "0x80060891",
        f"A record with the specified key values does not exist in {table.schema.name} entity",
    )


def address(call: Call, text: Any) -> tuple[Table, Key]:
    """Table and key of `/set(key)`, `set(key)`, an absolute address, or `$1`."""
    if not isinstance(text, str):
        raise bad_payload(f"The value '{text}' is no entity reference.")
    if text.lstrip("/").startswith("$"):
        name = text.lstrip("/")[1:]
        if call.version == "9.0" and call.state.deployment == "on-premises":
            raise Refused(500, "0x8006088a", f"Resource not found for the segment '${name}'.")
        if name not in call.refs:
            raise Refused(
                400,
                "0x80060888",
                f"Content-ID Reference: '${name}' does not exist in the batch context.",
            )
        text = call.refs[name]
    # Bulk calls carry thousands of short references: those need no taking apart.
    short = "://" not in text and not text.startswith("//")
    parts = SplitResult("", "", text, "", "") if short else urlsplit(text)
    path = parts.path
    if parts.scheme:
        home = urlsplit(call.state.url)
        if parts.scheme != "https" or parts.netloc.lower() not in (
            home.netloc,
            api_host(call.state),
        ):
            raise bad_payload(f"The reference '{text}' is not of this organization.")
        match = re.fullmatch(home.path + r"/api/data/v\d+\.\d+/(.*)", path, re.DOTALL)
        if match is None:
            raise bad_payload(f"Invalid Id '{text}'.")
        path = match.group(1)
    elif parts.netloc or not path:
        raise bad_payload(f"Invalid Id '{text}'.")
    segments = split_path(path) if parts.scheme or "%" in path else [path.strip("/")]
    if len(segments) != 1:
        raise bad_payload(f"Invalid Id '{text}'.")
    name, key = split_segment(segments[0])
    table = call.state.store.entity_set(name)
    if key is None:
        raise bad_payload(f"Invalid Id '{text}'.")
    return table, read_key(table, key)
