"""Parameters of functions and actions: from URLs, aliases and bodies to plain values."""

from __future__ import annotations

import json
import re
from typing import Any

from .call import Call
from .errors import Refused, bad_payload, bad_syntax
from .keys import address, must_find
from .schema import read_guid
from .tables import Table

TYPE = "Microsoft.Dynamics.CRM."
_ARGUMENT = re.compile(
    r"\s*(\w+)\s*=\s*(@\w+|[\w.]*'(?:[^']|'')*'|\{[^}]*\}|\[[^\]]*\]|[^,]+?)\s*(?:,|$)", re.DOTALL
)
_ENUM = re.compile(r"([\w.]*)'([^']*)'")


def no_resource(call: Call, wrong: bool) -> None:
    """Refuse a function or action that is called in the wrong way."""
    if wrong:
        raise Refused(
            404,
            "0x80060888",
            f"No HTTP resource was found that matches the request URI '{call.api}{call.path}'.",
        )


def arguments(call: Call, text: str | None, *names: str) -> dict[str, str]:
    """The parameters of a function, aliases replaced by their values; all must be there."""
    found: dict[str, str] = {}
    at, text = 0, text or ""
    while at < len(text):
        match = _ARGUMENT.match(text, at)
        if match is None:
            raise bad_syntax()
        name, value = match.groups()
        if value.startswith("@"):
            value = call.aliases.get(value, "")
            if not value:
                raise bad_syntax(f"The parameter alias for '{name}' has no value.")
        found[name] = value
        at = match.end()
    no_resource(call, set(found) != set(names))
    return found


def literal(value: str) -> Any:
    """JSON of a parameter alias; single quotes are taken for double ones."""
    for text in (value, value.replace("'", '"')):
        try:
            return json.loads(text)
        except ValueError:
            continue
    raise bad_syntax(f"The value '{value}' cannot be read.")


def guid_literal(value: str) -> str:
    """A bare GUID of a function call."""
    found = read_guid(value)
    if found is None:
        raise bad_syntax(f"Unrecognized 'Edm.Guid' literal '{value}'.")
    return found


def enum_literal(call: Call, value: str, name: str, members: tuple[str, ...]) -> str:
    """A member of an enum; below v9.0 the type must be written before it."""
    match = _ENUM.fullmatch(value)
    short = call.number >= (9, 0)
    kind = match.group(1) if match is not None else ""
    if match is None or match.group(2) not in members or not (kind == TYPE + name or short):
        raise bad_syntax(f"The value '{value}' is no '{TYPE}{name}'.")
    return match.group(2)


def row_literal(call: Call, value: str) -> tuple[Table, str]:
    """The row that an entity-valued parameter `{'@odata.id':'contacts(…)'}` means."""
    found = literal(value)
    if not isinstance(found, dict) or set(found) != {"@odata.id"}:
        raise bad_syntax(f"The value '{value}' is no reference to a row.")
    table, key = address(call, found["@odata.id"])
    return table, must_find(call, table, key)


def parameters(call: Call, *names: str) -> dict[str, Any]:
    """The body of an action; parameters that it does not have are refused."""
    body = call.json()
    for name in body:
        if name not in names:
            raise bad_payload(
                f"The parameter '{name}' in the request payload is not a valid "
                "parameter for the operation."
            )
    return body


def entity(value: Any, names: tuple[str, ...], what: str) -> tuple[str, str]:
    """(table, id) of an entity parameter `{"contactid": …, "@odata.type": …}`."""
    if not isinstance(value, dict):
        raise bad_payload(f"The parameter '{what}' must be an object.")
    kind = value.get("@odata.type")
    if not isinstance(kind, str) or not kind.lstrip("#").startswith(TYPE):
        raise bad_payload(f"The parameter '{what}' needs its @odata.type.")
    name = kind.lstrip("#")[len(TYPE) :]
    if name not in names:
        raise Refused(400, "0x80040301", f"'{name}' is the wrong type for '{what}'.")
    return name, row_guid(value, f"{name}id", what)


def row_guid(value: dict[str, Any], name: str, what: str = "") -> str:
    """A GUID in a body."""
    found = value.get(name)
    row_id = read_guid(found) if isinstance(found, str) else None
    if row_id is None and what:
        raise bad_payload(f"The parameter '{what}' needs '{name}'.")
    if row_id is None:
        raise bad_payload(f"Cannot convert the literal '{found}' to the expected type 'Edm.Guid'.")
    return row_id
