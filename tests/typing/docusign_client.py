"""What a user of the DocuSign client sees, in both worlds. Type-checked, never run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import assert_type

from connectors import (
    AsyncDocuSignClient,
    AuthorizationCode,
    ConsentRequired,
    DocuSignClient,
    JwtBearer,
    RefreshToken,
    Retries,
    TokenProvider,
)
from connectors.core.call import Call, Page
from connectors.docusign import (
    AskedTooOften,
    ConnectConfiguration,
    ConnectEventName,
    CustomField,
    Document,
    Envelope,
    EnvelopeDefinition,
    EnvelopeStatus,
    FormData,
    ItemRefused,
    PrefillRefused,
    Recipient,
    RecipientKind,
    Recipients,
    RecipientStatus,
    Tab,
    Tabs,
    TabType,
    Template,
    TemplateFields,
    TemplateRole,
    authorization_url,
    calls,
    code_from_redirect,
    consent_url,
    new_pkce,
)
from connectors.docusign.models import (
    Account,
    AuditEvent,
    BulkBatch,
    BulkCopy,
    BulkRecipient,
    ConnectEvent,
    ConnectLog,
    ConnectSecret,
    CreatedEnvelope,
    EnvelopeDocument,
    EnvelopeId,
    EnvelopeLock,
    EnvelopeStatuses,
    EnvelopeUpdate,
    RecipientUpdates,
    Republished,
    User,
    View,
)
from connectors.docusign.oauth import UserInfo
from connectors.docusign.webhooks import check_age, parse, verify
from connectors.runtime.aio import AsyncDownload, AsyncPaged
from connectors.runtime.blocking import Download, Paged


def credentials(pem: str) -> None:
    user = JwtBearer("key", "user", pem, redirect_uri="https://app.example.com/back")
    DocuSignClient(user)
    DocuSignClient(user, account="a", environment="production", base_uri="https://na3.docusign.net")
    DocuSignClient(AuthorizationCode(client_id="id", code="code", code_verifier="proof"))
    DocuSignClient(RefreshToken(client_id="id", client_secret="secret", refresh_token="token"))
    DocuSignClient(TokenProvider(provide=lambda: "token"), timeout=5, retries=0)
    AsyncDocuSignClient(user, retries=Retries(attempts=2, deadline=10))


def signing_in(key: str, url: str) -> None:
    proof = new_pkce()
    assert_type(proof.challenge, str)
    page = authorization_url(
        key, redirect_uri=url, state="s", code_challenge=proof.challenge, environment="production"
    )
    assert_type(page, str)
    assert_type(consent_url(key, url), str)
    assert_type(code_from_redirect(url, state="s"), str)


class OwnClient(DocuSignClient):
    """A host may add to a client."""


def options_keep_the_class(client: DocuSignClient, own: OwnClient) -> None:
    assert_type(client.with_options(timeout=5), DocuSignClient)
    assert_type(own.with_options(retries=0), OwnClient)
    assert_type(client.for_account("a"), DocuSignClient)
    assert_type(client.demo, bool)


def accounts(client: DocuSignClient) -> None:
    client.accounts.ping()
    assert_type(client.accounts.get(), Account)
    assert_type(client.accounts.get().connect_available, bool | None)
    assert_type(client.accounts.get().envelopes_sent, int | None)
    assert_type(client.accounts.custom_fields(), tuple[CustomField, ...])
    info = client.user_info()
    assert_type(info, UserInfo)
    for account in info.accounts:
        assert_type(account.account_id, str)
        assert_type(account.is_default, bool)
    assert_type(client.users.list(statuses=["Active"]), Paged[User])
    assert_type(client.users.find("ada@example.com"), User | None)


def envelopes(client: DocuSignClient, since: datetime) -> None:
    ada = Recipient(recipient_id="1", name="Ada", email="ada@example.com")
    role = TemplateRole(role_name="Signer", name="Ada", email="ada@example.com")
    EnvelopeDefinition(template_id="t", template_roles=[role])
    definition = EnvelopeDefinition(
        email_subject="Please sign",
        documents=[Document(document_id="1", name="Offer", content=b"...")],
        recipients=[ada],
        custom_fields=[CustomField(name="order", value="4711")],
    )
    made = client.envelopes.create(definition, send=True)
    assert_type(made, CreatedEnvelope)
    assert_type(made.envelope_id, EnvelopeId)
    assert_type(client.envelopes.create_prefilled(definition, {"Paid": True}), CreatedEnvelope)
    assert_type(client.envelopes.prefill(made.envelope_id, {"Amount": 12}), tuple[Tab, ...])
    paged = client.envelopes.list(from_date=since, statuses=[EnvelopeStatus.SENT, "any"])
    assert_type(paged, Paged[Envelope])
    assert_type(paged.first(), Envelope | None)
    assert_type(paged.pages(), Iterator[Page[Envelope]])
    for envelope in paged:
        assert_type(envelope.envelope_id, EnvelopeId)
        assert_type(envelope.status, EnvelopeStatus | str | None)
        assert_type(envelope.completed_at, datetime | None)
        assert_type(envelope.recipients, Recipients | None)
        assert_type(envelope.custom_field("order"), str | None)
    assert_type(client.envelopes.get("e", include=["recipients"]), Envelope)
    assert_type(client.envelopes.statuses(["e"]), EnvelopeStatuses)
    assert_type(client.envelopes.send("e"), EnvelopeUpdate)
    assert_type(client.envelopes.void("e", "Too late"), EnvelopeUpdate)
    assert_type(client.envelopes.form_data("e"), FormData)
    assert_type(client.envelopes.audit_events("e"), tuple[AuditEvent, ...])
    lock = client.envelopes.lock("e", seconds=60)
    assert_type(lock, EnvelopeLock)
    client.envelopes.update("e", email_subject="Corrected", lock=lock)
    client.envelopes.unlock("e", lock)


def recipients(client: DocuSignClient) -> None:
    found = client.recipients.list("e", include_tabs=True)
    assert_type(found, Recipients)
    assert_type(found.of_kind(RecipientKind.SIGNER), tuple[Recipient, ...])
    assert_type(found.by_id("1"), Recipient | None)
    for one in found:
        assert_type(one.kind, RecipientKind | str)
        assert_type(one.status, RecipientStatus | str | None)
        assert_type(one.routing_order, int | None)
        assert_type(one.signed_at, datetime | None)
        assert_type(one.tabs, Tabs | None)
        for tab in one.tabs or ():
            assert_type(tab.type, TabType | str)
            assert_type(tab.selected, bool | None)
    assert_type(client.recipients.update_many("e", found), RecipientUpdates)
    client.recipients.update_many("e", found).raise_for_errors()


def documents(client: DocuSignClient, folder: Path) -> None:
    assert_type(client.documents.list("e"), tuple[EnvelopeDocument, ...])
    assert_type(client.documents.get("e", "combined", certificate=True), bytes)
    with client.documents.open("e", "1") as download:
        assert_type(download, Download)
        assert_type(download.name, str | None)
        assert_type(download.size, int | None)
        assert_type([piece for piece in download], list[bytes])
        assert_type(download.read(), bytes)
        assert_type(download.save(folder), Path)
    put = client.documents.put("e", "2", folder / "terms.pdf", name="Terms.pdf")
    assert_type(put, EnvelopeDocument)


def templates(client: DocuSignClient) -> None:
    assert_type(client.templates.list(search="lease"), Paged[Template])
    assert_type(client.templates.find("Lease"), Template | None)
    fields = client.templates.fields("t")
    assert_type(fields, TemplateFields)
    assert_type(fields.labels, frozenset[str])
    assert_type(
        fields.tabs("Tenant", {"Flat": "12 B", "Pets": False, "Rent": 900}), tuple[Tab, ...]
    )


def pages_of_docusign(client: DocuSignClient) -> None:
    assert_type(client.views.sender("e", "https://app.example.com/sent"), View)
    view = client.views.recipient(
        "e", "https://app.example.com/done", user_name="Ada", email="ada@example.com"
    )
    assert_type(view.url, str)
    assert_type(client.document_link("e"), str)


def connect(client: DocuSignClient) -> None:
    wanted = ConnectConfiguration.recommended(
        "https://app.example.com/docusign", [ConnectEventName.ENVELOPE_COMPLETED, "envelope-new"]
    )
    assert_type(wanted, ConnectConfiguration)
    assert_type(client.connect.create(wanted).missing(wanted), tuple[str, ...])
    assert_type(client.connect.list(), tuple[ConnectConfiguration, ...])
    assert_type(client.connect.find("connectors"), ConnectConfiguration | None)
    assert_type(client.connect_secrets.create(), ConnectSecret)
    assert_type(client.deliveries.failures(), tuple[ConnectLog, ...])
    assert_type(client.deliveries.retry_many(["e"]), tuple[Republished, ...])


def bulk(client: DocuSignClient) -> None:
    copy = BulkCopy(recipients=(BulkRecipient(role_name="Tenant", name="Ada"),))
    made = client.bulk.create_list("spring", [copy])
    if made.list_id:
        sent = client.bulk.send(made.list_id, "t")
        if sent.batch_id:
            assert_type(client.bulk.batch(sent.batch_id), BulkBatch)
    assert_type(client.bulk.batches(), Paged[BulkBatch])


def webhooks(body: bytes, headers: Mapping[str, str], now: datetime) -> None:
    verify(body, headers, "key")
    verify(body, headers, ["new key", "old key"])
    event = parse(body, headers)
    assert_type(event, ConnectEvent)
    assert_type(event.event, ConnectEventName | str | None)
    assert_type(event.envelope, Envelope | None)
    assert_type(event.recipient, Recipient | None)
    assert_type(event.data, Mapping[str, object])
    assert_type(event.key, str)
    check_age(event, now, timedelta(days=15))


def errors(client: DocuSignClient) -> None:
    try:
        client.envelopes.get("e")
    except ConsentRequired as error:
        assert_type(error.consent_url, str)
    except AskedTooOften as error:
        assert_type(error.retry_after, float | None)
    except PrefillRefused as error:
        assert_type(error.envelope_id, str)
    except ItemRefused as error:
        assert_type(error.items, tuple[str, ...])


def calls_as_values(client: DocuSignClient) -> None:
    call = calls.get_envelope("e")
    assert_type(call, Call[Envelope])
    assert_type(client.send(call), Envelope)
    assert_type(client.stream(calls.get_document("e", "combined")), Download)


async def async_nouns(client: AsyncDocuSignClient, since: datetime, folder: Path) -> None:
    assert_type(await client.accounts.get(), Account)
    assert_type(await client.user_info(), UserInfo)
    assert_type(client.for_account("a"), AsyncDocuSignClient)
    # No await in front of a list: it is read as it is walked.
    paged = client.envelopes.list(from_date=since)
    assert_type(paged, AsyncPaged[Envelope])
    assert_type(await paged.first(), Envelope | None)
    assert_type([envelope async for envelope in paged], list[Envelope])
    made = await client.envelopes.create(EnvelopeDefinition(template_id="t"))
    assert_type(made, CreatedEnvelope)
    assert_type(await client.envelopes.get(made.envelope_id), Envelope)
    assert_type(await client.recipients.list(made.envelope_id), Recipients)
    assert_type(await client.templates.fields("t"), TemplateFields)
    # Nor in front of a download: it is sent when the block begins.
    async with client.documents.open(made.envelope_id, "combined") as download:
        assert_type(download, AsyncDownload)
        assert_type([piece async for piece in download], list[bytes])
        assert_type(await download.read(), bytes)
        assert_type(await download.save(folder), Path)
    assert_type(await client.connect.list(), tuple[ConnectConfiguration, ...])
    assert_type(await client.connect_secrets.create(), ConnectSecret)
    assert_type(await client.deliveries.retry("e"), tuple[Republished, ...])
