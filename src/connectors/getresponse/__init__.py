"""GetResponse API v3: a client in both worlds, and what one writes beside it.

Everything here is imported when it is first used. Operations as values are in
`connectors.getresponse.calls`, all models in `connectors.getresponse.models`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .flows import NotScheduled, ReportNotReady
    from .models import (
        Attachment,
        CallbackActions,
        CampaignId,
        CampaignProfile,
        Condition,
        Confirmation,
        Contact,
        ContactDetails,
        ContactId,
        Content,
        GroupBy,
        NewContact,
        NewNewsletter,
        NewReport,
        OptinTypes,
        Origin,
        Postal,
        Recipients,
        Removal,
        ReportType,
        SearchQuery,
        Section,
        SendSettings,
        SendStatus,
        SubscriptionNotifications,
        WebhookEvent,
        WebhookType,
    )
    from .oauth import authorization_url, code_from_redirect
    from .webhooks import ACCEPTED, has_secret, parse_callback, parse_webhook
else:
    from ..core.lazy import lazily

    __getattr__, __dir__ = lazily(
        __name__,
        {
            "flows": "NotScheduled ReportNotReady",
            "models": """
                Attachment CallbackActions CampaignId CampaignProfile Condition Confirmation
                Contact ContactDetails ContactId Content GroupBy NewContact NewNewsletter
                NewReport OptinTypes Origin Postal Recipients Removal ReportType SearchQuery
                Section SendSettings SendStatus SubscriptionNotifications WebhookEvent
                WebhookType
            """,
            "oauth": "authorization_url code_from_redirect",
            "webhooks": """
                ACCEPTED has_secret parse_callback parse_webhook
            """,
        },
    )

__all__ = [
    "ACCEPTED",
    "Attachment",
    "CallbackActions",
    "CampaignId",
    "CampaignProfile",
    "Condition",
    "Confirmation",
    "Contact",
    "ContactDetails",
    "ContactId",
    "Content",
    "GroupBy",
    "NewContact",
    "NewNewsletter",
    "NewReport",
    "NotScheduled",
    "OptinTypes",
    "Origin",
    "Postal",
    "Recipients",
    "Removal",
    "ReportNotReady",
    "ReportType",
    "SearchQuery",
    "Section",
    "SendSettings",
    "SendStatus",
    "SubscriptionNotifications",
    "WebhookEvent",
    "WebhookType",
    "authorization_url",
    "code_from_redirect",
    "has_secret",
    "parse_callback",
    "parse_webhook",
]
