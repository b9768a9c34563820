"""What webhooks missed, history loaded at once, and what a run costs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors import (
    Action,
    AddToAutomation,
    Automation,
    ContactRule,
    DomainError,
    RecordCreated,
    RecordUpdated,
    TagAdded,
)
from connectors.domain.field_mapping import DEFAULT_RULES
from connectors.integrations.docusign_activecampaign.expected import (
    BackfillCase,
    EventsCase,
    expected_calls,
)
from tests.facades import World
from tests.requirements.bridge_kit import ADA, BOB, DAY, EN, QUARTER, URL, Bridge, automation

RULES = (
    automation(TagAdded(f"{EN}Completed"), id="tag"),
    automation(RecordCreated(Action.SENT), id="created"),
    automation(RecordUpdated(Action.COMPLETED, "status", after="completed"), id="done"),
)

NAMES = {
    "contact_tags.create": "contact_tags.add",
    "records.upsert": "records.put",
    "imports.create": "contacts.import",
    "imports.get": "contacts.import_status",
}
"""What the sandbox calls an operation → what the client does, where they differ."""


def counted(bridge: Bridge) -> dict[str, int]:
    """What the services were asked, by the client's names, without signing in."""
    found = {}
    for name, n in bridge.calls().items():
        service, _, operation = name.partition(" ")
        if not operation.startswith("oauth."):
            found[f"{service} {NAMES.get(operation, operation)}"] = n
    single = found.pop("activecampaign contacts.import", 0), len(bridge.ac.contacts()) % 250
    if single[0]:
        found |= {
            f"activecampaign contacts.import{name}": n
            for name, n in (("", single[0] - (single[1] == 1)), ("_one", int(single[1] == 1)))
            if n
        }
    return found


# --- DS-20: reconcile ------------------------------------------------------------------------


def test_ds_20_what_webhooks_missed_is_found_by_reading(any_bridge: Bridge) -> None:
    bridge = any_bridge
    envelope = bridge.signed(ADA, BOB)
    bridge.later()

    report = bridge.bridge.reconcile.run()

    assert report.ok
    for who in ("ada@example.com", "bob@example.com"):
        assert bridge.tags(who) == {"docusign-integration", "Sent", "Delivered", "Completed"}
        assert bridge.fields(who)["status"] == "completed"
    assert envelope in bridge.shown()[0]["external_id"]


def test_ds_20_it_heals_to_the_state_that_webhooks_leave(bridges: Callable[..., Bridge]) -> None:
    states = []
    for healed in (False, True):
        bridge = bridges(automations=RULES)
        bridge.signed(ADA, BOB)
        bridge.ds.decline(bridge.send(), ADA["email"])
        bridge.later()
        if not healed:
            bridge.catch_up()
        bridge.bridge.reconcile.run()
        states.append(bridge.everything())

    assert states[0] == states[1]


def test_ds_20_it_goes_on_from_its_watermark(bridge: Bridge) -> None:
    bridge.signed()
    bridge.later()
    bridge.bridge.reconcile.run()
    bridge.later(timedelta(hours=5))
    bridge.signed(BOB)
    bridge.later()
    bridge.box.calls.keep_bodies = True
    bridge.box.calls.clear()

    report = bridge.bridge.reconcile.run()

    assert report.done["create contact"] == 1
    [read] = [call for call in bridge.box.calls if call.operation == "envelopes.list"]
    assert "from_date=2026-03-02T07" in read.url, "an hour of overlap, and no more"


def test_ds_20_a_quiet_run_writes_nothing(any_bridge: Bridge) -> None:
    bridge = any_bridge
    bridge.signed(ADA, BOB)
    bridge.catch_up()
    bridge.later()
    bridge.bridge.reconcile.run()
    bridge.later()
    bridge.box.calls.clear()

    report = bridge.bridge.reconcile.run()

    assert report.done == {}
    assert {call.method for call in bridge.box.calls} == {"GET"}


def test_ds_20_the_polling_rule_is_kept(bridge: Bridge) -> None:
    bridge.signed()
    bridge.later()
    bridge.bridge.reconcile.run()
    bridge.box.calls.clear()

    report = bridge.bridge.reconcile.run()

    assert any("15 minutes" in reason for reason in report.skipped)
    assert bridge.box.calls.count("docusign", "envelopes.list") == 0
    for _ in range(5):
        bridge.later()
        bridge.bridge.reconcile.run()
    assert bridge.ds.rates.breaches == []


@pytest.mark.parametrize("world", ["blocking", "async"])
def test_ds_20_deliveries_that_failed_are_found_however_old(
    bridges: Callable[..., Bridge], world: World
) -> None:
    bridge = bridges(world)
    bridge.signed(subject="Old")
    bridge.ds.deliver(lambda headers, body: 503)
    bridge.later(timedelta(days=5))
    assert bridge.ac.contacts() == []

    bridge.bridge.reconcile.run()

    assert "Completed" in bridge.tags("ada@example.com")
    assert bridge.bridge.run()[0].ok


def test_ds_20_without_an_administrator_the_failures_are_left_and_it_says_so(
    bridge: Bridge,
) -> None:
    bridge.signed()
    bridge.later()
    bridge.ds.set_admin(bridge.ds.user_id, False)

    report = bridge.bridge.reconcile.run()

    assert "Completed" in bridge.tags("ada@example.com")
    assert any("administrator" in reason for reason in report.skipped)


def test_ds_20_one_run_does_both(any_bridge: Bridge) -> None:
    bridge = any_bridge
    bridge.signed()
    bridge.deliver()
    bridge.signed(BOB)
    bridge.later()

    reports = bridge.bridge.run()

    assert [one.job for one in reports] == ["events", "reconcile"]
    assert "Completed" in bridge.tags("ada@example.com") & bridge.tags("bob@example.com")


def test_ds_20_triggers_of_what_was_missed_fire(bridges: Callable[..., Bridge]) -> None:
    bridge = bridges(automations=RULES)
    bridge.signed()
    bridge.later()
    bridge.bridge.reconcile.run()
    bridge.catch_up()

    assert sorted(one.automation for one in bridge.called) == ["created", "done", "tag"]


# --- DS-20: history --------------------------------------------------------------------------


@pytest.mark.parametrize("world", ["blocking", "async"])
def test_ds_20_history_is_loaded_without_firing_anything(
    bridges: Callable[..., Bridge], world: World
) -> None:
    entries: list[str] = []

    def rules(bridge: Bridge) -> tuple[Automation, ...]:
        entries.append(bridge.ac.add_automation("Theirs", on_tag=f"{EN}Completed"))
        entries.append(bridge.ac.add_automation("Ours"))
        added = automation(TagAdded(f"{EN}Sent"), id="enrol", then=(AddToAutomation(entries[1]),))
        return (*RULES, added)

    bridge = bridges(world, automations=rules)
    done, under_way = bridge.signed(ADA, BOB), bridge.send(subject="Under way")
    bridge.later(DAY)

    report = bridge.bridge.backfill.run(bridge.box.clock.now() - 2 * DAY)

    assert report.ok
    assert report.done["import contact"] == 2
    assert bridge.tags("bob@example.com") == {
        "docusign-integration", "Sent", "Delivered", "Completed"
    }  # fmt: skip
    assert bridge.contact("ada@example.com")["first_name"] == "Ada"
    assert {one.envelope_id for one in bridge.bridge.records.of("ada@example.com")} == {
        done,
        under_way,
    }
    assert len(bridge.shown()) == 3
    assert bridge.called == []
    assert bridge.ac.enrolments() == [], "neither ours nor theirs"
    assert bridge.fired("due") == []

    bridge.work()
    bridge.bridge.reconcile.run()
    bridge.catch_up()
    assert bridge.called == [], "nor by what tells of the same later"

    bridge.ds.sign(under_way, ADA["email"])
    bridge.catch_up()
    assert [(one.automation, one.envelope_id) for one in bridge.called] == [("done", under_way)]


def test_ds_20_history_and_webhooks_leave_the_same_people_and_records(
    bridges: Callable[..., Bridge],
) -> None:
    states = []
    for loaded in (False, True):
        bridge = bridges()
        bridge.signed(ADA, BOB)
        bridge.send({"name": "Noor Haddad", "email": "noor@example.com"})
        bridge.later(DAY)
        if loaded:
            bridge.bridge.backfill.run(bridge.box.clock.now() - 2 * DAY)
        else:
            bridge.catch_up()
        states.append(bridge.everything())

    assert states[0] == states[1]


def test_ds_20_loading_it_again_makes_nothing_twice(bridge: Bridge) -> None:
    bridge.signed(ADA, BOB)
    bridge.later(DAY)
    since = bridge.box.clock.now() - 2 * DAY
    bridge.bridge.backfill.run(since)
    state = bridge.everything()

    report = bridge.bridge.backfill.run(since)

    assert bridge.everything() == state
    assert "write record" not in report.done


def test_ds_20_only_the_window_is_loaded(bridge: Bridge) -> None:
    bridge.signed()
    bridge.later(3 * DAY)
    middle = bridge.box.clock.now()
    bridge.signed(BOB)
    bridge.later(DAY)

    bridge.bridge.backfill.run(middle - DAY)
    assert [one["email"] for one in bridge.ac.contacts()] == ["bob@example.com"]
    bridge.bridge.backfill.run(middle - 5 * DAY, middle - DAY)
    assert {one["email"] for one in bridge.ac.contacts()} == {"ada@example.com", "bob@example.com"}


@pytest.mark.parametrize(
    ("since", "until", "why"),
    [
        (datetime(2026, 1, 1), None, "time zone"),
        (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1), "time zone"),
        (datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC), "is not before"),
        (datetime(2027, 1, 1, tzinfo=UTC), None, "is not before"),
    ],
)
def test_ds_20_a_window_that_cannot_be_is_refused_before_any_call(
    bridge: Bridge, since: datetime, until: datetime | None, why: str
) -> None:
    bridge.box.calls.clear()
    with pytest.raises(DomainError, match=why):
        bridge.bridge.backfill.run(since, until)
    assert len(bridge.box.calls) == 0


def test_ds_20_one_contact_that_is_refused_keeps_no_other_out(bridge: Bridge) -> None:
    bridge.ac.import_rejects = lambda email: email.startswith("bob")
    bridge.signed(ADA, BOB)
    bridge.later(DAY)

    report = bridge.bridge.backfill.run(bridge.box.clock.now() - 2 * DAY)

    assert not report.ok
    assert report.failed["import contact"] == 1
    assert [one["email"] for one in bridge.ac.contacts()] == ["ada@example.com"]
    assert len(bridge.shown()) == 1


def test_ds_20_each_account_has_its_history(bridges: Callable[..., Bridge]) -> None:
    bridge = bridges(accounts=2)
    bridge.signed(ADA, account_id=bridge.accounts[0])
    bridge.signed(BOB, account_id=bridge.accounts[1])
    bridge.later(DAY)
    bridge.bridge.backfill.run(bridge.box.clock.now() - 2 * DAY)

    [record] = bridge.bridge.records.of("bob@example.com")
    assert record.account_id == bridge.accounts[1]
    assert "Completed" in bridge.tags("ada@example.com")


# --- what it costs ---------------------------------------------------------------------------


@pytest.mark.parametrize("world", ["blocking", "async"])
@pytest.mark.parametrize("signers", [1, 2, 5])
def test_ds_06_a_completed_message_costs_no_docusign_call_and_few_of_activecampaign(
    bridges: Callable[..., Bridge], world: World, signers: int
) -> None:
    bridge = bridges(world)
    people = [{"name": f"P {n}", "email": f"p{n}@example.com"} for n in range(signers)]
    bridge.signed(BOB)
    bridge.catch_up()  # tags are known by now
    bridge.signed(*people)
    [message] = [
        one
        for one in bridge.messages("envelope-completed")
        if bridge.receive(one.headers, one.body)
    ]
    bridge.box.calls.clear()

    report = bridge.work()

    case = EventsCase(signers=signers, tags=2 * signers, records=signers)
    assert expected_calls(case) == report.calls == counted(bridge)
    assert sum(report.calls.values()) == signers * (1 + 2 + 1)
    assert not bridge.calls("docusign")
    assert message.event == "envelope-completed"


@pytest.mark.parametrize("world", ["blocking", "async"])
def test_ds_06_a_contact_that_has_its_tags_costs_two_calls(
    bridges: Callable[..., Bridge], world: World
) -> None:
    bridge = bridges(world)
    bridge.signed()
    bridge.catch_up()
    bridge.signed()
    [message] = bridge.messages("envelope-completed")
    bridge.receive(message.headers, message.body)
    bridge.box.calls.clear()

    report = bridge.work()

    case = EventsCase(signers=1, records=1)
    assert expected_calls(case) == report.calls == counted(bridge)
    assert sum(report.calls.values()) == 2


def test_ds_06_tags_that_the_store_does_not_know_are_looked_up_once_each(bridge: Bridge) -> None:
    forget = "DELETE FROM da_tag WHERE connection = ?"
    bridge.store.transact(lambda db: db.exec_driver_sql(forget, (bridge.connection,)))
    bridge.signed()
    [message] = bridge.messages("envelope-completed")
    bridge.receive(message.headers, message.body)
    bridge.box.calls.clear()

    report = bridge.work()

    case = EventsCase(signers=1, tags=2, new_tags=2, records=1)
    assert expected_calls(case) == report.calls == counted(bridge)


@pytest.mark.parametrize("accounts", [1, 2])
def test_ds_20_a_message_without_data_costs_one_read(
    bridges: Callable[..., Bridge], accounts: int
) -> None:
    bridge = bridges(accounts=accounts)
    for account in bridge.accounts:
        for made in bridge.ds.configurations(account_id=account):
            made.fields["eventData"]["includeData"] = []
    envelopes = [bridge.signed(), bridge.signed(BOB)]
    for message in bridge.messages("envelope-completed"):
        bridge.receive(message.headers, message.body)
    bridge.box.calls.clear()

    report = bridge.work()

    case = EventsCase(signers=2, tags=8, records=2, bare=len(envelopes), accounts=accounts)
    assert expected_calls(case) == report.calls == counted(bridge)


def test_ds_20_an_envelope_that_the_host_has_just_read_waits_for_its_turn(
    bridges: Callable[..., Bridge],
) -> None:
    bridge = bridges()
    bridge.ds.configurations()[0].fields["eventData"]["includeData"] = []
    envelope = bridge.signed()
    host = bridge.docusign(bridge.accounts[0])
    host.envelopes.get(envelope)

    told = len(bridge.deliver())
    report = bridge.work()

    assert (report.failed, report.pending) == ({}, told)
    bridge.later(QUARTER)
    assert bridge.work().ok
    assert "Completed" in bridge.tags(ADA["email"])
    assert bridge.ds.polling_breaches == 0


@pytest.mark.parametrize(
    ("world", "contacts", "each"),
    [
        ("blocking", 1, 1),
        ("blocking", 251, 1),
        ("blocking", 3, 2),
        ("async", 3, 2),
        ("async", 1, 1),
    ],
)
def test_ds_20_loading_history_costs_what_is_expected(
    bridges: Callable[..., Bridge], world: World, contacts: int, each: int
) -> None:
    bridge = bridges(world)
    for n in range(contacts):
        for _ in range(each):
            bridge.send({"name": f"P {n}", "email": f"p{n}@example.com"})
    bridge.later(DAY)
    bridge.box.calls.clear()

    report = bridge.bridge.backfill.run(bridge.box.clock.now() - 2 * DAY)

    polls = bridge.box.calls.count("activecampaign", "imports.get")
    case = BackfillCase(
        envelopes=(contacts * each,), contacts=contacts, polls=polls, records=contacts * each
    )
    assert expected_calls(case) == report.calls == counted(bridge)
    imports = -(-contacts // 250)
    assert bridge.box.calls.count("activecampaign", "imports.create") == imports
    assert imports <= polls <= 4 * imports
    assert report.calls["activecampaign records.put"] == contacts * each


def test_ds_20_history_larger_than_a_body_takes_more_imports(
    bridges: Callable[..., Bridge],
) -> None:
    bridge = bridges(
        prepare=lambda it: it.ac.add_field("Long", "textarea"),
        mapping=(*DEFAULT_RULES, ContactRule("custom.Long", "Long")),
    )
    for n in range(30):
        person = {"name": f"P {n}", "email": f"p{n}@example.com"}
        bridge.send(person, custom_fields={"Long": "x" * 30_000})
    bridge.later(DAY)

    report = bridge.bridge.backfill.run(bridge.box.clock.now() - 2 * DAY)

    assert report.ok
    assert report.done["import contact"] == 30
    assert report.calls["activecampaign contacts.import"] == 3


def test_ds_02_a_plan_counts_its_calls_by_service(bridge: Bridge) -> None:
    plan: Any = bridge.bridge.setup.plan(URL)

    assert {name.partition(" ")[0] for name in plan.calls} == {"docusign", "activecampaign"}
