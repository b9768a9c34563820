"""The jobs as a host runs them: plan, apply, run. Each is a generator; the facades drive them."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from attrs import evolve
from sqlalchemy import Connection, func, select

from ...engine import cursors, plans
from ...engine.job import Job, transact
from ...engine.plans import Draft, Plan
from ...engine.report import Report
from .apply import apply_contacts
from .context import Account, Context, account_of, open_account
from .dead_letters import keep_dead_letters, why_refused
from .decide import decide
from .lists import apply_lists, plan_lists
from .observe import observe
from .schema import LINK
from .ties import WAITING, keep_agreements

LISTS = "lists"
CONTACTS = "contacts"

PROBLEMS = 10
"""Failures that a report names."""


def plan(ctx: Context, job: str) -> Job[Plan]:
    """Read both sides and decide; nothing outside the store is touched, no cursor is moved."""
    draft = yield from _draft(ctx, job, "planned")
    return draft.plan(ctx.store)


def run(ctx: Context, job: str) -> Job[Report]:
    """Plan and apply in one go; the plan is not kept."""
    started = ctx.now()
    draft = yield from _draft(ctx, job, "running")
    made = draft.plan(ctx.store)
    report = yield from apply(ctx, made, look=False)
    yield from transact(partial(plans.forget, plan_id=made.id))
    return evolve(report, started=started, warnings=(*made.warnings, *report.warnings))


def apply(ctx: Context, made: Plan, *, look: bool = True) -> Job[Report]:
    """Carry a plan out. `look`: first read what changed since it was made, so that what did is left
    alone.

    Raises:
        PlanStale: see `engine.plans.admit`.
    """
    started = ctx.now()
    admit = partial(
        plans.admit,
        plan=made,
        connection=ctx.connection,
        settings=ctx.settings.digest,
        now=started,
        max_age=ctx.settings.plan_max_age,
    )
    yield from transact(admit)
    draft = yield from transact(lambda db: Draft.resume(db, made, ctx.connection))
    if made.job == LISTS:
        yield from apply_lists(ctx, made.id)
    else:
        account = yield from transact(partial(account_of, ctx=ctx, made=made))
        if look:
            yield from _look_again(ctx, account)
        yield from transact(partial(keep_dead_letters, ctx=ctx, plan_id=made.id))
        yield from transact(partial(keep_agreements, ctx=ctx, plan_id=made.id))
        yield from apply_contacts(ctx, draft, account)
    warnings = tuple(draft.warnings)
    return (
        yield from transact(
            partial(_report, ctx=ctx, made=made, started=started, warnings=warnings)
        )
    )


def _look_again(ctx: Context, account: Account) -> Job[None]:
    """Stage what both sides show now; what is new in it is for the next plan."""
    seen = Draft(ctx.connection, CONTACTS, ctx.settings.digest, ctx.now())
    yield from observe(ctx, seen, account)
    moved = {stream: to for stream, (_, to) in seen.cursors.items()}
    yield from transact(partial(cursors.write, connection=ctx.connection, moved=moved))


def _draft(ctx: Context, job: str, state: str) -> Job[Draft]:
    draft = Draft(ctx.connection, job, ctx.settings.digest, ctx.now())
    yield from transact(draft.begin)
    if job == LISTS:
        yield from plan_lists(ctx, draft)
    else:
        account = yield from open_account(ctx)
        yield from observe(ctx, draft, account)
        yield from decide(ctx, draft, account)
    yield from transact(partial(draft.finish, state=state))
    return draft


def _report(
    db: Connection, *, ctx: Context, made: Plan, started: datetime, warnings: tuple[str, ...]
) -> Report:
    done: dict[str, int] = {}
    failed: dict[str, int] = {}
    moved = 0
    for (state, verb, side, kind), count in plans.outcomes(db, made.id).items():
        if state == "done":
            done[f"{verb} {side} {kind}"] = count
        elif state in ("failed", "open"):
            failed[f"{verb} {side} {kind}"] = count
        elif state == "moved":
            moved += count
    failures = plans.failures(db, made.id, PROBLEMS)
    waiting = LINK.c.state.in_(WAITING) & (LINK.c.connection == ctx.connection)
    pending = db.execute(select(func.count()).select_from(LINK).where(waiting)).scalar() or 0
    if made.job != "contacts":
        pending = 0
    return Report(
        job=made.job,
        started=started,
        ended=ctx.now(),
        done=done,
        failed=failed,
        changed_since_planned=moved,
        skipped=plans.reasons(db, made.id, "told"),
        pending=int(pending),
        problems=tuple(f"{c.subject}: {why_refused(db, ctx, c)}" for c in failures),
        warnings=warnings,
    )
