"""Envelopes: make, get, list, change, and what hangs on one of them."""

from __future__ import annotations

from collections.abc import Callable

from . import parsing, shapes
from .access import owned, seen
from .making import complete, subject
from .records import Envelope
from .routing import Call, Route
from .wire import (
    Json,
    NotSimulated,
    Refusal,
    Reply,
    bad,
    detail,
    known,
    read_json,
    rows,
    text,
    yes,
)

INCLUDES = frozenset(
    "custom_fields documents document_fields attachments extensions folders recipients powerform "
    "prefill_tabs tabs payment_tabs workflow".split()
)
TOLD = frozenset(
    "custom_fields documents document_fields folders recipients prefill_tabs tabs".split()
)
UPDATE = (
    "status voidedReason emailSubject emailBlurb purgeState notification recipients customFields "
    "envelopeId"
).split()
PURGES = ("documents_queued", "documents_and_metadata_queued",
          "documents_and_metadata_and_redact_queued", "documents_dequeued")  # fmt: skip
VOIDABLE = "Only envelopes in the 'Sent' or 'Delivered' states may be voided."


def service_information(host: str) -> Json:
    return {
        "serviceVersions": [
            {"version": "v2.1", "versionUrl": f"https://{host}/restapi/v2.1"},
        ]
    }


def includes(value: str, allowed: frozenset[str], told: frozenset[str]) -> frozenset[str]:
    """A list of things to include."""
    wanted = frozenset(each.strip() for each in value.split(",") if each.strip())
    if wanted - allowed:
        raise bad(f"parameter: include has no {sorted(wanted - allowed)[0]!r}")
    if wanted - told:
        raise NotSimulated(f"include={sorted(wanted - told)[0]}")
    return wanted


def row(call: Call, envelope: Envelope, wanted: frozenset[str]) -> dict[str, Json]:
    """An envelope as the API tells it."""
    out = {k: v for k, v in shapes.head(envelope).items() if v is not None}
    out["hasFormDataChanged"] = "true" if envelope.form_changed else "false"
    out["sender"] = shapes.person(envelope, name=call.account.name)
    out["notification"] = shapes.notification(envelope.notification)
    out["envelopeMetadata"] = {
        "allowAdvancedCorrect": "true",
        "allowCorrect": "true" if envelope.status in ("sent", "delivered") else "false",
        "enableSignWithNotary": "false",
    }
    if "custom_fields" in wanted:
        out["customFields"] = shapes.custom_fields(envelope.custom_fields)
    if "recipients" in wanted or "tabs" in wanted:
        out["recipients"] = shapes.recipients(
            envelope.recipients, envelope.current_order, tabs="tabs" in wanted
        )
    if wanted & {"documents", "document_fields", "prefill_tabs"}:
        out["envelopeDocuments"] = shapes.documents(envelope, tabs="prefill_tabs" in wanted)
    if "folders" in wanted:
        out["folders"] = [{"folderId": envelope.folder, "name": envelope.folder, "type": "normal"}]
    if envelope.lock is not None and envelope.lock.until > call.box.clock.now():
        out["lockInformation"] = {"lockedByApp": envelope.lock.app, "lockType": "edit"}
    return out


def create(call: Call) -> Reply:
    query = call.query("merge_roles_on_draft", "change_routing_order", "tab_label_exact_matches")
    if yes(query.get("change_routing_order")):
        raise NotSimulated("change_routing_order")
    if query.get("tab_label_exact_matches") not in (None, "true"):
        raise NotSimulated("tab_label_exact_matches=false")
    body = read_json(call.request) or {}
    merge = yes(query.get("merge_roles_on_draft"))
    made = call.box.make(call.account, call.user, body, merge_roles=merge)
    return Reply(201, made_row(made))


def made_row(made: Envelope) -> dict[str, Json]:
    return {
        "envelopeId": made.id,
        "uri": f"/envelopes/{made.id}",
        "statusDateTime": shapes.when(made.changed),
        "status": made.status,
    }


def get(call: Call) -> Reply:
    query = call.query("include", "advanced_update", "include_anchor_tab_locations", "user_id")
    for name in ("advanced_update", "include_anchor_tab_locations", "user_id"):
        if query.get(name) not in (None, "", "false"):
            raise NotSimulated(f"query parameter {name}")
    wanted = includes(query.get("include", ""), INCLUDES, TOLD)
    return Reply(200, row(call, seen(call), wanted))


def update(call: Call) -> Reply:
    query = call.query("advanced_update", "resend_envelope", "recycle_on_void")
    for name in ("advanced_update", "recycle_on_void"):
        if yes(query.get(name)):
            raise NotSimulated(f"query parameter {name}")
    envelope = owned(call)
    given = call.body(UPDATE, "the envelope")
    if text(given.get("envelopeId", envelope.id)) != envelope.id:
        raise bad("parameter: envelopeId is another than in the path")
    out: dict[str, Json] = {"envelopeId": envelope.id}
    if {"emailSubject", "emailBlurb", "recipients", "customFields"} & set(given):
        _edit(call, envelope, given)
    if "notification" in given:
        parsing.notification(given["notification"], envelope.notification)
        call.box.reschedule(envelope)
    status = text(given.get("status")).lower()
    if status == "voided":
        void(call, envelope, text(given.get("voidedReason")))
    elif status == "sent" and envelope.status == "created":
        call.box.anchors(envelope)
        complete(envelope)
        call.box.go(envelope)
    elif status and (status != envelope.status or status == "sent"):
        raise Refusal(
            "ENVELOPE_INVALID_STATUS",
            f"Invalid envelope status. An envelope that is {envelope.status} cannot be {status}.",
        )
    if "purgeState" in given:
        out["purgeState"] = purge(call, envelope, text(given["purgeState"]))
    if yes(query.get("resend_envelope")):
        resend(call, envelope)
    return Reply(200, out)


def _edit(call: Call, envelope: Envelope, given: dict[str, Json]) -> None:
    if envelope.status != "created":
        raise Refusal(
            "ENVELOPE_INVALID_STATUS",
            "Invalid envelope status. Envelope status is not one of: Created.",
        )
    if "emailSubject" in given:
        envelope.subject = subject(given["emailSubject"])
    if "emailBlurb" in given:
        envelope.blurb = text(given["emailBlurb"])
    if "recipients" in given:
        raise NotSimulated("recipients in the update of an envelope")
    if "customFields" in given:
        call.box.set_fields(envelope, given["customFields"])
    envelope.modified = call.box.moment()


def void(call: Call, envelope: Envelope, reason: str) -> None:
    if envelope.status not in ("sent", "delivered"):
        raise Refusal("ENVELOPE_CANNOT_VOID_INVALID_STATE", VOIDABLE)
    if not reason:
        raise bad("parameter: voidedReason is missing")
    call.box.cancel(envelope, reason)


def purge(call: Call, envelope: Envelope, state: str) -> str:
    if state not in PURGES:
        raise bad(f"parameter: purgeState {state!r}")
    if envelope.status not in ("completed", "declined", "voided"):
        raise Refusal("ENVELOPE_INVALID_STATUS", "Only an envelope that is over can be purged.")
    envelope.purge = state
    if state != "documents_dequeued":
        call.box.happen(envelope, "envelope-purge")
    return state


def resend(call: Call, envelope: Envelope) -> None:
    if envelope.status not in ("sent", "delivered"):
        raise Refusal(
            "ENVELOPE_INVALID_STATUS",
            "Invalid envelope status. Envelope status is not one of: Sent, Delivered.",
        )
    call.box.send_again(envelope)


def audit_events(call: Call) -> Reply:
    call.query()
    envelope = seen(call)
    every = [
        {"eventFields": [{"name": name, "value": value} for name, value in each.items()]}
        for each in envelope.audit
    ]
    return Reply(200, {"auditEvents": every})


def form_data(call: Call) -> Reply:
    call.query()
    envelope = seen(call)
    if not call.account.form_data:
        raise Refusal("USER_LACKS_PERMISSIONS", "This user lacks sufficient permissions.")
    return Reply(200, shapes.form_data(envelope))


def get_templates(call: Call) -> Reply:
    query = call.query("include")
    includes(query.get("include", ""), frozenset({"matching_applied"}), frozenset())
    return Reply(200, {"templates": [dict(each) for each in seen(call).templates]})


def get_notification(call: Call) -> Reply:
    call.query()
    return Reply(200, shapes.notification(seen(call).notification))


def put_notification(call: Call) -> Reply:
    call.query()
    envelope = owned(call)
    body = call.body(("useAccountDefaults", "reminders", "expirations"), "notification")
    parsing.notification(body, envelope.notification)
    if envelope.notification.defaults:
        envelope.notification.expire = True
        envelope.notification.expire_after = call.account.expire_after
    call.box.reschedule(envelope)
    return Reply(200, shapes.notification(envelope.notification))


# -- custom fields -----------------------------------------------------------------------------


def get_fields(call: Call) -> Reply:
    call.query()
    return Reply(200, shapes.custom_fields(seen(call).custom_fields))


def add_fields(call: Call) -> Reply:
    call.query()
    envelope = owned(call)
    body = call.body(("textCustomFields", "listCustomFields"), "customFields")
    made = parsing.custom_fields(body, call.box.field_id)
    if not made:
        raise bad("parameter: there is no custom field")
    taken = {each.id for each in envelope.custom_fields}
    for each in made:
        if each.id in taken:
            raise bad(f"parameter: fieldId {each.id} is used already")
    envelope.custom_fields += made
    envelope.modified = call.box.moment()
    return Reply(201, shapes.custom_fields(made))


def put_fields(call: Call) -> Reply:
    def change(envelope: Envelope, given: dict[str, Json]) -> dict[str, Json]:
        mine = next((f for f in envelope.custom_fields if f.id == text(given["fieldId"])), None)
        if mine is None:
            return _no_field(given)
        mine.name = text(given.get("name", mine.name))
        mine.value = text(given.get("value", mine.value))
        mine.show = yes(given.get("show", mine.show))
        mine.required = yes(given.get("required", mine.required))
        return shapes.custom_field(mine)

    return _each_field(call, change)


def delete_fields(call: Call) -> Reply:
    def remove(envelope: Envelope, given: dict[str, Json]) -> dict[str, Json]:
        mine = next((f for f in envelope.custom_fields if f.id == text(given["fieldId"])), None)
        if mine is None:
            return _no_field(given)
        envelope.custom_fields.remove(mine)
        return shapes.custom_field(mine)

    return _each_field(call, remove)


def _no_field(given: dict[str, Json]) -> dict[str, Json]:
    wrong = detail("INVALID_REQUEST_PARAMETER", f"There is no field {text(given['fieldId'])}.")
    return {**given, "errorDetails": wrong}


def _each_field(call: Call, act: Callable[[Envelope, dict[str, Json]], dict[str, Json]]) -> Reply:
    call.query()
    envelope = owned(call)
    body = call.body(("textCustomFields", "listCustomFields"), "customFields")
    out: dict[str, Json] = {"textCustomFields": [], "listCustomFields": []}
    for kind in out:
        for each in rows(body.get(kind), kind):
            given = known(each, parsing.FIELD_FIELDS, kind)
            if not given.get("fieldId"):
                raise bad("parameter: fieldId is missing")
            out[kind].append(act(envelope, given))
    envelope.modified = call.box.moment()
    return Reply(200, out)


ROUTES = [
    Route("POST", "envelopes", "envelopes.create", create),
    Route("GET", "envelopes/{}", "envelopes.get", get),
    Route("PUT", "envelopes/{}", "envelopes.update", update),
    Route("GET", "envelopes/{}/audit_events", "envelopes.audit_events", audit_events),
    Route("GET", "envelopes/{}/form_data", "envelopes.form_data", form_data),
    Route("GET", "envelopes/{}/templates", "envelopes.templates", get_templates),
    Route("GET", "envelopes/{}/notification", "envelopes.notification.get", get_notification),
    Route("PUT", "envelopes/{}/notification", "envelopes.notification.update", put_notification),
    Route("GET", "envelopes/{}/custom_fields", "envelopes.custom_fields", get_fields),
    Route("POST", "envelopes/{}/custom_fields", "envelopes.custom_fields.create", add_fields),
    Route("PUT", "envelopes/{}/custom_fields", "envelopes.custom_fields.update", put_fields),
    Route("DELETE", "envelopes/{}/custom_fields", "envelopes.custom_fields.delete", delete_fields),
]
