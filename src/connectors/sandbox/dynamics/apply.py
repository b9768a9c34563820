"""`$apply`: groups and sums of a table, refused where the platform cannot do them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from .aggregate import NUMBERS, Group, Measure, grouped
from .call import Call
from .errors import Refused, Unknown, bad_syntax, no_property
from .odata import Filter, parse_filter
from .query import annotator, candidates, check_names, display, restricted, split_outside
from .schema import Column, Schema
from .tables import Row, Table

_STEP = re.compile(r"\s*(\w+)\s*\((.*)\)\s*", re.DOTALL)
_MEASURE = re.compile(r"\s*([\w/]+)\s+with\s+(\w+)\s+as\s+(\w+)\s*")
_COUNT = re.compile(r"\s*\$count\s+as\s+(\w+)\s*")
_KINDS = {"sum": "sum", "average": "avg", "min": "min", "max": "max", "countdistinct": "count"}
_FORMATTED = "OData.Community.Display.V1.FormattedValue"


def apply(call: Call, table: Table) -> dict[str, Any]:
    """The body of an answer to `$apply`."""
    check_names(call)
    for name, _ in call.pairs:
        if name == "$orderby":
            raise bad_syntax("The $orderby query parameter is not supported with $apply.")
        if name.startswith("$") and name != "$apply":
            raise Unknown(f"{name} with $apply")
    return _Reader(call, table).answer()


class _Reader:
    def __init__(self, call: Call, table: Table) -> None:
        self.call = call
        self.table = table
        self.filter: Filter | None = None
        self.groups: list[Group] = []
        self.measures: list[Measure] = []
        self.text = call.option("$apply") or ""

    def answer(self) -> dict[str, Any]:
        steps = [s.strip() for s in split_outside(self.text, "/")]
        for at, step in enumerate(steps):
            match = _STEP.fullmatch(step)
            if match is None:
                raise self._wrong()
            self._step(*match.groups(), last=at == len(steps) - 1)
        found = grouped(self.call.state, self._rows(), self.groups, self.measures)
        names = [g.name for g in self.groups] + [m.name for m in self.measures]
        where = f"{self.call.api}$metadata#{self.table.schema.set}({','.join(names)})"
        return {"@odata.context": where, "value": [self._shown(*f) for f in found]}

    def _wrong(self) -> Refused:
        return bad_syntax(f"Syntax error in the $apply expression '{self.text}'.")

    def _step(self, name: str, inner: str, *, last: bool) -> None:
        if name == "filter" and not last and self.filter is None:
            self.filter = parse_filter(
                self.call.state.store,
                self.table.schema,
                inner,
                self.call.aliases,
                quoted_guids=self.call.state.quoted_guids,
            )
        elif name == "groupby" and last:
            self._group(inner)
        elif name == "aggregate" and last:
            self._aggregate(inner)
        else:
            raise Unknown(f"$apply={name}(…) {'at the end' if last else 'before another step'}")

    def _group(self, text: str) -> None:
        parts = split_outside(text, ",")
        columns = parts[0].strip()
        if not (columns.startswith("(") and columns.endswith(")")):
            raise self._wrong()
        for path in columns[1:-1].split(","):
            column, get, hops = self._path(path.strip())
            if column.kind == "datetime":
                raise bad_syntax(
                    f"Grouping by '{path.strip()}' is not supported: it is a date and time."
                )
            table = hops[-1] if hops else ""
            name = f"{table}_{column.name}" if table else column.wire
            self.groups.append(Group(name, get, column))
        if len(parts) > 2:
            raise self._wrong()
        if len(parts) == 2:
            match = _STEP.fullmatch(parts[1])
            if match is None or match.group(1) != "aggregate":
                raise self._wrong()
            self._aggregate(match.group(2))

    def _aggregate(self, text: str) -> None:
        for part in text.split(","):
            count = _COUNT.fullmatch(part)
            if count is not None:
                self.measures.append(Measure(count.group(1), "count"))
                continue
            match = _MEASURE.fullmatch(part)
            if match is None:
                raise self._wrong()
            path, how, name = match.groups()
            if how not in _KINDS:
                raise bad_syntax(f"The aggregation method '{how}' is not supported.")
            column, get, _ = self._path(path)
            if how in ("sum", "average") and column.kind not in NUMBERS:
                raise bad_syntax(f"The column '{path}' is no number: it has no {how}.")
            self.measures.append(Measure(name, _KINDS[how], get, column, how == "countdistinct"))

    def _path(self, text: str) -> tuple[Column, Callable[[Row], Any], list[str]]:
        schema: Schema = self.table.schema
        *steps, name = text.split("/")
        hops: list[tuple[str, dict[str, Row]]] = []
        tables: list[str] = []
        for step in steps:
            nav = schema.navs.get(step)
            if nav is None or nav.collection:
                raise no_property(step, schema.name)
            self.call.state.require(nav.target, "Read")
            other = self.call.state.store.table(nav.target)
            hops.append((nav.column, other.rows))
            tables.append(nav.target)
            schema = other.schema
        column = schema.properties.get(name)
        if column is None:
            raise no_property(name, schema.name)
        key = column.name

        def get(row: Row) -> Any:
            for lookup, rows in hops:
                row = rows.get(row.get(lookup) or "", {})
            return row.get(key)

        return column, get, tables

    def _rows(self) -> Iterator[Row]:
        seen = self.call.state.seen(self.table.schema.name)
        given = self.filter if seen is None else restricted(self.filter, seen)
        rows = self.table.rows
        for row_id in candidates(self.table, given):
            if given is None or given.test(rows[row_id]):
                yield rows[row_id]

    def _shown(self, values: list[Any], numbers: list[Any]) -> dict[str, Any]:
        out: dict[str, Any] = {}
        noted = self.call.annotated
        for group, value in zip(self.groups, values, strict=True):
            out[group.name] = value
            if noted and group.column is not None:
                held = {group.column.name: value}
                annotator(self.call, [group.column], {group.column.name: group.name})(held, out)
        for measure, number in zip(self.measures, numbers, strict=True):
            out[measure.name] = number
            if number is not None and self.call.wants(_FORMATTED):
                text = display(measure.shown_as, number)
                if text is not None:
                    out[f"{measure.name}@{_FORMATTED}"] = text
        return out
