"""FetchXML: read and checked against the tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from xml.etree.ElementTree import Element

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring, tostring

from .aggregate import NUMBERS, Group, Measure
from .conditions import condition, two
from .errors import Refused, Unknown
from .schema import Column
from .state import State
from .tables import Row, Table

Combo = dict[str, Row | None]
"""One result: alias -> row (the root's alias is empty; None where an outer link found nothing)."""
Test = Callable[[Combo], bool]
PAGE = 5000
_KINDS = {
    "count": "",
    "countcolumn": "count",
    "sum": "sum",
    "avg": "avg",
    "min": "min",
    "max": "max",
}
_WEEK = 7


@dataclass(slots=True)
class Link:
    """The root table or a linked one."""

    table: Table
    alias: str = ""
    columns: list[tuple[Column, str]] = field(default_factory=list)
    all_columns: bool = False
    rows: Callable[[Row], bool] | None = None
    """The part of the filter that looks at this table alone."""
    links: list[Link] = field(default_factory=list)
    source: str = ""
    target: str = ""
    outer: bool = False
    equal: list[tuple[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class Fetch:
    """A query, read."""

    root: Link
    text: str
    count: int
    page: int
    cookie: str | None
    top: int | None
    distinct: bool
    orders: list[tuple[str, str, bool]]
    """(alias, column, descending)"""
    late: list[Test]
    """Conditions of the root filter on linked tables."""
    aggregate: bool
    groups: list[Group]
    measures: list[Measure]
    """Of an aggregate; they read a Combo."""


def bad(message: str, code: str = "0x80040203") -> Refused:
    return Refused(400, code, message)


def _flag(element: Element, name: str) -> bool:
    return element.get(name, "false").lower() in ("true", "1")


def _number(element: Element, name: str) -> int | None:
    text = element.get(name)
    if text is None:
        return None
    if not text.isdigit() or int(text) < 1:
        raise bad(f"Invalid value '{text}' for the fetch attribute '{name}'.", "0x80041129")
    return int(text)


def _both(a: Callable[[Row], bool], b: Callable[[Row], bool]) -> Callable[[Row], bool]:
    return lambda row: a(row) and b(row)


def _value_at(alias: str, column: str) -> Callable[[Combo], Any]:
    return lambda combo: (combo.get(alias) or {}).get(column)


def _cut(get: Callable[[Combo], Any], part: Callable[[str], int]) -> Callable[[Combo], Any]:
    def found(combo: Combo) -> int | None:
        value = get(combo)
        return None if value is None else part(value)

    return found


_PARTS: dict[str, Callable[[str], int]] = {
    "day": lambda v: int(v[8:10]),
    "week": lambda v: (date.fromisoformat(v[:10]).timetuple().tm_yday - 1) // _WEEK + 1,
    "month": lambda v: int(v[5:7]),
    "quarter": lambda v: (int(v[5:7]) + 2) // 3,
    "year": lambda v: int(v[:4]),
}


def _at(alias: str, test: Callable[[Row], bool]) -> Test:
    return lambda combo: test(combo.get(alias) or {})


class _Reader:
    """XML to a Fetch."""

    def __init__(self, state: State, text: str) -> None:
        self.state = state
        self.links: dict[str, Link] = {}
        self.orders: list[tuple[str, str, bool]] = []
        self.late: list[Test] = []
        self.groups: list[Group] = []
        self.measures: list[Measure] = []
        self.aggregate = False
        try:
            self.fetch = fromstring(text)
        except (ParseError, DefusedXmlException) as error:
            raise bad(f"Invalid XML in the fetch: {error}", "0x80040216") from None
        if self.fetch.tag != "fetch":
            raise bad("The fetch XML has no <fetch> at its root.")

    def read(self) -> Fetch:
        fetch = self.fetch
        self.aggregate = _flag(fetch, "aggregate")
        entities = fetch.findall("entity")
        if len(entities) != 1 or len(fetch) != 1:
            raise bad("A fetch holds exactly one <entity>.")
        count, page, top = (_number(fetch, n) for n in ("count", "page", "top"))
        if top is not None and (page is not None or count is not None):
            raise bad("The top attribute can't be specified with paging attribute page.")
        cookie = fetch.get("paging-cookie")
        for name in ("page", "count", "paging-cookie"):
            fetch.attrib.pop(name, None)
        text = tostring(fetch, encoding="unicode")
        root = Link(self._table(entities[0]))
        self.links[""] = root
        self._entity(entities[0], root)
        self._restrict(root)
        if self.aggregate and not (self.groups or self.measures):
            raise bad("An aggregate fetch needs an attribute with aggregate or groupby.")
        return Fetch(
            root,
            text,
            min(count or PAGE, PAGE),
            page or 1,
            cookie,
            top,
            _flag(fetch, "distinct"),
            self.orders,
            self.late,
            self.aggregate,
            self.groups,
            self.measures,
        )

    def _restrict(self, link: Link) -> None:
        """Leave out rows that the caller may not read."""
        seen = self.state.seen(link.table.schema.name)
        if seen is not None:
            link.rows = seen if link.rows is None else _both(link.rows, seen)
        for inner in link.links:
            self._restrict(inner)

    def _table(self, element: Element) -> Table:
        name = element.get("name", "")
        table = self.state.store.tables.get(name)
        if table is None:
            raise bad(
                f"The entity with a name = '{name}' with namemapping = 'Logical' was not found in "
                "the MetadataCache.",
                "0x80041102",
            )
        self.state.require(name, "Read")
        return table

    def _column(self, link: Link, name: str | None) -> Column:
        column = link.table.schema.columns.get(name or "")
        if column is None:
            raise bad(
                f"'{link.table.schema.schema}' entity doesn't contain attribute with Name = "
                f"'{name}' and NameMapping = 'Logical'.",
                "0x80041103",
            )
        return column

    def _entity(self, element: Element, link: Link) -> None:
        # Links first, so that conditions can name their aliases.
        for child in element:
            if child.tag == "link-entity":
                link.links.append(self._link(child, link))
        # … and attributes before orders, which name the aliases of an aggregate.
        for child in sorted(element, key=lambda e: e.tag == "order"):
            if child.tag == "attribute" and self.aggregate:
                self._number(child, link)
            elif child.tag == "attribute":
                column = self._column(link, child.get("name"))
                link.columns.append((column, child.get("alias", "")))
            elif child.tag == "all-attributes":
                link.all_columns = True
            elif child.tag == "order" and self.aggregate:
                self._order_by_alias(child)
            elif child.tag == "order":
                name = self._column(link, child.get("attribute")).name
                self.orders.append((link.alias, name, _flag(child, "descending")))
            elif child.tag == "filter":
                self._filter_of(child, link)
            elif child.tag != "link-entity":
                raise bad(f"Unexpected <{child.tag}> in the fetch.")

    def _number(self, element: Element, link: Link) -> None:
        """An attribute of an aggregate: something to group by, or a number of each group."""
        column = self._column(link, element.get("name"))
        alias, how = element.get("alias"), element.get("aggregate")
        if not alias:
            raise bad(f"The attribute '{column.name}' of an aggregate fetch needs an alias.")
        if alias in {g.name for g in self.groups} | {m.name for m in self.measures}:
            raise bad(f"The alias '{alias}' is used twice.")
        get = _value_at(link.alias, column.name)
        if _flag(element, "groupby"):
            part = element.get("dategrouping")
            if part is not None:
                if column.kind not in ("datetime", "date") or part not in _PARTS:
                    raise bad(f"Invalid dategrouping '{part}' on '{column.name}'.")
                cut = _PARTS[part]
                self.groups.append(Group(alias, _cut(get, cut)))
                return
            self.groups.append(Group(alias, get, column))
            return
        if how not in _KINDS:
            raise bad(f"The attribute '{column.name}' needs aggregate or groupby.")
        if how in ("sum", "avg") and column.kind not in NUMBERS:
            raise bad(f"The aggregate '{how}' is not possible on '{column.name}'.")
        kind = _KINDS[how]
        distinct = _flag(element, "distinct")
        self.measures.append(Measure(alias, kind, get if kind else None, column, distinct))

    def _order_by_alias(self, element: Element) -> None:
        alias = element.get("alias")
        if alias not in {g.name for g in self.groups} | {m.name for m in self.measures}:
            raise bad("An aggregate fetch is ordered by the alias of one of its attributes.")
        self.orders.append(("", alias or "", _flag(element, "descending")))

    def _link(self, element: Element, parent: Link) -> Link:
        kind = element.get("link-type", "inner")
        if kind not in ("inner", "outer"):
            raise Unknown(f"link-type {kind}")
        link = Link(
            self._table(element),
            element.get("alias") or f"{element.get('name')}{len(self.links)}",
            outer=kind == "outer",
        )
        if link.alias in self.links:
            raise bad(f"The alias '{link.alias}' is used twice.")
        link.source = self._column(link, element.get("from")).name
        link.target = self._column(parent, element.get("to")).name
        self.links[link.alias] = link
        self._entity(element, link)
        return link

    def _filter_of(self, element: Element, link: Link) -> None:
        if any(c.get("entityname") for c in element.iter("condition")):
            self.late.append(self._late(element))
            return
        test = self._filter(element, link)
        before = link.rows
        link.rows = test if before is None else _both(before, test)
        if element.get("type", "and") == "and":
            for child in element.findall("condition"):
                if child.get("operator") == "eq":
                    link.equal.append((child.get("attribute", ""), child.get("value")))

    def _join(self, element: Element, parts: list[Callable[[Any], bool]]) -> Callable[[Any], bool]:
        kind = element.get("type", "and")
        if kind not in ("and", "or"):
            raise bad(f"Invalid filter type '{kind}'.")
        if len(parts) == 1:
            return parts[0]
        if kind == "and":
            return lambda row: all(p(row) for p in parts)
        return lambda row: not parts or any(p(row) for p in parts)

    def _filter(self, element: Element, link: Link) -> Callable[[Row], bool]:
        parts: list[Callable[[Row], bool]] = []
        for child in element:
            if child.tag == "filter":
                parts.append(self._filter(child, link))
            elif child.tag == "condition":
                parts.append(self._condition(child, link))
            else:
                raise Unknown(f"<{child.tag}> in a filter")
        return self._join(element, parts)

    def _condition(self, element: Element, link: Link) -> Callable[[Row], bool]:
        column = self._column(link, element.get("attribute"))
        if element.get("valueof") is not None:
            return self._two_columns(element, link, column)
        values = [v.text or "" for v in element.findall("value")]
        if element.get("value") is not None:
            values = [element.get("value", "")]
        test = condition(self.state.store, element.get("operator", ""), column, values)
        name = column.name
        return lambda row: test(row.get(name))

    def _two_columns(self, element: Element, link: Link, column: Column) -> Callable[[Row], bool]:
        other, op = self._column(link, element.get("valueof")), element.get("operator", "")
        op = "ne" if op == "neq" else op
        if op not in ("eq", "ne", "gt", "ge", "lt", "le") or other.kind != column.kind:
            raise bad(f"The condition on '{column.name}' cannot be compared by valueof.")
        a, b = column.name, other.name
        return lambda row: two(op, row.get(a), row.get(b))

    def _late(self, element: Element) -> Test:
        parts: list[Test] = []
        for child in element:
            if child.tag == "filter":
                parts.append(self._late(child))
                continue
            alias = child.get("entityname") or ""
            link = self.links.get(alias)
            if link is None:
                raise bad(f"The entityname '{alias}' is no alias of the fetch.")
            test = self._condition(child, link)
            parts.append(_at(alias, test))
        return self._join(element, parts)


def read(state: State, text: str) -> Fetch:
    """Read and check a query."""
    return _Reader(state, text).read()
