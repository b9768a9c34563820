"""ActiveCampaign API v3: a client in both worlds, and what one writes beside it.

Everything here is imported when it is first used. Operations as values are in
`connectors.activecampaign.calls`, all models in `connectors.activecampaign.models`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .calls import split_import
    from .models import (
        Automation,
        Contact,
        ContactStatus,
        ContactTag,
        Enrolment,
        EnrolmentStatus,
        Field,
        FieldType,
        FieldValue,
        ImportCallback,
        ImportContact,
        ImportState,
        NewSchema,
        Record,
        Schema,
        SchemaField,
        SchemaFieldType,
        SyncedContact,
        Tag,
        User,
        Webhook,
        WebhookEvent,
        WebhookKind,
        WebhookSource,
    )
    from .values import field_text
    from .webhooks import parse_webhook
    from .wire import ImportRefused
else:
    from ..core.lazy import lazily

    __getattr__, __dir__ = lazily(
        __name__,
        {
            "calls": "split_import",
            "models": """
                Automation Contact ContactStatus ContactTag Enrolment EnrolmentStatus Field
                FieldType FieldValue ImportCallback ImportContact ImportState NewSchema Record
                Schema SchemaField SchemaFieldType SyncedContact Tag User Webhook WebhookEvent
                WebhookKind WebhookSource
            """,
            "values": "field_text",
            "webhooks": "parse_webhook",
            "wire": "ImportRefused",
        },
    )

__all__ = [
    "Automation",
    "Contact",
    "ContactStatus",
    "ContactTag",
    "Enrolment",
    "EnrolmentStatus",
    "Field",
    "FieldType",
    "FieldValue",
    "ImportCallback",
    "ImportContact",
    "ImportRefused",
    "ImportState",
    "NewSchema",
    "Record",
    "Schema",
    "SchemaField",
    "SchemaFieldType",
    "SyncedContact",
    "Tag",
    "User",
    "Webhook",
    "WebhookEvent",
    "WebhookKind",
    "WebhookSource",
    "field_text",
    "parse_webhook",
    "split_import",
]
