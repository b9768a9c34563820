"""FetchXML: read, checked against the tables, evaluated, paged by cookie."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote
from xml.etree.ElementTree import Element

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring, tostring

from .call import Call
from .conditions import condition
from .errors import Refused, Unknown
from .query import annotator, check_names
from .schema import Column
from .state import State
from .tables import Row, Table, fold

Combo = dict[str, Row | None]
"""One result: alias -> row (the root's alias is empty; None where an outer link found nothing)."""
Test = Callable[[Combo], bool]
PAGE = 5000
SIMPLE_PAGING_ROWS = 50_000
_COOKIE = "@Microsoft.Dynamics.CRM.fetchxmlpagingcookie"
_MORE = "@Microsoft.Dynamics.CRM.morerecords"


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


def _bad(message: str, code: str = "0x80040203") -> Refused:
    return Refused(400, code, message)


def _flag(element: Element, name: str) -> bool:
    return element.get(name, "false").lower() in ("true", "1")


def _number(element: Element, name: str) -> int | None:
    text = element.get(name)
    if text is None:
        return None
    if not text.isdigit() or int(text) < 1:
        raise _bad(f"Invalid value '{text}' for the fetch attribute '{name}'.", "0x80041129")
    return int(text)


def _both(a: Callable[[Row], bool], b: Callable[[Row], bool]) -> Callable[[Row], bool]:
    return lambda row: a(row) and b(row)


def _at(alias: str, test: Callable[[Row], bool]) -> Test:
    return lambda combo: test(combo.get(alias) or {})


class _Reader:
    """XML to a Fetch."""

    def __init__(self, state: State, text: str) -> None:
        self.state = state
        self.links: dict[str, Link] = {}
        self.orders: list[tuple[str, str, bool]] = []
        self.late: list[Test] = []
        try:
            self.fetch = fromstring(text)
        except (ParseError, DefusedXmlException) as error:
            raise _bad(f"Invalid XML in the fetch: {error}", "0x80040216") from None
        if self.fetch.tag != "fetch":
            raise _bad("The fetch XML has no <fetch> at its root.")

    def read(self) -> Fetch:
        fetch = self.fetch
        if _flag(fetch, "aggregate"):
            raise Unknown("an aggregate fetch")
        entities = fetch.findall("entity")
        if len(entities) != 1 or len(fetch) != 1:
            raise _bad("A fetch holds exactly one <entity>.")
        count, page, top = (_number(fetch, n) for n in ("count", "page", "top"))
        if top is not None and (page is not None or count is not None):
            raise _bad("The top attribute can't be specified with paging attribute page.")
        cookie = fetch.get("paging-cookie")
        for name in ("page", "count", "paging-cookie"):
            fetch.attrib.pop(name, None)
        text = tostring(fetch, encoding="unicode")
        root = Link(self._table(entities[0]))
        self.links[""] = root
        self._entity(entities[0], root)
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
        )

    def _table(self, element: Element) -> Table:
        name = element.get("name", "")
        table = self.state.store.tables.get(name)
        if table is None:
            raise _bad(
                f"The entity with a name = '{name}' with namemapping = 'Logical' was not found in "
                "the MetadataCache.",
                "0x80041102",
            )
        self.state.require(name, "Read")
        return table

    def _column(self, link: Link, name: str | None) -> Column:
        column = link.table.schema.columns.get(name or "")
        if column is None:
            raise _bad(
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
        for child in element:
            if child.tag == "attribute":
                column = self._column(link, child.get("name"))
                link.columns.append((column, child.get("alias", "")))
            elif child.tag == "all-attributes":
                link.all_columns = True
            elif child.tag == "order":
                name = self._column(link, child.get("attribute")).name
                self.orders.append((link.alias, name, _flag(child, "descending")))
            elif child.tag == "filter":
                self._filter_of(child, link)
            elif child.tag != "link-entity":
                raise _bad(f"Unexpected <{child.tag}> in the fetch.")

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
            raise _bad(f"The alias '{link.alias}' is used twice.")
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
            raise _bad(f"Invalid filter type '{kind}'.")
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
            raise Unknown("condition with valueof")
        values = [v.text or "" for v in element.findall("value")]
        if element.get("value") is not None:
            values = [element.get("value", "")]
        test = condition(self.state.store, element.get("operator", ""), column, values)
        name = column.name
        return lambda row: test(row.get(name))

    def _late(self, element: Element) -> Test:
        parts: list[Test] = []
        for child in element:
            if child.tag == "filter":
                parts.append(self._late(child))
                continue
            alias = child.get("entityname") or ""
            link = self.links.get(alias)
            if link is None:
                raise _bad(f"The entityname '{alias}' is no alias of the fetch.")
            test = self._condition(child, link)
            parts.append(_at(alias, test))
        return self._join(element, parts)


def read(state: State, text: str) -> Fetch:
    """Read and check a query."""
    return _Reader(state, text).read()


def _matches(link: Link, value: Any) -> Iterator[Row]:
    if value is None:
        return
    table = link.table
    ids: Iterable[str]
    if link.source == table.schema.key:
        ids = (value,) if value in table.rows else ()
    else:
        ids = sorted(table.having(link.source, value))
    for row_id in ids:
        row = table.rows[row_id]
        if link.rows is None or link.rows(row):
            yield row


def _combos(links: Sequence[Link], base: Row, combo: Combo) -> Iterator[Combo]:
    """All ways to fill the links below one row."""
    if not links:
        yield combo
        return
    first, rest = links[0], links[1:]
    found = False
    for row in _matches(first, base.get(first.target)):
        for inner in _combos(first.links, row, {**combo, first.alias: row}):
            found = True
            yield from _combos(rest, base, inner)
    if not found and first.outer:
        yield from _combos(rest, base, {**combo, first.alias: None})


def _roots(fetch: Fetch) -> Sequence[str]:
    """Ids among which the root's rows are, few if an index can tell."""
    root = fetch.root
    best: set[str] | None = None
    for name, value in root.equal:
        column = root.table.schema.columns[name]
        if column.kind in ("lookup", "string", "guid") and value and name != root.table.schema.key:
            text = value.strip("{}") if column.kind != "string" else value
            held = root.table.having(name, text)
            if best is None or len(held) < len(best):
                best = held
    for link in root.links:
        # An inner link with a selective condition leads back to the root.
        if link.outer or link.target != root.table.schema.key:
            continue
        for name, value in link.equal:
            if link.table.schema.columns[name].kind == "lookup" and value:
                held = link.table.having(name, value.strip("{}"))
                if best is None or len(held) < len(best):
                    rows = link.table.rows
                    best = {i for i in (rows[h].get(link.source) for h in held) if i}
    if best is not None and len(best) * 4 < len(root.table.rows):
        return sorted(i for i in best if i in root.table.rows)
    return root.table.order.sorted()


def _results(fetch: Fetch, start: str = "") -> Iterator[Combo]:
    """Results in key order of the root, after the root key `start`."""
    root = fetch.root
    rows, test = root.table.rows, root.rows
    ids = _roots(fetch)
    for at in range(bisect_right(ids, start), len(ids)):
        row = rows[ids[at]]
        if test is not None and not test(row):
            continue
        if not root.links:
            yield {"": row}
            continue
        for combo in _combos(root.links, row, {"": row}):
            if all(t(combo) for t in fetch.late):
                yield combo


def _sort_key(alias: str, column: str) -> Callable[[Combo], Any]:
    def key(combo: Combo) -> Any:
        value = (combo.get(alias) or {}).get(column)
        return (value is not None, fold(value))

    return key


def _all(state: State, fetch: Fetch) -> list[Combo]:
    """All results in order, kept while nothing changes."""
    now = f"{state.clock.monotonic()} {state.store.caller} "
    key = now + fetch.text
    held = state.fetched.get(key)
    if held is not None and held[0] == state.store.version:
        return held[1]
    found = list(_results(fetch))
    for alias, column, descending in reversed(fetch.orders):
        found.sort(key=_sort_key(alias, column), reverse=descending)
    if fetch.distinct:
        seen: set[tuple[Any, ...]] = set()
        plan = _plan(fetch)
        kept = []
        for combo in found:
            mark = tuple(fold((combo.get(a) or {}).get(c.name)) for a, c, _ in plan)
            if mark not in seen:
                seen.add(mark)
                kept.append(combo)
        found = kept
    state.fetched[key] = (state.store.version, found)
    while len(state.fetched) > 2:
        state.fetched.popitem(last=False)
    return found


def _plan(fetch: Fetch, *, dots: bool = True) -> list[tuple[str, Column, str]]:
    """(alias, column, name in the result) of everything the query selects."""
    found: list[tuple[str, Column, str]] = []

    def visit(link: Link) -> None:
        chosen = link.columns
        everything = link.all_columns or (not link.alias and not chosen)
        if everything:
            chosen = [(c, "") for c in link.table.schema.columns.values()]
        for column, alias in chosen:
            name = alias or column.wire
            if link.alias and not alias:
                name = f"{link.alias}{'.' if dots else '_x002e_'}{column.name}"
            found.append((link.alias, column, name))
        for inner in link.links:
            visit(inner)

    visit(fetch.root)
    schema = fetch.root.table.schema
    if not fetch.distinct and not any(not a and c.name == schema.key for a, c, _ in found):
        found.append(("", schema.columns[schema.key], schema.key))
    return found


def _from_cookie(state: State, fetch: Fetch) -> str | None:
    """The last key of the page before, out of the cookie; None to count pages instead."""
    if not fetch.cookie or fetch.page == 1:
        return None
    key = re.escape(fetch.root.table.schema.key)
    pattern = rf'<cookie page="(\d+)">.*<{key} last="\{{([^}}]+)\}}" first="[^"]*" ?/>.*</cookie>'
    match = re.fullmatch(pattern, fetch.cookie, re.DOTALL)
    if match is None:
        if state.bad_cookie == "first-page":
            fetch.page = 1
            return None
        raise _bad("Malformed XML in the Paging Cookie", "0x8004112a")
    return match.group(2).lower()


def _page(state: State, fetch: Fetch) -> tuple[list[Combo], bool]:
    """One page and whether there is more."""
    key = fetch.root.table.schema.key
    last = _from_cookie(state, fetch)
    size = fetch.top if fetch.top is not None else fetch.count
    by_key = fetch.orders in ([], [("", key, False)]) and not fetch.distinct
    if by_key and not fetch.root.links and (last is not None or fetch.page == 1):
        found = []
        for combo in _results(fetch, last or ""):
            found.append(combo)
            if len(found) > size:
                break
        return found[:size], len(found) > size and fetch.top is None
    everything = _all(state, fetch)
    start = (fetch.page - 1) * size
    if not fetch.cookie and start + size > SIMPLE_PAGING_ROWS and fetch.page > 1:
        raise _bad("The maximum number of rows for simple paging, 50000, is exceeded.")
    return everything[start : start + size], (start + size < len(everything) and fetch.top is None)


def ids(state: State, text: str) -> list[str]:
    """Ids of the root rows a query finds, each once, in key order."""
    fetch = read(state, text)
    key = fetch.root.table.schema.key
    found = [combo[""][key] for combo in _all(state, fetch) if combo[""] is not None]
    return sorted(set(found[: fetch.top] if fetch.top is not None else found))


def fetch(call: Call, table: Table) -> dict[str, Any]:
    """The body of a FetchXML answer."""
    check_names(call)
    query = read(call.state, call.option("fetchXml") or "")
    if query.root.table is not table:
        raise _bad(
            f"The entity '{query.root.table.schema.name}' of the fetch is not the entity of "
            f"'{table.schema.set}'."
        )
    found, more = _page(call.state, query)
    plan = _plan(query, dots=call.state.alias_dots)
    names = [name for alias, _, name in plan if not alias]
    body: dict[str, Any] = {
        "@odata.context": f"{call.api}$metadata#{table.schema.set}({','.join(names)})"
    }
    linked_order = any(alias for alias, _, _ in query.orders)
    if more and call.wants(_COOKIE[1:]) and not linked_order:
        body[_COOKIE] = _cookie(query, found)
    if call.wants(_MORE[1:]):
        body[_MORE] = more
    body["value"] = _shaped(call, plan, found)
    return body


def _cookie(query: Fetch, found: list[Combo]) -> str:
    key = query.root.table.schema.key
    first, last = (str((c[""] or {})[key]).upper() for c in (found[0], found[-1]))
    inner = f'<cookie page="{query.page}"><{key} last="{{{last}}}" first="{{{first}}}" /></cookie>'
    twice = quote(quote(inner, safe=""), safe="")
    return f'<cookie pagenumber="{query.page + 1}" pagingcookie="{twice}" istracking="False" />'


def _shaped(
    call: Call, plan: list[tuple[str, Column, str]], found: list[Combo]
) -> list[dict[str, Any]]:
    """Results as JSON objects; nulls are left out."""
    by_alias: dict[str, list[tuple[Column, str]]] = {}
    for alias, column, name in plan:
        by_alias.setdefault(alias, []).append((column, name))
    notes = {}
    if call.annotated:
        for alias, chosen in by_alias.items():
            names = {column.name: name for column, name in chosen}
            notes[alias] = annotator(call, [c for c, _ in chosen], names)
    out = []
    for combo in found:
        root = combo[""] or {}
        item: dict[str, Any] = {"@odata.etag": f'W/"{root["versionnumber"]}"'}
        for alias, chosen in by_alias.items():
            row = combo.get(alias)
            if row is None:
                continue
            for column, name in chosen:
                value = row.get(column.name)
                if value is not None:
                    item[name] = value
            if alias in notes:
                notes[alias](row, item)
        out.append(item)
    return out
