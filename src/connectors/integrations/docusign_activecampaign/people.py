"""Contacts and their tags: the first two steps of every action."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

import msgspec
from attrs import field, frozen
from sqlalchemy import Connection, bindparam, delete, select

from ...activecampaign import calls as ac
from ...activecampaign.models import Tag
from ...core.call import Pages
from ...core.wire import UNSET
from ...domain.contacts import Address
from ...domain.field_mapping import ContactMapping, MappedContact
from ...domain.history import Facts
from ...engine.job import Job, gather, send, transact
from ...engine.sql import upsert
from ...errors import BadRequest, ConnectorsError, DomainError, NotFound
from .context import Context, own_fault
from .schema import CONTACT, TAG, TAGGED

STANDARD = ("first_name", "last_name", "phone")
"""Targets of a mapping that are no custom fields."""

# Asked for several times per message: putting a statement together costs more than running it.
_PERSON = select(CONTACT.c.contact_id, CONTACT.c.facts).where(
    CONTACT.c.connection == bindparam("at"), CONTACT.c.addr_key == bindparam("key")
)
_TAGS = select(TAGGED.c.tag).where(
    TAGGED.c.connection == bindparam("at"), TAGGED.c.contact_id == bindparam("contact")
)


class FieldGone(DomainError):
    """A contact field that setup knew exists no more; plan and apply setup again."""


NOT_TAKEN = "ActiveCampaign does not take the e-mail address"


def left_out(mapping: ContactMapping, mapped: MappedContact) -> tuple[str | None, list[str]]:
    """Why a recipient cannot be a contact, None where they can; which values do not fit, and why."""
    problem = mapped.problem
    if mapped.email is not None and not ac.takes_address(mapped.email.text):
        problem = NOT_TAKEN
    titles = {target: custom.title for target, custom in mapping.fields.items()}
    losses = [f"field {titles.get(name, name)!r}: {why}" for name, why in mapped.losses.items()]
    return problem, losses


@frozen(kw_only=True)
class Person:
    """A contact as the store knows it."""

    contact_id: str | None
    facts: Facts = field(repr=False)


def person(db: Connection, *, ctx: Context, addr_key: str) -> Person:
    """What the store knows of an address."""
    row = db.execute(_PERSON, {"at": ctx.connection, "key": addr_key}).first()
    if row is None:
        return Person(contact_id=None, facts=Facts())
    return Person(contact_id=row.contact_id, facts=_facts.decode(row.facts))


def by_id(db: Connection, *, ctx: Context, contact_id: str) -> Person:
    """What the store knows of a contact."""
    where = (CONTACT.c.connection == ctx.connection, CONTACT.c.contact_id == contact_id)
    row = db.execute(select(CONTACT.c.facts).where(*where)).first()
    return Person(contact_id=contact_id, facts=_facts.decode(row.facts) if row else Facts())


def keep_person(
    db: Connection, *, ctx: Context, addr_key: str, contact_id: str, facts: Facts
) -> None:
    """Keep a contact's id and what was learned of it."""
    row = {
        "connection": ctx.connection,
        "addr_key": addr_key,
        "contact_id": contact_id,
        "facts": msgspec.json.encode(facts),
    }
    upsert(db, CONTACT, [row])


def write_contact(address: Address, values: Mapping[str, str]) -> Job[str]:
    """Create the contact, or update it with these values alone; its id. An empty value empties.

    Raises:
        FieldGone: a field was not written, as it exists no more. The others were.
    """
    own = {name: value or None for name, value in values.items()}
    fields = {name: value for name, value in own.items() if name not in STANDARD}
    with own_fault():
        call = ac.sync_contact(
            address.text,
            first_name=own.get("first_name", UNSET),
            last_name=own.get("last_name", UNSET),
            phone=own.get("phone", UNSET),
            field_values=fields,
        )
    answer = yield from send(call)
    lost = fields.keys() - {value.field_id for value in answer.field_values}
    if lost:
        raise FieldGone(
            f"contact fields {', '.join(sorted(lost))} exist no more in ActiveCampaign: change the "
            "mapping, then plan and apply `setup` again"
        )
    return answer.contact.id


def add_tags(ctx: Context, contact_id: str, wanted: Sequence[str]) -> Job[tuple[str, ...]]:
    """Give a contact the tags that it does not have from us yet; which those were.

    They are not kept as given here: `keep_tags` does, once the whole action is through.
    """
    lacking, known = yield from transact(
        partial(_lacking, ctx=ctx, contact_id=contact_id, wanted=tuple(wanted))
    )
    if not lacking:
        return ()
    ids = yield from _ids(ctx, lacking, known)
    outcomes = yield from gather([ac.add_contact_tag(contact_id, ids[tag]) for tag in lacking])
    for tag, outcome in zip(lacking, outcomes, strict=True):
        if isinstance(outcome, BadRequest | NotFound):
            # Perhaps somebody deleted the tag, and one of its name has another id by now.
            yield from transact(partial(_forget_id, ctx=ctx, tag=tag))
            fresh = yield from tag_ids(ctx, (tag,))
            yield from send(ac.add_contact_tag(contact_id, fresh[tag]))
        elif isinstance(outcome, ConnectorsError):
            raise outcome
    return lacking


def keep_tags(db: Connection, *, ctx: Context, contact_id: str, tags: Iterable[str]) -> None:
    """Keep which tags a contact has from us."""
    rows = [
        {"connection": ctx.connection, "contact_id": contact_id, "tag": tag.casefold()}
        for tag in tags
    ]
    upsert(db, TAGGED, rows)


def foreign_tags(ctx: Context, contact_id: str) -> Job[tuple[str, ...]]:
    """Those of the tags that segments ask for, and that are none of ours, which a contact has."""
    wanted = ctx.settings.foreign_tags
    if not wanted:
        return ()
    known = yield from transact(partial(_known_ids, ctx=ctx))
    new: dict[str, str] = {}
    for tag in wanted:
        if tag.casefold() not in known:
            found = yield from _find(tag, ac.list_tags(name=tag))
            if found is not None:
                new[tag] = known[tag.casefold()] = found
    if new:
        yield from transact(partial(_keep_ids, ctx=ctx, ids=new))
    has = {one.tag_id for one in (yield from send(ac.list_contact_tags(contact_id)))}
    return tuple(tag for tag in wanted if known.get(tag.casefold()) in has)


def tags_of(db: Connection, *, ctx: Context, contact_id: str) -> frozenset[str]:
    """The tags a contact has from us, as they are compared."""
    rows = db.execute(_TAGS, {"at": ctx.connection, "contact": contact_id})
    return frozenset(rows.scalars())


def _lacking(
    db: Connection, *, ctx: Context, contact_id: str, wanted: tuple[str, ...]
) -> tuple[tuple[str, ...], dict[str, str]]:
    """The tags that a contact lacks, and the ids that are known."""
    has = tags_of(db, ctx=ctx, contact_id=contact_id)
    lacking = tuple(tag for tag in wanted if tag.casefold() not in has)
    return lacking, _known_ids(db, ctx=ctx) if lacking else {}


def tag_ids(ctx: Context, tags: Sequence[str]) -> Job[dict[str, str]]:
    """The ids of tags by text, kept for later; what does not exist yet is created."""
    known = yield from transact(partial(_known_ids, ctx=ctx))
    return (yield from _ids(ctx, tags, known))


def _ids(ctx: Context, tags: Sequence[str], known: Mapping[str, str]) -> Job[dict[str, str]]:
    ids, new = {}, {}
    for tag in tags:
        if tag.casefold() in known:
            ids[tag] = known[tag.casefold()]
            continue
        found = yield from _find(tag, ac.list_tags(name=tag))
        if found is None:
            try:
                found = (yield from send(ac.create_tag(tag))).id
            except ConnectorsError:
                # Somebody may have been first, and how that is refused nobody knows for sure; nor
                # whether a search by the name minds its case.
                found = yield from _find(tag, ac.list_tags(search=tag))
                if found is None:
                    raise
        ids[tag] = new[tag] = found
    if new:
        yield from transact(partial(_keep_ids, ctx=ctx, ids=new))
    return ids


def _find(tag: str, pages: Pages[Tag]) -> Job[str | None]:
    """The id of the tag of this very name among some: the service's own search may give others."""
    fits, cursor = ac.is_tag(tag), None
    while True:
        page = yield from send(pages.at(cursor))
        for one in page.items:
            if fits(one):
                return one.id
        cursor = page.cursor
        if cursor is None:
            return None


def _known_ids(db: Connection, *, ctx: Context) -> dict[str, str]:
    rows = db.execute(select(TAG.c.tag, TAG.c.id).where(TAG.c.connection == ctx.connection))
    return {tag: tag_id for tag, tag_id in rows}


def _keep_ids(db: Connection, *, ctx: Context, ids: Mapping[str, str]) -> None:
    rows = [
        {"connection": ctx.connection, "tag": tag.casefold(), "id": tag_id}
        for tag, tag_id in ids.items()
    ]
    upsert(db, TAG, rows)


def _forget_id(db: Connection, *, ctx: Context, tag: str) -> None:
    where = (TAG.c.connection == ctx.connection, TAG.c.tag == tag.casefold())
    db.execute(delete(TAG).where(*where))


_facts = msgspec.json.Decoder(Facts)
