"""What spoils one recipient, record, step or reading: nothing else waits for it, nothing is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors import Action, AddToAutomation, ContactRule, RecordUpdated
from connectors.domain.field_mapping import DEFAULT_RULES
from connectors.domain.history import Facts
from connectors.engine.job import Send
from connectors.integrations.docusign_activecampaign import events, work
from connectors.sandbox.kernel import Fault
from tests.requirements.bridge_kit import ADA, BOB, Bridge, automation
from tests.world import CrashDriver, Died, moments

DONE = RecordUpdated(Action.COMPLETED, "status", after="completed")
NO_TIME = "0001-01-01T00:00:00Z"


@pytest.fixture
def bridges() -> Iterator[Callable[..., Bridge]]:
    made: list[Bridge] = []

    def one(**how: Any) -> Bridge:
        made.append(Bridge(own_store=True, **how))
        return made[-1]

    yield one
    for bridge in made:
        bridge.close()


@pytest.fixture
def bridge(bridges: Callable[..., Bridge]) -> Bridge:
    return bridges()


def campaign(status: int, path: str, times: int = 1) -> Fault:
    return Fault("answer", service="activecampaign", path=path, status=status, times=times)


def test_a_recipient_who_is_refused_keeps_no_other_of_the_envelope_out(bridge: Bridge) -> None:
    bridge.signed(ADA, BOB)
    bridge.changed(*bridge.messages("envelope-completed"))
    bridge.box.faults.add(campaign(422, "contact/sync"))

    report = bridge.work()

    assert report.failed == {"message": 1}
    assert report.done["create contact"] == 1
    assert bridge.tags(ADA["email"]) == set()
    assert "Completed" in bridge.tags(BOB["email"])
    bridge.later()
    assert bridge.work().ok
    assert "Completed" in bridge.tags(ADA["email"])
    assert len(bridge.shown()) == 2


@pytest.mark.parametrize("zone", ["Z", ""])
def test_a_date_of_the_year_1_is_no_time_at_all(bridge: Bridge, zone: str) -> None:
    bridge.send()
    [message] = bridge.messages("recipient-sent")
    none = NO_TIME.removesuffix("Z") + zone
    bridge.changed(
        message,
        signer={"deliveredDateTime": none, "signedDateTime": none},
        summary={"completedDateTime": none, "voidedDateTime": none},
    )

    assert bridge.work().ok

    shown = bridge.fields()
    assert shown["recipient-status"] == "sent"
    assert not {"delivered-at", "completed-at", "voided-at"} & {k for k, v in shown.items() if v}


def test_a_message_nobody_thought_of_keeps_no_other_waiting(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    envelope = bridge.send()
    bridge.send(BOB)
    work_off = work.work_off

    def crashing(setting: Any, snapshot: Any) -> Any:
        if snapshot.envelope_id == envelope:
            raise ValueError("Ada <ada@example.com>")
        return (yield from work_off(setting, snapshot))

    monkeypatch.setattr(events, "work_off", crashing)

    report = bridge.catch_up()

    assert report.failed == {"message": 1}
    assert "ValueError" in report.problems[0]
    assert "ada@" not in f"{report.problems}"
    assert "Sent" in bridge.tags(BOB["email"])


def test_an_envelope_that_reconciling_could_not_carry_over_is_tried_again(bridge: Bridge) -> None:
    bridge.signed()
    bridge.later(timedelta(hours=3))
    bridge.box.faults.add(campaign(500, "contact/sync", times=99))
    report = bridge.bridge.reconcile.run()
    assert report.failed == {"envelope": 1}
    bridge.box.faults.clear()
    bridge.later(timedelta(hours=3))  # the next window begins later

    bridge.bridge.run()

    assert "Completed" in bridge.tags(ADA["email"])
    assert bridge.bridge.events.given_up() == ()


def test_a_plan_lost_later_stops_no_reconciling(bridges: Callable[..., Bridge]) -> None:
    bridge = bridges(automations=(automation(DONE),))
    bridge.signed()
    bridge.ac.custom_objects = False
    bridge.later()

    report = bridge.bridge.reconcile.run()

    assert report.ok
    assert any(one.startswith("record: ") for one in report.skipped)
    assert len(bridge.fired("done")) == 1
    bridge.ac.custom_objects = True
    bridge.later()
    bridge.bridge.reconcile.run()
    assert bridge.fields()["status"] == "completed"


def test_a_record_whose_contact_is_gone_holds_back_no_other(bridge: Bridge) -> None:
    bridge.signed(ADA)
    bridge.signed(BOB)
    bridge.catch_up()
    for one in bridge.shown():
        bridge.ac.delete_record("docusign", one["external_id"])
    bridge.ac.delete_contact(bridge.contact(ADA["email"])["id"])
    bridge.later()

    report = bridge.bridge.reconcile.run()

    assert report.failed == {"record": 1}
    assert bridge.fields(BOB["email"])["status"] == "completed"
    bridge.later()
    assert bridge.bridge.reconcile.run().ok
    assert bridge.fields(ADA["email"])["status"] == "completed"


def test_a_death_around_an_enrolment_makes_no_second_one(bridges: Callable[..., Bridge]) -> None:
    welcome: list[str] = []

    def rules(bridge: Bridge) -> Any:
        welcome[:] = [bridge.ac.add_automation("Welcome")]
        return (automation(DONE, then=(AddToAutomation(welcome[0]),)),)

    def ready() -> tuple[Bridge, Any]:
        bridge = bridges(automations=rules)
        bridge.signed()
        bridge.deliver()
        thing = bridge.bridge._thing
        return bridge, thing

    bridge, thing = ready()
    watching = CrashDriver(thing._clients, bridge.store)
    watching.run(events.run(thing._ctx))
    [enrolled] = [
        at
        for at, step in enumerate(watching.steps)
        if isinstance(step, Send) and step.call.operation == "enrolments.create"
    ]
    for at in range(enrolled - 2, len(watching.steps)):
        for moment in moments(watching.steps[at]):
            bridge, thing = ready()
            try:
                CrashDriver(thing._clients, bridge.store, at=at, moment=moment).run(
                    events.run(thing._ctx)
                )
            except Died:
                pass
            except Exception as error:
                assert moment == "lost", error
            bridge.bridge = bridge.connect()
            for _ in range(2):
                bridge.later(timedelta(hours=3))
                bridge.work()
            assert len(bridge.ac.enrolments(welcome[0])) == 1, f"step {at}, {moment}"


@pytest.mark.parametrize("what", ["reading", "writing"])
def test_a_form_whose_values_were_not_carried_over_is_read_again(
    bridges: Callable[..., Bridge], what: str
) -> None:
    bridge = bridges(
        prepare=lambda one: one.ac.add_field("City"),
        mapping=(*DEFAULT_RULES, ContactRule("form.Town", "City")),
    )
    envelope = bridge.send({**ADA, "tabs": {"Town": ""}})
    bridge.ds.sign(envelope, ADA["email"], values={"Town": "Nantes"})
    bridge.changed(*bridge.messages("envelope-completed"))
    bridge.box.faults.add(
        Fault("answer", service="docusign", path="form_data", status=500, times=9)
        if what == "reading"
        else campaign(500, "contact/sync", times=9)
    )
    assert not bridge.work().ok
    bridge.box.faults.clear()
    bridge.later(timedelta(minutes=2))
    # A question that got no answer was none.
    assert bridge.work().pending == (0 if what == "reading" else 1)

    bridge.later()
    assert bridge.work().ok

    assert bridge.contact(ADA["email"])["fields"]["City"] == "Nantes"
    assert bridge.ds.rates.breaches == []


def test_without_records_reconciling_finds_missed_tags_and_values_all_the_same(
    bridges: Callable[..., Bridge],
) -> None:
    bridge = bridges(
        records=False,
        prepare=lambda one: one.ac.add_field("Agreement"),
        mapping=(*DEFAULT_RULES, ContactRule("envelope.subject", "Agreement")),
    )
    envelope = bridge.send(subject="Lease")
    bridge.catch_up()
    bridge.ds.sign(envelope, ADA["email"])
    bridge.later()
    bridge.bridge.reconcile.run()
    assert "Completed" in bridge.tags(ADA["email"])

    bridge.signed(subject="Sublease")  # brings a value, and no tag
    bridge.later()
    bridge.bridge.reconcile.run()

    assert bridge.contact(ADA["email"])["fields"]["Agreement"] == "Sublease"
    bridge.later()
    assert bridge.bridge.reconcile.run().done == {}


@pytest.mark.parametrize("late", [False, True])
def test_an_end_is_never_left_for_another_end(bridges: Callable[..., Bridge], late: bool) -> None:
    bridge = bridges(actions=(Action.COMPLETED, Action.VOIDED))
    bridge.signed()
    [message] = bridge.messages("envelope-completed")
    if not late:
        bridge.catch_up()
    voided = {"status": "voided", "voidedDateTime": "2026-03-02T08:00:09Z"}
    bridge.changed(message, event="envelope-voided", at="2026-03-02T08:00:09Z", summary=voided)
    bridge.work()
    if late:
        bridge.catch_up()

    assert bridge.fields()["status"] == "completed"


def test_of_two_values_of_one_moment_the_same_stays_in_either_order() -> None:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    one, other = {"subject": "Lease"}, {"subject": "Agreement"}

    assert Facts().learned(one, at).learned(other, at) == Facts().learned(other, at).learned(
        one, at
    )
