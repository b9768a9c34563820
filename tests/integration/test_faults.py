"""The faults of the services, one by one: what a run makes of each, and what the next one does."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest

from connectors import Direction, Rule
from connectors.core.call import Call
from connectors.domain.plan import Verb
from connectors.engine.job import Gather, Send, Step
from connectors.errors import (
    AnswerLost,
    AuthError,
    ConnectorsError,
    DecodeError,
    Forbidden,
    Unauthenticated,
)
from connectors.integrations.getresponse_dynamics.settings import Settings
from connectors.sandbox import Sandbox
from tests.world import LYON, NEW, REMOVE, Died, World, first_day, next_day

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PEOPLE = ("Ada", "Ben", "Cleo", "Dan", "Eve", "Fay")


@pytest.fixture
def world() -> Iterator[World]:
    """Six people on a marketing list, whose list record is set as new."""
    made = World(Sandbox(seed=2))
    for name in PEOPLE:
        made.person(name)
    made.marketing_list("Clients", PEOPLE)
    made.list_record("clients", "Clients")
    yield made
    made.close()


@pytest.fixture
def synced(world: World) -> World:
    """The same after its first run, three hours later."""
    world.run()
    world.box.clock.advance(3 * HOUR)
    return world


def everybody(*names: str) -> set[str]:
    return {f"{name.lower()}@example.org" for name in names or PEOPLE}


def quiet(world: World) -> bool:
    """Whether one more run writes nothing."""
    before = world.writes
    world.run()
    return world.writes == before


def statuses(world: World) -> dict[str, str]:
    """Status of each record by its address."""
    return {row[1]: row[3] for row in world.look().records}  # type: ignore[index]


def reasons(world: World) -> list[str]:
    return [letter.reason for letter in world.sync.contacts.dead_letters()]


def created(world: World) -> int:
    """Calls that ask for contacts."""
    calls = world.calls()
    return calls["getresponse contacts.create"] + calls["getresponse contacts.batch"]


def steps_of(world: World, operation: str) -> list[int]:
    """At which steps of the next contacts run this is called; found out in another world."""
    probe = world.copy()
    driver = probe.driver()
    driver.run(probe.job("run", "contacts"))
    probe.close()

    def calls(step: Step) -> Sequence[Call[Any]]:
        if isinstance(step, Send):
            return [step.call]
        return step.calls if isinstance(step, Gather) else []

    return [
        i
        for i, step in enumerate(driver.steps)
        if any(call.operation == operation for call in calls(step))
    ]


# --- writes of which nobody knows the end ----------------------------------------------------


def test_f_01_a_crash_right_after_a_batch_was_accepted_makes_no_second_contact(
    world: World,
) -> None:
    world.sync.lists.run()
    (at,) = steps_of(world, "contacts.batch")
    with pytest.raises(Died):
        world.driver(at, "after").run(world.job("run", "contacts"))
    assert world.addresses("clients") == everybody()

    world.restart()
    world.run()

    assert created(world) == 1
    assert set(statuses(world).values()) == {"synchronized"}
    assert quiet(world)


def test_f_02_contacts_that_become_visible_late_are_looked_for_and_not_sent_again(
    world: World,
) -> None:
    world.box.getresponse.visible_after = 600.0

    _, report = world.run()
    assert report.pending == len(PEOPLE)
    world.box.clock.advance(timedelta(minutes=2))
    assert world.run()[1].pending == len(PEOPLE)
    world.box.clock.advance(timedelta(minutes=10))
    _, report = world.run()

    assert report.pending == 0
    assert created(world) == 1
    assert set(statuses(world).values()) == {"synchronized"}


def test_f_03_what_is_accepted_and_never_shown_counts_as_refused_after_a_day(
    world: World,
) -> None:
    world.box.getresponse.silently_reject = lambda email: email.startswith("ada")

    assert world.run()[1].pending == 1
    world.box.clock.advance(DAY + HOUR)
    assert world.run()[1].pending == 0

    assert any("never showed" in reason for reason in reasons(world))
    before = created(world)
    world.box.clock.advance(30 * DAY)
    world.run()
    assert created(world) == before


def test_f_04_a_lost_answer_to_what_is_safe_is_asked_again_by_the_client(synced: World) -> None:
    synced.box.dynamics.edit_contact(synced.people["Ada"], lastname="Petit")
    synced.fail("lost", "POST", "UpsertMultiple")
    synced.fail("lost", "POST", f"/contacts/{synced.contact('clients', 'ada@example.org')}")

    _, report = synced.run()

    assert report.ok and report.writes == 2
    assert quiet(synced)


def test_f_04_a_lost_answer_to_a_creation_is_settled_and_not_repeated(world: World) -> None:
    world.fail("lost", "POST", "/v3/campaigns")
    world.fail("lost", "POST", "/v3/contacts/batch")

    lists, contacts = world.run()

    assert lists.ok and contacts.ok
    assert len(world.box.getresponse.campaigns()) == 1
    assert created(world) == 1
    assert world.addresses("clients") == everybody()
    assert quiet(world)


def test_f_04_a_lost_batch_that_was_not_done_is_sent_by_the_next_run(world: World) -> None:
    world.fail("answer", "POST", "/v3/contacts/batch", status=502)

    _, report = world.run()
    assert report.failed == {"create GetResponse contact": len(PEOPLE)}
    _, report = world.run()

    assert report.done["create GetResponse contact"] == len(PEOPLE)
    assert quiet(world)


def test_f_05_a_connection_that_breaks_within_a_page_is_asked_again(world: World) -> None:
    world.run()
    world.box.clock.advance(DAY)
    world.fail("lost", "GET", "/v3/contacts")
    world.fail("lost", "GET", "/api/data/v9.2/contacts")

    assert world.run()[1].writes == 0


@pytest.mark.parametrize("path", ["/v3/contacts", "/api/data/v9.2/contacts"])
@pytest.mark.parametrize("body", [b'[{"contactId": "a', b"<html>maintenance</html>"])
def test_f_06_an_answer_that_is_no_json_fails_the_run_and_moves_no_cursor(
    synced: World, path: str, body: bytes
) -> None:
    before = synced.cursors()
    campaign = synced.campaign("clients")
    synced.box.getresponse.sign_up(campaign, "new@example.net")
    synced.altered("GET", path, lambda _: body, times=20)

    with pytest.raises((DecodeError, Unauthenticated, AnswerLost)):
        synced.sync.contacts.run()

    assert synced.cursors() == before
    synced.wire.taps.clear()
    synced.run()
    assert statuses(synced)["new@example.net"] == "processing"
    assert quiet(synced)


def test_f_07_unknown_values_and_missing_fields_are_taken_as_they_are(synced: World) -> None:
    synced.box.getresponse.sign_up(synced.campaign("clients"), "new@example.net", "New")

    def odd(body: bytes) -> bytes:
        rows = json.loads(body)
        for row in rows:
            if row["email"] == "new@example.net":
                row |= {"origin": "hologram", "name": None, "surprise": [1], "scoring": "2.50"}
                del row["changedOn"], row["dayOfCycle"]
        return json.dumps(rows).encode()

    synced.altered("GET", "/v3/contacts", odd, times=20)

    synced.run()

    (row,) = (
        r for r in synced.box.dynamics.rows("gr_contact") if r["gr_email"] == "new@example.net"
    )
    assert (row["gr_origin"], row["gr_scoring"]) == ("hologram", 2.5)
    assert "gr_name" not in row


def test_f_07_a_row_without_its_id_fails_with_its_place(synced: World) -> None:
    synced.box.getresponse.sign_up(synced.campaign("clients"), "new@example.net", "New")
    before = synced.cursors()
    synced.altered(
        "GET", "/v3/contacts", lambda body: body.replace(b'"contactId"', b'"id"'), times=20
    )

    with pytest.raises(DecodeError) as caught:
        synced.sync.contacts.run()

    assert any("contact_id" in path for path in caught.value.paths), caught.value.paths
    assert synced.cursors() == before


# --- credentials -----------------------------------------------------------------------------


def test_f_08_a_token_that_ends_within_a_run_is_had_anew_once(synced: World) -> None:
    tokens = synced.calls()["dynamics token"]
    synced.at("GET", "/listcontact_association", synced.box.dynamics.revoke_tokens)

    synced.run()

    refused = [c for c in synced.box.calls if c.service == "dynamics" and c.status == 401]
    assert len(refused) == 1
    assert synced.calls()["dynamics token"] <= tokens + 2  # one for age, one for the revocation
    assert quiet(synced)


def test_f_10_a_revoked_key_stops_the_run_and_touches_no_record(synced: World) -> None:
    before = synced.look()
    synced.box.getresponse.revoke_key()

    with pytest.raises(Unauthenticated):
        synced.run()

    assert synced.look() == before


def test_f_10_a_revoked_secret_stops_the_run_and_touches_no_record(synced: World) -> None:
    before = synced.look()
    synced.box.dynamics.client_secret = "another"
    synced.box.dynamics.revoke_tokens()

    with pytest.raises(AuthError):
        synced.run()

    assert synced.look() == before


@pytest.mark.parametrize(
    ("table", "privilege"), [("contact", "prvReadContact"), ("gr_contact", "prvReadgr_Contact")]
)
def test_f_11_a_lost_privilege_stops_the_run_and_nothing_counts_as_deleted(
    synced: World, table: str, privilege: str
) -> None:
    before = synced.look()
    synced.box.dynamics.denied.add((table, "Read"))

    with pytest.raises(Forbidden, match=privilege):
        synced.run()

    assert synced.look() == before
    synced.box.dynamics.denied.clear()
    assert quiet(synced)


# --- throttling ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "40"}, 40),
        (
            {
                "Date": "Mon, 02 Mar 2026 11:00:00 GMT",
                "Retry-After": "Mon, 02 Mar 2026 11:01:00 GMT",
            },
            60,
        ),
        ({"X-RateLimit-Reset": "45 seconds"}, 45),
        ({}, 0.5),
    ],
    ids=["seconds", "date", "words", "nothing"],
)
def test_f_12_a_throttled_call_waits_as_long_as_it_is_told(
    synced: World, headers: dict[str, str], seconds: float
) -> None:
    synced.fail("answer", "GET", "/v3/contacts", status=429, headers=headers)
    struck = len(list(synced.box.calls))

    synced.sync.contacts.run()

    calls = list(synced.box.calls)[struck:]
    (at,) = (i for i, call in enumerate(calls) if call.status == 429)
    later = [c.at - calls[at].at for c in calls[at + 1 :] if c.service == "getresponse"]
    assert min(later) >= timedelta(seconds=seconds)


def test_f_14_a_service_that_is_busy_says_503_and_is_asked_again(world: World) -> None:
    world.fail("answer", "GET", "/v3/accounts", status=503, headers={"Retry-After": "10"})
    world.fail("answer", "GET", "/gr_contacts", status=503)

    assert all(report.ok for report in world.run())


def test_f_16_a_full_account_stops_the_push_and_the_rest_goes_on(world: World) -> None:
    gr = world.box.getresponse
    world.sync.lists.run()
    gr.sign_up(world.campaign("clients"), "guest@example.net")
    gr.contact_limit = 3

    _, report = world.run()

    assert any("limit" in warning for warning in report.warnings)
    assert len(report.warnings) == 1
    assert statuses(world)["guest@example.net"] == "processing"
    gr.contact_limit = None
    world.run()
    assert world.addresses("clients") == everybody() | {"guest@example.net"}
    assert quiet(world)


# --- writing records -------------------------------------------------------------------------


def test_f_18_one_record_that_is_refused_does_not_stop_its_block(world: World) -> None:
    gr = world.box.getresponse
    world.sync.lists.run()
    for number in range(9):
        name = f"Guest {number}"
        gr.sign_up(world.campaign("clients"), f"guest{number}@example.net", name, engagement=1)
    # Dynamics takes engagement from 0 to 5.
    gr.sign_up(world.campaign("clients"), "poison@example.net", "Poison", engagement=9)

    _, report = world.run()

    assert report.failed == {"create Dynamics record": 1}
    assert set(statuses(world)) == everybody() | {f"guest{n}@example.net" for n in range(9)}
    assert quiet(world)


def test_f_19_a_block_whose_answer_never_comes_may_be_written_again(synced: World) -> None:
    ada = synced.contact("clients", "ada@example.org")
    synced.box.getresponse.edit_contact(ada, name="Ada of the fair")
    synced.fail("lost", "POST", "UpsertMultiple", times=20)

    with pytest.raises(AnswerLost):
        synced.sync.contacts.run()

    synced.box.faults.clear()
    synced.run()
    assert synced.record(ada)["gr_name"] == "Ada of the fair"
    assert len(synced.box.dynamics.rows("gr_contact")) == len(PEOPLE)
    assert quiet(synced)


# --- reading ---------------------------------------------------------------------------------


def test_f_21_an_expired_delta_link_leads_to_a_whole_read_and_no_deletion(synced: World) -> None:
    synced.box.dynamics.delete_contact(synced.people["Ben"])
    synced.box.dynamics.edit_contact(synced.people["Ada"], lastname="Petit")
    synced.box.dynamics.expire_delta_tokens()

    _, report = synced.run()

    assert sum("expired" in warning for warning in report.warnings) == 2
    assert "deleted" not in statuses(synced).values()
    assert synced.addresses("clients") == everybody()
    found = synced.box.getresponse.find(synced.campaign("clients"), "ada@example.org")
    assert found is not None and found.name == "Ada Petit"
    assert quiet(synced)


def test_f_22_a_deletion_of_somebody_never_seen_is_nothing(synced: World) -> None:
    ghost = synced.person("Ghost")
    synced.box.dynamics.delete_contact(ghost)

    assert quiet(synced)


@pytest.fixture
def large() -> Iterator[World]:
    """A list of GetResponse with more contacts than a page holds, all made in one second."""
    made = World(Sandbox(seed=4))
    made.marketing_list("Clients")
    campaign = made.box.getresponse.add_campaign("clients")
    for number in range(1010):
        made.box.getresponse.sign_up(campaign, f"guest{number}@example.net", "Guest")
    made.list_record("clients", "Clients")
    made.box.clock.advance(3 * DAY)
    yield made
    made.close()


def test_f_23_rows_that_shift_between_pages_are_read_by_the_next_full_pass(large: World) -> None:
    large.sync.lists.run()
    first = large.contact("clients", "guest0@example.net")
    large.at("GET", "/v3/contacts", lambda: large.box.getresponse.unsubscribe(first), skip=1)

    large.sync.contacts.run()
    large.box.clock.advance(DAY)
    large.sync.contacts.run()

    active = {s for s in statuses(large).values()}
    assert len(large.box.dynamics.rows("gr_contact")) >= 1009
    assert set(statuses(large)) >= large.addresses("clients")
    assert active <= {"processing", "deleted"}
    assert quiet(large)


def test_f_24_many_changes_of_one_second_are_read_to_the_end(large: World) -> None:
    large.run()
    large.box.clock.advance(3 * HOUR)
    for contact in large.box.getresponse.contacts():
        large.box.getresponse.edit_contact(contact.id, name="Renamed")

    _, report = large.run()

    assert report.done == {"update Dynamics record": 1010}
    assert {r["gr_name"] for r in large.box.dynamics.rows("gr_contact")} == {"Renamed"}


# --- lists -----------------------------------------------------------------------------------


def test_f_43_a_name_that_is_taken_or_wrong_is_an_error_and_can_be_set_as_new(
    world: World,
) -> None:
    world.box.getresponse.taken_names.add("clients")
    world.list_record("Wrong Name!", "Clients")

    world.run()

    for name in ("clients", "Wrong Name!"):
        row = world.box.dynamics.row("gr_list", world.lists[name])
        assert row is not None
        assert (world.list_status(name), row["gr_iscreated"]) == ("error", False)
        assert row["gr_syncerror"]
    world.box.getresponse.taken_names.clear()
    world.box.dynamics.edit_row("gr_list", world.lists["clients"], gr_syncstatus=NEW)
    world.run()
    assert world.list_status("clients") == "created"
    assert world.addresses("clients") == everybody()


def test_f_44_a_list_deleted_between_runs_is_marked_and_no_longer_pushed_to(
    synced: World,
) -> None:
    people = synced.look().people
    synced.box.getresponse.delete_campaign(synced.campaign("clients"))

    synced.run()

    assert synced.list_status("clients") == "deleted"
    assert synced.look().people == people
    assert quiet(synced)


def test_f_44_a_list_deleted_within_a_push_fails_its_contacts_and_no_others(world: World) -> None:
    world.marketing_list("Others", ["Ada"])
    world.list_record("others", "Others")
    world.sync.lists.run()
    gone = world.campaign("clients")
    world.at("POST", "/v3/contacts/batch", lambda: world.box.getresponse.delete_campaign(gone))

    _, report = world.sync.lists.run(), world.sync.contacts.run()

    assert report.failed == {"create GetResponse contact": len(PEOPLE)}
    assert world.addresses("others") == everybody("Ada")
    world.run()
    assert world.list_status("clients") == "deleted"
    assert quiet(world)


def test_f_44_the_contacts_job_alone_bears_a_list_that_is_gone(synced: World) -> None:
    synced.marketing_list("Others", ["Ada"])
    synced.list_record("others", "Others")
    synced.sync.lists.run()
    synced.box.getresponse.delete_campaign(synced.campaign("clients"))

    report = synced.sync.contacts.run()

    assert any("run sync.lists" in warning for warning in report.warnings)
    assert synced.addresses("others") == everybody("Ada")


def test_f_45_a_renamed_list_stays_the_same_and_cannot_be_mapped_twice(synced: World) -> None:
    synced.box.getresponse.rename_campaign(synced.campaign("clients"), "renamed")
    synced.list_record("renamed", "Clients")

    synced.run()

    assert synced.list_status("clients") == "created"
    assert synced.list_status("renamed") == "error"
    assert quiet(synced)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"target": "account"}, "accounts"),
        ({"target": "lead"}, "leads"),
        (
            {
                "dynamic": True,
                "query": LYON.replace(
                    "<filter>", "<filter><condition attribute='ownerid' operator='eq-userid'/>"
                ),
            },
            "eq-userid",
        ),
    ],
    ids=["accounts", "leads", "current user"],
)
def test_f_46_a_marketing_list_that_cannot_feed_a_list_is_refused_with_the_reason(
    world: World, options: dict[str, Any], told: str
) -> None:
    world.marketing_list("Odd", **options)
    world.list_record("odd", "Odd")

    world.run()

    row = world.box.dynamics.row("gr_list", world.lists["odd"])
    assert row is not None and told in row["gr_syncerror"]
    assert world.list_status("odd") == "error"
    assert world.list_status("clients") == "created"


# --- people ----------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", ["/listcontact_association", "/gr_contacts", "UpsertMultiple"])
def test_f_52_a_merge_within_a_run_moves_the_ties_to_the_survivor(
    synced: World, moment: str
) -> None:
    crm = synced.box.dynamics
    ada, ben = synced.people["Ada"], synced.people["Ben"]
    synced.box.getresponse.edit_contact(
        synced.contact("clients", "cleo@example.org"), email="cleo@elsewhere.example"
    )
    method = "POST" if "Upsert" in moment else "GET"
    synced.at(method, moment, lambda: crm.merge_contacts(ada, ben))

    synced.run()
    synced.run()

    for email in everybody("Ada", "Ben"):
        record = synced.record(synced.contact("clients", email))
        assert record["gr_crmcontactid"] == ada
    assert quiet(synced)


@pytest.mark.parametrize("end", ["deleted", "deactivated"])
def test_f_53_who_is_gone_from_the_crm_stays_in_getresponse_and_is_refreshed(
    synced: World, end: str
) -> None:
    crm, ada = synced.box.dynamics, synced.contact("clients", "ada@example.org")
    (crm.delete_contact if end == "deleted" else crm.deactivate_contact)(synced.people["Ada"])

    synced.run()
    synced.box.clock.advance(HOUR)
    synced.box.getresponse.edit_contact(ada, name="Ada of the fair")
    synced.run()

    assert synced.addresses("clients") == everybody()
    assert synced.record(ada)["gr_name"] == "Ada of the fair"
    assert synced.record_status(ada) == ("processing" if end == "deleted" else "synchronized")
    assert quiet(synced)


@pytest.mark.parametrize("end", ["unsubscribed", "deleted", "moved", "copied"])
def test_f_54_who_leaves_within_a_push_is_not_brought_back(synced: World, end: str) -> None:
    gr = synced.box.getresponse
    gr.removal_blocks = frozenset()
    synced.marketing_list("Others", ["Ben"])
    synced.list_record("others", "Others")
    synced.run()
    ada = synced.contact("clients", "ada@example.org")
    there, other = synced.campaign("clients"), synced.campaign("others")
    synced.box.dynamics.edit_contact(synced.people["Ada"], lastname="Petit")
    acts: dict[str, Callable[[], object]] = {
        "unsubscribed": lambda: gr.unsubscribe(ada),
        "deleted": lambda: gr.delete_contact(ada),
        "moved": lambda: gr.move_contact(ada, other),
        "copied": lambda: gr.copy_contact(ada, other),
    }
    synced.at("POST", f"/v3/contacts/{ada}", acts[end])

    synced.run()
    for _ in range(3):
        synced.box.clock.advance(DAY)
        synced.run()

    assert (gr.find(there, "ada@example.org") is None) == (end != "copied")
    assert (gr.find(other, "ada@example.org") is None) == (end in ("unsubscribed", "deleted"))
    assert synced.record_status(ada) == (
        "deleted" if end in ("unsubscribed", "deleted") else "synchronized"
    )
    listed = "others" if end == "moved" else "clients"
    assert synced.record(ada)["gr_listid"] == synced.lists[listed]
    assert quiet(synced)


def test_f_54_a_contact_that_was_moved_or_readdressed_before_it_left_is_not_brought_back(
    synced: World,
) -> None:
    gr = synced.box.getresponse
    gr.removal_blocks = frozenset()
    synced.marketing_list("Others", ["Ada"])
    others = gr.add_campaign("others")
    synced.list_record("others", "Others")
    ada = synced.contact("clients", "ada@example.org")
    gr.move_contact(ada, others)
    gr.unsubscribe(ada)

    synced.run()

    assert gr.find(others, "ada@example.org") is None
    assert quiet(synced)


def test_f_55_an_address_that_its_contact_has_given_up_is_free_for_somebody_else(
    synced: World,
) -> None:
    ada = synced.contact("clients", "ada@example.org")
    synced.box.getresponse.edit_contact(ada, email="ada@home.example")
    synced.box.dynamics.edit_contact(synced.people["Ada"], email="ada@home.example")
    synced.run()
    heir = synced.person("Adam", "ada@example.org")
    synced.box.dynamics.add_members(synced.marketing["Clients"], [heir])

    synced.run()

    assert synced.addresses("clients") == everybody() | {"ada@home.example"}
    found = synced.contact("clients", "ada@example.org")
    assert synced.record(found)["gr_crmcontactid"] == heir
    assert quiet(synced)


@pytest.mark.parametrize("side", ["crm", "getresponse", "both"])
def test_f_55_a_changed_address_stays_on_its_side(synced: World, side: str) -> None:
    ada = synced.contact("clients", "ada@example.org")
    if side != "getresponse":
        synced.box.dynamics.edit_contact(synced.people["Ada"], email="ada@work.example")
    if side != "crm":
        synced.box.getresponse.edit_contact(ada, email="ada@home.example")
    shown = "ada@example.org" if side == "crm" else "ada@home.example"

    synced.run()

    person = synced.box.dynamics.row("contact", synced.people["Ada"])
    assert person is not None
    assert person["emailaddress1"] == (
        "ada@example.org" if side == "getresponse" else "ada@work.example"
    )
    assert synced.addresses("clients") == everybody(*PEOPLE[1:]) | {shown}
    assert synced.record(ada)["gr_email"] == shown
    assert synced.record(ada)["gr_crmcontactid"] == synced.people["Ada"]
    assert quiet(synced)


def test_f_55_an_address_that_somebody_else_of_the_list_has_is_no_reason_to_merge(
    synced: World,
) -> None:
    ada = synced.contact("clients", "ada@example.org")
    synced.box.dynamics.edit_contact(synced.people["Ada"], email="ben@example.org")
    twin = synced.person("Benedikt", "BEN@example.org")
    synced.box.dynamics.add_members(synced.marketing["Clients"], [twin])

    _, report = synced.run()

    assert synced.addresses("clients") == everybody()
    assert synced.record(ada)["gr_crmcontactid"] == synced.people["Ada"]
    assert report.skipped == {"another contact of this list has the same address": 1}


def test_f_56_one_poisoned_person_is_a_dead_letter_and_the_rest_goes_on(world: World) -> None:
    world.person("Bad\x00\x1b[31m", "bad\x00@example.org")
    world.box.dynamics.add_members(world.marketing["Clients"], list(world.people.values()))

    _, report = world.run()

    (letter,) = world.sync.contacts.dead_letters()
    assert "malformed" in letter.reason and "bad" not in letter.reason
    assert sum(report.skipped.values()) == 1
    assert world.addresses("clients") == everybody()
    assert quiet(world)


@pytest.mark.parametrize(
    "twins",
    [
        ("Zoe@Example.org", "zoe@example.org"),
        ("zoe@bücher.example", "zoe@xn--bcher-kva.example"),
        ("zoe@bücher.example", "zoe@bu\u0308cher.example"),
        ("zoe@example.org", " zoe@example.org. "),
    ],
    ids=["case", "idn", "accents", "blanks"],
)
def test_f_58_two_spellings_of_an_address_are_one_contact(
    world: World, twins: tuple[str, str]
) -> None:
    for number, email in enumerate(twins):
        made = world.person(f"Zoe{number}", email)
        world.box.dynamics.add_members(world.marketing["Clients"], [made])

    _, report = world.run()

    assert len(world.addresses("clients")) == len(PEOPLE) + 1
    assert report.skipped == {"another contact of this list has the same address": 1}
    assert quiet(world)


@pytest.mark.parametrize(
    "email", ["zoe+news@example.org", '"zoe zoe"@example.org', "z" * 64 + "@example.org"]
)
def test_f_58_unusual_addresses_are_sent_as_they_are(world: World, email: str) -> None:
    world.box.dynamics.add_members(world.marketing["Clients"], [world.person("Zoe", email)])

    world.run()

    # What GetResponse does not take is a dead letter, whatever our own rule says.
    assert quiet(world)
    assert email in world.addresses("clients") or reasons(world)


@pytest.mark.parametrize("email", ["zoe", "@example.org", "zoe@", "z" * 65 + "@example.org"])
def test_f_58_what_is_no_address_is_a_dead_letter(world: World, email: str) -> None:
    world.box.dynamics.add_members(world.marketing["Clients"], [world.person("Zoe", email)])

    world.run()

    assert world.addresses("clients") == everybody()
    (reason,) = reasons(world)
    assert "malformed" in reason


def test_f_62_our_own_writes_that_come_back_are_no_news(world: World) -> None:
    world.run()
    world.box.dynamics.edit_contact(world.people["Ada"], lastname="Petit")
    world.run()

    seen: list[bytes] = []
    world.altered("GET", "/gr_contacts", lambda body: seen.append(body) or body)  # type: ignore[func-returns-value]

    # The record comes back by its delta link, the contact by its change date.
    _, report = world.run()

    assert report.writes == 0
    assert [len(json.loads(body)["value"]) for body in seen] == [1]


@pytest.mark.parametrize(
    ("direction", "name", "winner"),
    [(Direction.PUSH, "Ada Petit", "the CRM"), (Direction.YIELD, "Ada L.", "GetResponse")],
)
def test_f_64_a_name_that_both_sides_changed_goes_by_the_rule_and_is_told(
    synced: World, direction: Direction, name: str, winner: str
) -> None:
    rules = (Rule("full_name", "name", direction=direction), Rule("email", "email"))
    synced.restart(Settings(mapping=rules))
    synced.run()
    synced.box.clock.advance(HOUR)
    ada = synced.contact("clients", "ada@example.org")
    synced.box.dynamics.edit_contact(synced.people["Ada"], lastname="Petit")
    synced.box.getresponse.edit_contact(ada, name="Ada L.")

    plan = synced.sync.contacts.plan()
    synced.sync.apply(plan)

    (conflict,) = (change for change in plan if change.verb is Verb.CONFLICT)
    assert conflict.reason == f"the name was changed on both sides; {winner} wins"
    assert conflict.before["crm"] == "Ada Petit" and conflict.before["getresponse"] == "Ada L."
    assert synced.record(ada)["gr_name"] == name
    assert quiet(synced)


def test_f_65_when_many_vanish_at_once_nobody_is_marked_until_it_is_allowed(
    synced: World,
) -> None:
    careful = Settings(max_removals=(1, 0.05))
    synced.restart(careful)
    synced.run()
    gone = [synced.contact("clients", email) for email in everybody("Ada", "Ben")]
    for gr_id in gone:
        synced.box.getresponse.unsubscribe(gr_id)
    synced.box.dynamics.edit_contact(synced.people["Cleo"], lastname="Petit")

    _, report = synced.run()

    assert any("gone from GetResponse at once" in warning for warning in report.warnings)
    assert "deleted" not in statuses(synced).values()
    cleo = synced.box.getresponse.find(synced.campaign("clients"), "cleo@example.org")
    assert cleo is not None and cleo.name == "Cleo Petit"
    synced.restart(Settings(max_removals=(2, 0.05)))
    synced.run()
    assert [synced.record_status(gr_id) for gr_id in gone] == ["deleted", "deleted"]


# --- a plan that waits -----------------------------------------------------------------------


def test_a_plan_that_was_never_applied_leaves_no_gap_in_what_is_read(world: World) -> None:
    world.sync.lists.run()
    world.sync.contacts.plan()
    world.box.clock.advance(HOUR)
    world.box.getresponse.sign_up(world.campaign("clients"), "new@example.net")
    world.box.clock.advance(6 * HOUR)

    world.sync.contacts.run()

    assert statuses(world)["new@example.net"] == "processing"


def test_a_refused_address_that_was_mended_is_tried_again(world: World) -> None:
    world.box.getresponse.block("@blocked.example")
    world.box.dynamics.edit_contact(world.people["Ada"], email="ada@blocked.example")
    world.run()
    assert quiet(world)
    assert any("blocklist" in reason for reason in reasons(world))

    world.box.dynamics.edit_contact(world.people["Ada"], email="ada@example.org")
    world.box.clock.advance(HOUR)
    world.run()

    assert world.addresses("clients") == everybody()
    assert reasons(world) == []
    assert quiet(world)


def test_a_contact_that_left_before_it_was_ever_seen_is_not_sent_again(world: World) -> None:
    gr = world.box.getresponse
    gr.removal_blocks = frozenset()
    gr.visible_after = 300.0
    world.run()
    world.box.clock.advance(timedelta(minutes=10))
    gr.unsubscribe(world.contact("clients", "ada@example.org"))

    _, report = world.run()

    assert report.pending == 0
    world.box.clock.advance(2 * DAY)
    world.run()
    assert world.addresses("clients") == everybody(*PEOPLE[1:])


def test_a_crm_contact_deleted_before_its_record_was_written_does_not_block_it(
    world: World,
) -> None:
    ada = world.people["Ada"]
    world.at("POST", "UpsertMultiple", lambda: world.box.dynamics.delete_contact(ada))

    world.run()
    world.run()

    assert statuses(world)["ada@example.org"] == "processing"
    assert quiet(world)


def test_who_had_left_before_the_first_run_does_not_come_back_under_another_address(
    world: World,
) -> None:
    gr = world.box.getresponse
    gr.removal_blocks = frozenset()
    gr.unsubscribe(gr.sign_up(gr.add_campaign("clients"), "ada@example.org"))
    world.run()

    world.box.dynamics.edit_contact(world.people["Ada"], email="ada@work.example")
    _, report = world.run()

    assert world.addresses("clients") == everybody(*PEOPLE[1:])
    assert report.skipped == {"was removed in GetResponse, and is not subscribed again": 1}
    assert quiet(world)


@pytest.mark.parametrize("removed", ["by themselves", "by a run"])
def test_who_signs_up_again_is_tied_again_and_nobody_is_told_otherwise(
    world: World, removed: str
) -> None:
    leavers(world)
    gr = world.box.getresponse
    if removed == "by themselves":
        gr.unsubscribe(world.contact("clients", "ada@example.org"))
    world.run()
    world.box.dynamics.add_members(world.marketing["Clients"], [world.people["Ada"]])
    ada = gr.sign_up(world.campaign("clients"), "ada@example.org", "Ada Moreau")
    world.run()

    plan = world.sync.contacts.plan()

    assert len(plan) == 0
    assert world.record(ada)["gr_crmcontactid"] == world.people["Ada"]
    assert world.record_status(ada) == "synchronized"


def leavers(world: World) -> None:
    """Ada has left a marketing list whose list removes who leaves."""
    world.box.getresponse.removal_blocks = frozenset()
    world.box.dynamics.edit_row("gr_list", world.lists["clients"], gr_onleave=REMOVE)
    world.run()
    world.box.dynamics.remove_member(world.marketing["Clients"], world.people["Ada"])


def test_who_was_removed_by_a_run_that_crashed_comes_back_with_the_marketing_list(
    world: World,
) -> None:
    leavers(world)
    (at, *_) = steps_of(world, "contacts.delete")
    with pytest.raises(Died):
        world.driver(at, "after").run(world.job("run", "contacts"))
    assert world.addresses("clients") == everybody(*PEOPLE[1:])
    world.run()

    world.box.dynamics.add_members(world.marketing["Clients"], [world.people["Ada"]])
    world.run()

    assert world.addresses("clients") == everybody()
    assert quiet(world)


def test_who_unsubscribed_just_before_being_removed_does_not_come_back(world: World) -> None:
    leavers(world)
    ada = world.contact("clients", "ada@example.org")
    world.at("DELETE", f"/v3/contacts/{ada}", lambda: world.box.getresponse.unsubscribe(ada))
    world.run()

    world.box.dynamics.add_members(world.marketing["Clients"], [world.people["Ada"]])
    world.run()

    assert world.addresses("clients") == everybody(*PEOPLE[1:])
    assert quiet(world)


def test_who_was_moved_to_another_list_is_not_removed_from_there(world: World) -> None:
    leavers(world)
    others = world.box.getresponse.add_campaign("others")
    world.box.getresponse.move_contact(world.contact("clients", "ada@example.org"), others)

    world.run()

    assert world.box.getresponse.find(others, "ada@example.org") is not None
    assert quiet(world)


# --- no leak ---------------------------------------------------------------------------------


def test_no_secret_and_no_address_is_ever_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    world = first_day()
    gr, crm = world.box.getresponse, world.box.dynamics
    canary = "canary.bird@mine.example"
    world.person("Canary", canary)
    world.person("Blocked", "canary.two@blocked.example")
    crm.add_members(world.marketing["Clients"], [world.people["Canary"], world.people["Blocked"]])
    secrets = {gr.key, crm.client_secret, canary, "canary.two@blocked.example", "ada@example.org"}
    told: list[str] = []

    def tell(thing: object) -> None:
        told.extend((repr(thing), str(thing)))

    def attempt() -> None:
        try:
            for job in (world.sync.lists, world.sync.contacts):
                plan = job.plan()
                tell(plan)
                for change in plan:
                    tell(change)
                report = world.sync.apply(plan)
                tell(report)
                tell(report.to_dict())
        except ConnectorsError as error:
            tell(error)
            tell(vars(error))
            told.append("".join(traceback.format_exception(error)))

    paths = ("/v3/accounts", "/v3/campaigns", "/v3/contacts", "/contacts", "/gr_contacts", "/token")
    for path in paths:
        for status in (400, 401, 403, 404, 429, 500):
            body = json.dumps({"message": f"no {canary}", "context": {"value": canary}}).encode()
            for method in ("GET", "POST"):
                headers = {"Content-Type": "application/json"}
                world.fail("answer", method, path, status=status, body=body, headers=headers)
            attempt()
            world.box.faults.clear()
            crm.revoke_tokens()
    attempt()
    next_day(world)
    attempt()
    for letter in world.sync.contacts.dead_letters():
        tell(letter)
    for thing in (world.getresponse, world.dynamics, world.sync, world.store, world.box):
        tell(thing)
    told.extend(record.getMessage() for record in caplog.records)
    told.extend(str(vars(record)) for record in caplog.records)
    secrets |= set(crm.tokens)

    text = "\n".join(told)
    assert [secret for secret in secrets if secret in text] == []
    assert "ca…@mine.example" in text or "canary" not in text
    world.close()
