"""Recipients of an envelope, and their tabs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import parsing, shapes
from .access import owned, seen
from .lives import put_value
from .records import KINDS, Envelope, Recipient, Tabs
from .routing import Call, Route
from .store import recipient_of
from .wire import (
    NO_GUID,
    Json,
    NotSimulated,
    Refusal,
    Reply,
    bad,
    detail,
    known,
    rows,
    text,
    yes,
)

OPEN = ("created", "sent", "delivered", "correct")


def _person(envelope: Envelope, id: str) -> Recipient:
    found = recipient_of(envelope.recipients, id) if id != NO_GUID else None
    if found is None:
        raise Refusal(
            "UNKNOWN_ENVELOPE_RECIPIENT", "The recipient you have identified is not valid."
        )
    return found


def _state(envelope: Envelope) -> None:
    if envelope.status not in OPEN:
        raise Refusal(
            "ENVELOPE_INVALID_STATUS",
            f"Invalid envelope status: the recipients cannot change once it is {envelope.status}.",
        )


def _all(envelope: Envelope, *, tabs: bool) -> dict[str, Json]:
    return shapes.recipients(envelope.recipients, envelope.current_order, tabs=tabs)


def list_(call: Call) -> Reply:
    query = call.query("include_tabs", "include_extended", "include_metadata")
    for name in ("include_extended", "include_metadata"):
        if yes(query.get(name)):
            raise NotSimulated(f"query parameter {name}")
    return Reply(200, _all(seen(call), tabs=yes(query.get("include_tabs"))))


def add(call: Call) -> Reply:
    query = call.query("resend_envelope")
    envelope = owned(call)
    _state(envelope)
    body = call.body(KINDS, "the recipients")
    made = parsing.recipients(body, call.box.guid, envelope.recipients)
    under_way = envelope.status != "created"
    if under_way and any(each.order < envelope.current_order for each in made):
        raise Refusal(
            "RECIPIENT_NOT_IN_SEQUENCE", "The routing order of a new recipient has passed already."
        )
    envelope.recipients += made
    if under_way:
        call.box.rejoin(envelope)
    if yes(query.get("resend_envelope")) and under_way:
        call.box.send_again(envelope)
    return Reply(201, shapes.recipients(made, envelope.current_order))


def update(call: Call) -> Reply:
    query = call.query("resend_envelope", "combine_same_order_recipients", "offline_signing")
    for name in ("combine_same_order_recipients", "offline_signing"):
        if yes(query.get(name)):
            raise NotSimulated(f"query parameter {name}")
    envelope = owned(call)
    _state(envelope)
    body = call.body(KINDS, "the recipients")
    results = []
    for kind in KINDS:
        for each in rows(body.get(kind), kind):
            results.append(_correct(call, envelope, kind, each))
    if yes(query.get("resend_envelope")) and envelope.status in ("sent", "delivered"):
        call.box.send_again(envelope)
    return Reply(200, {"recipientUpdateResults": results})


def _correct(call: Call, envelope: Envelope, kind: str, row: dict[str, Json]) -> dict[str, Json]:
    given = known(row, parsing.PERSON_FIELDS, kind)
    id = text(given.get("recipientId"))
    who = recipient_of(envelope.recipients, id)
    if who is None or who.kind != kind:
        wrong = detail("UNKNOWN_ENVELOPE_RECIPIENT", f"There is no recipient {id} of {kind}.")
        return {"recipientId": id, "errorDetails": wrong}
    out = {"recipientId": who.id, "recipientIdGuid": who.guid}
    if who.done or who.status == "declined":
        wrong = detail("RECIPIENT_UPDATE_FAILED", f"The recipient is {who.status}.")
        return {**out, "errorDetails": wrong}
    # An address in the body is a new one, even where it is the same; tabs are ignored here.
    mailed = bool(given.get("email")) and who.notified
    try:
        parsing.merge(who, {key: v for key, v in given.items() if key != "tabs"})
    except Refusal as refusal:
        return {**out, "errorDetails": detail(refusal.code, refusal.message)}
    if mailed:
        call.box.change_address(envelope, who, "", "")
        call.box.mail_again(envelope, who)
    return {**out, "errorDetails": detail("SUCCESS", "")}


def delete_some(call: Call) -> Reply:
    call.query()
    envelope = owned(call)
    body = call.body(KINDS, "the recipients")
    gone = [
        _person(envelope, text(each.get("recipientId")))
        for kind in KINDS
        for each in rows(body.get(kind), kind)
    ]
    return _remove(call, envelope, gone)


def delete_one(call: Call) -> Reply:
    call.query()
    envelope = owned(call)
    return _remove(call, envelope, [_person(envelope, call.ids[1])])


def _remove(call: Call, envelope: Envelope, gone: list[Recipient]) -> Reply:
    _state(envelope)
    if any(each.status in ("completed", "declined") for each in gone):
        raise Refusal("RECIPIENT_UPDATE_FAILED", "A recipient that is done cannot be deleted.")
    if envelope.status != "created" and len(gone) == len(envelope.recipients):
        raise Refusal("RECIPIENT_UPDATE_FAILED", "An envelope under way needs a recipient.")
    envelope.recipients = [each for each in envelope.recipients if each not in gone]
    if envelope.status != "created":
        call.box.rejoin(envelope)
    return Reply(200, _all(envelope, tabs=False))


# -- tabs of a recipient -----------------------------------------------------------------------


def get_tabs(call: Call) -> Reply:
    query = call.query("include_metadata", "include_anchor_tab_locations")
    for name in query:
        if yes(query[name]):
            raise NotSimulated(f"query parameter {name}")
    return Reply(200, shapes.tabs_of(_person(seen(call), call.ids[1])))


def _editable(call: Call) -> Recipient:
    call.query()
    envelope = owned(call)
    who = _person(envelope, call.ids[1])
    if who.status != "created" and envelope.status != "correct" and envelope.lock is None:
        raise Refusal(
            "ENVELOPE_INVALID_STATUS",
            f"Tabs can be edited while the recipient is created; this one is {who.status}.",
        )
    envelope.modified = call.box.moment()
    return who


def add_tabs(call: Call) -> Reply:
    who = _editable(call)
    made = parsing.tabs(
        call.body(parsing.TAB_TYPES, "the tabs"), f"recipient {who.id}", call.box.guid
    )
    for name, group in made.items():
        who.tabs.setdefault(name, []).extend(group)
    return Reply(201, made)


def put_tabs(call: Call) -> Reply:
    who = _editable(call)
    return Reply(200, each_tab(call.body(parsing.TAB_TYPES, "the tabs"), who.tabs, change))


def delete_tabs(call: Call) -> Reply:
    who = _editable(call)
    return Reply(200, each_tab(call.body(parsing.TAB_TYPES, "the tabs"), who.tabs, remove))


Act = Callable[[Tabs, str, dict[str, Any], dict[str, Json]], None]


def each_tab(body: dict[str, Json], tabs: Tabs, act: Act) -> dict[str, Json]:
    """Do something to each tab of a request; one that fails says so itself, and the rest is done."""
    out: dict[str, Json] = {}
    for kind, group in body.items():
        out[kind] = []
        for row in rows(group, kind):
            given = known(row, parsing.tab_fields(kind), kind)
            key = "groupName" if kind == "radioGroupTabs" else "tabId"
            id = text(given.get(key))
            tab = next((each for each in tabs.get(kind, ()) if each[key] == id), None)
            if tab is None:
                wrong = detail("INVALID_REQUEST_PARAMETER", f"There is no tab {id!r} of {kind}.")
                out[kind].append(_refused(given, wrong))
                continue
            try:
                act(tabs, kind, tab, given)
            except Refusal as refusal:
                wrong = detail(refusal.code, refusal.message)
                out[kind].append(_refused(tab, wrong))
            else:
                out[kind].append(dict(tab))
    return out


def _refused(tab: dict[str, Json], wrong: dict[str, Json]) -> dict[str, Json]:
    """A tab that says why it was not taken; a radio group says it at its radios."""
    radios = rows(tab.get("radios"), "radios")
    if radios:
        return {**tab, "radios": [{**each, "errorDetails": wrong} for each in radios]}
    return {**tab, "errorDetails": wrong}


def change(tabs: Tabs, kind: str, tab: dict[str, Any], given: dict[str, Json]) -> None:
    """Edit a tab; one that its template has locked refuses."""
    if tab.get("templateLocked") == "true":
        raise bad("parameter: the tab is locked by its template")
    for key, value in given.items():
        if key == "value" and kind in parsing.VALUED:
            put_value(kind, tab, parsing.check_value(text(value)))
        elif key == "selected":
            tab["selected"] = "true" if yes(value) else "false"
        elif key == "radios":
            on = [text(each.get("value")) for each in rows(value, key) if yes(each.get("selected"))]
            if len(on) != 1 or all(radio["value"] != on[0] for radio in tab["radios"]):
                raise bad("parameter: the radio group has no such choice")
            put_value(kind, tab, on[0])
        elif key == "listItems":
            raise NotSimulated("listItems in the update of a tab")
        elif key not in ("tabId", "tabType", "recipientId", "recipientIdGuid", "status"):
            tab[key] = text(value)


def remove(tabs: Tabs, kind: str, tab: dict[str, Any], given: dict[str, Json]) -> None:
    """Delete a tab."""
    tabs[kind].remove(tab)


ROUTES = [
    Route("GET", "envelopes/{}/recipients", "recipients.list", list_),
    Route("POST", "envelopes/{}/recipients", "recipients.create", add),
    Route("PUT", "envelopes/{}/recipients", "recipients.update", update),
    Route("DELETE", "envelopes/{}/recipients", "recipients.delete", delete_some),
    Route("DELETE", "envelopes/{}/recipients/{}", "recipients.delete_one", delete_one),
    Route("GET", "envelopes/{}/recipients/{}/tabs", "recipients.tabs", get_tabs),
    Route("POST", "envelopes/{}/recipients/{}/tabs", "recipients.tabs.create", add_tabs),
    Route("PUT", "envelopes/{}/recipients/{}/tabs", "recipients.tabs.update", put_tabs),
    Route("DELETE", "envelopes/{}/recipients/{}/tabs", "recipients.tabs.delete", delete_tabs),
]
