"""Contacts of marketing lists into GetResponse, and what GetResponse shows into their records."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors import (
    Conflict,
    Consent,
    Direction,
    DomainError,
    NotFound,
    Rule,
    Settings,
    Transform,
)
from tests.requirements.kit import (
    DAY,
    DELETED,
    LYON,
    PROCESSING,
    SYNCHRONIZED,
    Pair,
    reasons,
)

NOBODY = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"


def sent(pair: Pair, operation: str) -> list[Any]:
    """The JSON bodies of one GetResponse operation."""
    calls = (c for c in pair.box.calls if (c.service, c.operation) == ("getresponse", operation))
    return [json.loads(call.body) for call in calls]


# --- GR-06: what a record shows --------------------------------------------------------------


def test_gr_06_name_address_scores_origin_and_creation_date_reach_the_record(
    any_pair: Pair,
) -> None:
    pair = any_pair
    record = pair.list("customers")
    pair.sync.lists.run()
    joined = datetime(2026, 2, 11, 7, 30, tzinfo=UTC)
    pair.gr.sign_up(
        pair.campaign(record),
        "noor@example.org",
        "Noor Haddad",
        "landing_page",
        scoring=12.5,
        engagement=4,
        created=joined,
    )

    pair.sync.contacts.run()

    row = pair.of(record, "noor@example.org")
    assert row["gr_name"] == "Noor Haddad"
    assert row["gr_email"] == "noor@example.org"
    assert row["gr_engagementscore"] == 4
    assert float(row["gr_scoring"]) == 12.5
    assert row["gr_origin"] == "landing_page"
    assert row["gr_createdon"] == "2026-02-11T07:30:00Z"
    assert row["gr_listid"] == record
    (shown,) = pair.sync.contacts.active()
    assert (shown.name, shown.email, shown.origin) == (
        "Noor Haddad",
        "noor@example.org",
        "landing_page",
    )
    assert (shown.engagement_score, shown.scoring, shown.created_on) == (4, 12.5, joined)


def test_gr_06_a_change_reaches_the_record_at_the_next_run(pair: Pair) -> None:
    record = pair.list("customers", [pair.person("Anna Nowak")])
    pair.run()
    contact = pair.find(record, "anna.nowak@example.org")
    pair.box.clock.advance(timedelta(minutes=30))
    pair.gr.edit_contact(contact.id, name="Anna Kowalska")

    report = pair.later()

    assert report.done == {"update Dynamics record": 1}
    assert pair.records()[contact.id]["gr_name"] == "Anna Kowalska"


def test_gr_06_a_changed_score_is_caught_by_the_slower_full_pass(pair: Pair) -> None:
    record = pair.list("customers", [pair.person("Anna Nowak")])
    pair.run()
    contact = pair.find(record, "anna.nowak@example.org")
    pair.later(timedelta(hours=3))
    pair.gr.set_score(contact.id, scoring=40.25, engagement=5)

    assert pair.later().writes == 0, "a score is no change where changes are asked for"
    report = pair.later(DAY)

    assert report.done == {"update Dynamics record": 1}
    row = pair.records()[contact.id]
    assert (row["gr_engagementscore"], float(row["gr_scoring"])) == (5, 40.25)
    assert pair.later(DAY).writes == 0


def test_gr_06_the_full_pass_comes_as_often_as_it_is_set(make: Callable[..., Pair]) -> None:
    pair = make(settings=Settings(full_pass_every=timedelta(hours=6)))
    record = pair.list("customers", [pair.person("Anna Nowak")])
    pair.run()
    contact = pair.find(record, "anna.nowak@example.org")
    pair.later(timedelta(hours=3))
    pair.gr.set_score(contact.id, scoring=3)

    pair.later(timedelta(hours=3))

    assert float(pair.records()[contact.id]["gr_scoring"]) == 3


def test_gr_06_a_cleared_score_and_name_are_cleared_in_the_record(pair: Pair) -> None:
    record = pair.list("customers")
    pair.sync.lists.run()
    gr_id = pair.gr.sign_up(
        pair.campaign(record), "noor@example.org", "Noor", scoring=3, engagement=2
    )
    pair.sync.contacts.run()
    pair.box.clock.advance(timedelta(minutes=30))
    pair.gr.set_score(gr_id, scoring=None, engagement=None)
    pair.gr.edit_contact(gr_id, name=None)

    pair.later()

    row = pair.records()[gr_id]
    assert row.get("gr_scoring") is None
    assert row.get("gr_engagementscore") is None
    assert row.get("gr_name") is None


def test_gr_06_a_move_to_another_list_moves_the_record(pair: Pair) -> None:
    first, second = pair.list("first"), pair.list("second")
    pair.sync.lists.run()
    gr_id = pair.gr.sign_up(pair.campaign(first), "noor@example.org", "Noor")
    pair.sync.contacts.run()
    pair.box.clock.advance(timedelta(minutes=30))
    pair.gr.move_contact(gr_id, pair.campaign(second))

    pair.later()

    (row,) = pair.records().values()
    assert (row["gr_getresponseid"], row["gr_listid"]) == (gr_id, second)
    assert row["gr_syncstatus"] == PROCESSING
    assert pair.later(DAY).writes == 0


def test_gr_06_a_move_to_another_list_under_another_id_is_an_end_and_a_beginning(
    pair: Pair,
) -> None:
    pair.gr.move_keeps_id = False
    first, second = pair.list("first"), pair.list("second")
    pair.sync.lists.run()
    old = pair.gr.sign_up(pair.campaign(first), "noor@example.org", "Noor")
    pair.sync.contacts.run()
    pair.box.clock.advance(timedelta(minutes=30))
    new = pair.gr.move_contact(old, pair.campaign(second))

    pair.later()
    pair.later(DAY)

    assert pair.records()[new]["gr_listid"] == second
    assert pair.records()[new]["gr_syncstatus"] == PROCESSING
    assert pair.records()[old]["gr_syncstatus"] == DELETED
    assert pair.later().writes == 0


# --- GR-08: what is never touched ------------------------------------------------------------


def test_gr_08_no_call_ever_touches_leads_or_opportunities(pair: Pair) -> None:
    pair.box.calls.keep_bodies = True
    anna, ben = pair.person("Anna Nowak"), pair.person("Ben Moreau", address1_city="Lyon")
    record = pair.list("customers", [anna, ben], remove_leavers=True)
    pair.list("lyon", query=LYON)
    pair.record("firms", pair.crm.add_marketing_list("Firms", target="account"))
    pair.sync.check()
    pair.run()
    gr_id = pair.gr.sign_up(pair.campaign(record), "noor@example.org", "Noor")
    pair.later()
    pair.sync.contacts.link(pair.records()[gr_id]["gr_contactid"], anna)
    pair.sync.contacts.unlink(pair.records()[gr_id]["gr_contactid"])
    pair.crm.merge_contacts(anna, ben)
    pair.crm.remove_member(pair.marketing(record), anna)
    pair.later(DAY)
    pair.sync.contacts.matches()

    tables = {
        name
        for call in pair.box.calls
        if call.service == "dynamics"
        for name in re.findall(r"[a-z_]+", f"{call.url} {call.body.decode()}".lower())
    }

    assert {"contacts", "lists", "gr_contacts"} <= tables
    assert tables.isdisjoint({"lead", "leads", "opportunity", "opportunities"})


# --- GR-11: several lists --------------------------------------------------------------------


def test_gr_11_a_contact_of_two_marketing_lists_is_in_two_lists(pair: Pair) -> None:
    anna = pair.person("Anna Nowak", address1_city="Lyon")
    first, second = pair.list("first", [anna]), pair.list("second", query=LYON)

    pair.run()

    assert pair.addresses(first) == pair.addresses(second) == {"anna.nowak@example.org"}
    rows = pair.records().values()
    assert sorted(r["gr_listid"] for r in rows) == sorted([first, second])
    assert {r["gr_crmcontactid"] for r in rows} == {anna}
    assert {r["gr_syncstatus"] for r in rows} == {SYNCHRONIZED}


def test_gr_11_who_leaves_one_of_them_stays_in_the_other(pair: Pair) -> None:
    anna = pair.person("Anna Nowak")
    first = pair.list("first", [anna], remove_leavers=True)
    second = pair.list("second", [anna], remove_leavers=True)
    pair.run()
    pair.crm.remove_member(pair.marketing(first), anna)

    pair.later()

    assert pair.addresses(first) == set()
    assert pair.addresses(second) == {"anna.nowak@example.org"}


# --- GR-14: members come and go --------------------------------------------------------------


def test_gr_14_each_member_becomes_a_contact_with_a_linked_record(any_pair: Pair) -> None:
    pair = any_pair
    ids = {
        pair.person(f"Person{n} Test", f"p{n}@example.org"): f"p{n}@example.org" for n in range(7)
    }
    record = pair.list("customers", ids)

    pair.run()

    assert pair.addresses(record) == set(ids.values())
    for crm_id, email in ids.items():
        row = pair.of(record, email)
        assert row["gr_crmcontactid"] == crm_id
        assert row["gr_listid"] == record
        assert row["gr_syncstatus"] == SYNCHRONIZED
        assert (row["gr_email"], row["gr_origin"]) == (email, "api")


def test_gr_14_a_contact_that_appears_later_is_linked_when_it_does(any_pair: Pair) -> None:
    pair = any_pair
    pair.gr.visible_after = 1800
    anna = pair.person("Anna Nowak")
    record = pair.list("customers", [anna])

    _, report = pair.run()

    assert (report.pending, pair.records()) == (1, {})
    assert pair.later().pending == 0
    assert pair.of(record, "anna.nowak@example.org")["gr_syncstatus"] == SYNCHRONIZED
    assert len(sent_count(pair)) == 1


def sent_count(pair: Pair) -> list[Any]:
    return [c for c in pair.box.calls if c.operation in ("contacts.create", "contacts.batch")]


def test_gr_14_a_member_who_joins_later_follows_at_the_next_run(pair: Pair) -> None:
    record = pair.list("customers", [pair.person("Anna Nowak")])
    pair.run()
    ben = pair.person("Ben Moreau")
    pair.crm.add_members(pair.marketing(record), [ben])

    report = pair.later()

    assert pair.addresses(record) == {"anna.nowak@example.org", "ben.moreau@example.org"}
    assert pair.of(record, "ben.moreau@example.org")["gr_crmcontactid"] == ben
    assert report.done == {"create GetResponse contact": 1, "create Dynamics record": 1}


def test_gr_14_who_begins_to_match_a_dynamic_list_follows_at_the_next_run(pair: Pair) -> None:
    anna = pair.person("Anna Nowak", address1_city="Paris")
    record = pair.list("lyon", query=LYON)
    pair.run()
    assert pair.addresses(record) == set()
    pair.crm.edit_contact(anna, address1_city="Lyon")

    pair.later()

    assert pair.addresses(record) == {"anna.nowak@example.org"}


@pytest.mark.parametrize("dynamic", [False, True])
@pytest.mark.parametrize("remove", [False, True])
def test_gr_14_who_leaves_stays_unless_the_list_is_set_otherwise(
    pair: Pair, dynamic: bool, remove: bool
) -> None:
    anna = pair.person("Anna Nowak", address1_city="Lyon")
    ben = pair.person("Ben Moreau", address1_city="Lyon")
    query = LYON if dynamic else None
    members = [] if dynamic else [anna, ben]
    record = pair.list("customers", members, query=query, remove_leavers=remove)
    pair.run()
    if dynamic:
        pair.crm.edit_contact(anna, address1_city="Paris")
    else:
        pair.crm.remove_member(pair.marketing(record), anna)
    gr_id = pair.find(record, "anna.nowak@example.org").id

    report = pair.later()

    if remove:
        assert pair.addresses(record) == {"ben.moreau@example.org"}
        assert report.done == {"delete GetResponse contact": 1, "mark Dynamics record": 1}
        assert pair.records()[gr_id]["gr_syncstatus"] == DELETED
    else:
        assert pair.addresses(record) == {"anna.nowak@example.org", "ben.moreau@example.org"}
        assert report.writes == 0
        assert pair.records()[gr_id]["gr_syncstatus"] == SYNCHRONIZED
    assert pair.later().writes == 0


def test_gr_14_only_who_came_from_the_marketing_list_is_removed_with_it(pair: Pair) -> None:
    record = pair.list("customers", [pair.person("Anna Nowak")], remove_leavers=True)
    pair.run()
    pair.gr.sign_up(pair.campaign(record), "noor@example.org", "Noor")
    pair.later()
    row = pair.of(record, "noor@example.org")
    pair.sync.contacts.link(row["gr_contactid"], pair.person("Noor Haddad"))

    assert pair.later().writes == 0
    assert "noor@example.org" in pair.addresses(record)


def test_gr_14_who_left_and_stayed_goes_on_being_refreshed(pair: Pair) -> None:
    anna = pair.person("Anna Nowak")
    record = pair.list("customers", [anna])
    pair.run()
    pair.crm.remove_member(pair.marketing(record), anna)
    pair.later()
    contact = pair.find(record, "anna.nowak@example.org")
    pair.gr.edit_contact(contact.id, name="Anna Kowalska")

    pair.later()

    row = pair.records()[contact.id]
    assert (row["gr_name"], row["gr_crmcontactid"]) == ("Anna Kowalska", anna)


# --- GR-15: no CRM contacts are made, and how records are linked -----------------------------


def test_gr_15_a_sign_up_gets_a_record_and_no_crm_contact(any_pair: Pair) -> None:
    pair = any_pair
    record = pair.list("customers", [pair.person("Anna Nowak")])
    pair.run()
    people = pair.crm.rows("contact")
    pair.gr.sign_up(pair.campaign(record), "noor@example.org", "Noor Haddad")

    report = pair.later()

    row = pair.of(record, "noor@example.org")
    assert row["gr_syncstatus"] == PROCESSING
    assert "gr_crmcontactid" not in row
    assert report.done == {"create Dynamics record": 1}
    assert pair.crm.rows("contact") == people
    writes = [c for c in pair.box.calls if c.method != "GET" and "/contacts" in c.url]
    assert all(c.service == "getresponse" for c in writes)


def signed_up(pair: Pair, email: str = "noor@example.org") -> tuple[str, str, str]:
    """A contact made in GetResponse: list record, GetResponse id, contact record."""
    record = pair.list("customers")
    pair.sync.lists.run()
    gr_id = pair.gr.sign_up(pair.campaign(record), email, "Noor Haddad")
    pair.sync.contacts.run()
    return record, gr_id, str(pair.records()[gr_id]["gr_contactid"])


def test_gr_15_a_record_is_linked_relinked_and_unlinked_by_the_library(any_pair: Pair) -> None:
    pair = any_pair
    noor, other = pair.person("Noor Haddad", "n.h@example.com"), pair.person("Noor Other")
    _, gr_id, row_id = signed_up(pair)

    linked = pair.sync.contacts.link(row_id, noor)

    assert (linked.crm_contact_id, linked.status.value) == (noor, "Synchronized")
    assert pair.records()[gr_id]["gr_crmcontactid"] == noor
    assert pair.later().writes == 0
    assert pair.sync.contacts.link(row_id, other).crm_contact_id == other
    assert pair.later().writes == 0
    assert pair.records()[gr_id]["gr_crmcontactid"] == other

    alone = pair.sync.contacts.unlink(row_id)

    assert (alone.crm_contact_id, alone.status.value) == (None, "Processing in Dynamics")
    assert pair.later().writes == 0
    assert "gr_crmcontactid" not in pair.records()[gr_id]


def test_gr_15_people_link_relink_and_unlink_in_dynamics(any_pair: Pair) -> None:
    pair = any_pair
    noor, other = pair.person("Noor Haddad", "n.h@example.com"), pair.person("Noor Other")
    _, gr_id, row_id = signed_up(pair)

    for crm_id, status in ((noor, SYNCHRONIZED), (other, SYNCHRONIZED), (None, PROCESSING)):
        pair.crm.edit_row("gr_contact", row_id, gr_crmcontactid=crm_id)
        pair.later()
        row = pair.records()[gr_id]
        assert (row.get("gr_crmcontactid"), row["gr_syncstatus"]) == (crm_id, status)
        assert pair.later().writes == 0


@pytest.mark.parametrize("by", ["library", "people"])
def test_gr_15_a_pushed_member_who_is_unlinked_stays_unlinked_and_single(
    pair: Pair, by: str
) -> None:
    record = pair.list("customers", [pair.person("Anna Nowak")])
    pair.run()
    row = pair.of(record, "anna.nowak@example.org")
    if by == "library":
        pair.sync.contacts.unlink(row["gr_contactid"])
    else:
        pair.crm.edit_row("gr_contact", row["gr_contactid"], gr_crmcontactid=None)

    pair.later()
    pair.later(DAY)

    assert len(pair.gr.contacts(pair.campaign(record))) == 1
    after = pair.of(record, "anna.nowak@example.org")
    assert "gr_crmcontactid" not in after
    assert after["gr_syncstatus"] == PROCESSING


def test_gr_15_linked_records_refresh_by_themselves(pair: Pair) -> None:
    noor = pair.person("Noor Haddad", "n.h@example.com")
    _, gr_id, row_id = signed_up(pair)
    pair.sync.contacts.link(row_id, noor)
    pair.box.clock.advance(timedelta(minutes=30))
    pair.gr.edit_contact(gr_id, email="noor@example.net")

    pair.later()

    row = pair.records()[gr_id]
    assert (row["gr_email"], row["gr_crmcontactid"]) == ("noor@example.net", noor)
    assert (pair.crm.row("contact", noor) or {})["emailaddress1"] == "n.h@example.com"


def test_gr_15_matches_are_proposed_by_address(pair: Pair) -> None:
    noor = pair.person("N. H.", "NOOR@Example.org")
    _, gr_id, row_id = signed_up(pair)

    (match,) = pair.sync.contacts.matches()

    assert (match.record_id, match.contact_id, match.candidates) == (row_id, gr_id, (noor,))
    assert not match.ambiguous
    pair.sync.contacts.link(match.record_id, match.candidates[0])
    assert pair.sync.contacts.matches() == ()


def test_gr_15_an_ambiguous_match_is_reported_and_not_decided(pair: Pair) -> None:
    twins = {
        pair.person("Noor One", "noor@example.org"),
        pair.person("Noor Two", "noor@example.org"),
    }
    _, gr_id, _ = signed_up(pair)

    (match,) = pair.sync.contacts.matches()

    assert match.ambiguous
    assert set(match.candidates) == twins
    pair.later()
    assert "gr_crmcontactid" not in pair.records()[gr_id]


def test_gr_15_nobody_is_matched_by_name_or_when_inactive(pair: Pair) -> None:
    pair.person("Noor Haddad", "somebody.else@example.org")
    pair.person("Noor Haddad", "noor@example.org", active=False)
    signed_up(pair)

    assert pair.sync.contacts.matches() == ()


def test_gr_15_links_that_cannot_be_are_refused(pair: Pair) -> None:
    noor = pair.person("Noor Haddad", "n.h@example.com")
    _, gr_id, row_id = signed_up(pair)

    with pytest.raises(NotFound):
        pair.sync.contacts.link(row_id, NOBODY)
    with pytest.raises(NotFound):
        pair.sync.contacts.link(NOBODY, noor)
    assert "gr_crmcontactid" not in pair.records()[gr_id]

    pair.gr.unsubscribe(gr_id)
    pair.later()
    with pytest.raises(DomainError, match="deleted in GetResponse"):
        pair.sync.contacts.link(row_id, noor)
    with pytest.raises(DomainError, match="deleted in GetResponse"):
        pair.sync.contacts.unlink(row_id)


def test_gr_15_a_record_that_changes_under_the_hand_is_not_linked(pair: Pair) -> None:
    noor = pair.person("Noor Haddad", "n.h@example.com")
    _, gr_id, row_id = signed_up(pair)

    def meddle(method: str, url: str, *rest: Any) -> Any:
        if method == "PATCH":
            pair.crm.edit_row("gr_contact", row_id, gr_name="Nora")
        return pair.box.transport(method, url, *rest)

    meddle.clock = pair.box.clock  # type: ignore[attr-defined]

    with pytest.raises(Conflict, match="somebody changed the record meanwhile; try again"):
        pair.connect(transport=meddle).contacts.link(row_id, noor)

    assert "gr_crmcontactid" not in pair.records()[gr_id]


# --- GR-16: the two views --------------------------------------------------------------------


def test_gr_16_both_views_are_calls(any_pair: Pair) -> None:
    pair = any_pair
    anna = pair.person("Anna Nowak")
    record = pair.list("customers", [anna])
    pair.run()
    waiting = pair.gr.sign_up(pair.campaign(record), "noor@example.org", "Noor")
    closed = pair.gr.sign_up(pair.campaign(record), "old@example.org", "Old")
    pair.later()
    row_id = pair.records()[closed]["gr_contactid"]
    pair.crm.edit_row("gr_contact", row_id, statecode=1, statuscode=2)

    active = pair.sync.contacts.active()
    alone = pair.sync.contacts.without_crm_contact()

    assert {r.email for r in active} == {"anna.nowak@example.org", "noor@example.org"}
    assert [r.contact_id for r in alone] == [waiting]
    assert {r.status.value for r in active} == {"Synchronized", "Processing in Dynamics"}
    assert {r.list_id for r in active} == {record}


# --- GR-23: addresses in Dynamics ------------------------------------------------------------

EDITS: dict[str, dict[str, Any]] = {
    "changed": {"email": "new@example.com"},
    "removed": {"email": None},
    "deactivated": {"statecode": 1, "statuscode": 2},
}


@pytest.mark.parametrize("edit", EDITS)
def test_gr_23_an_address_of_the_crm_contact_leaves_getresponse_alone(
    pair: Pair, edit: str
) -> None:
    anna = pair.person("Anna Nowak")
    record = pair.list("customers", [anna])
    pair.run()
    before = pair.find(record, "anna.nowak@example.org")
    pair.crm.edit_contact(anna, **EDITS[edit])

    report = pair.later()

    assert report.writes == 0
    assert pair.gr.contacts(pair.campaign(record)) == [before]
    pair.gr.edit_contact(before.id, name="Anna Kowalska")
    pair.later()
    row = pair.records()[before.id]
    assert (row["gr_name"], row["gr_syncstatus"]) == ("Anna Kowalska", SYNCHRONIZED)
    assert row["gr_crmcontactid"] == anna
    assert len(pair.gr.contacts(pair.campaign(record))) == 1


@pytest.mark.parametrize("edit", EDITS)
def test_gr_23_an_address_of_the_record_leaves_getresponse_alone(pair: Pair, edit: str) -> None:
    record = pair.list("customers", [pair.person("Anna Nowak")])
    pair.run()
    before = pair.find(record, "anna.nowak@example.org")
    row_id = pair.records()[before.id]["gr_contactid"]
    values = dict(EDITS[edit])
    if "email" in values:
        values["gr_email"] = values.pop("email")
    pair.crm.edit_row("gr_contact", row_id, **values)

    pair.later()

    assert pair.gr.contacts(pair.campaign(record)) == [before]
    assert pair.records()[before.id]["gr_email"] == "anna.nowak@example.org"
    pair.gr.edit_contact(before.id, name="Anna Kowalska")
    pair.later()
    assert pair.records()[before.id]["gr_name"] == "Anna Kowalska"
    assert len(pair.records()) == len(pair.gr.contacts(pair.campaign(record))) == 1


def test_gr_23_a_deleted_crm_contact_leaves_getresponse_alone(pair: Pair) -> None:
    anna = pair.person("Anna Nowak")
    record = pair.list("customers", [anna], remove_leavers=True)
    pair.run()
    before = pair.find(record, "anna.nowak@example.org")
    pair.crm.delete_contact(anna)

    pair.later()

    assert pair.gr.contacts(pair.campaign(record)) == [before]
    assert "gr_crmcontactid" not in pair.records()[before.id]
    assert pair.later().writes == 0


# --- GR-24: addresses in GetResponse ---------------------------------------------------------


def test_gr_24_a_new_address_in_getresponse_changes_the_record_and_not_the_crm(
    any_pair: Pair,
) -> None:
    pair = any_pair
    anna = pair.person("Anna Nowak")
    record = pair.list("customers", [anna])
    pair.run()
    contact = pair.find(record, "anna.nowak@example.org")
    person = pair.crm.row("contact", anna)
    pair.box.clock.advance(timedelta(minutes=30))
    pair.gr.edit_contact(contact.id, email="anna@example.net")

    pair.later()

    row = pair.records()[contact.id]
    assert (row["gr_email"], row["gr_crmcontactid"]) == ("anna@example.net", anna)
    assert pair.crm.row("contact", anna) == person
    assert pair.addresses(record) == {"anna@example.net"}
    assert pair.later().writes == 0


# --- GR-25: contacts deleted in GetResponse --------------------------------------------------


@pytest.mark.parametrize("reason", ["user", "unsubscribe", "bounce"])
def test_gr_25_who_is_gone_from_getresponse_is_marked_and_not_synced_again(
    pair: Pair, reason: str
) -> None:
    anna = pair.person("Anna Nowak")
    record = pair.list("customers", [anna])
    pair.run()
    gr_id = pair.find(record, "anna.nowak@example.org").id
    pair.gr.unsubscribe(gr_id, reason)

    plan = pair.sync.contacts.plan()

    (change,) = [c for c in plan if c.verb.writes]
    assert (change.verb.value, change.reason) == ("mark", f"was removed in GetResponse ({reason})")
    pair.sync.apply(plan)
    row = pair.records()[gr_id]
    assert (row["gr_syncstatus"], row["gr_crmcontactid"]) == (DELETED, anna)
    pair.crm.edit_contact(anna, lastname="Kowalska")
    assert pair.later().writes == 0
    assert pair.later(DAY).writes == 0
    assert pair.records()[gr_id] == row
    assert pair.addresses(record) == set()


def test_gr_25_only_who_is_gone_is_marked(any_pair: Pair) -> None:
    pair = any_pair
    people = [pair.person(f"Person{n} Test", f"p{n}@example.org") for n in range(4)]
    record = pair.list("customers", people)
    pair.run()
    gone = pair.find(record, "p2@example.org").id
    pair.gr.delete_contact(gone)

    pair.later()

    marked = {i for i, row in pair.records().items() if row["gr_syncstatus"] == DELETED}
    assert marked == {gone}


def test_gr_25_many_who_vanish_at_once_are_not_believed(make: Callable[..., Pair]) -> None:
    pair = make(settings=Settings(max_removals=(3, 0.05)))
    people = [pair.person(f"Person{n} Test", f"p{n}@example.org") for n in range(8)]
    record = pair.list("customers", people)
    pair.run()
    for contact in pair.gr.contacts(pair.campaign(record))[:4]:
        pair.gr.delete_contact(contact.id)

    report = pair.later()

    assert report.writes == 0
    assert any("4 of 8 contacts are gone from GetResponse at once" in w for w in report.warnings)
    assert {r["gr_syncstatus"] for r in pair.records().values()} == {SYNCHRONIZED}
    pair.sync = pair.connect(settings=Settings(max_removals=(4, 0.05)))
    assert pair.later().done == {"mark Dynamics record": 4}


# --- GR-30: consent --------------------------------------------------------------------------

SEED = Settings(consent=Consent(crm_flags=False, departures=False))


def flagged(pair: Pair) -> tuple[str, dict[str, str]]:
    people = {
        "no mail": pair.person("No Mail", "nomail@example.org", donotemail=True),
        "no bulk": pair.person("No Bulk", "nobulk@example.org", donotbulkemail=True),
        "fine": pair.person("Fine Person", "fine@example.org"),
    }
    return pair.list("customers", people.values()), people


def test_gr_30_who_must_not_be_mailed_is_not_pushed_and_is_in_the_plan(any_pair: Pair) -> None:
    pair = any_pair
    record, people = flagged(pair)
    pair.sync.lists.run()

    plan = pair.sync.contacts.plan()

    assert reasons(plan) == {
        people["no mail"]: "the CRM contact must not be e-mailed",
        people["no bulk"]: "the CRM contact must not be e-mailed",
    }
    report = pair.sync.apply(plan)
    assert pair.addresses(record) == {"fine@example.org"}
    assert report.skipped == {"the CRM contact must not be e-mailed": 2}


def test_gr_30_one_switch_restores_what_the_closed_connector_does_with_flags(
    make: Callable[..., Pair],
) -> None:
    pair = make(settings=SEED)
    record, _ = flagged(pair)

    pair.run()

    assert pair.addresses(record) == {
        "nomail@example.org",
        "nobulk@example.org",
        "fine@example.org",
    }


def departed(pair: Pair, reason: str) -> tuple[str, str]:
    """Somebody left the list in GetResponse before the CRM contact came to it."""
    record = pair.list("customers")
    pair.sync.lists.run()
    gr_id = pair.gr.sign_up(pair.campaign(record), "anna.nowak@example.org", "Anna")
    pair.gr.unsubscribe(gr_id, reason)
    anna = pair.person("Anna Nowak")
    pair.crm.add_members(pair.marketing(record), [anna])
    return record, anna


@pytest.mark.parametrize("reason", ["unsubscribe", "user", "complaint", "bounce"])
def test_gr_30_who_left_or_was_removed_is_not_subscribed_again(pair: Pair, reason: str) -> None:
    record, anna = departed(pair, reason)

    plan = pair.sync.contacts.plan()

    assert reasons(plan) == {anna: "was removed in GetResponse, and is not subscribed again"}
    assert pair.sync.apply(plan).writes == 0
    assert pair.addresses(record) == set()
    assert sent_count(pair) == []


def test_gr_30_one_switch_restores_what_the_closed_connector_does_with_departures(
    make: Callable[..., Pair],
) -> None:
    pair = make(settings=SEED)
    pair.gr.removal_blocks = frozenset()
    record, _ = departed(pair, "unsubscribe")

    pair.sync.contacts.run()

    assert pair.addresses(record) == {"anna.nowak@example.org"}


def test_gr_30_a_flag_set_later_stops_nothing_that_is_there(pair: Pair) -> None:
    anna = pair.person("Anna Nowak")
    record = pair.list("customers", [anna])
    pair.run()
    pair.crm.edit_contact(anna, donotemail=True)

    assert pair.later().writes == 0
    assert pair.addresses(record) == {"anna.nowak@example.org"}


def test_gr_30_every_skip_is_in_the_plan_with_its_reason(pair: Pair) -> None:
    expected = {
        pair.person("No Address", ""): "no e-mail address",
        pair.person("Bad Address", "not an address"): "malformed e-mail address",
        pair.person("In Active", active=False): "the CRM contact is inactive",
    }
    loser = pair.person("Ben Loser")
    winner = pair.person("Ben Winner")
    twins = sorted(
        [pair.person("Eve One", "e@example.org"), pair.person("Eve Two", "E@example.org")]
    )
    pair.list("customers", [*expected, loser, winner, *twins])
    pair.crm.merge_contacts(winner, loser)
    expected[loser] = "the CRM contact was merged into another"
    pair.sync.lists.run()

    plan = pair.sync.contacts.plan()

    told = reasons(plan)
    (twin,) = told.keys() - expected.keys()
    assert twin in twins
    assert told == expected | {twin: "another contact of this list has the same address"}
    assert all(line in str(plan) for line in set(told.values()))
    assert pair.sync.apply(plan).skipped == dict.fromkeys(told.values(), 1)


# --- GR-32: what is sent ---------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 6])
def test_gr_32_name_and_address_are_sent_and_nothing_else(any_pair: Pair, count: int) -> None:
    pair = any_pair
    pair.box.calls.keep_bodies = True
    for n in range(count):
        pair.person(
            f"Person{n} Test",
            f"p{n}@example.org",
            telephone1="+33 4 00 00 00 00",
            address1_city="Lyon",
            jobtitle="Baker",
        )
    record = pair.list("customers", query=LYON)

    pair.run()

    campaign = pair.campaign(record)
    people = [{"email": f"p{n}@example.org", "name": f"Person{n} Test"} for n in range(count)]
    if count == 1:
        assert sent(pair, "contacts.create") == [
            {**people[0], "campaign": {"campaignId": campaign}}
        ]
    else:
        (body,) = sent(pair, "contacts.batch")
        assert body.keys() == {"campaignId", "contacts"}
        assert sorted(body["contacts"], key=lambda c: str(c["email"])) == people
    everything = b"".join(c.body for c in pair.box.calls if c.service == "getresponse")
    assert all(word not in everything for word in (b"Lyon", b"Baker", b"+33"))


def test_gr_32_a_changed_name_is_sent_alone(pair: Pair) -> None:
    anna = pair.person("Anna Nowak")
    pair.list("customers", [anna])
    pair.run()
    pair.box.calls.keep_bodies = True
    pair.crm.edit_contact(anna, lastname="Kowalska")

    pair.later()

    assert sent(pair, "contacts.update") == [{"name": "Anna Kowalska"}]


def test_gr_32_somebody_without_a_name_is_sent_without_one(pair: Pair) -> None:
    nameless = pair.crm.add_contact(email="x@example.org")
    record = pair.list("customers", [nameless])
    pair.box.calls.keep_bodies = True

    pair.run()

    (body,) = sent(pair, "contacts.create")
    assert body.keys() == {"email", "campaign"}
    assert pair.of(record, "x@example.org")["gr_syncstatus"] == SYNCHRONIZED
    assert pair.later().writes == 0


def test_gr_32_a_host_maps_otherwise(make: Callable[..., Pair]) -> None:
    mapping = (Rule("last_name", "name", Transform.UPPER), Rule("email", "email", Transform.LOWER))
    pair = make(settings=Settings(mapping=mapping))
    pair.box.calls.keep_bodies = True
    record = pair.list("customers", [pair.person("Anna Nowak", "Anna@Example.ORG")])

    pair.run()

    assert sent(pair, "contacts.create") == [
        {
            "email": "anna@example.org",
            "name": "NOWAK",
            "campaign": {"campaignId": pair.campaign(record)},
        }
    ]


def test_gr_32_another_mapping_is_applied_to_who_is_there(make: Callable[..., Pair]) -> None:
    pair = make()
    record = pair.list("customers", [pair.person("Anna Nowak")])
    pair.run()
    mapping = (Rule("first_name", "name"), Rule("email", "email"))
    pair.sync = pair.connect(settings=Settings(mapping=mapping))

    pair.later()

    assert pair.find(record, "anna.nowak@example.org").name == "Anna"
    assert pair.later().writes == 0


def test_gr_32_a_name_may_go_along_once_and_be_left_alone_then(make: Callable[..., Pair]) -> None:
    once = Rule("full_name", "name", direction=Direction.ONCE)
    pair = make(settings=Settings(mapping=(once, Rule("email", "email"))))
    anna = pair.person("Anna Nowak")
    record = pair.list("customers", [anna])
    pair.run()
    pair.crm.edit_contact(anna, lastname="Kowalska")

    assert pair.later().writes == 0
    assert pair.find(record, "anna.nowak@example.org").name == "Anna Nowak"
