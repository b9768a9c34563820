"""Triggers: what cannot work is refused when it is built, what fires fires by a stable key."""

import json
import tomllib
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from connectors.domain.automation_data import dump_automations, load_automations
from connectors.domain.envelopes import USUAL_ACTIONS, Action
from connectors.domain.prefill import PrefillTemplate, TemplateRule
from connectors.domain.tagging import Tagging
from connectors.domain.triggers import (
    ANY,
    AddToAutomation,
    Automation,
    AutomationRefused,
    Callback,
    Comparison,
    ContactFacts,
    News,
    RecordChange,
    RecordCreated,
    RecordUpdated,
    Segment,
    TagAdded,
    TagNews,
    check_automations,
    explain,
    firing_key,
    matches,
)

SENT_TAG = "docusign-integration-DocuSign_Envelope_Sent"
ADA = ContactFacts(
    id="12", fields={"email": "ada@example.org", "7": "Engines"}, tags=("VIP", SENT_TAG)
)
TAGGED = TagNews(contact=ADA, tag=SENT_TAG, action=Action.SENT)
CREATED = RecordChange(
    contact=ADA,
    record_key="env:1",
    action=Action.SENT,
    step="sent/recipient",
    before=None,
    after={"status": "sent"},
)
UPDATED = RecordChange(
    contact=ADA,
    record_key="env:1",
    action=Action.COMPLETED,
    step="completed/recipient",
    before={"status": "sent", "subject": None},
    after={"status": "completed", "subject": ""},
)
ON_TAG = TagAdded(SENT_TAG)
ON_NEW = RecordCreated(Action.SENT)
ON_DONE = RecordUpdated(Action.COMPLETED, "status", after="completed")
NOTIFY = Callback("notify")
PREFILL = PrefillTemplate(
    account_id="acc",
    template_id="tpl",
    rules=(TemplateRule(source="contact.email", role="Signer", person="email"),),
)


def automation(*triggers: Any, **options: Any) -> Automation:
    return Automation(**{"id": "welcome", "triggers": triggers, "then": (NOTIFY,), **options})


IS_VIP = Segment(Comparison.HAS_TAG, "vip")


@pytest.mark.parametrize(
    ("triggers", "options", "complaint"),
    [
        ((), {}, "triggers: is empty; name what starts it, as TagAdded(…)"),
        (
            ("tag",),
            {},
            "triggers[0]: must be TagAdded or RecordCreated or RecordUpdated, got 'tag'",
        ),
        (
            (ON_NEW, ON_TAG),
            {},
            "triggers: a trigger on records cannot share an automation with another; "
            "make an automation for each",
        ),
        (
            (ON_TAG, ON_DONE),
            {},
            "triggers: a trigger on records cannot share an automation with another; "
            "make an automation for each",
        ),
        (
            (ON_NEW, ON_DONE),
            {},
            "triggers: a trigger on records cannot share an automation with another; "
            "make an automation for each",
        ),
        ((ON_TAG, TagAdded(SENT_TAG.upper())), {}, "triggers: one tag is named twice"),
        (
            (ON_NEW,),
            {"segments": (IS_VIP, IS_VIP)},
            "segments: a trigger on records takes one segment at most, got 2",
        ),
        (
            (ON_TAG,),
            {"segments": (Segment(Comparison.EQUALS, "sent", field="record.status"),)},
            "segments[0].field: 'record.status': a tag carries no record; ask for a contact field",
        ),
        ((ON_TAG,), {"segments": IS_VIP}, "segments: must be a tuple of Segment, got Segment("),
        ((ON_TAG,), {"then": ()}, "then: is empty; say what to do, as Callback('notify')"),
        (
            (ON_TAG,),
            {"then": (print,)},
            "then[0]: must be Callback or AddToAutomation or PrefillTemplate, got <built-in",
        ),
        ((ON_TAG,), {"id": 7}, "id: 7 must be 1 to 64 of the characters"),
        (
            (ON_TAG,),
            {"id": "two words"},
            "id: 'two words' must be 1 to 64 of the characters A-Z a-z 0-9 . _ -",
        ),
    ],
)
def test_an_automation_that_cannot_work_is_refused_when_it_is_built(
    triggers: tuple[Any, ...], options: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(AutomationRefused) as caught:
        automation(*triggers, **options)

    assert str(caught.value).startswith(complaint)


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: TagAdded(" "), "tag: is empty; name one of the DocuSign tags of this setup"),
        (lambda: Callback(" "), "name: is empty; name a function that was registered"),
        (
            lambda: AddToAutomation(""),
            "automation_id: is empty; give the id that ActiveCampaign shows",
        ),
        (
            lambda: RecordCreated("sent"),  # type: ignore[arg-type] # a host without a type checker
            "action: must be an Action, as Action.SENT, got 'sent'",
        ),
        (
            lambda: RecordUpdated(Action.SENT, "statuss"),
            "field: there is no 'statuss'; did you mean 'status'?",
        ),
        (
            lambda: RecordUpdated(Action.SENT, "status", after="complete"),
            "after: there is no 'complete'; did you mean 'completed'?",
        ),
        (
            lambda: RecordUpdated(Action.SENT, "recipient-status", before="void"),
            "before: there is no 'void'; known are autoresponded, completed, created, declined, "
            "delivered, faxpending, sent, signed",
        ),
        (
            lambda: RecordUpdated(Action.SENT, "status", "sent", "Sent"),
            "after: 'Sent' is the value before as well, so nothing would ever change; "
            "name another, or ANY",
        ),
        (
            lambda: Segment(Comparison.HAS_TAG, "vip", field="contact.email"),
            "field: 'contact.email' has no meaning where the test is 'has_tag'",
        ),
        (lambda: Segment(Comparison.LACKS_TAG, ""), "value: is empty; name a tag"),
        (
            lambda: Segment(Comparison.EQUALS, "x"),
            "field: there is no ''; write contact.<field> or record.<field>",
        ),
        (
            lambda: Segment(Comparison.EQUALS, "x", field="deal.value"),
            "field: there is no 'deal.value'; write contact.<field> or record.<field>",
        ),
        (
            lambda: Segment(Comparison.EQUALS, "x", field="record.state"),
            "field: there is no 'record.state'; did you mean 'record.status'?",
        ),
        (
            lambda: Segment(Comparison.CONTAINS, "", field="contact.email"),
            "value: is empty, which everything contains",
        ),
    ],
)
def test_a_part_that_cannot_work_is_refused_when_it_is_built(make: Any, complaint: str) -> None:
    with pytest.raises(AutomationRefused) as caught:
        make()

    assert str(caught.value) == complaint


def test_several_tags_may_start_one_automation_with_any_number_of_segments() -> None:
    one = automation(ON_TAG, TagAdded("docusign-integration"), segments=(IS_VIP, IS_VIP))

    assert matches(one, TAGGED)
    assert matches(one, evolve(TAGGED, tag="docusign-integration"))


# --- against the setup ---------------------------------------------------------------------------


def check(*automations: Automation, **options: Any) -> None:
    setup: dict[str, Any] = {
        "known_tags": Tagging.english().known_tags,
        "actions": USUAL_ACTIONS,
        "records": True,
    }
    check_automations(automations, **{**setup, **options})


@pytest.mark.parametrize(
    ("one", "options", "complaint"),
    [
        (
            automation(TagAdded("docusign-integration-DocuSign_Envelope_Complete")),
            {},
            "automations[0].triggers[0].tag: 'docusign-integration-DocuSign_Envelope_Complete' is "
            "no DocuSign tag of this setup; did you mean "
            "'docusign-integration-DocuSign_Envelope_Completed'?",
        ),
        (
            automation(RecordCreated(Action.VOIDED)),
            {},
            "automations[0].triggers[0].action: 'voided' is not subscribed; "
            "subscribed: sent, delivered, completed, declined",
        ),
        (
            automation(ON_DONE),
            {"actions": ()},
            "automations[0].triggers[0].action: 'completed' is not subscribed; subscribed: none",
        ),
        (
            automation(ON_NEW),
            {"records": False},
            "automations[0].triggers[0]: the DocuSign object is switched off, so no record is ever "
            "created or updated; switch it on, or use a tag",
        ),
        (
            automation(ON_TAG, then=(Callback("notfy"),)),
            {"callbacks": ["notify", "score"]},
            "automations[0].then[0].name: there is no 'notfy'; did you mean 'notify'?",
        ),
        (
            automation(ON_TAG, segments=(Segment(Comparison.EQUALS, "x", field="contact.e-mail"),)),
            {"contact_fields": ["email", "7"]},
            "automations[0].segments[0].field: there is no 'contact.e-mail'; "
            "did you mean 'contact.email'?",
        ),
    ],
)
def test_an_automation_that_cannot_work_in_this_setup_is_refused(
    one: Automation, options: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(AutomationRefused) as caught:
        check(one, **options)

    assert str(caught.value) == complaint


def test_two_automations_of_one_id_are_refused() -> None:
    with pytest.raises(AutomationRefused) as caught:
        check(automation(ON_TAG), automation(ON_NEW))

    assert str(caught.value) == "automations[1].id: 'welcome' is the id of automations[0] already"


def test_what_fits_the_setup_passes() -> None:
    check(
        automation(TagAdded(SENT_TAG.upper()), then=(NOTIFY, AddToAutomation("4"), PREFILL)),
        automation(ON_NEW, id="new", segments=(IS_VIP,)),
        automation(ON_DONE, id="done"),
        callbacks=["notify"],
        contact_fields=["email"],
    )


def test_with_the_object_switched_off_tags_still_start_automations() -> None:
    check(automation(ON_TAG), records=False)


# --- whether it fires ----------------------------------------------------------------------------


def test_each_trigger_fires_on_its_own_news() -> None:
    assert str(explain(automation(ON_TAG), TAGGED)) == f"fires: the tag '{SENT_TAG}' was added"
    assert str(explain(automation(ON_NEW), CREATED)) == "fires: a record was created by 'sent'"
    assert (
        str(explain(automation(ON_DONE), UPDATED))
        == "fires: the field 'status' was updated by 'completed'"
    )


@pytest.mark.parametrize(
    ("one", "news", "reason"),
    [
        (automation(ON_TAG), CREATED, "no tag was added"),
        (
            automation(ON_TAG),
            evolve(TAGGED, tag="docusign-integration"),
            f"the tag is 'docusign-integration', not '{SENT_TAG}'",
        ),
        (automation(ON_NEW), TAGGED, "no record changed"),
        (
            automation(ON_NEW),
            evolve(CREATED, action=Action.DECLINED),
            "the action is 'declined', not 'sent'",
        ),
        (automation(ON_NEW), evolve(CREATED, before={}), "the record was there before"),
        (automation(ON_DONE), TAGGED, "no record changed"),
        (automation(ON_DONE), evolve(UPDATED, before=None), "the record is new, not updated"),
        (
            automation(ON_DONE),
            evolve(UPDATED, before={"status": "completed"}),
            "the field 'status' did not change",
        ),
        (
            automation(RecordUpdated(Action.COMPLETED, "subject")),
            UPDATED,
            "the field 'subject' did not change",
        ),
        (
            automation(RecordUpdated(Action.COMPLETED, "status", before="delivered")),
            UPDATED,
            "the field 'status' was not the value named",
        ),
        (
            automation(RecordUpdated(Action.COMPLETED, "status", after="declined")),
            UPDATED,
            "the field 'status' is not the value named",
        ),
        (
            automation(ON_TAG, segments=(IS_VIP, Segment(Comparison.LACKS_TAG, "VIP"))),
            TAGGED,
            "segments[1] does not hold (lacks tag: 'VIP')",
        ),
        (
            automation(
                ON_TAG, segments=(Segment(Comparison.EQUALS, "x@y.org", field="contact.email"),)
            ),
            TAGGED,
            "segments[0] does not hold (equals: contact.email)",
        ),
        (
            automation(ON_TAG, TagAdded("docusign-integration")),
            CREATED,
            "no tag was added; no tag was added",
        ),
    ],
)
def test_what_does_not_fire_says_why(one: Automation, news: News, reason: str) -> None:
    judged = explain(one, news)

    assert (judged.fires, judged.reason) == (False, reason)
    assert not matches(one, news)


@pytest.mark.parametrize(
    ("before", "after", "fires"),
    [
        (ANY, ANY, True),
        ("sent", ANY, True),
        (ANY, "Completed", True),
        ("sent", "completed", True),
        ("", "completed", False),
        ("sent", "", False),
    ],
)
def test_each_end_of_an_update_may_be_any_or_a_value(before: Any, after: Any, fires: bool) -> None:
    one = automation(RecordUpdated(Action.COMPLETED, "status", before, after))

    assert matches(one, UPDATED) is fires


def test_an_empty_value_is_a_value() -> None:
    one = automation(RecordUpdated(Action.COMPLETED, "status", before=""))

    assert matches(one, evolve(UPDATED, before={}))
    assert matches(one, evolve(UPDATED, before={"status": None}))


@pytest.mark.parametrize(
    ("segment", "holds"),
    [
        (Segment(Comparison.EQUALS, "engines", field="contact.7"), True),
        (Segment(Comparison.EQUALS, "engine", field="contact.7"), False),
        (Segment(Comparison.EQUALS, "", field="contact.8"), True),
        (Segment(Comparison.NOT_EQUALS, "engine", field="contact.7"), True),
        (Segment(Comparison.NOT_EQUALS, "Engines", field="contact.7"), False),
        (Segment(Comparison.CONTAINS, "@EXAMPLE", field="contact.email"), True),
        (Segment(Comparison.CONTAINS, "@example.com", field="contact.email"), False),
        (Segment(Comparison.EQUALS, "completed", field="record.status"), True),
        (Segment(Comparison.EQUALS, "sent", field="record.status"), False),
        (Segment(Comparison.HAS_TAG, "vip"), True),
        (Segment(Comparison.HAS_TAG, "vi"), False),
        (Segment(Comparison.LACKS_TAG, "gone"), True),
        (Segment(Comparison.LACKS_TAG, "VIP"), False),
    ],
)
def test_a_segment_lets_through_whom_it_holds_for(segment: Segment, holds: bool) -> None:
    assert matches(automation(ON_DONE, segments=(segment,)), UPDATED) is holds


# --- firing keys ---------------------------------------------------------------------------------


def test_a_tag_fires_once_per_automation_contact_and_tag() -> None:
    one = automation(ON_TAG)
    key = firing_key(one, TAGGED)

    assert key == firing_key(one, evolve(TAGGED, tag=SENT_TAG.upper(), action=None))
    assert key == firing_key(one, evolve(TAGGED, contact=ContactFacts(id="12")))
    others = [
        firing_key(automation(ON_TAG, id="other"), TAGGED),
        firing_key(one, evolve(TAGGED, tag="docusign-integration")),
        firing_key(one, evolve(TAGGED, contact=ContactFacts(id="13"))),
    ]
    assert len({key, *others}) == 4


def test_a_record_fires_once_when_it_is_created() -> None:
    one = automation(ON_NEW)
    key = firing_key(one, CREATED)

    assert key == firing_key(one, evolve(CREATED, step="sent/envelope", after={}))
    assert key != firing_key(one, evolve(CREATED, record_key="env:2"))


def test_a_record_fires_once_for_each_step_of_its_life() -> None:
    one = automation(ON_DONE)
    key = firing_key(one, UPDATED)

    assert key == firing_key(one, evolve(UPDATED, after={"status": "x"}))
    assert key != firing_key(one, evolve(UPDATED, step="completed/envelope"))
    assert key != firing_key(one, evolve(UPDATED, record_key="env:2"))


@given(*[st.text(max_size=4) for _ in range(4)])
def test_no_two_steps_share_a_key(record: str, step: str, other: str, another: str) -> None:
    one = automation(ON_DONE)
    first = firing_key(one, evolve(UPDATED, record_key=record, step=step))
    second = firing_key(one, evolve(UPDATED, record_key=other, step=another))

    assert (first == second) is ((record, step) == (other, another))


def test_keys_and_explanations_hold_no_address() -> None:
    segment = Segment(Comparison.EQUALS, "eve@example.org", field="contact.email")
    one = automation(ON_TAG, segments=(segment,))

    said = f"{firing_key(one, TAGGED)} {explain(one, TAGGED)} {one} {TAGGED} {UPDATED}"

    assert "@" not in said


# --- as data -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ({}, "automations: must be a list, got {}"),
        ([5], "automations[0]: must be a table with 'id', 'triggers' and 'then'"),
        ([{"id": "a", "triggers": []}], "automations[0]: 'then' is missing"),
        (
            [{"id": "a", "triggers": [], "then": [], "segment": []}],
            "automations[0]: there is no 'segment'; did you mean 'segments'?",
        ),
        (
            [{"id": "a", "triggers": [], "then": []}],
            "automations[0].triggers: is empty; name what starts it, as TagAdded(…)",
        ),
        (
            [{"id": "a", "triggers": [{"tag": "x"}], "then": []}],
            "automations[0].triggers[0]: 'on' is missing",
        ),
        (
            [{"id": "a", "triggers": [{"on": "record_deleted"}], "then": []}],
            "automations[0].triggers[0].on: there is no 'record_deleted'; "
            "did you mean 'record_updated'?",
        ),
        (
            [{"id": "a", "triggers": [{"on": "tag_added", "tags": "x"}], "then": []}],
            "automations[0].triggers[0]: there is no 'tags'; did you mean 'tag'?",
        ),
        (
            [{"id": "a", "triggers": [{"on": "tag_added", "tag": ""}], "then": []}],
            "automations[0].triggers[0].tag: is empty; name one of the DocuSign tags of this setup",
        ),
        (
            [{"id": "a", "triggers": [{"on": "record_created", "action": "send"}], "then": []}],
            "automations[0].triggers[0].action: there is no 'send'; did you mean 'sent'?",
        ),
        (
            [
                {
                    "id": "a",
                    "triggers": [{"on": "record_updated", "action": "sent", "field": "stat"}],
                    "then": [],
                }
            ],
            "automations[0].triggers[0].field: there is no 'stat'; did you mean 'status'?",
        ),
        (
            [
                {
                    "id": "a",
                    "triggers": [],
                    "segments": [{"test": "has tag", "value": "x"}],
                    "then": [],
                }
            ],
            "automations[0].segments[0].test: there is no 'has tag'; did you mean 'has_tag'?",
        ),
        (
            [
                {
                    "id": "a",
                    "triggers": [],
                    "segments": [{"test": "has_tag", "value": ""}],
                    "then": [],
                }
            ],
            "automations[0].segments[0].value: is empty; name a tag",
        ),
        (
            [{"id": "a", "triggers": [], "then": [{"do": "callbak", "name": "x"}]}],
            "automations[0].then[0].do: there is no 'callbak'; did you mean 'callback'?",
        ),
        (
            [{"id": "a", "triggers": [], "then": [{"do": "callback", "name": " "}]}],
            "automations[0].then[0].name: is empty; name a function that was registered",
        ),
        (
            [{"id": "a", "triggers": [], "then": [{"do": "callback", "name": 5}]}],
            "automations[0].then[0].name: must be text, got 5",
        ),
        (
            [
                {
                    "id": "a",
                    "triggers": [],
                    "then": [
                        {
                            "do": "prefill_template",
                            "account_id": "acc",
                            "template_id": "tpl",
                            "rules": [{"source": "contact.email", "tab": "x", "rol": "y"}],
                        }
                    ],
                }
            ],
            "automations[0].then[0].rules[0]: there is no 'rol'; did you mean 'role'?",
        ),
    ],
)
def test_data_that_is_no_automation_is_refused_with_its_place(data: object, complaint: str) -> None:
    with pytest.raises(AutomationRefused) as caught:
        load_automations(data)

    assert str(caught.value) == complaint


def test_automations_are_read_from_toml() -> None:
    text = """
    [[automations]]
    id = "done"
    triggers = [{ on = "record_updated", action = "completed", field = "status", after = "completed" }]
    segments = [{ test = "contains", field = "contact.email", value = "@example.org" }]
    then = [{ do = "callback", name = "notify" }, { do = "add_to_automation", automation_id = "4" }]
    """

    [one] = load_automations(tomllib.loads(text)["automations"])

    assert one == Automation(
        id="done",
        triggers=(RecordUpdated(Action.COMPLETED, "status", after="completed"),),
        segments=(Segment(Comparison.CONTAINS, "@example.org", field="contact.email"),),
        then=(Callback("notify"), AddToAutomation("4")),
    )


names = st.text(min_size=1, max_size=5).filter(str.strip)
actions = st.sampled_from(Action)
records = st.builds(RecordCreated, actions) | st.builds(
    RecordUpdated,
    actions,
    st.sampled_from(
        ["sender-user-name", "completed-at", "subject", "role", "declined-at", "void-reason"]
    ),
    st.just(ANY) | st.just("a"),
    st.just(ANY) | st.just("b"),
)
segments = st.builds(
    Segment, st.sampled_from([Comparison.HAS_TAG, Comparison.LACKS_TAG]), names
) | st.builds(
    Segment,
    st.sampled_from([Comparison.EQUALS, Comparison.CONTAINS]),
    names,
    field=names.map("contact.{}".format),
)
steps = (
    st.builds(Callback, names)
    | st.builds(AddToAutomation, names)
    | st.builds(evolve, st.just(PREFILL), allow_blank=st.booleans())
)
automations = st.builds(
    Automation,
    id=st.from_regex("[a-z0-9._-]{1,9}", fullmatch=True),
    triggers=st.tuples(records) | st.tuples(st.builds(TagAdded, names)),
    segments=st.just(()) | st.tuples(segments),
    then=st.lists(steps, min_size=1, max_size=3).map(tuple),
)


@given(st.lists(automations, max_size=3).map(tuple))
def test_automations_that_are_dumped_and_loaded_are_the_same(
    automations: tuple[Automation, ...],
) -> None:
    data = json.loads(json.dumps(dump_automations(automations)))

    assert load_automations(data) == automations
