"""What goes wrong when history, templates, other people's tags and bad addresses come together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from connectors import (
    Action,
    AddToAutomation,
    Callback,
    Comparison,
    ContactRule,
    Firing,
    NotFound,
    NotSent,
    PrefillTemplate,
    RecordCreated,
    RecordUpdated,
    Segment,
    ServerError,
    TagAdded,
    Tagging,
    TagRule,
    TemplateRule,
)
from connectors.docusign import AskedTooOften
from connectors.domain.field_mapping import DEFAULT_RULES
from connectors.integrations.docusign_activecampaign.expected import EventsCase, expected_calls
from connectors.sandbox import Fault
from tests.facades import World
from tests.requirements.bridge_kit import ADA, ALL, BOB, DAY, EN, QUARTER, URL, Bridge, automation

QUOTED = {"name": "Ada Lovelace", "email": '"ada lovelace"@example.com'}
CITY = (*DEFAULT_RULES, ContactRule("custom.Town", "City"))


def city(bridge: Bridge) -> None:
    bridge.ac.add_field("City")


def made_of(bridge: Bridge, *people: Any, template: str = "") -> str:
    """An envelope made of the bridge's template, or of another, that is signed."""
    envelope = str(bridge.ds.send("Lease", list(people or (ADA,)), template_id=template))
    for one in people or (ADA,):
        bridge.ds.sign(envelope, one["email"])
    return envelope


def lease_rule(bridges: Callable[..., Bridge], world: World = "blocking") -> tuple[Bridge, str]:
    made: list[str] = []

    def prepare(bridge: Bridge) -> None:
        made.append(bridge.ds.add_template("Lease", roles=["Tenant"]))

    bridge = bridges(world, ready=False, prepare=prepare)
    rules = (TagRule("lease", templates=(made[0],)), TagRule("done", actions=(Action.COMPLETED,)))
    bridge.settings = type(bridge.settings)(tagging=Tagging(rules))
    bridge.bridge = bridge.connect()
    bridge.set_up()
    return bridge, made[0]


# --- DS-09: rules on templates ---------------------------------------------------------------


@pytest.mark.parametrize("world", ["blocking", "async"])
def test_ds_09_a_rule_on_a_template_is_met_by_its_envelopes_alone(
    bridges: Callable[..., Bridge], world: World
) -> None:
    bridge, lease = lease_rule(bridges, world)
    other = bridge.ds.add_template("Sale", roles=["Buyer"])
    made_of(bridge, ADA, template=lease)
    made_of(bridge, BOB, template=other)
    bridge.signed({"name": "Cleo", "email": "cleo@example.com"})

    assert bridge.catch_up().ok

    assert "lease" in bridge.tags(ADA["email"])
    assert "done" in bridge.tags(BOB["email"]) and "lease" not in bridge.tags(BOB["email"])
    assert "lease" not in bridge.tags("cleo@example.com")


def test_ds_09_an_envelope_is_asked_for_its_templates_once(
    bridges: Callable[..., Bridge],
) -> None:
    bridge, lease = lease_rule(bridges)
    made_of(bridge, template=lease)
    bridge.deliver()
    bridge.box.calls.clear()

    report = bridge.work()
    bridge.later(DAY)
    bridge.bridge.reconcile.run()

    assert report.calls["docusign envelopes.templates"] == 1
    assert bridge.box.calls.count("docusign", "envelopes.templates") == 1
    case = EventsCase(templates=1, accounts=1)
    assert expected_calls(case).items() <= report.calls.items()


@pytest.mark.parametrize("how", ["reconcile", "backfill", "sync_now"])
def test_ds_09_a_rule_on_a_template_is_met_by_what_is_read(
    bridges: Callable[..., Bridge], how: str
) -> None:
    bridge, lease = lease_rule(bridges)
    envelope = made_of(bridge, template=lease)
    bridge.later()

    if how == "reconcile":
        report = bridge.bridge.reconcile.run()
    elif how == "backfill":
        report = bridge.bridge.backfill.run(bridge.box.clock.now() - DAY)
    else:
        report = bridge.bridge.events.sync_now(envelope)

    assert report.ok
    assert "lease" in bridge.tags(ADA["email"])


# --- DS-07: who can be a contact -------------------------------------------------------------


def test_ds_07_an_address_that_activecampaign_takes_from_nobody_stops_nothing(
    bridges: Callable[..., Bridge],
) -> None:
    bridge = bridges()
    bridge.signed(QUOTED, BOB)

    report = bridge.catch_up()

    assert report.skipped["recipient: ActiveCampaign does not take the e-mail address"] > 0
    assert (report.ok, report.pending) == (True, 0)
    assert "Completed" in bridge.tags(BOB["email"])
    assert "lovelace" not in str(report)


def test_ds_20_nor_does_it_stop_history(bridges: Callable[..., Bridge]) -> None:
    bridge = bridges()
    bridge.signed(QUOTED, BOB)

    report = bridge.bridge.backfill.run(bridge.box.clock.now() - DAY)

    assert report.ok
    assert report.skipped["recipient: ActiveCampaign does not take the e-mail address"] == 1
    assert "Completed" in bridge.tags(BOB["email"])


def test_ds_04_a_value_that_does_not_fit_names_its_field(bridges: Callable[..., Bridge]) -> None:
    def prepare(bridge: Bridge) -> None:
        bridge.ac.add_field("Plan", "dropdown", options=["Basic", "Gold"])

    bridge = bridges(prepare=prepare, mapping=(*DEFAULT_RULES, ContactRule("custom.Plan", "Plan")))
    bridge.signed(custom_fields={"Plan": "Silver"})

    report = bridge.catch_up()

    assert [reason for reason in report.skipped if reason.startswith("field 'Plan': ")]
    assert "Silver" not in str(report)


def test_ds_07_a_tag_that_is_spelt_otherwise_is_found_where_it_cannot_be_made(
    bridges: Callable[..., Bridge],
) -> None:
    bridge = bridges()
    for name in bridge.ac.tag_names():
        bridge.ac.delete_tag(name)
    bridge.ac.add_tag("DocuSign-Integration")
    # A search by the whole name that minds the case finds nothing.
    empty = b'{"tags": [], "meta": {"total": "0"}}'
    bridge.box.faults.add(
        Fault(
            "answer", service="activecampaign", method="GET", path="/tags", status=200, body=empty
        )
    )
    bridge.store.transact(
        lambda db: db.exec_driver_sql(
            'DELETE FROM "da_tag" WHERE connection = ?', (bridge.connection,)
        )
    )
    bridge.send()

    assert bridge.catch_up().ok

    assert "DocuSign-Integration" in bridge.tags(ADA["email"])


# --- DS-20: history --------------------------------------------------------------------------


def refused(bridge: Bridge, times: int = 1) -> None:
    """The next imports are refused, whole."""
    bridge.box.faults.add(
        Fault(
            "answer",
            service="activecampaign",
            path="import/bulk_import",
            status=400,
            body=b'{"success":0,"message":"The request did not validate"}',
            times=times,
        )
    )


def test_ds_20_whose_import_was_refused_gets_their_tags_later(
    bridges: Callable[..., Bridge],
) -> None:
    bridge = bridges()
    bridge.send()
    bridge.catch_up()
    bridge.signed()
    bridge.later(DAY)
    since = bridge.box.clock.now() - 3 * DAY
    refused(bridge, 5)

    report = bridge.bridge.backfill.run(since)

    assert report.failed == {"import contact": 1}
    assert "Completed" not in bridge.tags(ADA["email"])
    bridge.box.faults.clear()
    assert bridge.bridge.backfill.run(since).ok
    assert "Completed" in bridge.tags(ADA["email"])


def test_ds_20_a_refused_contact_takes_nobody_beside_it_along(
    bridges: Callable[..., Bridge],
) -> None:
    bridge = bridges()
    bridge.signed(ADA, BOB)
    # Both together are refused, then Ada; Bob beside her is not.
    refused(bridge, 2)

    report = bridge.bridge.backfill.run(bridge.box.clock.now() - DAY)

    assert report.failed == {"import contact": 1}
    assert len(bridge.ac.contacts()) == 1
    assert len(bridge.shown()) == 1


def test_ds_20_who_was_lost_in_an_import_is_named(bridges: Callable[..., Bridge]) -> None:
    bridge = bridges()
    bridge.signed(ADA, BOB)
    empty = b'{"contacts": [], "meta": {"total": "0"}}'
    bridge.box.faults.add(
        Fault(
            "answer",
            service="activecampaign",
            method="GET",
            path="/contacts",
            status=200,
            body=empty,
        )
    )

    report = bridge.bridge.backfill.run(bridge.box.clock.now() - DAY)

    assert report.failed == {"import contact": 2}
    assert any("ActiveCampaign did not take it" in problem for problem in report.problems)
    assert ADA["email"] not in str(report)


@pytest.mark.parametrize("world", ["blocking", "async"])
def test_ds_20_history_empties_what_a_newer_envelope_left_empty(
    bridges: Callable[..., Bridge], world: World
) -> None:
    rule = ContactRule("envelope.voided_reason", "City", clear=True)
    bridge = bridges(world, prepare=city, mapping=(*DEFAULT_RULES, rule))
    contact = bridge.ac.add_contact(ADA["email"])
    bridge.ac.edit_contact(contact, fields={"City": "Lyon"})
    bridge.signed()

    assert bridge.bridge.backfill.run(bridge.box.clock.now() - DAY).ok

    assert not bridge.contact(ADA["email"])["fields"].get("City")


def test_ds_20_history_leaves_a_field_alone_that_is_mapped_no_more(
    bridges: Callable[..., Bridge],
) -> None:
    bridge = bridges(prepare=city, mapping=CITY)
    bridge.signed(custom_fields={"Town": "Lyon"})
    bridge.catch_up()
    contact = bridge.contact(ADA["email"])
    bridge.ac.edit_contact(contact["id"], fields={"City": "Paris"})
    bridge.settings = type(bridge.settings)()
    bridge.bridge = bridge.connect()
    bridge.set_up()
    bridge.signed()

    assert bridge.bridge.backfill.run(bridge.box.clock.now() - DAY).ok

    assert bridge.contact(ADA["email"])["fields"]["City"] == "Paris"


def test_ds_20_history_that_is_known_is_not_imported_again(
    bridges: Callable[..., Bridge],
) -> None:
    bridge = bridges()
    bridge.signed(ADA, BOB)
    since = bridge.box.clock.now() - DAY
    bridge.bridge.backfill.run(since)
    bridge.box.calls.clear()

    report = bridge.bridge.backfill.run(since)

    assert report.done == {}
    assert {call.method for call in bridge.box.calls} == {"GET"}


def test_ds_20_what_lists_do_not_bring_is_said(bridges: Callable[..., Bridge]) -> None:
    bridge = bridges(prepare=city, mapping=(*DEFAULT_RULES, ContactRule("tab.Town", "City")))
    bridge.signed({**ADA, "tabs": {"Town": "Lyon"}})

    report = bridge.bridge.backfill.run(bridge.box.clock.now() - DAY)

    assert report.skipped["tab and form values: a list of envelopes does not bring them"] == 1


@pytest.mark.parametrize("source", ["tab.Town", "form.Town"])
def test_ds_20_reconciling_brings_what_was_filled_in(
    bridges: Callable[..., Bridge], source: str
) -> None:
    bridge = bridges(prepare=city, mapping=(*DEFAULT_RULES, ContactRule(source, "City")))
    envelope = bridge.send({**ADA, "tabs": {"Town": ""}})
    bridge.ds.sign(envelope, ADA["email"], values={"Town": "Lyon"})
    bridge.later()

    assert bridge.bridge.reconcile.run().ok
    assert bridge.contact(ADA["email"])["fields"]["City"] == "Lyon"

    bridge.box.calls.clear()
    bridge.later()
    bridge.bridge.reconcile.run()
    assert bridge.box.calls.count("docusign", "envelopes.get") == 0
    assert bridge.ds.polling_breaches == 0


def test_ds_24_syncing_now_brings_form_values_too(bridges: Callable[..., Bridge]) -> None:
    bridge = bridges(prepare=city, mapping=(*DEFAULT_RULES, ContactRule("form.Town", "City")))
    envelope = bridge.send({**ADA, "tabs": {"Town": ""}})
    bridge.ds.sign(envelope, ADA["email"], values={"Town": "Lyon"})

    assert bridge.bridge.events.sync_now(envelope).ok

    assert bridge.contact(ADA["email"])["fields"]["City"] == "Lyon"


# --- DS-24: sync now -------------------------------------------------------------------------


@pytest.mark.parametrize("world", ["blocking", "async"])
def test_ds_24_a_read_that_failed_is_none(bridges: Callable[..., Bridge], world: World) -> None:
    bridge = bridges(world)
    envelope = bridge.signed()
    bridge.box.faults.add(Fault("not_sent", service="docusign", path="/envelopes/", times=5))
    with pytest.raises(NotSent):
        bridge.bridge.events.sync_now(envelope)
    with pytest.raises(NotFound):
        bridge.bridge.events.sync_now("00000000-0000-0000-0000-000000000009")
    bridge.box.faults.clear()

    assert bridge.bridge.events.sync_now(envelope).ok

    with pytest.raises(AskedTooOften, match="15 minutes") as caught:
        bridge.bridge.events.sync_now(envelope)
    assert caught.value.retry_after is not None
    assert 0 < caught.value.retry_after <= 900
    assert (caught.value.transient, caught.value.attempts) == (True, 0)


def test_ds_24_a_host_that_read_it_itself_is_told_when_it_may_be_read_again(
    bridges: Callable[..., Bridge],
) -> None:
    bridge = bridges()
    envelope = bridge.signed()
    bridge.docusign(bridge.accounts[0]).envelopes.get(envelope)
    bridge.later(timedelta(minutes=14))
    with pytest.raises(AskedTooOften) as caught:
        bridge.bridge.events.sync_now(envelope)
    assert caught.value.retry_after is not None

    bridge.later(timedelta(seconds=caught.value.retry_after))

    assert bridge.bridge.events.sync_now(envelope).ok
    assert bridge.ds.polling_breaches == 0


def test_ds_24_what_was_read_and_could_not_be_written_is_kept(
    bridges: Callable[..., Bridge],
) -> None:
    bridge = bridges()
    envelope = bridge.signed()
    bridge.box.faults.add(
        Fault("answer", service="activecampaign", path="contact/sync", status=500, times=9)
    )
    with pytest.raises(ServerError):
        bridge.bridge.events.sync_now(envelope)
    bridge.box.faults.clear()

    assert bridge.work().ok

    assert "Completed" in bridge.tags(ADA["email"])


def test_ds_24_syncing_what_is_known_writes_nothing(bridges: Callable[..., Bridge]) -> None:
    bridge = bridges()
    envelope = bridge.signed()
    bridge.catch_up()

    report = bridge.bridge.events.sync_now(envelope)

    assert report.done == {}


# --- DS-10: where the envelope stands --------------------------------------------------------


@pytest.mark.parametrize("order", [1, -1], ids=["in order", "the end first"])
def test_ds_10_a_record_keeps_the_envelopes_status_whoever_it_concerns(
    bridges: Callable[..., Bridge], order: int
) -> None:
    bridge = bridges(automations=(automation(RecordUpdated(Action.DECLINED, "status")),))
    envelope = bridge.send(ADA, BOB)
    bridge.ds.sign(envelope, ADA["email"])
    bridge.later()
    bridge.ds.decline(envelope, BOB["email"])
    for message in bridge.messages()[::order]:
        bridge.receive(message.headers, message.body)
        assert bridge.work().ok

    shown = bridge.fields(ADA["email"])
    assert (shown["status"], shown["recipient-status"]) == ("declined", "completed")
    assert "Declined" not in bridge.tags(ADA["email"])
    assert {one.email for one in bridge.called} == {BOB["email"]}
    [record] = bridge.bridge.records.of(ADA["email"])
    assert (record.status, record.recipient_status) == ("declined", "completed")
    bridge.later(DAY)
    assert bridge.bridge.reconcile.run().done == {}


def test_ds_10_records_of_an_account_that_is_connected_no_more_keep_their_link(
    bridges: Callable[..., Bridge],
) -> None:
    bridge = bridges(accounts=2)
    bridge.signed()
    bridge.catch_up()
    link = bridge.fields()["document-link"]
    bridge.accounts = bridge.accounts[1:]
    bridge.bridge = bridge.connect()
    bridge.set_up()
    bridge.later(2 * DAY)

    assert bridge.bridge.reconcile.run().ok

    assert link and bridge.fields()["document-link"] == link
    assert [one.document_link for one in bridge.bridge.records.of(ADA["email"])] == [link]


def test_ds_10_a_record_shows_no_address_where_it_is_printed(bridge: Bridge) -> None:
    bridge.signed(subject="Lease for ada@example.org")
    bridge.catch_up()

    assert "@" not in repr(bridge.bridge.records.of(ADA["email"]))


def test_ds_10_records_follow_to_a_contact_that_was_made_again(bridge: Bridge) -> None:
    bridge.signed(subject="First")
    bridge.catch_up()
    bridge.ac.delete_contact(bridge.contact(ADA["email"])["id"])
    bridge.later()
    bridge.signed(subject="Second")

    assert bridge.catch_up().ok

    listed = bridge.bridge.records.of(ADA["email"])
    assert [one.details["subject"] for one in listed] == ["Second", "First"]
    bridge.later(2 * DAY)
    assert bridge.bridge.reconcile.run().ok
    assert len(bridge.shown(ADA["email"])) == 2


# --- DS-13, DS-14: triggers ------------------------------------------------------------------


@pytest.mark.parametrize("how", ["message", "bare message", "reconcile"])
def test_ds_13_what_happened_before_the_setup_fires_nothing_however_it_is_told(
    bridges: Callable[..., Bridge], how: str
) -> None:
    def prepare(bridge: Bridge) -> None:
        bridge.envelope = bridge.send()  # type: ignore[attr-defined]
        bridge.later(30 * DAY)

    watched = (
        automation(TagAdded(f"{EN}Sent"), id="tag"),
        automation(RecordCreated(Action.SENT), id="created"),
        automation(RecordUpdated(Action.COMPLETED, "recipient-status"), id="signed"),
    )
    bridge = bridges(prepare=prepare, automations=watched)
    if how == "bare message":
        bridge.ds.configurations()[0].fields["eventData"]["includeData"] = []
    bridge.ds.sign(bridge.envelope, ADA["email"])  # type: ignore[attr-defined]
    bridge.later()

    if how == "reconcile":
        assert bridge.bridge.reconcile.run().ok
    else:
        bridge.catch_up()

    assert "Completed" in bridge.tags(ADA["email"])
    assert [one.automation for one in bridge.called] == ["signed"]


def test_ds_14_a_corrected_subject_goes_from_one_value_to_another(
    bridges: Callable[..., Bridge],
) -> None:
    trigger = RecordUpdated(Action.CORRECTED, "subject", before="Agreement", after="Other")
    bridge = bridges(actions=ALL, automations=(automation(trigger),))
    envelope = bridge.send()
    bridge.later()
    bridge.ds.start_correcting(envelope)
    bridge.ds.envelope(envelope).subject = "Other"
    bridge.ds.stop_correcting(envelope)
    messages = bridge.messages()
    for message in messages[::-1]:
        bridge.receive(message.headers, message.body)

    assert bridge.work().ok

    [fired] = bridge.called
    assert fired.before is not None and fired.record is not None
    assert (fired.before["subject"], fired.record["subject"]) == ("Agreement", "Other")


@pytest.mark.parametrize(
    ("test", "fires"), [(Comparison.HAS_TAG, ADA["email"]), (Comparison.LACKS_TAG, BOB["email"])]
)
def test_ds_15_a_segment_may_ask_for_a_tag_that_somebody_else_gave(
    bridges: Callable[..., Bridge], test: Comparison, fires: str
) -> None:
    def prepare(bridge: Bridge) -> None:
        bridge.ac.add_contact(ADA["email"], tags=["VIP"])

    segment = Segment(test, "vip")
    trigger = RecordUpdated(Action.COMPLETED, "recipient-status", after="completed")
    bridge = bridges(prepare=prepare, automations=(automation(trigger, segments=[segment]),))
    bridge.signed(ADA, BOB)

    assert bridge.catch_up().ok

    assert {one.email for one in bridge.called} == {fires}


# --- DS-16, DS-17: steps ---------------------------------------------------------------------


def test_ds_16_a_sender_field_that_docusign_did_not_take_is_an_error_of_the_step(
    bridges: Callable[..., Bridge],
) -> None:
    def steps(bridge: Bridge) -> tuple[Any, ...]:
        template = bridge.ds.add_template(
            "Offer",
            roles=["Buyer"],
            prefill={"textTabs": [{"tabLabel": "Price", "templateLocked": "true"}]},
        )
        rules = (
            TemplateRule(source="contact.email", role="Buyer", person="email"),
            TemplateRule(source="contact.name", role="Buyer", person="name"),
            TemplateRule(constant="100", tab="Price"),
        )
        action = PrefillTemplate(account_id=bridge.accounts[0], template_id=template, rules=rules)
        return (automation(TagAdded(f"{EN}Completed"), then=(action,)),)

    bridge = bridges(automations=steps)
    bridge.signed()

    report = bridge.catch_up()

    assert report.failed == {"firing": 1}
    assert "tab Price" in report.problems[0]


def test_ds_17_an_automation_that_the_key_may_not_use_is_its_own_failure(
    bridges: Callable[..., Bridge],
) -> None:
    def steps(bridge: Bridge) -> tuple[Any, ...]:
        welcome = bridge.ac.add_automation("Welcome")
        return (automation(TagAdded(f"{EN}Completed"), then=(AddToAutomation(welcome),)),)

    bridge = bridges(automations=steps)
    bridge.box.faults.add(
        Fault(
            "answer",
            service="activecampaign",
            method="POST",
            path="contactAutomations",
            status=403,
            body=b'{"message":"You are not allowed to do this."}',
        )
    )
    bridge.signed()

    report = bridge.catch_up()

    assert report.failed == {"firing": 1}
    bridge.later(DAY)
    assert bridge.work().ok


def test_ds_01_a_step_that_cannot_be_taken_any_more_is_named(
    bridges: Callable[..., Bridge],
) -> None:
    made: list[str] = []

    def steps(bridge: Bridge) -> tuple[Any, ...]:
        made.append(bridge.ds.add_template("Offer", roles=["Buyer"], tabs={"Price": ""}))
        rules = (
            TemplateRule(source="contact.email", role="Buyer", person="email"),
            TemplateRule(source="contact.name", role="Buyer", person="name"),
            TemplateRule(constant="100", role="Buyer", tab="Price"),
        )
        action = PrefillTemplate(account_id=bridge.accounts[0], template_id=made[0], rules=rules)
        return (automation(TagAdded(f"{EN}Completed"), then=(action,)),)

    bridge = bridges(automations=steps)
    assert all(check.ok for check in bridge.bridge.check())

    bridge.ds.change_template(made[0], labels={"Price": "Amount"})

    [failing] = [check for check in bridge.bridge.check() if not check.ok]
    assert failing.question == "automations can do what they are to do"
    assert "Price" in failing.answer


def test_ds_02_a_new_plan_says_what_differs(bridge: Bridge) -> None:
    bridge.ac.add_field("City")

    [change] = bridge.bridge.setup.plan(URL)

    assert change.reason == "otherwise than before: the contact fields that there are"


def test_ds_17_a_function_that_raised_says_where(bridges: Callable[..., Bridge]) -> None:
    def notify(firing: Firing) -> None:
        raise RuntimeError(f"no mail to {firing.email}")

    bridge = bridges(
        automations=(automation(TagAdded(f"{EN}Completed"), then=(Callback("notify"),)),),
        callbacks={"notify": notify},
    )
    bridge.signed()

    [problem] = bridge.catch_up().problems

    assert "raised RuntimeError in notify (test_ds_edges.py:" in problem
    assert "@" not in problem


# --- DS-04: templates ------------------------------------------------------------------------


def test_ds_04_a_label_that_a_signature_shares_with_a_text_may_be_mapped(
    bridges: Callable[..., Bridge],
) -> None:
    def lease(bridge: Bridge) -> tuple[str, ...]:
        both = {"signHereTabs": [{"tabLabel": "Town"}], "textTabs": [{"tabLabel": "Town"}]}
        return (bridge.ds.add_template("Lease", roles=["Tenant"], tabs=both),)

    rule = ContactRule("tab.Town", "City")
    bridge = bridges(prepare=city, templates=lease, mapping=(*DEFAULT_RULES, rule))

    assert bridge.rows("da_setup") == 1


def test_ds_04_without_the_accounts_fields_custom_ones_cannot_be_checked(
    bridges: Callable[..., Bridge],
) -> None:
    def lease(bridge: Bridge) -> tuple[str, ...]:
        return (bridge.ds.add_template("Lease", custom_fields={"Case": "7"}),)

    bridge = bridges(
        ready=False,
        prepare=city,
        templates=lease,
        mapping=(*DEFAULT_RULES, ContactRule("custom.Case", "City")),
    )
    bridge.box.faults.add(
        Fault(
            "answer",
            service="docusign",
            path="/custom_fields",
            status=403,
            body=b'{"errorCode":"USER_LACKS_PERMISSIONS","message":"no"}',
            skip=1,
        )
    )

    [warning] = [one for one in bridge.bridge.setup.plan(URL).warnings if "Case" in one]
    assert warning.endswith("cannot be checked: the account's own may not be read")


def test_ds_24_a_message_waits_no_longer_than_docusign_asks(
    bridges: Callable[..., Bridge],
) -> None:
    bridge = bridges()
    bridge.ds.configurations()[0].fields["eventData"]["includeData"] = []
    envelope = bridge.signed()
    bridge.docusign(bridge.accounts[0]).envelopes.get(envelope)
    bridge.later(timedelta(minutes=14))
    bridge.deliver()
    assert bridge.work().pending > 0

    bridge.later(timedelta(minutes=2))

    assert bridge.work().done
    bridge.later(QUARTER)
    bridge.work()
    assert bridge.ds.polling_breaches == 0


# --- what fails on the way -------------------------------------------------------------------


def test_ds_10_a_contact_that_is_gone_keeps_no_other_of_the_envelope_waiting(
    bridges: Callable[..., Bridge],
) -> None:
    cleo = {"name": "Cleo", "email": "cleo@example.com"}
    bridge = bridges()
    envelope = bridge.send(ADA, BOB, cleo)
    bridge.ds.sign(envelope, ADA["email"])
    bridge.ds.sign(envelope, cleo["email"])
    bridge.catch_up()
    bridge.ac.delete_contact(bridge.contact(ADA["email"])["id"])
    bridge.later()
    bridge.ds.decline(envelope, BOB["email"])

    report = bridge.catch_up()

    assert (report.ok, report.pending) == (True, 0)
    assert bridge.fields(cleo["email"])["status"] == "declined"
    assert report.skipped["record of somebody else in the envelope: reconcile writes it"] > 0


@pytest.mark.parametrize("source", ["tab.Town", "form.Town"])
def test_ds_20_what_could_not_be_read_is_read_later(
    bridges: Callable[..., Bridge], source: str
) -> None:
    bridge = bridges(prepare=city, mapping=(*DEFAULT_RULES, ContactRule(source, "City")))
    envelope = bridge.send({**ADA, "tabs": {"Town": ""}})
    bridge.ds.sign(envelope, ADA["email"], values={"Town": "Lyon"})
    bridge.later()
    part = "form_data" if source == "form.Town" else f"/envelopes/{envelope}"
    bridge.box.faults.add(
        Fault("answer", service="docusign", method="GET", path=part, status=500, times=9)
    )
    assert not bridge.bridge.reconcile.run().ok
    bridge.box.faults.clear()

    for _ in range(2):
        bridge.later()
        bridge.work()

    assert bridge.contact(ADA["email"])["fields"]["City"] == "Lyon"
    assert bridge.ds.polling_breaches == 0


def test_ds_20_what_was_read_a_short_while_ago_is_read_again_in_time(
    bridges: Callable[..., Bridge],
) -> None:
    bridge = bridges(prepare=city, mapping=(*DEFAULT_RULES, ContactRule("tab.Town", "City")))
    envelope = bridge.send({**ADA, "tabs": {"Town": ""}})
    bridge.bridge.events.sync_now(envelope)
    bridge.later(timedelta(minutes=5))
    bridge.ds.sign(envelope, ADA["email"], values={"Town": "Lyon"})

    report = bridge.bridge.reconcile.run()

    assert report.skipped["tab and form values: read with the next events"] == 1
    bridge.later(timedelta(minutes=10))
    assert bridge.work().ok
    assert bridge.contact(ADA["email"])["fields"]["City"] == "Lyon"
    assert bridge.ds.polling_breaches == 0


def test_ds_24_what_was_read_is_kept_where_its_form_cannot_be_read(
    bridges: Callable[..., Bridge],
) -> None:
    bridge = bridges(prepare=city, mapping=(*DEFAULT_RULES, ContactRule("form.Town", "City")))
    envelope = bridge.send({**ADA, "tabs": {"Town": ""}})
    bridge.ds.sign(envelope, ADA["email"], values={"Town": "Lyon"})
    bridge.box.faults.add(
        Fault("answer", service="docusign", path="form_data", status=500, times=9)
    )
    with pytest.raises(ServerError):
        bridge.bridge.events.sync_now(envelope)
    bridge.box.faults.clear()

    assert bridge.work().ok

    assert bridge.contact(ADA["email"])["fields"]["City"] == "Lyon"


def test_ds_20_an_envelope_without_templates_ends_no_backfill(
    bridges: Callable[..., Bridge],
) -> None:
    bridge, lease = lease_rule(bridges)
    made_of(bridge, template=lease)
    made_of(bridge, BOB, template=lease)
    bridge.box.faults.add(
        Fault(
            "answer",
            service="docusign",
            path="/templates",
            status=404,
            body=b'{"errorCode":"ENVELOPE_DOES_NOT_EXIST","message":"gone"}',
        )
    )

    report = bridge.bridge.backfill.run(bridge.box.clock.now() - DAY)

    assert report.ok
    tagged = [one for one in (ADA, BOB) if "lease" in bridge.tags(one["email"])]
    assert len(tagged) == 1


def test_ds_09_nobody_is_asked_for_templates_that_are_known(
    bridges: Callable[..., Bridge],
) -> None:
    bridge, lease = lease_rule(bridges)
    envelope = bridge.ds.send("Lease", [ADA], template_id=lease)
    bridge.catch_up()
    bridge.ds.sign(envelope, ADA["email"])
    bridge.deliver()

    report = bridge.work()

    assert not [name for name in report.calls if name.startswith("docusign")]


def test_ds_20_a_record_that_cannot_be_written_ends_no_backfill(
    bridges: Callable[..., Bridge],
) -> None:
    bridge = bridges()
    bridge.signed(ADA, BOB)
    since = bridge.box.clock.now() - DAY
    bridge.box.faults.add(
        Fault(
            "answer",
            service="activecampaign",
            method="POST",
            path="customObjects/records",
            status=422,
            body=b'{"errors":[{"title":"no","detail":"no"}]}',
        )
    )

    report = bridge.bridge.backfill.run(since)

    assert report.failed == {"record": 1}
    assert len(bridge.shown()) == 1
    assert bridge.bridge.backfill.run(since).ok
    assert len(bridge.shown()) == 2


def test_ds_20_a_refusal_by_docusign_itself_counts_as_a_try(bridges: Callable[..., Bridge]) -> None:
    bridge = bridges(attempts=1)
    bridge.ds.configurations()[0].fields["eventData"]["includeData"] = []
    envelope = bridge.signed()
    bridge.deliver()
    bridge.box.faults.add(
        Fault(
            "answer",
            service="docusign",
            method="GET",
            path=f"/envelopes/{envelope}",
            status=400,
            body=b'{"errorCode":"Burst_Envelope_Polling_Limit_Exceeded","message":"too often"}',
        )
    )

    report = bridge.work()

    assert report.failed["message given up"] == 1


def test_ds_19_what_happened_to_an_envelope_later_waits_for_what_came_before(
    bridges: Callable[..., Bridge],
) -> None:
    bridge = bridges()
    envelope = bridge.send()
    bridge.docusign(bridge.accounts[0]).envelopes.get(envelope)
    [first] = bridge.messages("recipient-sent")
    bridge.changed(first, bare=True)
    bridge.ds.sign(envelope, ADA["email"])
    [last] = bridge.messages("recipient-completed")
    bridge.receive(last.headers, last.body)

    report = bridge.work()

    assert (report.done, report.pending) == ({}, 2)
    bridge.later()
    assert bridge.work().ok
    assert {"Sent", "Completed"} <= bridge.tags(ADA["email"])
