"""Newsletters and drafts."""

from __future__ import annotations

import base64
import re
from typing import Any

from . import mailing, senders
from .contacts import wanted_list
from .definitions import campaign_ref
from .records import Newsletter
from .routing import Call, Reply, Route, in_span, sort
from .shelf import Link
from .store import Book
from .wire import (
    Allowed,
    Check,
    Json,
    Refusal,
    anything,
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

_HREF = re.compile(r"""href\s*=\s*["'](https?://[^"']+)["']""", re.IGNORECASE)
_TRUTH = choice("true", "false")
_IDS = listed(text(1))
SELECTED = ("selectedCampaigns", "selectedSegments", "selectedContacts")
OTHERS = ("excludedCampaigns", "excludedSegments", "selectedSuppressions")
ATTACHED = 400 * 1024


def nullable(check: Check) -> Check:
    return lambda value, path: None if value is None else check(value, path)


def base64_text(value: Json, path: str) -> Json:
    found = text(1)(value, path)
    try:
        base64.b64decode(found, validate=True)
    except ValueError:
        raise body_error(1003, path, None, "Must be base64") from None
    return found


SETTINGS: dict[str, Check] = {
    **dict.fromkeys((*SELECTED, *OTHERS), _IDS),
    "timeTravel": _TRUTH,
    "perfectTiming": _TRUTH,
    "externalLexpad": nullable(shape({"dataSourceUrl": text(1), "dataSourceToken": text(1)})),
    "sendOn": mailing.wall_clock,
}
ATTACHMENT = {"fileName": text(1, 128), "content": base64_text, "mimeType": text(1, 128)}
CONTENT: dict[str, Check] = {
    "html": text(0, 524_288, nullable=True),
    "plain": text(0, 524_288, nullable=True),
}


# -- rows --------------------------------------------------------------------------------------


def row(book: Book, newsletter: Newsletter) -> dict[str, Json]:
    """A newsletter as lists show it: without content, senders and recipients."""
    return {
        "newsletterId": newsletter.id,
        "href": f"{book.url}/newsletters/{newsletter.id}",
        "name": newsletter.name,
        "type": "draft" if newsletter.draft else "broadcast",
        "status": "enabled" if newsletter.enabled else "disabled",
        "editor": newsletter.editor,
        "subject": newsletter.subject,
        "campaign": campaign_ref(book, newsletter.campaign),
        "sendOn": show(newsletter.send_on),
        "sendSettings": {
            key: newsletter.settings.get(key, "false") for key in ("timeTravel", "perfectTiming")
        },
        "sendMetrics": mailing.metrics(book, newsletter),
        "createdOn": show(newsletter.created),
        "flags": ",".join(newsletter.flags),
    }


def details(book: Book, newsletter: Newsletter) -> dict[str, Json]:
    """A newsletter with all there is; `sendOn` is never read back inside `sendSettings`."""

    def sender(id: str | None) -> Json:
        return id and {"fromFieldId": id, "href": f"{book.url}/from-fields/{id}"}

    clicks = [e.link.id for e in newsletter.events if e.link and e.at <= book.now()]
    bare = newsletter.editor in book.editors_without_html
    settings = newsletter.settings
    return {
        **row(book, newsletter),
        "fromField": sender(newsletter.sender),
        "replyTo": sender(newsletter.reply_to),
        "attachments": newsletter.attachments,
        "sendSettings": {
            **{key: settings.get(key, []) for key in (*SELECTED, *OTHERS)},
            "timeTravel": settings.get("timeTravel", "false"),
            "perfectTiming": settings.get("perfectTiming", "false"),
            "externalLexpad": settings.get("externalLexpad"),
        },
        "content": {"html": None if bare else newsletter.html, "plain": newsletter.plain},
        "clickTracks": [
            {
                "clickTrackId": link.id,
                "url": link.url,
                "name": link.name,
                "amount": str(clicks.count(link.id)),
            }
            for link in newsletter.links.values()
        ],
        "flags": newsletter.flags,
    }


def known(book: Book, id: str) -> Newsletter:
    """The newsletter of that id, or 404."""
    if id not in book.newsletters:
        raise missing("newsletterId", id)
    return book.newsletters[id]


# -- checks ------------------------------------------------------------------------------------


def settle(book: Book, newsletter: Newsletter, settings: dict[str, Any], *, send: bool) -> None:
    """Take over the settings, whose ids must exist; what is sent needs somebody to go to."""
    held: dict[str, tuple[str, Any]] = {
        "Campaigns": ("campaignId", book.lists),
        "Segments": ("searchContactId", book.segments),
        "Contacts": ("contactId", book.active),
        "Suppressions": ("suppressionId", book.suppressions),
    }
    for key in (*SELECTED, *OTHERS):
        name, there = held[key.removeprefix("selected").removeprefix("excluded")]
        for id in settings.get(key, ()):
            if id not in there:
                raise Refusal(1001, "Related resource does not exist", {name: id})
    if send and not any(settings.get(key) for key in SELECTED):
        raise body_error(1000, "sendSettings", None, "No recipients are selected")
    newsletter.settings = {key: each for key, each in settings.items() if key != "sendOn"}


def send_time(book: Book, body: dict[str, Any]) -> int | None:
    """When a message is to go out. A `sendOn` beside `sendSettings` is read-only, so ignored."""
    at: int | None = body["sendSettings"].get("sendOn")
    if at is None and book.root_send_on == "taken" and body.get("sendOn") is not None:
        at = mailing.root_date(body["sendOn"])
    if at is not None and at < book.now() and book.refuse_past_send_on:
        raise body_error(1000, "sendSettings.sendOn", None, "Must be in the future")
    return at


def track(book: Book, newsletter: Newsletter) -> None:
    """Give each link of the content a click track."""
    if "clicktrack" in newsletter.flags:
        for url in dict.fromkeys(_HREF.findall(newsletter.html)):
            newsletter.links[url] = Link(book.new_id(), url, url)


# -- endpoints ---------------------------------------------------------------------------------


def list_newsletters(book: Book, call: Call) -> Reply:
    allowed = Allowed(
        fields=frozenset({"subject", "name", "status", "type", "campaignId"}),
        spans=frozenset({"createdOn", "sendOn"}),
        sorts=frozenset({"createdOn", "sendOn"}),
    )
    listing = call.listing(book, allowed)
    where = listing.where
    for key, values in (
        ("status", ("enabled", "disabled")),
        ("type", ("draft", "broadcast", "splittest", "automation")),
    ):
        if key in where and where[key] not in values:
            raise query_error("query", key, f"query[{key}]", "Not allowed value")
    found = [
        each
        for each in book.newsletters.values()
        if where.get("subject", "").lower() in each.subject.lower()
        and book.named(where.get("name"), each.name)
        and where.get("status") in (None, "enabled" if each.enabled else "disabled")
        and where.get("type") in (None, "draft" if each.draft else "broadcast")
        and where.get("campaignId") in (None, each.campaign)
        and in_span(each.created, listing, "createdOn")
        and in_span(each.send_on, listing, "sendOn")
    ]
    sort(found, listing, {"createdOn": lambda n: n.created, "sendOn": lambda n: n.send_on})
    counters = listing.counters(len(found))
    page = found[listing.start : listing.stop]
    return Reply(200, [listing.cut(row(book, n), "newsletterId") for n in page], counters)


def get(book: Book, call: Call) -> Reply:
    listing = call.listing(book, Allowed(paged=False))
    return Reply(200, listing.cut(details(book, known(book, call.params[0])), "newsletterId"))


def create(book: Book, call: Call) -> Reply:
    """Without `type` this sends, and without `sendSettings.sendOn` at once."""
    keys: dict[str, Check] = {
        "name": text(2, 128),
        "type": choice("broadcast", "draft"),
        "subject": text(2, 128),
        "fromField": reference("fromFieldId"),
        "replyTo": nullable(reference("fromFieldId")),
        "campaign": reference("campaignId"),
        "content": shape(CONTENT),
        "sendSettings": shape(SETTINGS),
        "attachments": listed(shape(ATTACHMENT, tuple(ATTACHMENT))),
        "flags": listed(choice(*sorted(book.newsletter_flags))),
        "trackOpens": _TRUTH,
        "sendOn": anything,
    }
    required = ("subject", "fromField", "campaign", "content", "sendSettings")
    body = check_object(call.body(), "", keys, required)
    content = body["content"]
    if not content.get("html") and not content.get("plain"):
        raise body_error(1005, "content", content, "Value is required")
    attachments = body.get("attachments", [])
    if sum(len(base64.b64decode(each["content"])) for each in attachments) > ATTACHED:
        raise body_error(1007, "attachments", None, "All attachments together are too large")
    wanted_list(book, body["campaign"])
    senders.usable(book, body["fromField"])
    if body.get("replyTo") is not None:
        senders.usable(book, body["replyTo"])
    newsletter = Newsletter(
        "",
        body.get("name"),
        body["subject"],
        body["campaign"],
        body["fromField"],
        book.now(),
        body.get("replyTo"),
        html=content.get("html") or "",
        plain=content.get("plain") or "",
        flags=body.get("flags", []),
        attachments=attachments,
    )
    send = body.get("type", "broadcast") == "broadcast"
    settle(book, newsletter, body["sendSettings"], send=send)
    at = send_time(book, body)
    file(book, newsletter)
    if send:
        mailing.schedule(book, newsletter, at)
    return Reply(201, details(book, newsletter))


def file(book: Book, newsletter: Newsletter) -> Newsletter:
    """Give a new newsletter its id and its links."""
    newsletter.id = book.new_id()
    track(book, newsletter)
    book.newsletters[newsletter.id] = newsletter
    return newsletter


def copy(newsletter: Newsletter) -> Newsletter:
    """A second draft with the same words."""
    return Newsletter(
        "",
        newsletter.name,
        newsletter.subject,
        newsletter.campaign,
        newsletter.sender,
        newsletter.created,
        newsletter.reply_to,
        editor=newsletter.editor,
        html=newsletter.html,
        plain=newsletter.plain,
        flags=list(newsletter.flags),
        attachments=list(newsletter.attachments),
    )


def send_draft(book: Book, call: Call) -> Reply:
    keys: dict[str, Check] = {
        "messageId": text(1),
        "sendSettings": shape(SETTINGS),
        "sendOn": anything,
    }
    body = check_object(call.body(), "", keys, ("messageId", "sendSettings"))
    newsletter = known(book, body["messageId"])
    refuse_sending(book, newsletter)
    if not newsletter.draft:
        raise Refusal(1002, "Message is not a draft", {"newsletterId": newsletter.id})
    senders.usable(book, newsletter.sender)
    at = send_time(book, body)
    target = newsletter if book.send_draft_consumes else copy(newsletter)
    settle(book, target, body["sendSettings"], send=True)
    if target is not newsletter:
        file(book, target)
    mailing.schedule(book, target, at)
    return Reply(201, details(book, target))


def refuse_sending(book: Book, newsletter: Newsletter) -> None:
    """1011 while the message goes out."""
    if mailing.state(book, newsletter) == "in_progress":
        raise Refusal(1011, "Message is already being sent", {"newsletterId": newsletter.id})


def cancel(book: Book, call: Call) -> Reply:
    newsletter = known(book, call.params[0])
    if not book.cancel_while_sending:
        refuse_sending(book, newsletter)
    if mailing.state(book, newsletter) in (None, "finished"):
        raise Refusal(1002, "Message is not scheduled", {"newsletterId": newsletter.id})
    mailing.stop(book, newsletter)
    return Reply(200, details(book, newsletter))


def delete(book: Book, call: Call) -> Reply:
    newsletter = known(book, call.params[0])
    refuse_sending(book, newsletter)
    del book.newsletters[newsletter.id]
    return Reply(204)


ROUTES = [
    Route("GET", "newsletters", "newsletters.list", list_newsletters),
    Route("POST", "newsletters", "newsletters.create", create, writes=True),
    Route("POST", "newsletters/send-draft", "newsletters.send_draft", send_draft, writes=True),
    Route("GET", "newsletters/{}", "newsletters.get", get),
    Route("DELETE", "newsletters/{}", "newsletters.delete", delete, writes=True),
    Route("POST", "newsletters/{}/cancel", "newsletters.cancel", cancel, writes=True),
]
