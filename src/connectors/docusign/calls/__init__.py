"""DocuSign's operations as values. Each is public: send it, print it, replay it.

Never imports `runtime`.
"""

# ruff: noqa: F403
from __future__ import annotations

from typing import TYPE_CHECKING

from ._parts import PAGE_SIZE as PAGE_SIZE

if TYPE_CHECKING:
    from .accounts import *
    from .bulk import *
    from .connect import *
    from .details import *
    from .documents import *
    from .envelopes import *
    from .recipients import *
    from .templates import *
    from .views import *
else:
    from ...core.lazy import lazily

    __getattr__, __dir__ = lazily(
        __name__,
        {
            "accounts": """
                LONGEST_CUSTOM_FIELD create_account_custom_field delete_account_custom_field
                get_account get_user list_account_custom_fields list_users
                update_account_custom_field user_statuses
            """,
            "bulk": """
                create_bulk_list delete_bulk_list get_bulk_batch get_bulk_list list_bulk_batches
                list_bulk_lists send_bulk_list try_bulk_list update_bulk_list
            """,
            "connect": """
                MOST_HISTORICAL create_connect_configuration create_connect_oauth
                create_connect_secret delete_connect_configuration delete_connect_failure
                delete_connect_log delete_connect_logs delete_connect_oauth
                delete_connect_secret get_connect_configuration get_connect_log
                get_connect_oauth list_connect_candidates list_connect_configurations
                list_connect_failures list_connect_logs list_connect_secrets list_connect_users
                publish_historical retry_connect retry_connect_many update_connect_configuration
                update_connect_oauth
            """,
            "details": """
                create_custom_fields delete_custom_fields extend_lock get_form_data get_lock
                get_notification list_audit_events list_custom_fields list_envelope_templates
                lock_envelope unlock_envelope update_custom_fields update_notification
            """,
            "documents": """
                Whole delete_documents get_document list_document_tabs list_documents
                put_document put_documents update_prefill_tabs
            """,
            "envelopes": """
                Change EnvelopeInclude EnvelopeOrder LONGEST_REASON ListInclude create_envelope
                get_envelope get_envelope_statuses list_envelopes resend_envelope send_envelope
                update_envelope void_envelope
            """,
            "recipients": """
                add_recipients add_tabs delete_recipient delete_recipients delete_tabs
                list_recipients list_tabs update_recipient update_recipients update_tabs
            """,
            "templates": """
                MOST_TEMPLATES TemplateInclude TemplateListInclude TemplateOrder TemplatesOf
                get_template get_template_document_tabs list_template_custom_fields
                list_template_documents list_template_recipients list_templates
            """,
            "views": """
                StartingScreen create_console_view create_correct_view create_recipient_view
                create_sender_view document_link
            """,
        },
    )
