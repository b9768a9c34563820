"""What the platform itself does to a row that is written: names, states, list rules."""

from __future__ import annotations

from typing import Any

from .errors import Refused
from .schema import Schema
from .tables import Row, Table

_NAMES = {"firstname", "middlename", "lastname"}


def prepare(table: Table, values: Row, old: Row | None) -> Row:
    """`values` completed for an insert (`old` None) or an update."""
    schema = table.schema
    if old is None:
        _defaults(schema, values)
    if "statecode" in values or "statuscode" in values:
        _state(schema, values, old)
    if schema.name in ("contact", "systemuser") and _NAMES & values.keys():
        _full_name(values, old)
    elif schema.name == "list":
        _list(values, old)
    return values


def _defaults(schema: Schema, values: Row) -> None:
    for name, value in schema.defaults.items():
        values.setdefault(name, value)
    if schema.name == "contact":
        values.setdefault("merged", False)


def _full_name(values: Row, old: Row | None) -> None:
    held = {**(old or {}), **values}
    words = (held.get(c) for c in ("firstname", "middlename", "lastname"))
    values["fullname"] = " ".join(w for w in words if w) or None


def _state(schema: Schema, values: Row, old: Row | None) -> None:
    codes = list(schema.columns["statuscode"].options)
    state = values.get("statecode")
    if state is None:
        state = (old or {}).get("statecode", 0)
    if values.get("statuscode") is None:
        values["statuscode"] = codes[state]
    values["statecode"] = state
    if values["statuscode"] != codes[state]:
        raise Refused(
            400,
            "0x80048408",
            f"{values['statuscode']} is not a valid status code for state code "
            f"{schema.name}State.{'Inactive' if state else 'Active'} on {schema.name}.",
        )


def _list(values: Row, old: Row | None) -> None:
    held: dict[str, Any] = {**(old or {}), **values}
    if old is None:
        for name in ("listname", "createdfromcode"):
            if held.get(name) is None:
                raise Refused(
                    400, "0x80040203", f"The required attribute '{name}' of 'list' is missing."
                )
        values["membertype"] = held["createdfromcode"]
        if not held["type"]:
            values["membercount"] = 0
    dynamic = bool(held.get("type"))
    if values.get("query") is not None and not dynamic:
        raise Refused(400, "0x8004f702", "Query parameter is not valid for a static list.")
    if values.get("lockstatus") and dynamic:
        raise Refused(400, "0x8004f703", "You can't lock a dynamic list.")
