"""Bulk import: hundreds of contacts in one call, all or nothing, done after a while."""

from __future__ import annotations

from .records import Contact, Import
from .routing import Call, Reply, Route, known
from .store import Book
from .values import check_value
from .wire import Json, NotSimulated, Refusal, bad_request, is_email

MOST = 250
LONGEST = 400_000
"""Bytes that are too many."""
_TOP = ("contacts", "callback", "exclude_automations")
_KEYS = ("email", "first_name", "last_name", "phone", "tags", "fields", "exclude_automations")
_OTHER_CASE = ("firstName", "lastName", "fieldValues", "excludeAutomations", "customerAcctName")
_CALLBACK = ("url", "requestType", "detailed_results", "params", "headers")


def _refused(message: str, reasons: list[Json]) -> Refusal:
    return Refusal(400, {"success": 0, "message": message, "failureReasons": reasons})


# -- the body ----------------------------------------------------------------------------------


def _failures(book: Book, at: int, given: Json) -> list[Json]:
    """What is wrong with one contact."""
    if not isinstance(given, dict):
        return [_failure(at, "A contact must be an object")]
    for key in ("subscribe", "unsubscribe", "customer_acct_name"):
        if key in given:
            raise NotSimulated(f"{key} in a bulk import")
    known(given, "contacts", _KEYS, dropped=_OTHER_CASE)
    told = []
    if not is_email(given.get("email")):
        told.append("Email address is invalid")
    for key in ("first_name", "last_name", "phone"):
        if not isinstance(given.get(key, ""), str):
            told.append(f"{key} must be text")
    tags = given.get("tags", [])
    if not isinstance(tags, list) or not all(isinstance(tag, str) and tag.strip() for tag in tags):
        told.append("tags must be names")
    told += _wrong_fields(book, given.get("fields", []))
    return [_failure(at, each) for each in told]


def _failure(at: int, told: str) -> dict[str, Json]:
    return {"contact": at, "failureReason": told}


def _wrong_fields(book: Book, given: Json) -> list[str]:
    if not isinstance(given, list):
        return ["fields must be a list"]
    told = []
    for each in given:
        if not isinstance(each, dict) or set(each) != {"id", "value"}:
            told.append("A field needs id and value")
        elif not isinstance(each["id"], int) or isinstance(each["id"], bool):
            told.append("A field id must be a number")
        elif str(each["id"]) not in book.fields:
            told.append(f"Field {each['id']} does not exist")
        else:
            try:
                check_value(book, book.fields[str(each["id"])], each["value"])
            except Refusal:
                told.append(f"The value does not fit the field {each['id']}")
    return told


def _callback(given: Json) -> dict[str, Json] | None:
    if given is None:
        return None
    if not isinstance(given, dict) or not str(given.get("url", "")).startswith("https://"):
        raise _refused("The callback is not valid", ["callback.url must be https"])
    known(given, "callback", _CALLBACK)
    if given.get("requestType") not in ("GET", "POST"):
        raise _refused("The callback is not valid", ["callback.requestType is GET or POST"])
    for key in ("params", "headers"):
        pairs = given.get(key, [])
        if not isinstance(pairs, list):
            raise _refused("The callback is not valid", [f"callback.{key} must be a list"])
        for each in pairs:
            if not isinstance(each, dict) or set(each) != {"key", "value"}:
                raise _refused("The callback is not valid", [f"callback.{key} holds key and value"])
    return given


def submit(book: Book, call: Call) -> Reply:
    body = call.json()
    for key in body:
        if key not in _TOP:
            raise _refused("The request is not valid", [f"Unexpected key {key}"])
    given = body.get("contacts")
    if not isinstance(given, list) or not given:
        raise _refused("The request is not valid", ["contacts must be a list of contacts"])
    if book.limits and not book.quota.take(len(given)):
        raise _refused("Rate limit exceeded.", [])
    if len(call.request.body) >= LONGEST:
        raise _refused("The request is too large", [f"The body must be below {LONGEST} bytes"])
    if len(given) > MOST:
        raise _refused("The request is too large", [f"No more than {MOST} contacts"])
    for flag in (body.get("exclude_automations", False), *_inner_flags(given)):
        if not isinstance(flag, bool):
            raise _refused("The request is not valid", ["exclude_automations must be a boolean"])
    callback = _callback(body.get("callback"))
    failures = [each for at, row in enumerate(given) for each in _failures(book, at, row)]
    if failures:
        raise _refused("One or more contacts are not valid", failures)
    rows = [{key: value for key, value in each.items() if key in _KEYS} for each in given]
    job = Import(
        book.new_uuid(),
        rows,
        body.get("exclude_automations", False),
        callback,
        book.clock.monotonic(),
        book.now(),
    )
    book.imports[job.id] = job
    return Reply(
        200,
        {
            book.import_success_key: 1,
            "queued_contacts": len(rows),
            "batchId": job.id,
            "message": "Contact import queued",
        },
    )


def _inner_flags(given: list[Json]) -> list[Json]:
    return [each.get("exclude_automations", False) for each in given if isinstance(each, dict)]


# -- as time goes by ---------------------------------------------------------------------------


def status(book: Book, job: Import) -> str | bool:
    """Where an import is; false when nobody has looked at it yet."""
    age = book.clock.monotonic() - job.submitted
    if job.done:
        return book.import_end
    if age < 1:
        return False
    share = age / book.import_seconds
    return "waiting" if share < 0.3 else "claimed" if share < 0.5 else "active"


def run_due(book: Book) -> None:
    """Do the imports whose time has come."""
    now = book.clock.monotonic()
    for job in book.imports.values():
        if not job.done and now - job.submitted >= book.import_seconds:
            job.done = True
            if book.import_end == "completed":
                _run(book, job)


def _run(book: Book, job: Import) -> None:
    for given in job.rows:
        email = given["email"]
        if book.import_rejects(email):
            job.failure.append(email)
        else:
            job.success.append(_take(book, job, given).id)
    if job.callback is not None:
        told = {"batchId": job.id, "success": list(job.success), "failure": list(job.failure)}
        book.import_callbacks.append({**job.callback, "results": told})


def _take(book: Book, job: Import, given: dict[str, Json]) -> Contact:
    contact = book.with_email(given["email"])
    if contact is None:
        contact = book.new_contact(given["email"], updated=None)
    contact.updated = book.now()
    for key in ("first_name", "last_name", "phone"):
        if key in given:
            setattr(contact, key, given[key])
    for each in given.get("fields", []):
        book.set_value(contact.id, str(each["id"]), each["value"])
    quiet = job.exclude_automations or given.get("exclude_automations", False)
    for name in given.get("tags", []):
        tag = book.tag_named(name) or book.new_tag(name)
        book.put_tag(contact.id, tag.id, automations=not quiet)
    return contact


def info(book: Book, call: Call) -> Reply:
    query = call.query
    id = query.take("batchId")
    query.done()
    if not id:
        raise bad_request("batchId must be provided")
    job = book.imports.get(id)
    if job is None:
        return Reply(200, {"status": False, "success": [], "failure": []})
    return Reply(
        200,
        {
            "status": status(book, job),
            "success": list(job.success),
            "failure": list(job.failure),
        },
    )


def overview(book: Book, call: Call) -> Reply:
    def rows(done: bool) -> list[Json]:
        days: dict[str, list[Import]] = {}
        for job in book.imports.values():
            if job.done is done:
                days.setdefault(f"{job.at:%Y-%m-%d}", []).append(job)
        return [
            {"forDate": day, "batches": len(jobs), "contacts": sum(len(job.rows) for job in jobs)}
            for day, jobs in days.items()
        ]

    return Reply(200, {"outstanding": rows(False), "recentlyCompleted": rows(True)})


ROUTES = [
    Route("POST", "import/bulk_import", "imports.create", submit),
    Route("GET", "import/bulk_import", "imports.list", overview),
    Route("GET", "import/info", "imports.get", info, query=True),
]
