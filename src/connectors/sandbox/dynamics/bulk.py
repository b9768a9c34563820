"""CreateMultiple, UpdateMultiple, UpsertMultiple: one request, one transaction."""

from __future__ import annotations

from typing import Any

from ..kernel import Answer
from .call import Call
from .errors import Refused, bad_payload, no_row, no_segment
from .keys import Key, address, find
from .schema import read_guid
from .state import BULK
from .tables import Table
from .writes import create, update

ACTIONS = (*BULK, "DeleteMultiple")


def bulk(call: Call, table: Table, action: str) -> Answer:
    """A bulk action bound to an entity set."""
    if not call.state.bulk or call.version != "9.2":
        raise no_segment(f"Microsoft.Dynamics.CRM.{action}")
    if action == "DeleteMultiple":
        raise Refused(400, "0x80040203", "DeleteMultiple has not yet been implemented.")
    if not call.state.supports(table.schema.name, action):
        raise Refused(
            400,
            "0x80040800",
            f"The '{action}' method does not support entities of type '{table.schema.name}'.",
        )
    body = call.json()
    targets = body.get("Targets")
    if not isinstance(targets, list) or len(body) != 1 or not targets:
        raise bad_payload(f"{action} needs the parameter 'Targets' with at least one row.")
    if len(targets) > call.state.bulk_max:
        raise Refused(
            400,
            "0x80040203",
            f"{action} takes at most {call.state.bulk_max} rows, not {len(targets)}.",
        )
    kind = f"Microsoft.Dynamics.CRM.{table.schema.name}"
    for item in targets:
        if not isinstance(item, dict) or str(item.get("@odata.type", "")).lstrip("#") != kind:
            raise bad_payload(f"A row in 'Targets' has no '@odata.type' or another than '{kind}'.")
    call.state.clock.sleep(call.state.bulk_seconds_per_row * len(targets))
    if action == "CreateMultiple":
        ids = [create(call, table, item)[table.schema.key] for item in targets]
        name = f"{call.api}$metadata#Microsoft.Dynamics.CRM.CreateMultipleResponse"
        return call.answer(200, {"@odata.context": name, "Ids": ids})
    run = _update if action == "UpdateMultiple" else _upsert
    seen: set[str] = set()
    results = []
    for item in targets:
        before = len(table.rows)
        row_id = run(call, table, item)
        results.append({"RecordCreated": len(table.rows) > before})
        if row_id in seen:
            raise Refused(412, "0x80040237", "Cannot insert duplicate key: a row comes twice.")
        seen.add(row_id)
    if action == "UpsertMultiple" and call.state.upsert_results:
        name = f"{call.api}$metadata#Microsoft.Dynamics.CRM.UpsertMultipleResponse"
        return call.answer(200, {"@odata.context": name, "Results": results})
    return call.answer(204)


def _own_key(table: Table, item: dict[str, Any]) -> str | None:
    value = item.get(table.schema.key)
    if value is None:
        return None
    found = read_guid(value) if isinstance(value, str) else None
    if found is None:
        raise bad_payload(f"Cannot convert the literal '{value}' to the expected type 'Edm.Guid'.")
    return found


def _update(call: Call, table: Table, item: dict[str, Any]) -> str:
    row_id = _own_key(table, item)
    if row_id is None and "@odata.id" in item:
        row_id = _addressed(call, table, item)[1]
    if row_id is None:
        raise Refused(400, "0x80040203", f"A row has no '{table.schema.key}'.")
    if row_id not in table.rows:
        raise no_row(table.schema.name, row_id)
    update(call, table, row_id, item)
    return row_id


def _addressed(call: Call, table: Table, item: dict[str, Any]) -> tuple[Key, str | None]:
    target, key = address(call, item["@odata.id"])
    if target is not table:
        raise bad_payload("All rows must be of the same table.")
    return key, find(call, table, key)


def _upsert(call: Call, table: Table, item: dict[str, Any]) -> str:
    name = table.schema.key
    if "@odata.id" not in item:
        row_id = _own_key(table, item)
        if row_id is None:
            raise Refused(400, "0x80040203", f"A row has neither '{name}' nor '@odata.id'.")
        if row_id in table.rows:
            update(call, table, row_id, item)
        else:
            create(call, table, item)
        return row_id
    key, found = _addressed(call, table, item)
    if found is not None:
        held = {k: v for k, v in item.items() if k not in (key.values or {})}
        update(call, table, found, held)
        return found
    for column in key.values or ():
        if column in item:
            raise Refused(
                400,
                "0x80040216",
                "An unexpected error occurred: the key column "
                f"'{column}' is in the body as well as in '@odata.id'.",
            )
    known = dict(key.values) if key.values is not None else {name: key.guid}
    return str(create(call, table, item, known)[name])
