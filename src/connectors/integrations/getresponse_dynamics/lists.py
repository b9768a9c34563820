"""The lists job: GetResponse list records of Dynamics become lists in GetResponse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from attrs import frozen
from sqlalchemy import Connection, delete, select, update

from ...domain.lifecycles import LIST, ListEvent, ListStatus
from ...domain.lists import ListNameRefused, check_list_name
from ...domain.plan import Change, Side, Verb
from ...dynamics import calls as crm
from ...dynamics.fetchxml import caller_conditions, relative_dates
from ...dynamics.models import MARKETING_LISTS, ListTarget, MarketingList, RowId
from ...engine.job import Job, gather, send, transact
from ...engine.plans import Draft, close, open_changes
from ...engine.sql import upsert
from ...errors import AnswerLost, ConfigError, Conflict, ConnectorsError, NotFound, StatusError
from ...getresponse import calls as gr
from ...getresponse.models import Campaign, CampaignId
from .context import Context, open_account
from .schema import GR
from .schema import LIST as LIST_TABLE
from .solution import LISTS, ListRecord, choice, list_status_value

KIND = "list"


def plan_lists(ctx: Context, draft: Draft) -> Job[None]:
    """Observe the list records and the lists, and decide what becomes of each record."""
    yield from open_account(ctx)
    records = yield from _all(crm.list_rows(LISTS))
    marketing = yield from _all(crm.list_rows(MARKETING_LISTS))
    campaigns = yield from _all(gr.list_campaigns())
    campaigns += yield from _still_there(records, campaigns)
    changes = decide(records, marketing, campaigns)
    draft.warnings += _warnings(records, marketing)

    def keep(db: Connection) -> None:
        _stage(db, ctx, records, marketing)
        draft.add(db, changes)

    yield from transact(keep)


def apply_lists(ctx: Context, plan_id: str) -> Job[None]:
    """Carry out what `plan_lists` decided, one list at a time."""
    while True:
        rows = yield from transact(lambda db: open_changes(db, plan_id, KIND, list(Verb), None, 1))
        if not rows:
            return
        seq, change = rows[0]
        outcome = yield from _apply(ctx, change)
        yield from transact(partial(close, plan_id=plan_id, seqs=[seq], state=outcome))


# --- observe ---------------------------------------------------------------------------------


def _all(pages: Any) -> Job[list[Any]]:
    """A whole list, for what is small: lists are counted in hundreds."""
    items: list[Any] = []
    cursor = None
    while True:
        page = yield from send(pages.at(cursor))
        items += page.items
        cursor = page.cursor
        if cursor is None:
            return items


def _still_there(
    records: Sequence[ListRecord], campaigns: Sequence[Campaign]
) -> Job[list[Campaign]]:
    """Lists that one answer left out are asked for by id: only its own "not found" is proof."""
    shown = {campaign.campaign_id for campaign in campaigns}
    missing = [
        CampaignId(record.campaign_id)
        for record in records
        if record.status is ListStatus.CREATED
        and record.campaign_id
        and record.campaign_id not in shown
    ]
    answers = yield from gather([gr.get_campaign(campaign) for campaign in missing])
    for answer in answers:
        if isinstance(answer, ConnectorsError) and not isinstance(answer, NotFound):
            raise answer
    return [answer.value for answer in answers if not isinstance(answer, ConnectorsError)]


def _stage(
    db: Connection, ctx: Context, records: Sequence[ListRecord], marketing: Sequence[MarketingList]
) -> None:
    by_id = {m.list_id: m for m in marketing}
    rows = []
    for record in records:
        source = by_id.get(RowId(record.marketing_list_id or ""))
        rows.append(
            {
                "connection": ctx.connection,
                "id": record.id,
                "name": record.name,
                "status": record.status.value,
                "campaign_id": record.campaign_id,
                "marketing_list_id": record.marketing_list_id,
                "dynamic": bool(source and source.dynamic),
                "query": source.query if source else None,
                "remove_leavers": record.on_leave == choice("gr_onleave", "remove"),
                "refusal": "its list record is inactive" if record.state else refusal(source),
                "error": record.error,
                "walked_at": None,
            }
        )
    upsert(db, LIST_TABLE, rows, keep=["walked_at"])
    known = [record.id for record in records]
    gone = LIST_TABLE.c.id.not_in(known) & (LIST_TABLE.c.connection == ctx.connection)
    db.execute(delete(LIST_TABLE).where(gone))
    _bury(db, ctx)


def _warnings(records: Sequence[ListRecord], marketing: Sequence[MarketingList]) -> list[str]:
    by_id = {m.list_id: m for m in marketing}
    texts = []
    for record in records:
        source = by_id.get(RowId(record.marketing_list_id or ""))
        if source is None or not source.dynamic or not source.query:
            continue
        try:
            dates = relative_dates(source.query)
        except ConfigError:
            continue
        if dates:
            texts.append(
                f"{record.name}: {', '.join(dates)} is read in the connector's time zone, "
                "and who matches changes by the day"
            )
    return texts


# --- decide ----------------------------------------------------------------------------------


@frozen
class _World:
    """What a decision looks at."""

    marketing: Mapping[str, MarketingList]
    by_name: Mapping[str, Campaign]
    by_id: Mapping[str, Campaign]
    owners: Mapping[str, str]
    """List id in GetResponse → the record that has it."""


def decide(
    records: Sequence[ListRecord],
    marketing: Sequence[MarketingList],
    campaigns: Sequence[Campaign],
) -> list[Change]:
    """What becomes of each list record; pure."""
    world = _World(
        {m.list_id: m for m in marketing},
        {c.name: c for c in campaigns},
        {c.campaign_id: c for c in campaigns},
        {r.campaign_id: r.id for r in records if r.campaign_id and r.status is ListStatus.CREATED},
    )
    claimed: dict[str, str] = {}
    changes = []
    for record in sorted(records, key=lambda r: (r.name, r.id)):
        if record.state:
            continue
        if record.status is ListStatus.NEW:
            changes.append(_decide_new(record, world, claimed))
        elif record.status is ListStatus.CREATED and record.campaign_id not in world.by_id:
            changes.append(
                _change(
                    record, Verb.MARK, ListEvent.VANISHED, "its list was deleted in GetResponse"
                )
            )
    return changes


def refusal(source: MarketingList | None) -> str | None:
    """Why a marketing list cannot feed a GetResponse list, with the cure; None if it can."""
    if source is None:
        return "its marketing list does not exist; choose another"
    if source.state:
        return f"its marketing list {source.name!r} is inactive; activate it, or choose another"
    if source.member_type != ListTarget.CONTACT:
        kinds = {ListTarget.ACCOUNT: "accounts", ListTarget.LEAD: "leads"}
        kind = kinds.get(ListTarget(source.member_type), "something else")
        return (
            f"its marketing list {source.name!r} targets {kind}; only lists of contacts can be used"
        )
    if not source.dynamic:
        return None
    if not source.query:
        return f"its dynamic marketing list {source.name!r} has no query yet"
    try:
        conditions = caller_conditions(source.query)
    except ConfigError as error:
        return f"the query of its marketing list {source.name!r} cannot be read: {error}"
    if conditions:
        return (
            f"its marketing list {source.name!r} has the condition {', '.join(conditions)}, which "
            "means somebody else for every reader; name a person instead"
        )
    return None


def _decide_new(record: ListRecord, world: _World, claimed: dict[str, str]) -> Change:
    reason = refusal(world.marketing.get(record.marketing_list_id or ""))
    if reason:
        return _refuse(record, reason)
    if record.name in claimed:
        return _refuse(record, "another GetResponse list record has the same name")
    existing = world.by_name.get(record.name)
    if existing is not None:
        owner = world.owners.get(existing.campaign_id)
        if owner not in (None, record.id):
            reason = "the GetResponse list of this name belongs to another record"
            return _refuse(record, reason)
        claimed[record.name] = record.id
        return _change(
            record,
            Verb.ADOPT,
            ListEvent.SUCCEEDED,
            "a list of this name exists in GetResponse and belongs to no other record",
            campaign_id=existing.campaign_id,
        )
    try:
        check_list_name(record.name)
    except ListNameRefused as error:
        return _refuse(record, str(error))
    claimed[record.name] = record.id
    return _change(record, Verb.CREATE, ListEvent.SUCCEEDED, "set as new")


def _refuse(record: ListRecord, reason: str) -> Change:
    return _change(record, Verb.REFUSE, ListEvent.FAILED, reason)


def _change(
    record: ListRecord, verb: Verb, event: ListEvent, reason: str, *, campaign_id: str | None = None
) -> Change:
    status = LIST.step(record.status, event)
    return Change(
        verb=verb,
        side=Side.GETRESPONSE if verb in (Verb.CREATE, Verb.ADOPT) else Side.DYNAMICS,
        kind=KIND,
        ref=record.id,
        scope=record.id,
        subject=record.name,
        reason=reason,
        before={"status": record.status.value},
        after={"status": status.value},
        payload={
            "name": record.name,
            "status": status.value,
            "campaign_id": campaign_id or record.campaign_id,
            "error": reason if event is ListEvent.FAILED else None,
            "etag": record.etag,
        },
    )


# --- apply -----------------------------------------------------------------------------------


def _apply(ctx: Context, change: Change) -> Job[str]:
    """Carry one change out; the answer is how it ended: done, failed or moved."""
    status = ListStatus(str(change.payload["status"]))
    campaign_id = change.payload["campaign_id"]
    error = change.payload["error"]
    if change.verb is Verb.CREATE:
        # A list cannot be taken back by API: look whether the record still asks for it.
        try:
            record = yield from send(crm.get_row(LISTS, RowId(change.ref)))
        except NotFound:
            return "moved"
        if record.etag != change.payload["etag"]:
            return "moved"
        try:
            campaign_id = yield from _create(str(change.payload["name"]))
        except StatusError as refused:
            if refused.transient:
                raise
            status, error = ListStatus.ERROR, _reason(refused)
    created = status is ListStatus.CREATED
    values: dict[str, object] = {
        "gr_syncstatus": list_status_value(status),
        "gr_iscreated": created,
        "gr_syncerror": str(error)[:2000] if error else None,
    }
    if created:
        values["gr_campaignid"] = campaign_id
    etag = change.payload["etag"]
    try:
        yield from send(
            crm.update_row(LISTS, RowId(change.ref), values, etag=str(etag) if etag else None)
        )
    except (Conflict, NotFound):
        return "moved"
    yield from transact(
        partial(
            _remember,
            ctx=ctx,
            record=change.ref,
            status=status,
            campaign_id=str(campaign_id) if created else None,
            error=str(error) if error else None,
        )
    )
    in_vain = status is ListStatus.ERROR and change.verb is not Verb.REFUSE
    return "failed" if in_vain else "done"


def _create(name: str) -> Job[CampaignId]:
    """Create a list; one that is ours already, from an attempt whose answer was lost, will do."""
    for _ in range(2):
        try:
            campaign = yield from send(gr.create_campaign(name))
        except Conflict:
            existing = yield from _find(name)
            if existing is None:
                raise
            return existing
        except AnswerLost:
            existing = yield from _find(name)
            if existing is not None:
                return existing
        else:
            return campaign.campaign_id
    raise AnswerLost("twice no answer to the creation of a list", service="getresponse")


def _find(name: str) -> Job[CampaignId | None]:
    campaigns = yield from _all(gr.list_campaigns(name=name))
    return next((c.campaign_id for c in campaigns if c.name == name), None)


def _reason(error: ConnectorsError) -> str:
    if isinstance(error, Conflict):
        return "the name is taken by another GetResponse account; choose another"
    return f"GetResponse refused the list: {getattr(error, 'message', error)}"


def _remember(
    db: Connection,
    *,
    ctx: Context,
    record: str,
    status: ListStatus,
    campaign_id: str | None,
    error: str | None,
) -> None:
    where = (LIST_TABLE.c.connection == ctx.connection) & (LIST_TABLE.c.id == record)
    values: dict[str, Any] = {"status": status.value, "error": error}
    if campaign_id:
        values["campaign_id"] = campaign_id
    db.execute(LIST_TABLE.update().where(where).values(**values))
    _bury(db, ctx)


def _bury(db: Connection, ctx: Context) -> None:
    """The contacts of a deleted list went with it; the contacts job marks their records."""
    mine = LIST_TABLE.c.connection == ctx.connection
    lists = select(LIST_TABLE.c.campaign_id).where(mine)
    deleted = lists.where(LIST_TABLE.c.status == ListStatus.DELETED.value)
    created = lists.where(
        LIST_TABLE.c.status == ListStatus.CREATED.value, LIST_TABLE.c.campaign_id.is_not(None)
    )
    gone = update(GR).where(
        GR.c.connection == ctx.connection,
        GR.c.gone.is_(None),
        GR.c.campaign_id.in_(deleted),
        GR.c.campaign_id.not_in(created),
    )
    db.execute(gone.values(gone="with its list"))


def mapped_lists(db: Connection, connection: str) -> list[Any]:
    """The list records whose list exists in GetResponse; one per list."""
    first: dict[str, Any] = {}
    for row in known_lists(db, connection):
        if row.status == ListStatus.CREATED.value:
            first.setdefault(row.campaign_id, row)
    return list(first.values())


def known_lists(db: Connection, connection: str) -> list[Any]:
    """The list records whose list exists in GetResponse, or did."""
    known = (ListStatus.CREATED.value, ListStatus.DELETED.value)
    query = (
        select(LIST_TABLE)
        .where(
            LIST_TABLE.c.connection == connection,
            LIST_TABLE.c.status.in_(known),
            LIST_TABLE.c.campaign_id.is_not(None),
        )
        .order_by(LIST_TABLE.c.id)
    )
    return list(db.execute(query))
