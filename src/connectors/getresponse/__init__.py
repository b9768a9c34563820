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
        CampaignId,
        CampaignProfile,
        Condition,
        Contact,
        ContactDetails,
        ContactId,
        Content,
        NewContact,
        NewNewsletter,
        NewReport,
        Postal,
        Recipients,
        SearchQuery,
        Section,
        WebhookEvent,
    )
    from .oauth import authorization_url, code_from_redirect
    from .webhooks import has_secret, parse_callback, parse_webhook
else:
    from ..core.lazy import lazily

    __getattr__, __dir__ = lazily(
        __name__,
        {
            "flows": "NotScheduled ReportNotReady",
            "models": """
                Attachment CampaignId CampaignProfile Condition Contact ContactDetails ContactId
                Content NewContact NewNewsletter NewReport Postal Recipients SearchQuery Section
                WebhookEvent
            """,
            "oauth": "authorization_url code_from_redirect",
            "webhooks": "has_secret parse_callback parse_webhook",
        },
    )

__all__ = [
    "Attachment",
    "CampaignId",
    "CampaignProfile",
    "Condition",
    "Contact",
    "ContactDetails",
    "ContactId",
    "Content",
    "NewContact",
    "NewNewsletter",
    "NewReport",
    "NotScheduled",
    "Postal",
    "Recipients",
    "ReportNotReady",
    "SearchQuery",
    "Section",
    "WebhookEvent",
    "authorization_url",
    "code_from_redirect",
    "has_secret",
    "parse_callback",
    "parse_webhook",
]
