"""Lists, which the vendor calls campaigns. The API cannot delete one."""

from __future__ import annotations

import re
from typing import Any

from .records import Campaign
from .routing import Call, Reply, Route, page_of, sort
from .store import Book
from .wire import (
    Allowed,
    Check,
    Json,
    Refusal,
    body_error,
    check_object,
    choice,
    listed,
    missing,
    query_error,
    reference,
    shape,
    show,
    text,
)

_FORBIDDEN = re.compile(
    "[/\\\\@\\[\\]"
    "\u200d\u20e3\u2122\u2139\u231a-\u23ff\u25aa-\u25fe\u2600-\u27bf\u2b00-\u2bff\ufe0f"
    "\U0001f000-\U0001faff\U000e0020-\U000e007f]"
)
_OPTIN = choice("single", "double")
_TRUTH = choice("true", "false")
FIELDS: dict[str, Check] = {
    "name": text(),
    "languageCode": text(2, 2),
    "isDefault": _TRUTH,
    "postal": shape(
        {
            "addPostalToMessages": _TRUTH,
            **{
                key: text(nullable=True)
                for key in ("city", "companyName", "country", "design", "state", "street")
            },
            "zipCode": text(nullable=True),
        }
    ),
    "confirmation": shape(
        {
            "fromField": reference("fromFieldId"),
            "replyTo": reference("fromFieldId"),
            "redirectType": choice("hosted", "customUrl"),
            "mimeType": choice("text/html", "text/plain", "combo"),
            "redirectUrl": text(nullable=True),
            "subscriptionConfirmationBodyId": text(1),
            "subscriptionConfirmationSubjectId": text(1),
        }
    ),
    "optinTypes": shape(
        {"email": _OPTIN, "api": _OPTIN, "import": choice("single"), "webform": _OPTIN}
    ),
    "subscriptionNotifications": shape(
        {"status": choice("enabled", "disabled"), "recipients": listed(reference("fromFieldId"))}
    ),
    "profile": shape(
        {
            "description": text(nullable=True),
            "industryTagId": text(nullable=True),
            "logo": text(nullable=True),
            "logoLinkUrl": text(nullable=True),
            "title": text(nullable=True),
        }
    ),
}


def row(book: Book, campaign: Campaign) -> dict[str, Json]:
    """A list as the list of lists shows it."""
    return {
        "campaignId": campaign.id,
        "href": f"{book.url}/campaigns/{campaign.id}",
        "name": campaign.name,
        "techName": tech_name(campaign.name) if book.enterprise else None,
        "languageCode": campaign.language,
        "isDefault": "true" if campaign.default else "false",
        "createdOn": show(campaign.created),
        "description": campaign.name,
    }


def tech_name(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def details(book: Book, campaign: Campaign) -> dict[str, Json]:
    """A list with its settings."""
    out = row(book, campaign)
    del out["description"]
    confirmation = {
        "fromField": None,
        "replyTo": None,
        "redirectType": "hosted",
        "mimeType": "combo",
        "redirectUrl": None,
        "subscriptionConfirmationBodyId": None,
        "subscriptionConfirmationSubjectId": None,
        **campaign.confirmation,
    }
    for key in ("fromField", "replyTo"):
        if isinstance(confirmation[key], str):
            confirmation[key] = {"fromFieldId": confirmation[key]}
    recipients = campaign.notifications.get("recipients", [])
    postal = dict.fromkeys("city companyName country design state street zipCode".split())
    profile = dict.fromkeys("description industryTagId logo logoLinkUrl title".split())
    return {
        **out,
        "postal": {"addPostalToMessages": "false", **postal, **campaign.postal},
        "confirmation": confirmation,
        "optinTypes": campaign.optin,
        "subscriptionNotifications": {
            "status": campaign.notifications.get("status", "disabled"),
            "recipients": [{"fromFieldId": id} for id in recipients],
        },
        "profile": {**profile, **campaign.profile},
    }


def check_name(book: Book, name: str, own: Campaign | None = None) -> None:
    """3 to 64 characters of any alphabet, no emoji, none of `/ \\ @ [ ]`, not taken."""
    if len(name) < 3:
        raise body_error(1000, "name", name, "Must be at least 3 characters long")
    if len(name) > 64:
        raise body_error(1007, "name", name, "Must be at most 64 characters long")
    if _FORBIDDEN.search(name):
        raise body_error(1000, "name", name, "Name has characters that are not allowed")
    others = {each.name.lower() for each in book.lists.values() if each is not own}
    if name.lower() in others | {each.lower() for each in book.taken_names}:
        raise Refusal(1008, "Campaign with this name already exists", [])


def make(book: Book, name: str, optin: dict[str, str] | None = None) -> Campaign:
    """A new list; the account's first is its default."""
    campaign = Campaign(book.new_id(5), name, book.now(), default=not book.lists)
    campaign.optin = {
        "email": "single",
        "api": book.default_optin,
        "import": "single",
        "webform": "single",
        **(optin or {}),
    }
    book.lists[campaign.id] = campaign
    return campaign


def check_senders(book: Book, body: dict[str, Any]) -> None:
    """1001 for a from-field that is not there."""
    confirmation = body.get("confirmation", {})
    ids = [confirmation[key] for key in ("fromField", "replyTo") if key in confirmation]
    for id in [*ids, *body.get("subscriptionNotifications", {}).get("recipients", [])]:
        if id not in book.senders:
            raise Refusal(1001, "From field does not exist", {"fromFieldId": id})


def settle(book: Book, campaign: Campaign, body: dict[str, Any]) -> None:
    """Take over what the body says."""
    campaign.name = body.get("name", campaign.name)
    campaign.language = body.get("languageCode", campaign.language).upper()
    campaign.optin = {**campaign.optin, **body.get("optinTypes", {})}
    campaign.postal = {**campaign.postal, **body.get("postal", {})}
    campaign.confirmation = {**campaign.confirmation, **body.get("confirmation", {})}
    campaign.profile = {**campaign.profile, **body.get("profile", {})}
    notifications = body.get("subscriptionNotifications", {})
    campaign.notifications = {**campaign.notifications, **notifications}
    if body.get("isDefault") == "true":
        for each in book.lists.values():
            each.default = each is campaign


def known(book: Book, id: str) -> Campaign:
    """The list of the path, or 404."""
    if id not in book.lists:
        raise missing("campaignId", id)
    return book.lists[id]


def list_campaigns(book: Book, call: Call) -> Reply:
    allowed = Allowed(
        fields=frozenset({"name", "isDefault"}), sorts=frozenset({"name", "createdOn"})
    )
    listing = call.listing(book, allowed)
    default = listing.where.get("isDefault")
    if default not in (None, "true", "false"):
        raise query_error("query", "isDefault", "query[isDefault]", "Must be true or false")
    found = [
        each
        for each in book.lists.values()
        if book.named(listing.where.get("name"), each.name)
        and default in (None, "true" if each.default else "false")
    ]
    sort(found, listing, {"name": lambda c: c.name.lower(), "createdOn": lambda c: c.created})
    return page_of([row(book, each) for each in found], listing, "campaignId")


def create(book: Book, call: Call) -> Reply:
    body = check_object(call.body(), "", FIELDS, ("name",))
    check_name(book, body["name"])
    check_senders(book, body)
    campaign = make(book, body["name"])
    settle(book, campaign, body)
    return Reply(201, details(book, campaign))


def get(book: Book, call: Call) -> Reply:
    listing = call.listing(book, Allowed(paged=False))
    return Reply(200, listing.cut(details(book, known(book, call.params[0])), "campaignId"))


def update(book: Book, call: Call) -> Reply:
    campaign = known(book, call.params[0])
    body = check_object(call.body(), "", FIELDS, ("name",))
    check_name(book, body["name"], campaign)
    check_senders(book, body)
    settle(book, campaign, body)
    return Reply(200, details(book, campaign))


ROUTES = [
    Route("GET", "campaigns", "campaigns.list", list_campaigns),
    Route("POST", "campaigns", "campaigns.create", create, writes=True),
    Route("GET", "campaigns/{}", "campaigns.get", get),
    Route("POST", "campaigns/{}", "campaigns.update", update, writes=True),
]
