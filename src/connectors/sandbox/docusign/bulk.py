"""Bulk send: one envelope or template to a list of people."""

from __future__ import annotations

import copy

from .making import complete, origin
from .parsing import ORIGINAL, check_value
from .records import Account, CustomField, Envelope, Paper, Recipient, Template
from .routing import Call, Route
from .wire import Json, NotSimulated, Refusal, Reply, bad, is_mail, known, rows, stamp, text

COPY = ("recipients", "emailSubject", "emailBlurb", "customFields")
PERSON = ("roleName", "name", "email", "tabs", "recipientId", "customFields", "clientUserId")
QUEUE = 10_000


def _listed(call: Call) -> dict[str, Json]:
    given = call.body(("name", "bulkCopies", "listId"), "the bulk list")
    if not text(given.get("name")):
        raise bad("parameter: name is missing")
    copies = [known(each, COPY, "bulkCopies") for each in rows(given.get("bulkCopies"), "copies")]
    if not copies:
        raise bad("parameter: bulkCopies is missing")
    for each in copies:
        for person in rows(each.get("recipients"), "recipients"):
            known(person, PERSON, "recipients")
    return {"name": text(given["name"]), "bulkCopies": copies}


def create(call: Call) -> Reply:
    call.query()
    made = {"listId": call.box.guid(), **_listed(call)}
    when = stamp(call.box.moment())
    call.account.bulk_lists[made["listId"]] = made, call.user.id, when
    return Reply(201, made)


def _list(call: Call) -> dict[str, Json]:
    found = call.account.bulk_lists.get(call.ids[0].lower())
    if found is None or found[1] != call.user.id:
        raise Refusal("RESOURCE_NOT_FOUND", f"There is no bulk list {call.ids[0]!r}.")
    return found[0]


def get(call: Call) -> Reply:
    call.query()
    return Reply(200, _list(call))


def _summaries(call: Call) -> dict[str, Json]:
    """The lists of the caller, without what is in them."""
    every = [
        {
            "bulkSendListId": each["listId"],
            "name": each["name"],
            "createdByUser": call.user.name,
            "createdDate": made,
        }
        for each, by, made in call.account.bulk_lists.values()
        if by == call.user.id
    ]
    return {"bulkListSummaries": every}


def list_(call: Call) -> Reply:
    call.query()
    return Reply(200, _summaries(call))


def replace(call: Call) -> Reply:
    call.query()
    found = _list(call)
    found.update(_listed(call))
    return Reply(200, found)


def delete(call: Call) -> Reply:
    call.query()
    del call.account.bulk_lists[_list(call)["listId"]]
    return Reply(200, _summaries(call))


def _model(account: Account, id: str) -> Paper:
    found = account.templates.get(id.lower()) or account.envelopes.get(id.lower())
    if found is None:
        raise Refusal("ENVELOPE_DOES_NOT_EXIST", f"There is no envelope or template {id!r}.")
    return found


def _request(call: Call) -> Paper:
    given = call.body(("envelopeOrTemplateId", "batchName"), "the bulk send")
    return _model(call.account, text(given.get("envelopeOrTemplateId")))


def _wrong(model: Paper, found: dict[str, Json]) -> list[tuple[str, str]]:
    """What keeps a list from being sent."""
    roles = {each.role for each in model.recipients}
    out = []
    for number, each in enumerate(found["bulkCopies"], 1):
        for person in each.get("recipients", ()):
            if text(person.get("roleName")) not in roles:
                out.append(("INVALID_RECIPIENT_ROLE", f"Copy {number}: the role is not known."))
            if not is_mail(text(person.get("email"))):
                out.append(("INVALID_EMAIL", f"Copy {number}: the email address is invalid."))
    return out


def test(call: Call) -> Reply:
    call.query()
    wrong = _wrong(_request(call), _list(call))
    row: dict[str, Json] = {"canBeSent": not wrong}
    if wrong:
        row["validationErrors"] = [code for code, _ in wrong]
        row["validationErrorDetails"] = [why for _, why in wrong]
    return Reply(200, row)


def send(call: Call) -> Reply:
    call.query()
    found, model = _list(call), _request(call)
    given = call.body(("envelopeOrTemplateId", "batchName"), "the bulk send")
    size = len(found["bulkCopies"])
    answer: dict[str, Json] = {
        "batchId": call.box.guid(),
        "batchName": text(given.get("batchName")) or found["name"],
        "batchSize": str(size),
        "envelopeOrTemplateId": model.id,
        "queueLimit": str(QUEUE),
        "totalQueued": str(size),
    }
    wrong = _wrong(model, found)
    if wrong:
        # Strings here, where every other call has an object.
        answer["errors"] = [code for code, _ in wrong]
        answer["errorDetails"] = [why for _, why in wrong]
        answer["totalQueued"] = "0"
        return Reply(201, answer)
    batch = {
        **{key: answer[key] for key in ("batchId", "batchName", "batchSize")},
        "submittedDate": stamp(call.box.moment()),
        "envelopeIdOrTemplateId": model.id,
        "mailingListId": found["listId"],
        "mailingListName": found["name"],
        "ownerUserId": call.user.id,
        "senderUserId": call.user.id,
        "queued": "0",
        "sent": str(size),
        "failed": "0",
        "bulkErrors": [],
    }
    call.account.batches[answer["batchId"]] = batch
    for each in found["bulkCopies"]:
        _send_one(call, model, each)
    return Reply(201, answer)


def _send_one(call: Call, model: Paper, row: dict[str, Json]) -> None:
    box = call.box
    made = Envelope(box.guid(), model.subject, box.moment(), account=call.account.id)
    made.sender, made.blurb = call.user, model.blurb
    made.subject = text(row.get("emailSubject")) or model.subject
    made.documents = copy.deepcopy(model.documents)
    if isinstance(model, Template):
        made.templates = [origin(model, made.documents)]
    elif isinstance(model, Envelope):
        made.templates = list(model.templates)
    made.recipients = copy.deepcopy(model.recipients)
    made.notification = copy.copy(model.notification)
    made.custom_fields = copy.deepcopy(model.custom_fields)
    for each in rows(row.get("customFields"), "customFields"):
        given = known(each, ("name", "value"), "customFields")
        made.custom_fields.append(
            CustomField(box.field_id(), text(given.get("name")), text(given.get("value")))
        )
    for person in rows(row.get("recipients"), "recipients"):
        who = next(each for each in made.recipients if each.role == text(person.get("roleName")))
        who.name, who.email = text(person.get("name")), text(person.get("email"))
        for each in rows(person.get("tabs"), "tabs"):
            given = known(each, ("tabLabel", "initialValue"), "tabs")
            _fill(who, text(given.get("tabLabel")), text(given.get("initialValue")))
    complete(made)
    box.file(call.account, made, draft=False)
    box.go(made)


def _fill(who: Recipient, label: str, value: str) -> None:
    fields = [
        tab
        for kind, group in who.tabs.items()
        for tab in group
        if kind in ORIGINAL and tab["tabLabel"] == label
    ]
    if not fields:
        raise NotSimulated(f"a bulk copy with the tabLabel {label!r}")
    for tab in fields:
        tab["value"] = tab["originalValue"] = check_value(value)


def batch(call: Call) -> Reply:
    call.query()
    found = call.account.batches.get(call.ids[0].lower())
    if found is None:
        raise Refusal("RESOURCE_NOT_FOUND", f"There is no batch {call.ids[0]!r}.")
    return Reply(200, {**found, "envelopesUri": f"/bulk_send_batch/{found['batchId']}/envelopes"})


ROUTES = [
    Route("GET", "bulk_send_lists", "bulk.list", list_),
    Route("POST", "bulk_send_lists", "bulk.create", create),
    Route("GET", "bulk_send_lists/{}", "bulk.get", get),
    Route("PUT", "bulk_send_lists/{}", "bulk.update", replace),
    Route("DELETE", "bulk_send_lists/{}", "bulk.delete", delete),
    Route("POST", "bulk_send_lists/{}/test", "bulk.test", test),
    Route("POST", "bulk_send_lists/{}/send", "bulk.send", send),
    Route("GET", "bulk_send_batch/{}", "bulk.batch", batch),
]
