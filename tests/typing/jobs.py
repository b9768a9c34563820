"""What a user of the integration sees, in both worlds. Type-checked, never run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import assert_type

from connectors import (
    AsyncDynamicsClient,
    AsyncGetResponseClient,
    AsyncGetResponseDynamics,
    Change,
    Check,
    Consent,
    ContactRecord,
    DeadLetter,
    Direction,
    DynamicsClient,
    GetResponseClient,
    GetResponseDynamics,
    ListRecord,
    Match,
    Plan,
    Report,
    Rule,
    Settings,
    SqlStore,
)
from connectors.domain.plan import Side, Verb
from connectors.runtime.aio import AsyncPaged
from connectors.runtime.blocking import Paged


def built(gr: GetResponseClient, crm: DynamicsClient, store: SqlStore) -> None:
    GetResponseDynamics(gr, crm, store=store)
    settings = Settings(
        mapping=(Rule("full_name", "name", direction=Direction.YIELD), Rule("email", "email")),
        consent=Consent(crm_flags=False),
        plan_max_age=timedelta(minutes=5),
    )
    GetResponseDynamics(gr, crm, store=store, settings=settings, connection="second")


def jobs(sync: GetResponseDynamics, folder: Path) -> None:
    assert_type(sync.check(), tuple[Check, ...])
    plan = sync.contacts.plan()
    assert_type(plan, Plan)
    assert_type(len(plan), int)
    assert_type(plan.writes, int)
    assert_type(plan.counts, Mapping[str, int])
    assert_type(plan.warnings, tuple[str, ...])
    for change in plan:
        assert_type(change, Change)
        assert_type(change.verb, Verb)
        assert_type(change.side, Side)
        assert_type(change.reason, str)
        assert_type(change.after, Mapping[str, object])
    plan.save(folder / "monday.plan")
    report = sync.apply(Plan.load(folder / "monday.plan"))
    assert_type(report, Report)
    assert_type(report.ok, bool)
    assert_type(report.writes, int)
    assert_type(report.done, Mapping[str, int])
    assert_type(report.problems, tuple[str, ...])
    assert_type(report.to_dict(), dict[str, object])
    assert_type(sync.lists.plan(), Plan)
    assert_type(sync.lists.run(), Report)
    assert_type(sync.run(), tuple[Report, ...])


async def async_jobs(gr: AsyncGetResponseClient, crm: AsyncDynamicsClient, store: SqlStore) -> None:
    sync = AsyncGetResponseDynamics(gr, crm, store=store)
    assert_type(await sync.check(), tuple[Check, ...])
    plan = await sync.contacts.plan()
    assert_type(plan, Plan)
    assert_type(await sync.apply(plan), Report)
    assert_type(await sync.lists.run(), Report)
    assert_type(await sync.run(), tuple[Report, ...])


def commands(sync: GetResponseDynamics) -> None:
    record = sync.lists.create("customers", "marketing-list-id")
    assert_type(record, ListRecord)
    assert_type(sync.lists.set_as_new(record.id), ListRecord)
    assert_type(sync.lists.all(), tuple[ListRecord, ...])
    assert_type(sync.contacts.active(), Paged[ContactRecord])
    assert_type(sync.contacts.without_crm_contact().first(), ContactRecord | None)
    for match in sync.contacts.matches():
        assert_type(match, Match)
        linked = sync.contacts.link(match.record_id, match.candidates[0])
        assert_type(linked, ContactRecord)
    assert_type(sync.contacts.dead_letters(), tuple[DeadLetter, ...])


async def async_commands(sync: AsyncGetResponseDynamics) -> None:
    record = await sync.lists.create("customers", "marketing-list-id")
    assert_type(record, ListRecord)
    assert_type(sync.contacts.active(), AsyncPaged[ContactRecord])
    assert_type(await sync.contacts.matches(), tuple[Match, ...])
    assert_type(await sync.contacts.link("record", "contact"), ContactRecord)
    assert_type(await sync.contacts.dead_letters(), tuple[DeadLetter, ...])
