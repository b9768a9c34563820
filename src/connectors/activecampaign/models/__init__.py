"""What ActiveCampaign speaks of, as frozen values. Ids are texts, whatever the wire has."""

# ruff: noqa: F403
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .accounts import *
    from .automations import *
    from .contacts import *
    from .custom_objects import *
    from .fields import *
    from .tags import *
    from .webhooks import *
else:
    from ...core.lazy import lazily

    __getattr__, __dir__ = lazily(
        __name__,
        {
            "accounts": "Note User",
            "automations": "Automation Enrolment EnrolmentStatus",
            "contacts": """
                Contact ContactStatus FieldTexts Import ImportCallback ImportContact
                ImportFailure ImportState ImportStatus SyncedContact
            """,
            "custom_objects": """
                NewSchema PRIMARY_CONTACT Record RecordFields RecordValue Relationship Schema
                SchemaField SchemaFieldType TO_CONTACT
            """,
            "fields": "Field FieldOption FieldType FieldValue",
            "tags": "ContactTag Tag TagType",
            "webhooks": """
                Webhook WebhookContact WebhookEvent WebhookKind WebhookSource
            """,
        },
    )
