"""Views: URLs that open an envelope in a browser, once and for a short time."""

from __future__ import annotations

from .access import owned, seen
from .records import Envelope, Recipient
from .routing import Call, Route
from .wire import Json, Refusal, Reply, bad, text

MINUTES = 10
SENDER = ("returnUrl", "viewAccess", "settings")
RECIPIENT = """
    returnUrl authenticationMethod email userName clientUserId recipientId userId pingUrl
    pingFrequency frameAncestors messageOrigins
""".split()


def _view(call: Call, kind: str, envelope_id: str, minutes: int = MINUTES) -> Reply:
    """A URL that works once."""
    host = call.account.base_uri
    url = f"{host}/Member/StartInSession.aspx?t={call.box.guid()}"
    if kind == "recipient":
        url = f"{host}/Signing/StartInSession.aspx?t={call.box.guid()}"
    call.box.views[url] = (kind, envelope_id, call.box.clock.monotonic() + 60 * minutes)
    return Reply(201, {"url": url})


def _back(given: dict[str, Json]) -> None:
    if not text(given.get("returnUrl")).startswith(("https://", "http://")):
        raise bad("parameter: returnUrl is missing or no URL")


def _status(envelope: Envelope, *right: str) -> None:
    if envelope.status not in right:
        shown = ", ".join(each.capitalize() for each in right)
        raise Refusal(
            "ENVELOPE_INVALID_STATUS",
            f"Invalid envelope status. Envelope status is not one of: {shown}.",
        )


def sender(call: Call) -> Reply:
    return _of_sender(call, "sender", "created")


def correct(call: Call) -> Reply:
    return _of_sender(call, "correct", "created", "sent", "delivered", "correct")


def _of_sender(call: Call, kind: str, *right: str) -> Reply:
    call.query()
    envelope = owned(call)
    given = call.body(SENDER, "the view")
    _back(given)
    if text(given.get("viewAccess", "envelope")) != "envelope":
        raise bad("parameter: viewAccess is envelope")
    _status(envelope, *right)
    return _view(call, kind, envelope.id)


def recipient(call: Call) -> Reply:
    call.query()
    envelope = seen(call)
    given = call.body(RECIPIENT, "the view")
    _back(given)
    if not given.get("authenticationMethod"):
        raise bad("parameter: authenticationMethod is missing")
    _status(envelope, "sent", "delivered", "completed")
    who = next((each for each in envelope.recipients if _is(each, given)), None)
    if who is None:
        raise Refusal(
            "UNKNOWN_ENVELOPE_RECIPIENT",
            "The recipient you have identified is not a valid recipient of the specified envelope.",
        )
    if who.sent is None:
        raise Refusal("RECIPIENT_NOT_IN_SEQUENCE", "The token for an out of sequence recipient.")
    return _view(call, "recipient", envelope.id, 5)


def _is(who: Recipient, given: dict[str, Json]) -> bool:
    """Whether everything that the request says of the recipient is so."""
    pairs = {
        "email": who.email,
        "userName": who.name,
        "clientUserId": who.client_user_id,
        "recipientId": who.id,
        "userId": who.user_id,
    }
    told = {key: text(given[key]) for key in pairs if given.get(key)}
    embedded = told.get("clientUserId", "") == who.client_user_id
    return bool(told) and embedded and all(pairs[key] == value for key, value in told.items())


def console(call: Call) -> Reply:
    call.query()
    given = call.body(("envelopeId", "returnUrl"), "the view")
    id = text(given.get("envelopeId"))
    return _view(call, "console", seen(call, id).id if id else "")


ROUTES = [
    Route("POST", "views/console", "views.console", console),
    Route("POST", "envelopes/{}/views/sender", "views.sender", sender),
    Route("POST", "envelopes/{}/views/edit", "views.edit", sender),
    Route("POST", "envelopes/{}/views/correct", "views.correct", correct),
    Route("POST", "envelopes/{}/views/recipient", "views.recipient", recipient),
]
