"""What somebody sees in a notebook who types a dot: names, as jedi completes them.

Jupyter and IPython ask jedi. It knows what is alive in the notebook (`LIVE`) and reads what stands in
a cell that was not run yet (`WRITTEN`).
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from attrs import frozen

from connectors import (
    ActiveCampaignClient,
    AsyncActiveCampaignClient,
    AsyncDocuSignActiveCampaign,
    AsyncDocuSignClient,
    AsyncDynamicsClient,
    AsyncGetResponseClient,
    AsyncGetResponseDynamics,
    ClientCredentials,
    DocuSignActiveCampaign,
    DocuSignClient,
    DynamicsClient,
    GetResponseClient,
    GetResponseDynamics,
    JwtBearer,
    Sandbox,
    SqlStore,
    Table,
)
from connectors.getresponse import blocking

jedi = pytest.importorskip("jedi")


@frozen(kw_only=True)
class Account:
    """A host's own model."""

    account_id: str
    full_title: str | None = None


ACCOUNTS: Table[Account] = Table(
    Account,
    "account",
    "accounts",
    "accountid",
    {"account_id": "accountid", "full_title": "name"},
)

CLIENT = "accounts base_url campaigns contacts now reply request send sleep with_options"
CAMPAIGN = "campaign_id name created_on"
CONTACT = "contact_id email name campaign created_on origin scoring"
DETAILS = f"{CONTACT} tags custom_field_values"
CRM_CONTACT = "contact_id email first_name last_name"
PAGED = "cursor first pages take to_frame"
PAGE = "items cursor total delta removed"
ROWS = "create delete get list track update upsert"
PLAN = "id counts reasons warnings writes digest save load to_frame"
REPORT = "done failed skipped pending problems warnings calls ok writes to_frame"
CHANGE = "verb side kind subject reason before after"
REPLY = "value status headers raw attempts"
DOCUSIGN = (
    "accounts bulk connect connect_secrets deliveries documents envelopes recipients templates users "
    "views user_info for_account document_link with_options"
)
ENVELOPE = "envelope_id status sent_at completed_at recipients custom_field sender"
RECIPIENT = "kind recipient_id name email status signed_at tabs"
DOWNLOAD = "name content_type size read save"
MAILS = (
    "contacts fields field_values tags contact_tags custom_objects automations notes events webhooks "
    "users with_options"
)
PERSON = "id email first_name last_name phone"
BRIDGE = "check apply run setup events backfill reconcile records templates firings webhook_app"
SHOWN = "status recipient_status document_link sent_at completed_at details"

LIVE = {
    "client.": f"{CLIENT} close",
    "client.accounts.get().": "account_id email",
    "client.campaigns.": "create get list",
    "client.campaigns.create('x').": CAMPAIGN,
    "client.contacts.": "create create_batch delete get list list_removed update",
    "client.contacts.get('x').": DETAILS,
    "client.contacts.update('x', name='y').": DETAILS,
    "client.contacts.list().": PAGED,
    "client.contacts.list().first().": CONTACT,
    "client.contacts.list().take(2)[0].": CONTACT,
    "for item in client.contacts.list():\n    item.": CONTACT,
    "[item for item in client.contacts.list()][0].": CONTACT,
    "for page in client.contacts.list().pages():\n    page.": PAGE,
    "client.request('GET', 'accounts').": REPLY,
    "crm.": "contacts marketing_lists table who_am_i version batch with_options",
    "crm.table(ACCOUNTS).": ROWS,
    "crm.table(ACCOUNTS).list().": PAGED,
    "crm.marketing_lists.get('x').": "list_id name dynamic",
    "crm.batch([])[0].": "call value",
    "row.": "account_id full_title",
    "sync.": "apply check contacts lists run",
    "sync.check()[0].": "service question ok answer",
    "sync.contacts.": "plan run active without_crm_contact matches link unlink dead_letters",
    "sync.contacts.plan().": PLAN,
    "for change in sync.contacts.plan():\n    change.": CHANGE,
    "sync.apply(plan).": REPORT,
    "sync.contacts.run().": REPORT,
    "sync.run()[0].": REPORT,
    "sync.lists.create('x', 'y').": "id name status marketing_list_id campaign_id",
    "sync.contacts.matches()[0].": "record_id contact_id candidates ambiguous",
    "aclient.": f"{CLIENT} aclose",
    "(await aclient.contacts.get('x')).": DETAILS,
    "(await aclient.contacts.list().first()).": CONTACT,
    "item = await aclient.contacts.get('x')\nitem.": DETAILS,
    "async for page in aclient.contacts.list().pages():\n    page.": PAGE,
    "(await acrm.marketing_lists.get('x')).": "list_id name dynamic",
    "(await asyncsync.contacts.plan()).": PLAN,
    "(await asyncsync.contacts.run()).": REPORT,
    "client.with_options(retries=0).": CLIENT,
    "client.with_options(retries=0).contacts.get('x').": DETAILS,
    "with GetResponseClient('key') as fresh:\n    fresh.": CLIENT,
    "with GetResponseClient('key') as fresh:\n    fresh.contacts.get('x').": DETAILS,
    "async with AsyncGetResponseClient('key') as fresh:\n    fresh.": CLIENT,
    "async for item in aclient.contacts.list():\n    item.": CONTACT,
    "crm.contacts.get('x').": CRM_CONTACT,
    "(await acrm.contacts.list().first()).": CRM_CONTACT,
}

LIVE |= {
    "ds.": f"{DOCUSIGN} close",
    "ds.accounts.get().": "name plan_name connect_available connect_hindrance",
    "ds.user_info().": "user_id name accounts",
    "ds.for_account('x').": DOCUSIGN,
    "ds.envelopes.": "create create_prefilled prefill list get statuses send void resend form_data",
    "ds.envelopes.create('x').": "envelope_id status",
    "ds.envelopes.get('x').": ENVELOPE,
    "ds.envelopes.list().first().": ENVELOPE,
    "for item in ds.envelopes.list():\n    item.": ENVELOPE,
    "for one in ds.recipients.list('x'):\n    one.": RECIPIENT,
    "ds.templates.fields('x').": "roles labels tabs prefill_tabs role",
    "ds.documents.open('x', '1').": DOWNLOAD,
    "with ds.documents.open('x', '1') as download:\n    download.": DOWNLOAD,
    "ds.views.sender('x', 'y').": "url",
    "ds.connect.create('x').": "connect_id events url enabled missing",
    "ds.deliveries.failures()[0].": "envelope_id error retry_count",
    "(await ads.envelopes.get('x')).": ENVELOPE,
    "async for item in ads.envelopes.list():\n    item.": ENVELOPE,
    "async with ads.documents.open('x', '1') as download:\n    download.": DOWNLOAD,
    "ac.": f"{MAILS} close",
    "ac.contacts.": "sync create update find get list delete import_batch wait_for_import",
    "ac.contacts.sync('x').": "contact created field_values",
    "ac.contacts.sync('x').contact.": PERSON,
    "ac.contacts.find('x').": PERSON,
    "for item in ac.contacts.list():\n    item.": PERSON,
    "ac.tags.ensure('x').": "id name description",
    "ac.custom_objects.find_record('x', 'y').": "id external_id fields contact_ids",
    "ac.automations.ensure_enrolled('x', 'y').": "id active completed contact_id",
    "(await aac.contacts.sync('x')).contact.": PERSON,
    "async for item in aac.contacts.list():\n    item.": PERSON,
    "bridge.": BRIDGE,
    "bridge.setup.": "plan preview",
    "bridge.setup.plan('x').": PLAN,
    "bridge.setup.preview().": "tags record_fields events mapping",
    "bridge.events.": "receive run sync_now counts given_up retry",
    "bridge.events.receive(b'', {}).": "outcome status reason kept",
    "bridge.events.run().": REPORT,
    "bridge.records.of('x')[0].": SHOWN,
    "bridge.firings.all()[0].": "firing state problem",
    "bridge.firings.all()[0].firing.": "id automation trigger contact_id action record draft_id",
    "(await abridge.events.run()).": REPORT,
    "(await abridge.setup.plan('x')).": PLAN,
    "(await abridge.records.of('x'))[0].": SHOWN,
}

HEAD = "from connectors import *\n"
CREDENTIAL = "ClientCredentials('id', 'secret', authority='https://login.example.org/x')"
TYPED = (
    HEAD
    + "from attrs import frozen\n"
    + "@frozen(kw_only=True)\nclass Account:\n    account_id: str\n    full_title: str\n"
    + "ACCOUNTS: Table[Account] = Table(Account, 'account', 'accounts', 'accountid', {})\n"
)

WRITTEN = {
    HEAD + "client = GetResponseClient('key')\nclient.": f"{CLIENT} close",
    HEAD + "GetResponseClient('key').contacts.get('x').": DETAILS,
    HEAD + "(await AsyncGetResponseClient('key').contacts.get('x')).": DETAILS,
    "import connectors\nconnectors.": "GetResponseClient DynamicsClient Sandbox SqlStore NotFound",
    "from connectors import ": "GetResponseClient DynamicsClient Sandbox SqlStore NotFound",
    "from connectors.getresponse.models import ": "Campaign Contact ContactDetails NewContact",
    "from connectors.docusign import ": "EnvelopeDefinition Document Recipient TemplateRole new_pkce",
    "from connectors.activecampaign import ": "ImportContact NewSchema SchemaField parse_webhook",
    HEAD + "BridgeSettings().": "actions tagging mapping automations fallback kinds",
    HEAD + "DocuSignClient('key').envelopes.get('x').": ENVELOPE,
    HEAD + "ActiveCampaignClient('url', 'key').contacts.find('x').": PERSON,
    TYPED + f"DynamicsClient('x', {CREDENTIAL}).table(ACCOUNTS).get('x').": "account_id full_title",
    TYPED + f"(await AsyncDynamicsClient('x', {CREDENTIAL}).table(ACCOUNTS).list().first()).": (
        "account_id full_title"
    ),
}


@pytest.fixture(scope="module")
def notebook() -> Iterator[dict[str, object]]:
    """What is alive after the first cells."""
    assert blocking.__all__ and blocking.Contacts.__name__  # other code may have asked for it
    box = Sandbox(seed=1, contacts=3)
    there = box.dynamics
    secret = ClientCredentials(there.client_id, there.client_secret, authority=there.authority)
    store = SqlStore("sqlite://")
    with (
        GetResponseClient(box.getresponse.key, transport=box.transport) as client,
        DynamicsClient(there.url, secret, transport=box.transport) as crm,
    ):
        aclient = AsyncGetResponseClient(box.getresponse.key, transport=box.transport)
        acrm = AsyncDynamicsClient(there.url, secret, transport=box.transport)
        sender, mails = box.docusign, box.activecampaign
        user = JwtBearer(sender.integration_key, sender.user_id, sender.private_key)
        ds = DocuSignClient(user, transport=box.transport)
        ac = ActiveCampaignClient(mails.url, mails.key, transport=box.transport)
        ads = AsyncDocuSignClient(user, transport=box.transport)
        aac = AsyncActiveCampaignClient(mails.url, mails.key, transport=box.transport)
        row = there.add_row("account", name="Contoso")
        yield {
            "GetResponseClient": GetResponseClient,
            "AsyncGetResponseClient": AsyncGetResponseClient,
            "ACCOUNTS": ACCOUNTS,
            "client": client,
            "crm": crm,
            "aclient": aclient,
            "acrm": acrm,
            "sync": GetResponseDynamics(client, crm, store=store),
            "asyncsync": AsyncGetResponseDynamics(aclient, acrm, store=store, connection="async"),
            "row": crm.table(ACCOUNTS).get(row),
            "ds": ds,
            "ac": ac,
            "ads": ads,
            "aac": aac,
            "bridge": DocuSignActiveCampaign(ds, ac, store=store),
            "abridge": AsyncDocuSignActiveCampaign(ads, aac, store=store, connection="async"),
        }
        ds.close()
        ac.close()
    store.close()


def completed(script: Any, code: str) -> set[str]:
    """The names that are offered behind the last character."""
    lines = code.split("\n")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what jedi looks at, such as a deprecated attribute
        return {found.name for found in script.complete(len(lines), len(lines[-1]))}


@pytest.mark.parametrize("code", LIVE)
def test_what_is_alive_completes(code: str, notebook: dict[str, object]) -> None:
    offered = completed(jedi.Interpreter(code, [notebook]), code)

    assert set(LIVE[code].split()) <= offered


@pytest.mark.parametrize("code", WRITTEN)
def test_what_was_only_written_completes(code: str) -> None:
    project = jedi.Project(".", sys_path=sys.path, smart_sys_path=False)
    offered = completed(jedi.Script(code, project=project), code)

    assert set(WRITTEN[code].split()) <= offered
