"""The jobs that are planned: setting a connection up, and taking it away."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from ...engine import plans
from ...engine.job import Job, transact
from ...engine.plans import Draft, Plan
from ...engine.report import Report
from . import context
from .context import Context
from .objects import IF_REFUSED
from .setups import SETUP_JOB, apply_setup, plan_removal, plan_setup


def plan(ctx: Context, url: str, adopt: Mapping[str, str], *, remove: bool) -> Job[Plan]:
    """Read both sides and decide; nothing outside the store is touched."""
    draft = Draft(ctx.connection, SETUP_JOB, ctx.settings.digest, ctx.now())
    yield from transact(draft.begin)
    if remove:
        yield from plan_removal(ctx, draft)
    else:
        yield from plan_setup(ctx, draft, url, adopt)
    yield from transact(partial(draft.finish, state="planned"))
    return draft.plan(ctx.store)


def apply(ctx: Context, made: Plan) -> Job[Report]:
    """Carry a plan out.

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
    yield from apply_setup(ctx, made.id)
    ended = yield from transact(partial(plans.outcomes, plan_id=made.id))
    done = {
        f"{v} {side} {kind}": n for (state, v, side, kind), n in ended.items() if state == "done"
    }
    skipped = yield from transact(partial(plans.reasons, plan_id=made.id, state="told"))
    saved = yield from transact(partial(context.read, connection=ctx.connection))
    if saved is not None and any(state == "refused" for state, *_ in ended):
        skipped[f"object: records go into {saved.records_in.value}: {saved.reason}"] = 1
    return Report(
        job=made.job,
        started=started,
        ended=ctx.now(),
        done=done,
        skipped=skipped,
        # What might have happened is known by now.
        warnings=tuple(text for text in made.warnings if IF_REFUSED not in text),
    )
