"""One call of every operation of Connect, the account, its users and bulk send, with all that it can
send."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from connectors.core.call import Call, WriteClass
from connectors.docusign import calls
from connectors.docusign.models import (
    BulkCopy,
    BulkRecipient,
    ConnectConfiguration,
    ConnectEventName,
    ConnectId,
    ConnectOAuth,
    CustomField,
    CustomFieldKind,
    DeliveryMode,
    EnvelopeTrigger,
    EventData,
    EventNotification,
    IncludeData,
    RecipientTrigger,
    UserStatus,
)

CONFIGURATION = "1234567"
ENVELOPE = "93be49ab-0000-4000-8000-f752070d71ec"
LOG = "5f8c7a10-0000-4000-8000-000000000001"
FAILURE = "5f8c7a10-0000-4000-8000-000000000002"
FIELD = "10100040001"
USER = "5f8c7a10-0000-4000-8000-000000000003"
BULK_LIST = "5f8c7a10-0000-4000-8000-000000000004"
BATCH = "5f8c7a10-0000-4000-8000-000000000005"
TEMPLATE = "5f8c7a10-0000-4000-8000-000000000006"
KEY_ID = 2

PARAMETERS = {CONFIGURATION, ENVELOPE, LOG, FAILURE, FIELD, USER, BULK_LIST, BATCH, str(KEY_ID)}
"""Parts of our paths that stand for parameters."""

URL = "https://example.org/docusign?tenant=7"
SINCE = datetime(2026, 3, 2, 8, tzinfo=UTC)
UNTIL = datetime(2026, 3, 3, 8, tzinfo=UTC)

WANTED = ConnectConfiguration.recommended(
    URL,
    [ConnectEventName.ENVELOPE_COMPLETED, ConnectEventName.RECIPIENT_COMPLETED],
    name="the integration",
)

WHOLE = ConnectConfiguration(
    connect_id=ConnectId(CONFIGURATION),
    name="by hand",
    url=URL,
    enabled=True,
    pause_publish=False,
    all_users=False,
    all_users_except=False,
    user_ids=(USER,),
    group_ids=("7",),
    delivery_mode=DeliveryMode.AGGREGATE,
    events=(ConnectEventName.ENVELOPE_SENT,),
    envelope_events=(EnvelopeTrigger.COMPLETED,),
    recipient_events=(RecipientTrigger.AUTHENTICATION_FAILED,),
    event_data=EventData(include_data=(IncludeData.RECIPIENTS,)),
    requires_acknowledgement=True,
    enable_log=True,
    include_hmac=True,
    integrator_managed=False,
    include_oauth=False,
    include_documents=False,
    include_certificate_of_completion=False,
    include_document_fields=True,
    include_envelope_void_reason=True,
    include_time_zone=True,
    include_sender_account=True,
    sign_with_x509=False,
    use_soap=True,
    soap_namespace="urn:example",
    include_soap_certificate=False,
    user_name="hook",
    password="c4n4ry",
    require_mutual_tls=False,
    enable_oauth_per_configuration=False,
)
"""Everything that a configuration can say."""

NOTIFICATION = EventNotification(
    url=URL,
    delivery_mode=DeliveryMode.SIM,
    events=(ConnectEventName.ENVELOPE_SENT,),
    envelope_events=(EnvelopeTrigger.COMPLETED,),
    recipient_events=(RecipientTrigger.SENT,),
    event_data=EventData(include_data=(IncludeData.RECIPIENTS,)),
    requires_acknowledgement=True,
    enable_log=True,
    include_hmac=True,
    integrator_managed=False,
    include_oauth=False,
    include_documents=False,
    include_certificate_of_completion=False,
    include_document_fields=True,
    include_envelope_void_reason=True,
    include_time_zone=True,
    include_sender_account=True,
    sign_with_x509=False,
    use_soap=True,
    soap_namespace="urn:example",
    include_soap_certificate=False,
)
"""Everything that the notification of one envelope can say."""

OAUTH = ConnectOAuth(
    authorization_server_url="https://login.example.org/token",
    client_id="connect",
    client_secret="c4n4ry",
    scope="hooks",
    custom_parameters={"audience": "hooks"},
)
DEPARTMENT = CustomField(
    field_id=FIELD,
    name="department",
    value="legal",
    kind=CustomFieldKind.LIST,
    list_items=("legal", "sales"),
    show=True,
    required=False,
)
COPY = BulkCopy(
    email_subject="Agreement for Ada",
    email_blurb="Please sign",
    custom_fields={"ac_contact_id": "42"},
    recipients=(
        BulkRecipient(
            role_name="Signer",
            name="Ada Lovelace",
            email="ada@example.com",
            tabs={"company": "Analytical Ltd"},
            access_code="1234",
            client_user_id="7",
            note="Hello",
            signing_group_id="9",
            custom_fields=("vip",),
        ),
    ),
)
BY_ID = BulkCopy(recipients=(BulkRecipient(recipient_id="1", email="ida@example.com"),))

A, B, C, D = (
    WriteClass.IDEMPOTENT,
    WriteClass.NATURAL_KEY,
    WriteClass.MARKED,
    WriteClass.UNSAFE,
)

TABLE: list[tuple[Call[Any], str, WriteClass]] = [
    # Connect configurations
    (calls.list_connect_configurations(), "GET connect", A),
    (calls.get_connect_configuration(CONFIGURATION), "GET connect/1234567", A),
    (calls.create_connect_configuration(WANTED), "POST connect", C),
    (calls.update_connect_configuration(WHOLE), "PUT connect", A),
    (calls.delete_connect_configuration(CONFIGURATION), "DELETE connect/1234567", A),
    (
        calls.list_connect_users(
            CONFIGURATION,
            included_only=True,
            email="@example.com",
            name="Ada",
            statuses=[UserStatus.ACTIVE],
        ).at(None),
        "GET connect/1234567/users",
        A,
    ),
    (
        calls.list_connect_candidates(
            CONFIGURATION,
            domain_users_only=True,
            email="@example.com",
            name="Ada",
            statuses=[UserStatus.ACTIVE],
        ).at(None),
        "GET connect/1234567/all/users",
        A,
    ),
    # keys
    (calls.list_connect_secrets(), "GET connect/secret", A),
    (calls.create_connect_secret(), "POST connect/secret", D),
    (calls.delete_connect_secret(KEY_ID), "DELETE connect/secret/2", D),
    (calls.get_connect_oauth(), "GET connect/oauth", A),
    (calls.create_connect_oauth(OAUTH), "POST connect/oauth", B),
    (calls.update_connect_oauth(OAUTH), "PUT connect/oauth", A),
    (calls.delete_connect_oauth(), "DELETE connect/oauth", A),
    # deliveries
    (calls.list_connect_logs(since=SINCE, until=UNTIL), "GET connect/logs", A),
    (calls.get_connect_log(LOG), f"GET connect/logs/{LOG}", A),
    (calls.delete_connect_logs(), "DELETE connect/logs", A),
    (calls.delete_connect_log(LOG), f"DELETE connect/logs/{LOG}", A),
    (calls.list_connect_failures(since=SINCE, until=UNTIL), "GET connect/failures", A),
    (calls.delete_connect_failure(FAILURE), f"DELETE connect/failures/{FAILURE}", A),
    (calls.retry_connect(ENVELOPE), f"PUT connect/envelopes/{ENVELOPE}/retry_queue", A),
    (calls.retry_connect_many([ENVELOPE]), "PUT connect/envelopes/retry_queue", A),
    (
        calls.publish_historical([ENVELOPE], WANTED),
        "POST connect/envelopes/publish/historical",
        D,
    ),
    # the account and its users
    (calls.get_account(include_settings=True), "GET ", A),
    (calls.list_account_custom_fields(), "GET custom_fields", A),
    (
        calls.create_account_custom_field(DEPARTMENT, apply_to_templates=True),
        "POST custom_fields",
        B,
    ),
    (
        calls.update_account_custom_field(DEPARTMENT, apply_to_templates=False),
        f"PUT custom_fields/{FIELD}",
        A,
    ),
    (
        calls.delete_account_custom_field(FIELD, apply_to_templates=True),
        f"DELETE custom_fields/{FIELD}",
        A,
    ),
    (
        calls.list_users(
            email="ada@example.com",
            email_part="@example.com",
            name_part="Ada",
            statuses=[UserStatus.ACTIVE, "ActivationSent"],
            group_id="1",
            not_group_id="2",
            login_status="Active",
            domain_users_only=False,
            additional_info=True,
        ).at(None),
        "GET users",
        A,
    ),
    (calls.get_user(USER, additional_info=True), f"GET users/{USER}", A),
    # bulk send
    (calls.list_bulk_lists(), "GET bulk_send_lists", A),
    (calls.get_bulk_list(BULK_LIST), f"GET bulk_send_lists/{BULK_LIST}", A),
    (calls.create_bulk_list("spring", [COPY]), "POST bulk_send_lists", C),
    (
        calls.update_bulk_list(BULK_LIST, name="summer", copies=[BY_ID]),
        f"PUT bulk_send_lists/{BULK_LIST}",
        A,
    ),
    (calls.delete_bulk_list(BULK_LIST), f"DELETE bulk_send_lists/{BULK_LIST}", A),
    (calls.try_bulk_list(BULK_LIST, TEMPLATE), f"POST bulk_send_lists/{BULK_LIST}/test", A),
    (
        calls.send_bulk_list(BULK_LIST, TEMPLATE, batch_name="spring"),
        f"POST bulk_send_lists/{BULK_LIST}/send",
        D,
    ),
    (
        calls.list_bulk_batches(batch_ids=[BATCH], search="spring", status="sent").at(None),
        "GET bulk_send_batch",
        A,
    ),
    (calls.get_bulk_batch(BATCH), f"GET bulk_send_batch/{BATCH}", A),
]

EVERY = [call for call, _, _ in TABLE]
