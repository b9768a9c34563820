"""Contacts: add, batch, list, read, update, remove, merge values and tags, consents."""

from __future__ import annotations

from typing import Any

from .definitions import campaign_ref, check_value
from .records import Campaign
from .routing import Call, Reply, Route
from .shelf import Contact, Where
from .store import Book
from .wire import (
    Allowed,
    Check,
    Json,
    Listing,
    Refusal,
    address,
    check_object,
    digits,
    email,
    listed,
    missing,
    number,
    reference,
    shape,
    show,
    text,
)

VALUES = listed(
    shape(
        {"customFieldId": text(1), "value": listed(text(high=10_000))}, ("customFieldId", "value")
    ),
    high=500,
)
TAGS = listed(reference("tagId"), high=500)
COMMON: dict[str, Check] = {
    "email": email,
    "name": text(1, 128, nullable=True),
    "dayOfCycle": digits,
    "scoring": number,
    "customFieldValues": VALUES,
}
NEW: dict[str, Check] = {
    **COMMON,
    "campaign": reference("campaignId"),
    "ipAddress": address,
    "tags": TAGS,
}
UPDATE: dict[str, Check] = {
    **COMMON,
    "campaign": reference("campaignId"),
    "note": text(0, 255, nullable=True),
    "tags": TAGS,
}
MEMBER: dict[str, Check] = {
    **COMMON,
    "ipAddress": address,
    "tags": shape({"ids": listed(text(1), high=500)}, ("ids",)),
}
BATCH: dict[str, Check] = {
    "campaignId": text(1),
    "contacts": listed(shape(MEMBER, ("email",)), 1, 1000),
}
ATTRIBUTES = {
    "email": "email",
    "name": "name",
    "note": "note",
    "campaign": "campaign",
    "dayOfCycle": "day_of_cycle",
    "scoring": "scoring",
}


# -- rows --------------------------------------------------------------------------------------


def row(book: Book, contact: Contact, ref: dict[str, Json] | None = None) -> dict[str, Json]:
    """A contact as lists show it: no tags, no custom field values."""
    href = f"{book.url}/contacts/{contact.id}"
    out: dict[str, Json] = {
        "contactId": contact.id,
        "href": href,
        "name": contact.name,
        "email": contact.email,
        "note": contact.note,
        "origin": contact.origin,
        "dayOfCycle": contact.day_of_cycle,
        "createdOn": show(contact.created),
        "changedOn": show(contact.changed),
        "campaign": ref or campaign_ref(book, contact.campaign),
        "timeZone": contact.time_zone,
        "ipAddress": contact.ip,
        "activities": f"{href}/activities",
        "scoring": contact.scoring,
    }
    if contact.engagement is not None:
        out["engagementScore"] = contact.engagement
    return out


def rows(book: Book, contacts: list[Contact], listing: Listing) -> list[dict[str, Json]]:
    """One page of contacts."""
    refs = {id: campaign_ref(book, id) for id in {c.campaign for c in contacts}}
    return [listing.cut(row(book, c, refs[c.campaign]), "contactId") for c in contacts]


def details(book: Book, contact: Contact) -> dict[str, Json]:
    """A contact with all there is."""
    parts = "latitude longitude continentCode countryCode region postalCode dmaCode city".split()
    return {
        **row(book, contact),
        "geolocation": dict.fromkeys(parts),
        "tags": [
            {
                "tagId": tag.id,
                "name": tag.name,
                "href": f"{book.url}/tags/{tag.id}",
                "color": tag.color,
            }
            for tag in (book.tags.get(id) for id in contact.tags)
            if tag is not None
        ],
        "customFieldValues": [
            {
                "customFieldId": kind.id,
                "name": kind.name,
                "value": values,
                "values": values,
                "type": kind.format,
                "fieldType": kind.format,
                "valueType": kind.type,
            }
            for kind, values in (
                (book.custom_fields.get(id), values) for id, values in contact.fields.items()
            )
            if kind is not None
        ],
    }


# -- checks ------------------------------------------------------------------------------------


def active(book: Book, id: str) -> Contact:
    """The active contact, or 404."""
    contact = book.active.get(id)
    if contact is None:
        raise missing("contactId", id)
    return contact


def wanted_list(book: Book, id: str) -> Campaign:
    """The list a body names, or 1001."""
    campaign = book.lists.get(id)
    if campaign is None:
        raise Refusal(1001, "Campaign does not exist", {"campaignId": id})
    return campaign


def tag_ids(book: Book, ids: list[str]) -> dict[str, int]:
    """Known tags, each with now as the moment it was put on."""
    for id in ids:
        if id not in book.tags:
            raise Refusal(1001, "Tag does not exist", {"tagId": id})
    return dict.fromkeys(ids, book.now())


def field_values(book: Book, values: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Known custom fields with values they take."""
    for each in values:
        kind = book.custom_fields.get(each["customFieldId"])
        if kind is None:
            context = {"customFieldId": each["customFieldId"]}
            raise Refusal(1001, "Custom field does not exist", context)
        check_value(kind, each["value"])
    return {each["customFieldId"]: list(each["value"]) for each in values}


def refuse_state(book: Book, campaign: Campaign, mail: str) -> None:
    """1002 for an address that may not be in this list."""
    if book.blocked(mail, campaign):
        raise Refusal(1002, "Email address is on the blocklist", {"value": mail})
    if campaign.gone_keys.get(mail.lower(), frozenset()) & book.removal_blocks:
        raise Refusal(1002, "Contact was removed from this list before", {"value": mail})


def fill(book: Book, contact: Contact, body: dict[str, Any], tags: list[str]) -> Contact:
    contact.day_of_cycle = body.get("dayOfCycle")
    contact.scoring = body.get("scoring")
    contact.ip = body.get("ipAddress", "")
    contact.tags = tag_ids(book, tags)
    contact.fields = field_values(book, body.get("customFieldValues", []))
    return contact


# -- endpoints ---------------------------------------------------------------------------------


def create(book: Book, call: Call) -> Reply:
    body = check_object(call.body(), "", NEW, ("email", "campaign"))
    campaign = wanted_list(book, body["campaign"])
    if book.present(campaign, body["email"].lower()):
        raise Refusal(1008, "Contact already added", [])
    refuse_state(book, campaign, body["email"])
    if book.contact_limit is not None and book.size() >= book.contact_limit:
        raise Refusal(1027, "Contact limit reached", {"currentLimit": book.contact_limit})
    tags, values = body.get("tags", []), body.get("customFieldValues", [])
    tag_ids(book, tags)
    field_values(book, values)
    contact = book.new_contact(body["email"], body.get("name"), campaign.id, "api", book.now())
    book.enqueue(fill(book, contact, body, tags))
    return Reply(202)


def batch(book: Book, call: Call) -> Reply:
    body = check_object(call.body(), "", BATCH, ("campaignId", "contacts"))
    campaign = wanted_list(book, body["campaignId"])
    accepted: dict[str, dict[str, Any]] = {}
    for member in body["contacts"]:
        key = member["email"].lower()
        try:
            if key in accepted or book.present(campaign, key):
                raise Refusal(1008, "Contact already added", [])
            refuse_state(book, campaign, member["email"])
        except Refusal:
            if book.batch_all_or_nothing:
                raise
            continue
        tag_ids(book, member.get("tags", {"ids": []})["ids"])
        field_values(book, member.get("customFieldValues", []))
        accepted[key] = member
    limit = book.contact_limit
    if limit is not None and book.size() + len(accepted) > limit:
        raise Refusal(1027, "Contact limit reached", {"currentLimit": limit})
    for member in accepted.values():
        contact = book.new_contact(
            member["email"], member.get("name"), campaign.id, "api", book.now()
        )
        tags = member.get("tags", {"ids": []})["ids"]
        book.enqueue(fill(book, contact, member, tags))
    return Reply(202)


LIST = Allowed(
    fields=frozenset({"email", "name", "campaignId", "origin"}),
    spans=frozenset({"createdOn", "changedOn"}),
    sorts=frozenset({"email", "name", "createdOn", "changedOn", "campaignId"}),
    flags=frozenset({"exactMatch"}),
)
LIST_OF_CAMPAIGN = Allowed(
    fields=frozenset({"email", "name"}),
    spans=frozenset({"createdOn"}),
    sorts=frozenset({"email", "name", "createdOn"}),
)


def answer_list(book: Book, listing: Listing, campaign: str | None) -> Reply:
    where = Where(
        listing.where.get("email"),
        listing.where.get("name"),
        listing.where.get("origin"),
        "exactMatch" in listing.flags,
        tuple(sorted(listing.spans.items())),
    )
    total, found = book.find_contacts(campaign, where, listing.order, listing.start, listing.stop)
    return Reply(200, rows(book, found, listing), listing.counters(total))


def list_contacts(book: Book, call: Call) -> Reply:
    listing = call.listing(book, LIST)
    return answer_list(book, listing, listing.where.get("campaignId"))


def list_of_campaign(book: Book, call: Call) -> Reply:
    listing = call.listing(book, LIST_OF_CAMPAIGN)
    if call.params[0] not in book.lists:
        raise missing("campaignId", call.params[0])
    return answer_list(book, listing, call.params[0])


def get(book: Book, call: Call) -> Reply:
    listing = call.listing(book, Allowed(paged=False))
    return Reply(200, listing.cut(details(book, active(book, call.params[0])), "contactId"))


def update(book: Book, call: Call) -> Reply:
    contact = active(book, call.params[0])
    body = check_object(call.body(), "", UPDATE)
    target = wanted_list(book, body.get("campaign", contact.campaign))
    mail = body.get("email", contact.email)
    if target.id != contact.campaign or mail.lower() != contact.key:
        if book.present(target, mail.lower()):
            raise Refusal(1008, "Contact with this e-mail is already in the list", [])
        if book.blocked(mail, target):
            raise Refusal(1002, "Email address is on the blocklist", {"value": mail})
    values = {ATTRIBUTES[key]: value for key, value in body.items() if key in ATTRIBUTES}
    if "tags" in body:
        new = tag_ids(book, body["tags"])
        values["tags"] = {id: contact.tags.get(id, at) for id, at in new.items()}
    if "customFieldValues" in body:
        values["fields"] = field_values(book, body["customFieldValues"])
    apply(book, contact, values)
    return Reply(200, details(book, contact))


def apply(book: Book, contact: Contact, values: dict[str, Any]) -> None:
    """Change the contact; points and the autoresponder's day are no data change by themselves."""
    scores = {k: v for k, v in values.items() if k in ("scoring", "day_of_cycle", "engagement")}
    data = {k: v for k, v in values.items() if k not in scores}
    book.change(contact, scores, bump=book.scores_bump_changed_on)
    book.change(contact, data)


def delete(book: Book, call: Call) -> Reply:
    call.listing(book, Allowed(paged=False, extra=frozenset({"messageId", "ipAddress"})))
    given = dict(call.request.query)
    if "ipAddress" in given:
        address(given["ipAddress"], "ipAddress")
    contact = active(book, call.params[0])
    book.remove(contact, "api", given.get("messageId"), given.get("ipAddress"))
    return Reply(204)


def merge_fields(book: Book, call: Call) -> Reply:
    contact = active(book, call.params[0])
    keys = {"customFieldValues": VALUES}
    body = check_object(call.body(), "", keys, ("customFieldValues",))
    new = field_values(book, body["customFieldValues"])
    book.change(contact, {"fields": {**contact.fields, **new}})
    answer = [{"customFieldId": id, "values": values} for id, values in contact.fields.items()]
    return Reply(200, answer)


def merge_tags(book: Book, call: Call) -> Reply:
    contact = active(book, call.params[0])
    body = check_object(call.body(), "", {"tags": TAGS}, ("tags",))
    merged = {**tag_ids(book, body["tags"]), **contact.tags}
    if len(merged) > 500:
        raise Refusal(1004, "Too many tags", {"fieldName": "tags", "max": 500})
    book.change(contact, {"tags": merged})
    answer = [
        {
            "tagId": id,
            "name": book.tags[id].name,
            "href": f"{book.url}/tags/{id}",
            "color": book.tags[id].color,
            "createdAt": show(at),
        }
        for id, at in contact.tags.items()
        if id in book.tags
    ]
    return Reply(200, answer)


def consents(book: Book, call: Call) -> Reply:
    listing = call.listing(book, Allowed(paged=False))
    contact = active(book, call.params[0])
    answer = []
    for kind in book.consent_fields.values():
        declared = book.declarations.get((contact.seq, kind.id))
        if not declared:
            continue
        history = [
            {
                "content": each.content,
                "wasGranted": each.granted,
                "declaredAt": show(each.declared),
                "createdAt": show(kind.created),
            }
            for each in declared
        ]
        row: dict[str, Json] = {
            "consentId": kind.id,
            "name": kind.name,
            "content": kind.content,
            "isGranted": declared[-1].granted,
            "history": history,
        }
        answer.append(listing.cut(row, "consentId"))
    return Reply(200, answer)


ROUTES = [
    Route("GET", "contacts", "contacts.list", list_contacts),
    Route("POST", "contacts", "contacts.create", create, writes=True),
    Route("POST", "contacts/batch", "contacts.batch", batch, writes=True),
    Route("GET", "contacts/{}", "contacts.get", get),
    Route("POST", "contacts/{}", "contacts.update", update, writes=True),
    Route("DELETE", "contacts/{}", "contacts.delete", delete, writes=True),
    Route("POST", "contacts/{}/custom-fields", "contacts.custom_fields", merge_fields, writes=True),
    Route("POST", "contacts/{}/tags", "contacts.tags", merge_tags, writes=True),
    Route("GET", "contacts/{}/consents", "contacts.consents", consents),
    Route("GET", "campaigns/{}/contacts", "campaigns.contacts", list_of_campaign),
]
