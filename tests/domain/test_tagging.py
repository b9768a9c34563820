"""Tagging: each recipient by their own status, every rule says why."""

import json
import tomllib
from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from connectors.domain.envelopes import USUAL_ACTIONS, Action, Recipient, Snapshot
from connectors.domain.tagging import (
    CONNECT_EVENTS,
    KINDS,
    TAG_LENGTH,
    Tagging,
    TagPreview,
    TagRefused,
    TagRule,
    tag_key,
)

ADA = Recipient(id="1", role="Tenant", email="ada@example.org", status="completed")
LEASE = Snapshot(
    account_id="acc",
    envelope_id="env",
    at=datetime(2026, 3, 4, tzinfo=UTC),
    event="recipient-completed",
    status="sent",
    sender_name="Sam Sender",
    sender_email="sam@example.org",
    template_ids=("T-1",),
    custom_fields={"region": "North"},
    recipients=(ADA,),
)


def given_tags(rule: TagRule, snapshot: Snapshot = LEASE, recipient: Recipient = ADA) -> set[str]:
    return set(Tagging((rule,)).tags_for(snapshot, recipient, Action.COMPLETED)[1:])


def test_the_english_preset_has_the_documented_texts() -> None:
    assert Tagging.english(Action).known_tags == (
        "docusign-integration",
        "docusign-integration-DocuSign_Envelope_Sent",
        "docusign-integration-DocuSign_Envelope_Delivered",
        "docusign-integration-DocuSign_Envelope_Completed",
        "docusign-integration-DocuSign_Envelope_Declined",
        "docusign-integration-DocuSign_Envelope_Voided",
        "docusign-integration-DocuSign_Envelope_Expired",
        "docusign-integration-DocuSign_Envelope_Resent",
        "docusign-integration-DocuSign_Envelope_Corrected",
        "docusign-integration-DocuSign_Envelope_Reassigned",
        "docusign-integration-DocuSign_Envelope_Copied",
    )


def test_the_french_preset_has_the_documented_texts() -> None:
    assert Tagging.french(Action).known_tags == (
        "docusign-integration",
        "docusign-integration-DocuSign_Enveloppe_Sent",
        "docusign-integration-DocuSign_Enveloppe_délivrée",
        "docusign-integration-DocuSign_Enveloppe_complète",
        "docusign-integration-DocuSign_Enveloppe_Décliné",
        "docusign-integration-DocuSign_Enveloppe_annulée",
        "docusign-integration-DocuSign_Enveloppe_expirée",
        "docusign-integration-DocuSign_Enveloppe_renvoyée",
        "docusign-integration-DocuSign_Enveloppe_corrigée",
        "docusign-integration-DocuSign_Enveloppe_réattribuée",
        "docusign-integration-DocuSign_Enveloppe_copiée",
    )


def test_a_preset_has_rules_for_the_usual_actions_unless_others_are_named() -> None:
    usual = [rule.actions for rule in Tagging.english().rules]
    chosen = [rule.actions for rule in Tagging.french([Action.VOIDED, Action.SENT]).rules]

    assert usual == [(action,) for action in USUAL_ACTIONS]
    assert chosen == [(Action.SENT,), (Action.VOIDED,)]


def test_a_preset_of_something_else_than_actions_is_refused() -> None:
    words: Any = ["sent"]

    with pytest.raises(
        TagRefused, match=r"^actions: must be Actions, as Action\.SENT, got 'sent'$"
    ):
        Tagging.english(words)


@pytest.mark.parametrize("action", Action)
def test_an_action_gives_the_integration_tag_and_its_own(action: Action) -> None:
    tags = Tagging.english(Action).tags_for(LEASE, ADA, action)

    assert tags == (
        "docusign-integration",
        f"docusign-integration-DocuSign_Envelope_{action.value.title()}",
    )


def test_an_unknown_action_gives_the_integration_tag_alone() -> None:
    assert Tagging.english().tags_for(LEASE, ADA, None) == ("docusign-integration",)


CONDITIONS: list[tuple[dict[str, Any], Snapshot, Recipient]] = [
    ({"actions": (Action.COMPLETED, Action.SENT)}, LEASE, ADA),
    ({"recipient_statuses": ("Completed",)}, LEASE, ADA),
    ({"envelope_statuses": ("sent", "delivered")}, LEASE, ADA),
    ({"events": ("recipient-completed",)}, LEASE, ADA),
    ({"roles": ("landlord", "TENANT ")}, LEASE, ADA),
    ({"kinds": ("signer",)}, LEASE, ADA),
    ({"templates": ("t-1",)}, LEASE, ADA),
    ({"senders": ("SAM@example.org",)}, LEASE, ADA),
    ({"senders": ("sam sender",)}, LEASE, ADA),
    ({"custom_fields": {"region": "north"}}, LEASE, ADA),
    ({"custom_fields": {"REGION ": "North"}}, LEASE, ADA),
    (
        {"custom_fields": {"region": "South"}},
        evolve(LEASE, custom_fields={"Region": "North", "REGION": "south"}),
        ADA,
    ),
    ({"custom_fields": {"region": ""}}, evolve(LEASE, custom_fields={"Region": ""}), ADA),
]


@pytest.mark.parametrize(("conditions", "snapshot", "recipient"), CONDITIONS)
def test_a_rule_whose_conditions_hold_gives_its_tag(
    conditions: dict[str, Any], snapshot: Snapshot, recipient: Recipient
) -> None:
    assert given_tags(TagRule("x", **conditions), snapshot, recipient) == {"x"}


@pytest.mark.parametrize(
    ("conditions", "snapshot", "recipient", "reason"),
    [
        ({"actions": (Action.SENT,)}, LEASE, ADA, "the action is 'completed', not 'sent'"),
        (
            {"recipient_statuses": ("sent", "delivered")},
            LEASE,
            ADA,
            "the recipient's status is 'completed', not 'sent' or 'delivered'",
        ),
        (
            {"envelope_statuses": ("completed",)},
            LEASE,
            ADA,
            "the envelope's status is 'sent', not 'completed'",
        ),
        (
            {"events": ("recipient-completed",)},
            evolve(LEASE, event=None),
            ADA,
            "the event is unknown, not 'recipient-completed'",
        ),
        ({"roles": ("Landlord",)}, LEASE, ADA, "the role is 'Tenant', not 'Landlord'"),
        (
            {"roles": ("Landlord",)},
            LEASE,
            evolve(ADA, role=None),
            "the role is unknown, not 'Landlord'",
        ),
        (
            {"kinds": ("carbon_copy",)},
            LEASE,
            ADA,
            "the kind of recipient is 'signer', not 'carbon_copy'",
        ),
        (
            {"templates": ("T-9",)},
            evolve(LEASE, template_ids=("T-1", "T-2")),
            ADA,
            "the template is 'T-1' and 'T-2', not 'T-9'",
        ),
        (
            {"senders": ("eve@example.org",)},
            LEASE,
            ADA,
            "the sender is none of the 1 named",
        ),
        (
            {"custom_fields": {"deal": "1"}},
            LEASE,
            ADA,
            "the envelope has no custom field 'deal'",
        ),
        (
            {"custom_fields": {"region": "South"}},
            LEASE,
            ADA,
            "custom field 'region' has another value than the one named",
        ),
    ],
)
def test_the_first_condition_that_does_not_hold_is_the_reason(
    conditions: dict[str, Any], snapshot: Snapshot, recipient: Recipient, reason: str
) -> None:
    tagging = Tagging((TagRule("x", **conditions),))

    [_, verdict] = tagging.explain(snapshot, recipient, Action.COMPLETED)

    assert (verdict.given, verdict.reason) == (False, reason)
    assert tagging.tags_for(snapshot, recipient, Action.COMPLETED) == ("docusign-integration",)


def test_every_rule_is_explained() -> None:
    rules = (
        TagRule("always"),
        TagRule("lease", actions=(Action.COMPLETED,), roles=("Tenant", "Guarantor")),
        TagRule("ours", senders=("sam@example.org",), custom_fields={"region": "North"}),
        TagRule("refused", actions=(Action.DECLINED,)),
    )

    lines = [str(one) for one in Tagging(rules).explain(LEASE, ADA, Action.COMPLETED)]

    assert lines == [
        "docusign-integration: given, every synchronised contact has it",
        "always: given, the rule has no condition",
        "lease: given, the action is 'completed' and the role is 'Tenant' or 'Guarantor'",
        "ours: given, the sender is one of the 1 named and custom field 'region' has the value"
        " named",
        "refused: not given, the action is 'completed', not 'declined'",
    ]


def test_no_explanation_and_no_repr_shows_an_address() -> None:
    rule = TagRule(
        "x",
        roles=("for ada@example.org",),
        senders=("sam@example.org",),
        custom_fields={"cc": "eve@example.org"},
    )

    [_, verdict] = Tagging((rule,)).explain(LEASE, ADA, Action.SENT)
    said = f"{verdict} {rule.conditions()} {evolve(rule, roles=())}"

    assert not any(f"{name}@example.org" in said for name in ("ada", "sam", "eve"))


def test_two_rules_that_give_one_tag_give_it_once_as_first_spelled() -> None:
    tagging = Tagging((TagRule("VIP"), TagRule("vip"), TagRule("Docusign-Integration")))

    assert tagging.tags_for(LEASE, ADA, Action.SENT) == ("docusign-integration", "VIP")
    assert tagging.known_tags == ("docusign-integration", "VIP")


def test_composed_and_decomposed_letters_are_one_tag() -> None:
    assert tag_key("délivrée") == tag_key("DE\u0301LIVRE\u0301E")


def test_the_preview_tells_each_tag_an_action_can_give_and_what_else_has_to_hold() -> None:
    tagging = Tagging(
        (
            TagRule("done", actions=(Action.COMPLETED,)),
            TagRule("lease", actions=(Action.COMPLETED, Action.SENT), roles=("Tenant",)),
            TagRule("north", custom_fields={"region": "North"}),
        ),
        integration_tag="ds",
    )

    assert tagging.preview([Action.SENT, Action.COMPLETED]) == (
        TagPreview(Action.SENT, "ds"),
        TagPreview(Action.SENT, "lease", ("the role is 'Tenant'",)),
        TagPreview(Action.SENT, "north", ("custom field 'region' has the value named",)),
        TagPreview(Action.COMPLETED, "ds"),
        TagPreview(Action.COMPLETED, "done"),
        TagPreview(Action.COMPLETED, "lease", ("the role is 'Tenant'",)),
        TagPreview(Action.COMPLETED, "north", ("custom field 'region' has the value named",)),
    )


def test_a_line_of_the_preview_reads_as_a_sentence() -> None:
    assert str(TagPreview(Action.SENT, "ds")) == "sent: ds"
    assert (
        str(TagPreview(Action.SENT, "ds", ("the role is 'Tenant'", "the kind is 'signer'")))
        == "sent: ds, only if the role is 'Tenant' and the kind is 'signer'"
    )


@pytest.mark.parametrize(
    ("tag", "complaint"),
    [
        ("", "tag: is empty; a tag is a text that people see"),
        (" \t", "tag: is empty; a tag is a text that people see"),
        (" vip", "tag: ' vip' has blanks around it; write 'vip'"),
        ("v" * 256, f"tag: has 256 characters; at most {TAG_LENGTH} fit"),
        ("a||b", "tag: 'a||b' holds two vertical bars, which separate values"),
        ("a\nb", "tag: 'a\\nb' holds a character that nobody can see"),
        ("a\ud800", "tag: 'a\\ud800' holds a character that nobody can see"),
        (7, "tag: must be text, got 7"),
    ],
)
def test_a_tag_that_no_contact_can_have_is_refused(tag: Any, complaint: str) -> None:
    with pytest.raises(TagRefused) as caught:
        TagRule(tag)
    with pytest.raises(TagRefused) as same:
        Tagging((), integration_tag=tag)

    assert str(caught.value) == complaint
    assert str(same.value) == f"integration_{complaint}"


@pytest.mark.parametrize(
    ("conditions", "complaint"),
    [
        ({"roles": "Tenant"}, "roles: must be a tuple, got 'Tenant'"),
        ({"roles": ("",)}, "roles[0]: must be text, got ''"),
        ({"actions": ("sent",)}, "actions[0]: must be an Action, as Action.SENT, got 'sent'"),
        (
            {"recipient_statuses": ("complete",)},
            "recipient_statuses[0]: there is no 'complete'; did you mean 'completed'?",
        ),
        (
            {"envelope_statuses": ("sent", "void")},
            "envelope_statuses[1]: there is no 'void'; did you mean 'voided'?",
        ),
        (
            {"events": ("envelope_sent",)},
            "events[0]: there is no 'envelope_sent'; did you mean 'envelope-sent'?",
        ),
        (
            {"kinds": ("carbonCopy",)},
            "kinds[0]: there is no 'carbonCopy'; did you mean 'carbon_copy'?",
        ),
        ({"custom_fields": {" ": "x"}}, "custom_fields: a custom field has a name, got ' '"),
        ({"custom_fields": {7: "x"}}, "custom_fields: a custom field has a name, got 7"),
        ({"custom_fields": {"size": 1}}, "custom_fields.size: must be text, got 1"),
        ({"custom_fields": {"size": None}}, "custom_fields.size: must be text, got None"),
        (
            {"custom_fields": ("size",)},
            "custom_fields: must be texts by name, as {'size': 'big'}, got ('size',)",
        ),
    ],
)
def test_a_rule_that_could_never_hold_is_refused(
    conditions: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(TagRefused) as caught:
        TagRule("x", **conditions)

    assert str(caught.value) == complaint


@pytest.mark.parametrize(
    ("rules", "complaint"),
    [
        ([], "rules: must be a tuple, got []"),
        (({"tag": "x"},), "rules[0]: must be a TagRule, got {'tag': 'x'}"),
    ],
)
def test_what_is_no_rule_is_refused(rules: Any, complaint: str) -> None:
    with pytest.raises(TagRefused) as caught:
        Tagging(rules)

    assert str(caught.value) == complaint


def test_a_refusal_shows_no_address_and_no_endless_value() -> None:
    data = {"rules": [{"tag": "x", "senders": {"ada@example.org": "x" * 500}}]}

    with pytest.raises(TagRefused) as caught:
        Tagging.load(data)

    assert "ada@" not in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ([], "must be a table with 'rules'"),
        ({"integration_tag": "x"}, "'rules' is missing"),
        ({"rules": {}}, "rules: must be a list, got {}"),
        ({"rules": ["x"]}, "rules[0]: must be a table with 'tag'"),
        (
            {"rules": [{"tag": "x"}, {"tag": "y", "role": ["z"]}]},
            "rules[1]: there is no 'role'; did you mean 'roles'?",
        ),
        ({"rules": [{"roles": ["z"]}]}, "rules[0]: 'tag' is missing"),
        ({"rules": [{"tag": 5}]}, "rules[0].tag: must be text, got 5"),
        ({"rules": [{"tag": " x"}]}, "rules[0].tag: ' x' has blanks around it; write 'x'"),
        (
            {"rules": [{"tag": "x", "roles": "Tenant"}]},
            "rules[0].roles: must be a list, got 'Tenant'",
        ),
        (
            {"rules": [{"tag": "x", "roles": ["a", 5]}]},
            "rules[0].roles[1]: must be text, got 5",
        ),
        (
            {"rules": [{"tag": "x", "actions": ["complete"]}]},
            "rules[0].actions[0]: there is no 'complete'; did you mean 'completed'?",
        ),
        (
            {"rules": [{"tag": "x", "custom_fields": ["a"]}]},
            "rules[0].custom_fields: must be a table of texts, got ['a']",
        ),
        (
            {"rules": [{"tag": "x", "custom_fields": {"a": 5}}]},
            "rules[0].custom_fields.a: must be text, got 5",
        ),
        (
            {"rules": [], "integration_tag": ""},
            "integration_tag: is empty; a tag is a text that people see",
        ),
    ],
)
def test_data_that_is_no_tagging_is_refused_with_its_place(data: object, complaint: str) -> None:
    with pytest.raises(TagRefused) as caught:
        Tagging.load(data)

    assert str(caught.value) == complaint


def test_rules_are_read_from_toml() -> None:
    text = """
    [[rules]]
    tag = "lease signed"
    actions = ["completed"]
    roles = ["Tenant"]
    custom_fields = { region = "North" }
    """

    tagging = Tagging.load(tomllib.loads(text))

    assert tagging.rules == (
        TagRule(
            "lease signed",
            actions=(Action.COMPLETED,),
            roles=("Tenant",),
            custom_fields={"region": "North"},
        ),
    )


words = st.text("abc äÉ1", min_size=1).filter(lambda text: text == text.strip())


def some(values: Any) -> Any:
    return st.lists(st.sampled_from(list(values)), max_size=2).map(tuple)


rules = st.builds(
    TagRule,
    words,
    actions=some(Action),
    recipient_statuses=some(["sent", "completed"]),
    envelope_statuses=some(["sent", "voided"]),
    events=some(CONNECT_EVENTS),
    roles=st.lists(words, max_size=2).map(tuple),
    kinds=some(KINDS),
    templates=st.lists(words, max_size=2).map(tuple),
    senders=st.lists(words, max_size=2).map(tuple),
    custom_fields=st.dictionaries(words, st.text(max_size=5), max_size=2),
)


@given(st.lists(rules, max_size=4).map(tuple), words)
def test_a_tagging_that_is_dumped_and_loaded_is_the_same(
    rules: tuple[TagRule, ...], tag: str
) -> None:
    tagging = Tagging(rules, tag)

    assert Tagging.load(json.loads(json.dumps(tagging.dump()))) == tagging


@given(st.lists(rules, max_size=4).map(tuple), st.sampled_from(Action))
def test_tags_given_are_known_were_previewed_and_come_once(
    rules: tuple[TagRule, ...], action: Action
) -> None:
    tagging = Tagging(rules)

    tags = [tag_key(tag) for tag in tagging.tags_for(LEASE, ADA, action)]

    assert len(set(tags)) == len(tags)
    assert set(tags) <= {tag_key(tag) for tag in tagging.known_tags}
    assert set(tags) <= {tag_key(seen.tag) for seen in tagging.preview([action])}
