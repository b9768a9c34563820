"""Change tracking: the first tracked read, delta links, removed rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from urllib.parse import quote

from .call import Call
from .errors import Refused, bad_syntax
from .query import (
    PAGE,
    Options,
    collection,
    context,
    make_token,
    next_link,
    projector,
    read_options,
    read_token,
)
from .rights import GLOBAL
from .state import State
from .tables import Table

_STAMP = "%m/%d/%Y %H:%M:%S"


def _only_select(call: Call, table: Table) -> Options:
    for name in ("$filter", "$orderby", "$expand", "$top"):
        if call.option(name) is not None:
            raise bad_syntax(
                f'The "{name}" query parameter isn\'t supported when Change Tracking is enabled.'
            )
    call.state.require(table.schema.name, "Read", least=GLOBAL)
    if not table.schema.tracked:
        raise Refused(
            400,
            "0x80072491",
            f"Change tracking is not enabled for entity {table.schema.name}.",
        )
    return read_options(call, table.schema)


def wanted(call: Call) -> bool:
    """Whether this is a first tracked read (or a later page of one)."""
    if call.version == "8.2" and not call.state.tracks_v82:
        return False
    return "odata.track-changes" in call.prefer or "v" in read_token(call)


def first_read(call: Call, table: Table) -> dict[str, Any]:
    """All rows; the last page has the delta link, which starts where the first page started."""
    options = _only_select(call, table)
    token = read_token(call)
    if "odata.track-changes" in call.prefer:
        call.applied.append("odata.track-changes")
    version = token.get("v", call.state.store.version)
    # collection() pages by key; the version of the first page rides along.
    body = collection(call, table, options)
    if "@odata.nextLink" not in body:
        body["@odata.deltaLink"] = _delta_link(call, version)
        return body
    last = body["value"][-1][table.schema.key]
    link = make_token(call, token.get("n", 1) + 1, {"l": last, "v": version})
    body["@odata.nextLink"] = next_link(call, link)
    return body


def _delta_link(call: Call, version: int) -> str:
    parts = call.raw_query.split("&")
    select = next((p for p in parts if p.partition("=")[0] in ("$select", "%24select")), "")
    stamp = f"{version}!{call.state.clock.now().astimezone(UTC).strftime(_STAMP)}"
    path = call.path.partition("/")[0]
    joined = f"{select}&" if select else ""
    return f"{call.api}{path}?{joined}$deltatoken={quote(stamp, safe='')}"


def _read_delta(state: State, text: str) -> int:
    number, _, moment = text.partition("!")
    try:
        version = int(number)
        issued = datetime.strptime(moment, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        raise bad_syntax(f"The delta token '{text}' is not valid.") from None
    age = state.clock.now() - issued
    if version < state.delta_floor or age > timedelta(days=state.track_days):
        raise Refused(
            400,
            "0x80044352",
            "Version stamp associated with the client has expired. Please perform a full sync.",
        )
    return version


def delta(call: Call, table: Table) -> dict[str, Any]:
    """Changed rows by version, then deletions, then the new delta link."""
    options = _only_select(call, table)
    since = _read_delta(call.state, call.option("$deltatoken") or "")
    token = read_token(call)
    size = call.page_size or PAGE
    rows = list(islice(table.changes(token.get("a", since)), size + 1))
    shape = projector(call, table, options)
    body: dict[str, Any] = {"@odata.context": context(call, table.schema, options, "/$delta")}
    value = body["value"] = [shape(row) for row in rows[:size]]
    number = token.get("n", 1) + 1
    after = rows[min(size, len(rows)) - 1]["versionnumber"] if rows else token.get("a", since)
    if len(rows) > size:
        body["@odata.nextLink"] = next_link(call, make_token(call, number, {"a": after}))
        return body
    done = token.get("g", 0)
    room = size - len(value)
    gone = list(islice(table.deletions(since), done, done + room + 1))
    tail = f"{call.api}$metadata#{table.schema.set}/$deletedEntity"
    value += [{"@odata.context": tail, "id": i, "reason": "deleted"} for i in gone[:room]]
    if len(gone) > room:
        more = make_token(call, number, {"a": after, "g": done + room})
        body["@odata.nextLink"] = next_link(call, more)
        return body
    body["@odata.deltaLink"] = _delta_link(call, call.state.store.version)
    return body


def delta_count(call: Call, table: Table) -> int:
    """`/$count?$deltatoken=`: changes and deletions since the token."""
    _only_select(call, table)
    since = _read_delta(call.state, call.option("$deltatoken") or "")
    return sum(1 for _ in table.changes(since)) + sum(1 for _ in table.deletions(since))
