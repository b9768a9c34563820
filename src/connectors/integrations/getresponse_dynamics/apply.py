"""The contacts job, third part: intent, one remote effect, outcome.

Order: records in Dynamics of what GetResponse showed; new contacts into GetResponse, and a look for
them; changes and removals in GetResponse; last the records of those.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from attrs import frozen
from sqlalchemy import Connection, func, insert, select, update

from ...core.call import Call, Reply
from ...domain.lifecycles import ContactStatus
from ...domain.plan import Change, Side, Verb
from ...engine import plans
from ...engine.job import Job, gather, send, transact, wait
from ...engine.plans import Draft
from ...engine.sql import upsert
from ...errors import (
    BadRequest,
    CallError,
    Conflict,
    ConnectorsError,
    NotFound,
    StatusError,
    TransportError,
)
from ...getresponse import calls as gr
from ...getresponse.models import CampaignId, ContactId, NewContact
from .context import Account, Context, from_iso, iso
from .dead_letters import forget_refusals, keep_refusal
from .lists import known_lists, mapped_lists
from .observe import NO_LIST, mark_gone, stage_contacts
from .pushes import CONTACT, NAME, is_member
from .records import KIND as RECORD_KIND
from .records import decide_records
from .rows import gr_row, record_values
from .schema import CRM, GR, LINK, RECORD
from .solution import contact_status_value, record_id
from .ties import LEFT_BY_US, WAITING, settle
from .write import write_records

FEW = 5
"""Below this many, contacts are created one by one: no waiting for the once-per-second batch."""

_MARGIN = timedelta(minutes=2)

_PLAN_FULL = "1027"
_FINAL = (_PLAN_FULL, NO_LIST)
"""Codes that mean the whole block, whoever is in it."""


def apply_contacts(ctx: Context, draft: Draft, account: Account) -> Job[None]:
    """Carry the open changes of a draft out, and what follows from them."""
    yield from _write_records(ctx, draft.id, account)
    sent = yield from _create_contacts(ctx, draft, account)
    yield from _confirm(ctx, patient=sent)
    yield from transact(partial(_resolve, ctx=ctx, plan_id=draft.id))
    yield from _change_contacts(ctx, draft.id)
    # What was created or changed in GetResponse has a record to follow, in this run.
    for row in (yield from transact(partial(known_lists, connection=ctx.connection))):
        yield from decide_records(ctx, draft, row)
    yield from _write_records(ctx, draft.id, account)


# --- create in GetResponse -------------------------------------------------------------------


def _create_contacts(ctx: Context, draft: Draft, account: Account) -> Job[bool]:
    """Create, list by list; the answer is whether anything was sent."""
    sent = False
    for row in (yield from transact(partial(mapped_lists, connection=ctx.connection))):
        while True:
            block = yield from transact(
                partial(
                    plans.open_changes,
                    plan_id=draft.id,
                    kind=CONTACT,
                    verbs=[Verb.CREATE],
                    side=Side.GETRESPONSE,
                    limit=gr.BATCH_SIZE,
                    scope=row.id,
                )
            )
            if not block:
                break
            sent = True
            campaign = CampaignId(row.campaign_id)
            if not (yield from _create_block(ctx, draft, account, campaign, block)):
                return sent
    return sent


def _create_block(
    ctx: Context,
    draft: Draft,
    account: Account,
    campaign: CampaignId,
    block: Sequence[tuple[int, Change]],
) -> Job[bool]:
    """Create one block; the answer is whether to go on."""
    sending = yield from transact(
        partial(_intend, ctx=ctx, draft=draft, account=account, block=block)
    )
    if not sending:
        return True
    results = yield from _send_block(campaign, [change for _, change in sending])
    return (
        yield from transact(
            partial(_record_sent, ctx=ctx, draft=draft, block=sending, results=results)
        )
    )


def _intend(
    db: Connection,
    *,
    ctx: Context,
    draft: Draft,
    account: Account,
    block: Sequence[tuple[int, Change]],
) -> list[tuple[int, Change]]:
    """Keep the intent: from here on these may be in GetResponse, whatever happens to us."""
    ids = [str(change.payload["crm_id"]) for _, change in block]
    list_id = block[0][1].payload["list_id"]
    query = select(CRM.c.id, CRM.c.fp).where(
        CRM.c.connection == ctx.connection,
        CRM.c.id.in_(ids),
        is_member(ctx, list_id, CRM.c.id),
    )
    now = {row.id: row.fp for row in db.execute(query)}
    earlier, tied = _earlier(db, ctx, list_id, ids)
    fresh, moved, links = [], [], []
    for seq, change in block:
        payload = change.payload
        crm_id = str(payload["crm_id"])
        if now.get(crm_id) != payload["fp"] or crm_id in tied:
            moved.append(seq)
            continue
        fresh.append((seq, change))
        links.append(
            {
                "connection": ctx.connection,
                "list_id": list_id,
                "crm_id": crm_id,
                "gr_id": None,
                "addr_key": payload["addr_key"],
                "state": "sending",
                "pushed": True,
                "kept_apart": False,
                "base_name": payload["name"],
                "base_gr": None,
                "reason": None,
                "since": earlier.get(crm_id, iso(account.at)),
            }
        )
    if links:
        db.execute(insert(LINK), links)
    plans.close(db, draft.id, moved, "moved")
    return fresh


def _earlier(
    db: Connection, ctx: Context, list_id: object, ids: Sequence[str]
) -> tuple[dict[str, str], set[str]]:
    """Take back ties that are over: sent to no known end, refused, or to a contact that is gone. When
    something was first sent stays known. Also who has a living tie."""
    query = (
        select(LINK.c.id, LINK.c.crm_id, LINK.c.state, LINK.c.since, GR.c.gone)
        .outerjoin(GR, (GR.c.connection == LINK.c.connection) & (GR.c.id == LINK.c.gr_id))
        .where(
            LINK.c.connection == ctx.connection,
            LINK.c.list_id == list_id,
            LINK.c.crm_id.in_(ids),
        )
    )
    rows = list(db.execute(query))
    living = {
        r.crm_id for r in rows if r.state == "pending" or (r.state == "linked" and not r.gone)
    }
    over = [r.id for r in rows if r.state in ("sending", "refused")]
    db.execute(LINK.delete().where(LINK.c.id.in_(over)))
    # The record of a contact that is gone keeps its tie, without the CRM contact that goes on.
    gone = [r.id for r in rows if r.state == "linked" and r.gone]
    db.execute(update(LINK).where(LINK.c.id.in_(gone)).values(crm_id=None, kept_apart=True))
    return {r.crm_id: r.since for r in rows if r.state == "sending"}, living


Sent = Reply[None] | ConnectorsError


def _send_block(campaign: CampaignId, changes: Sequence[Change]) -> Job[list[Sent]]:
    """One answer per contact. A batch has one answer for all: a refused one is halved until whoever
    is refused stands alone; one whose answer was lost is left to the look that follows."""
    contacts = [
        NewContact(email=str(c.payload["email"]), name=_text(c.payload["name"])) for c in changes
    ]
    if len(contacts) < FEW:
        singles: list[Call[None]] = [gr.create_contact(campaign, contact) for contact in contacts]
        return (yield from gather(singles))
    try:
        yield from send(gr.create_contacts(campaign, contacts))
    except (TransportError, StatusError) as error:
        split = isinstance(error, BadRequest | Conflict) and error.code not in _FINAL
        if not split:
            return [error] * len(contacts)
        middle = len(changes) // 2
        first = yield from _send_block(campaign, changes[:middle])
        second = yield from _send_block(campaign, changes[middle:])
        return first + second
    return [_accepted()] * len(contacts)


def _accepted() -> Reply[None]:
    return Reply(value=None, status=202, headers={}, raw=b"")


def _record_sent(
    db: Connection,
    *,
    ctx: Context,
    draft: Draft,
    block: Sequence[tuple[int, Change]],
    results: Sequence[Sent],
) -> bool:
    """Keep the outcomes; the answer is whether GetResponse takes more."""
    ended: dict[str, list[int]] = defaultdict(list)
    ties: dict[tuple[str, str | None], list[str]] = defaultdict(list)
    for (seq, change), result in zip(block, results, strict=True):
        state, outcome = _fate(result)
        reason = _told(result) if state == "refused" else None
        ended[outcome].append(seq)
        ties[state, reason].append(str(change.payload["crm_id"]))
    sent = (
        (LINK.c.connection == ctx.connection)
        & (LINK.c.list_id == block[0][1].payload["list_id"])
        & (LINK.c.state == "sending")
    )
    for (state, reason), ids in ties.items():
        if state == "unsent":
            db.execute(LINK.delete().where(sent, LINK.c.crm_id.in_(ids)))
        elif state != "sending":
            values = {"state": state, "reason": reason}
            db.execute(update(LINK).where(sent, LINK.c.crm_id.in_(ids)).values(values))
    for outcome, seqs in ended.items():
        plans.close(db, draft.id, seqs, outcome)
    full = any(isinstance(r, StatusError) and r.code == _PLAN_FULL for r in results)
    if full:
        draft.warnings.append("GetResponse's contact limit is reached: nobody else was pushed")
    return not full


def _fate(result: Sent) -> tuple[str, str]:
    """What an answer makes of the tie, and of the change."""
    if not isinstance(result, ConnectorsError):
        return "pending", "done"
    if isinstance(result, Conflict):
        return "pending", "done"  # it exists, or is queued: the look that follows finds it
    if isinstance(result, CallError) and result.transient:
        return "sending", "unknown"
    if isinstance(result, StatusError) and result.code in _FINAL:
        return "unsent", "failed"
    if isinstance(result, BadRequest):
        return "refused", "failed"
    raise result


def _told(result: Sent) -> str:
    """Why GetResponse refused, as it says."""
    if isinstance(result, StatusError):
        return f"GetResponse refused the address: {result.message} (code {result.code})"
    return str(result)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


# --- look for what was created ---------------------------------------------------------------


def _confirm(ctx: Context, *, patient: bool) -> Job[None]:
    """Read the newest contacts of each list until those we sent are among them, or time is up. What
    an earlier run sent is looked for once."""
    for pause in (0.0, *(ctx.settings.confirm if patient else ())):
        waiting = yield from transact(partial(_waiting, ctx=ctx))
        if not waiting:
            return
        if pause:
            yield from wait(pause)
        for campaign, since in waiting:
            yield from _discover(ctx, campaign, since)
    yield from transact(partial(settle, ctx=ctx))


def _resolve(db: Connection, *, ctx: Context, plan_id: str) -> None:
    """Contacts whose answer was lost: those that have appeared were created; of the others nobody
    knows yet, and the next run sends them again."""
    for seq, change in plans.unknown(db, plan_id):
        tie = select(LINK.c.id).where(
            LINK.c.connection == ctx.connection,
            LINK.c.list_id == change.payload["list_id"],
            LINK.c.crm_id == change.payload["crm_id"],
            LINK.c.state == "linked",
        )
        appeared = db.execute(tie).first() is not None
        plans.close(db, plan_id, [seq], "done" if appeared else "failed")


def _waiting(db: Connection, *, ctx: Context) -> list[tuple[str, str]]:
    """Lists with contacts that were sent and not seen yet, and since when."""
    settle(db, ctx=ctx)
    query = (
        select(LINK.c.list_id, func.min(LINK.c.since))
        .where(LINK.c.connection == ctx.connection, LINK.c.state.in_(WAITING))
        .group_by(LINK.c.list_id)
    )
    since = {list_id: at for list_id, at in db.execute(query)}
    lists = mapped_lists(db, ctx.connection)
    return [(row.campaign_id, since[row.id]) for row in lists if row.id in since]


def _discover(ctx: Context, campaign: str, since: str) -> Job[None]:
    pages = gr.list_contacts(
        campaign_id=CampaignId(campaign), created_since=from_iso(since) - _MARGIN
    )
    cursor = None
    while True:
        page = yield from send(pages.at(cursor))
        yield from transact(
            partial(
                stage_contacts,
                ctx=ctx,
                items=page.items,
                campaigns=frozenset({campaign}),
                pass_id="discover",
            )
        )
        cursor = page.cursor
        if cursor is None:
            return


# --- change in GetResponse -------------------------------------------------------------------


def _change_contacts(ctx: Context, plan_id: str) -> Job[None]:
    while True:
        rows = yield from transact(partial(_next_changes, ctx=ctx, plan_id=plan_id))
        if rows is None:
            return
        calls: list[Call[Any]] = [
            gr.update_contact(ContactId(c.ref), name=str(c.payload["name"]))
            if c.verb is Verb.UPDATE
            else gr.delete_contact(ContactId(c.ref))
            for _, c in rows
        ]
        results = yield from gather(calls)
        yield from transact(
            partial(_record_changed, ctx=ctx, plan_id=plan_id, rows=rows, results=results)
        )


def _next_changes(db: Connection, *, ctx: Context, plan_id: str) -> list[tuple[int, Change]] | None:
    """The next changes that still fit what is seen; None when there are no more."""
    verbs = [Verb.UPDATE, Verb.DELETE]
    rows = plans.open_changes(db, plan_id, CONTACT, verbs, Side.GETRESPONSE, 50)
    if not rows:
        return None
    moved = [seq for seq, change in rows if not _still_fits(db, ctx, change)]
    plans.close(db, plan_id, moved, "moved")
    fit = [(seq, change) for seq, change in rows if seq not in moved]
    # Who is removed is remembered as removed by us, whatever happens to this process now.
    leaving = [change.payload["link_id"] for _, change in fit if change.verb is Verb.DELETE]
    db.execute(update(LINK).where(LINK.c.id.in_(leaving)).values(reason=LEFT_BY_US))
    return fit


def _still_fits(db: Connection, ctx: Context, change: Change) -> bool:
    crm_id = change.payload["crm_id"]
    contact = db.execute(
        select(GR.c.name, GR.c.gone).where(GR.c.connection == ctx.connection, GR.c.id == change.ref)
    ).first()
    if contact is None or contact.gone is not None:
        return False
    if change.verb is Verb.DELETE:
        return not db.execute(select(is_member(ctx, change.payload["list_id"], crm_id))).scalar()
    fp = db.execute(
        select(CRM.c.fp).where(CRM.c.connection == ctx.connection, CRM.c.id == crm_id)
    ).scalar()
    return bool(contact.name == change.payload["gr_name"] and fp == change.payload["fp"])


def _record_changed(
    db: Connection,
    *,
    ctx: Context,
    plan_id: str,
    rows: Sequence[tuple[int, Change]],
    results: Sequence[Reply[Any] | ConnectorsError],
) -> None:
    for (seq, change), result in zip(rows, results, strict=True):
        outcome = "done"
        if isinstance(result, NotFound):
            outcome = "moved"
            mark_gone(db, ctx, change.ref, "absent")
        elif isinstance(result, ConnectorsError):
            outcome = "failed"
            if isinstance(result, BadRequest) and change.verb is Verb.UPDATE:
                fp = str(change.payload["fp"])
                keep_refusal(db, ctx=ctx, kind=NAME, ref=change.ref, fp=fp, error=result)
        elif change.verb is Verb.UPDATE:
            # What GetResponse answers is what it now shows: the record follows in the same run.
            shown = gr_row(ctx, result.value, "changed")
            upsert(db, GR, [shown])
            where = LINK.c.id == change.payload["link_id"]
            names = {"base_name": change.payload["name"], "base_gr": shown["name"]}
            db.execute(update(LINK).where(where).values(names))
            forget_refusals(db, ctx=ctx, kind=NAME, refs=[change.ref])
        else:
            mark_gone(db, ctx, change.ref, LEFT_BY_US)
        plans.close(db, plan_id, [seq], outcome)


# --- write records in Dynamics ---------------------------------------------------------------


def _write_records(ctx: Context, plan_id: str, account: Account) -> Job[None]:
    verbs = [Verb.CREATE, Verb.UPDATE, Verb.MARK]
    while True:
        rows = yield from transact(
            lambda db: plans.open_changes(
                db, plan_id, RECORD_KIND, verbs, Side.DYNAMICS, ctx.settings.block
            )
        )
        if not rows:
            return
        targets = yield from transact(
            partial(_targets, ctx=ctx, plan_id=plan_id, rows=rows, account=account)
        )
        refused = yield from write_records(ctx, [(t.record_id, t.values) for t in targets])
        yield from transact(
            partial(_record_written, ctx=ctx, plan_id=plan_id, targets=targets, refused=refused)
        )


@frozen
class _Target:
    """One record to write."""

    seq: int
    change: Change
    record_id: str
    contact: Any
    values: dict[str, object]


def _targets(
    db: Connection,
    *,
    ctx: Context,
    plan_id: str,
    rows: Sequence[tuple[int, Change]],
    account: Account,
) -> list[_Target]:
    ids = [change.ref for _, change in rows]
    query = select(GR).where(GR.c.connection == ctx.connection, GR.c.id.in_(ids))
    contacts = {row.id: row for row in db.execute(query)}
    tied = select(LINK.c.gr_id, LINK.c.crm_id).where(
        LINK.c.connection == ctx.connection, LINK.c.gr_id.in_(ids)
    )
    ties = {gr_id: crm_id for gr_id, crm_id in db.execute(tied)}
    targets, moved, seen = [], [], set[str]()
    for seq, change in rows:
        payload, contact = change.payload, contacts.get(change.ref)
        retied = payload["tie"] is None and ties.get(change.ref) != payload["crm_id"]
        if contact is None or contact.fp != payload["fp"] or retied or change.ref in seen:
            moved.append(seq)
            continue
        seen.add(change.ref)
        values = record_values(contact)
        values["gr_ListId@odata.bind"] = f"/gr_lists({payload['list_id']})"
        if payload["bind"] and payload["crm_id"]:
            values["gr_CrmContactId@odata.bind"] = f"/contacts({payload['crm_id']})"
        elif payload["bind"] and payload["record_id"]:
            values["gr_CrmContactId"] = None
        values["gr_syncstatus"] = contact_status_value(ContactStatus(str(payload["status"])))
        values["gr_syncerror"] = None
        row_id = str(payload["record_id"] or record_id(account.id, change.ref))
        targets.append(_Target(seq, change, row_id, contact, values))
    plans.close(db, plan_id, moved, "moved")
    return targets


def _record_written(
    db: Connection,
    *,
    ctx: Context,
    plan_id: str,
    targets: Sequence[_Target],
    refused: Mapping[str, ConnectorsError],
) -> None:
    records, written = [], []
    for target in targets:
        change = target.change
        if target.record_id in refused:
            error = refused[target.record_id]
            what = (target.contact.fp, change.payload["crm_id"] or "", change.payload["list_id"])
            fp = "/".join(map(str, what))
            keep_refusal(db, ctx=ctx, kind=RECORD_KIND, ref=change.ref, fp=fp, error=error)
            continue
        written.append(target)
        records.append(
            {
                "connection": ctx.connection,
                "id": target.record_id,
                "gr_id": change.ref,
                "list_id": change.payload["list_id"],
                "crm_id": change.payload["crm_id"],
                "status": change.payload["status"],
                "fp": target.contact.fp,
                "pass_id": "written",
            }
        )
    upsert(db, RECORD, records)
    forget_refusals(db, ctx=ctx, kind=RECORD_KIND, refs=[t.change.ref for t in written])
    _keep_ties(db, ctx, [t for t in written if t.change.payload["tie"] is not None])
    plans.close(db, plan_id, [t.seq for t in written], "done")
    plans.close(db, plan_id, [t.seq for t in targets if t.record_id in refused], "failed")


def _keep_ties(db: Connection, ctx: Context, targets: Sequence[_Target]) -> None:
    for target in targets:
        payload = target.change.payload
        tie: Any = payload["tie"]
        values = {
            "crm_id": payload["crm_id"],
            "pushed": bool(tie["pushed"]),
            "kept_apart": False,
            "base_name": tie["base_name"],
            "base_gr": target.contact.name,
        }
        if tie["link_id"] is not None:
            db.execute(update(LINK).where(LINK.c.id == tie["link_id"]).values(values))
            continue
        key = {
            "connection": ctx.connection,
            "list_id": payload["list_id"],
            "gr_id": target.change.ref,
            "addr_key": target.contact.addr_key,
            "state": "linked",
        }
        known = select(LINK.c.id).where(
            LINK.c.connection == ctx.connection, LINK.c.gr_id == target.change.ref
        )
        if db.execute(known).first() is None:
            db.execute(insert(LINK).values({**key, **values}))
