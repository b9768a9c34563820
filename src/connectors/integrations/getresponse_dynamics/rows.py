"""From what the services say to rows of the store: canonical, so that equal content is equal text."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ...domain.contacts import InvalidAddress, clean_name, parse_address
from ...domain.plan import fingerprint
from ...dynamics.models import Contact as CrmContact
from ...getresponse.models import Contact, ContactDetails, Origin, RemovedContact
from .context import Context, iso
from .solution import ContactRecord


def crm_row(ctx: Context, contact: CrmContact, pass_id: str) -> dict[str, Any]:
    """A CRM contact, mapped, with the key of its address or why it has none."""
    mapped = ctx.settings.field_map.apply(
        {
            "full_name": contact.full_name,
            "first_name": contact.first_name,
            "last_name": contact.last_name,
            "email": contact.email,
        }
    )
    key = problem = None
    email = mapped.values.get("email")
    try:
        address = parse_address(email)
        key, email = address.key, address.text
    except InvalidAddress as error:
        problem = str(error)
    name = mapped.values.get("name")
    active = contact.state == 0
    closed = bool(contact.do_not_email or contact.do_not_bulk_email)
    merged = contact.master_id if contact.merged else None
    return {
        "connection": ctx.connection,
        "id": contact.contact_id,
        "name": name,
        "email": email,
        "addr_key": key,
        "problem": problem,
        "lost": "; ".join(f"{field}: {what}" for field, what in mapped.losses.items()) or None,
        "active": active,
        "do_not_email": closed,
        "merged_into": merged,
        "fp": fingerprint((name, email, key, active, closed, merged)),
        "pass_id": pass_id,
    }


def gr_row(ctx: Context, contact: Contact | ContactDetails, pass_id: str) -> dict[str, Any]:
    """An active GetResponse contact."""
    name, _ = clean_name(contact.name)
    origin = contact.origin.value if isinstance(contact.origin, Origin) else contact.origin
    values = _canonical(
        name,
        contact.email,
        origin,
        contact.created_on,
        contact.engagement_score,
        contact.scoring,
    )
    return {
        "connection": ctx.connection,
        "id": contact.contact_id,
        "campaign_id": contact.campaign.campaign_id,
        **values,
        "addr_key": _key(contact.email),
        "fp": fingerprint(values.values()),
        "gone": None,
        "pass_id": pass_id,
    }


def removed_row(
    ctx: Context, contact: RemovedContact, campaign_id: str, pass_id: str
) -> dict[str, Any]:
    """A contact that left, first seen as such."""
    values = _canonical(None, contact.email, None, contact.created_on, None, None)
    return {
        "connection": ctx.connection,
        "id": contact.contact_id,
        "campaign_id": campaign_id,
        **values,
        "addr_key": _key(contact.email),
        "fp": fingerprint(values.values()),
        "gone": removal(contact),
        "pass_id": pass_id,
    }


def removal(contact: RemovedContact) -> str:
    """Why it left, as text."""
    reason = contact.reason
    return str(getattr(reason, "value", reason) or "unknown")


def record_row(ctx: Context, record: ContactRecord, pass_id: str) -> dict[str, Any]:
    """A GetResponse contact record of Dynamics."""
    values = _canonical(
        record.name,
        record.email or "",
        record.origin,
        record.created_on,
        record.engagement_score,
        record.scoring,
    )
    return {
        "connection": ctx.connection,
        "id": record.id,
        "gr_id": record.contact_id or "",
        "list_id": record.list_id,
        "crm_id": record.crm_contact_id,
        "status": record.status.value if record.status else None,
        "fp": fingerprint(values.values()),
        "pass_id": pass_id,
    }


def _canonical(
    name: str | None,
    email: str,
    origin: str | None,
    created_on: datetime | None,
    engagement: int | None,
    scoring: float | None,
) -> dict[str, Any]:
    return {
        "name": (name or "").strip() or None,
        "email": email.strip(),
        "origin": origin or None,
        "created_on": iso(created_on) if created_on else None,
        "engagement": engagement,
        "scoring": None if scoring is None else f"{scoring:.2f}",
    }


def _key(email: str) -> str:
    # What GetResponse holds counts as an address, even where our own rule would not take it.
    try:
        return parse_address(email).key
    except InvalidAddress:
        return email.strip().lower()


def record_values(row: Any) -> dict[str, object]:
    """The columns of a GetResponse contact record for a row of `gd_gr`."""
    return {
        "gr_getresponseid": row.id,
        "gr_name": row.name,
        "gr_email": row.email,
        "gr_origin": row.origin,
        "gr_createdon": row.created_on,
        "gr_engagementscore": row.engagement,
        "gr_scoring": None if row.scoring is None else float(row.scoring),
    }
