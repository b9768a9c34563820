"""Reading rows: query options, projection with annotations, order, pages, expansion."""

from __future__ import annotations

import json
import zlib
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote

from .call import Call
from .errors import Unknown, bad_syntax, no_property
from .odata import Filter, parse_filter
from .relations import related
from .schema import Column, Nav, Schema
from .tables import Row, Table, fold

PAGE = 5000
_KNOWN = {
    "$select",
    "$filter",
    "$orderby",
    "$top",
    "$count",
    "$expand",
    "$skiptoken",
    "$deltatoken",
    "$apply",
    "fetchXml",
    "savedQuery",
    "userQuery",
    "tag",
}
_FORMATTED = "OData.Community.Display.V1.FormattedValue"
_TARGET = "Microsoft.Dynamics.CRM.lookuplogicalname"
_NAV = "Microsoft.Dynamics.CRM.associatednavigationproperty"
_ELSEWHERE = ("fetchXml", "$apply", "savedQuery", "userQuery")
_OF_A_ROW = ("$select", "$expand")
_OF_ROWS = ("$select", "$filter", "$orderby", "$top", "$expand")
Project = Callable[[Row], dict[str, Any]]


@dataclass(slots=True)
class Options:
    """`$select` and its friends, read against one table."""

    select: list[Column] | None = None
    filter: Filter | None = None
    filter_text: str = ""
    orderby: list[tuple[Callable[[Row], Any], bool]] = field(default_factory=list)
    orderby_text: str = ""
    top: int | None = None
    count: bool = False
    expand: list[tuple[Nav, Options]] = field(default_factory=list)
    text: str = ""
    """The options of an expansion as the query of an address of its own."""


def check_names(call: Call) -> None:
    """Refuse query options the Web API does not have."""
    for name, _ in call.pairs:
        if name not in _KNOWN and not name.startswith("@"):
            raise bad_syntax(f"The query parameter {name} is not supported")


def read_options(call: Call, schema: Schema) -> Options:
    check_names(call)
    for name, _ in call.pairs:
        if name in _ELSEWHERE:
            raise Unknown(f"{name} on {call.path}")
    given = [(k, v) for k, v in call.pairs if k.startswith("$")]
    names = [k for k, _ in given]
    if len(set(names)) != len(names):
        raise bad_syntax("A query option is specified more than once.")
    return _options(call, schema, given)


def _options(call: Call, schema: Schema, given: Iterable[tuple[str, str]]) -> Options:
    found = Options()
    for name, text in given:
        if name == "$select":
            found.select = [_column(schema, n.strip()) for n in text.split(",")]
        elif name == "$filter":
            found.filter_text = text
            found.filter = parse_filter(
                call.state.store, schema, text, call.aliases, quoted_guids=call.state.quoted_guids
            )
        elif name == "$orderby":
            found.orderby_text = text
            found.orderby = [_order(call, schema, part) for part in text.split(",")]
        elif name == "$top":
            if not text.isdigit():
                raise bad_syntax(f"Invalid value '{text}' for $top query option found.")
            found.top = int(text)
        elif name == "$count":
            if text not in ("true", "false"):
                raise bad_syntax(f"Invalid value '{text}' for $count query option found.")
            found.count = text == "true"
        elif name == "$expand":
            found.expand = [_expansion(call, schema, part) for part in split_outside(text, ",")]
        elif name not in ("$skiptoken", "$deltatoken"):
            raise bad_syntax(f"The query parameter {name} is not supported")
    seen = call.state.seen(schema.name)
    if seen is not None:
        found.filter = restricted(found.filter, seen)
        found.filter_text += f"\n{call.caller}"
    return found


def restricted(given: Filter | None, seen: Callable[[Row], bool]) -> Filter:
    """A filter that also leaves out what the caller may not read."""
    if given is None:
        return Filter(seen)
    test = given.test
    return Filter(lambda row: test(row) and seen(row), given.equal)


def _column(schema: Schema, name: str) -> Column:
    try:
        return schema.properties[name]
    except KeyError:
        raise no_property(name, schema.name) from None


def _order(call: Call, schema: Schema, text: str) -> tuple[Callable[[Row], Any], bool]:
    words = text.split()
    if not words or len(words) > 2 or words[1:] not in ([], ["asc"], ["desc"]):
        raise bad_syntax(f"Syntax error at position 0 in '{text}'.")
    hops: list[tuple[str, dict[str, Row]]] = []
    *navs, name = words[0].split("/")
    for step in navs:
        nav = schema.navs.get(step)
        if nav is None or nav.collection:
            raise no_property(step, schema.name)
        table = call.state.store.table(nav.target)
        hops.append((nav.column, table.rows))
        schema = table.schema
    column = _column(schema, name).name

    def key(row: Row) -> Any:
        for lookup, rows in hops:
            row = rows.get(row.get(lookup) or "", {})
        value = row.get(column)
        return (value is not None, fold(value))

    return key, words[1:] == ["desc"]


def split_outside(text: str, mark: str) -> list[str]:
    """Split outside parentheses and quotes."""
    found, depth, quoted, start = [], 0, False, 0
    for at, char in enumerate(text):
        if char == "'":
            quoted = not quoted
        elif not quoted and char in "()":
            depth += 1 if char == "(" else -1
        elif char == mark and not quoted and depth == 0:
            found.append(text[start:at])
            start = at + 1
    found.append(text[start:])
    if depth or quoted:
        raise bad_syntax(f"Syntax error at position {len(text)} in '{text}'.")
    return found


def _expansion(call: Call, schema: Schema, text: str) -> tuple[Nav, Options]:
    name, mark, rest = text.strip().partition("(")
    nav = schema.navs.get(name)
    if nav is None:
        raise no_property(name, schema.name)
    target = call.state.store.table(nav.target).schema
    given: list[tuple[str, str]] = []
    if mark:
        if not rest.endswith(")"):
            raise bad_syntax(f"Syntax error at position {len(text)} in '{text}'.")
        for part in split_outside(rest[:-1], ";"):
            option, _, value = part.strip().partition("=")
            allowed = _OF_ROWS if nav.collection else _OF_A_ROW
            if option not in allowed:
                raise bad_syntax(f"The query parameter {option} is not supported in $expand")
            if nav.collection and option == "$expand" and call.number < (9, 1):
                raise bad_syntax("The query parameter $expand is not supported in a collection")
            given.append((option, value))
    found = _options(call, target, given)
    found.text = "&".join(f"{k}={quote(v, safe='')}" for k, v in given if k != "$top")
    return nav, found


def context(call: Call, schema: Schema, options: Options, tail: str = "") -> str:
    """The `@odata.context` address."""
    parts = [c.wire for c in options.select] if options.select is not None else []
    parts += [
        f"{nav.name}({','.join(c.wire for c in inner.select)})" if inner.select else f"{nav.name}()"
        for nav, inner in options.expand
    ]
    shape = f"({','.join(parts)})" if parts else ""
    return f"{call.api}$metadata#{schema.set}{shape}{tail}"


def projector(call: Call, table: Table, options: Options) -> Project:
    """A function from a stored row to its JSON object."""
    schema = table.schema
    chosen = list(schema.properties.values()) if options.select is None else list(options.select)
    key = schema.columns[schema.key]
    if key not in chosen:
        chosen.append(key)
    pairs = [(c.wire, c.name) for c in chosen]
    notes = annotator(call, chosen) if call.annotated else None
    expands = [(nav, *_inner(call, nav, inner)) for nav, inner in options.expand]

    def project(row: Row) -> dict[str, Any]:
        get = row.get
        out: dict[str, Any] = {"@odata.etag": f'W/"{row["versionnumber"]}"'}
        for name, column in pairs:
            out[name] = get(column)
        if notes is not None:
            notes(row, out)
        for nav, inner, target, shape in expands:
            out |= _expanded(call, table, row, nav, inner, target, shape)
        return out

    return project


def _inner(call: Call, nav: Nav, inner: Options) -> tuple[Options, Table, Project]:
    target = call.state.store.table(nav.target)
    call.state.require(nav.target, "Read")
    return inner, target, projector(call, target, inner)


def _expanded(
    call: Call, table: Table, row: Row, nav: Nav, inner: Options, target: Table, shape: Project
) -> dict[str, Any]:
    if not nav.collection:
        other = target.rows.get(row.get(nav.column) or "")
        return {nav.name: None if other is None else shape(other)}
    row_id = row[table.schema.key]
    path = f"{table.schema.set}({row_id})/{nav.name}"
    if call.version == "8.2":
        # Older versions only point at an expanded collection.
        link = call.api + path + (f"?{inner.text}" if inner.text else "")
        return {nav.name: [], f"{nav.name}@odata.nextLink": link}
    ids = related(call.state.store, table.schema.name, row_id, nav)
    rows = (target.rows[i] for i in ids)
    kept = [r for r in rows if inner.filter is None or inner.filter.test(r)]
    for order, descending in reversed(inner.orderby):
        kept.sort(key=order, reverse=descending)
    limit = PAGE if inner.top is None else min(inner.top, PAGE)
    out: dict[str, Any] = {nav.name: [shape(r) for r in kept[:limit]]}
    if inner.top is None and len(kept) > PAGE:
        values: dict[str, Any] = {"p": PAGE} if inner.orderby else {}
        values["l"] = kept[PAGE - 1][target.schema.key]
        token = _token(2, values, path, inner.text)
        out[f"{nav.name}@odata.nextLink"] = _link(call, path, inner.text, token)
    return out


def annotator(
    call: Call, chosen: Sequence[Column], names: Mapping[str, str] | None = None
) -> Callable[[Row, dict[str, Any]], None]:
    """Adds the annotations that were asked for to a projected row."""
    formatted, target, nav = (call.wants(a) for a in (_FORMATTED, _TARGET, _NAV))
    plan = [
        (c, names[c.name] if names else c.wire)
        for c in chosen
        if c.kind not in ("string", "memo", "guid")
    ]
    state = call.state

    def annotate(row: Row, out: dict[str, Any]) -> None:
        for column, name in plan:
            value = row.get(column.name)
            if value is None:
                continue
            if column.kind != "lookup":
                text = display(column, value) if formatted else None
                if text is not None:
                    out[f"{name}@{_FORMATTED}"] = text
                continue
            table = state.target_of(column, value)
            text = state.name_of(table, value) if formatted else None
            if text is not None:
                out[f"{name}@{_FORMATTED}"] = text
            if nav and column.nav_to(table):
                out[f"{name}@{_NAV}"] = column.nav_to(table)
            if target:
                out[f"{name}@{_TARGET}"] = table

    return annotate


def display(column: Column, value: Any) -> str | None:
    """A value as the caller's language and zone (English, UTC) show it."""
    if column.kind == "choice":
        return column.options.get(value)
    if column.kind == "boolean":
        return column.labels[bool(value)]
    if column.kind in ("integer", "bigint", "decimal", "double"):
        return f"{value:,}"
    if column.kind in ("datetime", "date"):
        year, month, day = value[:10].split("-")
        text = f"{int(month)}/{int(day)}/{year}"
        if column.kind == "datetime":
            hour = int(value[11:13])
            text += f" {(hour + 11) % 12 + 1}:{value[14:16]} {'PM' if hour > 11 else 'AM'}"
        return text
    return None


# --- pages ---------------------------------------------------------------------------------


def make_token(call: Call, page: int, values: dict[str, Any]) -> str:
    """An opaque `$skiptoken`, bound to the rest of the query."""
    return _token(page, values, call.path, _bare_query(call))


def _token(page: int, values: dict[str, Any], path: str, query: str) -> str:
    values = {**values, "q": _fingerprint(path, query)}
    cookie = json.dumps(values, separators=(",", ":")).encode().hex()
    text = f'<cookie pagenumber="{page}" pagingcookie="{cookie}" istracking="False" />'
    return quote(text, safe="")


def read_token(call: Call) -> dict[str, Any]:
    """What `make_token` put in; empty on a first page."""
    text = call.option("$skiptoken")
    if text is None:
        return {}
    try:
        found = json.loads(bytes.fromhex(text.split('pagingcookie="')[1].split('"')[0]))
        found["n"] = int(text.split('pagenumber="')[1].split('"')[0])
        if found["q"] != _fingerprint(call.path, _bare_query(call)):
            raise ValueError(text)
    except (IndexError, KeyError, ValueError):
        raise bad_syntax("Malformed XML in $skiptoken: the paging cookie is not valid.") from None
    assert isinstance(found, dict)
    return found


def _bare_query(call: Call) -> str:
    names = ("$skiptoken", "%24skiptoken")
    parts = call.raw_query.split("&") if call.raw_query else []
    return "&".join(p for p in parts if p.partition("=")[0] not in names)


def _fingerprint(path: str, query: str) -> int:
    return zlib.crc32(f"{unquote(path)}?{unquote(query)}".encode())


def next_link(call: Call, token: str) -> str:
    """The address of the next page: the query as it came, and where to go on."""
    return _link(call, call.path, _bare_query(call), token)


def _link(call: Call, path: str, query: str, token: str) -> str:
    return f"{call.api}{path}?{query}{'&' if query else ''}$skiptoken={token}"


def page_rows(
    table: Table, ids: Sequence[str], start: int, test: Filter | None, size: int
) -> tuple[list[Row], bool]:
    """Up to `size` rows from `start` on, and whether there are more."""
    rows = table.rows
    if test is None:
        part = ids[start : start + size]
        return [rows[i] for i in part], start + size < len(ids)
    found: list[Row] = []
    check = test.test
    for at in range(start, len(ids)):
        row = rows[ids[at]]
        if check(row):
            if len(found) == size:
                return found, True
            found.append(row)
    return found, False


def candidates(table: Table, test: Filter | None) -> Sequence[str]:
    """Ids in key order among which the filter's rows are, few if an index can tell."""
    if test is not None:
        for column, values in test.equal:
            if column == table.schema.key:
                return sorted({v for v in values if v in table.rows})
            kind = table.schema.columns[column].kind
            if None in values or kind not in ("string", "lookup", "guid"):
                continue
            held = [table.having(column, v) for v in values]
            if sum(map(len, held)) <= max(PAGE, len(table.rows) // 10):
                return sorted(set().union(*held))
    return table.order.sorted()


def _ordered(call: Call, table: Table, source: Sequence[str], options: Options) -> list[str]:
    """Filtered ids in `$orderby` order, kept while nothing changes."""
    state = call.state
    key = (unquote(call.path), options.filter_text, options.orderby_text)
    remote = "/" in options.filter_text + options.orderby_text or source is not table.order.sorted()
    stamp = -state.store.version if remote else table.stamp
    held = state.orderings.get(key)
    if held is not None and held[0] == stamp:
        state.orderings.move_to_end(key)
        return held[1]
    test = options.filter.test if options.filter is not None else None
    kept = [row for row in (table.rows[i] for i in source) if test is None or test(row)]
    for order, descending in reversed(options.orderby):
        kept.sort(key=order, reverse=descending)
    ids = [row[table.schema.key] for row in kept]
    state.orderings[key] = (stamp, ids)
    while len(state.orderings) > 4:
        state.orderings.popitem(last=False)
    return ids


def select_rows(
    call: Call, table: Table, options: Options, source: Sequence[str] | None = None
) -> tuple[list[Row], str | None]:
    """The rows of this page and the next link, if any."""
    if source is None:
        source = candidates(table, options.filter)
    size = call.page_size
    paged = size is not None or options.top is None
    limit = size if size is not None else min(PAGE, PAGE if options.top is None else options.top)
    token = read_token(call)
    key = table.schema.key
    if options.orderby and options.orderby_text.split() not in ([key], [key, "asc"]):
        ids = _ordered(call, table, source, options)
        start = token.get("p", 0)
        # Rows may have moved since the last page: go on after its last row where that still is.
        if start and not (start <= len(ids) and ids[start - 1] == token["l"]):
            start = ids.index(token["l"]) + 1 if token["l"] in ids else min(start, len(ids))
        rows, more = page_rows(table, ids, start, None, limit)
        values = {"p": start + len(rows)}
    else:
        start = bisect_right(source, token["l"]) if token else 0
        rows, more = page_rows(table, source, start, options.filter, limit)
        values = {}
    if not more or not paged or not rows:
        return rows, None
    values["l"] = rows[-1][key]
    return rows, next_link(call, make_token(call, token.get("n", 1) + 1, values))


def count_rows(table: Table, options: Options, source: Sequence[str] | None = None) -> int:
    """How many rows match, counted up to 5001."""
    if source is None:
        source = candidates(table, options.filter)
    if options.filter is None:
        return min(len(source), PAGE + 1)
    return len(page_rows(table, source, 0, options.filter, PAGE + 1)[0])


def collection(
    call: Call, table: Table, options: Options, source: Sequence[str] | None = None
) -> dict[str, Any]:
    """The body of a collection answer."""
    rows, link = select_rows(call, table, options, source)
    shape = projector(call, table, options)
    body: dict[str, Any] = {"@odata.context": context(call, table.schema, options)}
    total = count_rows(table, options, source) if options.count else -1
    if options.count:
        body["@odata.count"] = min(total, PAGE)
    if call.wants("Microsoft.Dynamics.CRM.totalrecordcount"):
        body["@Microsoft.Dynamics.CRM.totalrecordcount"] = min(total, PAGE)
    if call.wants("Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded"):
        body["@Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded"] = total > PAGE
    if call.wants("Microsoft.Dynamics.CRM.globalmetadataversion"):
        body["@Microsoft.Dynamics.CRM.globalmetadataversion"] = "1000001"
    body["value"] = [shape(row) for row in rows]
    if link is not None:
        body["@odata.nextLink"] = link
    return body
