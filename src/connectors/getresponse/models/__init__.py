"""What GetResponse speaks of, as frozen values. Its *campaign* is everybody else's list."""

# ruff: noqa: F403
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .accounts import *
    from .campaigns import *
    from .contacts import *
    from .fields import *
    from .jobs import *
    from .newsletters import *
    from .search import *
    from .webhooks import *
else:
    from ...core.lazy import lazily

    __getattr__, __dir__ = lazily(
        __name__,
        {
            "accounts": """
                Account CallbackActions CallbackSettings SendingLimit Suppression
                SuppressionId Timezone
            """,
            "campaigns": """
                Campaign CampaignId CampaignProfile CampaignRef Confirmation FromFieldRef
                GroupBy Optin OptinTypes Postal SubscriptionNotifications
            """,
            "contacts": """
                ActivityKind ActivityResource ClickedLink ConsentRecord Contact
                ContactActivity ContactConsent ContactDetails ContactId CustomFieldValue
                CustomFieldValues Geolocation NewContact Origin Removal RemovedContact
            """,
            "fields": """
                CustomField CustomFieldId FieldFormat PredefinedField PredefinedFieldId Tag
                TagId ValueType
            """,
            "jobs": """
                CustomReport CustomReportId Import ImportErrors ImportId ImportStatistics
                ImportStatus NewReport ReportFile ReportFileStatus ReportType
            """,
            "newsletters": """
                Attachment ClickTrack Content ExternalContent FromField FromFieldId
                NewNewsletter Newsletter NewsletterDetails NewsletterFlag NewsletterId
                NewsletterStatistics NewsletterType Recipients SendMetrics SendOn
                SendSettings SendStatus
            """,
            "search": """
                Condition Cycle FieldOperator FoundContact Match NumberOperator Period
                SearchQuery Section Segment SegmentId Subscribers TextOperator
            """,
            "webhooks": """
                CallbackAction CallbackEvent WebhookContact WebhookEvent WebhookMessage
                WebhookType
            """,
        },
    )
