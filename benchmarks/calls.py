"""How many requests a full first sync of 20,000 contacts makes, and an hour with no change.

    python benchmarks/calls.py [--json]

Every number is compared with `expected_calls`, and the sum with what the sandbox has counted.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote

from attrs import evolve

from connectors import (
    ClientCredentials,
    DynamicsClient,
    GetResponseClient,
    GetResponseDynamics,
    Sandbox,
    Settings,
    SqlStore,
)
from connectors.integrations.getresponse_dynamics.expected import (
    ContactsCase,
    ListsCase,
    expected_calls,
)

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.measures import Measure, compare, exactly, main, one_list

CONTACTS = 20_000
HOUR = 3600
HOURS = 3
"""The first of them sees the sync's own writes, the last nothing at all."""

SETTINGS = Settings(block=1000)

FINDS = "getresponse contacts.list"
PER_PAGE = {
    "dynamics contacts.track": "all CRM contacts",
    "dynamics lists.members": "who is on the marketing list",
    "getresponse contacts.batch": "the contacts it creates",
    FINDS: "the ids of those",
    "dynamics gr_contacts.upsert_many": "their records",
}
"""What grows with the number of contacts, and what it reads or writes."""


def measure() -> Iterator[Measure]:
    """Play the first sync and some hours."""
    box = Sandbox(seed=1, contacts=CONTACTS)
    members = one_list(box)
    key = ClientCredentials(
        box.dynamics.client_id, box.dynamics.client_secret, authority=box.dynamics.authority
    )
    with (
        TemporaryDirectory() as folder,
        GetResponseClient(box.getresponse.key, transport=box.transport) as getresponse,
        DynamicsClient(box.dynamics.url, key, transport=box.transport) as dynamics,
    ):
        store = SqlStore(f"sqlite:///{folder}/sync.db")
        sync = GetResponseDynamics(getresponse, dynamics, store=store, settings=SETTINGS)
        try:
            yield from first_lists(box, sync)
            yield from first_contacts(box, sync, members)
            yield from hours(box, sync, members)
        finally:
            store.close()


def first_lists(box: Sandbox, sync: GetResponseDynamics) -> Iterator[Measure]:
    """The list in GetResponse: as many calls whatever the size."""
    campaigns = len(box.getresponse.campaigns())
    calls = Counter(sync.lists.run().calls)
    case = ListsCase(records=1, marketing_lists=1, campaigns=campaigns, created=1, changed=1)
    # The services count one call more than the job: signing in is the client's.
    calls["dynamics token"] = box.calls.count("dynamics", "token")
    expected = {**expected_calls(case), "dynamics token": 1}
    group = "First sync, the list: fixed calls"
    yield from compare(group, calls, expected)
    yield exactly(group, "together", sum(calls.values()), sum(expected.values()))
    yield exactly(group, "counted by the sandbox", len(box.calls), sum(expected.values()))
    box.calls.clear()


def first_contacts(box: Sandbox, sync: GetResponseDynamics, members: int) -> Iterator[Measure]:
    """The contacts: what grows with their number apart from what does not."""
    calls = Counter(sync.contacts.run().calls)
    # The invented people have an address each, and some of them asked for no e-mail.
    created = sum(not row["donotemail"] for row in box.dynamics.rows("contact"))
    case = ContactsCase(crm_rows=CONTACTS, static=(members,), walked=(0,), block=SETTINGS.block)
    whole = Counter(
        expected_calls(
            evolve(case, created=(created,), discovered=(created,), records=(0, created))
        )
    )
    reading = Counter(expected_calls(case))
    # One endpoint is of both kinds: it reads the list while that is empty, and finds the new ids,
    # for which it asks by the date they were created.
    found = sum("query[createdOn]" in unquote(each.url) for each in box.calls)
    grows, fixed = split(calls, found)
    grows_expected, fixed_expected = split(whole, (whole - reading)[FINDS])
    group = "First sync, 20,000 contacts: calls by page and block"
    for endpoint, what in PER_PAGE.items():
        name = f"{endpoint}: {what}"
        yield exactly(group, name, grows[endpoint], grows_expected[endpoint])
    yield exactly(group, "together (4 + 4 + 20 + 20 + 20)", sum(grows.values()), 68)
    group = "First sync, 20,000 contacts: fixed calls"
    yield from compare(group, fixed, fixed_expected)
    yield exactly(group, "together", sum(fixed.values()), sum(fixed_expected.values()))
    group = "First sync, 20,000 contacts: all"
    yield exactly(group, "counted by the sandbox", len(box.calls), sum(whole.values()))
    found = len(box.getresponse.contacts())
    yield exactly(group, "contacts in GetResponse", found, created, "rows")
    found = len(box.dynamics.rows("gr_contact"))
    yield exactly(group, "records in Dynamics", found, created, "rows")
    box.calls.clear()


def split(calls: Counter[str], found: int) -> tuple[Counter[str], Counter[str]]:
    """Calls that grow with the contacts, and the others."""
    grows = Counter({name: n for name, n in calls.items() if name in PER_PAGE})
    grows[FINDS] = found
    return grows, calls - grows


def hours(box: Sandbox, sync: GetResponseDynamics, members: int) -> Iterator[Measure]:
    """Hours in which nothing happens."""
    written = len(box.dynamics.rows("gr_contact"))
    last = box.clock.now()
    for number in range(1, HOURS + 1):
        box.clock.sleep(HOUR)
        began, writes = box.clock.now(), box.getresponse.writes + box.dynamics.writes
        since = last.replace(microsecond=0) - SETTINGS.overlap
        everybody = box.getresponse.contacts()
        case = ContactsCase(
            record_rows=written,
            static=(members,),
            windows=(
                sum(1 for c in everybody if c.changed and c.changed >= since),
                sum(1 for c in everybody if c.created >= since),
            ),
            block=SETTINGS.block,
        )
        calls, expected = sync.contacts.run().calls, expected_calls(case)
        group = f"Hour {number}: nothing has changed"
        if number == 1:
            group += ", and the sync reads back what it wrote"
        if number == HOURS:
            group += ", and its own writes are out of sight"
        if number in (1, HOURS):
            yield from compare(group, calls, expected)
        yield exactly(group, "together", sum(calls.values()), sum(expected.values()))
        # A token lives for an hour, so the client signs in anew now and then.
        counted = len(box.calls) - box.calls.count("dynamics", "token")
        yield exactly(group, "counted by the sandbox", counted, sum(expected.values()))
        now = box.getresponse.writes + box.dynamics.writes
        yield exactly(group, "rows written on either side", now - writes, 0, "rows")
        box.calls.clear()
        written, last = 0, began


if __name__ == "__main__":
    main(__doc__ or "", measure)
