"""What DocuSign speaks of, as frozen values."""

# ruff: noqa: F403
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .accounts import *
    from .bulk import *
    from .connect import *
    from .definitions import *
    from .envelopes import *
    from .events import *
    from .recipients import *
    from .results import *
    from .tabs import *
    from .templates import *
else:
    from ...core.lazy import lazily

    __getattr__, __dir__ = lazily(
        __name__,
        {
            "accounts": "Account User UserId UserStatus",
            "bulk": """
                BatchId BulkBatch BulkCopy BulkFailure BulkList BulkListId BulkRecipient
                BulkSend BulkTest
            """,
            "connect": """
                ConfigurationType ConnectConfiguration ConnectId ConnectLog ConnectOAuth
                ConnectSecret ConnectUser DATA DataVersion DebugEntry DeliveryMode
                EnvelopeTrigger EventData EventNotification HistoricalPublish IncludeData
                RecipientTrigger Republished Subscription
            """,
            "definitions": """
                CompositeTemplate Document EnvelopeDefinition InlineTemplate RoleMail
                TemplateRole
            """,
            "envelopes": """
                Attachment BccAddress CustomField CustomFieldKind EmailSettings Envelope
                EnvelopeDocument EnvelopeId EnvelopeLock EnvelopeMetadata EnvelopeStatus
                Expirations Folder NameValue Notification PageCount Reminders Sender
            """,
            "events": "ConnectEvent ConnectEventName DeliveryKind TimesIn",
            "recipients": """
                Delegate PhoneNumber Recipient RecipientKind RecipientStatus
                RecipientUpdate RecipientUpdates Recipients
            """,
            "results": """
                AuditEvent CreatedEnvelope CustomFieldUpdate CustomFields
                EnvelopeStatuses EnvelopeUpdate FormData FormDataItem PrefillFormData
                RecipientFormData TransactionStatus View
            """,
            "tabs": """
                ErrorDetails ListItem PrefillTabs Radio RecipientGuid Tab TabType Tabs
            """,
            "templates": """
                EnvelopeTemplate FieldValue Role Template TemplateField TemplateFields TemplateId
                fields_of template_fields
            """,
        },
    )
