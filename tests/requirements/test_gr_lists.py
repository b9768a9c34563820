"""List records of Dynamics and the lists in GetResponse that come of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connectors import DomainError, NotFound
from connectors.sandbox import Fault
from tests.requirements.kit import (
    CREATED,
    DELETED,
    ERROR,
    FRESH,
    LIST_DELETED,
    LYON,
    MINE,
    NEW,
    PROCESSING,
    SYNCHRONIZED,
    Pair,
)


def state(pair: Pair, record: str) -> tuple[int | None, bool, str | None]:
    """What people read in the form: status, Is created in GetResponse, Synchronization error."""
    row = pair.row(record)
    return row.get("gr_syncstatus"), bool(row.get("gr_iscreated")), row.get("gr_syncerror")


# --- GR-10: which marketing lists ------------------------------------------------------------


def test_gr_10_a_static_and_a_dynamic_marketing_list_of_contacts_are_synchronised(
    any_pair: Pair,
) -> None:
    anna, ben = any_pair.person("Anna Nowak"), any_pair.person("Ben Moreau", address1_city="Lyon")
    any_pair.person("Chloé Petit", "chloe@example.org")
    static = any_pair.list("static-one", [anna])
    dynamic = any_pair.list("dynamic-one", query=LYON)

    any_pair.run()

    assert any_pair.addresses(static) == {"anna.nowak@example.org"}
    assert any_pair.addresses(dynamic) == {"ben.moreau@example.org"}
    assert any_pair.of(dynamic, "ben.moreau@example.org")["gr_crmcontactid"] == ben


@pytest.mark.parametrize(("target", "named"), [("account", "accounts"), ("lead", "leads")])
def test_gr_10_a_list_of_something_else_than_contacts_is_refused_and_the_others_go_on(
    pair: Pair, target: str, named: str
) -> None:
    other = pair.crm.add_marketing_list("Companies", target=target)  # type: ignore[arg-type]
    refused = pair.record("companies", other)
    good = pair.list("customers", [pair.person("Anna Nowak")])

    lists, contacts = pair.run()

    status, created, error = state(pair, refused)
    assert (status, created) == (ERROR, False)
    assert error is not None and f"'Companies' targets {named}" in error
    assert "only lists of contacts can be used" in error
    assert pair.addresses(good) == {"anna.nowak@example.org"}
    assert lists.done == {"create GetResponse list": 1, "refuse Dynamics list": 1}
    assert contacts.ok


def test_gr_10_a_condition_on_the_caller_is_refused_with_condition_and_cure(pair: Pair) -> None:
    mine = pair.list("mine", query=MINE)
    good = pair.list("customers", [pair.person("Anna Nowak", address1_city="Lyon")])

    pair.run()

    status, created, error = state(pair, mine)
    assert (status, created) == (ERROR, False)
    assert error is not None and "the condition ownerid eq-userid" in error
    assert "name a person instead" in error
    assert [c.name for c in pair.gr.campaigns()] == ["customers"]
    assert pair.addresses(good) == {"anna.nowak@example.org"}


@pytest.mark.parametrize("operator", ["eq-useroruserteams", "eq-businessid", "ne-userid"])
def test_gr_10_the_kin_of_eq_userid_is_refused_too(pair: Pair, operator: str) -> None:
    record = pair.list("mine", query=MINE.replace("eq-userid", operator))

    pair.sync.lists.run()

    assert f"ownerid {operator}" in str(state(pair, record)[2])


def test_gr_10_a_query_that_turns_to_the_caller_later_pushes_nobody_more(pair: Pair) -> None:
    pair.person("Anna Nowak", address1_city="Lyon")
    record = pair.list("lyon", query=LYON)
    other = pair.list("others")
    pair.run()
    pair.crm.edit_row("list", pair.marketing(record), query=MINE)
    pair.person("Ben Moreau", address1_city="Lyon")
    pair.crm.add_members(pair.marketing(other), [pair.person("Chloe Petit")])

    lists, contacts = pair.run()

    assert pair.addresses(record) == {"anna.nowak@example.org"}
    assert pair.addresses(other) == {"chloe.petit@example.org"}
    assert any("lyon: nobody is pushed" in w and "eq-userid" in w for w in contacts.warnings)
    assert state(pair, record)[0] == CREATED
    assert lists.writes == 0


def test_gr_10_a_relative_date_is_warned_about_and_read(pair: Pair) -> None:
    pair.person("Anna Nowak", address1_city="Lyon")
    record = pair.list("fresh", query=FRESH)

    plan = pair.sync.lists.plan()

    (warning,) = plan.warnings
    assert warning.startswith("fresh: createdon last-x-days")
    assert "time zone" in warning and "changes by the day" in warning
    assert f"Warning: {warning}" in str(plan)
    pair.run()
    assert pair.addresses(record) == {"anna.nowak@example.org"}


def test_gr_10_a_dynamic_list_without_a_query_waits_for_one(pair: Pair) -> None:
    marketing = pair.crm.add_marketing_list("Empty", dynamic=True)
    record = pair.record("empty", marketing)

    pair.sync.lists.run()

    assert state(pair, record)[0] == ERROR
    assert "has no query yet" in str(state(pair, record)[2])
    pair.crm.edit_row("list", marketing, query=LYON)
    pair.sync.lists.set_as_new(record)
    pair.sync.lists.run()
    assert state(pair, record) == (CREATED, True, None)


def test_gr_10_a_list_record_is_not_made_for_a_list_that_cannot_be_used(pair: Pair) -> None:
    companies = pair.crm.add_marketing_list("Companies", target="account")
    mine = pair.crm.add_marketing_list("Mine", dynamic=True, query=MINE)

    with pytest.raises(DomainError, match="'Companies' targets accounts"):
        pair.sync.lists.create("companies", companies)
    with pytest.raises(DomainError, match=r"ownerid eq-userid.*name a person instead"):
        pair.sync.lists.create("mine", mine)

    assert pair.crm.rows("gr_list") == []


# --- GR-12: the list record ------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["ab", "a" * 65, "Customers", "two words", "łódź", "a.b", "", " abc", "abc\n"]
)
def test_gr_12_a_wrong_name_is_refused_before_any_call(pair: Pair, name: str) -> None:
    marketing = pair.crm.add_marketing_list("Customers")

    with pytest.raises(DomainError, match="use 3 to 64 lower-case letters, digits, '-' and '_'"):
        pair.sync.lists.create(name, marketing)

    assert len(pair.box.calls) == 0


@pytest.mark.parametrize("name", ["abc", "a" * 64, "9-_z"])
def test_gr_12_a_name_of_three_to_sixty_four_plain_characters_is_taken(
    pair: Pair, name: str
) -> None:
    made = pair.sync.lists.create(name, pair.crm.add_marketing_list("Customers"))
    pair.sync.lists.set_as_new(made.id)
    pair.sync.lists.run()

    assert [c.name for c in pair.gr.campaigns()] == [name]


def test_gr_12_a_wrong_name_typed_in_dynamics_is_an_error_with_the_nearest_good_one(
    pair: Pair,
) -> None:
    record = pair.list("Spring Fair")

    report = pair.sync.lists.run()

    status, created, error = state(pair, record)
    assert (status, created) == (ERROR, False)
    assert error is not None and "'spring-fair' would do" in error
    assert "getresponse campaigns.create" not in report.calls


def test_gr_12_a_record_is_tied_to_one_marketing_list_and_there_may_be_several(
    any_pair: Pair,
) -> None:
    first, second = (any_pair.crm.add_marketing_list(name) for name in ("First", "Second"))

    any_pair.sync.lists.create("first", first)
    any_pair.sync.lists.create("second", second, remove_leavers=True)

    one, two = any_pair.sync.lists.all()
    assert [(r.name, r.marketing_list_id) for r in (one, two)] == [
        ("first", first),
        ("second", second),
    ]
    assert (one.on_leave, two.on_leave) == (727000000, 727000001)
    assert one.is_created is False


def test_gr_12_a_marketing_list_that_is_not_there_is_refused(pair: Pair) -> None:
    with pytest.raises(NotFound):
        pair.sync.lists.create("customers", "3f2504e0-4f89-41d3-9a0c-0305e82c3301")

    assert pair.crm.rows("gr_list") == []


def test_gr_12_two_records_of_one_name_are_one_list_and_one_error(pair: Pair) -> None:
    records = [pair.list("customers"), pair.list("customers")]

    pair.sync.lists.run()

    assert sorted(state(pair, r)[0] or 0 for r in records) == [CREATED, ERROR]
    (error,) = [e for r in records if (e := state(pair, r)[2])]
    assert "another GetResponse list record has the same name" in error
    assert [c.name for c in pair.gr.campaigns()] == ["customers"]


# --- GR-13: the life of a list ---------------------------------------------------------------


def test_gr_13_a_saved_list_is_left_alone_until_it_is_set_as_new(any_pair: Pair) -> None:
    record = any_pair.list("customers", gr_syncstatus=None)

    assert any_pair.sync.lists.run().writes == 0
    assert state(any_pair, record) == (None, False, None)
    assert any_pair.gr.campaigns() == []

    marked = any_pair.sync.lists.set_as_new(record)

    assert marked.status.value == "New"
    assert state(any_pair, record) == (NEW, False, None)


def test_gr_13_a_new_list_is_created_and_says_so(any_pair: Pair) -> None:
    record = any_pair.list("customers", gr_syncerror="an old reason")

    report = any_pair.sync.lists.run()

    assert state(any_pair, record) == (CREATED, True, None)
    assert report.done == {"create GetResponse list": 1}
    (campaign,) = any_pair.gr.campaigns()
    assert (campaign.id, campaign.name) == (any_pair.campaign(record), "customers")


def test_gr_13_a_refused_list_is_an_error_with_the_reason_and_can_be_set_as_new_again(
    any_pair: Pair,
) -> None:
    any_pair.gr.taken_names.add("customers")
    record = any_pair.list("customers")

    report = any_pair.sync.lists.run()

    assert state(any_pair, record)[:2] == (ERROR, False)
    assert "taken by another GetResponse account" in str(state(any_pair, record)[2])
    assert report.failed == {"create GetResponse list": 1}
    assert any_pair.sync.lists.run().writes == 0, "an error waits for a person"

    any_pair.gr.taken_names.clear()
    any_pair.sync.lists.set_as_new(record)

    assert state(any_pair, record) == (NEW, False, None)
    any_pair.sync.lists.run()
    assert state(any_pair, record) == (CREATED, True, None)


def test_gr_13_a_list_deleted_in_getresponse_is_marked_and_so_are_its_contacts(
    pair: Pair,
) -> None:
    record = pair.list("customers", [pair.person("Anna Nowak")])
    pair.run()
    pair.gr.delete_campaign(pair.campaign(record))

    lists, contacts = pair.run()

    assert lists.done == {"mark Dynamics list": 1}
    assert state(pair, record) == (LIST_DELETED, False, None)
    assert contacts.done == {"mark Dynamics record": 1}
    assert [r["gr_syncstatus"] for r in pair.crm.rows("gr_contact")] == [DELETED]
    assert [report.writes for report in pair.run()] == [0, 0]


@pytest.mark.parametrize("status", [NEW, CREATED, LIST_DELETED])
def test_gr_13_other_moves_are_refused(pair: Pair, status: int) -> None:
    record = pair.list("customers", gr_syncstatus=status)
    before = pair.crm.row("gr_list", record)

    with pytest.raises(DomainError, match="'set as new' is refused in state"):
        pair.sync.lists.set_as_new(record)

    assert pair.crm.row("gr_list", record) == before


@pytest.mark.parametrize("status", [None, ERROR])
def test_gr_13_people_set_a_list_as_new_in_dynamics_as_well(pair: Pair, status: int | None) -> None:
    record = pair.list("customers", gr_syncstatus=status)
    pair.sync.lists.run()
    pair.crm.edit_row("gr_list", record, gr_syncstatus=NEW)

    pair.sync.lists.run()

    assert state(pair, record) == (CREATED, True, None)


def test_gr_13_a_record_edited_since_the_plan_is_left_alone(pair: Pair) -> None:
    record = pair.list("customers", gr_syncstatus=NEW)
    marketing = pair.crm.add_marketing_list("Companies", target="account")
    refused = pair.record("companies", marketing)
    plan = pair.sync.lists.plan()
    pair.crm.edit_row("gr_list", refused, gr_name="firms")

    report = pair.sync.apply(plan)

    assert report.changed_since_planned == 1
    assert state(pair, refused) == (NEW, False, None)
    assert state(pair, record) == (CREATED, True, None)


def test_gr_13_a_list_whose_creation_was_answered_by_silence_is_found_again(pair: Pair) -> None:
    record = pair.list("customers")
    pair.box.faults.add(Fault("lost", method="POST", path="/v3/campaigns"))

    report = pair.sync.lists.run()

    assert report.ok
    assert state(pair, record) == (CREATED, True, None)
    assert [c.name for c in pair.gr.campaigns()] == ["customers"]


# --- GR-17: adopting a list that is there ----------------------------------------------------


def test_gr_17_a_list_of_this_name_is_adopted_and_its_contacts_are_imported(any_pair: Pair) -> None:
    there = any_pair.gr.add_campaign("old-friends")
    for name in ("ada", "ben", "eve"):
        any_pair.gr.sign_up(there, f"{name}@example.org", name.title())
    ada = any_pair.person("Ada Lovelace", "ADA@example.org")
    record = any_pair.list("old-friends", [ada])

    plan = any_pair.sync.lists.plan()

    (change,) = plan
    assert change.verb.value == "adopt"
    assert change.reason == (
        "a list of this name exists in GetResponse and belongs to no other record"
    )
    any_pair.sync.apply(plan)
    assert state(any_pair, record) == (CREATED, True, None)
    assert any_pair.campaign(record) == there
    any_pair.sync.contacts.run()
    statuses = {r["gr_name"]: r["gr_syncstatus"] for r in any_pair.records().values()}
    assert statuses == {"Ada": SYNCHRONIZED, "Ben": PROCESSING, "Eve": PROCESSING}
    assert any_pair.of(record, "ada@example.org")["gr_crmcontactid"] == ada
    assert len(any_pair.gr.campaigns()) == 1
    assert len(any_pair.gr.contacts(there)) == 3


def test_gr_17_a_list_keeps_a_name_that_we_would_not_give(pair: Pair) -> None:
    there = pair.gr.add_campaign("Old Friends")
    record = pair.list("Old Friends")

    pair.sync.lists.run()

    assert state(pair, record) == (CREATED, True, None)
    assert pair.campaign(record) == there


def test_gr_17_a_list_that_another_record_has_is_an_error(pair: Pair) -> None:
    first = pair.list("customers")
    pair.sync.lists.run()
    second = pair.list("customers")

    pair.sync.lists.run()

    assert state(pair, first) == (CREATED, True, None)
    status, created, error = state(pair, second)
    assert (status, created) == (ERROR, False)
    assert error == "the GetResponse list of this name belongs to another record"


def test_gr_17_what_getresponse_refuses_is_an_error_with_its_reason(pair: Pair) -> None:
    record, good = pair.list("aaa-refused"), pair.list("customers")
    body = b'{"httpStatus":400,"code":1000,"message":"General error of validation process"}'
    pair.box.faults.add(Fault("answer", method="POST", path="/v3/campaigns", status=400, body=body))

    report = pair.sync.lists.run()

    status, created, error = state(pair, record)
    assert (status, created) == (ERROR, False)
    assert error == "GetResponse refused the list: General error of validation process"
    assert state(pair, good) == (CREATED, True, None)
    assert report.failed == {"create GetResponse list": 1}


def test_gr_17_a_list_that_was_deleted_there_can_be_adopted_by_a_new_record(
    make: Callable[..., Pair],
) -> None:
    pair = make()
    old = pair.list("customers")
    pair.sync.lists.run()
    pair.gr.delete_campaign(pair.campaign(old))
    pair.sync.lists.run()
    there = pair.gr.add_campaign("customers")
    new = pair.record("customers", pair.marketing(old))

    pair.sync.lists.run()

    assert state(pair, new) == (CREATED, True, None)
    assert pair.campaign(new) == there
    assert state(pair, old)[0] == LIST_DELETED
