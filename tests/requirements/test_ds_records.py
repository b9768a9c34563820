"""The DocuSign record of each envelope and recipient, and news that comes in any order."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from connectors import (
    Action,
    BridgeSettings,
    Callback,
    DocuSignClient,
    DomainError,
    Fallback,
    Firing,
    RecordCreated,
    RecordUpdated,
    TagAdded,
)
from connectors.domain.envelopes import RECORD_FIELDS
from tests.facades import World
from tests.requirements.bridge_kit import ADA, ALL, BOB, DAY, EN, URL, Bridge, automation

FIVE = ("status", "sender-user-name", "document-link", "sent-at", "completed-at")


def told(moment: datetime | None) -> str:
    assert moment is not None
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03}Z"


# --- DS-10: the record -----------------------------------------------------------------------


def test_ds_10_a_record_has_status_sender_link_and_both_times(any_bridge: Bridge) -> None:
    bridge = any_bridge
    envelope = bridge.signed(subject="Lease")
    bridge.catch_up()

    [shown] = bridge.shown()
    truth = bridge.ds.envelope(envelope)
    assert {name: shown["fields"][name] for name in FIVE} == {
        "status": "completed",
        "sender-user-name": "Sam Sender",
        "document-link": f"https://appdemo.docusign.com/documents/details/{envelope}",
        "sent-at": told(truth.initial_sent),
        "completed-at": told(truth.completed),
    }
    assert shown["contacts"] == [bridge.contact("ada@example.com")["id"]]
    [record] = bridge.bridge.records.of("ada@example.com")
    assert (record.status, record.recipient_status) == ("completed", "completed")
    assert record.sent_at is not None and told(record.sent_at) == told(truth.initial_sent)
    assert record.completed_at is not None and told(record.completed_at) == told(truth.completed)
    assert record.external_id == shown["external_id"]


def test_ds_10_links_of_the_production_environment_differ(bridges: Callable[..., Bridge]) -> None:
    bridge = bridges(ready=False)
    bridge.ds.go_live("na3")
    live = DocuSignClient(
        bridge.credential(), environment="production", transport=bridge.box.transport
    )
    bridge.bridge = bridge.connect(docusign=[live])
    bridge.set_up()
    envelope = bridge.signed()
    bridge.catch_up()

    link = bridge.fields()["document-link"]
    assert link == f"https://app.docusign.com/documents/details/{envelope}"


def test_ds_10_what_has_not_happened_is_empty_and_not_now(bridge: Bridge) -> None:
    bridge.send()
    bridge.catch_up()

    assert "completed-at" not in bridge.fields()
    [record] = bridge.bridge.records.of("ada@example.com")
    assert record.completed_at is None
    assert (record.status, record.recipient_status) == ("sent", "sent")


def test_ds_10_one_record_per_envelope_and_recipient_updated_in_place(any_bridge: Bridge) -> None:
    bridge = any_bridge
    envelope = bridge.send(ADA, BOB)
    bridge.catch_up()
    ids = [one["external_id"] for one in bridge.shown()]
    for who in ("ada@example.com", "bob@example.com"):
        bridge.ds.sign(envelope, who)
        bridge.catch_up()
    other = bridge.signed()
    bridge.catch_up()

    assert len(ids) == len(set(ids)) == 2
    assert [one["external_id"] for one in bridge.shown()][:2] == ids
    assert len(bridge.shown()) == 3
    assert {one.envelope_id for one in bridge.bridge.records.of("ada@example.com")} == {
        envelope,
        other,
    }
    assert all(envelope in one for one in ids)


def test_ds_10_it_keeps_the_recipients_and_the_envelopes_status(bridge: Bridge) -> None:
    envelope = bridge.send(ADA, BOB)
    bridge.ds.sign(envelope, "ada@example.com")
    bridge.catch_up()

    fields = bridge.fields("ada@example.com")
    assert (fields["status"], fields["recipient-status"]) == ("sent", "completed")


def test_ds_10_a_contacts_records_are_listed_newest_first(any_bridge: Bridge) -> None:
    bridge = any_bridge
    sent = []
    for n in range(3):
        sent.append(bridge.signed(subject=f"Number {n}"))
        bridge.later(DAY)
    bridge.catch_up(disorder=1.0, seed=3)

    found = bridge.bridge.records.of("ADA@example.com")
    assert [one.envelope_id for one in found] == sent[::-1]
    assert bridge.bridge.records.of_contact(bridge.contact("ada@example.com")["id"]) == found
    assert bridge.bridge.records.of("nobody@example.com") == ()


def test_ds_10_only_the_integration_writes_records(bridge: Bridge) -> None:
    public = {name for name in dir(bridge.bridge.records._thing) if not name.startswith("_")}
    assert public == {"of", "of_contact"}

    bridge.signed()
    bridge.catch_up()
    [record] = bridge.bridge.records.of("ada@example.com")
    with pytest.raises(AttributeError):
        record.status = "sent"


@pytest.mark.parametrize("world", ["blocking", "async"])
def test_ds_10_an_outside_edit_is_found_and_rewritten(
    bridges: Callable[..., Bridge], world: World
) -> None:
    bridge = bridges(world)
    bridge.signed(ADA, BOB)
    bridge.catch_up()
    before = bridge.shown()
    bridge.ac.edit_record(
        "docusign", before[0]["external_id"], {"status": "declined", "subject": "Mine"}
    )
    bridge.later()

    report = bridge.bridge.reconcile.run()

    assert report.done == {"write record again": 1}
    assert [one["fields"] for one in bridge.shown()] == [one["fields"] for one in before]
    bridge.later(DAY)
    assert bridge.bridge.reconcile.run().done == {}


def test_ds_10_a_record_somebody_deleted_is_written_again(bridge: Bridge) -> None:
    bridge.signed(ADA, BOB)
    bridge.catch_up()
    before = {one["external_id"]: one["fields"] for one in bridge.shown()}
    bridge.ac.delete_record("docusign", next(iter(before)))
    bridge.later()

    bridge.bridge.reconcile.run()

    assert {one["external_id"]: one["fields"] for one in bridge.shown()} == before


def test_ds_10_a_record_is_never_written_before_its_contact_and_tags(bridge: Bridge) -> None:
    bridge.signed()
    bridge.deliver()
    bridge.box.calls.clear()
    bridge.work()

    order = [one.operation for one in bridge.box.calls]
    assert order.index("contacts.sync") < order.index("contact_tags.create")
    assert order.index("contact_tags.create") < order.index("records.upsert")


def no_objects(bridge: Bridge) -> None:
    bridge.ac.custom_objects = False
    for title in ("Document", "Where"):
        bridge.ac.add_field(title)


@pytest.mark.parametrize("world", ["blocking", "async"])
def test_ds_10_without_custom_objects_the_store_alone_has_it_and_the_plan_says_so(
    bridges: Callable[..., Bridge], world: World
) -> None:
    bridge = bridges(world, ready=False, prepare=no_objects)

    plan = bridge.bridge.setup.plan(URL)

    assert any("this store alone" in one and "Enterprise" in one for one in plan.warnings)
    assert "this store alone" in str(plan)
    applied = bridge.bridge.apply(plan)
    assert "create ActiveCampaign object" not in applied.done
    assert any("this store alone" in one for one in applied.skipped)
    again = bridge.bridge.setup.plan(URL)
    assert list(again) == []
    assert any("this store alone" in one for one in again.warnings)
    bridge.signed()
    report = bridge.catch_up()
    assert report.ok
    assert "Completed" in bridge.tags("ada@example.com")
    assert any(one.startswith("record: ") and "Enterprise" in one for one in report.skipped)
    [record] = bridge.bridge.records.of("ada@example.com")
    assert record.status == "completed"
    assert bridge.ac.notes_of(bridge.contact("ada@example.com")["id"]) == []
    failing = [one for one in bridge.bridge.check() if not one.ok]
    assert [one.question for one in failing] == ["custom objects can be used"]


@pytest.mark.parametrize("world", ["blocking", "async"])
def test_ds_10_without_custom_objects_a_note_has_it(
    bridges: Callable[..., Bridge], world: World
) -> None:
    bridge = bridges(world, prepare=no_objects, fallback=Fallback.NOTE, ready=False)
    plan = bridge.bridge.setup.plan(URL)
    assert any("a note on the contact" in one for one in plan.warnings)
    bridge.bridge.apply(plan)
    envelope = bridge.signed(subject="Lease")
    bridge.deliver(duplicates=1.0)
    bridge.work()

    notes = bridge.ac.notes_of(bridge.contact("ada@example.com")["id"])
    last = notes[-1]["text"]
    assert "Status: completed" in last
    assert envelope in last and "Lease" in last and "Sam Sender" in last
    assert len({one["text"] for one in notes}) == len(notes), "no note twice"

    bridge.later()
    bridge.bridge.reconcile.run()
    assert len(bridge.ac.notes_of(bridge.contact("ada@example.com")["id"])) == len(notes)


@pytest.mark.parametrize("world", ["blocking", "async"])
def test_ds_10_without_custom_objects_chosen_contact_fields_have_the_newest(
    bridges: Callable[..., Bridge], world: World
) -> None:
    bridge = bridges(world, prepare=no_objects, ready=False)
    ids = {one.title: one.id for one in bridge.ac.fields.values()}
    bridge.settings = BridgeSettings(
        fallback=Fallback.FIELDS,
        record_fields={"status": ids["Document"], "document-link": ids["Where"]},
    )
    bridge.bridge = bridge.connect()
    plan = bridge.bridge.setup.plan(URL)
    assert any("contact fields" in one for one in plan.warnings)
    bridge.bridge.apply(plan)
    old = bridge.send()
    bridge.later(DAY)
    new = bridge.send()
    bridge.catch_up()
    bridge.ds.sign(old, ADA["email"])

    assert bridge.catch_up().ok

    fields = bridge.contact("ada@example.com")["fields"]
    assert fields["Document"] == "sent"
    assert fields["Where"].endswith(new)
    bridge.ds.sign(new, ADA["email"])
    bridge.catch_up()
    assert bridge.contact("ada@example.com")["fields"]["Document"] == "completed"


def test_ds_10_a_field_for_records_that_does_not_exist_is_refused(
    bridges: Callable[..., Bridge],
) -> None:
    bridge = bridges(ready=False, fallback=Fallback.FIELDS, record_fields={"status": "77"})

    with pytest.raises(DomainError, match="'77'"):
        bridge.set_up()


def test_ds_10_a_plan_lost_later_stops_the_record_and_nothing_else(bridge: Bridge) -> None:
    bridge.ac.custom_objects = False
    bridge.signed()

    report = bridge.catch_up()

    assert report.ok
    assert "Completed" in bridge.tags("ada@example.com")
    assert any(one.startswith("record: ") for one in report.skipped)

    bridge.ac.custom_objects = True
    bridge.later()
    bridge.bridge.reconcile.run()
    assert bridge.fields()["status"] == "completed"


def test_ds_10_an_object_that_lacks_fields_gets_them_and_keeps_its_own(
    bridges: Callable[..., Bridge],
) -> None:
    bridge = bridges(
        ready=False,
        prepare=lambda it: it.ac.add_schema("docusign", {"status": "text", "mine": "text"}),
    )

    plan = bridge.bridge.setup.plan(URL)

    [change] = [one for one in plan if one.kind == "object"]
    assert change.verb.value == "update"
    bridge.bridge.apply(plan)
    bridge.signed()
    assert bridge.catch_up().ok
    assert bridge.fields()["status"] == "completed"
    [schema] = bridge.ac.schemas.values()
    assert "mine" in str(schema)


def there(
    *kept: Mapping[str, Any] | str, contacts: bool = True, but: Sequence[str] = ()
) -> Callable[[Bridge], None]:
    """An object of slug "docusign" with each field of records as text, but for these."""

    def prepare(bridge: Bridge) -> None:
        own = [field(one) if isinstance(one, str) else dict(one) for one in kept]
        has = {one["id"] for one in own}
        all_fields = [field(name) for name in RECORD_FIELDS if name not in has and name not in but]
        made = bridge.ac.add_schema("docusign", [*own, *all_fields], label="Contract")
        bridge.ac.schemas[made] = replace(bridge.ac.schemas[made], description="Legal's own")
        relationships = bridge.ac.schemas[made].relationships
        if not contacts:
            relationships.clear()
        labels = {"singular": "Firm", "plural": "Firms"}
        account = {"id": "account", "namespace": "accounts", "labels": labels, "hasMany": False}
        relationships.append({**account, "description": "Whose it is"})

    return prepare


def field(id: str, type: str = "text", **more: Any) -> dict[str, Any]:
    return {"id": id, "labels": {"singular": id, "plural": f"{id}s"}, "type": type, **more}


def test_ds_10_an_object_of_others_gets_what_it_lacks_and_loses_nothing(
    bridges: Callable[..., Bridge],
) -> None:
    own = field("mine", "dropdown", options=[{"id": "7", "value": "Open"}])
    bridge = bridges(ready=False, prepare=there(own, but=("subject", "sent-at")))
    [before] = bridge.ac.schemas.values()

    plan = bridge.bridge.setup.plan(URL)

    [change] = [one for one in plan if one.kind == "object"]
    assert change.reason == "it gets the fields sent-at, subject; all else of it stays"
    bridge.bridge.apply(plan)
    [after] = bridge.ac.schemas.values()
    assert (after.id, after.labels, after.description) == (
        before.id,
        {"singular": "Contract", "plural": "Contract"},
        "Legal's own",
    )
    assert after.relationships == [
        {"description": "", **before.relationships[0]},
        before.relationships[1],
    ]
    assert after.fields[: len(before.fields)] == before.fields
    added = {one["id"]: one["type"] for one in after.fields[len(before.fields) :]}
    assert added == {"sent-at": "datetime", "subject": "text"}
    assert list(bridge.bridge.setup.plan(URL)) == []


def test_ds_10_an_object_that_belongs_to_no_contact_gets_the_relationship(
    bridges: Callable[..., Bridge],
) -> None:
    bridge = bridges(ready=False, prepare=there(contacts=False))

    plan = bridge.bridge.setup.plan(URL)

    [change] = [one for one in plan if one.kind == "object"]
    assert change.reason.startswith("it gets the relationship primary-contact to contacts;")
    bridge.bridge.apply(plan)
    [schema] = bridge.ac.schemas.values()
    assert [one["id"] for one in schema.relationships] == ["account", "primary-contact"]
    bridge.signed()
    assert bridge.catch_up().ok
    assert bridge.fields()["status"] == "completed"


def test_ds_10_an_object_whose_fields_hold_the_values_otherwise_is_taken_as_it_is(
    bridges: Callable[..., Bridge],
) -> None:
    always = [field(name, required=True) for name in ("status", "recipient-status")]
    link = field("document-link", "textarea", required=True)
    old = field("old", required=True)
    bridge = bridges(ready=False, prepare=there(*always, link, field("sent-at", "datetime"), old))
    [schema] = bridge.ac.schemas.values()
    schema.doomed.add("old")

    plan = bridge.bridge.setup.plan(URL)

    assert "object" not in {one.kind for one in plan}
    bridge.bridge.apply(plan)
    bridge.signed()
    assert bridge.catch_up().ok
    assert bridge.fields()["completed-at"]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (
            field("status", "dropdown", options=[{"value": "Open"}]),
            "its field 'status' is of type 'dropdown', and should be text or textarea",
        ),
        (
            field("sent-at", "date"),
            "its field 'sent-at' is of type 'date', and should be text, textarea or datetime",
        ),
        (field("subject", "datetime"), "its field 'subject' is of type 'datetime'"),
        (
            field("deal", required=True),
            "its field 'deal' is required, and should not be: records of envelopes do not have it",
        ),
        (
            field("completed-at", required=True),
            "its field 'completed-at' is required, and should not be: some records have nothing",
        ),
    ],
)
def test_ds_10_an_object_that_no_record_fits_is_refused_before_anything_is_made(
    bridges: Callable[..., Bridge], wrong: Mapping[str, Any], told: str
) -> None:
    bridge = bridges(ready=False, prepare=there(wrong))
    [before] = bridge.ac.schemas.values()

    with pytest.raises(DomainError) as caught:
        bridge.bridge.setup.plan(URL)

    assert told in str(caught.value)
    assert "delete it, or choose BridgeSettings(records=False)" in str(caught.value)
    assert bridge.ac.tag_names() == []
    [failing] = [one for one in bridge.bridge.check() if not one.ok]
    assert told in failing.answer
    bridge.settings = BridgeSettings(records=False)
    bridge.bridge = bridge.connect()
    bridge.set_up()
    assert list(bridge.ac.schemas.values()) == [before]


def test_ds_10_a_field_that_is_being_deleted_keeps_its_object_from_use(
    bridges: Callable[..., Bridge],
) -> None:
    bridge = bridges(ready=False, prepare=there())
    [schema] = bridge.ac.schemas.values()
    schema.doomed.add("subject")

    with pytest.raises(DomainError, match="field 'subject' is marked for deletion"):
        bridge.bridge.setup.plan(URL)
    [failing] = [one for one in bridge.bridge.check() if not one.ok]
    assert "'subject' is marked for deletion" in failing.answer


def test_ds_10_what_became_of_the_object_since_the_plan_counts(
    bridges: Callable[..., Bridge],
) -> None:
    mended, spoiled = (bridges(ready=False, prepare=there(but=("role",))) for _ in range(2))
    for bridge, more in ((mended, field("role")), (spoiled, field("deal", required=True))):
        plan = bridge.bridge.setup.plan(URL)
        [schema] = bridge.ac.schemas.values()
        schema.fields.append(more)
        if bridge is mended:
            assert bridge.bridge.apply(plan).ok
        else:
            with pytest.raises(DomainError, match="field 'deal' is required"):
                bridge.bridge.apply(plan)
        assert bridge.box.calls.count("activecampaign", "schemas.update") == 0


FITTING = [
    ("status", ("text", "textarea", "hidden")),
    ("completed-at", ("date", "datetime", "text", "textarea", "hidden")),
]


@pytest.mark.parametrize(
    ("name", "kind"), [(name, kind) for name, kinds in FITTING for kind in kinds]
)
def test_ds_10_a_contact_field_that_holds_the_value_has_it(
    bridges: Callable[..., Bridge], name: str, kind: str
) -> None:
    bridge = bridges(ready=False, prepare=no_objects)
    target = bridge.ac.add_field("Target", type=kind)
    bridge.settings = BridgeSettings(fallback=Fallback.FIELDS, record_fields={name: target})
    bridge.bridge = bridge.connect()
    bridge.set_up()
    bridge.signed()

    assert bridge.catch_up().ok

    wanted = str(bridge.box.clock.now().date()) if name.endswith("-at") else "completed"
    assert bridge.contact("ada@example.com")["fields"]["Target"].startswith(wanted)


@pytest.mark.parametrize(
    ("name", "kind", "right"),
    [
        ("status", "dropdown", "text, textarea or hidden"),
        ("recipient-status", "radio", "text, textarea or hidden"),
        ("status", "checkbox", "text, textarea or hidden"),
        ("subject", "datetime", "text, textarea or hidden"),
        ("role", "number", "text, textarea or hidden"),
        ("sent-at", "dropdown", "date, datetime, text, textarea or hidden"),
        ("sent-at", "number", "date, datetime, text, textarea or hidden"),
    ],
)
def test_ds_10_a_contact_field_that_does_not_hold_the_value_is_refused(
    bridges: Callable[..., Bridge], name: str, kind: str, right: str
) -> None:
    bridge = bridges(ready=False, prepare=no_objects)
    options = ["completed"] if kind in ("dropdown", "radio", "checkbox") else []
    target = bridge.ac.add_field("Target", type=kind, options=options)
    bridge.settings = BridgeSettings(fallback=Fallback.FIELDS, record_fields={name: target})
    bridge.bridge = bridge.connect()

    with pytest.raises(DomainError) as caught:
        bridge.set_up()

    assert str(caught.value) == (
        f"record_fields[{name!r}]: the contact field {target} 'Target' is of type {kind!r}, which "
        f"does not hold each value of {name!r}; name one of type {right}"
    )
    failing = {one.question: one.answer for one in bridge.bridge.check() if not one.ok}
    assert failing == {"the mapping fits the contact fields": str(caught.value)}
    assert bridge.ac.tag_names() == []


# --- DS-11: details --------------------------------------------------------------------------


def details(bridge: Bridge, email: str = "ada@example.com") -> dict[str, str]:
    [record] = bridge.bridge.records.of(email)
    return dict(record.details)


def test_ds_11_a_delivered_record_says_when(bridge: Bridge) -> None:
    envelope = bridge.send()
    bridge.later()
    bridge.ds.view(envelope, ADA["email"])
    bridge.catch_up()

    opened = bridge.ds.recipient(envelope, ADA["email"]).delivered
    assert details(bridge)["delivered-at"] == told(opened)
    assert bridge.fields()["delivered-at"] == told(opened)
    assert not {"declined-at", "decline-reason", "voided-at", "void-reason"} & set(details(bridge))


def test_ds_11_a_declined_record_says_why_and_when(bridge: Bridge) -> None:
    envelope = bridge.send()
    bridge.later()
    bridge.ds.decline(envelope, ADA["email"], reason="Too dear")
    bridge.catch_up()

    assert details(bridge)["decline-reason"] == "Too dear"
    declined = bridge.ds.recipient(envelope, ADA["email"]).declined
    assert details(bridge)["declined-at"] == told(declined)
    assert bridge.fields()["decline-reason"] == "Too dear"
    assert bridge.fields()["status"] == "declined"


def test_ds_11_a_void_or_an_expiry_is_seen_by_reading(bridge: Bridge) -> None:
    voided, expired = bridge.send(), bridge.send(BOB)
    bridge.catch_up()
    bridge.ds.void(voided, reason="A mistake")
    bridge.ds.expire(expired)
    bridge.catch_up()
    assert bridge.fields("ada@example.com")["status"] == "sent"
    bridge.later()

    bridge.bridge.reconcile.run()

    assert bridge.fields("ada@example.com")["status"] == "voided"
    assert details(bridge)["void-reason"] == "A mistake"
    assert "voided-at" in details(bridge)
    assert details(bridge, "bob@example.com")["void-reason"].startswith("Envelope has expired")
    assert "Voided" not in bridge.tags("ada@example.com")


def test_ds_11_or_by_the_subscription_that_was_chosen(bridges: Callable[..., Bridge]) -> None:
    bridge = bridges(actions=(Action.SENT, Action.VOIDED))
    bridge.ds.void(bridge.send(), reason="A mistake")
    bridge.catch_up()

    assert bridge.fields()["void-reason"] == "A mistake"


# --- DS-19: any order ------------------------------------------------------------------------

WATCHED = (
    automation(TagAdded(f"{EN}Completed"), id="tag"),
    automation(RecordCreated(Action.SENT), id="created"),
    automation(RecordUpdated(Action.COMPLETED, "status", after="completed"), id="done"),
    automation(RecordUpdated(Action.DELIVERED, "recipient-status"), id="opened"),
    automation(RecordUpdated(Action.DECLINED, "status", after="declined"), id="refused"),
    automation(RecordCreated(Action.COMPLETED), id="never"),
)


def played(bridge: Bridge) -> None:
    """Two envelopes: one is signed by both, one declined by the second signer."""
    signed, declined = bridge.send(ADA, BOB), bridge.send(BOB, ADA)
    for envelope in (signed, declined):
        bridge.later()
        bridge.ds.view(envelope, ADA["email"])
        bridge.later()
        bridge.ds.sign(envelope, ADA["email"])
        bridge.later()
        bridge.ds.view(envelope, BOB["email"])
    bridge.later()
    bridge.ds.sign(signed, BOB["email"])
    bridge.ds.decline(declined, BOB["email"])


@pytest.fixture(scope="module")
def in_order() -> Any:
    bridge = Bridge(automations=WATCHED)
    played(bridge)
    bridge.catch_up()
    state = bridge.everything()
    bridge.close()
    return state


@pytest.mark.parametrize("seed", range(8))
def test_ds_19_any_order_with_duplicates_leaves_the_state_of_one_in_order(
    bridges: Callable[..., Bridge], in_order: Any, seed: int
) -> None:
    bridge = bridges(automations=WATCHED)
    played(bridge)
    bridge.deliver(duplicates=0.5, disorder=1.0, seed=seed)
    bridge.work()
    bridge.later()
    bridge.deliver()
    bridge.work()

    assert bridge.everything() == in_order


@pytest.mark.parametrize("seed", range(8))
def test_ds_19_also_when_each_is_worked_off_before_the_next_comes(
    bridges: Callable[..., Bridge], in_order: Any, seed: int
) -> None:
    bridge = bridges("async" if seed % 2 else "blocking", automations=WATCHED)
    played(bridge)
    messages = [*bridge.messages(), *random.Random(seed).sample(bridge.messages(), 5)]
    random.Random(seed).shuffle(messages)
    for one in messages:
        bridge.receive(one.headers, one.body)
        bridge.work()

    assert bridge.everything() == in_order


def test_ds_19_every_order_of_one_signers_life(bridges: Callable[..., Bridge]) -> None:
    bridge = bridges(automations=WATCHED)
    wanted = ("recipient-sent", "recipient-delivered", "recipient-completed", "envelope-completed")
    states = []
    for number, order in enumerate(permutations(range(4))):
        who = f"p{number}@example.com"
        envelope = bridge.send({"name": "Ada Lovelace", "email": who})
        bridge.later()
        bridge.ds.view(envelope, who)
        bridge.later()
        bridge.ds.sign(envelope, who)
        messages = [one for one in bridge.messages(*wanted) if one.envelope == envelope]
        assert len(messages) == 4
        for place in order:
            bridge.receive(messages[place].headers, messages[place].body)
            bridge.work()
        shown = {k: v for k, v in bridge.fields(who).items() if k[-3:] not in ("-at", "ink")}
        times = sorted(k for k in bridge.fields(who) if k.endswith("-at"))
        fired = sorted(one.automation for one in bridge.fired() if one.email == who)
        states.append((bridge.tags(who), shown, times, fired))

    assert all(state == states[0] for state in states)
    assert states[0][3] == ["created", "done", "opened", "tag"]


def test_ds_19_a_late_message_never_moves_a_status_back(any_bridge: Bridge) -> None:
    bridge = any_bridge
    envelope = bridge.send()
    [sent] = bridge.messages("recipient-sent")
    bridge.ds.sign(envelope, ADA["email"])
    [done] = bridge.messages("envelope-completed")
    bridge.receive(done.headers, done.body)
    bridge.work()
    bridge.later(timedelta(days=14))
    bridge.receive(sent.headers, sent.body)
    bridge.work()

    assert bridge.fields()["status"] == "completed"
    assert bridge.fields()["recipient-status"] == "completed"
    assert "Sent" in bridge.tags("ada@example.com")


def test_ds_19_an_older_message_writes_no_older_value(bridge: Bridge) -> None:
    envelope = bridge.send()
    [old] = bridge.messages("recipient-sent")
    bridge.later()
    bridge.ds.correct(envelope, ADA["email"], name="Ada King")
    bridge.ds.sign(envelope, ADA["email"])
    [new] = bridge.messages("recipient-completed")
    for one in (new, old):
        bridge.receive(one.headers, one.body)
        bridge.work()

    assert bridge.contact("ada@example.com")["last_name"] == "King"


@pytest.mark.parametrize("again", ["resend", "correct"])
def test_ds_19_a_newer_resend_or_correction_may_move_a_status_back(
    bridges: Callable[..., Bridge], again: str
) -> None:
    for flip in (False, True):
        bridge = bridges(actions=(*ALL[:4], Action.CORRECTED, Action.RESENT))
        envelope = bridge.send()
        bridge.later()
        bridge.ds.view(envelope, ADA["email"])
        bridge.later()
        if again == "resend":
            bridge.ds.resend(envelope)
        else:
            bridge.ds.correct(envelope, ADA["email"], name="Ada King")
        messages = bridge.messages()
        for one in reversed(messages) if flip else messages:
            bridge.receive(one.headers, one.body)
            bridge.work()
        truth = bridge.ds.envelope(envelope)
        assert bridge.fields()["status"] == truth.status
        assert bridge.fields()["recipient-status"] == truth.recipients[0].status


@pytest.mark.parametrize("end", ["completed", "declined", "voided"])
def test_ds_19_nothing_leaves_an_end(bridges: Callable[..., Bridge], end: str) -> None:
    bridge = bridges(actions=ALL)
    envelope = bridge.send()
    [sent] = bridge.messages("recipient-sent")
    bridge.later()
    match end:
        case "completed":
            bridge.ds.sign(envelope, ADA["email"])
        case "declined":
            bridge.ds.decline(envelope, ADA["email"])
        case _:
            bridge.ds.void(envelope)
    bridge.catch_up()
    bridge.later(DAY)
    newer = bridge.box.clock.now().strftime("%Y-%m-%dT%H:%M:%S.0000000Z")
    for event in ("envelope-resent", "recipient-resent", "envelope-corrected"):
        bridge.changed(sent, event=event, at=newer)
    bridge.work()

    assert bridge.fields()["status"] == end


def test_ds_19_triggers_see_contact_tags_and_record_written(
    bridges: Callable[..., Bridge],
) -> None:
    seen: list[tuple[bool, bool, bool]] = []

    def look(fired: Firing) -> None:
        found = bridge.contact(fired.email)
        records = bridge.shown(fired.email)
        seen.append((found["first_name"] == "Ada", f"{EN}Sent" in found["tags"], len(records) == 1))

    bridge = bridges(
        callbacks={"look": look},
        automations=(
            automation(TagAdded(f"{EN}Sent"), id="tag", then=(Callback("look"),)),
            automation(RecordCreated(Action.SENT), id="record", then=(Callback("look"),)),
        ),
    )
    bridge.signed()
    bridge.catch_up()

    assert seen == [(True, True, True), (True, True, True)]
