"""The merge of two contacts or accounts."""

from __future__ import annotations

from ..kernel import Answer
from .call import Call
from .errors import Refused, bad_payload, no_row
from .parameters import entity, parameters
from .rights import MERGE
from .rules import prepare
from .state import State
from .tables import Row
from .writes import read_body

MERGEABLE = ("contact", "account")
_PARENT = {"contact": "parentcustomerid", "account": "parentaccountid"}


def merge_rows(
    state: State, winner: str, loser: str, content: Row | None = None, name: str = "contact"
) -> None:
    """What Merge does to two rows and to the rows that point at the loser."""
    store = state.store
    held = store.table(name)
    for row_id in (winner, loser):
        if row_id not in held.rows:
            raise no_row(name, row_id)
    if winner == loser:
        raise Refused(400, "0x80045305", "A record cannot be merged with itself.")
    for row_id in (winner, loser):
        if held.rows[row_id]["statecode"] != 0:
            raise Refused(400, "0x80045304", "Merge cannot be performed on inactive records.")
    if content:
        old = held.rows[winner]
        store.update(held, winner, prepare(held, content, old), store.caller)
    for table in store.tables.values():
        for column in table.schema.columns.values():
            if column.kind == "lookup" and column.merge and name in column.targets:
                for row_id in sorted(table.having(column.name, loser)):
                    store.update(table, row_id, {column.name: winner}, store.caller)
    store.update(
        held,
        loser,
        {"statecode": 1, "statuscode": 2, "merged": True, "masterid": winner},
        store.caller,
    )


def merge(call: Call) -> Answer:
    """Action Merge, for contacts and accounts."""
    body = parameters(call, "Target", "Subordinate", "UpdateContent", "PerformParentingChecks")
    checks = body.get("PerformParentingChecks")
    if not isinstance(checks, bool):
        raise bad_payload("The parameter 'PerformParentingChecks' is missing.")
    name, winner = entity(body.get("Target"), MERGEABLE, "Target")
    _, loser = entity(body.get("Subordinate"), (name,), "Subordinate")
    content = body.get("UpdateContent")
    if content is None and call.version == "8.2":
        raise bad_payload("The parameter 'UpdateContent' is missing.")
    state, held = call.state, call.state.store.table(name)
    state.require_loose(MERGE, "0x80045301")
    for row_id in (winner, loser):
        state.require(name, "Write", held.rows.get(row_id))
    values: Row = {}
    if content is not None:
        if not isinstance(content, dict) or "@odata.type" not in content:
            raise bad_payload("The parameter 'UpdateContent' needs its @odata.type.")
        values = read_body(call, held, content, held.rows.get(winner, {})).values
        values.pop(f"{name}id", None)
    parent = (held.rows.get(winner) or {}).get(_PARENT[name])
    if checks and parent == loser and winner != loser:
        raise Refused(
            400, "0x80045300", "Merge would make the record a parent of itself (cyclic parenting)."
        )
    merge_rows(state, winner, loser, values, name)
    return call.answer(204)
