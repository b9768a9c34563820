"""Rows into Dynamics, as many at once as its version can take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...dynamics import calls as crm
from ...dynamics.batch import batch
from ...dynamics.models import RowId
from ...engine.job import Job, gather, send
from ...errors import AnswerLost, BadRequest, Conflict, ConnectorsError, NotFound, StatusError
from .context import Context
from .solution import RECORDS

CRM_CONTACT = "gr_CrmContactId"

Row = tuple[str, Mapping[str, object]]


def write_records(ctx: Context, rows: Sequence[Row]) -> Job[dict[str, ConnectorsError]]:
    """Create or update rows by id; the answer has those that were refused, by id.

    Where the server has bulk actions, all rows of a call stand or fall together: a refused block is
    halved until what is wrong stands alone. Elsewhere each row has its own answer in a `$batch`, and
    rows the answer leaves out are sent again.
    """
    if not rows:
        return {}
    if not ctx.capabilities.null_clears_lookup:
        rows = yield from _clear_lookups(rows)
    if ctx.capabilities.bulk_actions:
        return (yield from _bulk(rows))
    return (yield from _batches(ctx, rows))


def _clear_lookups(rows: Sequence[Row]) -> Job[list[Row]]:
    """Empty the lookups that rows set to nothing, each by its own address."""
    emptied = [row_id for row_id, values in rows if values.get(CRM_CONTACT, "") is None]
    yield from gather([crm.clear_lookup(RECORDS, row_id, CRM_CONTACT) for row_id in emptied])
    return [
        (row_id, {k: v for k, v in values.items() if k != CRM_CONTACT or v is not None})
        for row_id, values in rows
    ]


def _bulk(rows: Sequence[Row]) -> Job[dict[str, ConnectorsError]]:
    try:
        yield from send(crm.upsert_many(RECORDS, rows))
    except (BadRequest, NotFound, Conflict) as error:
        if len(rows) == 1:
            return {rows[0][0]: error}
        middle = len(rows) // 2
        first = yield from _bulk(rows[:middle])
        second = yield from _bulk(rows[middle:])
        return {**first, **second}
    return {}


def _batches(ctx: Context, rows: Sequence[Row]) -> Job[dict[str, ConnectorsError]]:
    refused: dict[str, ConnectorsError] = {}
    left = list(rows)
    while left:
        call = batch(
            [crm.upsert_row(RECORDS, RowId(row_id), values) for row_id, values in left],
            base_url=ctx.base_url,
            continue_on_error=ctx.capabilities.continue_on_error,
            change_set_each=ctx.capabilities.batch_change_set_each,
        )
        results = yield from send(call)
        again = []
        for row, result in zip(left, results, strict=True):
            if result.response is None:
                again.append(row)
                continue
            try:
                result.value()
            except StatusError as error:
                if error.transient:
                    raise
                refused[row[0]] = error
        if len(again) == len(left):
            raise AnswerLost("a batch came back without a single answer", service="dynamics")
        left = again
    return refused
