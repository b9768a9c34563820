"""Models as DocuSign takes them: texts alone, and no member that was not set."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

import attrs

from ...core.given import named, sized
from ...core.wire import camel, dumps
from ...errors import ConfigError
from ..models.definitions import (
    CompositeTemplate,
    Document,
    EnvelopeDefinition,
    InlineTemplate,
    TemplateRole,
)
from ..models.envelopes import CustomField, CustomFieldKind, Notification
from ..models.recipients import Recipient
from ..models.tabs import Tab, TabType
from ..reading import NAMES, RECIPIENT_LISTS
from ._parts import filled, plain

LONGEST_SUBJECT = 100
"""Characters of the subject of an envelope's mails."""

LONGEST_FIELD = 100
"""Characters of the name or the value of a custom field."""

MOST_RECIPIENTS = 100
"""Recipients of one envelope."""

LARGEST_BODY = 35_651_584
"""Bytes of a request."""

_LONGEST_VALUE = 4000
_LONGEST_LABEL = 500
_LAST_DOCUMENT_ID = 2_147_483_647
_NOT_SENT = {
    Recipient: (
        *("kind", "recipient_id_guid", "user_id", "full_name", "status", "sent_at"),
        *("delivered_at", "signed_at", "declined_at", "declined_reason", "recipient_type"),
        *("auto_responded_reason", "completed_count", "total_tab_count", "creation_reason"),
        *("delegated_by", "delegated_to", "template_locked", "template_required"),
        *("authentication", "tabs", "error"),
    ),
    Tab: (
        *("type", "recipient_id_guid", "original_value", "status", "template_locked"),
        *("template_required", "error"),
    ),
    CustomField: ("kind", "configuration_type", "error"),
}
"""What DocuSign says of a thing, and is not told."""


def object_of(model: Any) -> dict[str, object]:
    """A model by DocuSign's names; what it says by itself is left out."""
    kind = type(model)
    names, silent = NAMES.get(kind, {}), _NOT_SENT.get(kind, ("error",))
    found: dict[str, object] = {}
    for attribute in attrs.fields(kind):
        name = attribute.name
        if name not in silent:
            found[names.get(name, camel(name))] = _nested(getattr(model, name))
    return filled(found)


def _nested(value: object) -> object:
    if attrs.has(type(value)):
        return object_of(value)
    if isinstance(value, tuple | list):
        return [_nested(each) for each in value]
    return value


# --- tabs ------------------------------------------------------------------------------------


def tabs_body(tabs: Iterable[Tab]) -> dict[str, object]:
    """Tabs in a list for each type.

    Raises:
        ConfigError: a text that is too long.
    """
    lists: dict[str, list[object]] = {}
    for tab in tabs:
        _check_tab(tab)
        body = object_of(tab)
        if tab.type is TabType.RADIO_GROUP:
            # The group has a name and no id; its radios have ids.
            body.pop("tabId", None)
        lists.setdefault(tab_list(tab.type), []).append(body)
    return dict(lists)


def identified(tabs: Iterable[Tab]) -> list[Tab]:
    """Tabs to change, each of which says which it is.

    Raises:
        ConfigError: none, or one without its `tab_id`, for a radio group its `group_name`.
    """
    found = list(tabs)
    if not found:
        raise ConfigError("no tabs were given")
    for tab in found:
        if tab.type is TabType.RADIO_GROUP:
            named("the group_name of a radio group to change", tab.group_name or "")
        else:
            named("the tab_id of a tab to change", tab.tab_id or "")
    return found


def tab_list(kind: TabType | str) -> str:
    """The list in which DocuSign keeps a type of tabs: `sign_here` → `signHereTabs`."""
    return f"{camel(str(plain(kind)))}Tabs"


def _check_tab(tab: Tab) -> None:
    for what, value in (("label", tab.label), ("group_name", tab.group_name)):
        if value is not None and len(value) > _LONGEST_LABEL:
            raise ConfigError(f"the {what} of a tab takes {_LONGEST_LABEL} characters at most")
    if tab.value is not None and len(tab.value.encode()) > _LONGEST_VALUE:
        raise ConfigError(f"the value of a tab takes {_LONGEST_VALUE} bytes at most")


# --- recipients ------------------------------------------------------------------------------


def recipients_body(recipients: Iterable[Recipient]) -> dict[str, object]:
    """Recipients in a list for each kind.

    Raises:
        ConfigError: none, too many, or two with one id.
    """
    everybody = list(recipients)
    if not 1 <= len(everybody) <= MOST_RECIPIENTS:
        raise ConfigError(f"1 to {MOST_RECIPIENTS} recipients go at a time, got {len(everybody)}")
    seen: set[str] = set()
    lists: dict[str, list[object]] = {}
    for each in everybody:
        if each.recipient_id in seen:
            raise ConfigError(f"two recipients have the id {each.recipient_id!r}")
        if each.recipient_id is not None:
            seen.add(each.recipient_id)
        body = object_of(each)
        if each.tabs is not None and len(each.tabs):
            body["tabs"] = tabs_body(each.tabs)
        lists.setdefault(RECIPIENT_LISTS.get(each.kind, str(plain(each.kind))), []).append(body)
    return dict(lists)


# --- what is beside an envelope --------------------------------------------------------------


def custom_fields_body(fields: Iterable[CustomField]) -> dict[str, object]:
    """Custom fields in a list for each kind.

    Raises:
        ConfigError: one without a name, or a text that is too long.
    """
    lists: dict[str, list[object]] = {}
    for each in fields:
        named("the name of a custom field", each.name or "")
        for value in (each.name, each.value):
            if value is not None and len(value) > LONGEST_FIELD:
                raise ConfigError(
                    f"name and value of a custom field take {LONGEST_FIELD} characters at most"
                )
        name = "listCustomFields" if each.kind is CustomFieldKind.LIST else "textCustomFields"
        lists.setdefault(name, []).append(object_of(each))
    return dict(lists)


def notification_body(notification: Notification) -> dict[str, object]:
    """Reminders and expiry.

    Raises:
        ConfigError: nothing to set, or days below none.
    """
    body = object_of(notification)
    if not body:
        raise ConfigError("a notification needs reminders, expirations or use_account_defaults")
    for part in (notification.reminders, notification.expirations):
        for attribute in attrs.fields(type(part)) if part is not None else ():
            days = getattr(part, attribute.name)
            if isinstance(days, int) and days < 0:
                raise ConfigError(f"{attribute.name} takes days from 0 on, got {days}")
    return body


def subject(text: str) -> str:
    """The subject of an envelope's mails, checked."""
    return sized("the subject of an envelope", text, 1, LONGEST_SUBJECT)


def link(what: str, url: str) -> str:
    """A URL for DocuSign to call or to lead to."""
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("https", "http") or not parts.netloc:
        raise ConfigError(f"{what} must be a URL like https://app.example.com/done")
    return url


# --- the definition --------------------------------------------------------------------------


def definition_body(new: EnvelopeDefinition, *, send: bool) -> dict[str, object]:
    """The body that creates an envelope.

    Raises:
        ConfigError: what DocuSign would refuse, or silently leave out.
    """
    if not isinstance(new, EnvelopeDefinition):
        raise ConfigError(f"an envelope is an EnvelopeDefinition, not {type(new).__name__}")
    _check_definition(new, send=send)
    body: dict[str, object] = {**filled(new.others), "status": "sent" if send else "created"}
    if new.email_subject is not None:
        body["emailSubject"] = subject(new.email_subject)
    body |= filled(
        {
            "emailBlurb": new.email_blurb,
            "templateId": new.template_id,
            "templateRoles": [_role_body(each) for each in new.template_roles],
            "compositeTemplates": [_composite_body(each) for each in new.composite_templates],
            "documents": documents_body(new.documents),
            "recipients": recipients_body(new.recipients) if new.recipients else None,
            "customFields": custom_fields_body(new.custom_fields),
            "transactionId": new.transaction_id,
            "notification": notification_body(new.notification) if new.notification else None,
            "brandId": new.brand_id,
            "allowReassign": new.allow_reassign,
            "enforceSignerVisibility": new.enforce_signer_visibility,
        }
    )
    if new.event_notifications:
        from ._connect import notification_body as event_notification_body

        told = [event_notification_body(each) for each in new.event_notifications]
        if len(told) == 1:
            body["eventNotification"] = told[0]
        else:
            body["eventNotifications"] = told
    if len(dumps(body)) > LARGEST_BODY:
        raise ConfigError(
            f"the documents make {LARGEST_BODY} bytes and more as one request; create a draft "
            "without the large ones, and add each with documents.put"
        )
    return body


def _check_definition(new: EnvelopeDefinition, *, send: bool) -> None:
    if new.template_id is not None and new.composite_templates:
        raise ConfigError("an envelope is made of template_id or of composite_templates, not both")
    if new.template_roles and new.template_id is None:
        raise ConfigError("template_roles belong to a template_id")
    if new.composite_templates and new.custom_fields:
        raise ConfigError(
            "DocuSign ignores the envelope's custom_fields beside composite_templates; "
            "put them into an InlineTemplate"
        )
    if new.transaction_id is not None:
        named("transaction_id", new.transaction_id)
    roles = [role.role_name for role in new.template_roles]
    for role in roles:
        named("the role_name of a template role", role)
    if send:
        source = new.template_id or new.composite_templates
        if not source and not (new.documents and new.recipients):
            raise ConfigError(
                "an envelope that is sent needs a template, or documents and recipients"
            )
        if not source and new.email_subject is None:
            raise ConfigError("an envelope that is sent needs an email_subject")


def _role_body(role: TemplateRole) -> dict[str, object]:
    return filled(
        {
            "roleName": role.role_name,
            "name": role.name,
            "email": role.email,
            "clientUserId": role.client_user_id,
            "routingOrder": role.routing_order,
            "accessCode": role.access_code,
            "signingGroupId": role.signing_group_id,
            "inPersonSignerName": role.in_person_signer_name,
            "defaultRecipient": role.default_recipient,
            "deliveryMethod": role.delivery_method,
            "phoneNumber": object_of(role.phone_number) if role.phone_number else None,
            "emailNotification": (
                object_of(role.email_notification) if role.email_notification else None
            ),
            "tabs": tabs_body(role.tabs),
        }
    )


def _composite_body(composite: CompositeTemplate) -> dict[str, object]:
    if not (composite.template_ids or composite.inline or composite.document):
        raise ConfigError("a CompositeTemplate needs template_ids, inline parts or a document")
    servers = [
        {"sequence": str(number), "templateId": named("a template id", template_id)}
        for number, template_id in enumerate(composite.template_ids, start=1)
    ]
    return filled(
        {
            "compositeTemplateId": composite.composite_template_id,
            "serverTemplates": servers,
            "inlineTemplates": [_inline_body(each) for each in composite.inline],
            "document": document_body(composite.document) if composite.document else None,
        }
    )


def _inline_body(inline: InlineTemplate) -> dict[str, object]:
    return filled(
        {
            "sequence": inline.sequence,
            "recipients": recipients_body(inline.recipients) if inline.recipients else None,
            "documents": documents_body(inline.documents),
            "customFields": custom_fields_body(inline.custom_fields),
        }
    )


def documents_body(documents: Iterable[Document]) -> list[object]:
    """Documents with their bytes.

    Raises:
        ConfigError: one without content, or two with one id.
    """
    found = list(documents)
    numbers = [each.document_id for each in found]
    if len(set(numbers)) < len(numbers):
        raise ConfigError(f"two documents have one id, got {', '.join(numbers)}")
    return [document_body(each) for each in found]


def document_body(document: Document) -> dict[str, object]:
    """One document with its bytes."""
    document_number(document.document_id)
    if (document.content is None) == (document.remote_url is None):
        raise ConfigError("a document needs its content or a remote_url, and not both")
    if not isinstance(document.content, bytes | None):
        raise ConfigError(
            f"the content of document {document.document_id} is bytes, as Path(…).read_bytes(), not "
            f"{type(document.content).__name__}"
        )
    if document.content == b"":
        raise ConfigError(f"the document {document.document_id} is empty")
    encoded = None if document.content is None else base64.b64encode(document.content).decode()
    return filled(
        {
            "documentId": document.document_id,
            "name": named("the name of a document", document.name),
            "fileExtension": document.file_extension,
            "documentBase64": encoded,
            "remoteUrl": document.remote_url and link("remote_url", document.remote_url),
            "order": document.order,
            "transformPdfFields": document.transform_pdf_fields,
        }
    )


def document_number(document_id: str) -> str:
    """The id of a document that is sent: a number as text."""
    digits = document_id.isdecimal() and document_id.isascii()
    if not digits or not 1 <= int(document_id) <= _LAST_DOCUMENT_ID:
        raise ConfigError(
            f"the id of a document is a number from 1 on, as text; got {document_id!r}"
        )
    return document_id
