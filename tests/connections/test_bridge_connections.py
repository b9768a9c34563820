"""DocuSign, ActiveCampaign and `[bridge]` in a connections file."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import attrs
import pytest

from connectors import (
    Action,
    AddToAutomation,
    Automation,
    AutomationRefused,
    BridgeSettings,
    Callback,
    ConfigError,
    ContactRule,
    Fallback,
    Firing,
    JwtBearer,
    PrefillTemplate,
    RecordUpdated,
    RefreshToken,
    Sandbox,
    Segment,
    TagAdded,
    Tagging,
    TagRule,
    TemplateRule,
)
from connectors.connections import BridgeTable, Connections, load
from connectors.domain.triggers import Comparison

GUID = "7c2b8d7e-1c1f-4d4c-9d0a-8e1f0a3b5c6d"
USER = "b0e4b2b3-f4d5-4107-a66c-822ce47ca8c7"
PEM = "-----BEGIN RSA PRIVATE KEY-----\ns3cret\n-----END RSA PRIVATE KEY-----\n"
APP = f'client_id = "{GUID}"\n'
KEYED = f'{APP}user_id = "{USER}"\nprivate_key = {{ file = "docusign.pem" }}\n'
SIGNED_IN = f'{APP}refresh_token = {{ env = "KEY" }}\ntoken_cache = "tokens.db"\n'
MAILS = '[activecampaign]\nurl = "https://contoso.api-us1.com"\nkey = { env = "KEY" }\n'


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder, and no secrets but these."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KEY", "a-s3cret")
    monkeypatch.setenv("NEXT_KEY", "another-s3cret")
    keep("docusign.pem", PEM)
    yield tmp_path


def keep(name: str, text: str) -> None:
    Path(name).write_text(text)
    Path(name).chmod(0o600)


def read(text: str) -> Connections:
    Path("connections.toml").write_text(text, encoding="utf-8")
    return load()


def mistakes(text: str) -> list[str]:
    """The lines in which a file is refused; none of them holds a secret."""
    with pytest.raises(ConfigError) as refused:
        read(text)
    told = str(refused.value)
    assert "s3cret" not in told
    first, *rest = told.splitlines()
    return [line.strip() for line in rest] or [first.removeprefix("connections.toml: ")]


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """A world with a second DocuSign account, and its secrets."""
    box = Sandbox(seed=1)
    box.docusign.add_account("Branch")
    monkeypatch.setenv("AC_KEY", box.activecampaign.key)
    monkeypatch.setenv("HMAC", box.docusign.add_secret())
    keep("sandbox.pem", box.docusign.private_key)
    return box


def world(box: Sandbox, docusign: str = "[docusign]", more: str = "") -> str:
    """A whole file for the sandbox."""
    signing = box.docusign
    return f"""
        [store]
        url = "sqlite:///sync.db"
        {docusign}
        client_id = "{signing.integration_key}"
        user_id = "{signing.user_id}"
        private_key = {{ file = "sandbox.pem" }}
        {more}
        [activecampaign]
        url = "{box.activecampaign.url}"
        key = {{ env = "AC_KEY" }}
        [bridge]
        url = "https://example.com/docusign"
        signing_keys = [{{ env = "HMAC" }}]
    """


# --- what comes out --------------------------------------------------------------------------


def test_a_file_makes_clients_and_the_integration(box: Sandbox) -> None:
    made = read(world(box))

    with made.docusign_client(transport=box.transport) as client:
        assert client.accounts.get().account_id == box.docusign.account_id
    with made.activecampaign_client(transport=box.transport) as mails:
        assert list(mails.contacts.list()) == []
    with made.bridge(transport=box.transport) as bridge:
        assert all(check.ok for check in bridge.check())
        assert bridge.apply(bridge.setup.plan(made.webhook_url)).ok


def test_an_async_host_gets_the_same(box: Sandbox) -> None:
    made = read(world(box))

    async def main() -> bool:
        async with made.async_bridge(transport=box.transport) as bridge:
            return all(check.ok for check in await bridge.check())

    assert asyncio.run(main())


def test_messages_are_verified_with_the_keys_of_the_file(box: Sandbox) -> None:
    made = read(world(box))
    answers = []
    with made.bridge(transport=box.transport) as bridge:
        bridge.apply(bridge.setup.plan(made.webhook_url))
        box.docusign.send("Lease", ["ada@example.com"])
        box.clock.sleep(60)

        def endpoint(headers: dict[str, str], body: bytes) -> int:
            answers.append(bridge.events.receive(body, headers).outcome.value)
            return 200

        box.docusign.deliver(endpoint)
        assert bridge.events.run().ok
    assert answers and set(answers) == {"accepted"}
    assert box.activecampaign.contact_by_email("ada@example.com")


def test_several_accounts_of_one_user(box: Sandbox) -> None:
    ids = [*box.docusign.accounts]
    made = read(world(box, more=f"accounts = {ids}"))

    with made.bridge(transport=box.transport) as bridge:
        plan = bridge.setup.plan(made.webhook_url)

    assert [change.scope for change in plan if change.kind == "webhook"] == ids


def test_several_accounts_of_one_user_async(box: Sandbox) -> None:
    made = read(world(box, more=f"accounts = {[*box.docusign.accounts]}"))

    async def main() -> list[str]:
        async with made.async_bridge(transport=box.transport) as bridge:
            return [c.kind for c in await bridge.setup.plan(made.webhook_url)]

    assert asyncio.run(main()).count("webhook") == 2


def test_several_connections_have_names(box: Sandbox) -> None:
    first, second = box.docusign.accounts
    text = world(box, "[docusign.sales]", f'account = "{first}"')
    more = text[text.index("[docusign.sales]") : text.index("[activecampaign]")]
    made = read(text + more.replace("sales", "hr").replace(first, second))

    assert list(made.docusign) == ["sales", "hr"]
    with made.docusign_client("hr", transport=box.transport) as client:
        assert client.accounts.get().account_id == second
    with made.bridge(transport=box.transport) as bridge:
        plan = bridge.setup.plan(made.webhook_url)
    assert [c.scope for c in plan if c.kind == "webhook"] == [first, second]
    with pytest.raises(ConfigError, match="name one of the DocuSign connections: sales, hr"):
        made.docusign_client()
    with pytest.raises(ConfigError, match=r"no table \[docusign.hrr\]; did you mean 'hr'"):
        made.docusign_client("hrr")


def test_one_connection_without_a_name_is_called_main() -> None:
    assert list(read(f"[docusign]\n{KEYED}").docusign) == ["main"]


def test_the_functions_of_the_host_come_from_its_program(box: Sandbox) -> None:
    done: list[Firing] = []
    text = world(box) + (
        'automations = [{ id = "thanks", then = [{ do = "callback", name = "greet" }],'
        ' triggers = [{ on = "tag_added", tag = "docusign-integration" }] }]'
    )
    made = read(text)

    assert made.callback_names == ("greet",)
    with (
        pytest.raises(AutomationRefused, match="there is no 'greet'"),
        made.bridge(transport=box.transport),
    ):
        pass
    with made.bridge(callbacks={"greet": done.append}, transport=box.transport) as bridge:
        bridge.apply(bridge.setup.plan(made.webhook_url))
        envelope = box.docusign.send("Lease", ["ada@example.com"])
        box.clock.sleep(3600)
        bridge.events.sync_now(envelope)
    assert [fired.automation for fired in done] == ["thanks"]


def test_nothing_secret_is_shown(box: Sandbox) -> None:
    made = read(world(box))
    key = box.docusign.private_key.splitlines()[1]
    for shown in (repr(made), repr(made.docusign), repr(made.activecampaign)):
        assert key not in shown
        assert box.activecampaign.key not in shown
        assert str(made.signing_keys) not in shown
    assert "sandbox.pem" in repr(made.docusign)


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("", "store"),
        ('[store]\nurl = "sqlite://"', "docusign"),
        (f'[store]\nurl = "sqlite://"\n[docusign]\n{KEYED}', "activecampaign"),
    ],
)
def test_a_table_that_is_not_there_is_missed_when_it_is_needed(text: str, missing: str) -> None:
    made = read(text)
    told = rf"connections.toml: the table \[{missing}\] is missing"
    with pytest.raises(ConfigError, match=told), made.bridge():
        pass

    async def main() -> None:
        async with made.async_bridge():
            pass

    with pytest.raises(ConfigError, match=told):
        asyncio.run(main())


# --- accounts --------------------------------------------------------------------------------


def test_a_private_key_has_several_lines() -> None:
    credential = (
        read(f'[docusign]\n{KEYED}redirect_uri = "https://x.example/cb"')
        .docusign["main"]
        .credential()
    )
    assert isinstance(credential, JwtBearer)
    assert credential.private_key == PEM.rstrip("\n")
    assert credential.redirect_uri == "https://x.example/cb"


def test_a_user_who_signed_in_has_a_refresh_token_and_a_file_for_the_next() -> None:
    made = read(f'[docusign]\n{SIGNED_IN}client_secret = {{ env = "NEXT_KEY" }}')

    credential = made.docusign["main"].credential()

    assert credential == RefreshToken(
        client_id=GUID, client_secret="another-s3cret", refresh_token="a-s3cret"
    )
    assert not Path("tokens.db").exists()
    made.docusign_client().close()
    assert Path("tokens.db").is_file()


def test_a_public_application_has_no_secret() -> None:
    credential = read(f"[docusign]\n{SIGNED_IN}").docusign["main"].credential()
    assert isinstance(credential, RefreshToken)
    assert credential.client_secret is None


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (APP, 'docusign: private_key is missing: private_key = { file = "docusign.pem" }'),
        (f'user_id = "{USER}"', "docusign.client_id: is missing"),
        (KEYED.replace("user_id", "#"), "docusign: user_id is missing: the GUID of the user"),
        (KEYED + 'client_secret = {env = "KEY"}', "docusign: client_secret is for a refresh_token"),
        (SIGNED_IN + f'user_id = "{USER}"', "docusign: has a private key and a refresh token"),
        (SIGNED_IN.replace("token_cache", "#"), "docusign: a refresh_token may be replaced"),
        (KEYED.replace(GUID, "my-app"), "docusign: client_id of a JwtBearer is a GUID"),
        (KEYED + 'environment = "dmo"', "docusign: environment must be demo or production"),
        (KEYED + 'account = "my account"', "docusign: account must be an account id, a GUID"),
        (KEYED + 'accounts = ["1", "my account"]', "docusign: account must be an account id"),
        (KEYED + 'accounts = ["a1", "A1"]', "docusign: accounts: one stands there twice"),
        (KEYED + 'account = "1"\naccounts = ["2"]', "docusign: has account and accounts; keep one"),
        (KEYED + 'base_uri = "https://na3.docusign.net"', "docusign: base_uri belongs to one"),
        (
            KEYED + 'accounts = ["1", "2"]\nbase_uri = "https://na3.docusign.net"',
            "docusign: base_uri belongs to one account; leave it out",
        ),
        (
            KEYED + 'account = "1"\nbase_uri = "https://evil.example"',
            "docusign: the site of account 1 must be like https://na3.docusign.net",
        ),
        (KEYED + 'acount = "1"', "docusign.acount: there is no such key; did you mean 'account'?"),
        (APP + f'user_id = "{USER}"\nprivate_key = """{PEM}"""', "docusign.private_key: a secret"),
        (KEYED.replace("docusign.pem", "none.pem"), "docusign.private_key: there is no file HERE"),
        (KEYED + 'accounts = "1"', "docusign.accounts: must be a list, in square brackets"),
    ],
)
def test_what_cannot_be_right_of_docusign_is_refused(here: Path, table: str, told: str) -> None:
    (one,) = mistakes(f"[docusign]\n{table}")
    assert one.startswith(told.replace("HERE", str(here)))


def test_mistakes_of_several_connections_say_which() -> None:
    told = mistakes(
        f'[docusign.sales]\n{KEYED}acount = "1"\n[docusign.hr]\n{KEYED}environment = "dmo"'
    )
    assert sorted(one.partition(":")[0] for one in told) == ["docusign.hr", "docusign.sales.acount"]


def test_an_account_stands_in_one_connection() -> None:
    (told,) = mistakes(
        f'[docusign.sales]\n{KEYED}account = "1"\n[docusign.hr]\n{KEYED}accounts = ["2", "1"]'
    )
    assert told == "docusign: account 1 stands in 'sales' and in 'hr'; keep one"


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (MAILS.replace("url", "#"), "activecampaign.url: is missing"),
        (MAILS.replace("key", "#"), "activecampaign.key: is missing"),
        (MAILS.replace('{ env = "KEY" }', '"a-s3cret"'), "activecampaign.key: a secret does not"),
        (MAILS.replace("https", "http"), "activecampaign: "),
        (MAILS + 'kye = "x"', "activecampaign.kye: there is no such key; did you mean 'key'?"),
        ("[activecampain]", "activecampain: there is no such key; did you mean 'activecampaign'?"),
    ],
)
def test_what_cannot_be_right_of_activecampaign_is_refused(table: str, told: str) -> None:
    (one,) = mistakes(table)
    assert one.startswith(told)


# --- how the jobs behave ---------------------------------------------------------------------


def test_without_a_bridge_table_the_settings_are_the_usual() -> None:
    made = read("")
    assert made.bridge_settings == BridgeSettings()
    assert made.webhook_url == ""
    assert made.signing_keys == []


def test_every_setting_can_be_said_in_the_file() -> None:
    made = read(
        """
        [bridge]
        actions = ["sent", "completed", "copied"]
        records = true
        fallback = "fields"
        record_fields = { status = "7" }
        kinds = ["signer", "carbon_copy"]
        max_age = "15d"
        max_body = 1048576
        attempts = 3
        plan_max_age = "2h"

        [[bridge.mapping]]
        source = "recipient.email"
        target = "email"

        [[bridge.mapping]]
        source = "custom.Case"
        target = "CASE"
        clear = true

        [bridge.tagging]
        integration_tag = "ds"

        [[bridge.tagging.rules]]
        tag = "lease signed"
        actions = ["completed"]
        roles = ["Tenant"]
        custom_fields = { Case = "Lease" }

        [[bridge.automations]]
        id = "welcome"
        triggers = [{ on = "tag_added", tag = "lease signed" }]
        segments = [{ test = "contains", field = "contact.email", value = "@example.org" }]

        [[bridge.automations.then]]
        do = "callback"
        name = "greet"

        [[bridge.automations.then]]
        do = "add_to_automation"
        automation_id = "3"

        [[bridge.automations.then]]
        do = "prefill_template"
        account_id = "1"
        template_id = "2"
        rules = [{ source = "contact.email", role = "Tenant", person = "email" }]

        [[bridge.automations]]
        id = "done"
        triggers = [
          { on = "record_updated", action = "completed", field = "status", after = "completed" },
        ]
        then = [{ do = "callback", name = "file" }]
        """
    )
    draft = PrefillTemplate(
        account_id="1",
        template_id="2",
        rules=(TemplateRule(source="contact.email", role="Tenant", person="email"),),
    )
    lease = TagRule(
        "lease signed",
        actions=(Action.COMPLETED,),
        roles=("Tenant",),
        custom_fields={"Case": "Lease"},
    )
    assert made.bridge_settings == BridgeSettings(
        actions=(Action.SENT, Action.COMPLETED, Action.COPIED),
        fallback=Fallback.FIELDS,
        record_fields={"status": "7"},
        kinds=("signer", "carbon_copy"),
        max_age=timedelta(days=15),
        max_body=2**20,
        attempts=3,
        plan_max_age=timedelta(hours=2),
        mapping=(
            ContactRule("recipient.email", "email"),
            ContactRule("custom.Case", "CASE", clear=True),
        ),
        tagging=Tagging((lease,), "ds"),
        automations=(
            Automation(
                id="welcome",
                triggers=(TagAdded("lease signed"),),
                segments=(Segment(Comparison.CONTAINS, "@example.org", field="contact.email"),),
                then=(Callback("greet"), AddToAutomation("3"), draft),
            ),
            Automation(
                id="done",
                triggers=(RecordUpdated(Action.COMPLETED, "status", after="completed"),),
                then=(Callback("file"),),
            ),
        ),
    )
    assert made.callback_names == ("greet", "file")


@pytest.mark.parametrize(
    ("text", "preset"), [('"english"', Tagging.english), ('"french"', Tagging.french)]
)
def test_a_preset_has_a_tag_for_each_action(text: str, preset: Callable[..., Tagging]) -> None:
    usual = read(f"[bridge]\ntagging = {text}").bridge_settings
    assert usual.tagging == preset()

    more = read(f'[bridge]\ntagging = {text}\nactions = ["sent", "voided"]').bridge_settings

    assert more.tagging == preset((Action.SENT, Action.VOIDED))


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ('[{ env = "KEY" }, { env = "NEXT_KEY" }]', ["a-s3cret", "another-s3cret"]),
        ('{ env = "KEY" }', ["a-s3cret"]),
        (
            '{ 11-22 = [{ env = "KEY" }], 33-44 = { env = "NEXT_KEY" } }',
            {"11-22": ["a-s3cret"], "33-44": ["another-s3cret"]},
        ),
    ],
)
def test_signing_keys_are_one_several_or_by_account(text: str, keys: object) -> None:
    assert read(f"[bridge]\nsigning_keys = {text}").signing_keys == keys


def test_the_table_has_the_settings_and_two_keys_more() -> None:
    own = {field.name for field in attrs.fields(BridgeTable)}
    settings = {field.name for field in attrs.fields(BridgeSettings)}
    assert own - settings == {"url", "signing_keys"}


TAGGED = 'triggers = [{ on = "tag_added", tag = "docusign-integration" }]'
THEN = 'then = [{ do = "callback", name = "x" }]'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('actons = ["sent"]', "bridge.actons: there is no such key; did you mean 'actions'?"),
        ('urll = "x"', "bridge.urll: there is no such key; did you mean 'url'?"),
        ('actions = ["sent", "sined"]', "bridge.actions[1]: must be one of 'sent', 'delivered'"),
        ("actions = []", "bridge: BridgeSettings(actions=…) must be at least one Action"),
        ('fallback = "nots"', "bridge.fallback: must be one of 'store', 'note', 'fields'"),
        ("record_fields = { status = 7 }", "bridge.record_fields.status: must be text in quotes"),
        ("record_fields = 7", "bridge.record_fields: must be a table of keys and values"),
        ('kinds = ["singer"]', "bridge: BridgeSettings(kinds=…) must be of signer, carbon_copy"),
        ('kinds = "signer"', "bridge.kinds: must be a list, in square brackets"),
        ('max_age = "1 week"', "bridge.max_age: must be seconds, or a duration such as"),
        ('max_age = "1s"', "bridge: BridgeSettings(max_age=…) must be a timedelta of at least"),
        ('tagging = "frensh"', "bridge.tagging: there is no 'frensh'; did you mean 'french'?"),
        ("tagging = 3", "bridge.tagging: must be a table with 'rules'"),
        ("tagging = { rles = [] }", "bridge.tagging: there is no 'rles'; did you mean 'rules'?"),
        (
            'tagging = { rules = [{ tag = "x", acions = ["sent"] }] }',
            "bridge.tagging.rules[0]: there is no 'acions'; did you mean 'actions'?",
        ),
        ('tagging = { rules = [{ tag = " " }] }', "bridge.tagging.rules[0].tag: is empty"),
        ("mapping = 3", "bridge.mapping: must be a list, in square brackets"),
        (
            'mapping = [{ source = "recipient.emial", target = "email" }]',
            "bridge.mapping[0].source: there is no 'recipient.emial'; did you mean "
            "'recipient.email'?",
        ),
        (
            'mapping = [{ source = "recipient.email", traget = "email" }]',
            "bridge.mapping[0]: there is no 'traget'; did you mean 'target'?",
        ),
        (
            f'automations = [{{ id = "a b", {TAGGED}, {THEN} }}]',
            "bridge.automations[0].id: 'a b' must be",
        ),
        (
            f'automations = [{{ id = "a", triggers = [{{ on = "tag_aded", tag = "x" }}], {THEN} }}]',
            "bridge.automations[0].triggers[0].on: there is no 'tag_aded'; did you mean",
        ),
        (
            f'automations = [{{ id = "a", triggers = [{{ on = "tag_added", tag = "x" }}], {THEN} }}]',
            "bridge.automations[0].triggers[0].tag: 'x' is no DocuSign tag of this setup",
        ),
        (
            f'automations = [{{ id = "a", {TAGGED}, {THEN} }}, {{ id = "a", {TAGGED}, {THEN} }}]',
            "bridge.automations[1].id: 'a' is the id of automations[0] already",
        ),
        (
            f'automations = [{{ id = "a", {TAGGED}, then = [{{ do = "prefill_template", '
            'account_id = "1", template_id = "2", '
            'rules = [{ source = "contact.email", role = "T", persn = "email" }] }] }]',
            "bridge.automations[0].then[0].rules[0]: there is no 'persn'; did you mean 'person'?",
        ),
        ('signing_keys = ["a-s3cret"]', "bridge.signing_keys[0]: a secret does not stand in"),
        ('signing_keys = "a-s3cret"', "bridge.signing_keys: a secret does not stand in this file"),
        (
            'signing_keys = { 11-22 = ["a-s3cret"] }',
            "bridge.signing_keys.11-22[0]: a secret does not stand in this file",
        ),
        ('signing_keys = [{ env = "NONE" }]', "bridge.signing_keys[0]: environment variable NONE"),
    ],
)
def test_a_mistake_says_where_it_is_and_what_would_be_right(text: str, told: str) -> None:
    (one,) = mistakes(f"[bridge]\n{text}")
    assert one.startswith(told)


def test_all_mistakes_are_told_at_once() -> None:
    told = mistakes(
        """
        [docusign]
        client_idd = "x"
        [activecampaign]
        key = 3
        [bridge]
        actions = ["sined"]
        tagging = "frensh"
        mapping = [{ source = 3, target = "email" }, { target = "x" }]
        signing_keys = { a = "x", b = [{ evn = "KEY" }] }
        """
    )
    assert sorted(one.partition(": ")[0] for one in told) == sorted(
        [
            "docusign.client_id",
            "docusign.client_idd",
            "activecampaign.url",
            "activecampaign.key",
            "bridge.actions[0]",
            "bridge.tagging",
            "bridge.mapping[0].source",
            "bridge.mapping[1]",
            "bridge.signing_keys.a",
            "bridge.signing_keys.b[0]",
        ]
    )
