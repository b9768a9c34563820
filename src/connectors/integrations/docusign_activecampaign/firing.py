"""Triggers that fired, and carrying out what their automations do.

That a trigger fired is kept together with what fired it, once under its key. Its steps are then taken
one by one: a host's function at least once, an enrolment or a draft once, since what happened to one
whose answer was lost is looked up before it is tried again.
"""

from __future__ import annotations

import hashlib
import json
import traceback
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from inspect import iscoroutinefunction
from pathlib import Path
from typing import NamedTuple

import msgspec
from attrs import evolve, field, frozen
from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.sqlite import insert

from ...activecampaign import calls as ac
from ...domain import triggers
from ...domain.envelopes import Action
from ...domain.merging import Known, Step, steps
from ...domain.triggers import (
    AddToAutomation,
    Automation,
    Callback,
    ContactFacts,
    RecordChange,
    TagNews,
)
from ...engine.job import Job, invoke, send, transact
from ...errors import AnswerLost, ConfigError, ConnectorsError, DomainError, Forbidden
from . import drafts, people
from .context import Context
from .schema import FIRING
from .tally import PAUSES, Tally, concerns_all

STUCK = timedelta(minutes=10)
"""After that long a step whose outcome was never kept belongs to a run that died."""


@frozen(kw_only=True)
class Firing:
    """A trigger that fired, as a host's function is given it.

    Attributes:
        id: the same however often the function is called for this firing.
        trigger: "tag_added", "record_created" or "record_updated".
        record: the DocuSign record's values after the step, by field id; None for a tag.
        before: its values before; None for a tag and a new record.
        draft_id: the envelope that an earlier step of the automation drafted.
    """

    id: str
    automation: str
    trigger: str
    contact_id: str
    email: str = field(repr=False)
    action: Action | None = None
    tag: str | None = None
    account_id: str
    envelope_id: str
    record: Mapping[str, str | None] | None = field(default=None, repr=False)
    before: Mapping[str, str | None] | None = field(default=None, repr=False)
    draft_id: str | None = None


def checked_callbacks(callbacks: Mapping[str, object], *, awaits: bool) -> None:
    """Refuse what cannot be called, or gives what nobody would await.

    Raises:
        ConfigError: with its name.
    """
    if not isinstance(callbacks, Mapping):
        raise ConfigError("`callbacks` must be functions by name, such as {'notify': notify}")
    for name, one in callbacks.items():
        if not isinstance(name, str) or not callable(one):
            raise ConfigError(f"callbacks[{name!r}] must be a function of a `Firing`")
        if iscoroutinefunction(one) and not awaits:
            raise ConfigError(
                f"callbacks[{name!r}] is `async def`, which only AsyncDocuSignActiveCampaign awaits"
            )


@frozen(kw_only=True)
class News:
    """What one message brought for one recipient's contact."""

    contact_id: str
    address: str = field(repr=False)
    tags: Mapping[str, Action]
    """Tags that are new to the contact, and what brought them."""
    others: Sequence[str]
    """Tags that are not of ours and that segments ask for, as far as the contact has them."""
    moments: Mapping[Action | None, datetime]
    """When the recipient went through what brought the tags."""
    account_id: str
    envelope_id: str
    record_key: str | None
    before: Known
    """The record until then: what it went through started whatever it was to start."""
    known: Known | None
    link: str
    fields: Mapping[str, str] = field(repr=False)
    """What is known of the contact, by the names that the mapping has for it."""


def note(db: Connection, *, ctx: Context, news: News, since: datetime | None) -> int:
    """Keep which automations start by this; how many do, and did not before.

    `since`: what happened earlier is kept as fired, and fires nothing; None: all of it.
    """
    count = 0
    for automation, told, step in _started(db, ctx, news):
        happened = step.at if step is not None else news.moments.get(told.action)
        withhold = since is None or (happened is not None and happened < since)
        key = triggers.firing_key(automation, told)
        made = Firing(
            id=hashlib.blake2b(f"{ctx.connection}\0{key}".encode(), digest_size=16).hexdigest(),
            automation=automation.id,
            trigger=_kind(told),
            contact_id=news.contact_id,
            email=news.address,
            action=told.action,
            tag=told.tag if isinstance(told, TagNews) else None,
            account_id=news.account_id,
            envelope_id=news.envelope_id,
            record=step.after if step else None,
            before=step.before if step else None,
        )
        statement = insert(FIRING).values(
            connection=ctx.connection,
            key=key,
            automation=automation.id,
            state="withheld" if withhold else "due",
            at=ctx.now().isoformat(),
            step=0,
            attempts=0,
            intent="",
            body=msgspec.json.encode(made),
            problem="",
        )
        new = db.execute(statement.on_conflict_do_nothing()).rowcount
        count += new if not withhold else 0
    return count


def run(ctx: Context, tally: Tally) -> Job[None]:
    """Carry out what is due."""
    while True:
        claimed = yield from transact(partial(_claim, ctx=ctx))
        if claimed is None:
            return
        yield from _carry_out(ctx, claimed, tally)


class Fired(NamedTuple):
    """A trigger that fired, and how far its automation is.

    `state`: due, sending, done, dead (given up), or withheld (history that was loaded without
    firing). `problem`: what went wrong last; empty where nothing did.
    """

    firing: Firing
    state: str
    problem: str


def fired(db: Connection, *, ctx: Context) -> list[Fired]:
    """All triggers that fired, oldest first."""
    query = select(FIRING).where(FIRING.c.connection == ctx.connection)
    rows = db.execute(query.order_by(FIRING.c.at, FIRING.c.key))
    return [Fired(_firing.decode(row.body), row.state, row.problem) for row in rows]


# --- whether ------------------------------------------------------------------------------------


def _started(
    db: Connection, ctx: Context, news: News
) -> Iterator[tuple[Automation, TagNews | RecordChange, Step | None]]:
    if not ctx.settings.automations:
        return
    contact = ContactFacts(
        id=news.contact_id,
        fields={**news.fields, "email": news.address},
        tags=(*people.tags_of(db, ctx=ctx, contact_id=news.contact_id), *news.others),
    )
    told: list[tuple[TagNews | RecordChange, Step | None]] = [
        (TagNews(contact=contact, tag=tag, action=action), None)
        for tag, action in news.tags.items()
    ]
    if news.known is not None and news.record_key is not None:
        old = {(one.action, one.by) for one in steps(news.before, news.link, ctx.settings.actions)}
        for step in steps(news.known, news.link, ctx.settings.actions):
            if (step.action, step.by) in old:
                continue
            change = RecordChange(
                contact=contact,
                record_key=news.record_key,
                action=step.action,
                step=f"{step.action.value}/{step.by}",
                before=step.before,
                after=step.after,
            )
            told.append((change, step))
    for automation in ctx.settings.automations:
        for one, its_step in told:
            if triggers.matches(automation, one):
                yield automation, one, its_step


def _kind(told: TagNews | RecordChange) -> str:
    if isinstance(told, TagNews):
        return "tag_added"
    return "record_created" if told.before is None else "record_updated"


# --- carrying out -------------------------------------------------------------------------------


@frozen(kw_only=True)
class _Claimed:
    key: str
    firing: Firing
    step: int
    attempts: int
    unsure: bool
    """Whether the step may have been taken already."""


def _claim(db: Connection, *, ctx: Context) -> _Claimed | None:
    """The next firing to carry out; nobody else takes it meanwhile."""
    now = ctx.now()
    stuck = (FIRING.c.state == "sending") & (FIRING.c.at < (now - STUCK).isoformat())
    due = (FIRING.c.state == "due") & (FIRING.c.at <= now.isoformat())
    query = (
        select(FIRING)
        .where(FIRING.c.connection == ctx.connection, due | stuck)
        .order_by(FIRING.c.at, FIRING.c.key)
        .limit(1)
    )
    row = db.execute(query).first()
    if row is None:
        return None
    _set(db, ctx=ctx, key=row.key, state="sending", at=now.isoformat())
    return _Claimed(
        key=row.key,
        firing=_firing.decode(row.body),
        step=row.step,
        attempts=row.attempts,
        unsure=row.state == "sending" or row.attempts > 0,
    )


def _carry_out(ctx: Context, one: _Claimed, tally: Tally) -> Job[None]:
    settle = partial(_set, ctx=ctx, key=one.key)
    automation = next((a for a in ctx.settings.automations if a.id == one.firing.automation), None)
    if automation is None:
        problem = f"automation {one.firing.automation!r} exists no more"
        yield from transact(partial(settle, state="dead", problem=problem))
        tally.fail("firing", problem)
        return
    firing = one.firing
    unsure = one.unsure
    for number in range(one.step, len(automation.then)):
        try:
            step = automation.then[number]
            firing = yield from _take(ctx, one.key, step, firing, number, unsure, tally)
        except ConnectorsError as error:
            if concerns_all(error):
                now = ctx.now().isoformat()
                waiting = partial(settle, state="due", at=now, attempts=max(1, one.attempts))
                yield from transact(waiting)
                raise
            yield from _failed(ctx, one, number, firing, str(error), tally)
            return
        except _HostError as error:
            yield from _failed(ctx, one, number, firing, str(error), tally)
            return
        unsure = False
        body = msgspec.json.encode(firing)
        through = partial(
            settle, step=number + 1, body=body, at=ctx.now().isoformat(), attempts=0, intent=""
        )
        yield from transact(through)
    yield from transact(partial(settle, state="done", problem=""))


class _HostError(Exception):
    """A function of the host that raised."""


def _take(
    ctx: Context,
    key: str,
    step: triggers.Step,
    firing: Firing,
    number: int,
    unsure: bool,
    tally: Tally,
) -> Job[Firing]:
    """Take one step of an automation."""
    if isinstance(step, Callback):
        raised = yield from invoke(partial(ctx.callbacks[step.name], firing))
        if raised is not None:
            # Its text may hold anything.
            where = _where(raised)
            raise _HostError(f"callback {step.name!r} raised {type(raised).__name__}{where}")
        tally.done["call back"] += 1
        return firing
    if isinstance(step, AddToAutomation):
        yield from _enrol(ctx, key, firing.contact_id, step.automation_id, unsure)
        tally.done["add to automation"] += 1
        return firing
    draft_id = yield from drafts.make(
        ctx, step, firing.contact_id, firing.record, f"{firing.id}/{number}", unsure=unsure
    )
    tally.done["draft envelope"] += 1
    return evolve(firing, draft_id=draft_id)


def _where(raised: Exception) -> str:
    """Where a function of the host raised."""
    frames = traceback.extract_tb(raised.__traceback__)
    last = frames[-1] if frames else None
    return f" in {last.name} ({Path(last.filename).name}:{last.lineno})" if last else ""


def _enrol(ctx: Context, key: str, contact_id: str, automation_id: str, unsure: bool) -> Job[None]:
    """Add a contact to an automation, once: a second try looks whether the first one did it."""
    there = yield from _entries(contact_id, automation_id)
    before = (yield from transact(partial(_intent, ctx=ctx, key=key))) if unsure else None
    if before is None:
        intent = json.dumps(sorted(there))
        yield from transact(partial(_set, ctx=ctx, key=key, intent=intent))
        before = there
    if not there - before:
        try:
            yield from send(ac.enrol(contact_id, automation_id))
        except AnswerLost:
            if not (yield from _entries(contact_id, automation_id)) - before:
                raise
        except Forbidden as error:
            # The key may read, as was just seen: it is this automation that it may not use.
            raise DomainError(f"automation {automation_id}: {error}") from None


def _entries(contact_id: str, automation_id: str) -> Job[set[str]]:
    found = yield from send(ac.list_contact_enrolments(contact_id))
    return {one.id for one in found if one.automation_id == automation_id}


def _intent(db: Connection, *, ctx: Context, key: str) -> set[str] | None:
    """The entries that were there before the first try; None where there was none."""
    where = (FIRING.c.connection == ctx.connection, FIRING.c.key == key)
    intent = db.execute(select(FIRING.c.intent).where(*where)).scalar()
    return set(json.loads(intent)) if intent else None


def _failed(
    ctx: Context, one: _Claimed, number: int, firing: Firing, problem: str, tally: Tally
) -> Job[None]:
    attempts = (one.attempts if number == one.step else 0) + 1
    spent = attempts >= ctx.settings.attempts
    tally.fail("firing given up" if spent else "firing", f"{firing.automation}: {problem}")
    until: datetime = ctx.now() + PAUSES[min(attempts - 1, len(PAUSES) - 1)]
    yield from transact(
        partial(
            _set,
            ctx=ctx,
            key=one.key,
            state="dead" if spent else "due",
            at=until.isoformat(),
            step=number,
            attempts=attempts,
            problem=problem,
        )
    )


def _set(db: Connection, *, ctx: Context, key: str, **values: object) -> None:
    where = (FIRING.c.connection == ctx.connection, FIRING.c.key == key)
    db.execute(update(FIRING).where(*where).values(**values))


_firing = msgspec.json.Decoder(Firing)


def retry(db: Connection, *, ctx: Context) -> int:
    """Take up what was given up; how many there were."""
    where = (FIRING.c.connection == ctx.connection, FIRING.c.state == "dead")
    values = {"state": "due", "attempts": 1, "at": ctx.now().isoformat()}
    return db.execute(update(FIRING).where(*where).values(**values)).rowcount
