"""Plans: what a run would change and why, kept in the store, read page by page."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Annotated

import msgspec
from attrs import field, frozen
from sqlalchemy import Connection, delete, func, insert, select, update

from ..core.frames import as_row, frame
from ..domain.plan import Change, Digest, Side, Verb
from ..errors import ConfigError, PlanStale
from . import cursors
from .job import Store
from .schema import CHANGE, PLAN

if TYPE_CHECKING:
    import pandas

PAGE = 500

SHOWN = 20
"""Changes that printing a plan shows."""

KEPT = timedelta(days=7)
"""How long a plan stays in the store: it holds names and addresses."""


class _Body(msgspec.Struct):
    """A change as the store and the file keep it."""

    verb: str
    side: str
    kind: str
    ref: str
    scope: str
    subject: str
    reason: str
    before: dict[str, object]
    after: dict[str, object]
    payload: dict[str, object]


class _Header(msgspec.Struct):
    """The first line of a saved plan."""

    id: str
    connection: str
    job: str
    created_at: Annotated[datetime, msgspec.Meta(tz=True)]
    digest: str
    settings: str
    counts: dict[str, int]
    reasons: dict[str, int]
    warnings: tuple[str, ...]
    cursors: dict[str, tuple[str | None, str | None]]
    calls: dict[str, int]
    seal: str = ""
    """Digest of all else in this line."""


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Body).decode
_decode_header = msgspec.json.Decoder(_Header).decode


def encode(change: Change) -> bytes:
    """A change as JSON."""
    return _encode(
        _Body(
            change.verb.value,
            change.side.value,
            change.kind,
            change.ref,
            change.scope,
            change.subject,
            change.reason,
            dict(change.before),
            dict(change.after),
            dict(change.payload),
        )
    )


def decode(body: bytes) -> Change:
    """A change from JSON."""
    b = _decode(body)
    return Change(
        verb=Verb(b.verb),
        side=Side(b.side),
        kind=b.kind,
        ref=b.ref,
        scope=b.scope,
        subject=b.subject,
        reason=b.reason,
        before=b.before,
        after=b.after,
        payload=b.payload,
    )


@frozen(kw_only=True)
class Plan:
    """What a run would change, each change with its reason. Nothing outside our store was touched.

    `print(plan)` shows the summary and the first changes; `for change in plan` reads all of them
    page by page; `save` and `load` take it to a file (which holds names and addresses: keep it
    safe). Apply it within an hour with `sync.apply(plan)`.
    """

    id: str
    connection: str = field(repr=False)
    """Whose plan it is: no other connection of the store may apply it."""
    job: str
    created_at: datetime
    digest: str
    settings: str = field(repr=False)
    counts: Mapping[str, int]
    """`{"create GetResponse contact": 50, …}`"""
    reasons: Mapping[str, int] = field(repr=False)
    warnings: tuple[str, ...] = ()
    cursors: Mapping[str, tuple[str | None, str | None]] = field(factory=dict, repr=False)
    """Stream → where it stood, and where the plan has read to."""
    calls: Mapping[str, int] = field(factory=dict, repr=False)
    """Requests it took to make the plan, by endpoint."""
    _read: Callable[[], Iterator[Change]] = field(repr=False, eq=False, alias="read")

    @property
    def writes(self) -> int:
        """Changes that touch a service; 0 when both sides agree."""
        silent = (Verb.SKIP.value, Verb.CONFLICT.value)
        return sum(n for name, n in self.counts.items() if name.split()[0] not in silent)

    def __len__(self) -> int:
        return sum(self.counts.values())

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[Change]:
        return self._read()

    def __str__(self) -> str:
        alone = len(self) - self.writes
        lines = [
            f"Plan {self.id} for {self.job}: {_counted(self.writes, 'change')}, {alone} left alone"
        ]
        lines += [f"  {n:>6}  {name}" for name, n in self.counts.items()]
        if self.reasons:
            lines.append("Why:")
            lines += [f"  {n:>6}  {reason}" for reason, n in self.reasons.items()]
        lines += [f"Warning: {warning}" for warning in self.warnings]
        shown = self._to_show()
        lines += [f"  {change}" for change in shown]
        if len(self) > len(shown):
            lines.append(f"  … and {len(self) - len(shown)} more")
        return "\n".join(lines)

    def _to_show(self) -> list[Change]:
        """The first changes; what is left alone only where there is room."""
        wanted = min(SHOWN, self.writes)
        made: list[Change] = []
        told: list[Change] = []
        for change in self:
            into = made if change.verb.writes else told
            if len(into) < SHOWN:
                into.append(change)
            if len(made) == wanted and len(made) + len(told) >= min(SHOWN, len(self)):
                break
        return [*made, *told][:SHOWN]

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"

    def save(self, path: str | Path) -> None:
        """Write the plan to a file that only its owner can read, one JSON line per change.

        A file that is there already is replaced at the end, in one step.
        """
        header = _Header(
            id=self.id,
            connection=self.connection,
            job=self.job,
            created_at=self.created_at,
            digest=self.digest,
            settings=self.settings,
            counts=dict(self.counts),
            reasons=dict(self.reasons),
            warnings=self.warnings,
            cursors=dict(self.cursors),
            calls=dict(self.calls),
        )
        path = Path(path)
        with NamedTemporaryFile(dir=path.parent, prefix=f"{path.name}.", delete=False) as file:
            try:
                file.write(_encode(_sealed(header)) + b"\n")
                for change in self:
                    file.write(encode(change) + b"\n")
            except BaseException:
                file.close()
                os.unlink(file.name)
                raise
        os.replace(file.name, path)

    @staticmethod
    def load(path: str | Path) -> Plan:
        """Read a plan back.

        Raises:
            ConfigError: the file is none of ours.
            PlanStale: its changes are not those that were saved.
        """
        digest = Digest()
        try:
            with open(path, "rb") as file:
                header = _decode_header(file.readline())
                for line in file:
                    digest.add(line.removesuffix(b"\n"))
        except OSError as error:
            raise ConfigError(f"{path} cannot be read: {error.strerror}") from None
        except (ValueError, msgspec.MsgspecError):
            raise ConfigError(f"{path} is no saved plan") from None
        if str(digest) != header.digest or header != _sealed(header):
            raise _altered(header.id)

        def read() -> Iterator[Change]:
            with open(path, "rb") as file:
                file.readline()
                for line in file:
                    try:
                        yield decode(line)
                    except (ValueError, msgspec.MsgspecError):
                        raise _altered(header.id) from None

        return Plan(
            id=header.id,
            connection=header.connection,
            job=header.job,
            created_at=header.created_at,
            digest=header.digest,
            settings=header.settings,
            counts=header.counts,
            reasons=header.reasons,
            warnings=header.warnings,
            cursors=header.cursors,
            calls=header.calls,
            read=read,
        )

    def to_frame(self) -> pandas.DataFrame:
        """All changes as a pandas DataFrame (extra `notebook`)."""
        names = ("verb", "side", "kind", "ref", "subject", "reason")
        return frame([as_row(change) for change in self], names)


def _sealed(header: _Header) -> _Header:
    text = _encode(msgspec.structs.replace(header, seal=""))
    return msgspec.structs.replace(header, seal=hashlib.sha256(text).hexdigest())


def _altered(plan_id: str) -> PlanStale:
    return PlanStale(f"plan {plan_id}: the file was altered after it was saved; make a new one")


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


class Draft:
    """A plan in the making: takes changes in, counts them, knows its digest."""

    def __init__(self, connection: str, job: str, settings: str, now: datetime) -> None:
        self.id = secrets.token_hex(8)
        self.connection = connection
        self.job = job
        self.settings = settings
        self.created_at = now
        self.warnings: list[str] = []
        self.cursors: dict[str, tuple[str | None, str | None]] = {}
        self._counts: Counter[str] = Counter()
        self._reasons: Counter[str] = Counter()
        self._digest = Digest()
        self._seq = 0

    @staticmethod
    def resume(db: Connection, plan: Plan, connection: str) -> Draft:
        """The draft of a plan that is being applied: what follows from it is added behind."""
        draft = Draft(connection, plan.job, plan.settings, plan.created_at)
        draft.id = plan.id
        last = select(func.max(CHANGE.c.seq)).where(CHANGE.c.plan_id == plan.id)
        draft._seq = int(db.execute(last).scalar() or 0)
        return draft

    def begin(self, db: Connection) -> None:
        """Put the plan into the store; what a crashed run left of this job goes, and old plans."""
        old = PLAN.c.created_at < (self.created_at - KEPT).isoformat()
        dead = select(PLAN.c.id).where(
            PLAN.c.connection == self.connection,
            PLAN.c.job == self.job,
            (PLAN.c.state == "running") | old,
        )
        db.execute(delete(CHANGE).where(CHANGE.c.plan_id.in_(dead)))
        db.execute(delete(PLAN).where(PLAN.c.id.in_(dead)))
        db.execute(insert(PLAN).values(**self._row("running")))

    def add(self, db: Connection, changes: Sequence[Change]) -> None:
        """Take changes in, in order."""
        rows = []
        for change in changes:
            body = encode(change)
            self._digest.add(body)
            self._counts[f"{change.verb.value} {change.side.value} {change.kind}"] += 1
            self._reasons[change.reason] += 1
            self._seq += 1
            rows.append(
                {
                    "plan_id": self.id,
                    "seq": self._seq,
                    "verb": change.verb.value,
                    "side": change.side.value,
                    "kind": change.kind,
                    "scope": change.scope,
                    "reason": change.reason,
                    "state": "open" if change.verb.writes else "told",
                    "body": body,
                }
            )
        if rows:
            db.execute(insert(CHANGE), rows)

    def finish(self, db: Connection, state: str) -> None:
        """Close the plan: from here on it is `planned`, or still `running` on its way to apply.

        Raises:
            PlanStale: another run of the job has begun meanwhile, and took this one for crashed.
        """
        closed = db.execute(update(PLAN).where(PLAN.c.id == self.id).values(**self._row(state)))
        if closed.rowcount == 0:
            raise PlanStale(f"plan {self.id}: another run of {self.job} has begun since")

    def _row(self, state: str) -> dict[str, object]:
        return {
            "id": self.id,
            "connection": self.connection,
            "job": self.job,
            "state": state,
            "created_at": self.created_at.isoformat(),
            "digest": str(self._digest),
            "settings": self.settings,
            "cursors": json.dumps(self.cursors),
            "notes": json.dumps(self.warnings),
        }

    def plan(self, store: Store) -> Plan:
        """The finished plan."""
        plan_id = self.id
        return Plan(
            id=plan_id,
            connection=self.connection,
            job=self.job,
            created_at=self.created_at,
            digest=str(self._digest),
            settings=self.settings,
            counts=dict(self._counts),
            reasons=dict(self._reasons.most_common()),
            warnings=tuple(self.warnings),
            cursors=dict(self.cursors),
            read=lambda: stored_changes(store, plan_id),
        )


def stored_changes(store: Store, plan_id: str) -> Iterator[Change]:
    """The changes of a plan in the store, page by page."""
    after = 0
    while True:
        start = after

        def page(db: Connection, start: int = start) -> list[tuple[int, bytes]]:
            query = (
                select(CHANGE.c.seq, CHANGE.c.body)
                .where(CHANGE.c.plan_id == plan_id, CHANGE.c.seq > start)
                .order_by(CHANGE.c.seq)
                .limit(PAGE)
            )
            return [(seq, body) for seq, body in db.execute(query)]

        rows = store.transact(page)
        if not rows:
            return
        after = rows[-1][0]
        for _, body in rows:
            yield decode(body)


def admit(
    db: Connection, plan: Plan, connection: str, settings: str, now: datetime, max_age: timedelta
) -> None:
    """Take a plan on for applying: its cursors move now, for all that it read is staged.

    Those of a plan that was made with another store stay: what it read is staged there.

    Raises:
        PlanStale: applied before, altered, made for another connection or under other settings,
            overtaken by another run, or too old.
    """
    if plan.connection != connection:
        raise PlanStale(f"plan {plan.id} was made for connection {plan.connection!r}")
    known = db.execute(select(PLAN.c.state, PLAN.c.digest).where(PLAN.c.id == plan.id)).first()
    if known is not None and known.state == "applied":
        raise PlanStale(f"plan {plan.id} was applied before; make a new one")
    if known is not None and known.digest != plan.digest:
        raise _altered(plan.id)
    if plan.settings != settings:
        raise PlanStale(f"plan {plan.id} was made under other settings or mapping; make a new one")
    if now - plan.created_at > max_age:
        raise PlanStale(f"plan {plan.id} is older than {max_age}; make a new one")
    current = cursors.read(db, connection)
    for stream, (base, _) in plan.cursors.items():
        if current.get(stream) != base:
            raise PlanStale(f"plan {plan.id}: another run has read {stream} since; make a new one")
    if known is None:
        _adopt(db, plan)
    else:
        cursors.write(db, connection, {stream: to for stream, (_, to) in plan.cursors.items()})
    db.execute(update(PLAN).where(PLAN.c.id == plan.id).values(state="applied"))


def _adopt(db: Connection, plan: Plan) -> None:
    """Bring a plan from a file into the store, if it is the one that was saved."""
    draft = Draft(plan.connection, plan.job, plan.settings, plan.created_at)
    draft.id, draft.cursors, draft.warnings = plan.id, dict(plan.cursors), list(plan.warnings)
    block: list[Change] = []
    for change in plan:
        block.append(change)
        if len(block) == PAGE:
            draft.add(db, block)
            block = []
    draft.add(db, block)
    if str(draft._digest) != plan.digest:
        raise _altered(plan.id)
    db.execute(insert(PLAN).values(**draft._row("planned")))


def open_changes(
    db: Connection,
    plan_id: str,
    kind: str,
    verbs: Sequence[Verb],
    side: Side | None,
    limit: int,
    scope: str | None = None,
) -> list[tuple[int, Change]]:
    """The next changes to apply, in order; on one side, of one list record, where asked for."""
    within = [] if scope is None else [CHANGE.c.scope == scope]
    if side is not None:
        within.append(CHANGE.c.side == side.value)
    query = (
        select(CHANGE.c.seq, CHANGE.c.body)
        .where(
            CHANGE.c.plan_id == plan_id,
            CHANGE.c.state == "open",
            CHANGE.c.kind == kind,
            CHANGE.c.verb.in_([v.value for v in verbs]),
            *within,
        )
        .order_by(CHANGE.c.seq)
        .limit(limit)
    )
    return [(seq, decode(body)) for seq, body in db.execute(query)]


def told(db: Connection, plan_id: str, verb: Verb) -> list[Change]:
    """Changes of one verb that a plan only tells of."""
    query = select(CHANGE.c.body).where(
        CHANGE.c.plan_id == plan_id, CHANGE.c.state == "told", CHANGE.c.verb == verb.value
    )
    return [decode(body) for body in db.execute(query).scalars()]


def unknown(db: Connection, plan_id: str) -> list[tuple[int, Change]]:
    """Changes that were sent and whose answer was lost."""
    query = select(CHANGE.c.seq, CHANGE.c.body).where(
        CHANGE.c.plan_id == plan_id, CHANGE.c.state == "unknown"
    )
    return [(seq, decode(body)) for seq, body in db.execute(query)]


def close(db: Connection, plan_id: str, seqs: Sequence[int], state: str) -> None:
    """Mark changes as `done`, `failed`, `moved` (since planned) or `unknown` (answer lost)."""
    if not seqs:
        return
    statement = update(CHANGE).where(CHANGE.c.plan_id == plan_id, CHANGE.c.seq.in_(seqs))
    db.execute(statement.values(state=state))


def outcomes(db: Connection, plan_id: str) -> dict[tuple[str, str, str, str], int]:
    """How the changes of a plan ended: (state, verb, side, kind) → count."""
    columns = (CHANGE.c.state, CHANGE.c.verb, CHANGE.c.side, CHANGE.c.kind)
    query = select(*columns, func.count()).where(CHANGE.c.plan_id == plan_id).group_by(*columns)
    return {(state, verb, side, kind): n for state, verb, side, kind, n in db.execute(query)}


def failures(db: Connection, plan_id: str, limit: int) -> list[Change]:
    """The first changes that could not be made."""
    query = (
        select(CHANGE.c.body)
        .where(CHANGE.c.plan_id == plan_id, CHANGE.c.state.in_(("failed", "open")))
        .order_by(CHANGE.c.seq)
        .limit(limit)
    )
    return [decode(body) for body in db.execute(query).scalars()]


def reasons(db: Connection, plan_id: str, state: str) -> dict[str, int]:
    """Why changes were told but not made."""
    query = (
        select(CHANGE.c.reason, func.count())
        .where(CHANGE.c.plan_id == plan_id, CHANGE.c.state == state)
        .group_by(CHANGE.c.reason)
        .order_by(func.count().desc())
    )
    return {reason: n for reason, n in db.execute(query)}


def forget(db: Connection, plan_id: str) -> None:
    """Drop the changes of a plan; that it was applied stays known."""
    db.execute(delete(CHANGE).where(CHANGE.c.plan_id == plan_id))
