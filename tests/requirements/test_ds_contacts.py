"""Which fields go where, who becomes a contact, and with which tags."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from connectors import (
    Action,
    BridgeSettings,
    ConfigError,
    ContactRule,
    DomainError,
    MappingRefused,
    NotFound,
    Tagging,
    TagRefused,
    TagRule,
)
from connectors.docusign import AskedTooOften
from connectors.docusign.models import CustomField
from connectors.domain.field_mapping import DEFAULT_RULES
from tests.facades import World
from tests.requirements.bridge_kit import ADA, ALL, BOB, DAY, EN, URL, Bridge

FR = "docusign-integration-DocuSign_Enveloppe_"
UNTOUCHED = ("lists", "contactLists", "accounts", "accountContacts", "deals", "contactDeals")


# --- DS-04: the mapping ----------------------------------------------------------------------


def fields(bridge: Bridge) -> None:
    """Custom fields that the ActiveCampaign account has."""
    bridge.ac.add_field("City", perstag="CITY")
    bridge.ac.add_field("Agreement")
    bridge.ac.add_field("Signed on", "date")
    bridge.ac.add_field("Signed at", "datetime")
    bridge.ac.add_field("Plan", "dropdown", options=["Basic", "Gold"])
    bridge.ac.add_field("Extras", "checkbox", options=["Map", "Bell"])


@pytest.mark.parametrize("world", ["blocking", "async"])
def test_ds_04_existing_fields_of_docusign_fill_existing_contact_fields(
    bridges: Callable[..., Bridge], world: World
) -> None:
    bridge = bridges(
        world,
        prepare=fields,
        mapping=(
            *DEFAULT_RULES,
            ContactRule("envelope.subject", "Agreement"),
            ContactRule("custom.Town", "CITY"),
            ContactRule("recipient.signed_at", "Signed on"),
            ContactRule("envelope.completed_at", "Signed at"),
            ContactRule("tab.Plan", "Plan"),
            ContactRule("tab.Extras", "Extras"),
        ),
    )
    ada = {**ADA, "tabs": {"Plan": "", "Extras": ""}}
    envelope = bridge.send(ada, subject="Lease", custom_fields={"Town": "Lyon"})
    bridge.ds.sign(envelope, ADA["email"], values={"Plan": "gold", "Extras": "Map, Bell"})

    report = bridge.catch_up()

    assert report.ok
    found = bridge.contact("ada@example.com")
    assert (found["first_name"], found["last_name"]) == ("Ada", "Lovelace")
    assert found["fields"]["Agreement"] == "Lease"
    assert found["fields"]["City"] == "Lyon"
    assert found["fields"]["Signed on"] == "2026-03-02"
    assert found["fields"]["Signed at"].startswith("2026-03-02T08:00:")
    assert found["fields"]["Plan"] == "Gold"
    assert found["fields"]["Extras"] == "||Map||Bell||"


@pytest.mark.parametrize("world", ["blocking", "async"])
def test_ds_04_a_value_of_the_form_is_read_where_the_mapping_asks_for_it(
    bridges: Callable[..., Bridge], world: World
) -> None:
    bridge = bridges(
        world, prepare=fields, mapping=(*DEFAULT_RULES, ContactRule("form.Town", "City"))
    )
    envelope = bridge.send({**ADA, "tabs": {"Town": ""}})
    bridge.ds.sign(envelope, ADA["email"], values={"Town": "Nantes"})

    assert bridge.catch_up().ok

    assert bridge.contact("ada@example.com")["fields"]["City"] == "Nantes"


def test_ds_04_a_mapping_without_the_address_is_refused(bridges: Callable[..., Bridge]) -> None:
    bridge = bridges(ready=False, mapping=(ContactRule("recipient.first_name", "first_name"),))

    with pytest.raises(MappingRefused, match="'email', which is required"):
        bridge.bridge.setup.plan(URL)
    assert bridge.rows("da_setup") == 0


@pytest.mark.parametrize(
    ("rule", "named"),
    [
        (ContactRule("envelope.subjekt", "City"), "envelope.subject"),
        (ContactRule("recipient.nothing", "City"), "recipient.nothing"),
        (ContactRule("envelope.subject", "Citi"), "'Citi'"),
        (ContactRule("envelope.subject", "99"), "'99'"),
        (ContactRule("recipient.role", "email"), "a target has one source"),
        (ContactRule("custom.", "City"), "names no field"),
    ],
)
def test_ds_04_a_source_or_a_target_that_does_not_exist_is_refused_by_name(
    bridges: Callable[..., Bridge], rule: ContactRule, named: str
) -> None:
    made: list[Bridge] = []

    def prepare(bridge: Bridge) -> None:
        made.append(bridge)
        fields(bridge)

    with pytest.raises(MappingRefused, match=named):
        bridges(prepare=prepare, mapping=(*DEFAULT_RULES, rule))
    assert made[0].ds.configurations() == []
    assert made[0].ac.tag_names() == []


def templates(bridge: Bridge) -> tuple[str, ...]:
    """Two templates, one in each account."""
    lease = bridge.ds.add_template(
        "Lease",
        roles=["Tenant", {"role": "Landlord", "tabs": {"Approved by": ""}}],
        tabs={"textTabs": [{"tabLabel": "Town"}], "signHereTabs": [{"tabLabel": "Here"}]},
        prefill={"Rent": ""},
        custom_fields={"Case": "Lease"},
    )
    sale = bridge.ds.add_template("Sale", tabs={"Price": ""}, account_id=bridge.accounts[-1])
    return lease, sale


def unchecked(bridge: Bridge) -> list[str]:
    """What a plan says it could not check."""
    warnings: Sequence[str] = bridge.bridge.setup.plan(URL).warnings
    return [warning for warning in warnings if "checked" in warning]


@pytest.mark.parametrize("world", ["blocking", "async"])
def test_ds_04_sources_are_checked_against_the_templates_tabs(
    bridges: Callable[..., Bridge], world: World
) -> None:
    sources = ("tab.Town", "tab.Approved by", "form.Rent", "form.Price", "custom.Case")
    targets = ("CITY", "Agreement", "Plan", "Extras", "Signed on")
    rules = map(ContactRule, sources, targets)

    bridge = bridges(
        world,
        accounts=2,
        ready=False,
        prepare=fields,
        templates=templates,
        mapping=(*DEFAULT_RULES, *rules),
    )

    assert unchecked(bridge) == []


@pytest.mark.parametrize(
    ("source", "nearest"),
    [
        ("tab.Twon", "tab.Town"),
        ("tab.Rent", ""),
        ("tab.Here", ""),
        ("form.Rant", "form.Rent"),
        ("custom.Kase", "custom.Case"),
    ],
)
def test_ds_04_a_source_that_no_template_has_is_refused_with_the_nearest(
    bridges: Callable[..., Bridge], source: str, nearest: str
) -> None:
    bridge = bridges(
        ready=False,
        prepare=fields,
        templates=templates,
        mapping=(*DEFAULT_RULES, ContactRule(source, "City")),
    )

    with pytest.raises(MappingRefused, match=rf"rules\[3\].source.*'{source}'.*{nearest}"):
        bridge.bridge.setup.plan(URL)
    assert bridge.rows("da_setup") == 0
    assert {call.method for call in bridge.box.calls} <= {"GET", "POST"}
    assert bridge.ds.configurations() == []


def test_ds_04_a_custom_field_of_the_account_may_be_mapped(
    bridges: Callable[..., Bridge],
) -> None:
    def prepare(bridge: Bridge) -> None:
        fields(bridge)
        bridge.plainly(bridge.docusign(bridge.accounts[0])).accounts.create_custom_field(
            CustomField(name="Region")
        )

    bridge = bridges(
        accounts=2,
        ready=False,
        prepare=prepare,
        templates=templates,
        mapping=(
            *DEFAULT_RULES,
            ContactRule("custom.Region", "City"),
            # Drafts made here say for whom they were made.
            ContactRule("custom.ac_contact_id", "Agreement"),
        ),
    )

    assert unchecked(bridge) == []


def test_ds_04_a_template_that_no_account_has_is_refused(bridges: Callable[..., Bridge]) -> None:
    bridge = bridges(ready=False, templates=("11111111-1111-1111-1111-111111111111",))

    with pytest.raises(DomainError, match=r"templates\[0\]: no connected account has a template"):
        bridge.bridge.setup.plan(URL)


def test_ds_04_without_a_template_it_is_said_that_sources_are_not_checked(
    bridges: Callable[..., Bridge],
) -> None:
    bridge = bridges(
        ready=False, prepare=fields, mapping=(*DEFAULT_RULES, ContactRule("tab.Town", "City"))
    )

    (warning,) = unchecked(bridge)
    assert "'tab.Town' cannot be checked: no template is named" in warning


def test_ds_04_no_contact_field_is_ever_made(bridges: Callable[..., Bridge]) -> None:
    bridge = bridges(
        prepare=fields, mapping=(*DEFAULT_RULES, ContactRule("envelope.subject", "City"))
    )
    before = len(bridge.ac.fields)
    bridge.signed()
    bridge.catch_up()

    assert len(bridge.ac.fields) == before
    assert not {name for name in bridge.calls() if name.startswith("activecampaign fields.c")}


def test_ds_04_what_nobody_mapped_stays_as_it_was(any_bridge: Bridge) -> None:
    bridge = any_bridge
    bridge.ac.add_field("City")
    bridge.ac.add_contact(
        "ada@example.com", first_name="Countess", phone="+44 1", fields={"City": "London"}
    )
    bridge.signed({"name": "Ada", "email": "ADA@example.com"})

    bridge.catch_up()

    [found] = bridge.ac.contacts()
    assert (found["phone"], found["fields"]) == ("+44 1", {"City": "London"})
    assert found["first_name"] == "Ada"
    assert found["last_name"] == ""


@pytest.mark.parametrize("clear", [False, True])
def test_ds_04_an_empty_source_leaves_the_old_value_unless_it_is_to_clear_it(
    bridges: Callable[..., Bridge], clear: bool
) -> None:
    bridge = bridges(
        prepare=fields,
        mapping=(*DEFAULT_RULES, ContactRule("recipient.role", "City", clear=clear)),
    )
    bridge.ac.add_contact("ada@example.com", fields={"City": "London"})
    bridge.signed()

    bridge.catch_up()

    found = bridge.contact("ada@example.com")["fields"]
    assert found.get("City", "") == ("" if clear else "London")


def test_ds_04_what_a_field_cannot_hold_is_left_out_and_said(
    bridges: Callable[..., Bridge],
) -> None:
    bridge = bridges(prepare=fields, mapping=(*DEFAULT_RULES, ContactRule("custom.Plan", "Plan")))
    bridge.send(custom_fields={"Plan": "Platinum"})

    report = bridge.catch_up()

    assert report.ok
    assert "Plan" not in bridge.contact("ada@example.com")["fields"]
    assert any("none of the 2 options" in reason for reason in report.skipped)
    assert "Platinum" not in str(report)


def test_ds_04_a_field_deleted_since_setup_is_an_error_and_the_message_is_kept(
    bridges: Callable[..., Bridge],
) -> None:
    bridge = bridges(
        prepare=fields, mapping=(*DEFAULT_RULES, ContactRule("envelope.subject", "City"))
    )
    [city] = [one.id for one in bridge.ac.fields.values() if one.title == "City"]
    bridge.ac.delete_field(city)
    bridge.send()

    report = bridge.catch_up()

    assert not report.ok
    assert report.pending == 1
    assert any("exist no more" in problem and city in problem for problem in report.problems)

    bridge.settings = BridgeSettings()
    bridge.bridge = bridge.connect()
    bridge.set_up()
    bridge.later(DAY)
    assert bridge.work().ok
    assert "Sent" in bridge.tags("ada@example.com")


def test_ds_04_a_field_made_after_setup_needs_a_new_setup(bridges: Callable[..., Bridge]) -> None:
    bridge = bridges()
    bridge.ac.add_field("Town")
    bridge.settings = BridgeSettings(
        mapping=(*DEFAULT_RULES, ContactRule("envelope.subject", "Town"))
    )
    bridge.bridge = bridge.connect()
    bridge.send()
    bridge.deliver()

    with pytest.raises(ConfigError, match="setup"):
        bridge.work()
    bridge.set_up()
    bridge.work()
    assert bridge.contact("ada@example.com")["fields"] == {"Town": "Agreement"}


# --- DS-05: no accounts, no deals, no lists --------------------------------------------------


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("account.name", "account fields are not mappable"),
        ("accounts.1", "account fields are not mappable"),
        ("deal.value", "deal fields are not mappable"),
        ("Deal.stage", "deal fields are not mappable"),
        ("list", "never added to a list"),
        ("lists.3", "never added to a list"),
    ],
)
def test_ds_05_account_and_deal_fields_and_lists_are_refused(
    bridges: Callable[..., Bridge], target: str, why: str
) -> None:
    bridge = bridges(ready=False, mapping=(*DEFAULT_RULES, ContactRule("envelope.subject", target)))

    with pytest.raises(MappingRefused, match=why):
        bridge.set_up()


@pytest.mark.parametrize("world", ["blocking", "async"])
def test_ds_05_no_job_ever_calls_for_a_list_an_account_or_a_deal(
    bridges: Callable[..., Bridge], world: World
) -> None:
    bridge = bridges(world, actions=ALL)
    envelope = bridge.send(ADA, BOB, carbon_copies=["cc@example.com"])
    bridge.ds.decline(envelope, "bob@example.com")
    bridge.signed()
    bridge.bridge.check()
    bridge.catch_up()
    now = bridge.box.clock.now()
    bridge.bridge.backfill.run(now - DAY)
    bridge.bridge.reconcile.run()
    bridge.bridge.apply(bridge.bridge.setup.plan(remove=True))

    assert len(bridge.box.calls) > 30
    for name in bridge.calls("activecampaign"):
        room, _, what = name.removeprefix("activecampaign ").partition(".")
        assert room not in UNTOUCHED and what not in UNTOUCHED, name
        assert room != "unknown"


# --- DS-07: who becomes a contact ------------------------------------------------------------


def test_ds_07_the_contact_of_each_signer_is_created_and_later_updated(any_bridge: Bridge) -> None:
    bridge = any_bridge
    envelope = bridge.send(ADA, BOB)
    first = bridge.catch_up()
    assert first.done["create contact"] == 2
    before = {one["email"]: one["id"] for one in bridge.ac.contacts()}
    assert set(before) == {"ada@example.com", "bob@example.com"}

    bridge.ds.correct(envelope, "ada@example.com", name="Ada King")
    bridge.ds.sign(envelope, "ada@example.com")
    second = bridge.catch_up()

    assert "create contact" not in second.done
    assert {one["email"]: one["id"] for one in bridge.ac.contacts()} == before
    assert bridge.contact("ada@example.com")["last_name"] == "King"


def test_ds_07_a_contact_that_exists_is_updated_and_not_made_twice(bridge: Bridge) -> None:
    there = bridge.ac.add_contact("Ada@Example.com", first_name="A.")
    bridge.signed()
    bridge.catch_up()

    [found] = bridge.ac.contacts()
    assert (found["id"], found["first_name"]) == (there, "Ada")


def test_ds_07_one_signers_refusal_touches_no_other(any_bridge: Bridge) -> None:
    bridge = any_bridge
    envelope = bridge.send(ADA, BOB)
    bridge.ds.sign(envelope, "ada@example.com")
    bridge.catch_up()
    contact, record = bridge.contact("ada@example.com"), bridge.fields("ada@example.com")
    bridge.later()
    bridge.ds.decline(envelope, "bob@example.com", reason="Too dear")

    bridge.catch_up()

    assert bridge.tags("bob@example.com") == {"docusign-integration", "Sent", "Declined"}
    assert bridge.contact("ada@example.com") == contact
    # Where the envelope stands is the same for all; the rest is each recipient's own.
    assert bridge.fields("ada@example.com") == {**record, "status": "declined"}
    assert bridge.fields("bob@example.com")["recipient-status"] == "declined"


def test_ds_07_nor_does_a_refusal_reach_them_by_reading(bridge: Bridge) -> None:
    envelope = bridge.send(ADA, BOB)
    bridge.ds.decline(envelope, "bob@example.com")
    bridge.later()
    bridge.bridge.reconcile.run()

    assert bridge.tags("bob@example.com") == {"docusign-integration", "Sent", "Declined"}
    assert bridge.tags("ada@example.com") == {"docusign-integration", "Sent"}


def test_ds_07_a_signer_whose_turn_has_not_come_is_not_sent(any_bridge: Bridge) -> None:
    bridge = any_bridge
    envelope = bridge.send({**ADA, "order": 1}, {**BOB, "order": 2})

    bridge.catch_up()
    bridge.later()
    bridge.bridge.reconcile.run()
    assert [one["email"] for one in bridge.ac.contacts()] == ["ada@example.com"]
    assert bridge.bridge.records.of("bob@example.com") == ()

    bridge.ds.sign(envelope, "ada@example.com")
    bridge.catch_up()
    assert bridge.tags("bob@example.com") == {"docusign-integration", "Sent"}


def test_ds_07_one_signed_and_others_waiting_is_not_completed_for_them(bridge: Bridge) -> None:
    envelope = bridge.send(ADA, BOB)
    bridge.ds.sign(envelope, "ada@example.com")
    bridge.catch_up()

    assert "Completed" in bridge.tags("ada@example.com")
    assert bridge.tags("bob@example.com") == {"docusign-integration", "Sent"}
    assert bridge.fields("ada@example.com")["recipient-status"] == "completed"
    assert bridge.fields("ada@example.com")["status"] != "completed"


def test_ds_07_opening_is_each_recipients_own(bridge: Bridge) -> None:
    envelope = bridge.send(ADA, BOB)
    bridge.ds.view(envelope, "bob@example.com")
    bridge.catch_up()

    assert "Delivered" in bridge.tags("bob@example.com")
    assert "Delivered" not in bridge.tags("ada@example.com")


def test_ds_07_only_subscribed_actions_have_effects(bridges: Callable[..., Bridge]) -> None:
    bridge = bridges(actions=(Action.COMPLETED,), ready=False)
    by_hand = bridge.ds.add_configuration(URL)
    bridge.set_up(adopt={bridge.ds.account_id: str(by_hand)})
    envelope = bridge.send(ADA, BOB)
    bridge.ds.decline(envelope, "bob@example.com")

    report = bridge.catch_up()

    assert bridge.ac.contacts() == []
    assert report.done == {}
    assert any("not subscribed" in said for said in bridge.bridge.events.counts())


def test_ds_07_other_roles_count_where_they_are_configured(
    bridges: Callable[..., Bridge],
) -> None:
    cc = {"name": "Carl Copy", "email": "carl@example.com"}
    seen = {"name": "Vera View", "email": "vera@example.com", "kind": "certifiedDeliveries"}
    for kinds, expected in (
        (("signer",), {"ada@example.com"}),
        (("signer", "carbon_copy"), {"ada@example.com", "carl@example.com"}),
        (("certified_delivery",), {"vera@example.com"}),
    ):
        bridge = bridges(kinds=kinds)
        bridge.send(ADA, seen, carbon_copies=[cc])
        bridge.catch_up()
        assert {one["email"] for one in bridge.ac.contacts()} == expected


def test_ds_07_a_draft_concerns_nobody(bridge: Bridge) -> None:
    bridge.ds.create_envelope("Draft", [ADA])
    bridge.catch_up()
    bridge.later()
    bridge.bridge.reconcile.run()

    assert bridge.ac.contacts() == []


# --- DS-08 and DS-09: tags -------------------------------------------------------------------


@pytest.mark.parametrize("action", [Action.SENT, Action.DELIVERED, Action.DECLINED])
def test_ds_08_every_synced_contact_has_the_integration_tag(
    bridges: Callable[..., Bridge], action: Action
) -> None:
    bridge = bridges(actions=(action,))
    bridge.ds.decline(bridge.send(), ADA["email"])
    bridge.ds.view(bridge.send(BOB), BOB["email"])
    bridge.catch_up()

    assert bridge.ac.contacts()
    for found in bridge.ac.contacts():
        assert found["tags"].count("docusign-integration") == 1


def test_ds_08_also_where_own_rules_give_nothing_else(bridges: Callable[..., Bridge]) -> None:
    bridge = bridges(tagging=Tagging(()))
    bridge.signed()
    bridge.catch_up()

    assert bridge.contact("ada@example.com")["tags"] == ["docusign-integration"]


@pytest.mark.parametrize(
    ("preset", "texts"),
    [
        ("english", [f"{EN}Sent", f"{EN}Delivered", f"{EN}Completed", f"{EN}Declined"]),
        ("french", [f"{FR}Sent", f"{FR}délivrée", f"{FR}complète", f"{FR}Décliné"]),
    ],
)
@pytest.mark.parametrize("world", ["blocking", "async"])
def test_ds_09_both_presets_give_these_very_texts(
    bridges: Callable[..., Bridge], world: World, preset: str, texts: list[str]
) -> None:
    bridge = bridges(world, tagging=getattr(Tagging, preset)())
    envelope = bridge.send(ADA, BOB)
    bridge.ds.sign(envelope, "ada@example.com")
    bridge.ds.decline(envelope, "bob@example.com")

    bridge.catch_up()

    sent, delivered, completed, declined = texts
    ada, bob = (set(bridge.contact(who["email"])["tags"]) for who in (ADA, BOB))
    assert ada == {"docusign-integration", sent, delivered, completed}
    assert bob == {"docusign-integration", sent, declined}


def test_ds_09_the_english_texts_are_the_default_and_written_out() -> None:
    assert BridgeSettings().tags.known_tags == (
        "docusign-integration",
        "docusign-integration-DocuSign_Envelope_Sent",
        "docusign-integration-DocuSign_Envelope_Delivered",
        "docusign-integration-DocuSign_Envelope_Completed",
        "docusign-integration-DocuSign_Envelope_Declined",
    )


def test_ds_09_one_tag_per_action_however_often_it_happens(bridge: Bridge) -> None:
    for _ in range(3):
        bridge.signed()
    bridge.catch_up()

    assert sorted(bridge.contact("ada@example.com")["tags"]) == sorted(
        ["docusign-integration", f"{EN}Sent", f"{EN}Delivered", f"{EN}Completed"]
    )
    assert len(bridge.ac.tag_names()) == 5


def test_ds_09_no_tag_is_taken_away_and_those_of_others_stay(bridge: Bridge) -> None:
    bridge.ac.add_contact("ada@example.com", tags=["VIP"])
    bridge.signed()
    bridge.catch_up()
    bridge.ds.decline(bridge.send(), ADA["email"])
    bridge.catch_up()

    assert bridge.tags("ada@example.com") == {
        "docusign-integration", "VIP", "Sent", "Delivered", "Completed", "Declined"
    }  # fmt: skip


@pytest.mark.parametrize("world", ["blocking", "async"])
def test_ds_09_a_host_has_rules_of_its_own(bridges: Callable[..., Bridge], world: World) -> None:
    rules = Tagging(
        (
            TagRule("lease signed", actions=(Action.COMPLETED,), roles=("Tenant",)),
            TagRule("Lyon", custom_fields={"Town": "lyon"}),
            TagRule("from Sam", senders=("sam.sender@example.com",)),
            TagRule("refused", recipient_statuses=("declined",)),
            TagRule("told twice", events=("recipient-declined",)),
            TagRule("another's", templates=("b" * 8,)),
        ),
        integration_tag="from DocuSign",
    )
    bridge = bridges(world, tagging=rules)
    tenant = {**ADA, "role": "Tenant"}
    landlord = {**BOB, "role": "Landlord"}
    envelope = bridge.send(tenant, landlord, custom_fields={"Town": "Lyon"})
    bridge.ds.sign(envelope, "ada@example.com")
    bridge.ds.decline(envelope, "bob@example.com")

    assert bridge.catch_up().ok

    common = {"from DocuSign", "Lyon", "from Sam"}
    assert bridge.tags("ada@example.com") == common | {"lease signed"}
    assert bridge.tags("bob@example.com") == common | {"refused", "told twice"}


def test_ds_09_rules_are_data(bridges: Callable[..., Bridge]) -> None:
    data = {"rules": [{"tag": "signed", "actions": ["completed"]}]}
    bridge = bridges(tagging=Tagging.load(data))
    bridge.signed()
    bridge.catch_up()

    assert bridge.tags("ada@example.com") == {"docusign-integration", "signed"}
    with pytest.raises(TagRefused, match="compleated"):
        Tagging.load({"rules": [{"tag": "signed", "actions": ["compleated"]}]})


def test_ds_09_a_tag_that_exists_in_another_case_is_used(bridge: Bridge) -> None:
    bridge.signed()
    bridge.catch_up()
    names = bridge.ac.tag_names()

    assert len(names) == len({one.casefold() for one in names})


def test_ds_09_a_tag_deleted_by_somebody_is_made_again(any_bridge: Bridge) -> None:
    bridge = any_bridge
    bridge.signed()
    bridge.catch_up()
    bridge.ac.delete_tag(f"{EN}Completed")
    bridge.signed(BOB)

    report = bridge.catch_up()

    assert report.ok
    assert "Completed" in bridge.tags("bob@example.com")


# --- DS-24: extras ---------------------------------------------------------------------------


EXTRAS = (
    Action.VOIDED,
    Action.EXPIRED,
    Action.RESENT,
    Action.CORRECTED,
    Action.REASSIGNED,
    Action.COPIED,
)


def extra(bridge: Bridge, action: Action) -> str:
    """An envelope that went through an extra action; whose contact it concerns."""
    cc = [{"name": "Carl Copy", "email": "carl@example.com"}] if action is Action.COPIED else []
    envelope = bridge.send(ADA, carbon_copies=cc)
    bridge.later()
    match action:
        case Action.VOIDED:
            bridge.ds.void(envelope, reason="A mistake")
        case Action.EXPIRED:
            bridge.ds.expire(envelope)
        case Action.RESENT:
            bridge.ds.resend(envelope)
        case Action.CORRECTED:
            bridge.ds.correct(envelope, ADA["email"], name="Ada King")
        case Action.REASSIGNED:
            bridge.ds.reassign(envelope, ADA["email"], **BOB)
        case Action.COPIED:
            return "carl@example.com"
    return "ada@example.com"


@pytest.mark.parametrize("action", EXTRAS)
def test_ds_24_extras_are_off_by_default(bridges: Callable[..., Bridge], action: Action) -> None:
    bridge = bridges()
    assert action not in bridge.settings.actions
    extra(bridge, action)

    bridge.catch_up()

    assert action.value.title() not in {t for c in bridge.ac.contacts() for t in c["tags"]}
    assert bridge.ac.contact_by_email("carl@example.com") is None


@pytest.mark.parametrize("world", ["blocking", "async"])
@pytest.mark.parametrize("action", EXTRAS)
def test_ds_24_each_is_an_action_of_its_own_with_its_tag(
    bridges: Callable[..., Bridge], world: World, action: Action
) -> None:
    bridge = bridges(world, actions=(action,))
    who = extra(bridge, action)

    report = bridge.catch_up()

    assert report.ok
    assert bridge.tags(who) == {"docusign-integration", action.value.title()}
    assert [one["email"] for one in bridge.ac.contacts()] == [who]
    assert [one.contact_id for one in bridge.bridge.records.of(who)]


def test_ds_24_void_and_expiry_are_two_things(bridges: Callable[..., Bridge]) -> None:
    bridge = bridges(actions=ALL)
    bridge.ds.void(bridge.send(), reason="A mistake")
    bridge.ds.expire(bridge.send(BOB))
    bridge.catch_up()

    assert {"Voided", "Expired"} & bridge.tags("ada@example.com") == {"Voided"}
    assert {"Voided", "Expired"} & bridge.tags("bob@example.com") == {"Expired"}
    assert bridge.fields("ada@example.com")["void-reason"] == "A mistake"
    assert bridge.fields("bob@example.com")["void-reason"].startswith("Envelope has expired")


def test_ds_24_a_message_without_data_tells_of_extras_too(bridges: Callable[..., Bridge]) -> None:
    for action in (Action.RESENT, Action.CORRECTED, Action.REASSIGNED):
        bridge = bridges(actions=(action,))
        for made in bridge.ds.configurations():
            made.fields["eventData"]["includeData"] = []
        who = extra(bridge, action)
        bridge.catch_up()
        bridge.later()
        bridge.work()
        assert action.value.title() in bridge.tags(who), action


def test_ds_24_the_new_signer_of_a_reassigned_envelope_is_a_contact_too(
    bridges: Callable[..., Bridge],
) -> None:
    bridge = bridges(actions=(Action.SENT, Action.COMPLETED, Action.REASSIGNED))
    envelope = bridge.send(ADA)
    bridge.ds.reassign(envelope, ADA["email"], **BOB)
    bridge.ds.sign(envelope, BOB["email"])
    bridge.catch_up()

    assert bridge.tags("ada@example.com") == {"docusign-integration", "Sent", "Reassigned"}
    assert bridge.tags("bob@example.com") == {"docusign-integration", "Sent", "Completed"}


@pytest.mark.parametrize("world", ["blocking", "async"])
def test_ds_24_one_envelope_is_synced_now(bridges: Callable[..., Bridge], world: World) -> None:
    bridge = bridges(world)
    envelope = bridge.signed()

    report = bridge.bridge.events.sync_now(envelope)

    assert report.ok
    assert bridge.tags("ada@example.com") == {
        "docusign-integration", "Sent", "Delivered", "Completed"
    }  # fmt: skip
    assert bridge.fields()["status"] == "completed"
    with pytest.raises(AskedTooOften, match="15 minutes"):
        bridge.bridge.events.sync_now(envelope)
    bridge.later()
    assert bridge.bridge.events.sync_now(envelope).ok
    assert bridge.ds.rates.breaches == []


def test_ds_24_an_envelope_that_does_not_exist_is_said_so(bridge: Bridge) -> None:
    with pytest.raises(NotFound):
        bridge.bridge.events.sync_now("9" * 36)
    with pytest.raises(ConfigError, match="one of the connected accounts"):
        bridge.bridge.events.sync_now("9" * 36, account_id="another")


def test_ds_24_syncing_now_and_the_webhooks_leave_one_state(
    bridges: Callable[..., Bridge],
) -> None:
    one, two = bridges(), bridges()
    for bridge in (one, two):
        envelope = bridge.signed(ADA, BOB)
        if bridge is one:
            bridge.bridge.events.sync_now(envelope)
        bridge.catch_up()

    assert one.tags("ada@example.com") == two.tags("ada@example.com")
    assert one.fields() == two.fields()
