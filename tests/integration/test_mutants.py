"""The checks of crashes and invariants are worth something: they see an integration that is broken."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from attrs import evolve
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import Connection

from connectors.domain.consent import Consent
from connectors.dynamics import calls as crm
from connectors.engine import cursors
from connectors.engine.job import Job, send, transact
from connectors.engine.plans import Draft
from connectors.errors import AnswerLost
from connectors.getresponse import calls as gr
from connectors.integrations.getresponse_dynamics import apply, lists, observe, records, ties
from connectors.integrations.getresponse_dynamics.context import Context
from connectors.integrations.getresponse_dynamics.settings import Settings
from tests.integration.test_crashes import (
    start,
    test_one_crash_at_any_step_changes_nothing_in_the_end,
    undisturbed,
)
from tests.integration.test_invariants import Life, settled
from tests.world import World

crash_check = test_one_crash_at_any_step_changes_nothing_in_the_end
del test_one_crash_at_any_step_changes_nothing_in_the_end


@pytest.fixture(autouse=True)
def sound() -> Iterator[None]:
    """Worlds and expectations are made by the sound integration, before it is broken."""
    for day in ("first day", "next day"):
        start(day, "contacts")
        undisturbed(day)
    settled()
    yield


def lives(count: int = 20) -> None:
    """Play some lives."""
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=count,
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(settings().suppress_health_check),
        ),
    )


def test_a_cursor_that_moves_before_its_page_is_staged_is_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def hasty(
        ctx: Context, draft: Draft, stream: str, table: Any, stage: Any, *, base: Any, **_: Any
    ) -> Job[bool]:
        at = base
        while True:
            page: Any = yield from send(crm.track_rows(table).at(at))
            if page.delta is not None:
                moved = {stream: page.delta}
                yield from transact(partial(cursors.write, connection=ctx.connection, moved=moved))
                draft.cursors[stream] = (page.delta, page.delta)
            yield from transact(partial(stage, page=page))
            at = page.cursor
            if at is None:
                return base is None

    monkeypatch.setattr(observe, "_tracked", hasty)
    with pytest.raises(AssertionError):
        crash_check("next day", "contacts", "run")


def test_a_list_that_is_created_again_blindly_after_a_lost_answer_is_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def blind(name: str) -> Job[Any]:
        try:
            campaign = yield from send(gr.create_campaign(name))
        except AnswerLost:
            campaign = yield from send(gr.create_campaign(name))
        return campaign.campaign_id

    monkeypatch.setattr(lists, "_create", blind)
    with pytest.raises(AssertionError):
        crash_check("first day", "lists", "run")


def test_contacts_that_are_sent_and_never_settled_are_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def forgetful(db: Connection, *, ctx: Context) -> int:
        return 0

    monkeypatch.setattr(ties, "settle", forgetful)
    monkeypatch.setattr(apply, "settle", forgetful)
    with pytest.raises(AssertionError):
        crash_check("first day", "contacts", "run")


def test_a_tie_whose_names_are_forgotten_by_a_crash_is_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(records, "_names", lambda db, ctx, ids: {})
    monkeypatch.setattr(records, "_owners", lambda db, ctx, row, keys: {})
    with pytest.raises(AssertionError):
        crash_check("first day", "contacts", "run")


def test_consent_that_is_ignored_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    restart = World.restart

    def careless(self: World, settings: Settings | None = None) -> None:
        nobody_asked = Consent(crm_flags=False, departures=False)
        restart(self, evolve(settings or self.settings, consent=nobody_asked))

    monkeypatch.setattr(World, "restart", careless)
    with pytest.raises(AssertionError):
        crash_check("first day", "contacts", "run")
    with pytest.raises(AssertionError, match=r"nobody consents|subscribed again"):
        lives()
