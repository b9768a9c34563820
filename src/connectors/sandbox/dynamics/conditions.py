"""The comparison operators that FetchXML and the query functions of the Web API share."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from .errors import Refused, Unknown
from .schema import Column, read_guid, read_moment
from .tables import Store, fold

Test = Callable[[Any], bool]


def parse_value(column: Column, text: Any) -> Any:
    """A value given as text (FetchXML, query functions) in the column's own form."""
    if not isinstance(text, str):
        text = str(text).lower() if isinstance(text, bool) else str(text)
    kind = column.kind
    found: Any = text
    try:
        if kind in ("guid", "lookup"):
            found = read_guid(text.strip("{}"))
        elif kind in ("integer", "bigint", "choice"):
            found = int(text)
        elif kind in ("decimal", "double"):
            found = float(text)
        elif kind == "boolean":
            found = {"1": True, "true": True, "0": False, "false": False}[text.lower()]
        elif kind == "datetime":
            found = read_moment(text)
        elif kind == "date":
            found = (read_moment(text) or "")[:10] or None
    except (KeyError, ValueError):
        found = None
    if found is None:
        raise Refused(
            400,
            "0x80040203",
            f"Condition for attribute '{column.name}': expected argument(s) of a type like "
            f"'{column.edm}' but received '{text}'.",
        )
    return found


def like(pattern: str) -> re.Pattern[str]:
    """A SQL LIKE pattern (`%`, `_`, `[…]`) as an expression without regard to case."""
    out, at = [], 0
    while at < len(pattern):
        char = pattern[at]
        close = pattern.find("]", at + 1) if char == "[" else -1
        if char == "%":
            out.append(".*")
        elif char == "_":
            out.append(".")
        elif close > at:
            inner = pattern[at + 1 : close].replace("\\", "\\\\")
            out.append(f"[{inner}]" if inner else "")
            at = close
        else:
            out.append(re.escape(char))
        at += 1
    return re.compile("".join(out), re.IGNORECASE | re.DOTALL)


def text_test(kind: str, value: str) -> Test:
    """contains, startswith, endswith; wildcards inside the value count."""
    if any(c in value for c in "%_["):
        before = "" if kind == "startswith" else "%"
        after = "" if kind == "endswith" else "%"
        match = like(before + value + after).fullmatch
        return lambda v: v is not None and match(v) is not None
    low = value.lower()
    if kind == "startswith":
        return lambda v: v is not None and v.lower().startswith(low)
    if kind == "endswith":
        return lambda v: v is not None and v.lower().endswith(low)
    return lambda v: v is not None and low in v.lower()


def compare(op: str, value: Any) -> Test:
    """eq, ne, gt, ge, lt, le against a constant. As in the platform's SQL, ne also takes nulls."""
    if value is None:
        return (lambda v: v is None) if op == "eq" else (lambda v: v is not None)
    const = fold(value)
    if isinstance(const, str):
        tests: dict[str, Test] = {
            "eq": lambda v: v is not None and v.lower() == const,
            "ne": lambda v: v is None or v.lower() != const,
            "gt": lambda v: v is not None and v.lower() > const,
            "ge": lambda v: v is not None and v.lower() >= const,
            "lt": lambda v: v is not None and v.lower() < const,
            "le": lambda v: v is not None and v.lower() <= const,
        }
    else:
        tests = {
            "eq": lambda v: v == const,
            "ne": lambda v: v != const,
            "gt": lambda v: v is not None and v > const,
            "ge": lambda v: v is not None and v >= const,
            "lt": lambda v: v is not None and v < const,
            "le": lambda v: v is not None and v <= const,
        }
    return tests[op]


def two(op: str, left: Any, right: Any) -> bool:
    """The same between two columns; a null differs from everything, and is equal to a null."""
    if left is None or right is None:
        return (left is right) == (op == "eq") if op in ("eq", "ne") else False
    return compare(op, right)(fold(left))


_CALLER = {
    "eq-userid": ("eq", "caller"),
    "ne-userid": ("ne", "caller"),
    "eq-useroruserteams": ("eq", "caller"),
    "eq-useroruserhierarchy": ("eq", "caller"),
    "eq-useroruserhierarchyandteams": ("eq", "caller"),
    "eq-businessid": ("eq", "unit"),
    "ne-businessid": ("ne", "unit"),
}


def condition(store: Store, op: str, column: Column, values: Sequence[Any]) -> Test:
    """The test that operator makes on one value. `values` are texts."""
    if op in _CALLER:
        how, who = _CALLER[op]
        return compare(how, getattr(store, who))
    if op == "eq-userteams":
        # Nobody is in a team here.
        return lambda v: False
    if op in ("eq", "ne", "neq", "gt", "ge", "lt", "le"):
        _need(op, column, values, 1)
        return compare("ne" if op == "neq" else op, parse_value(column, values[0]))
    if op == "null":
        return lambda v: v is None
    if op == "not-null":
        return lambda v: v is not None
    if op in ("in", "not-in"):
        return _among(op, column, values)
    if op in ("between", "not-between"):
        _need(op, column, values, 2)
        low, high = (fold(parse_value(column, v)) for v in values)
        if op == "between":
            return lambda v: v is not None and low <= fold(v) <= high
        return lambda v: v is not None and not low <= fold(v) <= high
    found = _texts(op, column, values)
    if found is not None:
        return found
    return _dates(store, op, column, values)


def _need(op: str, column: Column, values: Sequence[Any], count: int) -> None:
    if len(values) != count:
        raise Refused(
            400,
            "0x80040203",
            f"Condition operator '{op}' on '{column.name}' takes {count} value(s), not "
            f"{len(values)}.",
        )


def _among(op: str, column: Column, values: Sequence[Any]) -> Test:
    if not values:
        raise Refused(400, "0x80040203", f"Condition operator '{op}' needs values.")
    held = frozenset(fold(parse_value(column, v)) for v in values)
    if op == "in":
        return lambda v: v is not None and fold(v) in held
    return lambda v: v is None or fold(v) not in held


def _texts(op: str, column: Column, values: Sequence[Any]) -> Test | None:
    if op in ("like", "not-like"):
        _need(op, column, values, 1)
        match = like(str(values[0])).fullmatch
        if op == "like":
            return lambda v: v is not None and match(str(v)) is not None
        return lambda v: v is None or match(str(v)) is None
    names = {
        "begins-with": "startswith",
        "not-begin-with": "startswith",
        "ends-with": "endswith",
        "not-end-with": "endswith",
    }
    if op not in names:
        return None
    _need(op, column, values, 1)
    test = text_test(names[op], str(values[0]))
    return (lambda v: not test(v)) if op.startswith("not-") else test


def _midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def _months(at: datetime, count: int) -> datetime:
    month = at.month - 1 + count
    year, month = at.year + month // 12, month % 12 + 1
    return at.replace(year=year, month=month, day=min(at.day, monthrange(year, month)[1]))


def _period(unit: str, at: datetime) -> tuple[datetime, datetime]:
    """The calendar week, month or year around `at`."""
    day = _midnight(at)
    if unit == "week":
        # Weeks start on Sunday, the platform's default.
        start = day - timedelta(days=(day.weekday() + 1) % 7)
        return start, start + timedelta(days=7)
    start = day.replace(day=1) if unit == "month" else day.replace(month=1, day=1)
    return start, _months(start, 1 if unit == "month" else 12)


def _move(unit: str, at: datetime, count: int) -> datetime:
    if unit in ("months", "years"):
        return _months(at, count * (12 if unit == "years" else 1))
    return at + count * timedelta(**{unit: 1})


_RELATIVE = re.compile(r"(last|next|olderthan)-x-(minutes|hours|days|weeks|months|years)")


def _span(op: str, now: datetime, count: int) -> tuple[datetime | None, datetime | None] | None:
    """Start (inclusive) and end (exclusive) of a date operator; None when it is not one."""
    day = _midnight(now)
    days = {"yesterday": (-1, 0), "today": (0, 1), "tomorrow": (1, 2)}
    if op in days:
        first, last = days[op]
        return day + timedelta(days=first), day + timedelta(days=last)
    if op == "last-seven-days":
        return day - timedelta(days=7), now
    if op == "next-seven-days":
        return now, day + timedelta(days=8)
    which, _, unit = op.partition("-")
    if which in ("last", "this", "next") and unit in ("week", "month", "year"):
        start, end = _period(unit, now)
        if which == "last":
            return _period(unit, start - timedelta(seconds=1))[0], start
        return (start, end) if which == "this" else (end, _period(unit, end)[1])
    match = _RELATIVE.fullmatch(op)
    if match is None:
        return None
    which, unit = match.groups()
    whole = unit not in ("minutes", "hours")
    if which == "olderthan":
        return None, _move(unit, day if whole else now, -count)
    if which == "last":
        return _move(unit, day if whole else now, -count), now
    return now, _move(unit, day if whole else now, count) + timedelta(days=whole)


def _dates(store: Store, op: str, column: Column, values: Sequence[Any]) -> Test:
    if column.kind not in ("datetime", "date"):
        raise Unknown(f"condition operator {op} on {column.name}")
    width = 10 if column.kind == "date" else 20
    if op in ("on", "not-on", "on-or-after", "on-or-before"):
        _need(op, column, values, 1)
        day = parse_value(column, values[0])[:10]
        tests: dict[str, Test] = {
            "on": lambda v: v is not None and v[:10] == day,
            "not-on": lambda v: v is None or v[:10] != day,
            "on-or-after": lambda v: v is not None and v[:10] >= day,
            "on-or-before": lambda v: v is not None and v[:10] <= day,
        }
        return tests[op]
    count = 0
    if "-x-" in op:
        _need(op, column, values, 1)
        count = int(values[0])
    span = _span(op, store.clock.now().astimezone(UTC), count)
    if span is None:
        raise Unknown(f"condition operator {op}")
    start, end = ((t.strftime("%Y-%m-%dT%H:%M:%SZ")[:width] if t else None) for t in span)
    # A "last …" ends now, and now itself belongs to it.
    closed = op.startswith("last-") and (op == "last-seven-days" or "-x-" in op)

    def test(v: Any) -> bool:
        if v is None or (start is not None and v < start):
            return False
        return end is None or v < end or (closed and v == end)

    return test
