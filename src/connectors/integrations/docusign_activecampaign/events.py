"""Working off what came in."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from attrs import evolve
from sqlalchemy import Connection

from ...docusign.errors import AskedTooOften
from ...domain.actions import EVENTS
from ...domain.envelopes import Snapshot
from ...engine import inbox
from ...engine.inbox import Message
from ...engine.job import Job, transact
from ...engine.report import Report
from ...errors import ConnectorsError, NotFound, StatusError
from . import context, firing, reading, snapshots, templates
from .context import Context
from .tally import PAUSES, Tally, concerns_all, ours
from .work import Setting, setting, work_off

EVENTS_JOB = "events"

BLOCK = 100
"""Messages that are looked up at a time."""


def run(ctx: Context) -> Job[Report]:
    """Work off the inbox, then fire what is due."""
    started = ctx.now()
    common = yield from setting(ctx)
    tally = Tally()
    worker = _Worker(common, tally)
    yield from worker.drain()
    yield from firing.run(ctx, tally)
    yield from transact(partial(inbox.forget, connection=ctx.connection, now=ctx.now()))
    pending = yield from transact(partial(inbox.waiting, connection=ctx.connection))
    return tally.report(ctx, EVENTS_JOB, started, pending=pending)


class _Worker:
    """Works messages off; asks DocuSign who is who only when it must."""

    def __init__(self, common: Setting, tally: Tally) -> None:
        self._common = common
        self._ctx = common.ctx
        self._tally = tally
        self._labels: dict[str, str] | None = None

    def drain(self) -> Job[None]:
        """Work off all that is due, in order."""
        ctx = self._ctx
        while True:
            due = yield from transact(
                partial(inbox.due, connection=ctx.connection, now=ctx.now(), limit=BLOCK)
            )
            if not due:
                return
            blocked: set[str] = set()
            for message in due:
                if message.object in blocked:
                    continue
                if not (yield from self._one(message)):
                    blocked.add(message.object)

    def _one(self, message: Message) -> Job[bool]:
        """Work one message off; whether it is through."""
        try:
            snapshot = snapshots.kept(message)
            if not snapshot.complete:
                wait = yield from self._fill(snapshot, message)
                if isinstance(wait, bool):
                    return wait
                snapshot = wait
            form = yield from self._form_of(snapshot)
            if form:
                free = yield from transact(
                    partial(reading.may_read_at, ctx=self._ctx, envelope_id=form)
                )
                if free is not None:
                    yield from self._wait(message, free)
                    return False
                label = yield from self._label(snapshot.account_id)
                snapshot = yield from reading.with_form(self._ctx, label, snapshot, form)
            if snapshot.account_id and self._common.saved.account(snapshot.account_id):
                snapshot = yield from self._made_of(snapshot)
            outcome = yield from work_off(self._common, snapshot)
        except Exception as caught:
            # Also what nobody expected: else one message would keep all others waiting for ever.
            error = ours(caught)
            if isinstance(error, AskedTooOften) and not error.attempts:
                # The host asked a short while ago, over the same client: nothing was sent.
                yield from self._wait(message, _after(error, self._ctx))
                return False
            if concerns_all(error):
                raise error from None
            return (yield from self._failed(message, error))
        self._tally.add(outcome)
        if outcome.error is not None:
            return (yield from self._failed(message, outcome.error))
        state = "ignored" if outcome.said.startswith("ignored") else "done"
        yield from transact(
            partial(
                _through, ctx=self._ctx, message=message, state=state, said=outcome.said, form=form
            )
        )
        return True

    def _fill(self, snapshot: Snapshot, message: Message) -> Job[Snapshot | bool]:
        """The envelope of a message that has only its id; False where it must wait, True where
        nobody wants it."""
        ctx = self._ctx
        meant = EVENTS.get(snapshot.event or "", ())
        if snapshot.event is not None and not set(meant) & set(ctx.settings.actions):
            outcome = yield from work_off(self._common, snapshot)
            self._tally.add(outcome)
            yield from transact(
                partial(inbox.close, message=message, state="ignored", outcome=outcome.said)
            )
            return True
        envelope_id = snapshot.envelope_id
        free = yield from transact(partial(reading.may_read_at, ctx=ctx, envelope_id=envelope_id))
        if free is not None:
            yield from self._wait(message, free)
            return False
        label = yield from self._label(snapshot.account_id)
        read = yield from reading.read_envelope(ctx, label, snapshot.account_id, envelope_id)
        return evolve(read, event=snapshot.event, recipient_id=snapshot.recipient_id, read=True)

    def _made_of(self, snapshot: Snapshot) -> Job[Snapshot]:
        """The snapshot with its templates, where a tag rule asks for them."""
        if not templates.asked_for(self._ctx):
            return snapshot
        known = yield from templates.knows(self._ctx, snapshot)
        label = "" if known else (yield from self._label(snapshot.account_id))
        [whole] = yield from templates.made_of(self._ctx, label, [snapshot])
        return whole

    def _form_of(self, snapshot: Snapshot) -> Job[str]:
        """The name of the form data to be read; empty where there is nothing to read."""
        form = reading.form_of(self._common.mapping, snapshot)
        if not form:
            return ""
        carried_over = partial(reading.may_read_at, ctx=self._ctx, envelope_id=form + _THROUGH)
        if (yield from transact(carried_over)) is not None:
            return ""  # with the message before this one
        return form

    def _wait(self, message: Message, free: datetime) -> Job[None]:
        said = "waits: DocuSign lets an envelope be read once in 15 minutes"
        yield from transact(
            partial(inbox.postpone, message=message, until=free, outcome=said, tried=False)
        )

    def _label(self, account_id: str) -> Job[str]:
        if self._labels is None:
            self._labels = yield from context.labels(self._ctx)
        return reading.label_of(self._labels, account_id)

    def _failed(self, message: Message, error: ConnectorsError) -> Job[bool]:
        ctx = self._ctx
        why = _said(error)
        if message.attempts + 1 >= ctx.settings.attempts:
            self._tally.fail("message given up", f"envelope {message.object}: {why}")
            yield from transact(
                partial(inbox.close, message=message, state="dead", outcome=f"given up: {why}")
            )
            return True
        self._tally.fail("message", f"envelope {message.object}: {why}")
        pause = PAUSES[min(message.attempts, len(PAUSES) - 1)]
        until = max(ctx.now() + pause, _after(error, ctx))
        yield from transact(
            partial(inbox.postpone, message=message, until=until, outcome=why, tried=True)
        )
        return False


_THROUGH = "/through"
"""Behind the name of form data: not only read, but carried over, too."""


def _through(
    db: Connection, *, ctx: Context, message: Message, state: str, said: str, form: str
) -> None:
    inbox.close(db, message, state, said)
    if form:
        reading.note_read(db, ctx=ctx, envelope_id=form + _THROUGH)


def _after(error: ConnectorsError, ctx: Context) -> datetime:
    """When the service takes it again, as far as it says so."""
    asked = error.retry_after if isinstance(error, StatusError) else None
    return ctx.now() + timedelta(seconds=asked or 0)


def _said(error: ConnectorsError) -> str:
    if isinstance(error, NotFound) and error.service == "docusign":
        return "unknown envelope: DocuSign has none of this id that this user may see"
    return str(error)
