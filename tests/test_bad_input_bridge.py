"""Bad input to DocuSign, ActiveCampaign and what ties them is refused before anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from connectors import (
    Action,
    AddToAutomation,
    AuthorizationCode,
    Automation,
    BridgeSettings,
    Callback,
    Comparison,
    ConfigError,
    ConnectorsError,
    ContactRule,
    DomainError,
    Fallback,
    Firing,
    JwtBearer,
    PrefillTemplate,
    RecordCreated,
    RecordUpdated,
    RefreshToken,
    Segment,
    SqlStore,
    TagAdded,
    Tagging,
    TagRule,
    TemplateRule,
)
from connectors.activecampaign import (
    Field,
    FieldType,
    ImportContact,
    NewSchema,
    Schema,
    SchemaField,
    WebhookKind,
)
from connectors.docusign import (
    ConnectConfiguration,
    CustomField,
    Document,
    EnvelopeDefinition,
    Notification,
    Recipient,
    TemplateRole,
)
from tests.facades import WORLDS, World
from tests.requirements.bridge_kit import Bridge

SECRET = "s3cr3t-c4n4ry"
GUID = "7c2b8d7e-1c1f-4d4c-9d0a-8e1f0a3b5c6d"


@pytest.fixture
def make() -> Iterator[Callable[..., Bridge]]:
    made: list[Bridge] = []

    def one(world: World = "blocking", **options: Any) -> Bridge:
        made.append(Bridge(world, ready=False, **options))
        return made[-1]

    yield one
    for bridge in made:
        bridge.close()


@pytest.fixture(params=WORLDS)
def bridge(request: pytest.FixtureRequest, make: Callable[..., Bridge]) -> Bridge:
    return make(request.param)


def refusal(bridge: Bridge, work: Callable[[], object], kind: type[ConnectorsError]) -> str:
    """What is said; nothing may have been sent."""
    with pytest.raises(kind) as refused:
        work()
    assert len(bridge.box.calls) == 0
    assert SECRET not in str(refused.value)
    return str(refused.value)


# --- connecting to DocuSign ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"environment": "sandbox"}, "environment must be demo or production, got 'sandbox'"),
        ({"account": "My Company"}, "account must be an account id, a GUID"),
        ({"base_uri": "https://na3.docusign.net"}, "name it with `account`"),
        ({"account": GUID, "base_uri": "https://evil.example"}, "is not sent there"),
        ({"account": GUID, "base_uri": "http://na3.docusign.net"}, "https://na3.docusign.net"),
        ({"account": GUID, "base_uri": "https://docusign.net.evil.example"}, "is not sent there"),
        ({"timeout": 0}, "timeout"),
        ({"retries": -1}, "retries"),
    ],
)
def test_a_docusign_client_refuses_where_it_cannot_work(
    bridge: Bridge, options: dict[str, Any], told: str
) -> None:
    kind: Any = type(bridge.docusign(GUID))

    said = refusal(
        bridge,
        lambda: kind(bridge.credential(), transport=bridge.box.transport, **options),
        ConfigError,
    )

    assert told in said


@pytest.mark.parametrize(
    ("credential", "told"),
    [
        (SECRET, "must be a JwtBearer, an AuthorizationCode, a RefreshToken or a TokenProvider"),
        (None, "got NoneType"),
        (lambda: SECRET, "got function"),
        (AuthorizationCode(client_id="app", code=SECRET), "code_challenge=new_pkce().challenge"),
    ],
)
def test_a_docusign_client_refuses_a_credential_of_another_kind(
    bridge: Bridge, credential: object, told: str
) -> None:
    kind: Any = type(bridge.docusign(GUID))

    said = refusal(bridge, lambda: kind(credential, transport=bridge.box.transport), ConfigError)

    assert told in said


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"client_id": "my app"}, "client_id of a JwtBearer is a GUID, the integration key"),
        ({"user_id": "ada@example.com"}, "user_id of a JwtBearer is a GUID"),
        ({"private_key": "/etc/keys/docusign.pem"}, "not the name of a file"),
        ({"private_key": ""}, "no RSA private key in PEM"),
        ({"scopes": "signature"}, "scopes must be a list of names"),
        ({"scopes": ()}, "scopes must be a list of names"),
        ({"redirect_uri": "/callback"}, "redirect_uri must be a URL"),
    ],
)
def test_a_jwt_credential_that_cannot_be_right_is_refused_at_once(
    bridge: Bridge, wrong: dict[str, Any], told: str
) -> None:
    ds = bridge.ds
    right = {
        "client_id": ds.integration_key,
        "user_id": ds.user_id,
        "private_key": ds.private_key,
    }

    said = refusal(
        bridge, lambda: bridge.docusign(ds.account_id, JwtBearer(**{**right, **wrong})), ConfigError
    )

    assert told in said
    assert "ada@example.com" not in said


@pytest.mark.parametrize("harm", ["cut", "escaped", "public", "other"])
def test_a_private_key_that_cannot_sign_is_refused_before_anything_is_sent(
    bridge: Bridge, harm: str
) -> None:
    pem = bridge.ds.private_key
    head = pem.splitlines()[0]
    told = {
        "cut": (pem[: len(pem) // 2] + "\n" + pem.splitlines()[-1], "cut off or altered"),
        "escaped": (pem.replace("\n", "\\n"), "line breaks are written as \\n"),
        "public": (pem.replace("PRIVATE", "PUBLIC"), "no RSA private key"),
        "other": (pem.replace(head, "-----BEGIN OPENSSH PRIVATE KEY-----"), "no RSA private key"),
    }

    def work() -> object:
        user = JwtBearer(bridge.ds.integration_key, bridge.ds.user_id, told[harm][0])
        return bridge.plainly(bridge.docusign(bridge.ds.account_id, user)).accounts.ping()

    said = refusal(bridge, work, ConfigError)

    assert told[harm][1] in said
    assert not any(line in said for line in pem.splitlines()[1:-1])


def test_a_refresh_token_is_in_no_refusal(bridge: Bridge) -> None:
    kind: Any = type(bridge.docusign(GUID))
    token = RefreshToken(client_id="app", refresh_token=SECRET)

    refusal(bridge, lambda: kind(token, environment="live"), ConfigError)


# --- connecting to ActiveCampaign ------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://account.api-us1.com", "must be like https://account.api-us1.com"),
        ("account.api-us1.com", "must be like https://account.api-us1.com"),
        ("account", "Settings, Developer shows it"),
        ("", "must be like https://account.api-us1.com"),
        (SECRET, "must be like https://account.api-us1.com"),
        (f"https://me:{SECRET}@account.api-us1.com", "the key goes apart"),
        (f"https://account.api-us1.com?api_key={SECRET}", "a query or a fragment; leave it out"),
        ("https://account.activehosted.com/app/settings", "must be like https://account"),
    ],
)
def test_an_activecampaign_url_that_cannot_be_right_is_refused(
    bridge: Bridge, url: str, told: str
) -> None:
    kind: Any = type(bridge.activecampaign())

    assert told in refusal(bridge, lambda: kind(url, "key"), ConfigError)


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("", "the ActiveCampaign API key is empty"),
        ("  \n", "the ActiveCampaign API key is empty"),
        (f"{SECRET} {SECRET}", "characters that no key has"),
        (f"{SECRET}\nX: 1", "characters that no key has"),
        (None, "must be text, got NoneType"),
    ],
)
def test_an_activecampaign_key_that_cannot_be_right_is_refused(
    bridge: Bridge, key: Any, told: str
) -> None:
    kind: Any = type(bridge.activecampaign())

    assert told in refusal(bridge, lambda: kind(bridge.ac.url, key), ConfigError)


# --- what is asked of the clients ------------------------------------------------------------

LATE = datetime(2026, 3, 2)
OFFER = EnvelopeDefinition(email_subject="Offer")
PLAN = Field(id="1", title="Plan", type=FieldType.NUMBER)
VISITS = Schema(
    id="v",
    slug="visit",
    fields=(SchemaField(id="room", label="R"), SchemaField(id="at", label="A")),
)
ENDPOINT = ConnectConfiguration.recommended("http://app.example.com/x", ["envelope-completed"])

TEXT = Document(document_id="1", name="Offer.txt", content="text")  # type: ignore[arg-type] # as a host without a type checker would
DOCUSIGN: list[tuple[str, Callable[[Any], object], str]] = [
    (
        "no reason",
        lambda c: c.envelopes.void("e", ""),
        "the reason for voiding an envelope is empty",
    ),
    (
        "a reason too long",
        lambda c: c.envelopes.void("e", "x" * 201),
        "1 to 200 characters, got 201",
    ),
    ("no window", lambda c: c.envelopes.list(), "needs from_date, envelope_ids or transaction_ids"),
    ("a naive time", lambda c: c.envelopes.list(from_date=LATE), "time zone"),
    (
        "a time as text",
        lambda c: c.envelopes.list(from_date="2026-01-01"),
        "from_date takes a datetime with a zone, not str",
    ),
    (
        "a definition as a table",
        lambda c: c.envelopes.create({"emailSubject": "Offer"}),
        "an envelope is an EnvelopeDefinition, not dict",
    ),
    (
        "a document's content as text",
        lambda c: c.envelopes.create(evolve(OFFER, documents=[TEXT])),
        "the content of document 1 is bytes",
    ),
    ("nothing to change", lambda c: c.envelopes.update("e"), "nothing"),
    (
        "a subject too long",
        lambda c: c.envelopes.update("e", email_subject="x" * 101),
        "1 to 100 characters, got 101",
    ),
    ("an empty id", lambda c: c.envelopes.get(""), "an id of envelopes is empty"),
    ("no ids", lambda c: c.envelopes.statuses(), "1 to 1000 ids go at a time, got 0"),
    ("nothing to send", lambda c: c.envelopes.create(OFFER, send=True), "a template, or documents"),
    (
        "two documents of one id",
        lambda c: c.documents.put_many(
            "e", [Document(document_id="1", name="A", content=b"a")] * 2
        ),
        "two documents have one id, got 1, 1",
    ),
    (
        "roles without a template",
        lambda c: c.envelopes.create(_roles()),
        "template_roles belong to a template_id",
    ),
    (
        "no notification",
        lambda c: c.envelopes.update_notification("e", Notification()),
        "needs reminders, expirations or",
    ),
    (
        "a field without a name",
        lambda c: c.envelopes.create_custom_fields("e", [CustomField()]),
        "the name of a custom field is empty",
    ),
    (
        "no recipients",
        lambda c: c.recipients.add("e", []),
        "1 to 100 recipients go at a time, got 0",
    ),
    (
        "nothing of a recipient",
        lambda c: c.recipients.update("e", "1"),
        "give a value, or resend_envelope=True",
    ),
    (
        "no id of a recipient",
        lambda c: c.recipients.update_many("e", [Recipient()]),
        "the recipient_id of a recipient to change is empty",
    ),
    (
        "a document id",
        lambda c: c.documents.put("e", "one", b"x", name="A.pdf"),
        "a number from 1 on, as text; got 'one'",
    ),
    (
        "a file that is not there",
        lambda c: c.documents.put("e", "1", Path("nowhere.pdf"), name="A.pdf"),
        "nowhere.pdf cannot be sent",
    ),
    (
        "a search too long",
        lambda c: c.templates.list(search="x" * 49),
        "search takes 48 characters, got 49",
    ),
    ("no page to return to", lambda c: c.views.sender("e", "app"), "return_url must be a URL"),
    (
        "nobody to sign",
        lambda c: c.views.recipient("e", "https://a.example", user_name="A", email="a@x.org"),
        "needs client_user_id, recipient_id or user_id",
    ),
    ("an endpoint without TLS", lambda c: c.connect.create(ENDPOINT), "a URL begins with https://"),
    ("a key below one", lambda c: c.connect_secrets.delete(0), "numbered from 1, got 0"),
    (
        "nothing to deliver anew",
        lambda c: c.deliveries.retry_many([]),
        "name one envelope at least",
    ),
    ("no copies", lambda c: c.bulk.create_list("spring", []), "needs one copy at least"),
]


def _roles() -> EnvelopeDefinition:
    return EnvelopeDefinition(template_roles=[TemplateRole(role_name="Signer")])


@pytest.mark.parametrize(("work", "told"), [c[1:] for c in DOCUSIGN], ids=[c[0] for c in DOCUSIGN])
def test_the_docusign_client_sends_nothing_that_cannot_be(
    bridge: Bridge, work: Callable[[Any], object], told: str
) -> None:
    client = bridge.plainly(bridge.docusign(bridge.ds.account_id))

    assert told in refusal(bridge, lambda: work(client), ConfigError)


ACTIVECAMPAIGN: list[tuple[str, Callable[[Any], object], str]] = [
    ("no address", lambda c: c.contacts.sync(""), "an e-mail address is empty"),
    ("a wrong address", lambda c: c.contacts.sync("ada"), "one is like noor@example.org"),
    ("an empty name", lambda c: c.contacts.sync("a@x.org", first_name=""), "None to clear"),
    (
        "a field by its title",
        lambda c: c.contacts.sync("a@x.org", field_values={"Plan": "Gold"}),
        "a number as text",
    ),
    ("nothing to change", lambda c: c.contacts.update("1"), "nothing"),
    ("no id", lambda c: c.contacts.get(""), "an id of contacts is a number as text"),
    ("a naive time", lambda c: c.contacts.list(updated_after=LATE), "time zone"),
    ("nobody", lambda c: c.contacts.import_batch([]), "1 to 250 contacts, got 0"),
    (
        "too many",
        lambda c: c.contacts.import_batch([ImportContact(email="a@x.org")] * 251),
        "1 to 250 contacts, got 251",
    ),
    (
        "a value that does not fit",
        lambda c: c.field_values.set("1", PLAN, "many"),
        "field 1 (Plan) takes a number",
    ),
    ("a tag without a name", lambda c: c.tags.ensure(" "), "the name of a tag is empty"),
    (
        "a record with a field missing",
        lambda c: c.custom_objects.put_record(VISITS, "v-1", {"room": "Blue"}, contact_id="1"),
        "at would be cleared",
    ),
    (
        "an object without fields",
        lambda c: c.custom_objects.create_schema(
            NewSchema(slug="visit", singular="Visit", plural="Visits", fields=[])
        ),
        "a schema has a field at least",
    ),
    (
        "a webhook without TLS",
        lambda c: c.webhooks.create("a", "http://a.example/x", [WebhookKind.UPDATE]),
        "begins with https://",
    ),
    (
        "the name of an event too long",
        lambda c: c.events.create_name("x" * 33),
        "at most 32 characters",
    ),
]


@pytest.mark.parametrize(
    ("work", "told"), [c[1:] for c in ACTIVECAMPAIGN], ids=[c[0] for c in ACTIVECAMPAIGN]
)
def test_the_activecampaign_client_sends_nothing_that_cannot_be(
    bridge: Bridge, work: Callable[[Any], object], told: str
) -> None:
    client = bridge.plainly(bridge.activecampaign())

    assert told in refusal(bridge, lambda: work(client), ConfigError)


# --- what a host chooses ---------------------------------------------------------------------

GREET = (Callback("greet"),)
SIGNED = RecordUpdated(Action.COMPLETED, "status", after="completed")
EMAIL = ContactRule("recipient.email", "email")
WRONG_KINDS: tuple[tuple[str, Any, str], ...] = (
    ("tagging", "french", "must be a Tagging, such as Tagging.french(), got 'french'"),
    ("mapping", "email", "must be a tuple of ContactRule, got 'email'"),
    ("mapping", EMAIL, "must be a tuple of ContactRule"),
    ("mapping", {"recipient.email": "email"}, "must be a tuple of ContactRule"),
    ("mapping", ({"source": "recipient.email", "target": "email"},), "a tuple of ContactRule"),
    ("automations", "welcome", "must be a tuple of Automation"),
    ("automations", [{}], "must be a tuple of Automation"),
    ("actions", Action.SENT, "at least one Action"),
    ("actions", "sent", "at least one Action"),
    ("record_fields", ["status"], "must be a mapping"),
    ("templates", GUID, "ids of DocuSign templates"),
    ("kinds", 5, "kinds of recipients"),
    ("plan_max_age", 3600, "a timedelta of at least a minute"),
)


@pytest.mark.parametrize(
    ("build", "told"),
    [
        (lambda: BridgeSettings(actions=()), "at least one Action"),
        (lambda: BridgeSettings(actions=("sent",)), "at least one Action"),  # type: ignore[arg-type] # what a host without a type checker may pass
        (lambda: BridgeSettings(fallback="note"), "must be a Fallback"),  # type: ignore[arg-type] # as above
        (lambda: BridgeSettings(fallback=Fallback.FIELDS), "given with Fallback.FIELDS alone"),
        (lambda: BridgeSettings(record_fields={"status": "7"}), "given with Fallback.FIELDS alone"),
        (
            lambda: BridgeSettings(fallback=Fallback.FIELDS, record_fields={"state": "7"}),
            "record_fields=…) must be by status",
        ),
        (lambda: BridgeSettings(kinds="signer"), "kinds of recipients"),
        (lambda: BridgeSettings(kinds=()), "kinds of recipients"),
        (lambda: BridgeSettings(max_age=timedelta(seconds=5)), "at least a minute"),
        (lambda: BridgeSettings(max_body=10), "at least 1024 bytes"),
        (lambda: BridgeSettings(attempts=0), "at least 1"),
        (lambda: TagRule(""), "tag: is empty"),
        (lambda: TagRule("x" * 256), "at most 255 fit"),
        (lambda: TagRule("a", events=("recipient-signed",)), "there is no 'recipient-signed'"),
        (lambda: TagRule("a", kinds=("singer",)), "did you mean 'signer'?"),
        (
            lambda: TagRule("a", custom_fields={"size": 1}),  # type: ignore[dict-item] # as above
            "custom_fields.size: must be text, got 1",
        ),
        (
            lambda: TagRule("a", custom_fields=("size",)),  # type: ignore[arg-type] # as above
            "custom_fields: must be texts by name",
        ),
        (lambda: Tagging.load({"rules": [{"tag": "a", "action": ["sent"]}]}), "rules[0]"),
        (lambda: Tagging.load({"rules": [{"tag": "a", "actions": ["signed"]}]}), "actions[0]"),
        (lambda: RecordUpdated(Action.SENT, "state"), "did you mean 'status'?"),
        (lambda: RecordUpdated(Action.SENT, "status", after="done"), "after"),
        (lambda: RecordUpdated(Action.SENT, "status", before="sent", after="Sent"), "ever change"),
        (lambda: TagAdded(" "), "tag: is empty"),
        (lambda: Segment(Comparison.EQUALS, "a", field="email"), "write contact.<field>"),
        (lambda: Segment(Comparison.HAS_TAG, "vip", field="contact.email"), "has no meaning"),
        (lambda: Automation(id="", triggers=(SIGNED,), then=GREET), "1 to 64 of the characters"),
        (lambda: Automation(id="a", triggers=(), then=GREET), "name what starts it"),
        (lambda: Automation(id="a", triggers=(SIGNED,), then=()), "say what to do"),
        (
            lambda: Automation(id="a", triggers=(SIGNED, TagAdded("vip")), then=GREET),
            "cannot share an automation",
        ),
        (lambda: AddToAutomation(" "), "automation_id: is empty"),
        *[
            (lambda name=name, wrong=wrong: BridgeSettings(**{name: wrong}), told)
            for name, wrong, told in WRONG_KINDS
        ],
        (lambda: Callback(print), "name: must be text, got <built-in function print>"),  # type: ignore[arg-type] # as above
        (lambda: RecordCreated("sent"), "action: must be an Action"),  # type: ignore[arg-type] # as above
        (lambda: ContactRule(1, "email"), "source: must be text, got 1"),  # type: ignore[arg-type] # as above
        (lambda: TemplateRule(role="Tenant", tab="Flat"), "give a source or a constant"),
        (lambda: TemplateRule(source="contact.email", person="email"), "name the role"),
        (lambda: PrefillTemplate(account_id="", template_id="t", rules=()), "account_id: is empty"),
    ],
)
def test_what_a_host_chooses_is_refused_when_it_is_built(
    build: Callable[[], object], told: str
) -> None:
    with pytest.raises((ConfigError, DomainError)) as refused:
        build()

    assert told in str(refused.value)


def welcome(trigger: Any = SIGNED, **more: Any) -> Automation:
    return Automation(id="welcome", triggers=(trigger,), **{"then": GREET, **more})


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"automations": (welcome(TagAdded("vip")),)}, "is no DocuSign tag of this setup"),
        ({"automations": (welcome(), welcome())}, "is the id of automations[0] already"),
        (
            {"automations": (welcome(),), "records": False},
            "the DocuSign object is switched off",
        ),
        ({"automations": (welcome(RecordCreated(Action.VOIDED)),)}, "'voided' is not subscribed"),
        (
            {
                "automations": (
                    welcome(segments=(Segment(Comparison.EQUALS, "a", field="contact.city"),)),
                )
            },
            "segments[0].field",
        ),
    ],
)
def test_an_automation_that_does_not_fit_its_settings_is_refused_with_its_place(
    options: dict[str, Any], told: str
) -> None:
    with pytest.raises(DomainError) as refused:
        BridgeSettings(**options)

    assert told in str(refused.value)


# --- the integration -------------------------------------------------------------------------


@pytest.mark.parametrize("kept", ["docusign", "activecampaign"])
def test_clients_of_the_other_world_are_refused(make: Callable[..., Bridge], kept: str) -> None:
    here, there = make("blocking"), make("async")
    other: Any = [there.docusign(GUID)] if kept == "docusign" else there.activecampaign()

    said = refusal(here, lambda: here.connect(**{kept: other}), ConfigError)

    assert f"`{kept}` must be of class" in said
    assert "got Async" in said


def test_a_function_that_an_automation_names_must_be_given(bridge: Bridge) -> None:
    settings = BridgeSettings(automations=(welcome(),))

    said = refusal(
        bridge,
        lambda: bridge.connect(settings=settings, callbacks={"great": print}),
        DomainError,
    )

    assert said == ("automations[0].then[0].name: there is no 'greet'; did you mean 'great'?")


@pytest.mark.parametrize(
    "url", ["", "http://app.example.com/docusign", "app.example.com", "https://"]
)
def test_an_endpoint_that_docusign_cannot_call_is_refused(bridge: Bridge, url: str) -> None:
    said = refusal(bridge, lambda: bridge.bridge.setup.plan(url), ConfigError)

    assert "`url` must be the public https address" in said


@pytest.mark.parametrize("rules", [(), (ContactRule("recipient.name", "first_name"),)])
def test_a_mapping_without_an_address_is_refused_and_nothing_is_made(
    make: Callable[..., Bridge], rules: tuple[ContactRule, ...]
) -> None:
    bridge = make(mapping=rules)

    with pytest.raises(DomainError, match="nothing maps to 'email', which is required"):
        bridge.set_up()

    assert bridge.ac.tag_names() == []
    assert bridge.ds.configurations() == []


@pytest.mark.parametrize(
    "work",
    [
        lambda bridge: bridge.events.run(),
        lambda bridge: bridge.reconcile.run(),
        lambda bridge: bridge.events.sync_now("e"),
    ],
    ids=["events", "reconcile", "sync_now"],
)
def test_jobs_before_any_setup_say_so(bridge: Bridge, work: Callable[[Any], object]) -> None:
    said = refusal(bridge, lambda: work(bridge.bridge), ConfigError)

    assert "is not set up: plan and apply `setup` first" in said


def test_a_message_without_any_key_to_check_it_is_refused(bridge: Bridge) -> None:
    keyless = bridge.connect(signing_keys=())

    said = refusal(bridge, lambda: keyless.events.receive(b"{}", {}), ConfigError)

    assert "no message can be trusted without a key: give the bridge `signing_keys`" in said


@pytest.mark.parametrize(
    ("since", "until", "told"),
    [
        (datetime(2026, 1, 1), None, "give moments with a time zone"),
        (timedelta(), timedelta(days=-1), "is not before"),
    ],
)
def test_a_backfill_over_no_span_of_time_is_refused(
    make: Callable[..., Bridge], since: Any, until: Any, told: str
) -> None:
    bridge = make()
    bridge.set_up()
    now = bridge.box.clock.now()
    calls = len(bridge.box.calls)
    if isinstance(since, timedelta):
        since, until = now + since, now + until

    with pytest.raises(DomainError, match=told):
        bridge.bridge.backfill.run(since, until)

    assert len(bridge.box.calls) == calls


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (0, "`docusign` must be a client for each DocuSign account, or one; got none"),
        (
            2,
            "`docusign` has one client twice: give one for each account, as "
            "`client.for_account(account_id)` makes them",
        ),
    ],
)
def test_there_is_one_client_for_each_account(bridge: Bridge, count: int, told: str) -> None:
    clients = [bridge.docusign(GUID)] * count

    assert refusal(bridge, lambda: bridge.connect(docusign=clients), ConfigError) == told


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (
            {"connection": ""},
            "`connection` is empty; give a name for this ActiveCampaign account, such as 'main'",
        ),
        ({"connection": 5}, "such as 'main', as text, got int"),
        ({"settings": {}}, "`settings` must be BridgeSettings, got dict"),
        ({"callbacks": []}, "`callbacks` must be functions by name"),
    ],
)
def test_what_the_integration_is_made_of_is_checked(
    bridge: Bridge, options: dict[str, Any], told: str
) -> None:
    assert told in refusal(bridge, lambda: bridge.connect(**options), ConfigError)


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ("", "`signing_keys`: a key is empty; give an HMAC key of DocuSign Connect as text"),
        ([SECRET, " "], "a key is empty"),
        ([SECRET, None], "a key is text, got NoneType"),
        (5, "got int"),
        (SECRET.encode(), "got bytes"),
        ({SECRET: ()}, "an account has no key"),
        ({SECRET: None}, "got NoneType"),
        ({SECRET: ["", SECRET]}, "a key is empty"),
        ({" ": SECRET}, "an account id is text"),
        ({5: SECRET}, "an account id is text, got int"),
        ({GUID: SECRET, GUID.upper(): SECRET}, "an account stands there twice"),
    ],
)
def test_signing_keys_that_cannot_be_some_are_refused_and_not_shown(
    bridge: Bridge, keys: object, told: str
) -> None:
    said = refusal(bridge, lambda: bridge.connect(signing_keys=keys), ConfigError)

    assert told in said


@pytest.mark.parametrize(
    ("keys", "keyed"),
    [
        ((), None),
        ({}, None),
        (SECRET, None),
        ([SECRET, "another"], None),
        ({GUID.upper(): SECRET, " other ": ["new", "old"]}, frozenset({GUID, "other"})),
    ],
)
def test_the_jobs_know_which_accounts_have_keys_of_their_own(
    bridge: Bridge, keys: object, keyed: frozenset[str] | None
) -> None:
    made = bridge.connect(signing_keys=keys)

    assert made._ctx._thing.keyed == keyed


MESSAGE_URL = "https://example.com/docusign"

PREFILL = PrefillTemplate(
    account_id=GUID,
    template_id=GUID,
    rules=(TemplateRule(source="contact.email", role="Tenant", person="email"),),
)


def _firing() -> Firing:
    return Firing(
        id="1",
        automation="welcome",
        trigger="tag_added",
        contact_id="1",
        email="ada@example.org",
        account_id=GUID,
        envelope_id=GUID,
    )


GIVEN: list[tuple[Callable[[Any], object], str]] = [
    (
        lambda b: b.setup.plan(5),
        "`url` must be the public https address of your webhook endpoint, as text, got int",
    ),
    (lambda b: b.setup.plan(MESSAGE_URL, adopt="1"), "{account_id: connect_id}, both as text, got"),
    (lambda b: b.setup.plan(MESSAGE_URL, adopt={GUID: 7}), "{account_id: connect_id}"),
    (lambda b: b.setup.plan(MESSAGE_URL, adopt={"": "7"}), "`adopt` is empty; give"),
    (lambda b: b.setup.plan(remove="no"), "`remove` must be True or False, got str"),
    (lambda b: b.apply(None), "`plan` must be what `setup.plan(url)` makes, got NoneType"),
    (
        lambda b: b.events.sync_now(None),
        "`envelope_id` must be the id of an envelope, a GUID, as text, got NoneType",
    ),
    (lambda b: b.events.sync_now(""), "`envelope_id` is empty; give the id of an envelope, a GUID"),
    (
        lambda b: b.events.sync_now(GUID, account_id=5),
        "`account_id` must be the id of a connected DocuSign account, as text, got int",
    ),
    (lambda b: b.events.sync_now(GUID, account_id=" "), "`account_id` is empty"),
    (lambda b: b.events.retry("12"), "`ids` must be ids of messages"),
    (lambda b: b.events.retry(["12"]), "`ids` must be ids of messages"),
    (lambda b: b.events.retry(7), "[one.id for one in given_up], got int"),
    (lambda b: b.events.receive(None, {}), "the body as bytes, then the headers"),
    (lambda b: b.events.receive("{}", {}), "the body as bytes, then the headers"),
    (
        lambda b: b.firings.render(None, _firing()),
        "`text` must be a text with placeholders, got NoneType",
    ),
    (
        lambda b: b.firings.render("Hello", (_firing(), "due", "")),
        "`fired` must be a Firing, as callbacks and each of `firings.all()` have, got tuple",
    ),
    (
        lambda b: b.firings.render("Hello", _firing(), part="html"),
        "`part` must be a part of a mail, such as Part.HTML, got str",
    ),
    (
        lambda b: b.templates.prefill("101", "x", key="k"),
        "`action` must be what the draft is made of: PrefillTemplate(…), got str",
    ),
    (
        lambda b: b.templates.prefill(101, PREFILL, key="k"),
        "`contact_id` must be the id of a contact of ActiveCampaign, as text, got int",
    ),
    (
        lambda b: b.templates.prefill("101", PREFILL, key=""),
        "`key` is empty; give a key of your choice",
    ),
    (lambda b: b.templates.shape(""), "`template_id` is empty; give the id of a DocuSign template"),
    (lambda b: b.records.of(None), "`email` must be an e-mail address, as text, got NoneType"),
    (lambda b: b.records.of(""), "`email` is empty; give an e-mail address"),
    (lambda b: b.records.of_contact(5), "`contact_id` must be the id of a contact"),
]


@pytest.mark.parametrize(("work", "told"), GIVEN)
def test_what_a_job_is_given_is_checked_before_anything_is_asked(
    bridge: Bridge, work: Callable[[Any], object], told: str
) -> None:
    assert told in refusal(bridge, lambda: work(bridge.bridge), ConfigError)


FIELDS = (
    EMAIL,
    ContactRule("custom.deal", "Deal number"),
    ContactRule("custom.plan", "PLAN_ONE"),
    ContactRule("custom.code", "3"),
    ContactRule("custom.region", "4"),
)


def _fields(bridge: Bridge) -> None:
    bridge.ac.add_field("Deal number", perstag="DEAL_NUMBER")
    bridge.ac.add_field("Plan", perstag="PLAN_ONE")
    bridge.ac.add_field("Twin", perstag="ONE")
    bridge.ac.add_field("Twin", perstag="OTHER")


@pytest.fixture
def signed(make: Callable[..., Bridge]) -> Bridge:
    """One envelope was signed, which fired an automation; its values are in custom fields."""
    bridge = make(prepare=_fields, mapping=FIELDS, automations=(welcome(then=(Callback("note"),)),))
    bridge.set_up()
    bridge.signed(custom_fields={"deal": "4711", "plan": "Gold", "code": "X", "region": "North"})
    bridge.catch_up()
    return bridge


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("contact['Deal number']", "4711"),
        ("contact.DEAL_NUMBER", "4711"),
        ("contact.1", "4711"),
        ("contact.PLAN_ONE", "Gold"),
        ("contact.Plan", "Gold"),
        ("contact.2", "Gold"),
        ("contact.3", "X"),
        ("contact.OTHER", "North"),
        ("contact.email", "ada@example.com"),
        ("docusign['recipient-status']", "completed"),
    ],
)
def test_a_text_may_call_a_contact_field_by_each_of_its_names(
    signed: Bridge, written: str, value: str
) -> None:
    assert signed.bridge.firings.render(f"{{{{ {written} }}}}", signed.called[0]) == value


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("contact['Deal nr']", "did you mean \"contact['Deal number']\"?"),
        ("contact.Twin", "there is no 'contact.Twin'"),  # there are two
    ],
)
def test_a_text_with_a_wrong_name_is_told_what_can_be_written(
    signed: Bridge, written: str, told: str
) -> None:
    with pytest.raises(DomainError) as refused:
        signed.bridge.firings.render(f"{{{{ {written} }}}}", signed.called[0])

    assert told in str(refused.value)


@pytest.mark.parametrize("store", ["sqlite://", Path("bridge.db"), None])
def test_what_is_no_store_is_refused(bridge: Bridge, store: object) -> None:
    said = refusal(bridge, lambda: bridge.connect(store=store), ConfigError)

    assert said == f"`store` must be a SqlStore, got {type(store).__name__}"
    SqlStore("sqlite://").close()  # this is one
