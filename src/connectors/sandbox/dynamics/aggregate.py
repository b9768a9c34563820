"""Sums over groups of rows, as `$apply` and aggregate fetches make them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from .errors import Refused
from .schema import Column
from .state import State
from .tables import fold

T = TypeVar("T")
NUMBERS = ("integer", "bigint", "decimal", "double")


@dataclass(slots=True)
class Measure:
    """One number per group: `kind` is count, sum, avg, min or max."""

    name: str
    kind: str
    get: Callable[[Any], Any] | None = None
    """The value of a row; None counts the rows themselves."""
    column: Column | None = None
    distinct: bool = False

    @property
    def shown_as(self) -> Column:
        """The column whose form the number has."""
        if self.column is None or self.get is None or self.kind == "count":
            return Column(self.name, "integer")
        return self.column

    def over(self, rows: list[Any]) -> Any:
        """The number of a group."""
        if self.get is None:
            return len(rows)
        values = [v for v in map(self.get, rows) if v is not None]
        if self.distinct:
            values = list({fold(v): v for v in values}.values())
        if self.kind == "count":
            return len(values)
        if not values:
            return None
        if self.kind in ("min", "max"):
            return (min if self.kind == "min" else max)(values, key=fold)
        total = math.fsum(values)
        if self.kind == "avg":
            total /= len(values)
        whole = self.column is not None and self.column.kind in ("integer", "bigint")
        if whole and self.kind == "sum":
            return int(total)
        # Decimals are held as floats here; the digits beyond a column's own are noise.
        return round(total, 10)


@dataclass(slots=True)
class Group:
    """One value to group by."""

    name: str
    get: Callable[[Any], Any]
    column: Column | None = None


def grouped(
    state: State, rows: Iterable[T], groups: list[Group], measures: list[Measure]
) -> list[tuple[list[Any], list[Any]]]:
    """(values grouped by, numbers) of each group in the order of their first rows."""
    limit = state.aggregate_limit
    held = list(islice(rows, limit + 1))
    if len(held) > limit:
        raise Refused(
            400,
            "0x8004e023",
            f"The maximum record limit is exceeded. Reduce the number of records: an aggregate "
            f"query looks at {limit} at most.",
        )
    found: dict[tuple[Any, ...], list[T]] = {}
    shown: dict[tuple[Any, ...], list[Any]] = {}
    for row in held:
        values = [g.get(row) for g in groups]
        mark = tuple(fold(v) for v in values)
        found.setdefault(mark, []).append(row)
        shown.setdefault(mark, values)
    if not groups and not found:
        found[()], shown[()] = [], []
    return [(shown[m], [measure.over(part) for measure in measures]) for m, part in found.items()]
