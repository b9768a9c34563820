"""GR-29: a plan says what would change and why, and the same plan can be carried out."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from connectors import Consent, Direction, Plan, PlanStale, Rule, Settings, SqlStore
from tests.requirements.kit import DAY, NEW, Pair, reasons


def busy(pair: Pair) -> str:
    """A world in which each kind of change is due."""
    people = [pair.person(f"Person{n} Test", f"p{n}@example.org") for n in range(6)]
    record = pair.list("customers", people, remove_leavers=True)
    pair.run()
    pair.box.clock.advance(timedelta(hours=3))
    campaign = pair.campaign(record)
    pair.gr.sign_up(campaign, "noor@example.org", "Noor")
    pair.gr.unsubscribe(pair.find(record, "p1@example.org").id)
    pair.gr.edit_contact(pair.find(record, "p2@example.org").id, email="moved@example.net")
    pair.crm.edit_contact(people[3], lastname="Kowalska")
    pair.crm.remove_member(pair.marketing(record), people[4])
    joins = [pair.person("Late Comer"), pair.person("No Mail", donotemail=True)]
    pair.crm.add_members(pair.marketing(record), joins)
    return record


def everything(pair: Pair) -> list[object]:
    """All that people can see on both sides."""
    seen: list[object] = [pair.crm.rows(t) for t in ("contact", "list", "gr_list", "gr_contact")]
    return [*seen, pair.gr.contacts(), pair.gr.campaigns()]


def test_gr_29_a_plan_changes_nothing_on_either_side(any_pair: Pair) -> None:
    pair = any_pair
    busy(pair)
    pair.record("another", pair.crm.add_marketing_list("Another"))
    before, writes = everything(pair), pair.writes

    lists, contacts = pair.sync.lists.plan(), pair.sync.contacts.plan()

    assert lists.writes == 1
    assert contacts.writes == 6
    assert everything(pair) == before
    assert pair.writes == writes


def test_gr_29_each_change_says_why(pair: Pair) -> None:
    busy(pair)

    plan = pair.sync.contacts.plan()

    told = sorted((c.verb.value, c.side.value, c.kind, c.reason) for c in plan)
    assert told == [
        ("create", "Dynamics", "record", "is in GetResponse, and no CRM contact is tied to it"),
        (
            "create",
            "GetResponse",
            "contact",
            "is a member of the marketing list; its record in Dynamics follows",
        ),
        (
            "delete",
            "GetResponse",
            "contact",
            "left the marketing list, and this list removes who leaves",
        ),
        ("mark", "Dynamics", "record", "was removed in GetResponse (unsubscribe)"),
        ("skip", "GetResponse", "contact", "the CRM contact must not be e-mailed"),
        (
            "skip",
            "GetResponse",
            "contact",
            "was removed in GetResponse, and is not subscribed again",
        ),
        ("update", "Dynamics", "record", "GetResponse shows other data than its record"),
        ("update", "GetResponse", "contact", "the name was changed in the CRM; its record follows"),
    ]
    assert len(plan) == 8
    text = str(plan)
    assert all(reason in text for *_, reason in told)
    assert "@example.org" in text and "p3@example.org" not in text


def test_gr_29_applying_a_plan_does_what_it_says(any_pair: Pair) -> None:
    pair = any_pair
    record = busy(pair)
    plan = pair.sync.contacts.plan()

    report = pair.sync.apply(plan)

    assert report.ok
    # What is created and changed in GetResponse has a record to follow in the same run.
    assert {k: n for k, n in report.done.items() if k.endswith("GetResponse contact")} == {
        "create GetResponse contact": 1,
        "delete GetResponse contact": 1,
        "update GetResponse contact": 1,
    }
    assert report.changed_since_planned == 0
    assert pair.addresses(record) == {
        "p0@example.org",
        "moved@example.net",
        "p3@example.org",
        "p5@example.org",
        "noor@example.org",
        "late.comer@example.org",
    }
    assert pair.sync.contacts.plan().writes == 0


def test_gr_29_plan_and_apply_write_the_same_calls_and_the_same_world_as_run(
    make: Callable[..., Pair],
) -> None:
    apart, whole = make(), make()
    busy(apart), busy(whole)
    for pair in (apart, whole):
        pair.box.calls.clear()

    plan = apart.sync.contacts.plan()
    done = apart.sync.apply(plan)
    report = whole.sync.contacts.run()

    counted = {k: plan.calls.get(k, 0) + done.calls.get(k, 0) for k in plan.calls | done.calls}
    look = {name: counted[name] - n for name, n in report.calls.items() if counted[name] != n}
    assert look == {  # `apply` reads again what may have changed since the plan
        "dynamics contacts.track": 1,
        "dynamics gr_contacts.track": 1,
        "dynamics lists.members": 1,
        "getresponse contacts.list": 2,
        "getresponse search.contacts": 1,
    }
    assert done.done == report.done
    assert everything(apart) == everything(whole)


def test_gr_29_the_lists_job_has_plans_too(pair: Pair) -> None:
    record = pair.list("customers")

    plan = pair.sync.lists.plan()

    assert pair.gr.campaigns() == []
    assert pair.row(record)["gr_syncstatus"] == NEW
    assert "create   GetResponse    list    customers — set as new" in str(plan)
    assert pair.sync.apply(plan).done == {"create GetResponse list": 1}
    assert [c.name for c in pair.gr.campaigns()] == ["customers"]


# --- stale plans -----------------------------------------------------------------------------


def refused(pair: Pair, plan: Plan, reason: str) -> None:
    before, calls = everything(pair), len(pair.box.calls)
    with pytest.raises(PlanStale, match=reason):
        pair.sync.apply(plan)
    assert everything(pair) == before
    assert len(pair.box.calls) == calls


def test_gr_29_a_plan_is_applied_once(any_pair: Pair) -> None:
    pair = any_pair
    busy(pair)
    plan = pair.sync.contacts.plan()
    pair.sync.apply(plan)

    refused(pair, plan, "was applied before; make a new one")


def test_gr_29_an_old_plan_is_refused(pair: Pair) -> None:
    busy(pair)
    plan = pair.sync.contacts.plan()
    pair.box.clock.advance(timedelta(minutes=61))

    refused(pair, plan, "is older than 1:00:00; make a new one")


def test_gr_29_a_plan_overtaken_by_a_run_is_refused(pair: Pair) -> None:
    busy(pair)
    plan = pair.sync.contacts.plan()
    pair.sync.contacts.run()

    refused(pair, plan, "another run has read .* since; make a new one")


def test_gr_29_a_plan_made_under_other_settings_is_refused(pair: Pair) -> None:
    busy(pair)
    plan = pair.sync.contacts.plan()
    pair.sync = pair.connect(settings=Settings(consent=Consent(crm_flags=False)))

    refused(pair, plan, "was made under other settings or mapping; make a new one")


def test_gr_29_a_plan_of_another_connection_is_refused(pair: Pair) -> None:
    busy(pair)
    plan = pair.sync.contacts.plan()
    pair.sync = pair.connect(connection="other")

    refused(pair, plan, f"was made for connection {pair.connection!r}")


# --- the world moves between plan and apply --------------------------------------------------


def test_gr_29_a_contact_deleted_since_the_plan_is_left_alone_and_counted(pair: Pair) -> None:
    anna, ben = pair.person("Anna Nowak"), pair.person("Ben Moreau")
    record = pair.list("customers", [anna, ben])
    pair.run()
    for person in (anna, ben):
        pair.crm.edit_contact(person, lastname="Kowalska")
    pair.box.clock.advance(timedelta(hours=1))
    plan = pair.sync.contacts.plan()
    gone = pair.find(record, "anna.nowak@example.org").id
    pair.gr.delete_contact(gone)

    report = pair.sync.apply(plan)

    assert report.changed_since_planned == 1
    assert report.ok
    assert report.done["update GetResponse contact"] == 1
    assert pair.find(record, "ben.moreau@example.org").name == "Ben Kowalska"
    assert "anna.nowak@example.org" not in pair.addresses(record)


def test_gr_29_somebody_who_signed_up_since_the_plan_is_not_made_twice(pair: Pair) -> None:
    record = pair.list("customers", [pair.person("Anna Nowak")])
    pair.sync.lists.run()
    plan = pair.sync.contacts.plan()
    gr_id = pair.gr.sign_up(pair.campaign(record), "anna.nowak@example.org", "Anna")

    report = pair.sync.apply(plan)

    assert report.ok
    assert [c.id for c in pair.gr.contacts(pair.campaign(record))] == [gr_id]


# --- to a file and back ----------------------------------------------------------------------


def test_gr_29_a_plan_goes_to_a_file_and_back(any_pair: Pair, tmp_path: Path) -> None:
    pair = any_pair
    record = busy(pair)
    plan = pair.sync.contacts.plan()
    path = tmp_path / "contacts.plan"

    plan.save(path)
    loaded = Plan.load(path)

    assert str(loaded) == str(plan)
    assert list(loaded) == list(plan)
    assert (loaded.id, loaded.counts, loaded.calls) == (plan.id, plan.counts, plan.calls)
    if os.name == "posix":
        assert path.stat().st_mode & 0o077 == 0, "it holds names and addresses"
    assert pair.connect().apply(loaded).ok
    assert "late.comer@example.org" in pair.addresses(record)


def test_gr_29_a_plan_from_another_store_can_be_applied_once(pair: Pair, tmp_path: Path) -> None:
    record = pair.list("customers", [pair.person("Anna Nowak")])
    pair.sync.lists.plan().save(tmp_path / "lists.plan")
    with closing(SqlStore("sqlite://")) as other:
        pair.sync = pair.connect(store=other)
        loaded = Plan.load(tmp_path / "lists.plan")

        assert pair.sync.apply(loaded).done == {"create GetResponse list": 1}
        refused(pair, loaded, "was applied before")

    assert pair.row(record)["gr_iscreated"] is True


def test_gr_29_an_altered_file_is_refused(pair: Pair, tmp_path: Path) -> None:
    pair.list("customers")
    path = tmp_path / "lists.plan"
    pair.sync.lists.plan().save(path)
    path.write_bytes(path.read_bytes().replace(b"customers", b"strangers"))

    with pytest.raises(PlanStale, match="the file was altered after it was saved"):
        Plan.load(path)


# --- skips and quiet -------------------------------------------------------------------------


def test_gr_29_a_plan_of_an_agreed_world_is_empty(pair: Pair) -> None:
    busy(pair)
    pair.sync.contacts.run()

    plan = pair.sync.contacts.plan()

    assert plan.writes == 0
    assert set(reasons(plan).values()) == {
        "the CRM contact must not be e-mailed",
        "was removed in GetResponse, and is not subscribed again",
    }
    assert pair.later(DAY).writes == 0


@pytest.mark.parametrize(
    ("direction", "winner", "kept"),
    [
        (Direction.PUSH, "the CRM", "Anna Crm"),
        (Direction.YIELD, "GetResponse", "Anna Gr"),
    ],
)
def test_gr_29_a_name_changed_on_both_sides_is_told_and_the_mapping_says_who_wins(
    make: Callable[..., Pair], direction: Direction, winner: str, kept: str
) -> None:
    name = Rule("full_name", "name", direction=direction)
    pair = make(settings=Settings(mapping=(name, Rule("email", "email"))))
    anna = pair.person("Anna Nowak")
    record = pair.list("customers", [anna])
    pair.run()
    contact = pair.find(record, "anna.nowak@example.org")
    pair.box.clock.advance(timedelta(hours=1))
    pair.gr.edit_contact(contact.id, name="Anna Gr")
    pair.crm.edit_contact(anna, lastname="Crm")

    plan = pair.sync.contacts.plan()

    (conflict,) = [c for c in plan if c.verb.value == "conflict"]
    assert conflict.reason == f"the name was changed on both sides; {winner} wins"
    assert dict(conflict.before) == {
        "crm": "Anna Crm",
        "getresponse": "Anna Gr",
        "agreed": "Anna Nowak",
    }
    pair.sync.apply(plan)
    assert pair.find(record, "anna.nowak@example.org").name == kept
    assert pair.of(record, "anna.nowak@example.org")["gr_name"] == kept
    assert (pair.crm.row("contact", anna) or {})["fullname"] == "Anna Crm"
