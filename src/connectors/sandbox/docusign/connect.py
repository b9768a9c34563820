"""Connect administration: configurations, keys, log, failures, republishing."""

from __future__ import annotations

from datetime import timedelta

from .publishing import KEPT, LOGS, Entry, Secret
from .routing import Call, Route, page
from .subscriptions import NAMES, Subscription, read
from .wire import (
    Json,
    NotSimulated,
    Refusal,
    Reply,
    bad,
    clean,
    flag,
    known,
    missing_envelope,
    moment,
    stamp,
    text,
    yes,
)

MOST = 20
AN_HOUR = 9_999


def _admin(call: Call) -> None:
    if not call.admin:
        raise Refusal("USER_NOT_ACCOUNT_ADMIN", "User is not an account administrator.")
    if not call.account.connect:
        raise Refusal(
            "ACCOUNT_LACKS_PERMISSIONS",
            "This Account lacks sufficient permissions. Connect is not enabled for the account.",
        )


def _config(call: Call, id: str) -> Subscription:
    found = call.account.configurations.get(int(id)) if id.isdigit() else None
    if not isinstance(found, Subscription):
        raise Refusal("RESOURCE_NOT_FOUND", f"There is no Connect configuration {id!r}.")
    return found


def _wrapped(configs: list[Subscription]) -> dict[str, Json]:
    return {
        "configurations": [each.fields for each in configs],
        "totalRecords": str(len(configs)),
    }


def list_(call: Call) -> Reply:
    _admin(call)
    call.query()
    return Reply(200, _wrapped(list(call.account.configurations.values())))


def get(call: Call) -> Reply:
    _admin(call)
    call.query()
    return Reply(200, _wrapped([_config(call, call.ids[0])]))


def create(call: Call) -> Reply:
    _admin(call)
    call.query()
    body = call.body(NAMES, "the Connect configuration")
    if len(call.account.configurations) >= MOST:
        raise bad(f"state: an account has up to {MOST} Connect configurations")
    made = read({**body, "connectId": None}, call.box.number(8), call.account.id)
    call.account.configurations[made.id] = made
    return Reply(201, made.fields)


def update(call: Call) -> Reply:
    _admin(call)
    call.query()
    body = call.body(NAMES, "the Connect configuration")
    if not body.get("connectId"):
        raise bad("parameter: connectId is missing in the body")
    old = _config(call, text(body["connectId"]))
    if not call.box.put_resets:
        body = {**old.fields, **body}
    new = read(body, old.id, call.account.id)
    old.fields = new.fields
    if "password" in body:
        old.password = new.password
    return Reply(200, old.fields)


def delete(call: Call) -> Reply:
    _admin(call)
    call.query()
    gone = _config(call, call.ids[0])
    del call.account.configurations[gone.id]
    call.box.forget(gone)
    return Reply(200)


def users(call: Call) -> Reply:
    _admin(call)
    names = ("count", "start_position", "list_included_users", "domain_users_only")
    query = call.query(*names)
    if yes(query.get("domain_users_only")):
        raise NotSimulated("domain_users_only")
    config = _config(call, call.ids[0])
    every = config.on("allUsers")
    only = yes(query.get("list_included_users"))
    found = []
    for id in call.account.members:
        user = call.box.users[id]
        inside = every or id in config.fields["userIds"]
        if only and not inside:
            continue
        found.append(
            lambda user=user, inside=inside: {
                "userId": user.id,
                "userName": user.name,
                "email": user.email,
                "isIncluded": flag(inside),
            }
        )
    path = f"connect/{config.id}/users"
    out = page(call, "users", found, query, most=1000, path=path)
    return Reply(200, {**out, "allUsersSelected": flag(every)})


# -- keys --------------------------------------------------------------------------------------
# The vendor's texts name these calls and not their bodies; the names in them are ours.


def _key(number: int, secret: Secret, *, whole: bool = False) -> dict[str, Json]:
    shown = secret.text if whole else f"{secret.text[:4]}..."
    return {"keyId": str(number), "secret": shown, "createdDateTime": stamp(secret.created)}


def secrets(call: Call) -> Reply:
    _admin(call)
    call.query()
    every = [_key(number, each) for number, each in enumerate(call.account.secrets, 1)]
    return Reply(200, {"secrets": every})


def add_secret(call: Call) -> Reply:
    _admin(call)
    call.query()
    call.body((), "the secret")
    if len(call.account.secrets) >= 100:
        raise bad("state: an account has up to 100 keys")
    call.box.add_secret(account_id=call.account.id)
    number = len(call.account.secrets)
    return Reply(201, _key(number, call.account.secrets[-1], whole=True))


def delete_secret(call: Call) -> Reply:
    _admin(call)
    call.query()
    id = call.ids[0]
    if not id.isdigit() or not 1 <= int(id) <= len(call.account.secrets):
        raise Refusal("RESOURCE_NOT_FOUND", f"There is no key {id!r}.")
    del call.account.secrets[int(id) - 1]
    return Reply(200)


# -- tokens ------------------------------------------------------------------------------------

OAUTH = ("authorizationServerUrl", "clientId", "clientSecret", "scope", "customParameters")


def _shown(call: Call) -> dict[str, Json]:
    if not call.account.oauth:
        raise Refusal("RESOURCE_NOT_FOUND", "OAuth is not set for Connect.")
    return {name: each for name, each in call.account.oauth.items() if name != "clientSecret"}


def get_oauth(call: Call) -> Reply:
    _admin(call)
    call.query()
    return Reply(200, _shown(call))


def _set_oauth(call: Call) -> dict[str, Json]:
    call.query()
    given = call.body(OAUTH, "OAuth for Connect")
    for name in OAUTH[:3]:
        if not text(given.get(name)):
            raise bad(f"parameter: {name} is missing")
    if not text(given["authorizationServerUrl"]).startswith("https://"):
        raise bad("parameter: authorizationServerUrl must start with https")
    if not isinstance(given.get("customParameters") or {}, dict):
        raise bad("parameter: customParameters is no object")
    call.account.oauth = given
    return _shown(call)


def add_oauth(call: Call) -> Reply:
    _admin(call)
    if call.account.oauth:
        raise bad("state: OAuth is set for Connect already")
    return Reply(201, _set_oauth(call))


def put_oauth(call: Call) -> Reply:
    _admin(call)
    _shown(call)
    return Reply(200, _set_oauth(call))


def delete_oauth(call: Call) -> Reply:
    _admin(call)
    call.query()
    _shown(call)
    call.account.oauth = {}
    return Reply(200)


# -- log ---------------------------------------------------------------------------------------


def _entry(call: Call, entry: Entry, *, more: bool = False) -> dict[str, Json]:
    message, config = entry.message, entry.message.subscription
    envelope = message.envelope
    failed = entry.status == "failed"
    base = f"/restapi/v2.1/accounts/{call.account.id}/connect"
    row: dict[str, Json] = {
        "accountId": call.account.id,
        "configUrl": config.url,
        "connectId": str(config.id),
        "created": stamp(message.made),
        "email": envelope.by.email,
        "userName": envelope.by.name,
        "envelopeId": envelope.id,
        "subject": envelope.subject,
        "status": envelope.status.capitalize(),
        "lastTry": stamp(entry.at),
        "retryCount": str(message.tries),
        "error": entry.error,
        "logId": "" if failed else entry.id,
        "logUri": "" if failed else f"{base}/logs/{entry.id}",
        "failureId": entry.id if failed else "",
        "failureUri": f"{base}/failures/{entry.id}" if failed else "",
        "retryUri": f"{base}/envelopes/{envelope.id}/retry_queue" if failed else "",
    }
    row = clean(row)
    if more:
        row["connectDebugLog"] = [
            {
                "connectConfig": str(config.fields.get("name", "")),
                "eventDateTime": stamp(entry.at),
                "eventDescription": message.event or "state",
                "payload": entry.body,
            }
        ]
    return row


def _within(call: Call, entries: list[Entry], query: dict[str, str]) -> list[Entry]:
    """The newest of a window."""
    now = call.box.clock.now()
    first = moment(query["from_date"], "from_date") if "from_date" in query else now - KEPT
    last = moment(query["to_date"], "to_date") if "to_date" in query else now + timedelta(days=1)
    kept = [each for each in entries if max(first, now - KEPT) <= each.at <= last]
    return sorted(kept, key=lambda each: each.at, reverse=True)[:LOGS]


def logs(call: Call) -> Reply:
    _admin(call)
    query = call.query("from_date", "to_date")
    found = _within(call, call.account.logs, query)
    failed = _within(call, list(call.account.failures.values()), query)
    body = {
        "logs": [_entry(call, each) for each in found],
        "failures": [_entry(call, each) for each in failed],
        "totalRecords": str(len(found) + len(failed)),
        "type": "logs",
    }
    return Reply(200, body)


def log(call: Call) -> Reply:
    _admin(call)
    query = call.query("additional_info")
    found = next((each for each in call.account.logs if each.id == call.ids[0]), None)
    if found is None:
        raise Refusal("RESOURCE_NOT_FOUND", f"There is no log entry {call.ids[0]!r}.")
    return Reply(200, _entry(call, found, more=yes(query.get("additional_info"))))


def clear_logs(call: Call) -> Reply:
    _admin(call)
    call.query()
    call.account.logs.clear()
    return Reply(200)


def delete_log(call: Call) -> Reply:
    _admin(call)
    call.query()
    left = [each for each in call.account.logs if each.id != call.ids[0]]
    if len(left) == len(call.account.logs):
        raise Refusal("RESOURCE_NOT_FOUND", f"There is no log entry {call.ids[0]!r}.")
    call.account.logs[:] = left
    return Reply(200)


def failures(call: Call) -> Reply:
    _admin(call)
    query = call.query("from_date", "to_date")
    found = _within(call, list(call.account.failures.values()), query)
    body = {
        "logs": [],
        "failures": [_entry(call, each) for each in found],
        "totalRecords": str(len(found)),
        "type": "failures",
    }
    return Reply(200, body)


def delete_failure(call: Call) -> Reply:
    _admin(call)
    call.query()
    gone = call.account.failures.pop(call.ids[0], None)
    if gone is None:
        raise Refusal("RESOURCE_NOT_FOUND", f"There is no failure {call.ids[0]!r}.")
    call.box.drop(gone.message)
    return Reply(200)


# -- again -------------------------------------------------------------------------------------


def _again(call: Call, envelope_id: str) -> list[dict[str, Json]]:
    envelope = call.box.find(call.account, envelope_id)
    return [
        {
            "configId": str(each.subscription.id),
            "configUrl": each.subscription.url,
            "envelopeId": envelope.id,
            "status": "queued",
            "statusMessage": "",
        }
        for each in call.box.republish(call.account, envelope)
    ]


def retry(call: Call) -> Reply:
    _admin(call)
    call.query()
    return Reply(200, {"retryQueue": _again(call, call.ids[0])})


def retry_many(call: Call) -> Reply:
    _admin(call)
    call.query()
    given = call.body(("envelopeIds", "synchronous"), "the retry queue")
    if yes(given.get("synchronous")):
        raise bad("parameter: synchronous must be false")
    out: list[dict[str, Json]] = []
    for id in _ids(given.get("envelopeIds")):
        try:
            out += _again(call, id)
        except Refusal as wrong:
            out.append({"envelopeId": id, "status": "failed", "statusMessage": wrong.message})
    return Reply(200, {"retryQueue": out})


def _ids(value: Json) -> list[str]:
    if not isinstance(value, list) or not value:
        raise bad("parameter: a list of envelope ids is missing")
    return [text(each) for each in value]


def historical(call: Call) -> Reply:
    _admin(call)
    call.query()
    given = call.body(("envelopes", "config"), "the historical publish")
    ids = _ids(given.get("envelopes"))
    if len(ids) > AN_HOUR:
        raise bad(f"parameter: up to {AN_HOUR} envelopes are published in an hour")
    body = known(given.get("config"), NAMES, "the Connect configuration")
    config = read(body, int(text(body.get("connectId")) or call.box.number(8)), call.account.id)
    if config.xml:
        raise bad("parameter: history is published as JSON only")
    missing = [id for id in ids if id.lower() not in call.account.envelopes]
    if missing:
        raise missing_envelope(missing[0])
    for id in ids:
        envelope = call.account.envelopes[id.lower()]
        event = f"envelope-{envelope.status}"
        if config.aggregate or event in config.events:
            call.box.queue(config, envelope, event, call.box.moment())
    answer = {
        "envelopePublishTransactionId": call.box.guid(),
        "processingStatus": "processing",
        "envelopeCount": str(len(ids)),
    }
    return Reply(201, answer)


ROUTES = [
    Route("GET", "connect", "connect.list", list_),
    Route("POST", "connect", "connect.create", create),
    Route("PUT", "connect", "connect.update", update),
    Route("GET", "connect/{}", "connect.get", get),
    Route("DELETE", "connect/{}", "connect.delete", delete),
    Route("GET", "connect/{}/users", "connect.users", users),
    Route("GET", "connect/{}/all/users", "connect.users", users),
    Route("GET", "connect/secret", "connect.secrets.list", secrets),
    Route("POST", "connect/secret", "connect.secrets.create", add_secret),
    Route("DELETE", "connect/secret/{}", "connect.secrets.delete", delete_secret),
    Route("GET", "connect/oauth", "connect.oauth.get", get_oauth),
    Route("POST", "connect/oauth", "connect.oauth.create", add_oauth),
    Route("PUT", "connect/oauth", "connect.oauth.update", put_oauth),
    Route("DELETE", "connect/oauth", "connect.oauth.delete", delete_oauth),
    Route("GET", "connect/logs", "connect.logs.list", logs),
    Route("DELETE", "connect/logs", "connect.logs.clear", clear_logs),
    Route("GET", "connect/logs/{}", "connect.logs.get", log),
    Route("DELETE", "connect/logs/{}", "connect.logs.delete", delete_log),
    Route("GET", "connect/failures", "connect.failures.list", failures),
    Route("DELETE", "connect/failures/{}", "connect.failures.delete", delete_failure),
    Route("PUT", "connect/envelopes/retry_queue", "connect.retry_many", retry_many),
    Route("PUT", "connect/envelopes/{}/retry_queue", "connect.retry", retry),
    Route("POST", "connect/envelopes/publish/historical", "connect.historical", historical),
]
