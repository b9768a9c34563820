"""Envelopes, recipients, documents and tabs as they stand on the wire."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from .records import KINDS, CustomField, Document, Envelope, Notification, Recipient, Tabs
from .wire import Json, clean, flag, stamp


def when(at: datetime | None) -> str | None:
    return None if at is None else stamp(at)


def person(envelope: Envelope, *, name: str = "") -> dict[str, str]:
    """The sender."""
    by = envelope.by
    row = {
        "userName": by.name,
        "userId": by.id,
        "accountId": envelope.account,
        "email": by.email,
        "ipAddress": "203.0.113.7",
    }
    if name:
        row["accountName"] = name
    return row


def times(envelope: Envelope) -> dict[str, str]:
    """Every time that has come; the others are absent."""
    return clean(
        {
            "createdDateTime": when(envelope.created),
            "lastModifiedDateTime": when(envelope.modified),
            "initialSentDateTime": when(envelope.initial_sent),
            "sentDateTime": when(envelope.sent),
            "deliveredDateTime": when(envelope.delivered),
            "completedDateTime": when(envelope.completed),
            "declinedDateTime": when(envelope.declined),
            "voidedDateTime": when(envelope.voided),
            "statusChangedDateTime": when(envelope.changed),
            "expireDateTime": when(envelope.expires),
        }
    )


def head(envelope: Envelope) -> dict[str, Json]:
    """What both a REST answer and a message say of an envelope, without what is nested."""
    base = f"/envelopes/{envelope.id}"
    row: dict[str, Json] = {
        "status": envelope.status,
        "emailSubject": envelope.subject,
        "emailBlurb": envelope.blurb,
        "envelopeId": envelope.id,
        "documentsUri": f"{base}/documents",
        "recipientsUri": f"{base}/recipients",
        "attachmentsUri": f"{base}/attachments",
        "envelopeUri": base,
        "customFieldsUri": f"{base}/custom_fields",
        "notificationUri": f"{base}/notification",
        "documentsCombinedUri": f"{base}/documents/combined",
        "certificateUri": f"{base}/documents/certificate",
        "templatesUri": f"{base}/templates",
        "signingLocation": "online",
        "enableWetSign": "true",
        "allowMarkup": "false",
        "allowReassign": "true",
        "purgeState": envelope.purge,
        "is21CFRPart11": "false",
        "isSignatureProviderEnvelope": "false",
        "anySigner": None,
        "envelopeLocation": "current_site",
        "isDynamicEnvelope": "false",
        **envelope.more,
        **times(envelope),
    }
    if envelope.transaction_id:
        row["transactionId"] = envelope.transaction_id
    if envelope.voided_reason:
        row["voidedReason"] = envelope.voided_reason
    return row


def custom_field(field: CustomField) -> dict[str, Json]:
    row: dict[str, Json] = {
        "fieldId": field.id,
        "name": field.name,
        "show": flag(field.show),
        "required": flag(field.required),
        "value": field.value,
    }
    if field.items is not None:
        row["listItems"] = list(field.items)
    return row


def custom_fields(fields: Iterable[CustomField]) -> dict[str, Json]:
    every = list(fields)
    return {
        "textCustomFields": [custom_field(each) for each in every if each.items is None],
        "listCustomFields": [custom_field(each) for each in every if each.items is not None],
    }


def recipient(who: Recipient, *, tabs: bool = False) -> dict[str, Json]:
    row: dict[str, Json] = {
        **who.more,
        "recipientId": who.id,
        "recipientIdGuid": who.guid,
        "routingOrder": str(who.order),
        "status": who.status,
        "recipientType": KINDS[who.kind],
        "roleName": who.role or None,
        "clientUserId": who.client_user_id or None,
        "userId": who.user_id or None,
        "sentDateTime": when(who.sent),
        "deliveredDateTime": when(who.delivered),
        "signedDateTime": when(who.signed),
        "declinedDateTime": when(who.declined),
        "declinedReason": who.declined_reason or None,
        "autoRespondedReason": who.autoresponded_reason or None,
        "completedCount": "1" if who.status == "completed" else "0",
        "totalTabCount": str(sum(len(group) for group in who.tabs.values())),
        "deliveryMethod": who.more.get("deliveryMethod", "email"),
    }
    if who.kind == "inPersonSigners":
        row["signerName"], row["signerEmail"] = who.name, who.email
    else:
        row["name"], row["email"] = who.name, who.email
    row = {key: value for key, value in row.items() if value is not None}
    if tabs:
        row["tabs"] = tabs_of(who)
    return row


def tabs_of(who: Recipient) -> Tabs:
    """A recipient's tabs, which say whose they are."""
    return {
        name: [{**row, "recipientId": who.id, "recipientIdGuid": who.guid} for row in group]
        for name, group in who.tabs.items()
    }


def recipients(everybody: list[Recipient], order: int, *, tabs: bool = False) -> dict[str, Json]:
    row: dict[str, Json] = {name: [] for name in KINDS}
    for who in everybody:
        row[who.kind].append(recipient(who, tabs=tabs))
    row["recipientCount"] = str(len(everybody))
    row["currentRoutingOrder"] = str(order)
    return row


def notification(of: Notification) -> dict[str, Json]:
    return {
        "useAccountDefaults": flag(of.defaults),
        "reminders": {
            "reminderEnabled": flag(of.remind),
            "reminderDelay": str(of.remind_after),
            "reminderFrequency": str(of.remind_every),
        },
        "expirations": {
            "expireEnabled": flag(of.expire),
            "expireAfter": str(of.expire_after),
            "expireWarn": str(of.warn_before),
        },
    }


# -- documents ---------------------------------------------------------------------------------


def document(envelope_id: str, paper: Document) -> dict[str, Json]:
    return {
        "documentId": paper.id,
        "documentIdGuid": paper.guid,
        "name": paper.name,
        "type": "content",
        "uri": f"/envelopes/{envelope_id}/documents/{paper.id}",
        "order": str(paper.order),
        "pages": str(paper.pages),
        "display": "inline",
        "includeInDownload": "true",
        "signerMustAcknowledge": "no_interaction",
        "availableDocumentTypes": [{"type": "electronic", "isDefault": "true"}],
        "documentFields": [dict(each) for each in paper.fields],
        "containsPdfFormFields": "false",
        "templateRequired": "false",
        "authoritativeCopy": False,
    }


def certificate(envelope: Envelope) -> dict[str, Json]:
    return {
        "documentId": "certificate",
        "documentIdGuid": envelope.id,
        "name": "Summary",
        "type": "summary",
        "uri": f"/envelopes/{envelope.id}/documents/certificate",
        "order": "999",
        "pages": "1",
        "display": "inline",
        "includeInDownload": "true",
        "signerMustAcknowledge": "no_interaction",
        "templateRequired": "false",
        "authoritativeCopy": False,
    }


def documents(envelope: Envelope, *, sizes: bool = False, tabs: bool = False) -> list[Json]:
    out = []
    for paper in sorted(envelope.documents, key=lambda each: each.order):
        row = document(envelope.id, paper)
        if sizes:
            row["sizeBytes"] = str(len(paper.content))
        if tabs:
            row["tabs"] = {"prefillTabs": paper.prefill}
        out.append(row)
    if envelope.status != "created":
        out.append(certificate(envelope))
    return out


def pushed_documents(envelope: Envelope, *, content: bool, prefill: bool) -> list[Json]:
    """Documents as a message has them: pages are objects, the bytes are PDFBytes."""
    out = []
    for paper in sorted(envelope.documents, key=lambda each: each.order):
        row = document(envelope.id, paper)
        row["pages"] = [
            {"pageId": f"{paper.guid[:-2]}{n:02d}", "sequence": str(n + 1), "height": "792",
             "width": "612", "dpi": "72"}
            for n in range(paper.pages)
        ]  # fmt: skip
        if content:
            row["PDFBytes"] = base64.b64encode(paper.content).decode()
        if prefill:
            row["tabs"] = {"prefillTabs": paper.prefill}
        out.append(row)
    return out


# -- form data ---------------------------------------------------------------------------------


def form_rows(tabs: Tabs) -> list[dict[str, Any]]:
    """The values of a recipient's fields, a row each."""
    out = []
    for name, group in tabs.items():
        for tab in group:
            if name == "radioGroupTabs":
                value = next((r["value"] for r in tab["radios"] if r.get("selected") == "true"), "")
                out.append({"name": tab["groupName"], "value": value, "originalValue": ""})
            elif name == "checkboxTabs":
                value = "X" if tab.get("selected") == "true" else ""
                out.append({"name": tab["tabLabel"], "value": value, "originalValue": ""})
            elif "value" in tab:
                row = {
                    "name": tab["tabLabel"],
                    "value": tab["value"],
                    "originalValue": tab.get("originalValue", ""),
                }
                if name == "listTabs":
                    row["listSelectedValue"] = tab["value"]
                if name == "numberTabs":
                    row["numericalValue"] = tab["value"]
                out.append(row)
    return out


def form_data(envelope: Envelope) -> dict[str, Json]:
    merged: dict[str, dict[str, Any]] = {}
    people = []
    for who in envelope.recipients:
        found = form_rows(who.tabs)
        merged.update((row["name"], row) for row in found)
        row = {
            "recipientId": who.guid,
            "name": who.name,
            "email": who.email,
            "SentTime": when(who.sent),
            "DeliveredTime": when(who.delivered),
            "SignedTime": when(who.signed),
            "DeclinedTime": when(who.declined),
            "formData": found,
        }
        people.append({key: value for key, value in row.items() if value is not None})
    prefill = [row for paper in envelope.documents for row in form_rows(paper.prefill)]
    out: dict[str, Json] = {
        "envelopeId": envelope.id,
        "status": envelope.status,
        "emailSubject": envelope.subject,
        "sentDateTime": when(envelope.sent),
        "formData": list(merged.values()),
        "prefillFormData": {
            "senderUserId": envelope.by.id,
            "senderName": envelope.by.name,
            "senderEmail": envelope.by.email,
            "formData": prefill,
        },
        "recipientFormData": people,
    }
    return {key: value for key, value in out.items() if value is not None}
