"""Connecting both services, subscribing to messages, and taking them in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from connectors import (
    Action,
    AsyncDocuSignClient,
    AuthorizationCode,
    Automation,
    AutomationRefused,
    BridgeSettings,
    Callback,
    ConfigError,
    ContactRule,
    DocuSignActiveCampaign,
    DocuSignClient,
    DomainError,
    Fallback,
    Forbidden,
    MemoryTokenCache,
    PlanStale,
    Received,
    RecordCreated,
    RecordUpdated,
    SqlStore,
    TagAdded,
    Tagging,
    TagRule,
)
from connectors.docusign.oauth import authorization_url, code_from_redirect, new_pkce
from connectors.domain.field_mapping import DEFAULT_RULES
from tests.facades import World
from tests.requirements.bridge_kit import ADA, BOB, EN, URL, Bridge

USUAL = (Action.SENT, Action.DELIVERED, Action.COMPLETED, Action.DECLINED)
EVENTS = {
    Action.SENT: {"envelope-sent", "recipient-sent"},
    Action.DELIVERED: {"envelope-delivered", "recipient-delivered"},
    Action.COMPLETED: {"envelope-completed", "recipient-completed"},
    Action.DECLINED: {"envelope-declined", "recipient-declined"},
}


def failing(checks: Any) -> dict[str, str]:
    return {one.question: one.answer for one in checks if not one.ok}


# --- DS-01: connections and their checks -----------------------------------------------------


def test_ds_01_a_good_connection_passes_every_check(any_bridge: Bridge) -> None:
    checks = any_bridge.bridge.check()

    assert failing(checks) == {}
    assert {one.service for one in checks} == {"DocuSign", "ActiveCampaign"}
    assert any("Sandbox Ltd" in one.answer for one in checks)


def test_ds_01_a_user_connects_by_authorization_code_and_later_by_refresh_token(
    bridges: Callable[..., Bridge], world: World
) -> None:
    bridge = bridges(world)
    ds, proof = bridge.ds, new_pkce()
    page = authorization_url(
        ds.integration_key,
        redirect_uri=ds.redirect_uri,
        state="s",
        scopes=("signature", "extended"),
        code_challenge=proof.challenge,
    )
    code = code_from_redirect(ds.authorize(page), state="s")
    first = AuthorizationCode(
        client_id=ds.integration_key,
        client_secret=ds.client_secret,
        code=code,
        redirect_uri=ds.redirect_uri,
        code_verifier=proof.verifier,
    )
    cache = MemoryTokenCache()
    kind: Any = DocuSignClient if world == "blocking" else AsyncDocuSignClient
    client = kind(first, token_cache=cache, transport=bridge.box.transport)

    assert failing(bridge.connect(docusign=[client]).check()) == {}

    ds.revoke_tokens()
    assert failing(bridge.connect(docusign=[client]).check()) == {}
    assert bridge.box.calls.count("docusign", "oauth.token") == 3  # JWT, code, refresh


def test_ds_01_each_failing_check_says_what_to_fix(bridges: Callable[..., Bridge]) -> None:
    bridge = bridges(ready=False)
    bridge.ds.withdraw_consent()
    user = evolve(bridge.credential(), redirect_uri=bridge.ds.redirect_uri)

    checks = bridge.connect(
        docusign=[bridge.docusign(bridge.ds.account_id, user)],
        activecampaign=bridge.activecampaign("0" * 72),
    ).check()

    found = failing(checks)
    assert "/oauth/auth?" in found["sign-in and account"]
    assert "API key" in found
    assert "ada" not in str(found)
    assert bridge.ds.private_key not in str(checks)


@pytest.mark.parametrize("world", ["blocking", "async"])
def test_ds_01_a_plan_without_connect_is_named_before_anything_is_made(
    bridges: Callable[..., Bridge], world: World
) -> None:
    def no_connect(bridge: Bridge) -> None:
        account = bridge.ds.account(bridge.ds.account_id)
        account.connect, account.plan = False, "Personal"

    bridge = bridges(world, ready=False, prepare=no_connect)

    found = failing(bridge.bridge.check())
    assert "Connect is not part of the plan 'Personal'" in found["Connect is in the plan"]
    assert "Business Pro" in found["Connect is in the plan"]
    with pytest.raises(ConfigError, match="Business Pro"):
        bridge.set_up()
    assert bridge.ac.tag_names() == []
    assert bridge.rows("da_setup") == 0


def test_ds_01_a_mapping_that_fits_no_more_is_named(bridges: Callable[..., Bridge]) -> None:
    made: list[str] = []

    def prepare(bridge: Bridge) -> None:
        made.append(bridge.ac.add_field("Case"))

    bridge = bridges(prepare=prepare, mapping=(*DEFAULT_RULES, ContactRule("custom.Case", "Case")))
    assert failing(bridge.bridge.check()) == {}

    bridge.ac.delete_field(made[0])

    found = failing(bridge.bridge.check())["the mapping fits the contact fields"]
    assert "rules[3].target: there is no contact field 'Case'" in found


def test_ds_01_a_user_who_is_no_administrator_is_told_so(bridges: Callable[..., Bridge]) -> None:
    bridge = bridges(ready=False)
    bridge.ds.set_admin(bridge.ds.user_id, False)

    assert "administrator" in failing(bridge.bridge.check())["Connect may be set up"]
    with pytest.raises(Forbidden, match="administrator"):
        bridge.set_up()


def test_ds_01_jobs_need_a_setup_under_the_same_settings(bridges: Callable[..., Bridge]) -> None:
    bridge = bridges(ready=False)
    with pytest.raises(ConfigError, match="is not set up"):
        bridge.work()

    bridge.set_up()
    other = bridge.connect(settings=BridgeSettings(actions=(Action.SENT,)))
    with pytest.raises(ConfigError, match="not those it was set up with"):
        other.events.run()


@pytest.mark.parametrize("kept", ["docusign", "activecampaign", "store"])
def test_ds_01_things_of_a_wrong_kind_are_refused_by_name(kept: str, bridge: Bridge) -> None:
    good: dict[str, Any] = {
        "docusign": bridge.docusign(bridge.ds.account_id),
        "activecampaign": bridge.activecampaign(),
        "store": SqlStore("sqlite://"),
    }
    good[kept] = object()

    with pytest.raises(ConfigError, match=f"`{kept}` must be"):
        DocuSignActiveCampaign(
            good["docusign"], good["activecampaign"], store=good["store"], signing_keys="k"
        )


# --- DS-02: the subscription -----------------------------------------------------------------


@pytest.mark.parametrize("action", USUAL)
def test_ds_02_each_action_is_subscribed_by_itself(
    bridges: Callable[..., Bridge], action: Action
) -> None:
    bridge = bridges(actions=(action,))

    [made] = bridge.ds.configurations()

    assert set(made.fields["events"]) == EVENTS[action]
    bridge.ds.decline(bridge.send(), ADA["email"])
    bridge.signed()
    assert {one.event for one in bridge.messages()} == EVENTS[action] & {
        one.event for one in bridge.messages()
    }
    bridge.catch_up()
    assert bridge.tags("ada@example.com") == {
        "docusign-integration",
        EN_OF[action].removeprefix(EN),
    }


EN_OF = {action: EN + action.value.title() for action in USUAL}


@pytest.mark.parametrize("wrong", [(), ("sent",), (Action.SENT, None)])
def test_ds_02_no_action_or_something_else_is_refused(wrong: Any) -> None:
    with pytest.raises(ConfigError, match="at least one Action"):
        BridgeSettings(actions=wrong)


def test_ds_02_the_configuration_is_on_signed_and_brings_the_data(any_bridge: Bridge) -> None:
    [made] = any_bridge.ds.configurations()

    for switch in "allowEnvelopePublish allUsers requiresAcknowledgement includeHMAC".split():
        assert made.fields[switch] == "true", switch
    assert made.url == URL
    assert made.fields["deliveryMode"] == "SIM"
    assert made.fields["eventData"]["version"] == "restv2.1"
    assert {"recipients", "custom_fields", "tabs"} <= made.data


def test_ds_02_running_setup_again_changes_nothing(any_bridge: Bridge) -> None:
    before = any_bridge.box.calls.counts()

    plan = any_bridge.bridge.setup.plan(URL)

    assert list(plan) == []
    assert any_bridge.bridge.apply(plan).writes == 0
    assert len(any_bridge.ds.configurations()) == 1
    new = {k: n - before.get(k, 0) for k, n in any_bridge.box.calls.counts().items()}
    assert not {k for k, n in new.items() if n and k.endswith(("create", "update", "delete"))}


def test_ds_02_other_actions_update_the_same_configuration(bridges: Callable[..., Bridge]) -> None:
    bridge = bridges(actions=(Action.SENT,))
    [before] = bridge.ds.configurations()
    bridge.settings = BridgeSettings(actions=(Action.SENT, Action.DECLINED))
    bridge.bridge = bridge.connect()

    plan = bridge.bridge.setup.plan(URL)

    assert {(c.verb.value, c.kind) for c in plan} == {
        ("update", "webhook"),
        ("create", "tag"),
        ("update", "setup"),
    }
    bridge.bridge.apply(plan)
    [after] = bridge.ds.configurations()
    assert after.id == before.id
    assert set(after.fields["events"]) == EVENTS[Action.SENT] | EVENTS[Action.DECLINED]


@pytest.mark.parametrize("world", ["blocking", "async"])
def test_ds_02_fewer_actions_unsubscribe_the_others(
    bridges: Callable[..., Bridge], world: World
) -> None:
    bridge = bridges(world, own_store=True, actions=(Action.SENT, Action.DECLINED))
    bridge.settings = BridgeSettings(actions=(Action.SENT,))
    bridge.bridge = bridge.connect()

    plan = bridge.bridge.setup.plan(URL)

    [change] = [one for one in plan if one.kind == "webhook"]
    assert change.verb.value == "update"
    assert change.reason == "events: no longer wanted: envelope-declined, recipient-declined"
    bridge.bridge.apply(plan)
    [made] = bridge.ds.configurations()
    assert set(made.fields["events"]) == EVENTS[Action.SENT]
    assert list(bridge.bridge.setup.plan(URL)) == []


def test_ds_02_events_that_another_connection_hears_of_stay(
    bridges: Callable[..., Bridge],
) -> None:
    bridge = bridges(own_store=True, actions=(Action.SENT, Action.DECLINED))
    settings = BridgeSettings(actions=(Action.SENT, Action.COMPLETED))
    north = bridge.connect(settings=settings, connection=f"{bridge.connection} north")

    plan = north.setup.plan(URL)

    [change] = [one for one in plan if one.kind == "webhook"]
    assert change.reason == "events: add envelope-completed, recipient-completed"
    north.apply(plan)
    [made] = bridge.ds.configurations()
    both = (Action.SENT, Action.COMPLETED, Action.DECLINED)
    assert set(made.fields["events"]) == set().union(*(EVENTS[one] for one in both))
    assert list(north.setup.plan(URL)) == []


def test_ds_02_an_adopted_configuration_keeps_its_events_when_actions_become_fewer(
    bridges: Callable[..., Bridge],
) -> None:
    bridge = bridges(ready=False)
    by_hand = bridge.ds.add_configuration(URL)
    before = set(bridge.ds.configurations()[0].fields["events"])
    bridge.set_up(adopt={bridge.ds.account_id: str(by_hand)})
    bridge.settings = BridgeSettings(actions=(Action.SENT,))
    bridge.bridge = bridge.connect()

    assert [one.kind for one in bridge.bridge.setup.plan(URL)] == ["setup"]
    bridge.set_up()
    assert set(bridge.ds.configurations()[0].fields["events"]) == before


def test_ds_02_a_paused_configuration_is_resumed(bridges: Callable[..., Bridge]) -> None:
    bridge = bridges(ready=False)
    by_hand = bridge.ds.add_configuration(URL, pausePublish="true")

    plan = bridge.bridge.setup.plan(URL, adopt={bridge.ds.account_id: str(by_hand)})

    [change] = [one for one in plan if one.kind == "webhook"]
    assert "it is paused" in change.reason
    bridge.bridge.apply(plan)
    [made] = bridge.ds.configurations()
    assert made.fields["pausePublish"] == "false"
    bridge.signed()
    bridge.catch_up()
    assert "Completed" in bridge.tags("ada@example.com")


def test_ds_02_other_templates_need_a_new_setup(bridges: Callable[..., Bridge]) -> None:
    bridge = bridges()
    one, two = (bridge.ds.add_template(name, roles=["Tenant"]) for name in ("Lease", "Loan"))
    digests = {
        BridgeSettings(templates=templates).digest
        for templates in ((), (one,), (two,), (one, two), (two, one))
    }

    assert len(digests) == 4, "their order does not matter"
    with pytest.raises(ConfigError, match="not those it was set up with"):
        bridge.connect(settings=BridgeSettings(templates=(one,))).events.run()


@pytest.mark.parametrize("templates", [("",), ("   ",), ("5f1c", "")])
def test_ds_02_a_template_without_an_id_is_refused(templates: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError, match=r"templates=…\) must be ids of .*none empty"):
        BridgeSettings(templates=templates)


def test_ds_02_another_address_moves_the_same_configuration(bridge: Bridge) -> None:
    [before] = bridge.ds.configurations()

    bridge.bridge.apply(bridge.bridge.setup.plan("https://example.com/elsewhere"))

    [after] = bridge.ds.configurations()
    assert (after.id, after.url) == (before.id, "https://example.com/elsewhere")


def test_ds_02_what_somebody_switched_off_is_found_and_switched_on(bridge: Bridge) -> None:
    [made] = bridge.ds.configurations()
    made.fields["allowEnvelopePublish"] = "false"
    made.fields["events"] = ["envelope-sent"]

    plan = bridge.bridge.setup.plan(URL)

    [change] = plan
    assert (change.verb.value, change.kind) == ("update", "webhook")
    assert "envelope-completed" in change.reason
    bridge.bridge.apply(plan)
    [made] = bridge.ds.configurations()
    assert made.on("allowEnvelopePublish")
    assert set(made.fields["events"]) >= set().union(*EVENTS.values())


@pytest.mark.parametrize("world", ["blocking", "async"])
def test_ds_02_one_made_by_hand_is_adopted_and_told_what_it_lacks(
    bridges: Callable[..., Bridge], world: World
) -> None:
    bridge = bridges(world, ready=False)
    by_hand = bridge.ds.add_configuration(
        "https://example.com/old",
        includeHMAC="false",
        events=["envelope-sent", "envelope-purge"],
        eventData={"version": "restv2.1", "format": "json", "includeData": ["documents"]},
    )

    plan = bridge.bridge.setup.plan(URL, adopt={bridge.ds.account_id: str(by_hand)})

    [change] = [one for one in plan if one.kind == "webhook"]
    assert (change.verb.value, change.ref) == ("update", str(by_hand))
    for missing in ("recipient-completed", "recipients", "HMAC"):
        assert missing in change.reason
    bridge.bridge.apply(plan)
    [made] = bridge.ds.configurations()
    assert (made.id, made.url) == (by_hand, URL)
    assert "envelope-purge" in made.fields["events"]
    assert made.data >= {"documents", "recipients", "tabs", "custom_fields"}
    assert list(bridge.bridge.setup.plan(URL)) == []
    bridge.signed()
    bridge.catch_up()
    assert "Completed" in bridge.tags("ada@example.com")


def test_ds_02_one_made_by_hand_that_has_all_is_adopted_as_it_is(
    bridges: Callable[..., Bridge],
) -> None:
    bridge = bridges(ready=False)
    by_hand = bridge.ds.add_configuration(URL)
    before = dict(bridge.ds.configurations()[0].fields)

    plan = bridge.bridge.setup.plan(URL, adopt={bridge.ds.account_id: str(by_hand)})

    [change] = [one for one in plan if one.kind == "webhook"]
    assert change.verb.value == "skip"
    bridge.bridge.apply(plan)
    assert bridge.ds.configurations()[0].fields == before


def test_ds_02_adopting_what_is_not_there_is_refused(bridges: Callable[..., Bridge]) -> None:
    bridge = bridges(ready=False)
    with pytest.raises(DomainError, match="no Connect configuration '17'"):
        bridge.set_up(adopt={bridge.ds.account_id: "17"})
    with pytest.raises(DomainError, match="is not connected"):
        bridge.set_up(adopt={"another": "17"})


def test_ds_02_an_account_that_signs_nothing_is_warned_about(
    bridges: Callable[..., Bridge],
) -> None:
    bridge = bridges(ready=False)
    bridge.ds.remove_secret(1)

    plan = bridge.bridge.setup.plan(URL)

    assert any("no HMAC key" in warning for warning in plan.warnings)
    assert "no HMAC key" in failing(bridge.bridge.check())["messages are signed"]


@pytest.mark.parametrize("url", ["", "http://example.com/x", "example.com", "https://"])
def test_ds_02_an_address_that_docusign_cannot_reach_is_refused(
    bridges: Callable[..., Bridge], url: str
) -> None:
    bridge = bridges(ready=False)

    with pytest.raises(ConfigError, match="https"):
        bridge.bridge.setup.plan(url)
    assert len(bridge.box.calls) == 0


def test_ds_02_a_plan_is_applied_once_and_not_when_it_is_old(
    bridges: Callable[..., Bridge],
) -> None:
    bridge = bridges(ready=False)
    plan = bridge.bridge.setup.plan(URL)
    bridge.bridge.apply(plan)
    with pytest.raises(PlanStale):
        bridge.bridge.apply(plan)

    old = bridge.bridge.setup.plan("https://example.com/new")
    bridge.later(timedelta(hours=2))
    with pytest.raises(PlanStale):
        bridge.bridge.apply(old)
    assert bridge.ds.configurations()[0].url == URL


@pytest.mark.parametrize("world", ["blocking", "async"])
def test_ds_02_taking_it_away_deletes_the_webhook_and_leaves_people(
    bridges: Callable[..., Bridge], world: World
) -> None:
    bridge = bridges(world, own_store=True)
    bridge.signed()
    bridge.catch_up()

    plan = bridge.bridge.setup.plan(remove=True)
    assert len(bridge.ds.configurations()) == 1
    bridge.bridge.apply(plan)

    assert bridge.ds.configurations() == []
    assert "Completed" in bridge.tags("ada@example.com")
    assert len(bridge.shown()) == 1
    with pytest.raises(ConfigError, match="is not set up"):
        bridge.work()


def test_ds_02_an_adopted_configuration_stays_when_the_connection_goes(
    bridges: Callable[..., Bridge],
) -> None:
    bridge = bridges(ready=False)
    by_hand = bridge.ds.add_configuration(URL)
    bridge.set_up(adopt={bridge.ds.account_id: str(by_hand)})

    bridge.bridge.apply(bridge.bridge.setup.plan(remove=True))

    assert [one.id for one in bridge.ds.configurations()] == [by_hand]


@pytest.mark.parametrize("world", ["blocking", "async"])
@pytest.mark.parametrize("gone", ["the connection", "one of its accounts"])
def test_ds_02_what_happened_while_nothing_was_set_up_is_history(
    bridges: Callable[..., Bridge], world: World, gone: str
) -> None:
    bridge = bridges(world, own_store=True, accounts=2, automations=(COMPLETED,))
    first, second = bridge.accounts
    bridge.bridge.reconcile.run()
    if gone == "the connection":
        bridge.bridge.apply(bridge.bridge.setup.plan(remove=True))
        assert bridge.rows("cursor") == 0
    else:
        less = bridge.connect(docusign=[bridge.docusign(first)])
        less.apply(less.setup.plan(URL))
    bridge.later()
    bridge.signed(ADA, account_id=second)
    bridge.later(timedelta(days=90))
    bridge.signed(BOB, account_id=second)
    bridge.later()
    bridge.ds.deliver(lambda headers, body: 200)

    bridge.set_up()
    bridge.bridge.reconcile.run()

    assert bridge.called == []
    assert [one["email"] for one in bridge.ac.contacts()] == ["bob@example.com"], "a day back"
    bridge.later()
    bridge.signed(ADA, account_id=second)
    bridge.catch_up()
    assert [one.email for one in bridge.called] == ["ada@example.com"]


COMPLETED = Automation(id="one", triggers=(TagAdded(f"{EN}Completed"),), then=(Callback("note"),))


def test_ds_02_a_new_setup_over_what_is_known_compares_all_records_at_once(
    bridge: Bridge,
) -> None:
    bridge.signed()
    bridge.catch_up()
    bridge.later()
    bridge.bridge.reconcile.run()
    [shown] = bridge.shown()
    bridge.ac.edit_record("docusign", shown["external_id"], {"subject": "Mine"})
    bridge.later()
    bridge.bridge.apply(bridge.bridge.setup.plan(remove=True))

    bridge.set_up()

    assert bridge.bridge.reconcile.run().done == {"write record again": 1}


def test_ds_02_what_was_reconciled_before_stays_so_under_other_settings(bridge: Bridge) -> None:
    bridge.bridge.reconcile.run()

    bridge.settings = BridgeSettings(actions=(Action.SENT,))
    bridge.bridge = bridge.connect()
    bridge.set_up()

    assert any("15 minutes" in one for one in bridge.bridge.reconcile.run().skipped)


def test_ds_02_a_tag_of_templates_is_no_tag_of_contacts(bridges: Callable[..., Bridge]) -> None:
    bridge = bridges(
        ready=False,
        prepare=lambda it: it.ac.add_tag("docusign-integration", type="template"),
    )

    plan = bridge.bridge.setup.plan(URL)

    assert "docusign-integration" in {one.ref for one in plan if one.kind == "tag"}
    bridge.bridge.apply(plan)
    assert list(bridge.bridge.setup.plan(URL)) == []
    bridge.signed()
    assert bridge.catch_up().ok
    assert "docusign-integration" in bridge.contact("ada@example.com")["tags"]


# --- DS-03: the preview ----------------------------------------------------------------------


def test_ds_03_the_preview_names_tags_object_and_fields_of_each_action(
    bridges: Callable[..., Bridge],
) -> None:
    bridge = bridges(ready=False, actions=(Action.SENT, Action.DECLINED))

    preview = bridge.bridge.setup.preview()

    tags = [(one.action, one.tag) for one in preview.tags]
    assert tags == [
        (Action.SENT, "docusign-integration"),
        (Action.SENT, f"{EN}Sent"),
        (Action.DECLINED, "docusign-integration"),
        (Action.DECLINED, f"{EN}Declined"),
    ]
    first = list(preview.record_fields)[:5]
    assert first == ["status", "sender-user-name", "document-link", "sent-at", "completed-at"]
    assert set(preview.events) == EVENTS[Action.SENT] | EVENTS[Action.DECLINED]
    assert ("recipient.email", "email") in preview.mapping
    assert f"{EN}Declined" in str(preview)
    assert len(bridge.box.calls) == 0, "a preview is data"
    assert bridge.rows("da_setup") == 0


def test_ds_03_own_rules_are_shown_with_what_else_has_to_hold(
    bridges: Callable[..., Bridge],
) -> None:
    rules = Tagging((TagRule("lease", actions=(Action.COMPLETED,), roles=("Tenant",)),))
    bridge = bridges(ready=False, actions=(Action.COMPLETED,), tagging=rules)

    [_, lease] = bridge.bridge.setup.preview().tags

    assert lease.tag == "lease"
    assert "Tenant" in str(lease)


def test_ds_03_what_the_preview_shows_is_what_contacts_get(bridge: Bridge) -> None:
    shown = bridge.bridge.setup.preview()
    bridge.ds.decline(bridge.send(), ADA["email"])
    bridge.signed()
    bridge.catch_up()

    assert set(bridge.contact("ada@example.com")["tags"]) == {one.tag for one in shown.tags}
    assert set(bridge.ac.tag_names()) == {one.tag for one in shown.tags}
    for record in bridge.shown():
        assert set(record["fields"]) <= set(shown.record_fields)


def test_ds_03_a_plan_is_no_side_effect(bridges: Callable[..., Bridge]) -> None:
    bridge = bridges(ready=False)

    plan = bridge.bridge.setup.plan(URL)

    assert {one.kind for one in plan} == {"tag", "object", "webhook", "setup"}
    assert bridge.ac.tag_names() == []
    assert bridge.ds.configurations() == []
    with pytest.raises(KeyError):
        bridge.shown()


# --- DS-06: signatures -----------------------------------------------------------------------


@pytest.mark.parametrize("how", ["altered", "wrong_key", "unsigned"])
@pytest.mark.parametrize("world", ["blocking", "async"])
def test_ds_06_what_cannot_be_trusted_is_refused_and_nothing_of_it_is_stored(
    bridges: Callable[..., Bridge], world: World, how: Any
) -> None:
    bridge = bridges(world, own_store=True)
    bridge.send()
    for delivery in bridge.messages():
        bad = bridge.ds.forge(delivery, how)
        assert bridge.receive(bad.headers, bad.body) == 401

    assert {one.outcome for one in bridge.receipts} <= {Received.FORGED, Received.UNSIGNED}
    assert not any(one.kept for one in bridge.receipts)
    assert bridge.rows("inbox") == 0
    assert b"ada@example.com" not in dump(bridge)
    assert bridge.work().done == {}
    assert bridge.ac.contacts() == []


def dump(bridge: Bridge) -> bytes:
    """Every value of every table of the store."""

    def read(db: Any) -> bytes:
        names = db.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars()
        rows = [db.exec_driver_sql(f'SELECT * FROM "{name}"').all() for name in names.all()]
        return repr(rows).encode()

    return bytes(bridge.store.transact(read))


def test_ds_06_two_keys_are_good_while_one_replaces_the_other(any_bridge: Bridge) -> None:
    bridge = any_bridge
    old = bridge.keys[bridge.ds.account_id]
    new = bridge.ds.add_secret()
    bridge.send()
    [first, second] = bridge.messages()
    bridge.bridge = bridge.connect(signing_keys=[old, new])

    assert bridge.receive(first.headers, first.body) == 200
    bridge.ds.remove_secret(1)
    [_, second] = bridge.messages()
    assert "X-DocuSign-Signature-2" not in second.headers
    assert bridge.receive(second.headers, second.body) == 200

    bridge.bridge = bridge.connect(signing_keys=[old])
    assert bridge.receive(second.headers, second.body) == 401


def test_ds_06_the_case_of_header_names_does_not_matter(bridge: Bridge) -> None:
    bridge.send()
    [first, second] = bridge.messages()
    assert bridge.receive({k.upper(): v for k, v in first.headers.items()}, first.body) == 200
    assert bridge.receive({k.lower(): v for k, v in second.headers.items()}, second.body) == 200


def test_ds_06_without_a_key_nothing_is_taken(bridge: Bridge) -> None:
    bridge.send()
    [first, _] = bridge.messages()
    bridge.bridge = bridge.connect(signing_keys=())

    with pytest.raises(ConfigError, match="give the bridge `signing_keys`"):
        bridge.receive(first.headers, first.body)
    assert bridge.rows("inbox") == 0


def test_ds_06_a_request_calls_no_service(any_bridge: Bridge) -> None:
    any_bridge.signed()
    any_bridge.box.calls.clear()

    receipts = any_bridge.deliver()

    assert all(one.kept for one in receipts)
    assert len(any_bridge.box.calls) == 0


def test_ds_06_no_receipt_repeats_what_the_message_said(bridge: Bridge) -> None:
    bridge.send()
    for delivery in bridge.messages():
        bad = bridge.ds.forge(delivery, "altered")
        bridge.receive(bad.headers, bad.body)
    bridge.post(b'{"ada@example.com": ')
    bridge.post({"event": "envelope-sent", "data": "ada@example.com"})

    assert "ada@example.com" not in repr(bridge.receipts)
    assert "ada@example.com" not in repr(bridge.bridge.events.counts())


# --- DS-21: both payloads --------------------------------------------------------------------


@pytest.mark.parametrize("world", ["blocking", "async"])
@pytest.mark.parametrize("zone", ["true", "false"])
@pytest.mark.parametrize("bom", [True, False])
def test_ds_21_the_legacy_xml_leaves_the_same_contacts_tags_and_records(
    bridges: Callable[..., Bridge], world: World, zone: str, bom: bool
) -> None:
    started: tuple[Any, ...] = (
        RecordCreated(Action.SENT),
        RecordUpdated(Action.COMPLETED, "status"),
    )
    rules = tuple(
        Automation(id=f"a{n}", triggers=(one,), then=(Callback("note"),))
        for n, one in enumerate((*started, TagAdded(f"{EN}Completed")))
    )
    states = []
    for xml in (True, False):
        bridge = bridges(world, automations=rules)
        bridge.ds.xml_bom = bom
        [made] = bridge.ds.configurations()
        if xml:
            made.fields["deliveryMode"] = "Aggregate"
            made.fields["includeTimeZoneInformation"] = zone
            del made.fields["eventData"]
        envelope = bridge.send(ADA, BOB)
        bridge.catch_up()
        for who in ("ada@example.com", "bob@example.com"):
            bridge.later()
            bridge.ds.view(envelope, who)
            bridge.later()
            bridge.ds.sign(envelope, who)
            bridge.catch_up()
        people, records, fired = bridge.everything()
        states.append((people, plain(records), fired))

    assert states[0][0] == states[1][0]
    assert states[0][2] == states[1][2]
    if zone == "true":
        assert states[0][1] == states[1][1]
    else:
        # Times without a zone are shown by none: better than wrong ones.
        assert states[0][1] == [
            ({k: v for k, v in fields.items() if not k.endswith("-at")}, who)
            for fields, who in states[1][1]
        ]


def plain(records: Any) -> list[Any]:
    """Records with times to the minute: XML has milliseconds, and the worlds differ in seconds."""
    cut = [
        ({k: v[:16] if k.endswith("-at") else v for k, v in fields.items()}, who)
        for fields, who in records.values()
    ]
    return sorted(cut, key=str)


def test_ds_21_json_that_tells_a_state_and_no_event_is_taken_too(bridge: Bridge) -> None:
    [made] = bridge.ds.configurations()
    made.fields["deliveryMode"] = "Aggregate"
    bridge.signed(ADA, BOB)

    report = bridge.catch_up()

    assert len(bridge.receipts) == 1
    assert report.ok
    for who in ("ada@example.com", "bob@example.com"):
        assert {"Sent", "Delivered", "Completed"} <= bridge.tags(who)
        assert bridge.fields(who)["status"] == "completed"


def test_ds_21_a_forged_xml_is_refused_like_any_other(bridge: Bridge) -> None:
    [made] = bridge.ds.configurations()
    made.fields["deliveryMode"] = "Aggregate"
    del made.fields["eventData"]
    bridge.send()
    [delivery] = bridge.messages()
    bad = bridge.ds.forge(delivery, "altered")

    assert bridge.receive(bad.headers, bad.body) == 401
    assert bridge.rows("inbox") == 0


# --- DS-22: the object is a switch -----------------------------------------------------------


@pytest.mark.parametrize("world", ["blocking", "async"])
def test_ds_22_without_the_object_there_are_contacts_and_tags_alone(
    bridges: Callable[..., Bridge], world: World
) -> None:
    bridge = bridges(world, records=False)
    assert bridge.bridge.setup.preview().record_fields == {}
    bridge.signed()
    bridge.box.calls.clear()

    report = bridge.catch_up()

    assert report.ok
    assert "Completed" in bridge.tags("ada@example.com")
    assert "write record" not in report.done
    assert not {name for name in bridge.calls() if "schemas" in name or "records" in name}
    assert bridge.bridge.records.of("ada@example.com") == ()
    with pytest.raises(KeyError):
        bridge.shown()


@pytest.mark.parametrize(
    "trigger",
    [RecordCreated(Action.SENT), RecordUpdated(Action.COMPLETED, "status", after="completed")],
)
def test_ds_22_without_the_object_its_triggers_are_refused(trigger: Any) -> None:
    one = Automation(id="one", triggers=(trigger,), then=(Callback("note"),))

    with pytest.raises(AutomationRefused, match="switched off"):
        BridgeSettings(records=False, automations=(one,))
    BridgeSettings(automations=(one,))


def test_ds_22_it_is_on_unless_it_is_switched_off(bridge: Bridge) -> None:
    bridge.signed()
    bridge.catch_up()

    assert BridgeSettings().records
    assert len(bridge.shown("ada@example.com")) == 1


def test_ds_22_a_fallback_field_without_its_fallback_is_refused() -> None:
    with pytest.raises(ConfigError, match="record_fields"):
        BridgeSettings(record_fields={"status": "1"})
    with pytest.raises(ConfigError, match="record_fields"):
        BridgeSettings(fallback=Fallback.FIELDS)


# --- DS-23: several connections and accounts -------------------------------------------------


@pytest.mark.parametrize("world", ["blocking", "async"])
def test_ds_23_each_account_has_its_subscription_and_its_key(
    bridges: Callable[..., Bridge], world: World
) -> None:
    bridge = bridges(world, accounts=2)
    first, second = bridge.accounts

    for account in bridge.accounts:
        assert [one.url for one in bridge.ds.configurations(account_id=account)] == [URL]
    bridge.send(ADA, account_id=first)
    bridge.send(BOB, account_id=second)
    report = bridge.catch_up()

    assert report.ok
    assert "Sent" in bridge.tags("ada@example.com") & bridge.tags("bob@example.com")
    [record] = bridge.bridge.records.of("bob@example.com")
    assert record.account_id == second


@pytest.mark.parametrize("world", ["blocking", "async"])
def test_ds_23_two_clients_for_one_account_are_refused(
    bridges: Callable[..., Bridge], world: World
) -> None:
    bridge = bridges(world, ready=False, accounts=2)
    one, two = bridge.accounts
    clients = [bridge.docusign(account) for account in (one, two, one)]

    with pytest.raises(ConfigError, match=f"two clients are for account {one} 'Sandbox Ltd'"):
        bridge.connect(docusign=clients).setup.plan(URL)


@pytest.mark.parametrize("world", ["blocking", "async"])
def test_ds_23_the_webhook_of_an_account_that_is_dropped_is_told_of(
    bridges: Callable[..., Bridge], world: World
) -> None:
    bridge = bridges(world, own_store=True, accounts=2)
    first, second = bridge.accounts
    bridge.bridge = bridge.connect(docusign=[bridge.docusign(first)])

    plan = bridge.bridge.setup.plan(URL)

    [change] = [one for one in plan if one.kind == "webhook"]
    assert (change.verb.value, change.scope) == ("skip", second)
    assert change.reason == (
        "no client is for its account any more: its Connect configuration stays, delete it at "
        "DocuSign"
    )
    report = bridge.bridge.apply(plan)
    assert change.reason in report.skipped
    assert len(bridge.ds.configurations(account_id=second)) == 1
    assert list(bridge.bridge.setup.plan(URL)) == []


def test_ds_23_what_another_connection_hears_by_is_not_told_to_be_deleted(
    bridges: Callable[..., Bridge],
) -> None:
    bridge = bridges(own_store=True, accounts=2)
    first, second = bridge.accounts
    other = f"{bridge.connection} other"
    south = bridge.connect(connection=other, docusign=[bridge.docusign(second)])
    south.apply(south.setup.plan(URL))

    plan = bridge.connect(docusign=[bridge.docusign(first)]).setup.plan(URL)

    [change] = [one for one in plan if one.kind == "webhook"]
    assert change.reason.endswith(f"stays, as connection {other!r} hears by it too")


def test_ds_23_a_key_proves_messages_of_its_own_account_alone(
    bridges: Callable[..., Bridge],
) -> None:
    bridge = bridges(accounts=2)
    bridge.send(account_id=bridge.accounts[0])
    [one, _] = bridge.messages()

    receipt = bridge.post(one.body, key=bridge.keys[bridge.accounts[1]])

    assert receipt.outcome is Received.FORGED
    assert bridge.rows("inbox") == 0


@pytest.mark.parametrize("world", ["blocking", "async"])
def test_ds_23_an_account_that_is_not_connected_writes_nothing_and_is_counted(
    bridges: Callable[..., Bridge], world: World
) -> None:
    bridge = bridges(world)
    other = bridge.ds.add_account("Not ours")
    bridge.ds.add_secret(account_id=other)
    key = bridge.keys[bridge.ds.account_id]
    bridge.ds.add_configuration(URL, account_id=other)
    bridge.ds.accounts[other].secrets[0].text = key
    bridge.send(account_id=other)

    receipts = bridge.deliver()
    report = bridge.work()

    assert {one.outcome for one in receipts} == {Received.OTHER_ACCOUNT}
    assert {one.status for one in receipts} == {200}, "DocuSign repeats all else"
    assert bridge.bridge.events.counts() == {
        "ignored: account that is not connected": len(receipts)
    }
    assert report.done == {}
    assert bridge.ac.contacts() == []


def test_ds_23_two_connections_share_a_store_and_nothing_else(
    bridges: Callable[..., Bridge],
) -> None:
    one, two = bridges(), bridges()
    assert one.store is two.store
    one.signed()
    one.catch_up()

    assert two.work().done == {}
    assert two.bridge.records.of("ada@example.com") == ()
    assert len(one.bridge.records.of("ada@example.com")) == 1
    assert two.bridge.events.counts() == {}


def test_ds_23_messages_without_data_are_read_from_the_account_they_belong_to(
    bridges: Callable[..., Bridge],
) -> None:
    bridge = bridges(accounts=3)
    for account in bridge.accounts:
        for made in bridge.ds.configurations(account_id=account):
            made.fields["eventData"]["includeData"] = []
    bridge.send(BOB, account_id=bridge.accounts[2])

    report = bridge.catch_up()

    assert report.ok
    assert "Sent" in bridge.tags("bob@example.com")
