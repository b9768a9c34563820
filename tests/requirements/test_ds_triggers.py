"""What starts an automation, what it does, and texts with DocuSign values in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from connectors import (
    Action,
    AddToAutomation,
    Automation,
    AutomationRefused,
    BridgeSettings,
    Callback,
    Comparison,
    ConfigError,
    ContactRule,
    DomainError,
    Firing,
    MappingRefused,
    NotFound,
    PersonalisationRefused,
    PrefillTemplate,
    RecordCreated,
    RecordUpdated,
    Segment,
    TagAdded,
    Tagging,
    TagRule,
    TemplateRule,
)
from connectors.domain import personalisation
from connectors.domain.field_mapping import DEFAULT_RULES
from connectors.domain.personalisation import AutomationMail, Campaign, DirectMail, Part
from connectors.domain.triggers import ANY
from connectors.sandbox import Fault
from tests.facades import World
from tests.requirements.bridge_kit import ADA, ALL, BOB, DAY, EN, Bridge, automation

DONE = TagAdded(f"{EN}Completed")


# --- DS-12: a tag is added -------------------------------------------------------------------


def test_ds_12_the_tag_specified_starts_it(bridges: Callable[..., Bridge], world: World) -> None:
    bridge = bridges(world, automations=(automation(DONE),))
    envelope = bridge.send()
    bridge.catch_up()
    assert bridge.called == []

    bridge.ds.sign(envelope, ADA["email"])
    report = bridge.catch_up()

    assert report.done["fire trigger"] == 1
    [fired] = bridge.called
    assert (fired.automation, fired.trigger, fired.tag) == ("one", "tag_added", f"{EN}Completed")
    assert (fired.email, fired.action) == ("ada@example.com", Action.COMPLETED)
    assert fired.contact_id == bridge.contact("ada@example.com")["id"]
    assert (fired.envelope_id, fired.account_id) == (envelope, bridge.ds.account_id)
    assert fired.record is None


def test_ds_12_it_fires_once_per_contact_and_tag(
    bridges: Callable[..., Bridge], world: World
) -> None:
    bridge = bridges(world, automations=(automation(DONE),))
    bridge.signed()
    bridge.catch_up(duplicates=1.0)
    bridge.signed()
    bridge.signed(ADA, BOB)
    bridge.catch_up()

    assert sorted(one.email for one in bridge.called) == ["ada@example.com", "bob@example.com"]


def test_ds_12_nor_again_after_somebody_took_the_tag_away(bridges: Callable[..., Bridge]) -> None:
    bridge = bridges(automations=(automation(DONE),))
    bridge.signed()
    bridge.catch_up()
    bridge.ac.edit_contact(bridge.contact("ada@example.com")["id"], remove_tags=[f"{EN}Completed"])
    bridge.signed()
    bridge.catch_up()

    assert len(bridge.called) == 1


def test_ds_12_the_integration_tag_and_own_tags_can_be_specified(
    bridges: Callable[..., Bridge],
) -> None:
    bridge = bridges(
        tagging=Tagging((TagRule("signed", actions=(Action.COMPLETED,)),)),
        automations=(
            automation(TagAdded("docusign-integration"), id="any"),
            automation(TagAdded("Signed"), id="own"),
        ),
    )
    bridge.signed()
    bridge.catch_up()

    assert sorted(one.automation for one in bridge.called) == ["any", "own"]


@pytest.mark.parametrize("tag", ["VIP", f"{EN}Complete", f"{EN}Voided", ""])
def test_ds_12_another_tag_is_refused(tag: str) -> None:
    with pytest.raises(AutomationRefused, match="tag"):
        BridgeSettings(automations=(automation(TagAdded(tag)),))


def test_ds_12_it_has_none_of_the_limits_of_the_others(bridges: Callable[..., Bridge]) -> None:
    several = Automation(
        id="several",
        triggers=(DONE, TagAdded(f"{EN}Declined")),
        segments=(
            Segment(Comparison.CONTAINS, "@example.com", field="contact.email"),
            Segment(Comparison.HAS_TAG, "docusign-integration"),
        ),
        then=(Callback("note"),),
    )
    bridge = bridges(automations=(several,))
    bridge.signed()
    bridge.ds.decline(bridge.send(), ADA["email"])
    bridge.catch_up()

    assert {one.tag for one in bridge.called} == {f"{EN}Completed", f"{EN}Declined"}


# --- DS-13: a record is created --------------------------------------------------------------


def test_ds_13_a_new_record_starts_it_for_each_envelope(
    bridges: Callable[..., Bridge], world: World
) -> None:
    bridge = bridges(world, automations=(automation(RecordCreated(Action.SENT)),))
    first, second = bridge.signed(), bridge.signed()

    bridge.catch_up(duplicates=0.5, seed=2)

    assert sorted(one.envelope_id for one in bridge.called) == sorted([first, second])
    for fired in bridge.called:
        assert (fired.trigger, fired.action) == ("record_created", Action.SENT)
        assert fired.before is None
        assert fired.record is not None
        assert fired.record["status"] == "sent"
        assert fired.record["completed-at"] is None


def test_ds_13_an_update_of_a_record_that_is_there_starts_nothing(
    bridges: Callable[..., Bridge],
) -> None:
    bridge = bridges(automations=(automation(RecordCreated(Action.COMPLETED)),))
    bridge.signed()
    bridge.catch_up()

    assert bridge.called == []


@pytest.mark.parametrize("action", [Action.SENT, Action.DELIVERED, Action.COMPLETED])
def test_ds_13_any_subscribed_action_can_be_chosen(
    bridges: Callable[..., Bridge], action: Action
) -> None:
    bridge = bridges(actions=(action,), automations=(automation(RecordCreated(action)),))
    bridge.signed()
    bridge.catch_up()

    [fired] = bridge.called
    assert fired.action is action


def test_ds_13_an_action_that_is_not_subscribed_is_refused() -> None:
    with pytest.raises(AutomationRefused, match="'voided' is not subscribed"):
        BridgeSettings(automations=(automation(RecordCreated(Action.VOIDED)),))
    BridgeSettings(actions=ALL, automations=(automation(RecordCreated(Action.VOIDED)),))


def test_ds_13_an_automation_made_later_is_not_started_by_old_records(
    bridges: Callable[..., Bridge],
) -> None:
    bridge = bridges()
    envelope = bridge.send()
    bridge.catch_up()
    rules = (
        automation(RecordCreated(Action.SENT), id="created"),
        automation(RecordUpdated(Action.DELIVERED, "recipient-status"), id="opened"),
    )
    bridge.settings = BridgeSettings(automations=rules)
    bridge.bridge = bridge.connect()
    bridge.ds.sign(envelope, ADA["email"])

    bridge.catch_up()

    assert [one.automation for one in bridge.called] == ["opened"]


def test_ds_13_each_signer_has_a_record_of_their_own(bridges: Callable[..., Bridge]) -> None:
    bridge = bridges(automations=(automation(RecordCreated(Action.SENT)),))
    bridge.signed(ADA, BOB)
    bridge.catch_up()

    assert sorted(one.email for one in bridge.called) == ["ada@example.com", "bob@example.com"]


# --- DS-14: a record is updated --------------------------------------------------------------


@pytest.mark.parametrize(
    ("trigger", "times"),
    [
        (RecordUpdated(Action.COMPLETED, "status", after="completed"), 1),
        (RecordUpdated(Action.COMPLETED, "status", before="delivered", after="completed"), 1),
        (RecordUpdated(Action.COMPLETED, "status", before="sent", after="completed"), 0),
        (RecordUpdated(Action.COMPLETED, "status"), 1),
        (RecordUpdated(Action.COMPLETED, "status", before=ANY, after=ANY), 1),
        (RecordUpdated(Action.COMPLETED, "subject"), 0),
        (RecordUpdated(Action.COMPLETED, "completed-at", before=""), 1),
        (RecordUpdated(Action.DELIVERED, "recipient-status", "sent", "delivered"), 1),
        (RecordUpdated(Action.DELIVERED, "delivered-at"), 1),
        (RecordUpdated(Action.DELIVERED, "status", after="delivered"), 1),
        (RecordUpdated(Action.SENT, "status"), 0),
    ],
)
def test_ds_14_a_field_goes_from_one_value_to_another(
    bridges: Callable[..., Bridge], trigger: RecordUpdated, times: int
) -> None:
    bridge = bridges(automations=(automation(trigger),))
    bridge.signed()

    bridge.catch_up(duplicates=0.5, disorder=0.5, seed=1)

    assert len(bridge.called) == times
    for fired in bridge.called:
        assert fired.trigger == "record_updated"
        assert fired.record is not None and fired.before is not None
        assert fired.record[trigger.field] != fired.before[trigger.field]


@pytest.mark.parametrize("field", ["status", "recipient-status", "decline-reason"])
def test_ds_14_a_refusal_is_an_update_too(bridges: Callable[..., Bridge], field: str) -> None:
    bridge = bridges(automations=(automation(RecordUpdated(Action.DECLINED, field)),))
    bridge.ds.decline(bridge.send(ADA, BOB), ADA["email"], reason="Too dear")

    bridge.catch_up()

    [fired] = bridge.called
    assert fired.email == "ada@example.com"
    assert fired.record is not None
    expected = "Too dear" if field == "decline-reason" else "declined"
    assert fired.record[field] == expected


@pytest.mark.parametrize("action", [Action.VOIDED, Action.EXPIRED])
def test_ds_14_a_void_is_one_where_it_is_subscribed(
    bridges: Callable[..., Bridge], action: Action, world: World
) -> None:
    bridge = bridges(world, actions=ALL, automations=(automation(RecordUpdated(action, "status")),))
    envelope = bridge.send()
    bridge.later()
    bridge.ds.void(envelope) if action is Action.VOIDED else bridge.ds.expire(envelope)
    bridge.catch_up()

    [fired] = bridge.called
    assert fired.record is not None
    assert fired.record["status"] == "voided"


def test_ds_14_once_for_each_record(bridges: Callable[..., Bridge], world: World) -> None:
    rule = automation(RecordUpdated(Action.COMPLETED, "status", after="completed"))
    bridge = bridges(world, automations=(rule,))
    sent = [bridge.signed(ADA, BOB), bridge.signed()]
    bridge.catch_up(duplicates=1.0)
    bridge.later()
    bridge.bridge.reconcile.run()

    assert sorted((one.envelope_id, one.email) for one in bridge.called) == sorted(
        [(sent[0], "ada@example.com"), (sent[0], "bob@example.com"), (sent[1], "ada@example.com")]
    )


def test_ds_14_an_unknown_field_or_value_is_refused() -> None:
    with pytest.raises(AutomationRefused, match="did you mean 'status'"):
        RecordUpdated(Action.COMPLETED, "statu")
    with pytest.raises(AutomationRefused, match="complete"):
        RecordUpdated(Action.COMPLETED, "status", after="complete")
    with pytest.raises(AutomationRefused, match="nothing would ever change"):
        RecordUpdated(Action.COMPLETED, "status", before="sent", after="sent")
    with pytest.raises(AutomationRefused, match="not subscribed"):
        BridgeSettings(automations=(automation(RecordUpdated(Action.RESENT, "status")),))


# --- DS-15: constraints ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "trigger", [RecordCreated(Action.SENT), RecordUpdated(Action.SENT, "role")]
)
@pytest.mark.parametrize("first", [True, False])
def test_ds_15_a_trigger_on_records_stands_alone(trigger: Any, first: bool) -> None:
    for other in (DONE, RecordCreated(Action.DECLINED), RecordUpdated(Action.DECLINED, "status")):
        both = (trigger, other) if first else (other, trigger)
        with pytest.raises(AutomationRefused, match="cannot share an automation"):
            Automation(id="one", triggers=both, then=(Callback("note"),))


@pytest.mark.parametrize(
    "trigger", [RecordCreated(Action.SENT), RecordUpdated(Action.SENT, "role")]
)
def test_ds_15_and_takes_one_segment_at_most(trigger: Any) -> None:
    one = Segment(Comparison.EQUALS, "sent", field="record.status")
    two = Segment(Comparison.HAS_TAG, "VIP")

    Automation(id="one", triggers=(trigger,), segments=(one,), then=(Callback("note"),))
    with pytest.raises(AutomationRefused, match="one segment at most, got 2"):
        Automation(id="one", triggers=(trigger,), segments=(one, two), then=(Callback("note"),))


def test_ds_15_no_other_kind_of_trigger_exists() -> None:
    wrong: Any = "contact_created"
    with pytest.raises(AutomationRefused, match="must be TagAdded or RecordCreated"):
        Automation(id="one", triggers=(wrong,), then=(Callback("note"),))


def test_ds_15_a_segment_holds_back_who_is_not_in_it(
    bridges: Callable[..., Bridge], world: World
) -> None:
    rules = (
        automation(
            RecordCreated(Action.SENT),
            id="only-ada",
            segments=[Segment(Comparison.EQUALS, "ADA", field="contact.first_name")],
        ),
        automation(
            RecordCreated(Action.SENT),
            id="leases",
            segments=[Segment(Comparison.CONTAINS, "lease", field="record.subject")],
        ),
        automation(DONE, id="first", segments=[Segment(Comparison.LACKS_TAG, f"{EN}Declined")]),
    )
    bridge = bridges(world, automations=rules)
    bridge.ds.decline(bridge.send(BOB, subject="A lease"), BOB["email"])
    bridge.signed(ADA, BOB)
    bridge.catch_up()

    found = sorted((one.automation, one.email) for one in bridge.called)
    assert found == [
        ("first", "ada@example.com"),
        ("leases", "bob@example.com"),
        ("only-ada", "ada@example.com"),
    ]


def test_ds_15_a_step_that_names_nothing_is_refused(bridge: Bridge) -> None:
    rule = automation(DONE, then=(Callback("notify"),))
    with pytest.raises(AutomationRefused, match="notify"):
        bridge.connect(settings=BridgeSettings(automations=(rule,)))


# --- DS-16: prefill a template ---------------------------------------------------------------


def template(bridge: Bridge, **more: Any) -> str:
    return str(
        bridge.ds.add_template(
            "Lease",
            roles=("Tenant",),
            tabs={
                "textTabs": [
                    {"tabLabel": "Town", "required": "true", "maxLength": "20"},
                    {"tabLabel": "Phone"},
                ],
                "checkboxTabs": [{"tabLabel": "Pets"}],
                "listTabs": [
                    {
                        "tabLabel": "Floor",
                        "listItems": [
                            {"text": "Ground", "value": "0"},
                            {"text": "First", "value": "1"},
                        ],
                    }
                ],
            },
            prefill={"Flat": ""},
            **more,
        )
    )


RULES = (
    TemplateRule(source="contact.email", role="Tenant", person="email"),
    TemplateRule(source="contact.name", role="Tenant", person="name"),
    TemplateRule(source="contact.City", role="Tenant", tab="Town"),
    TemplateRule(constant="true", role="Tenant", tab="Pets"),
    TemplateRule(constant="1", role="Tenant", tab="Floor"),
    TemplateRule(source="contact.phone", tab="Flat"),
)


def prefilling(bridge: Bridge, **more: Any) -> PrefillTemplate:
    told = {
        "account_id": bridge.ds.account_id,
        "template_id": next(iter(bridge.ds.account(bridge.ds.account_id).templates), "none"),
        "rules": RULES,
    }
    return PrefillTemplate(**told | more)


def city(bridge: Bridge) -> None:
    bridge.ac.add_field("City")
    template(bridge)


def ada(bridge: Bridge, **more: Any) -> str:
    told = {"first_name": "Ada", "last_name": "King", "phone": "12", "fields": {"City": "Lyon"}}
    return str(bridge.ac.add_contact("ada@example.com", **told | more))


@pytest.mark.parametrize("world", ["blocking", "async"])
def test_ds_16_a_draft_is_made_from_a_contact_and_never_sent(
    bridges: Callable[..., Bridge], world: World
) -> None:
    bridge = bridges(world, prepare=city)
    contact = ada(bridge)
    bridge.box.calls.keep_bodies = True

    draft = bridge.bridge.templates.prefill(contact, prefilling(bridge), key="1")

    [made] = bridge.ds.envelopes()
    assert (made.id, made.status, made.initial_sent) == (draft, "created", None)
    [tenant] = made.recipients
    assert (tenant.name, tenant.email, tenant.role) == ("Ada King", "ada@example.com", "Tenant")
    texts = {tab["tabLabel"]: tab["value"] for tab in tenant.tabs["textTabs"]}
    assert texts["Town"] == "Lyon"
    [pets] = tenant.tabs["checkboxTabs"]
    assert pets["selected"] == "true"
    [floor] = tenant.tabs["listTabs"]
    assert floor["value"] == "1"
    [flat] = made.documents[0].prefill["textTabs"]
    assert flat["value"] == "12"
    bridge.later(DAY)
    bridge.catch_up()
    assert bridge.ds.envelope(draft).status == "created"
    for call in bridge.box.calls:
        assert b'"sent"' not in call.body.replace(b" ", b"") or call.service != "docusign"


def test_ds_16_the_same_key_gives_the_same_draft(bridges: Callable[..., Bridge]) -> None:
    bridge = bridges(prepare=city)
    contact = ada(bridge)

    first = bridge.bridge.templates.prefill(contact, prefilling(bridge), key="1")
    again = bridge.bridge.templates.prefill(contact, prefilling(bridge), key="1")
    other = bridge.bridge.templates.prefill(contact, prefilling(bridge), key="2")

    assert first == again != other
    assert len(bridge.ds.envelopes()) == 2


@pytest.mark.parametrize("kind", ["lost", "answer_after"])
def test_ds_16_an_answer_that_is_lost_makes_no_second_draft(
    bridges: Callable[..., Bridge], kind: Any
) -> None:
    bridge = bridges(prepare=city, automations=lambda it: (drafting(it),))
    ada(bridge)
    bridge.box.faults.add(
        Fault(kind, service="docusign", method="POST", path="/envelopes", status=500)
    )
    bridge.signed()
    bridge.catch_up()
    for _ in range(4):
        bridge.later(DAY)
        bridge.work()

    assert len(drafts(bridge)) == 1
    assert [one.draft_id for one in bridge.fired("done")] == [drafts(bridge)[0].id]


def drafting(bridge: Bridge, *then: Any) -> Automation:
    return automation(DONE, id="draft", then=(prefilling(bridge), *then))


def drafts(bridge: Bridge) -> list[Any]:
    return [one for one in bridge.ds.envelopes() if one.status == "created"]


@pytest.mark.parametrize("world", ["blocking", "async"])
def test_ds_16_it_is_an_action_of_an_automation(
    bridges: Callable[..., Bridge], world: World
) -> None:
    bridge = bridges(world, prepare=city, automations=lambda it: (drafting(it),))
    ada(bridge)
    bridge.signed()

    report = bridge.catch_up()

    assert report.done["draft envelope"] == 1
    [made] = drafts(bridge)
    assert made.recipients[0].email == "ada@example.com"
    bridge.later()
    bridge.work()
    assert len(drafts(bridge)) == 1


def test_ds_16_a_drafts_own_messages_start_nothing(bridges: Callable[..., Bridge]) -> None:
    bridge = bridges(prepare=city, automations=lambda it: (drafting(it),))
    ada(bridge)
    bridge.signed()
    bridge.catch_up()
    bridge.catch_up()

    assert len(bridge.fired()) == 1


@pytest.mark.parametrize("world", ["blocking", "async"])
def test_ds_16_roles_and_fields_are_listed_before_the_mapping(
    bridges: Callable[..., Bridge], world: World
) -> None:
    bridge = bridges(world, prepare=city)
    bridge.box.calls.clear()

    shape = bridge.bridge.templates.shape(prefilling(bridge).template_id)

    [tenant] = shape.roles
    assert tenant.name == "Tenant"
    tabs = {tab.label: tab for tab in tenant.tabs if tab.fillable}
    assert set(tabs) == {"Town", "Phone", "Pets", "Floor"}
    assert tabs["Town"].required and tabs["Town"].max_length == 20
    assert tabs["Floor"].options == ("0", "1")
    assert [tab.label for tab in shape.prefill] == ["Flat"]
    assert bridge.ds.envelopes() == []
    assert {call.method for call in bridge.box.calls} == {"GET"}


def test_ds_16_an_account_or_a_template_that_does_not_exist_is_refused(
    bridges: Callable[..., Bridge],
) -> None:
    bridge = bridges(prepare=city)
    contact = ada(bridge)

    with pytest.raises(NotFound):
        bridge.bridge.templates.shape("0" * 36)
    with pytest.raises(NotFound):
        bridge.bridge.templates.prefill(contact, prefilling(bridge, template_id="0" * 36), key="1")
    with pytest.raises(ConfigError, match="none of the clients given is for it"):
        bridge.bridge.templates.prefill(contact, prefilling(bridge, account_id="other"), key="1")
    with pytest.raises(MappingRefused, match="template_id"):
        prefilling(bridge, template_id=" ")
    assert bridge.ds.envelopes() == []


@pytest.mark.parametrize("wrong", [{"template_id": "0" * 36}, {"account_id": "other"}])
def test_ds_16_setup_refuses_an_automation_that_names_one(
    bridges: Callable[..., Bridge], wrong: dict[str, str]
) -> None:
    def rules(bridge: Bridge) -> tuple[Automation, ...]:
        return (automation(DONE, id="draft", then=(prefilling(bridge, **wrong),)),)

    bridge = bridges(prepare=city, automations=rules, ready=False)

    with pytest.raises((NotFound, ConfigError, DomainError)):
        bridge.set_up()
    assert bridge.ds.configurations() == []


@pytest.mark.parametrize(
    ("rule", "named"),
    [
        (TemplateRule(constant="x", role="Tennant", tab="Town"), "Tenant"),
        (TemplateRule(constant="x", role="Tenant", tab="Towne"), "Town"),
        (TemplateRule(constant="x", role="Tenant", tab="Sign here"), "nobody fills in beforehand"),
        (TemplateRule(source="contact.Citi", role="Tenant", tab="Phone"), "City"),
        (TemplateRule(source="deal.value", role="Tenant", tab="Phone"), "is no source"),
        (TemplateRule(constant="maybe", role="Tenant", tab="Pets"), "neither yes nor no"),
    ],
)
def test_ds_16_a_rule_for_what_does_not_exist_is_refused_by_name(
    bridges: Callable[..., Bridge], rule: TemplateRule, named: str
) -> None:
    bridge = bridges(prepare=city)
    rules = tuple(one for one in RULES if one.target != rule.target)

    with pytest.raises(MappingRefused, match=named):
        bridge.bridge.templates.prefill(
            ada(bridge), prefilling(bridge, rules=(*rules, rule)), key="1"
        )
    assert bridge.ds.envelopes() == []


@pytest.mark.parametrize("blank", [False, True])
def test_ds_16_a_required_field_left_open_is_refused_or_blank_as_configured(
    bridges: Callable[..., Bridge], blank: bool
) -> None:
    bridge = bridges(prepare=city)
    rules = tuple(one for one in RULES if one.tab != "Town")
    action = prefilling(bridge, rules=rules, allow_blank=blank)

    if blank:
        assert bridge.bridge.templates.prefill(ada(bridge), action, key="1")
    else:
        with pytest.raises(MappingRefused, match="required tab 'Town'"):
            bridge.bridge.templates.prefill(ada(bridge), action, key="1")
    assert len(bridge.ds.envelopes()) == blank


def test_ds_16_an_error_of_docusign_is_an_error_of_the_step(
    bridges: Callable[..., Bridge],
) -> None:
    bridge = bridges(
        prepare=city,
        automations=lambda it: (drafting(it, Callback("note")),),
        attempts=2,
    )
    ada(bridge)
    bridge.signed()
    bridge.deliver()
    bridge.ds.account(bridge.ds.account_id).templates.clear()

    report = bridge.work()

    assert not report.ok
    assert bridge.called == [], "no later step follows a step that failed"
    assert bridge.ds.envelopes()[0].status == "completed"
    assert bridge.fired("done") == []
    bridge.later(DAY)
    bridge.work()
    [(fired, state, problem)] = bridge.bridge.firings.all()
    assert (state, fired.draft_id) == ("dead", None)
    assert problem
    assert "ada@example.com" not in problem


# --- DS-17: what follows a draft -------------------------------------------------------------


@pytest.mark.parametrize("world", ["blocking", "async"])
def test_ds_17_hooks_of_the_host_follow_once_the_draft_is_there(
    bridges: Callable[..., Bridge], world: World
) -> None:
    seen: list[tuple[str, str, str | None]] = []

    def hook(name: str) -> Callable[[Firing], object]:
        def plain(fired: Firing) -> None:
            assert fired.draft_id is not None
            seen.append((name, bridge.ds.envelope(fired.draft_id).status, fired.draft_id))

        async def waited(fired: Firing) -> None:
            plain(fired)

        return waited if world == "async" else plain

    names = ("notify team", "add task", "change score", "anything else")
    bridge = bridges(
        world,
        prepare=city,
        callbacks={name: hook(name) for name in names},
        automations=lambda it: (drafting(it, *map(Callback, names)),),
    )
    ada(bridge)
    bridge.signed()

    report = bridge.catch_up()

    [made] = drafts(bridge)
    assert seen == [(name, "created", made.id) for name in names]
    assert report.done["call back"] == 4


def test_ds_17_a_hook_that_fails_is_called_again_and_the_draft_not_made_again(
    bridges: Callable[..., Bridge],
) -> None:
    seen: list[Firing] = []

    def unsteady(fired: Firing) -> None:
        seen.append(fired)
        if len(seen) < 3:
            raise RuntimeError("ada@example.com cannot be told")

    bridge = bridges(
        prepare=city,
        callbacks={"tell": unsteady},
        automations=lambda it: (drafting(it, Callback("tell")),),
    )
    ada(bridge)
    bridge.signed()
    report = bridge.catch_up()
    assert not report.ok
    assert "ada@example.com" not in str(report)
    for _ in range(3):
        bridge.later(DAY)
        bridge.work()

    assert len(drafts(bridge)) == 1
    assert len(seen) == 3
    assert len({one.id for one in seen}) == 1, "the host can tell that it is the same"
    assert {one.draft_id for one in seen} == {drafts(bridge)[0].id}


def test_ds_17_a_contact_is_added_to_an_automation_of_activecampaign_once(
    bridges: Callable[..., Bridge], world: World
) -> None:
    made: list[str] = []

    def rules(bridge: Bridge) -> tuple[Automation, ...]:
        made.append(bridge.ac.add_automation("Welcome"))
        return (automation(DONE, then=(AddToAutomation(made[0]),)),)

    bridge = bridges(world, automations=rules)
    bridge.box.faults.add(Fault("lost", service="activecampaign", path="contactAutomations"))
    bridge.signed()
    bridge.catch_up(duplicates=1.0)
    bridge.later(DAY)
    bridge.work()

    [entry] = bridge.ac.enrolments(made[0])
    assert entry["contact"] == bridge.contact("ada@example.com")["id"]


def test_ds_17_what_was_given_up_can_be_taken_up_again(bridges: Callable[..., Bridge]) -> None:
    def fails(fired: Firing) -> None:
        raise RuntimeError

    bridge = bridges(automations=(automation(DONE),), callbacks={"note": fails}, attempts=1)
    bridge.signed()
    bridge.catch_up()
    assert len(bridge.fired("dead")) == 1
    told: list[Firing] = []
    bridge.bridge = bridge.connect(callbacks={"note": told.append})

    assert bridge.bridge.firings.retry() == 1
    bridge.work()
    assert len(told) == 1
    assert bridge.bridge.firings.retry() == 0


# --- DS-18: texts ----------------------------------------------------------------------------

TEXT = (
    "Dear {{ contact.first_name | default('you') }}, {{ docusign.subject }} of"
    " {{ docusign.sender_user_name }} is {{ docusign.status }}: {{ docusign.document_link }}"
)


def test_ds_18_a_text_speaks_of_the_record_that_fired(
    bridges: Callable[..., Bridge], world: World
) -> None:
    rule = automation(RecordUpdated(Action.COMPLETED, "status", after="completed"))
    bridge = bridges(world, automations=(rule,))
    first = bridge.signed(subject="Lease")
    bridge.later(DAY)
    bridge.send(subject="Newer")
    bridge.catch_up()

    [fired] = bridge.called
    assert bridge.bridge.firings.render(TEXT, fired) == (
        "Dear Ada, Lease of Sam Sender is completed: "
        f"https://appdemo.docusign.com/documents/details/{first}"
    )


def test_ds_18_a_record_that_was_new_is_as_it_was_then(bridges: Callable[..., Bridge]) -> None:
    bridge = bridges(automations=(automation(RecordCreated(Action.SENT)),))
    bridge.signed()
    bridge.catch_up()

    [fired] = bridge.called
    assert bridge.bridge.firings.render("{{ docusign.status }}", fired) == "sent"


def test_ds_18_a_tag_speaks_of_the_newest_record_of_that_action(
    bridges: Callable[..., Bridge], world: World
) -> None:
    bridge = bridges(world, automations=(automation(DONE),))
    bridge.signed(subject="Old")
    bridge.catch_up()
    bridge.later(DAY)
    bridge.signed(subject="Newer")
    bridge.later(DAY)
    bridge.send(subject="Only sent")
    bridge.catch_up()

    [fired] = bridge.called
    assert bridge.bridge.firings.render("{{ docusign.subject }}", fired) == "Newer"


def test_ds_18_mapped_contact_fields_can_stand_beside(bridges: Callable[..., Bridge]) -> None:
    bridge = bridges(
        prepare=lambda it: it.ac.add_field("City"),
        mapping=(*DEFAULT_RULES, ContactRule("custom.Town", "City")),
        automations=(automation(DONE),),
    )
    bridge.signed(custom_fields={"Town": "Lyon"})
    bridge.catch_up()

    [fired] = bridge.called
    text = "{{ contact.City }} {{ contact.email }}"
    assert bridge.bridge.firings.render(text, fired) == "Lyon ada@example.com"


@pytest.mark.parametrize("part", list(Part))
def test_ds_18_values_are_put_in_safely_in_each_part_of_a_mail(
    bridges: Callable[..., Bridge], part: Part
) -> None:
    bridge = bridges(automations=(automation(RecordCreated(Action.SENT)),))
    bridge.send(subject="<b>{{ 1 }}</b>")
    bridge.catch_up()

    [fired] = bridge.called
    text = bridge.bridge.firings.render("{{ docusign.subject }}", fired, part=part)
    plain = "<b>{{ 1 }}</b>"
    assert text == (plain if part is not Part.HTML else "&lt;b&gt;{{ 1 }}&lt;/b&gt;")


@pytest.mark.parametrize(
    ("where", "why"),
    [
        (DirectMail(automated=False), "a personal direct mail"),
        (DirectMail(automated=True), "an automated direct mail"),
        (Campaign(), "a campaign sent outside an automation"),
        (AutomationMail(None), "started by something else"),
    ],
)
def test_ds_18_elsewhere_it_is_refused_with_the_reason(where: Any, why: str) -> None:
    with pytest.raises(PersonalisationRefused, match=why):
        personalisation.check(TEXT, where)
    with pytest.raises(PersonalisationRefused, match=why):
        personalisation.render(TEXT, where, record={"status": "sent"}, contact={})
    personalisation.check("Dear {{ contact.first_name }}", where)
    personalisation.check(TEXT, AutomationMail(DONE))


@pytest.mark.parametrize(
    "text",
    [
        "{{ docusign.statu }}",
        "{{ docusign.status.upper() }}",
        "{% for x in docusign %}{% endfor %}",
        "{{ contact.nothing }}",
        "{{ docusign.status | nothing }}",
        "{{ docusign.__class__ }}",
        "{{ docusign.status",
    ],
)
def test_ds_18_an_unknown_field_or_anything_else_is_refused(
    bridges: Callable[..., Bridge], text: str
) -> None:
    bridge = bridges(automations=(automation(DONE),))
    bridge.signed()
    bridge.catch_up()

    [fired] = bridge.called
    with pytest.raises(PersonalisationRefused):
        bridge.bridge.firings.render(text, fired)


def test_ds_18_without_a_record_there_is_nothing_to_speak_of(
    bridges: Callable[..., Bridge],
) -> None:
    bridge = bridges(records=False, automations=(automation(DONE),))
    bridge.signed()
    bridge.catch_up()

    [fired] = bridge.called
    with pytest.raises(PersonalisationRefused, match="no DocuSign record"):
        bridge.bridge.firings.render("{{ docusign.status }}", fired)


@pytest.mark.parametrize("world", ["blocking", "async"])
def test_ds_18_a_hook_can_write_its_mail_with_it(
    bridges: Callable[..., Bridge], world: World
) -> None:
    mails: list[str] = []

    def write(fired: Firing) -> Any:
        # As a host would: within the hook, by the integration that called it.
        answer = bridge.bridge._thing.firings.render("{{ docusign.status }}", fired)
        if world == "blocking":
            mails.append(answer)
            return None

        async def wait() -> None:
            mails.append(await answer)

        return wait()

    bridge = bridges(world, callbacks={"note": write}, automations=(automation(DONE),))
    bridge.signed()
    assert bridge.catch_up().ok
    assert mails == ["completed"]
