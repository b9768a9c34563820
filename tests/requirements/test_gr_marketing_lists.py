"""GR-33: marketing lists through the Dynamics client."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from connectors import BadRequest, ConfigError, NotFound
from tests.facades import World
from tests.requirements.kit import LYON, Pair


@pytest.fixture
def crm(any_pair: Pair) -> Iterator[Any]:
    """The Dynamics client of either world, called plainly."""
    _, client = any_pair.clients({}, {}, any_pair.box.transport)
    yield any_pair.plainly(client)


def test_gr_33_a_static_list_of_contacts_is_created(any_pair: Pair, crm: Any) -> None:
    list_id = crm.marketing_lists.create("Customers Lyon", purpose="Spring fair")

    row = any_pair.crm.row("list", list_id) or {}
    assert row["listname"] == "Customers Lyon"
    assert row["type"] is False
    assert row["createdfromcode"] == 2
    assert row["purpose"] == "Spring fair"
    read = crm.marketing_lists.get(list_id)
    assert (read.name, read.dynamic, read.member_type) == ("Customers Lyon", False, 2)
    assert read.purpose == "Spring fair"
    assert [each.list_id for each in crm.marketing_lists.list()] == [list_id]


def test_gr_33_a_dynamic_list_is_created_with_its_query(any_pair: Pair, crm: Any) -> None:
    anna = any_pair.person("Anna Nowak", address1_city="Lyon")
    any_pair.person("Ben Moreau", address1_city="Paris")

    list_id = crm.marketing_lists.create("Lyon", dynamic=True, query=LYON)

    row = any_pair.crm.row("list", list_id) or {}
    assert (row["type"], row["createdfromcode"], row["query"]) == (True, 2, LYON)
    assert any_pair.crm.members(list_id) == [anna]


def test_gr_33_members_are_added_and_removed(any_pair: Pair, crm: Any) -> None:
    people = [any_pair.person(f"Person{n} Test") for n in range(4)]
    list_id = crm.marketing_lists.create("Customers")

    crm.marketing_lists.add_members(list_id, people[:3])
    crm.marketing_lists.add_members(list_id, people[2:])

    assert sorted(crm.marketing_lists.members(list_id)) == sorted(people)
    crm.marketing_lists.remove_member(list_id, people[0])
    crm.marketing_lists.remove_member(list_id, people[0])
    assert sorted(any_pair.crm.members(list_id)) == sorted(people[1:])


def test_gr_33_adding_nobody_calls_nobody(any_pair: Pair, crm: Any) -> None:
    list_id = crm.marketing_lists.create("Customers")
    calls = len(any_pair.box.calls)

    crm.marketing_lists.add_members(list_id, [])

    assert len(any_pair.box.calls) == calls


def test_gr_33_a_query_is_tried_before_it_is_set(any_pair: Pair, crm: Any) -> None:
    anna = any_pair.person("Anna Nowak", address1_city="Lyon")
    ben = any_pair.person("Ben Moreau", address1_city="Paris")
    list_id = crm.marketing_lists.create("Somewhere", dynamic=True, query=LYON)
    paris = LYON.replace("Lyon", "Paris")

    (found,) = crm.marketing_lists.try_query(paris)

    assert (found.contact_id, found.full_name) == (ben, "Ben Moreau")
    assert any_pair.crm.members(list_id) == [anna], "trying changes nothing"
    crm.marketing_lists.set_query(list_id, paris)
    assert any_pair.crm.members(list_id) == [ben]
    assert crm.marketing_lists.get(list_id).query == paris


def test_gr_33_a_trial_shows_as_many_as_are_asked_for(any_pair: Pair, crm: Any) -> None:
    for n in range(5):
        any_pair.person(f"Person{n} Test", address1_city="Lyon")

    assert len(crm.marketing_lists.try_query(LYON, count=3)) == 3
    assert len(crm.marketing_lists.try_query(LYON)) == 5


def test_gr_33_what_such_a_list_cannot_have_is_refused_before_any_call(
    any_pair: Pair, crm: Any
) -> None:
    accounts = LYON.replace('name="contact"', 'name="account"')

    with pytest.raises(ConfigError, match="static"):
        crm.marketing_lists.create("Lyon", query=LYON)
    with pytest.raises(ConfigError, match="account"):
        crm.marketing_lists.create("Lyon", dynamic=True, query=accounts)
    with pytest.raises(ConfigError, match="not XML"):
        crm.marketing_lists.try_query("<fetch")

    assert len(any_pair.box.calls) == 0


def test_gr_33_members_of_a_dynamic_or_locked_list_cannot_be_changed(
    any_pair: Pair, crm: Any
) -> None:
    anna = any_pair.person("Anna Nowak")
    dynamic = crm.marketing_lists.create("Lyon", dynamic=True, query=LYON)
    locked = any_pair.crm.add_marketing_list("Locked", members=[anna])
    any_pair.crm.lock_list(locked)

    with pytest.raises(BadRequest, match="a dynamic list has no members to change"):
        crm.marketing_lists.add_members(dynamic, [anna])
    with pytest.raises(BadRequest, match="unlock it first"):
        crm.marketing_lists.remove_member(locked, anna)
    with pytest.raises(NotFound):
        crm.marketing_lists.get(anna)

    assert any_pair.crm.members(locked) == [anna]


def test_gr_33_a_list_made_by_the_library_feeds_a_getresponse_list(
    make: Callable[..., Pair], world: World
) -> None:
    pair = make(world)
    _, client = pair.clients({}, {}, pair.box.transport)
    crm = pair.plainly(client)
    anna = pair.person("Anna Nowak")
    list_id = crm.marketing_lists.create("Customers")
    crm.marketing_lists.add_members(list_id, [anna])

    record = pair.sync.lists.create("customers", list_id)
    pair.sync.lists.set_as_new(record.id)
    pair.run()

    assert pair.addresses(record.id) == {"anna.nowak@example.org"}
