"""GetResponse's operations as values. Each is public: send it, print it, replay it.

Never imports `runtime`.
"""

# ruff: noqa: F403
from __future__ import annotations

from typing import TYPE_CHECKING

from ._parts import PAGE_SIZE as PAGE_SIZE

if TYPE_CHECKING:
    from .accounts import *
    from .campaigns import *
    from .contacts import *
    from .fields import *
    from .jobs import *
    from .newsletters import *
    from .search import *
else:
    from ...core.lazy import lazily

    __getattr__, __dir__ = lazily(
        __name__,
        {
            "accounts": """
                change_blocklist create_suppression delete_callbacks delete_suppression
                find_callbacks get_account get_blocklist get_suppression list_sending_limits
                list_suppressions list_timezones update_suppression upsert_callbacks
            """,
            "campaigns": """
                CampaignStatistics SearchSort create_campaign get_campaign
                get_campaign_statistics list_campaign_contacts list_campaigns
                update_campaign
            """,
            "contacts": """
                BATCH_SIZE MOST_TAGS SortField create_contact create_contacts delete_contact
                field_values find_contacts get_contact is_contact list_contact_activities
                list_contact_consents list_contacts list_removed_contacts update_contact
                upsert_contact_custom_fields upsert_contact_tags
            """,
            "fields": """
                RESERVED TagSort create_custom_field create_predefined_field create_tag
                delete_custom_field delete_predefined_field delete_tag get_custom_field
                get_predefined_field get_tag list_custom_fields list_predefined_fields
                list_tags update_custom_field update_predefined_field
            """,
            "jobs": """
                create_custom_report create_import download_report_file get_custom_report
                get_import list_imports report_rows
            """,
            "newsletters": """
                MOST_ATTACHED MOST_CONTENT NewsletterSort cancel_newsletter create_draft
                create_from_field create_newsletter delete_from_field delete_newsletter
                get_from_field get_newsletter get_newsletter_statistics list_from_fields
                list_newsletter_statistics list_newsletters schedule send_draft
                set_default_from_field
            """,
            "search": """
                create_segment delete_segment get_segment list_segment_contacts
                list_segments search_contacts update_segment upsert_segment_custom_fields
            """,
        },
    )
