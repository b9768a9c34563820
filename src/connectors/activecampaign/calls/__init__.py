"""ActiveCampaign's operations as values. Each is public: send it, print it, replay it.

None of them touches what a person is subscribed to, nor accounts or deals. Never imports `runtime`.
"""

# ruff: noqa: F403
from __future__ import annotations

from typing import TYPE_CHECKING

from ._parts import PAGE_SIZE as PAGE_SIZE

if TYPE_CHECKING:
    from .accounts import *
    from .automations import *
    from .contacts import *
    from .custom_objects import *
    from .events import *
    from .fields import *
    from .imports import *
    from .tags import *
    from .webhooks import *
else:
    from ...core.lazy import lazily

    __getattr__, __dir__ = lazily(
        __name__,
        {
            "accounts": "create_note get_me list_contact_notes",
            "automations": """
                end_enrolment enrol get_automation get_enrolment list_automations
                list_contact_enrolments list_enrolments
            """,
            "contacts": """
                create_contact delete_contact find_contact get_contact list_contacts sync_contact
                takes_address update_contact
            """,
            "custom_objects": """
                create_schema delete_record delete_record_by_external_id delete_schema
                delete_schema_field find_record get_record get_schema list_records list_schemas
                put_record update_schema
            """,
            "events": """
                LONGEST_NAME TRACKER create_event_name delete_event_name get_event_tracking
                list_event_names set_event_tracking track_event
            """,
            "fields": """
                create_field create_field_options delete_field_value get_field
                list_contact_field_values list_field_options list_field_values list_fields
                set_field_value show_field
            """,
            "imports": """
                IMPORT_BYTES IMPORT_SIZE get_import import_contacts split_import
            """,
            "tags": """
                add_contact_tag create_tag delete_tag get_tag is_tag list_contact_tags list_tags
                remove_contact_tag update_tag
            """,
            "webhooks": """
                NOT_OURS create_webhook delete_webhook get_webhook list_webhooks update_webhook
            """,
        },
    )
