"""Imports: contacts in rows, which are added and updated after a while, sometimes after a review."""

from __future__ import annotations

from typing import Any

from .contacts import wanted_list
from .definitions import campaign_ref, check_tag_name, check_value, make_tag
from .records import Campaign, Import
from .routing import Call, Reply, Route, in_span, page_of, sort
from .shelf import Contact
from .store import Book
from .wire import (
    Allowed,
    Check,
    Json,
    Refusal,
    body_error,
    check_object,
    is_email,
    listed,
    missing,
    show,
    text,
)

PROPERTIES = ("email", "name", "ip")
ERRORS = (
    "syntaxErrors alreadyInQueue invalidDomains blacklist policyFailures mismatchedCriteria".split()
)


def row(book: Book, job: Import) -> dict[str, Json]:
    errors = {kind: len(job.errors.get(kind, ())) for kind in ERRORS}
    return {
        "importId": job.id,
        "campaign": campaign_ref(book, job.campaign),
        "status": job.status,
        "statistics": {
            "uploaded": len(job.rows),
            "invalid": sum(errors.values()),
            "updated": job.updated,
            "addedToList": job.added,
        },
        "errorStatistics": errors,
        "createdOn": show(job.created),
        "finishedOn": show(job.finished),
        "href": f"{book.url}/imports/{job.id}",
    }


def create(book: Book, call: Call) -> Reply:
    keys: dict[str, Check] = {
        "campaignId": text(1),
        "fieldMapping": listed(text(1), 1),
        "contacts": listed(listed(text()), 1),
    }
    body = check_object(call.body(), "", keys, tuple(keys))
    wanted_list(book, body["campaignId"])
    mapping = body["fieldMapping"]
    if "email" not in mapping or len(set(mapping)) != len(mapping):
        raise body_error(1000, "fieldMapping", mapping, "Must hold email, and nothing twice")
    fields = {kind.name for kind in book.custom_fields.values()}
    for name in mapping:
        if name.startswith("tag:"):
            check_tag_name(name[4:], "fieldMapping")
        elif name not in PROPERTIES and name not in fields:
            raise Refusal(1001, "Custom field does not exist", {"name": name})
    for i, each in enumerate(body["contacts"]):
        if len(each) != len(mapping):
            raise body_error(1000, f"contacts.{i}", each, "Must fit fieldMapping")
    job = Import(book.new_id(), body["campaignId"], mapping, body["contacts"], book.now())
    book.imports[job.id] = job
    book.later(book.import_seconds / 2, lambda: _look(book, job))
    return Reply(book.import_created_status, row(book, job))


def _look(book: Book, job: Import) -> None:
    """Half-way, an import is approved by itself or waits for a person."""
    if book.import_review:
        job.status = "to_review"
    else:
        approve(book, job)


def approve(book: Book, job: Import) -> None:
    job.status = "approved"
    book.later(book.import_seconds / 2, lambda: _finish(book, job))


def close(book: Book, job: Import, status: str) -> None:
    job.status, job.finished = status, book.now()


def _finish(book: Book, job: Import) -> None:
    close(book, job, "finished")
    campaign = book.lists.get(job.campaign)
    if campaign is None:
        return
    for cells in job.rows:
        values = dict(zip(job.mapping, cells, strict=True))
        error = _take(book, job, campaign, values)
        if error is not None:
            job.errors.setdefault(error, []).append(values["email"])


def _take(book: Book, job: Import, campaign: Campaign, values: dict[str, str]) -> str | None:
    """Add or update one contact, or say what kind of error it is."""
    mail = values["email"].strip()
    key = mail.lower()
    if not is_email(mail):
        return "syntaxErrors"
    if key in campaign.queued or key in campaign.unconfirmed:
        return "alreadyInQueue"
    if book.blocked(mail, campaign):
        return "blacklist"
    fields = {kind.name: kind for kind in book.custom_fields.values()}
    given: dict[str, list[str]] = {}
    for name, value in values.items():
        if value and name in fields:
            try:
                check_value(fields[name], [value])
            except Refusal:
                return "mismatchedCriteria"
            given[fields[name].id] = [value]
    contact = campaign.members.get(key)
    if contact is not None:
        _update(book, contact, values, given)
        job.updated += 1
        return None
    full = book.contact_limit is not None and book.size() >= book.contact_limit
    if full or campaign.gone_keys.get(key, frozenset()) & book.removal_blocks:
        return "policyFailures"
    contact = book.new_contact(mail, values.get("name"), campaign.id, "import", book.now())
    contact.ip, contact.fields = values.get("ip", ""), given
    contact.tags = _tags(book, values)
    book.file(contact)
    job.added += 1
    return None


def _update(
    book: Book, contact: Contact, values: dict[str, str], given: dict[str, list[str]]
) -> None:
    changes: dict[str, Any] = {"fields": {**contact.fields, **given}}
    changes["tags"] = {**_tags(book, values), **contact.tags}
    if values.get("name"):
        changes["name"] = values["name"]
    book.change(contact, changes)


def _tags(book: Book, values: dict[str, str]) -> dict[str, int]:
    """The tags whose cell is not empty; made where they are missing."""
    names = [name[4:] for name, value in values.items() if name.startswith("tag:") and value]
    held = {tag.name.lower(): tag for tag in book.tags.values()}
    tags = [held.get(name.lower()) or make_tag(book, name) for name in names]
    return dict.fromkeys((tag.id for tag in tags), book.now())


def list_imports(book: Book, call: Call) -> Reply:
    keys = {
        "createdOn": lambda row: row["createdOn"],
        "finishedOn": lambda row: row["finishedOn"],
        "campaignName": lambda row: row["campaign"]["name"],
        "uploadedContacts": lambda row: row["statistics"]["uploaded"],
        "updatedContacts": lambda row: row["statistics"]["updated"],
        "addedContacts": lambda row: row["statistics"]["addedToList"],
        "invalidContacts": lambda row: row["statistics"]["invalid"],
        "status": lambda row: row["status"],
    }
    allowed = Allowed(
        fields=frozenset({"campaignId"}), spans=frozenset({"createdOn"}), sorts=frozenset(keys)
    )
    listing = call.listing(book, allowed)
    rows = [
        row(book, job)
        for job in book.imports.values()
        if listing.where.get("campaignId") in (None, job.campaign)
        and in_span(job.created, listing, "createdOn")
    ]
    return page_of(sort(rows, listing, keys), listing, "importId")


def get(book: Book, call: Call) -> Reply:
    listing = call.listing(book, Allowed(paged=False))
    if call.params[0] not in book.imports:
        raise missing("importId", call.params[0])
    return Reply(200, listing.cut(row(book, book.imports[call.params[0]]), "importId"))


ROUTES = [
    Route("GET", "imports", "imports.list", list_imports),
    Route("POST", "imports", "imports.create", create, writes=True),
    Route("GET", "imports/{}", "imports.get", get),
]
