"""Templates: their list, their roles, their fields."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from . import shapes
from .envelopes import includes
from .records import Template
from .routing import Call, Route, page
from .store import recipient_of
from .wire import Json, NotSimulated, Refusal, Reply, bad, clean, flag, moment, stamp, yes

MOST = 2000
QUERY = (
    "count start_position search_text order order_by include user_filter from_date to_date "
    "modified_from_date modified_to_date created_from_date created_to_date used_from_date "
    "used_to_date template_ids"
).split()
LIST = frozenset(
    "powerforms documents folders favorite_template_status advanced_templates recipients "
    "custom_fields notifications".split()
)
LIST_TOLD = frozenset({"documents", "recipients", "custom_fields", "notifications"})
ONE = frozenset("powerforms tabs documents favorite_template_status".split())
ONE_TOLD = frozenset({"tabs", "documents"})
ORDER: dict[str, Callable[[Template], Any]] = {
    "name": lambda t: t.name.lower(),
    "modified": lambda t: t.modified,
    "used": lambda t: t.used,
}
LISTED = (
    "documentIdGuid",
    "type",
    "availableDocumentTypes",
    "containsPdfFormFields",
    "authoritativeCopy",
)
"""What a list of documents says of each, and the template itself does not."""
WINDOWS: dict[str, Callable[[Template], datetime | None]] = {
    "": lambda t: t.modified,
    "modified_": lambda t: t.modified,
    "created_": lambda t: t.created,
    "used_": lambda t: t.used,
}


def _row(template: Template, wanted: frozenset[str], *, tabs: bool = False) -> dict[str, Json]:
    owner = template.owner
    row: dict[str, Json] = {
        "templateId": template.id,
        "uri": f"/templates/{template.id}",
        "name": template.name,
        "shared": flag(template.shared),
        "passwordProtected": "false",
        "description": template.description,
        "created": stamp(template.created),
        "lastModified": shapes.when(template.modified),
        "lastUsed": shapes.when(template.used),
        "emailSubject": template.subject,
        "emailBlurb": template.blurb,
        "pageCount": str(sum(each.pages for each in template.documents)),
        "autoMatch": "true",
        "favoritedByMe": "false",
        "isDocGenTemplate": "false",
        "folderIds": [],
    }
    if owner is not None:
        who = {"userId": owner.id, "userName": owner.name, "email": owner.email}
        row["owner"] = row["lastModifiedBy"] = who
    if "recipients" in wanted:
        row["recipients"] = _recipients(template, tabs=tabs)
    if "documents" in wanted:
        row["documents"] = [
            {key: value for key, value in each.items() if key not in LISTED}
            for each in _documents(template)
        ]
    if "custom_fields" in wanted:
        row["customFields"] = shapes.custom_fields(template.custom_fields)
    if "notifications" in wanted:
        row["notification"] = shapes.notification(template.notification)
    return clean(row)


def _recipients(template: Template, *, tabs: bool) -> dict[str, Json]:
    order = min((each.order for each in template.recipients), default=1)
    return shapes.recipients(template.recipients, order, tabs=tabs)


def _documents(template: Template) -> list[Json]:
    out = []
    for each in template.documents:
        row = shapes.document(template.id, each)
        row["uri"] = f"/templates/{template.id}/documents/{each.id}"
        out.append(row)
    return out


def list_(call: Call) -> Reply:
    query = call.query(*QUERY)
    wanted = includes(query.get("include", ""), LIST, LIST_TOLD)
    words = query.get("search_text", "").lower()
    if len(words) > 48:
        raise bad("parameter: search_text has more than 48 characters")
    ids = {each.strip() for each in query.get("template_ids", "").split(",")} - {""}
    found = [
        each
        for each in call.account.templates.values()
        if words in each.name.lower()
        and (not ids or each.id in ids)
        and _visible(call, each, query.get("user_filter", "all"))
        and all(_inside(each, query, name) for name in WINDOWS)
    ]
    name = query.get("order_by", "name")
    if name not in ORDER:
        raise bad(f"parameter: order_by has no {name!r}")
    if query.get("order", "asc") not in ("asc", "desc"):
        raise bad("parameter: order is asc or desc")
    key = ORDER[name]
    down = query.get("order") == "desc"
    found.sort(key=lambda t: (key(t) is not None, key(t), t.id), reverse=down)
    rows = [lambda each=each: _row(each, wanted) for each in found]
    out = page(call, "envelopeTemplates", rows, query, most=MOST, path="templates")
    return Reply(200, out)


def _visible(call: Call, template: Template, which: str) -> bool:
    if which not in ("owned_by_me", "shared_with_me", "all"):
        raise bad(f"parameter: user_filter has no {which!r}")
    mine = template.owner is call.user
    if which == "owned_by_me":
        return mine
    if which == "shared_with_me":
        return template.shared and not mine
    return mine or template.shared or call.admin


def _inside(template: Template, query: dict[str, str], name: str) -> bool:
    at = WINDOWS[name](template)
    first, last = query.get(f"{name}from_date"), query.get(f"{name}to_date")
    if first is None and last is None:
        return True
    if at is None:
        return False
    return (first is None or at >= moment(first, "from_date")) and (
        last is None or at <= moment(last, "to_date")
    )


def _one(call: Call) -> Template:
    found = call.account.templates.get(call.ids[0].lower())
    if found is None or not _visible(call, found, "all"):
        raise Refusal("RESOURCE_NOT_FOUND", f"The template does not exist: {call.ids[0]}.")
    return found


def get(call: Call) -> Reply:
    query = call.query("include")
    wanted = includes(query.get("include", ""), ONE, ONE_TOLD)
    # Recipients come unasked.
    more = wanted | {"recipients", "custom_fields", "notifications", "documents"}
    return Reply(200, _row(_one(call), more, tabs="tabs" in wanted))


def recipients(call: Call) -> Reply:
    query = call.query("include_tabs", "include_extended")
    if yes(query.get("include_extended")):
        raise NotSimulated("query parameter include_extended")
    return Reply(200, _recipients(_one(call), tabs=yes(query.get("include_tabs"))))


def recipient_tabs(call: Call) -> Reply:
    call.query()
    who = recipient_of(_one(call).recipients, call.ids[1])
    if who is None:
        raise Refusal("RESOURCE_NOT_FOUND", f"The template has no recipient {call.ids[1]}.")
    return Reply(200, shapes.tabs_of(who))


def custom_fields(call: Call) -> Reply:
    call.query()
    return Reply(200, shapes.custom_fields(_one(call).custom_fields))


def documents(call: Call) -> Reply:
    call.query()
    template = _one(call)
    return Reply(200, {"templateId": template.id, "templateDocuments": _documents(template)})


def document_tabs(call: Call) -> Reply:
    call.query()
    template = _one(call)
    paper = next((each for each in template.documents if each.id == call.ids[1]), None)
    if paper is None:
        raise Refusal("DOCUMENT_DOES_NOT_EXIST", f"The document does not exist: {call.ids[1]}.")
    return Reply(200, {"prefillTabs": paper.prefill})


ROUTES = [
    Route("GET", "templates", "templates.list", list_),
    Route("GET", "templates/{}", "templates.get", get),
    Route("GET", "templates/{}/recipients", "templates.recipients", recipients),
    Route("GET", "templates/{}/recipients/{}/tabs", "templates.recipient_tabs", recipient_tabs),
    Route("GET", "templates/{}/custom_fields", "templates.custom_fields", custom_fields),
    Route("GET", "templates/{}/documents", "templates.documents", documents),
    Route("GET", "templates/{}/documents/{}/tabs", "templates.document_tabs", document_tabs),
]
