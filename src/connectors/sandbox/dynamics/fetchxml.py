"""FetchXML evaluated: pages by cookie, aggregates, saved queries."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import quote

from .aggregate import grouped
from .call import Call
from .errors import Unknown, no_row
from .fetchread import Combo, Fetch, Link, bad, read
from .query import annotator, check_names, display, make_token, next_link, read_token
from .schema import Column, read_guid
from .state import State
from .tables import Row, Table, fold

SIMPLE_PAGING_ROWS = 50_000
_COOKIE = "@Microsoft.Dynamics.CRM.fetchxmlpagingcookie"
_MORE = "@Microsoft.Dynamics.CRM.morerecords"
_FORMATTED = "OData.Community.Display.V1.FormattedValue"


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
        raise bad("Malformed XML in the Paging Cookie", "0x8004112a")
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
        raise bad("The maximum number of rows for simple paging, 50000, is exceeded.")
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
    query = _read(call, table, call.option("fetchXml") or "")
    if query.aggregate:
        return _aggregated(call, table, query)
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


def _read(call: Call, table: Table, text: str) -> Fetch:
    query = read(call.state, text)
    if query.root.table is not table:
        raise bad(
            f"The entity '{query.root.table.schema.name}' of the fetch is not the entity of "
            f"'{table.schema.set}'."
        )
    return query


def _aggregated(call: Call, table: Table, query: Fetch) -> dict[str, Any]:
    """Groups and their numbers; nulls are left out here too."""
    groups, measures = query.groups, query.measures
    found = grouped(call.state, _results(query), groups, measures)
    out = []
    for values, numbers in found:
        item: dict[str, Any] = {}
        for group, value in zip(groups, values, strict=True):
            if value is not None:
                item[group.name] = value
                if call.annotated and group.column is not None:
                    names = {group.column.name: group.name}
                    annotator(call, [group.column], names)({group.column.name: value}, item)
        for measure, number in zip(measures, numbers, strict=True):
            if number is None:
                continue
            item[measure.name] = number
            text = display(measure.shown_as, number)
            if text is not None and call.wants(_FORMATTED):
                item[f"{measure.name}@{_FORMATTED}"] = text
        out.append(item)
    for _, alias, descending in reversed(query.orders):
        out.sort(key=lambda i: (alias in i, fold(i.get(alias))), reverse=descending)
    size = query.top if query.top is not None else query.count
    start = (query.page - 1) * size
    columns = ",".join([g.name for g in groups] + [m.name for m in measures])
    where = f"{call.api}$metadata#{table.schema.set}({columns})"
    body: dict[str, Any] = {"@odata.context": where}
    if call.wants(_MORE[1:]):
        body[_MORE] = query.top is None and start + size < len(out)
    body["value"] = out[start : start + size]
    return body


def saved(call: Call, table: Table, only: Collection[str] | None = None) -> dict[str, Any]:
    """The rows of `?savedQuery=` or `?userQuery=`; `only` are the rows of a collection."""
    check_names(call)
    for name, _ in call.pairs:
        if name.startswith("$") and name != "$skiptoken":
            raise Unknown(f"{name} with a saved query")
    kind = "savedquery" if call.option("savedQuery") is not None else "userquery"
    row_id = call.option("savedQuery") or call.option("userQuery") or ""
    held = call.state.store.table(kind)
    row = held.rows.get(read_guid(row_id) or "")
    if row is None:
        raise no_row(kind, row_id)
    call.state.require(kind, "Read", row)
    query = _read(call, table, row.get("fetchxml") or "")
    if query.aggregate:
        return _aggregated(call, table, query)
    found = _all(call.state, query)
    if query.top is not None:
        found = found[: query.top]
    if only is not None:
        key = table.schema.key
        found = [combo for combo in found if (combo[""] or {}).get(key) in only]
    token = read_token(call)
    start, size = token.get("p", 0), call.page_size or query.count
    plan = _plan(query, dots=call.state.alias_dots)
    names = [name for alias, _, name in plan if not alias]
    body: dict[str, Any] = {
        "@odata.context": f"{call.api}$metadata#{table.schema.set}({','.join(names)})",
        "value": _shaped(call, plan, found[start : start + size]),
    }
    if start + size < len(found):
        more = make_token(call, token.get("n", 1) + 1, {"p": start + size})
        body["@odata.nextLink"] = next_link(call, more)
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
