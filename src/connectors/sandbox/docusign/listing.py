"""Envelopes found: by change window, by status, by id, page by page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from .access import seen
from .envelopes import includes, row
from .records import Envelope
from .routing import Call, Route, page
from .wire import Json, NotSimulated, Refusal, Reply, bad, detail, known, moment, read_json, text

MOST = 1000
STATUSES = frozenset(
    "created sent delivered signed completed declined voided deleted processing timedout".split()
)
INCLUDES = frozenset(
    "custom_fields documents attachments extensions folders recipients payment_tabs".split()
)
TOLD = frozenset("custom_fields documents folders recipients".split())
AFTER = {
    "changed": STATUSES - {"processing", "timedout"},
    "created": STATUSES - {"processing", "timedout"},
    "sent": frozenset("sent delivered signed completed declined voided deleted".split()),
    "delivered": frozenset("delivered signed completed declined voided deleted".split()),
    "signed": frozenset("signed completed declined voided deleted".split()),
    "completed": frozenset("completed declined voided deleted".split()),
    "declined": frozenset("declined voided deleted".split()),
    "voided": frozenset("voided deleted".split()),
    "deleted": frozenset({"deleted"}),
    "processing": frozenset({"processing"}),
    "timedout": frozenset[str](),
}
"""The statuses that can come back, by the change that is asked for."""

CHANGE: dict[str, Callable[[Envelope], datetime | None]] = {
    "changed": lambda e: e.changed,
    "created": lambda e: e.created,
    "sent": lambda e: e.sent,
    "delivered": lambda e: e.delivered,
    "signed": lambda e: e.completed,
    "completed": lambda e: e.completed,
    "declined": lambda e: e.declined,
    "voided": lambda e: e.voided,
    "deleted": lambda e: e.binned,
    "processing": lambda e: None,
    "timedout": lambda e: None,
}
ORDER: dict[str, Callable[[Envelope], Any]] = {
    "last_modified": lambda e: e.modified,
    "created": lambda e: e.created,
    "completed": lambda e: e.completed,
    "envelope_name": lambda e: e.subject.lower(),
    "subject": lambda e: e.subject.lower(),
    "expire": lambda e: e.expires,
    "sent": lambda e: e.sent,
    "status": lambda e: e.status,
    "status_changed": lambda e: e.changed,
    "user_name": lambda e: e.by.name.lower(),
}
QUERY = (
    "from_date to_date from_to_status status include exclude count start_position order order_by "
    "search_text custom_field envelope_ids transaction_ids user_filter user_id user_name email "
    "folder_types"
).split()
TWO_YEARS = timedelta(days=730)
FOLDERS = {
    "normal": ("sentitems", "draft"),
    "inbox": (),
    "sentitems": ("sentitems",),
    "draft": ("draft",),
    "recyclebin": ("recyclebin",),
}


def list_(call: Call) -> Reply:
    query = call.query(*QUERY)
    by_id = "envelope_ids" in query or "transaction_ids" in query
    if "from_date" not in query and not by_id:
        raise bad("parameter: one of from_date, envelope_ids and transaction_ids is needed")
    if "exclude" in query:
        raise NotSimulated("query parameter exclude")
    wanted = includes(query.get("include", ""), INCLUDES, TOLD)
    found = _found(call, query)
    rows = [lambda each=each: row(call, each, wanted) for each in found]
    out = page(call, "envelopes", rows, query, most=MOST, path="envelopes")
    return Reply(200, {**out, "envelopeSearchSource": "database"})


def _found(call: Call, query: dict[str, str]) -> list[Envelope]:
    """What fits, in the order that is asked for; the newest change comes last where none is."""
    tests = [test for make in _TESTS for test in make(call, query)]
    every = call.account.envelopes.values()
    found = [each for each in every if _mine(call, each) and all(test(each) for test in tests)]
    name = query.get("order_by", "last_modified")
    if name not in ORDER:
        raise NotSimulated(f"order_by={name}")
    down = query.get("order", "asc").lower()
    if down not in ("asc", "desc"):
        raise bad("parameter: order is asc or desc")
    key = ORDER[name]
    found.sort(key=lambda e: (key(e) is not None, key(e), e.id), reverse=down == "desc")
    return found


def _mine(call: Call, envelope: Envelope) -> bool:
    if call.admin or envelope.by is call.user:
        return True
    return any(each.user_id == call.user.id for each in envelope.recipients)


Test = Callable[[Envelope], bool]


def _window(call: Call, query: dict[str, str]) -> list[Test]:
    what = query.get("from_to_status", "changed").lower()
    if what not in CHANGE:
        raise bad(f"parameter: from_to_status has no {what!r}")
    change, after = CHANGE[what], AFTER[what]
    by_id = "envelope_ids" in query or "transaction_ids" in query
    out: list[Test] = []
    if "from_date" in query:
        first = moment(query["from_date"], "from_date")
        out.append(lambda e: (at := change(e)) is not None and at >= first)
    else:
        out.append(lambda e: (e.changed or e.created) >= call.box.clock.now() - TWO_YEARS)
    if "to_date" in query:
        last = moment(query["to_date"], "to_date")
        out.append(lambda e: (at := change(e)) is not None and at <= last)
    if not by_id or "from_to_status" in query:
        out.append(lambda e: e.status in after or e.status == "correct")
    return out


def _status(call: Call, query: dict[str, str]) -> list[Test]:
    if "status" not in query:
        return [lambda e: e.folder != "recyclebin"]
    wanted = {each.strip().lower() for each in query["status"].split(",") if each.strip()}
    if wanted - STATUSES - {"any"}:
        raise bad(f"parameter: status has no {sorted(wanted - STATUSES - {'any'})[0]!r}")
    if "any" in wanted:
        # Drafts are left out, unless somebody asks for them by name.
        return [lambda e: e.status != "created" or "created" in wanted]
    if "deleted" in wanted:
        return [lambda e: e.status in wanted or e.folder == "recyclebin"]
    return [lambda e: e.status in wanted and e.folder != "recyclebin"]


def _ids(call: Call, query: dict[str, str]) -> list[Test]:
    out: list[Test] = []
    if "envelope_ids" in query:
        ids = {each.strip().lower() for each in query["envelope_ids"].split(",")}
        out.append(lambda e: e.id in ids)
    if "transaction_ids" in query:
        names = {each.strip() for each in query["transaction_ids"].split(",")}
        out.append(lambda e: e.transaction_id in names and _alive(call, e))
    return out


def _alive(call: Call, envelope: Envelope) -> bool:
    """Whether a transaction id can still be asked for."""
    return envelope.created >= call.box.clock.now() - timedelta(days=7)


def _people(call: Call, query: dict[str, str]) -> list[Test]:
    out: list[Test] = []
    if ("user_name" in query) != ("email" in query):
        raise bad("parameter: user_name and email come together")
    if "email" in query:
        email, name = query["email"].lower(), query["user_name"]
        out.append(lambda e: (e.by.email.lower(), e.by.name) == (email, name))
    if "user_id" in query:
        out.append(lambda e: e.by.id == query["user_id"])
    kind = query.get("user_filter")
    if kind not in (None, "sender", "recipient", "recipient_only"):
        raise bad(f"parameter: user_filter has no {kind!r}")

    def named(e: Envelope) -> bool:
        return any(each.user_id == call.user.id for each in e.recipients)

    if kind == "sender":
        out.append(lambda e: e.by is call.user)
    if kind in ("recipient", "recipient_only"):
        out.append(named)
    if kind == "recipient_only":
        out.append(lambda e: e.by is not call.user)
    return out


def _texts(call: Call, query: dict[str, str]) -> list[Test]:
    out: list[Test] = []
    if "search_text" in query:
        words = query["search_text"].lower()
        out.append(
            lambda e: (
                words in e.subject.lower()
                or any(words in f"{r.name} {r.email}".lower() for r in e.recipients)
            )
        )
    if "custom_field" in query:
        name, equals, value = query["custom_field"].partition("=")
        if not equals:
            raise bad("parameter: custom_field is name=value")
        out.append(lambda e: any((f.name, f.value) == (name, value) for f in e.custom_fields))
    if "folder_types" in query:
        kind = query["folder_types"].lower()
        if kind not in FOLDERS:
            raise NotSimulated(f"folder_types={kind}")
        out.append(lambda e: e.folder in FOLDERS[kind])
    return out


_TESTS = (_window, _status, _ids, _people, _texts)


# -- several by id -----------------------------------------------------------------------------


def statuses(call: Call) -> Reply:
    names = ("envelope_ids", "transaction_ids", "from_date", "to_date", "status", "from_to_status",
             "count", "start_position")  # fmt: skip
    query = call.query(*names)
    given = known(read_json(call.request) or {}, ("envelopeIds", "transactionIds"), "the body")
    out: dict[str, Json] = {}
    ids = _body_ids(query, "envelope_ids", given.get("envelopeIds"))
    names_ = _body_ids(query, "transaction_ids", given.get("transactionIds"))
    if ids is None and names_ is None and "from_date" not in query:
        raise bad("parameter: one of envelope_ids, transaction_ids and from_date is needed")
    if ids is not None:
        query["envelope_ids"] = ",".join(ids)
    if names_ is not None:
        query.pop("transaction_ids")
        out["envelopeTransactionStatuses"] = [_transaction(call, each) for each in names_]
    found: list[Envelope] = []
    if ids is not None or "from_date" in query:
        found = _found(call, query)
    rows = [lambda each=each: row(call, each, frozenset()) for each in found]
    out.update(page(call, "envelopes", rows, query, most=MOST, path="envelopes/status"))
    return Reply(200, out)


def _body_ids(query: dict[str, str], name: str, value: Json) -> list[str] | None:
    """The ids of the body, where the query says that they are there."""
    if name not in query:
        if value is not None:
            raise bad(f"parameter: the body has ids, and {name} is not request_body")
        return None
    if query[name] != "request_body":
        raise NotSimulated(f"{name} other than request_body")
    if not isinstance(value, list) or not value:
        raise bad(f"parameter: {name} is request_body, and the body has none")
    return [text(each) for each in value]


def _transaction(call: Call, name: str) -> dict[str, Json]:
    every = call.account.envelopes.values()
    found = next((e for e in every if e.transaction_id == name and _alive(call, e)), None)
    if found is None:
        wrong = detail("ENVELOPE_DOES_NOT_EXIST", f"There is no envelope of transaction {name}.")
        return {"transactionId": name, "errorDetails": wrong}
    seen(call, found.id)
    return {"transactionId": name, "envelopeId": found.id, "status": found.status}


# -- folders -----------------------------------------------------------------------------------


def move(call: Call) -> Reply:
    """To the recycle bin, or out of it within a day."""
    call.query()
    folder = call.ids[0].lower()
    given = call.body(("envelopeIds", "fromFolderId"), "the folder")
    ids = given.get("envelopeIds")
    if not isinstance(ids, list) or not ids:
        raise bad("parameter: envelopeIds is missing")
    found = [call.box.find(call.account, text(each)) for each in ids]
    if folder == "recyclebin":
        for each in found:
            call.box.throw_away(each)
        return Reply(200, {"folders": []})
    if folder not in ("sentitems", "draft"):
        raise NotSimulated(f"the folder {call.ids[0]}")
    if text(given.get("fromFolderId")).lower() != "recyclebin":
        raise NotSimulated("moving envelopes between other folders than the recycle bin")
    day_ago = call.box.clock.now() - timedelta(days=1)
    for each in found:
        if each.folder != "recyclebin" or each.binned is None or each.binned < day_ago:
            raise Refusal("ENVELOPE_NOT_IN_FOLDER", f"Envelope {each.id} is not in the folder.")
        each.folder, each.binned = each.home, None
    return Reply(200, {"folders": []})


ROUTES = [
    Route("GET", "envelopes", "envelopes.list", list_),
    Route("PUT", "envelopes/status", "envelopes.status", statuses),
    Route("PUT", "folders/{}", "folders.move", move),
]
