"""DocuSign eSignature REST API v2.1 and Connect: a client in both worlds, and what one writes beside
it.

Everything here is imported when it is first used. Operations as values are in
`connectors.docusign.calls`, all models in `connectors.docusign.models`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .errors import AskedTooOften, ItemRefused, PrefillRefused
    from .models import (
        CompositeTemplate,
        ConnectConfiguration,
        ConnectEvent,
        ConnectEventName,
        CustomField,
        CustomFieldKind,
        Document,
        Envelope,
        EnvelopeDefinition,
        EnvelopeStatus,
        EnvelopeTemplate,
        EventData,
        EventNotification,
        Expirations,
        FormData,
        IncludeData,
        InlineTemplate,
        Notification,
        PhoneNumber,
        Recipient,
        RecipientKind,
        Recipients,
        RecipientStatus,
        Reminders,
        RoleMail,
        Tab,
        Tabs,
        TabType,
        Template,
        TemplateFields,
        TemplateRole,
    )
    from .oauth import authorization_url, code_from_redirect, consent_url, new_pkce
else:
    from ..core.lazy import lazily

    __getattr__, __dir__ = lazily(
        __name__,
        {
            "errors": "AskedTooOften ItemRefused PrefillRefused",
            "models": """
                CompositeTemplate ConnectConfiguration ConnectEvent ConnectEventName CustomField
                CustomFieldKind Document Envelope EnvelopeDefinition EnvelopeStatus
                EnvelopeTemplate EventData EventNotification Expirations FormData IncludeData
                InlineTemplate Notification PhoneNumber Recipient RecipientKind Recipients
                RecipientStatus Reminders RoleMail Tab Tabs TabType Template TemplateFields
                TemplateRole
            """,
            "oauth": "authorization_url code_from_redirect consent_url new_pkce",
        },
    )

__all__ = [
    "AskedTooOften",
    "CompositeTemplate",
    "ConnectConfiguration",
    "ConnectEvent",
    "ConnectEventName",
    "CustomField",
    "CustomFieldKind",
    "Document",
    "Envelope",
    "EnvelopeDefinition",
    "EnvelopeStatus",
    "EnvelopeTemplate",
    "EventData",
    "EventNotification",
    "Expirations",
    "FormData",
    "IncludeData",
    "InlineTemplate",
    "ItemRefused",
    "Notification",
    "PhoneNumber",
    "PrefillRefused",
    "Recipient",
    "RecipientKind",
    "RecipientStatus",
    "Recipients",
    "Reminders",
    "RoleMail",
    "Tab",
    "TabType",
    "Tabs",
    "Template",
    "TemplateFields",
    "TemplateRole",
    "authorization_url",
    "code_from_redirect",
    "consent_url",
    "new_pkce",
]
