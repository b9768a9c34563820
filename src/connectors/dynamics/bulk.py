"""Many rows at once, with a result for each: by a bulk action, else in batches, else one by one.

A flow, as a call is: it knows neither of the two worlds. Never imports `runtime`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from typing import Any

from attrs import field, frozen

from ..core.call import Call, Headers
from ..core.flow import Flow, Port, perform
from ..core.policy import hold_back
from ..errors import (
    AnswerLost,
    AuthError,
    CallError,
    DecodeError,
    Forbidden,
    NotSent,
    StatusError,
    Throttled,
    TransportError,
    Unauthenticated,
)
from .batch import BatchResult, batch
from .calls import bulk_supported
from .capabilities import Capabilities
from .literals import guid
from .models import AlternateKey, RowId, Upserted

BLOCK = 500
"""Rows of one bulk action: a thousand is the most, and long ones run into the database's limits."""

BATCH = 100
"""Rows of one batch."""

_SQL = ("0x80044150", "0x80044151")
_NOT_OUR_ROWS = (Unauthenticated, Throttled)

_FAILURES = 3
"""Rows in a row on which the service fails before it is left alone: each was repeated already."""


@frozen(kw_only=True)
class RowResult:
    """What became of one row.

    Attributes:
        index: its place among the rows given.
        key: what names it: the id or alternate key given; of a new row the id that was made for it,
            by which one sees whether it is there after an `AnswerLost`.
        values: those given; none for a deletion.
        row_id: its id; None where it was refused, or addressed by an alternate key in a bulk
            action, which answers no ids.
        error: why it was not written, else None. An `AnswerLost` may have been; a `NotSent` was
            not.
    """

    index: int
    key: str | AlternateKey
    values: Mapping[str, object] = field(repr=False, eq=False)
    row_id: RowId | None = None
    error: CallError | None = None


@frozen(repr=False)
class BulkResult:
    """What became of each row, in the order given; none is left out."""

    rows: tuple[RowResult, ...]

    @property
    def refused(self) -> tuple[RowResult, ...]:
        """Those that were not written, or of which that is unknown."""
        return tuple(row for row in self.rows if row.error is not None)

    def check(self) -> None:
        """Raise the first error there is."""
        for row in self.rows:
            if row.error is not None:
                raise row.error

    def __repr__(self) -> str:
        refused = self.refused
        some = "".join(f", {row.index}: {row.error}" for row in refused[:3])
        return f"BulkResult({len(self.rows)} rows, {len(refused)} refused{some})"

    def __iter__(self) -> Iterator[RowResult]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> RowResult:
        return self.rows[index]


@frozen
class Item:
    """One row: what names it, what is written, and the call that does it alone."""

    key: str | AlternateKey
    values: Mapping[str, object]
    call: Call[Any]

    @property
    def row_id(self) -> RowId | None:
        """Its id, where that is known before."""
        return None if isinstance(self.key, AlternateKey) else guid(self.key)

    def result(
        self, index: int, row_id: RowId | None = None, error: CallError | None = None
    ) -> RowResult:
        """What became of it."""
        return RowResult(index=index, key=self.key, values=self.values, row_id=row_id, error=error)


@frozen(kw_only=True)
class Way:
    """How rows are written.

    Attributes:
        port, abilities, headers: the client's; `headers` go into the parts of batches.
        logical, message: the bulk action and its table.
        bulk: makes the bulk action's call for the rows from one index up to another.
        known: which bulk actions are there, as far as this client has asked.
    """

    port: Port
    abilities: Capabilities
    headers: Headers = ()
    logical: str
    message: str
    bulk: Callable[[int, int], Call[Any]] | None = field(repr=False)
    known: MutableMapping[tuple[str, str], bool] = field(repr=False)


class _Stopped(Exception):
    """Nothing further can be written; `error` is why."""

    def __init__(self, error: CallError) -> None:
        super().__init__()
        self.error = error


class _Ledger:
    """What is known of each row so far."""

    def __init__(self, items: Sequence[Item], way: Way) -> None:
        self.items = items
        self.way = way
        self.settled: dict[int, RowResult] = {}
        self.doubts: dict[int, CallError] = {}
        """Why it is unknown whether a row was written."""
        self.failures = 0
        """Rows in a row that the service failed on, other than by refusing them."""

    def written(self, index: int, value: object = None) -> None:
        item = self.items[index]
        known = value.row_id if isinstance(value, Upserted) else item.row_id
        self.settled[index] = item.result(index, known)
        self.failures = 0

    def refused(self, index: int, error: CallError) -> None:
        self.settled[index] = self.items[index].result(index, error=error)
        self.failures = self.failures + 1 if error.transient else 0

    def doubt(self, indices: Iterable[int], error: CallError) -> None:
        if not isinstance(error, NotSent):
            self.doubts.update(dict.fromkeys(indices, error))

    def result(self, stopped: _Stopped | None) -> BulkResult:
        return BulkResult(tuple(self._result(index, stopped) for index in range(len(self.items))))

    def _result(self, index: int, stopped: _Stopped | None) -> RowResult:
        if index in self.settled:
            return self.settled[index]
        why = stopped.error if stopped else ""
        error = self.doubts.get(index) or NotSent(f"not sent any more: {why}")
        return self.items[index].result(index, error=error)


def write_many(items: Sequence[Item], way: Way) -> Flow[BulkResult]:
    """Write rows.

    Raises:
        CallError: not one of them could be settled.
    """
    ledger = _Ledger(items, way)
    try:
        if items and (yield from _has_bulk(way)):
            for start in range(0, len(items), BLOCK):
                yield from _bulk(start, min(start + BLOCK, len(items)), ledger)
        else:
            yield from _batches(range(len(items)), ledger)
    except _Stopped as stopped:
        if not ledger.settled:
            raise next(iter(ledger.doubts.values()), stopped.error) from None
        return ledger.result(stopped)
    return ledger.result(None)


def _has_bulk(way: Way) -> Flow[bool]:
    if way.bulk is None or not way.abilities.bulk_actions:
        return False
    asked = (way.logical, way.message)
    if asked not in way.known:
        try:
            way.known[asked] = (yield from perform(bulk_supported(*asked), way.port)).value
        except Forbidden:
            # Who may not ask gets there by batches; a copy that acts as somebody else may.
            return False
        except CallError as error:
            raise _Stopped(error) from None
    return way.known[asked]


def _bulk(start: int, end: int, ledger: _Ledger) -> Flow[None]:
    way = ledger.way
    assert way.bulk is not None
    try:
        yield from perform(way.bulk(start, end), way.port)
    except _NOT_OUR_ROWS as error:
        raise _Stopped(error) from None
    except StatusError as error:
        if end - start > 1 and (error.code in _SQL or error.status == 413):
            middle = (start + end) // 2
            yield from _bulk(start, middle, ledger)
            yield from _bulk(middle, end, ledger)
            return
        # All was undone and nothing says which row it was.
        yield from _batches(range(start, end), ledger)
    except (AnswerLost, DecodeError) as error:
        # What is sent now by id changes nothing where it was written already.
        ledger.doubt(range(start, end), error)
        yield from _batches(range(start, end), ledger)
    except CallError as error:
        raise _Stopped(error) from None
    else:
        for index in range(start, end):
            ledger.written(index)


def _batches(indices: Iterable[int], ledger: _Ledger) -> Flow[None]:
    """Rows in batches; what an answer leaves out is sent again, alone where that does not help."""
    way = ledger.way
    left = list(indices)
    size = BATCH
    while left:
        some = left[:size]
        call = batch(
            [ledger.items[index].call for index in some],
            base_url=way.port.base_url,
            continue_on_error=way.abilities.continue_on_error,
            change_set_each=way.abilities.batch_change_set_each,
            headers=way.headers,
        )
        try:
            answers = (yield from perform(call, way.port)).value
        except _NOT_OUR_ROWS as error:
            raise _Stopped(error) from None
        except StatusError as error:
            if error.status == 413 and size > 1:
                size = max(1, size // 2)
                continue
            open_rows = some
        except DecodeError as error:
            ledger.doubt(some, error)
            open_rows = some
        except CallError as error:
            ledger.doubt(some, error)
            raise _Stopped(error) from None
        else:
            open_rows = [
                index
                for index, answer in zip(some, answers, strict=True)
                if not _take(index, answer, ledger)
            ]
        left = left[len(some) :]
        if len(open_rows) < len(some):
            left = open_rows + left
        else:
            for index in open_rows:
                yield from _single(index, ledger)


def _take(index: int, answer: BatchResult, ledger: _Ledger) -> bool:
    """Keep what a batch says of a row; False where it says nothing that lasts."""
    try:
        value = answer.value()
    except CallError as error:
        if isinstance(error, Throttled):
            hold_back(ledger.way.port.rate, error)
        if error.transient:
            ledger.doubt([index], error)
            return False
        ledger.refused(index, error)
    else:
        ledger.written(index, value)
    return True


def _single(index: int, ledger: _Ledger) -> Flow[None]:
    try:
        value = (yield from perform(ledger.items[index].call, ledger.way.port)).value
    except (*_NOT_OUR_ROWS, AuthError, TransportError) as error:
        ledger.doubt([index], error)
        raise _Stopped(error) from None
    except CallError as error:
        ledger.refused(index, error)
        if ledger.failures >= _FAILURES:
            raise _Stopped(error) from None
    else:
        ledger.written(index, value)
